"""From one layout of the store to the next: ``MIGRATIONS[n]`` holds the statements that turn layout n into n + 1.

They run in one transaction when an older file is opened for writing; a file of a newer layout is refused.
"""

from __future__ import annotations

from typing import Final

from tracker.store.tables import HELD_TABLES, WATCH_TABLES

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
    ),
}
