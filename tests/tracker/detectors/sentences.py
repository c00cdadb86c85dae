"""What must hold of every sentence that is told, whatever the kind: what can be checked by a program."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.alerts.alert import Alert
from tracker.events import Event, EventKind, EventState

_CLOCK = re.compile(
    r"\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( \d{4})? \d{2}:\d{2}( to (\d{1,2} \w{3} )?\d{2}:\d{2})? UTC\b"
)
_SPOT = r"\d{1,2}\.\d\d [NS] \d{1,3}\.\d\d [EW]"
_PLACE = re.compile(
    rf"[^\W\d_][^()]*(?:\([^():\d]+\))? \({_SPOT}\)|\bkm from [A-Z]|\b(at|to|for|of) [A-Z][^(]*\([A-Z]{{4,5}}\)"
)
"""``63 km west of Lisboa (38.70 N 9.90 W)``, ``12 km from Lelystad``, ``at Fiumicino (LIRF)``: with a name in it, which may have another in brackets, as ``Dungun (Kuala Dungun)``."""
_SHE = re.compile(r"\b[Ss]he\b|\b[Hh]er(s|self)?\b")
LASTING = (EventKind.GAP, EventKind.DARK_PERIOD, EventKind.LOITERING, EventKind.ENCOUNTER, EventKind.CIRCLING)
"""While they are open they go on."""
_VERBS = ("Silent ", "Declared ", "Lost ", "Heard ", "Was ", "Is ", "Has ", "Back ")


def faults_of_text(told: str) -> list[str]:
    """What is wrong with a text as a text."""
    found = []
    sentences = re.split(r"(?<=[A-Za-z0-9)%>])\. (?=[A-Z0-9<])", told.removesuffix("."))
    if not told.endswith(".") or ".." in told or "  " in told:
        found.append("it does not end or is not spaced as a sentence")
    if told.startswith(_VERBS):
        found.append("it has no subject")
    if re.search(r"\b(nan|None|inf)\b", told) or "{" in told:
        found.append("a value is missing")
    if re.search(r"\bit's\b", told, re.IGNORECASE):
        found.append("it's")
    if len(set(sentences)) < len(sentences):
        found.append("a sentence is told twice")
    clauses = [
        clause
        for sentence in sentences
        for clause in re.split(r"[,;:] ", sentence)
        if len(clause) > 25 and not clause.startswith("from ")
    ]
    if len(set(clauses)) < len(clauses):
        found.append("a clause is told twice")
    if re.search(r"\b\d{2,}\.\d+ (?:km|nm)\b|\b\d{4,}\.\d+\b", told):
        found.append("a number is more exact than anybody knows")
    return found


def faults_of(event: Event) -> list[str]:
    """What is wrong with the explanation of an event, in words; empty where nothing is."""
    told = event.explanation
    found = faults_of_text(told)
    if not _CLOCK.search(told):
        found.append("it has no clock time")
    if event.craft.startswith("icao24:") and _SHE.search(told):
        found.append("an aircraft is called she")
    if not _PLACE.search(told) and not _is_of_a_feed(event):
        found.append("it does not say where")
    if any(told.count(f"({craft})") > 1 for craft in (event.craft, event.other_craft)):
        found.append("an identity is told twice")
    if (
        event.state is EventState.OPEN
        and event.kind in LASTING
        and " goes on as " not in told
        and not re.search(r"since .*\d (min|h)\b|\d (min|h)\b.* since", told)
    ):
        found.append("it does not say since when and how long")
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


def _is_of_a_feed(event: Event) -> bool:
    """An event that has no place: of a feed, or of a coordinate that is none."""
    return event.kind is EventKind.FEED_OUTAGE or event.detail in ("repeated_reports", "shared_place")


def faults_of_alert(alert: Alert) -> list[str]:
    """What is wrong with the explanation of an alert; two papers may say the same."""
    told = alert.explanation
    found = faults_of_text(re.split(r" \d+ consignments? (?:is|are) known aboard", told)[0].removesuffix(".") + ".")
    if not _CLOCK.search(told):
        found.append("it has no clock time")
    if alert.event.craft.startswith("icao24:") and _SHE.search(told):
        found.append("an aircraft is called she")
    return found


def all_faults(events: Iterable[Event], alerts: Iterable[Alert] = ()) -> dict[str, str]:
    """One example of each fault of each detail; what is told a second time in the same words is a fault, too."""
    found: dict[str, str] = {}
    before: dict[str, tuple[str, str, str]] = {}
    for event in events:
        name = f"{event.kind} {event.detail} {event.state}"
        found |= {f"{name}: {fault}": event.explanation for fault in faults_of(event)}
        now = (str(event.state), event.detail, event.explanation)
        if before.get(event.event_id) == now:
            found[f"{name}: nothing is new in it"] = event.explanation
        before[event.event_id] = now
    for alert in alerts:
        name = f"alert {alert.type} {alert.event.kind} {alert.event.detail}"
        found |= {f"{name}: {fault}": alert.explanation for fault in faults_of_alert(alert)}
    return found
