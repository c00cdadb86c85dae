"""Pictures hold what comes: hostile names, the antimeridian, a pole, one point, long silences, very many points."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tracker.drawing.case import Case, Rate, Track, window_us
from tracker.drawing.chart import Chart, chart_of
from tracker.drawing.coast import land_path
from tracker.drawing.picture import draw
from tracker.drawing.tracks import DURING, paths, silent_us, thinned
from tracker.events import Event, EventKind, EventState, Rule
from tracker.geography.airports import AirportTable
from tracker.geography.ports import Port, PortTable
from tracker.geography.zones import NO_ZONES, zones_from
from tracker.units import US_PER_H, US_PER_MIN

START_US = 1_772_323_200_000_000
SVG = "{http://www.w3.org/2000/svg}"


class Sea:
    """Places without land; one port whose name is as bad as a port's name can be."""

    def __init__(self, port: Port | None = None) -> None:
        self.ports = PortTable([port] if port else [])
        self.airports = AirportTable([])

    def is_land(self, lat_deg: Any, lon_deg: Any) -> Any:
        return np.zeros(np.shape(lat_deg), dtype=bool)

    def resolve_location(self, code: str) -> None:
        return None


def track(
    lat_deg: Any, lon_deg: Any, step_us: int = US_PER_MIN, craft: str = "mmsi:219000001", name: str = ""
) -> Track:
    count = len(np.atleast_1d(lat_deg))
    empty = np.full(count, np.nan)
    return Track(
        craft, name, START_US + np.arange(count) * step_us, np.atleast_1d(lat_deg).astype(float),
        np.atleast_1d(lon_deg).astype(float), empty, empty, np.zeros(count, dtype=np.int64),
    )  # fmt: skip


def event(kind: EventKind = EventKind.LOITERING, **changes: Any) -> Event:
    told: dict[str, Any] = {
        "event_id": "e", "revision": 1, "state": EventState.CLOSED, "kind": kind, "detail": "slow", "craft": "mmsi:219000001",
        "other_craft": None, "start_us": START_US + 20 * US_PER_MIN, "end_us": START_US + 40 * US_PER_MIN, "lat_deg": 54.0,
        "lon_deg": 4.0, "cause": None, "confidence": 0.9, "explanation": "She waited.", "evidence": {}, "rule": Rule("r", "1"),
        "known_us": START_US + US_PER_H,
    } | changes  # fmt: skip
    return Event(**told)


def drawn(case: Case, places: Any = None, **more: Any) -> ElementTree.Element:
    """The picture, parsed; every coordinate in it is a number."""
    text = draw(case, places or Sea(), more.pop("zones", NO_ZONES), **more)
    assert not re.search(r"\b(nan|inf)\b", text)
    return ElementTree.fromstring(text)


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(node.itertext()) for node in root.iter() if node.tag in (f"{SVG}text", f"{SVG}title", f"{SVG}desc")]


def of_class(root: ElementTree.Element, name: str) -> list[str]:
    """Path data of a class, without its line in the legend."""
    data = [node.get("d", "") for node in root.iter(f"{SVG}path") if node.get("class") == name]
    return [path for path in data if not path.endswith("h26")]


HOSTILE = "</title><script>alert(1)</script>\"'&\x00\x1b\ud800\u202eEVIL\u2028"


def test_hostile_names_are_text_and_nothing_else() -> None:
    line = np.linspace(54.0, 54.1, 60)
    mine, other = (
        track(line, line - 50.0, name=HOSTILE),
        track(line, line - 50.01, craft="mmsi:219000002", name=HOSTILE),
    )
    square = [[[3.9, 53.9], [4.2, 53.9], [4.2, 54.2], [3.9, 54.2], [3.9, 53.9]]]
    zones = zones_from(
        {"type": "Feature", "properties": {"name": HOSTILE}, "geometry": {"type": "Polygon", "coordinates": square}},
        "z",
    )
    said = event(EventKind.ENCOUNTER, other_craft=HOSTILE, explanation=HOSTILE, detail=HOSTILE)
    root = drawn(Case(said, mine, other), Sea(Port("XXXXX", HOSTILE, "XX", 54.05, 4.05)), zones=zones, note=HOSTILE)
    assert not list(root.iter(f"{SVG}script"))
    shown = texts(root)
    assert any("<script>alert(1)</script>" in text for text in shown)
    assert not any(sign in text for text in shown for sign in "\x00\x1b\u202e\u2028")
    assert any("\\u202eEVIL" in text for text in shown)


def test_it_says_what_it_is_to_those_who_do_not_see_it() -> None:
    root = drawn(
        Case(event(), track(np.linspace(54.0, 54.1, 60), np.full(60, 4.0), name="SEA TRADER")), note="Simulated."
    )
    assert root.get("role") == "img"
    title, desc = (root.findtext(f"{SVG}{name}") for name in ("title", "desc"))
    assert title == "Loitering: slow: SEA TRADER (mmsi:219000001)"
    assert desc is not None
    assert desc.startswith("Simulated. She waited. A chart")


@pytest.mark.parametrize("middle_deg", [179.99, -179.99, 180.0])
def test_a_track_across_the_antimeridian_is_drawn_as_anywhere_else(middle_deg: float) -> None:
    def numbers(middle_deg: float) -> list[float]:
        lon = (np.linspace(-0.1, 0.1, 60) + middle_deg + 180.0) % 360.0 - 180.0
        root = drawn(Case(event(lon_deg=middle_deg), track(np.linspace(54.0, 54.01, 60), lon)))
        data = " ".join(path for name in "bda" for path in of_class(root, name))
        return [float(number) for number in re.findall(r"-?\d+\.?\d*", data)]

    assert numbers(middle_deg) == pytest.approx(numbers(4.0), abs=0.2)


@pytest.mark.parametrize("lat_deg", [90.0, -90.0, 89.5, 0.0])
def test_one_position_anywhere_is_a_picture(lat_deg: float) -> None:
    one = track(lat_deg, 4.0)
    root = drawn(Case(event(lat_deg=lat_deg, start_us=START_US, end_us=START_US), one))
    assert "start 00:00" in texts(root)
    assert len(of_class(root, "d")) == 1


def test_hours_of_silence_are_dashed_and_leave_a_hole_in_the_strip() -> None:
    lat = np.concatenate([np.linspace(54.0, 54.1, 30), np.linspace(54.5, 54.6, 30)])
    whole = track(lat, np.full(60, 4.0))
    whole.time_us[30:] += 6 * US_PER_H
    start_us, end_us = int(whole.time_us[29]), int(whole.time_us[30])
    silence = event(EventKind.DARK_PERIOD, detail="sea", start_us=start_us, end_us=end_us)
    whole.speed_kn[:] = 12.0
    root = drawn(Case(silence, whole))
    assert len(of_class(root, "d s")) == 1
    assert of_class(root, "d") == []
    assert of_class(root, "w")[0].count("M") == 2
    assert {"last heard 00:29", "heard again 06:30", "Dark period of a ship"} <= set(texts(root))


def test_a_rare_feed_is_a_line_and_not_all_dashes() -> None:
    hourly = track(np.linspace(50.0, 51.0, 20), np.full(20, 4.0), step_us=US_PER_H)
    assert silent_us(hourly, event()) == 5 * US_PER_H
    assert not any(
        path.silent
        for path in paths(
            hourly, event(start_us=START_US, end_us=START_US + US_PER_H), Chart(4.0, 54.0, 10.0, 776.0, 430.0)
        )
    )


def test_speed_is_worked_out_where_none_is_reported_and_shown_beside_it_where_the_feed_may_lie() -> None:
    ten_kn = track(54.0 + np.arange(60) / 6.0 / 60.0, np.full(60, 4.0))
    assert "speed between positions, kn" in texts(drawn(Case(event(), ten_kn)))
    ten_kn.speed_kn[:] = 20.0
    lie = drawn(Case(event(EventKind.INTEGRITY, detail="circle_pattern"), ten_kn))
    assert "speed, kn: as reported (thin), between positions (thick)" in texts(lie)
    made_good, reported = (of_class(lie, name)[-1] for name in "dw")
    assert float(made_good.split("l")[0].split()[1]) > float(reported.split("l")[0].split()[1])
    assert "speed as reported, kn" in texts(drawn(Case(event(), ten_kn)))


def test_two_transmitters_are_never_joined() -> None:
    both = track([54.0, 10.0, 54.01, 10.01], [4.0, 90.0, 4.01, 90.01])
    both.segment[1::2] = 1
    found = list(
        paths(both, event(start_us=START_US, end_us=START_US + US_PER_H), Chart(4.0, 60.0, 100.0, 776.0, 430.0))
    )
    assert [len(path.points_px) for path in found] == [2, 2]
    assert all(np.ptp(path.points_px, axis=0).max() < 5.0 for path in found)
    assert {path.section for path in found} == {DURING}


def test_very_many_points_are_thinned_to_what_can_be_seen() -> None:
    rng = np.random.default_rng(1)
    steps = np.cumsum(rng.normal(0.0, 1e-4, (2, 200_000)), axis=1)
    wild = track(54.0 + steps[0], 4.0 + steps[1], step_us=US_PER_MIN // 60)
    root = drawn(Case(event(end_us=int(wild.time_us[-1])), wild))
    assert len(ElementTree.tostring(root)) < 60_000
    straight = np.stack([np.linspace(0.0, 700.0, 10_000), np.linspace(0.0, 70.0, 10_000)], axis=-1)
    assert len(thinned(straight)) == 2


def test_an_outage_shows_what_the_feed_gave_and_where_it_lost_whom() -> None:
    lost = track(np.linspace(54.0, 54.1, 20), np.full(20, 4.0), craft="mmsi:219000002")
    minutes = START_US + np.arange(60) * US_PER_MIN
    rows = np.where(np.arange(60) < 20, 30, 0)
    nobody = track(np.empty(0), np.empty(0), craft="source:ais")
    outage = event(EventKind.FEED_OUTAGE, craft="source:ais", detail="silent", lat_deg=np.nan, lon_deg=np.nan)
    root = drawn(Case(outage, nobody, None, (lost,), Rate(minutes, rows)))
    assert "reports of the source per minute" in texts(root)
    assert len([node for node in root.iter(f"{SVG}circle") if node.get("fill") == "#d55e00"]) == 2


@pytest.mark.parametrize("kind", list(EventKind))
def test_an_open_event_of_any_kind_with_odd_evidence_is_a_picture(kind: EventKind) -> None:
    odd = {"area": {"lat_deg": None}, "facts": ["x"], "witnesses": "x", "craft": 3, "left": 5, "bound_for": "NOWHERE"}
    said = event(kind, detail="", state=EventState.OPEN, end_us=None, evidence=odd)
    line = track(np.linspace(54.0, 54.2, 60), np.full(60, 4.0), craft="icao24:4b1812")
    drawn(Case(said, line, None, (), None))


def test_the_chart_shows_all_of_the_event_and_a_kilometre_is_a_kilometre() -> None:
    lat, lon = np.array([54.0, 54.4]), np.array([179.8, -179.6])
    chart = chart_of((lat, lon), (np.empty(0), np.empty(0)), (776.0, 430.0), 1.0, 2.0)
    assert chart.holds(chart.place(lat, lon)).all()
    north = chart.place([54.2, 54.3], [180.0, 180.0])
    assert north[0, 1] - north[1, 1] == pytest.approx(0.1 * 111.195 * chart.px_per_km, rel=0.01)
    back_lat, back_lon = chart.position(*chart.place(lat, lon).T)
    assert back_lat == pytest.approx(lat)
    assert back_lon == pytest.approx(lon)


def test_land_is_where_the_mask_says_and_nowhere_else() -> None:
    chart = Chart(4.0, 0.0, 100.0, 776.0, 430.0)
    assert land_path(chart, lambda lat, lon: np.zeros(len(lat), dtype=bool)) == ""
    west = land_path(chart, lambda lat, lon: lon < 4.0)
    assert west.count("M") == 1
    numbers = np.array([float(n) for n in re.findall(r"-?\d+\.?\d*", west)]).reshape(-1, 2).cumsum(axis=0)
    assert numbers[:, 0].max() == pytest.approx(388.0, abs=5.0)


def test_the_window_grows_with_the_event_and_has_an_end() -> None:
    short, long = event(), event(end_us=START_US + 1000 * US_PER_H)
    assert window_us(short) == (START_US + 20 * US_PER_MIN - 40 * US_PER_MIN, START_US + 80 * US_PER_MIN)
    assert window_us(long)[1] == START_US + 1006 * US_PER_H
