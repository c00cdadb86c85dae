"""What a decoder falls over costs its line in every life alike: a life that is killed again and again ends as one that nothing disturbed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, world_of
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.units import Micros
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
    assert line.counts.rejects.counts["program_fault"] == poisoned.count(POISON) > 3  # type: ignore[index]
    story.life.take_snapshot()
    story.life.shelf.wait()
    story.life.commit(wait=True)
    rejects = story.ask("SELECT cause, count, note FROM rejects WHERE cause = 'program_fault'")
    assert {row[1] for row in rejects} == {poisoned.count(POISON)}
    assert rejects[0][2].startswith("ZeroDivisionError: what nobody thought of at ")
    left = story.left()
    assert left["rows"] == undisturbed["rows"]
    assert left["events"] == undisturbed["events"]


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
