"""Programs kept running together (``tidewaiter up``): started, started again when one dies, ended together.

Each is a process with its own session, so that Ctrl-C comes to us alone and each is asked to end once. Where the system can (Linux), they end with us even
when we are killed. A program that ends with exit code 2 has met a person's mistake: all end with it, for starting it again would only say it again.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from streams.time import US_PER_S, Clock

LONGEST_WAIT_S: Final = 60.0
STEADY_S: Final = 300.0
"""Whoever ran so long is started again at once."""
_LOOK_S: Final = 0.2
_MISTAKE: Final = 2
_PR_SET_PDEATHSIG: Final = 1
"""prctl(2)."""


class Log(Protocol):
    """Where it is said what becomes of them."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


def wait_s(failures: int) -> float:
    """How long to wait before starting again after so many ends in a row.

    >>> [wait_s(n) for n in (0, 1, 2, 3, 20)]
    [0.0, 1.0, 2.0, 4.0, 60.0]
    """
    return 0.0 if failures <= 0 else min(2.0 ** min(failures - 1, 16), LONGEST_WAIT_S)


@dataclass(slots=True)
class _Kept:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    began_us: int = 0
    next_us: int = 0
    failures: int = 0


class Programs:
    """Keeps programs up until it is told to stop.

    Parameters
    ----------
    commands:
        Name -> command line.
    stop_s:
        How long they may take to end; then they are killed.
    """

    def __init__(self, commands: dict[str, Sequence[str]], monotonic: Clock, log: Log, stop_s: float) -> None:
        self._kept = [_Kept(name, command) for name, command in commands.items()]
        self._monotonic, self._log, self._stop_s = monotonic, log, stop_s
        self._stop, self._has_hung_up = threading.Event(), threading.Event()

    def stop(self) -> None:
        """End them all; may be called from a signal handler."""
        self._stop.set()

    def hang_up(self) -> None:
        """Pass SIGHUP on to the first."""
        self._has_hung_up.set()

    def run(self) -> int:
        """Until :meth:`stop`, or a person's mistake; the exit code: 0, or that of the mistake."""
        try:
            while not self._stop.wait(_LOOK_S):
                if self._has_hung_up.is_set():
                    self._has_hung_up.clear()
                    _send(self._kept[0], signal.SIGHUP)
                for one in self._kept:
                    code = self._look_after(one)
                    if code is not None:
                        return code
            return 0
        finally:
            self._end()

    def _look_after(self, one: _Kept) -> int | None:
        now_us = self._monotonic.now_us()
        if one.process is None:
            if now_us >= one.next_us:
                one.process, one.began_us = _start(one.command), now_us
                self._log.info("program_started", program=one.name, process=one.process.pid)
            return None
        code = one.process.poll()
        if code is None:
            return None
        one.process = None
        if code == _MISTAKE:
            return code
        one.failures = 1 if now_us - one.began_us >= STEADY_S * US_PER_S else one.failures + 1
        again_s = wait_s(one.failures)
        one.next_us = now_us + int(again_s * US_PER_S)
        self._log.warning("program_ended", program=one.name, code=code, again_s=again_s)
        return None

    def _end(self) -> None:
        for one in self._kept:
            _send(one, signal.SIGTERM)
        until_us = self._monotonic.now_us() + int(self._stop_s * US_PER_S)
        for one in self._kept:
            if one.process is None:
                continue
            left_s = max((until_us - self._monotonic.now_us()) / US_PER_S, 0.0)
            try:
                one.process.wait(left_s)
            except subprocess.TimeoutExpired:
                self._log.warning("program_killed", program=one.name, after_s=self._stop_s)
                one.process.kill()
                one.process.wait()


def _send(one: _Kept, number: int) -> None:
    if one.process is not None and one.process.poll() is None:
        one.process.send_signal(number)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A program in a session of its own."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def end_with_us() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # we died before that was asked for
                os._exit(1)

    return subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, preexec_fn=end_with_us)  # noqa: PLW1509  (it calls nothing that a thread could hold)
