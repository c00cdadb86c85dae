"""``AisDecoder``: bytes of NMEA AIS in any cut, columns out.

A block goes through two kernels: ``walk`` finds the sound messages, ``fill`` unpacks them into columns. The decoder
owns their memory, which does not depend on how much has been decoded: a work buffer of at most ``MAX_PASS_BYTES`` and
what a block of that size can hold, the unfinished last line (at most 1,024 bytes; a longer one is refused at once and
skipped to its end), and the slots of unfinished messages.

``received_us`` is stored for every row of the block and is the event time of units without a time of their own; without
it receive time is event time. The rules of time stand in ``walk``, ``line_time`` and ``bus_clock``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import pack, scalars, unpack
from tracker.decode.ais import layout as at
from tracker.decode.ais.assemble import give_up_all, new_slots, open_messages, reset_state, restore_open_messages
from tracker.decode.ais.columns import fill, new_positions, new_statics, position_batch, static_batch
from tracker.decode.ais.sixbit import MAX_WORDS
from tracker.decode.ais.walk import MAX_TYPE, PAD_BYTES, SIDE_PER_LINE, walk
from tracker.decode.base import Decoded, DecoderCounts, OtherMessage
from tracker.decode.constants import Constants
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.plain_text import plain_bytes
from tracker.decode.snapshots import counts_tables, restore_counts, restore_vector, scalars_of, vector_table
from tracker.decode.zones import local_steps
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

MAX_PASS_BYTES = 1 << 22
"""A larger block is decoded in pieces of this size."""
_KIND = "decoder.ais"
_LAYOUT = 2
_FIRST_PASS_BYTES = 1 << 14
_SIDE_BYTES = 1 << 19
_MAX_ROWS = 1 << 16
_COLUMNAR = np.zeros(MAX_TYPE + 1, dtype=bool)
_COLUMNAR[[1, 2, 3, 4, 5, 9, 11, 18, 19, 21, 24, 27]] = True
_NO_POSITIONS = PositionBatch.empty()
_NO_STATICS = StaticBatch.empty()
_NO_STATIC_COLUMNS = new_statics(0)
_UNITS_IN, _UNITS_DECODED, _STATICS, _SAMPLES, _PGHP, _IMPOSSIBLE, _RMC, _ZDA, _TYPES, _REJECTS = (
    at.place(at.TALLY, name)
    for name in (
        "units_in", "units_decoded", "statics", "samples", "pghp", "impossible", "rmc", "zda", "types", "rejects",
    )
)  # fmt: skip
"""Places of the counters in the tally as a vector; rejects stand last."""
_SIDE, _DAYS_FIRST, _MONTHS_FIRST, _LOST_WEEKS = (
    at.place(at.STATE, name) for name in ("side", "days_first", "months_first", "lost_weeks")
)
"""Places in the state as a vector, for what every block asks: a number of a vector costs less than a field of a record."""
_NAMES = {_PGHP: "ais pghp", _RMC: "nmea rmc", _ZDA: "nmea zda", _IMPOSSIBLE: "ais impossible position"}
_MESSAGE_NAMES = [f"ais {kind}" for kind in range(32)]


class AisDecoder:
    """Decoder of one AIS input (``tracker.decode.base.Decoder``).

    ``times`` tells the time of units for which nothing else tells one (``undated_us``), the zone of times written without an
    offset, and the order of day and month where that is numbers alone.
    """

    def __init__(self, source: int, *, times: InputTimes = NOTHING_SAID) -> None:
        self.counts = DecoderCounts()
        self._said_us = at.NO_TIME if times.undated_us is None else times.undated_us
        self._constants = Constants(source)
        self._zone = local_steps(times.zone)
        self._memory = at.new_memory()
        self._state = self._memory.state
        self._state["zone_steps"] = len(self._zone.offset_us)
        self._state["order_said"] = {"": 0, "dmy": at.DAY_FIRST, "mdy": at.MONTH_FIRST}[times.date_order]
        self._state["lost_weeks"] = len(times.lost_weeks)
        for place, told in enumerate(times.lost_weeks[: at.MOST_LOST]):
            self._state["lost"][0, place] = told
        reset_state(self._state)
        self._numbers, self._tally = at.vector(self._state), at.vector(self._memory.tally)
        self._rows = np.empty(_MAX_ROWS, dtype=at.MESSAGE)
        self._words = np.zeros(MAX_WORDS, dtype=np.int64)
        self._slots = new_slots()
        self._carry = b""
        self._received_us: int | None = None
        self._others: list[OtherMessage] = []
        self._last_rows = 0
        self._work = np.empty(0, dtype=np.uint8)
        self._side = 0
        self._reserve(_FIRST_PASS_BYTES)

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the input; rows are in the order in which messages became whole."""
        self._forget_others()
        self._received_us = received_us
        if len(block) <= MAX_PASS_BYTES:
            return self._one_or_many(self._piece(block, received_us))
        parts: list[Decoded] = []
        for start in range(0, len(block), MAX_PASS_BYTES):
            parts.extend(self._piece(block[start : start + MAX_PASS_BYTES], received_us))
        return self._one_or_many(parts)

    def flush(self) -> Decoded:
        """End of input: decode a last line without a line feed, refuse fragments whose message never became whole."""
        self._forget_others()
        parts = self._piece(b"\n", self._received_us) if self._carry or self._state["skipping"][0] else []
        give_up_all(self._slots, self._memory)
        reset_state(self._state)
        self._enter_counts()
        return self._one_or_many(parts)

    def take_others(self) -> list[OtherMessage]:
        """The messages without columns of the last :meth:`decode` or :meth:`flush`, once."""
        self._collect_others()
        others, self._others = self._others, []
        return others

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished line."""
        line = int(self._state["line"][0]) + 1
        unit, self._carry = self._carry + last, b""
        self._state["line"] = line
        self._state["skipping"] = 0
        return line, unit

    def skip_to_line(self, line: int) -> None:
        """Count lines on from ``line``, for who gives them in another number than they had."""
        self._state["line"] = line

    def snapshot(self) -> bytes:
        """What spans blocks, as bytes: the unfinished line, open messages, clocks, counts."""
        state = self._state.copy()
        state["side"] = state["fresh_slot"] = 0  # these and the next three say where things stand in memory
        state["free_slot"] = state["oldest_slot"] = state["newest_slot"] = -1
        tables = {
            "line": scalars(carry=self._carry, received_us=self._received_us),
            "state": vector_table(at.vector(state)),
            "open": open_messages(self._state, self._slots),
        }
        return pack(_KIND, _LAYOUT, tables | counts_tables(self.counts))

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        tables = unpack(_KIND, _LAYOUT, data)
        restore_vector(self._numbers, tables["state"])
        self._slots = restore_open_messages(tables["open"], self._state)
        line = scalars_of(tables["line"])
        self._carry, self._received_us = line["carry"], line["received_us"]
        self._others, self._last_rows = [], 0
        restore_counts(self.counts, tables)
        self._enter_orders()

    def _piece(self, block: bytes, received_us: int | None) -> list[Decoded]:
        """Decode at most ``MAX_PASS_BYTES``; more than one result only where the kernels' buffers ran full."""
        held = len(self._carry)
        end = held + len(block)
        if end > self._side - PAD_BYTES:
            self._reserve(end)
        work = self._work
        if held:
            work[:held] = np.frombuffer(self._carry, dtype=np.uint8)
        work[held:end] = np.frombuffer(block, dtype=np.uint8)
        work[end : end + PAD_BYTES] = 10
        parts: list[Decoded] = []
        start = 0
        side_end = len(work) - PAD_BYTES
        given = at.Given(at.NO_TIME if received_us is None else received_us, self._said_us, self._zone)
        while True:
            self._numbers[_SIDE] = self._side
            stop, n = walk(work, start, end, side_end, given, self._rows, self._memory, self._slots)
            if n:
                if parts:
                    self._collect_others()
                self._last_rows = 0
                parts.append(self._columns(n, received_us))
                self._last_rows = n
            self._enter_counts()
            if stop in (start, end) or n == 0:
                break
            start = stop
        self._keep(work, stop, end)
        return parts

    def _columns(self, n: int, received_us: int | None) -> Decoded:
        """The rows of the last walk as batches."""
        positions = new_positions(n)
        n_statics = int(self._tally[_STATICS])
        statics = new_statics(n_statics) if n_statics else _NO_STATIC_COLUMNS
        self._tally[_IMPOSSIBLE] = fill(self._work, self._rows, n, self._words, positions, statics)
        return Decoded(
            position_batch(positions, received_us, self._constants),
            static_batch(statics, received_us, self._constants) if n_statics else _NO_STATICS,
        )

    def _keep(self, work: NDArray[np.uint8], stop: int, end: int) -> None:
        """Keep the unfinished line, or refuse it now if it is already too long."""
        if self._state["skipping"][0]:
            self._carry = b""
            return
        self._carry = work[stop:end].tobytes()
        if len(self._carry) > at.MAX_LINE_BYTES:
            self._state["line"] += 1
            self._state["skipping"] = 1
            self.counts.units_in += 1
            cause = at.CAUSES[at.TOO_LONG]
            assert cause is not None
            self._state["sampled"][0, at.TOO_LONG] += 1
            self.counts.rejects.add(cause, int(self._state["line"][0]), self._carry)
            self._carry = b""

    def _enter_counts(self) -> None:
        """Move the kernels' tally into the counts."""
        tally, counts = self._tally, self.counts
        changed = tally.nonzero()[0]
        for k, value in zip(changed.tolist(), tally[changed].tolist(), strict=True):
            if k >= _REJECTS:
                cause = at.CAUSES[k - _REJECTS]
                assert cause is not None
                counts.rejects.counts[cause] += value
            elif k >= _TYPES:
                counts.messages[_MESSAGE_NAMES[k - _TYPES]] += value
            elif k == _UNITS_IN:
                counts.units_in += value
            elif k == _UNITS_DECODED:
                counts.units_decoded += value
            elif k in _NAMES:
                counts.messages[_NAMES[k]] += value
            elif k == _SAMPLES:
                self._enter_samples(value)
        tally[changed] = 0
        self._enter_orders()

    def _enter_orders(self) -> None:
        """What dates of numbers alone have proven and whose clocks lost weeks, for whoever reads all of a file again."""
        numbers = self._numbers
        for order, entry in (("dmy", _DAYS_FIRST), ("mdy", _MONTHS_FIRST)):
            if numbers[entry]:
                self.counts.date_orders[order] = int(numbers[entry])
        if numbers[_LOST_WEEKS]:
            self.counts.lost_weeks.update(map(tuple, self._state["lost"][0, : numbers[_LOST_WEEKS]].tolist()))

    def _enter_samples(self, n: int) -> None:
        """Keep new samples of rejects; the kernels have counted them already."""
        for sample in self._memory.samples[:n]:
            cause = at.CAUSES[sample["cause"]]
            assert cause is not None
            self.counts.rejects.add(cause, int(sample["line"]), sample["text"][: sample["length"]].tobytes(), count=0)

    def _reserve(self, size: int) -> None:
        """A work buffer for ``size`` bytes of data, its padding and the side area."""
        self._collect_others()
        self._last_rows = 0
        self._side = (1 << (size + PAD_BYTES - 1).bit_length()) if size else PAD_BYTES
        self._work = np.empty(self._side + max(_SIDE_BYTES, 2 * SIDE_PER_LINE) + PAD_BYTES, dtype=np.uint8)

    def _forget_others(self) -> None:
        self._last_rows = 0
        if self._others:
            self._others = []

    def _collect_others(self) -> None:
        """Copy the messages without columns out of the work buffer before it is used again."""
        if not self._last_rows:
            return
        rows, work = self._rows[: self._last_rows], self._work
        self._last_rows = 0
        for row in rows[~_COLUMNAR[rows["kind"]]].tolist():
            time_us, mmsi, kind, offset, chars, bits, station, station_bytes = row
            self._others.append(
                OtherMessage(
                    time_us,
                    mmsi,
                    kind,
                    work[offset : offset + chars].tobytes(),
                    chars * 6 - bits,
                    plain_bytes(work[station : station + station_bytes][None].copy()).tobytes().decode("ascii"),
                )
            )

    @staticmethod
    def _one_or_many(parts: list[Decoded]) -> Decoded:
        """Several results as one."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return Decoded(_NO_POSITIONS, _NO_STATICS)
        return Decoded(
            PositionBatch.concat(part.positions for part in parts),
            StaticBatch.concat(part.statics for part in parts),
        )
