"""A socket as a source, and the client that connects to a server and connects anew whenever it must.

Sockets have no memory; the journal (``streams.journal``) gives them one. The queue being full, TCP stops reading and the kernel makes the
sender wait. While a connection stands and nothing comes, a chunk of no bytes is given every second. Those that others connect or send to
are in ``streams.listeners``.
"""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Mapping
from typing import Any, Final

from streams.framing import MAX_LINE_BYTES, Framer, Framing, make_framer
from streams.pump import CHUNK_BYTES, LIFE_S, QUEUE_BYTES, PumpedSource
from streams.time import US_PER_S, Clock, MonotonicClock

READ_BYTES: Final = CHUNK_BYTES - MAX_LINE_BYTES - 1024
"""Together with a held line and the ends it gets, no more than a chunk."""
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""A peer whose machine vanished is noticed after 50 s."""


class SocketSource(PumpedSource):
    """A source on a socket, and the pair of sockets that wakes its thread up."""

    def __init__(self, name: str, host: str, port: int, clock: Clock, queue_bytes: int) -> None:
        super().__init__(name, clock, queue_bytes=queue_bytes)
        self._host, self._port = host, port
        self._ear: socket.socket | None = None
        self._bell: socket.socket | None = None

    def _open(self, positions: Mapping[str, str]) -> None:
        self._ear, self._bell = socket.socketpair()

    def _wake(self) -> None:
        if self._bell is not None:
            self._bell.send(b"!")

    def _released(self) -> None:
        for end in (self._ear, self._bell):
            if end is not None:
                end.close()

    def _ready(self, sock: socket.socket, event: int, timeout_s: float) -> bool:
        """Whether ``sock`` can be read (or written) within that time; at once False when the source is being closed."""
        assert self._ear is not None
        poll = select.poll()
        poll.register(sock, event)
        poll.register(self._ear, select.POLLIN)
        found = dict(poll.poll(timeout_s * 1e3))
        return sock.fileno() in found and not self._stop.is_set()


class TcpClientSource(SocketSource):
    """Bytes of a server we connect to.

    Parameters
    ----------
    framing:
        ``lines`` or ``beast``: what a lost connection may not cut in two.
    connect_s:
        A server that has not answered by then is tried again later.
    silence_s:
        A connection that gave nothing for so long is given up and made anew. Some servers and most firewalls forget a client without
        telling it.
    """

    def __init__(
        self, name: str, host: str, port: int, clock: Clock, *, framing: Framing = "lines", connect_s: float = 10.0,
        silence_s: float = 120.0, queue_bytes: int = QUEUE_BYTES,
    ) -> None:  # fmt: skip
        super().__init__(name, host, port, clock, queue_bytes)
        make_framer(framing)
        self._framing, self._connect_s, self._silence_us = framing, connect_s, int(silence_s * US_PER_S)
        self._monotonic = MonotonicClock()

    def _session(self) -> None:
        sock = self._connected()
        if sock is None:
            return
        framer = make_framer(self._framing)
        try:
            self._note(state="connected", connected=True)
            self._listen(sock, framer)
        finally:
            sock.close()
            if rest := framer.rest():
                self._give(rest)

    def _listen(self, sock: socket.socket, framer: Framer) -> None:
        heard_us = self._monotonic.now_us()
        while not self._stop.is_set():
            if self._ready(sock, select.POLLIN, LIFE_S):
                data = sock.recv(READ_BYTES)
                if not data:
                    raise ConnectionError(f"{self._host}:{self._port} closed the connection")
                if whole := framer.feed(data):
                    self._give(whole)
                heard_us = self._monotonic.now_us()
            elif self._monotonic.now_us() - heard_us >= self._silence_us:
                raise TimeoutError(
                    f"{self._host}:{self._port} said nothing for {self._silence_us / US_PER_S:g} s; connecting anew"
                )
            else:
                self._give(b"")

    def _connected(self) -> socket.socket | None:
        """A connection to the first address that takes one; None when the source is being closed."""
        problem = "has no address"
        for family, kind, protocol, _, address in addresses(self._host, self._port, socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                code = sock.connect_ex(address)
                if code not in (0, errno.EINPROGRESS):
                    problem = os.strerror(code)
                elif self._ready(sock, select.POLLOUT, self._connect_s):
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code == 0:
                        keep_alive(sock)
                        connected, sock = sock, None  # type: ignore[assignment]
                        return connected
                    problem = os.strerror(code)
                elif self._stop.is_set():
                    return None
                else:
                    problem = f"did not answer within {self._connect_s:g} s"
            finally:
                if sock is not None:
                    sock.close()
        raise ConnectionError(f"{self._host}:{self._port}: {problem}")


def addresses(host: str, port: int, kind: int) -> list[Any]:
    """Where that host and port are to be found; ``OSError`` says which host has no address."""
    try:
        return socket.getaddrinfo(host, port, type=kind)
    except socket.gaierror as exc:
        raise OSError(exc.errno, f"{host}: {exc.strerror}") from exc


def keep_alive(sock: socket.socket) -> None:
    """Let the kernel notice a peer that vanished."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
