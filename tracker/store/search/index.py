"""The index of a store: its parts, filled once and then kept up with what becomes durable.

It is derived from the store and kept in memory only: made when somebody searches for the first time, advanced by row numbers after that, so a commit of the program costs
nothing more than before and there is nothing to migrate or to back up. What it finds is a row number and a digest; what is shown is read from the store and must have that digest.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import duckdb

from tracker.store.search.cargo_part import CargoPart
from tracker.store.search.craft_part import CraftPart
from tracker.store.search.other_parts import AlertPart, EventPart, FlagPart, PaperPart
from tracker.store.search.terms import Links, Rows, Terms

_LINKS: Final = (
    "SELECT count(*), coalesce(max(rowid), -1), coalesce(max(known_time), 'epoch'::TIMESTAMPTZ) FROM cargo_link_rows"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts, as one state of the store has them."""

    craft: CraftPart
    cargo: CargoPart
    papers: PaperPart
    events: EventPart
    alerts: AlertPart
    flags: FlagPart
    version: int = 0
    """Another one whenever anything may be found that was not before, or be hidden."""


class SearchIndex:
    """Advanced by one thread; :attr:`parts` may be read by any."""

    def __init__(self) -> None:
        self.parts: Parts | None = None
        """None until it is made."""
        self._links: Any = None
        self._held: Parts | None = None
        """What has been taken so far, where the first time was broken off."""

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take everything that is durable now; the first time all of it.

        Raises
        ------
        duckdb.Error
            the store could not be read to the end; what was taken stays, and the next call goes on.
        """
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            if self._held is None:
                self._held = Parts(CraftPart(), CargoPart(), PaperPart(), EventPart(), AlertPart(), FlagPart())
            held = self._held
            links = cursor.execute(_LINKS).fetchall()
            has_news = links != self._links
            parts: dict[str, Any] = {}
            for one in fields(Parts):
                part = getattr(held, one.name)
                if one.name == "version":
                    continue
                if part.is_beyond(cursor):
                    part = type(part)()
                    has_news = True
                has_news = part.advance(cursor) or has_news
                parts[one.name] = part
            if has_news or self.parts is None:
                self._links = links
                self.parts = self._held = Parts(**parts, version=held.version + 1)
        finally:
            cursor.execute("ROLLBACK")

    @property
    def size_bytes(self) -> int:
        """What the terms, pairs and rows take of memory, craft by craft apart."""
        if self.parts is None:
            return 0
        parts = [getattr(self.parts, one.name) for one in fields(Parts) if one.name != "version"]
        held = [getattr(part, name.name) for part in parts for name in fields(part)]
        return sum(one.size_bytes for one in held if isinstance(one, Terms | Links | Rows))
