"""Pauses that are a feed's habit are no outages: satellites that pass, an airfield at dusk. A true one, all craft at once, stays found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.air_feeds import ALPS
from tests.scenarios.traffic import HOUR_US, NORTH_SEA, START_US, Receiver, context, run
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.events import Event, EventKind
from tracker.identity import icao24_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch

MIN_US = 60_000_000


def outages(rows: PositionBatch) -> list[Event]:
    events = {event.event_id: event for event in run(SilenceDetector(SilenceConfig(), context()), rows)}
    return [event for event in events.values() if event.kind == EventKind.FEED_OUTAGE]


def heard_in_passes(seed: int, hours: float, pause_min: tuple[float, float]) -> PositionBatch:
    """Ships of a whole sea, heard for some ten minutes at a time."""
    rng = np.random.default_rng(seed)
    rows = replace(NORTH_SEA, receivers=(Receiver(b"", 52.0, 3.0, 2000.0),), craft=40, hours=hours).rows(seed)
    keep = np.zeros(len(rows), dtype=np.bool_)
    at_us = float(START_US)
    while at_us < START_US + hours * HOUR_US:
        end_us = at_us + rng.uniform(6.0, 13.0) * MIN_US
        keep |= (rows.time_us >= at_us) & (rows.time_us < end_us)
        at_us = end_us + rng.uniform(*pause_min) * MIN_US
    return rows.take(keep & (rng.random(len(rows)) < 0.6))


@pytest.mark.parametrize("pause_min", [(50.0, 125.0), (88.0, 90.0)], ids=["several satellites", "one orbit"])
def test_satellite_passes_are_no_outages(pause_min: tuple[float, float]) -> None:
    assert not outages(heard_in_passes(1, 18.0, pause_min))


def landing_at_dusk(seed: int, craft: int, apart_min: tuple[float, float]) -> PositionBatch:
    """Light aircraft round one airfield all day, the last flights of which land one after the other."""
    rng = np.random.default_rng(seed)
    parts, end_min = [], 540.0
    for number in range(craft):
        end_min += rng.uniform(*apart_min)
        early = rng.uniform(0.0, 300.0)
        for begin, end in ((early, early + 60.0), (400.0 + rng.uniform(0.0, 80.0), end_min)):
            after_s = np.arange(begin * 60.0, end * 60.0, 6.0)
            lift = np.minimum(np.minimum(after_s - after_s[0], after_s[-1] - after_s) / 600.0, 1.0)
            turned = np.cumsum(rng.normal(0.02, 0.02, len(after_s)))
            parts.append(
                PositionBatch.of(
                    START_US + (after_s * 1e6).astype(np.int64), np.full(len(after_s), icao24_craft(0x480000 + number)),
                    52.0 + 0.12 * lift * np.cos(turned), 5.0 + 0.2 * lift * np.sin(turned), speed_kn=95.0, altitude_ft=1500.0 * lift,
                    on_ground=0, message_type=MESSAGE_TYPE_AIRBORNE,
                )
            )  # fmt: skip
    return PositionBatch.concat(parts).in_time_order()


@pytest.mark.parametrize(("craft", "apart_min"), [(20, (0.9, 2.0)), (8, (1.0, 3.0)), (5, (0.9, 1.5))])
def test_aircraft_landing_at_dusk_are_no_outage(craft: int, apart_min: tuple[float, float]) -> None:
    today = landing_at_dusk(3, craft, apart_min)
    tomorrow = replace(today, time_us=today.time_us + 24 * HOUR_US, received_us=today.received_us + 24 * HOUR_US)
    assert not outages(PositionBatch.concat([today, tomorrow]).in_time_order())


def test_all_aircraft_silent_at_once_are_an_outage() -> None:
    rows = replace(ALPS, craft=40, hours=5.0).rows(1)
    begin_us, end_us = START_US + 2 * HOUR_US, START_US + 2 * HOUR_US + 17 * MIN_US
    told = outages(rows.take((rows.time_us < begin_us) | (rows.time_us >= end_us)))
    assert [event.detail for event in told] == ["silent"]
    assert told[0].end_us is not None
    assert abs(told[0].start_us - begin_us) < MIN_US
    assert abs(told[0].end_us - end_us) < MIN_US


def test_outages_again_and_again_are_told_until_they_are_a_habit() -> None:
    rows = replace(ALPS, craft=40, hours=11.0).rows(1)
    since_min = (rows.time_us - START_US) / MIN_US
    told = outages(rows.take(~((since_min > 60.0) & (since_min % 75.0 < 17.0))))
    assert 1 <= len(told) <= 3


def shared_between(seed: int, names: tuple[bytes, bytes], share: float) -> PositionBatch:
    """Ships of a whole sea, each report of which is first heard by the one or the other of two stations."""
    rows = replace(NORTH_SEA, receivers=(Receiver(b"", 52.0, 3.0, 2000.0),), craft=60, hours=9.0).rows(seed)
    by = np.random.default_rng(seed).random(len(rows)) < share
    return rows.with_columns(station=np.where(by, *names).astype("S16"))


def off(rows: PositionBatch, gone: np.ndarray, begin_h: float, end_h: float) -> PositionBatch:
    """Without some rows for some hours."""
    since_h = (rows.time_us - START_US) / HOUR_US
    return rows.take(~(gone & (since_h > begin_h) & (since_h < end_h)))


@pytest.mark.parametrize("share", [0.15, 0.3])
def test_a_station_is_out_although_others_hear_all_its_ships(share: float) -> None:
    rows = shared_between(4, (b"west", b"east"), share)
    told = outages(off(rows, rows.station == b"west", 4.0, 6.5))
    assert [event.craft for event in told] == ["source:source-0/west"]
    assert abs(told[0].start_us - START_US - 4 * HOUR_US) < 5 * MIN_US
    assert told[0].end_us is not None
    assert abs(told[0].end_us - START_US - 6.5 * HOUR_US) < 5 * MIN_US
    assert told[0].evidence["craft_heard_by_others"] >= 1
    assert "others still hear" in told[0].explanation


@pytest.mark.slow
def test_a_source_is_out_although_another_hears_all_its_ships() -> None:
    rows = shared_between(5, (b"", b"x"), 0.5)
    mine = rows.station == b"x"
    rows = rows.with_columns(source=mine.astype(np.int64), station=np.full(len(rows), b"", dtype="S16"))
    told = outages(off(rows, rows.source == 1, 4.0, 6.5))
    assert [event.craft for event in told] == ["source:source-1"]


def test_a_station_that_hears_now_one_ship_and_now_another_is_not_out() -> None:
    rows = shared_between(6, (b"west", b"east"), 0.5)
    at_edge = (rows.station == b"west") & (np.abs(rows.lat_deg - 52.0) > 0.12)
    assert outages(rows.take(~at_edge)) == []


def test_a_station_that_does_not_come_back_with_its_source_is_out() -> None:
    rows = replace(NORTH_SEA, craft=80, hours=9.0).rows(7)
    everything = np.ones(len(rows), dtype=np.bool_)
    rows = off(rows, everything, 4.0, 4.5)
    rows = off(rows, rows.station == b"r1", 4.2, 7.0)
    told = {event.craft: event for event in outages(rows)}
    assert set(told) == {"source:source-0", "source:source-0/r1"}
    one = told["source:source-0/r1"]
    assert one.known_us > START_US + 4.5 * HOUR_US
    assert one.end_us is not None
    assert abs(one.end_us - START_US - 7 * HOUR_US) < 5 * MIN_US
