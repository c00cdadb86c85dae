"""A claim: one craft says what another said last. Whether two are one in two guises, two in one place, or two that share a number.

What is weighed is where both were and when they were heard (states of ``motion``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from tracker.detectors.integrity import motion
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

PATIENCE_US: Final = 6 * US_PER_H
_FASTEST_KN: Final = 30.0
_ALIVE_US: Final = US_PER_H
_BOTH_US: Final = 10 * US_PER_MIN
_APART_KM: Final = 20.0
"""Two that give one IMO number are two hulls once both were heard within the hour, for ten minutes, this far apart and more than an hour's
uncertainty of the older place allows (``IntegrityConfig.jump_km``)."""
_AIR_ALIVE_US: Final = 3 * US_PER_MIN
_AIR_BOTH_US: Final = 5 * US_PER_MIN
_AIR_APART_KM: Final = 20.0
"""Of aircraft: transponders are heard every few seconds; TIS-B and MLAT show one aircraft twice within a few kilometres."""


@dataclass(slots=True)
class Claim:
    """``craft`` says what ``before`` said last; ``kept`` are the attributes both say."""

    craft: int
    before: int
    first_us: int
    """When it was first said by ``craft``."""
    kept: list[str] = field(default_factory=list)
    transfer_us: int = -1
    """Of a transfer: since when the new identity is heard; it is watched until it is a day old."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claim: ``what`` is ``transfer``, ``duplicate`` or ``withdrawn``."""

    what: str
    claim: Claim
    here: NDArray[np.float64]
    there: NDArray[np.float64]
    """State of ``motion`` of the claimant, and of the holder."""


def both_there(claim: Claim, now_us: int, here: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    """Both are about: in one place, or two hulls?"""
    if min(here[motion.US], there[motion.US]) < now_us - _ALIVE_US or now_us - claim.first_us < _BOTH_US:
        return ""
    if min(here[motion.US], there[motion.US]) < claim.first_us:
        return ""
    km = distance_km_scalar(here[motion.LAT], here[motion.LON], there[motion.LAT], there[motion.LON])
    unsure_km = _FASTEST_KN * KM_PER_NM * abs(here[motion.US] - there[motion.US]) / US_PER_H
    if km <= _APART_KM + unsure_km:
        return "together" if now_us - claim.first_us > PATIENCE_US else ""  # two hulls may pass one another
    return "duplicate" if "imo" in claim.kept else "other"


def both_flying(claim: Claim, now_us: int, here: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    """Two airframes under one flight number at once."""
    if min(here[motion.US], there[motion.US]) < now_us - _AIR_ALIVE_US:
        return "other" if now_us - claim.first_us > US_PER_H else ""
    if now_us - claim.first_us < _AIR_BOTH_US:
        return ""
    km = distance_km_scalar(here[motion.LAT], here[motion.LON], there[motion.LAT], there[motion.LON])
    return "duplicate" if km > _AIR_APART_KM else "together"
