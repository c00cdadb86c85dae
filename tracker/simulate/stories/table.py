"""Which stories are told, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracker.simulate.stories.company import gear, lightering, reduced_power, supply, tender
from tracker.simulate.stories.diversion import (
    contradicting_destination,
    late,
    next_voyage,
    off_route,
    reordered_call,
    skipped_call,
    undeclared_call,
    unreachable,
    wrong_way,
)
from tracker.simulate.stories.identity import clone, flag_hop, identity_exchange
from tracker.simulate.stories.meeting import one_sided_encounter, side_by_side, stopped_encounter
from tracker.simulate.stories.seed import Crowd, CrowdStory, Seed, Story
from tracker.simulate.stories.waiting import drift_boxes, loitering, roads_full, storm
from tracker.simulate.traffic import Sea, Ship

STORIES: Final[tuple[tuple[Story, int], ...]] = (
    (loitering, 6),
    (stopped_encounter, 5),
    (side_by_side, 4),
    (one_sided_encounter, 2),
    (off_route, 2),
    (wrong_way, 2),
    (undeclared_call, 2),
    (skipped_call, 2),
    (reordered_call, 2),
    (unreachable, 2),
    (late, 2),
    (contradicting_destination, 2),
    (next_voyage, 2),
)
"""Each story and how often it is told among 200 vessels."""


def told(sea: Sea, vessels: int) -> tuple[list[Ship], list[Seed]]:
    """All stories in their numbers for a fleet; those that find no room in a short scenario are left out."""
    ships: list[Ship] = []
    seeds: list[Seed] = []
    for story, often in STORIES:
        wanted, tries = max(1, round(often * vessels / 200)), 0
        while wanted and tries < 25:
            tries += 1
            result = story(sea)
            if result is not None:
                ships += result[0]
                seeds.append(result[1])
                wanted -= 1
    for seed in seeds:
        for ship in (seed.ship, seed.other):
            if ship is not None:
                ship.story = seed.detail
    return ships, seeds


CROWDS: Final[tuple[CrowdStory, ...]] = (
    storm,
    drift_boxes,
    roads_full,
    supply,
    gear,
    tender,
    lightering,
    reduced_power,
    flag_hop,
    clone,
    identity_exchange,
)
"""Stories told once beside a fleet that has room for them."""
LEAST_VESSELS: Final = 120
LEAST_HOURS: Final = 36.0


def has_room(vessels: int, hours: float) -> bool:
    """Whether a scenario is large and long enough for stories of crowds and for other people's feeds."""
    return vessels >= LEAST_VESSELS and hours >= LEAST_HOURS


def tell_once(sea: Sea, story: CrowdStory, is_apart: Callable[[list[Ship]], bool]) -> Crowd:
    """One story of several craft, where nobody of it keeps company with others by accident; nothing where it finds no room."""
    for _ in range(40):
        result = story(sea)
        if result is not None and is_apart(result[0]):
            for ship in result[0]:
                ship.story = ship.story or story.__name__
            return result
    return [], []
