"""Thresholds by which papers and what was seen of craft are laid over each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.schema import check_thresholds, threshold

_OURS: Final = "ours"
LEAST_SURE: Final = 0.41
"""Of a craft matched less surely nothing is stated: a flight number of a carrier only alike in letters, whoever fits papers less well than another (ours)."""
OVERDUE: Final = 0.8
"""What is left of a match of a craft overdue (ours)."""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """How papers and calls are laid over each other."""

    loading_window_d: float = threshold(
        14.0, "A call at the port of loading counts this far from the declared departure.",
        f"{_OURS}: longer than nearly every delay of a sailing, shorter than a weekly service's next but one call", high=60.0,
    )  # fmt: skip
    early_departure_h: float = threshold(
        12.0, "Of a ship followed since this long before the declared departure it is known whether she was there; a call that was over by then is another voyage's.",
        f"{_OURS}: a departure is seldom earlier by more", high=240.0,
    )  # fmt: skip
    unloading_h: float = threshold(
        2.0, "Cargo stays aboard this long after the arrival at the port of discharge was seen.",
        f"{_OURS}: berthing takes that long, and a call is known only once she has stopped", high=48.0,
    )  # fmt: skip
    overdue_sea_d: float = threshold(30.0, "A ship overdue has the cargo aboard for so long.", _OURS, high=365.0)
    overdue_air_d: float = threshold(2.0, "An aircraft overdue has the cargo aboard for so long.", _OURS, high=60.0)
    overdue_doubt_h: float = threshold(24.0, "Overdue by more, the link is less sure.", _OURS, high=720.0)
    undated_sea_d: float = threshold(90.0, "Bound at sea where no arrival is declared.", _OURS, high=365.0)
    undated_air_d: float = threshold(3.0, "Bound in the air where no arrival is declared.", _OURS, high=60.0)
    same_port_km: float = threshold(
        30.0, "Ports of one country closer than this are one port: Maasvlakte is Rotterdam.",
        "the bundled port table: terminals lie up to 30 km from their port's reference point", high=100.0,
    )  # fmt: skip
    keep_calls_d: float = threshold(
        120.0,
        "Calls longer ago are forgotten.",
        f"{_OURS}: longer than any voyage and its delay",
        low=30.0,
        high=3650.0,
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
