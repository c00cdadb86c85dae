"""What is remembered of each aircraft: two matrices with a row per aircraft, found through an open-addressing table.

``keys[slot]`` is the 24-bit address, plus ``OTHER`` for addresses that are not ICAO's, plus ``REBROADCAST`` for what a ground
station says about an aircraft (TIS-B, ADS-R): its position frames must never be paired with the aircraft's own. ``EMPTY`` marks
a free slot; probing is linear from a multiplicative hash; nothing is deleted in place.

Bounds: an aircraft not heard for 15 minutes of event time is new when it is heard again (its row is wiped on sight), and once a
minute the table is rebuilt without such rows. At 65,536 aircraft (about four times all that fly at once) the
half heard longest ago is dropped. The rebuild happens at a frame, never at the edge of a block, so that the cut of the
stream into blocks shows nowhere. So a table holds at most 131,072 rows, 45 MB, whoever invents addresses.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from tracker.decode.snapshots import matrix_of, matrix_table, restore_vector, vector_table
from tracker.units import US_PER_MIN

EMPTY: Final = -1
OTHER: Final = 1 << 24
REBROADCAST: Final = 1 << 25
NEVER: Final = -(1 << 61)
FORGET_US: Final = 15 * US_PER_MIN
SWEEP_US: Final = US_PER_MIN
MAX_AIRCRAFT: Final = 65_536
_FIRST_SLOTS: Final = 1_024

# columns of ``whole`` (int64); the ``_US`` ones are instants, NEVER at first
LAST_US: Final = 0  # heard at all
TRUST_US: Final = 1  # heard in a frame whose parity proves the address
EVEN_US: Final = 2  # newest even CPR frame
ODD_US: Final = 3  # newest odd CPR frame
POSITION_US: Final = 4  # last good position
HELD_US: Final = 5  # position waiting to be confirmed
SPEED_US: Final = 6
RATE_US: Final = 7
ALTITUDE_US: Final = 8
NAME_SAID_US: Final = 9
SQUAWK_SAID_US: Final = 10
VERSION_SAID_US: Final = 11
SELECTED_SAID_US: Final = 12
QUALITY_US: Final = 13  # NACp and SIL heard
EMERGENCY_US: Final = 14
EVEN_ME: Final = 15
ODD_ME: Final = 16
HELD_COUNT: Final = 17  # how many decodes in a row agreed with the held position
NAME: Final = 18  # 48 bits, and the emitter category above them
SQUAWK: Final = 19
VERSION: Final = 20
NIC_A: Final = 21
NIC_C: Final = 22
NAC_P: Final = 23
SIL: Final = 24
EMERGENCY: Final = 25
OWN_NAME: Final = 26  # 1 once the name came in a squitter
GUESSED: Final = 27  # 1 while the good position rests on the list of aerodromes alone
SELECTED: Final = 28  # the bits of the selected altitude and heading
WHOLE_COLUMNS: Final = 29
_FIRST_CODE: Final = EVEN_ME

# columns of ``real`` (float64), NaN at first
LAT: Final = 0
LON: Final = 1
HELD_LAT: Final = 2
HELD_LON: Final = 3
EVEN_LAT: Final = 4  # what the newest even frame was decoded to, NaN if to nothing
EVEN_LON: Final = 5
ODD_LAT: Final = 6
ODD_LON: Final = 7
SPEED: Final = 8
COURSE: Final = 9
RATE: Final = 10
ALTITUDE: Final = 11
SPEED_AT_POSITION: Final = 12
REAL_COLUMNS: Final = 13

# cells of ``meta`` (int64)
COUNT: Final = 0
NEXT_SWEEP_US: Final = 1


@njit(cache=True, nogil=True)
def find(keys: NDArray[np.int64], key: int) -> int:
    """The slot of a key, or the free slot where it belongs."""
    mask = len(keys) - 1
    slot = ((key * 0x9E3779B1) >> 12) & mask
    while keys[slot] != EMPTY and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def is_trusted(
    keys: NDArray[np.int64], whole: NDArray[np.int64], key: int, time_us: int, window_us: int
) -> bool:  # fmt: skip
    """Whether an address was proved by a clean frame within the window."""
    slot = find(keys, key)
    return keys[slot] == key and abs(time_us - whole[slot, TRUST_US]) <= window_us


@njit(cache=True, nogil=True)
def enter(
    keys: NDArray[np.int64],
    whole: NDArray[np.int64],
    real: NDArray[np.float64],
    meta: NDArray[np.int64],
    key: int,
    time_us: int,
) -> int:
    """The slot of an aircraft heard now; a new one, or one not heard for long, starts with a blank row."""
    slot = find(keys, key)
    if keys[slot] == EMPTY:
        keys[slot] = key
        meta[COUNT] += 1
        _wipe(whole, real, slot)
    elif abs(time_us - whole[slot, LAST_US]) > FORGET_US:
        _wipe(whole, real, slot)
    whole[slot, LAST_US] = time_us
    return slot


@njit(cache=True, nogil=True)
def _wipe(whole: NDArray[np.int64], real: NDArray[np.float64], slot: int) -> None:
    for column in range(WHOLE_COLUMNS):
        whole[slot, column] = NEVER if column < _FIRST_CODE else -1
    whole[slot, VERSION] = whole[slot, NIC_A] = whole[slot, NIC_C] = whole[slot, NAME] = 0
    for column in range(REAL_COLUMNS):
        real[slot, column] = np.nan


@njit(cache=True, nogil=True)
def must_tidy(keys: NDArray[np.int64], meta: NDArray[np.int64], time_us: int) -> bool:
    """Whether the table has to be rebuilt before a frame of this time is taken in."""
    full = 2 * meta[COUNT] >= len(keys) or meta[COUNT] >= MAX_AIRCRAFT
    return full or time_us >= meta[NEXT_SWEEP_US] or time_us < meta[NEXT_SWEEP_US] - FORGET_US - SWEEP_US


class AircraftTable:
    """The arrays of the kernels and their rebuilding."""

    def __init__(self) -> None:
        self.meta = np.array([0, NEVER], np.int64)
        self._allocate(_FIRST_SLOTS)

    def __len__(self) -> int:
        return int(self.meta[COUNT])

    def _allocate(self, slots: int) -> None:
        self.keys = np.full(slots, EMPTY, np.int64)
        self.whole = np.empty((slots, WHOLE_COLUMNS), np.int64)
        self.real = np.empty((slots, REAL_COLUMNS), np.float64)

    def tidy(self, now_us: int) -> None:
        """Rebuild without the aircraft not heard for long, with room for as many again."""
        used = np.flatnonzero(self.keys != EMPTY)
        used = used[np.abs(now_us - self.whole[used, LAST_US]) <= FORGET_US]
        if len(used) >= MAX_AIRCRAFT:
            by_age = used[np.lexsort((self.keys[used], -self.whole[used, LAST_US]))]
            used = by_age[: MAX_AIRCRAFT // 2]
        keys, whole, real = self.keys[used], self.whole[used], self.real[used]
        self._allocate(min(max(_FIRST_SLOTS, 1 << (4 * len(keys)).bit_length()), 2 * MAX_AIRCRAFT))
        _refill(self.keys, self.whole, self.real, keys, whole, real)
        self.meta[COUNT] = len(keys)
        self.meta[NEXT_SWEEP_US] = now_us + SWEEP_US

    def tables(self) -> dict[str, pa.Table]:
        """The aircraft in the table, ordered by key, for a snapshot."""
        used = np.flatnonzero(self.keys != EMPTY)
        used = used[np.argsort(self.keys[used])]
        return {
            "aircraft.meta": vector_table(np.append(self.meta, len(self.keys))),
            "aircraft.keys": vector_table(self.keys[used]),
            "aircraft.whole": matrix_table(self.whole[used]),
            "aircraft.real": matrix_table(self.real[used]),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        meta = np.zeros(len(self.meta) + 1, np.int64)
        restore_vector(meta, tables["aircraft.meta"])
        whole = matrix_of(tables["aircraft.whole"], WHOLE_COLUMNS, np.int64)
        real = matrix_of(tables["aircraft.real"], REAL_COLUMNS, np.float64)
        keys = np.empty(len(whole), np.int64)
        restore_vector(keys, tables["aircraft.keys"])
        self.meta = meta[:-1].copy()
        self._allocate(int(meta[-1]))
        _refill(self.keys, self.whole, self.real, keys, whole, real)


@njit(cache=True, nogil=True)
def _refill(
    keys: NDArray[np.int64],
    whole: NDArray[np.int64],
    real: NDArray[np.float64],
    old_keys: NDArray[np.int64],
    old_whole: NDArray[np.int64],
    old_real: NDArray[np.float64],
) -> None:
    for row in range(len(old_keys)):
        slot = find(keys, old_keys[row])
        keys[slot] = old_keys[row]
        whole[slot] = old_whole[row]
        real[slot] = old_real[row]
