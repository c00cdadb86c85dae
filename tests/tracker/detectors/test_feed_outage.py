"""Feed outages: the source or the station fell silent, not the craft."""

import numpy as np

from tests.scenarios.traffic import HOUR_US, NORTH_SEA, START_US, context, run
from tests.tracker.detectors.test_gap import MIN_US, sailing
from tracker.detectors.base import Context
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.events import EventKind, EventState
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch

BASE = mmsi_craft(2_190_001)


def outages(rows, until_min=None, names=None):
    world = context()
    world = Context(world.places, names) if names else world
    until_us = None if until_min is None else START_US + int(until_min * MIN_US)
    return [
        e
        for e in run(SilenceDetector(SilenceConfig(), world), rows, until_us=until_us)
        if e.kind == EventKind.FEED_OUTAGE
    ]


def fleet(from_min, to_min, count=6, first=219_000_001, **more):
    return [
        sailing(mmsi_craft(first + k), from_min + 0.07 * k, to_min, lat=54.0 + 0.1 * k, **more) for k in range(count)
    ]


def joined(*parts):
    return PositionBatch.concat(parts).in_time_order()


def test_a_source_falls_silent_with_all_its_craft_and_comes_back():
    opened, closed = outages(joined(*fleet(0, 60), *fleet(100, 130)), names=lambda source: "coast")
    assert opened.craft == "source:coast"
    assert (opened.state, closed.state) == (EventState.OPEN, EventState.CLOSED)
    assert opened.start_us < START_US + 60 * MIN_US < opened.known_us < START_US + 66 * MIN_US
    assert closed.end_us == START_US + 100 * MIN_US
    assert closed.event_id == opened.event_id


def test_a_quiet_sea_left_by_one_ship_after_another_is_no_outage():
    parts = [sailing(mmsi_craft(219_000_001 + k), 0, 60 + 15 * k, lat=54.0 + 0.1 * k) for k in range(8)]
    assert outages(joined(*parts, *fleet(400, 430))) == []


def test_aircraft_parked_one_after_another_are_no_outage():
    """Transponders go off within seconds of one another, ten minutes after the flights that they belong to landed."""
    flights = [
        sailing(icao24_craft(0x400000 + k), 0, 60 + 0.2 * k, every_min=0.1, lat=54.0 + 0.1 * k, knots=knots,
                message_type=MESSAGE_TYPE_AIRBORNE, altitude_ft=100.0, on_ground=0)
        for k, knots in enumerate((0.0, 3.0, 0.0, 1.0))
    ]  # fmt: skip
    assert outages(joined(*flights), until_min=75) == []
    fast = [rows.with_columns(speed_kn=np.full(len(rows), 250.0)) for rows in flights]
    assert len(outages(joined(*fast), until_min=75)) == 1


def crossing(address, from_min, lat, stop_min=np.inf):
    """An airliner that flies due east from 0 degrees through a box that ends at 6 degrees east, heard until ``stop_min`` at most."""
    rows = sailing(icao24_craft(address), 0, 60, every_min=1 / 6, lat=lat, lon=0.0, knots=450.0,
                   message_type=MESSAGE_TYPE_AIRBORNE, altitude_ft=35_000.0, on_ground=0)  # fmt: skip
    at_us = rows.time_us + int(from_min * MIN_US)
    rows = rows.with_columns(time_us=at_us, received_us=at_us)
    return rows.take((rows.lon_deg < 6.0) & (at_us < START_US + stop_min * MIN_US))


def test_few_aircraft_that_leave_a_box_at_once_are_no_outage_and_stopped_within_it_they_are():
    before = [crossing(0x400000 + k, 15.0 * k, 44.4 + 0.3 * (k % 7)) for k in range(12)]
    after = crossing(0x400200, 290, 45.0)
    for stop_min, told in ((np.inf, 0), (212, 2)):
        last = [crossing(0x400100 + k, 195, 45.0 + 0.3 * k, stop_min) for k in range(3)]
        assert len(outages(joined(*before, *last, after), until_min=360)) == told


def test_few_aircraft_some_of_them_at_the_edge_stop_with_one_in_the_middle_of_the_reach():
    """At night three are aloft, two of them with nobody known ahead: that the third, far from any edge, stops at the same moment is no chance."""
    before = [crossing(0x400000 + k, 15.0 * k, 44.4 + 0.3 * (k % 7)) for k in range(12)]
    at_the_edge = [crossing(0x400100 + k, 195, 45.0 + 0.3 * k, 228) for k in range(2)]
    middle = crossing(0x400110, 210, 45.9, 228)
    after = crossing(0x400200, 290, 45.0)
    assert len(outages(joined(*before, *at_the_edge, middle, after), until_min=360)) == 2
    landing = middle.with_columns(altitude_ft=np.full(len(middle), 900.0, dtype=np.float32))
    assert outages(joined(*before, *at_the_edge, landing, after), until_min=360) == []


def test_the_end_of_the_data_is_no_outage():
    assert outages(joined(*fleet(0, 60))) == []


def test_a_base_station_alone_is_heartbeat_enough():
    beats = [sailing(BASE, a, b, every_min=1 / 6, knots=0.0, message_type=4) for a, b in ((0, 60), (90, 100))]
    opened, _ = outages(joined(*beats))
    assert START_US + 59 * MIN_US < opened.start_us <= START_US + 60 * MIN_US


def test_one_station_of_a_source_goes_out_while_the_others_hear_on():
    west = joined(*fleet(0, 60, station=b"west"), *fleet(150, 180, station=b"west"))
    east = joined(*fleet(0, 180, first=219_000_101, lon=8.0, station=b"east"))
    found = outages(joined(west, east), names=lambda source: "net")
    assert {event.craft for event in found} == {"source:net/west"}
    assert [event.state for event in found] == [EventState.OPEN, EventState.CLOSED]


def test_when_the_whole_source_is_out_its_stations_are_not_told_one_by_one():
    parts = [
        row
        for station, first in ((b"west", 219_000_001), (b"east", 219_000_101))
        for begin, end in ((0, 60), (100, 160))
        for row in fleet(begin, end, first=first, station=station)
    ]
    assert {event.craft for event in outages(joined(*parts))} == {"source:source-0"}


def test_a_source_that_loses_most_of_its_craft_at_once_is_thin():
    rows = joined(*fleet(0, 240, count=3), *fleet(0, 120, count=40, first=219_000_101))
    found = outages(rows)
    assert [(event.detail, event.state) for event in found][:1] == [("thin", EventState.OPEN)]


def test_an_archive_whose_trips_end_one_by_one_is_not_thin():
    trips = [sailing(mmsi_craft(219_000_101 + k), 0, 105 + k, lat=50.0 + 0.1 * k) for k in range(40)]
    assert outages(joined(*fleet(0, 240, count=3), *trips)) == []


def test_a_dead_feed_is_nobodys_dark_period_and_every_gap_in_it_says_so():
    rows = NORTH_SEA.rows(11)
    off_us = START_US + 14 * HOUR_US
    rows = rows.take((rows.time_us < off_us) | (rows.time_us > off_us + 3 * HOUR_US))
    events = run(SilenceDetector(SilenceConfig(), context()), rows)
    began_with_it = [
        e
        for e in events
        if e.kind == EventKind.GAP and off_us - 5 * MIN_US < e.start_us < off_us and e.state == "closed"
    ]
    assert len(began_with_it) > 5
    assert {e.cause for e in began_with_it} == {"feed_outage"}
    dark = [
        e for e in events if e.kind == EventKind.DARK_PERIOD and off_us - HOUR_US < e.start_us < off_us + 3 * HOUR_US
    ]
    assert dark == []


def test_a_receiver_without_a_name_that_dies_is_not_a_fleet_gone_dark():
    rows = NORTH_SEA.rows(12)
    rows = rows.with_columns(station=np.full(len(rows), b"", dtype="S16"))
    off_us = START_US + 14 * HOUR_US
    lost = (rows.lon_deg > 3.0) & (rows.time_us > off_us) & (rows.time_us < off_us + 3 * HOUR_US)
    events = run(SilenceDetector(SilenceConfig(), context()), rows.take(~lost))
    dark = {e.event_id for e in events if e.kind == EventKind.DARK_PERIOD and abs(e.start_us - off_us) < 10 * MIN_US}
    assert len(dark) <= 1
