"""Rows of several sources come out in event-time order, the same for every cut and interleaving."""

from __future__ import annotations

import numpy as np
import pytest

from streams.errors import OrderError
from streams.frontier import FrontierConfig
from streams.reorder import Reorder
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

S = 1_000_000
CONFIG = FrontierConfig(lateness_us=60 * S, rows_to_believe=3)


def rows(times_s: list[int], craft: int = 219000001) -> PositionBatch:
    times = np.array(times_s, dtype=np.int64) * S
    return PositionBatch.of(
        times, np.full(len(times), mmsi_craft(craft)), np.full(len(times), 55.0), np.arange(len(times)) * 1e-3
    )


def reorder() -> Reorder[PositionBatch, StaticBatch]:
    return Reorder(CONFIG, PositionBatch.empty(), StaticBatch.empty())


def test_rows_wait_until_no_earlier_one_can_come() -> None:
    buffer = reorder()
    buffer.open(0)
    buffer.add(0, rows([100, 130, 110, 140]), StaticBatch.empty())
    mark, out, _ = buffer.release()
    assert mark == 80 * S
    assert len(out) == 0
    buffer.add(0, rows([180]), StaticBatch.empty())
    mark, out, _ = buffer.release()
    assert mark == 120 * S
    assert [int(t) // S for t in out.time_us] == [100, 110]


def test_a_slow_source_holds_the_watermark_and_a_closed_one_does_not() -> None:
    buffer = reorder()
    buffer.open(0)
    buffer.open(1)
    buffer.add(0, rows([1000, 1001, 1002]), StaticBatch.empty())
    assert len(buffer.release()[1]) == 0
    buffer.add(1, rows([500, 501, 502], craft=219000002), StaticBatch.empty())
    assert len(buffer.release()[1]) == 0
    buffer.close(1)
    assert [int(t) // S for t in buffer.release()[1].time_us] == [500, 501, 502]
    buffer.close(0)
    assert [int(t) // S for t in buffer.release()[1].time_us] == [1000, 1001, 1002]


def test_late_rows_are_handed_back() -> None:
    buffer = reorder()
    buffer.open(0)
    late, _, discarded = buffer.add(0, rows([100, 101, 102, 500, 50]), StaticBatch.empty())
    assert [int(t) // S for t in late.time_us] == [50]
    assert len(discarded) == 0


def test_a_row_that_may_not_lead_waits_until_others_have_come_so_far() -> None:
    buffer = reorder()
    buffer.open(0)
    lead_us = np.array([100, 105, 110], dtype=np.int64) * S
    late, _, broken = buffer.add(0, rows([100, 400, 110]), StaticBatch.empty(), lead_us)
    assert buffer.frontier_us(0) == 110 * S
    for at in range(120, 471, 10):
        # behind the mark by what it may lead to, and yet ahead of it by its time
        told = np.array([at, min(at - 70, 460)], dtype=np.int64) * S
        more, _, _ = buffer.add(0, rows([at, 460]), StaticBatch.empty(), told)
        late = PositionBatch.concat([late, more])
    assert len(late) == len(broken) == 0
    out = buffer.release()[1]
    assert sorted(int(t) // S for t in out.time_us) == [100, *range(110, 401, 10), 400, 410]


def test_a_source_that_was_not_opened_is_refused() -> None:
    with pytest.raises(OrderError):
        reorder().add(7, rows([1]), StaticBatch.empty())


@pytest.mark.parametrize("seed", range(10))
def test_the_order_out_does_not_depend_on_cuts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = [int(t) for t in np.cumsum(rng.integers(0, 20, size=200)) + rng.integers(-50, 50, size=200) + 1000]

    def run(cuts: list[int]) -> list[tuple[int, float]]:
        buffer = reorder()
        buffer.open(0)
        out = []
        whole = rows(times)
        for start, stop in zip([0, *cuts], [*cuts, len(times)], strict=True):
            buffer.add(0, whole.take(slice(start, stop)), StaticBatch.empty())
            out.append(buffer.release()[1])
        buffer.close(0)
        out.append(buffer.release()[1])
        joined = PositionBatch.concat(out)
        return list(zip(joined.time_us.tolist(), joined.lon_deg.tolist(), strict=True))

    cuts = sorted(int(c) for c in rng.choice(np.arange(1, 200), size=9, replace=False))
    assert run(cuts) == run([])
    assert [t for t, _ in run(cuts)] == sorted(t for t, _ in run(cuts))


def test_an_idle_source_holds_nobody_up_until_it_is_heard_again() -> None:
    buffer = reorder()
    for source in (0, 1):
        buffer.open(source)
        buffer.add(source, rows([500, 501, 502], craft=219000001 + source), StaticBatch.empty())
    buffer.add(0, rows([1000]), StaticBatch.empty())
    assert buffer.watermark_us == 442 * S
    buffer.set_idle(1, 0)
    assert buffer.release()[0] == 940 * S
    late, _, _ = buffer.add(1, rows([600, 941], craft=219000002), StaticBatch.empty())
    assert late.time_us.tolist() == [600 * S]
    buffer.set_idle(1, None)
    assert buffer.watermark_us == 940 * S


def test_the_watermark_goes_on_with_the_time_that_passes_while_all_are_silent() -> None:
    buffer = reorder()
    buffer.open(0)
    buffer.add(0, rows([500, 501, 502]), StaticBatch.empty())
    buffer.set_idle(0, 30 * S)
    assert buffer.release()[0] == 472 * S
    buffer.set_idle(0, None)
    assert buffer.watermark_us == 472 * S


def test_the_silence_of_sources_that_never_gave_a_time_is_no_time() -> None:
    buffer = reorder()
    begun_us = buffer.watermark_us
    for source in (0, 1):
        buffer.open(source)
        buffer.set_idle(source, 3_600 * S)
    assert buffer.release()[0] == begun_us
    buffer.set_idle(0, None)
    buffer.add(0, rows([500, 501, 502]), StaticBatch.empty())
    buffer.set_idle(0, 30 * S)
    assert buffer.release()[0] == 472 * S


@pytest.mark.parametrize("cut", [1, 2, 5, 50, 120, 199])
def test_a_restored_buffer_gives_the_same_rows_as_one_never_stopped(cut: int) -> None:
    rng = np.random.default_rng(cut)
    times = [int(t) for t in np.cumsum(rng.integers(0, 20, size=200)) + rng.integers(-90, 90, size=200) + 1000]
    whole = rows(times)
    first = reorder()
    first.open(0)
    first.add(0, whole.take(slice(0, cut)), StaticBatch.empty())
    first.release()
    second = reorder()
    second.open(0)
    second.restore(first.snapshot())
    given = []
    for buffer in (first, second):
        late, _, _ = buffer.add(0, whole.take(slice(cut, None)), StaticBatch.empty())
        buffer.close(0)
        mark, out, _ = buffer.release()
        given.append((mark, late.time_us.tolist(), out.time_us.tolist(), out.lon_deg.tolist()))
    assert given[0] == given[1]
    assert given[0][2]


def test_a_forced_watermark_makes_what_is_behind_it_late() -> None:
    buffer = reorder()
    buffer.open(0)
    buffer.add(0, rows([100, 101, 102]), StaticBatch.empty())
    buffer.release(150 * S)
    assert buffer.released_us == 150 * S
    late, _, _ = buffer.add(0, rows([149, 151]), StaticBatch.empty())
    assert late.time_us.tolist() == [149 * S]
    buffer.release(120 * S)
    assert buffer.released_us == 150 * S
