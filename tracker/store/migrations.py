"""From one layout of the store to the next: ``MIGRATIONS[n]`` holds the statements that turn layout n into n + 1.

They run in one transaction when an older file is opened for writing; a file of a newer layout is refused.
"""

from __future__ import annotations

from typing import Final

from tracker.store.tables import (
    ALERT_COLUMNS,
    EVENT_COLUMNS,
    HELD_TABLES,
    PAPER_TABLES,
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


_OLD_HEAD: Final = "manifest_id, version, replay, mode, imo, mmsi, craft_name, call_sign, voyage_number, icao24, registration, flight, flight_date"
_OLD_CONSIGNMENT: Final = (
    "consignment_id, document_type, document_number, master_document_number, carrier, loading, discharge, "
    + ", ".join(f"{p}_{n}" for p in ("consignor", "consignee", "notify") for n in ("name", "address", "country", "id"))
    + ", goods, hs_codes, packages, gross_mass_kg, equipment, equipment_ids, flags, flag_severity"
)
"""Columns of layout 7: papers in two flat tables."""


def _made_anew(name: str) -> tuple[str, ...]:
    """A table whose key has changed: DuckDB cannot alter one."""
    later = ("replay", "sequence")
    kept = ", ".join(f'"{public_name(column)}"' for column in _STATED[name] if column.name not in later)
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
    7: (
        *PAPER_TABLES.values(),
        f"""INSERT INTO paper_versions BY NAME SELECT {_OLD_HEAD}, version AS declared_version, max(is_latest) AS is_latest, 0 AS is_incomplete, 0 AS is_late
        FROM (SELECT {_OLD_HEAD}, is_latest FROM consignments UNION ALL SELECT {_OLD_HEAD}, is_latest FROM itineraries) GROUP BY ALL""",
        "INSERT INTO paper_calls BY NAME SELECT manifest_id, version, node, location, name, lat_deg, lon_deg, arrive_time, depart_time, replay FROM itineraries",
        """INSERT INTO paper_legs BY NAME SELECT manifest_id, version, replay, loading, discharge, any_value(loading_name) AS loading_name,
        any_value(discharge_name) AS discharge_name, any_value(loading_depart_time) AS loading_depart_time,
        any_value(discharge_arrive_time) AS discharge_arrive_time FROM consignments GROUP BY ALL""",
        f"""INSERT INTO consignment_rows BY NAME SELECT manifest_id, version AS first_version, version AS last_version, replay, {_OLD_CONSIGNMENT}
        FROM consignments""",
        "DROP TABLE consignments",
        "DROP TABLE itineraries",
    ),
    8: (SOURCE_TABLES["cargo_suggestion_rows"],),
    9: (
        "ALTER TABLE alert_revisions ADD COLUMN IF NOT EXISTS sequence BIGINT",
        # in the order in which they became durable
        """UPDATE alert_revisions SET sequence = n.sequence
        FROM (SELECT rowid AS row, row_number() OVER (ORDER BY rowid) AS sequence FROM alert_revisions WHERE replay = 0) n WHERE n.row = alert_revisions.rowid""",
        *(
            f"ALTER TABLE verdicts ADD COLUMN IF NOT EXISTS {column}"
            for column in (
                "decision_id VARCHAR",
                "outcome_fields JSON",
                "received_time TIMESTAMPTZ",
                "told_by VARCHAR",
                "is_known TINYINT",
                "digest VARCHAR",
            )
        ),
        "INSERT INTO watch_state SELECT 'alert_sequence', max(sequence) FROM alert_revisions HAVING max(sequence) IS NOT NULL",
    ),
}
"""A change of any table is one more entry: what it takes to make it of the layout before."""

LAYOUT: Final = max(MIGRATIONS) + 1
"""Number of the present layout."""
