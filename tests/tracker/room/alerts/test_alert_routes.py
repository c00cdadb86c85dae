"""The desk over HTTP: versions, repetitions, bulk, undo, the list."""

from __future__ import annotations

import base64
import json
import threading

import pytest

from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tracker.room.audit.heads import read_anchors
from tracker.room.audit.verifying import verify_store


def test_an_alert_is_listed_with_its_clocks_and_why_it_stands_where_it_stands(room: Room) -> None:
    room.tell(alert("a1", priority=80, lead_time_h=6.0, consignments=[consignment("MEDU1", "concealment")]))
    (row,) = room.get("olga", "/alerts")["alerts"]
    assert (row["state"], row["etag"], row["priority_band"], row["flags"]) == (
        "annunciated",
        '"d1-f1"',
        "critical",
        ["concealment"],
    )
    assert row["is_sounding"]
    assert row["acknowledge_due"] == "2026-03-01T00:05:00.000Z"
    assert row["lead_until"] == "2026-03-01T06:00:00.000Z"
    assert row["order"]["points"] == sum(term["points"] for term in row["order"]["terms"])


def test_an_act_needs_the_version_that_was_seen(room: Room) -> None:
    room.tell(alert("a1"))
    bare = room.ask("olga", "PATCH", "/alerts/a1", {"act": "acknowledge"})
    assert (bare.status_code, bare.headers["content-type"]) == (428, "application/problem+json")
    assert room.ask("olga", "PATCH", "/alerts/a1", {"act": "acknowledge"}, If_Match="yesterday").status_code == 400
    assert room.ask("olga", "PATCH", "/alerts/a1", {"act": "acknowledge"}, If_Match="*").status_code == 428
    done = room.ask("olga", "PATCH", "/alerts/a1", {"act": "acknowledge"}, If_Match='"d1-f1"')
    assert (done.status_code, done.json()["state"], done.headers["etag"]) == (200, "acknowledged", '"d2-f1"')


def test_who_comes_too_late_is_told_who_changed_what(room: Room) -> None:
    room.tell(alert("a1"))
    room.did("olga", "a1", "acknowledge")
    room.did("olga", "a1", "assign", person="olga", unit="rotterdam")
    late = room.act("otto", "a1", "close", etag='"d1-f1"', outcome="inconclusive")
    assert late.status_code == 412
    told = late.json()
    assert told["etag"] == '"d3-f1"'
    assert [(one["what"], one["by"]) for one in told["changes"]] == [("acknowledge", "olga"), ("assign", "olga")]
    assert room.get("otto", "/alerts/a1")["closed"] is None


def test_a_new_revision_is_no_obstacle_to_a_note_and_one_to_a_verdict(room: Room) -> None:
    room.tell(alert("a1"))
    room.tell(alert("a1", 2, "updated", priority=45))
    assert room.act("olga", "a1", "note", etag='"d1-f1"', text="pilot saw her").status_code == 200
    late = room.act("olga", "a1", "close", etag='"d2-f1"', outcome="inconclusive")
    assert late.status_code == 412
    assert [one["what"] for one in late.json()["changes"]] == ["facts"]
    dossier = room.get("olga", "/alerts/a1")
    assert [note["text"] for note in dossier["notes"]] == ["pilot saw her"]
    assert dossier["facts"]["priority"] == 45


def test_the_same_key_does_it_once(room: Room) -> None:
    room.tell(alert("a1"))
    body, headers = {"act": "note", "text": "once"}, {"If_Match": "*", "Idempotency_Key": "k1"}
    first = room.ask("olga", "PATCH", "/alerts/a1", body, **headers)
    again = room.ask("olga", "PATCH", "/alerts/a1", body, **headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
    assert len(room.get("olga", "/alerts/a1")["notes"]) == 1
    other = room.ask("olga", "PATCH", "/alerts/a1", {"act": "note", "text": "twice"}, **headers)
    assert other.status_code == 422
    assert room.ask("otto", "PATCH", "/alerts/a1", {"act": "note", "text": "mine"}, **headers).status_code == 200


def test_bulk_does_what_was_seen_and_says_what_it_refused(room: Room) -> None:
    room.tell(alert("a1"), alert("a2"), alert("a3"))
    room.did("otto", "a2", "acknowledge")
    items = [{"alert_id": name, "etag": '"d1-f1"'} for name in ("a1", "a2", "a3", "gone")]
    answer = room.ask("olga", "POST", "/alerts/bulk", {"alerts": items, "act": {"act": "acknowledge"}})
    told = answer.json()
    assert [one["alert_id"] for one in told["done"]] == ["a1", "a3"]
    assert [(one["alert_id"], one["status"]) for one in told["refused"]] == [("a2", 412), ("gone", 404)]
    assert told["refused"][0]["changes"][0]["by"] == "otto"
    twice = room.ask("olga", "POST", "/alerts/bulk", {"alerts": items[:1] * 2, "act": {"act": "acknowledge"}})
    assert twice.status_code == 422


def test_undo_over_http_restores_and_holds_the_verdict_back(room: Room) -> None:
    room.tell(alert("a1"))
    room.did("olga", "a1", "close", outcome="seized", fields={"what": "40 kg"})
    assert room.ask("otto", "POST", "/alerts/a1/undo").status_code == 409
    back = room.ask("olga", "POST", "/alerts/a1/undo")
    assert (back.status_code, back.json()["state"], back.headers["etag"]) == (200, "annunciated", '"d3-f1"')
    assert room.ask("olga", "POST", "/alerts/a1/undo").status_code == 409
    room.clock.pass_s(60)
    assert room.sent() == []


def test_a_verdict_goes_to_the_engine_once_it_cannot_be_undone(room: Room) -> None:
    room.tell(alert("a1", 3))
    room.did("olga", "a1", "close", outcome="wrong: data", fields={"explanation": "jammed"})
    assert room.sent() == []
    room.clock.pass_s(31)
    (told,) = room.sent()
    assert (told["alert_id"], told["revision"], told["verdict"], told["judged_by"]) == ("a1", 3, "wrong: data", "olga")
    assert told["outcome_fields"] == {"explanation": "jammed"}
    room.did("olga", "a1", "reopen", reason="new papers")
    room.clock.pass_s(1)
    room.did("olga", "a1", "close", outcome="inconclusive")
    room.clock.pass_s(31)
    assert [one["verdict"] for one in room.sent()] == ["wrong: data", "reopened", "inconclusive"]


def test_an_engine_that_is_away_gets_its_verdicts_later(room: Room) -> None:
    room.tell(alert("a1"))
    room.did("olga", "a1", "close", outcome="inconclusive")
    room.clock.pass_s(31)
    room.engine.is_away = True
    with pytest.raises(ValueError, match="nobody opens"):
        room.sent()
    room.engine.is_away = False
    assert len(room.sent()) == len(room.sent()) == 1


def test_rights_are_asked_inside_an_act_too(room: Room) -> None:
    room.tell(alert("a1", priority=80))
    assert room.ask("vera", "PATCH", "/alerts/a1", {"act": "silence"}, If_Match="*").status_code == 403
    shelve = {"reason": "waits for a pilot", "until": "2026-03-01T01:00:00Z"}
    assert "supervisor" in room.act("olga", "a1", "shelve", **shelve).json()["detail"]
    shelved = room.did("sam", "a1", "shelve", **shelve)
    assert (shelved["state"], shelved["shelf"]["reason"]) == ("shelved", "waits for a pilot")
    room.clock.pass_s(3_600)
    assert room.get("olga", "/alerts/a1")["state"] == "annunciated", "no job had to run for that"


def test_the_list_is_ordered_paged_and_filtered(room: Room) -> None:
    room.tell(*(alert(f"a{k:02d}", priority=k, craft=f"mmsi:{219_000_000 + k}") for k in range(1, 31)))
    seen: list[str] = []
    cursor = ""
    while True:
        page = room.get("olga", f"/alerts?limit=7{cursor}")
        seen += [row["alert_id"] for row in page["alerts"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        room.clock.pass_s(600)
    assert seen == [f"a{k:02d}" for k in range(30, 0, -1)]
    assert page["counts"] == {"annunciated": 30}
    assert room.ids("olga", "?priority_band=medium") == [f"a{k}" for k in range(30, 24, -1)]
    assert room.ids("olga", "?craft=mmsi:219000007") == ["a07"]
    room.did("olga", "a07", "assign", person="olga")
    assert room.ids("olga", "?person=me") == ["a07"]
    assert room.ids("otto", "?person=me") == []
    assert room.ask("olga", "GET", "/alerts?cursor=nonsense").status_code == 400
    assert room.ask("olga", "GET", "/alerts?state=elsewhere").status_code == 422


def test_what_is_finished_leaves_the_list_and_stays_in_the_history(room: Room) -> None:
    room.tell(*(alert(f"a{k}") for k in range(5)))
    for k in range(5):
        room.clock.pass_s(1)
        room.did("olga", f"a{k}", "close", outcome="inconclusive")
    assert room.ids("olga") == []
    page = room.get("olga", "/alerts?state=closed&limit=3")
    assert [row["alert_id"] for row in page["alerts"]] == ["a4", "a3", "a2"]
    rest = room.get("olga", f"/alerts?state=closed&limit=3&cursor={page['next_cursor']}")
    assert ([row["alert_id"] for row in rest["alerts"]], rest["next_cursor"]) == (["a1", "a0"], None)


def test_history_says_which_number_moved_from_what_to_what(room: Room) -> None:
    room.tell(alert("a1", priority=40), alert("a1", 2, "updated", priority=60))
    room.tell(alert("a1", 3, "retracted", priority=60))
    room.did("olga", "a1", "acknowledge")
    told = room.get("olga", "/alerts/a1/history")
    assert [one["life"] for one in told["revisions"]] == ["present", "present", "retracted"]
    assert {"name": "priority", "from": 40, "to": 60} in told["revisions"][1]["changes"]
    assert [one["what"] for one in told["acts"]] == ["acknowledge"]


def test_a_retraction_is_struck_through_until_somebody_has_seen_it(room: Room) -> None:
    room.tell(alert("a1"))
    room.did("olga", "a1", "acknowledge")
    room.tell(alert("a1", 2, "retracted"))
    (row,) = room.get("olga", "/alerts")["alerts"]
    assert (row["state"], row["is_struck_through"]) == ("returned", True)
    assert room.did("olga", "a1", "acknowledge")["state"] == "over"
    assert room.ids("olga") == []


def test_what_the_craft_does_ends_a_shelf(room: Room) -> None:
    room.tell(alert("a1", kind="loitering"))
    room.did("olga", "a1", "shelve", reason="waits", until="2026-03-02T00:00:00Z", wakes=["heard"])
    room.tell(alert("b1", kind="zone"))
    assert room.get("olga", "/alerts/a1")["state"] == "shelved"
    room.tell(alert("c1", kind="gap", state="closed"))
    assert room.get("olga", "/alerts/a1")["state"] == "annunciated"


def test_suppression_is_of_a_person_ends_and_is_listed(room: Room) -> None:
    room.tell(alert("a1", kind="gap"), alert("b1", kind="zone"))
    body = {"match": {"rule": "gap"}, "reason": "wrong again and again", "until": "2026-03-01T01:00:00Z"}
    assert room.ask("olga", "POST", "/suppressions", body).status_code == 403
    made = room.ask("sam", "POST", "/suppressions", body)
    assert made.status_code == 201, made.text
    assert room.get("olga", "/alerts/a1")["state"] == "suppressed"
    room.tell(alert("a2", kind="gap"))
    assert room.get("olga", "/alerts/a2")["state"] == "suppressed"
    (listed,) = room.get("olga", "/suppressions")["suppressions"]
    assert (listed["left_s"], listed["by"]) == (3_600, "sam")
    room.clock.pass_s(3_601)
    room.run.tick()
    assert {room.get("olga", f"/alerts/{name}")["state"] for name in ("a1", "a2", "b1")} == {"annunciated"}
    assert room.ask("sam", "DELETE", f"/suppressions/{made.json()['rule_id']}").status_code == 404


def test_a_feed_out_of_service_is_another_word(room: Room) -> None:
    room.tell(alert("a1"))
    body = {"match": {"feed": "ais"}, "reason": "antenna down", "until": "2026-03-01T01:00:00Z", "is_service": True}
    rule_id = room.ask("sam", "POST", "/suppressions", body).json()["rule_id"]
    assert room.get("olga", "/alerts/a1")["state"] == "out_of_service"
    assert room.ask("sam", "DELETE", f"/suppressions/{rule_id}").status_code == 200
    assert room.get("olga", "/alerts/a1")["state"] == "annunciated"


def test_load_and_flood_are_counted_for_the_room_and_each_unit(room: Room) -> None:
    for k in range(11):
        room.tell(alert(f"a{k}"))
        room.clock.pass_s(1)
    (everything,) = room.get("sam", "/load")["desks"]
    assert (everything["unit"], everything["last_10_min"], everything["is_flood"]) == (None, 11, True)
    room.clock.pass_s(3_000)
    assert not room.get("sam", "/load")["desks"][0]["is_flood"]


def test_figures_come_from_verdicts(room: Room) -> None:
    room.tell(*(alert(f"a{k:02d}", kind="gap") for k in range(12)))
    for k in range(12):
        outcome = (
            {"outcome": "wrong: rule", "fields": {"explanation": "a pilot boat"}}
            if k < 3
            else {"outcome": "confirmed, no irregularity"}
        )
        room.did("olga", f"a{k:02d}", "close", **outcome)
    told = room.get("audrey", "/verdicts/figures")
    (rule,) = told["precision"]["rule"]
    assert (rule["name"], rule["right"], rule["wrong"], rule["precision"]) == ("gap", 9, 3, 0.75)
    assert told["calibration"][-1]["right"] == 0.75
    assert told["offers"] == []


def test_a_shift_is_handed_over_and_signed_by_the_next(room: Room) -> None:
    room.tell(alert("a1"), alert("a2"), alert("a3"), alert("a4"))
    room.did("olga", "a1", "assign", person="otto")
    room.did("olga", "a2", "shelve", reason="at anchor", until="2026-03-01T02:00:00Z")
    room.did("olga", "a3", "close", outcome="inconclusive")
    made = room.ask("olga", "POST", "/handover", {"remarks": "watch the tanker"})
    assert made.status_code == 201, made.text
    sheet = made.json()["sheet"]
    assert [[row["alert_id"] for row in sheet[part]] for part in ("open", "shelved", "promised", "closed")] == [
        ["a4"],
        ["a2"],
        ["a1"],
        ["a3"],
    ]
    sheet_id = made.json()["sheet_id"]
    assert room.ask("olga", "POST", f"/handover/{sheet_id}/sign").status_code == 409
    assert room.ask("otto", "POST", f"/handover/{sheet_id}/sign").json()["signed_by"] == "otto"
    assert room.ask("sam", "POST", f"/handover/{sheet_id}/sign").status_code == 409
    assert room.ask("sam", "POST", "/handover/none/sign").status_code == 404
    (kept,) = room.get("otto", "/handover")["written"]
    assert (kept["digest"], kept["signed_by"]) == (made.json()["digest"], "otto")
    with room.store.read() as connection:
        finding = verify_store(connection, read_anchors([], [sheet["anchor"]]))
    assert (finding.holds, finding.anchors_held) == (True, 1)


def test_every_look_and_every_act_is_in_the_audit_and_its_chain_holds(room: Room) -> None:
    room.tell(alert("a1"))
    room.get("vera", "/alerts")
    room.did("olga", "a1", "acknowledge")
    room.act("otto", "a1", "acknowledge", etag='"d1-f1"')
    room.ask("vera", "GET", "/alerts/none")
    told = room.get("audrey", "/audit")["entries"]
    assert [(e["act"], e["actor"], e["is_refused"]) for e in reversed(told)] == [
        ("alerts.read", "person:vera", False),
        ("alert.read", "person:olga", False),
        ("alert.acted", "person:olga", False),
        ("alert.acted", "person:otto", True),
        ("alert.read", "person:vera", True),
    ]
    of_alert = room.get("audrey", "/audit?object=alert:a1&act=alert.acted")["entries"]
    assert [e["actor"] for e in of_alert] == ["person:otto", "person:olga"]
    assert room.get("audrey", "/audit?is_refused=true&limit=1")["next_before"] is not None
    assert room.get("audrey", "/audit/verify")["holds"]
    export = room.ask("audrey", "GET", "/audit/export")
    assert export.headers["tidewaiter-audit-head"].split(":")[0] == str(len(export.text.splitlines()))
    assert room.ask("olga", "GET", "/audit").status_code == 403


def test_three_officers_at_once_overwrite_nobody_unseen(room: Room) -> None:
    room.tell(*(alert(f"a{k}") for k in range(6)))
    answers: list[tuple[str, str, int]] = []

    def work(who: str) -> None:
        for k in range(6):
            answer = room.act(who, f"a{k}", "assign", etag='"d1-f1"', person=who)
            answers.append((who, f"a{k}", answer.status_code))

    threads = [threading.Thread(target=work, args=(who,)) for who in ("olga", "otto", "sam")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(6):
        won = [who for who, name, status in answers if name == f"a{k}" and status == 200]
        assert len(won) == 1
        assert room.get("olga", f"/alerts/a{k}")["person"] == won[0]
    assert {status for _, _, status in answers} == {200, 412}


@pytest.mark.parametrize(
    "body",
    [{}, {"act": "explode"}, {"act": "close"}, {"act": "close", "outcome": "maybe"}, {"act": "note", "text": ""}, {"act": "acknowledge", "more": 1}, [1], None],
)  # fmt: skip
def test_a_body_that_cannot_be_is_told_in_words(room: Room, body) -> None:
    room.tell(alert("a1"))
    answer = room.ask("olga", "PATCH", "/alerts/a1", body, If_Match='"d1-f1"')
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize("place", [{"t": 1 << 63, "k": [1, "a"]}, {"t": 1 << 63, "k": "a"}, {"t": -1, "k": "a"}, {"t": 1, "k": "\0"}, {"t": 1, "k": [True, "a"]}, {"t": 1, "k": [1 << 60, "a"]}, []])  # fmt: skip
def test_a_cursor_that_somebody_made_is_refused(room: Room, place) -> None:
    made = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    for query in ("", "state=closed&"):
        assert room.ask("olga", "GET", f"/alerts?{query}cursor={made}").status_code == 400


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_shift_that_began_before_there_were_any_is_refused(room: Room, since) -> None:
    assert room.ask("olga", "POST", "/handover", {"since": since}).status_code == 422


def test_what_an_engine_tells_that_no_store_can_hold_stands_in_nobodys_way(room: Room) -> None:
    bad = [
        alert("b1", revision=1 << 40),
        alert("b2", craft="a\0b"),
        alert("b3", part_of="\0"),
        alert("b4"),
        alert("b5"),
    ]
    bad[3]["data"]["consignments"] = [7]
    bad[4]["data"]["lead_time_h"] = 1e20
    put = {"compartment": "arms", "what": "flag", "value": "arms"}
    assert room.ask("ada", "POST", "/compartments/rules", put).status_code == 201
    room.tell(*bad, alert("a1"))
    assert room.ids("olga") == ["a1", "b5"]
