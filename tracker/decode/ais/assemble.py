"""Messages of several sentences: fragments wait in slots until the message is whole.

Fragments belong together when they agree in sequence number, channel, count, talker and formatter (VDM or VDO) and in
their tag block group (``g:``), or without a group in their station (``s:``, or the suffix). A fragment that directly
continues the fragment before it (same sequence, channel, count, talker; next number) joins it if one of the two has
neither group nor station: many loggers put the tag block on the first sentence only, or a suffix on the last.

Bounds: fragments more than 60 s of event time apart are not of one message (a fragment without a time of its own: nor more than
64 sentences apart, or 8,192 where a group ties them), and at most 4,096 messages are open; the one opened first gives way. Sequence numbers return after ten messages, so a fragment that comes before a lower number
is believed only if a group ties them, or if it is at most 2 s and 64 sentences older: otherwise one lost sentence would
weld the halves of two messages together.

    held fragment comes again, same payload     the repeat is refused, the message stays open
    held number comes with another payload      a new message: what was held is refused
    too old, or number out of order as above    likewise

Refused fragments are ``incomplete_multipart``, each counted once, with its own line number.

A message is of the time of its lowest-numbered fragment that carries one; else of the first time that the input's clock told
while its fragments came; else its time is unknown. Its station is the first one any fragment names.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais import layout as at
from tracker.decode.ais.ledger import reject
from tracker.decode.snapshots import matrix_of, matrix_table

MAX_OPEN: Final = 4096
MAX_AGE_US: Final = 60_000_000
MAX_DISORDER_US: Final = 2_000_000
MAX_DISORDER_SENTENCES: Final = 64
_CHAINS: Final = 8192
_TEXT: Final = at.MAX_FRAGMENTS * at.MAX_PAYLOAD_CHARS
_SLOT_BYTES: Final = _TEXT + at.STATION_BYTES

_KEY: Final = 0
_TIME: Final = 1
_ARRIVAL: Final = 2
_COUNT: Final = 3
_HELD: Final = 4
_HIGHEST: Final = 5
_OWN_TIME: Final = 6
_OWN_NUMBER: Final = 7
_GROUPED: Final = 8
_STATION_BYTES: Final = 9
_FILL: Final = 10
_CHAIN: Final = 11
_OLDER: Final = 12
_NEWER: Final = 13
_CHARS: Final = 14
_LINES: Final = _CHARS + at.MAX_FRAGMENTS
_SLOT_SIZE: Final = _LINES + at.MAX_FRAGMENTS

_NONE: Final = -1
_STEP: Final = np.uint64(0xD6E8FEB86659FD93)
_FOLD: Final = np.uint64(32)
_POSITIVE: Final = np.uint64(0x7FFF_FFFF_FFFF_FFFF)


class Slots(NamedTuple):
    """Open messages: numbers, bytes, and the first slot of each hash chain."""

    numbers: NDArray[np.int64]
    text: NDArray[np.uint8]
    chains: NDArray[np.int32]


def new_slots() -> Slots:
    """No open message. The memory is only touched as slots are used."""
    return Slots(
        np.zeros((MAX_OPEN, _SLOT_SIZE), dtype=np.int64),
        np.zeros((MAX_OPEN, _SLOT_BYTES), dtype=np.uint8),
        np.full(_CHAINS, _NONE, dtype=np.int32),
    )


def reset_state(state: NDArray[np.int64]) -> None:
    """State entries of an empty set of slots."""
    state[at.OPEN_SLOTS] = 0
    state[at.FREE_SLOT] = state[at.OLDEST_SLOT] = state[at.NEWEST_SLOT] = _NONE
    state[at.FRESH_SLOT] = 0
    state[at.LAST_KEY] = state[at.LAST_LOOSE_KEY] = state[at.LAST_NUMBER] = 0
    state[at.LAST_PLAIN] = 0


def open_messages(state: NDArray[np.int64], slots: Slots) -> pa.Table:
    """The messages still open, the one opened first first: their numbers, and the bytes they hold."""
    order = []
    slot = int(state[at.OLDEST_SLOT])
    while slot != _NONE:
        order.append(slot)
        slot = int(slots.numbers[slot, _NEWER])
    numbers = slots.numbers[order]
    numbers[:, [_CHAIN, _OLDER, _NEWER]] = _NONE  # where they stand in memory
    texts = []
    for slot, row in zip(order, numbers, strict=True):
        spans = [(k * at.MAX_PAYLOAD_CHARS, row[_CHARS + k]) for k in range(row[_COUNT]) if row[_HELD] >> k & 1]
        spans.append((_TEXT, row[_STATION_BYTES]))
        texts.append(b"".join(slots.text[slot, start : start + length].tobytes() for start, length in spans))
    table = matrix_table(numbers)
    return table.append_column("text", pa.array(texts, pa.binary()))


def restore_open_messages(table: pa.Table, state: NDArray[np.int64]) -> Slots:
    """Slots filled from :func:`open_messages`; of ``state`` the entries that say where slots are."""
    slots = new_slots()
    rows = matrix_of(table, _SLOT_SIZE, np.int64)
    n = len(rows)
    rows[:, _OLDER] = np.arange(n) - 1
    rows[:, _NEWER] = np.append(np.arange(1, n), _NONE)[:n]
    for slot, (row, text) in enumerate(zip(rows, table.column("text").to_pylist(), strict=True)):
        spans = [(k * at.MAX_PAYLOAD_CHARS, row[_CHARS + k]) for k in range(row[_COUNT]) if row[_HELD] >> k & 1]
        spans.append((_TEXT, row[_STATION_BYTES]))
        done = 0
        for start, length in spans:
            slots.text[slot, start : start + length] = np.frombuffer(text, np.uint8, length, done)
            done += int(length)
        chain = row[_KEY] % _CHAINS
        row[_CHAIN] = slots.chains[chain]
        slots.chains[chain] = slot
    slots.numbers[:n] = rows
    state[at.OPEN_SLOTS] = state[at.FRESH_SLOT] = n
    state[at.FREE_SLOT] = _NONE
    state[at.OLDEST_SLOT] = 0 if n else _NONE
    state[at.NEWEST_SLOT] = n - 1
    return slots


@njit(cache=True, nogil=True, error_model="numpy")
def _mix(key: Any, value: Any) -> Any:
    mixed = (np.uint64(key) ^ np.uint64(value)) * _STEP
    mixed ^= mixed >> _FOLD
    return np.int64(mixed & _POSITIVE)


@njit(cache=True, nogil=True, error_model="numpy")
def _fragment_key(work: Any, part: Any, state: Any) -> int:
    """The key of a fragment's message, following the rules of the module's head."""
    loose = _mix(part[at.P_SEQUENCE] + 2, part[at.P_CHANNEL])
    loose = _mix(loose, part[at.P_COUNT] * 0x1000000 + part[at.P_TALKER])
    plain = part[at.P_GROUP] < 0 and part[at.P_STATION_BYTES] == 0
    follows = state[at.LAST_LOOSE_KEY] == loose and part[at.P_NUMBER] == state[at.LAST_NUMBER] + 1
    if follows and (plain or state[at.LAST_PLAIN]):
        key = state[at.LAST_KEY]
    elif part[at.P_GROUP] >= 0:
        key = _mix(_mix(loose, 1), part[at.P_GROUP])
    else:
        key = loose
        for i in range(part[at.P_STATION_BYTES]):
            key = _mix(key, np.int64(work[part[at.P_STATION] + i]) + 3)
    state[at.LAST_PLAIN] = 1 if plain else 0
    state[at.LAST_KEY] = key
    state[at.LAST_LOOSE_KEY] = loose
    state[at.LAST_NUMBER] = part[at.P_NUMBER]
    return key


@njit(cache=True, nogil=True, error_model="numpy")
def _unlink(slot: int, state: Any, numbers: Any, chains: Any) -> None:
    """Take a slot out of its chain and of the order of age, and make it free."""
    chain = numbers[slot, _KEY] % _CHAINS
    follower = numbers[slot, _CHAIN]
    if chains[chain] == slot:
        chains[chain] = follower
    else:
        before = np.int64(chains[chain])
        while numbers[before, _CHAIN] != slot:
            before = numbers[before, _CHAIN]
        numbers[before, _CHAIN] = follower
    older = numbers[slot, _OLDER]
    newer = numbers[slot, _NEWER]
    if older == _NONE:
        state[at.OLDEST_SLOT] = newer
    else:
        numbers[older, _NEWER] = newer
    if newer == _NONE:
        state[at.NEWEST_SLOT] = older
    else:
        numbers[newer, _OLDER] = older
    numbers[slot, _CHAIN] = state[at.FREE_SLOT]
    state[at.FREE_SLOT] = slot
    state[at.OPEN_SLOTS] -= 1


@njit(cache=True, nogil=True, error_model="numpy")
def _give_up(
    slot: int, state: Any, numbers: Any, text: Any, chains: Any, tally: Any, samples: Any, sample_text: Any
) -> None:
    """Refuse every fragment a slot holds and free it."""
    for k in range(numbers[slot, _COUNT]):
        if numbers[slot, _HELD] >> k & 1:
            start = k * at.MAX_PAYLOAD_CHARS
            end = start + numbers[slot, _CHARS + k]
            reject(at.INCOMPLETE, numbers[slot, _LINES + k], text[slot], start, end, state, tally, samples, sample_text)
    _unlink(slot, state, numbers, chains)


@njit(cache=True, nogil=True, error_model="numpy")
def _open(key: int, part: Any, time_us: int, state: Any, numbers: Any, chains: Any) -> int:
    """A fresh slot for the message of this fragment."""
    if state[at.FREE_SLOT] != _NONE:
        slot = state[at.FREE_SLOT]
        state[at.FREE_SLOT] = numbers[slot, _CHAIN]
    else:
        slot = state[at.FRESH_SLOT]
        state[at.FRESH_SLOT] += 1
    chain = key % _CHAINS
    numbers[slot, _KEY] = key
    numbers[slot, _CHAIN] = chains[chain]
    chains[chain] = slot
    numbers[slot, _OLDER] = state[at.NEWEST_SLOT]
    numbers[slot, _NEWER] = _NONE
    if state[at.NEWEST_SLOT] == _NONE:
        state[at.OLDEST_SLOT] = slot
    else:
        numbers[state[at.NEWEST_SLOT], _NEWER] = slot
    state[at.NEWEST_SLOT] = slot
    state[at.OPEN_SLOTS] += 1
    numbers[slot, _TIME] = time_us
    numbers[slot, _ARRIVAL] = state[at.SENTENCES]
    numbers[slot, _COUNT] = part[at.P_COUNT]
    numbers[slot, _HELD] = 0
    numbers[slot, _HIGHEST] = 0
    numbers[slot, _OWN_TIME] = at.NO_TIME
    numbers[slot, _OWN_NUMBER] = 0
    numbers[slot, _GROUPED] = 1 if part[at.P_GROUP] >= 0 else 0
    numbers[slot, _STATION_BYTES] = 0
    numbers[slot, _FILL] = 0
    return slot


@njit(cache=True, nogil=True, error_model="numpy")
def _is_near(slot: int, time_us: int, own_time: bool, most_us: int, state: Any, numbers: Any) -> bool:
    """Whether a fragment is of about the time of a message: by its own time and the message's, where both are known, else by order."""
    if own_time and numbers[slot, _OWN_NUMBER] > 0:
        return abs(time_us - numbers[slot, _TIME]) <= most_us
    if time_us >= 0 and numbers[slot, _TIME] >= 0 and abs(time_us - numbers[slot, _TIME]) <= most_us:
        return True
    most = 2 * MAX_OPEN if numbers[slot, _GROUPED] else MAX_DISORDER_SENTENCES
    return state[at.SENTENCES] - numbers[slot, _ARRIVAL] <= most


@njit(cache=True, nogil=True, error_model="numpy")
def _fits(slot: int, number: int, time_us: int, own_time: bool, state: Any, numbers: Any) -> bool:
    """Whether a fragment not held yet may belong to the message in ``slot``."""
    if not _is_near(slot, time_us, own_time, MAX_AGE_US, state, numbers):
        return False
    if number > numbers[slot, _HIGHEST] or numbers[slot, _GROUPED]:
        return True
    near = _is_near(slot, time_us, own_time, MAX_DISORDER_US, state, numbers)
    return near and state[at.SENTENCES] - numbers[slot, _ARRIVAL] <= MAX_DISORDER_SENTENCES


@njit(cache=True, nogil=True, error_model="numpy")
def add_fragment(
    work: Any,
    part: Any,
    time_us: int,
    own_time: bool,
    state: Any,
    numbers: Any,
    text: Any,
    chains: Any,
    tally: Any,
    samples: Any,
    sample_text: Any,
) -> Any:
    """Take in one fragment, of its own time, the clock's or none; returns the slot of the message it made whole, else -1."""
    key = _fragment_key(work, part, state)
    number = part[at.P_NUMBER]
    offset = part[at.P_OFFSET]
    chars = part[at.P_CHARS]
    slot = np.int64(chains[key % _CHAINS])
    while slot != _NONE and numbers[slot, _KEY] != key:
        slot = numbers[slot, _CHAIN]
    start = (number - 1) * at.MAX_PAYLOAD_CHARS
    if slot != _NONE:
        if numbers[slot, _HELD] >> (number - 1) & 1:
            same = numbers[slot, _CHARS + number - 1] == chars
            same = same and _is_near(slot, time_us, own_time, MAX_AGE_US, state, numbers)
            for i in range(chars if same else 0):
                if text[slot, start + i] != work[offset + i]:
                    same = False
                    break
            if same:
                reject(at.INCOMPLETE, state[at.LINE], work, offset, offset + chars, state, tally, samples, sample_text)
                return _NONE
            _give_up(slot, state, numbers, text, chains, tally, samples, sample_text)
            slot = np.int64(_NONE)
        elif not _fits(slot, number, time_us, own_time, state, numbers):
            _give_up(slot, state, numbers, text, chains, tally, samples, sample_text)
            slot = np.int64(_NONE)
    if slot == _NONE:
        if state[at.OPEN_SLOTS] >= MAX_OPEN:
            _give_up(state[at.OLDEST_SLOT], state, numbers, text, chains, tally, samples, sample_text)
        slot = _open(key, part, time_us, state, numbers, chains)
    for i in range(chars):
        text[slot, start + i] = work[offset + i]
    numbers[slot, _CHARS + number - 1] = chars
    numbers[slot, _LINES + number - 1] = state[at.LINE]
    numbers[slot, _HELD] |= 1 << (number - 1)
    numbers[slot, _HIGHEST] = max(numbers[slot, _HIGHEST], number)
    numbers[slot, _ARRIVAL] = state[at.SENTENCES]
    if number == part[at.P_COUNT]:
        numbers[slot, _FILL] = part[at.P_FILL]
    if numbers[slot, _TIME] < 0:
        numbers[slot, _TIME] = time_us
    if own_time and (numbers[slot, _OWN_NUMBER] == 0 or number < numbers[slot, _OWN_NUMBER]):
        numbers[slot, _OWN_TIME] = time_us
        numbers[slot, _OWN_NUMBER] = number
    if numbers[slot, _STATION_BYTES] == 0 and part[at.P_STATION_BYTES] > 0:
        numbers[slot, _STATION_BYTES] = part[at.P_STATION_BYTES]
        for i in range(part[at.P_STATION_BYTES]):
            text[slot, _TEXT + i] = work[part[at.P_STATION] + i]
    return slot if numbers[slot, _HELD] == (1 << part[at.P_COUNT]) - 1 else np.int64(_NONE)


@njit(cache=True, nogil=True, error_model="numpy")
def take_message(slot: int, work: Any, part: Any, state: Any, numbers: Any, text: Any, chains: Any) -> int:
    """Copy a whole message to the side area of ``work``, describe it in ``part``, free its slot; returns its time."""
    side = state[at.SIDE]
    part[at.P_OFFSET] = side
    for k in range(numbers[slot, _COUNT]):
        start = k * at.MAX_PAYLOAD_CHARS
        for i in range(numbers[slot, _CHARS + k]):
            work[side + i] = text[slot, start + i]
        side += numbers[slot, _CHARS + k]
    part[at.P_CHARS] = side - part[at.P_OFFSET]
    part[at.P_FILL] = numbers[slot, _FILL]
    part[at.P_STATION] = side
    part[at.P_STATION_BYTES] = numbers[slot, _STATION_BYTES]
    for i in range(numbers[slot, _STATION_BYTES]):
        work[side + i] = text[slot, _TEXT + i]
    state[at.SIDE] = side + numbers[slot, _STATION_BYTES]
    time_us = numbers[slot, _OWN_TIME] if numbers[slot, _OWN_NUMBER] > 0 else numbers[slot, _TIME]
    _unlink(slot, state, numbers, chains)
    return time_us


@njit(cache=True, nogil=True, error_model="numpy")
def give_up_all(state: Any, numbers: Any, text: Any, chains: Any, tally: Any, samples: Any, sample_text: Any) -> None:
    """End of input: refuse all fragments still waiting, oldest message first."""
    while state[at.OLDEST_SLOT] != _NONE:
        _give_up(state[at.OLDEST_SLOT], state, numbers, text, chains, tally, samples, sample_text)
