"""Passkeys, with an authenticator of our own: made, used, refused."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient
from webauthn.helpers import bytes_to_base64url

from tests.tracker.room.conftest import PASSWORD, Room

SESSION = "/api/v1/session"
ORIGIN = "https://room.example"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """Signs as a key with a PIN does (W3C Web Authentication level 2, 6.1 and 6.5): ES256, no attestation."""

    def __init__(self, origin: str = ORIGIN, flags: int = PRESENT | VERIFIED) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = hashlib.sha256(str(id(self)).encode()).digest()
        self.origin, self.flags, self.count, self.user = origin, flags, 0, ""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        about = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cose
        data = self._data(options["rp"]["id"], self.flags | ATTESTED) + about
        self.user = options["user"]["id"]
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        data = self._data(options["rpId"], self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"authenticatorData": b64(data), "clientDataJSON": b64(client), "signature": b64(signature)}
        return self._answer({**said, "userHandle": self.user})

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = b64(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def b64(data: bytes) -> str:
    return bytes_to_base64url(data)


def added(client: TestClient, key: Authenticator) -> Any:
    options = client.post(f"{SESSION}/passkeys/options", json={"password": PASSWORD})
    assert options.status_code == 200, options.text
    return client.post(f"{SESSION}/passkeys", json={"name": "key", "credential": key.create(options.json())})


def entered(client: TestClient, key: Authenticator) -> Any:
    options = client.post(f"{SESSION}/passkey/options").json()
    return client.post(f"{SESSION}/passkey", json={"credential": key.get(options)})


def test_a_person_comes_in_with_a_passkey_alone(room: Room) -> None:
    key, administrator = Authenticator(), room.administrator()
    made = added(administrator, key)
    assert made.status_code == 201, made.text
    other = room.client()
    assert entered(other, key).status_code == 201
    assert other.get("/api/v1/me").json()["roles"] == ["administrator"]
    shown = other.get(f"{SESSION}/passkeys").json()["passkeys"]
    assert (shown[0]["passkey_id"], shown[0]["used_at"] is not None) == (made.json()["passkey_id"], True)
    assert other.delete(f"{SESSION}/passkeys/{shown[0]['passkey_id']}").status_code == 204
    assert entered(room.client(), key).status_code == 401


def test_it_is_added_with_the_password_only(room: Room) -> None:
    administrator = room.administrator()
    refused = administrator.post(f"{SESSION}/passkeys/options", json={"password": "wrong"})
    assert refused.status_code == 401
    fresh = room.person(administrator, "ola", "officer")
    options = administrator.post(f"{SESSION}/passkeys/options", json={"password": PASSWORD}).json()
    sent = {"name": "key", "credential": Authenticator().create(options)}
    assert fresh.post(f"{SESSION}/passkeys", json=sent).status_code == 422, "asked for by another"


@pytest.mark.parametrize(
    "key",
    [Authenticator("https://evil.example"), Authenticator(flags=PRESENT)],
    ids=["another page", "nobody verified"],
)
def test_a_key_made_elsewhere_or_without_its_person_is_refused(room: Room, key: Authenticator) -> None:
    assert added(room.administrator(), key).status_code == 422


def test_an_answer_holds_once_and_for_minutes(room: Room) -> None:
    key, administrator = Authenticator(), room.administrator()
    added(administrator, key)
    options = room.client().post(f"{SESSION}/passkey/options").json()
    answer = {"credential": key.get(options)}
    assert room.client().post(f"{SESSION}/passkey", json=answer).status_code == 201
    assert room.client().post(f"{SESSION}/passkey", json=answer).status_code == 401
    options = room.client().post(f"{SESSION}/passkey/options").json()
    room.clock.pass_s(301)
    assert room.client().post(f"{SESSION}/passkey", json={"credential": key.get(options)}).status_code == 401


def test_a_copied_key_is_told_by_its_count(room: Room) -> None:
    key, administrator = Authenticator(), room.administrator()
    added(administrator, key)
    for _ in range(3):
        assert entered(room.client(), key).status_code == 201
    key.count = 0
    assert entered(room.client(), key).status_code == 401


def test_who_is_blocked_or_unknown_gets_the_same_answer(room: Room) -> None:
    administrator, key = room.administrator(), Authenticator()
    officer = room.person(administrator, "ola", "officer")
    assert added(officer, key).status_code == 201
    one = next(p for p in administrator.get("/api/v1/persons").json()["persons"] if p["login"] == "ola")
    administrator.patch(
        f"/api/v1/persons/{one['person_id']}", json={"is_active": False}, headers={"If-Match": f'"{one["version"]}"'}
    )
    blocked, unknown = entered(room.client(), key), entered(room.client(), Authenticator())
    assert (blocked.status_code, blocked.text) == (unknown.status_code, unknown.text) == (401, unknown.text)


def test_a_password_given_by_an_administrator_ends_passkeys(room: Room) -> None:
    administrator, key = room.administrator(), Authenticator()
    officer = room.person(administrator, "ola", "officer")
    added(officer, key)
    one = next(p for p in administrator.get("/api/v1/persons").json()["persons"] if p["login"] == "ola")
    administrator.post(f"/api/v1/persons/{one['person_id']}/password")
    assert entered(room.client(), key).status_code == 401


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 1},
        {"id": "\x00", "response": {"clientDataJSON": "e30"}},
        {"response": {"clientDataJSON": "!"}},
        {"response": []},
    ],
)
def test_what_is_no_answer_is_refused(room: Room, credential: dict[str, Any]) -> None:
    administrator = room.administrator()
    assert room.client().post(f"{SESSION}/passkey", json={"credential": credential}).status_code == 401
    sent = {"name": "k", "credential": credential}
    assert administrator.post(f"{SESSION}/passkeys", json=sent).status_code == 422
    assert room.faults == []
