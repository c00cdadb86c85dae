"""Stories of coming down: where it is an off-aerodrome landing, how sure, and what it is told apart from."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.flights import flown
from tests.scenarios.sky import (
    AERODROME,
    AIRPORT,
    FIELD,
    MIN_US,
    ONE,
    START_US,
    STRIP,
    approach,
    context,
    level,
    says,
    standing,
    told,
)
from tracker.detectors.landing import LandingConfig, LandingDetector
from tracker.geography.elevation import GroundHeight
from tracker.geography.ground import Ground
from tracker.identity import icao24_craft
from tracker.positions import PositionBatch

LOW_US = START_US + 60 * MIN_US
"""When the stories begin; the hour before shows who is heard how low."""
LOST_US = LOW_US + 15 * MIN_US


def detector(*, runways: bool = False, **config):
    return LandingDetector(LandingConfig(**config), context(runways))


def others(place=FIELD, ft: float = 400.0) -> list[PositionBatch]:
    """One aircraft as low as that near a place before, and one high up that is heard all the time."""
    low = level(ONE + 7, (place[0] + 0.03, place[1] - 0.1), ft, START_US, 10)
    return [low, level(ONE + 8, (place[0] + 0.2, place[1] - 0.4), 9000.0, START_US, 20), _always(place)]


def _always(place) -> PositionBatch:
    return flown(ONE + 9, (place[0] + 0.1, place[1]), 0.0, 20_000.0, START_US, [(6 * 3600.0, 60.0, 0.3, 0.0)])


def climbing_out(place, begun_us: int) -> PositionBatch:
    return flown(ONE, place, 270.0, 500.0, begun_us, [(600.0, 80.0, 0.0, 6.0)])


def test_two_ground_reports_in_a_field_are_a_landing_and_taking_off_closes_it():
    came = approach(ONE, FIELD, LOW_US)
    down_us = int(came.time_us[-1]) + 20_000_000
    parts = [came, standing(ONE, FIELD, down_us, 20), climbing_out(FIELD, down_us + 21 * MIN_US)]
    opened, closed = told(detector(), *parts)
    assert (opened.detail, opened.state, closed.state) == ("landing", "open", "closed")
    assert opened.confidence == 0.9
    assert opened.known_us <= down_us + 20_000_000
    assert opened.evidence["seen"] == "ground"
    assert abs(closed.end_us - (down_us + 21 * MIN_US)) <= 30_000_000
    assert "climbing away from there" in closed.explanation


@pytest.mark.parametrize("place", [AERODROME, (AERODROME[0] + 0.015, AERODROME[1]), (AIRPORT[0] + 0.055, AIRPORT[1])],
    ids=["at the aerodrome", "1.7 km from it", "on a far runway of a great airport"])  # fmt: skip
def test_landing_at_an_aerodrome_is_none(place):
    came = approach(ONE, place, LOW_US)
    assert told(detector(), came, standing(ONE, place, int(came.time_us[-1]) + 20_000_000, 20)) == []


def test_the_users_runways_sharpen_what_an_aerodrome_is():
    place = (AIRPORT[0] + 0.08, AIRPORT[1] + 0.01)
    came = approach(ONE, place, LOW_US)
    parts = [came, standing(ONE, place, int(came.time_us[-1]) + 20_000_000, 20)]
    assert len(told(detector(), *parts)) == 1
    assert told(detector(runways=True), *parts) == []


def test_lost_coming_down_where_others_are_heard_as_low_and_confirmed_by_climbing_out():
    parts = [*others(), approach(ONE, FIELD, LOW_US), climbing_out(FIELD, LOST_US + 30 * MIN_US)]
    opened, closed = told(detector(), *parts)
    assert (opened.detail, closed.detail) == ("lost_on_approach", "landing")
    assert 10 * MIN_US <= opened.known_us - opened.start_us <= 12 * MIN_US
    assert opened.evidence["others_heard_as_low"] == 1
    assert closed.state == "closed"
    assert closed.confidence == 0.85 > opened.confidence
    assert opened.evidence["uncertainty_ft"] >= 1000.0, "nobody told the day's pressure"


def test_lost_below_everybody_is_coverage_until_she_climbs_out_of_it_again():
    came = approach(ONE, FIELD, LOW_US)
    assert told(detector(), *others(ft=900.0), came, until_min=300) == []
    (closed,) = told(detector(), *others(ft=900.0), came, climbing_out(FIELD, LOST_US + 30 * MIN_US))
    assert (closed.detail, closed.state, closed.revision, closed.confidence) == ("landing", "closed", 1, 0.55)


def test_a_dead_receiver_loses_nobody():
    before = [part.take(part.time_us < LOST_US) for part in others()]
    assert told(detector(), *before, approach(ONE, FIELD, LOW_US), until_min=600) == []


def test_heard_again_where_she_must_have_flown_on_to_is_withdrawn():
    on = level(ONE, (FIELD[0], FIELD[1] + 0.5), 1500.0, LOST_US + 15 * MIN_US, 10)
    opened, gone = told(detector(), *others(), approach(ONE, FIELD, LOW_US), on)
    assert (opened.state, gone.state) == ("open", "retracted")
    assert gone.explanation.endswith("it flew on.")


def test_heard_again_too_slowly_to_have_flown_on_she_was_down():
    later = level(ONE, (FIELD[0], FIELD[1] + 0.5), 1500.0, LOST_US + 180 * MIN_US, 10)
    closed = told(detector(), *others(), approach(ONE, FIELD, LOW_US), later)[-1]
    assert closed.state == "closed"
    assert "too slow" in closed.explanation


def test_never_heard_again_it_closes_after_half_a_day():
    closed = told(detector(), *others(), approach(ONE, FIELD, LOW_US), until_min=16 * 60)[-1]
    assert closed.state == "closed"
    assert closed.known_us == closed.start_us + 12 * 60 * MIN_US


@pytest.mark.parametrize("place", [
    (AERODROME[0], AERODROME[1] - 0.1), (AERODROME[0] + 0.04, AERODROME[1]),
], ids=["7 km before it", "4 km beside it"])  # fmt: skip
def test_lost_on_the_way_to_an_aerodrome_is_none(place):
    assert told(detector(), *others(place), approach(ONE, place, LOW_US), until_min=400) == []


def test_lost_beyond_an_aerodrome_is_told():
    place = (AERODROME[0], AERODROME[1] + 0.12)
    assert [e.detail for e in told(detector(), *others(place), approach(ONE, place, LOW_US))] == ["lost_on_approach"]


@pytest.mark.parametrize(
    ("kn", "ends_ft", "place"), [(200.0, 450.0, FIELD), (65.0, 4000.0, FIELD)], ids=["fast", "high"]
)
def test_lost_fast_or_high_is_none(kn, ends_ft, place):
    parts = [*others(ft=ends_ft), approach(ONE, place, LOW_US, kn=kn, ends_ft=ends_ft)]
    assert told(detector(), *parts, until_min=300) == []


def test_low_and_level_then_lost_is_none():
    assert told(detector(), *others(), level(ONE, FIELD, 450.0, LOW_US, 15), until_min=300) == []


def test_a_suspected_strip_is_the_strongest_even_below_coverage():
    came = approach(ONE, STRIP, LOW_US)
    (lost,) = told(detector(), *others(STRIP, ft=3000.0), came)
    assert (lost.detail, lost.confidence) == ("suspected_strip", 0.5)
    assert "Old quarry" in lost.explanation
    assert lost.evidence["suspected_strip_remark"] == "seen from the road"
    (down,) = told(detector(), came, standing(ONE, STRIP, int(came.time_us[-1]) + 20_000_000, 20))
    assert (down.detail, down.confidence) == ("suspected_strip", 0.95)


@pytest.mark.parametrize(
    ("category", "detail"), [("A7", "helicopter"), ("B1", "landing"), ("B2", "landing"), ("B4", "landing")]
)
def test_craft_that_land_in_fields_are_recorded_with_low_confidence(category, detail):
    came = approach(ONE, FIELD, LOW_US)
    parts = [came, standing(ONE, FIELD, int(came.time_us[-1]) + 20_000_000, 20)]
    (event,) = told(detector(), *parts, statics=says(ONE, category))
    assert event.detail == detail
    assert event.confidence <= 0.25


@pytest.mark.parametrize("category", ["C1", "C2", "C3"])
def test_vehicles_and_obstacles_do_not_land(category):
    came = approach(ONE, FIELD, LOW_US)
    parts = [came, standing(ONE, FIELD, int(came.time_us[-1]) + 20_000_000, 20)]
    assert told(detector(), *parts, statics=says(ONE, category)) == []


def test_slow_climbing_and_sinking_is_a_helicopters_without_a_category():
    legs = [(600.0, 80.0, 0.0, 0.0), (120.0, 35.0, 0.0, -5.0), (60.0, 20.0, 0.0, -4.0)]
    came = flown(ONE, FIELD, 90.0, 1300.0, LOW_US, legs)
    place = (float(came.lat_deg[-1]), float(came.lon_deg[-1]))
    (event,) = told(detector(), came, standing(ONE, place, int(came.time_us[-1]) + 20_000_000, 20))
    assert event.detail == "helicopter"
    assert event.evidence["flies_like_helicopter"]


def test_standing_on_one_spot_is_a_landing_where_nothing_says_ground():
    came = approach(ONE, FIELD, LOW_US, ends_ft=350.0)
    stands = standing(ONE, FIELD, int(came.time_us[-1]) + 20_000_000, 10, kn=2.0).with_columns()
    stands = stands.with_columns(
        on_ground=np.zeros(len(stands), dtype=np.int8), altitude_ft=np.full(len(stands), 325.0, dtype=np.float32)
    )
    event = told(detector(), came, stands)[0]
    assert (event.evidence["seen"], event.confidence) == ("still", 0.6)
    high = stands.with_columns(altitude_ft=np.full(len(stands), 5000.0, dtype=np.float32))
    assert told(detector(), approach(ONE, FIELD, LOW_US, ends_ft=5000.0), high) == [], "a balloon or a hover"


def test_a_report_repeated_while_moving_is_silence():
    """OpenSky repeats the last state for minutes: she does not stand there."""
    came = approach(ONE, FIELD, LOW_US)
    last = came.take(slice(len(came) - 1, None))
    repeated = PositionBatch.concat([last.with_columns(time_us=last.time_us + k * 10_000_000) for k in range(1, 30)])
    (lost,) = told(detector(), *others(), came, repeated)
    assert lost.evidence["seen"] == "lost"
    assert lost.start_us == int(came.time_us[-1])


def test_touchdowns_at_aerodromes_tell_the_pressure():
    """Everybody's altitude is 700 ft too low today: the field seems below the sea until somebody lands nearby."""
    low = [
        part.with_columns(altitude_ft=part.altitude_ft - np.float32(700.0))
        for part in (*others(), approach(ONE, FIELD, LOW_US))
    ]
    (unknown,) = told(detector(), *low)
    landing = approach(ONE + 20, AERODROME, LOW_US - 20 * MIN_US, ends_ft=330.0)
    landing = landing.with_columns(altitude_ft=landing.altitude_ft - np.float32(700.0))
    down = standing(ONE + 20, AERODROME, int(landing.time_us[-1]) + 10_000_000, 5)
    (known,) = told(detector(), *low, landing, down)
    assert unknown.evidence["above_ground_ft"] == pytest.approx(-550, abs=40)
    assert known.evidence["above_ground_ft"] == pytest.approx(150, abs=60)
    assert known.evidence["uncertainty_ft"] < unknown.evidence["uncertainty_ft"]
    assert known.evidence["pressure_from_touchdowns"] == 1


def radiated(feet: float, kn: float, begun_us: int, minutes: float, seed: int = 3) -> PositionBatch:
    """A set under test on the ground: airborne reports of any height and speed from one spot, trembling by some metres."""
    rng, time_us = np.random.default_rng(seed), begun_us + np.arange(int(minutes * 12)) * 5_000_000
    n = len(time_us)
    return PositionBatch.of(
        time_us, np.full(n, icao24_craft(ONE)), FIELD[0] + rng.normal(0.0, 3e-5, n), FIELD[1] + rng.normal(0.0, 3e-5, n),
        speed_kn=kn, course_deg=90.0, altitude_ft=feet, vertical_rate_ftmin=0.0, on_ground=0,
    )  # fmt: skip


@pytest.mark.parametrize("feet", [600.0, 10_000.0, 35_000.0])
def test_heights_radiated_by_a_test_on_the_ground_are_no_flight(feet):
    """FAA SAFO 17002: tests of ADS-B sets at a workshop radiate simulated heights and speeds."""
    parts = [
        standing(ONE, FIELD, LOW_US, 5),
        radiated(feet, 250.0, LOW_US + 5 * MIN_US, 4),
        standing(ONE, FIELD, LOW_US + 9 * MIN_US, 5),
    ]
    assert told(detector(), *parts) == []


def test_heights_radiated_by_a_test_teach_no_pressure():
    came = approach(ONE + 20, AERODROME, LOW_US)
    tested = radiated(1_500.0, 200.0, LOW_US - 10 * MIN_US, 4)
    at_aerodrome = tested.with_columns(lat_deg=tested.lat_deg - FIELD[0] + AERODROME[0], lon_deg=tested.lon_deg - FIELD[1] + AERODROME[1])  # fmt: skip
    stands = standing(ONE, AERODROME, int(tested.time_us[-1]) + 5_000_000, 3)
    came = approach(ONE + 5, FIELD, LOW_US)
    down = standing(ONE + 5, FIELD, int(came.time_us[-1]) + 20_000_000, 20)
    (event,) = told(detector(), at_aerodrome, stands, came, down)
    assert event.evidence["pressure_from_touchdowns"] == 0


def test_a_low_pass_with_the_ground_flag_set_is_no_landing():
    """Sets without a squat switch call slow flight ground."""
    came = approach(ONE, FIELD, LOW_US, ends_ft=350.0, kn=95.0)
    over = standing(ONE, FIELD, int(came.time_us[-1]) + 5_000_000, 0.5, kn=95.0)
    over = over.with_columns(lon_deg=over.lon_deg + np.arange(len(over)) * 0.007)
    gone = flown(ONE, (FIELD[0], FIELD[1] + 0.03), 90.0, 400.0, int(over.time_us[-1]) + 5_000_000, [(600.0, 95.0, 0.0, 5.0)])  # fmt: skip
    assert told(detector(), came, over, gone) == []


def test_a_fast_touchdown_that_rolls_out_is_a_landing():
    came = approach(ONE, FIELD, LOW_US, kn=130.0)
    down_us = int(came.time_us[-1]) + 5_000_000
    rolling = standing(ONE, FIELD, down_us, 0.5, kn=120.0)
    rolling = rolling.with_columns(
        lon_deg=rolling.lon_deg + np.arange(len(rolling)) * 0.002,
        speed_kn=np.linspace(120.0, 60.0, len(rolling)).astype(np.float32),
    )
    at = (FIELD[0], float(rolling.lon_deg[-1]))
    (event,) = told(detector(), came, rolling, standing(ONE, at, down_us + MIN_US // 2 + 5_000_000, 10))
    assert (event.detail, event.evidence["seen"]) == ("landing", "ground")


def test_hovering_over_known_ground_is_no_landing():
    """A helicopter without a category hangs 700 ft above the ground, which is known within some 400; landings nearby have told the pressure."""
    landing = approach(ONE + 20, AERODROME, LOW_US - 20 * MIN_US, ends_ft=330.0)
    down = standing(ONE + 20, AERODROME, int(landing.time_us[-1]) + 10_000_000, 5)
    came = approach(ONE, FIELD, LOW_US, ends_ft=1000.0)
    hangs = standing(ONE, FIELD, int(came.time_us[-1]) + 20_000_000, 10, kn=4.0)
    hangs = hangs.with_columns(
        on_ground=np.zeros(len(hangs), dtype=np.int8), altitude_ft=np.full(len(hangs), 1000.0, dtype=np.float32)
    )
    assert told(detector(), landing, down, came, hangs) == []


def test_multilateration_noise_around_a_slow_flight_is_no_landing():
    rng = np.random.default_rng(4)
    flies = level(ONE, FIELD, 900.0, LOW_US, 40)
    n = len(flies)
    noisy = flies.with_columns(
        lat_deg=flies.lat_deg + rng.normal(0.0, 0.003, n), lon_deg=flies.lon_deg + rng.normal(0.0, 0.004, n),
        speed_kn=np.abs(rng.normal(60.0, 35.0, n)).astype(np.float32), altitude_ft=flies.altitude_ft + rng.choice([-75, 0, 75], n).astype(np.float32),
    )  # fmt: skip
    assert told(detector(), *others(), noisy) == []


def test_an_offshore_helideck_and_a_float_plane_at_sea_are_never_put_forward(monkeypatch):
    monkeypatch.setattr(Ground, "height", lambda *_: GroundHeight(0.0, 30.0, "sea"))
    for address, category in ((ONE, "A7"), (ONE + 1, "A1")):
        came = approach(address, FIELD, LOW_US)
        down = standing(address, FIELD, int(came.time_us[-1]) + 20_000_000, 20)
        (event,) = told(detector(), came, down, statics=says(address, category))
        assert event.confidence <= 0.25
