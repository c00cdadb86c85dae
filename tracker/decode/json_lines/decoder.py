"""The decoder of every JSON feed. Which shape an item has is seen from the item, so files may be joined and mixed.

Ledger: a unit is a line that is no JSON, or else one row: an aircraft of a snapshot, a state, a row of a trace, an object of
an array, a frame. A snapshot without aircraft is no unit. Refused for its form: ``bad_json``, ``too_long``, ``truncated`` (the
input ended inside it); ``no_position`` (an object that names neither a craft nor a place); for its content:
``tracker.decode.tables.rows``, and for frames ``tracker.decode.adsb``.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import pack, unpack
from tracker.decode.adsb import ModeSDecoder
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.json_lines.columns import RecordColumns
from tracker.decode.json_lines.frames import decode_frame_items, is_frame
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.reader import JsonItems
from tracker.decode.json_lines.statics import statics_hash, statics_of_records
from tracker.decode.rejects import RejectCause
from tracker.decode.snapshots import counts_tables, restore_counts
from tracker.decode.tables.changes import StaticChanges
from tracker.decode.tables.repeats import with_heard
from tracker.decode.tables.rows import check_rows, code, good_positions, message_types, tally
from tracker.faults import fault_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

_KIND = "decoder.json"
_LAYOUT = 3


class JsonDecoder:
    """Decodes readsb JSON and traces, jet1090 lines, OpenSky states and track JSON (``tracker.decode.base.Decoder``)."""

    def __init__(self, source: int, *, times: InputTimes = NOTHING_SAID, aerodromes_deg: Any = None) -> None:
        self.counts = DecoderCounts()
        self._times = times
        self._source = source
        self._items = JsonItems()
        self._changes = StaticChanges()
        self._mode_s = ModeSDecoder(source, receiver=times.receiver, aerodromes_deg=aerodromes_deg, counts=self.counts)

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the feed."""
        with _uncollected():
            return self._decode(self._items.feed(block), received_us)

    def flush(self) -> Decoded:
        """End of input."""
        with _uncollected():
            return self._decode(self._items.feed(b"", last=True), None)

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished line or item."""
        at, text = self._items.skip(last)
        return at, text.encode("utf-8", "backslashreplace")

    def snapshot(self) -> bytes:
        """What spans blocks, as bytes: the unfinished text, aircraft, what was told of each craft, counts."""
        tables = self._items.tables() | self._mode_s.tables() | {"changes": self._changes.table()}
        return pack(_KIND, _LAYOUT, tables | counts_tables(self.counts))

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        tables = unpack(_KIND, _LAYOUT, data)
        self._items.restore(tables)
        self._mode_s.restore(tables)
        self._changes.restore(tables["changes"])
        restore_counts(self.counts, tables)

    def _decode(self, items: list[Item], received_us: Micros | None) -> Decoded:
        if not any(plan is not None and plan.names_frame for plan in {item.plan for item in items}):
            return self._decode_rows(items, received_us) if items else Decoded()
        parts = []
        start = 0
        while start < len(items):
            framed = is_frame(items[start])
            end = start + 1
            while end < len(items) and is_frame(items[end]) == framed:
                end += 1
            run = items[start:end]
            parts.append(
                decode_frame_items(self._mode_s, run, received_us) if framed else self._decode_rows(run, received_us)
            )
            start = end
        if len(parts) == 1:
            return parts[0]
        return _joined(parts)

    def _decode_rows(self, items: list[Item], received_us: Micros | None) -> Decoded:
        """Rows of some items; one that raises is set aside by itself, for a document may hold thousands of sound ones beside it."""
        try:
            read = self._read(items, received_us)
        except Exception as exc:
            if len(items) > 1:
                half = len(items) // 2
                parts = [self._decode_rows(some, received_us) for some in (items[:half], items[half:])]
                return _joined(parts)
            self.counts.units_in += 1
            fault = fault_of(exc, "decoder")
            self.counts.rejects.add(RejectCause.PROGRAM_FAULT, items[0].at, _text(items[0]), fault.note())
            return Decoded()
        return self._rows(items, *read, received_us)

    def _read(
        self, items: list[Item], received_us: Micros | None
    ) -> tuple[RecordColumns, NDArray[np.uint8], NDArray[np.uint64]]:
        """Columns of some items, the cause why each is refused (0 where it is not) and hashes of its statics. Changes nothing."""
        formed = np.array(
            [
                code(item.cause or RejectCause.BAD_JSON) if item.cause is not None or item.plan is None else 0
                for item in items
            ],
            dtype=np.uint8,
        )
        columns = RecordColumns(items, self._times, received_us, self.counts.date_orders)
        rows = columns.rows
        causes = check_rows(rows)
        untimed = columns.untimed & (causes == code(RejectCause.BAD_TIME))
        causes[untimed] = code(RejectCause.NO_TIME)
        causes[columns.no_identity & np.isnan(rows.lat_deg)] = code(RejectCause.NO_POSITION)
        return columns, np.where(formed != 0, formed, causes), statics_hash(columns.table)

    def _rows(
        self,
        items: list[Item],
        columns: RecordColumns,
        causes: NDArray[np.uint8],
        hashes: NDArray[np.uint64],
        received_us: Micros | None,
    ) -> Decoded:
        rows = columns.rows
        tally(self.counts, causes, np.array([item.at for item in items]), lambda row: _text(items[row]))

        usual = message_types(rows.craft, rows.lat_deg, rows.more["on_ground"])
        rows.more["message_type"] = columns.message_types(usual)
        positions = good_positions(rows, causes, self._source, received_us)
        good = causes == 0
        positions = with_heard(positions, columns.heard_since[good], columns.heard_us[good], received_us)
        told = np.flatnonzero(good & (hashes != 0))
        new = told[self._changes.rows(rows.craft[told], rows.time_us[told], hashes[told])]
        return Decoded(
            positions,
            statics_of_records(columns.table, rows, columns.coded, new, self._source, received_us)
            if len(new)
            else StaticBatch.empty(),
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for reference cycles: a block makes thousands of objects and no cycle, and looking for one took a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _joined(parts: list[Decoded]) -> Decoded:
    return Decoded(
        PositionBatch.concat(part.positions for part in parts), StaticBatch.concat(part.statics for part in parts)
    )


def _text(item: Item) -> str:
    """The beginning of an item for a person to look at."""
    if item.cause is not None:
        return str(item.value)
    try:
        return json.dumps(item.value)
    except (RecursionError, ValueError):
        return "a value nested too deeply to be shown"
