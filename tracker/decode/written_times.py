"""Times of tables to microseconds, whole columns at once.

Accepted: ISO 8601 dates with ``T`` or a space, with or without fractions, ``Z``, `` UTC`` or an offset (without one the time
is UTC); ``dd/mm/yyyy hh:mm:ss`` where the layout says so; and epoch numbers, whose unit follows from their size:

============  =================================
below 1e11    seconds (fractions allowed)
below 1e14    milliseconds
below 1e17    microseconds
else          nanoseconds
============  =================================

The limits lie between 1990 and 2100 in one unit and the same years in the next, so no valid time is ambiguous.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

NO_TIME: Final = np.iinfo(np.int64).min
"""Stands for a time that is missing or unreadable."""

_ISO_FORMATS: Final = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S%.f")
_ZONED_FORMATS: Final = ("%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f%z")
_DAY_FIRST_FORMATS: Final = ("%d/%m/%Y %H:%M:%S%.f", "%d/%m/%Y %H:%M")


def column_times_us(column: pl.Series, day_first: bool = False) -> NDArray[np.int64]:
    """Microseconds since 1970 of a column of texts, numbers or timestamps; ``NO_TIME`` where unreadable."""
    if column.dtype in (pl.Date, pl.Datetime):
        return _micros(column.cast(pl.Datetime("us")))
    if column.dtype.is_integer():
        return _filled(_epoch_us(column.cast(pl.Int64, strict=False), column.cast(pl.Float64)))
    if column.dtype.is_numeric():
        return _filled(_epoch_us(None, column.cast(pl.Float64)))
    if column.dtype != pl.String:
        return np.full(len(column), NO_TIME)
    return _text_times_us(column, day_first)


def epoch_times_us(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Microseconds of epoch numbers in any of the four units; ``NO_TIME`` for NaN."""
    return _filled(_epoch_us(None, pl.Series(values, nan_to_null=True)))


def _text_times_us(column: pl.Series, day_first: bool) -> NDArray[np.int64]:
    formats = _DAY_FIRST_FORMATS if day_first else _ISO_FORMATS
    first = column[0] or "" if len(column) else ""
    likely = formats[0] if day_first or first[10:11] == " " else "%Y-%m-%dT%H:%M:%S"  # a guess at the fast way only
    found = column.str.to_datetime(likely, strict=False, time_unit="us")
    out = _micros(found)
    if found.null_count() == column.null_count():
        return out
    rest = np.flatnonzero((out == NO_TIME) & column.is_not_null().to_numpy())
    texts = (
        column[rest]
        .str.strip_chars()
        .str.replace(r"(?i)\s*(z|utc|[+-]00(:?00)?)$", "")
        .str.replace("T", " ", literal=True)
    )
    for form in (*formats, *(() if day_first else _ISO_FORMATS), *_ZONED_FORMATS):
        moments = texts.str.to_datetime(form, strict=False, time_unit="us")
        times = _micros(moments)
        hit = times != NO_TIME
        out[rest[hit]] = times[hit]
        rest, texts = rest[~hit], texts.filter(pl.Series(~hit))
        if not len(rest):
            return out
    out[rest] = _filled(_epoch_us(texts.cast(pl.Int64, strict=False), texts.cast(pl.Float64, strict=False)))
    return out


def _epoch_us(whole: pl.Series | None, value: pl.Series) -> pl.Series:
    """Epoch numbers to microseconds; ``whole`` keeps integers exact where a float would round."""
    seconds = value.to_numpy(allow_copy=True) if value.null_count() == 0 else value.fill_null(np.nan).to_numpy()
    size = np.abs(seconds)
    with np.errstate(invalid="ignore"):
        factor = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
        usable = np.isfinite(seconds) & (size < 9e18)
        out = np.where(usable, np.rint(np.where(usable, seconds, 0.0) * factor), 0.0).astype(np.int64)
    if whole is not None:
        exact = whole.fill_null(0).to_numpy()
        known = whole.is_not_null().to_numpy() & usable
        scale = np.where(factor >= 1.0, factor, 1.0).astype(np.int64)
        product = np.where(factor >= 1.0, np.where(known & (factor >= 1.0), exact, 0) * scale, exact // 1000)
        out = np.where(known, product, out)
    return pl.Series(np.where(usable, out, NO_TIME))


def _micros(moments: pl.Series) -> NDArray[np.int64]:
    """Microseconds of a ``Datetime("us")`` column; numpy's NaT is ``NO_TIME``."""
    return moments.to_numpy().astype("M8[us]").view(np.int64).copy()


def _filled(times: pl.Series) -> NDArray[np.int64]:
    return np.array(times.fill_null(NO_TIME).to_numpy(), dtype=np.int64)
