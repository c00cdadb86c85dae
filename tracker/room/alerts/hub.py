"""The stream of alerts to browsers: a client is a place in the sequence of changes and nothing else.

One reader is woken by whoever changed something, reads what is new and keeps the last few thousand changes. A client takes from there what it has not got, encoded once for
all who may see equally much; who is further behind is given pages out of the store, and who is too far behind is told ``reset``. Nothing waits for a
client: one whose connection takes nothing for ``STALL_S`` is dropped and may come again where it was.

The ids that clients see are the numbers of the sequence enciphered with a key of this room, each time with other random bits: two of them tell neither how
many changes there were between them nor whether there was any.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import Connection, Row, select

from tracker.room.alerts.alert_tables import DESK_ACTS, DESK_STREAM, DESK_TURN
from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import DESK, FACTS, RULES, Kept, find, revision_for
from tracker.room.alerts.showing import row_of
from tracker.room.desk.clocks import ClockSettings
from tracker.room.store.opening import RoomStore

BEAT_S: Final = 5.0
"""A page that heard nothing for two of them says that it may be out of date."""
MOST_OF_ONE: Final = 64
"""Streams that one person or service may have at once: windows on some screens, and those that a broken line has left behind for a while."""
STALL_S: Final = 20.0
MOST_KEPT: Final = 4_096
MOST_BEHIND: Final = 10_000
"""Who is further behind fetches the list instead."""
_PAGE: Final = 200
_LOOK_S: Final = 1.0
"""Other processes of this room on one PostgreSQL ring no bell here."""
OPENING: Final = b"retry: 2000\n\n"


class StreamIds:
    """Numbers of the sequence as clients see them."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # one block, half of it random

    def seen(self, sequence: int) -> str:
        """The id of a number."""
        made = self._cipher.encryptor()
        return (
            base64.urlsafe_b64encode(made.update(os.urandom(8) + sequence.to_bytes(8)) + made.finalize())
            .decode()
            .rstrip("=")
        )

    def sequence(self, seen: str) -> int | None:
        """The number of an id; None where it is none of this room's."""
        try:
            block = base64.urlsafe_b64decode(seen + "=" * (-len(seen) % 4))
        except ValueError:
            return None
        if len(block) != 16:
            return None
        made = self._cipher.decryptor()
        return int.from_bytes((made.update(block) + made.finalize())[8:])


@dataclass(slots=True)
class Change:
    """One change, and its frame for each set of compartments that asked for it; None where those see no change."""

    sequence: int
    alert_id: str
    cause: str
    revision: int
    version: int
    frames: dict[frozenset[str], bytes | None] = field(default_factory=dict)


class Hub:
    """Used in one event loop, but for :meth:`ring` and :meth:`close`.

    Parameters
    ----------
    key:
        16 bytes, secret to this room: ids of the stream are made with it.
    told_by_beat:
        What a heartbeat tells besides the time: the same to everybody.
    """

    def __init__(
        self,
        store: RoomStore,
        now_us: Callable[[], int],
        clocks: ClockSettings,
        key: bytes,
        told_by_beat: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._told_by_beat = told_by_beat
        self._store, self._now_us, self._clocks = store, now_us, clocks
        self.ids = StreamIds(key)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: set[asyncio.Event] = set()
        self._places: dict[asyncio.Event, int] = {}
        self.resets = 0
        """Told so far."""
        self._following: Counter[str] = Counter()
        self._bell = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._recent: deque[Change] = deque(maxlen=MOST_KEPT)
        self._head: int | None = None
        self._encoding = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="desk stream")
        self.is_closed = False

    @property
    def clients(self) -> int:
        """How many follow."""
        return len(self._bells)

    @property
    def most_behind(self) -> int:
        """How many changes the one furthest behind has not got. From any thread."""
        places, head = list(self._places.copy().values()), self._head
        return max(head - min(places), 0) if places and head is not None else 0

    def has_room_for(self, person_id: str) -> bool:
        """Whether this person or service may have one more stream. From any thread."""
        return self._following[person_id] < MOST_OF_ONE

    def ring(self) -> None:
        """Something was committed. From any thread; nobody waits here."""
        loop = self._loop
        if loop is not None and self._bells:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._bell.set)

    def close(self) -> None:
        """End all streams. From any thread."""
        self.is_closed = True
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._ring_all)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def follow(
        self, last_id: str | None, compartments_now: Callable[[], frozenset[str] | None], person_id: str = ""
    ) -> AsyncIterator[bytes]:
        """What to send, piece by piece, until the hub closes or the caller may see nothing any more.

        Parameters
        ----------
        last_id:
            The id of the last event that the client has; None: what changes from now on.
        compartments_now:
            What the caller may see at this moment; None where its session is over. Asked at every heartbeat, in a thread.
        person_id:
            Whose stream it is.
        """
        self._loop = asyncio.get_running_loop()
        bell = asyncio.Event()
        self._bells.add(bell)
        self._following[person_id] += 1
        try:
            compartments = await asyncio.to_thread(compartments_now)
            async with self._starting:  # of many that come at once the first starts the one reader
                if self._reader is None or self._reader.done():
                    self._head, self._recent = await self._in_thread(self._read_head), deque(maxlen=MOST_KEPT)
                    self._reader = self._loop.create_task(self._read())
            at, is_known = await self._place(last_id)
            self._places[bell] = at
            yield OPENING
            yield self._beat(at) if is_known else self._reset(at)
            beat_s = self._loop.time() + BEAT_S
            while not self.is_closed and compartments is not None:
                bell.clear()
                at, piece = await self._next(at, compartments)
                self._places[bell] = at
                if piece:
                    yield piece
                if self._head is not None and at >= self._head:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(max(beat_s - self._loop.time(), 0)):
                            await bell.wait()
                if self._loop.time() >= beat_s:
                    beat_s = self._loop.time() + BEAT_S
                    now = await asyncio.to_thread(compartments_now)
                    if now is not None and now != compartments:
                        yield self._reset(at)
                    else:
                        yield self._beat(at)
                    compartments = now
        finally:
            self._bells.discard(bell)
            self._places.pop(bell, None)
            self._following[person_id] -= 1
            if self._following[person_id] <= 0:
                del self._following[person_id]

    async def _place(self, last_id: str | None) -> tuple[int, bool]:
        """After which number to go on, and whether that is what the client has."""
        head = await self._in_thread(self._read_head)  # the reader may be a moment behind the store
        if last_id is None:
            return head, True
        sequence = self.ids.sequence(last_id)
        if sequence is None or sequence > head or head - sequence > MOST_BEHIND:
            return head, False
        if sequence < head and not await self._in_thread(lambda connection: _has(connection, sequence + 1)):
            return head, False  # so old a change is kept no longer
        return sequence, True

    async def _next(self, at: int, compartments: frozenset[str]) -> tuple[int, bytes]:
        """What a client gets next, and where it is then."""
        if self._head is None or at >= self._head:
            return at, b""
        if self._recent and self._recent[0].sequence <= at + 1:
            begin = at + 1 - self._recent[0].sequence
            changes = [self._recent[k] for k in range(begin, min(begin + _PAGE, len(self._recent)))]
        else:
            changes = await self._in_thread(lambda connection: _page(connection, at))
        if not changes:
            return at, b""
        async with self._encoding:  # whoever waits here finds it done
            missing = [change for change in changes if compartments not in change.frames]
            if missing:
                await self._in_thread(lambda connection: self._encode(connection, missing, compartments))
        frames: list[bytes] = []
        told: set[str] = set()
        for change in reversed(changes):  # of several changes of one alert the last tells all
            frame = change.frames[compartments]
            if frame is not None and change.alert_id not in told:
                told.add(change.alert_id)
                frames.append(frame)
        frames.reverse()
        if any(change.cause == RULES for change in changes):
            frames.append(self._reset(changes[-1].sequence))
        return changes[-1].sequence, b"".join(frames)

    def _encode(self, connection: Connection, changes: list[Change], compartments: frozenset[str]) -> None:
        now_us = self._now_us()
        for change in changes:
            kept = find(connection, change.alert_id)
            if kept is None or not is_told(connection, kept, change, compartments):
                change.frames[compartments] = None
                continue
            row = row_of(connection, kept, compartments, now_us, self._clocks)
            told = {"cause": change.cause, "at": iso(now_us), "alert": row}
            change.frames[compartments] = b"event: alert\nid: %s\ndata: %s\n\n" % (
                self.ids.seen(change.sequence).encode(),
                orjson.dumps(told),
            )

    def _beat(self, at: int) -> bytes:
        return b"event: heartbeat\nid: %s\ndata: %s\n\n" % (
            self.ids.seen(at).encode(),
            orjson.dumps({"at": iso(self._now_us()), **self._told_by_beat()}),
        )

    def _reset(self, at: int) -> bytes:
        self.resets += 1
        told = {"at": iso(self._now_us()), "detail": "fetch the list of alerts again; the stream goes on from here"}
        return b"event: reset\nid: %s\ndata: %s\n\n" % (self.ids.seen(at).encode(), orjson.dumps(told))

    async def _read(self) -> None:
        """Reads what is new while anybody follows."""
        while self._bells and not self.is_closed:
            self._bell.clear()
            head = self._head or 0
            with suppress(Exception):  # the store is away for a moment: what was committed stays there
                changes = await self._in_thread(lambda connection, after=head: _page(connection, after))  # type: ignore[misc]
                if changes:
                    if any(change.cause == RULES for change in changes):
                        async with (
                            self._encoding
                        ):  # frames were made by the rules of before: who comes again must not get them
                            for change in self._recent:
                                change.frames.clear()
                    self._recent.extend(changes)
                    self._head = changes[-1].sequence
                    self._ring_all()
                if len(changes) == _PAGE:
                    continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._bell.wait()

    def _ring_all(self) -> None:
        for bell in self._bells:
            bell.set()

    def _read_head(self, connection: Connection) -> int:
        return connection.execute(select(DESK_TURN.c.sequence)).scalar() or 0

    async def _in_thread(self, question: Callable[[Connection], Any]) -> Any:
        def ask() -> Any:
            with self._store.read() as connection:
                return question(connection)

        return await asyncio.get_running_loop().run_in_executor(self._pool, ask)


def is_told(connection: Connection, kept: Kept, change: Change, compartments: frozenset[str]) -> bool:
    """Whether somebody with these compartments sees any difference by a change."""
    if kept.needs.hides_all(compartments) or change.cause == RULES:
        return False
    if not kept.needs.hides_some(compartments):
        return True
    if change.cause == FACTS:
        if change.revision <= 1:
            return True
        seen = revision_for(connection, kept, compartments, change.revision)
        return seen != revision_for(connection, kept, compartments, change.revision - 1)
    if change.cause == DESK:
        asked = select(DESK_ACTS.c.needs).where(
            DESK_ACTS.c.alert_id == kept.alert_id, DESK_ACTS.c.version == change.version
        )
        return all(compartments.issuperset(orjson.loads(needs)) for needs in connection.execute(asked).scalars())
    return True


def _has(connection: Connection, sequence: int) -> bool:
    return (
        connection.execute(select(DESK_STREAM.c.sequence).where(DESK_STREAM.c.sequence == sequence)).one_or_none()
        is not None
    )


def _page(connection: Connection, after: int) -> list[Change]:
    asked = select(DESK_STREAM).where(DESK_STREAM.c.sequence > after).order_by(DESK_STREAM.c.sequence).limit(_PAGE)
    return [_change(row) for row in connection.execute(asked)]


def _change(row: Row[Any]) -> Change:
    return Change(row.sequence, row.alert_id, row.cause, row.revision, row.version)
