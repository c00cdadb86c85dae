"""The stream of alerts: every committed revision to everybody who follows, in order, each encoded once.

One follower in the door's loop is woken by the commit, reads what is new (never on behalf of one client) and keeps the last few thousand frames in a
ring. A client is a place in the sequence and nothing else: who is within the ring takes frames from there, as fast as its connection takes them; who is
further behind is given pages out of the store until it is. So a client costs what its connection buffers and one piece, however slow it is; one whose
connection takes nothing for ``stall_s`` is dropped, and may resume where it was. No cursor of the store is held while anything waits.

What is sent (docs/door.md): ``alert`` with its number as ``id``, ``heartbeat`` every ``beat_s``, ``reset`` where the number asked for is none of this
store, and comments while the store is not open.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, Final

from tracker.errors import StoreError
from tracker.store.alert_sequence import Revision, StreamState, read_page, read_state

PAGE: Final = 100
"""Revisions read at a time: a few hundred kilobytes."""
_GATHER_S: Final = 0.02
"""A burst of commits wakes everybody once in so long."""
_AGAIN_S: Final = 0.5
"""A store that is away is tried again so often."""
OPENING: Final = b": tidewaiter alerts\nretry: 2000\n\n"
"""The head of the answer goes out at once, and whoever reconnects by himself does so after two seconds."""
WAITING: Final = b": the store is not open yet\n\n"


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What streams may take."""

    most_clients: int = 256
    beat_s: float = 5.0
    stall_s: float = 20.0
    ring_frames: int = 4096
    ring_bytes: int = 16 << 20
    piece_bytes: int = 256 << 10
    frame_s: float = 1.0
    """Between two frames of the stream of positions."""


@dataclass(frozen=True, slots=True)
class After:
    """What a client has: everything up to ``sequence`` of a store; None: it wants what comes from now on."""

    sequence: int | None
    store_id: str | None = None


@dataclass(slots=True)
class StreamCounts:
    """What happened at a stream since the program began; written in the door's loop, read from any thread."""

    sent_bytes: int = 0
    stalled: int = 0
    """Followers cut off because their connection took nothing."""
    resets: int = 0


class StalledError(Exception):
    """A client's connection takes nothing any more."""


class AlertStream:
    """Used in the door's loop, but for :meth:`wake`.

    Parameters
    ----------
    lend:
        A cursor of the open store (``Database.lend``); raises ``StoreError`` while there is none.
    beat:
        What a heartbeat tells beside the sequence: ``watermark``, ``at``, ``phase``.
    """

    def __init__(
        self,
        lend: Callable[[], AbstractContextManager[Any]],
        beat: Callable[[], Mapping[str, Any]],
        limits: StreamLimits,
    ) -> None:
        self._lend, self._beat_of, self._limits = lend, beat, limits
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clients: set[asyncio.Event] = set()
        self._follower: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()
        self._own, self._pages = _thread("alerts"), _thread("alert pages")
        self._state: StreamState | None = None
        self._ring: deque[tuple[int, bytes]] = deque()
        self._ring_bytes = 0
        self._beat, self._beat_head, self._beats = b"", 0, 0
        self._is_closed = False
        self.counts = StreamCounts()
        self._places: dict[asyncio.Event, int] = {}

    @property
    def most_behind(self) -> int:
        """How many revisions the follower furthest behind has not got. From any thread."""
        places, state = list(self._places.copy().values()), self._state
        return max(state.head - min(places), 0) if places and state is not None else 0

    @property
    def clients(self) -> int:
        """How many follow."""
        return len(self._clients)

    def wake(self) -> None:
        """Something was committed. Called in any thread; nobody waits for anything here."""
        if self._clients and (loop := self._loop) is not None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._bell.set)

    def close(self) -> None:
        """End all streams."""
        self._is_closed = True
        self._tell_all()
        self._bell.set()
        self._own.shutdown(wait=False, cancel_futures=True)
        self._pages.shutdown(wait=False, cancel_futures=True)

    # -- one client --------------------------------------------------------------------------------------------------------

    async def serve(self, after: After, send: Callable[[bytes], Awaitable[None]], is_gone: asyncio.Future[Any]) -> None:
        """Send until the client has gone or the door is shut.

        Raises
        ------
        StalledError
            it takes nothing.
        """
        bell = asyncio.Event()
        is_gone.add_done_callback(lambda _: bell.set())
        self._clients.add(bell)
        self._begin()
        pieces = self._pieces(after, bell)
        try:
            async for piece in pieces:
                if is_gone.done() or self._is_closed:
                    break
                try:
                    async with asyncio.timeout(self._limits.stall_s):
                        await send(piece)
                except TimeoutError:
                    self.counts.stalled += 1
                    raise StalledError from None
                self.counts.sent_bytes += len(piece)
        finally:
            await pieces.aclose()
            self._clients.discard(bell)
            self._places.pop(bell, None)

    async def _pieces(self, after: After, bell: asyncio.Event) -> AsyncGenerator[bytes, None]:
        """What to send next; an empty piece never, and one after a wait wherever there may be nothing for long."""
        yield OPENING
        while (state := self._state) is None:
            if not await _rings(bell, self._limits.beat_s):
                yield WAITING
            if self._is_closed:
                return
        at, is_known = await self._place(after, state)
        self._places[bell] = at
        if not is_known:
            self.counts.resets += 1
            yield _reset(self._state or state)
        beats = -1
        while not self._is_closed:
            bell.clear()
            self._places[bell] = at
            state = self._state or state
            if beats != self._beats and at >= state.head:
                beats = self._beats
                yield self._beat if at == self._beat_head else self._heartbeat(state)
            elif at >= state.head:
                await bell.wait()
                if self._is_closed or (self._beats == beats and at >= (self._state or state).head):
                    yield b":\n\n"  # whoever rang may be the client's end
            elif self._ring and self._ring[0][0] <= at + 1:
                at, piece = self._from_ring(at)
                yield piece
            else:
                page = await self._page(at)
                if page:
                    at = page[-1].sequence
                    for piece in _cut([_frame(one) for one in page], self._limits.piece_bytes):
                        yield piece
                else:
                    yield WAITING
                    await asyncio.sleep(_AGAIN_S)

    async def _place(self, after: After, state: StreamState) -> tuple[int, bool]:
        """The number after which to go on, and whether that is what the client has."""
        if after.sequence is None:
            return state.head, True
        if after.sequence > state.head:
            state = await self._look_again(state)  # the follower may be a moment behind the store
        is_ours = after.store_id is None or after.store_id == state.store_id
        if is_ours and state.first - 1 <= after.sequence <= state.head:
            return after.sequence, True
        return state.first - 1, False

    async def _look_again(self, state: StreamState) -> StreamState:
        with suppress(Exception):
            await self._read_new()
        return self._state or state

    def _from_ring(self, at: int) -> tuple[int, bytes]:
        """The frames after a number, as many as go into a piece."""
        taken: list[bytes] = []
        size = 0
        begin = _index(self._ring, at)
        for index in range(begin, len(self._ring)):
            at, frame = self._ring[index]
            taken.append(frame)
            size += len(frame)
            if size >= self._limits.piece_bytes:
                break
        return at, b"".join(taken)

    async def _page(self, after: int) -> list[Revision]:
        """The next revisions out of the store; none where it is away."""
        try:
            return await self._in(self._pages, lambda cursor: read_page(cursor, after, PAGE))
        except Exception:  # away, or interrupted in favour of the program: it is asked again
            return []

    # -- the follower ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._follower is None or self._follower.done():
            self._loop = asyncio.get_running_loop()
            self._follower = self._loop.create_task(self._follow())

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        beat_s = loop.time()
        while self._clients and not self._is_closed:
            self._bell.clear()
            try:
                await self._read_new()
                is_there = True
            except Exception:  # the store is away, or its memory is needed: what was committed stays there
                is_there = False
            if self._state is not None and loop.time() >= beat_s:
                beat_s = loop.time() + self._limits.beat_s
                with suppress(Exception):  # whoever tells how the program does must not end what it tells of
                    self._beat, self._beat_head = self._heartbeat(self._state), self._state.head
                    self._beats += 1
                self._tell_all()
            await asyncio.sleep(_GATHER_S)
            await _rings(self._bell, max(0.0, min(beat_s - loop.time(), self._limits.beat_s if is_there else _AGAIN_S)))
        self._ring.clear()
        self._ring_bytes, self._state = 0, None

    async def _read_new(self) -> None:
        """Take in what was committed since; the first time only how far the store is."""
        if self._state is None:
            self._state = await self._in(self._own, read_state)
            self._tell_all()
            return
        while True:
            head = self._state.head
            page = await self._in(self._own, lambda cursor, at=head: read_page(cursor, at, PAGE))  # type: ignore[misc]
            if not page or self._state.head != head:
                return
            for one in page:
                frame = _frame(one)
                self._ring.append((one.sequence, frame))
                self._ring_bytes += len(frame)
            while len(self._ring) > self._limits.ring_frames or self._ring_bytes > self._limits.ring_bytes:
                self._ring_bytes -= len(self._ring.popleft()[1])
            self._state = StreamState(self._state.store_id, self._state.first, page[-1].sequence)
            self._tell_all()
            if len(page) < PAGE:
                return

    def _heartbeat(self, state: StreamState) -> bytes:
        told = {"sequence": state.head, "store_id": state.store_id, **self._beat_of()}
        return b"event: heartbeat\nid: %d\ndata: %s\n\n" % (state.head, json.dumps(told).encode())

    def _tell_all(self) -> None:
        for bell in self._clients:
            bell.set()

    async def _in(self, pool: ThreadPoolExecutor, question: Callable[[Any], Any]) -> Any:
        def ask() -> Any:
            with self._lend() as cursor:
                return question(cursor)

        if self._is_closed:
            raise StoreError("the door is shut")
        return await asyncio.get_running_loop().run_in_executor(pool, ask)


def _thread(name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix=name)


async def _rings(bell: asyncio.Event, within_s: float) -> bool:
    """Wait for a bell; whether it rang."""
    try:
        async with asyncio.timeout(within_s):
            await bell.wait()
    except TimeoutError:
        return False
    return True


def _frame(one: Revision) -> bytes:
    return b"event: alert\nid: %d\ndata: %s\n\n" % (one.sequence, one.event.encode(errors="replace"))


def _reset(state: StreamState) -> bytes:
    told = {"first": state.first, "sequence": state.head, "store_id": state.store_id}
    return b"event: reset\nid: %d\ndata: %s\n\n" % (state.first - 1, json.dumps(told).encode())


def _cut(frames: list[bytes], most_bytes: int) -> list[bytes]:
    """Frames joined into pieces of about so many bytes."""
    pieces: list[bytes] = []
    held: list[bytes] = []
    size = 0
    for frame in frames:
        held.append(frame)
        size += len(frame)
        if size >= most_bytes:
            pieces.append(b"".join(held))
            held, size = [], 0
    return [*pieces, b"".join(held)] if held else pieces


def _index(ring: deque[tuple[int, bytes]], at: int) -> int:
    """Where the frames after a number begin: numbers have no gaps, but for deleted rows."""
    index = min(at + 1 - ring[0][0], len(ring) - 1)
    while index > 0 and ring[index - 1][0] > at:
        index -= 1
    while ring[index][0] <= at:
        index += 1
    return index
