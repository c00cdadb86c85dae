"""What stands around records: snapshots, pages, collections, deltas. They are opened down to the records, and give them what they lack.

==============================  ===========================================================================================
envelope                        records
==============================  ===========================================================================================
array                           its elements; an object before an array of records is a header (AISHub) and no record
``aircraft`` ``ac`` ``acList``  the elements of that member (readsb and dump1090; v2 API; VRS), at the envelope's ``now``
``states`` ``path`` ``trace``   rows that are arrays: ``tracker.decode.json_lines.arrays``
``updates``                     Signal K: each update is one record of the values under their paths
objects or arrays by id         ``{"232001234": {...}, ...}``; Flightradar24's ``{"2f1a": ["4b1812", 47.0, ...]}``
columns                         ``{"icao24": {"0": ..}, ..}``, ``{"icao24": [..], ..}``, ``{"columns": [..], "data": [[..]]}``
anything else                   the elements of every member, at most ``_MAX_DEPTH`` deep, whose first element leads to a record
==============================  ===========================================================================================

What an envelope says of time and identity holds for records that do not say it themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tracker.decode.json_lines.arrays import is_fr24_row, row_of
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.shapes import IDENTITY, MAX_PLANS, ROW_MEMBERS, Plan, Plans, shape_of
from tracker.decode.rejects import RejectCause

_INHERITED: Final = frozenset(
    {
        "time",
        "heard_time",
        "mmsi",
        "icao24",
        "icao24_number",
        "craft",
        "name",
        "call_sign",
        "imo",
        "ship_type",
        "registration",
        "aircraft_type",
    }
)
_MAX_DEPTH: Final = 6
_SIGNAL_K_MMSI: Final = re.compile(r"mmsi:(\d{9})\b")
_NOTHING: Final[Mapping[str, Any]] = {}
Inherited = Mapping[str, Any]


class Envelopes:
    """Opens values down to their records."""

    def __init__(self) -> None:
        self.plans = Plans()
        self._at_once: dict[Any, Plan | None] = {}
        """What :meth:`_plan_of_names` gave, by the shape of the value."""

    def items(self, at: int, value: Any, step: int = 0) -> list[Item]:
        """The records of a value of its own. ``step`` is added to ``at`` from item to item."""
        return self.within(at, value, "", _NOTHING, None, step)

    def within(
        self,
        at: int,
        value: Any,
        kind: str,
        inherited: Inherited,
        header: dict[str, Any] | None,
        step: int,
    ) -> list[Item]:
        """The records of an element of an array of a kind (a name of ``ROW_MEMBERS``, or ``""``)."""
        plan = self.plan_at_once(value) if type(value) is dict else None
        if plan is not None:
            return [Item(at, value, plan, inherited or None)]
        found = list(self._open(value, kind, inherited, header, 0))
        return [
            Item(at + step * n, record, plan, around or None, None if plan else RejectCause.BAD_JSON)
            for n, (record, plan, around) in enumerate(found)
        ]

    def plan_at_once(self, value: dict[str, Any]) -> Plan | None:
        """The plan of an object that is plainly one record, as nearly all are; None where a closer look is needed."""
        plan = self.plans.of_plain(value)
        if plan is not None or not value or type(next(iter(value.values()))) is list:
            return plan
        shape = shape_of(value)
        if shape in self._at_once:
            return self._at_once[shape]
        if len(self._at_once) >= MAX_PLANS:
            self._at_once.clear()
        plan = self._at_once[shape] = self._plan_of_names(value)
        return plan

    def _plan_of_names(self, value: dict[str, Any]) -> Plan | None:
        """The same for a value with others inside; it follows from the shape alone."""
        first = next(iter(value))
        if IDENTITY.fullmatch(first):
            return None
        if type(value[first]) is dict and next(iter(value[first]), "").isdecimal():
            return None
        plan = self.plans.of(value)
        return plan if plan.is_record or plan.names_frame else None

    def inherit(self, header: dict[str, Any], above: Inherited = _NOTHING) -> Inherited:
        """What an envelope of these members gives to its records."""
        plan = self.plans.of(header)
        own = {
            name: values[told[0][0]]
            for values in [plan.get(header)]
            for name, told in zip(plan.fields, plan.sources, strict=True)
            if name in _INHERITED and values[told[0][0]] is not None
        }
        return {**above, **own} if own else above

    def leads_to_record(self, value: Any, inherited: Inherited = _NOTHING, depth: int = 0) -> bool:
        """Whether a value is a record, or holds an array or object whose first member leads to one."""
        if depth > _MAX_DEPTH:
            return False
        if type(value) is list:
            return bool(value) and self.leads_to_record(value[0], inherited, depth + 1)
        if type(value) is not dict:
            return False
        plan = self.plans.of(value)
        craft = "craft" not in plan.missing or "mmsi" in inherited or "icao24" in inherited
        place_or_time = "position" not in plan.missing or "time" not in plan.missing
        if plan.names_frame or (craft and place_or_time) or "position" not in plan.missing:
            return True
        return any(
            type(member) in (dict, list) and self.leads_to_record(member, inherited, depth + 1)
            for member in value.values()
        )

    def _open(
        self, value: Any, kind: str, inherited: Inherited, header: dict[str, Any] | None, depth: int
    ) -> Iterator[tuple[Any, Plan | None, Inherited]]:
        plan = self.plan_at_once(value) if type(value) is dict else None
        if plan is not None:
            yield value, plan, inherited
        elif type(value) is dict and depth <= _MAX_DEPTH:
            yield from self._open_object(value, inherited, depth)
        elif type(value) is list and kind:
            row = row_of(kind, value, header or {})
            yield (row[1], row[0], inherited) if row else (value, None, inherited)
        elif type(value) is list and depth <= _MAX_DEPTH:
            for number, element in enumerate(value):
                if number == 0 and len(value) > 1 and self.is_header(element) and type(value[1]) is list:
                    inherited = self.inherit(element, inherited)
                    continue
                yield from self._open(element, "", inherited, None, depth + 1)
        else:
            yield value, None, inherited

    def is_header(self, element: Any) -> bool:
        """Whether an object before an array of records says nothing of any craft."""
        return type(element) is dict and {"craft", "position"} <= set(self.plans.of(element).missing)

    def _open_object(
        self, value: dict[str, Any], inherited: Inherited, depth: int
    ) -> Iterator[tuple[Any, Plan | None, Inherited]]:
        for name in ROW_MEMBERS:
            rows = value.get(name, "")
            if rows is None or type(rows) is list:
                around = {other: member for other, member in value.items() if other != name}
                if self.plans.of(around).is_record:
                    break
                given = self.inherit(around, inherited)
                for row in rows or ():
                    yield from self._open(row, name, given, around, depth + 1)
                return
        if "updates" in value and (updates := _signal_k(value)) is not None:
            for update in updates:
                yield update, self.plans.of(update), inherited
            return
        pivoted = _pivoted(value)
        if pivoted is not None:
            for record in pivoted:
                yield record, self.plans.of(record), inherited
            return
        collected = _by_id(value)
        if collected is not None and any(self.leads_to_record(member, inherited) for member in collected[:1]):
            for member in collected:
                yield from self._open(member, "", inherited, None, depth + 1)
            return
        plan = self.plans.of(value)
        if plan.is_record or plan.names_frame:
            yield value, plan, inherited
            return
        flights = [member for member in value.values() if is_fr24_row(member)]
        if flights:
            for flight in flights:
                yield from self._open(flight, "fr24", inherited, {}, depth + 1)
            return
        arrays = list(_arrays_in(value, 0))
        given = self.inherit(value, inherited)
        arrays = [array for array in arrays if self.leads_to_record(array, given)]
        if not arrays:
            yield value, plan, inherited
            return
        for array in arrays:
            yield from self._open(array, "", given, None, depth + 1)


def _arrays_in(value: dict[str, Any], depth: int) -> Iterator[list[Any]]:
    """Arrays and collections of objects or arrays, in a value or in objects within it."""
    for member in value.values():
        if type(member) is list:
            if member and type(member[0]) in (dict, list):
                yield member
        elif type(member) is dict and depth < _MAX_DEPTH:
            collected = _by_id(member)
            if collected is not None:
                yield collected
            else:
                yield from _arrays_in(member, depth + 1)


def _by_id(value: dict[str, Any]) -> list[Any] | None:
    """The members of a collection whose names are numbers or identities."""
    first = next(iter(value), "")
    if type(value.get(first)) is not dict or not IDENTITY.fullmatch(first):
        return None
    if not all(IDENTITY.fullmatch(name) for name in value):
        return None
    return list(value.values())


def _pivoted(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of a table that is written column by column (``DataFrame.to_json`` of pandas and Polars), else None."""
    if len(value) < 2:
        return None
    names, data = value.get("columns"), value.get("data")
    if type(names) is list and type(data) is list and all(type(name) is str for name in names):
        return [dict(zip(names, row, strict=False)) if type(row) is list else {} for row in data]
    first = next(iter(value.values()))
    if type(first) is dict and first:
        index = list(first)
        if not index[0].isdecimal() or type(first[index[0]]) in (dict, list):
            return None
        if any(type(column) is not dict for column in value.values()):
            return None
        return [{name: column.get(row) for name, column in value.items()} for row in index]
    if type(first) is list and first and type(first[0]) not in (dict, list):
        if any(type(column) is not list or len(column) != len(first) for column in value.values()):
            return None
        return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]
    return None


def _signal_k(delta: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The updates of a Signal K delta, each as one record of its values; None where it is none.

    https://signalk.org/specification/1.7.0/doc/data_model.html: ``{"context": "vessels.urn:mrn:imo:mmsi:230099999", "updates":
    [{"timestamp": ..., "values": [{"path": "navigation.position", "value": {"latitude": .., "longitude": ..}}]}]}``. A path ``""`` holds
    members of the craft itself.
    """
    updates = delta["updates"]
    if type(updates) is not list or not all(type(one) is dict and type(one.get("values")) is list for one in updates):
        return None
    context = delta.get("context")
    mmsi = _SIGNAL_K_MMSI.search(context) if type(context) is str else None
    records = []
    for update in updates:
        record: dict[str, Any] = {"signalk": True, "timestamp": update.get("timestamp")}
        if mmsi:
            record["mmsi"] = mmsi[1]
        for told in update["values"]:
            if type(told) is not dict or type(told.get("path")) is not str:
                continue
            if told["path"]:
                record[told["path"]] = told.get("value")
            elif type(told.get("value")) is dict:
                record.update(told["value"])
        records.append(record)
    return records
