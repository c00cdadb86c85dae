"""The views are what their tables of columns say, tools find the sentences in the file, and a store made long ago gets them too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from tests.tracker.alerts.story import static
from tracker.identity import ICAO24_FLAGS, UNALLOCATED_ICAO24, flag_of, mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database
from tracker.store.tables import public_name, sql_type
from tracker.store.views import MACROS, VIEW_COLUMNS

SHIP = int(mmsi_craft(219001234))
T_US = 1_772_323_200_000_000
MINUTE_US = 60_000_000


@pytest.fixture
def store() -> Iterator[Database]:
    store = Database(None)
    yield store
    store.close()


def positions(store: Database, count: int = 30, craft: int = SHIP, quality: int = 0) -> None:
    rows = PositionBatch.of(
        T_US + np.arange(count) * MINUTE_US, np.full(count, craft), 54.0 + np.arange(count) * 0.01, np.full(count, 8.0)
    )
    store.write(append.positions(rows, np.full(count, quality, dtype=np.uint8), lambda _: "feed"))
    store.commit()


def ask(store: Database, sql: str) -> list[tuple[object, ...]]:
    return store.cursor().execute(sql).fetchall()


@pytest.mark.parametrize("view", sorted(VIEW_COLUMNS))
def test_a_view_has_its_columns_with_their_types_and_comments(store: Database, view: str) -> None:
    sentence, columns = VIEW_COLUMNS[view]
    types = [(row[0], row[1]) for row in ask(store, f"DESCRIBE {view}")]
    assert types == [(public_name(c), sql_type(c).replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")) for c in columns]
    comments = dict(ask(store, f"SELECT column_name, comment FROM duckdb_columns() WHERE table_name = '{view}'"))
    assert all(c.sentence in str(comments[public_name(c)]) for c in columns)
    told = ask(
        store,
        "SELECT comment FROM (SELECT view_name AS name, comment FROM duckdb_views() UNION ALL SELECT table_name, comment FROM duckdb_tables())"
        f" WHERE name = '{view}'",
    )
    assert told == [(sentence,)]


def test_a_macro_is_explained_in_the_file(store: Database) -> None:
    told = dict(
        ask(
            store,
            "SELECT function_name, comment FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal",
        )
    )
    assert told == {macro.name: macro.sentence for macro in MACROS}


def test_the_flag_in_sql_is_the_flag_in_the_program(store: Database) -> None:
    numbers = [
        219001234,
        538000001,
        982190001,
        992191234,
        2190001,
        21912345,
        821912345,
        111219001,
        970123456,
        299001234,
        366999999,
        5,
    ]
    for number in numbers:
        store.write(append.statics(static(int(mmsi_craft(number)), "2026-03-01T00:00:00Z", name="A"), lambda _: "feed"))
    store.commit()
    found = dict(ask(store, "SELECT mmsi, coalesce(flag, '') FROM craft"))
    assert found == {number: flag_of(int(mmsi_craft(number))) for number in numbers}


def test_blocks_of_addresses_do_not_overlap_and_lie_in_what_is_allocated() -> None:
    blocks = sorted(ICAO24_FLAGS)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(blocks))
    for first, last, _ in blocks:
        assert not any(first <= end and last >= begin for begin, end in UNALLOCATED_ICAO24)
    known = {
        0x4B1812: "CH",
        0x3944E0: "FR",
        0x3C6444: "DE",
        0xA12345: "US",
        0x406A12: "GB",
        0x7C6B2D: "AU",
        0x4CA123: "IE",
    }
    for address, flag in known.items():
        assert [f for first, last, f in blocks if first <= address <= last] == [flag]


def test_a_craft_is_told_with_names_now_and_former(store: Database) -> None:
    positions(store)
    for hour, name, sign in ((0, "OLD NAME", "ABCD"), (1, "MIDDLE", ""), (2, "NEW NAME", "EFGH")):
        rows = static(SHIP, f"2026-03-01T0{hour}:00:00Z", name=name, call_sign=sign, imo=9074729)
        store.write(append.statics(rows, lambda _: "feed"))
    sizes = StaticBatch.from_columns(1, time_us=T_US, craft=SHIP, to_bow_m=100.0, to_stern_m=50.0, ship_type=70)
    store.write(append.statics(sizes, lambda _: "feed"))
    store.commit()
    columns = "kind, mmsi, flag, imo, name, former_names, call_sign, former_call_signs, ship_type, length_m, reports"
    assert ask(store, f"SELECT {columns} FROM craft") == [
        ("vessel", 219001234, "DK", 9074729, "NEW NAME", ["OLD NAME", "MIDDLE"], "EFGH", ["ABCD"], 70, 150.0, 30)
    ]
    heard = ask(store, "SELECT last_heard_time - first_heard_time = INTERVAL 2 HOURS FROM craft")
    assert heard == [(True,)]


def test_the_last_position_is_one_the_detectors_saw(store: Database) -> None:
    positions(store, 10)
    positions(store, 20, quality=append.LATE)
    found = ask(store, "SELECT craft, epoch_us(time), round(lat_deg, 2) FROM latest_positions")
    assert found == [("mmsi:219001234", T_US + 9 * MINUTE_US, 54.09)]
    assert ask(store, "SELECT sum(reports), min(lat_deg), max(lon_deg) FROM presence") == [(10, 54.025, 8.025)]


def test_macros_answer(store: Database) -> None:
    positions(store)
    begin, end = "TIMESTAMPTZ '2026-03-01 00:00:00Z'", "TIMESTAMPTZ '2026-03-01 00:10:00Z'"
    assert ask(store, f"SELECT count(*) FROM track('mmsi:219001234', {begin}, {end})") == [(11,)]
    near = ask(store, f"SELECT count(*), round(max(distance_km), 2) FROM near(54.0, 8.0, 5.0, {begin}, {end})")
    assert near == [(5, 4.45)]
    assert ask(store, f"SELECT sum(reports) FROM presence_between({begin}, {end})") == [(11,)]
    for sql in (
        f"events_as_known_at({begin})",
        f"alerts_as_known_at({begin})",
        f"aboard_at('x', {begin})",
        "encounters_of('x')",
    ):
        assert ask(store, f"SELECT * FROM {sql}") == []


def test_views_are_made_once_and_again_when_they_have_changed(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("store") / "a.duckdb"
    Database(path).close()
    size = path.stat().st_size
    for _ in range(3):
        Database(path).close()
    assert path.stat().st_size == size
    store = Database(path)
    store.write(lambda connection: connection.execute("UPDATE view_digests SET digest = 'older'"))
    store.write(lambda connection: connection.execute("DROP VIEW craft"))
    store.close()
    again = Database(path)
    assert ask(again, "SELECT count(*) FROM craft") == [(0,)]
    again.close()
