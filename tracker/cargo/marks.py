"""What consignments in columns are known by: marks of a whole leg, or of a million consignments, without an object for each.

The same marks as ``flagging.marks_of`` and ``flag_chains.chain_marks`` give one by one. Texts in ASCII are folded by Arrow, the others one by one, for only Python knows their capitals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tracker.cargo.codes import compact
from tracker.cargo.fields import PARTIES
from tracker.cargo.folding import Mark, folded
from tracker.cargo.rows import ConsignmentRows

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "document": ("document_number",),
    "master": ("master_document_number",),
    "consignment": ("consignment_id",),
    "party": tuple(f"{party}_name" for party in PARTIES),
    "party id": tuple(f"{party}_id" for party in PARTIES),
}
"""The columns of each kind of mark."""
_FOLDS: Final[dict[str, Callable[[str], str] | None]] = {
    "document": compact, "master": compact, "consignment": None, "party": folded, "party id": compact,
}  # fmt: skip


def folded_column(kind: str, column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column as marks of a kind are compared."""
    change = _FOLDS[kind]
    if change is None:
        return column
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if change is compact:
        made = pc.replace_substring_regex(pc.ascii_upper(column), pattern="[^A-Z0-9]+", replacement="")
    else:
        made = pc.replace_substring_regex(
            pc.ascii_trim_whitespace(pc.ascii_lower(column)), pattern=r"\s+", replacement=" "
        )
    is_other = pc.fill_null(pc.invert(pc.string_is_ascii(column)), False)
    if pc.any(is_other).as_py():
        others = pc.filter(column, is_other).to_pylist()
        made = pc.replace_with_mask(made, is_other, pa.array([change(text) for text in others], made.type))
    return made


def marks_of_rows(items: ConsignmentRows) -> Iterator[tuple[Mark, int]]:
    """Every mark of some consignments, each with the position it is at."""
    for kind, names in COLUMNS.items():
        for name in names:
            for at, text in enumerate(folded_column(kind, items.column(name)).to_pylist()):
                if text is not None:
                    yield (kind, text), at
    for at, text in enumerate(items.column("equipment_ids").to_pylist()):
        for box in text.split():
            yield ("box", box), at


class MarkedTable:
    """A table of consignments in which some mark is looked for: a column is folded when it is first asked for."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self._folded: dict[str, pa.Array | pa.ChunkedArray] = {}

    def rows_with(self, mark: Mark) -> list[int]:
        """Row numbers of the consignments that have a mark."""
        kind, text = mark
        found: set[int] = set()
        for name in COLUMNS[kind]:
            column = self._folded.get(name)
            if column is None:
                column = self._folded[name] = folded_column(kind, self._rows.column(name))
            hits = pc.fill_null(pc.equal(column, text), False)
            found.update(np.flatnonzero(np.asarray(hits)).tolist())
        return sorted(found)
