"""The dossier: a sentence, a picture and tables at an address of its own; whatever it says is text."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.tracker.room.page.pages import Desk, ServedRoom, alert, consignment, row_of

MARKUP = "<img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script>"


def silent(alert_id: str, revision: int = 1, **more: Any) -> Any:
    made = alert(alert_id, revision, "raised" if revision == 1 else "updated", **more)
    made["data"]["event"]["evidence"] |= {
        "silent_s": 7_200 * revision, "speed_kn": 10.0, "predicted_lat_deg": 52.4, "predicted_lon_deg": 3.6, "port_km": 41.0,
        "witnesses": [{"craft": "mmsi:244100200", "km": 14.2}],
    }  # fmt: skip
    made["data"]["itinerary"] = {
        "next_location": "NLRTM",
        "nodes": [{"location": "NLRTM", "name": "Rotterdam", "arrive": "2026-03-02T08:00:00Z", "depart": None}],
    }
    return made


def test_an_address_opens_it_with_sentence_picture_and_tables(served: ServedRoom, desk: Desk) -> None:
    served.tell(silent("d1", priority=60, consignments=[consignment("MEDUC1", "concealment")]))
    page = desk.open("olga", "/#/alerts/d1")
    dossier = page.locator(".dossier[data-alert=d1]")
    expect(dossier.locator(".sentence")).to_contain_text("1 consignments are aboard")
    words = dossier.locator("figcaption")
    for told in ("last heard 51°54.0′N", "expected here 52°24.0′N", "reach at 10 kn 37 km", "244100200 heard 14.2 km"):
        expect(words).to_contain_text(told)
    for told in (
        "Bill of lading MEDUC1",
        "concealment",
        "Van Dam Fruit, BV (NL)",
        "Rotterdam (NLRTM)",
        "goods are flagged",
        "first told",
        "port_km",
    ):
        expect(dossier).to_contain_text(told)
    box = dossier.locator(".picture").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 720, "sentence and picture need no scrolling"
    expect(row_of(page, "d1")).to_have_attribute("aria-selected", "true")


def test_it_says_what_moved_from_one_revision_to_the_next(served: ServedRoom, desk: Desk) -> None:
    served.tell(silent("d2", priority=40))
    page = desk.open("olga", "/#/alerts/d2")
    dossier = page.locator(".dossier[data-alert=d2]")
    expect(dossier).to_contain_text("first told")
    served.tell(silent("d2", 2, priority=80))
    expect(dossier).to_contain_text("priority 40 → 80")
    expect(dossier.locator("h2")).to_contain_text("critical 80")


def test_whatever_it_says_is_text(served: ServedRoom, desk: Desk) -> None:
    told = silent("d3", priority=70, consignments=[consignment("B1", MARKUP, consignee=MARKUP)])
    told["data"]["explanation"] = MARKUP
    told["data"]["event"]["evidence"]["zone"] = MARKUP[:90]
    served.tell(told)
    page = desk.open("olga", "/#/alerts/d3")
    expect(page.locator(".dossier .sentence")).to_have_text(MARKUP)
    expect(row_of(page, "d3")).to_contain_text("<img src=x")
    assert page.locator(".room img, .room script").count() == 0
    assert page.title() == "Tidewaiter"
    assert not [said for said in desk.complaints if "401" not in said]


def test_what_is_not_there_is_told_like_what_may_not_be_seen(desk: Desk) -> None:
    page = desk.open("olga", "/#/alerts/nothing")
    expect(page.locator(".dossier .wrong")).not_to_be_empty()
