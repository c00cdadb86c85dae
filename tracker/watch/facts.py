"""How the loop does, as plain values."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from tracker.detectors import DETECTORS
from tracker.engine.work import CHUNK, SETTLEMENT, STEP

PARTS: Final = ("read", "papers", "judge", "commit", "snapshot", "reload", "disk")
"""What an alert may wait for: the parts of a turn of the loop, and a transaction on its way to the disk."""
FAULT_PARTS: Final = (
    "decoder",
    "store",
    "desk",
    "port calls",
    "papers",
    "ways of craft on papers",
    "control",
    "messages",
    "status",
    CHUNK,
    STEP,
    SETTLEMENT,
    *(f"detector {entry.name}" for entry in DETECTORS),
)
"""What may set something aside. All are counted from nothing on: Prometheus' ``increase`` does not see the first value of a counter, which may be the only one."""
_RECENT: Final = 200
"""Published turns whose delay is remembered."""
SLOW_S: Final = 1.0
"""Longer than that is slow: within a second an alert is to be out."""


@dataclass(slots=True)
class LoopFacts:
    """How the loop does, as values for metrics."""

    phase: str = "starting"
    """``starting``, ``catching up``, ``live``, ``store away`` or ``stopped``."""
    driven: float | None = None
    """How much of the store the detectors were driven over anew, from 0 to 1; None while that is not done."""
    turns: int = 0
    commits: int = 0
    lives: int = 0
    snapshots: int = 0
    snapshot_s: float = 0.0
    snapshot_at_us: int | None = None
    slow: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    """Times that a part took longer than :data:`SLOW_S`."""
    slow_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    """How long it took the last time that it was slow."""
    delays_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    """Of the last turns that published something: from the turn's beginning, when its first bytes were read, until that was durable."""
    last_error: str = ""
    decoders_lost: int = 0
    """Lines whose decoders began anew in the middle, so that a message they had half of is lost."""
    fallen: dict[str, str] = field(default_factory=dict)
    """Detectors that fell since the process began: what they no longer know, in a sentence."""
    faults: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(FAULT_PARTS, 0)))
    """Units and rows set aside because the program itself failed on them, by the part that did."""

    def published(self, delay_s: float) -> None:
        """Take note of how long something published took to be durable. Called in the writer's thread."""
        self.delays_s.append(delay_s)

    def took(self, part: str, for_s: float) -> None:
        """Take note of how long a part took."""
        if for_s > SLOW_S:
            self.slow[part] += 1
            self.slow_s[part] = for_s
