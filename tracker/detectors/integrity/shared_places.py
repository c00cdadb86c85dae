"""Several craft at exactly one coordinate: no place but a value that some program puts in place of one, a fault of the feed.

Receivers differ by metres wherever craft lie: a coordinate told to a metre or finer (over four decimals, as AIS's own 1/600,000 deg), or in whole degrees
as people write defaults, that ``CRAFT`` craft give within ``WITHIN_US`` is not where any of them is. From the row of the last of them on, rows with it are
heard without a position: no encounter, loitering or port call comes of them. It is told once, as the event ``integrity``, detail ``shared_place``. Between one and
four decimals (11 m to 11 km), in hundredths of a minute (18 m: receivers that give no more) and in seconds of arc craft share coordinates in earnest, in a
harbour or an anchorage: there nothing is judged. Two craft that share one are a tug's two transponders on one receiver.

Rows that are displaced already (``tracker.tracks.segments``) are nobody's place anyhow, and none is judged but in whole degrees: under one spoofer all receivers show one place at one
instant, and it moves. That is told as ``mass_displacement``.

Coordinates are remembered in a table of ``_SLOTS`` places, each overwritten by the next coordinate that falls there: a coordinate that keeps coming back is
found all the same, and memory does not grow. ``MOST`` found ones are kept, the one not seen for longest gives way.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype, state_columns
from streams.snapshot import Later, pack_later, unpack
from tracker.decode.snapshots import matrix_of, matrix_table
from tracker.detectors.integrity.finding import VERSION, Finding, finding
from tracker.detectors.integrity.open_findings import OpenFindings
from tracker.detectors.wording import position_text
from tracker.events import Event, Rule
from tracker.identity import craft_text, is_one_of
from tracker.positions import PositionBatch
from tracker.schema import read_only
from tracker.tracks.kinds import is_fixed_station
from tracker.units import US_PER_H

CRAFT: Final = 3
WITHIN_US: Final = US_PER_H
MOST: Final = 1_024
_SLOTS: Final = 1 << 13
_LAYOUT: Final = 1
_EMPTY: Final = -1


class _Rows(NamedTuple):
    """Rows in time order, as ``PositionBatch`` names them; each shape (n,)."""

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    craft: NDArray[np.int64]
    time_us: NDArray[np.int64]


class _Place:
    """A coordinate, and the first two craft that gave it."""

    lat_deg: float = math.nan
    lon_deg: float = math.nan
    first_craft: int = _EMPTY
    second_craft: int = _EMPTY
    time_us: int = _EMPTY


class _Known:
    """A coordinate that is none, and when it was given last."""

    time_us: int = _EMPTY
    lat_deg: float = math.nan
    lon_deg: float = math.nan


_ROW, _FIRST, _SECOND = 0, 1, 2
"""Columns of what is told."""


@njit(cache=True, nogil=True)
def _is_telling(value: float) -> bool:
    """Whether a coordinate is fine enough, or so round, that craft do not share it by chance."""
    steps, minutes, seconds = value * 10_000.0, value * 6_000.0, value * 3_600.0
    if abs(minutes - np.rint(minutes)) < 0.005 or abs(seconds - np.rint(seconds)) < 0.004:
        return False
    return abs(steps - np.rint(steps)) > 1e-5


@njit(cache=True, nogil=True)
def _sift(
    rows: _Rows, places: NDArray[np.void], known: NDArray[np.void], taken: NDArray[np.bool_], told: NDArray[np.int64]
) -> int:
    """Marks in ``taken`` the rows whose position is none; ``told[k]`` is a row that found a coordinate, with its two earlier craft."""
    rows = borrowed(rows)
    count = 0
    for i in range(len(rows.craft)):
        y, x, craft, time_us = rows.lat_deg[i], rows.lon_deg[i], rows.craft[i], rows.time_us[i]
        whole = y == np.rint(y) and x == np.rint(x)
        if np.isnan(y) or not (whole or (_is_telling(y) and _is_telling(x))):
            continue
        mixed = np.int64(y * 6e6) * 0x9E3779B1 + np.int64(x * 6e6) * 0x85EBCA77
        for k in range(len(known)):
            one: _Known = known[k]
            if one.time_us == _EMPTY:
                break
            if one.lat_deg == y and one.lon_deg == x:
                taken[i] = True
                one.time_us = time_us
                break
        if taken[i]:
            continue
        place: _Place = places[((mixed >> 13) ^ (mixed >> 31)) & (_SLOTS - 1)]
        if place.lat_deg != y or place.lon_deg != x or time_us - place.time_us > WITHIN_US:
            place.lat_deg, place.lon_deg = y, x
            place.first_craft, place.second_craft = craft, _EMPTY
        elif craft not in (place.first_craft, place.second_craft):
            if place.second_craft == _EMPTY:
                place.second_craft = craft
            else:
                taken[i] = True
                told[count, _ROW], told[count, _FIRST], told[count, _SECOND] = i, place.first_craft, place.second_craft
                count += 1
                oldest = 0
                for k in range(len(known)):
                    if known[k].time_us < known[oldest].time_us:
                        oldest = k
                    if known[k].time_us == _EMPTY:
                        oldest = k
                        break
                known[oldest].lat_deg, known[oldest].lon_deg = y, x
                known[oldest].time_us = time_us
        place.time_us = time_us
    return count


def _blank(record: type, count: int) -> NDArray[np.void]:
    """So many records with the defaults of their class."""
    records = np.zeros(count, record_dtype(record))
    for name, (_, default) in state_columns(record).items():
        records[name] = default
    return records


class SharedPlaces:
    """Takes positions that are none from the rows of a timeline, in event-time order."""

    def __init__(self) -> None:
        self._places, self._known = _blank(_Place, _SLOTS), _blank(_Known, MOST)
        rule = Rule("integrity", VERSION, {"shared_place_craft": CRAFT, "shared_place_h": WITHIN_US / US_PER_H})
        self._open = OpenFindings(rule, {"": 0}, 0)

    def sift(self, rows: PositionBatch) -> tuple[PositionBatch, list[Event]]:
        """The rows, without the positions that several craft share, and what was found."""
        with np.errstate(invalid="ignore"):
            whole = (rows.lat_deg == np.rint(rows.lat_deg)) & (rows.lon_deg == np.rint(rows.lon_deg))
        judged = np.flatnonzero(~np.isnan(rows.lat_deg) & ~is_fixed_station(rows.craft) & (~rows.is_displaced | whole))
        if not len(judged):
            return rows, []
        taken = np.zeros(len(judged), dtype=np.bool_)
        told = np.empty((len(judged), 3), dtype=np.int64)
        columns = _Rows(*(read_only(getattr(rows, name)[judged]) for name in _Rows._fields))
        count = _sift(columns, self._places, self._known, taken, told)
        if not taken.any():
            return rows, []
        events: list[Event] = []
        for row, first, second in told[:count].tolist():
            lat, lon, craft, time_us = (column[row].item() for column in columns)
            events += self._open.enter(_shared_place((first, second, craft), time_us, lat, lon), time_us)
        lat_deg, lon_deg = rows.lat_deg.copy(), rows.lon_deg.copy()
        lat_deg[judged[taken]] = lon_deg[judged[taken]] = np.nan
        return rows.with_columns(lat_deg=lat_deg, lon_deg=lon_deg), events

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        places = self._places
        named = is_one_of(places["first_craft"], craft) | is_one_of(places["second_craft"], craft)
        places[named] = _blank(_Place, 1)

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        used = np.flatnonzero(self._places["time_us"] != _EMPTY)
        places, known = self._places[used], self._known[self._known["time_us"] != _EMPTY]
        heard = [places[name] for name in ("first_craft", "second_craft", "time_us")]
        tables = {
            "slots": matrix_table(np.column_stack([used, *heard])),
            "places": matrix_table(np.column_stack([places["lat_deg"], places["lon_deg"]]).view(np.int64)),
            "found": matrix_table(known.view(np.int64).reshape(-1, 3)),
        }
        return pack_later("shared_places", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot."""
        tables = unpack("shared_places", _LAYOUT, snapshot)
        slots = matrix_of(tables["slots"], 4, np.int64)
        where = matrix_of(tables["places"], 2, np.int64).view(np.float64)
        for name, values in zip(
            ("lat_deg", "lon_deg", "first_craft", "second_craft", "time_us"), [*where.T, *slots.T[1:]], strict=True
        ):
            self._places[name][slots[:, 0]] = values
        known = matrix_of(tables["found"], 3, np.int64)
        self._known[: len(known)] = known.reshape(-1).view(record_dtype(_Known))


def _shared_place(craft: tuple[int, ...], time_us: int, lat: float, lon: float) -> Finding:
    """A coordinate that is none."""
    sentence = (
        f"{len(craft)} craft give exactly the same position, {position_text(lat, lon)}, to the metre: some program puts it in place of none. "
        "Reports with it count as heard without a position."
    )
    evidence = {"craft_count": len(craft), "craft": [craft_text(one) for one in craft]}
    return finding(
        "shared_place", craft[-1], (time_us, time_us), (lat, lon), 0.25, sentence, evidence,
        subject=f"{lat!r} {lon!r}", once=True,
    )  # fmt: skip
