"""The units of an unknown table, decided from its first rows: a bare ``speed`` may be knots, tenths of one, m/s or km/h.

Only where nothing says the unit (no known layout, no unit behind the name, no mapping), and only where the positions show another one
clearly (``tracker.decode.layouts.plausible``). Whoever opens the file decides before the first row is decoded, so that no row is read
both ways.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout
from tracker.decode.layouts.plausible import UnitEvidence
from tracker.decode.tables.header import layout_of_beginning
from tracker.decode.tables.positions_csv import PositionsCsvDecoder
from tracker.decode.tables.rows import Rows

ENOUGH_TO_DECIDE: Final = 50
"""With fewer steps more of the file is looked at."""
_MAY_BE_DECIDED: Final = ("speed_kn", "vertical_rate_ftmin", "altitude_ft")


def decided(
    beginning: bytes,
    times: InputTimes = NOTHING_SAID,
    reading: Reading = AS_IT_STANDS,
    more: Callable[[], bytes] = lambda: b"",
) -> Reading:
    """``reading`` with the units that the first rows of delimited text show, where its names leave them open.

    Of a table of many craft, or one in no order, a short beginning holds too few steps of any of them; ``more`` then gives a longer one.
    """
    read = layout_of_beginning(beginning, reading)
    if read is None or not may_be_decided(read):
        return reading
    evidence = _tried(beginning, times, reading)
    if evidence.steps < ENOUGH_TO_DECIDE and (longer := more()):
        evidence = _tried(longer, times, reading)
    return decided_by(evidence, read, reading)


def may_be_decided(read: ReadLayout) -> bool:
    """Whether rows are asked for a unit: nothing else says it."""
    return read.layout is None and any(read.is_unsure(field) for field in _MAY_BE_DECIDED)


def _tried(text: bytes, times: InputTimes, reading: Reading) -> UnitEvidence:
    trial = _Trial(0, times=times, reading=reading)
    with suppress(Exception):  # what raises is met again, and counted, when the file is decoded
        trial.decode(text)
    return trial.evidence


def decided_by(evidence: UnitEvidence, read: ReadLayout, reading: Reading) -> Reading:
    """``reading`` with the units that some rows show, of fields whose unit ``read`` leaves open."""
    if not may_be_decided(read):
        return reading
    open_fields = [field for field in _MAY_BE_DECIDED if read.is_unsure(field)]
    units = {doubt.field: doubt.likely_unit for doubt in evidence.doubts(read.unit) if doubt.field in open_fields}
    return replace(reading, units=(*reading.units, *units.items())) if units else reading


class _Trial(PositionsCsvDecoder):
    """Decodes and looks at the rows before any of them is refused."""

    def __init__(self, source: int, *, times: InputTimes, reading: Reading) -> None:
        super().__init__(source, times=times, reading=reading)
        self.evidence = UnitEvidence()

    def note(self, rows: Rows) -> None:
        """Hold the rows against each other."""
        self.evidence.add(rows.column)
