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
from tracker.decode.adsb.near_receiver import Receiver
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.constants import Constants, cut
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


_MISSING: Final = {column.name: np.full(1 << 10, column.missing, column.dtype) for column in STATIC_COLUMNS}
"""Columns of static rows that no aircraft says, to be cut from; nobody ever writes to them."""


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
        self._constants = Constants(source)
        self._aircraft = ac.AircraftTable()
        self._unplaced = un.Unplaced()
        self._aerodromes = sorted_places(aerodromes_deg)
        self._receiver = Receiver() if receiver is None else Receiver(*map(float, receiver))

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
        out = _new_out(n)
        names = np.zeros(n, "S16") if station is None else np.ascontiguousarray(station, "S16")
        given = k.Frames(time_us, received_us, frames, is_long, names.view(np.int64).reshape(n, 2))
        done = 0
        while True:
            done = k.decode_block(
                done, given, self._aircraft.table, self._unplaced.ring, self._receiver, self._aerodromes, out
            )
            if done == n:
                break
            if out.counted["positions"][0] >= len(out.station) - un.GIVE_OUT_MOST:
                out = _with_more_room(out)
            else:
                self._aircraft.tidy(int(time_us[done]))
        self._count(out.decoded, out.outcome, frames, is_long, at)
        count, said_count = out.counted[0].item()
        constants, craft = self._constants, out.whole[k.CRAFT, :count]
        forget_unset(out.place_deg[k.LAT, :count], out.place_deg[k.LON, :count], out.code[k.TYPE, :count])
        positions = PositionBatch(
            time_us=out.whole[k.TIME, :count],
            received_us=out.whole[k.RECEIVED, :count],
            craft=craft,
            segment=craft,
            source=cut(constants.source, count),
            station=out.station[:count].reshape(-1).view("S16"),
            message_type=out.code[k.TYPE, :count],
            lat_deg=out.place_deg[k.LAT, :count],
            lon_deg=out.place_deg[k.LON, :count],
            speed_kn=out.real[k.SPEED, :count],
            course_deg=out.real[k.COURSE, :count],
            heading_deg=out.real[k.HEADING, :count],
            altitude_ft=out.real[k.ALTITUDE, :count],
            vertical_rate_ftmin=out.real[k.RATE, :count],
            turn_degmin=cut(constants.no_rate, count),
            nav_status=cut(constants.no_code, count),
            on_ground=out.code[k.GROUND, :count].view(np.int8),
            nic=out.code[k.NIC, :count],
            nac_p=out.code[k.NAC_P, :count],
            sil=out.code[k.SIL, :count],
            emergency=out.code[k.EMERGENCY, :count],
            rebroadcast=out.code[k.REBROADCAST, :count],
            utc_second=cut(constants.no_code, count),
            fingerprint=out.whole[k.FINGERPRINT, :count],
            displaced=cut(constants.no_code, count),
        )
        if not said_count:
            return Decoded(positions)
        frame = out.said_whole[k.SAID_FRAME, :said_count]
        return Decoded(
            positions,
            static_rows(
                time_us[frame],
                received_us[frame],
                out.said_whole[k.SAID_CRAFT, :said_count],
                self.source,
                out.said_text[:said_count],
                adsb_version=out.said_version[:said_count],
                selected_altitude_ft=out.said_real[k.SAID_ALTITUDE, :said_count],
                selected_heading_deg=out.said_real[k.SAID_HEADING, :said_count],
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
        decoded_by_df: NDArray[np.int64],
        outcome: NDArray[np.uint8],
        frames: NDArray[np.uint8],
        is_long: NDArray[np.bool_],
        at: NDArray[np.int64] | None,
    ) -> None:
        counts = self.counts
        counts.units_in += len(outcome)
        decoded = 0
        for df in np.flatnonzero(decoded_by_df).tolist():
            number = int(decoded_by_df[df])
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


def _new_out(n: int) -> k.Out:
    """Room for what ``n`` frames give."""
    room = n + un.GIVE_OUT_MOST
    most = 2 * n  # a Comm-B reply may tell name and squawk
    return k.Out(
        np.empty(n, np.uint8), np.zeros(32, np.int64), np.zeros(1, k.COUNT),
        np.empty((4, room), np.int64), np.empty((2, room), np.float64), np.empty((5, room), np.float32), np.empty((7, room), np.uint8),
        np.empty((room, 2), np.int64),
        np.empty((2, most), np.int64), np.empty((2, most), np.float32), np.empty(most, np.uint8), np.empty((most, 14), np.uint8),
    )  # fmt: skip


def _with_more_room(out: k.Out) -> k.Out:
    """The same with room for as many positions again."""
    whole, place_deg, real, code = (
        np.concatenate([one, np.empty_like(one)], axis=1) for one in (out.whole, out.place_deg, out.real, out.code)
    )
    station = np.concatenate([out.station, np.empty_like(out.station)])
    return out._replace(whole=whole, place_deg=place_deg, real=real, code=code, station=station)


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
            given[column.name] = cut(_MISSING[column.name], len(craft))
    return StaticBatch(**given)
