"""Rows of several sources in, rows in event-time order out.

Each source has its own frontier; the watermark is the earliest ``frontier - lateness`` of all open sources, so no source can run
away from another. ``release`` gives what lies at or behind the watermark, sorted by time with ties broken by content:
the arrival order does not show. Chunks are kept sorted apart and merged only when they go out; nothing is copied twice.
"""

from __future__ import annotations

from typing import Any, Final, Generic, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.errors import OrderError
from streams.frontier import FrontierConfig, SourceFrontier, Verdict
from streams.snapshot import pack, unpack
from streams.time import BEFORE_ALL_US, Watermark

_LAYOUT: Final = 1


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

    def to_arrow(self) -> pa.Table:
        """The rows as Arrow."""
        ...

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        """The inverse of :meth:`to_arrow`."""
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

    def rows(self) -> B:
        """The rows held, in no order."""
        return type(self._empty).concat(self._chunks)

    def restore(self, table: pa.Table) -> None:
        """Hold the rows of a table and no others."""
        self._chunks = []
        self.add(type(self._empty).from_arrow(table))

    def take_beyond(self, instant_us: int) -> B:
        """Rows after an instant, in no order; they are held no longer."""
        gone, kept = [], []
        for chunk in self._chunks:
            stop = int(np.searchsorted(chunk.time_us, instant_us, side="right"))
            if stop:
                kept.append(chunk.take(slice(0, stop)))
            if stop < len(chunk):
                gone.append(chunk.take(slice(stop, None)))
        self._chunks = kept
        return type(self._empty).concat(gone)

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
        self._idle: dict[int, int | None] = {}

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

    def lateness_us(self, source: int) -> int:
        """How far behind its frontier a row of a source may be now and still be on time."""
        return self._frontiers[source].lateness_us

    def expect_lateness(self, source: int, lateness_us: int) -> None:
        """What was learned of a source before a restart, where no snapshot tells it."""
        self._frontiers[source].expect_lateness(lateness_us)

    def set_idle(self, source: int, beyond_us: int | None) -> None:
        """A live source has given nothing for longer than it may hold up the others, by ``beyond_us``; None when it is heard again.

        While others are heard an idle source holds the watermark no longer. When all are idle, the watermark goes on with the time that
        passes (``beyond_us``, measured by whoever drives this), so that the silence of a whole feed is noticed.
        """
        self._idle[source] = beyond_us

    @property
    def released_us(self) -> int:
        """Everything at or before this instant was given out."""
        return self._released.us

    @property
    def watermark_us(self) -> int:
        """No row on time is expected at or before this instant."""
        if not self._open:
            ends = [f.frontier_us for f in self._frontiers.values() if f.frontier_us is not None]
            return max([self._released.us, *ends])
        busy = [source for source in self._open if self._idle.get(source) is None]
        if busy:
            return max(self._released.us, min(self._mark_us(source) for source in busy))
        # time goes on from where it is: a source that never gave a time has none to go on from
        marks = ((self._frontiers[source].mark_us, self._idle[source] or 0) for source in self._open)
        return max([self._released.us, *(mark_us + beyond_us for mark_us, beyond_us in marks if mark_us is not None)])

    def _mark_us(self, source: int) -> int:
        """No row on time is expected from this source at or before this instant."""
        mark_us = self._frontiers[source].mark_us
        return BEFORE_ALL_US if mark_us is None else mark_us

    def add(self, source: int, rows: P, more: S, lead_us: NDArray[np.int64] | None = None) -> tuple[P, S, P]:
        """Take rows of a source; returns late ``P``, late ``S`` and discarded ``P`` rows (all already judged too late).

        ``lead_us``: how far each row may take its source along, where that is less than its own time: it waits then until others have come so far.
        """
        if source not in self._open:
            raise OrderError(f"source {source} is not open")
        frontier = self._frontiers[source]
        impossible = self._empty_p
        if (latest_us := frontier.config.latest_us) is not None:
            is_possible = rows.time_us <= latest_us
            impossible, rows = rows.take(~is_possible), rows.take(is_possible)
            lead_us = None if lead_us is None else lead_us[is_possible]
        verdict, fate = frontier.classify(rows.time_us if lead_us is None else lead_us)
        if lead_us is not None and (mark_us := frontier.mark_us) is not None:
            verdict[(verdict == Verdict.LATE) & (rows.time_us > mark_us)] = Verdict.ACCEPTED
        # a source that was idle while others went on may come back behind what was already given out
        verdict[(verdict == Verdict.ACCEPTED) & (rows.time_us <= self._released.us)] = Verdict.LATE
        discarded = [impossible, rows.take(verdict == Verdict.DISCARDED)]
        overtaken = self._empty_p
        if fate != Verdict.PENDING:
            settled, self._pending[source] = self._pending[source], []
            if fate == Verdict.ACCEPTED:
                late = []
                for chunk in settled:
                    behind = chunk.time_us <= self._released.us
                    self._held_p.add(chunk.take(~behind))
                    late.append(chunk.take(behind))
                overtaken = type(self._empty_p).concat(late)
            else:
                discarded.extend(settled)
        if np.any(verdict == Verdict.PENDING):
            self._pending[source].append(rows.take(verdict == Verdict.PENDING))
        self._held_p.add(rows.take(verdict == Verdict.ACCEPTED))
        late_more = self._add_more(frontier, more)
        concat = type(self._empty_p).concat
        return concat([overtaken, rows.take(verdict == Verdict.LATE)]), late_more, concat(discarded)

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

    def release(self, up_to_us: int | None = None) -> tuple[int, P, S]:
        """The watermark, or ``up_to_us`` where one is given, and everything at or behind it in order.

        An instant beyond the watermark is taken at its word: it was reached before a restart.
        """
        mark = max(self.watermark_us if up_to_us is None else up_to_us, self._released.us)
        self._released.advance(mark)
        return mark, self._held_p.release(mark), self._held_s.release(mark)

    def set_back(self, to_us: int) -> tuple[P, P]:
        """No time beyond an instant is believed any more: rows held from there are given back, and frontiers there begin anew.

        Returns the rows beyond, and rows of those sources that were waiting to be believed: they are to be added again. What was released stays
        released: to take that back is the work of whoever holds the state it led to.
        """
        gone, again = [self._held_p.take_beyond(to_us)], []
        self._held_s.take_beyond(to_us)
        for source, frontier in self._frontiers.items():
            if frontier.set_back(to_us):
                pending = type(self._empty_p).concat(self._pending[source])
                self._pending[source] = []
                beyond = pending.time_us > to_us
                gone.append(pending.take(beyond))
                again.append(pending.take(~beyond))
        concat = type(self._empty_p).concat
        return concat(gone), concat(again)

    def held(self) -> tuple[P, S]:
        """All rows taken that were neither given out nor discarded, in no order."""
        pending = [chunk for chunks in self._pending.values() for chunk in chunks]
        return type(self._empty_p).concat([self._held_p.rows(), *pending]), self._held_s.rows()

    def snapshot(self) -> bytes:
        """Frontiers, rows held and the watermark as Arrow. Which sources are open is the driver's knowledge."""
        sources = sorted(self._frontiers)
        pending = {f"pending.{s}": type(self._empty_p).concat(self._pending[s]).to_arrow() for s in sources}
        frontiers = pa.table(
            {
                "source": pa.array(sources, pa.int32()),
                "state": pa.array([self._frontiers[s].state() for s in sources], pa.list_(pa.int64())),
            }
        )
        tables = {
            "frontiers": frontiers,
            "rows": self._held_p.rows().to_arrow(),
            "more": self._held_s.rows().to_arrow(),
            **pending,
        }
        return pack(
            "reorder", _LAYOUT, {**tables, "released": pa.table({"us": pa.array([self._released.us], pa.int64())})}
        )

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; sources must be opened before. A source that is open no more keeps its frontier and its rows."""
        tables = unpack("reorder", _LAYOUT, snapshot)
        for source, state in zip(
            *(tables["frontiers"].column(c).to_pylist() for c in ("source", "state")), strict=True
        ):
            if source not in self._frontiers:
                self._frontiers[source] = SourceFrontier(self._config)
            self._frontiers[source].set_state(state)
            self._pending[source] = [type(self._empty_p).from_arrow(tables[f"pending.{source}"])]
        self._held_p.restore(tables["rows"])
        self._held_s.restore(tables["more"])
        self._released = Watermark(tables["released"].column("us")[0].as_py())
