"""Recorded feeds of other people through the whole program: nothing crashes, ledgers balance, quiet where nothing is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.behaviour.told import Kept
from tracker.cargo.book import CargoBook
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.replay import Summary, replay
from tracker.settings import load_settings

pytestmark = pytest.mark.real_data

FEEDS = (
    "ais/global_tagblock_5min.nmea.gz", "ais/northwest_europe_28s.txt.gz", "ais/southern_california_7min.ais.gz",
    "ais/malformed/bad-tagblock-group.nmea", "ais/malformed/bad-type5.nmea", "ais/malformed/ee-multiline.nmea",
    "ais/malformed/errors.nmea", "ais/malformed/mixed_types.nmea", "ais/malformed/multi-part.nmea",
    "ais/malformed/sample.nmea", "ais/malformed/single-message-type-5.nmea", "ais/malformed/spire-test.nmea",
    "ais/malformed/type1-bad-bitcount.nmea", "ais/malformed/type8.nmea", "ais/truth/gpsd/ais-nmea-type6-fid55.log",
    "ais/truth/gpsd/sample.aivdm", "ais/truth/libais/tagblock.nmea", "ais/truth/libais/test.aivdm",
    "ais/truth/libais/typeexamples.nmea", "adsb/readsb_snapshots_1h.jsonl", "adsb/readsb_trace_ac671b.json.gz",
    "adsb/toulouse_jet1090.jsonl.gz", "adsb/toulouse_paris.beast.gz", "adsb/toulouse_paris_60k.avr.gz",
    "adsb/tracks/ajaccio.json.gz", "adsb/tracks/belevingsvlucht.json.gz", "adsb/tracks/dreamliner_boeing.json.gz",
    "adsb/tracks/pixair_toulouse.json.gz", "positions/encounter_simple.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


def run(paths: Sequence[Path], places: WorldPlaces) -> tuple[Summary, Kept]:
    kept = Kept()
    inputs = [open_input(path, number) for number, path in enumerate(paths)]
    return replay(inputs, load_settings(), book=CargoBook(), places=places, sinks=[kept]), kept


@pytest.mark.parametrize("name", FEEDS)
def test_every_feed_replays_and_its_ledger_balances(name: str, real_data: Path, places: WorldPlaces) -> None:
    summary, _ = run([real_data / name], places)
    assert summary.units_in > 0
    assert summary.units_in == summary.units_decoded + sum(summary.rejects.values())


def test_ships_leaving_a_river_receiver_are_no_dark_periods(real_data: Path, places: WorldPlaces) -> None:
    summary, kept = run(sorted((real_data / "ais").glob("vernon_*.log.gz")), places)
    kinds = {str(event.kind) for event in kept.events}
    assert "dark_period" not in kinds
    assert "loitering" not in kinds
    assert "encounter" not in kinds
    assert summary.events["feed_outage"] == 1, "the two days nobody recorded"
    assert {str(alert.event.kind) for alert in kept.alerts} == {"feed_outage"}


@pytest.mark.parametrize(
    ("name", "most_alerts"),
    [
        ("positions/virginia_beach_2020_06_04.csv.gz", 1),
        ("positions/us_coast_2020_06_30.csv.gz", 0),
        ("positions/marinecadastre_aleutians_2017_01.csv.gz", 1),
        ("adsb/quickstart_states.json.gz", 0),
    ],
)
def test_ordinary_traffic_is_quiet(name: str, most_alerts: int, real_data: Path, places: WorldPlaces) -> None:
    summary, kept = run([real_data / name], places)
    assert summary.units_in == summary.units_decoded + sum(summary.rejects.values())
    assert len({alert.alert_id for alert in kept.alerts}) <= most_alerts


def test_two_craft_near_each_other_for_an_hour_meet(real_data: Path, places: WorldPlaces) -> None:
    _, kept = run([real_data / "positions" / "encounter_simple.csv"], places)
    told = [event for event in kept.events if event.detail != "invalid_identity"]  # made-up numbers: information
    assert {(str(e.kind), e.craft, e.other_craft) for e in told} == {("encounter", "mmsi:200000001", "mmsi:200000002")}


def circlings(name: str, real_data: Path, places: WorldPlaces) -> list[Event]:
    _, kept = run([real_data / "adsb" / name], places)
    assert kept.alerts == []
    return [event for event in kept.events if str(event.kind) == "circling"]


def test_a_calibration_flight_flies_a_calibration_circle(real_data: Path, places: WorldPlaces) -> None:
    events = circlings("tracks/ajaccio.json.gz", real_data, places)
    assert len({event.event_id for event in events}) == 1
    assert all(event.detail == "orbit" and event.evidence["calibration_circle"] for event in events)


def test_an_aerial_survey_is_a_survey_and_its_circles_belong_to_it(real_data: Path, places: WorldPlaces) -> None:
    events = circlings("tracks/pixair_toulouse.json.gz", real_data, places)
    details = [event.detail for event in events if event.revision == 1]
    assert sorted(details) == ["orbit", "survey", "survey", "survey"]
    assert all(event.confidence < 0.3 for event in events)


def test_a_holding_is_one_and_five_go_arounds_are_nothing(real_data: Path, places: WorldPlaces) -> None:
    events = circlings("tracks/belevingsvlucht.json.gz", real_data, places)
    assert len({event.event_id for event in events}) == 1
    assert {event.detail for event in events} == {"holding"}


@pytest.mark.parametrize(
    "name", ["toulouse_paris.beast.gz", "toulouse_jet1090.jsonl.gz", "tracks/dreamliner_boeing.json.gz"]
)
def test_airliners_do_not_circle(name: str, real_data: Path, places: WorldPlaces) -> None:
    assert circlings(name, real_data, places) == []


def test_of_213_aircraft_one_helicopter_lands_in_a_field_and_nobody_is_told(
    real_data: Path, places: WorldPlaces
) -> None:
    _, kept = run([real_data / "adsb" / "quickstart_states.json.gz"], places)
    ours = [event for event in kept.events if str(event.kind) in ("circling", "off_aerodrome_landing")]
    assert {(event.craft, event.detail) for event in ours} == {("icao24:39b002", "helicopter")}
    assert kept.alerts == []
