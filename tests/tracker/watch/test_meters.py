"""Meters: what is measured is what the loop says, each change is told once, and all of it can be rendered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from streams.memory import ListSource, ManualClock, chunks_of
from streams.source import SourceHealth
from streams.time import SteadyClock
from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, world_of
from tracker.cargo.ledger import CargoFile
from tracker.decode.layouts.plausible import UnitEvidence
from tracker.papers.document import Document
from tracker.papers.receive import Received
from tracker.settings import load_settings
from tracker.store.papers import PaperChange
from tracker.watch.coming_papers import ComingPapers
from tracker.watch.facts import LoopFacts
from tracker.watch.meters import PHASES, STATES, Meters
from tracker.watch.outbox import OutboxStatus
from tracker.watch.receiving import Bringing, Outcome, Portion, Receiving
from tracker.web.metrics import METRICS, render

BEGIN_US = 1_796_000_000_000_000
CONNECTED = SourceHealth("connected", BEGIN_US + 5_000_000, 70, 3, 1, 2, "", lag=4)
WELL = replace(CONNECTED, dropped=0)


class WatchAsSeen(SimpleNamespace):
    """What meters see of a watch."""

    control: SourceHealth | None = None

    @property
    def healths(self) -> dict[str, SourceHealth]:
        healths = {name: source.health for name, source in self.sources.items()}
        return healths if self.control is None else healths | {"control": self.control}


class Scene:
    """A loop that stands still, and meters that look at it; the wall clock and the monotonic one are moved by hand."""

    def __init__(self) -> None:
        self.log, self.wall, self.monotonic = Said(), ManualClock(BEGIN_US + 10_000_000), ManualClock()
        self.meters = Meters(SteadyClock(self.wall, self.monotonic), self.log, self.monotonic)
        self.source: Any = SimpleNamespace(health=CONNECTED)
        self.outbox = SimpleNamespace(status=OutboxStatus())
        self.watch: Any = WatchAsSeen(
            facts=LoopFacts(phase="live"), sources={"net": self.source}, outbox=None, life=None, papers=None,
            heard=set(), waited_for=set(), store_path=Path("nowhere/a.duckdb"),
            world=SimpleNamespace(sources={}, settings=load_settings()),
        )  # fmt: skip

    def pass_time(self, seconds: float = 1.0) -> None:
        self.wall.advance(int(seconds * 1e6))
        self.monotonic.advance(int(seconds * 1e6))

    def measure(self) -> str:
        self.pass_time()
        self.meters.measure(self.watch)
        return render(self.meters.latest.samples)


def test_a_source_is_measured_as_it_says_it_is() -> None:
    page = Scene().measure()
    for line in (
        'tidewaiter_source_bytes_total{source="net"} 70',
        'tidewaiter_source_chunks_total{source="net"} 3',
        'tidewaiter_source_dropped_total{source="net"} 2',
        'tidewaiter_source_lag{source="net"} 4',
        'tidewaiter_source_last_heard_seconds{source="net"} 6',
        'tidewaiter_source_state{source="net",state="connected"} 1',
        'tidewaiter_source_state{source="net",state="waiting"} 0',
    ):
        assert line in page.splitlines()


def test_what_a_source_cannot_tell_is_left_out_and_not_zero() -> None:
    scene = Scene()
    scene.source.health = replace(CONNECTED, lag=None, last_heard_us=None)
    page = scene.measure()
    assert "tidewaiter_source_lag" not in page
    assert "tidewaiter_source_last_heard_seconds" not in page
    assert "tidewaiter_outbox_depth" not in page
    assert "tidewaiter_reports_total" not in page


@pytest.mark.parametrize("phase", PHASES)
def test_one_phase_and_one_state_at_a_time(phase: str) -> None:
    scene = Scene()
    scene.watch.facts.phase = phase
    page = scene.measure().splitlines()
    assert [line for line in page if line.startswith("tidewaiter_phase{") and line.endswith(" 1")] == [
        f'tidewaiter_phase{{phase="{phase}"}} 1'
    ]
    assert sum(line.startswith("tidewaiter_phase{") for line in page) == len(PHASES)
    assert sum(line.startswith("tidewaiter_source_state{") for line in page) == len(STATES)
    assert bool(scene.meters.latest.not_ready) == (phase != "live")


def test_a_fault_in_telling_ends_nothing_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()

    def fall(*_: object) -> None:
        raise OverflowError("date value out of range")

    scene.measure()
    monkeypatch.setattr(scene.meters._book, "status", fall)
    scene.measure()
    (reason,) = scene.meters.latest.not_ready
    assert "failed in looking how it does (OverflowError: date value out of range" in reason
    assert scene.meters.latest.phase == "live"
    assert [fields["part"] for _, event, fields in scene.log.lines if event == "quarantined"] == ["status"]
    monkeypatch.undo()
    scene.measure()
    assert scene.meters.latest.not_ready == ()


def test_measured_once_a_second_and_at_once_when_the_phase_changes() -> None:
    scene = Scene()
    scene.measure()
    scene.watch.facts.commits = 7
    scene.meters.measure(scene.watch)
    assert "tidewaiter_commits_total 0" in render(scene.meters.latest.samples)
    scene.watch.facts.phase = "store away"
    scene.meters.measure(scene.watch)
    assert "tidewaiter_commits_total 7" in render(scene.meters.latest.samples)


def test_refusals_are_counted_and_told_once_a_minute() -> None:
    scene = Scene()
    scene.source.health = replace(CONNECTED, clients=3, dropped=0)
    scene.measure()
    scene.log.take()
    for dropped in range(1, 40):
        scene.source.health = replace(CONNECTED, clients=3, dropped=dropped, let_go=2 * dropped)
        page = scene.measure()
    assert 'tidewaiter_source_clients{source="net"} 3' in page.splitlines()
    assert 'tidewaiter_source_let_go_total{source="net"} 78' in page.splitlines()
    assert scene.log.take() == [("warning", "source_refuses")]
    scene.pass_time(60.0)
    scene.measure()
    scene.measure()
    assert scene.log.take() == [("warning", "source_refuses")]


def test_each_change_is_told_once() -> None:
    scene = Scene()
    scene.source.health = WELL
    scene.measure()
    scene.measure()
    assert scene.log.take() == [("info", "source_connected")]
    scene.source.health = replace(WELL, state="waiting", last_error="gone")
    scene.measure()
    scene.measure()
    assert scene.log.take() == [("warning", "source_lost")]
    scene.source.health = WELL
    scene.measure()
    assert scene.log.take() == [("info", "source_back")]
    scene.watch.outbox = scene.outbox
    scene.outbox.status.is_away = True
    scene.measure()
    assert "tidewaiter_broker_away 1" in scene.measure()
    scene.outbox.status.is_away = False
    scene.measure()
    assert scene.log.take() == [("warning", "broker_away"), ("info", "broker_back")]
    scene.watch.facts.took("disk", 1.0)
    scene.measure()
    assert scene.log.take() == []
    scene.watch.facts.took("disk", 1.2)
    assert 'tidewaiter_slow_total{part="disk"} 1' in scene.measure()
    scene.measure()
    assert scene.log.lines == [("warning", "slow", {"part": "disk", "seconds": 1.2, "times": 1})]


def test_a_wall_clock_that_jumps_is_told_with_how_far() -> None:
    scene = Scene()
    scene.measure()
    scene.log.take()
    scene.wall.advance(3_600_000_000)
    assert "tidewaiter_clock_jumps_total 1" in scene.measure()
    scene.measure()
    assert [(event, fields["offset_s"]) for _, event, fields in scene.log.lines] == [("clock_jump", 3600.0)]


def test_a_wall_clock_that_comes_back_or_is_believed_is_told_once() -> None:
    scene = Scene()
    scene.measure()
    scene.log.take()
    scene.wall.advance(3_600_000_000)
    scene.measure()
    scene.wall.advance(-3_600_000_000)
    scene.measure()
    scene.measure()
    scene.wall.advance(-7_200_000_000)
    scene.measure()
    scene.pass_time(601.0)
    scene.measure()
    scene.measure()
    assert [(event, fields.get("steps")) for _, event, fields in scene.log.lines] == [
        ("clock_jump", None), ("clock_back", 0), ("clock_jump", None), ("clock_back", 1),
    ]  # fmt: skip


def test_a_life_that_drives_the_detectors_anew_is_not_ready_and_tells_how_far_it_is() -> None:
    scene = Scene()
    scene.watch.facts.phase, scene.watch.facts.driven = "catching up", 0.42
    scene.measure()
    assert scene.meters.latest.not_ready == ("the detectors are driven over the rows of the store: 42%",)


def test_a_source_that_has_not_started_is_why_nothing_is_ready() -> None:
    scene = Scene()
    scene.source.health = replace(CONNECTED, state="starting")
    scene.measure()
    assert scene.meters.latest.not_ready == ("source net is starting",)


def test_who_reads_flags_and_orders_is_measured_told_and_a_reason_like_a_source() -> None:
    scene = Scene()
    scene.watch.control = replace(WELL, state="waiting", connects=0, last_error="no connection to Kafka at h:1")
    text = scene.measure()
    scene.measure()
    assert 'tidewaiter_source_state{source="control",state="waiting"} 1' in text
    assert [line for line in scene.log.lines if line[2].get("source") == "control"] == [
        ("warning", "source_waits", {"source": "control", "error": "no connection to Kafka at h:1"})
    ]
    assert scene.meters.latest.not_ready == ("flags and orders are not read: no connection to Kafka at h:1",)
    scene.watch.control = WELL
    scene.measure()
    assert scene.meters.latest.not_ready == ()


def test_a_broker_that_is_away_is_why_nothing_is_ready() -> None:
    scene = Scene()
    scene.watch.outbox = scene.outbox
    scene.outbox.status = OutboxStatus(is_away=True, depth=1200, last_error="no connection to Kafka at h:1")
    scene.measure()
    assert scene.meters.latest.not_ready == ("messages cannot be sent, 1,200 wait: no connection to Kafka at h:1",)


def test_a_whole_life_can_be_rendered_and_its_lines_add_up(small_sea: sea.SmallSea, tmp_path: Any) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content[:400_000])
    story.begin()
    assert story.life is not None
    for chunk in story.chunks(0, 40_000):
        story.life.take("net", chunk)
        story.life.step()
    story.life.commit(wait=True)
    scene = Scene()
    source = ListSource("net", chunks_of([b"x"]))
    source.start({})
    scene.watch.sources, scene.watch.life, scene.watch.outbox = {"net": source}, story.life, scene.outbox
    story.life.durability.snapshot_error = "SnapshotError: folder: a snapshot cannot be written (Read-only file system)"
    scene.measure()
    assert [why for why in scene.meters.latest.not_ready if "no snapshot can be written" in why and "Read-only" in why]
    story.life.durability.snapshot_error = ""
    page = scene.measure().splitlines()
    story.end()
    found = {name: float(value) for name, _, value in (line.rpartition(" ") for line in page if line[0] != "#")}
    labels = '{source="net",line="net"}'
    lines_in = len(small_sea.content[:400_000].splitlines())
    assert lines_in - 1 <= found[f"tidewaiter_line_units_total{labels}"] <= lines_in
    assert found[f"tidewaiter_line_rows_total{labels}"] >= found["tidewaiter_reports_total"] > 1000
    rejects = sum(value for name, value in found.items() if name.startswith("tidewaiter_line_rejects_total"))
    units, decoded = (found[f"tidewaiter_line_units{part}_total{labels}"] for part in ("", "_decoded"))
    assert 0 <= units - decoded - rejects <= 20, "what is open is neither decoded nor refused yet"
    assert {line.split()[2] for line in page if line.startswith("# TYPE")} <= {metric.name for metric in METRICS}


def test_a_feed_in_another_unit_is_told_once() -> None:
    scene, row = Scene(), np.arange(400)
    units = UnitEvidence()
    moving = {
        "time_us": BEGIN_US + row * 60_000_000,
        "craft": np.ones(400, np.int64),
        "lat_deg": 40 + 12 * row / 3600,
        "lon_deg": np.zeros(400),
        "speed_kn": np.full(400, 120.0),
    }
    for part in np.array_split(row, 20):  # a line takes what comes, chunk by chunk
        units.add({name: values[part] for name, values in moving.items()}.get)
    line: Any = SimpleNamespace(name="b", source="b", units=units)
    scene.meters._look_at_units(line)
    scene.meters._look_at_units(line)
    ((_, name, fields),) = [told for told in scene.log.lines if told[1] == "unit_doubtful"]
    assert name == "unit_doubtful" and "looks like kn x 10" in fields["said"]


def test_papers_are_counted_by_their_way_and_what_became_of_them() -> None:
    scene = Scene()
    assert "tidewaiter_papers" not in scene.measure()
    inbox: Any = SimpleNamespace(too_large=1, stuck={"a.csv": "cannot be read"}, error="")
    papers = ComingPapers(Receiving(lambda _: None, 1), inbox, lambda: None, scene.wall, scene.log)  # type: ignore[return-value]
    scene.watch.papers = papers
    account = CargoFile("a.csv")
    account.reject(2, "x", "is no port", rows=3)
    for source, refusal, is_fault in (
        ("inbox", None, False),
        ("topic papers/0@4", "nothing", False),
        ("door", "it failed", True),
    ):
        document = Document(b"", source, "a.csv", BEGIN_US)
        bringing = Bringing(document, lambda _: None, lambda _: None, is_fault=is_fault)
        outcome = Outcome(document, PaperChange(document.sha256, refusal=refusal, account=account))
        papers._tell(Portion(bringing, Received(document, "", (), account), True), outcome)
    papers.receiving.close()
    page = scene.measure().splitlines()
    for line in (
        'tidewaiter_papers_documents_total{way="inbox",state="taken"} 1',
        'tidewaiter_papers_documents_total{way="topic",state="refused"} 1',
        'tidewaiter_papers_refused_total{cause="unreadable"} 1',
        'tidewaiter_papers_refused_total{cause="program_fault"} 1',
        'tidewaiter_papers_refused_total{cause="too_large"} 1',
        "tidewaiter_papers_rows_refused_total 9",
        "tidewaiter_papers_consignments_total 0",
        'tidewaiter_papers_seconds_total{part="read"} 0',
        "tidewaiter_papers_waiting 0",
        "tidewaiter_papers_stuck 1",
    ):
        assert line in page, line
    assert papers.counts == {"taken": 1, "refused": 2}
