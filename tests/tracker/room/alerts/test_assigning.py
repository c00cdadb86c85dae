"""Alerts are given to persons and units that are there: an alert that nobody has must not look as if somebody had it."""

from __future__ import annotations

from tests.tracker.room.alerts.rooms import Room as Desk
from tests.tracker.room.alerts.rooms import alert
from tests.tracker.room.conftest import Room as Accounts
from tracker.config.room import RoomConfig


def test_nobody_has_what_was_given_to_nobody(tmp_path, store, clock) -> None:
    room = Desk(store, clock, tmp_path)
    room.tell(alert("a1"))
    for act, more in (("assign", {}), ("hand_over", {"reason": "end of shift"})):
        for whom in ({"person": "nemo"}, {"unit": "no such unit"}):
            refused = room.act("olga", "a1", act, **whom, **more)
            assert refused.status_code == 422
            assert next(iter(whom)) in refused.json()["detail"]
    told = room.get("olga", "/alerts/a1")
    assert (told["person"], told["unit"], told["desk_version"]) == (None, None, 1)
    refused = room.ask("olga", "POST", "/alerts/bulk", {"alerts": [{"alert_id": "a1", "etag": told["etag"]}], "act": {"act": "assign", "person": "nemo"}})  # fmt: skip
    assert refused.status_code == 422
    room.close()


def test_a_person_is_found_by_id_or_login_and_only_who_may_act(store, clock, audit) -> None:
    room = Accounts(store, clock, audit, RoomConfig())
    administrator = room.administrator()
    room.person(administrator, "olga", "officer")
    room.person(administrator, "vera", "viewer")
    known = room.signing_in.known
    olga = known.assignee("olga")
    assert olga is not None
    assert olga != "olga"
    assert known.assignee(olga) == olga
    assert known.assignee("vera") is None
    assert known.assignee("nemo") is None
    made = administrator.post("/api/v1/units", json={"name": "Rotterdam", "ports": ["NLRTM"]}).json()
    assert known.unit("Rotterdam") == known.unit(made["unit_id"]) == made["unit_id"]
    assert known.unit("Antwerp") is None
