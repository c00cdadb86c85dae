"""What Beast and AVR share: bytes of a receiver in blocks cut anywhere, frames handed to ``ModeSDecoder`` with times of its clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import pack, scalars, unpack
from tracker.decode.adsb.clock import ReceiverClock
from tracker.decode.adsb.decoder import ModeSDecoder
from tracker.decode.adsb.which_clock import MOST_LISTENED_BYTES
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.rejects import RejectCause
from tracker.decode.snapshots import counts_tables, restore_counts, restore_vector, scalars_of, vector_table
from tracker.units import Micros

_LAYOUT = 2


class Frames(NamedTuple):
    """``n`` frames cut out of a stream."""

    frames: NDArray[np.uint8]
    """``[n, 14]``"""
    is_long: NDArray[np.bool_]
    stamps: NDArray[np.int64]
    """48 bits each, ``NO_STAMP`` where there is none."""
    stations: NDArray[np.int64]
    station_texts: NDArray[np.bytes_] | None
    at: NDArray[np.int64]
    """Byte offset or line."""
    clock: str = ""
    """``12mhz`` or ``gps`` where the receiver itself says it."""


class Cut(NamedTuple):
    """Columns of frames to be filled by the kernel that cuts them out of bytes."""

    bytes: NDArray[np.uint8]
    """``[n, 14]``"""
    is_long: NDArray[np.bool_]
    stamp: NDArray[np.int64]
    station: NDArray[np.int64]
    """The receiver's id, 0 for none."""
    at: NDArray[np.int64]


def new_cut(room: int) -> Cut:
    """Room for so many frames."""
    stamp, station, at = np.empty(room, np.int64), np.zeros(room, np.int64), np.empty(room, np.int64)
    return Cut(np.empty((room, 14), np.uint8), np.empty(room, np.bool_), stamp, station, at)


class FrameStream(ABC):
    """A stream of frames. ``times.undated_us`` is when a replay begins; without it every frame of a replay is refused (``no_time``).

    The rest as for ``ModeSDecoder``.
    """

    KIND: ClassVar[str]
    """Kind of its snapshots."""

    def __init__(
        self,
        source: int,
        *,
        times: InputTimes = NOTHING_SAID,
        aerodromes_deg: Any = None,
    ) -> None:
        self.counts = DecoderCounts()
        self._mode_s = ModeSDecoder(
            source,
            receiver=times.receiver,
            aerodromes_deg=aerodromes_deg,
            counts=self.counts,
        )
        self._is_dated = times.undated_us is not None
        self._clock = ReceiverClock(times.undated_us, times.beast_clock)
        self._tail = b""
        self._state = np.zeros(3, np.int64)
        """What the kernel that cuts frames keeps."""
        self._offset = 0
        """Bytes of the stream that are done with."""

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the stream."""
        return self._decode(block, received_us, last=False)

    def flush(self) -> Decoded:
        """What the input broke off in is truncated."""
        return self._decode(b"", None, last=True)

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished frame."""
        at, unit = self._offset, self._tail + last
        self._tail = b""
        self._pass_over(unit)
        return at, unit

    def _pass_over(self, unit: bytes) -> None:
        """Count bytes that are done with."""
        self._offset += len(unit)

    def snapshot(self) -> bytes:
        """What spans blocks, as bytes: the unfinished frame, receiver clocks, aircraft, counts."""
        tables = {"stream": scalars(tail=self._tail, offset=self._offset), "state": vector_table(self._state)}
        return pack(
            self.KIND,
            _LAYOUT,
            tables | self._clock.tables() | self._mode_s.tables() | counts_tables(self.counts),
        )

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        tables = unpack(self.KIND, _LAYOUT, data)
        stream = scalars_of(tables["stream"])
        self._tail, self._offset = stream["tail"], stream["offset"]
        restore_vector(self._state, tables["state"])
        self._clock.restore(tables)
        self._mode_s.restore(tables)
        restore_counts(self.counts, tables)

    def listen(self, block: bytes) -> str:
        """Which clock stamps the frames (``which_clock``), empty while it is not settled; nothing is decoded."""
        cut = self._cut(block, last=False)
        if cut.clock:
            self._clock.which.told(cut.clock)
        self._clock.which.weigh(cut.stamps, None)
        return self._clock.which.name

    def _decode(self, block: bytes, received_us: Micros | None, *, last: bool) -> Decoded:
        cut = self._cut(block, last=last)
        n = len(cut.at)
        if n == 0:
            return Decoded()
        if received_us is None and not self._is_dated:
            return self._refuse(cut)
        if received_us is not None and cut.clock and not self._clock.which.name:
            self._clock.which.told(cut.clock)
        time_us = self._clock.times(cut.stamps, cut.stations, received_us)
        received = time_us if received_us is None else np.full(n, received_us, np.int64)
        return self._mode_s.decode_frames(time_us, received, cut.frames, cut.is_long, cut.station_texts, cut.at)

    def _refuse(self, cut: Frames) -> Decoded:
        """Nobody said when the recording began."""
        rejects, n = self.counts.rejects, len(cut.at)
        self.counts.units_in += n
        rejects.counts[RejectCause.NO_TIME] += n
        for k in range(n):
            if not rejects.wants_sample(RejectCause.NO_TIME):
                break
            frame = cut.frames[k, : 14 if cut.is_long[k] else 7].tobytes()
            rejects.add(RejectCause.NO_TIME, int(cut.at[k]), frame.hex(), count=0)
        return Decoded()

    @abstractmethod
    def _cut(self, block: bytes, *, last: bool) -> Frames:
        """Frames of the bytes held and the new ones; with ``last`` nothing more will come."""


def settled_clock(stream: FrameStream, blocks: Iterable[bytes]) -> str:
    """Which clock stamped a recording: ``gps``, else ``12mhz``. ``stream`` is used up; ``MOST_LISTENED_BYTES`` are read at most."""
    left = MOST_LISTENED_BYTES
    for block in blocks:
        clock = stream.listen(block[:left])
        left -= len(block)
        if clock or left <= 0:
            return clock or "12mhz"
    return "12mhz"
