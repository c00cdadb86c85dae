"""The book of open findings: one event per subject and detail, opened, made graver, closed, and taken up again if the condition comes back soon.

A rule says at some instant "this is so" (a ``Finding``) as often as it likes. The book makes of it::

    never entered within once_h    -> revision 1, open
    open                           -> nothing; a revision where confidence has grown by 0.15 or the rule asks for one
    open, not entered for rest     -> closed, ending when it was seen last
    closed, entered again          -> open again under the same id, ``evidence.times`` counted
    of NEWS_ONCE, and nothing new  -> nothing: only counted, and remembered for ``LONG_US`` since

A condition that comes and goes all day is so one event with a few revisions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import pyarrow as pa

from tracker.detectors.integrity.finding import NEWS_ONCE, PAIRS, Finding, Near, in_words, nowhere
from tracker.events import CONFIDENCE_DIGITS, Event, EventKind, EventState, Rule, event_id, plain
from tracker.identity import CRAFT_MASK, craft_text
from tracker.units import US_PER_DAY, Micros

LONG_US: Final = 30 * US_PER_DAY
_GRAVER: Final = 0.149
_NEVER_DUE_US: Final = 1 << 62


@dataclass(slots=True)
class _Entry:
    stated: Event
    """The event without what was entered since and is not published; :attr:`event` has it in."""
    last_us: int
    published_confidence: float
    """When last published."""
    times: int = 1
    latest: Finding | None = None
    """What was entered last, if the event does not hold it yet: most of it is never published."""
    gravest: Finding | None = None
    """What was entered with at least as much confidence as all before, if the event does not hold it yet."""
    near: Near = nowhere
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
                changed["explanation"] = in_words(self.gravest, self.near)
                changed["cause"] = self.gravest.cause
            self.stated = replace(self.stated, **changed)
            self.latest = self.gravest = None
        return self.stated

    @property
    def is_open(self) -> bool:
        """Neither closed nor withdrawn."""
        return self.stated.state is EventState.OPEN


@dataclass(slots=True)
class OpenFindings:
    """The open and the recently closed events."""

    rule: Rule
    rest_us: Mapping[str, int]
    """Per detail (``""`` for all others): not entered for so long is over."""
    once_us: int
    near: Near = nowhere
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _due_us: int = 0
    """Before this instant nothing is to be closed or forgotten."""

    def is_open(self, detail: str, key: int, subject: str = "") -> bool:
        """Whether an event of this subject is open."""
        entry = self._entries.get(_key_of(detail, key, subject))
        return entry is not None and entry.is_open

    def last(self, detail: str, key: int, subject: str = "") -> Event | None:
        """The event of a subject as it stands, open or closed within ``once``."""
        entry = self._entries.get(_key_of(detail, key, subject))
        return None if entry is None else entry.event

    def enter(self, finding: Finding, now_us: int) -> list[Event]:
        """Enter a finding; the revisions it gives rise to."""
        name = _key_of(finding.detail, finding.key, finding.subject)
        entry = self._entries.get(name)
        if entry is None:
            event = self._first(finding, now_us)
            if finding.once:
                return [event]
            self._entries[name] = _Entry(event, finding.seen_us, finding.confidence, near=self.near)
            self._may_be_due(finding.detail, finding.seen_us)
            return [event]
        was_open = entry.is_open
        if not was_open:
            entry.times += 1
        entry.last_us = max(entry.last_us, finding.seen_us)
        if round(finding.confidence, CONFIDENCE_DIGITS) >= entry.confidence or finding.speak:
            entry.gravest = finding
        entry.latest = finding
        is_news = entry.confidence >= entry.published_confidence + _GRAVER or finding.speak
        if not is_news and (was_open or finding.detail in NEWS_ONCE):
            return []
        self._may_be_due(finding.detail, entry.last_us)
        entry.published_confidence = entry.confidence
        entry.stated = entry.event.revised(state=EventState.OPEN, end_us=None, known_us=Micros(now_us))
        return [entry.stated]

    def retract(self, detail: str, key: int, why: str, now_us: int, subject: str = "") -> list[Event]:
        """Withdraw the event of a subject, if there is one; it is not taken up again."""
        entry = self._entries.get(_key_of(detail, key, subject))
        if entry is None or entry.event.state is EventState.RETRACTED:
            return []
        entry.stated = entry.event.revised(
            state=EventState.RETRACTED, end_us=Micros(entry.last_us), explanation=why, known_us=Micros(now_us)
        )
        del self._entries[_key_of(detail, key, subject)]
        return [entry.stated]

    @property
    def due_us(self) -> int:
        """Before this instant :meth:`close_quiet` has nothing to do."""
        return self._due_us

    def close_quiet(self, now_us: int) -> list[Event]:
        """Close what has not been entered for long; forget what was closed long ago."""
        if now_us < self._due_us:
            return []
        events: list[Event] = []
        due_us = _NEVER_DUE_US
        for name, entry in list(self._entries.items()):
            quiet_us = now_us - entry.last_us
            if entry.is_open:
                rest_us = self.rest_us.get(entry.stated.detail, self.rest_us[""])
                if quiet_us < rest_us:
                    due_us = min(due_us, entry.last_us + rest_us)
                else:
                    end = Micros(max(entry.last_us, entry.stated.start_us))
                    entry.stated = entry.event.revised(state=EventState.CLOSED, end_us=end, known_us=Micros(now_us))
                    entry.published_confidence = entry.stated.confidence
                    events.append(entry.stated)
                    due_us = min(due_us, entry.last_us + self._kept_us(entry))
            elif quiet_us >= self._kept_us(entry):
                del self._entries[name]
            else:
                due_us = min(due_us, entry.last_us + self._kept_us(entry))
        self._due_us = due_us
        return events

    def forget(self, craft: Set[int], now_us: int) -> list[Event]:
        """Close what is open of some craft, and keep nothing of them; what areas are the subject of stays."""
        events: list[Event] = []
        for name, entry in list(self._entries.items()):
            _, key, subject = name.split("|", 2)
            is_gone = not subject and int(key) & CRAFT_MASK in craft
            if entry.stated.detail == PAIRS:
                is_gone = bool({entry.stated.craft, entry.stated.other_craft} & {craft_text(one) for one in craft})
            if not is_gone:
                continue
            if entry.is_open:
                end = Micros(max(entry.last_us, entry.stated.start_us))
                events.append(entry.event.revised(state=EventState.CLOSED, end_us=end, known_us=Micros(now_us)))
            del self._entries[name]
        return events

    def events(self, detail: str) -> Iterable[tuple[str, Event]]:
        """Subjects and events of a detail that are open, in the order of their names."""
        for name in sorted(self._entries):
            entry = self._entries[name]
            if entry.stated.detail == detail and entry.is_open:
                yield name.rpartition("|")[2], entry.event

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        names = sorted(self._entries)
        rows = [self._entries[name] for name in names]
        texts = [json.dumps({**asdict(row.event), "rule": None}, separators=(",", ":")) for row in rows]
        return pa.table(
            {
                "name": pa.array(names, pa.string()),
                "event": pa.array(texts, pa.string()),
                "last_us": pa.array([row.last_us for row in rows], pa.int64()),
                "published_confidence": pa.array([row.published_confidence for row in rows], pa.float64()),
                "times": pa.array([row.times for row in rows], pa.int64()),
            }
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        for row in table.to_pylist():
            given = json.loads(row["event"])
            kind, state = EventKind(given["kind"]), EventState(given["state"])
            event = Event(**{**given, "kind": kind, "state": state, "rule": self.rule})
            self._entries[row["name"]] = _Entry(
                event, row["last_us"], row["published_confidence"], row["times"], near=self.near
            )

    def _kept_us(self, entry: _Entry) -> int:
        """For how long after it was last entered a closed event is taken up again."""
        return max(self.once_us, LONG_US) if entry.stated.detail in NEWS_ONCE else self.once_us

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
            explanation=in_words(finding, self.near),
            evidence={**plain(finding.evidence), "times": 1},
            rule=self.rule,
            known_us=Micros(now_us),
        )


def _key_of(detail: str, key: int, subject: str) -> str:
    """The area is the subject, whichever craft stands for it."""
    return f"{detail}|{0 if subject else key}|{subject}"
