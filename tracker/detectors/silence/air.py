"""Why is an aircraft silent? The ways it may have flown, how far on them some source hears it, and the witnesses.

From its last position the fan of ``ways`` is laid out at its last speed; once it is heard again the ways of ``detours`` take its place, where
the speed that they need is one it keeps. Silence counts on a way as far as ``reach`` says that it would have been heard, at its height and
at that time: no further than the edge of a box or the horizon of a receiver, and not while a source was out. What counts so must last as long as
a dark period at least does.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.cells import NO_CELL
from models.geodesy import destination
from models.reception import way_silence
from models.reporting import BEAT_S
from tracker.detectors.silence.columns import AIRCRAFT, LOSS_S
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.coverage import places_of
from tracker.detectors.silence.detours import detours
from tracker.detectors.silence.lost import ORDINARY, Return, Silence, Verdict, made_good_kn
from tracker.detectors.silence.memory import Memory, band_of
from tracker.detectors.silence.open_time import open_share, outage_within_s
from tracker.detectors.silence.reach import AHEAD_KM, further
from tracker.detectors.silence.ways import (
    AHEAD,
    SHARES,
    STEPS,
    TURNS_DEG,
    WEIGHTS,
    begins_covered,
    fan,
    fans,
    least_if_straight,
)
from tracker.detectors.silence.witnesses import MAX_WITNESSES, heard_elsewhere, lost_together, witnesses
from tracker.events import GapCause

_HORIZON_S: Final = 2_400.0
"""Beyond this nobody knows where an aircraft is, and further silence proves nothing more."""
_LEADS_OUT: Final = 0.5
"""Where more than half of what lies ahead is out of reach, the way straight on alone must have been heard for as long as a dark period lasts: a receiver hears further on
one day than on another, and the ways that turn along its edge tell nothing of that."""
_FASTER: Final = 1.5
_FASTER_KN: Final = 150.0
"""Made good above what it flew: a climb to cruise gives as much (250 kn below 10,000 ft, ICAO Annex 11, to 450), a turn out of the jet stream the rest."""


def judge_aircraft(
    silence: Silence, now_us: int, memory: Memory, back: Return | None, *, in_passing: bool = False
) -> Verdict:
    """The cause of an aircraft's silence as known at ``now_us``; looked at in passing, only whether it is surprising."""
    at_once = _low_aircraft(silence, memory.config)
    if at_once is not None:
        return Verdict(at_once, place_km=silence.place_km)
    if in_passing and _is_plainly_ordinary(silence, now_us, memory):
        return ORDINARY
    return _on_the_way(silence, now_us, memory, back)


def _is_plainly_ordinary(silence: Silence, now_us: int, memory: Memory) -> bool:
    """Whether the straight way on alone explains a silence."""
    span_s = min((now_us - silence.since_us) / 1e6, _HORIZON_S)
    lat, lon = fans([silence], (SHARES * span_s)[None], ways=1)
    layer = band_of(_altitude_ft(silence, SHARES * span_s))
    cell, covered, loss, reception, _ = places_of(lat[0], lon[0], layer, memory, AIRCRAFT)
    beats = np.full(lat[0].shape, span_s / STEPS / max(silence.interval_s, BEAT_S)) * open_share(silence, span_s)
    p, bare = np.empty((2, 1))
    way_silence(cell, beats, covered, loss, reception * silence.fading, p, bare)
    return bool(p[0] >= least_if_straight(memory.config.dark_max_probability))


def _too_fast(silence: Silence, back: Return) -> bool:
    """Whether an aircraft would have had to fly faster than it can: what was heard next under its address is another, or a false position."""
    return made_good_kn(silence, back) > max(_FASTER * silence.speed_kn, silence.speed_kn + _FASTER_KN)


def _low_aircraft(silence: Silence, config: SilenceConfig) -> GapCause | None:
    near = silence.place_km <= config.airport_km
    if near and silence.speed_kn < config.approach_speed_kn:
        return GapCause.IN_PORT
    if math.isnan(silence.altitude_ft) or math.isnan(silence.speed_kn):
        return GapCause.UNKNOWN  # where it flies now, nobody can say
    if silence.altitude_ft < config.low_altitude_ft:
        return GapCause.IN_PORT if near else GapCause.LEFT_COVERAGE
    return None


def _on_the_way(silence: Silence, now_us: int, memory: Memory, back: Return | None) -> Verdict:
    config = memory.config
    age_s = (now_us - silence.since_us) / 1e6
    span_s = min(age_s, _HORIZON_S)
    after_s = SHARES * span_s
    lat, lon = fan(silence, after_s)
    weights, under_way = WEIGHTS, False
    if back is not None and _too_fast(silence, back):
        return Verdict(GapCause.UNKNOWN, place_km=silence.place_km, heard_elsewhere=True)
    if back is not None and made_good_kn(silence, back) >= config.under_way_again_kn:
        flown = detours(
            (silence.lat_deg, silence.lon_deg), (back.lat_deg, back.lon_deg), (back.pos_us - silence.pos_us) / 1e6,
            silence.speed_kn, SHARES, len(TURNS_DEG),
        )  # fmt: skip
        under_way = flown is not None
        if flown is not None:
            lat, lon, weights = flown.lat_deg, flown.lon_deg, flown.weights
            after_s = SHARES * age_s
            span_s = age_s
    layer = band_of(_altitude_ft(silence, after_s))
    cell, covered, loss, reception, passages = places_of(lat, lon, layer, memory, AIRCRAFT)
    reception *= silence.fading
    usual_s = max(silence.interval_s, BEAT_S)
    share_open = open_share(silence, span_s)
    beats = np.full(lat.shape, span_s / STEPS / usual_s) * share_open
    p, bare = np.empty(len(TURNS_DEG)), np.empty(len(TURNS_DEG))
    way_silence(cell, beats, covered, loss, reception, p, bare)
    p_silence = float(weights @ p)
    ahead = weights[AHEAD] / weights[AHEAD].sum()
    limit = config.dark_max_probability_return if under_way else config.dark_max_probability
    outage_s = outage_within_s(silence, now_us)
    silent_s = counted_s = age_s - outage_s
    if p_silence <= limit:
        heard = _within_reach(silence, lat, lon, after_s, memory)
        cell, covered, beats = np.where(heard, cell, NO_CELL), covered & heard, beats * heard
        way_silence(cell, beats, covered, loss, reception, p, bare)
        p_silence = float(weights @ p)
        counted_s = float(ahead @ (heard[AHEAD] * share_open).mean(axis=1)) * span_s
    uncovered = float(ahead @ bare[AHEAD])
    missed = float(beats[0].sum())
    habit = memory.habit(AIRCRAFT, False)
    lossy = habit > config.max_habit_air
    dark_min_s = config.dark_min_air_s
    if under_way and lossy:
        habit = memory.habit(AIRCRAFT, True)
        lossy = habit > config.max_habit_return
        dark_min_s = max(dark_min_s, config.gap_min_air_s)
    found: list[tuple[int, int, float]] = []
    enough = (
        p_silence <= limit
        and missed >= config.min_missed_beats
        and silence.beats >= config.min_own_beats
        and min(silent_s, counted_s) >= dark_min_s
        and not (
            under_way
            and uncovered > config.max_uncovered_return
            and not begins_covered(covered[0], age_s, silence, config)
        )
        and not (
            back is None
            and uncovered > _LEADS_OUT
            and not begins_covered(covered[0], span_s, silence, config, for_s=dark_min_s)
        )
        and silent_s >= config.own_silence_factor * silence.longest_s
        and silence.steady_s >= config.min_steady_air_s
        and (back is None or under_way or age_s <= _HORIZON_S)  # else who is a witness, and of what, nobody can say
    )
    witnessed, shared = False, silence.shared
    if enough:
        found, near_end = witnesses(silence, lat[AHEAD], lon[AHEAD], memory)
        needed = config.min_witnesses_air
        shared = shared or lost_together(silence, memory) >= max(config.max_lost_together, len(found) / 3.0)
        if p_silence <= config.lone_witness_share * limit:
            needed = 1
        heard_now = near_end or back is not None
        witnessed = len(found) >= needed and heard_now and not shared
    elsewhere = enough and heard_elsewhere(silence, lat, lon, memory)
    inside = enough and witnessed and not elsewhere
    if inside and not lossy:
        cause = GapCause.SILENT_IN_COVERAGE
    elif uncovered >= 0.5 and passages[0, 0] > 0.0:
        cause = GapCause.LEFT_COVERAGE
    else:
        cause = GapCause.UNKNOWN
    return Verdict(
        cause, p_silence, float(reception[0, 0]), float(passages[0, 0]), missed, uncovered,
        float(lat[0, -1]), float(lon[0, -1]), silence.place_km, tuple(found[:MAX_WITNESSES]), len(found), inside, shared, under_way, habit, elsewhere,
        outage_s=outage_s,
    )  # fmt: skip


def _within_reach(
    silence: Silence, lat: Any, lon: Any, after_s: NDArray[np.float64], memory: Memory
) -> NDArray[np.bool_]:
    """Which points on the ways of an aircraft, and those a little further on, some source hears that was heard itself at the time."""
    altitude_ft = np.broadcast_to(_altitude_ft(silence, after_s), lat.shape)
    at_us = np.broadcast_to(silence.since_us + (after_s * 1e6).astype(np.int64), lat.shape)
    next_lat, next_lon = further(lat, lon, AHEAD_KM)
    here = memory.reach.within(lat, lon, altitude_ft, at_us, memory.origin_lon)
    return here & memory.reach.within(next_lat, next_lon, altitude_ft, at_us, memory.origin_lon)


def _altitude_ft(silence: Silence, after_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Its height on the way: who descends goes on descending, and so below the coverage."""
    climb = 0.0 if math.isnan(silence.climb_ftmin) else min(silence.climb_ftmin, 0.0)
    return np.maximum(silence.altitude_ft + climb * after_s / 60.0, 0.0)


def leads_out_of_reach(silence: Silence, memory: Memory) -> bool:
    """Whether an aircraft lost was on its way out of where it can be heard: that loss is the edge's, and tells nothing of the place.

    Who is low was going to land, and is counted where it was.
    """
    if not silence.altitude_ft >= memory.config.low_altitude_ft:
        return False
    after_s = SHARES * LOSS_S[AIRCRAFT]
    lat, lon = fan(silence, after_s)
    return not _within_reach(silence, lat[:1], lon[:1], after_s, memory).all()


def was_at_the_edge(silence: Silence, memory: Memory) -> bool:
    """Whether, at its last report, an aircraft under way had nothing but the outside of every reach ahead: whoever listens does not hear it a minute or two later."""
    if not silence.altitude_ft >= memory.config.low_altitude_ft or math.isnan(silence.course_deg):
        return False
    ahead = destination(silence.lat_deg, silence.lon_deg, silence.course_deg, AHEAD_KM)
    lat, lon = (np.array([float(value)]) for value in ahead)
    at_us = np.array([silence.since_us])
    return not memory.reach.within(lat, lon, np.array([silence.altitude_ft]), at_us, memory.origin_lon)[0]
