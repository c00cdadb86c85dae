"""What the silence rules may be told: every number with its meaning and its origin."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from tracker.schema import check_thresholds, threshold

_VERNON = "three days of one receiver on the Seine and two coastal data sets cut into trips: no false dark period"
_SEEDED = "seeded silences in a simulated receiver network and in a day of the US coast: recall above 0.95"


@dataclass(frozen=True, slots=True)
class SilenceConfig:
    """Thresholds of gap, dark period and feed outage."""

    gap_min_ship_s: float = threshold(
        3600.0,
        "Silence of a ship from which it is recorded as a gap.",
        "20 reports of the slowest class A schedule (180 s, ITU-R M.1371-5); published systems use 4 h to 12 h offline",
        low=120.0,
    )
    gap_min_air_s: float = threshold(
        300.0,
        "Silence of an airborne aircraft from which it is recorded as a gap.",
        "adsbtrack and OpenSky: 300 s without contact",
        low=120.0,
    )
    dark_min_ship_s: float = threshold(
        600.0,
        "Shortest silence of a ship that may be called a dark period.",
        "ten beats of a feed thinned to a minute; shorter holes are common behind bridges and hills",
        low=120.0,
    )
    dark_min_air_s: float = threshold(
        480.0,
        "Shortest silence of an aircraft that may be called a dark period.",
        "60 nm at cruise, beyond what a turn hides from an antenna; seeded silences start at 10 min",
        low=120.0,
    )
    dark_max_probability: float = threshold(
        0.05,
        "A silence is dark when it is this unlikely to be anything else: of a ship all other explanations together, of an aircraft chance on all plausible ways.",
        _SEEDED,
        high=0.5,
    )
    dark_max_probability_return: float = threshold(
        0.08,
        "The same once a craft is heard again further on, of a ship after an hour or more, when the ways it may have taken are known.",
        _SEEDED,
        high=0.5,
    )
    max_uncovered_return: float = threshold(
        0.3,
        "Share of the way she took that may lie where nobody is heard.",
        "who skirts the edge of coverage is heard now and then, and proves nothing",
        high=1.0,
    )
    max_habit_ship: float = threshold(
        0.003,
        "Share of stays lost in good coverage above which a feed of ships is known to lose craft by itself.",
        "ships dark at one time in a receiver network: 0.001; trips cut by the US coast archive: 0.008",
        high=1.0,
    )
    max_habit_air: float = threshold(
        0.015, "The same for aircraft.", "a small receiver with one flight dark at a time: 0.003", high=1.0
    )
    max_habit_return: float = threshold(
        0.02,
        "Share of stays lost in good coverage and heard again under way above which even that means nothing.",
        "satellite feeds, where every pass ends a silence; the US coast archive has 0.001",
        high=1.0,
    )
    under_way_again_kn: float = threshold(
        2.0,
        "Speed made good over a silence from which she was under way in it, where the feed loses craft by itself.",
        "GFW: under 2 kn is loitering; most trips cut in an archive resume where they ended",
    )
    min_missed_beats: float = threshold(
        10.0, "Reports that must be missing before a silence can be dark.", "with fewer, chance alone loses them all"
    )
    min_own_beats: float = threshold(
        10.0, "Reports a craft must have given before her silence can be dark.", "her interval is settled by then"
    )
    reception_caution: float = threshold(
        0.87,
        "Reception of ships is taken as this share of what was learned.",
        "range breathes with the weather, by 8 % in the simulator: places at the edge show 0.5 to 0.72 and hear nobody for an hour",
        high=1.0,
    )
    class_b_share: float = threshold(
        0.65,
        "Reception of a class B craft, as a share of what a place shows of all.",
        "2 W against 12.5 W (ITU-R M.1371-5 annex 7): over the horizon, where power falls with the fourth power of the distance, 0.63 of the range",
        high=1.0,
    )
    own_silence_factor: float = threshold(
        4.0, "A dark silence is this much longer than her own longest of late.", "arktrace: compare with her own past"
    )
    min_steady_air_s: float = threshold(
        600.0,
        "So long an aircraft must have been heard without a pause of 30 s and of ten of its usual intervals before its silence can be dark.",
        "three receivers in the Ganges delta: aircraft heard for a minute at the end of their range, or with pauses of 110 to 260 s, vanish while another receiver hears them",
    )
    min_witnesses_air: int = threshold(
        2, "Other craft heard near her way since, for an aircraft.", "as for ships", low=1
    )
    lone_witness_share: float = threshold(
        0.2,
        "One witness is enough where the probability is below this share of the limit.",
        "a fluke of propagation in which others are heard and she is not: one in five",
        high=1.0,
    )
    witness_ship_km: float = threshold(
        50.0, "How near to a ship's way a witness must be.", "half the range of a shore station (30-60 nm)"
    )
    witness_air_km: float = threshold(
        350.0, "How near to an aircraft's way a witness must be.", "radio horizon of a receiver at 30,000 ft: 390 km"
    )
    together_s: float = threshold(
        90.0,
        "Silences beginning within this time, or two usual intervals, of one another began together.",
        "three beats of a dense feed",
    )
    max_lost_together: int = threshold(
        2,
        "So many others lost near her at the same time, and a third as many as are heard, mean a receiver and not a craft.",
        "two go dark together to meet; three do not",
        low=1,
    )
    min_passages: float = threshold(2.5, "Stays of craft in and around a place that make it known.", _VERNON)
    min_passages_air: float = threshold(
        2.5,
        "The same for aircraft, which are heard by line of sight.",
        "one flight crosses a cell and its neighbours in three stays",
    )
    min_own_passages: float = threshold(
        0.9,
        "Stays in the very cell that make it known; so do twice as many in two cells opposite one another.",
        "one ship, faded for a day",
    )
    min_own_passages_air: float = threshold(0.5, "The same for aircraft.", "one flight")
    cell_ship_deg: float = threshold(
        0.1, "Size of a reception cell for ships.", "11 km, an hour's way of a slow ship", low=0.01, lays_out=True
    )
    cell_air_deg: float = threshold(
        1.0, "Size of a reception cell for aircraft.", "111 km, a quarter of an hour at cruise", low=0.05, lays_out=True
    )
    memory_days: float = threshold(
        14.0, "Time in which what was learned of a place fades to a third.", "foliage, antennas and seasons change it"
    )
    moored_speed_kn: float = threshold(
        1.0, "Below this speed a ship is not under way.", "GPS noise at berth is below 0.5 kn"
    )
    port_ship_km: float = threshold(
        5.0,
        "A ship under way this close to a port may have gone in.",
        "GFW anchorages: 3-4 km, one reference point a port",
    )
    port_stopped_km: float = threshold(
        15.0, "A stopped ship this close to a port lies in it or off it.", "roads lie up to 8 nm off"
    )
    airport_km: float = threshold(
        40.0, "A low aircraft this close to an airport was landing or taking off.", "final approach and base leg"
    )
    low_altitude_ft: float = threshold(
        15000.0,
        "Below this altitude a silence in the air is terrain or landing.",
        "adsbtrack: 15,000 ft; private-jets and plane-notify: 10,000 ft",
    )
    approach_speed_kn: float = threshold(
        200.0,
        "An aircraft slower than this near an airport was landing, whatever altitude it gave.",
        "airliners above 10,000 ft make more; landed aircraft with altitudes of 35,000 ft stand in OpenSky states",
    )
    airborne_speed_kn: float = threshold(
        60.0,
        "An aircraft that does not say whether it flies does so above this speed.",
        "stall speed of light aircraft",
    )
    forget_days: float = threshold(
        7.0,
        "Silence after which a craft is forgotten and her gap stays open.",
        "a week is beyond every ferry's lay-up",
        low=0.5,
    )
    disabled_positions: int = threshold(
        0,
        "Above 0, a ship is dark by counts alone: after so many positions, where ships are well heard, far from shore.",
        "own: none; GFW, AIS-disabling-high-seas: 14",
        high=1000,
        lays_out=True,
    )
    disabled_window_h: float = threshold(
        12.0, "The time before her silence in which they are counted.", "GFW, AIS-disabling-high-seas", low=0.1
    )
    disabled_per_day: float = threshold(
        10.0, "Well heard: more positions of a ship a day than this.", "GFW, AIS-disabling-high-seas"
    )
    disabled_shore_km: float = threshold(
        92.6, "Far: no land within this distance of where it began.", "GFW, AIS-disabling-high-seas: 50 nm"
    )
    outage_min_s: float = threshold(
        180.0, "Shortest silence of a source or station called an outage.", "18 base station reports", low=60.0
    )
    outage_min_rows: float = threshold(20.0, "Rows of craft then present that must be missing.", "e^-20 by chance")
    outage_min_craft: float = threshold(
        3.0,
        "Craft that fell silent with the source, a base station counting as three.",
        "two ships do leave together",
        low=1.0,
    )
    outage_quiet_factor: float = threshold(
        3.0, "An outage is this much longer than the source's longest pause of late.", "satellite feeds pause by nature"
    )
    thin_share: float = threshold(
        0.15,
        "A source giving less than this share of its usual rows is thin.",
        "a network losing most stations",
        high=1.0,
    )
    thin_min_rows: float = threshold(
        50.0, "Usual rows in ten minutes below which thinness is not judged.", "a small feed varies by itself"
    )
    tick_s: float = threshold(
        60.0, "The grid of instants at which silence is judged.", "a minute of delay at most", low=10.0, lays_out=True
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
        if min(self.gap_min_ship_s, self.gap_min_air_s, self.dark_min_ship_s, self.dark_min_air_s) < 2 * self.tick_s:
            raise ValueError("SilenceConfig: gap and dark minimums must be at least two ticks long")

    def thresholds(self) -> dict[str, Any]:
        """All numbers by name, as published in an event's rule."""
        return asdict(self)


GFW: Final = SilenceConfig(gap_min_ship_s=43_200.0, dark_min_ship_s=43_200.0, disabled_positions=14, cell_ship_deg=1.0)
"""Global Fishing Watch: a gap is 12 h without a position and open until the next one (GlobalFishingWatch/pipe-gaps); a transmitter switched
off is told by where it began and what was heard before (GlobalFishingWatch/AIS-disabling-high-seas)."""
