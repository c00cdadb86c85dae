"""Silence: gaps, dark periods and feed outages share one memory, so they are one detector."""

from tracker.detectors.silence.config import GFW, SilenceConfig
from tracker.detectors.silence.detector import SilenceDetector

__all__ = ["GFW", "SilenceConfig", "SilenceDetector"]
