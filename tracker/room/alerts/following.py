"""Following engines: each by its name, over its door, exactly once, for as long as the room runs; what is known of each meanwhile is told honestly.

Two threads for an engine: one reads its stream into a short queue, one takes all that waits into the store in one transaction. An engine that is away is looked for
again and again, and nothing of the desk waits for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from tracker.door.following import AlertTold, DoorAwayError, DoorRefusedError, Heartbeat, Item, Reset
from tracker.errors import InputError
from tracker.room.alerts.deciding import DecisionDoor, send_due
from tracker.room.alerts.relearning import ASKED, relearn, to_ask_since_us
from tracker.room.alerts.taking import catch_up, has_caught_up, place_of, set_place, take
from tracker.room.shell.logs import Log
from tracker.room.shell.parts import Audit
from tracker.room.store.opening import RoomStore

_QUEUE: Final = 1_000
_MOST_AT_ONCE: Final = 200
_AGAIN_S: Final = 1.0
_AGAIN_MOST_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """What is known of an engine at a moment. Instants are microseconds since 1970 UTC; None where nothing is known yet."""

    engine: str
    is_connected: bool = False
    since_us: int = 0
    """Since when it is connected, or away."""
    heard_us: int | None = None
    """When it last said anything."""
    taken_us: int | None = None
    """When something of it was last taken in."""
    behind: int | None = None
    """Revisions that it has and this room has not, by its last heartbeat."""
    watermark: str | None = None
    phase: str | None = None
    why: str = "not asked yet"


class Follower(Protocol):
    """A stream of an engine that is open (``tracker.door.following.AlertFollower``)."""

    def __iter__(self) -> Iterator[Item]:
        """What it tells."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class EngineDoor(DecisionDoor, Protocol):
    """The door of an engine, as far as the room uses it."""

    def follow(self, after: int, store_id: str | None) -> AbstractContextManager[Iterable[Item]]:
        """Open its stream behind a number."""
        ...

    def rows(self, sql: str, params: Sequence[Any]) -> list[dict[str, Any]]:
        """The rows of a statement that only reads."""
        ...

    def search(self, q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """What has an identifier or a name, without what rules of compartments hide."""
        ...

    def dossier(self, kind: str, name: str, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """All that is known of one thing, without what rules of compartments hide."""
        ...


class EngineFollower:
    """Follows one engine from :meth:`start` until :meth:`close`.

    Parameters
    ----------
    rung:
        Called after something of the desk changed.
    audit:
        Told what a restored room learns from the engine.
    """

    def __init__(
        self,
        store: RoomStore,
        engine: str,
        door: EngineDoor,
        now_us: Callable[[], int],
        rung: Callable[[], None],
        audit: Audit,
        log: Log,
    ) -> None:
        self._has_relearned = False
        self._store, self.engine, self._door, self._now_us, self._rung = store, engine, door, now_us, rung
        self._audit, self._log = audit, log
        self._state = EngineState(engine=engine, since_us=now_us())
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._open: Any = None
        self._is_known = False
        """Whether all was read that the engine had before this room first met it."""
        self._threads = [
            threading.Thread(target=self._follow, name=f"follow {engine}", daemon=True),
            threading.Thread(target=self._send, name=f"decisions {engine}", daemon=True),
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End, whatever the engine does."""
        self._stop.set()
        held = self._open
        if held is not None:
            held.close()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=5)

    def state(self) -> EngineState:
        """What is known of it."""
        with self._lock:
            return self._state

    def _note(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)

    # -- facts come --------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        pause_s = _AGAIN_S
        while not self._stop.is_set():
            try:
                if self._follow_once():
                    pause_s = _AGAIN_S
            except Exception as exc:  # whatever an engine does, it is looked for again
                self._away(exc)
            self._stop.wait(pause_s)
            pause_s = min(pause_s * 2, _AGAIN_MOST_S)

    def _away(self, exc: Exception) -> None:
        why = _why(exc)
        was = self.state()
        if was.is_connected or was.why != why:
            self._log.warning("room_engine_away", engine=self.engine, why=why)
        self._note(is_connected=False, since_us=self._now_us() if was.is_connected else was.since_us, why=why)

    def _follow_once(self) -> bool:
        """Follow until the engine goes away; whether it said anything."""
        with self._store.read() as connection:
            at, store_id = place_of(connection, self.engine)
        items: queue.Queue[Item | None] = queue.Queue(_QUEUE)
        failure: list[Exception] = []
        has_heard = False
        with self._door.follow(at, store_id) as opened:
            self._open = opened
            reader = threading.Thread(
                target=self._read, args=(opened, items, failure), name=f"read {self.engine}", daemon=True
            )
            reader.start()
            try:
                while not self._stop.is_set():
                    batch = _all_that_waits(items)
                    has_heard = has_heard or any(item is not None for item in batch)
                    self._take([item for item in batch if item is not None])
                    if None in batch:
                        break
            finally:
                self._open = None
                close = getattr(opened, "close", None)
                if close is not None:
                    close()
                with suppress(queue.Empty):  # a reader that waits for room must be let go
                    while reader.is_alive():
                        items.get(timeout=0.05)
                reader.join(timeout=5)
        if failure:
            raise failure[0]
        return has_heard

    def _read(self, opened: Iterable[Item], items: queue.Queue[Item | None], failure: list[Exception]) -> None:
        try:
            for item in opened:
                items.put(item)
                if self._stop.is_set():
                    break
        except (InputError, OSError, DoorAwayError, DoorRefusedError) as exc:
            failure.append(exc)
        finally:
            items.put(None)

    def _take(self, batch: list[Item]) -> None:
        """Take in what came, in its order."""
        now_us = self._now_us()
        if batch and not self.state().is_connected:
            self._log.info("room_engine_connected", engine=self.engine)
            self._note(is_connected=True, since_us=now_us, why="")
        told: list[tuple[int, Mapping[str, Any]]] = []
        for item in batch:
            if isinstance(item, AlertTold):
                told.append((item.sequence, item.event))
                continue
            self._take_alerts(told)
            told = []
            if isinstance(item, Reset):
                self._log.warning("room_engine_reset", engine=self.engine, first=item.first)
                self._set_place(item.first - 1, item.store_id)
            elif isinstance(item, Heartbeat):
                self._take_beat(item)
        self._take_alerts(told)
        if batch:
            self._note(heard_us=now_us)

    def _take_alerts(self, told: list[tuple[int, Mapping[str, Any]]]) -> None:
        if told:
            is_history = not self._has_caught_up()
            if take(self._store, self.engine, told, self._now_us(), self._audit, self._log, is_history=is_history):
                self._rung()
            self._note(taken_us=self._now_us())

    def _has_caught_up(self) -> bool:
        if not self._is_known:
            with self._store.read() as connection:
                self._is_known = has_caught_up(connection, self.engine)
        return self._is_known

    def _take_beat(self, beat: Heartbeat) -> None:
        """An engine beats to who has everything: what it tells from then on is new."""
        with self._store.read() as connection:
            at, store_id = place_of(connection, self.engine)
        if store_id != beat.store_id:
            self._set_place(at, beat.store_id)
        if beat.sequence <= at and not self._has_caught_up() and catch_up(self._store, self.engine, self._now_us()):
            self._rung()
        self._note(behind=max(beat.sequence - at, 0), watermark=beat.watermark, phase=beat.phase)
        if at >= beat.sequence and not self._has_relearned:
            self._relearn()

    def _relearn(self) -> None:
        """Where this room was restored from a backup: ask for what was decided since. Alerts told since are here by now."""
        since_us = to_ask_since_us(self._store, self.engine)
        if since_us is not None:
            try:
                rows = self._door.rows(ASKED, [since_us])
            except DoorRefusedError as exc:
                self._log.warning("room_decisions_unknown", engine=self.engine, why=str(exc))
            else:
                learned = relearn(self._store, self.engine, rows, self._now_us(), self._audit)
                self._log.info("room_decisions_relearned", engine=self.engine, decisions=learned)
                self._rung()
        self._has_relearned = True

    def _set_place(self, sequence: int, store_id: str) -> None:
        with self._store.write() as connection:
            set_place(connection, self.engine, sequence, store_id)

    # -- decisions go ------------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        pause_s = _AGAIN_S
        while not self._stop.wait(pause_s):
            try:
                send_due(self._store, self.engine, self._door, self._now_us(), self._log)
                pause_s = _AGAIN_S
            except Exception as exc:  # what is not sent now is sent later
                self._log.warning("room_decisions_wait", engine=self.engine, why=_why(exc))
                pause_s = min(pause_s * 2, _AGAIN_MOST_S)


def _why(exc: Exception) -> str:
    """In a sentence; of what is no sentence the kind alone, for it may quote what came."""
    if isinstance(exc, SQLAlchemyError):
        return "this room's store cannot be written"
    return (
        str(exc)
        if isinstance(exc, InputError | OSError)
        else f"it answers what is not understood ({type(exc).__name__})"
    )


def _all_that_waits(items: queue.Queue[Item | None]) -> list[Item | None]:
    """The next item, waited for a moment, and all that are there already."""
    batch: list[Item | None] = []
    with suppress(queue.Empty):
        batch.append(items.get(timeout=0.5))
        while len(batch) < _MOST_AT_ONCE:
            batch.append(items.get_nowait())
    return batch
