"""Mode S frames to columns: the one kernel that Beast, AVR and the JSON formats hand their frames to.

``ModeSDecoder.decode_frames`` takes frames that are already cut out and timed. It keeps the aircraft table between calls;
its counts are the ledger of its input: every frame given is decoded or rejected. A container format with units of its
own (heartbeats, garbage) counts them into the same ``counts``.

Rows come in the order of the frames, one for every accepted frame that names an aircraft. Flight names, emitter categories
and squawks become static rows (``message_type`` 101) when they change, or a minute after they were last said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.decode.adsb import aircraft as ac
from tracker.decode.adsb import kernel as k
from tracker.decode.adsb.aerodromes import sorted_places
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.rejects import SAMPLES_PER_CAUSE, RejectCause
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


@dataclass(frozen=True, slots=True)
class AircraftStatus:
    """What the aircraft alive have said about themselves, as columns in the order of ``craft``; -1 where they have not."""

    craft: NDArray[np.int64]
    last_us: NDArray[np.int64]
    version: NDArray[np.int64]
    nac_p: NDArray[np.int64]
    sil: NDArray[np.int64]
    emergency: NDArray[np.int64]


class ModeSDecoder:
    """Frames in, rows out.

    Surface positions of aircraft not seen flying before need to know roughly where: ``receiver_lat_deg, receiver_lon_deg``
    is the place of the receiver; ``aerodromes_deg`` are latitudes and longitudes ``[n, 2]`` of all aerodromes, used where
    that is not given. Without either such positions go out as "heard".
    """

    def __init__(
        self,
        source: int,
        *,
        receiver_lat_deg: float | None = None,
        receiver_lon_deg: float | None = None,
        aerodromes_deg: Any = None,
        counts: DecoderCounts | None = None,
    ) -> None:
        if (receiver_lat_deg is None) != (receiver_lon_deg is None):
            raise ValueError("give both receiver_lat_deg and receiver_lon_deg, or neither")
        self.source = source
        self.counts = DecoderCounts() if counts is None else counts
        self._aircraft = ac.AircraftTable()
        self._aerodromes = sorted_places(aerodromes_deg)
        self._receiver = np.array(
            [np.nan if place is None else place for place in (receiver_lat_deg, receiver_lon_deg)], np.float64
        )

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
        out_whole = np.empty((5, n), np.int64)
        out_place = np.empty((2, n), np.float64)
        out_real = np.empty((5, n), np.float32)
        out_code = np.empty((4, n), np.uint8)
        static_whole = np.empty((2, 2 * n), np.int64)  # a Comm-B reply may tell name and squawk
        static_text = np.empty((2 * n, 14), np.uint8)
        table = self._aircraft
        done = 0
        while True:
            done = k.decode_block(
                done,
                time_us,
                received_us,
                frames,
                is_long,
                table.keys,
                table.whole,
                table.real,
                table.meta,
                self._receiver,
                self._aerodromes,
                tally,
                out_whole,
                out_place,
                out_real,
                out_code,
                static_whole,
                static_text,
            )
            if done == n:
                break
            table.tidy(int(time_us[done]))
        self._count(tally, out_code[k.OUTCOME], frames, is_long, at)

        rows = int(tally[k.ROWS])
        craft = out_whole[k.CRAFT, :rows]
        if station is None:
            stations = np.zeros(rows, "S16")
        else:
            stations = station.astype("S16", copy=False)[out_whole[k.FRAME, :rows]]
        positions = PositionBatch(
            time_us=out_whole[k.TIME, :rows],
            received_us=out_whole[k.RECEIVED, :rows],
            craft=craft,
            segment=craft,
            source=np.full(rows, self.source, np.int32),
            station=stations,
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
            nac_p=np.full(rows, 255, np.uint8),
            sil=np.full(rows, 255, np.uint8),
            emergency=np.full(rows, 255, np.uint8),
            utc_second=np.full(rows, 255, np.uint8),
            fingerprint=out_whole[k.FINGERPRINT, :rows],
        )
        said = int(tally[k.STATICS])
        if said == 0:
            return Decoded(positions)
        frame = static_whole[0, :said]
        return Decoded(
            positions,
            static_rows(time_us[frame], received_us[frame], static_whole[1, :said], self.source, static_text[:said]),
        )

    def aircraft(self) -> AircraftStatus:
        """Version, accuracy, integrity and emergency state of every aircraft heard in the last quarter of an hour."""
        table = self._aircraft
        used = np.flatnonzero(table.keys != ac.EMPTY)
        used = used[np.argsort(table.keys[used])]
        keys, whole = table.keys[used], table.whole[used]
        craft = np.where(keys & ac.OTHER, other24_craft(keys & 0xFFFFFF), icao24_craft(keys & 0xFFFFFF))
        return AircraftStatus(
            craft=craft,
            last_us=whole[:, ac.LAST_US],
            version=whole[:, ac.VERSION],
            nac_p=whole[:, ac.NAC_P],
            sil=whole[:, ac.SIL],
            emergency=whole[:, ac.EMERGENCY],
        )

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
) -> StaticBatch:
    """Static rows of aircraft; ``text[n, 14]`` is flight name (8), squawk (4), emitter category (2)."""
    given: dict[str, Any] = {
        "time_us": time_us,
        "received_us": received_us,
        "craft": craft,
        "source": np.full(len(craft), source, np.int32),
        "message_type": np.full(len(craft), MESSAGE_TYPE_AIRBORNE, np.uint8),
        "call_sign": np.ascontiguousarray(text[:, :8]).view("S8")[:, 0],
        "squawk": np.ascontiguousarray(text[:, 8:12]).view("S4")[:, 0],
        "emitter_category": np.ascontiguousarray(text[:, 12:14]).view("S2")[:, 0],
    }
    for column in STATIC_COLUMNS:
        if column.name not in given:
            given[column.name] = np.full(len(craft), column.missing, column.dtype)
    return StaticBatch(**given)
