"""The store of the room: opened, brought up, refused where it is newer; a transaction holds all or nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from tests.postgres_server import PostgresServer
from tracker.errors import InputError, StoreError
from tracker.room.store.metadata import ROOM_FACTS
from tracker.room.store.opening import RoomStore, open_room_store
from tracker.room.store.tables import METADATA


def facts(store: RoomStore) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(select(ROOM_FACTS.c.name).order_by(ROOM_FACTS.c.name)).scalars())


def test_migrations_make_the_tables_that_the_code_uses(any_store: RoomStore) -> None:
    with any_store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_transaction_holds_all_or_nothing(any_store: RoomStore) -> None:
    with any_store.write() as connection:
        connection.execute(insert(ROOM_FACTS).values(name="a", value="1"))
    with pytest.raises(RuntimeError), any_store.write() as connection:
        connection.execute(insert(ROOM_FACTS).values(name="b", value="2"))
        raise RuntimeError
    assert facts(any_store) == ["a"]


def test_a_reader_writes_nothing(any_store: RoomStore) -> None:
    with pytest.raises(DBAPIError), any_store.read() as connection:
        connection.execute(insert(ROOM_FACTS).values(name="a", value="1"))
    with any_store.write() as connection:
        connection.execute(insert(ROOM_FACTS).values(name="b", value="1"))
    assert facts(any_store) == ["b"]


def test_a_reader_sees_one_instant(any_store: RoomStore) -> None:
    with any_store.read() as reader:
        assert reader.execute(select(ROOM_FACTS.c.name)).all() == []
        with any_store.write() as connection:
            connection.execute(insert(ROOM_FACTS).values(name="a", value="1"))
        assert reader.execute(select(ROOM_FACTS.c.name)).all() == []
    assert facts(any_store) == ["a"]


def test_writers_wait_for_each_other(any_store: RoomStore) -> None:
    def count_up() -> None:
        for _ in range(20):
            with any_store.write() as connection:
                now = connection.execute(select(ROOM_FACTS.c.value).where(ROOM_FACTS.c.name == "n")).scalar_one()
                connection.execute(ROOM_FACTS.update().where(ROOM_FACTS.c.name == "n").values(value=str(int(now) + 1)))

    with any_store.write() as connection:
        connection.execute(insert(ROOM_FACTS).values(name="n", value="0"))
    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with any_store.read() as connection:
        assert connection.execute(select(ROOM_FACTS.c.value)).scalar_one() == "80"


def test_a_second_opening_changes_nothing(tmp_path: Path) -> None:
    first = open_room_store(str(tmp_path))
    with first.write() as connection:
        connection.execute(insert(ROOM_FACTS).values(name="a", value="1"))
    second = open_room_store(str(tmp_path))
    assert facts(second) == facts(first) == ["a"]
    first.close()
    second.close()


def test_processes_that_open_a_new_database_at_once_make_it_once(postgres: PostgresServer) -> None:
    url = postgres.database()
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_room_store, [url] * 4))
    assert [facts(store) for store in stores] == [[]] * 4
    for store in stores:
        store.close()


def test_a_database_of_a_newer_program_is_refused_in_a_sentence(postgres: PostgresServer) -> None:
    url = postgres.database()
    store = open_room_store(url)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="layout 9999, which a newer tidewaiter wrote"):
        open_room_store(url)


def test_the_store_of_a_newer_program_is_refused_in_a_sentence(tmp_path: Path) -> None:
    store = open_room_store(str(tmp_path))
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="layout 9999, which a newer tidewaiter wrote"):
        open_room_store(str(tmp_path))


def test_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    store = open_room_store(str(tmp_path / "room"))
    store.close()
    for path in (tmp_path / "room").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("mysql://u:secret@h/d", "no database the room can use"),
        ("postgresql://u:secret@127.0.0.1:1/d", "does not let us in"),
        ("postgresql://u:secret@h:port/d", "no URL"),
    ],
)
def test_a_url_that_cannot_be_used_ends_in_a_sentence_without_its_password(data: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        open_room_store(data)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_store_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "room.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        open_room_store(str(tmp_path))
