"""ASC X12: bytes in, transaction sets of segments out.

The interchange header ``ISA`` is 106 bytes long and names its signs by place: the element separator is its fourth byte, the component separator its 105th, the terminator its 106th.
There is no release sign. What ``SE`` (segments, number), ``GE`` and ``IEA`` say is compared with what is there; a set without SE ends where the next ST begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracker.cargo.formats.edifact import plain
from tracker.cargo.formats.segments import MOST_SEGMENT_BYTES, Fault, Message, Segment

_HEADER_BYTES: Final = 106
_BLANKS: Final = b"\r\n\t \x00\x1a\xef\xbb\xbf"


def is_x12(content: bytes) -> bool:
    """Whether it begins as an interchange does."""
    head = plain(content[:400]).lstrip(_BLANKS)
    return len(head) >= _HEADER_BYTES and head.startswith(b"ISA") and not head[3:4].isalnum()


def split(content: bytes) -> Iterator[Segment]:
    """The segments of some bytes, in order. What is behind the last terminator is a segment tagged with nothing."""
    at, size = len(content) - len(content.lstrip(_BLANKS)), len(content)
    element = component = end = b""
    while at < size:
        if content.startswith(b"ISA", at) and at + _HEADER_BYTES <= size:
            element, component, end = (
                content[at + 3 : at + 4],
                content[at + 104 : at + 105],
                content[at + 105 : at + 106],
            )
        stop = content.find(end, at) if end else -1
        raw = content[at : size if stop < 0 else stop]
        lead = len(raw) - len(raw.lstrip(_BLANKS))
        text = raw[lead:].decode("cp1252", "replace").rstrip("\r\n\x1a")
        if stop < 0 or len(raw) > MOST_SEGMENT_BYTES:
            again = content.find(b"ST" + element, at + lead + 1)
            if text:
                yield Segment("", ((text[:60],),), at + lead)
            at = again if again > 0 else size
            continue
        if text:
            tag, *rest = text.split(element.decode("latin-1"))
            inner = component.decode("latin-1")
            whole = tag == "ISA"
            yield Segment(tag, tuple((part,) if whole else tuple(part.split(inner)) for part in rest), at + lead)
        at = stop + 1


def messages(content: bytes) -> Iterator[Message]:
    """The transaction sets of some bytes, in order, each with what is amiss in it; what belongs to none is told by a message of kind ``""``."""
    message: Message | None = None
    envelope = Message("", "", "", 0)
    version, sets, is_open = "", 0, False
    for segment in split(plain(content)):
        tag = segment.tag
        if tag == "ST":
            if message is not None:
                yield _broken_off(message)
            sets += 1
            message = Message(segment.get(1), version, segment.get(2), segment.offset)
        elif tag == "SE" and message is not None:
            present = len(message.segments) + 2
            if segment.get(1).isdigit() and int(segment.get(1)) != present:
                message.faults.append(Fault(segment.offset, f"SE counts {segment.get(1)} segments, {present} are here"))
            if segment.get(2) != message.reference:
                message.faults.append(
                    Fault(segment.offset, f"SE ends set {segment.get(2)[:9]}, and {message.reference[:9]} is open")
                )
            yield message
            message = None
        elif tag in ("ISA", "GS", "GE", "IEA"):
            if message is not None:
                yield _broken_off(message)
                message = None
            if tag == "GS":
                version, sets = segment.get(8), 0
            elif tag == "GE" and segment.get(1).isdigit() and int(segment.get(1)) != sets:
                envelope.faults.append(Fault(segment.offset, f"GE counts {segment.get(1)} sets, {sets} are here"))
            is_open = tag != "IEA"
        elif not tag or message is None:
            what = "is no segment of a transaction set" if tag else "breaks off in this segment"
            (envelope if message is None else message).faults.append(Fault(segment.offset, what, not tag))
        else:
            message.segments.append(segment)
    if message is not None:
        yield _broken_off(message)
    if is_open:
        envelope.faults.append(Fault(len(content), "IEA is missing, so the file may be cut"))
    if envelope.faults:
        yield envelope


def _broken_off(message: Message) -> Message:
    message.faults.append(Fault(message.offset, f"set {message.reference[:9]} has no SE, so it may be cut"))
    return message
