"""Who hears whom: reporting intervals, reach of stations, loss, and the thinning of an aggregator.

- Intervals (ITU-R M.1371-5 annex 1, tables 1 and 2): class A 3 min at anchor or moored below 3 kn; else 10 s up to 14 kn, 6 s up to 23 kn,
  2 s above, and a third of that while changing course. Class B (carrier sense) 3 min below 2 kn, else 30 s.
- Reach: one message is received with probability ``TOP / (1 + exp((d - R) / (0.09 R)))`` at distance ``d``. ``R`` is the station's
  range for class A, 0.6 of it for class B, 0.45 of it in a shadow sector, and breathes by 8 % over a day (the weather).
- Thinning: of all a craft sent in a window of 40 to 60 s that anybody received, the first is kept, in every copy received.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.angles import difference
from models.geodesy import distance_km
from tracker.simulate.tracks import AT_ANCHOR, MOORED
from tracker.simulate.world import Station
from tracker.units import KM_PER_NM

GRID_S: Final = 30.0
TOP: Final = 0.93
EDGE_SHARE: Final = 0.09
CLASS_B_SHARE: Final = 0.6
SHADOW_SHARE: Final = 0.45
WEATHER_SHARE: Final = 0.08
WEATHER_S: Final = 26.0 * 3600.0
WEAK_S: Final = 45.0 * 60.0
WEAK_STATICS: Final = 0.15
_KM_PER_DEG: Final = 111.195

Span = tuple[float, float]
"""From, to, in seconds of the scenario."""


@dataclass(frozen=True, slots=True)
class Duct:
    """A night on which one station hears far beyond its horizon: warm air over a cold sea bends its radio waves down (ITU-R P.452)."""

    index: int
    code: str
    lat_deg: float
    lon_deg: float
    span: Span
    reach_km: float

    def heard(
        self,
        time_s: NDArray[np.float64],
        lat_deg: NDArray[np.float64],
        lon_deg: NDArray[np.float64],
        seed: Sequence[int],
    ) -> NDArray[np.bool_]:
        """Which transmissions come through that way: six in ten near, fewer farther off, of a generator of its own."""
        share = distance_km(self.lat_deg, self.lon_deg, lat_deg, lon_deg) / self.reach_km
        inside = (time_s >= self.span[0]) & (time_s < self.span[1])
        return inside & (
            np.random.default_rng(list(seed)).random(len(time_s)) < 0.6 * np.clip(1.0 - share, 0.0, 1.0) ** 0.5
        )


@dataclass(frozen=True, slots=True)
class Silence:
    """What the receiving side lost: stations that were off, and times when the whole feed was."""

    stations: Mapping[str, Span]
    feed: tuple[Span, ...]
    loss: float = 0.0
    """Share of the reports that are lost at random on the way in, whoever heard them."""
    duct: Duct | None = None
    """Not lost, but heard beside what is usual."""


class Coverage:
    """The reach of all stations together."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self.stations = tuple(stations)
        self._lat = np.array([s.lat_deg for s in stations])[:, None]
        self._lon = np.array([s.lon_deg for s in stations])[:, None]
        self._range_km = np.array([s.range_nm for s in stations])[:, None] * KM_PER_NM
        self._sector = np.array([(s.shadow_from_deg, s.shadow_to_deg) for s in stations])

    def probability(self, lat_deg: Any, lon_deg: Any, time_s: Any, *, class_b: bool = False) -> NDArray[np.float32]:
        """Chance that each station receives one message, shape (stations, points)."""
        lat, lon = np.atleast_1d(lat_deg), np.atleast_1d(lon_deg)
        north = (lat - self._lat) * _KM_PER_DEG
        east = (lon - self._lon) * _KM_PER_DEG * np.cos(np.radians((lat + self._lat) / 2.0))
        reach = self._range_km * (CLASS_B_SHARE if class_b else 1.0)
        phase = np.arange(len(self.stations))[:, None] * 0.2
        reach = reach * (1.0 + WEATHER_SHARE * np.sin(2.0 * np.pi * np.asarray(time_s) / WEATHER_S + phase))
        reach = np.array(np.broadcast_to(reach, north.shape))
        for index, (low, high) in enumerate(self._sector):
            if low != high:
                bearing = np.degrees(np.arctan2(east[index], north[index])) % 360.0
                shaded = (bearing - low) % 360.0 < (high - low) % 360.0
                reach[index] = np.where(shaded, reach[index] * SHADOW_SHARE, reach[index])
        distance = np.hypot(north, east)
        exponent = np.clip((distance - reach) / (EDGE_SHARE * reach), -40.0, 40.0)
        chance = TOP / (1.0 + np.exp(exponent))
        return np.where(chance < 0.002, 0.0, chance).astype(np.float32)

    def any_station(self, lat_deg: Any, lon_deg: Any, time_s: Any = 0.0, *, class_b: bool = False) -> NDArray[Any]:
        """Chance that at least one station receives one message."""
        missed: NDArray[Any] = 1.0 - self.probability(lat_deg, lon_deg, time_s, class_b=class_b)
        return 1.0 - missed.prod(axis=0)

    def in_any_weather(self, lat_deg: Any, lon_deg: Any) -> NDArray[Any]:
        """The least of :meth:`any_station` over the weather's day."""
        times = np.linspace(0.0, WEATHER_S, 6, endpoint=False)
        least: NDArray[Any] = np.min([self.any_station(lat_deg, lon_deg, time_s) for time_s in times], axis=0)
        return least


def motion(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Speed in knots and course in degrees on a grid of ``GRID_S``, from the points half a step around."""
    north = np.gradient(lat) * _KM_PER_DEG
    east = np.gradient(lon) * _KM_PER_DEG * np.cos(np.radians(lat))
    speed = np.hypot(north, east) / KM_PER_NM / (GRID_S / 3600.0)
    return speed, np.degrees(np.arctan2(east, north)) % 360.0


def turn_rate(course: NDArray[np.float64], speed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees a minute on the grid; none where she hardly moves."""
    turn = difference(np.roll(course, -1), np.roll(course, 1)) / (2.0 * GRID_S / 60.0)
    turn[[0, -1]] = 0.0
    return np.where(speed > 2.0, turn, 0.0)


def interval_s(
    speed: NDArray[np.float64], turn: NDArray[np.float64], status: NDArray[np.uint8], *, class_b: bool
) -> NDArray[np.float64]:
    """Seconds between two position reports on the grid."""
    if class_b:
        return np.where(speed < 2.0, 180.0, 30.0)
    sailing = np.where(speed <= 14.0, 10.0, np.where(speed <= 23.0, 6.0, 2.0))
    sailing = np.where(np.abs(turn) > 5.0, np.maximum(sailing / 3.0, 2.0), sailing)
    resting = ((status == AT_ANCHOR) | (status == MOORED)) & (speed < 3.0)
    return np.where(resting, 180.0, sailing)


def beats(interval: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Instants of transmission, from intervals on the grid: the count of beats grows by grid step over interval."""
    grown = np.concatenate([[0.0], np.cumsum(GRID_S / interval[:-1])])
    sent = np.interp(np.arange(0.0, np.floor(grown[-1])) + rng.random(), grown, np.arange(len(grown)) * GRID_S)
    return np.clip(sent + rng.uniform(-0.4, 0.4, len(sent)), 0.0, (len(interval) - 1) * GRID_S)


def received(
    time_s: NDArray[np.float64],
    chance: NDArray[np.float32],
    stations: Sequence[Station],
    silence: Silence,
    off_air: Sequence[Span],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Which station got which transmission, shape (stations, transmissions); ``chance`` is on the grid."""
    grid = np.minimum((time_s / GRID_S).astype(np.int64), chance.shape[1] - 1)
    near = np.flatnonzero(chance.max(axis=1) > 0.0)
    got = np.zeros((len(stations), len(time_s)), dtype=np.bool_)
    for index in near.tolist():
        got[index] = rng.random(len(time_s), dtype=np.float32) < chance[index, grid]
        span = silence.stations.get(stations[index].code)
        if span is not None:
            got[index] &= ~((time_s >= span[0]) & (time_s < span[1]))
    for begin, end in (*silence.feed, *off_air):
        got[:, (time_s >= begin) & (time_s < end)] = False
    return got


def thinned(time_s: NDArray[np.float64], window_s: float) -> NDArray[np.bool_]:
    """The first of every window, for times in order."""
    window = (time_s / window_s).astype(np.int64)
    keep = np.ones(len(time_s), dtype=np.bool_)
    keep[1:] = window[1:] != window[:-1]
    return keep


def through_weakness(time_s: NDArray[np.float64], weak: Sequence[Span], seed: int) -> NDArray[np.bool_]:
    """What comes through of a transmitter of little power: the first report of each three quarters of an hour or so."""
    keep = np.ones(len(time_s), dtype=np.bool_)
    for begin, end in weak:
        inside = np.flatnonzero((time_s >= begin) & (time_s < end))
        if len(inside):
            every_s = WEAK_S * float(np.random.default_rng(seed).uniform(0.85, 1.15))
            keep[inside] = thinned(time_s[inside] - begin, every_s)
    return keep
