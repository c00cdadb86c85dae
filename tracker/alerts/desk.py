"""The desk: which events are put before a person, with what cargo, how urgent; and what became of those that were.

An event is wanted unless it is a gap, a dark period of another cause than ``silent_in_coverage``, less sure than ``min_confidence``, or
of a kind that only counts with cargo aboard (``linked_only_kinds``, or not sure enough for ``linked_or_sure_kinds``) on a craft without; some details always
are (``ALWAYS_SHOWN_DETAILS``), some never (``NEVER_SHOWN_DETAILS``). Then::

    never raised        wanted -> raised                     not wanted, retracted -> nothing
    raised before       wanted -> updated, or closed         not wanted, retracted -> retracted
    retracted before    wanted -> raised again

A loitering or later encounter that is part of an encounter told is not wanted (``merge.py``): the first one's alert is updated. So an event may change the alerts on others, too: ``judge`` gives all.

A closed event seen for the first time is raised: nobody has read of it yet. A revision seen before is nothing.

Time is that of the events (``known_us``): the desk gives the same alerts in every replay. It forgets alerts closed or retracted
``remember_d`` before the watermark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import pyarrow as pa

from streams.snapshot import pack, unpack
from tracker.alerts.alert import Alert, AlertType, alert_id
from tracker.alerts.config import ALWAYS_SHOWN_DETAILS, NEVER_SHOWN_DETAILS, SHOWN_WHEN_SURE_DETAILS, AlertConfig
from tracker.alerts.dossier import consignment_entry, explain, itinerary_entry, lead_time_h
from tracker.alerts.merge import Stories
from tracker.alerts.rank import rank
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Cargo
from tracker.cargo.loading import Status
from tracker.events import Event, EventKind, EventState, GapCause, craft_concerned, times_concerned
from tracker.identity import parse_craft
from tracker.units import US_PER_H, Micros

_LAYOUT: Final = 4


@dataclass(frozen=True, slots=True)
class _Raised:
    """What is remembered of an alert; its key is the event's id."""

    event_revision: int
    alert_revision: int
    type: AlertType
    known_us: int
    told: str = ""
    """Hash of the rank and the cargo it told of."""


class AlertDesk:
    """Makes alerts of events."""

    def __init__(
        self, linker: CargoLinker, config: AlertConfig | None = None, tracked: Mapping[str, str] | None = None
    ) -> None:
        self.config = config or AlertConfig()
        self.linker = linker
        self._raised: dict[str, _Raised] = {}
        self._stories = Stories(
            self.config.same_story_km,
            int(self.config.remember_d * 24 * US_PER_H),
            self.config.same_meeting_km,
            int(self.config.same_meeting_h * US_PER_H),
        )
        self._cleaned_us: int | None = None
        self.tracked: Mapping[str, str] = {} if tracked is None else tracked
        """Craft that somebody ordered to be tracked -> the order in a sentence: whatever they do is put before a person."""

    def __len__(self) -> int:
        return len(self._raised)

    def judge(self, event: Event) -> list[Alert]:
        """All alerts that a revision of an event gives rise to: its own, then those of the events it joins or sets free, and of the story it is part of."""
        first = self._stories.first_meeting(event)
        own = self.consider(event)
        alerts = [] if own is None else [own]
        alerts += self._go_on(event, first)
        for wait in [*self._stories.followers_of(event), *self._stories.waits_of(event)]:
            before = self._raised.get(wait.event_id)
            shown = before is not None and before.type is not AlertType.RETRACTED
            part_of = self._part_of(wait)
            if shown == (part_of is not None):
                type_ = AlertType.RETRACTED if shown else AlertType.RAISED
                alerts.append(self._tell(wait, int(event.known_us), type_, part_of))
        return alerts

    def _go_on(self, event: Event, before: Event | None) -> list[Alert]:
        """The next revision of the alert that tells of an encounter beside its own; ``before`` is the one whose it was until now."""
        first = self._stories.first_meeting(event) or before
        kept = None if first is None else self._raised.get(first.event_id)
        if first is None or kept is None or kept.type is AlertType.RETRACTED:
            return []
        known_us = max(int(event.known_us), kept.known_us)
        alert = self._tell(first, known_us, self._type_of(first), None)
        if self._raised[first.event_id].told == kept.told and alert.type is kept.type:
            self._raised[first.event_id] = kept
            return []
        return [alert]

    def _type_of(self, event: Event) -> AlertType:
        """Closed once the event and all that its alert tells of are over."""
        story = [event, *self._stories.parts_of(event)]
        return AlertType.CLOSED if all(one.state is EventState.CLOSED for one in story) else AlertType.UPDATED

    def consider(self, event: Event) -> Alert | None:
        """The alert on an event itself that a revision of it gives rise to, None where a person need not see it."""
        before = self._raised.get(event.event_id)
        if before is not None and event.revision <= before.event_revision:
            return None
        wanted = self._is_wanted(event, self._cargo(event))
        self._stories.keep(event, wanted)
        part_of = self._part_of(event) if wanted else _queue_alert(event)
        wanted = wanted and part_of is None
        shown = before is not None and before.type is not AlertType.RETRACTED
        if not wanted and not shown:
            return None
        if not wanted:
            type_ = AlertType.RETRACTED
        elif not shown:
            type_ = AlertType.RAISED
        else:
            type_ = self._type_of(event)
        return self._tell(event, int(event.known_us), type_, part_of)

    def standing(self, since_us: int) -> list[str]:
        """Events whose alerts are open, or were told of since an instant, ordered by id."""
        open_types = (AlertType.RAISED, AlertType.UPDATED)
        return sorted(key for key, kept in self._raised.items() if kept.type in open_types or kept.known_us >= since_us)

    def reconsider(self, event: Event, known_us: int) -> Alert | None:
        """The alert that an event known before gives rise to now that papers, flags or orders have changed; None where nothing changed for it."""
        published, event = event, replace(event, known_us=Micros(max(known_us, int(event.known_us))))
        before = self._raised.get(event.event_id)
        wanted = self._is_wanted(event, self._cargo(event))
        self._stories.keep(published, wanted)
        part_of = self._part_of(event) if wanted else None
        shown = before is not None and before.type is not AlertType.RETRACTED
        if not wanted or part_of is not None:
            return self._tell(event, int(event.known_us), AlertType.RETRACTED, part_of) if shown else None
        if before is None or not shown:
            return self._tell(event, int(event.known_us), AlertType.RAISED, None)
        alert = self._tell(event, int(event.known_us), self._type_of(event), None)
        if self._raised[event.event_id].told == before.told:
            self._raised[event.event_id] = before
            return None
        return alert

    def adopt(self, event_ids: Set[str], events: Iterable[Event], rows: Iterable[Mapping[str, Any]]) -> None:
        """Know of some events what was really published of them, and nothing else.

        ``events`` are the last public revisions, ``rows`` the last revisions of the alerts: event_id, event_revision, alert_revision, type,
        known_us, data. An event without a row was told to nobody, whatever was judged of it here.
        """
        for event_id in event_ids:
            self._raised.pop(event_id, None)
        self._stories.drop(event_ids)
        for row in rows:
            told = _told(row["data"])
            self._raised[row["event_id"]] = _Raised(
                row["event_revision"], row["alert_revision"], AlertType(row["type"]), row["known_us"], told
            )
        for event in events:
            # what papers, flags or orders that came after the event made of it was told then
            kept = self._raised.get(event.event_id)
            known_us = max(int(event.known_us), 0 if kept is None else kept.known_us)
            now = replace(event, known_us=Micros(known_us))
            self._stories.keep(event, self._is_wanted(now, self._cargo(now)))

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget what was settled long ago, here and in the linker; once a day of the data is often enough."""
        if self._cleaned_us is not None and watermark_us < self._cleaned_us + 24 * US_PER_H:
            return
        self._cleaned_us = watermark_us
        self.linker.forget(watermark_us)
        before_us = watermark_us - int(self.config.remember_d * 24 * US_PER_H)
        self._stories.forget(before_us)
        open_types = (AlertType.RAISED, AlertType.UPDATED)
        self._raised = {
            key: kept for key, kept in self._raised.items() if kept.known_us >= before_us or kept.type in open_types
        }

    def snapshot(self) -> bytes:
        """What was raised, as Arrow. The linker is snapshot by its owner."""
        rows = sorted(self._raised.items())
        table = pa.table(
            {
                "event_id": pa.array([key for key, _ in rows], pa.string()),
                "event_revision": pa.array([kept.event_revision for _, kept in rows], pa.int64()),
                "alert_revision": pa.array([kept.alert_revision for _, kept in rows], pa.int64()),
                "type": pa.array([str(kept.type) for _, kept in rows], pa.string()),
                "known_us": pa.array([kept.known_us for _, kept in rows], pa.int64()),
                "told": pa.array([kept.told for _, kept in rows], pa.string()),
            }
        )
        return pack("alert desk", _LAYOUT, {"raised": table, "stories": self._stories.table()})

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot."""
        tables = unpack("alert desk", _LAYOUT, snapshot)
        self._stories.restore(tables["stories"])
        rows = tables["raised"].to_pylist()
        self._raised = {
            row["event_id"]: _Raised(
                row["event_revision"], row["alert_revision"], AlertType(row["type"]), row["known_us"], row["told"]
            )
            for row in rows
        }

    def _cargo(self, *events: Event) -> Cargo:
        """Cargo that is, or may be, aboard any craft concerned: when its part in the event began, or when it was over (or by now, while it lasts)."""
        standings = []
        concerned: set[int] = set()
        for event in events:
            if event.is_of_feed:
                continue
            known_us = int(event.known_us)
            for name, since_us, until_us in times_concerned(event):
                craft = parse_craft(name)
                concerned.add(craft)
                standings += self.linker.standings(craft, since_us, known_us)
                standings += self.linker.standings(craft, until_us, known_us)
        return Cargo(standings).settled(concerned)

    def _is_wanted(self, event: Event, cargo: Cargo) -> bool:
        if event.state is EventState.RETRACTED or event.kind not in self.config.kind_points:
            return False
        if event.kind is EventKind.DARK_PERIOD and event.cause != GapCause.SILENT_IN_COVERAGE:
            return False
        if (event.kind, event.detail) in NEVER_SHOWN_DETAILS or not event.confidence >= self.config.min_confidence:
            return False
        is_linked = any(standing.status is Status.LOADED or standing.flags.flagged for standing in cargo.standings)
        if event.detail in ALWAYS_SHOWN_DETAILS or is_linked or self._order_on(event):
            return True
        if event.kind is EventKind.INTEGRITY and event.detail in SHOWN_WHEN_SURE_DETAILS:
            return event.confidence >= self.config.sure_confidence
        if event.kind in self.config.linked_or_sure_kinds:
            return event.confidence >= self.config.unlinked_min_confidence
        return event.kind not in self.config.linked_only_kinds

    def _order_on(self, event: Event) -> str | None:
        """The order to track a craft concerned."""
        return next((order for craft in craft_concerned(event) if (order := self.tracked.get(craft))), None)

    def _part_of(self, event: Event) -> str | None:
        """The alert on the encounter that a loitering, or a later encounter, is part of."""
        meeting = self._stories.meeting_of(event)
        return None if meeting is None else alert_id(meeting)

    def _tell(self, event: Event, known_us: int, type_: AlertType, part_of: str | None) -> Alert:
        """The next revision of the alert on an event, as known at an instant, remembered."""
        before = self._raised.get(event.event_id)
        revision = 1 if before is None else before.alert_revision + 1
        now = replace(event, known_us=Micros(known_us))
        parts = self._stories.parts_of(event) if part_of is None else []
        cargo = self._cargo(now, *(replace(part, known_us=now.known_us) for part in parts))
        aboard, possible = cargo.of(Status.LOADED), cargo.of(Status.POSSIBLE)
        lead_h = lead_time_h(now, aboard)
        told = now if type_ is not AlertType.RETRACTED else _withdrawn(now)
        priority, terms = rank(told, aboard.flagged, len(aboard), lead_h, self.config, self._order_on(event))
        itinerary = {}
        if not event.is_of_feed:
            craft = parse_craft(event.craft)
            if len(craft_concerned(event)) > 2 and aboard:  # a queue: the way of whoever has the gravest cargo
                craft = aboard.first(1)[0].craft
            named = event.evidence.get("itinerary_id")
            declared = self.linker.itinerary(craft, int(event.start_us), known_us, named)
            itinerary = itinerary_entry(declared, craft, self.linker, now)
        most = self.config.max_consignments
        alert = Alert(
            alert_id=alert_id(event.event_id),
            revision=revision,
            type=type_,
            priority=priority,
            terms=terms,
            event=event,
            consignments=tuple(consignment_entry(link) for link in aboard.first(most)),
            consignments_aboard=len(aboard),
            possible=tuple(consignment_entry(link) for link in possible.first(max(most - len(aboard), most // 5))),
            consignments_possible=len(possible),
            itinerary=itinerary,
            is_linked=bool(aboard),
            lead_time_h=lead_h,
            explanation=explain(told, aboard, possible, lead_h, part_of, self._order_on(event), parts),
            known_us=known_us,
            part_of=part_of,
        )
        data = alert.data()
        hashed = _told(data, parts)
        self._raised[event.event_id] = _Raised(event.revision, revision, type_, known_us, hashed)
        return alert


def _queue_alert(event: Event) -> str | None:
    """The alert on the queue that tells an event withdrawn for it."""
    queue = event.evidence.get("told_by")
    return None if queue is None else alert_id(queue)


def _told(data: Mapping[str, Any], parts: Sequence[Event] = ()) -> str:
    """Rank, cargo and what else is told as a short hash. The time left is no news by itself: it passes for everybody."""
    ranked = [term for term in data["priority_terms"] if term["name"] not in ("lead_time", "limits")]
    told = [ranked, data["consignments"], *([part.event_id, part.revision] for part in parts)]
    told += [data["possible_consignments"]] if data.get("possible_consignments") else []
    try:
        text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a letter in a text, or a number without end: ten times slower, and takes everything
        text = json.dumps(told, sort_keys=True).encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _withdrawn(event: Event) -> Event:
    """The event as withdrawn, for rank and words: a dark period whose cause turned out harmless is withdrawn as an alert."""
    return replace(event, state=EventState.RETRACTED)
