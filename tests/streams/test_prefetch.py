"""Prefetching changes nothing but the thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from streams.prefetch import prefetch


def test_items_come_in_order() -> None:
    assert list(prefetch(iter(range(1000)), depth=3)) == list(range(1000))


def test_an_error_comes_where_the_item_would_have_been() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("disk gone")

    given = prefetch(items())
    assert next(given) == 1
    with pytest.raises(OSError, match="disk gone"):
        next(given)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    given = prefetch(iter(range(10**9)), depth=1)
    assert next(given) == 0
    given.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
