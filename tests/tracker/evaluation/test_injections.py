"""Each injected event is true by construction: what the rows show is what the label says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.geodesy import destination, distance_km
from streams.files import Stored
from tests.scenarios.sea import Sea
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind
from tracker.evaluation.background import Background, edited_inputs
from tracker.evaluation.benchmark import inject
from tracker.evaluation.injections import CARGO_TYPE, Traffic, cut, meeting, silence_at_sea, waiting
from tracker.events import EventKind
from tracker.identity import mmsi_craft, parse_craft
from tracker.inputs import Input
from tracker.positions import PositionBatch
from tracker.simulate.labels import Label
from tracker.statics import StaticBatch
from tracker.units import Micros

START_US = 1_772_323_200_000_000
MIN_US = 60_000_000
HOUR_US = 60 * MIN_US
SHIPS = 26


def traffic_rows() -> PositionBatch:
    """Ships that follow one another eastward at 12 kn, 5 km apart, a report a minute for twenty hours."""
    parts = []
    for k in range(SHIPS):
        minute = np.arange(0.0, 20 * 60.0)
        lat, lon = destination(55.0 + 0.01 * k, 1.0, 90.0, 3.0 * k + minute * 12 * 1.852 / 60.0)
        time_us = START_US + (minute * MIN_US).astype(np.int64) + k * 1_000_000
        craft = np.full(len(minute), mmsi_craft(219_000_000 + k))
        parts.append(PositionBatch.of(time_us, craft, lat, lon, speed_kn=12.0, course_deg=90.0, message_type=1))
    return PositionBatch.concat(parts).in_time_order()


def background(tmp_path: Path | None = None) -> Background:
    path = (tmp_path or Path()) / "recording.nmea"
    if tmp_path is not None:
        path.write_bytes(b"x" * 1000)
    source = Input(Stored.at(path), InputKind.NMEA, 0, path.name, "recording", InputTimes(undated_us=Micros(START_US)))
    return Background("recording", (source,), traffic_rows(), StaticBatch.empty())


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(background(), Sea())


def rows_within(traffic: Traffic, craft: str | None, label: Label) -> PositionBatch:
    rows = traffic.tracks[parse_craft(str(craft))]
    return rows.take((rows.time_us > label.start_us + MIN_US) & (rows.time_us < label.end_us - MIN_US))


def test_a_silenced_ship_was_heard_all_the_time_she_is_now_silent(traffic: Traffic) -> None:
    before = traffic.positions()
    label = silence_at_sea(np.random.default_rng(1), traffic)
    assert label is not None
    assert label.kind == EventKind.DARK_PERIOD
    assert len(rows_within(traffic, label.craft, label)) == 0
    removed = len(before) - len(traffic.positions())
    assert removed == pytest.approx((label.end_us - label.start_us) / MIN_US, abs=2)
    assert label.known_earliest_us is not None
    assert label.known_earliest_us > label.start_us
    assert label.start_us > START_US + 4 * HOUR_US


def test_a_waiting_ship_drifts_for_the_time_told_and_then_sails_on_as_she_did(traffic: Traffic) -> None:
    label = waiting(np.random.default_rng(2), traffic)
    assert label is not None
    assert label.kind == EventKind.LOITERING
    rows = rows_within(traffic, label.craft, label)
    assert distance_km(label.lat_deg, label.lon_deg, rows.lat_deg, rows.lon_deg).max() < 15.0
    assert rows.speed_kn.max() < 2.0
    whole = traffic.tracks[parse_craft(str(label.craft))]
    after = whole.take(whole.time_us > label.end_us + 60 * MIN_US)
    if len(after):
        assert after.speed_kn.min() == 12.0
    assert whole.time_us.max() <= traffic.end_us
    assert (np.diff(whole.time_us) > 0).all()
    assert traffic.statics[0].ship_type.tolist() == [CARGO_TYPE]


def test_a_pair_brought_together_lies_together_and_nobody_jumps(traffic: Traffic) -> None:
    rng = np.random.default_rng(3)
    label = next(found for found in (meeting(rng, traffic) for _ in range(20)) if found is not None)
    one, two = rows_within(traffic, label.craft, label), rows_within(traffic, label.other_craft, label)
    lat = np.interp(two.time_us, one.time_us, one.lat_deg)
    lon = np.interp(two.time_us, one.time_us, one.lon_deg)
    assert distance_km(lat, lon, two.lat_deg, two.lon_deg).max() < 0.35
    for craft in (label.craft, label.other_craft):
        track = traffic.tracks[parse_craft(str(craft))]
        hours = np.diff(track.time_us) / HOUR_US
        km = distance_km(track.lat_deg[:-1], track.lon_deg[:-1], track.lat_deg[1:], track.lon_deg[1:])
        assert (km / 1.852 / hours).max() < 20.0


def test_a_cut_takes_every_row_of_the_feed(traffic: Traffic) -> None:
    label = cut(np.random.default_rng(4), traffic)
    assert label is not None
    times = traffic.positions().time_us
    assert not ((times > label.start_us) & (times < label.end_us)).any()
    assert 25.0 <= (label.end_us - label.start_us) / MIN_US <= 50.0


def test_no_craft_has_two_events_and_the_same_seed_gives_the_same_labels() -> None:
    runs = [inject(np.random.default_rng(5), Traffic(background(), Sea())) for _ in range(2)]
    assert [label.to_json() for label in runs[0]] == [label.to_json() for label in runs[1]]
    crafts = [c for label in runs[0] for c in (label.craft, label.other_craft) if c is not None]
    assert len(crafts) == len(set(crafts))
    assert {label.kind for label in runs[0]} >= {EventKind.DARK_PERIOD, EventKind.LOITERING, EventKind.FEED_OUTAGE}


def test_nothing_is_injected_near_ports_or_land() -> None:
    ports = [(55.1, lon) for lon in np.arange(0.0, 12.0, 0.2)]
    assert waiting(np.random.default_rng(1), Traffic(background(), Sea(ports=ports))) is None
    assert silence_at_sea(np.random.default_rng(1), Traffic(background(), Sea(land=[(55.0, 4.0, 900.0)]))) is None


def test_edited_rows_are_what_the_input_gives(tmp_path: Path) -> None:
    given = background(tmp_path)
    (one,) = edited_inputs(given, given.positions, given.statics)
    rows = PositionBatch.concat(decoded.positions for decoded in one.decoded(1 << 20))
    assert rows.time_us.tolist() == given.positions.time_us.tolist()


def test_craft_hours_count_clock_hours_in_which_a_craft_was_heard() -> None:
    assert background().craft_hours == SHIPS * 20
