"""A small scenario for most tests of this folder, and one with room for every story."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tracker.decode.base import DecoderCounts
from tracker.inputs import open_input
from tracker.positions import PositionBatch
from tracker.simulate import SimulationReport, simulate
from tracker.simulate.labels import Label, read_labels
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, LABELS_FILE
from tracker.statics import StaticBatch


@dataclass
class Written:
    """A scenario on disk and what the program's own decoders read in it."""

    report: SimulationReport
    folder: Path
    labels: list[Label]
    ships: PositionBatch
    ship_statics: StaticBatch
    aircraft: PositionBatch
    sea_counts: DecoderCounts
    air_counts: DecoderCounts


@pytest.fixture(scope="session")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(tmp_path_factory.mktemp("scenario"), 60)


@pytest.fixture(scope="session")
def great_scenario(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Large and long enough for every lie, every trap, stories of crowds and other people's feeds."""
    return written(tmp_path_factory.mktemp("great"), 130, 36.0)


def written(folder: Path, vessels: int, hours: float = 26.0) -> Written:
    """A scenario of so many vessels, read again."""
    report = simulate(folder, seed=11, vessels=vessels, flights=10, hours=hours)
    sea, air = open_input(folder / AIS_FILE, 0), open_input(folder / AIR_FILE, 1)
    of_ships, of_aircraft = list(sea.decoded(1 << 20)), list(air.decoded(1 << 20))
    return Written(
        report,
        folder,
        read_labels(folder / LABELS_FILE),
        PositionBatch.concat(part.positions for part in of_ships).in_time_order(),
        StaticBatch.concat(part.statics for part in of_ships),
        PositionBatch.concat(part.positions for part in of_aircraft).in_time_order(),
        sea.counts,
        air.counts,
    )
