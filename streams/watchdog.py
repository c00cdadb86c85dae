"""systemd's watchdog: it is told that the program is well, for as long as ``/healthz`` would say so, and kills a program of which it hears nothing.

The protocol is that of sd_notify(3) and sd_watchdog_enabled(3): a datagram ``WATCHDOG=1`` to the socket in ``NOTIFY_SOCKET``, at least twice in ``WATCHDOG_USEC``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from socket import AF_UNIX, SOCK_DGRAM, socket
from typing import Final

from streams.time import US_PER_S

_TELLS: Final = 4
"""So often in the time after which it is killed."""


class Watchdog:
    """Tells from construction until :meth:`close`, in a thread of its own, where the environment asks for it.

    Parameters
    ----------
    is_well:
        Whether the program is.
    """

    def __init__(self, is_well: Callable[[], bool], environment: Mapping[str, str] = os.environ) -> None:
        self._is_well, self._over = is_well, threading.Event()
        self._address = environment.get("NOTIFY_SOCKET", "")
        limit, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
        self._thread: threading.Thread | None = None
        if self._address and limit.isdecimal() and int(limit) and whose == str(os.getpid()):
            every_s = int(limit) / US_PER_S / _TELLS
            self._thread = threading.Thread(target=self._tell_on, args=(every_s,), name="watchdog", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        self._over.set()

    def _tell_on(self, every_s: float) -> None:
        while True:
            if self._is_well():
                self._tell(b"WATCHDOG=1")
            if self._over.wait(every_s):
                return

    def _tell(self, text: bytes) -> None:
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket(AF_UNIX, SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto(text, address)
