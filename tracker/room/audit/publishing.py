"""Heads of the audit into a topic: every head that was signed, in their order, at least once; a cluster that is away stops nothing here.

A record's value is a line as files of anchors have it, so whatever reads the topic into a file has a file for ``tidewaiter room audit verify --anchors``. How far
the topic has them stands in the store: what was signed while the cluster, or this program, was away is sent later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import orjson
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord
from tracker.room.audit.audit_tables import AUDIT_HEADS
from tracker.room.audit.heads import Head
from tracker.room.shell.logs import Log
from tracker.room.store.metadata import ROOM_FACTS
from tracker.room.store.opening import RoomStore

_AGAIN_S: Final = 10.0
_AT_ONCE: Final = 500


class Sink(Protocol):
    """Where records go (``streams.kafka_sink.KafkaSink``)."""

    def send(self, records: Sequence[OutRecord]) -> None:
        """Returns when they are delivered.

        Raises
        ------
        SinkAwayError, RecordRefusedError
            they are not.
        """
        ...

    def close(self) -> None:
        """Let go, and end a call that waits."""
        ...


@dataclass(frozen=True, slots=True)
class HeadsSink:
    """A topic and how it is reached."""

    topic: str
    sink: Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsState:
    """How sending heads goes. Instants are microseconds since 1970 UTC."""

    topic: str
    sent: int | None = None
    """Number of the last entry whose head the topic has."""
    waiting: int = 0
    failing_since_us: int | None = None
    why: str | None = None


class HeadsTopic:
    """Runs from :meth:`start` until :meth:`close`; :meth:`send_waiting` does it once."""

    def __init__(self, store: RoomStore, to: HeadsSink, now_us: Callable[[], int], log: Log) -> None:
        self._store, self._to, self._now_us, self._log = store, to, now_us, log
        self._fact = f"heads_sent:{to.topic}"
        self._state = HeadsState(topic=to.topic)
        self._bell, self._is_closed = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="heads", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ring(self) -> None:
        """A head was signed. From any thread; nobody waits here."""
        self._bell.set()

    def close(self) -> None:
        """End; what waits is sent by the next start."""
        self._is_closed = True
        self._bell.set()
        self._to.sink.close()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def state(self) -> HeadsState:
        """How it goes now."""
        with self._store.read() as connection:
            sent = self._sent(connection)
            waiting = connection.execute(
                select(func.count()).select_from(AUDIT_HEADS).where(AUDIT_HEADS.c.sequence > (sent or 0))
            ).scalar_one()
        return replace(self._state, sent=sent, waiting=waiting)

    def send_waiting(self) -> bool:
        """Send what waits; whether the topic has all now."""
        while True:
            with self._store.read() as connection:
                sent = self._sent(connection) or 0
                rows = connection.execute(
                    select(AUDIT_HEADS).where(AUDIT_HEADS.c.sequence > sent).order_by(AUDIT_HEADS.c.sequence).limit(_AT_ONCE)
                ).all()  # fmt: skip
            if not rows:
                return True
            heads = [Head(sequence=r.sequence, hash=r.hash, at_us=r.at_us, key=r.key, signature=r.signature) for r in rows]  # fmt: skip
            records = [OutRecord(self._to.topic, one.key.encode(), orjson.dumps(one.to_json())) for one in heads]
            try:
                self._to.sink.send(records)
            except (SinkAwayError, RecordRefusedError) as exc:
                self._failed(str(exc))
                return False
            with self._store.write() as connection:
                self._set_sent(connection, heads[-1].sequence)
            self._state = HeadsState(topic=self._to.topic)

    def _failed(self, why: str) -> None:
        if self._state.why != why and not self._is_closed:
            self._log.warning("room_heads_wait", topic=self._to.topic, why=why)
        since_us = self._state.failing_since_us
        self._state = replace(self._state, why=why, failing_since_us=self._now_us() if since_us is None else since_us)

    def _sent(self, connection: Connection) -> int | None:
        found = connection.execute(select(ROOM_FACTS.c.value).where(ROOM_FACTS.c.name == self._fact)).scalar()
        return None if found is None else int(found)

    def _set_sent(self, connection: Connection, sequence: int) -> None:
        if self._sent(connection) is None:
            connection.execute(insert(ROOM_FACTS).values(name=self._fact, value=str(sequence)))
        else:
            connection.execute(update(ROOM_FACTS).where(ROOM_FACTS.c.name == self._fact).values(value=str(sequence)))

    def _run(self) -> None:
        while not self._is_closed:
            self._bell.clear()
            try:
                self.send_waiting()
            except SQLAlchemyError as exc:
                self._log.warning("room_heads_wait", topic=self._to.topic, why=type(exc).__name__)
            self._bell.wait(_AGAIN_S)
