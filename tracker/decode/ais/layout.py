"""Where the line walk and the payload kernels keep things: indices into their shared arrays, and the bounds.

Numba kernels share plain arrays. ``STATE`` is an int64 array of scalars that live across blocks, ``ROW`` one int64 row
for each message found in a block, ``TALLY`` an int64 array of counters which the decoder reads and clears.
"""

from __future__ import annotations

from typing import Final

from tracker.decode.rejects import SAMPLE_BYTES, SAMPLES_PER_CAUSE, RejectCause

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
END_OF_TIME: Final = 1 << 62
MOST_LOST: Final = 16
DAY_FIRST: Final = 1
MONTH_FIRST: Final = 2
GROUPS: Final = 64
"""Tag block groups whose time is remembered: those of one receiver follow each other, several receivers interleave."""

# STATE: what lives across blocks
LINE: Final = 0
SKIPPING: Final = 1
ORDER_SAID: Final = 2
ORDER_PROVEN: Final = 3
LOOSE_BASE: Final = 4
PGHP_TIME: Final = 5
PGHP_STATION: Final = 6
SENTENCES: Final = 7
DATE_BYTES: Final = 8
DATE_DAYS: Final = 9
OPEN_SLOTS: Final = 10
FREE_SLOT: Final = 11
FRESH_SLOT: Final = 12
OLDEST_SLOT: Final = 13
NEWEST_SLOT: Final = 14
LAST_KEY: Final = 15
LAST_LOOSE_KEY: Final = 16
LAST_NUMBER: Final = 17
SIDE: Final = 18
LAST_PLAIN: Final = 19
DATE_END_BYTES: Final = 20
CLOCK: Final = 21
CLOCK_FROM: Final = 22
CLOCK_IS_OWN: Final = 23
CANDIDATE: Final = 24
CANDIDATE_FROM: Final = 25
CANDIDATE_FIRST: Final = 26
CANDIDATE_IS_OWN: Final = 27
CANDIDATE_TIMES: Final = 28
DOUBT: Final = 29
RIVALRY: Final = 30
WATCHED: Final = 31
VOID_FROM: Final = 32
ZONE_STEPS: Final = 33
ZONE_FROM: Final = 34
"""Local times from here to ``ZONE_UNTIL`` are ``ZONE_OFFSET`` ahead of UTC. At first no time is in between."""
ZONE_UNTIL: Final = 35
ZONE_OFFSET: Final = 36
DAYS_FIRST: Final = 37
"""Dates of numbers alone that can only be read day first, and ``MONTHS_FIRST``."""
MONTHS_FIRST: Final = 38
DATE_UTC: Final = 39
"""UTC of the midnight that begins the last date, where all of that date is in one step of the zone; else NO_TIME."""
LOST_WEEKS: Final = 40
"""How many tellers were found to have lost weeks, before the clock was right; who (MMSI, or a talker) and us lost follow, each twice."""
GROUP: Final = LOST_WEEKS + 1 + 2 * MOST_LOST
"""``GROUPS`` times: group, time, sentence number."""
PGHP_TEXT: Final = GROUP + 3 * GROUPS
SAMPLED: Final = PGHP_TEXT + STATION_BYTES
"""From here on: samples kept so far, by cause number."""
UNKNOWN_AT_FIRST: Final = (DATE_UTC, LOOSE_BASE, PGHP_TIME, CLOCK, CLOCK_FROM, CANDIDATE, WATCHED, VOID_FROM)
"""Entries that begin as NO_TIME."""

# PART: what the parsers say about the unit they have just read
P_TIME: Final = 0
P_STATION: Final = 1
P_STATION_BYTES: Final = 2
P_GROUP: Final = 3
P_TAG_OK: Final = 4
P_CAUSE: Final = 5
P_COUNT: Final = 6
P_NUMBER: Final = 7
P_SEQUENCE: Final = 8
P_CHANNEL: Final = 9
P_TALKER: Final = 10
P_OFFSET: Final = 11
P_CHARS: Final = 12
P_FILL: Final = 13
P_LOOSE_MONTH: Final = 14
P_LOOSE_DAY: Final = 15
P_LOOSE_CLOCK: Final = 16
P_FIELDS: Final = 17
PART_SIZE: Final = P_FIELDS + 11

# ROW: one message
R_TIME: Final = 0
R_MMSI: Final = 1
R_TYPE: Final = 2
R_OFFSET: Final = 3
R_CHARS: Final = 4
R_BITS: Final = 5
R_STATION: Final = 6
R_STATION_BYTES: Final = 7
ROW_SIZE: Final = 8

# TALLY: counters of one pass; rejects and samples by cause number (1 is the first of RejectCause)
T_UNITS_IN: Final = 0
T_UNITS_DECODED: Final = 1
T_STATICS: Final = 2
T_SAMPLES: Final = 3
T_PGHP: Final = 4
T_IMPOSSIBLE: Final = 5
T_RMC: Final = 6
T_ZDA: Final = 7
T_TYPES: Final = 8
T_REJECTS: Final = T_TYPES + 32
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
TALLY_SIZE: Final = T_REJECTS + len(CAUSES)
STATE_SIZE: Final = SAMPLED + len(CAUSES)
ZONE_TABLE: Final = STATE_SIZE
"""Behind the state, and no part of it: the input's zone, ``ZONE_STEPS`` local times and as many offsets (``zones.local_steps``)."""
MAX_SAMPLES: Final = len(CAUSES) * SAMPLES_PER_CAUSE
SAMPLE_WIDTH: Final = SAMPLE_BYTES

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
