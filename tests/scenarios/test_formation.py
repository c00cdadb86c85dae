"""Aircraft that keep each other company, and those that only pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import context, turned
from tracker.detectors.base import Context
from tracker.detectors.encounter import FormationConfig, FormationDetector
from tracker.events import Event
from tracker.identity import icao24_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch

START_US = 1_700_000_100_000_000
S_US = 1_000_000
KN_KMS = 1.852 / 3600.0
HOME = (48.0, 5.0)


def flight(
    number: int, minutes: float = 30.0, away_km: float = 0.0, behind_s: float = 0.0, **more: Any
) -> PositionBatch:
    """East at 300 kn and 12,000 ft, a report every five seconds, so far to the north."""
    given: dict[str, Any] = {"knots": 300.0, "feet": 12_000.0, "course": 90.0, "from_s": 0.0} | more
    t = np.arange(given["from_s"], given["from_s"] + minutes * 60.0, 5.0)
    start = destination(*HOME, 0.0, away_km)
    lat, lon = destination(*start, given["course"], (t + 0.7 * number - behind_s) * given["knots"] * KN_KMS)
    return PositionBatch.of(
        START_US + (t * S_US).astype(np.int64) + number * 700_000, np.full(len(t), icao24_craft(0x400000 + number)), lat, lon,
        speed_kn=given["knots"], course_deg=given["course"], altitude_ft=given["feet"], on_ground=0,
        message_type=MESSAGE_TYPE_AIRBORNE,
    )  # fmt: skip


def told(
    *rows: PositionBatch, config: FormationConfig | None = None, airports: Any = None, turn_deg: float = 0.0
) -> list[Event]:
    detector = FormationDetector(config or FormationConfig(), airports or context())
    batch = turned(PositionBatch.concat(rows).in_time_order(), turn_deg)
    events = list(detector.process_batch(batch, StaticBatch.empty()))
    return events + detector.advance_watermark(int(batch.time_us[-1]) + 3600 * S_US)


def test_two_that_fly_side_by_side_are_a_formation_told_while_it_lasts() -> None:
    opened, closed = told(flight(1), flight(2, away_km=0.6))
    assert (opened.detail, opened.state, closed.state) == ("formation", "open", "closed")
    assert opened.known_us - START_US < 11 * 60 * S_US
    assert closed.evidence["median_distance_m"] == pytest.approx(600.0, abs=120.0)
    assert {opened.craft, opened.other_craft} == {"icao24:400001", "icao24:400002"}


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("a thousand feet above", flight(2, away_km=0.6, feet=13_000.0)),
        ("three miles abeam", flight(2, away_km=5.6)),
        ("overtaking", flight(2, away_km=0.6, knots=330.0, behind_s=60.0)),
        ("crossing", flight(2, away_km=-40.0, course=0.0)),
        ("for six minutes only", flight(2, minutes=6.0, away_km=0.6)),
        ("one airframe with two addresses", flight(2)),
    ],
)
def test_strangers_are_none(what: str, other: PositionBatch) -> None:
    assert told(flight(1), other) == [], what


def test_low_and_slow_near_the_ground_is_the_circuit() -> None:
    assert told(flight(1, feet=1500.0), flight(2, away_km=0.6, feet=1500.0)) == []


def test_near_an_airport_parallel_runways_do_the_same() -> None:
    class Near:
        def airport_distance_km(self, lat_deg: Any, lon_deg: Any) -> Any:
            return np.full(np.shape(lat_deg), 12.0)

        port_distance_km = airport_distance_km

        def is_land(self, lat_deg: Any, lon_deg: Any) -> Any:
            return np.zeros(np.shape(lat_deg), dtype=np.bool_)

    assert told(flight(1), flight(2, away_km=0.6), airports=Context(Near())) == []


def test_across_the_antimeridian_they_fly_together_all_the_same() -> None:
    plain = told(flight(1), flight(2, away_km=0.6))
    beyond = told(flight(1), flight(2, away_km=0.6), turn_deg=173.5)
    assert [(e.event_id, e.known_us) for e in beyond] == [(e.event_id, e.known_us) for e in plain]


def test_a_short_hole_does_not_break_it() -> None:
    one, two = flight(1), flight(2, away_km=0.6)
    hole = (two.time_us < START_US + 15 * 60 * S_US) | (two.time_us > START_US + 18 * 60 * S_US)
    assert len(told(one, two.take(hole))) == 2
