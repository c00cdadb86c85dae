"""The engine's recorder and its past: rows, events, alerts and messages to send, into the store and back out of it.

Everything handed over becomes durable with the next commit, all or nothing. A revision of an alert that the store has already is not
queued for sending again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.errors import SnapshotError
from streams.kafka_config import OutRecord
from tracker.alerts.alert import Alert
from tracker.decode.base import OtherMessage
from tracker.engine.ends import Slice
from tracker.events import Event, statement_digest
from tracker.faults import Fault, fault_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append, recent, watch_state
from tracker.store.database import Database, Write
from tracker.store.others import other_messages
from tracker.store.portions import Portion
from tracker.watch.shelf import Shelf

_MOST_HELD_ROWS: Final = 50_000
_SLICE_ROWS: Final = 500_000
"""Rows driven through the timeline at a time when it is set back."""


class StoreRecorder:
    """Hands what the engine gives to the writer thread. While a restart is catching up it is muted: what arrives and what is published is in the
    store already; what is read back from it and judged anew is not."""

    def __init__(
        self,
        store: Database,
        name_of: Callable[[int], str],
        messages_of: Callable[[Alert], Sequence[OutRecord]],
        next_seq: int = 1,
    ) -> None:
        self._store, self._name_of, self._messages_of = store, name_of, messages_of
        self.next_seq = next_seq
        self._held: list[tuple[PositionBatch, NDArray[np.uint8]]] = []
        self._held_rows = 0
        self._is_muted = False
        self.on_positions: Callable[[PositionBatch, NDArray[np.uint8]], object] = lambda rows, fate: None
        """Is given new rows as they were judged, with their fate; it must not wait."""
        self.has_news = False
        """Something was published since the last commit: it should not wait."""
        self.is_dirty = False
        """Something was recorded since the last commit."""
        self._faults: list[Fault] = []

    def mute(self) -> None:
        """What comes was recorded before, until :meth:`unmute`."""
        self._is_muted = True

    def unmute(self) -> None:
        """From here on what comes is new."""
        self._is_muted = False

    def note_dirty(self) -> None:
        """Something waits elsewhere for the next commit."""
        self.is_dirty = True

    def note_news(self) -> None:
        """Something waits elsewhere for the next commit, which should not wait."""
        self.has_news = self.is_dirty = True

    def is_committed(self) -> None:
        """Everything so far is part of a commit."""
        self.has_news = self.is_dirty = False

    def take_faults(self) -> list[Fault]:
        """Alerts that could not be put into words since this was asked last."""
        faults, self._faults = self._faults, []
        return faults

    def positions(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Rows judged. Few at a time are gathered: an insert of ten rows costs as much as one of a thousand."""
        if not self._is_muted:
            self.on_positions(rows, fate)
            self._gather(rows, fate)

    def _gather(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        self._held.append((rows, fate))
        self._held_rows += len(rows)
        self.is_dirty = True
        if self._held_rows >= _MOST_HELD_ROWS:
            self.flush()

    def flush(self) -> None:
        """Hand over what is gathered."""
        if self._held:
            rows = PositionBatch.concat(rows for rows, _ in self._held)
            fate = np.concatenate([fate for _, fate in self._held])
            self._held, self._held_rows = [], 0
            self._store.write(append.positions(rows, fate, self._name_of, with_fingerprint=True))

    def late(self, rows: PositionBatch, statics: StaticBatch) -> None:
        """Rows behind the watermark."""
        if len(rows):
            self._quality(rows, append.LATE)
        if len(statics):
            self.statics(statics)

    def broken(self, rows: PositionBatch) -> None:
        """Rows with a clock nobody can believe."""
        self._quality(rows, append.BROKEN_CLOCK)

    def quarantined(self, rows: PositionBatch) -> None:
        """Rows on which the program itself fails."""
        self._quality(rows, append.PROGRAM_FAULT)

    def statics(self, rows: StaticBatch) -> None:
        """Static reports."""
        self._write(append.statics(rows, self._name_of))

    def others(self, messages: Sequence[OtherMessage], source_name: str) -> None:
        """AIS messages without columns."""
        self._write(other_messages(messages, source_name))

    def stated(self, events: Sequence[Event]) -> None:
        """What the timeline states; also while muted, for where a life caught up states otherwise than the store has it, it is asked for the words."""
        rows = [(e.event_id, statement_digest(e), int(e.known_us), e.to_json_line()) for e in events]

        def write(connection: append.Connection, part: slice) -> None:
            table = pa.table(
                [pa.array(values) for values in zip(*rows[part], strict=True)],
                names=["event_id", "digest", "known_us", "content"],
            )
            append.insert_table(connection, "watch_statements", table)

        self._store.write(Portion("watch_statements", 0, len(rows), write, lambda row: rows[row][3]))

    def published(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        """Public revisions, and the messages that tell of them."""
        if self._is_muted:
            return
        if events:
            self._write(append.events(events))
        if alerts:
            told, rows = [], []
            for alert in alerts:
                try:
                    messages = self._messages_of(alert)
                    alert.data()
                except Exception as exc:  # one alert that cannot be put into words must not take others with it
                    self._faults.append(fault_of(exc, "messages", f"{alert.alert_id} on event {alert.event.event_id}"))
                    continue
                told.append(alert)
                for message in messages:
                    rows.append((self.next_seq, alert.alert_id, alert.revision, message))
                    self.next_seq += 1
            # first the messages, while it can still be seen which alerts are new
            self._write(watch_state.queue(rows))
            self._write(append.alerts(told))
        self.has_news = True

    def queue(self, messages: Sequence[OutRecord]) -> None:
        """Messages that tell of no alert."""
        rows = [(self.next_seq + n, "", 0, message) for n, message in enumerate(messages)]
        self.next_seq += len(rows)
        self._write(watch_state.queue(rows))

    def rejudged(self, after_us: int, up_to_us: int, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Late rows of a window as judged now; also while muted, for it is out of the store that they came."""
        self.flush()
        self._store.write(lambda connection: watch_state.remove_late(connection, after_us, up_to_us))
        self._gather(rows, fate)

    def set_back(self, after_us: int) -> None:
        """Port calls that began or ended after an instant, or last, are told anew with the next snapshot."""
        self._store.write(lambda connection: watch_state.forget_port_calls(connection, after_us))

    def task(self, task: Write) -> None:
        """Any other write."""
        self._write(task)

    def _quality(self, rows: PositionBatch, code: int) -> None:
        self.positions(rows, np.full(len(rows), code, dtype=np.uint8))

    def _write(self, task: Write) -> None:
        if not self._is_muted:
            self._store.write(task)
            self.is_dirty = True


class StorePast:
    """What was recorded, out of the store; timelines off the shelf."""

    def __init__(self, store: Database, shelf: Shelf, number_of: Mapping[str, int], recorder: StoreRecorder) -> None:
        self._store, self._shelf, self._number_of, self._recorder = store, shelf, number_of, recorder

    def slices(self, after_us: int, up_to_us: int, stops_us: Sequence[int]) -> Iterator[Slice]:
        """All rows recorded after an instant in slices of about ``_SLICE_ROWS``."""
        self._recorder.flush()
        cuts = self._store.ask(
            lambda connection: recent.instants_after_rows(connection, after_us, up_to_us, _SLICE_ROWS)
        )
        ends = sorted({*cuts, *(stop for stop in stops_us if after_us < stop < up_to_us), up_to_us})
        for begin_us, end_us in pairwise([after_us, *ends]):
            rows, statics, is_late = self._store.ask(
                lambda c, a=begin_us, e=end_us: recent.rows_between(c, a, e, self._number_of)  # type: ignore[misc]
            )
            yield _in_order(rows, statics, is_late, end_us)

    def public_event(self, event_id: str) -> Event:
        """The last public revision."""
        return self._store.ask(lambda connection: recent.last_public_event(connection, event_id))

    def statement(self, event_id: str, digest: str) -> Event:
        """What the timeline once stated."""
        return self._store.ask(lambda connection: recent.statement(connection, event_id, digest))

    def keep_timeline(self, watermark_us: int, snapshot: bytes) -> None:
        """Keep a timeline."""
        self._shelf.keep(watermark_us, snapshot)

    def timeline_before(self, instant_us: int) -> tuple[int, bytes] | None:
        """The latest timeline kept before an instant."""
        while (mark := self._shelf.before(instant_us)) is not None:
            try:
                return mark, self._shelf.timeline(mark)
            except SnapshotError:
                self._shelf.drop(mark)  # an earlier one does as well, and takes longer
        return None

    def drop_timeline(self, watermark_us: int) -> None:
        """A timeline kept that is none of this version."""
        self._shelf.drop(watermark_us)

    def oldest_mark_us(self) -> int:
        """Watermark of the oldest timeline kept."""
        return self._shelf.marks()[0] if self._shelf.marks() else 1 << 62

    def timeline_marks_after(self, instant_us: int) -> list[int]:
        """Watermarks kept after an instant."""
        return [mark for mark in self._shelf.marks() if mark > instant_us]


def _in_order(rows: PositionBatch, statics: StaticBatch, is_late: NDArray[np.bool_], up_to_us: int) -> Slice:
    """Rows in the order a timeline takes them. Which are late travels in the source's number, the last of all keys: it may decide nothing."""
    marked = rows.with_columns(source=(2 * rows.source + is_late).astype(np.int32)).in_time_order()
    late = (marked.source & 1).astype(np.bool_)
    return Slice(marked.with_columns(source=marked.source >> 1), statics.in_time_order(), late, up_to_us)
