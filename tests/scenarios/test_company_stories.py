"""Stories of company and of waiting, through a whole replay: what is told is what should be, once, and nothing else is made of it.

Each story is replayed from one kind of feed; the other one, for those who have the time, must tell the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.told import Told, told
from tests.scenarios.company import written
from tests.scenarios.company_stories import AIR, STORIES, Story
from tests.tracker.detectors.sentences import all_faults
from tracker.geography.places import WorldPlaces
from tracker.identity import craft_text, icao24_craft, mmsi_craft

QUICK = (
    "reefer_and_jiggers", "barge_towed_by_who_does_not_say", "icebreaker_convoy", "patrol_beside_suspect", "pair_trawlers", "naval_exercise",
    "research_station", "pilot_boards", "transfer_under_way", "tanker_refuels_fighters", "formation_take_off", "holding_stack", "parallel_approaches",
)  # fmt: skip
"""These are always replayed."""


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


def forms() -> list[object]:
    """Every story from both feeds; the quick ones from one of them, all else is marked slow."""
    found: list[object] = []
    for number, name in enumerate(STORIES):
        kinds = ("jsonl", "air.csv") if name in AIR else ("csv", "nmea")
        first = number % 2
        found.append(pytest.param(name, kinds[first], marks=[] if name in QUICK else pytest.mark.slow, id=name))
        found.append(pytest.param(name, kinds[1 - first], marks=pytest.mark.slow, id=f"{name}-{kinds[1 - first]}"))
    return found


@pytest.mark.parametrize(("name", "form"), forms())
def test_a_story_is_told_as_it_was(name: str, form: str, places: WorldPlaces, tmp_path: Path) -> None:
    story = STORIES[name]()
    found = told([written(story.crafts, form, tmp_path)], [], places)
    names = {
        craft_text(int(icao24_craft(craft.identity) if name in AIR else mmsi_craft(craft.identity))): craft.name
        for craft in story.crafts
    }
    check_meetings(story, found, names)
    check_waits(story, found, names)
    alerts = found.alerted()
    assert story.least <= len(alerts) <= story.alerts, [alert.explanation for alert in alerts]
    for words in story.in_alert:
        assert any(words in alert.explanation for alert in alerts), words
    assert all_faults(found.every_event, found.every_alert) == {}
    others = {event.kind for event in found.events if event.state != "retracted"}
    assert others <= {"gap", "encounter", "loitering", *story.other_kinds}


def check_meetings(story: Story, found: Told, names: dict[str, str]) -> None:
    """Each pair that met is told once, and no other."""
    met = [frozenset((names[event.craft], names[str(event.other_craft)])) for event in found.standing("encounter")]
    once = [pair for pair in met if pair not in story.regular]
    assert set(once) == story.meetings
    assert len(once) == len(story.meetings)


def check_waits(story: Story, found: Told, names: dict[str, str]) -> None:
    """Who waits is told, many together as one; those who meet may wait for it."""
    waits = found.standing("loitering")
    assert sum(event.detail == "queue" for event in waits) == story.queues
    alone = {names[event.craft] for event in waits if event.detail != "queue"}
    assert story.waits <= alone
    assert alone <= story.waits | story.recorded | {name for pair in story.meetings for name in pair}
