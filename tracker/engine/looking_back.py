"""Looking back: a timeline kept is driven again over what was recorded since, late rows among it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.errors import SnapshotError
from streams.snapshot import bundle_pieces, bytes_table, table_bytes, unbundle
from tracker.engine.ends import LastingRecorder, Past
from tracker.engine.papers import NO_PAPERS, PaperLog
from tracker.engine.public_revisions import PublicRevisions
from tracker.engine.timeline import Timeline
from tracker.units import NEVER_US

_LAYOUT: Final = 4
_KEPT: Final = "timeline kept"
NO_LIMIT_US: Final = 1 << 62


class UnreadableTimelineError(SnapshotError):
    """A timeline kept is of another version or damaged; an earlier one may do."""


@dataclass(frozen=True, slots=True)
class LookingBack:
    """What an engine needs for it."""

    past: Past
    recorder: LastingRecorder
    settle_us: int
    """Grid of event time on which late rows are settled."""
    horizon_us: int = NO_LIMIT_US
    """Rows so far behind the watermark judge nothing any more, however old the timelines are that are kept."""

    def beyond_us(self, watermark_us: int) -> int:
        """Rows up to here are too late to be settled."""
        return max(self.past.oldest_mark_us(), watermark_us - self.horizon_us)

    def drive(
        self,
        timeline: Timeline,
        revisions: PublicRevisions,
        begin_us: int,
        mark_us: int,
        keep_us: Iterable[int] = (),
        on_way: Callable[[int, int], object] = lambda at_us, rows: None,
        papers: PaperLog = NO_PAPERS,
    ) -> set[str]:
        """Drive a timeline of an instant over what was recorded after it, and the papers that became known after it; the events it stated on the way.

        Timelines kept on the way are written anew, and others kept at ``keep_us``. ``on_way`` is told every instant reached, and rows driven to there.
        """
        known = {*self.past.timeline_marks_after(begin_us), *keep_us}
        marks = sorted(mark for mark in known if begin_us < mark <= mark_us)
        taken = papers.between(begin_us, mark_us)
        touched: set[str] = set()
        after_us = begin_us
        for part in self.past.slices(begin_us, mark_us, sorted({*marks, *(one.known_us for one in taken)})):
            given = timeline.advance(part.rows, part.statics, part.up_to_us)
            events = given.events
            while taken and taken[0].known_us <= part.up_to_us:
                one = taken.pop(0)
                events = [*events, *timeline.take_papers(one.manifests, one.known_us, part.up_to_us, one.boxes)[1]]
            for event in events:
                revisions.note(event)
                touched.add(event.event_id)
            if events:
                self.recorder.stated(events)
            if part.is_late.any():
                late = np.flatnonzero(part.is_late)
                self.recorder.rejudged(after_us, part.up_to_us, given.tracked.take(late), given.fate[late])
            if part.up_to_us in marks:
                self.past.keep_timeline(part.up_to_us, pack_timeline(timeline, revisions))
            after_us = part.up_to_us
            on_way(after_us, len(part.rows))
        self.recorder.set_back(begin_us)
        return touched


def capture_timeline(timeline: Timeline, revisions: PublicRevisions) -> Callable[[], list[bytes]]:
    """A timeline of this very instant and what it states, put together only when called, by whatever thread, and in pieces."""
    stated = table_bytes(revisions.timeline_table())
    captured = timeline.capture()

    def made() -> list[bytes]:
        # each capture goes as soon as it is packed: the state lies in memory once more, not twice
        parts = {f"timeline.{name}": captured.pop(name)() for name in sorted(captured)}
        return bundle_pieces(_KEPT, _LAYOUT, {**parts, "stated": stated})

    return made


def pack_timeline(timeline: Timeline, revisions: PublicRevisions) -> bytes:
    """A timeline and what it states: enough to set it back here."""
    return b"".join(capture_timeline(timeline, revisions)())


def unpack_timeline(
    snapshot: bytes,
    timeline: Timeline,
    revisions: PublicRevisions,
    papers: PaperLog = NO_PAPERS,
    mark_us: int = NEVER_US,
) -> None:
    """The inverse of :func:`pack_timeline`, into a timeline that has seen nothing yet; ``mark_us`` is the watermark of the snapshot.

    It knows the papers that the snapshot names, and then those that were known by its watermark and came after it was taken.

    Raises
    ------
    UnreadableTimelineError
        where it is of another version, or damaged in a way that no checksum tells; ``revisions`` are as before.
    """
    try:
        parts = unbundle(_KEPT, _LAYOUT, snapshot)
        stated = bytes_table(parts.pop("stated"))
        timeline.restore_parts(
            {name.removeprefix("timeline."): part for name, part in parts.items()}, papers.manifests()
        )
    except Exception as exc:
        raise UnreadableTimelineError(f"a timeline kept cannot be read ({type(exc).__name__}: {exc})") from exc
    revisions.restore_timeline(stated)
    take_known(timeline, papers, mark_us)


def take_known(timeline: Timeline, papers: PaperLog, mark_us: int) -> None:
    """Give a timeline the papers known by the watermark that it has reached; those it has it passes over. What they end was told already."""
    for one in papers.between(None, mark_us):
        timeline.take_papers(one.manifests, one.known_us, mark_us, one.boxes)
