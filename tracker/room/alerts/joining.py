"""The desk joined to the room: its routes, and engines by the names they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter

from tracker.door.address import DoorAddress
from tracker.errors import InputError
from tracker.room.alerts.alert_routes import alert_routes
from tracker.room.alerts.desk import DeskRun
from tracker.room.alerts.desk_routes import desk_routes
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.audit.audit_routes import audit_routes
from tracker.room.search.dossier_routes import dossier_routes
from tracker.room.search.search_routes import search_routes
from tracker.room.shell.parts import RoomParts
from tracker.room.upkeep.upkeep_routes import upkeep_routes

_MOST_NAME: Final = 100


def desk_routers(run: DeskRun) -> tuple[Callable[[RoomParts], APIRouter], ...]:
    """What ``make_app`` is given."""
    return (
        lambda parts: alert_routes(run, parts),
        lambda parts: desk_routes(run, parts),
        upkeep_routes,
        lambda parts: audit_routes(parts, run.sign_head, run.anchors.lines, lambda: run.heads_topic),
        lambda parts: search_routes(run, parts),
        lambda parts: dossier_routes(run, parts),
    )


def engine_doors(engines: Sequence[str], token_file: str) -> dict[str, AddressedDoor]:
    """Doors of engines as the command line names them: ``live.duckdb``, ``http://127.0.0.1:8078``, or either behind ``NAME=``.

    Raises
    ------
    InputError
        one is neither, a name comes twice, or a token is missing.
    """
    doors: dict[str, AddressedDoor] = {}
    for given in engines:
        name, place = _named(given)
        if name in doors:
            raise InputError(
                f"two engines are called {name}", "--engine", "give them names, as --engine harbour=harbour.duckdb"
            )
        doors[name] = AddressedDoor(DoorAddress.of(place, _token(token_file) if "://" in place else None))
    return doors


def _named(given: str) -> tuple[str, str]:
    name, equals, place = given.partition("=")
    if equals and name and not any(sign in name for sign in "/:\\") and len(name) <= _MOST_NAME:
        return name, place
    if "://" in given:
        return urlsplit(given).netloc[:_MOST_NAME], given
    return Path(given).stem[:_MOST_NAME], given


def _token(token_file: str) -> str | None:
    if not token_file:
        return None
    try:
        return Path(token_file).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as exc:
        raise InputError(
            "the token of the engine's door cannot be read",
            token_file,
            "name a file that has it in [room] engine_token",
        ) from exc
