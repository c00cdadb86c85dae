"""The one interface behind which every format sits: blocks of bytes in, columns out.

A decoder is a pure object that keeps what spans blocks (an unfinished line, open fragments, CPR pairs).
It knows no file, socket or clock. Drive it so::

    decoder = AisDecoder(source=0)
    for block in blocks:                       # any cut of the stream, also inside a line
        use(decoder.decode(block, received_us=now_us))
    use(decoder.flush())                       # end of input: the last line, fragments that never completed

``Decoded`` holds what the block gave. The ledger ``units_in == units_decoded + rejects`` holds over the whole
input once ``flush`` was called; in between, units may still be open.

Between two calls a decoder may be put away and another one take its place, at any cut, also inside a line or frame::

    kept = decoder.snapshot()
    decoder = AisDecoder(source=0)             # the same options as before
    decoder.restore(kept)                      # goes on as if nothing had happened
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Protocol

from tracker.decode.rejects import RejectTally
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

MIN_TIME_US: Final = 631_152_000_000_000
"""1990-01-01: no AIS or ADS-B was transmitted before it; earlier times are rejects (``bad_time``)."""
MAX_TIME_US: Final = 4_102_444_800_000_000
"""2100-01-01."""


@dataclass(frozen=True, slots=True)
class OtherMessage:
    """A sound AIS message of a type that has no columns. ``payload`` is its armoured characters."""

    time_us: int
    mmsi: int
    message_type: int
    payload: bytes
    fill_bits: int
    station: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one block gave. Rows are in the order of the input."""

    positions: PositionBatch = field(default_factory=PositionBatch.empty)
    statics: StaticBatch = field(default_factory=StaticBatch.empty)
    others: tuple[OtherMessage, ...] = ()
    """Filled by who keeps them (``AisDecoder.take_others``); a decoder leaves it empty."""


@dataclass(slots=True)
class DecoderCounts:
    """Running counts of one input."""

    units_in: int = 0
    units_decoded: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    """Decoded messages by name: ``ais 1`` .. ``ais 27``, ``mode s 17``, ``row``."""
    rejects: RejectTally = field(default_factory=RejectTally)
    date_orders: Counter[str] = field(default_factory=Counter)
    """Dates of numbers alone that can only be read one way, ``dmy`` or ``mdy``: whoever has all of a file reads it again so."""
    lost_weeks: dict[int, Micros] = field(default_factory=dict)
    """Who told the clock of an input first, and how far he was behind for a rollover of GPS weeks: as ``InputTimes.lost_weeks``."""

    def forget(self) -> None:
        """Count from nothing, in place: a decoder may share them with one inside it. What dates and clocks have proven stays."""
        self.units_in = self.units_decoded = 0
        self.messages.clear()
        self.rejects.restore({}, ())


class Decoder(Protocol):
    """A stateful, pure decoder of one input."""

    counts: DecoderCounts

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the input.

        ``received_us`` is when the block was received; None in a replay, where receive time is event time. It also
        serves as event time for units that carry none.
        """
        ...

    def flush(self) -> Decoded:
        """End of input: decode what is left, reject what can no longer be completed."""
        ...

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished unit, which ends with ``last``, a byte not given yet; nothing else changes, and nothing is counted.

        For ``tracker.decode.guard``. Gives where the unit was (as in ``RejectSample.at``) and what there was of it.
        """
        ...

    def snapshot(self) -> bytes:
        """All that spans blocks and the counts, as Arrow bytes with a layout number (``streams.snapshot``).

        Only what is in use is stored. What the last call gave is no part of it: take that first (``take_others`` too).
        """
        ...

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot in place of one's own; ``SnapshotError`` for one of another format or layout."""
        ...
