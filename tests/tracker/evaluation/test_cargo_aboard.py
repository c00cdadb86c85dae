"""What alerts say is aboard, held against what is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tracker.evaluation.cargo_aboard import CargoScore, add_up_cargo, score_cargo
from tracker.simulate.aboard import Aboard
from tracker.units import US_PER_H, iso_time

SHIP, OTHER = "mmsi:219000001", "mmsi:219000002"
SAILING = Aboard(SHIP, False, "S1", "1", 0, 5 * US_PER_H, 20 * US_PER_H, 30 * US_PER_H, ("no_imo",))
RETURN = Aboard(
    SHIP, False, "S1", "2", 20 * US_PER_H, 30 * US_PER_H, 50 * US_PER_H, 60 * US_PER_H, ("no_imo", "misspelt")
)
TRUTH = [SAILING, RETURN]


def alert(
    start_h: float, end_h: float, *stated: str, craft: str = SHIP, name: str = "A", type_: str = "updated"
) -> dict[str, Any]:
    event = {
        "kind": "dark_period", "detail": "", "craft": craft, "other_craft": None, "start": iso_time(int(start_h * US_PER_H)),
        "end": iso_time(int(end_h * US_PER_H)), "evidence": {"known": iso_time(int(end_h * US_PER_H))},
    }  # fmt: skip
    listed = [{"manifest_id": "S1", "consignment_id": one, "craft": craft} for one in stated]
    data = {"alert_id": name, "event": event, "consignments": listed, "consignments_aboard": len(listed)}
    return {"type": f"tidewaiter.alert.{type_}", "data": data}


def figures(*alerts: dict[str, Any], truth: list[Aboard] = TRUTH) -> dict[str, tuple[int, int, int, int]]:
    return {one.difficulty: (one.alerts, one.right, one.stated, one.wrong) for one in score_cargo(truth, alerts).scores}


def test_all_that_is_aboard_and_nothing_else_is_right() -> None:
    assert figures(alert(8, 10, "1")) == {"all": (1, 1, 1, 0), "no_imo": (1, 1, 1, 0)}


def test_what_is_missing_makes_an_alert_wrong_but_nothing_stated_wrongly() -> None:
    assert figures(alert(8, 10))["all"] == (1, 0, 0, 0)


def test_what_is_not_yet_or_no_more_aboard_or_on_another_craft_is_stated_wrongly() -> None:
    assert figures(alert(8, 10, "1", "2"))["all"] == (1, 0, 2, 1)
    assert figures(alert(35, 40, "1", "2"))["all"] == (1, 0, 2, 1)
    assert figures(alert(35, 40, "1", craft=OTHER))["all"] == (0, 0, 1, 1)
    assert figures(alert(8, 10, "9"))["unknown"] == (0, 0, 1, 1)


def test_a_hull_that_goes_on_under_another_number_keeps_its_goods() -> None:
    hop = [replace(SAILING, later=((9 * US_PER_H, OTHER),))]
    assert figures(alert(10, 12, "1", craft=OTHER), truth=hop)["all"] == (1, 1, 1, 0)
    assert figures(alert(10, 12, craft=OTHER), truth=hop)["all"] == (1, 0, 0, 0)
    assert figures(alert(6, 8, "1"), truth=hop)["all"] == (1, 1, 1, 0)
    assert figures(alert(6, 8, "1", craft=OTHER), truth=hop)["all"] == (0, 0, 1, 1)
    assert figures(alert(10, 12, "1"), truth=hop)["all"] == (0, 0, 1, 1)
    assert figures(alert(8, 10, "1"), truth=hop)["all"] == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("confidences", "figure"), [((0.45, 0.45), (1, 1, 1, 0)), ((0.9, 0.9), (1, 0, 1, 1)), ((0.9,), (1, 0, 1, 1))]
)
def test_one_or_the_other_is_right_where_it_is_one_of_them_and_both_are_not(
    confidences: tuple[float, ...], figure: tuple[int, int, int, int]
) -> None:
    told = alert(8, 10)
    told["data"]["event"]["other_craft"] = OTHER
    told["data"]["consignments"] = [
        {"manifest_id": "S1", "consignment_id": "1", "craft": craft, "link": {"confidence": confidence}}
        for craft, confidence in zip((OTHER, SHIP), confidences, strict=False)
    ]
    assert figures(told)["all"] == figure


def test_in_port_goods_may_be_told_or_not() -> None:
    assert figures(alert(21, 22, "1")) == {"all": (0, 0, 1, 0), "no_imo": (0, 0, 1, 0)}
    assert figures(alert(21, 22, "1", "2"))["all"] == (0, 0, 2, 0)


def test_a_craft_that_was_in_the_event_for_some_of_its_time_has_what_was_aboard_then() -> None:
    told = alert(8, 45, "1")
    told["data"]["event"]["evidence"]["stays"] = [
        {"craft": SHIP, "since": iso_time(8 * US_PER_H), "until": iso_time(10 * US_PER_H)}
    ]
    assert figures(told)["all"] == (1, 1, 1, 0)
    told["data"]["consignments"][0]["consignment_id"] = "2"
    assert figures(told)["all"] == (1, 0, 1, 1)


def test_each_difficulty_of_its_cargo_counts_an_alert() -> None:
    assert figures(alert(35, 40, "2")) == {"all": (1, 1, 1, 0), "misspelt": (1, 1, 1, 0), "no_imo": (1, 1, 1, 0)}


def test_the_last_revision_counts_and_a_withdrawn_alert_does_not() -> None:
    assert figures(alert(8, 10), alert(8, 10, "1"))["all"] == (1, 1, 1, 0)
    assert figures(alert(8, 10, "1"), alert(8, 10, "1", type_="retracted")) == {}


def test_scenarios_add_up_with_all_of_them_first() -> None:
    one = score_cargo(TRUTH, [alert(8, 10, "1")])
    assert add_up_cargo([one, one]) == (CargoScore("all", 2, 2, 2, 0), CargoScore("no_imo", 2, 2, 2, 0))
    assert CargoScore("all", 4, 3, 8, 2).right_frac == 0.75
    assert CargoScore("all", 4, 3, 8, 2).wrong_frac == 0.25
