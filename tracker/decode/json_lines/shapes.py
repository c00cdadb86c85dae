"""From the names of a record's members to how it is read: a plan per set of names, however the members are nested.

::

    {"vessel": {"mmsi": 1}, "position": {"lat": 2, "lon": 3, "time": 4}}
      names   vessel.mmsi  position.lat  position.lon  position.time     the dotted paths of all members that are no objects
      plan    mmsi         lat_deg       lon_deg       time              by the known layout, else by the generic names

Records of a feed have few sets of names, so a plan is made once and found again by the names alone. A record of other names is
another record: nothing depends on what came before it. Where names are ambiguous the members beside the latitude come first, then
those of the record itself: a record may hold several times, but only one stands next to the position.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from tracker.decode.layouts import Column, Layout, ReadLayout, generic_column, layout_of, normalised

CRAFT_FIELDS: Final = ("mmsi", "icao24", "icao24_number", "craft")
TIME_FIELDS: Final = ("time", "position_time", "heard_time")
JSON_NAMES: Final = {
    "now": "time",
    "seen": "seen_s",
    "seenpos": "seen_pos_s",
    "category": "category",
    "version": "adsb_version",
    "navaltitudemcp": "selected_altitude_ft",
    "navaltitudefms": "selected_altitude_ft",
    "navheading": "selected_heading_deg",
    "gscp": "speed_kn",
    "lastcontact": "heard_time",
    "coordinates": "lon_lat",
    "stm": "heard_time",
}
"""Names that only JSON feeds use, besides the generic ones of ``tracker.decode.layouts``; units are the fields' own."""
ROW_MEMBERS: Final[dict[str, tuple[str, ...]]] = {
    "aircraft": ("now",),
    "ac": ("now",),
    "acList": (),
    "trace": ("icao", "timestamp"),
    "states": (),
    "path": ("icao24",),
}
"""Members whose array is rows, and what must stand before it to read it element by element."""
IDENTITY: Final = re.compile(r"\d+|[0-9a-fA-F]{6}|urn:\S+|vessels\.\S+")
"""Names that are no names but numbers or identities of records."""
MAX_PLANS: Final = 4_096
_MAX_DEPTH: Final = 6
_MAX_NAMES: Final = 500
"""More members than any record has; what has more is no record."""

_NESTED: Final = frozenset({dict, list})

Getter = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How records of one set of names are read."""

    fields: tuple[str, ...]
    """The fields they give."""
    get: Getter
    """A record's values, in the order of ``sources``."""
    sources: tuple[tuple[tuple[int, float], ...], ...]
    """For every field the places in what ``get`` gives, each with the factor to the unit of the first; the first that has a value counts."""
    factors: dict[str, float] = field(default_factory=dict)
    """Factor to a field's own unit, where that is not one."""
    missing: tuple[str, ...] = ()
    """Which of ``craft``, ``time`` and ``position`` nothing names."""
    layout: Layout | None = None
    names_frame: bool = False
    """It has a member ``frame``: jet1090."""

    names_rows: bool = False
    """It has one of ``ROW_MEMBERS``."""
    holds_collection: bool = False
    """It holds objects under numbers or identities: a record each."""
    is_record: bool = field(init=False)
    """Whether it says of itself who is where; what does not may be an envelope of such."""

    def __post_init__(self) -> None:
        named = "craft" not in self.missing and "position" not in self.missing
        object.__setattr__(self, "is_record", named and not self.holds_collection)


def fixed_plan(fields: Sequence[str], factors: dict[str, float], get: Getter = tuple) -> Plan:
    """The plan of rows that are arrays: their values stand in the order of ``fields``."""
    return Plan(tuple(fields), get, tuple(((slot, 1.0),) for slot in range(len(fields))), factors, missing_of(fields))


def missing_of(fields: Sequence[str]) -> tuple[str, ...]:
    """Which of ``craft``, ``time`` and ``position`` these fields do not give."""
    there = {
        "craft": any(name in fields for name in CRAFT_FIELDS),
        "time": any(name in fields for name in TIME_FIELDS),
        "position": "lon_lat" in fields or "lat_lon" in fields or ("lat_deg" in fields and "lon_deg" in fields),
    }
    return tuple(name for name, is_there in there.items() if not is_there)


class Plans:
    """Finds the plan of a record. Remembers at most ``MAX_PLANS`` sets of names."""

    def __init__(self) -> None:
        self._plans: dict[Any, Plan] = {}

    def of(self, record: dict[str, Any]) -> Plan:
        """The plan of a record."""
        names = shape_of(record)
        return self._plans.get(names) or self._made(names, record)

    def of_plain(self, record: dict[str, Any]) -> Plan | None:
        """The plan of a record whose members are no objects and no arrays, else None: nothing can lie within it."""
        if not _NESTED.isdisjoint(map(type, record.values())):
            return None
        names = tuple(record)
        plan = self._plans.get(names) or self._made(names, record)
        return None if plan.names_rows and not plan.is_record else plan

    def _made(self, names: Any, record: dict[str, Any]) -> Plan:
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        plan = self._plans[names] = _plan(record)
        return plan


def shape_of(record: dict[str, Any], depth: int = 0) -> Any:
    """All that a plan depends on: the names, and behind each that holds an object the names in it."""
    names = tuple(record)
    if depth == _MAX_DEPTH or dict not in map(type, record.values()):
        return names
    nested: list[Any] = []
    for name, member in record.items():
        if type(member) is dict:
            nested += (name, shape_of(member, depth + 1))
    return (names, *nested)


Path = tuple[str, ...]


def _paths(record: dict[str, Any], above: Path, found: list[Path]) -> None:
    for name, member in record.items():
        if len(found) > _MAX_NAMES:
            return
        if type(member) is dict and len(above) < _MAX_DEPTH:
            _paths(member, (*above, name), found)
        else:
            found.append((*above, name))


def _plan(record: dict[str, Any]) -> Plan:
    paths: list[Path] = []
    _paths(record, (), paths)
    if len(paths) > _MAX_NAMES:
        return Plan((), lambda _: (), (), missing=("craft", "time", "position"))
    paths = _nearest_first(paths)
    read = _layout(paths)
    columns = {name: [(at, column.factor) for at, column in told] for name, told in read.sources.items()}
    for pair in ("lat_lon", "geometry"):  # in JSON these are GeoJSON's, with the longitude first
        if pair in columns and paths[columns[pair][0][0]][-1].lower() in ("coordinates", "geometry"):
            columns["lon_lat"] = columns.pop(pair)
    known = read.layout.columns if read.layout else {}
    if not (read.layout and read.layout.closed):
        for at, path in enumerate(paths):
            told = _told_by_name(_named(path))
            if told is not None and told.field not in columns and normalised(".".join(path)) not in known:
                columns[told.field] = [(at, told.factor)]
    used = sorted({at for told in columns.values() for at, _ in told}, key=lambda at: paths[at][:-1])
    slots = {at: slot for slot, at in enumerate(used)}
    fields = tuple(columns)
    return Plan(
        fields,
        _getter([paths[at] for at in used]),
        tuple(tuple((slots[at], factor / told[0][1]) for at, factor in told) for told in columns.values()),
        {name: told[0][1] for name, told in columns.items() if told[0][1] != 1.0},
        missing_of(fields),
        read.layout,
        "frame" in record,
        not ROW_MEMBERS.keys().isdisjoint(record),
        any(IDENTITY.fullmatch(name) for path in paths for name in path[:-1]),
    )


def _told_by_name(path: Path) -> Column | None:
    """What a member means that only JSON has, or whose name is a unit: ``speed.kts`` is a speed in knots."""
    name = JSON_NAMES.get(normalised(path[-1]))
    if name is not None:
        return Column(name)
    if len(path) > 1 and generic_column(path[-1]) is None:
        return generic_column(f"{path[-2]}_{path[-1]}")
    return None


def _named(path: Path) -> Path:
    """A path without MongoDB's types of values: ``mmsi.$numberLong`` is ``mmsi`` (Extended JSON v2)."""
    while len(path) > 1 and path[-1].startswith("$"):
        path = path[:-1]
    return path


def _layout(paths: list[Path]) -> ReadLayout:
    """How members are read; a known layout is one however deep its members lie."""
    names = [_named(path) for path in paths]
    read = layout_of([".".join(path) for path in names], "json")
    if read.layout is None and any(len(path) > 1 for path in names):
        flat = layout_of([path[-1] for path in names], "json")
        if flat.layout is not None:
            return flat
    return read


def _nearest_first(paths: list[Path]) -> list[Path]:
    """Members beside the latitude, then those of the record itself, then the others by depth."""
    beside = None
    for path in sorted(paths, key=len):
        column = generic_column(path[-1])
        if column is not None and column.field == "lat_deg":
            beside = path[:-1]
            break
        if path[-1] == "coordinates":
            beside = path[:-2] if path[-2:-1] == ("geometry",) else path[:-1]
            break
    return sorted(paths, key=lambda path: 0 if path[:-1] == beside else len(path))


def _getter(paths: list[Path]) -> Getter:
    """Fetches the values at these paths, which are sorted by what is above them and are all there."""
    parts: dict[Path, list[str]] = {}
    for path in paths:
        parts.setdefault(path[:-1], []).append(path[-1])
    fetchers = [(above, _fetcher(names)) for above, names in parts.items()]
    if not fetchers:
        return lambda _: ()
    if len(fetchers) == 1 and not fetchers[0][0]:
        return fetchers[0][1]

    def get(record: Any) -> tuple[Any, ...]:
        found: tuple[Any, ...] = ()
        for above, fetch in fetchers:
            inner = record
            for name in above:
                inner = inner[name]
            found += fetch(inner)
        return found

    return get


def _fetcher(names: list[str]) -> Getter:
    if len(names) > 1:
        return itemgetter(*names)
    (name,) = names
    return lambda record: (record[name],)
