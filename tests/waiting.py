"""Waiting in tests: for what must come, with a bound that only something broken reaches, never for a time.

A machine may be slow, busy or halted for a while; a test that passes on it must not depend on how fast. So a test waits for a condition and
goes on at once when it holds. What must *not* happen is watched for a moment: a slow machine can make such a test blind, never red.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE_S: Final = 240.0
"""Longer than anything takes that works, on two cores under a load of a dozen."""
_LOOK_S: Final = 0.01

T = TypeVar("T")


def eventually(found: Callable[[], T], said: Callable[[], object] | None = None) -> T:
    """Wait until something is true, and give it. ``said`` tells how things stand when patience ends."""
    end_s = time.monotonic() + PATIENCE_S
    while not (what := found()):
        assert time.monotonic() < end_s, said() if said else "it never came"
        time.sleep(_LOOK_S)
    return what


def for_a_while(holds: Callable[[], bool], seconds: float = 0.3) -> None:
    """Something holds now and for a moment longer."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        assert holds()
        time.sleep(_LOOK_S)


def settled(value: Callable[[], T], seconds: float = 0.5) -> T:
    """A value once it has not changed for a moment: of something whose end nothing tells, as a kernel's buffers that fill."""
    end_s = time.monotonic() + PATIENCE_S
    last, since_s = value(), time.monotonic()
    while time.monotonic() - since_s < seconds:
        assert time.monotonic() < end_s, last
        time.sleep(_LOOK_S)
        if (now := value()) != last:
            last, since_s = now, time.monotonic()
    return last
