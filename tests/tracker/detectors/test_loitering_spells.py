"""Claims about slow spells: the kernel finds what the plain loop finds."""

from __future__ import annotations

import numpy as np
import pytest

from tests.naive import loitering as naive
from tests.scenarios.sea import Sea
from tracker.detectors.base import Context
from tracker.detectors.loitering import LoiteringConfig, LoiteringDetector
from tracker.events import EventState
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

SHIP = mmsi_craft(219_000_001)
CONFIG = LoiteringConfig(
    min_duration_h=1.0, other_min_duration_h=1.0, working_kn=1000.0, waiting_craft=1_000_000, again_h=0.0, sailed_km=0.0
)


def wandering(seed, count=1500):
    """A ship that changes between lying, creeping and steaming, reported every one to fifteen minutes."""
    rng = np.random.default_rng(seed)
    gaps_min = rng.choice([1, 2, 5, 10, 15, 150], count, p=[0.3, 0.3, 0.2, 0.12, 0.07, 0.01])
    time_us = 1_700_000_000_000_000 + np.cumsum(gaps_min) * 60_000_000
    mood = np.repeat(rng.choice([0.2, 1.0, 1.8, 2.5, 4.0, 12.0], count // 15 + 1), 15)[:count]
    kn = np.clip(mood + rng.normal(0, 0.3, count), 0, None)
    course = np.radians(np.repeat(rng.uniform(0, 360, count // 20 + 1), 20)[:count])
    run_deg = kn * gaps_min / 60.0 / 60.0
    lat = 40.0 + np.cumsum(run_deg * np.cos(course))
    lon = -30.0 + np.cumsum(run_deg * np.sin(course)) / 0.77
    return time_us, lat, lon, kn.astype(np.float32)


@pytest.mark.parametrize("with_speed", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_events_are_the_spells_of_the_plain_loop(seed, with_speed):
    time_us, lat, lon, kn = wandering(seed)
    if not with_speed:
        kn = np.full(len(kn), np.nan, dtype=np.float32)
    detector = LoiteringDetector(CONFIG, Context(Sea()))
    carrier = StaticBatch.from_columns(1, time_us=time_us[0], craft=SHIP, ship_type=70)
    detector.process_batch(PositionBatch.of(time_us, SHIP, lat, lon, speed_kn=kn), carrier)
    events = detector.advance_watermark(int(time_us[-1]) + 10**11)
    found = [
        (opened.start_us, opened.known_us, closed.end_us)
        for opened, closed in zip(
            [e for e in events if e.revision == 1],
            [e for e in events if e.state is EventState.CLOSED],
            strict=True,
        )
    ]
    known = [None if np.isnan(speed) else float(speed) for speed in kn]
    slow = naive.judged_spells([int(t) for t in time_us], list(lat), list(lon), known, CONFIG)
    assert len(found) >= 3
    assert found == slow
