"""Snapshots: named Arrow tables and a layout number in one block of bytes. Never pickle.

Layout of the bytes: one Arrow IPC stream with a single row per part, columns ``name`` (string) and ``table`` (binary, itself
an Arrow IPC stream), and the schema metadata ``layout`` and ``kind``. A reader that finds another layout refuses it.

Snapshots of several members travel as a *bundle*: such an Arrow stream with the names and lengths of the parts, its own length in eight
bytes before it, and the parts behind it as they are. State of a hundred thousand craft is hundreds of megabytes; each part is copied once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from streams.errors import SnapshotError

Later = Callable[[], bytes]
"""Snapshot bytes of the instant this was made, put together only when called, by whatever thread."""
LaterTable = Callable[[], pa.Table]
"""So of one table: what it is made from changes no more."""


class Snapshotting(Protocol):
    """Whoever has a snapshot."""

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        ...


@runtime_checkable
class Capturing(Protocol):
    """Whoever has so much state that putting it together takes its time."""

    def capture(self) -> Later:
        """The state of this instant."""
        ...


def capture(member: Snapshotting) -> Later:
    """The state of a member as it is now; those of little state put it together at once."""
    if isinstance(member, Capturing):
        return member.capture()
    made = member.snapshot()
    return lambda: made


def pack_later(kind: str, layout: int, tables: Mapping[str, pa.Table | LaterTable]) -> Later:
    """As :func:`pack`, when called."""
    return partial(pack, kind, layout, tables)


def pack(kind: str, layout: int, tables: Mapping[str, pa.Table | LaterTable]) -> bytes:
    """Snapshot bytes of some tables under a kind (whose state it is) and a layout number."""
    parts = {name: _to_bytes(table() if callable(table) else table) for name, table in sorted(tables.items())}
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


def bundle(kind: str, layout: int, parts: Mapping[str, bytes]) -> bytes:
    """Snapshots of several members as one block of bytes."""
    return b"".join(bundle_pieces(kind, layout, parts))


def bundle_pieces(kind: str, layout: int, parts: Mapping[str, bytes]) -> list[bytes]:
    """The pieces of a :func:`bundle`, for whoever writes them one after the other: laid together they would lie in memory twice."""
    names = sorted(parts)
    lengths = [len(parts[name]) for name in names]
    table = pa.table({"name": pa.array(names, pa.string()), "length": pa.array(lengths, pa.int64())})
    head = pack(kind, layout, {"parts": table})
    return [len(head).to_bytes(8, "little"), head, *(parts[name] for name in names)]


def unbundle(kind: str, layout: int, data: bytes) -> dict[str, bytes]:
    """The parts of a bundle; ``SnapshotError`` as for :func:`unpack`, and when it is cut short."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise SnapshotError(f"these bytes are no bundle of {kind}")
    table = unpack(kind, layout, data[8 : 8 + length])["parts"]
    parts, at = {}, 8 + length
    for name, size in zip(table.column("name").to_pylist(), table.column("length").to_pylist(), strict=True):
        parts[name] = data[at : at + size]
        at += size
    if at != len(data):
        raise SnapshotError(f"a bundle of {kind} has {len(data)} bytes where {at} are due")
    return parts


def table_bytes(table: pa.Table) -> bytes:
    """One Arrow table as a part of a bundle."""
    return _to_bytes(table)


def bytes_table(data: bytes) -> pa.Table:
    """The inverse of :func:`table_bytes`."""
    try:
        return pa.ipc.open_stream(data).read_all()
    except (pa.ArrowInvalid, OSError) as exc:
        raise SnapshotError("these bytes are no table") from exc


def scalars(**values: Any) -> pa.Table:
    """A table of one row, for the few single values a state holds."""
    return pa.table({name: [value] for name, value in values.items()})


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
