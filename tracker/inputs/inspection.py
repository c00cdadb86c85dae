"""What a recording is and how it is read, for a person who has it before him for the first time: the facts behind ``tidewaiter inspect``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from tracker.decode.json_lines.sight import layout_seen
from tracker.decode.layouts import Layout, ReadLayout
from tracker.decode.layouts.fields import FIELDS, UNITS
from tracker.decode.layouts.plausible import FEWEST_STEPS
from tracker.decode.recognise import PEEK_BYTES
from tracker.decode.rejects import REJECT_SENTENCES
from tracker.identity import craft_text, is_aircraft
from tracker.inputs.gave import MENDS, Gave
from tracker.inputs.recorded import Input
from tracker.positions import PositionBatch
from tracker.printable import brief
from tracker.rollover import rollover_in
from tracker.schema import Column
from tracker.statics import StaticBatch

FIRST_ROWS: Final = 5
FIRST_STATICS: Final = 3
MOST_ROWS: Final = 1_000_000
"""So many rows of a recording are read unless all of it is asked for."""
_BLOCK_BYTES: Final = 1 << 20
_SAMPLE: Final = 100
_MOST_CRAFT: Final = 1_000_000
_SHOWN: Final = (
    "speed_kn", "course_deg", "heading_deg", "nav_status", "turn_degmin", "altitude_ft", "vertical_rate_ftmin", "on_ground",
)  # fmt: skip
_EXPECTED_OF_SHIPS: Final = {
    "speed_kn": "speed",
    "course_deg": "course",
    "heading_deg": "heading",
    "nav_status": "navigational status",
}
_EXPECTED_OF_AIRCRAFT: Final = {
    "speed_kn": "speed",
    "course_deg": "track",
    "altitude_ft": "altitude",
    "vertical_rate_ftmin": "rate of climb",
}


@dataclass(slots=True)
class ReadColumn:
    """One column of a table."""

    name: str
    field: str
    """What it means, "" where it is not read."""
    unit: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain JSON."""
        return {"name": self.name, "field": self.field, "unit": self.unit}


@dataclass(slots=True)
class Refused:
    """Units refused for one cause."""

    cause: str
    count: int
    sentence: str
    sample: str
    at: int
    mend: str


@dataclass(slots=True)
class Inspected:
    """What a recording is and how it is read."""

    name: str
    kind: str
    title: str
    packing: str = ""
    encoding: str = "utf-8"
    layout: str = ""
    layout_title: str = ""
    origin: str = ""
    columns: list[ReadColumn] = field(default_factory=list)
    units_in: int = 0
    units_decoded: int = 0
    is_whole: bool = True
    """Whether all of it was read."""
    ships: int = 0
    aircraft: int = 0
    positions: int = 0
    heard: int = 0
    statics: int = 0
    first_time: str = ""
    last_time: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    """What the check of units says, a sentence each."""
    clock: str = ""
    """What is told of dates that are 1,024 weeks off."""
    refused: list[Refused] = field(default_factory=list)
    nothing: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain["columns"] = [column.to_json() for column in self.columns]
        plain["refused"] = [{name: getattr(one, name) for name in Refused.__slots__} for one in self.refused]
        return plain


def inspected(one: Input, *, packing: str = "", whole: bool = False) -> Inspected:
    """Read a recording, or the beginning of a long one, and say what is in it."""
    found = Inspected(one.stored.name, str(one.kind), one.format.title, packing, one.encoding)
    read = one.read_layout()
    layout = _layout(one, read)
    if layout is not None:
        found.layout, found.layout_title, found.origin = layout.name, layout.title, layout.origin
    if read is not None:
        found.columns = columns_of(read)
    craft: set[int] = set()
    given: Counter[str] = Counter()
    low, high = 1 << 62, -(1 << 62)
    for decoded in one.decoded(_BLOCK_BYTES):
        batch = decoded.positions
        if len(batch):
            low, high = min(low, int(batch.time_us.min())), max(high, int(batch.time_us.max()))
            craft.update(np.unique(batch.craft).tolist() if len(craft) < _MOST_CRAFT else ())
            placed = int(np.count_nonzero(batch.has_position))
            found.positions, found.heard = found.positions + placed, found.heard + len(batch) - placed
            for name in _SHOWN:
                given[name] += int(np.count_nonzero(_given(batch, name)))
        found.statics += len(decoded.statics)
        found.rows += _rows(batch, FIRST_ROWS - len(found.rows))
        found.told += _told(decoded.statics, FIRST_STATICS - len(found.told))
        if not whole and found.positions + found.heard >= MOST_ROWS:
            found.is_whole = False
            break
    found.units_in, found.units_decoded = one.counts.units_in, one.counts.units_decoded
    found.aircraft = int(np.count_nonzero(is_aircraft(np.array(sorted(craft), dtype=np.int64)))) if craft else 0
    found.ships = len(craft) - found.aircraft
    if craft:
        found.first_time, found.last_time = _time(low), _time(high)
    expected = (_EXPECTED_OF_SHIPS if found.ships else {}) | (_EXPECTED_OF_AIRCRAFT if found.aircraft else {})
    found.missing = [word for name, word in expected.items() if craft and not given[name]]
    if one.format.is_table:
        found.units = one.unit_doubts() or [_agreement(one)]
    found.clock = rollover_in(one.days)
    _tell_rejects(found, one)
    if found.is_whole:
        found.nothing = Gave.of(one).nothing
    return found


def mapping_text(read: ReadLayout, name: str) -> str:
    """A mapping to begin with, in TOML: every column with what it is read as, what is missing as a comment."""
    lines = [
        f"# How the columns of {brief(name, _SAMPLE)} are read. Change what is wrong; fields and units: docs/inputs.md.",
        "",
    ]
    if read.missing:
        lines.append(f"# Missing: {', '.join(read.missing)}. Nothing can be read until a column, or [fixed], gives it.")
    lines.append("[columns]")
    for column in columns_of(read):
        quoted = _quoted(column.name)
        if not column.field:
            lines.append(f'{quoted} = ""  # not read')
            continue
        others = [unit for unit in UNITS.get(FIELDS[column.field], {}) if unit != column.unit]
        hint = f"  # or {', '.join(others)}" if others else ""
        value = f'{{ field = "{column.field}", unit = "{column.unit}" }}' if column.unit else f'"{column.field}"'
        lines.append(f"{quoted} = {value}{hint}")
    order = read.date_order
    lines += ["", "[time]", f'order = "{order}"' if order else '# order = "dmy"  # or mdy, of dates as 01/02/2026']
    lines += ['# zone = "UTC"  # of times without an offset, as Europe/Oslo']
    lines += ["", "[fixed]", '# icao24 = "4ca1b2"  # what is the same in all rows', ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def columns_of(read: ReadLayout) -> list[ReadColumn]:
    """Every column of a table with what it is read as."""
    meaning = {index: (name, column) for name, sources in read.sources.items() for index, column in sources}
    columns = []
    for index, name in enumerate(read.names):
        field_name, column = meaning.get(index, ("", None))
        unit = (column.unit or next(iter(UNITS.get(FIELDS[field_name], {})), "")) if column else ""
        columns.append(ReadColumn(name.strip(), field_name, unit))
    return columns


def _layout(one: Input, read: ReadLayout | None) -> Layout | None:
    """The known layout of a table or of JSON records."""
    if read is not None:
        return read.layout
    if not one.format.is_table:
        return None
    return layout_seen(next(one.content(PEEK_BYTES), b""))


def _agreement(one: Input) -> str:
    if one.units.steps >= FEWEST_STEPS:
        more = f", climb with altitude ({one.units.climb_steps:,} steps)" if one.units.climb_steps else ""
        return f"speed agrees with displacement ({one.units.steps:,} steps){more}"
    return (
        f"too few reports move steadily and say their speed to hold it against displacement ({one.units.steps} steps)"
    )


def _tell_rejects(found: Inspected, one: Input) -> None:
    rejects = one.counts.rejects
    for cause, count in sorted(rejects.counts.items(), key=lambda item: -item[1]):
        if not count:
            continue
        sample = next((sample for sample in rejects.samples if sample.cause is cause), None)
        text, at = (brief(sample.text, _SAMPLE), sample.at) if sample else ("", 0)
        if sample is not None and sample.note:
            text = f"{text} ({brief(sample.note, _SAMPLE)})"
        found.refused.append(Refused(str(cause), count, REJECT_SENTENCES[cause], text, at, MENDS.get(cause, "")))


def _given(batch: PositionBatch, name: str) -> np.ndarray[Any, Any]:
    values = getattr(batch, name)
    column = next(one for one in batch.COLUMNS if one.name == name)
    present: np.ndarray[Any, Any] = ~np.isnan(values) if values.dtype.kind == "f" else values != column.missing
    return present


def _rows(batch: PositionBatch, most: int) -> list[dict[str, Any]]:
    if most <= 0 or not len(batch):
        return []
    first = batch.take(np.arange(min(most, len(batch))))
    rows = []
    for row in range(len(first)):
        shown: dict[str, Any] = {"time": _time(int(first.time_us[row])), "craft": craft_text(int(first.craft[row]))}
        for name in ("lat_deg", "lon_deg", *_SHOWN):
            shown[name] = float(f"{getattr(first, name)[row]:.7g}") if _given(first, name)[row] else None
        rows.append(shown)
    return rows


def _told(batch: StaticBatch, most: int) -> list[dict[str, Any]]:
    if most <= 0 or not len(batch):
        return []
    first = batch.take(np.arange(min(most, len(batch))))
    return [
        {"craft": craft_text(int(first.craft[row]))}
        | {
            column.name: shown
            for column in first.COLUMNS
            if column.nullable and (shown := _shown(first, column, row)) is not None
        }
        for row in range(len(first))
    ]


def _shown(batch: StaticBatch, column: Column, row: int) -> Any:
    value = getattr(batch, column.name)[row]
    if value.dtype.kind == "f":
        return None if np.isnan(value) else float(f"{value:.6g}")
    if value == column.missing:
        return None
    return value.decode("ascii", "replace") if value.dtype.kind == "S" else int(value)


def _time(time_us: int) -> str:
    return (
        datetime.fromtimestamp(time_us / 1e6, UTC)
        .isoformat(sep=" ", timespec="milliseconds")
        .removesuffix("+00:00")
        .removesuffix(".000")
    )
