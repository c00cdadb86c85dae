"""The line walk: a block of bytes in, one row for each sound message out, every unit entered in the ledger.

A unit is a sentence with what belongs to it (prefix, tag blocks, suffix); sentences glued together on one line are
units of their own. A line without any sentence is one unit, a blank line is none::

    line      = [prefix] unit { unit }
    unit      = { tag block } sentence [suffix]

Lines longer than 1,024 bytes are refused whole. The walk ends after the last line feed of the block; what follows is
the decoder's to keep for the next block.

Time of a unit: its tag block, else that of its tag block group, else its suffix, else the line's prefix, else what stands behind
the sentence, else the ``$PGHP`` line just before it. A unit that has none of these is of the receive time if the block has one,
else of the clock of the bus (``bus_clock``), else of the time that the user said; if nothing is known it is refused (``no_time``).
The time of another sentence says nothing of it.

A loose time (``line_time``) is completed by the receive time or the clock where it is within ten minutes of it, else that clock
holds: the logger's was of another zone. Without a clock the time that the user said completes it, and then the one before it.

A message is sound if its type is 1-28, its identity 1 to 999,999,999, and it holds the bits of the fields used here
(``MIN_BITS``). Type 28 is of the draft after ITU-R M.1371-5; type 24 has the parts A (0) and B (1) only.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from tracker.decode.ais import layout as at
from tracker.decode.ais.assemble import Slots, add_fragment, take_message
from tracker.decode.ais.bus_clock import STEP_US, base_time, own_time
from tracker.decode.ais.calendar import utc_us
from tracker.decode.ais.eight import first_byte, load8
from tracker.decode.ais.layout import Given, Memory, Message, State, Tally, Unit
from tracker.decode.ais.ledger import reject
from tracker.decode.ais.line_time import completed, find_time
from tracker.decode.ais.prefix import suffix, tag_block, time_prefix
from tracker.decode.ais.sentence import bus_time_kind, is_pghp, read_bus_time, read_pghp, read_sentence
from tracker.decode.ais.sixbit import ARMOUR, peek
from tracker.identity import MAX_MMSI

MAX_TYPE: Final = 28
PAD_BYTES: Final = 64
"""Line feeds after the data, so that no parser needs to look where the block ends."""
SENTENCES_PER_LINE: Final = at.MAX_LINE_BYTES // 16
"""More than fit: the shortest sentence that is one has 17 bytes."""
SIDE_PER_LINE: Final = SENTENCES_PER_LINE * (at.MAX_FRAGMENTS * at.MAX_PAYLOAD_CHARS + 2 * at.STATION_BYTES)
"""Room in the side area that one line can need, if each of its sentences completes the longest message."""
_RMC: Final = 1
_ZDA: Final = 2
_PGHP: Final = 3
"""Sentences that tell a time (``bus_time_kind``)."""
_SHORTEST_TIME: Final = 11
"""Bytes of a Unix time behind a blank."""
_GROUP_SENTENCES: Final = 64
"""A group's sentences follow each other; its number comes again."""


def _min_bits() -> NDArray[np.int64]:
    """Bits that must be there for the fields used; header only where none are."""
    table = np.full(MAX_TYPE + 1, 40, dtype=np.int64)
    for kind, bits in {
        1: 143,
        2: 143,
        3: 143,
        4: 134,
        5: 302,
        9: 134,
        11: 134,
        18: 139,
        19: 301,
        21: 259,
        27: 94,
    }.items():
        table[kind] = bits
    return table


MIN_BITS: Final = _min_bits()
MIN_BITS_24A: Final = 160
MIN_BITS_24B: Final = 162


@njit(cache=True, nogil=True, error_model="numpy")
def _line_end(work: NDArray[np.uint8], p: int) -> int:
    """Where the line feed at or after ``p`` is: a byte that is 0 after XOR lends from the bit above it."""
    while True:
        odd = load8(work, p) ^ np.uint64(0x0A0A0A0A0A0A0A0A)
        found = (odd - np.uint64(0x0101010101010101)) & ~odd & np.uint64(0x8080808080808080)
        if found:
            return p + first_byte(found)
        p += 8


@njit(cache=True, nogil=True, error_model="numpy")
def _hear_base_station(work: NDArray[np.uint8], offset: int, mmsi: int, state: State) -> None:
    """Tell the clock the UTC of the type 4 or 11 message at ``offset``."""
    time_us = utc_us(
        peek(work, offset, 38, 14),
        peek(work, offset, 52, 4),
        peek(work, offset, 56, 5),
        peek(work, offset, 61, 5),
        peek(work, offset, 66, 6),
        peek(work, offset, 72, 6),
    )
    base_time(time_us, mmsi, state)


@njit(cache=True, nogil=True, error_model="numpy")
def _clock_us(received_us: int, said_us: int, state: State) -> int:
    """The time of a unit that carries none, NO_TIME if nothing tells it."""
    if received_us >= 0:
        return received_us
    if state.clock_us < 0:
        return said_us
    return at.NO_TIME if state.doubt else state.clock_us


@njit(cache=True, nogil=True, error_model="numpy")
def _group_time(unit: Unit, state: State) -> None:
    """Remember the time of a tag block group, or take it from there."""
    one = state.groups[unit.group % at.GROUPS]
    if unit.time_us >= 0:
        one[at.GROUP_NUMBER] = unit.group + 1
        one[at.GROUP_US] = unit.time_us
        one[at.GROUP_SENTENCE] = state.sentences
        return
    known = one[at.GROUP_NUMBER] == unit.group + 1 and state.sentences - one[at.GROUP_SENTENCE] <= _GROUP_SENTENCES
    if unit.time_us == at.NO_TIME and known:
        unit.time_us = one[at.GROUP_US]


@njit(cache=True, nogil=True, error_model="numpy")
def _complete(given: Given, state: State, unit: Unit) -> int:
    """The time of a unit whose own is loose, NO_TIME if nothing completes it."""
    given = borrowed(given)
    clock_us = _clock_us(given.received_us, at.NO_TIME, state)
    if clock_us >= 0:
        time_us = completed(clock_us, given.zone, state, unit)
        return time_us if time_us > 0 and abs(time_us - clock_us) <= STEP_US else clock_us
    if given.said_us < 0 or state.clock_us >= 0:
        return at.NO_TIME
    base_us = state.loose_base_us if state.loose_base_us >= 0 else given.said_us
    time_us = completed(base_us, given.zone, state, unit)
    if time_us > 0:
        state.loose_base_us = time_us
    return time_us


@njit(cache=True, nogil=True, error_model="numpy")
def _judge_message(work: NDArray[np.uint8], offset: int, chars: int, bits: int) -> tuple[int, int, int]:
    """Cause (0 if sound), type and MMSI of a whole message."""
    if chars == 0:
        return at.TOO_SHORT, 0, 0
    kind: Any = np.int64(ARMOUR[work[offset]])
    if kind < 1 or kind > MAX_TYPE:
        return at.UNKNOWN_MESSAGE, kind, 0
    if bits < 40:
        return at.TOO_SHORT, kind, 0
    mmsi: Any = np.int64(ARMOUR[work[offset + 1]] & 15)
    for i in range(2, 6):
        mmsi = (mmsi << 6) | ARMOUR[work[offset + i]]
    mmsi = (mmsi << 2) | (ARMOUR[work[offset + 6]] >> 4)
    least = MIN_BITS[kind]
    if kind == 24:
        letter = (ARMOUR[work[offset + 6]] >> 2) & 3
        if letter > 1:
            return at.UNKNOWN_MESSAGE, kind, mmsi
        least = MIN_BITS_24A if letter == 0 else MIN_BITS_24B
    if bits < least:
        return at.TOO_SHORT, kind, mmsi
    if mmsi == 0 or mmsi > MAX_MMSI:
        return at.BAD_IDENTITY, kind, mmsi
    return 0, kind, mmsi


@njit(cache=True, nogil=True, error_model="numpy")
def _dollar_sentence(work: NDArray[np.uint8], p: int, end: int, unit: Unit, state: State) -> tuple[int, int]:
    """Read what begins with ``$`` at ``p``: the byte after it, and which clock's sentence it is, 0 for none."""
    if is_pghp(work, p):
        return read_pghp(work, p, end, unit), _PGHP
    told = bus_time_kind(work, p)
    if told == 0:
        return read_sentence(work, p, end, unit), 0
    tag_us = unit.time_us
    p = read_bus_time(work, p, end, told, unit)
    if unit.time_us == at.BAD_TIME:
        unit.cause = at.BAD_EVENT_TIME
    unit.bus_time_us = unit.time_us
    unit.time_us = tag_us  # a tag block tells the time of its group
    return p, told


@njit(cache=True, nogil=True, error_model="numpy")
def _hear_clock(work: NDArray[np.uint8], told: int, unit: Unit, state: State) -> None:
    """Take in the time of a sound PGHP, RMC or ZDA."""
    if told != _PGHP:
        own_time(unit.bus_time_us, unit.bus_talker, unit.vouched == 1, told == _RMC, state)
        return
    state.pghp_time_us = unit.time_us
    state.pghp_station_bytes = 0
    for i in range(unit.station_bytes):
        state.pghp_station_bytes += 1
        state.pghp_text[i] = work[unit.station + i]


@njit(cache=True, nogil=True, error_model="numpy")
def _search_time(
    work: NDArray[np.uint8],
    begin: int,
    prefix_end: int,
    prefix_us: int,
    given: Given,
    state: State,
    unit: Unit,
) -> tuple[int, int]:
    """The time of a unit that stands in none of the fast ways, before the sentence or behind it: of the line's prefix, and of the unit.

    The line begins at ``begin``, its prefix ends at ``prefix_end``; behind the sentence is what stands from ``unit.tail`` to ``unit.end``.
    ``unit.cause`` is set where there is a time that is not complete.
    """
    given = borrowed(given)
    near_us = _clock_us(given.received_us, at.NO_TIME, state)
    if prefix_us == at.UNREAD_TIME:
        prefix_us = find_time(work, begin, prefix_end, False, near_us, given.zone, state, unit)
    time_us = prefix_us
    if time_us < 0 and unit.end - unit.tail >= _SHORTEST_TIME:
        found_us = find_time(work, unit.tail, unit.end, True, near_us, given.zone, state, unit)
        if found_us >= 0 or time_us == at.NO_TIME:
            time_us = found_us
    if time_us == at.LOOSE_TIME:
        time_us = _complete(given, state, unit)
        if time_us == at.NO_TIME:
            unit.cause = at.NO_EVENT_TIME
    elif time_us == at.AMBIGUOUS_TIME:
        unit.cause = at.AMBIGUOUS_EVENT_TIME
    return prefix_us, time_us


@njit(cache=True, nogil=True, error_model="numpy")
def walk(
    work: NDArray[np.uint8],
    start: int,
    end: int,
    side_end: int,
    given: Given,
    rows: NDArray[np.void],
    memory: Memory,
    slots: Slots,
) -> tuple[int, int]:
    """Walk the lines of ``work[start:end]``; returns where it stopped and how many rows (``Message``) it wrote.

    It stops at the last line feed, or earlier when ``rows`` or the side area (from ``State.side`` to ``side_end``)
    might not hold what one more line can give; then it is called again from there.
    """
    work, rows, memory, slots, given = (
        borrowed(work),
        borrowed(rows),
        borrowed(memory),
        borrowed(slots),
        borrowed(given),
    )
    state: State = memory.state[0]
    unit: Unit = memory.unit[0]
    tally: Tally = memory.tally[0]
    n = 0
    pos = start
    while pos < end:
        if n + SENTENCES_PER_LINE > rows.shape[0] or state.side + SIDE_PER_LINE > side_end:
            break
        line_end = _line_end(work, pos)
        if line_end >= end:
            break
        begin = pos
        pos = line_end + 1
        if state.skipping:
            state.skipping = 0
            continue
        state.line += 1
        if line_end - begin > at.MAX_LINE_BYTES:
            tally.units_in += 1
            reject(at.TOO_LONG, state.line, work, begin, line_end, memory)
            continue
        p = begin
        while work[p] <= 32 and p < line_end:
            p += 1
        if p == line_end:
            continue
        prefix_us: Any = np.int64(at.NO_TIME)
        prefix_end = p
        byte = work[p]
        if byte != 33 and byte != 92 and byte != 36:
            prefix_us = np.int64(at.UNREAD_TIME)
            if 48 <= byte <= 57:
                p, prefix_us = time_prefix(work, p, line_end, state)
            if byte == 35:
                p = line_end
            while p < line_end and work[p] != 33 and work[p] != 92 and work[p] != 36:
                p += 1
            if p == line_end:
                tally.units_in += 1
                reject(at.UNKNOWN_SENTENCE, state.line, work, begin, line_end, memory)
                continue
            prefix_end = p
        unread = begin
        while p < line_end:
            tally.units_in += 1
            unit.time_us = at.NO_TIME
            unit.station_bytes = 0
            unit.group = -1
            unit.tag_ok = 1
            unit.cause = 0
            while p < line_end and work[p] == 92:
                p = tag_block(work, p, line_end, unit)
            told = 0
            if p >= line_end or (work[p] != 33 and work[p] != 36):
                unit.cause = at.UNKNOWN_SENTENCE
            elif work[p] == 36:
                p, told = _dollar_sentence(work, p, line_end, unit, state)
            else:
                p = read_sentence(work, p, line_end, unit)
            tail = p
            if unit.group >= 0 and unit.tag_ok:
                _group_time(unit, state)
            if p < line_end and work[p] == 44:
                p = suffix(work, p, line_end, unit)
            elif p < line_end and unit.cause == 0 and ARMOUR[work[p]] < 64 and work[p] != 59:
                unit.cause = at.BAD_CHECKSUM
            while p < line_end and work[p] != 33 and work[p] != 92 and work[p] != 36:
                p += 1
            cause = unit.cause if unit.tag_ok else at.BAD_TAG_BLOCK
            unit_start = unread
            unread = p
            if told and cause == 0:
                _hear_clock(work, told, unit, state)
                if told == _PGHP:
                    tally.pghp += 1
                elif told == _RMC:
                    tally.rmc += 1
                else:
                    tally.zda += 1
                tally.units_decoded += 1
                continue
            state.sentences += 1
            time_us = unit.time_us
            if time_us == at.NO_TIME and cause == 0:
                time_us = prefix_us
                if time_us < 0 and (time_us != at.NO_TIME or p - tail >= _SHORTEST_TIME):
                    unit.tail, unit.end = tail, p
                    prefix_us, time_us = _search_time(work, begin, prefix_end, prefix_us, given, state, unit)
                    cause = unit.cause
            if time_us == at.NO_TIME and state.pghp_time_us >= 0 and cause == 0:
                time_us = state.pghp_time_us
                if unit.station_bytes == 0 and state.pghp_station_bytes > 0:
                    unit.station = state.side
                    unit.station_bytes = state.pghp_station_bytes
                    for i in range(state.pghp_station_bytes):
                        work[state.side + i] = state.pghp_text[i]
                    state.side += state.pghp_station_bytes
            if cause != 0 or unit.number == unit.count:
                state.pghp_time_us = at.NO_TIME
            if cause == 0 and time_us == at.BAD_TIME:
                cause = at.BAD_EVENT_TIME
            if cause != 0:
                reject(cause, state.line, work, unit_start, p, memory)
                continue
            has_time = time_us >= 0
            fragments = unit.count
            if fragments > 1:
                if not has_time:
                    time_us = _clock_us(given.received_us, given.said_us, state)
                slot = add_fragment(work, time_us, has_time, slots, memory)
                if slot < 0:
                    continue
                time_us = take_message(slot, work, slots, state, unit)
            offset = unit.offset
            chars = unit.chars
            bits = chars * 6 - unit.fill
            cause, kind, mmsi = _judge_message(work, offset, chars, bits)
            if cause == 0 and (kind == 4 or kind == 11):
                _hear_base_station(work, offset, mmsi, state)
            if fragments == 1 and not has_time:
                time_us = _clock_us(given.received_us, given.said_us, state)
            if cause == 0 and time_us < 0:
                cause = at.NO_EVENT_TIME
            if cause != 0:
                for _ in range(fragments):
                    reject(cause, state.line, work, unit_start, p, memory)
                continue
            tally.units_decoded += fragments
            tally.types[kind] += 1
            if kind == 5 or kind == 19 or kind == 21 or kind == 24:
                tally.statics += 1
            row: Message = rows[n]
            row.time_us = time_us
            row.mmsi = mmsi
            row.kind = kind
            row.offset = offset
            row.chars = chars
            row.bits = bits
            row.station = unit.station
            row.station_bytes = unit.station_bytes
            n += 1
    return pos, n
