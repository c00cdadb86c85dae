"""Snapshots: named Arrow tables and a layout number in one block of bytes. Never pickle.

Layout of the bytes: one Arrow IPC stream with a single row per part, columns ``name`` (string) and ``table`` (binary, itself
an Arrow IPC stream), and the schema metadata ``layout`` and ``kind``. A reader that finds another layout refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from streams.errors import SnapshotError


def pack(kind: str, layout: int, tables: Mapping[str, pa.Table]) -> bytes:
    """Snapshot bytes of some tables under a kind (whose state it is) and a layout number."""
    parts = {name: _to_bytes(table) for name, table in sorted(tables.items())}
    table = pa.table(
        {"name": pa.array(list(parts), pa.string()), "table": pa.array(list(parts.values()), pa.large_binary())}
    )
    return _to_bytes(table.replace_schema_metadata({"kind": kind, "layout": str(layout)}))


def unpack(kind: str, layout: int, data: bytes) -> dict[str, pa.Table]:
    """The tables of a snapshot; ``SnapshotError`` when it is of another kind or layout, or no snapshot at all."""
    try:
        table = pa.ipc.open_stream(data).read_all()
        found = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    except (pa.ArrowInvalid, OSError) as exc:
        raise SnapshotError(f"these bytes are no snapshot of {kind}") from exc
    if found.get("kind") != kind or found.get("layout") != str(layout):
        raise SnapshotError(
            f"snapshot of {found.get('kind')} layout {found.get('layout')} where {kind} layout {layout} is read"
        )
    parts = zip(table.column("name").to_pylist(), table.column("table").to_pylist(), strict=True)
    return {name: pa.ipc.open_stream(part).read_all() for name, part in parts}


def scalars(**values: Any) -> pa.Table:
    """A table of one row, for the few single values a state holds."""
    return pa.table({name: [value] for name, value in values.items()})


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
