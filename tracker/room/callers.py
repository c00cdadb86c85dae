"""Who calls, and whether it may: the one dependency by which a route says which right it needs.

::

    @router.get("/alerts", openapi_extra=audited(Act.ALERTS_READ))
    def read_alerts(caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))]) -> ...:

A session comes in a cookie, a token as ``Authorization: Bearer``; who sends both is refused, for it cannot be told who acts. Every route has exactly one
right and one act of the audit; ``tests/tracker/room/test_routes.py`` walks them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from starlette.requests import HTTPConnection

from tracker.room.audited import ACT_KEY, Act
from tracker.room.rights import NOBODY, Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem
from tracker.room.shell.refusals import CALLER

COOKIE: Final = "__Host-tidewaiter"
"""Of a session, over TLS: browsers take ``__Host-`` only with Secure, without Domain, for the whole host (RFC 6265bis 4.1.3.2)."""
COOKIE_PLAIN: Final = "tidewaiter"
"""Of a session over plain HTTP on loopback, where a browser may refuse what is Secure."""
IS_KNOWN: Final = "tidewaiter.is_known"
"""In the scope of a request: whether its session or token was found to hold (``tracker.room.shell.rates``)."""
RIGHT_KEY: Final = "x-right"


def audited(act: Act) -> dict[str, Any]:
    """For ``openapi_extra``: what a call of this route is in the audit."""
    return {ACT_KEY: act.value}


class Needs:
    """A dependency: gives the caller, or refuses."""

    def __init__(self, right: Right) -> None:
        self.right = right

    def __call__(self, connection: HTTPConnection) -> Caller:
        """Who calls, where it has the right.

        Raises
        ------
        Problem
            401 where nobody is signed in, 403 where the right is missing.
        """
        parts: RoomParts = connection.app.state.parts
        caller = who_calls(parts, connection)
        if caller.may(self.right):
            connection.scope[CALLER] = caller
            return caller
        if caller is NOBODY:
            secret = session_secret(connection)
            if secret and parts.callers.may_renew(secret):
                raise Problem(
                    401,
                    "the session ran out; take it up again with the password at /api/v1/session/renew",
                    may_renew=True,
                )
            raise Problem(
                401,
                "nobody is signed in; sign in at /api/v1/session, or send a token as 'Authorization: Bearer TOKEN'",
                {"WWW-Authenticate": 'Bearer realm="tidewaiter"'},
            )
        with parts.store.write() as store:
            parts.audit.write(store, caller, Act.ROUTE_REFUSED, is_refused=True, terms={"right": self.right.value})
        if caller.must_change_password:
            raise Problem(
                403,
                "the password was given for once; choose your own at /api/v1/session/password first",
                must_change_password=True,
            )
        raise Problem(403, f"this needs the right '{self.right.value}', which you do not have; ask an administrator")


@cache
def needs(right: Right) -> Needs:
    """The dependency for a right; the same object for the same right, so that it is asked once in a request."""
    return Needs(right)


def who_calls(parts: RoomParts, connection: HTTPConnection) -> Caller:
    """Whose session or token comes with a request; ``NOBODY`` without either, or where neither holds.

    Raises
    ------
    Problem
        400 where both come.
    """
    session = session_secret(connection)
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if session and token:
        raise Problem(400, "a session and a token came together; send one of them")
    found = None
    if session:
        found = parts.callers.of_session(session)
    elif token and scheme.lower() == "bearer":
        found = parts.callers.of_token(token.strip())
    connection.scope[IS_KNOWN] = found is not None
    return found or NOBODY


def session_secret(connection: HTTPConnection) -> str | None:
    """What the session's cookie holds. The plain one counts over plain HTTP alone."""
    found = connection.cookies.get(COOKIE)
    if found is None and connection.url.scheme == "http":
        found = connection.cookies.get(COOKIE_PLAIN)
    return found
