r"""Text from outside made fit for a terminal, a log line, a table or a picture: one place for all of them.

Names, destinations, file names and remarks are data. A control character in one of them must not move a cursor, a bidi mark must not turn a
sentence round, a newline must not forge a line of a log. ``printable`` shows each of these as an escape that a person can read (``\x1b``,
``\u202e``, ``\n``) and keeps every letter of every script. It is not meant to be read back: a backslash in the text stays one backslash.

``json_text`` writes the same characters as JSON's own escapes, so that a JSON line is safe to look at and gives back exactly what was in it.

What is shown as an escape: general categories Cc, Cf, Cs, Co, Cn, Zl and Zp of the Unicode character database, what Unicode says to ignore in
display (Default_Ignorable_Code_Point of DerivedCoreProperties.txt), and combining marks that have nothing to stand on or are piled up.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final

MOST_MARKS: Final = 8
"""Combining marks on one letter; more are shown as escapes, or they would be drawn over the lines above. Hebrew and Tibetan need four or five."""
BRIEF: Final = 200
"""Characters of a foreign text inside a sentence; a longer one is cut and its length told."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_IGNORED: Final = frozenset(
    {
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
    }
)
"""Letters and marks that are drawn as nothing (the braille blank among them)."""
_SHORT: Final = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}


def _is_unseen(code: int) -> bool:
    return code in _IGNORED or unicodedata.category(chr(code)) in _UNSEEN


def _escape(code: int) -> str:
    if code in _SHORT:
        return _SHORT[code]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


class _Shown(dict[int, str]):
    """A translation table that learns a character when it is met."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _escape(code) if _is_unseen(code) else chr(code)
        return shown


class _ShownInJson(dict[int, str]):
    """The same for the text of a JSON document, where space between values may be a newline."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _json_escape(code) if _is_unseen(code) and code != 0x0A else chr(code)
        return shown


_shown, _shown_in_json = _Shown(), _ShownInJson()


def printable(text: str) -> str:
    r"""The text with everything that is not seen shown as an escape.

    >>> printable("EVER\x1b[2J GIVEN"), printable("\u202eABC"), printable("two\nlines"), printable("Ærø 長榮")
    ('EVER\\x1b[2J GIVEN', '\\u202eABC', 'two\\nlines', 'Ærø 長榮')
    """
    if text.isascii():
        return text if text.isprintable() else text.translate(_shown)
    return _without_piles(text.translate(_shown))


def brief(text: str, most: int = BRIEF) -> str:
    """Printable, and cut where it is longer than a sentence bears.

    >>> brief("A" * 1000, 4)
    'AAAA... (1,000 characters)'
    """
    return printable(text) if len(text) <= most else f"{printable(text[:most])}... ({len(text):,} characters)"


def json_text(value: Any, **how: Any) -> str:
    r"""``json.dumps`` that keeps letters and writes what is not seen as JSON's escapes: safe on a terminal, and exact.

    >>> json_text({"name": "Ærø\x9b\u202e"})
    '{"name": "Ærø\\u009b\\u202e"}'
    """
    return shown_json(json.dumps(value, ensure_ascii=False, **how))


def shown_json(text: str) -> str:
    """A JSON document that is text already, as :func:`json_text` would have written its characters."""
    return text if text.isascii() and "\x7f" not in text else text.translate(_shown_in_json)


def _without_piles(text: str) -> str:
    """Combining marks at the beginning, and those beyond ``MOST_MARKS`` on one letter, as escapes."""
    if not any(unicodedata.category(letter)[0] == "M" for letter in text):
        return text
    out: list[str] = []
    marks = MOST_MARKS  # nothing to stand on yet
    for letter in text:
        if unicodedata.category(letter)[0] != "M":
            marks = 0
            out.append(letter)
            continue
        marks += 1
        out.append(letter if marks <= MOST_MARKS else _escape(ord(letter)))
    return "".join(out)
