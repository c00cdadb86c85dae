"""The window into the running program: ``/metrics``, ``/healthz``, ``/readyz``. Read-only, and it answers while the loop hangs.

==============  ===================================================================================================
``/metrics``    Prometheus text (``tracker.web.metrics``)
``/healthz``    200 while the loop turns; 503 with the reason when it has not for ``STUCK_S``: restart the process
``/readyz``     200 once caught up and judging; 503 with every reason why not: catching up, store away
==============  ===================================================================================================

The loop publishes a frozen :class:`Status` about once a second; handlers read the newest and nothing else, so no request touches the store or
the engine. The standard library's server is enough for three pages that a collector asks for every few seconds; the control room will
bring a framework with it. Requests whose ``Host`` is neither an address nor ``localhost`` are refused, so that a page in somebody's browser
cannot read along through a name of its own (DNS rebinding). Errors have one shape: ``{"error": sentence, "status": code}``.
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from streams.time import US_PER_S, Clock, MonotonicClock
from tracker.errors import InputError
from tracker.web.metrics import Value, exposition

STUCK_S: Final = 60.0
"""A loop that has not turned for so long is stuck: no settling, snapshot or commit takes a minute."""
_TIMEOUT_S: Final = 5.0
_MOST_THREADS: Final = 16


@dataclass(frozen=True, slots=True)
class Status:
    """How the program does, at one instant of the monotonic clock."""

    turned_us: int
    not_ready: tuple[str, ...]
    """Why it is not live, a sentence each."""
    values: tuple[Value, ...]


class Operations:
    """The server; ``address`` is what it listens on."""

    def __init__(
        self, host: str, port: int, status: Callable[[], Status | None], monotonic: Clock | None = None
    ) -> None:
        self._status, self._monotonic = status, monotonic or MonotonicClock()
        room = threading.BoundedSemaphore(_MOST_THREADS)
        operations = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _TIMEOUT_S
            protocol_version = "HTTP/1.0"
            server_version, sys_version = "tidewaiter", ""

            def do_GET(self) -> None:
                operations._answer(self, with_body=True)

            def do_HEAD(self) -> None:
                operations._answer(self, with_body=False)

            def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
                if code == 501:
                    code, message = 405, "only GET and HEAD are answered"
                operations._send(self, *_error(code, message or "this cannot be answered"))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name of the base class)
                """Requests are not logged."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def process_request(self, request: Any, client_address: Any) -> None:
                if room.acquire(blocking=False):
                    super().process_request(request, client_address)
                else:
                    self.shutdown_request(request)

            def process_request_thread(self, request: Any, client_address: Any) -> None:
                try:
                    super().process_request_thread(request, client_address)
                finally:
                    room.release()

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that went away is no event."""

        try:
            self._server = Server((host, port), Handler)
        except OSError as exc:
            raise InputError(
                f"cannot be listened on ({exc.strerror})",
                f"[watch] http_address {host}:{port}",
                "choose another, or leave it empty",
            ) from exc
        self.address = (host, int(self._server.server_address[1]))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="operations", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler, *, with_body: bool) -> None:
        if not _is_plain_host(request.headers.get("Host", "")):
            self._send(request, *_error(421, "ask by address or as localhost"), with_body=with_body)
            return
        path = request.path.partition("?")[0]
        status = self._status()
        if path == "/metrics":
            text = exposition(status.values) if status is not None else ""
            self._send(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, with_body=with_body)
        elif path == "/healthz":
            stuck_s = 0.0 if status is None else (self._monotonic.now_us() - status.turned_us) / US_PER_S
            reasons = [f"the loop has not turned for {stuck_s:.0f} s"] if stuck_s > STUCK_S else []
            self._send(request, *_verdict(reasons), with_body=with_body)
        elif path == "/readyz":
            reasons = ["starting"] if status is None else list(status.not_ready)
            self._send(request, *_verdict(reasons), with_body=with_body)
        else:
            self._send(request, *_error(404, "there are /metrics, /healthz and /readyz"), with_body=with_body)

    def _send(
        self, request: BaseHTTPRequestHandler, code: int, kind: str, text: str, *, with_body: bool = True
    ) -> None:
        body = text.encode()
        request.send_response(code)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "no-store")
        request.send_header("X-Content-Type-Options", "nosniff")
        if code == 405:
            request.send_header("Allow", "GET, HEAD")
        request.end_headers()
        if with_body:
            request.wfile.write(body)


def _verdict(reasons: list[str]) -> tuple[int, str, str]:
    return (503 if reasons else 200, "application/json", json.dumps({"ok": not reasons, "reasons": reasons}) + "\n")


def _error(code: int, sentence: str) -> tuple[int, str, str]:
    return code, "application/json", json.dumps({"error": sentence, "status": code}) + "\n"


def _is_plain_host(host: str) -> bool:
    """An address or ``localhost``, with or without a port; an old client that says nothing is let in."""
    name = (
        host.rpartition(":")[0] if host.count(":") == 1 or (host.startswith("[") and not host.endswith("]")) else host
    )
    if name in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
