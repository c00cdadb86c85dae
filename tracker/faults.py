"""Faults of the program itself: what it fell over, where in the code, and how that is told.

Nothing that comes in may stop the program. Where an exception ends the work on a chunk, a row or a batch, it becomes a ``Fault``: counted, told in the
log (``quarantined``), shown with its sample, and the rest goes on.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from tracker.printable import brief, printable

_OURS: Final = ("tracker", "streams", "models")
_MESSAGE: Final = 160


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``part`` is what fell over (``decoder``, ``detector gap``, ``store``), ``unit`` what it fell over, fit for a terminal."""

    part: str
    error: str
    """Class and message of the exception."""
    place: str
    """File, line and function of ours nearest to where it was raised."""
    unit: str = ""
    rows: int = 1
    """How many units or rows are set aside for it."""

    def note(self) -> str:
        """The exception and its place in one line."""
        return f"{self.error} at {self.place}"


class PanicError(Exception):
    """A library written in Rust (Polars) panicked."""


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Inside, a panic of a library written in Rust is a :class:`PanicError`.

    pyo3 raises it as a ``BaseException`` (pyo3.rs, ``PanicException``), which passes every ``except Exception`` and would end the program.
    """
    try:
        yield
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":
            raise
        raise PanicError(str(exc)) from exc


def fault_of(exc: BaseException, part: str, unit: str = "", rows: int = 1) -> Fault:
    """The fault an exception is."""
    return Fault(part, error_text(exc), place_of(exc), printable(unit[: 2 * _MESSAGE]), rows)


def error_text(exc: BaseException) -> str:
    """Class and message; a message that cannot be made is left out."""
    try:
        message = str(exc)
    except Exception:
        message = ""
    name = type(exc).__name__
    return f"{name}: {brief(message, _MESSAGE)}" if message else name


def place_of(exc: BaseException) -> str:
    """The innermost frame of our own code, as ``tracker/decode/ais/decoder.py:101 in decode``."""
    found = "unknown"
    for frame, line in traceback.walk_tb(exc.__traceback__):
        parts = PurePath(frame.f_code.co_filename).parts
        for at in range(len(parts) - 1, -1, -1):
            if parts[at] in _OURS:
                found = f"{'/'.join(parts[at:])}:{line} in {frame.f_code.co_name}"
                break
    return found
