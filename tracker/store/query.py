"""SQL for people: read-only questions to a store, printed or exported."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from tracker.errors import InputError
from tracker.store.database import Database
from tracker.store.formats import FORMATS


def run_query(path: Path, sql: str, form: str, limit: int, console: Console) -> None:
    """Run one statement and print its rows.

    The file is opened read-only and DuckDB's access to other files and the network is switched off, so that a pasted
    query can read this store and nothing else.
    """
    if form not in FORMATS:
        raise InputError(f"{form!r} is no format", "--format", f"choose one of {', '.join(FORMATS)}")
    if not path.is_file():
        raise InputError("there is no such file", str(path), "give the file that 'tidewaiter replay --db' wrote")
    store = Database(path, read_only=True)
    try:
        cursor = store.cursor()
        cursor.execute("SET enable_external_access = false")
        cursor.execute("SET lock_configuration = true")
        try:
            cursor.execute(sql)
            names = [column[0] for column in cursor.description or []]
            if form == "csv":
                _write_csv(cursor, names)
            elif form == "json":
                _write_json(cursor, names)
            else:
                _print_table(cursor, names, limit, console)
        except duckdb.Error as exc:
            first = str(exc).strip().splitlines()[0]
            raise InputError(first, "query", "docs/columns.md lists the views and their columns") from exc
    finally:
        store.close()


def _print_table(cursor: Any, names: list[str], limit: int, console: Console) -> None:
    rows = cursor.fetchmany(limit + 1)
    table = Table(*names, show_edge=False)
    for row in rows[:limit]:
        table.add_row(*["" if value is None else str(value) for value in row])
    console.print(table)
    if len(rows) > limit:
        console.print("... more rows: raise --limit, or use --format csv", style="dim")


def _write_csv(cursor: Any, names: list[str]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    while rows := cursor.fetchmany(10_000):
        writer.writerows(rows)


def _write_json(cursor: Any, names: list[str]) -> None:
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            sys.stdout.write(json.dumps(dict(zip(names, row, strict=True)), default=str, ensure_ascii=False) + "\n")
