"""Formation: two aircraft that keep each other company, far closer than traffic control lets strangers come.

At the end of each tick every airborne aircraft heard with a position within ``fresh_s`` is carried on to that instant at her speed and
course. Two keep company at it when they are at most ``near_km`` apart, ``level_ft`` in height, ``course_deg`` in course and ``pace_kn`` in
speed, both faster than ``min_kn`` and higher than ``min_ft``, and not in the approach or departure of an aerodrome, where parallel runways do the same:
its point within ``airport_km``, its runways (``aside_km``, and ``LARGE_KM`` more where traffic is scheduled) ahead or behind on their course, and they
no higher above it than ``cone_ft`` and ``cone_ft_nm`` a mile; or in its circuit. Whoever crosses, orbits or passes above is not in it. Where no aerodromes are known by
themselves, all within ``airport_km`` of one is. Controlled aircraft are 3 to 5 nautical miles or 1,000 ft apart (ICAO Doc 4444), so nobody else comes so near for so long.

A run of such instants (``tolerance_min`` missing ones do not break it) is an encounter, detail ``formation``, after ``min_min``. One airframe with two
addresses is none: its two tracks lie within ``same_m`` of one another, and never ``joined_km`` apart, as those of a receiver are that joins a tanker.

Revision 1 (open) is known at the tick that makes the run long enough, revision 2 (closed) at the first tick more than ``tolerance_min``
after the last instant together.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.angles import difference
from models.geodesy import (
    KM_PER_NM,
    bearing_deg,
    destination,
    distance_km_scalar,
    from_unit_vectors,
    unit_vectors,
)
from models.pairs import close_pairs
from streams.keyed_state import KeyedState
from streams.snapshot import pack, unpack
from tracker.detectors.base import Context, TickBuffer
from tracker.detectors.wording import clock_text, duration_text, kilometres_text, period_text, where_text
from tracker.events import Event, EventKind, EventState, Rule, event_id, event_order
from tracker.geography.ground import LARGE_KM
from tracker.identity import CRAFT_MASK, DOMAIN_ICAO24, craft_text, domain, segment_number, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import check_thresholds, threshold
from tracker.statics import StaticBatch
from tracker.units import NEVER_US, US_PER_H, US_PER_MIN, US_PER_S, Micros

DETAIL: Final = "formation"
_VERSION: Final = "2"
_LAYOUT: Final = 1
_FORGET_US: Final = 600 * US_PER_S
_RECENT: Final = 240
_CIRCUIT_KM: Final = 8.0
_CIRCUIT_FT: Final = 3000.0
"""The circuit of an aerodrome and what joins it: legs of 2 nm, 1,000 to 2,000 ft above it (own; British aerodrome traffic zones reach 2 to 2.5 nm and 2,000 ft)."""
_COLUMNS: Final = ("speed_kn", "course_deg", "altitude_ft")


@dataclass(frozen=True, slots=True)
class FormationConfig:
    """When two aircraft fly in formation."""

    tick_s: float = threshold(
        60.0, "Aircraft are compared every so often.", "own: an event is minutes long", low=10.0, lays_out=True
    )
    fresh_s: float = threshold(30.0, "A position older than this is not carried on.", "own: 7 km at cruise", low=1.0)
    near_km: float = threshold(
        1.5, "At most this far apart.", "ICAO Doc 4444: 3 to 5 nm between controlled aircraft", low=0.05, high=20.0
    )
    level_ft: float = threshold(500.0, "At most this far apart in height.", "ICAO Doc 4444: 1,000 ft between strangers")
    course_deg: float = threshold(12.0, "Courses differ by at most this.", "own: noise of two tracks", high=90.0)
    pace_kn: float = threshold(40.0, "Speeds differ by at most this.", "own: noise of two tracks")
    min_kn: float = threshold(70.0, "Both faster than this.", "own: gliders circle slower in one thermal")
    min_ft: float = threshold(2500.0, "Both higher than this.", "own: traffic circuits lie below 2,000 ft over ground")
    airport_km: float = threshold(
        45.0,
        "Nearer to an aerodrome, in its approach or departure, aircraft come close anyway.",
        "parallel final approaches are joined up to 25 nm out (ICAO Doc 9643)",
    )
    aside_km: float = threshold(
        2.0,
        "Its runways lie this near to their line of flight, and 4.5 km more where traffic is scheduled.",
        "own: as aerodrome_km of [landing], what is at an aerodrome or a runway",
    )
    cone_ft_nm: float = threshold(
        400.0,
        "In approach or departure they are lower above it than this a mile,",
        "3 degrees are 318 ft/nm (Doc 8168)",
    )
    cone_ft: float = threshold(1000.0, "and this.", "own: one level of 1,000 ft above the glide path")
    min_min: float = threshold(
        8.0,
        "So long together is a formation.",
        "own: overtaking at 40 kn within 1.5 km takes two minutes and a half",
        low=1.0,
    )
    tolerance_min: float = threshold(4.0, "Instants apart or unheard that do not break it.", "own: a turn", low=0.0)
    filled: float = threshold(
        0.7,
        "At least this share of the instants must qualify.",
        "own: set on the simulator's flights, not measured elsewhere",
        high=1.0,
    )
    same_m: float = threshold(
        40.0,
        "Nearer than this all the time, it is one airframe with two addresses.",
        "own: an airliner's span (A320: 36 m); centres of two airframes do not stay nearer",
    )
    joined_km: float = threshold(
        0.6, "Two that were this far apart once are no one airframe.", "own: one report late by 2 s at cruise is 0.5 km"
    )

    def __post_init__(self) -> None:
        check_thresholds(self)


@dataclass(slots=True)
class _Run:
    """A pair in company."""

    start_us: int
    last_us: int
    instants: int = 0
    told: int = 0
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    km: tuple[float, ...] = ()
    feet: tuple[float, ...] = ()

    def grow(self, at_us: int, km: float, feet: float, middle: NDArray[np.float64]) -> None:
        """One more instant together."""
        self.last_us, self.instants = at_us, self.instants + 1
        self.x, self.y, self.z = (float(a + b) for a, b in zip((self.x, self.y, self.z), middle, strict=True))
        self.km, self.feet = (*self.km[1 - _RECENT :], km), (*self.feet[1 - _RECENT :], feet)


class FormationDetector:
    """Finds ``encounter`` events of detail ``formation``."""

    kinds: frozenset[EventKind] = frozenset({EventKind.ENCOUNTER})

    def __init__(self, config: FormationConfig, context: Context) -> None:
        self.config = config
        self._context = context
        self._buffer = TickBuffer(int(config.tick_s * US_PER_S))
        self._state = KeyedState(
            {
                "pos_us": ("i8", NEVER_US),
                "lat": ("f8", math.nan),
                "lon": ("f8", math.nan),
                "on_ground": ("i1", -1),
                **dict.fromkeys(_COLUMNS, ("f8", math.nan)),
            }
        )
        self._runs: dict[tuple[int, int], _Run] = {}
        self._rule = Rule(DETAIL, _VERSION, asdict(config))

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Hold the rows of aircraft until their tick is complete."""
        flying = domain(positions.craft) == DOMAIN_ICAO24
        if flying.any():
            self._buffer.add(positions if flying.all() else positions.take(flying), StaticBatch.empty())
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Compare at every complete tick."""
        events: list[Event] = []
        for end_us, rows, _ in self._buffer.slices(watermark_us):
            self._learn(rows)
            events += self._end(end_us)
            events += self._compare(end_us)
        return sorted(events, key=event_order)

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their formations are closed."""
        gone = set(craft.tolist())
        over = sorted(key for key in self._runs if {key[0] & CRAFT_MASK, key[1] & CRAFT_MASK} & gone)
        ended = [(key, self._runs.pop(key)) for key in over]
        self._buffer.forget(craft)
        self._state.forget_keys(transmitters_of(craft))
        return [self._event(key, run, EventState.CLOSED, at_us) for key, run in ended if run.told]

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        rows = [{"a": a, "b": b, **asdict(run)} for (a, b), run in sorted(self._runs.items())]
        tables = {
            **self._buffer.tables(),
            "craft": self._state.to_arrow(),
            "runs": pa.Table.from_pylist(rows, schema=_RUNS),
        }
        return pack("formation", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("formation", _LAYOUT, snapshot)
        self._buffer.restore(tables)
        self._state.restore_arrow(tables["craft"])
        for row in tables["runs"].to_pylist():
            key = row.pop("a"), row.pop("b")
            self._runs[key] = _Run(**{**row, "km": tuple(row["km"]), "feet": tuple(row["feet"])})

    def _learn(self, rows: PositionBatch) -> None:
        """The last value of each column of each aircraft; rows come in time order."""
        if not len(rows):
            return
        state = self._state
        slots = state.slots(rows.segment)
        for name in _COLUMNS:
            values = getattr(rows, name)
            known = ~np.isnan(values)
            state[name][slots[known]] = values[known]
        said = rows.on_ground >= 0
        state["on_ground"][slots[said]] = rows.on_ground[said]
        placed = rows.has_position
        for name, values in (("pos_us", rows.time_us), ("lat", rows.lat_deg), ("lon", rows.lon_deg)):
            state[name][slots[placed]] = values[placed]

    def _compare(self, end_us: int) -> list[Event]:
        """All aircraft at the end of a tick."""
        state, config = self._state, self.config
        state.forget(np.flatnonzero(state.alive_mask & (state["pos_us"] < end_us - _FORGET_US)))
        fit = state.alive_mask & (state["pos_us"] > end_us - int(config.fresh_s * US_PER_S)) & (state["on_ground"] != 1)
        fit &= (state["speed_kn"] >= config.min_kn) & (state["altitude_ft"] >= config.min_ft)
        some = np.flatnonzero(fit & ~np.isnan(state["course_deg"]))
        if len(some) < 2:
            return []
        some = some[np.argsort(state.keys[some], kind="stable")]
        hours = (end_us - state["pos_us"][some]) / US_PER_H
        run_km = state["speed_kn"][some] * KM_PER_NM * hours
        lat, lon = destination(state["lat"][some], state["lon"][some], state["course_deg"][some], run_km)
        pairs, km = close_pairs(lat, lon, config.near_km)
        if not len(pairs):
            return []
        one, two = some[pairs[:, 0]], some[pairs[:, 1]]
        feet = np.abs(state["altitude_ft"][one] - state["altitude_ft"][two])
        alike = feet <= config.level_ft
        alike &= np.abs(difference(state["course_deg"][one], state["course_deg"][two])) <= config.course_deg
        alike &= np.abs(state["speed_kn"][one] - state["speed_kn"][two]) <= config.pace_kn
        alike &= (state.keys[one] & CRAFT_MASK) != (state.keys[two] & CRAFT_MASK)
        near = self._context.places.airport_distance_km(lat[pairs[:, 0]], lon[pairs[:, 0]]) <= config.airport_km
        events: list[Event] = []
        for i in np.flatnonzero(alike).tolist():
            a, b = pairs[i].tolist()
            course_deg, altitude_ft = (
                float(state["course_deg"][some[a]]),
                float(state["altitude_ft"][some[[a, b]]].min()),
            )
            if near[i] and self._is_at_aerodrome(float(lat[a]), float(lon[a]), course_deg, altitude_ft):
                continue
            key = int(state.keys[some[a]]), int(state.keys[some[b]])
            run = self._runs.setdefault(key, _Run(end_us, end_us))
            run.grow(end_us, float(km[i]), float(feet[i]), unit_vectors(lat[[a, b]], lon[[a, b]]).sum(axis=0))
            if not run.told and self._is_long_enough(run):
                run.told = 1
                events.append(self._event(key, run, EventState.OPEN, end_us))
        return events

    def _is_at_aerodrome(self, lat_deg: float, lon_deg: float, course_deg: float, altitude_ft: float) -> bool:
        """In the approach or departure of an aerodrome; near any where they are not known one by one."""
        config, airports = self.config, self._context.ground().airports
        if not len(airports):
            return True
        for airport in airports.within(lat_deg, lon_deg, config.airport_km):
            km = distance_km_scalar(lat_deg, lon_deg, airport.lat_deg, airport.lon_deg)
            bearing = float(bearing_deg(lat_deg, lon_deg, airport.lat_deg, airport.lon_deg))
            aside_km = km * abs(math.sin(math.radians(float(difference(bearing, course_deg)))))
            height_ft = altitude_ft - (0.0 if math.isnan(airport.elevation_ft) else airport.elevation_ft)
            if km <= _CIRCUIT_KM and height_ft <= _CIRCUIT_FT:
                return True
            reach_km = config.aside_km + (LARGE_KM if airport.iata else 0.0)
            if aside_km <= reach_km and height_ft <= config.cone_ft + config.cone_ft_nm * km / KM_PER_NM:
                return True
        return False

    def _is_long_enough(self, run: _Run) -> bool:
        together_us = run.last_us - run.start_us
        ticks = together_us / (self.config.tick_s * US_PER_S) + 1.0
        apart = 1000.0 * median(run.km) > self.config.same_m or median(run.feet) > 50.0
        apart = apart or max(run.km) >= self.config.joined_km
        return together_us >= self.config.min_min * US_PER_MIN and run.instants >= self.config.filled * ticks and apart

    def _end(self, end_us: int) -> list[Event]:
        """Runs not continued for longer than is tolerated."""
        limit_us = end_us - int(self.config.tolerance_min * US_PER_MIN)
        over = sorted(key for key, run in self._runs.items() if run.last_us < limit_us)
        ended = [(key, self._runs.pop(key)) for key in over]
        return [self._event(key, run, EventState.CLOSED, end_us) for key, run in ended if run.told]

    def _event(self, key: tuple[int, int], run: _Run, state: EventState, known_us: int) -> Event:
        a, b = key
        one, two = craft_text(a & CRAFT_MASK), craft_text(b & CRAFT_MASK)
        lat, lon = from_unit_vectors(np.array([run.x, run.y, run.z]))
        hours, closed = (run.last_us - run.start_us) / US_PER_H, state is EventState.CLOSED
        apart_km, feet = median(run.km), median(run.feet)
        return Event(
            event_id=event_id(EventKind.ENCOUNTER, a, run.start_us, b, DETAIL),
            revision=2 if closed else 1,
            state=state,
            kind=EventKind.ENCOUNTER,
            detail=DETAIL,
            craft=one,
            other_craft=two,
            start_us=Micros(run.start_us),
            end_us=Micros(run.last_us) if closed else None,
            lat_deg=float(lat),
            lon_deg=float(lon),
            cause=None,
            confidence=0.6 + 0.2 * (apart_km <= self.config.near_km / 2.0) + 0.1 * (hours >= 0.5),
            explanation=(
                f"{one} and {two} {'flew' if closed else 'have flown'} in formation for {duration_text(hours)}, "
                f"{period_text(run.start_us, run.last_us) if closed else f'since {clock_text(run.start_us)}'}, {kilometres_text(apart_km)} "
                f"and {feet:.0f} ft apart, {where_text(float(lat), float(lon), self._context.aerodrome_near)}."
            ),
            evidence={
                "duration_h": hours,
                "median_distance_m": 1000.0 * apart_km,
                "min_distance_m": 1000.0 * min(run.km),
                "median_height_apart_ft": feet,
                "instants": run.instants,
                "segment": int(segment_number(a)),
                "other_segment": int(segment_number(b)),
            },
            rule=self._rule,
            known_us=Micros(known_us),
        )


_RUNS: Final = pa.schema(
    [(name, pa.int64()) for name in ("a", "b", "start_us", "last_us", "instants", "told")]
    + [(name, pa.float64()) for name in ("x", "y", "z")]
    + [(name, pa.list_(pa.float64())) for name in ("km", "feet")]
)
