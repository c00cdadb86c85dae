"""Box events are evidence: what is proven aboard is loaded, what is proven ashore is not, whatever calls were seen.

The Sea Star sails from Santos (10 April) over Tanger (20 April) to Rotterdam (25 April). C1 goes the whole way in box B1, C2 in B2, C3 in both.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.tracker.alerts.story import SHIP_A, call
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.box_events import BoxEvent, BoxEventKind, Classifier
from tracker.cargo.consignment import Flag, TransportEquipment
from tracker.cargo.link import CargoLinker
from tracker.voyages.itinerary import Conveyance, Mode

BY_MMSI = Conveyance(Mode.SEA, mmsi=219001234, name="SEA STAR")
OTHER = Conveyance(Mode.SEA, imo=9100700, name="NORDIC HAWK")
B1, B2 = "MSKU1234565", "CSQU3054383"


def boxes(*numbers: str) -> tuple[TransportEquipment, ...]:
    return tuple(TransportEquipment(number) for number in numbers)


FLAGGED = p.consignment("C1", equipment=boxes(B1), flags=(Flag("drugs", 0.9),))
SAILING = p.manifest(
    FLAGGED, p.consignment("C2", equipment=boxes(B2)), p.consignment("C3", equipment=boxes(B1, B2)), conveyance=BY_MMSI
)
UNDATED = p.manifest(FLAGGED, p.consignment("C2", equipment=boxes(B2)), conveyance=BY_MMSI, calls=())


def event(kind: str, when: str, place: str = "BRSSZ", box: str = B1, **more: Any) -> BoxEvent:
    time_us = p.us(when)
    given = {"conveyance": BY_MMSI, "source": "COARRI", "event_id": f"{kind} {when} {box}", **more}
    return BoxEvent(
        BoxEventKind(kind),
        given.pop("classifier", Classifier.ACTUAL),
        box,
        location=place,
        from_us=time_us,
        time_us=time_us,
        **given,
    )


def linker(manifest: Any, *events: BoxEvent) -> CargoLinker:
    return CargoLinker(CargoBook((manifest,), (), events), p.PLACES.get)


def status(linked: CargoLinker, when: str, known: str | None = None) -> dict[str, str]:
    """What is said of each consignment at an instant."""
    links = linked._all_standings(SHIP_A, p.us(when), p.us(known or when))
    return {item.consignment_id: str(one.status) for one in links for item in one.leg.items}


def test_a_box_that_was_loaded_is_aboard_where_papers_alone_leave_it_open() -> None:
    linked = linker(UNDATED, event("loaded", "2026-04-10T02:00Z"))
    assert status(linked, "2026-04-10T01:00Z") == {"C1": "possible", "C2": "possible"}
    assert status(linked, "2026-04-15") == {"C1": "loaded", "C2": "possible"}
    (flagged,) = [link for link in linked.aboard(SHIP_A, p.us("2026-04-15")) if link.consignment.is_flagged]
    assert str(flagged.status) == "loaded"
    assert flagged.from_us == p.us("2026-04-10T02:00Z")
    assert "box loaded at BRSSZ (COARRI)" in flagged.reason


@pytest.mark.parametrize("kind", ["planned", "estimated"])
def test_an_order_to_load_proves_nothing(kind: str) -> None:
    linked = linker(UNDATED, event("loaded", "2026-04-10T02:00Z", classifier=Classifier(kind)))
    assert status(linked, "2026-04-15") == {"C1": "possible", "C2": "possible"}


def test_a_discharge_ends_it_to_the_minute_and_elsewhere_too() -> None:
    linked = linker(
        SAILING,
        event("loaded", "2026-04-10T02:00Z"),
        event("loaded", "2026-04-10T02:00Z", box=B2),
        event("discharged", "2026-04-20T10:00Z", "MAPTM"),
    )
    assert status(linked, "2026-04-20T09:59Z") == {"C1": "loaded", "C2": "loaded", "C3": "loaded"}
    assert status(linked, "2026-04-20T10:00Z") == {"C1": "discharged", "C2": "loaded", "C3": "loaded"}
    aboard = {link.consignment.consignment_id for link in linked.aboard(SHIP_A, p.us("2026-04-21"))}
    assert aboard == {"C2", "C3"}, "one of the boxes of C3 is aboard still"


def test_what_became_known_later_was_not_known_before() -> None:
    linked = linker(UNDATED)
    linked.take_boxes([event("loaded", "2026-04-10T02:00Z")], p.us("2026-04-12"))
    assert status(linked, "2026-04-15", known="2026-04-16")["C1"] == "loaded"
    assert status(linked, "2026-04-11", known="2026-04-11")["C1"] == "possible"
    assert status(linked, "2026-04-11", known="2026-04-12")["C1"] == "loaded"


def test_a_withdrawn_event_did_not_happen() -> None:
    linked = linker(UNDATED, event("loaded", "2026-04-10T02:00Z"))
    gone = BoxEvent(BoxEventKind.WITHDRAWN, Classifier.ACTUAL, "", f"loaded 2026-04-10T02:00Z {B1}")
    linked.aboard(SHIP_A, p.us("2026-04-13"))
    assert linked.take_boxes([gone], p.us("2026-04-14")) == {SHIP_A}
    assert status(linked, "2026-04-15")["C1"] == "possible"
    assert status(linked, "2026-04-13", known="2026-04-13")["C1"] == "loaded"


def test_a_box_loaded_on_another_ship_is_not_aboard_this_one() -> None:
    linked = linker(SAILING, event("loaded", "2026-04-10T02:00Z", conveyance=OTHER))
    assert status(linked, "2026-04-15") == {"C1": "expected", "C2": "loaded", "C3": "loaded"}
    linked = linker(
        SAILING, event("loaded", "2026-04-10T02:00Z"), event("loaded", "2026-04-21T02:00Z", "MAPTM", conveyance=OTHER)
    )
    assert status(linked, "2026-04-22")["C1"] == "discharged", "it went over to the other in Tanger"


def test_a_stowage_plan_of_the_departure_says_it_stayed_aboard() -> None:
    seen = call(SHIP_A, "NLRTM", "2026-04-25T10:00Z", "2026-04-26T10:00Z")
    linked = linker(SAILING, event("stowed", "2026-04-26T11:00Z", "NLRTM"))
    linked.add_port_calls([seen])
    assert status(linked, "2026-04-26T10:30Z")["C1"] == "discharged"
    assert status(linked, "2026-04-27") == {"C1": "loaded", "C2": "discharged", "C3": "loaded"}


def test_an_event_of_an_earlier_voyage_says_nothing() -> None:
    linked = linker(SAILING, event("discharged", "2026-03-01T00:00Z", "NLRTM"))
    assert status(linked, "2026-04-15")["C1"] == "loaded"
    assert (
        status(linker(SAILING, event("discharged", "2026-04-09T00:00Z", "BRSSZ", conveyance=OTHER)), "2026-04-15")["C1"]
        == "loaded"
    )


def test_a_snapshot_keeps_the_boxes() -> None:
    before = linker(UNDATED)
    before.take_boxes([event("loaded", "2026-04-10T02:00Z")], p.us("2026-04-12"))
    after = linker(UNDATED)
    after.restore(before.snapshot())
    assert after.snapshot() == before.snapshot()
    assert status(after, "2026-04-15") == status(before, "2026-04-15")
    assert status(after, "2026-04-11", known="2026-04-11")["C1"] == "possible"


def test_fifteen_thousand_boxes_are_told_apart_once() -> None:
    items = [p.consignment(f"C{i:05}", equipment=boxes(f"MSKU{i:07}")) for i in range(3_000)]
    events = [event("loaded", f"2026-04-10T{i % 24:02}:{i % 60:02}Z", box=f"MSKU{i:07}") for i in range(0, 3_000, 2)]
    linked = linker(p.manifest(*items, conveyance=BY_MMSI, calls=()), *events)
    standings = linked.standings(SHIP_A, p.us("2026-04-15"))
    assert sorted((str(one.status), len(one.leg.items)) for one in standings) == [
        ("loaded", 1_500),
        ("possible", 1_500),
    ]
    again = linked.standings(SHIP_A, p.us("2026-04-16"))
    assert [one.leg is other.leg for one, other in zip(standings, again, strict=True)] == [True, True], (
        "the parts are made once"
    )


@pytest.mark.parametrize("seed", range(4))
def test_events_one_by_one_and_asked_between_say_what_all_at_once_say(seed: int) -> None:
    rng = random.Random(seed)
    kinds = ("loaded", "discharged", "stowed", "gated_out")
    days = rng.sample(range(9, 28), 10)
    events = [
        event(rng.choice(kinds), f"2026-04-{day:02}T05:00Z", rng.choice(("BRSSZ", "MAPTM", "NLRTM")), rng.choice((B1, B2)), conveyance=rng.choice((BY_MMSI, OTHER, None)))
        for day in days
    ]  # fmt: skip
    events += [
        BoxEvent(
            BoxEventKind.WITHDRAWN, Classifier.ACTUAL, "", rng.choice(events).event_id, stated_us=p.us("2026-04-20")
        )
    ]
    asked = ["2026-04-12", "2026-04-18", "2026-04-22", "2026-04-28"]
    one_by_one = linker(SAILING)
    for one in rng.sample(events, len(events)):
        status(one_by_one, rng.choice(asked))
        one_by_one.take_boxes([one], 0)
    at_once = linker(SAILING, *events)
    for when in asked:
        for known in asked:
            assert status(one_by_one, when, known) == status(at_once, when, known), (when, known)
