"""Routes for anybody: whether the room is up, and the description of the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right
from tracker.room.shell.description import describe
from tracker.room.shell.parts import RoomParts

Anybody = Annotated[Caller, Depends(needs(Right.ANYBODY))]


def public_routes(_: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["room"])

    @router.get("/health", openapi_extra=audited(Act.HEALTH_READ))
    def health(_: Anybody) -> dict[str, bool]:
        """Whether the room answers. Nothing is told of what it does."""
        return {"ok": True}

    @router.get("/openapi.json", openapi_extra=audited(Act.DESCRIPTION_READ))
    def description(request: Request, _: Anybody) -> dict[str, Any]:
        """This description."""
        return describe(request.app)

    return router
