"""Slow twin of the ways of ships: all looks at one ship in plain Python, read from the definition."""

from __future__ import annotations

from itertools import pairwise

from models.angles import difference
from models.geodesy import bearing_deg, destination, distance_km

Look = tuple[float, float, float]
"""Hours, latitude, longitude."""


def turns(looks: list[Look], slow_kn: float) -> list[tuple[float, float, float, float]]:
    """Of each turn: when the old way ended and its course, when the new one began and its course."""
    kept = looks[:1]
    for look in looks[1:]:
        if look[0] - kept[-1][0] >= 5.0 / 60.0:
            kept.append(look)
    steps = [_step(one, two) for one, two in pairwise(kept)]
    found, old, off = [], None, False
    for k in range(1, len(steps)):
        is_way = None not in (steps[k - 1], steps[k]) and _agree(steps[k - 1], steps[k], slow_kn)
        if not is_way:
            off = True
            continue
        start, course = kept[k - 1], steps[k][0]
        if old is not None and off and _is_another(old, start, course):
            found.append((old[0][0], old[1], start[0], course))
        old, off = (kept[k + 1], *steps[k]), False
    return found


def _step(one: Look, two: Look):
    hours = two[0] - one[0]
    if hours > 0.5:
        return None
    return float(bearing_deg(*one[1:], *two[1:])), float(distance_km(*one[1:], *two[1:])) / 1.852 / hours


def _agree(one, two, slow_kn: float) -> bool:
    return (
        min(one[1], two[1]) >= slow_kn
        and abs(one[1] - two[1]) <= 0.3 * max(one[1], two[1])
        and abs(float(difference(two[0], one[0]))) <= 20.0
    )


def _is_another(old, start: Look, course: float) -> bool:
    (ended_h, lat, lon), old_course, old_kn = old
    if start[0] - ended_h > 36.0:
        return False
    run_km = old_kn * 1.852 * (start[0] - ended_h)
    beside_km = float(distance_km(*destination(lat, lon, old_course, run_km), *start[1:]))
    return abs(float(difference(course, old_course))) > 45.0 or beside_km > 3.0 + 0.2 * run_km
