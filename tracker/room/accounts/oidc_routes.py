"""Routes of signing in by a provider."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from tracker.room.accounts.oidc import Provider
from tracker.room.accounts.session_routes import Anybody, address_of, is_tls, set_cookies
from tracker.room.accounts.signing_in import SigningIn
from tracker.room.audited import Act
from tracker.room.callers import audited
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem

_COOKIE: Final = "__Host-tidewaiter-way"
_COOKIE_PLAIN: Final = "tidewaiter-way"
_COOKIE_S: Final = 300
_BACK: Final = "/api/v1/session/provider/back"
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">'
    '<title>Signed in</title><main><h1>Signed in</h1><p><a href="/">Go on to the room</a></p></main></html>'
)
"""Not a redirect: the session's cookie is SameSite=Strict, and a browser sends no such cookie along a way that began at another site."""
Text = Annotated[str, Query(min_length=1, max_length=4000)]


def oidc_routes(parts: RoomParts, signing_in: SigningIn) -> APIRouter:
    """The routes; they answer 404 where no provider is named."""
    router = APIRouter(prefix="/session/provider", tags=["session"])
    provider = Provider(signing_in, parts.settings) if parts.settings.oidc_issuer else None

    def named() -> Provider:
        if provider is None:
            raise Problem(404, "no provider is named in [room] oidc_issuer; sign in with a password")
        return provider

    @router.get("", status_code=303, response_class=RedirectResponse, openapi_extra=audited(Act.SESSION_BEGUN))
    def set_out(request: Request, _: Anybody) -> Response:
        """Go to the provider and sign in there."""
        back = f"{request.url.scheme}://{request.headers['host']}{_BACK}"
        address, browser = named().set_out(back)
        answer = RedirectResponse(address, 303)
        # Lax, for the browser comes back from another site
        answer.set_cookie(
            _name(request), browser, max_age=_COOKIE_S, path="/", secure=is_tls(request), httponly=True, samesite="lax"
        )
        return answer

    @router.get("/back", response_class=HTMLResponse, openapi_extra=audited(Act.SESSION_BEGUN))
    def come_back(request: Request, _: Anybody, state: Text, code: Text) -> Response:
        """Come back from the provider. The session is in the cookie of the answer, a page that leads on."""
        browser = request.cookies.get(_name(request), "")
        entered = named().come_back(state, code, browser, address_of(request))
        answer = HTMLResponse(_PAGE)
        answer.delete_cookie(_name(request), "/", secure=is_tls(request), httponly=True, samesite="lax")
        set_cookies(request, answer, entered)
        return answer

    return router


def _name(request: Request) -> str:
    return _COOKIE if is_tls(request) else _COOKIE_PLAIN
