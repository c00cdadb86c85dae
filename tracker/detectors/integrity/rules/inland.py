"""Ships far inland: those that came without a jump show waterways, the others are found (what is far inland: ``..inland``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.integrity import motion
from tracker.detectors.integrity.finding import Finding, finding, spot
from tracker.detectors.integrity.inland import Waterways, far_inland
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.wording import duration_text, kilometres_text, position_text
from tracker.identity import CRAFT_MASK
from tracker.units import US_PER_H, US_PER_MIN

_LOOK_AGAIN_US = US_PER_H
"""A ship that is not far inland is looked at again after so long."""


class InlandRule:
    """Finds ``on_land``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self.waterways = Waterways()

    def judge(self, now_us: int, every_us: int) -> list[Finding]:
        """Ships heard since the last look."""
        known, c = self._known, self._known.config
        move, keys = known.moves["move"], known.moves.keys
        due = known.moves.alive_mask & (move[:, motion.US] > now_us - every_us) & ~(move[:, motion.LAND_US] > now_us)
        slots = known.vessels_of(np.flatnonzero(due))
        if not len(slots):
            return []
        inland = self._is_far_inland(slots, motion.LAT, motion.LON)
        outside = slots[~inland]
        move[outside, motion.LAND_US] = now_us + _LOOK_AGAIN_US
        move[outside, motion.LAND_SINCE] = np.nan
        slots = slots[inland]
        jumped = np.isfinite(move[slots, motion.JUMP_US])
        jumped[jumped] = ~self._is_far_inland(slots[jumped], motion.JUMP_LAT, motion.JUMP_LON)
        by_water = slots[~jumped]
        move[by_water, motion.LAND_US] = now_us + _LOOK_AGAIN_US
        cells = np.full(len(slots), -1)
        cells[~jumped] = self.waterways.visited(
            move[by_water, motion.LAT], self._local(move[by_water, motion.LON]), now_us
        )
        found = []
        for slot, cell in zip(slots.tolist(), cells.tolist(), strict=True):
            one, craft = move[slot], int(keys[slot]) & CRAFT_MASK
            if cell >= 0:
                self.waterways.note(cell, craft)
                continue
            if known.is_in_mass(craft):
                continue
            if not np.isfinite(one[motion.LAND_SINCE]):
                one[motion.LAND_SINCE] = one[motion.JUMP_US]
            others = self.waterways.others(float(one[motion.LAT]), self._local(float(one[motion.LON])), craft)
            if now_us - one[motion.LAND_SINCE] >= c.inland_min * US_PER_MIN and others < c.waterway_craft:
                found.append(self._finding(craft, one, others))
        return found

    def _is_far_inland(self, slots: NDArray[np.int64], lat: int, lon: int) -> NDArray[np.bool_]:
        """Whether places of some transmitters (columns of ``motion``) are far inland."""
        move = self._known.moves["move"]
        return far_inland(self._known.context.places, move[slots, lat], move[slots, lon], self._known.config.inland_km)

    def _local(self, lon: Any) -> Any:
        """Longitudes as the grid of cells counts them."""
        return lon - self._known.context.grid_origin_deg

    def _finding(self, craft: int, move: NDArray[np.float64], others: int) -> Finding:
        """Far inland by a jump."""
        hours = float(move[motion.US] - move[motion.LAND_SINCE]) / US_PER_H
        confidence = min((0.8 if others == 0 else 0.6) + (0.1 if hours >= 2.0 else 0.0), 0.9)
        place = (float(move[motion.LAT]), float(move[motion.LON]))
        sentence = (
            f"{self._known.named(craft)} jumped {kilometres_text(float(move[motion.JUMP_KM]))} from the sea and has been more than {self._known.config.inland_km:.0f} km from any "
            f"water for {duration_text(hours)}, at {position_text(*place)}."
        )
        evidence = {
            "duration_h": hours, "jump_km": float(move[motion.JUMP_KM]), "others_there": others,
            "from": spot(move[motion.JUMP_US], move[motion.JUMP_LAT], move[motion.JUMP_LON]),
        }  # fmt: skip
        times_us = (move[motion.LAND_SINCE], move[motion.US])
        return finding("on_land", craft, times_us, place, confidence, sentence, evidence)
