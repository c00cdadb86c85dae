"""One event per subject and detail: opened, made graver, closed, and taken up again if the condition comes back soon.

A rule says at some instant "this is so" (a ``Finding``) as often as it likes. The ledger makes of it::

    never said within once_h   -> revision 1, open
    open                       -> nothing; a revision where confidence has grown by 0.15 or the rule asks for one
    open, not said for rest    -> closed, ending when it was last said
    closed, said again         -> open again under the same id, ``evidence.times`` counted
    of TOLD_ONCE, and no news  -> nothing: only counted, and remembered for ``LONG_US`` since

A condition that comes and goes all day is so one event with a few revisions. Numbers that several craft share (``TOLD_ONCE``) come and go for
months: they are told once, and again only where they have become graver or the rule has something new.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import pyarrow as pa

from tracker.detectors.wording import Landmarks, no_landmark, period_text, place_text, position_text, where_text
from tracker.events import CONFIDENCE_DIGITS, Event, EventKind, EventState, Rule, event_id, plain
from tracker.identity import CRAFT_MASK, craft_text
from tracker.units import US_PER_DAY, Micros

TOLD_ONCE: Final = ("shared_identity", "duplicate_identity")
PAIRS: Final = "identity_exchange"
"""The detail whose subject is a pair of craft."""
LONG_US: Final = 30 * US_PER_DAY
_GRAVER: Final = 0.149
_NEVER_DUE_US: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of a craft (key) at an instant."""

    detail: str
    key: int
    start_us: int
    seen_us: int
    lat_deg: float
    lon_deg: float
    confidence: float
    sentence: str
    evidence: Mapping[str, Any]
    cause: str | None = None
    subject: str = ""
    """What the event is about where it is not the craft (an area)."""
    speak: bool = False
    """Publish a revision although the confidence has not grown."""
    craft: str = ""
    """Who it is told of where that is no craft (``source:NAME``)."""
    once: bool = False
    """A fact without duration: closed as soon as it is told."""
    other: int | None = None
    """The other craft it is about."""


Near = Callable[[int], Landmarks]
"""What names the places of a craft: ports or aerodromes."""


def _nowhere(craft: int) -> Landmarks:
    return no_landmark


_SPOT: Final = re.compile(r"\d\.\d\d [NS] \d{1,3}\.\d\d [EW]")
"""A position in words."""


def placed(finding: Finding, near: Near) -> str:
    """A finding in words, with its time and place where its sentence has none."""
    lat, lon = float(finding.lat_deg), float(finding.lon_deg)
    has_spot, landmarks = math.isfinite(lat + lon), near(finding.key & CRAFT_MASK)
    if "UTC" in finding.sentence:
        if not has_spot or finding.subject.startswith("source:") or _SPOT.search(finding.sentence):
            return finding.sentence
        return f"{finding.sentence} This was seen {where_text(lat, lon, landmarks)}."
    seen = f"This was seen {period_text(int(finding.start_us), int(finding.seen_us))}"
    if not has_spot:
        return f"{finding.sentence} {seen}."
    here = position_text(lat, lon)
    if here in finding.sentence:
        return f"{finding.sentence.replace(here, place_text(lat, lon, landmarks), 1)} {seen}."
    return f"{finding.sentence} {seen}, {where_text(lat, lon, landmarks)}."


@dataclass(slots=True)
class _Case:
    stated: Event
    """The event without what was said since and is not published; :attr:`event` has it in."""
    last_us: int
    told: float
    """Confidence when last published."""
    times: int = 1
    latest: Finding | None = None
    """What was said last, of which the event does not know yet: most of what is said is never published."""
    gravest: Finding | None = None
    """What was said with at least as much confidence as all before, of which the event does not know yet."""
    near: Near = _nowhere
    """What names the place of a finding."""

    @property
    def confidence(self) -> float:
        """As it stands, rounded as in an event: what is weighed against it may not hang on whether a snapshot made it one."""
        return self.stated.confidence if self.gravest is None else round(self.gravest.confidence, CONFIDENCE_DIGITS)

    @property
    def event(self) -> Event:
        """As it stands."""
        if self.latest is not None:
            changed: dict[str, Any] = {"evidence": {**plain(self.latest.evidence), "times": self.times}}
            if self.gravest is not None:
                changed["confidence"] = self.gravest.confidence
                changed["explanation"] = placed(self.gravest, self.near)
                changed["cause"] = self.gravest.cause
            self.stated = replace(self.stated, **changed)
            self.latest = self.gravest = None
        return self.stated

    @property
    def is_open(self) -> bool:
        """Neither closed nor withdrawn."""
        return self.stated.state is EventState.OPEN


@dataclass(slots=True)
class Ledger:
    """The open and the recently closed events."""

    rule: Rule
    rest_us: Mapping[str, int]
    """Per detail (``""`` for all others): not said for so long is over."""
    once_us: int
    near: Near = _nowhere
    _cases: dict[str, _Case] = field(default_factory=dict)
    _due_us: int = 0
    """Before this instant nothing is to be closed or forgotten."""

    def is_open(self, detail: str, key: int, subject: str = "") -> bool:
        """Whether an event of this subject is open."""
        case = self._cases.get(_name(detail, key, subject))
        return case is not None and case.is_open

    def last(self, detail: str, key: int, subject: str = "") -> Event | None:
        """The event of a subject as it stands, open or closed within ``once``."""
        case = self._cases.get(_name(detail, key, subject))
        return None if case is None else case.event

    def say(self, finding: Finding, now_us: int) -> list[Event]:
        """Enter a finding; the revisions it gives rise to."""
        name = _name(finding.detail, finding.key, finding.subject)
        case = self._cases.get(name)
        if case is None:
            event = self._first(finding, now_us)
            if finding.once:
                return [event]
            self._cases[name] = _Case(event, finding.seen_us, finding.confidence, near=self.near)
            self._may_be_due(finding.detail, finding.seen_us)
            return [event]
        was_open = case.is_open
        if not was_open:
            case.times += 1
        case.last_us = max(case.last_us, finding.seen_us)
        if round(finding.confidence, CONFIDENCE_DIGITS) >= case.confidence or finding.speak:
            case.gravest = finding
        case.latest = finding
        is_news = case.confidence >= case.told + _GRAVER or finding.speak
        if not is_news and (was_open or finding.detail in TOLD_ONCE):
            return []
        self._may_be_due(finding.detail, case.last_us)
        case.told = case.confidence
        case.stated = case.event.revised(state=EventState.OPEN, end_us=None, known_us=Micros(now_us))
        return [case.stated]

    def retract(self, detail: str, key: int, why: str, now_us: int, subject: str = "") -> list[Event]:
        """Withdraw the event of a subject, if there is one; it is not taken up again."""
        case = self._cases.get(_name(detail, key, subject))
        if case is None or case.event.state is EventState.RETRACTED:
            return []
        case.stated = case.event.revised(
            state=EventState.RETRACTED, end_us=Micros(case.last_us), explanation=why, known_us=Micros(now_us)
        )
        del self._cases[_name(detail, key, subject)]
        return [case.stated]

    @property
    def due_us(self) -> int:
        """Before this instant :meth:`close_quiet` has nothing to do."""
        return self._due_us

    def close_quiet(self, now_us: int) -> list[Event]:
        """Close what has not been said for long; forget what was closed long ago."""
        if now_us < self._due_us:
            return []
        events: list[Event] = []
        due_us = _NEVER_DUE_US
        for name, case in list(self._cases.items()):
            quiet_us = now_us - case.last_us
            if case.is_open:
                rest_us = self.rest_us.get(case.stated.detail, self.rest_us[""])
                if quiet_us < rest_us:
                    due_us = min(due_us, case.last_us + rest_us)
                else:
                    end = Micros(max(case.last_us, case.stated.start_us))
                    case.stated = case.event.revised(state=EventState.CLOSED, end_us=end, known_us=Micros(now_us))
                    case.told = case.stated.confidence
                    events.append(case.stated)
                    due_us = min(due_us, case.last_us + self._kept_us(case))
            elif quiet_us >= self._kept_us(case):
                del self._cases[name]
            else:
                due_us = min(due_us, case.last_us + self._kept_us(case))
        self._due_us = due_us
        return events

    def forget(self, craft: Set[int], now_us: int) -> list[Event]:
        """Close what is open of some craft, and keep nothing of them; what areas are the subject of stays."""
        events: list[Event] = []
        for name, case in list(self._cases.items()):
            _, key, subject = name.split("|", 2)
            is_gone = not subject and int(key) & CRAFT_MASK in craft
            if case.stated.detail == PAIRS:
                is_gone = bool({case.stated.craft, case.stated.other_craft} & {craft_text(one) for one in craft})
            if not is_gone:
                continue
            if case.is_open:
                end = Micros(max(case.last_us, case.stated.start_us))
                events.append(case.event.revised(state=EventState.CLOSED, end_us=end, known_us=Micros(now_us)))
            del self._cases[name]
        return events

    def events(self, detail: str) -> Iterable[tuple[str, Event]]:
        """Subjects and events of a detail that are open, in the order of their names."""
        for name in sorted(self._cases):
            case = self._cases[name]
            if case.stated.detail == detail and case.is_open:
                yield name.rpartition("|")[2], case.event

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        names = sorted(self._cases)
        rows = [self._cases[name] for name in names]
        texts = [json.dumps({**asdict(row.event), "rule": None}, separators=(",", ":")) for row in rows]
        return pa.table(
            {
                "name": pa.array(names, pa.string()),
                "event": pa.array(texts, pa.string()),
                "last_us": pa.array([row.last_us for row in rows], pa.int64()),
                "told": pa.array([row.told for row in rows], pa.float64()),
                "times": pa.array([row.times for row in rows], pa.int64()),
            }
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        for row in table.to_pylist():
            given = json.loads(row["event"])
            kind, state = EventKind(given["kind"]), EventState(given["state"])
            event = Event(**{**given, "kind": kind, "state": state, "rule": self.rule})
            self._cases[row["name"]] = _Case(event, row["last_us"], row["told"], row["times"], near=self.near)

    def _kept_us(self, case: _Case) -> int:
        """For how long after it was last said a closed event is taken up again."""
        return max(self.once_us, LONG_US) if case.stated.detail in TOLD_ONCE else self.once_us

    def _may_be_due(self, detail: str, last_us: int) -> None:
        """An event was opened, or opened again: it may be the first to be closed."""
        self._due_us = min(self._due_us, last_us + self.rest_us.get(detail, self.rest_us[""]))

    def _first(self, finding: Finding, now_us: int) -> Event:
        return Event(
            event_id=event_id(
                EventKind.INTEGRITY, finding.key, finding.start_us, detail=finding.detail + finding.subject
            ),
            revision=1,
            state=EventState.CLOSED if finding.once else EventState.OPEN,
            kind=EventKind.INTEGRITY,
            detail=finding.detail,
            craft=finding.craft or craft_text(finding.key & CRAFT_MASK),
            other_craft=None if finding.other is None else craft_text(finding.other),
            start_us=Micros(finding.start_us),
            end_us=Micros(finding.seen_us) if finding.once else None,
            lat_deg=float(finding.lat_deg),
            lon_deg=float(finding.lon_deg),
            cause=finding.cause,
            confidence=float(finding.confidence),
            explanation=placed(finding, self.near),
            evidence={**plain(finding.evidence), "times": 1},
            rule=self.rule,
            known_us=Micros(now_us),
        )


def _name(detail: str, key: int, subject: str) -> str:
    """The area is the subject, whichever craft stands for it."""
    return f"{detail}|{0 if subject else key}|{subject}"
