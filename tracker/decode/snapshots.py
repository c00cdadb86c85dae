"""What decoders have in common when they are put away and taken up again: their counts, matrices, bytes.

A decoder's snapshot is one block of ``streams.snapshot``: the kind is ``decoder.`` and the format's name, the layout number is the
decoder's own and grows with every change of what it keeps. It holds the counts and samples of rejects too, so that the ledger
goes on. Options given to the constructor (source, start time, receiver's place) are no state: ``restore`` is called on a decoder
made with the same options. Rows already given out are no state either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.errors import SnapshotError
from tracker.decode.base import DecoderCounts
from tracker.decode.rejects import RejectCause, RejectSample

Tables = dict[str, pa.Table]


def counts_tables(counts: DecoderCounts) -> Tables:
    """Counts as tables."""
    rejects = counts.rejects
    samples = rejects.samples
    return {
        "counts": pa.table(
            {
                "what": ["units", "units", *["message"] * len(counts.messages), *["reject"] * len(rejects.counts)],
                "name": ["in", "decoded", *counts.messages, *(str(cause) for cause in rejects.counts)],
                "number": [
                    counts.units_in,
                    counts.units_decoded,
                    *counts.messages.values(),
                    *rejects.counts.values(),
                ],
            }
        ),
        "samples": pa.table(
            {
                "cause": pa.array([str(sample.cause) for sample in samples], pa.string()),
                "at": pa.array([sample.at for sample in samples], pa.int64()),
                "text": pa.array([sample.text for sample in samples], pa.string()),
                "note": pa.array([sample.note for sample in samples], pa.string()),
            }
        ),
    }


def restore_counts(counts: DecoderCounts, tables: Mapping[str, pa.Table]) -> None:
    """Bring counts to what they were, in place: a decoder may share them with a decoder inside it."""
    rows = tables["counts"].to_pylist()
    units = {row["name"]: row["number"] for row in rows if row["what"] == "units"}
    counts.units_in, counts.units_decoded = units["in"], units["decoded"]
    counts.messages = Counter({row["name"]: row["number"] for row in rows if row["what"] == "message"})
    counts.rejects.restore(
        {RejectCause(row["name"]): row["number"] for row in rows if row["what"] == "reject"},
        [
            RejectSample(RejectCause(row["cause"]), row["at"], row["text"], row["note"])
            for row in tables["samples"].to_pylist()
        ],
    )


def matrix_table(rows: NDArray[Any]) -> pa.Table:
    """A matrix as a table of one column, one list of fixed length a row."""
    flat = pa.array(np.ascontiguousarray(rows).reshape(-1))
    return pa.table({"row": pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])})


def matrix_of(table: pa.Table, width: int, dtype: Any) -> NDArray[Any]:
    """The inverse of :func:`matrix_table`, writable; ``SnapshotError`` where the rows have another width."""
    column = table.column("row").combine_chunks()
    if column.type.list_size != width:
        raise SnapshotError(f"snapshot with rows of {column.type.list_size} values where {width} are read")
    return np.array(column.flatten().to_numpy(zero_copy_only=False), dtype).reshape(-1, width)


def vector_table(values: NDArray[Any]) -> pa.Table:
    """An array as a table of one row a value."""
    return pa.table({"value": pa.array(values)})


def restore_vector(values: NDArray[Any], table: pa.Table) -> None:
    """Fill an array from :func:`vector_table`; ``SnapshotError`` where it has another length."""
    stored = table.column("value").combine_chunks().to_numpy(zero_copy_only=False)
    if len(stored) != len(values):
        raise SnapshotError(f"snapshot with {len(stored)} values where {len(values)} are read")
    values[:] = stored


def scalars_of(table: pa.Table) -> dict[str, Any]:
    """The values of ``streams.snapshot.scalars``."""
    values: dict[str, Any] = table.to_pylist()[0]
    return values
