"""The word somebody meant: of those there are, the ones most like what was written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_ALIKE: Final = 0.6
_SHOWN: Final = 12
"""So many words are still read; of more only those most like are named."""


def meant(word: str, words: Iterable[str], what: str) -> str:
    """How to mend a wrong word: the nearest right ones, and all of them where they are few.

    >>> meant("custom", ["customs", "gfw"], "the profiles are")
    "did you mean 'customs'? the profiles are customs, gfw"
    >>> meant("navy", ["customs", "gfw"], "the profiles are")
    'the profiles are customs, gfw'
    """
    known = list(words)
    folded = {known_word.casefold(): known_word for known_word in known}
    near = [folded[found] for found in difflib.get_close_matches(word.casefold(), folded, 3, _ALIKE)]
    near += [one for one in known if one not in near and len(word) > 2 and word.casefold() in one.casefold()]
    ask = f"did you mean {' or '.join(repr(one) for one in near[:3])}?" if near else ""
    if len(known) > _SHOWN:
        return ask
    return f"{ask} {what} {', '.join(known)}".strip()
