"""Events put into recorded traffic, true by construction: a craft silenced, one made to wait, a pair brought together, a feed cut.

Each injection takes the ``Traffic`` and a random generator, picks craft that have none yet, edits their rows and gives the label. What
makes each label true:

``silence``      rows of a craft under way are taken out for 1.1 to 4 h (aircraft 10 to 25 min). She *was* heard all that time: no hole
                 in the rows taken out is longer than ten minutes (aircraft: one), nor in those of an hour before and half an hour after, and
                 three others were heard within 45 km (aircraft: 350 km). Not in the first fifth of the recording.
``waiting``      she stops in open water (12 km off land, 30 km off any port), drifts for 4.2 to 8 h at 0.3 to 0.9 kn, and then sails on as
                 she did, that much later.
``meeting``      one waits so; another leaves her own track, comes to lie 60 to 250 m from the first for 1.2 to 3 h, goes back and sails on.
``cut``          all rows of the feed are taken out for 25 to 50 min while at least eight craft are heard.

Craft that wait or meet and whose type is not known are given the type of a cargo ship, for that is what the rules are about. Times of new
rows are those of her own usual interval. ``INJECTIONS`` is the table: a line there buys a place in every benchmark.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, destination, distance_km, interpolate
from tracker.detectors.base import Places
from tracker.evaluation.background import Background
from tracker.events import EventKind
from tracker.identity import craft_text, is_aircraft, is_ship_station
from tracker.positions import PositionBatch
from tracker.simulate.labels import Label
from tracker.statics import StaticBatch
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN, US_PER_S

CARGO_TYPE: Final = 70
_UNKNOWN_TYPE: Final = 255
_LEARNING_SHARE: Final = 0.2
_WITNESS_KM: Final = (45.0, 350.0)
_PASSED_KM: Final = 8.0
_WITNESSES: Final = 3
_MOST_HOLE_S: Final = (600.0, 60.0)
_LEAST_ROWS: Final = 60
_PORT_CLEAR_KM: Final = (15.0, 30.0)
"""From ports: of who is silenced, of who waits."""
_LAND_CLEAR_KM: Final = 12.0
_UNDER_WAY_KN: Final = 6.0
_CRUISE_FT: Final = 20_000.0
_TRIES: Final = 40


class Traffic:
    """The rows of a background by craft, edited as events are injected."""

    def __init__(self, background: Background, places: Places) -> None:
        self.places = places
        rows = background.positions
        self.begin_us, self.end_us = (int(rows.time_us[0]), int(rows.time_us[-1])) if len(rows) else (0, 0)
        order = np.argsort(rows.craft, kind="stable")
        craft, first = np.unique(rows.craft[order], return_index=True)
        self.tracks = {
            int(key): rows.take(np.sort(part)) for key, part in zip(craft, np.split(order, first[1:]), strict=True)
        }
        self.statics: list[StaticBatch] = []
        known = background.statics.ship_type != _UNKNOWN_TYPE
        self._typed = set(background.statics.craft[known].tolist())
        self.taken: set[int] = set()
        self.cuts: list[tuple[int, int]] = []
        """Times in which the feed was cut, with half an hour around."""
        self._hour_us = rows.time_us // US_PER_H
        self._all = rows

    def positions(self) -> PositionBatch:
        """All rows as they are now."""
        return PositionBatch.concat(self.tracks[key] for key in sorted(self.tracks)).in_time_order()

    def free(self, *, aircraft: bool) -> list[int]:
        """Craft without an event that report often enough, in order."""
        return [
            key
            for key, track in self.tracks.items()
            if key not in self.taken
            and np.count_nonzero(track.has_position) >= _LEAST_ROWS
            and bool(is_aircraft(key) if aircraft else is_ship_station(np.array([key]))[0])
        ]

    def cut(self, begin_us: int, end_us: int) -> bool:
        """Whether the feed is cut at any time between."""
        return any(begin_us < until and since < end_us for since, until in self.cuts)

    def witnesses(self, key: int, begin_us: int, end_us: int, lat: float, lon: float, km: float) -> int:
        """Other craft of the recording heard between two times near a place."""
        first, stop = np.searchsorted(self._all.time_us, [begin_us, end_us])
        rows = self._all.take(slice(int(first), int(stop)))
        alike = is_aircraft(rows.craft) == is_aircraft(key)
        near = alike & (distance_km(lat, lon, rows.lat_deg, rows.lon_deg) < km)
        return len(np.setdiff1d(rows.craft[near], [key]))

    def clear(self, lat: NDArray[np.float64], lon: NDArray[np.float64], port_km: float, land_km: float) -> bool:
        """Whether all of some points lie clear of ports and of land."""
        here = ~self.places.is_land(lat, lon) & (self.places.port_distance_km(lat, lon) > port_km)
        if not here.all():
            return False
        rings = [
            destination(lat, lon, float(course), land_km * share)
            for share in (0.5, 1.0)
            for course in range(0, 360, 30)
        ]
        return land_km <= 0.0 or not any(self.places.is_land(*ring).any() for ring in rings)

    def make_cargo_ship(self, key: int) -> None:
        """Give her a type where nobody knows one."""
        if key in self._typed:
            return
        first = self.tracks[key]
        at = first.time_us[:1]
        self.statics.append(
            StaticBatch.from_columns(
                1, time_us=at, received_us=at, craft=key, source=first.source[0], message_type=5, ship_type=CARGO_TYPE
            )
        )


Injection = Callable[[np.random.Generator, Traffic], Label | None]


def _label(kind: EventKind, detail: str, key: int | None, **given: object) -> Label:
    fields: dict[str, object] = {
        "label_id": "",
        "craft": None if key is None else craft_text(key),
        "other_craft": None,
        "must_alert": False,
        "forbids": (),
        "also": (),
        **given,
    }
    return Label(kind=str(kind), detail=detail, **fields)  # type: ignore[arg-type]


def _pick(rng: np.random.Generator, keys: list[int]) -> list[int]:
    return [keys[k] for k in rng.permutation(len(keys))[:_TRIES]]


def _made_good_kn(track: PositionBatch) -> NDArray[np.float64]:
    """Speed made good to the next row; NaN at the last."""
    km = distance_km(track.lat_deg[:-1], track.lon_deg[:-1], track.lat_deg[1:], track.lon_deg[1:])
    hours = np.maximum(np.diff(track.time_us), 1) / US_PER_H
    return np.append(km / KM_PER_NM / hours, np.nan)


def _silence(rng: np.random.Generator, traffic: Traffic, *, aircraft: bool) -> Label | None:
    least_h, most_h = (10.0 / 60.0, 25.0 / 60.0) if aircraft else (1.1, 4.0)
    before_us, after_us = (5 * US_PER_MIN, 2 * US_PER_MIN) if aircraft else (US_PER_H, US_PER_H // 2)
    from_us = traffic.begin_us + int(_LEARNING_SHARE * (traffic.end_us - traffic.begin_us))
    for key in _pick(rng, traffic.free(aircraft=aircraft)):
        whole = traffic.tracks[key]
        track = whole.take(whole.has_position)
        length_us = int(rng.uniform(least_h, most_h) * US_PER_H)
        begins = track.time_us[(track.time_us - before_us >= from_us)]
        begins = begins[begins + length_us + after_us <= track.time_us[-1]]
        for begin in rng.permutation(begins)[:6].tolist():
            begin_us, end_us = int(begin) + 1, int(begin) + length_us
            span = (track.time_us >= begin_us - before_us) & (track.time_us <= end_us + after_us)
            around = track.take(span)
            inside = (around.time_us > begin_us) & (around.time_us <= end_us)
            if traffic.cut(begin_us - before_us, end_us + after_us) or inside.sum() < 10:
                continue
            if np.diff(around.time_us).max() > _MOST_HOLE_S[aircraft] * US_PER_S:
                continue
            if around.time_us[0] > begin_us - before_us + _MOST_HOLE_S[aircraft] * US_PER_S:
                continue
            lat, lon = around.lat_deg[inside], around.lon_deg[inside]
            run_km = float(distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())
            if aircraft:
                if not (around.altitude_ft > _CRUISE_FT).all():
                    continue
            elif run_km / KM_PER_NM < _UNDER_WAY_KN * length_us / US_PER_H or not traffic.clear(
                lat, lon, _PORT_CLEAR_KM[0], 0.0
            ):
                continue
            if not aircraft and not _knowable(traffic, key, around, inside, begin_us, length_us):
                continue
            middle = len(lat) // 2
            km = _WITNESS_KM[aircraft]
            if traffic.witnesses(key, begin_us, end_us, float(lat[middle]), float(lon[middle]), km) < _WITNESSES:
                continue
            traffic.tracks[key] = whole.take((whole.time_us < begin_us) | (whole.time_us > end_us))
            traffic.taken.add(key)
            usual_s = float(np.median(np.diff(around.time_us))) / US_PER_S
            text = f"{length_us / US_PER_MIN:.0f} min" if aircraft else f"{length_us / US_PER_H:.1f} h"
            return _label(
                EventKind.DARK_PERIOD,
                "silent",
                key,
                start_us=begin_us - 1,
                end_us=end_us,
                lat_deg=float(lat[0]),
                lon_deg=float(lon[0]),
                known_earliest_us=begin_us + int(max(60.0 if aircraft else 150.0, 3.0 * usual_s) * US_PER_S),
                what=f"{craft_text(key)} is silenced for {text} while {int(inside.sum())} reports of hers were received.",
            )
    return None


def _knowable(
    traffic: Traffic, key: int, around: PositionBatch, inside: NDArray[np.bool_], begin_us: int, length_us: int
) -> bool:
    """Whether a recording cut into trips lets anybody say that a silence of hers is none of its cuts.

    She is under way when last heard and heard again under way further on, no port or shore between that she may have gone to, and on most of her
    way two others were received before.
    """
    gone = np.flatnonzero(inside)
    first, last = int(gone[0]) - 1, min(int(gone[-1]) + 1, len(around) - 1)
    earlier = max(int(np.searchsorted(around.time_us, begin_us - 10 * US_PER_MIN)), 0)
    if first <= earlier:
        return False
    lat, lon = around.lat_deg, around.lon_deg
    pace_kn = float(distance_km(lat[earlier], lon[earlier], lat[first], lon[first])) / KM_PER_NM
    pace_kn /= (around.time_us[first] - around.time_us[earlier]) / US_PER_H
    made_kn = float(distance_km(lat[first], lon[first], lat[last], lon[last])) / KM_PER_NM / (length_us / US_PER_H)
    if pace_kn < _UNDER_WAY_KN or made_kn < 0.5 * _UNDER_WAY_KN:
        return False
    line = interpolate(lat[first], lon[first], lat[last], lon[last], np.linspace(0.0, 1.0, 13))
    if not traffic.clear(np.asarray(line[0]), np.asarray(line[1]), _PORT_CLEAR_KM[0], 0.0):
        return False
    sample = gone[np.linspace(0, len(gone) - 1, 8).astype(np.int64)]
    passed = [
        traffic.witnesses(key, traffic.begin_us, begin_us, float(lat[k]), float(lon[k]), _PASSED_KM) >= 2
        for k in sample.tolist()
    ]
    return float(np.mean(passed)) > 0.7


def silence_at_sea(rng: np.random.Generator, traffic: Traffic) -> Label | None:
    """A ship under way is silenced."""
    return _silence(rng, traffic, aircraft=False)


def silence_in_the_air(rng: np.random.Generator, traffic: Traffic) -> Label | None:
    """An aircraft in cruise is silenced."""
    return _silence(rng, traffic, aircraft=True)


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where and when a track can be interrupted: after row ``row`` of the craft's rows with a position."""

    key: int
    row: int
    lat_deg: float
    lon_deg: float
    time_us: int


def _stops(rng: np.random.Generator, traffic: Traffic, hours: float) -> list[_Stop]:
    """Places in open water where craft under way could stop for so long before the recording ends."""
    found = []
    for key in _pick(rng, traffic.free(aircraft=False)):
        track = traffic.tracks[key]
        track = track.take(track.has_position)
        kn = _made_good_kn(track)
        hole_s = np.append(np.diff(track.time_us), 1 << 60) / US_PER_S
        fit = (kn > _UNDER_WAY_KN) & (kn < 40.0) & (hole_s < _MOST_HOLE_S[0])
        fit &= track.time_us + int((hours + 0.5) * US_PER_H) < traffic.end_us
        fit &= track.time_us > traffic.begin_us + US_PER_H
        for row in rng.permutation(np.flatnonzero(fit))[:4].tolist():
            lat, lon, at_us = track.lat_deg[row], track.lon_deg[row], int(track.time_us[row])
            if traffic.cut(at_us - US_PER_H, at_us + int((hours + 1.0) * US_PER_H)):
                continue
            if traffic.clear(np.array([lat]), np.array([lon]), _PORT_CLEAR_KM[1], _LAND_CLEAR_KM):
                found.append(_Stop(key, row, float(lat), float(lon), at_us))
                break
    return found


def _usual_us(track: PositionBatch) -> int:
    """Her usual interval, between half a minute and five."""
    return int(np.clip(np.median(np.diff(track.time_us)), 30 * US_PER_S, 300 * US_PER_S))


def _new_rows(
    like: PositionBatch, time_us: NDArray[np.int64], lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> PositionBatch:
    """Rows like a given one (a batch of one row) at new times and places; speed and course follow from the places."""
    count = len(time_us)
    rows = like.take(np.zeros(count, dtype=np.int64))
    hours = np.diff(time_us) / US_PER_H
    kn = distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]) / KM_PER_NM / hours
    course = bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:])
    return rows.with_columns(
        time_us=time_us,
        received_us=time_us,
        lat_deg=lat,
        lon_deg=lon,
        speed_kn=np.append(kn, kn[-1]).astype(np.float32),
        course_deg=np.append(course, course[-1]).astype(np.float32),
        fingerprint=np.zeros(count, dtype=np.int64),
    )


def _interrupt(track: PositionBatch, at_us: int, rows: PositionBatch, end_us: int) -> PositionBatch:
    """A track with some rows put in after an instant; what came after is that much later, and cut at the recording's end."""
    before, after = track.take(track.time_us <= at_us), track.take(track.time_us > at_us)
    delay_us = int(rows.time_us[-1]) - at_us
    after = after.with_columns(time_us=after.time_us + delay_us, received_us=after.received_us + delay_us)
    return PositionBatch.concat([before, rows, after.take(after.time_us <= end_us)])


def _drift(
    rng: np.random.Generator, begin_us: int, end_us: int, every_us: int, lat: float, lon: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Times and places of a craft adrift: a steady set with a slow wander."""
    time_us = np.arange(begin_us, end_us, every_us, dtype=np.int64)
    time_us[1:] += (rng.uniform(-0.2, 0.2, len(time_us) - 1) * every_us).astype(np.int64)
    hours = (time_us - begin_us) / US_PER_H
    kn, course = float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.0, 360.0))
    lats, lons = destination(lat, lon, course, kn * KM_PER_NM * hours)
    lats, lons = destination(lats, lons, course + 90.0, 0.4 * np.sin(0.8 * hours))
    return time_us, np.asarray(lats), np.asarray(lons)


def _and_back(
    path: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]], every_us: int, stop: _Stop
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """A path with the way from its end back to where she stopped, at 10 kn."""
    time_us, lat, lon = path
    km = float(distance_km(lat[-1], lon[-1], stop.lat_deg, stop.lon_deg))
    steps = max(int(km / KM_PER_NM / 10.0 * US_PER_H / every_us) + 1, 1)
    share = np.arange(1, steps + 1) / steps
    back_lat, back_lon = interpolate(lat[-1], lon[-1], stop.lat_deg, stop.lon_deg, share)
    back_us = time_us[-1] + np.arange(1, steps + 1, dtype=np.int64) * every_us
    return np.append(time_us, back_us), np.append(lat, back_lat), np.append(lon, back_lon)


def waiting(rng: np.random.Generator, traffic: Traffic) -> Label | None:
    """A ship stops in open water and drifts for hours."""
    hours = float(rng.uniform(4.2, 8.0))
    for stop in _stops(rng, traffic, hours):
        whole = traffic.tracks[stop.key]
        track = whole.take(whole.has_position)
        begin_us = stop.time_us + _usual_us(track)
        end_us = begin_us + int(hours * US_PER_H)
        path = _drift(rng, begin_us, end_us, _usual_us(track), stop.lat_deg, stop.lon_deg)
        like = track.take(slice(stop.row, stop.row + 1))
        rows = _new_rows(like, *_and_back(path, _usual_us(track), stop))
        traffic.make_cargo_ship(stop.key)
        traffic.tracks[stop.key] = _interrupt(whole, stop.time_us, rows, traffic.end_us)
        traffic.taken.add(stop.key)
        return _label(
            EventKind.LOITERING,
            "drift",
            stop.key,
            start_us=begin_us,
            end_us=end_us,
            lat_deg=stop.lat_deg,
            lon_deg=stop.lon_deg,
            known_earliest_us=begin_us + 2 * US_PER_H,
            what=f"{craft_text(stop.key)} is made to drift in open water for {hours:.1f} h.",
        )
    return None


def meeting(rng: np.random.Generator, traffic: Traffic) -> Label | None:
    """A ship waits in open water; another comes to lie beside her."""
    hours = float(rng.uniform(1.2, 3.0))
    stops = _stops(rng, traffic, hours + 2.0)
    for first in stops:
        for second in _stops(rng, traffic, hours + 2.0):
            km = float(distance_km(first.lat_deg, first.lon_deg, second.lat_deg, second.lon_deg))
            sail_us = int(km / KM_PER_NM / 12.0 * US_PER_H)
            lead_us = second.time_us + sail_us - first.time_us
            if first.key == second.key or not 8.0 < km < 60.0 or not 0.1 * US_PER_H < lead_us < 1.5 * US_PER_H:
                continue
            across = interpolate(
                first.lat_deg, first.lon_deg, second.lat_deg, second.lon_deg, np.linspace(0.0, 1.0, 40)
            )
            if traffic.places.is_land(*across).any():
                continue
            return _bring_together(rng, traffic, first, second, sail_us, hours)
    return None


def _bring_together(
    rng: np.random.Generator, traffic: Traffic, first: _Stop, second: _Stop, sail_us: int, hours: float
) -> Label:
    tracks = [traffic.tracks[stop.key] for stop in (first, second)]
    placed = [track.take(track.has_position) for track in tracks]
    every = [_usual_us(track) for track in placed]
    arrive_us = second.time_us + sail_us
    part_us = arrive_us + int(hours * US_PER_H)
    lying = _drift(rng, first.time_us + every[0], part_us + US_PER_H // 4, every[0], first.lat_deg, first.lon_deg)
    like = placed[0].take(slice(first.row, first.row + 1))
    traffic.tracks[first.key] = _interrupt(
        tracks[0], first.time_us, _new_rows(like, *_and_back(lying, every[0], first)), traffic.end_us
    )

    beside_us = np.arange(arrive_us, part_us, every[1], dtype=np.int64)
    base = np.interp(beside_us, lying[0], lying[1]), np.interp(beside_us, lying[0], lying[2])
    side_km, side_deg = float(rng.uniform(0.06, 0.25)), float(rng.uniform(0.0, 360.0))
    beside = destination(base[0], base[1], side_deg, side_km)
    legs = []
    for (lat1, lon1), (lat2, lon2), begin_us in (
        ((second.lat_deg, second.lon_deg), (beside[0][0], beside[1][0]), second.time_us + every[1]),
        ((beside[0][-1], beside[1][-1]), (second.lat_deg, second.lon_deg), int(beside_us[-1]) + every[1]),
    ):
        time_us = np.arange(begin_us, begin_us + sail_us - every[1], every[1], dtype=np.int64)
        share = (time_us - begin_us + every[1]) / max(sail_us, 1)
        legs.append((time_us, *interpolate(lat1, lon1, lat2, lon2, share)))
    parts = (legs[0], (beside_us, *beside), legs[1])
    way = [np.concatenate([np.atleast_1d(part[k]) for part in parts]) for k in range(3)]
    like = placed[1].take(slice(second.row, second.row + 1))
    rows = _new_rows(like, way[0].astype(np.int64), way[1], way[2])
    traffic.tracks[second.key] = _interrupt(tracks[1], second.time_us, rows, traffic.end_us)
    for stop in (first, second):
        traffic.make_cargo_ship(stop.key)
        traffic.taken.add(stop.key)
    one, two = sorted((first.key, second.key))
    return _label(
        EventKind.ENCOUNTER,
        "stopped",
        one,
        other_craft=craft_text(two),
        start_us=arrive_us,
        end_us=part_us,
        lat_deg=float(beside[0][0]),
        lon_deg=float(beside[1][0]),
        known_earliest_us=arrive_us + US_PER_H,
        also=(str(EventKind.LOITERING),),
        what=f"{craft_text(one)} and {craft_text(two)} are brought within {side_km * 1000:.0f} m of one another for {hours:.1f} h.",
    )


def cut(rng: np.random.Generator, traffic: Traffic) -> Label | None:
    """The whole feed is silent."""
    margin_us = min(2 * US_PER_H, int(_LEARNING_SHARE * (traffic.end_us - traffic.begin_us)))
    begin, end = traffic.begin_us + margin_us, traffic.end_us - margin_us
    for _ in range(_TRIES):
        if end <= begin:
            return None
        begin_us = int(rng.integers(begin, end))
        end_us = begin_us + int(rng.uniform(25.0, 50.0) * US_PER_MIN)
        heard = [
            key
            for key, track in traffic.tracks.items()
            if np.any((track.time_us > begin_us - 10 * US_PER_MIN) & (track.time_us < begin_us))
            and np.any((track.time_us > end_us) & (track.time_us < end_us + 10 * US_PER_MIN))
        ]
        if len(heard) < 8:
            continue
        for key, track in traffic.tracks.items():
            traffic.tracks[key] = track.take((track.time_us < begin_us) | (track.time_us > end_us))
        traffic.tracks = {key: track for key, track in traffic.tracks.items() if len(track)}
        traffic.cuts.append((begin_us - US_PER_H // 2, end_us + US_PER_H // 2))
        return _label(
            EventKind.FEED_OUTAGE,
            "whole_feed",
            None,
            start_us=begin_us,
            end_us=end_us,
            lat_deg=float("nan"),
            lon_deg=float("nan"),
            known_earliest_us=begin_us + 5 * US_PER_MIN,
            what=f"The feed is cut for {(end_us - begin_us) / US_PER_MIN:.0f} min with {len(heard)} craft present.",
        )
    return None


INJECTIONS: Final[tuple[tuple[Injection, int], ...]] = (
    (cut, 1),
    (meeting, 4),
    (waiting, 6),
    (silence_at_sea, 12),
    (silence_in_the_air, 6),
)
"""Each injection and how often it is tried; what finds no fitting craft or place is left out."""
