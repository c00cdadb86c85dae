"""A decoder that nothing stops: an exception costs the unit it was raised on, and the rest is decoded as if nothing had happened.

::

    block -> decoder -> rows
               | exception: the state before the block is put back, the block decoded in smaller pieces, down to the byte on which
               v            the exception comes; the unit that ends there is set aside (``program_fault``), and decoding goes on behind it

Rows are counted from the beginning of a line, and a later life counts them again in other blocks, so the outcome must not depend on how the bytes
are cut. It does not: a decoder gives the same rows for any cut, the pieces end at a single byte, and that byte is the same whatever the blocks were.
What a block raises only as a whole and no piece of it raises is no fault at all.

The state before a block is a snapshot of some blocks ago and the blocks since, decoded anew: a snapshot every ``_REMEMBERED_BYTES`` is all that it
costs while nothing happens. After ``FUSE`` faults in one line a further one costs everything up to the next multiple of ``_STRETCH_BYTES`` of the
line, so that a feed made to hurt cannot take all time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from streams.snapshot import bundle, bytes_table, scalars, table_bytes, unbundle
from tracker.decode.ais import AisDecoder, NmeaJsonDecoder
from tracker.decode.base import Decoded, Decoder, DecoderCounts
from tracker.decode.rejects import RejectCause
from tracker.faults import Fault, fault_of, panics_as_errors
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

FUSE: Final = 50
_LAYOUT: Final = 1
_REMEMBERED_BYTES: Final = 1 << 17
_REMEMBERED_BLOCKS: Final = 2_000
_STRETCH_BYTES: Final = 1 << 16
_FIRST_PIECE_BYTES: Final = 1 << 10
_MOST_FAULTS_TOLD: Final = 100


class GuardedDecoder:
    """A decoder behind a guard.

    Parameters
    ----------
    make:
        Makes a decoder that has seen nothing, always with the same options.
    with_others:
        Whether AIS messages without columns are wanted; they come in ``Decoded.others``.
    """

    def __init__(self, make: Callable[[], Decoder], *, with_others: bool = False) -> None:
        self._make, self._with_others = make, with_others
        self._decoder = make()
        self._fed_bytes = 0
        """Bytes of the line so far."""
        self._drop_to = 0
        """Nothing before this byte of the line is decoded."""
        self._kept: bytes | None = None
        """State before ``_since``; None is a decoder that has seen nothing."""
        self._since: list[tuple[bytes, Micros | None]] = []
        self._since_bytes = 0
        self._faults: list[Fault] = []
        self._noted = 0

    @property
    def counts(self) -> DecoderCounts:
        """What was counted since the line began."""
        return self._decoder.counts

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes. Raises nothing."""
        if self._fed_bytes < self._drop_to:
            dropped = min(len(block), self._drop_to - self._fed_bytes)
            self._fed_bytes += dropped
            block = block[dropped:]
        if not block:
            return Decoded()
        self._remember()
        try:
            decoded = self._decode(self._decoder, block, received_us)
        except Exception:
            decoded = self._in_pieces(block, received_us)
        else:
            self._since.append((block, received_us))
            self._since_bytes += len(block)
        self._fed_bytes += len(block)
        self._take_note()
        return decoded

    def flush(self) -> Decoded:
        """End of input. Raises nothing."""
        try:
            return self._flush(self._decoder)
        except Exception as exc:
            self._decoder = self._before()
            _set_aside(self._decoder, b"", exc)
        finally:
            self._take_note()
        try:
            return self._flush(self._decoder)
        except Exception:
            return Decoded()

    def snapshot(self) -> bytes:
        """The decoder's state, and where the line is."""
        about = table_bytes(scalars(fed_bytes=self._fed_bytes, drop_to=self._drop_to))
        return bundle("guard", _LAYOUT, {"about": about, "decoder": self._decoder.snapshot()})

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot in place of one's own."""
        parts = unbundle("guard", _LAYOUT, data)
        about = bytes_table(parts["about"]).to_pylist()[0]
        decoder = self._make()
        decoder.restore(parts["decoder"])
        self._decoder, self._kept = decoder, parts["decoder"]
        self._fed_bytes, self._drop_to = about["fed_bytes"], about["drop_to"]
        self._since, self._since_bytes = [], 0
        self._noted = decoder.counts.rejects.counts[RejectCause.PROGRAM_FAULT]

    def take_faults(self) -> list[Fault]:
        """Faults since this was asked last, at most ``_MOST_FAULTS_TOLD``; all are counted among the rejects."""
        faults, self._faults = self._faults, []
        return faults

    def _decode(self, decoder: Decoder, block: bytes, received_us: Micros | None) -> Decoded:
        with panics_as_errors():
            return self._with(decoder, decoder.decode(block, received_us))

    def _flush(self, decoder: Decoder) -> Decoded:
        with panics_as_errors():
            return self._with(decoder, decoder.flush())

    def _with(self, decoder: Decoder, decoded: Decoded) -> Decoded:
        if self._with_others and isinstance(decoder, AisDecoder | NmeaJsonDecoder):
            taken = decoder.take_others()
            return replace(decoded, others=tuple(taken)) if taken else decoded
        return decoded

    def _remember(self) -> None:
        """Begin a new stretch of blocks once the present one is long."""
        if self._since_bytes < _REMEMBERED_BYTES and len(self._since) < _REMEMBERED_BLOCKS:
            return
        try:
            self._kept = self._decoder.snapshot()
        except Exception as exc:
            # a state that cannot be put away could not be had back either: begin anew, and say so
            counts = self._decoder.counts
            self._decoder = self._make()
            _take_over(self._decoder.counts, counts)
            _count(self._decoder, exc, self._fed_bytes, b"")
            self._kept = _state_of(self._decoder)
        self._since, self._since_bytes = [], 0

    def _before(self) -> Decoder:
        """A decoder as the present one was before the block in hand."""
        decoder = self._restored(self._kept)
        for block, received_us in self._since:
            with suppress(Exception):  # it went well once; if memory was short just now, the block is lost and no more
                self._decode(decoder, block, received_us)
        return decoder

    def _restored(self, state: bytes | None) -> Decoder:
        decoder = self._make()
        if state is not None:
            decoder.restore(state)
        return decoder

    def _in_pieces(self, block: bytes, received_us: Micros | None) -> Decoded:
        """Decode a block that raises as a whole."""
        decoder = self._before()
        parts: list[Decoded] = []
        at, size, raises_at = 0, len(block) // 2, len(block)
        while at < len(block):
            size = max(1, min(size, len(block) - at))
            state = _state_of(decoder)
            try:
                parts.append(self._decode(decoder, block[at : at + size], received_us))
            except Exception as exc:
                decoder = self._restored(state)
                if size > 1:
                    raises_at = at + size
                    size //= 2
                    continue
                _set_aside(decoder, block[at : at + 1], exc)
                at, size, raises_at = at + 1, _FIRST_PIECE_BYTES, 0
                if decoder.counts.rejects.counts[RejectCause.PROGRAM_FAULT] >= FUSE:
                    end = self._fed_bytes + at
                    self._drop_to = -(-end // _STRETCH_BYTES) * _STRETCH_BYTES
                    at = min(len(block), at + self._drop_to - end)
                continue
            at += size
            size = (raises_at - at) // 2 if at < raises_at else 2 * size
        self._decoder, self._kept = decoder, _state_of(decoder)
        self._since, self._since_bytes = [], 0
        return Decoded(
            PositionBatch.concat(part.positions for part in parts),
            StaticBatch.concat(part.statics for part in parts),
            tuple(other for part in parts for other in part.others),
        )

    def _take_note(self) -> None:
        """Keep what was set aside since, by us or by the decoder itself, for whoever tells it."""
        rejects = self._decoder.counts.rejects
        new = rejects.counts[RejectCause.PROGRAM_FAULT] - self._noted
        if new <= 0:
            return
        self._noted += new
        samples = [sample for sample in rejects.samples if sample.cause is RejectCause.PROGRAM_FAULT]
        error, _, place = samples[-1].note.rpartition(" at ")
        self._faults.append(Fault("decoder", error, place, samples[-1].text, new))
        del self._faults[_MOST_FAULTS_TOLD:]


def _set_aside(decoder: Decoder, last: bytes, exc: Exception) -> None:
    """The unit that ends with ``last``, in a decoder that has not seen that byte."""
    at, unit = decoder.skip_unit(last)
    _count(decoder, exc, at, unit)


def _count(decoder: Decoder, exc: Exception, at: int, unit: bytes) -> None:
    decoder.counts.units_in += 1
    decoder.counts.rejects.add(RejectCause.PROGRAM_FAULT, at, unit, fault_of(exc, "decoder").note())


def _state_of(decoder: Decoder) -> bytes | None:
    try:
        return decoder.snapshot()
    except Exception:  # then what it gives next stands against a decoder that has seen nothing
        return None


def _take_over(counts: DecoderCounts, others: DecoderCounts) -> None:
    counts.units_in, counts.units_decoded = others.units_in, others.units_decoded
    counts.messages = others.messages
    counts.rejects.restore(others.rejects.counts, others.rejects.samples)
