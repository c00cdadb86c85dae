"""Arrival order: the same rows an hour out of order, some of them twice, over three connections of one feed, end in the same events, and alerts on the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streams.frontier import FrontierConfig
from tests.tracker.watch import sea
from tracker.alerts.alert import Alert
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.engine import engine as engine_module
from tracker.engine.build import build_timeline
from tracker.engine.engine import Engine
from tracker.engine.feeds import Feeds
from tracker.engine.looking_back import LookingBack
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.settings import load_settings
from tracker.store import append
from tracker.store.database import Database
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S
from tracker.watch.record import StorePast, StoreRecorder
from tracker.watch.shelf import EMPTY_TIMELINE_US, Shelf

CONNECTIONS = 3
T0_US = 1_700_000_000_000_000


class Public(StoreRecorder):
    """Keeps what is published besides recording it."""

    def __init__(self, store: Database) -> None:
        super().__init__(store, [f"c{n}" for n in range(CONNECTIONS)].__getitem__, lambda _: ())
        self.events: list[Event] = []
        self.alerts: list[Alert] = []

    def published(self, events, alerts) -> None:
        super().published(events, alerts)
        self.events.extend(events)
        self.alerts.extend(alerts)


def shuffled(decoded: Decoded, seed: int, spread_us: int) -> list[list[tuple[int, Decoded]]]:
    """Per connection its rows by arrival: (instant, one kind of row each)."""
    rng = np.random.default_rng(seed)
    streams: list[list[tuple[int, Decoded]]] = [[] for _ in range(CONNECTIONS)]
    for rows in (decoded.positions, decoded.statics):
        picked = np.concatenate([np.arange(len(rows)), rng.integers(0, len(rows), len(rows) // 20)])
        arrives_us = rows.time_us[picked] + (rng.random(len(picked)) * spread_us).astype(np.int64)
        connection = rng.integers(0, CONNECTIONS, len(picked))
        for number in range(CONNECTIONS):
            mine = np.flatnonzero(connection == number)
            mine = mine[np.argsort(arrives_us[mine], kind="stable")]
            batch = rows.take(picked[mine]).with_columns(source=np.full(len(mine), number, dtype=np.int32))
            minute = arrives_us[mine] // US_PER_MIN
            for start, stop in zip(*_runs(minute), strict=True):
                some = batch.take(slice(start, stop))
                part = Decoded(positions=some) if rows is decoded.positions else Decoded(statics=some)
                streams[number].append((int(arrives_us[mine][start]), part))
    return [sorted(stream, key=lambda entry: entry[0]) for stream in streams]


def _runs(values: np.ndarray) -> tuple[list[int], list[int]]:
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return edges[:-1], edges[1:]


@pytest.mark.slow
@pytest.mark.parametrize("spread_h", [0.0, 1.0])
def test_shuffled_doubled_and_split_rows_end_in_the_events_of_an_ordered_replay(
    small_sea: sea.SmallSea, tmp_path: Path, spread_h: float
) -> None:
    late, calls = shuffled_ends_as_ordered(small_sea, tmp_path, spread_h)
    assert calls == small_sea.port_calls != []
    assert late > 1000 or spread_h == 0.0


def test_rows_half_an_hour_out_of_order_on_the_little_sea_end_in_the_events_of_an_ordered_replay(
    little_sea: sea.SmallSea, tmp_path: Path
) -> None:
    late, calls = shuffled_ends_as_ordered(little_sea, tmp_path, 0.5)
    assert [repr(call) for call in calls] == little_sea.port_calls
    assert late > 1000
    assert little_sea.events
    assert little_sea.alerts


def shuffled_ends_as_ordered(
    small_sea: sea.SmallSea, tmp_path: Path, spread_h: float
) -> tuple[int, list[tuple[Any, ...]]]:
    """Rows of a sea, out of order by up to so much, end in its events; how many were late, and the port calls."""
    settings = load_settings()
    decoder = AisDecoder(0)
    decoded = decoder.decode(small_sea.content)

    def build():
        linker = CargoLinker(small_sea.book, small_sea.places.resolve_location)
        return build_timeline(settings, linker, small_sea.places, NO_ZONES, Feeds(["feed"] * CONNECTIONS))

    store = Database(None)
    recorder = Public(store)
    shelf = Shelf(tmp_path / "shelf", 12 * US_PER_H)
    past = StorePast(store, shelf, {f"c{n}": n for n in range(CONNECTIONS)}, recorder)
    frontier = FrontierConfig(10_000_000, least_lateness_us=250_000)
    looking_back = LookingBack(past, recorder, 10 * US_PER_MIN)
    engine = Engine(build, lambda linker: AlertDesk(linker, settings["alerts"]), frontier, recorder, looking_back)
    shelf.keep(EMPTY_TIMELINE_US, engine.timeline_snapshot())
    for number in range(CONNECTIONS):
        engine.open_source(number)
    streams = shuffled(decoded, 3, int(spread_h * US_PER_H))
    kept_us = 0
    for _, number, part in sorted(
        ((at, number, part) for number, stream in enumerate(streams) for at, part in stream), key=lambda e: (e[0], e[1])
    ):
        engine.feed(number, part)
        engine.step()
        if engine.watermark_us - kept_us > 30 * US_PER_MIN:
            kept_us = engine.watermark_us
            recorder.task(append.port_calls(engine.timeline.port_calls.rows()))
            shelf.keep(kept_us, engine.timeline_snapshot())
            shelf.forget(kept_us)
    for number in range(CONNECTIONS):
        engine.close_source(number)
    engine.finish()
    late = engine.counts.late
    recorder.flush()
    recorder.task(append.port_calls(engine.timeline.port_calls.rows()))
    calls = sea.port_calls(store)
    store.close()
    shelf.close()
    assert sea.standing_events(recorder.events) == small_sea.events
    assert sea.standing_alerts(recorder.alerts) == small_sea.alerts
    assert engine.counts.too_late == 0
    assert not engine.is_unsettled
    return late, calls


def test_a_row_late_in_its_own_source_is_settled_once_a_slower_one_lets_the_watermark_pass_it(tmp_path: Path) -> None:
    settings = load_settings()

    def build():
        places = WorldPlaces.load()
        linker = CargoLinker(CargoBook(()))
        return build_timeline(settings, linker, places, NO_ZONES, Feeds(["feed"] * CONNECTIONS))

    def reports(source: int, seconds: Sequence[int]) -> Decoded:
        times_us = T0_US + np.array(seconds, dtype=np.int64) * US_PER_S
        craft = np.full(len(times_us), mmsi_craft(219_000_001 + source))
        places_deg = 50.0 + 0.0002 * np.array(seconds, dtype=np.float64)
        rows = PositionBatch.of(
            times_us, craft, places_deg, np.full(len(times_us), -30.0), message_type=1, source=source
        )
        return Decoded(positions=rows)

    store = Database(None)
    recorder = Public(store)
    shelf = Shelf(tmp_path / "shelf", 12 * US_PER_H)
    past = StorePast(store, shelf, {f"c{n}": n for n in range(CONNECTIONS)}, recorder)
    frontier, looking_back = (
        FrontierConfig(10 * US_PER_S, least_lateness_us=250_000),
        LookingBack(past, recorder, US_PER_MIN),
    )
    engine = Engine(build, lambda linker: AlertDesk(linker, settings["alerts"]), frontier, recorder, looking_back)
    shelf.keep(EMPTY_TIMELINE_US, engine.timeline_snapshot())
    slow, fast = 0, 1
    for number in (slow, fast):
        engine.open_source(number)
    engine.feed(slow, reports(slow, range(0, 300, 10)))
    engine.feed(fast, reports(fast, range(0, 600, 10)))
    engine.feed(fast, reports(fast, [*range(600, 1800, 10), 1201, *range(1800, 3600, 10)]))
    engine.step()
    assert engine.counts.late == 1
    assert engine.watermark_us < T0_US + 300 * US_PER_S, "the slow one holds it"
    for start in range(300, 3600, 300):
        engine.feed(slow, reports(slow, range(start, start + 300, 10)))
        engine.step()
    recorder.flush()
    fates = store.ask(lambda c: c.execute("SELECT quality, count(*) FROM position_rows GROUP BY 1").fetchall())
    store.close()
    shelf.close()
    assert dict(fates).keys() == {"ok"}
    assert engine.counts.recomputations == 1


@pytest.mark.slow
@pytest.mark.parametrize("share", [1, 1000])
def test_a_feed_that_is_late_all_the_time_is_driven_again_only_so_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """Each minute brings a report of 20 min ago: were it settled at once, 20 min of rows would be driven again for each seven that come."""
    monkeypatch.setattr(engine_module, "_FREE_ROWS", 0)
    monkeypatch.setattr(engine_module, "_SETTLING_SHARE", share)
    settings, places = load_settings(), WorldPlaces.load()

    def build():
        linker = CargoLinker(CargoBook(()))
        return build_timeline(settings, linker, places, NO_ZONES, Feeds(["feed"]))

    def reports(seconds: Sequence[int]) -> Decoded:
        times_us = T0_US + np.array(seconds, dtype=np.int64) * US_PER_S
        places_deg = 50.0 + 0.0002 * np.array(seconds, dtype=np.float64)
        rows = PositionBatch.of(times_us, mmsi_craft(219_000_001), places_deg, -30.0, message_type=1, source=0)
        return Decoded(positions=rows)

    store = Database(None)
    recorder = Public(store)
    shelf = Shelf(tmp_path / "shelf", 12 * US_PER_H)
    past = StorePast(store, shelf, {"c0": 0}, recorder)
    frontier = FrontierConfig(10 * US_PER_S, least_lateness_us=250_000)
    looking_back = LookingBack(past, recorder, US_PER_MIN)
    engine = Engine(build, lambda linker: AlertDesk(linker, settings["alerts"]), frontier, recorder, looking_back)
    shelf.keep(EMPTY_TIMELINE_US, engine.timeline_snapshot())
    engine.open_source(0)
    for minute in range(40):
        on_time = list(range(60 * minute, 60 * minute + 60, 10))
        late = [60 * (minute - 20) + 5] if minute >= 20 else []
        engine.feed(0, reports([*on_time, *late]))
        engine.step()
    counts = engine.counts
    assert counts.late == 20
    if share == 1:
        assert 0 < counts.recomputations < 5
        assert counts.recomputed_rows <= 2 * counts.reports, "the last one may go over it once"
    else:
        assert counts.recomputations > 15
        assert counts.recomputed_rows > 5 * counts.reports
    engine.close_source(0)
    engine.step()
    engine.settle()
    recorder.flush()
    fates = store.ask(lambda c: c.execute("SELECT quality, count(*) FROM position_rows GROUP BY 1").fetchall())
    store.close()
    shelf.close()
    assert fates == [("ok", 260)], "what waits is settled in the end"
