"""Routes of dossiers: one craft, consignment, container or party with all that the engines know of it and the caller may see.

What is hidden is answered exactly as what is not there, by the engine: the room hands it the rules whose compartment the caller lacks, and sees no difference itself.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import unquote

import orjson
from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from tracker.room.alerts.desk import DeskRun
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right
from tracker.room.search.asking import dossiers_of
from tracker.room.search.linked_alerts import add_alerts, hidden_rules
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem

_MOST_ID: Final = 200
_Part = Annotated[str, Path(max_length=_MOST_ID, description="As in a hit; a stroke within it is written %252F.")]
_Reader = Annotated[Caller, Depends(needs(Right.SEE_DOSSIERS))]


def dossier_routes(run: DeskRun, parts: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["search"])

    @router.get("/craft/{craft}", summary="The dossier of a craft", openapi_extra=audited(Act.DOSSIER_READ))
    def read_craft(
        caller: _Reader, craft: Annotated[str, Path(max_length=_MOST_ID, description="Id, for example mmsi:219001234.")]
    ) -> Response:
        """Who it said it was and when, its last position, port calls, declared calls, consignments linked to it, events, and the alerts on all of them."""
        return _told(run, parts, caller, "craft", craft, f"craft:{craft}")

    @router.get(
        "/consignments/{manifest_id}/{consignment_id}",
        summary="The dossier of a consignment",
        openapi_extra=audited(Act.DOSSIER_READ),
    )
    def read_consignment(caller: _Reader, manifest_id: _Part, consignment_id: _Part) -> Response:
        """Its papers as they were stated last, the craft it is linked to, declared calls, and the alerts on it."""
        name = f"{unquote(manifest_id)}/{unquote(consignment_id)}"
        return _told(run, parts, caller, "consignments", name, f"consignment:{name}")

    @router.get("/containers/{number}", summary="The dossier of a container", openapi_extra=audited(Act.DOSSIER_READ))
    def read_container(
        caller: _Reader, number: Annotated[str, Path(max_length=_MOST_ID, description="With or without blanks.")]
    ) -> Response:
        """The consignments in it, what was told of it at terminals, and the alerts on them."""
        return _told(run, parts, caller, "containers", number, f"container:{number}")

    @router.get("/parties/{party}", summary="The dossier of a party", openapi_extra=audited(Act.DOSSIER_READ))
    def read_party(
        caller: _Reader,
        party: Annotated[str, Path(max_length=_MOST_ID, description="Id of a hit, which tells no name.")],
    ) -> Response:
        """Its spellings and numbers, the consignments on which it stands, and the alerts on them."""
        # whoever has names could try them against the id: with a blank in it the audit keeps a keyed digest
        return _told(run, parts, caller, "parties", party, f"party {party}")

    return router


def _told(run: DeskRun, parts: RoomParts, caller: Caller, kind: str, name: str, object_id: str) -> Response:
    with parts.store.read() as connection:
        hidden = hidden_rules(connection, caller.compartments)
    found, engines = dossiers_of(run.doors, kind, name, hidden)
    with parts.store.read() as connection:
        add_alerts(connection, [one for dossier in found for one in _with_alerts(dossier)], caller.compartments)
    with parts.store.write() as connection:
        parts.audit.write(connection, caller, Act.DOSSIER_READ, [object_id], is_refused=not found)
    if not found:
        if any(one["is_answered"] for one in engines) or not engines:
            raise Problem(404, "there is nothing of this id")
        raise Problem(503, "no engine answers now; the alerts are at /api/v1/alerts all the same", {"Retry-After": "5"})
    return Response(orjson.dumps({"dossiers": found, "engines": engines}), media_type="application/json")


def _with_alerts(dossier: dict[str, Any]) -> list[dict[str, Any]]:
    """The dossier and what in it may have alerts on it."""
    held = [one for name in ("consignments", "events") for one in dossier.get(name, ()) if isinstance(one, dict)]
    return [dossier, *(one for one in held if "alert_ids" in one or one.get("type") == "events")]
