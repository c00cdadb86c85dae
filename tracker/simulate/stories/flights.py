"""Flights that only look as if they left their papers.

- turn_round: an airliner leaves coverage for an airport nobody hears, lands there as declared, and comes back an hour later under another call sign. Papers are filed for
  the way out, and for half of them for the way back, too. Negative: diversion, dark period, landing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tracker.simulate import air
from tracker.simulate.stories.seed import Seed, negative
from tracker.simulate.tracks import HOUR_S

_FAR: Final = (
    ("EHAM", "LPPT"), ("EGLL", "LGAV"), ("EKCH", "LEMD"), ("EDDF", "LTFM"), ("LFPG", "GMMN"), ("ENGM", "LIRF"), ("EBBR", "BIKF"), ("EDDB", "LEPA"),
)  # fmt: skip
"""From an airport with a receiver to one far from all of them."""
WITHOUT_PAPERS: Final = "turn_round_without_papers"
_GROUND_S: Final = (45.0 * 60.0, 80.0 * 60.0)
_FORBIDDEN: Final = ("diversion", "dark_period", "off_aerodrome_landing")


def turn_rounds(rng: np.random.Generator, flights: list[air.Flight], hours: float, wanted: int) -> list[Seed]:
    """So many airframes that fly out of coverage and come back; fewer where the scenario is too short."""
    seeds: list[Seed] = []
    for number in range(wanted):
        origin, away = _FAR[int(rng.integers(len(_FAR)))]
        out = air.fly(rng, 970 + 2 * number, origin, away, 0.0)
        back = air.fly(rng, 971 + 2 * number, away, origin, 0.0)
        ground_s = float(rng.uniform(*_GROUND_S))
        whole_s = float(np.ptp(out.time_s) + np.ptp(back.time_s)) + ground_s
        room_s = hours * HOUR_S - whole_s - HOUR_S
        if room_s < 0.0:
            continue
        out.time_s += HOUR_S / 2.0 + float(rng.uniform(0.0, room_s)) - out.time_s[0]
        back.time_s += out.time_s[-1] + ground_s - back.time_s[0]
        back.address, back.registration = out.address, out.registration
        for flight in (out, back):
            air.keep_apart(flight, [*flights])
        out.story, back.story = "turn_round", "turn_round" if number % 2 else WITHOUT_PAPERS
        flights += [out, back]
        what = f"{out.call_sign} lands at {away}, where nobody hears it, and comes back as {back.call_sign}."
        place = float(out.lat[0]), float(out.lon[0])
        span = float(out.time_s[0]), float(back.time_s[-1]) + 600.0
        seeds.append(negative("turn_round", None, span, place, what, _FORBIDDEN, craft=out.craft))
    return seeds
