"""Encounter: two craft together for long enough, stopped or side by side under way.

Every ``slot_min`` the positions of all vessels at that instant (``samples``) are compared. Speed and course of a craft are those made good since her
previous sample, so feeds without speeds work and a transmitter cannot lie about them. A pair qualifies at an instant as

``stopped``    at most ``near_km`` apart, neither faster than ``slot_slow_kn``, at least one of the two positions not held;
``under_way``  at most ``abreast_km`` apart, both at least ``abreast_min_kn`` fast, courses within ``abreast_course_deg``, each within
               ``abreast_beam_deg`` of the other's beam;

and is neither nearer than ``port_km`` to a port nor on land by the mask. Instants that qualify make a run (``runs``); pauses up to
``tolerance_min`` do not break it. With ``part_min`` a run is made of parts: each without a longer pause and at least so long, less than
``merge_min`` from one to the next. A run is judged once, when it is long enough and ``filled``: stopped ones need a median speed below
``slow_kn``; those under way a steady distance and to have been ``met_km`` apart within the hour before. It is everyday business when

- the middle is inshore (``shore_km``), or, with neither known to be a carrier, within ``small_craft_shore_km`` of land;
- ``crowd_craft`` others are within ``crowd_km``: an anchorage, a fleet, a regatta (an instant at which one of them has more than that many
  others even within ``near_km`` does not qualify at all);
- one is of a type that attends others, or both are of one fleet type;
- under way, ``convoy_craft`` others around them keep the same course and speed: a convoy.

Revision 1 (open) is known ``settle_min`` after the instant that made the run long enough; revision 2 (closed) ``settle_min`` after the first
instant more than ``merge_min`` past the last one together. Two transmitters of one identity do not meet.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, from_unit_vectors, unit_vectors
from models.pairs import count_within
from streams.keyed_state import KeyedState
from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.detectors.base import Context
from tracker.detectors.encounter import samples
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.fleet import Fleet, abreast_pairs, companions, stopped_pairs
from tracker.detectors.encounter.report import encounter_event
from tracker.detectors.encounter.runs import (
    ABREAST,
    EXCUSED,
    REPORTED,
    STOPPED,
    WATCHED,
    Run,
    RunKey,
    runs_from_arrow,
    runs_to_arrow,
)
from tracker.detectors.sea_room import sea_room
from tracker.events import Event, EventKind, EventState
from tracker.identity import CRAFT_MASK, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import read_only
from tracker.statics import StaticBatch
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import ShipTypes
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

LAYOUT: Final = 3
_BUFFER: Final = 65_536
_NEVER_US: Final = -(1 << 62)
_NEVER_SLOT: Final = -(1 << 30)
_BEFORE: Final = 12
"""Samples of each craft remembered to tell whether a pair has met."""


class EncounterDetector:
    """Finds ``encounter`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.ENCOUNTER})

    def __init__(self, config: EncounterConfig, context: Context) -> None:
        self.config = config
        self._context = context
        self._slot_us = int(config.slot_min * US_PER_MIN)
        self._settle_us = int(config.settle_min * US_PER_MIN)
        self._silence_us = int(config.max_silence_min * US_PER_MIN)
        self._hold_us = int(config.hold_min * US_PER_MIN)
        self._tolerance_us = int(config.tolerance_min * US_PER_MIN)
        self._part_us = int(config.part_min * US_PER_MIN)
        self._merge_us = max(int(config.merge_min * US_PER_MIN), self._tolerance_us)
        self._min_us = (int(config.min_stopped_min * US_PER_MIN), int(config.min_abreast_min * US_PER_MIN))
        self._state = KeyedState(
            {
                "last_us": ("i8", _NEVER_US),
                "last_lat": ("f8", math.nan),
                "last_lon": ("f8", math.nan),
                "last_kn": ("f4", math.nan),
                "slot_us": ("i8", _NEVER_US),
                "before_slot": ("i4", _NEVER_SLOT, _BEFORE),
                "before_lat": ("f8", math.nan, _BEFORE),
                "before_lon": ("f8", math.nan, _BEFORE),
            }
        )
        self._samples = samples.Samples()
        self._runs: dict[RunKey, Run] = {}
        self._parts: dict[RunKey, Run] = {}
        """Times together not yet ``part_min`` long."""
        self._done_us = _NEVER_US
        self._ships = ShipTypes()

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Turn rows into samples; comparing waits for the watermark."""
        self._ships.add(statics)
        columns = [getattr(positions, name) for name in ("segment", "time_us", "lat_deg", "lon_deg", "speed_kn")]
        afloat = is_vessel(positions.craft) & positions.has_position
        if not afloat.all():
            columns = [column[afloat] for column in columns]
        if len(columns[0]) == 0:
            return []
        columns = [read_only(column) for column in columns]
        state = self._state
        slots = state.slots(columns[0])
        first = 0
        while first < len(slots):
            room = samples.Samples.room(_BUFFER)
            first, count = samples.sample_rows(
                first,
                slots,
                *columns,
                state["last_us"],
                state["last_lat"],
                state["last_lon"],
                state["last_kn"],
                self._done_us,
                self._slot_us,
                self._settle_us,
                self._silence_us,
                self._hold_us,
                self.config.slot_slow_kn,
                *room,
            )
            if count:
                self._samples.add(*(array[:count] for array in room))
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Compare the instants that have settled."""
        until_us = (watermark_us - self._settle_us) // self._slot_us * self._slot_us
        events: list[Event] = []
        if until_us > self._done_us:
            for instant_us in self._samples.instants(until_us):
                events += self._end_runs(instant_us)
                events += self._compare(instant_us)
            events += self._end_runs(until_us)
            self._done_us = until_us
        self._ships.advance_watermark(watermark_us)
        state = self._state
        gone = state.alive_mask & (state["last_us"] + self._silence_us <= watermark_us)
        state.forget(np.flatnonzero(gone))
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their meetings are closed."""
        gone = set(craft.tolist())
        for key in [key for key in self._parts if {key[0] & CRAFT_MASK, key[1] & CRAFT_MASK} & gone]:
            del self._parts[key]
        ended = [key for key in self._runs if {key[0] & CRAFT_MASK, key[1] & CRAFT_MASK} & gone]
        events = [
            self._closed(key, self._runs[key], at_us) for key in sorted(ended) if self._runs[key].stage == REPORTED
        ]
        for key in ended:
            del self._runs[key]
        self._samples.forget(craft)
        self._state.forget_keys(transmitters_of(craft))
        self._ships.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        tables = {
            "craft": self._state.capture(),
            "samples": self._samples.capture(),
            "runs": runs_to_arrow(self._runs.items()),
            "parts": runs_to_arrow(self._parts.items()),
            "grid": scalars(done_us=self._done_us),
            **self._ships.tables(),
        }
        return pack_later("encounter", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("encounter", LAYOUT, snapshot)
        self._state.restore_arrow(tables["craft"])
        self._samples.restore(tables["samples"])
        self._runs = runs_from_arrow(tables["runs"])
        self._parts = runs_from_arrow(tables["parts"])
        self._done_us = tables["grid"].column("done_us")[0].as_py()
        self._ships.restore(tables)

    def _compare(self, instant_us: int) -> list[Event]:
        """All vessels at one instant."""
        key, values = self._samples.take(instant_us)
        state = self._state
        silent_key, silent_values = samples.hold_silent(
            state, state.alive_mask, state.keys, instant_us, self._hold_us, self.config.slot_slow_kn
        )
        if len(silent_key):
            key, values = np.concatenate([key, silent_key]), np.concatenate([values, silent_values])
            order = np.argsort(key, kind="stable")
            key, values = key[order], values[order]
        lat, lon = samples.positions_of(values)
        fleet = Fleet(key, lat, lon, values[:, samples.HELD] > 0)
        self._make_good(fleet, instant_us)
        config, places = self.config, self._context.places
        grown = self._grow(STOPPED, fleet, *stopped_pairs(config, places, fleet), instant_us)
        grown += self._grow(ABREAST, fleet, *abreast_pairs(config, places, fleet), instant_us)
        return self._judge(grown, fleet, instant_us)

    def _make_good(self, fleet: Fleet, instant_us: int) -> None:
        """Speed since the previous sample, and where that was; this one is then the previous. Held samples lie still and leave no trace."""
        state = self._state
        fleet.kn[fleet.held] = 0.0
        true = np.flatnonzero(~fleet.held)
        lat, lon = fleet.lat[true], fleet.lon[true]
        slots = state.slots(fleet.key[true])
        previous_us = state["slot_us"][slots]
        column = (previous_us // self._slot_us) % _BEFORE
        hours = (instant_us - previous_us) / US_PER_H
        hours[instant_us - previous_us > self._silence_us] = np.nan
        from_lat, from_lon = state["before_lat"][slots, column], state["before_lon"][slots, column]
        fleet.kn[true] = distance_km(from_lat, from_lon, lat, lon) / KM_PER_NM / hours
        fleet.from_lat[true], fleet.from_lon[true] = from_lat, from_lon
        now = (instant_us // self._slot_us) % _BEFORE
        state["slot_us"][slots] = instant_us
        state["before_slot"][slots, now] = instant_us // self._slot_us
        state["before_lat"][slots, now] = lat
        state["before_lon"][slots, now] = lon

    def _grow(
        self, manner: int, fleet: Fleet, pairs: NDArray[np.int64], km: NDArray[np.float64], instant_us: int
    ) -> list[tuple[RunKey, Run, int, int]]:
        """Let the runs of some pairs grow; returns those that may now be judged."""
        if len(pairs) == 0:
            return []
        a, b = pairs[:, 0], pairs[:, 1]
        middle = unit_vectors(fleet.lat[a], fleet.lon[a]) + unit_vectors(fleet.lat[b], fleet.lon[b])
        kn = (fleet.kn[a] + fleet.kn[b]) / 2.0
        due: list[tuple[RunKey, Run, int, int]] = []
        rows = zip(
            a.tolist(),
            b.tolist(),
            fleet.key[a].tolist(),
            fleet.key[b].tolist(),
            km.tolist(),
            kn.tolist(),
            middle.tolist(),
            strict=True,
        )
        for i, j, one, two, apart_km, speed_kn, vector in rows:
            key = (one, two, manner)
            run = self._runs.get(key)
            growing = self._parts.get(key)
            if growing is None and run is not None and instant_us - run.last_us <= self._pause_us(run):
                growing = run
            if growing is None:
                met_km = self._apart_before_km(one, two, instant_us) if manner == ABREAST else 0.0
                growing = self._parts[key] = Run(instant_us, instant_us, met_km)
            growing.grow(instant_us, apart_km, speed_kn, *vector)
            if growing is not run:
                if growing.last_us - growing.start_us < self._part_us:
                    continue
                del self._parts[key]
                if run is None:
                    run = self._runs[key] = growing
                else:
                    run.join(growing)
            if run.stage == WATCHED and instant_us - run.start_us >= self._min_us[manner]:
                due.append((key, run, i, j))
        return due

    def _pause_us(self, run: Run) -> int:
        """The longest pause after which a run just goes on; after a longer one a new part begins."""
        return self._tolerance_us if self._part_us or run.stage == WATCHED else self._merge_us

    def _apart_before_km(self, one: int, two: int, instant_us: int) -> float:
        """The greatest distance of two craft at common instants of the hour before."""
        state = self._state
        a, b = state.find(np.array([one, two], dtype=np.int64))
        past, now = state["before_slot"], instant_us // self._slot_us
        common = (past[a] == past[b]) & (past[a] < now) & (now - past[a] <= _BEFORE)
        if not common.any():
            return 0.0
        lat, lon = state["before_lat"], state["before_lon"]
        return float(distance_km(lat[a][common], lon[a][common], lat[b][common], lon[b][common]).max())

    def _judge(self, due: list[tuple[RunKey, Run, int, int]], fleet: Fleet, instant_us: int) -> list[Event]:
        """Runs that have become long enough: encounter, everyday business, or not yet clear."""
        config = self.config
        known_us = instant_us + self._settle_us
        clear = [item for item in due if self._is_clear(item[0][2], item[1])]
        if not clear:
            return []
        lat, lon = from_unit_vectors(np.array([item[1].vector for item in clear]))
        room = sea_room(self._context.places, lat, lon, config.port_km, config.shore_km)
        far = sea_room(self._context.places, lat, lon, config.port_km, config.small_craft_shore_km)
        i, j = np.array([item[2] for item in clear]), np.array([item[3] for item in clear])
        here_lat, here_lon = from_unit_vectors(
            unit_vectors(fleet.lat[i], fleet.lon[i]) + unit_vectors(fleet.lat[j], fleet.lon[j])
        )
        around = count_within(fleet.lat, fleet.lon, here_lat, here_lon, config.crowd_km) - 2
        events: list[Event] = []
        for n, (key, run, _, _) in enumerate(clear):
            one = self._ships.known_at(key[0] & CRAFT_MASK, known_us)
            two = self._ships.known_at(key[1] & CRAFT_MASK, known_us)
            types = (one.ship_type, two.ship_type)
            carrier = types[0] in config.carrier_types or types[1] in config.carrier_types
            everyday = (
                not (room.open_water[n] if carrier else far.open_water[n])
                or around[n] >= config.crowd_craft
                or any(ship_type in config.attending_types for ship_type in types)
                or (types[0] == types[1] and types[0] in config.fleet_types)
                or (key[2] == ABREAST and run.met_from_km < config.met_km)
                or (key[2] == ABREAST and companions(config, fleet, int(i[n]), int(j[n])) >= config.convoy_craft)
            )
            run.stage = EXCUSED if everyday else REPORTED
            if not everyday:
                port_km = float(room.port_km[n])
                events.append(encounter_event(config, key, run, known_us, port_km, one, two, EventState.OPEN))
        return events

    def _over_us(self, run: Run, pause_us: int) -> int:
        """The first instant more than a pause after the last one together."""
        return (run.last_us + pause_us) // self._slot_us * self._slot_us + self._slot_us

    def _is_clear(self, manner: int, run: Run) -> bool:
        """Steady, slow and filled enough to be judged; a run that is not yet may be at a later instant."""
        config = self.config
        if run.filled(self._slot_us) < config.filled:
            return False
        if manner == STOPPED:
            return run.median_kn < config.slow_kn
        return run.spread_km <= config.abreast_steady_km

    def _end_runs(self, instant_us: int) -> list[Event]:
        """Runs that no instant up to this one has continued; the closing of reported ones, in the order it became known."""
        failed: dict[RunKey, int] = {}
        for key, part in self._parts.items():
            over_us = self._over_us(part, self._tolerance_us)
            if over_us <= instant_us:
                failed[key] = over_us
        for key in failed:
            del self._parts[key]
        ended: list[tuple[int, RunKey]] = []
        for key, run in self._runs.items():
            if key in self._parts:
                continue  # may yet be joined
            over_us = self._over_us(run, self._merge_us if self._part_us else self._pause_us(run))
            if over_us <= instant_us:
                ended.append((max(over_us, failed.get(key, over_us)), key))
        events: list[Event] = []
        for over_us, key in sorted(ended):
            run = self._runs.pop(key)
            if run.stage != REPORTED:
                continue
            events.append(self._closed(key, run, over_us + self._settle_us))
        return events

    def _closed(self, key: RunKey, run: Run, known_us: int) -> Event:
        """The last revision of a meeting."""
        lat, lon = from_unit_vectors(np.array(run.vector))
        port_km = float(self._context.places.port_distance_km(np.array([lat]), np.array([lon]))[0])
        one = self._ships.known_at(key[0] & CRAFT_MASK, known_us)
        two = self._ships.known_at(key[1] & CRAFT_MASK, known_us)
        return encounter_event(self.config, key, run, known_us, port_km, one, two, EventState.CLOSED)
