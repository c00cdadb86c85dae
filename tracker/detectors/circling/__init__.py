"""Circling: orbits, holding patterns and surveys of aircraft."""

from tracker.detectors.circling.config import CirclingConfig
from tracker.detectors.circling.detector import CirclingDetector

__all__ = ["CirclingConfig", "CirclingDetector"]
