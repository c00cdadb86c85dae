"""Flights and their papers: go-arounds, turn-backs, leaked call signs, spoofed places, tests on the ground."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.behaviour.told import Told


def diversions(told: Told) -> set[tuple[str, str]]:
    return {(event.craft[-6:], event.detail) for event in told.standing("diversion")}


@pytest.mark.parametrize("name", ["goaround_divert", "goaround_divert_alnum"])
def test_a_missed_approach_that_lands_next_door_and_a_turn_back_are_told_a_go_around_is_not(
    story: Callable[..., Told], name: str
) -> None:
    told = story(name)
    assert diversions(told) == {("4d2001", "landed_elsewhere"), ("4d2003", "returned_to_origin")}
    assert len(told.alerted("diversion")) == 2


def test_papers_stay_with_the_airliner_whose_call_sign_a_light_aircraft_shows(story: Callable[..., Told]) -> None:
    assert diversions(story("callsign_leak")) == set()


def test_nobody_lands_where_spoofing_puts_everybody(story: Callable[..., Told]) -> None:
    told = story("beirut_spoof")
    assert diversions(told) == set()
    assert told.standing("off_aerodrome_landing") == []


@pytest.mark.parametrize("name", ["ground_test", "mlat_noise"])
def test_neither_tests_on_the_ground_nor_noise_are_landings(story: Callable[..., Told], name: str) -> None:
    assert story(name).standing("off_aerodrome_landing") == []
