"""SQL for people: read-only questions to a store, printed or exported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import pyarrow as pa

from tracker.errors import InputError
from tracker.outputs import replaced
from tracker.store import formats, writers
from tracker.store.asking import Reader
from tracker.terminal import Terminal

Tell = Callable[[int, int | None], None]
"""Told how much is done, and of how much where that is known."""
MOST_ROWS_SHOWN: Final = 50
"""Rows for the eye unless more are asked for."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and in which form the answer is wanted."""

    sql: str
    form: str = "table"
    most: int | None = None
    """Rows at most; None is ``MOST_ROWS_SHOWN`` for the eye and all of them for programs."""
    target: Path | None = None
    exact: bool = False

    def __post_init__(self) -> None:
        if self.form not in formats.FORMATS:
            raise InputError(f"{self.form!r} is no format", "--format", f"choose one of {', '.join(formats.FORMATS)}")
        if self.form in formats.BINARY and self.target is None:
            raise InputError(f"{self.form} is not for a terminal", "--format", "name a file with --out")
        if not self.sql.strip():
            raise InputError("there is no question", "query", 'write SQL, for example: "SELECT * FROM alerts"')


def run_query(reader: Reader, question: Question, out: Terminal, err: Terminal, tell: Tell | None = None) -> None:
    """Ask a store and write the answer: to the terminal, to stdout or to the file that is asked for; ``tell`` hears the rows done."""
    answer = reader.execute(question.sql)
    try:
        rows = answer.to_arrow_reader()
        write_answer(rows if tell is None else writers.counted(rows, tell), question, out, err)
    finally:
        answer.close()


def write_answer(rows: pa.RecordBatchReader, question: Question, out: Terminal, err: Terminal) -> None:
    """Write an answer in its form, and say what a reader must know of it: that there are more rows, that values were guarded."""
    most = question.most
    if most is None and question.form in formats.FOR_THE_EYE and question.target is None:
        most = MOST_ROWS_SHOWN
    rows = writers.limited(rows, most, lambda given: err.say(_more(given), "dim"))
    if question.target is None:
        _write(rows, question, out, sys.stdout, err)
        return
    if question.form in formats.BINARY:
        with replaced(question.target) as binary:
            count = writers.write_parquet(rows, binary)
    else:
        with replaced(question.target, text=True) as text:
            count = _write(rows, question, Terminal(file=text), text, err)
    err.say(f"{count:,} rows in {question.target}")


def _write(rows: pa.RecordBatchReader, question: Question, console: Terminal, file: TextIO, err: Terminal) -> int:
    if question.form == "csv":
        count, guarded = writers.write_csv(rows, file, exact=question.exact)
        if guarded:
            err.say(
                f"{guarded:,} values begin like a formula of a spreadsheet and have an apostrophe in front; --exact writes them as stored",
                "dim",
            )
        return count
    if question.form in formats.FOR_THE_EYE:
        show: Callable[[pa.RecordBatchReader, Terminal], int] = (
            writers.write_table if question.form == "table" else writers.write_lines
        )
        count = show(rows, console)
        if not count:
            err.say("no rows", "dim")
        return count
    return (writers.write_json if question.form == "json" else writers.write_geojson)(rows, file)


def _more(given: int) -> str:
    return (
        f"... the first {given:,} rows; there are more: raise --limit, or use --format csv, json or parquet with --out"
    )
