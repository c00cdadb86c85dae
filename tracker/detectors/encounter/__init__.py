"""Encounter: two craft together, stopped or side by side under way, one of them silent, or aircraft in formation."""

from tracker.detectors.encounter.config import CUSTOMS, GFW, EncounterConfig
from tracker.detectors.encounter.detector import EncounterDetector
from tracker.detectors.encounter.formation import FormationConfig, FormationDetector
from tracker.detectors.encounter.one_sided import OneSided

__all__ = [
    "CUSTOMS", "GFW", "EncounterConfig", "EncounterDetector", "FormationConfig", "FormationDetector", "OneSided",
]  # fmt: skip
