"""What live sources share: a thread that reads ahead, a queue bounded in bytes, health, and a pause before trying again.

Gathering: bytes that came within ``JOIN_US`` of one another are one chunk of up to ``CHUNK_BYTES``. A reader that asks is given a chunk at once,
unless it was given one less than ``PACE_US`` ago: then the next is waited for, so that a fast feed costs 50 chunks a second or full ones, and
a slow one no time at all. Of several voices each is gathered by itself, and all that wait go together. A chunk carries the receive time of its last bytes.

A source keeps trying: a session that ends, however it ends, is begun anew after a pause that doubles from ``RETRY_FIRST_S`` to ``RETRY_MOST_S``
(shortened at random by up to half, so that many sources do not knock at once) and is short again as soon as a session gave bytes.
"""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from streams.source import Chunk, SourceHealth
from streams.time import US_PER_S, Clock, MonotonicClock

ONLY_PART: Final = "0"
"""The part of sources that have but one."""
CHUNK_BYTES: Final = 1 << 16
"""Chunks are not joined beyond this."""
QUEUE_BYTES: Final = 8 << 20
"""Default bound of what a source reads ahead."""
JOIN_US: Final = 50_000
"""Bytes received further apart are never one chunk: each keeps its receive time, however long nobody reads."""
PACE_US: Final = 20_000
"""Shortest time between two chunks that are not full."""
LIFE_S: Final = 1.0
"""A sign of life is given after this long without bytes."""
RETRY_FIRST_S: Final = 0.5
RETRY_MOST_S: Final = 30.0
_CLOSE_S: Final = 5.0
_CHUNK_COST: Final = 256
"""Bytes a chunk takes beside its data: so counted, a flood of tiny ones is bounded, too."""


@dataclass(slots=True)
class _Waiting:
    """A chunk in the making."""

    part: str
    data: bytearray
    first_us: int
    last_us: int
    position: str
    voice: str


class ChunkQueue:
    """Chunks between one thread that puts and one that gets, bounded in bytes."""

    def __init__(self, most_bytes: int = QUEUE_BYTES) -> None:
        lock = threading.Lock()
        self._ready, self._room = threading.Condition(lock), threading.Condition(lock)
        self._waiting: deque[_Waiting] = deque()
        self._last: dict[tuple[str, str], _Waiting] = {}  # the last that waits of each part and voice
        self._most, self._bytes, self._closed = most_bytes, 0, False
        self._monotonic = MonotonicClock()
        self._given_us = -PACE_US
        self._burst = 0  # chunks that may go with the one given last: those of other voices that waited then

    @property
    def size_bytes(self) -> int:
        """Bytes that wait."""
        return self._bytes

    def put(
        self, data: bytes, received_us: int, position: str = "", part: str = ONLY_PART, voice: str = "", *,
        wait: bool = True,
    ) -> bool:  # fmt: skip
        """Add bytes. False when they were not taken: there is no room (and ``wait`` is not set), or the queue is closed."""
        with self._ready:
            while self._bytes and self._bytes + len(data) > self._most and not self._closed:
                if not wait:
                    return False
                self._room.wait()
            if self._closed:
                return False
            last = self._last.get((part, voice))
            if last is not None and self._joins(last, data, received_us):
                last.data += data
                last.last_us, last.position = received_us, position
                if len(last.data) >= CHUNK_BYTES // 2:
                    self._ready.notify()
            else:
                waiting = _Waiting(part, bytearray(data), received_us, received_us, position, voice)
                self._waiting.append(waiting)
                self._last[part, voice] = waiting
                self._bytes += _CHUNK_COST
                self._ready.notify()
            self._bytes += len(data)
            return True

    def get(self, timeout_s: float) -> Chunk | None:
        """The next chunk, or None after ``timeout_s``. A closed queue gives what is left."""
        until_us = self._monotonic.now_us() + int(timeout_s * US_PER_S)
        with self._ready:
            while True:
                now_us = self._monotonic.now_us()
                pause_us = self._pause_us(now_us)
                if pause_us <= 0:
                    if self._burst:
                        self._burst -= 1
                    else:
                        self._burst = len(self._waiting) - 1
                    self._given_us = now_us
                    return self._take()
                pause_us = min(pause_us, until_us - now_us)
                if pause_us <= 0 or (self._closed and not self._waiting):
                    return None
                self._ready.wait(pause_us / US_PER_S)

    def close(self) -> None:
        """Take nothing more; whoever waits for room goes on at once."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
            self._room.notify_all()

    @staticmethod
    def _joins(last: _Waiting, data: bytes, received_us: int) -> bool:
        if not last.data and not data:
            return True
        return (
            bool(last.data)
            and bool(data or not last.voice)
            and len(last.data) + len(data) <= CHUNK_BYTES
            and 0 <= received_us - last.first_us <= JOIN_US
        )

    def _pause_us(self, now_us: int) -> int:
        """How long until the first chunk may go; 0 when it may go now."""
        if not self._waiting:
            return 1 << 62
        first = self._waiting[0]
        can_grow = self._last.get((first.part, first.voice)) is first and first.data
        if self._burst or not can_grow or len(first.data) >= CHUNK_BYTES // 2 or self._closed:
            return 0
        return self._given_us + PACE_US - now_us

    def _take(self) -> Chunk:
        first = self._waiting.popleft()
        self._bytes -= len(first.data) + _CHUNK_COST
        self._room.notify()
        if self._last.get((first.part, first.voice)) is first:
            del self._last[first.part, first.voice]
        return Chunk(first.part, bytes(first.data), first.last_us, first.position, first.voice)


class PumpedSource(ABC):
    """A source with a thread of its own. A kind of source writes ``_session`` and calls ``_give`` in it."""

    has_memory: ClassVar[bool] = False

    def __init__(self, name: str, clock: Clock, *, queue_bytes: int = QUEUE_BYTES) -> None:
        self.name = name
        self._clock = clock
        self._queue = ChunkQueue(queue_bytes)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._health = SourceHealth("starting", None, 0, 0, 0, 0, "")
        self._thread: threading.Thread | None = None

    def start(self, positions: Mapping[str, str]) -> None:
        """Begin reading; ``SourceError`` when it can never work as configured."""
        self._open(positions)
        self._thread = threading.Thread(target=self._keep_trying, name=f"source {self.name}", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Chunk | None:
        """The next chunk, or None when none came within ``timeout_s``. After ``close``: what was read before it."""
        return self._queue.get(timeout_s)

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """A source without memory has nothing to forget."""
        del positions

    @property
    def health(self) -> SourceHealth:
        """How it does now."""
        with self._lock:
            return self._health

    def close(self) -> None:
        """Stop reading. Chunks read before can still be had from ``read``."""
        self._stop.set()
        self._queue.close()
        self._wake()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)
        self._released()
        self._note(state="closed")

    @abstractmethod
    def _session(self) -> None:
        """Read until ``_stop`` is set; return or raise ``OSError`` when this cannot go on and must be begun anew."""

    @abstractmethod
    def _open(self, positions: Mapping[str, str]) -> None:
        """Whatever is to be had before the thread begins."""

    @abstractmethod
    def _wake(self) -> None:
        """Make ``_session`` notice ``_stop``."""

    @abstractmethod
    def _released(self) -> None:
        """Give back what ``_open`` took; the thread has ended."""

    def _give(self, data: bytes, position: str = "", *, voice: str = "", wait: bool = True) -> bool:
        """Put bytes (or a sign of life, or the end of a voice) into the queue; waits for room unless told otherwise."""
        received_us = self._clock.now_us()
        if not self._queue.put(data, received_us, position, voice=voice, wait=wait):
            return False
        if data:
            with self._lock:
                health = self._health
                self._health = replace(
                    health,
                    last_heard_us=received_us,
                    bytes_in=health.bytes_in + len(data),
                    chunks_in=health.chunks_in + 1,
                )
        return True

    def _note(
        self, *, state: str | None = None, connected: bool = False, dropped: int = 0, error: str | None = None,
        lag: int | None = None, clients: int | None = None, let_go: int = 0,
    ) -> None:  # fmt: skip
        """Change what ``health`` tells; ``dropped``, ``let_go`` and ``connected`` are added."""
        with self._lock:
            health = self._health
            self._health = replace(
                health,
                state=health.state if state is None else state,
                connects=health.connects + connected,
                dropped=health.dropped + dropped,
                last_error=health.last_error if error is None else error,
                lag=health.lag if lag is None else lag,
                clients=health.clients if clients is None else clients,
                let_go=health.let_go + let_go,
            )

    def _keep_trying(self) -> None:
        pause_s = RETRY_FIRST_S
        while not self._stop.is_set():
            before = self._health.bytes_in
            error = ""
            try:
                self._session()
            except OSError as exc:
                error = exc.strerror or str(exc)
            except Exception as exc:  # a mistake of ours must not end the feed in silence
                error = f"{type(exc).__name__}: {exc}"
            if self._stop.is_set():
                return
            pause_s = RETRY_FIRST_S if self._health.bytes_in > before else pause_s
            self._note(state="waiting", error=error or None)
            self._stop.wait(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, RETRY_MOST_S)
