"""What the line walk and the payload kernels share: records, the tuples they are handed in, and the bounds.

``State`` lives across blocks, ``Unit`` is what the parsers say of the unit just read, a ``Message`` is one row for each message found in a block, and the
decoder reads and clears the ``Tally``. All fields of these four are of 64 bits, so that an array of one record is a vector too (``vector``): a snapshot
holds the ``State`` as such, and the decoder finds the counters that are not zero.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.records import record_dtype
from tracker.decode.rejects import SAMPLE_BYTES, SAMPLES_PER_CAUSE, RejectCause
from tracker.decode.zones import ZoneSteps

MAX_LINE_BYTES: Final = 1024
"""A longer line is no NMEA: a tag block and a sentence have at most 82 bytes each, real ones up to about 250."""
MAX_PAYLOAD_CHARS: Final = 200
"""Five slots, the longest AIS message, carry 1,192 bits in 199 characters (ITU-R M.1371-5 annex 2, 3.3.7)."""
MAX_FRAGMENTS: Final = 9
STATION_BYTES: Final = 16
NO_TIME: Final = -1
BAD_TIME: Final = -2
AMBIGUOUS_TIME: Final = -3
"""A date whose day and month nothing tells apart."""
LOOSE_TIME: Final = -4
"""A clock without a date, or a date without a year."""
UNREAD_TIME: Final = -5
"""A time that none of the fast ways reads."""
END_OF_TIME: Final = 1 << 62
MOST_LOST: Final = 16
"""Tellers whose lost weeks are remembered."""
DAY_FIRST: Final = 1
MONTH_FIRST: Final = 2
GROUPS: Final = 64
"""Tag block groups whose time is remembered: those of one receiver follow each other, several receivers interleave."""

CAUSES: Final = (
    None,
    RejectCause.BAD_CHECKSUM,
    RejectCause.BAD_TAG_BLOCK,
    RejectCause.BAD_ARMOUR,
    RejectCause.TOO_SHORT,
    RejectCause.TOO_LONG,
    RejectCause.TRUNCATED,
    RejectCause.INCOMPLETE_MULTIPART,
    RejectCause.UNKNOWN_SENTENCE,
    RejectCause.UNKNOWN_MESSAGE,
    RejectCause.BAD_IDENTITY,
    RejectCause.BAD_TIME,
    RejectCause.NO_TIME,
    RejectCause.AMBIGUOUS_DATE,
)
"""The causes that kernels know, by number."""


class State:
    """What lives across blocks. A snapshot holds these numbers in this order: another order is another layout number of the decoder."""

    line: int
    skipping: int
    order_said: int
    order_proven: int
    loose_base_us: int
    pghp_time_us: int
    pghp_station_bytes: int
    sentences: int
    date_bytes: int
    date_days: int
    open_slots: int
    free_slot: int
    fresh_slot: int
    oldest_slot: int
    newest_slot: int
    last_key: int
    last_loose_key: int
    last_number: int
    side: int
    """Where the side area of the work buffer, for whole messages of several sentences, is free."""
    last_plain: int
    date_end_bytes: int
    clock_us: int
    clock_from: int
    clock_is_own: int
    candidate_us: int
    candidate_from: int
    candidate_first_us: int
    candidate_is_own: int
    candidate_times: int
    doubt: int
    rivalry: int
    watched_us: int
    void_from: int
    zone_steps: int
    """Entries of the input's zone (``Given.zone``)."""
    zone_from_us: int
    """Local times from here to ``zone_until_us`` are ``zone_offset_us`` ahead of UTC. At first no time is in between."""
    zone_until_us: int
    zone_offset_us: int
    days_first: int
    """Dates of numbers alone that can only be read day first, and ``months_first``."""
    months_first: int
    date_utc_us: int
    """UTC of the midnight that begins the last date, where all of that date is in one step of the zone; else NO_TIME."""
    lost_weeks: int
    """How many tellers were found to have lost weeks, before the clock was right."""
    lost: Annotated[NDArray[np.int64], f"({MOST_LOST},2)i8"]
    """Of each the teller (MMSI, or a talker) and the time lost: ``LOST_TELLER``, ``LOST_US``."""
    groups: Annotated[NDArray[np.int64], f"({GROUPS},3)i8"]
    """Of each the number, its time and the sentence that told it: ``GROUP_NUMBER``, ``GROUP_US``, ``GROUP_SENTENCE``."""
    pghp_text: Annotated[NDArray[np.int64], f"({STATION_BYTES},)i8"]
    sampled: Annotated[NDArray[np.int64], f"({len(CAUSES)},)i8"]
    """Samples kept so far, by cause number."""


LOST_TELLER, LOST_US = 0, 1
GROUP_NUMBER, GROUP_US, GROUP_SENTENCE = 0, 1, 2
UNKNOWN_AT_FIRST: Final = (
    "date_utc_us", "loose_base_us", "pghp_time_us", "clock_us", "clock_from", "candidate_us", "watched_us", "void_from",
)  # fmt: skip
"""Fields that begin as NO_TIME."""


class Unit:
    """What the parsers say about the unit they have just read."""

    time_us: int
    station: int
    station_bytes: int
    group: int
    tag_ok: int
    cause: int
    count: int
    number: int
    sequence: int
    channel: int
    talker: int
    offset: int
    chars: int
    fill: int
    loose_month: int
    loose_day: int
    loose_clock_us: int
    tail: int
    """The first byte behind the sentence."""
    end: int
    vouched: int
    """1 if the receiver vouches for the time of its RMC or ZDA, ``bus_time_us``."""
    bus_talker: int
    bus_time_us: int
    pghp: Annotated[NDArray[np.int64], "11i8"]
    """The numbers of a PGHP sentence, -1 where one is none."""


class Message:
    """One whole message: where its characters are in the work buffer, and how many."""

    time_us: int
    mmsi: int
    kind: int
    offset: int
    chars: int
    bits: int
    station: int
    station_bytes: int


class Tally:
    """Counters of one pass."""

    units_in: int
    units_decoded: int
    statics: int
    samples: int
    pghp: int
    impossible: int
    rmc: int
    zda: int
    types: Annotated[NDArray[np.int64], "32i8"]
    rejects: Annotated[NDArray[np.int64], f"({len(CAUSES)},)i8"]
    """By cause number (1 is the first of RejectCause)."""


class Sample:
    """What a refused unit was."""

    cause: int
    line: int
    length: int
    text: Annotated[NDArray[np.uint8], f"({SAMPLE_BYTES},)u1"]


STATE: Final = record_dtype(State)
UNIT: Final = record_dtype(Unit)
MESSAGE: Final = record_dtype(Message)
TALLY: Final = record_dtype(Tally)
SAMPLE: Final = record_dtype(Sample)
MAX_SAMPLES: Final = len(CAUSES) * SAMPLES_PER_CAUSE
SAMPLE_WIDTH: Final = SAMPLE_BYTES


class Given(NamedTuple):
    """What is known of the time of a block's units beside what they say."""

    received_us: int
    """NO_TIME if none."""
    said_us: int
    """The time that the user said, NO_TIME if none."""
    zone: ZoneSteps
    """Of times written without an offset."""


class Memory(NamedTuple):
    """What the walk reads and writes beside the rows: one record of each, and the samples of refused units."""

    state: NDArray[np.void]
    unit: NDArray[np.void]
    tally: NDArray[np.void]
    samples: NDArray[np.void]


def new_memory() -> Memory:
    """All zero, but for what is ``UNKNOWN_AT_FIRST``."""
    memory = Memory(np.zeros(1, STATE), np.zeros(1, UNIT), np.zeros(1, TALLY), np.zeros(MAX_SAMPLES, SAMPLE))
    for name in UNKNOWN_AT_FIRST:
        memory.state[name] = NO_TIME
    return memory


def vector(records: NDArray[np.void]) -> NDArray[np.int64]:
    """The numbers of an array of one record whose fields are all of 64 bits, as one vector of the same memory."""
    numbers: NDArray[np.int64] = records.view(np.int64)
    return numbers


def place(record: np.dtype[Any], name: str) -> int:
    """Where a field begins in :func:`vector`."""
    assert record.fields is not None
    return record.fields[name][1] // 8


BAD_CHECKSUM: Final = CAUSES.index(RejectCause.BAD_CHECKSUM)
BAD_TAG_BLOCK: Final = CAUSES.index(RejectCause.BAD_TAG_BLOCK)
BAD_ARMOUR: Final = CAUSES.index(RejectCause.BAD_ARMOUR)
TOO_SHORT: Final = CAUSES.index(RejectCause.TOO_SHORT)
TOO_LONG: Final = CAUSES.index(RejectCause.TOO_LONG)
TRUNCATED: Final = CAUSES.index(RejectCause.TRUNCATED)
INCOMPLETE: Final = CAUSES.index(RejectCause.INCOMPLETE_MULTIPART)
UNKNOWN_SENTENCE: Final = CAUSES.index(RejectCause.UNKNOWN_SENTENCE)
UNKNOWN_MESSAGE: Final = CAUSES.index(RejectCause.UNKNOWN_MESSAGE)
BAD_IDENTITY: Final = CAUSES.index(RejectCause.BAD_IDENTITY)
BAD_EVENT_TIME: Final = CAUSES.index(RejectCause.BAD_TIME)
NO_EVENT_TIME: Final = CAUSES.index(RejectCause.NO_TIME)
AMBIGUOUS_EVENT_TIME: Final = CAUSES.index(RejectCause.AMBIGUOUS_DATE)
