"""Papers in the store: nothing doubled, nothing lost whole because of a part, and everything can be asked as it was known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from tests.tracker.cargo import papers as p
from tests.tracker.store.old_layouts import papers_in_two_tables
from tracker.cargo.book import CargoBook
from tracker.cargo.box_events import BoxEvent, BoxEventKind, Classifier
from tracker.cargo.consignment import Party
from tracker.cargo.manifest import Manifest
from tracker.cargo.write import manifest_json, write_cargo_csv, write_cargo_json
from tracker.papers.document import Document
from tracker.papers.receive import Received, receive
from tracker.store import append
from tracker.store.database import Database
from tracker.store.papers import PaperChange, PaperStore
from tracker.store.tables import PAPER_TABLES

T_US = p.us("2026-04-01T00:00:00Z")
HOUR_US = 3_600_000_000


@pytest.fixture(scope="module")
def empty() -> Iterator[Database]:
    made = Database(None)
    yield made
    made.close()


@pytest.fixture
def database(empty: Database) -> Database:
    def clear(connection: duckdb.DuckDBPyConnection) -> None:
        for name in PAPER_TABLES:
            connection.execute(f"DELETE FROM {name}")

    empty.write(clear)
    empty.commit()
    return empty


@pytest.fixture
def store(database: Database) -> PaperStore:
    return PaperStore(database)


def read(text: str | bytes, at_us: int = T_US, name: str = "papers.json") -> Received:
    content = text.encode() if isinstance(text, str) else text
    return receive(Document(content, "file", name, at_us), p.locate)


def take(store: PaperStore, *manifests: Manifest, at_us: int = T_US) -> PaperChange:
    return store.take(read(write_cargo_json(manifests), at_us), at_us)


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return database.ask(lambda connection: connection.execute(sql).fetchall())


def test_papers_come_out_of_the_store_as_they_were_read(store: PaperStore) -> None:
    given = (p.manifest(p.FULL, p.consignment("C2", "MAPTM")), p.AIR)
    change = take(store, *given)
    assert change.versions == given
    assert store.latest() == given
    assert [list(one.consignments) for one in store.latest()] == [list(one.consignments) for one in given]


def test_the_same_document_again_changes_nothing(store: PaperStore, database: Database) -> None:
    take(store, p.manifest(p.FULL))
    again = take(store, p.manifest(p.FULL), at_us=T_US + HOUR_US)
    assert again.is_repeated
    assert again.versions == ()
    assert rows(database, "SELECT count(*), min(epoch_us(received_time)) FROM documents") == [(1, T_US)]
    assert rows(database, "SELECT count(*) FROM consignments") == [(1,)]


def test_the_same_content_in_another_form_is_kept_and_makes_no_version(store: PaperStore, database: Database) -> None:
    one = p.manifest(p.FULL, p.consignment("C2", "MAPTM"))
    take(store, one)
    for name, text in write_cargo_csv([one]).items():
        if name != "flags.csv":
            change = store.take(read(text, name=name), T_US + HOUR_US)
            assert (change.versions, change.said_before) == ((), 1)
    assert rows(database, "SELECT count(*) FROM documents") == [(3,)]
    assert rows(database, "SELECT version, is_latest FROM paper_versions") == [(1, 1)]


def test_the_same_number_with_other_content_is_the_next_version_and_the_old_one_is_known_as_of_then(
    store: PaperStore, database: Database
) -> None:
    before = p.manifest(p.FULL, p.consignment("C2", "MAPTM"))
    amended = p.consignment("C2", "MAPTM", carrier="Maersk")
    take(store, before)
    change = take(store, p.manifest(amended), at_us=T_US + HOUR_US)
    (now,) = change.versions
    assert now.version == 2
    assert list(now.consignments) == [p.FULL, amended], "what the second document does not speak of stays"
    assert store.latest() == change.versions
    assert store.as_known(T_US + HOUR_US - 1) == (before,)
    assert store.as_known(T_US + HOUR_US) == change.versions
    assert store.as_known(T_US - 1) == ()
    assert rows(database, "SELECT count(*) FROM consignment_rows") == [(3,)], "nothing that stayed was copied"
    asked = "SELECT version, consignment_id, carrier, is_latest FROM {} ORDER BY ALL"
    assert rows(database, asked.format("consignments")) == [
        (1, "C1", "MSC", 0), (1, "C2", None, 0), (2, "C1", "MSC", 1), (2, "C2", "Maersk", 1),
    ]  # fmt: skip
    assert rows(database, asked.format("consignments_as_known_at(TIMESTAMPTZ '2026-04-01T00:30:00Z')")) == [
        (1, "C1", "MSC", 0), (1, "C2", None, 0),
    ]  # fmt: skip
    assert len(rows(database, "FROM itineraries_as_known_at(TIMESTAMPTZ '2026-04-01T00:30:00Z')")) == 3
    assert rows(database, "FROM itineraries_as_known_at(TIMESTAMPTZ '2026-03-31T00:30:00Z')") == []


def test_a_higher_version_replaces_and_a_lower_one_is_kept_and_not_judged(
    store: PaperStore, database: Database
) -> None:
    take(store, p.manifest(p.FULL, p.consignment("C2")))
    take(store, p.manifest(p.FULL, version=3), at_us=T_US + HOUR_US)
    assert [list(one.consignments) for one in store.latest()] == [[p.FULL]]
    late = take(store, p.manifest(p.consignment("C3"), version=2), at_us=T_US + 2 * HOUR_US)
    assert (late.versions, late.not_judged) == ((), 1)
    assert [one.version for one in store.latest()] == [3]
    assert rows(database, "SELECT version, consignment_id FROM consignments ORDER BY ALL") == [
        (1, "C1"), (1, "C2"), (2, "C3"), (3, "C1"),
    ]  # fmt: skip
    assert [one.version for one in store.as_known(T_US + 3 * HOUR_US)] == [3]


def test_versions_of_one_document_follow_one_another(store: PaperStore) -> None:
    change = take(store, p.manifest(p.FULL), p.manifest(p.consignment("C2"), version=2))
    assert [(one.version, [c.consignment_id for c in one.consignments]) for one in change.versions] == [(2, ["C2"])]


def test_parts_come_in_any_order(store: PaperStore) -> None:
    whole = p.manifest(p.FULL, p.consignment("C2", "MAPTM"))
    files = write_cargo_csv([whole])
    header, *lines = files["itineraries.csv"].splitlines()
    named = header.split(",")
    calls = "\n".join(
        ",".join(cell for name, cell in zip(named, line.split(","), strict=True) if name not in NAMES)
        for line in (header, *lines)
    )
    first = store.take(read(calls, name="itineraries.csv"), T_US)
    assert (first.versions, store.latest()) == ((), ()), "nobody has named the craft"
    change = store.take(read(files["consignments.csv"], name="consignments.csv"), T_US + HOUR_US)
    (made,) = change.versions
    assert made.conveyance == p.SHIP
    assert made.itinerary is not None
    assert [node.location for node in made.itinerary.nodes] == ["BRSSZ", "MAPTM", "NLRTM"]
    assert [item.consignment_id for item in made.consignments] == ["C1", "C2"]


NAMES = (
    "mode",
    "imo",
    "mmsi",
    "craft_name",
    "call_sign",
    "voyage_number",
    "icao24",
    "registration",
    "flight",
    "flight_date",
)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.98])
def test_a_document_that_is_cut_is_kept_as_far_as_it_is_whole_and_says_so(
    store: PaperStore, database: Database, share: float
) -> None:
    items = [p.consignment(f"C{i:03}", goods=(p.FRUIT,)) for i in range(40)]
    text = json.dumps({"manifests": [manifest_json(p.manifest(*items))]})
    change = store.take(read(text[: int(len(text) * share)]), T_US)
    (made,) = change.versions
    assert change.is_incomplete
    assert list(made.consignments) == items[: len(made.consignments)]
    assert len(made.consignments) > 40 * (share - 0.2)
    assert rows(database, "SELECT DISTINCT is_incomplete FROM consignments") == [(1,)]
    assert rows(database, "SELECT DISTINCT is_incomplete FROM itineraries") == [(1,)]
    assert rows(database, "SELECT is_incomplete FROM documents") == [(1,)]
    whole = store.take(read(text), T_US + HOUR_US)
    assert list(whole.versions[0].consignments) == items
    assert rows(database, "SELECT DISTINCT is_incomplete FROM consignments WHERE is_latest = 1") == [(0,)]


def test_a_cut_document_takes_nothing_away_whatever_version_it_declares(store: PaperStore) -> None:
    items = [p.consignment(f"C{i:03}") for i in range(20)]
    take(store, p.manifest(*items))
    text = write_cargo_json([p.manifest(*items, version=2)])
    store.take(read(text[: len(text) // 2]), T_US + HOUR_US)
    (now,) = store.latest()
    assert list(now.consignments) == items


def test_one_bad_row_of_many_is_told_with_its_place_and_costs_only_itself(
    store: PaperStore, database: Database
) -> None:
    text = write_cargo_csv([p.manifest(*(p.consignment(f"C{i:03}") for i in range(100)))])["consignments.csv"]
    lines = text.splitlines()
    lines[50] = lines[50].replace("bill_of_lading", "bill_of_fare")
    change = store.take(read("\n".join(lines) + "\n", name="day.csv"), T_US)
    assert len(change.versions[0].consignments) == 99
    (document,) = store.documents()
    assert (document["rows_in"], document["rows_refused"]) == (100, 1)
    (told,) = json.loads(document["account"])["refused"]
    assert told["at"] == 51
    assert "bill_of_lading" in told["note"]
    assert rows(database, "SELECT count(*) FROM consignments") == [(99,)]


def test_what_cannot_be_read_at_all_is_kept_and_told_in_a_sentence(store: PaperStore) -> None:
    junk = b"\x00\x01\x02 not papers"
    change = store.take(read(junk, name="scan.pdf"), T_US)
    assert change.refusal is not None
    assert "scan.pdf" in change.refusal
    (document,) = store.refused()
    assert document["refusal"] == change.refusal
    assert store.content(document["sha256"]) == junk


def test_a_million_bytes_come_back_as_they_were(store: PaperStore) -> None:
    content = write_cargo_json([p.manifest(p.FULL)]).encode() + b" " * 1_000_000
    change = store.take(read(content), T_US)
    assert store.content(change.sha256) == content


def test_flags_add_up_and_an_amendment_lifts_none(store: PaperStore) -> None:
    take(store, p.manifest(p.FULL))
    amended = p.consignment("C1", carrier="Maersk")
    (now,) = take(store, p.manifest(amended), at_us=T_US + HOUR_US).versions
    assert [(item.carrier, item.flags) for item in now.consignments] == [("Maersk", (p.COCAINE,))]


def test_what_is_not_committed_is_as_if_it_had_never_come(tmp_path: Any) -> None:
    database = Database(tmp_path / "a.duckdb")
    take(PaperStore(database), p.manifest(p.FULL))
    database.commit()
    take(PaperStore(database), p.AIR)
    database.abandon()
    again = Database(tmp_path / "a.duckdb")
    assert [one.manifest_id for one in PaperStore(again).latest()] == ["M1"]
    change = take(PaperStore(again), p.AIR)
    assert not change.is_repeated
    assert [one.manifest_id for one in PaperStore(again).latest()] == ["M1", "M2"]
    again.close()


def test_papers_of_the_layout_before_documents_are_shown_as_they_were(tmp_path: Any) -> None:
    path = tmp_path / "old.duckdb"
    database = Database(path)
    old, new = p.manifest(p.FULL), p.manifest(p.FULL, p.consignment("C9"), version=2)
    database.write(append.papers(CargoBook((old, new)).tables(), 1))
    shown = [sorted(map(str, rows(database, f"FROM {view}"))) for view in ("consignments", "itineraries")]
    database.close()
    with duckdb.connect(str(path)) as connection:
        papers_in_two_tables(connection)
        connection.execute("DELETE FROM view_digests")
        connection.execute("UPDATE about SET layout = 7")
    database = Database(path)
    assert [sorted(map(str, rows(database, f"FROM {view}"))) for view in ("consignments", "itineraries")] == shown
    assert len(shown[0]) == 3
    take(PaperStore(database), p.AIR)
    assert [one.manifest_id for one in PaperStore(database).latest()] == ["M2"]
    database.close()


def test_flags_from_a_file_are_on_the_papers_they_name_and_may_be_added_again_when_these_have_come(
    store: PaperStore,
) -> None:
    flags = "document_number,flag,severity\nMEDU-C1,fraud,0.7\nMEDUC9,theft,0.4\n"
    early = store.take(read(flags, name="flags.csv"), T_US)
    assert early.versions == ()
    assert store.documents()[0]["rows_refused"] == 2
    take(store, p.manifest(p.FULL, p.consignment("C9")))
    (now,) = store.take(read(flags, name="flags.csv"), T_US + HOUR_US).versions
    assert [[flag.flag for flag in item.flags] for item in now.consignments] == [["concealment", "fraud"], ["theft"]]
    assert store.documents()[0]["rows_refused"] == 0
    assert store.take(read(flags, name="flags.csv"), T_US + 2 * HOUR_US).versions == ()
    assert [one.version for one in store.latest()] == [2]


def test_what_a_document_tells_of_boxes_is_kept_as_it_was_read(store: PaperStore) -> None:
    event = BoxEvent(
        BoxEventKind.LOADED, Classifier.ACTUAL, "MSKU1234565", "e1", "BRSSZ", -23.96, -46.33, T_US, T_US + 60, p.SHIP, ("MEDU1",), stated_us=T_US
    )  # fmt: skip
    received = replace(
        read(write_cargo_json([p.AIR])), box_events=(event, replace(event, conveyance=None, lat_deg=None))
    )
    assert store.take(received, T_US).box_events == received.box_events
    assert store.box_events() == tuple((one, T_US) for one in received.box_events)
    assert store.box_events(T_US + 1) == ()


@pytest.mark.parametrize("text", ["\ud800 lone", "nul \x00 in it", "\x1f\x1e", "שלום 中远海运"])
def test_any_text_on_papers_is_only_text(store: PaperStore, text: str) -> None:
    item = p.consignment("C1", consignor=Party(text))
    change = store.take(read(json.dumps({"manifests": [manifest_json(p.manifest(item))]})), T_US)
    assert len(change.versions) == 1
    assert store.latest()[0].consignments[0].consignor is not None


def test_papers_given_at_the_start_touch_none_that_a_document_brought(store: PaperStore, database: Database) -> None:
    take(store, p.manifest(p.FULL))
    for given in ((p.manifest(p.consignment("C7")), p.AIR), (p.manifest(p.consignment("C8")),)):
        database.write(append.papers(CargoBook(given).tables(), None))
        assert [one.consignments[0] for one in store.latest()] == [p.FULL]
    assert rows(database, "SELECT manifest_id, consignment_id FROM consignments") == [("M1", "C1")]


def test_what_an_incomplete_document_alone_told_keeps_its_mark_until_a_whole_one_tells_it(store: PaperStore) -> None:
    def marked(change: PaperChange) -> list[bool]:
        return [manifest.is_incomplete for manifest in change.versions]

    two = write_cargo_json([p.manifest(p.FULL, p.consignment("C2"))])
    cut = store.take(read(two[: two.index('"C2"')] + '"C2"', name="cut.json"), T_US)
    assert marked(cut) == [True]
    assert [one.consignment_id for one in cut.versions[0].consignments] == ["C1"]
    assert marked(take(store, p.manifest(p.consignment("C3")), at_us=T_US + HOUR_US)) == [True], "C1 still counts"
    flagged = "consignment_id,flag\nC3,look\n"
    assert marked(store.take(read(flagged, T_US + 2 * HOUR_US, "flags.csv"), T_US + 2 * HOUR_US)) == [True]
    whole = p.manifest(replace(p.FULL, carrier="CMA"), p.consignment("C2"), p.consignment("C3"))
    assert marked(take(store, whole, at_us=T_US + 3 * HOUR_US)) == [False]


def test_a_whole_document_that_tells_no_more_than_a_cut_one_takes_its_mark_away(store: PaperStore) -> None:
    text = write_cargo_json([p.manifest(p.FULL)])
    (cut,) = store.take(read(text.rstrip()[:-1], name="cut.json"), T_US).versions
    (whole,) = store.take(read(text), T_US + HOUR_US).versions
    assert (cut.is_incomplete, whole.is_incomplete) == (True, False)
    assert list(cut.consignments) == list(whole.consignments) == [p.FULL]
    again = store.take(read(text.rstrip()[:-2], name="again.json"), T_US + 2 * HOUR_US)
    assert again.versions == ()
