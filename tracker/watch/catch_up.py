"""How a life begins: it becomes what the program was at the last commit.

A kill leaves the store as of some commit ``C`` and snapshots of some instant ``S`` before it (``tracker.watch.durability``). A new life

1. restores engine and lines from ``S``, and starts the sources at their positions of ``S``;
2. feeds the rows from there to ``C`` again with the recorder muted: row numbers of the lines tell which they are, and the watermark stops at that of ``C``;
3. takes what was published from the store, as the truth, and publishes what the timeline states otherwise.

Then it is the life that was killed, and unmutes. Nothing was written twice: rows up to ``C`` were muted, later ones were never stored.
Where a snapshot cannot be read the timeline is driven anew over what the store holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streams.errors import SnapshotError
from streams.source import Chunk
from tracker.decode.base import Decoded
from tracker.engine.engine import Engine
from tracker.store import recent, watch_state
from tracker.store.database import Database
from tracker.store.watch_state import Committed, Progress
from tracker.units import US_PER_DAY, US_PER_H
from tracker.watch.durability import Durability
from tracker.watch.line_book import LineBook
from tracker.watch.line_clocks import LineClocks
from tracker.watch.lines import Line, later_than, split
from tracker.watch.record import StoreRecorder
from tracker.watch.shelf import EMPTY_TIMELINE_US, Shelf
from tracker.watch.world import World

TAKEN_BACK = "what was judged lies ahead of every receive time: a wrong clock was believed, and that is taken back"


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a life is brought to where it was."""

    world: World
    store: Database
    shelf: Shelf
    book: LineBook
    clocks: LineClocks
    durability: Durability
    engine: Engine
    recorder: StoreRecorder
    feed: Callable[[Line, Decoded], None]
    """Hands rows on as the life does."""


class CatchUp:
    """Catching up with a commit.

    ``on_driving_anew`` is told why, before the detectors are driven over the whole store; ``on_way`` how much of it is done, from 0 to 1.
    """

    def __init__(
        self, parts: Parts, on_driving_anew: Callable[[str], object], on_way: Callable[[float], object]
    ) -> None:
        self._parts, self._on_driving_anew, self._on_way = parts, on_driving_anew, on_way
        self._horizon_us = int(parts.world.config.horizon_h * US_PER_H)
        self._keep_statements_us = int(parts.world.config.keep_statements_d * US_PER_DAY)
        self.is_going_on = False
        self.lost_decoders: dict[str, str] = {}
        """Lines whose decoders begin anew, so that a message they had half of is lost, and why."""
        self._committed: Committed | None = None
        self._to_reach: dict[tuple[str, str], Progress] = {}
        self._held: list[tuple[Line, Decoded]] = []
        self._driven_to_us: int | None = None
        """How far the timeline was driven over the store, where no snapshot could be read: rows up to there were judged."""
        self._bound_us: int | None = None
        """No time after it can have been, as far as was known when this life began."""

    @property
    def waits_for(self) -> list[str]:
        """Lines that have not given again yet what the store has of them."""
        return sorted(self._parts.book.lines[key].name for key in self._to_reach)

    def begin_empty(self) -> None:
        """Nothing was read yet, or it is read again from the beginning."""
        self._parts.shelf.clear()
        self._parts.shelf.keep(EMPTY_TIMELINE_US, self._parts.engine.timeline_snapshot())

    def begin(self, committed: Committed, now_us: int | None) -> dict[str, dict[str, str]]:
        """Restore what there is, the lines of the store being known; positions to start each source at, by source and part.

        ``now_us``: the receive clock, where it is known. A watermark that neither it nor any receipt in the store can account for is of an older version,
        which believed it, or of a wrong clock: it is taken back.
        """
        p = self._parts
        self._committed = committed = self._within_bounds(committed, now_us)
        self.is_going_on = True
        p.recorder.mute()
        p.engine.repeat_up_to(committed.watermark_us)
        if committed.snapshot_us == watch_state.SET_BACK_US:
            self._on_driving_anew(TAKEN_BACK)
            self._drive_anew(committed)
        elif committed.snapshot_us is not None:
            try:
                self._restore(committed.snapshot_us)
            except SnapshotError as exc:
                self._on_driving_anew(str(exc))
                self._drive_anew(committed)
        else:
            self.begin_empty()  # killed before the first snapshot
        p.durability.resume(committed)
        by_name = {line.name: key for key, line in p.book.lines.items()}
        self._to_reach = {
            by_name[name]: progress
            for name, progress in committed.lines.items()
            if name in by_name and not p.book.lines[by_name[name]].progress.has_reached(progress)
        }
        positions = p.book.positions(p.book.progress())
        if not self._to_reach:
            self._end()
        return positions

    def give_up(self) -> None:
        """What the store has cannot be had again (a journal lost, a topic cut off): go on with what there is."""
        self._to_reach = {}
        self._end()

    def unjudged(self, decoded: Decoded) -> Decoded:
        """Without the rows that were judged when the timeline was driven over the store."""
        return decoded if self._driven_to_us is None else later_than(decoded, self._driven_to_us)

    def take(self, source: str, line: Line, chunk: Chunk, decoded: Decoded) -> None:
        """What a chunk gave: fed as far as the store has it, the others held until all lines are there."""
        key = source, chunk.part
        goal = self._to_reach.get(key)
        if goal is not None and _is_of_another_topic(goal.position, chunk.position):
            # what the store has of it cannot be had again: these rows are others, none of them was stored
            self._hold(line, decoded)
            self._is_there(key)
            return
        if goal is None:
            self._hold(line, decoded)
            return
        done = line.progress
        head, tail = split(decoded, goal.rows - done.rows, goal.statics - done.statics, goal.others - done.others)
        self._parts.feed(line, head)
        self._hold(line, tail)
        # of a chunk that is set aside there are fewer rows than there were: a journal's position tells as well
        if done.has_reached(goal) or (line.has_journal and chunk.position == goal.position):
            self._is_there(key)

    def _is_there(self, key: tuple[str, str]) -> None:
        del self._to_reach[key]
        if not self._to_reach:
            self._end()

    def _hold(self, line: Line, decoded: Decoded) -> None:
        """Rows behind what the store has wait until all lines are there."""
        if len(decoded.positions) or len(decoded.statics) or decoded.others:
            self._held.append((line, decoded))

    def _end(self) -> None:
        p, committed = self._parts, self._committed
        assert committed is not None
        touched = p.engine.repeated(committed.watermark_us)
        since_us = EMPTY_TIMELINE_US if committed.snapshot_us is None else committed.snapshot_us
        is_set_back = committed.snapshot_us == watch_state.SET_BACK_US
        if (driven_to_us := self._driven_to_us) is not None:
            since_us = min(since_us, driven_to_us - self._horizon_us)
            if is_set_back:
                since_us = driven_to_us - self._keep_statements_us
            self._driven_to_us = None
        truth = p.store.ask(lambda connection: watch_state.published_since(connection, since_us, sorted(touched)))
        ids = touched | {event.event_id for event in truth}
        told = p.store.ask(lambda connection: watch_state.alerts_since(connection, since_us, sorted(ids)))
        p.engine.agree(ids, truth, told)
        if is_set_back:
            p.durability.settle_again()
        else:
            p.durability.is_settled()
        p.recorder.unmute()
        self.is_going_on = False
        if driven_to_us is not None:
            # another version may word what is long over otherwise: that is no news
            ids = p.engine.revisions.lately_known(ids, since_us)
        p.engine.correct(ids)
        if self._bound_us is not None:
            p.engine.set_back(self._bound_us)
        held, self._held = self._held, []
        for line, decoded in held:
            p.feed(line, decoded)

    def _within_bounds(self, committed: Committed, now_us: int | None) -> Committed:
        """How far the store is, or how far it is once a watermark beyond any clock is taken back."""
        p = self._parts
        received_us = committed.received_us
        if received_us is None:
            names = list(p.book.number_of)
            received_us = p.store.ask(lambda connection: watch_state.latest_received_us(connection, names))
        if committed.snapshot_us == watch_state.SET_BACK_US or (received_us is None and now_us is None):
            return committed
        self._bound_us = bound_us = max(received_us or 0, now_us or 0) + p.clocks.max_ahead_us
        if committed.watermark_us <= bound_us:
            return committed
        return p.durability.take_back_committed(bound_us, committed)

    def _restore(self, snapshot_us: int) -> None:
        try:
            self._parts.durability.restore(snapshot_us)
        except SnapshotError:
            raise
        except (
            Exception
        ) as exc:  # damaged in a way that no checksum tells, or a fault of ours: the rows are in the store
            raise SnapshotError(f"a snapshot cannot be read ({type(exc).__name__}: {exc})") from exc

    def _drive_anew(self, committed: Committed) -> None:
        """Snapshots of another version, or damaged: the timeline is driven anew over what the store holds.

        Rows that waited for the watermark at the snapshot are in the store, too, and so is what decoders remembered;
        rows between it and the commit are read again.
        """
        p, mark_us = self._parts, committed.watermark_us
        decoders = p.store.ask(watch_state.read_decoders)
        for line in p.book.lines.values():
            progress, kept = committed.snapshot_lines.get(line.name, Progress()), decoders.get(line.name)
            if error := line.begin_at(progress, kept):
                self.lost_decoders[line.name] = error
        p.engine.begin_anew()
        for line in p.book.lines.values():
            p.engine.expect_lateness(line.number, committed.lateness_us.get(line.name, 0))
        begin_us, timeline = EMPTY_TIMELINE_US, None
        if committed.snapshot_us == watch_state.SET_BACK_US:
            begin_us, timeline = self._timeline_before(mark_us)
        p.shelf.clear(after_us=None if timeline is None else begin_us)
        if timeline is None:
            p.shelf.keep(EMPTY_TIMELINE_US, p.engine.timeline_snapshot())
        p.engine.repeat_up_to(mark_us)
        hours = range(-(-(mark_us - self._horizon_us) // US_PER_H), mark_us // US_PER_H + 1)
        first_us = p.store.ask(recent.first_time_us) or 0
        whole_us = max(mark_us - first_us, 1)
        p.engine.drive_again(
            begin_us,
            mark_us,
            timeline,
            keep_us=[hour * US_PER_H for hour in hours],
            on_way=lambda at_us: self._on_way(max(at_us - first_us, 0) / whole_us),
        )
        self._driven_to_us = mark_us
        p.engine.judge_up_to(mark_us)
        positions, statics = p.store.ask(lambda connection: recent.rows_held(connection, mark_us, p.book.number_of))
        for line in p.book.lines.values():
            is_mine, is_mine_too = positions.source == line.number, statics.source == line.number
            p.clocks.feed_again(line, Decoded(positions.take(is_mine), statics.take(is_mine_too)))

    def _timeline_before(self, watermark_us: int) -> tuple[int, bytes | None]:
        """The latest timeline kept that no row recorded as late, and so none judged wrongly, is before."""
        p = self._parts
        late_us = p.store.ask(lambda c: watch_state.earliest_late_us(c, watermark_us - self._horizon_us))
        mark = p.shelf.before(watermark_us if late_us is None else min(late_us, watermark_us))
        try:
            return (EMPTY_TIMELINE_US, None) if mark is None else (mark, p.shelf.timeline(mark))
        except SnapshotError:
            return EMPTY_TIMELINE_US, None


def _is_of_another_topic(position: str, other: str) -> bool:
    """Whether two positions (``OFFSET@TOPIC_ID``) are of topics that only share the name."""
    then, now = position.partition("@")[2], other.partition("@")[2]
    return bool(then and now) and then != now
