"""Every kind of thing is found by each of its identifiers, as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tracker.store.search.conftest import OTHER, PLANE, SEA, SHIP, Sea, Searched, searched

FOUND: dict[str, dict[str, list[str]]] = {
    "219001234": {"craft": [SHIP]},
    "mmsi:219001234": {"craft": [SHIP]},
    "IMO 9321483": {"craft": [SHIP], "papers": ["M-1"]},
    "4B1812": {"craft": [PLANE], "papers": ["A-1"]},
    "hb jha": {"craft": [PLANE], "papers": ["A-1"]},
    "oxma2": {"craft": [SHIP]},
    "swr8": {"craft": [PLANE]},
    "new hope": {"craft": [SHIP], "papers": ["M-1"]},
    "maria": {"craft": [SHIP]},
    "gronl": {"craft": [OTHER], "papers": ["M-2"]},
    "unheard": {"papers": ["S-1"]},
    "027w": {"papers": ["M-1"]},
    "LX 008": {"papers": ["A-1"]},
    "m-2": {"papers": ["M-2"]},
    "c3": {"consignments": ["M-2/C3"]},
    "hlcu 7001": {"consignments": ["M-1/C1"]},
    "hlcu": {"consignments": ["M-1/C1", "M-1/C2", "M-2/C3"]},
    "mstr9": {"consignments": ["M-1/C2", "M-2/C3"]},
    "724 1234 5675": {"consignments": ["A-1/C4"]},
    "CSQU 305438-3": {"containers": ["CSQU3054383"]},
    "csqu305438": {"containers": ["CSQU3054383"]},
    "CSQU3054389": {"containers": ["CSQU3054383"]},
    "TWTU4000004": {"containers": ["TWTU4000004"]},
    "muller sohne": {"parties": ["muller sohne"]},
    "Söhne, MÜLLER (GmbH)": {"parties": ["muller sohne"]},
    "acme": {"parties": ["acme trading"]},
    "de-111": {"parties": ["muller sohne"]},
    "gb77": {"parties": ["acme trading"]},
    "aaaa00000000000000000001": {"events": ["aaaa00000000000000000001"]},
    "bbbb00000000000000000001": {"alerts": ["bbbb00000000000000000001"]},
    "nobody at all": {},
    "aaaa0000": {"events": ["aaaa00000000000000000001", "aaaa00000000000000000002", "aaaa00000000000000000003"]},
}


@pytest.mark.parametrize("text", FOUND)
def test_a_thing_is_found_by_its_identifiers(sea: Searched, text: str) -> None:
    assert sea.ids(text) == FOUND[text]


def hit(sea: Searched, text: str, of: str) -> dict[str, Any]:
    hits = sea.find(text)["types"][of]["hits"]
    assert len(hits) == 1
    return dict(hits[0])


def test_a_hit_tells_what_it_is(sea: Searched) -> None:
    ship = hit(sea, "9321483", "craft")
    assert (ship["name"], ship["former_names"], ship["imo"], ship["rank"]) in (
        ("NEW HOPE", ["OLD MARIA"], 9321483, 1), ("OLD MARIA", ["NEW HOPE"], 9321483, 1),
    )  # fmt: skip
    assert ship["alert_ids"] == ["bbbb00000000000000000001"]
    consignment = hit(sea, "HLCU7001", "consignments")
    assert (consignment["by"], consignment["alert_ids"]) == ("document_number", ["bbbb00000000000000000001"])
    assert consignment["equipment_ids"] == ["CSQU3054383", "TWTU1000005"]
    party = hit(sea, "acme", "parties")
    assert (sorted(party["names"]), sorted(party["numbers"]), party["consignments"]) == (
        ["Acme Trading Ltd.", "Trading, ACME LTD"], ["GB 78", "GB-77"], 3,
    )  # fmt: skip
    container = hit(sea, "TWTU1000005", "containers")
    assert container["consignments"] == 2
    assert sorted(one["document_number"] for one in container["first_consignments"]) == ["HLCU-7001", "HLCU-7002"]


@pytest.mark.parametrize(
    ("text", "place"), [("DEHAM", "DEHAM"), ("fra", "EDDF"), ("EDDF", "EDDF"), ("rotterd", "NLRTM")]
)
def test_places_are_found_by_code_and_name(sea: Searched, text: str, place: str) -> None:
    assert place in [one["id"] for one in sea.find(text)["types"]["places"]["hits"]]


def test_more_is_told_only_where_there_is_more(sea: Searched) -> None:
    assert [(len(one["hits"]), one["more"]) for n in (1, 2, 3) if (one := sea.find("hlcu", limit=n)["types"]["consignments"])] == [
        (1, True), (2, True), (3, False),
    ]  # fmt: skip
    assert sea.find("twtu", limit=3)["types"]["containers"]["more"]
    assert not sea.find("twtu", limit=4)["types"]["containers"]["more"]


def test_what_becomes_durable_later_is_found_and_what_was_stays() -> None:
    with searched(SEA) as sea:
        assert sea.ids("later") == {}
        for number in range(40):
            sea.put(
                Sea(
                    statics=({"craft": f"mmsi:{300000000 + number}", "name": "LATER"},),
                    consignments=(
                        {
                            "manifest_id": "M-9",
                            "consignment_id": f"L{number}",
                            "document_number": f"LATE{number}",
                            "consignor_name": "Later Ltd",
                        },
                    ),
                )
            )
            assert sea.ids(f"LATE{number}")["consignments"][0] == f"M-9/L{number}"
        assert len(sea.ids("later", limit=100)["craft"]) == 40
        assert sea.find("later")["types"]["parties"]["hits"][0]["consignments"] == 40
        assert sea.ids("hlcu 7001") == FOUND["hlcu 7001"]


def test_an_amended_consignment_is_one_hit_as_it_was_stated_last() -> None:
    again = {**SEA.consignments[0], "first_version": 2, "consignee_name": "Another Buyer"}
    with searched(SEA) as sea:
        sea.put(Sea(consignments=(again,)))
        (found,) = sea.find("hlcu7001")["types"]["consignments"]["hits"]
        assert found["consignee_name"] == "Another Buyer"


def test_papers_that_were_given_again_are_found_and_those_of_before_are_not() -> None:
    with searched(SEA) as sea:
        assert sea.ids("hlcu7003")
        sea.store.ask(lambda connection: connection.execute("DELETE FROM consignment_rows WHERE manifest_id = 'M-2'"))
        sea.put(Sea(consignments=({**SEA.consignments[2], "document_number": "HLCU-8003"},)))
        assert sea.ids("hlcu7003") == {}
        assert sea.ids("hlcu8003") == {"consignments": ["M-2/C3"]}
        assert sea.ids("hlcu7001") == FOUND["hlcu 7001"]


def test_a_craft_heard_without_a_word_is_found_by_its_number() -> None:
    with searched(SEA) as sea:
        sea.store.ask(
            lambda connection: connection.execute(
                "INSERT INTO position_rows (time, received_time, craft, source, message_type, quality) VALUES (now(), now(), 'mmsi:503000001', 's', 1, 'ok')"
            )
        )
        sea.put(Sea())
        assert sea.ids("503000001") == {"craft": ["mmsi:503000001"]}
