"""Silences of ships: the ways she may have gone, what speaks for and against a transmitter switched off, and the cause.

While she is silent the fan of ``judge`` is laid out from her last position. **Once she is heard again** she came by one of several ways:

- straight, at an even pace;
- straight on along her last course, and back;
- off to either side by as far as her own speed had time for;
- she lay where she was lost (at anchor, adrift, at work) and then came on at her own speed;
- she came on at her own speed and lay where she was heard again.

The nearer the speed made good to her own, the less room is left for any but the first. Each way is one a hull can keep: at her own
speed or slower. ``p_silence`` is the sum over the ways: one that leads out of what is heard explains the silence with its whole weight.

Time in which her feed was out counts nowhere: not in the beats missed on the ways, nor in the length of the silence.
``weighing`` adds up the other explanations; the silence is dark where their posterior is within the limit.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM, bearing_deg, by_way_of, destination, distance_km, interpolate
from models.reception import way_silence
from models.reporting import AT_ANCHOR, BEAT_S, MOORED
from tracker.detectors.base import Context
from tracker.detectors.silence import weighing
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.judge import (
    AHEAD,
    MAX_WITNESSES,
    RESTING_S,
    SLOWING_KN,
    STEPS,
    WEIGHTS,
    WORKING_KN,
    Return,
    Silence,
    Verdict,
    begins_covered,
    heard_elsewhere,
    lost_together,
    made_good_kn,
    may_anchor,
    places_of,
    shares_number,
    ways,
    witnesses,
)
from tracker.detectors.silence.memory import NEVER_US, SHIP, Memory
from tracker.detectors.silence.open_time import open_share, outage_within_s
from tracker.events import GapCause

_HORIZON_S: Final = 10_800.0
"""Beyond this nobody knows where a ship is, and further silence proves nothing more."""
_SHARES: Final = (np.arange(STEPS) + 0.5) / STEPS
_BERTHING_KN: Final = 14.0
"""Ships faster than this are not about to berth: speed limits of harbours and fairways lie at 6 to 12 kn, and a ship of 26 kn needs 2 to 4 km to
stop (IMO MSC.137(76): track reach of a crash stop, 15 ship lengths)."""
_PASSING_KM: Final = 2.0
"""So near does a way of a ship that fast have to lead to a port's point to end in it."""
_OTHERS: Final = np.array([0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2])
"""Of all ways but the straight one: on and back, off to either side by half and by all of what she had time for, lying first, lying last."""
_LEAST_OTHER: Final = 0.1
_MOST_OTHER: Final = 0.8
"""Weight of them all, where hardly any time is left over for them; and where nearly all is."""
_ASIDE: Final = ((90.0, 0.5), (-90.0, 0.5), (90.0, 1.0), (-90.0, 1.0))
_LYING_KN: Final = 3.0
_LYING_KM: Final = 6.0
"""So far does a ship drift at a knot in the three hours for which her ways are laid out."""
_OWN_RECEPTION: Final = 0.9
_RARE_S: Final = 600.0
_BESIDE_KM: Final = 1.0
"""Two ships slower and nearer than this lie together, fenders, cables and errors of position included; one heard once in ten minutes is poorly heard."""
_AT_BERTH_KM: Final = 3.0
"""Who is heard again so near to where she was lost, near a port, lay there: a basin and its roads."""


def judge_ship(silence: Silence, now_us: int, memory: Memory, context: Context, back: Return | None) -> Verdict:
    """The cause as known at ``now_us``, the instant of ``back`` where she is heard again."""
    config = memory.config
    age_s = (now_us - silence.since_us) / 1e6
    outage_s = outage_within_s(silence, now_us)
    silent_s = age_s - outage_s
    placed = back is not None and not math.isnan(back.lat_deg)
    under_way = back is not None and placed and made_good_kn(silence, back) >= config.under_way_again_kn
    again = under_way and silent_s >= config.gap_min_ship_s
    if back is not None and placed:
        span_s = age_s
        lat, lon, weights, dry = by_water(*ways_back(silence, back), context, config)
        ahead = slice(0, 1)
    else:
        span_s = min(age_s, _HORIZON_S)
        lat, lon = ways(silence, _SHARES * span_s)
        weights, ahead = along_the_shore(lat, lon, context, config), AHEAD
        dry = False
    layer = np.zeros(lat.shape, dtype=np.int64)
    cell, covered, loss, heard, passages = places_of(lat, lon, layer, memory, SHIP)
    if silence.speed_kn < config.moored_speed_kn and silence.stayed_s >= config.gap_min_ship_s:
        _where_she_lay(silence, lat, lon, cell, covered, heard)
    reception = heard * silence.fading
    usual_s = max(silence.interval_s, BEAT_S)
    if silence.schedule_s > BEAT_S and silence.speed_kn < WORKING_KN:
        usual_s = max(usual_s, RESTING_S)
    beats = np.full(lat.shape, span_s / STEPS / usual_s) * open_share(silence, span_s)
    p, bare = np.empty((2, len(lat)))
    way_silence(cell, beats, covered, loss, reception, p, bare)
    p_plain = float(weights @ p)
    uncovered = float(weights[ahead] @ bare[ahead] / weights[ahead].sum())
    limit = config.dark_max_probability_return if again else config.dark_max_probability
    into_port = 0.0
    if p_plain <= limit:
        into_port = _stop_at_places(silence, lat, lon, beats, weights, ahead, context, config)
        way_silence(cell, beats, covered, loss, reception, p, bare)
        p_plain = float(weights @ p)
    missed = float(beats[0].sum())
    skirts = (
        under_way and uncovered > config.max_uncovered_return and not begins_covered(covered[0], age_s, silence, config)
    )
    habit, stays = memory.losses(SHIP, heard_again=again), memory.stays(SHIP)
    long_enough = silent_s >= config.dark_min_ship_s and missed >= 1.0
    found: list[tuple[int, int, float]] = []
    shared, together, elsewhere, near_end = silence.shared, 0, False, False
    odds = None
    if p_plain <= limit and long_enough and not skirts:
        found, near_end = witnesses(silence, lat[ahead], lon[ahead], memory)
        together = lost_together(silence, memory)
        elsewhere = heard_elsewhere(silence, lat, lon, memory) or shares_number(silence, memory, back)
        seen = len(found) if near_end or under_way else 0
        # what the feed loses by habit is counted by the plain rule; what is told of one ship must hold with caution, too
        reception *= config.reception_caution * (config.class_b_share if silence.schedule_s > BEAT_S else 1.0)
        if may_anchor(silence, config):
            beats *= usual_s / max(usual_s, RESTING_S)
        way_silence(cell, beats, covered, loss, reception, p, bare)
        p_silence = float(weights @ p)
        missed = float(beats[0].sum())
        lost = 0.0 if math.isnan(silence.best_s) else 1.0 - silence.best_s / max(usual_s, silence.best_s)
        odds = weighing.Odds(
            earshot=p_silence / max(1.0 - p_silence, 1e-6),
            chance=weighing.chance(missed * usual_s, silence.longest_s, np.fmax(usual_s, silence.mean_s)),
            stranger=weighing.stranger(silence.beats),
            weak=weighing.weak(silence.trend, silence.share, lost, class_b=silence.schedule_s > BEAT_S),
            alone=weighing.alone(seen),
            together=weighing.together(together, len(found)),
            alongside=weighing.ALONGSIDE if _lies_by_one_as_poorly_heard(silence, memory) else 0.0,
            berth=weighing.BERTH if _may_berth(silence, back, config) else 0.0,
            habit=weighing.habit(habit, stays, heard_again=again),
        )
        shared = shared or odds.together > limit
    else:
        p_silence = p_plain
    inside = odds is not None and not shared and not elsewhere and odds.without("earshot", "weak", "habit") <= limit
    sound = p_plain <= limit
    if odds is None and not sound:  # is it the place, or is it she?
        way_silence(cell, beats, covered, loss, heard, p, bare)
        sound = float(weights @ p) <= limit
    p_ordinary = odds.p_ordinary if odds is not None else math.nan
    cause, reason = _cause(
        silence, back, config, odds, limit, float(passages[0, 0]), uncovered, into_port, long_enough=long_enough, skirts=skirts,
        sound=sound, explained=shared or elsewhere, dry=dry,
    )  # fmt: skip
    return Verdict(
        cause, p_silence, float(reception[0, 0]), float(passages[0, 0]), missed, uncovered,
        float(lat[0, -1]), float(lon[0, -1]), silence.place_km, tuple(found[:MAX_WITNESSES]), len(found), inside, shared, under_way,
        memory.habit(SHIP, under_way), elsewhere, None, p_ordinary, reason, odds, together, outage_s,
    )  # fmt: skip


def _cause(
    silence: Silence, back: Return | None, config: SilenceConfig, odds: weighing.Odds | None, limit: float, passages: float,
    uncovered: float, into_port: float, *, long_enough: bool, skirts: bool, sound: bool, explained: bool, dry: bool,
) -> tuple[GapCause, str]:  # fmt: skip
    """The cause, and for an unknown one the key of what was decisive."""
    if odds is not None and not explained and odds.p_ordinary <= limit:
        return GapCause.SILENT_IN_COVERAGE, ""
    if back is not None and lay_at_berth(silence, back, config):
        return GapCause.IN_PORT, "berth"
    if into_port >= 0.5:
        return GapCause.IN_PORT, "bound"
    if uncovered >= 0.5 and passages > 0.0:
        return GapCause.LEFT_COVERAGE, ""
    if odds is not None:
        if may_anchor(silence, config) and odds.decisive == "earshot":
            return GapCause.UNKNOWN, "anchor"
        return GapCause.UNKNOWN, "shared" if explained else odds.decisive
    if dry:
        return GapCause.UNKNOWN, "land"
    if not long_enough:
        return GapCause.UNKNOWN, "outage" if outage_hides(silence) else "chance"
    if passages <= 0.0:
        return GapCause.UNKNOWN, "unheard"
    if skirts or uncovered >= 0.5:
        return GapCause.UNKNOWN, "edge"
    if sound:
        return GapCause.UNKNOWN, "weak"
    return GapCause.UNKNOWN, "edge" if uncovered > 0.0 else "earshot"


def _lies_by_one_as_poorly_heard(silence: Silence, memory: Memory) -> bool:
    """Whether she lay beside another ship that is heard as rarely: alongside one another both send at reduced power."""
    if not silence.speed_kn < _LYING_KN:
        return False
    craft = memory.craft
    rows = np.flatnonzero(craft.alive_mask & (craft["kind"] == SHIP) & (craft["latest"] >= _RARE_S))
    rows = rows[
        (craft["speed"][rows] < _LYING_KN) & (np.abs(craft["heard_us"][rows] - silence.since_us) <= _HORIZON_S * 1e6)
    ]
    rows = rows[craft.keys[rows] != silence.key]
    return bool(
        (distance_km(silence.lat_deg, silence.lon_deg, craft["lat"][rows], craft["lon"][rows]) <= _BESIDE_KM).any()
    )


def lay_at_berth(silence: Silence, back: Return, config: SilenceConfig) -> bool:
    """Whether she was lost slow near a port and heard again in the same place: she lay there meanwhile."""
    slow = silence.speed_kn < 2.0 * WORKING_KN and silence.place_km <= config.port_stopped_km
    return slow and _same_place(silence, back)


def _may_berth(silence: Silence, back: Return | None, config: SilenceConfig) -> bool:
    """Whether she may have gone to a berth or an anchorage of a port near by; who is heard again further on came by the ways."""
    slow = silence.speed_kn < SLOWING_KN and silence.place_km <= config.port_stopped_km
    return slow and (back is None or math.isnan(back.lat_deg) or _same_place(silence, back))


def _same_place(silence: Silence, back: Return) -> bool:
    """Whether she is heard again where she was lost."""
    km = float(distance_km(silence.lat_deg, silence.lon_deg, back.lat_deg, back.lon_deg))
    return km <= _AT_BERTH_KM


def outage_hides(silence: Silence) -> bool:
    """Whether her feed was out for a part of her silence."""
    return silence.blind_from_us != NEVER_US


def ways_back(silence: Silence, back: Return) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Ways from where she was lost to where she was heard again, shape (ways, steps), and their weights; the straight one first."""
    begin, end = (silence.lat_deg, silence.lon_deg), (back.lat_deg, back.lon_deg)
    km = float(distance_km(*begin, *end))
    hours = (back.pos_us - silence.pos_us) / 3.6e9
    own_km = (0.0 if math.isnan(silence.speed_kn) else silence.speed_kn) * KM_PER_NM * hours
    room_km = max(own_km, km, 1e-3)
    slack = 1.0 - km / room_km
    other = _LEAST_OTHER + (_MOST_OTHER - _LEAST_OTHER) * slack
    straight = float(bearing_deg(*begin, *end))
    course = straight if math.isnan(silence.course_deg) else silence.course_deg
    middle = interpolate(*begin, *end, 0.5)
    aside_km = math.sqrt(max(room_km**2 - km**2, 0.0)) / 2.0
    # on along her course and back: the third corner of a triangle whose two other sides are as long as she had time for
    off = math.cos(math.radians(course - straight))
    on_km = (room_km**2 - km**2) / (2.0 * max(room_km - km * off, 1e-6))
    corners = [destination(*begin, course, min(on_km, room_km / 2.0 + km / 2.0))]
    corners += [
        destination(float(middle[0]), float(middle[1]), straight + turn, share * aside_km) for turn, share in _ASIDE
    ]
    shares = [_SHARES, *(_SHARES,) * len(corners)]
    moving = km / room_km
    shares += [
        np.clip((_SHARES - (1.0 - moving)) / max(moving, 1e-9), 0.0, 1.0),
        np.clip(_SHARES / max(moving, 1e-9), 0.0, 1.0),
    ]
    lat, lon = np.empty((2, len(shares), STEPS))
    for row, share in enumerate(shares):
        if 1 <= row <= len(corners):
            lat[row], lon[row] = by_way_of(begin, (float(corners[row - 1][0]), float(corners[row - 1][1])), end, share)
        else:
            lat[row], lon[row] = interpolate(*begin, *end, share)
    return lat, lon, np.concatenate([[1.0 - other], other * _OTHERS])


def _where_she_lay(silence: Silence, lat: Any, lon: Any, cell: Any, covered: Any, heard: Any) -> None:
    """Round where she lay for an hour and more and was heard herself, she is heard, though nobody passes there: an anchorage off the lanes."""
    near = distance_km(silence.lat_deg, silence.lon_deg, lat, lon) <= _LYING_KM
    cell[near] = cell[near][:1]
    covered[near] = True
    heard[near] = np.fmax(heard[near], min(silence.interval_s / silence.mean_s, _OWN_RECEPTION))


def _dry(lat: Any, lon: Any, context: Context, config: SilenceConfig) -> NDArray[np.bool_]:
    """Which ways come to land before they come to a port."""
    places, shape = context.places, lat.shape
    land = places.is_land(lat.ravel(), lon.ravel()).reshape(shape)
    if not land.any():
        return np.zeros(len(lat), dtype=np.bool_)
    port = places.port_distance_km(lat.ravel(), lon.ravel()).reshape(shape) <= config.port_ship_km
    return np.asarray((land & ~np.logical_or.accumulate(port, axis=1)).any(axis=1), dtype=np.bool_)


def by_water(
    lat: Any, lon: Any, weights: Any, context: Context, config: SilenceConfig
) -> tuple[Any, Any, NDArray[np.float64], bool]:
    """Ways back and their weights, without those over land, the likeliest for the straight one where that is none; and whether all are over land.

    Ways that come by a port first may have ended there. Where all are over land the straight one stands for what is not known: a river that the
    mask calls land, or a way round a cape longer than her speed had time for.
    """
    dry = _dry(lat, lon, context, config)
    if dry.all():
        return lat, lon, np.where(np.arange(len(lat)) == 0, 1.0, 0.0), True
    weights = np.where(dry, 0.0, weights)
    if dry[0]:
        order = np.argsort(-weights, kind="stable")
        lat, lon, weights = lat[order], lon[order], weights[order]
    return lat, lon, weights / weights.sum(), False


def along_the_shore(lat: Any, lon: Any, context: Context, config: SilenceConfig) -> NDArray[np.float64]:
    """The weights of the fan: a ship whose course is clear does not bear off by 10 or 20 degrees onto the land; one that turns further may."""
    dry = _dry(lat[AHEAD], lon[AHEAD], context, config)
    weights = WEIGHTS.copy()
    if not dry[0] and dry.any():
        held = weights[AHEAD]
        weights[AHEAD] = np.where(dry, 0.0, held) * held.sum() / held[~dry].sum()
    return weights


def _stop_at_places(
    silence: Silence, lat: Any, lon: Any, beats: Any, weights: Any, ahead: slice, context: Context, config: SilenceConfig
) -> float:  # fmt: skip
    """Beats beyond a port or the shore are not counted; returns the weight of the ways ahead that a port stops."""
    port_km = context.places.port_distance_km(lat.ravel(), lon.ravel()).reshape(lat.shape)
    at_port = port_km <= (_PASSING_KM if silence.speed_kn > _BERTHING_KN else config.port_ship_km)
    ends = at_port | context.places.is_land(lat.ravel(), lon.ravel()).reshape(lat.shape)
    beats[np.logical_or.accumulate(ends, axis=1)] = 0.0
    return float(weights[ahead] @ at_port[ahead].any(axis=1) / weights[ahead].sum())


def in_port(silence: Silence, config: SilenceConfig) -> bool:
    """Whether she is at rest in or off a port, or slow enough near one to be about to berth."""
    stopped = silence.speed_kn < config.moored_speed_kn
    anchored = silence.nav_status == AT_ANCHOR and silence.place_km <= 2.0 * config.port_stopped_km
    tied = (silence.nav_status == MOORED or anchored) and not silence.speed_kn > 3.0
    at_rest = stopped and (silence.ashore or silence.place_km <= config.port_stopped_km)
    berthing = silence.place_km <= config.port_ship_km and not silence.speed_kn > _BERTHING_KN
    return bool(at_rest or tied or berthing)
