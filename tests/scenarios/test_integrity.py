"""Stories of lies and of what only looks like one."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, TWO, Sea, legs, told
from tracker.detectors.base import Context
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder

OPEN_SEA = (55.0, 3.0)


def detector(config: IntegrityConfig | None = None, **places) -> IntegrityDetector:
    return IntegrityDetector(config or IntegrityConfig(), Context(Sea(**places)))


def seen(*tracks: PositionBatch, statics: StaticBatch | None = None, **places):
    """Events as they finally stand, by detail; the rows pass the track builder first."""
    rows = TrackBuilder().process_batch(PositionBatch.concat(tracks).in_time_order())
    final = {event.event_id: event for event in told(detector(**places), rows, statics=statics)}
    return {event.detail: event for event in final.values()}


def at(craft, minutes, lat, lon, **more) -> PositionBatch:
    time_us = START_US + (np.asarray(minutes, dtype=float) * MIN_US).astype(np.int64)
    more.setdefault("speed_kn", 10.0)
    return PositionBatch.of(
        time_us, craft, np.broadcast_to(lat, len(time_us)), np.broadcast_to(lon, len(time_us)), **more
    )


def names(craft, *said) -> StaticBatch:
    """Static reports (minute, name[, call sign[, imo]])."""
    time_us = START_US + np.array([one[0] for one in said]) * MIN_US
    return StaticBatch.from_columns(
        len(said), time_us=time_us, received_us=time_us, craft=craft, source=0, message_type=5,
        name=np.array([one[1] for one in said], dtype="S20"),
        call_sign=np.array([one[2] if len(one) > 2 else b"" for one in said], dtype="S8"),
        imo=np.array([one[3] if len(one) > 3 else 0 for one in said]),
    )  # fmt: skip


# Frozen.


def test_a_ship_under_way_on_the_spot_is_frozen_from_the_first_report_there_to_the_last():
    sailing = legs(ONE, OPEN_SEA, [(60, 12.0, 90.0)])
    stuck = at(ONE, np.arange(60, 180, 2), sailing.lat_deg[-1], sailing.lon_deg[-1], speed_kn=12.0)
    event = seen(sailing, stuck)["frozen_position"]
    assert event.start_us == sailing.time_us[-1]
    assert abs(event.end_us - stuck.time_us[-1]) <= 10 * MIN_US
    assert event.evidence["run_km"] > 35.0
    assert event.craft == "mmsi:219000001"


@pytest.mark.parametrize("speed_kn", [0.3, np.nan])
def test_a_ship_lying_still_or_saying_no_speed_is_not_frozen(speed_kn):
    assert seen(at(ONE, np.arange(0, 600, 2), *OPEN_SEA, speed_kn=speed_kn)) == {}


def test_a_ship_swinging_at_anchor_lies_about_nothing():
    minutes = np.arange(0, 48 * 60, 3)
    swing = 170.0 * np.sin(minutes / 60 / 12.4 * 2 * np.pi) + 15.0 * np.sin(minutes / 14.0)
    lat, lon = destination(*OPEN_SEA, swing, 0.2)
    rng = np.random.default_rng(1)
    assert seen(at(ONE, minutes, lat, lon, speed_kn=np.abs(rng.normal(0.2, 0.2, len(minutes))))) == {}


def test_an_aircraft_whose_feed_holds_a_position_for_a_minute_is_not_frozen_but_one_of_ten_minutes_is():
    plane = icao24_craft(0x4B1812)

    def held(seconds):
        time_s = np.arange(0, 1800, 5)
        at_s = np.where((time_s > 600) & (time_s < 600 + seconds), 600, time_s)
        lat, lon = destination(50.0, 8.0, 90.0, at_s * 0.23)
        return PositionBatch.of(START_US + time_s * 1_000_000, plane, lat, lon, speed_kn=447.0, course_deg=90.0,
            altitude_ft=36000.0, on_ground=0, message_type=MESSAGE_TYPE_AIRBORNE)  # fmt: skip

    assert seen(held(60)) == {}
    assert "frozen_position" in seen(held(600))


# Circles.


def ring(laps, radius_km, lap_min, said_kn, course=None):
    minutes = np.arange(0, laps * lap_min, 1.0)
    turned = 360.0 * minutes / lap_min
    lat, lon = destination(*OPEN_SEA, turned, radius_km)
    return at(ONE, minutes, lat, lon, speed_kn=said_kn, course_deg=(turned + 90.0) % 360 if course is None else course)


def test_a_ring_run_at_another_speed_than_reported_is_told_with_its_radius():
    run_kn = 2 * np.pi * 2.0 / 1.852 / 0.5
    event = seen(ring(5, 2.0, 30.0, run_kn / 3.0))["circle_pattern"]
    assert event.evidence["radius_km"] == pytest.approx(2.0, rel=0.05)
    assert event.evidence["run_over_reported"] == pytest.approx(3.0, rel=0.1)
    assert event.evidence["laps"] >= 2.0
    assert event.known_us < START_US + 6 * HOUR_US + 150 * MIN_US


def test_turning_circles_at_the_reported_speed_is_seamanship_and_a_course_elsewhere_is_not():
    run_kn = 2 * np.pi * 1.0 / 1.852 / 0.5
    assert seen(ring(6, 1.0, 30.0, run_kn)) == {}
    assert "circle_pattern" in seen(ring(6, 1.0, 30.0, run_kn, course=45.0))


def test_an_aircraft_going_round_belongs_to_another_detector():
    time_s = np.arange(0, 3600, 10)
    lat, lon = destination(50.0, 8.0, time_s * 1.5, 4.0)
    rows = PositionBatch.of(START_US + time_s * 1_000_000, icao24_craft(0x4B1812), lat, lon, speed_kn=90.0, course_deg=10.0,
        altitude_ft=3000.0, on_ground=0, message_type=MESSAGE_TYPE_AIRBORNE)  # fmt: skip
    assert seen(rows) == {}


# Several places under one identity.


def two_ships(apart_km, hours=6, second_from=0.0):
    one = legs(ONE, OPEN_SEA, [(hours * 60, 10.0, 90.0)])
    two = legs(ONE, tuple(float(v) for v in destination(*OPEN_SEA, 0.0, apart_km)), [(hours * 60, 8.0, 270.0)])
    two = two.with_columns(time_us=two.time_us + 37_000_000)
    return one, two.take(two.time_us > START_US + int(second_from * HOUR_US))


def test_two_ships_under_one_mmsi_are_one_event_and_no_jump():
    found = seen(*two_ships(80.0, hours=8))
    assert set(found) == {"shared_identity"}
    event = found["shared_identity"]
    assert 0.5 <= event.confidence < 0.9
    assert event.evidence["nearest_km"] >= 79.0


def test_names_that_differ_and_a_day_make_it_sure():
    said = [(k * 15 + (k % 2), (b"AMBER STAR", b"WILLOW DAWN")[k % 2]) for k in range(30)]
    surer = seen(*two_ships(80.0, hours=8), statics=names(ONE, *said))
    assert surer["shared_identity"].confidence > seen(*two_ships(80.0, hours=8))["shared_identity"].confidence
    assert "identity_change" not in surer
    assert seen(*two_ships(80.0, hours=30))["shared_identity"].confidence >= 0.9


def test_the_same_ship_stamped_half_an_hour_late_by_a_second_feed_is_no_second_ship():
    track = legs(ONE, OPEN_SEA, [(200, 16.0, 90.0), (200, 16.0, 30.0), (200, 16.0, 100.0)])
    late = track.take(slice(None, None, 3))
    late = late.with_columns(time_us=late.time_us + 30 * MIN_US + 11_000_000)
    assert seen(track, late) == {}


def test_single_foreign_positions_say_nothing():
    track = legs(ONE, OPEN_SEA, [(900, 12.0, 90.0)])
    rng = np.random.default_rng(2)
    flung = rng.random(len(track)) < 0.02
    lat = np.where(flung, track.lat_deg + rng.uniform(-5, 5, len(track)), track.lat_deg)
    assert seen(track.with_columns(lat_deg=lat)) == {}


def test_a_craft_that_jumps_three_times_and_stays_each_time_is_told_and_one_that_jumps_once_is_not():
    def jumps(count):
        legs_ = [
            at(ONE, np.arange(k * 60, k * 60 + 58, 2), 50.0 + 3.0 * (k % 2) + 0.5 * k, 3.0 + k)
            for k in range(count + 1)
        ]
        return seen(*[leg.with_columns(speed_kn=np.zeros(len(leg), np.float32)) for leg in legs_])

    assert "impossible_speed" not in jumps(1)
    event = jumps(4)["impossible_speed"]
    assert event.evidence["jumps"] >= 3
    assert event.evidence["implied_kn"] > 50.0


def test_places_that_can_be_reached_in_the_time_between_are_no_jumps():
    """Two places 300 km apart in turns, each after half a day in which nothing was heard."""
    stays = [
        at(ONE, np.arange(k * 720, k * 720 + 60, 2), 50.0 + 3.0 * (k % 2), 3.0, speed_kn=np.zeros(30, np.float32))
        for k in range(6)
    ]
    assert "impossible_speed" not in seen(*stays)


def test_many_ships_in_one_place_they_cannot_have_sailed_to_are_one_event():
    parts = []
    for k in range(7):
        craft = mmsi_craft(219_000_100 + k)
        parts.append(legs(craft, (54.0 + 0.3 * k, 2.0), [(120, 12.0, 90.0)]))
        parts.append(at(craft, np.arange(122, 300, 3) + k * 0.1, 60.0 + 0.01 * k, 28.0, speed_kn=0.0))
    rows = TrackBuilder().process_batch(PositionBatch.concat(parts).in_time_order())
    final = {event.event_id: event for event in told(detector(), rows)}
    (event,) = final.values()
    assert event.detail == "mass_displacement"
    assert event.evidence["craft_count"] >= 5


# Far inland.

CONTINENT = [(50.0, 20.0, 300.0)]


def test_a_ship_that_jumped_far_inland_is_told_and_one_first_heard_there_is_a_barge():
    at_sea = legs(ONE, OPEN_SEA, [(120, 12.0, 90.0)])
    inland = at(ONE, np.arange(122, 300, 2), 50.0, 20.0, speed_kn=1.0)
    event = seen(at_sea, inland, land=CONTINENT)["on_land"]
    assert event.evidence["jump_km"] > 1000.0
    assert event.start_us == inland.time_us[2] or event.start_us == inland.time_us[0]
    assert seen(inland, land=CONTINENT) == {}


def test_where_others_sail_there_is_a_river():
    barges = [
        at(mmsi_craft(211_000_001 + k), np.arange(0, 400, 5), 50.0, 20.0 + 0.005 * k, speed_kn=1.0) for k in range(3)
    ]
    at_sea = legs(ONE, OPEN_SEA, [(120, 12.0, 90.0)])
    inland = at(ONE, np.arange(122, 300, 2), 50.0, 20.0, speed_kn=1.0)
    assert "on_land" not in seen(*barges, at_sea, inland, land=CONTINENT)


def test_a_jump_into_a_harbour_that_the_mask_calls_land_is_not_on_land():
    at_sea = legs(ONE, OPEN_SEA, [(120, 12.0, 90.0)])
    harbour = at(ONE, np.arange(122, 300, 2), 50.0, 20.0, speed_kn=0.0)
    assert "on_land" not in seen(at_sea, harbour, land=[(50.0, 20.0, 15.0)])


# Papers.

UNDER_WAY = legs(ONE, OPEN_SEA, [(1200, 12.0, 90.0)])


def test_another_name_at_sea_counts_when_it_came_twice_and_call_signs_are_told_with_it():
    old, new = (b"AMBER STAR", b"OXAB2"), (b"WILLOW DAWN", b"V7CD3")
    said = names(ONE, (10, *old), (20, *old), (100, *new), (110, *new), (120, *new))
    event = seen(UNDER_WAY, statics=said)["identity_change"]
    assert event.start_us == START_US + 100 * MIN_US
    assert {one["attribute"] for one in event.evidence["changes"]} == {"name", "call_sign"}
    assert "AMBER STAR to WILLOW DAWN" in event.explanation


@pytest.mark.parametrize("said", [
    [(10, b"AMBER STAR"), (20, b"AMBER STAR"), (100, b"WILLOW DAWN"), (110, b"AMBER STAR"), (120, b"WILLOW DAWN")],
    [(10, b"AMBER STAR"), (20, b"AMBER STAR"), (100, b"AMBER STRA"), (110, b"AMBER STRA")],
    [(10, b"AMBER STAR"), (20, b"AMBER STAR"), (100, b"M/V AMBER STAR"), (110, b"M/V AMBER STAR")],
    [(10, b"AMBER STAR"), (20, b"AMBER STAR"), (100, b"AMBER ST"), (110, b"AMBER ST")],
    [(10, b"AMBER STAR"), (20, b"AMBER STAR"), (100, b"WILLOW DAWN"), (100, b"WILLOW DAWN"), (130, b"AMBER STAR")],
    [(100, b"WILLOW DAWN"), (110, b"WILLOW DAWN")],
])  # fmt: skip
def test_a_corrupt_name_a_typing_mistake_a_prefix_a_cut_and_a_first_name_are_no_change(said):
    assert seen(UNDER_WAY, statics=names(ONE, *said)) == {}


def test_a_new_name_alongside_is_no_news_and_an_old_one_that_returns_withdraws_the_change():
    said = names(ONE, *[(k, b"AMBER STAR" if k < 90 else b"WILLOW DAWN") for k in range(10, 200, 10)])
    moored = at(ONE, np.arange(0, 1200, 3), *OPEN_SEA, speed_kn=0.0)
    assert seen(moored, statics=said) == {}
    assert seen(UNDER_WAY, statics=said, ports=[OPEN_SEA, *[(55.0, 3.0 + 0.05 * k) for k in range(160)]]) == {}
    there_and_back = names(ONE, *[(k, b"WILLOW DAWN" if 90 < k < 140 else b"AMBER STAR") for k in range(10, 300, 10)])
    assert seen(UNDER_WAY, statics=there_and_back)["identity_change"].state == "retracted"


def test_an_imo_number_under_another_flag_is_the_same_ship_under_a_new_mmsi():
    danish, liberian = mmsi_craft(219_000_001), mmsi_craft(636_000_001)
    before = legs(danish, OPEN_SEA, [(200, 12.0, 90.0)])
    after = legs(liberian, (55.0, 4.5), [(300, 12.0, 90.0)])
    after = after.with_columns(time_us=after.time_us + 320 * MIN_US)
    said = StaticBatch.concat([
        names(danish, (10, b"AMBER STAR", b"OXAB2", 9074729), (20, b"AMBER STAR", b"OXAB2", 9074729)),
        names(liberian, (400, b"AMBER STAR", b"A8AB2", 9074729), (410, b"AMBER STAR", b"A8AB2", 9074729)),
    ])  # fmt: skip
    event = seen(before, after, statics=said)["identity_transfer"]
    assert (event.craft, event.other_craft) == ("mmsi:636000001", "mmsi:219000001")
    assert event.evidence["previous_craft"] == "mmsi:219000001"
    assert event.evidence["changed"] == ["mmsi", "flag", "call_sign"]
    assert "flag from DK to LR" in event.explanation


def test_a_wrong_check_digit_an_unassigned_mid_and_a_free_address_are_information_once():
    odd = mmsi_craft(299_000_001)
    said = names(
        ONE, (10, b"A", b"", 9074720), (20, b"A", b"", 9074720), (30, b"A", b"", 9074720), (40, b"A", b"", 9074720)
    )
    rows = [
        UNDER_WAY,
        legs(odd, OPEN_SEA, [(300, 10.0, 90.0)]),
        legs(icao24_craft(0xFFFFFF), OPEN_SEA, [(60, 300.0, 90.0)]),
    ]
    tracked = TrackBuilder().process_batch(PositionBatch.concat(rows).in_time_order())
    events = told(detector(), tracked, statics=said)
    assert sorted((event.craft, event.evidence["reason"]) for event in events) == [
        ("icao24:ffffff", "icao24"), ("mmsi:219000001", "imo"), ("mmsi:299000001", "mmsi"),
    ]  # fmt: skip
    assert {(event.detail, event.state, event.confidence) for event in events} == {("invalid_identity", "closed", 0.2)}


# Emergencies.


def squawking(code, seconds, positions_until=1800):
    plane = icao24_craft(0x4B1812)
    time_s = np.arange(0, positions_until, 5)
    lat, lon = destination(50.0, 8.0, 90.0, time_s * 0.2)
    rows = PositionBatch.of(START_US + time_s * 1_000_000, plane, lat, lon, speed_kn=390.0, on_ground=0,
        altitude_ft=30000.0, message_type=MESSAGE_TYPE_AIRBORNE)  # fmt: skip
    said_s = np.arange(0, 1800, 20)
    codes = np.where((said_s >= 600) & (said_s < 600 + seconds), code, b"4321")
    said = StaticBatch.from_columns(len(said_s), time_us=START_US + said_s * 1_000_000, received_us=START_US, craft=plane,
        source=0, message_type=101, squawk=codes)  # fmt: skip
    return rows, said


@pytest.mark.parametrize(("code", "cause"), [
    (b"7500", "unlawful_interference"), (b"7600", "no_communications"), (b"7700", "general"),
])  # fmt: skip
def test_an_emergency_code_kept_for_a_minute_is_told_and_ends_with_it(code, cause):
    rows, said = squawking(code, 600)
    event = seen(rows, statics=said)["emergency"]
    assert event.cause == cause
    assert (event.start_us - START_US) // 1_000_000 == 600
    assert (event.end_us - START_US) // 1_000_000 == 1180
    assert event.state == "closed"


def test_hijacking_is_graver_than_a_general_emergency_and_that_than_a_lost_radio():
    sure = [
        seen(rows, statics=said)["emergency"].confidence
        for rows, said in (squawking(c, 600) for c in (b"7500", b"7700", b"7600"))
    ]
    assert sure == sorted(sure, reverse=True) and len(set(sure)) == 3


def test_a_code_for_half_a_minute_or_without_a_fresh_position_is_nothing():
    rows, said = squawking(b"7700", 40)
    assert seen(rows, statics=said) == {}
    rows, said = squawking(b"7700", 600, positions_until=300)
    assert seen(rows, statics=said) == {}


def test_the_emergency_field_counts_like_the_squawk():
    rows, _ = squawking(b"4321", 0)
    time_s = (rows.time_us - START_US) // 1_000_000
    event = seen(rows.with_columns(emergency=np.where((time_s > 300) & (time_s < 900), 5, 0).astype(np.uint8)))[
        "emergency"
    ]
    assert event.cause == "unlawful_interference"


@pytest.mark.parametrize(("mmsi", "status", "found"), [
    (970_123_456, 14, "search_and_rescue"), (972_123_456, 14, "man_overboard"), (974_123_456, 14, "epirb"),
    (970_123_456, 15, None), (979_123_456, 14, None),
])  # fmt: skip
def test_distress_devices_count_when_active_and_not_under_test(mmsi, status, found):
    rows = at(mmsi_craft(mmsi), np.arange(0, 60, 1), *OPEN_SEA, nav_status=status, message_type=1)
    events = seen(rows)
    assert (events["emergency"].cause if events else None) == found


# Areas.


def aircraft(count, low_from_min, low, first=0):
    parts = []
    for k in range(count):
        minutes = np.arange(0, 120, 0.5)
        lat, lon = destination(50.0 + 0.05 * k, 8.0, 90.0, minutes * 0.4)
        nic = np.where((minutes >= low_from_min) & (minutes < 90) & (k < low), 0, 8)
        parts.append(at(icao24_craft(0x3C0000 + first + k), minutes, lat, lon, speed_kn=13.0, on_ground=0, altitude_ft=30000.0,
            nic=nic, message_type=MESSAGE_TYPE_AIRBORNE))  # fmt: skip
    return parts


def test_many_aircraft_of_an_area_losing_their_integrity_are_one_event_with_an_area():
    found = seen(*aircraft(12, 30, 8))
    assert set(found) == {"degraded_navigation"}
    event = found["degraded_navigation"]
    assert event.evidence["degraded_count"] == 8
    assert event.evidence["share"] == pytest.approx(8 / 12)
    assert event.evidence["area"]["radius_km"] < 100.0
    assert event.start_us == START_US + 30 * MIN_US
    assert event.state == "closed"


def test_one_bad_aircraft_and_transponders_that_never_were_good_are_nothing():
    assert seen(*aircraft(12, 30, 1)) == {}
    assert seen(*aircraft(12, 0, 8)) == {}


def test_a_lie_that_comes_and_goes_all_day_is_one_event_with_few_revisions():
    parts, minute = [], 0
    where = np.array(OPEN_SEA)
    for _ in range(8):
        parts.append(at(ONE, np.arange(minute, minute + 60, 2), *where, speed_kn=12.0))
        leg = legs(ONE, tuple(where), [(60, 12.0, 90.0)])
        parts.append(leg.with_columns(time_us=leg.time_us + (minute + 60) * MIN_US))
        where, minute = np.array([leg.lat_deg[-1], leg.lon_deg[-1]]), minute + 120
    events = told(detector(), TrackBuilder().process_batch(PositionBatch.concat(parts).in_time_order()))
    assert len({event.event_id for event in events}) == 1
    assert len(events) <= 4


def test_two_ships_with_two_numbers_are_nobodys_lie():
    assert seen(legs(ONE, OPEN_SEA, [(600, 12.0, 90.0)]), legs(TWO, (55.5, 3.0), [(600, 9.0, 200.0)])) == {}
