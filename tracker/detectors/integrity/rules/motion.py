"""What one transmitter does against what it says, and numbers that nobody was given (the kernel: ``..motion``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.integrity import motion
from tracker.detectors.integrity.finding import INFORMATION, Finding, finding
from tracker.detectors.integrity.heard import COLUMNS, Heard
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.wording import duration_text, kilometres_text
from tracker.identity import (
    CRAFT_MASK,
    DOMAIN_ICAO24,
    DOMAIN_MMSI,
    domain,
    is_aircraft,
    is_factory_mmsi,
    is_icao24_allocated,
    is_mid_assigned,
    is_ship_station,
    number,
)
from tracker.tracks.kinds import NEITHER
from tracker.units import US_PER_H

_PROVEN_ROWS = 5
"""A number is looked at once its transmitter gave so many reports: damaged ones come in ones and twos."""


class MotionRule:
    """Finds ``frozen_position``, ``circle_pattern`` and ``invalid_identity``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._limits = motion.Limits(*(float(getattr(known.config, name)) for name in motion.Limits._fields))

    def judge(self, heard: Heard, first: int, stop: int) -> list[Finding]:
        """Some rows into the motion of their transmitters; what is found of them, and of numbers that are odd."""
        moves = self._known.moves
        slots = moves.slots(heard["segment"][first:stop])
        kinds = heard.kinds[first:stop]
        found = self.findings(self.follow(heard, first, stop, slots))
        unproven = np.flatnonzero(moves["proven"][slots] == 0)
        if len(unproven):
            # neither ships nor aircraft, but maybe a set with a factory's number
            stations = np.unique(slots[unproven[kinds[unproven] == NEITHER]])
            moves["proven"][stations] = 1
            if len(stations):
                found += self._odd_numbers(stations[is_factory_mmsi(moves.keys[stations] & CRAFT_MASK)])
            touched = slots[unproven]
            ready = np.unique(touched[moves["move"][touched, motion.ROWS] >= _PROVEN_ROWS])
            if len(ready):
                moves["proven"][ready] = 1
                found += self._odd_numbers(ready)
        return found

    def follow(self, heard: Heard, first: int, stop: int, slots: NDArray[np.int32]) -> NDArray[np.void]:
        """Some rows into the motion of their transmitters; the records they give rise to."""
        found = motion.no_records(stop - first)
        columns = {name: heard[name][first:stop] for name in COLUMNS[2:]}
        reports = motion.Reports(slot=slots, kind=heard.kinds[first:stop], **columns)
        count = motion.follow(reports, self._known.moves["move"], self._limits, found)
        records: NDArray[np.void] = found[:count]
        return records

    def findings(self, records: NDArray[np.void]) -> list[Finding]:
        """What records of :meth:`follow` say."""
        found: list[Finding] = []
        for record in records:
            key = int(self._known.moves.keys[record["slot"]])
            if record["what"] == motion.FROZEN:
                if not self._is_known_otherwise(key):
                    found.append(self._frozen(key, record))
            elif not self._known.is_in_mass(key & CRAFT_MASK):
                found.append(self._circle(key, record))
        return found

    def _is_known_otherwise(self, segment: int) -> bool:
        """Whether a place that stays the same is a false one of several craft, or the doing of a feed."""
        craft, displaced = segment & CRAFT_MASK, self._known.displaced
        one = displaced.of(craft)
        return (one is not None and one.segment == segment) or displaced.repeats.is_feed(craft)

    def _odd_numbers(self, slots: NDArray[Any]) -> list[Finding]:
        """MMSIs and addresses nobody was given, once each."""
        known = self._known
        craft = known.moves.keys[slots] & CRAFT_MASK
        ship = np.asarray(is_ship_station(craft))
        odd = np.where(
            domain(craft) == DOMAIN_MMSI,
            np.where(ship, ~np.asarray(is_mid_assigned(craft)), _badly_formed(craft)) | is_factory_mmsi(craft),
            (domain(craft) == DOMAIN_ICAO24) & ~np.asarray(is_icao24_allocated(number(craft))),
        )
        found = []
        for k in np.flatnonzero(odd).tolist():
            key, move = int(craft[k]), known.moves["move"][slots[k]]
            if known.papers.is_first_time(key, int(move[motion.US])):
                found.append(self._odd_number(key, move))
        return found

    def _frozen(self, key: int, record: np.void) -> Finding:
        """Under way on the spot."""
        craft, run_km = key & CRAFT_MASK, float(record["run_km"])
        hours, speed_kn = float(record["now_us"] - record["since_us"]) / US_PER_H, float(record["speed_kn"])
        usual_km = 40.0 if is_aircraft(craft) else 5.0
        confidence = 0.6 if run_km < 4.0 * usual_km else 0.75 if run_km < 12.0 * usual_km else 0.9
        sentence = (
            f"{self._known.named(craft)} reports {speed_kn:.1f} kn but has given the same position for {duration_text(hours)}, in which {'it' if is_aircraft(craft) else 'she'} should have "
            f"run {kilometres_text(run_km)}."
        )
        evidence = {
            "duration_h": hours, "run_km": run_km, "reports": int(record["reports"]), "speed_kn": speed_kn,
        }  # fmt: skip
        return _found("frozen_position", key, record, confidence, sentence, evidence)

    def _circle(self, key: int, record: np.void) -> Finding:
        """On a ring."""
        radius_km, laps, odds = float(record["radius_km"]), float(record["laps"]), float(record["odds"])
        confidence = min(0.6 + 0.1 * laps, 0.95)
        if odds > self._limits.circle_odds:
            why = f"moved {odds:.1f} times as fast as it reported"
        elif odds < 1.0 / self._limits.circle_odds:
            why = f"reported {1.0 / odds:.1f} times the speed at which it moved"
        else:
            why = "reported courses that do not follow the circle"
        sentence = (
            f"{self._known.named(key & CRAFT_MASK)} has gone round a circle of {kilometres_text(radius_km)} radius {laps:.0f} times, and {why}: "
            "no ship sails so."
        )
        evidence = {"radius_km": radius_km, "laps": laps, "run_over_reported": odds}
        return _found("circle_pattern", key, record, confidence, sentence, evidence)

    def _odd_number(self, craft: int, move: NDArray[np.float64]) -> Finding:
        """A number nobody was given."""
        is_mmsi = domain(craft) == DOMAIN_MMSI
        what = "an MMSI of no state and no form in use" if is_mmsi else "a 24-bit address allocated to no state"
        reason = "mmsi" if is_mmsi else "icao24"
        if is_factory_mmsi(craft):
            reason = "factory_mmsi"
            what = "a factory's MMSI, as sets do that nobody has programmed or that lost their memory: it may be several ships at once"
        sentence = f"{self._known.named(craft)} transmits {what}."
        since_us = move[motion.SINCE_US] if np.isnan(move[motion.FIRST_US]) else move[motion.FIRST_US]
        times_us, place = (since_us, move[motion.US]), (move[motion.LAT], move[motion.LON])
        return finding("invalid_identity", craft, times_us, place, INFORMATION, sentence, {"reason": reason}, once=True)


def _found(
    detail: str, key: int, record: np.void, confidence: float, sentence: str, evidence: dict[str, Any]
) -> Finding:
    times_us, place = (record["since_us"], record["now_us"]), (record["lat_deg"], record["lon_deg"])
    return finding(detail, key, times_us, place, confidence, sentence, evidence)


def _badly_formed(craft: NDArray[np.int64]) -> NDArray[np.bool_]:
    """MMSIs of no form of ITU-R M.585-9: neither ship, coast, group, handheld, aircraft, craft of a parent, aid nor distress device."""
    value = number(craft)
    two, three = value // 10_000_000, value // 1_000_000
    proper = (two >= 80) & (two < 90) | (two == 98) | (two == 99) | np.isin(three, (111, 970, 972, 974, 979))
    coast_or_group = (two < 10) & (value > 999_999)
    return ~(proper | coast_or_group)
