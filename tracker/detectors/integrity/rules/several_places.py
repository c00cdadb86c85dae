"""One identity at several places: two transmitters under one number, or a craft that jumps (the kernel: ``..turns``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.integrity import motion, turns
from tracker.detectors.integrity.config import IntegrityConfig
from tracker.detectors.integrity.displaced import Displaced
from tracker.detectors.integrity.finding import Finding, finding, spot
from tracker.detectors.integrity.heard import Columns
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.integrity.rules.displacement import displaced
from tracker.detectors.wording import duration_text, kilometres_text
from tracker.identity import is_aircraft, is_factory_mmsi, segment_number, with_segment
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

_LONG_FRAC = 0.25
"""Two places in turns for this share of ``sure_shared_h`` are two transmitters', whatever else they may be (ours)."""


class SeveralPlacesRule:
    """Finds ``shared_identity`` and ``impossible_speed``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._limits = _limits(known.config)

    def judge(self, rows: Columns, air: NDArray[np.bool_]) -> list[Finding]:
        """Rows of a tick with a position."""
        known, craft, places = self._known, rows["craft"], segment_number(rows["segment"])
        several = places > 0
        if several.any():
            new = np.unique(craft[several])
            new = new[known.turns.find(new) < 0]
            if len(new):
                self._enter(new)
        if not len(known.turns):
            return []
        slots = known.turns.find(craft)
        at = np.flatnonzero(slots >= 0)
        if not len(at):
            return []
        reports = turns.Rows(
            slots[at], places[at], rows["time_us"][at], rows["lat_deg"][at], rows["lon_deg"][at], air[at]
        )
        found: list[Finding] = []
        for seen in turns.sightings(reports, known.turns, self._limits):
            key = int(known.turns.keys[seen.slot])
            if seen.what == turns.JUMP:
                found += self._jumped(key, seen)
            elif not is_factory_mmsi(key) and not self._may_be_one(key, seen):
                # that many use a factory's number is published when it is first heard
                found.append(self._shared(key, seen))
        return found

    def _enter(self, craft: NDArray[np.int64]) -> None:
        """Identities that show a second segment: what is known of the first becomes their first run."""
        known = self._known
        state, move = known.turns, known.moves["move"]
        for key, slot in zip(craft.tolist(), state.slots(craft).tolist(), strict=True):
            latest = -np.inf
            for place in range(turns.PLACES):
                one = int(known.moves.find(np.array([with_segment(key, place)]))[0])
                if one < 0 or not np.isfinite(move[one, motion.US]):
                    continue
                us, lat, lon, _, rows = move[one, : motion.ROWS + 1].tolist()
                turns.enter(state, slot, place, (us, lat, lon), rows)
                if us > latest:
                    latest = us
                    state["here"][slot], state["run_us"][slot] = place, move[one, motion.FIRST_US]
                    state["run_rows"][slot] = rows

    def _may_be_one(self, craft: int, seen: turns.Sighting) -> bool:
        """Whether two places in turns are, as far as anybody knows, one transmitter's: published as displaced, or not for long yet."""
        one = self._known.displaced.of(craft)
        if one is None:
            return False
        long_us = _LONG_FRAC * self._known.config.sure_shared_h * US_PER_H
        return one.is_reported or bool(one.mass) or seen.now_us - seen.since_us < long_us

    def _jumped(self, craft: int, seen: turns.Sighting) -> list[Finding]:
        """A confirmed jump: counted for its craft, noted for the land rule."""
        known, found = self._known, []
        if seen.times >= known.config.jumps and not known.is_in_mass(craft):
            found.append(self._jumper(craft, seen))
        if is_aircraft(craft):
            return found + self._drifted(craft, seen)
        place = int(known.turns["here"][seen.slot])
        slot = int(known.moves.slots(np.array([with_segment(craft, place)]))[0])
        move = known.moves["move"][slot]
        move[motion.JUMP_US], move[motion.JUMP_KM] = seen.run_us, seen.far_km
        move[motion.JUMP_LAT], move[motion.JUMP_LON] = seen.from_lat_deg, seen.from_lon_deg
        return found

    def _drifted(self, craft: int, seen: turns.Sighting) -> list[Finding]:
        """An aircraft that jumped from where it said that its position had no quality: it had drifted, and is back."""
        known = self._known
        keys = np.array([with_segment(craft, place) for place in range(turns.PLACES)], dtype=np.int64)
        slots = known.moves.find(keys)
        for slot in slots[slots >= 0].tolist():
            move = known.moves["move"][slot]
            bad_us = move[motion.BAD_US]
            if move[motion.US] != seen.from_us or not seen.from_us - bad_us >= US_PER_MIN:
                continue
            lat, lon = seen.from_lat_deg, seen.from_lon_deg
            one = Displaced(
                craft, int(known.moves.keys[slot]), int(bad_us), int(seen.from_us), int(max(move[motion.ROWS], 1)), lat, lon, lat, lon,
                int(seen.run_us), seen.lat_deg, seen.lon_deg, cause="no_quality",
            )  # fmt: skip
            return [displaced(one, known)]
        return []

    def _shared(self, craft: int, seen: turns.Sighting) -> Finding:
        """Two transmitters at once."""
        config, names = self._known.config, self._known.papers.two_names(craft)
        hours = (seen.now_us - seen.since_us) / US_PER_H
        if hours >= config.sure_shared_h:
            confidence = 0.92
        else:
            confidence = 0.5 + 0.1 * (seen.far_km >= 100.0) + 0.1 * (hours >= _LONG_FRAC * config.sure_shared_h)
        confidence = min(confidence + (0.2 if names else 0.0), 0.97)
        both = f" One gives the name {names[0]}, the other {names[1]}." if names else ""
        sentence = (
            f"{self._known.named(craft)} has been heard from two places {kilometres_text(seen.far_km)} apart, in turns, for {duration_text(hours)}: "
            f"one {'address' if is_aircraft(craft) else 'MMSI'} is used at two places, by two transmitters or by one whose position is false at one of them.{both}"
        )
        evidence = {
            "duration_h": hours, "turns": seen.times, "nearest_km": seen.near_km, "farthest_km": seen.far_km,
            "place": spot(seen.now_us, seen.lat_deg, seen.lon_deg), "other_place": spot(seen.from_us, seen.from_lat_deg, seen.from_lon_deg),
            "names": list(names) if names else None,
        }  # fmt: skip
        times_us, place = (seen.since_us, seen.now_us), (seen.lat_deg, seen.lon_deg)
        return finding("shared_identity", craft, times_us, place, confidence, sentence, evidence)

    def _jumper(self, craft: int, seen: turns.Sighting) -> Finding:
        """Jumps again and again."""
        hours = max((seen.run_us - seen.from_us) / US_PER_H, 1.0 / 60.0)
        confidence = min(0.4 + 0.1 * (seen.times - 2), 0.8)
        sentence = (
            f"{self._known.named(craft)} has jumped {seen.times} times to places {'it' if is_aircraft(craft) else 'she'} cannot have reached, last {kilometres_text(seen.far_km)} in "
            f"{duration_text(hours)}, and stayed at each."
        )
        evidence = {
            "jumps": seen.times, "jump_km": seen.far_km, "implied_kn": seen.far_km / hours / KM_PER_NM,
            "from": spot(seen.from_us, seen.from_lat_deg, seen.from_lon_deg), "to": spot(seen.run_us, seen.lat_deg, seen.lon_deg),
        }  # fmt: skip
        times_us, place = (seen.since_us, seen.now_us), (seen.lat_deg, seen.lon_deg)
        return finding("impossible_speed", craft, times_us, place, confidence, sentence, evidence)


def _limits(config: IntegrityConfig) -> turns.Limits:
    c = config
    return turns.Limits(
        float(c.stay_reports), (c.stay_min * US_PER_MIN, c.air_stay_min * US_PER_MIN), (c.jump_km, c.air_jump_km),
        (c.shared_h * US_PER_H, c.air_shared_min * US_PER_MIN), float(c.shared_turns), c.shared_apart_km, c.trail_km,
    )  # fmt: skip
