"""Questions of many to one store: few at a time, each with its limits, read no faster than whoever asked takes them.

An answer is pulled: the next batch is found when the one before has gone to the client, so a client that reads slowly holds one batch in memory, and
its place and its view of the store until its time is over, and no longer. What is cut off in the middle of an answer cannot be told in that answer; why is kept by
number (:meth:`Questions.fate`).
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, aclosing
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from tracker.door.formats import FORMATS
from tracker.errors import InputError, StoreError
from tracker.store.asking import MemoryGuard, Question, TooCostlyError, yield_to_others

AT_ONCE: Final = 2
"""Questions answered at once: with two cores, one more would only wait for these."""
MOST_WAITING: Final = 16
WAIT_S: Final = 10.0
"""So long a question waits for its turn."""
MEMORY: Final = "96MB"
"""What the sorts, joins and groups of one may keep in memory, in DuckDB's words: a quarter of what the store of the live program has."""
_FIRST_BYTES: Final = 512 << 10
"""An answer begins to be sent when it is complete or so long: what fails before is told by its status."""
_MOST_FATES: Final = 64
_LET_GO_S: Final = 2.0
"""A question that was interrupted is waited for so long before its client is answered; its place stays taken until it has ended."""


class DoorError(Exception):
    """A refusal: status, a sentence, and after how many seconds to come back, if that helps."""

    def __init__(self, status: int, error: str, retry_s: int | None = None) -> None:
        self.status, self.error, self.retry_s = status, error, retry_s
        super().__init__(error)


@dataclass(frozen=True, slots=True)
class QuestionLimits:
    """What one question may take."""

    time_s: float
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came."""

    sql: str
    params: Sequence[Any] | Mapping[str, Any] | None
    form: str
    limits: QuestionLimits


class Questions:
    """The places of a door where questions are answered. Used in one event loop.

    Parameters
    ----------
    lend:
        A cursor of the open store, as ``Database.lend``; raises ``StoreError`` while there is none.
    """

    def __init__(self, lend: Callable[[], AbstractContextManager[Any]]) -> None:
        self._lend = lend
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._pool = _started("question", yield_to_others)
        self._encoders = _started("answer")
        self._guard = MemoryGuard()
        self._fates: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._running: set[_Running] = set()

    def fate(self, number: str) -> tuple[int, str] | None:
        """Status and sentence of a question that was cut off in the middle of its answer."""
        return self._fates.get(number)

    def cut(self, number: str, status: int, error: str) -> None:
        """Remember why a question was cut off."""
        self._fates.setdefault(number, (status, error))
        while len(self._fates) > _MOST_FATES:
            self._fates.popitem(last=False)

    async def answer(
        self, number: str, asked: Asked, is_gone: Callable[[], Awaitable[None]], go_on: Callable[[], None]
    ) -> AsyncGenerator[bytes, None]:
        """Pieces of the answer; the first is all of it, or at least half a megabyte.

        ``is_gone`` returns when the client has gone; ``go_on`` is called once the question is being answered.

        Raises
        ------
        DoorError
            it cannot be answered, or not to the end.
        """
        try:
            async with asyncio.timeout(WAIT_S + asked.limits.time_s):
                await self._take_place()
        except TimeoutError:
            raise _no_place() from None
        running = _Running(self._lend, self._pool, self._encoders, self._guard, asked, is_gone)
        self._running.add(running)
        running.freed.add_done_callback(lambda _: self._free(running))
        try:
            go_on()
            async with aclosing(running.pieces()) as pieces:
                async for piece in pieces:
                    yield piece
        except DoorError as exc:
            self.cut(number, exc.status, exc.error)
            raise
        finally:
            running.end()

    def close(self) -> None:
        """Interrupt everything."""
        for running in list(self._running):
            running.end()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._encoders.shutdown(wait=False, cancel_futures=True)

    async def _take_place(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise _no_place()
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_S):
                await self._places.acquire()
        finally:
            self._waiting -= 1

    def _free(self, running: _Running) -> None:
        self._running.discard(running)
        self._places.release()


def _started(name: str, begin: Callable[[], object] = lambda: None) -> ThreadPoolExecutor:
    """A pool whose threads all run already: none can be started while a greedy question has taken all memory there is for questions."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=name, initializer=begin)
    together = threading.Barrier(AT_ONCE)
    wait([pool.submit(together.wait) for _ in range(AT_ONCE)])
    return pool


class _Running:
    """One question on its way. Everything of the store happens in a thread of the pool, one step at a time.

    Rows become bytes elsewhere: threads of the pool have little of the processor, and one that waits for it with the interpreter in hand would hold up everybody.
    """

    def __init__(
        self,
        lend: Callable[[], AbstractContextManager[Any]],
        pool: ThreadPoolExecutor,
        encoders: ThreadPoolExecutor,
        guard: MemoryGuard,
        asked: Asked,
        is_gone: Callable[[], Awaitable[None]],
    ) -> None:
        self._lend, self._pool, self._encoders, self._guard, self._asked = lend, pool, encoders, guard, asked
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.ensure_future(is_gone())
        self.freed: asyncio.Future[None] = self._loop.create_future()
        self._stack = ExitStack()
        self._question: Question | None = None
        self._is_ended = False
        self._step: asyncio.Future[Any] | None = None
        self._until_s = self._loop.time() + asked.limits.time_s

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The answer, piece by piece."""
        limits = self._asked.limits
        schema: pa.Schema = await self._in_thread(self._begin)
        encoder = FORMATS[self._asked.form][1](schema)
        rows, sent = 0, 0
        waiting = [encoder.begin()]
        size = len(waiting[0])
        while (batch := await self._in_thread(self._next)) is not None:
            piece = await self._loop.run_in_executor(self._encoders, encoder.add, batch)
            rows += len(batch)
            size += len(piece)
            sent += len(piece)
            if rows > limits.rows:
                raise DoorError(
                    413,
                    f"the answer has more than {limits.rows:,} rows; ask for fewer, or for more with the option rows",
                )
            if sent > limits.bytes:
                raise DoorError(413, f"the answer is longer than {limits.bytes:,} bytes; ask for less")
            waiting.append(piece)
            if size >= _FIRST_BYTES:
                yield b"".join(waiting)
                waiting, size = [], 0
                self._look_at_the_clock()
        waiting.append(encoder.end())
        yield b"".join(waiting)

    def end(self) -> None:
        """Interrupt what runs; the place is free once it has ended."""
        if self._is_ended:
            return
        self._is_ended = True
        self._gone.cancel()
        if self._question is not None:
            self._question.interrupt()
        if self._step is None or self._step.done():
            self._close_soon()
        else:
            self._step.add_done_callback(lambda _: self._close_soon())

    def _close_soon(self) -> None:
        def is_closed(_: object) -> None:
            if not self.freed.done():
                self.freed.set_result(None)

        try:
            self._loop.run_in_executor(self._pool, self._stack.close).add_done_callback(is_closed)
        except RuntimeError:  # the pool has been shut down: the store's closing ends what is left
            is_closed(None)

    def _begin(self) -> pa.Schema:
        self._stack.enter_context(self._guard.bounded())
        cursor = self._stack.enter_context(self._lend())
        question = self._question = Question(cursor, MEMORY)
        self._stack.callback(question.close)
        if self._is_ended:
            question.interrupt()
        return question.ask(self._asked.sql, self._asked.params)

    def _next(self) -> pa.RecordBatch | None:
        assert self._question is not None
        return self._question.next_batch()

    async def _in_thread(self, step: Callable[[], Any]) -> Any:
        """A step in the pool, unless the time is over or the client has gone meanwhile."""
        self._step = self._loop.run_in_executor(self._pool, step)
        left_s = self._until_s - self._loop.time()
        await asyncio.wait({self._step, self._gone}, timeout=max(left_s, 0), return_when=asyncio.FIRST_COMPLETED)
        if not self._step.done():
            why = DoorError(499, "the client has gone") if self._gone.done() else self._too_long()
            if self._question is not None:
                self._question.interrupt()
            await asyncio.wait({self._step}, timeout=_LET_GO_S)
            self._step.add_done_callback(_heeded)  # that it was interrupted is no news, whenever it ends
            raise why
        try:
            return self._step.result()
        except StoreError as exc:
            raise DoorError(503, f"the store is not open now: {exc}", 2) from exc
        except TooCostlyError as exc:
            raise DoorError(413, str(exc)) from exc
        except InputError as exc:
            if self._question is not None and self._question.is_interrupted:
                raise DoorError(
                    503, "the question was ended: it took the memory that the program needs, or the program stops", 2
                ) from exc
            raise DoorError(400, str(exc)) from exc

    def _look_at_the_clock(self) -> None:
        if self._loop.time() > self._until_s:
            raise self._too_long()

    def _too_long(self) -> DoorError:
        return DoorError(
            504,
            f"took longer than {self._asked.limits.time_s:g} s; ask for less, or for more time with the option time_s",
        )


def _heeded(step: asyncio.Future[Any]) -> None:
    if not step.cancelled():
        step.exception()


def _no_place() -> DoorError:
    return DoorError(503, f"{AT_ONCE} questions are being answered already and others wait; ask again soon", 5)
