"""Papers find their craft, and only theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tracker.identity import icao24_craft, mmsi_craft
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_S
from tracker.voyages.airlines import letters_agree, parse_flight
from tracker.voyages.conveyance import ConveyanceIndex, Match
from tracker.voyages.itinerary import Conveyance, Mode

DAY_US = int(datetime(2026, 4, 17, tzinfo=UTC).timestamp()) * US_PER_S


def ship_row(mmsi: int, name: str = "", call_sign: str = "", imo: int = -1, at_us: int = DAY_US) -> dict[str, Any]:
    return {"time_us": at_us, "craft": int(mmsi_craft(mmsi)), "name": name, "call_sign": call_sign, "imo": imo}


def air_row(address: int, call_sign: str, at_us: int) -> dict[str, Any]:
    return {"time_us": at_us, "craft": int(icao24_craft(address)), "name": "", "call_sign": call_sign, "imo": -1}


def statics(*rows: dict[str, Any]) -> StaticBatch:
    columns = {key: [row[key] for row in rows] for key in ("time_us", "craft", "name", "call_sign", "imo")}
    return StaticBatch.from_columns(len(rows), **columns)


def observed(papers: Conveyance | list[Conveyance], *rows: dict[str, Any]) -> list[Match]:
    index = ConveyanceIndex(papers if isinstance(papers, list) else [papers])
    return index.initial() + index.observe(statics(*rows))


def sea(**given: Any) -> Conveyance:
    return Conveyance(Mode.SEA, **given)


def air(**given: Any) -> Conveyance:
    return Conveyance(Mode.AIR, **given)


def test_the_papers_alone_name_an_mmsi_or_an_address() -> None:
    found = observed([sea(mmsi=219001234), air(icao24=0x4B1812)])
    assert [(m.craft, m.reason) for m in found] == [
        (mmsi_craft(219001234), "mmsi"),
        (icao24_craft(0x4B1812), "icao24"),
    ]
    assert all(m.time_us == 0 and m.confidence > 0.9 for m in found)


def test_an_imo_number_is_followed_through_a_change_of_name() -> None:
    found = observed(sea(imo=9074729, name="OLD NAME"), ship_row(219001234, "NEW NAME", imo=9074729))
    assert [(m.reason, m.confidence) for m in found] == [("imo, another name", 0.93)]


def test_a_ship_of_the_same_name_but_another_imo_number_is_another_ship() -> None:
    papers = sea(imo=9074729, name="SEA STAR")
    assert observed(papers, ship_row(219001234, "SEA STAR", imo=9178393)) == []
    assert [m.reason for m in observed(papers, ship_row(219001234, "SEA STAR"))] == ["name"]
    assert [m.reason for m in observed(papers, ship_row(219001234, "SEA STAR", imo=9074728))] == ["name"]


def test_a_name_does_not_count_where_the_papers_give_an_mmsi() -> None:
    found = observed(sea(mmsi=219001234, name="SEA STAR"), ship_row(538000001, "SEA STAR"))
    assert [m.craft for m in found] == [mmsi_craft(219001234)]


def test_two_ships_of_one_name_are_both_candidates() -> None:
    found = observed(sea(name="SEA STAR"), ship_row(219001234, "SEA STAR"), ship_row(538000001, "M/V SEA-STAR"))
    assert [(m.craft, m.reason) for m in found] == [
        (mmsi_craft(219001234), "name"),
        (mmsi_craft(538000001), "name"),
    ]


def test_a_name_longer_than_the_radio_carries_is_compared_cut() -> None:
    found = observed(sea(name="CMA CGM ANTOINE DE SAINT EXUPERY"), ship_row(228000001, "CMA CGM ANTOINE DE S"))
    assert [m.reason for m in found] == ["name"]


def test_a_stronger_match_is_stated_again_and_a_weaker_or_equal_one_is_not() -> None:
    rows = [
        ship_row(219001234, "SEA STAR"),
        ship_row(219001234, "SEA STAR", "OXYZ2"),
        ship_row(219001234, "SEA STAR", "OXYZ2", at_us=DAY_US + 1),
        ship_row(219001234, "SEA STAR", at_us=DAY_US + 50 * US_PER_H),
    ]
    found = observed(sea(name="Sea Star", call_sign="OXYZ2"), *rows)
    assert [m.reason for m in found] == ["name", "call sign and name"]


def test_empty_and_meaningless_names_match_nobody() -> None:
    assert observed(sea(name="0", call_sign="NA"), ship_row(219001234, "0", "NA"), ship_row(219001235)) == []


@pytest.mark.parametrize("heard", ["AFR77", "AFR077", "AF77", "AF077"])
def test_a_flight_number_on_papers_is_the_call_sign_on_the_air(heard: str) -> None:
    found = observed(air(flight="AF077", flight_date="2026-04-17"), air_row(0x3944E0, heard, DAY_US + 5 * US_PER_H))
    assert [(m.reason, m.confidence) for m in found] == [("flight and date", 0.9)]


def test_tomorrows_flight_of_the_same_number_is_another_one() -> None:
    papers = [air(flight="AF077", flight_date="2026-04-17"), air(flight="AF077", flight_date="2026-04-18")]
    rows = [
        air_row(0x3944E0, "AFR77", DAY_US + 10 * US_PER_H),
        air_row(0x3944E1, "AFR77", DAY_US + 34 * US_PER_H),
        air_row(0x3944E2, "AFR77", DAY_US + 58 * US_PER_H),
    ]
    pairs = [(m.craft & 0xF, m.conveyance_index) for m in observed(papers, *rows)]
    assert pairs == [(0, 0), (1, 1)]


def test_a_flight_first_heard_after_midnight_still_counts_where_nobody_else_flew_it() -> None:
    papers = air(flight="AF077", flight_date="2026-04-17")
    late = air_row(0x3944E0, "AFR77", DAY_US + 25 * US_PER_H)
    assert [m.reason for m in observed(papers, late)] == ["flight, next day"]
    on_the_day = air_row(0x3944E1, "AFR77", DAY_US + 3 * US_PER_H)
    assert [m.craft & 0xF for m in observed(papers, on_the_day, late)] == [1]


def test_a_carrier_outside_the_table_is_compared_by_its_letters() -> None:
    papers = air(flight="XQ123", flight_date="2026-04-17")
    assert [m.reason for m in observed(papers, air_row(1, "SXQ123", DAY_US))] == ["flight number"]
    assert observed(papers, air_row(1, "BAW123", DAY_US)) == []
    assert not letters_agree("AFR", "AFR")


@pytest.mark.parametrize("heard", ["RYR8AB", "RYR8AB  ", "RYR08AB", "FR8AB"])
@pytest.mark.parametrize("said", ["RYR8AB", "FR 8AB", "FR08AB", "ryr 8ab"])
def test_an_alphanumeric_call_sign_on_papers_is_what_is_sent(said: str, heard: str) -> None:
    papers = air(flight=said, flight_date="2026-04-17")
    assert [m.reason for m in observed(papers, air_row(1, heard, DAY_US))] == ["flight and date"]


def test_an_alphanumeric_call_sign_is_no_flight_number() -> None:
    for heard in ("RYR8", "RYR8A", "RYR8BA", "RYR88AB", "EZY8AB"):
        assert observed(air(flight="FR8AB", flight_date="2026-04-17"), air_row(1, heard, DAY_US)) == []
    assert parse_flight("AFR07KM") not in (parse_flight("AF7"), parse_flight("AF077"))
    for text in ("", "GABCD", "BAW12345", "RYR8ABCD", "TEST"):
        assert parse_flight(text) is None


def two_airframes(*said: tuple[int, int, str]) -> dict[int, float]:
    """Confidence of each airframe in the end; rows are (address, minute, call sign)."""
    index = ConveyanceIndex([air(flight="U29712", flight_date="2026-04-17")])
    best: dict[int, float] = {}
    for address, minute, call in sorted(said, key=lambda one: one[1]):
        for match in index.observe(statics(air_row(address, call, DAY_US + minute * 60_000_000))):
            best[match.craft & 0xFFFFFF] = match.confidence
    return best


def test_of_two_airframes_under_one_flight_number_the_first_keeps_the_papers_and_the_other_is_doubted() -> None:
    airliner = [(0x400E14, minute, "EZY9712") for minute in range(120)]
    leak = [(0x400E16, minute, "EZY9712") for minute in range(40, 60)]
    assert two_airframes(*airliner, *leak) == {0x400E14: 0.9, 0x400E16: 0.45}


def test_a_flight_number_carried_wrongly_for_a_while_is_taken_back_where_it_was_heard_first() -> None:
    airliner = [(0x400E14, minute, "EZY9712") for minute in range(15, 120)]
    leak = [(0x400E16, minute, "EZY9712" if minute < 20 else "GABCD") for minute in range(40)]
    assert two_airframes(*airliner, *leak) == {0x400E14: 0.9, 0x400E16: 0.45}


def test_an_airframe_that_takes_the_flight_over_later_shares_it() -> None:
    first = [(0x400E14, minute, "EZY9712") for minute in range(20)]
    second = [(0x400E16, minute, "EZY9712") for minute in range(60, 100)]
    assert two_airframes(*first, *second) == {0x400E14: 0.9, 0x400E16: 0.9}


def test_cuts_and_repeats_do_not_change_the_matches() -> None:
    names = ["SEA STAR", "OCEAN JOY", "NOBODY", "MV OCEAN JOY"]
    rows = [
        ship_row(219000000 + k % 7, names[k % 4], "OXYZ2" if k % 5 == 0 else "", 9074729 if k % 11 == 0 else -1, k)
        for k in range(300)
    ]
    papers = [sea(name="SEA STAR", call_sign="OXYZ2"), sea(name="OCEAN JOY"), sea(imo=9074729)]
    whole = ConveyanceIndex(papers).observe(statics(*rows))
    index, cut = ConveyanceIndex(papers), []
    for start in range(0, 300, 7):
        cut += index.observe(statics(*rows[start : start + 7]))
    assert cut == whole
    assert whole


def test_a_restored_index_states_nothing_twice_and_survives_new_papers() -> None:
    papers = [sea(name="SEA STAR"), sea(name="OCEAN JOY")]
    index = ConveyanceIndex(papers)
    index.observe(statics(ship_row(219001234, "SEA STAR")))
    again = ConveyanceIndex([sea(name="THIRD SHIP"), *papers])
    again.restore(index.snapshot())
    assert [m.conveyance_index for m in again.matches()] == [1]
    assert again.observe(statics(ship_row(219001234, "SEA STAR"))) == []
    assert [m.conveyance_index for m in again.observe(statics(ship_row(219001235, "OCEAN JOY")))] == [2]


def test_an_index_of_no_papers_and_a_batch_of_no_rows_find_nothing() -> None:
    assert ConveyanceIndex([]).observe(statics(ship_row(219001234, "SEA STAR"))) == []
    assert ConveyanceIndex([sea(name="SEA STAR")]).observe(StaticBatch.empty()) == []


def test_inputs_are_left_as_they_were() -> None:
    batch = statics(ship_row(219001234, "SEA STAR"))
    before = {c.name: np.copy(getattr(batch, c.name)) for c in StaticBatch.COLUMNS}
    ConveyanceIndex([sea(name="SEA STAR")]).observe(batch)
    assert all(np.array_equal(getattr(batch, k), v, equal_nan=v.dtype.kind == "f") for k, v in before.items())
