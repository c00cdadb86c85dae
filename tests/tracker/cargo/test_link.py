"""What is aboard, from when, until when, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.alerts.story import PLANE, SHIP_A, SHIP_B, call, static
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Cargo, Link
from tracker.cargo.loading import Status
from tracker.cargo.manifest import Manifest
from tracker.cargo.tally import MATCH_MARGIN, Tally
from tracker.identity import mmsi_craft
from tracker.units import US_PER_DAY
from tracker.voyages.conveyance import Match
from tracker.voyages.itinerary import Conveyance, Mode

BY_MMSI = Conveyance(Mode.SEA, mmsi=219001234)
SECOND_LEG = p.consignment("C2", "MAPTM")


def linker(*manifests: Manifest, **given: Any) -> CargoLinker:
    return CargoLinker(CargoBook(manifests), **given)


def at(linked: CargoLinker, when: str, craft: int = SHIP_A, known: str | None = None) -> list[Link]:
    return linked.aboard(craft, p.us(when), p.us(known) if known else None)


def names(links: list[Link]) -> list[str]:
    return [link.consignment.consignment_id for link in links]


def test_cargo_is_aboard_from_its_own_loading_to_its_own_discharge() -> None:
    linked = linker(p.manifest(p.FULL, SECOND_LEG, conveyance=BY_MMSI))
    assert names(at(linked, "2026-04-09T12:00Z")) == []
    assert names(at(linked, "2026-04-15")) == ["C1"]
    assert names(at(linked, "2026-04-22")) == ["C1", "C2"]
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-25T12:00Z")])
    assert names(at(linked, "2026-04-25T13:00Z")) == ["C1", "C2"]
    assert names(at(linked, "2026-04-25T14:00Z")) == []


def test_a_diverted_ship_still_has_it_but_not_for_ever() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    linked.add_port_calls([call(SHIP_A, "BEANR", "2026-04-25T12:00Z")])
    late = at(linked, "2026-05-10")
    assert names(late) == ["C1"]
    assert "overdue at NLRTM" in late[0].reason
    assert late[0].confidence < at(linked, "2026-04-22")[0].confidence
    assert names(at(linked, "2026-05-26")) == []


def test_a_port_merely_passed_discharges_nothing() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-18T12:00Z", stopped=False)])
    assert names(at(linked, "2026-04-20")) == ["C1"]


def test_a_call_not_yet_made_is_not_known() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    linked.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-25T12:00Z")])
    assert names(at(linked, "2026-04-24")) == ["C1"]


def test_when_calls_are_handed_in_does_not_change_what_was_known_when() -> None:
    stays = [
        ("BRSSZ", "2026-04-09", "2026-04-10T08:00Z"),
        ("MAPTM", "2026-04-20", "2026-04-21"),
        ("NLRTM", "2026-04-25", "2026-04-26"),
    ]
    calls = [c for place, came, left in stays for c in (call(SHIP_A, place, came), call(SHIP_A, place, came, left))]
    papers = p.manifest(p.FULL, SECOND_LEG, conveyance=BY_MMSI)
    ahead, gradual = linker(papers), linker(papers)
    ahead.add_port_calls(calls)
    waiting = sorted(calls, key=lambda c: c.known_us)
    for hour in range(0, 24 * 30, 3):
        now_us = p.us("2026-04-01") + hour * 3_600_000_000
        gradual.add_port_calls([c for c in waiting if c.known_us <= now_us])
        waiting = [c for c in waiting if c.known_us > now_us]
        assert ahead.aboard(SHIP_A, now_us) == gradual.aboard(SHIP_A, now_us)
        assert [ahead.call_at(SHIP_A, n, now_us) for n in p.CALLS] == [
            gradual.call_at(SHIP_A, n, now_us) for n in p.CALLS
        ]


def test_loading_seen_is_surer_and_dates_the_beginning() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    declared = at(linked, "2026-04-11")[0]
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-10T20:00Z")])
    seen = at(linked, "2026-04-11")[0]
    assert seen.from_us == p.us("2026-04-10T20:00Z")
    assert seen.confidence > declared.confidence
    assert names(at(linked, "2026-04-10T19:00Z")) == ["C1"], "not yet seen there, the declaration holds"


def test_last_weeks_call_at_the_port_of_loading_is_not_the_loading() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-02", "2026-04-03")])
    assert names(at(linked, "2026-04-06")) == []


def test_a_neighbouring_terminal_of_the_same_country_is_the_same_port() -> None:
    places = {"NLRTM": p.PLACES["NLRTM"], "NLMSV": replace(p.PLACES["NLRTM"], code="NLMSV", lon_deg=4.1)}
    places["DEXXX"] = replace(places["NLMSV"], code="DEXXX")
    for code, still in (("NLMSV", []), ("DEXXX", ["C1"])):
        linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI), locate=places.get)
        linked.add_port_calls([call(SHIP_A, code, "2026-04-25T12:00Z")])
        assert names(at(linked, "2026-04-26")) == still


def test_two_ships_of_one_name_share_the_confidence_until_one_is_known_better() -> None:
    linked = linker(p.manifest(p.FULL))
    linked.observe(static(SHIP_A, "2026-04-11", name="SEA STAR"))
    alone = at(linked, "2026-04-12")[0]
    linked.observe(static(SHIP_B, "2026-04-13", name="SEA STAR"))
    shared = at(linked, "2026-04-14")[0]
    assert shared.confidence == pytest.approx(alone.confidence / 2, abs=1e-3)
    assert "one of 2 craft" in shared.reason
    assert at(linked, "2026-04-12")[0] == alone, "what was known before stays what was known before"
    linked.observe(static(SHIP_B, "2026-04-15", name="SEA STAR", imo=9074729))
    assert at(linked, "2026-04-16") == []
    assert names(at(linked, "2026-04-16", SHIP_B)) == ["C1"]


def test_a_ship_renamed_keeps_her_cargo() -> None:
    linked = linker(p.manifest(p.FULL))
    linked.observe(static(SHIP_A, "2026-04-11", name="SEA STAR", imo=9074729))
    linked.observe(static(SHIP_A, "2026-04-13", name="NIGHT WIND"))
    assert names(at(linked, "2026-04-14")) == ["C1"]


def test_an_amendment_takes_goods_off_and_changes_the_ship() -> None:
    linked = linker(
        p.manifest(p.FULL, SECOND_LEG, conveyance=BY_MMSI),
        p.manifest(SECOND_LEG, version=2, conveyance=replace(BY_MMSI, mmsi=538000001)),
    )
    assert at(linked, "2026-04-22") == []
    assert names(at(linked, "2026-04-22", SHIP_B)) == ["C2"]


def test_a_parcel_is_aboard_its_flight_and_not_the_next() -> None:
    linked = linker(p.AIR)
    linked.observe(static(PLANE, "2026-04-17T07:50Z", call_sign="AFR077"))
    assert names(at(linked, "2026-04-17T10:00Z", PLANE)) == ["A1"]
    linked.add_port_calls([call(PLANE, "KJFK", "2026-04-17T15:50Z")])
    assert at(linked, "2026-04-17T19:00Z", PLANE) == []


@pytest.mark.parametrize("calls", [p.CALLS[:1], ()])
def test_papers_without_times_bind_weakly(calls: tuple[Any, ...]) -> None:
    undated = tuple(replace(node, depart_us=None) for node in calls)
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI, calls=undated))
    links = at(linked, "2026-04-12")
    assert links[0].status is Status.POSSIBLE
    assert links[0].confidence < 0.6
    assert links[0].until_us is None


@pytest.mark.parametrize("is_seen", [True, False])
def test_papers_without_an_arrival_bind_from_the_departure_for_a_season(is_seen: bool) -> None:
    undated = (p.CALLS[0], *(replace(node, arrive_us=None, depart_us=None) for node in p.CALLS[1:]))
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI, calls=undated))
    if is_seen:
        linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10T06:00Z")])
    (link,) = at(linked, "2026-04-15")
    begun_us = link.from_us
    assert link.until_us == begun_us + int(linked.config.undated_sea_d * US_PER_DAY)
    assert abs(begun_us - p.us("2026-04-10T06:00Z")) < 2 * US_PER_DAY
    assert "overdue" not in link.reason
    last_us = link.until_us
    assert [link.consignment.consignment_id for link in linked.aboard(SHIP_A, last_us - 1)] == ["C1"]
    assert linked.aboard(SHIP_A, last_us) == []
    assert linked.aboard(SHIP_A, last_us + 30 * US_PER_DAY) == []


def test_flagged_consignments_come_first_gravest_first() -> None:
    mild = p.consignment("C0", flags=(replace(p.COCAINE, severity=0.2),))
    linked = linker(p.manifest(p.consignment("A"), mild, p.FULL, conveyance=BY_MMSI))
    links = at(linked, "2026-04-15")
    assert names(links) == ["C1", "C0", "A"]
    standings = linked.standings(SHIP_A, p.us("2026-04-15"))
    assert names(list(Cargo([*standings, *standings]))) == ["C1", "C0", "A"]


def test_the_call_seen_is_told_for_a_declared_one() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    stay = call(SHIP_A, "MAPTM", "2026-04-20T05:00Z"), call(SHIP_A, "MAPTM", "2026-04-20T05:00Z", "2026-04-20T21:00Z")
    linked.add_port_calls(stay)
    arrive, depart = p.us("2026-04-20T05:00Z"), p.us("2026-04-20T21:00Z")
    assert linked.call_at(SHIP_A, p.CALLS[1], p.us("2026-04-22")) == (arrive, depart)
    assert linked.call_at(SHIP_A, p.CALLS[1], p.us("2026-04-20T06:00Z")) == (arrive, None)
    assert linked.call_at(SHIP_A, p.CALLS[1], p.us("2026-04-19")) is None


def test_the_itinerary_named_by_an_event_is_taken_before_the_nearest_in_time() -> None:
    later = tuple(replace(n, arrive_us=None, depart_us=p.us("2026-06-01") + i) for i, n in enumerate(p.CALLS))
    linked = linker(
        p.manifest(p.FULL, conveyance=BY_MMSI), p.manifest(manifest_id="M9", conveyance=BY_MMSI, calls=later)
    )
    ids = [linked.itinerary(SHIP_A, p.us("2026-04-12")), linked.itinerary(SHIP_A, p.us("2026-04-12"), named="M9")]
    assert [itinerary and itinerary.itinerary_id for itinerary in ids] == ["M1", "M9"]
    assert linked.itinerary(SHIP_B, 0) is None


def test_a_restored_linker_answers_as_if_never_stopped() -> None:
    linked = linker(p.manifest(p.FULL, SECOND_LEG), p.AIR)
    linked.observe(static(SHIP_A, "2026-04-11", name="SEA STAR"))
    linked.add_port_calls(
        [call(SHIP_A, "BRSSZ", "2026-04-10"), call(SHIP_A, "MAPTM", "2026-04-20T05:00Z", "2026-04-20T21:00Z")]
    )
    again = linker(p.manifest(p.FULL, SECOND_LEG), p.AIR)
    again.restore(linked.snapshot())
    assert at(again, "2026-04-22") == at(linked, "2026-04-22") != []
    assert again.snapshot() == linked.snapshot()


def test_calls_kept_are_bounded_and_forgotten() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=BY_MMSI))
    linked.add_port_calls(call(SHIP_A, "NLRTM", f"2026-01-01T00:{minute:02d}Z") for minute in range(59))
    assert len(linked._calls) == 16
    linked.forget(p.us("2026-05-02"))
    assert len(linked._calls) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 5), st.sampled_from([0.4, 0.55, 0.6, 0.7, 0.9, 0.97])), max_size=30
    ),
    st.integers(-1, 21),
    st.sampled_from([0.4, 0.6, 0.97]),
)
def test_rivals_counted_are_those_found_by_looking_at_every_craft(
    stated: list[tuple[int, int, float]], known_us: int, mine: float
) -> None:
    tally, matches = Tally(), dict[int, list[Match]]()
    for time_us, craft, confidence in sorted(stated):
        before = matches.setdefault(craft, [])
        if not before or confidence > before[-1].confidence:
            match = Match(time_us, craft, 0, "name", confidence)
            tally.add(match, before[-1] if before else None)
            before.append(match)
    best = [
        max(known)
        for theirs in matches.values()
        if (known := [match.confidence for match in theirs if match.time_us <= known_us])
    ]
    rivals = sum(abs(confidence - mine) < MATCH_MARGIN for confidence in best)
    assert tally.against(mine, known_us) == (max([mine, *best]), rivals)


def test_a_thousand_craft_of_one_name_are_not_each_held_against_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    papers = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="EVER TEST"))
    linked = linker(papers)
    crafts = [int(mmsi_craft(219_000_000 + number)) for number in range(1_000)]
    for craft in crafts:
        linked.observe(static(craft, "2026-04-01", name=b"EVER TEST"))

    class Watched(dict[int, list[Match]]):
        def __getitem__(self, craft: int) -> list[Match]:
            looked.append(craft)
            return super().__getitem__(craft)

        def items(self) -> Any:
            looked.extend(self)
            return super().items()

    monkeypatch.setitem(linked._meant._by_conveyance, 0, Watched(linked._meant._by_conveyance[0]))
    found = linked.all_links(p.us("2026-04-15"))
    assert {link.craft for link in found} == set(crafts)
    assert all("one of 1000 craft that fit" in link.reason for link in found)
    assert len(looked) == len(crafts)
