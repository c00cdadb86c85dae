"""Meetings that last, and company that is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.behaviour.told import Told

Story = Callable[..., Told]


def test_tankers_at_reduced_power_are_a_meeting_with_the_draughts_of_both(story: Story) -> None:
    (meeting,) = story("sts_lowpower").standing("encounter")
    assert {meeting.craft, meeting.other_craft} == {"mmsi:256100001", "mmsi:538200002"}
    assert meeting.evidence["duration_h"] > 6.0
    assert "from 20.1 to 12.6 m" in meeting.explanation
    assert "from 8.2 to 14.9 m" in meeting.explanation


def test_lightering_under_way_is_a_meeting_of_the_tankers_and_not_of_their_workboats(story: Story) -> None:
    told = story("lightering_workboats")
    (meeting,) = told.standing("encounter")
    assert meeting.detail == "under_way"
    assert {meeting.craft, meeting.other_craft} == {"mmsi:240600001", "mmsi:538600002"}
    assert meeting.evidence["duration_h"] > 6.5
    assert len(told.alerted("encounter")) == 1


@pytest.mark.parametrize("name", ["tender", "gear_buoys", "nuc_breakdown"])
def test_boats_buoys_and_a_tug_standing_by_are_no_meetings(story: Story, name: str) -> None:
    assert story(name).standing("encounter") == []


def test_ships_that_change_identities_have_met(story: Story) -> None:
    (meeting,) = story("identity_swap").standing("encounter")
    assert {meeting.craft, meeting.other_craft} == {"mmsi:511100001", "mmsi:518900002"}


def test_an_fpso_and_her_regulars_are_alerted_for_the_first_visits_only(story: Story) -> None:
    told = story("fpso_field")
    regular = told.standing("encounter", "regular")
    assert len(regular) >= 4
    assert told.alerted("encounter", "regular") == []
