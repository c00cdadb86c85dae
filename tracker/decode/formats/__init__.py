"""The input formats: one explicit table. A line here and a file beside it are a format, for replay, inspect and the live program alike.

What gives a format away stands with it; who asks in which order is ``tracker.decode.recognise``. Where several would do, the earlier is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracker.decode.formats import avr, beast, nmea, nmea_json, records, sbs1, tables
from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind

FORMATS: Final[Mapping[InputKind, InputFormat]] = {
    one.kind: one
    for one in (
        tables.PARQUET,
        nmea_json.FORMAT,
        nmea.FORMAT,
        beast.FORMAT,
        avr.FORMAT,
        sbs1.FORMAT,
        records.JET1090,
        records.READSB_TRACE,
        records.OPENSKY_STATES,
        records.READSB_JSON,
        records.TRACK_JSON,
        tables.CSV,
    )
}
FORMAT_BY_SETTING: Final[Mapping[str, InputFormat]] = {one.setting: one for one in FORMATS.values() if one.setting}
"""Formats that a source of the live program can be told to be of."""

__all__ = ["FORMATS", "FORMAT_BY_SETTING", "DecoderOptions", "InputFormat", "InputKind"]
