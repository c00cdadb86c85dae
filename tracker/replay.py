"""Replay: recorded inputs through the whole pipeline, merged by event time.

The next block is always taken from the input that is furthest behind in event time, so that memory holds only what the
inputs overlap by. Event time alone drives everything: a replay gives the same bytes on every machine and on every day.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from streams.files import stored_size
from streams.frontier import FrontierConfig
from streams.prefetch import prefetch
from streams.time import Clock, SystemClock
from tracker.alerts.alert import Alert
from tracker.alerts.cloudevent import to_json_line
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.decode.base import Decoded
from tracker.decode.rejects import REJECT_SENTENCES, RejectCause
from tracker.detectors import DETECTORS
from tracker.detectors.base import Context
from tracker.detectors.encounter import OneSided
from tracker.detectors.guard import GuardedDetector
from tracker.errors import GaveNothingError, InputError
from tracker.events import Event
from tracker.gave import Gave
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES, ZoneSet
from tracker.inputs import Input, digests_of
from tracker.outputs import cannot_write
from tracker.pipeline import Pipeline
from tracker.printable import printable
from tracker.store import append
from tracker.store.database import Database
from tracker.store.others import other_messages
from tracker.store.sorting import BYTES_PER_ROW
from tracker.store.sources import Incoming, Plan, begin_replay, end_replay, plan_replay
from tracker.timeline import InTurn, Timeline, one_by_one
from tracker.tracks.builder import TrackBuilder
from tracker.tracks.register import CraftRegister
from tracker.units import Micros
from tracker.voyages.port_calls import PortCalls

_MEASURING_THREADS: Final = 2
"""Inputs decoded beforehand at a time; the kernels release the interpreter."""
_TAIL_BYTES: Final = 1 << 16
_MOST_NOTES: Final = 10
_PREFETCHED_INPUTS: Final = 4
"""Up to this many inputs are decoded ahead in threads of their own."""


@dataclass(slots=True)
class Summary:
    """What a replay did; the command line prints it."""

    inputs: int = 0
    units_in: int = 0
    units_decoded: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    reports: int = 0
    statics: int = 0
    late: int = 0
    broken_clock: int = 0
    duplicates: int = 0
    implausible: int = 0
    craft: int = 0
    events: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    event_states: Counter[str] = field(default_factory=Counter)
    """How many events ended open, closed (over) and retracted (did not happen); they add up to those by kind."""
    alert_states: Counter[str] = field(default_factory=Counter)
    cargo: dict[str, int] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    """What was done to the sources of the store."""
    faults: Counter[str] = field(default_factory=Counter)
    """Units, rows and events set aside because the program itself failed on them, by the part that did."""
    unit_doubts: list[str] = field(default_factory=list)
    """Columns that look as if they were in another unit than the one they were read in, a sentence each."""
    fault_notes: list[str] = field(default_factory=list)
    """The first of them: part, error and place."""
    gave: list[Gave] = field(default_factory=list)
    """The account of each input."""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, counters ordered by name."""

        def ordered(counter: Counter[str]) -> dict[str, int]:
            return {str(name): counter[name] for name in sorted(counter)}

        return {
            "inputs": self.inputs, "files": [one.to_json() for one in self.gave], "units_in": self.units_in, "units_decoded": self.units_decoded,
            "messages": ordered(self.messages), "rejects": ordered(self.rejects), "reports": self.reports,
            "statics": self.statics, "late": self.late, "broken_clock": self.broken_clock, "duplicates": self.duplicates,
            "implausible": self.implausible, "craft": self.craft, "events": ordered(self.events),
            "alerts": ordered(self.alerts), "event_states": ordered(self.event_states), "alert_states": ordered(self.alert_states), "cargo": self.cargo, "store": self.store, "unit_doubts": self.unit_doubts, "faults": ordered(self.faults), "fault_notes": self.fault_notes, "seconds": round(self.seconds, 3),
            "units_per_s": round(self.units_in / self.seconds) if self.seconds else None,
        }  # fmt: skip


class JsonLines:
    """Sink of events and alerts as JSON lines, one file each; a file not asked for is not written. Whatever ends it, only whole lines stay."""

    def __init__(self, events: Path | None, alerts: Path | None) -> None:
        self._paths = [path for path in (events, alerts) if path is not None]
        self._files: dict[Path, io.TextIOWrapper] = {}
        try:
            for path in self._paths:
                self._files[path] = path.open("w", encoding="utf-8", newline="\n")
        except OSError as exc:
            self.close()
            raise cannot_write(path, exc) from exc
        self._events = self._files[events] if events is not None else None
        self._alerts = self._files[alerts] if alerts is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()

    def add_events(self, events: Sequence[Event]) -> None:
        """Write events."""
        self._add(self._events, [event.to_json_line() for event in events])

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Write alerts as CloudEvents."""
        self._add(self._alerts, [to_json_line(alert) for alert in alerts])

    def _add(self, file: io.TextIOWrapper | None, lines: Sequence[str]) -> None:
        if file is None or not lines:
            return
        try:
            file.write("".join(line + "\n" for line in lines))
        except OSError as exc:
            raise cannot_write(Path(file.name), exc) from exc

    def close(self) -> None:
        """Finish the files; one that cannot be finished, on a full disk, is cut to its last whole line."""
        failed: InputError | None = None
        while self._files:
            path, file = self._files.popitem()
            try:
                file.close()
            except OSError as exc:
                failed = cannot_write(path, exc)
                _cut_to_whole_lines(path)
        if failed is not None:
            raise failed


def _cut_to_whole_lines(path: Path) -> None:
    """What a full disk has left: the last line may be half."""
    with suppress(OSError), path.open("r+b") as file:
        length = file.seek(0, io.SEEK_END)
        while length:
            start = max(0, length - _TAIL_BYTES)
            file.seek(start)
            end = file.read(length - start).rfind(b"\n")
            if end >= 0:
                length = start + end + 1
                break
            length = start
        file.truncate(length)


def replay(
    inputs: Sequence[Input],
    settings: Any,
    *,
    book: CargoBook,
    places: WorldPlaces,
    zones: ZoneSet = NO_ZONES,
    store: Database | None = None,
    sinks: Sequence[Any] = (),
    plan: Plan | None = None,
    progress: Callable[[int, int], None] | None = None,
    clock: Clock | None = None,
    check: Callable[[], None] = lambda: None,
    strict: bool = False,
) -> Summary:
    """Replay inputs through tracks, detectors, cargo and store.

    Parameters
    ----------
    settings:
        ``tracker.settings.Settings``.
    plan:
        What it does to the sources of the store (:func:`plan_for`); made here where it is not given.
    progress:
        Told stored bytes read so far, and in all: every input is read twice, once to measure its order.
    check:
        Called between steps; what it raises ends the replay, and what the store has by then is marked partial.
    strict:
        An input that gives nothing ends it before anything is stored (``GaveNothingError``).
    """
    clock = clock or SystemClock()
    begun_us = clock.now_us()
    number = append.LIVE
    if store is not None:
        plan = plan or plan_for(inputs, store)
        number = plan.replay
        for one, name in zip(inputs, plan.names, strict=True):
            one.source_name = name
    read = _Read(inputs, progress, passes=2)
    pipeline = build_pipeline(
        inputs,
        settings,
        book=book,
        places=places,
        zones=zones,
        store=store,
        sinks=sinks,
        replay=number,
        check=check,
        read=read,
    )
    if strict:
        for one in inputs:
            if one.measured is not None and not one.measured.rows_read:
                raise GaveNothingError(Gave.of(one.measured).nothing, one.stored.name)
    if store is not None and plan is not None:
        rows = [_source_row(one) for one in inputs]
        store.write(begin_replay(plan, Micros(begun_us), rows))
        if book.files:
            store.write(append.papers(book.tables(), number))
        store.commit()
    _run(inputs, pipeline, settings.replay.block_bytes, read, store, check)
    pipeline.finish()
    summary = _summary(inputs, pipeline, book)
    if store is not None and plan is not None:
        store.write(append.ledger([], _rejects(inputs, book, number)))
        units = {one.source_name: (one.counts.units_in, one.counts.units_decoded) for one in inputs}
        store.write(end_replay(number, Micros(clock.now_us()), units))
        store.commit()
        summary.store = plan.to_json()
    _tell_faults(inputs, pipeline, summary)
    summary.seconds = (clock.now_us() - begun_us) / 1e6
    return summary


def _tell_faults(inputs: Sequence[Input], pipeline: Pipeline, summary: Summary) -> None:
    notes = []
    for one in inputs:
        rejects = one.counts.rejects
        if count := rejects.counts[RejectCause.PROGRAM_FAULT]:
            summary.faults["decoder"] += count
            notes += [
                f"decoder: {sample.note}" for sample in rejects.samples if sample.cause is RejectCause.PROGRAM_FAULT
            ]
    for fault in pipeline.take_faults():
        summary.faults[fault.part] += fault.rows
        notes.append(f"{fault.part}: {fault.note()}")
    summary.fault_notes = list(dict.fromkeys(notes))[:_MOST_NOTES]


def plan_for(
    inputs: Sequence[Input],
    store: Database,
    check: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """What replaying some inputs does to a store; reads them once for their digests."""
    incoming = []
    read = _Read(inputs, progress)
    for one in inputs:
        one.digests = one.digests or digests_of(one.stored, check, read.of(one))
        incoming.append(Incoming(one.source_name, one.digests.content_sha256, printable(one.stored.name)))
    return plan_replay(store.cursor(), incoming, str(store.path or "memory"))


class _Read:
    """Stored bytes read of all inputs, in so many passes over each."""

    def __init__(self, inputs: Sequence[Input], progress: Callable[[int, int], None] | None, passes: int = 1) -> None:
        self._progress = progress
        self._total = passes * sum(stored_size(one.stored) for one in inputs)
        self._done: dict[tuple[int, int], int] = {}
        self._sum = 0
        self._lock = Lock()

    def of(self, one: Input, number: int = 0) -> Callable[[int], None]:
        """What a pass over one input tells."""
        key = (one.source, number)

        def tell(read_bytes: int) -> None:
            # an input may be read twice in one pass, to be read otherwise
            with self._lock:
                more = max(0, read_bytes - self._done.get(key, 0))
                self._done[key] = self._done.get(key, 0) + more
                self._sum += more
                if self._progress is not None:
                    self._progress(self._sum, self._total)

        return tell


def _source_row(one: Input) -> dict[str, Any]:
    digests = one.digests or digests_of(one.stored)
    return {
        "source": one.source_name, "input": printable(one.stored.name), "kind": str(one.kind), "sha256": digests.sha256,
        "content_sha256": digests.content_sha256, "feed": one.feed_name,
    }  # fmt: skip


def build_pipeline(
    inputs: Sequence[Input],
    settings: Any,
    *,
    book: CargoBook,
    places: WorldPlaces,
    zones: ZoneSet = NO_ZONES,
    store: Database | None,
    sinks: Sequence[Any],
    replay: int = append.LIVE,
    check: Callable[[], None] = lambda: None,
    read: _Read | None = None,
) -> Pipeline:
    """Detectors, desk and store wired for some inputs."""
    read = read or _Read(inputs, None)
    feeds = sorted({one.feed_name for one in inputs})
    feed_of = np.array([feeds.index(one.feed_name) for one in inputs], dtype=np.int32)
    frontier = FrontierConfig(
        lateness_us=int(settings.replay.lateness_s * 1e6), max_step_us=int(settings.replay.max_step_s * 1e6)
    )
    linker = CargoLinker(book, places.resolve_location)
    timeline = build_timeline(settings, linker, book, places, zones, feeds, feed_of)
    pipeline = Pipeline(frontier, timeline, AlertDesk(linker, settings["alerts"]), store, sinks, replay)
    block_bytes = settings.replay.block_bytes
    with ThreadPoolExecutor(max_workers=_MEASURING_THREADS) as pool:
        rows_in_memory = settings.replay.rows_in_memory
        keep_rows = rows_in_memory // max(len(inputs), 1)
        measured = pool.map(
            lambda one: one.measured_frontier(
                frontier,
                block_bytes,
                keep_rows=keep_rows,
                sort_bytes=rows_in_memory * BYTES_PER_ROW,
                with_others=store is not None,
                check=check,
                progress=read.of(one),
            ),
            inputs,
        )
    for one, own_frontier in zip(inputs, measured, strict=True):
        pipeline.open_source(one.source, one.source_name, own_frontier)
    return pipeline


def build_timeline(
    settings: Any,
    linker: CargoLinker,
    book: CargoBook,
    places: WorldPlaces,
    zones: ZoneSet,
    feeds: Sequence[str],
    feed_of: NDArray[np.int32],
    run: InTurn = one_by_one,
) -> Timeline:
    """A timeline that has seen nothing yet: every detector of the table, with its settings.

    ``feeds`` are the names of the feeds by number, ``feed_of`` the feed of each source, ``run`` how the detectors take their turns.
    """
    context = Context(
        places=places,
        source_name=lambda feed: feeds[feed],
        zones=zones,
        ground=lambda: places.ground,
        port_near=places.port_near,
        aerodrome_near=places.aerodrome_near,
    )
    detectors = {
        entry.name: GuardedDetector(entry.name, partial(entry.build, settings[entry.name], context, book.itineraries()))
        for entry in DETECTORS
    }
    port_calls = PortCalls(settings["port_calls"], places)
    return Timeline(
        TrackBuilder(settings["tracks"]), detectors, linker, port_calls, OneSided(settings["encounter"], places.port_near), feed_of, run,
        CraftRegister(settings["memory"]),
    )  # fmt: skip


def _run(
    inputs: Sequence[Input],
    pipeline: Pipeline,
    block_bytes: int,
    read: _Read,
    store: Database | None,
    check: Callable[[], None],
) -> None:
    names = {one.source: one.source_name for one in inputs}
    running: dict[int, Iterator[Decoded]] = {}
    for one in inputs:
        blocks = one.decoded(block_bytes, read.of(one, 1), with_others=store is not None)
        running[one.source] = prefetch(blocks) if len(inputs) <= _PREFETCHED_INPUTS else blocks
    while running:
        check()
        source = min(running, key=lambda s: (-(1 << 62) if (f := pipeline.frontier_us(s)) is None else f, s))
        decoded = next(running[source], None)
        if decoded is None:
            pipeline.close_source(source)
            del running[source]
        else:
            pipeline.feed(source, decoded)
            if store is not None and decoded.others:
                store.write(other_messages(decoded.others, names[source]))
        pipeline.step()


def _summary(inputs: Sequence[Input], pipeline: Pipeline, book: CargoBook) -> Summary:
    counts, fates = pipeline.counts, pipeline.fates
    summary = Summary(
        inputs=len(inputs), reports=counts.reports, statics=counts.statics, late=counts.late, broken_clock=counts.broken_clock,
        duplicates=fates["duplicates"],
        implausible=fates["implausible_jump"] + fates["too_many_transmitters"], craft=len(counts.craft), events=counts.events,
        alerts=counts.alerts, event_states=Counter(counts.event_states.values()), alert_states=Counter(counts.alert_states.values()),
        cargo=cargo_counts(book),
    )  # fmt: skip
    for one in inputs:
        summary.gave.append(Gave.of(one))
        summary.units_in += one.counts.units_in
        summary.units_decoded += one.counts.units_decoded
        summary.messages.update(one.counts.messages)
        summary.rejects.update({str(cause): count for cause, count in one.counts.rejects.counts.items()})
        summary.unit_doubts += [f"{one.source_name}: {sentence}" for sentence in one.unit_doubts()]
    return summary


def cargo_counts(book: CargoBook) -> dict[str, int]:
    """What the cargo files held, for the summary."""
    consignments = [consignment for manifest in book.latest for consignment in manifest.consignments]
    return {
        "manifests": len(book.latest),
        "consignments": len(consignments),
        "flagged": sum(bool(consignment.flags) for consignment in consignments),
        "rows_in": book.rows_in,
        "rows_rejected": book.rows_rejected,
        "warnings": book.warnings,
    }


def _rejects(inputs: Sequence[Input], book: CargoBook, replay: int) -> list[dict[str, Any]]:
    """Counts and samples of every input as rows of ``rejects``."""
    tallies = [(printable(f"cargo:{Path(file.path).name}"), file.rejects) for file in book.files]
    tallies += [(one.source_name, one.counts.rejects) for one in inputs]
    return [{**row, "replay": replay} for name, tally in tallies for row in reject_rows(name, tally)]


def reject_rows(source_name: str, tally: Any) -> Iterator[dict[str, Any]]:
    """Rows of the ``rejects`` view: every sample, with the count of its cause."""
    for sample in tally.samples:
        yield {
            "source": source_name, "cause": str(sample.cause), "count": tally.counts[sample.cause], "line_or_offset": sample.at,
            "sample": sample.text, "note": sample.note, "sentence": REJECT_SENTENCES[sample.cause],
        }  # fmt: skip
