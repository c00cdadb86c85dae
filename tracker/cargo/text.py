"""Bytes of a document to text, whatever an office's programs write.

A byte order mark decides; else UTF-16 is known by its zero bytes (``streams.encodings``); else it is UTF-8, and lines that are none are read as
Windows-1252, with a warning that names their bytes. A letter cut in two at the very end is no other encoding: the document breaks off there.
"""

from __future__ import annotations

import codecs
from typing import Final

from streams.encodings import encoding_of
from tracker.cargo.ledger import CargoFile
from tracker.cargo.sheets import without_unseen
from tracker.errors import CargoError

_MARKS: Final = {
    "utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
}  # fmt: skip
_CUT_LETTER: Final = "the document breaks off in the middle of a letter; send it again whole"
_BYTES_SHOWN: Final = 6


def text_of(content: bytes, file: CargoFile) -> str:
    """The text of a document; what is odd about it is told in the account of ``file``.

    Raises ``CargoError`` where it is no text.
    """
    encoding = encoding_of(content)
    body = content.removeprefix(_MARKS[encoding])
    try:
        return without_unseen(body.decode(encoding))
    except UnicodeDecodeError as exc:
        if exc.end == len(body) and exc.reason.startswith(("unexpected end", "truncated")):
            text = body[: exc.start].decode(encoding, "replace" if encoding == "utf-8" else "strict")
            file.break_off(text.count("\n") + 1, _CUT_LETTER)
            return without_unseen(text)
        line = body[: exc.start].count(b"\n") + 1
        if encoding != "utf-8" or b"\0" in body:
            raise CargoError("is no text", f"{file.path}, line {line}", "save it as UTF-8") from exc
        return _narrow(body, line, file)


def _narrow(body: bytes, first: int, file: CargoFile) -> str:
    """Text of which some lines are no UTF-8."""
    lines, strange, bad = [], set[int](), 0
    for line in body.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            bad += 1
            strange.update(byte for byte in line if byte >= 0x80)
            lines.append(line.decode("cp1252", "replace"))
    shown = ", ".join(f"{byte:02X} ({_letter(byte)})" for byte in sorted(strange)[:_BYTES_SHOWN])
    more = f" and {len(strange) - _BYTES_SHOWN} more" if len(strange) > _BYTES_SHOWN else ""
    count = "1 line is" if bad == 1 else f"{bad:,} lines are"
    file.warn(
        first, "", f"{count} not UTF-8 and read as Windows-1252, the bytes {shown}{more}; look at these letters, or save it as UTF-8"
    )  # fmt: skip
    return without_unseen("\n".join(lines))


def _letter(byte: int) -> str:
    letter = bytes((byte,)).decode("cp1252", "replace")
    return letter if letter.isprintable() and letter != "�" else "no letter"
