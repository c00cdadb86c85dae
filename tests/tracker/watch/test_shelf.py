"""The shelf: young timelines are all kept, old ones thinned, and a file under its name is whole or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streams.errors import SnapshotError
from tracker.units import US_PER_H
from tracker.watch.shelf import Shelf

MINUTE_US = 60_000_000
HORIZON_US = 6 * US_PER_H


def test_what_is_kept_is_found_by_another_shelf_on_the_same_folder(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    shelf.keep(100, b"timeline", b"rest")
    shelf.keep_soon(200, lambda: [b"la", b"ter"], b"rest later").result()
    shelf.close()
    again = Shelf(tmp_path, HORIZON_US)
    assert again.marks() == [100, 200]
    assert (again.timeline(100), again.rest(100)) == (b"timeline", b"rest")
    assert (again.timeline(200), again.rest(200)) == (b"later", b"rest later")
    assert again.stored_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_a_timeline_of_many_pieces_is_read_as_it_was_written(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, 9_000_001, dtype=np.uint8).tobytes()
    shelf = Shelf(tmp_path, HORIZON_US)
    shelf.keep(100, noise, bytes(20_000_000))
    assert shelf.timeline(100) == noise
    assert shelf.rest(100) == bytes(20_000_000)


def test_the_timeline_before_an_instant_is_strictly_before_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    for mark in (300, 100, 200):
        shelf.keep(mark, b"")
    assert [shelf.before(instant) for instant in (100, 101, 200, 201, 1000)] == [None, 100, 100, 200, 300]


def test_a_timeline_of_the_same_watermark_is_replaced(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    shelf.keep(100, b"first")
    shelf.keep(100, b"second")
    assert shelf.marks() == [100]
    assert shelf.timeline(100) == b"second"


def test_old_timelines_are_thinned_to_one_an_hour_and_the_horizon_stays_within_reach(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    newest_us = 20 * US_PER_H
    for mark in range(0, newest_us + 1, 10 * MINUTE_US):
        shelf.keep(mark, b"x", b"y")
    shelf.forget(newest_us)
    marks = shelf.marks()
    assert [m for m in marks if newest_us - m <= US_PER_H] == [newest_us - k * 10 * MINUTE_US for k in range(6, -1, -1)]
    older = [m // US_PER_H for m in marks if newest_us - m > US_PER_H]
    assert len(older) == len(set(older))
    assert shelf.before(newest_us - HORIZON_US) is not None
    assert len([m for m in marks if newest_us - m > HORIZON_US]) == 1
    assert len(list(tmp_path.glob("*.rest.zst"))) == 2
    assert {int(path.name.split(".")[0]) for path in tmp_path.glob("*.timeline.zst")} == set(marks)


def test_what_a_kill_left_half_written_is_no_timeline_and_is_swept_up(tmp_path: Path) -> None:
    (tmp_path / "100.timeline.zst.part").write_bytes(b"half")
    shelf = Shelf(tmp_path, HORIZON_US)
    assert shelf.marks() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "gone"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, harm: str) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    shelf.keep(100, bytes(range(256)) * 40)
    path = tmp_path / "100.timeline.zst"
    whole = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
        path.write_bytes({"cut": whole[:-3], "flipped": flipped, "emptied": b""}[harm])
    with pytest.raises(SnapshotError, match=r"100\.timeline\.zst cannot be read"):
        shelf.timeline(100)


def test_a_failed_write_is_told_by_its_future_and_leaves_the_shelf_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    shelf = Shelf(folder, HORIZON_US)
    shelf.keep(100, b"first")
    (folder / "200.timeline.zst.part").mkdir()
    writing = shelf.keep_soon(200, lambda: [b"second"], b"rest")
    with pytest.raises(SnapshotError, match="directory"):
        writing.result()
    assert shelf.marks() == [100]
    assert shelf.timeline(100) == b"first"


def test_what_is_rewritten_is_read_at_once_and_holds_only_once_a_commit_has_named_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    shelf.keep(100, b"first", b"rest")
    shelf.keep(100, b"again", b"rest again")
    assert (shelf.timeline(100), shelf.rest(100), shelf.has_rewritten) == (b"again", b"rest again", True)
    shelf.close()
    killed_before = Shelf(tmp_path, HORIZON_US)
    killed_before.begin(0)
    assert (killed_before.timeline(100), killed_before.rest(100)) == (b"first", b"rest")
    killed_before.keep(100, b"third")
    killed_before.close()
    killed_after = Shelf(tmp_path, HORIZON_US)
    killed_after.begin(1)
    assert (killed_after.timeline(100), killed_after.rest(100), killed_after.has_rewritten) == (
        b"third",
        b"rest",
        False,
    )
    killed_after.keep(100, b"fourth")
    killed_after.adopt()
    assert (killed_after.generation, killed_after.has_rewritten) == (2, False)
    killed_after.close()
    later = Shelf(tmp_path, HORIZON_US)
    later.begin(2)
    assert later.timeline(100) == b"fourth"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["100.rest.zst", "100.timeline.zst"]


def test_what_is_not_ours_stops_nothing_and_is_left_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    for mark in (100, 200, 300):
        shelf.keep(mark, b"timeline", b"rest")
    shelf.close()
    names = ["notes.txt", "abc.timeline.zst", "1e9.rest.zst", "9" * 19 + ".timeline.zst", "9" * 40 + ".timeline.zst", "100.timeline.zst.abc",
             "100.timeline.zst.-1", "x.zst.7", ".hidden", "foreign.part", "100.timeline.zst.1.bak"]  # fmt: skip
    for name in names:
        (tmp_path / name).write_bytes(b"theirs")
    for name in ("400.timeline.zst", "500.rest.zst", "folder.part", "600.timeline.zst.part", "700.timeline.zst.3"):
        (tmp_path / name).mkdir()
    (tmp_path / "800.timeline.zst").symlink_to(tmp_path / "nowhere")
    (tmp_path / "100.rest.zst.part").write_bytes(b"half of one of ours")
    again = Shelf(tmp_path, HORIZON_US)
    again.begin(2)
    assert again.marks() == [100, 200, 300]
    assert {*names, "400.timeline.zst", "800.timeline.zst"} - {"foreign.part"} <= set(again.foreign)
    again.keep(900, b"later", b"rest")
    again.forget(900)
    again.clear()
    assert again.marks() == []
    again.close()
    left = {path.name for path in tmp_path.iterdir()}
    assert set(names) <= left
    assert {"400.timeline.zst", "folder.part", "800.timeline.zst"} <= left
    assert "100.rest.zst.part" not in left


@pytest.mark.parametrize("content", [b"", b"half", b"\x28\xb5\x2f\xfd"])
def test_half_a_file_is_refused_where_it_is_read(tmp_path: Path, content: bytes) -> None:
    shelf = Shelf(tmp_path, HORIZON_US)
    shelf.keep(100, b"timeline", b"rest")
    (tmp_path / "100.rest.zst").write_bytes(content)
    (tmp_path / "100.timeline.zst").write_bytes(content)
    again = Shelf(tmp_path, HORIZON_US)
    for read in (again.timeline, again.rest):
        with pytest.raises(SnapshotError):
            read(100)


def test_a_folder_that_cannot_be_one_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SnapshotError, match="snapshots cannot be kept there"):
        Shelf(tmp_path / "file", HORIZON_US)


def test_folder_and_files_are_their_owners_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", HORIZON_US)
    shelf.keep(100, b"timeline", b"rest")
    assert (tmp_path / "shelf").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "shelf").iterdir()} == {0o600}
