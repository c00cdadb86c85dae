"""A craft lost: what was remembered of it when it fell silent, how it was heard again, and what is made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM, distance_km
from models.reception import POOR
from tracker.detectors.base import Context
from tracker.detectors.silence.columns import AIRCRAFT, CRAFT_COLUMNS, NEVER_US
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.counts import Counted
from tracker.detectors.silence.memory import Memory, band_of
from tracker.detectors.silence.weighing import Odds
from tracker.events import GapCause

WORKING_KN: Final = 5.0
RESTING_S: Final = 180.0
"""A class B craft that works or drifts at less than the one may stop at any time, and then sends only every so often
(ITU-R M.1371-5 annex 1 table 2); a class A ship keeps its schedule until it reports itself moored or at anchor."""
SLOWING_KN: Final = 8.0
"""A ship slower than this in the approaches of a port (twice ``port_stopped_km``) may be about to anchor."""
_OWN_PRIOR: Final = 3.0
"""Beats that a craft is assumed to have been heard as well as others."""
_STEADY_BEATS: Final = 40
_PAUSES_AT_RANDOM: Final = 4.5
"""Longest pause of late in mean intervals: of forty to two hundred reports it is 4 to 5 where they come by an exponential, less where a schedule is thinned."""
_LOSES_BY_CHANCE: Final = 0.85
"""Who loses fewer reports than one in seven by chance owes the middling reception of a place to the place."""
_AS_WELL: Final = 0.75
"""A place heard by less of this share of what the best around it gives is worse, as the edge is. Ours: in made seas that lose three reports in ten the best within 60 km hear
0.63 to 0.72 and most others more than 0.5; where none is lost they hear 0.9 and more, and a place that hears 0.54 is at the edge."""
_LIFTED: Final = 0.6
"""Such a place is trusted as one that hears so much: not wholly, for what is known of its pauses is known of where it came from (ours)."""
_LIFTED_AFTER_S: Final = 3600.0
"""Only so long a silence: a range that breathes with the weather loses who is at its edge for a quarter of an hour (ours: of twelve made seas of two days, in which seven
silences of 11 to 29 min were told by the lift alone)."""
_GRACE_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Silence:
    """What was remembered of a craft when she fell silent (arrays of one craft each are avoided: plain numbers)."""

    key: int
    kind: int
    since_us: int
    pos_us: int
    lat_deg: float
    lon_deg: float
    speed_kn: float
    course_deg: float
    altitude_ft: float
    climb_ftmin: float
    on_ground: int
    nav_status: int
    source: int
    interval_s: float
    schedule_s: float
    longest_s: float
    fading: float
    beats: int
    blind_from_us: int
    blind_to_us: int
    place_km: float
    ashore: bool
    noted: bool
    shared: bool
    trend: float = 1.0
    share: float = 1.0
    best_s: float = np.nan
    steady_s: float = np.inf
    """For how long an aircraft has been heard without a pause of half a minute and of ten intervals."""
    stayed_s: float = 0.0
    """How long she had been heard in the place where she was lost, without a silence."""
    mean_s: float = np.nan
    """The mean of her intervals, of which those of lost reports are the long ones."""
    station: int = -1
    """The station that heard her last; -1 where none is named."""

    @property
    def layer(self) -> int:
        """Reception layer at her last altitude."""
        return int(band_of(np.array([self.altitude_ft]))[0]) if self.kind == AIRCRAFT else 0


@dataclass(frozen=True, slots=True)
class Return:
    """When she was heard again, and where and when she first said where she was; the position is NaN where she gave none."""

    time_us: int
    lat_deg: float
    lon_deg: float
    pos_us: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """A cause with what speaks for it; ``witnesses`` are (key, heard_us, km from her way)."""

    cause: GapCause
    p_silence: float = np.nan
    reception: float = np.nan
    passages: float = np.nan
    missed_beats: float = np.nan
    uncovered_share: float = np.nan
    predicted_lat_deg: float = np.nan
    predicted_lon_deg: float = np.nan
    place_km: float = np.nan
    witnesses: tuple[tuple[int, int, float], ...] = ()
    witness_count: int = 0
    inside: bool = False
    shared: bool = False
    under_way: bool = False
    habit: float = np.nan
    heard_elsewhere: bool = False
    counted: Counted | None = None
    p_ordinary: float = np.nan
    reason: str = ""
    odds: Odds | None = None
    lost_together: int = 0
    outage_s: float = 0.0


ORDINARY: Final = Verdict(GapCause.UNKNOWN, p_silence=1.0)
"""Of a silence looked at in passing: not at all surprising; how little so was not looked into."""


def may_anchor(silence: Silence, config: SilenceConfig) -> bool:
    """Whether she may have come to anchor in the approaches of a port, and now sends as one at rest."""
    return silence.speed_kn < SLOWING_KN and silence.place_km <= 2.0 * config.port_stopped_km


def silence_of(memory: Memory, slot: int) -> Silence:
    """The silence of the craft in a slot; ``place_km`` and ``ashore`` as of :func:`look_up_places`."""
    c: dict[str, Any] = dict(zip(CRAFT_COLUMNS, memory.craft.records[slot].item(), strict=True))
    trend, share = _fading(c["usual_s"], c["latest_s"]), _own_share(c["got"], c["owed"])
    return Silence(
        key=memory.craft.keys.item(slot),
        kind=c["kind"],
        since_us=c["heard_us"],
        pos_us=c["pos_us"],
        lat_deg=c["lat_deg"],
        lon_deg=c["lon_deg"],
        speed_kn=c["speed_kn"],
        course_deg=c["course_deg"],
        altitude_ft=c["altitude_ft"],
        climb_ftmin=c["climb_ftmin"],
        on_ground=c["on_ground"],
        nav_status=c["nav_status"],
        source=c["source"],
        interval_s=c["interval_s"],
        schedule_s=c["schedule_s"],
        longest_s=c["longest_s"],
        fading=min(trend, share),
        beats=c["beats"],
        blind_from_us=c["blind_from_us"],
        blind_to_us=c["blind_to_us"],
        place_km=c["place_km"],
        ashore=bool(c["ashore"]),
        noted=bool(c["inside"]),
        shared=bool(c["shared"]),
        trend=trend,
        share=share,
        best_s=c["best_s"],
        steady_s=(c["heard_us"] - c["steady_us"]) / 1e6,
        stayed_s=(c["heard_us"] - max(c["since_us"], c["entered_us"])) / 1e6,
        mean_s=c["usual_s"],
        station=c["station"],
    )


def at_random(silence: Silence) -> bool:
    """Whether chance alone loses many of its reports: not next to none, and not by more than chance.

    Of reports lost one by one the longest pause grows with the logarithm of their number; behind a hill or in a bad spot it is many times the mean.
    Who hardly moves stays in one spot, and nothing is known of others.
    """
    moves = silence.speed_kn >= WORKING_KN
    if not moves or silence.beats < _STEADY_BEATS or math.isnan(silence.best_s):
        return False
    return (
        silence.longest_s <= _PAUSES_AT_RANDOM * silence.mean_s and silence.best_s <= _LOSES_BY_CHANCE * silence.mean_s
    )


def lifted(
    reception: NDArray[np.float64], heard: NDArray[np.float64], best_heard: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Reception for a craft that loses reports at random: a place heard about as well as the best around it would have heard one of many.

    Elsewhere a middling reception may be that of good and bad spots, or of the edge, and witnesses little (``models.reception``). ``heard`` is the reception of the
    places, before anything speaks against this craft; ``best_heard`` that of the best around, infinite for a craft of which nothing is lifted.
    """
    as_well = (heard >= _AS_WELL * np.asarray(best_heard)) & (reception >= POOR)
    return np.where(as_well, np.maximum(reception, _LIFTED), reception)


def may_be_lifted(silence: Silence, silent_s: float) -> bool:
    """Whether a silence is long enough, and its craft one that loses reports at random."""
    return silent_s >= _LIFTED_AFTER_S and at_random(silence)


def _fading(usual_s: float, latest_s: float) -> float:
    """How much rarer her last reports came than usual, 1 where not at all."""
    return 1.0 if math.isnan(usual_s) else min(1.0, usual_s / latest_s)


def _own_share(got: float, owed: float) -> float:
    """What was heard of her of late, as a share of what is heard of others in the same places; 1 at most."""
    return min(1.0, (got + _OWN_PRIOR) / (owed + _OWN_PRIOR))


def look_up_places(slots: NDArray[np.int64], memory: Memory, context: Context) -> None:
    """Enter for these craft, where not known yet, how far the nearest port or airport is, and whether on land."""
    c = memory.craft
    new = slots[np.isnan(c["place_km"][slots])]
    if not len(new):
        return
    new = new[~np.isnan(c["lat_deg"][new])]
    for air in (False, True):
        some = new[(c["kind"][new] == AIRCRAFT) == air]
        if not len(some):
            continue
        lat, lon = c["lat_deg"][some], c["lon_deg"][some]
        places = context.places
        c["place_km"][some] = places.airport_distance_km(lat, lon) if air else places.port_distance_km(lat, lon)
        c["ashore"][some] = False if air else places.is_land(lat, lon)


def is_flying(silence: Silence, config: SilenceConfig) -> bool:
    """Airborne as she said, or fast where she does not say."""
    if silence.on_ground >= 0:
        return silence.on_ground == 0
    return bool(silence.speed_kn >= config.airborne_speed_kn)


def by_outage(silence: Silence) -> bool:
    """Her feed fell silent together with her."""
    if silence.blind_from_us == NEVER_US:
        return False
    grace_us = max(0.0 if math.isnan(silence.interval_s) else 3.0 * silence.interval_s, _GRACE_S) * 1e6
    return silence.since_us >= silence.blind_from_us - grace_us


def made_good_kn(silence: Silence, back: Return) -> float:
    """Speed of the straight way over a silence."""
    km = float(distance_km(silence.lat_deg, silence.lon_deg, back.lat_deg, back.lon_deg))
    return km / KM_PER_NM / max((back.pos_us - silence.pos_us) / 3.6e9, 1e-9)
