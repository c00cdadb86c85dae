"""Meetings that go on through silences, in company and again and again; and company that is no meeting."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, TWO, beside, context, legs, said, told
from tracker.detectors.encounter import EncounterConfig, EncounterDetector
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

HOME = (-27.48, 38.53)
THREE, FOUR = mmsi_craft(219_000_003), mmsi_craft(219_000_004)


def detector(**places):
    return EncounterDetector(EncounterConfig(), context(**places))


def heard(rows: PositionBatch, *minutes: tuple[float, float]) -> PositionBatch:
    """Only what was sent within some spans of minutes since the start: passes of satellites."""
    at = (rows.time_us - START_US) / MIN_US
    return rows.take(np.logical_or.reduce([(at >= first) & (at <= last) for first, last in minutes]))


def ships(*told: tuple[int, int, bytes, float]) -> StaticBatch:
    """Static reports (craft, type, name, length) at the start."""
    craft, ship_type, name, long = (np.array(column) for column in zip(*told, strict=True))
    return said(*zip(craft, ship_type, name, strict=True)).with_columns(
        to_bow_m=(long * 0.8).astype("f4"), to_stern_m=(long * 0.2).astype("f4")
    )


def draught(craft: int, hours: float, metres: float) -> StaticBatch:
    at_us = START_US + round(hours * HOUR_US)
    return StaticBatch.from_columns(
        1, time_us=at_us, received_us=at_us, craft=craft, source=0, message_type=5, draught_m=np.float32(metres)
    )


def drifting_pair(hours: float = 14.0, away_m: float = 60.0) -> tuple[PositionBatch, PositionBatch]:
    """Two adrift alongside, without speeds, as archives of positions have them; they part at the end."""
    one = legs(ONE, HOME, [(60 * hours, 0.3, 330), (60, 12, 0)], every_min=1.0)
    two = beside(one, TWO, away_m)
    two = two.take(two.time_us <= START_US + int(hours * HOUR_US))
    last = (float(two.lat_deg[-1]), float(two.lon_deg[-1]))
    gone = legs(TWO, last, [(60, 12, 180)], every_min=1.0)
    gone = gone.with_columns(time_us=gone.time_us + int((60 * hours + 1) * MIN_US))
    bare = {"speed_kn": np.nan, "course_deg": np.nan}
    two = PositionBatch.concat([two, gone])
    return (
        one.with_columns(**{k: np.full(len(one), v, "f4") for k, v in bare.items()}),
        two.with_columns(**{k: np.full(len(two), v, "f4") for k, v in bare.items()}),
    )


PASSES = [(0, 13), (70, 71), (98, 108), (166, 168), (655, 667), (753, 762), (841, 900)]
"""An hour and a half apart and once eight hours, as two satellites hear a place."""


def test_a_meeting_goes_on_through_a_silence_that_both_share():
    one, two = drifting_pair()
    events = told(detector(), heard(one, *PASSES), heard(two, *PASSES))
    assert {e.event_id for e in events} == {events[0].event_id}
    last = events[-1]
    assert last.state == "closed"
    assert last.evidence["duration_h"] == pytest.approx(14.0, abs=0.4)
    assert last.evidence["unseen_h"] > 8.0
    assert last.confidence >= 0.8
    assert "not both were heard" in last.explanation


def test_who_is_heard_elsewhere_meanwhile_has_parted():
    one, two = drifting_pair()
    away = legs(TWO, destination(*HOME, 90.0, 60.0), [(20, 12, 90)], every_min=1.0)
    away = away.with_columns(time_us=away.time_us + 400 * MIN_US, speed_kn=np.full(len(away), np.nan, "f4"))
    events = told(detector(), heard(one, *PASSES), heard(two, *PASSES), away)
    closed = [e for e in events if e.state == "closed"]
    assert max(e.evidence["duration_h"] for e in closed) < 4.0


def test_twice_near_one_another_and_far_off_in_between_is_no_meeting_of_hours():
    """They come back a day's drift from where they were: nobody drifts so fast."""
    one, two = drifting_pair(3.0)
    moved = [rows.with_columns(lat_deg=rows.lat_deg + 2.0, time_us=rows.time_us + 600 * MIN_US) for rows in (one, two)]
    events = told(detector(), *(heard(r, (0, 20)) for r in (one, two)), *(r.take(slice(0, 20)) for r in moved))
    assert events == []


def test_tankers_at_reduced_power_heard_by_turns_are_a_meeting():
    rng = np.random.default_rng(3)
    one = legs(ONE, HOME, [(480, 0.6, 200), (60, 12, 0)], every_min=1.0)
    two = beside(one, TWO, 100.0)
    two = two.with_columns(speed_kn=np.where(two.time_us > START_US + 480 * MIN_US, 12.0, 0.6).astype("f4"))
    part = [rows.take(np.sort(rng.choice(480, 11, replace=False))) for rows in (one, two)]
    statics = StaticBatch.concat(
        [ships((ONE, 80, b"DEEP", 274.0), (TWO, 80, b"LIGHT", 250.0)), draught(ONE, 0.0, 20.1), draught(TWO, 0.0, 8.2)]
    )
    events = told(detector(), *part, statics=statics, after_h=14.0)
    assert {e.detail for e in events} == {"stopped"}
    assert len({e.event_id for e in events}) == 1
    assert events[-1].evidence["duration_h"] > 4.0


def test_draughts_are_told_in_either_direction_until_they_sail():
    one = legs(ONE, HOME, [(300, 0.5, 90), (240, 12, 0)])
    two = PositionBatch.concat([beside(one, TWO, 150.0).take(slice(0, 150))])
    last = (float(two.lat_deg[-1]), float(two.lon_deg[-1]))
    gone = legs(TWO, last, [(240, 12, 180)])
    two = PositionBatch.concat([two, gone.with_columns(time_us=gone.time_us + 302 * MIN_US)])
    parts = [ships((ONE, 80, b"A", 200.0), (TWO, 80, b"B", 180.0)), draught(ONE, 0.0, 12.0), draught(TWO, 0.0, 7.0)]
    later = [draught(ONE, 6.5, 9.0), draught(TWO, 7.2, 10.1)]
    statics = StaticBatch.concat([*parts, *later]).in_time_order()
    events = told(detector(), one, two, statics=statics)
    assert [e.state for e in events] == ["open", "closed", "closed", "closed"]
    assert [e.revision for e in events] == [1, 2, 3, 4]
    assert (events[-1].evidence["draught_before_m"], events[-1].evidence["draught_m"]) == (12.0, 9.0)
    assert "from 12.0 to 9.0 m" in events[-1].explanation
    assert "from 7.0 to 10.1 m" in events[-1].explanation
    assert events[-1].confidence > events[0].confidence


def alongside(minutes=180.0, away_m=90.0):
    """TWO comes from the south and lies alongside ONE, who waits."""
    one = legs(ONE, HOME, [(240 + minutes, 0.0, 0)])
    side = destination(*HOME, 90.0, away_m / 1000.0)
    two = legs(TWO, destination(*side, 180.0, 4 * 1.852 * 2), [(120, 4, 0), (minutes, 0.0, 0), (120, 9, 180)])
    return one, two


def idle(count, km=1.4):
    return [legs(mmsi_craft(219_000_100 + n), destination(*HOME, 60.0 * n, km), [(420, 0.0, 0)]) for n in range(count)]


def test_a_pair_alongside_where_six_others_lie_idle_is_found():
    crowd = idle(6)
    types = said((ONE, 80, b"MOTHER"), (TWO, 80, b"DAUGHTER TANKER"), *((int(c.craft[0]), 80, b"IDLE") for c in crowd))
    events = told(detector(), *alongside(), *crowd, statics=types)
    assert {(e.craft, e.other_craft) for e in events} == {("mmsi:219000001", "mmsi:219000002")}
    assert told(detector(), *alongside(), *crowd, statics=said((ONE, 30, b"A"), (TWO, 30, b"B"))) == []


def test_ships_laid_up_together_in_a_crowd_are_none():
    laid_up = [legs(mmsi_craft(219_000_200 + n), destination(*HOME, 90.0, 0.06 * n), [(400, 0.0, 0)]) for n in range(2)]
    types = said(*((int(c.craft[0]), 80, b"LAID UP %d" % n) for n, c in enumerate(laid_up)))
    assert told(detector(), *laid_up, *idle(6), statics=types) == []


def lightering(knots=4.5):
    """TWO comes abreast of ONE under way; two more keep them company."""
    one = legs(ONE, HOME, [(120, knots, 0), (300, knots, 0), (60, 12, 0)], every_min=1.0)
    keeps = beside(one, TWO, 110.0).take(slice(120, 420))
    first, last = ((float(keeps.lat_deg[n]), float(keeps.lon_deg[n])) for n in (0, -1))
    comes = legs(TWO, destination(*first, 130.0, knots * 1.852 * 2), [(119, knots, 310)], every_min=1.0)
    leaves = legs(TWO, last, [(2, 4, 90), (60, 12, 90)], every_min=1.0)
    leaves = leaves.with_columns(time_us=leaves.time_us + 420 * MIN_US)
    company = [beside(one, craft, away_m, 200.0) for craft, away_m in ((THREE, 400.0), (FOUR, 600.0))]
    return one, PositionBatch.concat([comes, keeps, leaves]), *company


def test_workboats_make_no_convoy_of_two_tankers_that_lighter_under_way():
    tankers = (ONE, 80, b"VLCC", 333.0), (TWO, 80, b"AFRAMAX", 244.0)
    boats = (THREE, 0, b"FENDER", 40.0), (FOUR, 90, b"SUPPORT", 40.0)
    events = told(detector(), *lightering(), statics=ships(*tankers, *boats))
    assert {(e.craft, e.other_craft, e.detail) for e in events} == {("mmsi:219000001", "mmsi:219000002", "under_way")}
    assert {e.detail for e in told(detector(), *lightering(), statics=said(*(t[:3] for t in tankers)))} == {"under_way"}


def test_a_lightering_goes_on_while_both_are_at_reduced_power():
    """Heard till 15 minutes after they came alongside, and then by turns, every 40 minutes or so, till they part."""
    rng = np.random.default_rng(5)
    one, two, *_ = lightering()

    def rarely(rows: PositionBatch) -> PositionBatch:
        at = (rows.time_us - START_US) / MIN_US
        return rows.take(np.flatnonzero((at < 135) | (at > 422) | (rng.random(len(at)) < 1 / 40)))

    events = told(detector(), rarely(one), rarely(two), statics=said((ONE, 80, b"VLCC"), (TWO, 80, b"AFRAMAX")))
    assert {(e.detail, e.event_id) for e in events} == {("under_way", events[0].event_id)}
    assert events[-1].evidence["duration_h"] > 2.5
    assert events[-1].evidence["unseen_h"] > 1.0


def test_two_carriers_between_carriers_that_keep_pace_are_a_convoy():
    convoy = [(craft, 70, b"SHIP %d" % n, 150.0) for n, craft in enumerate((ONE, TWO, THREE, FOUR))]
    assert told(detector(), *lightering(), statics=ships(*convoy)) == []


@pytest.mark.parametrize(
    ("name", "other", "found"),
    [
        (b"NC10-88%", b"LONGLINER", 0), (b"NET MARK 7", b"LONGLINER", 0), (b"XH-3 12.4V", b"LONGLINER", 0),
        (b"SEA TRADER", b"SEA  TRADER", 0), (b"SEA TRADER", b"SEA TRADER II", 1),
    ],
)  # fmt: skip
def test_gear_and_second_sets_meet_nobody(name, other, found):
    one, two = alongside()
    statics = said((ONE, 0, name), (TWO, 70, other))
    assert len({e.event_id for e in told(detector(), one, two, statics=statics)}) == found


def test_what_turns_out_to_be_gear_is_withdrawn():
    one, two = alongside()
    late = said((ONE, 0, b"NC10-88%")).with_columns(time_us=[START_US + 4 * HOUR_US])
    events = told(detector(), one, two, statics=StaticBatch.concat([said((TWO, 70, b"SHIP")), late]))
    assert [e.state for e in events] == ["open", "retracted"]


def launched(from_min=120.0):
    """ONE lies still; a boat is first heard at her side after two hours, works two kilometres off, and comes back for hours."""
    one = legs(ONE, HOME, [(600, 0.0, 0)])
    side = destination(*HOME, 90.0, 0.05)
    boat = legs(TWO, side, [(10, 0.0, 0), (30, 2.2, 90), (30, 2.2, 270), (300, 0.0, 0)])
    return one, boat.with_columns(time_us=boat.time_us + int(from_min * MIN_US))


def test_a_boat_first_heard_in_her_mothers_arms_is_her_own():
    types = said((ONE, 90, b"SURVEYOR"), (TWO, 0, b"USV 4"))
    assert told(detector(), *launched(), statics=types) == []
    assert told(detector(), *launched(), statics=said((ONE, 70, b"SHIP"), (TWO, 80, b"TANKER"))) != []
    assert told(detector(), *launched(), statics=said((ONE, 70, b"REEFER"), (TWO, 30, b"TRAWLER"))) != []
    assert told(detector(), *launched(0.0), statics=types) != [], "both were there when hearing began"


@pytest.mark.parametrize("away_min", [12.0, 25.0])
def test_a_boat_first_heard_at_work_two_kilometres_off_the_only_ship_that_lies_there_is_its_own(away_min):
    """The receiver hears its small aerial late; it says nothing of itself."""
    one, boat = launched()
    boat = boat.take(boat.time_us >= START_US + int((120.0 + away_min) * MIN_US))
    types = said((ONE, 37, b"PETREL"))
    assert told(detector(), one, boat, statics=types) == []
    assert told(detector(), one, boat, statics=said((ONE, 70, b"SHIP"), (TWO, 80, b"TANKER"))) != []
    passer = legs(ONE, destination(*HOME, 180.0, 49.4), [(160, 10, 0), (400, 0.0, 0)])
    assert told(detector(), passer, boat, statics=types) != [], "a ship under way launches nobody two kilometres off"


def test_a_fast_tender_of_a_yacht_under_way_is_her_own_when_they_lie_together():
    yacht = legs(ONE, HOME, [(150, 8, 0), (360, 0.0, 0)])
    at = (float(yacht.lat_deg[50]), float(yacht.lon_deg[50]))
    home = (float(yacht.lat_deg[-1]), float(yacht.lon_deg[-1]))
    out = legs(TWO, at, [(30, 18, 60)], every_min=1.0)
    back = legs(TWO, destination(*home, 90.0, 0.05), [(240, 0.0, 0)])
    tender = PositionBatch.concat([
        out.with_columns(time_us=out.time_us + 101 * MIN_US), back.with_columns(time_us=back.time_us + 190 * MIN_US)
    ])  # fmt: skip
    assert told(detector(), yacht, tender, statics=said((ONE, 69, b"YACHT"), (TWO, 0, b"T/T"))) == []
    assert told(detector(), yacht, tender, statics=said((ONE, 69, b"YACHT"), (TWO, 70, b"COASTER"))) != []


def test_who_stands_by_a_ship_not_under_command_meets_nobody():
    one, two = alongside()
    broken = one.with_columns(nav_status=np.full(len(one), 2, "u1"))
    assert told(detector(), broken, two, statics=said((ONE, 70, b"TIRED"), (TWO, 0, b"HELPER"))) == []
    assert told(detector(), broken, two, statics=said((ONE, 70, b"TIRED"), (TWO, 80, b"TANKER"))) != []


def visits(*who_when: tuple[int, float], hours: int = 3) -> list[PositionBatch]:
    """A production ship that never moves and those who lie beside her for some hours, each at its hour."""
    host = legs(ONE, HOME, [(60 * (max(hour for _, hour in who_when) + 5 + hours), 0.0, 0)], every_min=5.0)
    rows = [host]
    for craft, hour in who_when:
        side = destination(*HOME, 90.0, 0.12)
        came = legs(
            craft, destination(*side, 180.0, 20.0), [(65, 9.97, 0), (60 * hours, 0.0, 0), (60, 10, 180)], every_min=5.0
        )
        rows.append(came.with_columns(time_us=came.time_us + int(hour * HOUR_US)))
    return rows


def test_a_place_and_its_partners_are_known_after_some_visits_and_a_new_one_is_news():
    rows = visits((TWO, 2), (THREE, 20), (TWO, 40), (THREE, 60), (TWO, 80), (FOUR, 100), (TWO, 120))
    types = said((ONE, 80, b"FPSO"), (TWO, 90, b"PSV 1"), (THREE, 90, b"PSV 2"), (FOUR, 80, b"SHUTTLE"))
    opened = [(e.other_craft[-1], e.detail) for e in told(detector(), *rows, statics=types) if e.state == "open"]
    assert opened == [
        ("2", "stopped"), ("3", "stopped"), ("2", "stopped"), ("3", "regular"), ("2", "regular"), ("4", "stopped"),
        ("2", "regular"),
    ]  # fmt: skip


def test_a_supply_boat_that_comes_twice_a_day_is_a_regular_from_its_third_visit_on():
    rows = visits((TWO, 2), (TWO, 13), (TWO, 24), (TWO, 35))
    types = said((ONE, 80, b"FPSO"), (TWO, 79, b"PSV"))
    opened = [e.detail for e in told(detector(), *rows, statics=types) if e.state == "open"]
    assert opened == ["stopped", "stopped", "regular", "regular"]


def test_meetings_of_last_month_are_forgotten():
    rows = visits((TWO, 2), (TWO, 30), (TWO, 900))
    opened = [
        e.detail for e in told(detector(), *rows, statics=said((ONE, 80, b"A"), (TWO, 80, b"B"))) if e.state == "open"
    ]
    assert opened == ["stopped"] * 3


@pytest.mark.parametrize("hours", [3, 15])
def test_stopping_and_restoring_in_between_changes_nothing(hours):
    """Long meetings are told anew at their hours, once each, whenever a snapshot lay between."""
    rows = PositionBatch.concat(visits((TWO, 2), (THREE, 30), (TWO, 60), (THREE, 90), hours=hours)).in_time_order()
    types = StaticBatch.concat([said((ONE, 80, b"FPSO"), (TWO, 80, b"P"), (THREE, 80, b"Q")), draught(ONE, 0.5, 9.0),
                                draught(ONE, 6.0, 11.0)])  # fmt: skip
    plain = detector()
    plain.process_batch(rows, types)
    wanted = plain.advance_watermark(int(rows.time_us[-1]))
    now, found, first = detector(), [], 0
    for mark in range(int(rows.time_us[0]), int(rows.time_us[-1]) + 1, 333 * MIN_US):
        stop = int(np.searchsorted(rows.time_us, mark, side="right"))
        now.process_batch(rows.take(slice(first, stop)), types if first == 0 else StaticBatch.empty())
        found += now.advance_watermark(mark)
        again, first = detector(), stop
        again.restore(now.snapshot())
        assert again.snapshot() == now.snapshot()
        now = again
    now.process_batch(rows.take(slice(first, None)), StaticBatch.empty())
    found += now.advance_watermark(int(rows.time_us[-1]))
    assert [e.to_json_line() for e in found] == [e.to_json_line() for e in wanted]


@pytest.mark.parametrize(("away_m", "met"), [(380.0, 0), (90.0, 1)])
def test_two_at_anchors_of_their_own_are_not_together(away_m, met):
    one, two = alongside(away_m=away_m)
    anchored = [rows.with_columns(nav_status=np.full(len(rows), 1, "u1")) for rows in (one, two)]
    types = said((ONE, 80, b"A"), (TWO, 80, b"B"))
    assert len({e.event_id for e in told(detector(), *anchored, statics=types)}) == met
    assert told(detector(), one, two, statics=types) != [], "without their word for it they are"


def tow(away_m: float) -> tuple[PositionBatch, PositionBatch]:
    """ONE comes with TWO behind it, and both lie adrift for hours."""
    one = legs(ONE, HOME, [(150, 6, 0), (300, 0.6, 20), (120, 6, 0)], every_min=1.0)
    return one, beside(one, TWO, away_m, 180.0)


@pytest.mark.parametrize(
    ("types", "away_m", "met"),
    [((0, 0), 120.0, 0), ((0, 70), 120.0, 0), ((70, 70), 420.0, 0), ((80, 80), 120.0, 1), ((30, 79), 90.0, 1)],
)
def test_who_stops_where_they_came_together_has_not_met(types, away_m, met):
    """A tow waits for its berth, ships are beset in ice; a carrier alongside another, or a fishing boat, may trade wherever they came from."""
    statics = said((ONE, types[0], b"FIRST"), (TWO, types[1], b"SECOND"))
    assert len({e.event_id for e in told(detector(), *tow(away_m), statics=statics)}) == met


def test_boats_that_say_they_fish_are_a_fleet_without_a_type():
    one, two = alongside()
    fishing = [rows.with_columns(nav_status=np.full(len(rows), 7, "u1")) for rows in (one, two)]
    assert told(detector(), *fishing, statics=said((ONE, 30, b"A"), (TWO, 0, b"B"))) == []
    assert told(detector(), *fishing, statics=said((ONE, 30, b"A"), (TWO, 79, b"REEFER"))) != []


def test_a_float_meets_nobody():
    one, two = alongside()
    assert told(detector(), one, two, statics=ships((ONE, 70, b"SHIP", 90.0), (TWO, 0, b"DRIFTER 3", 2.0))) == []


def test_those_who_say_they_carry_nothing_are_believed_a_little():
    one, two = alongside()
    sure = {
        types: told(detector(), one, two, statics=said((ONE, types[0], b"A"), (TWO, types[1], b"B")))[-1].confidence
        for types in ((90, 90), (0, 0), (90, 70))
    }
    assert sure[90, 90] == pytest.approx(sure[0, 0] - 0.1)
    assert sure[90, 70] == pytest.approx(sure[0, 0] + 0.1)
