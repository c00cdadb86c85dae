"""The line to the room: one stream for all tabs, what was missed, an engine or a room that goes away, a page that knows that it is stale."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.tracker.room.page.pages import Desk, Line, ServedRoom, alert, row_of
from tests.waiting import eventually


def test_tabs_share_one_stream_and_the_next_takes_over(served: ServedRoom, desk: Desk) -> None:
    first = desk.open("olga")
    second = desk.context.new_page()
    second.goto("/")
    desk.ready(second)
    assert served.room.desk.hub.clients == 1
    expect(first.locator("html")).to_have_attribute("data-leads", "yes")
    served.tell(alert("shared", priority=90))
    for page in (first, second):
        expect(row_of(page, "shared")).to_be_visible()
    first.close()
    expect(second.locator("html")).to_have_attribute("data-leads", "yes")
    served.tell(alert("shared", 2, "updated", priority=95))
    expect(row_of(second, "shared")).to_contain_text("priority 90 → 95")
    eventually(lambda: served.room.desk.hub.clients == 1)


def test_what_was_missed_while_the_line_was_broken_comes_when_it_is_back(served: ServedRoom, desks: Any) -> None:
    line = Line(served.port)
    desk = desks(address=line.address)
    page = desk.open("olga")
    line.cut()
    served.tell(alert("missed", priority=91))
    expect(page.locator(".banner.stale")).to_be_visible()  # after ten seconds of silence
    expect(page.locator("body")).to_have_class("stale")
    line.mend()
    expect(row_of(page, "missed")).to_be_visible()
    expect(page.locator(".banner.stale")).to_be_hidden()
    desk.close()
    line.close()


def test_an_engine_that_goes_away_is_told_in_the_head(served: ServedRoom, desk: Desk) -> None:
    page = desk.open("olga")
    expect(page.locator(".head")).to_contain_text("1 engine(s) live")
    served.engine.go_away()
    expect(page.locator(".head")).to_contain_text("engine away")
    served.engine.go_away(False)
    served.beat()
    expect(page.locator(".head")).to_contain_text("1 engine(s) live")


def test_a_reset_has_the_list_read_again(served: ServedRoom, desks: Any) -> None:
    served.tell(alert("closed-to-olga", craft="mmsi:244000001", priority=92))
    page = desks().open("olga")
    expect(row_of(page, "closed-to-olga")).to_be_visible()
    made = served.administrator.post(
        "/api/v1/compartments/rules", json={"compartment": "secret", "what": "craft", "value": "mmsi:244000001"}
    )
    assert made.status_code == 201
    expect(row_of(page, "closed-to-olga")).to_have_count(0)
    ended = served.administrator.delete(f"/api/v1/compartments/rules/{made.json()['rule_id']}")
    assert ended.status_code == 200
    expect(row_of(page, "closed-to-olga")).to_be_visible()
