"""Written times to microseconds of UTC, whole columns at once: every way that loggers, services and spreadsheets write them.

=====================  =================================================================================================
form                   examples
=====================  =================================================================================================
year first             ``2026-03-01T12:00:00Z``, ``2026-03-01 12:00``, ``2026/3/1 12:00:00,5``, ``2026.03.01 12:00:00 +0100``,
                       ``2026-03-01 12:00:00.123456789 +0000 UTC`` (Go), ``2026-03-01T12:00:00+01:00[Europe/Paris]`` (Java)
day or month first     ``01/03/2026 12:00:00``, ``3/1/2026 12:05:00 PM``, ``01-03-2026 12:00``, ``01.03.2026 12:00:00``
compact                ``20260301120000``, ``20260301T120000Z``, ``20260301 120000.5``, ``202603011200``, ``20260301120000123``
name of the month      ``01 Mar 2026 12:00:00``, ``Mar 1, 2026 12:00 PM``, ``Sun, 01 Mar 2026 12:00:00 GMT`` (RFC 5322),
                       ``Sun Mar  1 12:00:00 2026`` (C's asctime)
epoch                  seconds with or without a fraction, milliseconds, microseconds, nanoseconds, as text or as numbers
=====================  =================================================================================================

An epoch's unit follows from its size: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds. The limits
lie between 1990 and 2100 in one unit and the same years in the next, so no valid time has two meanings; compact times of 12, 14 and 17
digits lie outside of those years in every unit.

**Never another time.** What is not read for certain is not read:

* Day and month: a number above 12 says which it is; with points the day stands first (so in every locale of Unicode CLDR that writes
  points); else the caller's ``order`` says it, or the time is ``AMBIGUOUS_TIME``. What a column proves is counted (``orders``), so that who
  has the whole file can read it again. A year of two digits is read only under a given order.
* Without an offset a time is of the caller's ``zone``. The hour that comes twice when clocks go back is ``AMBIGUOUS_TIME``, the one that
  never comes when they go forward ``NO_TIME`` (``zones.py``). Letters for a zone are read where they have one meaning in use (the American ones
  are RFC 5322's, section 4.3); ``CST`` is Chicago's time to some and Shanghai's to others: not read, but for behind an offset.
* A date alone is no instant.
* Second 60 is the leap second and read as the second after it; ``24:00`` is the midnight after it (ISO 8601:2004).
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.plain_times import plain_times_us
from tracker.decode.zones import NEVER, TWICE, local_offsets

NO_TIME: Final = np.iinfo(np.int64).min
"""Stands for a time that is missing or unreadable."""
AMBIGUOUS_TIME: Final = NO_TIME + 1
"""Stands for a time that can be read in two ways, and nothing decides."""
_US_PER_S: Final = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_COMPACT_YEARS: Final = (10**8, 10**10, 10**13)
"""What a year counts for in a compact time of 12, 14 and 17 digits."""

_TIME = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,12}))?)?\s*([AaPp]\.?[Mm]\.?)?"
_ZONE = (
    r"(?:\s*((?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?)(?:\s*\(?[A-Za-z]{1,5}\)?|\[[\w/+-]+\])?|\s*([A-Za-z]{1,4}))?"
)
_BEFORE: Final = r"^\s*[\[\"']?\s*"
_AFTER: Final = r"\s*[\]\"']?\s*$"
_BETWEEN: Final = r"(?:\s*[Tt]\s*|\s*[,;]\s*|\s+(?:-\s+|at\s+)?|_)"
_DAY_NAME: Final = r"(?:[A-Za-z]{3,9},?\s+)?"
_YEAR_FIRST: Final = f"{_BEFORE}([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_BETWEEN}{_TIME}{_ZONE}{_AFTER}"
_DAY_FIRST: Final = (
    f"{_BEFORE}([0-9]{{1,2}})([-/.])([0-9]{{1,2}})[-/.]([0-9]{{4}}|[0-9]{{2}}){_BETWEEN}{_TIME}{_ZONE}{_AFTER}"
)
_COMPACT: Final = (
    f"{_BEFORE}([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})(?:[Tt _-])?([0-9]{{2}})([0-9]{{2}})"
    f"(?:([0-9]{{2}})(?:[.,]?([0-9]{{3}})|[.,]([0-9]{{1,12}}))?)?{_ZONE}{_AFTER}"
)
_DAY_MONTH: Final = (
    f"{_BEFORE}{_DAY_NAME}([0-9]{{1,2}})[-/ ]+([A-Za-z]{{3,9}})\\.?[-/, ]+([0-9]{{4}}){_BETWEEN}{_TIME}{_ZONE}{_AFTER}"
)
_MONTH_DAY: Final = f"{_BEFORE}{_DAY_NAME}([A-Za-z]{{3,9}})\\.?[- ]+([0-9]{{1,2}})(?:,\\s*|[- ]+)([0-9]{{4}}){_BETWEEN}{_TIME}{_ZONE}{_AFTER}"
_ASCTIME: Final = f"{_BEFORE}{_DAY_NAME}([A-Za-z]{{3,9}})\\s+([0-9]{{1,2}})\\s+{_TIME}{_ZONE}\\s+([0-9]{{4}}){_AFTER}"
_DATE: Final = f"{_BEFORE}([0-9]{{4}})-?([0-9]{{2}})-?([0-9]{{2}}){_AFTER}"
_LETTERS_H: Final = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0), "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9,
    "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_MONTHS: Final = {
    name[:length]: number
    for number, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"), 1,
    )
    for length in range(3, len(name) + 1)
}  # fmt: skip


def column_times_us(
    column: pl.Series, order: str = "", zone: str = "UTC", orders: Counter[str] | None = None
) -> NDArray[np.int64]:
    """Microseconds since 1970 of a column of texts, numbers or timestamps.

    ``NO_TIME`` where nothing can be read, ``AMBIGUOUS_TIME`` where two times can.

    Parameters
    ----------
    order:
        ``dmy`` or ``mdy``: how a date of small numbers is meant. Empty: it is ambiguous.
    zone:
        Of times without an offset (``tracker.decode.zones``).
    orders:
        Filled with what the column proves: how many dates can only be ``dmy``, how many only ``mdy``.
    """
    if column.dtype == pl.Datetime:
        times = _micros(column.cast(pl.Datetime("us", column.dtype.time_zone)))  # type: ignore[attr-defined]
        return times if column.dtype.time_zone else in_zone(times, zone)  # type: ignore[attr-defined]
    if column.dtype.is_integer():
        return _numbers_us(column.cast(pl.Int64, strict=False), column.cast(pl.Float64), zone)
    if column.dtype.is_numeric():
        return _numbers_us(None, column.cast(pl.Float64), zone)
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return np.full(len(column), NO_TIME)
    return _texts_us(column, order, zone, orders)


def epoch_times_us(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Microseconds of epoch numbers in any of the four units; ``NO_TIME`` for NaN."""
    return _epoch_us(None, pl.Series(values, nan_to_null=True))


def time_us(text: str, order: str = "", zone: str = "UTC") -> int:
    """Microseconds of one text; here a date alone is its midnight. ``NO_TIME`` or ``AMBIGUOUS_TIME`` as for a column.

    >>> time_us("1970-01-02T00:00:01+00:00"), time_us("1970-01-02") // 1_000_000, time_us("soon") == NO_TIME
    (86401000000, 86400, True)
    """
    series = pl.Series([text], dtype=pl.String)
    date = _parts(series, _DATE)
    if date is not None:
        year, month, day = (_whole(date[name])[0] for name in ("1", "2", "3"))
        series = pl.Series([f"{year:04d}-{month:02d}-{day:02d} 00:00:00"])
    return int(column_times_us(series, order, zone)[0])


def _texts_us(column: pl.Series, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    out = _plain_us(column, order, zone)
    rest = np.flatnonzero(out == NO_TIME)
    if not len(rest):
        return out
    texts = column[rest]
    if texts.null_count():
        rest = rest[texts.is_not_null().to_numpy()]
        texts = column[rest]
    number = texts.cast(pl.Float64, strict=False)
    is_number = number.is_not_null().to_numpy()
    if is_number.any():
        some = rest[is_number]
        out[some] = _numbers_us(texts.filter(is_number).cast(pl.Int64, strict=False), number.filter(is_number), zone)
        rest, texts = rest[~is_number], texts.filter(~is_number)
    for pattern, read in (
        (_YEAR_FIRST, _year_first), (_DAY_FIRST, _day_first), (_COMPACT, _compact), (_DAY_MONTH, _day_month),
        (_MONTH_DAY, _month_day), (_ASCTIME, _asctime),
    ):  # fmt: skip
        if not len(rest):
            return out
        found = _parts(texts, pattern)
        if found is None:
            continue
        hit = found["matched"].to_numpy()
        out[rest[hit]] = read(found.filter(hit), order, zone, orders)
        rest, texts = rest[~hit], texts.filter(~hit)
    if len(rest):  # 1772366400,5
        comma = texts.str.strip_chars().str.replace(r"^(-?[0-9]+),([0-9]+)$", "$1.$2")
        out[rest] = _numbers_us(comma.cast(pl.Int64, strict=False), comma.cast(pl.Float64, strict=False), zone)
    return out


def _plain_us(column: pl.Series, order: str, zone: str) -> NDArray[np.int64]:
    """The fast way for the plain forms; others stay ``NO_TIME``."""
    times, is_local = plain_times_us(column, order, NO_TIME)
    if is_local.all():
        return in_zone(times, zone)
    times[is_local] = in_zone(times[is_local], zone)
    return times


def _parts(texts: pl.Series, pattern: str) -> pl.DataFrame | None:
    """The groups of a pattern under ``1``, ``2`` ..., with ``matched``; None where nothing matches."""
    found = texts.str.extract_groups(pattern).struct.unnest()
    matched = found["1"].is_not_null()
    return found.with_columns(matched=matched) if matched.any() else None


def _year_first(found: pl.DataFrame, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    return _instants(_whole(found["1"]), _whole(found["2"]), _whole(found["3"]), found, 4, zone)


def _day_first(found: pl.DataFrame, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    first, second, year = _whole(found["1"]), _whole(found["3"]), _whole(found["4"])
    is_short = (found["4"].str.len_chars() == 2).to_numpy()
    points = (found["2"] == ".").to_numpy()
    proves_day = (first > 12) & (second <= 12) & ~is_short
    proves_month = (second > 12) & (first <= 12) & ~is_short & ~points
    if orders is not None:
        orders["dmy"] += int(np.count_nonzero(proves_day & ~points))
        orders["mdy"] += int(np.count_nonzero(proves_month))
    day_first = proves_day | (order == "dmy") | (points & (order != "mdy"))
    month_first = ~day_first & (proves_month | (order == "mdy"))
    year = np.where(is_short, np.where(year < 69, 2000, 1900) + year, year)  # POSIX, strptime %y
    day = np.where(month_first, second, first)
    month = np.where(month_first, first, second)
    times = _instants(year, month, day, found, 5, zone)
    undecided = ~day_first & ~month_first | (is_short & (order == ""))
    same = (first == second) & ~is_short  # 03/03/2026 is the third of March either way
    return np.where(undecided & ~same & (times != NO_TIME), AMBIGUOUS_TIME, times)


def _compact(found: pl.DataFrame, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    fraction = found["7"].fill_null(found["8"])
    clock = found.select(
        pl.col("4"), pl.col("5"), pl.col("6"), fraction.alias("7"), pl.lit(None, pl.String).alias("8"),
        pl.col("9"), pl.col("10"),
    )  # fmt: skip
    return _instants(_whole(found["1"]), _whole(found["2"]), _whole(found["3"]), clock, 4, zone)


def _day_month(found: pl.DataFrame, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    return _instants(_whole(found["3"]), _month(found["2"]), _whole(found["1"]), found, 4, zone)


def _month_day(found: pl.DataFrame, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    return _instants(_whole(found["3"]), _month(found["1"]), _whole(found["2"]), found, 4, zone)


def _asctime(found: pl.DataFrame, order: str, zone: str, orders: Counter[str] | None) -> NDArray[np.int64]:
    return _instants(_whole(found["10"]), _month(found["1"]), _whole(found["2"]), found, 3, zone)


def _instants(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64], found: pl.DataFrame, at: int, zone: str
) -> NDArray[np.int64]:
    """Dates with the clock and zone of seven groups from ``at`` on: hour, minute, second, fraction, half of the day, offset, UTC."""
    hour, minute = _whole(found[str(at)]), _whole(found[str(at + 1)])
    second = _whole(found[str(at + 2)].fill_null("0"))
    fraction = found[str(at + 3)].fill_null("")
    more_us = _whole(fraction.str.head(6).str.pad_end(6, "0"))
    half = found[str(at + 4)].str.to_lowercase().str.head(1)
    am, pm = (half == "a").fill_null(False).to_numpy(), (half == "p").fill_null(False).to_numpy()
    good = ~(am | pm) | ((hour >= 1) & (hour <= 12))
    hour = np.where(am | pm, hour % 12, hour) + 12 * pm
    midnight = (hour == 24) & (minute == 0) & (second == 0) & (more_us == 0)
    good &= ((hour <= 23) | midnight) & (minute <= 59) & (second <= 60)
    good &= (year >= _FIRST_YEAR - 1) & (year <= _LAST_YEAR + 1) & (month >= 1) & (month <= 12)
    month = np.clip(month, 1, 12)
    good &= (day >= 1) & (day <= _month_days(year, month))
    days = _days_from_civil(year, month, day)
    local = ((days * 24 + hour) * 60 + minute) * 60 * _US_PER_S + second * _US_PER_S + more_us
    local = np.where(good, local, NO_TIME)
    offset, letters = found[str(at + 5)], found[str(at + 6)].str.to_lowercase()
    told = (offset.is_not_null() | letters.is_not_null()).to_numpy()
    ahead, is_offset = _offsets_us(offset)
    hours = letters.replace_strict(_LETTERS_H, default=None, return_dtype=pl.Int64)
    named = hours.is_not_null().to_numpy()
    ahead = np.where(named, np.array(hours.fill_null(0).to_numpy()) * 3_600 * _US_PER_S, ahead)
    is_offset &= named | letters.is_null().to_numpy()
    utc = np.where(told & (local != NO_TIME), local - ahead, local)
    utc = np.where(told & ~is_offset, NO_TIME, utc)
    naive = ~told
    if naive.any():
        utc[naive] = in_zone(local[naive], zone)
    return utc


def _offsets_us(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """``+01:00``, ``-0530``, ``UTC+2`` as microseconds ahead of UTC, and whether each is an offset."""
    parts = texts.str.extract_groups(r"([+-])([0-9]{1,2})(?::?([0-9]{2}))?$").struct.unnest()
    hours, minutes = _whole(parts["2"].fill_null("0")), _whole(parts["3"].fill_null("0"))
    ahead = (hours * 60 + minutes) * 60 * _US_PER_S
    behind = (parts["1"] == "-").fill_null(False).to_numpy()
    return np.where(behind, -ahead, ahead), (hours <= 18) & (minutes <= 59)


def in_zone(local_us: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """UTC of local times; what is no single instant there becomes ``NO_TIME`` or ``AMBIGUOUS_TIME``."""
    if zone == "UTC":
        return local_us
    offset = local_offsets(local_us, zone)
    with np.errstate(over="ignore"):
        utc = local_us - offset
    utc = np.where(offset == NEVER, NO_TIME, np.where(offset == TWICE, AMBIGUOUS_TIME, utc))
    return np.where(local_us == NO_TIME, NO_TIME, utc)


def _numbers_us(whole: pl.Series | None, value: pl.Series, zone: str) -> NDArray[np.int64]:
    """Epoch numbers, and compact times that are written as numbers."""
    out = _epoch_us(whole, value)
    if whole is None:
        rounded = value.round(0)
        whole = value.cast(pl.Int64, strict=False).set(rounded != value, None)
    numbers = np.array(whole.fill_null(0).to_numpy(), dtype=np.int64)
    for unit in _COMPACT_YEARS:
        some = (numbers >= _FIRST_YEAR * unit) & (numbers < (_LAST_YEAR + 1) * unit)
        if some.any():
            texts = pl.Series(numbers[some]).cast(pl.String)
            found = _parts(texts, _COMPACT)
            if found is not None:
                read = np.full(len(texts), NO_TIME)
                hit = found["matched"].to_numpy()
                read[hit] = _compact(found.filter(hit), "", zone, None)
                out[some] = read
    return out


def _epoch_us(whole: pl.Series | None, value: pl.Series) -> NDArray[np.int64]:
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
    return np.where(usable, out, NO_TIME)


def _month(names: pl.Series) -> NDArray[np.int64]:
    """Months by their English names or the beginnings of them; 0 where it is none."""
    months = names.str.to_lowercase().replace_strict(_MONTHS | {"sept": 9}, default=0, return_dtype=pl.Int64)
    return np.array(months.fill_null(0).to_numpy(), dtype=np.int64)


def _days_from_civil(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days since 1970 of dates of the Gregorian calendar, years beginning in March."""
    y = year - (month <= 2)
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return 365 * y + y // 4 - y // 100 + y // 400 + of_year - 719_468


def _month_days(year: NDArray[np.int64], month: NDArray[np.int64]) -> NDArray[np.int64]:
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month - 1]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.where((month == 2) & leap, 29, lengths)


def _whole(texts: pl.Series) -> NDArray[np.int64]:
    """Digits as numbers, -1 where there are none."""
    return np.array(texts.cast(pl.Int64, strict=False).fill_null(-1).to_numpy(), dtype=np.int64)


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return np.array(column.cast(pl.Float64).to_numpy(), dtype=np.float64)


def _micros(moments: pl.Series) -> NDArray[np.int64]:
    """Microseconds of a ``Datetime("us")`` column, of UTC where it has a zone."""
    return np.array(moments.to_physical().fill_null(NO_TIME).to_numpy(), dtype=np.int64)
