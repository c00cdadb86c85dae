"""Rows of several sources in, rows in event-time order out.

Each source has its own frontier; the watermark is the earliest ``frontier - lateness`` of all open sources, so no source can run
away from another. ``release`` gives what lies at or behind the watermark, sorted by time with ties broken by content:
the arrival order does not show. Chunks are kept sorted apart and merged only when they go out; nothing is copied twice.
"""

from __future__ import annotations

from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.errors import OrderError
from streams.frontier import FrontierConfig, SourceFrontier, Verdict
from streams.time import BEFORE_ALL_US, Watermark


class TimedBatch(Protocol):
    """Rows with an event time."""

    @property
    def time_us(self) -> NDArray[np.int64]:
        """Event time per row."""
        ...

    def __len__(self) -> int: ...

    def take(self, rows: Any) -> Self:
        """Some of the rows."""
        ...

    def in_time_order(self) -> Self:
        """The rows sorted by time, ties by content."""
        ...

    @classmethod
    def concat(cls, batches: Any) -> Self:
        """Rows of several batches, one after the other."""
        ...


B = TypeVar("B", bound=TimedBatch)
P = TypeVar("P", bound=TimedBatch)
S = TypeVar("S", bound=TimedBatch)


class Held(Generic[B]):
    """Sorted chunks waiting for the watermark."""

    def __init__(self, empty: B) -> None:
        self._empty = empty
        self._chunks: list[B] = []

    def __len__(self) -> int:
        return sum(len(chunk) for chunk in self._chunks)

    def add(self, rows: B) -> None:
        """Hold rows in any order."""
        if len(rows):
            self._chunks.append(rows.in_time_order())

    def release(self, watermark_us: int) -> B:
        """Rows at or behind the watermark in order."""
        ready, kept = [], []
        for chunk in self._chunks:
            stop = int(np.searchsorted(chunk.time_us, watermark_us, side="right"))
            if stop:
                ready.append(chunk.take(slice(0, stop)))
            if stop < len(chunk):
                kept.append(chunk.take(slice(stop, None)))
        self._chunks = kept
        if not ready:
            return self._empty
        return ready[0] if len(ready) == 1 else type(self._empty).concat(ready).in_time_order()


class Reorder(Generic[P, S]):
    """Two kinds of rows (``P`` carries the clock, ``S`` goes with it) from several sources, put in event-time order."""

    def __init__(self, config: FrontierConfig, empty_p: P, empty_s: S) -> None:
        self._config = config
        self._empty_p, self._empty_s = empty_p, empty_s
        self._frontiers: dict[int, SourceFrontier] = {}
        self._open: set[int] = set()
        self._pending: dict[int, list[P]] = {}
        self._held_p, self._held_s = Held(empty_p), Held(empty_s)
        self._released = Watermark()

    def open(self, source: int, config: FrontierConfig | None = None) -> None:
        """A source is about to give rows; until it does, the watermark stands still.

        ``config`` overrides the common bounds where a source is known to be less ordered than others.
        """
        self._frontiers[source] = SourceFrontier(config or self._config)
        self._pending[source] = []
        self._open.add(source)

    def frontier_us(self, source: int) -> int | None:
        """How far a source has come."""
        return self._frontiers[source].frontier_us

    @property
    def watermark_us(self) -> int:
        """No row on time is expected at or before this instant."""
        if not self._open:
            ends = [f.frontier_us for f in self._frontiers.values() if f.frontier_us is not None]
            return max([self._released.us, *ends])
        return max(self._released.us, min(self._mark_us(source) for source in self._open))

    def _mark_us(self, source: int) -> int:
        """No row on time is expected from this source at or before this instant."""
        frontier = self._frontiers[source]
        return BEFORE_ALL_US if frontier.frontier_us is None else frontier.frontier_us - frontier.config.lateness_us

    def add(self, source: int, rows: P, more: S) -> tuple[P, S, P]:
        """Take rows of a source; returns late ``P``, late ``S`` and discarded ``P`` rows (all already judged too late)."""
        if source not in self._open:
            raise OrderError(f"source {source} is not open")
        frontier = self._frontiers[source]
        verdict, fate = frontier.classify(rows.time_us)
        discarded = [rows.take(verdict == Verdict.DISCARDED)]
        if fate != Verdict.PENDING:
            settled, self._pending[source] = self._pending[source], []
            if fate == Verdict.ACCEPTED:
                for chunk in settled:
                    self._held_p.add(chunk)
            else:
                discarded.extend(settled)
        if np.any(verdict == Verdict.PENDING):
            self._pending[source].append(rows.take(verdict == Verdict.PENDING))
        self._held_p.add(rows.take(verdict == Verdict.ACCEPTED))
        late_more = self._add_more(frontier, more)
        return rows.take(verdict == Verdict.LATE), late_more, type(self._empty_p).concat(discarded)

    def _add_more(self, frontier: SourceFrontier, more: S) -> S:
        """Hold rows without a clock of their own unless their instant was already released or cannot be believed."""
        mark = frontier.frontier_us
        late = more.time_us <= self._released.us
        if mark is not None:
            late |= more.time_us > mark + frontier.config.max_step_us
        self._held_s.add(more.take(~late))
        return more.take(late)

    def close(self, source: int) -> None:
        """A source has ended: what is pending is believed, and it holds the watermark no longer."""
        if self._frontiers[source].end():
            for chunk in self._pending[source]:
                self._held_p.add(chunk)
        self._pending[source] = []
        self._open.discard(source)

    def release(self) -> tuple[int, P, S]:
        """The watermark, and everything at or behind it in order."""
        mark = self.watermark_us
        self._released.advance(mark)
        return mark, self._held_p.release(mark), self._held_s.release(mark)
