"""Records of different plans, side by side: one column of JSON values per field that any of them has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.shapes import Plan
from tracker.decode.json_lines.values import Values
from tracker.decode.layouts import Layout

_EMPTY: Final = (None, "")


class FieldTable:
    """The fields of some items, ``None`` where an item has none."""

    def __init__(self, items: list[Item]) -> None:
        self.height = len(items)
        self._columns: dict[str, Values] = {}
        self._factors: dict[str, float | NDArray[np.float64]] = {}
        groups: dict[Plan, tuple[list[int], list[Any]]] = {}
        inherits = False
        for row, (_, value, plan, inherited, cause) in enumerate(items):
            if plan is None or cause is not None:
                continue
            group = groups.get(plan)
            if group is None:
                group = groups[plan] = ([], [])
            group[0].append(row)
            group[1].append(value)
            inherits |= inherited is not None
        for plan, (rows, values) in groups.items():
            self._add(plan, rows, values)
        self._groups = {plan: rows for plan, (rows, _) in groups.items()}
        if inherits:
            self._inherit(items)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def values(self, name: str) -> Values:
        """The values of a field; nothing but None where no item has it."""
        return self._columns.get(name) or (None,) * self.height

    def factor(self, name: str) -> float | NDArray[np.float64]:
        """What the values of a field are multiplied with, all or each by itself."""
        return self._factors.get(name, 1.0)

    def rows_where(self, holds: Callable[[Layout], bool]) -> NDArray[np.int64]:
        """Rows of records of a known layout that has a property."""
        rows = [row for plan, of in self._groups.items() if plan.layout and holds(plan.layout) for row in of]
        return np.array(rows, dtype=np.int64)

    def _add(self, plan: Plan, rows: list[int], values: list[Any]) -> None:
        told = list(zip(*map(plan.get, values), strict=True))
        for name, sources in zip(plan.fields, plan.sources, strict=True):
            column: Values = told[sources[0][0]]
            for slot, factor in sources[1:]:
                column = [
                    one if one not in _EMPTY else _scaled(other, factor)
                    for one, other in zip(column, told[slot], strict=True)
                ]
            factor = plan.factors.get(name, 1.0)
            if len(rows) == self.height:
                self._columns[name] = column
                self._factors[name] = factor
                continue
            whole = self._columns.get(name)
            if type(whole) is not list:
                self._columns[name] = whole = [None] * self.height
            for row, value in zip(rows, column, strict=True):
                whole[row] = value
            if factor != 1.0 or name in self._factors:
                factors = self._factors.get(name)
                if not isinstance(factors, np.ndarray):
                    self._factors[name] = factors = np.ones(self.height)
                factors[rows] = factor

    def _inherit(self, items: list[Item]) -> None:
        for row, item in enumerate(items):
            for name, value in (item.inherited or {}).items():
                column = self._columns.get(name)
                if type(column) is not list:
                    self._columns[name] = column = [None] * self.height if column is None else list(column)
                if column[row] in _EMPTY:
                    column[row] = value


def _scaled(value: Any, factor: float) -> Any:
    return value * factor if factor != 1.0 and type(value) in (int, float) else value
