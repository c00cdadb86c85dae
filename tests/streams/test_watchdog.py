"""systemd hears of a program that is well, and nothing of one that hangs."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from streams.watchdog import Watchdog
from tests.waiting import PATIENCE_S, eventually


@contextmanager
def systemd(folder: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(folder / "notify"))
        ear.settimeout(PATIENCE_S)
        yield ear, {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "20000"}


def test_it_hears_of_a_program_that_is_well_and_nothing_of_one_that_hangs(tmp_path: Path) -> None:
    is_well, looked = threading.Event(), []
    is_well.set()
    with (
        systemd(tmp_path) as (ear, environment),
        closing(Watchdog(lambda: looked.append(1) or is_well.is_set(), environment)),
    ):
        assert [ear.recv(64) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        is_well.clear()
        seen = len(looked)
        eventually(lambda: len(looked) > seen + 1)
        ear.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                ear.recv(64)
        seen = len(looked)
        eventually(lambda: len(looked) > seen + 3)
        with pytest.raises(BlockingIOError):
            ear.recv(64)


@pytest.mark.parametrize(
    "told", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}]
)
def test_where_nobody_asks_nothing_is_said(tmp_path: Path, told: dict[str, str]) -> None:
    with systemd(tmp_path) as (ear, _):
        with closing(Watchdog(lambda: True, {"NOTIFY_SOCKET": str(tmp_path / "notify"), **told})) as watchdog:
            assert watchdog._thread is None
        ear.setblocking(False)
        with pytest.raises(BlockingIOError):
            ear.recv(64)


def test_a_systemd_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    looked: list[int] = []
    environment = {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())}
    with closing(Watchdog(lambda: bool(looked.append(1)) or True, environment)):
        eventually(lambda: len(looked) > 3)
