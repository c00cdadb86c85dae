"""Cursors lent to people: the writer goes on, whatever they ask."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.waiting import PATIENCE_S
from tracker.errors import StoreError
from tracker.store.database import Database

LONG = "SELECT count(*) FROM range(10000000) a(i), range(10000000) b(j) WHERE (a.i * b.j) % 7 = 3"


def started(store: Database, sql: str, ended: list[str]) -> threading.Thread:
    """A question on its way in a thread of its own."""
    begun = threading.Event()

    def ask() -> None:
        try:
            with store.lend() as cursor:
                begun.set()
                cursor.execute(sql).fetchall()
            ended.append("answered")
        except (duckdb.Error, StoreError) as exc:
            ended.append(type(exc).__name__)

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(PATIENCE_S)
    return thread


def test_a_write_without_memory_ends_the_questions_and_is_done_again(tmp_path: Path) -> None:
    store = Database(tmp_path / "a.duckdb")
    ended: list[str] = []
    thread = started(store, LONG, ended)
    tries = []

    def first(connection: Any) -> None:
        connection.execute("INSERT INTO watch_state VALUES ('before', '1')")

    def short(connection: Any) -> None:
        tries.append(len(ended))
        connection.execute("INSERT INTO watch_state VALUES ('x', '1')")
        if len(tries) == 1:
            raise duckdb.OutOfMemoryException("Out of Memory Error: as if")

    store.write(first)
    store.write(short)
    store.commit()
    thread.join(PATIENCE_S)
    assert ended == ["InterruptException"]
    assert tries == [0, 1]
    assert store.ask(
        lambda connection: connection.execute(
            "SELECT name FROM watch_state WHERE content = '1' ORDER BY ALL"
        ).fetchall()
    ) == [
        ("before",),
        ("x",),
    ]
    assert store.ask(lambda _: 1) == 1
    store.close()


def test_a_write_without_memory_where_nobody_asks_is_a_failure(tmp_path: Path) -> None:
    store = Database(tmp_path / "a.duckdb")

    def short(_: Any) -> None:
        raise duckdb.OutOfMemoryException("Out of Memory Error: as if")

    store.write(short)
    with pytest.raises(StoreError, match="as if"):
        store.commit()
    store.abandon()


def test_a_question_that_fills_the_memory_is_ended_before_it_does(tmp_path: Path) -> None:
    store = Database(tmp_path / "a.duckdb", memory="256MB")
    ended: list[str] = []
    thread = started(
        store, "SELECT string_agg(md5(i::VARCHAR) || j) FROM range(100000) a(i), range(100000) b(j)", ended
    )
    for number in range(50):
        store.write(
            lambda connection, number=number: connection.execute(  # type: ignore[misc]
                "INSERT INTO watch_state VALUES (?, '1')", [str(number)]
            )
        )
        store.commit()
    thread.join(120)
    assert ended and ended[0] != "answered"
    store.close()


def test_who_looks_at_the_memory_ends_when_the_store_is_closed_over_a_question_that_did_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Database(tmp_path / "a.duckdb")
    closed = store.cursor()
    closed.close()
    with monkeypatch.context() as patched:
        patched.setattr(store, "cursor", lambda: closed)
        with pytest.raises(duckdb.ConnectionException):
            store._look_at_memory()
        patched.setattr(store, "_is_closing", True)
        store._look_at_memory()
    store.close()
