"""The three pages: who may ask, how, and what is answered."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from streams.memory import ManualClock
from streams.time import US_PER_S
from tracker.web.metrics import Sample
from tracker.web.operations import STALLED_S, Operations, Snapshot

LIVE = Snapshot("live", 0, (Sample("tidewaiter_commits_total", 7),), ())


class Desk:
    def __init__(self) -> None:
        self.snapshot, self.clock = LIVE, ManualClock(0)
        self.operations = Operations("127.0.0.1", 0, lambda: self.snapshot, self.clock)

    def ask(self, path: str, method: str = "GET", host: str = "localhost") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.operations.port, timeout=60)
        try:
            connection.request(method, path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.operations.close()


def test_metrics_are_served(desk: Desk) -> None:
    status, body = desk.ask("/metrics")
    assert status == 200
    assert b"tidewaiter_commits_total 7\n" in body


def test_metrics_of_a_loop_that_hangs_tell_it(desk: Desk) -> None:
    _, body = desk.ask("/metrics")
    assert b"\ntidewaiter_ready 1\n" in body
    assert b"\ntidewaiter_turn_age_seconds 0\n" in body
    desk.operations.steady = ManualClock(3600 * US_PER_S)
    _, body = desk.ask("/metrics")
    assert b"\ntidewaiter_ready 0\n" in body
    assert b"\ntidewaiter_turn_age_seconds 3600\n" in body
    assert b"tidewaiter_commits_total 7\n" in body, "the rest is as the loop left it"
    desk.snapshot = Snapshot()
    _, body = desk.ask("/metrics")
    assert b"tidewaiter_ready 0" in body
    assert b"tidewaiter_turn_age" not in body


def test_a_head_request_has_no_body(desk: Desk) -> None:
    assert desk.ask("/healthz", "HEAD") == (200, b"")


def test_a_loop_that_hangs_is_ill_unless_it_catches_up(desk: Desk) -> None:
    desk.clock = desk.operations.steady = ManualClock((STALLED_S + 1) * US_PER_S)
    status, body = desk.ask("/healthz")
    assert status == 503
    assert json.loads(body)["reasons"] == [f"the loop has not turned for {STALLED_S + 1} s"]
    desk.snapshot = Snapshot("catching up", 0, (), ("catching up with seine",))
    assert desk.ask("/healthz")[0] == 200
    status, body = desk.ask("/readyz")
    assert (status, json.loads(body)["reasons"]) == (503, ["catching up with seine"])


def test_a_live_program_is_ready(desk: Desk) -> None:
    assert desk.ask("/readyz")[0] == 200


@pytest.mark.parametrize(("path", "method", "status"), [("/", "GET", 404), ("/metrics", "POST", 405)])
def test_errors_have_one_shape(desk: Desk, path: str, method: str, status: int) -> None:
    found, body = desk.ask(path, method)
    assert found == status
    told = json.loads(body)
    assert (told["ok"], told["status"]) == (False, status)
    assert told["error"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8077", "127.0.0.1.evil.example", "192.0.2.1", ""])
def test_a_foreign_host_is_refused(desk: Desk, host: str) -> None:
    assert desk.ask("/metrics", host=host)[0] == 403


@pytest.mark.parametrize("host", ["localhost:8077", "127.0.0.1:1", "[::1]:8077"])
def test_a_loopback_host_is_served(desk: Desk, host: str) -> None:
    assert desk.ask("/metrics", host=host)[0] == 200


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "], ids=["idle", "slow"])
def test_clients_that_never_end_their_request_hold_up_nobody(desk: Desk, begun: bytes) -> None:
    clients = []
    try:
        for _ in range(200):
            client = socket.create_connection(("127.0.0.1", desk.operations.port), timeout=60)
            client.sendall(begun)
            clients.append(client)
            if len(clients) % 20 == 0:
                assert desk.ask("/healthz")[0] == 200
    finally:
        for client in clients:
            client.close()


def test_a_head_that_does_not_end_is_cut_off_however_it_trickles(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.operations.port), timeout=60) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        with pytest.raises(OSError):
            while True:
                client.sendall(b"X: y\r\n")
                client.settimeout(0.2)  # not a wait: it looks again
                try:
                    if client.recv(1) == b"":
                        raise ConnectionResetError
                except TimeoutError:
                    continue


def test_what_is_no_http_is_told_in_the_one_shape(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.operations.port), timeout=60) as client:
        client.sendall(b"\x16\x03\x01\x00\xf4 hello\r\n\r\n")
        answer = b""
        while part := client.recv(4096):
            answer += part
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["ok"] is False
