"""The two ends of the engine: where its results go, and where it finds again what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.alerts.alert import Alert
from tracker.events import Event
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch


class Recorder(Protocol):
    """Where the engine's results go, in order; they become durable together."""

    def positions(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Rows judged, each with its fate (a code of ``tracker.store.append.QUALITIES``)."""
        ...

    def late(self, rows: PositionBatch, statics: StaticBatch) -> None:
        """Rows behind the watermark."""
        ...

    def broken(self, rows: PositionBatch) -> None:
        """Rows with a clock nobody can believe."""
        ...

    def statics(self, rows: StaticBatch) -> None:
        """Static reports."""
        ...

    def quarantined(self, rows: PositionBatch) -> None:
        """Rows on which the program itself fails."""
        ...

    def published(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        """Public revisions."""
        ...


class LastingRecorder(Recorder, Protocol):
    """What an engine that looks back needs recorded besides."""

    def stated(self, events: Sequence[Event]) -> None:
        """What the timeline states, for later comparison."""
        ...

    def rejudged(self, after_us: int, up_to_us: int, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Late rows of a window as judged now; they replace what was recorded of them by :meth:`late`."""
        ...

    def set_back(self, after_us: int) -> None:
        """The timeline was set back to an instant: it will tell anew which port calls began or ended after it."""
        ...


@dataclass(frozen=True, slots=True)
class Slice:
    """Recorded rows up to an instant, in event-time order; ``is_late`` marks those recorded as late."""

    rows: PositionBatch
    statics: StaticBatch
    is_late: NDArray[np.bool_]
    up_to_us: int


class Past(Protocol):
    """What was recorded, and the timelines of the past."""

    def slices(self, after_us: int, up_to_us: int, stops_us: Sequence[int]) -> Iterator[Slice]:
        """All rows recorded after an instant, ending a slice at each of ``stops_us``, the last one at ``up_to_us``."""
        ...

    def public_event(self, event_id: str) -> Event:
        """The last public revision."""
        ...

    def statement(self, event_id: str, digest: str) -> Event:
        """What the timeline once stated under a digest."""
        ...

    def keep_timeline(self, watermark_us: int, snapshot: bytes) -> None:
        """Keep a timeline; one of the same instant is replaced."""
        ...

    def timeline_before(self, instant_us: int) -> tuple[int, bytes] | None:
        """The latest timeline kept whose watermark is before an instant."""
        ...

    def drop_timeline(self, watermark_us: int) -> None:
        """Offer a timeline no more: it cannot be read."""
        ...

    def oldest_mark_us(self) -> int:
        """Watermark of the oldest timeline kept: rows up to it are beyond settling."""
        ...

    def timeline_marks_after(self, instant_us: int) -> list[int]:
        """Watermarks of the timelines kept after an instant."""
        ...
