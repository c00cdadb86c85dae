"""Made stories of two ships that go on as each other, and of pairs that do not."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import HOUR_US, MIN_US, START_US, Sea, legs, told
from tests.scenarios.test_identities import said
from tracker.detectors.base import Context
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.events import Event, EventState
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder

ONE, TWO = mmsi_craft(511_100_001), mmsi_craft(518_900_002)
PLACE = (41.0, -20.0)
AS_ONE = {"name": b"OCEAN PEARL", "call_sign": b"T8A01", "imo": 9_345_673, "length_m": 333.0}
AS_TWO = {"name": b"HAI FENG 9", "call_sign": b"E5U02", "imo": 9_123_453, "length_m": 183.0}


def hull(
    craft,
    course_in,
    knots_in,
    course_out,
    knots_out,
    wait_min,
    aside_km=0.1,
    every_min=2.0,
    until_min=720.0,
    set_kn=0.5,
):
    """A ship that comes on one course to the meeting place at minute 240, lies there in a stream and leaves on another course."""
    start = destination(*destination(*PLACE, 90.0, aside_km), course_in + 180.0, knots_in * 1.852 * 4.0)
    parts = [
        (240.0, knots_in, course_in),
        (wait_min, set_kn, 180.0),
        (until_min - 240.0 - wait_min, knots_out, course_out),
    ]
    return legs(craft, tuple(float(v) for v in start), [part for part in parts if part[0] > 0.0], every_min=every_min)


def swapped(one: PositionBatch, two: PositionBatch, at_min: float) -> list[PositionBatch]:
    """From an instant on each number sends what the other's hull would have sent."""
    late = [track.time_us >= START_US + at_min * MIN_US for track in (one, two)]
    a, b = int(one.craft[0]), int(two.craft[0])
    return [
        one.take(~late[0]), two.take(~late[1]),
        one.take(late[0]).with_columns(craft=np.int64(b) + np.zeros(late[0].sum(), dtype=np.int64)),
        two.take(late[1]).with_columns(craft=np.int64(a) + np.zeros(late[1].sum(), dtype=np.int64)),
    ]  # fmt: skip


def quiet(tracks, first_min, last_min):
    """Nothing is heard of anybody between two minutes."""
    minute = [(track.time_us - START_US) / MIN_US for track in tracks]
    return [track.take((m < first_min) | (m > last_min)) for track, m in zip(tracks, minute, strict=True)]


def papers(ship_type=80, until_min=720, one=AS_ONE, two=AS_TWO, draughts=((8.0,), (8.0,))):
    """Static reports of both all the time; the last draught from minute 330 on."""
    statics = []
    for craft, own, draught in ((ONE, one, draughts[0]), (TWO, two, draughts[1])):
        minutes = np.arange(3, until_min, 6)
        rows = said(craft, minutes, **own)
        statics.append(
            rows.with_columns(
                ship_type=np.full(len(rows), ship_type, dtype=np.uint8),
                draught_m=np.where(minutes < 330, draught[0], draught[-1]).astype(np.float32),
            )
        )
    return statics


def events_of(tracks, statics, **places) -> list[Event]:
    """Last revisions, those withdrawn as well."""
    rows = TrackBuilder().process_batch(PositionBatch.concat(list(tracks)).in_time_order())
    detector = IntegrityDetector(IntegrityConfig(), Context(Sea(**places)))
    every = told(detector, rows, statics=StaticBatch.concat(list(statics)).in_time_order())
    return list({event.event_id: event for event in every}.values())


def standing(tracks, statics, **places) -> list[Event]:
    return [event for event in events_of(tracks, statics, **places) if event.state is not EventState.RETRACTED]


def only(tracks, statics, **places) -> Event:
    (event,) = standing(tracks, statics, **places)
    assert event.detail == "identity_exchange", event.explanation
    assert (event.craft, event.other_craft) == ("mmsi:511100001", "mmsi:518900002")
    return event


def seldom(tracks, every_min=9.0):
    """Of each number one report in so many minutes."""
    return [
        track.take(np.unique((track.time_us - START_US) // int(every_min * MIN_US), return_index=True)[1])
        for track in tracks
    ]


CROSSED = (hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 270.0, 9.5, 270.0, 10.0, 70.0, 0.25))
TURNED = (hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 190.0, 9.5, 190.0, 10.0, 70.0, 0.25))


@pytest.mark.parametrize("ships", [CROSSED, TURNED], ids=["crossed", "turned round"])
def test_two_whose_positions_change_places_at_rest_are_all_but_sure(ships) -> None:
    one, two = ships
    event = only(swapped(one, two, 300.0), papers())
    assert event.evidence["how"] == ["parted"] and event.confidence == pytest.approx(0.9)
    assert 0.1 < event.evidence["swap"]["apart_km"] < 1.0
    assert "changed places" in event.explanation and "turned back" not in event.explanation


def test_two_that_change_places_in_a_strong_stream_are_seen_to() -> None:
    """In three minutes at 2 kn both are set farther than they lie apart."""
    one = hull(ONE, 0.0, 13.0, 0.0, 13.0, 66.0, every_min=3.0, set_kn=2.0)
    two = hull(TWO, 190.0, 9.5, 190.0, 10.0, 72.0, every_min=3.0, set_kn=2.0)
    event = only(swapped(one, two, 280.0), papers())
    assert event.confidence == pytest.approx(0.9)
    assert event.evidence["swap"]["apart_km"] == pytest.approx(0.12, abs=0.01)


def test_two_that_leave_at_different_times_are_told_all_the_same() -> None:
    """Twenty minutes apart: when the second begins to move the first is three miles off."""
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 190.0, 9.5, 190.0, 10.0, 85.0, 0.25), 300.0)
    assert only(tracks, papers()).confidence == pytest.approx(0.9)


def test_two_heard_all_the_time_that_did_not_change_places_only_turned() -> None:
    crossed = [hull(ONE, 0.0, 13.0, 270.0, 10.0, 65.0), hull(TWO, 270.0, 9.5, 0.0, 13.0, 70.0, 0.25)]
    turned = [hull(ONE, 0.0, 13.0, 190.0, 10.0, 65.0), hull(TWO, 190.0, 9.5, 0.0, 13.0, 70.0, 0.25)]
    for tracks in (crossed, turned):
        assert only(tracks, papers()).confidence == pytest.approx(0.25), "information: made fast, a swap is not seen"
    assert only(seldom(crossed), papers()).confidence == pytest.approx(0.55), "a swap may have been missed"


def test_two_tankers_that_lay_together_and_left_as_each_other_are_told_with_doubt() -> None:
    one, two = seldom(CROSSED)
    event = only(swapped(one, two, 300.0), papers())
    assert event.evidence["how"] == ["parted"] and event.evidence["is_hull_crossed"] is True
    assert 0.5 <= event.confidence < 0.8
    assert "perhaps" in event.explanation and "OCEAN PEARL" in event.explanation and "HAI FENG 9" in event.explanation


def test_two_that_merely_turned_round_are_told_with_more_doubt() -> None:
    one, two = seldom(TURNED)
    assert only(swapped(one, two, 300.0), papers()).confidence == pytest.approx(0.4)


def test_two_that_pass_and_are_each_others_track_from_then_on_are_told() -> None:
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 0.0), hull(TWO, 250.0, 11.0, 250.0, 11.0, 0.0, 0.6), 240.0)
    event = only(tracks, papers())
    assert event.evidence["how"] == ["continued"]
    assert event.confidence == pytest.approx(0.7)


def test_two_both_silent_that_come_back_as_each_other_are_told() -> None:
    tracks = swapped(hull(ONE, 20.0, 13.0, 20.0, 13.0, 0.0), hull(TWO, 250.0, 11.0, 250.0, 11.0, 0.0, 20.0), 240.0)
    event = only(quiet(tracks, 180, 330), papers())
    assert event.evidence["how"] == ["continued"]


def test_two_that_lay_together_in_silence_are_told() -> None:
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 270.0, 9.5, 270.0, 10.0, 65.0, 0.25), 270.0)
    event = only(quiet(tracks, 230, 320), papers())
    assert event.evidence["how"] == ["parted"]
    assert event.confidence >= 0.6


def test_two_miles_apart_that_change_places_in_a_moment_are_sure() -> None:
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 0.0), hull(TWO, 0.0, 12.0, 0.0, 12.0, 0.0, 14.0), 240.0)
    event = only(tracks, papers())
    assert event.evidence["how"] == ["jumped"]
    assert event.confidence >= 0.9
    assert event.evidence["apart_km"] == pytest.approx(14.0, abs=1.0)
    assert abs(event.start_us - (START_US + 240 * MIN_US)) <= 6 * MIN_US


@pytest.mark.parametrize(("aside_km", "crossed"), [(15.0, False), (0.4, None)])
def test_two_that_say_the_names_and_numbers_of_each_other_are_one_event(aside_km, crossed) -> None:
    """Nothing is left of the change of either, nor of a transfer or a number on two hulls."""
    tracks = [hull(ONE, 0.0, 12.0, 0.0, 12.0, 0.0), hull(TWO, 0.0, 12.0, 0.0, 12.0, 0.0, aside_km)]
    before, after = papers(), papers(one=AS_TWO, two=AS_ONE)
    late = START_US + 300 * MIN_US
    statics = [rows.take(rows.time_us < late) for rows in before] + [rows.take(rows.time_us >= late) for rows in after]
    event = only(tracks, statics)
    assert event.evidence["how"] == ["stated"] and event.evidence["is_hull_crossed"] is crossed
    assert set(event.evidence["exchanged"]) == {"name", "call_sign", "imo", "length_m"}
    assert event.evidence["exchanged"]["name"] == ["OCEAN PEARL", "HAI FENG 9"]
    assert event.confidence >= 0.9


def test_lengths_that_change_places_make_a_parting_sure() -> None:
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 190.0, 9.5, 190.0, 10.0, 70.0, 0.25), 300.0)
    before, after = papers(), papers(one={**AS_ONE, "length_m": 183.0}, two={**AS_TWO, "length_m": 333.0})
    late = START_US + 320 * MIN_US
    statics = [rows.take(rows.time_us < late) for rows in before] + [rows.take(rows.time_us >= late) for rows in after]
    event = only(tracks, statics)
    assert set(event.evidence["how"]) == {"parted", "stated"} and event.evidence["is_hull_crossed"] is True
    assert event.confidence >= 0.85


def test_names_taken_back_withdraw_the_exchange() -> None:
    tracks = [hull(ONE, 0.0, 12.0, 0.0, 12.0, 0.0), hull(TWO, 0.0, 12.0, 0.0, 12.0, 0.0, 15.0)]
    before, mixed = papers(), papers(one=AS_TWO, two=AS_ONE)
    minute = [(rows.time_us - START_US) / MIN_US for rows in before]
    statics = [rows.take((m < 300) | (m > 420)) for rows, m in zip(before, minute, strict=True)]
    statics += [rows.take((m >= 300) & (m <= 420)) for rows, m in zip(mixed, minute, strict=True)]
    events = events_of(tracks, statics)
    assert [event.detail for event in events if event.state is not EventState.RETRACTED] == []
    (event,) = [event for event in events if event.detail == "identity_exchange"]
    assert "again" in event.explanation


def test_statements_mixed_up_now_and_then_by_a_receiver_are_nothing() -> None:
    tracks = [hull(ONE, 0.0, 12.0, 0.0, 12.0, 0.0), hull(TWO, 0.0, 12.0, 0.0, 12.0, 0.0, 15.0)]
    before, mixed = papers(), papers(one=AS_TWO, two=AS_ONE)
    some = np.arange(len(before[0])) % 4 == 3
    statics = [rows.take(~some) for rows in before] + [rows.take(some) for rows in mixed]
    assert standing(tracks, statics) == []


def test_a_portable_set_of_the_pilot_that_says_the_other_name_is_no_exchange() -> None:
    """The pilot's set gives the ship's name under its own number beside her, while she says it, too."""
    tracks = [hull(ONE, 0.0, 12.0, 0.0, 12.0, 0.0), hull(TWO, 0.0, 12.0, 0.0, 12.0, 0.0, 0.05)]
    before, late = papers(), START_US + 300 * MIN_US
    after = papers(two=AS_ONE)
    statics = [before[0], before[1].take(before[1].time_us < late), after[1].take(after[1].time_us >= late)]
    assert "identity_exchange" not in {event.detail for event in events_of(tracks, statics)}


def fishing(tracks):
    return tracks, papers(ship_type=30, one={**AS_ONE, "length_m": 24.0}, two={**AS_TWO, "length_m": 22.0})


NONE = {
    "they pass": ([hull(ONE, 0.0, 13.0, 0.0, 13.0, 0.0), hull(TWO, 250.0, 11.0, 250.0, 11.0, 0.0, 0.6)], papers()),
    "they meet and go on": ([hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 250.0, 11.0, 250.0, 11.0, 70.0)], papers()),
    "one goes on and one turns back": (
        [hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 250.0, 11.0, 70.0, 11.0, 70.0)], papers()),
    "they leave together": ([hull(ONE, 0.0, 13.0, 300.0, 11.0, 65.0), hull(TWO, 250.0, 11.0, 300.0, 11.0, 70.0)], papers()),
    "fishing vessels that turn": fishing([hull(ONE, 0.0, 4.0, 180.0, 4.0, 30.0), hull(TWO, 180.0, 4.0, 0.0, 4.0, 30.0, 0.3)]),
    "cargo went across": (
        [hull(ONE, 0.0, 13.0, 180.0, 13.0, 65.0), hull(TWO, 180.0, 11.0, 0.0, 11.0, 70.0, 0.2)],
        papers(draughts=((20.0, 12.0), (6.0, 13.0)))),
    "one waits a day for the other that leaves at once": (
        [hull(ONE, 0.0, 13.0, 180.0, 13.0, 45.0, until_min=1800.0), hull(TWO, 180.0, 13.0, 0.0, 13.0, 600.0, 0.3, until_min=1800.0)],
        papers(until_min=1800)),
    "a liner and a tanker far apart turn": (
        [hull(ONE, 0.0, 13.0, 180.0, 13.0, 65.0), hull(TWO, 180.0, 13.0, 0.0, 13.0, 65.0, 40.0)], papers()),
}  # fmt: skip


@pytest.mark.parametrize("story", NONE, ids=str)
def test_other_pairs_are_no_exchange(story) -> None:
    assert standing(*NONE[story]) == []


def test_in_a_roadstead_two_that_part_so_are_information() -> None:
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 190.0, 9.5, 190.0, 10.0, 70.0, 0.25), 300.0)
    anchored = [
        legs(
            mmsi_craft(219_000_300 + k),
            tuple(float(v) for v in destination(*PLACE, 90.0 * k, 4.0)),
            [(720.0, 0.1, 0.0)],
        )
        for k in range(4)
    ]
    assert only([*tracks, *anchored], papers()).confidence == pytest.approx(0.25)


def test_off_a_port_ships_turn_as_they_like() -> None:
    tracks = [hull(ONE, 0.0, 13.0, 180.0, 13.0, 65.0), hull(TWO, 180.0, 11.0, 0.0, 11.0, 70.0, 0.2)]
    assert standing(tracks, papers(), ports=[PLACE]) == []


def test_where_they_lay_in_port_between_ways_at_sea_they_turn_as_they_like() -> None:
    tracks = [hull(ONE, 0.0, 13.0, 180.0, 13.0, 65.0), hull(TWO, 180.0, 11.0, 0.0, 11.0, 70.0, 0.2)]
    beside = tuple(float(v) for v in destination(*PLACE, 90.0, 2.9))
    for port, told_of in ((beside, 0), (tuple(float(v) for v in destination(*PLACE, 90.0, 8.0)), 1)):
        assert len(standing(tracks, papers(), ports=[port])) == told_of


def test_two_that_follow_each_other_round_a_bend_where_nobody_is_heard_are_no_exchange() -> None:
    bend, knots = PLACE, 13.0
    tracks = []
    for craft, behind_min in ((ONE, 0.0), (TWO, 62.0)):
        start = destination(*bend, 204.0 - 180.0, (180.0 + behind_min) / 60.0 * knots * 1.852)
        parts = [(180.0 + behind_min, knots, 204.0), (60.0, knots, 143.0), (240.0, knots, 211.0)]
        tracks.append(legs(craft, tuple(float(v) for v in start), parts))
    assert standing(quiet(tracks, 222, 262), papers(until_min=480)) == []


def test_what_is_told_does_not_depend_on_the_cadence_or_on_a_restart() -> None:
    tracks = swapped(hull(ONE, 0.0, 13.0, 0.0, 13.0, 65.0), hull(TWO, 190.0, 9.5, 190.0, 10.0, 70.0, 0.25), 300.0)
    before, after = papers(), papers(one=AS_TWO, two=AS_ONE)
    late = START_US + 500 * MIN_US
    statics = [rows.take(rows.time_us < late) for rows in before] + [rows.take(rows.time_us >= late) for rows in after]
    rows = TrackBuilder().process_batch(PositionBatch.concat(tracks).in_time_order())
    heard = StaticBatch.concat(statics).in_time_order()

    def driven(step_min, restart):
        detector, out = IntegrityDetector(IntegrityConfig(), Context(Sea())), []
        for mark in range(START_US, START_US + 12 * HOUR_US + 1, step_min * MIN_US):
            low = mark - step_min * MIN_US
            some, static = (
                rows.take((rows.time_us > low) & (rows.time_us <= mark)),
                heard.take((heard.time_us > low) & (heard.time_us <= mark)),
            )
            out += [*detector.process_batch(some, static), *detector.advance_watermark(mark)]
            if restart:
                state, detector = detector.snapshot(), IntegrityDetector(IntegrityConfig(), Context(Sea()))
                detector.restore(state)
        return [event.to_json_line() for event in out]

    lines = driven(1, False)
    assert lines == driven(60, False) == driven(6, True)
    assert any("identity_exchange" in line for line in lines)
