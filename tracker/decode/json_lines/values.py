"""JSON values to arrays: numbers, codes, times, whatever they are written as."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.tables.words import MISSING_WORDS
from tracker.decode.written_times import column_times_us, epoch_times_us

Values = Sequence[Any]
_TEXTS: Final = frozenset({str, type(None)})
_WHOLE_NUMBERS: Final = frozenset({int, type(None)})
_DATE_CALL: Final = re.compile(r"/Date\((-?\d+)[^)]*\)/")
"""How old .NET programs, VRS among them, write a time."""


def word(value: Any) -> str:
    """A text, nothing where the value is none."""
    return value if type(value) is str else ""


def code_values(values: Values, highest: int, missing: int, words: dict[str, int] | None = None) -> NDArray[np.int64]:
    """Codes given as numbers 0 to ``highest`` or as words; anything else is missing."""
    texts = {value for value in values if type(value) is str} if words is not None else None
    if words is not None and texts:
        plain = {text: text.strip().lower() for text in texts}
        codes = {text: words.get(one.replace("_", " "), words.get(one, text)) for text, one in plain.items()}
        values = [codes[value] if type(value) is str else value for value in values]
    numbers = float_column(values)[0]
    good = (numbers >= 0) & (numbers <= highest) & (numbers == np.rint(numbers))
    return np.where(good, numbers, missing).astype(np.int64)


def float_column(values: Values) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """JSON values as floats with NaN for null, and which of them are no numbers."""
    try:
        column = np.array(values, dtype=np.float64)
        if column.ndim == 1:
            return column, np.zeros(len(values), dtype=bool)
    except (TypeError, ValueError, OverflowError):
        pass
    column = np.full(len(values), np.nan)
    bad = np.zeros(len(values), dtype=bool)
    for row, value in enumerate(values):
        if value is None or (isinstance(value, str) and value.strip().lower() in MISSING_WORDS):
            continue
        try:
            column[row] = float(value.replace(",", ".") if type(value) is str else value)
        except (TypeError, ValueError, OverflowError):
            bad[row] = True
    return column, bad


def whole(text: str) -> str:
    """A text that can be written as UTF-8: JSON may escape half of a surrogate pair, which is no character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def time_column(
    values: Values, order: str = "", zone: str = "UTC", orders: Counter[str] | None = None
) -> NDArray[np.int64]:
    """JSON values (epoch numbers or written times) as microseconds: ``tracker.decode.written_times.column_times_us``."""
    kinds = set(map(type, values))
    if kinds <= _WHOLE_NUMBERS:
        try:
            return column_times_us(pl.Series(values, dtype=pl.Int64), order, zone, orders)
        except (OverflowError, TypeError, pl.exceptions.PolarsError):
            pass  # numbers that no time has
    if str not in kinds:
        return epoch_times_us(float_column(values)[0])
    if kinds <= _TEXTS:
        try:
            column = pl.Series(values, dtype=pl.String)
        except UnicodeEncodeError:
            pass  # half of a surrogate pair
        else:
            if not column.str.contains("(", literal=True).any():
                return column_times_us(column, order, zone, orders)
    texts = [row for row, value in enumerate(values) if isinstance(value, str)]
    rest: list[Any] = list(values)
    for row in texts:
        rest[row] = None
    times = time_column(rest)
    written = (whole(values[row]) for row in texts)
    plain = [found[1] if "(" in text and (found := _DATE_CALL.fullmatch(text)) else text for text in written]
    times[texts] = column_times_us(pl.Series(plain, dtype=pl.String), order, zone, orders)
    return times
