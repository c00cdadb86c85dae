"""Routes of one's own session: come in, stay, go, choose a password, open a compartment in need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import update

from tracker.room.accounts import account_shapes as shapes
from tracker.room.accounts.account_tables import SESSIONS
from tracker.room.accounts.known import find_session
from tracker.room.accounts.openings import close_opening, count_unseen, open_compartment
from tracker.room.accounts.persons import AccountError
from tracker.room.accounts.signing_in import Entered, SigningIn
from tracker.room.audited import Act
from tracker.room.callers import COOKIE, COOKIE_PLAIN, audited, needs, session_secret
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem
from tracker.units import iso_time

Anybody = Annotated[Caller, Depends(needs(Right.ANYBODY))]
Oneself = Annotated[Caller, Depends(needs(Right.SEE_SELF))]
_BROWSER: Final = "__Host-tidewaiter-browser"
_BROWSER_PLAIN: Final = "tidewaiter-browser"
_BROWSER_S: Final = 90 * 24 * 3600
_PATH: Final = "/"


def session_routes(parts: RoomParts, signing_in: SigningIn) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["session"])

    @router.post("/session", status_code=201, openapi_extra=audited(Act.SESSION_BEGUN))
    def begin(body: shapes.SignIn, request: Request, response: Response, _: Anybody) -> shapes.Session:
        """Sign in with login and password. The session is in the cookie of the answer; its name is in ``cookie``."""
        browser = request.cookies.get(_BROWSER if is_tls(request) else _BROWSER_PLAIN)
        with told():
            entered = signing_in.enter(body.login, body.password, address_of(request), browser)
        set_cookies(request, response, entered)
        caller = parts.callers.of_session(entered.secret)
        if caller is None:
            raise Problem(401, "the session ended at once; sign in anew")
        return _session(caller, request)

    @router.get("/session", openapi_extra=audited(Act.SELF_READ))
    def show(request: Request, caller: Oneself) -> shapes.Session:
        """One's own session: until when it holds, and what one may."""
        return _session(caller, request)

    @router.post("/session/renew", openapi_extra=audited(Act.SESSION_RENEWED))
    def renew(body: shapes.Password, request: Request, _: Anybody) -> shapes.Session:
        """Take up the same session again with the password, before or after it ran out; what it holds stays."""
        secret = session_secret(request)
        if secret is None:
            raise Problem(401, "there is no session here to be renewed; sign in")
        with told():
            signing_in.renew(secret, body.password, address_of(request))
        caller = parts.callers.of_session(secret)
        if caller is None:
            raise Problem(401, "this session is over; sign in anew")
        return _session(caller, request)

    @router.delete("/session", status_code=204, openapi_extra=audited(Act.SESSION_ENDED))
    def end(request: Request, response: Response, caller: Oneself) -> None:
        """Sign out; the session is over wherever its cookie is."""
        if caller.session_id is None:
            raise Problem(409, "a token has no session; an administrator revokes it")
        with parts.store.write() as connection:
            chosen = SESSIONS.c.session_id == caller.session_id
            connection.execute(update(SESSIONS).where(chosen).values(ended_us=parts.now_us(), ended_why="signed out"))
            parts.audit.write(connection, caller, Act.SESSION_ENDED, (caller.session_id,))
        response.delete_cookie(*_cookie(request, COOKIE, COOKIE_PLAIN), secure=is_tls(request), httponly=True)

    @router.post("/session/password", status_code=204, openapi_extra=audited(Act.PASSWORD_CHANGED))
    def change_password(body: shapes.NewPassword, caller: Oneself) -> None:
        """Choose another password; all other sessions of this person end."""
        if caller.session_id is None:
            raise Problem(409, "a token has no password")
        with told():
            signing_in.change_password(caller, body.password, body.new_password)

    @router.get("/me", openapi_extra=audited(Act.SELF_READ))
    def me(caller: Oneself) -> shapes.Me:
        """Who one is here, and what one may. Who may see openings of compartments is told how many nobody has looked at."""
        unseen = None
        with parts.store.write() as connection:
            if caller.may(Right.SEE_OPENINGS):
                unseen = count_unseen(connection, caller)
            parts.audit.write(connection, caller, Act.SELF_READ)
        return shapes.Me(**me_of(caller), openings_unseen=unseen)

    @router.post("/compartments/{compartment}/openings", status_code=201, openapi_extra=audited(Act.COMPARTMENT_OPENED))
    def open_one(
        compartment: shapes.Compartment,
        body: shapes.Reason,
        caller: Annotated[Caller, Depends(needs(Right.OPEN_COMPARTMENT))],
    ) -> shapes.Opened:
        """Open a compartment in need, for a while. Supervisors and the audit are told; the answer does not tell whether there is one of this name."""
        now_us = parts.now_us()
        until_us = now_us + int(parts.settings.opening_min * 60e6)
        with parts.store.write() as connection:
            opening_id = open_compartment(connection, caller, compartment, body.reason, until_us, now_us)
            parts.audit.write(
                connection, caller, Act.COMPARTMENT_OPENED, (opening_id,), terms={"compartment": compartment}
            )
        return shapes.Opened(opening_id=opening_id, compartment=compartment, until=iso_time(until_us))

    @router.delete("/openings/{opening_id}", status_code=204, openapi_extra=audited(Act.COMPARTMENT_CLOSED))
    def close_one(opening_id: shapes.Id, caller: Annotated[Caller, Depends(needs(Right.OPEN_COMPARTMENT))]) -> None:
        """Close a compartment that one opened, before its time."""
        with told(), parts.store.write() as connection:
            close_opening(connection, caller, opening_id, parts.now_us())
            parts.audit.write(connection, caller, Act.COMPARTMENT_CLOSED, (opening_id,))

    def _session(caller: Caller, request: Request) -> shapes.Session:
        if caller.session_id is None:
            raise Problem(409, "a token has no session; GET /api/v1/me tells what it may")
        with parts.store.write() as connection:
            row = find_session(connection, SESSIONS.c.session_id == caller.session_id)
            parts.audit.write(connection, caller, Act.SELF_READ)
        if row is None:
            raise Problem(401, "this session is over; sign in anew")
        ends_us = row.proven_us + int(parts.settings.session_most_h * 3600e6)
        return shapes.Session(
            **me_of(caller), cookie=_cookie(request, COOKIE, COOKIE_PLAIN)[0],
            idle_at=iso_time(signing_in.known.live_until_us(row)), ends_at=iso_time(ends_us),
        )  # fmt: skip

    return router


@contextmanager
def told() -> Iterator[None]:
    """What cannot be of an account, as a problem."""
    try:
        yield
    except AccountError as exc:
        members = dict(exc.members)
        wait_s = members.pop("retry_after_s", None)
        raise Problem(exc.status, exc.detail, {"Retry-After": str(wait_s)} if wait_s else None, **members) from None


def set_cookies(request: Request, response: Response, entered: Entered) -> None:
    """The session, and the browser where it is new."""
    _set_cookie(request, response, COOKIE, COOKIE_PLAIN, entered.secret, None)
    if entered.browser is not None:
        _set_cookie(request, response, _BROWSER, _BROWSER_PLAIN, entered.browser, _BROWSER_S)


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy that is trusted, from where it says (the shell sees to that)."""
    return request.client.host if request.client is not None else "unknown"


def me_of(caller: Caller) -> dict[str, Any]:
    return {
        "person_id": caller.person_id, "name": caller.name, "roles": sorted(caller.roles), "rights": sorted(caller.rights),
        "unit_id": caller.unit, "compartments": sorted(caller.compartments), "is_service": caller.is_service,
        "must_change_password": caller.must_change_password, "session_id": caller.session_id, "token_id": caller.token_id,
    }  # fmt: skip


def is_tls(request: Request) -> bool:
    return request.url.scheme == "https"


def _cookie(request: Request, name: str, plain: str) -> tuple[str, str]:
    return (name if is_tls(request) else plain), _PATH


def _set_cookie(request: Request, response: Response, name: str, plain: str, value: str, age_s: int | None) -> None:
    key, path = _cookie(request, name, plain)
    response.set_cookie(key, value, max_age=age_s, path=path, secure=is_tls(request), httponly=True, samesite="strict")
