"""What box events say of the consignments of a leg: which of them are proven aboard, proven ashore, or proven elsewhere.

===================  ====================================================================================================================
the last event says  then
===================  ====================================================================================================================
loaded, stowed       aboard, where the event names the craft of the papers, or none and the port of loading
loaded, stowed       on another craft: not aboard this one; ashore from it, where it had been aboard
discharged           ashore, where it was aboard or the event names the craft of the papers; at the port of loading it says nothing
gated out            ashore, at the port of discharge
===================  ====================================================================================================================

An event long before the declared departure is another voyage's. Of a consignment in several boxes one aboard is enough, and all must be ashore. The answer of a leg is kept
until its boxes, or the events known at the instant asked for, are others; so it costs nothing at sea.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from tracker.cargo.box_events import BoxEvent, BoxEventKind
from tracker.cargo.box_log import NEVER_US, BoxLog, Known
from tracker.cargo.link_config import LEAST_SURE, OVERDUE
from tracker.cargo.links import Leg, Standing
from tracker.cargo.loading import Status
from tracker.units import US_PER_DAY
from tracker.voyages.agreement import agree

_ABOARD: Final = (BoxEventKind.LOADED, BoxEventKind.STOWED)
_EARLIEST_US: Final = 21 * US_PER_DAY
"""An event so long before the declared departure belongs to an earlier voyage (ours: a box stands a week in the terminal, and a sailing slips by two)."""
MOST_ITEMS: Final = 200_000
"""Consignments of the legs asked of last."""
_MOST_ANSWERS: Final = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is proven of some consignments. ``last_us``: when they were last proven aboard; ``ashore_us``: from when on they are not."""

    status: Status
    from_us: int
    last_us: int
    reason: str
    ashore_us: int | None = None


def prove(base: Standing, part: Leg, verdict: Verdict | None, surest: float, at_us: int, overdue_us: int) -> Standing:
    """What is believed of a part of a leg, given what is believed of the leg by calls and declarations.

    Parameters
    ----------
    surest:
        Confidence of the match of craft and papers.
    overdue_us:
        So long after the declared arrival a craft is overdue.
    """
    base = replace(base, leg=part, flags=base.flags.only(part.items))
    if verdict is None:
        return base
    reason = f"{base.reason}, {verdict.reason}"
    if verdict.status is Status.DISCHARGED:
        return replace(
            base, status=Status.DISCHARGED, reason=reason, from_us=verdict.from_us, until_us=verdict.ashore_us, arrived_us=verdict.ashore_us, among=(),
        )  # fmt: skip
    if verdict.status is Status.EXPECTED:
        return replace(base, status=Status.EXPECTED, reason=reason, among=())
    arrived_us = base.arrived_us if base.arrived_us is not None and base.arrived_us > verdict.last_us else None
    is_over = (
        base.until_us is not None and at_us >= base.until_us and (arrived_us is not None or base.arrived_us is None)
    )
    if is_over or base.among or surest < LEAST_SURE:
        return replace(base, reason=reason)
    arrives_us = base.leg.declared.arrives_us
    is_late = arrived_us is None and arrives_us is not None and at_us > arrives_us + overdue_us
    return replace(
        base, status=Status.LOADED, reason=reason, from_us=verdict.from_us, arrived_us=arrived_us, is_loading_seen=True,
        until_us=base.until_us if arrived_us is not None or base.arrived_us is None else None,
        confidence=round(max(base.confidence, surest * (OVERDUE if is_late else 1.0)), 4),
    )  # fmt: skip


@dataclass(slots=True)
class _Boxed:
    """A consignment with boxes of which something is known; ``settled`` is the verdict once all of it counts, from ``from_us`` on (empty: not asked yet)."""

    boxes: list[list[tuple[Known, int]]]
    instants: set[int]
    from_us: int
    settled: tuple[Verdict | None, ...] = ()


@dataclass(slots=True)
class _Kept:
    """A leg's consignments with boxes of which something is known, where each box is, and the answers given last."""

    boxed: dict[int, _Boxed]
    places: dict[str, list[int]]
    instants: list[int]
    answers: OrderedDict[tuple[int, int], list[tuple[Verdict | None, Leg]]]


class BoxedLegs:
    """Splits legs by what box events prove. ``same_port`` says whether two codes are one port."""

    def __init__(self, log: BoxLog, same_port: Callable[[str, str], bool]) -> None:
        self._log, self._same_port = log, same_port
        self._kept: OrderedDict[Leg, _Kept] = OrderedDict()
        self._legs_of: dict[str, set[Leg]] = defaultdict(set)
        self._items = 0

    def parts(self, leg: Leg, at_us: int, known_us: int) -> list[tuple[Verdict | None, Leg]]:
        """The leg in parts, each with what is proven of it; None where nothing is."""
        if not len(self._log):
            return [(None, leg)]
        kept = self._kept.get(leg)
        if kept is None:
            kept = self._keep(leg)
        if not kept.boxed:
            return [(None, leg)]
        key = bisect_right(kept.instants, at_us), bisect_right(kept.instants, known_us)
        answer = kept.answers.get(key)
        if answer is None:
            answer = kept.answers[key] = self._split(leg, kept, at_us, known_us)
            while len(kept.answers) > _MOST_ANSWERS:
                kept.answers.popitem(last=False)
        return answer

    def changed(self, equipment_ids: Iterable[str]) -> None:
        """Something else is known of some boxes."""
        for box in equipment_ids:
            for leg in self._legs_of.get(box, ()):
                kept = self._kept[leg]
                for at in kept.places[box]:
                    self._enter(leg, at, kept)
                    for instant in sorted(kept.boxed[at].instants) if at in kept.boxed else ():
                        if (place := bisect_left(kept.instants, instant)) == len(kept.instants) or kept.instants[
                            place
                        ] != instant:
                            kept.instants.insert(place, instant)
                kept.answers.clear()

    def forget(self, legs: Iterable[Leg]) -> None:
        """Keep nothing of some legs."""
        for leg in list(legs):
            if self._kept.pop(leg, None) is None:
                continue
            self._items -= len(leg.items)
            for item in leg.items:
                for box in item.equipment:
                    named = self._legs_of.get(box.equipment_id)
                    if named is not None:
                        named.discard(leg)
                        if not named:
                            del self._legs_of[box.equipment_id]

    def _keep(self, leg: Leg) -> _Kept:
        kept = self._kept[leg] = _Kept({}, {}, [], OrderedDict())
        for at, item in enumerate(leg.items):
            for box in item.equipment:
                self._legs_of[box.equipment_id].add(leg)
                kept.places.setdefault(box.equipment_id, []).append(at)
            self._enter(leg, at, kept)
        kept.instants = sorted({us for one in kept.boxed.values() for us in one.instants})
        self._items += len(leg.items)
        while self._items > MOST_ITEMS and len(self._kept) > 1:
            self.forget([next(iter(self._kept))])
        return kept

    def _enter(self, leg: Leg, at: int, kept: _Kept) -> None:
        """What is known of the boxes of one consignment."""
        known = [list(self._log.of(box.equipment_id)) for box in leg.items[at].equipment]
        if not any(known):
            kept.boxed.pop(at, None)
            return
        instants = {us for one in known for event, until in one for us in (event.known_us, event.happened_us, until)}
        is_final = all(until == NEVER_US for one in known for _, until in one)
        from_us = max(instants - {NEVER_US}) if is_final else NEVER_US
        kept.boxed[at] = _Boxed(known, instants, from_us)

    def _split(self, leg: Leg, kept: _Kept, at_us: int, known_us: int) -> list[tuple[Verdict | None, Leg]]:
        groups: dict[tuple[Status, str, bool], list[tuple[int, Verdict]]] = defaultdict(list)
        for at, one in sorted(kept.boxed.items()):
            if min(at_us, known_us) < one.from_us:
                verdict = self._verdict(leg, one.boxes, at_us, known_us)
            else:
                one.settled = one.settled or (self._verdict(leg, one.boxes, at_us, known_us),)
                verdict = one.settled[0]
            if verdict is not None:
                groups[verdict.status, verdict.reason, verdict.ashore_us is None].append((at, verdict))
        if not groups:
            return [(None, leg)]
        told = {at for group in groups.values() for at, _ in group}
        parts: list[tuple[Verdict | None, Leg]] = []
        rest = tuple(item for at, item in enumerate(leg.items) if at not in told)
        if rest:
            parts.append((None, replace(leg, items=rest)))
        for number, group in enumerate(groups.values(), 1):
            first = group[0][1]
            ashore = [verdict.ashore_us for _, verdict in group if verdict.ashore_us is not None]
            verdict = replace(
                first, from_us=min(v.from_us for _, v in group), last_us=max(v.last_us for _, v in group),
                ashore_us=max(ashore) if ashore else None,
            )  # fmt: skip
            items = tuple(leg.items[at] for at, _ in group)
            parts.append((verdict, leg if len(items) == len(leg.items) else replace(leg, items=items, part=number)))
        return parts

    def _verdict(self, leg: Leg, boxes: list[list[tuple[Known, int]]], at_us: int, known_us: int) -> Verdict | None:
        """What is proven of one consignment by its boxes."""
        found = []
        for box in boxes:
            known = [
                one.event
                for one, withdrawn_us in box
                if one.happened_us <= at_us and one.known_us <= known_us < withdrawn_us and self._is_of_voyage(leg, one)
            ]
            found.append(self._of_box(leg, known) if known else None)
        told = [verdict for verdict in found if verdict is not None]
        aboard = [verdict for verdict in told if verdict.status is Status.LOADED]
        if aboard:
            return aboard[0]
        return told[0] if told and len(told) == len(found) else None

    def _is_of_voyage(self, leg: Leg, known: Known) -> bool:
        sails_us = leg.declared.departs_from_us or leg.declared.departs_us
        return sails_us is None or known.happened_us >= sails_us - _EARLIEST_US

    def _of_box(self, leg: Leg, events: list[BoxEvent]) -> Verdict | None:
        """What the events of one box, in the order of time, say of this leg's craft."""
        papers, loading, discharge = leg.manifest.conveyance, leg.declared.loading.code, leg.declared.discharge.code
        since_us: int | None = None
        last_us = 0
        verdict: Verdict | None = None
        for event in events:
            time_us = event.time_us or 0
            mine = None if event.conveyance is None else agree(event.conveyance, papers)
            is_here = bool(event.location) and self._same_port(loading, event.location)
            is_there = bool(event.location) and self._same_port(discharge, event.location)
            where = f" at {event.location}" if event.location else ""
            if event.kind in _ABOARD:
                if mine or (mine is None and is_here):
                    since_us = time_us if since_us is None else since_us
                    last_us = time_us
                    verdict = Verdict(Status.LOADED, since_us, last_us, f"box {event.kind}{where} ({event.source})")
                elif mine is False:
                    other = _named(event)
                    reason = f"box {event.kind} aboard {other}{where} ({event.source})"
                    if since_us is None:
                        verdict = Verdict(Status.EXPECTED, time_us, 0, reason)
                    else:
                        verdict = Verdict(Status.DISCHARGED, since_us, last_us, reason, time_us)
                    since_us = None
            elif event.kind is BoxEventKind.DISCHARGED:
                reason = f"box discharged{where} ({event.source})"
                if since_us is not None or (not is_here and (mine or (mine is None and is_there))):
                    verdict = Verdict(Status.DISCHARGED, since_us or 0, last_us, reason, time_us)
                elif verdict is not None and verdict.status is Status.EXPECTED:
                    verdict = None
                since_us = None
            elif event.kind is BoxEventKind.GATED_OUT and is_there and not is_here:
                verdict = Verdict(
                    Status.DISCHARGED, since_us or 0, last_us, f"box gated out{where} ({event.source})", time_us
                )
                since_us = None
        return verdict


def _named(event: BoxEvent) -> str:
    ship = event.conveyance
    return "another craft" if ship is None else str(ship.name or ship.flight or ship.call_sign or f"IMO {ship.imo}")
