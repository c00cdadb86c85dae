"""A dossier tells all that the store knows of one thing."""

from __future__ import annotations

import pytest

from tests.tracker.store.search.conftest import SHIP, Searched


def test_a_craft_with_its_statements_place_goods_calls_and_events(sea: Searched) -> None:
    told = sea.dossier("craft", SHIP)
    assert told is not None
    assert sorted(one["name"] for one in told["said"]) == ["NEW HOPE", "OLD MARIA"]
    assert told["said"][0]["first"] == told["said"][0]["last"] == "2026-03-01T00:00:00.000Z"
    assert (told["position"]["lat_deg"], told["position"]["time"]) == (54.0, "2026-03-01T00:00:00.000Z")
    assert [(one["manifest_id"], one["consignment_id"], one["status"]) for one in told["consignments"]] == [
        ("M-1", "C1", "loaded"), ("M-1", "C2", "loaded"),
    ]  # fmt: skip
    assert [call["location"] for call in told["itineraries"][0]["calls"]] == ["CNSHA", "DEHAM"]
    assert sorted(one["id"][-1] for one in told["events"]) == ["1", "3"]
    assert told["more"] == {"consignments": False, "events": False, "said": False}
    assert told["alert_ids"] == ["bbbb00000000000000000001"]


def test_a_consignment_with_all_its_papers(sea: Searched) -> None:
    told = sea.dossier("consignments", "M-1/C2")
    assert told is not None
    assert told["flags"] == [{"flag": "Secret"}]
    assert (told["consignor_id"], told["master_document_number"]) == ("US 5", "MSTR9")
    assert [one["craft"] for one in told["craft"]] == [SHIP]


def test_containers_and_parties_with_their_consignments(sea: Searched) -> None:
    box, party = sea.dossier("containers", "twtu 1000005"), sea.dossier("parties", "ACME, trading")
    assert box is not None and party is not None
    assert [one["id"] for one in box["consignments"]] == ["M-1/C2", "M-1/C1"]
    assert [one["id"] for one in party["consignments"]] == ["M-2/C3", "M-1/C2", "M-1/C1"]
    told = sea.dossier("containers", "TWTU4000004")
    assert told is not None and [one["kind"] for one in told["box_events"]] == ["loaded"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("craft", "mmsi:1"), ("craft", "'"), ("craft", "\0"), ("consignments", "M-1"), ("consignments", "/"), ("consignments", "M-1/C1/"), ("containers", "%"), ("containers", ""),
     ("parties", "%"), ("parties", "nobody")],
)  # fmt: skip
def test_what_is_not_there_has_none(sea: Searched, kind: str, name: str) -> None:
    assert sea.dossier(kind, name) is None
