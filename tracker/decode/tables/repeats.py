"""Rows that repeat a position: they say that the craft was heard, not that it is there again.

OpenSky's tables have a row a second as long as anything was heard of an aircraft, with its last position until that is 300 s old. A
row more than ``HEARD_AFTER_S`` younger than its position says that the craft was heard at ``heard_time``; if the position has not the time of the
one before (of the same craft) it stands at the position's time, too. Where rows are out of order every row tells its position: those told
twice are equal in time, place and speed, and ``tracker.tracks`` drops them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tracker.decode.base import MAX_TIME_US
from tracker.decode.tables.changes import StaticChanges
from tracker.decode.tables.rows import Rows, message_types
from tracker.decode.written_times import NO_TIME
from tracker.positions import PositionBatch
from tracker.units import US_PER_S, Micros

HEARD_AFTER_S: Final = 1.0


def tell_repeats(rows: Rows, places: StaticChanges) -> None:
    """Turn rows that repeat a position into rows of having been heard, in place. ``places`` remembers the time of each craft's last position."""
    heard_us = rows.heard_us
    if heard_us is None:
        return
    known = (heard_us != NO_TIME) & (heard_us < MAX_TIME_US)
    somewhere = ~(np.isnan(rows.lat_deg) | np.isnan(rows.lon_deg))
    placed = np.flatnonzero(somewhere & (rows.craft != 0) & (rows.time_us != NO_TIME))
    again = np.ones(len(placed), dtype=bool)
    new = places.rows(rows.craft[placed], rows.time_us[placed], rows.time_us[placed].astype(np.uint64))
    again[new] = False
    repeats = placed[again]
    repeats = repeats[known[repeats] & (heard_us[repeats] - rows.time_us[repeats] > HEARD_AFTER_S * US_PER_S)]
    rows.lat_deg[repeats] = np.nan
    rows.lon_deg[repeats] = np.nan
    nowhere = np.isnan(rows.lat_deg) | np.isnan(rows.lon_deg)
    rows.time_us = np.where(nowhere & known, heard_us, rows.time_us)


def heard_later(positions: PositionBatch, heard_us: np.ndarray) -> np.ndarray:
    """Which positions are old when the craft was heard, at the times ``heard_us`` of the same rows."""
    since: np.ndarray = positions.has_position & (heard_us < MAX_TIME_US)
    return since & (heard_us - positions.time_us > HEARD_AFTER_S * US_PER_S)


def with_heard(
    positions: PositionBatch, since: np.ndarray, heard_us: np.ndarray, received_us: Micros | None
) -> PositionBatch:
    """After each row that ``since`` marks a row without position, at the time the craft was last heard. ``heard_us`` has the same rows."""
    if not since.any():
        return positions
    again = positions.take(since)
    time_us = heard_us[since]
    nowhere = np.full(len(again), np.nan)
    again = again.with_columns(
        time_us=time_us,
        received_us=time_us if received_us is None else again.received_us,
        lat_deg=nowhere,
        lon_deg=nowhere,
        message_type=message_types(again.craft, nowhere, None),
    )
    order = np.argsort(np.concatenate([np.arange(len(positions)), np.flatnonzero(since)]), kind="stable")
    return PositionBatch.concat([positions, again]).take(order)
