"""Instants as the API writes them: RFC 3339 in UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(us: int) -> str:
    """Microseconds since 1970 as text.

    >>> instant(1_772_323_200_500_000)
    '2026-03-01T00:00:00.500Z'
    """
    return (_EPOCH + timedelta(microseconds=us)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
