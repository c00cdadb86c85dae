"""A room with its desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracker.room.alerts.rooms import Room
from tests.tracker.room.conftest import StandingClock
from tracker.room.store.opening import RoomStore


@pytest.fixture
def room(store: RoomStore, clock: StandingClock, tmp_path: Path) -> Iterator[Room]:
    made = Room(store, clock, tmp_path)
    yield made
    made.close()
