"""Encounter: two craft together for long enough, stopped or side by side under way.

Every ``slot_min`` the positions of all vessels at that instant (``samples``) are compared. Speed and course of a craft are those made good since her
previous sample, so feeds without speeds work and a transmitter cannot lie about them. A pair qualifies at an instant as

``stopped``    at most ``near_km`` apart, neither faster than ``slot_slow_kn``, at least one of the two positions not stale; two that both say
               they are at anchor at most ``alongside_km`` apart;
``under_way``  at most ``abreast_km`` apart, both at least ``abreast_min_kn`` fast, courses within ``abreast_course_deg``, each within
               ``abreast_beam_deg`` of the other's beam;

and is neither nearer than ``port_km`` to a port nor on land by the mask. Instants that qualify make a run (``runs``); pauses up to
``tolerance_min`` do not break it. With ``part_min`` a run is made of parts: each without a longer pause and at least so long, less than
``merge_min`` from one to the next.

A pause in which nobody saw them apart is none: until they are heard elsewhere (both, and they do not qualify; or of two stopped one, under way or
farther off than they can have drifted at ``slow_kn``), they may come back together within ``shared_silence_h``, no farther off than that drift, or under
way at the pace they had (``convoy_pace_kn``). The silence then counts as time together, not as seen.

A run is judged once, when it is long enough (``min_sparse_min`` where less was seen) and of what was seen ``filled``: stopped ones need a median speed
below ``slow_kn``; those under way a steady distance and to have been ``met_km`` apart within the hour before. It is everyday business when

- the middle is inshore (``shore_km``), or, with neither known to be a carrier, within ``small_craft_shore_km`` of land;
- ``crowd_craft`` others are within ``crowd_km``: an anchorage, a fleet, a regatta (an instant at which one of them has more than that many
  others even within ``near_km`` does not qualify at all); unless the two came together and lie alongside (``alongside_km``);
- one is of a type that attends others, or both are of one fleet type, or fish by what they say;
- stopped, they had sailed here together, no more than ``met_km`` apart for the hour before: a tow, a convoy beset; unless cargo may go between them;
- they belong together or one helps the other (``everyday``): gear, second sets, boats and their mothers, a ship not under command;
- one is a workboat beside a carrier that is together with another carrier;
- under way, ``convoy_craft`` others around them keep the same course and speed: a convoy (workboats of two carriers do not count).

A run that is reported is ``regular`` where such meetings are no news (``regulars``). Revision 1 (open) is known ``settle_min`` after the instant that
made the run long enough; the closing ``settle_min`` after the first instant more than ``merge_min`` past the last one together at which they were seen
apart, or ``shared_silence_h`` past it. An open one is told anew after 6, 12 and 24 hours. Draughts that change meanwhile, or within ``draught_h`` after, are told by further revisions. Two transmitters of
one identity do not meet.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, from_unit_vectors, interpolate, unit_vectors
from models.pairs import count_within
from streams.keyed_state import KeyedState
from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.detectors.base import Context
from tracker.detectors.encounter import samples
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.draughts import Draughts
from tracker.detectors.encounter.everyday import (
    is_fleet,
    is_helped,
    is_related,
    is_stopped_convoy,
    is_usual_company,
    is_workboat,
)
from tracker.detectors.encounter.fleet import Fleet, abreast_pairs, stopped_pairs
from tracker.detectors.encounter.regulars import Meeting, Regulars
from tracker.detectors.encounter.report import REGULAR, encounter_event
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
from tracker.schema import NO_CODE_U8, read_only
from tracker.statics import StaticBatch
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import Particulars, ShipTypes
from tracker.units import KM_PER_NM, NEVER_US, US_PER_H, US_PER_MIN

LAYOUT: Final = 5
_BUFFER: Final = 65_536
_NEVER_SLOT: Final = -(1 << 30)
_COLUMNS: Final = ("segment", "time_us", "lat_deg", "lon_deg", "speed_kn", "nav_status")
_BEFORE: Final = 12
"""Samples of each craft remembered to tell whether a pair has met."""
_FEW: Final = 3
"""So many instants together are needed at least where silences are bridged."""
_LONG_US: Final = (6 * US_PER_H, 12 * US_PER_H, 24 * US_PER_H)
"""An open meeting is told anew when it has lasted so long."""
_MOST_BORN: Final = 500
"""More craft first heard at one instant than these are a feed that begins, and nobody's boats."""
_LAUNCH_KM: Final = 5.0
"""A launch of 20 kn is so far from the ship that it left a quarter of an hour before a receiver hears its small aerial (ours)."""
_LAUNCH_DEG: Final = 0.05
_GROWN_UP_US: Final = US_PER_H
"""A mother was heard for so long before her boat."""


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
        self._shared_us = int(config.shared_silence_h * US_PER_H)
        self._drift_us = max(self._silence_us, self._shared_us)
        self._min_us = (int(config.min_stopped_min * US_PER_MIN), int(config.min_abreast_min * US_PER_MIN))
        self._state = KeyedState(
            {
                "last_us": ("i8", NEVER_US),
                "last_lat": ("f8", math.nan),
                "last_lon": ("f8", math.nan),
                "last_kn": ("f4", math.nan),
                "last_status": ("u1", NO_CODE_U8),
                "slot_us": ("i8", NEVER_US),
                "born_us": ("i8", NEVER_US),
                "mother": ("i8", 0),
                "before_slot": ("i4", _NEVER_SLOT, _BEFORE),
                "before_lat": ("f8", math.nan, _BEFORE),
                "before_lon": ("f8", math.nan, _BEFORE),
            }
        )
        self._samples = samples.Samples()
        self._timing = samples.Timing(
            self._slot_us, self._settle_us, self._silence_us, self._drift_us, self._hold_us, float(config.slot_slow_kn)
        )
        self._runs: dict[RunKey, Run] = {}
        self._parts: dict[RunKey, Run] = {}
        """Times together not yet ``part_min`` long."""
        self._done_us = NEVER_US
        self._ships = ShipTypes(with_hull=True)
        self._draughts = Draughts(config, self._ships, context.places)
        self._regulars = Regulars(config)

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Turn rows into samples; comparing waits for the watermark."""
        self._ships.add(statics)
        columns = [getattr(positions, name) for name in _COLUMNS]
        afloat = is_vessel(positions.craft) & positions.has_position
        if not afloat.all():
            columns = [column[afloat] for column in columns]
        if len(columns[0]) == 0:
            return []
        columns = [read_only(column) for column in columns]
        reports = samples.Reports(self._state.slots(columns[0]), *columns)
        first = 0
        while first < len(reports.slot):
            room = samples.Samples.room(_BUFFER)
            first, count = samples.sample_rows(first, reports, self._state.records, self._timing, self._done_us, room)
            if count:
                self._samples.add(room, count)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Compare the instants that have settled."""
        until_us = (watermark_us - self._settle_us) // self._slot_us * self._slot_us
        events: list[Event] = []
        if until_us > self._done_us:
            for instant_us, key, values in self._samples.until(until_us):
                events += self._end_runs(instant_us)
                events += self._compare(instant_us, key, values)
            events += self._end_runs(until_us)
            self._done_us = until_us
        self._ships.advance_watermark(watermark_us)
        self._regulars.advance_watermark(watermark_us)
        state = self._state
        gone = state.alive_mask & (state["last_us"] + self._drift_us <= watermark_us)
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
        self._draughts.forget(gone)
        self._regulars.forget(gone)
        mother = self._state["mother"]
        mother[np.isin(mother, craft)] = 0
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
            "after": self._draughts.capture(),
            "regulars": self._regulars.table(),
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
        self._draughts.restore(tables["after"])
        self._regulars.restore(tables["regulars"])
        self._ships.restore(tables)

    def _compare(self, instant_us: int, key: NDArray[np.int64], values: NDArray[np.float64]) -> list[Event]:
        """All vessels at one instant: those of its samples, and those that lie where they were."""
        state = self._state
        born = values[:, samples.HELD] == samples.BIRTH
        born_key, born_values = key[born], values[born]
        key, values = key[~born], values[~born]
        silent_key, silent_values = samples.hold_silent(
            state, state.alive_mask, state.keys, instant_us, self._slot_us, self._hold_us, self.config.slot_slow_kn
        )
        if len(silent_key):
            key, values = np.concatenate([key, silent_key]), np.concatenate([values, silent_values])
            order = np.argsort(key)  # each stands once
            key, values = key[order], values[order]
        lat, lon = samples.positions_of(values)
        fleet = Fleet(key, lat, lon, values[:, samples.HELD], values[:, samples.STATUS])
        self._make_good(fleet, instant_us)
        self._find_mothers(fleet, born_key, born_values, instant_us)
        config, places = self.config, self._context.places
        grown, events = self._grow(STOPPED, fleet, *stopped_pairs(config, places, fleet), instant_us)
        abreast, _ = self._grow(ABREAST, fleet, *abreast_pairs(config, places, fleet), instant_us)
        self._part(fleet, instant_us)
        events += self._judge(grown + abreast, fleet, instant_us)
        reported = {key: run for key, run in self._runs.items() if run.stage == REPORTED}
        known_us = instant_us + self._settle_us
        again = self._draughts.look(reported, fleet, instant_us, known_us)
        events += [self._event(pair, run, known_us, is_open=is_open) for pair, run, is_open in again]
        for pair, run in reported.items():
            marks = sum(run.last_us - run.start_us >= long_us for long_us in _LONG_US)
            if marks > run.long_told and run.last_us == instant_us:
                run.long_told = marks
                if all(pair != other for other, _, _ in again):
                    self._draughts.tell(run, pair[0] & CRAFT_MASK, pair[1] & CRAFT_MASK, known_us)
                    events.append(self._event(pair, run, known_us, is_open=True))
        return events

    def _make_good(self, fleet: Fleet, instant_us: int) -> None:
        """Speed since the previous sample, and where that was; this one is then the previous. Held samples lie still and leave no trace."""
        state = self._state
        fleet.kn[fleet.held] = 0.0
        true = np.flatnonzero(~fleet.held)
        lat, lon = fleet.lat[true], fleet.lon[true]
        slots = state.slots(fleet.key[true])
        previous_us = state["slot_us"][slots]
        column = (previous_us // self._slot_us) % _BEFORE
        silent_us = instant_us - previous_us
        hours = silent_us / US_PER_H
        hours[silent_us > self._drift_us] = np.nan
        from_lat, from_lon = state["before_lat"][slots, column], state["before_lon"][slots, column]
        fleet.kn[true] = distance_km(from_lat, from_lon, lat, lon) / KM_PER_NM / hours
        lately = silent_us <= self._silence_us  # what lies longer back says nothing of the course
        fleet.from_lat[true], fleet.from_lon[true] = np.where(lately, (from_lat, from_lon), np.nan)
        now = (instant_us // self._slot_us) % _BEFORE
        state["slot_us"][slots] = instant_us
        state["before_slot"][slots, now] = instant_us // self._slot_us
        state["before_lat"][slots, now] = lat
        state["before_lon"][slots, now] = lon

    def _find_mothers(
        self, fleet: Fleet, born: NDArray[np.int64], births: NDArray[np.float64], instant_us: int
    ) -> None:
        """Craft first heard in the slot that ends now: whose boat each may be, among ships that had been heard for long.

        The nearest one within ``near_km``, or else the only one that lies within ``_LAUNCH_KM``.
        """
        if not len(born):
            return
        state = self._state
        children = state.slots(born)
        state["born_us"][children], state["mother"][children] = instant_us, 0
        if len(born) > _MOST_BORN:
            return
        slots = state.find(fleet.key)
        old = np.flatnonzero((slots >= 0) & (state["born_us"][slots] <= instant_us - _GROWN_UP_US))
        lat, lon = fleet.lat[old], fleet.lon[old]
        # the last one is stored for this instant already: where each was a slot ago stands in the column before
        column = (instant_us // self._slot_us - 1) % _BEFORE
        lately = state["before_slot"][slots[old], column] == instant_us // self._slot_us - 1
        from_lat = np.where(lately, state["before_lat"][slots[old], column], lat)
        from_lon = np.where(lately, state["before_lon"][slots[old], column], lon)
        for child, birth in zip(children.tolist(), births, strict=True):
            at_lat, at_lon = birth[samples.FROM_LAT], birth[samples.FROM_LON]
            near = (np.minimum(lat, from_lat) <= at_lat + _LAUNCH_DEG) & (
                np.maximum(lat, from_lat) >= at_lat - _LAUNCH_DEG
            )
            some = np.flatnonzero(near)
            then = interpolate(from_lat[some], from_lon[some], lat[some], lon[some], birth[samples.FRACTION])
            km = distance_km(at_lat, at_lon, *then)
            if (km <= self.config.near_km).any():
                state["mother"][child] = fleet.key[old[some[np.argmin(km)]]] & CRAFT_MASK
                continue
            lies = (km <= _LAUNCH_KM) & (fleet.kn[old[some]] <= self.config.slot_slow_kn)
            if lies.sum() == 1:
                state["mother"][child] = fleet.key[old[some[np.argmax(lies)]]] & CRAFT_MASK

    def _grow(
        self, manner: int, fleet: Fleet, pairs: NDArray[np.int64], km: NDArray[np.float64], instant_us: int
    ) -> tuple[list[tuple[RunKey, Run, int, int]], list[Event]]:
        """Let the runs of some pairs grow; returns those that may now be judged, and the closing of those that give way to a new one."""
        if len(pairs) == 0:
            return [], []
        a, b = pairs[:, 0], pairs[:, 1]
        middle = unit_vectors(fleet.lat[a], fleet.lon[a]) + unit_vectors(fleet.lat[b], fleet.lon[b])
        kn = (fleet.kn[a] + fleet.kn[b]) / 2.0
        due: list[tuple[RunKey, Run, int, int]] = []
        over: list[Event] = []
        new: list[tuple[RunKey, Run]] = []
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
            if growing is None and run is not None:
                if instant_us - run.last_us <= self._pause_us(run):
                    growing = run
                elif self._comes_back(manner, run, vector, instant_us):
                    growing = run
                    run.bridge(instant_us, self._slot_us)
                elif not self._part_us:
                    del self._runs[key]
                    if run.stage == REPORTED:
                        over.append(self._closed(key, run, instant_us + self._settle_us))
                    run = None
            if growing is None:
                growing = self._parts[key] = Run(instant_us, instant_us)
                new.append((key, growing))
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
        self._begin(new, instant_us)
        return due, over

    def _begin(self, new: list[tuple[RunKey, Run]], instant_us: int) -> None:
        """What must be remembered of the beginning of some runs: how far apart they were before, whose boat one is, and the draughts."""
        if not new:
            return
        a, b = np.array([key[:2] for key, _ in new], dtype=np.int64).T
        state = self._state
        slots = state.find(a), state.find(b)
        before_km, convoy = self._before(*slots, instant_us)
        crafts = a & CRAFT_MASK, b & CRAFT_MASK
        mothers = [np.where(slot >= 0, state["mother"][slot], 0) for slot in slots]
        daughter = np.where(mothers[0] == crafts[1], 1, np.where(mothers[1] == crafts[0], 2, 0))
        for (_, run), km, sailed, boat in zip(new, before_km.tolist(), convoy.tolist(), daughter.tolist(), strict=True):
            run.met_from_km, run.convoy, run.daughter = km, int(sailed), boat
        self._draughts.begin([run for _, run in new], *crafts, instant_us, instant_us + self._settle_us)

    def _comes_back(self, manner: int, run: Run, vector: list[float], instant_us: int) -> bool:
        """Whether a pair that nobody saw apart is together again where it can have drifted, or sailed at the pace it had."""
        silent_us = instant_us - run.last_us
        if run.parted_us != NEVER_US or silent_us > self._shared_us:
            return False
        config, way_km, hours = self.config, run.drifted_km(*vector), silent_us / US_PER_H
        if manner == STOPPED:
            return way_km <= config.near_km + config.slow_kn * KM_PER_NM * hours
        return abs(way_km / KM_PER_NM / hours - run.median_kn) <= config.convoy_pace_kn

    def _part(self, fleet: Fleet, instant_us: int) -> None:
        """Mark the runs not continued now whose craft are seen apart; of those under way both must be heard for that."""
        if not self._shared_us:
            return
        waiting = [
            (key, run) for key, run in self._runs.items() if run.last_us < instant_us and run.parted_us == NEVER_US
        ]
        if not waiting:
            return
        keys = np.array([key[:2] for key, _ in waiting], dtype=np.int64)
        rows = np.minimum(np.searchsorted(fleet.key, keys), len(fleet.key) - 1)
        heard = (fleet.key[rows] == keys) & ~fleet.held[rows] & ~np.isnan(fleet.kn[rows])
        lat, lon = from_unit_vectors(np.array([run.last_place for _, run in waiting]))
        silent_h = (instant_us - np.array([run.last_us for _, run in waiting])) / US_PER_H
        reach_km = self.config.near_km + self.config.slow_kn * KM_PER_NM * silent_h
        off_km = distance_km(lat[:, None], lon[:, None], fleet.lat[rows], fleet.lon[rows])
        elsewhere = heard & ((fleet.kn[rows] > self.config.slot_slow_kn) | (off_km > reach_km[:, None]))
        stopped = np.array([key[2] == STOPPED for key, _ in waiting])
        for n in np.flatnonzero(heard.all(axis=1) | (elsewhere.any(axis=1) & stopped)).tolist():
            waiting[n][1].parted_us = instant_us

    def _pause_us(self, run: Run) -> int:
        """The longest pause after which a run just goes on; after a longer one a new part begins."""
        return self._tolerance_us if self._part_us or run.stage == WATCHED else self._merge_us

    def _before(
        self, a: NDArray[np.int32], b: NDArray[np.int32], instant_us: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Of pairs of craft (slots) at common instants of the hour before: their greatest distance, 0 where there are none, and whether they sailed together."""
        state = self._state
        past, now = state["before_slot"], instant_us // self._slot_us
        common = (past[a] == past[b]) & (past[a] < now) & (now - past[a] <= _BEFORE) & ((a >= 0) & (b >= 0))[:, None]
        lat, lon = state["before_lat"], state["before_lon"]
        apart_km = np.asarray(np.where(common, distance_km(lat[a], lon[a], lat[b], lon[b]), 0.0).max(axis=1))
        first = np.argmin(np.where(common, past[a], now + 1), axis=1)
        last = np.argmax(np.where(common, past[a], now - 2 * _BEFORE), axis=1)
        rows = np.arange(len(a))
        hours = (past[a][rows, last] - past[a][rows, first]) * (self._slot_us / US_PER_H)  # in floats: slots are int32
        way_km = np.minimum(
            distance_km(lat[a, first], lon[a, first], lat[a, last], lon[a, last]),
            distance_km(lat[b, first], lon[b, first], lat[b, last], lon[b, last]),
        )
        config = self.config
        sailed = (common.sum(axis=1) >= _BEFORE // 2) & (way_km >= config.abreast_min_kn * KM_PER_NM * hours)
        return apart_km, sailed & (apart_km < config.met_km)

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
            rows = int(i[n]), int(j[n])
            everyday = (
                not (room.open_water[n] if carrier else far.open_water[n])
                or any(ship_type in config.attending_types for ship_type in types)
                or is_fleet(config, fleet, *rows, one, two)
                or (key[2] == ABREAST and run.met_from_km < config.met_km)
                or is_stopped_convoy(config, key[2], run, one, two)
                or is_related(config, key, run, one, two)
                or is_helped(config, fleet, *rows, one, two)
                or is_usual_company(
                    config,
                    run,
                    key[2],
                    fleet,
                    rows,
                    (one, two),
                    int(around[n]),
                    partial(self._ships.known_at, instant_us=known_us),
                )
                or self._is_at_work(key, (one, two), known_us)
            )
            run.stage = EXCUSED if everyday else REPORTED
            if not everyday:
                events.append(self._report(key, run, float(lat[n]), float(lon[n]), known_us))
        return events

    def _report(self, key: RunKey, run: Run, lat_deg: float, lon_deg: float, known_us: int) -> Event:
        """The first revision of a meeting, which is remembered."""
        a, b = key[0] & CRAFT_MASK, key[1] & CRAFT_MASK
        history = self._regulars.history(a, b, run.start_us, known_us, lat_deg, lon_deg)
        self._regulars.add(Meeting(a, b, run.start_us, run.last_us, lat_deg, lon_deg))
        self._draughts.met(a, b, key)
        self._draughts.tell(run, a, b, known_us)
        run.before = history.pair
        run.long_told = sum(run.last_us - run.start_us >= long_us for long_us in _LONG_US)
        manner = "under_way" if key[2] == ABREAST else "stopped"
        run.manner_told = REGULAR if history.is_regular else manner
        return self._event(key, run, known_us, is_open=True)

    def _is_at_work(self, key: RunKey, ships: tuple[Particulars, Particulars], known_us: int) -> bool:
        """A workboat beside a carrier that is together with another carrier: it tends their fenders and hoses."""
        boat = is_workboat(self.config, ships)
        if not boat:
            return False
        carrier = key[2 - boat]
        partners = {k[0] if k[1] == carrier else k[1] for k in self._runs if carrier in k[:2]} - {key[boat - 1]}
        types = (self._ships.known_at(partner & CRAFT_MASK, known_us).ship_type for partner in sorted(partners))
        return any(ship_type in self.config.carrier_types for ship_type in types)

    def _over_us(self, run: Run, pause_us: int) -> int:
        """The first instant more than a pause after the last one together."""
        return (run.last_us + pause_us) // self._slot_us * self._slot_us + self._slot_us

    def _is_clear(self, manner: int, run: Run) -> bool:
        """Steady, slow and filled enough to be judged; a run that is not yet may be at a later instant."""
        config = self.config
        if run.filled(self._slot_us) < config.filled:
            return False
        if run.bridged_us and run.seen_us < self._min_us[manner]:
            long_enough = run.last_us - run.start_us >= int(config.min_sparse_min * US_PER_MIN)
            if run.instants < _FEW or not long_enough:
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
            if self._shared_us:
                unseen = run.parted_us == NEVER_US
                over_us = max(over_us, self._over_us(run, self._shared_us) if unseen else run.parted_us)
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
        """The closing of a meeting; its draughts are looked at for a while."""
        a, b = key[0] & CRAFT_MASK, key[1] & CRAFT_MASK
        self._regulars.last_together(a, b, run.last_us)
        self._draughts.tell(run, a, b, known_us)
        self._draughts.follow(key, run)
        return self._event(key, run, known_us, is_open=False)

    def _event(self, key: RunKey, run: Run, known_us: int, *, is_open: bool) -> Event:
        """The next revision of the event of a meeting."""
        lat, lon = from_unit_vectors(np.array(run.vector))
        port_km = float(self._context.places.port_distance_km(np.array([lat]), np.array([lon]))[0])
        one = self._ships.known_at(key[0] & CRAFT_MASK, known_us)
        two = self._ships.known_at(key[1] & CRAFT_MASK, known_us)
        run.revision += 1
        state = EventState.OPEN if is_open else EventState.CLOSED
        if not is_open and is_related(self.config, key, run, one, two):
            state = EventState.RETRACTED  # what they are was said later
        return encounter_event(self.config, key, run, known_us, port_km, one, two, state, self._context.port_near)
