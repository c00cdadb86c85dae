"""Which times of rows can be, and what they say of the clocks of their lines and of ours (decision 0008)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from streams.clocks import Off, believed, shift_of
from streams.source import Chunk
from streams.time import NOT_BEFORE_US, US_PER_S
from tracker.decode.base import Decoded
from tracker.engine.engine import Engine
from tracker.positions import PositionBatch
from tracker.watch.line_book import LineBook
from tracker.watch.lines import Line
from tracker.watch.world import World

_LATELY_US: Final = 300 * US_PER_S
"""A line that gave nothing for so long says nothing of our clock."""


class LineClocks:
    """The clocks of all lines, and how far ours is proven to be behind."""

    def __init__(self, world: World, book: LineBook, engine: Engine) -> None:
        self._book, self._engine = book, engine
        self.shift_us = 0
        """How far our clock is proven to be behind, by feeds that agree with each other and not with it."""
        self.max_ahead_us = int(max((one.max_ahead_s for one in world.sources.values()), default=300.0) * US_PER_S)
        self._spread_us = int(world.config.lateness_s * US_PER_S) // 2
        """How far reports of one line may be ahead of its median and still lead: the others are then as far behind again at the most."""
        self._went_back_to_us: int | None = None

    def receive(self, line: Line, chunk: Chunk) -> None:
        """Note when a chunk was received."""
        if line.clock.receive(chunk.received_us) and line.is_stamped_by_us:
            self._went_back_to_us = chunk.received_us

    def feed(self, line: Line, decoded: Decoded) -> None:
        """Hand on the rows of a time that can be, and note what their times say of the line's clock and of ours."""
        positions, statics = decoded.positions, decoded.statics
        if len(positions):
            if line.has_own_clock:
                line.clock.observe(positions.time_us, positions.received_us, self.shift_us)
            else:
                line.clock.observe_ours(int(positions.received_us[-1]))
            self._note_shift()
        positions, statics, broken, others = believed(
            positions,
            statics,
            line.clock.limits.max_ahead_us,
            self.shift_us,
            NOT_BEFORE_US if line.is_stamped_by_us else 0,
        )
        self._engine.reject(broken, others)
        if len(positions) or len(statics):
            self._bound_lead(line, positions)
            self._engine.feed(line.number, Decoded(positions, statics))

    def feed_again(self, line: Line, decoded: Decoded) -> None:
        """Hand on rows that were believed before and waited for the watermark since."""
        self._engine.bound_lead(line.number, self._spread_us)
        self._engine.feed(line.number, decoded)

    def stands_apart(self, line: Line, heard: Callable[[Line], bool]) -> bool:
        """Whether others need not wait for a line: it is ahead of anything that can be, or far behind while others are of now."""
        if line.clock.off in (Off.NOT, Off.AHEAD):
            return line.clock.off is Off.AHEAD
        return any(other.clock.is_live and heard(other) for other in self._book.lines.values() if other is not line)

    def take_set_back(self) -> int | None:
        """The instant to which our clock was set back since this was asked last, once every line knows of it; None where it was not."""
        if self._went_back_to_us is None:
            return None
        now_us, self._went_back_to_us = self._went_back_to_us, None
        for line in self._book.lines.values():
            line.clock.set_back(now_us)
        return now_us

    def _bound_lead(self, line: Line, positions: PositionBatch) -> None:
        """One of several senders whose clock is ahead of the others' takes the line along no further than the others are waited for anyway.

        That is measured from the line's median, but never from before the receipt: where most of it comes minutes late, by satellite, the rest does not wait.
        """
        is_bounded = line.has_own_clock and len(positions) and int(positions.received_us.min()) >= NOT_BEFORE_US
        if is_bounded:
            ahead_us = max(line.clock.offset_us or 0, self.shift_us, -self._spread_us)
            self._engine.bound_lead(line.number, ahead_us + self._spread_us)
        elif len(positions):
            self._engine.bound_lead(line.number, None)

    def _note_shift(self) -> None:
        """Whether feeds with clocks of their own prove that ours is behind, and by how much."""
        lines = self._book.lines.values()
        if not self.shift_us and sum(line.clock.off is Off.AHEAD for line in lines) < 2:
            return
        newest_us = max(line.clock.received_us or 0 for line in lines)
        lately = [line for line in lines if (line.clock.received_us or 0) >= newest_us - _LATELY_US]
        found = [(line.feed, offset_us) for line in lately if (offset_us := line.clock.offset_us) is not None]
        self.shift_us = shift_of(found, self.max_ahead_us)

    def states(self) -> dict[str, list[int]]:
        """What is known of every line's clock, and under no name of ours; for a snapshot."""
        return {line.name: line.clock.state() for line in self._book.lines.values()} | {"": [self.shift_us]}

    def restore(self, states: dict[str, list[int]]) -> None:
        """The inverse of :meth:`states`."""
        (self.shift_us,) = states[""]
        for line in self._book.lines.values():
            if line.name in states:
                line.clock.set_state(states[line.name])
