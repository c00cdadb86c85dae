"""What every score has: how many labels were met, and how many claims meet one."""

from __future__ import annotations

import math


class Score:
    """Two shares of counts that a kind of score names ``labels``, ``found``, and by :attr:`claims_right` and :attr:`claims_made`."""

    __slots__ = ()

    labels: int
    found: int

    @property
    def claims_made(self) -> int:
        """Claims that were judged."""
        raise NotImplementedError

    @property
    def claims_right(self) -> int:
        """Those of them that meet a label."""
        raise NotImplementedError

    @property
    def recall(self) -> float:
        """Share of labels met; NaN without labels."""
        return self.found / self.labels if self.labels else math.nan

    @property
    def precision(self) -> float:
        """Share of claims that meet a label; NaN without claims."""
        return self.claims_right / self.claims_made if self.claims_made else math.nan
