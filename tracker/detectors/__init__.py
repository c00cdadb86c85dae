"""The detectors: one explicit table, no registration by import.

A line here buys settings, documentation, the contract suite and a place in every replay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracker.detectors import encounter, loitering, silence
from tracker.detectors.base import Context, Detector
from tracker.detectors.circling import CirclingConfig, CirclingDetector
from tracker.detectors.diversion import DiversionConfig, DiversionDetector
from tracker.detectors.encounter import EncounterConfig, EncounterDetector, FormationConfig, FormationDetector
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.detectors.landing import LandingConfig, LandingDetector
from tracker.detectors.loitering import LoiteringConfig, LoiteringDetector
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.detectors.zone import ZoneConfig, ZoneDetector
from tracker.voyages.itinerary import Itinerary


@dataclass(frozen=True, slots=True)
class DetectorEntry:
    """One detector: its section of the settings, how it is made, and its thresholds in the ``gfw`` profile."""

    name: str
    config: type[Any]
    make: Callable[[Any, Context, Sequence[Itinerary]], Detector]
    gfw: Any = None

    def build(self, config: Any, context: Context, itineraries: Sequence[Itinerary] = ()) -> Detector:
        """A detector that has seen nothing yet."""
        return self.make(config, context, itineraries)


DETECTORS: Final = (
    DetectorEntry("silence", SilenceConfig, lambda config, context, _: SilenceDetector(config, context), silence.GFW),
    DetectorEntry(
        "loitering", LoiteringConfig, lambda config, context, _: LoiteringDetector(config, context), loitering.GFW
    ),
    DetectorEntry(
        "encounter", EncounterConfig, lambda config, context, _: EncounterDetector(config, context), encounter.GFW
    ),
    DetectorEntry("formation", FormationConfig, lambda config, context, _: FormationDetector(config, context)),
    DetectorEntry("diversion", DiversionConfig, DiversionDetector),
    DetectorEntry("circling", CirclingConfig, lambda config, context, _: CirclingDetector(config, context)),
    DetectorEntry("landing", LandingConfig, lambda config, context, _: LandingDetector(config, context)),
    DetectorEntry("integrity", IntegrityConfig, lambda config, context, _: IntegrityDetector(config, context)),
    DetectorEntry("zone", ZoneConfig, lambda config, context, _: ZoneDetector(config, context)),
)
