"""The map: craft where they are, the very alerts of the list, and the same in words. WebGL is off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.tracker.room.page.pages import Desk, ServedRoom, alert, row_of, shown_ids


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRoom]:
    folder: Path = tmp_path_factory.mktemp("map")
    made = ServedRoom(folder)
    made.person("olga", "officer")
    now_us = made.room.parts.now_us()
    made.engine.put(
        *((f"mmsi:2190{k:05d}", 51.0 + k / 100, 3.0) for k in range(100)),
        time_us=now_us,
        speed_kn=12.0,
        course_deg=90.0,
    )
    made.engine.put(("icao24:4b1812", 52.5, 4.0), time_us=now_us, altitude_ft=33_000.0)
    made.tell(
        alert("ship", priority=80, craft="mmsi:219000050"),
        alert("plane", priority=60, craft="icao24:4b1812", kind="circling"),
        alert("quiet", priority=30, craft="mmsi:219000051"),
    )
    yield made
    made.close()


def on_the_map(page: Page) -> list[str]:
    return [str(one.get_attribute("data-id")) for one in page.locator(".in-view .alerts li").all()]


def test_craft_and_alerts_are_drawn_and_told_in_words(desk: Desk) -> None:
    page = desk.open("olga", "/#/map?at=52.0,3.5,7.5")
    expect(page.locator(".map-told")).to_have_text("101 craft, live")
    assert page.evaluate("document.createElement('canvas').getContext('webgl')") is None
    drawn = """() => { const canvas = document.querySelector('canvas.craft'); const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0; for (let k = 3; k < data.length; k += 4) if (data[k] > 0) count += 1; return count; }"""
    page.wait_for_function(f"() => ({drawn})() > 300")
    page.keyboard.press("v")
    words = page.locator(".in-view")
    # the aircraft lies under the list
    expect(words).to_contain_text("100 craft in view, the nearest 80")
    expect(words).to_contain_text("3 alerts in view")
    assert not [said for said in desk.complaints if "401" not in said]


def test_the_map_and_the_list_never_disagree(served: ServedRoom, desk: Desk) -> None:
    page = desk.open("olga", "/#/map?at=52.0,3.5,7.5")
    page.keyboard.press("v")
    page.locator(".in-view .alerts li").nth(2).wait_for()
    assert on_the_map(page) == shown_ids(page)
    page.get_by_label("Priority").select_option("critical")
    expect(page.locator(".in-view .alerts li")).to_have_count(1)
    assert on_the_map(page) == shown_ids(page) == ["ship"]
    page.get_by_label("Priority").select_option("")
    expect(page.locator(".in-view .alerts li")).to_have_count(3)
    page.locator("#rows").focus()  # a hand is at the list: what is new waits in its bar, and is on no map either
    page.keyboard.press("j")
    served.tell(alert("fresh", priority=70, craft="mmsi:219000052"))
    expect(page.locator(".waiting")).to_contain_text("1 new")
    assert on_the_map(page) == shown_ids(page)
    page.keyboard.press("w")
    expect(page.locator(".in-view .alerts li")).to_have_count(4)
    assert on_the_map(page) == shown_ids(page)


def test_what_is_chosen_on_one_is_chosen_on_the_other(desk: Desk) -> None:
    page = desk.open("olga", "/#/map?at=52.0,3.5,7.5")
    expect(page.locator(".map-told")).to_contain_text("101 craft")
    page.keyboard.press("v")
    page.locator(".in-view .alerts li[data-id=plane] button").click()
    expect(row_of(page, "plane")).to_have_attribute("aria-selected", "true")
    assert "/map/plane" in page.url
    page.get_by_role("button", name="In view").click()
    # the middle of the map is now where the alert of the aircraft is: pressing there opens that of the ship at the same place, which stands above
    page.wait_for_url(re.compile(r"at=51\.9"))
    box = page.locator(".map-box").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row_of(page, "ship")).to_have_attribute("aria-selected", "true")


def test_the_keyboard_moves_the_map_and_the_address_keeps_the_place(desk: Desk) -> None:
    page = desk.open("olga", "/#/map?at=52.0,3.5,7.5")
    expect(page.locator(".map-told")).to_contain_text("craft")
    page.locator(".map .base").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"at=52\.\d+%2C(?!3\.5)"))
    kept = page.url
    again = desk.context.new_page()
    again.goto(kept)
    desk.ready(again)
    again.wait_for_selector(".map .base canvas")
    assert again.url == kept
