"""Integrity: the feed or the identity lies."""

from tracker.detectors.integrity.config import IntegrityConfig
from tracker.detectors.integrity.detector import IntegrityDetector

__all__ = ["IntegrityConfig", "IntegrityDetector"]
