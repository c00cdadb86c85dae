"""Dark periods over whole days: silences seeded into made traffic are found, and recorded traffic stays quiet."""

import gzip
import json

import numpy as np
import polars as pl
import pytest

from tests.scenarios.traffic import AIRWAYS, HOUR_US, NORTH_SEA, START_US, context, run, seeded_silences
from tracker.detectors.base import Context
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.events import EventKind
from tracker.geography.places import WorldPlaces
from tracker.identity import craft_text, icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch


def dark(rows, world):
    events = run(SilenceDetector(SilenceConfig(), world), rows)
    return {(e.craft, e.start_us) for e in events if e.kind == EventKind.DARK_PERIOD}


@pytest.mark.parametrize("traffic", [NORTH_SEA, AIRWAYS], ids=["sea", "air"])
def test_seeded_silences_are_found_and_little_else(traffic):
    hours = (1.0, 6.0) if traffic is NORTH_SEA else (0.25, 0.5)
    learned_us = START_US + int((8.0 if traffic is NORTH_SEA else 1.5) * HOUR_US)
    truth, hits, false = 0, 0, 0
    for seed in (31, 32, 33):
        rows, made = seeded_silences(traffic.rows(seed), 10, seed, hours, 30, amid=3)
        found = dark(rows, context())
        wanted = {(craft_text(craft), begin) for craft, begin, _ in made}
        after = {item for item in wanted if item[1] > learned_us}
        truth, hits, false = truth + len(after), hits + len(after & found), false + len(found - wanted)
    assert truth >= 8
    assert hits >= 0.85 * truth
    assert false <= (0 if traffic is NORTH_SEA else 4)


@pytest.mark.parametrize(("name", "most"), [("us_coast_2020_06_30", 2), ("virginia_beach_2020_06_04", 1)])
def test_coastal_archives_cut_into_trips_raise_next_to_none(real_data, name, most):
    table = pl.read_csv(real_data / "positions" / f"{name}.csv.gz")
    time_us = table["timestamp"].str.to_datetime(time_unit="us").to_numpy().astype("datetime64[us]").astype(np.int64)
    rows = PositionBatch.of(
        time_us, mmsi_craft(table["mmsi"].to_numpy()), table["lat"].to_numpy(), table["lon"].to_numpy()
    ).in_time_order()
    assert len(dark(rows, Context(WorldPlaces()))) <= most


def test_an_hour_of_airliners_landing_and_leaving_raises_none(real_data):
    with gzip.open(real_data / "adsb" / "quickstart_states.json.gz") as file:
        states = json.load(file)

    def column(name):
        return np.array([np.nan if state[name] is None else state[name] for state in states], dtype=np.float64)

    rows = PositionBatch.of(
        (column("timestamp") * 1000).astype(np.int64),
        icao24_craft(np.array([int(state["icao24"], 16) for state in states])),
        column("latitude"), column("longitude"), speed_kn=column("groundspeed"), course_deg=column("track"),
        altitude_ft=column("altitude"), vertical_rate_ftmin=column("vertical_rate"),
        on_ground=np.array([int(state["onground"]) for state in states]), message_type=MESSAGE_TYPE_AIRBORNE,
    ).in_time_order()  # fmt: skip
    assert dark(rows, Context(WorldPlaces())) == set()


def test_three_days_of_a_river_receiver_raise_none(real_data):
    from tracker.inputs import open_input
    from tracker.tracks import TrackBuilder

    parts = []
    for day in ("20160331", "20160401", "20160404"):
        source = open_input(real_data / "ais" / f"vernon_{day}.log.gz", 0)
        parts.extend(decoded.positions for decoded in source.decoded(1 << 20))
    rows = TrackBuilder().process_batch(PositionBatch.concat(parts).in_time_order())
    assert dark(rows, Context(WorldPlaces())) == set()
