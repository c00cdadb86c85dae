"""The integrity detector: minute by minute, what is said against what can be.

It only drives: rules (``rules``) ask what is known (``knowledge``) and make findings; the book of open findings (``open_findings``) makes of them one event per craft (or area) and detail.
At the end of each minute of event time (in a crowded one, of its parts), in this order: displaced rows, identities at several places, each transmitter's motion, statements,
emergencies; and every ``area_min`` exchanges, identities across craft, ships far inland, areas, displacements.

Minutes that concern nobody in particular (``Quiet``) are gone through many at a time.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.detectors.base import BUSY, Context, TickBuffer, Ticks, check_grid
from tracker.detectors.integrity import motion
from tracker.detectors.integrity.config import IntegrityConfig
from tracker.detectors.integrity.emergency import is_grave_squawk
from tracker.detectors.integrity.finding import Finding
from tracker.detectors.integrity.heard import Heard
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.integrity.rules.areas import AreaRule
from tracker.detectors.integrity.rules.displacement import DisplacementRule
from tracker.detectors.integrity.rules.emergency import EmergencyRule
from tracker.detectors.integrity.rules.exchange import ExchangeRule
from tracker.detectors.integrity.rules.inland import InlandRule
from tracker.detectors.integrity.rules.motion import MotionRule
from tracker.detectors.integrity.rules.several_places import SeveralPlacesRule
from tracker.detectors.integrity.rules.statements import StatementRule
from tracker.detectors.integrity.rules.successors import SuccessorRule
from tracker.detectors.integrity.said import Said
from tracker.events import Event, EventKind, event_order
from tracker.identity import CRAFT_MASK, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_MIN

_LAYOUT: Final = 8
_TICK_US: Final = US_PER_MIN
_MEMORY_US: Final = 26 * US_PER_H
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
        self.config = config
        self._buffer = TickBuffer(_TICK_US, parts=BUSY)
        self._known = known = Knowledge(config, context)
        self._displacement = DisplacementRule(known)
        self._several_places = SeveralPlacesRule(known)
        self._motion = MotionRule(known)
        self._exchange = ExchangeRule(known)
        self._statements = StatementRule(known, self._exchange)
        self._successors = SuccessorRule(known)
        self._emergency = EmergencyRule(known)
        self._inland = InlandRule(known)
        self._areas = AreaRule(known)
        self._origin_lon = context.grid_origin_deg

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
                    events.extend(self._tick(int(ticks.end_us[first]), heard, first, part))
                    first += 1

    def _pass_over(self, ticks: Ticks, first: int, every_us: int, events: list[Event]) -> int:
        """Ticks without a row in which everybody has been silent for ``every_us``: only time goes on, so that events close and who is silent for
        long is forgotten. The tick with which something happens again; ``first`` where something does now."""
        if (
            ticks.row[first + 1] > ticks.row[first]
            or ticks.static[first + 1] > ticks.static[first]
            or len(self._emergency.emergencies)
            or len(self._known.displaced)
        ):
            return first
        move = self._known.moves["move"][self._known.moves.alive_mask][:, [motion.US, motion.QUALITY_US]]
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
                max(k, int(np.searchsorted(ends, self._known.open.due_us))),
            )
            if k >= len(ends):
                return stop
            events.extend(self._enter([], int(ends[k])))
            k += 1

    def _is_border(self, now_us: int, every_us: int) -> bool:
        """Whether more than a minute's work is done at the end of a slice."""
        return _is_reached(every_us, now_us) or _is_reached(US_PER_H, now_us)

    def _quiet(self, ticks: Ticks, heard: Heard, said: Said, first: int, stop: int) -> Quiet:
        """Which ticks concern nobody in particular: nobody is new, has several segments, speaks of an emergency, or says of itself what is not known."""
        is_quiet = np.zeros(stop - first, dtype=np.bool_)
        a, b = int(heard.row[first]), int(heard.row[stop])
        quiet = Quiet(first, is_quiet)
        if len(self._emergency.emergencies) or (len(self._known.displaced) and b > a):
            return quiet
        segment = heard["segment"][a:b]
        quiet.slots = slots = self._known.moves.find(segment)
        concerns = (slots < 0) | (segment > CRAFT_MASK) | (heard["displaced"][a:b] != NO_CODE_U8)
        concerns |= self._known.moves["proven"][slots] == 0
        if len(self._known.turns):
            concerns |= self._known.turns.find(heard["craft"][a:b]) >= 0
        is_quiet[:] = ~(
            _any_in(concerns, heard.row[first : stop + 1])
            | _any_in(heard.is_grave[ticks.row[first] : ticks.row[stop]], ticks.row[first : stop + 1])
        )
        if is_quiet.any() and ticks.static[stop] > ticks.static[first]:
            part = said.part(int(ticks.static[first]), int(ticks.static[stop]))
            says_new = (
                is_grave_squawk(part.statics.squawk)
                | self._known.papers.is_new(part.statics)
                | self._known.hulls.is_new(part)
            )
            is_quiet &= ~_any_in(says_new, ticks.static[first : stop + 1])
        return quiet

    def _go_on(self, ticks: Ticks, heard: Heard, said: Said, quiet: Quiet, events: list[Event]) -> None:
        """The quiet ticks before the first that is not, all in one go: only motions are followed, and what is said is noted as said again.

        Of these ticks only the last may be a border.
        """
        first, stop = quiet.first, quiet.stop
        a, b = int(heard.row[first]), int(heard.row[stop])
        records = self._motion.follow(heard, a, b, quiet.slots[: b - a]) if b > a else motion.no_records(0)[:0]
        if ticks.static[stop] > ticks.static[first]:
            part = said.part(int(ticks.static[first]), int(ticks.static[stop]))
            self._known.papers.note(part.statics)
            self._known.hulls.note(part)
        tick_of = np.searchsorted(ticks.end_us[first:stop], records["now_us"], side="left") + first
        at = 0
        for k in range(first, stop):
            now_us = int(ticks.end_us[k])
            until = int(np.searchsorted(tick_of, k, side="right")) if len(records) else 0
            found = self._motion.findings(records[at:until])
            at = until
            if k == stop - 1:
                found += self._border(now_us)
            events.extend(self._enter(found, now_us))

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their events are closed."""
        self._buffer.forget(craft)
        known, keys, gone = self._known, transmitters_of(craft), set(craft.tolist())
        known.moves.forget_keys(keys)
        known.turns.forget_keys(craft)
        known.papers.state.forget_keys(craft)
        known.hulls.forget_craft(craft)
        known.displaced.forget_craft(gone)
        self._emergency.emergencies.forget_craft(gone)
        self._inland.waterways.forget_craft(craft)
        self._exchange.ways.forget_keys(keys)
        self._exchange.exchanges.forget_craft(gone)
        return sorted(known.open.forget(gone, at_us), key=event_order)

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        known = self._known
        tables = {
            **self._buffer.tables(),
            "moves": known.moves.capture(),
            "turns": known.turns.capture(),
            "papers": known.papers.capture(),
            **known.hulls.capture(),
            "displaced": known.displaced.to_arrow(),
            "open": known.open.to_arrow(),
            "emergencies": self._emergency.emergencies.to_arrow(),
            "waterways": self._inland.waterways.to_arrow(),
            "air": self._areas.air.to_arrow(),
            "sea": self._areas.sea.to_arrow(),
            "ways": self._exchange.ways.capture(),
            "exchanges": self._exchange.exchanges.to_arrow(),
            "origin": scalars(lon=float(self._origin_lon)),
        }
        return pack_later("integrity", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("integrity", _LAYOUT, snapshot)
        known = self._known
        self._buffer.restore(tables)
        known.moves.restore_arrow(tables["moves"])
        known.turns.restore_arrow(tables["turns"])
        known.papers.restore(tables["papers"])
        known.hulls.restore(tables)
        known.displaced.restore(tables["displaced"])
        known.open.restore(tables["open"])
        self._emergency.emergencies.restore(tables["emergencies"])
        self._inland.waterways.restore(tables["waterways"])
        self._areas.air.restore(tables["air"])
        self._areas.sea.restore(tables["sea"])
        self._exchange.ways.restore(tables["ways"])
        self._exchange.exchanges.restore(tables["exchanges"])
        check_grid(float(tables["origin"].column("lon")[0].as_py()), self._origin_lon)

    def _tick(self, now_us: int, heard: Heard, k: int, said: Said) -> list[Event]:
        """What all rules say of a tick, and the events it makes."""
        known, found = self._known, []
        self._emergency.hear(heard, k, said.statics)
        a, b = int(heard.row[k]), int(heard.row[k + 1])
        if b > a:
            rows, air = heard.part(a, b), heard.air[a:b]
            self._displacement.hear(rows, air, now_us)
            found += self._several_places.judge(rows, air)
            found += self._motion.judge(heard, a, b)
        if len(said.statics):
            known.hulls.add(said, known.where)
            found += self._statements.judge(said.statics, now_us)
        found += self._emergency.judge()
        border = self._border(now_us)
        # who joins a mass displacement at this border has not jumped at it either
        found = [one for one in found if one.detail != "impossible_speed" or not known.is_in_mass(one.key)]
        return self._enter(found + border, now_us)

    def _border(self, now_us: int) -> list[Finding]:
        """What is judged every ``area_min``."""
        every_us = int(self.config.area_min * US_PER_MIN)
        if not _is_reached(every_us, now_us):
            return []
        return (
            self._exchange.judge(now_us, every_us)
            + self._successors.judge(now_us)
            + self._inland.judge(now_us, every_us)
            + self._areas.judge(now_us, every_us)
            + self._displacement.judge(now_us, every_us)
        )

    def _enter(self, found: list[Finding], now_us: int) -> list[Event]:
        """The findings of a tick into the book, and the end of the tick: its events, in order."""
        known = self._known
        events, known.withdrawn = known.withdrawn, []
        for finding in found:
            events += known.open.enter(finding, now_us)
        events += known.open.close_quiet(now_us)
        if _is_reached(US_PER_H, now_us):
            self._forget(now_us)
        return sorted(events, key=event_order) if len(events) > 1 else events

    def _forget(self, now_us: int) -> None:
        """Transmitters silent for a day, statements and places for longer."""
        known = self._known
        moves = known.moves
        last = moves["move"][:, motion.US]
        gone = np.flatnonzero(moves.alive_mask & ~(now_us - last <= _MEMORY_US))
        placed = gone[np.isfinite(last[gone])]
        placed = placed[np.argsort(last[placed])]  # of several segments of a craft the latest counts
        if len(placed):
            state = moves["move"][placed]
            known.hulls.depart(
                moves.keys[placed] & CRAFT_MASK,
                state[:, motion.US].astype(np.int64),
                state[:, motion.LAT],
                state[:, motion.LON],
            )
        moves.forget(gone)
        if len(known.turns):
            last = known.turns["place_us"].max(axis=1)
            known.turns.forget(np.flatnonzero(known.turns.alive_mask & (now_us - last > 2 * _MEMORY_US)))
        known.papers.forget(now_us)
        known.hulls.forget(now_us)
        known.displaced.forget(now_us)
        self._emergency.emergencies.forget(now_us)
        self._exchange.ways.forget(now_us)
        self._exchange.exchanges.forget(now_us)
        self._inland.waterways.forget(now_us)
        self._areas.air.forget(now_us)
        self._areas.sea.forget(now_us)


def _is_reached(every_us: int, now_us: int) -> bool:
    """Whether a tick ends here that reaches a multiple of ``every_us``; a part of a tick reaches none."""
    return now_us % _TICK_US == 0 and now_us // every_us != (now_us - _TICK_US) // every_us


def _any_in(rows: NDArray[np.bool_], borders: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether any row of each tick is marked; ``borders`` of ticks count from where ``rows`` begin."""
    count = np.concatenate([[0], np.cumsum(rows)])[borders - borders[0]]
    return np.asarray(count[1:] > count[:-1], dtype=np.bool_)
