"""A room for tests: a store in a folder, a clock that stands until it is moved, an audit that is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tracker.room.audited import Act
from tracker.room.rights import Caller
from tracker.room.store.opening import RoomStore, open_room_store


@dataclass
class KeptAudit:
    """What was written, in order: caller, act, objects, refused, terms."""

    rows: list[tuple[Caller, Act, tuple[str, ...], bool, dict[str, Any]]] = field(default_factory=list)

    def write(
        self,
        connection: object,
        caller: Caller,
        act: Act,
        objects: Sequence[str] = (),
        *,
        is_refused: bool = False,
        terms: Mapping[str, Any] = {},
    ) -> None:
        self.rows.append((caller, act, tuple(objects), is_refused, dict(terms)))

    def acts(self) -> list[tuple[str, bool]]:
        return [(act.value, is_refused) for _, act, _, is_refused, _ in self.rows]


@dataclass
class StandingClock:
    """A clock that stands until it is moved."""

    us: int = 1_772_323_200_000_000

    def __call__(self) -> int:
        return self.us

    def pass_s(self, seconds: float) -> None:
        self.us += int(seconds * 1e6)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RoomStore]:
    opened = open_room_store(str(tmp_path / "room"))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def audit() -> KeptAudit:
    return KeptAudit()
