"""Three read-only pages over HTTP: ``/metrics``, ``/healthz`` and ``/readyz``.

The loop publishes a frozen :class:`Snapshot`; a handler reads that one object and nothing else, so no request touches the store or the engine.
Requests are GET and HEAD, bodies are never read, a connection serves one request. A ``Host`` that is neither loopback nor the address served is
refused: a page in a browser could otherwise be made to read this one by DNS rebinding.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from typing import Any, Final

from streams.time import US_PER_S, Clock
from tracker.web.metrics import CONTENT_TYPE, Sample, render

_MOST_THREADS: Final = 8
_TIMEOUT_S: Final = 5.0
STALLED_S: Final = 30
"""A loop that has not turned for so long is ill."""
_BUSY: Final = ("starting", "catching up")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the loop last said of itself. ``turned_us`` is steady; None before the first turn."""

    phase: str = "starting"
    turned_us: int | None = None
    samples: tuple[Sample, ...] = ()
    not_ready: tuple[str, ...] = ("the program is starting",)
    """Why it is not ready, in sentences; empty once it is."""


def health(snapshot: Snapshot, now_us: int) -> list[str]:
    """Why the program is ill; empty when it is well. ``now_us`` is of the clock of ``turned_us``."""
    if snapshot.phase in _BUSY:
        return []
    if snapshot.phase == "stopped":
        return ["the program has stopped"]
    if snapshot.turned_us is None:
        return ["the loop has not turned yet"]
    silent_s = (now_us - snapshot.turned_us) / US_PER_S
    return [f"the loop has not turned for {silent_s:.0f} s"] if silent_s > STALLED_S else []


class Operations:
    """Serves the pages in threads of its own from construction until :meth:`close`.

    Parameters
    ----------
    publish:
        The latest snapshot; called from several threads.

    Raises
    ------
    OSError
        the address cannot be had.
    """

    def __init__(self, host: str, port: int, publish: Callable[[], Snapshot], steady: Clock) -> None:
        self._server = _Server(host, port, publish, steady)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="operations", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, publish: Callable[[], Snapshot], steady: Clock) -> None:
        if ":" in host:
            self.address_family = AF_INET6
        self.publish, self.steady, self.host = publish, steady, host
        self._free = threading.BoundedSemaphore(_MOST_THREADS)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer asks DNS for the machine's name here, which may take long
        self.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.host, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _TIMEOUT_S
    server_version, sys_version = "tidewaiter", ""

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Every error in one shape; an unknown method is 405 here, not 501."""
        code = 405 if code == 501 else code
        self._answer_json(code, {"ok": False, "status": code, "error": message or "not understood"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Requests are not logged."""

    def _serve(self) -> None:
        if not _is_ours(self.headers.get("Host", ""), self.server.host):
            self.send_error(403, "the Host header is neither loopback nor the address served")
            return
        path = self.path.partition("?")[0]
        snapshot = self.server.publish()
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE, render(snapshot.samples).encode())
        elif path == "/healthz":
            self._tell(snapshot, health(snapshot, self.server.steady.now_us()))
        elif path == "/readyz":
            ill = [] if snapshot.phase in _BUSY else health(snapshot, self.server.steady.now_us())
            self._tell(snapshot, [*snapshot.not_ready, *ill])
        else:
            self.send_error(404, "there are /metrics, /healthz and /readyz")

    def _tell(self, snapshot: Snapshot, reasons: list[str]) -> None:
        content = {"ok": not reasons, "phase": snapshot.phase, "reasons": reasons}
        self._answer_json(503 if reasons else 200, content)

    def _answer_json(self, code: int, content: dict[str, Any]) -> None:
        self._answer(code, "application/json", json.dumps(content).encode() + b"\n")

    def _answer(self, code: int, kind: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        if code == 405:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _is_ours(header: str, served: str) -> bool:
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
