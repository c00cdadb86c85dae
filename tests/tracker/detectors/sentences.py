"""What must hold of every sentence that is told, whatever the kind: what can be checked by a program."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.events import Event, EventKind

_CLOCK = re.compile(
    r"\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( \d{4})? \d{2}:\d{2}( to (\d{1,2} \w{3} )?\d{2}:\d{2})? UTC\b"
)
_VERBS = ("Silent ", "Declared ", "Lost ", "Heard ", "Was ", "Is ", "Has ", "Back ")


def faults_of(event: Event) -> list[str]:
    """What is wrong with the explanation of an event, in words; empty where nothing is."""
    told, found = event.explanation, []
    sentences = re.split(r"(?<=[A-Za-z0-9)%>])\. (?=[A-Z0-9<])", told.removesuffix("."))
    if not told.endswith(".") or ".." in told or "  " in told:
        found.append("it does not end or is not spaced as a sentence")
    if told.startswith(_VERBS):
        found.append("it has no subject")
    if not _CLOCK.search(told):
        found.append("it has no clock time")
    if re.search(r"\b(nan|None|inf)\b", told) or "{" in told:
        found.append("a value is missing")
    if re.search(r"\bit's\b", told, re.IGNORECASE):
        found.append("it's")
    if len(set(sentences)) < len(sentences):
        found.append("a sentence is told twice")
    clauses = [clause for sentence in sentences for clause in re.split(r"[,;:] ", sentence) if len(clause) > 25]
    if len(set(clauses)) < len(clauses):
        found.append("a clause is told twice")
    if (
        event.craft.startswith("icao24:")
        and event.kind is not EventKind.ENCOUNTER
        and re.search(r"\b[Ss]he|\b[Hh]er(self)?\b", told)
    ):
        found.append("an aircraft is called she")
    if (
        event.kind is not EventKind.FEED_OUTAGE
        and event.craft.partition(":")[2] not in told
        and not _stands_for_many(event)
    ):
        found.append("it does not say which craft")
    return found


def _stands_for_many(event: Event) -> bool:
    """An event about an area or a feed, in whose sentence the craft are counted."""
    return event.detail in ("queue", "mass_displacement", "degraded_navigation", "repeated_reports", "shared_place")


def all_faults(events: Iterable[Event]) -> dict[str, str]:
    """One example of each fault of each detail."""
    return {
        f"{event.kind} {event.detail} {event.state}: {fault}": event.explanation
        for event in events
        for fault in faults_of(event)
    }
