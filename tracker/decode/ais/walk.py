"""The line walk: a block of bytes in, one row for each sound message out, every unit entered in the ledger.

A unit is a sentence with what belongs to it (prefix, tag blocks, suffix); sentences glued together on one line are
units of their own. A line without any sentence is one unit, a blank line is none::

    line      = [prefix] unit { unit }
    unit      = { tag block } sentence [suffix]

Lines longer than 1,024 bytes are refused whole. The walk ends after the last line feed of the block; what follows is
the decoder's to keep for the next block.

Time of a unit: its tag block, else its suffix, else the line's prefix, else the ``$PGHP`` line just before it. A unit
that has none of these is of the receive time if the block has one (a later fragment: of the time of the unit before it), else of the last time the input gave, else (inputs
that never give one) of the last base station's UTC (AIS 4 and 11), else of the decoder's ``default_time_us``; if
nothing is known it is refused (``bad_time``).

The base station clock only goes forward, by an hour at most; a larger step, either way, must be confirmed by the next
report that disagrees with the clock within an hour of the first: one station with a wrong date moves nothing.

A message is sound if its type is 1-28, its identity 1 to 999,999,999, and it holds the bits of the fields used here
(``MIN_BITS``). Type 28 is of the draft after ITU-R M.1371-5; type 24 has the parts A (0) and B (1) only.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais import layout as at
from tracker.decode.ais.assemble import add_fragment, take_message
from tracker.decode.ais.eight import borrowed, first_byte, load8
from tracker.decode.ais.ledger import reject
from tracker.decode.ais.prefix import suffix, tag_block, time_prefix, utc_us
from tracker.decode.ais.sentence import is_pghp, read_pghp, read_sentence
from tracker.decode.ais.sixbit import ARMOUR, peek
from tracker.identity import MAX_MMSI

MAX_TYPE: Final = 28
PAD_BYTES: Final = 64
"""Line feeds after the data, so that no parser needs to look where the block ends."""
SENTENCES_PER_LINE: Final = at.MAX_LINE_BYTES // 16
"""More than fit: the shortest sentence that is one has 17 bytes."""
SIDE_PER_LINE: Final = SENTENCES_PER_LINE * (at.MAX_FRAGMENTS * at.MAX_PAYLOAD_CHARS + 2 * at.STATION_BYTES)
"""Room in the side area that one line can need, if each of its sentences completes the longest message."""
_CLOCK_STEP_US: Final = 3_600_000_000


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
def _line_end(work: Any, p: int) -> int:
    """Where the line feed at or after ``p`` is: a byte that is 0 after XOR lends from the bit above it."""
    while True:
        odd = load8(work, p) ^ np.uint64(0x0A0A0A0A0A0A0A0A)
        found = (odd - np.uint64(0x0101010101010101)) & ~odd & np.uint64(0x8080808080808080)
        if found:
            return p + first_byte(found)
        p += 8


@njit(cache=True, nogil=True, error_model="numpy")
def _set_base_clock(work: Any, offset: int, state: Any) -> None:
    """Move the base station clock by the UTC of the type 4 or 11 message at ``offset``."""
    time_us = utc_us(
        peek(work, offset, 38, 14),
        peek(work, offset, 52, 4),
        peek(work, offset, 56, 5),
        peek(work, offset, 61, 5),
        peek(work, offset, 66, 6),
        peek(work, offset, 72, 6),
    )
    if time_us < 0:
        return
    clock = state[at.BASE_TIME]
    candidate = state[at.BASE_CANDIDATE]
    if clock < 0 or 0 <= time_us - clock <= _CLOCK_STEP_US:
        state[at.BASE_TIME] = time_us
        state[at.BASE_CANDIDATE] = at.NO_TIME
    elif abs(time_us - clock) > _CLOCK_STEP_US:
        if candidate >= 0 and 0 <= time_us - candidate <= _CLOCK_STEP_US:
            state[at.BASE_TIME] = time_us
            state[at.BASE_CANDIDATE] = at.NO_TIME
        else:
            state[at.BASE_CANDIDATE] = time_us


@njit(cache=True, nogil=True, error_model="numpy")
def _judge_message(work: Any, offset: int, chars: int, bits: int) -> Any:
    """Cause (0 if sound), type and MMSI of a whole message."""
    if chars == 0:
        return at.TOO_SHORT, 0, 0
    kind = np.int64(ARMOUR[work[offset]])
    if kind < 1 or kind > MAX_TYPE:
        return at.UNKNOWN_MESSAGE, kind, 0
    if bits < 40:
        return at.TOO_SHORT, kind, 0
    mmsi = np.int64(ARMOUR[work[offset + 1]] & 15)
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
def walk(
    work: Any,
    start: int,
    end: int,
    side_end: int,
    received_us: int,
    default_us: int,
    naive_zone_offset_us: int,
    state: Any,
    part: Any,
    rows: Any,
    tally: Any,
    samples: Any,
    sample_text: Any,
    numbers: Any,
    text: Any,
    chains: Any,
) -> tuple[int, int]:
    """Walk the lines of ``work[start:end]``; returns where it stopped and how many rows it wrote.

    It stops at the last line feed, or earlier when ``rows`` or the side area (from ``state[SIDE]`` to ``side_end``)
    might not hold what one more line can give; then it is called again from there.
    """
    work, state, part, rows, tally = borrowed(work), borrowed(state), borrowed(part), borrowed(rows), borrowed(tally)
    samples, sample_text = borrowed(samples), borrowed(sample_text)
    numbers, text, chains = borrowed(numbers), borrowed(text), borrowed(chains)
    n = 0
    pos = start
    while pos < end:
        if n + SENTENCES_PER_LINE > rows.shape[0] or state[at.SIDE] + SIDE_PER_LINE > side_end:
            break
        line_end = _line_end(work, pos)
        if line_end >= end:
            break
        begin = pos
        pos = line_end + 1
        if state[at.SKIPPING]:
            state[at.SKIPPING] = 0
            continue
        state[at.LINE] += 1
        if line_end - begin > at.MAX_LINE_BYTES:
            tally[at.T_UNITS_IN] += 1
            reject(at.TOO_LONG, state[at.LINE], work, begin, line_end, state, tally, samples, sample_text)
            continue
        p = begin
        while work[p] <= 32 and p < line_end:
            p += 1
        if p == line_end:
            continue
        prefix_us = at.NO_TIME
        byte = work[p]
        if byte != 33 and byte != 92 and byte != 36:
            if 48 <= byte <= 57:
                p, prefix_us = time_prefix(work, p, line_end, naive_zone_offset_us, state)
            if byte == 35:
                p = line_end
            while p < line_end and work[p] != 33 and work[p] != 92 and work[p] != 36:
                p += 1
            if p == line_end:
                tally[at.T_UNITS_IN] += 1
                reject(at.UNKNOWN_SENTENCE, state[at.LINE], work, begin, line_end, state, tally, samples, sample_text)
                continue
        unit = begin
        while p < line_end:
            tally[at.T_UNITS_IN] += 1
            part[at.P_TIME] = at.NO_TIME
            part[at.P_STATION_BYTES] = 0
            part[at.P_GROUP] = -1
            part[at.P_TAG_OK] = 1
            part[at.P_CAUSE] = 0
            while p < line_end and work[p] == 92:
                p = tag_block(work, p, line_end, part)
            pghp = False
            if p >= line_end or (work[p] != 33 and work[p] != 36):
                part[at.P_CAUSE] = at.UNKNOWN_SENTENCE
            elif work[p] == 36 and is_pghp(work, p):
                pghp = True
                p = read_pghp(work, p, line_end, part)
            else:
                p = read_sentence(work, p, line_end, part)
            if p < line_end and work[p] == 44:
                p = suffix(work, p, line_end, part)
            elif p < line_end and part[at.P_CAUSE] == 0 and ARMOUR[work[p]] < 64:
                part[at.P_CAUSE] = at.BAD_CHECKSUM
            while p < line_end and work[p] != 33 and work[p] != 92 and work[p] != 36:
                p += 1
            cause = part[at.P_CAUSE] if part[at.P_TAG_OK] else at.BAD_TAG_BLOCK
            unit_start = unit
            unit = p
            if pghp and cause == 0:
                state[at.PGHP_TIME] = part[at.P_TIME]
                state[at.PGHP_STATION] = 0
                for i in range(part[at.P_STATION_BYTES]):
                    state[at.PGHP_STATION] += 1
                    state[at.PGHP_TEXT + i] = work[part[at.P_STATION] + i]
                state[at.LAST_TIME] = part[at.P_TIME]
                tally[at.T_PGHP] += 1
                tally[at.T_UNITS_DECODED] += 1
                continue
            state[at.SENTENCES] += 1
            time_us = part[at.P_TIME]
            if time_us == at.NO_TIME:
                time_us = prefix_us
            if time_us == at.NO_TIME and state[at.PGHP_TIME] >= 0 and cause == 0:
                time_us = state[at.PGHP_TIME]
                if part[at.P_STATION_BYTES] == 0 and state[at.PGHP_STATION] > 0:
                    part[at.P_STATION] = state[at.SIDE]
                    part[at.P_STATION_BYTES] = state[at.PGHP_STATION]
                    for i in range(state[at.PGHP_STATION]):
                        work[state[at.SIDE] + i] = state[at.PGHP_TEXT + i]
                    state[at.SIDE] += state[at.PGHP_STATION]
            if cause != 0 or part[at.P_NUMBER] == part[at.P_COUNT]:
                state[at.PGHP_TIME] = at.NO_TIME
            if cause == 0 and time_us == at.BAD_TIME:
                cause = at.BAD_EVENT_TIME
            if cause != 0:
                reject(cause, state[at.LINE], work, unit_start, p, state, tally, samples, sample_text)
                continue
            own_time = time_us >= 0
            if own_time:
                state[at.LAST_TIME] = time_us
            elif received_us >= 0:
                # a later fragment without a time is of the time of the one before it, however old a recording is that arrives now
                follows = part[at.P_NUMBER] > 1 and state[at.UNIT_TIME] >= 0
                time_us = state[at.UNIT_TIME] if follows else received_us
            elif state[at.LAST_TIME] >= 0:
                time_us = state[at.LAST_TIME]
            else:
                kind = ARMOUR[work[part[at.P_OFFSET]]]
                if part[at.P_COUNT] == 1 and (kind == 4 or kind == 11) and part[at.P_CHARS] >= 13:
                    _set_base_clock(work, part[at.P_OFFSET], state)
                time_us = state[at.BASE_TIME] if state[at.BASE_TIME] >= 0 else default_us
                if time_us < 0:
                    reject(at.BAD_EVENT_TIME, state[at.LINE], work, unit_start, p, state, tally, samples, sample_text)
                    continue
            state[at.UNIT_TIME] = time_us
            fragments = part[at.P_COUNT]
            if fragments > 1:
                slot = add_fragment(
                    work, part, time_us, own_time, state, numbers, text, chains, tally, samples, sample_text
                )
                if slot < 0:
                    continue
                time_us = take_message(slot, work, part, state, numbers, text, chains)
            offset = part[at.P_OFFSET]
            chars = part[at.P_CHARS]
            bits = chars * 6 - part[at.P_FILL]
            cause, kind, mmsi = _judge_message(work, offset, chars, bits)
            if cause != 0:
                for _ in range(fragments):
                    reject(cause, state[at.LINE], work, unit_start, p, state, tally, samples, sample_text)
                continue
            tally[at.T_UNITS_DECODED] += fragments
            tally[at.T_TYPES + kind] += 1
            if kind == 5 or kind == 19 or kind == 21 or kind == 24:
                tally[at.T_STATICS] += 1
            rows[n, at.R_TIME] = time_us
            rows[n, at.R_MMSI] = mmsi
            rows[n, at.R_TYPE] = kind
            rows[n, at.R_OFFSET] = offset
            rows[n, at.R_CHARS] = chars
            rows[n, at.R_BITS] = bits
            rows[n, at.R_STATION] = part[at.P_STATION]
            rows[n, at.R_STATION_BYTES] = part[at.P_STATION_BYTES]
            n += 1
    return pos, n
