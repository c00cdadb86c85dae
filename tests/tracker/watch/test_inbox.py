"""The inbox: what is whole is brought, what is durable is moved, and nothing that lies in a folder stops it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.memory import ManualClock
from streams.time import US_PER_S
from tests.tracker.watch.said import Said
from tracker.cargo.ledger import CargoFile
from tracker.config.papers import PapersConfig
from tracker.errors import SettingError
from tracker.store.papers import PaperChange
from tracker.watch import inbox as inboxes
from tracker.watch.inbox import Inbox, check_inbox, claim_inbox
from tracker.watch.receiving import Bringing, Outcome

NOW_US = 1_776_240_000_000_000
DAY = datetime.fromtimestamp(NOW_US / 1e6, UTC).date().isoformat()


class Taken:
    """In place of whoever reads documents: holds what was brought."""

    has_room = True

    def __init__(self) -> None:
        self.brought: list[Bringing] = []

    def put(self, bringing: Bringing) -> bool:
        self.brought.append(bringing)
        return self.has_room

    def tell(self, refusal: str | None = None, notes: Sequence[str] = ()) -> None:
        """All of it is durable."""
        for one in self.brought:
            file = CargoFile(one.document.name)
            for number, note in enumerate(notes, 2):
                file.reject(number, str(number), note)
            one.tell(Outcome(one.document, PaperChange(one.document.sha256, refusal=refusal, account=file)))
        self.brought.clear()


class Place:
    """An inbox that is looked at by hand."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.folder, self.taken, self.log, self.monotonic = folder, Taken(), Said(), ManualClock(0)
        config = PapersConfig(inbox=str(folder), **settings)
        assert check_inbox(config) == folder
        monkeypatch.setattr(Inbox, "_run", lambda _: None)
        self.inbox = Inbox(folder, config, self.taken, ManualClock(NOW_US), self.monotonic, self.log)

    def look(self, later_s: float = 0.0) -> list[str]:
        self.monotonic.advance(int(later_s * US_PER_S))
        self.inbox.look()
        return [one.document.name for one in self.taken.brought]

    def settled(self) -> list[str]:
        self.look()
        return self.look(5.0)

    def files(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_symlink() or not path.is_dir()
        )

    def errors(self) -> list[str]:
        return [str(fields["error"]) for _, event, fields in self.log.lines if event == "inbox_trouble"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    (tmp_path / "in").mkdir()
    made = Place(tmp_path / "in", monkeypatch)
    yield made
    made.inbox.close()


def test_a_file_is_brought_once_and_moved_once_it_is_durable(place: Place) -> None:
    (place.folder / "a.csv").write_text("papers")
    assert place.settled() == ["a.csv"]
    (one,) = place.taken.brought
    assert (one.document.content, one.document.source, one.document.received_us) == (b"papers", "inbox", NOW_US)
    assert place.look(60.0) == ["a.csv"]
    assert place.files() == ["a.csv"]
    place.taken.tell()
    assert place.look() == []
    assert place.files() == [f"done/{DAY}/a.csv"]


def test_nothing_that_was_moved_is_ever_replaced(place: Place) -> None:
    for content in ("one", "two", "three"):
        (place.folder / "a.csv").write_text(content)
        assert place.settled() == ["a.csv"]
        place.taken.tell()
        place.look()
    assert place.files() == [f"done/{DAY}/a.csv", f"done/{DAY}/a.csv.2", f"done/{DAY}/a.csv.3"]
    assert (place.folder / "done" / DAY / "a.csv.3").read_text() == "three"


def test_what_is_refused_lies_apart_with_its_reason_beside_it(place: Place) -> None:
    long = "x" * 251 + ".csv"
    for name in ("bad.csv", long):
        (place.folder / name).write_text("nonsense")
    place.settled()
    place.taken.tell(refusal="bad.csv: is no cargo file; send CSV", notes=("is no port", "is no time"))
    place.look()
    reason = place.folder / "refused" / "bad.csv.reason.txt"
    assert reason.read_text() == "bad.csv: is no cargo file; send CSV\nrow 2: is no port\nrow 3: is no time\n"
    assert (place.folder / "refused" / long).is_file()
    assert len(place.files()) == 4


def test_a_file_that_changes_while_it_is_on_its_way_is_read_again(place: Place) -> None:
    path = place.folder / "a.csv"
    path.write_text("papers")
    place.settled()
    with path.open("a") as file:
        file.write(" and more")
    place.taken.tell()
    assert place.look() == []
    assert place.files() == ["a.csv"]
    assert place.look(5.0) == ["a.csv"]
    assert place.taken.brought[0].document.content == b"papers and more"


def test_not_taken_it_comes_again_and_full_nobody_is_brought(place: Place) -> None:
    (place.folder / "a.csv").write_text("papers")
    place.settled()
    place.taken.brought.pop().fail(OSError("the store is away"))
    assert place.look() == ["a.csv"]
    place.taken.brought.clear()
    place.taken.has_room = False
    (place.folder / "b.csv").write_text("papers")
    assert place.settled() == []


@pytest.mark.parametrize("name", ["a\nb\x07.csv", "\udcff\udcfe.csv", "-rf .csv", "ü" * 120 + ".csv", "refused.csv"])
def test_names_of_any_kind_are_moved_as_they_are_and_told_as_they_can_be_seen(place: Place, name: str) -> None:
    (place.folder / name).write_text("papers")
    (brought,) = place.settled()
    assert brought.isprintable()
    place.taken.tell(refusal="no")
    place.look()
    assert (place.folder / "refused" / name).is_file()
    assert len(place.files()) == 2


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    place = Place(tmp_path / "in", monkeypatch, document_mb=0.001)
    with (place.folder / "huge.csv").open("wb") as file:
        file.truncate(1001)
    assert place.settled() == []
    assert "is larger than 0.001 MB" in (place.folder / "refused" / "huge.csv.reason.txt").read_text()
    place.inbox.close()


def test_links_pipes_and_folders_are_left_alone_and_told_once(place: Place, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    (place.folder / "link.csv").symlink_to(secret)
    os.mkfifo(place.folder / "pipe.csv")
    (place.folder / "folder.csv").mkdir()
    (place.folder / ".hidden.csv").write_text("x")
    assert place.settled() == place.look(60.0) == []
    assert sorted(place.errors()) == ["is a link and is left alone", "is no plain file and is left alone"]
    assert secret.read_text() == "secret"


def test_what_cannot_be_read_is_told_once_and_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.folder / "a.csv").write_text("papers")
    (place.folder / "b.csv").write_text("papers")
    content = inboxes._content
    tries = []

    def read(file: Any) -> bytes | None:
        if file.path.name == "a.csv":
            tries.append(file)
            raise PermissionError(errno.EACCES, "Permission denied")
        return content(file)

    monkeypatch.setattr(inboxes, "_content", read)
    assert place.settled() == ["b.csv"]
    place.look(5.0)
    assert (len(tries), place.inbox.stuck) == (1, {"a.csv": "cannot be read (Permission denied)"})
    place.look(30.0)
    assert (len(tries), place.errors()) == (2, ["cannot be read (Permission denied)"])
    monkeypatch.undo()
    assert place.look(30.0) == ["b.csv", "a.csv"]
    place.taken.tell()
    place.look()
    assert place.inbox.stuck == {}


def test_a_disk_that_is_full_keeps_nothing_from_being_moved_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.folder / "a.csv").write_text("papers")
    place.settled()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(inboxes, "_rename", full)
        place.taken.tell()
        assert place.look() == place.look(5.0) == []
    assert place.errors() == ["is taken in and cannot be moved away (No space left on device; make room on the disk)"]
    assert place.files() == ["a.csv"]
    assert place.look(30.0) == []
    assert place.files() == [f"done/{DAY}/a.csv"]


def test_a_folder_that_goes_away_is_told_and_taken_up_again(place: Place) -> None:
    away = place.folder.with_name("away")
    place.folder.rename(away)
    place.look()
    assert "cannot be looked at" in place.inbox.error
    away.rename(place.folder)
    (place.folder / "a.csv").write_text("papers")
    assert place.settled() == ["a.csv"]
    assert place.inbox.error == ""


def test_a_folder_that_is_none_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("none", "file"):
        with pytest.raises(SettingError, match=r"\[papers\] inbox.*make the folder"):
            check_inbox(PapersConfig(inbox=str(tmp_path / name)))
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "done").symlink_to(tmp_path)
    with pytest.raises(SettingError, match="is a link or another file system"):
        check_inbox(PapersConfig(inbox=str(inside)))
    assert check_inbox(PapersConfig()) is None


def test_a_folder_is_the_inbox_of_one_program(tmp_path: Path) -> None:
    release = claim_inbox(tmp_path)
    with pytest.raises(SettingError, match=r"is the inbox of another program that runs.*give each its own folder"):
        claim_inbox(tmp_path)
    release()
    claim_inbox(tmp_path)()
