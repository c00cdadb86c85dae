"""Words that explanations share: when and where."""

from __future__ import annotations

import math
import re
from pathlib import Path

import tracker
from tracker.detectors.wording import clock_text, date_text, estimate_text, period_text, place_text
from tracker.geography.places import WorldPlaces
from tracker.units import parse_time


def test_a_period_says_the_day_once_where_it_is_the_same():
    start, end, next_day = (parse_time(f"2026-03-{t}:00Z") for t in ("01T22:00", "01T23:05", "02T02:30"))
    assert clock_text(start) == "1 Mar 22:00 UTC"
    assert period_text(start, end) == "from 1 Mar 22:00 to 23:05 UTC"
    assert period_text(start, next_day) == "from 1 Mar 22:00 to 2 Mar 02:30 UTC"
    assert period_text(start, start + 10_000_000) == "on 1 Mar 22:00 UTC"


def test_a_place_is_told_by_the_nearest_port_or_aerodrome_and_by_its_position_where_none_is_known():
    places = WorldPlaces()
    assert place_text(40.12, -10.18) == "40.12 N 10.18 W"
    assert place_text(40.12, -10.18, places.port_near) == "112 km west of Figueira Da Foz (40.12 N 10.18 W)"
    assert place_text(50.03, 8.57, places.aerodrome_near).endswith("(50.03 N 8.57 E)")
    assert "of" not in place_text(math.nan, math.nan, places.port_near)


def test_times_and_hours_far_off_are_written_here_alone():
    assert date_text(parse_time("2026-04-25T10:00:00Z")) == "25 Apr 2026 10:00 UTC"
    assert [estimate_text(hours) for hours in (0.42, 9.96, 14.2, 71.0, 80.0)] == [
        "0.4 h",
        "10.0 h",
        "14 h",
        "71 h",
        "3 days",
    ]
    own = re.compile(r":,?\.\df\} (h|km|min|kn)\b|%H:%M")
    folders = (Path(tracker.__file__).parent / name for name in ("alerts", "drawing"))
    assert [
        path.name for folder in folders for path in folder.glob("*.py") if own.search(path.read_text("utf-8"))
    ] == []
