"""Stories of coming, staying and leaving: one event for each visit, and none for a wobble at the edge."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, Sea, legs, said, told, turned
from tracker.detectors.base import Context
from tracker.detectors.zone import ZoneConfig, ZoneDetector
from tracker.geography.zones import zones_from
from tracker.identity import icao24_craft, mmsi_craft, with_segment
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch

WEST, EAST = (55.0, 1.5), (55.0, 3.5)


def detector(west=2.0, east=3.0, config=None, zones=None, **properties) -> ZoneDetector:
    ring = [[west, 54.5], [east, 54.5], [east, 55.5], [west, 55.5], [west, 54.5]]
    given = {
        "type": "Feature",
        "properties": {"name": "Bank", "zone_id": "bank", **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    areas = zones_from(given, "story") if zones is None else zones
    return ZoneDetector(config or ZoneConfig(), Context(Sea(), zones=areas))


def at(lon, minutes, craft=ONE, lat=55.0, **more) -> PositionBatch:
    """Reports at given longitudes and minutes."""
    time_us = START_US + (np.asarray(minutes) * MIN_US).astype(np.int64)
    return PositionBatch.of(time_us, craft, lat, lon, **more)


def test_a_ship_passing_through_is_told_when_she_comes_and_when_she_goes():
    track = legs(ONE, WEST, [(600, 12.0, 90.0)])
    opened, closed = told(detector(), track, statics=said((ONE, 70, b"SEA TRADER")))
    assert (opened.state, opened.detail, closed.state, closed.detail) == ("open", "inside", "closed", "inside")
    assert opened.event_id == closed.event_id
    inside = (track.lon_deg >= 2.0) & (track.lon_deg <= 3.0)
    assert (opened.start_us, closed.end_us) == (track.time_us[inside][0], track.time_us[inside][-1])
    assert opened.known_us == track.time_us[inside][1]
    assert closed.known_us == track.time_us[track.lon_deg > 3.0][1]
    assert opened.explanation == "SEA TRADER (mmsi:219000001) entered Bank on 14 Nov 23:43 UTC at 12.0 kn."
    assert closed.explanation.endswith("and left it.")
    assert closed.evidence["positions"] == inside.sum()
    assert closed.evidence["farthest_from_edge_km"] == pytest.approx(31.0, abs=1.5)
    assert closed.evidence["ended_by"] == "crossing"


def test_a_single_report_inside_is_no_visit_and_a_single_one_outside_ends_none():
    assert told(detector(), at([1.9, 2.1, 1.9, 1.8], [0, 10, 20, 30])) == []
    opened, closed = told(detector(), at([1.9, 2.1, 2.2, 1.5, 2.3, 2.4, 3.2, 3.3], np.arange(8) * 10))
    assert closed.event_id == opened.event_id
    assert closed.end_us == START_US + 50 * MIN_US


def test_a_ship_at_anchor_on_the_edge_makes_one_visit():
    rng = np.random.default_rng(1)
    lying = 2.0 + rng.normal(0.0, 0.002, 600)
    lons = np.concatenate([[1.8, 1.9], lying, [2.2, 2.4]])
    track = at(lons, np.arange(len(lons)) * 2.0)
    assert len({event.event_id for event in told(detector(), track)}) == 1
    hasty = ZoneConfig(leave_km=0.0, edge_min=0.0)
    assert len({event.event_id for event in told(detector(config=hasty), track)}) > 50


def test_one_who_lies_just_out_of_the_edge_has_left_after_half_an_hour():
    lons = [1.9, 2.1, 2.1, *[1.999] * 40]
    _, closed = told(detector(), at(lons, np.arange(len(lons)) * 2.0))
    assert closed.end_us == START_US + 4 * MIN_US
    assert closed.known_us == START_US + 36 * MIN_US


def test_one_heard_inside_first_is_found_inside_and_so_is_one_after_a_long_silence():
    (found,) = told(detector(), at([2.5, 2.5], [0, 5]), after_h=1.0)
    assert found.detail == "found_inside"
    (late,) = told(detector(), at([1.9, 2.5, 2.5], [0, 420, 425]), after_h=1.0)
    assert late.detail == "found_inside"
    assert late.evidence["heard_before"] is None
    (soon,) = told(detector(), at([1.9, 2.5, 2.5], [0, 300, 305]), after_h=1.0)
    assert soon.detail == "inside"


def test_silence_ends_a_visit_at_her_last_report_and_a_later_one_is_another_visit():
    opened, closed, again, over = told(detector(), at([1.9, 2.1, 2.2, 2.2, 2.3], [0, 10, 20, 600, 610]), after_h=7.0)
    assert (closed.end_us, closed.known_us) == (START_US + 20 * MIN_US, START_US + 20 * MIN_US + 6 * HOUR_US)
    assert closed.evidence["ended_by"] == "silence"
    assert closed.explanation.endswith("and was then heard no more.")
    assert again.event_id != opened.event_id
    assert over.event_id == again.event_id


def test_coming_back_is_another_visit():
    lons = [1.9, 2.1, 2.2, 1.8, 1.7, 2.1, 2.2]
    events = told(detector(), at(lons, np.arange(len(lons)) * 10), after_h=1.0)
    assert [event.state for event in events] == ["open", "closed", "open"]
    assert len({event.event_id for event in events}) == 2


def test_leaving_a_zone_of_sense_outside_is_the_event_and_coming_back_ends_it():
    lons = [2.5, 2.6, 2.9, 3.2, 3.4, 3.2, 2.9, 2.8]
    opened, closed = told(detector(sense="outside"), at(lons, np.arange(8) * 10))
    assert (opened.detail, opened.start_us, opened.known_us) == (
        "outside",
        START_US + 30 * MIN_US,
        START_US + 40 * MIN_US,
    )
    assert (closed.end_us, closed.known_us) == (START_US + 50 * MIN_US, START_US + 70 * MIN_US)
    assert "left Bank" in opened.explanation
    assert "came back" in closed.explanation


def test_one_who_never_was_inside_has_not_left():
    assert told(detector(sense="outside"), legs(ONE, EAST, [(600, 12.0, 90.0)])) == []


def airliner(altitude_ft, **more) -> PositionBatch:
    lons = np.arange(1.5, 3.5, 0.02)
    minutes = np.arange(len(lons)) / 6.0
    return at(
        lons, minutes, icao24_craft(0x4B1812), altitude_ft=altitude_ft, message_type=MESSAGE_TYPE_AIRBORNE, **more
    )


def test_zones_apply_to_sea_or_air():
    ship = legs(ONE, WEST, [(600, 12.0, 90.0)])
    for applies_to, crafts in (("sea", {"mmsi"}), ("air", {"icao24"}), ("both", {"mmsi", "icao24"})):
        events = told(detector(applies_to=applies_to), ship, airliner(30_000.0))
        assert {event.craft.split(":")[0] for event in events} == crafts


def test_altitudes_bound_a_zone():
    low = {"max_altitude_ft": 10_000}
    assert told(detector(**low), airliner(30_000.0)) == []
    assert len(told(detector(**low), airliner(9_000.0))) == 2
    assert told(detector(**low), airliner(np.nan)) == []
    assert len(told(detector(**low), airliner(np.nan, on_ground=1))) == 2
    assert told(detector(min_altitude_ft=1_000), legs(ONE, WEST, [(600, 12.0, 90.0)])) == []
    climbing = np.linspace(9_000.0, 12_000.0, 100)
    opened, closed = told(detector(west=0.0, east=5.0, **low), airliner(climbing))
    assert opened.detail == "found_inside"
    assert closed.evidence["ended_by"] == "crossing"
    noisy = 10_000.0 + 100.0 * np.sin(np.arange(100))
    assert len(told(detector(west=0.0, east=5.0, **low), airliner(noisy))) == 2


def test_stations_on_shore_and_rows_without_position_visit_nothing():
    base = at(np.full(10, 2.5), np.arange(10), mmsi_craft(2_191_000))
    heard = at(np.full(10, np.nan), np.arange(10), lat=np.nan)
    assert told(detector(), base, heard) == []


def test_two_transmitters_of_one_mmsi_are_two_visits():
    track = at([1.9, 2.1, 2.2, 2.3], [0, 10, 20, 30])
    other = track.with_columns(segment=with_segment(track.craft, 1), lat_deg=track.lat_deg + 0.1)
    events = told(detector(), track, other, after_h=1.0)
    assert sorted(event.evidence["segment"] for event in events) == [0, 1]
    assert len({event.event_id for event in events}) == 2


def test_overlapping_zones_are_visited_one_by_one():
    def box(name, west, east):
        ring = [[west, 54.0], [east, 54.0], [east, 56.0], [west, 56.0], [west, 54.0]]
        return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    areas = zones_from({"type": "FeatureCollection", "features": [box("b", 2.0, 3.0), box("a", 2.5, 3.2)]}, "story")
    events = told(detector(zones=areas), legs(ONE, WEST, [(600, 12.0, 90.0)]))
    assert [(event.evidence["zone_id"], str(event.state)) for event in events] == [
        ("b", "open"),
        ("a", "open"),
        ("b", "closed"),
        ("a", "closed"),
    ]


@pytest.mark.parametrize("turn_deg", [177.5, -90.0])
def test_a_visit_across_the_antimeridian_is_told_the_same(turn_deg):
    here = told(detector(), legs(ONE, WEST, [(600, 12.0, 90.0)]))
    ring_west, ring_east = 2.0 + turn_deg, 3.0 + turn_deg
    there = told(detector(west=ring_west, east=ring_east), turned(legs(ONE, WEST, [(600, 12.0, 90.0)]), turn_deg))
    assert [(e.event_id, e.known_us) for e in there] == [(e.event_id, e.known_us) for e in here]


def test_without_zones_there_is_neither_event_nor_state():
    idle = ZoneDetector(ZoneConfig(), Context(Sea()))
    before = idle.snapshot()
    assert told(idle, legs(ONE, WEST, [(600, 12.0, 90.0)]), statics=said((ONE, 70, b"X"))) == []
    assert idle.snapshot() == before


def test_visits_go_on_when_the_file_of_zones_has_grown():
    ring = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    new = {
        "type": "Feature",
        "properties": {"name": "a new one"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    first = detector()
    assert len(told(first, at([1.9, 2.1, 2.2], [0, 10, 20]), after_h=0.0, every_min=20)) == 1
    bank = {
        "type": "Feature",
        "properties": {"name": "Bank", "zone_id": "bank"},
        "geometry": {"type": "Polygon", "coordinates": [[[2, 54.5], [3, 54.5], [3, 55.5], [2, 55.5], [2, 54.5]]]},
    }
    second = detector(zones=zones_from({"type": "FeatureCollection", "features": [new, bank]}, "story"))
    second.restore(first.snapshot())
    (closed,) = told(second, at([3.1, 3.2], [30, 40]), after_h=0.0, every_min=10)
    assert (closed.state, closed.evidence["zone_id"]) == ("closed", "bank")
