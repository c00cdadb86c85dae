"""The program as a library: recordings in, Arrow tables, events and alerts out, and SQL on what is stored.

::

    from tracker.library import decode, open_store, replay_recordings

    for table in decode("feed.nmea.gz"):                    # position reports as Arrow, block by block
        print(table.num_rows, table.column_names)

    found = replay_recordings(["feed.nmea.gz"], store="watch.duckdb", cargo=["manifests.json"])
    print(found.summary.reports, [alert.explanation for alert in found.alerts])

    with open_store("watch.duckdb") as store:
        table = store.execute("SELECT * FROM alerts ORDER BY priority DESC").to_arrow_table()

A person's mistake raises ``tracker.errors.InputError``, one sentence with what, where and how to mend it. Nothing is printed or logged. What is decoded, how rules
judge and what is stored are those of the command ``tidewaiter replay``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import pyarrow as pa

from streams.archives import Spool
from tracker.alerts.alert import Alert
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.commands.folders import cache_folder, reference_folder
from tracker.door.opening import open_to_read
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES, read_zones
from tracker.inputs.opening import open_recordings
from tracker.inputs.recorded import distinct_inputs, open_input
from tracker.replay import Summary, replay
from tracker.settings import load_settings
from tracker.store.asking import Reader
from tracker.store.database import Database

__all__ = ["Found", "decode", "open_store", "replay_recordings"]

Name = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a replay made known: every revision of events and alerts in the order of their publication, and the account of its inputs."""

    summary: Summary
    events: tuple[Event, ...]
    alerts: tuple[Alert, ...]

    @property
    def standing(self) -> list[Event]:
        """The last revision of each event, in the order in which they were first told."""
        return list({event.event_id: event for event in self.events}.values())


def decode(*paths: Name, block_bytes: int = 1 << 20) -> Iterator[pa.Table]:
    """Position reports of recordings, folders or archives, recognised by content.

    Parameters
    ----------
    paths:
        Files, folders, archives or patterns, as the command line takes them.
    block_bytes:
        So much of a file, unpacked, is decoded at a time.

    Yields
    ------
    pyarrow.Table
        at least one row each, with the columns of ``tracker.positions.PositionBatch`` (times in microseconds since 1970, units in the names); in the order of
        the file, or of event time where the file is sorted while it is read.

    Raises
    ------
    InputError
        a path is not there, or nothing of what is named can be read.
    """
    with Spool() as spool:
        opened = open_recordings([Path(path) for path in paths], spool)
        for source, one in enumerate(opened.recordings):
            for decoded in open_input(one, source).decoded(block_bytes):
                if len(decoded.positions):
                    yield decoded.positions.to_arrow()


def replay_recordings(
    paths: Sequence[Name],
    *,
    store: Name | None = None,
    cargo: Sequence[Name] = (),
    zones: Name | None = None,
    config: Name | None = None,
) -> Found:
    """Replay recordings through tracks, detectors and cargo; event time alone decides what is found.

    Parameters
    ----------
    paths:
        Recordings of one or several feeds, merged by event time.
    store:
        DuckDB file to write (docs/columns.md); None keeps nothing.
    cargo:
        Files or folders of papers (docs/cargo.md).
    zones:
        Areas of interest as GeoJSON (docs/zones.md).
    config:
        Settings as TOML (docs/settings.md).

    Raises
    ------
    InputError
        an input, the papers, zones or settings cannot be read, or the store cannot be written.
    """
    kept = _Kept()
    with ExitStack() as ends:
        spool = ends.enter_context(Spool())
        opened = open_recordings([Path(path) for path in paths], spool)
        settings = load_settings(None if config is None else Path(config))
        places = WorldPlaces.load(reference_folder(), cache_folder())
        named = [
            open_input(one, source, aerodromes_deg=places.airports.positions_deg)
            for source, one in enumerate(opened.recordings)
        ]
        inputs, _ = distinct_inputs(named)
        papers = [Path(path) for path in cargo]
        book = read_cargo(papers, places.resolve_location, settings.cargo) if papers else CargoBook()
        areas = NO_ZONES if zones is None else read_zones(Path(zones))
        database = None if store is None else Database(Path(store))
        if database is not None:
            ends.callback(database.close)
        summary = replay(inputs, settings, book=book, places=places, zones=areas, store=database, sinks=[kept])
    return Found(summary, tuple(kept.events), tuple(kept.alerts))


def open_store(path: Name) -> AbstractContextManager[Reader]:
    """Read-only SQL on a store, by file or, where a running ``watch`` holds it, through that program's door.

    Raises
    ------
    InputError
        there is no such store, or nobody here may read it.
    """
    return open_to_read(Path(path))


class _Kept:
    """Everything published."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.alerts: list[Alert] = []

    def add_events(self, events: Sequence[Event]) -> None:
        self.events += events

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        self.alerts += alerts
