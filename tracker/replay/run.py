"""Replay: recorded inputs through an engine that never looks back, merged by event time.

The next block is always taken from the input that is furthest behind in event time, so that memory holds only what the
inputs overlap by. Event time alone drives everything: a replay gives the same bytes on every machine and on every day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Final

from streams.files import stored_size
from streams.frontier import FrontierConfig
from streams.prefetch import prefetch
from streams.time import Clock, SystemClock
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import link_table
from tracker.cargo.suggestions import suggestion_table
from tracker.decode.base import Decoded
from tracker.decode.rejects import RejectCause
from tracker.engine.build import build_timeline
from tracker.engine.engine import Engine
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline
from tracker.errors import GaveNothingError
from tracker.faults import Fault
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES, ZoneSet
from tracker.inputs.gave import Gave
from tracker.inputs.recorded import Input, digests_of
from tracker.printable import printable
from tracker.replay.recorder import ReplayRecorder
from tracker.replay.summary import Summary, summary_of
from tracker.settings import Settings
from tracker.store import append
from tracker.store.database import Database
from tracker.store.others import other_messages
from tracker.store.sorting import BYTES_PER_ROW
from tracker.store.sources import Incoming, Plan, begin_replay, end_replay, plan_replay
from tracker.units import NEVER_US, US_PER_S, Micros
from tracker.voyages.air_names import AirNames

_MEASURING_THREADS: Final = 2
"""Inputs decoded beforehand at a time; the kernels release the interpreter."""
_MOST_NOTES: Final = 10
_PREFETCHED_INPUTS: Final = 4
"""Up to this many inputs are decoded ahead in threads of their own."""


def replay(
    inputs: Sequence[Input],
    settings: Settings,
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
    recorder = ReplayRecorder(store, {one.source: one.source_name for one in inputs}.__getitem__, sinks, number)
    engine = _engine(inputs, settings, book, places, zones, recorder)
    _open_inputs(inputs, engine, settings, with_others=store is not None, check=check, read=read)
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
    _run(inputs, engine, recorder, settings.replay.block_bytes, read, store, check)
    recorder.write(append.port_calls(engine.timeline.port_calls.rows(), number))
    links = engine.desk.linker.all_links(recorder.reached_us)
    recorder.write(append.cargo_links(link_table(links, recorder.reached_us), number))
    suggestions = engine.desk.linker.all_suggestions(recorder.reached_us)
    recorder.write(append.cargo_suggestions(suggestion_table(suggestions, recorder.reached_us), number))
    summary = summary_of(inputs, engine, recorder, book)
    if store is not None and plan is not None:
        store.write(append.ledger([], _rejects(inputs, book, number)))
        units = {one.source_name: (one.counts.units_in, one.counts.units_decoded) for one in inputs}
        store.write(end_replay(number, Micros(clock.now_us()), units))
        store.commit()
        summary.store = plan.to_json()
    _tell_faults(inputs, [*engine.take_faults(), *recorder.take_faults()], summary)
    summary.seconds = (clock.now_us() - begun_us) / 1e6
    return summary


def _tell_faults(inputs: Sequence[Input], faults: Sequence[Fault], summary: Summary) -> None:
    notes = []
    for one in inputs:
        rejects = one.counts.rejects
        if count := rejects.counts[RejectCause.PROGRAM_FAULT]:
            summary.faults["decoder"] += count
            notes += [
                f"decoder: {sample.note}" for sample in rejects.samples if sample.cause is RejectCause.PROGRAM_FAULT
            ]
    for fault in faults:
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


def _engine(
    inputs: Sequence[Input],
    settings: Settings,
    book: CargoBook,
    places: WorldPlaces,
    zones: ZoneSet,
    recorder: ReplayRecorder,
) -> Engine:
    """Detectors, desk and recorder wired for some inputs."""

    def timeline() -> Timeline:
        linker = CargoLinker(book, places.resolve_location, air=AirNames(places), may_more_come=False)
        return build_timeline(settings, linker, places, zones, Feeds(one.feed_name for one in inputs))

    def desk(linker: CargoLinker) -> AlertDesk:
        return AlertDesk(linker, settings.alerts)

    return Engine(timeline, desk, _frontier(settings), recorder)


def _frontier(settings: Settings) -> FrontierConfig:
    config = settings.replay
    return FrontierConfig(lateness_us=int(config.lateness_s * US_PER_S), max_step_us=int(config.max_step_s * US_PER_S))


def _open_inputs(
    inputs: Sequence[Input],
    engine: Engine,
    settings: Settings,
    *,
    with_others: bool,
    check: Callable[[], None],
    read: _Read,
) -> None:
    """Measure how far each input is out of order, and open it with bounds of its own."""
    rows_in_memory = settings.replay.rows_in_memory
    keep_rows = rows_in_memory // max(len(inputs), 1)
    frontier = _frontier(settings)
    with ThreadPoolExecutor(max_workers=_MEASURING_THREADS) as pool:
        measured = pool.map(
            lambda one: one.measured_frontier(
                frontier,
                settings.replay.block_bytes,
                keep_rows=keep_rows,
                sort_bytes=rows_in_memory * BYTES_PER_ROW,
                with_others=with_others,
                check=check,
                progress=read.of(one),
            ),
            inputs,
        )
    for one, own_frontier in zip(inputs, measured, strict=True):
        engine.open_source(one.source, own_frontier)


def _run(
    inputs: Sequence[Input],
    engine: Engine,
    recorder: ReplayRecorder,
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
        source = min(running, key=lambda s: (NEVER_US if (f := engine.frontier_us(s)) is None else f, s))
        decoded = next(running[source], None)
        if decoded is None:
            engine.close_source(source)
            del running[source]
        else:
            engine.feed(source, decoded)
            if decoded.others:
                recorder.write(other_messages(decoded.others, names[source]))
        engine.step()
        recorder.commit_if_many()
    engine.finish()


def _rejects(inputs: Sequence[Input], book: CargoBook, replay: int) -> list[dict[str, Any]]:
    """Counts and samples of every input as rows of ``rejects``."""
    tallies = [(printable(f"cargo:{Path(file.path).name}"), file.rejects) for file in book.files]
    tallies += [(one.source_name, one.counts.rejects) for one in inputs]
    return [{**row, "replay": replay} for name, tally in tallies for row in append.reject_rows(name, tally)]
