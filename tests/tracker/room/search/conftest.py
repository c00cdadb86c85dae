"""A room beside a real engine, in each of the stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracker.room.alerts.rooms import Room
from tests.tracker.room.conftest import StandingClock
from tests.tracker.room.search.seas import engine_with
from tests.tracker.store.search.conftest import SEA
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.store.opening import RoomStore


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AddressedDoor]:
    with engine_with(tmp_path_factory.mktemp("engine") / "sea", SEA) as door:
        yield door


@pytest.fixture
def room(any_store: RoomStore, clock: StandingClock, tmp_path: Path, sea: AddressedDoor) -> Iterator[Room]:
    made = Room(any_store, clock, tmp_path, doors={"harbour": sea})
    yield made
    made.close()
