"""What the program itself writes is found: papers taken in as documents, amended, and alerts with all they carry."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.tracker.cargo import papers as p
from tests.tracker.papers.test_store import HOUR_US, T_US, take
from tests.tracker.room.alerts.rooms import alert, consignment
from tests.tracker.store.search.conftest import Sea, searched
from tracker.cargo.consignment import Party
from tracker.store.papers import PaperStore


def test_papers_are_found_as_they_are_taken_in_and_amended() -> None:
    with searched(Sea()) as sea:
        store = PaperStore(sea.store)
        take(store, p.manifest(p.FULL, p.consignment("C2", "MAPTM")), p.AIR)
        sea.put(Sea())
        assert sea.ids("MEDU C1") == {"consignments": ["M1/C1"]}
        assert sea.ids("medu1") == {"consignments": ["M1/C1"]}
        assert sea.ids("MSKU 123456-5") == {"containers": ["MSKU1234565"]}
        assert sea.ids("van dam") == {"parties": ["bv dam fruit van"]} or sea.ids("van dam") == {
            "parties": ["dam fruit van"]
        }
        assert sea.ids("br 123") == {"parties": ["do frutas norte"]}
        assert sea.ids("9074729") == sea.ids("114n") == sea.ids("sea star") == {"papers": ["M1"]}
        assert sea.ids("057 7621 5436") == {"consignments": ["M2/A1"]}
        assert sea.ids("AF077") == {"papers": ["M2"]}
        assert sea.ids("MEDU C1", [("flag", "concealment")]) == {}
        amended = replace(p.FULL, consignee=Party("Someone Else", None, "NL"))
        take(store, p.manifest(amended, p.consignment("C2", "MAPTM"), version=2), at_us=T_US + HOUR_US)
        sea.put(Sea())
        (found,) = sea.find("MEDU C1")["types"]["consignments"]["hits"]
        assert found["consignee_name"] == "Someone Else"
        assert sea.ids("someone else") == {"parties": ["else someone"]}
        told = sea.dossier("consignments", "M1/C1")
        assert told is not None
        assert (told["consignee_name"], told["goods"][0]["description"], told["flags"][0]["flag"]) == (
            "Someone Else",
            "Fresh mangoes",
            "concealment",
        )
        assert [call["location"] for call in told["itineraries"][0]["calls"]] == ["BRSSZ", "MAPTM", "NLRTM"]


def test_alerts_as_they_are_published_name_their_consignments() -> None:
    goods = consignment("MEDU1", "arms") | {
        "manifest_id": "M1",
        "consignment_id": "C1",
        "link": {"confidence": 1.0, "reason": "by IMO number"},
    }
    row = {
        "alert_id": "a" * 24,
        "craft": "mmsi:219001234",
        "event_id": "e" * 24,
        "data": json.dumps(alert("a" * 24, consignments=[goods])["data"]),
    }
    bare = {
        "alert_id": "b" * 24,
        "craft": "mmsi:219001234",
        "event_id": "f" * 24,
        "data": json.dumps({"event": {"craft": "mmsi:219001234"}}),
    }
    with searched(
        Sea(
            alerts=(row, bare),
            consignments=({"manifest_id": "M1", "consignment_id": "C1", "document_number": "MEDU1"},),
        )
    ) as sea:
        (found,) = sea.find("medu1")["types"]["consignments"]["hits"]
        assert found["alert_ids"] == ["a" * 24]
