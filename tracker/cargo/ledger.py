"""The account of one cargo file: rows in = rows kept + rows rejected, and warnings on kept rows apart.

A row is a row of CSV, or one object of JSON: the manifest itself, a call, a consignment, a line of goods, a container, a flag. An unknown
column or key is one more row, rejected. Samples name the field and its value only, never a party.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.cargo.fields import PARTIES, Field
from tracker.cargo.values import KINDS
from tracker.decode.rejects import RejectCause, RejectTally


@dataclass(slots=True)
class CargoFile:
    """What became of one file. ``kind`` is json, json lines, consignments, itineraries, flags, or none (left alone)."""

    path: str
    kind: str = ""
    rows_in: int = 0
    rejects: RejectTally = field(default_factory=RejectTally)
    warnings: RejectTally = field(default_factory=RejectTally)
    incomplete: str = ""
    """Why the document is not whole: it breaks off, or its totals do not agree with what was read; empty where it is whole."""

    guessed: str = ""
    """How its columns were taken, where they are neither ours nor a mapping's; empty where nothing was guessed."""

    @property
    def is_incomplete(self) -> bool:
        """Whether something of the document is missing."""
        return bool(self.incomplete)

    @property
    def rows_kept(self) -> int:
        """Rows that were understood."""
        return self.rows_in - self.rejects.total

    def reject(self, at: int, sample: str, note: str, rows: int = 1) -> None:
        """Refuse rows, saying why."""
        self.rejects.add(RejectCause.BAD_CARGO, at, sample, note, count=rows)

    def warn(self, at: int, sample: str, note: str) -> None:
        """Keep a row, but say what is odd about it."""
        self.warnings.add(RejectCause.BAD_CARGO, at, sample, note)

    def break_off(self, at: int, note: str) -> None:
        """The document is not whole; the first reason stands."""
        self.incomplete = self.incomplete or note
        self.warn(at, "", note)

    def unknown(self, at: int, name: str, known: Iterable[str], where: str = "") -> None:
        """Refuse a column or key that no field has, naming the nearest one that exists."""
        near = difflib.get_close_matches(name, list(known), n=1)
        hint = f"did you mean {near[0]}?" if near else "remove it, or see docs/cargo.md for the fields there are"
        self.rows_in += 1
        self.reject(at, _at(where, name), f"unknown field {name!r}; {hint}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row stands, so that a mistake found later is still told of the right line; ``rows`` is how many it stands for."""

    file: CargoFile
    at: int
    where: str = ""
    rows: int = 1

    def reject(self, sample: str, note: str, rows: int | None = None) -> None:
        """Refuse the row."""
        self.file.reject(self.at, _at(self.where, sample), note, self.rows if rows is None else rows)

    def warn(self, sample: str, note: str) -> None:
        """Keep the row with a warning."""
        self.file.warn(self.at, _at(self.where, sample), note)


def _at(where: str, sample: str) -> str:
    """The path to a JSON record before what is wrong in it; rows of CSV have no path."""
    return f"{where}: {sample}" if where else sample


def read_fields(
    fields: Iterable[Field], raw: Mapping[str, Any], *, csv: bool, lenient: Origin | None = None
) -> dict[str, Any]:
    """The values of one record; fields left empty are left out.

    Raises ``ValueError`` with (sample, note) of the first field that is missing or cannot be read; with ``lenient`` an optional
    field that cannot be read is left out with a warning there.
    """
    values: dict[str, Any] = {}
    for item in fields:
        name = item.csv_name if csv else item.name
        given = raw.get(name)
        if given is None or (isinstance(given, str) and not given.strip()):
            if item.required:
                raise ValueError(name, f"{name} is missing; {KINDS[item.kind].sentence} is needed: {item.sentence}")
            continue
        try:
            values[item.name] = KINDS[item.kind].parse(given)
        except ValueError as exc:
            shown = "" if item.record in PARTIES else str(given)[:60]
            sample = f"{name}={shown}" if shown else name
            note = f"{name} {shown!r} {exc}" if shown else f"{name} {exc}"
            if lenient is None or item.required:
                raise ValueError(sample, note) from None
            lenient.warn(sample, f"{note}; it is left out")
    return values
