"""docs/cargo.md and docs/alerts.md say what the code does: their tables are made from the code's, their examples run."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from tests.tracker.cargo import papers as p
from tracker.alerts.config import ALWAYS_SHOWN_DETAILS, DETAIL_POINTS, KIND_POINTS
from tracker.cargo.columns import CONSIGNMENT_COLUMNS, ITINERARY_COLUMNS
from tracker.cargo.fields import CSV_SHAPES, FIELDS
from tracker.cargo.link_config import LinkConfig
from tracker.cargo.read import read_cargo
from tracker.cargo.values import KINDS

DOCS = Path(__file__).parents[3] / "docs"
CARGO = (DOCS / "cargo.md").read_text("utf-8")
ALERTS = (DOCS / "alerts.md").read_text("utf-8")


def field_rows() -> list[str]:
    return [
        f"| {f.record} | `{f.name}` | `{f.csv_name}` | {KINDS[f.kind].sentence} | {'yes' if f.required else ''} | {f.sentence} |"
        for f in FIELDS
    ]


def config_rows(config: type) -> list[str]:
    return [
        f"| `{f.name}` | {f.default:g} | {f.metadata['sentence']} | {f.metadata['origin']} |"
        for f in dataclasses.fields(config)
        if "sentence" in f.metadata
    ]


def column_rows() -> list[str]:
    rows = []
    for view, columns in (("consignments", CONSIGNMENT_COLUMNS), ("itineraries", ITINERARY_COLUMNS)):
        for column in columns:
            name = column.name.removesuffix("_us") + "_time" if column.name.endswith("_us") else column.name
            rows.append(f"| {view} | `{name}` | {column.sentence} |")
    return rows


def point_rows() -> list[str]:
    kinds = [f"| `{kind}` | | {points} |" for kind, points in KIND_POINTS.items()]
    return kinds + [f"| `{kind}` | `{detail}` | {points:+d} |" for (kind, detail), points in DETAIL_POINTS.items()]


def test_every_field_column_threshold_and_point_is_in_the_documents() -> None:
    assert [row for row in field_rows() + column_rows() + config_rows(LinkConfig) if row not in CARGO] == []
    assert [row for row in point_rows() if row not in ALERTS] == []
    assert all(f"`{detail}`" in ALERTS for detail in ALWAYS_SHOWN_DETAILS)


def test_every_shape_of_csv_is_in_the_documents() -> None:
    for shape in CSV_SHAPES:
        assert f"`{shape.name}.csv`" in CARGO
        assert shape.sentence in CARGO


def test_the_examples_are_read_without_a_reject(tmp_path: Path) -> None:
    blocks = re.findall(r"```(json|csv)\n(.*?)```", CARGO, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["json", "csv", "csv", "csv"]
    json_book = tmp_path / "json"
    csv_book = tmp_path / "csv"
    for i, (kind, text) in enumerate(blocks):
        folder = json_book if kind == "json" else csv_book
        folder.mkdir(exist_ok=True)
        (folder / f"{i}.{kind}").write_text(text, encoding="utf-8")
    for folder in (json_book, csv_book):
        book = read_cargo([folder], p.locate)
        assert (book.rows_rejected, book.warnings) == (0, 0)
        assert len(book.manifests) == 1
        assert book.manifests[0].consignments[0].is_flagged
