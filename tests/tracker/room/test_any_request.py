"""Whatever is sent to any route by anybody: no fault of the program, and no answer that its description does not have (schemathesis).

Requests are made of the description itself, such as it allows and such as it does not, and sent by each role, a service and a stranger. Streams have no end to wait for
and are left out (tests/tracker/room/alerts/test_streaming.py). What is sent is made anew by a fixed seed, so a failure comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from tests.tracker.room.alerts.rooms import alert, consignment
from tests.tracker.room.conftest import KEY, PASSWORD, Room, StandingClock
from tracker.config.room import RoomConfig
from tracker.room.alerts.taking import take
from tracker.room.audit.log import AuditLog
from tracker.room.callers import RIGHT_KEY
from tracker.room.rights import GRANTABLE, ROLES_OF_PERSONS, Right
from tracker.room.store.opening import open_room_store

EXAMPLES = 8
"""Requests a route and way of making them, shared by all who send."""
LEFT_OUT = ("/api/v1/stream/alerts",)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class Everybody:
    """A room with alerts, and one of each who may send."""

    def __init__(self, folder: Path) -> None:
        self.clock = StandingClock()
        self.store = open_room_store(str(folder / "room"))
        self.room = Room(self.store, self.clock, AuditLog(self.clock, KEY), RoomConfig())
        administrator = self.room.administrator()
        goods = [consignment("H1", "arms")]
        take(
            self.store,
            "sea",
            [(n, alert(f"a{n}", priority=80, consignments=goods)) for n in range(1, 6)],
            self.clock(),
            self.room.parts.audit,
        )
        self.clients: dict[str, TestClient] = {"stranger": self.room.client()}
        for role in sorted(ROLES_OF_PERSONS):
            self.clients[role.value] = self.room.person(administrator, f"the-{role.value}", role.value)
        scopes = sorted(right.value for right in GRANTABLE)
        token = administrator.post("/api/v1/tokens", json={"name": "all", "scopes": scopes}).json()["token"]
        service = self.room.client()
        service.headers["Authorization"] = f"Bearer {token}"
        self.clients["service"] = service
        unit = administrator.post("/api/v1/units", json={"name": "North"}).json()
        other = self.room.person(administrator, "the-other", "viewer").get("/api/v1/me").json()["person_id"]
        self.known = {
            "alert_id": "a3",
            "unit_id": unit["unit_id"],
            "person_id": other,
            "compartment": "arms",
        }
        """Of things that are there: what is sent to them gets further than what is made up."""
        self.description = administrator.get("/api/v1/openapi.json").json()
        self.schema = openapi.from_dict(self.description)

    def client(self, who: str) -> TestClient:
        """Signed in, also where the last request ended that."""
        client = self.clients[who]
        if who not in ("stranger", "service") and client.get("/api/v1/me").status_code != 200:
            self.clock.pass_s(3600)  # refused sign-ins have to wait
            client = self.clients[who] = self.room.sign_in(f"the-{who}", PASSWORD)
        return client  # fmt: skip


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    made = Everybody(tmp_path_factory.mktemp("any"))
    yield made
    made.store.close()


def operations() -> list[tuple[str, str]]:
    """Every route of the description, as the program has it now."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        made = Everybody(Path(name))
        made.store.close()
        paths = made.description["paths"]
    return [(path, method) for path, one in sorted(paths.items()) for method in sorted(one) if path not in LEFT_OUT]


def send(client: TestClient, case: Any) -> Any:
    """A request as it was made, by a client with its own cookies."""
    given: dict[str, Any] = {"params": case.query or None, "headers": _own(case.headers or {})}
    if case.body.__class__.__name__ != "NotSet":
        if isinstance(case.body, bytes):
            given["content"] = case.body
        else:
            given["json"] = case.body
    return client.request(case.method, case.formatted_path, **given)


def _own(headers: Any) -> dict[str, str]:
    """Headers that a client does not give itself."""
    return {name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), operations())
def test_no_request_is_a_fault_or_answered_otherwise_than_described(
    everybody: Everybody, path: str, method: str
) -> None:
    operation = everybody.schema[path][method.upper()]
    is_open = everybody.description["paths"][path][method][RIGHT_KEY] == Right.ANYBODY
    known = {name: value for name, value in everybody.known.items() if f"{{{name}}}" in path}
    who = sorted(everybody.clients)

    def ask_by(strategy: Any) -> None:
        @seed(1)
        @settings(
            max_examples=EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(case=strategy, one=st.sampled_from(who))
        def ask(case: Any, one: str) -> None:
            try:
                answer = send(everybody.client(one), case)
            except httpx2.InvalidURL:  # longer than the client sends at all
                return
            assert everybody.room.faults == [], f"{one}: {case.method} {case.formatted_path} {answer.text}"
            if one == "stranger" and not is_open:
                assert answer.status_code in (400, 401, 403), answer.text
            case.validate_response(answer, checks=CHECKS)

        ask()

    ask_by(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    with suppress(Unsatisfiable):  # of a route that takes nothing nothing can be wrong
        ask_by(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    if known:
        seen = {"If-Match": '"d1-f1"'} if method == "patch" else {}
        ask_by(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=known, headers=seen or None)
        )


def test_every_route_is_asked() -> None:
    asked = operations()
    assert len(asked) > 50
    assert {method for _, method in asked} >= {"get", "post", "patch", "delete"}
    assert len({path for path, _ in asked}) > 35
