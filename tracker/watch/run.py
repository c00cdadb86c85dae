"""``tidewaiter watch``: signals, logs, the window into the process, and the loop between them.

The first SIGTERM or SIGINT asks for an end: what is in hand becomes durable. What hangs longer than ``stop_s`` and a little is left, as by a kill,
which loses nothing that was committed. A second signal ends the process at once.
"""

from __future__ import annotations

import threading
from typing import Any

from streams.errors import JournalError, SourceError
from streams.private import begin_privately
from streams.time import MonotonicClock, SteadyClock, SystemClock
from tracker.cargo.book import CargoBook
from tracker.errors import InputError, SettingError
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.logs import log_to
from tracker.watch.config import WatchConfig, host_and_port
from tracker.watch.ending import Ending
from tracker.watch.files import WatchFiles
from tracker.watch.loop import Watch
from tracker.watch.meters import Meters
from tracker.watch.retention import Retention
from tracker.watch.start import assemble
from tracker.web.operations import Operations


def run_watch(settings: Any, files: WatchFiles, book: CargoBook, places: WorldPlaces, zones: ZoneSet) -> None:
    """Run until SIGTERM or SIGINT; returns when everything in hand is durable.

    Raises
    ------
    InputError
        what a person must mend: an address taken, a folder that cannot be written, settings that do not fit.
    """
    begin_privately()
    log = log_to()
    clock = SteadyClock(SystemClock())
    config: WatchConfig = settings["watch"]
    stop = threading.Event()
    ending = Ending(stop, config.stop_s, log)
    meters = Meters(clock, log)
    window = _open_window(config.http_address, meters)
    try:
        watch: Watch = assemble(settings, files, clock, log, book=book, places=places, zones=zones)
        retention = Retention(config.keep_d, clock, log)

        def on_turn(watch: Watch) -> None:
            meters.measure(watch)
            retention.look(watch)

        watch.on_turn = on_turn
        ending.has_nothing = lambda: watch.is_warming
        try:
            watch.run(stop)
        finally:
            retention.close()
    except (SourceError, JournalError) as exc:
        raise InputError(str(exc)) from exc
    finally:
        if window is not None:
            window.close()
        ending.over()


def _open_window(address: str, meters: Meters) -> Operations | None:
    if not address:
        return None
    try:
        host, port = host_and_port(address)
        return Operations(host, port, lambda: meters.latest, MonotonicClock())
    except ValueError as exc:
        raise SettingError(str(exc), "[watch] http_address", "write host:port, or nothing to serve none") from exc
    except OSError as exc:
        raise SettingError(
            f"{address} cannot be served ({exc.strerror})", "[watch] http_address", "choose another, or end who has it"
        ) from exc
