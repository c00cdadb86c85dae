"""Thresholds of the loitering rule and its two profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class LoiteringConfig:
    """When slow and confined is loitering. The defaults are the ``customs`` profile."""

    slow_below_kn: float = threshold(
        2.0, "Slower than this begins a slow spell.", "Global Fishing Watch, pipe-loitering: hour speed < 2 kn", low=0.1
    )
    moving_above_kn: float = threshold(
        3.0,
        "Faster than this ends it, when it lasts; between the two nothing changes.",
        "own: half as much again",
        low=0.1,
    )
    min_duration_h: float = threshold(
        3.0,
        "A carrier slow and confined for this long is loitering.",
        "own: before a transshipment is over; GFW 4 h",
        low=0.1,
    )
    other_min_duration_h: float = threshold(
        4.0,
        "So long for craft of no carrier type, unknown ones included.",
        "Global Fishing Watch, transshipment reports: 4 h",
        low=0.1,
    )
    radius_km: float = threshold(
        7.5,
        "Confined: everything until then lies in a circle of this radius.",
        "2 kn for 4 h is 15 km end to end",
        low=0.1,
    )
    port_km: float = threshold(
        10.0, "Nearer to a port waiting is normal.", "Global Fishing Watch, pipe-encounters: 10 km from port"
    )
    anchor_port_km: float = threshold(
        35.0,
        "A ship reporting herself at anchor may wait this far from a port.",
        "own: outer roads lie up to 20 nm off",
    )
    shore_km: float = threshold(
        5.0,
        "Nearer to land is inshore: bays, estuaries and shelter are where small craft lie.",
        "own: set with the land mask, to which rivers and harbours are land; GFW uses 20 nm",
    )
    rounds_km: float = threshold(
        3.0,
        "Never slow but never moving either, she loiters while everything lies in a circle of this radius.",
        "own: rounds at 2 to 3 kn with the stream added; straight on it is left within two hours and a half",
    )
    max_gap_h: float = threshold(
        2.0, "A silence longer than this ends a spell.", "own: two missed satellite passes", low=0.02
    )
    moving_for_min: float = threshold(
        10.0, "Moving for so long ends a spell of less than waits_h.", "own: a bad speed is shorter"
    )
    off_km: float = threshold(
        2.0,
        "Moving this far from the last slow position ends it at once.",
        "own: half an hour at slow_below_kn is 1.9 km",
    )
    leaves_after_min: float = threshold(
        60.0, "Moving for so long ends a longer one, and an event.", "own: a drifting ship steams back up-wind for less"
    )
    leaves_km: float = threshold(
        10.0,
        "Moving this far from the last slow position ends a longer one, and an event, at once.",
        "own: an hour's steaming back up-wind (leaves_after_min) at 5 kn is 9 km",
    )
    swing_km: float = threshold(
        0.6,
        "Within this radius for the whole time she lies at anchor.",
        "own: 8 shackles of cable, 300 m of ship, GPS noise",
    )
    drift_angle_deg: float = threshold(
        40.0,
        "Mean angle between course and heading from which she drifts.",
        "aartikis/RTEC, examples/maritime, thresholds for Brest: course off heading by more than 40 degrees",
        high=180.0,
    )
    waits_h: float = threshold(
        2.0, "Slow and confined for this long teaches a waiting place.", "own: before anybody is judged", low=0.1
    )
    waiting_craft: int = threshold(
        4,
        "So many other craft having waited here make it a waiting place.",
        "own: fewer and shorter waits than GFW's anchorages (20 craft, 12 h), so that a place is known within days",
        low=1,
    )
    waiting_km: float = threshold(6.0, "How near is here.", "own: the size of an outer anchorage")
    waiting_memory_days: float = threshold(30.0, "How long a wait is remembered.", "own: a season's habits", low=0.1)
    working_kn: float = threshold(
        1.0,
        "Of no carrier type, to and fro at a higher mean speed is working; adrift, at more than slow_below_kn.",
        "own: trawlers and longliners off Hatteras and in the Gulf make 1.2-2.9 kn",
    )
    small_craft_shore_km: float = threshold(
        20.0,
        "Of no carrier type, anchored nearer to land is everyday.",
        "own: boats in sounds and marshes of the US coast",
    )
    block_h: float = threshold(
        0.0,
        "Above 0, speed and distance from shore are means: of clock blocks this long, and of the whole spell. 0: report by report, at its middle.",
        "own: none, an hour is late; Global Fishing Watch, pipe-loitering: 1 h",
        high=24.0,
        lays_out=True,
    )
    again_h: float = threshold(
        6.0,
        "Slow again within this time after a wait, it is the same wait in another part; 0: never.",
        "own: a ship adrift steams back up-wind for an hour or two, and waits on",
    )
    again_km: float = threshold(
        30.0, "As long as it is that near to where it waited.", "own: half a day adrift at 1.5 kn"
    )
    queue_craft: int = threshold(
        4,
        "So many carriers waiting together are one event, a queue, and not one each.",
        "own: as many as teach a waiting place",
        low=2,
    )
    queue_roads_craft: int = threshold(
        8,
        "Where ships usually wait a queue is so many more, and twice as many, as lay there at once in the week before.",
        "own: a closed canal or port doubles its roads within a day or two",
        low=2,
    )
    queue_km: float = threshold(
        40.0,
        "Together: each within this distance of another.",
        "own: hove to in a gale on one lane, or in drift boxes off one port (a few miles each)",
    )
    queue_near_km: float = threshold(
        15.0, "A carrier that waits where ships usually do joins a queue this near.", "own: the size of a port's roads"
    )
    queue_port_km: float = threshold(
        3.0,
        "Nearer to a port no wait belongs to a queue.",
        "Global Fishing Watch, anchorages: a port is entered at 3 km",
    )
    beside_km: float = threshold(
        3.0,
        "A tug this near stands by; a craft this near to a fixture works there.",
        "own: as crowd_km of [encounter], the size of a group at work",
    )
    sailed_km: float = threshold(
        3.0,
        "A craft has sailed once it was under way so far from where it was first heard.",
        "own: beyond any swing at anchor",
    )
    alike_km: float = threshold(
        100.0, "Others this near and moved the same way: wind and stream.", "own: smaller than any gale"
    )
    alike_deg: float = threshold(
        35.0,
        "The same way: within this angle, at half to twice the speed.",
        "own: leeway differs with trim",
        high=180.0,
    )
    alike_kn: float = threshold(0.4, "Slower than this nothing is moved.", "own: GPS noise and swing over hours")
    carrier_types: tuple[int, ...] = threshold(
        tuple(range(60, 90)),
        "Types of ship that carry cargo or people, for which the plain rule holds; others, and craft of unknown type, must show more.",
        "ITU-R M.1371-5 table 53",
    )
    excused_types: tuple[int, ...] = threshold(
        (30, 31, 32, 33, 34, 50, 51, 52, 53, 54, 55),
        "Types of ship whose work is to be slow: fishing, towing, dredging, diving, pilot, SAR, tug, tender, clean-up, law.",
        "ITU-R M.1371-5 table 53",
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
        if self.moving_above_kn < self.slow_below_kn:
            raise ValueError("LoiteringConfig.moving_above_kn must not be below slow_below_kn")
        if self.other_min_duration_h < self.min_duration_h:
            raise ValueError("LoiteringConfig.other_min_duration_h must not be below min_duration_h")
        if self.block_h > self.max_gap_h:
            raise ValueError("LoiteringConfig.block_h must not exceed max_gap_h")


CUSTOMS: Final = LoiteringConfig()
GFW: Final = LoiteringConfig(
    block_h=1.0,
    min_duration_h=4.0,
    radius_km=1000.0,
    port_km=0.0,
    anchor_port_km=0.0,
    shore_km=37.04,
    max_gap_h=12.0,
    waiting_craft=1_000_000,
    again_h=0.0,
    queue_craft=1_000_000,
    queue_roads_craft=1_000_000,
    beside_km=0.0,
    sailed_km=0.0,
    alike_km=0.0,
    working_kn=1000.0,
    small_craft_shore_km=0.0,
    excused_types=(),
)
"""Global Fishing Watch: consecutive hours slower than 2 kn on the mean, 4 h or more, 20 nm from shore on the mean, any vessel."""
