"""Papers that contradict the radio, as events: what ``tracker.cargo.contradictions`` found, in words.

A fact without duration: closed as soon as it is told, told again where it became graver, and withdrawn where the ship says the papers' name after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracker.cargo.contradictions import CONFIDENCES, Contradiction, Told
from tracker.detectors.integrity.finding import VERSION, Near, finding, in_words
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import craft_text
from tracker.units import Micros
from tracker.voyages.itinerary import Conveyance

DETAIL: Final = "papers_contradicted"
_THRESHOLDS: Final = {f"{what}_confidence": sure for what, sure in CONFIDENCES.items()}
_MOST_NAMED: Final = 3
"""So many papers are named in words; the evidence has twenty."""
_MOST_LISTED: Final = 20


class Contradicted:
    """Makes events of contradictions; ``near`` names the places of craft."""

    def __init__(self, near: Near) -> None:
        self._near = near

    def event(self, told: Told, papers: Sequence[str]) -> Event:
        """The event of a contradiction, or of its end; ``papers`` are the ids of those that mean the conveyance."""
        withdrawn = not told.now.what
        said = told.before if withdrawn and told.before is not None else told.now
        sentence = _sentence(said, told.craft, told.conveyance, papers)
        if withdrawn:
            sentence = f"Withdrawn: the ship has said the papers' name itself. {sentence}"
        evidence = {
            "what": said.what, "papers": list(papers[:_MOST_LISTED]), "name_on_papers": told.conveyance.name, "imo_on_papers": told.conveyance.imo,
            "mmsi_on_papers": told.conveyance.mmsi, "name_said": said.said_name or None, "imo_said": said.said_imo or None,
        }  # fmt: skip
        found = finding(
            DETAIL, told.craft, (told.start_us, told.known_us), (told.lat_deg, told.lon_deg), CONFIDENCES[said.what], sentence, evidence
        )  # fmt: skip
        return Event(
            event_id=event_id(EventKind.INTEGRITY, told.craft, 0, None, f"{DETAIL} {_subject(told.conveyance)}"),
            revision=told.revision,
            state=EventState.RETRACTED if withdrawn else EventState.CLOSED,
            kind=EventKind.INTEGRITY,
            detail=DETAIL,
            craft=craft_text(told.craft),
            other_craft=None if said.other is None else craft_text(said.other),
            start_us=Micros(told.start_us),
            end_us=Micros(told.known_us),
            lat_deg=told.lat_deg,
            lon_deg=told.lon_deg,
            cause=None,
            confidence=CONFIDENCES[said.what],
            explanation=in_words(found, self._near),
            evidence=evidence,
            rule=Rule("integrity", VERSION, _THRESHOLDS),
            known_us=Micros(told.known_us),
        )


def _subject(conveyance: Conveyance) -> str:
    return f"{conveyance.imo} {conveyance.mmsi} {conveyance.name} {conveyance.call_sign} {conveyance.voyage_number}"


def _sentence(said: Contradiction, craft: int, papers: Conveyance, ids: Sequence[str]) -> str:
    """What is wrong, in words."""
    ship = craft_text(craft)
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    which = f"The papers {', '.join(ids[:_MOST_NAMED])}{more}" if ids else "Papers"
    by = (
        f"IMO number {papers.imo}"
        if papers.imo
        else f"MMSI {papers.mmsi}"
        if papers.mmsi
        else f"call sign {papers.call_sign}"
    )
    if said.what == "name":
        assert said.other is not None
        return (
            f"{which} name the ship with {by}, {ship}, which says {said.said_name}; but they call it {papers.name}, the name that {craft_text(said.other)} says. "
            "One of the two is meant: the carrier or the agent can say which."
        )
    if said.what == "mmsi":
        return f"{which} mean {papers.name} with IMO number {papers.imo} under MMSI {papers.mmsi}; {ship}, which uses this MMSI, says {said.said_name} and IMO number {said.said_imo}: the MMSI on the papers is out of date."
    if said.what == "digit":
        return f"{which} call the ship {papers.name} with IMO number {papers.imo}; the ship of that name, {ship}, gives {said.said_imo}: a digit on the papers is wrong."
    if said.what == "imo":
        return f"{which} name {papers.name} by MMSI {papers.mmsi} and IMO number {papers.imo}; the ship of this name and MMSI, {ship}, gives IMO number {said.said_imo}."
    return f"{which} call {ship}, the ship with {by}, {papers.name}; it says {said.said_name}, and nobody was heard under the papers' name: it was renamed, or the papers err."
