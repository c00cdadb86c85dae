"""Large tables by column say exactly what the same table says row by row."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

import pytest

from tests.tracker.cargo import papers as p
from tracker.cargo import plain_rows
from tracker.cargo.write import write_cargo_csv
from tracker.papers import receive as receiving
from tracker.papers.document import Document
from tracker.papers.receive import Received, receive

Rows = list[dict[str, str]]


def table(count: int = 60) -> Rows:
    """Consignments on several ships and a flight, one row each."""
    items = [
        p.manifest(
            *(
                p.consignment(
                    f"C{i:03}", "BRSSZ", "NLRTM" if i % 2 else "BEANR", carrier="MSC", consignor=p.FULL.consignor, consignee=p.Party("Ünïted", id="NL1"),
                    goods=(p.ConsignmentItem("Fresh \"mangoes\", ripe", "080450", 10 * i, 12.5 * i),) if i % 3 else (), equipment=(p.BOX,) if i % 5 else (),
                )
                for i in range(count // 4)
            ),
            manifest_id=f"S{ship}", conveyance=p.Conveyance(p.Mode.SEA, name=f"STAR {ship}", imo=9074729),
        )
        for ship in range(4)
    ]  # fmt: skip
    text = write_cargo_csv([*items, p.AIR])["consignments.csv"]
    return list(csv.DictReader(io.StringIO(text)))


def written(rows: Rows, delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read(text: str | bytes, monkeypatch: pytest.MonkeyPatch, *, plain: bool) -> Received:
    least = 5 if plain else 10**9
    for module in (plain_rows, receiving):
        monkeypatch.setattr(module, "LEAST_ROWS", least)
    content = text.encode() if isinstance(text, str) else text
    return receive(Document(content, "file", "day.csv", 0), p.locate)


def same(text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> Received:
    by_column, by_row = (read(text, monkeypatch, plain=plain) for plain in (True, False))
    assert by_column.manifests == by_row.manifests
    assert by_column.is_incomplete == by_row.is_incomplete
    assert by_column.refusal == by_row.refusal
    for name in ("rejects", "warnings"):
        mine, theirs = getattr(by_column.account, name), getattr(by_row.account, name)
        assert mine.counts == theirs.counts
        assert sorted(map(str, mine.samples)) == sorted(map(str, theirs.samples))
    assert by_column.account.rows_in == by_row.account.rows_in
    assert by_column.format == by_row.format
    return by_column


@pytest.mark.parametrize(("delimiter", "end"), [(",", "\n"), (";", "\r\n"), ("\t", "\n")])
def test_a_plain_table_is_read_by_column_alone(monkeypatch: pytest.MonkeyPatch, delimiter: str, end: str) -> None:
    received = same(written(table(), delimiter, end), monkeypatch)
    assert len(received.manifests) == 5
    monkeypatch.setattr(plain_rows, "read_rows", None)
    assert read(written(table(), delimiter, end), monkeypatch, plain=True).manifests == received.manifests


ODD: dict[str, Callable[[dict[str, str]], None]] = {
    "unknown place": lambda row: row.update(loading="XXXXX"),
    "port by another code": lambda row: row.update(discharge=" nlrtm "),
    "missing place": lambda row: row.update(loading=""),
    "wrong check digit": lambda row: row.update(equipment_id="MSKU1234560"),
    "box with blanks": lambda row: row.update(equipment_id="MSKU 123456-5"),
    "seals without a box": lambda row: row.update(equipment_id="", size_type="", seals="A B"),
    "document type of an office": lambda row: row.update(document_type="B/L"),
    "no document type": lambda row: row.update(document_type="fare"),
    "another ship": lambda row: row.update(craft_name="OTHER"),
    "wrong IMO number": lambda row: row.update(imo="9074720"),
    "packages with a mark": lambda row: row.update(packages="1,200"),
    "mass that is none": lambda row: row.update(gross_mass_kg="heavy"),
    "mass of thousands": lambda row: row.update(gross_mass_kg="1.200,5"),
    "two blanks": lambda row: row.update(consignor_name="Van  Dam"),
    "a strange blank": lambda row: row.update(consignee_name="Van\u00a0Dam"),
    "party without a name": lambda row: row.update(consignee_name=""),
    "country of three letters": lambda row: row.update(consignor_country="NLD"),
    "no consignment": lambda row: row.update(consignment_id=""),
    "no manifest": lambda row: row.update(manifest_id=""),
    "the same consignment again": lambda row: row.update(consignment_id="C002"),
    "another version": lambda row: row.update(version="2"),
    "version nought": lambda row: row.update(version="0"),
    "HS code with points": lambda row: row.update(hs_code="0804.50"),
    "a text too long": lambda row: row.update(description="x" * 5000),
    "nothing said": lambda row: row.update(dict.fromkeys(row, "")),
    "waybill of a ship": lambda row: row.update(document_type="air_waybill"),
    "mode in capitals": lambda row: row.update(mode="SEA"),
    "nul": lambda row: row.update(description="a\x00b"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(ODD))
def test_a_row_that_is_odd_is_told_as_it_always_was_and_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    rows = table()
    ODD[what](rows[7])
    same(written(rows), monkeypatch)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-30],
        lambda text: text[:-1],
        lambda text: text.replace("\n", "\nx,y\n", 2),
        lambda text: text + text,
        lambda text: text.replace("carrier", "carriage", 1),
        lambda text: text.replace("carrier", "craft_name", 1),
        lambda text: text.replace("S1,", '"S1,', 1),
        lambda text: text.replace("STAR 2", '"STAR\n2"', 1),
        lambda text: text.replace("MSC", 'M"S"C', 1),
        lambda text: "\n" + text.replace("\n", "\n\n"),
        lambda text: "sep=,\n" + text,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", ",,,\n"),
    ],
)
def test_a_damaged_table_says_what_it_says_row_by_row(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str | bytes]
) -> None:
    same(change(written(table())), monkeypatch)


def test_the_order_of_rows_and_columns_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table()
    random.Random(1).shuffle(rows)
    names = sorted(rows[0])
    same(written([{name: row[name] for name in names} for row in rows]), monkeypatch)
