"""Profile ``gfw``: one test for each number and rule that Global Fishing Watch publishes, just inside and just outside it.

Sources: GFW_technical_documentation (Encounters, Loitering, Gaps), pipe-encounters, pipe-loitering, AIS-disabling-high-seas. What is
deliberately different stands in docs/events. The settings are those of ``tidewaiter replay --profile gfw``.
"""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from streams.errors import SnapshotError
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, TWO, context, said, told
from tracker.detectors.encounter import EncounterDetector
from tracker.detectors.loitering import LoiteringDetector
from tracker.detectors.silence import SilenceDetector
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.settings import load_settings

SETTINGS = load_settings(profile="gfw")
CLOCK_US = 1_700_002_800_000_000
"""A full hour, 23:00 UTC: everything here goes across midnight."""
HOME = (50.0, -20.0)
DAY_US = 24 * HOUR_US


def track(craft, minutes, lat, lon, **more):
    time_us = CLOCK_US + (np.asarray(minutes) * MIN_US).astype(np.int64)
    return PositionBatch.of(time_us, craft, lat, lon, **more)


def pair(*together, away_m=200.0, knots=0.0, every_min=1.0, until_min=900.0):
    """ONE drifts north; TWO is beside her from one minute to another, and 5 km off before, between and after."""
    minutes = np.arange(-60.0, until_min, every_min)
    lat, lon = destination(*HOME, 0.0, knots * 1.852 * minutes / 60.0)
    near = np.zeros(len(minutes), dtype=np.bool_)
    for first, last in together:
        near |= (minutes >= first) & (minutes <= last)
    other = destination(lat, lon, 90.0, np.where(near, away_m / 1000.0, 5.0))
    return track(ONE, minutes, lat, lon), track(TWO, minutes, *other)


def encounters(*tracks, statics=None, **places):
    detector = EncounterDetector(SETTINGS["encounter"], context(**places))
    closed = [event for event in told(detector, *tracks, statics=statics) if event.state == "closed"]
    return [((event.start_us - CLOCK_US) // MIN_US, (event.end_us - CLOCK_US) // MIN_US) for event in closed]


@pytest.mark.parametrize(("away_m", "met"), [(495.0, True), (505.0, False)])
def test_an_encounter_is_within_500_metres(away_m, met):
    assert encounters(*pair((0, 180), away_m=away_m)) == ([(0, 180)] if met else [])


@pytest.mark.parametrize(("minutes", "met"), [(120, True), (119, False)])
def test_an_encounter_lasts_two_hours(minutes, met):
    assert encounters(*pair((0, minutes))) == ([(0, minutes)] if met else [])


@pytest.mark.parametrize(("knots", "met"), [(1.95, True), (2.05, False)])
def test_the_median_speed_of_an_encounter_is_below_2_knots(knots, met):
    assert len(encounters(*pair((0, 180), knots=knots))) == met


def test_a_fast_hour_within_a_slow_encounter_does_not_matter():
    minutes = np.arange(-60.0, 400.0)
    lat = destination(*HOME, 0.0, np.clip(minutes - 60.0, 0.0, 60.0) * 6.0 * 1.852 / 60.0)[0]
    other = destination(lat, HOME[1], 90.0, np.where((minutes >= 0) & (minutes <= 180), 0.2, 5.0))
    assert encounters(track(ONE, minutes, lat, HOME[1]), track(TWO, minutes, *other)) == [(0, 180)]


@pytest.mark.parametrize(("port_km", "met"), [(10.5, True), (9.5, False)])
def test_an_encounter_is_10_kilometres_from_a_port(port_km, met):
    port = tuple(float(v) for v in destination(*HOME, 270.0, port_km))
    assert len(encounters(*pair((0, 180)), ports=[port])) == met


@pytest.mark.parametrize("ship_type", [30, 70])
def test_an_encounter_on_land_is_none_and_close_to_it_is_one(ship_type):
    statics = said((ONE, ship_type, b"A"), (TWO, ship_type, b"B"))
    assert encounters(*pair((0, 180)), statics=statics, land=[(*HOME, 1.0)]) == []
    assert len(encounters(*pair((0, 180)), statics=statics, land=[(50.0, -20.1, 5.0)])) == 1


def test_encounters_are_counted_on_a_grid_of_10_minutes():
    assert encounters(*pair((-9, 129))) == [(0, 120)]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([(0, 60), (120, 180)], [(0, 180)]),
        ([(0, 59), (120, 180)], []),
        ([(0, 120), (180, 230)], [(0, 120)]),
        ([(0, 50), (70, 120), (140, 190)], []),
    ],
)
def test_parts_of_an_hour_without_a_pause_are_joined_and_shorter_ones_do_not_count(parts, found):
    assert encounters(*pair(*parts)) == found


@pytest.mark.parametrize(("pause", "found"), [(230, [(0, 410)]), (240, [(0, 120), (360, 480)])])
def test_encounters_less_than_4_hours_apart_are_one(pause, found):
    second = 60 if pause == 230 else 120
    assert encounters(*pair((0, 120), (120 + pause, 120 + pause + second))) == found


def test_a_part_begun_in_time_is_joined_though_its_hour_is_full_later():
    assert encounters(*pair((0, 60), (290, 350))) == [(0, 350)]
    assert encounters(*pair((0, 120), (350, 400))) == [(0, 120)]


def test_an_encounter_goes_across_midnight_as_one():
    """GFW computes day by day and knows a blind spot around midnight; here it is one run."""
    (found,) = encounters(*pair((0, 120)))
    first_us, last_us = (CLOCK_US + minute * MIN_US for minute in found)
    assert first_us // DAY_US < last_us // DAY_US
    assert found == (0, 120)


@pytest.mark.parametrize(("every_min", "met"), [(59.0, True), (61.0, False)])
def test_positions_are_interpolated_across_an_hour(every_min, met):
    one, two = pair((-1000, 1000), every_min=every_min)
    assert encounters(one, two) == ([(-50, 880)] if met else [])


@pytest.mark.parametrize("ship_type", [30, 31, 50, 52, 36, 37, 70])
def test_any_two_vessels_meet_whatever_they_are_and_whoever_is_around(ship_type):
    statics = said((ONE, ship_type, b"A"), (TWO, ship_type, b"B"))
    crowd = [
        track(mmsi_craft(219_000_010 + n), np.arange(-60, 300), *destination(*HOME, 60.0 * n, 1.5)) for n in range(6)
    ]
    assert encounters(*pair((0, 180)), *crowd, statics=statics) == [(0, 180)]


def test_nothing_under_way_is_an_encounter():
    assert encounters(*pair((0, 300), away_m=150.0, knots=8.0)) == []


NM_KM = 1.852


def passage(*hours_kn, minutes=(), every_min=10.0, course=90.0):
    """A ship making so many knots in each clock hour, at 12 kn before and after; the last report of an hour is at its end less one step."""
    speeds = np.array([12.0, 12.0, *hours_kn, 12.0, 12.0])
    at_min = np.arange(-120.0, 60.0 * (len(speeds) - 2), every_min)
    edges_min = 60.0 * (np.arange(len(speeds) + 1) - 2)
    gone_km = np.interp(at_min, edges_min, np.concatenate([[0.0], np.cumsum(speeds * NM_KM)]) - 24.0 * NM_KM)
    return track(ONE, at_min, *destination(*HOME, course, gone_km))


def loiter_events(*tracks, statics=None, after_h=14.0, **places):
    return told(LoiteringDetector(SETTINGS["loitering"], context(**places)), *tracks, statics=statics, after_h=after_h)


def loiterings(*tracks, **more):
    """Minutes from start to end of what is told and stands."""
    closed = [event for event in loiter_events(*tracks, **more) if event.state == "closed"]
    return [((event.start_us - CLOCK_US) // MIN_US, (event.end_us - CLOCK_US) // MIN_US) for event in closed]


def coast(nautical_miles):
    """Land north of HOME: a round island of 50 km with its shore so far off."""
    return [(*(float(v) for v in destination(*HOME, 0.0, 50.0 + nautical_miles * NM_KM)), 50.0)]


def adrift(hours, from_nm, to_nm):
    """A ship that comes from the south, drifts along the meridian, and leaves to the south; places relative to HOME, north is positive."""
    at_min = np.arange(-120.0, 60.0 * hours + 180.0, 10.0)
    north_nm = np.interp(at_min, [-120, 0, 60 * hours, 60 * hours + 180], [from_nm - 24, from_nm, to_nm, to_nm - 36])
    return track(ONE, at_min, *destination(*HOME, 0.0, north_nm * NM_KM))


@pytest.mark.parametrize(("knots", "found"), [(1.98, True), (2.02, False)])
def test_an_hour_is_slow_below_2_knots(knots, found):
    # the first way of an hour begins in the hour before, at 12 kn: reports at the full hour make it one of this hour's speed
    hours = passage(*[knots] * 6, every_min=60.0)
    assert (loiterings(hours) != []) == found


def test_the_speed_of_an_hour_is_its_mean():
    """Way over time: ten minutes at 9 kn in an hour else at rest are 1.5 kn, and a report that says 9 kn is nothing."""
    at_min = np.arange(-120.0, 480.0, 1.0)
    in_hour = np.mod(at_min, 60.0)
    slow = (at_min >= 0) & (at_min < 360)

    def rushing(knots):
        speed = np.where(slow, np.where((in_hour >= 20) & (in_hour < 30), knots, 0.0), 12.0)
        gone_km = np.concatenate([[0.0], np.cumsum(speed * NM_KM / 60.0)[:-1]])
        return track(ONE, at_min, *destination(*HOME, 90.0, gone_km), speed_kn=speed)

    assert loiterings(rushing(9.0)) == [(-1, 359)]
    assert loiterings(rushing(13.0)) == []


@pytest.mark.parametrize("ship_type", [30, 70])
@pytest.mark.parametrize(("last_min", "found"), [(290, [(50, 290)]), (286, [])])
def test_loitering_lasts_4_hours(last_min, found, ship_type):
    """From the last position before the first slow hour to the last one of the last."""
    rows = passage(*[1.0] * 5)
    last = rows.time_us == CLOCK_US + 290 * MIN_US
    rows = rows.with_columns(time_us=np.where(last, CLOCK_US + last_min * MIN_US, rows.time_us))
    assert loiterings(rows, statics=said((ONE, ship_type, b"ANY"))) == found


def test_slow_hours_follow_one_another():
    assert loiterings(passage(*[1.0] * 6, 6.0, *[1.0] * 6)) == [(50, 350), (410, 770)]
    assert loiterings(passage(1.0, 1.0, 1.0, 6.0, 1.0, 1.0, 1.0)) == []


def test_an_hour_without_a_position_is_left_out():
    rows = passage(*[1.0] * 6)
    hidden = (rows.time_us > CLOCK_US + 110 * MIN_US) & (rows.time_us < CLOCK_US + 240 * MIN_US)
    assert loiterings(rows.take(~hidden)) == [(50, 350)]


def test_loitering_goes_across_midnight_as_one():
    ((first, last),) = loiterings(passage(*[1.0] * 6))
    assert (CLOCK_US + first * MIN_US) // DAY_US < (CLOCK_US + last * MIN_US) // DAY_US


@pytest.mark.parametrize(("nautical_miles", "found"), [(21.0, True), (19.0, False)])
def test_loitering_is_20_nautical_miles_from_shore(nautical_miles, found):
    assert (loiterings(adrift(6, 0.0, 0.0), land=coast(nautical_miles)) != []) == found


@pytest.mark.parametrize(("from_nm", "to_nm"), [(8.0, -10.0), (-10.0, 8.0)])
def test_the_distance_from_shore_is_the_mean_of_the_spell(from_nm, to_nm):
    """Ten hours at 1.8 kn, from 14 to 32 nm off (or the other way) with the mean at 23: it counts; with the mean at 18 it does not."""
    assert len(loiterings(adrift(10, from_nm, to_nm), land=coast(22.0))) == 1
    assert loiterings(adrift(10, from_nm, to_nm), land=coast(17.0)) == []


def test_who_drifts_too_near_in_the_end_is_withdrawn():
    states = [event.state for event in loiter_events(adrift(14, -4.0, 20.0), land=coast(22.0))]
    assert states == ["open", "retracted"]


def test_the_mean_distance_from_shore_is_weighed_by_time():
    events = loiter_events(adrift(6, 0.0, 0.0), land=coast(30.0))
    assert events[-1].evidence["mean_shore_km"] == pytest.approx(30.0 * NM_KM, abs=1.5)


@pytest.mark.parametrize("ship_type", [30, 31, 50, 52, 60, 70, 255])
@pytest.mark.parametrize("nav_status", [1, 5, 7])
def test_any_vessel_loiters_in_any_company_also_near_a_port(ship_type, nav_status):
    she = passage(*[1.0] * 6).with_columns(nav_status=np.full(60, nav_status, dtype=np.uint8))
    others = [
        track(mmsi_craft(219_000_010 + n), np.arange(-600.0, 500.0, 10.0), 50.0, -20.0 + 0.01 * n) for n in range(6)
    ]
    events = loiter_events(she, *others, statics=said((ONE, ship_type, b"ANY")), ports=[HOME])
    assert [event.state for event in events if event.craft == "mmsi:219000001"] == ["open", "closed"]


def test_slow_work_to_and_fro_is_loitering_too():
    at_min = np.arange(-120.0, 480.0, 10.0)
    to_and_fro_nm = 1.5 * np.abs(np.mod(at_min, 120.0) - 60.0) / 60.0
    gone_nm = np.where((at_min < 0) | (at_min >= 360), 0.2 * at_min, to_and_fro_nm)
    rows = track(ONE, at_min, *destination(*HOME, 0.0, gone_nm * NM_KM))
    (closed,) = [event for event in loiter_events(rows, statics=said((ONE, 30, b"TRAWLER"))) if event.state == "closed"]
    assert (closed.detail, closed.evidence["mean_speed_kn"]) == ("slow", pytest.approx(1.5, abs=0.1))


def test_a_straight_slow_way_is_loitering_too():
    assert loiterings(passage(*[1.9] * 30)) == [(50, 1790)]


MID_CELL = (50.4, -20.0)
"""In the middle of a cell of one degree."""


def silent(for_min, before=20, every_min=30.0, at=MID_CELL):
    """ONE gives some positions up to minute 0, is silent, and is heard again 20 nm east of there (never, without ``for_min``)."""
    first = track(ONE, -every_min * np.arange(before)[::-1], *at)
    if for_min is None:
        return first
    return PositionBatch.concat(
        [first, track(ONE, for_min + np.arange(3.0), *destination(at[0], at[1], 90.0, 20.0 * NM_KM))]
    )


def others(every_min, count=12, until_min=1400.0, at=MID_CELL):
    """Ships lying around the place where ONE falls silent, for four days before and as long after."""
    minutes = np.arange(-5760.0, until_min, every_min)
    return [track(mmsi_craft(219_000_100 + n), minutes + 3.0 * n, at[0] + 0.005 * n, at[1]) for n in range(count)]


def silences(*tracks, kind, **places):
    detector = SilenceDetector(SETTINGS["silence"], context(**places))
    events = told(detector, *tracks, every_min=60.0, after_h=2.0)
    return [event for event in events if event.craft == "mmsi:219000001" and event.kind == kind]


@pytest.mark.parametrize(("for_min", "states"), [(721.0, ["open", "closed"]), (719.0, [])])
def test_a_gap_is_12_hours(for_min, states):
    assert [event.state for event in silences(silent(for_min, before=5), kind="gap")] == states


def test_a_gap_is_open_from_its_12th_hour_and_until_she_is_heard():
    """GFW opens it at the end of the day; here as soon as the hours are over."""
    (opened,) = silences(silent(None), *others(60.0, until_min=4320.0), kind="gap")
    assert opened.state == "open"
    assert 12 * HOUR_US <= opened.known_us - opened.start_us <= 12 * HOUR_US + MIN_US
    closed = silences(silent(4000.0), *others(60.0, until_min=4320.0), kind="gap")[-1]
    assert closed.state == "closed"
    assert closed.evidence["duration_h"] == pytest.approx(4000 / 60, abs=0.01)
    assert closed.evidence["distance_km"] == pytest.approx(20.0 * NM_KM, rel=0.01)
    assert closed.evidence["implied_speed_kn"] == pytest.approx(20.0 / (4000 / 60), abs=0.01)


def is_disabled(*tracks, **places):
    gaps = silences(*tracks, kind="gap", **places)
    dark = silences(*tracks, kind="dark_period", **places)
    assert [event.state for event in gaps] == ["open", "closed"]
    assert [event.state for event in dark] in ([], ["open", "closed"])
    assert {event.cause == "silent_in_coverage" for event in gaps} == {bool(dark)}
    return bool(dark)


@pytest.mark.parametrize(("for_min", "dark"), [(721.0, True), (719.0, False)])
def test_a_transmitter_switched_off_is_silent_for_12_hours(for_min, dark):
    assert (silences(silent(for_min), kind="dark_period") != []) == dark


@pytest.mark.parametrize(("nautical_miles", "dark"), [(51.0, True), (49.0, False)])
def test_it_is_switched_off_50_nautical_miles_from_shore(nautical_miles, dark):
    land = [(*(float(v) for v in destination(*MID_CELL, 0.0, 50.0 + nautical_miles * NM_KM)), 50.0)]
    assert is_disabled(silent(800.0), land=land) == dark


def test_only_where_it_began_must_be_far_from_shore():
    back = destination(*MID_CELL, 90.0, 20.0 * NM_KM)
    land = [(*(float(v) for v in destination(*back, 90.0, 111.0)), 50.0)]
    assert is_disabled(silent(800.0), land=land)


@pytest.mark.parametrize(("before", "dark"), [(14, True), (13, False)])
def test_at_least_14_positions_come_before(before, dark):
    assert is_disabled(silent(800.0, before=before)) == dark


@pytest.mark.parametrize(("every_min", "dark"), [(55.0, True), (56.0, False)])
def test_they_come_in_the_12_hours_before(every_min, dark):
    """Fourteen at 55 min span 11 h 55, at 56 min 12 h 8."""
    assert is_disabled(silent(800.0, before=20, every_min=every_min)) == dark


@pytest.mark.parametrize(("per_day", "dark"), [(10.4, True), (9.6, False)])
def test_more_than_10_positions_a_day_are_received_there(per_day, dark):
    """Of all ships in the cell of one degree; hers are few against four days of twelve others."""
    assert is_disabled(silent(800.0, before=14, every_min=50.0), *others(1440.0 / per_day)) == dark


def test_others_far_away_tell_nothing_of_reception_here():
    assert is_disabled(silent(800.0), *others(240.0, at=(53.4, -20.0)))


def test_nothing_else_is_asked_of_a_transmitter_switched_off():
    """No witness, no expected way, no probability: she was alone, moored by her word, and of a working type."""
    she = silent(800.0)
    alone = she.with_columns(nav_status=np.full(len(she), 5, dtype=np.uint8))
    assert is_disabled(alone)
    (opened, _) = silences(alone, kind="dark_period")
    assert (opened.evidence["positions_before"], opened.evidence["offshore"]) == (14, True)
    assert opened.evidence["positions_per_day"] == pytest.approx(48.0)
    assert "At least 14 positions of her" in opened.explanation


@pytest.mark.parametrize(("section", "build"), [("loitering", LoiteringDetector), ("silence", SilenceDetector)])
def test_a_snapshot_of_the_other_profile_is_refused_and_not_misread(section, build):
    """The live program then starts its timeline afresh."""
    plain = build(load_settings()[section], context())
    gfw = build(SETTINGS[section], context())
    for one, other in ((plain, gfw), (gfw, plain)):
        with pytest.raises(SnapshotError):
            one.restore(other.snapshot())
