"""Slices of event time end where the rows say, however they came; ticks of many rows end in parts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.fleet import context, fleet
from tracker.detectors.base import Parts, TickBuffer
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.events import Event
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_MIN, US_PER_S

T0_US = 1_772_323_200 * US_PER_S
PARTS = Parts(5 * US_PER_S, 10)
NO_STATICS = StaticBatch.empty()


def rows_at(*seconds: float) -> PositionBatch:
    times_us = np.array([T0_US + int(s * US_PER_S) for s in sorted(seconds)], dtype=np.int64)
    return PositionBatch.of(
        times_us, np.full(len(seconds), 211_000_001), np.zeros(len(seconds)), np.zeros(len(seconds))
    )


def crowd(count: int, begin_s: float, end_s: float) -> list[float]:
    return np.linspace(begin_s, end_s, count, endpoint=False).tolist()


def given(buffer: TickBuffer, rows: PositionBatch, marks_s: list[float]) -> list[tuple[float, int]]:
    """Ends of the slices in seconds with the rows of each."""
    found, start = [], 0
    for mark_s in marks_s:
        mark_us = T0_US + int(mark_s * US_PER_S)
        stop = int(np.searchsorted(rows.time_us, mark_us, side="right"))
        buffer.add(rows.take(slice(start, stop)), NO_STATICS)
        start = stop
        found += [((end - T0_US) / US_PER_S, len(some)) for end, some, _ in buffer.slices(mark_us)]
    return found


def test_a_crowded_tick_ends_in_parts_and_a_thin_one_does_not() -> None:
    rows = rows_at(*crowd(9, 1, 59), *crowd(24, 61, 73), *crowd(3, 90, 119), *crowd(9, 121, 140))
    assert given(TickBuffer(US_PER_MIN, parts=PARTS), rows, [200.0]) == [(60.0, 9), (70.0, 19), (120.0, 8), (180.0, 9)]
    assert given(TickBuffer(US_PER_MIN), rows, [200.0]) == [(60.0, 9), (120.0, 27), (180.0, 9)]


def test_a_part_is_given_out_as_soon_as_the_watermark_is_there() -> None:
    rows = rows_at(*crowd(200, 1, 39))
    buffer = TickBuffer(US_PER_MIN, parts=PARTS)
    assert given(buffer, rows, [4.9]) == []
    assert given(buffer, rows.take(rows.time_us > T0_US + 4.9 * US_PER_S), [5.0]) == [(5.0, 22)]


@pytest.mark.parametrize("seed", range(20))
def test_slices_are_the_same_whenever_the_watermark_moves_and_after_a_restart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seconds = np.concatenate(
        [rng.uniform(0, 300, 40), rng.uniform(100, 150, rng.integers(0, 90)), [rng.integers(0, 60) * 5.0] * 12]
    )
    rows = rows_at(*np.round(seconds).tolist(), 9_000.0)
    whole = TickBuffer(US_PER_MIN, quiet_us=20 * US_PER_MIN, parts=PARTS)
    in_one = given(whole, rows, [9_100.0])
    assert sum(count for _, count in in_one) == len(rows)
    buffer, found, start_us = TickBuffer(US_PER_MIN, quiet_us=20 * US_PER_MIN, parts=PARTS), [], T0_US - 1
    for mark_s in [*np.sort(rng.uniform(0, 9_000, 60)).tolist(), 9_100.0]:
        mark_us = T0_US + int(mark_s * US_PER_S)
        buffer.add(rows.take((rows.time_us > start_us) & (rows.time_us <= mark_us)), NO_STATICS)
        found += [((end - T0_US) / US_PER_S, len(some)) for end, some, _ in buffer.slices(mark_us)]
        start_us = mark_us
        again = TickBuffer(US_PER_MIN, quiet_us=20 * US_PER_MIN, parts=PARTS)
        again.restore({name: table() if callable(table) else table for name, table in buffer.tables().items()})
        buffer = again
    assert found == in_one
    assert any(end % 60 for end, _ in in_one), "there are parts in it"


def test_a_capture_is_of_its_instant() -> None:
    buffer = TickBuffer(US_PER_MIN)
    buffer.add(rows_at(1, 2), NO_STATICS)
    tables = buffer.tables()
    buffer.add(rows_at(3), NO_STATICS)
    assert tables["held_positions"]().num_rows == 2


@pytest.mark.parametrize("kind", ["silence", "integrity"])
def test_a_crowded_minute_is_told_no_other_story_than_a_thin_one(kind: str) -> None:
    """What is said, of whom, from when to when; parts only say it sooner."""
    rows, statics = fleet()

    def told(parts: Parts) -> list[Event]:
        detector = (
            SilenceDetector(SilenceConfig(), context())
            if kind == "silence"
            else IntegrityDetector(IntegrityConfig(), context())
        )
        detector._buffer.parts = parts
        detector.process_batch(rows, statics)
        return detector.advance_watermark(int(rows.time_us[-1]))

    whole, sooner = told(Parts(5 * US_PER_S, 1_000_000)), told(Parts(5 * US_PER_S, 2))
    assert any(event.known_us % US_PER_MIN for event in sooner)

    def story(events: list[Event]) -> list[tuple[object, ...]]:
        return sorted((e.event_id, e.revision, e.kind, e.detail, e.cause, e.state, e.start_us) for e in events)

    def ends_us(events: list[Event]) -> list[int]:
        return [e.end_us or 0 for e in sorted(events, key=lambda e: (e.event_id, e.revision))]

    assert story(sooner) == story(whole)
    assert ends_us(sooner) == pytest.approx(ends_us(whole), abs=US_PER_MIN), (
        "an emergency ends with the slice it is last heard in"
    )
