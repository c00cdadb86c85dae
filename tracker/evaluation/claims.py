"""Claims: which events say that something is wrong, and from when on.

A *claim* is an event whose last revision is not retracted and which says that something is wrong: ``CLAIMS`` tells for each kind. A
dark period claims something only where its cause is ``silent_in_coverage`` (all other causes say that nothing is wrong); gaps,
zones, holdings, helicopters and meetings of regulars are information and claim nothing, nor does an integrity event less sure than ``CLAIM_CONFIDENCE``, but for ``OF_A_FEED``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from tracker.events import EventKind, EventState, GapCause
from tracker.units import parse_time

FOREVER_US: Final = 1 << 62
CLAIM_CONFIDENCE: Final = 0.3
"""An integrity event less sure than this is information."""
OF_A_FEED: Final = frozenset({"repeated_reports"})
"""Details that say that a feed is wrong: how sure they are says how little anybody need act on them."""
GROUPED: Final = frozenset({"mass_displacement"})
"""Details of one event about several craft, which its evidence lists."""
ONE_OF: Final = "one_sided"
"""The detail that names one of several, where nobody can tell which."""
EVERYDAY: Final = frozenset({"holding", "helicopter", "regular"})
"""Details that are recorded, but say of nothing that it is wrong."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One event as it finally stands, with the instant its first claiming revision was known."""

    event_id: str
    kind: str
    detail: str
    crafts: frozenset[str]
    start_us: int
    end_us: int
    known_us: int
    explanation: str
    craft: str


def _always(_event: Mapping[str, Any]) -> bool:
    return True


def _never(_event: Mapping[str, Any]) -> bool:
    return False


def _sure(event: Mapping[str, Any]) -> bool:
    return event["detail"] in OF_A_FEED or float(event.get("confidence") or 0.0) >= CLAIM_CONFIDENCE


def _no_everyday(event: Mapping[str, Any]) -> bool:
    return event["detail"] not in EVERYDAY


def _in_coverage(event: Mapping[str, Any]) -> bool:
    return event.get("cause") in (None, GapCause.SILENT_IN_COVERAGE)


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """How events of one kind are held against labels."""

    claims: Callable[[Mapping[str, Any]], bool] = _always
    """Whether a revision, as JSON, says that something is wrong."""
    narrowed: bool = False
    """Whether the labels use the details of the events."""
    runs_on: bool = False
    """Whether a claim may begin any time after the label did: it has consequences."""


CLAIMS: Final[Mapping[str, ClaimRule]] = MappingProxyType(
    {
        EventKind.GAP: ClaimRule(_never),
        EventKind.ZONE: ClaimRule(_never),
        EventKind.INTEGRITY: ClaimRule(_sure, narrowed=True),
        EventKind.CIRCLING: ClaimRule(_no_everyday, narrowed=True),
        EventKind.OFF_AERODROME_LANDING: ClaimRule(_no_everyday, narrowed=True),
        EventKind.DARK_PERIOD: ClaimRule(_in_coverage),
        EventKind.ENCOUNTER: ClaimRule(_no_everyday, narrowed=True),
        EventKind.DIVERSION: ClaimRule(narrowed=True, runs_on=True),
    }
)
"""Kinds that differ from the plain rule: every event claims, details are not compared, times must overlap."""
_PLAIN: Final = ClaimRule()


def rule_of(kind: str) -> ClaimRule:
    """The rule of a kind."""
    return CLAIMS.get(kind, _PLAIN)


def claims_of(events: Iterable[Mapping[str, Any]]) -> list[Claim]:
    """The claims among all revisions, in the order they were known."""
    history: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        history.setdefault(str(event["event_id"]), []).append(event)
    claims = []
    for event_id, given in history.items():
        revisions = sorted(given, key=lambda event: int(event["revision"]))
        last = revisions[-1]
        if last["state"] == EventState.RETRACTED or not _claiming(last):
            continue
        known = min(parse_time(str(event["evidence"]["known"])) for event in revisions if _claiming(event))
        claims.append(
            Claim(
                event_id=event_id,
                kind=str(last["kind"]),
                detail=str(last["detail"]),
                crafts=frozenset(str(c) for c in (last["craft"], last.get("other_craft"), *_others(last)) if c),
                start_us=parse_time(str(last["start"])),
                end_us=FOREVER_US if last.get("end") is None else parse_time(str(last["end"])),
                known_us=known,
                explanation=str(last.get("explanation", "")),
                craft=str(last["craft"]),
            )
        )
    return sorted(claims, key=lambda claim: (claim.known_us, claim.event_id))


def _others(event: Mapping[str, Any]) -> list[str]:
    """The craft of an event about several: those that wait in a queue, those that stand at one false place, those whom one that was silent may have met."""
    if event["detail"] == ONE_OF:
        return list(event["evidence"].get("others_waiting") or ())
    of_several = event["kind"] == EventKind.LOITERING or event["detail"] in GROUPED
    return list(event["evidence"].get("craft") or ()) if of_several else []


def _claiming(event: Mapping[str, Any]) -> bool:
    """Whether a revision says that something is wrong."""
    return event["state"] != EventState.RETRACTED and rule_of(event["kind"]).claims(event)
