"""What was seen of a craft's way: since when it is followed, where it lay, and where it was silent long enough to have been elsewhere.

Papers say where goods are loaded. That no call was seen there proves nothing by itself: a port table has one point for terminals 30 km apart, and receivers
have holes. ``was_away`` answers the question that decides (``tracker.cargo.loading``): *can the craft have been there in that time?* It cannot where

- it was heard from the beginning of that time on,
- it never lay (slower than ``slow_kn``) within ``same_port_km`` of the place, and
- no silence was long enough for the way there and back at ``fastest_kn``.

Kept of every craft are its last position and its last ``KEPT_OF_ALL`` stays and silences, since papers come late and may mean any of them: some 440 bytes a craft. Of a craft that papers
mean ``MOST_KEPT`` are kept. What is older than those dropped counts as not followed. Rows are looked at one by one in time order, slow ones once in ten minutes of event time; so neither
cuts nor the cadence of the watermark change an answer. An answer for an earlier instant uses what was known then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.identity import is_aircraft
from tracker.positions import PositionBatch
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

KEPT_OF_ALL: Final = 6
"""Stays, and silences, kept of any craft (ours: two voyages of a ship that calls at three ports)."""
MOST_KEPT: Final = 32
"""Stays, and silences, kept of a craft that papers mean."""
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
_SHIP_SILENCE_US, _SHIP_SLOW_KN = SHIP.silence_us, SHIP.slow_kn
_AIRCRAFT_SILENCE_US, _AIRCRAFT_SLOW_KN = AIRCRAFT.silence_us, AIRCRAFT.slow_kn


@dataclass(frozen=True, slots=True)
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


_STAY: Final = np.dtype(
    [("since_us", "i8"), ("until_us", "i8"), ("lat_deg", "f4"), ("lon_deg", "f4"), ("is_moored", "?"), ("is_anchored", "?")], align=True
)  # fmt: skip
"""A stay as a record; two metres is near enough for a place."""
_SILENCE: Final = np.dtype(
    [("from_us", "i8"), ("to_us", "i8"), ("lat_deg", "f4"), ("lon_deg", "f4"), ("to_lat_deg", "f4"), ("to_lon_deg", "f4")], align=True
)  # fmt: skip


class _Rows(NamedTuple):
    """Columns of positions in event-time order, one value a row."""

    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    nav_status: NDArray[np.uint8]
    is_air: NDArray[np.bool_]


class _Gone(NamedTuple):
    """What is pushed out by newer ones: a row of positions, and what it pushed out; as long as there are rows, of which the first are used."""

    row: NDArray[np.int64]
    what: NDArray[Any]

    @classmethod
    def room(cls, length: int, kind: np.dtype[Any]) -> _Gone:
        """For so many."""
        return cls(np.empty(length, dtype=np.int64), np.empty(length, dtype=kind))


@numba.njit(cache=True, nogil=True)
def _push(kept: Any, count: int) -> int:
    """Room at the end of a row of records in the order of time, of which the oldest goes where it is full; where the new one belongs."""
    if count < len(kept):
        return count
    for k in range(len(kept) - 1):
        kept[k] = kept[k + 1]
    return len(kept) - 1


@numba.njit(cache=True, nogil=True)
def _follow(slots: Any, rows: Any, ways: Any, stays: Any, silences: Any, gone_stays: Any, gone_silences: Any) -> Any:
    """Follow craft over some positions; how many stays and silences were pushed out.

    Parameters
    ----------
    slots:
        Of each row the craft's place in ``ways``, ``stays`` and ``silences`` (int32).
    rows:
        ``_Rows``.
    ways:
        What is known of each craft, a record each (``Following``); ``stays`` and ``silences`` have ``KEPT_OF_ALL`` records each.
    """
    stays_gone = silences_gone = 0
    for i in range(len(slots)):
        way = ways[slots[i]]
        time_us, lat_deg, lon_deg, is_air = rows.time_us[i], rows.lat_deg[i], rows.lon_deg[i], rows.is_air[i]
        if way.last_us == _NEVER_US:
            way.first_us = time_us
        elif time_us - way.last_us > (_AIRCRAFT_SILENCE_US if is_air else _SHIP_SILENCE_US):
            kept = silences[slots[i]]
            if way.silences == KEPT_OF_ALL:
                gone_silences.row[silences_gone] = i
                gone_silences.what[silences_gone] = kept[0]
                silences_gone += 1
            at = _push(kept, way.silences)
            way.silences = at + 1
            kept[at].from_us, kept[at].to_us = way.last_us, time_us
            kept[at].lat_deg, kept[at].lon_deg = way.lat_deg, way.lon_deg
            kept[at].to_lat_deg, kept[at].to_lon_deg = lat_deg, lon_deg
        way.last_us, way.lat_deg, way.lon_deg = time_us, lat_deg, lon_deg
        if rows.speed_kn[i] > (_AIRCRAFT_SLOW_KN if is_air else _SHIP_SLOW_KN) or time_us // _LOOK_US <= way.looked:
            continue
        way.looked = time_us // _LOOK_US
        kept, at = stays[slots[i]], way.stays - 1
        if (
            at < 0
            or time_us - kept[at].until_us > _STAY_ENDS_US
            or distance_km_scalar(kept[at].lat_deg, kept[at].lon_deg, lat_deg, lon_deg) > _SAME_STAY_KM
        ):
            if way.stays == KEPT_OF_ALL:
                gone_stays.row[stays_gone] = i
                gone_stays.what[stays_gone] = kept[0]
                stays_gone += 1
            at = _push(kept, way.stays)
            way.stays = at + 1
            kept[at].since_us, kept[at].lat_deg, kept[at].lon_deg = time_us, lat_deg, lon_deg
            kept[at].is_moored, kept[at].is_anchored = False, False
        kept[at].until_us = time_us
        if rows.nav_status[i] == _MOORED:
            kept[at].is_moored = True
        elif rows.nav_status[i] == _AT_ANCHOR:
            kept[at].is_anchored = True
    return stays_gone, silences_gone


class _Kept:
    """Stays, or silences: of every craft the last ones in columns, of craft that papers mean older ones, too.

    Parameters
    ----------
    kind:
        What is kept, as a record.
    name, ends:
        Its name, which is that of its count in the ways, and the field of the instant at which one ended.
    """

    def __init__(self, kind: np.dtype[Any], name: str, ends: str) -> None:
        self.kind, self.name, self._ends = kind, name, ends
        self.last = np.zeros((0, KEPT_OF_ALL), dtype=kind)
        self.older: dict[int, list[tuple[Any, ...]]] = {}

    def room(self, slots: int) -> None:
        """As many rows as there are slots."""
        if len(self.last) < slots:
            more = np.zeros((slots - len(self.last), KEPT_OF_ALL), dtype=self.kind)
            self.last = np.concatenate([self.last, more])

    def of(self, craft: int, slot: int, count: int) -> list[tuple[Any, ...]]:
        """Those of a craft, in the order of time."""
        last: list[tuple[Any, ...]] = self.last[slot, :count].tolist()
        return [*self.older.get(craft, ()), *last]

    def push_out(
        self, gone: _Gone, count: int, rows: PositionBatch, since_us: Mapping[int, int]
    ) -> tuple[list[int], list[int]]:
        """Keep what was pushed out of craft that papers meant by then; the craft of which something is dropped, and since when each is followed without it."""
        crafts, known_us = rows.craft[gone.row[:count]].tolist(), rows.time_us[gone.row[:count]].tolist()
        dropped: tuple[list[int], list[int]] = [], []
        ends = self.kind.names.index(self._ends) if self.kind.names else 0
        for craft, now_us, pushed in zip(crafts, known_us, gone.what[:count].tolist(), strict=True):
            oldest = pushed
            if now_us >= since_us.get(craft, now_us + 1):
                older = self.older.setdefault(craft, [])
                older.append(pushed)
                if len(older) <= MOST_KEPT - KEPT_OF_ALL:
                    continue
                oldest = older.pop(0)
            dropped[0].append(craft)
            dropped[1].append(min(oldest[ends] + 1, now_us))
        return dropped

    def forget(self, state: KeyedState, before_us: int) -> None:
        """Drop what ended before an instant."""
        self.room(len(state.keys))
        ends = self.kind.names.index(self._ends) if self.kind.names else 0
        self.older = {
            craft: left
            for craft, older in self.older.items()
            if (left := [one for one in older if one[ends] >= before_us])
        }
        counts = state[self.name]
        held = np.arange(KEPT_OF_ALL) < counts[:, None]
        over = (held & (self.last[self._ends] < before_us)).sum(axis=1).astype(counts.dtype)
        over[~state.alive_mask] = 0
        for number in range(1, KEPT_OF_ALL + 1):
            mine = np.flatnonzero(over == number)
            self.last[mine, : KEPT_OF_ALL - number] = self.last[mine, number:]
        counts -= over

    def drop(self, crafts: Sequence[int]) -> None:
        """Keep nothing older of some craft."""
        for craft in crafts:
            self.older.pop(craft, None)

    def capture(self, state: KeyedState) -> LaterTable:
        """All of them at this instant, ordered by craft and time when called."""
        self.room(len(state.keys))
        held = (np.arange(KEPT_OF_ALL) < state[self.name][:, None]) & state.alive_mask[:, None]
        crafts = np.repeat(state.keys, held.sum(axis=1))
        older = [(craft, one) for craft, ones in self.older.items() for one in ones]
        what = np.concatenate([np.array([one for _, one in older], dtype=self.kind), self.last[held]])
        return partial(_table, np.concatenate([np.array([craft for craft, _ in older], dtype=np.int64), crafts]), what)

    def restore(self, table: pa.Table, state: KeyedState) -> None:
        """The inverse of :meth:`capture`, of craft that have their slots by now."""
        self.room(len(state.keys))
        crafts = table.column("craft").to_numpy()
        what = np.empty(len(crafts), dtype=self.kind)
        for name in self.kind.names or ():
            what[name] = table.column(name).to_numpy()
        first = np.flatnonzero(np.r_[True, crafts[1:] != crafts[:-1]]) if len(crafts) else np.zeros(0, dtype=np.int64)
        counts = np.diff(np.r_[first, len(crafts)])
        older = np.repeat(np.maximum(counts - KEPT_OF_ALL, 0), counts)
        at = np.arange(len(crafts)) - np.repeat(first, counts) - older
        self.last[state.find(crafts)[at >= 0], at[at >= 0]] = what[at >= 0]
        for row in np.flatnonzero(at < 0).tolist():
            self.older.setdefault(int(crafts[row]), []).append(what[row].item())


class Following:
    """The ways of all craft.

    Parameters
    ----------
    is_asked:
        False where there are no papers and none will come: then nothing is followed.
    """

    def __init__(self, is_asked: bool = True) -> None:
        self._is_asked = is_asked
        self._since_us: dict[int, int] = {}
        """Since when papers mean each craft: what is pushed out from then on is kept."""
        self._state = KeyedState(
            {
                "first_us": ("i8", _NEVER_US),
                "last_us": ("i8", _NEVER_US),
                "lat_deg": ("f8", np.nan),
                "lon_deg": ("f8", np.nan),
                "looked": ("i8", _NEVER_US),
                "dropped_us": ("i8", _NEVER_US),
                "stays": ("u1", 0),
                "silences": ("u1", 0),
            }
        )
        self._stays = _Kept(_STAY, "stays", "until_us")
        self._silences = _Kept(_SILENCE, "silences", "to_us")

    @property
    def nbytes(self) -> int:
        """Memory held of all craft, in bytes."""
        return self._state.nbytes + self._stays.last.nbytes + self._silences.last.nbytes

    def want(self, craft: int, since_us: int) -> None:
        """Keep more of a craft from an instant on; the earliest one named holds."""
        if since_us < self._since_us.get(craft, since_us + 1):
            self._since_us[craft] = since_us

    def observe(self, rows: PositionBatch) -> None:
        """Positions in event-time order."""
        if not self._is_asked or not len(rows):
            return
        here = rows.has_position
        if not here.all():
            rows = rows.take(here)
        slots, length = self._state.slots(rows.craft), len(rows)
        self._stays.room(len(self._state.keys))
        self._silences.room(len(self._state.keys))
        gone_stays, gone_silences = _Gone.room(length, _STAY), _Gone.room(length, _SILENCE)
        columns = _Rows(
            rows.time_us, rows.lat_deg, rows.lon_deg, rows.speed_kn, rows.nav_status, is_aircraft(rows.craft)
        )
        counts = _follow(
            slots, columns, self._state.records, self._stays.last, self._silences.last, gone_stays, gone_silences
        )
        for kept, gone, count in zip((self._stays, self._silences), (gone_stays, gone_silences), counts, strict=True):
            crafts, dropped_us = kept.push_out(gone, count, rows, self._since_us)
            if crafts:
                at = self._state.find(np.array(crafts, dtype=np.int64))
                np.maximum.at(self._state["dropped_us"], at, np.array(dropped_us, dtype=np.int64))

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
        silences = self._silences_until(craft, known_us, pace)
        return not any(
            one.to_us > from_us and _may_have_come(one, lat_deg, lon_deg, near_km, pace.fastest_kn) for one in silences
        )

    def may_have_called(
        self, craft: int, lat_deg: float, lon_deg: float, from_us: int, known_us: int, near_km: float
    ) -> bool:
        """Whether a silence that ended after an instant was long enough to come to a place, work cargo there and come to where the craft was heard again."""
        pace = AIRCRAFT if is_aircraft(craft) else SHIP
        return any(
            one.to_us > from_us
            and not math.isnan(one.to_lat_deg)
            and _may_have_come(one, lat_deg, lon_deg, near_km, pace.fastest_kn, working_us=pace.silence_us)
            for one in self._silences_until(craft, known_us, pace)
        )

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
            for stay in self.stays_of(craft)
            if stay.since_us <= known_us and distance_km_scalar(stay.lat_deg, stay.lon_deg, lat_deg, lon_deg) <= near_km
        ]

    def stays_of(self, craft: int) -> list[Stay]:
        """The stays kept of a craft, in the order of time."""
        return [Stay(*one) for one in self._of(self._stays, craft)]

    def silences_of(self, craft: int) -> list[Silence]:
        """The silences kept of a craft, in the order of time; the one still going on is not among them."""
        return [Silence(*one) for one in self._of(self._silences, craft)]

    def _of(self, kept: _Kept, craft: int) -> list[tuple[Any, ...]]:
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        return [] if slot < 0 else kept.of(craft, slot, int(self._state[kept.name][slot]))

    def lies_there_still(self, craft: int, stay: Stay, known_us: int) -> bool:
        """Whether a stay had not ended at an instant: nothing was heard of the craft under way, or elsewhere, since."""
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        last_us = min(int(self._state["last_us"][slot]), known_us)
        return last_us - stay.until_us <= 2 * _LOOK_US

    def _silences_until(self, craft: int, known_us: int, pace: Pace) -> list[Silence]:
        """Silences that had begun by an instant; the one still going on has no end yet."""
        found = []
        for silence in self.silences_of(craft):
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
        self._stays.forget(state, before_us)
        self._silences.forget(state, before_us)
        alive = state.alive()
        state["dropped_us"][alive] = np.maximum(state["dropped_us"][alive], before_us)

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Follow some craft no longer."""
        self._drop(craft)
        for one in craft.tolist():
            self._since_us.pop(one, None)

    def _drop(self, craft: NDArray[np.int64]) -> None:
        """Forget the ways of some craft."""
        self._state.forget_keys(craft)
        self._stays.drop(craft.tolist())
        self._silences.drop(craft.tolist())

    def tables(self) -> dict[str, pa.Table | LaterTable]:
        """Everything as Arrow, ordered by craft."""
        wanted = sorted(self._since_us.items())
        return {
            "ways": self._state.capture(),
            "followed": pa.table(
                {
                    "craft": pa.array([craft for craft, _ in wanted], pa.int64()),
                    "since_us": pa.array([since_us for _, since_us in wanted], pa.int64()),
                }
            ),
            "stays": self._stays.capture(self._state),
            "silences": self._silences.capture(self._state),
        }

    def restore(self, tables: Mapping[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        self._state.restore_arrow(tables["ways"])
        for row in tables["followed"].to_pylist():
            self.want(row["craft"], row["since_us"])
        self._stays.restore(tables["stays"], self._state)
        self._silences.restore(tables["silences"], self._state)


def _beyond_km(lat_deg: float, lon_deg: float, to_lat_deg: float, to_lon_deg: float, near_km: float) -> float:
    """The way to within ``near_km`` of a place."""
    return max(0.0, float(distance_km_scalar(lat_deg, lon_deg, to_lat_deg, to_lon_deg)) - near_km)


def _may_have_come(
    silence: Silence, lat_deg: float, lon_deg: float, near_km: float, fastest_kn: float, working_us: int = 0
) -> bool:
    """Whether a silence was long enough for the way to a place, for work there, and for the way to where the craft was heard again, if it was."""
    way_km = _beyond_km(silence.lat_deg, silence.lon_deg, lat_deg, lon_deg, near_km)
    if not math.isnan(silence.to_lat_deg):
        way_km += _beyond_km(silence.to_lat_deg, silence.to_lon_deg, lat_deg, lon_deg, near_km)
    return way_km <= fastest_kn * KM_PER_NM * (silence.to_us - silence.from_us - working_us) / US_PER_H


def _table(crafts: NDArray[np.int64], what: NDArray[Any]) -> pa.Table:
    """Records of craft as Arrow, ordered by craft, and of each as they come."""
    order = np.argsort(crafts, kind="stable")
    columns = {name: pa.array(what[name][order]) for name in what.dtype.names or ()}
    return pa.table({"craft": pa.array(crafts[order]), **columns})
