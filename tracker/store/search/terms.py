"""Sorted terms and the numbers they stand for, in a few runs: a term is found by bisection, and what begins alike lies together.

Terms that come later make a run of their own; a run is merged with the one before it once it is a quarter as long, so there are few, and what a million terms cost
to sort is not paid for each that is added. Runs are never changed in place: whoever reads keeps those it began with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
_SHORTER: Final = 4
_STEP: Final = 256
_LAST: Final = "\U0010ffff"
"""Sorts behind every character."""


class _Run:
    """Terms in the order of their code points, which is that of their UTF-8 bytes."""

    def __init__(self, terms: pa.StringArray, numbers: Numbers) -> None:
        order = pc.sort_indices(terms)
        self.terms: pa.StringArray = terms.take(order)
        self.numbers: Numbers = numbers[order.to_numpy(zero_copy_only=False)]
        self._every: list[str] = self.terms.take(pa.array(range(0, len(self), _STEP))).to_pylist()
        """Each so manieth term: most of a bisection goes through these, for a look into Arrow costs a microsecond."""

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: int) -> str:
        term: str = self.terms[at].as_py()
        return term

    def span(self, begin: str, end: str) -> tuple[int, int]:
        """Places of the terms from ``begin`` until before ``end``."""
        low = self._place(begin)
        return low, self._place(end) if low < len(self) and self[low] < end else low

    def _place(self, term: str) -> int:
        block = bisect_left(self._every, term)
        return bisect_left(self, term, max((block - 1) * _STEP, 0), min(block * _STEP, len(self)))


class Terms:
    """Terms and numbers, the same term as often as it stands for something. Added to by one thread, read by any."""

    def __init__(self) -> None:
        self._runs: tuple[_Run, ...] = ()
        self._added: list[tuple[pa.Array, Numbers]] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    @property
    def size_bytes(self) -> int:
        """What it takes of memory."""
        return sum(run.terms.nbytes + run.numbers.nbytes for run in self._runs)

    def add(self, terms: pa.Array, numbers: NDArray[np.int64] | Numbers) -> None:
        """Add terms, to be found from :meth:`settle` on; empty and missing ones are left out."""
        is_term = pc.fill_null(pc.not_equal(terms, ""), False)
        kept = terms.filter(is_term)
        if len(kept):
            self._added.append((kept, numbers.astype(np.int32)[is_term.to_numpy(zero_copy_only=False)]))

    def settle(self) -> None:
        """Make a run of what was added."""
        if not self._added:
            return
        added, self._added = self._added, []
        runs = [
            *self._runs,
            _Run(pa.concat_arrays([terms for terms, _ in added]), np.concatenate([n for _, n in added])),
        ]
        while len(runs) > 1 and len(runs[-2]) <= _SHORTER * len(runs[-1]):
            later, earlier = runs.pop(), runs.pop()
            runs.append(
                _Run(pa.concat_arrays([earlier.terms, later.terms]), np.concatenate([earlier.numbers, later.numbers]))
            )
        self._runs = tuple(runs)

    def exact(self, term: str) -> Numbers:
        """What a term stands for."""
        return self._between(term, term + "\0")

    def under(self, prefix: str) -> Numbers:
        """What all terms that begin so stand for, in the order of the terms."""
        return self._between(prefix, prefix + _LAST)

    def terms_under(self, prefix: str) -> list[tuple[pa.StringArray, Numbers]]:
        """As :meth:`under`, run by run with the terms."""
        spans = [(run, *run.span(prefix, prefix + _LAST)) for run in self._runs]
        return [(run.terms[low:high], run.numbers[low:high]) for run, low, high in spans if high > low]

    def _between(self, begin: str, end: str) -> Numbers:
        spans = [(run, *run.span(begin, end)) for run in self._runs]
        return np.concatenate([_NONE, *(run.numbers[low:high] for run, low, high in spans)])


class Links:
    """Pairs of a number or digest and a row, found by the first: which rows a party stands on. As :class:`Terms`, of numbers."""

    def __init__(self) -> None:
        self._runs: tuple[tuple[NDArray[Any], Numbers], ...] = ()
        self._added: list[tuple[NDArray[Any], Numbers]] = []

    def add(self, firsts: NDArray[Any], seconds: NDArray[Any]) -> None:
        """Add pairs, to be found from :meth:`settle` on."""
        if len(firsts):
            self._added.append((firsts, seconds.astype(np.int32)))

    def settle(self) -> None:
        """Make a run of what was added."""
        if not self._added:
            return
        added, self._added = self._added, []
        runs = [
            *self._runs,
            _sorted(np.concatenate([one for one, _ in added]), np.concatenate([two for _, two in added])),
        ]
        while len(runs) > 1 and len(runs[-2][0]) <= _SHORTER * len(runs[-1][0]):
            later, earlier = runs.pop(), runs.pop()
            runs.append(_sorted(np.concatenate([earlier[0], later[0]]), np.concatenate([earlier[1], later[1]])))
        self._runs = tuple(runs)

    @property
    def size_bytes(self) -> int:
        """What it takes of memory."""
        return sum(first.nbytes + second.nbytes for first, second in self._runs)

    def of(self, first: int | np.uint64) -> Numbers:
        """The second numbers of all pairs with this first one."""
        parts = [
            second[np.searchsorted(firsts, first) : np.searchsorted(firsts, first, side="right")]
            for firsts, second in self._runs
        ]
        return np.concatenate([_NONE, *parts])

    def of_all(self, firsts: NDArray[Any]) -> tuple[Numbers, NDArray[np.int64]]:
        """The second numbers of all pairs with any of these, and of each the place of its first one among them."""
        seconds, places = [_NONE], [np.empty(0, np.int64)]
        for held, second in self._runs:
            low, high = np.searchsorted(held, firsts), np.searchsorted(held, firsts, side="right")
            count = high - low
            at = np.repeat(np.arange(len(firsts)), count)
            begin = np.repeat(low - np.concatenate([[0], np.cumsum(count)[:-1]]), count) if len(firsts) else low
            seconds.append(second[begin + np.arange(len(begin))])
            places.append(at)
        return np.concatenate(seconds), np.concatenate(places)

    def marked(self, is_second: NDArray[np.bool_]) -> tuple[NDArray[Any], Numbers]:
        """All pairs whose second number is marked."""
        firsts, seconds = [np.empty(0, np.uint64)], [_NONE]
        for held, second in self._runs:
            is_known = second < len(is_second)  # pairs may have come since
            is_known[is_known] = is_second[second[is_known]]
            firsts.append(held[is_known])
            seconds.append(second[is_known])
        return np.concatenate(firsts), np.concatenate(seconds)

    def firsts_of(self, is_second: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
        """Of the first numbers below ``count``, which have a pair whose second number is marked."""
        found = np.zeros(count, dtype=bool)
        for firsts, second in self._runs:
            is_known = (second < len(is_second)) & (firsts < count)  # pairs may have come since
            found[firsts[is_known][is_second[second[is_known]]]] = True
        return found


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table of the store, in order: of each its number there, and what it is a statement of."""

    rowids: NDArray[np.int64]
    things: NDArray[np.uint64]
    """Digest of the key of what the row is a statement of: all versions of a consignment have the same."""
    groups: NDArray[np.uint64]
    """Digest of what that belongs to: the manifest of a consignment."""
    of_thing: Links
    of_group: Links

    @classmethod
    def none(cls) -> Rows:
        """No rows yet."""
        return cls(np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.uint64), Links(), Links())

    def __len__(self) -> int:
        return len(self.rowids)

    def with_more(self, batches: Sequence[tuple[NDArray[np.int64], ...]]) -> Rows:
        """These and more: rowids, things and groups, or without groups. The pairs are shared with what was before: whoever reads an older one leaves rows out that it does not have."""
        rowids, things, *groups = (np.concatenate(some) for some in zip(*batches, strict=True))
        at = np.arange(len(self), len(self) + len(rowids))
        for links, digests in ((self.of_thing, things), *((self.of_group, one) for one in groups)):
            links.add(digests, at)
            links.settle()
        return Rows(
            np.concatenate([self.rowids, rowids]),
            np.concatenate([self.things, things]),
            np.concatenate([self.groups, *groups]),
            self.of_thing,
            self.of_group,
        )

    @property
    def size_bytes(self) -> int:
        """What it takes of memory."""
        own = self.rowids.nbytes + self.things.nbytes + self.groups.nbytes
        return own + self.of_thing.size_bytes + self.of_group.size_bytes


_NONE: Final[Numbers] = np.empty(0, dtype=np.int32)


def _sorted(firsts: NDArray[Any], seconds: Numbers) -> tuple[NDArray[Any], Numbers]:
    order = np.lexsort((seconds, firsts))
    return firsts[order], seconds[order]
