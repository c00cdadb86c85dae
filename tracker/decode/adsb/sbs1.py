"""SBS-1 (BaseStation) lines: 22 comma-separated fields of what another program has decoded already.

=====  =====================================================  =====  ==================================
field  what                                                   field  what
=====  =====================================================  =====  ==================================
1      MSG, MLAT (SEL, ID, AIR, STA, CLK no report)            14     track, degrees
2      1-8: which frame it came from                          15     latitude
5      address, six hex digits; ``~`` before one not ICAO's   16     longitude
7, 8   date ``2024/06/06``, time ``08:58:39.147``, generated  17     vertical rate, ft/min
9, 10  the same, logged                                       18     squawk
11     flight name                                            20     emergency: other than 0 is one
12     altitude, ft                                           22     on ground: -1 or 1 yes, 0 no
13     ground speed, kn
=====  =====================================================  =====  ==================================

(woodair.net Barebones42 socket data; readsb net_io.c.) What senders do differently, and what is done about it:

* The times are the sender's local time with no zone, and BaseStation delayed free users by five minutes: live, a line gets
  the time it was received; in a replay the generated time counts, the logged one where that is missing, in the zone that
  somebody says, else as UTC. Some write dates in the manner of their country: ``tracker.decode.written_times``.
* mlat-client (``ext_basestation``) writes MLAT for MSG where others worked out the position: ``rebroadcast`` 3.
* A latitude or longitude of exactly 0 means none. ``H`` behind an altitude marks a geometric one and is read over.
* mlat-server puts other numbers into fields 19 and 20; they are not read. Some fill every field in every line: what
  a line carries decides what it is, the number in field 2 only tells a velocity from other lines without a position.

The format has neither CPR nor parity: positions are taken as they stand, and there are no bits to recognise a
message heard twice by (``fingerprint`` 0). Speed, course, vertical rate and altitude not older than 10 s are put into position rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.snapshot import pack, scalars, unpack
from tracker.decode.adsb import sbs1_line as line
from tracker.decode.adsb.aircraft import AircraftTable
from tracker.decode.adsb.decoder import static_rows
from tracker.decode.adsb.kernel import COUNT
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.rejects import RejectCause
from tracker.decode.snapshots import counts_tables, restore_counts, scalars_of
from tracker.decode.unset import forget_unset
from tracker.decode.written_times import AMBIGUOUS_TIME, NO_TIME, column_times_us, in_zone
from tracker.positions import PositionBatch
from tracker.units import Micros

MAX_LINE_BYTES: Final = 400
_KIND: Final = "decoder.sbs1"
_LAYOUT: Final = 1
_CAUSES: Final = {
    line.UNKNOWN: RejectCause.UNKNOWN_SENTENCE,
    line.BAD_ROW: RejectCause.BAD_ROW,
    line.BAD_IDENTITY: RejectCause.BAD_IDENTITY,
    line.BAD_TIME: RejectCause.BAD_TIME,
    line.NO_TIME: RejectCause.NO_TIME,
    line.AMBIGUOUS: RejectCause.AMBIGUOUS_DATE,
    line.IMPOSSIBLE: RejectCause.IMPOSSIBLE_VALUE,
}


class Sbs1Decoder:
    """SBS-1 lines in, rows out."""

    def __init__(self, source: int, *, times: InputTimes = NOTHING_SAID) -> None:
        self.counts = DecoderCounts()
        self._times = times
        self.source = source
        self._aircraft = AircraftTable()
        self._tail = b""
        self._overlong = False
        self._line = 0

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the stream."""
        data = self._tail + block if self._tail else block
        stop = data.rfind(b"\n") + 1
        self._tail = data[stop:]
        decoded = self._decode(data[:stop], received_us) if stop else Decoded()
        if len(self._tail) > MAX_LINE_BYTES:
            if not self._overlong:
                self._overlong = True
                self._too_long(self._line + 1, self._tail)
            self._tail = b""
        return decoded

    def flush(self) -> Decoded:
        """The last line, if it has no end."""
        data, self._tail = self._tail, b""
        return self._decode(data + b"\n", None) if data else Decoded()

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished line."""
        self._line += 1
        unit, self._tail, self._overlong = self._tail + last, b"", False
        return self._line, unit

    def snapshot(self) -> bytes:
        """What spans blocks, as bytes: the unfinished line, aircraft, counts."""
        stream = scalars(tail=self._tail, overlong=self._overlong, line=self._line)
        return pack(_KIND, _LAYOUT, {"stream": stream} | self._aircraft.tables() | counts_tables(self.counts))

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        tables = unpack(_KIND, _LAYOUT, data)
        stream = scalars_of(tables["stream"])
        self._tail, self._overlong, self._line = stream["tail"], stream["overlong"], stream["line"]
        self._aircraft.restore(tables)
        restore_counts(self.counts, tables)

    def _too_long(self, number: int, text: bytes) -> None:
        self.counts.units_in += 1
        self.counts.rejects.add(RejectCause.TOO_LONG, number, text)

    def _decode(self, text: bytes, received_us: Micros | None) -> Decoded:
        data = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(data == 0x0A)
        lines = np.empty((len(ends), 2), np.int64)
        lines[1:, 0] = ends[:-1] + 1
        lines[0, 0] = 0
        lines[:, 1] = ends
        lines[:, 1] -= (lines[:, 1] > lines[:, 0]) & (data[np.maximum(ends - 1, 0)] == 0x0D)
        number = self._line + 1 + np.arange(len(lines))
        self._line += len(lines)
        keep = lines[:, 1] > lines[:, 0]
        if self._overlong:  # the rest of a line refused before
            self._overlong = False
            keep[0] = False
        for k in np.flatnonzero(keep & (lines[:, 1] - lines[:, 0] > MAX_LINE_BYTES)).tolist():
            keep[k] = False
            self._too_long(int(number[k]), text[lines[k, 0] : lines[k, 1]])
        return self._rows(data, lines[keep], number[keep], received_us)

    def _rows(
        self, data: NDArray[np.uint8], lines: NDArray[np.int64], number: NDArray[np.int64], received_us: int | None
    ) -> Decoded:
        n = len(lines)
        out = line.Out(
            np.empty(n, np.uint8), np.zeros(1, COUNT), np.empty((2, n), np.int64), np.empty((6, n), np.float64), np.empty((4, n), np.uint8),
            np.empty((2, n), np.int64), np.empty((n, 14), np.uint8),
        )  # fmt: skip
        times = self._line_times(data, lines) if received_us is None else np.full(n, received_us, np.int64)
        given = _lines_of(data, lines, times)
        done = 0
        while True:
            done = line.read_lines(done, given, self._aircraft.table, out)
            if done == n:
                break
            self._aircraft.tidy(int(times[done]))
        self._count(data, lines, number, out.outcome)
        count, said_count = out.counted[0].item()
        forget_unset(out.real[line.LAT, :count], out.real[line.LON, :count], out.code[line.TYPE, :count])
        positions = PositionBatch.of(
            out.whole[line.TIME, :count],
            out.whole[line.CRAFT, :count],
            out.real[line.LAT, :count],
            out.real[line.LON, :count],
            source=self.source,
            message_type=out.code[line.TYPE, :count],
            speed_kn=out.real[line.SPEED, :count],
            course_deg=out.real[line.COURSE, :count],
            altitude_ft=out.real[line.ALTITUDE, :count],
            vertical_rate_ftmin=out.real[line.RATE, :count],
            on_ground=out.code[line.GROUND, :count].view(np.int8),
            rebroadcast=out.code[line.SENDER, :count],
            emergency=out.code[line.EMERGENCY, :count],
        )
        said_us, said_craft = out.said_whole[:, :said_count]
        return Decoded(positions, static_rows(said_us, said_us, said_craft, self.source, out.said_text[:said_count]))

    def _line_times(self, data: NDArray[np.uint8], lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """UTC of each line of a replay, or one of ``sbs1_line``'s words for none."""
        said = self._times
        local = np.empty(len(lines), np.int64)
        line.read_times(_lines_of(data, lines, local))
        times = in_zone(local, said.zone)
        times = np.where(times == AMBIGUOUS_TIME, line.AMBIGUOUS_US, times)
        times = np.where(times == NO_TIME, line.UNREAD_US, times)
        times = np.where(local < 0, local, times)
        unread = np.flatnonzero(local == line.UNREAD_US)
        for date, clock in ((6, 7), (8, 9)) if len(unread) else ():
            texts = []
            for start, stop in lines[unread].tolist():
                fields = data[start:stop].tobytes().decode("ascii", "replace").split(",", clock + 1)
                texts.append(f"{fields[date]} {fields[clock]}")
            read = column_times_us(
                pl.Series(texts, dtype=pl.String), said.date_order, said.zone, self.counts.date_orders
            )
            times[unread] = np.where(
                read == AMBIGUOUS_TIME, line.AMBIGUOUS_US, np.where(read == NO_TIME, times[unread], read)
            )
            unread = unread[read == NO_TIME]
        if said.undated_us is not None:
            times[local == line.UNTOLD_US] = said.undated_us
        return times

    def _count(
        self,
        data: NDArray[np.uint8],
        lines: NDArray[np.int64],
        number: NDArray[np.int64],
        outcome: NDArray[np.uint8],
    ) -> None:
        counts = self.counts
        counts.units_in += len(outcome)
        by_outcome = np.bincount(outcome, minlength=line.AMBIGUOUS + 1).tolist()
        for code, name in ((line.OK, "sbs msg"), (line.OTHER, "sbs other")):
            if by_outcome[code]:
                counts.messages[name] += by_outcome[code]
                counts.units_decoded += by_outcome[code]
        for code, cause in _CAUSES.items():
            for k in np.flatnonzero(outcome == code).tolist() if by_outcome[code] else ():
                if not counts.rejects.wants_sample(cause):
                    counts.rejects.counts[cause] += by_outcome[code]
                    break
                counts.rejects.add(cause, int(number[k]), data[lines[k, 0] : lines[k, 1]].tobytes())
                by_outcome[code] -= 1


def _lines_of(data: NDArray[np.uint8], lines: NDArray[np.int64], time_us: NDArray[np.int64]) -> line.Lines:
    return line.Lines(data, np.ascontiguousarray(lines[:, 0]), np.ascontiguousarray(lines[:, 1]), time_us)
