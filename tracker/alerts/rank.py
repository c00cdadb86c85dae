"""Priority of an alert: a sum of terms, each with its points and its reason, held between 0 and 100.

::

    kind                points of the kind and its detail                              10 .. 65
    confidence          -confidence_points x (1 - confidence)                         -20 .. 0
    flags               flag_points x max over flags (severity x link confidence)       0 .. 40
    further_flags       further_flag_points x further flagged consignments              0 .. 12
    cargo_unflagged     aboard_points where cargo is known but not flagged              0 or 5
    lead_time           lead_points where flagged cargo arrives soon                    0 or 10
    tracked             tracked_points where somebody ordered the craft to be tracked   0 or 20
    unlinked, operations, withdrawn   whatever brings it down to the highest allowed
    limits              what the sum lies outside 0 .. 100

The points of all terms add up to the priority.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracker.alerts.alert import PriorityTerm
from tracker.alerts.config import AlertConfig
from tracker.cargo.links import Link
from tracker.detectors.wording import estimate_text
from tracker.events import Event, EventKind, EventState
from tracker.identity import is_aircraft


def rank(
    event: Event,
    flagged: Sequence[Link],
    aboard: int,
    lead_time_h: float | None,
    config: AlertConfig,
    order: str | None = None,
) -> tuple[int, tuple[PriorityTerm, ...]]:
    """Priority and its terms.

    Parameters
    ----------
    flagged:
        The flagged ones of the consignments loaded; whatever is only possible counts for nothing.
    aboard:
        How many are loaded.
    order:
        The order to track the craft, in a sentence.
    """
    terms: list[PriorityTerm] = [_kind(event, config)]

    def add(name: str, points: float, sentence: str) -> None:
        if round(points):
            terms.append(PriorityTerm(name, round(points), sentence))

    doubt = 1.0 - event.confidence if event.confidence == event.confidence else 1.0
    add("confidence", -config.confidence_points * doubt, f"The rule is {1 - doubt:.0%} sure.")

    if flagged:
        top = max(flagged, key=lambda link: link.consignment.severity * link.confidence)
        gravest = max(top.consignment.flags, key=lambda flag: flag.severity)
        add(
            "flags",
            config.flag_points * top.consignment.severity * top.confidence,
            f"{top.consignment.document_number} is flagged {gravest.flag} (severity {gravest.severity:g}), "
            f"and is aboard with confidence {top.confidence:.2f}.",
        )
        further = min(len(flagged) - 1, config.further_flags_at_most)
        add("further_flags", config.further_flag_points * further, f"{len(flagged)} flagged consignments are aboard.")
        urgent_h = config.lead_urgent_air_h if is_aircraft(flagged[0].craft) else config.lead_urgent_sea_h
        if lead_time_h is not None and lead_time_h <= urgent_h:
            left = estimate_text(lead_time_h)
            add("lead_time", config.lead_points, f"Only {left} are left until flagged cargo arrives.")
    elif aboard:
        add("cargo_unflagged", config.aboard_points, f"Cargo is known aboard ({aboard}), none of it flagged.")

    def cap(name: str, highest: int, sentence: str) -> None:
        terms.append(PriorityTerm(name, min(0, highest - sum(term.points for term in terms)), sentence))

    if event.kind is EventKind.FEED_OUTAGE:
        cap("operations", config.operations_at_most, "It concerns a feed, not a craft.")
    elif order is not None:
        add("tracked", config.tracked_points, order)
    elif not aboard:
        cap("unlinked", config.unlinked_at_most, "No cargo is known aboard.")
    if event.state is EventState.RETRACTED:
        cap("withdrawn", 0, "It is withdrawn: the event no longer stands, or another alert tells it.")
    total = sum(term.points for term in terms)
    add("limits", min(max(total, 0), 100) - total, "Priorities end at 0 and 100.")
    return min(max(total, 0), 100), tuple(terms)


def _kind(event: Event, config: AlertConfig) -> PriorityTerm:
    points = config.kind_points.get(event.kind, 0) + config.detail_points.get((event.kind, event.detail), 0)
    what = event.kind.replace("_", " ") + (f", {event.detail.replace('_', ' ')}" if event.detail else "")
    return PriorityTerm("kind", points, f"Kind of event: {what}.")
