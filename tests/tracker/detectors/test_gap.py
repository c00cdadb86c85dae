"""Gaps: silence between two reports of one transmitter, always with a cause."""

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.traffic import HOUR_US, START_US, context, run
from tracker.detectors.silence import GFW, SilenceConfig, SilenceDetector
from tracker.events import EventKind, EventState
from tracker.identity import icao24_craft, mmsi_craft, with_segment
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch

MIN_US = 60_000_000
SHIP = mmsi_craft(219_000_001)


def sailing(craft, from_min, to_min, every_min=1.0, knots=12.0, lat=55.0, lon=3.0, course=90.0, **more):
    minutes = np.arange(from_min, to_min, every_min)
    at_lat, at_lon = destination(lat, lon, course, knots * 1.852 * minutes / 60.0)
    return PositionBatch.of(
        START_US + (minutes * MIN_US).astype(np.int64), np.full(len(minutes), craft), at_lat, at_lon,
        speed_kn=knots, course_deg=course, **more,
    )  # fmt: skip


def events_of(*parts, kind=EventKind.GAP, until_min=None, world=None, config=None):
    rows = PositionBatch.concat(parts).in_time_order()
    detector = SilenceDetector(config or SilenceConfig(), world or context())
    until_us = None if until_min is None else START_US + int(until_min * MIN_US)
    return [event for event in run(detector, rows, until_us=until_us) if event.kind == kind]


def test_a_gap_opens_after_an_hour_and_closes_when_she_is_heard_again():
    opened, closed = events_of(sailing(SHIP, 0, 60), sailing(SHIP, 200, 210))
    assert (opened.state, closed.state) == (EventState.OPEN, EventState.CLOSED)
    assert opened.event_id == closed.event_id
    assert closed.revision == 2
    assert opened.start_us == START_US + 59 * MIN_US
    assert closed.end_us == START_US + 200 * MIN_US
    assert 0 <= opened.known_us - (opened.start_us + HOUR_US) <= MIN_US
    assert closed.evidence["duration_h"] == pytest.approx(141 / 60, abs=1e-3)
    assert closed.evidence["distance_km"] == pytest.approx(12 * 1.852 * 141 / 60, rel=1e-3)
    assert closed.evidence["implied_speed_kn"] == pytest.approx(12.0, rel=1e-2)


def test_a_gap_always_has_a_cause_and_a_lone_ship_teaches_nothing():
    for event in events_of(sailing(SHIP, 0, 60), sailing(SHIP, 200, 210)):
        assert event.cause in {"unknown", "left_coverage"}


def test_a_silence_under_an_hour_is_no_gap():
    assert events_of(sailing(SHIP, 0, 60), sailing(SHIP, 115, 120)) == []


def test_the_gfw_profile_asks_for_twelve_hours_and_leaves_the_gap_open_until_she_is_heard():
    def hours(silent_h):
        return events_of(sailing(SHIP, 0, 60), sailing(SHIP, 60 * (1 + silent_h), 60 * (1 + silent_h) + 10), config=GFW)

    assert hours(11) == []
    opened, closed = hours(13)
    assert (opened.state, closed.state) == (EventState.OPEN, EventState.CLOSED)
    assert 12 * HOUR_US <= opened.known_us - opened.start_us <= 12 * HOUR_US + MIN_US


def test_the_end_of_the_data_is_no_gap():
    assert events_of(sailing(SHIP, 0, 60)) == []


def test_a_silence_over_only_within_its_last_minute_is_told_once_and_closed():
    (event,) = events_of(sailing(SHIP, 0, 1), sailing(SHIP, 60.2, 70))
    assert (event.state, event.revision) == (EventState.CLOSED, 1)


def test_two_transmitters_under_one_identity_make_no_gap_of_each_other():
    one = sailing(SHIP, 0, 60)
    other = sailing(SHIP, 61, 200, lat=10.0, segment=np.full(139, with_segment(SHIP, 1)))
    gaps = events_of(one, other)
    assert [event.start_us for event in gaps] == [START_US + 59 * MIN_US]


def test_heard_without_a_position_ends_a_silence_and_moves_nothing():
    heard = PositionBatch.of([START_US + 100 * MIN_US], [SHIP], [np.nan], [np.nan])
    assert events_of(sailing(SHIP, 0, 60), heard, sailing(SHIP, 150, 160)) == []
    opened, closed = events_of(sailing(SHIP, 0, 60), heard, until_min=170)[0], None
    assert opened.start_us == START_US + 100 * MIN_US
    assert opened.evidence["position_age_s"] == pytest.approx(41 * 60)
    assert closed is None


@pytest.mark.parametrize("mmsi", [2_190_001, 992_191_234, 970_123_456, 111_219_001, 802_191_234])
def test_stations_aids_and_devices_make_no_gaps(mmsi):
    assert events_of(sailing(mmsi_craft(mmsi), 0, 60), sailing(SHIP, 0, 300), until_min=290) == []


def test_a_ship_moored_by_a_port_is_in_port():
    moored = sailing(SHIP, 0, 60, knots=0.0, nav_status=5)
    gaps = events_of(
        moored, sailing(mmsi_craft(219_000_002), 0, 300), until_min=290, world=context(ports=[(55.0, 3.05)])
    )
    assert [event.cause for event in gaps] == ["in_port"]


def test_a_ship_heading_into_a_port_is_in_port():
    gaps = events_of(
        sailing(SHIP, 0, 60),
        sailing(mmsi_craft(219_000_002), 0, 300),
        until_min=290,
        world=context(ports=[(55.0, 3.36)]),
    )
    assert [event.cause for event in gaps] == ["in_port"]


def flight(from_min, to_min, altitude_ft, knots=430.0, **more):
    return sailing(
        icao24_craft(0x4B1812), from_min, to_min, every_min=0.1, knots=knots, altitude_ft=altitude_ft,
        message_type=MESSAGE_TYPE_AIRBORNE, **more,
    )  # fmt: skip


OTHER_FLIGHT = sailing(
    icao24_craft(0x4B1899), 0, 120, every_min=0.5, knots=400.0, altitude_ft=30_000.0, lat=60.0, message_type=101
)


def test_an_aircraft_lost_low_near_an_airport_is_in_port():
    gaps = events_of(
        flight(0, 10, 2500.0, knots=150.0), OTHER_FLIGHT, until_min=60, world=context(airports=[(55.0, 3.8)])
    )
    assert [event.cause for event in gaps] == ["in_port"]


def test_an_aircraft_lost_low_far_from_any_airport_has_left_coverage():
    gaps = events_of(flight(0, 10, 2500.0), OTHER_FLIGHT, until_min=60)
    assert [event.cause for event in gaps] == ["left_coverage"]


def test_an_aircraft_on_the_ground_makes_no_gap():
    assert events_of(flight(0, 10, 100.0, knots=10.0, on_ground=1), OTHER_FLIGHT, until_min=60) == []


def test_a_landed_aircraft_that_gives_a_cruise_altitude_is_in_port():
    gaps = events_of(
        flight(0, 10, 36_000.0, knots=130.0), OTHER_FLIGHT, until_min=60, world=context(airports=[(55.0, 3.8)])
    )
    assert [event.cause for event in gaps] == ["in_port"]


def test_craft_silent_for_a_week_are_forgotten_and_their_gap_stays_open():
    config = SilenceConfig()
    detector = SilenceDetector(config, context())
    rows = PositionBatch.concat(
        [sailing(SHIP, 0, 60), sailing(mmsi_craft(219_000_002), 0, 8 * 1440, every_min=5.0)]
    ).in_time_order()
    events = [event for event in run(detector, rows) if event.craft == "mmsi:219000001"]
    assert {event.state for event in events} == {EventState.OPEN}
    assert len(detector._memory.craft) == 1
    assert detector._gaps == {}


def test_thresholds_outside_their_bounds_are_refused():
    with pytest.raises(ValueError, match="dark_max_probability"):
        SilenceConfig(dark_max_probability=0.9)
    with pytest.raises(ValueError, match="two ticks"):
        SilenceConfig(tick_s=1000.0)
