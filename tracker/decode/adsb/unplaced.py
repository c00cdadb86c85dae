"""Position frames that got no position when they came, in case it is known a moment later.

The first frames of an aircraft cannot be placed: one of a parity is ambiguous, and the first place two of them give is held back until
another agrees (``fix.py``). When it does, the frames before it are decoded after all, backwards in the order of arrival, each against the
place of the one after it (local CPR), and those that are within reach of it (``reach_m``) are given out as rows of their own
time. A frame that comes too far from its neighbour, of another transmitter or damaged, stays without a place.

Bounds: the last ``MOST`` such frames of all aircraft are kept, in a ring; of one aircraft at most the last ``GIVE_OUT_MOST`` within
``GIVE_OUT_US`` are given out. So a row comes at most a minute late, mostly two seconds.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype
from tracker.decode.adsb.airborne_position import cpr_lat, cpr_lon, is_odd
from tracker.decode.adsb.cpr import distance_m, local_position
from tracker.decode.adsb.fix import reach_m
from tracker.decode.snapshots import matrix_of, matrix_table, restore_vector, vector_table
from tracker.units import US_PER_MIN

MOST: Final = 1_024
GIVE_OUT_MOST: Final = 32
GIVE_OUT_US: Final = US_PER_MIN

GONE: Final = -1


class Waiting:
    """A position frame without a place, and the rest of its row."""

    key: int
    """Of the table of aircraft; ``GONE`` once given out."""
    time_us: int
    received_us: int
    fingerprint: int
    me: int
    codes: int
    """A byte each, the first lowest: message type, NIC, NACp, SIL, emergency, rebroadcast."""
    station: Annotated[NDArray[np.int64], "2i8"]
    """The 16 bytes of its name."""
    speed_kn: float
    course_deg: float
    altitude_ft: float
    rate_ftmin: float


_WAITING: Final = record_dtype(Waiting)
_WHOLE: Final = 8
"""The first so many values of a frame are whole numbers, those after them are not: a snapshot keeps them as two matrices."""
_REAL: Final = _WAITING.itemsize // 8 - _WHOLE


class Ring(NamedTuple):
    """The ring as kernels take it: the frames, and how many were ever put in."""

    waiting: NDArray[np.void]
    next: NDArray[np.int64]


class Found(NamedTuple):
    """Frames that got a place: where each is in the ring, and its latitude and longitude. Room for ``GIVE_OUT_MOST``."""

    at: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]


class Unplaced:
    """The ring's arrays; the kernels work on them."""

    def __init__(self) -> None:
        self.ring = Ring(np.zeros(MOST, _WAITING), np.zeros(1, np.int64))
        self.ring.waiting["key"] = GONE

    def tables(self) -> dict[str, pa.Table]:
        """The frames still waiting, each with its place in the ring, for a snapshot."""
        used = np.flatnonzero(self.ring.waiting["key"] != GONE)
        values = self.ring.waiting[used].view(np.int64).reshape(len(used), _WHOLE + _REAL)
        return {
            "unplaced.next": vector_table(self.ring.next),
            "unplaced.whole": matrix_table(np.column_stack([used, values[:, :_WHOLE]])),
            "unplaced.real": matrix_table(np.ascontiguousarray(values[:, _WHOLE:]).view(np.float64)),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        whole = matrix_of(tables["unplaced.whole"], _WHOLE + 1, np.int64)
        real = matrix_of(tables["unplaced.real"], _REAL, np.float64)
        restore_vector(self.ring.next, tables["unplaced.next"])
        self.ring.waiting["key"] = GONE
        self.ring.waiting[whole[:, 0]] = np.hstack([whole[:, 1:], real.view(np.int64)]).reshape(-1).view(_WAITING)


@njit(cache=True, nogil=True)
def place(ring: Ring, key: int, time_us: int, lat_deg: float, lon_deg: float, speed_kn: float, found: Found) -> int:
    """Place the frames of an aircraft that came before it was known to be at ``lat_deg, lon_deg``; returns how many, the newest first in ``found``."""
    ring, found = borrowed(ring), borrowed(found)
    n = 0
    since_us = time_us
    for step in range(1, min(ring.next[0], MOST) + 1):
        row = (ring.next[0] - step) % MOST
        frame: Waiting = ring.waiting[row]
        if frame.key != key or abs(time_us - frame.time_us) > GIVE_OUT_US:
            continue
        me = frame.me
        surface = 5 <= me >> 51 <= 8
        lat, lon = local_position(cpr_lat(me), cpr_lon(me), is_odd(me), 90.0 if surface else 360.0, lat_deg, lon_deg)
        elapsed_s = abs(since_us - frame.time_us) * 1e-6
        if not distance_m(lat, lon, lat_deg, lon_deg) <= reach_m(surface, elapsed_s, speed_kn, speed_kn, 0.0):
            continue
        frame.key = GONE
        found.at[n], found.lat_deg[n], found.lon_deg[n] = row, lat, lon
        since_us, lat_deg, lon_deg = frame.time_us, lat, lon
        n += 1
        if n == len(found.at):
            break
    return n
