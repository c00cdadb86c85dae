"""Port calls: when a craft was in a port or at an airport, and whether she stopped there.

State machine of one transmitter (thresholds of Global Fishing Watch's anchorages pipeline; hysteresis so that noise on a border
makes no chatter)::

    AT SEA --ship: nearest port < enter_km--> IN PORT --ship: > exit_km from that port--> AT SEA
           --aircraft: on the ground, or slow and low, < enter_km of an airport-->    --airborne again, or > exit_km--> AT SEA
    IN PORT: STOPPED begins below stop_begin_kn, ends above stop_end_kn

A call is stated when she first stops (revision 1, no departure) and again when she has left or was not heard for ``forget_h``
(next revision). One that never stopped is stated once, when she has left. The port of a call is the nearest one at the moment
she first stops there; before that the one entered. ``depart_us`` is when she was last heard inside.

Where speed is not reported it is inferred from displacement over at least ten minutes.

Confidence, after GFW's four levels: 0.95 entry, stop and exit seen; 0.8 stop and one of them; 0.6 stop only; 0.3 no stop.

A helipad beside an airport must not take its airliners: an airport without an IATA code counts as 1.5 km further away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, Protocol

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from streams.snapshot import Later, LaterTable, pack_later, unpack
from tracker.geography.airports import AirportTable
from tracker.geography.nearby import NearbyGrid, cell_of
from tracker.geography.ports import PortTable
from tracker.identity import CRAFT_MASK, craft_text, is_aircraft, is_ship_station, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import check_thresholds, threshold
from tracker.statics import StaticBatch
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

_GFW: Final = "Global Fishing Watch, anchorages pipeline"
_LAYOUT: Final = 1
_NONE: Final = -1
_INFER_SPEED_US: Final = 10 * US_PER_MIN
_NO_IATA_KM: Final = 1.5
_GROUND_FT: Final = 500.0
_AIRBORNE_FT: Final = 1000.0
_CAPACITY: Final = 16_384
_ENTRY_SEEN: Final = 1
_EVER_STOPPED: Final = 2
_STOPPED_NOW: Final = 4
_OUTSIDE_SEEN: Final = 8


@dataclass(frozen=True, slots=True)
class PortCallConfig:
    """Where a port begins and what a stop is."""

    enter_km: float = threshold(3.0, "Closer to a port than this is in port.", _GFW, low=0.1, high=50.0)
    exit_km: float = threshold(4.0, "Further from the port than this is out again.", _GFW, low=0.1, high=60.0)
    stop_begin_kn: float = threshold(0.2, "Slower than this is stopped.", _GFW, high=5.0)
    stop_end_kn: float = threshold(0.5, "Faster than this is no longer stopped.", _GFW, high=10.0)
    aircraft_slow_kn: float = threshold(
        50.0, "An aircraft slower than this, low at an airport, is taken to be on the ground.",
        "ours: below the stall speed of nearly everything with fixed wings", high=150.0,
    )  # fmt: skip
    forget_h: float = threshold(
        336.0, "A craft not heard for this long is taken to have left when last heard.",
        "ours: two weeks are longer than nearly every stay with the transponder off", low=1.0, high=24.0 * 365,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)
        if self.exit_km < self.enter_km or self.stop_end_kn < self.stop_begin_kn:
            raise ValueError("PortCallConfig: a port is left further out, and a stop ended faster, than it began")


@dataclass(frozen=True, slots=True)
class PortCall:
    """One revision of one call. ``craft`` is the segment key of the transmitter."""

    craft: int
    location: str
    name: str
    arrive_us: int
    depart_us: int | None
    stopped: bool
    confidence: float
    revision: int
    known_us: int = 0
    """Event time at which this revision was known: when she first stopped, was out again, or had been silent for ``forget_h``."""

    def to_row(self) -> Mapping[str, Any]:
        """The call as a row of the store's table."""
        return {**asdict(self), "craft": craft_text(self.craft & CRAFT_MASK), "stopped": int(self.stopped)}


class HasPortsAndAirports(Protocol):
    """What port calls ask of geography."""

    @property
    def ports(self) -> PortTable:
        """All ports."""
        ...

    @property
    def airports(self) -> AirportTable:
        """All airports."""
        ...


class PortCalls:
    """Finds port calls in position rows, driven like a detector; ``take_calls`` hands out what became known."""

    def __init__(self, config: PortCallConfig, places: HasPortsAndAirports) -> None:
        self.config = config
        self._places = places
        self._state = KeyedState(
            {
                "place": ("i4", _NONE),
                "arrive_us": ("i8", 0),
                "inside_us": ("i8", 0),
                "last_us": ("i8", -(1 << 62)),
                "flags": ("i4", 0),
                "revision": ("i4", 0),
                "anchor_us": ("i8", 0),
                "anchor_lat_deg": ("f8", np.nan),
                "anchor_lon_deg": ("f8", np.nan),
            }
        )
        self._calls: list[PortCall] = []
        self._finished: list[PortCall] = []

    @cached_property
    def _world(self) -> tuple[NDArray[Any], ...]:
        return _world_of(self._places.ports, self._places.airports, self.config.exit_km + 0.5)

    def process_batch(self, positions: PositionBatch, statics: StaticBatch | None = None) -> None:
        """Take the next rows in event-time order."""
        moving = positions.has_position & (is_ship_station(positions.craft) | is_aircraft(positions.craft))
        if not moving.any():
            return
        rows = positions if moving.all() else positions.take(moving)
        slots = self._state.slots(rows.segment)
        air = is_aircraft(rows.craft)
        cfg = self.config
        limits = np.array(
            [
                cfg.enter_km,
                cfg.exit_km,
                cfg.stop_begin_kn,
                cfg.stop_end_kn,
                cfg.aircraft_slow_kn,
                cfg.forget_h * US_PER_H,
            ]
        )
        out = np.empty((_CAPACITY, 8), dtype=np.int64)
        s, at = self._state, 0
        while at < len(rows):
            at, count = _follow(
                at, rows.time_us, slots, air, rows.lat_deg, rows.lon_deg, rows.speed_kn, rows.altitude_ft, rows.on_ground,
                s["place"], s["arrive_us"], s["inside_us"], s["last_us"], s["flags"], s["revision"],
                s["anchor_us"], s["anchor_lat_deg"], s["anchor_lon_deg"], *self._world, limits, out,
            )  # fmt: skip
            self._collect(out[:count])

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget craft not heard for long; a call still open ends when she was last heard."""
        last = self._state["last_us"]
        limit_us = watermark_us - int(self.config.forget_h * US_PER_H)
        old = np.flatnonzero(self._state.alive_mask & (last < limit_us))
        if not len(old):
            return
        self._end(old, last + int(self.config.forget_h * US_PER_H))

    def forget(self, craft: NDArray[np.int64], at_us: int) -> None:
        """Keep nothing of some craft; a call still open ends when it was last heard."""
        slots = self._state.find(transmitters_of(craft))
        self._end(slots[slots >= 0], np.full(len(self._state.keys), at_us))

    def _end(self, slots: NDArray[Any], known_us: NDArray[np.int64]) -> None:
        """End the calls of some slots and give them back; ``known_us`` by slot."""
        for slot in slots[np.argsort(self._state.keys[slots])]:
            flags = int(self._state["flags"][slot])
            if self._state["place"][slot] != _NONE:
                values = [
                    self._state["place"][slot], slot, self._state["arrive_us"][slot], self._state["inside_us"][slot],
                    flags & _EVER_STOPPED, _confidence(flags, False), self._state["revision"][slot] + 1, known_us[slot],
                ]  # fmt: skip
                self._collect(np.array([values], dtype=np.int64))
        self._state.forget(slots)

    def take_calls(self) -> list[PortCall]:
        """Revisions that became known since last taken, by arrival, craft and revision."""
        taken, self._calls = sorted(self._calls, key=lambda c: (c.arrive_us, c.craft, c.revision)), []
        return taken

    def rows(self) -> list[Mapping[str, Any]]:
        """Rows for the store: every call ended since last asked, and those still open."""
        ended, self._finished = self._finished, []
        state = self._state
        stopped = (state["flags"] & _EVER_STOPPED) != 0
        still = [
            self._call(
                int(state["place"][slot]),
                slot,
                int(state["arrive_us"][slot]),
                None,
                True,
                _confidence(int(state["flags"][slot]), False),
                int(state["revision"][slot]),
                int(state["last_us"][slot]),
            )
            for slot in np.flatnonzero(state.alive_mask & stopped & (state["place"] != _NONE)).tolist()
        ]
        return [call.to_row() for call in sorted([*ended, *still], key=lambda c: (c.arrive_us, c.craft))]

    def snapshot(self) -> bytes:
        """The whole state as Arrow."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        tables: dict[str, pa.Table | LaterTable] = {"state": self._state.capture()}
        for name, calls in (("calls", self._calls), ("finished", self._finished)):
            tables[name] = pa.Table.from_pylist([asdict(call) for call in calls], schema=_CALL_SCHEMA)
        return pack_later("port calls", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only where nothing was seen yet."""
        tables = unpack("port calls", _LAYOUT, snapshot)
        self._state.restore_arrow(tables["state"])
        self._calls = [PortCall(**row) for row in tables["calls"].to_pylist()]
        self._finished = [PortCall(**row) for row in tables["finished"].to_pylist()]

    def _collect(self, found: NDArray[np.int64]) -> None:
        for place, slot, arrive_us, depart_us, stopped, confidence, revision, known_us in found.tolist():
            left_us = None if depart_us == _NONE else depart_us
            call = self._call(place, slot, arrive_us, left_us, bool(stopped), confidence, revision, known_us)
            self._calls.append(call)
            if call.depart_us is not None:
                self._finished.append(call)

    def _call(
        self, place: int, slot: int, arrive_us: int, depart_us: int | None, stopped: bool, percent: int, revision: int,
        known_us: int,
    ) -> PortCall:  # fmt: skip
        key = int(self._state.keys[slot])
        if is_aircraft(key & CRAFT_MASK):
            airport = self._places.airports[place]
            code, name = airport.icao, airport.name
        else:
            port = self._places.ports[place]
            code, name = port.code, port.name
        return PortCall(key, code, name, arrive_us, depart_us, stopped, percent / 100.0, revision, known_us)


_CALL_SCHEMA: Final = pa.schema(
    [
        ("craft", pa.int64()), ("location", pa.string()), ("name", pa.string()), ("arrive_us", pa.int64()),
        ("depart_us", pa.int64()), ("stopped", pa.bool_()), ("confidence", pa.float64()), ("revision", pa.int32()), ("known_us", pa.int64()),
    ]
)  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _confidence(flags: int, exit_seen: bool) -> int:
    """Confidence of a call in per cent."""
    if not flags & _EVER_STOPPED:
        return 30
    sides = (1 if flags & _ENTRY_SEEN else 0) + (1 if exit_seen else 0)
    return 60 if sides == 0 else (80 if sides == 1 else 95)


@numba.njit(cache=True, nogil=True)
def _nearest(lat: float, lon: float, start: Any, places: Any, place_lat: Any, place_lon: Any, handicap: Any) -> Any:
    """Nearest listed place and its distance (handicap included in the choice only)."""
    cell = cell_of(lat, lon)
    best, best_cost, best_km = -1, 1e9, 1e9
    for k in range(start[cell], start[cell + 1]):
        p = places[k]
        km = distance_km_scalar(lat, lon, place_lat[p], place_lon[p])
        cost = km + (handicap[p] if len(handicap) else 0.0)
        if cost < best_cost:
            best, best_cost, best_km = p, cost, km
    return best, best_km


@numba.njit(cache=True, nogil=True)
def _emit(
    out: Any, n: int, slot: int, place: Any, arrive_us: Any, flags: Any, revision: Any, depart_us: int, exit_seen: bool,
    known_us: int,
) -> int:  # fmt: skip
    """Write one revision of the call a slot is in; returns the new count."""
    revision[slot] += 1
    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = place[slot], slot, arrive_us[slot], depart_us
    out[n, 4] = flags[slot] & _EVER_STOPPED
    out[n, 5] = _confidence(flags[slot], exit_seen)
    out[n, 6] = revision[slot]
    out[n, 7] = known_us
    return n + 1


@numba.njit(cache=True, nogil=True)
def _follow(
    at: int, time_us: Any, slots: Any, air: Any, lat: Any, lon: Any, speed: Any, altitude: Any, on_ground: Any,
    place: Any, arrive_us: Any, inside_us: Any, last_us: Any, flags: Any, revision: Any,
    anchor_us: Any, anchor_lat: Any, anchor_lon: Any,
    port_start: Any, port_list: Any, port_lat: Any, port_lon: Any,
    field_start: Any, field_list: Any, field_lat: Any, field_lon: Any, field_ft: Any, handicap: Any,
    limits: Any, out: Any,
) -> Any:  # fmt: skip
    """The state machine over rows from ``at`` on; returns the next row and how many revisions were written."""
    enter_km, exit_km, begin_kn, end_kn, slow_kn, forget_us = limits
    none = handicap[:0]
    n = 0
    for i in range(at, len(time_us)):
        if n + 3 > len(out):
            return i, n
        s, t, y, x, v = slots[i], time_us[i], lat[i], lon[i], speed[i]
        if place[s] != -1 and t - last_us[s] > forget_us:
            n = _emit(out, n, s, place, arrive_us, flags, revision, inside_us[s], False, last_us[s] + int(forget_us))
            place[s] = -1
            flags[s] = 0
        elif t - last_us[s] > forget_us:
            flags[s] = 0
        last_us[s] = t
        if math.isnan(v):  # speed not reported: displacement over ten minutes or more
            if math.isnan(anchor_lat[s]) or t - anchor_us[s] > 24 * 3600 * 1_000_000:
                anchor_us[s], anchor_lat[s], anchor_lon[s] = t, y, x
            elif t - anchor_us[s] >= _INFER_SPEED_US:
                hours = (t - anchor_us[s]) / 3.6e9
                v = distance_km_scalar(anchor_lat[s], anchor_lon[s], y, x) / KM_PER_NM / hours
                anchor_us[s], anchor_lat[s], anchor_lon[s] = t, y, x
        if air[i]:
            p, km = _nearest(y, x, field_start, field_list, field_lat, field_lon, handicap)
            ground_ft = field_ft[p] if p >= 0 and not math.isnan(field_ft[p]) else 0.0
            low = altitude[i] < ground_ft + _GROUND_FT  # False where the altitude is missing
            grounded = on_ground[i] == 1 or (v < slow_kn and low)
            airborne = on_ground[i] == 0 and not grounded and (v > slow_kn or altitude[i] > ground_ft + _AIRBORNE_FT)
            if place[s] == -1:
                if p >= 0 and km < enter_km and grounded:
                    place[s], arrive_us[s], inside_us[s], revision[s] = p, t, t, 0
                    flags[s] = _EVER_STOPPED | _STOPPED_NOW | (_ENTRY_SEEN if flags[s] & _OUTSIDE_SEEN else 0)
                    n = _emit(out, n, s, place, arrive_us, flags, revision, -1, False, t)
                elif airborne:
                    flags[s] |= _OUTSIDE_SEEN
            else:
                here = distance_km_scalar(y, x, field_lat[place[s]], field_lon[place[s]])
                if airborne or here > exit_km:
                    n = _emit(out, n, s, place, arrive_us, flags, revision, inside_us[s], True, t)
                    place[s] = -1
                    flags[s] = _OUTSIDE_SEEN
                else:
                    inside_us[s] = t
            continue
        if place[s] != -1:
            here = distance_km_scalar(y, x, port_lat[place[s]], port_lon[place[s]])
            if here > exit_km:
                n = _emit(out, n, s, place, arrive_us, flags, revision, inside_us[s], True, t)
                place[s] = -1
                flags[s] = _OUTSIDE_SEEN
        p = -1
        if place[s] == -1 or not flags[s] & _EVER_STOPPED:
            p, km = _nearest(y, x, port_start, port_list, port_lat, port_lon, none)
        if place[s] == -1:
            if p >= 0 and km < enter_km:
                place[s], arrive_us[s], inside_us[s], revision[s] = p, t, t, 0
                flags[s] = _ENTRY_SEEN if flags[s] & _OUTSIDE_SEEN else 0
            else:
                flags[s] = _OUTSIDE_SEEN
        if place[s] != -1:
            inside_us[s] = t
            if flags[s] & _STOPPED_NOW and v > end_kn:
                flags[s] &= ~_STOPPED_NOW
            elif not flags[s] & _STOPPED_NOW and v < begin_kn:
                flags[s] |= _STOPPED_NOW
                if not flags[s] & _EVER_STOPPED:
                    flags[s] |= _EVER_STOPPED
                    if p >= 0 and km < enter_km:
                        place[s] = p
                    n = _emit(out, n, s, place, arrive_us, flags, revision, -1, False, t)
    return len(time_us), n


@lru_cache(maxsize=4)
def _world_of(ports: PortTable, airports: AirportTable, reach_km: float) -> tuple[NDArray[Any], ...]:
    """Per kind (ports, airports): grid, positions, elevation, handicap; as the kernel takes them."""
    handicap = np.array([0.0 if airport.iata else _NO_IATA_KM for airport in airports.airports])
    grids = [NearbyGrid.of(t.lat_deg, t.lon_deg, reach_km) for t in (ports, airports)]
    return (
        grids[0].start, grids[0].places, ports.lat_deg, ports.lon_deg,
        grids[1].start, grids[1].places, airports.lat_deg, airports.lon_deg, airports.elevation_ft, handicap,
    )  # fmt: skip
