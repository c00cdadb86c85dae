"""Whatever is put into a cargo file: nothing crashes, and every row is kept or rejected."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.cargo.write import manifest_json, write_cargo_csv
from tracker.errors import CargoError

PAPERS = (p.manifest(p.FULL, p.consignment("C2", "MAPTM")), p.AIR)
JUNK: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["NLRTM", "2026-04-20", "-1", "1e400", "0001-01-01", "9999-12-31T23:59:59+14:00", "٣٤", "\x00", [], {}, [3]]
    ),
)
FAST = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [q for key, item in items for q in [(*at, key), *paths(item, (*at, key))]]


def account_balances(book: CargoBook) -> None:
    for file in book.files:
        assert file.rows_in == file.rows_kept + file.rejects.total
        assert file.rows_kept >= 0
    told = sum(
        1
        + len(m.itinerary.nodes if m.itinerary else ())
        + sum(1 + len(c.goods) + len(c.equipment) for c in m.consignments)
        for m in book.manifests
    )
    assert told <= sum(file.rows_kept for file in book.files if file.kind.startswith("json")) or told == 0
    book.tables()


@FAST
@given(st.data())
def test_damaged_json_is_accounted_for(tmp_path: Path, data: st.DataObject) -> None:
    tree = json.loads(json.dumps([manifest_json(m) for m in PAPERS]))
    for _ in range(data.draw(st.integers(1, 4))):
        *way, last = data.draw(st.sampled_from(paths(tree)))
        inside = tree
        try:
            for key in way:
                inside = inside[key]
            inside[last] = data.draw(JUNK)
        except (LookupError, TypeError):
            continue
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"manifests": tree}), encoding="utf-8")
    account_balances(read_cargo([path], p.locate))


@FAST
@given(st.data())
def test_damaged_csv_is_accounted_for(tmp_path: Path, data: st.DataObject) -> None:
    files = write_cargo_csv(PAPERS)
    name = data.draw(st.sampled_from(sorted(files)))
    rows = list(csv.reader(io.StringIO(files[name])))
    for _ in range(data.draw(st.integers(1, 5))):
        row = data.draw(st.integers(0, len(rows) - 1))
        column = data.draw(st.integers(0, len(rows[row]) - 1))
        rows[row][column] = str(data.draw(JUNK))
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    for each, text in files.items():
        (tmp_path / each).write_text(out.getvalue() if each == name else text, encoding="utf-8", newline="")
    try:
        book = read_cargo([tmp_path], p.locate)
    except CargoError:
        return
    for file in book.files:
        assert file.rows_in == file.rows_kept + file.rejects.total
        assert file.rows_kept >= 0
    book.tables()


@FAST
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"{", b'{"manifests":[', b"manifest_id,sequence,location\n", b"\xff\xfe"]),
)
def test_any_bytes_are_read_or_refused_in_one_sentence(tmp_path: Path, content: bytes, begin: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(begin + content)
    try:
        read_cargo([path], p.locate)
    except CargoError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("quote", ['"', '"unclosed,NLRTM\nM1,2,NLRTM'])
def test_a_broken_quotation_does_not_end_the_file(tmp_path: Path, quote: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"manifest_id,mode,mmsi,sequence,location\nM1,sea,219001234,1,BRSSZ\nM1,,,2,{quote}\n")
    book = read_cargo([path], p.locate)
    assert len(book.manifests) == 1
    assert book.rows_rejected == quote.count("\n") + 1
