"""A scenario says the truth: its bytes decode, its books balance, its labels can be seen in the reports."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.geodesy import distance_km
from tests.tracker.simulate.conftest import Written
from tracker.cargo.read import read_cargo
from tracker.decode.rejects import RejectCause
from tracker.errors import SettingError
from tracker.events import EventKind
from tracker.geography.places import WorldPlaces
from tracker.identity import is_ship_station, parse_craft
from tracker.inputs import open_input
from tracker.positions import PositionBatch
from tracker.simulate import simulate
from tracker.simulate.labels import SCENARIO_FILE, Label
from tracker.simulate.radio import Coverage
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE
from tracker.simulate.stories.meeting import stopped_encounter
from tracker.simulate.traffic import Registry, Sea
from tracker.simulate.world import STATIONS
from tracker.tracks.kinds import is_fixed_station
from tracker.units import US_PER_H, US_PER_S, iso_time

HOUR_US = US_PER_H


def seeded(scenario: Written, kind: str) -> list[Label]:
    return [label for label in scenario.labels if label.kind == kind]


def heard_us(scenario: Written, craft: str) -> np.ndarray:
    batch = scenario.ships if craft.startswith("mmsi") else scenario.aircraft
    return batch.time_us[batch.craft == parse_craft(craft)]


def track(scenario: Written, craft: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    batch = scenario.ships if craft.startswith("mmsi") else scenario.aircraft
    rows = (batch.craft == parse_craft(craft)) & batch.has_position
    return batch.time_us[rows], batch.lat_deg[rows], batch.lon_deg[rows]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two", "other"):
        simulate(tmp_path / folder, seed=6 if folder == "other" else 5, vessels=20, flights=2, hours=3.0)
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert files["labels.jsonl"] != (tmp_path / "other" / "labels.jsonl").read_bytes()


def test_a_meeting_that_finds_no_room_in_a_short_scenario_is_left_out() -> None:
    rng = np.random.default_rng(1)
    sea = Sea(rng, Registry(rng), Coverage(STATIONS), 5.0)
    told = [stopped_encounter(sea) for _ in range(60)]
    assert None in told
    found = [seed for _, seed in filter(None, told)]
    assert found
    assert all(0.0 < seed.start_s < seed.end_s < sea.end_s for seed in found)


def test_every_line_is_decoded_or_was_damaged_on_purpose(scenario: Written) -> None:
    counts, report = scenario.sea_counts, scenario.report
    assert counts.units_in == report.ais_sentences
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    # A damaged half of a message 5 takes the other half with it.
    alone = counts.rejects.counts[RejectCause.INCOMPLETE_MULTIPART]
    assert counts.rejects.total - alone <= report.damaged_sentences <= counts.rejects.total
    assert {"ais 1", "ais 3", "ais 4", "ais 5", "ais 18", "ais 21", "ais 24"} == set(counts.messages)


def test_every_frame_is_decoded(scenario: Written) -> None:
    counts = scenario.air_counts
    assert counts.units_in == scenario.report.mode_s_frames == counts.units_decoded + counts.rejects.total
    assert set(counts.rejects.counts) <= {RejectCause.UNKNOWN_ADDRESS}, (
        "a reply of one just back from silence proves no address"
    )
    assert counts.rejects.total <= 5


def test_times_stay_inside_the_scenario(scenario: Written) -> None:
    report = scenario.report
    for batch in (scenario.ships, scenario.aircraft):
        assert batch.time_us.min() >= report.start_us
        assert batch.time_us.max() <= report.end_us + 3 * US_PER_S
    start = json.loads((scenario.folder / f"{AIR_FILE}.json").read_text())["start_time"]
    assert start == iso_time(int(scenario.aircraft.time_us.min()))


def test_lines_arrive_a_little_out_of_order_and_several_times(scenario: Written) -> None:
    ships = scenario.ships
    position = ships.message_type <= 3
    copies = Counter(ships.fingerprint[position].tolist())
    assert max(copies.values()) > 2
    assert len(set(ships.station.tolist())) > 20


def test_the_report_counts_the_labels(scenario: Written) -> None:
    assert sum(scenario.report.labels.values()) == len(scenario.labels)
    assert json.loads((scenario.folder / SCENARIO_FILE).read_text())["labels"] == scenario.report.labels
    kinds = {label.kind for label in scenario.labels}
    air = {"circling", "off_aerodrome_landing"}
    assert {"dark_period", "loitering", "encounter", "diversion", "feed_outage", "integrity", "negative", *air} == kinds
    assert len({label.label_id for label in scenario.labels}) == len(scenario.labels)


def test_labels_are_inside_the_scenario_and_known_after_they_begin(scenario: Written) -> None:
    for label in scenario.labels:
        assert scenario.report.start_us <= label.start_us <= label.end_us <= scenario.report.end_us
        if label.kind == "negative":
            assert label.known_earliest_us is None
            assert not label.must_alert
        else:
            assert label.known_earliest_us is not None
            assert label.start_us <= label.known_earliest_us <= scenario.report.end_us
            assert label.forbids == ()


def test_no_craft_has_two_stories(scenario: Written) -> None:
    crafts = [
        craft
        for label in scenario.labels
        if label.kind not in ("negative", "feed_outage")
        for craft in (label.craft, label.other_craft)
        if craft
    ]
    assert max(Counter(crafts).values()) == 1


def test_a_dark_period_is_silent_and_heard_before_and_after(scenario: Written) -> None:
    for label in seeded(scenario, EventKind.DARK_PERIOD):
        times = heard_us(scenario, label.craft or "")
        silent = (times > label.start_us + 2 * US_PER_S) & (times < label.end_us)
        assert not silent.any(), label.what
        assert ((times < label.start_us) & (times > label.start_us - HOUR_US)).sum() >= 10, label.what
        assert ((times >= label.end_us) & (times < label.end_us + HOUR_US / 2)).sum() >= 5, label.what


def test_others_are_heard_where_a_ship_is_dark(scenario: Written) -> None:
    ships = scenario.ships
    for label in seeded(scenario, EventKind.DARK_PERIOD):
        if not (label.craft or "").startswith("mmsi"):
            continue
        rows = (ships.time_us > label.start_us) & (ships.time_us < label.end_us) & is_ship_station(ships.craft)
        rows &= ships.has_position
        away = distance_km(ships.lat_deg[rows], ships.lon_deg[rows], label.lat_deg, label.lon_deg)
        assert len(set(ships.craft[rows][away < 120.0].tolist())) >= 2, label.what


def test_of_a_one_sided_meeting_one_is_heard_all_the_time_and_the_other_is_not(scenario: Written) -> None:
    for label in seeded(scenario, EventKind.ENCOUNTER):
        if label.detail != "one_sided":
            continue
        heard, silent = (heard_us(scenario, craft or "") for craft in (label.craft, label.other_craft))
        inside = (heard > label.start_us) & (heard < label.end_us)
        assert inside.sum() >= 0.2 * (label.end_us - label.start_us) / (60 * US_PER_S), label.what
        assert not ((silent > label.start_us - HOUR_US / 2) & (silent < label.end_us + HOUR_US / 2)).any(), label.what
        assert (silent < label.start_us - HOUR_US / 2).any(), label.what


def test_who_meets_is_close_and_heard_all_the_time(scenario: Written) -> None:
    meetings = seeded(scenario, EventKind.ENCOUNTER)
    # Two aircraft meet only where a flight leaves room for it, which ten of them need not do; test_formation.py gives them room.
    assert {label.detail for label in meetings} - {"formation"} == {"stopped", "under_way", "one_sided"}
    for label in meetings:
        if label.detail == "one_sided":
            continue
        span = np.arange(label.start_us + 120 * US_PER_S, label.end_us - 120 * US_PER_S, 60 * US_PER_S)
        places = []
        for craft in (label.craft, label.other_craft):
            times, lat, lon = track(scenario, craft or "")
            inside = (times > label.start_us) & (times < label.end_us)
            assert np.diff(times[inside]).max() < 600 * US_PER_S, label.what
            places.append((np.interp(span, times, lat), np.interp(span, times, lon)))
        apart = distance_km(*places[0], *places[1])
        if label.detail == "formation":
            assert apart.max() < 1.5, label.what
            continue
        assert np.median(apart) < 0.4, label.what
        assert apart.max() < 0.6, label.what


def test_who_loiters_is_slow_confined_and_far_from_port(scenario: Written) -> None:
    places = WorldPlaces.load(None)
    for label in seeded(scenario, EventKind.LOITERING):
        times, lat, lon = track(scenario, label.craft or "")
        inside = (times > label.start_us) & (times < label.end_us)
        lat, lon = lat[inside], lon[inside]
        assert inside.sum() > 60, label.what
        hours = (label.end_us - label.start_us) / HOUR_US
        assert hours >= 4.0
        assert distance_km(lat[0], lon[0], lat, lon).max() < 2.0 * hours * 1.852, label.what
        assert places.port_distance_km(lat, lon).min() > 20.0, label.what


def test_a_dead_feed_is_silent_for_everybody(scenario: Written) -> None:
    feeds = {"source:ais": scenario.ships, "source:adsb": scenario.aircraft}
    for label in seeded(scenario, EventKind.FEED_OUTAGE):
        batch = feeds.get(label.craft or "")
        if batch is None:
            name = (label.craft or "").removeprefix("source:").encode()
            times = scenario.ships.time_us[scenario.ships.station == name]
        else:
            times = batch.time_us
        # Stamps are whole seconds, cut.
        inside = (times > label.start_us + 2 * US_PER_S) & (times < label.end_us - US_PER_S)
        assert not inside.any(), label.what


def test_ships_sail_like_ships_and_not_on_land(scenario: Written) -> None:
    ships = scenario.ships
    rows = is_ship_station(ships.craft) & ships.has_position
    assert np.nanmax(ships.speed_kn[rows]) < 27.0
    places = WorldPlaces.load(None)
    lat, lon = ships.lat_deg[rows][::20], ships.lon_deg[rows][::20]
    ashore = places.is_land(lat, lon) & (places.port_distance_km(lat, lon) > 8.0)
    assert ashore.mean() < 0.01


def test_nobody_keeps_company_by_accident(scenario: Written) -> None:
    """Reports of two ships in one minute and half a kilometre, away from port, are few unless they are labelled."""
    ships = scenario.ships
    rows = is_ship_station(ships.craft) & (ships.speed_kn > 3.0)
    rows &= WorldPlaces.load(None).port_distance_km(ships.lat_deg, ships.lon_deg) > 10.0
    minute, craft = ships.time_us[rows] // (60 * US_PER_S), ships.craft[rows]
    lat, lon = ships.lat_deg[rows], ships.lon_deg[rows]
    near: Counter[tuple[int, int]] = Counter()
    for offset in range(1, 12):
        same = (minute[offset:] == minute[:-offset]) & (craft[offset:] != craft[:-offset])
        close = same & (distance_km(lat[offset:], lon[offset:], lat[:-offset], lon[:-offset]) < 0.5)
        for k in np.flatnonzero(close):
            one, two = sorted((int(craft[k]), int(craft[k + offset])))
            near[one, two] += 1
    labelled = {
        tuple(sorted((parse_craft(label.craft or ""), parse_craft(label.other_craft or ""))))
        for label in seeded(scenario, EventKind.ENCOUNTER)
    }
    assert all(count < 120 for pair, count in near.items() if pair not in labelled)


def test_papers_are_read_without_a_reject_or_a_warning(scenario: Written) -> None:
    book = read_cargo([scenario.folder / CARGO_FILE], WorldPlaces.load(None).resolve_location)
    assert len(book.manifests) == scenario.report.manifests
    assert book.rows_rejected == 0
    assert book.warnings == 0
    assert any(item.is_flagged for manifest in book.manifests for item in manifest.consignments)


def test_what_must_alert_carries_flagged_goods(scenario: Written) -> None:
    book = read_cargo([scenario.folder / CARGO_FILE], WorldPlaces.load(None).resolve_location)
    statics = scenario.ship_statics
    flagged = set()
    for manifest in book.manifests:
        if not any(item.is_flagged for item in manifest.consignments):
            continue
        who = manifest.conveyance
        if who.icao24 is not None:
            flagged.add(f"icao24:{who.icao24:06x}")
        if who.mmsi is not None:
            flagged.add(f"mmsi:{who.mmsi:09d}")
        if who.imo is not None:
            flagged |= {f"mmsi:{int(c) & 0xFFFFFFFF:09d}" for c in statics.craft[statics.imo == who.imo]}
    for label in scenario.labels:
        if label.must_alert:
            assert {label.craft, label.other_craft} & flagged, label.what


@pytest.mark.parametrize(("vessels", "hours"), [(5, 24.0), (5000, 24.0), (50, 1.0), (50, 1000.0)])
def test_a_scenario_too_small_or_too_long_is_refused_in_one_sentence(
    tmp_path: Path, vessels: int, hours: float
) -> None:
    with pytest.raises(SettingError, match="ask for"):
        simulate(tmp_path, vessels=vessels, hours=hours)


def test_a_sea_without_flights_has_no_recording_of_the_air(tmp_path: Path) -> None:
    (tmp_path / AIR_FILE).write_bytes(b"of an earlier scenario")
    simulate(tmp_path, vessels=20, flights=0, hours=3.0)
    assert not list(tmp_path.glob(f"{AIR_FILE}*"))
    assert AIR_FILE not in (tmp_path / "README.txt").read_text()


def test_a_loss_takes_its_share_of_the_reports_and_changes_nothing_else(tmp_path: Path) -> None:
    whole = simulate(tmp_path / "whole", seed=3, vessels=20, flights=4, hours=6.0)
    lossy = simulate(tmp_path / "lossy", seed=3, vessels=20, flights=4, hours=6.0, loss=0.3)
    assert lossy.loss == 0.3
    assert lossy.mode_s_frames == pytest.approx(0.7 * whole.mode_s_frames, rel=0.03)
    counted = []
    for name in ("whole", "lossy"):
        read = open_input(tmp_path / name / AIS_FILE, 0).decoded(1 << 20)
        rows = PositionBatch.concat(part.positions for part in read)
        counted.append(int((is_ship_station(rows.craft) & ~is_fixed_station(rows.craft)).sum()))
    assert counted[1] == pytest.approx(0.7 * counted[0], rel=0.1)
    with pytest.raises(SettingError):
        simulate(tmp_path / "none", loss=0.5)
