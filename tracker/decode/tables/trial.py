"""The units of an unknown table, decided from its first rows: a bare ``speed`` may be knots, tenths of one, m/s or km/h.

Only where nothing says the unit (no known layout, no unit behind the name, no mapping), and only where the positions show another one
clearly (``tracker.decode.layouts.plausible``). Whoever opens the file decides before the first row is decoded, so that no row is read
both ways.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Final

from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout
from tracker.decode.layouts.plausible import UnitEvidence
from tracker.decode.tables.positions_csv import PositionsCsvDecoder
from tracker.decode.tables.rows import Rows

_MAY_BE_DECIDED: Final = ("speed_kn", "vertical_rate_ftmin", "altitude_ft")


def decided(first_bytes: bytes, times: InputTimes = NOTHING_SAID, reading: Reading = AS_IT_STANDS) -> Reading:
    """``reading`` with the units that the beginning of delimited text shows, where its names leave them open."""
    trial = _Trial(0, times=times, reading=reading)
    with suppress(Exception):  # what raises is met again, and counted, when the file is decoded
        trial.decode(first_bytes)
    return decided_by(trial.evidence, trial.read, reading) if trial.read is not None else reading


def decided_by(evidence: UnitEvidence, read: ReadLayout, reading: Reading) -> Reading:
    """``reading`` with the units that some rows show, of fields whose unit ``read`` leaves open."""
    open_fields = [field for field in _MAY_BE_DECIDED if read.is_unsure(field)]
    if read.layout is not None or not open_fields:
        return reading
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
