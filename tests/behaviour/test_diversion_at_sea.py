"""Ships and their papers in the analysts' stories: every seeded diversion, and no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.behaviour.told import Told

EACH_KIND: dict[str, set[str]] = {
    "V000 V001 V002 V003": {"undeclared_call"},
    "V004 V005 V006 V007": {"skipped_call", "reordered_call"},
    "V008 V009 V010 V011": {"reordered_call"},
    "V012 V013 V014 V015": {"returned_to_origin"},
    "V016 V017 V018 V019": {"off_route", "wrong_way"},
    "V020 V021 V022": {"undeclared_call"},
    "V023": {"wrong_way"},
    "V024 V025 V027": {"contradicting_destination"},
    "V028 V029 V030 V031": {"unreachable_in_time", "late"},
}
"""What 31 of the 32 ships do that left their papers (by their tracks and texts). V026 types another port and sails 350 km round: either will do."""


def test_of_68_ships_on_voyages_laid_by_hand_those_that_left_their_papers_are_told_and_no_others(
    story: Callable[..., Told],
) -> None:
    told = story("replay_crash_zero_pace")
    details = defaultdict(set)
    for event in told.standing("diversion"):
        details[event.evidence["itinerary_id"]].add(event.detail)
    for ships, wanted in EACH_KIND.items():
        for ship in ships.split():
            assert details[ship] & wanted, (ship, details[ship])
    assert details["V026"] & {"contradicting_destination", "off_route"}
    assert {ship for ship in details if details[ship]} <= {f"V{number:03d}" for number in range(32)}
    honest = {alert.event.evidence["itinerary_id"] for alert in told.alerts if alert.event.kind == "diversion"}
    assert honest <= {f"V{number:03d}" for number in range(32)}, "also none that is withdrawn later"


def test_typed_destinations(story: Callable[..., Told]) -> None:
    told = {int(event.craft[-2:]) for event in story("destinations_nmea").standing("diversion")}
    wanted, debatable = {18, 19, 20, 21, 22, 23, 24}, {12, 13, 14, 15}
    assert wanted <= told <= wanted | debatable


@pytest.mark.parametrize(
    "name", ["flag_hop", "fpso_field", "stale_snapshot", "lightering_workboats", "sts_lowpower", "jam_sea_point"]
)
def test_no_diversion_where_papers_and_times_are_not_of_this_voyage(story: Callable[..., Told], name: str) -> None:
    assert story(name).standing("diversion") == []
