"""A recording played: in the pace asked for, stamped with today, never ahead of the clock."""

from __future__ import annotations

import itertools
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.memory import ManualClock
from streams.senders import ListeningSender
from tests.tracker.test_cli import assert_one_sentence, run
from tests.waiting import PATIENCE_S
from tracker.errors import InputError
from tracker.restamp.play import check, play, shift_us, span_of
from tracker.restamp.units import Recording
from tracker.units import US_PER_S

SENTENCE = "!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E"
T0, STEP_S, LINES = 1_459_468_800, 10, 60
NOW_US = 1_795_000_000_000_000


class Ear:
    """Hears everything, with the moment; deaf now and then."""

    def __init__(self, clock: ManualClock, hears: Callable[[], bool] = lambda: True) -> None:
        self.clock, self.hears = clock, hears
        self.heard: list[tuple[int, int]] = []

    def is_heard(self) -> bool:
        if not self.hears():
            self.clock.advance(US_PER_S)
            return False
        return True

    def send(self, data: bytes) -> None:
        for line in data.decode().splitlines():
            self.heard.append((self.clock.now_us(), int(line.split()[0]) * US_PER_S))


def recording(folder: Path, start: int = T0, name: str = "feed.nmea") -> Recording:
    path = folder / name
    path.write_text("".join(f"{start + STEP_S * number} {SENTENCE}\n" for number in range(LINES)))
    return Recording(path)


def played(recordings: list[Recording], speed: float, rounds: int = 1, **how: object) -> list[tuple[int, int]]:
    clock = ManualClock(NOW_US)

    def wait(seconds: float) -> bool:
        clock.advance(round(seconds * US_PER_S))
        return True

    ear = Ear(clock, how.pop("hears", lambda: True))
    how = {"as_is": False, **how}
    play(recordings, span_of(recordings), ear, clock, speed=speed, rounds=rounds, wait=wait, tell=lambda _: None, **how)
    return ear.heard


@pytest.mark.parametrize("speed", [0.5, 1.0, 7.0, 60.0])
@pytest.mark.parametrize("rounds", [1, 3])
def test_stamps_are_never_ahead_of_the_moment_and_end_or_begin_with_it(
    speed: float, rounds: int, tmp_path: Path
) -> None:
    heard = played([recording(tmp_path)], speed, rounds)
    assert len(heard) == LINES * rounds
    assert all(stamp <= moment for moment, stamp in heard)
    stamps = [stamp for _, stamp in heard]
    assert {b - a for a, b in itertools.pairwise(stamps)} <= {STEP_S * US_PER_S, US_PER_S}
    moment, stamp = heard[-1] if speed >= 1 else heard[0]
    assert moment - stamp < 2 * US_PER_S
    took_us = heard[-1][0] - heard[0][0]
    assert took_us == pytest.approx((stamps[-1] - stamps[0]) / speed, rel=0.05)


def test_as_is_sends_the_bytes_as_they_are(tmp_path: Path) -> None:
    heard = played([recording(tmp_path)], 60.0, as_is=True)
    assert [stamp for _, stamp in heard] == [(T0 + STEP_S * number) * US_PER_S for number in range(LINES)]


def test_files_are_merged_by_their_times(tmp_path: Path) -> None:
    heard = played([recording(tmp_path, T0 + 5, "b.nmea"), recording(tmp_path)], 10.0)
    stamps = [stamp for _, stamp in heard]
    assert stamps == sorted(stamps)
    assert len(stamps) == 2 * LINES


def test_while_nobody_listens_time_stands_still(tmp_path: Path) -> None:
    calls = itertools.count()
    heard = played([recording(tmp_path)], 1.0, hears=lambda: not 20 <= next(calls) < 50)
    assert len(heard) == LINES
    assert all(stamp <= moment for moment, stamp in heard)
    assert heard[-1][0] - heard[0][0] >= (STEP_S * (LINES - 1) + 29) * US_PER_S


def test_a_broken_clock_in_the_recording_moves_nothing(tmp_path: Path) -> None:
    kept = recording(tmp_path)
    text = kept.path.read_text()
    kept.path.write_text(text + f"4070908800 {SENTENCE}\n" + f"1 {SENTENCE}\n")
    span = span_of([kept])
    assert (span.first_us, span.last_us) == (T0 * US_PER_S, (T0 + STEP_S * (LINES - 1)) * US_PER_S)
    assert shift_us(span, 1.0, 1, NOW_US) == NOW_US - T0 * US_PER_S


@pytest.mark.slow
def test_what_cannot_be_played_so_is_refused_in_a_sentence(tmp_path: Path) -> None:
    from tests.streams.test_framing import beast_frames

    sea, air = recording(tmp_path), tmp_path / "air.beast"
    air.write_bytes(b"".join(beast_frames(1, 200)))
    with pytest.raises(InputError, match="one connection"):
        check([sea, Recording(air)], 1.0, 1, as_is=False)
    with pytest.raises(InputError, match="no dates"):
        check([Recording(air)], 60.0, 1, as_is=False)
    with pytest.raises(InputError, match="overtake the clock"):
        check([sea], 60.0, 0, as_is=False)
    table = tmp_path / "t.csv"
    table.write_text("mmsi,timestamp,lat,lon\n219000001,2016-03-31T00:00:00Z,54,8\n")
    assert_one_sentence(run("feed", table, "--to", "udp://127.0.0.1:9"), "positions_csv", "replay")
    assert_one_sentence(run("feed", sea.path, "--to", "tpc://127.0.0.1:9"), "did you mean 'tcp://'")
    assert_one_sentence(run("feed", tmp_path / "no", "--to", "udp://127.0.0.1:9"), "no such file")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert_one_sentence(
            run("feed", sea.path, "--to", f"tcp://127.0.0.1:{nobody.getsockname()[1]}"), "cannot be used"
        )


def test_the_command_plays_to_whoever_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        command = [sys.executable, "-m", "tracker", "feed", str(recording(tmp_path).path), "--speed", "1000"]
        feed = subprocess.Popen(
            [*command, "--to", f"tcp://127.0.0.1:{server.getsockname()[1]}"], stderr=subprocess.PIPE, text=True
        )
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as lines:
            stamps = [int(line.split()[0]) for line in lines]
        _, said = feed.communicate(timeout=PATIENCE_S)
    assert feed.returncode == 0, said
    assert len(stamps) == LINES
    assert stamps[0] > T0 + 10**8
    assert re.search(r"played 60 units", said)


def test_whoever_connects_is_played_to_and_whoever_goes_is_forgotten() -> None:
    sender = ListeningSender("127.0.0.1", 0)
    try:
        assert not sender.is_heard()
        with socket.create_connection(("127.0.0.1", sender.port)) as client:
            while not sender.is_heard():
                pass
            sender.send(b"one\n")
            client.settimeout(PATIENCE_S)
            assert client.recv(100) == b"one\n"
        while sender.is_heard():
            sender.send(b"more\n" * 1000)
    finally:
        sender.close()
