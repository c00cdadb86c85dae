"""Who falls silent in the air is dark where it was heard all the while, and only there; a receiver lost is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.told import told
from tests.scenarios.air_reports import STORIES, TARGET
from tracker.geography.places import WorldPlaces


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


@pytest.mark.parametrize("name", STORIES)
def test_an_aircraft_that_falls_silent_is_told_as_what_it_is(name: str, tmp_path: Path, places: WorldPlaces) -> None:
    story = STORIES[name]
    paths = []
    for file, text in story.files().items():
        paths.append(tmp_path / file)
        paths[-1].write_text(text)
    result = told(paths, [], places)
    dark = result.standing("dark_period")
    assert [event.craft for event in dark] == [f"icao24:{TARGET}"] * story.dark, [event.explanation for event in dark]
    assert len(result.standing("feed_outage")) == story.outages, [e.explanation for e in result.standing("feed_outage")]
