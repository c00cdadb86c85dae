"""Papers out of the store: whole manifests as columns, documents, and their bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import zstandard

from tracker.cargo.columns import head_of, statement_table
from tracker.cargo.consignment import Location
from tracker.cargo.manifest import Manifest
from tracker.cargo.rows import ConsignmentRows
from tracker.papers.receive import UNNAMED
from tracker.store.append import insert_table

Connection: TypeAlias = duckdb.DuckDBPyConnection
OF_DOCUMENTS: Final = "v.replay IS NULL AND v.sha256 IS NOT NULL AND v.head IS NOT NULL"
"""Versions that documents brought, of ``paper_versions v``."""


def documents_of(connection: Connection, where: str) -> list[dict[str, Any]]:
    """Rows of the view ``documents``."""
    asked = connection.execute(f"SELECT * FROM documents WHERE {where} ORDER BY received_time, name, sha256")
    names = [column[0] for column in asked.description or ()]
    return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]


def content_of(connection: Connection, sha256: str) -> bytes | None:
    """The bytes of a document."""
    found = connection.execute("SELECT content FROM document_rows WHERE sha256 = ?", [sha256]).fetchall()
    return zstandard.ZstdDecompressor().decompress(found[0][0]) if found else None


def manifests_of(
    connection: Connection, where: str, given: Mapping[str, Any], manifest_ids: Sequence[str] | None = None
) -> tuple[Manifest, ...]:
    """Versions of papers that documents brought, whole, in the order of their ids; without those whose craft nobody named yet.

    ``where`` is a condition on ``paper_versions v`` with the parameters ``given``.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE papers_asked (manifest_id VARCHAR)")
    if manifest_ids is not None:
        insert_table(connection, "papers_asked", pa.table({"manifest_id": pa.array(manifest_ids, pa.string())}))
    among = "" if manifest_ids is None else "AND v.manifest_id IN (SELECT manifest_id FROM papers_asked)"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE papers_chosen AS SELECT row_number() OVER (ORDER BY v.manifest_id, v.version) - 1 AS number, v.manifest_id, v.version, v.head, v.is_incomplete
        FROM paper_versions v WHERE {OF_DOCUMENTS} AND {where} {among}""",
        dict(given) or None,
    )
    heads = connection.execute(
        "SELECT manifest_id, version, head, is_incomplete FROM papers_chosen ORDER BY number"
    ).fetchall()
    places: dict[int, dict[str, Location]] = {}
    for number, *ends in connection.execute(
        """SELECT p.number, l.loading, l.loading_name, l.loading_lat_deg, l.loading_lon_deg, l.discharge, l.discharge_name, l.discharge_lat_deg, l.discharge_lon_deg
        FROM paper_legs l JOIN papers_chosen p ON l.manifest_id = p.manifest_id AND l.version = p.version WHERE l.replay IS NULL"""
    ).fetchall():
        of_one = places.setdefault(number, {})
        for place in (ends[:4], ends[4:]):
            of_one[place[0]] = Location(*place)
    names = ", ".join(f'c."{name}"' for name in statement_table(()).column_names)
    rows = connection.sql(
        f"""SELECT p.number::INTEGER AS number, {names} FROM consignment_rows c JOIN papers_chosen p ON c.manifest_id = p.manifest_id
        WHERE c.replay IS NULL AND c.first_version <= p.version AND coalesce(c.last_version >= p.version, true) AND c.digest IS NOT NULL"""
    ).to_arrow_table()
    numbers = rows.column("number").to_numpy()
    order = np.argsort(numbers, kind="stable")
    first = np.searchsorted(numbers[order], np.arange(len(heads) + 1))
    # one chunk: taking rows out of many costs as many steps each time
    rows = rows.drop_columns(["number"]).combine_chunks()
    ids = rows.column("consignment_id").to_pylist()
    made = []
    for number, (name, version, head, is_incomplete) in enumerate(heads):
        conveyance, itinerary = head_of(head, name, version)
        if conveyance == UNNAMED:
            continue
        at = sorted(order[first[number] : first[number + 1]].tolist(), key=ids.__getitem__)
        of_it = ConsignmentRows(rows, np.array(at, dtype=np.int64), places.get(number, {}))
        made.append(Manifest(name, version, conveyance, itinerary, of_it, bool(is_incomplete)))
    return tuple(made)


def in_order(connection: Connection, since_us: int) -> list[tuple[int, tuple[Manifest, ...]]]:
    """``(known_us, versions)`` in the order in which they became known: all that are in force, or were after an instant."""
    where = "v.is_late = 0 AND (v.is_latest = 1 OR v.superseded_time > make_timestamptz($since))"
    asked = f"SELECT manifest_id, version, epoch_us(known_time) FROM paper_versions v WHERE {OF_DOCUMENTS} AND {where}"
    rows = connection.execute(asked, {"since": since_us}).fetchall()
    known = {(name, version): int(known_us) for name, version, known_us in rows}
    found: dict[tuple[int, int], list[Manifest]] = {}
    for manifest in manifests_of(connection, where, {"since": since_us}) if known else ():
        # of several versions known at one instant the higher comes later
        found.setdefault((known[manifest.manifest_id, manifest.version], manifest.version), []).append(manifest)
    return [(known_us, tuple(found[known_us, version])) for known_us, version in sorted(found)]
