"""Two ships that exchange their identities: who goes on as whom.

One ship leaves as the other and the other as the one: identity laundering (C4ADS, Unmasked, 2021: direct and indirect swaps; UN Panel of Experts on 1718, ships that meet and
leave under each other's identity). In the data it is one of these, each looked for in pairs of ships at sea::

    jumped      each is heard from a time on at the place where the other was, and no more at its own
    continued   each turned off its way, and goes on where the other would be: place, course and speed of both fit
    parted      they lay together (or were silent together), and each left on the way that the other had come
    stated      each says name, call sign, IMO number or length of the other, twice and no more its own

*Jumped* is sure. *Continued* asks for two coincidences in place, course and speed at once. *Parted* is what a mother ship and her shuttle tanker do as well, each turning back
home. What tells them apart is a *swap*: when numbers change hulls, the position of each hops to where the other lay (``motion``), in one moment and across one gap.
With a swap it is all but sure. Where both were heard every ``_SWAP_SEEN_US`` all the time and nothing hopped, hardly any numbers changed: that is
information, for hulls made fast may be nearer than a hop can be seen. Heard less well it is told with doubt, with less where both merely turned
round; and not where a draught changed, for then cargo went across. *Stated* alone is sure of the
names, and says nothing of the hulls: where the two were apart each number stays with its hull, where they lay together nobody can tell.

What is none: single statements mixed up by a receiver (they do not come twice in a row), a second set aboard or a pilot's portable set (the own place goes on to be heard),
ships that pass (they keep their ways), ships that follow each other round the bends of a lane where nobody is heard, ships that both lay in one port meanwhile, and fishing vessels, tugs, pilots and all small craft, whose ways cross and turn all day.

What was stated is kept for a day, turns while a pair to them may still come. If both say their own again the exchange is withdrawn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa

from models.geodesy import bearing_deg, destination, difference_deg_scalar, distance_km_scalar
from tracker.detectors.integrity.displaced import Displaced
from tracker.detectors.integrity.papers import Change
from tracker.detectors.integrity.ways import Turn, Way
from tracker.identity import CRAFT_MASK
from tracker.units import KM_PER_NM, US_PER_DAY, US_PER_H, US_PER_MIN

JUMPED: Final = "jumped"
CONTINUED: Final = "continued"
PARTED: Final = "parted"
STATED: Final = "stated"

_WAIT_US: Final = 6 * US_PER_H
"""So long after one ship took its new way the other may take its own."""
_STATED_US: Final = US_PER_DAY
_MOST_KEPT: Final = 4096
_COURSE_DEG: Final = 20.0
_PARTED_DEG: Final = 25.0
_SPEED_FRAC: Final = 0.15
_PARTED_FRAC: Final = 0.35
"""Courses and speeds that are one way: made good over ten minutes they differ by less; a ship that parts is not yet at its pace (ours)."""
_NEAR_KM: Final = 2.0
_RUN_FRAC: Final = 0.1
"""A hull that goes on is so near to where it would be, and a share of its run: stream, wind and the ten minutes between looks (ours)."""
_TOGETHER_KM: Final = 1.5
_TOGETHER_US: Final = 20 * US_PER_MIN
_ONE_MEETING_US: Final = 3 * US_PER_H
"""Two that meet come, and part, within so long (ours)."""
_SILENT_US: Final = 30 * US_PER_MIN
_SILENT_KM: Final = 30.0
_HASTE: Final = 1.25
"""While nobody heard it a hull made at most so many times the speed that it was heard at (ours)."""
_ASUNDER_DEG: Final = 60.0
"""The two came on ways as different as this: of two that came together and leave together nothing can be told."""
_SWAP_SEEN_US: Final = 4 * US_PER_MIN
_SWAP_SILENT_US: Final = 20 * US_PER_MIN
"""A swap cannot have been missed: at rest a class A set reports every three minutes (ITU-R M.1371-5, table 1), and two looks of ``ways`` lie ten minutes apart."""
_SWAP_APART_US: Final = 15 * US_PER_MIN
_SWAP_OFF_KM: Final = 0.08
_SWAP_OFF_FRAC: Final = 0.6
_SWAP_DRIFT_KN: Final = 1.0
"""Both hop within so long, each to where the other hopped from: within 80 m (of that 60 m of drift at 1 kn in two minutes
without a report) and what both drift between the hops, and by far less than they hopped (ours)."""
_SWAP_CONFIDENCE: Final = 0.9
_UNSEEN_CONFIDENCE: Final = 0.25
_JUMP_KM: Final = 3.0
_JUMP_APART_US: Final = US_PER_H
_JUMP_KN: Final = 30.0
_JUMP_FRAC: Final = 0.5
"""Each is now within 3 km, and 30 kn for the time since, of where the other was, and not half as far from it as from its own place (ours: the track builder gives a
place out from its third report on)."""
ROADSTEAD_KM: Final = 10.0
ROADSTEAD_SHIPS: Final = 3
ROADSTEAD_CONFIDENCE: Final = 0.25
"""Where so many others lie around, ships come and go on many ways, and two of them will fit: information only (ours)."""
_LEAST_LENGTH_M: Final = 60.0
_SHIP_TYPES: Final = range(60, 90)
"""Passenger, cargo and tanker (ITU-R M.1371-5, table 53)."""
_CARGO_TYPES: Final = range(70, 90)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was found of a pair, ``craft`` the lower number; ``attributes`` are what both say of the other now."""

    craft: int
    other: int
    how: str
    start_us: int
    seen_us: int
    confidence: float
    attributes: tuple[str, ...]
    is_hull_crossed: bool | None
    """Whether each number is now aboard the other's hull; None where nobody can tell."""
    places: tuple[tuple[int, float, float], tuple[int, float, float]]
    """Where (time, latitude, longitude) each was last as itself."""
    ways: tuple[tuple[Way, Way], tuple[Way, Way]] | None = None
    """Old and new way of each."""
    swap: tuple[int, float] | None = None
    """When their positions were seen to change places at rest, and how far apart."""
    rests: tuple[tuple[float, float], ...] = ()
    """Where (latitude, longitude) those of them that slowed down lay."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How a ship lay last: since when, the longest time between two reports, and its clearest hop (NaN where it had none)."""

    since_us: float
    gap_us: float
    hop_us: float
    from_lat_deg: float
    from_lon_deg: float
    to_lat_deg: float
    to_lon_deg: float

    @property
    def hop_km(self) -> float:
        """How far it hopped."""
        return distance_km_scalar(self.from_lat_deg, self.from_lon_deg, self.to_lat_deg, self.to_lon_deg)


@dataclass(frozen=True, slots=True)
class Hull:
    """What a ship says of its hull."""

    ship_type: int
    length_m: float
    draught_changed_us: int

    def is_of(self, types: Iterable[int]) -> bool:
        """A ship of some types that is not small; of unknown length the type decides."""
        return self.ship_type in types and not 0.0 < self.length_m < _LEAST_LENGTH_M


class Exchanges:
    """Turns that wait for their pair, and what was stated lately."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._stated: dict[tuple[str, str, str], tuple[int, int]] = {}
        """(attribute, old, new) -> craft, when."""

    def turned(
        self, turns: Sequence[Turn], hull: Callable[[int], Hull], rest: Callable[[int], Rest | None]
    ) -> list[Exchange]:
        """Turns newly complete, at one instant; the pairs they make with each other or with earlier ones.

        ``hull`` is asked by craft, ``rest`` by the key of a turn.
        """
        found = []
        for one in turns:
            if not hull(one.key & CRAFT_MASK).is_of(_SHIP_TYPES):
                continue
            self._turns = [other for other in self._turns if one.new.us - other.new.us <= _WAIT_US][-_MOST_KEPT:]
            for other in self._turns:
                if other.key & CRAFT_MASK == one.key & CRAFT_MASK:
                    continue
                if (pair := _paired(one, other, hull, rest)) is not None:
                    found.append(pair)
            self._turns.append(one)
        return found

    def stated(self, change: Change) -> tuple[int, int] | None:
        """A value newly believed of a craft: the other one that gave it up for this one's, and since when; noted for a day."""
        if not change.old or not change.new:
            return None
        self._stated[change.attribute, change.old, change.new] = (change.craft, change.first_us)
        if len(self._stated) > _MOST_KEPT:
            del self._stated[next(iter(self._stated))]
        other = self._stated.get((change.attribute, change.new, change.old))
        if other is None or other[0] == change.craft or change.seen_us - other[1] > _STATED_US:
            return None
        return other

    def is_taken_back(self, change: Change) -> bool:
        """Whether a craft says again what it gave up for another's value, which had taken its own."""
        mine = self._stated.get((change.attribute, change.new, change.old))
        other = self._stated.get((change.attribute, change.old, change.new))
        return change.back and other is not None and mine is not None and mine[0] == change.craft

    def forget(self, now_us: int) -> None:
        """What nothing can come of any more."""
        self._stated = {key: one for key, one in self._stated.items() if now_us - one[1] <= _STATED_US}
        self._turns = [turn for turn in self._turns if now_us - turn.new.us <= _WAIT_US]

    def forget_craft(self, craft: set[int]) -> None:
        """Nothing of some craft."""
        self._stated = {key: one for key, one in self._stated.items() if one[0] not in craft}
        self._turns = [turn for turn in self._turns if turn.key & CRAFT_MASK not in craft]

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        stated = [[*key, *one] for key, one in self._stated.items()]
        texts = [json.dumps([asdict(turn) for turn in self._turns]), json.dumps(stated)]
        return pa.table({"text": pa.array(texts, pa.string())})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        turns, stated = (json.loads(text) for text in table.column("text").to_pylist())
        self._turns = [Turn(**{**row, "old": Way(**row["old"]), "new": Way(**row["new"])}) for row in turns]
        self._stated = {(row[0], row[1], row[2]): (row[3], row[4]) for row in stated}


def jumped(one: Displaced, other: Displaced) -> Exchange | None:
    """Two craft displaced at one time, each to where the other was and never back."""
    apart_us = abs(one.start_us - other.start_us)
    if apart_us > _JUMP_APART_US or one.back_us > one.start_us or other.back_us > other.start_us:
        return None
    for here, there in ((one, other), (other, one)):
        km = distance_km_scalar(here.first_lat_deg, here.first_lon_deg, there.from_lat_deg, there.from_lon_deg)
        if km > _JUMP_KM + _JUMP_KN * KM_PER_NM * abs(here.start_us - there.from_us) / US_PER_H:
            return None
        if km > _JUMP_FRAC * distance_km_scalar(
            here.from_lat_deg, here.from_lon_deg, here.first_lat_deg, here.first_lon_deg
        ):
            return None
    low, high = sorted((one, other), key=lambda each: each.craft)
    places = tuple((each.from_us, each.from_lat_deg, each.from_lon_deg) for each in (low, high))
    return Exchange(
        low.craft, high.craft, JUMPED, min(one.start_us, other.start_us), max(one.last_us, other.last_us), 0.95, (), True,
        (places[0], places[1]),
    )  # fmt: skip


def _paired(one: Turn, other: Turn, hull: Callable[[int], Hull], rest: Callable[[int], Rest | None]) -> Exchange | None:
    """What two turns are together."""
    if min(one.new.us, other.new.us) < max(one.old.us, other.old.us) - _TOGETHER_US:
        return None
    low, high = sorted((one, other), key=lambda turn: turn.key & CRAFT_MASK)
    hulls = hull(low.key & CRAFT_MASK), hull(high.key & CRAFT_MASK)
    how, confidence, swap = CONTINUED, 0.7, None
    go_on = _goes_on(low.old, high.new) and _goes_on(high.old, low.new)
    if not go_on or _goes_on(low.old, low.new, 2.0) or _goes_on(high.old, high.new, 2.0):
        if abs(difference_deg_scalar(low.old.course_deg, high.old.course_deg)) < _ASUNDER_DEG:
            return None
        how, confidence = PARTED, _parted(low, high)
        if confidence > 0.0:
            swap, confidence = _weighed_by_swap(low, high, rest(low.key), rest(high.key), confidence)
        began_us = min(low.old.us, high.old.us)
        if not all(each.is_of(_CARGO_TYPES) and each.draught_changed_us < began_us for each in hulls):
            return None
    if confidence <= 0.0:
        return None
    start_us = max(low.old.us, high.old.us)
    places = tuple((turn.old.us, turn.old.lat_deg, turn.old.lon_deg) for turn in (low, high))
    return Exchange(
        low.key & CRAFT_MASK, high.key & CRAFT_MASK, how, start_us, max(low.new.us, high.new.us, start_us), confidence, (), True,
        (places[0], places[1]), ((low.old, low.new), (high.old, high.new)), swap,
        tuple((turn.slow_lat_deg, turn.slow_lon_deg) for turn in (low, high) if turn.slow_us > 0),
    )  # fmt: skip


def _weighed_by_swap(
    low: Turn, high: Turn, one: Rest | None, other: Rest | None, confidence: float
) -> tuple[tuple[int, float] | None, float]:
    """The swap of two that parted, if one was seen, and how sure the exchange is by that."""
    if one is None or other is None:
        return None, confidence
    from_us, until_us = max(low.old.us, high.old.us), min(low.new.us, high.new.us)
    hops = min(one.hop_us, other.hop_us) >= from_us and max(one.hop_us, other.hop_us) <= until_us
    if hops and _is_swap(one, other):
        return (int(max(one.hop_us, other.hop_us)), (one.hop_km + other.hop_km) / 2.0), _SWAP_CONFIDENCE
    for turn, rest in ((low, one), (high, other)):
        lay = turn.old.us - US_PER_H <= rest.since_us <= turn.new.us
        if not lay or not rest.gap_us <= _SWAP_SEEN_US or turn.silent_us > _SWAP_SILENT_US:
            return None, confidence
    return None, _UNSEEN_CONFIDENCE


def _is_swap(one: Rest, other: Rest) -> bool:
    """Whether two hopped at about one time, each to where the other had been."""
    apart_us = abs(one.hop_us - other.hop_us)
    if apart_us > _SWAP_APART_US:
        return False
    off_km = _SWAP_OFF_KM + _SWAP_DRIFT_KN * KM_PER_NM * apart_us / US_PER_H
    off_km = min(off_km, _SWAP_OFF_FRAC * min(one.hop_km, other.hop_km))
    return all(
        distance_km_scalar(here.to_lat_deg, here.to_lon_deg, there.from_lat_deg, there.from_lon_deg) <= off_km
        for here, there in ((one, other), (other, one))
    )


def _turned_round(one: Turn, other: Turn) -> bool:
    """Whether each left about where it came from."""
    back = max(abs(difference_deg_scalar(turn.new.course_deg, turn.old.course_deg + 180.0)) for turn in (one, other))
    return back <= 2.0 * _COURSE_DEG


def _goes_on(old: Way, new: Way, room: float = 1.0) -> bool:
    """Whether a hull that kept its way would be where another way begins, on its course and at its speed; ``room`` widens where."""
    hours = (new.us - old.us) / US_PER_H
    if hours < 0.0 or not _alike(old, new, _COURSE_DEG, _SPEED_FRAC):
        return False
    run_km = old.kn * KM_PER_NM * hours
    lat, lon = destination(old.lat_deg, old.lon_deg, old.course_deg, run_km)
    off_km = distance_km_scalar(float(lat), float(lon), new.lat_deg, new.lon_deg)
    return off_km <= room * (_NEAR_KM + _RUN_FRAC * run_km)


def _may_be(old: Way, new: Way) -> bool:
    """Whether a hull was able to come, unheard, from where one way ended to where another begins, and that lies ahead of it.

    Of two that follow each other round the bends of one lane the second comes back where the first had been, and the first where the second could not have come in the time.
    """
    hours = max(new.us - old.us, 0) / US_PER_H
    km = distance_km_scalar(old.lat_deg, old.lon_deg, new.lat_deg, new.lon_deg)
    off_deg = float(bearing_deg(old.lat_deg, old.lon_deg, new.lat_deg, new.lon_deg)) - old.course_deg
    ahead_km = km * math.cos(math.radians(off_deg))
    room_km = _NEAR_KM + _SWAP_DRIFT_KN * KM_PER_NM * hours
    return km <= _NEAR_KM + _HASTE * max(old.kn, new.kn) * KM_PER_NM * hours and ahead_km >= -room_km


def _alike(old: Way, new: Way, course_deg: float, frac: float) -> bool:
    """One course and one speed."""
    turn_deg = abs(difference_deg_scalar(old.course_deg, new.course_deg))
    return turn_deg <= course_deg and abs(old.kn - new.kn) <= frac * max(old.kn, new.kn)


def _parted(one: Turn, other: Turn) -> float:
    """How sure it is that two that lay together left as each other; 0 where nothing speaks for it."""
    if not (
        _alike(one.old, other.new, _PARTED_DEG, _PARTED_FRAC) and _alike(other.old, one.new, _PARTED_DEG, _PARTED_FRAC)
    ):
        return 0.0
    if max(abs(one.old.us - other.old.us), abs(one.new.us - other.new.us)) > _ONE_MEETING_US:
        return 0.0
    slow = min(one.slow_us, other.slow_us) >= _TOGETHER_US
    lay = slow and (
        distance_km_scalar(one.slow_lat_deg, one.slow_lon_deg, other.slow_lat_deg, other.slow_lon_deg) <= _TOGETHER_KM
    )
    silent = min(one.silent_us, other.silent_us) >= _SILENT_US
    if silent and not lay:
        apart_km = distance_km_scalar(one.new.lat_deg, one.new.lon_deg, other.new.lat_deg, other.new.lon_deg)
        silent = apart_km <= _SILENT_KM and _may_be(one.old, other.new) and _may_be(other.old, one.new)
    if not (lay or silent):
        return 0.0
    return 0.4 + (0.15 if silent else 0.0) + (0.0 if _turned_round(one, other) else 0.15)
