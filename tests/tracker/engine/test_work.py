"""Places of work, what two of them share, and which feed a source is of."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.engine.feeds import Feeds
from tracker.engine.work import CHUNK, SETTLEMENT, STEP, NothingAside, Place, lies_in
from tracker.units import NEVER_US


def span(after_us: int, up_to_us: int, kind: str = STEP, error: str = "") -> Place:
    return Place(kind, after_us=after_us, up_to_us=up_to_us, error=error)


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (span(10, 20), (10, 20)),
        (span(0, 15), (10, 15)),
        (span(15, 30), (15, 20)),
        (span(12, 13), (12, 13)),
        (span(20, 30), None),
        (span(0, 10), None),
        (span(10, 20, SETTLEMENT), None),
    ],
)
def test_two_spans_share_what_lies_in_both(other: Place, shared: tuple[int, int] | None) -> None:
    mine = span(10, 20, error="ValueError: no at somewhere.py:7")
    found = mine.shared_with(other)
    assert (found and (found.after_us, found.up_to_us)) == shared
    assert found is None or found.error == mine.error


def test_two_chunks_are_one_by_line_and_position() -> None:
    mine = Place(CHUNK, "net", "7")
    assert mine.shared_with(Place(CHUNK, "net", "7", error="other")) is mine
    assert mine.shared_with(Place(CHUNK, "net", "8")) is None
    assert mine.shared_with(Place(CHUNK, "other", "7")) is None


def test_a_span_begins_behind_an_instant_and_has_its_last() -> None:
    found = lies_in([span(10, 20), span(30, 31)], np.array([10, 11, 20, 21, 30, 31, 32]))
    assert found.tolist() == [False, True, True, False, False, True, False]
    assert lies_in([], np.array([10])).tolist() == [False]


def test_what_was_set_aside_is_told_with_where_it_fell() -> None:
    fault = span(0, 1_000_000, error="ValueError: 3 at 4 at file.py:7").fault(5)
    assert (fault.error, fault.place, fault.rows) == ("ValueError: 3 at 4", "file.py:7", 5)
    bare = Place(CHUNK, "net", "7", error="killed").fault()
    assert (bare.error, bare.place, bare.rows, bare.unit) == ("killed", "unknown", 1, "chunk 7 of net")
    assert str(span(0, 1_000_000)) == "step up to 1970-01-01T00:00:01.000Z"
    assert str(span(1, 1_000_000)).startswith("step from 1970-01-01T00:00:00.000")
    assert str(span(-5, -3)) == "step up to 1970-01-01T00:00:00.000Z"


def test_who_has_one_life_sets_nothing_aside() -> None:
    nothing = NothingAside()
    assert (list(nothing.aside), nothing.settled_to_us, nothing.steps_aside(0, 1)) == ([], NEVER_US, [])
    with nothing.holding(span(0, 1)):
        pass


def test_feeds_known_at_the_beginning_are_numbered_by_name_and_later_ones_follow() -> None:
    feeds = Feeds(["south", "north", "south"])
    assert feeds.names == ["north", "south"]
    assert feeds.of(np.array([0, 1, 2, 0], dtype=np.int32)).tolist() == [1, 0, 1, 1]
    for feed in ("east", "south", "east"):
        feeds.add_source(feed)
    assert feeds.names == ["north", "south", "east"]
    assert feeds.of(np.array([3, 4, 5], dtype=np.int32)).tolist() == [2, 1, 2]
    assert [feeds.name_of(number) for number in range(3)] == feeds.names
