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

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
_LAT, _LON = 0, 1
_FIRST_CRAFT, _SECOND_CRAFT, _US = 0, 1, 2


@njit(cache=True, nogil=True)
def _is_telling(value: float) -> bool:
    """Whether a coordinate is fine enough, or so round, that craft do not share it by chance."""
    steps, minutes, seconds = value * 10_000.0, value * 6_000.0, value * 3_600.0
    if abs(minutes - np.rint(minutes)) < 0.005 or abs(seconds - np.rint(seconds)) < 0.004:
        return False
    return abs(steps - np.rint(steps)) > 1e-5


@njit(cache=True, nogil=True)
def _sift(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    craft: NDArray[np.int64],
    time_us: NDArray[np.int64],
    places: NDArray[np.float64],
    heard: NDArray[np.int64],
    found: NDArray[np.float64],
    found_us: NDArray[np.int64],
    taken: NDArray[np.bool_],
    told: NDArray[np.int64],
) -> int:
    """Marks in ``taken`` the rows whose position is none; ``told[k]`` is a row that found a coordinate, with its two earlier craft."""
    count = 0
    for i in range(len(lat)):
        y, x = lat[i], lon[i]
        whole = y == np.rint(y) and x == np.rint(x)
        if np.isnan(y) or not (whole or (_is_telling(y) and _is_telling(x))):
            continue
        mixed = np.int64(y * 6e6) * 0x9E3779B1 + np.int64(x * 6e6) * 0x85EBCA77
        slot = ((mixed >> 13) ^ (mixed >> 31)) & (_SLOTS - 1)
        for k in range(len(found)):
            if found_us[k] == _EMPTY:
                break
            if found[k, _LAT] == y and found[k, _LON] == x:
                taken[i] = True
                found_us[k] = time_us[i]
                break
        if taken[i]:
            continue
        entry = heard[slot]
        if places[slot, _LAT] != y or places[slot, _LON] != x or time_us[i] - entry[_US] > WITHIN_US:
            places[slot, _LAT], places[slot, _LON] = y, x
            entry[_FIRST_CRAFT], entry[_SECOND_CRAFT] = craft[i], _EMPTY
        elif craft[i] not in (entry[_FIRST_CRAFT], entry[_SECOND_CRAFT]):
            if entry[_SECOND_CRAFT] == _EMPTY:
                entry[_SECOND_CRAFT] = craft[i]
            else:
                taken[i] = True
                told[count, 0], told[count, 1], told[count, 2] = i, entry[_FIRST_CRAFT], entry[_SECOND_CRAFT]
                count += 1
                place = 0
                for k in range(len(found)):
                    if found_us[k] < found_us[place]:
                        place = k
                    if found_us[k] == _EMPTY:
                        place = k
                        break
                found[place, _LAT], found[place, _LON] = y, x
                found_us[place] = time_us[i]
        entry[_US] = time_us[i]
    return count


class SharedPlaces:
    """Takes positions that are none from the rows of a timeline, in event-time order."""

    def __init__(self) -> None:
        self._places = np.full((_SLOTS, 2), np.nan)
        self._heard = np.full((_SLOTS, 3), _EMPTY, dtype=np.int64)
        self._found = np.full((MOST, 2), np.nan)
        self._found_us = np.full(MOST, _EMPTY, dtype=np.int64)
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
        columns = [read_only(getattr(rows, name)[judged]) for name in ("lat_deg", "lon_deg", "craft", "time_us")]
        count = _sift(*columns, self._places, self._heard, self._found, self._found_us, taken, told)
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
        named = is_one_of(self._heard[:, : _SECOND_CRAFT + 1].reshape(-1), craft).reshape(_SLOTS, -1).any(axis=1)
        self._heard[named], self._places[named] = _EMPTY, np.nan

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        used = np.flatnonzero(self._heard[:, _US] != _EMPTY)
        found = np.flatnonzero(self._found_us != _EMPTY)
        tables = {
            "slots": matrix_table(np.column_stack([used, self._heard[used]])),
            "places": matrix_table(self._places[used].view(np.int64)),
            "found": matrix_table(np.column_stack([self._found_us[found], self._found[found].view(np.int64)])),
        }
        return pack_later("shared_places", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot."""
        tables = unpack("shared_places", _LAYOUT, snapshot)
        slots = matrix_of(tables["slots"], 4, np.int64)
        self._heard[slots[:, 0]] = slots[:, 1:]
        self._places[slots[:, 0]] = matrix_of(tables["places"], 2, np.int64).view(np.float64)
        found = matrix_of(tables["found"], 3, np.int64)
        self._found_us[: len(found)] = found[:, 0]
        self._found[: len(found)] = np.ascontiguousarray(found[:, 1:]).view(np.float64)


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
