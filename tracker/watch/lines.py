"""A line: one stream of bytes of a source (a connection, a file, a partition), with its decoder and how far it is.

The decoder is chosen by the settings or by the first bytes. Rows, static reports and other messages are counted from the beginning of the line:
decoding does not depend on how bytes are cut, so a count names the same row in every life of the program. After a restart that is how
what the store already has is told from what it has not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa

from streams.snapshot import bundle, bytes_table, table_bytes, unbundle
from streams.source import Chunk
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded, Decoder, DecoderCounts
from tracker.decode.recognise import InputKind, make_decoder, recognise
from tracker.errors import UnknownFormatError
from tracker.store.watch_state import Progress
from tracker.units import Micros

_LAYOUT: Final = 2
_KIND_OF: Final = {
    "nmea": InputKind.NMEA,
    "beast": InputKind.BEAST,
    "avr": InputKind.AVR,
    "sbs1": InputKind.SBS1,
    "json": InputKind.JET1090,
}
MOST_SNIFFED_BYTES: Final = 1 << 16
"""A stream whose first bytes nobody recognises is taken for sentences, so that it is counted line by line."""
_STREAMED: Final = frozenset(InputKind) - {InputKind.POSITIONS_PARQUET}


@dataclass(slots=True)
class Line:
    """One stream of bytes. ``number`` is its number in batches, ``name`` the one in the store."""

    number: int
    source: str
    part: str
    name: str
    feed: str
    format: str
    zone_offset_s: int = 0
    gps_clock: bool = False
    aerodromes_deg: Any = None
    progress: Progress = field(default_factory=Progress)
    decoder: Decoder | None = None
    kind: InputKind | None = None
    sniffed: bytes = b""
    last_heard_us: int | None = None
    """Monotonic instant of the last bytes; the driver's."""

    @property
    def counts(self) -> DecoderCounts:
        """What the decoder has counted since the line began."""
        return self.decoder.counts if self.decoder is not None else DecoderCounts()

    def decode(self, chunk: Chunk) -> Decoded:
        """The rows a chunk completes; the line's position is after it."""
        self.progress.position = chunk.position
        data = chunk.data
        if self.decoder is None:
            data = self._choose(data)
        if self.decoder is None or not data:
            return Decoded()
        decoded = self.decoder.decode(data, received_us=Micros(chunk.received_us))
        if isinstance(self.decoder, AisDecoder):
            decoded = replace(decoded, others=tuple(self.decoder.take_others()))
        return decoded

    def take(self, decoded: Decoded) -> None:
        """Count what was handed on."""
        self.progress.rows += len(decoded.positions)
        self.progress.statics += len(decoded.statics)
        self.progress.others += len(decoded.others)

    def snapshot(self) -> bytes:
        """Everything but the names, as Arrow."""
        p = self.progress
        about = pa.table(
            {
                "position": [p.position], "rows": [p.rows], "statics": [p.statics], "others": [p.others],
                "kind": pa.array([None if self.kind is None else str(self.kind)], pa.string()),
                "sniffed": pa.array([self.sniffed], pa.binary()),
            }
        )  # fmt: skip
        decoder = b"" if self.decoder is None else self.decoder.snapshot()
        return bundle("line", _LAYOUT, {"about": table_bytes(about), "decoder": decoder})

    def restore(self, snapshot: bytes) -> None:
        """The inverse of :meth:`snapshot`."""
        parts = unbundle("line", _LAYOUT, snapshot)
        about = bytes_table(parts["about"]).to_pylist()[0]
        self.progress = Progress(about["position"], about["rows"], about["statics"], about["others"])
        self.sniffed = about["sniffed"]
        if about["kind"] is not None:
            self._begin(InputKind(about["kind"]))
            assert self.decoder is not None
            self.decoder.restore(parts["decoder"])

    def _choose(self, data: bytes) -> bytes:
        """Choose the decoder; the bytes to decode, none while it cannot be told yet."""
        if self.format != "auto":
            self._begin(_KIND_OF[self.format])
            return data
        self.sniffed += data
        try:
            kind = recognise(self.sniffed, self.name)
        except UnknownFormatError:
            if len(self.sniffed) < MOST_SNIFFED_BYTES:
                return b""
            kind = InputKind.NMEA
        data, self.sniffed = self.sniffed, b""
        self._begin(kind if kind in _STREAMED else InputKind.NMEA)
        return data

    def _begin(self, kind: InputKind) -> None:
        self.kind = kind
        self.decoder = make_decoder(
            kind,
            self.number,
            naive_zone_offset_s=self.zone_offset_s,
            gps_clock=self.gps_clock,
            aerodromes_deg=self.aerodromes_deg,
        )


def split(decoded: Decoded, rows: int, statics: int, others: int) -> tuple[Decoded, Decoded]:
    """The first so many rows of each kind, and the others."""
    head = Decoded(
        decoded.positions.take(slice(0, rows)), decoded.statics.take(slice(0, statics)), decoded.others[:others]
    )
    tail = Decoded(
        decoded.positions.take(slice(rows, None)), decoded.statics.take(slice(statics, None)), decoded.others[others:]
    )
    return head, tail


def later_than(decoded: Decoded, instant_us: int) -> Decoded:
    """The reports after an instant; of other messages all."""
    positions, statics = decoded.positions, decoded.statics
    return Decoded(
        positions.take(positions.time_us > instant_us), statics.take(statics.time_us > instant_us), decoded.others
    )
