"""A mapping that a user writes: what the columns of his table mean, in TOML.

::

    [columns]
    "Vessel No." = "mmsi"
    "Fart" = { field = "speed_kn", unit = "km/h" }
    "Remark" = ""                     # not read

    [time]
    order = "dmy"                     # or mdy
    zone = "Europe/Oslo"

    [fixed]                           # what is the same in all rows
    icao24 = "86e4a2"

Columns it does not name are read as they would be without it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tracker.decode.input_times import InputTimes
from tracker.decode.layouts.fields import FIELDS, UNITS
from tracker.decode.layouts.layout import Column, normalised
from tracker.errors import InputError
from tracker.nearest import meant

MAX_MAPPING_BYTES: Final = 1 << 20
_SECTIONS: Final = ("columns", "time", "fixed")
_TIME_KEYS: Final = ("order", "zone")


@dataclass(frozen=True, slots=True)
class UserMapping:
    """What a user says of the columns of a table."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    """Normalised name -> meaning."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Normalised name -> as it was written."""
    order: str = ""
    zone: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Field -> the value of all rows."""
    where: str = ""

    def check(self, names: Sequence[str]) -> None:
        """``InputError`` where it names a column that is not there."""
        there = {normalised(name) for name in names}
        for plain, name in self.names.items():
            if plain not in there:
                mend = (
                    meant(name, [one.strip() for one in names], "there are")
                    or "the columns are those of the first line"
                )
                raise InputError(f"[columns] names {name!r}, and the table has no such column", self.where, mend)

    def times(self, times: InputTimes) -> InputTimes:
        """Times with what the mapping says where nothing else was said."""
        order, zone = times.date_order or self.order, self.zone if times.zone == "UTC" and self.zone else times.zone
        return replace(times, date_order=order, zone=zone)


def read_mapping(path: Path) -> UserMapping:
    """A mapping from a file. Raises ``InputError``: what is wrong, where, and the nearest right word."""
    try:
        if path.stat().st_size > MAX_MAPPING_BYTES:
            raise InputError("is too long for a mapping", str(path), "see docs/inputs.md")
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise InputError(
            f"is no mapping ({exc})", str(path), "tidewaiter inspect FILE --mapping-out writes one to begin with"
        ) from exc
    return mapping_of(given, str(path))


def mapping_of(given: Mapping[str, Any], where: str = "") -> UserMapping:
    """A mapping from what the TOML says."""
    for section in given:
        _known(section, _SECTIONS, "section", "the sections are", where)
        if not isinstance(given[section], dict):
            raise InputError(f"{section} is no section", where, f"write [{section}] on a line of its own")
    columns, names = {}, {}
    for name, meaning in given.get("columns", {}).items():
        plain = normalised(name)
        columns[plain], names[plain] = _column(name, meaning, where), name
    time = given.get("time", {})
    for key, value in time.items():
        _known(key, _TIME_KEYS, "key of [time]", "the keys are", where)
        if not isinstance(value, str):
            raise InputError(f"[time] {key} = {value!r} is no text", where, f'write {key} = "..."')
    fixed = {}
    for name, value in given.get("fixed", {}).items():
        _known(name, tuple(FIELDS), "field", "the fields are", where)
        if isinstance(value, (dict, list)):
            raise InputError(f"[fixed] {name} is no single value", where, f'write {name} = "..."')
        fixed[name] = str(value)
    try:
        said = InputTimes(date_order=time.get("order", ""), zone=time.get("zone", "UTC"))
    except InputError as exc:
        raise InputError(f"[time]: {exc.what}", where, exc.mend) from exc
    return UserMapping(columns, names, said.date_order, time.get("zone", ""), fixed, where)


def _column(name: str, meaning: Any, where: str) -> Column:
    if isinstance(meaning, str):
        meaning = {"field": meaning}
    if not isinstance(meaning, dict) or not isinstance(meaning.get("field", ""), str):
        raise InputError(
            f"[columns] {name!r} is neither a field nor {{ field, unit }}", where, f'write "{name}" = "speed_kn"'
        )
    for key in meaning:
        _known(key, ("field", "unit"), f"key of [columns] {name!r}", "the keys are", where)
    named, unit = meaning.get("field", ""), meaning.get("unit", "")
    if not named:
        return Column("")
    _known(named, tuple(FIELDS), f"field for {name!r}", "the fields are", where)
    units = UNITS.get(FIELDS[named], {})
    if unit and unit not in units:
        there = "it has no unit" if not units else meant(str(unit), units, f"{named} may be in")
        raise InputError(f"[columns] {name!r}: {unit!r} is no unit of {named}", where, there)
    return Column(named, unit)


def _known(word: str, words: tuple[str, ...], what: str, all_are: str, where: str) -> None:
    if word not in words:
        raise InputError(f"{word!r} is no {what}", where, meant(word, words, all_are) or "docs/inputs.md lists them")
