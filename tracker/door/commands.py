"""Commands on their way from the door into the loop: flags and orders, taken in by the loop's own thread and answered once they are durable."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tracker.errors import StoreError
from tracker.topics.decisions import Decision

KINDS: Final = ("flag", "order")
DECISIONS: Final = "decisions"
"""The kind of what people decided; it comes as it was read."""
_MOST_WAITING: Final = 64
_MOST_A_TURN: Final = 16

Answers = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Command:
    """One document and whoever waits for its answers."""

    kind: str
    """One of :data:`KINDS`, or :data:`DECISIONS`."""
    content: bytes
    decisions: Sequence[Decision] = ()
    told_by: str = ""
    """Whose token it came with."""
    answers: Future[Answers] = field(default_factory=Future)

    def is_wanted(self) -> bool:
        """Whether somebody still waits; from then on it cannot be taken back."""
        return self.answers.set_running_or_notify_cancel()

    def tell(self, answers: Answers) -> None:
        """Answer it."""
        with suppress(InvalidStateError):
            self.answers.set_result(answers)

    def fail(self, error: BaseException) -> None:
        """Say that it could not be taken in."""
        with suppress(InvalidStateError):
            self.answers.set_exception(error)


class CommandQueue:
    """Between the thread of the door and that of the loop."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Command] = queue.Queue(maxsize=_MOST_WAITING)
        self._is_closed = False

    def put(self, command: Command) -> bool:
        """Hand one over; False when too many wait."""
        try:
            self._queue.put_nowait(command)
        except queue.Full:
            return False
        if self._is_closed:
            self.close()
        return True

    @property
    def waiting(self) -> int:
        """How many wait to be taken."""
        return self._queue.qsize()

    def close(self) -> None:
        """The loop takes nothing any more: whoever waits, and whoever comes, is told so."""
        self._is_closed = True
        while waiting := self.take():
            for command in waiting:
                command.fail(StoreError("it is ending; send the same again once it runs"))

    def take(self) -> list[Command]:
        """Those that wait and are still wanted, a few at a time."""
        taken: list[Command] = []
        while len(taken) < _MOST_A_TURN:
            try:
                command = self._queue.get_nowait()
            except queue.Empty:
                break
            if command.is_wanted():
                taken.append(command)
        return taken
