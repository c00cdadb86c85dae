"""Who may not see a thing cannot learn that it exists: not by a count, a cursor, an error, a version, an order, nor by a gap in the stream."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tracker.room.alerts.hub import Change, is_told
from tracker.room.alerts.keeping import find
from tracker.room.alerts.visibility import CompartmentRule, Needs, What, needs_of, redacted

HIDDEN = {"craft": "mmsi:219999999", "rule": "sanctions"}


def put(room: Room, what: str, value: str) -> None:
    body = {"compartment": "arms", "what": what, "value": value}
    assert room.ask("ada", "POST", "/compartments/rules", body).status_code == 201


def everything(room: Room, who: str) -> dict[str, Any]:
    """All that the API says to somebody, without what runs with the clock."""
    told = {
        path: room.get(who, path)
        for path in ("/alerts", "/alerts?state=closed", "/load", "/suppressions", "/verdicts/figures", "/handover")
    }
    for row in told["/alerts"]["alerts"]:
        told[row["alert_id"]] = room.get(who, f"/alerts/{row['alert_id']}")
        told[f"{row['alert_id']} history"] = room.get(who, f"/alerts/{row['alert_id']}/history")
    return told


def the_same_day(room: Room, *, is_with_hidden: bool) -> None:
    """A day with alerts that Olga may see, and, or not, with others between them."""
    put(room, "craft", "mmsi:219999999")
    put(room, "rule", "sanctions")
    for k in range(4):
        room.tell(alert(f"a{k}", priority=30 + k))
        if is_with_hidden:
            room.tell(
                alert(f"h{k}", priority=90, craft=HIDDEN["craft"]), alert(f"s{k}", priority=20, rule=HIDDEN["rule"])
            )
            room.did("cleo", f"h{k}", "close", outcome="seized", fields={"what": "rifles"})
            room.did("cleo", f"s{k}", "note", text="rifles")
        room.clock.pass_s(60)
    room.did("olga", "a0", "close", outcome="inconclusive")


def test_a_hidden_alert_is_in_nothing_that_is_told(tmp_path, store, clock) -> None:
    from tests.tracker.room.conftest import StandingClock
    from tracker.room.store.opening import open_room_store

    told = []
    for is_with_hidden in (False, True):
        other = open_room_store(str(tmp_path / str(is_with_hidden)))
        room = Room(other, StandingClock(), tmp_path)
        the_same_day(room, is_with_hidden=is_with_hidden)
        page = room.get("olga", "/alerts?limit=2")
        told.append((everything(room, "olga"), page["next_cursor"], len(room.get("cleo", "/alerts")["alerts"])))
        room.close()
        other.close()
    assert told[0][0] == told[1][0]
    assert told[0][1] == told[1][1]
    assert (told[0][2], told[1][2]) == (3, 7)


def test_hidden_and_missing_are_refused_in_the_same_words(room: Room) -> None:
    put(room, "craft", HIDDEN["craft"])
    room.tell(alert("h1", craft=HIDDEN["craft"]))
    act = {"act": "acknowledge"}
    for method, path, body in (
        ("GET", "/alerts/{}", None),
        ("GET", "/alerts/{}/history", None),
        ("PATCH", "/alerts/{}", act),
        ("POST", "/alerts/{}/undo", None),
    ):
        answers = [room.ask("olga", method, path.format(name), body, If_Match='"d1-f1"') for name in ("h1", "none")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert {**answers[0].headers} == {**answers[1].headers}
    items = [{"alert_id": name, "etag": '"d1-f1"'} for name in ("h1", "none")]
    told = room.ask("olga", "POST", "/alerts/bulk", {"alerts": items, "act": act}).json()
    assert [{**one, "alert_id": ""} for one in told["refused"]] == [{**told["refused"][0], "alert_id": ""}] * 2
    assert room.did("cleo", "h1", "acknowledge")["etag"] == '"d2-f1"'


def test_an_alert_without_its_hidden_goods_says_nothing_of_them(room: Room) -> None:
    put(room, "flag", "Arms")
    put(room, "party", "van dam  fruit, bv")
    goods = [
        consignment("OPEN1", consignee="Jansen"),
        consignment("HID1", "arms", consignee="Jansen"),
        consignment("HID2"),
    ]
    room.tell(alert("a1", priority=80, consignments=goods, lead_time_h=6.0))
    seen, whole = room.get("olga", "/alerts/a1"), room.get("cleo", "/alerts/a1")
    assert [one["consignment_id"] for one in seen["facts"]["consignments"]] == ["OPEN1"]
    assert (
        seen["consignments_aboard"],
        seen["priority"],
        seen["priority_band"],
        seen["lead_until"],
        seen["flags"],
    ) == (1, 60, "high", None, [])
    text = json.dumps(seen)
    assert "HID" not in text and "arms" not in text and "3 consignments" not in text
    assert (whole["consignments_aboard"], whole["priority"], whole["flags"]) == (3, 80, ["arms"])


def test_a_revision_that_changes_hidden_goods_alone_is_no_revision(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", priority=40, consignments=[consignment("H1", "arms")]))
    before = room.get("olga", "/alerts/a1")
    room.tell(
        alert("a1", 2, "updated", priority=40, consignments=[consignment("H1", "arms"), consignment("H2", "arms")])
    )
    assert room.get("olga", "/alerts/a1") == before
    assert room.get("cleo", "/alerts/a1")["etag"] == '"d1-f2"'
    room.tell(alert("a1", 3, "closed", priority=40, state="closed", consignments=[consignment("H1", "arms")]))
    assert room.get("olga", "/alerts/a1")["etag"] == '"d1-f2"'
    assert room.act("olga", "a1", "acknowledge", etag='"d1-f2"').status_code == 200
    assert len(room.get("olga", "/alerts/a1/history")["revisions"]) == 2


def test_a_note_of_who_sees_more_is_seen_by_who_sees_as_much_and_counts_in_no_version(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]))
    before = room.get("olga", "/alerts/a1")
    room.did("clara", "a1", "note", text="rifles in H1")
    assert room.get("olga", "/alerts/a1") == before
    assert room.act("olga", "a1", "note", etag='"d1-f1"', text="lights seen").status_code == 200
    assert [note["text"] for note in room.get("olga", "/alerts/a1")["notes"]] == ["lights seen"]
    assert [note["text"] for note in room.get("clara", "/alerts/a1")["notes"]] == ["rifles in H1", "lights seen"]
    assert [one["told"]["text"] for one in room.get("olga", "/alerts/a1/history")["acts"]] == ["lights seen"]


def test_a_hidden_note_stands_in_nobodys_way(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]))
    room.did("olga", "a1", "assign", person="olga")
    room.did("clara", "a1", "note", text="rifles in H1")
    late = room.act("olga", "a1", "assign", etag='"d1-f1"', person="otto")
    assert [one["what"] for one in late.json()["changes"]] == ["assign"]
    back = room.ask("olga", "POST", "/alerts/a1/undo")
    assert (back.status_code, back.headers["etag"], back.json()["person"]) == (200, '"d3-f1"', None)
    assert [note["text"] for note in room.get("clara", "/alerts/a1")["notes"]] == ["rifles in H1"]
    assert room.ask("olga", "POST", "/alerts/a1/undo").json()["detail"].startswith("nothing has been done")


def test_the_words_of_a_verdict_are_for_who_sees_the_goods(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]))
    room.did("clara", "a1", "close", outcome="seized", fields={"what": "rifles"})
    assert room.get("olga", "/alerts/a1")["closed"]["fields"] == {}
    assert "rifles" not in json.dumps(room.get("olga", "/alerts/a1/history"))
    assert room.get("clara", "/alerts/a1")["closed"]["fields"] == {"what": "rifles"}


def test_a_change_that_somebody_cannot_see_is_not_told_in_his_stream(room: Room) -> None:
    put(room, "flag", "arms")
    put(room, "craft", HIDDEN["craft"])
    goods = [consignment("H1", "arms")]
    room.tell(alert("a1", consignments=goods), alert("h1", craft=HIDDEN["craft"]))
    room.tell(alert("a1", 2, "updated", consignments=[*goods, consignment("H2", "arms")]))
    room.did("clara", "a1", "note", text="rifles")
    room.did("olga", "a1", "acknowledge")
    with room.store.read() as connection:
        from sqlalchemy import select

        from tracker.room.alerts.alert_tables import DESK_STREAM

        changes = [
            Change(row.sequence, row.alert_id, row.cause, row.revision, row.version)
            for row in connection.execute(select(DESK_STREAM).order_by(DESK_STREAM.c.sequence))
        ]
        told = {
            who: [
                change.alert_id
                for change in changes
                if is_told(connection, find(connection, change.alert_id), change, compartments)
            ]
            for who, compartments in (("olga", frozenset()), ("clara", frozenset({"arms"})))
        }
    assert told == {"olga": ["a1", "a1"], "clara": ["a1", "h1", "a1", "a1", "a1"]}


def test_ids_of_the_stream_say_nothing_but_the_place(room: Room) -> None:
    ids = room.run.hub.ids
    seen = [ids.seen(k) for k in range(1, 200)]
    assert [ids.sequence(one) for one in seen] == list(range(1, 200))
    assert len({one[:4] for one in seen}) > 150, "neighbours do not look alike"
    assert ids.seen(7) != ids.seen(7), "nor does the same place: who sees no change sees no standstill either"
    assert ids.sequence("AAAA") is None
    assert ids.sequence("\u00e9") is None


def test_goods_of_an_earlier_revision_stay_hidden_in_its_history(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]), alert("a1", 2, "updated"))
    told = json.dumps([room.get("olga", "/alerts/a1"), room.get("olga", "/alerts/a1/history")])
    assert "H1" not in told and "arms" not in told
    assert "H1" in json.dumps(room.get("clara", "/alerts/a1/history"))


def test_rules_apply_to_what_is_there_and_to_what_comes_and_can_be_taken_back(room: Room) -> None:
    room.tell(alert("h1", craft=HIDDEN["craft"]))
    assert room.ids("olga") == ["h1"]
    put(room, "craft", HIDDEN["craft"])
    assert room.ids("olga") == []
    (rule,) = room.get("ada", "/compartments/rules")["rules"]
    assert room.ask("ada", "DELETE", f"/compartments/rules/{rule['rule_id']}").status_code == 200
    assert room.ids("olga") == ["h1"]
    assert room.ask("ada", "DELETE", "/compartments/rules/none").status_code == 404
    assert room.ask("olga", "GET", "/compartments/rules").status_code == 403


@pytest.mark.parametrize("key", ["craft", "other_craft", "evidence"])
def test_a_hidden_craft_hides_every_alert_that_names_it(key) -> None:
    data = alert("a1")["data"]
    data["event"][key] = {"crafts": ["mmsi:1", "mmsi:219999999"]} if key == "evidence" else "MMSI:219999999"
    needs = needs_of(data, [CompartmentRule("arms", What.CRAFT, "mmsi:219999999")])
    assert needs.hides_all(frozenset())
    assert not needs.hides_all(frozenset({"arms"}))
    assert Needs.from_json(needs.to_json()) == needs


def test_two_compartments_are_both_needed() -> None:
    rules = [CompartmentRule(name, What.FLAG, name) for name in ("arms", "drugs")]
    data = alert("a1", consignments=[consignment("X", "arms", "drugs"), consignment("Y", "drugs")])["data"]
    needs = needs_of(data, rules)
    assert len(redacted(data, needs, frozenset({"drugs"}))["consignments"]) == 1
    assert redacted(data, needs, frozenset({"drugs", "arms"})) is data


def test_the_alert_that_tells_it_instead_is_not_named_to_who_may_not_see_it(room: Room) -> None:
    put(room, "craft", HIDDEN["craft"])
    part = alert("a1", part_of="h1")
    part["data"]["explanation"] = "Part of alert h1: she waits where she meets another ship."
    room.tell(alert("h1", craft=HIDDEN["craft"]), part)
    told = json.dumps([room.get("olga", path) for path in ("/alerts", "/alerts/a1", "/alerts/a1/history", "/handover")])
    assert "h1" not in told.replace("tidewaiter", "")
    assert room.get("cleo", "/alerts/a1")["part_of"] == "h1"


def test_a_hidden_craft_in_a_sentence_hides_the_alert(room: Room) -> None:
    put(room, "craft", HIDDEN["craft"])
    story = alert("a1")
    story["data"]["explanation"] = "A met B. The same story: A (mmsi:219001234) and C (mmsi:219999999) were together."
    room.tell(story, alert("a2"))
    assert room.ids("olga") == ["a2"]
    assert room.ids("cleo") == ["a1", "a2"]


def test_papers_that_are_hidden_hide_their_itinerary(room: Room) -> None:
    put(room, "flag", "arms")
    told = alert("a1", consignments=[consignment("H1", "arms")])
    told["data"]["itinerary"] = {"itinerary_id": "secret-voyage", "nodes": []}
    room.tell(told)
    assert room.get("olga", "/alerts/a1")["facts"]["itinerary"] == {}
    assert room.get("cleo", "/alerts/a1")["facts"]["itinerary"]["itinerary_id"] == "secret-voyage"


def test_neither_a_clock_nor_a_refusal_tells_how_grave_hidden_goods_make_it(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", priority=90, consignments=[consignment("H1", "arms")]), alert("a2", priority=70))
    rows = {row["alert_id"]: row for row in room.get("olga", "/alerts")["alerts"]}
    assert rows["a1"]["priority_band"] == rows["a2"]["priority_band"] == "high"
    assert rows["a1"]["acknowledge_due"] == rows["a2"]["acknowledge_due"]
    shelf = {"reason": "rifles", "until": "2026-03-01T01:00:00Z"}
    assert room.act("clara", "a1", "shelve", **shelf).status_code == 409, "critical, for who sees it"
    assert room.act("olga", "a1", "shelve", **{**shelf, "reason": "pilot"}).status_code == 200
    assert room.get("olga", "/alerts/a1")["shelf"]["reason"] == "pilot"
    assert room.get("cleo", "/alerts/a1")["priority_band"] == "critical"


def test_the_reason_of_a_shelf_is_for_who_sees_as_much(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]))
    room.did("clara", "a1", "shelve", reason="rifles", until="2026-03-01T01:00:00Z")
    told = [room.get("olga", path) for path in ("/alerts", "/alerts/a1", "/alerts/a1/history", "/handover")]
    assert "rifles" not in json.dumps(told)
    assert room.get("cleo", "/alerts/a1")["shelf"]["reason"] == "rifles"


def test_a_repeated_request_gives_nothing_that_may_be_seen_no_longer(room: Room) -> None:
    put(room, "flag", "arms")
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]))
    given = {"If_Match": "*", "Idempotency_Key": "k1"}
    body = {"act": "note", "text": "seen"}
    assert room.ask("clara", "PATCH", "/alerts/a1", body, **given).status_code == 200
    clara = room.names.people["clara"]
    room.names.people["clara"] = replace(clara, compartments=frozenset())
    again = room.ask("clara", "PATCH", "/alerts/a1", body, **given)
    assert again.status_code == 409
    assert "H1" not in again.text and "arms" not in again.text
