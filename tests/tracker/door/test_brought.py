"""Papers and reloads at the door: handed on as they come, answered once they are durable, refused in a sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import eventually
from tracker.door.app import DoorLimits
from tracker.door.client import Door, DoorRefusedError
from tracker.door.commands import CommandQueue
from tracker.door.server import DoorServer
from tracker.errors import InputError, StoreError


class Office:
    """A door without a store behind it."""

    def __init__(self, folder: Path) -> None:
        self.brought: list[tuple[str, bytes]] = []
        self.answers: list[Future[dict[str, Any]]] = []
        self.is_full = False
        self.wrong: Exception | None = None
        path = folder / "a.duckdb"
        path.touch()
        self.server = DoorServer(
            path, "", lambda: (_ for _ in ()).throw(StoreError("none")), dict, CommandQueue(), DoorLimits(papers_bytes=11_000_000), reload=self.reload, papers=self.take
        )  # fmt: skip
        door = Door.of_store(path)
        assert door is not None
        self.door = door

    def reload(self) -> dict[str, Any]:
        if self.wrong is not None:
            raise self.wrong
        return {"sentence": "Nothing has changed."}

    def take(self, name: str, content: bytes) -> Future[dict[str, Any]] | None:
        if self.is_full:
            return None
        self.brought.append((name, content))
        answer: Future[dict[str, Any]] = Future()
        self.answers.append(answer)
        return answer


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.server.close()


def test_a_document_is_handed_on_as_its_bytes_and_answered_once_it_is_durable(office: Office) -> None:
    content = bytes(range(256)) * 40_000  # ten megabytes: more than any other request may have
    told: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: told.append(office.door.add_papers("Ærø & co?.csv", content)))
    waiting.start()
    eventually(lambda: office.answers)
    assert office.brought == [("Ærø & co?.csv", content)]
    with pytest.raises(DoorRefusedError, match="one at a time"):
        office.door.add_papers("other.csv", b"x")
    office.answers[0].set_result({"state": "taken"})
    waiting.join()
    assert told == [{"ok": True, "state": "taken"}]


def test_what_is_not_taken_is_told_and_may_come_again(office: Office) -> None:
    office.is_full = True
    with pytest.raises(DoorRefusedError, match="too many documents wait") as raised:
        office.door.add_papers("a.csv", b"x")
    assert raised.value.status == 503
    office.is_full = False
    failed = threading.Thread(
        target=lambda: (
            eventually(lambda: office.answers) and office.answers[0].set_exception(StoreError("the disk is full"))
        )
    )
    failed.start()
    with pytest.raises(DoorRefusedError, match=r"could not take it in: .*the disk is full"):
        office.door.add_papers("a.csv", b"x")
    failed.join()


@pytest.mark.parametrize("name", ["", "  ", "x" * 501])
def test_a_document_needs_a_name_of_bounded_length(office: Office, name: str) -> None:
    with pytest.raises(DoorRefusedError, match=r"\?name=manifest.csv") as raised:
        office.door.add_papers(name, b"x")
    assert (raised.value.status, office.brought) == (400, [])


def test_a_document_larger_than_the_settings_allow_is_refused(office: Office) -> None:
    sentence = r"a\.csv: is larger than 11 MB \(\[papers\] document_mb\) and was not read; send it in parts"
    with pytest.raises(DoorRefusedError, match=sentence) as raised:
        office.door.add_papers("a.csv", b"x" * 11_000_001)
    assert (raised.value.status, office.brought) == (413, [])


@pytest.mark.parametrize(
    ("wrong", "status"),
    [(InputError("is not JSON", "zones.geojson", "write GeoJSON"), 400), (StoreError("a reload is being made"), 503)],
)
def test_a_reload_is_answered_or_refused_in_a_sentence(office: Office, wrong: Exception, status: int) -> None:
    assert office.door.reload()["sentence"] == "Nothing has changed."
    office.wrong = wrong
    with pytest.raises(DoorRefusedError, match=r"is not JSON|is being made") as raised:
        office.door.reload()
    assert raised.value.status == status
