"""Claims about messages without columns: every one is kept, its fields readable where pyais can read them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.naive import ais_bits
from tests.tracker.store.old_layouts import tables_before_documents
from tracker.cargo.book import CargoBook
from tracker.decode.base import OtherMessage
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.replay import replay
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.store.migrations import LAYOUT
from tracker.store.others import fields_json, other_messages
from tracker.store.sources import forget_replay

T_US = 1_500_000_000_000_000


def acknowledgement(number: int) -> tuple[str, int]:
    """Type 10: from one ship to another."""
    return ais_bits.armour(f"{10:06b}00{219001234:030b}00{265561900 + number:030b}00")


def message(number: int) -> OtherMessage:
    payload, fill_bits = acknowledgement(number)
    return OtherMessage(T_US + number, 219001234, 10, payload.encode(), fill_bits, "r17")


def test_a_message_is_kept_with_payload_and_fields() -> None:
    store = Database(None)
    store.write(other_messages([message(0), message(1)], "feed"))
    store.commit()
    rows = store.cursor().execute("SELECT * EXCLUDE (fields) FROM other_messages ORDER BY time").fetchall()
    assert [row[1:] for row in rows] == [
        ("mmsi:219001234", "feed", "r17", 10, acknowledgement(n)[0], acknowledgement(n)[1]) for n in (0, 1)
    ]
    (read,) = store.cursor().execute("SELECT min(CAST(fields->>'dest_mmsi' AS INTEGER)) FROM other_messages").fetchall()
    assert read == (265561900,)
    store.write(
        lambda connection: connection.execute(
            "INSERT INTO source_rows (source, input, kind, units_in, units_decoded, replay) VALUES ('feed', 'f', 'k', 2, 2, 1)"
        )
    )
    store.write(lambda connection: forget_replay(connection, 1))
    store.commit()
    assert store.cursor().execute("SELECT count(*) FROM other_messages").fetchall() == [(0,)]
    store.close()


@pytest.mark.parametrize("kind", [6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 20, 22, 23, 25, 26, 28])
def test_any_bits_of_any_type_give_json_or_nothing(kind: int) -> None:
    for bits in range(40, 1008, 61):
        for filler in ("0", "1", "01", "0011010"):
            body = (f"{kind:06b}00{219001234:030b}" + filler * 1008)[:bits]
            payload, fill_bits = ais_bits.armour(body)
            text = fields_json(kind, payload.encode(), fill_bits)
            assert text is None or json.loads(text)["mmsi"] in (219001234, "219001234")


def test_replay_keeps_what_has_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "feed.nmea"
    lines = []
    for number in range(300):
        payload, fill_bits = acknowledgement(number % 7)
        body = f"AIVDM,1,1,,A,{payload},{fill_bits}"
        lines.append(f"{T_US // 1_000_000 + number} !{body}*{ais_bits.checksum(body)}\n")
    path.write_text("".join(lines))
    store = Database(tmp_path / "store.duckdb")
    summary = replay(
        [open_input(path, 0)], load_settings(), book=CargoBook(), places=WorldPlaces.load(None), store=store
    )
    found = store.cursor().execute("SELECT count(*), count(fields), max(source) FROM other_messages").fetchall()
    store.close()
    assert summary.messages["ais 10"] == 300
    assert found == [(300, 300, "feed.nmea")]


def test_a_store_of_the_second_layout_gets_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as old:
        tables_before_documents(old)
        for column in ("nac_p", "sil", "emergency", "rebroadcast"):
            old.execute(f"ALTER TABLE position_rows DROP COLUMN {column}")
        for column in ("adsb_version", "selected_altitude_ft", "selected_heading_deg"):
            old.execute(f"ALTER TABLE static_rows DROP COLUMN {column}")
        old.execute("INSERT INTO about VALUES (2, 'tidewaiter')")
    store, fresh = Database(path), Database(None)
    for rows in ("position_rows", "static_rows"):
        described = [set(s.cursor().execute(f"DESCRIBE {rows}").fetchall()) for s in (store, fresh)]
        assert described[0] == described[1]
    assert store.cursor().execute("SELECT layout FROM about").fetchall() == [(LAYOUT,)]
    store.close()
    fresh.close()


def test_a_store_of_the_first_layout_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as old:
        tables_before_documents(old)
        old.execute("DROP TABLE other_message_rows")
        old.execute("INSERT INTO about VALUES (1, 'tidewaiter')")
    store = Database(path)
    store.write(other_messages([message(0)], "feed"))
    store.commit()
    assert store.cursor().execute("SELECT layout, (SELECT count(*) FROM other_messages) FROM about").fetchall() == [
        (LAYOUT, 1)
    ]
    migrated = store.cursor().execute("DESCRIBE other_message_rows").fetchall()
    store.close()
    fresh = Database(None)
    assert fresh.cursor().execute("DESCRIBE other_message_rows").fetchall() == migrated
    fresh.close()
