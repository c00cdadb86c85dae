"""What stores of older layouts looked like, made of one of today's."""

from __future__ import annotations

import duckdb

from tracker.store.tables import PAPER_TABLES, TABLES, consignments_of, itineraries_of


def tables_before_documents(connection: duckdb.DuckDBPyConnection) -> None:
    """All tables as layout 7 had them, in an empty file."""
    for statement in TABLES.values():
        connection.execute(statement)
    papers_in_two_tables(connection)


def papers_in_two_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Papers as layouts up to 7 kept them: two flat tables, no documents."""
    for name, query in (
        ("consignments", consignments_of("paper_versions")),
        ("itineraries", itineraries_of("paper_versions")),
    ):
        connection.execute(f"CREATE TABLE flat AS SELECT * EXCLUDE (received_time, is_incomplete) FROM ({query})")
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(f"ALTER TABLE flat RENAME TO {name}")
    for name in ("documents", "box_events"):
        connection.execute(f"DROP VIEW IF EXISTS {name}")
    for name in PAPER_TABLES:
        connection.execute(f"DROP TABLE {name}")
