"""What is counted of requests: how many by route, method and class of status, and how long the last ones took. No address, name or id is kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from tracker.room.shell.guard import App, Message, Receive, Send

_KEPT: Final = 1_000
"""Latencies that are looked back on."""
_NO_ROUTE: Final = "none"
_SIGN_INS: Final = ("/session", "/session/passkey", "/session/renew")
_REFUSED: Final = (401, 403, 429)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


class RequestMeters:
    """Counted in the event loop; read from any thread."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._latencies_us: deque[int] = deque(maxlen=_KEPT)
        self.sign_ins_refused = 0

    def count(self, route: str, method: str, status: int, took_us: int) -> None:
        """One request was answered; ``took_us`` until its answer began."""
        self._requests[route, method if method in _METHODS else "other", f"{status // 100}xx"] += 1
        self._latencies_us.append(took_us)
        if method == "POST" and status in _REFUSED and route.endswith(_SIGN_INS):
            self.sign_ins_refused += 1

    def requests(self) -> dict[tuple[str, str, str], int]:
        """(route, method, class of status) -> how many."""
        return dict(self._requests)

    def latencies_s(self) -> dict[str, float]:
        """p50, p99 and the longest of the last requests, in seconds; empty where there were none."""
        held = sorted(self._latencies_us.copy())
        if not held:
            return {}
        at = {"p50": len(held) // 2, "p99": (len(held) * 99) // 100, "longest": len(held) - 1}
        return {share: held[place] / 1e6 for share, place in at.items()}


class Measured:
    """An application whose requests are counted; it stands before everything that may refuse one."""

    def __init__(self, app: App, meters: RequestMeters, monotonic_us: Callable[[], int], prefix: str) -> None:
        self._app, self._meters, self._now_us, self._prefix = app, meters, monotonic_us, prefix

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun_us = self._now_us()

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = self._template(scope.get("route"), scope["path"])
                self._meters.count(route, scope["method"], message["status"], self._now_us() - begun_us)
            await send(message)

        await self._app(scope, receive, send_on)

    def _template(self, route: Any, asked: str) -> str:
        """The path of a route with its parameters by name: what was asked for would be without bounds."""
        path = getattr(route, "path", None)
        if not isinstance(path, str):
            return _NO_ROUTE
        is_whole = path.startswith(self._prefix) or not asked.startswith(self._prefix)
        return path if is_whole else f"{self._prefix}{path}"
