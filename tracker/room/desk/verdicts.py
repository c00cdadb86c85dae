"""What verdicts say of the rules: precision by kind, rule, area and feed, calibration of confidence, and what is offered for suppression.

A rule answers for its own faults only: ``wrong: data`` counts against the feed and never against the rule, ``inconclusive`` and ``not inspected`` count
for nothing. Few verdicts give no figure. Nothing is ever suppressed by these functions: a person is offered it, with the cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tracker.room.desk.outcomes import CONFIRMING, Outcome

FEWEST: Final = 10
"""Fewer verdicts give no figure (ours: the interval of ten is still some 50 points wide)."""
_Z: Final = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""
BINS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Edges of the bins of confidence; the last bin has its upper edge, too."""
OFFER_MOST: Final = 0.3
"""A rule whose precision is surely below this in an area is offered for suppression (ours)."""
GROUPS: Final = ("kind", "rule", "area", "feed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One alert with its verdict: what it was, by which rule, where, of which feed, how sure the rule was, and the outcome."""

    alert_id: str
    kind: str
    rule: str
    area: str
    feed: str
    confidence: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often one group was right; shares are 0 to 1, and None where there are too few verdicts."""

    group: str
    name: str
    right: int
    wrong: int
    not_counted: int
    precision: float | None
    low: float | None
    high: float | None

    @property
    def is_too_few(self) -> bool:
        """Whether there are too few verdicts for a figure."""
        return self.precision is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Of alerts with a stated confidence from ``from_`` to ``to``: how many were judged, how sure the rules were, how many were right."""

    from_: float
    to: float
    judged: int
    stated: float | None
    right: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A rule that was judged wrong again and again in one area: a person may suppress it there."""

    rule: str
    area: str
    right: int
    wrong: int
    high: float
    alert_ids: tuple[str, ...]
    sentence: str


def wilson(right: int, judged: int) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % (Wilson 1927); ``judged`` at least 1."""
    share = right / judged
    spread = _Z * math.sqrt(share * (1 - share) / judged + _Z**2 / (4 * judged**2))
    middle, scale = share + _Z**2 / (2 * judged), 1 + _Z**2 / judged
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


def is_right(outcome: Outcome, group: str) -> bool | None:
    """Whether an outcome speaks for a group, against it, or (None) says nothing of it."""
    if outcome in CONFIRMING:
        return True
    fault = Outcome.WRONG_DATA if group == "feed" else Outcome.WRONG_RULE
    return False if outcome is fault else None


def precision_by(judged: Iterable[Judged], group: str) -> tuple[Precision, ...]:
    """Precision of every member of ``kind``, ``rule``, ``area`` or ``feed``, by name."""
    counts: dict[str, list[int]] = {}
    for verdict in judged:
        right = is_right(verdict.outcome, group)
        column = 2 if right is None else 0 if right else 1
        counts.setdefault(getattr(verdict, group), [0, 0, 0])[column] += 1
    return tuple(_precision(group, name, *counts[name]) for name in sorted(counts))


def _precision(group: str, name: str, right: int, wrong: int, not_counted: int) -> Precision:
    share = low = high = None
    if right + wrong >= FEWEST:
        share = right / (right + wrong)
        low, high = wilson(right, right + wrong)
    return Precision(
        group=group, name=name, right=right, wrong=wrong, not_counted=not_counted, precision=share, low=low, high=high
    )


def calibration(judged: Iterable[Judged]) -> tuple[CalibrationBin, ...]:
    """Of alerts said to be so sure, how many were right: one bin for each step of confidence."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in BINS[1:]]
    for verdict in judged:
        right = is_right(verdict.outcome, "rule")
        if right is None or verdict.confidence is None or not 0 <= verdict.confidence <= 1:
            continue
        place = next(k for k in range(len(bins)) if verdict.confidence < BINS[k + 1] or k == len(bins) - 1)
        bins[place].append((verdict.confidence, right))
    return tuple(_bin(BINS[k], BINS[k + 1], told) for k, told in enumerate(bins))


def _bin(from_: float, to: float, told: list[tuple[float, bool]]) -> CalibrationBin:
    if len(told) < FEWEST:
        return CalibrationBin(from_=from_, to=to, judged=len(told), stated=None, right=None, low=None, high=None)
    right = sum(is_right_ for _, is_right_ in told)
    low, high = wilson(right, len(told))
    stated = math.fsum(confidence for confidence, _ in told) / len(told)
    return CalibrationBin(
        from_=from_, to=to, judged=len(told), stated=stated, right=right / len(told), low=low, high=high
    )


def offers(judged: Iterable[Judged]) -> tuple[Offer, ...]:
    """Rules that are surely wrong more often than not in an area, the worst first. A person decides; a seizure among them forbids the offer."""
    by_place: dict[tuple[str, str], list[Judged]] = {}
    for verdict in judged:
        if is_right(verdict.outcome, "rule") is not None:
            by_place.setdefault((verdict.rule, verdict.area), []).append(verdict)
    found = []
    for (rule, area), told in sorted(by_place.items()):
        right = sum(is_right(v.outcome, "rule") is True for v in told)
        wrong = len(told) - right
        high = wilson(right, len(told))[1]
        has_found = any(v.outcome in (Outcome.SEIZED, Outcome.IRREGULARITY) for v in told)
        if len(told) >= FEWEST and high < OFFER_MOST and not has_found:
            found.append(
                Offer(
                    rule=rule,
                    area=area,
                    right=right,
                    wrong=wrong,
                    high=high,
                    alert_ids=tuple(v.alert_id for v in told if v.outcome is Outcome.WRONG_RULE),
                    sentence=f"{rule} was judged wrong {wrong} of {len(told)} times in {area}: it may be suppressed there",
                )
            )
    return tuple(sorted(found, key=lambda offer: (offer.high, offer.rule, offer.area)))
