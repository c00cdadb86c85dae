"""Words that explanations share: who, how long, how far."""

from __future__ import annotations

from tracker.tracks.ship_types import Particulars


def who(craft: str, she: Particulars) -> str:
    """Name and identity of a craft, or the identity alone."""
    return f"{she.name} ({craft})" if she.name else craft


def duration_text(hours: float) -> str:
    """``45 min``, ``4 h 05 min``, ``2 d 3 h``."""
    minutes = round(hours * 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def kilometres_text(km: float) -> str:
    """``180 m``, ``2.4 km``, ``63 km``."""
    if km < 1.0:
        return f"{round(km * 1000)} m"
    return f"{km:.1f} km" if km < 10.0 else f"{km:.0f} km"
