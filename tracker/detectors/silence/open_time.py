"""How much of a silence its feed was open for: an outage takes its exact share of the length, and of each step of a way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.silence.columns import NEVER_US
from tracker.detectors.silence.lost import Silence
from tracker.detectors.silence.ways import STEPS


def outage_within_s(silence: Silence, now_us: int) -> float:
    """Seconds of a silence in which its feed was out."""
    if silence.blind_from_us == NEVER_US:
        return 0.0
    begin, end = max(silence.blind_from_us, silence.since_us), min(silence.blind_to_us, now_us)
    return max(end - begin, 0) / 1e6


def open_share(silence: Silence, span_s: float) -> NDArray[np.float64]:
    """Of each of ``STEPS`` steps of a silence, ``span_s`` long together, the share in which its feed was not out."""
    if silence.blind_from_us == NEVER_US:
        return np.ones(STEPS)
    edges = np.arange(STEPS + 1) / STEPS * span_s
    begin = (silence.blind_from_us - silence.since_us) / 1e6
    end = (silence.blind_to_us - silence.since_us) / 1e6
    out = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0.0, None)
    return np.asarray(1.0 - out / (span_s / STEPS), dtype=np.float64)
