"""Snapshots give back what was put in and refuse what is not theirs."""

from __future__ import annotations

import pyarrow as pa
import pytest

from streams.errors import SnapshotError
from streams.snapshot import pack, scalars, unpack


def test_tables_come_back_as_they_were() -> None:
    tables = {"a": pa.table({"x": [1, None, 3]}), "b": scalars(watermark_us=5, name="q")}
    again = unpack("test", 3, pack("test", 3, tables))
    assert set(again) == {"a", "b"}
    assert all(again[name].equals(table) for name, table in tables.items())


@pytest.mark.parametrize(("kind", "layout"), [("other", 3), ("test", 4)])
def test_another_kind_or_layout_is_refused(kind: str, layout: int) -> None:
    with pytest.raises(SnapshotError):
        unpack(kind, layout, pack("test", 3, {}))


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(SnapshotError):
        unpack("test", 1, b"not a snapshot at all")
