"""The index of one open store and what is asked of it: what fails in the store is a ``StoreError``, for it may be closing, or need its memory.

Marks of what is hidden are kept with the state of the index that they were made of, and brought up to date together with it by whoever reads on: a search neither waits for them nor
makes them, but for the first of a set of rules.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import duckdb

from tracker.errors import StoreError
from tracker.store.search.answering import Search, answer
from tracker.store.search.dossiers import Asking, dossier
from tracker.store.search.hiding import Hidden, Mask, mask_of
from tracker.store.search.index import Parts, SearchIndex
from tracker.store.search.places import load_places
from tracker.store.search.reading import Asked

_MOST_MASKS: Final = 32
_MOST_IDLE: Final = 30
"""Marks that nobody used while the state changed so often are forgotten."""
T = TypeVar("T")


@dataclass(slots=True)
class _Marked:
    """A state of the index and what is hidden in it."""

    parts: Parts
    mask: Mask
    idle: int = 0
    """How often it was brought up to date since somebody used it."""


class Searcher:
    """:meth:`read_on` is called by one thread, :meth:`find` and :meth:`dossier` by any.

    Parameters
    ----------
    lend:
        A cursor of the open store, as ``Database.lend``; raises ``StoreError`` while there is none.
    """

    def __init__(self, lend: Callable[[], AbstractContextManager[Any]]) -> None:
        self._lend = lend
        self.index = SearchIndex()
        self._marked: dict[Hidden, _Marked] = {}
        self._lock = threading.Lock()
        self._making = threading.Lock()

    @property
    def is_ready(self) -> bool:
        """Whether anything can be found yet."""
        return self.index.parts is not None

    def read_on(self) -> None:
        """Bring the index up to date, the first time make it; then the marks of those who searched lately.

        Raises
        ------
        StoreError
            the store could not be read to the end; the next call goes on.
        """
        load_places()
        with self._lend() as cursor:
            try:
                self.index.advance(cursor)
                parts = self.index.parts
                assert parts is not None
                for hidden, held in list(self._marked.items()):
                    if held.parts is parts:
                        continue
                    is_wanted = held.idle < _MOST_IDLE
                    made = _Marked(parts, mask_of(parts, cursor, hidden), held.idle + 1) if is_wanted else None
                    with self._lock:
                        if made is not None:
                            self._marked[hidden] = made
                        else:  # whoever comes back has it made anew
                            self._marked.pop(hidden, None)
            except duckdb.Error as exc:
                raise StoreError(f"the index of the search cannot be brought up to date: {type(exc).__name__}") from exc

    def find(self, asked: Asked, types: Sequence[str], limit: int, hidden: Hidden) -> dict[str, Any]:
        """Hits by type (``tracker.store.search.answering``).

        Raises
        ------
        StoreError
            there is no index yet, or the store cannot be read.
        """
        return self._with_mask(
            hidden, lambda parts, mask, cursor: answer(Search(parts, mask, cursor, asked, limit, hidden), types)
        )

    def dossier(self, kind: str, name: str, hidden: Hidden) -> dict[str, Any] | None:
        """All that is known of one thing (``tracker.store.search.dossiers``); None where it is hidden, or is not there.

        Raises
        ------
        StoreError
            there is no index yet, or the store cannot be read.
        """
        return self._with_mask(hidden, lambda parts, mask, cursor: dossier(Asking(parts, mask, cursor), kind, name))

    def _with_mask(self, hidden: Hidden, ask: Callable[[Parts, Mask, duckdb.DuckDBPyConnection], T]) -> T:
        if self.index.parts is None:
            raise StoreError("the index of the search is not made yet")
        with self._lend() as cursor:
            try:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                marked = self._marked_for(cursor, hidden)
                return ask(marked.parts, marked.mask, cursor)
            except duckdb.Error as exc:
                raise StoreError(f"the store cannot be searched now: {type(exc).__name__}") from exc
            finally:
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")

    def _marked_for(self, cursor: duckdb.DuckDBPyConnection, hidden: Hidden) -> _Marked:
        if (held := self._held(hidden)) is not None:
            return held
        with self._making:  # others that wait want the same, as a rule
            if (held := self._held(hidden)) is not None:
                return held
            parts = self.index.parts
            assert parts is not None
            made = _Marked(parts, mask_of(parts, cursor, hidden))
            with self._lock:
                self._marked[hidden] = made
                while len(self._marked) > _MOST_MASKS:
                    del self._marked[next(iter(self._marked))]
        return made

    def _held(self, hidden: Hidden) -> _Marked | None:
        """The marks for some rules; those used last are kept longest."""
        with self._lock:
            held = self._marked.pop(hidden, None)
            if held is not None:
                held.idle = 0
                self._marked[hidden] = held
            return held
