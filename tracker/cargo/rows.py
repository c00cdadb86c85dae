"""Consignments as columns: a million of them are one Arrow table, and a ``Consignment`` is made of a row when somebody looks at it.

Only the columns of ``tracker.cargo.columns`` for a consignment alone are in the table. Places come from the ways of goods, for a code says not where it lies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, overload

import numpy as np
import pyarrow as pa
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
        self._columns = {name: rows.column(name) for name in rows.column_names}

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, index: int) -> Consignment: ...
    @overload
    def __getitem__(self, index: slice) -> ConsignmentRows: ...
    def __getitem__(self, index: int | slice) -> Consignment | ConsignmentRows:
        if isinstance(index, slice):
            return self.take(np.arange(len(self._at))[index])
        return self._consignment(int(self._at[index]))

    def __iter__(self) -> Iterator[Consignment]:
        return (self._consignment(int(row)) for row in self._at)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"ConsignmentRows({len(self)} consignments)"

    @property
    def places(self) -> Mapping[str, Location]:
        """Every place of loading and discharge by its code."""
        return self._places

    def take(self, at: NDArray[np.int64]) -> ConsignmentRows:
        """Those at some positions of this sequence."""
        return ConsignmentRows(self._rows, self._at[at], self._places)

    def column(self, name: str) -> pa.Array | pa.ChunkedArray:
        """One column of these rows."""
        return self._columns[name].take(pa.array(self._at))

    def table(self) -> pa.Table:
        """All columns of these rows."""
        return self._rows.take(pa.array(self._at))

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
