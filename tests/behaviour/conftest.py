"""Stories of analysts as small inputs, kept beside the recorded data (``expect.txt`` in each says what is wanted)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.behaviour.told import Told, told
from tests.tracker.detectors.sentences import all_faults
from tracker.geography.places import WorldPlaces


@pytest.fixture(scope="session")
def places() -> WorldPlaces:
    return WorldPlaces.load()


@pytest.fixture(scope="session")
def story(real_data: Path, places: WorldPlaces) -> Callable[..., Told]:
    """Replays a story by its name: ``story("tender")``, or one of its inputs: ``story("flag_hop_nmea", "input_back.csv.gz")``; every sentence must be whole."""
    folder = real_data.parent / "cases" / "behaviour"

    @cache  # several tests ask the same story
    def replayed(name: str, file: str = "input.*") -> Told:
        cargo = [path for path in (folder / name / "cargo.json", folder / name / "cargo") if path.exists()]
        found = told(sorted((folder / name).glob(file))[:1], cargo, places)
        assert all_faults(found.every_event, found.every_alert) == {}
        return found

    return replayed
