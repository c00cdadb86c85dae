"""The list: what its rows say, how it stays still under the hand, and the whole night's work with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.tracker.room.page.pages import Desk, ServedRoom, alert, consignment, row_of, shown_ids
from tests.waiting import eventually


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedRoom]:
    """Lists are counted here, so each test has a room of its own."""
    made = ServedRoom(tmp_path)
    for login, role in (("olga", "officer"), ("otto", "officer"), ("sam", "supervisor")):
        made.person(login, role)
    yield made
    made.close()


def order(page: Page) -> list[str]:
    return shown_ids(page)


def listed(served: ServedRoom, count: int) -> None:
    """Wait until the room has so many alerts, so that a page opened now has them from the beginning."""
    with served.ask_as("otto") as otto:
        eventually(lambda: sum(otto.get("/api/v1/alerts?limit=1").json()["counts"].values()) >= count)


def test_rows_say_what_matters_in_the_rooms_order(served: ServedRoom, desk: Desk) -> None:
    served.tell(
        alert("low", priority=10, craft="icao24:4b1812", kind="circling"),
        alert("grave", priority=80, consignments=[consignment("B1", "concealment")]),
        alert("pair", priority=55, kind="encounter"),
    )
    listed(served, 3)
    page = desk.open("olga")
    expect(row_of(page, "grave")).to_be_visible()
    with served.ask_as("otto") as otto:
        assert order(page) == [row["alert_id"] for row in otto.get("/api/v1/alerts").json()["alerts"]]
    row = row_of(page, "grave")
    for told in ("critical", "80", "219001234", "DK", "dark", "concealment", "51°54.0′N", "ack in"):
        expect(row).to_contain_text(told)
    expect(row_of(page, "low")).to_contain_text("CH")
    assert row.get_attribute("role") == "option"


def test_rows_do_not_move_under_the_hand(served: ServedRoom, desk: Desk) -> None:
    served.tell(alert("a", priority=40), alert("b", priority=30))
    listed(served, 2)
    page = desk.open("olga")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".dossier")).to_contain_text("medium 30")
    assert order(page) == ["a", "b"]
    served.tell(alert("c", priority=90))
    bar = page.locator(".waiting")
    expect(bar).to_contain_text("1 new, 1 critical")
    served.tell(alert("b", 2, "updated", priority=70))
    expect(row_of(page, "b")).to_contain_text("priority 30 → 70")
    assert order(page) == ["a", "b"], "it says what moved, and stays where it is"
    expect(row_of(page, "b")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("w")
    expect(bar).to_be_hidden()
    assert order(page) == ["c", "b", "a"]
    expect(row_of(page, "b")).to_have_attribute("aria-selected", "true")


def test_a_list_that_rests_at_its_top_takes_new_rows_at_once(served: ServedRoom, desk: Desk) -> None:
    served.tell(alert("a", priority=40))
    listed(served, 1)
    page = desk.open("olga")
    expect(row_of(page, "a")).to_be_visible()
    served.tell(alert("b", priority=60))
    expect(row_of(page, "b")).to_contain_text("new")
    assert order(page) == ["b", "a"]


def test_a_night_by_keyboard_alone(served: ServedRoom, desk: Desk) -> None:
    served.tell(*(alert(f"n{k}", priority=74 - k, craft=f"mmsi:21900{k:04d}") for k in range(6)))
    listed(served, 6)
    page = desk.open("olga")
    press = page.keyboard.press
    told = page.locator(".notice")

    press("j")
    press("Enter")
    expect(page.locator(".dossier[data-alert=n0]")).to_be_visible()
    press("a")
    expect(told).to_contain_text("Acknowledged")
    expect(row_of(page, "n0")).to_contain_text("acknowledged")
    press("u")
    expect(told).to_contain_text("Taken back")
    press("a")
    expect(told).to_contain_text("Acknowledged")
    press("t")
    expect(row_of(page, "n0")).to_contain_text("me")
    press("n")
    page.keyboard.type("The agent was called at a.m.")  # letters are letters here
    press("Enter")
    expect(page.locator(".dossier .notes")).to_contain_text("The agent was called at a.m.")
    press("g")
    page.keyboard.type("Otto")
    press("Enter")
    expect(row_of(page, "n0")).to_contain_text("Otto")

    press("j")
    press("z")
    press("Tab")
    page.keyboard.type("waits for the tide")
    press("Enter")
    expect(told).to_contain_text("Shelved")
    press("f")
    page.locator("[name=state]").select_option("shelved")
    press("Escape")
    expect(row_of(page, "n1")).to_contain_text("until")
    press("Shift+Z")
    expect(told).to_contain_text("Back from the shelf")
    press("Escape")
    press("Escape")
    expect(row_of(page, "n2")).to_be_visible()

    press("Shift+F")
    page.keyboard.type("219000003")
    press("Escape")
    expect(page.locator(".row")).to_have_count(1)
    press("j")
    press("c")
    press("4")
    page.keyboard.type("a fishing boat without licence for AIS")
    press("Enter")
    expect(told).to_contain_text("Closed")
    expect(row_of(page, "n3")).to_contain_text("explained")
    press("Escape")
    press("Escape")

    press("w")
    expect(row_of(page, "n3")).to_have_count(0)
    for _ in range(3):
        press("j")
    press("x")
    press("j")
    press("Shift+X")
    expect(page.locator(".counts")).to_contain_text("2 marked")
    press("a")
    expect(told).to_contain_text("Acknowledged: 2")
    press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Shelve")
    press("Escape")
    assert not [said for said in desk.complaints if "401" not in said]
    assert not served.faults


def test_two_officers_do_not_overwrite_each_other(served: ServedRoom, desk: Desk) -> None:
    served.tell(alert("both", priority=50))
    listed(served, 1)
    desk.page.route("**/api/v1/stream/alerts*", lambda route: route.abort())  # what otto does is not told here
    page = desk.open("olga")
    page.keyboard.press("j")
    expect(row_of(page, "both")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".dossier")).to_contain_text("high 50")
    with served.ask_as("otto") as otto:
        tag = otto.get("/api/v1/alerts/both").headers["etag"]
        done = otto.patch("/api/v1/alerts/both", json={"act": "acknowledge"}, headers={"If-Match": tag})
        assert done.status_code == 200
    page.route(
        "**/api/v1/alerts/both",
        lambda route: route.continue_(
            headers={**route.request.headers, **({"if-match": tag} if route.request.method == "PATCH" else {})}
        ),
    )
    page.keyboard.press("a")
    expect(page.locator(".notice.bad")).to_contain_text("Otto · acknowledged")


def test_what_is_retracted_is_struck_through_until_somebody_has_seen_it(served: ServedRoom, desk: Desk) -> None:
    served.tell(alert("gone", priority=50))
    listed(served, 1)
    page = desk.open("olga")
    served.tell(alert("gone", 2, "retracted", priority=50, state="retracted"))
    row = row_of(page, "gone")
    expect(row).to_contain_text("retracted")
    assert "line-through" in row.locator(".first").first.evaluate("(e) => getComputedStyle(e).textDecoration")
    page.keyboard.press("j")

    def is_over() -> bool:
        page.keyboard.press("a")  # refused while what changed has stood there for less than a moment
        return row.get_by_text("over", exact=True).count() > 0

    eventually(is_over)
    page.keyboard.press("w")
    expect(row).to_have_count(0)


def test_silence_stops_the_sound_on_all_desks_and_is_no_acknowledgement(served: ServedRoom, desks: Any) -> None:
    olga, otto = desks(), desks()
    page, other = olga.open("olga"), otto.open("otto")
    served.tell(alert("loud", priority=80))
    for one in (page, other):
        expect(row_of(one, "loud")).to_be_visible()
        expect(one.locator("html")).to_have_attribute("data-called", "1")
    page.keyboard.press("s")
    expect(page.locator(".notice")).to_contain_text("Silenced for 30 s on all desks")
    expect(row_of(page, "loud")).to_contain_text("ack in")
    with served.ask_as("otto") as asking:
        assert asking.get("/api/v1/alerts/loud").json()["is_sounding"] is False


def test_a_thousand_rows_are_few_elements(served: ServedRoom, desk: Desk) -> None:
    served.tell(*(alert(f"m{k:04d}", priority=20 + k % 50, craft=f"mmsi:21{k:07d}") for k in range(1000)))
    listed(served, 1000)
    page = desk.open("olga")
    expect(page.locator(".counts")).to_contain_text("1,000 shown")
    assert page.locator(".row").count() < 30
    page.locator(".rows").evaluate("(list) => { list.scrollTop = 20000; }")
    expect(page.locator(".row[aria-posinset='380']")).to_be_visible()
    assert page.locator(".row").count() < 30
    assert page.evaluate("document.getElementsByTagName('*').length") < 1500


def test_a_flood_is_told_and_one_cause_is_acknowledged_together(served: ServedRoom, desk: Desk) -> None:
    served.tell(
        *(alert(f"f{k}", priority=30, craft=f"mmsi:21{k:07d}") for k in range(12)),
        alert("other", priority=31, kind="zone"),
    )
    listed(served, 13)
    page = desk.open("olga")
    expect(page.locator(".banner.flood")).to_contain_text("Flood: 13 alerts")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator(".counts")).to_contain_text("12 marked")
    page.keyboard.press("a")
    expect(page.locator(".notice")).to_contain_text("Acknowledged: 12")
    expect(row_of(page, "other")).not_to_contain_text("acknowledged")


def test_the_filter_stands_in_the_address(served: ServedRoom, desks: Any) -> None:
    served.tell(alert("x", priority=80), alert("y", priority=20))
    listed(served, 2)
    page = desks().open("olga", "/#/alerts?band=critical")
    expect(row_of(page, "x")).to_be_visible()
    expect(row_of(page, "y")).to_have_count(0)
    expect(page.get_by_label("Priority")).to_have_value("critical")
    page.get_by_label("Priority").select_option("low")
    expect(row_of(page, "y")).to_be_visible()
    assert page.url.endswith("#/alerts?band=low")
