"""Records to columns: times, units, positions that are older than the last message, static reports.

Times of one record, whichever it has::

    position time   position_time, else time - seen_pos
    heard time      heard_time,    else time - seen

A position that is more than ``HEARD_AFTER_S`` older than the last message makes two rows: where she was, and that she was
heard since. Without a position the row stands at the heard time.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.decode.input_times import DATE_ORDERS, InputTimes
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.shapes import CRAFT_FIELDS, TIME_FIELDS
from tracker.decode.json_lines.table import FieldTable
from tracker.decode.json_lines.values import Values, code_values, float_column, time_column, whole, word
from tracker.decode.tables.frame import LAST_AIS_MESSAGE, from_codes, icao24_keys, mmsi_keys, turn_of_code, unsign
from tracker.decode.tables.rows import Rows, emergency_of_squawk
from tracker.decode.tables.words import (
    EMERGENCY_WORDS,
    NAV_STATUS_WORDS,
    REBROADCAST_WORDS,
    STATION_KIND_MESSAGES,
)
from tracker.decode.written_times import AMBIGUOUS_TIME, NO_TIME
from tracker.positions import MESSAGE_TYPE_TABLE
from tracker.schema import NO_CODE, NO_CODE_U8
from tracker.units import US_PER_S, Micros

HEARD_AFTER_S: Final = 5.0
"""A position is normally sent twice a second (DO-260B), so five seconds of other messages are a fact worth keeping."""

_NUMBERS: Final = ("speed_kn", "course_deg", "heading_deg", "vertical_rate_ftmin")
_CODES: Final = {"nic": 11, "nac_p": 11, "sil": 3, "nav_status": 15}
"""Code columns and their highest codes."""
_GROUND_WORDS: Final = {
    **dict.fromkeys(("ground", "on_ground", "onground", "g", "true", "wow"), 1),
    **dict.fromkeys(("airborne", "supersonic", "air", "a", "false"), 0),
}
_OTHER_ADDRESSES: Final = frozenset(
    {"adsb_other", "tisb_other", "tisb_trackfile", "adsr_other", "vehicle", "fixed_beacon"}
)
"""dump978-fa's words for addresses that are not ICAO's (``uat_message.cc``)."""
_ADDRESS_KINDS: Final = (
    "adsb_icao", "adsb_other", "tisb_icao", "tisb_trackfile", "vehicle", "fixed_beacon", "adsr_other",
)  # fmt: skip
"""The same by the number of GDL 90 (560-1058-00 table 8), which Stratux gives; 6 is Stratux's own for ADS-R."""
_GROUND_SPEEDS: Final = (None, 0, 1)
"""VRS's ``SpdTyp`` of speeds over ground; 2 and 3 are airspeeds."""
AIS_MESSAGE_NAMES: Final = {
    "positionreport": 1,
    "basestationreport": 4,
    "shipstaticdata": 5,
    "standardsearchandrescueaircraftreport": 9,
    "standardclassbpositionreport": 18,
    "extendedclassbpositionreport": 19,
    "aidstonavigationreport": 21,
    "staticdatareport": 24,
    "longrangeaisbroadcastmessage": 27,
}
"""aisstream.io's names of messages, in lower case (github.com/aisstream/ais-message-models) -> the number; 1 stands for 1, 2 and 3."""
_NO_TIMES: Final = (NO_TIME, AMBIGUOUS_TIME)
_YES: Final = ("1", "true", "yes", "t")
_FAST_TURNS: Final = {"fastleft": -720.0, "fastright": 720.0}
"""gpsd's words for AIS's codes -127 and 127, as ``tracker.decode.tables.frame`` reads those."""
_CRAFT: Final = re.compile(r"(mmsi|icao24):(~?[0-9a-f]{1,9})")


class RecordColumns:
    """The columns of some items."""

    def __init__(
        self,
        items: list[Item],
        times: InputTimes,
        received_us: Micros | None,
        date_orders: Counter[str] | None = None,
    ) -> None:
        self.table = FieldTable(items)
        self._said, self._date_orders = times, date_orders
        self._unreadable = np.zeros(len(items), dtype=bool)
        self._read(received_us)

    def _numeric(self, name: str) -> NDArray[np.float64]:
        if name not in self.table:
            return np.full(self.table.height, np.nan)
        values, bad = float_column(self.table.values(name))
        self._unreadable |= bad
        factor = self.table.factor(name)
        if not isinstance(factor, np.ndarray) and factor == 1.0:
            return values
        with np.errstate(over="ignore"):  # a number too large becomes infinite, and is refused as such
            return values * factor

    def _times(self, name: str) -> NDArray[np.int64]:
        if name not in self.table:
            return np.full(self.table.height, NO_TIME)
        said, values = self._said, self.table.values(name)
        times = time_column(values, said.date_order, said.zone, self._date_orders)
        if said.date_order:
            return times
        for order in DATE_ORDERS:
            rows = self.table.rows_where(lambda layout, order=order: layout.date_order == order).tolist()  # type: ignore[misc]
            if rows:
                times[rows] = time_column([values[row] for row in rows], order, said.zone)
        return times

    def _truth(self, name: str) -> NDArray[np.bool_]:
        """Where a member is true, or a number that is not 0."""
        return np.array([v.lower() in _YES if type(v) is str else bool(v) for v in self.table.values(name)])

    def _read(self, received_us: Micros | None) -> None:
        table = self.table
        stated = self._times("time")
        position = _earlier(stated, self._numeric("seen_pos_s"))
        heard = _earlier(stated, self._numeric("seen_s"))
        given = self._times("position_time")
        position = np.where(given != NO_TIME, given, position)
        given = self._times("heard_time")
        heard = np.where(given != NO_TIME, given, heard)
        position = np.where(position == NO_TIME, heard, position)
        heard = np.where(heard == NO_TIME, position, heard)
        self.untimed = (position == NO_TIME) & (heard == NO_TIME)
        told = [table.values(name) for name in TIME_FIELDS if name in table]
        for row in np.flatnonzero(self.untimed).tolist():
            self.untimed[row] = all(values[row] in (None, "") for values in told)
        for otherwise_us in (received_us, self._said.undated_us):
            if otherwise_us is not None:
                position[self.untimed] = heard[self.untimed] = otherwise_us
                self.untimed[:] = False
        lat, lon = self._places()
        somewhere = ~(np.isnan(lat) | np.isnan(lon))
        time_us = np.where(somewhere, position, heard)
        self.heard_since = somewhere & (position != NO_TIME) & (heard - position > HEARD_AFTER_S * US_PER_S)
        self.heard_us = heard
        craft = self._craft()
        more = {name: self._numeric(name) for name in _NUMBERS}
        more["turn_degmin"] = np.full(table.height, np.nan)
        self._altitudes(more)
        self._conventions(more)
        for name, highest in _CODES.items():
            words = NAV_STATUS_WORDS if name == "nav_status" else None
            more[name] = self._code(name, highest, words).astype(np.uint8)
        emergency = self._code("emergency", 7, EMERGENCY_WORDS).astype(np.uint8)
        if "squawk" in table:
            emergency = emergency_of_squawk(float_column(table.values("squawk"))[0], emergency)
        more["emergency"] = np.asarray(emergency, dtype=np.uint8)
        self.rows = Rows(time_us, craft, lat, lon, self._unreadable, more)
        self.coded, signed = np.zeros((2, table.height), dtype=bool)
        signed[table.rows_where(lambda layout: layout.signed_codes)] = True
        if signed.any():
            unsign(self.rows, signed)
        self.coded[table.rows_where(lambda layout: layout.may_be_codes)] = True
        if self.coded.any():
            self.coded = from_codes(self.rows, self.coded)

    def _places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        table = self.table
        lat, lon = self._numeric("lat_deg"), self._numeric("lon_deg")
        for name, lat_at in (("lon_lat", 1), ("lat_lon", 0)):
            if name in table:
                pairs = [v if type(v) is list and len(v) >= 2 else (None, None) for v in table.values(name)]
                nowhere = np.isnan(lat) | np.isnan(lon)
                for values, at in ((lat, lat_at), (lon, 1 - lat_at)):
                    column, bad = float_column([pair[at] for pair in pairs])
                    values[nowhere] = column[nowhere]
                    self._unreadable |= bad & nowhere
        unknown = np.zeros(table.height, dtype=bool)
        if "position_valid" in table:
            unknown |= np.array([v is not None for v in table.values("position_valid")]) & ~self._truth(
                "position_valid"
            )
        if "position_stale" in table:
            unknown |= self._truth("position_stale")
        lat[unknown] = lon[unknown] = np.nan
        return lat, lon

    def _craft(self) -> NDArray[np.int64]:
        table = self.table
        texts = [whole(v.strip()) if type(v) is str else "" for v in table.values("icao24")]
        if "icao24_number" in table:
            texts = [
                f"{number:06x}" if not text and type(number) is int and number > 0 else text
                for text, number in zip(texts, table.values("icao24_number"), strict=True)
            ]
        if "address_kind" in table:
            kinds = [_address_kind(v) for v in table.values("address_kind")]
            texts = [
                "~" + text if kind in _OTHER_ADDRESSES and text[:1] != "~" else text
                for text, kind in zip(texts, kinds, strict=True)
            ]
        mmsi: Values = table.values("mmsi")
        if "craft" in table:
            found = [_CRAFT.fullmatch(v.lower()) if type(v) is str else None for v in table.values("craft")]
            texts = [one[2] if one and one[1] == "icao24" else text for one, text in zip(found, texts, strict=True)]
            mmsi = [one[2] if one and one[1] == "mmsi" else v for one, v in zip(found, mmsi, strict=True)]
        craft = icao24_keys(pl.Series(texts, dtype=pl.String)) if any(texts) else np.zeros(table.height, dtype=np.int64)
        if "mmsi" in table or "craft" in table:
            craft = np.where(craft != 0, craft, mmsi_keys(float_column(mmsi)[0]))
        self.no_identity = craft == 0
        named = [table.values(name) for name in CRAFT_FIELDS if name in table]
        for row in np.flatnonzero(self.no_identity).tolist():
            self.no_identity[row] = all(values[row] in (None, "") for values in named)
        return craft

    def _altitudes(self, more: dict[str, NDArray[Any]]) -> None:
        """readsb says ``"ground"`` for the altitude of an aircraft on it, so one with an altitude is airborne."""
        table = self.table
        ground = self._code("on_ground", 1, _GROUND_WORDS)
        altitude = np.full(table.height, np.nan)
        for name, tells_air in (("altitude_ft", False), ("altitude_or_ground", True)):
            if name not in table:
                continue
            values = table.values(name)
            numbers, bad = float_column(values)
            below = np.zeros(table.height, dtype=bool)
            for row in np.flatnonzero(bad).tolist():
                value = values[row]
                below[row] = type(value) is str and value.strip().lower() == "ground"
            self._unreadable |= bad & ~below
            with np.errstate(over="ignore"):
                numbers = numbers * table.factor(name)
            altitude = np.where(np.isnan(altitude), numbers, altitude)
            ground = np.where(below, 1, ground)
            if tells_air:
                ground = np.where((ground == NO_CODE) & ~np.isnan(numbers), 0, ground)
        geometric = self._numeric("geo_altitude_ft")
        more["altitude_ft"] = np.where(np.isnan(altitude), geometric, altitude)
        more["on_ground"] = ground.astype(np.int8)

    def _conventions(self, more: dict[str, NDArray[Any]]) -> None:
        """What some feeds say beside a value: that it is none, or another one."""
        table = self.table
        if "speed_valid" in table:
            said = np.array([v is not None for v in table.values("speed_valid")])
            more["speed_kn"][said & ~self._truth("speed_valid")] = np.nan
        if "course_valid" in table:
            said = np.array([v is not None for v in table.values("course_valid")])
            more["course_deg"][said & ~self._truth("course_valid")] = np.nan
        if "speed_kind" in table:
            more["speed_kn"][[v not in _GROUND_SPEEDS for v in table.values("speed_kind")]] = np.nan
        if "course_is_heading" in table:
            turned = self._truth("course_is_heading")
            more["heading_deg"] = np.where(turned, more["course_deg"], more["heading_deg"])
            more["course_deg"] = np.where(turned, np.nan, more["course_deg"])
        if "turn_degmin" in table:  # a word says nothing against the position
            words = [_FAST_TURNS.get(v, v) if type(v) is str else v for v in table.values("turn_degmin")]
            more["turn_degmin"] = float_column(words)[0] * table.factor("turn_degmin")
        if "turn_code" in table:
            told = turn_of_code(self._numeric("turn_code"))
            more["turn_degmin"] = np.where(np.isnan(more["turn_degmin"]), told, more["turn_degmin"])
        more["rebroadcast"] = np.full(table.height, NO_CODE_U8, dtype=np.uint8)
        for name, word_of in (("rebroadcast", word), ("address_kind", _address_kind)):
            if name in table:
                kinds = [REBROADCAST_WORDS.get(word_of(v), NO_CODE_U8) for v in table.values(name)]
                more["rebroadcast"] = np.minimum(more["rebroadcast"], np.array(kinds, dtype=np.uint8))

    def message_types(self, usual: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What kind of report each row counts as: what a ship's record says of its station, else the usual."""
        said = np.zeros(self.table.height, dtype=np.int64)
        if "station_kind" in self.table:
            words = [word(v).strip().lower() for v in self.table.values("station_kind")]
            said = np.array([STATION_KIND_MESSAGES.get(word, 0) for word in words], dtype=np.int64)
        if "ais_message" in self.table:
            number = self._code("ais_message", LAST_AIS_MESSAGE, AIS_MESSAGE_NAMES)
            said = np.where((number > 0) & (number != NO_CODE_U8), number, said)
        return np.where((said != 0) & (usual == MESSAGE_TYPE_TABLE), said, usual).astype(np.uint8)

    def _code(self, name: str, highest: int, words: dict[str, int] | None = None) -> NDArray[np.int64]:
        missing = NO_CODE if name == "on_ground" else NO_CODE_U8
        if name not in self.table:
            return np.full(self.table.height, missing, dtype=np.int64)
        return code_values(self.table.values(name), highest, missing, words)


def _address_kind(value: Any) -> str:
    if type(value) is int:
        return _ADDRESS_KINDS[value] if 0 <= value < len(_ADDRESS_KINDS) else ""
    return word(value)


def _earlier(stated_us: NDArray[np.int64], age_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """``stated_us`` less an age; an age that is missing or absurd counts as none."""
    usable = (age_s >= 0.0) & (age_s < 1e6)
    age_us = np.rint(np.where(usable, age_s, 0.0) * US_PER_S).astype(np.int64)
    return np.where(np.isin(stated_us, _NO_TIMES), stated_us, stated_us - age_us)
