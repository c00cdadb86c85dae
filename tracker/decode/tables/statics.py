"""What the rows of a table say about the craft themselves, as static reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.base import MAX_TIME_US, MIN_TIME_US
from tracker.decode.layouts import ReadLayout
from tracker.decode.tables.changes import StaticChanges
from tracker.decode.tables.frame import code_column, numbers, text_column
from tracker.decode.tables.rows import Rows
from tracker.decode.tables.words import MISSING_WORDS, SHIP_TYPE_WORDS
from tracker.decode.written_times import NO_TIME, column_times_us
from tracker.positions import MESSAGE_TYPE_AIRBORNE, MESSAGE_TYPE_TABLE
from tracker.schema import NO_CODE, NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import Micros

_ETA_PARTS: Final = ("eta_month", "eta_day", "eta_hour", "eta_minute")


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
    new = told[changes.rows(rows.craft[told], hashes[told])]
    if not len(new):
        return StaticBatch.empty()
    return statics_of_frame(frame[new], layout, rows.time_us[new], rows.craft[new], source, received_us)


def statics_hash(frame: pl.DataFrame, layout: ReadLayout) -> NDArray[np.uint64]:
    """A hash of every row's static columns, 0 where all are empty."""
    part = frame.select(layout.statics)
    empty = part.clear(1).hash_rows(seed=1)[0]
    hashes = part.hash_rows(seed=1).to_numpy()
    return np.where(hashes == empty, np.uint64(0), hashes)


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
    if "squawk" in frame.columns:
        columns["squawk"] = _ascii(frame["squawk"], 4)
    if "imo" in frame.columns:
        digits = numbers(text_column(frame["imo"]).str.extract(r"(\d{5,9})$"))[0]
        columns["imo"] = np.where(digits > 0, digits, NO_CODE).astype(np.int32)
    ship_type = _ship_type(frame)
    if ship_type is not None:
        columns["ship_type"] = ship_type
    for name in ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m", "draught_m"):
        if name in frame.columns:
            columns[name] = _positive(frame[name])
    # Where only length and width are known AIS sends them as stern and starboard with the antenna at the bow and
    # port side (M.1371-5 figure 41).
    for whole, near, far in (("length_m", "to_bow_m", "to_stern_m"), ("width_m", "to_port_m", "to_starboard_m")):
        if whole in frame.columns:
            size = _positive(frame[whole])
            alone = np.isnan(columns.get(near, np.nan)) & np.isnan(columns.get(far, np.nan)) & ~np.isnan(size)
            columns[near] = np.where(alone, 0.0, columns.get(near, np.nan))
            columns[far] = np.where(alone, size, columns.get(far, np.nan))
    if "eta" in frame.columns:
        columns.update(_eta(frame["eta"], layout))
    aircraft = "mmsi" not in frame.columns
    return StaticBatch.from_columns(
        frame.height,
        time_us=time_us,
        received_us=time_us if received_us is None else received_us,
        craft=craft,
        source=source,
        message_type=MESSAGE_TYPE_AIRBORNE if aircraft else MESSAGE_TYPE_TABLE,
        **columns,
    )


def _ascii(column: pl.Series, length: int) -> NDArray[np.bytes_]:
    texts = ["" if text.lower() in MISSING_WORDS else text for text in text_column(column).to_list()]
    return np.array([text.encode("ascii", "replace")[:length] for text in texts], dtype=f"S{length}")


def _positive(column: pl.Series) -> NDArray[np.float64]:
    values = numbers(column)[0]
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
    times = column_times_us(column, layout.date_order == "dmy")
    out = {name: np.full(len(times), NO_CODE_U8, dtype=np.uint8) for name in _ETA_PARTS}
    for row in np.flatnonzero((times != NO_TIME) & (times >= MIN_TIME_US) & (times < MAX_TIME_US)):
        moment: datetime = np.datetime64(int(times[row]), "us").item()
        for name in _ETA_PARTS:
            out[name][row] = getattr(moment, name.removeprefix("eta_"))
    return out
