"""Thresholds of the zone rule."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class ZoneConfig:
    """When a craft is believed to have crossed the edge of a zone, and how long a silent one is believed to be where she was."""

    confirm_reports: int = threshold(
        2, "So many reports in a row beyond the edge are a crossing.", "own: one bad position is no crossing", low=1
    )
    leave_km: float = threshold(
        0.5,
        "Out there, the last of them must be this far from the edge, so that a ship at anchor on the edge is one visit.",
        "own: GNSS noise, and the swinging circle of a large ship at anchor",
    )
    leave_ft: float = threshold(
        500.0,
        "Or, out of the top or bottom of a zone with altitudes, this far from the limit.",
        "own: half the vertical separation of flight levels",
    )
    edge_min: float = threshold(
        30.0, "Nearer to the edge than that, being out for so long is a crossing.", "own: longer than a swing at anchor"
    )
    max_silence_h: float = threshold(
        6.0,
        "A ship silent for longer has ended her visit at her last report.",
        "own: several satellite passes",
        low=0.1,
    )
    air_max_silence_h: float = threshold(
        0.5, "So long for aircraft.", "own: a zone of 400 km is crossed in half an hour", low=0.05
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
