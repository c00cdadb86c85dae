"""From facts to events: ids, revisions, the common evidence, and sentences that a customs officer understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from tracker.detectors.diversion.case import NEVER, RANK, TYPED, Case, Story
from tracker.detectors.diversion.company import SHARED, SHARED_CONFIDENCE, Company
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.wording import clock_text
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import craft_text
from tracker.units import Micros, iso_time, parse_time
from tracker.voyages.itinerary import Itinerary, ItineraryNode, Mode

RULE_VERSION: Final = "5"
_SEA_PREFIX: Final = (
    "sea_",
    "declared_",
    "waiting_",
    "idle_",
    "port_",
    "berth_",
    "stopped_",
    "call_",
    "canal_",
    "cargo_",
    "tanker_",
    "passenger_",
    "best_",
    "destination_",
)
_AIR_PREFIX: Final = ("air", "approach_")


class Teller:
    """Writes the events of all cases."""

    def __init__(self, config: DiversionConfig) -> None:
        values = asdict(config)
        self._rules = {
            Mode.SEA: Rule("diversion", RULE_VERSION, {k: v for k, v in values.items() if k.startswith(_SEA_PREFIX)}),
            Mode.AIR: Rule("diversion", RULE_VERSION, {k: v for k, v in values.items() if k.startswith(_AIR_PREFIX)}),
        }

    def fact(
        self, case: Case, itinerary: Itinerary, story: Story, detail: str, *, known_us: int, start_us: int,
        lat_deg: float, lon_deg: float, confidence: float, sentence: str, measured: Mapping[str, Any],
        again: bool = False,
    ) -> list[Event]:  # fmt: skip
        """A fact found: opens a story or makes it grow. The story starts where the craft turned, once it was seen to; what its crew types may be hours older. A fact already told changes nothing; a weaker one than names the story is kept
        as evidence for its next revision, but is no news by itself.

        ``again`` tells a fact of the same name anew because it has grown.
        """
        if story.open and detail in story.facts and not again:
            return []
        weaker = story.open and RANK[detail] < RANK[story.detail]
        typed_only = story.facts.keys() <= {TYPED}
        if not story.open:
            story.named_us = start_us
        if not story.open or (detail != TYPED and (typed_only or start_us < story.start_us)):
            story.start_us, story.lat_deg, story.lon_deg = start_us, lat_deg, lon_deg
        story.facts[detail] = {"known": iso_time(known_us), "since": iso_time(start_us), **measured}
        if weaker:
            return []
        story.confidence = max(story.confidence, confidence)
        story.detail, story.sentence = detail, sentence
        story.shared = story.shared and detail in SHARED
        return [self._event(case, itinerary, story, EventState.OPEN, known_us, None)]

    def share(self, case: Case, itinerary: Itinerary, company: Company, known_us: int) -> list[Event]:
        """Most others around stray, too: the story of the route goes on, but is no longer hers."""
        story = case.route
        if not story.open or story.shared or story.detail not in SHARED:
            return []
        story.shared = True
        story.facts[story.detail] |= {"others_off_route": company.off, "others_on_route": company.on}
        story.sentence = (
            f"{story.sentence} So do {company.off} other ships around her, against {company.on} that keep to their routes: "
            "something moves them all."
        )
        return [self._event(case, itinerary, story, EventState.OPEN, known_us, None)]

    def close(
        self,
        case: Case,
        itinerary: Itinerary,
        story: Story,
        known_us: int,
        why: str,
        state: EventState = EventState.CLOSED,
    ) -> list[Event]:
        """The story is over, or withdrawn: one last revision, and the slate is clean."""
        if not story.open:
            return []
        story.sentence = f"{story.sentence} {why}"
        event = self._event(case, itinerary, story, state, known_us, known_us)
        story.start_us, story.revision, story.detail, story.confidence, story.sentence = NEVER, 0, "", 0.0, ""
        story.facts, story.shared = {}, False
        return [event]

    def close_both(
        self, case: Case, itinerary: Itinerary, known_us: int, why: str, state: EventState = EventState.CLOSED
    ) -> list[Event]:
        """The story of the route and that of the schedule are over, or withdrawn."""
        return [
            event
            for story in (case.route, case.schedule)
            for event in self.close(case, itinerary, story, known_us, why, state)
        ]

    def _event(
        self, case: Case, itinerary: Itinerary, story: Story, state: EventState, known_us: int, end_us: int | None
    ) -> Event:
        story.revision += 1
        name = "route" if story is case.route else "schedule"
        bound_for = itinerary.nodes[min(case.next, len(itinerary.nodes) - 1)]
        left = itinerary.nodes[case.next - 1] if case.next > 0 else None
        return Event(
            event_id=event_id(EventKind.DIVERSION, case.craft, story.named_us, detail=f"{case.itinerary_id}/{name}"),
            revision=story.revision,
            state=state,
            kind=EventKind.DIVERSION,
            detail=story.detail,
            craft=craft_text(case.craft),
            other_craft=None,
            start_us=Micros(story.start_us),
            end_us=None if end_us is None else Micros(end_us),
            lat_deg=story.lat_deg,
            lon_deg=story.lon_deg,
            cause=None,
            confidence=min(SHARED_CONFIDENCE if story.shared else 0.99, story.confidence) * case.confidence,
            explanation=_with_typed(story),
            evidence={
                "itinerary_id": itinerary.itinerary_id,
                "itinerary_version": itinerary.version,
                "matched_by": case.reason,
                "match_confidence": case.confidence,
                "bound_for": bound_for.location,
                "bound_for_name": bound_for.name,
                "left": None if left is None else left.location,
                "declared_arrival": None if bound_for.arrive_us is None else iso_time(bound_for.arrive_us),
                "facts": [{"detail": detail, **fact} for detail, fact in story.facts.items()],
            },
            rule=self._rules[itinerary.mode],
            known_us=Micros(known_us),
        )


def _with_typed(story: Story) -> str:
    """The sentence, and what the crew types where something stronger names the story."""
    typed = story.facts.get(TYPED)
    if typed is None or story.detail == TYPED:
        return story.sentence
    since = clock_text(parse_time(typed["since"]))
    return f"{story.sentence} Her crew has given {typed['destination']} as her destination since {since}."


def who_text(case: Case, itinerary: Itinerary) -> str:
    """The subject of a sentence: the ship by its identity, the aircraft by the flight of the papers where they name one."""
    craft = craft_text(case.craft)
    flight = itinerary.conveyance.flight
    if itinerary.mode is Mode.SEA:
        return craft
    return f"Flight {flight} ({craft})" if flight else f"The flight of {craft}"


def place_text(node: ItineraryNode) -> str:
    """A declared node in words: its name, with the code where it has one."""
    return f"{node.name} ({node.location})" if node.location and node.location != node.name else node.name
