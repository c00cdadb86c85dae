"""AIS sentences of NMEA 0183, one a line: ``!AIVDM`` and the like, with whatever stamp before or behind them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

_SENTENCE: Final = re.compile(rb"[!$][A-Z]{2}[A-Z]{3},")
_AIS_SENTENCE: Final = re.compile(rb"![A-Z]{2}VD[MO],\d")


def _votes(line: bytes) -> int:
    return 1 + bool(_AIS_SENTENCE.search(line)) if _SENTENCE.search(line) else 0


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.ais import AisDecoder

    return AisDecoder(source, times=options.times)


FORMAT: Final = InputFormat(
    InputKind.NMEA,
    "AIS sentences (NMEA 0183)",
    _decoder,
    line=_votes,
    rules_out_json=True,
    setting="nmea",
    units="lines",
    has_fragments=True,
    has_own_clock=True,
)
