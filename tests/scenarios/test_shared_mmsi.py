"""Two ships under one MMSI: two segments, and nobody sees a gap, a jump or a meeting of a ship with herself."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination, distance_km
from tests.scenarios.sea import HOUR_US, ONE, Sea, legs, told
from tracker.detectors import DETECTORS
from tracker.detectors.base import Context
from tracker.identity import segment_number
from tracker.positions import PositionBatch
from tracker.tracks.builder import TrackBuilder, believed

PLACE = (55.0, 3.0)
QUIET = [entry for entry in DETECTORS if entry.name != "integrity"]


def under_one_mmsi(*ships: PositionBatch) -> PositionBatch:
    """The ships' rows as the detectors get them, each ship's clock a few seconds off the other's."""
    moved = [rows.with_columns(time_us=rows.time_us + 17_000_000 * k) for k, rows in enumerate(ships)]
    whole = PositionBatch.concat(moved).in_time_order()
    whole = whole.with_columns(fingerprint=np.arange(1, len(whole) + 1), message_type=np.ones(len(whole), np.uint8))
    return TrackBuilder().process_batch(whole)


def fastest_kn(rows: PositionBatch) -> float:
    """The greatest speed between two reports."""
    hours = np.diff(rows.time_us) / HOUR_US
    return float(
        np.max(distance_km(rows.lat_deg[:-1], rows.lon_deg[:-1], rows.lat_deg[1:], rows.lon_deg[1:]) / hours / 1.852)
    )


def passing() -> PositionBatch:
    return under_one_mmsi(
        legs(ONE, PLACE, [(600, 12.0, 90.0)]),
        legs(ONE, tuple(float(v) for v in destination(*PLACE, 20.0, 60.0)), [(600, 9.0, 200.0)]),
    )


def meeting() -> PositionBatch:
    """One lies all day; the other comes from afar, lies 400 m off for three hours and goes."""
    way = [(240, 10.0, 180.0), (180, 0.0, 90.0), (240, 10.0, 0.0)]
    start = destination(*PLACE, 0.0, 0.4 + 10 * 1.852 * 4)
    return under_one_mmsi(legs(ONE, PLACE, [(660, 0.0, 90.0)]), legs(ONE, tuple(float(v) for v in start), way))


def test_they_are_two_segments_each_with_its_own_track():
    rows = passing()
    assert set(segment_number(rows.segment)) == {0, 1}
    for number in (0, 1):
        mine = rows.take(segment_number(rows.segment) == number)
        assert np.abs(np.diff(mine.lat_deg)).max() < 0.02
        assert np.abs(np.diff(mine.lon_deg)).max() < 0.02
        assert fastest_kn(mine) < 13.0
    assert fastest_kn(rows) > 1000.0


def test_the_same_two_under_two_numbers_do_meet():
    rows = meeting()
    two = rows.craft + segment_number(rows.segment)
    detector = next(entry for entry in QUIET if entry.name == "encounter")
    events = told(
        detector.build(detector.config(), Context(Sea())), rows.with_columns(craft=two, segment=two), after_h=0.5
    )
    assert {event.kind for event in events} == {"encounter"}


@pytest.mark.parametrize("rows", [passing(), meeting()], ids=["passing", "meeting"])
@pytest.mark.parametrize("entry", QUIET, ids=lambda entry: entry.name)
def test_no_detector_sees_a_gap_a_jump_or_a_meeting_with_herself(entry, rows):
    events = told(entry.build(entry.config(), Context(Sea())), believed(rows), after_h=0.5)
    assert [event for event in events if event.kind in {"gap", "dark_period", "encounter"}] == []
    assert all(event.other_craft is None for event in events)
