"""Engines for searches in the room: the real door over a store with a small sea."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tracker.door.conftest import House
from tests.tracker.room.alerts.rooms import Room
from tests.tracker.store.search.conftest import Sea, fill
from tests.waiting import eventually
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorRefusedError
from tracker.room.alerts.doors import AddressedDoor


@contextmanager
def engine_with(folder: Path, sea: Sea) -> Iterator[AddressedDoor]:
    """An engine that has read this sea, its index made."""
    folder.mkdir()
    house = House(folder, is_filled=False)
    assert house.store is not None
    house.store.ask(lambda connection: fill(connection, sea))
    door = AddressedDoor(DoorAddress.of(house.path))

    def is_ready() -> bool:
        try:
            return bool(door.search("ab", [], 1, []))
        except DoorRefusedError:
            return False

    try:
        eventually(is_ready)
        yield door
    finally:
        house.close()


def ids(told: dict[str, Any]) -> dict[str, list[str]]:
    """Ids of hits by type, without types that have none."""
    return {
        name: [hit.get("key", hit["id"]) for hit in one["hits"]] for name, one in told["types"].items() if one["hits"]
    }


def hide(room: Room, what: str, value: str, compartment: str = "arms") -> None:
    """Put something into a compartment, which Cleo and Clara have and Olga has not."""
    body = {"compartment": compartment, "what": what, "value": value}
    assert room.ask("ada", "POST", "/compartments/rules", body).status_code == 201
