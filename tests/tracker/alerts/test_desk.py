"""Which events go before a person, and what becomes of their alerts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.alerts.json_schema import errors
from tests.tracker.alerts.story import PLANE, SHIP_A, SHIP_B, call, event, static
from tests.tracker.cargo import papers as p
from tracker.alerts.alert import Alert, AlertType, Band
from tracker.alerts.cloudevent import cloudevent, to_json_line
from tracker.alerts.config import KIND_POINTS, AlertConfig
from tracker.alerts.desk import AlertDesk
from tracker.alerts.rank import rank
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Link
from tracker.cargo.manifest import Manifest
from tracker.events import Event, EventKind, EventState
from tracker.identity import craft_text
from tracker.voyages.itinerary import Conveyance, Mode

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "alert.schema.json").read_text("utf-8"))
BY_MMSI = Conveyance(Mode.SEA, mmsi=219001234, name="SEA STAR")
PAPERS = p.manifest(p.FULL, p.consignment("C2"), conveyance=BY_MMSI)


def desk(*manifests: Manifest, config: AlertConfig | None = None) -> AlertDesk:
    return AlertDesk(CargoLinker(CargoBook(manifests)), config)


def raised(told: Event, *manifests: Manifest) -> Alert:
    alert = desk(*manifests).consider(told)
    assert alert is not None
    return alert


@pytest.mark.parametrize("kind", sorted(EventKind))
@pytest.mark.parametrize("manifests", [(), (PAPERS,)], ids=["unlinked", "linked"])
def test_every_alert_satisfies_the_published_schema(kind: EventKind, manifests: tuple[Manifest, ...]) -> None:
    craft: Any = "source:feed" if kind is EventKind.FEED_OUTAGE else SHIP_A
    alert = desk(*manifests).consider(event(kind, craft, evidence={"speed_kn": 14.2, "n": float("nan")}))
    if kind is EventKind.GAP:
        assert alert is None
        return
    if alert is None:
        assert kind in AlertConfig().linked_only_kinds
        assert not manifests
        return
    envelope = json.loads(to_json_line(alert))
    assert errors(envelope, SCHEMA) == []
    assert envelope == json.loads(json.dumps(cloudevent(alert)))
    assert sum(term["points"] for term in envelope["data"]["priority_terms"]) == envelope["data"]["priority"]


def test_the_schema_refuses_what_is_not_an_alert() -> None:
    envelope = cloudevent(raised(event(), PAPERS))
    envelope["data"]["priority"] = 101
    envelope["data"]["consignments"][0]["flags"][0]["severity"] = 2
    del envelope["time"]
    assert len(errors(envelope, SCHEMA)) == 3


def test_the_schema_knows_every_kind_that_may_be_shown() -> None:
    assert set(SCHEMA["$defs"]["event"]["properties"]["kind"]["enum"]) == {str(kind) for kind in KIND_POINTS}


def test_the_contract_of_the_alerts_output_is_kept() -> None:
    data = raised(event(), PAPERS).data()
    contract = {
        "alert_id", "revision", "priority", "priority_terms", "event", "consignments", "itinerary", "lead_time_h", "explanation",
    }  # fmt: skip
    assert contract <= data.keys()


def test_flagged_cargo_outranks_unflagged_and_that_outranks_none() -> None:
    flagged = raised(event(), PAPERS)
    unflagged = raised(event(), p.manifest(p.consignment("C2"), conveyance=BY_MMSI))
    unlinked = raised(event())
    assert flagged.priority > unflagged.priority > unlinked.priority
    assert (flagged.is_linked, unlinked.is_linked) == (True, False)
    assert unlinked.band is Band.LOW
    assert unlinked.data()["link"] == "unlinked"
    assert raised(event(EventKind.LOITERING)).terms[-1].name == "unlinked", "told also where it takes no points"
    assert flagged.band in (Band.HIGH, Band.CRITICAL)


def test_all_consignments_aboard_are_listed_flagged_first() -> None:
    alert = raised(event(), PAPERS)
    assert [(c["consignment_id"], bool(c["flags"])) for c in alert.consignments] == [("C1", True), ("C2", False)]
    assert alert.consignments[0]["consignee"]["name"] == "Van Dam Fruit, BV"


def test_a_very_long_list_is_cut_and_its_length_told() -> None:
    many = p.manifest(*(p.consignment(f"K{i:03d}") for i in range(30)), p.FULL, conveyance=BY_MMSI)
    alert = desk(many, config=AlertConfig(max_consignments=10)).consider(event())
    assert alert is not None
    assert (len(alert.consignments), alert.consignments_aboard) == (10, 31)
    assert alert.consignments[0]["consignment_id"] == "C1"


@pytest.mark.parametrize("cause", ["left_coverage", "feed_outage", "in_port", "unknown", None])
def test_only_silence_in_coverage_is_put_before_a_person(cause: str | None) -> None:
    assert desk(PAPERS).consider(event(cause=cause)) is None


def test_an_unsure_event_is_recorded_only() -> None:
    assert desk(PAPERS).consider(event(confidence=0.2)) is None
    assert desk(PAPERS).consider(event(confidence=float("nan"))) is None


def test_integrity_is_shown_where_cargo_is_known_and_an_emergency_always() -> None:
    assert desk().consider(event(EventKind.INTEGRITY)) is None
    assert desk(PAPERS).consider(event(EventKind.INTEGRITY)) is not None
    assert desk().consider(event(EventKind.INTEGRITY, detail="emergency")) is not None


@pytest.mark.parametrize(
    ("detail", "confidence", "cargo", "shown"),
    [
        ("shared_identity", 0.85, False, False),
        ("shared_identity", 0.92, False, True),
        ("circle_pattern", 0.5, True, True),
        ("impossible_speed", 0.95, False, False),
        ("identity_change", 0.95, False, False),
        ("identity_change", 0.6, True, True),
        ("invalid_identity", 0.2, True, False),
        ("emergency", 0.75, False, True),
        ("emergency", 0.2, True, False),
    ],
)
def test_which_lies_are_put_before_a_person(detail: str, confidence: float, cargo: bool, shown: bool) -> None:
    told = event(EventKind.INTEGRITY, detail=detail, confidence=confidence)
    assert (desk(*([PAPERS] if cargo else [])).consider(told) is not None) is shown


def test_an_outage_is_a_low_alert_about_a_feed() -> None:
    alert = raised(event(EventKind.FEED_OUTAGE, "source:feed"), PAPERS)
    assert (alert.band, alert.consignments, alert.itinerary) == (Band.LOW, (), {})
    assert "silence of craft it hears says nothing" in alert.explanation


def test_an_alert_is_raised_updated_and_closed() -> None:
    at_desk, first = desk(PAPERS), event()
    second = first.revised(known_us=first.known_us + 1)
    third = second.revised(state=EventState.CLOSED, end_us=second.known_us, known_us=first.known_us + 2)
    told = [at_desk.consider(e) for e in (first, first, second, third, second)]
    types = [alert and (alert.revision, str(alert.type)) for alert in told]
    assert types == [(1, "raised"), None, (2, "updated"), (3, "closed"), None]
    assert len({alert.alert_id for alert in told if alert}) == 1


def test_what_nobody_read_is_not_retracted_and_a_closed_first_statement_is_raised() -> None:
    assert desk().consider(event(state=EventState.RETRACTED)) is None
    closed = desk().consider(event(state=EventState.CLOSED))
    assert closed is not None
    assert closed.type is AlertType.RAISED


def test_a_cause_found_harmless_retracts_the_alert_and_it_may_come_back() -> None:
    at_desk, first = desk(PAPERS), event()
    harmless = first.revised(cause="left_coverage")
    again = harmless.revised(cause="silent_in_coverage")
    told = [at_desk.consider(e) for e in (first, harmless, again)]
    retracted = told[1]
    assert [alert and (alert.revision, str(alert.type)) for alert in told] == [
        (1, "raised"),
        (2, "retracted"),
        (3, "raised"),
    ]
    assert retracted is not None
    assert retracted.priority == 0
    assert retracted.explanation.startswith("Withdrawn")


def test_an_encounter_lists_the_cargo_of_both_craft() -> None:
    other = p.manifest(p.consignment("B1"), manifest_id="M5", conveyance=replace(BY_MMSI, mmsi=538000001, name="TRAMP"))
    alert = raised(event(EventKind.ENCOUNTER, other_craft="mmsi:538000001"), PAPERS, other)
    assert {(c["craft"], c["consignment_id"]) for c in alert.consignments} == {
        ("mmsi:219001234", "C1"), ("mmsi:219001234", "C2"), ("mmsi:538000001", "B1"),
    }  # fmt: skip
    assert "mmsi:538000001 is TRAMP on the papers" in alert.explanation


def test_a_consignment_that_either_of_two_may_have_is_told_once_with_both() -> None:
    linked = CargoLinker(CargoBook((PAPERS,)))
    told = event(
        EventKind.INTEGRITY, detail="identity_exchange", other_craft="mmsi:538000001", confidence=0.8, evidence={"is_hull_crossed": True}
    )  # fmt: skip
    linked.hand_over([told])
    alert = AlertDesk(linked).consider(told)
    assert alert is not None
    assert alert.explanation.count("is flagged") == 1
    assert "It is aboard mmsi:538000001 (" in alert.explanation and "or mmsi:219001234 (" in alert.explanation
    assert "2 consignments are known aboard, 1 flagged" in alert.explanation


def test_what_was_aboard_when_it_happened_counts_after_the_discharge() -> None:
    linked = CargoLinker(CargoBook((PAPERS,)))
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-25T10:00Z")])
    over = event(known="2026-04-27", state=EventState.CLOSED, end_us=p.us("2026-04-27"))
    alert = AlertDesk(linked).consider(over)
    assert alert is not None
    assert alert.is_linked


def test_the_time_left_runs_to_the_discharge_of_the_flagged_goods() -> None:
    alert = raised(event(known="2026-04-24T10:00Z"), PAPERS)
    assert alert.lead_time_h == pytest.approx(24.0)
    assert any(term.name == "lead_time" for term in alert.terms)
    assert raised(event(known="2026-04-15"), PAPERS).lead_time_h == pytest.approx(250.0)
    past = raised(event(known="2026-04-28"), PAPERS)
    assert past.lead_time_h is None
    assert "which has passed" in past.explanation


def test_an_arrival_seen_is_told_instead_of_the_declared_one() -> None:
    linked = CargoLinker(CargoBook((PAPERS,)))
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-25T12:00Z")])
    alert = AlertDesk(linked).consider(event(start="2026-04-25T13:00Z", known="2026-04-25T13:30Z"))
    assert alert is not None
    assert alert.explanation.endswith(
        "She arrived at Rotterdam (NLRTM) on 25 Apr 2026 12:00 UTC; the cargo is being landed there."
    )


def test_the_time_left_is_reckoned_anew_where_the_way_left_takes_longer() -> None:
    far = event(
        known="2026-04-24T10:00Z", start="2026-04-24T09:00Z", lat_deg=40.0, lon_deg=-40.0, evidence={"speed_kn": 10.0}
    )
    alert = raised(far, PAPERS)
    assert alert.lead_time_h is not None
    assert alert.lead_time_h > 150.0
    assert (
        "is declared at Rotterdam (NLRTM) for 25 Apr 2026 10:00 UTC, but the way left takes longer" in alert.explanation
    )
    told = replace(far, evidence={"speed_kn": 10.0, "distance_to_go_km": 1852.0})
    assert raised(told, PAPERS).lead_time_h == pytest.approx(99.0)


def test_an_officer_reads_what_happened_why_it_matters_and_what_is_left() -> None:
    text = raised(event(known="2026-04-24T10:00Z"), PAPERS).explanation
    for part in (
        "mmsi:219001234 is SEA STAR on the papers",
        "did something worth telling.",
        "2 consignments are known aboard, 1 flagged",
        "Bill of lading MEDUC1, HS 08045020 Fresh mangoes, container MSKU1234565, for Van Dam Fruit, BV (NL)",
        "flagged concealment (severity 0.9, by risk engine): Seal photo differs from the one at loading.",
        "expected at Rotterdam (NLRTM) on 25 Apr 2026 10:00 UTC: 24 h are left to prepare an inspection there.",
    ):
        assert part in text


def test_the_gravest_flag_is_the_one_that_is_probably_aboard() -> None:
    """A severe flag on goods that are hardly aboard weighs less than a milder one on goods that surely are."""
    severe, mild = (
        replace(p.COCAINE, flag=name, severity=severity) for name, severity in (("arms", 0.9), ("tax", 0.6))
    )
    linked = CargoLinker(CargoBook((PAPERS,)))
    (first,) = (
        link for link in linked.aboard(SHIP_A, p.us("2026-04-15T06:00Z")) if link.consignment.consignment_id == "C1"
    )
    hardly = Link(replace(first.standing, confidence=0.3), p.consignment("D1", flags=(severe,)))
    surely = Link(replace(first.standing, confidence=0.9), p.consignment("D2", flags=(mild,)))
    for links in ((hardly, surely), (surely, hardly)):
        _, terms = rank(event(), links, len(links), None, AlertConfig())
        (flags,) = (term for term in terms if term.name == "flags")
        assert flags.points == round(AlertConfig().flag_points * 0.6 * 0.9)
        assert flags.sentence == "MEDUD2 is flagged tax (severity 0.6), and is aboard with confidence 0.90."


def test_goods_that_may_be_aboard_are_listed_apart_and_count_for_nothing() -> None:
    """Papers without times, a ship first heard in mid-sea: nobody can say whether it has them."""
    undated = p.manifest(p.FULL, p.consignment("C2"), conveyance=BY_MMSI, calls=())
    alert, nothing_known = raised(event(), undated), raised(event())
    assert (alert.is_linked, alert.consignments, alert.consignments_aboard) == (False, (), 0)
    assert [(c["consignment_id"], c["status"]) for c in alert.possible] == [("C1", "possible"), ("C2", "possible")]
    assert alert.consignments_possible == 2
    assert alert.priority == nothing_known.priority
    assert "No cargo is known aboard. 2 more may be aboard, or not" in alert.explanation
    assert "papers without times, and no loading seen" in alert.explanation
    assert errors(json.loads(to_json_line(alert)), SCHEMA) == []


def test_of_what_may_be_aboard_only_flagged_goods_bring_an_event_before_a_person() -> None:
    undated = p.manifest(p.consignment("C2"), conveyance=BY_MMSI, calls=())
    assert desk(undated).consider(event(EventKind.INTEGRITY)) is None
    flagged = p.manifest(p.FULL, conveyance=BY_MMSI, calls=())
    assert desk(flagged).consider(event(EventKind.INTEGRITY)) is not None


def test_goods_aboard_one_of_two_that_met_are_aboard_where_both_had_part() -> None:
    """Two ships give the papers' name, and are alongside each other: whichever of them has the goods, they are there."""
    linked = CargoLinker(CargoBook((p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="SEA STAR")),)))
    for craft in (SHIP_A, SHIP_B):
        linked.observe(static(craft, "2026-04-11", name="SEA STAR"))
    alone = AlertDesk(linked).consider(event())
    assert alone is not None
    assert (alone.consignments_aboard, alone.consignments_possible) == (0, 1)
    assert "one of 2 craft that fit, as mmsi:538000001" in alone.possible[0]["link"]["reason"]
    both = AlertDesk(linked).consider(event(EventKind.ENCOUNTER, other_craft="mmsi:538000001"))
    assert both is not None
    assert {c["craft"] for c in both.consignments} == {"mmsi:219001234", "mmsi:538000001"}
    assert "1 consignment is known aboard" in both.explanation


def test_the_itinerary_shows_what_was_seen_and_where_it_broke() -> None:
    linked = CargoLinker(CargoBook((PAPERS,)))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09T05:00Z", "2026-04-10T07:00Z")])
    alert = AlertDesk(linked).consider(event())
    assert alert is not None
    first, second, _ = alert.itinerary["nodes"]
    assert (first["seen_arrive"], first["seen_depart"]) == ("2026-04-09T05:00:00.000Z", "2026-04-10T07:00:00.000Z")
    assert second["seen_arrive"] is None
    assert alert.itinerary["next_location"] == "MAPTM"
    broken = AlertDesk(linked).consider(
        event(EventKind.DIVERSION, evidence={"bound_for": "NLRTM", "itinerary_id": "M1"})
    )
    assert broken is not None
    assert broken.itinerary["next_location"] == "NLRTM"


def test_a_flight_is_told_in_the_same_words() -> None:
    linked = CargoLinker(CargoBook((replace(p.AIR, consignments=(replace(p.PARCEL, flags=(p.COCAINE,)),)),)))
    linked.observe(static(PLANE, "2026-04-17T07:50Z", call_sign="AFR077"))
    landed = event(EventKind.OFF_AERODROME_LANDING, PLANE, "2026-04-17T13:00Z", "2026-04-17T13:05Z")
    alert = AlertDesk(linked).consider(landed)
    assert alert is not None
    assert "Air waybill 057-76215436" in alert.explanation
    assert alert.lead_time_h == pytest.approx(2.92, abs=0.01)
    assert alert.band is Band.CRITICAL


def test_a_restored_desk_goes_on_and_settled_alerts_are_forgotten() -> None:
    at_desk, first = desk(PAPERS), event()
    at_desk.consider(first)
    at_desk.consider(event(EventKind.LOITERING, state=EventState.CLOSED))
    closed = event(EventKind.LOITERING).revised(state=EventState.CLOSED)
    at_desk.consider(closed)
    again = desk(PAPERS)
    again.restore(at_desk.snapshot())
    assert again.snapshot() == at_desk.snapshot()
    assert again.consider(first) is None
    following = again.consider(first.revised())
    assert following is not None
    assert (following.revision, str(following.type)) == (2, "updated")
    again.advance_watermark(int(first.known_us) + 31 * 86_400_000_000)
    assert len(again) == 1, "the open one stays"


def test_two_replays_give_the_same_bytes() -> None:
    lines = ["".join(to_json_line(raised(event(craft=craft), PAPERS)) for craft in (SHIP_A, SHIP_B)) for _ in range(2)]
    assert lines[0] == lines[1]


@pytest.mark.parametrize("detail", ["holding", "survey"])
def test_holdings_and_surveys_are_put_before_nobody_whatever_is_aboard(detail: str) -> None:
    assert desk(PAPERS).consider(event(EventKind.CIRCLING, detail=detail, confidence=1.0)) is None
    assert desk(PAPERS).consider(event(EventKind.CIRCLING, detail="orbit")) is not None


@pytest.mark.parametrize(
    ("detail", "confidence", "shown"),
    [
        ("suspected_strip", 0.5, True),
        ("landing", 0.9, True),
        ("lost_on_approach", 0.6, False),
        ("helicopter", 0.2, False),
    ],
)
def test_without_papers_only_sure_landings_and_suspected_strips_are_shown(
    detail: str, confidence: float, shown: bool
) -> None:
    told = event(EventKind.OFF_AERODROME_LANDING, PLANE, detail=detail, confidence=confidence)
    assert (desk().consider(told) is not None) is shown


def test_with_papers_a_landing_less_sure_is_shown_too() -> None:
    assert raised(event(EventKind.OFF_AERODROME_LANDING, SHIP_A, detail="lost_on_approach", confidence=0.5), PAPERS)


@pytest.mark.parametrize("kind", [EventKind.LOITERING, EventKind.ENCOUNTER])
def test_without_papers_waits_and_meetings_are_shown_where_the_rule_is_sure_only(kind: EventKind) -> None:
    assert desk().consider(event(kind, confidence=0.75)) is None
    assert raised(event(kind, confidence=0.85)).band is Band.LOW
    assert raised(event(kind, SHIP_A, confidence=0.5), PAPERS)
    told = AlertConfig(unlinked_min_confidence=0.3)
    assert AlertDesk(CargoLinker(CargoBook(())), told).consider(event(kind, confidence=0.75)) is not None


def test_a_queue_names_the_cargo_of_all_who_wait_in_it_and_takes_over_their_alerts() -> None:
    first, second = craft_text(SHIP_A), craft_text(SHIP_B)
    judged = desk(PAPERS)
    alone = event(EventKind.LOITERING, SHIP_A, confidence=0.9)
    assert judged.consider(alone) is not None
    queue = replace(
        event(EventKind.LOITERING, SHIP_B, confidence=0.8),
        event_id="queue",
        detail="queue",
        evidence={"craft": ["mmsi:219009999", second, first]},
    )
    told = judged.consider(queue)
    assert told is not None
    assert {item["craft"] for item in told.consignments} == {first}
    assert "Aboard SEA STAR (mmsi:219001234): Bill of lading" in told.explanation
    assert "SEA STAR (mmsi:219001234) is expected at" in told.explanation
    assert told.itinerary.get("craft", first) == first
    withdrawn = judged.consider(alone.revised(state=EventState.RETRACTED, evidence={"told_by": "queue"}))
    assert withdrawn is not None
    assert (withdrawn.type, withdrawn.part_of) == (AlertType.RETRACTED, told.alert_id)


def test_a_ship_of_a_queue_has_the_cargo_of_the_time_in_which_it_waited_there() -> None:
    """The alert on the end of a queue listed what a ship that had left it loaded later in another port."""
    name = craft_text(SHIP_A)
    later = p.manifest(p.consignment("LATER", "MAPTM"), manifest_id="M2", conveyance=BY_MMSI, calls=p.CALLS[1:])
    earlier = p.manifest(
        p.consignment("EARLIER", "MAPTM", "BRSSZ"), manifest_id="M0", conveyance=BY_MMSI,
        calls=(p.node("MAPTM", depart="2026-03-20T00:00:00Z"), p.node("BRSSZ", "2026-04-05T00:00:00Z")),
    )  # fmt: skip
    here = p.manifest(p.consignment("HERE"), conveyance=BY_MMSI)

    def listed(**evidence: Any) -> set[str]:
        judged = desk(earlier, here, later)
        judged.linker.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-05T00:00:00Z", "2026-04-10T00:00:00Z")])
        queue = replace(
            event(EventKind.LOITERING, SHIP_B, "2026-03-25T00:00:00Z", "2026-04-22T00:00:00Z"),
            detail="queue", state=EventState.CLOSED, end_us=p.us("2026-04-22T00:00:00Z"), evidence={"craft": [name], **evidence},
        )  # fmt: skip
        told = judged.consider(queue)
        return set() if told is None else {item["consignment_id"] for item in told.consignments}

    def stay(since: str, until: str | None) -> dict[str, Any]:
        return {"craft": name, "since": since, "until": until}

    assert listed() == {"EARLIER", "HERE", "LATER"}
    assert listed(stays=[stay("2026-04-12T00:00:00Z", "2026-04-15T00:00:00Z")]) == {"HERE"}
    assert listed(stays=[stay("2026-04-12T00:00:00Z", None)]) == {"HERE", "LATER"}
    both = [stay("2026-04-12T00:00:00Z", "2026-04-15T00:00:00Z"), stay("2026-03-25T00:00:00Z", "2026-03-26T00:00:00Z")]
    assert listed(stays=both) == {"EARLIER", "HERE"}


def test_a_consignment_of_papers_that_are_not_whole_says_so() -> None:
    alert = raised(event(), replace(PAPERS, is_incomplete=True))
    assert {item.get("is_incomplete") for item in alert.consignments} == {True}
    assert errors(json.loads(to_json_line(alert)), SCHEMA) == []
    assert not any("is_incomplete" in item for item in raised(event(), PAPERS).consignments)
