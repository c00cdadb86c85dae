"""The cargo of craft that change their identity, or share one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, call, static
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Link
from tracker.events import Event, EventKind, EventState, Rule
from tracker.identity import craft_text, with_segment
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, Micros
from tracker.voyages.itinerary import Conveyance, Mode

BEFORE, HOP, KNOWN, LATER = "2026-04-14T00:00Z", "2026-04-15T00:00Z", "2026-04-15T01:00Z", "2026-04-16T00:00Z"
IMO = 9_074_729


def linker(**conveyance: object) -> CargoLinker:
    return CargoLinker(CargoBook((p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, **conveyance)),)))


def told(
    detail: str,
    craft: int,
    other: int,
    start: str = HOP,
    known: str = KNOWN,
    state: EventState = EventState.OPEN,
    confidence: float = 0.95,
) -> Event:
    return Event(
        event_id=f"{detail} {craft} {other} {start}", revision=1, state=state, kind=EventKind.INTEGRITY, detail=detail, craft=craft_text(craft),
        other_craft=craft_text(other), start_us=Micros(p.us(start)), end_us=None, lat_deg=50.0, lon_deg=-10.0, cause=None, confidence=confidence,
        explanation="", evidence={}, rule=Rule("integrity", "2", {}), known_us=Micros(p.us(known)),
    )  # fmt: skip


def aboard(linked: CargoLinker, craft: int, when: str, known: str | None = None) -> list[Link]:
    return linked.aboard(craft, p.us(when), p.us(known) if known else None)


def test_cargo_follows_to_the_new_identity_with_a_doubt_that_names_the_old_one() -> None:
    linked = linker(mmsi=219001234)
    sure = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A)])
    (link,) = aboard(linked, SHIP_B, LATER)
    assert f"of {craft_text(SHIP_A)}, whose identity it took over" in link.reason
    assert 0.5 * sure < link.confidence < sure
    assert aboard(linked, SHIP_A, LATER) == []
    assert SHIP_B in linked.take_changed()
    assert [one.craft for one in linked.all_links(p.us(LATER))] == [SHIP_B]


def test_before_the_change_and_before_it_was_known_nothing_is_different() -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A)])
    assert len(aboard(linked, SHIP_A, BEFORE, LATER)) == 1
    assert aboard(linked, SHIP_B, BEFORE, LATER) == []
    assert len(aboard(linked, SHIP_A, HOP)) == 1
    assert aboard(linked, SHIP_B, HOP) == []
    assert len(aboard(linked, SHIP_B, LATER, BEFORE)) == 1, "asked of an instant, no less is known than then"


def test_a_transfer_withdrawn_gives_the_cargo_back() -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([
        told("identity_transfer", SHIP_B, SHIP_A),
        told("identity_transfer", SHIP_B, SHIP_A, known="2026-04-15T06:00Z", state=EventState.RETRACTED),
    ])  # fmt: skip
    assert len(aboard(linked, SHIP_A, LATER)) == 1
    assert aboard(linked, SHIP_B, LATER) == []
    assert len(aboard(linked, SHIP_B, "2026-04-15T03:00Z")) == 1


def test_a_transfer_withdrawn_twice_is_withdrawn_since_the_first_time_and_one_never_told_is_none() -> None:
    linked = linker(mmsi=219001234)
    gone = told("identity_transfer", SHIP_B, SHIP_A, known="2026-04-15T06:00Z", state=EventState.RETRACTED)
    linked.hand_over([gone])
    assert aboard(linked, SHIP_B, LATER) == []
    again = told("identity_transfer", SHIP_B, SHIP_A, known="2026-04-15T18:00Z", state=EventState.RETRACTED)
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A), gone, again])
    assert len(aboard(linked, SHIP_B, "2026-04-15T05:00Z")) == 1
    assert aboard(linked, SHIP_B, "2026-04-15T12:00Z") == []


def test_a_ship_that_takes_its_old_identity_back_has_the_cargo_again() -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([
        told("identity_transfer", SHIP_B, SHIP_A),
        told("identity_transfer", SHIP_A, SHIP_B, start="2026-04-15T12:00Z", known="2026-04-15T13:00Z"),
    ])  # fmt: skip
    assert len(aboard(linked, SHIP_A, LATER)) == 1
    assert aboard(linked, SHIP_B, LATER) == []


def test_a_restored_linker_knows_of_the_transfer() -> None:
    linked, again = linker(mmsi=219001234), linker(mmsi=219001234)
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A)])
    again.restore(linked.snapshot())
    assert aboard(again, SHIP_B, LATER) == aboard(linked, SHIP_B, LATER) != []
    assert aboard(again, SHIP_A, LATER) == []


def test_of_two_hulls_with_the_imo_number_of_the_papers_the_one_that_fits_better_has_the_cargo() -> None:
    linked = linker(imo=IMO, name="SEA STAR")
    linked.observe(StaticBatch.concat([
        static(SHIP_A, BEFORE, name="SEA STAR", imo=IMO), static(SHIP_B, BEFORE, name="OTHER", imo=IMO),
    ]))  # fmt: skip
    linked.hand_over([told("duplicate_identity", SHIP_B, SHIP_A, confidence=0.6)])
    (fits,), (doubt,) = aboard(linked, SHIP_A, LATER), aboard(linked, SHIP_B, LATER)
    assert f"fits better than {craft_text(SHIP_B)}" in fits.reason
    assert f"fits less well than {craft_text(SHIP_A)}" in doubt.reason
    assert doubt.confidence < 0.25
    assert fits.confidence > 0.7


def test_two_hulls_that_fit_alike_share_the_cargo() -> None:
    linked = linker(imo=IMO)
    linked.observe(StaticBatch.concat([
        static(SHIP_A, BEFORE, name="ONE", imo=IMO), static(SHIP_B, BEFORE, name="TWO", imo=IMO),
    ]))  # fmt: skip
    alone = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.hand_over([told("duplicate_identity", SHIP_B, SHIP_A)])
    for craft, other in ((SHIP_A, SHIP_B), (SHIP_B, SHIP_A)):
        (link,) = aboard(linked, craft, LATER)
        assert craft_text(other) in link.reason
        assert 0.4 * alone < link.confidence <= 0.51 * alone, "half, for there are two"


def test_a_call_of_a_craft_changes_what_is_known_of_it_whichever_transmitter_made_it() -> None:
    linked = linker(mmsi=219001234)
    linked.take_changed()
    second_transmitter = int(with_segment(np.array([SHIP_A]), 1)[0])
    linked.add_port_calls([call(second_transmitter, "BRSSZ", BEFORE)])
    assert linked.take_changed() == {SHIP_A}
    assert linked.take_changed() == set()


def test_what_bound_two_craft_long_ago_is_forgotten_though_something_newer_is_kept() -> None:
    linked = linker(mmsi=219001234)
    old = told("identity_transfer", SHIP_B, SHIP_A)
    new = told("duplicate_identity", SHIP_A, int(SHIP_B) + 8, start="2026-06-15T00:00Z", known="2026-06-15T01:00Z")
    linked.hand_over([old, new])
    kept_us = int(linked.config.keep_calls_d * US_PER_DAY)
    linked.forget(old.known_us + kept_us)
    assert aboard(linked, SHIP_A, LATER) == [], "kept for as long as its calls"
    linked.forget(old.known_us + kept_us + 1)
    assert len(aboard(linked, SHIP_A, LATER)) == 1


def exchanged(crossed: bool | None, confidence: float = 0.95, **more: object) -> Event:
    event = told("identity_exchange", SHIP_A, SHIP_B, confidence=confidence, **more)
    return replace(event, evidence={"is_hull_crossed": crossed})


def test_after_an_exchange_each_has_what_papers_mean_by_the_other_as_surely_as_the_event_says() -> None:
    linked = linker(mmsi=219001234)
    alone = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.hand_over([exchanged(True, 0.4)])
    (kept,), (taken,) = aboard(linked, SHIP_A, LATER), aboard(linked, SHIP_B, LATER)
    assert kept.confidence == pytest.approx(0.6 * alone, rel=0.01)
    assert taken.confidence == pytest.approx(0.4 * alone, rel=0.01)
    assert craft_text(SHIP_B) in kept.reason and craft_text(SHIP_A) in taken.reason
    linked.hand_over([exchanged(True, 0.95, known="2026-04-15T06:00Z")])
    assert aboard(linked, SHIP_B, LATER)[0].confidence == pytest.approx(0.95 * alone, rel=0.01)
    assert aboard(linked, SHIP_A, LATER)[0].confidence < 0.1
    early = aboard(linked, SHIP_B, "2026-04-15T02:00Z")
    assert early[0].confidence == pytest.approx(0.4 * alone, rel=0.01), "what was known then"
    assert aboard(linked, SHIP_B, BEFORE) == []


def test_an_exchange_withdrawn_gives_the_cargo_back() -> None:
    linked = linker(mmsi=219001234)
    alone = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.hand_over([exchanged(True), exchanged(True, known="2026-04-15T06:00Z", state=EventState.RETRACTED)])
    assert aboard(linked, SHIP_A, LATER)[0].confidence == alone
    assert aboard(linked, SHIP_B, LATER) == []


def test_where_names_only_are_exchanged_the_cargo_stays_with_the_hull_that_had_the_name() -> None:
    linked = linker(name="SEA STAR")
    linked.observe(static(SHIP_A, BEFORE, name="SEA STAR"))
    alone = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.observe(static(SHIP_B, KNOWN, name="SEA STAR"))
    linked.hand_over([exchanged(False)])
    (kept,), (doubt,) = aboard(linked, SHIP_A, LATER), aboard(linked, SHIP_B, LATER)
    assert kept.confidence > 0.8 * alone
    assert doubt.confidence < 0.25 * alone


def test_where_names_are_exchanged_side_by_side_both_may_have_it() -> None:
    linked = linker(name="SEA STAR")
    linked.observe(static(SHIP_A, BEFORE, name="SEA STAR"))
    alone = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.hand_over([exchanged(None, 0.9)])
    for craft in (SHIP_A, SHIP_B):
        assert aboard(linked, craft, LATER)[0].confidence == pytest.approx(0.5 * alone, rel=0.15)


def test_an_exchange_outlives_a_snapshot() -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([exchanged(True, 0.4), exchanged(True, 0.95, known="2026-04-15T06:00Z")])
    again = linker(mmsi=219001234)
    again.restore(linked.snapshot())
    for when in ("2026-04-15T02:00Z", LATER):
        assert aboard(again, SHIP_B, when) == aboard(linked, SHIP_B, when)


def test_of_two_that_exchanged_and_fit_unequally_the_surer_match_is_held_against_rivals() -> None:
    linked = linker(imo=IMO, name="SEA STAR")
    linked.observe(StaticBatch.concat([
        static(SHIP_A, BEFORE, name="SEA STAR", imo=IMO), static(SHIP_B, BEFORE, name="SEA STAR"),
    ]))  # fmt: skip
    alone = aboard(linked, SHIP_A, BEFORE)[0].confidence
    assert aboard(linked, SHIP_B, BEFORE) == [], "a name alone counts for nothing beside the number"
    linked.hand_over([exchanged(True, 0.9)])
    (taken,) = aboard(linked, SHIP_B, LATER)
    assert taken.confidence == pytest.approx(0.9 * alone, rel=0.01)
    assert craft_text(SHIP_A) in taken.reason


def test_what_a_forgotten_craft_took_over_is_with_the_other_again() -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A)])
    assert aboard(linked, SHIP_A, LATER) == []
    linked.forget_craft(np.array([SHIP_B]))
    assert len(aboard(linked, SHIP_A, LATER)) == 1, "nobody is known who has it now"
    assert aboard(linked, SHIP_B, LATER) == []


def test_bonds_between_other_craft_outlive_a_forgotten_one() -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A)])
    linked.forget_craft(np.array([int(SHIP_B) + 8]))
    assert len(aboard(linked, SHIP_B, LATER)) == 1
    assert aboard(linked, SHIP_A, LATER) == []


@pytest.mark.parametrize("is_forgotten", [False, True], ids=["as heard", "entered anew for another that was forgotten"])
def test_craft_that_fit_alike_are_counted_once_each(is_forgotten: bool) -> None:
    linked = linker(name="SEA STAR")
    for craft in (SHIP_A, SHIP_B):
        linked.observe(static(craft, BEFORE, name="SEA STAR"))
    if is_forgotten:
        linked.forget_craft(np.array([int(SHIP_B) + 8]))
    links = [aboard(linked, craft, LATER)[0] for craft in (SHIP_A, SHIP_B)]
    assert all("one of 2 craft that fit" in link.reason for link in links)
    assert links[0].confidence == links[1].confidence
    linked.forget_craft(np.array([SHIP_B]))
    (alone,) = aboard(linked, SHIP_A, LATER)
    assert "craft that fit" not in alone.reason
    assert alone.confidence == pytest.approx(2 * links[0].confidence)
    assert aboard(linked, SHIP_B, LATER) == []


def test_of_two_that_exchanged_neither_counts_beside_a_third_that_fits_better_than_both() -> None:
    third = int(SHIP_B) + 8
    for who_fits, is_aboard in ((third, False), (SHIP_B, True)):
        linked = linker(imo=IMO, name="SEA STAR")
        for craft in (SHIP_A, SHIP_B, third):
            imo = IMO if craft == who_fits else -1
            linked.observe(static(craft, BEFORE, name="SEA STAR", imo=imo))
        linked.hand_over([exchanged(True, 0.9)])
        assert bool(aboard(linked, SHIP_A, LATER)) == is_aboard
        assert bool(aboard(linked, third, LATER)) == (who_fits == third)


def test_who_alone_was_seen_loading_has_the_goods_and_the_other_a_fifth_of_the_doubt() -> None:
    linked = linker(name="SEA STAR")
    for craft in (SHIP_A, SHIP_B):
        linked.observe(static(craft, "2026-04-08", name="SEA STAR"))
    shared = aboard(linked, SHIP_A, LATER)[0].confidence
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09", "2026-04-10T07:00Z")])
    (has,), (unseen,) = aboard(linked, SHIP_A, LATER), aboard(linked, SHIP_B, LATER)
    assert (str(has.status), str(unseen.status)) == ("loaded", "possible")
    assert "seen at BRSSZ alone of 2 craft that fit" in has.reason
    assert f"as {craft_text(SHIP_A)}, which was seen at BRSSZ" in unseen.reason
    assert unseen.standing.among == (SHIP_B, SHIP_A)
    assert has.confidence == pytest.approx(2 * shared / 0.9)
    assert unseen.confidence == pytest.approx(has.confidence * 0.9 * 0.2)
    linked.add_port_calls([call(SHIP_B, "BRSSZ", "2026-04-09", "2026-04-10T07:00Z")])
    assert [str(aboard(linked, craft, LATER)[0].status) for craft in (SHIP_A, SHIP_B)] == 2 * ["possible"]


def test_a_chain_of_identities_is_followed_through_two_changes_an_instant_apart() -> None:
    third = int(SHIP_B) + 8
    linked = linker(mmsi=219001234)
    sure = aboard(linked, SHIP_A, BEFORE)[0].confidence
    linked.hand_over([
        told("identity_transfer", SHIP_B, SHIP_A, HOP, KNOWN, confidence=0.9),
        replace(told("identity_transfer", third, SHIP_B, HOP, KNOWN, confidence=0.8), start_us=Micros(p.us(HOP) + 1)),
    ])  # fmt: skip
    (link,) = aboard(linked, third, LATER)
    assert link.confidence == pytest.approx(0.9 * 0.8 * sure, rel=0.01)
    assert f"of {craft_text(SHIP_A)}, whose identity it took over" in link.reason
    assert aboard(linked, SHIP_A, LATER) == aboard(linked, SHIP_B, LATER) == []
    assert aboard(linked, third, BEFORE) == []


@pytest.mark.parametrize(("confidence", "is_aboard"), [(0.1, True), (0.09, False)])
def test_who_took_over_an_identity_hardly_surely_has_nothing_of_it(confidence: float, is_aboard: bool) -> None:
    linked = linker(mmsi=219001234)
    linked.hand_over([told("identity_transfer", SHIP_B, SHIP_A, confidence=confidence)])
    assert bool(aboard(linked, SHIP_B, LATER)) == is_aboard
