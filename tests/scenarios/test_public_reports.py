"""Stories after public reports are told as what they are, once, and as nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.told import told
from tests.scenarios.public_reports import STORIES
from tracker.events import EventState
from tracker.geography.places import WorldPlaces

SILENCES = ("gap", "dark_period", "feed_outage")


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


@pytest.mark.parametrize("name", STORIES)
def test_a_public_report_is_told_as_what_it_is(name: str, tmp_path: Path, places: WorldPlaces) -> None:
    story = STORIES[name]
    file = tmp_path / story.file
    file.write_text(story.text())
    result = told([file], [], places)
    standing = [event for event in result.events if event.state is not EventState.RETRACTED]
    found = sorted((str(event.kind), event.detail) for event in standing if event.kind not in SILENCES)
    assert found == sorted(story.wanted)
    over = [event for event in standing if event.kind == "dark_period" and event.state is EventState.CLOSED]
    assert over == [], "a ship is silent only where its made track ends"
