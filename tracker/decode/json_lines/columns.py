"""Records to columns: times, units, positions that are older than the last message, static reports.

Times of one record, whichever it has::

    position time   position_time, else time - seen_pos
    heard time      heard_time,    else time - seen

A position that is more than ``HEARD_AFTER_S`` older than the last message makes two rows: where she was, and that she was
heard since. Without a position the row stands at the heard time.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.json_lines.record import FIELD_AT, Record
from tracker.decode.tables.frame import icao24_keys, mmsi_keys
from tracker.decode.tables.rows import HIGHEST_FT, LOWEST_FT, Rows
from tracker.decode.tables.words import EMERGENCY_WORDS, MISSING_WORDS, REBROADCAST_WORDS
from tracker.decode.written_times import NO_TIME, column_times_us, epoch_times_us
from tracker.positions import MESSAGE_TYPE_AIRBORNE
from tracker.schema import NO_CODE, NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import US_PER_S, Micros

HEARD_AFTER_S: Final = 5.0
"""A position is normally sent twice a second (DO-260B), so five seconds of other messages are a fact worth keeping."""

Column = list[Any]


class RecordColumns:
    """The columns of some records."""

    def __init__(self, records: list[Record], received_us: Micros | None) -> None:
        self._columns: list[tuple[Any, ...]] = list(zip(*(record for record, _ in records), strict=True))
        self._factors = [factors for _, factors in records]
        self._mixed = {name for factors in {id(f): f for f in self._factors}.values() for name in factors}
        self._unreadable = np.zeros(len(records), dtype=bool)
        self._read(received_us)

    def _values(self, name: str) -> tuple[Any, ...]:
        return self._columns[FIELD_AT[name]]

    def _numeric(self, name: str) -> NDArray[np.float64]:
        values, bad = float_column(self._values(name))
        self._unreadable |= bad
        if name in self._mixed:
            values = values * np.array([factors.get(name, 1.0) for factors in self._factors])
        return values

    def _times(self, name: str) -> NDArray[np.int64]:
        return time_column(self._values(name))

    def _read(self, received_us: Micros | None) -> None:
        lat, lon = self._numeric("lat_deg"), self._numeric("lon_deg")
        stated = self._times("time")
        position = _earlier(stated, self._numeric("seen_pos_s"))
        heard = _earlier(stated, self._numeric("seen_s"))
        given = self._times("position_time")
        position = np.where(given != NO_TIME, given, position)
        given = self._times("heard_time")
        heard = np.where(given != NO_TIME, given, heard)
        position = np.where(position == NO_TIME, heard, position)
        heard = np.where(heard == NO_TIME, position, heard)
        if received_us is not None:
            silent = np.array(
                [
                    all(value is None for value in values)
                    for values in zip(
                        self._values("time"), self._values("position_time"), self._values("heard_time"), strict=True
                    )
                ]
            )
            position[silent] = heard[silent] = received_us
        somewhere = ~(np.isnan(lat) | np.isnan(lon))
        time_us = np.where(somewhere, position, heard)
        self.heard_since = somewhere & (position != NO_TIME) & (heard - position > HEARD_AFTER_S * US_PER_S)
        self.heard_us = heard

        self.no_identity = np.array(
            [a is None and b is None for a, b in zip(self._values("icao24"), self._values("mmsi"), strict=True)]
        )
        addresses = pl.Series([whole(v) if type(v) is str else "" for v in self._values("icao24")], dtype=pl.String)
        craft = icao24_keys(addresses)
        ships = mmsi_keys(float_column(self._values("mmsi"))[0])
        altitude, geometric = self._numeric("altitude_ft"), self._numeric("geo_altitude_ft")
        more = {name: self._numeric(name) for name in _NUMBERS}
        more["altitude_ft"] = np.where(np.isnan(altitude), geometric, altitude)
        more["on_ground"] = _codes(self._values("on_ground"), 1, NO_CODE).astype(np.int8)
        for name, highest in _CODES.items():
            more[name] = _codes(self._values(name), highest, NO_CODE_U8, _WORDS.get(name)).astype(np.uint8)
        self.rows = Rows(time_us, np.where(craft != 0, craft, ships), lat, lon, self._unreadable, more)

    def statics_hash(self) -> NDArray[np.uint64]:
        """A hash of what each record says of the craft itself, 0 where that is nothing."""
        told = zip(*(self._values(name) for name in _STATICS), strict=True)
        return np.fromiter(map(_hash_of, told), dtype=np.uint64, count=len(self._factors))

    def statics(self, picked: NDArray[np.int64], source: int, received_us: Micros | None) -> StaticBatch:
        """Static reports of the picked records."""
        time_us = self.rows.time_us[picked]
        return StaticBatch.from_columns(
            len(picked),
            time_us=time_us,
            received_us=time_us if received_us is None else received_us,
            craft=self.rows.craft[picked],
            source=source,
            message_type=MESSAGE_TYPE_AIRBORNE,
            call_sign=self._texts("call_sign", picked, 8),
            squawk=self._texts("squawk", picked, 4),
            emitter_category=self._texts("category", picked, 2),
            adsb_version=_codes(self._picked("adsb_version", picked), 7, NO_CODE_U8),
            selected_altitude_ft=self._within("selected_altitude_ft", picked, LOWEST_FT, HIGHEST_FT),
            selected_heading_deg=self._within("selected_heading_deg", picked, -360.0, 360.0),
        )

    def _picked(self, name: str, picked: NDArray[np.int64]) -> tuple[Any, ...]:
        values = self._values(name)
        return tuple(values[row] for row in picked)

    def _within(self, name: str, picked: NDArray[np.int64], low: float, high: float) -> NDArray[np.float64]:
        """Numbers between bounds; what is beyond says nothing."""
        values = float_column(self._picked(name, picked))[0]
        return np.where((values >= low) & (values <= high), values, np.nan)

    def _texts(self, name: str, picked: NDArray[np.int64], length: int) -> NDArray[np.bytes_]:
        values = self._values(name)
        texts = (values[row].strip() if type(values[row]) is str else "" for row in picked)
        plain = ["" if text.lower() in MISSING_WORDS else text for text in texts]
        return np.array([text.encode("ascii", "replace")[:length] for text in plain], dtype=f"S{length}")


_CODES: Final = {"nic": 11, "nac_p": 11, "sil": 3, "emergency": 7, "rebroadcast": 2, "nav_status": 15}
"""Code columns and their highest codes."""
_WORDS: Final = {"emergency": EMERGENCY_WORDS, "rebroadcast": REBROADCAST_WORDS}
_NUMBERS: Final = ("speed_kn", "course_deg", "heading_deg", "vertical_rate_ftmin")
_STATICS: Final = (
    "call_sign",
    "squawk",
    "category",
    "adsb_version",
    "selected_altitude_ft",
    "selected_heading_deg",
)


def _hash_of(told: tuple[Any, ...]) -> int:
    """The same number in every process (Python's own hash of a text is another in each); 0 where nothing is told."""
    if not any(told):
        return 0
    try:
        return _hash_of_told(*told)
    except TypeError:  # lists and objects where texts belong
        return _hash_of_told(*(value if type(value) in _PLAIN else None for value in told))


_PLAIN: Final = (str, int, float)


@lru_cache(maxsize=1 << 16, typed=True)
def _hash_of_told(*told: Any) -> int:
    known = [value if type(value) in _PLAIN else "" for value in told]
    if not any(known):
        return 0
    text = "\0".join(map(str, known))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest()) | 1


def _earlier(stated_us: NDArray[np.int64], age_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """``stated_us`` less an age; an age that is missing or absurd counts as none."""
    usable = (age_s >= 0.0) & (age_s < 1e6)
    age_us = np.rint(np.where(usable, age_s, 0.0) * US_PER_S).astype(np.int64)
    return np.where(stated_us == NO_TIME, NO_TIME, stated_us - age_us)


def _codes(
    values: tuple[Any, ...], highest: int, missing: int, words: dict[str, int] | None = None
) -> NDArray[np.int64]:
    if words is not None:
        values = tuple(words.get(value, value) if type(value) is str else value for value in values)
    numbers = float_column(values)[0]
    good = (numbers >= 0) & (numbers <= highest) & (numbers == np.rint(numbers))
    return np.where(good, numbers, missing).astype(np.int64)


def float_column(values: tuple[Any, ...]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
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
            column[row] = float(value)
        except (TypeError, ValueError, OverflowError):
            bad[row] = True
    return column, bad


def whole(text: str) -> str:
    """A text that can be written as UTF-8: JSON may escape half of a surrogate pair, which is no character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def time_column(values: tuple[Any, ...]) -> NDArray[np.int64]:
    """JSON values (epoch numbers or ISO texts) as microseconds, ``NO_TIME`` where there is none."""
    texts = [row for row, value in enumerate(values) if isinstance(value, str)]
    if not texts:
        return epoch_times_us(float_column(values)[0])
    times = epoch_times_us(float_column(tuple(None if isinstance(v, str) else v for v in values))[0])
    times[texts] = column_times_us(pl.Series([whole(values[row]) for row in texts], dtype=pl.String))
    return times
