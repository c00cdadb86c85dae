"""Stories after public reports are told as what they are, once, and as nothing else."""

from __future__ import annotations

import json
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


@pytest.mark.slow
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


def papers(path: Path, **conveyance: object) -> Path:
    """One consignment of a ship, on its way since the day before."""
    item = {"consignment_id": "1", "document_type": "bill_of_lading", "document_number": "MADE1", "loading": "MACAS", "discharge": "ESBIO"}  # fmt: skip
    calls = [{"location": "MACAS", "depart": "2026-02-27T06:00:00Z"}, {"location": "ESBIO", "arrive": "2026-03-09T06:00:00Z"}]  # fmt: skip
    manifest = {"manifest_id": "M1", "version": 1, "conveyance": {"mode": "sea", **conveyance}, "itinerary": calls, "consignments": [item]}  # fmt: skip
    path.write_text(json.dumps({"manifests": [manifest]}))
    return path


@pytest.mark.parametrize(
    ("name", "conveyance", "aboard"),
    [
        ("hops", {"mmsi": 613003001, "name": "ANNA"}, ["mmsi:620800003"]),
        ("duplicate_hull", {"imo": 9105073, "name": "AFRICA ONE"}, ["mmsi:620999538", "mmsi:511101390"]),
        ("change_of_places", {"mmsi": 511100001}, ["mmsi:518900002", "mmsi:511100001"]),
        ("silent_swap", {"imo": 9345673, "name": "OCEAN PEARL"}, ["mmsi:518900002", "mmsi:511100001"]),
        ("names_swapped", {"imo": 9345673, "name": "OCEAN PEARL"}, ["mmsi:511100001", "mmsi:518900002"]),
    ],
)
def test_papers_go_with_the_craft_that_fits_best_and_name_the_other(
    name: str, conveyance: dict[str, object], aboard: list[str], tmp_path: Path, places: WorldPlaces
) -> None:
    story = STORIES[name]
    file = tmp_path / story.file
    file.write_text(story.text())
    result = told([file], [papers(tmp_path / "cargo.json", **conveyance)], places)
    alert = [alert for alert in result.alerted("integrity") if alert.event.detail == story.wanted[-1][1]][-1]
    assert [entry["craft"] for entry in (*alert.consignments, *alert.possible)] == aboard
