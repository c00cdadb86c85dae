"""A source without memory behind a journal: nothing is given out that is not on the disk.

``start`` first gives what the journal holds behind the positions, then what is live. While the tail is given, live chunks already go to the end
of the journal, so a long tail costs no datagram; while nobody is ready to read, ``spool`` moves them there. When there is no room, the chunk in
hand waits and is tried again every second; nothing more is taken meanwhile, so the source's queue fills and TCP makes its sender wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from streams.errors import JournalError
from streams.journal import Journal, JournalStatus, parse_position
from streams.journal_index import JournalHead
from streams.source import Chunk, Judged, Source, SourceHealth
from streams.time import US_PER_S, Clock, MonotonicClock

_RETRY_US: Final = US_PER_S
_AT_ONCE: Final = 64
"""Live chunks moved to the journal at a time, for one chunk of the tail: a tail must come to its end under full load."""


class JournaledSource:
    """``source`` with a memory. Closing it closes both, after what the source had read is in the journal."""

    has_memory = True

    def __init__(self, source: Source, journal: Journal, monotonic: Clock | None = None) -> None:
        self.name = source.name
        self._source, self._journal = source, journal
        self._monotonic = monotonic or MonotonicClock()
        self._is_listening = False
        self._positions: dict[str, str] = {}
        self._tail: Iterator[Chunk] | None = None
        self._until = ""
        self._in_hand: Chunk | None = None
        self._retry_us = 0
        self._error = ""
        self._pause = threading.Event()

    def start(self, positions: Mapping[str, str]) -> None:
        """Give the tail behind the positions, then what is live; without positions, all the journal holds."""
        self.resume(positions)
        self.listen()

    def listen(self) -> None:
        """Let the source begin, if it has not; what comes before ``start`` is for :meth:`spool`."""
        if not self._is_listening:
            self._source.start({})
            self._is_listening = True

    def spool(self) -> bool:
        """Move some of what has come to the journal, for whoever reads later; True when there was something.

        For the times in which nobody reads: never while another thread does.
        """
        moved = False
        for _ in range(_AT_ONCE):
            if self._take(0.0) is None:
                break
            moved = True
        return moved

    def resume(self, positions: Mapping[str, str]) -> None:
        """Give the tail behind the positions again; the source itself goes on undisturbed."""
        self._positions = dict(positions)
        self._tail = self._journal.read_from(min(positions.values(), key=parse_position, default=""))
        self._until = self._journal.end

    def read(self, timeout_s: float) -> Chunk | None:
        """The next chunk, journalled; its position is the journal's."""
        if self._tail is not None:
            self.spool()
            chunk = self._next_of_tail()
            if chunk is not None:
                return chunk
        return self._take(timeout_s)

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """The journal may forget what is before the positions of all parts."""
        if positions:
            self._journal.acknowledge(min(positions.values(), key=parse_position))

    def judge(self, voice: str, wasted_bytes: int) -> None:
        """What came of a voice's chunk, for a source that wants to hear it."""
        if isinstance(self._source, Judged):
            self._source.judge(voice, wasted_bytes)

    @property
    def health(self) -> SourceHealth:
        """How the source does; what the journal suffers from comes first."""
        health = self._source.health
        error = self._error or health.last_error or self._journal.status.last_error
        return replace(health, last_error=error)

    @property
    def held_up_by(self) -> str:
        """Why the journal takes nothing now, in a sentence; empty when it does."""
        return self._error

    @property
    def journal_status(self) -> JournalStatus:
        """How the journal does."""
        return self._journal.status

    @property
    def journal_head(self) -> JournalHead:
        """What the journal is now, to be kept elsewhere."""
        return self._journal.head

    def journal_wrongs(self, known: JournalHead) -> list[str]:
        """What of a journal that was once known is gone or changed, a sentence each. Sealed segments are not read for it."""
        return self._journal.wrongs(known)

    def close(self) -> None:
        """Stop, keep what was read, release everything."""
        self._source.close()
        self._retry_us = 0
        while self.spool():
            pass
        self._journal.close()

    def _next_of_tail(self) -> Chunk | None:
        """The next chunk of the journal not given yet; None, and the tail is over, when there is none."""
        while self._tail is not None:
            for chunk in self._tail:
                known = self._positions.get(chunk.part, "")
                if parse_position(chunk.position) > parse_position(known):
                    return chunk
            begun, self._until = self._until, self._journal.end
            self._tail = None if begun == self._until else self._journal.read_from(begun)
        return None

    def _take(self, timeout_s: float) -> Chunk | None:
        """The next live chunk, once it is in the journal."""
        chunk = self._in_hand
        if chunk is None:
            chunk = self._source.read(timeout_s)
        elif (wait_us := self._retry_us - self._monotonic.now_us()) > 0:
            self._pause.wait(min(timeout_s, wait_us / US_PER_S))
            return None
        if chunk is None:
            return None
        try:
            position = self._journal.append(chunk)
        except JournalError as exc:
            self._in_hand, self._error = chunk, str(exc)
            self._retry_us = self._monotonic.now_us() + _RETRY_US
            return None
        self._in_hand, self._error = None, ""
        return replace(chunk, position=position)
