"""Static reports in order: ties are broken by what they say and not by who heard it, and what was heard twice is one report."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.statics import StaticBatch

CRAFT = 219_000_001


def reports(sources: list[int], squawks: list[bytes], **more: object) -> StaticBatch:
    count = len(sources)
    given = {
        "time_us": np.full(count, 5_000_000, dtype=np.int64),
        "craft": np.full(count, CRAFT, dtype=np.int64),
        "message_type": np.full(count, 104, dtype=np.uint8),
    }
    return StaticBatch.from_columns(
        count, **(given | {"source": np.array(sources, dtype=np.int32), "squawk": np.array(squawks, dtype="S4")} | more)
    )


@pytest.mark.parametrize("sources", [[0, 1], [1, 0]])
def test_of_equal_instants_the_content_decides_and_not_the_source(sources: list[int]) -> None:
    rows = reports(sources, [b"7700", b"1000"])
    assert rows.in_time_order().squawk.tolist() == [b"1000", b"7700"]


def test_a_report_heard_twice_is_one_and_another_one_is_not() -> None:
    rows = reports([0, 1, 2], [b"7700", b"7700", b"7600"], received_us=np.array([6, 7, 8], dtype=np.int64))
    assert rows.in_time_order().without_repeats().squawk.tolist() == [b"7600", b"7700"]
    later = reports([0, 1], [b"7700", b"7700"], time_us=np.array([5, 6], dtype=np.int64))
    assert later.without_repeats() is later


def test_missing_numbers_are_equal_to_each_other_only() -> None:
    rows = reports([0, 1, 2], [b"7700"] * 3, draught_m=np.array([np.nan, np.nan, 4.5], dtype=np.float32))
    assert len(rows.in_time_order().without_repeats()) == 2


def test_a_batch_written_before_a_column_was_there_has_it_missing() -> None:
    batch = StaticBatch.from_columns(
        2, time_us=1, received_us=1, craft=7, source=0, message_type=5, name=np.array([b"A", b"B"])
    )
    table = batch.to_arrow().drop_columns(["registration", "aircraft_type"])
    again = StaticBatch.from_arrow(table)
    assert again.registration.tolist() == [b"", b""]
    assert again.to_arrow().equals(batch.to_arrow())
