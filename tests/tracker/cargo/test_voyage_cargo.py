"""Small voyages as offices tell them, and what is aboard at each of their turns."""

from __future__ import annotations

from tests.tracker.alerts.story import SHIP_A, SHIP_B, call
from tests.tracker.cargo import papers as p
from tests.tracker.cargo.test_loading import BY_MMSI, linker, status
from tracker.cargo.manifest import Manifest
from tracker.voyages.itinerary import Conveyance, Mode

SANTOS_CALL = call(SHIP_A, "BRSSZ", "2026-04-09T02:00Z", "2026-04-10T07:00Z")
TANGER_CALL = call(SHIP_A, "MAPTM", "2026-04-20T02:00Z", "2026-04-20T20:00Z")
ROTTERDAM_CALL = call(SHIP_A, "NLRTM", "2026-04-25T02:00Z", "2026-04-26T02:00Z")


def sailing(version: int = 1, *items: object, **more: object) -> Manifest:
    given = {"conveyance": BY_MMSI, "version": version, **more}
    return p.manifest(*(items or (p.FULL,)), **given)


def test_a_discharge_port_amended_after_the_departure_counts_from_when_that_is_known() -> None:
    linked = linker(sailing(1, p.consignment("C1", "BRSSZ", "MAPTM")))
    linked.add_port_calls([SANTOS_CALL])
    assert status(linked, "2026-04-15") == {"C1": "loaded"}
    linked.take([sailing(2, p.consignment("C1", "BRSSZ", "NLRTM"))], p.us("2026-04-16"))
    linked.add_port_calls([TANGER_CALL])
    assert status(linked, "2026-04-22") == {"C1": "loaded"}, "not landed where it first was to be"
    linked.add_port_calls([ROTTERDAM_CALL])
    assert status(linked, "2026-04-27") == {"C1": "discharged"}


def test_a_bill_cancelled_under_way_is_aboard_no_more_and_was_until_then() -> None:
    both = (p.consignment("C1"), p.consignment("C3"))
    linked = linker(sailing(1, *both))
    linked.add_port_calls([SANTOS_CALL])
    linked.take([sailing(2, both[0])], p.us("2026-04-16"))
    assert status(linked, "2026-04-15", known="2026-04-15") == {"C1": "loaded", "C3": "loaded"}
    assert status(linked, "2026-04-17") == {"C1": "loaded"}


def test_a_ship_that_turns_back_to_where_it_loaded_still_has_the_goods() -> None:
    linked = linker(sailing())
    linked.add_port_calls([SANTOS_CALL, call(SHIP_A, "BRSSZ", "2026-04-12T02:00Z", "2026-04-12T20:00Z")])
    assert status(linked, "2026-04-14")["C1"] == "loaded"


def test_a_port_of_discharge_passed_over_and_called_at_later_unloads_only_then() -> None:
    linked = linker(sailing(1, p.consignment("C1", "BRSSZ", "MAPTM")))
    linked.add_port_calls([SANTOS_CALL, call(SHIP_A, "NLRTM", "2026-04-22T02:00Z", "2026-04-23T02:00Z")])
    assert status(linked, "2026-04-24") == {"C1": "loaded"}
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-28T02:00Z", "2026-04-28T20:00Z")])
    assert status(linked, "2026-04-29") == {"C1": "discharged"}


def test_a_call_at_the_port_of_discharge_before_the_loading_is_another_voyages() -> None:
    linked = linker(sailing())
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-03-25T02:00Z", "2026-03-26T02:00Z"), SANTOS_CALL])
    assert status(linked, "2026-04-15")["C1"] == "loaded"


def test_a_ship_that_comes_back_on_the_same_route_has_not_the_goods_that_it_landed() -> None:
    linked = linker(sailing())
    again = call(SHIP_A, "BRSSZ", "2026-05-20T02:00Z", "2026-05-21T02:00Z")
    linked.add_port_calls([SANTOS_CALL, TANGER_CALL, ROTTERDAM_CALL, again])
    assert status(linked, "2026-05-22")["C1"] == "discharged"


def test_of_two_declared_calls_at_one_port_goods_are_loaded_at_the_last_before_their_discharge() -> None:
    calls = (
        p.node("BRSSZ", depart="2026-04-10T06:00:00Z"), p.node("MAPTM", "2026-04-20T04:00:00Z", "2026-04-20T20:00:00Z"),
        p.node("BRSSZ", "2026-04-30T04:00:00Z", "2026-05-01T06:00:00Z"), p.node("NLRTM", "2026-05-15T06:00:00Z"),
    )  # fmt: skip
    linked = linker(sailing(1, p.consignment("C1"), p.consignment("C4", "BRSSZ", "MAPTM"), calls=calls))
    linked.add_port_calls([SANTOS_CALL])
    assert status(linked, "2026-04-15") == {"C1": "expected", "C4": "loaded"}
    linked.add_port_calls([TANGER_CALL, call(SHIP_A, "BRSSZ", "2026-04-30T02:00Z", "2026-05-01T07:00Z")])
    assert status(linked, "2026-05-05") == {"C1": "loaded", "C4": "discharged"}


def test_goods_that_change_ships_are_aboard_the_first_then_neither_then_the_second() -> None:
    first = sailing(1, p.consignment("C1", "BRSSZ", "MAPTM"))
    second = Conveyance(Mode.SEA, mmsi=SHIP_B & 0x3FFFFFFF)
    onward = p.manifest(
        p.consignment("C1", "MAPTM", "NLRTM"), manifest_id="M2", conveyance=second,
        calls=(p.node("MAPTM", depart="2026-04-24T20:00:00Z"), p.node("NLRTM", "2026-04-29T06:00:00Z")),
    )  # fmt: skip
    linked = linker(first, onward)
    linked.add_port_calls([SANTOS_CALL, TANGER_CALL])
    assert (status(linked, "2026-04-15"), status(linked, "2026-04-15", SHIP_B)) == (
        {"C1": "loaded"},
        {"C1": "expected"},
    )
    assert (status(linked, "2026-04-22"), status(linked, "2026-04-22", SHIP_B)) == (
        {"C1": "discharged"}, {"C1": "expected"},
    )  # fmt: skip
    linked.add_port_calls([call(SHIP_B, "MAPTM", "2026-04-24T02:00Z", "2026-04-24T21:00Z")])
    assert status(linked, "2026-04-26", SHIP_B) == {"C1": "loaded"}


def test_papers_of_a_ship_that_come_after_the_landing_say_so_at_once() -> None:
    linked = linker()
    linked.add_port_calls([SANTOS_CALL, TANGER_CALL, ROTTERDAM_CALL])
    linked.take([sailing()], p.us("2026-04-28"))
    assert status(linked, "2026-04-28")["C1"] == "discharged"
