"""What lives long is set aside, so that the search for rubbish does not hold up alerts the longer the more papers there are."""

from __future__ import annotations

import gc
import weakref

from tracker.watch.rubbish import look_through_all, old_ones_set_aside


class Knot:
    """Rubbish in a cycle."""

    def __init__(self) -> None:
        self.itself = self


def test_what_outlived_a_search_is_not_walked_through_again() -> None:
    callbacks = len(gc.callbacks)
    with old_ones_set_aside():
        before = gc.get_freeze_count()
        papers = [[number] for number in range(10_000)]
        gc.collect()
        assert gc.get_freeze_count() - before >= 10_000
        assert len(gc.get_objects()) < 10_000
        del papers
        assert gc.get_freeze_count() - before < 10_000, "what is in no cycle is freed all the same"
    assert gc.get_freeze_count() == 0
    assert len(gc.callbacks) == callbacks


def test_rubbish_in_cycles_is_freed_by_a_search_and_what_was_set_aside_when_everything_is_looked_through() -> None:
    with old_ones_set_aside():
        young = Knot()
        seen = weakref.ref(young)
        del young
        gc.collect()
        assert seen() is None
        old = Knot()
        seen = weakref.ref(old)
        gc.collect()
        del old
        gc.collect()
        assert seen() is not None, "it was set aside"
        look_through_all()
        assert seen() is None
