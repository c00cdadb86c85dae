"""The index of one open store and what is asked of it: what fails in the store is a ``StoreError``, for it may be closing, or need its memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
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
T = TypeVar("T")


class Searcher:
    """:meth:`read_on` is called by one thread, :meth:`find` by any.

    Parameters
    ----------
    lend:
        A cursor of the open store, as ``Database.lend``; raises ``StoreError`` while there is none.
    """

    def __init__(self, lend: Callable[[], AbstractContextManager[Any]]) -> None:
        self._lend = lend
        self.index = SearchIndex()
        self._masks: OrderedDict[tuple[int, Hidden], Mask] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    @property
    def is_ready(self) -> bool:
        """Whether anything can be found yet."""
        return self.index.parts is not None

    def read_on(self) -> None:
        """Bring the index up to date; the first time make it.

        Raises
        ------
        StoreError
            the store could not be read to the end; the next call goes on.
        """
        load_places()
        with self._lend() as cursor:
            try:
                self.index.advance(cursor)
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
        parts = self.index.parts
        if parts is None:
            raise StoreError("the index of the search is not made yet")
        with self._lend() as cursor:
            try:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                return ask(parts, self._mask(parts, cursor, hidden), cursor)
            except duckdb.Error as exc:
                raise StoreError(f"the store cannot be searched now: {type(exc).__name__}") from exc
            finally:
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")

    def _mask(self, parts: Parts, cursor: duckdb.DuckDBPyConnection, hidden: Hidden) -> Mask:
        key = (parts.version, hidden)
        if (held := self._held(key)) is not None:
            return held
        with self._making:  # others that wait want the same, as a rule
            if (held := self._held(key)) is not None:
                return held
            made = mask_of(parts, cursor, hidden)
            with self._lock:
                for old in [one for one in self._masks if one[0] != parts.version]:
                    del self._masks[old]
                self._masks[key] = made
                while len(self._masks) > _MOST_MASKS:
                    self._masks.popitem(last=False)
        return made

    def _held(self, key: tuple[int, Hidden]) -> Mask | None:
        with self._lock:
            held = self._masks.get(key)
            if held is not None:
                self._masks.move_to_end(key)
            return held
