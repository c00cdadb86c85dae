"""Units: instants, and exact conversion constants (BIPM SI brochure; ICAO Annex 5)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final, NewType

from streams.time import BEFORE_ALL_US

Micros = NewType("Micros", int)
"""An instant: microseconds since 1970-01-01T00:00:00Z, event time or receive time."""


NEVER_US: Final = BEFORE_ALL_US
"""What has not happened yet, where an instant is kept: before any event."""
US_PER_S: Final = 1_000_000
US_PER_MIN: Final = 60 * US_PER_S
US_PER_H: Final = 3_600 * US_PER_S
US_PER_DAY: Final = 24 * US_PER_H
KM_PER_DEG: Final = math.pi / 180.0 * 6371.0088
"""A degree of a great circle on the sphere of ``models.geodesy``, written out: numba need not be loaded for it."""
KM_PER_NM: Final = 1.852
M_PER_NM: Final = 1852.0
M_PER_FT: Final = 0.3048
KN_PER_M_S: Final = 3600.0 / M_PER_NM
FT_PER_M: Final = 1.0 / M_PER_FT

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(instant_us: int) -> str:
    """An instant as ``2016-04-01T12:00:00.000Z`` (milliseconds, always UTC)."""
    text = (_EPOCH + timedelta(microseconds=int(instant_us))).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def parse_time(text: str) -> Micros:
    """Microseconds of an ISO 8601 text; a time without a zone is UTC."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Micros((moment - _EPOCH) // timedelta(microseconds=1))
