"""What Beast and AVR share: bytes of a receiver in blocks cut anywhere, frames handed to ``ModeSDecoder`` with times of its clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tracker.decode.adsb.clock import ReceiverClock
from tracker.decode.adsb.decoder import ModeSDecoder
from tracker.decode.base import Decoded, DecoderCounts
from tracker.units import Micros


class FrameStream(ABC):
    """A stream of frames. ``start_time_us`` is when a replay begins; without it, 2000-01-01. The rest as for ``ModeSDecoder``."""

    def __init__(
        self,
        source: int,
        *,
        start_time_us: int | None = None,
        gps_clock: bool = False,
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
        self._clock = ReceiverClock(start_time_us, gps_clock=gps_clock)
        self._tail = b""

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the stream."""
        return self._decode(block, received_us, last=False)

    def flush(self) -> Decoded:
        """What the input broke off in is truncated."""
        return self._decode(b"", None, last=True)

    @abstractmethod
    def _decode(self, block: bytes, received_us: Micros | None, *, last: bool) -> Decoded:
        """Frames of the bytes held and the new ones; with ``last`` nothing more will come."""
