"""What the rows of a table say about the craft themselves, as static reports."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.base import MAX_TIME_US, MIN_TIME_US
from tracker.decode.layouts import ReadLayout
from tracker.decode.plain_text import plain_text
from tracker.decode.tables.changes import StaticChanges
from tracker.decode.tables.frame import code_column, numbers, text_column
from tracker.decode.tables.rows import Rows
from tracker.decode.tables.words import MISSING_WORDS, SHIP_TYPE_WORDS
from tracker.decode.written_times import NO_TIME, column_times_us
from tracker.positions import MESSAGE_TYPE_TABLE
from tracker.schema import NO_CODE, NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import Micros

_AIRCRAFT_TEXTS: Final = (
    ("squawk", "squawk", 4),
    ("emitter_category", "category", 2),
    ("registration", "registration", 10),
    ("aircraft_type", "aircraft_type", 4),
)
"""Column of a static report, field, length."""
_ETA_BOUNDS: Final = (("eta_month", 1, 12), ("eta_day", 1, 31), ("eta_hour", 0, 23), ("eta_minute", 0, 59))
_ETA_WITHOUT_YEAR: Final = r"^(\d{1,2})[-/.]?(\d{1,2})[ T]?(\d{1,2}):?(\d{2})Z?$"
"""``08-21 15:55``, ``08-21T15:55Z`` (gpsd), ``08211555`` (BarentsWatch)."""
_ETA_PARTS: Final = tuple(name for name, _, _ in _ETA_BOUNDS)


def new_statics(
    frame: pl.DataFrame,
    layout: ReadLayout,
    rows: Rows,
    causes: NDArray[np.uint8],
    changes: StaticChanges,
    source: int,
    received_us: Micros | None,
) -> StaticBatch:
    """Static reports of the good rows that say something new about their craft."""
    if not layout.statics or not (causes == 0).any():
        return StaticBatch.empty()
    hashes: NDArray[Any] = statics_hash(frame, layout)
    told = np.flatnonzero((causes == 0) & (hashes != 0))
    new = told[changes.rows(rows.craft[told], rows.time_us[told], hashes[told])]
    if not len(new):
        return StaticBatch.empty()
    told_of = statics_of_frame(frame[new], layout, rows.time_us[new], rows.craft[new], source, received_us)
    return _that_say_something(told_of)


def _that_say_something(statics: StaticBatch) -> StaticBatch:
    """Reports that say anything of their craft: words such as ``Undefined`` say nothing."""
    says = np.zeros(len(statics), dtype=bool)
    for column in statics.COLUMNS:
        if column.nullable:
            values = getattr(statics, column.name)
            says |= ~np.isnan(values) if values.dtype.kind == "f" else values != column.missing
    return statics if says.all() else statics.take(says)


def statics_hash(frame: pl.DataFrame, layout: ReadLayout) -> NDArray[np.uint64]:
    """A hash of every row's static columns, 0 where all are empty."""
    part = frame.select(layout.statics)
    empty = _hash_of_nothing(tuple(part.dtypes))
    hashes = part.hash_rows(seed=1).to_numpy()
    return np.where(hashes == np.uint64(empty), np.uint64(0), hashes)


@lru_cache(maxsize=256)
def _hash_of_nothing(dtypes: tuple[pl.DataType, ...]) -> int:
    nothing = pl.DataFrame([pl.Series(str(number), [None], dtype) for number, dtype in enumerate(dtypes)])
    return int(nothing.hash_rows(seed=1)[0])


def statics_of_frame(
    frame: pl.DataFrame,
    layout: ReadLayout,
    time_us: NDArray[np.int64],
    craft: NDArray[np.int64],
    source: int,
    received_us: Micros | None,
) -> StaticBatch:
    """Static reports of the rows of ``frame`` (few: see ``tracker.decode.tables.changes``)."""
    columns: dict[str, Any] = {}
    for name, length in (("name", 20), ("call_sign", 8), ("destination", 20)):
        if name in frame.columns:
            columns[name] = _ascii(frame[name], length)
    for name, field, length in _AIRCRAFT_TEXTS:
        if field in frame.columns:
            columns[name] = _ascii(frame[field], length)
    if "imo" in frame.columns:
        digits = numbers(text_column(frame["imo"]).str.extract(r"(\d{5,9})$"))[0]
        columns["imo"] = np.where(digits > 0, digits, NO_CODE).astype(np.int32)
    ship_type = _ship_type(frame)
    if ship_type is not None:
        columns["ship_type"] = ship_type
    for name in ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m", "draught_m"):
        if name in frame.columns:
            columns[name] = _positive(frame[name], layout.factor(name))
    if layout.may_be_codes and "draught_m" in columns:
        coded = _beyond(frame, "lat_deg", 91.0) | _beyond(frame, "lon_deg", 181.0)
        columns["draught_m"] = np.where(coded, columns["draught_m"] / 10.0, columns["draught_m"])
    # Where only length and width are known AIS sends them as stern and starboard with the antenna at the bow and
    # port side (M.1371-5 figure 41).
    for whole, near, far in (("length_m", "to_bow_m", "to_stern_m"), ("width_m", "to_port_m", "to_starboard_m")):
        if whole in frame.columns:
            size = _positive(frame[whole], layout.factor(whole))
            alone = np.isnan(columns.get(near, np.nan)) & np.isnan(columns.get(far, np.nan)) & ~np.isnan(size)
            columns[near] = np.where(alone, 0.0, columns.get(near, np.nan))
            columns[far] = np.where(alone, size, columns.get(far, np.nan))
    if "eta" in frame.columns:
        columns.update(_eta(frame["eta"], layout))
    for name, low, high in _ETA_BOUNDS:
        if name in frame.columns:
            value = numbers(frame[name])[0]
            good = (value >= low) & (value <= high)
            columns[name] = np.where(good, value, NO_CODE_U8).astype(np.uint8)
    return StaticBatch.from_columns(
        frame.height,
        time_us=time_us,
        received_us=time_us if received_us is None else received_us,
        craft=craft,
        source=source,
        message_type=MESSAGE_TYPE_TABLE,
        **columns,
    )


def _ascii(column: pl.Series, length: int) -> NDArray[np.bytes_]:
    texts = text_column(column).to_list()
    plain = {text: b"" if text.lower() in MISSING_WORDS else plain_text(text, length) for text in set(texts)}
    return np.array([plain[text] for text in texts], dtype=f"S{length}")


def _beyond(frame: pl.DataFrame, name: str, limit: float) -> NDArray[np.bool_]:
    return np.abs(numbers(frame[name])[0]) > limit


def _positive(column: pl.Series, factor: float) -> NDArray[np.float64]:
    values = numbers(column)[0] * factor
    return np.where((values > 0) & (values < 1e4), values, np.nan)


def _ship_type(frame: pl.DataFrame) -> NDArray[np.uint8] | None:
    """AIS ship type; a code of another list (above 255) gives way to the cargo code."""
    if "ship_type" not in frame.columns:
        return None
    codes = code_column(frame["ship_type"], SHIP_TYPE_WORDS, 254, NO_CODE_U8)
    if "cargo_code" in frame.columns:
        cargo = code_column(frame["cargo_code"], {"": NO_CODE_U8}, 254, NO_CODE_U8)
        codes = np.where(codes == NO_CODE_U8, cargo, codes)
    return codes.astype(np.uint8)


def _eta(column: pl.Series, layout: ReadLayout) -> dict[str, NDArray[np.uint8]]:
    """Month, day, hour and minute of ETAs, which may or may not have a year (``08-21 15:55``; ``layout.eta_order`` says which comes first)."""
    out = {name: np.full(len(column), NO_CODE_U8, dtype=np.uint8) for name in _ETA_PARTS}
    if column.dtype == pl.String:
        parts = column.str.strip_chars().str.extract_groups(_ETA_WITHOUT_YEAR)
        first, second, hour, minute = (parts.struct.field(name) for name in parts.struct.fields)
        month, day = (first, second) if layout.eta_order == "md" else (second, first)
        for (name, low, high), text in zip(_ETA_BOUNDS, (month, day, hour, minute), strict=True):
            value = numbers(text)[0]
            out[name] = np.where((value >= low) & (value <= high), value, NO_CODE_U8).astype(np.uint8)
        column = pl.select(pl.when(first.is_null()).then(column)).to_series()
    times = column_times_us(column, layout.date_order)
    for row in np.flatnonzero((times != NO_TIME) & (times >= MIN_TIME_US) & (times < MAX_TIME_US)):
        moment: datetime = np.datetime64(int(times[row]), "us").item()
        for name in _ETA_PARTS:
            out[name][row] = getattr(moment, name.removeprefix("eta_"))
    return out
