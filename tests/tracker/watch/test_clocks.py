"""No time is believed without bound: stamps of the future, clocks that are off, a machine whose own clock was wrong; and what was believed is taken back."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from streams.clocks import Off
from streams.memory import ManualClock
from streams.source import Chunk, Source
from streams.time import SteadyClock
from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, world_of
from tracker.config.watch import SourceConfig
from tracker.simulate.ais_encoder import class_a_position, single_sentences
from tracker.store import recent
from tracker.watch import line_clocks
from tracker.watch.catch_up import TAKEN_BACK
from tracker.watch.life import ClockSetBackError, Life
from tracker.watch.loop import Watch
from tracker.watch.meters import Meters

S = 1_000_000
RULES = (Path(__file__).resolve().parents[3] / "deploy" / "alerts.yaml").read_text(encoding="utf-8")
OF_CLOCKS = (
    "WatermarkAhead",
    "WatermarkBehind",
    "ClockOffset",
    "ClockAway",
    "ClockJump",
    "NothingJudged",
    "MostlyLate",
)
YEARS_US = 73 * 365 * 86_400 * S
_STAMP = re.compile(rb"c:(\d{10})")


def times_of(content: bytes) -> int:
    """The last time in some lines, in seconds."""
    return int(_STAMP.findall(content)[-1])


def live_chunks(content: bytes, rng: random.Random, start: int = 0) -> Iterator[Chunk]:
    """A recording as if it were received while it happened, two seconds after each report."""
    lines = content.splitlines(keepends=True)
    offset, first = 0, 0
    while first < len(lines):
        count = rng.randint(100, 400)
        block = b"".join(lines[first : first + count])
        first += count
        offset += len(block)
        if offset > start:
            yield Chunk("0", block, (times_of(block) + 2) * S, str(offset))


def sentences(
    epochs_s: Iterable[int], mmsi: int = 219_000_001, *, tagged: bool = True, speed_kn: float = 10.0
) -> bytes:
    """Reports of one ship on a straight course, plain or with their times."""
    epochs = np.array(list(epochs_s), dtype=np.int64)
    lat_deg = 40.0 + (epochs % 86_400) * speed_kn / 3600 / 60
    n = len(epochs)
    payload = class_a_position(1, np.full(n, mmsi), 0, 0.0, speed_kn, lat_deg, np.full(n, -30.0), 0.0, 0, epochs % 60)
    lines = single_sentences(payload, 0, np.zeros(n, dtype=bool), np.full(n, "STATN"), epochs)
    blob = np.ascontiguousarray(lines).tobytes()
    return blob if tagged else b"".join(line.rpartition(b"\\")[2] for line in blob.splitlines(keepends=True))


BURST = sentences(range(4_070_908_800, 4_070_908_800 + 25), 219_999_999)


def standing(story: Story) -> dict[str, str]:
    assert story.store is not None
    return sea.standing_events(story.store.ask(lambda c: recent.public_events(c, "true", [])))


def qualities(story: Story, where: str = "true") -> dict[str, int]:
    return dict(story.ask(f"SELECT quality, count(*) FROM position_rows WHERE {where} GROUP BY quality"))


def step(story: Story, chunk: Chunk, source: str = "net") -> None:
    """Take a chunk as the loop does; a life that ends for a clock that was set back is followed by the next."""
    assert story.life is not None
    try:
        story.life.take(source, chunk)
        story.life.step()
        story.life.commit(wait=True)
    except ClockSetBackError:
        story.kill()
        story.begin()


@pytest.fixture(scope="module")
def honest(small_sea: sea.SmallSea, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, int]]:
    """What stands, and what is stored, after a life that heard the sea live."""
    story = Story(world_of(small_sea), tmp_path_factory.mktemp("honest") / "life", small_sea.content)
    story.begin()
    for chunk in live_chunks(small_sea.content, random.Random(1)):
        step(story, chunk)
    found = standing(story), qualities(story)
    story.end()
    return found


def half_way(chunks: list[Chunk]) -> int:
    return len(chunks) // 2


@pytest.mark.slow
def test_stamps_of_the_future_from_one_client_blind_nobody(
    small_sea: sea.SmallSea, honest: tuple[dict[str, str], dict[str, int]], tmp_path: Path
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    chunks = list(live_chunks(small_sea.content, random.Random(1)))
    for k, chunk in enumerate(chunks):
        if k == half_way(chunks):
            step(story, replace(chunk, data=BURST, position=chunks[k - 1].position))
        step(story, chunk)
    assert story.life is not None
    assert story.life.engine.counts.broken_clock == 25
    assert story.life.lines["net", "0"].clock.off is Off.NOT
    assert qualities(story, "craft = 'mmsi:219999999'") == {"broken_clock": 25}
    assert (standing(story), qualities(story)) == (honest[0], {**honest[1], "broken_clock": 25})
    story.end()


@pytest.mark.slow
def test_a_client_whose_clock_is_ahead_within_the_tolerance_takes_nobody_along(
    small_sea: sea.SmallSea, honest: tuple[dict[str, str], dict[str, int]], tmp_path: Path
) -> None:
    """It made all others late, and every alert wait for a settlement."""
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    for chunk in live_chunks(small_sea.content, random.Random(1)):
        ahead = sentences([chunk.received_us // S + 280], 219_999_999)
        step(story, replace(chunk, data=chunk.data + ahead))
    assert story.life is not None
    assert story.life.engine.counts.late < 0.01 * story.life.engine.counts.reports
    assert set(qualities(story, "craft = 'mmsi:219999999'")) == {"ok"}
    assert set(honest[0]) - small_sea.at_the_end <= set(standing(story))
    story.end()


@pytest.mark.slow
def test_what_an_older_version_believed_is_taken_back_at_the_start(
    small_sea: sea.SmallSea,
    honest: tuple[dict[str, str], dict[str, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    chunks = list(live_chunks(small_sea.content, random.Random(1)))
    half = half_way(chunks)
    with monkeypatch.context() as old:
        old.setattr(line_clocks, "believed", lambda rows, more, *_: (rows, more, rows.take(slice(0, 0)), 0))
        old.setattr(line_clocks.LineClocks, "_bound_lead", lambda *_: None)
        for k, chunk in enumerate(chunks[: half + 20]):
            if k == half:
                step(story, replace(chunk, data=BURST, position=chunks[k - 1].position))
                assert story.life is not None
                assert story.life.engine.watermark_us > YEARS_US
            step(story, chunk)
            if k % 7 == 0:
                story.life.take_snapshot()
                story.life.shelf.wait()
        assert qualities(story).get("late", 0) > 1000
        assert standing(story) != honest[0]
    story.kill()
    offset = story.begin()
    assert story.life is not None
    assert story.driven_anew == [TAKEN_BACK]
    assert story.life.lost_decoders == {"net": "nothing was kept of them"}
    assert story.life.engine.watermark_us <= chunks[half + 19].received_us
    assert offset == int(chunks[half + 19].position)
    story.life.step()
    story.kill()  # once more before anything else was told
    story.begin()
    for chunk in chunks[half + 20 :]:
        step(story, chunk)
    stored = qualities(story)
    # those that still waited when the program was changed are in the journal only
    assert 0 < stored.pop("broken_clock") <= 25
    assert (standing(story), stored) == honest
    alerts = story.ask("SELECT alert_id, revision, count(*) FROM alert_revisions GROUP BY ALL HAVING count(*) > 1")
    assert alerts == []
    story.end()


@pytest.mark.parametrize("killed", [False, True])
def test_a_machine_that_began_with_a_wrong_clock_takes_back_what_it_judged_when_the_clock_comes_right(
    small_sea: sea.SmallSea, tmp_path: Path, killed: bool
) -> None:
    """Reports without a time of their own: their time is ours, and for the first ten chunks ours is 73 years ahead."""

    def plain(chunk: Chunk) -> Chunk:
        lines = chunk.data.splitlines(keepends=True)
        return replace(chunk, data=b"".join(line.rpartition(b"\\")[2] for line in lines))

    chunks = [plain(chunk) for chunk in live_chunks(small_sea.content, random.Random(1))][:60]
    right = Story(world_of(small_sea), tmp_path / "right", small_sea.content)
    right.begin()
    for chunk in chunks[10:]:
        step(right, chunk)
    wrong = Story(world_of(small_sea), tmp_path / "wrong", small_sea.content)
    wrong.begin()
    for chunk in chunks[:10]:
        step(wrong, replace(chunk, received_us=chunk.received_us + YEARS_US))
    assert wrong.life is not None
    assert wrong.life.engine.watermark_us > YEARS_US
    if killed:
        wrong.life.take_snapshot()
        wrong.life.shelf.wait()
        wrong.life.commit(wait=True)
        wrong.kill()
        wrong.begin()
        assert wrong.life is not None
        assert wrong.life.engine.watermark_us > YEARS_US, "there is nothing to tell by yet"
    step(wrong, chunks[10])
    assert wrong.driven_anew == [TAKEN_BACK]
    for chunk in chunks[11:]:
        step(wrong, chunk)
    # the chunk that told was taken in before the life ended, as late; it is judged all the same
    assert standing(wrong) == standing(right)
    assert {k: n for k, n in qualities(wrong).items() if k != "broken_clock"} == qualities(right)
    assert qualities(wrong)["broken_clock"] > 1000
    assert wrong.life.received_us == chunks[-1].received_us
    wrong.end()
    right.end()


def _none(_: str) -> Source:
    raise AssertionError("nobody opens a source here")


class Scene:
    """Sources that give a report each every second, some with clocks of their own, under the loop's watermark and the meters; no thread, no socket."""

    BEGIN_S = 1_796_000_000

    def __init__(self, small_sea: sea.SmallSea, folder: Path, sources: Iterable[str], **changes: Any) -> None:
        configured = {
            name: SourceConfig(kind="file", path="made up", format="nmea", **changes.get(name, {})) for name in sources
        }
        self.story = Story(world_of(small_sea, sources=configured), folder / "life", b"")
        self.story.begin()
        self.log, self.monotonic, self.wall = Said(), ManualClock(), ManualClock(self.BEGIN_S * S)
        self.watch = Watch(
            self.story.world, folder, folder, {}, _none, lambda: None, dict, lambda record, why: None, self.log,
            self.monotonic,
        )  # fmt: skip
        self.watch.life, self.watch.facts.phase = self.life, "live"
        self.clock = SteadyClock(self.wall, self.monotonic)
        self.meters = Meters(self.clock, self.log, self.monotonic)
        self.second = 0

    @property
    def life(self) -> Life:
        assert self.story.life is not None
        return self.story.life

    def run(self, seconds: int, sends: dict[str, Callable[[int], bytes]]) -> None:
        """``sends`` gives what each source sends at a true second."""
        for _ in range(seconds):
            self.second += 1
            self.wall.advance(S)
            self.monotonic.advance(S)
            received_us = self.clock.now_us()
            for name, send in sends.items():
                data = send(self.BEGIN_S + self.second)
                self.life.take(name, Chunk("0", data, received_us, str(self.second)))
                if data:
                    self.watch._note_heard(self.life, self.life.lines[name, "0"])
            self.watch._mark_idle(self.life, self.monotonic.now_us(), 0)
            self.life.step()
            self.meters.measure(self.watch)

    @property
    def delay_s(self) -> float:
        return self.BEGIN_S + self.second - self.life.engine.watermark_us / S

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.meters.latest.not_ready

    def fires(self, alert: str) -> bool:
        """Whether a rule of deploy/alerts.yaml holds now; rates are of the whole scene."""
        (rule,) = [r for g in yaml.safe_load(RULES)["groups"] for r in g["rules"] if r["alert"] == alert]
        text = re.sub(r"(?:rate|increase)\((\w+)\[\w+\]\)", r"\1", rule["expr"])
        series: dict[str, list[float]] = {}
        for sample in self.meters.latest.samples:
            series.setdefault(sample.name, []).append(sample.value)
        named = set(re.findall(r"tidewaiter_\w+", text))
        if not named <= series.keys():
            return False
        (labelled, *more) = sorted(named, key=lambda name: -len(series[name]))
        alone = {name: series[name][0] for name in more}
        return any(eval(text, {"abs": abs}, {labelled: value, **alone}) for value in series[labelled])

    def stored(self, source: str) -> dict[str, int]:
        self.life.commit(wait=True)
        return qualities(self.story, f"source = '{source}'")


def own(offset_s: int, mmsi: int) -> Callable[[int], bytes]:
    """A source with a clock of its own that is ahead by so much."""
    return lambda now_s: sentences([now_s - 1 + offset_s], mmsi)


def ours(mmsi: int) -> Callable[[int], bytes]:
    """A source that brings no times."""
    return lambda now_s: sentences([now_s], mmsi, tagged=False)


def said(scene: Scene, event: str) -> list[dict[str, Any]]:
    return [fields for _, name, fields in scene.log.lines if name == event]


def test_honest_sources_are_well(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b", "c"])
    scene.run(120, {"a": own(0, 219_000_001), "b": own(-3, 219_000_002), "c": ours(219_000_003)})
    assert scene.reasons == ()
    assert scene.delay_s < 10
    assert [name for name in OF_CLOCKS if scene.fires(f"Tidewaiter{name}")] == []
    scene.story.end()


def test_a_source_two_hours_ahead_is_stored_as_that_told_and_holds_up_nobody(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b"])
    scene.run(120, {"a": own(0, 219_000_001), "b": own(7200, 219_000_002)})
    (reason,) = scene.reasons
    assert "source b is 2 h ahead of ours" in reason
    assert "clock_offset_s = 7199 in [sources.b]" in reason
    assert scene.delay_s < 10
    assert scene.stored("b") == {"broken_clock": 120}
    assert [name for name in OF_CLOCKS if scene.fires(f"Tidewaiter{name}")] == ["ClockOffset", "MostlyLate"]
    (told,) = said(scene, "clock_offset")
    assert (told["source"], told["offset_s"]) == ("b", 7199.0)
    assert any(
        s.name == "tidewaiter_source_clock_offset_seconds" and s.value == 7199 for s in scene.meters.latest.samples
    )
    scene.story.end()


def test_a_known_offset_is_subtracted(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b"], b={"clock_offset_s": 7200.0})
    scene.run(120, {"a": own(0, 219_000_001), "b": own(7200, 219_000_002)})
    assert scene.reasons == ()
    assert scene.stored("b").keys() == {"ok"}
    scene.story.end()


def test_a_source_an_hour_behind_is_settled_and_holds_up_nobody(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b"])
    scene.run(200, {"a": own(0, 219_000_001), "b": own(-3600, 219_000_002)})
    (reason,) = scene.reasons
    assert "source b is 60 min behind: others do not wait for it" in reason
    assert scene.delay_s < 10
    assert set(scene.stored("b")) <= {"ok", "late"}
    assert scene.life.engine.counts.recomputations > 0
    scene.story.end()


def test_a_recording_beside_live_sources_is_stored_told_and_judges_nothing(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b"])
    years_s = 10 * 365 * 86_400
    scene.run(60, {"a": own(0, 219_000_001), "b": lambda now_s: b""})
    scene.run(200, {"a": own(0, 219_000_001), "b": own(-years_s, 219_000_002)})
    (reason,) = scene.reasons
    assert "source b plays the past" in reason
    assert "tidewaiter replay" in reason
    assert scene.delay_s < 10
    assert scene.life.engine.counts.recomputations == 0
    scene.life.commit(wait=True)
    assert scene.story.ask("SELECT count(*) FROM event_revisions WHERE kind = 'feed_outage'") == [(0,)]
    scene.story.end()


def test_a_recording_alone_is_judged_as_it_comes_and_told(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b"])
    years_s = 10 * 365 * 86_400
    scene.run(120, {"a": own(-years_s, 219_000_001), "b": own(-years_s - 5, 219_000_002)})
    assert len(scene.reasons) == 2
    assert all("judged as they come" in reason for reason in scene.reasons)
    assert scene.stored("a").keys() == {"ok"}
    assert abs(scene.delay_s - years_s) < 20
    scene.story.end()


def test_feeds_that_agree_prove_the_machines_clock_behind_and_are_judged(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b", "c"])
    scene.run(240, {"a": own(7200, 219_000_001), "b": own(7201, 219_000_002), "c": ours(219_000_003)})
    (reason,) = scene.reasons
    assert "the clock of this machine is 2 h behind what a, b say alike" in reason
    assert scene.stored("a")["ok"] > 100
    assert scene.stored("c")["broken_clock"] > 100
    assert len(said(scene, "clock_wrong")) == 1
    # it comes right: a jump ahead that the sources agree with
    scene.wall.advance(7200 * S)
    scene.second += 7200
    scene.log.take()
    scene.run(120, {"a": own(0, 219_000_001), "b": own(-2, 219_000_002), "c": ours(219_000_003)})
    assert scene.life.shift_us == 0
    assert scene.reasons == ()
    assert scene.delay_s < 10
    scene.story.end()


def test_rows_of_which_none_is_judged_are_noticed_whatever_the_cause(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    scene = Scene(small_sea, tmp_path, ["a"])
    scene.run(60, {"a": own(0, 219_000_001)})
    scene.life.engine.reorder.release((scene.BEGIN_S + 9 * 3600) * S)  # a blindness of a kind nobody has thought of
    scene.run(400, {"a": own(0, 219_000_001)})
    assert any("0% of them were judged" in reason for reason in scene.reasons)
    assert any("ahead of the clock of this machine" in reason for reason in scene.reasons)
    samples = {sample.name: sample.value for sample in scene.meters.latest.samples}
    assert samples["tidewaiter_judged_share"] == 0.0
    assert samples["tidewaiter_watermark_delay_seconds"] < -300
    fired = [name for name in OF_CLOCKS if scene.fires(f"Tidewaiter{name}")]
    assert fired == ["WatermarkAhead", "NothingJudged", "MostlyLate"]
    scene.story.end()


def test_a_wall_that_jumps_is_a_reason_while_it_is_away_and_moves_nothing(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    scene = Scene(small_sea, tmp_path, ["a"])
    scene.run(60, {"a": own(0, 219_000_001)})
    scene.wall.advance(-7200 * S)
    scene.run(700, {"a": own(0, 219_000_001)})
    (reason,) = scene.reasons
    assert "the clock of this machine is 2 h behind the time that goes by our own receipts" in reason
    assert [name for name in OF_CLOCKS if scene.fires(f"Tidewaiter{name}")] == ["ClockAway", "ClockJump"]
    assert abs(scene.delay_s) < 10
    assert scene.stored("a").keys() == {"ok"}
    scene.story.end()


def test_a_source_whose_time_stands_still_holds_up_nobody(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    """A stuck clock, or one that gives no reports at all but other bytes, is as good as silent."""
    scene = Scene(small_sea, tmp_path, ["a", "b", "c"])
    scene.run(30, {"a": own(0, 219_000_001), "b": own(0, 219_000_002), "c": own(0, 219_000_003)})
    stuck_s = scene.BEGIN_S + 30
    scene.run(
        60, {"a": own(0, 219_000_001), "b": lambda _: sentences([stuck_s], 219_000_002), "c": lambda _: b"junk\n"}
    )
    assert scene.delay_s < 10
    scene.story.end()


def test_what_is_known_of_clocks_survives_a_kill(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    scene = Scene(small_sea, tmp_path, ["a", "b"])
    scene.run(100, {"a": own(0, 219_000_001), "b": own(-3600, 219_000_002)})
    scene.life.take_snapshot()
    scene.life.shelf.wait()
    scene.life.commit(wait=True)
    received_us = scene.life.received_us
    scene.story.kill()
    scene.story.begin()
    clocks = {line.name: line.clock.off for line in scene.life.lines.values()}
    assert clocks == {"a": Off.NOT, "b": Off.BEHIND}
    assert scene.life.received_us == received_us
    assert scene.story.ask("SELECT source, clock_offset_s FROM sources ORDER BY source") == [
        ("a", -1.0),
        ("b", -3601.0),
    ]
    scene.story.end()
