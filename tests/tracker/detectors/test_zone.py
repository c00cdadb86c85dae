"""The state machine of visits against its slow twin, on tracks that cross and hug an edge."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.naive.zone_visits import visits
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, Sea, told
from tracker.detectors.base import Context
from tracker.detectors.zone import ZoneConfig, ZoneDetector
from tracker.geography.zones import zones_from
from tracker.positions import PositionBatch

RING = [[2.0, -10.0], [3.0, -10.0], [3.0, 10.0], [2.0, 10.0], [2.0, -10.0]]


@pytest.mark.parametrize("sense", ["inside", "outside"])
@pytest.mark.parametrize("seed", range(12))
def test_visits_agree_with_the_slow_twin(seed: int, sense: str) -> None:
    rng = np.random.default_rng(seed)
    n = 300
    lon = 2.0 + np.cumsum(
        rng.choice([0.0, 0.002, -0.002, 0.02, -0.02, 0.3, -0.3], n, p=[0.3, 0.25, 0.25, 0.08, 0.08, 0.02, 0.02])
    )
    lon += 0.0011
    steps = np.where(rng.random(n) < 0.02, 7.5 * HOUR_US, rng.uniform(0.1, 12.0, n) * MIN_US)
    time_us = START_US + np.cumsum(steps.astype(np.int64))
    inside = (lon >= 2.0) & (lon <= 3.0)
    off_km = np.minimum(np.abs(lon - 2.0), np.abs(lon - 3.0)) * 111.195
    config = ZoneConfig(confirm_reports=1 + seed % 3)
    zones = zones_from(
        {"type": "Feature", "properties": {"name": "strip", "sense": sense}, "geometry": {"type": "Polygon", "coordinates": [RING]}},
        "test",
    )  # fmt: skip
    rows = PositionBatch.of(time_us, ONE, np.zeros(n), lon)
    events = told(ZoneDetector(config, Context(Sea(), zones=zones)), rows, every_min=41.0, after_h=8.0)
    ends = {event.event_id: event for event in events if event.revision == 2}
    found = [
        (e.start_us, ends[e.event_id].end_us, e.known_us, ends[e.event_id].known_us) for e in events if e.revision == 1
    ]
    expected = visits(
        time_us.tolist(), inside.tolist(), off_km.tolist(), outside=sense == "outside", confirm=config.confirm_reports,
        leave_km=config.leave_km, edge_us=int(config.edge_min * MIN_US), silence_us=int(config.max_silence_h * HOUR_US),
        until_us=int(time_us[-1]) + 8 * HOUR_US,
    )  # fmt: skip
    assert found == expected
    assert found


def test_a_crossing_needs_at_least_one_report() -> None:
    with pytest.raises(ValueError, match=r"ZoneConfig\.confirm_reports"):
        ZoneConfig(confirm_reports=0)


def test_the_page_has_every_threshold_with_its_default() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "events" / "zone.md").read_text(encoding="utf-8")
    for item in dataclasses.fields(ZoneConfig):
        assert f"| `{item.name}` | {item.default:g} |" in page
