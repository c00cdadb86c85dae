"""Mode S frames of a receiver, as text: lines of hexadecimal digits between ``*``, ``@``, ``<`` or ``%`` and ``;``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

_LINE: Final = re.compile(
    rb"^\s*(\*([0-9A-Fa-f]{4}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{28})|[@%][0-9A-Fa-f]{16,40}|<[0-9A-Fa-f]{18,42});"
)


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.adsb import AvrDecoder

    return AvrDecoder(source, times=options.times, aerodromes_deg=options.aerodromes_deg)


def _clock(blocks: Iterable[bytes]) -> str:
    from tracker.decode.adsb import AvrDecoder
    from tracker.decode.adsb.stream import settled_clock

    return settled_clock(AvrDecoder(0), blocks)


FORMAT: Final = InputFormat(
    InputKind.AVR,
    "Mode S frames of a receiver (AVR, hexadecimal)",
    _decoder,
    line=lambda line: int(_LINE.match(line) is not None),
    setting="avr",
    units="lines",
    frame_clock=_clock,
)
