"""Three officers at once over a real server, one of them offline for ten minutes, with acts on many alerts at once: nobody's work is overwritten unseen.

Each officer works by what its own screen shows. Whatever is done is known to whoever does the next thing to that alert, or refused with what was changed meanwhile.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.tracker.room.alerts.rooms import Room, alert
from tests.tracker.room.alerts.test_streaming import Served
from tests.tracker.room.conftest import StandingClock
from tests.waiting import PATIENCE_S
from tracker.room.alerts.alert_tables import DESK_ACTS
from tracker.room.audit.heads import read_anchors
from tracker.room.audit.log import entries
from tracker.room.audit.verifying import verify_store
from tracker.room.store.opening import RoomStore

ALERTS = 12
ROUNDS = 25


@pytest.fixture
def served(any_store: RoomStore, clock: StandingClock, tmp_path: Path) -> Iterator[Served]:
    room = Room(any_store, clock, tmp_path)
    made = Served(room)
    yield made
    made.close()
    room.close()


class Screen:
    """What one officer has before it, and what it was told of its acts."""

    def __init__(self, served: Served, who: str) -> None:
        self.served, self.who = served, who
        self.rows: dict[str, dict[str, Any]] = {}
        self.done: list[tuple[str, str, str]] = []
        """(alert, the version that was on the screen, the version that the act made)."""
        self.refused: list[dict[str, Any]] = []

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=PATIENCE_S)
        try:
            given = {"Authorization": f"Bearer {self.who}", "Content-Type": "application/json", **headers}
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), given)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}"), answer.headers.get("etag", "")
        finally:
            connection.close()

    def look(self) -> None:
        """Fetch the list."""
        status, told, _ = self.ask(
            "GET", "/alerts?limit=100&state=annunciated&state=acknowledged&state=closed&state=shelved"
        )
        assert status == 200
        self.rows = {row["alert_id"]: row for row in told["alerts"]}

    def act(self, alert_id: str, **act: Any) -> int:
        """By what is on the screen."""
        tag = self.rows[alert_id]["etag"]
        status, told, made = self.ask("PATCH", f"/alerts/{alert_id}", act, **{"If-Match": tag})
        if status == 200:
            self.done.append((alert_id, tag, made))
        elif status == 412:
            self.refused.append(told)
        return status

    def bulk(self, alert_ids: list[str], **act: Any) -> dict[str, Any]:
        """The same on many, each by what is on the screen."""
        sent = {"alerts": [{"alert_id": one, "etag": self.rows[one]["etag"]} for one in alert_ids], "act": act}
        status, told, _ = self.ask("POST", "/alerts/bulk", sent)
        assert status == 200, told
        self.done += [(one["alert_id"], self.rows[one["alert_id"]]["etag"], one["etag"]) for one in told["done"]]
        return told  # fmt: skip


def version(tag: str) -> int:
    return int(tag.partition("-")[0].strip('"d'))


def chain_of(served: Served, screens: list[Screen]) -> None:
    """Every act was done to the version that whoever did it had seen: none between. Notes too, for whoever closes should have read them."""
    made = {(alert_id, version(after)): version(seen) for screen in screens for alert_id, seen, after in screen.done}
    with served.room.store.read() as connection:
        rows = connection.execute(select(DESK_ACTS.c.alert_id, DESK_ACTS.c.version, DESK_ACTS.c.act_id)).all()
        kept = {(row.alert_id, row.version): row.act_id for row in rows}
        assert len(kept) == len(rows) == sum(len(screen.done) for screen in screens), "each act once"
        assert kept.keys() == made.keys()
        assert all(seen == after - 1 for (_, after), seen in made.items())
        told = [
            name
            for entry in entries(connection)
            if not entry.is_refused
            for name in entry.objects
            if name.startswith("act:")
        ]
        assert sorted(told) == sorted(f"act:{act_id}" for act_id in kept.values())
        assert verify_store(connection, read_anchors(())).holds  # fmt: skip


def test_three_at_once_do_nothing_to_what_they_have_not_seen(served: Served) -> None:
    served.tell(*(alert(f"a{number:02d}") for number in range(ALERTS)))
    screens = [Screen(served, who) for who in ("olga", "otto", "clara")]
    begin = threading.Barrier(len(screens))
    strange: list[Any] = []

    def work(screen: Screen, seed: int) -> None:
        rng = random.Random(seed)
        begin.wait()
        for number in range(ROUNDS):
            screen.look()
            for _ in range(2):  # the second by a screen that may be old by now
                chosen = sorted(rng.sample(sorted(screen.rows), 3))
                kind = rng.choice(("one", "many", "close"))
                if kind == "many":
                    told = screen.bulk(chosen, act="acknowledge")
                    strange.extend(one for one in told["refused"] if one["status"] not in (409, 412))
                    continue
                act = (
                    {"act": "note", "text": f"{number}"}
                    if kind == "one"
                    else {"act": "close", "outcome": "inconclusive"}
                )
                status = screen.act(chosen[0], **act)
                if status not in (200, 409, 412):
                    strange.append(status)

    threads = [threading.Thread(target=work, args=(screen, seed)) for seed, screen in enumerate(screens)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert strange == []
    chain_of(served, screens)
    refused = [told for screen in screens for told in screen.refused]
    assert refused, "they were in each other's way"
    assert all(told["changes"] and all(change["by"] for change in told["changes"]) for told in refused)


def test_one_who_was_offline_for_ten_minutes_is_told_what_was_done_meanwhile(
    served: Served, clock: StandingClock
) -> None:
    served.tell(*(alert(f"a{number:02d}") for number in range(ALERTS)))
    olga, otto, clara = (Screen(served, who) for who in ("olga", "otto", "clara"))
    for one in (olga, otto, clara):
        one.look()
    ids = sorted(olga.rows)
    # olga's line breaks. She goes on by what her screen shows; her acts wait for the line
    clock.pass_s(300)
    assert otto.bulk(ids[:4], act="acknowledge")["refused"] == []
    otto.look()
    assert otto.act(ids[0], act="close", outcome="explained", fields={"explanation": "pilot"}) == 200
    assert clara.act(ids[5], act="assign", person="clara") == 200
    served.tell(alert(ids[6], 2, "updated", priority=80))
    clock.pass_s(300)
    # the line is back: what waited is sent as it was
    told = olga.bulk(ids[:8], act="close", outcome="wrong: rule", fields={"explanation": "nothing there"})
    assert [one["alert_id"] for one in told["done"]] == [ids[4], ids[7]]
    by_id = {one["alert_id"]: one for one in told["refused"]}
    assert {alert_id: one["status"] for alert_id, one in by_id.items()} == dict.fromkeys(
        [*ids[:4], ids[5], ids[6]], 412
    )
    assert [(change["what"], change["by"]) for change in by_id[ids[0]]["changes"]] == [
        ("acknowledge", "otto"),
        ("close", "otto"),
    ]
    assert [(change["what"], change["by"]) for change in by_id[ids[5]]["changes"]] == [("assign", "clara")]
    assert [change["what"] for change in by_id[ids[6]]["changes"]] == ["facts"]
    assert olga.act(ids[0], act="note", text="I wanted to close it") == 412
    assert (
        olga.ask("PATCH", f"/alerts/{ids[0]}", {"act": "note", "text": "I wanted to close it"}, **{"If-Match": "*"})[0]
        == 200
    )
    clara.look()
    assert (clara.rows[ids[0]]["outcome"], clara.rows[ids[5]]["person"], clara.rows[ids[4]]["outcome"]) == (
        "explained", "clara", "wrong: rule",
    )  # fmt: skip
    with served.room.store.read() as connection:
        by = [
            (row.by, row.kind)
            for row in connection.execute(
                select(DESK_ACTS.c.by, DESK_ACTS.c.kind).where(DESK_ACTS.c.alert_id == ids[0])
            )
        ]
        assert sorted(by) == [("olga", "note"), ("otto", "acknowledge"), ("otto", "close")]
        assert verify_store(connection, read_anchors(())).holds
