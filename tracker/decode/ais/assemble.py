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

from typing import Annotated, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype
from tracker.decode.ais import layout as at
from tracker.decode.ais.layout import Memory, State, Unit
from tracker.decode.ais.ledger import reject
from tracker.decode.snapshots import matrix_of, matrix_table

MAX_OPEN: Final = 4096
MAX_AGE_US: Final = 60_000_000
MAX_DISORDER_US: Final = 2_000_000
MAX_DISORDER_SENTENCES: Final = 64
_CHAINS: Final = 8192
_TEXT: Final = at.MAX_FRAGMENTS * at.MAX_PAYLOAD_CHARS
_SLOT_BYTES: Final = _TEXT + at.STATION_BYTES

_NONE: Final = -1
_STEP: Final = np.uint64(0xD6E8FEB86659FD93)
_FOLD: Final = np.uint64(32)
_POSITIVE: Final = np.uint64(0x7FFF_FFFF_FFFF_FFFF)


class OpenMessage:
    """A message of which fragments wait. A snapshot holds these numbers in this order: another order is another layout number of the decoder."""

    key: int
    time_us: int
    arrival: int
    """The sentence that came last."""
    count: int
    held: int
    """Bit ``n - 1`` is set where fragment ``n`` is here."""
    highest: int
    own_time_us: int
    own_number: int
    """The fragment that carried ``own_time_us``, 0 if none did."""
    grouped: int
    station_bytes: int
    fill: int
    chain: int
    """The next slot of the hash chain; of a free slot the next free one."""
    older: int
    newer: int
    chars: Annotated[NDArray[np.int64], f"({at.MAX_FRAGMENTS},)i8"]
    """By fragment, as ``lines``, the number of its line."""
    lines: Annotated[NDArray[np.int64], f"({at.MAX_FRAGMENTS},)i8"]


_OPEN_MESSAGE: Final = record_dtype(OpenMessage)
_SLOT_SIZE: Final = _OPEN_MESSAGE.itemsize // 8


class Slots(NamedTuple):
    """Open messages."""

    open_messages: NDArray[np.void]
    """Records of ``OpenMessage``."""
    text: NDArray[np.uint8]
    """``[slot, byte]``: the payload of each fragment in a place of its own, and the station behind them."""
    chains: NDArray[np.int32]
    """The first slot of each hash chain."""


def new_slots() -> Slots:
    """No open message. The memory is only touched as slots are used."""
    return Slots(
        np.zeros(MAX_OPEN, dtype=_OPEN_MESSAGE),
        np.zeros((MAX_OPEN, _SLOT_BYTES), dtype=np.uint8),
        np.full(_CHAINS, _NONE, dtype=np.int32),
    )


def reset_state(state: NDArray[np.void]) -> None:
    """State fields of an empty set of slots."""
    for name in ("open_slots", "fresh_slot", "last_key", "last_loose_key", "last_number", "last_plain"):
        state[name] = 0
    for name in ("free_slot", "oldest_slot", "newest_slot"):
        state[name] = _NONE


def open_messages(state: NDArray[np.void], slots: Slots) -> pa.Table:
    """The messages still open, the one opened first first: their numbers, and the bytes they hold."""
    order = []
    slot = int(state["oldest_slot"][0])
    while slot != _NONE:
        order.append(slot)
        slot = int(slots.open_messages["newer"][slot])
    rows = slots.open_messages[order]
    for name in ("chain", "older", "newer"):  # where they stand in memory
        rows[name] = _NONE
    texts = [
        b"".join(slots.text[slot, start : start + length].tobytes() for start, length in _spans(row))
        for slot, row in zip(order, rows, strict=True)
    ]
    table = matrix_table(rows.view(np.int64).reshape(-1, _SLOT_SIZE))
    return table.append_column("text", pa.array(texts, pa.binary()))


def _spans(row: np.void) -> list[tuple[int, int]]:
    """Where the bytes that an open message holds stand in its text, and how many each time."""
    spans = [(k * at.MAX_PAYLOAD_CHARS, int(row["chars"][k])) for k in range(row["count"]) if row["held"] >> k & 1]
    return [*spans, (_TEXT, int(row["station_bytes"]))]


def restore_open_messages(table: pa.Table, state: NDArray[np.void]) -> Slots:
    """Slots filled from :func:`open_messages`; of ``state`` the fields that say where slots are."""
    slots = new_slots()
    rows = matrix_of(table, _SLOT_SIZE, np.int64).reshape(-1).view(_OPEN_MESSAGE)
    n = len(rows)
    rows["older"] = np.arange(n) - 1
    rows["newer"] = np.append(np.arange(1, n), _NONE)[:n]
    for slot, (row, text) in enumerate(zip(rows, table.column("text").to_pylist(), strict=True)):
        done = 0
        for start, length in _spans(row):
            slots.text[slot, start : start + length] = np.frombuffer(text, np.uint8, length, done)
            done += length
        chain = row["key"] % _CHAINS
        rows["chain"][slot] = slots.chains[chain]
        slots.chains[chain] = slot
    slots.open_messages[:n] = rows
    state["open_slots"] = state["fresh_slot"] = n
    state["free_slot"] = _NONE
    state["oldest_slot"] = 0 if n else _NONE
    state["newest_slot"] = n - 1
    return slots


@njit(cache=True, nogil=True, error_model="numpy")
def _mix(key: Any, value: Any) -> Any:
    mixed = (np.uint64(key) ^ np.uint64(value)) * _STEP
    mixed ^= mixed >> _FOLD
    return np.int64(mixed & _POSITIVE)


@njit(cache=True, nogil=True, error_model="numpy")
def _fragment_key(work: NDArray[np.uint8], unit: Unit, state: State) -> int:
    """The key of a fragment's message, following the rules of the module's head."""
    loose = _mix(unit.sequence + 2, unit.channel)
    loose = _mix(loose, unit.count * 0x1000000 + unit.talker)
    plain = unit.group < 0 and unit.station_bytes == 0
    follows = state.last_loose_key == loose and unit.number == state.last_number + 1
    if follows and (plain or state.last_plain):
        key = state.last_key
    elif unit.group >= 0:
        key = _mix(_mix(loose, 1), unit.group)
    else:
        key = loose
        for i in range(unit.station_bytes):
            key = _mix(key, np.int64(work[unit.station + i]) + 3)
    state.last_plain = 1 if plain else 0
    state.last_key = key
    state.last_loose_key = loose
    state.last_number = unit.number
    return key


@njit(cache=True, nogil=True, error_model="numpy")
def _unlink(slot: int, state: State, slots: Slots) -> None:
    """Take a slot out of its chain and of the order of age, and make it free."""
    open_messages, chains = borrowed(slots.open_messages), borrowed(slots.chains)
    chain = open_messages[slot].key % _CHAINS
    follower = open_messages[slot].chain
    if chains[chain] == slot:
        chains[chain] = follower
    else:
        before = np.int64(chains[chain])
        while open_messages[before].chain != slot:
            before = open_messages[before].chain
        open_messages[before].chain = follower
    older = open_messages[slot].older
    newer = open_messages[slot].newer
    if older == _NONE:
        state.oldest_slot = newer
    else:
        open_messages[older].newer = newer
    if newer == _NONE:
        state.newest_slot = older
    else:
        open_messages[newer].older = older
    open_messages[slot].chain = state.free_slot
    state.free_slot = slot
    state.open_slots -= 1


@njit(cache=True, nogil=True, error_model="numpy")
def _give_up(slot: int, slots: Slots, memory: Memory) -> None:
    """Refuse every fragment a slot holds and free it."""
    slots, memory = borrowed(slots), borrowed(memory)
    open_messages, state = slots.open_messages, memory.state[0]
    for k in range(open_messages[slot].count):
        if open_messages[slot].held >> k & 1:
            start = k * at.MAX_PAYLOAD_CHARS
            end = start + open_messages[slot].chars[k]
            reject(at.INCOMPLETE, open_messages[slot].lines[k], slots.text[slot], start, end, memory)
    _unlink(slot, state, slots)


@njit(cache=True, nogil=True, error_model="numpy")
def _open(key: int, unit: Unit, time_us: int, state: State, slots: Slots) -> int:
    """A fresh slot for the message of this fragment."""
    open_messages, chains = borrowed(slots.open_messages), borrowed(slots.chains)
    if state.free_slot != _NONE:
        slot = state.free_slot
        state.free_slot = open_messages[slot].chain
    else:
        slot = state.fresh_slot
        state.fresh_slot += 1
    chain = key % _CHAINS
    one: OpenMessage = open_messages[slot]
    one.key = key
    one.chain = chains[chain]
    chains[chain] = slot
    one.older = state.newest_slot
    one.newer = _NONE
    if state.newest_slot == _NONE:
        state.oldest_slot = slot
    else:
        open_messages[state.newest_slot].newer = slot
    state.newest_slot = slot
    state.open_slots += 1
    one.time_us = time_us
    one.arrival = state.sentences
    one.count = unit.count
    one.held = 0
    one.highest = 0
    one.own_time_us = at.NO_TIME
    one.own_number = 0
    one.grouped = 1 if unit.group >= 0 else 0
    one.station_bytes = 0
    one.fill = 0
    return slot


@njit(cache=True, nogil=True, error_model="numpy")
def _is_near(one: OpenMessage, time_us: int, own_time: bool, most_us: int, state: State) -> bool:
    """Whether a fragment is of about the time of a message: by its own time and the message's, where both are known, else by order."""
    if own_time and one.own_number > 0:
        return abs(time_us - one.time_us) <= most_us
    if time_us >= 0 and one.time_us >= 0 and abs(time_us - one.time_us) <= most_us:
        return True
    most = 2 * MAX_OPEN if one.grouped else MAX_DISORDER_SENTENCES
    return state.sentences - one.arrival <= most


@njit(cache=True, nogil=True, error_model="numpy")
def _fits(one: OpenMessage, number: int, time_us: int, own_time: bool, state: State) -> bool:
    """Whether a fragment not held yet may belong to an open message."""
    if not _is_near(one, time_us, own_time, MAX_AGE_US, state):
        return False
    if number > one.highest or one.grouped:
        return True
    near = _is_near(one, time_us, own_time, MAX_DISORDER_US, state)
    return near and state.sentences - one.arrival <= MAX_DISORDER_SENTENCES


@njit(cache=True, nogil=True, error_model="numpy")
def add_fragment(work: NDArray[np.uint8], time_us: int, own_time: bool, slots: Slots, memory: Memory) -> int:
    """Take in the fragment that is ``memory.unit``, of its own time, the clock's or none; returns the slot of the message it made whole, else -1."""
    work, slots, memory = borrowed(work), borrowed(slots), borrowed(memory)
    open_messages, text = slots.open_messages, slots.text
    state: State = memory.state[0]
    unit: Unit = memory.unit[0]
    key = _fragment_key(work, unit, state)
    number = unit.number
    offset = unit.offset
    chars = unit.chars
    slot: Any = np.int64(slots.chains[key % _CHAINS])
    while slot != _NONE and open_messages[slot].key != key:
        slot = open_messages[slot].chain
    start = (number - 1) * at.MAX_PAYLOAD_CHARS
    if slot != _NONE:
        one: OpenMessage = open_messages[slot]
        if one.held >> (number - 1) & 1:
            same = one.chars[number - 1] == chars
            same = same and _is_near(one, time_us, own_time, MAX_AGE_US, state)
            for i in range(chars if same else 0):
                if text[slot, start + i] != work[offset + i]:
                    same = False
                    break
            if same:
                reject(at.INCOMPLETE, state.line, work, offset, offset + chars, memory)
                return _NONE
            _give_up(slot, slots, memory)
            slot = np.int64(_NONE)
        elif not _fits(one, number, time_us, own_time, state):
            _give_up(slot, slots, memory)
            slot = np.int64(_NONE)
    if slot == _NONE:
        if state.open_slots >= MAX_OPEN:
            _give_up(state.oldest_slot, slots, memory)
        slot = _open(key, unit, time_us, state, slots)
    one = open_messages[slot]
    for i in range(chars):
        text[slot, start + i] = work[offset + i]
    one.chars[number - 1] = chars
    one.lines[number - 1] = state.line
    one.held |= 1 << (number - 1)
    one.highest = max(one.highest, number)
    one.arrival = state.sentences
    if number == unit.count:
        one.fill = unit.fill
    if one.time_us < 0:
        one.time_us = time_us
    if own_time and (one.own_number == 0 or number < one.own_number):
        one.own_time_us = time_us
        one.own_number = number
    if one.station_bytes == 0 and unit.station_bytes > 0:
        one.station_bytes = unit.station_bytes
        for i in range(unit.station_bytes):
            text[slot, _TEXT + i] = work[unit.station + i]
    return slot if one.held == (1 << unit.count) - 1 else _NONE


@njit(cache=True, nogil=True, error_model="numpy")
def take_message(slot: int, work: NDArray[np.uint8], slots: Slots, state: State, unit: Unit) -> int:
    """Copy a whole message to the side area of ``work``, describe it in ``unit``, free its slot; returns its time."""
    work, slots = borrowed(work), borrowed(slots)
    text = slots.text
    one: OpenMessage = slots.open_messages[slot]
    side = state.side
    unit.offset = side
    for k in range(one.count):
        start = k * at.MAX_PAYLOAD_CHARS
        for i in range(one.chars[k]):
            work[side + i] = text[slot, start + i]
        side += one.chars[k]
    unit.chars = side - unit.offset
    unit.fill = one.fill
    unit.station = side
    unit.station_bytes = one.station_bytes
    for i in range(one.station_bytes):
        work[side + i] = text[slot, _TEXT + i]
    state.side = side + one.station_bytes
    time_us = one.own_time_us if one.own_number > 0 else one.time_us
    _unlink(slot, state, slots)
    return time_us


@njit(cache=True, nogil=True, error_model="numpy")
def give_up_all(slots: Slots, memory: Memory) -> None:
    """End of input: refuse all fragments still waiting, oldest message first."""
    slots, memory = borrowed(slots), borrowed(memory)
    state: State = memory.state[0]
    while state.oldest_slot != _NONE:
        _give_up(state.oldest_slot, slots, memory)
