"""What every part of the room is handed: the store, the clock, the audit, the settings, and who finds out who calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from tracker.config.room import RoomConfig
from tracker.room.audited import Act
from tracker.room.rights import Caller
from tracker.room.store.opening import RoomStore

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Audit(Protocol):
    """Where acts are written."""

    def write(
        self,
        connection: Connection,
        caller: Caller,
        act: Act,
        objects: Sequence[str] = (),
        *,
        is_refused: bool = False,
        terms: Mapping[str, Any] = NOTHING,
    ) -> object:
        """One act, in the transaction of what it tells of. ``objects`` are ids; ``terms`` hold no names and no words in clear."""
        ...


class Callers(Protocol):
    """Finds out who calls."""

    def of_session(self, secret: str) -> Caller | None:
        """Whose session this is; None where it is over or never was."""
        ...

    def of_token(self, secret: str) -> Caller | None:
        """Whose token this is; None where it does not hold."""
        ...

    def may_renew(self, secret: str) -> bool:
        """Whether a session that is no one's now can be taken up again with the password."""
        ...

    def again(self, caller: Caller) -> Caller | None:
        """The same caller as it is now, None once its session or token is over: for streams, which stay open for hours."""
        ...

    def assignee(self, word: str) -> str | None:
        """The id of the person who has this id or login and may act on alerts; None where there is none."""
        ...

    def unit(self, word: str) -> str | None:
        """The id of the unit that has this id or name; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class RoomParts:
    """The parts of a running room. Routers are made by functions that take this."""

    store: RoomStore
    now_us: Callable[[], int]
    audit: Audit
    callers: Callers
    settings: RoomConfig
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the room is about to end: streams end their answer then, and their clients come back."""
