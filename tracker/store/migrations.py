"""From one layout of the store to the next: ``MIGRATIONS[n]`` holds the statements that turn layout n into n + 1.

They run in one transaction when an older file is opened for writing; a file of a newer layout is refused.
"""

from __future__ import annotations

from typing import Final

from tracker.store.tables import (
    ALERT_COLUMNS,
    EVENT_COLUMNS,
    HELD_TABLES,
    PORT_CALL_COLUMNS,
    SOURCE_TABLES,
    TABLES,
    WATCH_TABLES,
    public_name,
)

_WAS_REPLAYED: Final = (
    "EXISTS (SELECT 1 FROM source_rows) AND NOT EXISTS (SELECT 1 FROM watch_state WHERE name <> 'store_id')"
)
"""Older stores do not say what was replayed together: all of it counts as one replay."""
_STATED: Final = {
    "event_revisions": EVENT_COLUMNS,
    "alert_revisions": ALERT_COLUMNS,
    "port_call_rows": PORT_CALL_COLUMNS,
}


def _made_anew(name: str) -> tuple[str, ...]:
    """A table whose key has changed: DuckDB cannot alter one."""
    kept = ", ".join(f'"{public_name(column)}"' for column in _STATED[name] if column.name != "replay")
    return (
        f"CREATE TABLE {name}_5 AS SELECT * FROM {name}",
        f"DROP TABLE {name}",
        TABLES[name],
        f"INSERT INTO {name} BY NAME SELECT {kept} FROM {name}_5",
        f"DROP TABLE {name}_5",
    )


MIGRATIONS: Final[dict[int, tuple[str, ...]]] = {
    1: (
        """CREATE TABLE other_message_rows (
        "time" TIMESTAMPTZ NOT NULL, craft VARCHAR NOT NULL, source VARCHAR NOT NULL, station VARCHAR,
        message_type UTINYINT NOT NULL, payload VARCHAR NOT NULL, fill_bits UTINYINT NOT NULL, fields JSON)""",
    ),
    2: (
        *(
            f"ALTER TABLE position_rows ADD COLUMN IF NOT EXISTS {name} UTINYINT"
            for name in ("nac_p", "sil", "emergency", "rebroadcast")
        ),
        "ALTER TABLE static_rows ADD COLUMN IF NOT EXISTS adsb_version UTINYINT",
        "ALTER TABLE static_rows ADD COLUMN IF NOT EXISTS selected_altitude_ft FLOAT",
        "ALTER TABLE static_rows ADD COLUMN IF NOT EXISTS selected_heading_deg FLOAT",
    ),
    3: ("ALTER TABLE position_rows ADD COLUMN IF NOT EXISTS fingerprint BIGINT", *WATCH_TABLES.values()),
    4: tuple(HELD_TABLES.values()),
    5: (
        *(
            f"ALTER TABLE watch_control ADD COLUMN IF NOT EXISTS {column}"
            for column in ("received_us BIGINT", "said_us BIGINT", "command_key VARCHAR", "origin VARCHAR")
        ),
        "ALTER TABLE source_rows ADD COLUMN IF NOT EXISTS clock_offset_s DOUBLE",
        "ALTER TABLE source_rows ADD COLUMN IF NOT EXISTS clock_correction_s DOUBLE",
        *SOURCE_TABLES.values(),
        *(
            statement
            for name in ("event_revisions", "alert_revisions", "port_call_rows")
            for statement in _made_anew(name)
        ),
        *(
            f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS replay INTEGER"
            for name in ("reject_rows", "source_rows", "consignments", "itineraries")
        ),
        *(f"ALTER TABLE source_rows ADD COLUMN IF NOT EXISTS {name} VARCHAR" for name in ("content_sha256", "feed")),
        f"INSERT INTO replays (replay, state) SELECT 1, 'whole' WHERE {_WAS_REPLAYED}",
        *(
            f"UPDATE {name} SET replay = 1 WHERE EXISTS (SELECT 1 FROM replays)"
            for name in (
                "event_revisions",
                "alert_revisions",
                "port_call_rows",
                "reject_rows",
                "source_rows",
                "consignments",
                "itineraries",
            )
        ),
    ),
    6: tuple(
        f"ALTER TABLE static_rows ADD COLUMN IF NOT EXISTS {name} VARCHAR" for name in ("registration", "aircraft_type")
    ),
}
"""A change of any table is one more entry: what it takes to make it of the layout before."""

LAYOUT: Final = max(MIGRATIONS) + 1
"""Number of the present layout."""
