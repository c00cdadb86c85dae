"""Whole units out of a byte stream, so that several streams can be laid into one and none splits another's.

``lines``
    A unit ends with ``\\n``. A line of more than ``MAX_LINE_BYTES`` without an end is cut into pieces that each get an end, so the decoder
    refuses and counts them: bytes are evidence and never vanish here.
``beast``
    A frame begins at an undoubled 0x1A and a type byte; inside a frame 0x1A is doubled (lengths below: Jetvision wiki, Mode-S Beast
    data output formats; readsb ``net_io.c``). Frames of no published length (``H``, 0xE4) end where the next one begins.

``auto``
    Each stream by its own first bytes: Beast where a frame begins before any line of text has ended, lines otherwise.

What a stream leaves behind when it ends is given by ``rest``, closed so that nothing that follows can be glued to it.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

Framing = Literal["auto", "lines", "beast"]

MAX_LINE_BYTES: Final = 4096
"""Longest line or unfinished frame that is waited for. NMEA ends at 82 bytes, tag blocks and prefixes included well below 1,000."""
_ESC: Final = 0x1A
_BODY_BYTES: Final = {
    ord("1"): 9, ord("2"): 14, ord("3"): 21, ord("4"): 21, ord("5"): 21, ord("P"): 3, ord("W"): 1, 0xE3: 8,
}  # fmt: skip
"""Beast type -> bytes after it, unescaped."""
_OPEN_TYPES: Final = (ord("H"), 0xE4)
"""Beast types of no fixed length."""
_RECEIVER_ID: Final = 0xE3
"""Names the receiver of the frame behind it (readsb ``net_io.c``); the two are one unit, or another client's frame would get its name."""


class Framer(Protocol):
    """Cuts one byte stream at unit ends."""

    def feed(self, data: bytes) -> bytes:
        """All units that are whole now; the unfinished one is held."""
        ...

    def rest(self) -> bytes:
        """The unfinished unit of a stream that has ended, closed; the framer is empty afterwards."""
        ...


class LineFramer:
    """Whole lines."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._most = max_line_bytes
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Whole lines, the last one with its end."""
        cut = data.rfind(b"\n") + 1
        whole = self._held + data[:cut] if cut else b""
        self._held = data[cut:] if cut else self._held + data
        if len(self._held) > self._most:
            whole = whole + self._pieces()
        return whole

    def rest(self) -> bytes:
        """The unfinished line with an end."""
        held, self._held = self._held, b""
        return held + b"\n" if held else b""

    def _pieces(self) -> bytes:
        """What is too long, in pieces with ends; less than a piece stays."""
        whole = bytearray()
        while len(self._held) > self._most:
            whole += self._held[: self._most] + b"\n"
            self._held = self._held[self._most :]
        return bytes(whole)


class BeastFramer:
    """Whole Beast frames; garbage between frames is passed on with them."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Everything up to the end of the last whole frame."""
        data = self._held + data
        cut = _whole_frames(data)
        if len(data) - cut > MAX_LINE_BYTES:
            cut = len(data)
        self._held = data[cut:]
        return data[:cut]

    def rest(self) -> bytes:
        """The unfinished frame. A lone 0x1A at its end gets a zero byte, lest it double the first byte of what follows."""
        held, self._held = self._held, b""
        return held + b"\0" if _ends_in_escape(held) else held


class AutoFramer:
    """Lines or Beast frames, whichever the stream begins with."""

    def __init__(self) -> None:
        self._chosen: Framer | None = None
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """As the framer chosen; nothing while it cannot be told."""
        if self._chosen is None:
            self._held += data
            data = self._held
            self._chosen = _framer_for(data)
            if self._chosen is None:
                return b""
            self._held = b""
        return self._chosen.feed(data)

    def rest(self) -> bytes:
        """As the framer chosen; a stream that ended before it could be told is taken for lines."""
        if self._chosen is None:
            self._chosen = LineFramer()
            whole, self._held = self._chosen.feed(self._held), b""
            return whole + self._chosen.rest()
        return self._chosen.rest()


def _framer_for(begin: bytes) -> Framer | None:
    """The framer for a stream that begins so; None while it cannot be told."""
    end = len(begin) - 1 if _ends_in_escape(begin) else len(begin)
    frame = begin.find(b"\x1a")
    line = begin.find(b"\n")
    if frame >= 0 and (line < 0 or frame < line or not _is_text(begin[:line])) and _last_start(begin, end) >= 0:
        return BeastFramer()
    if line >= 0 and _is_text(begin[:line]):
        return LineFramer()
    return LineFramer() if len(begin) > MAX_LINE_BYTES else None


def _is_text(line: bytes) -> bool:
    """Whether a line has no control characters but white space."""
    return all(byte >= 0x20 or byte in b"\t\r" for byte in line)


def make_framer(framing: Framing) -> Framer:
    """The framer of that name."""
    if framing == "lines":
        return LineFramer()
    if framing == "beast":
        return BeastFramer()
    if framing == "auto":
        return AutoFramer()
    raise ValueError(f"framing {framing!r} is none of 'auto', 'lines' and 'beast'")


def closed_datagram(data: bytes) -> bytes:
    """A datagram as it may be laid behind another: text without a final newline gets one, Beast frames are left alone."""
    return data if data[:1] == b"\x1a" or data[-1:] == b"\n" else data + b"\n"


def _whole_frames(data: bytes) -> int:
    """How many bytes of ``data`` (which begins at a unit's beginning) may be given away."""
    end = len(data) - 1 if _ends_in_escape(data) else len(data)
    start = _last_start(data, end)
    if start < 0:
        return end
    kind = data[start + 1]
    if kind == _RECEIVER_ID or kind in _OPEN_TYPES or _body_end(data, start, end) > end:
        return _with_names(data, start)
    # whole, and a lone 0x1A behind it is the next one's beginning; other bytes behind it are garbage that may go
    return end


def _with_names(data: bytes, start: int) -> int:
    """Where the receiver ids in front of the frame at ``start`` begin; ``start`` itself when it has none."""
    while (before := _last_start(data, start)) >= 0 and data[before + 1] == _RECEIVER_ID:
        start = before
    return start


def _body_end(data: bytes, start: int, end: int) -> int:
    """Where the last frame, which begins at ``start``, ends; more than ``end`` when it is not all there."""
    place, left = start + 2, _BODY_BYTES[data[start + 1]]
    while left and place < end:
        # a doubled 0x1A is one byte; an undoubled one cannot be here, for this is the last frame
        place += 2 if data[place] == _ESC else 1
        left -= 1
    return end + 1 if left else place


def _last_start(data: bytes, end: int) -> int:
    """Where the last frame begins whose type byte is there; -1 when there is none."""
    place = end
    while (last := data.rfind(b"\x1a", 0, place)) >= 0:
        first = last
        while first and data[first - 1] == _ESC:
            first -= 1
        if (
            (last - first) % 2 == 0
            and last + 1 < end
            and (data[last + 1] in _BODY_BYTES or data[last + 1] in _OPEN_TYPES)
        ):
            return last
        place = first
    return -1


def _ends_in_escape(data: bytes) -> bool:
    """Whether ``data`` ends in an odd number of 0x1A."""
    return (len(data) - len(data.rstrip(b"\x1a"))) % 2 == 1
