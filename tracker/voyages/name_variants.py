"""Is another name another ship, or the same one spelled differently?

Crews abbreviate, drop the last letters, add ``M/V`` and correct typing mistakes; class B sends 20 characters, older sets cut earlier; bits
flip on the air. A *variant* is, after dropping everything but letters and digits and the usual prefixes: the same text, the same words in another
order, one text beginning with the other (four characters at least), or a text a few edits away (Damerau-Levenshtein with adjacent swaps: one for every four
characters, at most three).
"""

from __future__ import annotations

import re
from typing import Final

from tracker.voyages.ship_names import edits

_PREFIX: Final = re.compile(r"^(M/?V|M/?T|M/?Y|S/?Y|S/?V|F/?V|M/?S|MTS|SS|HMS|USS)[ .]+")
_WORD: Final = re.compile(r"[A-Z0-9]+")
_SAYS_NOTHING: Final = frozenset(
    {"", "NONE", "UNKNOWN", "TEST", "NONAME", "NA", "NIL", "NULL", "SHIPNAME", "VESSEL", "DEFAULT"}
)
_SHORTEST: Final = 4


def says_nothing(name: str) -> bool:
    """Blank, a default of the equipment, or one repeated character."""
    bare = "".join(_WORD.findall(name.upper()))
    return bare in _SAYS_NOTHING or len(set(bare)) == 1


def is_variant(one: str, two: str) -> bool:
    """True where two names may well be one.

    >>> is_variant("MSC ISABELLA", "MSC ISABELA"), is_variant("EVER GIVEN", "EVER GI"), is_variant("OCEAN PEARL", "BALTIC STAR")
    (True, True, False)
    """
    first, second = (_PREFIX.sub("", name.strip().upper()) for name in (one, two))
    if sorted(_WORD.findall(first)) == sorted(_WORD.findall(second)):
        return True
    a, b = "".join(_WORD.findall(first)), "".join(_WORD.findall(second))
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    if len(short) >= _SHORTEST and (long.startswith(short) or long.endswith(short)):
        return True
    if _number(a) and _number(b) and a.rstrip("0123456789") == b.rstrip("0123456789"):
        return False  # PILOT 1 and PILOT 2 are two boats
    return edits(a, b) <= min(3, max(1, len(short) // 4))


def _number(text: str) -> bool:
    return text[-1:].isdigit()
