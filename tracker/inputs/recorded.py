"""Recorded inputs: from a path to decoded columns.

A *source* is one file; a *feed* is what went on transmitting across several files. Files of one feed share a name once the
dates and part numbers in it are taken away (``vernon_20160331.log.gz`` and ``vernon_20160401.log.gz`` are the feed ``vernon``),
so the night between two files is the feed's own hole and not the end of one feed and the beginning of another.

What is known of the times of a file stands in its sidecar or was said (``tracker.inputs.sidecar``). Two things need all of it, or much: what stamps the
frames of a receiver, found before the first is decoded, and in which order day and month stand, found while its order is measured.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.encodings import as_utf8, beginning_as_utf8
from streams.errors import TooLargeError, TruncatedError
from streams.files import BOMB_RATIO, Stored, peek, read_blocks, read_stored, same_stored, stored_size
from streams.frontier import FrontierConfig, SourceFrontier
from tracker.decode.ais.assemble import MAX_DISORDER_US
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.formats import FORMATS, InputFormat
from tracker.decode.guard import GuardedDecoder
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout, UserMapping
from tracker.decode.layouts.plausible import UnitEvidence, decided_sentence
from tracker.decode.recognise import PEEK_BYTES, InputKind, clock_of, make_decoder
from tracker.decode.rejects import RejectCause
from tracker.decode.tables.header import layout_of_beginning
from tracker.errors import InputError
from tracker.inputs.opening import Recognised, recognised
from tracker.inputs.sidecar import NOTHING_WRITTEN, TimesSaid
from tracker.printable import printable
from tracker.units import US_PER_DAY, US_PER_H, Micros

_WEEK_US: Final = 7 * 24 * US_PER_H
_ALL_TIME_US: Final = 1 << 60
_HOURS_COUNTED: Final = 10 * 366 * 24
_TRIAL_BYTES: Final = 1 << 24
"""So much of an unknown table is looked at for its units where its beginning says nothing."""
_HOLE_DAYS: Final = 366
_SHUFFLED: Final = 10
_DIGEST_BYTES: Final = 1 << 22
_DATE_OR_PART: Final = re.compile(r"[-_. ]?\d{4,}([-_.T:]?\d{2,})*|[-_. ]\d+(?=$|[-_. ])")


@dataclass(frozen=True, slots=True)
class Digests:
    """What a file is: as stored, and what it holds unpacked."""

    sha256: str
    content_sha256: str


class Sorting(Enum):
    """Where the rows of an input are put into event-time order before anybody sees them."""

    NONE = "none"
    """They are in order, or nearly: what little is behind is waited for."""
    MEMORY = "memory"
    DISK = "disk"


class Kept:
    """Decoded blocks with how much of the file was read for each."""

    def __init__(self, with_others: bool) -> None:
        self.with_others = with_others
        self.counts = DecoderCounts()
        self._blocks: deque[tuple[int, Decoded]] = deque()
        self._read_bytes = 0

    def note_read(self, read_bytes: int) -> None:
        """Stored bytes read so far."""
        self._read_bytes = read_bytes

    def add(self, decoded: Decoded) -> None:
        """Keep what a block gave."""
        self._blocks.append((self._read_bytes, decoded))

    def clear(self) -> None:
        """Forget all blocks."""
        self._blocks.clear()

    def give_out(self, progress: Callable[[int], None] | None) -> Iterator[Decoded]:
        """The blocks in order, each forgotten as it is given."""
        while self._blocks:
            read_bytes, decoded = self._blocks.popleft()
            if progress is not None:
                progress(read_bytes)
            yield decoded


@dataclass(slots=True)
class Input:
    """One recorded file, recognised and ready to be read."""

    stored: Stored
    kind: InputKind
    source: int
    source_name: str
    feed_name: str
    times: InputTimes = NOTHING_SAID
    """What is said of its times: by the caller, else by the sidecar."""
    reading: Reading = AS_IT_STANDS
    """What is said of the columns of a table, and units decided from its first rows."""
    units: UnitEvidence = field(default_factory=UnitEvidence)
    """Speeds held against displacement, climb against altitude, of tables and feeds of records."""
    aerodromes_deg: NDArray[np.float64] | None = None
    """Where surface positions of aircraft may begin (``tracker.decode.adsb``)."""
    counts: DecoderCounts = field(default_factory=DecoderCounts)
    digests: Digests | None = None
    kept: Kept | None = None
    """What measuring the order has decoded already."""
    measured: Input | None = None
    """What measuring the order has counted."""
    days: Counter[int] = field(default_factory=Counter)
    """Position rows that were read, by day since 1970."""
    rows_read: int = 0
    """Position rows, static reports and messages without columns that were read."""
    encoding: str = "utf-8"
    """Of its text (``streams.encodings``)."""
    sorting: Sorting = Sorting.NONE
    sort_bytes: int = 0
    """Memory for sorting on disk."""
    sort_lines: bool = False
    """Whether lines are put into the order of their times before they are decoded."""

    @property
    def format(self) -> InputFormat:
        """What is known of its kind."""
        return FORMATS[self.kind]

    @property
    def path(self) -> Path:
        """The file that its bytes are in."""
        return self.stored.path

    def content(self, block_bytes: int, progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """What is handed to a decoder: unpacked, and text in UTF-8; ``TruncatedError`` where it ends early."""
        blocks = read_blocks(self.stored, block_bytes, progress, bomb_ratio=BOMB_RATIO)
        if self.format.is_binary:
            return blocks
        text = as_utf8(blocks, self.encoding, by_line=self.format.holds_words)
        if not self.sort_lines:
            return text
        from tracker.decode.ais.line_order import lines_in_time_order

        return lines_in_time_order(text, self.times)

    def decoded(
        self, block_bytes: int, progress: Callable[[int], None] | None = None, *, with_others: bool = False
    ) -> Iterator[Decoded]:
        """Read and decode the whole file, in event-time order where it was measured to be out of it; a damaged archive ends with a reject, not
        with an error.

        ``with_others`` keeps AIS messages without columns too; they are Python objects, so only who stores them asks for them.
        """
        self.rows_read = 0
        self.days.clear()
        blocks = self._noted(self._decoded(block_bytes, progress, with_others=with_others))
        if self.sorting is Sorting.NONE:
            return blocks
        from tracker.store.sorting import sorted_in_memory, sorted_on_disk

        if self.sorting is Sorting.MEMORY:
            return sorted_in_memory(blocks)
        return sorted_on_disk(blocks, self.sort_bytes, self.stored.name)

    def _noted(self, blocks: Iterable[Decoded]) -> Iterator[Decoded]:
        """The same blocks; how much they hold, and what they say of units, is kept up."""
        for decoded in blocks:
            self.days.update(_by_day(decoded.positions.time_us))
            self.rows_read += len(decoded.positions) + len(decoded.statics) + len(decoded.others)
            if self.format.is_table and not self.units.is_enough:
                self.units.add(partial(getattr, decoded.positions))
            yield decoded

    def unit_doubts(self) -> list[str]:
        """What the rows say of units, a sentence each: units decided from them, and columns that look as if they had another one."""
        read = self.read_layout()
        told = (
            [decided_sentence(field, unit, read.column(field) if read else "") for field, unit in read.decided]
            if read
            else []
        )
        doubts = self.units.doubts(read.unit if read else lambda _: "")
        return told + [doubt.sentence(read.column(doubt.field) if read else "") for doubt in doubts]

    def read_layout(self) -> ReadLayout | None:
        """How the columns of a table are read; None of what is no table."""
        if self.kind is InputKind.POSITIONS_PARQUET:
            from tracker.decode.tables.positions_parquet import parquet_layout

            return parquet_layout(self.path, self.reading)
        if self.kind is InputKind.POSITIONS_CSV:
            return layout_of_beginning(self._beginning(), self.reading)
        return None

    def _beginning(self) -> bytes:
        return beginning_as_utf8(peek(self.stored, PEEK_BYTES), self.encoding)

    def _decoded(
        self, block_bytes: int, progress: Callable[[int], None] | None, *, with_others: bool
    ) -> Iterator[Decoded]:
        kept, self.kept = self.kept, None
        if kept is not None and kept.with_others == with_others:
            self.counts = kept.counts
            yield from kept.give_out(progress)
            return
        self.counts = DecoderCounts()
        if self.kind is InputKind.POSITIONS_PARQUET:
            from tracker.decode.tables.positions_parquet import decode_parquet, rows_of_parquet

            size, rows = stored_size(self.stored), max(rows_of_parquet(self.path), 1)
            for decoded in decode_parquet(self.path, self.source, self.counts, times=self.times, reading=self.reading):
                if progress is not None:
                    progress(size * min(self.counts.units_in, rows) // rows)
                yield decoded
            return
        make = partial(
            make_decoder,
            self.kind,
            self.source,
            times=self.times,
            reading=self.reading,
            aerodromes_deg=self.aerodromes_deg,
        )
        decoder = GuardedDecoder(make, with_others=with_others)
        cut_short = ""
        try:
            for block in self.content(block_bytes, progress):
                decoded = decoder.decode(block)
                self.counts = decoder.counts
                yield decoded
        except TruncatedError as exc:
            cut_short = str(exc)
        decoded = decoder.flush()
        self.counts = decoder.counts
        if cut_short:
            self.counts.units_in += 1
            self.counts.rejects.add(RejectCause.TRUNCATED, self.counts.units_in, "", note=cut_short)
        yield decoded

    def measured_frontier(
        self,
        config: FrontierConfig,
        block_bytes: int,
        *,
        keep_rows: int = 0,
        sort_bytes: int = 0,
        with_others: bool = False,
        check: Callable[[], None] = lambda: None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> FrontierConfig:
        """Bounds of this file's frontier under which all of its rows are judged in order.

        A recording need not be sorted by time: tables are often sorted by craft, several days may be joined in any order. So the file is
        decoded once beforehand to see how far rows are behind the frontier at most. In a recorded feed up to a week is honoured to the last row;
        more only if one row in a hundred needs it (a few stamps decades behind are broken clocks).

        The order of a table says nothing, not even of broken clocks: every step is believed, every row waited for. One whose rows are further
        behind than the configured lateness is sorted before it is given out, in memory while it has at most ``keep_rows``, else on disk
        within ``sort_bytes`` of memory; so is a feed of more rows than that whose rows are as far behind.

        Few rows years ahead of all others, from which the recording came back, have a broken clock however many of them agree: they bound what is
        believed of the file (``latest_us``), and it is measured once more without them.

        Of a file with at most ``keep_rows`` rows what was decoded is kept for :meth:`decoded`, so that it is not decoded twice. ``check`` is
        called with every block and may raise to end it.

        Where dates can be read in two ways and others of the file prove one, all of it is read in that one. Where whoever told its
        clock first turns out to have lost weeks of GPS time, it is read from its beginning with them.
        """
        is_table = self.format.is_table
        if is_table:
            config = replace(config, max_step_us=_ALL_TIME_US, rows_to_believe=1)
        measure = partial(
            self._measure,
            block_bytes=block_bytes,
            keep_rows=keep_rows,
            with_others=with_others,
            check=check,
            progress=progress,
        )
        measured = measure(config)
        if (order := measured.date_order) and not self.times.date_order:
            self.times = replace(self.times, date_order=order)
            measured = measure(config)
        if measured.lost_weeks and not self.times.lost_weeks:
            self.times = replace(self.times, lost_weeks=measured.lost_weeks)
            measured = measure(config)
        if self.format.has_fragments and measured.rows <= keep_rows and measured.is_shuffled:
            self.sort_lines, self.kept = True, None
            measured = measure(config)
        if not is_table and (latest_us := measured.believed_until_us()) is not None:
            config = replace(config, latest_us=latest_us)
            measured = measure(config)
        needed_us = measured.needed_us(is_table=is_table)
        if needed_us > config.lateness_us and (is_table or measured.rows > keep_rows):
            self.sorting = Sorting.MEMORY if measured.rows <= keep_rows else Sorting.DISK
            self.sort_bytes = sort_bytes
            return replace(config, max_step_us=_ALL_TIME_US, rows_to_believe=1, lateness_us=1)
        return replace(config, lateness_us=needed_us + 1 if is_table else max(needed_us + 1, config.lateness_us))

    def _measure(
        self,
        config: FrontierConfig,
        *,
        block_bytes: int,
        keep_rows: int,
        with_others: bool,
        check: Callable[[], None],
        progress: Callable[[int], None],
    ) -> _Measured:
        """Decode the file once and see how far its rows are behind."""
        frontier = SourceFrontier(replace(config, lateness_us=_ALL_TIME_US))
        measured, kept = _Measured(), Kept(with_others)
        probe = replace(
            self, counts=DecoderCounts(), units=UnitEvidence(), days=Counter(), kept=None, sorting=Sorting.NONE
        )

        def note_read(read_bytes: int) -> None:
            kept.note_read(read_bytes)
            progress(read_bytes)

        for decoded in probe.decoded(block_bytes, note_read, with_others=with_others):
            check()
            if measured.rows <= keep_rows:
                kept.add(decoded)
            else:
                kept.clear()
            time_us = decoded.positions.time_us
            if config.latest_us is not None:
                time_us = time_us[time_us <= config.latest_us]
            measured.add(time_us, frontier.behind_us(time_us), config.lateness_us)
            if self.format.is_table and measured.rows > keep_rows and measured.most_us > config.lateness_us:
                counts = probe.counts
                if not counts.date_orders and not counts.rejects.counts[RejectCause.AMBIGUOUS_DATE]:
                    return measured  # whatever follows, it is to be sorted on disk
        self.measured = probe
        if measured.rows <= keep_rows:
            kept.counts = probe.counts
            self.kept = kept
        if probe.counts.rejects.counts[RejectCause.AMBIGUOUS_DATE]:
            proven = [order for order, count in probe.counts.date_orders.items() if count]
            measured.date_order = proven[0] if len(proven) == 1 else ""
        measured.lost_weeks = tuple(probe.counts.lost_weeks.items())
        return measured


@dataclass(slots=True)
class _Measured:
    """How far the rows of a file are behind its frontier, and of which days they are."""

    rows: int = 0
    date_order: str = ""
    """What dates of the file prove of those that can be read in two ways."""
    lost_weeks: tuple[tuple[int, Micros], ...] = ()
    """Who told its clock first and was weeks behind (``InputTimes.lost_weeks``)."""
    rows_behind: int = 0
    """Rows further behind than fragments of one message may be."""
    last_us: int | None = None
    most_us: int = 0
    week_us: int = 0
    hours: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_HOURS_COUNTED, dtype=np.int64))
    days: Counter[int] = field(default_factory=Counter)

    def add(self, time_us: NDArray[np.int64], behind_us: NDArray[np.int64], lateness_us: int) -> None:
        """Take the rows of a block."""
        if not len(time_us):
            return
        self.rows, self.last_us = self.rows + len(time_us), int(time_us[-1])
        self.days.update(_by_day(time_us))
        self.most_us = max(self.most_us, int(behind_us.max()))
        self.rows_behind += int(np.count_nonzero(behind_us > MAX_DISORDER_US))
        if behind_us.max() >= lateness_us:
            self.week_us = max(self.week_us, int(behind_us[behind_us <= _WEEK_US].max(initial=0)))
            self.hours += np.bincount(np.minimum(behind_us // US_PER_H, _HOURS_COUNTED - 1), minlength=_HOURS_COUNTED)

    @property
    def is_shuffled(self) -> bool:
        """Whether the rows of a log are in no order of reception, so that fragments of a message may not find one another."""
        return self.rows_behind * _SHUFFLED > self.rows

    def needed_us(self, *, is_table: bool) -> int:
        """The lateness under which all rows are judged in order, but for a few broken clocks."""
        beyond_a_week = int(self.hours[_WEEK_US // US_PER_H :].sum())
        return self.most_us if is_table or beyond_a_week > self.rows // 100 else self.week_us

    def believed_until_us(self) -> int | None:
        """The end of the day before a hole of years beyond which there are few rows, and from which the file came back; None without one."""
        for before, after in pairwise(sorted(self.days)):
            if after - before <= _HOLE_DAYS or self.last_us is None or self.last_us >= after * US_PER_DAY:
                continue
            if sum(count for day, count in self.days.items() if day >= after) <= self.rows // 100:
                return (before + 1) * US_PER_DAY - 1
        return None


def open_input(
    place: Path | Recognised,
    source: int,
    said: TimesSaid = NOTHING_WRITTEN,
    aerodromes_deg: NDArray[np.float64] | None = None,
    mapping: UserMapping | None = None,
) -> Input:
    """An input of a file, or of what was recognised (:mod:`tracker.inputs.opening` opens folders and archives).

    Raises
    ------
    InputError
        when it is not there, is empty or is a folder, or what is said of its times is nothing; ``UnknownFormatError`` when no decoder
        knows its beginning.
    """
    if isinstance(place, Path):
        if place.is_dir():
            raise InputError("is a folder", str(place), "name the files in it")
        if not place.exists():
            raise InputError("there is no such file", str(place), "check the path")
        place = recognised(Stored.at(place), mapping)
    stored, reading = place.stored, place.reading
    times = said.of(stored)
    if reading.mapping is not None:
        times = reading.mapping.times(times)
    feed = printable(feed_name(Path(stored.file_name)))
    name = printable(source_name(stored))
    opened = Input(
        stored, place.kind, source, name, feed, times, reading, aerodromes_deg=aerodromes_deg, encoding=place.encoding
    )
    if times.beast_clock == "auto":
        with suppress(TruncatedError, TooLargeError):
            opened.times = replace(times, beast_clock=clock_of(place.kind, opened.content(PEEK_BYTES)))
    if place.kind is InputKind.POSITIONS_CSV:
        opened.reading = _told_by_rows(opened)
    return opened


def _told_by_rows(table: Input) -> Reading:
    """The reading of a table with the units that its first rows show, once its columns were held against the mapping."""
    from tracker.decode.tables.trial import decided

    beginning, mapping = table._beginning(), table.reading.mapping
    read = layout_of_beginning(beginning, table.reading)
    if mapping is not None and read is not None:
        mapping.check(read.names)
    return decided(beginning, table.times, table.reading, lambda: next(table.content(_TRIAL_BYTES), b""))


def _by_day(time_us: NDArray[np.int64]) -> dict[int, int]:
    """How many of these times are of each day since 1970."""
    if not len(time_us):
        return {}
    first, last = int(time_us.min()) // US_PER_DAY, int(time_us.max()) // US_PER_DAY
    if first == last:
        return {first: len(time_us)}
    days, counts = np.unique(time_us // US_PER_DAY, return_counts=True)
    return dict(zip(days.tolist(), counts.tolist(), strict=True))


def source_name(stored: Stored) -> str:
    """What an input is called in the store: the file's name, ``archive.zip!member.csv``."""
    outer, mark, member = stored.name.partition("!")
    return f"{Path(outer).name}{mark}{member}" if stored.is_member else stored.path.name


def feed_name(path: Path) -> str:
    """The feed a file belongs to: its name without endings, dates and part numbers.

    >>> feed_name(Path("vernon_20160331.log.gz")), feed_name(Path("ais-2026-03-01.part2.nmea"))
    ('vernon', 'ais')
    """
    stem = path.name
    while (shorter := Path(stem).stem) != stem:
        stem = shorter
    name = _DATE_OR_PART.sub("", path.name.split(".", 1)[0])
    return name.strip("-_. ") or stem


def digests_of(
    stored: Stored, check: Callable[[], None] = lambda: None, progress: Callable[[int], None] | None = None
) -> Digests:
    """Both digests of a recording: as stored, in a file or in an archive, and unpacked; of a damaged one the content is what could be read of it."""
    kept, content = hashlib.sha256(), hashlib.sha256()
    for block in read_stored(stored, _DIGEST_BYTES):
        check()
        kept.update(block)
    try:
        for block in read_blocks(stored, _DIGEST_BYTES, progress, bomb_ratio=BOMB_RATIO):
            check()
            content.update(block)
    except TruncatedError:
        pass
    return Digests(kept.hexdigest(), content.hexdigest())


def distinct_inputs(inputs: Sequence[Input]) -> tuple[list[Input], dict[str, str]]:
    """Inputs without those that hold the same bytes as one before them, and which those are, by name."""
    by_size: dict[int, list[Input]] = {}
    kept, same = [], {}
    for one in inputs:
        size = stored_size(one.stored)
        twin = next((other for other in by_size.get(size, ()) if same_stored(one.stored, other.stored)), None)
        if twin is not None:
            same[one.stored.name] = twin.stored.name
            continue
        by_size.setdefault(size, []).append(one)
        kept.append(one)
    for number, one in enumerate(kept):
        one.source = number
    return kept, same
