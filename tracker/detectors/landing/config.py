"""Thresholds of the off-aerodrome landing rule."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class LandingConfig:
    """When an aircraft has come down where no aerodrome is."""

    aerodrome_km: float = threshold(
        2.0,
        "On the ground this near to an aerodrome or runway is at it.",
        "adsbtrack: on the field within 2 km; vatsim-radar issue 1511: users want 1 NM",
    )
    strip_km: float = threshold(2.0, "On the ground this near to a suspected strip is at it.", "own: as aerodrome_km")
    strip_approach_km: float = threshold(
        5.0,
        "Lost this near to a suspected strip she went there.",
        "own: a mile and a half of final approach, and half the strip",
    )
    strip_below_ft: float = threshold(
        2500.0, "Lost there, this low or lower.", "own: where mountain strips lose receivers"
    )
    lost_after_min: float = threshold(
        10.0,
        "Silent for so long after a descent she is lost.",
        "plane-notify DATA_LOSS_MINS; private-jets: 5 min",
        low=2.0,
        high=60.0,
    )
    lost_below_ft: float = threshold(
        1500.0,
        "Lost this low above the ground or lower.",
        "traffic: take-off and landing below 2,000 ft above ground, less what the ground's height is uncertain",
    )
    lost_below_kn: float = threshold(
        160.0,
        "Lost this slow or slower.",
        "own: approach speed of category D is at most 165 kn; fields are landed on slower",
    )
    descent_ftmin: float = threshold(
        150.0,
        "Descending at least so fast when lost.",
        "adsbtrack, dropped_on_approach: 200 ft/min; gliding approaches of light aircraft",
    )
    slows_share: float = threshold(
        0.95,
        "Slower than this share of her speed some minutes before, she slows down; under 100 kn nothing is asked.",
        "own: 5 kn at 100 kn, beyond what reported speeds are rounded to; set on the simulator's landings",
        high=1.0,
    )
    glide_ft_km: float = threshold(
        115.0,
        "An aerodrome ahead that a descent of so many feet a kilometre reaches is where she went.",
        "own: two degrees; the usual three are 172",
        low=20.0,
    )
    glide_extra_km: float = threshold(
        6.0,
        "Nearer than this to an aerodrome, in any direction, she may be in its circuit.",
        "own: downwind and base of a wide circuit",
    )
    glide_within_deg: float = threshold(60.0, "Ahead: within this of her course.", "own: base leg to final", high=180.0)
    cover_km: float = threshold(
        15.0,
        "Reception is compared with what was heard within this distance.",
        "own: beyond, hills and the horizon differ",
        low=1.0,
    )
    cover_days: float = threshold(7.0, "Heard so lately.", "own: receivers come and go", low=0.1)
    cover_ft: float = threshold(
        100.0, "As low as she was, within this.", "own: altitudes are told in steps of 25 and 100 ft"
    )
    witness_km: float = threshold(
        100.0,
        "Somebody within this distance must still be heard, else it is the receiver that is lost.",
        "own: one receiver's range low down",
    )
    still_kn: float = threshold(
        30.0, "No aeroplane flies slower.", "adsbtrack: stationary under 15 kn; stall speeds of ultralights are 35 kn"
    )
    still_min: float = threshold(
        3.0, "So long so slow on one spot she stands.", "own: a helicopter hovers for less", low=0.5
    )
    still_km: float = threshold(0.3, "One spot.", "own: a strip's length is more")
    still_below_ft: float = threshold(
        200.0,
        "Standing counts this low above the ground or lower, plus the uncertainty.",
        "own: helicopters hover at 300 ft and more for long; steps of altitude are 100 ft",
    )
    back_km: float = threshold(
        5.0,
        "Heard again this near, climbing, she took off from where she was lost.",
        "own: climb out of a field below coverage",
    )
    back_after_min: float = threshold(
        4.0, "Away for at least so long.", "own: land, turn round, unload and go", low=0.0
    )
    flew_on_share: float = threshold(
        0.4,
        "Heard again elsewhere: at this share of her speed or more, made good since, she flew on; slower, she was down in between.",
        "own: set on the simulator's landings, not measured elsewhere",
        high=1.0,
    )
    pressure_ft: float = threshold(
        1000.0,
        "Uncertainty of a pressure altitude where no landing nearby told the day's pressure.",
        "sea level pressure is nearly always within 1013 +-33 hPa, 27 ft each",
    )
    learned_ft: float = threshold(
        150.0, "Uncertainty where one did.", "own: steps of altitude, pressure across 150 km, flare"
    )
    pressure_km: float = threshold(
        150.0, "A landing this near tells the pressure ...", "own: weather systems are ten times as large", low=1.0
    )
    pressure_h: float = threshold(3.0, "... for so long.", "own: 3 hPa an hour is a storm", low=0.1)
    forget_h: float = threshold(12.0, "Not heard for so long, a landing is closed.", "own: overnight", low=1.5)

    def __post_init__(self) -> None:
        check_thresholds(self)
