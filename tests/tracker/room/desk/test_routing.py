"""To which unit a new alert is given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tracker.room.alerts.rooms import alert, consignment
from tracker.room.desk.acts import Acknowledge, Actor, Assign, acted
from tracker.room.desk.clocks import ClockSettings, Escalation, clocks_of
from tracker.room.desk.routing import UnitRule, fault_of_area, lies_in, places_of, routed
from tracker.room.desk.states import Facts, Routing, raised, standing_of

SQUARE = {"type": "Polygon", "coordinates": [[[3, 51], [4, 51], [4, 52], [3, 52], [3, 51]]]}


def told(*goods: dict[str, Any], **more: Any) -> Any:
    data = alert("a1", consignments=goods)["data"]
    data["event"] |= more.pop("event", {})
    return places_of(data | more, "N50E000", "ais")


def goods(port: str, *flags: str) -> dict[str, Any]:
    return consignment(f"{port}{flags}", *flags) | {"discharge": port}


def unit(name: str, **rule: Any) -> UnitRule:
    return UnitRule(unit_id=f"u-{name}", name=name, **rule)


NORTH, ANTWERP = unit("North", ports=("NLRTM",)), unit("Antwerp", ports=("BEANR",))


@pytest.mark.parametrize(
    ("places", "why"),
    [
        (told(goods("NLRTM")), "port:NLRTM"),
        (told(itinerary={"next_location": "NLRTM"}), "port:NLRTM"),
        (told(event={"evidence": {"bound_for": "NLRTM"}}), "port:NLRTM"),
    ],
)
def test_a_port_is_that_of_discharge_or_the_next_call_or_told_by_the_event(places: Any, why: str) -> None:
    assert routed(places, [unit("North", ports=("NLVLI", "NLRTM"))]) == ("u-North", Routing(unit="u-North", why=(why,)))
    assert routed(places, [unit("Antwerp", ports=("BEANR",))]) is None


def test_where_flagged_goods_are_landed_comes_before_the_next_call_and_that_before_other_goods() -> None:
    units = [NORTH, ANTWERP]
    assert routed(told(goods("BEANR"), itinerary={"next_location": "NLRTM"}), units)[0] == "u-North"
    assert routed(told(goods("BEANR", "arms"), itinerary={"next_location": "NLRTM"}), units)[0] == "u-Antwerp"


def test_a_port_comes_before_a_named_area_and_that_before_the_map_and_more_conditions_before_fewer() -> None:
    on_map, named = unit("A", area=SQUARE), unit("B", areas=("N50E000",))
    ships, everything = unit("C", area=SQUARE, crafts=("ship",)), unit("D", feeds=("ais",))
    at_port = unit("E", ports=("NLRTM",))
    order = [everything, on_map, ships, named, at_port]
    for count in range(1, 6):
        assert routed(told(goods("NLRTM")), order[:count])[0] == order[count - 1].unit_id
        assert routed(told(goods("NLRTM")), order[:count][::-1])[0] == order[count - 1].unit_id


def test_kind_of_craft_and_feed_must_agree_where_they_are_named() -> None:
    assert routed(told(goods("NLRTM")), [unit("Air", ports=("NLRTM",), crafts=("aircraft",))]) is None
    assert routed(told(), [unit("Air", crafts=("aircraft",)), unit("Other", feeds=("other",))]) is None
    plane = told(event={"craft": "icao24:4ca1fa"})
    assert routed(plane, [unit("Air", crafts=("aircraft",))])[1].why == ("craft:aircraft",)


def test_of_two_that_fit_equally_the_first_by_name_has_it_and_the_other_is_told() -> None:
    second = unit("South", ports=("NLRTM",))
    for units in ([NORTH, second, ANTWERP], [ANTWERP, second, NORTH]):
        sent = routed(told(goods("NLRTM"), goods("NLVLI")), units)
        assert sent == ("u-North", Routing(unit="u-North", why=("port:NLRTM",), also=("u-South",)))


def test_what_no_rule_fits_goes_to_the_default_unit_or_to_none() -> None:
    assert routed(told(), [NORTH, unit("Desk", is_default=True)]) == (
        "u-Desk",
        Routing(unit="u-Desk", why=("default",)),
    )
    assert routed(told(), [NORTH, unit("Nothing")]) is None
    assert routed(told(goods("NLRTM")), [NORTH, unit("Desk", is_default=True)])[0] == "u-North"


def test_an_area_has_holes_and_parts() -> None:
    hole = [[3.4, 51.4], [3.6, 51.4], [3.6, 51.6], [3.4, 51.6], [3.4, 51.4]]
    holed = {"type": "Polygon", "coordinates": [*SQUARE["coordinates"], hole]}
    parts = {"type": "MultiPolygon", "coordinates": [[[[9, 9], [10, 9], [10, 10], [9, 9]]], holed["coordinates"]]}
    for area in (holed, parts):
        assert fault_of_area(area) is None
        assert lies_in(area, 51.2, 3.2) and not lies_in(area, 51.5, 3.5) and not lies_in(area, 53.0, 3.2)
    assert lies_in(parts, 9.2, 9.8) and not lies_in(holed, 9.2, 9.8)


@pytest.mark.parametrize(
    "area",
    [
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 91], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], ["x", 0], [1, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": 7},
        {"type": "MultiPolygon", "coordinates": [[7]]},
        {"type": "Polygon", "coordinates": [[[0, 0], *[[1, 1]] * 10_000, [0, 0]]]},
    ],
)
def test_what_is_no_area_is_told(area: Any) -> None:
    assert fault_of_area(area)


def test_what_the_room_gives_to_a_unit_stops_no_clock_and_a_person_who_takes_it_does() -> None:
    settings, minute = ClockSettings(), 60_000_000
    given = Routing(unit="u-North", why=("port:NLRTM",), also=("u-South",))
    standing = raised(Facts(revision=1, band="critical"), 0)
    for one in (standing, standing_of({**standing.to_json(), "unit": "u-North", "routing": {**vars_of(given)}})):
        assert clocks_of(one, 6 * minute, settings).escalation is Escalation.SUPERVISOR_OF_UNIT
        assert clocks_of(one, 1 * minute, settings).respond_due_us == 60 * minute
    seen = acted(one, Acknowledge(), Actor("olga"), minute)
    assert clocks_of(seen, 61 * minute, settings).escalation is Escalation.EVERY_SUPERVISOR
    taken = acted(seen, Assign(None, "u-North"), Actor("olga"), 2 * minute)
    assert taken.unit == "u-North" and taken.routing is None
    assert clocks_of(taken, 61 * minute, settings).escalation is Escalation.NONE


def vars_of(routing: Routing) -> dict[str, Any]:
    return {"unit": routing.unit, "why": list(routing.why), "also": list(routing.also)}
