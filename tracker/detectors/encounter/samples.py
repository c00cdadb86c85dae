"""Where each craft was at the instants of the grid.

The grid is the whole multiples of ``slot_us`` since 1970, the same for every feed, every cut and every restart. For an instant T::

    reported      a report at T itself
    interpolated  reports p < T < n, n at most settle_us after T, on the great circle between them: n - p at most silence_us, or at most
                  drift_us where neither end nor the way made good between them is faster than slow_kn
    held          no report within settle_us after T, p at most hold_us before T and slow: where she was at p. ``FRESH`` where p says that
                  she is slow and is less than a slot old: as good as heard

The first report of a craft, ever or after ``drift_us`` without any, gives a *birth* as well: at the first instant not before it, where it was, with the
share of the slot that had passed.

A row gives the samples of the instants between the report before it and itself; ``hold_silent`` gives the held ones of craft that no later row is
known of. Per craft only the last report is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.identity import is_one_of
from tracker.units import KM_PER_NM, US_PER_H

FROM_LAT, FROM_LON, TO_LAT, TO_LON, FRACTION, HELD, STATUS = range(7)
_FIELDS: Final = 7
FRESH: Final = 0.5
BIRTH: Final = 2.0
"""``HELD``: ``FRESH`` of a craft that said less than a slot ago that she is slow; 0 of one truly heard, 1 of one merely held, 2 of a birth."""

_Chunk = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Instants, keys, values."""


class Reports(NamedTuple):
    """Rows in time order: the slot of each craft, and what was reported; each shape (n,)."""

    slot: NDArray[np.int32]
    key: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    status: NDArray[np.uint8]


class Timing(NamedTuple):
    """The grid, and how far from a report a craft is still known to be where it was (see above)."""

    slot_us: int
    settle_us: int
    silence_us: int
    drift_us: int
    hold_us: int
    slow_kn: float


class Room(NamedTuple):
    """Space for samples: instants and keys, shape (n,), and values, shape (n, 7)."""

    us: NDArray[np.int64]
    key: NDArray[np.int64]
    values: NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def _put(room: Room, count: int, at_us: int, key: int, status: float) -> NDArray[np.float64]:
    """The values of one more sample, to be filled in."""
    room.us[count], room.key[count] = at_us, key
    values = room.values[count]
    values[STATUS] = status
    return values


@numba.njit(cache=True, nogil=True)
def sample_rows(
    first: int, reports: Reports, craft: NDArray[np.void], timing: Timing, done_us: int, room: Room
) -> tuple[int, int]:
    """Samples of rows ``first``..; stops early when nearly full. Returns (next row, samples). Instants to ``done_us`` are past.

    ``craft``: the records behind the slots, of which ``last_us``, ``last_lat``, ``last_lon``, ``last_kn`` and ``last_status`` are read and written.
    """
    count = 0
    slot_us, slow_kn = timing.slot_us, timing.slow_kn
    most = (timing.settle_us + timing.hold_us) // slot_us + 5
    for i in range(first, len(reports.slot)):
        if count + most > len(room.us):
            return i, count
        last, key = craft[reports.slot[i]], reports.key[i]
        lat_deg, lon_deg, status = reports.lat_deg[i], reports.lon_deg[i], reports.status[i]
        now_us, before_us = reports.time_us[i], last.last_us
        silent_us = now_us - before_us
        if silent_us > 0:
            if silent_us > timing.drift_us:
                at_us = -(-now_us // slot_us) * slot_us
                values = _put(room, count, at_us, key, status)
                values[FROM_LAT], values[FROM_LON] = lat_deg, lon_deg
                values[TO_LAT], values[TO_LON] = lat_deg, lon_deg
                values[FRACTION], values[HELD] = 1.0 - (at_us - now_us) / slot_us, BIRTH
                count += 1
            joined = silent_us <= timing.silence_us
            both_slow = not last.last_kn > slow_kn and not reports.speed_kn[i] > slow_kn
            if not joined and silent_us <= timing.drift_us and both_slow:
                way_km = distance_km_scalar(last.last_lat, last.last_lon, lat_deg, lon_deg)
                joined = way_km <= slow_kn * KM_PER_NM * silent_us / US_PER_H
            if joined:
                at_us = max(before_us, now_us - timing.settle_us - 1) // slot_us * slot_us + slot_us
            else:
                at_us = -(-now_us // slot_us) * slot_us
            while at_us <= now_us:
                values = _put(room, count, at_us, key, status)
                if joined:
                    values[FROM_LAT], values[FROM_LON] = last.last_lat, last.last_lon
                    values[FRACTION] = (at_us - before_us) / silent_us
                else:
                    values[FROM_LAT], values[FROM_LON] = lat_deg, lon_deg
                    values[FRACTION] = 1.0
                values[TO_LAT], values[TO_LON], values[HELD] = lat_deg, lon_deg, 0.0
                count += 1
                at_us += slot_us
            if not last.last_kn > slow_kn and before_us > 0:
                at_us = max(before_us, done_us) // slot_us * slot_us + slot_us
                while at_us < now_us - timing.settle_us and at_us <= before_us + timing.hold_us:
                    values = _put(room, count, at_us, key, last.last_status)
                    values[FROM_LAT], values[FROM_LON] = last.last_lat, last.last_lon
                    values[TO_LAT], values[TO_LON] = last.last_lat, last.last_lon
                    values[FRACTION] = 0.0
                    values[HELD] = FRESH if at_us - before_us < slot_us and last.last_kn <= slow_kn else 1.0
                    count += 1
                    at_us += slot_us
        last.last_us, last.last_lat, last.last_lon = now_us, lat_deg, lon_deg
        last.last_kn, last.last_status = reports.speed_kn[i], status
    return len(reports.slot), count


class Samples:
    """Samples not yet compared, by instant."""

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = []

    @staticmethod
    def room(length: int) -> Room:
        """Output of :func:`sample_rows`."""
        return Room(np.empty(length, dtype=np.int64), np.empty(length, dtype=np.int64), np.empty((length, _FIELDS)))

    def add(self, room: Room, count: int) -> None:
        """Keep the first ``count`` samples of ``room``, which are copied."""
        self._chunks.append((room.us[:count].copy(), room.key[:count].copy(), room.values[:count].copy()))

    def until(self, until_us: int) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
        """The instants at or before ``until_us`` that have samples, in order, each with its keys (ascending) and their values.

        What is given is kept no longer.
        """
        us, key, values = self._whole()
        is_due = us <= until_us
        if not is_due.any():
            return
        self._chunks = [(us[~is_due], key[~is_due], values[~is_due])]
        due = np.flatnonzero(is_due)
        due = due[np.argsort(us[due], kind="stable")]  # nearly in order already
        instants, first = np.unique(us[due], return_index=True)
        for instant_us, rows in zip(instants.tolist(), np.split(due, first[1:]), strict=True):
            in_order = rows[np.argsort(key[rows])]  # a key stands once, or twice where one is its birth
            yield instant_us, key[in_order], values[in_order]

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep no samples of some craft."""
        us, key, values = self._whole()
        kept = ~is_one_of(key, craft)
        self._chunks = [(us[kept], key[kept], values[kept])]

    def capture(self) -> LaterTable:
        """The samples for a snapshot, in canonical order."""
        us, key, values = self._whole()

        def table() -> pa.Table:
            order = np.lexsort((key, us))
            flat = pa.FixedSizeListArray.from_arrays(pa.array(values[order].ravel()), _FIELDS)
            return pa.table({"us": us[order], "key": key[order], "values": flat})

        return table

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        us, key = (table.column(name).combine_chunks().to_numpy() for name in ("us", "key"))
        flat = table.column("values").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        self._chunks = [(us, key, flat.reshape(-1, _FIELDS))]

    def _whole(self) -> _Chunk:
        """All samples in one piece."""
        if len(self._chunks) != 1:
            blank = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty((0, _FIELDS)))
            us, key, values = (np.concatenate(parts) for parts in zip(blank, *self._chunks, strict=True))
            self._chunks = [(us, key, values)]
        return self._chunks[0]


@numba.njit(cache=True, nogil=True)
def _positions(values: NDArray[np.float64], out_lat: NDArray[np.float64], out_lon: NDArray[np.float64]) -> None:
    """On the chord between the two reports, lifted to the sphere: within metres of the great circle at an hour's sail."""
    for i in range(len(values)):
        part = values[i, FRACTION]
        x = y = z = 0.0
        for lat, lon, weight in (
            (values[i, FROM_LAT], values[i, FROM_LON], 1.0 - part),
            (values[i, TO_LAT], values[i, TO_LON], part),
        ):
            if weight > 0.0:
                phi, lam = math.radians(lat), math.radians(lon)
                x += weight * math.cos(phi) * math.cos(lam)
                y += weight * math.cos(phi) * math.sin(lam)
                z += weight * math.sin(phi)
        out_lat[i] = math.degrees(math.atan2(z, math.hypot(x, y)))
        out_lon[i] = math.degrees(math.atan2(y, x))


def positions_of(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of some samples, interpolated on the sphere."""
    lat, lon = np.empty(len(values)), np.empty(len(values))
    _positions(values, lat, lon)
    return lat, lon


def hold_silent(
    state: KeyedState,
    alive: NDArray[np.bool_],
    keys: NDArray[np.int64],
    instant_us: int,
    slot_us: int,
    hold_us: int,
    slow_kn: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Held samples of craft whose last known report lies before an instant; ``state`` has the columns of the last reports."""
    silent_us = instant_us - state["last_us"]
    held = np.flatnonzero(alive & (silent_us > 0) & (silent_us <= hold_us) & ~(state["last_kn"] > slow_kn))
    values = np.zeros((len(held), _FIELDS))
    values[:, FROM_LAT] = values[:, TO_LAT] = state["last_lat"][held]
    values[:, FROM_LON] = values[:, TO_LON] = state["last_lon"][held]
    values[:, STATUS] = state["last_status"][held]
    fresh = (silent_us[held] < slot_us) & (state["last_kn"][held] <= slow_kn)
    values[:, HELD] = np.where(fresh, FRESH, 1.0)
    return keys[held], values
