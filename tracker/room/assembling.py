"""The room put together: store, audit, accounts, and the routes of all parts. Here a part is joined, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI

from streams.private import make_private_folder
from streams.time import MonotonicClock, SteadyClock, SystemClock
from tracker.config.room import RoomConfig
from tracker.errors import InputError
from tracker.room.accounts.joining import account_routers, accounts_of
from tracker.room.accounts.signing_in import SigningIn
from tracker.room.alerts.desk import ANCHORS_FILE, Anchors, DeskRun, desk_settings
from tracker.room.alerts.following import EngineDoor
from tracker.room.alerts.joining import desk_routers
from tracker.room.audit.keys import open_key
from tracker.room.audit.log import AuditLog
from tracker.room.audit.publishing import HeadsSink, HeadsTopic
from tracker.room.page.serving import add_page
from tracker.room.positions.following import FleetRun
from tracker.room.positions.position_routes import position_routes
from tracker.room.sending.sender import Sender
from tracker.room.sending.sending_routes import sending_routes
from tracker.room.shell.app import PREFIX, make_app
from tracker.room.shell.guard import App, Guard, guarded
from tracker.room.shell.logs import Log, NoLog
from tracker.room.shell.meters import Measured, RequestMeters
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.serving import Place
from tracker.room.store.opening import open_room_store
from tracker.room.upkeep.measuring import RoomMeasures
from tracker.room.upkeep.retention import Retention

_MB: Final = 1_000_000
NO_ENGINES: Final[Mapping[str, EngineDoor]] = MappingProxyType({})
SILENT: Final = NoLog()


@dataclass(frozen=True, slots=True)
class AssembledRoom:
    """A room that can be served."""

    parts: RoomParts
    signing_in: SigningIn
    app: FastAPI
    desk: DeskRun
    sender: Sender
    positions: FleetRun
    requests: RequestMeters = field(default_factory=RequestMeters)

    def guarded(self, place: Place, tell_fault: Callable[[str, str], None]) -> App:
        """The application as it is served at a place."""
        settings = self.parts.settings
        guard = Guard(place.hosts, settings.requests_per_s, int(settings.body_mb * _MB), settings.body_s, tell_fault)
        monotonic_us = MonotonicClock().now_us
        return Measured(guarded(self.app, guard, monotonic_us), self.requests, monotonic_us, PREFIX)

    def measures(self) -> RoomMeasures:
        """How it does, for its page of metrics."""
        return RoomMeasures(self.parts, self.desk, self.requests, MonotonicClock().now_us)


def assemble(
    data: str,
    settings: RoomConfig,
    folder: Path,
    engines: Mapping[str, EngineDoor] = NO_ENGINES,
    log: Log = SILENT,
    heads: HeadsSink | None = None,
) -> AssembledRoom:
    """The room over the store of ``data``; ``folder`` keeps its keys. It follows ``engines`` (by name), and sends heads of its audit to ``heads``, once its desk is started.

    Raises
    ------
    InputError
        the store, the folder or the key cannot be used.
    """
    store = open_room_store(data)
    try:
        now_us = SteadyClock(SystemClock()).now_us
        key = open_key(folder)
        audit = AuditLog(now_us, key)
        signing_in = accounts_of(store, now_us, audit, settings)
        parts = RoomParts(store, now_us, audit, signing_in.known, settings)
        anchors = Anchors(Path(settings.anchors) if settings.anchors else folder / ANCHORS_FILE)
        desk = DeskRun(
            store,
            now_us,
            audit,
            engines,
            key,
            anchors,
            desk_settings(settings),
            log,
            Retention(store, now_us, audit, settings),
        )
        if heads is not None:
            desk.heads_topic = HeadsTopic(store, heads, now_us, log)
        sender = Sender(store, now_us, audit, key, desk.open_alerts, settings, log)
        positions = FleetRun(engines, log)
        routers = (
            *account_routers(signing_in),
            *desk_routers(desk),
            lambda parts: sending_routes(sender, parts),
            lambda parts: position_routes(positions, parts),
        )
        app = make_app(parts, *routers)
        add_page(app)
        return AssembledRoom(parts, signing_in, app, desk, sender, positions)
    except BaseException:
        store.close()
        raise


def key_folder(data: str, settings: RoomConfig, default: Path) -> Path:
    """Where keys are kept: the folder of the store, else as set, else ``default``; made where it is missing.

    Raises
    ------
    InputError
        it cannot be made.
    """
    folder = Path(data) if "://" not in data else Path(settings.folder) if settings.folder else default
    try:
        return make_private_folder(folder)
    except OSError as exc:
        raise InputError(
            f"the folder of the room cannot be made ({exc.strerror})",
            str(folder),
            "give --data or [room] folder a place that can be written",
        ) from exc
