"""The wiring: decoded columns in, stored rows, events and alerts out. No rule of any detector lives here.

::

    feed -> reorder -> timeline (tracks, detectors, linker) -> store
                          |-> events, in the order they became known -> desk -> alerts

One ``step`` releases what the watermark allows and runs everything over it. Whatever is published is ordered by
``event_order`` across steps, so the output does not depend on how often steps are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from streams.frontier import FrontierConfig
from streams.reorder import Reorder
from tracker.alerts.alert import Alert
from tracker.alerts.desk import AlertDesk
from tracker.cargo.link import link_table
from tracker.decode.base import Decoded
from tracker.events import Event
from tracker.faults import Fault, fault_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database, Write
from tracker.timeline import Timeline

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


@dataclass(slots=True)
class PipelineCounts:
    """What went through, for the summary."""

    reports: int = 0
    statics: int = 0
    late: int = 0
    broken_clock: int = 0
    events: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    craft: set[int] = field(default_factory=set)
    event_states: dict[str, str] = field(default_factory=dict)
    """Of every event its id and last state: open, closed (it is over), retracted (it did not happen)."""
    alert_states: dict[str, str] = field(default_factory=dict)
    """The same of alerts."""


class Pipeline:
    """Everything between the decoders and the sinks."""

    def __init__(
        self,
        frontier: FrontierConfig,
        timeline: Timeline,
        desk: AlertDesk,
        store: Database | None = None,
        sinks: Sequence[EventSink] = (),
        replay: int = append.LIVE,
    ) -> None:
        self.counts = PipelineCounts()
        self._reorder = Reorder(frontier, PositionBatch.empty(), StaticBatch.empty())
        self._timeline, self._desk = timeline, desk
        self._store, self._sinks, self._replay = store, tuple(sinks), replay
        self.watermark_us = 0
        """Event time up to which everything is judged."""
        self._source_name: dict[int, str] = {}
        self._uncommitted_rows = 0
        self._faults: list[Fault] = []

    def open_source(self, source: int, source_name: str, frontier: FrontierConfig | None = None) -> None:
        """A source is about to give rows; ``frontier`` has its own bounds."""
        self._source_name[source] = source_name
        self._reorder.open(source, frontier)

    @property
    def fates(self) -> Mapping[str, int]:
        """Rows kept by tracks and dropped by cause."""
        return self._timeline.fates

    def frontier_us(self, source: int) -> int | None:
        """How far a source has come in event time."""
        return self._reorder.frontier_us(source)

    def feed(self, source: int, decoded: Decoded) -> None:
        """Take what a decoder gave."""
        late, late_statics, broken = self._reorder.add(source, decoded.positions, decoded.statics)
        self.counts.late += len(late) + len(late_statics)
        self.counts.broken_clock += len(broken)
        for rows, quality in ((late, append.LATE), (broken, append.BROKEN_CLOCK)):
            if len(rows):
                self._write(append.positions(rows, np.full(len(rows), quality, dtype=np.uint8), self._name_of))
        if len(late_statics):
            self._write(append.statics(late_statics, self._name_of))

    def close_source(self, source: int) -> None:
        """A source has ended."""
        self._reorder.close(source)

    def step(self) -> None:
        """Run everything over what the watermark has released."""
        watermark_us, rows, statics = self._reorder.release()
        self.watermark_us = max(
            [self.watermark_us, *(int(part.time_us.max()) for part in (rows, statics) if len(part))]
        )
        self.counts.reports += len(rows)
        self.counts.craft.update(np.unique(rows.craft).tolist())
        given = self._timeline.advance(rows, statics, watermark_us)
        self.counts.statics += len(given.statics)
        if len(rows):
            self._write(append.positions(given.tracked, given.fate, self._name_of))
        if len(given.statics):
            self._write(append.statics(given.statics, self._name_of))
        self._publish(given.events, watermark_us)
        self._uncommitted_rows += len(rows)
        if self._store is not None and self._uncommitted_rows >= COMMIT_ROWS:
            self._store.commit(wait=False)
            self._uncommitted_rows = 0

    def finish(self) -> None:
        """All sources have ended: judge what is left and hand it over."""
        self.step()
        self._write(append.port_calls(self._timeline.port_calls.rows(), self._replay))
        self._write(
            append.cargo_links(
                link_table(self._desk.linker.all_links(self.watermark_us), self.watermark_us), self._replay
            )
        )

    def _publish(self, events: Sequence[Event], watermark_us: int) -> None:
        """Events in order; the desk judges each with the matches and port calls known at its own instant."""
        alerts = [alert for event in events for alert in self._judged(event)]
        self._desk.advance_watermark(watermark_us)
        for event in events:
            self.counts.events[str(event.kind)] += event.revision == 1
            self.counts.event_states[event.event_id] = str(event.state)
        for alert in alerts:
            self.counts.alerts[str(alert.event.kind)] += alert.revision == 1
            self.counts.alert_states[alert.alert_id] = str(alert.event.state)
        if events:
            self._write(append.events(events, self._replay))
        if alerts:
            self._write(append.alerts(alerts, self._replay))
        for sink in self._sinks:
            sink.add_events(events)
            sink.add_alerts(alerts)

    def _judged(self, event: Event) -> list[Alert]:
        """Alerts of an event; one that the desk falls over is published without."""
        try:
            return list(self._desk.judge(event))
        except Exception as exc:
            self._faults.append(fault_of(exc, "desk", f"{event.event_id} {event.kind} {event.craft}"))
            return []

    def take_faults(self) -> list[Fault]:
        """What timeline, desk and store fell over since this was asked last."""
        faults, self._faults = self._faults, []
        stored = [] if self._store is None else [fault for _, fault in self._store.take_faults()]
        return [*faults, *self._timeline.take_faults(), *stored]

    def _name_of(self, source: int) -> str:
        return self._source_name[source]

    def _write(self, task: Write) -> None:
        if self._store is not None:
            self._store.write(task)
