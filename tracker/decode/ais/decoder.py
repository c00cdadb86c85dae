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
from tracker.decode.ais.columns import PositionArrays, StaticArrays, fill
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
_NO_STATIC_ARRAYS = StaticArrays(0)
_CLOCK_NAMES = {at.T_PGHP: "ais pghp", at.T_RMC: "nmea rmc", at.T_ZDA: "nmea zda"}
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
        zone = local_steps(times.zone)
        self._state = np.concatenate([np.zeros(at.STATE_SIZE, dtype=np.int64), *zone])
        self._state[at.ZONE_STEPS] = len(zone.offset_us)
        self._state[list(at.UNKNOWN_AT_FIRST)] = at.NO_TIME
        self._state[at.ORDER_SAID] = {"": 0, "dmy": at.DAY_FIRST, "mdy": at.MONTH_FIRST}[times.date_order]
        self._state[at.LOST_WEEKS] = len(times.lost_weeks)
        for place, (teller, lost_us) in enumerate(times.lost_weeks[: at.MOST_LOST]):
            self._state[at.LOST_WEEKS + 1 + 2 * place : at.LOST_WEEKS + 3 + 2 * place] = teller, lost_us
        reset_state(self._state)
        self._part = np.zeros(at.PART_SIZE, dtype=np.int64)
        self._tally = np.zeros(at.TALLY_SIZE, dtype=np.int64)
        self._rows = np.empty((_MAX_ROWS, at.ROW_SIZE), dtype=np.int64)
        self._words = np.zeros(MAX_WORDS, dtype=np.int64)
        self._samples = np.zeros((at.MAX_SAMPLES, 3), dtype=np.int64)
        self._sample_text = np.zeros((at.MAX_SAMPLES, at.SAMPLE_WIDTH), dtype=np.uint8)
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
        parts = self._piece(b"\n", self._received_us) if self._carry or self._state[at.SKIPPING] else []
        give_up_all(self._state, *self._slots, self._tally, self._samples, self._sample_text)
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
        line = int(self._state[at.LINE]) + 1
        unit, self._carry = self._carry + last, b""
        self._state[at.LINE] = line
        self._state[at.SKIPPING] = 0
        return line, unit

    def skip_to_line(self, line: int) -> None:
        """Count lines on from ``line``, for who gives them in another number than they had."""
        self._state[at.LINE] = line

    def snapshot(self) -> bytes:
        """What spans blocks, as bytes: the unfinished line, open messages, clocks, counts."""
        state = self._state[: at.STATE_SIZE].copy()
        state[at.SIDE] = state[at.FRESH_SLOT] = 0  # these and the next three say where things stand in memory
        state[[at.FREE_SLOT, at.OLDEST_SLOT, at.NEWEST_SLOT]] = -1
        tables = {
            "line": scalars(carry=self._carry, received_us=self._received_us),
            "state": vector_table(state),
            "open": open_messages(self._state, self._slots),
        }
        return pack(_KIND, _LAYOUT, tables | counts_tables(self.counts))

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        tables = unpack(_KIND, _LAYOUT, data)
        restore_vector(self._state[: at.STATE_SIZE], tables["state"])
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
        work, state = self._work, self._state
        if held:
            work[:held] = np.frombuffer(self._carry, dtype=np.uint8)
        work[held:end] = np.frombuffer(block, dtype=np.uint8)
        work[end : end + PAD_BYTES] = 10
        parts: list[Decoded] = []
        start = 0
        while True:
            state[at.SIDE] = self._side
            stop, n = walk(
                work,
                start,
                end,
                len(work) - PAD_BYTES,
                at.NO_TIME if received_us is None else received_us,
                self._said_us,
                state,
                self._part,
                self._rows,
                self._tally,
                self._samples,
                self._sample_text,
                *self._slots,
            )
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
        positions = PositionArrays(n)
        n_statics = int(self._tally[at.T_STATICS])
        statics = StaticArrays(n_statics) if n_statics else _NO_STATIC_ARRAYS
        self._tally[at.T_IMPOSSIBLE] = fill(
            self._work,
            self._rows,
            n,
            self._words,
            positions.i8,
            positions.f8,
            positions.f4,
            positions.u1,
            positions.station,
            statics.i8,
            statics.imo,
            statics.f4,
            statics.u1,
            statics.name,
            statics.call_sign,
            statics.destination,
        )
        return Decoded(
            positions.batch(received_us, self._constants),
            statics.batch(received_us, self._constants) if n_statics else _NO_STATICS,
        )

    def _keep(self, work: NDArray[np.uint8], stop: int, end: int) -> None:
        """Keep the unfinished line, or refuse it now if it is already too long."""
        if self._state[at.SKIPPING]:
            self._carry = b""
            return
        self._carry = work[stop:end].tobytes()
        if len(self._carry) > at.MAX_LINE_BYTES:
            self._state[at.LINE] += 1
            self._state[at.SKIPPING] = 1
            self.counts.units_in += 1
            cause = at.CAUSES[at.TOO_LONG]
            assert cause is not None
            self._state[at.SAMPLED + at.TOO_LONG] += 1
            self.counts.rejects.add(cause, int(self._state[at.LINE]), self._carry)
            self._carry = b""

    def _enter_counts(self) -> None:
        """Move the kernels' tally into the counts."""
        tally, counts = self._tally, self.counts
        changed = tally.nonzero()[0]
        for k, value in zip(changed.tolist(), tally[changed].tolist(), strict=True):
            if k >= at.T_REJECTS:
                cause = at.CAUSES[k - at.T_REJECTS]
                assert cause is not None
                counts.rejects.counts[cause] += value
            elif k >= at.T_TYPES:
                counts.messages[_MESSAGE_NAMES[k - at.T_TYPES]] += value
            elif k == at.T_UNITS_IN:
                counts.units_in += value
            elif k == at.T_UNITS_DECODED:
                counts.units_decoded += value
            elif k in _CLOCK_NAMES:
                counts.messages[_CLOCK_NAMES[k]] += value
            elif k == at.T_IMPOSSIBLE:
                counts.messages["ais impossible position"] += value
            elif k == at.T_SAMPLES:
                self._enter_samples(value)
        tally[changed] = 0
        self._enter_orders()

    def _enter_orders(self) -> None:
        """What dates of numbers alone have proven and whose clocks lost weeks, for whoever reads all of a file again."""
        for order, entry in (("dmy", at.DAYS_FIRST), ("mdy", at.MONTHS_FIRST)):
            if self._state[entry]:
                self.counts.date_orders[order] = int(self._state[entry])
        for k in range(int(self._state[at.LOST_WEEKS])):
            teller, lost_us = self._state[at.LOST_WEEKS + 1 + 2 * k : at.LOST_WEEKS + 3 + 2 * k].tolist()
            self.counts.lost_weeks[teller] = lost_us

    def _enter_samples(self, n: int) -> None:
        """Keep new samples of rejects; the kernels have counted them already."""
        for row in range(n):
            number, line, length = self._samples[row].tolist()
            cause = at.CAUSES[number]
            assert cause is not None
            self.counts.rejects.add(cause, line, self._sample_text[row, :length].tobytes(), count=0)

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
        for row in rows[~_COLUMNAR[rows[:, at.R_TYPE]]].tolist():
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
