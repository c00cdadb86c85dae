"""A line: one stream of bytes of a source (a connection, a file, a partition), with its decoder and how far it is.

Its bytes are decoded voice by voice (``tracker.watch.voices``); the decoder of each is chosen by the settings or by its first bytes. Rows, static reports and other messages are counted from the beginning of the line:
decoding does not depend on how bytes are cut, so a count names the same row in every life of the program. After a restart that is how
what the store already has is told from what it has not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.clocks import ClockLimits, LineClock
from streams.snapshot import bundle, bytes_table, table_bytes, unbundle
from streams.source import Chunk
from streams.time import US_PER_S
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.formats import FORMATS, InputKind
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts.plausible import UnitEvidence
from tracker.decode.rejects import RejectCause
from tracker.faults import Fault, error_text
from tracker.store.watch_state import Progress
from tracker.watch.voices import (
    MOST_RECENT_BYTES,
    MOST_VOICES,
    Voice,
    add_counts,
    bytes_counts,
    counts_bytes,
    ends,
    epoch_of,
    joined,
)

_LAYOUT: Final = 3
_MOST_RECENT_BYTES: Final = 1 << 22
"""Of the last bytes of all voices together, in a snapshot."""
_LEAST_RECENT_BYTES: Final = 1 << 12


@dataclass(slots=True)
class Line:
    """One stream of bytes. ``number`` is its number in batches, ``name`` the one in the store."""

    number: int
    source: str
    part: str
    name: str
    feed: str
    format: str
    times: InputTimes = NOTHING_SAID
    aerodromes_deg: Any = None
    has_journal: bool = False
    """Whether the same bytes come in the same chunks again after a restart."""
    clock_offset_us: int = 0
    """How far its clock is known to be ahead: subtracted from the times it brings."""
    is_stamped_by_us: bool = True
    """Whether receive times are of our own clock: not of a topic, whose records others have stamped."""
    clock: LineClock = field(default_factory=lambda: LineClock(ClockLimits()))
    progress: Progress = field(default_factory=Progress)
    voices: dict[str, Voice] = field(default_factory=dict)
    """By name, the one heard longest ago first."""
    ended: DecoderCounts = field(default_factory=DecoderCounts)
    """Of voices that have ended."""
    kinds: set[InputKind] = field(default_factory=set)
    """Every format recognised so far."""
    faults: list[Fault] = field(default_factory=list)
    units: UnitEvidence = field(default_factory=UnitEvidence)
    """Speeds held against displacement and climb against altitude, of feeds whose units follow from names; of this life only."""
    """What the decoders fell over, until somebody takes it."""
    last_heard_us: int | None = None
    """Monotonic instant of the last bytes; the driver's."""
    frontier_us: int | None = None
    """How far its event time had come when the driver last looked."""
    moved_us: int | None = None
    """Monotonic instant at which that last went on."""

    @property
    def has_own_clock(self) -> bool:
        """Whether its rows may bring a time that does not come from our receive clock."""
        return any(FORMATS[kind].has_own_clock for kind in self.kinds)

    @property
    def clock_offset_s(self) -> float | None:
        """How far its clock is ahead of ours, negative if behind; None where its rows bring no time of their own."""
        offset_us = self.clock.offset_us
        return None if offset_us is None else offset_us / US_PER_S

    @property
    def counts(self) -> DecoderCounts:
        """What the decoders have counted since the line began."""
        total = DecoderCounts()
        add_counts(total, self.ended)
        for voice in self.voices.values():
            for counts in (voice.ended, *(() if voice.decoder is None else (voice.decoder.counts,))):
                add_counts(total, counts)
        return total

    def decode(self, chunk: Chunk) -> Decoded:
        """The rows a chunk completes; the line's position is after it."""
        self.progress.position = chunk.position
        decoded = self._end_voices(chunk)
        if not chunk.data:
            return decoded
        voice = self.voices.pop(chunk.voice, None) or self._new_voice(chunk.voice)
        self.voices[chunk.voice] = voice
        given = voice.decode(chunk.data, chunk.received_us)
        self.faults += voice.faults
        voice.faults.clear()
        if voice.kind is not None:
            self.kinds.add(voice.kind)
            if FORMATS[voice.kind].is_table and not self.units.is_enough:
                self.units.add(partial(getattr, given.positions))
        decoded = joined(decoded, given)
        return _less(decoded, self.clock_offset_us) if self.clock_offset_us else decoded

    def set_aside(self, chunk: Chunk, error: str) -> None:
        """A chunk on which the program itself fails: counted as one reject, and not decoded."""
        self.ended.units_in += 1
        self.ended.rejects.add(RejectCause.PROGRAM_FAULT, 0, chunk.data, error)

    def wasted_bytes(self, chunk: Chunk) -> int:
        """Of the chunk decoded last: 0 where something was decoded of it, else its size."""
        voice = self.voices.get(chunk.voice)
        return 0 if voice is not None and voice.gave else len(chunk.data)

    def _end_voices(self, chunk: Chunk) -> Decoded:
        """What those leave behind that are over: the one that the chunk ends, all of an earlier life, too many."""
        if not chunk.voice:
            return Decoded()
        life = epoch_of(chunk.voice)
        over = [name for name in self.voices if epoch_of(name) != life]
        if ends(chunk):
            over += [name for name in self.voices if name == chunk.voice]
        elif chunk.voice not in self.voices:
            over += list(self.voices)[: max(0, len(self.voices) - MOST_VOICES + 1)]
        decoded = Decoded()
        for name in dict.fromkeys(over):
            voice = self.voices.pop(name)
            decoded = joined(decoded, voice.end())
            self.faults += voice.faults
            add_counts(self.ended, voice.ended)
        return decoded

    def _new_voice(self, name: str) -> Voice:
        options = {
            "times": self.times,
            "aerodromes_deg": self.aerodromes_deg,
        }
        return Voice(name, self.number, self.format, self.has_journal, options)

    def begin_at(self, progress: Progress, decoders: bytes | None = None) -> str:
        """The line was as far as this: it goes on from there, with its decoders as a snapshot has them, or new ones where that cannot be read.

        Returns
        -------
        Why its decoders are new ones, so that a message that they had half of is lost; empty where they are not, or the line has given nothing yet.
        """
        error = "nothing was kept of them" if progress.position else ""
        if decoders is not None:
            try:
                self._take_over(unbundle("line", _LAYOUT, decoders), Voice.take_up)
                error = ""
            except Exception as exc:  # of another version, or a fault of ours: whatever it is, the line goes on
                self.voices, self.ended, self.kinds = {}, DecoderCounts(), set()
                error = error_text(exc)
        self.progress = replace(progress)
        return error

    def take_faults(self) -> list[Fault]:
        """What the decoders fell over since this was asked last."""
        faults, self.faults = self.faults, []
        return faults

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
                "voices": pa.array([list(self.voices)], pa.list_(pa.string())),
                "kinds": pa.array([sorted(map(str, self.kinds))], pa.list_(pa.string())),
            }
        )  # fmt: skip
        most = max(_LEAST_RECENT_BYTES, min(MOST_RECENT_BYTES, _MOST_RECENT_BYTES // max(len(self.voices), 1)))
        voices = {f"voice.{n}": voice.snapshot(most) for n, voice in enumerate(self.voices.values())}
        return bundle("line", _LAYOUT, {"about": table_bytes(about), "ended": counts_bytes(self.ended), **voices})

    def restore(self, snapshot: bytes) -> None:
        """The inverse of :meth:`snapshot`."""
        self._take_over(unbundle("line", _LAYOUT, snapshot), Voice.restore)

    def _take_over(self, parts: dict[str, bytes], take: Callable[[Voice, bytes], None]) -> None:
        about = bytes_table(parts["about"]).to_pylist()[0]
        self.progress = Progress(about["position"], about["rows"], about["statics"], about["others"])
        self.kinds = {InputKind(kind) for kind in about["kinds"]}
        self.ended = bytes_counts(parts["ended"])
        self.voices = {}
        for number, name in enumerate(about["voices"]):
            self.voices[name] = self._new_voice(name)
            take(self.voices[name], parts[f"voice.{number}"])


def _less(decoded: Decoded, ahead_us: int) -> Decoded:
    """Times that the source brings, less what its clock is ahead; receive times are ours and stay."""

    def times_us(rows: Any) -> NDArray[np.int64]:
        less_us = np.maximum(rows.time_us - ahead_us, 0)
        return np.where(rows.time_us != rows.received_us, less_us, rows.time_us)

    positions, statics = decoded.positions, decoded.statics
    return Decoded(
        positions.with_columns(time_us=times_us(positions)),
        statics.with_columns(time_us=times_us(statics)),
        decoded.others,
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
