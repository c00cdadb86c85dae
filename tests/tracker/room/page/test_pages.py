"""Pages beside the list: search with what it finds, health, hand-over, supervisor, auditor. One room for all, beside the real door of an engine with a small sea."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect

from tests.tracker.room.alerts.rooms import ENGINE
from tests.tracker.room.page.pages import Desk, MovingEngine, ServedRoom, alert, consignment, row_of
from tests.tracker.room.search.seas import engine_with
from tests.tracker.store.search.conftest import SEA, SHIP
from tests.waiting import eventually
from tracker.door.following import DoorAwayError
from tracker.room.accounts.first import FIRST_LOGIN
from tracker.room.page import serving

AXE = Path(serving.__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
ON_SHIP = "bbbb00000000000000000001"


class Sea(MovingEngine):
    """Tells the alerts of a test; what is searched is asked of a real engine."""

    def __init__(self) -> None:
        super().__init__()
        self.door: Any = None

    def search(self, *asked: Any) -> dict[str, Any]:
        if self.door is None:
            raise DoorAwayError("it is switched off")
        found: dict[str, Any] = self.door.search(*asked)
        return found

    def dossier(self, *asked: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.door.dossier(*asked)
        return found


class SeaRoom(ServedRoom):
    """Whose engine can be searched."""

    engine_kind = Sea
    engine: Sea


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaRoom]:
    with engine_with(tmp_path_factory.mktemp("engine") / "sea", SEA) as door:
        made = SeaRoom(tmp_path_factory.mktemp("room"))
        made.engine.door = door
        for login, *roles in (("olga", "officer"), ("otto", "officer"), ("sam", "supervisor"), ("audrey", "auditor")):
            made.person(login, *roles)
        goods = consignment("HLCU-7001", "concealment") | {"manifest_id": "M-1", "consignment_id": "C1"}
        made.tell(
            alert(ON_SHIP, craft=SHIP, priority=60, consignments=[goods]),
            *(
                alert(f"b{k}", craft="mmsi:244660001", kind="loitering", rule="waits_long", priority=30)
                for k in range(3)
            ),
        )
        with made.ask_as("otto") as otto:
            eventually(lambda: sum(otto.get("/api/v1/alerts?limit=1").json()["counts"].values()) == 4)
        yield made
        made.close()


def serious(page: Page) -> list[str]:
    """What axe finds in the page and the head."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    told = page.evaluate(
        "async () => (await axe.run({include: [['.page'], ['.head']]}, {resultTypes: ['violations']})).violations"
    )
    return [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in told
        if one["impact"] in ("serious", "critical")
    ]


def nav_of(page: Page) -> list[str]:
    """Pages that are named to whoever looks, in the order of the links."""
    return [
        title.split(" (")[0]
        for title in page.locator(".pages-nav a:visible").evaluate_all("all => all.map((a) => a.title)")
    ]


def test_search_by_keyboard_leads_to_the_craft_its_papers_and_back(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("olga")
    page.keyboard.press("/")
    field = page.get_by_label("Search by any number or name")
    expect(field).to_be_focused()
    page.keyboard.type("new hope")
    hit = page.locator("[data-type=craft] a.hit")
    expect(hit).to_contain_text("219001234")
    expect(page.locator("[data-type=craft]")).to_contain_text("before: ")
    expect(page.locator("[data-type=craft]")).to_contain_text("1 open")
    expect(row_of(page, ON_SHIP)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    thing = page.locator(".thing")
    for told in (
        "NEW HOPE",
        "219001234",
        "OXMA2",
        "9321483",
        "54°00.0′N",
        "It changed its name: ",
        "CNSHA",
        "1 open, 0 finished",
    ):
        expect(thing).to_contain_text(told)
    assert page.url.endswith("#/craft/mmsi%3A219001234")
    thing.get_by_role("link", name="C1", exact=True).click()
    expect(thing).to_contain_text("Müller & Söhne GmbH")
    page.go_back()
    expect(thing).to_contain_text("NEW HOPE")
    expect(thing).to_contain_text("1 open, 0 finished")
    thing.get_by_role("link", name="high 60").first.click()
    expect(page.locator(f".dossier[data-alert={ON_SHIP}]")).to_be_visible()
    page.go_back()
    page.keyboard.press("Escape")
    expect(page.locator(".rows")).to_be_focused()
    assert not [one for one in desk.complaints if "401" not in one]
    assert not served.faults


def test_search_says_how_a_question_was_read_and_who_did_not_answer(
    served: SeaRoom, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = desk.open("olga", "/#/search?q=CSQU3054384")
    expect(page.locator(".read-as")).to_contain_text("check digit is wrong, 3 would be right")
    field = page.get_by_label("Search by any number or name")
    field.fill("acme")
    expect(page.locator("[data-type=parties] a.hit")).to_be_visible()
    assert page.url.endswith("#/search?q=acme")
    page.keyboard.press("Enter")
    expect(page.locator(".thing")).to_contain_text("Trading, ACME LTD")
    monkeypatch.setattr(served.engine, "door", None)
    page.keyboard.press("/")
    field.fill("hope")
    expect(page.locator(".search-page")).to_contain_text("No engine answers now")
    expect(page.locator(".search-page")).to_contain_text(f"{ENGINE} did not answer")


def test_of_two_engines_each_hit_says_whose_it_is_and_the_one_that_is_away_is_named(
    served: SeaRoom, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast(dict[str, Any], served.room.desk.doors), "strait", Sea())
    page = desk.open("olga", "/#/search?q=hope")
    expect(page.locator(".aside .wrong")).to_contain_text("strait did not answer: it is switched off")
    expect(page.locator("[data-type=craft] .chip").first).to_have_text(ENGINE)


def test_only_the_answer_to_the_last_question_is_shown(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("olga", "/#/search")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/api/v1/search?q=acme", hold)
    field = page.get_by_label("Search by any number or name")
    field.fill("acme")
    eventually(lambda: (page.wait_for_timeout(20), bool(held))[1])
    field.fill("hope")
    expect(page.locator("[data-type=craft] a.hit")).to_be_visible()
    with served.ask_as("otto") as otto:
        held[0].fulfill(json=otto.get("/api/v1/search?q=acme").json())
    page.evaluate("() => fetch('/api/v1/health').then((answer) => answer.text())")  # what came before has been taken
    expect(page.locator("[data-type=parties]")).to_have_count(0)


def test_numbers_are_copied_and_who_may_takes_a_dossier_away(served: SeaRoom, desks: Any) -> None:
    page = desks().open("olga", f"/#/craft/{SHIP}")
    expect(page.locator(".thing")).to_contain_text("NEW HOPE")
    expect(page.get_by_role("button", name="Take away as JSON")).to_have_count(0)
    page = desks(permissions=["clipboard-read", "clipboard-write"]).open("sam", f"/#/craft/{SHIP}")
    page.get_by_role("button", name="Copy 9321483").click()
    expect(page.locator(".notice")).to_contain_text("Copied: 9321483")
    assert page.evaluate("navigator.clipboard.readText()") == "9321483"
    with page.expect_download() as taken:
        page.get_by_role("button", name="Take away as JSON").click()
    told = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert told["dossiers"][0]["id"] == SHIP


def test_health_says_whether_quiet_is_true(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("olga")
    page.keyboard.press("j")
    expect(page.locator(".row[aria-selected=true]")).to_be_visible()
    page.keyboard.press("h")
    health = page.locator(".health-page")
    expect(health).to_contain_text(f"{ENGINE} connected since")
    expect(health).to_contain_text("What it finds is here within seconds.")
    expect(health).to_contain_text("this tab follows the room")
    expect(health).to_contain_text("each look is in its audit")
    expect(health).not_to_contain_text("Sending")
    page.keyboard.press("c")  # the chosen alert is not seen here
    expect(page.locator("dialog")).to_have_count(0)
    page.route("**/api/v1/engines", lambda route: route.abort())
    page.get_by_role("button", name="Ask the room again").click()
    expect(health).to_contain_text("Do not trust the quiet")
    expect(health).to_contain_text("acts are not done")


def test_health_has_the_sending_for_who_keeps_it(served: SeaRoom, desk: Desk) -> None:
    page = desk.open(FIRST_LOGIN, "/#/health")
    expect(page.locator(".health-page")).to_contain_text("Nobody is told of alerts by webhook or mail.")
    names = nav_of(page)
    assert names == ["Search", "Health"]


def test_a_shift_is_handed_over_and_taken_over(served: SeaRoom, desks: Any) -> None:
    page = desks().open("olga")
    page.keyboard.press("r")
    expect(page.locator(".sheet")).to_contain_text("Open (4)")
    page.get_by_label("Remarks for the next shift").fill("The tug waits <b>for the tide</b>.")
    page.get_by_role("button", name="Keep this sheet").click()
    expect(page.locator(".sheet .remarks")).to_have_text("The tug waits <b>for the tide</b>.")
    expect(page.locator(".sheet")).to_contain_text("Nobody has taken over yet.")
    expect(page.locator(".handover")).to_contain_text("somebody else signs")
    page.emulate_media(media="print")
    expect(page.locator(".head")).to_be_hidden()
    expect(page.locator(".signature")).to_be_visible()
    other = desks().open("otto", page.url.removeprefix(served.address))
    other.get_by_role("button", name="Take over: sign").click()
    expect(other.locator(".sheet")).to_contain_text("Taken over by Otto")


def test_the_supervisor_suppresses_and_lifts(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("sam")
    page.keyboard.press("l")
    pane = page.locator(".supervisor")
    for told in (
        "All desks",
        "What called most",
        "waits_long",
        "Nothing is suppressed.",
        "No verdicts yet.",
        "fewer than 10",
    ):
        expect(pane).to_contain_text(told)
    expect(pane.locator("svg.calibration")).to_be_visible()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.page .content').scrollTop > 0")
    page.get_by_role("button", name="Suppress something").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Rule").fill("waits_long")
    dialog.get_by_label("Reason").fill("the anchorage is full")
    dialog.get_by_role("button", name="Suppress").click()
    expect(pane).to_contain_text("Rule waits_long")
    with served.ask_as("otto") as otto:
        assert otto.get("/api/v1/alerts/b1").json()["state"] == "suppressed"
    pane.get_by_role("button", name="Lift").click()
    page.get_by_role("dialog").get_by_role("button", name="Lift").click()
    expect(pane).to_contain_text("Nothing is suppressed.")


def test_an_auditor_reads_verifies_and_takes_away_and_sees_no_alert(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("audrey")
    log = page.locator(".audit")
    expect(log.locator("tbody tr").first).to_be_visible()
    assert nav_of(page) == ["Audit"]
    page.get_by_label("Act", exact=True).fill("session.begun")
    page.get_by_role("button", name="Look").click()
    expect(log.locator("tbody tr").first).to_contain_text("session.begun")
    expect(log).to_contain_text("Audrey")
    assert "act=session.begun" in page.url
    page.get_by_role("button", name="Verify").click()
    expect(log).to_contain_text("It holds.")
    page.get_by_label("Anchors kept elsewhere").fill("1:" + "0" * 64)
    page.get_by_role("button", name="Verify").click()
    expect(log).to_contain_text("It does not hold.")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Export").click()
    first = Path(taken.value.path()).read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(first)["sequence"] == 1
    expect(log).to_contain_text("Keep the head elsewhere than the file.")
    page.goto("/#/supervisor")
    expect(page.locator(".page")).to_contain_text("You may not see this page")
    assert not [one for one in desk.complaints if "401" not in one]


def test_the_audit_goes_page_by_page(served: SeaRoom, desk: Desk) -> None:
    with served.ask_as("otto") as otto:
        for _ in range(7):
            otto.get("/api/v1/desk")
    desk.page.route(
        "**/api/v1/audit?**", lambda route: route.continue_(url=route.request.url.replace("limit=100", "limit=5"))
    )
    page = desk.open("audrey", "/#/audit?act=desk.read")
    rows = page.locator(".audit tbody tr")
    expect(rows).to_have_count(5)
    last = int(rows.last.locator("td").first.inner_text())
    page.get_by_role("button", name="Older").click()
    expect(rows.first.locator("td").first).not_to_have_text("")
    eventually(lambda: (page.wait_for_timeout(20), int(rows.first.locator("td").first.inner_text()) < last)[1])
    page.get_by_role("button", name="Newest").click()
    expect(rows).to_have_count(5)


def test_what_somebody_may_not_see_is_not_named_to_it(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("olga", "/#/supervisor")
    expect(page.locator(".page")).to_contain_text("You may not see this page")
    assert nav_of(page) == ["Search", "Health", "Hand-over"]
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).not_to_contain_text("Supervisor")


SHOWN: Sequence[tuple[str, str, str]] = (
    ("sam", "/#/search?q=acme", "[data-type=parties]"),
    ("sam", f"/#/craft/{SHIP}", ".thing article"),
    ("sam", "/#/health", ".health-page .line-of"),
    ("sam", "/#/handover", ".sheet .box"),
    ("sam", "/#/supervisor", ".calibration"),
    ("audrey", "/#/audit", ".audit tbody tr"),
)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pages_are_without_serious_findings(served: SeaRoom, desks: Any, theme: str) -> None:
    found: dict[str, list[str]] = {}
    for login in ("sam", "audrey"):
        page = desks(color_scheme=theme).open(login)
        for who, address, shown in SHOWN:
            if who != login:
                continue
            page.goto(address)
            expect(page.locator(shown).first).to_be_visible()
            if wrong := serious(page):
                found[address] = wrong
            width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert width <= 0, f"{address} is {width} px too wide"
    assert not found


def test_health_says_when_quiet_is_not_true(served: SeaRoom, desk: Desk) -> None:
    page = desk.open("olga", "/#/health")
    health = page.locator(".health-page")
    expect(health).to_contain_text("What it finds is here within seconds.")
    served.engine.go_away()
    try:
        expect(health).to_contain_text(f"{ENGINE} away since")
        expect(health).to_contain_text("Watch its area by other means.")
        expect(health).to_contain_text("Do not trust the quiet")
    finally:
        served.engine.go_away(False)
