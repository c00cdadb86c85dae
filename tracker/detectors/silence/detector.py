"""The silence detector: gaps, dark periods and feed outages, judged minute by minute.

At the end of each tick of event time, in this order, so that an outage always speaks before a dark period does:

1. craft heard again after a silence are noted with what was remembered of them;
2. the rows of the tick are learned (craft, cells, feeds);
3. feeds that came back close their outages, feeds found out open one; dark periods of their craft are withdrawn;
4. craft heard again close their gaps and dark periods, or are told of for the first time, already closed: once they have said where they
   are, or a minute later (``placeless``);
5. craft whose silence is due for a look are judged with what is known now: gap opened, cause revised, dark period raised;
6. losses are booked to the cells, after all were judged.

A tick of many rows comes in parts: each is learned, and who is heard again in it told of, when it is complete; 3. (but for feeds that came
back), 5. and 6. are done at the end of the tick.

States of one silence: ``(heard) -> due -> gap open [-> dark open] -> closed``; a dark period may come before the gap's own
threshold, and then brings the gap with it. A silence looked at once is looked at again when it has grown by 15 %, by half where it is not at all surprising.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.detectors.base import BUSY, Context, TickBuffer, Ticks, check_grid
from tracker.detectors.silence.air import leads_out_of_reach
from tracker.detectors.silence.columns import AIRCRAFT, LOSS_S, NEVER_US, NO_CHECK_US
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.kept import events_dict, events_table
from tracker.detectors.silence.lost import (
    Return,
    Silence,
    Verdict,
    by_outage,
    is_flying,
    look_up_places,
    made_good_kn,
    silence_of,
)
from tracker.detectors.silence.memory import LOST_TO_EDGE, Memory
from tracker.detectors.silence.outage import FeedWatch, OutageChange
from tracker.detectors.silence.placeless import Placeless
from tracker.detectors.silence.sea import lay_at_berth
from tracker.detectors.silence.sparse import SparseWatch
from tracker.detectors.silence.stretch import Stage, Stretch
from tracker.detectors.silence.telling import (
    SHARED_NUMBER,
    WITHOUT_OUTAGE,
    closed,
    dark_event,
    gap_event,
    given_up,
    outage_event,
    outage_over,
    recaused,
    withdrawn,
)
from tracker.detectors.silence.verdicts import judge, judge_all
from tracker.detectors.silence.ways import SURPRISING
from tracker.detectors.silence.witnesses import shares_number
from tracker.detectors.wording import Landmarks
from tracker.events import Event, EventKind, EventState, GapCause, Rule, event_order
from tracker.identity import CRAFT_MASK, transmitters_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.gear import is_gear_name
from tracker.tracks.ship_types import ShipTypes

_LAYOUT: Final = 10
_LOOK_AGAIN: Final = 1.15
_LOOK_LATER: Final = 1.5
_LAST_LOOK_S: Final = (43_200.0, 7_200.0)
"""A silence of a ship or an aircraft older than this is not judged again."""
_HOUR_US: Final = 3_600_000_000
_FOLLOWED_BEATS: Final = 4
"""A craft heard fewer times was not followed, so it is hardly a loss (``Memory.may_book_stranger``)."""


class SilenceDetector:
    """Finds gaps, dark periods and feed outages."""

    kinds = frozenset({EventKind.GAP, EventKind.DARK_PERIOD, EventKind.FEED_OUTAGE})

    def __init__(self, config: SilenceConfig, context: Context) -> None:
        self.config = config
        self._context = context
        self._buffer = TickBuffer(int(config.tick_s * 1e6), parts=BUSY)
        self._memory = Memory(config, context.grid_origin_deg)
        self._kept_as = "silence by counts" if self._memory.counts is not None else "silence"
        self._feeds = FeedWatch(config, self._memory)
        self._gaps: dict[int, Event] = {}
        self._darks: dict[int, Event] = {}
        self._outages: dict[int, Event] = {}
        self._sparse = SparseWatch()
        self._placeless = Placeless()
        self._ships = ShipTypes()
        thresholds = config.thresholds()
        self._rules = {kind: Rule(str(kind), "3", thresholds) for kind in self.kinds}

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Hold rows until their minute is complete."""
        self._buffer.add(positions, StaticBatch.empty())
        self._ships.add(statics)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge every complete minute."""
        events: list[Event] = []
        for ticks in self._buffer.ticks(watermark_us):
            self._go_through(ticks, events)
        self._ships.advance_watermark(watermark_us)
        return events

    def _go_through(self, ticks: Ticks, events: list[Event]) -> None:
        stretch = Stretch(ticks, self._memory, self._feeds)
        k = counted = 0
        while k < len(ticks.end_us):
            k, stage = (k, Stage.ALL) if self._placeless else stretch.run(k)
            self._count(ticks, counted, k)
            counted = k
            if stage is Stage.DONE:
                break
            now_us = int(ticks.end_us[k])
            found = self._tick(now_us, ticks.positions_of(k)) if stage is Stage.ALL else self._rest(now_us, stage)
            if len(found) > 1:
                found.sort(key=event_order)
            events.extend(found)
            k += 1
        self._count(ticks, counted, len(ticks.end_us))

    def _count(self, ticks: Ticks, first: int, stop: int) -> None:
        """Count the rows of some ticks; those of a tick only after it was judged, so that who comes back in it is judged by what was before."""
        if first >= stop:
            return
        rows = ticks.positions.take(slice(int(ticks.row[first]), int(ticks.row[stop])))
        self._memory.reach.learn(rows, self._memory.origin_lon)
        self._memory.listen(rows.time_us)
        self._feeds.learn(rows)
        if self._memory.counts is not None:
            self._memory.counts.learn(rows, self._memory.origin_lon)

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their gaps and dark periods are withdrawn."""
        self._buffer.forget(craft)
        self._ships.forget(craft)
        keys = transmitters_of(craft)
        self._memory.forget_craft(keys)
        self._feeds.forget(keys)
        events: list[Event] = []
        for told in (self._gaps, self._darks):
            for key in sorted(told.keys() & set(keys.tolist())):
                events.append(given_up(told.pop(key), at_us))
        self._sparse.forget(keys.tolist())
        self._placeless.forget(keys.tolist())
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        memory = self._memory
        tables = {
            **self._buffer.tables(),
            **self._feeds.tables(),
            **self._ships.tables(),
            **memory.reach.tables(),
            "craft": memory.craft.capture(),
            "cells": memory.cells.capture(),
            "learned": scalars(
                origin_lon=memory.origin_lon,
                feed=memory.feed.ravel().tolist(),
                listened=memory.listened,
                listened_us=memory.listened_us,
            ),
            "gaps": events_table(self._gaps),
            "darks": events_table(self._darks),
            "outages": events_table(self._outages),
            "sparse": self._sparse.table(),
            "placeless": self._placeless.table(),
        }
        if memory.counts is not None:
            tables |= memory.counts.tables()
        return pack_later(self._kept_as, _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot."""
        tables = unpack(self._kept_as, _LAYOUT, snapshot)
        self._buffer.restore(tables)
        self._feeds.restore(tables)
        self._ships.restore(tables)
        self._memory.craft.restore_arrow(tables["craft"])
        self._memory.cells.restore_arrow(tables["cells"])
        self._memory.reach.restore(tables)
        if self._memory.counts is not None:
            self._memory.counts.restore(tables)
        learned = tables["learned"].to_pylist()[0]
        check_grid(learned["origin_lon"], self._memory.origin_lon)
        self._memory.feed = np.array(learned["feed"]).reshape(2, 5)
        self._memory.listened, self._memory.listened_us = learned["listened"], learned["listened_us"]
        self._gaps = events_dict(tables["gaps"], self._rules)
        self._darks = events_dict(tables["darks"], self._rules)
        self._outages = events_dict(tables["outages"], self._rules)
        self._sparse.restore(tables["sparse"], self._rules)
        self._placeless.restore(tables["placeless"])

    def _tick(self, now_us: int, rows: PositionBatch) -> list[Event]:
        events: list[Event] = []
        back: list[tuple[Silence, int]] = []
        memory = self._memory
        if len(rows):
            slots = memory.enter(rows)
            returned = memory.silent_again(rows, slots)
            if len(returned):
                look_up_places(slots[returned].astype(np.int64), memory, self._context)
            back = [(silence_of(memory, int(slots[row])), int(rows.time_us[row])) for row in returned]
            memory.craft["opened"][slots[returned]] = 0
            stations = self._feeds.station_keys(rows)
            memory.learn(rows, slots, stations)
            memory.craft["since_us"][slots[returned]] = rows.time_us[returned]
            for change in self._feeds.hear(rows, stations):
                events.append(self._feed_back(change, now_us))
        is_over = now_us % self._buffer.tick_us == 0
        if is_over:
            self._judge_feeds(self._feeds.judge(now_us), now_us, events)
        for silence, again in self._placeless.returns(back, rows, now_us):
            events.extend(self._close(silence, again, now_us))
        if is_over:
            self._finish(now_us, events)
        return events

    def _rest(self, now_us: int, stage: Stage) -> list[Event]:
        """What is left of a tick that a stretch has begun: nobody came back in it."""
        events: list[Event] = []
        if stage is Stage.FEEDS:
            self._judge_feeds(self._feeds.look(now_us), now_us, events)
        self._finish(now_us, events)
        return events

    def _judge_feeds(self, changes: list[OutageChange], now_us: int, events: list[Event]) -> None:
        for change in changes:
            if change.end_us is None:
                events.extend(self._feed_out(change, now_us))
            else:
                events.append(self._feed_back(change, now_us))

    def _finish(self, now_us: int, events: list[Event]) -> None:
        """Look at the craft whose silence is due; forget once an hour."""
        events.extend(self._look(now_us))
        if now_us // _HOUR_US != (now_us - self._buffer.tick_us) // _HOUR_US:
            gone = self._memory.forget(now_us)
            self._sparse.expire(now_us)
            self._feeds.forget(gone, now_us)
            for key in gone.tolist():
                self._gaps.pop(key, None)
                self._darks.pop(key, None)
            self._placeless.forget(gone)

    def _look(self, now_us: int) -> list[Event]:
        """Judge the craft whose silence is due."""
        due = self._memory.due(now_us)
        if not len(due):
            return []
        look_up_places(due, self._memory, self._context)
        events: list[Event] = []
        craft = self._memory.craft
        lost: list[int] = []
        to_feed: list[bool] = []
        inside: list[int] = []
        silences: list[Silence] = []
        asked: list[int] = []
        for slot in due.tolist():
            silence = silence_of(self._memory, slot)
            if silence.pos_us == NEVER_US or (silence.kind == AIRCRAFT and not is_flying(silence, self.config)):
                craft["next_us"][slot] = NO_CHECK_US
            else:
                silences.append(silence)
                asked.append(slot)
        in_passing = [not self._opens(silence, now_us) for silence in silences]
        verdicts = judge_all(silences, in_passing, now_us, self._memory, self._context)
        for slot, silence, weighed in zip(asked, silences, verdicts, strict=True):
            verdict = self._unless_gear(silence, weighed, now_us)
            told = self._tell(silence, verdict, now_us)
            events.extend(told)
            if told:
                craft["opened"][slot] = 1
            craft["next_us"][slot] = self._next_look(silence, verdict, now_us)
            if verdict.shared:
                craft["shared"][slot] = 1
            followed = craft["beats"][slot] >= _FOLLOWED_BEATS
            if verdict.inside and not craft["inside"][slot] and followed:
                inside.append(slot)
            age_s = (now_us - silence.since_us) / 1e6
            outage = verdict.cause == GapCause.FEED_OUTAGE
            under_way = silence.kind == AIRCRAFT or not silence.speed_kn < self.config.moored_speed_kn
            if (
                age_s >= LOSS_S[silence.kind]
                and not craft["booked"][slot]
                and under_way
                and not (outage or verdict.heard_elsewhere)
                and (followed or self._memory.may_book_stranger(silence.kind))
            ):
                if silence.kind == AIRCRAFT and leads_out_of_reach(silence, self._memory):
                    craft["booked"][slot] = LOST_TO_EDGE
                    continue
                lost.append(slot)
                to_feed.append(followed and verdict.cause != GapCause.IN_PORT)
        if inside:
            self._memory.note_inside(np.array(inside))
        if lost:
            self._memory.book_losses(np.array(lost), np.array(to_feed))
        return events

    def _tell(self, silence: Silence, verdict: Verdict, now_us: int) -> list[Event]:
        """Open or revise what a verdict says."""
        events: list[Event] = []
        key, dark = silence.key, verdict.cause == GapCause.SILENT_IN_COVERAGE
        gap = self._gaps.get(key)
        if gap is None:
            if dark or self._opens(silence, now_us):
                self._gaps[key] = gap_event(silence, verdict, now_us, self._rules[EventKind.GAP], self._near(silence))
                events.append(self._gaps[key])
        elif gap.cause != verdict.cause and (dark or verdict.cause == GapCause.FEED_OUTAGE):
            self._gaps[key] = recaused(gap, silence, verdict, now_us, self._near(silence))
            events.append(self._gaps[key])
        if dark and key not in self._darks:
            self._darks[key] = dark_event(
                silence, verdict, now_us, self._rules[EventKind.DARK_PERIOD], self._near(silence)
            )
            events.append(self._darks[key])
        return events

    def _unless_gear(self, silence: Silence, verdict: Verdict, now_us: int) -> Verdict:
        """A buoy on fishing gear is hauled aboard and switched off whenever it suits: its silence is nobody's."""
        if verdict.cause != GapCause.SILENT_IN_COVERAGE or silence.kind == AIRCRAFT:
            return verdict
        name = self._ships.known_at(silence.key & CRAFT_MASK, now_us).name
        return replace(verdict, cause=GapCause.UNKNOWN, reason="gear") if is_gear_name(name) else verdict

    def _opens(self, silence: Silence, now_us: int) -> bool:
        """Whether its gap is told now, whatever its cause."""
        long_enough = (now_us - silence.since_us) / 1e6 >= self._gap_min_s(silence.kind)
        return long_enough and silence.key not in self._gaps

    def _near(self, silence: Silence) -> Landmarks:
        """What names the place where a craft was heard last."""
        context = self._context
        return context.aerodrome_near if silence.kind == AIRCRAFT else context.port_near

    def _next_look(self, silence: Silence, verdict: Verdict, now_us: int) -> int:
        age_s = (now_us - silence.since_us) / 1e6
        gap_us = silence.since_us + int(self._gap_min_s(silence.kind) * 1e6)
        settled = verdict.cause == GapCause.SILENT_IN_COVERAGE or np.isnan(verdict.p_silence)
        dark_us = silence.since_us + int(self._dark_min_s(silence.kind) * 1e6)
        loss_us = silence.since_us + int(LOSS_S[silence.kind] * 1e6)
        ahead = [at for at in (dark_us, loss_us, gap_us) if at > now_us]
        if settled or age_s >= _LAST_LOOK_S[silence.kind]:
            return min(ahead, default=NO_CHECK_US)
        growth = _LOOK_AGAIN if verdict.p_silence < SURPRISING else _LOOK_LATER
        return min([silence.since_us + int(age_s * growth * 1e6), *ahead])

    def _close(self, silence: Silence, back: Return, now_us: int) -> list[Event]:
        """Heard again."""
        slot = self._memory.craft.find(np.array([silence.key]))[0]
        key = silence.key
        published = [told[key].revision if key in told else 0 for told in (self._gaps, self._darks)]
        airborne = silence.kind != AIRCRAFT or is_flying(silence, self.config)
        if key not in self._darks and silence.pos_us != NEVER_US and airborne:
            verdict = judge(silence, back.time_us, self._memory, self._context, back)
            verdict = self._unless_gear(silence, verdict, now_us)
            self._tell(silence, verdict, back.time_us)
            if key in self._gaps:
                self._gaps[key] = recaused(self._gaps[key], silence, verdict, back.time_us, self._near(silence))
            if verdict.inside and verdict.under_way:
                self._memory.note_heard_again(silence.kind, silence.noted)
        beats = int(self._memory.craft["beats"][slot])
        events = self._sparse.hear(silence, back, beats, now_us)
        weighed = silence.kind != AIRCRAFT and self._memory.counts is None
        if published[1] and weighed and lay_at_berth(silence, back, self.config):
            verdict = Verdict(GapCause.IN_PORT, place_km=silence.place_km, reason="berth")
            events.append(withdrawn(self._darks.pop(key), now_us, GapCause.IN_PORT))
            self._gaps[key] = recaused(self._gaps[key], silence, verdict, now_us, self._near(silence))
        elif published[1] and weighed and shares_number(silence, back=back, memory=self._memory):
            events.append(withdrawn(self._darks.pop(key), now_us, GapCause.UNKNOWN, SHARED_NUMBER))
            verdict = Verdict(GapCause.UNKNOWN, heard_elsewhere=True)
            self._gaps[key] = recaused(self._gaps[key], silence, verdict, now_us, self._near(silence))
        elif published[1] and self._lost_by_habit(silence, back):
            events.append(withdrawn(self._darks.pop(key), now_us, GapCause.UNKNOWN))
            self._gaps[key] = recaused(self._gaps[key], silence, Verdict(GapCause.UNKNOWN), now_us, self._near(silence))
        for told, revision in zip((self._gaps, self._darks), published, strict=True):
            event = told.pop(key, None)
            if event is not None:
                events.append(replace(closed(event, silence, back, now_us, self._near(silence)), revision=revision + 1))
        if len(events) > 1 and events[-1].kind == EventKind.DARK_PERIOD and events[-1].state == EventState.CLOSED:
            gap, dark = events[-2:]
            if weighed:
                self._sparse.begin(key, dark, gap, beats)
        return events

    def _lost_by_habit(self, silence: Silence, back: Return) -> bool:
        """Whether what has been learned of the feed since makes nothing of a silence from which she came back lying still."""
        if silence.kind != AIRCRAFT and self._memory.counts is not None:
            return False  # the rule of ``counts`` asks for nothing else
        if silence.pos_us == NEVER_US or not made_good_kn(silence, back) < self.config.under_way_again_kn:
            return False  # where she is now, her first message may not say
        most = self.config.max_habit_air if silence.kind == AIRCRAFT else self.config.max_habit_ship
        return self._memory.habit(silence.kind, False) > most

    def _feed_out(self, change: OutageChange, now_us: int) -> list[Event]:
        """A feed fell silent: its craft are blind from then on, and dark periods that began with it are withdrawn."""
        name = self._context.source_name(change.source)
        event = outage_event(change, name, now_us, self._rules[EventKind.FEED_OUTAGE])
        self._outages[change.key] = event
        events = [event]
        craft = self._memory.craft
        slots = self._feeds.heard_by(change.key)
        if change.thin:
            slots = slots[craft["heard_us"][slots] <= change.start_us + (now_us - change.start_us) // 2]
        blind_from = craft["blind_from_us"][slots]
        later = (blind_from == NEVER_US) | (blind_from > change.start_us)
        craft["blind_from_us"][slots[later]] = change.start_us
        craft["blind_to_us"][slots] = NO_CHECK_US
        for slot, key in zip(slots.tolist(), craft.keys[slots].tolist(), strict=True):
            if key not in self._gaps:
                continue
            silence = silence_of(self._memory, slot)
            if by_outage(silence):
                events.extend(self._tell(silence, Verdict(GapCause.FEED_OUTAGE), now_us))
                if key in self._darks:
                    events.append(withdrawn(self._darks.pop(key), now_us, GapCause.FEED_OUTAGE))
            elif key in self._darks:
                events.extend(self._judge_rest(slot, silence, now_us))
        return events

    def _judge_rest(self, slot: int, silence: Silence, now_us: int) -> list[Event]:
        """A dark period told before it was known that the feed is out: withdrawn, where what is left of it outside the outage proves nothing."""
        verdict = self._unless_gear(silence, judge(silence, now_us, self._memory, self._context), now_us)
        if verdict.cause == GapCause.SILENT_IN_COVERAGE:
            return []
        key = silence.key
        self._gaps[key] = recaused(self._gaps[key], silence, verdict, now_us, self._near(silence))
        dark = withdrawn(self._darks.pop(key), now_us, GapCause.FEED_OUTAGE, WITHOUT_OUTAGE)
        self._memory.craft["next_us"][slot] = self._next_look(silence, verdict, now_us)
        return [self._gaps[key], dark]

    def _feed_back(self, change: OutageChange, now_us: int) -> Event:
        """A feed is back: from its first row on, silence counts again."""
        craft = self._memory.craft
        slots = self._feeds.heard_by(change.key)
        blind = slots[craft["blind_to_us"][slots] == NO_CHECK_US]
        craft["blind_to_us"][blind] = now_us
        return outage_over(self._outages.pop(change.key), change, now_us)

    def _gap_min_s(self, kind: int) -> float:
        return self.config.gap_min_air_s if kind == AIRCRAFT else self.config.gap_min_ship_s

    def _dark_min_s(self, kind: int) -> float:
        return self.config.dark_min_air_s if kind == AIRCRAFT else self.config.dark_min_ship_s
