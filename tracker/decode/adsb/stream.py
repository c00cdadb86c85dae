"""What Beast and AVR share: bytes of a receiver in blocks cut anywhere, frames handed to ``ModeSDecoder`` with times of its clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from streams.snapshot import pack, scalars, unpack
from tracker.decode.adsb.clock import ReceiverClock
from tracker.decode.adsb.decoder import ModeSDecoder
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.snapshots import counts_tables, restore_counts, restore_vector, scalars_of, vector_table
from tracker.units import Micros

_LAYOUT = 1


class FrameStream(ABC):
    """A stream of frames. ``times.undated_us`` is when a replay begins; without it, 2000-01-01. The rest as for ``ModeSDecoder``."""

    KIND: ClassVar[str]
    """Kind of its snapshots."""

    def __init__(
        self,
        source: int,
        *,
        times: InputTimes = NOTHING_SAID,
        receiver_lat_deg: float | None = None,
        receiver_lon_deg: float | None = None,
        aerodromes_deg: Any = None,
    ) -> None:
        self.counts = DecoderCounts()
        self._mode_s = ModeSDecoder(
            source,
            receiver_lat_deg=receiver_lat_deg,
            receiver_lon_deg=receiver_lon_deg,
            aerodromes_deg=aerodromes_deg,
            counts=self.counts,
        )
        self._clock = ReceiverClock(times.undated_us, gps_clock=times.beast_clock == "gps")
        self._tail = b""
        self._state = np.zeros(2, np.int64)
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

    @abstractmethod
    def _decode(self, block: bytes, received_us: Micros | None, *, last: bool) -> Decoded:
        """Frames of the bytes held and the new ones; with ``last`` nothing more will come."""
