"""Signing in, staying signed in, and how the page looks: in a real browser against a real room."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.tracker.room.page.pages import PASSWORD, Desk, ServedRoom, alert, row_of


def test_a_new_person_chooses_a_password_and_is_in(served: ServedRoom, desk: Desk) -> None:
    once = served.person("nina", "officer", has_chosen=False)
    page = desk.enter("nina", once)
    page.get_by_label("New password", exact=True).fill("a harbour in the rain")
    page.get_by_label("New password again").fill("another thing")
    page.get_by_role("button", name="Use this password").click()
    expect(page.get_by_role("alert")).to_contain_text("differ")
    page.get_by_label("New password again").fill("a harbour in the rain")
    page.get_by_role("button", name="Use this password").click()
    desk.ready(page)
    expect(page.locator(".me")).to_have_text("Nina")
    assert not served.faults


def test_a_wrong_password_is_told_in_a_sentence_and_nothing_is_lost(desk: Desk) -> None:
    page = desk.enter("olga", "not the right one")
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_label("Name")).to_have_value("olga")


BLOCKED = """
    let isTouched = false;
    addEventListener("pointerdown", () => (isTouched = true));
    const Real = window.AudioContext;
    window.AudioContext = class extends Real {
        get state() { return isTouched ? super.state : "suspended"; }
        resume() { return isTouched ? super.resume() : new Promise(() => undefined); }
    };
"""
"""A window in which the browser blocks sound until it is touched; when Chromium does so by itself depends on what it has played before."""


def test_sound_is_unlocked_by_signing_in_and_red_where_the_browser_blocks_it(desk: Desk) -> None:
    page = desk.open("olga")
    expect(page.locator(".head button").first).to_have_text("sound on")
    another = desk.context.new_page()
    another.add_init_script(BLOCKED)
    another.goto("/")
    desk.ready(another)
    sound = another.locator(".head button").first
    expect(sound).to_have_text("no sound: press")
    expect(sound).to_have_class("wrong")
    sound.click()
    expect(sound).to_have_text("sound on")


def test_a_session_that_ran_out_is_taken_up_in_place_and_the_list_stays(served: ServedRoom, desk: Desk) -> None:
    served.tell(alert("expiry", priority=60))
    page = desk.open("olga")
    expect(row_of(page, "expiry")).to_be_visible()
    row_of(page, "expiry").click()
    served.end_sessions_in_idleness()
    page.keyboard.press("a")
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("Your session ran out")
    expect(row_of(page, "expiry")).to_be_visible()
    asked.get_by_label("Password").fill("wrong")
    asked.get_by_role("button", name="Go on").click()
    expect(asked.get_by_role("alert")).not_to_be_empty()
    asked.get_by_label("Password").fill(PASSWORD)
    asked.get_by_role("button", name="Go on").click()
    expect(asked).to_have_count(0)
    expect(row_of(page, "expiry")).to_contain_text("acknowledged")
    served.tell(alert("after expiry", priority=60))
    expect(page.locator(".waiting, .row").filter(has_text="new").first).to_be_visible()


def test_theme_brightness_language_and_clocks(desks: Any) -> None:
    desk = desks(timezone_id="Asia/Dubai")
    page = desk.open("olga")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(page.locator(".clock")).to_contain_text("UTC")
    expect(page.locator(".clock")).to_contain_text("GST")
    page.get_by_title("Day or dark").click()
    expect(root).to_have_attribute("data-theme", "day")
    page.keyboard.press("b")
    assert page.evaluate("getComputedStyle(document.getElementById('page')).filter") == "brightness(0.8)"
    page.get_by_label("Language").select_option("de")
    desk.ready(page)
    expect(root).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Abmelden")).to_be_visible()
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("button", name="Anmelden", exact=True)).to_be_visible()


def test_the_page_runs_under_its_own_rules(desk: Desk) -> None:
    page = desk.open("olga")
    page.wait_for_selector(".rows")
    assert not [said for said in desk.complaints if "Content Security" in said or "TrustedHTML" in said]
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).origin)")
    assert set(asked) == {desk.room.address}
