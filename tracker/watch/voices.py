"""A voice: the bytes of one sender of a line, with a decoder of its own.

Most lines have one voice without a name. A source that others connect or send to has one for every connection or sender
(``streams.source.Chunk.voice``): each is recognised by its own first bytes, so what one sends decides nothing for another, and receivers'
counters, fragments and position pairs are never mixed.

A voice ends by a chunk of no bytes that bears its name, or when one of a later life of the source is heard; what it counted is kept in sum.

Its last bytes are part of its snapshot: a decoder of another version, which cannot read what this one remembers, hears them again (:meth:`Voice.take_up`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import pyarrow as pa

from streams.errors import SnapshotError
from streams.snapshot import bundle, bytes_table, table_bytes, unbundle
from streams.source import Chunk
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.formats import FORMAT_BY_SETTING, FORMATS, InputKind
from tracker.decode.guard import GuardedDecoder
from tracker.decode.recognise import make_decoder, recognise
from tracker.decode.rejects import SAMPLES_PER_CAUSE, RejectCause, RejectSample
from tracker.errors import UnknownFormatError
from tracker.faults import Fault
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

MOST_SNIFFED_BYTES: Final = 1 << 16
"""A voice whose first bytes nobody recognises is taken for sentences, so that it is counted line by line; one whose decoder has decoded nothing
of so many bytes is recognised anew."""
MOST_VOICES: Final = 512
"""More than any listener lets speak at a time; beyond it the one heard longest ago ends."""
MOST_RECENT_BYTES: Final = 1 << 16
"""Of the last bytes of a voice so many are kept: some 900 sentences of AIS, whose parts follow each other within a few."""
_MOST_HEAD_BYTES: Final = 1 << 12
"""Of the first bytes of a table: its header."""
_LAYOUT: Final = 1
_VOICE_LAYOUT: Final = 3


class Voice:
    """One sender.

    Parameters
    ----------
    settled:
        A format of the settings, or ``auto``.
    changes:
        Whether a voice of which nothing can be decoded any more is recognised anew. Only where the same bytes come in the same chunks again after
        a restart, as out of a journal: else rows would be counted differently.
    options:
        Of the decoder (``tracker.decode.recognise.make_decoder``).
    """

    def __init__(self, name: str, number: int, settled: str, changes: bool, options: dict[str, Any]) -> None:
        self.name = name
        self.kind: InputKind | None = None
        self.decoder: GuardedDecoder | None = None
        self.ended = DecoderCounts()
        """Of decoders this voice had before."""
        self.faults: list[Fault] = []
        """What its decoders fell over, until somebody takes it."""
        self._number, self._settled, self._changes, self._options = number, settled, changes, options
        self._sniffed = b""
        self._fruitless = 0
        """Bytes since the last unit that was decoded."""
        self._head = b""
        """The first bytes that the decoder was given, of a table."""
        self._recent: deque[tuple[bytes, int]] = deque()
        """The last bytes that the decoder was given, in the blocks in which they came, each with when it was received."""
        self._recent_bytes = 0
        self.gave = False
        """Whether something was decoded of the bytes that came last."""

    def decode(self, data: bytes, received_us: int) -> Decoded:
        """The rows some bytes complete."""
        self.gave = False
        if self.decoder is None:
            data = self._choose(data)
        decoder = self.decoder
        if decoder is None or not data:
            return Decoded()
        before = decoder.counts.units_decoded
        self._note(data, received_us)
        decoded = decoder.decode(data, received_us=Micros(received_us))
        self.faults += decoder.take_faults()
        self.gave = decoder.counts.units_decoded > before
        self._fruitless = 0 if self.gave else self._fruitless + len(data)
        if self._changes and self._settled == "auto" and self._fruitless > MOST_SNIFFED_BYTES:
            decoded = joined(decoded, self.end())
        return decoded

    def end(self) -> Decoded:
        """What was left open is given or counted as refused; the next bytes would be recognised anew."""
        decoder, self.decoder = self.decoder, None
        self._sniffed, self._fruitless = b"", 0
        self._head, self._recent_bytes = b"", 0
        self._recent.clear()
        if decoder is None:
            return Decoded()
        decoded = decoder.flush()
        self.faults += decoder.take_faults()
        add_counts(self.ended, decoder.counts)
        return decoded

    def snapshot(self, most_recent_bytes: int = MOST_RECENT_BYTES) -> bytes:
        """Everything but the name and the options; of the last bytes at most so many."""
        about = pa.table(
            {
                "kind": pa.array([None if self.kind is None else str(self.kind)], pa.string()),
                "sniffed": pa.array([self._sniffed], pa.binary()),
                "fruitless": [self._fruitless],
                "is_open": [self.decoder is not None],
                "head": pa.array([self._head], pa.binary()),
            }
        )
        decoder = b"" if self.decoder is None else self.decoder.snapshot()
        parts = {
            "about": table_bytes(about), "decoder": decoder, "ended": counts_bytes(self.ended),
            "recent": table_bytes(_blocks_table(self._recent, most_recent_bytes)),
        }  # fmt: skip
        return bundle("voice", _VOICE_LAYOUT, parts)

    def restore(self, snapshot: bytes) -> None:
        """The inverse of :meth:`snapshot`."""
        self._take_over(unbundle("voice", _VOICE_LAYOUT, snapshot), is_lenient=False)

    def take_up(self, snapshot: bytes) -> None:
        """As :meth:`restore`, but a decoder that cannot read what one of another version remembers hears the last bytes again; their rows are known."""
        self._take_over(unbundle("voice", _VOICE_LAYOUT, snapshot), is_lenient=True)

    def _take_over(self, parts: dict[str, bytes], *, is_lenient: bool) -> None:
        about = bytes_table(parts["about"]).to_pylist()[0]
        self._sniffed, self._fruitless = about["sniffed"], about["fruitless"]
        self.ended = bytes_counts(parts["ended"])
        self.kind = None if about["kind"] is None else InputKind(about["kind"])
        if about["is_open"]:
            assert self.kind is not None
            self._begin(self.kind)
            assert self.decoder is not None
            recent = bytes_table(parts["recent"]).to_pylist()
            try:
                self.decoder.restore(parts["decoder"])
            except SnapshotError:
                if not is_lenient:
                    raise
                self._hear_again(about["head"], [(row["block"], row["received_us"]) for row in recent])
            self._head = about["head"]
            for row in recent:
                self._note(row["block"], row["received_us"])

    def _hear_again(self, head: bytes, recent: list[tuple[bytes, int]]) -> None:
        """Bring a new decoder to where another was, as far as that follows from the last bytes; nothing of them is counted or told again."""
        decoder = self.decoder
        assert decoder is not None
        head = head[: head.rfind(b"\n") + 1]
        for block, received_us in [(head, recent[0][1]), *recent] if recent else []:
            decoder.decode(block, received_us=Micros(received_us))
        decoder.take_faults()
        decoder.counts.forget()

    def _note(self, data: bytes, received_us: int) -> None:
        """Keep the last bytes."""
        if self.kind is not None and FORMATS[self.kind].is_table and len(self._head) < _MOST_HEAD_BYTES:
            self._head += data[: _MOST_HEAD_BYTES - len(self._head)]
        recent = data[-MOST_RECENT_BYTES:]
        self._recent.append((recent, received_us))
        self._recent_bytes += len(recent)
        while self._recent_bytes - len(self._recent[0][0]) >= MOST_RECENT_BYTES:
            self._recent_bytes -= len(self._recent.popleft()[0])

    def _choose(self, data: bytes) -> bytes:
        """Choose the decoder; the bytes to decode, none while it cannot be told yet."""
        if self._settled != "auto":
            self._begin(FORMAT_BY_SETTING[self._settled].kind)
            return data
        self._sniffed += data
        try:
            kind = recognise(self._sniffed, self.name)
        except UnknownFormatError:
            if len(self._sniffed) < MOST_SNIFFED_BYTES:
                return b""
            kind = InputKind.NMEA
        data, self._sniffed = self._sniffed, b""
        self._begin(kind if FORMATS[kind].decoder is not None else InputKind.NMEA)
        return data

    def _begin(self, kind: InputKind) -> None:
        self.kind = kind
        self.decoder = GuardedDecoder(partial(make_decoder, kind, self._number, **self._options), with_others=True)


def _blocks_table(blocks: Iterable[tuple[bytes, int]], most_bytes: int) -> pa.Table:
    """The last of some blocks that are no more than so many bytes, the first of them cut."""
    kept: list[tuple[bytes, int]] = []
    left = most_bytes
    for block, received_us in reversed(list(blocks)):
        if left <= 0:
            break
        kept.append((block[-left:], received_us))
        left -= len(block)
    kept.reverse()
    return pa.table(
        {
            "block": pa.array([block for block, _ in kept], pa.binary()),
            "received_us": pa.array([received_us for _, received_us in kept], pa.int64()),
        }
    )


def joined(first: Decoded, second: Decoded) -> Decoded:
    """One after the other."""
    if not (len(second.positions) or len(second.statics) or second.others):
        return first
    return Decoded(
        PositionBatch.concat([first.positions, second.positions]),
        StaticBatch.concat([first.statics, second.statics]),
        first.others + second.others,
    )


def add_counts(total: DecoderCounts, more: DecoderCounts) -> None:
    """Add counts to others; of each cause no more samples are kept than one decoder keeps."""
    total.units_in += more.units_in
    total.units_decoded += more.units_decoded
    total.messages.update(more.messages)
    samples = list(total.rejects.samples)
    for sample in more.rejects.samples:
        if sum(one.cause is sample.cause for one in samples) < SAMPLES_PER_CAUSE:
            samples.append(sample)
    total.rejects.restore(total.rejects.counts + more.rejects.counts, samples)


def counts_bytes(counts: DecoderCounts) -> bytes:
    """Counts as Arrow."""
    samples = counts.rejects.samples
    parts = {
        "units": pa.table({"units_in": [counts.units_in], "units_decoded": [counts.units_decoded]}),
        "messages": _counter_table(counts.messages),
        "rejects": _counter_table(counts.rejects.counts),
        "samples": pa.table(
            {
                "cause": pa.array([str(one.cause) for one in samples], pa.string()),
                "at": pa.array([one.at for one in samples], pa.int64()),
                "text": pa.array([one.text for one in samples], pa.string()),
                "note": pa.array([one.note for one in samples], pa.string()),
            }
        ),
    }
    return bundle("counts", _LAYOUT, {name: table_bytes(table) for name, table in parts.items()})


def bytes_counts(data: bytes) -> DecoderCounts:
    """The inverse of :func:`counts_bytes`."""
    tables = {name: bytes_table(part).to_pylist() for name, part in unbundle("counts", _LAYOUT, data).items()}
    counts = DecoderCounts(tables["units"][0]["units_in"], tables["units"][0]["units_decoded"])
    counts.messages.update({row["name"]: row["count"] for row in tables["messages"]})
    counts.rejects.restore(
        {RejectCause(row["name"]): row["count"] for row in tables["rejects"]},
        [RejectSample(RejectCause(r["cause"]), r["at"], r["text"], r["note"]) for r in tables["samples"]],
    )
    return counts


def _counter_table(counts: Any) -> pa.Table:
    rows = sorted((str(name), count) for name, count in counts.items())
    return pa.table(
        {
            "name": pa.array([name for name, _ in rows], pa.string()),
            "count": pa.array([count for _, count in rows], pa.int64()),
        }
    )


def epoch_of(voice: str) -> str:
    """The life of the source in which a voice spoke; of a voice without a name none."""
    return voice.partition(".")[0]


def ends(chunk: Chunk) -> bool:
    """Whether a chunk is the end of its voice."""
    return bool(chunk.voice) and not chunk.data
