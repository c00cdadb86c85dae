"""The reports of a simulated sea in another order of arrival: shuffled within some hours, some twice, split over three sources of one feed.

The engine is driven directly, in one process, with a store and a shelf as in the live program; :mod:`late` prints what comes of it, and a
test of the project holds it against the ordered replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.frontier import FrontierConfig
from tracker.alerts.alert import Alert
from tracker.alerts.desk import AlertDesk
from tracker.cargo.link import CargoLinker
from tracker.cargo.read import read_cargo
from tracker.decode.base import Decoded
from tracker.engine.build import build_timeline
from tracker.engine.engine import Engine, EngineCounts
from tracker.engine.feeds import Feeds
from tracker.engine.looking_back import LookingBack
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.inputs import open_input
from tracker.positions import PositionBatch
from tracker.replay import replay
from tracker.settings import load_settings
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE
from tracker.statics import StaticBatch
from tracker.store.database import Database
from tracker.units import US_PER_H
from tracker.watch.record import StorePast, StoreRecorder
from tracker.watch.shelf import EMPTY_TIMELINE_US, Shelf

SPLIT_OVER = 3
TWICE = 0.05
"""Share of the reports that arrive a second time."""
_TURN_US = US_PER_H // 12
_SNAPSHOT_US = 600_000_000
_SETTLE_US = 600_000_000
_END = 1 << 62


@dataclass
class Told:
    """Everything published, in order."""

    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def add_events(self, events: Sequence[Event]) -> None:
        """Keep events."""
        self.events += events

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts."""
        self.alerts += alerts


@dataclass
class _Arriving:
    """Rows of one source in their order of arrival, with the instants they arrive at."""

    rows: PositionBatch
    rows_at_us: NDArray[np.int64]
    statics: StaticBatch
    statics_at_us: NDArray[np.int64]


class _Recorder(StoreRecorder):
    """A recorder that also keeps what is published."""

    told: Told

    def published(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        self.told.add_events(events)
        self.told.add_alerts(alerts)
        super().published(events, alerts)


def ordered(sea: Path, places: WorldPlaces) -> Told:
    """What the replay says of a sea."""
    told = Told()
    inputs = [open_input(sea / name, number) for number, name in enumerate((AIS_FILE, AIR_FILE))]
    book = read_cargo([sea / CARGO_FILE], places.resolve_location)
    replay(inputs, load_settings(), book=book, places=places, sinks=[told])
    return told


def disordered(sea: Path, places: WorldPlaces, work: Path, spread_h: float, seed: int) -> tuple[Told, EngineCounts]:
    """What the engine has said in the end when every report arrives up to ``spread_h`` after its time."""
    rng = np.random.default_rng(seed)
    spread_us = int(spread_h * US_PER_H)
    inputs = [open_input(sea / name, number) for number, name in enumerate((AIS_FILE, AIR_FILE))]
    feeds = [one.feed_name for one in inputs for _ in range(SPLIT_OVER)]
    arriving: list[_Arriving] = []
    for one in inputs:
        given = list(one.decoded(1 << 20))
        rows = PositionBatch.concat(part.positions for part in given)
        statics = StaticBatch.concat(part.statics for part in given)
        rows_by, statics_by = (_arrivals(batch.time_us, spread_us, rng) for batch in (rows, statics))
        for (row, row_us), (static, static_us) in zip(rows_by, statics_by, strict=True):
            number = np.int32(len(arriving))
            arriving.append(
                _Arriving(
                    rows.take(row).with_columns(source=np.full(len(row), number)),
                    row_us,
                    statics.take(static).with_columns(source=np.full(len(static), number)),
                    static_us,
                )
            )

    settings, told = load_settings(), Told()
    book = read_cargo([sea / CARGO_FILE], places.resolve_location)
    names = [f"source {number}" for number in range(len(arriving))]
    store = Database(work / "store.duckdb")
    shelf = Shelf(work / "snapshots", int((spread_h + 24) * US_PER_H))
    recorder = _Recorder(store, names.__getitem__, lambda _: ())
    recorder.told = told
    engine = Engine(
        lambda: build_timeline(settings, CargoLinker(book, places.resolve_location), places, NO_ZONES, Feeds(feeds)),
        lambda linker: AlertDesk(linker, settings["alerts"]),
        FrontierConfig(10_000_000, least_lateness_us=250_000),
        recorder,
        LookingBack(
            StorePast(store, shelf, {name: number for number, name in enumerate(names)}, recorder), recorder, _SETTLE_US
        ),
    )
    shelf.keep(EMPTY_TIMELINE_US, engine.timeline_snapshot())
    _drive(engine, shelf, arriving)
    store.commit()
    shelf.close()
    store.close()
    return told, engine.counts


def _drive(engine: Engine, shelf: Shelf, arriving: Sequence[_Arriving]) -> None:
    for number in range(len(arriving)):
        engine.open_source(number)
    first_us = min(int(one.rows_at_us[0]) for one in arriving if len(one.rows_at_us))
    last_us = max(int(one.rows_at_us[-1]) for one in arriving if len(one.rows_at_us))
    ends = [*range(first_us + _TURN_US, last_us + _TURN_US, _TURN_US), _END]
    done = [(0, 0)] * len(arriving)
    kept_us = 0
    for end_us in ends:
        for number, one in enumerate(arriving):
            row, static = (int(np.searchsorted(at, end_us)) for at in (one.rows_at_us, one.statics_at_us))
            rows, statics = one.rows.take(slice(done[number][0], row)), one.statics.take(slice(done[number][1], static))
            engine.feed(number, Decoded(rows, statics))
            done[number] = row, static
        engine.step()
        if engine.watermark_us > 0 and engine.watermark_us - kept_us >= _SNAPSHOT_US:
            kept_us = engine.watermark_us
            shelf.keep(kept_us, engine.timeline_snapshot())
            shelf.forget(kept_us)
    for number in range(len(arriving)):
        engine.close_source(number)
    engine.finish()


def _arrivals(
    time_us: NDArray[np.int64], spread_us: int, rng: np.random.Generator
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Row numbers by source in order of arrival, and when each arrives."""
    twice = rng.choice(len(time_us), int(len(time_us) * TWICE)) if len(time_us) else np.zeros(0, dtype=np.int64)
    row = np.concatenate([np.arange(len(time_us)), twice]).astype(np.int64)
    at_us = time_us[row] + (rng.random(len(row)) * spread_us).astype(np.int64)
    source = rng.integers(0, SPLIT_OVER, len(row))
    order = np.argsort(at_us, kind="stable")
    return [(row[mine], at_us[mine]) for number in range(SPLIT_OVER) for mine in [order[source[order] == number]]]
