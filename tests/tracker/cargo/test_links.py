"""Standings of goods and craft: which of several is kept, what counts once, and what is settled where all who may have the goods had part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tracker.alerts.story import PLANE, SHIP_A, SHIP_B
from tests.tracker.cargo import papers as p
from tracker.cargo.consignment import Consignment, Flag
from tracker.cargo.links import Cargo, Leg, LegFlags, Standing, link_table
from tracker.cargo.loading import Declared, Status
from tracker.units import US_PER_DAY

DECLARED = Declared(p.location("BRSSZ"), p.location("NLRTM"), None, None, None)
GRAVE = p.consignment("G1", flags=(Flag("drugs", 0.9),))
LIGHT = p.consignment("L1", flags=(Flag("late", 0.2),))
PLAIN = p.consignment("P1")


def leg(*items: Consignment, name: str = "M1") -> Leg:
    return Leg(p.manifest(*items, manifest_id=name), DECLARED, items)


LEG = leg(PLAIN)


def standing(
    status: Status = Status.LOADED,
    confidence: float = 0.9,
    craft: int = SHIP_A,
    of: Leg = LEG,
    *,
    from_us: int = 100,
    among: tuple[int, ...] = (),
    flags: LegFlags | None = None,
) -> Standing:
    return Standing(craft, of, status, "", confidence, from_us, None, flags=flags or LegFlags(), among=among)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_several_standings_the_loaded_one_is_kept_and_of_these_the_surest(turn: int) -> None:
    loaded, surer = standing(confidence=0.2), standing(confidence=0.3)
    possible = standing(Status.POSSIBLE, 0.95)
    assert Cargo([loaded, possible, surer][::turn]).standings == [surer]
    assert Cargo([possible, loaded][::turn]).standings == [loaded]


def test_of_two_alike_the_first_is_kept() -> None:
    first, second = standing(from_us=1), standing(from_us=2)
    assert Cargo([first, second]).standings[0] is first


def test_goods_that_either_of_two_may_have_are_listed_for_both_and_counted_once() -> None:
    both = Cargo([standing(craft=SHIP_A), standing(craft=SHIP_B), standing(of=leg(GRAVE, LIGHT, name="M2"))])
    assert (len(both), both.consignments) == (4, 3)
    assert [link.consignment.consignment_id for link in both.first(2)] == ["G1", "L1"]
    assert len(both.ways) == 3


@pytest.mark.parametrize(
    ("part", "among", "from_us", "is_settled"),
    [
        ({SHIP_A, SHIP_B}, (SHIP_A, SHIP_B), 1, True),
        ({SHIP_A, SHIP_B, PLANE}, (SHIP_A, SHIP_B), 100, True),
        ({SHIP_A}, (SHIP_A, SHIP_B), 100, False),
        ({SHIP_A, SHIP_B}, (SHIP_A, SHIP_B), 0, False),
        ({SHIP_A, SHIP_B}, (SHIP_A,), 100, False),
        ({SHIP_A, SHIP_B}, (), 100, False),
    ],
    ids=["both", "and a third", "one", "nobody knows since when", "it alone may have them", "nobody among whom"],
)
def test_goods_of_one_of_several_are_aboard_where_all_of_these_had_part(
    part: set[int], among: tuple[int, ...], from_us: int, is_settled: bool
) -> None:
    possible = standing(Status.POSSIBLE, among=among, from_us=from_us)
    (told,) = Cargo([possible]).settled(part).standings
    assert told.status is (Status.LOADED if is_settled else Status.POSSIBLE)
    assert replace(told, status=Status.POSSIBLE) == possible


def test_where_one_of_them_alone_has_the_goods_nothing_is_settled() -> None:
    both = (SHIP_A, SHIP_B)
    possible, loaded = standing(Status.POSSIBLE, craft=SHIP_B, among=both), standing(craft=SHIP_A)
    told = Cargo([possible, loaded]).settled(set(both))
    assert {one.craft: one.status for one in told.standings} == {SHIP_A: Status.LOADED, SHIP_B: Status.POSSIBLE}
    elsewhere = Cargo([possible, standing(craft=PLANE)]).settled(set(both))
    assert {one.craft: one.status for one in elsewhere.standings} == {PLANE: Status.LOADED, SHIP_B: Status.LOADED}, (
        "who had no part in it decides nothing"
    )


def test_flagged_goods_come_first_gravest_first_with_the_flags_of_the_instant() -> None:
    now = replace(PLAIN, flags=(Flag("new", 0.5),))
    flags = LegFlags.of({"P1": now, "L1": replace(LIGHT, flags=())}, [now, GRAVE])
    assert [item.consignment_id for item in flags.flagged] == ["G1", "P1"]
    mixed = Cargo([standing(of=leg(GRAVE, LIGHT, PLAIN), flags=flags)])
    assert [(link.consignment.consignment_id, link.consignment.severity) for link in mixed] == [
        ("G1", 0.9), ("P1", 0.5), ("L1", 0.0),
    ]  # fmt: skip
    assert [link.consignment.consignment_id for link in mixed.flagged_ways] == ["G1"]
    alike = LegFlags.of({}, [replace(GRAVE, consignment_id="G2"), GRAVE])
    assert [item.consignment_id for item in alike.flagged] == ["G1", "G2"]


def test_the_flags_of_a_part_of_a_leg_are_those_of_its_goods() -> None:
    flags = LegFlags.of({"L1": LIGHT}, [GRAVE, LIGHT])
    assert flags.only([LIGHT]) == LegFlags({"L1": LIGHT}, (LIGHT,))
    assert flags.only([PLAIN]) == LegFlags({}, ())
    assert LegFlags({"L1": LIGHT}).only([PLAIN]) == LegFlags()
    assert LegFlags({}, (GRAVE,)).only([PLAIN]) == LegFlags()
    nothing = LegFlags()
    assert nothing.only([PLAIN]) is nothing


def test_a_table_of_links_has_no_time_where_nobody_knows_one() -> None:
    known_us = 20_000 * US_PER_DAY
    open_end, whole = standing(from_us=0), replace(standing(), from_us=US_PER_DAY, until_us=2 * US_PER_DAY)
    rows = link_table([*Cargo([open_end]), *Cargo([whole])], known_us).to_pylist()
    assert [(row["from_time"] is None, row["until_time"] is None) for row in rows] == [(True, True), (False, False)]
    assert [row["until_time"] - row["from_time"] for row in rows[1:]] == [rows[1]["until_time"] - rows[1]["from_time"]]
    assert {row["known_time"].timestamp() for row in rows} == {known_us / 1e6}
    assert link_table([], known_us).num_rows == 0
