"""The description of the API (OpenAPI 3.1), made of the routes: what each needs and is in the audit, and one shape of errors for all."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tracker.room.callers import COOKIE, RIGHT_KEY
from tracker.room.rights import Right
from tracker.room.shell.problems import MEDIA_TYPE

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457; further members where a client can act on them.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, where, and how to mend it."},
    },
}
_ABOUT: Final = (
    "What people decide on alerts: the desk, verdicts, accounts, the audit. Sign in at POST /session, which sets a cookie, or send a service's token as "
    "'Authorization: Bearer TOKEN'. Each route names the right it needs (x-right) and what a call of it is in the audit (x-audit-act)."
)


def describe(app: FastAPI) -> dict[str, Any]:
    """The document; made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
        parts = made.setdefault("components", {})
        schemas = parts.setdefault("schemas", {})
        schemas["Problem"] = _PROBLEM
        for gone in ("HTTPValidationError", "ValidationError"):
            schemas.pop(gone, None)
        parts["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            "token": {"type": "http", "scheme": "bearer"},
        }
        for path in made["paths"].values():
            for route in path.values():
                _complete(route)
        app.openapi_schema = made
    return app.openapi_schema


def _complete(route: dict[str, Any]) -> None:
    route["responses"].pop("422", None)
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    route["responses"]["default"] = {"description": "It was not done as asked.", "content": problem}
    route["security"] = [] if route.get(RIGHT_KEY) == Right.ANYBODY else [{"session": []}, {"token": []}]
