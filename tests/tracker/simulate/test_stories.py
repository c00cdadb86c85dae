"""Stories of several craft, of receivers and of other people's feeds: what their labels say can be seen in the reports."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from models.angles import difference
from models.geodesy import bearing_deg, distance_km
from tests.tracker.simulate.conftest import Written
from tracker.identity import parse_craft
from tracker.inputs import open_input
from tracker.positions import PositionBatch
from tracker.simulate.aboard import ABOARD_FILE, read_aboard
from tracker.simulate.labels import Label
from tracker.simulate.scenario import recordings
from tracker.simulate.stories import feeds
from tracker.simulate.stories.voyage import is_far_from_land
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_MIN


@pytest.fixture
def scenario(great_scenario: Written) -> Written:
    return great_scenario


@pytest.fixture(scope="session")
def tables(great_scenario: Written) -> dict[str, PositionBatch]:
    """Rows of the other feeds by the name of their file."""
    read = {}
    for source, path in enumerate(recordings(great_scenario.folder)):
        if path.name in feeds.FEED_FILES:
            parts = open_input(path, source).decoded(1 << 20)
            read[path.name] = PositionBatch.concat(part.positions for part in parts).in_time_order()
    return read


def of_story(scenario: Written, story: str) -> list[Label]:
    found = [label for label in scenario.labels if label.story == story]
    assert found, f"the scenario holds no {story}"
    return found


def one_positive(scenario: Written, story: str) -> Label:
    (label,) = [label for label in of_story(scenario, story) if label.kind != "negative"]
    return label


def rows_of(batch: PositionBatch, craft: str | None) -> PositionBatch:
    return batch.take((batch.craft == parse_craft(craft or "")) & batch.has_position)


def within(rows: PositionBatch, label: Label) -> PositionBatch:
    return rows.take((rows.time_us >= label.start_us) & (rows.time_us <= label.end_us))


def apart_m(scenario: Written, label: Label, one: str | None, other: str | None) -> np.ndarray:
    span = np.arange(label.start_us + 5 * US_PER_MIN, label.end_us - 5 * US_PER_MIN, US_PER_MIN)
    places = []
    for craft in (one, other):
        rows = rows_of(scenario.ships, craft)
        places += [np.interp(span, rows.time_us, rows.lat_deg), np.interp(span, rows.time_us, rows.lon_deg)]
    return np.asarray(distance_km(*places)) * 1000.0


def said_by(statics: StaticBatch, craft: str | None) -> StaticBatch:
    return statics.take(statics.craft == parse_craft(craft or ""))


def test_roads_fill_with_ships_that_lie_still(scenario: Written) -> None:
    label, ships = one_positive(scenario, "roads_full"), scenario.ships
    now = (ships.time_us > (label.known_earliest_us or 0)) & (ships.time_us < label.end_us) & (ships.speed_kn < 1.0)
    near = now & (distance_km(ships.lat_deg, ships.lon_deg, label.lat_deg, label.lon_deg) < 8.0)
    assert len(set(ships.craft[near].tolist())) >= 8
    before = (ships.time_us < label.start_us) & (ships.speed_kn < 1.0)
    before &= distance_km(ships.lat_deg, ships.lon_deg, label.lat_deg, label.lon_deg) < 6.0
    assert len(set(ships.craft[before].tolist())) <= 3


def test_supply_boats_lie_alongside_the_production_ship_at_each_visit(scenario: Written) -> None:
    (field,) = of_story(scenario, "fixture")
    for visit in of_story(scenario, "supply"):
        assert np.median(apart_m(scenario, visit, visit.craft, field.craft)) < 200.0
        assert ("encounter" in visit.forbids) == (visit.detail == "regular")


def test_a_tender_is_first_heard_in_its_mothers_arms_and_works_off(scenario: Written) -> None:
    boat, mother = sorted(of_story(scenario, "tender"), key=lambda label: label.detail, reverse=True)
    metres = apart_m(scenario, boat, boat.craft, mother.craft)
    assert metres[0] < 400.0
    assert metres[-1] < 400.0
    assert 1000.0 < metres.max() < 3000.0


def test_tankers_lighter_abreast_with_boats_around_them(scenario: Written) -> None:
    label = one_positive(scenario, "lightering")
    assert apart_m(scenario, label, label.craft, label.other_craft).max() < 250.0
    boats = [one for one in of_story(scenario, "lightering") if one.kind == "negative"]
    assert len(boats) == 2
    for boat in boats:
        metres = apart_m(scenario, label, label.craft, boat.craft)
        assert 250.0 < np.median(metres) < 800.0


def test_tankers_at_reduced_power_are_hardly_heard_and_their_draughts_change(scenario: Written) -> None:
    label = one_positive(scenario, "reduced_power")
    for craft in (label.craft, label.other_craft):
        rows = rows_of(scenario.ships, craft)
        heard = np.unique(within(rows, label).time_us // (2 * US_PER_MIN))
        assert 3 <= len(heard) <= (label.end_us - label.start_us) / (30 * US_PER_MIN)
        said = said_by(scenario.ship_statics, craft)
        before, after = said.draught_m[said.time_us < label.start_us], said.draught_m[said.time_us > label.end_us]
        assert abs(float(np.nanmedian(after)) - float(np.nanmedian(before))) > 5.0


def test_a_ship_that_hops_goes_on_under_another_number_with_its_imo_number(scenario: Written) -> None:
    label = one_positive(scenario, "flag_hop")
    new, old = rows_of(scenario.ships, label.craft), rows_of(scenario.ships, label.other_craft)
    assert old.time_us.max() < label.start_us + 2_000_000
    assert label.start_us + 2 * US_PER_MIN < new.time_us.min() < label.start_us + 30 * US_PER_MIN
    assert distance_km(new.lat_deg[0], new.lon_deg[0], old.lat_deg[-1], old.lon_deg[-1]) < 20.0
    numbers = [
        set(said_by(scenario.ship_statics, craft).imo.tolist()) - {0} for craft in (label.craft, label.other_craft)
    ]
    assert numbers[0] == numbers[1]
    goods = [one for one in read_aboard(scenario.folder / ABOARD_FILE) if one.craft == label.other_craft]
    assert goods
    assert {one.numbers for one in goods} == {(label.other_craft, label.craft)}
    assert all(one.later[0][0] == label.start_us for one in goods)


def test_a_clone_says_the_number_and_name_of_a_ship_far_away(scenario: Written) -> None:
    label, places = one_positive(scenario, "clone"), []
    said = [said_by(scenario.ship_statics, craft) for craft in (label.craft, label.other_craft)]
    assert set(said[0].imo.tolist()) == set(said[1].imo.tolist())
    assert {name for name in said[0].name.tolist() if name} == {name for name in said[1].name.tolist() if name}
    for craft in (label.craft, label.other_craft):
        rows = rows_of(scenario.ships, craft)
        near = np.abs(rows.time_us - (label.known_earliest_us or 0)) < 20 * US_PER_MIN
        assert near.any()
        places += [float(rows.lat_deg[near][0]), float(rows.lon_deg[near][0])]
    assert distance_km(*places) > 100.0


def test_two_ships_that_met_part_with_each_others_numbers(scenario: Written) -> None:
    """Each number leaves on the course the other came on."""
    meeting, swap = sorted(of_story(scenario, "identity_exchange"), key=lambda label: label.kind)
    assert (meeting.kind, swap.kind) == ("encounter", "integrity")
    assert np.median(apart_m(scenario, meeting, meeting.craft, meeting.other_craft)) < 400.0
    marks = [
        meeting.start_us - 3 * US_PER_H,
        meeting.start_us - US_PER_H,
        meeting.end_us + US_PER_H,
        meeting.end_us + 3 * US_PER_H,
    ]
    courses = []
    for craft in (meeting.craft, meeting.other_craft):
        rows = rows_of(scenario.ships, craft)
        lat, lon = np.interp(marks, rows.time_us, rows.lat_deg), np.interp(marks, rows.time_us, rows.lon_deg)
        courses.append([float(bearing_deg(lat[k], lon[k], lat[k + 1], lon[k + 1])) for k in (0, 2)])
    (one_came, one_left), (other_came, other_left) = courses
    assert abs(float(difference(one_came, other_left))) < 30.0
    assert abs(float(difference(other_came, one_left))) < 30.0
    assert abs(float(difference(one_came, other_came))) > 60.0


def test_jammed_ships_stand_in_turns_at_their_own_place_and_at_one_other(scenario: Written) -> None:
    label = one_positive(scenario, "flicker")
    jammed = [one for one in of_story(scenario, "flicker") if one.kind == "negative"]
    assert len(jammed) >= 3
    false = []
    for one in jammed:
        rows = within(rows_of(scenario.ships, one.craft), label)
        cells = Counter(zip(np.round(rows.lat_deg, 1).tolist(), np.round(rows.lon_deg, 1).tolist(), strict=True))
        place, count = cells.most_common(1)[0]
        assert 0.15 < count / len(rows) < 0.95
        false.append(place)
    assert max(distance_km(*place, *false[0]) for place in false) < 15.0


def test_jammed_flights_stand_at_an_airport_they_do_not_fly_to(scenario: Written) -> None:
    label = one_positive(scenario, "displaced_flights")
    for one in (one for one in of_story(scenario, "displaced_flights") if one.kind == "negative"):
        rows = rows_of(scenario.aircraft, one.craft)
        inside = within(rows, label)
        cells = Counter(zip(np.round(inside.lat_deg, 1).tolist(), np.round(inside.lon_deg, 1).tolist(), strict=True))
        place, count = cells.most_common(1)[0]
        assert count > 20
        before = rows.take(rows.time_us < label.start_us)
        assert distance_km(*place, before.lat_deg[-1], before.lon_deg[-1]) > 60.0


def test_a_turn_round_happens_unheard_and_changes_the_call_sign(scenario: Written) -> None:
    for label in of_story(scenario, "turn_round"):
        rows = rows_of(scenario.aircraft, label.craft)
        assert np.diff(rows.time_us).max() > 1.5 * US_PER_H, label.what
        assert "comes back as" in label.what


def test_a_box_shows_nobody_outside_and_some_come_back(scenario: Written, tables: dict[str, PositionBatch]) -> None:
    ships, flights = tables[feeds.BOX_SHIPS], tables[feeds.BOX_FLIGHTS]
    assert ships.lat_deg.min() > 37.9
    assert ships.lat_deg.max() < 41.3
    assert flights.lon_deg.min() > -6.6
    # A ship needs half a day to cross and stays away for as long: in 36 h some two to thirteen of 24 are seen to come back, by when each set out.
    for rows, story, fewest in ((ships, "box_edge_ships", 2), (flights, "box_edge_flights", 6)):
        longest = [np.diff(rows_of(rows, label.craft).time_us).max(initial=0) for label in of_story(scenario, story)]
        assert sum(pause > US_PER_H for pause in longest) >= fewest


def test_distress_in_a_table_is_told_on_every_row_or_once(scenario: Written) -> None:
    lines = (scenario.folder / feeds.BOX_FLIGHTS).read_text().splitlines()
    told = Counter(line.split(",")[0] for line in lines if line.split(",")[8] == "7700")
    assert sorted(count > 1 for count in told.values()) == [False, True]
    assert {f"icao24:{address}" for address in told} == {one.craft for one in of_story(scenario, "squawk_in_table")}


def test_a_polled_feed_tells_old_reports_again(scenario: Written, tables: dict[str, PositionBatch]) -> None:
    label = one_positive(scenario, "repeated_reports")
    stale = [one for one in of_story(scenario, "repeated_reports") if one.kind == "negative"]
    assert len(stale) >= 4
    for one in stale:
        rows = within(rows_of(tables[feeds.POLLED], one.craft), label)
        assert len(rows) > 20
        assert len(set(zip(rows.lat_deg.tolist(), rows.lon_deg.tolist(), rows.speed_kn.tolist(), strict=True))) == 1


def test_a_satellite_delivers_the_hours_nobody_else_heard(scenario: Written, tables: dict[str, PositionBatch]) -> None:
    for label in of_story(scenario, "late_delivery"):
        assert not len(within(rows_of(scenario.ships, label.craft), label).take(slice(1, -1)))
        late = within(rows_of(tables[feeds.SATELLITE], label.craft), label)
        assert np.diff(late.time_us).max() < 10 * US_PER_MIN


def test_on_a_night_of_ducting_a_station_hears_far_beyond_its_range(scenario: Written) -> None:
    labels = of_story(scenario, "ducting")
    (station,) = [label for label in labels if (label.craft or "").startswith("source:")]
    code, ships = (station.craft or "").rpartition("/")[2].encode(), scenario.ships
    night = (ships.station == code) & ships.has_position
    night &= (ships.time_us > station.start_us + US_PER_H) & (ships.time_us < station.end_us - 3 * US_PER_H)
    away = distance_km(ships.lat_deg[night], ships.lon_deg[night], station.lat_deg, station.lon_deg)
    assert away.max() > 200.0
    usual = (ships.station == code) & ships.has_position & (ships.time_us < station.start_us)
    assert distance_km(ships.lat_deg[usual], ships.lon_deg[usual], station.lat_deg, station.lon_deg).max() < 200.0


def test_a_loss_takes_its_share_of_a_table_and_a_late_batch_stays_behind() -> None:
    rows = [(float(second), f"219000001,@,{second}") for second in (*range(500, 1000), *range(500))]
    late = feeds.Feed("t.csv", "mmsi,timestamp,n", rows, in_order=False)
    whole = late.text(0, 900.0, 0.0).splitlines()
    assert whole[:2] == ["mmsi,timestamp,n", "219000001,1970-01-01T00:08:20.000Z,500"]
    assert len(whole) == 901
    assert len(late.text(0, 900.0, 0.3).splitlines()) == pytest.approx(631, abs=45)
    in_order = feeds.Feed("t.csv", "mmsi,timestamp,n", rows).text(0, 900.0, 0.0).splitlines()
    assert in_order[1] == "219000001,1970-01-01T00:00:00.000Z,0"


def test_a_quiet_place_is_far_from_islands_too() -> None:
    assert is_far_from_land(46.5, -7.0), "the Bay of Biscay"
    assert not is_far_from_land(48.4957, -5.0478), (
        "two kilometres off Ushant, which lies between the probes on wider circles"
    )
