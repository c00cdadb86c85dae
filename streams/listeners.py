"""Sockets that others connect or send to.

===============  ==========================================================================================================
TcpServerSource  others connect; each is a voice of its own (``streams.source.Chunk``), cut at its units (``streams.framing``)
UdpSource        datagrams, each one or more whole units; text without a final newline gets one; each sender is a voice; an
                 address of a multicast group is joined (IEC 61162-450 sends to 239.192.0.x)
===============  ==========================================================================================================

UDP cannot make a sender wait: the queue being full, it counts what it drops, as it counts what the kernel dropped for want of buffer
(``SO_RXQ_OVFL``, Linux). It knows no connection either: an open port says nothing about the sender, so it gives no signs of life.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import select
import selectors
import socket
import struct
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streams.clients import Client, ClientLimits, ClientTable, shown_address
from streams.errors import SourceError
from streams.framing import Framer, Framing, closed_datagram, make_framer
from streams.pump import CHUNK_BYTES, LIFE_S, QUEUE_BYTES
from streams.sockets import READ_BYTES, SocketSource, addresses, keep_alive
from streams.time import US_PER_S, Clock, MonotonicClock

_SO_RXQ_OVFL: Final = 40
"""Linux asm-generic/socket.h; Python has no name for it. Each datagram then tells how many were lost so far, as a 32-bit count."""
_UDP_BUFFER_BYTES: Final = 4 << 20
"""Asked for; the kernel grants up to net.core.rmem_max."""
_BACKLOG: Final = 128
_ACCEPTED_AT_ONCE: Final = 64
_MOST_JUDGEMENTS: Final = 10_000
_DATAGRAM_COST: Final = 64
"""Counted for each beside its bytes: empty ones must not keep us reading for ever."""
_BEGINNINGS: Final = frozenset(bytes([byte]) for byte in b"\x1a!$\\{[*@<%MSAC")
"""First bytes of what is sent in datagrams; a voice for each, for those who have none of their own."""


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


@dataclass(slots=True)
class _Peer:
    """A connection."""

    client: Client
    framer: Framer
    gave: bool = False


class _ListenerSource(_BoundSource):
    """A source whose senders are in a table of clients, each with a voice."""

    def __init__(
        self, name: str, host: str, port: int, clock: Clock, queue_bytes: int, limits: ClientLimits | None
    ) -> None:
        super().__init__(name, host, port, clock, queue_bytes)
        self._limits = limits or ClientLimits()
        self._monotonic = MonotonicClock()
        self._judgements: deque[tuple[str, int]] = deque(maxlen=_MOST_JUDGEMENTS)
        self._table = ClientTable(self._limits, "")
        self._looked_us = 0

    def judge(self, voice: str, wasted_bytes: int) -> None:
        """What came of a voice's chunk: something was decoded (0), or nothing of so many bytes. From any thread."""
        self._judgements.append((voice, wasted_bytes))

    def _new_table(self) -> None:
        self._table = ClientTable(self._limits, os.urandom(5).hex())
        self._looked_us = self._monotonic.now_us()

    def _take_judgements(self) -> None:
        now_us = self._monotonic.now_us()
        while self._judgements:
            self._table.judge(*self._judgements.popleft(), now_us)

    def _look_round(self) -> Iterator[tuple[Client, str]]:
        """Once a second: who has to leave, and why."""
        now_us = self._monotonic.now_us()
        if now_us - self._looked_us >= US_PER_S:
            self._looked_us = now_us
            yield from self._table.to_let_go(now_us)


class TcpServerSource(_ListenerSource):
    """Bytes of clients that connect to us. Who may stay is told in ``streams.clients``; those turned away are counted as dropped."""

    def __init__(
        self, name: str, host: str, port: int, clock: Clock, *, framing: Framing = "auto",
        limits: ClientLimits | None = None, queue_bytes: int = QUEUE_BYTES,
    ) -> None:  # fmt: skip
        super().__init__(name, host, port, clock, queue_bytes, limits)
        make_framer(framing)
        self._framing = framing
        self._peers: dict[socket.socket, _Peer] = {}

    def _bind(self) -> socket.socket:
        sock = _bound_socket(self._host, self._port, socket.SOCK_STREAM)
        sock.listen(_BACKLOG)
        return sock

    def _serve(self, bound: socket.socket) -> None:
        assert self._ear is not None
        self._peers = {}
        self._new_table()
        self._note(state="waiting", clients=0)
        with selectors.DefaultSelector() as selector:
            selector.register(bound, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            try:
                while not self._stop.is_set():
                    ready = [key.fileobj for key, _ in selector.select(LIFE_S)]
                    if not ready and self._peers:
                        self._give(b"")
                    self._take_judgements()
                    for sock in ready:
                        if sock is bound:
                            self._accept_all(bound, selector)
                        elif isinstance(sock, socket.socket) and sock in self._peers:
                            self._hear(sock, selector)
                    for client, why in self._look_round():
                        self._let_go(client, why, selector)
            finally:
                for sock in list(self._peers):
                    self._leave(sock, selector)

    def _accept_all(self, bound: socket.socket, selector: selectors.BaseSelector) -> None:
        """Those who knock now, but not so many that those who are in have to wait."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, address = bound.accept()
            except BlockingIOError:
                return
            except OSError as exc:  # it hung up already, or we are out of file descriptors
                self._note(error=f"a client could not be taken ({exc.strerror})")
                self._stop.wait(0.05)
                return
            self._accept(sock, address, selector)

    def _accept(self, sock: socket.socket, address: object, selector: selectors.BaseSelector) -> None:
        shown, host = shown_address(address)
        admission = self._table.admit(shown, host, self._monotonic.now_us())
        if admission.client is None:
            sock.close()
            self._note(dropped=1, error=f"client {admission.why}")
            return
        if admission.instead_of is not None:
            why = f"{admission.instead_of.address} let go: {shown} came, and it was the most idle of no use"
            self._let_go(admission.instead_of, why, selector)
        sock.setblocking(False)
        keep_alive(sock)
        self._peers[sock] = _Peer(admission.client, make_framer(self._framing))
        selector.register(sock, selectors.EVENT_READ)
        self._note(state="connected", connected=True, clients=len(self._peers))

    def _hear(self, sock: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            data = sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as exc:
            self._note(error=f"a client was lost ({exc.strerror})")
            data = b""
        peer = self._peers[sock]
        if not data:
            self._leave(sock, selector)
        elif whole := peer.framer.feed(data):
            self._table.heard(peer.client, self._monotonic.now_us())
            peer.gave = True
            self._give(whole, voice=peer.client.voice)

    def _let_go(self, client: Client, why: str, selector: selectors.BaseSelector) -> None:
        for sock, peer in list(self._peers.items()):
            if peer.client is client:
                self._note(let_go=1, error=f"client {why}")
                self._leave(sock, selector)

    def _leave(self, sock: socket.socket, selector: selectors.BaseSelector) -> None:
        selector.unregister(sock)
        sock.close()
        peer = self._peers.pop(sock)
        self._table.remove(peer.client)
        voice = peer.client.voice
        if rest := peer.framer.rest():
            self._give(rest, voice=voice)
        if rest or peer.gave:
            self._give(b"", voice=voice)
        self._note(state=None if self._peers else "waiting", clients=len(self._peers))


class UdpSource(_ListenerSource):
    """Datagrams sent to us, each sender's decoded by themselves.

    A sender costs nothing to forge: those beyond what ``streams.clients`` admits share a voice with all others whose datagrams begin with the same byte, so
    each format among them still has a decoder of its own.
    """

    def __init__(
        self, name: str, host: str, port: int, clock: Clock, *, limits: ClientLimits | None = None,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:  # fmt: skip
        super().__init__(name, host, port, clock, queue_bytes, limits)
        self._lost = 0
        self._senders: dict[object, Client] = {}

    def _bind(self) -> socket.socket:
        sock = _bound_socket(self._host, self._port, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER_BYTES)
        with contextlib.suppress(OSError):  # another system than Linux: losses in the kernel cannot be counted
            sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        self._lost = 0
        return sock

    def _serve(self, bound: socket.socket) -> None:
        self._note(state="waiting", clients=0)
        self._senders = {}
        self._new_table()
        fresh = True
        while not self._stop.is_set():
            self._take_judgements()
            for client, _ in self._look_round():
                self._forget(client)
            if not self._ready(bound, select.POLLIN, LIFE_S):
                continue
            for voice, (data, datagrams) in self._waiting(bound).items():
                if fresh:
                    fresh = False
                    self._note(state="connected", connected=True)
                if data and not self._give(bytes(data), voice=voice, wait=False):
                    self._note(
                        dropped=datagrams, error="datagrams were dropped: they come faster than they can be worked on"
                    )

    def _waiting(self, bound: socket.socket) -> dict[str, tuple[bytearray, int]]:
        """Datagrams that wait now, up to a chunk of them, and their number, by voice."""
        found: dict[str, tuple[bytearray, int]] = {}
        size = 0
        while size < READ_BYTES // 2:
            try:
                datagram, extra, _, address = bound.recvmsg(CHUNK_BYTES, 64)
            except BlockingIOError:
                break
            if extra:
                self._count_lost(extra)
            voice = self._voice_of(address, datagram)
            data, datagrams = found.get(voice, (bytearray(), 0))
            if datagram:
                data += closed_datagram(datagram)
            found[voice] = data, datagrams + 1
            size += len(datagram) + _DATAGRAM_COST
        return found

    def _voice_of(self, address: object, datagram: bytes) -> str:
        now_us = self._monotonic.now_us()
        client = self._senders.get(address)
        if client is None:
            shown, host = shown_address(address)
            admission = self._table.admit(shown, host, now_us, always=True)
            if admission.instead_of is not None:
                self._forget(admission.instead_of)
            client = admission.client
            if client is None:
                self._note(error=f"sender {admission.why}; its datagrams are decoded with those of others like it")
                return (
                    f"{self._table.life}.0@{datagram[:1].hex()}"
                    if datagram[:1] in _BEGINNINGS
                    else f"{self._table.life}.0@"
                )
            self._senders[address] = client
            self._note(clients=len(self._senders))
        self._table.heard(client, now_us)
        return client.voice

    def _forget(self, client: Client) -> None:
        self._table.remove(client)
        self._senders = {address: one for address, one in self._senders.items() if one is not client}
        self._note(clients=len(self._senders))
        self._give(b"", voice=client.voice, wait=False)

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
    # of a name with several (localhost, on most machines) the IPv4 address: that is where receivers send to
    found = sorted(addresses(host, port, kind), key=lambda one: one[0] != socket.AF_INET)
    family, _, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
        group = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if group.is_multicast:
            # whatever is sent to a group is for all of this machine who listen to it
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        if group.is_multicast and kind == socket.SOCK_DGRAM:
            _join(sock, group, address)
    except OSError:
        sock.close()
        raise
    return sock


def _join(sock: socket.socket, group: ipaddress.IPv4Address | ipaddress.IPv6Address, address: tuple[Any, ...]) -> None:
    """Become a member of a group, on the interface that the routes name or, of an IPv6 address, its zone."""
    if isinstance(group, ipaddress.IPv4Address):
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group.packed + bytes(4))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group.packed + struct.pack("@I", address[3]))
