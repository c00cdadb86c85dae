"""The integrity detector: minute by minute, what is said against what can be.

At the end of each minute of event time (in a crowded one, of its parts), in this order: identities with several segments (``turns``), each transmitter's motion (``motion``), papers
(``papers``), emergencies (``emergency``); every ``area_min`` the craft far inland (``inland``) and the areas (``area``). Each rule makes
findings, and the ledger makes of them one event per craft (or area) and detail. The sentences stand in ``telling``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, from_unit_vectors, unit_vectors
from streams.keyed_state import KeyedState
from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.detectors.base import BUSY, Context, TickBuffer, Ticks, check_grid
from tracker.detectors.integrity import motion, telling, turns
from tracker.detectors.integrity.area import Areas
from tracker.detectors.integrity.config import IntegrityConfig
from tracker.detectors.integrity.displaced import Displaced, Displacements
from tracker.detectors.integrity.emergency import Emergencies, is_grave_squawk
from tracker.detectors.integrity.exchange import (
    PARTED,
    ROADSTEAD_CONFIDENCE,
    ROADSTEAD_KM,
    ROADSTEAD_SHIPS,
    STATED,
    Exchange,
    Exchanges,
    Rest,
    jumped,
)
from tracker.detectors.integrity.heard import COLUMNS, Columns, Heard
from tracker.detectors.integrity.hulls import Hulls, Said
from tracker.detectors.integrity.inland import Waterways, far_inland
from tracker.detectors.integrity.ledger import PAIRS, TOLD_ONCE, Finding, Ledger
from tracker.detectors.integrity.papers import LENGTH, Change, Papers
from tracker.detectors.integrity.ways import Ways
from tracker.detectors.wording import Landmarks
from tracker.events import Event, EventKind, Rule, event_order
from tracker.identity import (
    CRAFT_MASK,
    DOMAIN_ICAO24,
    DOMAIN_MMSI,
    craft_text,
    domain,
    imo_check_digit_ok,
    is_aircraft,
    is_factory_mmsi,
    is_icao24_allocated,
    is_mid_assigned,
    is_ship_station,
    number,
    segment_number,
    transmitters_of,
    with_segment,
)
from tracker.positions import PositionBatch
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.tracks.kinds import is_vessel
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S

_LAYOUT: Final = 6
_TICK_US: Final = US_PER_MIN
_MEMORY_US: Final = 26 * US_PER_H
_GOOD_US: Final = 12 * US_PER_H
_PROVEN_ROWS: Final = 5
_LOOK_AGAIN_US: Final = US_PER_H
_BESIDE_KM: Final = 2.0
"""Nearer together than this nobody can tell which of two hulls a number is aboard (ours)."""
_TOGETHER: Final = 16
"""So many ticks at most are looked at together: what follows one that concerns somebody is looked at again."""


class Quiet:
    """Which of some ticks from ``first`` on concern nobody in particular, and the slots in ``moves`` of the rows of them all."""

    def __init__(self, first: int, is_quiet: NDArray[np.bool_]) -> None:
        self.first, self.is_quiet = first, is_quiet
        self.slots = np.empty(0, dtype=np.int32)

    @property
    def stop(self) -> int:
        """The first tick that concerns somebody."""
        return self.first + (len(self.is_quiet) if self.is_quiet.all() else int(np.argmin(self.is_quiet)))

    def is_quiet_from(self, k: int) -> bool:
        """Whether tick ``k`` and the one after it, if there is one, concern nobody."""
        return bool(self.is_quiet[k - self.first : k - self.first + 2].all())


class IntegrityDetector:
    """Finds ``integrity`` events; ``config.DETAILS`` lists what narrows them."""

    kinds = frozenset({EventKind.INTEGRITY})

    def __init__(self, config: IntegrityConfig, context: Context) -> None:
        self.config = c = config
        self._context = context
        self._buffer = TickBuffer(_TICK_US, parts=BUSY)
        self._moves = KeyedState({"move": ("f8", np.nan, motion.WIDTH), "proven": ("u1", 0)})
        self._turns = KeyedState({"turn": ("f8", 0.0, turns.WIDTH)})
        self._papers = Papers(int(c.confirm_s * US_PER_S))
        self._hulls = Hulls()
        self._emergencies = Emergencies(int(c.emergency_s * US_PER_S))
        self._waterways = Waterways()
        self._air = Areas(c.area_deg, c.area_craft, c.area_frac, c.area_chance, c.area_usual_frac)
        self._sea = Areas(c.area_deg, c.area_craft, c.sea_area_frac, c.area_chance, c.sea_area_usual_frac)
        self._displaced = Displacements(c)
        self._ways = Ways(c.change_kn)
        self._exchanges = Exchanges()
        self._origin_lon = context.grid_origin_deg
        rest = {
            "": int(c.rest_h * US_PER_H), "impossible_speed": int(c.once_h * US_PER_H),
            **dict.fromkeys((*TOLD_ONCE, PAIRS, "identity_change", "identity_transfer"), int(c.once_h * US_PER_H)),
            "emergency": 15 * US_PER_MIN, "degraded_navigation": US_PER_H,
            "mass_displacement": US_PER_H, "displaced": US_PER_H, "repeated_reports": US_PER_H,
        }  # fmt: skip
        rule = Rule("integrity", telling.VERSION, telling.thresholds(config))
        self._ledger = Ledger(rule, rest, int(c.once_h * US_PER_H), context.near)
        self._motion_limits = motion.Limits(*(float(getattr(c, name)) for name in motion.Limits._fields))
        self._turn_limits = np.array([
            c.stay_reports, c.stay_min * US_PER_MIN, c.air_stay_min * US_PER_MIN, c.jump_km, c.air_jump_km,
            c.shared_h * US_PER_H, c.air_shared_min * US_PER_MIN, c.shared_turns, c.shared_apart_km, c.trail_km,
        ])  # fmt: skip

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Hold rows until their minute is complete."""
        self._buffer.add(positions, statics)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge every complete minute."""
        events: list[Event] = []
        for ticks in self._buffer.ticks(watermark_us):
            self._go_through(ticks, events)
        return events

    def _go_through(self, ticks: Ticks, events: list[Event]) -> None:
        heard, said = Heard.of(ticks), Said.of(ticks.statics.take(slice(0, int(ticks.static[-1]))))
        every_us = int(self.config.area_min * US_PER_MIN)
        first = 0
        while first < len(ticks.end_us):
            if (ahead := self._pass_over(ticks, first, every_us, events)) > first:
                first = ahead
                continue
            stop, most = first + 1, min(len(ticks.end_us), first + _TOGETHER)
            while stop < most and not self._is_border(int(ticks.end_us[stop - 1]), every_us):
                stop += 1
            while first < stop:
                quiet = self._quiet(ticks, heard, said, first, stop)
                if quiet.stop > first:
                    self._go_on(ticks, heard, said, quiet, events)
                    first = quiet.stop
                # One that concerned somebody then still does, or is looked at for nothing; a quiet one alone is not worth another look.
                while first < stop and not quiet.is_quiet_from(first):
                    part = said.part(int(ticks.static[first]), int(ticks.static[first + 1]))
                    found = self._tick(int(ticks.end_us[first]), heard, first, part)
                    events.extend(sorted(found, key=event_order) if len(found) > 1 else found)
                    first += 1

    def _pass_over(self, ticks: Ticks, first: int, every_us: int, events: list[Event]) -> int:
        """Ticks without a row in which everybody has been silent for ``every_us``: only time goes on, so that events close and who is silent for
        long is forgotten. The tick with which something happens again; ``first`` where something does now."""
        if (
            ticks.row[first + 1] > ticks.row[first]
            or ticks.static[first + 1] > ticks.static[first]
            or len(self._emergencies)
            or len(self._displaced)
        ):
            return first
        move = self._moves["move"][self._moves.alive_mask][:, [motion.US, motion.QUALITY_US]]
        heard_us = float(np.max(move, initial=-np.inf, where=~np.isnan(move)))
        if ticks.end_us[first] < heard_us + every_us:
            return first
        stop = int(np.searchsorted(ticks.row, ticks.row[first], side="right")) - 1
        stop = min(stop, int(np.searchsorted(ticks.static, ticks.static[first], side="right")) - 1, len(ticks.end_us))
        ends = ticks.end_us[first:stop]
        hours = np.flatnonzero((ends % _TICK_US == 0) & (ends // US_PER_H != (ends - _TICK_US) // US_PER_H))
        k = 0
        while True:
            hour = int(np.searchsorted(hours, k))
            k = min(
                int(hours[hour]) if hour < len(hours) else len(ends),
                max(k, int(np.searchsorted(ends, self._ledger.due_us))),
            )
            if k >= len(ends):
                return stop
            told = self._enter([], int(ends[k]), [])
            events.extend(sorted(told, key=event_order) if len(told) > 1 else told)
            k += 1

    def _is_border(self, now_us: int, every_us: int) -> bool:
        """Whether more than a minute's work is done at the end of a slice."""
        return _is_reached(every_us, now_us) or _is_reached(US_PER_H, now_us)

    def _quiet(self, ticks: Ticks, heard: Heard, said: Said, first: int, stop: int) -> Quiet:
        """Which ticks concern nobody in particular: nobody is new, has several segments, speaks of an emergency, or says of itself what is not known."""
        is_quiet = np.zeros(stop - first, dtype=np.bool_)
        a, b = int(heard.row[first]), int(heard.row[stop])
        quiet = Quiet(first, is_quiet)
        if len(self._emergencies) or (len(self._displaced) and b > a):
            return quiet
        segment = heard["segment"][a:b]
        quiet.slots = slots = self._moves.find(segment)
        concerns = (slots < 0) | (segment > CRAFT_MASK) | (heard["displaced"][a:b] != NO_CODE_U8)
        concerns |= self._moves["proven"][slots] == 0
        if len(self._turns):
            concerns |= self._turns.find(heard["craft"][a:b]) >= 0
        is_quiet[:] = ~(
            _any_in(concerns, heard.row[first : stop + 1])
            | _any_in(heard.is_grave[ticks.row[first] : ticks.row[stop]], ticks.row[first : stop + 1])
        )
        if is_quiet.any() and ticks.static[stop] > ticks.static[first]:
            part = said.part(int(ticks.static[first]), int(ticks.static[stop]))
            says_new = (
                is_grave_squawk(part.statics.squawk) | self._papers.is_new(part.statics) | self._hulls.is_new(part)
            )
            is_quiet &= ~_any_in(says_new, ticks.static[first : stop + 1])
        return quiet

    def _go_on(self, ticks: Ticks, heard: Heard, said: Said, quiet: Quiet, events: list[Event]) -> None:
        """The quiet ticks before the first that is not, all in one go: only motions are followed, and what is said is noted as said again.

        Of these ticks only the last may be a border.
        """
        first, stop = quiet.first, quiet.stop
        a, b = int(heard.row[first]), int(heard.row[stop])
        out = self._follow(heard, a, b, quiet.slots[: b - a]) if b > a else np.empty((0, motion.RECORD))
        if ticks.static[stop] > ticks.static[first]:
            part = said.part(int(ticks.static[first]), int(ticks.static[stop]))
            self._papers.note(part.statics)
            self._hulls.note(part)
        tick_of = np.searchsorted(ticks.end_us[first:stop], out[:, 2], side="left") + first
        at = 0
        for k in range(first, stop):
            now_us = int(ticks.end_us[k])
            until = int(np.searchsorted(tick_of, k, side="right")) if len(out) else 0
            found = self._told(out[at:until])
            at = until
            if k == stop - 1:
                found += self._border(now_us, events)
            told = self._enter(found, now_us, [])
            events.extend(sorted(told, key=event_order) if len(told) > 1 else told)

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their events are closed."""
        self._buffer.forget(craft)
        keys = transmitters_of(craft)
        self._moves.forget_keys(keys)
        self._turns.forget_keys(craft)
        self._papers.state.forget_keys(craft)
        self._hulls.forget_craft(craft)
        gone = set(craft.tolist())
        self._emergencies.forget_craft(gone)
        self._waterways.forget_craft(craft)
        self._displaced.forget_craft(gone)
        self._ways.forget_keys(keys)
        self._exchanges.forget_craft(gone)
        return sorted(self._ledger.forget(gone, at_us), key=event_order)

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        tables = {
            **self._buffer.tables(),
            "moves": self._moves.capture(),
            "turns": self._turns.capture(),
            "papers": self._papers.capture(),
            **self._hulls.capture(),
            "emergencies": self._emergencies.to_arrow(),
            "waterways": self._waterways.to_arrow(),
            "air": self._air.to_arrow(),
            "sea": self._sea.to_arrow(),
            "ledger": self._ledger.to_arrow(),
            "displaced": self._displaced.to_arrow(),
            "ways": self._ways.capture(),
            "exchanges": self._exchanges.to_arrow(),
            "origin": scalars(lon=float(self._origin_lon)),
        }
        return pack_later("integrity", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("integrity", _LAYOUT, snapshot)
        self._buffer.restore(tables)
        self._moves.restore_arrow(tables["moves"])
        self._turns.restore_arrow(tables["turns"])
        self._papers.restore(tables["papers"])
        self._hulls.restore(tables)
        self._emergencies.restore(tables["emergencies"])
        self._waterways.restore(tables["waterways"])
        self._air.restore(tables["air"])
        self._sea.restore(tables["sea"])
        self._ledger.restore(tables["ledger"])
        self._displaced.restore(tables["displaced"])
        self._ways.restore(tables["ways"])
        self._exchanges.restore(tables["exchanges"])
        check_grid(float(tables["origin"].column("lon")[0].as_py()), self._origin_lon)

    def _tick(self, now_us: int, heard: Heard, k: int, said: Said) -> list[Event]:
        events: list[Event] = []
        return self._enter(self._findings(now_us, heard, k, said, events), now_us, events)

    def _enter(self, found: list[Finding], now_us: int, events: list[Event]) -> list[Event]:
        """The findings of a tick into the ledger, and the end of the tick."""
        for finding in found:
            events.extend(self._ledger.say(finding, now_us))
        events.extend(self._ledger.close_quiet(now_us))
        if _is_reached(US_PER_H, now_us):
            self._forget(now_us)
        return events

    def _findings(self, now_us: int, heard: Heard, k: int, said: Said, events: list[Event]) -> list[Finding]:
        """What all rules say of a minute. Withdrawn events go straight to ``events``."""
        found: list[Finding] = []
        statics = said.statics
        if len(self._emergencies) or heard.is_grave_between(k, k + 1) or is_grave_squawk(statics.squawk).any():
            self._emergencies.hear(heard.all_of(k), statics)
        a, b = int(heard.row[k]), int(heard.row[k + 1])
        if b > a:
            part = heard.part(a, b)
            events.extend(self._hear_displaced(part, heard.air[a:b], now_us))
            found += self._several_places(part, heard.air[a:b], now_us)
            found += self._motions(heard, a, b)
        if len(statics):
            self._hulls.add(said, lambda craft: self._where(craft, now_us))
            found += self._paper_changes(self._papers.add(statics), now_us, events)
        if len(self._emergencies):
            found += self._standing_emergencies()
        border = self._border(now_us, events)
        # who joins a mass displacement at this border has not jumped at it either
        found = [one for one in found if one.detail != "impossible_speed" or not self._is_in_mass(one.key)]
        return found + border

    def _border(self, now_us: int, events: list[Event]) -> list[Finding]:
        """What is judged every ``area_min``. Withdrawn events go straight to ``events``."""
        every_us = int(self.config.area_min * US_PER_MIN)
        if not _is_reached(every_us, now_us):
            return []
        return (
            self._exchanged(now_us, every_us, events)
            + self._across_craft(now_us, events)
            + self._inland(now_us, every_us)
            + self._struck_areas(now_us, every_us)
            + self._displacements(now_us, every_us, events)
            + self._repeats(now_us, every_us)
        )

    # Positions that are not believed.

    def _hear_displaced(self, rows: Columns, air: NDArray[np.bool_], now_us: int) -> list[Event]:
        """The displaced rows of a tick; what was told of craft that turn out to be two is withdrawn."""
        if not len(self._displaced) and not (rows["displaced"] != NO_CODE_U8).any():
            return []
        events: list[Event] = []
        told = {**rows, "air": air, "place": segment_number(rows["segment"])}
        for one in self._displaced.hear(told, self._last_believed):
            why = f"{craft_text(one.craft)} is two transmitters at two places, or its other place is the true one."
            events.extend(self._ledger.retract("displaced", one.craft, why, now_us))
            if one.mass and len(self._displaced.mass_of(one.mass)) < self.config.mass_craft:
                events.extend(self._ledger.retract("mass_displacement", 0, why, now_us, one.mass))
        return events

    def _may_be_one(self, craft: int, record: NDArray[np.float64]) -> bool:
        """Whether two places in turns are, as far as anybody knows, one transmitter's: told as displaced, or not for long yet."""
        one = self._displaced.of(craft)
        if one is None:
            return False
        long_us = 0.25 * self.config.sure_shared_h * US_PER_H
        return one.told or bool(one.mass) or record[2] - record[3] < long_us

    def _last_believed(self, craft: int) -> tuple[int, float, float] | None:
        where = self._where(craft, 0)
        if where is None:
            return None
        return int(where[motion.US]), float(where[motion.LAT]), float(where[motion.LON])

    def _displacements(self, now_us: int, every_us: int, events: list[Event]) -> list[Finding]:
        """Craft displaced together are one event, those displaced alone one each; the jumps of one that joins others were no more than that."""
        if not len(self._displaced):
            return []
        found = []
        for group in self._displaced.together(now_us, is_aircraft):
            subject = next((one.mass for one in group if one.mass), "")
            known = self._ledger.last("mass_displacement", 0, subject) if subject else None
            count = len({one.craft for one in group})
            if max(one.last_us for one in group) <= now_us - every_us and known is not None:
                continue
            speak = known is not None and count > int(known.evidence.get("craft_count") or 0)
            finding = telling.mass(subject, group, speak, self._near(group[0].craft), self._papers)
            for one in group:
                jumps = None if one.mass else self._ledger.last("impossible_speed", one.craft)
                if jumps is not None and jumps.start_us >= min(each.start_us for each in group) - every_us:
                    why = (
                        f"{craft_text(one.craft)} is one of several that were shown at one place: those were its jumps."
                    )
                    events.extend(self._ledger.retract("impossible_speed", one.craft, why, now_us))
                one.mass = finding.subject
            found.append(finding)
        for one in self._displaced.alone(now_us, is_aircraft):
            if one.told and one.last_us <= now_us - every_us:
                continue
            told = [self._ledger.last("on_land", one.craft), self._ledger.last("circle_pattern", one.segment)]
            if any(event is not None and event.start_us >= one.start_us - every_us for event in told):
                continue
            one.told = True
            found.append(telling.displaced(one, self._near(one.craft), self._papers))
        return found

    def _near(self, craft: int) -> Landmarks:
        return self._context.aerodrome_near if is_aircraft(craft) else self._context.port_near

    def _is_in_mass(self, craft: int) -> bool:
        one = self._displaced.of(craft)
        return one is not None and bool(one.mass)

    def _repeats(self, now_us: int, every_us: int) -> list[Finding]:
        """Old reports told again: one finding a feed."""
        found = []
        for source, some in sorted(self._displaced.repeats.by_source(self.config.frozen_reports).items()):
            if max(one.last_us for one in some) <= now_us - every_us:
                continue
            where = self._where(some[-1].craft, now_us)
            name = self._context.source_name(source)
            known = self._ledger.last("repeated_reports", some[0].craft, f"source:{name}")
            speak = known is not None and len(some) >= 2 * int(known.evidence.get("craft_count") or 0)
            at = (np.nan, np.nan) if where is None else (float(where[motion.LAT]), float(where[motion.LON]))
            found.append(telling.repeated(name, some, at, speak))
        return found

    # Identities with several segments.

    def _several_places(self, rows: Columns, air: NDArray[np.bool_], now_us: int) -> list[Finding]:
        craft, places = rows["craft"], segment_number(rows["segment"])
        several = places > 0
        if several.any():
            new = np.unique(craft[several])
            new = new[self._turns.find(new) < 0]
            if len(new):
                self._enter_turns(new)
        if not len(self._turns):
            return []
        known = self._turns.find(craft)
        at = np.flatnonzero(known >= 0)
        if not len(at):
            return []
        out = np.empty((len(at), turns.RECORD))
        count = turns.follow(
            known[at], places[at], rows["time_us"][at], rows["lat_deg"][at], rows["lon_deg"][at], air[at],
            self._turns["turn"], self._turn_limits, out,
        )  # fmt: skip
        found: list[Finding] = []
        for record in out[:count]:
            key = int(self._turns.keys[int(record[0])])
            if int(record[1]) == turns.SHARED:
                if is_factory_mmsi(key) or self._may_be_one(key, record):
                    continue  # that many use it was said when it was first heard; or nothing says yet that there are two
                found.append(telling.shared(self.config, key, record, self._papers))
            else:
                found += self._jumped(key, record)
        return found

    def _enter_turns(self, craft: NDArray[np.int64]) -> None:
        """Identities that show a second segment: what is known of the first becomes their first run."""
        slots = self._turns.slots(craft)
        self._turns["turn"][slots] = turns.blank(len(slots))
        move = self._moves["move"]
        for key, slot in zip(craft.tolist(), slots.tolist(), strict=True):
            state = self._turns["turn"][slot]
            latest = -np.inf
            for place in range(turns.PLACES):
                one = int(self._moves.find(np.array([with_segment(key, place)]))[0])
                if one < 0 or not np.isfinite(move[one, motion.US]):
                    continue
                turns.enter(state, place, move[one])
                if move[one, motion.US] > latest:
                    latest = move[one, motion.US]
                    state[turns.HERE], state[turns.RUN_US] = place, move[one, motion.FIRST_US]
                    state[turns.RUN_ROWS] = move[one, motion.ROWS]

    def _jumped(self, craft: int, record: NDArray[np.float64]) -> list[Finding]:
        """A confirmed jump: counted for its craft, noted for the land rule."""
        found = []
        if record[5] >= self.config.jumps and not self._is_in_mass(craft):
            found.append(telling.jumper(craft, record, self._papers))
        if is_aircraft(craft):
            return found + self._drifted(craft, record)
        place = int(self._turns["turn"][self._turns.find(np.array([craft]))[0], turns.HERE])
        slot = int(self._moves.slots(np.array([with_segment(craft, place)]))[0])
        move = self._moves["move"][slot]
        move[motion.JUMP_US], move[motion.JUMP_KM] = record[3], record[4]
        move[motion.JUMP_LAT], move[motion.JUMP_LON] = record[9], record[10]
        return found

    def _drifted(self, craft: int, record: NDArray[np.float64]) -> list[Finding]:
        """An aircraft that jumped from where it said that its position had no quality: it had drifted, and is back."""
        keys = np.array([with_segment(craft, place) for place in range(turns.PLACES)], dtype=np.int64)
        slots = self._moves.find(keys)
        for slot in slots[slots >= 0].tolist():
            move = self._moves["move"][slot]
            bad_us = move[motion.BAD_US]
            if move[motion.US] != record[11] or not record[11] - bad_us >= US_PER_MIN:
                continue
            lat, lon = float(record[9]), float(record[10])
            one = Displaced(
                craft, int(self._moves.keys[slot]), int(bad_us), int(record[11]), int(max(move[motion.ROWS], 1)), lat, lon, lat, lon,
                int(record[3]), float(record[7]), float(record[8]), cause="no_quality",
            )  # fmt: skip
            return [telling.displaced(one, self._near(craft), self._papers)]
        return []

    def _near_event(self, detail: str, lat: float, lon: float, km: float) -> str:
        """The subject of an open event of a detail near a place; empty where there is none."""
        for subject, event in self._ledger.events(detail):
            reach = km + float(event.evidence.get("radius_km") or 0.0)
            if distance_km(event.lat_deg, event.lon_deg, lat, lon) <= reach:
                return subject
        return ""

    # What one transmitter says and does.

    def _follow(self, heard: Heard, a: int, b: int, slots: NDArray[np.int32]) -> NDArray[np.float64]:
        """Rows ``a`` to ``b`` into the motion of their transmitters; the records they give rise to."""
        out = motion.no_records(b - a)
        columns = {name: heard[name][a:b] for name in COLUMNS[2:]}
        reports = motion.Reports(slot=slots, kind=heard.kinds[a:b], **columns)
        count = motion.follow(reports, self._moves["move"], self._motion_limits, out)
        records: NDArray[np.float64] = out[:count]
        return records

    def _told(self, records: NDArray[np.float64]) -> list[Finding]:
        found: list[Finding] = []
        for record in records:
            key = int(self._moves.keys[int(record[0])])
            if int(record[1]) == motion.FROZEN:
                if not self._is_told_otherwise(key):
                    found.append(telling.frozen(key, record, self._papers))
            elif not self._is_in_mass(key & CRAFT_MASK):
                found.append(telling.circle(key, record, self._papers))
        return found

    def _is_told_otherwise(self, segment: int) -> bool:
        """Whether a place that stays the same is a false one of several craft, or the doing of a feed."""
        craft = segment & CRAFT_MASK
        one = self._displaced.of(craft)
        return (one is not None and one.segment == segment) or self._displaced.repeats.is_feed(craft)

    def _motions(self, heard: Heard, a: int, b: int) -> list[Finding]:
        slots = self._moves.slots(heard["segment"][a:b])
        kinds = heard.kinds[a:b]
        found = self._told(self._follow(heard, a, b, slots))
        unproven = np.flatnonzero(self._moves["proven"][slots] == 0)
        if len(unproven):
            stations = np.unique(
                slots[unproven[kinds[unproven] == 2]]
            )  # neither ships nor aircraft, but maybe a set with a factory's number
            self._moves["proven"][stations] = 1
            if len(stations):
                stations = stations[is_factory_mmsi(self._moves.keys[stations] & CRAFT_MASK)]
                found += self._odd_numbers(self._moves.keys[stations] & CRAFT_MASK, stations)
            touched = slots[unproven]
            ready = np.unique(touched[self._moves["move"][touched, motion.ROWS] >= _PROVEN_ROWS])
            if len(ready):
                self._moves["proven"][ready] = 1
                found += self._odd_numbers(self._moves.keys[ready] & CRAFT_MASK, ready)
        return found

    def _odd_numbers(self, craft: NDArray[np.int64], slots: NDArray[Any]) -> list[Finding]:
        """MMSIs and addresses nobody was given, once each."""
        ship = np.asarray(is_ship_station(craft))
        odd = np.where(
            domain(craft) == DOMAIN_MMSI,
            np.where(ship, ~np.asarray(is_mid_assigned(craft)), _badly_formed(craft)) | is_factory_mmsi(craft),
            (domain(craft) == DOMAIN_ICAO24) & ~np.asarray(is_icao24_allocated(number(craft))),
        )
        found = []
        for k in np.flatnonzero(odd).tolist():
            key, move = int(craft[k]), self._moves["move"][slots[k]]
            if self._papers.first_telling(key, int(move[motion.US])):
                found.append(telling.odd_number(key, move, self._papers))
        return found

    # Papers.

    def _paper_changes(self, changes: list[Change], now_us: int, events: list[Event]) -> list[Finding]:
        found: list[Finding] = []
        told: dict[int, list[Change]] = {}
        pairs: dict[tuple[int, int], Exchange] = {}
        for change in changes:
            if is_factory_mmsi(change.craft):
                continue
            where = self._where(change.craft, now_us)
            if change.attribute == "imo":
                found += self._imo_believed(change, where)
            if not change.old:
                continue
            if self._exchanges.is_taken_back(change):
                self._take_back(change, now_us, events)
                continue
            pair = self._stated(change, where, now_us)
            if pair is not None:
                known = pairs.get((pair.craft, pair.other), pair)
                pairs[pair.craft, pair.other] = replace(pair, attributes=(*known.attributes, change.attribute))
                for craft in (pair.craft, pair.other):
                    told.pop(craft, None)
            if pair is not None or change.attribute == LENGTH:
                continue
            if change.back and self._ledger.is_open("identity_change", change.craft):
                events.extend(self._ledger.retract("identity_change", change.craft, telling.came_back(change), now_us))
                continue
            if change.alternates:
                names = [name for name in (change.old, change.new) if change.attribute == "name"]
                if names and where is not None:
                    found.append(telling.many_names(change.craft, names, change.first_us, change.seen_us, where))
                continue
            if self._is_several(change.craft, now_us) or not self._under_way_at_sea(where, now_us):
                continue
            if change.attribute == "imo" and not (_valid(change.old) and _valid(change.new)):
                continue
            told.setdefault(change.craft, []).append(change)
        for pair in pairs.values():
            found.append(self._told_exchange(pair, now_us, events))
        for craft, some in told.items():
            where = self._where(craft, now_us)
            found.append(telling.changed(some, where, self._ledger.last("identity_change", craft)))
        return found

    def _imo_believed(self, change: Change, where: NDArray[np.float64] | None) -> list[Finding]:
        """A wrong check digit is information."""
        if not _valid(change.new) and self._papers.first_telling(change.craft, change.seen_us):
            return [telling.odd_imo(change, where, self._papers)]
        return []

    def _where(self, craft: int, now_us: int) -> NDArray[np.float64] | None:
        """The latest position of a craft (state of ``motion``) that is believed, whichever segment gave it."""
        keys = np.array([with_segment(craft, place) for place in range(turns.PLACES)], dtype=np.int64)
        if (one := self._displaced.of(craft)) is not None:
            keys = keys[keys != one.segment]
        slots = self._moves.find(keys)
        slots = slots[slots >= 0]
        if not len(slots):
            return None
        move = self._moves["move"][slots]
        when = np.where(np.isnan(move[:, motion.US]), -np.inf, move[:, motion.US])
        latest: NDArray[np.float64] = move[int(np.argmax(when))]
        return latest if np.isfinite(latest[motion.US]) else None

    def _is_several(self, craft: int, now_us: int) -> bool:
        """Whether two or more segments of an identity were heard within a day."""
        slot = int(self._turns.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0:
            return False
        state = self._turns["turn"][slot]
        heard = [
            state[turns.place(p) + turns.PLACE_ROWS] >= 3.0
            and now_us - state[turns.place(p) + turns.PLACE_US] < 24.0 * US_PER_H
            for p in range(turns.PLACES)
        ]
        return sum(heard) > 1

    def _under_way_at_sea(self, where: NDArray[np.float64] | None, now_us: int) -> bool:
        if (
            where is None
            or now_us - where[motion.US] > 30 * US_PER_MIN
            or not where[motion.SPEED] >= self.config.change_kn
        ):
            return False
        return self._at_sea(where)

    # Identities across craft.

    def _across_craft(self, now_us: int, events: list[Event]) -> list[Finding]:
        """New identities of known hulls, and numbers used by two at once."""
        found: list[Finding] = []
        for settled in self._hulls.settle(now_us, lambda craft: self._where(craft, now_us)) if len(self._hulls) else ():
            if settled.what == "duplicate":
                found.append(telling.duplicate(settled, self._hulls))
            elif settled.what == "transfer":
                found.append(telling.transferred(settled, self._hulls, self._at_sea(settled.there), self.config))
            else:
                why = telling.both_about(settled, self._hulls)
                events.extend(self._ledger.retract("identity_transfer", settled.claim.craft, why, now_us))
        return found

    # Two that go on as each other.

    def _exchanged(self, now_us: int, every_us: int, events: list[Event]) -> list[Finding]:
        """Pairs whose positions say that they go on as each other."""
        pairs: list[Exchange] = []
        away = self._displaced.new() if len(self._displaced) else []
        for k, one in enumerate(away):
            for other in away[:k]:
                if (
                    not (is_aircraft(one.craft) or is_aircraft(other.craft))
                    and (pair := jumped(one, other)) is not None
                ):
                    one.is_exchanged = other.is_exchanged = True
                    pairs.append(pair)
        move = self._moves["move"]
        slots = np.flatnonzero(self._moves.alive_mask & (move[:, motion.US] > now_us - every_us))
        slots = slots[np.asarray(is_vessel(self._moves.keys[slots] & CRAFT_MASK), dtype=np.bool_)]
        slots = slots[np.argsort(self._moves.keys[slots])]
        if away or len(self._displaced):
            slots = slots[~np.isin(self._moves.keys[slots], np.array(self._displaced.segments(), dtype=np.int64))]
        some = move[slots]
        turns = self._ways.look(self._moves.keys[slots], some[:, motion.US], some[:, motion.LAT], some[:, motion.LON])
        for pair in self._exchanges.turned(turns, self._hulls.hull, self._rest) if turns else ():
            if not all(self._is_at_sea(lat, lon) for _, lat, lon in pair.places):
                continue
            if pair.how == PARTED and self._lie_around(slots, pair) >= ROADSTEAD_SHIPS:
                pairs.append(replace(pair, confidence=min(pair.confidence, ROADSTEAD_CONFIDENCE)))
            else:
                pairs.append(pair)
        return [self._told_exchange(pair, now_us, events) for pair in pairs]

    def _rest(self, segment: int) -> Rest | None:
        """How a transmitter lay last; None where it is not known."""
        slot = int(self._moves.find(np.array([segment], dtype=np.int64))[0])
        if slot < 0:
            return None
        return Rest(*self._moves["move"][slot, motion.REST_US : motion.HOP_LON + 1].tolist())

    def _lie_around(self, slots: NDArray[np.int64], pair: Exchange) -> int:
        """How many other ships, of those heard now, lie still where two parted."""
        move = self._moves["move"][slots]
        _, lat, lon = pair.places[0]
        lies = (move[:, motion.SPEED] < self.config.frozen_kn) & ~np.isin(
            self._moves.keys[slots] & CRAFT_MASK, [pair.craft, pair.other]
        )
        return int((distance_km(move[lies, motion.LAT], move[lies, motion.LON], lat, lon) <= ROADSTEAD_KM).sum())

    def _take_back(self, change: Change, now_us: int, events: list[Event]) -> None:
        """An exchange of which nothing but statements is known, and these are taken back."""
        for subject, event in list(self._ledger.events(PAIRS)):
            about = craft_text(change.craft) in (event.craft, event.other_craft)
            if about and list(event.evidence.get("how", ())) == [STATED]:
                events.extend(self._ledger.retract(PAIRS, 0, telling.exchanged_back(change), now_us, subject))

    def _stated(self, change: Change, where: NDArray[np.float64] | None, now_us: int) -> Exchange | None:
        """The exchange that a newly believed value completes, if it does."""
        if change.back or change.alternates or (other := self._exchanges.stated(change)) is None or where is None:
            return None
        there = self._where(other[0], now_us)
        if there is None:
            return None
        both = sorted(((change.craft, where), (other[0], there)), key=lambda each: each[0])
        apart_km = float(distance_km(*where[[motion.LAT, motion.LON]], *there[[motion.LAT, motion.LON]]))
        places = [(int(at[motion.US]), float(at[motion.LAT]), float(at[motion.LON])) for _, at in both]
        return Exchange(
            both[0][0], both[1][0], STATED, min(change.first_us, other[1]), now_us, 0.0, (),
            None if apart_km <= _BESIDE_KM else False, (places[0], places[1]),
        )  # fmt: skip

    def _told_exchange(self, pair: Exchange, now_us: int, events: list[Event]) -> Finding:
        """An exchange as it is told; what was told of the one or the other alone is withdrawn."""
        subject = telling.pair_of(pair.craft, pair.other)
        known = self._ledger.last(PAIRS, 0, subject)
        if pair.how == STATED:
            said = {*pair.attributes, *(known.evidence.get("exchanged", ()) if known else ())} - {LENGTH}
            sure = 0.4 if not said else 0.75 if len(said) == 1 else 0.9
            if not any(self._is_at_sea(lat, lon) for _, lat, lon in pair.places):
                sure = min(sure, 0.5)  # two of one company that change their names, or are sold
            pair = replace(pair, confidence=sure)
        finding = telling.exchanged(pair, known, self._papers, self._hulls, self._context.port_near)
        self._hulls.drop(pair.craft, pair.other)
        for craft in (pair.craft, pair.other):
            for detail in ("identity_change", "identity_transfer", "displaced"):
                told = self._ledger.last(detail, craft)
                if told is None or told.start_us < finding.start_us - US_PER_H:
                    continue
                if detail == "identity_transfer" and told.other_craft not in subject.split():
                    continue
                why = f"It is told as one with {craft_text(pair.other if craft == pair.craft else pair.craft)}: they exchanged identities."
                events.extend(self._ledger.retract(detail, craft, why, now_us))
        return finding

    def _is_at_sea(self, lat: float, lon: float) -> bool:
        places, at_lat, at_lon = self._context.places, np.array([lat]), np.array([lon])
        off_port = places.port_distance_km(at_lat, at_lon)[0] >= self.config.change_port_km
        return bool(off_port and not places.is_land(at_lat, at_lon)[0])

    def _at_sea(self, where: NDArray[np.float64]) -> bool:
        """Off any port, over water."""
        return self._is_at_sea(float(where[motion.LAT]), float(where[motion.LON]))

    # Emergencies.

    def _standing_emergencies(self) -> list[Finding]:
        found = []
        for craft, cause, since_us, last_us, times in self._emergencies.standing():
            where = self._where(craft, last_us)
            if where is None or abs(last_us - where[motion.US]) > self.config.emergency_s * US_PER_S:
                continue
            case = self._ledger.last("emergency", craft)
            other = case is not None and case.cause != cause
            found.append(telling.emergency(craft, cause, since_us, last_us, times, where, other, self._papers))
        return found

    # Every area_min.

    def _inland(self, now_us: int, every_us: int) -> list[Finding]:
        """Ships far inland: those who came without a jump show waterways, the others are found."""
        move, c = self._moves["move"], self.config
        due = self._moves.alive_mask & (move[:, motion.US] > now_us - every_us) & ~(move[:, motion.LAND_US] > now_us)
        slots = np.flatnonzero(due)
        slots = slots[np.asarray(is_vessel(self._moves.keys[slots] & CRAFT_MASK), dtype=np.bool_)]
        if not len(slots):
            return []
        slots = slots[np.argsort(self._moves.keys[slots])]
        inland = far_inland(self._context.places, move[slots, motion.LAT], move[slots, motion.LON], c.inland_km)
        outside = slots[~inland]
        move[outside, motion.LAND_US] = now_us + _LOOK_AGAIN_US
        move[outside, motion.LAND_SINCE] = np.nan
        slots = slots[inland]
        jumped = np.isfinite(move[slots, motion.JUMP_US])
        came = slots[jumped]
        jumped[jumped] = ~far_inland(
            self._context.places, move[came, motion.JUMP_LAT], move[came, motion.JUMP_LON], c.inland_km
        )
        by_water = slots[~jumped]
        move[by_water, motion.LAND_US] = now_us + _LOOK_AGAIN_US
        cells = np.full(len(slots), -1)
        cells[~jumped] = self._waterways.visited(
            move[by_water, motion.LAT], self._local(move[by_water, motion.LON]), now_us
        )
        found = []
        for slot, cell in zip(slots.tolist(), cells.tolist(), strict=True):
            one, craft = move[slot], int(self._moves.keys[slot]) & CRAFT_MASK
            if cell >= 0:
                self._waterways.note(cell, craft)
                continue
            if self._is_in_mass(craft):
                continue
            lat, lon = float(one[motion.LAT]), float(one[motion.LON])
            if not np.isfinite(one[motion.LAND_SINCE]):
                one[motion.LAND_SINCE] = one[motion.JUMP_US]
            others = self._waterways.others(lat, self._local(lon), craft)
            if now_us - one[motion.LAND_SINCE] >= c.inland_min * US_PER_MIN and others < c.waterway_craft:
                found.append(telling.on_land(craft, one, others, c.inland_km, self._papers))
        return found

    def _struck_areas(self, now_us: int, every_us: int) -> list[Finding]:
        """Craft of known quality, air and sea apart, held against what is usual."""
        move = self._moves["move"]
        heard = self._moves.alive_mask & (move[:, motion.QUALITY_US] > now_us - every_us)
        slots = np.flatnonzero(heard & (move[:, motion.GOOD_US] > now_us - _GOOD_US))
        if not len(slots):
            return []
        slots = slots[np.argsort(self._moves.keys[slots])]
        slots = slots[~np.isin(self._moves.keys[slots], np.array(self._displaced.segments(), dtype=np.int64))]
        bad = now_us - move[slots, motion.BAD_US] >= US_PER_MIN
        air = np.asarray(is_aircraft(self._moves.keys[slots] & CRAFT_MASK))
        found: list[Finding] = []
        for areas, mine, what in ((self._air, air, "aircraft"), (self._sea, ~air, "ships")):
            some, degraded = slots[mine], bad[mine]
            lat, lon = move[some, motion.LAT], move[some, motion.LON]
            for area in areas.judge(lat, self._local(lon), degraded, now_us):
                hit = some[area.degraded]
                centre = from_unit_vectors(unit_vectors(move[hit, motion.LAT], move[hit, motion.LON]).sum(axis=0))
                at_lat, at_lon = float(centre[0]), float(centre[1])
                radius = float(np.max(distance_km(move[hit, motion.LAT], move[hit, motion.LON], at_lat, at_lon)))
                subject = self._near_event("degraded_navigation", at_lat, at_lon, radius + 60.0)
                first = hit[np.lexsort((self._moves.keys[hit], move[hit, motion.BAD_US]))]
                keys = [int(key) & CRAFT_MASK for key in self._moves.keys[first]]
                found.append(
                    telling.degraded(
                        subject, what, keys, int(move[first[0], motion.BAD_US]), now_us, (at_lat, at_lon, radius), area
                    )
                )
        return found

    def _local(self, lon: Any) -> Any:
        return lon - self._origin_lon

    def _forget(self, now_us: int) -> None:
        """Transmitters silent for a day, papers and places for longer."""
        moves = self._moves
        last = moves["move"][:, motion.US]
        gone = np.flatnonzero(moves.alive_mask & ~(now_us - last <= _MEMORY_US))
        placed = gone[np.isfinite(last[gone])]
        placed = placed[np.argsort(last[placed])]  # of several segments of a craft the latest counts
        if len(placed):
            state = moves["move"][placed]
            self._hulls.depart(
                moves.keys[placed] & CRAFT_MASK,
                state[:, motion.US].astype(np.int64),
                state[:, motion.LAT],
                state[:, motion.LON],
            )
        moves.forget(gone)
        if len(self._turns):
            state = self._turns["turn"]
            last = np.max([state[:, turns.place(p) + turns.PLACE_US] for p in range(turns.PLACES)], axis=0)
            self._turns.forget(np.flatnonzero(self._turns.alive_mask & (now_us - last > 2 * _MEMORY_US)))
        self._papers.forget(now_us)
        self._hulls.forget(now_us)
        self._emergencies.forget(now_us)
        self._displaced.forget(now_us)
        self._ways.forget(now_us)
        self._exchanges.forget(now_us)
        self._waterways.forget(now_us)
        self._air.forget(now_us)
        self._sea.forget(now_us)


def _is_reached(every_us: int, now_us: int) -> bool:
    """Whether a tick ends here that reaches a multiple of ``every_us``; a part of a tick reaches none."""
    return now_us % _TICK_US == 0 and now_us // every_us != (now_us - _TICK_US) // every_us


def _any_in(rows: NDArray[np.bool_], borders: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether any row of each tick is marked; ``borders`` of ticks count from where ``rows`` begin."""
    count = np.concatenate([[0], np.cumsum(rows)])[borders - borders[0]]
    return np.asarray(count[1:] > count[:-1], dtype=np.bool_)


def _valid(imo: str) -> bool:
    return imo.isdecimal() and bool(imo_check_digit_ok(int(imo)))


def _badly_formed(craft: NDArray[np.int64]) -> NDArray[np.bool_]:
    """MMSIs of no form of ITU-R M.585-9: neither ship, coast, group, handheld, aircraft, craft of a parent, aid nor distress device."""
    value = number(craft)
    two, three = value // 10_000_000, value // 1_000_000
    proper = (two >= 80) & (two < 90) | (two == 98) | (two == 99) | np.isin(three, (111, 970, 972, 974, 979))
    coast_or_group = (two < 10) & (value > 999_999)
    return ~(proper | coast_or_group)
