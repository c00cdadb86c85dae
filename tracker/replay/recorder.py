"""The recorder of a replay: rows, events and alerts into the store and to whoever listens, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.alerts.alert import Alert
from tracker.events import Event
from tracker.faults import Fault
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database, Write

COMMIT_ROWS: Final = 250_000
"""Rows after which a transaction ends, so that none grows with the length of the input."""


class EventSink(Protocol):
    """Where published events and alerts go besides the store."""

    def add_events(self, events: Sequence[Event]) -> None:
        """Take events in order of publication."""
        ...

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Take alerts in order of publication."""
        ...


class ReplayRecorder:
    """Where an engine that never looks back leaves its results. Without a store they are counted and handed on only."""

    def __init__(
        self,
        store: Database | None,
        name_of: Callable[[int], str],
        sinks: Sequence[EventSink] = (),
        replay: int = append.LIVE,
    ) -> None:
        self._store, self._name_of, self._sinks, self._replay = store, name_of, tuple(sinks), replay
        self._uncommitted_rows = 0
        self.reached_us = 0
        """Event time of the latest report judged."""
        self.craft: set[int] = set()
        self.events: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.event_states: dict[str, str] = {}
        """Of every event its id and last state: open, closed (it is over), retracted (it did not happen)."""
        self.alert_states: dict[str, str] = {}
        """The same of alerts."""

    def positions(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Rows judged."""
        self.reached_us = max(self.reached_us, int(rows.time_us.max()))
        self.craft.update(np.unique(rows.craft).tolist())
        self.write(append.positions(rows, fate, self._name_of))
        self._uncommitted_rows += len(rows)

    def late(self, rows: PositionBatch, statics: StaticBatch) -> None:
        """Rows behind the watermark: recorded, and they judge nothing."""
        self._quality(rows, append.LATE)
        if len(statics):
            self.write(append.statics(statics, self._name_of))

    def broken(self, rows: PositionBatch) -> None:
        """Rows with a clock nobody can believe."""
        self._quality(rows, append.BROKEN_CLOCK)

    def quarantined(self, rows: PositionBatch) -> None:
        """Rows on which the program itself fails."""
        self._quality(rows, append.PROGRAM_FAULT)

    def statics(self, rows: StaticBatch) -> None:
        """Static reports."""
        self.reached_us = max(self.reached_us, int(rows.time_us.max()))
        self.write(append.statics(rows, self._name_of))

    def published(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        """Public revisions."""
        for event in events:
            self.events[str(event.kind)] += event.revision == 1
            self.event_states[event.event_id] = str(event.state)
        for alert in alerts:
            self.alerts[str(alert.event.kind)] += alert.revision == 1
            self.alert_states[alert.alert_id] = str(alert.event.state)
        if events:
            self.write(append.events(events, self._replay))
        if alerts:
            self.write(append.alerts(alerts, self._replay))
        for sink in self._sinks:
            sink.add_events(events)
            sink.add_alerts(alerts)

    def write(self, task: Write) -> None:
        """Any other write."""
        if self._store is not None:
            self._store.write(task)

    def commit_if_many(self) -> None:
        """End the transaction once it holds many rows; called between steps."""
        if self._store is not None and self._uncommitted_rows >= COMMIT_ROWS:
            self._store.commit(wait=False)
            self._uncommitted_rows = 0

    def take_faults(self) -> list[Fault]:
        """What the store fell over since this was asked last."""
        return [] if self._store is None else [fault for _, fault in self._store.take_faults()]

    def _quality(self, rows: PositionBatch, code: int) -> None:
        if len(rows):
            self.write(append.positions(rows, np.full(len(rows), code, dtype=np.uint8), self._name_of))
