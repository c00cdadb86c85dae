"""Every page in day and dark, at a desk's size and a wall's: without serious findings of axe; pictures for docs/room/ when TIDEWAITER_SCREENSHOTS is set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.tracker.room.page.pages import SHOT, Desk, ServedRoom, alert, consignment, row_of
from tracker.room.page import serving
from tracker.units import iso_time

AXE = Path(serving.__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
IS_DRAWING = bool(os.environ.get("TIDEWAITER_SCREENSHOTS"))
"""A wall's size takes a minute where it is drawn without a graphics card, so it is looked at only when pictures are wanted."""
SIZES = {"desk": {"width": 1280, "height": 720}, "wall": {"width": 3840, "height": 2160}}


def night(served: ServedRoom) -> None:
    """A few alerts of a North Sea night, as the engine tells them, some of them worked on."""
    now_us = served.room.parts.now_us()

    def at(hours: float) -> str:
        return iso_time(now_us + int(hours * 3600e6))

    def told(
        alert_id: str, lat_deg: float, lon_deg: float, began_h: float, words: str, evidence: dict[str, Any], **more: Any
    ) -> Any:
        detail, itinerary = more.pop("detail", ""), more.pop("itinerary", {})
        made = alert(alert_id, time=at(-0.1), **more)
        event = made["data"]["event"]
        event |= {
            "start": at(began_h),
            "lat_deg": lat_deg,
            "lon_deg": lon_deg,
            "detail": detail,
            "evidence": evidence | {"known": at(-0.1)},
        }
        made["data"] |= {"explanation": words, "itinerary": itinerary}
        return made

    papers = consignment("MEDUC1", "concealment") | {
        "loading_name": "Santos", "discharge_name": "Rotterdam", "expected_arrival": at(14), "consignor": {"name": "Frutas do Sul Ltda", "country": "BR"},
        "goods": [{"description": "Fresh mangoes", "hs_code": "08045020", "packages": 1080, "gross_mass_kg": 24_300}],
        "equipment": [{"equipment_id": "MSKU1234565", "seals": ["BR884213"]}],
        "flags": [{"flag": "concealment", "severity": 0.9, "reason": "Seal photo differs from the one at loading", "by": "risk engine"}],
    }  # fmt: skip
    calls = {
        "voyage_number": "NR041", "next_location": "NLRTM",
        "nodes": [
            {"location": "GBFXT", "name": "Felixstowe", "arrive": at(-20), "depart": at(-9), "seen_arrive": at(-19), "seen_depart": at(-8)},
            {"location": "NLRTM", "name": "Rotterdam", "arrive": at(14), "depart": at(30), "seen_arrive": None, "seen_depart": None},
        ],
    }  # fmt: skip
    silent = {
        "silent_s": 15_600, "speed_kn": 12.4, "course_deg": 78, "predicted_lat_deg": 52.32, "predicted_lon_deg": 3.9, "witness_count": 2,
        "witnesses": [{"craft": "mmsi:244100200", "km": 14.2}, {"craft": "mmsi:211400600", "km": 31.0}], "port_km": 61.3,
    }  # fmt: skip
    words = (
        "mmsi:219001234 is SEA STAR on the papers. It has been silent for 4 h 20 min where it should have been heard; two ships near it were heard throughout. 2 consignments are known aboard, 1 flagged. "
        "Bill of lading MEDUC1, HS 08045020 Fresh mangoes, for Van Dam Fruit, BV (NL), is flagged concealment: Seal photo differs from the one at loading. It is expected at Rotterdam (NLRTM) in 14 h."
    )
    spread = [(k, 51.2 + (k * 0.37) % 3.2, 1.4 + (k * 0.83) % 5.6) for k in range(260)]
    for k, lat, lon in spread:
        kind = "icao24:4b%04x" if k % 5 == 0 else "mmsi:2190%05d"
        more = {"altitude_ft": 2_000.0 + k * 150} if k % 5 == 0 else {}
        served.engine.put(
            ((kind % k), lat, lon),
            time_us=now_us,
            speed_kn=420.0 if more else 4.0 + k % 14,
            course_deg=float(k * 47 % 360),
            **more,
        )
    served.engine.put(("mmsi:219001234", 52.05, 2.6), time_us=now_us - int(15_600e6), speed_kn=12.4, course_deg=78.0)
    served.tell(
        told("dark", 52.05, 2.6, -4.33, words, silent, priority=84, lead_time_h=14, consignments=[papers, consignment("MEDUC2")], detail="sea", itinerary=calls),
        told("meeting", 52.9, 3.1, -2.0, "mmsi:304205333 and mmsi:538145275 lie 90 m apart, 60 km from any port.", {"duration_h": 2.0, "radius_km": 0.4, "port_km": 60.2}, priority=66, craft="mmsi:304205333", kind="encounter", detail="stopped", consignments=[consignment("B2", "undervaluation")]),
        told("strip", 51.4, 4.2, -0.6, "icao24:4b1812 came down 3 km from any aerodrome and was heard no more.", {"altitude_ft": 410, "aerodrome_km": 11.8}, priority=58, craft="icao24:4b1812", kind="off_aerodrome_landing", detail="landing"),
        told("turned", 53.6, 5.0, -6.0, "mmsi:249765785 called at a port that its papers do not name.", {}, priority=47, craft="mmsi:249765785", kind="diversion", detail="undeclared_call", lead_time_h=31),
        told("gone", 54.0, 1.8, -3.0, "mmsi:636902377 waited.", {"duration_h": 3.0, "radius_km": 2.2, "start_lat_deg": 54.01, "start_lon_deg": 1.77}, priority=33, craft="mmsi:636902377", kind="loitering", detail="drifting"),
        told("zone", 51.9, 1.9, -1.0, "mmsi:211222333 entered the anchorage.", {"zone": "Sunk outer anchorage"}, priority=18, craft="mmsi:211222333", kind="zone"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRoom]:
    made = ServedRoom(tmp_path_factory.mktemp("looks"))
    for login, role in (("olga", "officer"), ("otto", "officer")):
        made.person(login, role)
    night(made)
    with made.ask_as("otto") as otto:
        from tests.waiting import eventually

        eventually(lambda: otto.get("/api/v1/alerts/zone").status_code == 200)
        for act in ({"act": "acknowledge"}, {"act": "assign", "person": "otto"}):
            tag = otto.get("/api/v1/alerts/meeting").headers["etag"]
            assert otto.patch("/api/v1/alerts/meeting", json=act, headers={"If-Match": tag}).status_code == 200
        tag = otto.get("/api/v1/alerts/dark").headers["etag"]
        note = {"act": "note", "text": "Coast guard aircraft is asked to look at her last position."}
        assert otto.patch("/api/v1/alerts/dark", json=note, headers={"If-Match": tag}).status_code == 200
    yield made
    made.close()


def signing_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def dossier(page: Page) -> None:
    row_of(page, "dark").click()
    expect(page.locator(".dossier[data-alert=dark] .picture svg").first).to_be_visible()


def closing(page: Page) -> None:
    dossier(page)
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(page.get_by_role("dialog")).to_contain_text("What was found")


def keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def on_map(page: Page) -> None:
    row_of(page, "dark").click()
    page.keyboard.press("m")
    expect(page.locator(".map-told")).to_contain_text("live")
    page.keyboard.press("v")
    expect(page.locator(".in-view .craft-list li").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('.map .base canvas') !== null")


PAGES: dict[str, Callable[[Page], None]] = {
    "sign-in": signing_in,
    "dossier": dossier,
    "closing": closing,
    "keys": keys,
    "map": on_map,
}


def findings(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    told = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {[node['html'][:140] + ' ' + str(node['any'][0]['message'] if node['any'] else '')[:160] for node in one['nodes'][:3]]}"
        for one in told
        if one["impact"] in ("serious", "critical")
    ]


def kept(page: Page, name: str) -> None:
    if IS_DRAWING:
        SHOT.mkdir(parents=True, exist_ok=True)
        if name.endswith("wall"):
            page.screenshot(path=SHOT / f"{name}.jpg", animations="disabled", type="jpeg", quality=55)
        else:
            page.screenshot(path=SHOT / f"{name}.png", animations="disabled")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", list(SIZES) if IS_DRAWING else ["desk"])
def test_every_page_is_without_serious_findings(served: ServedRoom, chromium: Browser, theme: str, size: str) -> None:
    desk = Desk(served, chromium, viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    try:
        for name, show in PAGES.items():
            if name == "sign-in":
                desk.page.goto("/")
            else:
                if "data-ready" not in desk.page.content():
                    desk.open("olga")
                desk.page.goto("/#/alerts")
                desk.page.reload()
                desk.ready(desk.page)
            show(desk.page)
            kept(desk.page, f"{name}-{'day' if theme == 'light' else theme}-{size}")
            if wrong := findings(desk.page):
                found[name] = wrong
    finally:
        desk.close()
    assert not found
