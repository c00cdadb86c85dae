"""A room that sends, and receivers on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.room.alerts.rooms import Room
from tests.tracker.room.conftest import StandingClock
from tests.tracker.room.sending.receivers import Hook, MailBox
from tests.tracker.room.test_running import certificate_of
from tracker.config.room import RoomConfig
from tracker.room.store.opening import RoomStore

LOOPBACK = {"webhook_networks": ("127.0.0.0/8",)}


@pytest.fixture
def rooms(store: RoomStore, clock: StandingClock, tmp_path: Path) -> Iterator[Callable[..., Room]]:
    made: list[Room] = []

    def make(**settings: Any) -> Room:
        made.append(Room(store, clock, tmp_path, settings=RoomConfig(**{**LOOPBACK, **settings})))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def room(rooms: Callable[..., Room]) -> Room:
    return rooms()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def box() -> Iterator[MailBox]:
    made = MailBox()
    yield made
    made.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate_of(tmp_path_factory.mktemp("certificate"))


def subscribe(room: Room, target: str, who: str = "ada", way: str = "webhook", **more: Any) -> dict[str, Any]:
    answer = room.ask(who, "POST", "/subscriptions", {"name": "duty", "way": way, "target": target, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def state_of(room: Room, subscription: dict[str, Any], who: str = "ada") -> Any:
    listed = room.get(who, "/subscriptions")["subscriptions"]
    return next(one for one in listed if one["subscription_id"] == subscription["subscription_id"])["sending"]
