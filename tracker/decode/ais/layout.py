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

# STATE: what lives across blocks
LINE: Final = 0
SKIPPING: Final = 1
LAST_TIME: Final = 2
BASE_TIME: Final = 3
BASE_CANDIDATE: Final = 4
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
PGHP_TEXT: Final = 21
SAMPLED: Final = PGHP_TEXT + STATION_BYTES
"""From here on: samples kept so far, by cause number."""

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
P_FIELDS: Final = 14
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
T_TYPES: Final = 8
T_REJECTS: Final = T_TYPES + 32
CAUSES: Final = (None, *RejectCause)[:22]
"""Kernels are compiled with these numbers; causes of other formats stand behind them."""
TALLY_SIZE: Final = T_REJECTS + len(CAUSES)
UNIT_TIME: Final = SAMPLED + len(CAUSES)
"""Time of the last unit, whosever clock told it."""
STATE_SIZE: Final = UNIT_TIME + 1
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
