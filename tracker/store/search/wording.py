"""Terms of texts: numbers without what people put between their letters, names as words. The same functions make the terms of the store and of a question.

A number is its letters and digits in capitals (``CSQU 305438-3`` is ``CSQU3054383``). A name is its words in small letters without marks over and under them,
without what says only which form of company it is; in which order they stand does not matter. Letters of Latin that are no letter with a mark are spelled out (ß, ø, ł).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_SPELLED: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ς": "σ"}
)
_WITHIN: Final = str.maketrans("", "", ".'’`´")
"""Signs within a word: G.m.b.H. is one, as is O'Neill."""
_BETWEEN: Final = re.compile(r"[\W_]+")
_NOT_OF_NUMBERS: Final = re.compile(r"[^A-Z0-9]+")
LEGAL_FORMS: Final = frozenset(
    [
        "ab",
        "ag",
        "aps",
        "as",
        "asa",
        "bhd",
        "bv",
        "bvba",
        "co",
        "company",
        "corp",
        "corporation",
        "doo",
        "eood",
        "fze",
        "fzc",
        "fzco",
        "gmbh",
        "inc",
        "incorporated",
        "jsc",
        "kft",
        "kg",
        "kk",
        "limited",
        "llc",
        "llp",
        "ltd",
        "ltda",
        "mbh",
        "nv",
        "oao",
        "oy",
        "oyj",
        "ohg",
        "ooo",
        "pjsc",
        "plc",
        "pte",
        "pty",
        "pvt",
        "sa",
        "sarl",
        "sas",
        "sdn",
        "sl",
        "spa",
        "srl",
        "sro",
        "spzoo",
        "zrt",
        "ua",
        "uab",
        "ood",
    ]
)
"""Words that say which form of company a party has (ISO 20275 lists them by country; these are those on papers of trade)."""
MOST_WORDS: Final = 8


def numbers_of(texts: pa.Array) -> pa.Array:
    """Each text as a number: letters and digits alone, in capitals; one that has none of ASCII keeps all but its blanks."""
    upper = pc.utf8_upper(texts)
    kept = pc.replace_substring_regex(upper, "[^A-Z0-9]+", "")
    return pc.if_else(pc.equal(kept, ""), pc.replace_substring_regex(upper, r"[\s\pC%_]+", ""), kept)


def words_of(texts: Sequence[str | None]) -> list[list[str]]:
    """The words of each text, each once, in their order."""
    return [words_in(text) if text else [] for text in texts]


def words_in(text: str) -> list[str]:
    """The words of a text, each once, in their order."""
    plain = text.lower() if text.isascii() else _without_marks(text)
    return [word for word in dict.fromkeys(_BETWEEN.split(plain.translate(_WITHIN))) if word]


def _without_marks(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in split if not unicodedata.category(sign).startswith("M"))
    return unicodedata.normalize("NFKC", kept.translate(_SPELLED))


def name_words(words: Sequence[str]) -> list[str]:
    """Words of a name that tell it from others: without legal forms, unless nothing else is left."""
    telling = [word for word in words if word not in LEGAL_FORMS]
    return telling or list(words)


def name_key(words: Sequence[str]) -> str:
    """What two spellings of one name have in common: its telling words in order of the alphabet."""
    return " ".join(sorted(name_words(words)))


def number_of(text: str) -> str:
    """As :func:`numbers_of`, of one text."""
    if text.isascii() and (bare := _NOT_OF_NUMBERS.sub("", text.upper())):
        return bare
    number: str = numbers_of(pa.array([text], pa.string()))[0].as_py()
    return number
