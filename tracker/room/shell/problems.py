"""Errors of the API: RFC 9457 ``application/problem+json``, one shape for all, each with a sentence that says what, where and how to mend it.

::

    {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "a sentence"}

and further members where a client can act on them. Nothing of the program's insides is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Exception):
    """A request that is not answered as asked.

    Parameters
    ----------
    detail:
        The sentence. It must not tell whether something exists that the caller may not see.
    members:
        Further members of the document.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, dict(headers or {}), members

    def to_json(self) -> dict[str, Any]:
        """The document."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail} | self.members

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.to_json(), self.status, self.headers, MEDIA_TYPE)


def not_found() -> Problem:
    """The same for what is not there and what may not be seen."""
    return Problem(404, "there is nothing here that you may see; check the address")
