"""Recorded traffic in which next to nothing is wrong: the rules about waiting and meeting stay quiet.

What is left on the US coast was looked at one by one: longliners adrift off Hatteras, a supply boat at a platform, two boats together 190 km off
Cape Fear. None of these files says what type of ship anybody is.
"""

from __future__ import annotations

import gzip

import numpy as np
import polars as pl
import pytest

from tracker.detectors.base import Context
from tracker.detectors.encounter import EncounterConfig, EncounterDetector
from tracker.detectors.loitering import LoiteringConfig, LoiteringDetector
from tracker.geography.places import WorldPlaces
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks import TrackBuilder


@pytest.mark.parametrize(
    ("name", "loiterings", "encounters"),
    [("us_coast_2020_06_30.csv.gz", 6, 1), ("virginia_beach_2020_06_04.csv.gz", 0, 0)],
)
def test_a_day_of_the_coast_raises_a_handful(real_data, name, loiterings, encounters):
    table = pl.read_csv(gzip.decompress((real_data / "positions" / name).read_bytes()))
    time_us = table["timestamp"].str.to_datetime("%Y-%m-%d %H:%M:%S").dt.epoch("us").to_numpy()
    craft = mmsi_craft(table["mmsi"].to_numpy().astype(np.int64))
    rows = PositionBatch.of(time_us, craft, table["lat"].to_numpy(), table["lon"].to_numpy()).in_time_order()
    rows = TrackBuilder().process_batch(rows)
    found = []
    context = Context(WorldPlaces())
    for detector in (LoiteringDetector(LoiteringConfig(), context), EncounterDetector(EncounterConfig(), context)):
        detector.process_batch(rows, StaticBatch.empty())
        found.append(len({event.event_id for event in detector.advance_watermark(int(rows.time_us[-1]))}))
    assert found[0] <= loiterings
    assert found[1] <= encounters
