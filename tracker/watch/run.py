"""``tidewaiter watch``: signals, logs, the window into the process, and the loop between them."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from streams.errors import JournalError, SourceError
from streams.time import SteadyClock, SystemClock
from tracker.cargo.book import CargoBook
from tracker.errors import InputError
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.logs import event_log
from tracker.watch.config import WatchConfig, host_and_port
from tracker.watch.loop import Watch
from tracker.watch.start import WatchFiles, assemble
from tracker.web.operations import Operations


def run_watch(settings: Any, files: WatchFiles, book: CargoBook, places: WorldPlaces, zones: ZoneSet) -> None:
    """Run until SIGTERM or SIGINT; returns when everything in hand is durable.

    Raises
    ------
    InputError
        what a person must mend: an address taken, a folder that cannot be written, settings that do not fit.
    """
    log = event_log()
    clock = SteadyClock(SystemClock())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _told(stop))
    try:
        watch: Watch = assemble(settings, files, clock, log, book=book, places=places, zones=zones)
    except (SourceError, JournalError) as exc:
        raise InputError(str(exc)) from exc
    operations = _operations(settings["watch"], watch)
    try:
        watch.run(stop)
    except (SourceError, JournalError) as exc:
        raise InputError(str(exc)) from exc
    finally:
        if operations is not None:
            operations.close()


def _operations(config: WatchConfig, watch: Watch) -> Operations | None:
    if not config.http_address:
        return None
    try:
        host, port = host_and_port(config.http_address)
    except ValueError as exc:
        raise InputError(str(exc), "[watch] http_address", "write host:port, or leave it empty") from exc
    return Operations(host, port, lambda: watch.status)


def _told(stop: threading.Event) -> None:
    """Told to stop: the first time cleanly, the second time at once (nothing committed is lost by that)."""
    if stop.is_set():
        os._exit(130)
    stop.set()
