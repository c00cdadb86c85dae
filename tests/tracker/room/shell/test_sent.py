"""What no store can hold, or no answer can say, is refused before anything is done with it."""

from __future__ import annotations

import json

import pytest

from tests.tracker.room.conftest import Room
from tracker.room.shell.sent import MOST_DEPTH, why_not_kept

API = "/api/v1"
TOO_DEEP = '{"a":' * 40 + "1" + "}" * 40


@pytest.mark.parametrize(
    "area",
    ['{"a":NaN}', '{"a":Infinity}', '{"a":1e999}', '{"a":' + "9" * 30 + "}", '{"a":"\\u0000"}', '{"\\u0000":1}', '{"a":"\\ud800"}', TOO_DEEP],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(room: Room, area: str) -> None:
    administrator = room.administrator()
    sent = ('{"name":"u","area":' + area + "}").encode()
    answer = administrator.post(f"{API}/units", content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert administrator.get(f"{API}/units").json() == {"units": []}
    assert room.faults == []


def test_what_is_as_deep_as_it_may_be_is_kept() -> None:
    assert why_not_kept(json.loads("[" * (MOST_DEPTH - 1) + "1" + "]" * (MOST_DEPTH - 1))) is None
    assert why_not_kept(json.loads("[" * MOST_DEPTH + "1" + "]" * MOST_DEPTH)) is not None


def test_a_nul_in_an_address_or_a_login_is_the_same_over_every_store(any_room: Room) -> None:
    client = any_room.administrator()
    for path in ("persons/%00", "sessions/x%00", "alerts?unit=%00", "audit?actor=a%00b", "handover?unit=%00"):
        assert client.get(f"{API}/{path}").status_code == 400, path
    tried = any_room.client().post(f"{API}/session", json={"login": "a\0", "password": "b"})
    assert tried.status_code == 422
    assert any_room.faults == []
