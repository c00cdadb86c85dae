"""Mode S frames to columns: the one kernel that Beast, AVR and the JSON formats hand their frames to.

``ModeSDecoder.decode_frames`` takes frames that are already cut out and timed. It keeps the aircraft table between calls;
its counts are the ledger of its input: every frame given is decoded or rejected. A container format with units of its
own (heartbeats, garbage) counts them into the same ``counts``.

Rows come in the order of the frames, one for every accepted frame that names an aircraft. A position frame that cannot be placed yet is a
row that says "heard"; when the place becomes known a moment later (``unplaced.py``), it is a second row, before that of the frame that made
it known: of its own time, with its own fingerprint and its position. Of the two, tracks meet the position first (it sorts before) and drop
the other as the same message heard twice.

Flight names, emitter categories, squawks, versions and selected altitudes and headings become static rows (``message_type`` 101) when
they change, or a minute after they were last said.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.decode.adsb import aircraft as ac
from tracker.decode.adsb import kernel as k
from tracker.decode.adsb import unplaced as un
from tracker.decode.adsb.aerodromes import sorted_places
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.plain_text import plain_bytes
from tracker.decode.rejects import SAMPLES_PER_CAUSE, RejectCause
from tracker.decode.unset import forget_unset
from tracker.identity import icao24_craft, other24_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import STATIC_COLUMNS, StaticBatch

REJECT_OF_OUTCOME: Final = {
    k.BAD_PARITY: RejectCause.BAD_PARITY,
    k.UNKNOWN_ADDRESS: RejectCause.UNKNOWN_ADDRESS,
    k.UNKNOWN_MESSAGE: RejectCause.UNKNOWN_MESSAGE,
    k.TOO_SHORT: RejectCause.TOO_SHORT,
    k.BAD_IDENTITY: RejectCause.BAD_IDENTITY,
    k.IMPOSSIBLE_VALUE: RejectCause.IMPOSSIBLE_VALUE,
}


class ModeSDecoder:
    """Frames in, rows out.

    ``receiver``, its latitude, longitude and height in metres, places single frames near it, and surface positions of aircraft not seen
    flying before; ``aerodromes_deg`` are latitudes and longitudes ``[n, 2]`` of all aerodromes, used for these where that
    is not given. Without either such positions go out as "heard".
    """

    def __init__(
        self,
        source: int,
        *,
        receiver: tuple[float, float, float] | None = None,
        aerodromes_deg: Any = None,
        counts: DecoderCounts | None = None,
    ) -> None:
        self.source = source
        self.counts = DecoderCounts() if counts is None else counts
        self._aircraft = ac.AircraftTable()
        self._unplaced = un.Unplaced()
        self._aerodromes = sorted_places(aerodromes_deg)
        self._receiver = np.array((np.nan, np.nan, np.nan) if receiver is None else receiver, np.float64)

    def decode_frames(
        self,
        time_us: NDArray[np.int64],
        received_us: NDArray[np.int64],
        frames: NDArray[np.uint8],
        is_long: NDArray[np.bool_],
        station: NDArray[np.bytes_] | None = None,
        at: NDArray[np.int64] | None = None,
    ) -> Decoded:
        """Decode ``n`` frames of ``frames[n, 14]``; a short one fills the first seven bytes, whatever follows them.

        ``is_long`` says whether 14 bytes were received (a short format padded to 14 is taken as what it is). ``at`` is where
        each frame stood in the input (line or byte offset), for the samples of the rejects.
        """
        n = len(time_us)
        if n == 0:
            return Decoded()
        tally = np.zeros(k.TALLY, np.int64)
        room = n + un.GIVE_OUT_MOST
        out_whole = np.empty((4, room), np.int64)
        out_place = np.empty((2, room), np.float64)
        out_real = np.empty((5, room), np.float32)
        out_code = np.empty((k.OUT_CODES, room), np.uint8)
        out_station = np.empty((room, 2), np.int64)
        names = np.zeros(n, "S16") if station is None else np.ascontiguousarray(station, "S16")
        static_whole = np.empty((2, 2 * n), np.int64)  # a Comm-B reply may tell name and squawk
        static_real = np.empty((2, 2 * n), np.float32)
        static_code = np.empty(2 * n, np.uint8)
        static_text = np.empty((2 * n, 14), np.uint8)
        table, unplaced = self._aircraft, self._unplaced
        done = 0
        while True:
            done = k.decode_block(
                done,
                time_us,
                received_us,
                frames,
                is_long,
                names.view(np.int64).reshape(n, 2),
                table.keys,
                table.whole,
                table.real,
                table.meta,
                unplaced.next,
                unplaced.whole,
                unplaced.real,
                self._receiver,
                self._aerodromes,
                tally,
                out_whole,
                out_place,
                out_real,
                out_code,
                out_station,
                static_whole,
                static_real,
                static_code,
                static_text,
            )
            if done == n:
                break
            if tally[k.ROWS] >= room - un.GIVE_OUT_MOST:
                out_whole, out_place, out_real, out_code = (
                    np.concatenate([out, np.empty_like(out)], axis=1)
                    for out in (out_whole, out_place, out_real, out_code)
                )
                out_station = np.concatenate([out_station, np.empty_like(out_station)])
                room *= 2
            else:
                table.tidy(int(time_us[done]))
        self._count(tally, out_code[k.OUTCOME, :n], frames, is_long, at)

        rows = int(tally[k.ROWS])
        craft = out_whole[k.CRAFT, :rows]
        forget_unset(out_place[k.OUT_LAT, :rows], out_place[k.OUT_LON, :rows], out_code[k.OUT_TYPE, :rows])
        positions = PositionBatch(
            time_us=out_whole[k.TIME, :rows],
            received_us=out_whole[k.RECEIVED, :rows],
            craft=craft,
            segment=craft,
            source=np.full(rows, self.source, np.int32),
            station=out_station[:rows].reshape(-1).view("S16"),
            message_type=out_code[k.OUT_TYPE, :rows],
            lat_deg=out_place[k.OUT_LAT, :rows],
            lon_deg=out_place[k.OUT_LON, :rows],
            speed_kn=out_real[k.OUT_SPEED, :rows],
            course_deg=out_real[k.OUT_COURSE, :rows],
            heading_deg=out_real[k.OUT_HEADING, :rows],
            altitude_ft=out_real[k.OUT_ALTITUDE, :rows],
            vertical_rate_ftmin=out_real[k.OUT_RATE, :rows],
            turn_degmin=np.full(rows, np.nan, np.float32),
            nav_status=np.full(rows, 255, np.uint8),
            on_ground=out_code[k.OUT_GROUND, :rows].view(np.int8),
            nic=out_code[k.OUT_NIC, :rows],
            nac_p=out_code[k.OUT_NAC_P, :rows],
            sil=out_code[k.OUT_SIL, :rows],
            emergency=out_code[k.OUT_EMERGENCY, :rows],
            rebroadcast=out_code[k.OUT_REBROADCAST, :rows],
            utc_second=np.full(rows, 255, np.uint8),
            fingerprint=out_whole[k.FINGERPRINT, :rows],
            displaced=np.full(rows, 255, np.uint8),
        )
        said = int(tally[k.STATICS])
        if said == 0:
            return Decoded(positions)
        frame = static_whole[k.SAID_FRAME, :said]
        return Decoded(
            positions,
            static_rows(
                time_us[frame],
                received_us[frame],
                static_whole[k.SAID_CRAFT, :said],
                self.source,
                static_text[:said],
                adsb_version=static_code[:said],
                selected_altitude_ft=static_real[k.SAID_ALTITUDE, :said],
                selected_heading_deg=static_real[k.SAID_HEADING, :said],
            ),
        )

    def aircraft(self) -> NDArray[np.int64]:
        """Craft keys, ascending, of the aircraft heard in the last quarter of an hour."""
        keys = self._aircraft.keys[self._aircraft.keys != ac.EMPTY]
        return np.sort(np.where(keys & ac.OTHER, other24_craft(keys & 0xFFFFFF), icao24_craft(keys & 0xFFFFFF)))

    def tables(self) -> dict[str, pa.Table]:
        """What is remembered of aircraft, for the snapshot of whoever owns this decoder (and its counts)."""
        return self._aircraft.tables() | self._unplaced.tables()

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        self._aircraft.restore(tables)
        self._unplaced.restore(tables)

    def _count(
        self,
        tally: NDArray[np.int64],
        outcome: NDArray[np.uint8],
        frames: NDArray[np.uint8],
        is_long: NDArray[np.bool_],
        at: NDArray[np.int64] | None,
    ) -> None:
        counts = self.counts
        counts.units_in += len(outcome)
        decoded = 0
        for df in np.flatnonzero(tally[:32]).tolist():
            number = int(tally[df])
            counts.messages[f"mode s {df}"] += number
            decoded += number
        counts.units_decoded += decoded
        if decoded == len(outcome):
            return
        for code, refused in enumerate(np.bincount(outcome).tolist()):
            if refused == 0 or code not in REJECT_OF_OUTCOME:
                continue
            cause = REJECT_OF_OUTCOME[code]
            sampled = 0
            if counts.rejects.wants_sample(cause):
                for i in np.flatnonzero(outcome == code)[:SAMPLES_PER_CAUSE].tolist():
                    text = frames[i, : 14 if is_long[i] else 7].tobytes().hex()
                    counts.rejects.add(cause, -1 if at is None else int(at[i]), text)
                    sampled += 1
            if refused > sampled:
                counts.rejects.counts[cause] += refused - sampled


def static_rows(
    time_us: NDArray[np.int64],
    received_us: NDArray[np.int64],
    craft: NDArray[np.int64],
    source: int,
    text: NDArray[np.uint8],
    **more: NDArray[Any],
) -> StaticBatch:
    """Static rows of aircraft; ``text[n, 14]`` is flight name (8), squawk (4), emitter category (2); ``more`` further columns."""
    given: dict[str, Any] = {
        **more,
        "time_us": time_us,
        "received_us": received_us,
        "craft": craft,
        "source": np.full(len(craft), source, np.int32),
        "message_type": np.full(len(craft), MESSAGE_TYPE_AIRBORNE, np.uint8),
        "call_sign": plain_bytes(text[:, :8].copy()).view("S8")[:, 0],
        "squawk": plain_bytes(text[:, 8:12].copy()).view("S4")[:, 0],
        "emitter_category": plain_bytes(text[:, 12:14].copy()).view("S2")[:, 0],
    }
    for column in STATIC_COLUMNS:
        if column.name not in given:
            given[column.name] = np.full(len(craft), column.missing, column.dtype)
    return StaticBatch(**given)
