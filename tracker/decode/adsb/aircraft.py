"""What is remembered of each aircraft: a record per aircraft, found through an open-addressing table.

``keys[slot]`` is the 24-bit address, plus ``OTHER`` for addresses that are not ICAO's, plus ``REBROADCAST`` for what a ground
station says about an aircraft (TIS-B, ADS-R): its position frames must never be paired with the aircraft's own. ``EMPTY`` marks
a free slot; probing is linear from a multiplicative hash; nothing is deleted in place.

Bounds: an aircraft not heard for 15 minutes of event time is new when it is heard again (its record is wiped on sight), and once a
minute the table is rebuilt without such records. At 65,536 aircraft (about four times all that fly at once) the
half heard longest ago is dropped. The rebuild happens at a frame, never at the edge of a block, so that the cut of the
stream into blocks shows nowhere. So a table holds at most 131,072 records, 45 MB, whoever invents addresses.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype
from tracker.decode.snapshots import matrix_of, matrix_table, restore_vector, vector_table
from tracker.units import US_PER_MIN

EMPTY: Final = -1
OTHER: Final = 1 << 24
REBROADCAST: Final = 1 << 25
NEVER_US: Final = -(1 << 61)
"""Half of what it is elsewhere: the age of such an instant has to fit 64 bits beside any time a receiver may say."""
FORGET_US: Final = 15 * US_PER_MIN
SWEEP_US: Final = US_PER_MIN
MAX_AIRCRAFT: Final = 65_536
_FIRST_SLOTS: Final = 1_024


class Aircraft:
    """What is remembered of one aircraft. Instants are ``NEVER_US`` at first, codes -1 or 0, the rest NaN."""

    last_us: int
    """Heard at all."""
    trust_us: int
    """Heard in a frame whose parity proves the address."""
    frame_us: Annotated[NDArray[np.int64], "2i8"]
    """Newest CPR frame of each parity, even first."""
    position_us: int
    """Last good position."""
    held_us: int
    """Position waiting to be confirmed."""
    speed_us: int
    rate_us: int
    altitude_us: int
    name_said_us: int
    squawk_said_us: int
    version_said_us: int
    selected_said_us: int
    quality_us: int
    """NACp and SIL heard."""
    emergency_us: int
    frame_me: Annotated[NDArray[np.int64], "2i8"]
    held_count: int
    """How many decodes in a row agreed with the held position."""
    name: int
    """48 bits, and the emitter category above them."""
    squawk: int
    version: int
    nic_a: int
    nic_c: int
    nac_p: int
    sil: int
    emergency: int
    own_name: int
    """1 once the name came in a squitter."""
    guessed: int
    """1 while the good position rests on the list of aerodromes alone."""
    selected: int
    """The bits of the selected altitude and heading."""
    lat_deg: float
    lon_deg: float
    held_lat_deg: float
    held_lon_deg: float
    frame_deg: Annotated[NDArray[np.float64], "4f8"]
    """Latitude and longitude that the newest even frame was decoded to, and the newest odd one; NaN if to nothing."""
    speed_kn: float
    course_deg: float
    rate_ftmin: float
    altitude_ft: float
    speed_at_position_kn: float


class TableState:
    """What is known of the table itself."""

    count: int
    next_sweep_us: int


class Table(NamedTuple):
    """The table as kernels take it: keys and aircraft by slot, and one record of what is known of it."""

    keys: NDArray[np.int64]
    aircraft: NDArray[np.void]
    state: NDArray[np.void]


_AIRCRAFT: Final = record_dtype(Aircraft)
_STATE: Final = record_dtype(TableState)
_WHOLE: Final = 29
"""The first so many values of an aircraft are whole numbers, those after them are not: a snapshot keeps them as two matrices."""
_REAL: Final = _AIRCRAFT.itemsize // 8 - _WHOLE


@njit(cache=True, nogil=True)
def find(keys: NDArray[np.int64], key: int) -> int:
    """The slot of a key, or the free slot where it belongs."""
    mask = len(keys) - 1
    slot = ((key * 0x9E3779B1) >> 12) & mask
    while keys[slot] != EMPTY and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def is_trusted(table: Table, key: int, time_us: int, window_us: int) -> bool:
    """Whether an address was proved by a clean frame within the window."""
    table = borrowed(table)
    slot = find(table.keys, key)
    one: Aircraft = table.aircraft[slot]
    return table.keys[slot] == key and abs(time_us - one.trust_us) <= window_us


@njit(cache=True, nogil=True)
def enter(table: Table, key: int, time_us: int) -> int:
    """The slot of an aircraft heard now; a new one, or one not heard for long, starts with a blank record."""
    table = borrowed(table)
    slot = find(table.keys, key)
    one: Aircraft = table.aircraft[slot]
    if table.keys[slot] == EMPTY:
        table.keys[slot] = key
        state: TableState = table.state[0]
        state.count += 1
        _wipe(one)
    elif abs(time_us - one.last_us) > FORGET_US:
        _wipe(one)
    one.last_us = time_us
    return slot


@njit(cache=True, nogil=True)
def _wipe(one: Aircraft) -> None:
    one.last_us = one.trust_us = one.position_us = one.held_us = NEVER_US
    one.speed_us = one.rate_us = one.altitude_us = one.quality_us = one.emergency_us = NEVER_US
    one.name_said_us = one.squawk_said_us = one.version_said_us = one.selected_said_us = NEVER_US
    one.held_count = one.squawk = one.nac_p = one.sil = one.emergency = one.own_name = one.guessed = one.selected = -1
    one.name = one.version = one.nic_a = one.nic_c = 0
    for parity in range(2):
        one.frame_us[parity] = NEVER_US
        one.frame_me[parity] = -1
        one.frame_deg[2 * parity] = one.frame_deg[2 * parity + 1] = np.nan
    one.lat_deg = one.lon_deg = one.held_lat_deg = one.held_lon_deg = np.nan
    one.speed_kn = one.course_deg = one.rate_ftmin = one.altitude_ft = one.speed_at_position_kn = np.nan


@njit(cache=True, nogil=True)
def must_tidy(table: Table, time_us: int) -> bool:
    """Whether the table has to be rebuilt before a frame of this time is taken in."""
    state: TableState = table.state[0]
    full = 2 * state.count >= len(table.keys) or state.count >= MAX_AIRCRAFT
    return full or time_us >= state.next_sweep_us or time_us < state.next_sweep_us - FORGET_US - SWEEP_US


class AircraftTable:
    """The arrays of the kernels and their rebuilding."""

    def __init__(self) -> None:
        self._state = np.zeros(1, _STATE)
        self._state["next_sweep_us"] = NEVER_US
        self._allocate(_FIRST_SLOTS)

    def __len__(self) -> int:
        return int(self._state["count"][0])

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.table.keys.nbytes + self.table.aircraft.nbytes

    @property
    def keys(self) -> NDArray[np.int64]:
        """Key of each slot, ``EMPTY`` where it is free."""
        return self.table.keys

    def _allocate(self, slots: int) -> None:
        self.table = Table(np.full(slots, EMPTY, np.int64), np.empty(slots, _AIRCRAFT), self._state)

    def tidy(self, now_us: int) -> None:
        """Rebuild without the aircraft not heard for long, with room for as many again."""
        used = np.flatnonzero(self.keys != EMPTY)
        last_us = self.table.aircraft["last_us"]
        used = used[np.abs(now_us - last_us[used]) <= FORGET_US]
        if len(used) >= MAX_AIRCRAFT:
            by_age = used[np.lexsort((self.keys[used], -last_us[used]))]
            used = by_age[: MAX_AIRCRAFT // 2]
        keys, aircraft = self.keys[used], self.table.aircraft[used]
        self._allocate(min(max(_FIRST_SLOTS, 1 << (4 * len(keys)).bit_length()), 2 * MAX_AIRCRAFT))
        _refill(self.table, keys, aircraft)
        self._state["count"] = len(keys)
        self._state["next_sweep_us"] = now_us + SWEEP_US

    def tables(self) -> dict[str, pa.Table]:
        """The aircraft in the table, ordered by key, for a snapshot."""
        used = np.flatnonzero(self.keys != EMPTY)
        used = used[np.argsort(self.keys[used])]
        values = self.table.aircraft[used].view(np.int64).reshape(len(used), _WHOLE + _REAL)
        return {
            "aircraft.meta": vector_table(np.append(self._state.view(np.int64), len(self.keys))),
            "aircraft.keys": vector_table(self.keys[used]),
            "aircraft.whole": matrix_table(values[:, :_WHOLE]),
            "aircraft.real": matrix_table(np.ascontiguousarray(values[:, _WHOLE:]).view(np.float64)),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        meta = np.zeros(3, np.int64)
        restore_vector(meta, tables["aircraft.meta"])
        whole = matrix_of(tables["aircraft.whole"], _WHOLE, np.int64)
        real = matrix_of(tables["aircraft.real"], _REAL, np.float64)
        keys = np.empty(len(whole), np.int64)
        restore_vector(keys, tables["aircraft.keys"])
        self._state.view(np.int64)[:] = meta[:-1]
        self._allocate(int(meta[-1]))
        _refill(self.table, keys, np.hstack([whole, real.view(np.int64)]).reshape(-1).view(_AIRCRAFT))


@njit(cache=True, nogil=True)
def _refill(table: Table, keys: NDArray[np.int64], aircraft: NDArray[np.void]) -> None:
    for row in range(len(keys)):
        slot = find(table.keys, keys[row])
        table.keys[slot] = keys[row]
        table.aircraft[slot] = aircraft[row]
