"""How the loop does, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class LoopFacts:
    """How the loop does, as values for metrics."""

    phase: str = "starting"
    """``starting``, ``catching up``, ``live``, ``store away`` or ``stopped``."""
    turns: int = 0
    commits: int = 0
    lives: int = 0
    snapshots: int = 0
    snapshot_s: float = 0.0
    snapshot_at_us: int | None = None
    last_error: str = ""
