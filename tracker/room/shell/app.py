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

from tracker.room.callers import RIGHT_KEY, Needs
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem

PREFIX: Final = "/api/v1"
RouterMaker = Callable[[RoomParts], APIRouter]


def make_app(parts: RoomParts, *makers: RouterMaker) -> FastAPI:
    """The application with the routes that these functions make."""
    app = FastAPI(
        title="Tidewaiter: the room",
        version=version("tidewaiter"),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(HTTPException, _told_http)
    app.add_exception_handler(RequestValidationError, _told_invalid)
    for maker in makers:
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


async def _told(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, Problem)
    return exc.response()


async def _told_http(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    sentences = {404: "there is nothing here that you may see; check the address", 405: "this is not done here"}
    return Problem(exc.status_code, sentences.get(exc.status_code, "this cannot be answered"), exc.headers).response()


async def _told_invalid(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    wrong: list[dict[str, Any]] = [
        {"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in exc.errors()
    ]
    where = wrong[0]["where"] if wrong else "the request"
    return Problem(
        422, f"{where}: {wrong[0]['what'] if wrong else 'cannot be read'}; correct it", errors=wrong
    ).response()
