"""Claims about tracks: what is dropped, what is split, and that nothing depends on how the rows were cut."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.identity import icao24_craft, mmsi_craft, segment_number
from tracker.positions import PositionBatch
from tracker.tracks import TrackBuilder, TrackConfig

MIN_US = 60_000_000
HOUR_US = 60 * MIN_US
SHIP = mmsi_craft(219_001_234)
PLANE = icao24_craft(0x4B1812)
BASE = mmsi_craft(2_194_005)


def rows(times_min, lat, lon, craft=SHIP, **more):
    time_us = (np.asarray(times_min, dtype=float) * MIN_US).astype(np.int64)
    more.setdefault("fingerprint", np.arange(1, len(time_us) + 1))
    return PositionBatch.of(time_us, craft, np.asarray(lat, dtype=float), np.asarray(lon, dtype=float), **more)


def merged(*batches):
    return PositionBatch.concat(batches).in_time_order()


def same(one, two):
    return all(
        np.array_equal(getattr(one, c.name), getattr(two, c.name), equal_nan=getattr(one, c.name).dtype.kind == "f")
        for c in PositionBatch.COLUMNS
    )


def many_rows(seed=0, count=3000):
    """Six craft, of which one is two ships, with foreign positions, silences, heard-only rows and repeats."""
    rng = np.random.default_rng(seed)
    time_us = np.sort(rng.integers(0, 60 * HOUR_US, count))
    who = rng.integers(0, 6, count)
    lat = who * 3.0 + rng.normal(0, 0.001, count)
    lon = np.where((who == 2) & (rng.random(count) < 0.5), 50.0, 0.0) + time_us / HOUR_US * 0.01
    foreign = rng.random(count) < 0.01
    lat, lon = np.where(foreign, -60.0, lat), np.where(foreign, rng.uniform(-180, 180, count), lon)
    heard = rng.random(count) < 0.1
    batch = PositionBatch.of(
        time_us,
        SHIP + who,
        np.where(heard, np.nan, lat),
        np.where(heard, np.nan, lon),
        fingerprint=np.arange(count) + 1,
    )
    again = batch.take(rng.integers(0, count, count // 3))
    later = again.with_columns(time_us=again.time_us + rng.integers(0, 20, len(again)) * 1_000_000)
    return batch, merged(batch, later)


def test_a_message_heard_by_two_stations_is_given_once_and_first():
    one = rows([0, 1, 2], [50, 50, 50], [0, 0.001, 0.002], station=b"a")
    two = one.with_columns(time_us=one.time_us + 5_000_000, station=np.full(3, b"b", dtype="S16"))
    builder = TrackBuilder()
    out = builder.process_batch(merged(one, two))
    assert same(out, one)
    assert builder.counts["duplicates"] == 3


def test_equal_bits_a_minute_later_are_a_new_report():
    out = TrackBuilder().process_batch(rows([0, 1, 2], [50] * 3, [0] * 3, fingerprint=7))
    assert len(out) == 3


def test_rows_without_fingerprint_are_duplicates_when_time_position_and_speed_agree():
    table = rows([0, 0, 0, 1], [50] * 4, [0] * 4, fingerprint=0, speed_kn=np.array([1.0, 1.0, 2.0, 1.0]))
    assert len(TrackBuilder().process_batch(table)) == 3


def test_duplicates_change_nothing():
    plain, repeated = many_rows()
    assert same(TrackBuilder().process_batch(repeated), TrackBuilder().process_batch(plain))


def test_a_single_foreign_position_makes_no_track():
    lat = [50.0] * 10
    lat[4] = 10.0
    builder = TrackBuilder()
    out = builder.process_batch(rows(range(10), lat, [0.0] * 10))
    assert set(out.segment) == {SHIP}
    assert builder.counts["implausible_jump"] == 1
    assert 10.0 not in out.lat_deg


def test_foreign_positions_hours_apart_make_no_track_though_a_ship_could_have_sailed_between_them():
    minutes = np.arange(0, 2400, 2)
    lat, lon = np.full(len(minutes), 50.0), np.zeros(len(minutes))
    flung = np.arange(60, len(minutes), 100)
    lat[flung] += 3.0 + 0.1 * np.arange(len(flung))
    builder = TrackBuilder()
    out = builder.process_batch(rows(minutes, lat, lon))
    assert set(out.segment) == {SHIP}
    assert builder.counts["implausible_jump"] == len(flung)


def test_a_foreign_first_position_gives_way_to_the_proven_track():
    lat = [10.0] + [50.0] * 9
    out = TrackBuilder().process_batch(rows(range(10), lat, [0.0] * 10))
    assert set(out.segment) == {SHIP}
    assert list(out.lat_deg) == [10.0] + [50.0] * 7


def test_two_ships_sharing_an_mmsi_are_two_segments_all_the_time():
    near = rows(range(0, 200, 2), [50.0] * 100, np.arange(100) * 0.005)
    far = rows(range(1, 200, 2), [-30.0] * 100, 100 + np.arange(100) * 0.005, fingerprint=np.arange(100) + 1000)
    out = TrackBuilder().process_batch(merged(near, far))
    assert set(segment_number(out.segment[out.lat_deg > 0])) == {0}
    assert set(segment_number(out.segment[out.lat_deg < 0])) == {1}
    assert len(out) == 198


def test_two_ships_crossing_keep_their_own_track():
    minutes = np.arange(121)
    run = (minutes - 60) / 60 * 20 / 60
    east = rows(minutes, [0.0] * 121, run, speed_kn=20.0, course_deg=90.0)
    north = rows(minutes + 0.5, run + 20 / 7200, [0.0] * 121, speed_kn=20.0, course_deg=0.0, fingerprint=minutes + 1000)
    out = TrackBuilder().process_batch(merged(east, north))
    late = out.take(out.time_us > 80 * MIN_US)
    assert len(set(late.segment[late.course_deg == 0])) == 1
    assert len(set(late.segment[late.course_deg == 90])) == 1
    assert len(set(late.segment)) == 2


def test_a_ship_back_from_a_long_silence_within_reach_is_the_same_ship():
    out = TrackBuilder().process_batch(rows([0, 20 * 60], [50, 50], [0, 5]))
    assert list(segment_number(out.segment)) == [0, 0]


def test_a_ship_silent_for_longer_than_the_expiry_starts_afresh_forgotten_or_not():
    table = rows([0, 50 * 60], [50, -50], [0, 100])
    told, untold = TrackBuilder(), TrackBuilder()
    told.process_batch(table.take(slice(0, 1)))
    told.advance_watermark(49 * HOUR_US)
    after = told.process_batch(table.take(slice(1, 2)))
    whole = untold.process_batch(table)
    assert list(after.segment) == [whole.segment[1]] == [SHIP]


def test_heard_only_rows_go_to_the_believed_transmitter_heard_last():
    lat = [50.0] * 4 + [-30.0] * 4 + [np.nan]
    lon = [0.0] * 4 + [100.0] * 4 + [np.nan]
    out = TrackBuilder().process_batch(rows(range(9), lat, lon))
    assert segment_number(out.segment[-1]) == 0, "the second place may be where she is jammed to"
    minutes = np.concatenate([np.arange(0, 80, 2), np.arange(41, 80, 2), [80.5]])
    at_lat = np.where(np.arange(len(minutes)) < 40, 50.0, -30.0)
    order = np.argsort(minutes)
    at_lat[-1] = np.nan
    out = TrackBuilder().process_batch(rows(minutes[order], at_lat[order], np.zeros(len(minutes))))
    assert segment_number(out.segment[-1]) == 1


def test_an_aircraft_may_come_faster_than_a_ship():
    lon = np.arange(10) * 0.2
    assert len(TrackBuilder().process_batch(rows(range(10), [50.0] * 10, lon, craft=PLANE))) == 10
    assert len(TrackBuilder().process_batch(rows(range(10), [50.0] * 10, lon))) < 10


def test_base_stations_pass_wherever_they_say_they_are():
    out = TrackBuilder().process_batch(rows(range(4), [50, -50, 0, 50], [0, 90, 120, 0], craft=BASE))
    assert len(out) == 4
    assert set(out.segment) == {BASE}


@pytest.mark.parametrize("turn_deg", [37.0, 179.95, -180.0])
def test_turning_all_longitudes_changes_no_fate(turn_deg):
    _, table = many_rows()
    turned = table.with_columns(lon_deg=np.mod(table.lon_deg + turn_deg + 180.0, 360.0) - 180.0)
    one, two = TrackBuilder().process_batch(table), TrackBuilder().process_batch(turned)
    assert np.array_equal(one.fingerprint, two.fingerprint)
    assert np.array_equal(one.segment, two.segment)


def test_poles_do_not_confuse_it():
    lon = np.arange(20) * 170.0 % 360 - 180
    out = TrackBuilder().process_batch(rows(range(20), [89.999] * 20, lon, speed_kn=5.0, course_deg=10.0))
    assert len(out) == 20


@pytest.mark.parametrize("size", [1, 7, 500])
def test_cuts_watermarks_and_snapshots_change_nothing(size):
    _, table = many_rows(1)
    whole = TrackBuilder().process_batch(table)
    builder, parts = TrackBuilder(), []
    for start in range(0, len(table), size):
        part = table.take(slice(start, start + size))
        parts.append(builder.process_batch(part))
        if start % 5 == 0:
            builder.advance_watermark(int(part.time_us[-1]) - 1)
        if start % 300 == 0:
            fresh = TrackBuilder()
            fresh.restore(builder.snapshot())
            assert fresh.snapshot() == builder.snapshot()
            assert fresh.counts == builder.counts
            builder = fresh
    assert same(PositionBatch.concat(parts), whole)


def test_silent_craft_are_forgotten():
    builder = TrackBuilder()
    for day in range(30):
        builder.process_batch(rows([day * 1440] * 50, [50.0] * 50, [0.0] * 50, craft=SHIP + day * 50 + np.arange(50)))
        builder.advance_watermark(day * 24 * HOUR_US)
    assert len(builder._state) <= 150


def test_every_row_is_kept_or_counted():
    _, table = many_rows(2)
    builder = TrackBuilder()
    out = builder.process_batch(table)
    assert builder.counts["kept"] == len(out)
    assert sum(builder.counts.values()) == len(table)


def test_a_senseless_configuration_is_refused():
    with pytest.raises(ValueError, match="ship_gate_kn"):
        TrackConfig(ship_gate_kn=0.0)
