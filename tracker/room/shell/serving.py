"""The process that serves: uvicorn in the main thread, TLS by files or behind a proxy, an end that waits for nobody for ever.

Connections are guarded as at the door (``tracker.web.serving``): a head must come within seconds, and who holds a connection without asking loses it first.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import Any, Final

import h11
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tracker.config.room import RoomConfig
from tracker.config.watch import host_and_port
from tracker.errors import InputError, SettingError
from tracker.room.shell.problems import MEDIA_TYPE, Problem
from tracker.web.operations import listen_on
from tracker.web.serving import ConnectionGuard, GuardedProtocol, ServingLimits

_HEAD_S: Final = 5.0
_MOST_HEAD_BYTES: Final = 16 << 10
_BACKLOG: Final = 256
_ANYWHERE: Final = frozenset({"0.0.0.0", "::"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the room listens, as which hosts it is asked for, and who encrypts."""

    host: str
    port: int
    hosts: frozenset[str]
    certificate: str
    key: str
    proxies: tuple[str, ...]

    @property
    def scheme(self) -> str:
        """What its address begins with where no proxy stands before it."""
        return "https" if self.certificate else "http"


def place_of(listen: str, settings: RoomConfig, behind_proxy: bool) -> Place:
    """Where to listen; beyond this machine only with TLS, its own or a proxy's.

    Raises
    ------
    SettingError
        it is no address, or passwords would go in the clear, or nobody could ask for it by a name.
    """
    try:
        host, port = host_and_port(listen)
    except ValueError as exc:
        raise SettingError(str(exc), "--listen", "write 127.0.0.1:8079") from exc
    is_loopback = host == "localhost" or _is_loopback(host)
    if behind_proxy and not settings.proxies:
        raise SettingError(
            "no proxy is named, so nobody's word for who calls can be believed",
            "--behind-proxy",
            'name its address, as [room] proxies = ["127.0.0.1"]',
        )
    if not is_loopback and not settings.tls_certificate and not behind_proxy:
        raise SettingError(
            f"{listen} can be reached from other machines, and passwords would go there in the clear",
            "--listen",
            "give [room] tls_certificate and tls_key, or --behind-proxy where a proxy with TLS stands before it",
        )
    hosts = frozenset(name.lower() for name in settings.hosts)
    if host in _ANYWHERE and not hosts:
        raise SettingError(
            f"{listen} means every address of this machine, and no name is known by which the room is asked for",
            "[room] hosts",
            'name it, as hosts = ["room.example.org"]',
        )
    if is_loopback:
        hosts |= _LOOPBACK_NAMES
    if host not in _ANYWHERE:
        hosts |= {host.lower()}
    return Place(
        host, port, hosts, settings.tls_certificate, settings.tls_key, settings.proxies if behind_proxy else ()
    )


class RoomServer(uvicorn.Server):
    """Serves until SIGTERM or SIGINT. Streams are told first that the room is about to end (``stopping``)."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event, is_up: Callable[[int], None]) -> None:
        super().__init__(config)
        self._stopping, self._is_up = stopping, is_up

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT end it, a second one at once; unlike in uvicorn they do not kill the process after everything is done."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin, and tell the port."""
        await super().startup(sockets=sockets)
        if self.started and sockets:
            self._is_up(sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End: streams first."""
        self._stopping.set()
        await super().shutdown(sockets=sockets)


def server_of(app: Any, place: Place, settings: RoomConfig, stopping: asyncio.Event, is_up: Callable[[int], None]) -> RoomServer:  # fmt: skip
    """A server of an application at a place.

    Raises
    ------
    SettingError
        the certificate or the key cannot be used.
    """
    if place.proxies:
        app = ProxyHeadersMiddleware(app, trusted_hosts=list(place.proxies))
    guard = ConnectionGuard(ServingLimits(settings.most_connections, _HEAD_S))
    protocol = type("RoomProtocol", (_ProblemProtocol, guard.protocol()), {})
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", interface="asgi3", loop="asyncio", log_config=None,
        log_level="critical", access_log=False, server_header=False, proxy_headers=False, backlog=_BACKLOG,
        timeout_keep_alive=int(_HEAD_S) + 1, timeout_graceful_shutdown=max(1, round(settings.stop_s)),
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        ssl_certfile=place.certificate or None, ssl_keyfile=place.key or None,
    )  # fmt: skip
    try:
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    except (OSError, ssl.SSLError) as exc:
        raise SettingError(
            f"certificate or key cannot be used ({exc.strerror or exc})",
            "[room] tls_certificate",
            "name two PEM files that belong together",
        ) from exc
    return RoomServer(config, stopping, is_up)


def socket_of(place: Place) -> socket:
    """The bound socket.

    Raises
    ------
    InputError
        the address cannot be had.
    """
    try:
        return listen_on(place.host, place.port)
    except OSError as exc:
        raise InputError(
            f"{place.host}:{place.port} cannot be had ({exc.strerror})", "--listen", "choose another, or end who has it"
        ) from exc


def check_files(place: Place) -> None:
    """A key that others can read is none.

    Raises
    ------
    SettingError
        others can read it, or it is missing.
    """
    if not place.key:
        return
    try:
        mode = Path(place.key).stat().st_mode
    except OSError as exc:
        raise SettingError(
            f"{place.key} cannot be read ({exc.strerror})", "[room] tls_key", "correct the path"
        ) from exc
    if mode & 0o007:
        raise SettingError(f"everybody can read {place.key}", "[room] tls_key", f"chmod o-rwx {place.key}")


class _ProblemProtocol(GuardedProtocol):
    """What uvicorn itself refuses has the one shape of errors, too."""

    def send_400_response(self, msg: str) -> None:
        """A request that is none."""
        body = bytes(Problem(400, "this is no HTTP request that can be read; check what sends it").response().body)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        with suppress(h11.LocalProtocolError):
            self.transport.write(self.conn.send(h11.Response(status_code=400, headers=headers, reason=b"Bad Request")))
            self.transport.write(self.conn.send(h11.Data(data=body)))
            self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
