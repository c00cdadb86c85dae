"""What stands before the routes: plain ASGI, so that streams pass through it piece by piece.

In order, from the outside: headers of security on every answer, faults told without their insides, the ``Host`` held against those served, addresses with what
no id has, requests with a cookie held against the page they come from, how many a caller may send, how large a body may be and how long it may take to come.

``BaseHTTPMiddleware`` is not used: it holds the pieces of a stream in a queue without bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from tracker.room.callers import COOKIE, COOKIE_PLAIN, IS_KNOWN
from tracker.room.shell.problems import Problem
from tracker.room.shell.rates import Rates

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""Of what is no page: nothing in it may run or load, even where a browser is made to show it."""
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data: blob:; style-src 'self'; font-src 'self'; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Of pages: their own files and nothing else; no text ever becomes markup or script (Trusted Types)."""
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_TLS_HEADER: Final = "max-age=31536000"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_API: Final = "/api/"


class SecurityHeaders:
    """Every answer has them, those to what is refused as well. What a route sets itself stays (``Cache-Control`` of a file that never changes)."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_page = not scope["path"].startswith(_API)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                is_html = headers.get("content-type", "").startswith("text/html")
                headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page and is_html else API_POLICY)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", _TLS_HEADER)
            await send(message)

        await self._app(scope, receive, send_on)


class Faults:
    """A fault of the program is an answer without its insides, and one line of the log: where it happened, not what was asked."""

    def __init__(self, app: App, tell: Callable[[str, str], None]) -> None:
        self._app, self._tell = app, tell

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        has_begun = is_over = False

        async def send_on(message: Message) -> None:
            nonlocal has_begun, is_over
            has_begun = has_begun or message["type"] == "http.response.start"
            is_over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Problem as exc:
            if has_begun:
                raise
            await exc.response()(scope, receive, send_on)
        except Exception as exc:
            self._tell(type(exc).__name__, place_of(exc))
            if is_over:  # the application has told it already
                return
            if scope["type"] != "http" or has_begun:
                raise
            await fault()(scope, receive, send_on)


def fault() -> Response:
    """The answer to a request on which the program itself failed."""
    return Problem(500, "the program failed on this request; it is in its log, tell whoever runs it").response()


def place_of(exc: BaseException) -> str:
    """Where a fault happened: file and line, the innermost of our own."""
    found, trace = "", exc.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not found or "tracker" in name:
            found = f"{name.rpartition('/tracker/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


class Hosts:
    """Requests are for us by name: a name that was made to lead here (DNS rebinding) is refused, and so is one that would be put into links."""

    def __init__(self, app: App, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            given = headers.getlist("host")
            if len(given) != 1 or host_name(given[0]) not in self._hosts:
                raise Problem(
                    421,
                    "this room is not served under that name; name it in [room] hosts, or use the address it is served at",
                )
        await self._app(scope, receive, send)


class PlainAddresses:
    """A letter NUL in a path or a question is refused: PostgreSQL keeps it in no text, and no id has it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope.get("query_string", b"")):
            raise Problem(400, "the address has the letter NUL (%00); leave it out")
        await self._app(scope, receive, send)


def host_name(header: str) -> str:
    """The name in a ``Host`` header, without its port.

    >>> host_name("[::1]:8443"), host_name("Room.Example:443")
    ('::1', 'room.example')
    """
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


class SameSite:
    """A request that changes something and brings a session comes from our own page: by ``Sec-Fetch-Site``, which no page can forge, else by ``Origin``.

    Requests with a token are no concern: no browser adds one by itself.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            is_signing_in = scope["path"].rstrip("/").endswith(("/session", "/session/passkey"))
            cookies = all_cookies(headers)
            has_session = COOKIE in cookies or COOKIE_PLAIN in cookies
            if (has_session or is_signing_in) and not is_same_origin(headers, scope["scheme"], not has_session):
                raise Problem(
                    403,
                    "this came from another site's page, or did not say from which, and nothing was done; use the room's own page, or send Origin with the room's address",
                )
        await self._app(scope, receive, send)


def all_cookies(headers: Headers) -> str:
    """All cookies of a request: a proxy may hand one header on as several (RFC 9113, 8.2.3), and whoever reads the session reads all."""
    return "; ".join(headers.getlist("cookie"))


def is_same_origin(headers: Headers, scheme: str, may_be_no_browser: bool) -> bool:
    """Whether a request comes from our own origin. One without either header comes from no browser of today: it may sign in, and brings no session."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() == f"{scheme}://{headers.get('host', '').lower()}"
    return may_be_no_browser


class Limits:
    """How many requests a caller may send, by its session or token, else by its address; how large a body may be, and how long it may take.

    Parameters
    ----------
    most_bytes:
        Of a body; ``larger`` has paths that take more.
    """

    def __init__(
        self, app: App, rates: Rates, most_bytes: int, body_s: float, larger: MutableMapping[str, int]
    ) -> None:
        self._app, self._rates, self._most_bytes, self._body_s, self._larger = app, rates, most_bytes, body_s, larger

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else "unknown"
        wait_s = self._rates.take(address, credential(headers))
        if wait_s is not None:
            wait = str(max(1, round(wait_s + 0.5)))
            raise Problem(429, f"too many requests; wait {wait} s and send fewer", {"Retry-After": wait})
        most = self._larger.get(scope["path"], self._most_bytes)
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            raise _too_large(most)
        taken = 0
        loop = asyncio.get_running_loop()
        until = loop.time() + self._body_s
        is_whole = False
        refused: Problem | None = None

        def refuse(problem: Problem) -> Problem:
            nonlocal refused
            refused = problem
            return problem

        async def receive_on() -> Message:
            nonlocal taken, is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise refuse(Problem(408, f"the body did not come within {self._body_s:g} s; send it again")) from None
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
                if taken > most:
                    raise refuse(_too_large(most))
            return message

        async def send_on(message: Message) -> None:
            if refused is None:  # else whoever read the body has told it in words of its own
                await send(message)

        try:
            await self._app(scope, receive_on, send_on)
            if refused is not None:
                raise refused
        finally:
            claim = credential(headers)
            if claim is not None and scope.get(IS_KNOWN):
                self._rates.believe(claim)


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most:,} bytes; send it in parts", most_bytes=most)


def credential(headers: Headers) -> str | None:
    """What a caller is known by, before anybody has looked whether it holds."""
    token = headers.get("authorization")
    if token:
        return token
    for part in all_cookies(headers).split(";"):
        name, _, value = part.strip().partition("=")
        if name in (COOKIE, COOKIE_PLAIN) and value:
            return value
    return None


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guard before the routes is set to."""

    hosts: frozenset[str]
    requests_per_s: float
    most_bytes: int
    body_s: float
    tell_fault: Callable[[str, str], None]
    larger: MutableMapping[str, int] = field(default_factory=dict)
    """Path -> bytes of a body it takes, where more than others."""


def guarded(app: App, guard: Guard, monotonic_us: Callable[[], int]) -> App:
    """The application behind its guard."""
    rates = Rates(guard.requests_per_s, monotonic_us)
    limited = Limits(app, rates, guard.most_bytes, guard.body_s, guard.larger)
    return SecurityHeaders(Faults(Hosts(PlainAddresses(SameSite(limited)), guard.hosts), guard.tell_fault))
