"""What light aircraft do: each story flies one from home and back, and gives the label its flight makes true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from models.geodesy import bearing_deg
from tracker.simulate.aerodromes import Aerodromes
from tracker.simulate.pilot import Pilot, beyond
from tracker.simulate.stories.seed import Seed

FORBIDDEN: Final = ("circling", "off_aerodrome_landing")

Made = tuple[Pilot, str, str, Callable[[float, str, str], Seed], tuple[tuple[float, float], ...]]
"""Pilot, home, category, the label from (begin of the flight, call sign, craft), and spans off the air."""


def _airborne(places: Aerodromes, home: str, ft_above: float = 1500.0) -> Pilot:
    lat, lon, ft = places.place(home)
    pilot = Pilot(lat, lon, ft, float(places.rng.uniform(0.0, 360.0)))
    pilot.stand(240.0)
    pilot.take_off(ft + ft_above)
    return pilot


def _home_again(places: Aerodromes, pilot: Pilot, home: str) -> None:
    lat, lon, ft = places.place(home)
    course = float(bearing_deg(pilot.lat_deg, pilot.lon_deg, lat, lon))
    pilot.land_at(lat, lon, ft, course)
    pilot.taxi(60.0)
    pilot.stand(300.0)


def _seed(
    kind: str,
    detail: str,
    pilot_at: tuple[float, float],
    begin: float,
    end: float,
    known: float | None,
    what: str,
    craft: str,
    **more: Any,
) -> Seed:
    return Seed(kind, detail, None, begin, end, *pilot_at, known, what, must_alert=False, craft=craft, **more)


def orbit(places: Aerodromes, receiver: str) -> Made | None:
    """Five to ten laps over one place well away from aerodromes."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    kn, ft = float(rng.uniform(85.0, 120.0)), spot[2] + float(rng.uniform(1500.0, 4500.0))
    pilot.go_to((spot[0], spot[1]), kn, ft)
    rate = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(1.3, 3.0))
    laps = float(rng.uniform(5.0, 10.0))
    begin = pilot.now_s
    pilot.steps(360.0 * laps / abs(rate), rate, kn, ft)
    end, at = pilot.now_s, (pilot.lat_deg, pilot.lon_deg)
    _home_again(places, pilot, home)
    known = begin + 1440.0 / abs(rate)

    def label(t: float, name: str, craft: str) -> Seed:
        return _seed(
            "circling",
            "orbit",
            at,
            t + begin,
            t + end,
            t + known,
            f"{name} flies {laps:.1f} circles over one place.",
            craft,
        )

    return pilot, home, "A1", label, ()


def survey(places: Aerodromes, receiver: str) -> Made | None:
    """A raster of 9 to 14 legs."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    kn, ft = float(rng.uniform(100.0, 130.0)), spot[2] + float(rng.uniform(3000.0, 6000.0))
    leg_s, turn_s, legs = float(rng.uniform(120.0, 260.0)), float(rng.uniform(60.0, 90.0)), int(rng.integers(9, 15))
    pilot.go_to((spot[0], spot[1]), kn, ft)
    begin, sign = pilot.now_s, float(rng.choice([-1.0, 1.0]))
    known = begin
    for leg in range(legs):
        pilot.steps(leg_s, 0.0, kn, ft)
        if leg == 5:
            known = pilot.now_s
        if leg < legs - 1:
            pilot.steps(turn_s, sign * 180.0 / turn_s, kn, ft)
            sign = -sign
    end, at = pilot.now_s, (pilot.lat_deg, pilot.lon_deg)
    _home_again(places, pilot, home)

    def label(t: float, name: str, craft: str) -> Seed:
        return _seed(
            "circling", "survey", at, t + begin, t + end, t + known, f"{name} flies a raster of {legs} legs.", craft
        )

    return pilot, home, "A1", label, ()


def _down(
    places: Aerodromes, receiver: str, detail: str, category: str = "A1"
) -> tuple[Pilot, str, tuple[float, float], float, float, tuple[tuple[float, float], ...], bool] | None:
    """To a field, down for 12 to 45 min, and home; half of the time with the transponder off from 100 to 300 ft above it."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    silent = bool(rng.random() < 0.6)
    lat, lon, ft, final = spot
    touched = pilot.land_at(lat, lon, ft, final, kn=float(rng.uniform(50.0, 70.0)))
    heights = np.array([row[2] for row in pilot.log])
    low = int(np.flatnonzero(heights > ft + float(rng.uniform(100.0, 300.0)))[-1]) + 1
    pilot.stand(float(rng.uniform(720.0, 2700.0)))
    pilot.course_deg = final
    pilot.take_off(ft + 1500.0)
    up = next(k for k in range(len(pilot.log) - 1, 0, -1) if pilot.log[k][2] < ft + 250.0)
    off = ((low * 5.0, up * 5.0),) if silent else ()
    end = up * 5.0
    _home_again(places, pilot, home)
    return pilot, home, (lat, lon), touched, end, off, silent


def field_landing(places: Aerodromes, receiver: str) -> Made | None:
    """Down in a field where no aerodrome is."""
    made = _down(places, receiver, "landing")
    if made is None:
        return None
    pilot, home, at, touched, end, off, silent = made

    def label(t: float, name: str, craft: str) -> Seed:
        how = "with her transponder off" if silent else "and says so"
        known = t + (off[0][0] + 600.0 if silent else touched + 10.0)
        return _seed(
            "off_aerodrome_landing",
            "landing",
            at,
            t + touched,
            t + end,
            known,
            f"{name} comes down in a field {how}.",
            craft,
        )

    return pilot, home, "A1", label, off


def suspected_strip(places: Aerodromes, receiver: str) -> Made | None:
    """The same at a strip of the register."""
    made = _down(places, receiver, "suspected_strip")
    if made is None:
        return None
    pilot, home, at, touched, end, off, silent = made

    def label(t: float, name: str, craft: str) -> Seed:
        known = t + (off[0][0] + 600.0 if silent else touched + 10.0)
        return _seed(
            "off_aerodrome_landing",
            "suspected_strip",
            at,
            t + touched,
            t + end,
            known,
            f"{name} comes down at a suspected strip.",
            craft,
        )

    return pilot, home, "A1", label, off


def helicopter(places: Aerodromes, receiver: str) -> Made | None:
    """A rotorcraft to a hospital and back."""
    made = _down(places, receiver, "helicopter")
    if made is None:
        return None
    pilot, home, at, _, _, off, _ = made

    def label(t: float, name: str, craft: str) -> Seed:
        what = f"{name}, a helicopter, lands at a hospital."
        return _seed("negative", "helicopter", at, t, t + pilot.now_s, None, what, craft, forbids=FORBIDDEN)

    return pilot, home, "A7", label, off


def circuits(places: Aerodromes, receiver: str) -> Made | None:
    """Five to eight circuits with touch and go at home."""
    home = places.home(receiver)
    if home is None:
        return None
    lat, lon, ft = places.place(home)
    pilot, rng = Pilot(lat, lon, ft, float(places.rng.uniform(0.0, 360.0))), places.rng
    pilot.stand(240.0)
    course, turn = pilot.course_deg, float(rng.choice([-1.0, 1.0])) * 3.0
    for _ in range(int(rng.integers(5, 9))):
        pilot.take_off(ft + 700.0)
        for straight_s, height in ((40.0, 1000.0), (100.0, 1000.0), (35.0, 700.0)):
            pilot.steps(30.0, turn, 90.0, ft + 1000.0)
            pilot.steps(straight_s, 0.0, 90.0, ft + height)
        pilot.land_at(lat, lon, ft, course, final_km=2.0)
        pilot.course_deg = course
    pilot.taxi(60.0)
    pilot.stand(300.0)
    what = "flies circuits with touch and go"
    return pilot, home, "A1", quiet("circuits", what, (lat, lon), pilot), ()


def go_around(places: Aerodromes, receiver: str) -> Made | None:
    """Three to five approaches to a great airport broken off low down, and home."""
    home = places.home(receiver)
    if home is None:
        return None
    lat, lon, ft = places.place(receiver)
    pilot, rng = _airborne(places, home, 3000.0), places.rng
    course = float(rng.uniform(0.0, 360.0))
    for _ in range(int(rng.integers(3, 6))):
        start = beyond(lat, lon, course + 180.0, 14.0)
        pilot.go_to(start, 150.0, ft + 2500.0, 1.0)
        pilot.go_to((lat, lon), 120.0, ft + 250.0, 0.8)
        pilot.steps(180.0, 0.0, 140.0, ft + 2500.0)
    _home_again(places, pilot, home)
    return pilot, home, "A2", quiet("go_around", "goes around several times", (lat, lon), pilot), ()


def low_pass(places: Aerodromes, receiver: str) -> Made | None:
    """Low over a field and away."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot = _airborne(places, home)
    lat, lon, ft, final = spot
    start = beyond(lat, lon, final + 180.0, 5.0)
    pilot.go_to(start, 90.0, ft + 1100.0, 0.8)
    pilot.go_to((lat, lon), 75.0, ft + 150.0)
    pilot.steps(60.0, 0.0, 80.0, ft + 150.0)
    pilot.steps(240.0, 0.0, 95.0, ft + 1500.0)
    _home_again(places, pilot, home)
    return pilot, home, "A1", quiet("low_pass", "passes low over a field", (lat, lon), pilot), ()


def far_aerodrome(places: Aerodromes, receiver: str) -> Made | None:
    """A landing at an aerodrome that nobody hears low down, and the flight back."""
    home, far = places.home(receiver), places.home(receiver, 60.0, 110.0)
    if home is None or far is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    lat, lon, ft = places.place(far)
    course = float(bearing_deg(pilot.lat_deg, pilot.lon_deg, lat, lon))
    start = beyond(lat, lon, course + 180.0, 6.0)
    pilot.go_to(start, 105.0, ft + 2500.0, 1.0)
    pilot.land_at(lat, lon, ft, course)
    pilot.stand(float(rng.uniform(900.0, 2400.0)))
    pilot.take_off(ft + 2500.0)
    pilot.go_to(places.place(home)[:2], 105.0, places.place(home)[2] + 2500.0, 6.0)
    _home_again(places, pilot, home)
    return pilot, home, "A1", quiet("far_aerodrome", f"lands at {far}, where nobody hears her", (lat, lon), pilot), ()


def below_coverage(places: Aerodromes, receiver: str) -> Made | None:
    """Down below what anybody hears, 15 to 30 min along, and up again elsewhere."""
    home = places.home(receiver)
    if home is None:
        return None
    pilot, rng = _airborne(places, home, 2000.0), places.rng
    lat, lon, ft = places.place(receiver)
    out = float(rng.uniform(0.0, 360.0))
    there = beyond(lat, lon, out, 70.0)
    pilot.go_to(there, 110.0, ft + 2500.0, 2.0)
    pilot.steps(300.0, 0.0, 80.0, ft + 250.0)
    pilot.steps(float(rng.uniform(900.0, 1800.0)), 0.0, 85.0, ft + 250.0)
    pilot.steps(300.0, 0.0, 105.0, ft + 3000.0)
    pilot.go_to(places.place(home)[:2], 110.0, places.place(home)[2] + 2500.0, 6.0)
    _home_again(places, pilot, home)
    return (
        pilot,
        home,
        "A1",
        quiet("below_coverage", "flies on below what anybody hears", (there[0], there[1]), pilot),
        (),
    )


def quiet(detail: str, what: str, at: tuple[float, float], pilot: Pilot) -> Callable[[float, str, str], Seed]:
    def label(t: float, name: str, craft: str) -> Seed:
        return _seed("negative", detail, at, t, t + pilot.now_s, None, f"{name} {what}.", craft, forbids=FORBIDDEN)

    return label
