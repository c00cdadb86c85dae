"""Replay: recorded inputs through the whole pipeline, merged by event time.

The next block is always taken from the input that is furthest behind in event time, so that memory holds only what the
inputs overlap by. Event time alone drives everything: a replay gives the same bytes on every machine and on every day.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

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
from tracker.decode.rejects import REJECT_SENTENCES
from tracker.detectors import DETECTORS
from tracker.detectors.base import Context
from tracker.detectors.encounter import OneSided
from tracker.errors import InputError
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES, ZoneSet
from tracker.inputs import Input, sha256_of
from tracker.pipeline import Pipeline
from tracker.store import append
from tracker.store.database import Database
from tracker.store.others import other_messages
from tracker.timeline import InTurn, Timeline, one_by_one
from tracker.tracks.builder import TrackBuilder
from tracker.voyages.port_calls import PortCalls

_MEASURING_THREADS: Final = 2
"""Inputs decoded beforehand at a time; the kernels release the interpreter."""
_MOST_ROWS_KEPT: Final = 1_000_000
"""So many rows of all inputs are kept from measuring, about 150 MB; larger inputs are decoded twice."""
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
    cargo: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, counters ordered by name."""

        def ordered(counter: Counter[str]) -> dict[str, int]:
            return {str(name): counter[name] for name in sorted(counter)}

        return {
            "inputs": self.inputs, "units_in": self.units_in, "units_decoded": self.units_decoded,
            "messages": ordered(self.messages), "rejects": ordered(self.rejects), "reports": self.reports,
            "statics": self.statics, "late": self.late, "broken_clock": self.broken_clock, "duplicates": self.duplicates,
            "implausible": self.implausible, "craft": self.craft, "events": ordered(self.events),
            "alerts": ordered(self.alerts), "cargo": self.cargo, "seconds": round(self.seconds, 3),
            "units_per_s": round(self.units_in / self.seconds) if self.seconds else None,
        }  # fmt: skip


class JsonLines:
    """Sink of events and alerts as JSON lines, one file each; a file not asked for is not written."""

    def __init__(self, events: Path | None, alerts: Path | None) -> None:
        self._events, self._alerts = _create(events), _create(alerts)

    def add_events(self, events: Sequence[Event]) -> None:
        """Write events."""
        if self._events is not None:
            self._events.writelines(event.to_json_line() + "\n" for event in events)

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Write alerts as CloudEvents."""
        if self._alerts is not None:
            self._alerts.writelines(to_json_line(alert) + "\n" for alert in alerts)

    def close(self) -> None:
        """Finish the files."""
        for file in (self._events, self._alerts):
            if file is not None:
                file.close()


def replay(
    inputs: Sequence[Input],
    settings: Any,
    *,
    book: CargoBook,
    places: WorldPlaces,
    zones: ZoneSet = NO_ZONES,
    store: Database | None = None,
    sinks: Sequence[Any] = (),
    progress: Callable[[int, int], None] | None = None,
    clock: Clock | None = None,
) -> Summary:
    """Replay inputs through tracks, detectors, cargo and store.

    Parameters
    ----------
    settings:
        ``tracker.settings.Settings``.
    progress:
        Told stored bytes read so far, and in all.
    """
    clock = clock or SystemClock()
    begun_us = clock.now_us()
    pipeline = build_pipeline(inputs, settings, book=book, places=places, zones=zones, store=store, sinks=sinks)
    if store is not None:
        for one in inputs:
            store.write(append.forget_source(one.source_name))
        if book.files:
            for name, table in book.tables().items():
                store.write(append.replace_table(name, table))
    _run(inputs, pipeline, settings.replay.block_bytes, progress, store)
    pipeline.finish()
    summary = _summary(inputs, pipeline, book)
    if store is not None:
        _store_ledger(inputs, book, store)
        store.commit()
    summary.seconds = (clock.now_us() - begun_us) / 1e6
    return summary


def build_pipeline(
    inputs: Sequence[Input],
    settings: Any,
    *,
    book: CargoBook,
    places: WorldPlaces,
    zones: ZoneSet = NO_ZONES,
    store: Database | None,
    sinks: Sequence[Any],
) -> Pipeline:
    """Detectors, desk and store wired for some inputs."""
    feeds = sorted({one.feed_name for one in inputs})
    feed_of = np.array([feeds.index(one.feed_name) for one in inputs], dtype=np.int32)
    frontier = FrontierConfig(
        lateness_us=int(settings.replay.lateness_s * 1e6), max_step_us=int(settings.replay.max_step_s * 1e6)
    )
    linker = CargoLinker(book, places.resolve_location)
    timeline = build_timeline(settings, linker, book, places, zones, feeds, feed_of)
    pipeline = Pipeline(frontier, timeline, AlertDesk(linker, settings["alerts"]), store, sinks)
    block_bytes = settings.replay.block_bytes
    with ThreadPoolExecutor(max_workers=_MEASURING_THREADS) as pool:
        keep_rows = _MOST_ROWS_KEPT // max(len(inputs), 1)
        measured = pool.map(
            lambda one: one.measured_frontier(
                frontier, block_bytes, keep_rows=keep_rows, with_others=store is not None
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
    context = Context(places=places, source_name=lambda feed: feeds[feed], zones=zones, ground=lambda: places.ground)
    detectors = {entry.name: entry.build(settings[entry.name], context, book.itineraries()) for entry in DETECTORS}
    port_calls = PortCalls(settings["port_calls"], places)
    return Timeline(
        TrackBuilder(settings["tracks"]), detectors, linker, port_calls, OneSided(settings["encounter"]), feed_of, run
    )


def _run(
    inputs: Sequence[Input],
    pipeline: Pipeline,
    block_bytes: int,
    progress: Callable[[int, int], None] | None,
    store: Database | None,
) -> None:
    total = sum(stored_size(one.path) for one in inputs)
    done = dict.fromkeys((one.source for one in inputs), 0)
    names = {one.source: one.source_name for one in inputs}

    def told(source: int) -> Callable[[int], None]:
        def tell(read_bytes: int) -> None:
            done[source] = read_bytes
            if progress is not None:
                progress(sum(done.values()), total)

        return tell

    running: dict[int, Iterator[Decoded]] = {}
    for one in inputs:
        blocks = one.decoded(block_bytes, told(one.source), with_others=store is not None)
        running[one.source] = prefetch(blocks) if len(inputs) <= _PREFETCHED_INPUTS else blocks
    while running:
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
        alerts=counts.alerts, cargo=cargo_counts(book),
    )  # fmt: skip
    for one in inputs:
        summary.units_in += one.counts.units_in
        summary.units_decoded += one.counts.units_decoded
        summary.messages.update(one.counts.messages)
        summary.rejects.update({str(cause): count for cause, count in one.counts.rejects.counts.items()})
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


def _store_ledger(inputs: Sequence[Input], book: CargoBook, store: Database) -> None:
    """Counts and samples of every input as rows of ``sources`` and ``rejects``."""
    sources: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for file in book.files:
        rejects.extend(reject_rows(f"cargo:{Path(file.path).name}", file.rejects))
    for one in inputs:
        sources.append(
            {"source": one.source_name, "input": one.path.name, "kind": str(one.kind), "sha256": sha256_of(one.path),
             "units_in": one.counts.units_in, "units_decoded": one.counts.units_decoded}
        )  # fmt: skip
        rejects.extend(reject_rows(one.source_name, one.counts.rejects))
    store.write(append.ledger(sources, rejects))


def reject_rows(source_name: str, tally: Any) -> Iterator[dict[str, Any]]:
    """Rows of the ``rejects`` view: every sample, with the count of its cause."""
    for sample in tally.samples:
        yield {
            "source": source_name, "cause": str(sample.cause), "count": tally.counts[sample.cause], "line_or_offset": sample.at,
            "sample": sample.text, "note": sample.note, "sentence": REJECT_SENTENCES[sample.cause],
        }  # fmt: skip


def _create(path: Path | None) -> io.TextIOWrapper | None:
    if path is None:
        return None
    try:
        return path.open("w", encoding="utf-8", newline="\n")
    except OSError as exc:
        raise InputError(
            f"cannot be written ({exc.strerror})", str(path), "choose a folder that exists and is yours"
        ) from exc
