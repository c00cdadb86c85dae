"""Off-aerodrome landing: an aircraft comes down where no aerodrome is."""

from tracker.detectors.landing.config import LandingConfig
from tracker.detectors.landing.detector import LandingDetector

__all__ = ["LandingConfig", "LandingDetector"]
