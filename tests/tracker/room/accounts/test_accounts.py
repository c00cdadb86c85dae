"""Persons, units, tokens, openings: made, changed, blocked, told."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from tests.tracker.room.conftest import PASSWORD, Room

API = "/api/v1"


def person(administrator: TestClient, login: str) -> dict[str, Any]:
    return next(one for one in administrator.get(f"{API}/persons").json()["persons"] if one["login"] == login)


def patch(administrator: TestClient, login: str, **changes: object) -> Any:
    one = person(administrator, login)
    return administrator.patch(
        f"{API}/persons/{one['person_id']}", json=changes, headers={"If-Match": f'"{one["version"]}"'}
    )


def test_a_person_gets_its_roles_and_what_they_let_it_do(room: Room) -> None:
    officer = room.person(room.administrator(), "ola", "officer", compartments=["north"])
    me = officer.get(f"{API}/me").json()
    assert (me["roles"], me["compartments"]) == (["officer"], ["north"])
    assert "act_on_alerts" in me["rights"]
    assert officer.get(f"{API}/persons").status_code == 403
    assert ("route.refused", True) in room.audit.acts()


def test_a_change_needs_the_version_that_was_seen(room: Room) -> None:
    administrator = room.administrator()
    room.person(administrator, "ola", "officer")
    one = person(administrator, "ola")
    where = f"{API}/persons/{one['person_id']}"
    assert administrator.patch(where, json={"name": "Ola N."}).status_code == 428
    seen = administrator.get(where).headers["ETag"]
    assert administrator.patch(where, json={"name": "Ola N."}, headers={"If-Match": seen}).status_code == 200
    assert administrator.patch(where, json={"name": "Ola M."}, headers={"If-Match": seen}).status_code == 412


def test_who_is_blocked_or_loses_a_role_is_out_at_once(room: Room) -> None:
    administrator = room.administrator()
    officer = room.person(administrator, "ola", "officer")
    assert patch(administrator, "ola", roles=["viewer"]).status_code == 200
    assert officer.get(f"{API}/me").status_code == 401
    officer = room.sign_in("ola", PASSWORD)
    assert patch(administrator, "ola", is_active=False).status_code == 200
    assert officer.get(f"{API}/me").status_code == 401


def test_the_last_administrator_stays(room: Room) -> None:
    administrator = room.administrator()
    assert patch(administrator, "administrator", is_active=False).status_code == 409
    assert patch(administrator, "administrator", roles=["viewer"]).status_code == 409
    room.person(administrator, "second", "administrator")
    assert patch(administrator, "administrator", roles=["viewer"]).status_code == 200


def test_nobody_makes_a_person_a_service_or_takes_a_login_twice(room: Room) -> None:
    administrator = room.administrator()
    sent = {"login": "Ola", "name": "Ola", "roles": ["service"]}
    assert administrator.post(f"{API}/persons", json=sent).status_code == 422
    sent["roles"] = ["viewer"]
    assert administrator.post(f"{API}/persons", json=sent).status_code == 201
    assert administrator.post(f"{API}/persons", json=sent | {"login": "OLA"}).status_code == 409


def test_a_password_given_for_once_ends_what_was(room: Room) -> None:
    administrator = room.administrator()
    officer = room.person(administrator, "ola", "officer")
    once = administrator.post(f"{API}/persons/{person(administrator, 'ola')['person_id']}/password").json()
    assert officer.get(f"{API}/me").status_code == 401
    assert room.client().post(f"{API}/session", json={"login": "ola", "password": PASSWORD}).status_code == 401
    assert room.sign_in("ola", once["password_for_once"]).get(f"{API}/me").json()["must_change_password"]


def test_persons_come_in_pages(room: Room) -> None:
    administrator = room.administrator()
    for number in range(5):
        administrator.post(f"{API}/persons", json={"login": f"p{number}", "name": "P", "roles": ["viewer"]})
    seen, after = [], None
    while True:
        page = administrator.get(f"{API}/persons", params={"limit": 2} | ({"after": after} if after else {})).json()
        seen += [one["login"] for one in page["persons"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == ["administrator", "p0", "p1", "p2", "p3", "p4"]


def test_units_are_made_named_and_changed(room: Room) -> None:
    administrator = room.administrator()
    unit = administrator.post(f"{API}/units", json={"name": "Rotterdam", "ports": ["NLRTM"]}).json()
    assert administrator.post(f"{API}/units", json={"name": "Rotterdam"}).status_code == 409
    officer = room.person(administrator, "ola", "officer", unit_id=unit["unit_id"])
    assert officer.get(f"{API}/me").json()["unit_id"] == unit["unit_id"]
    assert officer.get(f"{API}/units").json()["units"][0]["ports"] == ["NLRTM"]
    changed = administrator.patch(
        f"{API}/units/{unit['unit_id']}", json={"ports": ["NLRTM", "NLVLI"]}, headers={"If-Match": '"1"'}
    )
    assert changed.json()["version"] == 2
    sent = {"login": "x", "name": "X", "roles": ["viewer"], "unit_id": "u-0000000000000000"}
    assert administrator.post(f"{API}/persons", json=sent).status_code == 422


def test_a_token_may_what_its_scopes_say_until_its_end(room: Room) -> None:
    administrator = room.administrator()
    sent = {"name": "risk engine", "scopes": ["see_alerts"], "days": 1}
    made = administrator.post(f"{API}/tokens", json=sent).json()
    service = room.client()
    service.headers["Authorization"] = f"Bearer {made['token']}"
    me = service.get(f"{API}/me").json()
    assert (me["is_service"], me["rights"]) == (True, ["anybody", "see_alerts", "see_self"])
    assert service.get(f"{API}/units").status_code == 200
    assert service.get(f"{API}/persons").status_code == 403
    room.clock.pass_s(86_401)
    assert service.get(f"{API}/me").status_code == 401


def test_both_secrets_hold_while_a_token_is_rotated(room: Room) -> None:
    administrator = room.administrator()
    made = administrator.post(f"{API}/tokens", json={"name": "risk", "scopes": ["search"], "days": 30}).json()
    new = administrator.post(f"{API}/tokens/{made['token_id']}/rotate").json()

    def answers(secret: str) -> int:
        return room.client().get(f"{API}/me", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert (answers(made["token"]), answers(new["token"])) == (200, 200)
    room.clock.pass_s(24 * 3600 + 1)
    assert (answers(made["token"]), answers(new["token"])) == (401, 200)
    administrator = room.sign_in("administrator", PASSWORD)
    assert administrator.delete(f"{API}/tokens/{made['token_id']}").status_code == 204
    assert answers(new["token"]) == 401
    assert administrator.post(f"{API}/tokens/{made['token_id']}/rotate").status_code == 409


def test_no_token_makes_accounts_or_opens_compartments(room: Room) -> None:
    administrator = room.administrator()
    for scope in ("manage_persons", "open_compartment", "sign_handover"):
        assert administrator.post(f"{API}/tokens", json={"name": "t", "scopes": [scope]}).status_code == 422


def test_a_compartment_is_opened_in_need_for_an_hour_and_supervisors_are_told(room: Room) -> None:
    administrator = room.administrator()
    officer = room.person(administrator, "ola", "officer")
    supervisor = room.person(administrator, "sue", "supervisor")
    viewer = room.person(administrator, "vera", "viewer")
    reason = {"reason": "arrival in forty minutes, nobody of north answers"}
    assert viewer.post(f"{API}/compartments/north/openings", json=reason).status_code == 403
    assert officer.post(f"{API}/compartments/north/openings", json={"reason": "x"}).status_code == 422
    opened = officer.post(f"{API}/compartments/north/openings", json=reason)
    assert opened.status_code == 201
    assert officer.get(f"{API}/me").json()["compartments"] == ["north"]
    assert supervisor.get(f"{API}/me").json()["openings_unseen"] == 1
    shown = supervisor.get(f"{API}/openings").json()["openings"]
    assert (shown[0]["compartment"], shown[0]["reason"]) == ("north", reason["reason"])
    assert supervisor.get(f"{API}/me").json()["openings_unseen"] == 0
    assert ("compartment.opened", False) in room.audit.acts()
    assert all(reason["reason"] not in str(row) for row in room.audit.rows)
    room.clock.pass_s(3601)
    officer.post(f"{API}/session/renew", json={"password": PASSWORD})
    assert officer.get(f"{API}/me").json()["compartments"] == []


def test_opening_tells_nothing_of_what_there_is(room: Room) -> None:
    administrator = room.administrator()
    room.person(administrator, "nora", "officer", compartments=["north"])
    officer = room.person(administrator, "ola", "officer")
    answers = [
        officer.post(f"{API}/compartments/{name}/openings", json={"reason": "because it is needed now"})
        for name in ("north", "never-heard-of")
    ]
    assert {one.status_code for one in answers} == {201}
    assert {tuple(sorted(one.json())) for one in answers} == {("compartment", "opening_id", "until")}


def test_an_opening_is_closed_by_whoever_made_it(room: Room) -> None:
    administrator = room.administrator()
    officer, other = room.person(administrator, "ola", "officer"), room.person(administrator, "ole", "officer")
    opened = officer.post(f"{API}/compartments/north/openings", json={"reason": "because it is needed"}).json()
    assert other.delete(f"{API}/openings/{opened['opening_id']}").status_code == 404
    assert officer.delete(f"{API}/openings/{opened['opening_id']}").status_code == 204
    assert officer.get(f"{API}/me").json()["compartments"] == []


def test_sessions_of_others_are_seen_and_ended_by_administrators(room: Room) -> None:
    administrator = room.administrator()
    officer = room.person(administrator, "ola", "officer")
    ola = person(administrator, "ola")["person_id"]
    shown = administrator.get(f"{API}/sessions").json()["sessions"]
    found = next(one for one in shown if one["person_id"] == ola and one["is_live"])
    assert administrator.delete(f"{API}/sessions/{found['session_id']}").status_code == 204
    assert officer.get(f"{API}/me").status_code == 401
    assert administrator.delete(f"{API}/sessions/{found['session_id']}").status_code == 404


def test_signs_that_a_database_does_not_take_are_refused(room: Room) -> None:
    administrator = room.administrator()
    for name in ("a\x00b", "", " ", "a\nb", "\ud800"):
        sent = b'{"login": "x", "roles": ["viewer"], "name": "%s"}' % name.encode("unicode_escape").replace(
            b"\\x", b"\\u00"
        ).replace(b"\n", b"\\n")
        answer = administrator.post(f"{API}/persons", content=sent, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, name
