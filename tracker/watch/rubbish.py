"""The search for rubbish in cycles, kept from walking again and again through all that lives long.

Python looks through everything that is alive once a quarter more has come to live. While papers come all day that is a million of objects in the end, and takes 0.3 to 0.6 s, in the middle of an alert. What
has outlived one such search is therefore set aside: the next one walks through what came since, so all of them together cost what came, and none of them long. Papers, craft and rows are
in no cycles and are freed by their counts, set aside or not; what of a life is in cycles is looked through when it is over.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_OLDEST = 2


def look_through_all() -> None:
    """Free what is rubbish by now, whatever was set aside, and set aside the rest."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@contextmanager
def old_ones_set_aside() -> Iterator[None]:
    """Inside, what has outlived a search through everything is not walked through again."""

    def set_aside(phase: str, info: dict[str, Any]) -> None:
        if phase == "stop" and info["generation"] == _OLDEST:
            gc.freeze()

    look_through_all()
    gc.callbacks.append(set_aside)
    try:
        yield
    finally:
        gc.callbacks.remove(set_aside)
        gc.unfreeze()
