"""JSON records of craft. Four shapes are plain to see by the names of their members; what else is JSON is opened and looked at, and read by the
layouts of ``tracker.decode.layouts``. One decoder reads them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind
from tracker.decode.json_lines.sight import holds_records

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

_FRAME: Final = re.compile(rb'"frame"\s*:\s*"')
_BESIDE_A_FRAME: Final = re.compile(rb'"(df|timestamp|icao24)"\s*:')
_TRACE: Final = re.compile(rb'"trace"\s*:\s*\[')
_STATES: Final = re.compile(rb'"states"\s*:\s*(\[|null)')
_AIRCRAFT: Final = re.compile(rb'"(aircraft|ac)"\s*:\s*\[|"hex"\s*:\s*"')


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.json_lines.decoder import JsonDecoder

    return JsonDecoder(source, times=options.times, aerodromes_deg=options.aerodromes_deg)


JET1090: Final = InputFormat(
    InputKind.JET1090,
    "Mode S frames with decoded fields (jet1090 JSON lines)",
    _decoder,
    json=lambda first: _FRAME.search(first) is not None and _BESIDE_A_FRAME.search(first) is not None,
    setting="json",
    holds_words=True,
    has_own_clock=True,
)
READSB_TRACE: Final = InputFormat(
    InputKind.READSB_TRACE,
    "trace of one aircraft (readsb JSON)",
    _decoder,
    json=lambda first: _TRACE.search(first) is not None,
    holds_words=True,
    is_table=True,
)
OPENSKY_STATES: Final = InputFormat(
    InputKind.OPENSKY_STATES,
    "state vectors (OpenSky JSON)",
    _decoder,
    json=lambda first: _STATES.search(first) is not None,
    holds_words=True,
    is_table=True,
)
READSB_JSON: Final = InputFormat(
    InputKind.READSB_JSON,
    "JSON of aircraft (readsb, dump1090 and services of their form)",
    _decoder,
    json=lambda first: _AIRCRAFT.search(first) is not None,
    holds_words=True,
    is_table=True,
    has_own_clock=True,
)
TRACK_JSON: Final = InputFormat(
    InputKind.TRACK_JSON,
    "JSON records of craft with a time and a position",
    _decoder,
    json=holds_records,
    holds_words=True,
    is_table=True,
)
