"""Slow twin of what is remembered of low reports: every craft's lowest, the two lowest of them."""

from __future__ import annotations


def two_lowest_ft(reports):
    """Of (craft, ft) pairs."""
    lowest: dict[int, float] = {}
    for craft, ft in reports:
        lowest[craft] = min(ft, lowest.get(craft, float("inf")))
    return sorted(lowest.values())[:2]
