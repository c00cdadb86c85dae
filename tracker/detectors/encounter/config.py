"""Thresholds of the encounter rule and its two profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class EncounterConfig:
    """When two craft meet. The defaults are the ``customs`` profile."""

    slot_min: float = threshold(
        5.0,
        "Craft are compared every so often.",
        "own: half of the 10 min of Global Fishing Watch, pipe-encounters: 45 min are nine instants",
        low=0.5,
        lays_out=True,
    )
    settle_min: float = threshold(
        10.0,
        "How long to wait for the report after an instant before judging it; this is the delay.",
        "own: three reports of a ship at anchor (ITU-R M.1371-5: every 3 min)",
        low=0.0,
    )
    max_silence_min: float = threshold(
        60.0,
        "Positions are interpolated across silences up to this.",
        "Global Fishing Watch, pipe-encounters: 1 h",
        low=1.0,
    )
    hold_min: float = threshold(
        30.0,
        "A slow craft not heard since stays where she was for so long.",
        "own: satellite feeds report twice an hour",
    )
    near_km: float = threshold(
        0.5, "Stopped together: at most this far apart.", "GFW encounters: 500 m", low=0.01, high=50.0
    )
    slow_kn: float = threshold(2.0, "Stopped: median speed of the two below this.", "GFW encounters: 2 kn", low=0.1)
    slot_slow_kn: float = threshold(3.0, "Stopped: at no instant faster than this.", "own: half as much again", low=0.1)
    min_stopped_min: float = threshold(
        45.0,
        "Stopped together for this long is an encounter.",
        "own: a pallet takes half an hour; Skylight 30 min, GFW 2 h",
        low=1.0,
    )
    tolerance_min: float = threshold(20.0, "Instants apart or unheard that do not break a meeting.", "own: four slots")
    shared_silence_h: float = threshold(
        12.0,
        "A stopped meeting goes on through a silence up to this, if both come back together and neither was heard elsewhere.",
        "passes of satellites repeat after half a day (Global Fishing Watch, gaps.md: why gaps count from 12 h)",
    )
    min_sparse_min: float = threshold(
        120.0,
        "A meeting of which less than min_stopped_min was seen must last so long in all.",
        "GFW encounters: 2 h",
        low=1.0,
    )
    part_min: float = threshold(
        0.0,
        "Above 0, a meeting is made of parts at least this long, joined by merge_min and judged as one; shorter ones are nothing.",
        "own: none; Global Fishing Watch, pipe-encounters: raw encounters of 1 h",
    )
    abreast_km: float = threshold(
        0.3, "Under way together: at most this far apart.", "own: lane traffic keeps half a mile", low=0.01, high=50.0
    )
    abreast_min_kn: float = threshold(
        2.5,
        "Under way: both at least this fast.",
        "own: between slow_kn and slot_slow_kn, so that a pair at any speed is one or the other",
        low=0.1,
    )
    abreast_course_deg: float = threshold(
        15.0,
        "Under way: courses differ by at most this.",
        "own: with abreast_beam_deg and abreast_steady_km it finds none in 1,300 craft-days of US coast traffic",
        high=180.0,
    )
    abreast_beam_deg: float = threshold(
        45.0, "Side by side: the other within this angle of the beam.", "own: ahead or astern is following", high=90.0
    )
    abreast_steady_km: float = threshold(
        0.2, "Under way: the distance varies by at most this.", "own: overtaking is not steady"
    )
    min_abreast_min: float = threshold(
        20.0,
        "Side by side for this long is an encounter.",
        "own: none such in 1,300 craft-days of US coast traffic",
        low=1.0,
    )
    met_km: float = threshold(
        1.0, "Under way: they were this far apart within the hour before.", "own: tows and convoys leave port together"
    )
    filled: float = threshold(
        0.6,
        "At least this share of the instants must qualify.",
        "own: set on the simulator's fleet, not measured elsewhere",
        high=1.0,
    )
    merge_min: float = threshold(
        60.0,
        "Meetings of one pair closer in time are one event.",
        "own: as max_silence_min; Global Fishing Watch, pipe-encounters: 4 h",
    )
    port_km: float = threshold(10.0, "Nearer to a port meeting is normal.", "GFW encounters: 10 km from port")
    shore_km: float = threshold(3.0, "Nearer to land is inshore.", "own: bays and estuaries")
    small_craft_shore_km: float = threshold(
        20.0, "When neither is known to be a carrier, nearer to land is everyday.", "own: boats off the US coast"
    )
    crowd_km: float = threshold(3.0, "How near is a crowd.", "own: the size of an anchorage or a fleet")
    crowd_craft: int = threshold(
        4,
        "So many other craft around make an anchorage, a fleet or a regatta.",
        "own: as many as make a waiting place in [loitering]",
        low=1,
    )
    alongside_km: float = threshold(
        0.25,
        "In a crowd of ships lying idle, two that came together and lie this near are alongside one another; two at anchor farther apart are not together.",
        "own: two antennas on hulls made fast; ships at anchor keep a swinging circle of half a mile",
    )
    convoy_craft: int = threshold(
        2,
        "So many others within crowd_km that keep a pair's course and speed make a convoy.",
        "own: ice, escort, race",
        low=1,
    )
    convoy_pace_kn: float = threshold(1.0, "Keeping its speed is to within this.", "own: noise of ten minutes' way")
    lightering_kn: float = threshold(
        6.5,
        "Two carriers abreast and no faster lighter cargo: only other carriers make them a convoy, and no crowd excuses them.",
        "OCIMF Ship to Ship Transfer Guide: some 5 kn for mooring and transfer under way; convoys in ice are of carriers",
    )
    small_m: float = threshold(
        60.0,
        "Craft known to be shorter attend ships: workboats, tenders, launches.",
        "own: offshore workboats and fender boats measure 20 to 55 m; the smallest sea-going tankers 60 m and more",
    )
    regular_pair: int = threshold(
        2, "A pair that met so often lately meets regularly.", "own: the third visit is no news", low=1
    )
    regular_place: int = threshold(
        3,
        "Where one of two met others so often, lately and at this place, a partner that was there before is a regular.",
        "own: a production ship's supply boats and shuttle tankers come back within days",
        low=1,
    )
    regular_km: float = threshold(
        2.0, "How far such a place reaches.", "own: swing of a moored tanker and its visitors"
    )
    regular_d: float = threshold(30.0, "Meetings are remembered for so long.", "own: a month of supply", high=366.0)
    visit_h: float = threshold(
        4.0,
        "Meetings of one pair less than this apart are one visit.",
        "GFW pipe-encounters: encounters less than 4 h apart are merged; a supply boat comes twice a day",
    )
    draught_m: float = threshold(
        0.5,
        "A change of draught from this on is evidence that cargo was moved.",
        "practitioners of STS detection: 0.5 m; AIS tells tenths of a metre",
        low=0.1,
    )
    draught_h: float = threshold(
        12.0,
        "After a meeting new draughts are waited for so long, while neither ship is in port.",
        "own: crews set the draught when they sail",
    )
    one_sided_min: float = threshold(
        45.0,
        "One waits, the other is silent and had room to lie beside her for so long: a one-sided encounter.",
        "own: as for those seen together",
        low=1.0,
    )
    one_sided_share: float = threshold(
        0.45,
        "That room is at least this share of the silence: who meets is dark for the meeting and little else.",
        "own: seeded meetings 0.52 to 0.63, chance 0.14 to 0.38",
        high=1.0,
    )
    one_sided_near_km: float = threshold(
        25.0,
        "Where nothing is known of reception, she who waits speaks for places this near.",
        "own: two thirds of the range of a low coast station (20 nm); an hour's way",
        low=0.1,
    )
    one_sided_waiter_per_h: float = threshold(
        12.0,
        "Reports an hour that she who waits must give for that.",
        "own: one in four of the slowest class A schedule",
    )
    one_sided_speed_factor: float = threshold(
        1.1, "The silent one sails at most this times the speed she showed.", "own: less than a knot at 9 kn", low=1.0
    )
    carrier_types: tuple[int, ...] = threshold(
        tuple(range(60, 90)), "Types of ship that carry cargo or people.", "ITU-R M.1371-5 table 53"
    )
    attending_types: tuple[int, ...] = threshold(
        (31, 32, 33, 34, 35, 50, 51, 52, 53, 54, 55, 58),
        "Types of ship whose work is to be near others: towing, dredging, diving, naval, pilot, SAR, tug, tender, clean-up, law, medical.",
        "ITU-R M.1371-5 table 53",
    )
    fleet_types: tuple[int, ...] = threshold(
        (30, 36, 37),
        "Two of one of these types together are a fleet: fishing, sailing, pleasure.",
        "ITU-R M.1371-5 table 53",
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
        if self.settle_min > self.max_silence_min or self.hold_min > self.max_silence_min:
            raise ValueError("EncounterConfig.settle_min and hold_min must not exceed max_silence_min")


CUSTOMS: Final = EncounterConfig()
GFW: Final = EncounterConfig(
    slot_min=10.0,
    settle_min=60.0,
    hold_min=0.0,
    shared_silence_h=0.0,
    min_sparse_min=120.0,
    slot_slow_kn=1000.0,
    min_stopped_min=120.0,
    tolerance_min=10.0,  # the next instant of the grid, so no pause at all
    part_min=60.0,
    filled=0.0,
    min_abreast_min=1_000_000.0,
    merge_min=230.0,  # less than 4 h apart is at most 3 h 50 min on a grid of 10 min
    one_sided_min=1_000_000.0,
    regular_pair=1_000_000,
    regular_place=1_000_000,
    shore_km=0.0,
    small_craft_shore_km=0.0,
    crowd_craft=1_000_000,
    attending_types=(),
    fleet_types=(),
)
"""Global Fishing Watch: within 500 m for an hour without a pause, such hours less than 4 h apart joined to 2 h or more, at a median below
2 kn, 10 km from port, any two vessels; nothing under way."""
