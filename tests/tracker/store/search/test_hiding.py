"""Whoever may not see a thing is answered as if it had never been there: whatever is asked, by hits, counts, order and "more"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.tracker.store.search.conftest import OTHER, SEA, SHIP, Sea, Searched, searched

SECRET_SIGNS = ("Secret", "secret")
QUESTIONS = (
    "hlcu", "mstr9", "c2", "c3", "twtu", "twtu2", "twtu3000003", "TWTU2000002", "csqu", "secret", "secret arms", "acme", "lonely", "us5", "gb78", "gb 77", "trading",
    "m-1", "m-2", "113e", "027w", "9321483", "219001234", "new hope", "maria", "gronland", "9074729", "aaaa", "aaaa00000000000000000002", "aaaa00000000000000000003",
    "oxma2", "pbab", "muller", "de111", "only by air", "724", "lx008", "hb-jha", "unheard", "swr8",
)  # fmt: skip


def has(row: Mapping[str, Any], *names: str) -> bool:
    return any(str(row.get(f"{role}_name", "")) in names for role in ("consignor", "consignee", "notify"))


WITHOUT: dict[str, tuple[list[tuple[str, str]], Sea]] = {
    "a flag": ([("flag", "SECRET ")], SEA.without(consignments=lambda row: row["consignment_id"] not in ("C2", "C3"), papers=lambda row: row["manifest_id"] != "M-2", boxes=lambda _: True)),
    "a party": ([("party", "secret  arms inc")], SEA.without(consignments=lambda row: row["consignment_id"] != "C2")),
    "a party by its number": ([("party", "US 5")], SEA.without(consignments=lambda row: row["consignment_id"] != "C2")),
    "a party in any spelling": (
        [("party", "Acme Trading")],
        SEA.without(consignments=lambda row: row["consignment_id"] == "C4", papers=lambda row: row["manifest_id"] in ("A-1", "S-1")),
    ),
    "a craft": (
        [("craft", "MMSI:219001234")],
        SEA.without(
            statics=lambda row: row["craft"] != SHIP, positions=lambda row: row["craft"] != SHIP,
            consignments=lambda row: row["manifest_id"] != "M-1",
            papers=lambda row: row["manifest_id"] != "M-1",
            events=lambda row: row["event_id"].endswith("2"),
        ),
    ),
    "another craft": (
        [("craft", OTHER)],
        SEA.without(
            statics=lambda row: row["craft"] != OTHER, positions=lambda row: row["craft"] != OTHER,
            consignments=lambda row: row["manifest_id"] != "M-2",
            papers=lambda row: row["manifest_id"] != "M-2",
            events=lambda row: row["event_id"].endswith("1"),
        ),
    ),
    "a rule": ([("rule", "Close_By")], SEA.without(events=lambda row: not row["event_id"].endswith("2"))),
}  # fmt: skip


def without_boxes(sea: Sea) -> Sea:
    """A container that stands on hidden papers alone is hidden, though something was told of it."""

    is_gone = all("TWTU3000003" not in row.get("equipment_ids", "") for row in sea.consignments)
    return replace(sea, boxes=tuple(box for box in sea.boxes if not (is_gone and box == "TWTU3000003")))


@pytest.fixture(scope="module", params=WITHOUT)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Searched, Searched, list[tuple[str, str]]]]:
    """A store with everything, one that never had the hidden things, and the rules that hide them."""
    rules, left = WITHOUT[request.param]
    with searched(SEA) as whole, searched(without_boxes(left)) as less:
        yield whole, less, rules


def seen(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without alerts, of which the room tells."""
    types = {name: one for name, one in answer["types"].items() if name != "alerts"}
    for one in types.values():
        for found in one["hits"]:
            found.pop("alert_ids", None)
    return {**answer, "types": types}


def test_the_answer_is_that_of_a_store_that_never_had_it(
    pair: tuple[Searched, Searched, list[tuple[str, str]]],
) -> None:
    whole, less, rules = pair
    differs = 0
    for text in QUESTIONS:
        for limit in (1, 20):
            answer = seen(less.find(text, (), limit))
            assert seen(whole.find(text, rules, limit)) == answer, text
        differs += seen(whole.find(text)) != answer
    assert differs, "these questions would find the hidden things"


THINGS = (
    ("craft", SHIP), ("craft", OTHER), ("craft", "mmsi:1"), ("consignments", "M-1/C1"), ("consignments", "M-1/C2"), ("consignments", "M-2/C3"), ("consignments", "M-9/C9"),
    ("containers", "CSQU3054383"), ("containers", "TWTU1000005"), ("containers", "TWTU2000002"), ("containers", "TWTU3000003"), ("containers", "TWTU4000004"),
    ("parties", "acme"), ("parties", "Acme Trading"), ("parties", "secret arms"), ("parties", "lonely buyer"), ("parties", "muller sohne"),
)  # fmt: skip


def test_a_dossier_is_that_of_a_store_that_never_had_it(pair: tuple[Searched, Searched, list[tuple[str, str]]]) -> None:
    whole, less, rules = pair
    shown = 0
    for kind, name in THINGS:
        answer, naked = whole.dossier(kind, name, rules), less.dossier(kind, name)
        for one in (answer, naked):
            if one is not None:
                one.pop("alert_ids", None)  # the room keeps those that may be seen
                one.pop("itineraries", None)
                for held in (*one.get("consignments", ()), *one.get("events", ())):
                    if isinstance(held, dict):
                        held.pop("alert_ids", None)
        assert answer == naked, (kind, name)
        shown += answer is not None
    assert shown > 0


def test_declared_calls_are_told_of_papers_alone_of_which_nothing_is_hidden(sea: Searched) -> None:
    def calls(rules: list[tuple[str, str]]) -> list[str]:
        told = sea.dossier("craft", SHIP, rules)
        assert told is not None
        return [call["location"] for one in told["itineraries"] for call in one["calls"]]

    assert calls([]) == ["CNSHA", "DEHAM"]
    assert calls([("flag", "secret")]) == []


def test_box_events_of_a_container_with_hidden_goods_are_not_told() -> None:
    with searched(replace(SEA, boxes=("TWTU1000005",))) as sea:
        for rules, count in ([], 1), ([("flag", "secret")], 0):
            told = sea.dossier("containers", "TWTU1000005", rules)
            assert told is not None
            assert len(told["box_events"]) == count


def test_alerts_are_told_to_nobody_from_whom_anything_is_hidden(sea: Searched) -> None:
    assert sea.ids("bbbb0000")["alerts"]
    assert sea.ids("bbbb0000", [("flag", "nothing has it")]) == {}


def put_message(sea: Searched, message: dict[str, Any]) -> None:
    """A later message of the risk engine."""
    sea.store.ask(
        lambda connection: connection.execute(
            "INSERT INTO watch_control (seq, applied_us, kind, content) VALUES (9, 0, 'flags', ?)",
            [json.dumps(message)],
        )
    )


def test_a_flag_by_message_hides_as_one_on_papers_does() -> None:
    targets: tuple[dict[str, Any], ...] = (
        {"consignment": {"document_number": "hlcu 7001"}},
        {"consignment": {"consignment_id": "C1", "manifest_id": "M-1"}},
        {"consignment": {"consignment_id": "C1"}},
        {"party": {"name": "MÜLLER & SÖHNE GMBH"}},
        {"party": {"id": "DE111"}},
    )
    for number, target in enumerate(targets):
        message = {"flag_id": f"f{number}", "action": "flag", "flag": "Hushed", "target": target}
        with searched(SEA) as sea:
            sea.put(Sea(flags=(message,)))
            assert sea.ids("hlcu7001")["consignments"] == ["M-1/C1"]
            assert sea.ids("hlcu7001", [("flag", "hushed")]) == {}, target
            assert sea.ids("muller", [("flag", "hushed")]) == {}, target
            assert sea.ids("hlcu7002", [("flag", "hushed")])["consignments"] == ["M-1/C2"]
            put_message(sea, {"flag_id": f"f{number}", "action": "clear"})
            sea.put(Sea())
            assert sea.ids("hlcu7001", [("flag", "hushed")])["consignments"] == ["M-1/C1"]


@pytest.mark.parametrize(
    ("changed", "is_hidden"),
    [
        ({"document_number": "HLCU 7002"}, True),
        ({"master_document_number": "hlcu7002"}, True),
        ({"document_number": "MSTR9"}, True),
        ({"equipment_ids": "TWTU2000002"}, True),
        ({"equipment_ids": "TWTU9000009"}, False),
        ({"master_document_number": "MSTR9"}, False),
        ({"equipment_ids": "TWTU2000002", "manifest_id": "M-1"}, False),
    ],
)
def test_what_a_flag_follows_to_is_hidden_as_in_alerts(changed: dict[str, str], is_hidden: bool) -> None:
    onward = {
        "manifest_id": "M-5",
        "consignment_id": "C5",
        "document_number": "ONWARD5",
        "consignor_name": "Onward",
    } | changed
    with searched(Sea(consignments=(SEA.consignments[1], onward))) as sea:
        assert sea.ids("onward")["parties"] == ["onward"]
        assert sea.ids("onward", [("flag", "secret")]) == ({} if is_hidden else sea.ids("onward"))


def test_goods_without_containers_and_numbers_have_nothing_in_common() -> None:
    flagged = {"manifest_id": "M-1", "consignment_id": "C1", "document_number": "---", "flags": '[{"flag": "secret"}]'}
    with searched(
        Sea(consignments=(flagged, {"manifest_id": "M-2", "consignment_id": "Other2", "document_number": "..."}))
    ) as sea:
        assert sea.ids("other2", [("flag", "secret")])["consignments"] == ["M-2/Other2"]


@pytest.mark.parametrize("value", ["219001234", "imo:9321483", "IMO 9321483", "New Hope", "old  maria", "oxma2"])
def test_a_craft_is_hidden_by_whatever_a_rule_names_it_by(sea: Searched, value: str) -> None:
    assert sea.ids("oxma2")["craft"] == [SHIP]
    assert sea.ids("oxma2", [("craft", value)]) == {}
    assert sea.ids("hlcu7001", [("craft", value)]) == {}
    assert sea.ids("pbab", [("craft", value)])["craft"] == [OTHER]


def test_a_consignment_hidden_in_an_older_version_is_hidden_in_the_newest() -> None:
    clean = {**SEA.consignments[1], "first_version": 2, "flags": "[]", "document_number": "HLCU-9999"}
    with searched(SEA) as sea:
        sea.put(Sea(consignments=(clean,)))
        assert sea.ids("hlcu9999")["consignments"] == ["M-1/C2"]
        assert sea.ids("hlcu9999", [("flag", "secret")]) == {}


def test_a_number_that_a_party_has_on_hidden_papers_alone_does_not_lead_to_it() -> None:
    with searched(SEA) as sea:
        assert sea.ids("gb78")["parties"] == ["acme trading"]
        assert sea.ids("gb78", [("flag", "secret")]) == {}
        (party,) = sea.find("acme", [("flag", "secret")])["types"]["parties"]["hits"]
        assert (party["names"], party["numbers"], party["consignments"]) == (["Acme Trading Ltd."], ["GB-77"], 1)


def test_thousands_of_hidden_things_before_a_seen_one_do_not_hide_it_nor_make_more() -> None:
    last = {"manifest_id": "M-8", "consignment_id": "Z1", "document_number": "AAA99999", "consignor_name": "Aaa Zulu"}
    with searched(Sea()) as sea:
        sea.store.ask(
            lambda connection: connection.execute(
                """INSERT INTO consignment_rows (manifest_id, first_version, consignment_id, document_type, document_number, loading, discharge, consignor_name, flags)
                SELECT 'M-7', 1, 'X' || i, 'bill_of_lading', 'AAA' || i, 'CNSHA', 'DEHAM', 'Aaa ' || i, '[{"flag": "secret"}]' FROM range(10000, 13000) r(i)"""
            )
        )
        sea.put(Sea(consignments=(last,)))
        found = sea.find("aaa", [("flag", "secret")], limit=1)["types"]
        for name in ("consignments", "parties"):
            assert (len(found[name]["hits"]), found[name]["more"]) == (1, False), name
