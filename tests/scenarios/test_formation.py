"""Aircraft that keep each other company, and those that only pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.geodesy import destination, distance_km
from tests.scenarios.sea import context, turned
from tracker.detectors.base import Context
from tracker.detectors.encounter import FormationConfig, FormationDetector
from tracker.events import Event
from tracker.geography.airports import Airport, AirportTable
from tracker.geography.ground import Ground
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


FIELD = destination(*HOME, 90.0, 120.0)
"""East of HOME: a flight of 300 kn is over it after 13 minutes."""


class Near:
    """An aerodrome is near wherever one asks; which one the ground knows."""

    def airport_distance_km(self, lat_deg: Any, lon_deg: Any) -> Any:
        return np.full(np.shape(lat_deg), 12.0)

    port_distance_km = airport_distance_km

    def is_land(self, lat_deg: Any, lon_deg: Any) -> Any:
        return np.zeros(np.shape(lat_deg), dtype=np.bool_)


def around(*airports: Airport) -> Context:
    made = Ground(AirportTable(list(airports)))
    return Context(Near(), ground=lambda: made)


def airport(elevation_ft: float = 400.0, aside_km: float = 0.0) -> Airport:
    lat, lon = (float(v) for v in destination(*FIELD, 0.0, aside_km))
    return Airport("LFXX", "XXX", "Field", "FR", lat, lon, elevation_ft)


def finals(number: int, away_km: float = 0.0, elevation_ft: float = 400.0, **more: Any) -> PositionBatch:
    """Down a glide path of 3 degrees to FIELD at 160 kn, from 60 km out, 1.2 km aside of one another."""
    given = {"minutes": 11.0, "knots": 160.0} | more
    rows = flight(number, away_km=away_km, **given)
    lat, lon = destination(rows.lat_deg, rows.lon_deg, 90.0, 60.0)
    to_go_nm = np.asarray(distance_km(lat, lon, *FIELD)) / 1.852
    return rows.with_columns(lat_deg=lat, lon_deg=lon, altitude_ft=(elevation_ft + 318.0 * to_go_nm).astype("f4"))


def test_where_aerodromes_are_not_known_one_by_one_all_near_one_is_theirs() -> None:
    assert told(flight(1), flight(2, away_km=0.6), airports=Context(Near())) == []


@pytest.mark.parametrize("elevation_ft", [400.0, 5400.0])
def test_on_parallel_finals_strangers_fly_side_by_side(elevation_ft: float) -> None:
    pair = [finals(n, away_km=1.2 * n, elevation_ft=elevation_ft) for n in range(2)]
    assert told(*pair, airports=around(airport(elevation_ft))) == []
    assert len(told(*pair, airports=around(airport(elevation_ft, aside_km=60.0)))) == 2


@pytest.mark.parametrize(
    ("what", "more", "aside_km"),
    [("above the approach", {"feet": 21_000.0}, 0.0), ("passing abeam", {"feet": 5_000.0}, 15.0)],
)
def test_a_formation_near_an_aerodrome_is_one_outside_its_approach(
    what: str, more: dict[str, float], aside_km: float
) -> None:
    pair = flight(1, **more), flight(2, away_km=0.6, **more)
    events = told(*pair, airports=around(airport(aside_km=aside_km)))
    assert [e.detail for e in events] == ["formation", "formation"], what


def test_a_receiver_that_joins_a_tanker_is_no_second_address_of_it() -> None:
    """Twelve minutes at the boom, 30 m and 30 ft off, after five of closing in from a kilometre."""
    tanker, receiver = flight(1, feet=22_000.0), flight(2, feet=21_970.0)
    t_min = (receiver.time_us - START_US) / (60.0 * S_US)
    behind_km = np.interp(t_min, [0.0, 5.0], [1.2, 0.03])
    lat, lon = destination(receiver.lat_deg, receiver.lon_deg, 270.0, behind_km)
    events = told(tanker, receiver.with_columns(lat_deg=lat, lon_deg=lon))
    assert [e.state for e in events] == ["open", "closed"]


def test_across_the_antimeridian_they_fly_together_all_the_same() -> None:
    plain = told(flight(1), flight(2, away_km=0.6))
    beyond = told(flight(1), flight(2, away_km=0.6), turn_deg=173.5)
    assert [(e.event_id, e.known_us) for e in beyond] == [(e.event_id, e.known_us) for e in plain]


def test_a_short_hole_does_not_break_it() -> None:
    one, two = flight(1), flight(2, away_km=0.6)
    hole = (two.time_us < START_US + 15 * 60 * S_US) | (two.time_us > START_US + 18 * 60 * S_US)
    assert len(told(one, two.take(hole))) == 2
