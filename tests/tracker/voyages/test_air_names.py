"""Codeshares, registrations and the day of the airport: other names of a flight on papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.tracker.voyages.test_conveyance import DAY_US, air, air_row, statics
from tracker.identity import icao24_craft
from tracker.units import US_PER_H
from tracker.voyages.air_names import AirNames, us_address
from tracker.voyages.conveyance import ConveyanceIndex, Match
from tracker.voyages.itinerary import Conveyance


@dataclass
class Tables:
    codeshares: Sequence[tuple[str, str]] = ()
    registrations: tuple[np.ndarray, np.ndarray] = field(
        default_factory=lambda: (np.array([b"DABCD", b"PHBFA"]), np.array([0x3C0001, 0x484001]))
    )


def found(papers: Conveyance, *rows: dict[str, object], tables: Tables | None = None) -> list[Match]:
    index = ConveyanceIndex([papers], AirNames(tables or Tables()))
    return index.initial() + (index.observe(statics(*rows)) if rows else [])


def test_a_codeshare_is_the_flight_of_the_operating_carrier() -> None:
    papers, tables = (
        air(flight="DL9431", flight_date="2026-04-17"),
        Tables([("DL 9431", "KL1009"), ("DL9431", "AF001")]),
    )
    for heard in ("KLM1009", "AFR1", "DAL9431"):
        assert [m.reason for m in found(papers, air_row(1, heard, DAY_US), tables=tables)] == ["flight and date"]
    assert found(papers, air_row(1, "KLM1010", DAY_US), tables=tables) == []
    assert found(air(flight="KL1009", flight_date="2026-04-17"), air_row(1, "DAL9431", DAY_US), tables=tables) == []


def test_papers_learnt_later_know_the_codeshares_too() -> None:
    index = ConveyanceIndex((), AirNames(Tables([("DL9431", "KL1009")])))
    said = statics(air_row(1, "KLM1009", DAY_US))
    assert [m.reason for m in index.learn([air(flight="DL9431", flight_date="2026-04-17")], said)] == [
        "flight and date"
    ]


def test_a_registration_alone_names_an_aircraft_where_its_address_is_known() -> None:
    (match,) = found(air(registration="PH-BFA"))
    assert (match.craft, match.confidence) == (icao24_craft(0x484001), 0.95)
    assert [m.craft for m in found(air(registration="N12345"))] == [icao24_craft(0xA061D9)]
    assert found(air(registration="G-ABCD")) == []


def test_the_flight_counts_before_the_registration_for_aircraft_are_swapped() -> None:
    assert found(air(registration="PH-BFA", flight="KL1009", flight_date="2026-04-17")) == []


@pytest.mark.parametrize("registration", ["N", "N0", "N1I", "N1O2", "N123456", "N12ABC", "N1A2", "NABC", "PHBFA", ""])
def test_no_registration_of_the_united_states(registration: str) -> None:
    assert us_address(registration) is None


@pytest.mark.parametrize(
    ("zone", "begins_h"), [(None, 0), ("Pacific/Auckland", -12), ("America/Los_Angeles", 7), ("Asia/Kolkata", -5.5)]
)
def test_the_day_of_departure_is_that_of_the_airport(zone: str | None, begins_h: float) -> None:
    papers = air(flight="NZ1", flight_date="2026-04-17", flight_zone=zone)
    begin_us = DAY_US + int(begins_h * US_PER_H)
    reasons = [
        [m.reason for m in found(papers, air_row(1, "ANZ1", begin_us + int(h * US_PER_H)))]
        for h in (-0.1, 0, 23.9, 24, 36)
    ]
    assert reasons == [[], ["flight and date"], ["flight and date"], ["flight, next day"], []]
