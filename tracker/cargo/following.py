"""What was seen of a craft's way: since when it is followed, where it lay, and where it was silent long enough to have been elsewhere.

Papers say where goods are loaded. That no call was seen there proves nothing by itself: a port table has one point for terminals 30 km apart, and receivers
have holes. ``was_away`` answers the question that decides (``tracker.cargo.loading``): *can the craft have been there in that time?* It cannot where

- it was heard from the beginning of that time on,
- it never lay (slower than ``slow_kn``) within ``same_port_km`` of the place, and
- no silence was long enough for the way there and back at ``fastest_kn``.

Kept of a craft are its last position, and the last ``MOST_KEPT`` stays and silences; what is older than those dropped counts as not followed. Only craft that papers
mean are followed, each from the instant at which it was recognised. Rows are looked at one by one in time order, slow ones once in ten minutes of event time; so neither
cuts nor the cadence of the watermark change an answer. An answer for an earlier instant uses what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from tracker.identity import is_aircraft
from tracker.positions import PositionBatch
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

MOST_KEPT: Final = 32
"""Stays, and silences, kept of one craft."""
_NEVER_US: Final = -(1 << 62)
_LOOK_US: Final = 10 * US_PER_MIN
"""A slow craft is looked at once in so long a time."""
_SAME_STAY_KM: Final = 3.0
"""A slow craft further from where its stay began lies elsewhere by now (ours: the port calls' ``enter_km``)."""
_AT_ANCHOR: Final = 1
_MOORED: Final = 5
"""Navigational status, ITU-R M.1371-5 table 45."""
_STAY_ENDS_US: Final = 3 * US_PER_H
"""A craft not seen slow for so long has ended its stay (ours: a ship at anchor is heard every three minutes, and drops out for an hour or two)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a ship, or an aircraft, can do."""

    silence_us: int
    """A shorter silence hides no call: berthing, working cargo and sailing, or landing and taking off, take longer."""
    fastest_kn: float
    slow_kn: float


SHIP: Final = Pace(2 * US_PER_H, 25.0, 1.0)
"""Ours: no cargo is worked within two hours of the last report under way; container ships make 25 kn; who goes slower than 1 kn lies or drifts."""
AIRCRAFT: Final = Pace(15 * US_PER_MIN, 550.0, 50.0)
"""Ours: nobody lands, loads and takes off in a quarter of an hour; 550 kn is an airliner with the wind; 50 kn as in ``tracker.voyages.port_calls``."""


@dataclass(slots=True)
class Stay:
    """Where a craft lay slow, from when to when, and whether it said that it was moored, or at anchor, there."""

    since_us: int
    until_us: int
    lat_deg: float
    lon_deg: float
    is_moored: bool = False
    is_anchored: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was heard between two positions."""

    from_us: int
    to_us: int
    lat_deg: float
    lon_deg: float
    to_lat_deg: float
    to_lon_deg: float


class Following:
    """The ways of the craft that papers mean."""

    def __init__(self) -> None:
        self._since_us: dict[int, int] = {}
        """When each craft was recognised: rows before are not looked at."""
        self._wanted: NDArray[np.int64] | None = None
        self._state = KeyedState(
            {
                "first_us": ("i8", _NEVER_US),
                "last_us": ("i8", _NEVER_US),
                "lat_deg": ("f8", np.nan),
                "lon_deg": ("f8", np.nan),
                "looked": ("i8", _NEVER_US),
                "dropped_us": ("i8", _NEVER_US),
            }
        )
        self._stays: dict[int, list[Stay]] = defaultdict(list)
        self._silences: dict[int, list[Silence]] = defaultdict(list)

    def want(self, craft: int, since_us: int) -> None:
        """Follow a craft from an instant on; the earliest one named holds."""
        if since_us < self._since_us.get(craft, since_us + 1):
            self._since_us[craft] = since_us
            self._wanted = None

    def observe(self, rows: PositionBatch) -> None:
        """Positions in event-time order."""
        if not self._since_us or not len(rows):
            return
        if self._wanted is None:
            self._wanted = np.array(sorted(self._since_us), dtype=np.int64)
        at = np.minimum(np.searchsorted(self._wanted, rows.craft), len(self._wanted) - 1)
        mine = np.flatnonzero((self._wanted[at] == rows.craft) & rows.has_position)
        if not len(mine):
            return
        since_us = np.array([self._since_us[craft] for craft in self._wanted.tolist()], dtype=np.int64)
        mine = mine[rows.time_us[mine] >= since_us[at[mine]]]
        mine = mine[np.argsort(rows.craft[mine], kind="stable")]
        if len(mine):
            self._take(
                rows.craft[mine], rows.time_us[mine], rows.lat_deg[mine], rows.lon_deg[mine], rows.speed_kn[mine],
                rows.nav_status[mine],
            )  # fmt: skip

    def _take(
        self, craft: NDArray[np.int64], time_us: NDArray[np.int64], lat_deg: NDArray[np.float64],
        lon_deg: NDArray[np.float64], speed_kn: NDArray[np.float32], nav_status: NDArray[np.uint8],
    ) -> None:  # fmt: skip
        """Rows ordered by craft, then time."""
        slots, state = self._state.slots(craft), self._state
        first = np.r_[True, craft[1:] != craft[:-1]]
        last = np.r_[first[1:], True]
        air = is_aircraft(craft)
        before_us = _before(time_us, state["last_us"][slots], first)
        before_lat, before_lon = (
            _before(now, state[name][slots], first) for now, name in ((lat_deg, "lat_deg"), (lon_deg, "lon_deg"))
        )
        new = before_us == _NEVER_US
        state["first_us"][slots[new]] = time_us[new]
        for i in np.flatnonzero(~new & (time_us - before_us > np.where(air, AIRCRAFT.silence_us, SHIP.silence_us))):
            silence = Silence(
                int(before_us[i]), int(time_us[i]), float(before_lat[i]), float(before_lon[i]), float(lat_deg[i]), float(lon_deg[i])
            )  # fmt: skip
            self._keep(int(craft[i]), self._silences[int(craft[i])], silence, silence.to_us)
        with np.errstate(invalid="ignore"):
            slow = np.flatnonzero(~(speed_kn > np.where(air, AIRCRAFT.slow_kn, SHIP.slow_kn)))
        if len(slow):
            look, mine = time_us[slow] // _LOOK_US, slots[slow]
            first_slow = np.r_[True, mine[1:] != mine[:-1]]
            looked = _before(look, state["looked"][mine], first_slow)
            for i in slow[look > looked]:
                self._lies(
                    int(craft[i]), int(time_us[i]), float(lat_deg[i]), float(lon_deg[i]), int(nav_status[i])
                )  # fmt: skip
            ends = np.r_[first_slow[1:], True]
            state["looked"][mine[ends]] = look[ends]
        state["last_us"][slots[last]] = time_us[last]
        state["lat_deg"][slots[last]] = lat_deg[last]
        state["lon_deg"][slots[last]] = lon_deg[last]

    def _lies(self, craft: int, time_us: int, lat_deg: float, lon_deg: float, nav_status: int) -> None:
        """A craft is slow somewhere."""
        is_moored, is_anchored = nav_status == _MOORED, nav_status == _AT_ANCHOR
        stays = self._stays[craft]
        stay = stays[-1] if stays else None
        if (
            stay is not None
            and time_us - stay.until_us <= _STAY_ENDS_US
            and distance_km_scalar(stay.lat_deg, stay.lon_deg, lat_deg, lon_deg) <= _SAME_STAY_KM
        ):
            stay.until_us = time_us
            stay.is_moored |= is_moored
            stay.is_anchored |= is_anchored
        else:
            self._keep(craft, stays, Stay(time_us, time_us, lat_deg, lon_deg, is_moored, is_anchored), time_us)

    def _keep(self, craft: int, kept: list[Any], new: Stay | Silence, now_us: int) -> None:
        """One more of a craft; of too many the oldest is dropped, and the craft counts as followed only since."""
        kept.append(new)
        if len(kept) > MOST_KEPT:
            gone = kept.pop(0)
            slot = self._state.slots(np.array([craft], dtype=np.int64))
            ended_us = gone.until_us if isinstance(gone, Stay) else gone.to_us
            self._state["dropped_us"][slot] = max(int(self._state["dropped_us"][slot[0]]), min(ended_us + 1, now_us))

    def followed_since(self, craft: int, known_us: int) -> int | None:
        """The instant from which on it is known where a craft was, as far as it was heard; None where it was not heard by ``known_us``."""
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0:
            return None
        first_us = max(int(self._state["first_us"][slot]), int(self._state["dropped_us"][slot]))
        return first_us if first_us <= known_us else None

    def was_away(self, craft: int, lat_deg: float, lon_deg: float, from_us: int, known_us: int, near_km: float) -> bool:
        """Whether a craft cannot have been at a place between an instant and the one at which that is asked."""
        since_us = self.followed_since(craft, known_us)
        if since_us is None or since_us > from_us or self.lay_near(craft, lat_deg, lon_deg, from_us, known_us, near_km):
            return False
        pace = AIRCRAFT if is_aircraft(craft) else SHIP
        for silence in self._silences_until(craft, known_us, pace):
            if silence.to_us <= from_us:
                continue
            way_km = _beyond_km(silence.lat_deg, silence.lon_deg, lat_deg, lon_deg, near_km)
            if silence.to_lat_deg == silence.to_lat_deg:
                way_km += _beyond_km(silence.to_lat_deg, silence.to_lon_deg, lat_deg, lon_deg, near_km)
            if way_km <= pace.fastest_kn * KM_PER_NM * (silence.to_us - silence.from_us) / US_PER_H:
                return False
        return True

    def lay_near(
        self, craft: int, lat_deg: float, lon_deg: float, from_us: int, known_us: int, near_km: float
    ) -> Stay | None:
        """The last stay of a craft near a place that had not ended at an instant, as known at a later one."""
        stays = self.stays_near(craft, lat_deg, lon_deg, known_us, near_km)
        return stays[-1] if stays and stays[-1].until_us >= from_us else None

    def stays_near(self, craft: int, lat_deg: float, lon_deg: float, known_us: int, near_km: float) -> list[Stay]:
        """Stays of a craft near a place, as known at an instant."""
        return [
            replace(stay, until_us=min(stay.until_us, known_us))
            for stay in self._stays.get(craft, ())
            if stay.since_us <= known_us and distance_km_scalar(stay.lat_deg, stay.lon_deg, lat_deg, lon_deg) <= near_km
        ]

    def lies_there_still(self, craft: int, stay: Stay, known_us: int) -> bool:
        """Whether a stay had not ended at an instant: nothing was heard of the craft under way, or elsewhere, since."""
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        last_us = min(int(self._state["last_us"][slot]), known_us)
        return last_us - stay.until_us <= 2 * _LOOK_US

    def _silences_until(self, craft: int, known_us: int, pace: Pace) -> list[Silence]:
        """Silences that had begun by an instant; the one still going on has no end yet."""
        found = []
        for silence in self._silences.get(craft, ()):
            if silence.to_us <= known_us:
                found.append(silence)
            elif silence.from_us < known_us:
                found.append(
                    Silence(silence.from_us, known_us, silence.lat_deg, silence.lon_deg, float("nan"), float("nan"))
                )
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        last_us = int(self._state["last_us"][slot])
        if known_us - last_us > pace.silence_us:
            lat_deg, lon_deg = float(self._state["lat_deg"][slot]), float(self._state["lon_deg"][slot])
            found.append(Silence(last_us, known_us, lat_deg, lon_deg, float("nan"), float("nan")))
        return found

    def forget(self, before_us: int) -> None:
        """Drop what ended before an instant, and craft not heard since."""
        state = self._state
        alive = state.alive()
        self._drop(state.keys[alive[state["last_us"][alive] < before_us]])
        for craft, stays in self._stays.items():
            self._stays[craft] = [stay for stay in stays if stay.until_us >= before_us]
        for craft, silences in self._silences.items():
            self._silences[craft] = [silence for silence in silences if silence.to_us >= before_us]
        alive = state.alive()
        state["dropped_us"][alive] = np.maximum(state["dropped_us"][alive], before_us)

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Follow some craft no longer."""
        self._drop(craft)
        for one in craft.tolist():
            self._since_us.pop(one, None)
        self._wanted = None

    def _drop(self, craft: NDArray[np.int64]) -> None:
        """Forget the ways of some craft."""
        self._state.forget_keys(craft)
        for one in craft.tolist():
            self._stays.pop(one, None)
            self._silences.pop(one, None)

    def tables(self) -> dict[str, pa.Table]:
        """Everything as Arrow, ordered by craft."""
        wanted = sorted(self._since_us.items())
        return {
            "ways": self._state.to_arrow(),
            "followed": pa.table(
                {
                    "craft": pa.array([craft for craft, _ in wanted], pa.int64()),
                    "since_us": pa.array([since_us for _, since_us in wanted], pa.int64()),
                }
            ),
            "stays": _table(self._stays, Stay),
            "silences": _table(self._silences, Silence),
        }

    def restore(self, tables: Mapping[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        self._state.restore_arrow(tables["ways"])
        for row in tables["followed"].to_pylist():
            self.want(row["craft"], row["since_us"])
        for row in tables["stays"].to_pylist():
            self._stays[row.pop("craft")].append(Stay(**row))
        for row in tables["silences"].to_pylist():
            self._silences[row.pop("craft")].append(Silence(**row))


def _before(values: NDArray[Any], known: NDArray[Any], first: NDArray[np.bool_]) -> NDArray[Any]:
    """The value before each row's own: the one of the row before, or what is known of the craft at its first row."""
    before = np.empty_like(known)
    before[1:] = values[:-1]
    before[first] = known[first]
    return before


def _beyond_km(lat_deg: float, lon_deg: float, to_lat_deg: float, to_lon_deg: float, near_km: float) -> float:
    """The way to within ``near_km`` of a place."""
    return max(0.0, float(distance_km_scalar(lat_deg, lon_deg, to_lat_deg, to_lon_deg)) - near_km)


def _table(kept: Mapping[int, list[Any]], kind: type[Stay] | type[Silence]) -> pa.Table:
    rows = [(craft, *astuple(one)) for craft in sorted(kept) for one in kept[craft]]
    types = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    columns = {"craft": pa.int64(), **{field.name: types[str(field.type)] for field in fields(kind)}}
    arrays = [pa.array([row[i] for row in rows], type_) for i, type_ in enumerate(columns.values())]
    return pa.table(arrays, names=list(columns))
