"""What is appended is there under its public names, once, and in place of what the same replay stated before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.tracker.store.test_database import START_US, rows
from tests.tracker.test_events import event
from tracker.cargo.links import link_table
from tracker.decode.rejects import RejectCause, RejectTally
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[Database]:
    opened = Database(None)
    yield opened
    opened.close()


def ask(store: Database, query: str) -> list[tuple[Any, ...]]:
    return store.ask(lambda connection: connection.execute(query).fetchall())


def kept(store: Database, *writes: Any) -> None:
    for write in writes:
        store.write(write)
    store.commit()


def test_rows_that_wait_are_held_with_all_that_is_known_of_them_and_replace_those_before(store: Database) -> None:
    named = StaticBatch.from_columns(2, time_us=START_US, craft=rows(1).craft[0], name=b"ANNA", source=0)
    kept(store, append.held(rows(3), named, lambda source: f"feed-{source}"))
    assert ask(store, "SELECT count(*), min(quality), max(source) FROM watch_held_positions") == [(3, "ok", "feed-0")]
    assert ask(store, "SELECT count(*), min(name) FROM watch_held_statics") == [(2, "ANNA")]
    kept(store, append.held(rows(2), StaticBatch.empty(), lambda source: "other"))
    assert ask(store, "SELECT count(*), min(source) FROM watch_held_positions") == [(2, "other")]
    assert ask(store, "SELECT count(*) FROM watch_held_statics") == [(0,)]
    kept(store, append.held(PositionBatch.empty(), StaticBatch.empty(), str))
    assert ask(store, "SELECT count(*) FROM watch_held_positions") == [(0,)]


def test_every_quality_is_stored_under_its_name(store: Database) -> None:
    codes = np.arange(len(append.QUALITIES), dtype=np.uint8)
    kept(store, append.positions(rows(len(codes)), codes, str))
    assert [name for (name,) in ask(store, "SELECT quality FROM position_rows ORDER BY time")] == list(append.QUALITIES)
    named = [append.QUALITIES[code] for code in (append.LATE, append.BROKEN_CLOCK, append.PROGRAM_FAULT)]
    assert named == ["late", "broken_clock", "program_fault"]


def test_what_is_aboard_replaces_what_the_same_replay_stated_of_the_same_craft(store: Database) -> None:
    def stated(*crafts: str) -> pa.Table:
        table = link_table([], 0)
        return pa.Table.from_pylist(
            [
                {
                    "craft": craft,
                    "manifest_id": "M1",
                    "consignment_id": "C1",
                    "status": "loaded",
                    "confidence": 0.9,
                    "reason": "mmsi",
                    "known_time": START,
                }
                for craft in crafts
            ],
            schema=table.schema,
        )

    def found() -> list[tuple[Any, ...]]:
        return ask(store, "SELECT craft, replay FROM cargo_link_rows ORDER BY replay, craft")

    kept(store, append.cargo_links(stated("a", "b")), append.cargo_links(stated("a"), replay=7))
    assert found() == [("a", 0), ("b", 0), ("a", 7)]
    kept(store, append.cargo_links(stated(), crafts=["a"]))
    assert found() == [("b", 0), ("a", 7)]
    kept(store, append.cargo_links(stated("c"), crafts=["c"]), append.cargo_links(stated("d"), replay=7))
    assert found() == [("b", 0), ("c", 0), ("d", 7)]
    kept(store, append.cargo_links(stated("e")))
    assert found() == [("e", 0), ("d", 7)]
    kept(store, append.cargo_links(stated(), crafts=[]))
    assert found() == [("e", 0), ("d", 7)], "of no craft nothing is replaced"


def test_a_port_call_known_before_is_replaced_and_each_replay_has_its_own(store: Database) -> None:
    call = {"craft": "mmsi:219001234", "location": "NLRTM", "arrive_us": START_US, "name": "Rotterdam"}
    kept(store, append.port_calls([call]), append.port_calls([call], replay=3))
    kept(store, append.port_calls([{**call, "depart_us": START_US + 5}]))
    found = ask(store, "SELECT replay, depart_time IS NULL FROM port_call_rows ORDER BY replay")
    assert found == [(0, False), (3, True)]


def test_a_revision_stands_as_it_was_first_stored_by_each_who_states_it(store: Database) -> None:
    first, second = event(), replace(event(), explanation="otherwise")
    kept(store, append.events([first]), append.events([second]), append.events([second], replay=2))
    found = ask(store, "SELECT replay, explanation FROM event_revisions ORDER BY replay")
    assert found == [(0, first.explanation), (2, "otherwise")]


def test_every_sample_of_a_reject_has_the_count_of_its_cause() -> None:
    tally = RejectTally()
    for number in range(3):
        tally.add(RejectCause.BAD_CHECKSUM, number, b"line %d" % number)
    tally.add(RejectCause.TOO_SHORT, 9, b"x")
    found = list(append.reject_rows("feed", tally))
    assert [(row["cause"], row["count"], row["line_or_offset"]) for row in found] == [
        *(("bad_checksum", 3, number) for number in range(3)), ("too_short", 1, 9),
    ]  # fmt: skip
    assert all(row["sentence"] and row["source"] == "feed" for row in found)


def test_the_account_of_inputs_is_appended_each_time(store: Database) -> None:
    source = {"source": "a.nmea", "input": "a.nmea", "kind": "nmea", "units_in": 3, "units_decoded": 2}
    reject = {"source": "a.nmea", "cause": "bad_checksum", "count": 1}
    kept(store, append.ledger([source], [reject]), append.ledger([source], []))
    assert ask(store, "SELECT count(*), sum(units_in) FROM source_rows") == [(2, 6)]
    assert ask(store, "SELECT source, cause, count FROM reject_rows") == [("a.nmea", "bad_checksum", 1)]
