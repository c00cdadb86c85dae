"""Craft shown where they are not: several at one place, one alone, and old reports that a feed gives again (what they are: ``..displaced``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.integrity import motion
from tracker.detectors.integrity.displaced import CAUSES, Displaced, Repeated, centre_of
from tracker.detectors.integrity.finding import MOST_LISTED, Finding, finding, spot
from tracker.detectors.integrity.heard import Columns
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.wording import kilometres_text, period_text, place_text
from tracker.identity import craft_text, is_aircraft, segment_number
from tracker.schema import NO_CODE_U8
from tracker.units import iso_time


class DisplacementRule:
    """Finds ``mass_displacement``, ``displaced`` and ``repeated_reports``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known

    def hear(self, rows: Columns, air: NDArray[np.bool_], now_us: int) -> None:
        """The displaced rows of a tick; what was published of craft that turn out to be two is withdrawn."""
        known = self._known
        if not len(known.displaced) and not (rows["displaced"] != NO_CODE_U8).any():
            return
        for one in known.displaced.hear({**rows, "air": air, "place": segment_number(rows["segment"])}, self._believed):
            why = f"{craft_text(one.craft)} is two transmitters at two places, or its other place is the true one."
            known.withdraw("displaced", one.craft, why, now_us)
            if one.mass and len(known.displaced.mass_of(one.mass)) < known.config.mass_craft:
                known.withdraw("mass_displacement", 0, why, now_us, one.mass)

    def judge(self, now_us: int, every_us: int) -> list[Finding]:
        """Craft displaced together are one event, those displaced alone one each."""
        return self._displaced(now_us, every_us) + self._repeated(now_us, every_us)

    def _believed(self, craft: int) -> tuple[int, float, float] | None:
        where = self._known.where(craft)
        if where is None:
            return None
        return int(where[motion.US]), float(where[motion.LAT]), float(where[motion.LON])

    def _displaced(self, now_us: int, every_us: int) -> list[Finding]:
        known = self._known
        if not len(known.displaced):
            return []
        found = []
        for group in known.displaced.together(now_us, is_aircraft):
            subject = next((one.mass for one in group if one.mass), "")
            before = known.open.last("mass_displacement", 0, subject) if subject else None
            count = len({one.craft for one in group})
            if max(one.last_us for one in group) <= now_us - every_us and before is not None:
                continue
            mass = self._mass(group, subject)
            if before is not None and count > int(before.evidence.get("craft_count") or 0):
                mass = replace(mass, speak=True)
            for one in group:
                self._join(one, min(each.start_us for each in group) - every_us, now_us)
                one.mass = mass.subject
            found.append(mass)
        for one in known.displaced.alone(now_us, is_aircraft):
            if one.is_reported and one.last_us <= now_us - every_us:
                continue
            others = [known.open.last("on_land", one.craft), known.open.last("circle_pattern", one.segment)]
            if any(event is not None and event.start_us >= one.start_us - every_us for event in others):
                continue
            one.is_reported = True
            found.append(displaced(one, known))
        return found

    def _join(self, one: Displaced, since_us: int, now_us: int) -> None:
        """A craft that joins a mass displacement: its jumps were no more than that."""
        jumps = None if one.mass else self._known.open.last("impossible_speed", one.craft)
        if jumps is not None and jumps.start_us >= since_us:
            why = f"{craft_text(one.craft)} is one of several that were shown at one place: those were its jumps."
            self._known.withdraw("impossible_speed", one.craft, why, now_us)

    def _mass(self, group: Sequence[Displaced], subject: str) -> Finding:
        """Several craft at one place where they are not."""
        crafts = sorted({one.craft: one for one in group}.values(), key=lambda one: (one.start_us, one.craft))
        lat, lon, radius_km = centre_of(crafts)
        start_us, last_us = min(one.start_us for one in crafts), max(one.last_us for one in crafts)
        air = sum(bool(is_aircraft(one.craft)) for one in crafts)
        what = "aircraft" if air == len(crafts) else "ships" if not air else "craft"
        away = sorted(one.km for one in crafts)
        far = kilometres_text(away[-1])
        spread = f"{kilometres_text(away[0])} to {far}" if kilometres_text(away[0]) != far else far
        turns = " in turns with their own," if sum(one.returns >= 3 for one in crafts) > len(crafts) // 2 else ""
        some = ", ".join(self._known.named(one.craft) for one in crafts[:4]) + (
            " and others" if len(crafts) > 4 else ""
        )
        near = self._known.near(group[0].craft)
        sentence = (
            f"{len(crafts)} {what} ({some}) gave positions within {kilometres_text(max(radius_km, 0.5))} of one place, {place_text(lat, lon, near)}, {period_text(start_us, last_us)},"
            f"{turns} {spread} from where they were: satellite navigation is jammed or falsified there, and none of them was at that place."
        )
        evidence = {
            "craft_count": len(crafts), "craft": [craft_text(one.craft) for one in crafts[:MOST_LISTED]], "radius_km": radius_km,
            "area": {"lat_deg": lat, "lon_deg": lon, "radius_km": radius_km}, "until": iso_time(last_us), "of": what,
            "reports": sum(one.rows for one in crafts), "nearest_km": away[0], "farthest_km": away[-1],
            "from": [spot(one.from_us, one.from_lat_deg, one.from_lon_deg) for one in crafts[:MOST_LISTED]],
        }  # fmt: skip
        confidence = min(0.8 + 0.03 * (len(crafts) - 2), 0.97)
        return finding(
            "mass_displacement", crafts[0].craft, (start_us, last_us), (lat, lon), confidence, sentence, evidence,
            subject=subject or f"place of {start_us} {craft_text(crafts[0].craft)}",
        )  # fmt: skip

    def _repeated(self, now_us: int, every_us: int) -> list[Finding]:
        """Old reports given again: one finding a feed."""
        known, found = self._known, []
        for source, some in sorted(known.displaced.repeats.by_source(known.config.frozen_reports).items()):
            if max(one.last_us for one in some) <= now_us - every_us:
                continue
            where = known.where(some[-1].craft)
            name = known.context.source_name(source)
            before = known.open.last("repeated_reports", some[0].craft, f"source:{name}")
            speak = before is not None and len(some) >= 2 * int(before.evidence.get("craft_count") or 0)
            at = (np.nan, np.nan) if where is None else (where[motion.LAT], where[motion.LON])
            found.append(_repeated(name, some, at, speak))
        return found


def displaced(one: Displaced, known: Knowledge) -> Finding:
    """One craft where it is not."""
    turns = ", in turns with its own track," if one.returns >= 3 else ""
    why = CAUSES.get(one.cause)
    doubt = f": {why}." if why else ". Its receiver is jammed or failed, or another transmitter uses its number."
    there = place_text(one.last_lat_deg, one.last_lon_deg, known.near(one.craft))
    sentence = (
        f"{known.named(one.craft)} gave positions at {there}{turns} "
        f"{period_text(one.start_us, one.last_us)}, {kilometres_text(one.km)} from where it was{doubt}"
    )
    evidence = {
        "jump_km": one.km, "reports": one.rows, "returns": one.returns, "until": iso_time(one.last_us),
        "from": spot(one.from_us, one.from_lat_deg, one.from_lon_deg), "to": spot(one.last_us, one.last_lat_deg, one.last_lon_deg),
    }  # fmt: skip
    return finding(
        "displaced", one.craft, (one.start_us, one.last_us), (one.last_lat_deg, one.last_lon_deg), 0.85 if why else 0.6,
        sentence, evidence, cause=one.cause or None,
    )  # fmt: skip


def _repeated(source: str, crafts: Sequence[Repeated], place: tuple[float, float], speak: bool) -> Finding:
    """A feed gives old reports again."""
    start_us, last_us = min(one.start_us for one in crafts), max(one.last_us for one in crafts)
    some = ", ".join(craft_text(one.craft) for one in crafts[:3]) + (" and others" if len(crafts) > 3 else "")
    many = len({one.craft for one in crafts})
    sentence = (
        f"The feed {source} gave old reports of {many} craft ({some}) again under new times, {period_text(start_us, last_us)}: the same position, speed and "
        "course to the last digit of craft under way. They count as heard without a position."
    )
    evidence = {
        "craft_count": many, "craft": [craft_text(one.craft) for one in crafts[:MOST_LISTED]],
        "reports": sum(one.rows for one in crafts), "until": iso_time(last_us),
    }  # fmt: skip
    return finding(
        "repeated_reports", crafts[0].craft, (start_us, last_us), place, 0.25, sentence, evidence,
        craft=f"source:{source}", subject=f"source:{source}", speak=speak,
    )  # fmt: skip
