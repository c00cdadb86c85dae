"""The live program deletes what is older than it may keep: once for each day of event time, an hour of rows or less at a time between commits.

Looking for what is old reads the whole table, so it is done in a thread of its own, over a reader's cursor; the writer is given an hour of one table
at a time, or less where it has many rows (``tracker.store.retention.MOST_ROWS``), so an alert waits behind one of them at most. What was not done when the program ends is found again.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from streams.time import Clock
from tracker.errors import StoreError
from tracker.store import retention
from tracker.store.database import Database
from tracker.units import US_PER_DAY, US_PER_H
from tracker.watch.loop import Log, Watch

_LOOK_S: Final = 0.2
_PAUSE_S: Final = 0.5
"""Between two of them, so that what comes in is written first."""
_PATIENCE_S: Final = 60.0
"""What is not deleted by then is left for the next day: the store is busy or away."""


class Retention:
    """Looks on every turn whether a new day has begun, and deletes what is too old then."""

    def __init__(self, keep_d: float, clock: Clock, log: Log) -> None:
        self._keep_d, self._clock, self._log = keep_d, clock, log
        self._day = 0
        self.pause_s = _PAUSE_S
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, watch: Watch) -> None:
        """Begin the work of a new day; returns at once."""
        life = watch.life
        if not self._keep_d or life is None or life.is_catching_up or watch.facts.phase != "live":
            return
        day = life.engine.watermark_us // US_PER_DAY
        if day <= self._day or (self._thread is not None and self._thread.is_alive()):
            return
        self._day = day
        before_us = retention.cutoff_us(life.engine.watermark_us, self._keep_d)
        self._thread = threading.Thread(target=self.delete, args=(life.store, before_us), name="retention", daemon=True)
        self._thread.start()

    def delete(self, store: Database, before_us: int) -> int:
        """Delete everything before an instant that may go; how many rows."""
        why = f"older than [watch] keep_d = {self._keep_d:g}"
        rows, hours = 0, set[int]()
        try:
            spared, todo = retention.plan(store, before_us)
            for span in todo:
                done = threading.Event()
                counts: list[int] = []

                def delete(
                    connection: Any,
                    span: retention.Span = span,
                    counts: list[int] = counts,
                    done: threading.Event = done,
                ) -> None:
                    counts.append(retention.delete_span(connection, span, spared, self._clock.now_us(), why))
                    done.set()

                store.write(delete)
                if not self._is_done(done):
                    break
                rows += counts[-1]
                hours.add(span.begin_us // US_PER_H)
        except StoreError:  # closed meanwhile, or away: that is told elsewhere, and the next day tries again
            return rows
        if rows:
            self._log.info("rows_deleted", rows=rows, hours=len(hours), before_us=before_us, spared_craft=len(spared))
        return rows

    def close(self) -> None:
        """End after the span in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def _is_done(self, done: threading.Event) -> bool:
        """Whether a span was deleted, and nobody wants an end."""
        for _ in range(int(_PATIENCE_S / _LOOK_S)):
            if self._stop.is_set():
                return False
            if done.wait(_LOOK_S):
                return not self._stop.wait(self.pause_s)
        return False
