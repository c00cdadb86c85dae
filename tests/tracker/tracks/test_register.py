"""The register of craft: who is admitted, and whom it gives up first."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.fleet import MIN_US, START_US
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store.append import QUALITIES
from tracker.tracks import segments
from tracker.tracks.register import OVER_BUDGET, CraftRegister, RegisterConfig

MOST = 160
HIGH, LOW = 140, 120
NOBODY = StaticBatch.empty()


def reports(*spoken: tuple[float, int], source: int = 0) -> PositionBatch:
    """(minute, number of a craft) each."""
    time_us = START_US + (np.array([at for at, _ in spoken]) * MIN_US).astype(np.int64)
    craft = mmsi_craft(200_000_000 + np.array([number for _, number in spoken]))
    return PositionBatch.of(time_us, craft, 50.0, 0.0, source=source).in_time_order()


def drive(register, rows, until_min, statics=NOBODY, held=(), kept_back=()):
    """Who was in of each row, and everybody given up, in order."""
    row = static = 0
    rows_in, gone = [], []
    while True:
        part = register.take(rows, statics, row, static, START_US + int(until_min * MIN_US))
        count = part.row - row
        rows_in.append(np.ones(count, bool) if part.rows_in is None else part.rows_in)
        row, static = part.row, part.static
        if part.at_us is None:
            return np.concatenate(rows_in), [int(key) - int(mmsi_craft(200_000_000)) for each in gone for key in each]
        gone.append(
            register.forget(
                {int(mmsi_craft(200_000_000 + n)) for n in held}, {int(mmsi_craft(200_000_000 + n)) for n in kept_back}
            )
        )


def register(**more):
    return CraftRegister(RegisterConfig(most_craft=MOST, **more))


def numbers(one: CraftRegister) -> set[int]:
    return {int(key) - int(mmsi_craft(200_000_000)) for key in one.admitted()}


def many(first: int, stop: int, minute: float, each: int = 1) -> list[tuple[float, int]]:
    return [(minute + k * 0.25 + 1e-4 * (n - first), n) for n in range(first, stop) for k in range(each)]


def test_while_there_is_room_everybody_is_in_at_once() -> None:
    one = register()
    rows_in, gone = drive(one, reports(*many(0, HIGH, 0.0)), 10)
    assert rows_in.all() and not gone and not one.is_pressed and len(one) == HIGH


def test_beyond_seven_eighths_those_heard_least_and_silent_longest_go() -> None:
    one = register()
    rows = reports(*many(0, 50, 0.0), *many(50, 100, 2.0, each=3), *many(100, HIGH + 1, 4.0))
    rows_in, gone = drive(one, rows, 10)
    assert rows_in.all() and one.is_pressed
    assert gone == list(range(HIGH + 1 - LOW)), "of those heard once the ones heard longest ago"
    assert len(one) == LOW


def test_who_came_and_went_goes_at_once_and_all_of_them() -> None:
    one = register()
    rows = reports(*many(0, 90, 0.0), *many(90, HIGH + 1, 61.5))
    _, gone = drive(one, rows, 70)
    assert gone == list(range(90))


def test_while_pressed_a_newcomer_proves_itself_first() -> None:
    one = register(proof_reports=3, proof_min=2.0)
    rows = reports(*many(0, HIGH + 1, 0.0), (3.0, 900), (4.0, 900), (4.5, 900), (5.0, 900), (6.0, 900), (6.5, 901))
    rows_in, _ = drive(one, rows, 10)
    assert rows_in[HIGH + 1 :].tolist() == [False, False, False, True, True, False]
    assert one.turned_away == 4 and one.waiting == 1
    rows_in, _ = drive(one, reports((200.1, 902), (200.2, 903)), 202)
    assert rows_in.tolist() == [False, False], "the minute that shows it is calm has to end first"
    rows_in, _ = drive(one, reports((203.0, 902), (203.1, 904)), 204)
    assert rows_in.all() and not one.is_pressed


def test_regulars_held_and_tracked_craft_stay() -> None:
    one = register()
    regulars = [(3.5 * k + 1e-4 * n, n) for n in range(60) for k in range(12)]
    rows = reports(*regulars, *many(100, 180, 40.0), *many(180, 181, 40.5))
    _, gone = drive(one, rows, 42, held=(105,), kept_back=(106,))
    assert gone == [n for n in range(100, 123) if n not in (105, 106)]
    one = register()
    _, gone = drive(
        one,
        reports(*regulars, *many(100, 181, 60.0 * 26)),
        60.0 * 26 + 5,
        held=range(100, 181),
        kept_back=range(100, 181),
    )
    assert gone == list(range(21)), "nobody else left: regulars silent for a day"


def test_a_source_that_brings_most_gives_up_its_own_first() -> None:
    one = register()
    rows = PositionBatch.concat(
        [reports(*many(0, 20, 0.0), source=1), reports(*many(20, HIGH + 1, 0.1), source=0)]
    ).in_time_order()
    _, gone = drive(one, rows, 5)
    assert gone and min(gone) >= 20, "the other's strangers are older, and stay"


def test_beyond_the_most_nobody_gets_in_and_the_memory_of_those_who_wait_is_bounded() -> None:
    one = register()
    rows_in, _ = drive(one, reports(*many(0, 40 * MOST, 0.0)), 0.99)
    assert rows_in.sum() == MOST and len(one) == MOST
    assert one.waiting <= MOST // 2
    drive(one, reports(*[(5.0 + 0.001 * n, 50_000 + n) for n in range(40 * MOST)]), 20)
    assert len(one) <= HIGH and one.waiting <= MOST // 2


def test_statics_count_as_reports_and_at_one_instant_come_after_positions() -> None:
    one = register()
    at_us = START_US + MIN_US
    said = StaticBatch.from_columns(
        MOST,
        time_us=at_us,
        received_us=at_us,
        craft=mmsi_craft(200_000_500 + np.arange(MOST)),
        source=0,
        message_type=5,
    )
    rows = reports(*[(1.0, n) for n in range(100)])
    part = one.take(rows, said, 0, 0, at_us - 1 + 1)
    assert part.rows_in is None
    assert part.statics_in is not None and part.statics_in.sum() == MOST - 100 and part.statics_in[:60].all()


@pytest.mark.parametrize("seed", range(4))
def test_any_rows_in_any_portions_give_the_same_craft(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spoken = list(zip(np.sort(rng.uniform(0, 300, 6_000)).tolist(), rng.integers(0, 1500, 6_000).tolist(), strict=True))
    rows = reports(*spoken)
    whole = register()
    rows_in, gone = drive(whole, rows, 300)
    assert gone and not rows_in.all()
    one, parts, left = register(), [], []
    edges = sorted({*rng.uniform(0, 300, 40).tolist(), 300.0})
    for begin, end in zip([-1.0, *edges], edges, strict=False):
        inside = (rows.time_us > START_US + int(begin * MIN_US)) & (rows.time_us <= START_US + int(end * MIN_US))
        some, given_up = drive(one, rows.take(inside), end)
        parts.append(some)
        left += given_up
        assert len(one) <= MOST
        again = register()
        again.restore(one.snapshot())
        one = again
    np.testing.assert_array_equal(np.concatenate(parts), rows_in)
    assert left == gone
    assert numbers(one) == numbers(whole)
    assert one.snapshot() == whole.snapshot()


def test_the_store_has_a_word_for_it() -> None:
    assert QUALITIES[OVER_BUDGET] == "over_budget"
    assert OVER_BUDGET not in (segments.KEPT, segments.DUPLICATE, segments.JUMP, segments.CROWDED)
