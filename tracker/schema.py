"""Columns: one table that the batches, Arrow, SQL and docs/columns.md are all made from.

A batch is a frozen set of equally long numpy arrays. What a column means stands in its ``Column`` and nowhere
else: name with unit, storage type, how a missing value looks, and one sentence for people.

Missing values: ``NaN`` in float columns, ``255`` in uint8 codes, ``-1`` in int8 and int32 codes, ``b""`` in text. They
become SQL ``NULL`` at the Arrow border (``to_arrow``) and are never anything else on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Self

import numpy as np
import pyarrow as pa

from streams.ordering import order_by_time_and_key

BEGINS_ANEW = "Changed by `reload`, it begins what is remembered anew."
"""What is said of a threshold by which the memory of its detector is laid out."""
NO_CODE_U8 = 255
"""Missing value of an unsigned code column."""
NO_CODE = -1
"""Missing value of a signed code column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``dtype`` is a numpy type (``S20`` is ASCII text of at most 20 bytes)."""

    name: str
    dtype: str
    sentence: str
    unit: str = ""
    nullable: bool = True

    @property
    def missing(self) -> Any:
        """The value that stands for 'not available' in numpy."""
        kind = np.dtype(self.dtype)
        if kind.kind == "f":
            return np.nan
        if kind.kind == "S":
            return b""
        if kind == np.uint8:
            return NO_CODE_U8
        return NO_CODE

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type; ``*_us`` columns become UTC timestamps, text becomes strings."""
        if self.name.endswith("_us"):
            return pa.timestamp("us", tz="UTC")
        kind = np.dtype(self.dtype)
        return pa.string() if kind.kind == "S" else pa.from_numpy_dtype(kind)


@dataclass(frozen=True, slots=True)
class JsonField:
    """One field of a JSON object that others read: its JSON Schema and its meaning. docs/schemas is made from tables of these."""

    name: str
    shape: Mapping[str, Any]
    sentence: str
    required: bool = True
    """Whether the schema promises it."""


JSON_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
JSON_TEXT_OR_NULL: Final[Mapping[str, Any]] = {"type": ["string", "null"]}
JSON_TIME: Final[Mapping[str, Any]] = {"type": "string", "format": "date-time"}
JSON_TIME_OR_NULL: Final[Mapping[str, Any]] = {"type": ["string", "null"], "format": "date-time"}
JSON_COUNT: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0}
JSON_ORDINAL: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 1}
JSON_SHARE: Final[Mapping[str, Any]] = {"type": "number", "minimum": 0, "maximum": 1}
JSON_ID: Final[Mapping[str, Any]] = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
JSON_CRAFT: Final[Mapping[str, Any]] = {"type": "string", "pattern": "^(mmsi:[0-9]{9}|icao24:~?[0-9a-f]{6}|source:.+)$"}


def json_object(table: Iterable[JsonField], sentence: str) -> dict[str, Any]:
    """The JSON Schema of an object of these fields and no others."""
    items = tuple(table)
    return {
        "type": "object",
        "description": sentence,
        "properties": {
            item.name: dict(item.shape) if "$ref" in item.shape else {**item.shape, "description": item.sentence}
            for item in items
        },
        "required": [item.name for item in items if item.required],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class ColumnBatch:
    """Base of every batch: equally long numpy columns in the order of ``COLUMNS``.

    Batches are values: arrays handed to a batch are never written again by anybody.
    """

    COLUMNS: ClassVar[tuple[Column, ...]] = ()

    def __len__(self) -> int:
        first: np.ndarray[Any, Any] = getattr(self, self.COLUMNS[0].name)
        return len(first)

    @classmethod
    def from_columns(cls, length: int, **given: Any) -> Self:
        """A batch of ``length`` rows from some columns; columns not given hold their missing value."""
        unknown = set(given) - {column.name for column in cls.COLUMNS}
        if unknown:
            raise KeyError(f"{cls.__name__} has no column {sorted(unknown)}")
        arrays = {}
        for column in cls.COLUMNS:
            if column.name in given:
                arrays[column.name] = np.ascontiguousarray(
                    np.broadcast_to(given[column.name], (length,)), dtype=column.dtype
                )
            else:
                arrays[column.name] = np.full(length, column.missing, dtype=column.dtype)
        return cls(**arrays)

    @classmethod
    def empty(cls) -> Self:
        """A batch of no rows."""
        return cls.from_columns(0)

    @classmethod
    def concat(cls, batches: Iterable[Self]) -> Self:
        """The rows of all batches, one after the other."""
        some = [batch for batch in batches if len(batch)]
        if not some:
            return cls.empty()
        if len(some) == 1:
            return some[0]
        return cls(**{c.name: np.concatenate([getattr(b, c.name) for b in some]) for c in cls.COLUMNS})

    def take(self, rows: Any) -> Self:
        """The rows picked by an index array, a boolean mask or a slice (a slice copies nothing, nor does a mask of all)."""
        if isinstance(
            rows, slice
        ):  # a tick is a slice, so this is done for every minute: past __init__, column by column
            part = object.__new__(type(self))
            for column in self.COLUMNS:
                object.__setattr__(part, column.name, getattr(self, column.name)[rows])
            return part
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_:  # counted once instead of in every column
            rows = np.flatnonzero(rows)
            if len(rows) == len(self):
                return self
        return type(self)(**{c.name: getattr(self, c.name)[rows] for c in self.COLUMNS})

    def with_columns(self, **changed: Any) -> Self:
        """The same rows with some columns replaced."""
        return type(self)(**{c.name: changed.get(c.name, getattr(self, c.name)) for c in self.COLUMNS})

    def in_total_order(self, tie_breakers: Sequence[str]) -> Self:
        """The rows of a batch with ``time_us`` and ``craft`` sorted by these, ties by columns, the least important first.

        Nearly all ties end at the craft; only rows that agree in time and craft are compared in everything else.
        """
        time_us, craft = getattr(self, "time_us"), getattr(self, "craft")  # noqa: B009 - batches of reports have them
        order = order_by_time_and_key(time_us, craft)
        if order is not None:
            time_us, craft = time_us[order], craft[order]
        tied = (time_us[1:] == time_us[:-1]) & (craft[1:] == craft[:-1])
        if not tied.any():
            return self if order is None else self.take(order)
        order = np.arange(len(self)) if order is None else order
        among = np.flatnonzero(np.concatenate([tied, [False]]) | np.concatenate([[False], tied]))
        few = order[among]
        order[among] = few[np.lexsort([getattr(self, name)[few] for name in tie_breakers])]
        return self.take(order)

    def to_arrow(self) -> pa.Table:
        """Arrow columns under the same names, missing values as nulls."""
        arrays = [to_arrow_array(getattr(self, c.name), c) for c in self.COLUMNS]
        return pa.table(arrays, names=[c.name for c in self.COLUMNS])

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        """The inverse of :meth:`to_arrow`, exact for every column. One that an earlier version did not write yet is missing in all rows."""
        given = {
            c.name: from_arrow_array(table.column(c.name).combine_chunks(), c)
            for c in cls.COLUMNS
            if c.name in table.column_names or not c.nullable
        }
        return cls.from_columns(table.num_rows, **given)


def to_arrow_array(values: np.ndarray[Any, Any], column: Column) -> pa.Array:
    """One numpy column as an Arrow array with nulls where the value is missing."""
    kind = values.dtype.kind
    if kind == "S":
        binary = pa.array(values, type=pa.binary(), mask=(values == b"") if column.nullable else None)
        return binary.cast(pa.string())
    if not column.nullable:
        return pa.array(values).cast(column.arrow_type)
    mask = np.isnan(values) if kind == "f" else values == column.missing
    return pa.array(values, mask=mask).cast(column.arrow_type)


def from_arrow_array(array: pa.Array, column: Column) -> np.ndarray[Any, Any]:
    """One Arrow array as a numpy column with missing values filled in."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = np.dtype(column.dtype)
    if kind.kind == "S":
        return np.array([(text or "").encode("ascii", "replace") for text in array.to_pylist()], dtype=kind)
    if column.name.endswith("_us"):
        array = array.cast(pa.int64())
    if array.null_count:
        array = array.fill_null(column.missing)
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=kind)


def read_only(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A view nobody can write through. A kernel given such views is compiled once, however the columns came about.

    numba compiles anew for every mixture of writable and read-only arrays, which takes seconds.
    """
    view = values.view()
    view.flags.writeable = False
    return view


def threshold(
    default: Any,
    sentence: str,
    origin: str,
    *,
    low: float = 0.0,
    high: float = float("inf"),
    lays_out: bool = False,
) -> Any:
    """A field of a detector's configuration: its default, what moving it does, and where the number comes from.

    The unit is the suffix of the field's name. ``low`` and ``high`` are the bounds a user may set. ``lays_out``: what the detector remembers is laid out
    by it, so that with another value it begins anew.
    """
    metadata = {"sentence": sentence, "origin": origin, "low": low, "high": high, "lays_out": lays_out}
    if lays_out:
        metadata["sentence"] = f"{sentence} {BEGINS_ANEW}"
    return field(default=default, metadata=metadata)


def check_thresholds(config: Any) -> None:
    """Raise ``ValueError`` naming the first field of ``config`` outside its bounds (call it in ``__post_init__``)."""
    for item in fields(config):
        value = getattr(config, item.name)
        if "low" not in item.metadata or isinstance(value, (str, tuple, bool)):
            continue
        low, high = item.metadata["low"], item.metadata["high"]
        if not low <= value <= high:
            raise ValueError(f"{type(config).__name__}.{item.name} = {value!r} is outside {low} .. {high}")
