"""The desk: which events are put before a person, with what cargo, how urgent; and what became of those that were.

An event is wanted unless it is a gap, a dark period of another cause than ``silent_in_coverage``, less sure than ``min_confidence``, or
of a kind that only counts with cargo aboard (``linked_only_kinds``) on a craft without. Then::

    never raised        wanted -> raised                     not wanted, retracted -> nothing
    raised before       wanted -> updated, or closed         not wanted, retracted -> retracted
    retracted before    wanted -> raised again

A closed event seen for the first time is raised: nobody has read of it yet. A revision seen before is nothing.

Time is that of the events (``known_us``): the desk gives the same alerts in every replay. It forgets alerts closed or retracted
``remember_d`` before the watermark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from streams.snapshot import pack, unpack
from tracker.alerts.alert import Alert, AlertType, alert_id
from tracker.alerts.config import ALWAYS_SHOWN_DETAILS, AlertConfig
from tracker.alerts.dossier import consignment_entry, explain, itinerary_entry, lead_time_h
from tracker.alerts.rank import rank
from tracker.cargo.link import CargoLinker, Link, merged
from tracker.events import Event, EventKind, EventState, GapCause
from tracker.identity import parse_craft
from tracker.units import US_PER_H

_LAYOUT: Final = 1


@dataclass(frozen=True, slots=True)
class _Raised:
    """What is remembered of an alert; its key is the event's id."""

    event_revision: int
    alert_revision: int
    type: AlertType
    known_us: int


class AlertDesk:
    """Makes alerts of events."""

    def __init__(self, linker: CargoLinker, config: AlertConfig | None = None) -> None:
        self.config = config or AlertConfig()
        self._linker = linker
        self._raised: dict[str, _Raised] = {}
        self._cleaned_us: int | None = None

    def __len__(self) -> int:
        return len(self._raised)

    def consider(self, event: Event) -> Alert | None:
        """The alert that a revision of an event gives rise to, None where a person need not see it."""
        before = self._raised.get(event.event_id)
        if before is not None and event.revision <= before.event_revision:
            return None
        links = self._links(event)
        wanted = self._is_wanted(event, links)
        shown = before is not None and before.type is not AlertType.RETRACTED
        if not wanted and not shown:
            return None
        if not wanted:
            type_ = AlertType.RETRACTED
        elif not shown:
            type_ = AlertType.RAISED
        else:
            type_ = AlertType.CLOSED if event.state is EventState.CLOSED else AlertType.UPDATED
        revision = 1 if before is None else before.alert_revision + 1
        self._raised[event.event_id] = _Raised(event.revision, revision, type_, int(event.known_us))
        return self._alert(event, links, type_, revision)

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget what was settled long ago, here and in the linker; once a day of the data is often enough."""
        if self._cleaned_us is not None and watermark_us < self._cleaned_us + 24 * US_PER_H:
            return
        self._cleaned_us = watermark_us
        self._linker.forget(watermark_us)
        before_us = watermark_us - int(self.config.remember_d * 24 * US_PER_H)
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
            }
        )
        return pack("alert desk", _LAYOUT, {"raised": table})

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot."""
        rows = unpack("alert desk", _LAYOUT, snapshot)["raised"].to_pylist()
        self._raised = {
            row["event_id"]: _Raised(
                row["event_revision"], row["alert_revision"], AlertType(row["type"]), row["known_us"]
            )
            for row in rows
        }

    def _links(self, event: Event) -> list[Link]:
        """Cargo of every craft concerned: aboard when it began, or by its end (or by now, while it is open)."""
        if event.kind is EventKind.FEED_OUTAGE:
            return []
        known_us = int(event.known_us)
        end_us = known_us if event.end_us is None else min(int(event.end_us), known_us)
        answers = []
        for text in filter(None, (event.craft, event.other_craft)):
            craft = parse_craft(text)
            answers.append(self._linker.aboard(craft, int(event.start_us), known_us))
            answers.append(self._linker.aboard(craft, end_us, known_us))
        return merged(*answers)

    def _is_wanted(self, event: Event, links: list[Link]) -> bool:
        if event.state is EventState.RETRACTED or event.kind not in self.config.kind_points:
            return False
        if event.kind is EventKind.DARK_PERIOD and event.cause != GapCause.SILENT_IN_COVERAGE:
            return False
        if event.detail in ALWAYS_SHOWN_DETAILS:
            return True
        if event.kind in self.config.linked_only_kinds and not links:
            return False
        return event.confidence >= self.config.min_confidence

    def _alert(self, event: Event, links: list[Link], type_: AlertType, revision: int) -> Alert:
        lead_h = lead_time_h(event, links)
        told = event if type_ is not AlertType.RETRACTED else _withdrawn(event)
        priority, terms = rank(told, links, lead_h, self.config)
        itinerary = {}
        if event.kind is not EventKind.FEED_OUTAGE:
            craft = parse_craft(event.craft)
            named = event.evidence.get("itinerary_id")
            declared = self._linker.itinerary(craft, int(event.start_us), int(event.known_us), named)
            itinerary = itinerary_entry(declared, craft, self._linker, event)
        return Alert(
            alert_id=alert_id(event.event_id),
            revision=revision,
            type=type_,
            priority=priority,
            terms=terms,
            event=event,
            consignments=tuple(consignment_entry(link) for link in links[: self.config.max_consignments]),
            consignments_aboard=len(links),
            itinerary=itinerary,
            is_linked=bool(links),
            lead_time_h=lead_h,
            explanation=explain(told, links, lead_h),
        )


def _withdrawn(event: Event) -> Event:
    """The event as withdrawn, for rank and words: a dark period whose cause turned out harmless is withdrawn as an alert."""
    return replace(event, state=EventState.RETRACTED)
