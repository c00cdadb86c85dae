"""How a file that should be a store stands, without changing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from tracker.errors import InputError
from tracker.store.migrations import LAYOUT


@dataclass(frozen=True, slots=True)
class Standing:
    """Layout and rows of a store nobody has open."""

    layout: int
    rows: dict[str, int]
    """Table -> rows, as DuckDB estimates them."""


class InUse(InputError):
    """Another process has the store open."""


def standing_of(path: Path) -> Standing:
    """How a store stands.

    Raises
    ------
    InUse
        another process has it open.
    InputError
        it is no store, or not of a version that can be read.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            names = connection.execute("SELECT table_name, estimated_size FROM duckdb_tables()").fetchall()
            if "about" not in {name for name, _ in names}:
                raise InputError("is no store of this program", str(path), "choose another --db")
            (layout,) = connection.execute("SELECT max(layout) FROM about").fetchall()[0]
    except duckdb.Error as exc:
        if "lock" in str(exc).lower():
            raise InUse("a program has it open", str(path), "ask that program, or stop it first") from exc
        raise InputError("is not a DuckDB file that this program reads", str(path), "choose another --db") from exc
    if layout > LAYOUT:
        raise InputError(f"has layout {layout}, this program knows {LAYOUT}", str(path), "use the newer program")
    return Standing(int(layout), {str(name): int(rows) for name, rows in names})
