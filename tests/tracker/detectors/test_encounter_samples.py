"""Claims about samples: where each craft was at the instants of the grid, however the rows came."""

from __future__ import annotations

import numpy as np
import pytest

from streams.keyed_state import KeyedState
from tests.naive import encounter as naive
from tracker.detectors.encounter import samples

MIN_US = 60_000_000
SLOT, SETTLE, SILENCE, DRIFT, HOLD = 5 * MIN_US, 10 * MIN_US, 60 * MIN_US, 720 * MIN_US, 30 * MIN_US
STATUS = np.array([255], dtype=np.uint8)


def reports(seed):
    rng = np.random.default_rng(seed)
    gaps = rng.choice([1, 3, 7, 10, 15, 25, 40, 70, 200, 800], 80) * MIN_US + rng.integers(0, 3, 80) * 20_000_000
    time_us = 1_700_000_100_000_000 + np.cumsum(gaps)
    lat, lon = 50.0 + np.cumsum(rng.normal(0, 0.01, 80)), 179.9 + np.cumsum(rng.normal(0, 0.02, 80))
    return time_us, lat, np.mod(lon + 180.0, 360.0) - 180.0, rng.choice([0.5, 10.0, np.nan], 80).astype(np.float32)


def sampled(time_us, lat, lon, kn, marks_at):
    """All samples, with the watermark moved to the row times at ``marks_at``; held ones of a silent craft included."""
    state = KeyedState(
        {
            "last_us": ("i8", -(1 << 62)),
            "last_lat": ("f8", np.nan),
            "last_lon": ("f8", np.nan),
            "last_kn": ("f4", np.nan),
            "last_status": ("u1", 255),
        }
    )
    found, born, done, held = {}, {}, -(1 << 62), samples.Samples()

    def settle(mark):
        nonlocal done
        until = (mark - SETTLE) // SLOT * SLOT
        start = max(done, int(time_us[0]) // SLOT * SLOT)
        sampled_at = {instant: (keys, values) for instant, keys, values in held.until(until)}
        nothing = np.empty(0, dtype=np.int64), np.empty((0, 7))
        for instant in range(start + SLOT, until + 1, SLOT):
            keys, values = sampled_at.get(instant, nothing)
            births = values[:, samples.HELD] == samples.BIRTH
            for row in values[births]:
                born[instant] = (row[samples.FROM_LAT], row[samples.FRACTION])
            keys, values = keys[~births], values[~births]
            silent_keys, silent = samples.hold_silent(state, state.alive_mask, state.keys, instant, SLOT, HOLD, 3.0)
            keys, values = np.concatenate([keys, silent_keys]), np.concatenate([values, silent])
            assert len(keys) <= 1, "a craft is in one place at an instant"
            for at_lat, at_lon, row in zip(*samples.positions_of(values), values, strict=True):
                found[instant] = (at_lat, at_lon, float(row[samples.HELD]))
        done = max(done, until)

    for i in range(len(time_us)):
        rows = slice(i, i + 1)
        slots = state.slots(np.array([7], dtype=np.int64))
        room = samples.Samples.room(64)
        report = samples.Reports(
            slots, np.array([7], dtype=np.int64), time_us[rows], lat[rows], lon[rows], kn[rows], STATUS
        )
        timing = samples.Timing(SLOT, SETTLE, SILENCE, DRIFT, HOLD, 3.0)
        _, count = samples.sample_rows(0, report, state.records, timing, done, room)
        held.add(room, count)
        if i in marks_at:
            settle(int(time_us[i]))
    settle(int(time_us[-1]) + HOLD + SETTLE)
    return found, born


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cadence", [1, 6, 1000])
def test_samples_are_those_of_looking_at_all_reports(seed, cadence):
    rows = reports(seed)
    time_us, lat, lon, kn = rows
    slow = naive.samples(list(time_us), list(lat), list(lon), list(kn), SLOT, SETTLE, SILENCE, DRIFT, HOLD, 3.0)
    fast, born = sampled(time_us, lat, lon, kn, set(range(0, 80, cadence)))
    begins = naive.births(rows[0], rows[1], SLOT, DRIFT)
    assert sorted(born) == sorted(begins)
    assert all(born[instant] == pytest.approx(begins[instant]) for instant in begins)
    assert sorted(fast) == sorted(slow)
    for instant, (lat, lon, held) in slow.items():
        assert fast[instant][2] == held
        assert fast[instant][0] == pytest.approx(lat, abs=1e-6)
        assert np.mod(fast[instant][1] - lon + 180.0, 360.0) - 180.0 == pytest.approx(0.0, abs=1e-6)
