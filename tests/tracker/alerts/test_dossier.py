"""What an alert says of cargo and papers, at the instants and numbers at which it says something else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, call, event, static
from tests.tracker.cargo import papers as p
from tracker.alerts.config import AlertConfig
from tracker.alerts.desk import AlertDesk
from tracker.alerts.dossier import explain, itinerary_entry, lead_time_h
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import Consignment, Flag, Party, TransportEquipment
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Cargo
from tracker.cargo.loading import Status
from tracker.events import Event, EventKind, EventState
from tracker.identity import craft_text
from tracker.voyages.itinerary import Conveyance, Mode

NAMED = Conveyance(Mode.SEA, mmsi=219001234, name="SEA STAR")
NOBODY = Cargo(())


def linker(*items: Consignment, **given: Any) -> CargoLinker:
    return CargoLinker(CargoBook((p.manifest(*items, conveyance=NAMED, **given),)))


def aboard(linked: CargoLinker, when: str = "2026-04-15") -> Cargo:
    return Cargo(linked.standings(SHIP_A, p.us(when))).of(Status.LOADED)


def said(*items: Consignment, told: Event | None = None, **given: Any) -> str:
    told = told or event()
    cargo = aboard(linker(*items, **given))
    return explain(told, cargo, NOBODY, lead_time_h(told, cargo))


def flagged(number: int, **given: Any) -> Consignment:
    return p.consignment(f"F{number}", flags=(Flag("drugs", 0.9),), **given)


@pytest.mark.parametrize(
    ("known", "hours"),
    [("2026-04-25T10:00Z", 0.0), ("2026-04-25T09:00Z", 1.0), ("2026-04-25T10:00:01Z", None)],
    ids=["at the very instant", "an hour before", "a second after"],
)
def test_the_time_left_is_nothing_at_the_declared_arrival_and_none_after_it(known: str, hours: float | None) -> None:
    assert lead_time_h(event(known=known), aboard(linker(p.FULL))) == hours


@pytest.mark.parametrize(("speed_kn", "is_reckoned"), [(5.0, True), (4.9, False), (None, False), ("fast", False)])
def test_an_arrival_is_reckoned_of_a_speed_under_way_only(speed_kn: Any, is_reckoned: bool) -> None:
    told = event(evidence={"speed_kn": speed_kn, "distance_to_go_km": 5.0 * 1.852 * 24 * 30})
    lead_h = lead_time_h(told, aboard(linker(p.FULL)))
    assert lead_h is not None
    assert (lead_h == pytest.approx(30 * 24 - 6)) == is_reckoned
    assert is_reckoned or lead_h == pytest.approx((p.us("2026-04-25T10:00Z") - told.known_us) / 3.6e9)


def test_an_arrival_is_reckoned_for_the_craft_of_the_event_and_along_the_great_circle_where_no_way_is_known() -> None:
    cargo = aboard(linker(p.FULL))
    assert lead_time_h(event(craft=SHIP_B, evidence={"speed_kn": 5.0}), cargo) == lead_time_h(event(), cargo)
    far = lead_time_h(event(evidence={"speed_kn": 5.0}), cargo)
    assert far is not None
    assert 5.0 * 1.852 * (far + 6) == pytest.approx(5500, rel=0.05), "from 10 N 30 W to Rotterdam"
    lost = event(evidence={"speed_kn": 5.0}, lat_deg=math.nan)
    assert lead_time_h(lost, cargo) == lead_time_h(event(), cargo)


@pytest.mark.parametrize(("later_h", "is_told"), [(1.0, False), (1.1, True)])
def test_a_later_arrival_is_told_with_its_reason_where_it_is_later_by_more_than_an_hour(
    later_h: float, is_told: bool
) -> None:
    left_h = (p.us("2026-04-25T10:00Z") - p.us("2026-04-15T00:00Z")) / 3.6e9 + later_h
    told = event(evidence={"speed_kn": 10.0, "distance_to_go_km": 10.0 * 1.852 * left_h})
    assert ("the way left takes longer" in said(p.FULL, told=told)) == is_told


def test_the_next_call_is_the_first_behind_the_last_one_seen_though_its_time_has_passed() -> None:
    linked = linker(p.FULL)
    late = event(known="2026-04-22T00:00Z")
    assert _next(linked, late) == "NLRTM", "nothing was seen: the first still to come"
    assert _next(linked, event(known="2026-04-20T04:00Z")) == "NLRTM", "due at this very instant"
    assert _next(linked, event(known="2026-04-20T03:59Z")) == "MAPTM"
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10")])
    assert _next(linked, late) == "MAPTM"
    linked.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-20", "2026-04-21")])
    assert _next(linked, late) == "NLRTM"
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-22", None)])
    assert _next(linked, late) is None
    assert itinerary_entry(None, SHIP_A, linked, late) == {}


def _next(linked: CargoLinker, told: Event) -> str | None:
    found = linked.itinerary(SHIP_A, int(told.known_us))
    assert found is not None
    next_location: str | None = itinerary_entry(found, SHIP_A, linked, told)["next_location"]
    return next_location


def test_a_part_of_another_alert_says_why() -> None:
    def part(told: Event) -> str:
        return explain(told, NOBODY, NOBODY, None, part_of="alert-1")

    wait = event(EventKind.LOITERING)
    assert part(wait).startswith("Part of alert alert-1: she waits where she meets another ship. ")
    queue = event(EventKind.LOITERING, evidence={"told_by": "queue"})
    assert part(queue).startswith("Part of alert alert-1: she waits in company. ")
    met = event(EventKind.ENCOUNTER, other_craft=craft_text(SHIP_B))
    assert part(met).startswith("Part of alert alert-1: one of the two met others here. ")
    assert "No cargo" not in part(met)


@pytest.mark.parametrize("others", [1, 2])
def test_where_more_than_two_craft_are_concerned_it_is_told_which_has_the_goods(others: int) -> None:
    crafts = [craft_text(SHIP_A), craft_text(SHIP_B), "mmsi:219009999"][: others + 1]
    told = event(EventKind.LOITERING, evidence={"craft": crafts}, detail="queue")
    if others == 1:
        told = event(EventKind.ENCOUNTER, other_craft=crafts[1])
    text = said(p.FULL, told=told)
    assert ("Aboard SEA STAR (mmsi:219001234): Bill of lading" in text) == (others == 2)
    assert ("SEA STAR (mmsi:219001234) is expected at" in text) == (others == 2)
    assert ("She is expected at" in text) == (others == 1)


@pytest.mark.parametrize(
    ("goods", "flags", "counted", "more"),
    [
        (1, 0, "1 consignment is known aboard, none flagged.", ""),
        (2, 1, "2 consignments are known aboard, 1 flagged.", ""),
        (3, 3, "3 consignments are known aboard, 3 flagged.", ""),
        (5, 4, "5 consignments are known aboard, 4 flagged.", "1 more flagged consignments are listed."),
    ],
)
def test_three_flagged_consignments_are_named_and_the_others_counted(
    goods: int, flags: int, counted: str, more: str
) -> None:
    items = [flagged(n) if n < flags else p.consignment(f"P{n}") for n in range(goods)]
    text = said(*items)
    assert counted in text
    assert text.count("is flagged drugs") == min(flags, 3)
    assert ("more flagged consignments are listed" in text) == bool(more)
    assert more in text


def test_goods_are_named_by_what_is_known_of_them() -> None:
    boxes = (TransportEquipment("MSKU1234565"), TransportEquipment("CSQU3054383"), TransportEquipment("TEMU0000001"))
    bare = said(flagged(1))
    assert "Bill of lading MEDUF1, is flagged drugs (severity 0.9). " in bare
    full = said(flagged(1, goods=(p.FRUIT,), equipment=boxes, consignee=Party("Van Dam", country="NL")))
    assert "MEDUF1, HS 08045020 Fresh mangoes, container MSKU1234565 and 2 more, for Van Dam (NL), is flagged" in full
    two = said(flagged(1, equipment=boxes[:2], consignee=Party("Van Dam")))
    assert "container MSKU1234565 and 1 more, for Van Dam, is flagged" in two
    assert "container MSKU1234565, is flagged" in said(flagged(1, equipment=boxes[:1]))
    assert "unit TRAILER 7, is flagged" in said(flagged(1, equipment=(TransportEquipment("TRAILER 7"),)))


def test_the_gravest_flag_of_a_consignment_is_told_with_its_reason_and_by_whom() -> None:
    flags = (Flag("late", 0.2), Flag("drugs", 0.9, "Seal broken", "risk engine"), Flag("weight", 0.5))
    assert "is flagged drugs (severity 0.9, by risk engine): Seal broken." in said(p.consignment("C1", flags=flags))


def test_where_no_arrival_is_declared_it_says_where_the_goods_go() -> None:
    calls = (p.CALLS[0], replace(p.CALLS[2], arrive_us=None, depart_us=None))
    assert "No arrival is declared; discharge is at Rotterdam (NLRTM)." in said(p.FULL, calls=calls)
    late = event(start="2026-04-26", known="2026-04-27")
    cargo = aboard(linker(p.FULL), "2026-04-26")
    text = explain(late, cargo, NOBODY, lead_time_h(late, cargo))
    assert "was expected at Rotterdam (NLRTM) on" in text
    assert "which has passed" in text


@pytest.mark.parametrize("parts", [8, 9])
def test_eight_more_encounters_are_named_and_the_others_counted(parts: int) -> None:
    met = event(EventKind.ENCOUNTER, other_craft=craft_text(SHIP_B))
    others = [
        event(EventKind.ENCOUNTER, start=f"2026-04-15T{n:02d}:00:00Z", known="2026-04-16", other_craft=f"mmsi:2190000{n:02d}")
        for n in range(parts)
    ]  # fmt: skip
    text = explain(met, NOBODY, NOBODY, None, parts=others)
    assert text.count("The same story: ") == 8
    assert ("1 more encounters belong to it." in text) == (parts == 9)
    assert ("more encounters" in text) == (parts == 9)


def test_a_part_is_told_by_who_how_long_and_when() -> None:
    met = event(EventKind.ENCOUNTER, other_craft=craft_text(SHIP_B))
    over = replace(
        met, state=EventState.CLOSED, end_us=p.us("2026-04-15T03:00Z"), evidence={"name": "SEA STAR", "other_name": ""},
        explanation="They met. Draughts changed, OCEAN JOY by 1.2 m: oil was moved.",
    )  # fmt: skip
    text = explain(met, NOBODY, NOBODY, None, parts=[over, over])
    assert "SEA STAR (mmsi:219001234) and mmsi:538000001 were together for 3 h" in text
    assert text.count("Draughts changed") == 1, "said once"
    lasting = explain(met, NOBODY, NOBODY, None, parts=[met])
    assert "have been together for 6 h" in lasting
    one_sided = replace(met, detail="one_sided", explanation="She waited for another")
    assert "The same story: She waited for another." in explain(met, NOBODY, NOBODY, None, parts=[one_sided])


@pytest.mark.parametrize(("most", "listed", "possible"), [(10, 10, 2), (14, 12, 2), (20, 12, 8), (40, 12, 10)])
def test_the_list_of_what_may_be_aboard_has_the_room_that_is_left_and_a_fifth_at_least(
    most: int, listed: int, possible: int
) -> None:
    sure = p.manifest(*(p.consignment(f"K{n:02d}") for n in range(12)), conveyance=NAMED)
    doubtful = p.manifest(
        *(p.consignment(f"D{n:02d}") for n in range(10)), manifest_id="M2", conveyance=NAMED, calls=()
    )
    alert = AlertDesk(CargoLinker(CargoBook((sure, doubtful))), AlertConfig(max_consignments=most)).consider(event())
    assert alert is not None
    assert (alert.consignments_aboard, alert.consignments_possible) == (12, 10)
    assert (len(alert.consignments), len(alert.possible)) == (listed, possible)


def test_what_may_be_aboard_is_told_for_each_reason_with_the_gravest_that_is_flagged() -> None:
    doubtful = p.manifest(p.consignment("D1"), flagged(2), flagged(3), conveyance=NAMED, calls=())
    possible = Cargo(CargoLinker(CargoBook((doubtful,))).standings(SHIP_A, p.us("2026-04-15")))
    text = explain(event(), NOBODY, possible, None)
    assert "No cargo is known aboard. 3 more may be aboard, or not (" in text
    assert "they are not counted. Among them: Bill of lading MEDUF2, is flagged" in text
    assert text.count("Among them") == 1
    one = Cargo(
        CargoLinker(CargoBook((replace(doubtful, consignments=(p.consignment("D1"),)),))).standings(
            SHIP_A, p.us("2026-04-15")
        )
    )
    assert "it is not counted." in explain(event(), NOBODY, one, None)


def test_names_on_the_papers_stand_before_an_explanation_that_does_not_know_them() -> None:
    assert said(p.FULL).startswith("mmsi:219001234 is SEA STAR on the papers. ")
    knows = event(explanation="Sea Star (mmsi:219001234) did something")
    assert said(p.FULL, told=knows).startswith("Sea Star (mmsi:219001234) did something. ")


def test_the_time_left_is_that_of_the_flagged_goods_and_of_the_others_where_none_is_flagged() -> None:
    near = p.consignment("C2", discharge="MAPTM")
    both, plain = aboard(linker(flagged(1), near)), aboard(linker(p.consignment("C1"), near))
    assert lead_time_h(event(), both) == pytest.approx(244.0), "to Rotterdam, though the others go to Tanger"
    assert lead_time_h(event(), plain) == pytest.approx(118.0)
    assert lead_time_h(event(), NOBODY) is None


def test_of_several_ports_the_one_is_named_whose_hours_are_told() -> None:
    linked = linker(flagged(1), flagged(2, discharge="MAPTM"))
    cargo = aboard(linked)
    assert "at Tanger Med (MAPTM) on" in explain(event(), cargo, NOBODY, 118.0)
    assert "at Rotterdam (NLRTM) on" in explain(event(), cargo, NOBODY, 244.0)
    assert "was expected at Tanger Med (MAPTM) on" in explain(event(), cargo, NOBODY, None), "the first"


def test_goods_that_one_of_two_has_are_told_with_both_the_surer_first() -> None:
    linked = CargoLinker(CargoBook((p.manifest(flagged(1), conveyance=Conveyance(Mode.SEA, name="SEA STAR")),)))
    for craft in (SHIP_A, SHIP_B):
        linked.observe(static(craft, "2026-04-11", name="SEA STAR"))
    both = [one for craft in (SHIP_B, SHIP_A) for one in linked.standings(craft, p.us("2026-04-15"))]
    sure = [replace(one, status=Status.LOADED, confidence=0.4 + 0.2 * (one.craft == SHIP_B)) for one in both]
    text = explain(event(), Cargo(sure), NOBODY, None)
    assert " It is aboard mmsi:538000001 (60%) or mmsi:219001234 (40%)." in text
    assert "It is aboard" not in explain(event(), Cargo(sure[:1]), NOBODY, None)
