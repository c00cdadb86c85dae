"""In-memory twins of the world: a clock that stands still and a source out of a list, for tests and for users' own experiments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from streams.errors import SourceError
from streams.source import Chunk, SourceHealth


class ManualClock:
    """A clock moved by hand. The twin of the wall clock and of the monotonic one."""

    def __init__(self, start_us: int = 0) -> None:
        self._us = start_us

    def now_us(self) -> int:
        """The instant it was set to."""
        return self._us

    def advance(self, by_us: int) -> None:
        """Move forward (or back: clocks do that)."""
        self._us += by_us


class ListSource:
    """A source that gives the chunks of a list and then nothing.

    With memory, ``start`` leaves out every chunk up to its part's position; a position that no chunk of the part has is a ``SourceError``. What was
    acknowledged is kept in ``acknowledged`` to look at.
    """

    def __init__(self, name: str, chunks: Sequence[Chunk], *, has_memory: bool = True) -> None:
        self.name = name
        self.has_memory = has_memory
        self.acknowledged: dict[str, str] = {}
        self._chunks = list(chunks)
        self._next = 0
        self._health = SourceHealth("starting", None, 0, 0, 0, 0, "", lag=len(chunks))

    def start(self, positions: Mapping[str, str]) -> None:
        """Give each part from behind its position."""
        if self.has_memory:
            done: set[int] = set()
            for part, position in positions.items():
                own = [k for k, chunk in enumerate(self._chunks) if chunk.part == part]
                at = [k for k in own if self._chunks[k].position == position]
                if not at:
                    raise SourceError(f"source {self.name}: part {part!r} has no chunk at position {position!r}")
                done.update(k for k in own if k <= at[-1])
            self._chunks = [chunk for k, chunk in enumerate(self._chunks) if k not in done]
        self._health = replace(self._health, state="connected", connects=1, lag=len(self._chunks))

    def read(self, timeout_s: float) -> Chunk | None:
        """The next chunk at once, or None: nothing will come any more."""
        del timeout_s
        if self._next >= len(self._chunks) or self._health.state == "closed":
            return None
        chunk = self._chunks[self._next]
        self._next += 1
        self._health = replace(
            self._health,
            last_heard_us=chunk.received_us if chunk.data else self._health.last_heard_us,
            bytes_in=self._health.bytes_in + len(chunk.data),
            chunks_in=self._health.chunks_in + bool(chunk.data),
            lag=len(self._chunks) - self._next,
        )
        return chunk

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Remembered in ``acknowledged``."""
        self.acknowledged.update(positions)

    @property
    def health(self) -> SourceHealth:
        """How it does now; ``lag`` is the chunks left."""
        return self._health

    def close(self) -> None:
        """Give nothing more."""
        self._health = replace(self._health, state="closed")


def chunks_of(blocks: Iterable[bytes], *, part: str = "0", start_us: int = 0, step_us: int = 1_000_000) -> list[Chunk]:
    """Blocks of bytes as chunks received one after the other, with the positions 1, 2, 3 ..."""
    return [Chunk(part, block, start_us + k * step_us, str(k + 1)) for k, block in enumerate(blocks)]
