"""Many minutes in one go give what the same minutes give one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.cells import cell_of
from models.reception import PRIOR
from tests.contracts.fleet import context, fleet
from tracker.detectors.base import Ticks
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.detectors.integrity.detector import Quiet
from tracker.detectors.integrity.heard import Heard
from tracker.detectors.integrity.said import Said
from tracker.detectors.silence import SilenceConfig, SilenceDetector, coverage
from tracker.detectors.silence.columns import SHIP
from tracker.detectors.silence.coverage import COMPASS, Places
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.outage import FeedWatch
from tracker.detectors.silence.stretch import Stage, Stretch
from tracker.detectors.silence.ways import Point
from tracker.events import Event
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

ROWS, STATICS = fleet()
END_US = int(ROWS.time_us[-1])


def told(detector: Any) -> tuple[list[str], bytes]:
    detector.process_batch(ROWS, STATICS)
    return [event.to_json_line() for event in detector.advance_watermark(END_US)], detector.snapshot()


def test_silence_in_stretches_is_silence_minute_by_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    run, stages = Stretch.run, []

    def counted(self: Stretch, first: int) -> tuple[int, Stage]:
        k, stage = run(self, first)
        stages.append((stage, k - first))
        return k, stage

    monkeypatch.setattr(Stretch, "run", counted)
    in_stretches = told(SilenceDetector(SilenceConfig(), context()))
    assert {stage for stage, _ in stages} >= {Stage.ALL, Stage.CRAFT}
    assert sum(passed for _, passed in stages) > 2 * len(stages), "most minutes need no judgement"
    monkeypatch.setattr(Stretch, "run", lambda self, first: (first, Stage.ALL))
    assert told(SilenceDetector(SilenceConfig(), context())) == in_stretches
    assert in_stretches[0]


def test_integrity_of_quiet_minutes_together_is_integrity_minute_by_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = IntegrityDetector._go_on
    together: list[int] = []

    def counted(
        self: IntegrityDetector, ticks: Ticks, heard: Heard, said: Said, quiet: Quiet, events: list[Event]
    ) -> None:
        together.append(quiet.stop - quiet.first)
        go_on(self, ticks, heard, said, quiet, events)

    def never(self: IntegrityDetector, ticks: Ticks, heard: Heard, said: Said, first: int, stop: int) -> Quiet:
        return Quiet(first, np.zeros(stop - first, dtype=np.bool_))

    monkeypatch.setattr(IntegrityDetector, "_go_on", counted)
    in_stretches = told(IntegrityDetector(IntegrityConfig(), context()))
    assert sum(together) > 2 * len(together) > 0, "quiet minutes go many at a time"
    together.clear()
    monkeypatch.setattr(IntegrityDetector, "_quiet", never)
    assert told(IntegrityDetector(IntegrityConfig(), context())) == in_stretches
    assert not together, "each minute was looked at alone"
    assert in_stretches[0]


@pytest.mark.parametrize("count", [1, 2, 57])
def test_what_surrounds_a_place_is_what_a_look_at_each_cell_says(count: int) -> None:
    config = SilenceConfig()
    memory, rng = Memory(config, 11.3), np.random.default_rng(count)
    size, steps = config.cell_ship_deg, [1.0, 2.0]
    lat, lon = rng.uniform(54.0, 54.0 + 6 * size, count), rng.uniform(10.0, 10.0 + 6 * size, count)

    def cell(at_lat: float, at_lon: float) -> int:
        return int(cell_of(np.array([at_lat]), np.array([(at_lon - 11.3 + 180.0) % 360.0 - 180.0]), size)[0])

    every = np.arange(-3 * size, 10 * size, size / 2.0)
    keys = np.unique([cell(54.0 + north, 10.0 + east) for north in every for east in every])
    known = keys[rng.random(len(keys)) < 0.7]
    slots = memory.cells.slots(known)
    for name in ("passages", "losses", "received", "expected"):
        memory.cells[name][slots] = rng.uniform(0.0, 4.0 * config.min_own_passages, len(slots))
    found = Places(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_), *np.full((3, count), -1.0))
    for i in range(count):
        coverage._surround(Point(lat[i], lon[i]), coverage.cells_of(memory), coverage.rules_of(memory, SHIP), found, i)
    for i in range(count):
        stays = {}
        figures = np.zeros(4)
        for compass in COMPASS:
            for step in steps:
                there = lat[i] + compass[0] * step * size
                slot = int(
                    memory.cells.find(
                        np.array([cell(there, lon[i] + compass[1] * step * size / np.cos(np.radians(there)))])
                    )[0]
                )
                values = [
                    memory.cells[c][slot] if slot >= 0 else 0.0 for c in ("passages", "losses", "received", "expected")
                ]
                figures += values
                stays[compass] = max(stays.get(compass, 0.0), float(values[0]))
        least = 2.0 * config.min_own_passages
        axes = sum(
            stays[one] >= least and stays[other] >= least
            for one, other in zip(COMPASS[::2], COMPASS[1::2], strict=True)
        )
        share = memory.feed_share(0)
        lost = figures[1] / 4.0
        n = figures[0] / 4.0
        assert found.covered[i] == (axes >= 2 and n >= config.min_passages)
        if found.covered[i]:
            assert found.passages[i] == pytest.approx(n)
            assert found.loss[i] == pytest.approx((lost + PRIOR * share) / (n + lost + PRIOR))
            assert found.reception[i] == pytest.approx(np.clip(figures[2] / max(figures[3], 1.0), 0.02, 0.98))
        else:
            assert found.passages[i] == found.loss[i] == found.reception[i] == -1.0, "left as they were"
    assert count < 50 or (found.covered.any() and not found.covered.all())


def thin_feed() -> tuple[PositionBatch, StaticBatch]:
    """Two ships for half an hour each ten days, two months long."""
    minutes = np.concatenate([np.arange(0, 30, 2) + day * 1440 for day in range(0, 60, 10)])
    time_us = np.repeat(1_772_323_200_000_000 + minutes * 60_000_000, 2)
    second = np.tile([0, 1], len(minutes))
    craft = mmsi_craft(219_000_001 + second)
    lat_deg = 55.0 + 0.1 * second + np.repeat(minutes % 1440, 2) * 1e-3
    names = np.where(second == 0, b"ANNA", b"BERTA")
    rows = PositionBatch.of(time_us, craft, lat_deg, 17.0, speed_kn=3.6, course_deg=0.0)
    told = StaticBatch.from_columns(
        len(time_us), time_us=time_us, received_us=time_us, craft=craft, source=0, message_type=120, name=names
    )
    return rows, told


def test_time_in_which_nothing_happens_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    look, tick = FeedWatch._look, IntegrityDetector._go_on
    rows, told_of = thin_feed()
    end_us = int(rows.time_us[-1]) + 86_400_000_000

    def results(build: Any) -> tuple[list[str], bytes]:
        detector = build()
        detector.process_batch(rows, told_of)
        return [event.to_json_line() for event in detector.advance_watermark(end_us)], detector.snapshot()

    builds = (
        lambda: SilenceDetector(SilenceConfig(), context()),
        lambda: IntegrityDetector(IntegrityConfig(), context()),
    )
    monkeypatch.setattr(FeedWatch, "_look", lambda self, *given: looks.append(0) or look(self, *given))
    monkeypatch.setattr(IntegrityDetector, "_go_on", lambda self, *given: looks.append(1) or tick(self, *given))
    quick = [results(build) for build in builds]
    counts = [looks.count(kind) for kind in (0, 1)]
    assert max(counts) < 3 * len(rows), "by rows, not by the 73,000 minutes"
    monkeypatch.setattr(
        FeedWatch, "calm_us", property(lambda self: np.zeros(len(self.state["last_us"]), dtype=np.int64))
    )
    monkeypatch.setattr(IntegrityDetector, "_pass_over", lambda self, ticks, first, *_: first)
    looks.clear()
    assert [results(build) for build in builds] == quick
    assert len(looks) > 10 * sum(counts)
    assert quick[0][0]
