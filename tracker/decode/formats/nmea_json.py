"""JSON lines with an AIS sentence in a text of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

_SENTENCE_IN_JSON: Final = re.compile(rb'"(?:\\\\[^"\\]{0,200}\\\\)?![A-Z]{2}VD[MO],\d')


def _votes(line: bytes) -> int:
    quoted = _SENTENCE_IN_JSON.search(line)
    return int(quoted is not None and 0 <= line.find(b"{") < quoted.start())


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.ais import NmeaJsonDecoder

    return NmeaJsonDecoder(source, times=options.times)


FORMAT: Final = InputFormat(
    InputKind.NMEA_JSON,
    "JSON records with AIS sentences in them",
    _decoder,
    line=_votes,
    rules_out_others=True,
    has_own_clock=True,
)
