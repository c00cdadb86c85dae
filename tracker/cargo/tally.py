"""How many craft are taken for one conveyance, by the confidence of their best match, at any instant."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from typing import Final

from tracker.voyages.conveyance import BEATEN_BY, Match

MATCH_MARGIN: Final = BEATEN_BY


class Tally:
    """Matches of one conveyance, counted.

    Anybody can give any name or number: the question is answered without looking at the others who gave it. A craft's matches come in the order of their times, each
    surer than the one before.
    """

    def __init__(self) -> None:
        self._since_us: dict[float, list[int]] = defaultdict(list)
        self._until_us: dict[float, list[int]] = defaultdict(list)

    def add(self, match: Match, before: Match | None) -> None:
        """A match, and the craft's best one until then."""
        insort(self._since_us[match.confidence], match.time_us)
        if before is not None:
            insort(self._until_us[before.confidence], max(match.time_us, before.time_us))

    def against(self, confidence: float, known_us: int) -> tuple[float, int]:
        """The best confidence of any craft as known at an instant, and how many have one that is as good as the one given."""
        best, rivals = confidence, 0
        for other, since_us in self._since_us.items():
            count = bisect_right(since_us, known_us) - bisect_right(self._until_us.get(other, ()), known_us)
            if count > 0:
                best = max(best, other)
                rivals += count if abs(other - confidence) < MATCH_MARGIN else 0
        return best, rivals
