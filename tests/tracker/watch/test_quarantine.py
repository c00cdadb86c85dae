"""What a decoder falls over costs its line in every life alike: a life that is killed again and again ends as one that nothing disturbed.

What ends lives themselves is set aside after the third."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streams.reorder import Reorder
from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, world_of
from tests.tracker.watch.test_loop import ended, watch_of
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.engine.engine import Engine
from tracker.engine.work import CHUNK, STEP, Place, lies_in
from tracker.store.database import Database
from tracker.tracks.builder import TrackBuilder
from tracker.units import Micros
from tracker.watch import loop
from tracker.watch.quarantine import Quarantine
from tracker.watch.record import StorePast

POISON = b"!AIVDM,1,1,,A,POISON,0*00\n"


@pytest.fixture
def poisoned(small_sea: sea.SmallSea, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The feed with poison in it, and a decoder that falls over when a line of it is whole, after all its work is done."""
    decode = AisDecoder.decode

    def touchy(self: AisDecoder, block: bytes, received_us: Micros | None = None) -> Decoded:
        held = self._carry + block
        decoded = decode(self, block, received_us)
        if POISON in held:
            raise ZeroDivisionError("what nobody thought of")
        return decoded

    monkeypatch.setattr(AisDecoder, "decode", touchy)
    lines = small_sea.content.splitlines(keepends=True)
    for at in range(len(lines) - 50, 100, -len(lines) // 7):
        lines.insert(at, POISON)
    return b"".join(lines)


@pytest.mark.slow
def test_lives_killed_again_and_again_set_aside_the_same_and_go_on(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], poisoned: bytes, tmp_path: Path
) -> None:
    rng = random.Random(7)
    story = Story(world_of(small_sea), tmp_path / "life", poisoned)
    told = 0
    for commits in (9, 30, 25, None):
        over = story.live(rng, commits, snapshot_every=4)
        told += 0 if story.life is None else len(story.life.faults)
    assert over
    assert story.life is not None
    assert told > 0
    line = next(iter(story.life.lines.values()))
    assert line.counts.rejects.counts["program_fault"] == poisoned.count(POISON) > 3
    story.life.take_snapshot()
    story.life.shelf.wait()
    story.life.commit(wait=True)
    rejects = story.ask("SELECT cause, count, note FROM rejects WHERE cause = 'program_fault'")
    assert {row[1] for row in rejects} == {poisoned.count(POISON)}
    assert rejects[0][2].startswith("ZeroDivisionError: what nobody thought of at ")
    left = story.left()
    assert left["rows"] == undisturbed["rows"]
    assert left["events"] == undisturbed["events"]


@pytest.mark.slow
def test_a_timeline_that_cannot_be_read_gives_way_to_an_earlier_one(
    small_sea: sea.SmallSea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = small_sea.content.splitlines(keepends=True)
    size = len(lines) // 40
    blocks = [lines[at : at + size] for at in range(0, len(lines), size)]
    blocks.insert(24, blocks.pop(20))
    late = b"".join(line for block in blocks for line in block)
    results = []
    for damaged in (False, True):
        story = Story(world_of(small_sea), tmp_path / str(damaged), late)
        if damaged:
            before = StorePast.timeline_before

            def hurt(self: StorePast, instant_us: int, before: Any = before, story: Story = story) -> Any:
                marks = [mark for mark in self._shelf.marks() if mark < instant_us][-2:]
                for mark, content in zip(marks, (b"half of one", b"\x28\xb5\x2f\xfd\x00"), strict=False):
                    if mark > 0:
                        (story.folder / "snapshots" / f"{mark}.timeline.zst").write_bytes(content)
                return before(self, instant_us)

            monkeypatch.setattr(StorePast, "timeline_before", hurt)
        assert story.live(random.Random(3), None, snapshot_every=4)
        assert story.life is not None
        assert story.life.engine.counts.recomputations > 0
        results.append(story.left()["events"])
    assert results[0] == results[1]


SOMEWHERE = 0.6
"""A share of the feed: the rows that hurt come there."""


def hurtful_time_us(small_sea: sea.SmallSea, tmp_path: Path) -> int:
    """The time of a row in the second half of the feed."""
    decoder = AisDecoder(0)
    rows = decoder.decode(small_sea.content, received_us=Micros(1_795_000_000_000_000)).positions
    return int(rows.time_us[int(len(rows) * SOMEWHERE)])


def failing(method: Any, is_hurt: Callable[..., bool]) -> Any:
    def touchy(*args: Any) -> Any:
        if is_hurt(*args):
            raise ZeroDivisionError("what nobody thought of")
        return method(*args)

    return touchy


@pytest.mark.slow
@pytest.mark.parametrize("where", ["chunk", "step"])
def test_what_ends_three_lives_is_set_aside_and_the_rest_is_judged(
    small_sea: sea.SmallSea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    at_us = hurtful_time_us(small_sea, tmp_path)
    monkeypatch.setattr(loop, "warm_kernels", lambda _: None)
    monkeypatch.setattr(loop, "_RETRY_S", (0.01,))
    if where == "chunk":
        monkeypatch.setattr(
            Reorder, "add", failing(Reorder.add, lambda _, source, rows, *more: (rows.time_us == at_us).any())
        )
    else:
        monkeypatch.setattr(
            TrackBuilder, "judge", failing(TrackBuilder.judge, lambda _, rows: (rows.time_us == at_us).any())
        )
    log = Said()
    watch = watch_of(world_of(small_sea), tmp_path, small_sea.content, log)
    ended(watch, threading.Event(), lambda: "idle" in [event for _, event, _ in log.lines])
    died = [fields for _, event, fields in log.lines if event == "died"]
    assert [(fields["times"], fields["is_set_aside"]) for fields in died] == [(1, False), (2, False), (3, True)]
    assert all(str(fields["place"]).startswith(where) for fields in died)
    assert watch.facts.faults[where] >= 1
    store = Database(tmp_path / "store.duckdb")
    latest = store.ask(
        lambda c: c.execute("SELECT epoch_us(max(time)) FROM position_rows WHERE quality = 'ok'").fetchone()
    )
    aside = store.ask(
        lambda c: c.execute("SELECT count(*) FROM position_rows WHERE quality = 'program_fault'").fetchone()
    )
    store.close()
    assert latest is not None
    assert aside is not None
    assert latest[0] > at_us
    assert (aside[0] > 0) == (where == "step")


@pytest.mark.slow
def test_late_rows_whose_settlement_ends_three_lives_are_stored_and_settled_no_more(
    small_sea: sea.SmallSea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = small_sea.content.splitlines(keepends=True)
    size = len(lines) // 40
    blocks = [lines[at : at + size] for at in range(0, len(lines), size)]
    blocks.insert(24, blocks.pop(20))
    late = b"".join(line for block in blocks for line in block)
    monkeypatch.setattr(loop, "warm_kernels", lambda _: None)
    monkeypatch.setattr(loop, "_RETRY_S", (0.01,))
    monkeypatch.setattr(Engine, "drive_again", failing(Engine.drive_again, lambda *_: True))
    log = Said()
    watch = watch_of(world_of(small_sea), tmp_path, late, log)
    ended(watch, threading.Event(), lambda: "idle" in [event for _, event, _ in log.lines])
    died = [fields for _, event, fields in log.lines if event == "died"]
    assert [fields["is_set_aside"] for fields in died[:3]] == [False, False, True]
    assert watch.facts.faults["settlement"] >= 1
    store = Database(tmp_path / "store.duckdb")
    counts = dict(store.ask(lambda c: c.execute("SELECT quality, count(*) FROM position_rows GROUP BY 1").fetchall()))
    store.close()
    assert counts["late"] > 0


def step(after_us: int, up_to_us: int) -> Place:
    return Place(STEP, after_us=after_us, up_to_us=up_to_us)


def died_at(quarantine: Quarantine, *places: Place) -> Any:
    with pytest.raises(ZeroDivisionError), ExitStack() as work:
        for place in places:
            work.enter_context(quarantine.holding(place))
        raise ZeroDivisionError
    return quarantine.died(ZeroDivisionError())


def test_of_steps_that_were_cut_differently_the_span_they_share_is_set_aside_for_every_later_process(
    tmp_path: Path,
) -> None:
    deaths = [
        died_at(Quarantine(tmp_path), step(*span)) for span in ((0, 50), (100, 200), (150, 300), (120, 160), (170, 180))
    ]
    assert [death.times for death in deaths] == [1, 1, 2, 3, 1]
    assert [death.is_aside for death in deaths] == [False, False, False, True, False]
    later = Quarantine(tmp_path)
    assert [(one.after_us, one.up_to_us) for one in later.aside] == [(150, 160)]
    assert later.steps_aside(155, 1000)
    assert not later.steps_aside(160, 1000)
    assert lies_in(later.aside, np.array([150, 151, 160, 161])).tolist() == [False, True, True, False]


def test_the_innermost_work_is_what_a_life_died_of_and_work_that_is_done_is_not(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    chunk = Place(CHUNK, "net", "1:100")
    with quarantine.holding(chunk):
        pass
    assert quarantine.died(ZeroDivisionError()) is None
    death = died_at(quarantine, chunk, step(5, 6))
    assert str(death.place).startswith("step")


STACK = """Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "/opt/tidewaiter/{file}", line 10 in judge
"""


def test_a_process_that_crashed_at_its_work_has_died_there_and_one_killed_from_outside_has_not(tmp_path: Path) -> None:
    work = STACK.format(file="tracker/engine/engine.py")
    for number in range(6):
        work_of = Quarantine(tmp_path)
        work_of.holding(Place(CHUNK, "net", "1:100")).__enter__()  # and the process is gone
        death = Quarantine(tmp_path).crashed(work if number % 2 else "")
        assert (death is None) == (number % 2 == 0)
    assert Quarantine(tmp_path).chunk_aside("net", "1:100") is not None
    assert Quarantine(tmp_path).chunk_aside("net", "1:101") is None


def test_a_crash_at_other_work_is_told_and_sets_nothing_aside(tmp_path: Path) -> None:
    for _ in range(4):
        Quarantine(tmp_path).holding(Place(CHUNK, "net", "1:100")).__enter__()
        death = Quarantine(tmp_path).crashed(STACK.format(file="tracker/store/asking.py"))
        assert death is not None
        assert death.place is None
        assert death.error.startswith('Fatal Python error: Segmentation fault at "/opt/tidewaiter/tracker/store/asking')
    assert Quarantine(tmp_path).aside == []


def test_files_that_are_damaged_are_as_good_as_none(tmp_path: Path) -> None:
    for name in ("in_hand", "quarantine.json"):
        (tmp_path / name).write_bytes(b'{"kind": 1')
    quarantine = Quarantine(tmp_path)
    death = quarantine.crashed(STACK.format(file="tracker/engine/engine.py"))
    assert death is not None
    assert death.place is None


def test_a_process_that_crashes_leaves_its_stack_for_the_next(tmp_path: Path) -> None:
    code = (
        "import sys, faulthandler; from pathlib import Path; from tracker.watch.quarantine import note_crashes;"
        "print(repr(note_crashes(Path(sys.argv[1])))); faulthandler._sigsegv()"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "state" / "crash")], check=False, capture_output=True, text=True
        )
        for _ in range(2)
    ]
    assert all(one.returncode < 0 for one in told)
    assert told[0].stdout.strip() == "''"
    assert "Segmentation fault" in told[1].stdout
