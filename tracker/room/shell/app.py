"""The application: routes of all parts under ``/api/v1``, one shape of errors, a description made of the routes themselves."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracker.printable import printable
from tracker.room.callers import RIGHT_KEY, Needs
from tracker.room.shell.guard import fault
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem
from tracker.room.shell.public_routes import public_routes
from tracker.room.shell.refusals import Noticing, write_refusal

PREFIX: Final = "/api/v1"
RouterMaker = Callable[[RoomParts], APIRouter]
_SENTENCES: Final = {
    400: "the body cannot be read; send JSON in UTF-8",
    404: "there is nothing here that you may see; check the address",
    405: "this is not done here; Allow has what is",
}
_MOST_TOLD: Final = 20
"""Mistakes of one body that are told."""


def make_app(parts: RoomParts, *makers: RouterMaker) -> FastAPI:
    """The application with the routes that these functions make, and those for anybody."""
    app = FastAPI(
        title="Tidewaiter: the room", version=version("tidewaiter"), openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    app.state.parts = parts
    app.add_middleware(Noticing)
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(HTTPException, _told_http)
    app.add_exception_handler(RequestValidationError, _told_invalid)
    app.add_exception_handler(Exception, _told_fault)
    for maker in (public_routes, *makers):
        router = maker(parts)
        for route in router.routes:
            if isinstance(route, APIRoute):
                route.openapi_extra = {**(route.openapi_extra or {}), RIGHT_KEY: right_of(route)}
        app.include_router(router, prefix=PREFIX)
    return app


def right_of(route: APIRoute) -> str | None:
    """The right that a route needs; None where it declares none or several."""
    found = {one.call.right.value for one in route.dependant.dependencies if isinstance(one.call, Needs)}
    return found.pop() if len(found) == 1 else None


async def _told(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, Problem)
    await write_refusal(request, exc.status)
    return exc.response()


async def _told_http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    await write_refusal(request, exc.status_code)
    sentence = _SENTENCES.get(exc.status_code, "this cannot be answered as it was asked")
    return Problem(exc.status_code, sentence, exc.headers).response()


async def _told_invalid(request: Request, exc: Exception) -> Response:
    """What is wrong where; never what was sent, which may be a password."""
    assert isinstance(exc, RequestValidationError)
    await write_refusal(request, 422)
    wrong: list[dict[str, Any]] = [
        {"where": printable(".".join(map(str, one["loc"]))), "what": printable(one["msg"])}
        for one in exc.errors()[:_MOST_TOLD]
    ]
    first = f"{wrong[0]['where']}: {wrong[0]['what']}" if wrong else "the request cannot be read"
    return Problem(422, f"{first}; correct it", errors=wrong).response()


async def _told_fault(_: Request, _exc: Exception) -> Response:
    return fault()
