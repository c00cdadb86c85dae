"""The figures of a benchmark, the same on every machine; ``tracker.evaluation.screen`` shows them.

A *part* is one seeded scenario or one background with what was injected into it. Rows of the table are kinds, summed over all seeds,
then over each background. Nothing here depends on the clock, the machine or the order of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from tracker.evaluation.by_story import add_up
from tracker.evaluation.cargo_aboard import add_up_cargo
from tracker.evaluation.comparison import Evaluation, KindScore
from tracker.events import finite

LAYOUT: Final = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One scenario or background, replayed and compared."""

    seed: int
    result: Evaluation
    background: str = ""
    """Name of the recorded background; empty where all is made."""

    @property
    def name(self) -> str:
        """The part among others."""
        return f"{self.background}, seed {self.seed}" if self.background else f"seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Row:
    """One kind over some parts."""

    kind: str
    labels: int
    found: int
    claims: int
    false: int
    alerts: int
    delays_min: tuple[float, ...]
    craft_hours: float

    @property
    def precision(self) -> float:
        """Share of claims that meet a label; NaN without claims."""
        return (self.claims - self.false) / self.claims if self.claims else math.nan

    @property
    def recall(self) -> float:
        """Share of labels met; NaN without labels."""
        return self.found / self.labels if self.labels else math.nan

    @property
    def median_delay_min(self) -> float:
        """Median delay from when it could be known; NaN where nothing was found."""
        return median(self.delays_min) if self.delays_min else math.nan

    @property
    def alerts_per_1000_craft_hours(self) -> float:
        """How often a person is disturbed by this kind."""
        return 1000.0 * self.alerts / self.craft_hours if self.craft_hours > 0.0 else math.nan

    def to_json(self) -> dict[str, Any]:
        """The figures, rounded."""
        return {
            "labels": self.labels,
            "found": self.found,
            "claims": self.claims,
            "false": self.false,
            "precision": finite(self.precision, 4),
            "recall": finite(self.recall, 4),
            "median_delay_min": finite(self.median_delay_min, 2),
            "alerts": self.alerts,
            "alerts_per_1000_craft_hours": finite(self.alerts_per_1000_craft_hours, 3),
        }


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All parts of one run."""

    parts: tuple[Part, ...]
    profile: str

    def groups(self) -> list[tuple[str, list[Part]]]:
        """All seeds together, then each background by itself."""
        names = sorted({part.background for part in self.parts})
        return [
            (f"injected into {name}" if name else "synthetic", [p for p in self.parts if p.background == name])
            for name in names
        ]

    def to_json(self) -> dict[str, Any]:
        """All figures, with everything missed and invented."""
        return {
            "layout": LAYOUT,
            "what": "Seeded scenarios are synthetic; injected events are synthetic, their backgrounds recorded.",
            "profile": self.profile,
            "groups": {
                name: {
                    "parts": [part.name for part in parts],
                    "craft_hours": finite(sum(part.result.craft_hours for part in parts), 1),
                    "negatives": sum(part.result.negatives for part in parts),
                    "negatives_hit": sum(len(part.result.negatives_hit) for part in parts),
                    "kinds": {row.kind: row.to_json() for row in rows_of(parts)},
                    "cargo": {s.difficulty: s.to_json() for s in add_up_cargo(part.result.cargo for part in parts)},
                    "stories": {s.story: s.to_json() for s in add_up(part.result.stories for part in parts)},
                }
                for name, parts in self.groups()
            },
            "parts": {part.name: {**part.result.to_json(), "synthetic": not part.background} for part in self.parts},
        }


def rows_of(parts: Sequence[Part]) -> list[Row]:
    """Kinds summed over parts, in order of their names."""
    scores: dict[str, list[KindScore]] = {}
    for part in parts:
        for score in part.result.kinds:
            scores.setdefault(score.kind, []).append(score)
    hours = sum(part.result.craft_hours for part in parts)
    return [
        Row(
            kind=kind,
            labels=sum(s.labels for s in some),
            found=sum(s.found for s in some),
            claims=sum(s.claims for s in some),
            false=sum(s.false for s in some),
            alerts=sum(s.alerts or 0 for s in some),
            delays_min=tuple(delay for s in some for delay in s.delays_min),
            craft_hours=hours,
        )
        for kind, some in sorted(scores.items())
    ]
