"""The wiring: decoded columns in, stored rows, events and alerts out. No rule of any detector lives here.

::

    feed -> reorder -> tracks -> store
                          |-> detectors -> events, in the order they became known, and what joins them -> desk -> alerts

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
from tracker.cargo.link import CargoLinker
from tracker.decode.base import Decoded
from tracker.detectors.base import Detector
from tracker.detectors.encounter import OneSided
from tracker.events import Event, event_order
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database, Write
from tracker.tracks.builder import TrackBuilder
from tracker.tracks.segments import KEPT
from tracker.voyages.port_calls import PortCalls

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


class Pipeline:
    """Everything between the decoders and the sinks."""

    def __init__(
        self,
        frontier: FrontierConfig,
        tracks: TrackBuilder,
        detectors: Sequence[Detector],
        linker: CargoLinker,
        desk: AlertDesk,
        port_calls: PortCalls,
        store: Database | None = None,
        sinks: Sequence[EventSink] = (),
        one_sided: OneSided | None = None,
    ) -> None:
        self.counts = PipelineCounts()
        self._reorder = Reorder(frontier, PositionBatch.empty(), StaticBatch.empty())
        self._tracks, self._detectors, self._port_calls = tracks, tuple(detectors), port_calls
        self._linker, self._desk = linker, desk
        self._one_sided = one_sided
        self._store, self._sinks = store, tuple(sinks)
        self._source_name: dict[int, str] = {}
        self._feed_of = np.zeros(1, dtype=np.int32)
        self._waiting: list[Event] = []
        self._uncommitted_rows = 0

    def open_source(self, source: int, source_name: str, feed: int, frontier: FrontierConfig | None = None) -> None:
        """A source is about to give rows; ``feed`` is the number detectors know it by, ``frontier`` its own bounds."""
        self._source_name[source] = source_name
        if source >= len(self._feed_of):
            self._feed_of = np.concatenate([self._feed_of, np.zeros(source + 1 - len(self._feed_of), dtype=np.int32)])
        self._feed_of[source] = feed
        self._reorder.open(source, frontier)

    @property
    def fates(self) -> Mapping[str, int]:
        """Rows kept by tracks and dropped by cause."""
        return self._tracks.counts

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
        self.counts.reports += len(rows)
        self.counts.statics += len(statics)
        self.counts.craft.update(np.unique(rows.craft).tolist())
        tracked, fate = self._tracks.judge(rows)
        if len(rows):
            self._write(append.positions(tracked, fate, self._name_of))
        if len(statics):
            self._write(append.statics(statics, self._name_of))
        kept = tracked.take(fate == KEPT)
        kept = kept.with_columns(source=self._feed_of[kept.source])
        self._detect(kept, statics, watermark_us)
        self._tracks.advance_watermark(watermark_us)
        self._uncommitted_rows += len(rows)
        if self._store is not None and self._uncommitted_rows >= COMMIT_ROWS:
            self._store.commit(wait=False)
            self._uncommitted_rows = 0

    def finish(self) -> None:
        """All sources have ended: judge what is left and make it durable."""
        self.step()
        self._write(append.port_calls(self._port_calls.rows()))
        if self._store is not None:
            self._store.commit()

    def _detect(self, kept: PositionBatch, statics: StaticBatch, watermark_us: int) -> None:
        found = self._waiting
        for detector in self._detectors:
            found.extend(detector.process_batch(kept, statics))
            found.extend(detector.advance_watermark(watermark_us))
        self._port_calls.process_batch(kept)
        self._port_calls.advance_watermark(watermark_us)
        self._linker.observe(statics)
        self._linker.add_port_calls(self._port_calls.take_calls())
        ready = sorted((event for event in found if event.known_us <= watermark_us), key=event_order)
        self._waiting = [event for event in found if event.known_us > watermark_us]
        self._publish(ready if self._one_sided is None else self._one_sided.extend(ready), watermark_us)

    def _publish(self, events: Sequence[Event], watermark_us: int) -> None:
        """Events in order; the desk judges each with the matches and port calls known at its own instant."""
        alerts = [alert for event in events for alert in self._desk.judge(event)]
        self._desk.advance_watermark(watermark_us)
        for event in events:
            self.counts.events[str(event.kind)] += event.revision == 1
        for alert in alerts:
            self.counts.alerts[str(alert.event.kind)] += alert.revision == 1
        if events:
            self._write(append.events(events))
        if alerts:
            self._write(append.alerts(alerts))
        for sink in self._sinks:
            sink.add_events(events)
            sink.add_alerts(alerts)

    def _name_of(self, source: int) -> str:
        return self._source_name[source]

    def _write(self, task: Write) -> None:
        if self._store is not None:
            self._store.write(task)
