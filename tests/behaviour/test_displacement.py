"""Positions where no craft is: under a jammer, from a feed that repeats itself, of an aircraft under test, of multilateration."""

from __future__ import annotations

from collections.abc import Callable

from tests.behaviour.told import Told

_SHIPS = {f"mmsi:31950000{k}" for k in range(4)}
_QUIET = ("encounter", "loitering", "off_aerodrome_landing", "circling")


def test_four_carriers_jammed_to_one_sea_point_are_one_event(story: Callable[..., Told]) -> None:
    told = story("jam_sea_point")
    (event,) = told.standing("integrity")
    assert event.detail == "mass_displacement"
    assert set(event.evidence["craft"]) == _SHIPS
    assert abs(event.lat_deg - 40.6) < 0.05 and abs(event.lon_deg + 11.3) < 0.05
    assert event.evidence["area"]["radius_km"] < 2.0
    assert "in turns" in event.explanation
    assert not [one for kind in _QUIET for one in told.standing(kind)]
    jammed = [one for one in told.standing("dark_period") if one.craft in _SHIPS]
    assert all(one.state == "open" for one in jammed), "only the ends of the made tracks are silences"


def test_flights_shown_at_an_airport_they_never_reached_are_one_event(story: Callable[..., Told]) -> None:
    told = story("beirut_spoof")
    (event,) = told.standing("integrity")
    assert event.detail == "mass_displacement"
    assert event.evidence["craft_count"] == 6 and event.evidence["of"] == "aircraft"
    flights = set(event.evidence["craft"])
    kinds = ("diversion", "dark_period", *_QUIET)
    assert not [one for kind in kinds for one in told.standing(kind) if one.craft in flights]


def test_a_feed_that_repeats_old_reports_is_one_remark_about_the_feed(story: Callable[..., Told]) -> None:
    told = story("stale_snapshot")
    (event,) = told.standing("integrity")
    assert event.detail == "repeated_reports"
    assert event.craft == "source:input"
    assert event.evidence["craft_count"] == 6
    assert not told.alerted("integrity")
    silences = [one for one in told.standing("dark_period") if one.craft.startswith("mmsi:24860")]
    assert all(one.state == "open" for one in silences), "heard without a position is no silence"


def test_an_aircraft_under_test_on_the_apron_neither_flies_nor_lands(story: Callable[..., Told]) -> None:
    told = story("ground_test")
    assert {one.detail for one in told.standing("integrity")} <= {"frozen_position"}
    assert not [one for kind in _QUIET for one in told.standing(kind)]
    assert not told.alerted("integrity")
    assert "icao24:4ca111" not in {one.craft for one in told.standing("dark_period")}


def test_noise_of_multilateration_is_no_orbit(story: Callable[..., Told]) -> None:
    told = story("mlat_noise")
    assert not told.standing("integrity")
    assert not [one for kind in _QUIET for one in told.standing(kind)]
