"""Identities that change craft: the papers, the silence and the alerts go with the hull."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.behaviour.told import Told, told
from tracker.geography.places import WorldPlaces

OLD, NEW = "mmsi:613003456", "mmsi:352009876"


@pytest.fixture(scope="module", params=["csv", "nmea"])
def hop(request: pytest.FixtureRequest, story: Callable[..., Told], real_data: Path, places: WorldPlaces) -> Told:
    if request.param == "csv":
        return story("flag_hop")
    folder = real_data.parent / "cases" / "behaviour" / "flag_hop_nmea"
    return told([folder / "input.nmea.gz", folder / "input_back.csv.gz"], [folder / "cargo.json"], places)


def test_a_tanker_that_changes_its_mmsi_at_sea_is_told_with_both_identities(hop: Told) -> None:
    (event,) = hop.standing("integrity", "identity_transfer")
    assert (event.craft, event.other_craft) == (NEW, OLD)
    assert "SEA JEWEL" in event.explanation
    assert "NEW DAWN" in event.explanation
    assert [alert.event.craft for alert in hop.alerted("integrity")] == [NEW]
    assert hop.standing("integrity") == [event]


def test_the_old_identity_is_not_dark(hop: Told) -> None:
    assert [event for event in hop.standing("dark_period") if event.craft in (OLD, NEW)] == []
    assert [alert for alert in hop.alerted("dark_period") if alert.event.craft in (OLD, NEW)] == []


def test_the_cargo_follows_to_the_new_identity_alone(hop: Told) -> None:
    (alert,) = hop.alerted("integrity", "identity_transfer")
    assert alert.is_linked
    assert [entry["craft"] for entry in alert.consignments if "craft" in entry] in ([NEW], [])


def test_two_ships_that_leave_as_each_other_have_met_and_perhaps_exchanged_identities(
    story: Callable[..., Told],
) -> None:
    result = story("identity_swap")
    (meeting,) = result.standing("encounter")
    (exchange,) = result.standing("integrity")
    for event in (meeting, exchange):
        assert {event.craft, event.other_craft} == {"mmsi:511100001", "mmsi:518900002"}
    assert exchange.detail == "identity_exchange" and exchange.evidence["how"] == ["parted"]
    assert exchange.evidence["swap"]["apart_km"] < 0.2, "they changed places beside each other, among fixes as noisy"
    (alert,) = result.alerted("integrity", "identity_exchange")
    assert [entry["craft"] for entry in alert.consignments] == ["mmsi:518900002"]
    assert [entry["craft"] for entry in alert.possible] == ["mmsi:511100001"]


def test_a_number_typed_twice_makes_no_flag_hop_of_a_survey_ship(story: Callable[..., Told]) -> None:
    assert story("tender").standing("integrity") == []


def test_a_factory_mmsi_of_eight_boats_is_told_once_and_alerts_nobody(story: Callable[..., Told]) -> None:
    result = story("default_mmsi")
    of_her = [event for event in result.events if event.craft == "mmsi:001193046" and event.kind != "gap"]
    assert [event.detail for event in of_her] == ["invalid_identity"]
    assert result.alerted() == []


def test_papers_stay_with_the_airliner_whose_flight_number_leaks(story: Callable[..., Told]) -> None:
    result = story("callsign_leak")
    (event,) = result.standing("integrity", "duplicate_identity")
    assert {event.craft, event.other_craft} == {"icao24:400e14", "icao24:400e16"}
    assert result.standing("diversion") == []
    assert [alert for alert in result.alerted() if alert.event.craft == "icao24:400e16"] == []


def test_ships_of_a_table_that_share_an_imo_number_have_not_changed_their_flag(story: Callable[..., Told]) -> None:
    result = story("dark_recall")
    assert result.standing("integrity", "identity_change") == []
    assert {len(result.standing("integrity", "duplicate_identity"))} <= set(
        range(10, 25)
    )  # the file gives one number to two ships
    assert all(event.confidence < 0.6 for event in result.standing("integrity", "identity_transfer"))
    assert [alert for alert in result.alerts if alert.event.kind == "integrity"] == []
