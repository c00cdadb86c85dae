"""The first so many of what was found, each once, without what is hidden: candidates come as arrays, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.store.search.terms import Numbers, Terms

EXACT, WORDS, BEGINNING, BEGINNINGS = 1, 2, 3, 4
"""Ranks: the number itself, all words, a number that begins so, words that begin so."""
_PIECE: Final = 4_096
LEAST_NUMBER: Final = 3
"""So many characters of a number must be given to look for those that begin so."""

Candidates = Iterable[tuple[int, NDArray[Any]]]
"""Rank and numbers, rank by rank."""


def first_of(
    candidates: Candidates,
    most: int,
    is_seen: Callable[[NDArray[Any]], NDArray[np.bool_]],
    key: Callable[[NDArray[Any]], NDArray[Any]],
) -> list[tuple[int, int, int]]:
    """``(rank, key, number)`` of the first ``most`` that are seen and have different keys."""
    found: dict[int, tuple[int, int, int]] = {}
    for rank, numbers in candidates:
        kept = numbers[is_seen(numbers)]
        for begin in range(0, len(kept), _PIECE):
            piece = kept[begin : begin + _PIECE]
            for one, number in zip(key(piece).tolist(), piece.tolist(), strict=True):
                if one not in found:
                    found[one] = (rank, one, number)
                    if len(found) >= most:
                        return list(found.values())
    return list(found.values())


def by_number(terms: Terms, number: str) -> Candidates:
    """What has this number, then what has one that begins so."""
    if number:
        yield EXACT, terms.exact(number)
        if len(number) >= LEAST_NUMBER:
            yield BEGINNING, terms.under(number)


def by_words(terms: Terms, words: Sequence[str]) -> Candidates:
    """What has all these words, then what has words that begin so."""
    if words:
        yield WORDS, _with_all([terms.exact(word) for word in words])
        # a single letter begins too much; a sign of Chinese or Korean is a word
        begins = [terms.under(word) if len(word) > 1 or not word.isascii() else terms.exact(word) for word in words]
        yield BEGINNINGS, _with_all(begins)


def _with_all(found: list[Numbers]) -> Numbers:
    if len(found) == 1:
        return found[0]
    found.sort(key=len)
    common = np.unique(found[0])
    for other in found[1:]:
        if not len(common):
            break
        common = common[np.isin(common, other)]
    return common
