"""Sockets that others connect or send to.

===============  ==========================================================================================================
TcpServerSource  others connect; their streams are joined unit by unit (``streams.framing``), never in the middle of one
UdpSource        datagrams, each one or more whole units; text without a final newline gets one
===============  ==========================================================================================================

UDP cannot make a sender wait: the queue being full, it counts what it drops, as it counts what the kernel dropped for want of buffer
(``SO_RXQ_OVFL``, Linux). It knows no connection either: an open port says nothing about the sender, so it gives no signs of life.
"""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
import struct
from abc import abstractmethod
from collections.abc import Mapping
from typing import Final

from streams.errors import SourceError
from streams.framing import Framer, Framing, closed_datagram, make_framer
from streams.pump import CHUNK_BYTES, LIFE_S, QUEUE_BYTES
from streams.sockets import READ_BYTES, SocketSource, addresses, keep_alive
from streams.time import Clock

_SO_RXQ_OVFL: Final = 40
"""Linux asm-generic/socket.h; Python has no name for it. Each datagram then tells how many were lost so far, as a 32-bit count."""
_UDP_BUFFER_BYTES: Final = 4 << 20
"""Asked for; the kernel grants up to net.core.rmem_max."""
_BACKLOG: Final = 16


class _BoundSource(SocketSource):
    """A source with an address of its own that others send to."""

    def __init__(self, name: str, host: str, port: int, clock: Clock, queue_bytes: int) -> None:
        super().__init__(name, host, port, clock, queue_bytes)
        self._bound: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port it listens on: the one given, or after ``start`` the one the system chose for 0."""
        return self._port

    @abstractmethod
    def _bind(self) -> socket.socket:
        """A new socket on the address."""

    def _open(self, positions: Mapping[str, str]) -> None:
        try:
            self._bound = self._bind()
        except OSError as exc:
            raise SourceError(
                f"source {self.name}: cannot listen on {self._host}:{self._port} ({exc.strerror or exc}); "
                "choose an address of this machine and a port nobody uses"
            ) from exc
        self._port = self._bound.getsockname()[1]
        super()._open(positions)

    def _released(self) -> None:
        super()._released()
        if self._bound is not None:
            self._bound.close()

    def _session(self) -> None:
        if self._bound is None:
            self._bound = self._bind()
        try:
            self._serve(self._bound)
        finally:
            self._bound.close()
            self._bound = None

    @abstractmethod
    def _serve(self, bound: socket.socket) -> None:
        """Take what comes until ``_stop``."""


class TcpServerSource(_BoundSource):
    """Bytes of clients that connect to us, at most ``max_clients`` at a time; more are turned away and counted as dropped."""

    def __init__(
        self, name: str, host: str, port: int, clock: Clock, *, framing: Framing = "lines", max_clients: int = 64,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:  # fmt: skip
        super().__init__(name, host, port, clock, queue_bytes)
        make_framer(framing)
        self._framing, self._max_clients = framing, max_clients

    def _bind(self) -> socket.socket:
        sock = _bound_socket(self._host, self._port, socket.SOCK_STREAM)
        sock.listen(_BACKLOG)
        return sock

    def _serve(self, bound: socket.socket) -> None:
        assert self._ear is not None
        clients: dict[socket.socket, Framer] = {}
        self._note(state="waiting")
        with selectors.DefaultSelector() as selector:
            selector.register(bound, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            try:
                while not self._stop.is_set():
                    ready = [key.fileobj for key, _ in selector.select(LIFE_S)]
                    if not ready and clients:
                        self._give(b"")
                    for sock in ready:
                        if sock is bound:
                            self._accept(bound, clients, selector)
                        elif isinstance(sock, socket.socket) and sock in clients:
                            self._hear(sock, clients, selector)
            finally:
                for sock in list(clients):
                    self._leave(sock, clients, selector)

    def _accept(
        self, bound: socket.socket, clients: dict[socket.socket, Framer], selector: selectors.BaseSelector
    ) -> None:
        try:
            sock, address = bound.accept()
        except OSError as exc:  # it hung up already, or we are out of file descriptors
            self._note(error=f"a client could not be taken ({exc.strerror})")
            self._stop.wait(0.05)
            return
        if len(clients) >= self._max_clients:
            sock.close()
            self._note(dropped=1, error=f"client {address[0]} turned away: {self._max_clients} are connected already")
            return
        sock.setblocking(False)
        keep_alive(sock)
        clients[sock] = make_framer(self._framing)
        selector.register(sock, selectors.EVENT_READ)
        self._note(state="connected", connected=True)

    def _hear(
        self, sock: socket.socket, clients: dict[socket.socket, Framer], selector: selectors.BaseSelector
    ) -> None:
        try:
            data = sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as exc:
            self._note(error=f"a client was lost ({exc.strerror})")
            data = b""
        if not data:
            self._leave(sock, clients, selector)
        elif whole := clients[sock].feed(data):
            self._give(whole)

    def _leave(
        self, sock: socket.socket, clients: dict[socket.socket, Framer], selector: selectors.BaseSelector
    ) -> None:
        selector.unregister(sock)
        sock.close()
        if rest := clients.pop(sock).rest():
            self._give(rest)
        if not clients:
            self._note(state="waiting")


class UdpSource(_BoundSource):
    """Datagrams sent to us."""

    def __init__(self, name: str, host: str, port: int, clock: Clock, *, queue_bytes: int = QUEUE_BYTES) -> None:
        super().__init__(name, host, port, clock, queue_bytes)
        self._lost = 0

    def _bind(self) -> socket.socket:
        sock = _bound_socket(self._host, self._port, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER_BYTES)
        with contextlib.suppress(OSError):  # another system than Linux: losses in the kernel cannot be counted
            sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        self._lost = 0
        return sock

    def _serve(self, bound: socket.socket) -> None:
        self._note(state="waiting")
        fresh = True
        while not self._stop.is_set():
            if not self._ready(bound, select.POLLIN, LIFE_S):
                continue
            data, datagrams = self._waiting(bound)
            if not datagrams:
                continue
            if fresh:
                fresh = False
                self._note(state="connected", connected=True)
            if data and not self._give(data, wait=False):
                self._note(
                    dropped=datagrams, error="datagrams were dropped: they come faster than they can be worked on"
                )

    def _waiting(self, bound: socket.socket) -> tuple[bytes, int]:
        """Datagrams that wait now, up to a chunk of them, and their number."""
        data, datagrams = bytearray(), 0
        while len(data) < READ_BYTES // 2:
            try:
                datagram, extra, _, _ = bound.recvmsg(CHUNK_BYTES, 64)
            except BlockingIOError:
                break
            datagrams += 1
            if extra:
                self._count_lost(extra)
            if datagram:
                data += closed_datagram(datagram)
        return bytes(data), datagrams

    def _count_lost(self, extra: list[tuple[int, int, bytes]]) -> None:
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL and len(value) == 4:
                (lost,) = struct.unpack("=I", value)
                if lost != self._lost:
                    self._note(
                        dropped=(lost - self._lost) & 0xFFFFFFFF,
                        error="datagrams were lost in the kernel; raise net.core.rmem_max",
                    )
                    self._lost = lost


def _bound_socket(host: str, port: int, kind: int) -> socket.socket:
    family, _, protocol, _, address = addresses(host, port, kind)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock
