"""Search at the door: a real server and client, odd questions, and honesty while the index is being made."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.tracker.door.conftest import House
from tests.tracker.store.search.conftest import SEA, SHIP, Sea, fill
from tests.waiting import PATIENCE_S, eventually
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls, DoorRefusedError
from tracker.door.clients import add_client
from tracker.store.search.answering import TYPES


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"), is_filled=False)
    assert made.store is not None
    made.store.ask(lambda connection: fill(connection, SEA))
    yield made
    made.close()


def get(house: House, query: str) -> tuple[int, dict[str, Any]]:
    """An answer once the index is there."""
    status, body, _ = eventually(
        lambda: found if (found := house.ask("GET", f"/v1/search?{query}"))[0] != 503 else None
    )  # type: ignore[misc]
    told: dict[str, Any] = json.loads(body)
    return status, told


def ids(told: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: [hit.get("key", hit["id"]) for hit in one["hits"]] for name, one in told["types"].items() if one["hits"]
    }


def test_a_question_is_answered_the_same_by_both_methods(full: House) -> None:
    status, told = get(full, "q=IMO%209321483")
    assert (status, told["ok"], ids(told)) == (200, True, {"craft": [SHIP], "papers": ["M-1"]})
    assert told["read_as"] == [{"form": "imo", "sentence": "read as an IMO number; its check digit is right"}]
    assert told["age_s"] >= 0
    assert list(told["types"]) == list(TYPES)
    by_body = DoorCalls(DoorAddress.of(full.path)).search("IMO 9321483")
    assert {**by_body, "age_s": 0} == {**told, "age_s": 0}


def test_types_and_limit_are_obeyed(full: House) -> None:
    told = get(full, "q=hlcu&types=consignments,craft&limit=1")[1]
    assert list(told["types"]) == ["craft", "consignments"]
    assert (len(told["types"]["consignments"]["hits"]), told["types"]["consignments"]["more"]) == (1, True)


def test_what_is_hidden_is_left_out(full: House) -> None:
    calls = DoorCalls(DoorAddress.of(full.path))
    get(full, "q=hlcu")
    told = calls.search("hlcu", hidden=[{"what": "flag", "value": "secret"}])
    assert ids(told) == {"consignments": ["M-1/C1"]}


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("", "nothing is asked"),
        ("q=", "nothing is asked"),
        ("q=%20", "nothing is asked"),
        ("q=x", "write at least two"),
        ("q=%25%25", "ask for a number or a name"),
        ("q=%00", "ask for a number or a name"),
        ("q=_", "ask for a number or a name"),
        ("q=" + "x" * 10_000, "longer than 200"),
        ("q=ab&limit=0", "limit is no number from 1 to 100"),
        ("q=ab&limit=101", "limit is no number from 1 to 100"),
        ("q=ab&limit=1e1", "limit is no number from 1 to 100"),
        ("q=ab&types=craft,secrets", "types names something"),
        ("q=ab&limt=3", "an option that is not known"),
        ("q=ab&hidden=x", "hidden is no list"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(full: House, query: str, part: str) -> None:
    status, told = get(full, query)
    assert (status, told["ok"]) == (400, False)
    assert part in told["error"]
    assert "xxx" not in told["error"], "what was asked is not repeated"


@pytest.mark.parametrize(
    "text",
    [
        "100%",
        "a_b",
        "'; DROP TABLE x; --",
        "ab\0cd",
        "\u202eabc",
        "أحمد",
        "東京",
        "\\' OR 1=1",
        "*?[a-z]",
        "ab\n\tcd",
        "$1 {0}",
        "\U0010ffffab",
        "ﬁsh",
        "ÅÄÖ",
    ],
)
def test_odd_questions_find_nothing_and_break_nothing(full: House, text: str) -> None:
    status, told = get(full, f"q={quote(text)}&types=" + ",".join(name for name in TYPES if name != "places"))
    assert (status, ids(told)) == (200, {})
    assert ids(get(full, "q=hlcu7001")[1])["consignments"] == ["M-1/C1"]


@pytest.mark.parametrize(
    "hidden",
    [
        "x",
        {"what": "flag"},
        [{"what": "flag"}],
        [{"what": "all", "value": "x"}],
        [{"what": "flag", "value": 7}],
        ["x"],
        [None],
        [{"what": "flag", "value": "x" * 301}],
    ],
)
def test_rules_that_are_none_are_refused_and_hide_nothing_quietly(full: House, hidden: Any) -> None:
    status, body, _ = full.ask("POST", "/v1/search", {"q": "hlcu", "hidden": hidden})
    assert status == 400
    assert "hidden is no list" in json.loads(body)["error"]


def test_a_body_that_is_no_object_is_refused(full: House) -> None:
    assert full.ask("POST", "/v1/search", b"[]")[0] == full.ask("POST", "/v1/search", b"{")[0] == 400


def test_searching_needs_the_scope_of_reading(full: House) -> None:
    token = add_client(full.door.place, "streams-only", ["stream"], "")
    assert full.ask("GET", "/v1/search?q=hlcu", authorization=f"Bearer {token}")[0] == 403


def test_a_store_that_is_not_open_is_said(tmp_path: Path) -> None:
    house = House(tmp_path, is_filled=False)
    store, house.store = house.store, None
    try:
        status, body, headers = house.ask("GET", "/v1/search?q=hlcu")
        assert status == 503
        assert "search again soon" in json.loads(body)["error"]
        assert int(headers["retry-after"]) > 0
        house.store = store
        assert get(house, "q=hlcu")[0] == 200
    finally:
        house.close()


def test_of_a_state_that_is_too_old_nothing_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was flagged since, and is to be hidden, is not known in it."""
    get(house, "q=hlcu")
    searching = house.server._door._searching
    assert searching is not None
    hold, read_on = threading.Event(), searching.searcher.read_on

    def wait_and_read_on() -> None:
        hold.wait(PATIENCE_S)
        read_on()

    monkeypatch.setattr(searching.searcher, "read_on", wait_and_read_on)
    searching._as_of_s = float("-inf")
    try:
        _, body, _ = eventually(lambda: found if (found := house.ask("GET", "/v1/search?q=hlcu"))[0] == 503 else None)  # type: ignore[misc]
        assert "brought up to date" in json.loads(body)["error"]
    finally:
        hold.set()
    assert get(house, "q=hlcu")[0] == 200


def test_whoever_searches_with_rules_has_them_brought_up_to_date_with_the_index(house: House) -> None:
    """Goods flagged later are hidden from who searched before, without anybody making the marks anew."""
    calls, hidden = DoorCalls(DoorAddress.of(house.path)), [{"what": "flag", "value": "hushed"}]
    assert house.store is not None
    house.store.ask(lambda connection: fill(connection, Sea(consignments=SEA.consignments)))
    get(house, "q=hlcu")
    assert ids(calls.search("hlcu7001", hidden=hidden)) == {"consignments": ["M-1/C1"]}
    target = {"consignment": {"document_number": "hlcu7001"}}
    flag = {"flag_id": "f", "action": "flag", "flag": "Hushed", "target": target}
    house.store.ask(lambda connection: fill(connection, Sea(flags=(flag,))))
    eventually(lambda: ids(calls.search("hlcu7001", hidden=hidden)) == {})
    assert ids(calls.search("hlcu7001")) == {"consignments": ["M-1/C1"]}


def test_what_is_written_meanwhile_is_found_soon(house: House, ticking: list[str]) -> None:
    """Beside a writer: papers that become durable are found without anybody saying so."""
    get(house, "q=hlcu")
    assert house.store is not None
    house.store.ask(lambda connection: fill(connection, Sea(consignments=SEA.consignments)))
    eventually(lambda: ids(get(house, "q=hlcu7001")[1]) == {"consignments": ["M-1/C1"]})
    assert ticking == []


def test_many_at_once_are_answered_or_told_to_come_again(full: House) -> None:
    get(full, "q=hlcu")
    calls, wrong, done = DoorCalls(DoorAddress.of(full.path)), [], []

    def ask() -> None:
        for _ in range(5):
            try:
                done.append(ids(calls.search("hlcu7001")) == {"consignments": ["M-1/C1"]})
            except DoorRefusedError as exc:
                if exc.status != 503 or exc.retry_s is None:
                    wrong.append(exc)

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, all(done), len(done) > 0) == ([], True, True)
