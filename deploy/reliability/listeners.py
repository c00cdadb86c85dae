"""Whoever can reach a listener tries to keep the receiver out; the real program, attacked from other addresses of this machine's loopback.

.venv/bin/python deploy/reliability/listeners.py [--root CHECKOUT]

After each attack, and while it lasts, a receiver connects from an address of its own and sends 40 sound sentences; told is how many the program decoded within
ten seconds. ``--root`` runs the program of another checkout, to compare.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.naive import ais_bits
from tests.streams.test_framing import beast_frames

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = 40
_WAIT_S = 10.0


class Trial:
    """The program with two listeners."""

    def __init__(self, root: Path, folder: Path) -> None:
        stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
        self.tcp, self.http, self.first_tcp = (_free_port(stream) for _ in range(3))
        self.udp, self.first_udp = (_free_port(datagram) for _ in range(2))
        settings = folder / "settings.toml"
        settings.write_text(
            f'[watch]\nhttp_address = "127.0.0.1:{self.http}"\n'
            f'[sources.roof]\nkind = "tcp_server"\naddress = "127.0.0.1:{self.tcp}"\n'
            f'[sources.air]\nkind = "udp"\naddress = "127.0.0.1:{self.udp}"\n'
            f'[sources.yard]\nkind = "tcp_server"\naddress = "127.0.0.1:{self.first_tcp}"\n'
            f'[sources.mist]\nkind = "udp"\naddress = "127.0.0.1:{self.first_udp}"\n'
        )
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tracker", "watch", "--db", str(folder / "live.duckdb"), "--config", str(settings)],
                cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=log, stderr=log,
            )  # fmt: skip

    def metrics(self) -> str:
        """The page of metrics; empty where it does not answer."""
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=5) as page:
            text: str = page.read().decode()
            return text
        return ""

    def value(self, name: str, source: str) -> float:
        """Sum of a metric over the lines of a source."""
        found = re.findall(rf'^{name}{{source="{source}"[^}}]*}} (\S+)$', self.metrics(), re.MULTILINE)
        return sum(map(float, found))

    def is_live(self) -> bool:
        """Whether it is ready to judge."""
        return 'tidewaiter_phase{phase="live"} 1' in self.metrics()

    def decoded(self, source: str, send: Callable[[bytes], object]) -> int:
        """How many of the receiver's sentences are decoded."""
        before = self.value("tidewaiter_line_units_decoded_total", source)
        with suppress(OSError):
            for number in range(SENTENCES):
                send(sentence(number))
                time.sleep(0.02)
        end = time.monotonic() + _WAIT_S
        while time.monotonic() < end:
            if self.value("tidewaiter_line_units_decoded_total", source) - before >= SENTENCES:
                break
            time.sleep(0.25)
        return min(SENTENCES, int(self.value("tidewaiter_line_units_decoded_total", source) - before))

    def by_tcp(self, source: str = "roof") -> int:
        """The receiver over TCP, from its own address."""
        try:
            with connected(self.tcp if source == "roof" else self.first_tcp, "127.0.0.9") as sock:
                time.sleep(0.2)
                return self.decoded(source, sock.sendall)
        except OSError:
            return 0

    def by_udp(self, source: str = "air") -> int:
        """The receiver over UDP."""
        port = self.udp if source == "air" else self.first_udp
        with sender("127.0.0.9") as sock:
            return self.decoded(source, lambda data: sock.sendto(data, ("127.0.0.1", port)))


def sentence(number: int) -> bytes:
    """A sound AIS sentence."""
    return f"{ais_bits.sentences(ais_bits.random_bits(1, random.Random(number)), 0, 'A', 60)[0]}\n".encode()


def connected(port: int, source: str) -> socket.socket:
    """A connection from an address."""
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))


@contextmanager
def sender(source: str) -> Iterator[socket.socket]:
    """A sender of datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        yield sock


def other(number: int) -> str:
    """Addresses of attackers."""
    return f"127.0.{1 + number % 8}.1"


@contextmanager
def meanwhile(act: Callable[[threading.Event], object]) -> Iterator[None]:
    """Something done in a thread until the end."""
    over = threading.Event()

    def run() -> None:
        with suppress(OSError):
            act(over)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(2.0)
    try:
        yield
    finally:
        over.set()
        thread.join()


def attacks(trial: Trial) -> Iterator[tuple[str, int]]:
    """Each attack, and how many of the receiver's sentences were decoded."""
    rubbish = random.Random(1).randbytes(90_000)
    beast = b"".join(beast_frames(1, 300))
    trial.by_tcp()  # an old program may compile yet
    time.sleep(20)
    yield "nobody attacks", trial.by_tcp()
    with connected(trial.first_tcp, other(0)) as first:
        first.sendall(beast)
        time.sleep(1)
        yield "the first client sends Beast", trial.by_tcp("yard")
    with sender(other(0)) as first:
        first.sendto(beast[:1_400], ("127.0.0.1", trial.first_udp))
        time.sleep(1)
        yield "the first datagram is Beast", trial.by_udp("mist")
    with connected(trial.tcp, other(0)) as first:
        with suppress(OSError):
            first.sendall(rubbish)
        time.sleep(1)
        yield "rubbish of one client before", trial.by_tcp()
    with ExitStack() as stack:
        for number in range(64):
            with suppress(OSError):
                stack.enter_context(connected(trial.tcp, other(number)))
        yield "64 idle clients", trial.by_tcp()
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(trial.tcp, other(number))) for number in range(64)]

        def drip(over: threading.Event) -> None:
            while not over.wait(0.5):
                for sock in slow:
                    with suppress(OSError):
                        sock.sendall(b"x")

        with meanwhile(drip):
            yield "64 that give a byte at a time", trial.by_tcp()

    def endless(over: threading.Event) -> None:
        while not over.is_set():
            with suppress(OSError), connected(trial.tcp, other(1)) as sock:
                while not over.is_set():
                    sock.sendall(b"x" * 60_000)

    with meanwhile(endless):
        yield "endless bytes without a line's end", trial.by_tcp()

    def knock(over: threading.Event) -> None:
        number = 0
        while not over.is_set():
            number += 1
            with suppress(OSError):
                connected(trial.tcp, other(number)).close()

    with meanwhile(knock):
        yield "connects as fast as they go", trial.by_tcp()
    with sender(other(0)) as first:
        for begin in range(0, len(rubbish), 1_000):
            first.sendto(b"\x07" + rubbish[begin : begin + 1_000], ("127.0.0.1", trial.udp))
            time.sleep(0.005)
    yield "rubbish in datagrams before", trial.by_udp()

    def forge(over: threading.Event) -> None:
        number = 0
        while not over.is_set():
            number += 1
            with sender(other(number)) as sock:
                sock.sendto(b"!rubbish %d" % number if number % 2 else b"\x1a1rubbish", ("127.0.0.1", trial.udp))
            time.sleep(0.001)

    with meanwhile(forge):
        yield "datagrams of new senders all the time", trial.by_udp()


def main() -> None:
    """Try all, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(args.root, Path(folder))
        try:
            while not trial.is_live():
                if trial.process.poll() is not None:
                    sys.exit(trial.log.read_text())
                time.sleep(1)
            failed = False
            for name, count in attacks(trial):
                failed = failed or count < SENTENCES
                print(f"{name:40} {count:3} of {SENTENCES}", flush=True)
            memory = re.search(r"^tidewaiter_memory_resident_bytes (\S+)", trial.metrics(), re.MULTILINE)
            print(f"memory {float(memory[1]) / 1e6 if memory else 0:.0f} MB, load {os.getloadavg()[0]:.1f}")
            for name in ("clients", "dropped_total", "let_go_total"):
                print(f"{name:40} {trial.value(f'tidewaiter_source_{name}', 'roof'):.0f}")
            print(f"{'said (source_refuses)':40} {trial.log.read_text().count('source_refuses')}")
        finally:
            trial.process.send_signal(signal.SIGTERM)
            try:
                trial.process.wait(30)
            except subprocess.TimeoutExpired:
                trial.process.kill()
    sys.exit(failed)


def _free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
