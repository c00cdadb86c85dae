"""Ships' names as papers write them and as ships send them: the same letters and digits are the same name.

Titles (``M/V``), former names (``(EX ...)``) and a voyage number behind the name (``V.114N``) fall away, accents too; ``II`` is ``2``. AIS carries
``AIS_NAME_LENGTH`` characters, so a name on papers is compared whole and cut.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

AIS_NAME_LENGTH: Final = 20
MIN_KEY_LENGTH: Final = 3
"""Shorter names and call signs (``0``, ``NA``) name nobody."""
_TITLES: Final = (
    ("MOTOR", "VESSEL"), ("MOTOR", "TANKER"), ("MOTOR", "SHIP"), ("STEAM", "SHIP"), ("FISHING", "VESSEL"),
    *((title,) for title in ("MV", "MS", "MT", "SS", "MTS", "FV", "MSV", "VESSEL")),
)  # fmt: skip
"""What stands before a ship's name, as whole words."""
_NUMERALS: Final = {"II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8"}
"""Numbers of sister ships, never the first word of a name."""
_FORMER: Final = re.compile(r"\(?\b(?:EX|FORMERLY)[ .:-][^)]*\)?$")
_VOYAGE: Final = re.compile(r"\s+V(?:OY)?[. ]\s*\d{1,4}[A-Z]?$")
"""A voyage number behind the name, as offices write it: ``V.114N``."""
MOST_EDITS: Final = 2
"""So many letters of a name may be wrong, and it may still be meant."""
_ALIKE: Final = str.maketrans({"0": "O", "1": "I", "L": "I", "8": "B", "5": "S"})
_FOLDED: Final = str.maketrans(
    {"Ø": "O", "Æ": "AE", "Œ": "OE", "ẞ": "SS", "Đ": "D", "Ð": "D", "Ł": "L", "Þ": "TH", "ı": "I"}
)


def letters_of(text: str) -> str:
    """Letters and digits alone, in capitals."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())


def name_words(name: str) -> list[str]:
    """The words of a ship's name in capitals, without title, accents and former names; numbers of sister ships as figures.

    >>> name_words("Motor Vessel SJØFRAKT II (EX TOVE)")
    ['SJOFRAKT', '2']
    """
    words = _FORMER.sub(" ", _ascii(name.upper())).replace("/", "").replace(".", "").split()
    for title in _TITLES:
        if len(words) > len(title) and tuple(words[: len(title)]) == title:
            words = words[len(title) :]
            break
    return [_NUMERALS.get(word, word) if at else word for at, word in enumerate(words)]


def name_key(name: str) -> str:
    """A ship's name by letters and digits; empty where it names nobody.

    >>> name_key("M/V Ever-Given "), name_key("MSC OSCAR"), name_key("Motor Vessel SJØFRAKT II (EX TOVE)")
    ('EVERGIVEN', 'MSCOSCAR', 'SJOFRAKT2')
    """
    key = letters_of("".join(name_words(name)))
    return key if len(key) >= MIN_KEY_LENGTH else ""


def folded(key: str) -> str:
    """A key in which letters that a fax or a scanner takes for each other are one.

    >>> folded("OCEAN10")
    'OCEANIO'
    """
    return key.translate(_ALIKE)


def paper_names(name: str) -> set[str]:
    """Keys under which a name on papers may be heard: whole, and cut as AIS cuts it."""
    return {key for text in written_names(name) if (key := name_key(text))}


def written_names(name: str) -> list[str]:
    """A name on papers without voyage number and former names, as it may be heard: with its title and without, whole and cut as AIS cuts it."""
    name = _VOYAGE.sub("", _FORMER.sub(" ", _ascii(name.upper()))).strip()
    untitled = name
    for title in _TITLES:
        words = untitled.split()
        bare = tuple(word.replace(".", "").replace("/", "") for word in words[: len(title)])
        if bare == title and len(words) > len(title):
            untitled = " ".join(words[len(title) :])
            break
    return list(dict.fromkeys((untitled, untitled[:AIS_NAME_LENGTH], name, name[:AIS_NAME_LENGTH])))


def edits(one: str, two: str) -> int:
    """Damerau-Levenshtein distance with swaps of neighbours (optimal string alignment).

    >>> edits("EVERGIVVEN", "EVERGIVEN"), edits("HERON", "HEORN")
    (1, 1)
    """
    rows = [list(range(len(two) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(two, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def _ascii(text: str) -> str:
    """Letters without accents, as ships send their names."""
    folded = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    return "".join(c for c in folded if not unicodedata.combining(c))
