"""A frame of named table columns (text or typed) to ``Rows``, whole columns at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import Column, ReadLayout
from tracker.decode.tables.geometry import places_of_geometry, places_of_pair
from tracker.decode.tables.rows import Rows, emergency_of_squawk
from tracker.decode.tables.words import EMERGENCY_WORDS, MISSING_WORDS, NAV_STATUS_WORDS, STATION_KIND_MESSAGES
from tracker.decode.written_times import NO_TIME, column_times_us
from tracker.identity import MAX_ICAO24, MAX_MMSI, icao24_craft, mmsi_craft, other24_craft
from tracker.positions import MESSAGE_TYPE_TABLE
from tracker.schema import NO_CODE, NO_CODE_U8
from tracker.units import Micros

_REPORT_NUMBERS: Final = (
    "speed_kn",
    "course_deg",
    "heading_deg",
    "altitude_ft",
    "vertical_rate_ftmin",
    "turn_degmin",
)
_POSITION_NUMBERS: Final = (*_REPORT_NUMBERS, "geo_altitude_ft")
_AIRCRAFT_CODES: Final[dict[str, tuple[dict[str, int], int]]] = {
    "nic": ({}, 11),
    "nac_p": ({}, 11),
    "sil": ({}, 3),
    "emergency": (EMERGENCY_WORDS, 7),
}
"""Code columns of aircraft: the words for codes, the highest code."""
_AIS_COURSE_CODES_DEG: Final = 409.6
_AIS_SPEED_CODES_KN: Final = 102.4
_MISSING = pl.Series(MISSING_WORDS)
_FAST_TURN_CODE, _FAST_TURN_DEGMIN = 127, 720.0
_HIGHEST_LAT, _HIGHEST_LON = 91.0, 181.0
_CODES_PER_DEG: Final = 600_000.0
LAST_AIS_MESSAGE: Final = 27


def frame_of_fields(table: pl.DataFrame, names: Sequence[str], layout: ReadLayout) -> pl.DataFrame:
    """The columns of a table under the names of the fields they give, untouched where one column gives a field.

    ``names[index]`` is the table's name of the column that ``layout`` calls ``index``. Where several give one field the first that
    has a value counts, in the unit of the first.
    """
    if not layout.fixed and all(len(sources) == 1 for sources in layout.sources.values()):
        return pl.DataFrame([table[names[sources[0][0]]].alias(field) for field, sources in layout.sources.items()])
    fields = [_field(names, field, sources) for field, sources in layout.sources.items()]
    return table.select(*fields).with_columns(**{field: pl.lit(value) for field, value in layout.fixed.items()})


def _field(names: Sequence[str], field: str, sources: tuple[tuple[int, Column], ...]) -> pl.Expr:
    first = sources[0][1].factor
    told = [pl.col(names[index]) for index, _ in sources]
    if any(column.factor != first for _, column in sources):
        told = [
            one.cast(pl.Float64, strict=False) * (column.factor / first)
            for one, (_, column) in zip(told, sources, strict=True)
        ]
    return (told[0] if len(told) == 1 else pl.coalesce(told)).alias(field)


def rows_of_frame(
    frame: pl.DataFrame,
    layout: ReadLayout,
    received_us: Micros | None,
    times: InputTimes = NOTHING_SAID,
    orders: Counter[str] | None = None,
) -> Rows:
    """Rows of a frame whose columns carry the names of the layout's fields (:func:`frame_of_fields`).

    ``orders`` is filled with what dates prove (``tracker.decode.written_times``).
    """
    unreadable = np.zeros(frame.height, dtype=bool)
    frame = _split_ground(frame)
    wanted = [name for name in ("mmsi", "lat_deg", "lon_deg", *_POSITION_NUMBERS) if name in frame.columns]
    texts = [name for name in wanted if frame[name].dtype == pl.String]
    parsed = frame.select(pl.col(texts).cast(pl.Float64, strict=False))

    def numeric(name: str) -> NDArray[np.float64]:
        values, bad = numbers(frame[name], parsed[name] if name in texts else None)
        if name != "mmsi":
            np.logical_or(unreadable, bad, out=unreadable)
        factor = layout.factor(name)
        return values if factor == 1.0 else values * factor

    time_us, heard_us, untold = _times(frame, layout, received_us, times, orders)
    craft = _craft(frame, numeric("mmsi") if "mmsi" in frame.columns else None)
    if "lat_deg" in frame.columns and "lon_deg" in frame.columns:
        lat_deg, lon_deg = numeric("lat_deg"), numeric("lon_deg")
    else:
        lat_deg, lon_deg, bad = _places(frame)
        unreadable |= bad
    rows = Rows(time_us, craft, lat_deg, lon_deg, unreadable, heard_us=heard_us, untold=untold)
    for name in wanted:
        if name in _REPORT_NUMBERS:
            rows.more[name] = numeric(name)
    if "turn_code" in frame.columns:
        rows.more["turn_degmin"] = turn_of_code(numbers(frame["turn_code"])[0])
    if "geo_altitude_ft" in frame.columns:
        geometric = numeric("geo_altitude_ft")
        given = rows.more.get("altitude_ft")
        rows.more["altitude_ft"] = geometric if given is None else np.where(np.isnan(given), geometric, given)
    if layout.signed_codes:
        unsign(rows)
    if layout.may_be_codes:
        from_codes(rows)
    if "nav_status" in frame.columns:
        rows.more["nav_status"] = code_column(frame["nav_status"], NAV_STATUS_WORDS, 15, NO_CODE_U8).astype(np.uint8)
    if "on_ground" in frame.columns:
        words = {"true": 1, "false": 0, "t": 1, "f": 0}
        rows.more["on_ground"] = code_column(frame["on_ground"], words, 1, NO_CODE).astype(np.int8)
    for field, (coded, highest) in _AIRCRAFT_CODES.items():
        if field in frame.columns:
            rows.more[field] = code_column(frame[field], coded, highest, NO_CODE_U8).astype(np.uint8)
    if "squawk" in frame.columns:
        rows.more["emergency"] = emergency_of_squawk(numbers(frame["squawk"])[0], rows.more.get("emergency"))
    _message_types(frame, rows)
    return rows


def _times(
    frame: pl.DataFrame, layout: ReadLayout, received_us: Micros | None, said: InputTimes, orders: Counter[str] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, NDArray[np.bool_]]:
    """Of every row the time of its position, or else of the row; when the craft was heard last, where a column says so; where nothing says a time."""

    def read(column: pl.Series) -> NDArray[np.int64]:
        return column_times_us(column, said.date_order or layout.date_order, said.zone, orders)

    if "time" in frame.columns:
        stated = frame["time"]
        if "date" in frame.columns:
            stated = _with_date(frame["date"], stated)
        time_us = read(stated)
        untold = untold_times(stated, time_us)
    else:
        time_us, untold = np.full(frame.height, NO_TIME), np.ones(frame.height, dtype=bool)
    heard_us = read(frame["heard_time"]) if "heard_time" in frame.columns else None
    if heard_us is not None:
        time_us = np.where(time_us == NO_TIME, heard_us, time_us)
    if "position_time" in frame.columns:
        position_us = read(frame["position_time"])
        time_us = np.where(position_us == NO_TIME, time_us, position_us)
    for instead_us in (received_us, said.undated_us):
        if instead_us is not None:
            time_us = np.where(untold & (time_us == NO_TIME), instead_us, time_us)
    return time_us, heard_us, untold


def _with_date(date: pl.Series, clock: pl.Series) -> pl.Series:
    """Times whose day stands in a column of its own; a time that has a day keeps it."""
    dates, clocks = (one.cast(pl.String).str.strip_chars() for one in (date, clock))
    alone = clocks.str.contains(r"^\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[aApP][mM])?$").fill_null(False)
    if not alone.any():
        return clock
    joined = pl.select(pl.when(alone).then(dates + " " + clocks).otherwise(clocks)).to_series()
    return joined


def _places(frame: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Positions that stand in one column, nowhere where there is none (a table of static reports)."""
    if "geometry" in frame.columns:
        return places_of_geometry(frame["geometry"])
    if "lat_lon" in frame.columns:
        return places_of_pair(frame["lat_lon"])
    nowhere = np.full(frame.height, np.nan)
    return nowhere, nowhere.copy(), np.zeros(frame.height, dtype=bool)


def _split_ground(frame: pl.DataFrame) -> pl.DataFrame:
    """An altitude that is the word ``ground`` says where the aircraft is, not how high."""
    if "altitude_ft" not in frame.columns or frame["altitude_ft"].dtype != pl.String:
        return frame
    ground = (frame["altitude_ft"] == "ground").fill_null(False)
    if not ground.any():
        return frame
    altitude = pl.select(pl.when(ground).then(None).otherwise(frame["altitude_ft"]).alias("altitude_ft")).to_series()
    frame = frame.with_columns(altitude)
    return frame if "on_ground" in frame.columns else frame.with_columns(ground.cast(pl.Int64).alias("on_ground"))


def turn_of_code(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rate of turn of AIS's code (ITU-R M.1371-5 table 48), as ``tracker.decode.ais.position_report`` reads it."""
    turn = np.sign(code) * (code / 4.733) ** 2
    turn = np.where(np.abs(code) == _FAST_TURN_CODE, np.sign(code) * _FAST_TURN_DEGMIN, turn)
    return np.where(np.abs(code) > _FAST_TURN_CODE, np.nan, turn)


def from_codes(rows: Rows, among: NDArray[np.bool_] | bool = True) -> NDArray[np.bool_]:
    """Convert rows in AIS's own units: 1/10000 min, 0.1 kn, 0.1 deg. Gives which they were, of those that may be."""
    coded = among & ((np.abs(rows.lat_deg) > _HIGHEST_LAT) | (np.abs(rows.lon_deg) > _HIGHEST_LON))
    if not coded.any():
        return coded
    rows.lat_deg = np.where(coded, rows.lat_deg / _CODES_PER_DEG, rows.lat_deg)
    rows.lon_deg = np.where(coded, rows.lon_deg / _CODES_PER_DEG, rows.lon_deg)
    for name in ("speed_kn", "course_deg"):
        values = rows.get(name)
        if values is not None:
            rows.more[name] = np.where(coded, values / 10.0, values)
    return coded


def _message_types(frame: pl.DataFrame, rows: Rows) -> None:
    """The AIS message of a ship's row, where a column tells it or the kind of station."""
    if "mmsi" not in frame.columns:
        return
    told = np.zeros(frame.height, dtype=np.int64)
    if "station_kind" in frame.columns:
        told = code_column(frame["station_kind"], STATION_KIND_MESSAGES, 0, 0)
    if "ais_message" in frame.columns:
        number = code_column(frame["ais_message"], {}, LAST_AIS_MESSAGE, 0)
        told = np.where(number > 0, number, told)
    if told.any():
        rows.more["message_type"] = np.where(told == 0, MESSAGE_TYPE_TABLE, told).astype(np.uint8)


def untold_times(column: pl.Series, times_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a column says nothing at all, of those that have no time: null, empty, or a word for nothing."""
    out = times_us == NO_TIME
    if column.dtype == pl.String and out.any():
        rows = np.flatnonzero(out)
        texts = column[rows].fill_null("").str.strip_chars().str.to_lowercase()
        out[rows] = texts.is_in(_MISSING.implode()).to_numpy()
    elif column.dtype.is_float():
        out &= (column.is_null() | column.is_nan().fill_null(True)).to_numpy()
    else:
        out &= column.is_null().to_numpy()
    return out


def numbers(column: pl.Series, parsed: pl.Series | None = None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A column as floats with NaN for missing, and which texts are no numbers (decimal commas are understood).

    ``parsed`` is the column already cast where the caller cast many at once.
    """
    if column.dtype != pl.String:
        if column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null):
            return _floats(column), np.zeros(len(column), dtype=bool)
        return np.full(len(column), np.nan), column.is_not_null().to_numpy().copy()
    if parsed is None:
        parsed = column.cast(pl.Float64, strict=False)
    values = _floats(parsed)
    if parsed.null_count() == column.null_count():
        return values, np.zeros(len(column), dtype=bool)
    bad = (parsed.is_null() & column.is_not_null()).to_numpy().copy()
    rest = np.flatnonzero(bad)
    texts = column[rest].str.strip_chars()
    missing = texts.str.to_lowercase().is_in(_MISSING.implode()).to_numpy()
    again = _floats(texts.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False))
    values[rest] = np.where(missing, np.nan, again)
    bad[rest] = ~missing & np.isnan(again)
    return values, bad


def _floats(column: pl.Series) -> NDArray[np.float64]:
    """A numeric column as floats, nulls as NaN."""
    return np.array(column.cast(pl.Float64).to_numpy(), dtype=np.float64)


def text_column(column: pl.Series) -> pl.Series:
    """A column as stripped text, missing as empty."""
    return column.cast(pl.String).fill_null("").str.strip_chars()


def unsign(rows: Rows, among: NDArray[np.bool_] | bool = True) -> None:
    """Undo the wrong sign of AIS codes; codes that mean 'not available' become missing."""
    for name, modulus, absent_from in (
        ("course_deg", _AIS_COURSE_CODES_DEG, 359.95),
        ("speed_kn", _AIS_SPEED_CODES_KN, 102.25),
    ):
        values = rows.get(name)
        if values is not None:
            values = np.where(among & (values < 0) & (values > -modulus), values + modulus, values)
            rows.more[name] = np.where(among & (values >= absent_from) & (values < modulus), np.nan, values)


def code_column(column: pl.Series, words: dict[str, int], highest: int, missing: int) -> NDArray[np.int64]:
    """Codes given as numbers 0 to ``highest`` or as words; anything else is missing."""
    if column.dtype == pl.Boolean:
        column = column.cast(pl.Int64)
    if column.dtype.is_numeric():
        return _codes(_floats(column), highest, words, missing)
    encoded = column.cast(pl.String).to_arrow().dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    lookup = _codes(np.array([*(_code_of(text, words) for text in distinct), np.nan]), highest, words, missing)
    found = encoded.indices.fill_null(len(distinct)) if encoded.null_count else encoded.indices
    return lookup[found.to_numpy(zero_copy_only=False)]


def _codes(values: NDArray[np.float64], highest: int, words: dict[str, int], missing: int) -> NDArray[np.int64]:
    """Whole numbers that can be codes; anything else is missing."""
    known = (values >= 0) & (values <= max([highest, *words.values()])) & (values == np.rint(values))
    return np.where(known, values, missing).astype(np.int64)


def _code_of(text: str | None, words: dict[str, int]) -> float:
    """One code, NaN where it is neither a number nor one of the words."""
    plain = (text or "").strip().lower()
    word = words.get(plain)
    if word is not None:
        return word
    try:
        return float(plain)
    except ValueError:
        return np.nan


def _craft(frame: pl.DataFrame, mmsi: NDArray[np.float64] | None) -> NDArray[np.int64]:
    """Craft keys from whichever identity columns there are, 0 where the identity cannot be."""
    craft = np.zeros(frame.height, dtype=np.int64)
    if mmsi is not None:
        craft = mmsi_keys(mmsi)
    if "icao24" in frame.columns:
        craft = np.where(craft != 0, craft, icao24_keys(text_column(frame["icao24"])))
    if "craft" in frame.columns:
        texts = text_column(frame["craft"]).str.to_lowercase()
        ships = mmsi_keys(numbers(texts.str.extract(r"^(?:mmsi:)?(\d{1,9})$"))[0])
        aircraft = icao24_keys(texts.str.extract(r"^icao24:(~?[0-9a-f]{6})$").fill_null(""))
        craft = np.where(craft != 0, craft, np.where(ships != 0, ships, aircraft))
    return craft


def mmsi_keys(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Craft keys of MMSIs, 0 where the number is no MMSI."""
    good = (values >= 1) & (values <= MAX_MMSI) & (values == np.rint(values))
    return np.where(good, mmsi_craft(np.where(good, values, 0.0).astype(np.int64)), 0)


def icao24_keys(texts: pl.Series) -> NDArray[np.int64]:
    """Craft keys of 24-bit addresses in six hexadecimal digits (``~`` before one that is not ICAO's), else 0."""
    other = texts.str.starts_with("~").to_numpy()
    digits = texts.str.strip_prefix("~").str.extract(r"^([0-9a-fA-F]{6})$")
    address = digits.str.to_integer(base=16, strict=False, dtype=pl.Int64).fill_null(0).to_numpy()
    good = (address > 0) & (address < MAX_ICAO24)
    return np.where(good, np.where(other, other24_craft(address), icao24_craft(address)), 0)
