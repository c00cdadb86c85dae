"""Papers that come late: whoever has them late answers, for every later instant, as one that had them from the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracker.alerts.story import PLANE, SHIP_A, SHIP_B, call, static
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.box_events import BoxEvent, BoxEventKind, Classifier
from tracker.cargo.following import KEPT_OF_ALL
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Link
from tracker.cargo.manifest import Manifest
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.itinerary import Conveyance, Mode

BEGIN_US, END_US = p.us("2026-04-08"), p.us("2026-05-02")
CRAFT = [SHIP_A, SHIP_B, PLANE, PLANE + 1]
BY_MMSI = Conveyance(Mode.SEA, mmsi=219001234)
C2 = p.consignment("C2", "MAPTM")
PAPERS = [
    p.manifest(p.FULL, C2),
    p.manifest(p.FULL, manifest_id="M3", conveyance=Conveyance(Mode.SEA, name="SEA STAR")),
    p.manifest(C2, manifest_id="M4", conveyance=BY_MMSI, calls=()),
    p.manifest(C2, manifest_id="M5", conveyance=Conveyance(Mode.SEA, name="M/V Ocean Joy", call_sign="OXYZ2")),
    p.AIR,
    replace(p.AIR, manifest_id="M6", conveyance=Conveyance(Mode.AIR, flight="AF 77")),
]
SAYS = [
    ("SEA STAR", "OXYZ2", 9074729),
    ("SEA STAR", "", -1),
    ("OCEAN JOY", "", -1),
    ("", "OXYZ2", -1),
    ("OTHER", "X", 9074729),
]
Step = tuple[int, Callable[[CargoLinker], object]]


def _said(time_us: int, craft: int, name: str, sign: str, imo: int) -> StaticBatch:
    return StaticBatch.from_columns(
        1, time_us=time_us, craft=craft, name=np.bytes_(name), call_sign=np.bytes_(sign), imo=imo
    )


def _way(craft: int, begin_us: int, lat_deg: float, lon_deg: float, speed_kn: float) -> list[Step]:
    """Ten hours of a craft at a place, a position an hour."""
    steps: list[Step] = []
    for hour in range(10):
        row = PositionBatch.of(
            np.array([begin_us + hour * US_PER_H]), np.array([craft]), np.array([lat_deg]), np.array([lon_deg]), speed_kn=np.array([speed_kn])
        )  # fmt: skip
        steps.append((int(row.time_us[0]), lambda linked, row=row: linked.follow(row)))  # type: ignore[misc]
    return steps


@st.composite
def _stories(draw: st.DrawFn) -> list[Step]:
    """What was heard of four craft, in the order of time."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(0, KEPT_OF_ALL))):
        steps += _way(
            draw(st.sampled_from(CRAFT)), BEGIN_US + draw(st.integers(0, 23 * 24)) * US_PER_H,
            *draw(st.sampled_from([(-24.1, -46.3, 0.2), (35.88, -5.5, 0.0), (51.95, 4.1, 0.3), (10.0, -30.0, 12.0)])),
        )  # fmt: skip
    for _ in range(draw(st.integers(1, 10))):
        hour = draw(st.integers(0, 23 * 24))
        time_us = BEGIN_US + hour * US_PER_H
        craft = draw(st.sampled_from(CRAFT))
        if craft >= PLANE:
            # one aircraft an hour says one flight number: who says it at the same time as another is another story
            sign = draw(st.sampled_from(["AFR77", "AFR78", "KLM1"])) if craft == PLANE else "AFR0077"
            batch = _said(time_us + (craft - PLANE) * US_PER_H // 2, craft, "", sign, -1)
            steps.append((int(batch.time_us[0]), lambda linked, batch=batch: linked.observe(batch)))  # type: ignore[misc]
        elif draw(st.booleans()):
            batch = _said(time_us, craft, *draw(st.sampled_from(SAYS)))
            steps.append((time_us, lambda linked, batch=batch: linked.observe(batch)))  # type: ignore[misc]
        else:
            seen = replace(
                call(craft, draw(st.sampled_from(["BRSSZ", "MAPTM", "NLRTM", "BEANR"])), "2026-04-10"),
                arrive_us=time_us,
            )
            left = replace(seen, depart_us=time_us + draw(st.integers(1, 30)) * US_PER_H)
            steps += [(one.known_us, lambda linked, one=one: linked.add_port_calls([one])) for one in (seen, left)]  # type: ignore[misc]
    return sorted(steps, key=lambda step: step[0])


def _told(linked: CargoLinker, at_us: int, known_us: int) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for craft in CRAFT:
        links: Sequence[Link] = linked.aboard(craft, at_us, known_us) + linked.all_links(known_us, [craft])
        found += [
            (craft, link.manifest.manifest_id, link.manifest.version, link.consignment.consignment_id, link.status, link.reason, link.confidence,
             link.from_us, link.until_us)
            for link in links
        ]  # fmt: skip
        itinerary = linked.itinerary(craft, at_us, known_us)
        found.append((craft, itinerary and itinerary.itinerary_id))
    return found


@settings(max_examples=25, deadline=None)
@given(
    _stories(),
    st.lists(st.sampled_from(PAPERS), unique_by=lambda one: one.manifest_id),
    st.integers(0, 24),
    st.booleans(),
)
def test_late_papers_find_what_was_heard_before(
    story: list[Step], papers: list[Manifest], after_d: int, is_restored: bool
) -> None:
    known_us = BEGIN_US + after_d * US_PER_DAY
    ahead, late = CargoLinker(CargoBook(tuple(papers)), p.locate), CargoLinker(CargoBook(()), p.locate)
    for time_us, step in story:
        step(ahead)
        if time_us <= known_us:
            step(late)
    before = [_told(late, at_us, at_us) for at_us in range(BEGIN_US, known_us + 1, US_PER_DAY)]
    if is_restored:
        again = CargoLinker(CargoBook(()), p.locate)
        again.restore(late.snapshot())
        late = again
    for paper in papers:
        late.take([paper], known_us)
    for time_us, step in story:
        if time_us > known_us:
            step(late)
    for at_us in range(known_us, END_US, 6 * US_PER_H):
        assert _told(late, at_us, at_us) == _told(ahead, at_us, at_us)
        assert _told(late, BEGIN_US + US_PER_DAY, at_us) == _told(ahead, BEGIN_US + US_PER_DAY, at_us)
    # what is asked as known before they came is answered as it was
    assert [_told(late, at_us, at_us) for at_us in range(BEGIN_US, known_us, US_PER_DAY)] == before[:after_d]


def test_a_new_version_replaces_the_older_and_both_are_answered_as_known() -> None:
    linked = CargoLinker(CargoBook((p.manifest(p.FULL, conveyance=BY_MMSI),)), p.locate)
    amended_us = p.us("2026-04-16")
    crafts = linked.take(
        [p.manifest(C2, p.consignment("C3"), version=2, conveyance=replace(BY_MMSI, mmsi=538000001))], amended_us
    )
    assert crafts == {SHIP_A, SHIP_B}, "who had the goods, and who has them now"
    at_us = p.us("2026-04-15")

    def names(craft: int, known_us: int) -> list[str]:
        return [link.consignment.consignment_id for link in linked.aboard(craft, at_us, known_us)]

    assert (names(SHIP_A, at_us), names(SHIP_B, at_us)) == (["C1"], [])
    assert (names(SHIP_A, amended_us), names(SHIP_B, amended_us)) == ([], ["C3"])
    assert linked.take([p.manifest(p.FULL, conveyance=BY_MMSI)], amended_us + 1) == {SHIP_A, SHIP_B}
    assert names(SHIP_A, amended_us + 1) == [], "an older version replaces nothing"


def test_restored_papers_are_as_known_as_they_were_and_new_ones_come_late() -> None:
    first, second = p.manifest(p.FULL), p.manifest(p.FULL, C2, version=2)
    linked = CargoLinker(CargoBook((first,)), p.locate)
    linked.observe(static(SHIP_A, "2026-04-09", name="SEA STAR", call_sign="OXYZ2", imo=9074729))
    linked.observe(static(SHIP_B, "2026-04-09", name="OCEAN JOY"))
    linked.take([second], p.us("2026-04-12"))
    more = p.manifest(C2, manifest_id="M5", conveyance=Conveyance(Mode.SEA, name="OCEAN JOY"))
    again = CargoLinker(CargoBook((more,)), p.locate)
    again.restore(linked.snapshot(), [first, second])
    for at_us in range(BEGIN_US, END_US, US_PER_DAY):
        mine = [row for row in _told(again, at_us, at_us) if row[0] == SHIP_A]
        assert mine == [row for row in _told(linked, at_us, at_us) if row[0] == SHIP_A]
    assert again.crafts_meant(["M5"]) == {SHIP_B}, "whose name was heard before these papers were known"
    assert again.papers == [second, more]


def test_papers_that_are_over_are_forgotten_and_their_craft_with_them() -> None:
    linked = CargoLinker(CargoBook(()), p.locate)
    for n in range(30):
        linked.take(
            [p.manifest(p.FULL, manifest_id=f"M{n}", conveyance=Conveyance(Mode.SEA, mmsi=219000000 + n))], BEGIN_US + n
        )
    linked.take([p.manifest(C2, manifest_id="undated", conveyance=BY_MMSI, calls=())], BEGIN_US)
    linked.forget(p.us("2026-05-26"))
    assert len(linked.papers) == 31
    linked.forget(p.us("2026-11-26"))
    assert [paper.manifest_id for paper in linked.papers] == ["undated"]


def test_statements_are_kept_within_bounds() -> None:
    linked = CargoLinker(CargoBook(()), p.locate)
    times = np.arange(BEGIN_US, BEGIN_US + 2_000 * US_PER_H, US_PER_H)
    names = np.array([f"SHIP {n}" for n in range(len(times))], dtype="S20")
    for begin, end in pairwise(range(0, 2_001, 100)):
        craft = np.full(end - begin, SHIP_B)
        linked.observe(
            StaticBatch.from_columns(end - begin, time_us=times[begin:end], craft=craft, name=names[begin:end])
        )
    linked.observe(static(SHIP_A, "2026-04-09", name="SEA STAR"))
    assert linked.take([p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="SHIP 7"))], END_US) == set()
    assert linked.take(
        [p.manifest(p.FULL, manifest_id="M9", conveyance=Conveyance(Mode.SEA, name="SHIP 1999"))], END_US
    ) == {SHIP_B}
    assert linked.take(
        [p.manifest(p.FULL, manifest_id="M8", conveyance=Conveyance(Mode.SEA, name="SEA STAR"))], END_US
    ) == {SHIP_A}


def _loaded(at_us: int) -> BoxEvent:
    return BoxEvent(
        BoxEventKind.LOADED, Classifier.ACTUAL, p.BOX.equipment_id, "E1", location="BRSSZ", from_us=at_us, time_us=at_us,
        conveyance=BY_MMSI,
    )  # fmt: skip


@pytest.mark.parametrize("amended", [False, True])
def test_the_first_that_becomes_known_of_a_box_is_to_be_judged_again_whoever_was_asked_about(amended: bool) -> None:
    """After a restart nobody has been asked about, and its alerts stand all the same."""
    boxed = p.consignment("C1", equipment=(replace(p.BOX, equipment_id="TEMU0000001"), p.BOX))
    linked = CargoLinker(
        CargoBook((p.manifest(p.consignment("C1") if amended else boxed, conveyance=BY_MMSI),)), p.locate
    )
    if amended:
        linked.take([p.manifest(boxed, conveyance=BY_MMSI, version=2)], p.us("2026-04-09"))
    other = replace(_loaded(p.us("2026-04-10")), equipment_id="CSQU3054383", event_id="E0")
    assert linked.take_boxes([other], p.us("2026-04-11")) == set(), "a box that no papers name"
    assert linked.take_boxes([_loaded(p.us("2026-04-10T02:00Z"))], p.us("2026-04-12")) == {SHIP_A}
    assert linked.take_boxes([], p.us("2026-04-12")) == set()


def test_what_becomes_of_boxes_later_is_to_be_judged_again() -> None:
    boxed = p.consignment("C1", equipment=(p.BOX,))
    linked = CargoLinker(CargoBook((p.manifest(boxed, conveyance=BY_MMSI),)), p.locate)
    at_us = p.us("2026-04-10T02:00Z")
    linked.take_boxes([replace(_loaded(at_us), equipment_id="TEMU0000001", event_id="E0")], at_us)
    assert [str(link.status) for link in linked.aboard(SHIP_A, p.us("2026-04-12"))] == ["loaded"]
    linked.take_changed()
    loaded = _loaded(at_us)
    assert linked.take_boxes([loaded], p.us("2026-04-12")) == {SHIP_A}
    assert linked.take_changed() == {SHIP_A}
    assert linked.take_changed() == set()
    assert linked.take_boxes([replace(loaded, equipment_id="CSQU3054383", event_id="E2")], p.us("2026-04-12")) == set()
    assert linked.take_changed() == set(), "a box that no papers name"


def test_what_papers_named_is_forgotten_with_their_last_version_and_not_before() -> None:
    through = p.consignment("C1", master_document_number="MAEU 77", flags=(p.COCAINE,))
    linked = CargoLinker(CargoBook((p.manifest(through, conveyance=BY_MMSI),)), p.locate)
    amended_us = p.us("2026-04-12")
    linked.take([p.manifest(through, version=2, conveyance=BY_MMSI)], amended_us)
    keep_us = int((linked.config.keep_calls_d + linked.config.overdue_sea_d) * US_PER_DAY)
    linked.forget(amended_us + keep_us + US_PER_DAY)
    assert len(linked._versions.all()) == 1, "the version that was replaced"
    assert linked.papers == [p.manifest(through, version=2, conveyance=BY_MMSI)]
    assert linked._chains.marks, "its goods may go on with another craft"
    linked.forget(p.us("2026-04-26T10:00Z") + keep_us)
    assert len(linked.papers) == 1, "over at that very instant"
    linked.forget(p.us("2026-04-26T10:00Z") + keep_us + 1)
    assert linked.papers == []
    assert not linked._chains.marks
    assert not linked._join._papers
    linked.take([p.manifest(through, conveyance=BY_MMSI)], p.us("2027-01-01"))
    assert len(linked.papers) == 1, "they may come again"


def test_papers_that_say_something_else_are_handed_out_once() -> None:
    first = p.manifest(p.FULL, conveyance=BY_MMSI)
    linked = CargoLinker(CargoBook((first,)), p.locate)
    assert linked.take_joined() == [first]
    assert linked.take_joined() == []
    assert linked.newer([first]) == []
    second = replace(first, version=2)
    assert linked.newer([first, second]) == [second]
    linked.take([first, second], BEGIN_US)
    assert linked.take_joined() == [second]
    assert [one.itinerary_id for one in linked.itineraries()] == ["M1"]
    assert linked.papers_of(BY_MMSI, BEGIN_US) == ["M1"]
    assert linked.named() == linked.meant() == {SHIP_A}
