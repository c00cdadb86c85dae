"""What stands before the routes: headers, hosts, other sites' pages, sizes, rates, faults."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from tests.tracker.room.conftest import Room
from tracker.room.shell.guard import host_name

API = "/api/v1"


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert {"type", "title", "status", "detail"} <= set(told)
    return told


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", f"{API}/nothing", 404),
        ("PUT", f"{API}/session", 405),
        ("GET", f"{API}/health", 200),
        ("GET", f"{API}/me", 401),
    ],
)
def test_every_answer_has_the_headers(room: Room, method: str, path: str, status: int) -> None:
    answer = room.client().request(method, path)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "max-age" in answer.headers["strict-transport-security"]
    assert "server" not in answer.headers
    if status >= 400:
        problem(answer, status)


def test_what_is_wrong_with_a_body_is_told_and_not_what_was_sent(room: Room) -> None:
    answer = room.client().post(f"{API}/session", json={"login": "a", "password": "my secret" * 100, "more": 1})
    told = problem(answer, 422)
    assert "body.password" in told["detail"]
    assert "my secret" not in answer.text


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"login": "a", "\\ud800": 1}', b'"x"', b"null", b""]
)
def test_a_body_that_is_no_json_is_a_mistake_and_no_fault(room: Room, content: bytes) -> None:
    answer = room.client().post(f"{API}/session", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert room.faults == []


def test_a_fault_tells_nothing_of_the_inside(room: Room) -> None:
    router = APIRouter()

    @router.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret of the inside")

    room.fast_api.include_router(router)
    answer = room.client().get("/broken")
    problem(answer, 500)
    assert "secret" not in answer.text
    assert [kind for kind, _ in room.faults] == ["RuntimeError"]
    assert "secret" not in str(room.faults)


@pytest.mark.parametrize("host", ["evil.example", "room.example.evil.example", "127.0.0.1", ""])
def test_a_name_that_is_not_ours_is_refused(room: Room, host: str) -> None:
    problem(room.client().get(f"{API}/health", headers={"Host": host}), 421)


def test_a_host_is_read_as_browsers_write_it() -> None:
    assert [host_name(one) for one in ("a.b:1", "A.B", "[::1]:80", "[::1]", "")] == ["a.b", "a.b", "::1", "::1", ""]


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "https://room.example"}, True),
        ({"Origin": "http://room.example"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_what_changes_something_with_a_session_comes_from_our_own_page(
    room: Room, headers: dict[str, str], is_ours: bool
) -> None:
    client = room.administrator()
    del client.headers["Sec-Fetch-Site"]
    answer = client.delete(f"{API}/session", headers=headers)
    assert answer.status_code == (204 if is_ours else 403)
    assert client.get(f"{API}/me", headers=headers).status_code == (401 if is_ours else 200)


def test_another_sites_page_signs_nobody_in(room: Room) -> None:
    sent = {"login": "administrator", "password": room.first}
    answer = room.client().post(f"{API}/session", json=sent, headers={"Sec-Fetch-Site": "cross-site"})
    problem(answer, 403)
    bare = TestClient(room.app, base_url="https://room.example")
    assert bare.post(f"{API}/session", json=sent).status_code == 201, "a program that is no browser may"


def test_a_token_needs_no_page(room: Room) -> None:
    token = room.administrator().post(f"{API}/tokens", json={"name": "t", "scopes": ["search"]}).json()["token"]
    client = TestClient(room.app, base_url="https://room.example", headers={"Authorization": f"Bearer {token}"})
    assert client.post(f"{API}/units", json={"name": "x"}).status_code == 403
    assert client.get(f"{API}/me").status_code == 200


def test_a_large_body_is_refused_declared_or_not(room: Room) -> None:
    client = room.client()
    problem(client.post(f"{API}/session", content=b"x" * 1_000_001), 413)

    def trickle() -> Any:
        for _ in range(12):
            yield b"x" * 100_000

    problem(client.post(f"{API}/session", content=trickle()), 413)
    problem(client.post(f"{API}/session", content=trickle(), headers={"Content-Length": "12x"}), 413)


def test_who_asks_too_much_waits_and_nobody_else(room: Room) -> None:
    administrator = room.administrator()
    assert administrator.get(f"{API}/me").status_code == 200
    room.is_hurried = True
    stranger = room.client()
    answers = [stranger.get(f"{API}/health") for _ in range(260)]
    assert answers[100].status_code == 200
    told = problem(answers[-1], 429)
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "wait" in told["detail"]
    assert administrator.get(f"{API}/me").status_code == 200, "a session has its own measure behind the same address"


def test_a_new_cookie_is_no_new_caller(room: Room) -> None:
    room.is_hurried = True
    stranger = room.client()
    answers = [
        stranger.get(f"{API}/health", headers={"Cookie": f"__Host-tidewaiter=x{number}"}).status_code
        for number in range(260)
    ]
    assert answers[-1] == 429


def test_over_plain_http_the_cookie_is_a_plain_one(room: Room) -> None:
    client = TestClient(room.app, base_url="http://room.example", headers={"Sec-Fetch-Site": "same-origin"})
    begun = client.post(f"{API}/session", json={"login": "administrator", "password": room.first})
    assert begun.json()["cookie"] == "tidewaiter"
    assert client.get(f"{API}/me").status_code == 200
    assert "Secure" not in begun.headers["set-cookie"]
    assert "strict-transport-security" not in begun.headers
    over_tls = room.client()
    over_tls.cookies.set("tidewaiter", client.cookies["tidewaiter"])
    assert over_tls.get(f"{API}/me").status_code == 401, "a plain cookie may have been set by a page of another port"


def test_a_session_in_a_second_cookie_header_is_a_session(room: Room) -> None:
    """A proxy may hand cookies on in several headers; all of them are read, and all of them are guarded."""
    signed_in = room.administrator()
    name, secret = next((one.name, one.value) for one in signed_in.cookies.jar if one.name == "__Host-tidewaiter")
    client = room.client()
    del client.headers["sec-fetch-site"]
    cookies = [("Cookie", "other=1"), ("Cookie", f"{name}={secret}")]
    assert client.get(f"{API}/me", headers=cookies).status_code == 200
    foreign = [*cookies, ("Sec-Fetch-Site", "cross-site")]
    problem(client.post(f"{API}/units", json={"name": "u"}, headers=foreign), 403)
    problem(client.delete(f"{API}/session", headers=cookies), 403)
    assert signed_in.get(f"{API}/units").json() == {"units": []}
