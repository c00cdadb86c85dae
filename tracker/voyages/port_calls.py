"""Port calls: when a craft was in a port or at an airport, and whether it stopped there.

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
from typing import Annotated, Any, Final, NamedTuple, Protocol

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.borrowed import borrowed
from streams.keyed_state import KeyedState
from streams.records import record_dtype, state_columns
from streams.snapshot import Later, LaterTable, pack_later, unpack
from tracker.geography.airports import AirportTable
from tracker.geography.nearby import NearbyGrid, cell_of
from tracker.geography.ports import PortTable
from tracker.identity import CRAFT_MASK, craft_text, is_aircraft, is_ship_station, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import check_thresholds, read_only, threshold
from tracker.statics import StaticBatch
from tracker.units import KM_PER_NM, NEVER_US, US_PER_DAY, US_PER_H, US_PER_MIN

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


class _Craft:
    """What is kept of one transmitter."""

    place: Annotated[int, "i4"] = _NONE
    """Of the table of ports or airports."""
    arrive_us: int = 0
    inside_us: int = 0
    """When it was last heard inside."""
    last_us: int = NEVER_US
    flags: Annotated[int, "i4"] = 0
    revision: Annotated[int, "i4"] = 0
    anchor_us: int = 0
    """Where its speed, not reported, is measured from."""
    anchor_lat_deg: float = math.nan
    anchor_lon_deg: float = math.nan


class _Revision:
    """One revision of a call, as the kernel gives it out."""

    place: int
    slot: int
    arrive_us: int
    depart_us: int
    stopped: int
    confidence_pct: int
    revision: int
    known_us: int


_REVISIONS: Final = record_dtype(_Revision)


class _Rows(NamedTuple):
    """Positions of ships and aircraft, in time order."""

    time_us: NDArray[np.int64]
    slot: NDArray[np.int32]
    is_aircraft: NDArray[np.bool_]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    altitude_ft: NDArray[np.float32]
    on_ground: NDArray[np.int8]


class _Places(NamedTuple):
    """Ports or airports: which may be near a cell (``NearbyGrid``), where they are, and how much further away each counts."""

    start: NDArray[np.int32]
    listed: NDArray[np.int32]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    elevation_ft: NDArray[np.float64]
    handicap_km: NDArray[np.float64]


class _Limits(NamedTuple):
    """Thresholds of :class:`PortCallConfig`."""

    enter_km: float
    exit_km: float
    stop_begin_kn: float
    stop_end_kn: float
    aircraft_slow_kn: float
    forget_us: int


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
        self._state = KeyedState(state_columns(_Craft))
        self._limits = _Limits(
            config.enter_km, config.exit_km, config.stop_begin_kn, config.stop_end_kn, config.aircraft_slow_kn, int(config.forget_h * US_PER_H)
        )  # fmt: skip
        self._calls: list[PortCall] = []
        self._finished: list[PortCall] = []

    @cached_property
    def _world(self) -> tuple[_Places, _Places]:
        return _world_of(self._places.ports, self._places.airports, self.config.exit_km + 0.5)

    def process_batch(self, positions: PositionBatch, statics: StaticBatch | None = None) -> None:
        """Take the next rows in event-time order."""
        moving = positions.has_position & (is_ship_station(positions.craft) | is_aircraft(positions.craft))
        if not moving.any():
            return
        rows = positions if moving.all() else positions.take(moving)
        ports, airports = self._world
        columns = _Rows(
            read_only(rows.time_us), self._state.slots(rows.segment), is_aircraft(rows.craft), read_only(rows.lat_deg), read_only(rows.lon_deg),
            read_only(rows.speed_kn), read_only(rows.altitude_ft), read_only(rows.on_ground),
        )  # fmt: skip
        out = np.empty(_CAPACITY, dtype=_REVISIONS)
        at = 0
        while at < len(rows):
            at, count = _follow(at, columns, self._state.records, ports, airports, self._limits, out)
            self._collect(out[:count])

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget craft not heard for long; a call still open ends when she was last heard."""
        last = self._state["last_us"]
        limit_us = watermark_us - self._limits.forget_us
        old = np.flatnonzero(self._state.alive_mask & (last < limit_us))
        if not len(old):
            return
        self._end(old, last + self._limits.forget_us)

    def forget(self, craft: NDArray[np.int64], at_us: int) -> None:
        """Keep nothing of some craft; a call still open ends when it was last heard."""
        slots = self._state.find(transmitters_of(craft))
        self._end(slots[slots >= 0], np.full(len(self._state.keys), at_us))

    def _end(self, slots: NDArray[np.integer], known_us: NDArray[np.int64]) -> None:
        """End the calls of some slots and give them back; ``known_us`` by slot."""
        state = self._state
        ended = [
            (
                state["place"][slot], slot, state["arrive_us"][slot], state["inside_us"][slot], state["flags"][slot] & _EVER_STOPPED,
                _confidence(int(state["flags"][slot]), False), state["revision"][slot] + 1, known_us[slot],
            )
            for slot in slots[np.argsort(state.keys[slots])].tolist() if state["place"][slot] != _NONE
        ]  # fmt: skip
        self._collect(np.array(ended, dtype=_REVISIONS))
        state.forget(slots)

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

    def _collect(self, found: NDArray[np.void]) -> None:
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
def _nearest(lat_deg: float, lon_deg: float, places: _Places) -> tuple[int, float]:
    """Nearest listed place and its distance (handicap included in the choice only); -1 where none is near."""
    places = borrowed(places)
    cell = cell_of(lat_deg, lon_deg)
    best, best_cost_km, best_km = -1, 1e9, 1e9
    for k in range(places.start[cell], places.start[cell + 1]):
        p = places.listed[k]
        km = distance_km_scalar(lat_deg, lon_deg, places.lat_deg[p], places.lon_deg[p])
        cost_km = km + places.handicap_km[p]
        if cost_km < best_cost_km:
            best, best_cost_km, best_km = p, cost_km, km
    return best, best_km


@numba.njit(cache=True, nogil=True)
def _emit(
    out: NDArray[np.void], n: int, call: _Craft, slot: int, depart_us: int, exit_seen: bool, known_us: int
) -> int:
    """Write one revision of the call that a craft is in; returns the new count."""
    call.revision += 1
    one: _Revision = out[n]
    one.place, one.slot, one.arrive_us, one.depart_us = call.place, slot, call.arrive_us, depart_us
    one.stopped = call.flags & _EVER_STOPPED
    one.confidence_pct = _confidence(call.flags, exit_seen)
    one.revision, one.known_us = call.revision, known_us
    return n + 1


@numba.njit(cache=True, nogil=True)
def _follow(
    first: int, rows: _Rows, craft: NDArray[np.void], ports: _Places, airports: _Places, limits: _Limits, out: NDArray[np.void]
) -> tuple[int, int]:  # fmt: skip
    """The state machine over rows from ``first`` on; returns the next row and how many revisions were written."""
    time_us, slots, is_air, lats_deg, lons_deg, speeds_kn, altitudes_ft, grounds = borrowed(rows)
    ports, airports = borrowed(ports), borrowed(airports)
    n = 0
    for i in range(first, len(time_us)):
        if n + 3 > len(out):
            return i, n
        slot, now_us, lat_deg, lon_deg, speed_kn = (
            slots[i],
            time_us[i],
            lats_deg[i],
            lons_deg[i],
            speeds_kn[i],
        )
        one: _Craft = craft[slot]
        if one.place != _NONE and now_us - one.last_us > limits.forget_us:
            n = _emit(out, n, one, slot, one.inside_us, False, one.last_us + limits.forget_us)
            one.place = _NONE
            one.flags = 0
        elif now_us - one.last_us > limits.forget_us:
            one.flags = 0
        one.last_us = now_us
        if math.isnan(speed_kn):  # not reported: displacement over ten minutes or more
            if math.isnan(one.anchor_lat_deg) or now_us - one.anchor_us > US_PER_DAY:
                one.anchor_us, one.anchor_lat_deg, one.anchor_lon_deg = now_us, lat_deg, lon_deg
            elif now_us - one.anchor_us >= _INFER_SPEED_US:
                hours = (now_us - one.anchor_us) / US_PER_H
                speed_kn = (
                    distance_km_scalar(one.anchor_lat_deg, one.anchor_lon_deg, lat_deg, lon_deg) / KM_PER_NM / hours
                )
                one.anchor_us, one.anchor_lat_deg, one.anchor_lon_deg = now_us, lat_deg, lon_deg
        if is_air[i]:
            p, km = _nearest(lat_deg, lon_deg, airports)
            ground_ft = airports.elevation_ft[p] if p >= 0 and not math.isnan(airports.elevation_ft[p]) else 0.0
            altitude_ft, on_ground = altitudes_ft[i], grounds[i]
            low = altitude_ft < ground_ft + _GROUND_FT  # False where the altitude is missing
            grounded = on_ground == 1 or (speed_kn < limits.aircraft_slow_kn and low)
            airborne = on_ground == 0 and not grounded
            airborne = airborne and (speed_kn > limits.aircraft_slow_kn or altitude_ft > ground_ft + _AIRBORNE_FT)
            if one.place == _NONE:
                if p >= 0 and km < limits.enter_km and grounded:
                    one.place, one.arrive_us, one.inside_us, one.revision = p, now_us, now_us, 0
                    one.flags = _EVER_STOPPED | _STOPPED_NOW | (_ENTRY_SEEN if one.flags & _OUTSIDE_SEEN else 0)
                    n = _emit(out, n, one, slot, _NONE, False, now_us)
                elif airborne:
                    one.flags |= _OUTSIDE_SEEN
            elif airborne or _km_from(lat_deg, lon_deg, airports, one.place) > limits.exit_km:
                n = _emit(out, n, one, slot, one.inside_us, True, now_us)
                one.place = _NONE
                one.flags = _OUTSIDE_SEEN
            else:
                one.inside_us = now_us
            continue
        if one.place != _NONE and _km_from(lat_deg, lon_deg, ports, one.place) > limits.exit_km:
            n = _emit(out, n, one, slot, one.inside_us, True, now_us)
            one.place = _NONE
            one.flags = _OUTSIDE_SEEN
        p, km = -1, math.inf
        if one.place == _NONE or not one.flags & _EVER_STOPPED:
            p, km = _nearest(lat_deg, lon_deg, ports)
        if one.place == _NONE:
            if p >= 0 and km < limits.enter_km:
                one.place, one.arrive_us, one.inside_us, one.revision = p, now_us, now_us, 0
                one.flags = _ENTRY_SEEN if one.flags & _OUTSIDE_SEEN else 0
            else:
                one.flags = _OUTSIDE_SEEN
        if one.place != _NONE:
            one.inside_us = now_us
            if one.flags & _STOPPED_NOW and speed_kn > limits.stop_end_kn:
                one.flags &= ~_STOPPED_NOW
            elif not one.flags & _STOPPED_NOW and speed_kn < limits.stop_begin_kn:
                one.flags |= _STOPPED_NOW
                if not one.flags & _EVER_STOPPED:
                    one.flags |= _EVER_STOPPED
                    if p >= 0 and km < limits.enter_km:
                        one.place = p
                    n = _emit(out, n, one, slot, _NONE, False, now_us)
    return len(time_us), n


@numba.njit(cache=True, nogil=True)
def _km_from(lat_deg: float, lon_deg: float, places: _Places, place: int) -> float:
    """How far it is to one place."""
    places = borrowed(places)
    return distance_km_scalar(lat_deg, lon_deg, places.lat_deg[place], places.lon_deg[place])


@lru_cache(maxsize=4)
def _world_of(ports: PortTable, airports: AirportTable, reach_km: float) -> tuple[_Places, _Places]:
    """Ports and airports as the kernel takes them."""
    handicap_km = np.array([0.0 if airport.iata else _NO_IATA_KM for airport in airports.airports])
    grids = [NearbyGrid.of(table.lat_deg, table.lon_deg, reach_km) for table in (ports, airports)]
    none = np.zeros(len(ports.lat_deg))
    return (
        _Places(grids[0].start, grids[0].places, ports.lat_deg, ports.lon_deg, none, none),
        _Places(
            grids[1].start, grids[1].places, airports.lat_deg, airports.lon_deg, airports.elevation_ft, handicap_km
        ),
    )
