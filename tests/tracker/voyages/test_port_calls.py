"""Port calls as a state machine with hysteresis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tests.scenarios.diversion_tracks import HOUR_US, START_US, Track, place, world
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import PositionBatch
from tracker.voyages.port_calls import PortCall, PortCallConfig, PortCalls

CRAFT = mmsi_craft(219001234)


def calls_of(rows: PositionBatch, cuts: int = 1, restart: bool = False) -> list[PortCall]:
    machine = PortCalls(PortCallConfig(), world())
    found: list[PortCall] = []
    for part in np.array_split(np.arange(len(rows)), cuts):
        machine.process_batch(rows.take(part))
        if len(part):
            machine.advance_watermark(int(rows.time_us[part[-1]]))
        found += machine.take_calls()
        if restart:
            again = PortCalls(PortCallConfig(), world())
            again.restore(machine.snapshot())
            machine = again
    return found


def passing(km_off: np.ndarray, speed_kn: np.ndarray | float) -> PositionBatch:
    """One row a minute at given distances north of Rotterdam's reference point."""
    lat, lon = place("NLRTM")
    n = len(km_off)
    return PositionBatch.of(
        START_US + np.arange(n) * 60_000_000, np.full(n, CRAFT), lat + km_off / 111.195, np.full(n, lon),
        speed_kn=np.broadcast_to(speed_kn, (n,)),
    )  # fmt: skip


def test_enter_stop_and_leave_give_one_call_in_two_revisions() -> None:
    km = np.concatenate([np.linspace(10, 0.5, 40), np.full(60, 0.5), np.linspace(0.5, 10, 40)])
    speed = np.concatenate([np.full(40, 8.0), np.zeros(60), np.full(40, 8.0)])
    open_, closed = calls_of(passing(km, speed))
    assert (open_.location, open_.depart_us, open_.revision) == ("NLRTM", None, 1)
    assert (closed.stopped, closed.confidence, closed.revision) == (True, 0.95, 2)
    assert closed.arrive_us == open_.arrive_us < closed.depart_us


def test_noise_on_the_border_makes_no_chatter() -> None:
    rng = np.random.default_rng(1)
    km = np.concatenate([np.linspace(10, 3, 20), 3.4 + rng.uniform(-0.5, 0.5, 300), np.linspace(4.1, 10, 20)])
    (call,) = calls_of(passing(km, 5.0))
    assert not call.stopped


def test_swinging_about_the_stop_speed_is_one_stop() -> None:
    speed = np.where(np.arange(200) % 2 == 0, 0.15, 0.45)
    assert len(calls_of(passing(np.full(200, 1.0), speed))) == 1


def test_without_reported_speed_the_stop_is_seen_from_the_displacement() -> None:
    (call,) = calls_of(passing(np.full(60, 1.0), np.nan))
    assert call.stopped


def test_cuts_and_restarts_change_nothing() -> None:
    rows = Track("NLRTM").wait(3).sail("SEGOT").wait(5).rows()
    whole = calls_of(rows)
    assert [call.location for call in whole if call.stopped] == ["NLRTM", "NLRTM", "SEGOT"]
    assert calls_of(rows, cuts=9) == whole
    assert calls_of(rows, cuts=4, restart=True) == whole


def test_a_call_ends_when_last_heard_if_she_is_not_heard_again() -> None:
    machine = PortCalls(PortCallConfig(), world())
    rows = passing(np.full(60, 1.0), 0.0)
    machine.process_batch(rows)
    machine.take_calls()
    assert [row["depart_us"] for row in machine.rows()] == [None]
    machine.advance_watermark(int(rows.time_us[-1]) + 400 * HOUR_US)
    (call,) = machine.take_calls()
    assert call.depart_us == int(rows.time_us[-1])
    assert [row["craft"] for row in machine.rows()] == ["mmsi:219001234"]
    assert machine.rows() == []


def test_an_aircraft_calls_where_it_is_on_the_ground() -> None:
    track = Track("EDDF", every_min=0.5).wait(0.2, on_ground=1, altitude_ft=0)
    track = track.straight("LFPG", 350, on_ground=0, altitude_ft=lambda part: 30_000 * (1 - abs(2 * part - 1)) + 600)
    rows = track.wait(0.3, on_ground=1, altitude_ft=0).rows(icao24_craft(0x4B1812))
    assert [(c.location, c.revision) for c in calls_of(rows)] == [("EDDF", 1), ("EDDF", 2), ("LFPG", 1)]


def test_base_stations_and_beacons_make_no_calls() -> None:
    rows = passing(np.full(30, 1.0), 0.0)
    assert (
        calls_of(rows.with_columns(craft=np.full(30, mmsi_craft(2442101)), segment=np.full(30, mmsi_craft(2442101))))
        == []
    )


def test_a_day_of_the_us_coast_calls_at_its_ports(real_data: Path) -> None:
    frame = pl.read_csv(real_data / "positions" / "us_coast_2020_06_30.csv.gz")
    time_us = frame["timestamp"].str.to_datetime().dt.epoch("us").to_numpy()
    rows = PositionBatch.of(
        time_us, mmsi_craft(frame["mmsi"].to_numpy()), frame["lat"].to_numpy(), frame["lon"].to_numpy()
    )
    stopped = {call.name for call in calls_of(rows.in_time_order()) if call.stopped}
    assert {"Los Angeles", "New York", "Long Beach", "Tampa"} <= stopped
