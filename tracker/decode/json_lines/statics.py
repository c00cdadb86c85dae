"""What records say about the craft themselves: static reports as a table of the same columns gives, and what only aircraft say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.json_lines.table import FieldTable
from tracker.decode.json_lines.values import Values, code_values, float_column, whole
from tracker.decode.layouts import Column, ReadLayout
from tracker.decode.layouts.fields import STATIC_FIELDS
from tracker.decode.tables.rows import HIGHEST_FT, LOWEST_FT, Rows
from tracker.decode.tables.statics import statics_of_frame
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import Micros

_STATICS: Final = (*STATIC_FIELDS, "adsb_version", "selected_altitude_ft", "selected_heading_deg", "eta_code")
_PLAIN: Final = (str, int, float)


def statics_hash(table: FieldTable) -> NDArray[np.uint64]:
    """A hash of what each record tells of the craft itself; 0 where that is nothing."""
    names = tuple(name for name in _STATICS if name in table)
    if not names:
        return np.zeros(table.height, dtype=np.uint64)
    told: Iterable[tuple[Any, ...]] = zip(*(table.values(name) for name in names), strict=True)
    return np.fromiter(map(_hash_of, repeat(names), told), dtype=np.uint64, count=table.height)


def statics_of_records(
    table: FieldTable,
    rows: Rows,
    coded: NDArray[np.bool_],
    picked: NDArray[np.int64],
    source: int,
    received_us: Micros | None,
) -> StaticBatch:
    """Static reports of the picked records; ``coded`` says which are in AIS's own units."""
    craft, time_us = rows.craft[picked], rows.time_us[picked]
    names = [name for name in STATIC_FIELDS if name in table]
    columns = {
        name: pl.Series([_text(table, name, row, bool(coded[row])) for row in picked.tolist()], dtype=pl.String)
        for name in names
    }
    frame = pl.DataFrame(columns) if columns else pl.DataFrame({"name": [None] * len(picked)}, {"name": pl.String})
    layout = ReadLayout(None, {name: ((0, Column(name)),) for name in names}, len(names))
    batch = statics_of_frame(frame, layout, time_us, craft, source, received_us)
    changed: dict[str, Any] = {
        "adsb_version": code_values(_picked(table, "adsb_version", picked), 7, NO_CODE_U8).astype(np.uint8),
        "selected_altitude_ft": _within(table, "selected_altitude_ft", picked, LOWEST_FT, HIGHEST_FT),
        "selected_heading_deg": _within(table, "selected_heading_deg", picked, -360.0, 360.0),
    }
    if "eta_code" in table:
        for name, part in eta_of_code(float_column(_picked(table, "eta_code", picked))[0]).items():
            changed[name] = np.where(part == NO_CODE_U8, getattr(batch, name), part).astype(np.uint8)
    return batch.with_columns(**changed)


def _text(table: FieldTable, name: str, row: int, coded: bool) -> str | None:
    """A value as the text that a table would have."""
    value, factor = table.values(name)[row], table.factor(name)
    if isinstance(factor, np.ndarray):
        factor = float(factor[row])
    if name == "draught_m" and coded:
        factor *= 0.1
    if type(value) is str:
        if name == "squawk" and value.isdecimal():
            return value.zfill(4)
        return whole(value) if factor == 1.0 else _scaled_text(value, factor)
    if type(value) not in (int, float) or name == "category":
        return None
    if name == "squawk":
        return f"{int(value):04d}" if 0 < value < 10_000 else None
    if factor != 1.0:
        value *= factor
    return str(int(value)) if type(value) is float and value.is_integer() and abs(value) < 1e15 else str(value)


def _scaled_text(text: str, factor: float) -> str:
    try:
        return str(float(text) * factor)
    except ValueError:
        return text


def _picked(table: FieldTable, name: str, picked: NDArray[np.int64]) -> Values:
    values = table.values(name)
    return [values[row] for row in picked.tolist()]


def _within(table: FieldTable, name: str, picked: NDArray[np.int64], low: float, high: float) -> NDArray[np.float32]:
    """Numbers between bounds; what is beyond says nothing."""
    values = float_column(_picked(table, name, picked))[0]
    return np.where((values >= low) & (values <= high), values, np.nan).astype(np.float32)


def eta_of_code(codes: NDArray[np.float64]) -> dict[str, NDArray[np.uint8]]:
    """Parts of an ETA as AIS packs it into 20 bits: month 4, day 5, hour 5, minute 6 (ITU-R M.1371-5 table 52)."""
    known = (codes > 0) & (codes < 1 << 20)
    bits = np.where(known, codes, 0.0).astype(np.int64)
    parts = {
        "eta_month": (bits >> 16, 1, 12),
        "eta_day": (bits >> 11 & 31, 1, 31),
        "eta_hour": (bits >> 6 & 31, 0, 23),
        "eta_minute": (bits & 63, 0, 59),
    }
    return {
        name: np.where(known & (part >= low) & (part <= high), part, NO_CODE_U8).astype(np.uint8)
        for name, (part, low, high) in parts.items()
    }


def _hash_of(names: tuple[str, ...], told: tuple[Any, ...]) -> int:
    """The same number in every process (Python's own hash of a text is another in each); 0 where nothing is told."""
    if not any(told):
        return 0
    try:
        return _hash_of_told(names, told)
    except TypeError:  # lists and objects where texts belong
        return _hash_of_told(names, tuple(value if type(value) in _PLAIN else None for value in told))


@lru_cache(maxsize=1 << 16, typed=True)
def _hash_of_told(names: tuple[str, ...], told: tuple[Any, ...]) -> int:
    known = [(n, v) for n, v in zip(names, told, strict=True) if type(v) in _PLAIN and v != ""]
    if not known:
        return 0
    text = "\0".join(f"{n}={v}" for n, v in known)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest()) | 1
