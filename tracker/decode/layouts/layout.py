"""One layout: which names it has, what each means in which unit, and where that is documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from tracker.decode.layouts.fields import factor_of


@dataclass(frozen=True, slots=True)
class Column:
    """What one column or member means."""

    field: str
    """One of ``tracker.decode.layouts.fields.FIELDS``; "" says that the column is known and means none of them."""
    unit: str = ""
    """Unit of the input, one of ``UNITS`` of the field's dimension; "" is the field's own."""
    is_sure: bool = True
    """Whether it is said that this is the unit; a bare ``speed`` of an unknown layout says nothing."""

    @property
    def factor(self) -> float:
        """What a value is multiplied with to be in the field's own unit."""
        return factor_of(self.field, self.unit) if self.field else 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout of a table or feed, as its publisher documents it."""

    name: str
    title: str
    """What people call it."""
    origin: str
    """Where it is documented."""
    forms: tuple[str, ...]
    """``csv``, ``parquet``, ``json``."""
    marks: frozenset[str]
    """Normalised names, or dotted paths of JSON, that must all be there; of several layouts the one with most marks counts."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Normalised name or dotted path -> meaning. Of several that mean one field the first that has a value counts. Names that
    are not here are read by the generic vocabulary unless the layout is ``closed``."""
    without: frozenset[str] = frozenset()
    """Names that must not be there."""
    closed: bool = False
    date_order: str = ""
    """``dmy`` or ``mdy`` where times are written so; "" where the values decide."""
    eta_order: str = "md"
    """``md`` or ``dm``: how an ETA without a year is written."""
    signed_codes: bool = False
    """Negative course and speed are AIS codes read with the wrong sign (``tracker.decode.tables.frame``)."""
    may_be_codes: bool = False
    """Rows beyond 91 degrees of latitude or 181 of longitude hold AIS's own units (1/10000 min, 0.1 kn, 0.1 deg, 0.1 m)."""
    needs: tuple[str, ...] = ("craft", "time", "position")
    """What a row of it must name; a table of static reports needs no position."""
    notes: str = ""
    """One or two sentences on times and conventions, for the documents."""


_REMEMBERED_CHARACTERS: Final = 64


def normalised(name: str) -> str:
    """A name without case, signs and spaces: ``# Base_DateTime`` is ``basedatetime``. The dots of a path stay."""
    return _normalised(name) if len(name) <= _REMEMBERED_CHARACTERS else _of_letters(name)


def _of_letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum() or c == ".")


_normalised = lru_cache(maxsize=1 << 13)(_of_letters)
"""Names are few, and each is asked for once a layout."""
