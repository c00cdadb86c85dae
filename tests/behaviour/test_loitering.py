"""Waiting at sea: a breakdown is told as what the ship says it is; an installation, its regulars and gear on drift are nobody's business."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.behaviour.told import Told


def test_a_ship_adrift_says_that_it_reports_itself_not_under_command(story: Callable[..., Told]) -> None:
    told = story("nuc_breakdown")
    (event,) = told.standing("loitering")
    assert "not under command" in event.explanation
    assert event.evidence["reports_not_under_command"] > 100
    assert len(told.alerted("loitering")) == 1
    assert told.standing("encounter") == []


def test_an_fpso_and_those_who_work_at_it_do_not_loiter(story: Callable[..., Told]) -> None:
    told = story("fpso_field")
    assert told.standing("loitering") == []
    assert told.alerted("loitering") == []


@pytest.mark.parametrize(("name", "loiterings"), [("gear_buoys", 0), ("tender", 1)])
def test_gear_adrift_is_nothing_and_a_yacht_adrift_is_recorded_only(
    story: Callable[..., Told], name: str, loiterings: int
) -> None:
    told = story(name)
    assert len(told.standing("loitering")) == loiterings
    assert told.alerted("loitering") == []
