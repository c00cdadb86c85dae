"""Encounter: two craft together, stopped or side by side under way."""

from tracker.detectors.encounter.config import CUSTOMS, GFW, EncounterConfig
from tracker.detectors.encounter.detector import EncounterDetector

__all__ = ["CUSTOMS", "GFW", "EncounterConfig", "EncounterDetector"]
