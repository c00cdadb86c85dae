"""Consignments as columns: a million of them are one Arrow table, and a ``Consignment`` is made of a row when somebody looks at it.

Only the columns of ``tracker.cargo.columns`` for a consignment alone are in the table. Places come from the ways of goods, for a code says not where it lies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.cargo.consignment import (
    Consignment,
    ConsignmentItem,
    DocumentType,
    Flag,
    Location,
    Party,
    TransportEquipment,
)

_PARTIES: Final = ("consignor", "consignee", "notify")
_NO_LIST: Final = "[]"
MOST_MADE: Final = 30_000
"""So many consignments made of rows are kept for who asks again, the oldest goes first: some 50 MB (ours: sixty alerts of 500)."""
_LATELY: dict[tuple[int, int], tuple[pa.Table, Consignment]] = {}
"""By table and row; it holds the table, so that no other one has its number."""


class ConsignmentRows(Sequence[Consignment]):
    """Some rows of a table, in the order of ``at``. Immutable; equal to any sequence of the same consignments.

    Parameters
    ----------
    rows:
        The table; several manifests may share one.
    at:
        Row numbers, int64, shape (n,).
    places:
        Every place of loading and discharge by its code.
    """

    __slots__ = ("_at", "_columns", "_places", "_rows")

    def __init__(self, rows: pa.Table, at: NDArray[np.int64], places: Mapping[str, Location]) -> None:
        self._rows, self._at, self._places = rows, at, places
        self._columns = {name: _whole(rows.column(name)) for name in rows.column_names}

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, index: int) -> Consignment: ...
    @overload
    def __getitem__(self, index: slice) -> ConsignmentRows: ...
    def __getitem__(self, index: int | slice) -> Consignment | ConsignmentRows:
        if isinstance(index, slice):
            return self.take(np.arange(len(self._at))[index])
        return self._made(int(self._at[index]))

    def __iter__(self) -> Iterator[Consignment]:
        return (self._made(int(row)) for row in self._at)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"ConsignmentRows({len(self)} consignments)"

    @staticmethod
    def joined(many: Sequence[Sequence[Consignment]]) -> list[Sequence[Consignment]]:
        """The same consignments in the same order in as few sequences as can be: neighbours that share a table are one."""
        made: list[Sequence[Consignment]] = []
        for rows, group in groupby(many, lambda one: id(one._rows) if isinstance(one, ConsignmentRows) else None):
            if rows is None:
                made.append(tuple(item for one in group for item in one))
                continue
            parts = [one for one in group if isinstance(one, ConsignmentRows)]
            places = {
                code: place
                for one in {id(part.places): part.places for part in parts}.values()
                for code, place in one.items()
            }
            made.append(ConsignmentRows(parts[0]._rows, np.concatenate([part._at for part in parts]), places))
        return made

    @property
    def whole(self) -> pa.Table:
        """The table they are rows of."""
        return self._rows

    @property
    def rows_at(self) -> NDArray[np.int64]:
        """Which rows of it."""
        return self._at

    def of_row(self, row: int) -> Consignment:
        """The consignment of a row of the table."""
        return self._made(row)

    @property
    def places(self) -> Mapping[str, Location]:
        """Every place of loading and discharge by its code."""
        return self._places

    def in_order(self, *names: str, then: str) -> Iterator[ConsignmentRows]:
        """The rows of each value of some columns, in the order of these values, and in that of another column among themselves."""
        keys = [self.column(name).to_pylist() for name in names]
        groups: dict[tuple[str, ...], list[int]] = {}
        for at, key in enumerate(zip(*keys, strict=True)):
            groups.setdefault(key, []).append(at)
        inner = self.column(then).to_pylist()
        for key in sorted(groups):
            yield self.take(np.array(sorted(groups[key], key=inner.__getitem__), dtype=np.int64))

    def flagged_at(self) -> list[int]:
        """Positions of those with a flag."""
        marked = pc.not_equal(self.column("flags"), _NO_LIST)
        found: list[int] = np.flatnonzero(np.asarray(marked)).tolist()
        return found

    def take(self, at: NDArray[np.int64]) -> ConsignmentRows:
        """Those at some positions of this sequence."""
        return ConsignmentRows(self._rows, self._at[at], self._places)

    def column(self, name: str) -> pa.Array | pa.ChunkedArray:
        """One column of these rows."""
        return self._columns[name].take(pa.array(self._at))

    def table(self) -> pa.Table:
        """All columns of these rows."""
        return self._rows.take(pa.array(self._at))

    def _made(self, row: int) -> Consignment:
        """The consignment of a row: one that was made lately is not made again."""
        key = id(self._rows), row
        known = _LATELY.get(key)
        if known is None:
            _LATELY[key] = known = self._rows, self._consignment(row)
            if len(_LATELY) > MOST_MADE:
                with suppress(KeyError, RuntimeError):  # another thread was quicker
                    del _LATELY[next(iter(_LATELY))]
        return known[1]

    def _consignment(self, row: int) -> Consignment:
        held = {name: column[row].as_py() for name, column in self._columns.items()}
        return Consignment(
            consignment_id=held["consignment_id"],
            document_type=DocumentType(held["document_type"]),
            document_number=held["document_number"],
            loading=self._places[held["loading"]],
            discharge=self._places[held["discharge"]],
            carrier=held["carrier"],
            master_document_number=held["master_document_number"],
            goods=_goods(held["goods"]),
            equipment=_equipment(held["equipment"]),
            flags=flags_of(held["flags"]),
            **{party: _party(held, party) for party in _PARTIES},
        )


def _whole(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """A column as one array where it is one: that is quicker to take rows of."""
    return column.chunk(0) if column.num_chunks == 1 else column


def _party(held: Mapping[str, Any], party: str) -> Party | None:
    name = held[f"{party}_name"]
    if name is None:
        return None
    return Party(name, held[f"{party}_address"], held[f"{party}_country"], held[f"{party}_id"])


def _goods(text: str | None) -> tuple[ConsignmentItem, ...]:
    return () if text in (None, _NO_LIST) else tuple(ConsignmentItem(**line) for line in json.loads(str(text)))


def _equipment(text: str | None) -> tuple[TransportEquipment, ...]:
    if text in (None, _NO_LIST):
        return ()
    return tuple(TransportEquipment(**{**box, "seals": tuple(box["seals"])}) for box in json.loads(str(text)))


def flags_of(text: str | None) -> tuple[Flag, ...]:
    """Flags as they are kept."""
    return () if text in (None, _NO_LIST) else tuple(Flag(**flag) for flag in json.loads(str(text)))


def flags_text(flags: Iterable[Flag]) -> str:
    """Flags as JSON, as they are kept."""
    return json.dumps([asdict(flag) for flag in flags], ensure_ascii=False)


def flagged_of(items: Sequence[Consignment]) -> Iterator[Consignment]:
    """Those with a flag on the papers; of rows the others are not made."""
    if isinstance(items, ConsignmentRows):
        return (items[at] for at in items.flagged_at())
    return (item for item in items if item.flags)
