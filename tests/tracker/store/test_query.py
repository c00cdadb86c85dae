"""The answer to a question: whole values, safe to look at, exact where a program reads it; mistakes in one sentence."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path

import pytest
from pyarrow import parquet

from tracker.door.opening import open_to_read
from tracker.errors import InputError
from tracker.store.database import Database
from tracker.store.query import Question, run_query
from tracker.terminal import Terminal

NASTY = "[/B]\x1b[2J\x00\x9b\u202enew\nline\ttab\u0335" + "Z" + "\u0335" * 50 + "長榮 Ærø"
LONG = "N" * 10_000
SEEN_AS_WRITTEN = ("長榮 Ærø", "[/B]", "\\x1b[2J", "\\u202e", "\\n")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "a.duckdb"
    database = Database(path)
    rows = [("mmsi:1", NASTY.replace("\x00", "")), ("mmsi:2", LONG), ("mmsi:3", "=cmd|' /C calc'!A0")]
    for craft, name in rows:
        database.write(
            lambda connection, craft=craft, name=name: connection.execute(  # type: ignore[misc]
                "INSERT INTO static_rows (time, received_time, craft, source, message_type, name) "
                "VALUES ('2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z', ?, 's', 5, ?)",
                [craft, name],
            )
        )
    database.close()
    return path


def ask(store: Path, sql: str, form: str = "table", **more: object) -> tuple[str, str]:
    """What is said on the screen, and about it."""
    out, err = io.StringIO(), io.StringIO()
    with open_to_read(store) as reader:
        run_query(reader, Question(sql, form, **more), Terminal(file=out), Terminal(file=err))
    return out.getvalue(), err.getvalue()


def unseen(text: str) -> set[str]:
    return {sign for sign in text if sign != "\n" and unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp")}


@pytest.mark.parametrize("form", ["table", "lines"])
def test_names_are_data_and_whole_for_the_eye(store: Path, form: str) -> None:
    said, _ = ask(store, "SELECT craft, name FROM statics ORDER BY craft", form)
    assert not unseen(said)
    for part in SEEN_AS_WRITTEN:
        assert part in said
    assert said.count("N") >= len(LONG)
    assert "…" not in said


def test_csv_ends_lines_with_lf_and_guards_formulas(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT craft, name, time, -1.5 AS lon_deg FROM statics ORDER BY craft"
    _, about = ask(store, sql, "csv")
    text = capsys.readouterr().out
    assert "\r" not in text
    assert len(text.splitlines()) == 4
    assert not unseen(text)
    assert text.splitlines()[3] == "mmsi:3,'=cmd|' /C calc'!A0,2026-03-01T00:00:00Z,-1.5"
    assert "1 values begin like a formula" in about
    ask(store, sql, "csv", exact=True, target=tmp_path / "a.csv")
    whole = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert NASTY.replace("\x00", "") in whole
    assert "\n" + "mmsi:3,=cmd" in whole


def test_json_is_exact_and_holds_documents(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(
        store,
        """SELECT name, '{"a": [1, null]}'::JSON AS evidence, sum(1) AS n FROM statics GROUP BY ALL ORDER BY min(craft)""",
        "json",
    )
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[0]) == {"name": NASTY.replace("\x00", ""), "evidence": {"a": [1, None]}, "n": 1}
    assert not unseen(lines[0])


def test_points_are_geojson(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.geojson"
    sql = "SELECT 54.5 AS lat_deg, -8.0 AS lon_deg, 'x' AS craft UNION ALL SELECT NULL, 1.0, 'y' ORDER BY craft"
    _, about = ask(store, sql, "geojson", target=target)
    assert "2 rows in" in about
    whole = json.loads(target.read_text(encoding="utf-8"))
    assert whole["type"] == "FeatureCollection"
    assert whole["features"][0] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-8.0, 54.5]},
        "properties": {"craft": "x"},
    }
    assert whole["features"][1]["geometry"] is None
    with pytest.raises(InputError, match="no column lat_deg"):
        ask(store, "SELECT craft FROM statics", "geojson", target=tmp_path / "b.geojson")
    assert not (tmp_path / "b.geojson").exists()
    assert not list(tmp_path.glob(".*part"))


def test_parquet_keeps_types(store: Path, tmp_path: Path) -> None:
    ask(store, "SELECT * FROM statics ORDER BY craft", "parquet", target=tmp_path / "a.parquet")
    read = parquet.read_table(tmp_path / "a.parquet")
    assert read.num_rows == 3
    assert str(read.schema.field("time").type) == "timestamp[us, tz=UTC]"
    with pytest.raises(InputError, match="--out"):
        ask(store, "SELECT 1", "parquet")


@pytest.mark.parametrize("form", ["table", "lines"])
def test_an_answer_without_rows_says_so_beside_itself(store: Path, form: str) -> None:
    assert "no rows" in ask(store, "SELECT * FROM alerts", form)[1]
    assert "no rows" not in ask(store, "SELECT 1", form)[1]


def test_rows_left_out_are_told(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, about = ask(store, "SELECT * FROM range(51)")
    assert "the first 50 rows; there are more" in about
    assert " 49" in said
    _, about = ask(store, "SELECT * FROM range(50)")
    assert "more" not in about
    _, about = ask(store, "SELECT * FROM range(20000)", "csv", most=3)
    assert capsys.readouterr().out.splitlines() == ["range", "0", "1", "2"]
    assert "the first 3 rows" in about
    ask(store, "SELECT * FROM range(20000)", "csv")
    assert len(capsys.readouterr().out.splitlines()) == 20_001


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ("SELECT * FROM positoins", ('Did you mean "positions"', "the views are")),
        ("SELECT * FROM cargo_abord", ("the views are",)),
        ("SELECT lat FROM positions", ("lat_deg", "columns.md")),
        ("SELEC 1", ("syntax error",)),
        ("SELECT * FROM read_csv('/etc/passwd')", ("read_csv() may not be asked here",)),
        ("CREATE TABLE x (i INT)", ("only read here",)),
        ("SET memory_limit = '99GB'", ("only read here",)),
        ("SELECT 'infinity'::TIMESTAMPTZ", ("cast it to VARCHAR",)),
        ("SELECT error('\x1b[2Jboo')", ("\\x1b[2Jboo",)),
        ("  ", ("no question",)),
    ],
)
def test_a_mistake_is_one_sentence_with_the_nearest_right_word(store: Path, sql: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as told:
        ask(store, sql)
    assert "\n" not in str(told.value)
    for part in parts:
        assert part in str(told.value)
