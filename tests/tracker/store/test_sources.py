"""A source is what it contains: nothing is doubled, nothing is lost without a word, and a replay can be undone."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from tests.tracker.store.old_layouts import papers_in_two_tables
from tests.tracker.test_cli import LINES
from tracker.cargo.book import CargoBook
from tracker.errors import InputError, InterruptedByUser
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.replay import Summary, replay
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.store.migrations import MIGRATIONS
from tracker.store.sources import forget_replay, replays_to_remove
from tracker.store.tables import TABLES


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> WorldPlaces:
    return WorldPlaces.load(tmp_path_factory.mktemp("none"), tmp_path_factory.mktemp("cache"))


@pytest.fixture
def feeds(tmp_path: Path) -> tuple[Path, Path]:
    """Two days under one name, two days apart."""
    made = []
    for day, text in (("monday", LINES), ("tuesday", LINES.replace("17723", "17725"))):
        (tmp_path / day).mkdir()
        path = tmp_path / day / "feed.nmea"
        path.write_text(text)
        made.append(path)
    return made[0], made[1]


def played(store: Database, places: WorldPlaces, *paths: Path, **more: object) -> Summary:
    inputs = [open_input(path, number) for number, path in enumerate(paths)]
    return replay(inputs, load_settings(), book=CargoBook(), places=places, store=store, **more)


def ask(store: Database, sql: str) -> list[tuple[object, ...]]:
    return store.cursor().execute(sql).fetchall()


def sources(store: Database) -> list[tuple[object, ...]]:
    return ask(store, "SELECT replay, source, state, units_in FROM sources ORDER BY ALL")


def test_the_same_content_again_doubles_nothing_under_any_name(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    packed = tmp_path / "other name.nmea.gz"
    packed.write_bytes(gzip.compress(feeds[0].read_bytes()))
    store = Database(tmp_path / "a.duckdb")
    played(store, places, feeds[0])
    again = played(store, places, packed)
    assert again.store["replaced"] == {"1": ["feed.nmea"]}
    assert sources(store) == [(2, "other name.nmea.gz", "whole", 3)]
    assert ask(store, "SELECT count(*) FROM positions") == [(2,)]
    assert ask(store, "SELECT count(*), sum(replay) FROM rejects") == [(1, 2)]
    store.close()


def test_two_days_of_one_name_are_both_kept_and_both_told_apart(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    store = Database(tmp_path / "a.duckdb")
    played(store, places, feeds[0])
    second = played(store, places, feeds[1])
    names = [name for _, name, *_ in sources(store)]
    assert names[0] == "feed.nmea"
    assert str(names[1]).startswith("feed.nmea~")
    assert second.store["beside"] == 1
    assert ask(store, "SELECT source, count(*) FROM positions GROUP BY ALL ORDER BY ALL") == [(n, 2) for n in names]
    together = played(store, places, *feeds)
    assert set(together.store["replaced"]) == {"1", "2"}
    assert ask(store, "SELECT count(*), count(DISTINCT source) FROM positions") == [(4, 2)]
    store.close()


def test_a_part_of_what_was_judged_together_is_neither_replayed_nor_removed(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    store = Database(tmp_path / "a.duckdb")
    played(store, places, *feeds)
    before = sources(store)
    with pytest.raises(InputError, match=r"judged together with feed.nmea~.* in replay 1; name all of them"):
        played(store, places, feeds[0])
    with pytest.raises(InputError, match="stand and fall together; name them too, or: --replay 1"):
        replays_to_remove(store.cursor(), ["feed.nmea"], [], "a")
    with pytest.raises(InputError, match=r"holds no source 'x'; its sources are feed.nmea"):
        replays_to_remove(store.cursor(), ["x"], [], "a")
    assert sources(store) == before
    assert list(replays_to_remove(store.cursor(), [], [1], "a")) == [1]
    store.write(lambda connection: forget_replay(connection, 1))
    store.commit()
    left = [table for table in TABLES if table not in ("about", "flag_blocks", "view_digests", "watch_state")]
    assert {table: count for table in left if (count := ask(store, f"SELECT count(*) FROM {table}")[0][0])} == {}
    store.close()


def test_events_of_two_replays_are_one_and_the_later_speaks(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    third = tmp_path / "more.nmea"
    third.write_text(feeds[1].read_text() + feeds[1].read_text().replace("17725", "17727"))
    store = Database(tmp_path / "a.duckdb")
    played(store, places, *feeds)
    first = ask(store, "SELECT event_id, replay FROM events ORDER BY ALL")
    assert first
    played(store, places, feeds[0].with_name("feed.nmea"), *feeds[1:], third)
    assert {replay for _, replay in ask(store, "SELECT event_id, replay FROM events")} == {2}
    played(store, places, tmp_path_copy(feeds[0], tmp_path))
    assert ask(store, "SELECT count(*) = count(DISTINCT event_id) FROM events") == [(True,)]
    store.close()


def tmp_path_copy(path: Path, folder: Path) -> Path:
    """The same craft in other content: one line more."""
    copy = folder / "copy.nmea"
    copy.write_text(path.read_text() + "!AIVDM,1,1,,B,garbage,0*00\n")
    return copy


def test_a_replay_broken_off_is_partial_and_the_next_takes_its_place(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    store = Database(tmp_path / "a.duckdb")
    calls = iter(range(10))

    def check() -> None:
        if next(calls) == 5:  # four of them while the order of the inputs is measured
            raise InterruptedByUser(2)

    with pytest.raises(InterruptedByUser):
        played(store, places, *feeds, check=check)
    assert {state for *_, state, _ in sources(store)} == {"partial"}
    whole = played(store, places, feeds[0])
    assert sources(store) == [(2, "feed.nmea", "whole", 3)]
    assert list(whole.store["replaced"]) == ["1"]
    assert ask(store, "SELECT count(*), count(DISTINCT source) FROM positions") == [(2, 1)]
    store.close()


def test_the_store_of_the_live_program_is_refused(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    store = Database(tmp_path / "a.duckdb")
    store.write(lambda connection: connection.execute("INSERT INTO watch_state VALUES ('committed', '{}')"))
    store.commit()
    with pytest.raises(InputError, match="is the store of 'tidewaiter watch'; replay into a file of its own"):
        played(store, places, feeds[0])
    with pytest.raises(InputError, match="is the store of 'tidewaiter watch'"):
        replays_to_remove(store.cursor(), [], [1], "a")
    store.close()


def test_what_an_older_store_holds_counts_as_one_replay(
    places: WorldPlaces, feeds: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "old.duckdb"
    store = Database(path)
    played(store, places, *feeds)
    events = ask(store, "SELECT event_id, revision FROM events ORDER BY ALL")
    store.close()
    with duckdb.connect(str(path)) as connection:
        for name, key in (
            ("event_revisions", "event_id, revision"),
            ("alert_revisions", "alert_id, revision"),
            ("port_call_rows", "craft, location, arrive_time"),
        ):
            connection.execute(f"CREATE TABLE kept AS SELECT * EXCLUDE (replay) FROM {name}")
            connection.execute(f"DROP TABLE {name}")
            columns = ", ".join(f'"{row[0]}" {row[1]}' for row in connection.execute("DESCRIBE kept").fetchall())
            connection.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({key}))")
            connection.execute(f"INSERT INTO {name} SELECT * FROM kept")
            connection.execute("DROP TABLE kept")
        papers_in_two_tables(connection)
        for name in ("replays", "cargo_link_rows", "verdicts", "flag_blocks", "view_digests"):
            connection.execute(f"DROP TABLE {name}")
        for name in ("reject_rows", "source_rows", "consignments", "itineraries"):
            connection.execute(f"ALTER TABLE {name} DROP COLUMN replay")
        for name in ("content_sha256", "feed"):
            connection.execute(f"ALTER TABLE source_rows DROP COLUMN {name}")
        connection.execute("UPDATE about SET layout = 5")
    store = Database(path)
    assert {(replay, state) for replay, _, state, _ in sources(store)} == {(1, "whole")}
    assert ask(store, "SELECT event_id, revision FROM events ORDER BY ALL") == events
    assert set(played(store, places, *feeds).store["replaced"]) == {"1"}
    assert ask(store, "SELECT event_id, revision FROM events ORDER BY ALL") == events
    assert MIGRATIONS[5]
    store.close()
