"""What people decided, at the door: each once, durable when it is answered, and never silently another."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.door.test_following import Sea, told
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls, DoorRefusedError
from tracker.store.verdicts import TakingDecisions
from tracker.topics.decisions import MOST_DECISIONS, read_decisions

T_US = 1_795_000_000_000_000


def decision(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "decision_id": f"d-{number}", "alert_id": f"{number:024x}", "revision": 1, "verdict": "seized", "outcome_fields": {"kg": 2.5},
        "judged_by": "officer 7", "judged_at": "2026-11-30T10:00:00Z", "note": "Two boxes,\nsealed anew.", **changes,
    }  # fmt: skip


@pytest.fixture
def sea(tmp_path: Path) -> Iterator[Sea]:
    """A sea whose loop takes decisions in, as that of the watch."""
    made = Sea(tmp_path)
    stop = threading.Event()

    def take() -> None:
        while not stop.wait(0.01):
            for command in made.commands.take():
                assert made.store is not None
                taking = TakingDecisions(command.decisions, T_US, command.told_by)
                made.store.write(taking)
                made.store.commit()
                command.tell(taking.answers)

    thread = threading.Thread(target=take)
    thread.start()
    yield made
    stop.set()
    thread.join()
    made.close()


def test_a_decision_is_durable_when_it_is_answered_and_stands_in_the_view(sea: Sea) -> None:
    sea.tell(told(1))
    calls = DoorCalls(DoorAddress.of(sea.path))
    assert calls.decide([decision(1), decision(2)]) == [
        {"decision_id": "d-1", "result": "taken", "is_known": True},
        {"decision_id": "d-2", "result": "taken", "is_known": False},
    ]
    rows = calls.rows("SELECT * EXCLUDE (digest) FROM verdicts ORDER BY decision_id")
    assert rows[0] == {
        "alert_id": f"{1:024x}", "revision": 1, "verdict": "seized", "judged_by": "officer 7", "judged_time": "2026-11-30T10:00:00Z",
        "note": "Two boxes,\nsealed anew.", "decision_id": "d-1", "outcome_fields": {"kg": 2.5}, "received_time": rows[0]["received_time"],
        "told_by": "owner", "is_known": 1,
    }  # fmt: skip
    assert rows[1]["is_known"] == 0


def test_what_is_sent_again_is_taken_once_and_what_says_something_else_is_refused(sea: Sea) -> None:
    calls = DoorCalls(DoorAddress.of(sea.path))
    calls.decide([decision(1)])
    assert calls.decide([decision(1), decision(1)])[1]["result"] == "repeated"
    with pytest.raises(DoorRefusedError, match="decision d-1 came before and said something else") as refused:
        calls.decide([decision(1, verdict="inconclusive"), decision(2)])
    assert refused.value.status == 409
    assert [one["result"] for one in refused.value.told["answers"]] == ["conflict", "taken"]
    assert calls.rows("SELECT decision_id, verdict FROM verdicts ORDER BY 1") == [
        {"decision_id": "d-1", "verdict": "seized"}, {"decision_id": "d-2", "verdict": "seized"},
    ]  # fmt: skip


def test_in_a_transaction_begun_anew_it_answers_as_before(sea: Sea) -> None:
    assert sea.store is not None
    taking = TakingDecisions(read_decisions(json.dumps({"decisions": [decision(1)]}).encode()), T_US, "room")

    def twice(connection: Any) -> None:
        taking(connection)
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        taking(connection)

    sea.store.ask(twice)
    assert [one["result"] for one in taking.answers] == ["taken"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"decision_id": ""}, "decision_id of decision 1"), ({"decision_id": None}, "has no decision_id"), ({"revision": 0}, "revision of decision 1"),
     ({"revision": True}, "revision"), ({"verdict": "a\u202eb"}, "verdict"), ({"verdict": "x" * 65}, "verdict"), ({"judged_at": "now"}, "judged_at"),
     ({"judged_at": 5}, "judged_at"), ({"note": "a\x00"}, "note"), ({"outcome_fields": []}, "outcome_fields"), ({"outcome_fields": {"a": "x" * 9000}}, "outcome_fields"),
     ({"outcome_fields": {"a": "\ud800"}}, "outcome_fields"), ({"evil": 1}, "unknown key 'evil'"), ({"judged_at": "0001-01-01T00:00:00Z"}, "judged_at")],
)  # fmt: skip
def test_what_is_no_decision_is_told_and_nothing_of_the_message_is_taken(
    sea: Sea, changes: dict[str, Any], sentence: str
) -> None:
    body = json.dumps({"decisions": [decision(1, **changes)]}).encode()
    status, answer, _ = sea.ask("POST", "/v1/decisions", body)
    assert status == 400
    assert sentence in json.loads(answer)["error"]
    assert DoorCalls(DoorAddress.of(sea.path)).rows("SELECT * FROM verdicts") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"decisions": {}}',
        b'{"decisions": []}',
        b'{"decisions": [1]}',
        b'{"decisions": [{}], "x": 1}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_told(sea: Sea, body: bytes) -> None:
    status, answer, _ = sea.ask("POST", "/v1/decisions", body)
    assert (status, json.loads(answer)["ok"]) == (400, False)


def test_more_than_may_come_at_once_are_told() -> None:
    with pytest.raises(ValueError, match="1 to 500"):
        read_decisions(json.dumps({"decisions": [decision(n) for n in range(MOST_DECISIONS + 1)]}).encode())
