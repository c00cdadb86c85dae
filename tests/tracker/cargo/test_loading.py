"""Whether goods are aboard: loaded, expected, possible or discharged, and the evidence for it.

The Sea Star sails from Santos (10 April) over Tanger (20 April) to Rotterdam (25 April). C1 goes the whole way, C2 is loaded in Tanger.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.tracker.alerts.story import PLANE, SHIP_A, SHIP_B, call, static
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.bound import Bound
from tracker.cargo.consignment import Location
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Cargo
from tracker.cargo.loading import Status
from tracker.cargo.manifest import Manifest
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_H
from tracker.voyages.itinerary import Conveyance, Mode

BY_MMSI = Conveyance(Mode.SEA, mmsi=219001234)
C2 = p.consignment("C2", "MAPTM")
SAILING = p.manifest(p.FULL, C2, conveyance=BY_MMSI)
UNDATED = p.manifest(p.FULL, C2, conveyance=BY_MMSI, calls=())
AT_SEA, OFF_TANGER, SANTOS = (0.0, -30.0), (35.95, -5.6), (-23.96, -46.33)


def linker(*manifests: Manifest) -> CargoLinker:
    return CargoLinker(CargoBook(manifests), p.PLACES.get)


def heard(
    linked: CargoLinker,
    start: str,
    end: str,
    place: tuple[float, float],
    *,
    speed_kn: float = 14.0,
    every_min: int = 30,
    craft: int = SHIP_A,
    nav_status: int = 0,
) -> None:
    """The craft is heard every half hour, all the time at one place."""
    time_us = np.arange(p.us(start), p.us(end) + 1, every_min * 60_000_000)
    rows = np.full(len(time_us), craft), np.full(len(time_us), place[0]), np.full(len(time_us), place[1])
    more = {"speed_kn": np.full(len(time_us), speed_kn), "nav_status": np.full(len(time_us), nav_status)}
    linked.follow(PositionBatch.of(time_us, *rows, **more))


def status(linked: CargoLinker, when: str, craft: int = SHIP_A, known: str | None = None) -> dict[str, str]:
    """What is said of each consignment, also of those that are not aboard."""
    known_us = p.us(known or when)
    found = {link.consignment.consignment_id: str(link.status) for link in linked.all_links(known_us, [craft])}
    told = {link.consignment.consignment_id for link in linked.aboard(craft, p.us(when), known_us)}
    assert told == {name for name, said in found.items() if said in ("loaded", "possible")} or known
    return found


def test_what_loads_at_the_next_port_is_expected_in_mid_sea() -> None:
    linked = linker(SAILING)
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09T02:00Z", "2026-04-10T07:00Z")])
    assert status(linked, "2026-04-15") == {"C1": "loaded", "C2": "expected"}
    assert status(linked, "2026-04-20T15:00Z") == {"C1": "loaded", "C2": "expected"}, "declared to leave in five hours"
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-20T16:00Z")])
    assert status(linked, "2026-04-20T17:00Z") == {"C1": "loaded", "C2": "loaded"}


@pytest.mark.parametrize("calls", [(), p.CALLS[:0], tuple(p.node(code) for code in ("BRSSZ", "MAPTM", "NLRTM"))])
def test_papers_without_times_say_nothing_until_the_loading_was_seen(calls: tuple[Any, ...]) -> None:
    linked = linker(p.manifest(p.FULL, C2, conveyance=BY_MMSI, calls=calls))
    assert status(linked, "2026-04-15") == {"C1": "possible", "C2": "possible"}
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-16T02:00Z", "2026-04-16T20:00Z")])
    assert status(linked, "2026-04-17")["C1"] == "loaded"
    heard(linked, "2026-04-16", "2026-04-18", AT_SEA)
    assert status(linked, "2026-04-18") == {"C1": "loaded", "C2": "expected" if calls else "possible"}


def test_goods_for_the_port_just_left_are_still_to_be_loaded_for_it() -> None:
    """A ferry's papers without times: there with C1, back with B1. She lies in Tanger and sails; B1 is not aboard before she has called at Rotterdam."""
    there, back = p.consignment("C1", "MAPTM", "NLRTM"), p.consignment("B1", "NLRTM", "MAPTM")
    linked = linker(p.manifest(there, back, conveyance=BY_MMSI, calls=()))
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-01T02:00Z", "2026-04-01T20:00Z")])
    heard(linked, "2026-04-01T02:00Z", "2026-04-01T19:30Z", OFF_TANGER, speed_kn=0.0)
    heard(linked, "2026-04-01T20:00Z", "2026-04-04", AT_SEA)
    assert status(linked, "2026-04-03") == {"C1": "loaded", "B1": "expected"}
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-04T02:00Z", "2026-04-04T20:00Z")])
    assert status(linked, "2026-04-05") == {"C1": "discharged", "B1": "loaded"}
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-07T02:00Z", "2026-04-07T20:00Z")])
    assert status(linked, "2026-04-08") == {"C1": "possible", "B1": "discharged"}, (
        "a second voyage: nobody can say which is meant"
    )


def test_the_declared_departure_holds_where_nobody_followed_the_ship() -> None:
    linked = linker(SAILING)
    assert status(linked, "2026-04-10T05:59Z")["C1"] == "expected"
    assert status(linked, "2026-04-10T06:00Z")["C1"] == "loaded"
    heard(linked, "2026-04-12", "2026-04-13", AT_SEA)
    assert status(linked, "2026-04-13")["C1"] == "loaded", "first heard after she had sailed"


def test_goods_that_were_to_be_landed_before_anybody_heard_the_ship_may_have_been() -> None:
    """The declaration that she left Santos with C0 is no better than the one that she left Tanger without."""
    to_tanger = p.consignment("C0", "BRSSZ", "MAPTM")
    for first, said in (("2026-04-19", "loaded"), ("2026-04-22", "possible")):
        linked = linker(p.manifest(p.FULL, to_tanger, conveyance=BY_MMSI))
        heard(linked, first, "2026-04-23", AT_SEA)
        assert status(linked, "2026-04-23") == {"C1": "loaded", "C0": said}


@pytest.mark.parametrize(
    ("lost", "place", "again", "said"),
    [
        ("2026-04-19T20:00Z", (36.0, -8.0), "2026-04-21T06:00Z", "possible"),
        ("2026-04-19T20:00Z", (36.0, -8.0), "2026-04-19T23:00Z", "loaded"),
        ("2026-04-19T20:00Z", (20.0, -20.0), "2026-04-21T06:00Z", "loaded"),
    ],
    ids=["long enough", "too short", "too far off"],
)
def test_goods_that_may_have_been_landed_in_a_silence_are_not_surely_aboard(
    lost: str, place: tuple[float, float], again: str, said: str
) -> None:
    """Nobody heard the call at Tanger: it is not believed for what was to be loaded there, and unknown for what was to be landed."""
    to_tanger = p.consignment("C0", "BRSSZ", "MAPTM")
    linked = linker(p.manifest(p.FULL, to_tanger, conveyance=BY_MMSI))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10")])
    heard(linked, "2026-04-08", lost, place)
    heard(linked, again, "2026-04-22", place)
    assert status(linked, "2026-04-22") == {"C1": "loaded", "C0": said}
    if said == "possible":
        (link,) = (one for one in linked.all_links(p.us("2026-04-22"), [SHIP_A]) if one.consignment is to_tanger)
        assert link.reason.endswith("may have called at MAPTM unheard, when it was due there")


def test_a_ship_followed_since_before_that_was_not_there_has_not_loaded() -> None:
    linked = linker(SAILING)
    heard(linked, "2026-04-08", "2026-04-15", AT_SEA)
    assert status(linked, "2026-04-15") == {"C1": "expected", "C2": "expected"}
    (link,) = (one for one in linked.all_links(p.us("2026-04-15"), [SHIP_A]) if one.consignment is p.FULL)
    assert "followed since 2026-04-08T00:00:00.000Z, and not seen at BRSSZ" in link.reason


def test_what_was_not_known_yet_excuses_nothing() -> None:
    """Asked as it was on the twelfth, what came later does not count."""
    linked = linker(SAILING)
    heard(linked, "2026-04-08", "2026-04-15", AT_SEA)
    before = status(linked, "2026-04-12")
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-16", "2026-04-17")])
    assert status(linked, "2026-04-12") == before == {"C1": "expected", "C2": "expected"}
    assert status(linked, "2026-04-18")["C1"] == "loaded", "six days late, but the call of this voyage"


def test_a_silence_long_enough_for_the_call_leaves_the_declaration_in_force() -> None:
    near_enough, too_far = (-20.0, -38.0), (20.0, -20.0)
    for place, said in ((near_enough, "loaded"), (too_far, "expected")):
        linked = linker(SAILING)
        heard(linked, "2026-04-08", "2026-04-08T12:00Z", place)
        heard(linked, "2026-04-11", "2026-04-13", place)
        assert status(linked, "2026-04-13")["C1"] == said


def test_while_a_ship_is_silent_she_may_be_loading() -> None:
    linked = linker(SAILING)
    heard(linked, "2026-04-08", "2026-04-10T08:00Z", (-20.0, -38.0))
    assert status(linked, "2026-04-10T09:00Z")["C1"] == "expected"
    assert status(linked, "2026-04-12")["C1"] == "loaded"


def test_a_ship_that_lay_off_the_port_may_have_loaded_at_a_terminal_that_no_table_knows() -> None:
    linked = linker(SAILING)
    roads = (SANTOS[0] - 0.2, SANTOS[1])
    heard(linked, "2026-04-08", "2026-04-12", roads, speed_kn=0.1)
    assert status(linked, "2026-04-12")["C1"] == "possible", "she lies there still"
    heard(linked, "2026-04-12T00:30Z", "2026-04-13", AT_SEA)
    assert status(linked, "2026-04-13")["C1"] == "loaded"


AT_ANCHOR, MOORED, UNDER_WAY = 1, 5, 0


@pytest.mark.parametrize(("nav_status", "there", "after"), [(MOORED, "loaded", "loaded"), (AT_ANCHOR, "possible", "possible"), (UNDER_WAY, "possible", "loaded")])  # fmt: skip
def test_a_terminal_that_no_port_table_knows_loads_whoever_is_moored_there(
    nav_status: int, there: str, after: str
) -> None:
    """Twenty kilometres from the port's point of the table no call is seen: the ship says itself whether it is moored or at anchor."""
    linked = linker(UNDATED)
    heard(linked, "2026-04-08", "2026-04-09", (SANTOS[0] - 0.2, SANTOS[1]), speed_kn=0.1, nav_status=nav_status)
    assert status(linked, "2026-04-09")["C1"] == there
    heard(linked, "2026-04-09T01:00Z", "2026-04-10", AT_SEA)
    assert status(linked, "2026-04-10")["C1"] == after


def test_who_is_moored_near_the_discharge_unloads_and_who_waits_in_its_roads_does_not() -> None:
    for nav_status, said in ((MOORED, "discharged"), (AT_ANCHOR, "loaded"), (UNDER_WAY, "loaded")):
        linked = linker(SAILING)
        heard(linked, "2026-04-25", "2026-04-26", (51.95, 4.1), speed_kn=0.1, nav_status=nav_status)
        assert status(linked, "2026-04-26")["C1"] == said


def test_neighbouring_ports_of_loading_and_discharge_are_not_taken_for_each_other() -> None:
    """Half an hour's ferry: moored at the one it is not at the other."""
    near = p.consignment("C1", "BEANR", "NLRTM")
    there = p.Place("NLRTM", "Bergen op Zoom", 51.47, 4.29)
    item = replace(near, discharge=Location(there.code, there.name, there.lat_deg, there.lon_deg))
    linked = linker(p.manifest(item, conveyance=BY_MMSI, calls=()))
    heard(linked, "2026-04-08", "2026-04-09", (51.27, 4.3), speed_kn=0.0, nav_status=MOORED)
    assert status(linked, "2026-04-09")["C1"] == "loaded"
    heard(linked, "2026-04-09T01:00Z", "2026-04-09T12:00Z", (51.47, 4.29), speed_kn=0.0, nav_status=MOORED)
    assert status(linked, "2026-04-09T12:00Z")["C1"] == "discharged"


def test_a_port_passed_at_speed_loads_nothing() -> None:
    linked = linker(SAILING)
    heard(linked, "2026-04-08", "2026-04-12", SANTOS)
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-09T01:00Z", stopped=False)])
    assert status(linked, "2026-04-12")["C1"] == "expected"


def test_of_two_calls_the_one_nearest_to_the_declared_departure_is_meant() -> None:
    linked = linker(p.manifest(p.consignment("C2", "MAPTM", "NLRTM"), conveyance=BY_MMSI))
    linked.add_port_calls([
        call(SHIP_A, "MAPTM", "2026-04-20T05:00Z", "2026-04-20T21:00Z"),
        call(SHIP_A, "NLRTM", "2026-04-24T05:00Z", "2026-04-24T21:00Z"),
        call(SHIP_A, "MAPTM", "2026-04-24T23:00Z", "2026-04-25T04:00Z"),
    ])  # fmt: skip
    assert status(linked, "2026-04-22")["C2"] == "loaded"
    assert status(linked, "2026-04-27")["C2"] == "discharged", "not loaded anew on the way back"


def test_a_flight_has_its_goods_from_when_it_says_its_number_and_those_of_its_next_leg_not_yet() -> None:
    onward = p.consignment("A2", "KJFK", "LFPG")
    calls = (
        *p.AIR_CALLS[:1],
        p.node("KJFK", "2026-04-17T16:00Z", "2026-04-17T18:00Z"),
        p.node("LFPG", "2026-04-18T01:00Z"),
    )
    linked = linker(p.manifest(p.PARCEL, onward, manifest_id="M2", conveyance=p.FLIGHT, calls=calls))
    linked.observe(static(PLANE, "2026-04-17T07:30Z", call_sign="AFR077"))
    assert status(linked, "2026-04-17T07:45Z", PLANE) == {"A1": "loaded", "A2": "expected"}
    assert status(linked, "2026-04-17T12:00Z", PLANE) == {"A1": "loaded", "A2": "expected"}


def test_of_two_ships_of_one_name_the_one_seen_loading_has_the_goods() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="SEA STAR")))
    for craft in (SHIP_A, SHIP_B):
        linked.observe(static(craft, "2026-04-05", name="SEA STAR"))
    assert status(linked, "2026-04-12") == {"C1": "possible"}
    linked.add_port_calls([call(SHIP_B, "BRSSZ", "2026-04-12T06:00Z", "2026-04-12T20:00Z")])
    assert (status(linked, "2026-04-13", SHIP_A), status(linked, "2026-04-13", SHIP_B)) == (
        {"C1": "possible"},
        {"C1": "loaded"},
    )
    (sure,), (doubted,) = (linked.aboard(craft, p.us("2026-04-13")) for craft in (SHIP_B, SHIP_A))
    assert "seen at BRSSZ alone of 2 craft that fit" in sure.reason
    assert doubted.confidence < 0.2 < sure.confidence


def test_of_two_ships_of_one_name_the_one_that_cannot_have_been_there_has_nothing() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="SEA STAR")))
    for craft in (SHIP_A, SHIP_B):
        linked.observe(static(craft, "2026-04-05", name="SEA STAR"))
    heard(linked, "2026-04-05", "2026-04-15", AT_SEA, craft=SHIP_B)
    assert (status(linked, "2026-04-15", SHIP_A), status(linked, "2026-04-15", SHIP_B)) == (
        {"C1": "loaded"},
        {"C1": "expected"},
    )


def test_a_craft_under_a_new_identity_has_what_it_loaded_under_the_old_one() -> None:
    from tests.tracker.cargo.test_link_identities import told

    linked = linker(UNDATED)
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09T02:00Z", "2026-04-10T07:00Z")])
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A)])
    assert status(linked, "2026-04-16", SHIP_B)["C1"] == "loaded"


@pytest.mark.parametrize("rows", [1, 7, 1_000])
def test_cuts_of_the_rows_change_nothing_of_what_is_known(rows: int) -> None:
    def way(at_once: int) -> CargoLinker:
        linked = linker(SAILING)
        parts = []
        for start, end, place, speed_kn in (
            ("2026-04-08", "2026-04-09", AT_SEA, 12.0), ("2026-04-09T00:30Z", "2026-04-10", (-24.1, -46.3), 0.2),
            ("2026-04-10T06:00Z", "2026-04-11", AT_SEA, float("nan")), ("2026-04-11T03:00Z", "2026-04-12", OFF_TANGER, 0.4),
        ):  # fmt: skip
            time_us = np.arange(p.us(start), p.us(end), 7 * 60_000_000)
            for craft in (SHIP_A, SHIP_B):
                columns = (np.full(len(time_us), value) for value in (craft, *place))
                parts.append(PositionBatch.of(time_us, *columns, speed_kn=np.full(len(time_us), speed_kn)))
        everything = PositionBatch.concat(parts)
        everything = everything.take(np.argsort(everything.time_us, kind="stable"))
        for first in range(0, len(everything), at_once):
            linked.follow(everything.take(slice(first, first + at_once)))
        return linked

    assert way(rows).snapshot() == way(100_000).snapshot()


def test_of_a_craft_that_no_papers_mean_less_is_kept_and_more_since_they_do() -> None:
    linked = CargoLinker(CargoBook(()), p.PLACES.get)

    def lies(day: int) -> None:
        heard(linked, f"2026-03-{day:02d}", f"2026-03-{day:02d}T08:00Z", (float(day), -30.0), speed_kn=0.0)

    for day in range(1, 11):
        lies(day)
    assert [stay.lat_deg for stay in linked._following.stays_of(SHIP_A)] == [5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    dropped_us = p.us("2026-03-04T08:00Z")
    assert linked._following.followed_since(SHIP_A, p.us("2026-04-01")) == dropped_us + 1
    linked.take([SAILING], p.us("2026-03-11"))
    for day in range(11, 20):
        lies(day)
    again = CargoLinker(CargoBook(()), p.PLACES.get)
    again.restore(linked.snapshot(), [SAILING])
    for one in (linked, again):
        assert [stay.lat_deg for stay in one._following.stays_of(SHIP_A)] == [float(day) for day in range(5, 20)]
    assert again.snapshot() == linked.snapshot()


def test_where_there_are_no_papers_and_none_will_come_nobody_is_followed() -> None:
    closed = CargoLinker(CargoBook(()), p.PLACES.get, may_more_come=False)
    heard(closed, "2026-03-01", "2026-03-02", AT_SEA)
    assert closed._following.followed_since(SHIP_A, p.us("2026-04-01")) is None


def test_what_is_known_of_ways_survives_a_restart_and_is_bounded() -> None:
    linked = linker(SAILING)
    for day in range(1, 29):
        for hour in (0, 12):
            start = f"2026-03-{day:02d}T{hour:02d}:00Z"
            heard(linked, start, f"2026-03-{day:02d}T{hour + 8:02d}:00Z", (float(day), hour - 30.0), speed_kn=0.0)
    again = linker(SAILING)
    again.restore(linked.snapshot())
    assert again.snapshot() == linked.snapshot()
    assert len(linked._following.stays_of(SHIP_A)) == 32
    assert linked._following.followed_since(SHIP_A, p.us("2026-04-01")) > p.us("2026-03-10"), (
        "what was dropped is not known any more"
    )
    linked.forget(p.us("2026-03-01") + 200 * 24 * US_PER_H)
    assert not linked._following.stays_of(SHIP_A)
    assert len(linked._following._state) == 0


def says(linked: CargoLinker, at: str, text: str, craft: int = SHIP_A, name: bytes = b"") -> None:
    linked.observe(StaticBatch.from_columns(1, time_us=p.us(at), craft=craft, name=name, destination=text.encode()))


UNTIMED = tuple(replace(node, arrive_us=None, depart_us=None) for node in p.CALLS)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("NL RTM", "loaded", "loaded"), ("MAPTM", "loaded", "possible"), ("SANTOS", "possible", "possible"), ("FOR ORDERS", "possible", "possible"),
    ],
)  # fmt: skip
def test_papers_without_times_count_where_the_ship_is_bound_for_a_port_after_the_loading(
    text: str, first: str, second: str
) -> None:
    linked = linker(p.manifest(p.FULL, C2, conveyance=BY_MMSI, calls=UNTIMED))
    says(linked, "2026-04-12", text)
    assert status(linked, "2026-04-15") == {"C1": first, "C2": second}
    assert status(linked, "2026-04-11") == {"C1": "possible", "C2": "possible"}, "not before it said so"
    again = linker(p.manifest(p.FULL, C2, conveyance=BY_MMSI, calls=UNTIMED))
    again.restore(linked.snapshot())
    assert status(again, "2026-04-15") == {"C1": first, "C2": second}


def test_papers_without_times_count_where_the_ship_called_at_a_port_after_the_loading() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI, calls=UNTIMED))
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-20", "2026-04-20T20:00Z")])
    assert status(linked, "2026-04-22") == {"C1": "loaded"}
    assert status(linked, "2026-04-19") == {"C1": "possible"}


def test_a_destination_typed_before_the_last_call_at_an_earlier_port_says_nothing() -> None:
    linked = linker(p.manifest(C2, conveyance=BY_MMSI, calls=UNTIMED))
    says(linked, "2026-04-08", "NLRTM")
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10")])
    assert status(linked, "2026-04-15") == {"C2": "possible"}


def test_of_two_ships_of_one_name_the_one_bound_for_the_port_of_discharge_has_the_goods() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="SEA STAR")))
    says(linked, "2026-04-11", "NLRTM", SHIP_A, b"SEA STAR")
    says(linked, "2026-04-11", "", SHIP_B, b"SEA STAR")
    assert [status(linked, "2026-04-15", craft) for craft in (SHIP_A, SHIP_B)] == 2 * [{"C1": "possible"}]
    says(linked, "2026-04-12", "HAMBURG", SHIP_B, b"SEA STAR")
    assert [status(linked, "2026-04-15", craft) for craft in (SHIP_A, SHIP_B)] == [{"C1": "loaded"}, {"C1": "possible"}]
    assert (
        linked.aboard(SHIP_B, p.us("2026-04-15"))[0].confidence
        < linked.aboard(SHIP_A, p.us("2026-04-15"))[0].confidence / 3
    )
    at_us, both = p.us("2026-04-15"), {SHIP_A, SHIP_B}
    settled = Cargo(one for craft in both for one in linked.standings(craft, at_us)).settled(both)
    assert [link.craft for link in settled.of(Status.LOADED)] == [SHIP_A], (
        "both had part, and one of them has the goods"
    )
    says(linked, "2026-04-13", "ROTTERDAM", SHIP_B, b"SEA STAR")
    assert [status(linked, "2026-04-15", craft) for craft in (SHIP_A, SHIP_B)] == 2 * [{"C1": "possible"}]


def test_of_many_destinations_the_last_ones_are_kept_and_answered_as_known() -> None:
    bound = Bound()
    for day in range(1, 8):
        at_us = p.us(f"2026-04-{day:02d}")
        names = np.array([f"PORT {day}", f"PORT {day}"], dtype="S20")
        bound.hear(StaticBatch.from_columns(2, time_us=[at_us, at_us + 1], craft=SHIP_A, destination=names))
    assert [bound.of(SHIP_A, p.us(f"2026-04-{day:02d}")) for day in (3, 4, 5)] == [
        None, (p.us("2026-04-04"), "PORT 4"), (p.us("2026-04-05"), "PORT 5")
    ]  # fmt: skip
    again = Bound()
    again.restore(bound.capture()())
    assert again.of(SHIP_A, p.us("2026-05-01")) == (p.us("2026-04-07"), "PORT 7")
    again.forget_craft(np.array([SHIP_A]))
    assert again.of(SHIP_A, p.us("2026-05-01")) is None


@pytest.mark.parametrize(
    ("landed", "said", "voyages"),
    [("2026-04-05", "possible", "2 voyages"), ("2026-04-09", "loaded", ""), ("2026-04-01", "loaded", "")],
    ids=["between two loadings", "at the very instant of the second", "at that of the first"],
)
def test_papers_without_times_leave_open_which_voyage_only_after_a_landing_between_two_loadings(
    landed: str, said: str, voyages: str
) -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI, calls=()))
    linked.add_port_calls([
        call(SHIP_A, "BRSSZ", "2026-04-01", "2026-04-02"), call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10"),
        call(SHIP_A, "NLRTM", landed, landed),
    ])  # fmt: skip
    assert status(linked, "2026-04-12") == {"C1": said}
    (link,) = linked.aboard(SHIP_A, p.us("2026-04-12"))
    assert voyages in link.reason
    assert link.from_us == p.us("2026-04-09")


def test_papers_without_times_count_the_last_call_since_which_the_ship_was_not_at_the_port_of_loading() -> None:
    linked = linker(p.manifest(C2, conveyance=BY_MMSI, calls=UNTIMED))
    calls = [call(SHIP_A, "NLRTM", "2026-04-01", "2026-04-02"), call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10")]
    linked.add_port_calls(calls)
    says(linked, "2026-04-05", "NLRTM")
    (link,) = linked.aboard(SHIP_A, p.us("2026-04-14"))
    assert (str(link.status), link.from_us) == ("possible", p.us("2026-04-09"))
    heard(linked, "2026-04-08", "2026-04-15", AT_SEA)
    assert status(linked, "2026-04-15") == {"C2": "expected"}, "it was not followed since the call before that"
    (told,) = linked.all_links(p.us("2026-04-15"), [SHIP_A])
    assert "seen at BRSSZ, and not at MAPTM since" in told.reason


def test_a_berth_that_the_ship_left_long_before_the_declared_departure_is_not_the_loading() -> None:
    for until, said in (("2026-04-12", "possible"), ("2026-04-20T16:00Z", "loaded")):
        linked = linker(p.manifest(C2, conveyance=BY_MMSI))
        heard(linked, "2026-04-11", until, OFF_TANGER, speed_kn=0.0, nav_status=5)
        heard(linked, "2026-04-20T17:00Z", "2026-04-20T23:00Z", (36.0, -7.0))
        (link,) = linked.all_links(p.us("2026-04-20T23:00Z"), [SHIP_A])
        assert link.standing.is_loading_seen == (said == "loaded"), until
        assert ("moored near MAPTM" in link.reason) == (said == "loaded")


@pytest.mark.parametrize(
    ("depart", "is_loading"),
    [("2026-04-20T08:00Z", True), ("2026-04-20T07:59Z", False)],
    ids=["twelve hours before it", "a minute more"],
)
def test_a_call_over_more_than_half_a_day_before_the_declared_departure_is_another_voyages(
    depart: str, is_loading: bool
) -> None:
    linked = linker(p.manifest(C2, conveyance=BY_MMSI))
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-19", depart)])
    (link,) = linked.all_links(p.us("2026-04-21"), [SHIP_A])
    assert link.standing.is_loading_seen == is_loading


@pytest.mark.parametrize(
    ("arrive", "is_loading"),
    [("2026-05-04T20:00Z", True), ("2026-05-04T20:01Z", False)],
    ids=["fourteen days after it", "a minute more"],
)
def test_a_call_counts_as_the_loading_for_so_long_after_the_declared_departure(arrive: str, is_loading: bool) -> None:
    calls = (p.CALLS[0], p.CALLS[1], replace(p.CALLS[2], arrive_us=None, depart_us=None))
    linked = linker(p.manifest(C2, conveyance=BY_MMSI, calls=calls))
    linked.add_port_calls([call(SHIP_A, "MAPTM", arrive)])
    (link,) = linked.all_links(p.us("2026-05-06"), [SHIP_A])
    assert link.standing.is_loading_seen == is_loading


def test_a_call_at_the_declared_arrival_is_too_late_to_be_the_loading() -> None:
    for arrive, is_loading in (("2026-04-25T09:59Z", True), ("2026-04-25T10:00Z", False)):
        linked = linker(p.manifest(C2, conveyance=BY_MMSI))
        linked.add_port_calls([call(SHIP_A, "MAPTM", arrive)])
        (link,) = linked.all_links(p.us("2026-04-26"), [SHIP_A])
        assert link.standing.is_loading_seen == is_loading


NODES = (p.node("BRSSZ"), p.node("MAPTM", "2026-04-20T04:00:00Z", "2026-04-20T20:00:00Z"), p.node("NLRTM"))


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ([("MAPTM", "2026-04-21T20:00Z", "2026-04-22")], "MAPTM"),
        ([("MAPTM", "2026-04-21T20:01Z", "2026-04-22")], None),
        ([("MAPTM", "2026-04-18", "2026-04-19T04:00Z")], "MAPTM"),
        ([("MAPTM", "2026-04-18", "2026-04-19T03:59Z")], None),
        ([("MAPTM", "2026-04-18", None)], "MAPTM"),
        ([("NLRTM", "2026-04-01", "2026-04-02")], None),
        ([("NLRTM", "2026-04-01", "2026-04-02"), ("BRSSZ", "2026-04-09", "2026-04-10")], "BRSSZ"),
        ([("NLRTM", "2026-04-01", "2026-04-02"), ("MAPTM", "2026-04-02", "2026-04-03")], None),
    ],
    ids=[
        "a day late", "later", "a day early", "earlier", "there still", "one port without times", "two of them",
        "one, and another at another time",
    ],
)  # fmt: skip
def test_a_ship_called_on_an_itinerary_where_it_stopped_about_then_or_at_two_ports_without_times(
    calls: list[tuple[str, str, str | None]], found: str | None
) -> None:
    linked = linker()
    linked.add_port_calls([call(SHIP_A, *one) for one in calls])
    assert linked._judge.called_on(SHIP_A, NODES, p.us("2026-04-23")) == found


def test_a_landing_ends_it_from_two_hours_on_and_only_after_the_loading() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    linked.add_port_calls([
        call(SHIP_A, "NLRTM", "2026-04-01", "2026-04-02"), call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10T07:00Z"),
        call(SHIP_A, "NLRTM", "2026-04-25T12:00Z"),
    ])  # fmt: skip
    assert status(linked, "2026-04-25T13:59:59Z") == {"C1": "loaded"}
    assert status(linked, "2026-04-25T14:00Z") == {"C1": "discharged"}
    (link,) = linked.all_links(p.us("2026-04-25T12:00Z"), [SHIP_A])
    assert (link.arrived_us, link.until_us) == (p.us("2026-04-25T12:00Z"), p.us("2026-04-25T14:00Z"))
