"""Diversion: the craft no longer serves the declared itinerary."""

from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.detector import DiversionDetector

__all__ = ["DiversionConfig", "DiversionDetector"]
