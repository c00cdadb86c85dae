"""Dates that are 1,024 weeks off: GPS counts weeks modulo 1,024 (IS-GPS-200, 20.3.3.3.1.1), and a receiver that lost a rollover goes on with a wrong date.

The last rollovers were on 22 August 1999 and 7 April 2019; some receivers count from a week of their own and roll over on other days. Nothing else
puts a clock off by 7,168 days to within an hour. Which date is the wrong one nobody can tell from two of them, and the time of a track is evidence: such
dates are told, not mended (but for clocks of a bus that others correct, ``tracker.decode.ais.bus_clock``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from tracker.units import US_PER_DAY, US_PER_H

ROLLOVER_DAYS: Final = 1024 * 7
ROLLOVER_US: Final = ROLLOVER_DAYS * US_PER_DAY
_SLACK_US: Final = US_PER_H
_HOLE_DAYS: Final = 366
"""A recording that holds dates a rollover apart and the years between is an archive."""


def lost_rollovers(offset_us: int) -> int:
    """How many rollovers explain a clock that is so far off, 0 where none does.

    >>> lost_rollovers(-ROLLOVER_US + 40_000_000), lost_rollovers(7_000 * US_PER_DAY)
    (1, 0)
    """
    count = (abs(offset_us) + ROLLOVER_US // 2) // ROLLOVER_US
    return count if count and abs(abs(offset_us) - count * ROLLOVER_US) <= _SLACK_US else 0


def rollover_in(days: Mapping[int, int]) -> str:
    """What is told of the rows of one recording, counted by day since 1970, where few are dated a rollover off the others; empty where none is."""
    parts = _parts(days)
    if len(parts) < 2:
        return ""
    main = max(parts, key=lambda part: sum(days[day] for day in part))
    told = []
    for part in parts:
        weeks = _weeks_apart(part, main) if part is not main else 0
        if weeks:
            rows = sum(days[day] for day in part)
            how = "before" if weeks < 0 else "after"
            told.append(f"{rows:,} rows are dated {abs(weeks):,} weeks {how} the others")
    return f"{' and '.join(told)}: as by a GPS receiver that lost a rollover of its weeks" if told else ""


def rollovers_between(recordings: Sequence[tuple[str, Mapping[int, int]]]) -> list[str]:
    """What is told of recordings of which all rows are dated a rollover before those of another, a sentence each."""
    told = []
    for name, days in recordings:
        later = [
            (other, weeks)
            for other, days_of_other in recordings
            if days and days_of_other and (weeks := _weeks_apart(list(days), list(days_of_other))) < 0
        ]
        if later:
            other, weeks = later[0]
            told.append(
                f"{name}: its times are {-weeks:,} weeks before those of {other}: as by a GPS receiver that lost a rollover of its weeks, unless it was "
                "recorded then"
            )
    return told


def _parts(days: Mapping[int, int]) -> list[list[int]]:
    """Days in order, cut where years are without any."""
    parts: list[list[int]] = []
    ordered = sorted(days)
    for before, day in pairwise([None, *ordered]):
        if day is None:
            continue
        if before is None or day - before > _HOLE_DAYS:
            parts.append([])
        parts[-1].append(day)
    return parts


def _weeks_apart(these: Sequence[int], those: Sequence[int]) -> int:
    """By how many weeks, a multiple of 1,024, all of these days are off some of those (to a day); 0 where they are not."""
    known = Counter(those)
    for count in (-2, -1, 1, 2):
        shift = count * ROLLOVER_DAYS
        if all(any(known[day - shift + near] for near in (-1, 0, 1)) for day in these):
            return count * 1024
    return 0
