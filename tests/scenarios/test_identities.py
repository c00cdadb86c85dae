"""Stories of identities that pass from craft to craft, or are used by two at once."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import HOUR_US, MIN_US, START_US, Sea, legs, told
from tracker.detectors.base import Context
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.events import Event, EventState
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder

OLD, NEW = mmsi_craft(613_003_456), mmsi_craft(352_009_876)
PLACE = (45.0, -20.0)
IMO, OTHER_IMO = 9_234_563, 9_074_729
HOP_MIN = 180


def said(craft, minutes, name=b"", call_sign=b"", imo=0, length_m=np.nan, message_type=5) -> StaticBatch:
    time_us = START_US + (np.asarray(minutes) * MIN_US).astype(np.int64)
    return StaticBatch.from_columns(
        len(time_us), time_us=time_us, received_us=time_us, craft=craft, source=0, message_type=message_type, imo=imo,
        name=np.full(len(time_us), name, dtype="S20"), call_sign=np.full(len(time_us), call_sign, dtype="S8"),
        to_bow_m=length_m, to_stern_m=0.0,
    )  # fmt: skip


def sailing(craft, first_min, last_min, start=PLACE, course=0.0, knots=12.0) -> PositionBatch:
    """A part of one straight voyage that begins at minute 0."""
    rows = legs(craft, start, [(last_min, knots, course)], every_min=1.0)
    return rows.take(rows.time_us >= START_US + first_min * MIN_US)


def hop(old=None, new=None, silence_min=3, until_min=420):
    """One ship that goes on under another MMSI; what it says before and after."""
    first_min = HOP_MIN + silence_min
    rows = [sailing(OLD, 0, HOP_MIN), sailing(NEW, first_min, until_min)]
    before = {"name": b"SEA JEWEL", "call_sign": b"C3456", "imo": IMO, **(old or {})}
    after = {"name": b"NEW DAWN", "call_sign": b"HP1234", "imo": IMO, **(new or {})}
    statics = [said(OLD, range(5, HOP_MIN, 6), **before), said(NEW, range(first_min + 1, until_min, 6), **after)]
    return rows, statics


def events_of(rows, statics, cadence_min=1, **places) -> list[Event]:
    """Last revisions, in the order of their first."""
    tracked = TrackBuilder().process_batch(PositionBatch.concat(list(rows)).in_time_order())
    detector = IntegrityDetector(IntegrityConfig(), Context(Sea(**places)))
    final = {
        event.event_id: event
        for event in told(detector, tracked, statics=StaticBatch.concat(list(statics)).in_time_order())
    }
    return list(final.values())


def one(rows, statics, detail="identity_transfer", **places) -> Event:
    """The only event there is."""
    events = events_of(rows, statics, **places)
    assert [event.detail for event in events] == [detail]
    return events[0]


def test_a_ship_that_changes_everything_but_its_imo_number_is_told_with_both_identities():
    event = one(*hop())
    assert (event.craft, event.other_craft) == ("mmsi:352009876", "mmsi:613003456")
    assert event.evidence["previous"]["name"] == "SEA JEWEL"
    assert event.evidence["new"]["name"] == "NEW DAWN"
    assert event.evidence["kept"] == ["imo"]
    assert event.confidence >= 0.9
    assert event.known_us <= START_US + (HOP_MIN + 25) * MIN_US


def test_the_name_kept_and_the_imo_number_dropped_is_told_with_doubt():
    event = one(*hop(new={"name": b"SEA JEWEL", "imo": 0}))
    assert event.evidence["kept"] == ["name"]
    assert 0.5 <= event.confidence < 0.8
    assert "probably" in event.explanation


def test_a_change_within_an_hour_of_silence_is_told():
    event = one(*hop(silence_min=60))
    assert event.evidence["silent_h"] == pytest.approx(1.0, abs=0.05)


def test_a_ship_that_takes_its_old_identity_back_is_told_twice():
    rows, statics = hop(until_min=300)
    rows.append(sailing(OLD, 304, 500))
    statics.append(said(OLD, range(305, 500, 6), b"SEA JEWEL", b"C3456", IMO))
    events = events_of(rows, statics)
    assert [(event.craft, event.state) for event in events] == [
        ("mmsi:352009876", EventState.OPEN), ("mmsi:613003456", EventState.OPEN),
    ]  # fmt: skip


def test_a_second_set_aboard_a_namesake_elsewhere_and_another_ship_of_the_name_are_no_transfer():
    both = [sailing(OLD, 0, 420), sailing(NEW, HOP_MIN, 420)]
    statics = [said(craft, range(5, 420, 6), b"SEA JEWEL", b"C3456", IMO) for craft in (OLD, NEW)]
    statics[1] = statics[1].take(statics[1].time_us > START_US + HOP_MIN * MIN_US)
    assert events_of(both, statics) == []
    far = tuple(float(v) for v in destination(*PLACE, 90.0, 300.0))
    rows, statics = hop(new={"name": b"SEA JEWEL", "imo": 0})
    assert events_of([rows[0], sailing(NEW, HOP_MIN + 3, 420, start=far)], statics) == []
    rows, statics = hop(new={"name": b"SEA JEWEL", "imo": OTHER_IMO})
    assert events_of(rows, statics) == []
    rows, statics = hop(old={"length_m": 180.0}, new={"name": b"SEA JEWEL", "imo": 0, "length_m": 90.0})
    assert events_of(rows, statics) == []


def test_a_transfer_is_withdrawn_when_the_old_one_is_heard_beside_the_new_one():
    rows, statics = hop()
    rows.append(sailing(OLD, 260, 420))
    transfer = next(event for event in events_of(rows, statics) if event.detail == "identity_transfer")
    assert transfer.state is EventState.RETRACTED
    assert "not one ship" in transfer.explanation


def test_one_imo_number_on_two_hulls_of_other_lengths_one_after_the_other_is_no_transfer():
    """A number typed wrongly: after hours of silence half an ocean is in reach, and a hull keeps its length."""
    rows, statics = hop(old={"length_m": 180.0}, new={"length_m": 90.0}, silence_min=90)
    assert events_of(rows, statics) == []
    rows, statics = hop(old={"length_m": 180.0}, new={"length_m": 90.0})
    assert one(rows, statics).confidence == pytest.approx(0.65)
    rows, statics = hop(old={"length_m": 180.0}, new={"length_m": 182.0}, silence_min=90)
    assert one(rows, statics).confidence >= 0.9


def test_a_change_off_a_port_is_information():
    assert one(*hop(), ports=[tuple(float(v) for v in destination(*PLACE, 0.0, 67.0))]).confidence < 0.3


def test_one_imo_number_on_two_hulls_at_once_is_told_once_and_not_of_two_side_by_side():
    far = tuple(float(v) for v in destination(*PLACE, 90.0, 300.0))
    rows = [sailing(OLD, 0, 600), sailing(NEW, 30, 600, start=far)]
    statics = [
        said(OLD, range(5, 600, 6), b"SEA JEWEL", b"C3456", IMO),
        said(NEW, range(34, 600, 6), b"SEA JEWEL", b"C3456", IMO),
    ]
    event = one(rows, statics, "duplicate_identity")
    assert {event.craft, event.other_craft} == {"mmsi:352009876", "mmsi:613003456"}
    assert event.evidence["apart_km"] == pytest.approx(300.0, rel=0.05)
    assert event.revision == 1
    placeholder = [
        said(craft, range(5, 600, 6), name, b"", 1_234_567) for craft, name in ((OLD, b"AMBER"), (NEW, b"WILLOW"))
    ]
    assert events_of(rows, placeholder) == []


def test_a_clone_is_told_though_it_passed_by_its_original_first():
    """Two sets aboard one ship stay together; two hulls that pass one another do not."""
    beside_it = tuple(float(v) for v in destination(*PLACE, 90.0, 6.0))
    statics = [said(craft, range(5, 600, 6), b"SEA JEWEL", b"C3456", IMO) for craft in (OLD, NEW)]
    away = [sailing(OLD, 0, 600), sailing(NEW, 0, 600, start=beside_it, course=180.0)]
    assert one(away, statics, "duplicate_identity").evidence["apart_km"] > 20.0
    assert events_of([sailing(OLD, 0, 600), sailing(NEW, 0, 600, start=beside_it)], statics) == []


def flying(address, minutes, start, call, said_minutes):
    craft, time_s = icao24_craft(address), np.arange(0, minutes * 60, 10)
    lat, lon = destination(start[0], start[1], 90.0, time_s * 0.2)
    rows = PositionBatch.of(START_US + time_s * 1_000_000, craft, lat, lon, speed_kn=390.0, on_ground=0, altitude_ft=30000.0,
        message_type=MESSAGE_TYPE_AIRBORNE)  # fmt: skip
    return rows, said(craft, np.asarray(list(said_minutes)), call_sign=call, message_type=101)


@pytest.mark.parametrize(("address", "sure"), [(0x400E16, 0.25), (0x3C6444, 0.6)])
def test_one_flight_number_on_two_airframes_is_told_and_a_bit_of_the_address_explains_it(address, sure):
    one_, two = (
        flying(0x400E14, 120, (50.0, 0.0), b"EZY9712", range(120)),
        flying(address, 120, (48.0, 2.0), b"EZY9712", range(40, 60)),
    )
    event = one([one_[0], two[0]], [one_[1], two[1]], "duplicate_identity")
    assert event.confidence == sure
    assert {event.craft, event.other_craft} == {"icao24:400e14", f"icao24:{address:06x}"}


def test_a_factory_mmsi_is_told_once_and_its_names_are_no_changes():
    boats = mmsi_craft(1_193_046)
    names = [b"NAUT", b"AMBER", b"WILLOW", b"NAUT", b"AMBER"]
    statics = [said(boats, range(100 * k, 100 * k + 90, 6), name) for k, name in enumerate(names)]
    event = one([sailing(boats, 0, 500)], statics, "invalid_identity")
    assert event.evidence["reason"] == "factory_mmsi"
    nines = mmsi_craft(333_333_333)
    assert one([sailing(nines, 0, 500)], [], "invalid_identity").evidence["reason"] == "factory_mmsi"


@pytest.mark.parametrize(("first_min", "details"), [(180, ["identity_change"]), (200, [])])
def test_a_name_given_first_at_sea_is_a_change_at_sea_though_it_comes_again_off_a_port(first_min, details):
    """It is 7 km from the port when the first new name is heard, or off it; the second is heard a mile from it."""
    rows = sailing(OLD, 0, 300)
    port = float(np.interp(200.0, (rows.time_us - START_US) / MIN_US, rows.lat_deg)), PLACE[1]
    statics = [said(OLD, range(0, 160, 20), b"EASTERN HERON"), said(OLD, [first_min, 205, 208], b"FRISIAN PUFFIN")]
    assert [event.detail for event in events_of([rows], statics, ports=[port])] == details


def test_a_name_that_comes_and_goes_is_told_once_as_two_ships():
    names = [b"AMBER STAR", b"WILLOW DAWN"] * 5
    statics = [said(OLD, range(60 * k, 60 * k + 55, 6), name) for k, name in enumerate(names)]
    events = events_of([sailing(OLD, 0, 600)], statics)
    assert sorted((event.detail, event.state) for event in events) == [
        ("identity_change", EventState.RETRACTED), ("shared_identity", EventState.OPEN),
    ]  # fmt: skip
    shared = next(event for event in events if event.detail == "shared_identity")
    assert shared.revision == 1
    assert "AMBER STAR" in shared.explanation


def test_what_is_told_does_not_depend_on_the_cadence_or_on_a_restart():
    rows, statics = hop(silence_min=25)
    tracked = TrackBuilder().process_batch(PositionBatch.concat(rows).in_time_order())
    heard = StaticBatch.concat(statics).in_time_order()

    def driven(step_min, restart):
        detector, out = IntegrityDetector(IntegrityConfig(), Context(Sea())), []
        end_us = START_US + 8 * HOUR_US
        for mark in range(START_US, end_us + 1, step_min * MIN_US):
            low, high = mark - step_min * MIN_US, mark
            some = tracked.take((tracked.time_us > low) & (tracked.time_us <= high))
            told_ = heard.take((heard.time_us > low) & (heard.time_us <= high))
            out += [*detector.process_batch(some, told_), *detector.advance_watermark(mark)]
            if restart:
                state, detector = detector.snapshot(), IntegrityDetector(IntegrityConfig(), Context(Sea()))
                detector.restore(state)
        return [event.to_json_line() for event in out]

    assert driven(1, False) == driven(60, False) == driven(7, True)[: len(driven(1, False))]
    assert any("identity_transfer" in line for line in driven(1, False))
