"""The outbox drained: messages that became durable with what they tell of are sent, and only then struck off.

Each sink (the broker, a file) has a thread of its own, which reads committed rows in order, hands them to it, and notes how far it is. A message is
struck off, with the next commit of the writer, once every sink has it; so one that is away holds up no other. Killed between sending and that commit, it
is sent again at the next start: the same bytes under the same id and revision, which whoever reads drops.
A sink is looked for at the start, with nothing to send, so that a broker that was never there is known before the first alert.
One that is away is tried again until it is back; nothing is lost meanwhile but time. A message that will never be taken becomes a dead
letter and blocks nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
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
    """The sending of one open store. ``sinks`` by name: under it the store remembers how far each is."""

    def __init__(
        self,
        store: Database,
        sinks: Mapping[str, Sink],
        dead_letter: Callable[[OutRecord, str], OutRecord | None],
    ) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.has_struck_off = False
        """Something was struck off that the next commit makes durable."""
        self._lanes = {name: _Lane(name, store, sink, dead_letter, self._note_sent) for name, sink in sinks.items()}
        for lane in self._lanes.values():
            lane.start()

    @property
    def status(self) -> OutboxStatus:
        """How it goes with all sinks together: what is sent has reached every one of them."""
        each = [lane.status for lane in self._lanes.values()]
        away = [one for one in each if one.is_away]
        return OutboxStatus(
            min(one.sent for one in each), sum(one.refused for one in each), max(one.depth for one in each), bool(away),
            all(one.is_prepared for one in each), "; ".join(filter(None, (one.last_error for one in away or each))),
        )  # fmt: skip

    def prepare_again(self) -> None:
        """Somebody else misses a topic: each sink sees to its own once more."""
        for lane in self._lanes.values():
            lane.prepare_again()

    def wake(self) -> None:
        """Something was committed."""
        for lane in self._lanes.values():
            lane.wake()

    @property
    def is_all_sent(self) -> bool:
        """Whether nothing committed waits."""
        return all(lane.is_all_sent for lane in self._lanes.values())

    def wait_until_sent(self, timeout_s: float) -> bool:
        """Give it time to send what is committed; True when it has. Whoever is away, or was not found yet, is not waited for: nothing is lost by it."""
        waiting = list(self._lanes.values())
        for _ in range(max(1, round(timeout_s / _LOOK_S))):
            waiting = [lane for lane in waiting if not lane.is_all_sent]
            present = [lane for lane in waiting if lane.status.is_prepared and not lane.status.is_away]
            if not present:
                break
            present[0].wait(_LOOK_S)
        return self.is_all_sent

    def close(self) -> None:
        """Stop sending; what was not sent stays in the store."""
        for lane in self._lanes.values():
            lane.stop()
        for lane in self._lanes.values():
            lane.join(_CLOSE_S)

    def _note_sent(self, lane: _Lane, sent_to: int) -> None:
        with self._lock:
            lane.sent_to = sent_to
            all_sent_to = min(one.sent_to for one in self._lanes.values())
            names = list(self._lanes)
            self._store.write(
                lambda connection: watch_state.strike_off(connection, lane.name, sent_to, all_sent_to, names)
            )
            self.has_struck_off = True


class _Lane:
    """The way to one sink."""

    def __init__(
        self,
        name: str,
        store: Database,
        sink: Sink,
        dead_letter: Callable[[OutRecord, str], OutRecord | None],
        note_sent: Callable[[_Lane, int], None],
    ) -> None:
        self.name, self.status = name, OutboxStatus()
        self._sink, self._dead_letter, self._note_sent = sink, dead_letter, note_sent
        self._cursor = store.cursor()
        self.sent_to = watch_state.sent_to(self._cursor, name)
        """Number of the last message it has."""
        self._is_to_prepare = True
        self._bell, self._stop, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"outbox {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def prepare_again(self) -> None:
        """See to what is needed before the first message once more."""
        self._is_to_prepare = True
        self._bell.set()

    def wake(self) -> None:
        """Something was committed."""
        self._idle.clear()
        self._bell.set()

    @property
    def is_all_sent(self) -> bool:
        """Whether nothing committed waits."""
        return self._idle.is_set()

    def wait(self, timeout_s: float) -> None:
        """Until all is sent, or the time is over."""
        self._idle.wait(timeout_s)

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()
        self._bell.set()
        self._sink.close()

    def join(self, timeout_s: float) -> None:
        """Until a batch under way is over; a sink that is away holds up nobody."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = 1.0
        while not self._stop.is_set():
            self._bell.wait(wait_s)
            self._bell.clear()
            try:
                if self._is_to_prepare:
                    self._sink.prepare()
                    self.status.is_prepared, self._is_to_prepare = True, False
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
        found = watch_state.queued(self._cursor, self.sent_to, _BATCH)
        self.status.depth = len(found) if len(found) < _BATCH else watch_state.queue_depth(self._cursor, self.sent_to)
        if not found:
            return False
        records = [record for _, record in found]
        try:
            self._sink.send(records)
        except RecordRefusedError as exc:
            self._send_letters([(records[index], why) for index, why in exc.refused])
        self.status.sent += len(records)
        self.status.depth = max(0, self.status.depth - len(records))
        self._note_sent(self, found[-1][0])
        return len(found) == _BATCH

    def _send_letters(self, refused: Sequence[tuple[OutRecord, str]]) -> None:
        """A dead letter for each message refused; one that is refused itself is told and blocks nobody."""
        self.status.refused += len(refused)
        self.status.last_error = refused[0][1]
        letters = [self._dead_letter(record, why) for record, why in refused]
        try:
            self._sink.send([letter for letter in letters if letter is not None])
        except RecordRefusedError as exc:
            self.status.refused += len(exc.refused)
            self.status.last_error = f"{refused[0][1]}; its dead letter was refused, too: {exc.refused[0][1]}"
