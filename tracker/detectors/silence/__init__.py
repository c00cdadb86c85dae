"""Silence: gaps, dark periods and feed outages share one memory, so they are one detector."""

from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.detector import SilenceDetector

__all__ = ["SilenceConfig", "SilenceDetector"]
