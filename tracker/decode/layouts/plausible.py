"""Whether a column is in the unit it is taken for: speeds are held against displacement, climb against altitude.

Between two reports of one craft a few minutes apart that agree in speed (and in course, where both say one) the craft went on straight, so
speed times time is the distance between them. The ratio of what the column says to what the positions show is 1; where nearly all ratios of a
file are 10, 1.852 or 0.514 instead, the column holds tenths of a knot, km/h or m/s. Climb is held against altitude the same way: 196.85 is
m/s taken for ft/min.

Where no craft is seen twice, whole numbers above 102.4 for ships are tenths of a knot all the same: AIS cannot send such a speed.

What is kept is a histogram of the logarithms of ratios and the last report of each craft, bounded both; after ``ENOUGH_STEPS`` steps nothing is
added any more. Nothing is corrected here: :meth:`UnitEvidence.doubts` says what it looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracker.decode.layouts.fields import UNITS
from tracker.identity import DOMAIN_MMSI, domain, is_aircraft

ENOUGH_STEPS: Final = 20_000
FEWEST_STEPS: Final = 5
"""Fewer steps say nothing."""
FEWEST_CLIMB_STEPS: Final = 10
AGREEING_FRAC: Final = 0.5
"""So many of the steps must show the factor; a file of turning and stopping craft shows 1 all the same."""
_TRUE_FRAC: Final = 0.2
"""No more steps than this may show that the unit is right."""
_WINDOW: Final = 0.17
_TOLERANCE: Final = 0.1
"""In logarithms: a factor within a tenth of one that is known is that one (1.852 and 1.944 are told apart by the unit assumed)."""
_BIN: Final = 0.02
_BINS: Final = 600
_MOST_CRAFT: Final = 20_000
_MOST_STEPS_OF_ONE: Final = 40
_STRETCH_S: Final = 10.0
"""Of the reports of a craft within so long one is looked at: steps of a second are too short to say anything."""
_LEAST_S, _MOST_S, _MOST_CLIMB_S = 5.0, 1_200.0, 120.0
_LEAST_M, _LEAST_FT = 150.0, 60.0
_SAME: Final = 1.25
_SAME_COURSE_DEG: Final = 15.0
_KN_PER_M_S: Final = UNITS["speed"]["m/s"]
_EARTH_M: Final = 6_371_008.8
_FASTEST_SHIP_KN, _AIS_NO_SPEED = 102.4, 1022.5
"""AIS's own count of tenths ends at 1022; 1023 is a missing speed."""
_FEWEST_TOO_FAST: Final = 2
_SPEED_UNITS: Final = ("kn", "kn x 10", "m/s", "km/h")
_COLUMNS: Final = (
    "time_us",
    "craft",
    "lat_deg",
    "lon_deg",
    "speed_kn",
    "course_deg",
    "altitude_ft",
    "vertical_rate_ftmin",
)


@dataclass(frozen=True, slots=True)
class UnitDoubt:
    """A column that looks as if it had another unit."""

    field: str
    ratio: float
    """Median of what the column says over what the positions show."""
    read_unit: str
    likely_unit: str
    steps: int

    def sentence(self, column: str = "") -> str:
        """What it looks like, and how to mend it."""
        if not self.steps:
            return f"{column or self.field} holds whole numbers above {_FASTEST_SHIP_KN:g}, which no ship goes: it looks like {self.likely_unit}"
        named = f"{column} ({self.field})" if column else self.field
        against = "the positions" if self.field == "speed_kn" else "altitudes and times"
        mend = f'"{column or "NAME"}" = {{ field = "{self.field}", unit = "{self.likely_unit}" }}'
        return (
            f"{named} is {self.ratio:.3g} times what {against} show (median of {self.steps:,} steps): it was read in {self.read_unit} and looks "
            f"like {self.likely_unit}; if so, write {mend} under [columns] of a mapping"
        )


def decided_sentence(field: str, unit: str, column: str) -> str:
    """That a unit nobody told was decided from the rows."""
    return (
        f"nothing says in which unit {column or field} is; the rows show {unit}, and it was read so (a mapping with "
        f'"{column or "NAME"}" = {{ field = "{field}", unit = "{unit}" }} says it for good)'
    )


class UnitEvidence:
    """Steps between reports, gathered batch by batch."""

    def __init__(self) -> None:
        self._speed = np.zeros(_BINS, dtype=np.int64)
        self._climb = np.zeros(_BINS, dtype=np.int64)
        self._last: list[NDArray[np.float64]] = []
        self._ships = np.zeros(3, dtype=np.int64)
        """Speeds of ships; of these whole numbers; and such that no ship goes so fast, but that are no code for a missing one."""

    @property
    def is_enough(self) -> bool:
        """Whether further rows would not be looked at."""
        return bool(self._speed.sum() >= ENOUGH_STEPS)

    @property
    def steps(self) -> int:
        """Steps whose speed was held against displacement."""
        return int(self._speed.sum())

    @property
    def climb_steps(self) -> int:
        """Steps whose climb was held against altitude."""
        return int(self._climb.sum())

    def add(self, get: Callable[[str], NDArray[np.generic] | None]) -> None:
        """Take rows: ``get`` gives their columns by name, NaN where nothing was said, or None for a column that is not there."""
        if self.is_enough:
            return
        craft = get("craft")
        if craft is None or not len(craft):
            return
        nothing = np.full(len(craft), np.nan)
        rows = [np.asarray(nothing if (c := get(name)) is None else c, dtype=np.float64) for name in _COLUMNS]
        somewhere = ~(np.isnan(rows[2]) | np.isnan(rows[3])) & (rows[1] != 0)
        rows = [values[somewhere] for values in rows]
        if self._last:
            rows = [np.concatenate(pair) for pair in zip(self._last, rows, strict=True)]
        self._take_ships(rows[1], rows[4])
        order = np.lexsort((rows[0], rows[1]))
        rows = [values[order] for values in rows]
        stretch = np.floor(rows[0] / (_STRETCH_S * 1e6))
        begins = np.append(True, (rows[1][1:] != rows[1][:-1]) | (stretch[1:] != stretch[:-1]))[: len(stretch)]
        rows = [values[begins] for values in rows]
        self._take(rows)
        ends = np.flatnonzero(np.append(rows[1][1:] != rows[1][:-1], True)) if len(rows[1]) else np.zeros(0, np.int64)
        if len(ends) > _MOST_CRAFT:
            ends = ends[np.sort(np.argsort(rows[0][ends], kind="stable")[-_MOST_CRAFT:])]
        self._last = [values[ends] for values in rows]

    def _take_ships(self, craft: NDArray[np.float64], speed: NDArray[np.float64]) -> None:
        ships = (
            (domain(craft.astype(np.int64)) == DOMAIN_MMSI) & ~is_aircraft(craft.astype(np.int64)) & ~np.isnan(speed)
        )
        said = speed[ships]
        fast = (said > _FASTEST_SHIP_KN) & (said < _AIS_NO_SPEED)
        self._ships += (len(said), int((said == np.rint(said)).sum()), int(fast.sum()))

    def _take(self, rows: list[NDArray[np.float64]]) -> None:
        time_us, craft, lat, lon, speed, course, altitude, climb = rows
        same = craft[1:] == craft[:-1]
        step_s = (time_us[1:] - time_us[:-1]) / 1e6
        firsts = np.flatnonzero(np.append(True, ~same)) if len(craft) else np.zeros(0, np.int64)
        nth = np.arange(len(craft)) - np.repeat(firsts, np.diff(np.append(firsts, len(craft))))
        usable = same & (step_s >= _LEAST_S) & (step_s <= _MOST_S) & (nth[1:] <= _MOST_STEPS_OF_ONE)
        with np.errstate(invalid="ignore", divide="ignore"):
            moved_m = _distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
            mean = (speed[1:] + speed[:-1]) / 2
            steady = (np.maximum(speed[1:], speed[:-1]) <= _SAME * np.minimum(speed[1:], speed[:-1])) & (mean > 0)
            turned = np.abs(np.mod(course[1:] - course[:-1] + 180.0, 360.0) - 180.0)
            straight = ~(turned > _SAME_COURSE_DEG)
            ratio = mean / (moved_m / step_s * _KN_PER_M_S)
            self._speed += _histogram(ratio[usable & steady & straight & (moved_m >= _LEAST_M)])
            rose_ft = altitude[1:] - altitude[:-1]
            mean = (climb[1:] + climb[:-1]) / 2
            low, high = (
                np.minimum(np.abs(climb[1:]), np.abs(climb[:-1])),
                np.maximum(np.abs(climb[1:]), np.abs(climb[:-1])),
            )
            steady = (high <= _SAME * low) & (climb[1:] * climb[:-1] > 0)
            ratio = mean / (rose_ft / step_s * 60.0)
            self._climb += _histogram(
                ratio[usable & (step_s <= _MOST_CLIMB_S) & steady & (np.abs(rose_ft) >= _LEAST_FT)]
            )

    def doubts(self, units: Callable[[str], str] = lambda field: "") -> list[UnitDoubt]:
        """What looks as if it had another unit. ``units`` gives the unit in which a field was read, "" for the field's own."""
        found = []
        read = units("speed_kn") or "kn"
        told = _told(self._speed, {unit: UNITS["speed"][read] / UNITS["speed"][unit] for unit in _SPEED_UNITS}, read)
        if told is not None and self.steps >= FEWEST_STEPS:
            found.append(UnitDoubt("speed_kn", told[1], read, told[0], self.steps))
        speeds, whole, fast = self._ships.tolist()
        if self.steps < FEWEST_STEPS and read == "kn" and speeds == whole and fast >= _FEWEST_TOO_FAST:
            found.append(UnitDoubt("speed_kn", 10.0, read, "kn x 10", 0))
        read, high = units("vertical_rate_ftmin") or "ft/min", units("altitude_ft") or "ft"
        climbs, heights = UNITS["climb"], UNITS["altitude"]
        expected = {
            f"{climb}|{height}": (climbs[read] / climbs[climb]) / (heights[high] / heights[height])
            for climb in ("ft/min", "m/s")
            for height in ("ft", "m")
        }
        told = _told(self._climb, expected, f"{read}|{high}")
        if told is not None and self.climb_steps >= FEWEST_CLIMB_STEPS:
            climb, height = told[0].split("|")
            if climb != read:
                found.append(UnitDoubt("vertical_rate_ftmin", told[1], read, climb, self.climb_steps))
            if height != high:
                found.append(UnitDoubt("altitude_ft", told[1], high, height, self.climb_steps))
        return found


def _told(histogram: NDArray[np.int64], expected: dict[str, float], read: str) -> tuple[str, float] | None:
    """Which of some units the ratios show, with their median, or None where that is the one read or none of them."""
    total = int(histogram.sum())
    if not total:
        return None
    middles = (np.arange(_BINS) - _BINS / 2 + 0.5) * _BIN
    median = float(middles[np.searchsorted(np.cumsum(histogram), (total + 1) // 2)])
    unit = min(expected, key=lambda one: abs(median - np.log(expected[one])))
    near = abs(median - np.log(expected[unit])) <= _TOLERANCE
    share = histogram[np.abs(middles - median) <= _WINDOW].sum() / total
    right = histogram[np.abs(middles) <= _TOLERANCE].sum() / total
    if unit == read or not near or share < AGREEING_FRAC or right > _TRUE_FRAC:
        return None
    return unit, float(np.exp(median))


def _histogram(ratios: NDArray[np.float64]) -> NDArray[np.int64]:
    """Counts of logarithms by bin; what is beyond the bins is left out."""
    logs = np.log(ratios[np.isfinite(ratios) & (ratios > 0)])
    bins = np.floor(logs / _BIN + _BINS / 2).astype(np.int64)
    return np.bincount(bins[(bins >= 0) & (bins < _BINS)], minlength=_BINS)


def _distance_m(
    lat1: NDArray[np.float64], lon1: NDArray[np.float64], lat2: NDArray[np.float64], lon2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance on the sphere by its chord: exact enough for a step of minutes."""
    north = np.radians(lat2 - lat1)
    east = np.radians(np.mod(lon2 - lon1 + 180.0, 360.0) - 180.0) * np.cos(np.radians((lat1 + lat2) / 2))
    return _EARTH_M * np.hypot(north, east)
