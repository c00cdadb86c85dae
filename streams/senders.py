"""Where a recording is played to, as a receiver would send it: to a server, to whoever connects, or as datagrams."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Protocol

_CONNECT_S = 5.0
_LOOK_S = 0.2
_SEND_S = 60.0
"""A reader that takes nothing for so long is gone; what a slow one holds up, it holds up."""
_MOST_CLIENTS = 64
DATAGRAM_BYTES = 1400
"""Units are gathered up to what one Ethernet frame carries; a longer unit goes alone."""


class Sender(Protocol):
    """A way out. ``OSError`` where nobody takes what is sent any more."""

    def is_heard(self) -> bool:
        """Whether anybody would take something now; waits a moment for somebody who may come."""

    def send(self, data: bytes) -> None:
        """Give whole units out."""

    def close(self) -> None:
        """Give everything back."""


class TcpSender:
    """Connects to a server that listens."""

    def __init__(self, host: str, port: int) -> None:
        self._sock = socket.create_connection((host, port), _CONNECT_S)
        self._sock.settimeout(_SEND_S)

    def is_heard(self) -> bool:
        """Whoever listens, hears."""
        return True

    def send(self, data: bytes) -> None:
        """All of it, however slowly it is taken."""
        self._sock.sendall(data)

    def close(self) -> None:
        """End the connection; what was sent arrives."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        self._sock.close()


class ListeningSender:
    """Is connected to; every client gets everything from then on, one that goes is forgotten."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._server = socket.create_server((host, port), family=family)
        self._clients: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def is_heard(self) -> bool:
        """Take in who waits to connect; for a moment, if nobody is there yet."""
        self._server.settimeout(0.0 if self._clients else _LOOK_S)
        with suppress(OSError):  # nobody waits
            while len(self._clients) < _MOST_CLIENTS:
                client, _ = self._server.accept()
                client.settimeout(_SEND_S)
                self._clients.append(client)
                self._server.settimeout(0.0)
        return bool(self._clients)

    def send(self, data: bytes) -> None:
        """To every client."""
        for client in list(self._clients):
            try:
                client.sendall(data)
            except OSError:
                self._clients.remove(client)
                client.close()

    def close(self) -> None:
        """End all connections."""
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_WR)
            client.close()
        self._server.close()


class UdpSender:
    """Datagrams of whole lines or frames; nobody tells whether they arrive."""

    def __init__(self, host: str, port: int) -> None:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._address: tuple[object, ...] = address
        self._sock = socket.socket(family, kind, protocol)

    def is_heard(self) -> bool:
        """Nobody knows."""
        return True

    def send(self, data: bytes) -> None:
        """One datagram; a port that nobody has is no error."""
        with suppress(ConnectionError):
            self._sock.sendto(data, self._address)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()
