"""The process of the room, from its start to its end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from streams.private import begin_privately, replace_private
from tracker.config.room import RoomConfig
from tracker.operations.log import JsonLog
from tracker.room.accounts.first import FIRST_LOGIN, first_password
from tracker.room.alerts.joining import engine_doors
from tracker.room.assembling import assemble, key_folder
from tracker.room.audit.publishing import HeadsSink
from tracker.room.audited import Act
from tracker.room.rights import NOBODY
from tracker.room.shell.serving import check_files, place_of, server_of, socket_of
from tracker.web.operations import Operations, operations_at

FIRST_FILE: Final = "first-password"
"""Where the first password is left when what the process says goes into a journal."""


def run_room(engines: Sequence[str], listen: str, data: str, settings: RoomConfig, behind_proxy: bool, folder: Path, log: JsonLog, say: Callable[[str], None], heads: HeadsSink | None = None) -> None:  # fmt: skip
    """Serve until SIGTERM or SIGINT.

    Parameters
    ----------
    folder:
        Of keys, where ``data`` is a database and the settings name none.
    say:
        Says a line to whoever started it; the first password is said so, and is in no log.
    heads:
        Where signed heads of the audit are sent besides.

    Raises
    ------
    InputError
        what a person must mend.
    """
    begin_privately()
    doors = engine_doors(engines, settings.engine_token)
    place = place_of(listen, settings, behind_proxy)
    check_files(place)
    bound = socket_of(place)
    keys = key_folder(data, settings, folder)
    room = assemble(data, settings, keys, doors, log, heads)

    def tell_fault(kind: str, where: str) -> None:
        log.warning("room_fault", kind=kind, where=where)

    def is_up(port: int) -> None:
        log.info("room_listening", address=f"{place.scheme}://{place.host}:{port}")

    page: Operations | None = None
    try:
        with room.parts.store.write() as connection:
            room.parts.audit.write(connection, NOBODY, Act.ROOM_BEGUN)
        app = room.guarded(place, tell_fault)
        server = server_of(app, place, settings, room.parts.stopping, is_up)
        password = first_password(room.signing_in)
        if password is not None:
            tell_first(password, first_file(settings, keys, os.environ), say)
        page = operations_at(settings.http_address, "[room] http_address", room.measures().latest)
        room.desk.start()
        room.sender.start()
        server.run(sockets=[bound])
    finally:
        if page is not None:
            page.close()
        bound.close()
        room.sender.close()
        room.desk.close()
        room.positions.close()
        room.parts.store.close()


def first_file(settings: RoomConfig, folder: Path, environment: Mapping[str, str]) -> Path | None:
    """Where the first password is left; None where it is said. What is said goes into the system's journal where that has our standard output."""
    if settings.first_password_file:
        return Path(settings.first_password_file)
    return folder / FIRST_FILE if "JOURNAL_STREAM" in environment else None


def tell_first(password: str, file: Path | None, say: Callable[[str], None]) -> None:
    """Tell the first administrator's password, once."""
    if file is not None:
        replace_private(file, password + "\n")
        say(f"the first password is in {file}; sign in as {FIRST_LOGIN}, choose another, and remove the file")
        return
    say(f"sign in as {FIRST_LOGIN} with the password {password}; it holds for once, and is told nowhere else")
