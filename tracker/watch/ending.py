"""How the process ends: asked by SIGTERM or SIGINT, in time, whatever it is at.

``stop_s`` is for what is in hand; shortly after it what still hangs is left, as by a kill, which loses nothing that was committed. The
signal is heard in a thread of its own: the interpreter runs handlers between two of its own steps in the main thread only, which may be inside
a kernel or a statement of the store. The last resort is a watchdog that needs the interpreter for nothing (``faulthandler``). A second signal ends
the process at once.

SIGHUP asks for what the program was given to be read again (``on_hangup``); where it comes because the terminal is gone, it asks for an end.

While kernels are made ready nothing is in hand, and the process goes at once.

When all is durable and closed, the process leaves without being taken apart (``AtOnce``): the interpreter's own end takes seconds, of compiled
code above all, and holds nobody's data.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn, Protocol

GRACE_S: Final = 0.5
"""After ``stop_s`` what still hangs is left; with the default of 8 s the process is gone within ten."""
_WATCHDOG_S: Final = 0.4
"""So long after that, where even leaving hangs."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_STREAMS: Final = (0, 1, 2)


class Log(Protocol):
    """Where the program says what happens to it."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


class AtOnce(SystemExit):
    """Everything is done: leave now. As ``SystemExit`` for whoever does not know it."""

    def leave(self) -> NoReturn:
        """End the process."""
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(0 if self.code is None else int(self.code))


class Ending:
    """Waits for the signals; only from the main thread. ``has_nothing`` tells whether nothing is in hand."""

    def __init__(self, stop: threading.Event, stop_s: float, log: Log) -> None:
        self.has_nothing: Callable[[], bool] = lambda: False
        self.on_hangup: Callable[[], None] = lambda: None
        """Called for SIGHUP, in a thread of its own."""
        self._terminals = [stream for stream in _STREAMS if os.isatty(stream)]
        self._stop, self._stop_s, self._log = stop, stop_s, log
        self._done = threading.Event()
        self._heard, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        self._before = signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        for number in (*_SIGNALS, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def over(self) -> None:
        """All is done: nobody is hurried any more."""
        self._done.set()
        faulthandler.cancel_dump_traceback_later()
        signal.set_wakeup_fd(self._before)
        os.close(self._tell)

    def _listen(self) -> None:
        while data := os.read(self._heard, 64):
            for number in data:
                if number == signal.SIGHUP and not self._is_terminal_gone():
                    threading.Thread(target=self.on_hangup, name="reload", daemon=True).start()
                    continue
                if number not in (*_SIGNALS, signal.SIGHUP):
                    continue
                if self._stop.is_set():
                    os._exit(128 + number)
                self._stop.set()
                threading.Thread(target=self._hurry, name="leave", daemon=True).start()
        os.close(self._heard)

    def _is_terminal_gone(self) -> bool:
        """Whether a terminal that the program was started in is there no more."""
        return any(not os.isatty(stream) for stream in self._terminals)

    def _hurry(self) -> None:
        limit_s = self._stop_s + GRACE_S
        with suppress(OSError, RuntimeError):
            faulthandler.dump_traceback_later(limit_s + _WATCHDOG_S, file=Path(os.devnull).open("w"), exit=True)  # noqa: SIM115
        if self.has_nothing():
            self._log.info("stopped_early")
            AtOnce(0).leave()
        if not self._done.wait(limit_s):
            self._log.warning("stop_forced", after_s=limit_s)
            os._exit(1)
