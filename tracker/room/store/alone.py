"""Of several processes of one room one does something."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tracker.room.store.opening import RoomStore


class Alone:
    """Of several processes on one database one does something: held by a lock of PostgreSQL, which ends with its connection. SQLite has one process anyway."""

    def __init__(self, store: RoomStore, number: int) -> None:
        self._store, self._number = store, number
        self._connection: Connection | None = None

    def holds(self) -> bool:
        """Whether this process is the one, now; asked by one thread at a time."""
        if self._store.is_sqlite:
            return True
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            asked = connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": self._number})
            if asked.scalar_one():
                self._connection = connection
                return True
            connection.close()
        except DBAPIError:
            self.close()
        return False

    def close(self) -> None:
        """Let others do it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # a connection of the pool would keep the lock
            connection.close()
