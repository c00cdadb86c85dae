"""Trying an address once, briefly: whether it can be listened on, and what it says."""

from __future__ import annotations

import socket

from streams.time import US_PER_S, MonotonicClock

_CONNECT_S = 5.0


def first_bytes(host: str, port: int, listen_s: float, most_bytes: int) -> bytes:
    """What a TCP server says within a moment of being connected to, at most so much; ``OSError`` where it cannot be reached."""
    clock = MonotonicClock()
    given = b""
    with socket.create_connection((host, port), _CONNECT_S) as sock:
        end_us = clock.now_us() + int(listen_s * US_PER_S)
        while (left_us := end_us - clock.now_us()) > 0 and len(given) < most_bytes:
            sock.settimeout(left_us / US_PER_S)
            try:
                block = sock.recv(most_bytes)
            except TimeoutError:
                break
            if not block:
                break
            given += block
    return given


def try_to_bind(host: str, port: int, *, datagrams: bool = False) -> None:
    """Listen on an address and let it go again; ``OSError`` where that cannot be done."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as sock:
        if not datagrams:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
