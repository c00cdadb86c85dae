"""Thresholds of the integrity rules, and how often one of them may speak."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tracker.schema import check_thresholds, threshold

DETAILS: Final = MappingProxyType(
    {
        "impossible_speed": "A craft jumps again and again to places she cannot have reached, and stays at each.",
        "shared_identity": "Two transmitters use one MMSI or 24-bit address at the same time.",
        "frozen_position": "A craft under way whose position stays the same.",
        "on_land": "A ship that jumped from the sea to a place far inland where nobody sails.",
        "circle_pattern": "Positions on a circle that the reported speed or course contradicts.",
        "invalid_identity": "A number nobody was given, or an IMO number with a wrong check digit. Information only.",
        "identity_change": "Another name, call sign or IMO number under the same MMSI, under way at sea.",
        "identity_transfer": "A new MMSI takes over the IMO number, or the name and call sign, of one that fell silent at the same place.",
        "identity_exchange": "Two ships that go on as each other: positions, names or numbers changed places.",
        "duplicate_identity": "One IMO number on two ships, or one flight number on two aircraft, at the same time.",
        "emergency": "Squawk 7500, 7600 or 7700, an ADS-B emergency state, or an active AIS distress device.",
        "degraded_navigation": "An area in which many craft have lost the accuracy of their positions at the same time.",
        "shared_place": "Several craft give exactly one coordinate: a value for none, a fault of the feed. Information only.",
        "mass_displacement": "Several ships or aircraft give positions at one place where they are not.",
        "papers_contradicted": "Papers say another name, IMO number or MMSI of the ship they mean than it says itself.",
        "displaced": "One craft gives positions where it is not: flung away and back, or in turns.",
        "repeated_reports": "A feed gives old reports again under new times. Information only.",
    }
)
"""The details of the kind ``integrity``; ``docs/events/integrity.md`` has a section for each."""


@dataclass(frozen=True, slots=True)
class IntegrityConfig:
    """When a transmitter, an identity or an area is believed to lie."""

    stay_reports: int = threshold(
        5, "A place counts after so many reports from it in a row.", "ours: three make a segment, two more make it a stay", low=3
    )  # fmt: skip
    stay_min: float = threshold(
        10.0,
        "And after a ship stayed for so long.",
        "ours: three reports of a ship at anchor (ITU-R M.1371-5: every 3 min)",
        low=0.5,
    )
    air_stay_min: float = threshold(
        1.0,
        "So long for aircraft.",
        "ours: as long as readsb holds a position for valid, 60 s: a stale one is over",
        low=0.1,
    )
    jumps: int = threshold(
        3, "So many impossible jumps within a day are an event.", "ours: one is a repaired receiver, two are there and back", low=1
    )  # fmt: skip
    jump_km: float = threshold(
        20.0, "A shorter jump of a ship is noise.", "AIS_Tracker grades jumps at 20, 50 and 100 km", low=1.0
    )
    air_jump_km: float = threshold(50.0, "So far for aircraft.", "ours: stale positions of snapshot feeds", low=5.0)
    shared_h: float = threshold(
        2.0, "Two transmitters heard in turns for so long share an identity.", "ours: seen in one watch; GFW counts 24 h a year", low=0.1
    )  # fmt: skip
    sure_shared_h: float = threshold(
        24.0, "After so long it is sure.", "GFW, vessel-info-tables: overlap_hours_multinames > 24", low=0.1
    )
    air_shared_min: float = threshold(
        10.0,
        "So long for aircraft.",
        "ours: ten times air_stay_min; set on the simulator's flights, not measured elsewhere",
        low=0.5,
    )
    shared_turns: int = threshold(
        20, "And so often did the one answer the other.", "ours: damaged numbers come in ones and twos", low=4
    )
    shared_apart_km: float = threshold(
        10.0, "Nearer together they may be one ship heard twice.", "ours: 20 kn for a clock 15 minutes wrong", low=1.0
    )
    trail_km: float = threshold(
        3.0, "A second place this near the first one's wake is the same ship with another clock.",
        "ours: a chord of 20 minutes at 20 kn leaves the wake of a turning ship by less", low=0.1,
    )  # fmt: skip
    frozen_km: float = threshold(0.1, "A position moving less than this stands still.", "ours: GNSS noise and the ship's length", low=0.005)  # fmt: skip
    frozen_kn: float = threshold(
        2.0, "From this speed on she is under way.", "the slow speed of GFW's loitering", low=0.5
    )
    frozen_run_km: float = threshold(
        5.0, "She is frozen once she should have run so far.", "ours: 10 kn for 16 minutes", low=0.5
    )
    air_frozen_run_km: float = threshold(
        40.0,
        "So far for aircraft.",
        "five minutes at 260 kn: snapshot feeds hold a position for up to one minute",
        low=2.0,
    )
    frozen_reports: int = threshold(
        10,
        "And said so in so many reports.",
        "ours: set with frozen_run_km on the simulator's fleet, not measured elsewhere",
        low=3,
    )
    inland_km: float = threshold(
        20.0, "On land is farther than this from any water of the mask.", "the mask calls harbours, rivers and canals land", low=5.0
    )  # fmt: skip
    inland_min: float = threshold(30.0, "And for so long.", "ours: as ship_sail_h of [tracks]", low=10.0)
    waterway_craft: int = threshold(
        3, "Where so many others came without a jump there is a river the mask does not know.", "ours: one barge may share a number", low=1, high=3,
    )  # fmt: skip
    circle_laps: float = threshold(
        2.0, "So many full circles.", "ours: one is a turn, a rescue or a compass being set", low=1.0
    )
    circle_min_km: float = threshold(0.1, "A smaller radius is an aerial turning with the ship.", "ours: half a large ship's length", low=0.02)  # fmt: skip
    circle_max_km: float = threshold(
        20.0,
        "A larger one is a round trip.",
        "ours: above the radii of spoofed circles, some km (Bergman, SkyTruth and GFW 2020)",
        low=0.5,
    )
    circle_kn: float = threshold(
        3.0, "Slower circles are swinging or waiting.", "ours: as moving_above_kn of [loitering]", low=0.5
    )
    circle_rms_frac: float = threshold(
        0.08,
        "Positions leave the circle by at most this share of its radius.",
        "ours: set on the simulator's circles, not measured elsewhere",
        high=0.5,
    )
    circle_odds: float = threshold(
        1.6, "The run along the circle and the reported speed differ by this factor, or the course by 45 degrees.",
        "ours: tide makes a factor of 1.3", low=1.1,
    )  # fmt: skip
    confirm_s: float = threshold(
        60.0, "A new name counts when it came twice, so far apart at least.",
        "OpenCPN PR 1191: accepted after two equal reports; several stations hear one message within seconds", low=1.0,
    )  # fmt: skip
    change_kn: float = threshold(
        3.0, "Under way is faster than this.", "ours: as moving_above_kn of [loitering]", low=0.5
    )
    change_port_km: float = threshold(
        3.0, "At sea is farther than this from a port.", "GFW anchorage_cfg.yaml: a port visit begins within 3 km"
    )
    emergency_s: float = threshold(
        60.0, "An emergency must last so long, and its position be no older.", "plane-notify, planeClass.py", low=1.0
    )
    min_nic: int = threshold(
        7, "An aircraft below this integrity is degraded.", "14 CFR 91.227: NIC 7 or better", high=11.0
    )
    min_nac_p: int = threshold(8, "Or below this accuracy.", "14 CFR 91.227: NACp 8 or better", high=11.0)
    area_deg: float = threshold(
        0.75,
        "Size of a cell; it is judged with its neighbours.",
        "ours: 250 km across, what a jammer reaches at cruising height",
        low=0.1,
        high=10.0,
        lays_out=True,
    )
    area_min: float = threshold(
        10.0, "Areas are judged so often.", "ours: not measured; gpsjam judges whole days", low=1.0
    )
    area_craft: int = threshold(
        4, "At least so many craft are degraded.", "one aircraft with low NIC is no evidence (FR24)", low=2
    )
    area_frac: float = threshold(0.10, "And this share of those there.", "gpsjam: red above 10 %", high=1.0)
    area_chance: float = threshold(
        1e-4, "And by chance, at the usual share of the place, so many would be this rare.", "ours: a cell a day for a year", high=0.1
    )  # fmt: skip
    area_usual_frac: float = threshold(0.02, "Usual share of a place nobody knows yet.", "gpsjam: below 2 % is green", low=0.001, high=0.9)  # fmt: skip
    sea_area_frac: float = threshold(
        0.5, "Of ships, this share.", "ours: the accuracy bit goes with differential corrections, too", high=1.0
    )
    sea_area_usual_frac: float = threshold(
        0.25,
        "And so many usually.",
        "ours: half of sea_area_frac; the accuracy bit goes with differential corrections, too",
        low=0.001,
        high=0.9,
    )
    mass_craft: int = threshold(
        2, "So many craft displaced to one place are one event.", "ours: two do not err to one place by chance", low=2
    )
    mass_km: float = threshold(
        10.0, "One place is within this radius.", "ours: an airport and its surroundings", low=0.5
    )
    mass_h: float = threshold(
        6.0, "And within so long.", "ours: as alone_h of [tracks], jamming seen from one ship lasts hours", low=0.1
    )
    rest_h: float = threshold(
        3.0,
        "A condition not seen for so long is over.",
        "ours: set on the simulator's fleet, not measured elsewhere: less makes several events of one condition",
        low=0.1,
    )
    once_h: float = threshold(
        24.0,
        "One that comes back within so long is the same event again.",
        "ours: one event per craft, detail and day",
        low=0.1,
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
