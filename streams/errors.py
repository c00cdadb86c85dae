"""Errors of the stream core.

::

    StreamError(RuntimeError)
    ├── SnapshotError        a snapshot of another kind or layout, or damaged
    ├── TruncatedError       a recorded file that ends early or is damaged inside
    └── OrderError           rows or watermarks handed in an order the contract forbids
"""

from __future__ import annotations


class StreamError(RuntimeError):
    """The stream was driven or restored in a way it does not allow."""


class SnapshotError(StreamError):
    """A snapshot of another kind or layout, or damaged bytes."""


class OrderError(StreamError):
    """Rows or watermarks in an order the contract forbids."""


class TruncatedError(StreamError):
    """A recorded file that ends early or is damaged; what could be read was given before."""
