"""Aircraft that leave what a feed hears are not dark, and an outage that all share is told as one; recorded feeds and stories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.geodesy import distance_km
from tests.behaviour.told import Told, told
from tests.scenarios.traffic import HOUR_US, run
from tracker.detectors.base import Context
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.events import Event, EventKind, EventState
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.positions import PositionBatch
from tracker.tracks import TrackBuilder

RECEIVERS = {"dhaka": "23.83614,90.41637", "chittagong": "22.35443,91.83391", "khulna": "22.82405,89.55238"}
"""Where they stand: durjoi-asl/mlat-server, TcpClient/receiversInfo.json. Without it their airborne frames, all even, have no position."""
AIR_STORIES = ("ground_test", "goaround_divert", "goaround_divert_alnum", "callsign_leak", "mlat_noise", "beirut_spoof")


def decoded(path: Path, number: int = 0, receiver: str = "") -> PositionBatch:
    read = open_input(path, number, TimesSaid(receiver=receiver))
    return PositionBatch.concat([part.positions for part in read.decoded(1 << 20)]).in_time_order()


def dark(rows: PositionBatch, places: WorldPlaces) -> list[Event]:
    events = {event.event_id: event for event in run(SilenceDetector(SilenceConfig(), Context(places)), rows)}
    return [e for e in events.values() if e.kind == EventKind.DARK_PERIOD and e.state is not EventState.RETRACTED]


def day_after_day(rows: PositionBatch, times: int, every_h: float) -> PositionBatch:
    """The same hours again and again, so that each craft comes back under its address and all places are known."""
    parts = [
        replace(
            rows,
            time_us=rows.time_us + int(k * every_h * HOUR_US),
            received_us=rows.received_us + int(k * every_h * HOUR_US),
        )
        for k in range(times)
    ]
    return PositionBatch.concat(parts).in_time_order()


@pytest.fixture(scope="module")
def receivers(real_data: Path) -> dict[str, PositionBatch]:
    folder = real_data / "adsb" / "bangladesh"
    return {
        name: decoded(folder / f"{name}_b.jsonl.gz", number, site)
        for number, (name, site) in enumerate(RECEIVERS.items())
    }


def tracked(rows: PositionBatch) -> PositionBatch:
    return TrackBuilder().process_batch(rows)


@pytest.mark.parametrize("name", RECEIVERS)
@pytest.mark.parametrize(("times", "every_h"), [(1, 24.0), (3, 24.0), (4, 5.0)])
def test_a_receiver_tells_no_dark_period_that_another_disproves(
    receivers: dict[str, PositionBatch], places: WorldPlaces, name: str, times: int, every_h: float
) -> None:
    """On one day, and where all is known from the days before."""
    others = PositionBatch.concat([rows for other, rows in receivers.items() if other != name])
    assert receivers[name].has_position.sum() > 40_000
    for event in dark(tracked(day_after_day(receivers[name], times, every_h)), places):
        craft = int(event.craft.split(":")[1].lstrip("~"), 16)
        end_us = event.end_us if event.end_us is not None else 1 << 62
        since_us = np.mod(others.time_us - event.start_us, int(every_h * HOUR_US))
        mine = (others.craft & 0xFFFFFF) == craft
        assert not np.any(mine & (since_us > 0) & (since_us < end_us - event.start_us)), event.explanation


@pytest.mark.parametrize("times", [1, 3])
def test_three_receivers_together_tell_no_dark_period(
    receivers: dict[str, PositionBatch], places: WorldPlaces, times: int
) -> None:
    together = PositionBatch.concat(list(receivers.values())).in_time_order()
    assert not dark(tracked(day_after_day(together, times, 24.0)), places)


def test_three_receivers_together_tell_one_outage_and_no_dark_period(real_data: Path, places: WorldPlaces) -> None:
    kept = told([real_data / "adsb" / "bangladesh" / f"{name}_b.jsonl.gz" for name in RECEIVERS], [], places)
    assert not kept.standing("dark_period")
    out = kept.standing("feed_outage")
    assert {event.craft for event in out} == {f"source:{name}_b" for name in RECEIVERS}
    assert len(out) == len(RECEIVERS)
    assert all(event.evidence["duration_h"] == pytest.approx(17.1 / 60.0, abs=0.01) for event in out)


@pytest.mark.parametrize(
    "box", [(48.2, 49.5, 1.3, 3.5), (48.0, 49.0, 1.0, 3.0), (48.6, 49.9, 1.5, 4.0), (47.0, 51.0, 0.0, 5.0)]
)
def test_airliners_over_paris_clipped_by_a_box_are_not_dark(
    real_data: Path, places: WorldPlaces, box: tuple[float, float, float, float]
) -> None:
    rows = decoded(real_data / "adsb" / "quickstart_states.json.gz")
    inside = (rows.lat_deg > box[0]) & (rows.lat_deg < box[1]) & (rows.lon_deg > box[2]) & (rows.lon_deg < box[3])
    assert not dark(day_after_day(rows.take(inside), 4, 3.0), places)


@pytest.mark.parametrize("radius_km", [60.0, 90.0, 120.0])
def test_airliners_over_paris_within_a_radius_are_not_dark(
    real_data: Path, places: WorldPlaces, radius_km: float
) -> None:
    rows = decoded(real_data / "adsb" / "quickstart_states.json.gz")
    near = rows.take(distance_km(48.86, 2.35, rows.lat_deg, rows.lon_deg) < radius_km)
    assert not dark(day_after_day(near, 4, 4.0), places)


@pytest.mark.parametrize("name", AIR_STORIES)
def test_nobody_in_a_story_is_dark_but_who_ends_in_cruise(story: Callable[..., Told], name: str) -> None:
    """Made departures end at FL240 where the file has no more of them; whoever lands, parks or is displaced is not dark."""
    kept = story(name)
    for event in kept.standing("dark_period"):
        assert event.craft.startswith("icao24:3900"), event.explanation
        assert event.evidence["altitude_ft"] > 23_000, event.explanation
