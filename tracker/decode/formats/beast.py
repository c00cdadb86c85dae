"""Mode S frames of a receiver, binary: frames that begin with ``1A`` and have the length of their type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

_FRAME_BYTES: Final = {0x31: 11, 0x32: 16, 0x33: 23, 0x34: 23, 0x35: 23, 0xE3: 10, 0xE4: 18}
"""Length of a frame by its type, with the 1A before it and escapes undone."""


def _is_it(first_bytes: bytes) -> bool:
    """Whether well-formed frames are over half of the bytes."""
    covered, at, size = 0, first_bytes.find(b"\x1a"), len(first_bytes)
    while 0 <= at < size - 1:
        length = _FRAME_BYTES.get(first_bytes[at + 1])
        end = at + 2
        if length is not None:
            left = length - 2  # the length counts the escape byte and the type
            while left and end < size:
                end += 2 if first_bytes[end : end + 2] == b"\x1a\x1a" else 1
                left -= 1
            if end >= size or first_bytes[end] == 0x1A:
                covered += min(end, size) - at
                at = end
                continue
        at = first_bytes.find(b"\x1a", at + 1)
    return covered / size > 0.5


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.adsb import BeastDecoder

    return BeastDecoder(source, times=options.times, aerodromes_deg=options.aerodromes_deg)


def _clock(blocks: Iterable[bytes]) -> str:
    from tracker.decode.adsb import BeastDecoder
    from tracker.decode.adsb.stream import settled_clock

    return settled_clock(BeastDecoder(0), blocks)


FORMAT: Final = InputFormat(
    InputKind.BEAST,
    "Mode S frames of a receiver (Beast, binary)",
    _decoder,
    whole=_is_it,
    setting="beast",
    units="frames",
    place="byte",
    is_binary=True,
    frame_clock=_clock,
)
