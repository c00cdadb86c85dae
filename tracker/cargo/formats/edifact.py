"""UN/EDIFACT (ISO 9735): bytes in, messages of segments out, whatever is damaged.

``UNA`` names the signs: component, element, decimal mark, release, a reserved one, terminator; without it they are ``:+.? '``. ``UNB`` names the letters: UNOA and UNOB are ASCII (Windows-1252 is
what is found under them), UNOC Latin-1, UNOD Latin-2, UNOE Cyrillic, UNOF Greek, UNOW and UNOY UTF-8. Line ends behind a terminator are nothing; where no terminator is found at all
they are the terminators. A message ends with its UNT, else where the next UNH begins; no message spoils another. What ``UNT`` (segments, number), ``UNZ`` (messages) and ``CNT`` say is
compared with what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tracker.cargo.formats.segments import MOST_SEGMENT_BYTES, Fault, Message, Segment

_CHARSETS: Final = {
    "UNOC": "latin-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7", "UNOG": "iso8859-3", "UNOH": "iso8859-4", "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8", "UNOK": "iso8859-9", "UNOW": "utf-8", "UNOY": "utf-8",
}  # fmt: skip
_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:UNA.{6}\s*)?(UN[BHG])", re.DOTALL)
_TAG: Final = re.compile(r"[A-Z]{3}")
_COUNTED: Final = {"10": "CNI", "16": "EQD"}
"""What CNT counts that is told by a tag: consignments, and equipment."""


def is_edifact(content: bytes) -> bool:
    """Whether it begins as an interchange, or a message alone, does."""
    return _START.match(plain(content[:2000])) is not None


def plain(content: bytes) -> bytes:
    """Bytes with one byte to a sign: some send UTF-16, known by its mark."""
    return content.decode("utf-16", "replace").encode() if content[:2] in (b"\xff\xfe", b"\xfe\xff") else content


def split(content: bytes) -> Iterator[Segment]:
    """The segments of some bytes, in order; ``UNA`` is none of them. What is behind the last terminator is a segment tagged with nothing.

    Letters that the charset does not have come out as U+FFFD. A byte order mark goes before what UNB says.
    """
    is_unicode = content[:2] in (b"\xff\xfe", b"\xfe\xff") or content.startswith(b"\xef\xbb\xbf")
    content = plain(content)
    start = content.find(b"UNA", 0, 64)
    given = content[start + 3 : start + 9].decode("latin-1") if start >= 0 else ""
    signs = given if len(given) == 6 else ":+.? '"
    at = start + 9 if start >= 0 else content.find(b"UN", 0, 64)
    component, element, release, end = signs[0], signs[1], signs[3], signs[5].encode("latin-1")
    if end not in content[at:] and b"\n" in content:
        end = b"\n"
    release = "\0" if release == " " else release  # a blank names no release sign
    escape = release.encode("latin-1")
    body = re.compile(rb"(?:[^%b%b]|%b.)*+" % (re.escape(escape), re.escape(end), re.escape(escape)), re.DOTALL)
    elements = re.compile(rf"(?<!{re.escape(release)})((?:{re.escape(release)}{{2}})*){re.escape(element)}")
    components = re.compile(rf"(?<!{re.escape(release)})((?:{re.escape(release)}{{2}})*){re.escape(component)}")
    loose = re.compile(rf"{re.escape(release)}(.)", re.DOTALL)
    charset, size = "utf-8" if is_unicode else "cp1252", len(content)
    while at < size:
        stop = content.find(end, at)
        if stop > at and content.find(escape, at, stop) >= 0:
            stop = body.match(content, at).end()  # type: ignore[union-attr]
        stop = size if stop < 0 else stop
        raw = content[at:stop]
        lead = len(raw) - len(raw.lstrip(b"\r\n\t \x00\x1a\xef\xbb\xbf"))
        text = raw[lead:].decode(charset, "replace").rstrip("\r\n\x1a")
        if stop >= size or len(raw) > MOST_SEGMENT_BYTES:
            again = content.find(b"UNH" + element.encode("latin-1"), at + lead + 1)
            if text:
                yield Segment("", ((text[:60],),), at + lead)
            at = again if again > 0 else size
            continue
        if text:
            if release in text:
                parts = _apart(text, elements)
                split_up = [tuple(loose.sub(r"\1", one) for one in _apart(part, components)) for part in parts[1:]]
                segment = Segment(parts[0], tuple(split_up), at + lead)
            else:
                tag, *rest = text.split(element)
                segment = Segment(tag, tuple(tuple(part.split(component)) for part in rest), at + lead)
            if segment.tag == "UNB" and not is_unicode:
                charset = _CHARSETS.get(segment.get(1), "cp1252")
            yield segment
        at = stop + 1


def messages(content: bytes) -> Iterator[Message]:
    """The messages of some bytes, in order, each with what is amiss in it; what belongs to none is told by a message of kind ``""``."""
    message: Message | None = None
    envelope = Message("", "", "", 0)
    counted = 0
    announced: Segment | None = None
    for segment in split(content):
        tag = segment.tag
        if tag == "UNH":
            if message is not None:
                yield _broken_off(message)
            counted += 1
            message = Message(
                segment.get(2), f"{segment.get(2, 1)}:{segment.get(2, 2)}", segment.get(1), segment.offset
            )
        elif tag == "UNT" and message is not None:
            yield _closed(message, segment)
            message = None
        elif tag in ("UNB", "UNG", "UNE", "UNZ"):
            if message is not None:
                yield _broken_off(message)
                message = None
            if tag == "UNB":
                if announced is not None:
                    envelope.faults.append(
                        Fault(segment.offset, "another interchange begins, and UNZ of the one before is missing")
                    )
                announced, counted = segment, 0
            elif tag == "UNZ":
                if segment.get(1).isdigit() and int(segment.get(1)) != counted:
                    envelope.faults.append(
                        Fault(segment.offset, f"UNZ counts {segment.get(1)} messages, {counted} are here")
                    )
                announced = None
        elif message is None or not _TAG.fullmatch(tag):
            faults = envelope.faults if message is None else message.faults
            cut = not tag
            what = "breaks off in this segment" if cut else f"is no segment ({segment.tag[:20]!r})"
            faults.append(Fault(segment.offset, what, cut))
        else:
            message.segments.append(segment)
    if message is not None:
        yield _broken_off(message)
    if announced is not None:
        envelope.faults.append(Fault(len(content), "UNZ is missing, so the file may be cut"))
    if envelope.faults:
        yield envelope


def _closed(message: Message, unt: Segment) -> Message:
    present = len(message.segments) + 2 + sum(not fault.is_incomplete for fault in message.faults)
    if unt.get(1).isdigit() and int(unt.get(1)) != present:
        message.faults.append(Fault(unt.offset, f"UNT counts {unt.get(1)} segments, {present} are here"))
    if unt.get(2) and unt.get(2) != message.reference:
        message.faults.append(
            Fault(unt.offset, f"UNT ends message {unt.get(2)[:14]}, and {message.reference[:14]} is open")
        )
    for segment in message.segments:
        tag = _COUNTED.get(segment.get(1)) if segment.tag == "CNT" else None
        if tag is not None and segment.get(1, 1).isdigit():
            found = sum(one.tag == tag for one in message.segments)
            if found != int(segment.get(1, 1)):
                message.faults.append(
                    Fault(segment.offset, f"CNT counts {segment.get(1, 1)} of {tag}, {found} are here")
                )
    return message


def _broken_off(message: Message) -> Message:
    message.faults.append(Fault(message.offset, f"message {message.reference[:14]} has no UNT, so it may be cut"))
    return message


def _apart(text: str, sign: re.Pattern[str]) -> list[str]:
    """Split at a sign that is not released."""
    parts, at = [], 0
    for found in sign.finditer(text):
        parts.append(text[at : found.end() - 1])
        at = found.end()
    return [*parts, text[at:]]
