"""Position frames that got no position when they came, in case it is known a moment later.

The first frames of an aircraft cannot be placed: one of a parity is ambiguous, and the first place two of them give is held back until
another agrees (``fix.py``). When it does, the frames before it are decoded after all, backwards in the order of arrival, each against the
place of the one after it (local CPR), and those that are within reach of it (``reach_m``) are given out as rows of their own
time. A frame that comes too far from its neighbour, of another transmitter or damaged, stays without a place.

Bounds: the last ``MOST`` such frames of all aircraft are kept, in a ring; of one aircraft at most the last ``GIVE_OUT_MOST`` within
``GIVE_OUT_US`` are given out. So a row comes at most a minute late, mostly two seconds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from tracker.decode.adsb.airborne_position import cpr_lat, cpr_lon, is_odd
from tracker.decode.adsb.cpr import distance_m, local_position
from tracker.decode.adsb.fix import reach_m
from tracker.decode.snapshots import matrix_of, matrix_table, restore_vector, vector_table
from tracker.units import US_PER_MIN

MOST: Final = 1_024
GIVE_OUT_MOST: Final = 32
GIVE_OUT_US: Final = US_PER_MIN

# columns of ``whole``
KEY: Final = 0  # of the table of aircraft; GONE once given out
TIME_US: Final = 1
RECEIVED_US: Final = 2
FINGERPRINT: Final = 3
ME: Final = 4
CODES: Final = 5  # a byte each, the first lowest: message type, NIC, NACp, SIL, emergency, rebroadcast
STATION: Final = 6  # and the next: the 16 bytes of its name
WHOLE_COLUMNS: Final = 8
# columns of ``real``
SPEED, COURSE, ALTITUDE, RATE = 0, 1, 2, 3
REAL_COLUMNS: Final = 4
GONE: Final = -1


class Unplaced:
    """The ring's arrays; the kernels work on them."""

    def __init__(self) -> None:
        self.next = np.zeros(1, np.int64)
        """How many frames were ever put in."""
        self.whole = np.full((MOST, WHOLE_COLUMNS), GONE, np.int64)
        self.real = np.empty((MOST, REAL_COLUMNS), np.float64)

    def tables(self) -> dict[str, pa.Table]:
        """The frames still waiting, each with its place in the ring, for a snapshot."""
        used = np.flatnonzero(self.whole[:, KEY] != GONE)
        return {
            "unplaced.next": vector_table(self.next),
            "unplaced.whole": matrix_table(np.column_stack([used, self.whole[used]])),
            "unplaced.real": matrix_table(self.real[used]),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        whole = matrix_of(tables["unplaced.whole"], WHOLE_COLUMNS + 1, np.int64)
        real = matrix_of(tables["unplaced.real"], REAL_COLUMNS, np.float64)
        restore_vector(self.next, tables["unplaced.next"])
        self.whole[:] = GONE
        self.whole[whole[:, 0]], self.real[whole[:, 0]] = whole[:, 1:], real


@njit(cache=True, nogil=True)
def place(
    next_at: NDArray[np.int64],
    whole: NDArray[np.int64],
    key: int,
    time_us: int,
    lat_deg: float,
    lon_deg: float,
    speed_kn: float,
    rows: NDArray[np.int64],
    places: NDArray[np.float64],
) -> int:
    """Place the frames of an aircraft that came before it was known to be at ``lat_deg, lon_deg``; returns how many.

    Their rows in the ring go to ``rows``, their latitudes and longitudes to ``places[n, 2]``, the newest first.
    """
    n = 0
    since_us = time_us
    for step in range(1, min(next_at[0], MOST) + 1):
        row = (next_at[0] - step) % MOST
        if whole[row, KEY] != key or abs(time_us - whole[row, TIME_US]) > GIVE_OUT_US:
            continue
        me = whole[row, ME]
        surface = 5 <= me >> 51 <= 8
        lat, lon = local_position(cpr_lat(me), cpr_lon(me), is_odd(me), 90.0 if surface else 360.0, lat_deg, lon_deg)
        elapsed_s = abs(since_us - whole[row, TIME_US]) * 1e-6
        if not distance_m(lat, lon, lat_deg, lon_deg) <= reach_m(surface, elapsed_s, speed_kn, speed_kn, 0.0):
            continue
        whole[row, KEY] = GONE
        rows[n] = row
        places[n, 0], places[n, 1] = lat, lon
        since_us, lat_deg, lon_deg = whole[row, TIME_US], lat, lon
        n += 1
        if n == len(rows):
            break
    return n
