"""Silences of ships: the ways she may have gone, what speaks for and against a transmitter switched off, and the cause.

While she is silent the fan of ``ways`` is laid out from her last position. **Once she is heard again** she came by one of several ways:

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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km
from models.reception import Fans, fans_silence, way_silence
from models.reporting import AT_ANCHOR, BEAT_S, MOORED
from tracker.detectors.base import Context
from tracker.detectors.silence import weighing
from tracker.detectors.silence.columns import NEVER_US, SHIP
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.coverage import Places, best_around, places_of
from tracker.detectors.silence.lost import (
    ORDINARY,
    RESTING_S,
    SLOWING_KN,
    WORKING_KN,
    Return,
    Silence,
    Verdict,
    lifted,
    made_good_kn,
    may_anchor,
    may_be_lifted,
)
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.open_time import open_share, outage_within_s
from tracker.detectors.silence.outage import NO_STATION
from tracker.detectors.silence.ways import (
    AHEAD,
    SHARES,
    STEPS,
    WEIGHTS,
    begins_covered,
    fans,
    least_if_straight,
    ways_back,
)
from tracker.detectors.silence.witnesses import MAX_WITNESSES, heard_elsewhere, lost_together, shares_number, witnesses
from tracker.events import GapCause

_HORIZON_S: Final = 10_800.0
"""Beyond this nobody knows where a ship is, and further silence proves nothing more."""
_BERTHING_KN: Final = 14.0
"""Ships faster than this are not about to berth: speed limits of harbours and fairways lie at 6 to 12 kn, and a ship of 26 kn needs 2 to 4 km to
stop (IMO MSC.137(76): track reach of a crash stop, 15 ship lengths)."""
_PASSING_KM: Final = 2.0
"""So near does a way of a ship that fast have to lead to a port's point to end in it."""
_LYING_KN: Final = 3.0
_LYING_KM: Final = 6.0
"""So far does a ship drift at a knot in the three hours for which her ways are laid out."""
_OWN_RECEPTION: Final = 0.9
_RARE_S: Final = 600.0
_REDUCED_S: Final = 3600.0
"""Tankers alongside one another at reduced power (1 W; Intertanko to IMO MEPC) are heard every three quarters of an hour or so (ours)."""
_BESIDE_KM: Final = 1.0
"""Two ships slower and nearer than this lie together, fenders, cables and errors of position included; one heard once in ten minutes is poorly heard."""
_ROUNDING_KM: Final = 1e-3
_AT_BERTH_KM: Final = 3.0
"""Who is heard again so near to where she was lost, near a port, lay there: a basin and its roads."""


_AT_ONCE: Final = 256
"""So many ships are laid out together: arrays of some megabytes."""
_AHEAD: Final = AHEAD.stop
"""Ways of a fan that lead on."""


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where one ship may have gone in ``span_s``: ways of shape (ways, steps), of which the first ``ahead`` lead on, and the weight of each."""

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    weights: NDArray[np.float64]
    ahead: int
    all_over_land: bool
    places: Places
    usual_s: float
    beats: NDArray[np.float64]
    """Reports due in each step."""
    reception: NDArray[np.float64]
    """That of the place, lowered by what is heard of the ship less than of others."""
    p_silence: float
    p_silence_of_others: float
    """The probability of silence; and of a ship heard as well as others are."""
    uncovered: float

    best_heard: float
    """The reception of the best places around, for a ship of whose reports chance alone loses many (``lost.lifted``); else infinite."""

    def silent(self, reception: NDArray[np.float64]) -> float:
        """The probability of silence at some reception, after beats were changed."""
        p, bare = np.empty((2, len(self.weights)))
        cell, covered, loss, _, _ = self.places
        way_silence(cell, self.beats, covered, loss, lifted(reception, self.places.reception, self.best_heard), p, bare)
        return float(self.weights @ p)


def judge_ship(silence: Silence, now_us: int, memory: Memory, context: Context, back: Return | None) -> Verdict:
    """The cause as known at ``now_us``, the instant of ``back`` where it is heard again."""
    if back is None or math.isnan(back.lat_deg):
        return _weigh(silence, now_us, memory, context, back, _on((silence,), now_us, memory, context)[0])
    laid = by_water(*ways_back(silence, back), context, memory.config)
    span_s = np.array([(now_us - silence.since_us) / 1e6])
    fan = Laid(laid.lat_deg[None], laid.lon_deg[None], laid.weights[None], laid.all_over_land)
    return _weigh(silence, now_us, memory, context, back, _known((silence,), fan, 1, span_s, memory)[0])


def judge_ships(
    silences: Sequence[Silence], in_passing: Sequence[bool], now_us: int, memory: Memory, context: Context
) -> list[Verdict]:
    """The causes of silences that go on, laid out many at a time; where one is looked at in passing, only whether it is surprising."""
    verdicts: list[Verdict] = []
    for first in range(0, len(silences), _AT_ONCE):
        some, passing = silences[first : first + _AT_ONCE], np.array(in_passing[first : first + _AT_ONCE])
        ordinary = _plainly_ordinary(some, now_us, memory) & passing if passing.any() else passing
        rest = [silence for silence, plain in zip(some, ordinary.tolist(), strict=True) if not plain]
        laid = iter(_on(rest, now_us, memory, context) if rest else ())
        for silence, plain in zip(some, ordinary.tolist(), strict=True):
            verdicts.append(ORDINARY if plain else _weigh(silence, now_us, memory, context, None, next(laid)))
    return verdicts


def _plainly_ordinary(silences: Sequence[Silence], now_us: int, memory: Memory) -> NDArray[np.bool_]:
    """Whether the straight way on alone explains each silence."""
    span_s = _span_s(silences, now_us)
    lat, lon = fans(silences, SHARES * span_s[:, None], ways=1)
    fan = _weighed(silences, Laid(lat, lon, np.ones((len(silences), 1)), all_over_land=False), 1, span_s, memory)
    return np.asarray(fan.p_own >= least_if_straight(memory.config.dark_max_probability), dtype=np.bool_)


def _span_s(silences: Sequence[Silence], now_us: int) -> NDArray[np.float64]:
    return np.array([min((now_us - silence.since_us) / 1e6, _HORIZON_S) for silence in silences])


def _on(silences: Sequence[Silence], now_us: int, memory: Memory, context: Context) -> list[_Ways]:
    """The fans of ships not heard again yet."""
    span_s = _span_s(silences, now_us)
    lat, lon = fans(silences, SHARES * span_s[:, None])
    laid = Laid(lat, lon, along_the_shore(lat, lon, context, memory.config), all_over_land=False)
    return _known(silences, laid, _AHEAD, span_s, memory)


class _Weighed(NamedTuple):
    """Of several ships: what is known of the places on their ways, the reports due in each step, and how likely silence is."""

    places: Places
    usual_s: NDArray[np.float64]
    beats: NDArray[np.float64]
    reception: NDArray[np.float64]
    best_heard: NDArray[np.float64]
    p_own: NDArray[np.float64]
    p_others: NDArray[np.float64]
    uncovered: NDArray[np.float64]


def _weighed(
    silences: Sequence[Silence], laid: Laid, ahead: int, span_s: NDArray[np.float64], memory: Memory
) -> _Weighed:
    """Ways of some ships, of shape (ships, ways, steps)."""
    lat, lon = laid.lat_deg, laid.lon_deg
    places = places_of(lat, lon, 0, memory, SHIP)
    usual_s = np.array([_usual_s(silence) for silence in silences])
    beats = np.empty(lat.shape)
    beats[:] = (span_s / STEPS / usual_s)[:, None, None]
    for k, silence in enumerate(silences):
        if silence.blind_from_us != NEVER_US:
            beats[k] *= open_share(silence, float(span_s[k]))
        if silence.speed_kn < memory.config.moored_speed_kn and silence.stayed_s >= memory.config.gap_min_ship_s:
            _where_it_lay(silence, lat[k], lon[k], places, k)
    cell, covered, loss, heard, _ = places
    best_heard = np.array([
        best_around(silence.lat_deg, silence.lon_deg, memory) if may_be_lifted(silence, silent_s) else math.inf
        for silence, silent_s in zip(silences, span_s.tolist(), strict=True)
    ])  # fmt: skip
    reception = heard * np.array([silence.fading for silence in silences])[:, None, None]
    p_own, p_others, uncovered = np.empty((3, len(silences)))
    fan = Fans(cell, beats, covered, loss)
    fans_silence(fan, heard, laid.weights, ahead, p_others, uncovered)
    fans_silence(fan, lifted(reception, heard, best_heard[:, None, None]), laid.weights, ahead, p_own, uncovered)
    return _Weighed(places, usual_s, beats, reception, best_heard, p_own, p_others, uncovered)


def _known(
    silences: Sequence[Silence], laid: Laid, ahead: int, span_s: NDArray[np.float64], memory: Memory
) -> list[_Ways]:
    """The ways of each of some ships, of shape (ships, ways, steps)."""
    fan = _weighed(silences, laid, ahead, span_s, memory)
    return [
        _Ways(
            laid.lat_deg[k], laid.lon_deg[k], laid.weights[k], ahead, laid.all_over_land, fan.places.of(k),
            float(fan.usual_s[k]), fan.beats[k], fan.reception[k], float(fan.p_own[k]), float(fan.p_others[k]), float(fan.uncovered[k]),
            float(fan.best_heard[k]),
        )
        for k in range(len(silences))
    ]  # fmt: skip


def _usual_s(silence: Silence) -> float:
    """The interval at which reports of a ship are due."""
    usual_s = max(silence.interval_s, BEAT_S)
    if silence.schedule_s > BEAT_S and silence.speed_kn < WORKING_KN:
        usual_s = max(usual_s, RESTING_S)
    return usual_s


def _weigh(
    silence: Silence, now_us: int, memory: Memory, context: Context, back: Return | None, ways: _Ways
) -> Verdict:
    """What speaks for and against a transmitter switched off, the ship having gone by one of these ways."""
    config = memory.config
    age_s = (now_us - silence.since_us) / 1e6
    outage_s = outage_within_s(silence, now_us)
    silent_s = age_s - outage_s
    placed = back is not None and not math.isnan(back.lat_deg)
    under_way = back is not None and placed and made_good_kn(silence, back) >= config.under_way_again_kn
    again = under_way and silent_s >= config.gap_min_ship_s
    lat, lon, beats, reception = ways.lat_deg, ways.lon_deg, ways.beats, ways.reception
    covered, passages = ways.places.covered, float(ways.places.passages[0, 0])
    uncovered, usual_s = ways.uncovered, ways.usual_s
    limit = config.dark_max_probability_return if again else config.dark_max_probability
    p_plain, p_others, into_port = ways.p_silence, ways.p_silence_of_others, 0.0
    if p_plain <= limit:
        into_port = _stop_at_places(silence, ways, context, config)
        p_plain, p_others = ways.silent(reception), ways.silent(ways.places.reception)
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
        found, near_end = witnesses(silence, lat[: ways.ahead], lon[: ways.ahead], memory)
        together = lost_together(silence, memory)
        elsewhere = heard_elsewhere(silence, lat, lon, memory) or shares_number(silence, memory, back)
        seen = len(found) if near_end or under_way else 0
        # what the feed loses by habit is counted by the plain rule; what is told of one ship must hold with caution, too
        reception *= config.reception_caution * (config.class_b_share if silence.schedule_s > BEAT_S else 1.0)
        if may_anchor(silence, config):
            beats *= usual_s / max(usual_s, RESTING_S)
        p_silence = ways.silent(reception)
        missed = float(beats[0].sum())
        lost = 0.0 if math.isnan(silence.best_s) else 1.0 - silence.best_s / max(usual_s, silence.best_s)
        odds = weighing.Odds(
            earshot=p_silence / max(1.0 - p_silence, 1e-6),
            chance=weighing.chance(missed * usual_s, silence.longest_s, np.fmax(usual_s, silence.mean_s)),
            stranger=weighing.stranger(silence.beats),
            weak=weighing.weak(silence.trend, silence.share, lost, class_b=silence.schedule_s > BEAT_S),
            far_off=weighing.far_off(len(found), class_b=silence.schedule_s > BEAT_S)
            if _was_heard_from_far_off(silence, found, memory)
            else 0.0,
            alone=weighing.alone(seen),
            together=weighing.together(together, len(found)),
            alongside=weighing.ALONGSIDE if _lies_at_reduced_power(silence, silent_s, memory) else 0.0,
            berth=weighing.BERTH if _may_berth(silence, back, config) else 0.0,
            habit=weighing.habit(habit, stays, heard_again=again),
        )
        shared = shared or odds.together > limit
    else:
        p_silence = p_plain
    inside = odds is not None and not shared and not elsewhere and odds.without("earshot", "weak", "habit") <= limit
    sound = min(p_plain, p_others) <= limit  # is it the place, or the ship?
    p_ordinary = odds.p_ordinary if odds is not None else math.nan
    cause, reason = _cause(
        silence, back, config, odds, limit, passages, uncovered, into_port, long_enough=long_enough, skirts=skirts,
        sound=sound, explained=shared or elsewhere, dry=ways.all_over_land,
    )  # fmt: skip
    return Verdict(
        cause, p_silence, float(reception[0, 0]), passages, missed, uncovered,
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


def _lies_at_reduced_power(silence: Silence, silent_s: float, memory: Memory) -> bool:
    """Whether she lay beside another ship that is heard as rarely: alongside one another both send at reduced power.

    Beside any ship within the first hour: at reduced power a ship is heard now and then, and the first of two to reduce it has nobody beside her yet who did.
    """
    if not silence.speed_kn < _LYING_KN:
        return False
    craft = memory.craft
    rarely_s = _RARE_S if silent_s >= _REDUCED_S else 0.0
    rows = np.flatnonzero(craft.alive_mask & (craft["kind"] == SHIP) & (craft["latest_s"] >= rarely_s))
    rows = rows[
        (craft["speed_kn"][rows] < _LYING_KN) & (np.abs(craft["heard_us"][rows] - silence.since_us) <= _HORIZON_S * 1e6)
    ]
    rows = rows[craft.keys[rows] != silence.key]
    return bool(
        (
            distance_km(silence.lat_deg, silence.lon_deg, craft["lat_deg"][rows], craft["lon_deg"][rows]) <= _BESIDE_KM
        ).any()
    )


def _was_heard_from_far_off(silence: Silence, found: Sequence[tuple[int, int, float]], memory: Memory) -> bool:
    """Whether she was last heard by a receiver that heard none of the others near her way last, which are heard since."""
    if not found:
        return False
    column, own = ("station", silence.station) if silence.station != NO_STATION else ("source", silence.source)
    slots = memory.craft.find(np.array([key for key, _, _ in found], dtype=np.int64))
    return not (memory.craft[column][slots] == own).any()


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


def _where_it_lay(
    silence: Silence, lat: NDArray[np.float64], lon: NDArray[np.float64], places: Places, ship: int
) -> None:
    """Round where a ship lay for an hour and more and was heard itself, it is heard, though nobody passes there: an anchorage off the lanes."""
    near: NDArray[np.bool_] = distance_km(silence.lat_deg, silence.lon_deg, lat, lon) <= _LYING_KM
    cell, heard = places.cell[ship], places.reception[ship]
    cell[near] = cell[near][:1]
    places.covered[ship][near] = True
    heard[near] = np.fmax(heard[near], min(silence.interval_s / silence.mean_s, _OWN_RECEPTION))


def _dry(
    lat: NDArray[np.float64], lon: NDArray[np.float64], context: Context, config: SilenceConfig
) -> NDArray[np.bool_]:
    """Which ways, of shape (..., steps), come to land before they come to a port."""
    places, shape = context.places, lat.shape
    land = places.is_land(lat.ravel(), lon.ravel()).reshape(shape)
    dry = np.asarray(land.any(axis=-1), dtype=np.bool_)
    if not dry.any():
        return dry
    to_land = lat[dry], lon[dry]
    port_km = places.port_distance_km(to_land[0].ravel(), to_land[1].ravel()).reshape(to_land[0].shape)
    by_port = np.logical_or.accumulate(port_km <= config.port_ship_km, axis=-1)
    dry[dry] = (land[dry] & ~by_port).any(axis=-1)
    return dry


class Laid(NamedTuple):
    """Ways of shape (ways, steps) and their weights, and whether all of them lead over land."""

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    weights: NDArray[np.float64]
    all_over_land: bool


def by_water(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    weights: NDArray[np.float64],
    context: Context,
    config: SilenceConfig,
) -> Laid:
    """Ways back and their weights, without those over land, the likeliest for the straight one where that is none.

    Ways that come by a port first may have ended there. Where all are over land the straight one stands for what is not known: a river that the
    mask calls land, or a way round a cape longer than its speed had time for.
    """
    dry = _dry(lat, lon, context, config)
    if dry.all():
        return Laid(lat, lon, np.where(np.arange(len(lat)) == 0, 1.0, 0.0), all_over_land=True)
    weights = np.where(dry, 0.0, weights)
    if dry[0]:
        order = np.argsort(-weights, kind="stable")
        lat, lon, weights = lat[order], lon[order], weights[order]
    return Laid(lat, lon, weights / weights.sum(), all_over_land=False)


def along_the_shore(
    lat: NDArray[np.float64], lon: NDArray[np.float64], context: Context, config: SilenceConfig
) -> NDArray[np.float64]:
    """The weights of fans of shape (ships, ways, steps): a ship whose course is clear does not bear off by 10 or 20 degrees onto the land; one that
    turns further may."""
    dry = _dry(lat[:, AHEAD], lon[:, AHEAD], context, config)
    weights = np.tile(WEIGHTS, (len(lat), 1))
    for k in np.flatnonzero(~dry[:, 0] & dry.any(axis=1)).tolist():
        held = WEIGHTS[AHEAD]
        weights[k, AHEAD] = np.where(dry[k], 0.0, held) * held.sum() / held[~dry[k]].sum()
    return weights


def _stop_at_places(silence: Silence, ways: _Ways, context: Context, config: SilenceConfig) -> float:
    """Beats beyond a port or the shore are not counted; returns the weight of the ways ahead that a port stops."""
    lat, lon, ahead = ways.lat_deg, ways.lon_deg, ways.weights[: ways.ahead]
    port_limit_km = _PASSING_KM if silence.speed_kn > _BERTHING_KN else config.port_ship_km
    at_port = _near_port(silence, lat, lon, port_limit_km, context)
    ends = at_port | context.places.is_land(lat.ravel(), lon.ravel()).reshape(lat.shape)
    ways.beats[np.logical_or.accumulate(ends, axis=1)] = 0.0
    return float(ahead @ at_port[: ways.ahead].any(axis=1) / ahead.sum())


def _near_port(
    silence: Silence, lat: NDArray[np.float64], lon: NDArray[np.float64], limit_km: float, context: Context
) -> NDArray[np.bool_]:
    """Which places lie so near to a port. No place is nearer to one by more than it lies from where the ship was lost."""
    near = ~(distance_km(silence.lat_deg, silence.lon_deg, lat, lon) < silence.place_km - limit_km - _ROUNDING_KM)
    if near.any():
        near[near] = context.places.port_distance_km(lat[near], lon[near]) <= limit_km
    return np.asarray(near, dtype=np.bool_)


def in_port(silence: Silence, config: SilenceConfig) -> bool:
    """Whether she is at rest in or off a port, or slow enough near one to be about to berth."""
    stopped = silence.speed_kn < config.moored_speed_kn
    anchored = silence.nav_status == AT_ANCHOR and silence.place_km <= 2.0 * config.port_stopped_km
    tied = (silence.nav_status == MOORED or anchored) and not silence.speed_kn > 3.0
    at_rest = stopped and (silence.ashore or silence.place_km <= config.port_stopped_km)
    berthing = silence.place_km <= config.port_ship_km and not silence.speed_kn > _BERTHING_KN
    return bool(at_rest or tied or berthing)
