"""From the names a table or feed has to how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Final

from tracker.decode.layouts.fields import STATIC_FIELDS
from tracker.decode.layouts.generic import LATER_TIMES, generic_column
from tracker.decode.layouts.known import KNOWN_LAYOUTS
from tracker.decode.layouts.layout import Column, Layout, normalised
from tracker.decode.layouts.mapping import UserMapping
from tracker.decode.layouts.reading import AS_IT_STANDS, Reading

_IDENTITIES: Final = ("mmsi", "icao24", "craft")
_NO_MAPPING: Final = UserMapping()


@dataclass(frozen=True, slots=True)
class ReadLayout:
    """How the columns of one table, or the members of one kind of record, are read."""

    layout: Layout | None
    """The known layout, or None where generic names were read."""
    sources: dict[str, tuple[tuple[int, Column], ...]]
    """Field -> the columns that give it, by index; the first that has a value counts."""
    width: int
    """How many columns there are."""
    names: tuple[str, ...] = ()
    """The columns as they are called."""
    fixed: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Field -> the value of all rows."""
    decided: tuple[tuple[str, str], ...] = ()
    """Field and unit, of fields whose unit was decided from the rows."""
    missing: tuple[str, ...] = ()
    """Which of ``craft``, ``time`` and ``position`` is named by no column; nothing can be read then."""

    @property
    def date_order(self) -> str:
        """``dmy``, ``mdy`` or ""."""
        return self.layout.date_order if self.layout else ""

    @property
    def signed_codes(self) -> bool:
        """Whether negative course and speed are AIS codes read with the wrong sign."""
        return self.layout is not None and self.layout.signed_codes

    @property
    def eta_order(self) -> str:
        """``md`` or ``dm``: how an ETA without a year is written."""
        return self.layout.eta_order if self.layout else "md"

    @property
    def may_be_codes(self) -> bool:
        """Whether rows may hold AIS's own units."""
        return self.layout is not None and self.layout.may_be_codes

    @property
    def statics(self) -> tuple[str, ...]:
        """The static fields there are."""
        return tuple(name for name in STATIC_FIELDS if name in self.sources or name in self.fixed)

    def factor(self, field: str) -> float:
        """What the values of a field are multiplied with."""
        return self.sources[field][0][1].factor if field in self.sources else 1.0

    def unit(self, field: str) -> str:
        """The unit in which a field is read, "" for its own."""
        return self.sources[field][0][1].unit if field in self.sources else ""

    def column(self, field: str) -> str:
        """What the column of a field is called, "" where there is none."""
        return self.names[self.sources[field][0][0]].strip() if field in self.sources else ""

    def is_unsure(self, field: str) -> bool:
        """Whether nothing says in which unit a field is."""
        return field in self.sources and not self.sources[field][0][1].is_sure


def layout_of(names: Sequence[str], form: str, reading: Reading = AS_IT_STANDS) -> ReadLayout:
    """How columns of these names (or members at these dotted paths) are read; ask ``missing`` before reading.

    ``form`` is ``csv``, ``parquet`` or ``json``; ``reading`` is what a user says of them.
    """
    mapping = reading.mapping or _NO_MAPPING
    known = [normalised(name) for name in names]
    layout = _known_layout(frozenset(known), form)
    found: dict[str, list[tuple[int, Column]]] = {}
    ranks = {name: rank for rank, name in enumerate(layout.columns)} if layout else {}
    for index, (name, plain) in enumerate(zip(names, known, strict=True)):
        column = mapping.columns.get(plain)
        if column is None:
            column = layout.columns.get(plain) if layout else None
        if column is None and not (layout and layout.closed):
            column = generic_column(name)
        if column is not None and column.field:
            found.setdefault(column.field, []).append((index, column))
    sources = {}
    for field, columns in found.items():
        said = [c for c in columns if known[c[0]] in mapping.columns]
        told = said or sorted((c for c in columns if known[c[0]] in ranks), key=lambda c: ranks[known[c[0]]])
        # a name of one letter (t, a, b, c, d) or of a later time means something only where no other does
        sources[field] = tuple(told) or (min(columns, key=lambda c: _is_weak(known[c[0]])),)
    if {"lat_deg", "lon_deg"} <= sources.keys():
        sources.pop("lat_lon", None)
        sources.pop("geometry", None)
    if "time" not in sources and "date" in sources:
        sources["time"] = sources["date"]
    if sources.get("time") == sources.get("date"):
        sources.pop("date", None)
    for field in mapping.fixed:
        sources.pop(field, None)
    for field, unit in reading.units:
        if field in sources:
            sources[field] = tuple(
                (index, replace(column, unit=unit, is_sure=True)) for index, column in sources[field]
            )
    missing = _missing({*sources, *mapping.fixed}, layout)
    return ReadLayout(layout, sources, len(names), tuple(names), mapping.fixed, reading.units, missing)


def _is_weak(name: str) -> bool:
    return len(name) == 1 or name.rpartition(".")[2] in LATER_TIMES


def _known_layout(names: frozenset[str], form: str) -> Layout | None:
    """The layout whose marks are all there; of several the one with most."""
    fitting = [one for one in KNOWN_LAYOUTS if form in one.forms and one.marks <= names and not one.without & names]
    return max(fitting, key=lambda one: len(one.marks), default=None)


def _missing(sources: set[str], layout: Layout | None) -> tuple[str, ...]:
    there = {
        "craft": any(name in sources for name in _IDENTITIES),
        "time": any(name in sources for name in ("time", "position_time", "heard_time")),
        "position": {"lat_deg", "lon_deg"} <= sources or "geometry" in sources or "lat_lon" in sources,
    }
    needs = layout.needs if layout else tuple(there)
    return tuple(name for name in needs if not there[name])
