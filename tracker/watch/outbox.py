"""The outbox drained: messages that became durable with what they tell of are sent, and only then struck off.

One thread reads committed rows in order, hands them to the sink, and has them deleted with the next commit of the writer. Killed between
the two, it sends again at the next start: the same bytes under the same id and revision, which whoever reads drops.
The sink is looked for at the start, with nothing to send, so that a broker that was never there is known before the first alert.
A sink that is away is tried again until it is back; nothing is lost meanwhile but time. A message that will never be taken becomes a dead
letter and blocks nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord
from tracker.store import watch_state
from tracker.store.database import Database

_BATCH: Final = 500
_LONGEST_WAIT_S: Final = 10.0
_LOOK_S: Final = 0.05
"""How often whoever waits looks whether it is worth it."""
_CLOSE_S: Final = 3.0
"""So long the closing waits for a batch under way; a sink that is away holds up nobody."""


class Sink(Protocol):
    """Where messages go."""

    def prepare(self) -> None:
        """Called before the first message, again until it returns; ``SinkAwayError`` where nobody is there."""
        ...

    def send(self, records: Sequence[OutRecord]) -> None:
        """Return when all are safe; ``SinkAwayError`` to be tried again, ``RecordRefusedError`` for some that never will be taken."""
        ...

    def close(self) -> None:
        """Release everything; a waiting call ends."""
        ...


@dataclass(slots=True)
class OutboxStatus:
    """How sending goes, as values."""

    sent: int = 0
    refused: int = 0
    depth: int = 0
    """Committed messages not sent yet."""
    is_away: bool = False
    is_prepared: bool = False
    """The sink was there once in this life."""
    last_error: str = ""


class Outbox:
    """The sending thread of one open store."""

    def __init__(self, store: Database, sink: Sink, dead_letter: Callable[[OutRecord, str], OutRecord | None]) -> None:
        self.status = OutboxStatus()
        self._store, self._sink, self._dead_letter = store, sink, dead_letter
        self._cursor = store.cursor()
        self._sent_to = 0
        self._bell, self._stop = threading.Event(), threading.Event()
        self._idle = threading.Event()
        self.has_struck_off = False
        """Something was struck off that the next commit makes durable."""
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was committed."""
        self._idle.clear()
        self._bell.set()

    @property
    def is_all_sent(self) -> bool:
        """Whether nothing committed waits."""
        return self._idle.is_set()

    def wait_until_sent(self, timeout_s: float) -> bool:
        """Give it time to send what is committed; True when it has. Whoever is away, or was not found yet, is not waited for: nothing is lost by it."""
        for _ in range(max(1, round(timeout_s / _LOOK_S))):
            if self._idle.wait(_LOOK_S):
                return True
            if self.status.is_away or not self.status.is_prepared:
                return False
        return False

    def close(self) -> None:
        """Stop sending; what was not sent stays in the store."""
        self._stop.set()
        self._bell.set()
        self._sink.close()
        self._thread.join(timeout=_CLOSE_S)

    def _run(self) -> None:
        wait_s = 1.0
        while not self._stop.is_set():
            self._bell.wait(wait_s)
            self._bell.clear()
            try:
                if not self.status.is_prepared:
                    self._sink.prepare()
                    self.status.is_prepared = True
                while self._send_some() and not self._stop.is_set():
                    pass
                wait_s = 1.0
                self.status.is_away = False
                if not self._bell.is_set():
                    self._idle.set()
            except SinkAwayError as exc:
                self.status.is_away, self.status.last_error = True, str(exc)
                self._stop.wait(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
                self._bell.set()
            except Exception as exc:  # the store is closing, or something unheard of: told, and tried again
                if self._stop.is_set():
                    return
                self.status.last_error = f"{type(exc).__name__}: {exc}"
                self._stop.wait(wait_s)

    def _send_some(self) -> bool:
        """Send the next messages; False when there are none."""
        found = watch_state.queued(self._cursor, self._sent_to, _BATCH)
        self.status.depth = len(found) if len(found) < _BATCH else watch_state.queue_depth(self._cursor, self._sent_to)
        if not found:
            return False
        records = [record for _, record in found]
        try:
            self._sink.send(records)
        except RecordRefusedError as exc:
            letters = [self._dead_letter(records[index], why) for index, why in exc.refused]
            self.status.refused += len(exc.refused)
            self.status.last_error = exc.refused[0][1]
            self._sink.send([letter for letter in letters if letter is not None])
        self.status.sent += len(records)
        self._sent_to = found[-1][0]
        self.status.depth = max(0, self.status.depth - len(records))
        sent_to = self._sent_to
        self._store.write(lambda connection: watch_state.strike_off(connection, sent_to))
        self.has_struck_off = True
        return len(found) == _BATCH
