"""Recorded backgrounds: real traffic into which events are injected, and an input that replays the edited rows.

The files are decoded as ``replay`` does, every row is kept with its source, and what comes out is replayed through the same tracks,
detectors and desk. Nothing is written to disk: recordings may not be ours to copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np

from streams.files import stored_size
from tracker.decode.base import Decoded
from tracker.inputs.recorded import Input
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_H

_BLOCK_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Background:
    """All rows of some recordings, in the order of event time."""

    name: str
    inputs: tuple[Input, ...]
    positions: PositionBatch
    statics: StaticBatch

    @property
    def craft_hours(self) -> float:
        """Hours in which each craft was heard, summed over craft: clock hours with at least one report."""
        pairs = np.stack([self.positions.craft, self.positions.time_us // US_PER_H])
        return float(len(np.unique(pairs, axis=1).T))


@dataclass(slots=True)
class EditedInput(Input):
    """An input whose rows are given instead of read."""

    rows: PositionBatch = field(default_factory=PositionBatch.empty)
    static_rows: StaticBatch = field(default_factory=StaticBatch.empty)

    def decoded(
        self, block_bytes: int, progress: Callable[[int], None] | None = None, *, with_others: bool = False
    ) -> Iterator[Decoded]:
        """The rows in blocks, statics with the positions of their time."""
        size, first_static = stored_size(self.stored), 0
        for first in range(0, len(self.rows), _BLOCK_ROWS):
            rows = self.rows.take(slice(first, first + _BLOCK_ROWS))
            last = first + _BLOCK_ROWS >= len(self.rows)
            until = int(np.searchsorted(self.static_rows.time_us, rows.time_us[-1], side="right"))
            stop = len(self.static_rows) if last else until
            yield Decoded(rows, self.static_rows.take(slice(first_static, stop)))
            first_static = stop
            if progress is not None:
                progress(size * min(first + _BLOCK_ROWS, len(self.rows)) // len(self.rows))


def read_background(
    inputs: Sequence[Input], block_bytes: int, progress: Callable[[int, int], None] | None = None
) -> Background:
    """Decode recordings whole; ``progress`` is told inputs done and in all."""
    positions, statics = [], []
    for number, one in enumerate(inputs):
        for decoded in one.decoded(block_bytes):
            positions.append(decoded.positions)
            statics.append(decoded.statics)
        if progress is not None:
            progress(number + 1, len(inputs))
    name = "+".join(sorted({one.feed_name for one in inputs}))
    rows, told = PositionBatch.concat(positions).in_time_order(), StaticBatch.concat(statics).in_time_order()
    return Background(name, tuple(inputs), rows, told)


def edited_inputs(background: Background, positions: PositionBatch, statics: StaticBatch) -> list[Input]:
    """The inputs of a background with other rows, each with those of its own source."""
    edited: list[Input] = []
    for one in background.inputs:
        given = {item.name: getattr(one, item.name) for item in fields(Input)}
        rows = positions.take(positions.source == one.source)
        told = statics.take(statics.source == one.source)
        edited.append(EditedInput(**given, rows=rows, static_rows=told))
    return edited
