"""Sign-in and sessions: in, out, run out and taken up again; what is kept is no secret."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.tracker.room.conftest import PASSWORD, Room
from tracker.room.accounts.account_tables import PERSONS, SESSIONS
from tracker.room.accounts.first import first_password

SESSION = "/api/v1/session"


def test_the_first_password_opens_ones_own_account_until_it_is_changed(room: Room) -> None:
    client = room.sign_in("administrator", room.first)
    assert client.get("/api/v1/me").json()["must_change_password"] is True
    refused = client.get("/api/v1/persons")
    assert (refused.status_code, refused.json()["must_change_password"]) == (403, True)
    changed = client.post(f"{SESSION}/password", json={"password": room.first, "new_password": PASSWORD})
    assert changed.status_code == 204
    assert client.get("/api/v1/persons").status_code == 200
    assert room.client().post(SESSION, json={"login": "administrator", "password": room.first}).status_code == 401


def test_the_first_password_is_made_once(room: Room) -> None:
    assert first_password(room.signing_in) is None


def test_a_first_password_that_ran_out_unused_is_made_anew(room: Room) -> None:
    room.clock.pass_s(25 * 3600)
    assert room.client().post(SESSION, json={"login": "administrator", "password": room.first}).status_code == 401
    room.clock.pass_s(3600)
    again = first_password(room.signing_in)
    assert again not in (None, room.first)
    room.sign_in("administrator", again)


def test_secrets_are_kept_nowhere_in_clear(room: Room) -> None:
    client = room.administrator()
    secret = client.cookies["__Host-tidewaiter"]
    client.post("/api/v1/tokens", json={"name": "risk", "scopes": ["see_alerts"]})
    rows = b"".join(path.read_bytes() for path in room.store.folder.iterdir())
    assert secret.encode() not in rows
    assert PASSWORD.encode() not in rows
    with room.store.read() as connection:
        assert connection.execute(select(PERSONS.c.password_hash)).scalar_one().startswith("$argon2id$")


def test_the_cookie_is_for_this_host_over_tls_and_no_script(room: Room) -> None:
    sent = room.client().post(SESSION, json={"login": "administrator", "password": room.first})
    cookie = next(one for one in sent.headers.get_list("set-cookie") if one.startswith("__Host-tidewaiter="))
    for part in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_a_wrong_password_an_unknown_name_and_a_blocked_person_get_one_answer(room: Room) -> None:
    administrator = room.administrator()
    room.person(administrator, "vera", "viewer")
    person_id = administrator.get("/api/v1/persons").json()["persons"]
    vera = next(one for one in person_id if one["login"] == "vera")
    administrator.patch(
        f"/api/v1/persons/{vera['person_id']}", json={"is_active": False}, headers={"If-Match": f'"{vera["version"]}"'}
    )
    answers = [
        room.client().post(SESSION, json={"login": login, "password": password})
        for login, password in (("administrator", "wrong"), ("nobody.at.all", "wrong"), ("vera", PASSWORD))
    ]
    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1


def test_an_unknown_name_costs_a_hash_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    real = type(room.signing_in.passwords).is_right
    monkeypatch.setattr(
        type(room.signing_in.passwords), "is_right", lambda *given: checked.append(given[2]) or real(*given)
    )
    room.client().post(SESSION, json={"login": "nobody", "password": "wrong"})
    assert checked == [None]


def test_a_session_that_was_idle_is_taken_up_again_in_place(room: Room) -> None:
    client = room.administrator()
    before = client.get(SESSION).json()
    room.clock.pass_s(61 * 60)
    stale = client.get("/api/v1/me")
    assert (stale.status_code, stale.json()["may_renew"]) == (401, True)
    assert client.post(f"{SESSION}/renew", json={"password": "wrong"}).status_code == 401
    assert client.get("/api/v1/me").status_code == 401
    renewed = client.post(f"{SESSION}/renew", json={"password": PASSWORD})
    assert renewed.status_code == 200
    assert renewed.json()["session_id"] == before["session_id"]
    assert client.get("/api/v1/me").status_code == 200


def test_a_busy_session_ends_after_a_shift_all_the_same(room: Room) -> None:
    client = room.administrator()
    for _ in range(26):
        assert client.get("/api/v1/me").status_code == 200
        room.clock.pass_s(1800)
    assert client.get("/api/v1/me").status_code == 401


def test_who_is_busy_is_not_idle(room: Room) -> None:
    client = room.administrator()
    for _ in range(4):
        room.clock.pass_s(1800)
        assert client.get("/api/v1/me").status_code == 200


def test_a_session_long_gone_cannot_be_taken_up(room: Room) -> None:
    client = room.administrator()
    room.clock.pass_s(14 * 3600)
    assert "may_renew" not in client.get("/api/v1/me").json()
    assert client.post(f"{SESSION}/renew", json={"password": PASSWORD}).status_code == 401


def test_signing_out_ends_it_for_whoever_has_the_cookie(room: Room) -> None:
    client = room.administrator()
    secret = client.cookies["__Host-tidewaiter"]
    assert client.delete(SESSION).status_code == 204
    thief = room.client()
    thief.cookies.set("__Host-tidewaiter", secret)
    assert thief.get("/api/v1/me").status_code == 401
    assert "may_renew" not in thief.get("/api/v1/me").json()


def test_a_changed_password_ends_the_other_sessions(room: Room) -> None:
    administrator = room.administrator()
    other = room.sign_in("administrator", PASSWORD)
    sent = {"password": PASSWORD, "new_password": "quite another sentence"}
    assert administrator.post(f"{SESSION}/password", json=sent).status_code == 204
    assert other.get("/api/v1/me").status_code == 401
    assert administrator.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("weak", ["short", "a" * 30, "administrator 1 2 3", PASSWORD, "x1y2z" * 50])
def test_a_weak_password_is_refused_with_its_reason(room: Room, weak: str) -> None:
    client = room.administrator()
    refused = client.post(f"{SESSION}/password", json={"password": PASSWORD, "new_password": weak})
    assert refused.status_code == 422
    assert "new_password" in refused.json()["detail"]


def test_a_session_and_a_token_together_are_refused(room: Room) -> None:
    client = room.administrator()
    token = client.post("/api/v1/tokens", json={"name": "risk", "scopes": ["see_alerts"]}).json()["token"]
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 400


def test_a_stream_learns_that_its_session_is_over(room: Room) -> None:
    client = room.administrator()
    caller = room.parts.callers.of_session(client.cookies["__Host-tidewaiter"])
    room.clock.pass_s(2 * 3600)
    assert room.parts.callers.again(caller) == caller, "who only looks at a stream is not idle"
    room.clock.pass_s(12 * 3600)
    assert room.parts.callers.again(caller) is None
    client = room.sign_in("administrator", PASSWORD)
    caller = room.parts.callers.of_session(client.cookies["__Host-tidewaiter"])
    client.delete(SESSION)
    assert room.parts.callers.again(caller) is None


def test_every_step_is_in_the_audit(room: Room) -> None:
    client = room.client()
    client.post(SESSION, json={"login": "administrator", "password": "wrong"})
    client.post(SESSION, json={"login": "nobody", "password": "wrong"})
    client = room.administrator()
    client.delete(SESSION)
    assert room.audit.acts() == [
        ("room.begun", False),
        ("session.begun", True),
        ("session.begun", True),
        ("session.begun", False),
        ("self.read", False),
        ("password.changed", False),
        ("session.ended", False),
    ]


def test_sessions_hold_no_secret(room: Room) -> None:
    client = room.administrator()
    with room.store.read() as connection:
        row = connection.execute(select(SESSIONS)).one()
    assert client.cookies["__Host-tidewaiter"] not in map(str, row)
