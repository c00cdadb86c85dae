"""Craft whose positions are not where they are: who is displaced, where to, with whom, and why.

The tracks (``tracker.tracks.segments``) mark a row *displaced* where its position is not believed. There are two kinds of them::

    the row has a segment of its own       a second place, in turns with the craft's own or for a while: jamming, spoofing, a sign lost
    it has the segment it is heard of      the row before once more, to the last digit, under way: an old report told again (``Repeats``)

Of the first kind one record per craft is kept here, from minute to minute. Craft displaced to about the same place, or by about the same way, are one
*mass displacement*; one alone is *displaced* where the reason can be recognised, or once it is over.

The reason is recognised by where the false place lies against the true one (``cause_of``): a sign of latitude or longitude lost, both swapped, minutes
read as decimals, near 0 N 0 E (a receiver that has no fix: SkyTruth 2016 lists these among the false positions of AIS), or by the aircraft's own
word that its position is of no quality (NIC or NACp 0, RTCA DO-260B 2.2.3.2.7.1.3.8: an inertial system drifts by miles an hour).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from tracker.detectors.integrity.config import IntegrityConfig
from tracker.schema import NO_CODE_U8
from tracker.tracks.segments import MIRROR_FRAC
from tracker.units import KM_PER_DEG, US_PER_H, US_PER_MIN

_NEAR_KM: Final = 25.0
"""So near to where a false position should lie for a reason: half an hour at 27 kn."""
_OVER_US: Final = 30 * US_PER_MIN
_BACK_ROWS: Final = 3
_LEAST_ROWS: Final = 3
"""So many reports make a craft one of several (as ``TrackConfig.believed_rows``)."""

CAUSES: Final = {
    "latitude_sign": "the sign of its latitude is lost",
    "longitude_sign": "the sign of its longitude is lost",
    "both_signs": "the signs of its latitude and longitude are lost",
    "swapped": "its latitude and longitude are swapped",
    "minutes_as_decimals": "minutes of arc are read as decimals",
    "no_fix": "a receiver without a fix says 0 N 0 E",
    "no_quality": "it says itself that its position has no quality",
}


@dataclass(slots=True)
class Displaced:
    """One craft at a place that is not its own. ``from_*`` is where it was believed last before, ``lat_deg`` the mean of the false positions."""

    craft: int
    segment: int
    start_us: int
    last_us: int
    rows: int
    lat_deg: float
    lon_deg: float
    last_lat_deg: float
    last_lon_deg: float
    from_us: int
    from_lat_deg: float
    from_lon_deg: float
    first_lat_deg: float = float("nan")
    first_lon_deg: float = float("nan")
    bad_quality: int = 0
    back_us: int = -1
    back_rows: int = 0
    returns: int = 0
    cause: str = ""
    mass: str = ""
    """Subject of the mass displacement it belongs to."""
    is_reported: bool = False
    """It was published alone."""
    is_exchanged: bool = False
    """It is where another craft was, and that one where it was: no false place."""

    @property
    def km(self) -> float:
        """How far off the false place is."""
        return float(distance_km_scalar(self.from_lat_deg, self.from_lon_deg, self.last_lat_deg, self.last_lon_deg))

    @property
    def way(self) -> tuple[float, float]:
        """The way from the true place to the false one, km north and east."""
        east = float(_turn_deg(self.last_lon_deg, self.from_lon_deg))
        return (
            (self.last_lat_deg - self.from_lat_deg) * KM_PER_DEG,
            east * KM_PER_DEG * float(np.cos(np.radians(self.from_lat_deg))),
        )

    def is_over(self, now_us: int) -> bool:
        """Not heard there for half an hour, and again at its own place since."""
        return now_us - self.last_us > _OVER_US and self.back_us > self.last_us

    def is_near_in_time(self, other: Displaced, apart_us: float) -> bool:
        """Whether both were displaced at about one time."""
        return self.start_us <= other.last_us + apart_us and other.start_us <= self.last_us + apart_us

    def is_at_one_place(self, other: Displaced, km: float) -> bool:
        """Whether both were at one false place."""
        if distance_km_scalar(self.lat_deg, self.lon_deg, other.lat_deg, other.lon_deg) <= km:
            return True
        return bool(
            distance_km_scalar(self.last_lat_deg, self.last_lon_deg, other.last_lat_deg, other.last_lon_deg) <= km
        )

    def came_by_one_way(self, other: Displaced) -> bool:
        """Whether both came off their own places by one way."""
        return bool(np.hypot(*(np.subtract(self.way, other.way))) <= 0.1 * max(self.km, other.km))


def cause_of(one: Displaced) -> str:
    """Why it is displaced, as far as its places tell; empty where they do not."""
    lat, lon, to_lat, to_lon = one.from_lat_deg, one.from_lon_deg, one.last_lat_deg, one.last_lon_deg
    expected = {
        "latitude_sign": (-lat, lon),
        "longitude_sign": (lat, -lon),
        "both_signs": (-lat, -lon),
        "no_fix": (0.0, 0.0),
    }
    if abs(lon) <= 90.0:
        expected["swapped"] = (lon, lat)
    near_km = min(
        _NEAR_KM, MIRROR_FRAC * one.km
    )  # near the equator or the meridian of Greenwich every place has its mirror close by
    for cause, (at_lat, at_lon) in expected.items():
        if distance_km_scalar(at_lat, at_lon, to_lat, to_lon) <= near_km:
            return cause
    if distance_km_scalar(_misread(lat), _misread(lon), to_lat, to_lon) <= 2.0:
        return "minutes_as_decimals"
    return "no_quality" if one.bad_quality > one.rows // 2 else ""


def _turn_deg(to_deg: Any, from_deg: Any) -> Any:
    """From one longitude to another the short way, in [-180, 180)."""
    return (to_deg - from_deg + 180.0) % 360.0 - 180.0


def _misread(value: float) -> float:
    """Degrees whose minutes were written behind a decimal point: 52.5 is 52 deg 30', read as 52.30."""
    whole = float(np.trunc(value))
    return whole + 0.6 * (value - whole)


class Displacements:
    """Who is displaced now, and lately."""

    def __init__(self, config: IntegrityConfig) -> None:
        c = config
        self._stay, self._jump_km = c.stay_reports, (c.jump_km, c.air_jump_km)
        self._stay_us = (c.stay_min * US_PER_MIN, c.air_stay_min * US_PER_MIN)
        self._mass_craft, self._mass_km = c.mass_craft, c.mass_km
        self._mass_us, self._turns_us = c.mass_h * US_PER_H, c.shared_h * US_PER_H
        self._of: dict[int, Displaced] = {}
        self.repeats = Repeats()

    def __len__(self) -> int:
        return len(self._of) + len(self.repeats)

    def __contains__(self, craft: int) -> bool:
        return craft in self._of

    def of(self, craft: int) -> Displaced | None:
        """The record of a craft."""
        return self._of.get(craft)

    def mass_of(self, subject: str) -> list[Displaced]:
        """The craft of a mass displacement."""
        return [one for one in self._of.values() if one.mass == subject]

    def new(self) -> list[Displaced]:
        """Craft displaced that were not heard at their own place since, and of which nothing else was told."""
        return [
            one
            for _, one in sorted(self._of.items())
            if one.rows >= self._stay and one.back_us < one.start_us and not one.mass and not one.is_exchanged
        ]

    def segments(self) -> list[int]:
        """Segments whose positions are false."""
        return sorted(one.segment for one in self._of.values())

    def hear(self, rows: dict[str, NDArray[Any]], where: Any) -> list[Displaced]:
        """Rows with a position of a tick. ``where(craft)`` is (time, lat, lon) of the last believed position before it, or None.

        Returns craft that turned out to be two transmitters: what was told of them as displaced is wrong.
        """
        displaced = rows["displaced"] != NO_CODE_U8
        two: list[Displaced] = []
        if self._of:
            known = np.isin(rows["craft"], np.array(sorted(self._of), dtype=np.int64)) & ~displaced
            for craft in np.unique(rows["craft"][known]).tolist():
                two += self._believed(craft, rows, np.flatnonzero(known & (rows["craft"] == craft)))
        if not displaced.any():
            return two
        again = displaced & (rows["displaced"] == rows["place"])
        self.repeats.hear(rows, np.flatnonzero(again))
        at = np.flatnonzero(displaced & ~again)
        order = at[np.argsort(rows["segment"][at], kind="stable")]
        for part in np.split(order, np.flatnonzero(np.diff(rows["segment"][order])) + 1):
            if len(part):
                self._away(rows, part, where)
        return two

    def _believed(self, craft: int, rows: dict[str, NDArray[Any]], at: NDArray[np.int64]) -> list[Displaced]:
        one = self._of[craft]
        if (rows["segment"][at] == one.segment).any():  # the second place is believed: another transmitter
            del self._of[craft]
            return [one]
        last_us = int(rows["time_us"][at[-1]])
        if one.back_us < one.last_us:
            one.returns += 1
            one.back_rows = 0
        one.back_us = last_us
        one.back_rows += len(at)
        return []

    def _away(self, rows: dict[str, NDArray[Any]], at: NDArray[np.int64], where: Any) -> None:
        craft, segment = int(rows["craft"][at[0]]), int(rows["segment"][at[0]])
        lat, lon, time_us = rows["lat_deg"][at], rows["lon_deg"][at], rows["time_us"][at]
        one = self._of.get(craft)
        if one is not None and one.segment != segment and time_us[-1] - one.last_us > _OVER_US:
            one = None
        if one is None:
            here = where(craft)
            if here is None:
                return
            start_us, at_lat, at_lon = int(time_us[0]), float(lat[0]), float(lon[0])
            from_us, from_lat, from_lon = here
            one = Displaced(
                craft, segment, start_us, start_us, 0, at_lat, at_lon, at_lat, at_lon, from_us, from_lat, from_lon, at_lat, at_lon
            )  # fmt: skip
            self._of[craft] = one
        elif one.back_us > one.last_us and (here := where(craft)) is not None:
            one.from_us, one.from_lat_deg, one.from_lon_deg = here
        one.segment, one.last_us = segment, int(time_us[-1])
        one.rows += len(at)
        one.lat_deg += float(np.sum(lat - one.lat_deg)) / one.rows
        one.lon_deg += float(np.sum(_turn_deg(lon, one.lon_deg))) / one.rows
        one.last_lat_deg, one.last_lon_deg = float(lat[-1]), float(lon[-1])
        one.bad_quality += int(((rows["nic"][at] == 0) | (rows["nac_p"][at] == 0)).sum()) if rows["air"][at[0]] else 0
        one.cause = one.cause or cause_of(one)

    def together(self, now_us: int, is_air: Any) -> list[list[Displaced]]:
        """Craft displaced with others within the last hours, the first one first; each group with at least one heard so since it was asked last."""
        some = [one for one in self._far(is_air) if one.rows >= _LEAST_ROWS and now_us - one.last_us <= self._mass_us]
        groups: list[list[Displaced]] = []
        for one in sorted(some, key=lambda each: (each.start_us, each.craft)):
            mine = [group for group in groups if self._belongs(one, group)]
            merged = sorted((each for group in mine for each in group), key=lambda each: (each.start_us, each.craft))
            groups = [group for group in groups if not any(group is each for each in mine)] + [[*merged, one]]
        return [group for group in groups if self._is_mass(group, is_air)]

    def _belongs(self, one: Displaced, group: Sequence[Displaced]) -> bool:
        """Whether a craft was told with one of a group already, stands at its false place, or came by the way of all of it.

        From different places to one lead different ways, and another craft's may be like one of them by chance.
        """
        near = [each for each in group if one.is_near_in_time(each, self._mass_us)]
        return any(
            (one.mass and one.mass == each.mass) or one.is_at_one_place(each, self._mass_km) for each in near
        ) or (len(near) == len(group) and all(map(one.came_by_one_way, group)))

    def _is_mass(self, group: Sequence[Displaced], is_air: Any) -> bool:
        """Whether craft are enough, and all of them together gave as many reports, for as long, as two would."""
        long_us = max(one.last_us for one in group) - min(one.start_us for one in group)
        rows = sum(one.rows for one in group)
        stay_us = max(self._stay_us[int(is_air(one.craft))] for one in group)
        return len(group) >= self._mass_craft and rows >= self._mass_craft * self._stay and long_us >= stay_us

    def alone(self, now_us: int, is_air: Any) -> list[Displaced]:
        """Craft displaced by themselves, for a reason or over by now, or in turns for long."""
        return [
            one
            for one in self._settled(is_air)
            if not one.mass
            and one.last_us > one.start_us
            and (one.cause or (one.back_rows >= _BACK_ROWS and self._is_decided(one, now_us)))
        ]

    def _is_decided(self, one: Displaced, now_us: int) -> bool:
        return one.is_over(now_us) or one.last_us - one.start_us >= self._turns_us

    def _settled(self, is_air: Any) -> list[Displaced]:
        return [
            one
            for one in self._far(is_air)
            if one.rows >= self._stay and one.last_us - one.start_us >= self._stay_us[int(is_air(one.craft))]
        ]

    def _far(self, is_air: Any) -> list[Displaced]:
        """Craft displaced far enough, in the order of craft, that did not change places with another; once told with others also one that comes near the false place by itself."""
        return [
            one
            for _, one in sorted(self._of.items())
            if not one.is_exchanged and (one.mass or one.km >= self._jump_km[int(is_air(one.craft))])
        ]

    def forget(self, now_us: int) -> None:
        """Craft not displaced for long."""
        keep_us = max(self._mass_us, US_PER_H)
        self._of = {craft: one for craft, one in self._of.items() if now_us - one.last_us <= keep_us}
        self.repeats.forget(now_us)

    def forget_craft(self, craft: set[int]) -> None:
        """Nothing of some craft."""
        self._of = {one: record for one, record in self._of.items() if one not in craft}
        self.repeats.forget_craft(craft)

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        texts = [json.dumps([asdict(one) for _, one in sorted(self._of.items())]), self.repeats.text()]
        return pa.table({"text": pa.array(texts, pa.string())})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        texts = table.column("text").to_pylist()
        self._of = {row["craft"]: Displaced(**row) for row in json.loads(texts[0])}
        self.repeats.restore(texts[1])


@dataclass(slots=True)
class Repeated:
    """One craft whose last report a feed tells again and again."""

    craft: int
    source: int
    start_us: int
    last_us: int
    rows: int
    heading_deg: float
    alive: bool = False
    """Something of it changes after all (the heading, the second of its clock): it is the ship that stands still, and not the feed."""


class Repeats:
    """Reports told again, by craft."""

    def __init__(self) -> None:
        self._of: dict[int, Repeated] = {}

    def __len__(self) -> int:
        return len(self._of)

    def hear(self, rows: dict[str, NDArray[Any]], at: NDArray[np.int64]) -> None:
        """Rows of a tick that repeat the one before."""
        for craft in np.unique(rows["craft"][at]).tolist():
            mine = at[rows["craft"][at] == craft]
            first, last = int(rows["time_us"][mine[0]]), int(rows["time_us"][mine[-1]])
            heading = rows["heading_deg"][mine]
            one = self._of.get(craft)
            if one is None or first - one.last_us > _OVER_US:
                one = Repeated(craft, int(rows["source"][mine[0]]), first, first, 0, float(heading[0]))
                self._of[craft] = one
            one.last_us = last
            one.rows += len(mine)
            one.alive |= bool(
                np.isnan(heading).any()
                or (heading != one.heading_deg).any()
                or (rows["utc_second"][mine] != NO_CODE_U8).any()
            )

    def is_feed(self, craft: int) -> bool:
        """Whether it is the feed that repeats a craft's report."""
        one = self._of.get(craft)
        return one is not None and not one.alive

    def by_source(self, least_rows: int) -> dict[int, list[Repeated]]:
        """Craft repeated within the last day, by their feed, the first one first."""
        found: dict[int, list[Repeated]] = {}
        for one in sorted(self._of.values(), key=lambda each: (each.start_us, each.craft)):
            if not one.alive and one.rows >= least_rows:
                found.setdefault(one.source, []).append(one)
        return found

    def forget(self, now_us: int) -> None:
        """Craft not repeated for half a day."""
        self._of = {craft: one for craft, one in self._of.items() if now_us - one.last_us <= 12 * US_PER_H}

    def forget_craft(self, craft: set[int]) -> None:
        """Nothing of some craft."""
        self._of = {one: record for one, record in self._of.items() if one not in craft}

    def text(self) -> str:
        """For a snapshot."""
        return json.dumps([asdict(one) for _, one in sorted(self._of.items())])

    def restore(self, text: str) -> None:
        """The inverse of :meth:`text`."""
        self._of = {row["craft"]: Repeated(**row) for row in json.loads(text)}


def centre_of(group: Sequence[Displaced]) -> tuple[float, float, float]:
    """Latitude, longitude and radius of the false place of a group."""
    first = group[0]
    lat = float(np.mean([one.lat_deg for one in group]))
    lon = first.lon_deg + float(np.mean([_turn_deg(one.lon_deg, first.lon_deg) for one in group]))
    lon = (lon + 180.0) % 360.0 - 180.0
    far = max(
        max(distance_km_scalar(lat, lon, one.lat_deg, one.lon_deg), distance_km_scalar(lat, lon, one.last_lat_deg, one.last_lon_deg))
        for one in group
    )  # fmt: skip
    return lat, lon, float(far)
