"""Loitering: slow and confined, away from where ships wait."""

from tracker.detectors.loitering.config import CUSTOMS, GFW, LoiteringConfig
from tracker.detectors.loitering.detector import LoiteringDetector

__all__ = ["CUSTOMS", "GFW", "LoiteringConfig", "LoiteringDetector"]
