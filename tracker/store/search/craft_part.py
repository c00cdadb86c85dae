"""Craft in the index: what each said it is, from when until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from tracker.store.search.following import Place
from tracker.store.search.terms import Terms
from tracker.store.search.wording import numbers_of, words_of

_STATEMENTS: Final = """
    SELECT craft, coalesce(name, ''), coalesce(call_sign, ''), coalesce(imo, 0), coalesce(registration, ''), epoch_us(min(time)), epoch_us(max(time))
    FROM static_rows WHERE rowid >= {0} AND rowid < {1} GROUP BY ALL ORDER BY ALL"""
_HEARD: Final = "SELECT DISTINCT craft FROM position_rows WHERE rowid >= {0} AND rowid < {1} ORDER BY craft"
_AT_ONCE: Final = 5_000


class Statement(NamedTuple):
    """What a craft said it is, and when (microseconds since 1970 UTC). Empty or 0 where it said nothing of it."""

    name: str
    call_sign: str
    imo: int
    registration: str
    first_us: int
    last_us: int

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What it says."""
        return self.name, self.call_sign, self.imo, self.registration


@dataclass(slots=True)
class CraftPart:
    """All craft heard, by number from 0 on."""

    crafts: list[str] = field(default_factory=list)
    held: list[tuple[tuple[Any, ...], ...]] = field(default_factory=list)
    """Of each craft its statements, as plain tuples of texts and numbers: the collector of rubbish looks at those once and never again."""
    number_of: dict[str, int] = field(default_factory=dict)
    numbers: Terms = field(default_factory=Terms)
    words: Terms = field(default_factory=Terms)
    _place: Place = field(default_factory=lambda: Place("static_rows"))
    _heard: Place = field(default_factory=lambda: Place("position_rows"))

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone."""
        return self._place.is_beyond(cursor)

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did."""
        before = len(self.crafts)
        has_news = self._take_statements(cursor)
        heard = self._heard
        if heard.is_beyond(
            cursor
        ):  # old reports were deleted: what they told stays, and the others may be numbered anew
            heard.next = 0
        if heard.has_more(cursor):
            end = heard.end(cursor)
            found = cursor.execute(_HEARD.format(heard.next, end)).fetchall()
            self._add([craft for (craft,) in found if craft not in self.number_of])
            heard.take_to(cursor, end)
        self.numbers.settle()
        self.words.settle()
        return has_news or len(self.crafts) > before

    def said(self, number: int) -> list[Statement]:
        """What a craft said it is, in order of the last time."""
        return sorted((Statement(*one) for one in self.held[number]), key=lambda one: one.last_us)

    def _take_statements(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        place = self._place
        if not place.has_more(cursor):
            return False
        end = place.end(cursor)
        asked = cursor.execute(_STATEMENTS.format(place.next, end))
        while rows := asked.fetchmany(_AT_ONCE):
            self._add(list(dict.fromkeys(row[0] for row in rows if row[0] not in self.number_of)))
            new: list[tuple[int, Statement]] = []
            for craft, *values in rows:
                number = self.number_of[craft]
                told, held = Statement(*values), self.said(number)
                same = next((one for one in held if one.key == told.key), None)
                if same is None:
                    new.append((number, told))
                else:
                    told = told._replace(
                        first_us=min(same.first_us, told.first_us), last_us=max(same.last_us, told.last_us)
                    )
                self.held[number] = (*(tuple(one) for one in held if one is not same), tuple(told))
            self._add_terms(new)
        place.take_to(cursor, end)
        return True

    def _add(self, crafts: list[str]) -> None:
        """Craft heard for the first time."""
        if not crafts:
            return
        begin = len(self.crafts)
        self.crafts += crafts
        self.held += [()] * len(crafts)
        self.number_of |= {craft: begin + at for at, craft in enumerate(crafts)}
        bare = pa.array([craft.partition(":")[2] for craft in crafts], pa.string())
        self.numbers.add(numbers_of(bare), np.arange(begin, len(self.crafts)))

    def _add_terms(self, new: list[tuple[int, Statement]]) -> None:
        told: dict[tuple[int, str], None] = {}
        for number, one in new:
            for text in (one.call_sign, one.registration, str(one.imo or "")):
                if text:
                    told[number, text] = None
        if told:
            self.numbers.add(
                numbers_of(pa.array([text for _, text in told], pa.string())), _array([n for n, _ in told])
            )
        names = list({(number, one.name): None for number, one in new if one.name})
        words = words_of([name for _, name in names])
        pairs = [(word, number) for (number, _), found in zip(names, words, strict=True) for word in found]
        if pairs:
            self.words.add(pa.array([word for word, _ in pairs], pa.string()), _array([n for _, n in pairs]))


def _array(numbers: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, dtype=np.int32)
