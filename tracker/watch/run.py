"""``tidewaiter watch``: signals, logs, the window into the process, and the loop between them.

The first SIGTERM or SIGINT asks for an end: what is in hand becomes durable. What hangs longer than ``stop_s`` and a little is left, as by a kill,
which loses nothing that was committed. A second signal ends the process at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from streams.errors import JournalError, SourceError
from streams.private import begin_privately
from streams.time import Clock, MonotonicClock, SteadyClock, SystemClock
from streams.watchdog import Watchdog
from tracker.door.alert_stream import StreamLimits
from tracker.door.app import DoorLimits
from tracker.door.commands import CommandQueue
from tracker.door.server import DoorServer
from tracker.errors import InputError, StoreError
from tracker.geography.places import WorldPlaces
from tracker.operations.log import log_to
from tracker.papers.document import Document
from tracker.papers.receive import receive
from tracker.printable import printable
from tracker.settings import Settings
from tracker.watch.backup import back_up_the_living
from tracker.watch.ending import Ending
from tracker.watch.files import WatchFiles
from tracker.watch.fitting import check_files, check_fit
from tracker.watch.inbox import Inbox, check_inbox, claim_inbox
from tracker.watch.loop import Watch
from tracker.watch.meters import Meters
from tracker.watch.quarantine import note_crashes
from tracker.watch.receiving import Bringing, Outcome, Receiving
from tracker.watch.reloading import Given, Reloader, ReloadQueue
from tracker.watch.retention import Retention
from tracker.watch.standing import StandingAlerts
from tracker.watch.start import assemble, coming_papers
from tracker.watch.world import World
from tracker.web.operations import STARTING, Snapshot, health, operations_at, unready


def run_watch(read: Callable[[], Given], files: WatchFiles, places: WorldPlaces) -> None:
    """Run until SIGTERM or SIGINT; returns when everything in hand is durable.

    ``read`` reads what the program is given: at the start, and at every reload.

    Raises
    ------
    InputError
        what a person must mend: an address taken, a folder that cannot be written, settings that do not fit.
    """
    given = read()
    settings = given.settings
    begin_privately()
    check_fit(settings)
    check_files(settings, files)
    folder = check_inbox(settings.papers)
    log = log_to()
    clock = SteadyClock(SystemClock())
    config = settings.watch
    stop = threading.Event()
    ending = Ending(stop, config.stop_s, log)
    with ExitStack() as ends:
        if folder is not None:
            ends.callback(claim_inbox(folder))
        lender = _Lender()
        standing = StandingAlerts(lender.lend)
        ends.callback(standing.close)
        meters = Meters(clock, log, standing=lambda: standing.counts)
        commands, reloads = CommandQueue(), ReloadQueue()
        receiving = Receiving(
            lambda document: receive(document, places.resolve_location, lender.settings(settings).cargo),
            settings.papers.portion,
        )
        ends.callback(receiving.close)
        reloader = Reloader(read, lender.world, reloads, log, clock)
        limits = DoorLimits(
            config.door_s, config.door_most_s, config.door_rows, papers_bytes=int(settings.papers.document_mb * 1e6),
            streams=StreamLimits(config.door_streams, frame_s=config.door_frame_s),
        )  # fmt: skip
        # the door is open before anything is warm: whoever asks is told what it waits for
        door = DoorServer(
            files.store, config.door, lender.lend, partial(_status, meters, reloader), commands, limits,
            lambda folder: back_up_the_living(files.store, lender.lend, folder, clock), reloader.reload, partial(_bring, receiving, clock),
        )  # fmt: skip
        ends.callback(door.close)
        ends.callback(commands.close)
        if (
            window := operations_at(config.http_address, "[watch] http_address", partial(_measured, meters, door))
        ) is not None:
            ends.callback(window.close)
        watchdog = Watchdog(lambda: not health(meters.latest, MonotonicClock().now_us()))
        ends.callback(watchdog.close)
        inbox: Inbox | None = None
        if folder is not None:
            inbox = Inbox(folder, settings.papers, receiving, clock, MonotonicClock(), log)
            ends.callback(inbox.close)
        ends.callback(ending.over)  # first: what is in hand is durable then, and the rest is quick
        try:
            watch: Watch = assemble(settings, files, clock, log, book=given.book, places=places, zones=given.zones)
            retention = Retention(config.keep_d, clock, log)
            ends.callback(retention.close)

            def on_turn(watch: Watch) -> None:
                meters.measure(watch)
                retention.look(watch)

            watch.on_turn, watch.commands, watch.reloads, lender.watch = on_turn, commands, reloads, watch
            watch.on_news, watch.on_positions = door.wake, door.offer
            watch.papers = coming_papers(settings, receiving, inbox, clock, log)
            ending.on_hangup = reloader.reload_on_signal
            watch.take_crash(note_crashes(files.state / "crash"))
            ending.has_nothing = lambda: watch.is_warming
            watch.run(stop)
        except (SourceError, JournalError) as exc:
            raise InputError(str(exc)) from exc


def _measured(meters: Meters, door: DoorServer) -> Snapshot:
    """What the loop last said of itself, and how the door's streams do at this instant."""
    latest = meters.latest
    return replace(latest, samples=(*latest.samples, *door.samples()))


def _status(meters: Meters, reloader: Reloader) -> dict[str, Any]:
    """The status, with the reasons that ``/readyz`` gives at this instant."""
    told = meters.status.to_json()
    reasons = unready(meters.latest, MonotonicClock().now_us())
    return {**told, "is_ready": not reasons, "not_ready": reasons, "reload": reloader.last}


def _bring(receiving: Receiving, clock: Clock, name: str, content: bytes) -> Future[dict[str, Any]] | None:
    """A document that came by the door, on its way; what becomes of it, None where too many wait."""
    answer: Future[dict[str, Any]] = Future()

    def tell(outcome: Outcome) -> None:
        with suppress(InvalidStateError):
            answer.set_result(outcome.to_json())

    def fail(error: BaseException) -> None:
        with suppress(InvalidStateError):
            answer.set_exception(error)

    document = Document(content, "door", printable(name), clock.now_us())
    return answer if receiving.put(Bringing(document, tell, fail)) else None


class _Lender:
    """Cursors of the store that the watch has open; the door is there before the watch is."""

    def __init__(self) -> None:
        self.watch: Watch | None = None

    def settings(self, given: Settings) -> Settings:
        """The settings in force; those given while there is no watch."""
        return given if self.watch is None else self.watch.world.settings

    def world(self) -> World:
        """The world in force; ``StoreError`` while there is none."""
        if self.watch is None:
            raise StoreError(STARTING)
        return self.watch.world

    @contextmanager
    def lend(self) -> Iterator[Any]:
        """A cursor; ``StoreError`` while there is none."""
        if self.watch is None:
            raise StoreError(STARTING)
        with self.watch.lend() as cursor:
            yield cursor
