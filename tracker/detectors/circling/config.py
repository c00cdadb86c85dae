"""Thresholds of the circling rule."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class CirclingConfig:
    """When turning is circling, and what kind of circling it is."""

    turn_deg: float = threshold(
        1440.0,
        "Turned so far one way inside the window she circles.",
        "watcher (advisory-circular), src/constants.ts: TOTAL_CHANGE",
        low=360.0,
    )
    window_min: float = threshold(40.0, "The window.", "watcher, src/jobs/detect.ts: 5 to 40 min", low=5.0, high=40.0)
    ends_min: float = threshold(
        12.0, "She has ended when over so long ...", "own: two laps of a holding", low=5.0, high=30.0
    )
    ends_deg: float = threshold(
        270.0,
        "... she turned less than this the same way, or less than 0.4 of what she did before.",
        "own: less than one lap",
        low=30.0,
    )
    path_over_extent: float = threshold(
        3.0,
        "Path over twice the radius of what she flew; less is going somewhere in turns.",
        "adsbtrack, loiter_ratio: 3 survey or holding, 5 orbit",
    )
    leg_s: float = threshold(
        30.0,
        "Straight for so long is a leg.",
        "own: legs of a holding last 60 s, and half of that at full speed before they are seen",
        low=10.0,
    )
    leg_deg: float = threshold(
        12.0, "Straight: within this of the course the leg began with.", "own: wind and wander", low=2.0, high=45.0
    )
    holding_turns: int = threshold(
        3,
        "So many half turns the same way with legs between them are a holding pattern.",
        "own: a lap and a half; one lap is a delaying turn",
        low=2,
    )
    holding_kn: float = threshold(
        80.0,
        "A holding is flown at least this fast on the mean.",
        "own: light aircraft train holdings at 90 kn, helicopters circle at 60",
    )
    holding_leg_min: float = threshold(
        8.0, "A leg of a holding pattern with its turn lasts at most this.", "own: legs of 1 to 2 min or 20 nm", low=1.0
    )
    holding_straight_share: float = threshold(
        0.15,
        "Straight for at least this part of the time, it is a racetrack, else an orbit.",
        "own: a lap of 4 min has 2 min of legs, of which rare reports show the half; circles have none",
        high=1.0,
    )
    holding_elongation: float = threshold(
        0.75, "Or this narrow for its length, or narrower, flown at holding_fast_kn or more: where reports are too rare to show the legs.",
        "a racetrack of 1 min legs at 250 kn is 12 km by 5 km", high=1.0,
    )  # fmt: skip
    holding_fast_kn: float = threshold(
        150.0, "So fast on the mean.", "own: below, circles drift with the wind and look as narrow"
    )
    holding_max_min: float = threshold(
        75.0, "Longer than this a racetrack is no holding, but an orbit, unless others held there.",
        "xoolive/holding_patterns: of 14,856 holdings the longest, at EGLL, lasted 65.4 min; 5-95 % 6.0-20.3 min", low=10.0,
    )  # fmt: skip
    stack_craft: int = threshold(
        3,
        "So many others having held here make it a known stack.",
        "own: one or two may hold anywhere for weather; not measured",
        low=1,
    )
    stack_km: float = threshold(15.0, "How near is here.", "own: entries and legs of one holding")
    stack_memory_days: float = threshold(
        30.0,
        "How long a holding is remembered.",
        "own: published procedures change every 28 days (AIRAC cycle, ICAO Annex 15)",
        low=0.1,
    )
    circle_deg: float = threshold(
        330.0,
        "A circle flown evenly so far round is a calibration circle.",
        "own: ICAO Doc 8071 orbits are 360 degrees, begun and left on a radial",
        low=180.0,
    )
    circle_radius_km: float = threshold(
        3.0, "At the least this wide.", "own: 360 degrees for spacing are flown tighter at low speed"
    )
    circle_bank_deg: float = threshold(
        12.0,
        "At no more bank than this, by speed and rate of turn.",
        "own: delaying turns are flown at 15 to 25 degrees of bank",
        low=1.0,
        high=30.0,
    )
    survey_turns: int = threshold(
        5,
        "So many half turns, alternately left and right, with legs between them are a survey.",
        "watcher, src/helpers/zigzag.ts, for the idea; the number own",
        low=3,
    )
    survey_leg_min: float = threshold(
        15.0, "A leg of a survey with its turn lasts at most this.", "own: 50 km at light aircraft speed", low=1.0
    )
    survey_ends_min: float = threshold(
        20.0,
        "Without another such turn for so long the survey has ended.",
        "own: waiting for light between two areas",
        low=5.0,
    )
    circuit_km: float = threshold(
        3.0,
        "Low this near to an aerodrome while circling is a circuit with touch and go, none of ours.",
        "own: final approach of a visual circuit",
    )
    circuit_ft: float = threshold(
        800.0, "Low: under this above the aerodrome.", "circuits are flown at 1,000 ft; +-200 ft of QNH"
    )
    ground_ft: float = threshold(
        300.0,
        "Coming down while circling to this above the ground, she lands, sprays or trains.",
        "own: no orbit is flown lower",
    )
    slowest_kn: float = threshold(30.0, "Slower, courses mean nothing.", "own: hovering helicopters and balloons")
    review_min: float = threshold(
        10.0,
        "How often an open circling is judged anew.",
        "own: two laps of a holding, so that each time there is something new; only revisions depend on it",
        low=1.0,
    )
    silence_min: float = threshold(
        10.0,
        "A silence longer than this ends it.",
        "own: half a lap of the slowest survey; adsbtrack splits flights at more",
        low=2.0,
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
