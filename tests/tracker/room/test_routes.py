"""Every route has one right, one act of the audit, a description, and no answer for who has not the right."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from tests.tracker.room.conftest import PASSWORD, Room
from tracker.room.audited import ACT_KEY, Act
from tracker.room.callers import RIGHT_KEY
from tracker.room.rights import ROLES_OF_PERSONS, Right, Role, rights_of

METHODS = ("get", "post", "patch", "put", "delete")


def routes(room: Room) -> list[tuple[str, str, dict[str, object]]]:
    paths = room.client().get("/api/v1/openapi.json").json()["paths"]
    return [(method, path, said) for path, one in paths.items() for method, said in one.items()]


def test_every_route_says_right_act_and_what_it_is_for(room: Room) -> None:
    found = routes(room)
    assert len(found) > 20
    for method, path, said in found:
        assert said[RIGHT_KEY] in set(Right), f"{method} {path}"
        assert said[ACT_KEY] in set(Act), f"{method} {path}"
        assert len(str(said.get("description", ""))) > 10, f"{method} {path}"
        assert method in METHODS


def test_no_route_is_left_out_of_the_description(room: Room) -> None:
    told = {path for _, path, _ in routes(room)}

    def walked(route: object) -> list[str]:
        if isinstance(route, APIRoute):
            return [route.path]
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", [])
        return [path for one in inner for path in walked(one)]

    served = [path for route in room.fast_api.routes for path in walked(route)]
    assert len(served) > 20
    assert {path if path.startswith("/api/v1") else f"/api/v1{path}" for path in served} == told


def test_the_description_is_of_openapi_3_1_and_has_one_shape_of_errors(room: Room) -> None:
    document = room.client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path in document["paths"].values():
        for said in path.values():
            assert "422" not in said["responses"]
            assert list(said["responses"]["default"]["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def filled(path: str) -> str:
    return re.sub(r"\{compartment\}", "north", re.sub(r"\{(?!compartment)\w+\}", "x-0000000000000000", path))


@pytest.mark.parametrize("role", [None, *sorted(ROLES_OF_PERSONS)])
def test_who_has_not_the_right_is_refused_on_every_route(room: Room, role: Role | None) -> None:
    administrator = room.administrator()
    if role is None:
        client, rights = room.client(), frozenset({Right.ANYBODY})
    else:
        client, rights = room.person(administrator, "somebody", role.value), rights_of(frozenset({role}))
    for method, path, said in routes(room):
        if Right(str(said[RIGHT_KEY])) in rights:
            continue
        refused = client.request(method.upper(), filled(path), json={})
        # what is sent is not looked at before the right is
        assert refused.status_code == (401 if role is None else 403), f"{method} {path} {role}"
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_service_without_the_scope_is_refused_on_every_route(room: Room) -> None:
    token = room.administrator().post("/api/v1/tokens", json={"name": "t", "scopes": ["search"]}).json()["token"]
    client = room.client()
    client.headers["Authorization"] = f"Bearer {token}"
    allowed = rights_of(frozenset({Role.SERVICE}), frozenset({Right.SEARCH}))
    for method, path, said in routes(room):
        if Right(str(said[RIGHT_KEY])) not in allowed:
            assert client.request(method.upper(), filled(path), json={}).status_code == 403, f"{method} {path}"


def test_what_was_done_is_in_the_audit_before_the_answer(room: Room) -> None:
    """Each route that needs somebody writes what it says of itself."""
    administrator = room.administrator()
    for method, path, said in routes(room):
        if said[RIGHT_KEY] == Right.ANYBODY or method != "get" or path.endswith("/stream/alerts"):
            continue  # a stream has no end to wait for: tests/tracker/room/alerts/test_streaming.py
        before = len(room.audit.rows)
        done = administrator.get(filled(path))
        if done.status_code == 200:
            assert said[ACT_KEY] in [act.value for _, act, *_ in room.audit.rows[before:]], path
    assert PASSWORD not in str(room.audit.rows)


BODIES: dict[tuple[str, str], object] = {
    ("patch", "/api/v1/alerts/{alert_id}"): {"act": "acknowledge"},
    ("post", "/api/v1/alerts/bulk"): {"alerts": [{"alert_id": "a", "etag": '"d1-f1"'}], "act": {"act": "acknowledge"}},
    ("post", "/api/v1/suppressions"): {"match": {"kind": "gap"}, "reason": "harbour", "until": "2026-03-02T00:00:00Z"},
    ("post", "/api/v1/compartments/rules"): {"compartment": "north", "what": "flag", "value": "arms"},
    ("post", "/api/v1/compartments/{compartment}/openings"): {"reason": "because it is needed"},
    ("post", "/api/v1/persons"): {"login": "new", "name": "New", "roles": ["viewer"]},
    ("patch", "/api/v1/persons/{person_id}"): {"name": "Other"},
    ("post", "/api/v1/units"): {"name": "North"},
    ("patch", "/api/v1/units/{unit_id}"): {"name": "South"},
    ("post", "/api/v1/subscriptions"): {"name": "duty", "way": "webhook", "target": "https://hooks.example/room"},
    ("patch", "/api/v1/subscriptions/{subscription_id}"): {"is_paused": True},
    ("post", "/api/v1/tokens"): {"name": "risk", "scopes": ["search"]},
    ("post", "/api/v1/session/passkeys/options"): {"password": PASSWORD},
    ("post", "/api/v1/session/passkeys"): {"name": "key", "credential": {}},
}
"""What is done, or refused for what is not there; every other route is asked with an empty body."""


@pytest.mark.parametrize("is_understood", [True, False])
def test_what_changes_something_is_in_the_audit_done_or_refused(room: Room, is_understood: bool) -> None:
    """Every route that is no GET, asked by somebody who may: one entry of the act that it declares, also where the body cannot be read."""
    administrator = room.administrator()
    roles = sorted(role.value for role in ROLES_OF_PERSONS)
    me = administrator.get("/api/v1/me").json()["person_id"]
    given = {"json": {"roles": roles}, "headers": {"If-Match": "*"}}
    assert administrator.patch(f"/api/v1/persons/{me}", **given).status_code == 200
    asked = 0
    for number, (method, path, said) in enumerate(routes(room)):
        if said[RIGHT_KEY] == Right.ANYBODY or method == "get":
            continue
        if path.endswith("/session"):
            continue  # signing out is the last thing a session does: test_sessions.py
        who = room.person(administrator, f"everything{number}", *roles) if path.endswith("/password") else administrator
        before = len(room.audit.rows)
        body = BODIES.get((method, path), {}) if is_understood else {"no": "such member"}
        done = who.request(method.upper(), filled(path), json=body, headers={"If-Match": '"d1-f1"'})
        assert done.status_code < 500 and done.status_code not in (401, 403), f"{method} {path} {done.text}"
        written = [is_refused for _, act, _, is_refused, _ in room.audit.rows[before:] if act.value == said[ACT_KEY]]
        assert written, f"{method} {path} {done.status_code}"
        if done.status_code >= 400:
            assert any(written), f"{method} {path} {done.status_code}"
        asked += 1
    assert asked > 15
    assert PASSWORD not in str(room.audit.rows)
