"""HTTP served by uvicorn in a thread with its own event loop: no client costs a thread, and none can hold a place for long.

uvicorn itself waits for ever for the end of a request's head and keeps as many connections as come. Here

- a head must be complete within ``head_s``, however slowly its bytes trickle;
- at most ``most_connections`` are open: beyond that the one that has waited longest without a complete head is cut off, for it is idle or
  slow, and who has something to ask asks at once;
- where ``whole_s`` is given, a connection ends by then, whatever it is doing.

What uvicorn says of requests that it cannot read has the one shape of errors (:func:`refusal`).
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from socket import socket
from typing import Any, Final, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

ABORT: Final = "tidewaiter.abort"
"""In the scope of a request: cuts its connection off at once, with what is still to be sent."""
_MOST_HEAD_BYTES: Final = 16 << 10
_BACKLOG: Final = 1024
_STOP_S: Final = 1
"""What is being answered when it stops may go on so long."""
_JOIN_S: Final = 3.0
_START_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ServingLimits:
    """What connections may take."""

    most_connections: int = 64
    head_s: float = 5.0
    whole_s: float | None = None


def refusal(status: int, error: str) -> dict[str, Any]:
    """The one shape of errors."""
    return {"ok": False, "status": status, "error": error}


class Serving:
    """Serves an ASGI application on bound sockets from construction until :meth:`close`.

    Parameters
    ----------
    sockets:
        Bound; they are closed with it.
    name:
        Of the thread.
    """

    def __init__(self, sockets: Sequence[socket], app: App, name: str, limits: ServingLimits | None = None) -> None:
        self._sockets = list(sockets)
        guard = ConnectionGuard(limits or ServingLimits())
        config = uvicorn.Config(
            app, http=guard.protocol(), ws="none", lifespan="off", interface="asgi3", loop="asyncio", log_config=None,
            log_level="critical", access_log=False, server_header=False, proxy_headers=False, backlog=_BACKLOG,
            timeout_keep_alive=int(guard.limits.head_s) + 1, timeout_graceful_shutdown=_STOP_S,
            h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._is_up.wait(_START_S)

    def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(timeout=_JOIN_S)
        for one in self._sockets:
            with suppress(OSError):
                one.close()

    def _run(self) -> None:
        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            self.loop.call_soon(self._is_up.set)
            await self._server.serve(sockets=self._sockets)

        with suppress(asyncio.CancelledError):
            asyncio.run(serve())


class ConnectionGuard:
    """Which connections of a server wait without a complete head, longest first."""

    def __init__(self, limits: ServingLimits) -> None:
        self.limits = limits
        self.waiting: dict[H11Protocol, asyncio.TimerHandle] = {}
        self.open: set[H11Protocol] = set()

    def protocol(self) -> type[H11Protocol]:
        """The protocol of uvicorn with this guard."""
        guard = self

        class Guarded(GuardedProtocol):
            _guard = guard

        return Guarded

    def admit(self, one: H11Protocol) -> None:
        self.open.add(one)
        if len(self.open) > self.limits.most_connections:
            oldest = next(iter(self.waiting), one)
            self.forget(oldest)
            oldest.transport.abort()
        if one in self.open:
            self.wait_for(one)
            if self.limits.whole_s is not None:
                one.loop.call_later(self.limits.whole_s, one.transport.abort)

    def wait_for(self, one: H11Protocol) -> None:
        self.hear(one)
        self.waiting[one] = one.loop.call_later(self.limits.head_s, one.transport.abort)

    def hear(self, one: H11Protocol) -> None:
        if (timer := self.waiting.pop(one, None)) is not None:
            timer.cancel()

    def forget(self, one: H11Protocol) -> None:
        self.hear(one)
        self.open.discard(one)


class GuardedProtocol(H11Protocol):
    _guard: ConnectionGuard

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._guard.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.forget(self)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None:  # whoever answers begins after this
            cast(Message, self.cycle.scope).setdefault(ABORT, self.transport.abort)
        if self.cycle is not None and not self.cycle.response_complete:
            self._guard.hear(self)

    def on_response_complete(self) -> None:
        if self in self._guard.open:
            self._guard.wait_for(self)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        body = json.dumps(refusal(400, msg)).encode() + b"\n"
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        with suppress(h11.LocalProtocolError):
            self.transport.write(self.conn.send(h11.Response(status_code=400, headers=headers, reason=b"Bad Request")))
            self.transport.write(self.conn.send(h11.Data(data=body)))
            self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()


def is_our_host(header: str, served: str) -> bool:
    """Whether a ``Host`` names loopback or the address served. An address that means all interfaces admits any IP number, no name."""
    host = header.rsplit(":", 1)[0] if header.count(":") == 1 or "]:" in header else header
    host = host.strip("[]").lower()
    if host in ("localhost", served.lower()):
        return True
    try:
        number = ip_address(host)
    except ValueError:
        return False
    return number.is_loopback or served in ("0.0.0.0", "::")
