"""Papers that come while the program runs: they count from the watermark of their receipt, in every life alike, and standing alerts are told anew of them.

What a store of papers will do is done here by hand: versions are kept with the watermark that ``Life.take_papers`` gave, and given to the next life.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, world_of
from tracker.cargo.book import CargoBook
from tracker.cargo.manifest import Manifest
from tracker.watch.life import Life

CHUNK_BYTES = 30_000


class Office:
    """Papers that come after so many chunks, and the store of them."""

    def __init__(self, due: Sequence[tuple[int, Sequence[Manifest]]]) -> None:
        self.due, self.kept = list(due), list[tuple[int, Sequence[Manifest]]]()

    def begin(self, life: Life) -> None:
        """What the store has belongs to a life before it begins."""
        for known_us, manifests in self.kept:
            life.papers.add(manifests, known_us)

    def bring(self, life: Life, chunk: int) -> None:
        """Whatever is due by now."""
        while self.due and self.due[0][0] <= chunk and not life.is_catching_up:
            manifests = self.due.pop(0)[1]
            self.kept.append((life.take_papers(manifests), manifests))


class PaperStory(Story):
    """A story to which papers come."""

    office = Office(())

    def live_on(self, kill_at: Sequence[int] = (), snapshot_every: int = 7) -> None:
        """To the end; killed, and begun anew from what is on the disk, after some chunks. Papers are committed with what came in their turn."""
        kills, offset, fed = list(kill_at), self._begin(), 0
        while True:
            assert self.life is not None
            rest = list(self.chunks(offset, CHUNK_BYTES))
            for chunk in rest:
                self.life.take("net", chunk)
                fed = int(chunk.position) // CHUNK_BYTES
                self.office.bring(self.life, fed)
                self.life.step()
                self.life.commit(wait=True)
                if fed % snapshot_every == 0:
                    self.life.take_snapshot()
                    self.life.shelf.wait()
                if kills and fed >= kills[0]:
                    break
            else:
                assert not self.life.is_catching_up
                self.life.commit(wait=True)
                return
            kills.pop(0)
            self.kill()
            offset = self._begin()

    def _begin(self) -> int:
        begun = Life.begin

        def begin(life: Life, now_us: int | None = None) -> dict[str, dict[str, str]]:
            self.office.begin(life)
            return begun(life, now_us)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Life, "begin", begin)
            return self.begin()


def _without_papers(small_sea: sea.SmallSea) -> sea.SmallSea:
    return replace(small_sea, book=CargoBook())


def _story(small_sea: sea.SmallSea, folder: Path, due: Sequence[tuple[int, Sequence[Manifest]]]) -> PaperStory:
    story = PaperStory(world_of(_without_papers(small_sea)), folder, small_sea.content)
    story.office = Office(due)
    return story


def _standing(story: Story) -> dict[str, tuple[Any, ...]]:
    """What the last revision of each alert says."""
    rows = story.ask(
        """SELECT alert_id, type, data FROM alert_revisions QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY revision DESC) = 1"""
    )
    found = {}
    for alert_id, type_, text in rows:
        data = json.loads(text)
        goods = sorted((item["manifest_id"], item["consignment_id"]) for item in data["consignments"])
        if not type_.endswith("retracted"):
            found[alert_id] = (data["event"]["kind"], data["event"]["state"], data["priority"], goods)
    return found


def _halves(small_sea: sea.SmallSea) -> tuple[list[Manifest], list[Manifest]]:
    papers = list(small_sea.book.latest)
    return papers[::2], papers[1::2]


@pytest.fixture(scope="module")
def chunks(small_sea: sea.SmallSea) -> int:
    return len(small_sea.content) // CHUNK_BYTES


@pytest.fixture(scope="module")
def late(small_sea: sea.SmallSea, chunks: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A life that nothing disturbed, to which half of the papers come at a third, the others at two thirds; and what it then says."""
    one, two = _halves(small_sea)
    story = _story(small_sea, tmp_path_factory.mktemp("late") / "life", [(chunks // 3, one), (2 * chunks // 3, two)])
    story.live_on()
    standing = _standing(story)
    return {"left": story.left(), "standing": standing, "kept": story.office.kept}


@pytest.mark.slow
def test_alerts_are_told_anew_of_papers_that_come_after_the_event(
    small_sea: sea.SmallSea, chunks: int, late: dict[str, Any], tmp_path: Path
) -> None:
    bare = _story(small_sea, tmp_path / "bare", ())
    bare.live_on()
    before = _standing(bare)
    bare.end()
    at_once = _story(small_sea, tmp_path / "at once", [(0, small_sea.book.latest)])
    at_once.live_on()
    early = _standing(at_once)
    at_once.end()
    assert sum(bool(said[3]) for said in early.values()) > 3
    assert not any(said[3] for said in before.values())

    def of_behaviour(standing: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        """Without what papers themselves make an event of: nobody had declared then what a craft had left."""
        return {name: said for name, said in standing.items() if said[0] != "diversion"}

    assert of_behaviour(late["standing"]) == of_behaviour(early), "as with papers that were there from the start"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_papers_take_the_same_place(
    small_sea: sea.SmallSea, chunks: int, late: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    one, two = _halves(small_sea)
    story = _story(small_sea, tmp_path / "life", [(chunks // 3, one), (2 * chunks // 3, two)])
    kills = sorted({*rng.sample(range(1, chunks), 3), chunks // 3 + seed, 2 * chunks // 3})
    story.live_on(kills, snapshot_every=rng.choice((2, 5, 1_000)))
    assert story.office.kept == late["kept"]
    assert story.left() == late["left"]


@pytest.mark.slow
def test_driven_anew_over_the_store_papers_take_the_same_place(
    small_sea: sea.SmallSea, chunks: int, late: dict[str, Any], tmp_path: Path
) -> None:
    one, two = _halves(small_sea)
    story = _story(small_sea, tmp_path / "life", [(chunks // 3, one), (2 * chunks // 3, two)])
    kill = story.kill

    def damaging() -> None:
        kill()
        for path in (story.folder / "snapshots").glob("*.rest.zst"):
            path.write_bytes(path.read_bytes()[:-9] + b"different")

    story.kill = damaging  # type: ignore[method-assign, assignment]
    story.live_on([chunks // 2, 5 * chunks // 6], snapshot_every=3)
    assert story.driven_anew
    assert story.left() == late["left"]
