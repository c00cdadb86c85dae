"""Signing in by a provider, with an issuer of our own on loopback: what holds lets in, what does not refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.testclient import TestClient

from tests.tracker.room.conftest import KeptAudit, Room, StandingClock
from tracker.config.room import RoomConfig
from tracker.room.store.opening import RoomStore

WAY = "/api/v1/session/provider"


class Issuer:
    """A provider: signs who ``login`` says it is. ``spoil`` changes the claims, ``signing`` the key."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.signing: Any = self.key
        self.algorithm = "ES256"
        self.login = "administrator"
        self.spoil: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.is_away = False
        self.now_s = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                said = {
                    "/.well-known/openid-configuration": {
                        "issuer": issuer.address,
                        "authorization_endpoint": f"{issuer.address}/authorize",
                        "token_endpoint": f"{issuer.address}/token",
                        "jwks_uri": f"{issuer.address}/keys",
                    },
                    "/keys": {"keys": [issuer.key.as_dict(private=False)]},
                }
                self.tell(503 if issuer.is_away else 200, said[self.path])

            def do_POST(self) -> None:
                sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                asked = issuer.asked
                is_right = (
                    self.headers["Authorization"].startswith("Basic ")
                    and sent["code"] == ["the-code"]
                    and create_s256_code_challenge(sent["code_verifier"][0]) == asked["code_challenge"]
                    and sent["redirect_uri"] == [asked["redirect_uri"]]
                )
                if not is_right:
                    self.tell(400, {"error": "invalid_grant"})
                    return
                self.tell(200, {"access_token": "x", "token_type": "Bearer", "id_token": issuer.token()})

            def tell(self, status: int, said: Any) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def token(self) -> str:
        claims = {
            "iss": self.address, "aud": "room", "sub": "1", "nonce": self.asked["nonce"], "iat": self.now_s,
            "exp": self.now_s + 300, "preferred_username": self.login, **self.spoil,
        }  # fmt: skip
        return jwt.encode({"alg": self.algorithm, "kid": self.signing.kid}, claims, self.signing)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def room(store: RoomStore, clock: StandingClock, audit: KeptAudit, issuer: Issuer, tmp_path: Path) -> Room:
    secret = tmp_path / "secret"
    secret.write_text("a secret\n")
    issuer.now_s = clock() // 1_000_000
    settings = RoomConfig(oidc_issuer=issuer.address, oidc_client_id="room", oidc_secret_file=str(secret))
    return Room(store, clock, audit, settings)


def set_out(client: TestClient, issuer: Issuer) -> str:
    answer = client.get(WAY, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{issuer.address}/authorize?")
    issuer.asked = {name: one[0] for name, one in parse_qs(urlparse(answer.headers["location"]).query).items()}
    assert issuer.asked["code_challenge_method"] == "S256"
    return issuer.asked["state"]


def back(client: TestClient, state: str, code: str = "the-code") -> Any:
    return client.get(f"{WAY}/back", params={"state": state, "code": code}, headers={"Sec-Fetch-Site": "cross-site"})


def test_whom_the_provider_knows_comes_in_with_the_roles_it_has_here(room: Room, issuer: Issuer) -> None:
    administrator = room.administrator()
    room.person(administrator, "ola", "officer")
    issuer.login, issuer.spoil = "Ola", {"roles": ["administrator"]}
    client = room.client()
    answer = back(client, set_out(client, issuer))
    assert answer.status_code == 200, answer.text
    assert 'http-equiv="refresh"' in answer.text
    assert client.get("/api/v1/me").json()["roles"] == ["officer"]
    assert ("session.begun", False) in room.audit.acts()


@pytest.mark.parametrize(
    "spoil",
    [{"aud": "another"}, {"iss": "http://127.0.0.1:1"}, {"nonce": "another"}, {"exp": 1}, {"preferred_username": "nobody"},
     {"preferred_username": None}, {"preferred_username": "a\x00b"}, {"aud": ["room", "other"]}],
)  # fmt: skip
def test_a_word_that_does_not_hold_lets_nobody_in(room: Room, issuer: Issuer, spoil: dict[str, Any]) -> None:
    issuer.spoil = spoil
    client = room.client()
    answer = back(client, set_out(client, issuer))
    assert answer.status_code == 401
    assert client.get("/api/v1/me").status_code == 401
    assert room.faults == []


def test_another_key_or_a_shared_secret_signs_nothing(room: Room, issuer: Issuer) -> None:
    client = room.client()
    issuer.signing = ECKey.generate_key("P-256", {"kid": "one"})
    assert back(client, set_out(client, issuer)).status_code == 401
    issuer.signing, issuer.algorithm = (
        OctKey.import_key("a secret which is long enough to sign", {"kid": "one"}),
        "HS256",
    )
    assert back(client, set_out(client, issuer)).status_code == 401


def test_a_new_key_of_the_provider_is_asked_for(room: Room, issuer: Issuer) -> None:
    client = room.client()
    assert back(client, set_out(client, issuer)).status_code == 200
    issuer.key = issuer.signing = ECKey.generate_key("P-256", {"kid": "two"})
    assert back(client, set_out(client, issuer)).status_code == 200


def test_the_way_back_is_for_the_browser_that_set_out_once(room: Room, issuer: Issuer) -> None:
    victim, attacker = room.client(), room.client()
    state = set_out(attacker, issuer)
    assert back(victim, state).status_code == 401, "signed in as the attacker"
    state = set_out(attacker, issuer)
    assert back(attacker, state).status_code == 200
    assert back(attacker, state).status_code == 401
    assert back(attacker, "never-heard-of").status_code == 401
    state = set_out(attacker, issuer)
    assert back(attacker, state, "another-code").status_code == 401


def test_a_provider_that_is_away_is_told_and_passwords_still_hold(room: Room, issuer: Issuer) -> None:
    issuer.is_away = True
    answer = room.client().get(WAY, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")
    room.administrator()
    issuer.is_away = False
    set_out(room.client(), issuer)


@pytest.mark.parametrize(
    "given",
    [{"oidc_issuer": "https://a"}, {"oidc_issuer": "http://a.example", "oidc_client_id": "a", "oidc_secret_file": "b"}],
)
def test_a_provider_is_named_whole_and_over_tls(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="oidc_issuer"):
        RoomConfig(**given)


def test_without_a_provider_there_is_no_way(store: RoomStore, clock: StandingClock, audit: KeptAudit) -> None:
    answer = Room(store, clock, audit, RoomConfig()).client().get(WAY, follow_redirects=False)
    assert answer.status_code == 404
