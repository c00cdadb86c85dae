"""Why is she silent? The ways she may have gone, the probability of silence on them, the witnesses, and the cause.

From her last position a fan of ways is laid out at her last speed, each with the weight of ships really doing so (a ship in
passage holds her course; a turn of more than 40 degrees in the ten minutes after any given report is a matter of a few
per cent, and lies within the cell where she was last heard for most of that time). Each way is cut into steps; each step has
the cell it falls in and the beats due there. ``models.reception.way_silence`` makes it one probability, the weighted
sum over the ways is ``p_silence``.

What stops a way: a port within reach, or land. What happens beyond is not counted as silence. Time in which her feed was out
is not counted either. Aircraft keep their rate of climb, so that a descent leads below the coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM, destination, distance_km
from models.reception import loss_share, way_silence
from models.reporting import AT_ANCHOR, MOORED
from tracker.detectors.base import Context
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.memory import AIRCRAFT, NEVER_US, OTHER, Memory, band_of
from tracker.events import GapCause

TURNS_DEG: Final = np.array([0.0, -10.0, 10.0, -20.0, 20.0, -45.0, 45.0, -90.0, 90.0, 180.0, 0.0])
WEIGHTS: Final = np.array([0.36, 0.21, 0.21, 0.08, 0.08, 0.012, 0.012, 0.008, 0.008, 0.005, 0.015])
"""The fan; the last way is to stop."""
AHEAD: Final = slice(0, 5)
STEPS: Final = 12
_HORIZON_S: Final = (10_800.0, 2_400.0)
"""Beyond this nobody knows where a ship or an aircraft is, and further silence proves nothing more."""
_GRACE_S: Final = 300.0
MAX_WITNESSES: Final = 5


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
    longest_s: float
    beats: int
    blind_from_us: int
    blind_to_us: int

    @property
    def layer(self) -> int:
        """Reception layer at her last altitude."""
        return int(band_of(np.array([self.altitude_ft]))[0]) if self.kind == AIRCRAFT else 0


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
    habit: float = np.nan


def silence_of(memory: Memory, slot: int) -> Silence:
    """The silence of the craft in a slot."""
    c = memory.craft
    return Silence(
        int(c.keys[slot]), int(c["kind"][slot]), int(c["heard_us"][slot]), int(c["pos_us"][slot]),
        float(c["lat"][slot]), float(c["lon"][slot]), float(c["speed"][slot]), float(c["course"][slot]),
        float(c["altitude"][slot]), float(c["climb"][slot]), int(c["on_ground"][slot]), int(c["status"][slot]),
        int(c["source"][slot]), float(c["interval"][slot]), float(c["longest"][slot]), int(c["beats"][slot]),
        int(c["blind_from"][slot]), int(c["blind_to"][slot]),
    )  # fmt: skip


def is_flying(silence: Silence, config: SilenceConfig) -> bool:
    """Airborne as she said, or fast where she does not say."""
    if silence.on_ground >= 0:
        return silence.on_ground == 0
    return bool(silence.speed_kn >= config.airborne_speed_kn)


def by_outage(silence: Silence) -> bool:
    """Her feed fell silent together with her."""
    grace_us = max(3.0 * np.nan_to_num(silence.interval_s), _GRACE_S) * 1e6
    return silence.blind_from_us != NEVER_US and silence.since_us >= silence.blind_from_us - grace_us


def judge(silence: Silence, now_us: int, memory: Memory, context: Context, made_good_kn: float = np.nan) -> Verdict:
    """The cause as known at ``now_us``; ``made_good_kn`` is her speed over the silence once she is heard again."""
    config = memory.config
    if by_outage(silence):
        return Verdict(GapCause.FEED_OUTAGE)
    if silence.kind == AIRCRAFT:
        verdict = _low_aircraft(silence, context, config)
    else:
        verdict = _in_port(silence, context, config)
    return verdict if verdict is not None else _on_the_way(silence, now_us, memory, context, made_good_kn)


def _in_port(silence: Silence, context: Context, config: SilenceConfig) -> Verdict | None:
    lat, lon = np.array([silence.lat_deg]), np.array([silence.lon_deg])
    port_km = float(context.places.port_distance_km(lat, lon)[0])
    ashore = bool(context.places.is_land(lat, lon)[0])
    stopped = silence.speed_kn < config.moored_speed_kn
    tied = silence.nav_status == MOORED or (silence.nav_status == AT_ANCHOR and port_km <= 2 * config.port_stopped_km)
    if (stopped and (ashore or port_km <= config.port_stopped_km)) or (tied and not silence.speed_kn > 3.0):
        return Verdict(GapCause.IN_PORT, place_km=port_km)
    if port_km <= config.port_ship_km:
        return Verdict(GapCause.IN_PORT, place_km=port_km)
    return None


def _low_aircraft(silence: Silence, context: Context, config: SilenceConfig) -> Verdict | None:
    if silence.altitude_ft >= config.low_altitude_ft:
        return None
    airport_km = float(context.places.airport_distance_km(np.array([silence.lat_deg]), np.array([silence.lon_deg]))[0])
    if np.isnan(silence.altitude_ft):
        return Verdict(GapCause.UNKNOWN, place_km=airport_km)
    cause = GapCause.IN_PORT if airport_km <= config.airport_km else GapCause.LEFT_COVERAGE
    return Verdict(cause, place_km=airport_km)


def _on_the_way(silence: Silence, now_us: int, memory: Memory, context: Context, made_good_kn: float) -> Verdict:
    config, air = memory.config, silence.kind == AIRCRAFT
    age_s = (now_us - silence.since_us) / 1e6
    span_s = min(age_s, _HORIZON_S[silence.kind])
    after_s = (np.arange(STEPS) + 0.5) / STEPS * span_s
    lat, lon = ways(silence, after_s)
    layer = np.zeros(lat.shape, dtype=np.int64)
    if air:
        climb = 0.0 if np.isnan(silence.climb_ftmin) else min(silence.climb_ftmin, 0.0)
        layer[:] = band_of(silence.altitude_ft + climb * after_s / 60.0)
    cell, covered, loss, reception, passages = _places(lat, lon, layer, memory, silence.kind)
    usual_s = max(silence.interval_s, 0.5)
    beats = np.full(lat.shape, span_s / STEPS / usual_s)
    if silence.blind_from_us != NEVER_US:
        at_us = silence.since_us + after_s * 1e6
        beats[:, (at_us >= silence.blind_from_us) & (at_us <= silence.blind_to_us)] = 0.0
    p, bare = np.empty(len(TURNS_DEG)), np.empty(len(TURNS_DEG))
    way_silence(cell, beats, covered, loss, reception, p, bare)
    p_silence = float(WEIGHTS @ p)
    ahead = WEIGHTS[AHEAD] / WEIGHTS[AHEAD].sum()
    uncovered = float(ahead @ bare[AHEAD])
    missed = float(beats[0].sum())
    into_port = 0.0
    if p_silence <= config.dark_max_probability and not air:
        into_port = _stop_at_places(lat, lon, beats, context, config)
        way_silence(cell, beats, covered, loss, reception, p, bare)
        p_silence = float(WEIGHTS @ p)
    found: list[tuple[int, int, float]] = []
    enough = (
        p_silence <= config.dark_max_probability
        and missed >= config.min_missed_beats
        and silence.beats >= config.min_own_beats
        and age_s >= (config.dark_min_air_s if air else config.dark_min_ship_s)
        and age_s >= config.own_silence_factor * silence.longest_s
    )
    witnessed = False
    if enough:
        found, near_end = _witnesses(silence, lat[AHEAD], lon[AHEAD], now_us, memory)
        needed = config.min_witnesses_air if air else config.min_witnesses_ship
        witnessed = len(found) >= needed and near_end
    inside = enough and witnessed
    under_way = bool(made_good_kn >= config.under_way_again_kn)
    habit = memory.habit(silence.kind, under_way)
    if inside and habit <= (config.max_habit_air if air else config.max_habit_ship):
        cause = GapCause.SILENT_IN_COVERAGE
    elif into_port >= 0.5:
        cause = GapCause.IN_PORT
    elif uncovered >= 0.5 and passages[0, 0] > 0.0:
        cause = GapCause.LEFT_COVERAGE
    else:
        cause = GapCause.UNKNOWN
    place = context.places.airport_distance_km if air else context.places.port_distance_km
    place_km = float(place(np.array([silence.lat_deg]), np.array([silence.lon_deg]))[0])
    return Verdict(
        cause, p_silence, float(reception[0, 0]), float(passages[0, 0]), missed, uncovered,
        float(lat[0, -1]), float(lon[0, -1]), place_km, tuple(found[:MAX_WITNESSES]), len(found), inside, habit,
    )  # fmt: skip


def ways(silence: Silence, after_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions on every way of the fan, shape (ways, steps)."""
    speed = 0.0 if np.isnan(silence.speed_kn) else silence.speed_kn
    course = 0.0 if np.isnan(silence.course_deg) else silence.course_deg
    run_km = speed * KM_PER_NM * (after_s + (silence.since_us - silence.pos_us) / 1e6) / 3600.0
    runs = np.repeat(run_km[None, :], len(TURNS_DEG), axis=0)
    runs[-1] = 0.0
    return destination(silence.lat_deg, silence.lon_deg, (course + TURNS_DEG)[:, None], runs)


def _places(lat: Any, lon: Any, layer: Any, memory: Memory, kind: int) -> tuple[Any, ...]:
    """Cell, covered, share of losses, reception and passages of each point."""
    config = memory.config
    around = memory.neighbourhood(lat, lon, layer, kind == AIRCRAFT)
    slots = memory.cells.find(around.ravel()).reshape(around.shape)
    known = slots >= 0
    weight = np.where(known, np.array([1.0] + [0.5] * 8), 0.0)
    n = np.where(known, memory.cells["passages"][slots], 0.0)
    f = np.where(known, memory.cells["losses"][slots], 0.0)
    passages, losses = (n * weight).sum(axis=-1), (f * weight).sum(axis=-1)
    covered = (n[..., 0] >= config.min_own_passages) & (passages >= config.min_passages)
    loss = loss_share(passages, losses, memory.feed_share(kind))
    received = (np.where(known, memory.cells["received"][slots], 0.0) * weight).sum(axis=-1)
    expected = (np.where(known, memory.cells["expected"][slots], 0.0) * weight).sum(axis=-1)
    reception = np.clip(received / np.maximum(expected, 1.0), 0.02, 0.98)
    return around[..., 0], covered, loss, reception, passages


def _stop_at_places(lat: Any, lon: Any, beats: Any, context: Context, config: SilenceConfig) -> float:
    """Beats beyond a port or the shore are not counted; returns the weight of the ways ahead that a port stops."""
    port_km = context.places.port_distance_km(lat.ravel(), lon.ravel()).reshape(lat.shape)
    at_port = port_km <= config.port_ship_km
    ends = at_port | context.places.is_land(lat.ravel(), lon.ravel()).reshape(lat.shape)
    beats[np.logical_or.accumulate(ends, axis=1)] = 0.0
    ahead = WEIGHTS[AHEAD] / WEIGHTS[AHEAD].sum()
    return float(ahead @ at_port[AHEAD].any(axis=1))


def _witnesses(
    silence: Silence, lat: Any, lon: Any, now_us: int, memory: Memory
) -> tuple[list[tuple[int, int, float]], bool]:
    """Other craft heard after she fell silent and now near her way, nearest first; and whether any is near its end."""
    craft, air = memory.craft, silence.kind == AIRCRAFT
    radius_km = memory.config.witness_air_km if air else memory.config.witness_ship_km
    since_us = silence.since_us + int(max(60.0, 2.0 * silence.interval_s) * 1e6)
    rows = np.flatnonzero(
        craft.alive_mask & (craft["heard_us"] > since_us) & (craft["pos_us"] > since_us) & (craft["beats"] >= 3)
    )
    kinds = craft["kind"][rows]
    rows = rows[(kinds == AIRCRAFT) if air else ((kinds != AIRCRAFT) & (kinds <= OTHER))]
    if air:
        low = craft["altitude"][rows] < memory.config.low_altitude_ft
        rows = rows[~low]
    rows = rows[craft.keys[rows] != silence.key]
    middle = distance_km(lat[0, 0], lon[0, 0], craft["lat"][rows], craft["lon"][rows])
    reach = radius_km + float(np.max(distance_km(lat[0, 0], lon[0, 0], lat, lon)))
    rows = rows[middle <= reach]
    if not len(rows):
        return [], False
    way = distance_km(lat[0][:, None], lon[0][:, None], craft["lat"][rows], craft["lon"][rows])
    near = way.min(axis=0)
    keep = near <= radius_km
    rows, near, way = rows[keep], near[keep], way[:, keep]
    near_end = bool((way[-1] <= radius_km).any())
    order = np.lexsort((craft.keys[rows], near))
    found = [(int(craft.keys[rows[i]]), int(craft["heard_us"][rows[i]]), float(near[i])) for i in order]
    return found, near_end
