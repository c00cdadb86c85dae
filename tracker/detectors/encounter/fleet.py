"""All vessels at one instant, and which pairs of them are together at it (the definitions stand in ``detector``)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.angles import difference
from models.geodesy import bearing_deg, distance_km
from models.pairs import close_pairs
from tracker.detectors.base import Places
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.samples import FRESH
from tracker.detectors.sea_room import sea_room
from tracker.identity import CRAFT_MASK

_AT_ANCHOR: Final = 1
"""Navigational status (ITU-R M.1371-5 table 45)."""

Pairs = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Row pairs, shape (n, 2), the smaller key first, and distances in km."""


class Fleet:
    """Vessels ordered by key; speed made good and the place before are filled in by the detector."""

    def __init__(
        self,
        key: NDArray[np.int64],
        lat: NDArray[np.float64],
        lon: NDArray[np.float64],
        held: NDArray[np.float64],
        status: NDArray[np.float64],
    ) -> None:
        self.key, self.lat, self.lon, self.status = key, lat, lon, status
        self.held: NDArray[np.bool_] = held > 0.0
        """Not heard around this instant; ``stale`` of those whoever did not say just before that she is slow."""
        self.stale: NDArray[np.bool_] = held > FRESH
        self.kn: NDArray[np.float64] = np.full(len(key), np.nan)
        self.from_lat: NDArray[np.float64] = np.full(len(key), np.nan)
        self.from_lon: NDArray[np.float64] = np.full(len(key), np.nan)


def stopped_pairs(config: EncounterConfig, places: Places, fleet: Fleet) -> Pairs:
    """Slow craft near one another, at least one of them truly heard, not in a crowd, nor each at an anchor of its own."""
    slow = np.flatnonzero(fleet.kn <= config.slot_slow_kn)
    # harbours hold most of the slow craft and nearly all of the close pairs: they leave before the search
    if len(slow) > 1:
        slow = slow[~(places.port_distance_km(fleet.lat[slow], fleet.lon[slow]) < config.port_km)]
    pairs, km = close_pairs(fleet.lat[slow], fleet.lon[slow], config.near_km)
    if not len(pairs):
        return pairs, km
    crowded = np.bincount(pairs.ravel(), minlength=len(slow)) > config.crowd_craft
    alone = ~crowded[pairs].any(axis=1)
    pairs, km = slow[pairs[alone]], km[alone]
    heard = ~(fleet.stale[pairs[:, 0]] & fleet.stale[pairs[:, 1]])
    at_anchor = (fleet.status[pairs] == _AT_ANCHOR).all(axis=1)
    fit = heard & ~(at_anchor & (km > config.alongside_km))
    return _at_sea(config, places, fleet, pairs[fit], km[fit])


def abreast_pairs(config: EncounterConfig, places: Places, fleet: Fleet) -> Pairs:
    """Craft going the same way side by side."""
    moving = np.flatnonzero((fleet.kn >= config.abreast_min_kn) & ~fleet.held)
    pairs, km = close_pairs(fleet.lat[moving], fleet.lon[moving], config.abreast_km)
    if not len(pairs):
        return pairs, km
    pairs = moving[pairs]
    a, b = pairs[:, 0], pairs[:, 1]
    courses = [bearing_deg(fleet.from_lat[k], fleet.from_lon[k], fleet.lat[k], fleet.lon[k]) for k in (a, b)]
    together = np.abs(difference(courses[0], courses[1])) <= config.abreast_course_deg
    towards = bearing_deg(fleet.lat[a], fleet.lon[a], fleet.lat[b], fleet.lon[b])
    for course in courses:
        off_bow = np.abs(difference(towards, course))
        together &= np.abs(off_bow - 90.0) <= config.abreast_beam_deg
    return _at_sea(config, places, fleet, pairs[together], km[together])


def others_near(fleet: Fleet, i: int, j: int, within_km: float) -> NDArray[np.int64]:
    """Others within a distance of either of two."""
    near = distance_km(fleet.lat[i], fleet.lon[i], fleet.lat, fleet.lon) <= within_km
    near |= distance_km(fleet.lat[j], fleet.lon[j], fleet.lat, fleet.lon) <= within_km
    near[[i, j]] = False
    return np.flatnonzero(near)


def companions(config: EncounterConfig, fleet: Fleet, i: int, j: int) -> NDArray[np.int64]:
    """Others around a pair under way that keep its course and speed: a convoy, a fleet, a race."""
    near = distance_km(fleet.lat[i], fleet.lon[i], fleet.lat, fleet.lon) <= config.crowd_km
    near[[i, j]] = False
    rows = np.flatnonzero(near & (np.abs(fleet.kn - fleet.kn[i]) <= config.convoy_pace_kn))
    course = bearing_deg(fleet.from_lat[i], fleet.from_lon[i], fleet.lat[i], fleet.lon[i])
    courses = bearing_deg(fleet.from_lat[rows], fleet.from_lon[rows], fleet.lat[rows], fleet.lon[rows])
    return rows[np.abs(difference(courses, course)) <= config.abreast_course_deg]


def _at_sea(
    config: EncounterConfig, places: Places, fleet: Fleet, pairs: NDArray[np.int64], km: NDArray[np.float64]
) -> Pairs:
    """Without pairs of one identity, in port or on land."""
    apart = (fleet.key[pairs[:, 0]] & CRAFT_MASK) != (fleet.key[pairs[:, 1]] & CRAFT_MASK)
    pairs, km = pairs[apart], km[apart]
    if len(pairs) == 0:
        return pairs, km
    members, where = np.unique(pairs, return_inverse=True)
    room = sea_room(places, fleet.lat[members], fleet.lon[members], config.port_km, 0.0)
    free = room.open_water[where.reshape(pairs.shape)].all(axis=1)
    return pairs[free], km[free]
