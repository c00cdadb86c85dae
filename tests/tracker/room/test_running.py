"""The room as a process: started, asked over a real socket, ended; what it refuses to start with."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.waiting import PATIENCE_S
from tracker.config.room import RoomConfig
from tracker.errors import SettingError
from tracker.room.running import first_file, tell_first
from tracker.room.shell.serving import place_of

API = "/api/v1"


class Process:
    """A running room."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        assert process.stderr is not None
        for line in process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == "room_listening":
                self.address = self.log[-1]["address"]
                break
        else:
            raise AssertionError(self.log)
        self.draining = threading.Thread(target=self._drain)
        self.draining.start()

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self.log += [json.loads(line) for line in self.process.stderr]

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE_S)
        assert self.process.stdout is not None
        return self.process.stdout.read()


@contextmanager
def running(folder: Path, *more: str, config: str = "") -> Iterator[Process]:
    settings = folder / "room.toml"
    settings.write_text(f"[room]\n{config}")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "tracker",
        "room",
        "--engine",
        str(folder / "live.duckdb"),
        "--data",
        str(folder / "room"),
    ]
    if "--listen" not in more:
        command += ["--listen", f"127.0.0.1:{port}"]
    given = [*command, "--config", str(settings), *more]
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            room = Process(process)
            yield room
        finally:
            process.kill()
            process.wait()
        room.draining.join()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_first_start_says_a_password_once_and_it_comes_in(tmp_path: Path) -> None:
    with running(tmp_path) as room:
        address = room.address
        said = room.end()
    password = re.search(r"sign in as administrator with the password (\S+);", said)
    assert password is not None
    assert password[1] not in json.dumps(room.log)
    with running(tmp_path) as room, httpx2.Client(base_url=room.address) as client:
        begun = client.post(f"{API}/session", json={"login": "administrator", "password": password[1]})
        assert (begun.status_code, begun.json()["must_change_password"]) == (201, True)
        sent = {"password": password[1], "new_password": "a long enough sentence"}
        own = {"Origin": room.address}
        assert client.post(f"{API}/session/password", json=sent, headers=own).status_code == 204
        assert client.get(f"{API}/persons").status_code == 200
        assert room.end() == "", "it is said once"
    assert address.startswith("http://127.0.0.1:")
    for path in (tmp_path / "room").iterdir():
        assert password[1].encode() not in path.read_bytes()


def test_it_ends_while_a_client_holds_its_connection(tmp_path: Path) -> None:
    with running(tmp_path, config="stop_s = 1.0\n") as room, httpx2.Client(base_url=room.address) as client:
        assert client.get(f"{API}/health").json() == {"ok": True}
        half = socket.create_connection(("127.0.0.1", int(room.address.rpartition(":")[2])))
        half.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        room.end()
        half.close()
    assert room.process.returncode == 0


def test_what_is_no_http_has_the_shape_of_errors(tmp_path: Path) -> None:
    with running(tmp_path) as room:
        one = socket.create_connection(("127.0.0.1", int(room.address.rpartition(":")[2])))
        one.sendall(b"this is no request\r\n\r\n")
        answer = b"".join(iter(lambda: one.recv(4096), b""))
        one.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400


def test_it_speaks_tls_with_a_certificate(tmp_path: Path) -> None:
    certificate, key = certificate_of(tmp_path)
    config = f'tls_certificate = "{certificate}"\ntls_key = "{key}"\n'
    with running(tmp_path, config=config) as room, httpx2.Client(base_url=room.address, verify=False) as client:
        assert room.address.startswith("https://")
        answer = client.get(f"{API}/health")
        assert answer.status_code == 200
        assert "max-age" in answer.headers["strict-transport-security"]


def test_behind_a_proxy_its_word_for_who_calls_counts_and_nobody_elses(tmp_path: Path) -> None:
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    sent = {"login": "administrator", "password": "wrong"}
    behind = running(tmp_path, "--behind-proxy", config='proxies = ["127.0.0.1"]\n')
    with behind as room, httpx2.Client(base_url=room.address) as client:
        assert "max-age" in client.get(f"{API}/health", headers=told).headers["strict-transport-security"]
        answers = [client.post(f"{API}/session", json=sent, headers=told).status_code for _ in range(6)]
        assert answers == [401] * 5 + [429]
        assert client.post(f"{API}/session", json=sent).status_code == 401, "another address"
    with running(tmp_path) as room, httpx2.Client(base_url=room.address) as client:
        assert "strict-transport-security" not in client.get(f"{API}/health", headers=told).headers


@pytest.mark.parametrize(
    ("listen", "settings", "behind_proxy", "says"),
    [
        ("0.0.0.0:8079", {}, False, "in the clear"),
        ("192.0.2.1:8079", {}, False, "in the clear"),
        ("room.example:8079", {}, False, "in the clear"),
        ("127.0.0.1:8079", {}, True, "no proxy is named"),
        ("0.0.0.0:8079", {"proxies": ("10.0.0.1",)}, True, "no name is known"),
        ("nonsense", {}, False, "no host:port"),
    ],
)
def test_passwords_in_the_clear_are_refused(
    listen: str, settings: dict[str, Any], behind_proxy: bool, says: str
) -> None:
    with pytest.raises(SettingError, match=says):
        place_of(listen, RoomConfig(**settings), behind_proxy)


def test_names_it_answers_to_are_those_named() -> None:
    here = place_of("127.0.0.1:8079", RoomConfig(), False)
    assert here.hosts == {"127.0.0.1", "localhost", "::1"}
    far = place_of("0.0.0.0:8079", RoomConfig(hosts=("Room.Example",), proxies=("10.0.0.0/8",)), True)
    assert far.hosts == {"room.example"}


def test_where_a_journal_keeps_what_is_said_the_password_goes_into_a_file(tmp_path: Path) -> None:
    said: list[str] = []
    file = first_file(RoomConfig(), tmp_path, {"JOURNAL_STREAM": "8:1"})
    assert file is not None
    tell_first("secret-for-once", file, said.append)
    assert "secret-for-once" not in said[0]
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("secret-for-once\n", 0o600)
    assert first_file(RoomConfig(), tmp_path, {}) is None
    named = str(tmp_path / "named")
    assert first_file(RoomConfig(first_password_file=named), tmp_path, {}) == Path(named)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--data", "D"], "needs --engine"),
        (["--engine", "E"], "needs --data"),
        (["--engine", "ftp://x", "--data", "D"], "no address of a door"),
        (["--engine", "E", "--data", "D", "--listen", "0.0.0.0:1"], "in the clear"),
        (["--engine", "E", "--data", "mysql://h/d", "--listen", "127.0.0.1:0"], "no database the room can use"),
    ],
)
def test_a_mistake_ends_in_a_sentence(tmp_path: Path, more: list[str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tracker", "room", *more], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def certificate_of(folder: Path) -> tuple[Path, Path]:
    """Signed by itself, for 127.0.0.1."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "room")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "room.pem", folder / "room.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    return certificate, private
