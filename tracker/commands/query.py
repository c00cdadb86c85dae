"""``tidewaiter query``: SQL over the views of a store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.errors import InputError
from tracker.store.formats import FORMATS
from tracker.terminal import err, out, progress


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("query")(query_command)


def query_command(
    sql: Annotated[
        str | None,
        typer.Argument(
            help="SQL over the views (docs/columns.md, docs/recipes.md), for example: SELECT * FROM alerts; - reads it from stdin."
        ),
    ] = None,
    db: Annotated[Path, typer.Option("--db", help="Store written by replay or watch.")] = ...,  # type: ignore[assignment]
    file: Annotated[Path | None, typer.Option("--file", help="File with the SQL.")] = None,
    form: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}; lines has one column a line, for wide rows.")
    ] = "table",
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Most rows given; 50 unless said for table and lines, all for the others.", show_default=False
        ),
    ] = None,
    target: Annotated[Path | None, typer.Option("--out", help="File to write; without it stdout.")] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="CSV with values as stored, formulas and control characters too.")
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            min=0.1,
            help="How long a running watch may take to answer; 30 unless said.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Ask the store with SQL, read-only; whole values, as a table, CSV, JSON lines, GeoJSON or Parquet."""
    from tracker.door.opening import open_to_read
    from tracker.outputs import check_outputs
    from tracker.store.query import Question, run_query

    question = Question(_question(sql, file), form, limit, target, exact)
    check_outputs({"--out": target}, [db])
    with progress("query") as tell, open_to_read(db, seconds) as reader:
        run_query(reader, question, out, err, tell if target is not None else None)


def _question(sql: str | None, file: Path | None) -> str:
    """The SQL, from wherever it is given."""
    if (sql is None) == (file is None):
        raise InputError(
            "needs one question",
            "query",
            'give SQL, for example "SELECT * FROM alerts", or --file FILE, or - for stdin',
        )
    try:
        if file is not None and str(file) != "-":
            return file.read_text(encoding="utf-8-sig")
        return sys.stdin.read() if sql in (None, "-") else str(sql)
    except OSError as exc:
        raise InputError(f"cannot be read ({exc.strerror})", f"--file {file}", "check the path") from exc
    except UnicodeDecodeError as exc:
        raise InputError("is no text in UTF-8", f"--file {file}", "save it as UTF-8") from exc
