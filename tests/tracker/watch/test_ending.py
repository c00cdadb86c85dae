"""The process ends in time, whatever it is at when the signal comes; in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, eventually

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import sys, threading, time
from tracker.watch import ending
from tracker.watch.ending import AtOnce, Ending
ending._WATCHDOG_S = {watchdog_s}
class Log:
    def info(self, event, **fields): print(event, flush=True)
    def warning(self, event, **fields): print(event, flush=True)
stop = threading.Event()
one = Ending(stop, {stop_s}, Log())
one.has_nothing = lambda: {nothing}
print("begun", flush=True)
{work}
one.over()
print("over", flush=True)
try:
    raise AtOnce(0)
except AtOnce as exc:
    exc.leave()
"""
_IN_PYTHON = "while True: time.sleep(0.01)"
_IN_C = "import ctypes; libc = ctypes.CDLL(None)\nwhile True: libc.sleep(1000)"
_IN_C_WITH_THE_INTERPRETER = "import ctypes; libc = ctypes.PyDLL(None); stop.wait(); time.sleep(0.1); libc.sleep(1000)"
_AS_TOLD = "stop.wait()"


def ended(
    work: str, *signals: int, nothing: bool = False, stop_s: float = PATIENCE_S, watchdog_s: float = PATIENCE_S
) -> tuple[int, list[str], float]:
    """Exit code, what was said, and how long it took from the first signal.

    Nothing is hurried unless that is what a test is about: on a busy machine a second passes between two lines.
    """
    program = _PROGRAM.format(work=work, nothing=nothing, stop_s=stop_s, watchdog_s=watchdog_s)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    since = time.monotonic()
    process.send_signal(signals[0])
    if signals[1:]:
        eventually(partial(_takes_another, process, signals[1]))
    said, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said.splitlines(), time.monotonic() - since


def _takes_another(process: subprocess.Popen[str], number: int) -> bool:
    """Send a signal again until the process is gone: signals that come together are one."""
    process.send_signal(number)
    return process.poll() is not None


def test_one_that_ends_as_told_says_nothing_of_force() -> None:
    code, said, _ = ended(_AS_TOLD, signal.SIGTERM)
    assert (code, said) == (0, ["over"])


@pytest.mark.parametrize("work", [_IN_PYTHON, _IN_C])
def test_one_that_hangs_is_left_when_its_time_is_over(work: str) -> None:
    code, said, _ = ended(work, signal.SIGTERM, stop_s=1.0)
    assert (code, said) == (1, ["stop_forced"])


def test_one_that_never_lets_go_of_the_interpreter_is_left_too() -> None:
    code, said, took_s = ended(_IN_C_WITH_THE_INTERPRETER, signal.SIGINT, stop_s=1.0, watchdog_s=0.4)
    assert (code, said) == (1, [])
    assert took_s < PATIENCE_S


def test_one_with_nothing_in_hand_goes_at_once() -> None:
    assert ended(_IN_PYTHON, signal.SIGTERM, nothing=True)[:2] == (0, ["stopped_early"])


def test_a_second_signal_ends_it_at_once() -> None:
    assert ended(_IN_PYTHON, signal.SIGTERM, signal.SIGTERM)[0] == 128 + signal.SIGTERM
