"""From tracks to sentences: what each ship sends, who receives it, and the lines that come out of it.

Every transmission received by several stations becomes as many lines, each with that station's name and clock (a second apart at most) and
its own way through the network, so that lines arrive a few seconds out of order. Four lines in 10,000 are damaged
(a changed character), one is cut short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import destination
from tracker.simulate import ais_encoder, lies, radio
from tracker.simulate.ais_encoder import Bytes
from tracker.simulate.radio import GRID_S, Coverage, Silence
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Ship
from tracker.simulate.world import Station

STATIC_EVERY_S: Final = 900.0
BASE_EVERY_S: Final = 60.0
AID_EVERY_S: Final = 600.0
POSITION_NOISE_KM: Final = 0.004
DAMAGED: Final = 4e-4
CUT: Final = 1e-4
_LINES_AT_ONCE: Final = 150_000
_COPIES_AT_ONCE: Final = 100_000

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Copies:
    """Received copies: which message, at which station."""

    message: NDArray[np.int64]
    station: NDArray[np.int64]


@dataclass(slots=True)
class Air:
    """What was on the air: columns of position reports in class A and B, collected ship by ship."""

    rows: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, **columns: Any) -> None:
        """Rows of one ship."""
        for name, values in columns.items():
            self.rows.setdefault(name, []).append(values)

    def column(self, name: str) -> NDArray[Any]:
        """One column of all ships."""
        parts = self.rows.get(name, [])
        return np.concatenate(parts) if parts else np.zeros(0)


def positions(
    ship: Ship,
    number: int,
    lat: Floats,
    lon: Floats,
    chance: NDArray[np.float32],
    stations: Sequence[Station],
    silence: Silence,
    rng: np.random.Generator,
    air: Air,
) -> Floats:
    """Position reports of one ship, thinned; returns when she was heard."""
    grid_s = np.arange(len(lat), dtype=np.float64) * GRID_S
    status, heading = ship.track.state_at(grid_s)
    speed, course = radio.motion(lat, lon)
    turn = radio.turn_rate(course, speed)
    sent = radio.beats(radio.interval_s(speed, turn, status, class_b=ship.class_b), rng)
    got = radio.received(sent, chance, stations, silence, ship.off_air, rng)
    if silence.duct is not None:
        far = silence.duct.heard(sent, np.interp(sent, grid_s, lat), np.interp(sent, grid_s, lon), (ship.mmsi, 1))
        for begin, end in (*silence.feed, *ship.off_air):
            far &= ~((sent >= begin) & (sent < end))
        got[silence.duct.index] |= far
    heard = np.flatnonzero(got.any(axis=0))
    heard = heard[radio.thinned(sent[heard], float(rng.uniform(40.0, 60.0)))] if len(heard) else heard
    if silence.loss > 0.0:  # of a generator of its own, so that all else stays as it is without
        heard = heard[np.random.default_rng([ship.mmsi, len(sent)]).random(len(heard)) >= silence.loss]
    heard = heard[radio.through_weakness(sent[heard], ship.weak, ship.mmsi)]
    sent, got = sent[heard], got[:, heard]
    where = np.minimum((sent / GRID_S + 0.5).astype(np.int64), len(lat) - 1)
    noise = np.abs(rng.normal(0.0, POSITION_NOISE_KM, len(sent)))
    at = destination(np.interp(sent, grid_s, lat), np.interp(sent, grid_s, lon), rng.uniform(0, 360, len(sent)), noise)
    at = lies.spoken(ship, sent, *at)
    said_kn = lies.spoken_kn(ship, sent, np.abs(speed[where] + rng.normal(0.0, 0.07, len(sent))))
    at_rest = speed[where] < 0.3
    said_deg = (course[where] + rng.normal(0.0, 1.2, len(sent))) % 360.0
    said_deg = np.where(at_rest, rng.uniform(0.0, 360.0, len(sent)), said_deg)
    bow = np.where(np.isnan(heading[where]), course[where] + rng.normal(0.0, 0.8, len(sent)), heading[where])
    air.add(
        ship=np.full(len(sent), number),
        time_s=sent,
        mmsi=np.full(len(sent), ship.mmsi),
        class_b=np.full(len(sent), ship.class_b),
        message_type=np.where(np.abs(turn[where]) > 5.0, 3, 1),
        status=status[where],
        turn=np.where(speed[where] > 2.0, turn[where], 0.0),
        speed=said_kn,
        lat=at[0],
        lon=at[1],
        course=said_deg,
        heading=np.where(ship.class_b, np.nan, bow % 360.0),
        got=got.T,
    )
    lies.repeat_late(ship, air.rows, silence)
    return sent


def destination_texts(ship: Ship, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bytes_], Floats]:
    """From when her crew told which destination and ETA: change times, texts, ETA in seconds of the scenario.

    Crews write UN/LOCODE, with a mark before it, or the port's name.
    """
    if ship.told:
        changes = [moment for moment, _ in ship.told]
        return (
            np.array(changes),
            np.array([text.encode() for _, text in ship.told], dtype="S20"),
            np.array([moment + 12.0 * HOUR_S for moment in changes]),
        )
    changes, texts, etas = [-1e9], [b""], [0.0]
    for before, call in zip(ship.calls, ship.calls[1:], strict=False):
        style = int(rng.integers(3))
        code = call.port
        text = (code, f">{code[:2]} {code[2:]}", f"{code[:2]} {code[2:]}")[style]
        changes.append(-1e9 if before.depart_s is None else before.depart_s - HOUR_S)
        texts.append(text.encode())
        etas.append(call.arrive_s or 0.0)
    return np.array(changes), np.array(texts, dtype="S20"), np.array(etas)


class Lines:
    """Collects rows of bytes with their place in the order of arrival and gives them out as text."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._rows: list[Bytes] = []
        self._keys: list[Floats] = []
        self.damaged = 0
        self.cut = 0

    def add(self, rows: Bytes, arrives_s: Floats) -> None:
        """Rows of one width."""
        self._rows.append(rows)
        self._keys.append(arrives_s)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._rows)

    def blocks(self) -> Iterator[bytes]:
        """All lines in order of arrival, some of them damaged."""
        if not self._rows:
            return
        order = np.argsort(np.concatenate(self._keys), kind="stable")
        block = np.concatenate([np.full(len(rows), k, dtype=np.int32) for k, rows in enumerate(self._rows)])[order]
        row = np.concatenate([np.arange(len(rows), dtype=np.int64) for rows in self._rows])[order]
        width = max(rows.shape[1] for rows in self._rows)
        for start in range(0, len(order), _LINES_AT_ONCE):
            which, index = block[start : start + _LINES_AT_ONCE], row[start : start + _LINES_AT_ONCE]
            table = np.zeros((len(which), width), dtype=np.uint8)
            length = np.zeros(len(which), dtype=np.int64)
            for k, rows in enumerate(self._rows):
                mine = np.flatnonzero(which == k)
                table[mine, : rows.shape[1]] = rows[index[mine]]
                length[mine] = rows.shape[1]
            chance = self._rng.random(len(which))
            hurt, cut = np.flatnonzero(chance < DAMAGED), np.flatnonzero(chance > 1.0 - CUT)
            table[hurt, length[hurt] - 12] ^= 1
            length[cut] = length[cut] - self._rng.integers(20, 40, len(cut))
            table[cut, length[cut] - 2], table[cut, length[cut] - 1] = ord("\r"), ord("\n")
            self.damaged += len(hurt)
            self.cut += len(cut)
            yield table[np.arange(width) < length[:, None]].tobytes()


class Network:
    """The stations' clocks and ways: turns received copies into lines."""

    def __init__(self, coverage: Coverage, silence: Silence, start_s: int, rng: np.random.Generator) -> None:
        self.stations, self._silence, self._start_s, self._rng = coverage.stations, silence, start_s, rng
        self._codes = np.array([s.code for s in coverage.stations], dtype=f"S{ais_encoder.STATION_CHARACTERS}")
        self._slow_s = rng.uniform(0.0, 0.9, len(coverage.stations))
        self.lines = Lines(rng)

    def copies(self, got: NDArray[np.bool_]) -> Copies:
        """The received copies of messages, ``got`` of shape (messages, stations)."""
        message, station = np.nonzero(got)
        return Copies(message, station)

    def epoch_s(self, time_s: Floats, station: NDArray[np.int64]) -> NDArray[np.int64]:
        """The stations' whole-second stamps."""
        return (self._start_s + time_s + self._slow_s[station]).astype(np.int64)

    def send(self, payload: Bytes, fill_bits: int, time_s: Floats, copies: Copies) -> None:
        """One-line messages."""
        for start in range(0, len(copies.message), _COPIES_AT_ONCE):
            message = copies.message[start : start + _COPIES_AT_ONCE]
            station, moment = copies.station[start : start + _COPIES_AT_ONCE], time_s[message]
            channel_b = (np.asarray(moment) * 10).astype(np.int64) % 2 == 1
            rows = ais_encoder.single_sentences(
                payload[message], fill_bits, channel_b, self._codes[station], self.epoch_s(moment, station)
            )
            self.lines.add(rows, self._arrival(moment))

    def send_double(self, payload: Bytes, fill_bits: int, time_s: Floats, copies: Copies) -> None:
        """Two-line messages; the lines of one copy arrive together."""
        moment, station = time_s[copies.message], copies.station
        first, second = ais_encoder.double_sentences(
            payload[copies.message],
            fill_bits,
            (np.asarray(moment) * 10).astype(np.int64) % 2 == 1,
            self._codes[station],
            self.epoch_s(moment, station),
            np.arange(len(moment)) * 7,
        )
        arrival = self._arrival(moment)
        self.lines.add(first, arrival)
        self.lines.add(second, arrival)

    def _arrival(self, time_s: Floats) -> Floats:
        return time_s + np.minimum(self._rng.exponential(0.8, len(time_s)), 6.0)

    def beacons(self, hours: float) -> int:
        """Message 4 of every station, heard by itself, and message 21 of buoys near some; returns how many."""
        end_s, sent = hours * HOUR_S, 0
        for number, station in enumerate(self.stations):
            time_s = np.arange(float(self._rng.uniform(0.0, BASE_EVERY_S)), end_s, BASE_EVERY_S)
            sent += self._local(time_s, number, station, buoy=False)
            if number % 4 == 0:
                sent += self._local(np.arange(number * 9.0, end_s, AID_EVERY_S), number, station, buoy=True)
        return sent

    def _local(self, time_s: Floats, number: int, station: Station, *, buoy: bool) -> int:
        off = [
            *self._silence.feed,
            *([self._silence.stations[station.code]] if station.code in self._silence.stations else []),
        ]
        for begin, end in off:
            time_s = time_s[~((time_s >= begin) & (time_s < end))]
        count = len(time_s)
        if not count:
            return 0
        epoch = (self._start_s + time_s).astype(np.int64)
        if buoy:
            lat, lon = destination(station.lat_deg, station.lon_deg, 200.0, 15.0)
            mmsi = np.full(count, 992_190_000 + number)
            name = np.full(count, f"{station.code} FAIRWAY".encode(), dtype="S20")
            payload, fill = ais_encoder.aid_to_navigation(mmsi, 20, name, lat, lon, epoch % 60), 4
        else:
            mmsi = np.full(count, 2_190_000 + number)
            payload, fill = ais_encoder.base_station(mmsi, epoch, station.lat_deg, station.lon_deg), 0
        got = np.arange(count)
        self.send(payload, fill, time_s, Copies(got, np.full(count, number)))
        return count


def send_positions(network: Network, air: Air) -> int:
    """All position reports as lines; returns how many transmissions were received."""
    class_b = air.column("class_b").astype(bool)
    time_s, total = air.column("time_s"), len(class_b)
    second = ((time_s + network.epoch_s(np.zeros(1), np.zeros(1, dtype=np.int64))[0]) % 60).astype(np.int64)
    columns = {name: air.column(name) for name in air.rows if name not in ("class_b", "time_s", "ship")}
    for rows, is_b in ((np.flatnonzero(~class_b), False), (np.flatnonzero(class_b), True)):
        if not len(rows):
            continue
        c = {name: values[rows] for name, values in columns.items()}
        if is_b:
            payload = ais_encoder.class_b_position(
                c["mmsi"], c["speed"], c["lat"], c["lon"], c["course"], c["heading"], second[rows]
            )
        else:
            payload = ais_encoder.class_a_position(
                c["message_type"],
                c["mmsi"],
                c["status"],
                c["turn"],
                c["speed"],
                c["lat"],
                c["lon"],
                c["course"],
                c["heading"],
                second[rows],
            )
        network.send(payload, 0, time_s[rows], network.copies(c["got"]))
    return total


def send_statics(
    network: Network,
    fleet: Sequence[Ship],
    chance_of: Any,
    silence: Silence,
    start_s: int,
    hours: float,
    rng: np.random.Generator,
) -> int:
    """Message 5 of class A every 15 min, message 24 of class B every 30; returns how many were received."""
    a: dict[str, list[Any]] = {}
    b: dict[str, list[Any]] = {}
    for number, ship in enumerate(fleet):
        every = STATIC_EVERY_S * (2.0 if ship.class_b else 1.0)
        time_s = np.arange(float(rng.uniform(0.0, every)), hours * HOUR_S, every)
        got = radio.received(time_s, chance_of(number), network.stations, silence, ship.off_air, rng)
        heard = np.flatnonzero(got.any(axis=0))
        if ship.weak:
            lucky = np.random.default_rng([ship.mmsi, 2]).random(len(heard)) < radio.WEAK_STATICS
            heard = heard[lucky | ~np.any([(time_s[heard] >= a) & (time_s[heard] < b) for a, b in ship.weak], axis=0)]
        time_s = time_s[heard]
        into = b if ship.class_b else a
        changes, texts, etas = destination_texts(ship, rng)
        current = np.searchsorted(changes, time_s, side="right") - 1
        name_now, call_sign = lies.names(ship, time_s)
        for name, values in {
            "time_s": time_s,
            "got": got[:, heard].T,
            "mmsi": np.full(len(heard), ship.mmsi),
            "imo": np.full(len(heard), ship.imo),
            "call_sign": call_sign,
            "name": name_now,
            "ship_type": np.full(len(heard), ship.ship_type),
            "length": np.full(len(heard), ship.length_m),
            "beam": np.full(len(heard), ship.beam_m),
            "draught": lies.draughts(ship, time_s),
            "text": texts[np.maximum(current, 0)],
            "eta": np.rint((start_s + etas[np.maximum(current, 0)]) / 60.0) * 60.0,
        }.items():
            into.setdefault(name, []).append(values)
    total = 0
    if a:
        c = {name: np.concatenate(parts) for name, parts in a.items()}
        eta = c["eta"].astype("datetime64[s]")
        day, month = eta.astype("datetime64[D]"), eta.astype("datetime64[M]")
        minutes = (eta - day).astype(np.int64) // 60
        blank = c["text"] == b""
        payload = ais_encoder.class_a_static(
            c["mmsi"],
            c["imo"],
            c["call_sign"],
            c["name"],
            c["ship_type"],
            c["length"],
            c["beam"],
            np.where(blank, 0, month.astype(np.int64) % 12 + 1),
            np.where(blank, 0, (day - month.astype("datetime64[D]")).astype(np.int64) + 1),
            np.where(blank, 24, minutes // 60),
            np.where(blank, 60, minutes % 60),
            c["draught"],
            c["text"],
        )
        network.send_double(payload, 2, c["time_s"], network.copies(c["got"]))
        total += len(payload)
    if b:
        c = {name: np.concatenate(parts) for name, parts in b.items()}
        copies = network.copies(c["got"])
        network.send(ais_encoder.class_b_name(c["mmsi"], c["name"]), 2, c["time_s"], copies)
        later = c["time_s"] + 1.0
        parts_b = ais_encoder.class_b_ship(c["mmsi"], c["ship_type"], c["call_sign"], c["length"], c["beam"])
        network.send(parts_b, 0, later, copies)
        total += 2 * len(parts_b)
    return total
