"""Papers against radio: what is told, what is withdrawn, and what it leaves of the link."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, call, static
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.contradictions import Contradictions, Disputed, Told
from tracker.cargo.link import CargoLinker
from tracker.detectors.integrity.contradicted import Contradicted
from tracker.detectors.integrity.finding import nowhere
from tracker.events import EventState
from tracker.positions import PositionBatch
from tracker.voyages.itinerary import Conveyance, Mode

OURS, THEIRS = 9074729, 9178393
NINETH, TENTH, AT_SEA = "2026-04-09T02:00Z", "2026-04-10T07:00Z", "2026-04-15"


def linker(**named: object) -> CargoLinker:
    conveyance = Conveyance(Mode.SEA, **named)
    return CargoLinker(CargoBook((p.manifest(p.FULL, conveyance=conveyance),)), p.PLACES.get)


def heard(linked: CargoLinker, at: str, *crafts: int) -> list[Told]:
    """Every craft gives a position."""
    some = crafts or (SHIP_A, SHIP_B)
    time_us, here = np.full(len(some), p.us(at)), np.zeros(len(some))
    linked.follow(PositionBatch.of(time_us, np.array(some), here, here - 30.0, speed_kn=here + 14.0, nav_status=here))
    return linked.take_told()


def whats(told: list[Told]) -> list[tuple[int, str]]:
    return [(one.craft, one.now.what) for one in told]


def status(linked: CargoLinker, craft: int) -> list[str]:
    return [str(link.status) for link in linked.aboard(craft, p.us(AT_SEA))]


@pytest.mark.parametrize("first", [SHIP_A, SHIP_B])
def test_the_number_of_one_ship_and_the_name_of_another_are_told_and_share_the_doubt(first: int) -> None:
    linked = linker(imo=OURS, name="GREY HERON")
    said = {SHIP_A: ("KESTREL", OURS), SHIP_B: ("GREY HERON", THEIRS)}
    for craft in (first, SHIP_A + SHIP_B - first):
        linked.observe(static(craft, "2026-04-08", name=said[craft][0], imo=said[craft][1]))
    assert whats(heard(linked, "2026-04-08T01:00Z")) == [(SHIP_A, "name")]
    assert status(linked, SHIP_A) == status(linked, SHIP_B) == ["possible"]
    (link,) = linked.aboard(SHIP_B, p.us(AT_SEA))
    assert "name, but imo, another name of mmsi:219001234" in link.reason
    linked.add_port_calls([call(SHIP_B, "BRSSZ", NINETH, TENTH)])
    assert (status(linked, SHIP_A), status(linked, SHIP_B)) == (["possible"], ["loaded"]), "the call decides"


def test_a_ship_renamed_that_said_the_old_name_itself_is_no_contradiction() -> None:
    linked = linker(imo=OURS, name="GREY HERON")
    linked.observe(static(SHIP_A, "2026-04-01", name="GREY HERON"))
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", imo=OURS))
    assert heard(linked, "2026-04-08T01:00Z") == []
    assert status(linked, SHIP_A) == ["loaded"]


def test_a_name_nobody_says_is_information_and_withdrawn_once_the_ship_says_it() -> None:
    linked = linker(imo=OURS, name="GREY HERON")
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", imo=OURS))
    (told,) = heard(linked, "2026-04-08T01:00Z")
    event = Contradicted(nowhere).event(told, ["M1"])
    assert (told.now.what, event.confidence, event.state) == ("renamed", 0.2, EventState.CLOSED)
    assert status(linked, SHIP_A) == ["loaded"]
    assert heard(linked, "2026-04-08T02:00Z") == [], "once"
    linked.observe(static(SHIP_A, "2026-04-09", name="GREY HERON", imo=OURS))
    (back,) = heard(linked, "2026-04-09T01:00Z")
    again = Contradicted(nowhere).event(back, ["M1"])
    assert (again.event_id, again.revision, again.state) == (event.event_id, 2, EventState.RETRACTED)


@pytest.mark.parametrize("said", ["GREY HERN", "GREY HERON OF HULL", "HERON GREY"])
def test_a_variant_of_the_name_is_no_contradiction(said: str) -> None:
    linked = linker(imo=OURS, name="GREY HERON")
    linked.observe(static(SHIP_A, "2026-04-08", name=said, imo=OURS))
    assert heard(linked, "2026-04-08T01:00Z") == []


@pytest.mark.parametrize("on_papers", [9074728, 9074719])
def test_a_wrong_digit_of_the_number_is_told_and_the_name_holds(on_papers: int) -> None:
    linked = linker(imo=on_papers, name="GREY HERON")
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON", imo=OURS))
    (told,) = heard(linked, "2026-04-08T01:00Z")
    assert (told.now.what, told.now.said_imo) == ("digit", OURS)
    assert status(linked, SHIP_A) == ["loaded"]
    assert f"gives {OURS}: a digit on the papers is wrong." in Contradicted(nowhere).event(told, ["M1"]).explanation


def test_the_mmsi_on_papers_that_another_ship_uses_by_now_takes_no_cargo() -> None:
    linked = linker(imo=OURS, name="GREY HERON", mmsi=219001234)
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", imo=THEIRS))
    linked.observe(static(SHIP_B, "2026-04-08", name="GREY HERON", imo=OURS))
    assert whats(heard(linked, "2026-04-08T01:00Z")) == [(SHIP_A, "mmsi")]
    assert (status(linked, SHIP_A), status(linked, SHIP_B)) == ([], ["loaded"])


def test_papers_that_come_later_contradict_what_was_heard_before() -> None:
    linked = CargoLinker(CargoBook(()), p.PLACES.get)
    linked.observe(static(SHIP_B, "2026-04-08", name="GREY HERON", imo=THEIRS))
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", imo=OURS))
    assert heard(linked, "2026-04-11") == []
    papers = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, imo=OURS, name="GREY HERON"))
    assert {SHIP_A, SHIP_B} <= linked.take([papers], p.us("2026-04-12"))
    assert whats(heard(linked, "2026-04-12T01:00Z")) == [(SHIP_A, "name")]


@pytest.mark.parametrize("is_late", [False, True])
def test_who_says_the_name_and_later_the_number_of_the_papers_is_their_ship_and_nobody_contradicts_it(
    is_late: bool,
) -> None:
    papers = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, imo=OURS, name="GREY HERON", call_sign="OXYZ2"))
    linked = CargoLinker(CargoBook(() if is_late else (papers,)), p.PLACES.get)
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", call_sign="OXYZ2"))
    linked.observe(static(SHIP_B, "2026-04-08", name="GREY HERON"))
    assert whats(heard(linked, "2026-04-08T01:00Z")) == ([] if is_late else [(SHIP_A, "name")])
    linked.observe(static(SHIP_B, "2026-04-09", name="HERON", imo=OURS))
    linked.take([papers] if is_late else [], p.us("2026-04-10"))
    assert whats(heard(linked, "2026-04-10T01:00Z")) == ([] if is_late else [(SHIP_A, "")]), (
        "what was told is withdrawn"
    )
    assert (status(linked, SHIP_A), status(linked, SHIP_B)) == ([], ["loaded"])


def test_a_digit_that_is_wrong_stays_wrong_when_the_ship_gives_another_number_too() -> None:
    linked = linker(imo=9094729, name="GREY HERON", mmsi=219001234)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON", imo=OURS))
    linked.observe(static(SHIP_A, "2026-04-08T00:30Z", name="GREY HERON", imo=THEIRS))
    (told,) = heard(linked, "2026-04-08T01:00Z")
    assert (told.now.what, told.now.said_imo) == ("digit", OURS)


def test_it_is_told_at_the_first_position_after_it_however_the_rows_are_cut_and_after_a_restart() -> None:
    linked = linker(imo=OURS, name="GREY HERON")
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", imo=OURS))
    assert heard(linked, "2026-04-07T23:00Z") == []
    again = linker(imo=OURS, name="GREY HERON")
    again.restore(linked.snapshot())
    again.observe(static(SHIP_A, "2026-04-09", name="GREY HERON", imo=OURS))
    assert heard(again, "2026-04-10") == [], "by then it was none any more"


def test_ships_of_one_name_do_not_weigh_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[int] = []
    weigh = Contradictions._weigh

    def counted(self: Contradictions, time_us: int, craft: int, conveyance: Conveyance) -> list[Disputed]:
        weighed.append(craft)
        return weigh(self, time_us, craft, conveyance)

    monkeypatch.setattr(Contradictions, "_weigh", counted)
    linked = linker(imo=OURS, name="GREY HERON")
    for number in range(30):
        linked.observe(static(SHIP_A + number, f"2026-04-08T00:{number:02}Z", name="GREY HERON"))
    assert len(weighed) <= 2 * 30
    linked.observe(static(SHIP_A + 99, "2026-04-08T01:00Z", name="KESTREL", imo=OURS))
    assert whats(heard(linked, "2026-04-08T02:00Z", SHIP_A, SHIP_A + 99)) == [(SHIP_A + 99, "name")]


@pytest.mark.parametrize("how", ["restored", "another craft forgotten"])
def test_a_doubt_between_two_ships_outlives_a_restart_and_the_forgetting_of_others(how: str) -> None:
    linked = linker(imo=OURS, name="GREY HERON")
    linked.observe(static(SHIP_A, "2026-04-08", name="KESTREL", imo=OURS))
    linked.observe(static(SHIP_B, "2026-04-08", name="GREY HERON", imo=THEIRS))
    heard(linked, "2026-04-08T01:00Z")
    before = [linked.aboard(craft, p.us(AT_SEA)) for craft in (SHIP_A, SHIP_B)]
    if how == "restored":
        again = linker(imo=OURS, name="GREY HERON")
        again.restore(linked.snapshot())
    else:
        again = linked
        again.forget_craft(np.array([SHIP_B + 8]))
    assert [again.aboard(craft, p.us(AT_SEA)) for craft in (SHIP_A, SHIP_B)] == before
    assert all(links for links in before)
    assert again.crafts == [SHIP_A, SHIP_B]
