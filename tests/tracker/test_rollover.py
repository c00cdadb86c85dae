"""Dates a rollover of GPS weeks off are told: in a recording, between recordings, of a live source; an archive of decades is none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from streams.clocks import Off
from tracker.inputs import open_input
from tracker.inputs.inspection import inspected
from tracker.rollover import ROLLOVER_DAYS, ROLLOVER_US, lost_rollovers, rollover_in, rollovers_between
from tracker.units import US_PER_H, US_PER_MIN
from tracker.watch.sight import line_sentence

MARCH = 20_513
"""2026-03-01."""


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("late_us", [0, 20 * US_PER_MIN, -40 * US_PER_MIN])
def test_a_clock_off_by_whole_rollovers_is_recognised(count: int, sign: int, late_us: int) -> None:
    assert lost_rollovers(sign * count * ROLLOVER_US + late_us) == count


@pytest.mark.parametrize(
    "off_us", [0, US_PER_H, ROLLOVER_US // 2, ROLLOVER_US + 2 * US_PER_H, 619_315_200, 256 * 7 * 86_400_000_000]
)
def test_other_clocks_are_not(off_us: int) -> None:
    assert lost_rollovers(off_us) == 0


def test_few_rows_of_a_recording_a_rollover_before_the_others_are_told() -> None:
    days = {MARCH: 900, MARCH + 1: 800, MARCH - ROLLOVER_DAYS: 40, MARCH - ROLLOVER_DAYS + 1: 30}
    assert rollover_in(days).startswith("70 rows are dated 1,024 weeks before the others")
    assert "after" in rollover_in({MARCH: 900, MARCH + ROLLOVER_DAYS: 3})


@pytest.mark.parametrize(
    "days",
    [
        {},
        {MARCH: 10},
        {MARCH: 900, MARCH - 3_650: 40},
        {MARCH: 900, MARCH - ROLLOVER_DAYS: 40, MARCH - ROLLOVER_DAYS + 40: 40},
        dict.fromkeys(range(MARCH - ROLLOVER_DAYS, MARCH + 1, 100), 10),
    ],
    ids=["empty", "one day", "ten years", "other days of then, too", "an archive"],
)
def test_what_only_looks_like_it_is_not_told(days: dict[int, int]) -> None:
    assert rollover_in(days) == ""


def test_a_recording_dated_a_rollover_before_another_is_told_once() -> None:
    told = rollovers_between(
        [("good.csv", {MARCH: 5, MARCH + 1: 5}), ("bad.csv", {MARCH - ROLLOVER_DAYS: 9}), ("else.csv", {MARCH - 9: 9})]
    )
    assert len(told) == 1
    assert told[0].startswith("bad.csv: its times are 1,024 weeks before those of good.csv")


def test_a_table_with_rows_of_a_lost_rollover_is_told_when_it_is_looked_at(tmp_path: Path) -> None:
    lines = ["mmsi,time,lat,lon,speed"]
    lines += [f"232001234,2026-03-01T12:{minute:02d}:00Z,50.0,{-4.0 + minute / 100},10" for minute in range(50)]
    lines += [f"232001235,2006-07-16T12:{minute:02d}:00Z,50.1,{-4.0 + minute / 100},10" for minute in range(20)]
    path = tmp_path / "fleet.csv"
    path.write_text("\n".join(lines) + "\n")
    assert inspected(open_input(path, 0)).clock.startswith("20 rows are dated 1,024 weeks before the others")


@pytest.mark.parametrize(("off", "sign", "how"), [(Off.PAST, -1, "behind"), (Off.AHEAD, 1, "ahead")])
def test_a_live_source_a_rollover_off_is_named_as_that(off: Off, sign: int, how: str) -> None:
    clock = SimpleNamespace(off=off, offset_us=sign * ROLLOVER_US + 3_000_000)
    said = line_sentence(SimpleNamespace(name="gate", source="gate", clock=clock), is_apart=True)
    assert how in said
    assert "1,024 weeks" in said
    assert f"clock_offset_s = {sign * 619_315_200 + 3}" in said
    clock.offset_us = sign * 90 * 86_400_000_000
    assert "1,024" not in line_sentence(SimpleNamespace(name="gate", source="gate", clock=clock), is_apart=True)
