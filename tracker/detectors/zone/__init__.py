"""Zone: craft in areas of interest, or out of the areas they were in."""

from tracker.detectors.zone.config import ZoneConfig
from tracker.detectors.zone.detector import ZoneDetector

__all__ = ["ZoneConfig", "ZoneDetector"]
