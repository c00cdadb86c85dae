"""BaseStation lines: they begin with MSG, MLAT, SEL, ID, AIR, STA or CLK and have at least ten fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

_LINE: Final = re.compile(rb"^(MSG|MLAT|SEL|ID|AIR|STA|CLK),([^,]*,){8}")


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.adsb import Sbs1Decoder

    return Sbs1Decoder(source, times=options.times)


FORMAT: Final = InputFormat(
    InputKind.SBS1,
    "BaseStation lines (SBS-1) of a receiver",
    _decoder,
    line=lambda line: int(_LINE.match(line) is not None),
    setting="sbs1",
    units="lines",
)
