"""``tidewaiter watch``: signals, logs, the window into the process, and the loop between them."""

from __future__ import annotations

import signal
import threading
from typing import Any

from streams.errors import JournalError, SourceError
from streams.time import SteadyClock, SystemClock
from tracker.cargo.book import CargoBook
from tracker.errors import InputError
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.watch.loop import Watch
from tracker.watch.start import WatchFiles, assemble


def run_watch(settings: Any, files: WatchFiles, book: CargoBook, places: WorldPlaces, zones: ZoneSet) -> None:
    """Run until SIGTERM or SIGINT; returns when everything in hand is durable.

    Raises
    ------
    InputError
        what a person must mend: an address taken, a folder that cannot be written, settings that do not fit.
    """
    log = _Log()
    clock = SteadyClock(SystemClock())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        watch: Watch = assemble(settings, files, clock, log, book=book, places=places, zones=zones)
        watch.run(stop)
    except (SourceError, JournalError) as exc:
        raise InputError(str(exc)) from exc


class _Log:
    def info(self, event: str, **fields: object) -> None:
        import json, sys  # noqa

        sys.stderr.write(json.dumps({"level": "info", "event": event, **fields}, default=str) + "\n")

    def warning(self, event: str, **fields: object) -> None:
        import json, sys  # noqa

        sys.stderr.write(json.dumps({"level": "warning", "event": event, **fields}, default=str) + "\n")
