"""What all rules of integrity ask: how each transmitter moves, where each craft is believed to be, what it says of itself, and what is open."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from tracker.detectors.base import Context
from tracker.detectors.integrity import motion, turns
from tracker.detectors.integrity.config import IntegrityConfig
from tracker.detectors.integrity.displaced import Displacements
from tracker.detectors.integrity.finding import NEWS_ONCE, PAIRS, VERSION
from tracker.detectors.integrity.hulls import Hulls
from tracker.detectors.integrity.open_findings import OpenFindings
from tracker.detectors.integrity.papers import Papers
from tracker.detectors.wording import Landmarks, who
from tracker.events import Event, Rule
from tracker.identity import CRAFT_MASK, craft_text, is_aircraft, with_segment
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S

_DAY_US: Final = 24 * US_PER_H
_LATELY_US: Final = 30 * US_PER_MIN
_SECOND_ROWS: Final = 3


class Knowledge:
    """Shared by all rules; the detector keeps it in snapshots."""

    def __init__(self, config: IntegrityConfig, context: Context) -> None:
        self.config, self.context = config, context
        self.moves = KeyedState({"move": ("f8", np.nan, motion.WIDTH), "proven": ("u1", 0)})
        """By transmitter: the state of ``motion``, and whether its number has been looked at."""
        self.turns = turns.state_of_turns()
        """By craft heard at several places: the state of ``turns``."""
        self.papers = Papers(int(config.confirm_s * US_PER_S))
        self.hulls = Hulls()
        self.displaced = Displacements(config)
        self.open = OpenFindings(
            Rule("integrity", VERSION, {item.name: getattr(config, item.name) for item in fields(config)}),
            _rest_us(config),
            int(config.once_h * US_PER_H),
            context.near,
        )
        self.withdrawn: list[Event] = []
        """Retractions not published yet."""

    def where(self, craft: int) -> NDArray[np.float64] | None:
        """The latest position of a craft (state of ``motion``) that is believed, whichever transmitter gave it."""
        keys = np.array([with_segment(craft, place) for place in range(turns.PLACES)], dtype=np.int64)
        if (one := self.displaced.of(craft)) is not None:
            keys = keys[keys != one.segment]
        slots = self.moves.find(keys)
        slots = slots[slots >= 0]
        if not len(slots):
            return None
        move = self.moves["move"][slots]
        when = np.where(np.isnan(move[:, motion.US]), -np.inf, move[:, motion.US])
        latest: NDArray[np.float64] = move[int(np.argmax(when))]
        return latest if np.isfinite(latest[motion.US]) else None

    def is_several(self, craft: int, now_us: int) -> bool:
        """Whether a craft was heard at two places or more within a day."""
        slot = int(self.turns.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0:
            return False
        rows, last_us = self.turns["place_rows"][slot], self.turns["place_us"][slot]
        return int(((rows >= _SECOND_ROWS) & (now_us - last_us < _DAY_US)).sum()) > 1

    def is_in_mass(self, craft: int) -> bool:
        """Whether a craft belongs to a mass displacement."""
        one = self.displaced.of(craft)
        return one is not None and bool(one.mass)

    def is_at_sea(self, lat: float, lon: float) -> bool:
        """Off any port, over water."""
        places, at_lat, at_lon = self.context.places, np.array([lat]), np.array([lon])
        off_port = places.port_distance_km(at_lat, at_lon)[0] >= self.config.change_port_km
        return bool(off_port and not places.is_land(at_lat, at_lon)[0])

    def is_under_way_at_sea(self, where: NDArray[np.float64] | None, now_us: int) -> bool:
        """Whether a craft whose state of ``motion`` is given was so within the last half hour."""
        if where is None or now_us - where[motion.US] > _LATELY_US:
            return False
        if not where[motion.SPEED] >= self.config.change_kn:
            return False
        return self.is_at_sea(float(where[motion.LAT]), float(where[motion.LON]))

    def near(self, craft: int) -> Landmarks:
        """What names the places of a craft."""
        return self.context.aerodrome_near if is_aircraft(craft) else self.context.port_near

    def named(self, craft: int) -> str:
        """A craft in words, with the name believed of it."""
        return who(craft_text(craft), Particulars(name=self.papers.text(craft, "name")))

    def ships_heard_since(self, since_us: int) -> NDArray[np.int64]:
        """Slots of ``moves`` of the ships heard after an instant, in the order of their keys."""
        heard = np.flatnonzero(self.moves.alive_mask & (self.moves["move"][:, motion.US] > since_us))
        return self.vessels_of(heard)

    def vessels_of(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some slots of ``moves`` that are ships', in the order of their keys."""
        slots = slots[np.asarray(is_vessel(self.moves.keys[slots] & CRAFT_MASK), dtype=np.bool_)]
        return slots[np.argsort(self.moves.keys[slots])]

    def withdraw(self, detail: str, key: int, why: str, now_us: int, subject: str = "") -> None:
        """Retract the event of a subject, if there is one."""
        self.withdrawn += self.open.retract(detail, key, why, now_us, subject)


def _rest_us(config: IntegrityConfig) -> dict[str, int]:
    """After how long without it a condition is over, by detail."""
    once_us = int(config.once_h * US_PER_H)
    return {
        "": int(config.rest_h * US_PER_H),
        "impossible_speed": once_us,
        **dict.fromkeys((*NEWS_ONCE, PAIRS, "identity_change", "identity_transfer"), once_us),
        "emergency": 15 * US_PER_MIN,
        **dict.fromkeys(("degraded_navigation", "mass_displacement", "displaced", "repeated_reports"), US_PER_H),
    }
