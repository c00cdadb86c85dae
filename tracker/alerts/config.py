"""Which events go before a person, and how they are ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from tracker.events import EventKind
from tracker.schema import check_thresholds, threshold

KIND_POINTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        EventKind.OFF_AERODROME_LANDING: 40,
        EventKind.DIVERSION: 32,
        EventKind.DARK_PERIOD: 30,
        EventKind.ENCOUNTER: 30,
        EventKind.LOITERING: 22,
        EventKind.ZONE: 15,
        EventKind.INTEGRITY: 15,
        EventKind.CIRCLING: 10,
        EventKind.FEED_OUTAGE: 10,
    }
)
"""Points of a kind (ours): how often goods were moved, or could be, where it happens. ``gap`` is not here: it is never an alert."""

DETAIL_POINTS: Final[Mapping[tuple[str, str], int]] = MappingProxyType(
    {
        (EventKind.DIVERSION, "landed_elsewhere"): 8,
        (EventKind.DIVERSION, "undeclared_call"): 8,
        (EventKind.DIVERSION, "returned_to_origin"): -8,
        (EventKind.DIVERSION, "late"): -14,
        (EventKind.DIVERSION, "unreachable_in_time"): -14,
        (EventKind.ENCOUNTER, "under_way"): 4,
        (EventKind.INTEGRITY, "emergency"): 25,
        (EventKind.OFF_AERODROME_LANDING, "suspected_strip"): 10,
        (EventKind.OFF_AERODROME_LANDING, "helicopter"): -20,
        (EventKind.INTEGRITY, "mass_displacement"): 12,
        (EventKind.INTEGRITY, "circle_pattern"): 10,
        (EventKind.INTEGRITY, "on_land"): 10,
        (EventKind.INTEGRITY, "identity_change"): 8,
        (EventKind.INTEGRITY, "identity_transfer"): 12,
        (EventKind.INTEGRITY, "identity_exchange"): 12,
        (EventKind.INTEGRITY, "duplicate_identity"): 8,
        (EventKind.INTEGRITY, "shared_identity"): 5,
    }
)
"""Points added by what narrows the kind (ours): a call nobody declared is graver than being late."""

ALWAYS_SHOWN_DETAILS: Final = ("emergency", "suspected_strip")
"""Details put before a person whatever is aboard, unless they are less sure than ``min_confidence``."""

SHOWN_WHEN_SURE_DETAILS: Final = (
    "shared_identity", "identity_transfer", "identity_exchange", "circle_pattern", "on_land", "frozen_position", "mass_displacement", "degraded_navigation",
)  # fmt: skip
"""Details of ``integrity`` put before a person without known cargo, too, where they are as sure as ``sure_confidence``."""

NEVER_SHOWN_DETAILS: Final = frozenset(
    {(EventKind.CIRCLING, "holding"), (EventKind.CIRCLING, "survey"), (EventKind.ENCOUNTER, "regular")}
)
"""Recorded for those who ask, put before nobody."""


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """Thresholds of the desk and points of the rank; priorities run from 0 to 100."""

    min_confidence: float = threshold(
        0.3,
        "An event less sure than this is recorded, but put before nobody.",
        "ours: above what rules give to the everyday (holding 0.15, survey 0.2, minimum fuel 0.25)",
        high=1.0,
    )
    sure_confidence: float = threshold(
        0.9, "An integrity event this sure is shown although no cargo is known aboard (some details only).", "ours: the upper part of what these rules give (circle_pattern 0.8 to 0.95)", high=1.0
    )  # fmt: skip
    confidence_points: int = threshold(
        20,
        "Taken off for an event of confidence 0, in proportion.",
        "ours: a mere guess falls by nearly one band (25 points)",
        high=100,
    )
    flag_points: int = threshold(
        40,
        "Given for a flag of severity 1 on a sure link, in proportion.",
        "ours: with the points of whatever kind, a grave flag on a sure link is high (50)",
        high=100,
    )
    further_flag_points: int = threshold(
        3,
        "Given for each further flagged consignment.",
        "ours: with further_flags_at_most half a band (25 points): the gravest flag decides",
        high=100,
    )
    further_flags_at_most: int = threshold(
        4,
        "So many further flagged consignments count.",
        "ours: with further_flag_points half a band (25 points): the gravest flag decides",
        high=100,
    )
    aboard_points: int = threshold(
        5,
        "Given where cargo is known aboard but nobody flagged any.",
        "ours: it orders alerts within a band (25 points)",
        high=100,
    )
    tracked_points: int = threshold(
        20,
        "Given where somebody ordered the craft to be tracked; no cargo need be known then.",
        "ours: nearly one band (25 points): somebody asked for this craft",
        high=100,
    )
    lead_points: int = threshold(
        10,
        "Given where the arrival is nearer than lead_urgent_h.",
        "ours: less than half a band (25 points): it orders those of like gravity",
        high=100,
    )
    lead_urgent_sea_h: float = threshold(
        24.0, "A ship nearer than this to the discharge of flagged cargo is urgent.",
        "the 24-hour rule of entry summary declarations: the time a customs office counts on", high=240.0,
    )  # fmt: skip
    lead_urgent_air_h: float = threshold(
        4.0, "An aircraft nearer than this is urgent.",
        "entry summary declarations of long-haul flights are due four hours before arrival", high=48.0,
    )  # fmt: skip
    unlinked_at_most: int = threshold(
        20,
        "Highest priority of an event on a craft of which no cargo is known.",
        "ours: below the band medium (25)",
        high=100,
    )
    operations_at_most: int = threshold(
        15, "Highest priority of an alert about a feed.", "ours: below unlinked_at_most: it concerns no craft", high=100
    )
    max_consignments: int = threshold(
        500, "So many consignments are listed in one alert, flagged ones first; the store holds all.",
        "a broker's usual limit of 1 MB a message, at some 1.5 kB a consignment", low=1, high=100_000,
    )  # fmt: skip
    same_story_km: float = threshold(
        10.0, "A loitering this near to an encounter of the same craft at the same time is told in its alert.",
        "ours: the radius of a wait and the drift of some hours", high=100.0,
    )  # fmt: skip
    same_meeting_km: float = threshold(
        30.0, "Encounters that share a craft and follow one another this near are one story.",
        "ours: a bunker tanker or mother ship keeps to one roadstead", high=500.0,
    )  # fmt: skip
    same_meeting_h: float = threshold(
        12.0, "So long after one encounter the next one of its story may begin.", "ours: as a meeting lasts through a silence",
        high=240.0,
    )  # fmt: skip
    remember_d: float = threshold(
        30.0,
        "A closed or retracted alert is remembered for late corrections so long.",
        "ours: a month for late data and questions; memory grows with it",
        low=1.0,
        high=3650.0,
    )
    unlinked_min_confidence: float = threshold(
        0.8, "On a craft whose cargo nobody knows, an event of linked_or_sure_kinds is shown only where the rule is this sure.",
        "ours: light aircraft seldom have papers, and of boats adrift most fish; a carrier waiting far out is sure", high=1.0,
    )  # fmt: skip
    linked_or_sure_kinds: tuple[str, ...] = (
        EventKind.OFF_AERODROME_LANDING,
        EventKind.LOITERING,
        EventKind.ENCOUNTER,
    )
    """Kinds shown for craft whose cargo nobody knows only where the rule is very sure."""
    linked_only_kinds: tuple[str, ...] = (EventKind.INTEGRITY, EventKind.CIRCLING, EventKind.ZONE)
    """Kinds too common to be shown for craft whose cargo nobody knows."""
    kind_points: Mapping[str, int] = field(default_factory=lambda: KIND_POINTS)
    detail_points: Mapping[tuple[str, str], int] = field(default_factory=lambda: DETAIL_POINTS)

    def __post_init__(self) -> None:
        check_thresholds(self)
