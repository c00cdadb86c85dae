"""Silences of ships in stories of analysts: what is switched off is told, and what only looks so is not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.behaviour.told import Told
from tracker.events import Event, EventState

_HOUR_US = 3_600_000_000
_NEAR_US = 20 * 60_000_000


def _us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1e6)


def _over(told: Told) -> list[Event]:
    """Dark periods of ships that are over; those open at the end of a made file are no statement."""
    return [dark for dark in told.standing("dark_period", "sea") if dark.state is EventState.CLOSED]


def test_silences_in_well_heard_water_are_found_whatever_share_of_reports_is_lost(
    story: Callable[..., Told], real_data: Path
) -> None:
    labels = json.loads((real_data.parent / "cases" / "behaviour" / "dark_recall" / "labels.json").read_text())
    told = story("dark_recall")
    starts = [(dark.craft, dark.start_us) for dark in told.standing("dark_period")]
    found = Counter(
        lost
        for mmsi, _, lost, begin in labels
        if any(craft == f"mmsi:{mmsi}" and abs(at - _us(begin)) < _NEAR_US for craft, at in starts)
    )
    assert found == {0.0: 12, 0.08: 12, 0.15: 12, 0.25: 12}
    ships = {f"mmsi:{mmsi}" for mmsi, *_ in labels}
    assert {dark.craft for dark in _over(told)} <= ships, "nobody else"


def test_reports_that_come_hours_late_leave_no_silence(story: Callable[..., Told]) -> None:
    told = story("late_delivery")
    missing = _us("2026-03-01T23:00:00+00:00"), _us("2026-03-02T02:00:00+00:00")
    hers = [dark for dark in told.standing("dark_period") if missing[0] - _HOUR_US < dark.start_us < missing[1]]
    assert hers == []


def test_boats_that_come_and_go_under_a_factory_number_are_not_dark(story: Callable[..., Told]) -> None:
    told = story("default_mmsi")
    assert told.standing("dark_period") == []
    assert told.alerted("dark_period") == []


def test_tankers_at_reduced_power_are_not_dark(story: Callable[..., Told]) -> None:
    """The first pauses look like transmitters switched off and are withdrawn when those after them show what they were."""
    told = story("sts_lowpower")
    assert _over(told) == []
    assert [a for a in told.alerted("dark_period") if a.event.end_us is not None] == []
    for dark in (event for event in told.events if event.kind == "dark_period" and event.end_us is not None):
        assert dark.state is EventState.RETRACTED
        assert "now and then" in dark.explanation
