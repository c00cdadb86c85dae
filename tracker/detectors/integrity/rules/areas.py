"""Areas in which many craft have lost the accuracy of their positions (when one is struck: ``..area``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, from_unit_vectors, unit_vectors
from tracker.detectors.integrity import motion
from tracker.detectors.integrity.area import Area, Areas
from tracker.detectors.integrity.finding import MOST_LISTED, Finding, finding
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.wording import kilometres_text, position_text
from tracker.identity import CRAFT_MASK, craft_text, is_aircraft
from tracker.units import US_PER_H, US_PER_MIN

_GOOD_US = 12 * US_PER_H
"""Craft whose quality was good within the last half day count."""
_SAME_AREA_KM = 60.0
"""An area whose centre is so near the reach of an open event is that event's (ours)."""


class AreaRule:
    """Finds ``degraded_navigation``, air and sea apart."""

    def __init__(self, known: Knowledge) -> None:
        self._known, c = known, known.config
        self.air = Areas(c.area_deg, c.area_craft, c.area_frac, c.area_chance, c.area_usual_frac)
        self.sea = Areas(c.area_deg, c.area_craft, c.sea_area_frac, c.area_chance, c.sea_area_usual_frac)

    def judge(self, now_us: int, every_us: int) -> list[Finding]:
        """Craft of known quality, held against what is usual."""
        known = self._known
        keys, move = known.moves.keys, known.moves["move"]
        heard = known.moves.alive_mask & (move[:, motion.QUALITY_US] > now_us - every_us)
        slots = np.flatnonzero(heard & (move[:, motion.GOOD_US] > now_us - _GOOD_US))
        if not len(slots):
            return []
        slots = slots[np.argsort(keys[slots])]
        slots = slots[~np.isin(keys[slots], np.array(known.displaced.segments(), dtype=np.int64))]
        bad = now_us - move[slots, motion.BAD_US] >= US_PER_MIN
        air = np.asarray(is_aircraft(keys[slots] & CRAFT_MASK))
        found: list[Finding] = []
        for areas, mine, what in ((self.air, air, "aircraft"), (self.sea, ~air, "ships")):
            some = slots[mine]
            lon = move[some, motion.LON] - known.context.grid_origin_deg
            for area in areas.judge(move[some, motion.LAT], lon, bad[mine], now_us):
                found.append(self._finding(area, some[area.degraded], what, now_us))
        return found

    def _finding(self, area: Area, hit: NDArray[np.int64], what: str, now_us: int) -> Finding:
        """Many craft of an area at once; the first to be struck stands for it."""
        keys, move = self._known.moves.keys, self._known.moves["move"]
        hit_lat, hit_lon = move[hit, motion.LAT], move[hit, motion.LON]
        lat, lon = (float(v) for v in from_unit_vectors(unit_vectors(hit_lat, hit_lon).sum(axis=0)))
        radius_km = float(np.max(distance_km(hit_lat, hit_lon, lat, lon)))
        first = hit[np.lexsort((keys[hit], move[hit, motion.BAD_US]))]
        craft, start_us = [int(key) & CRAFT_MASK for key in keys[first]], int(move[first[0], motion.BAD_US])
        count, share = len(area.degraded), len(area.degraded) / len(area.there)
        sentence = (
            f"{count} of {len(area.there)} {what} within {kilometres_text(max(radius_km, 1.0))} of {position_text(lat, lon)} have lost the accuracy of their positions "
            f"({share:.0%}; usually {area.usual_frac:.0%})."
        )
        evidence = {
            "area": {"lat_deg": lat, "lon_deg": lon, "radius_km": radius_km, "cells": len(area.cells)}, "radius_km": radius_km,
            "craft_count": len(area.there), "degraded_count": count, "share": share, "usual_share": area.usual_frac, "of": what,
            "craft": [craft_text(key) for key in craft[:MOST_LISTED]],
        }  # fmt: skip
        subject = self._open_near(lat, lon, radius_km + _SAME_AREA_KM) or _subject(start_us, craft)
        return finding(
            "degraded_navigation", craft[0], (start_us, now_us), (lat, lon), min(0.65 + 0.02 * count, 0.95), sentence, evidence,
            subject=subject,
        )  # fmt: skip

    def _open_near(self, lat: float, lon: float, km: float) -> str:
        """The subject of an open event near a place; empty where there is none."""
        for subject, event in self._known.open.events("degraded_navigation"):
            reach = km + float(event.evidence.get("radius_km") or 0.0)
            if distance_km(event.lat_deg, event.lon_deg, lat, lon) <= reach:
                return subject
        return ""


def _subject(start_us: int, craft: Sequence[int]) -> str:
    return f"area of {start_us} {craft_text(craft[0])}"
