"""Read-only pages over HTTP: those of ``PAGES``.

The loop publishes a frozen :class:`Snapshot`; a handler reads that one object and nothing else, so no request touches the store or the engine.
Requests are GET and HEAD, bodies are never read, a connection serves one request and is over within seconds. A ``Host`` that is neither loopback nor
the address served is refused: a page in a browser could otherwise be made to read this one by DNS rebinding. Clients that are slow, or idle, hold up
nobody (``tracker.web.serving``).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from types import MappingProxyType
from typing import Any, Final

from streams.time import US_PER_S, Clock, MonotonicClock
from tracker.config.watch import host_and_port
from tracker.errors import SettingError
from tracker.web.metrics import CONTENT_TYPE, Sample, render
from tracker.web.serving import Message, Serving, ServingLimits, is_our_host, refusal

_LIMITS: Final = ServingLimits(most_connections=64, head_s=3.0, whole_s=10.0)
STALLED_S: Final = 30
"""A loop that has not turned for so long is ill."""
STARTING: Final = "the program is starting: kernels are loaded in some seconds, or compiled in some minutes at the first start of an installation"
_BUSY: Final = ("starting", "catching up")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the loop last said of itself. ``turned_us`` is steady; None before the first turn."""

    phase: str = "starting"
    turned_us: int | None = None
    samples: tuple[Sample, ...] = ()
    not_ready: tuple[str, ...] = (STARTING,)
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


def operations_at(address: str, setting: str, publish: Callable[[], Snapshot]) -> Operations | None:
    """The pages at the address that a setting has; None where it is empty.

    Raises
    ------
    SettingError
        it is no address, or cannot be had.
    """
    if not address:
        return None
    try:
        host, port = host_and_port(address)
        return Operations(host, port, publish, MonotonicClock())
    except ValueError as exc:
        raise SettingError(str(exc), setting, "write host:port, or nothing to serve none") from exc
    except OSError as exc:
        raise SettingError(
            f"{address} cannot be served ({exc.strerror})", setting, "choose another, or end who has it"
        ) from exc


class Operations:
    """Serves the pages in a thread of its own from construction until :meth:`close`.

    Parameters
    ----------
    publish:
        The latest snapshot.

    Raises
    ------
    OSError
        the address cannot be had.
    """

    def __init__(self, host: str, port: int, publish: Callable[[], Snapshot], steady: Clock) -> None:
        self.publish, self.steady, self._host = publish, steady, host
        listening = listen_on(host, port)
        self.port: int = listening.getsockname()[1]
        self._serving = Serving([listening], self._answer, "operations", _LIMITS)

    def close(self) -> None:
        """Stop serving."""
        self._serving.close()

    async def _answer(
        self, scope: Message, _: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """The application: every request is answered from the snapshot, and its connection closed."""
        try:
            status, kind, body = self._page(scope)
        except Exception as exc:  # a metric that does not fit its table must not look like a dead program
            status, kind, body = _json(500, refusal(500, f"{type(exc).__name__}: {exc}"))
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            *([(b"allow", b"GET, HEAD")] if status == 405 else []),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _page(self, scope: Message) -> tuple[int, str, bytes]:
        if scope["method"] not in ("GET", "HEAD"):
            return _json(405, refusal(405, "there is only reading here: GET and HEAD"))
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), None)
        # a browser always names a host; a balancer that asks by HTTP/1.0 names none
        if host is not None and not is_our_host(host, self._host):
            return _json(
                403,
                refusal(
                    403,
                    "the Host header is neither loopback nor the address served; ask by the number of the address, not by a name",
                ),
            )
        page = PAGES.get(scope["path"])
        if page is None:
            *others, last = PAGES
            return _json(404, refusal(404, f"there are {', '.join(others)} and {last}"))
        return page.make(self.publish(), self.steady.now_us())


def _with_age(snapshot: Snapshot, now_us: int) -> list[Sample]:
    """The samples, and what the loop cannot say of itself: a loop that hangs leaves all else as it was, which looks well."""
    ready = Sample("tidewaiter_ready", float(not unready(snapshot, now_us)))
    if snapshot.turned_us is None:
        return [*snapshot.samples, ready]
    return [
        *snapshot.samples, ready, Sample("tidewaiter_turn_age_seconds", (now_us - snapshot.turned_us) / US_PER_S)
    ]  # fmt: skip


def unready(snapshot: Snapshot, now_us: int) -> list[str]:
    """Why the program is not ready; empty when it is. ``now_us`` is of the clock of ``turned_us``."""
    return [*snapshot.not_ready, *([] if snapshot.phase in _BUSY else health(snapshot, now_us))]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: when it answers 200 and when 503, in words, and what makes it of the snapshot and the instant, on the clock of ``turned_us``."""

    fine: str
    ill: str
    make: Callable[[Snapshot, int], tuple[int, str, bytes]]


PAGES: Final[Mapping[str, Page]] = MappingProxyType(
    {
        "/metrics": Page("always", "", lambda snapshot, now_us: (200, CONTENT_TYPE, render(_with_age(snapshot, now_us)).encode())),
        "/healthz": Page(
            f"the loop turned within {STALLED_S} s, or the program starts or catches up", "it hangs: restart it",
            lambda snapshot, now_us: _told(snapshot, health(snapshot, now_us)),
        ),
        "/readyz": Page(
            "live: caught up, store writable, sources started, broker there, flags and orders read",
            "store away, catching up, journal full, broker away: wait or mend",
            lambda snapshot, now_us: _told(snapshot, unready(snapshot, now_us)),
        ),
    }
)  # fmt: skip
"""The pages by their paths. A line here is a page, and its row in docs/operations.md."""


def listen_on(host: str, port: int) -> socket:
    """A socket bound to an address, not listening yet.

    Raises
    ------
    OSError
        the address cannot be had.
    """
    made = socket(AF_INET6 if ":" in host else AF_INET)
    try:
        made.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)  # an address that somebody else serves is found out here
    except OSError:
        made.close()
        raise
    return made


def _told(snapshot: Snapshot, reasons: list[str]) -> tuple[int, str, bytes]:
    return _json(503 if reasons else 200, {"ok": not reasons, "phase": snapshot.phase, "reasons": reasons})


def _json(status: int, content: dict[str, Any]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(content).encode() + b"\n"
