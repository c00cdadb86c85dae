"""Questions at the door: answered as from the file, and nothing but answered."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tracker.door.conftest import House
from tests.waiting import PATIENCE_S, eventually
from tracker.door.formats import FORMATS
from tracker.door.opening import open_to_read
from tracker.door.place import connect, read_token
from tracker.errors import InputError
from tracker.store.asking import FileReader
from tracker.store.database import Database

QUESTIONS = (
    "SELECT * FROM positions ORDER BY time LIMIT 5",
    "SELECT count(*), max(time), min(lat_deg) FROM positions",
    "SELECT 1::HUGEINT h, [1, 2] l, {'a': 1} s, 1.5::DECIMAL(10, 2) d, INTERVAL 1 DAY i, 'x'::BLOB b, NULL n, '{\"a\": 1}'::JSON j, 1e300 f, DATE '2026-01-01' t",
    "DESCRIBE alerts",
    "SHOW TABLES",
    "SUMMARIZE SELECT speed_kn FROM positions",
    "FROM sources",
    "WITH x AS (SELECT craft, count(*) n FROM positions GROUP BY craft) SELECT * FROM x ORDER BY craft",
    "PRAGMA table_info('events')",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT unnest(range(3)) AS i",
    "SELECT * FROM range(3)",
    "SELECT * FROM alerts",
    "PIVOT (SELECT craft, source FROM positions) ON source IN ('s', 't') USING count(*) ORDER BY craft",
    "SELECT list_transform([1, 2], lambda x: x + 1)",
    "SELECT replace(replace(craft, ':', ' = '), 'mmsi', ''), regexp_replace(craft, '[0-9]', '#', 'g') FROM positions LIMIT 2",
)


def test_an_answer_is_the_same_as_from_the_file(house: House, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    assert house.store is not None
    house.store.ask(lambda connection: connection.execute("COMMIT; CHECKPOINT store; BEGIN"))
    shutil.copy(house.path, copy)
    for sql in QUESTIONS:
        with open_to_read(house.path) as through, open_to_read(copy) as direct:
            one, other = through.execute(sql), direct.execute(sql)
            assert one.description == other.description, sql
            one_table, other_table = one.to_arrow_table(), other.to_arrow_table()
            assert one_table.schema.equals(other_table.schema, check_metadata=True), sql
            assert one_table.equals(other_table), sql
            assert through.execute(sql).fetchall() == direct.execute(sql).fetchall(), sql


def test_values_are_bound_and_not_pasted(house: House) -> None:
    with open_to_read(house.path) as reader:
        assert reader.execute("SELECT count(*) FROM positions WHERE craft = ?", ["mmsi:219000001"]).fetchall() == [
            (4000,)
        ]
        assert reader.execute("SELECT $a || 'x' AS t", {"a": "'; DROP TABLE x; --"}).fetchall() == [
            ("'; DROP TABLE x; --x",)
        ]
        assert reader.execute("SELECT list_contains(?, 2)", [[1, 2]]).fetchall() == [(True,)]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_format_gives_every_row(house: House, form: str) -> None:
    sql = "SELECT craft, time, speed_kn FROM positions ORDER BY time"
    status, body, headers = house.ask("POST", "/v1/sql", sql.encode(), accept=FORMATS[form][0])
    assert status == 200
    assert headers["content-type"] == FORMATS[form][0]
    if form == "arrow":
        rows = pa.ipc.open_stream(body).read_all().num_rows
    elif form == "parquet":
        rows = pq.read_table(pa.BufferReader(body)).num_rows
    else:
        assert b"\r" not in body
        rows = body.count(b"\n") - (form == "csv")
    assert rows == 200_000
    if form == "jsonl":
        assert json.loads(body.partition(b"\n")[0])["craft"] == "mmsi:219000000"


ESCAPES = (
    "INSERT INTO position_rows SELECT * FROM position_rows",
    "DELETE FROM position_rows",
    "UPDATE about SET layout = 0",
    "DROP VIEW alerts",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE OR REPLACE MACRO m() AS 1",
    "WITH d AS (DELETE FROM position_rows RETURNING *) SELECT count(*) FROM d",
    "WITH d AS (INSERT INTO about VALUES (1, 'x') RETURNING *) SELECT * FROM d",
    "SELECT * FROM (WITH d AS (UPDATE about SET layout = 0 RETURNING *) FROM d)",
    "WITH c AS (COPY (SELECT 1) TO '{folder}/x.csv') SELECT * FROM c",
    "EXPLAIN ANALYZE DELETE FROM position_rows",
    "EXPLAIN (FORMAT json) DELETE FROM position_rows",
    "SELECT 1; DELETE FROM position_rows",
    "ATTACH '{folder}/o.duckdb' AS o",
    "ATTACH ':memory:' AS m",
    "DETACH store",
    "COPY position_rows TO '{folder}/x.csv'",
    "COPY about FROM '/etc/passwd'",
    "EXPORT DATABASE '{folder}/x'",
    "IMPORT DATABASE '{folder}/x'",
    "INSTALL httpfs",
    "LOAD json",
    "SET memory_limit = '1KB'",
    "SET GLOBAL threads = 64",
    "RESET memory_limit",
    "PRAGMA memory_limit = '1KB'",
    "PRAGMA enable_profiling",
    "PRAGMA table_info('{folder}/secret.csv')",
    "CALL pragma_version()",
    "CALL force_checkpoint('store')",
    "CHECKPOINT",
    "FORCE CHECKPOINT store",
    "VACUUM",
    "ANALYZE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "USE memory",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "SELECT * FROM checkpoint('store')",
    "SELECT * FROM force_checkpoint('store')",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM enable_profiling()",
    "SELECT * FROM read_csv('{folder}/secret.csv')",
    "SELECT * FROM read_text('{folder}/secret.csv')",
    "SELECT * FROM read_blob('{store}')",
    "SELECT * FROM read_duckdb('{store}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sniff_csv('{folder}/secret.csv')",
    "SELECT * FROM parquet_metadata('{folder}/secret.csv')",
    "SELECT * FROM read_json('{folder}/secret.csv')",
    "SELECT * FROM '{folder}/secret.csv'",
    'SELECT * FROM "{folder}/secret.csv"',
    "SELECT * FROM '{folder}/secret.csv' UNION ALL SELECT * FROM (WITH \"{folder}/secret.csv\" AS (SELECT 'a' secret) FROM \"{folder}/secret.csv\")",
    "FROM '{folder}/secret.csv'",
    "TABLE '{folder}/secret.csv'",
    "DESCRIBE '{folder}/secret.csv'",
    "SUMMARIZE '{folder}/secret.csv'",
    "SELECT * FROM query('SELECT * FROM read_text(''{folder}/secret.csv'')')",
    "SELECT * FROM query_table('{folder}/secret.csv')",
    "SELECT (SELECT content FROM read_text('{folder}/secret.csv'))",
    "SELECT * FROM positions WHERE craft IN (SELECT content FROM system.main.read_text('{folder}/secret.csv'))",
    "SELECT getenv('HOME')",
    "SELECT 'HOME'.getenv()",
    "SELECT list_transform(['HOME'], lambda x: getenv(x))",
    "SELECT getvariable('x')",
    "SELECT nextval('x')",
    "SELECT setseed(0.5)",
    "SELECT write_log('x')",
    "SELECT sleep_ms(100000)",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM which_secret('x', 's3')",
    "SELECT * FROM house",
    "SELECT * FROM connection",
    "SELECT repeat('x', 2000000000)",
    "SELECT lpad('x', 2000000000, 'y')",
    "SELECT length(list_reduce(list_transform(range(60), lambda x: 'abc'), lambda x, y: x || x))",
    "SELECT length(replace(replace(replace(repeat('a', 10000), 'a', repeat('a', 1000)), 'a', repeat('a', 1000)), 'a', repeat('a', 1000)))",
    "SELECT replace(replace(replace(replace('a', 'a', 'aaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaa')",
    "SELECT 'x'.rpad(length(craft) * 100000000, 'y') FROM positions",
    "SELECT bitstring('1', 2000000000)",
    "SELECT list_resize([1], 1000000000)",
    "SELECT bar(1, 0, 1, 100000000)",
    "SELECT printf('%2000000000d', 1)",
    "SELECT printf('%*d', 2000000000, 1)",
    "SELECT format('{:>2000000000}', 1)",
    "SELECT format('{:>{}}', 1, 2000000000)",
    "SELECT format(craft, 1) FROM positions",
    "SELECT repeat(craft, 1000000) FROM positions",
    "SELECT range(200000000)",
    "SELECT list(x) FROM (SELECT unnest(range(100000000)) x)",
    "PIVOT positions ON craft",
    "SELECT " + "[" * 300 + "1" + "]" * 300,
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT 1 WHERE 1 IN (" + ", ".join(["1"] * 60_000) + ")",
    "SELECT '" + "x" * 300_000 + "'",
    "",
    ";",
    "-- nothing",
    "nonsense",
    "SELECT \x00",
    "SELECT * FROM alerts \ud800",
)


@pytest.mark.parametrize("sql", ESCAPES, ids=range(len(ESCAPES)))
def test_a_question_cannot_do_anything_but_read(open_house: House, tmp_path: Path, sql: str) -> None:
    house = open_house
    (tmp_path / "secret.csv").write_text("secret\nhidden\n")
    before = _rows(house)
    status, error = house.refused(sql.replace("{folder}", str(tmp_path)).replace("{store}", str(house.path)))
    assert status == 400
    assert error
    assert "hidden" not in error
    assert _rows(house) == before
    assert {path.name for path in tmp_path.iterdir()} == {"secret.csv"}
    assert {path.name for path in house.path.parent.iterdir()} <= {
        "a.duckdb",
        "a.duckdb.wal",
        "a.duckdb.state",
        "a.duckdb.tmp",
    }
    assert json.loads(house.ask("POST", "/v1/sql", b"SELECT current_setting('memory_limit') m")[1])["m"] == "488.2 MiB"


def _rows(house: House) -> list[Any]:
    answer = house.door.sql(
        "SELECT (SELECT count(*) FROM position_rows), (SELECT max(layout) FROM about), (SELECT count(*) FROM duckdb_tables()), (SELECT count(*) FROM duckdb_databases())"
    )
    return answer.fetchall()


GREEDY = (
    "SELECT list(time) FROM positions, range(1000)",
    "SELECT string_agg(craft) FROM positions, range(1000)",
    "SELECT count(*) FROM (SELECT DISTINCT craft || r.i FROM positions, range(20000) r(i))",
    "SELECT * FROM positions, range(300) ORDER BY craft || random() LIMIT 1 OFFSET 10000000",
    "SELECT map_from_entries(list((craft || i, time))) FROM positions, range(300) r(i)",
    "WITH RECURSIVE r AS (SELECT 'xxxxxxxxxxxxxxxx' s, 1 n UNION ALL SELECT s || s, n + 1 FROM r WHERE n < 60) SELECT max(length(s)) FROM r",
)


@pytest.mark.slow
@pytest.mark.parametrize("sql", GREEDY, ids=range(len(GREEDY)))
def test_a_greedy_question_ends_and_the_store_goes_on(house: House, ticking: list[str], sql: str) -> None:
    status, error = house.refused(sql, time_s=4)
    assert status in (413, 504) or (status, "took the memory" in error) == (503, True), error
    assert _asked_again(house, b"SELECT 1 AS one") == {"one": 1}


def _asked_again(house: House, sql: bytes) -> Any:
    """The answer, asked again as long as the door says so: a greedy question may still be on its way out, and takes others along."""
    _, body, _ = eventually(lambda: (answer := house.ask("POST", "/v1/sql", sql))[0] != 503 and answer)  # type: ignore[misc]
    return json.loads(body)


def test_time_is_limited(house: House) -> None:
    status, error = house.refused(
        "SELECT count(*) FROM positions a, positions b WHERE a.lat_deg < b.lat_deg", time_s=0.5
    )
    assert status == 504
    assert "0.5 s" in error


def test_rows_are_limited_and_the_limit_is_told(house: House) -> None:
    assert house.refused("SELECT * FROM range(10)", rows=9)[0] == 413
    assert house.ask("POST", "/v1/sql", {"sql": "SELECT * FROM range(10)", "rows": 10})[0] == 200


@pytest.mark.slow
def test_an_answer_that_breaks_off_is_no_answer(house: House) -> None:
    """Its head was sent long before: the connection breaks, and why can be asked."""
    with pytest.raises(InputError, match="2,000,000 rows"):
        house.door.sql("SELECT i, repeat('x', 10) FROM range(3000000) r(i)").to_arrow_table()
    with pytest.raises(http.client.IncompleteRead):
        house.ask("POST", "/v1/sql", b"SELECT i, repeat('x', 10) FROM range(3000000) r(i)")


def test_a_client_that_goes_away_ends_its_question(house: House) -> None:
    body = json.dumps(
        {"sql": "SELECT count(*) FROM positions a, positions b WHERE a.lat_deg < b.lat_deg", "time_s": 60}
    ).encode()
    for number in range(3):  # more than there are places
        client = connect(house.door.place, PATIENCE_S)
        token = read_token(house.door.place)
        client.sendall(
            f"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        eventually(partial(_was_lent, house, number + 1))
        client.close()
    assert json.loads(house.ask("POST", "/v1/sql", b"SELECT 1 AS one")[1]) == {"one": 1}


def _was_lent(house: House, times: int) -> bool:
    return house.lent >= times


def test_who_reads_slowly_holds_nobody_up(house: House, ticking: list[str]) -> None:
    """Two clients take the first bytes of a long answer and no more: their time passes, then the places are free."""
    body = json.dumps(
        {"sql": "SELECT i, repeat('x', 100) FROM range(1900000) r(i)", "time_s": 1.5, "format": "csv"}
    ).encode()
    clients = []
    for _ in range(2):
        client = connect(house.door.place, PATIENCE_S)
        token = read_token(house.door.place)
        client.sendall(
            f"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert client.recv(100)
        clients.append(client)
    status, answer, _ = house.ask("POST", "/v1/sql", b"SELECT 1 AS one")
    assert (status, json.loads(answer)) == (200, {"one": 1})
    for client in clients:
        client.close()


def test_a_store_that_is_away_is_told(house: House) -> None:
    store, house.store = house.store, None
    status, error = house.refused("SELECT 1")
    assert (status, "starting" in error) == (503, True)
    house.store = store


def test_closing_the_store_ends_questions_and_frees_the_file(house: House) -> None:
    asked = threading.Thread(
        target=lambda: house.refused(
            "SELECT count(*) FROM positions a, positions b WHERE a.lat_deg < b.lat_deg", time_s=60
        )
    )
    asked.start()
    eventually(partial(_was_lent, house, 1))
    store, house.store = house.store, None
    assert store is not None
    store.close()
    asked.join(PATIENCE_S)
    assert not asked.is_alive()
    with open_to_read_file(house.path) as reader:
        assert reader.execute("SELECT count(*) FROM positions").fetchall() == [(200_000,)]


def open_to_read_file(path: Path) -> Any:
    return closing(FileReader(Database(path, read_only=True)))
