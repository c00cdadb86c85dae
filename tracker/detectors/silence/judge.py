"""Why is a craft silent? What ships (``sea``) and aircraft (``air``) have in common: the ways, the places on them, the witnesses.

From the last position a fan of ways is laid out at the last speed, each with the weight of craft really doing so (a ship in
passage holds her course; a turn of more than 40 degrees in the ten minutes after any given report is a matter of a few
per cent, and lies within the cell where she was last heard for most of that time). Each way is cut into steps; each step has
the cell it falls in and the beats due there. ``models.reception.way_silence`` makes it one probability, the weighted
sum over the ways is ``p_silence``.

Who is fading when she falls silent (her last reports come rarer than usual: a weak transmitter, the edge of coverage) has her
reception lowered by as much: switching off is abrupt. So has who was heard worse in the last hour than others in the same cells
(``got`` over ``owed`` in the memory): reception depends on the transmitter as much as on the place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from models.cells import cell_scalar
from models.geodesy import EARTH_RADIUS_KM, KM_PER_NM, distance_km
from models.reception import PRIOR, loss_share
from streams.keyed_state import find_slots
from tracker.detectors.base import Context
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.counts import Counted
from tracker.detectors.silence.memory import AIRCRAFT, NEVER_US, OTHER, SHIP, Memory, band_of, later_spells
from tracker.detectors.silence.weighing import Odds
from tracker.events import GapCause
from tracker.identity import segment_number, with_segment
from tracker.tracks.segments import PLACES

TURNS_DEG: Final = np.array([0.0, -10.0, 10.0, -20.0, 20.0, -45.0, 45.0, -90.0, 90.0, 180.0, 0.0])
WEIGHTS: Final = np.array([0.36, 0.21, 0.21, 0.08, 0.08, 0.012, 0.012, 0.008, 0.008, 0.005, 0.015])
"""The fan; the last way is to stop."""
AHEAD: Final = slice(0, 5)
STEPS: Final = 12
_OPPOSITE: Final = ((1, 2), (3, 6), (4, 8), (5, 7))
"""Neighbours on opposite sides of a cell (``models.cells.cells_around``): a place between two places heard is heard."""
_COMPASS: Final = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Steps north and east, opposite ones in pairs."""
_AXES: Final = 2
_HEARD_OFTEN: Final = 0.5
"""Ours: of ten passages at random in two days five spells are filled on average, and two in one case of a hundred."""
WORKING_KN: Final = 5.0
RESTING_S: Final = 180.0
"""A class B craft that works or drifts at less than the one may stop at any time, and then sends only every so often
(ITU-R M.1371-5 annex 1 table 2); a class A ship keeps her schedule until she reports herself moored or at anchor."""
SLOWING_KN: Final = 8.0
"""A ship slower than this in the approaches of a port (twice ``port_stopped_km``) may be about to anchor."""
_OFTEN_S: Final = 300.0
_OWN_PRIOR: Final = 3.0
"""Beats that a craft is assumed to have been heard as well as others."""
_GRACE_S: Final = 300.0
_BESIDE_US: Final = 3_600_000_000
"""Two transmitters of one identity heard side by side for this long are two ships; before, one may be the other's echo or successor."""
_LATE_US: Final = 86_400_000_000
_MANY_TRACKS: Final = 2
"""A ship whose positions are flung away has two tracks under her number, a number that is shared three and more: own and two others within a day."""
_FASTER: Final = 1.25
_FASTER_KN: Final = 2.0
"""Made good against the speed she was last heard with: merchant ships keep theirs within a knot or two; a current adds as much."""
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


def may_anchor(silence: Silence, config: SilenceConfig) -> bool:
    """Whether she may have come to anchor in the approaches of a port, and now sends as one at rest."""
    return silence.speed_kn < SLOWING_KN and silence.place_km <= 2.0 * config.port_stopped_km


def silence_of(memory: Memory, slot: int) -> Silence:
    """The silence of the craft in a slot; ``place_km`` and ``ashore`` as of :func:`look_up_places`."""
    c = memory.craft
    trend = _fading(c["usual"].item(slot), c["latest"].item(slot))
    share = _own_share(c["got"].item(slot), c["owed"].item(slot))
    heard_us = c["heard_us"].item(slot)
    stayed_s = (heard_us - max(c["since_us"].item(slot), c["entered_us"].item(slot))) / 1e6
    return Silence(
        c.keys.item(slot), c["kind"].item(slot), c["heard_us"].item(slot), c["pos_us"].item(slot),
        c["lat"].item(slot), c["lon"].item(slot), c["speed"].item(slot), c["course"].item(slot),
        c["altitude"].item(slot), c["climb"].item(slot), c["on_ground"].item(slot), c["status"].item(slot),
        c["source"].item(slot), c["interval"].item(slot), c["schedule"].item(slot), c["longest"].item(slot),
        min(trend, share), c["beats"].item(slot),
        c["blind_from"].item(slot), c["blind_to"].item(slot), c["place_km"].item(slot), bool(c["ashore"].item(slot)),
        bool(c["inside"].item(slot)), bool(c["shared"].item(slot)), trend, share, c["best"].item(slot),
        (c["heard_us"].item(slot) - c["steady_us"].item(slot)) / 1e6,
        stayed_s, c["usual"].item(slot),
    )  # fmt: skip


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
    new = new[~np.isnan(c["lat"][new])]
    for air in (False, True):
        some = new[(c["kind"][new] == AIRCRAFT) == air]
        if not len(some):
            continue
        lat, lon = c["lat"][some], c["lon"][some]
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


def begins_covered(covered: NDArray[np.bool_], age_s: float, silence: Silence, config: SilenceConfig) -> bool:
    """Whether the first hour (aircraft: five minutes) of the way she took lies where craft are heard: that was no edge of coverage."""
    begun_s = age_s / STEPS * int(np.logical_and.accumulate(covered).sum())
    return begun_s >= (config.gap_min_air_s if silence.kind == AIRCRAFT else config.gap_min_ship_s)


def ways(silence: Silence, after_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions on every way of the fan, shape (ways, steps)."""
    speed = 0.0 if np.isnan(silence.speed_kn) else silence.speed_kn
    course = 0.0 if np.isnan(silence.course_deg) else silence.course_deg
    run_km = speed * KM_PER_NM * (after_s + (silence.since_us - silence.pos_us) / 1e6) / 3600.0
    lat, lon = np.empty((2, len(TURNS_DEG), len(after_s)))
    _fan(silence.lat_deg, silence.lon_deg, course, TURNS_DEG, run_km, lat, lon)
    return lat, lon


@numba.njit(cache=True, nogil=True)
def _fan(lat_deg: float, lon_deg: float, course_deg: float, turns_deg: Any, run_km: Any, lat: Any, lon: Any) -> None:
    """Great circles from one point, one per turn; the last way stays where it is (``models.geodesy.destination``)."""
    phi = math.radians(lat_deg)
    for w in range(len(turns_deg)):
        theta = math.radians(course_deg + turns_deg[w])
        for k in range(len(run_km)):
            delta = run_km[k] / EARTH_RADIUS_KM if w < len(turns_deg) - 1 else 0.0
            sin2 = math.sin(phi) * math.cos(delta) + math.cos(phi) * math.sin(delta) * math.cos(theta)
            sin2 = min(max(sin2, -1.0), 1.0)
            y = math.sin(theta) * math.sin(delta) * math.cos(phi)
            x = math.cos(delta) - math.sin(phi) * sin2
            lat[w, k] = math.degrees(math.asin(sin2))
            lon[w, k] = (lon_deg + math.degrees(math.atan2(y, x)) + 180.0) % 360.0 - 180.0


def places_of(lat: Any, lon: Any, layer: Any, memory: Memory, kind: int) -> tuple[Any, ...]:
    """Cell, covered, share of losses, reception and passages of each point."""
    config, cells, air = memory.config, memory.cells, kind == AIRCRAFT
    around = memory.neighbourhood(lat, lon, layer, air)
    slots = cells.find(around.ravel()).reshape(around.shape)
    passages, loss, reception = np.empty((3, *lat.shape))
    covered = np.empty(lat.shape, dtype=np.bool_)
    own = config.min_own_passages_air if air else config.min_own_passages
    _gather(
        slots, cells["passages"], cells["losses"], cells["received"], cells["expected"], memory.feed_share(kind),
        own, config.min_passages_air if air else config.min_passages, passages, loss, reception, covered,
    )  # fmt: skip
    if not air:
        _often_heard(slots, passages, cells["spells"], cells["last_us"], memory.listened, memory.listened_us, covered)
    bare = np.nonzero(~covered)
    if len(bare[0]) and not air:
        found = _surrounded(lat[bare], lon[bare], memory)
        for values, column in zip((passages, loss, reception, covered), found, strict=True):
            values[bare] = np.where(found[3], column, values[bare])
    return around[..., 0], covered, loss, reception, passages


def _surrounded(lat: Any, lon: Any, memory: Memory) -> tuple[Any, ...]:
    """Passages, share of losses, reception, and whether a place is covered because places all around it are.

    A shore station's reach has no holes the size of a cell at sea. A place where nobody was heard yet is covered where at least
    ``_AXES`` of the four axes through it have a well-known place, one or two cells away, on both sides.
    """
    config, cells = memory.config, memory.cells
    n, loss, reception = np.empty((3, len(lat)))
    surrounded = np.empty(len(lat), dtype=np.bool_)
    _surround(
        lat, lon, memory.origin_lon, float(config.cell_ship_deg), *cells.table, cells["passages"], cells["losses"], cells["received"],
        cells["expected"], memory.feed_share(SHIP), float(config.min_own_passages), float(config.min_passages), cells["spells"],
        cells["last_us"], memory.listened, memory.listened_us, n, loss, reception, surrounded,
    )  # fmt: skip
    return n, loss, reception, surrounded


@numba.njit(cache=True, nogil=True)
def _sum16(values: Any, pairwise: bool) -> float:
    """The sum in the order in which numpy takes it: by halves for one place, one after the other for several."""
    if pairwise:
        r = values[:8] + values[8:]
        return float(((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7])))
    total = values[0]
    for value in values[1:]:
        total += value
    return float(total)


@numba.njit(cache=True, nogil=True)
def _surround(
    lat: Any, lon: Any, origin_lon: float, size_deg: float, table_slot: Any, table_key: Any, cell_passages: Any, cell_losses: Any,
    cell_received: Any, cell_expected: Any, share: float, least_own: float, least: float, cell_spells: Any, cell_last_us: Any,
    listened: int, listened_us: int, passages: Any, loss: Any, reception: Any, surrounded: Any,
) -> None:  # fmt: skip
    """What the sixteen places one and two cells away know of each place."""
    keys, slots = np.empty(16, dtype=np.int64), np.empty(16, dtype=np.int32)
    known = np.empty((4, 16))
    for i in range(len(lat)):
        for k in range(16):
            steps = (k // 8 + 1.0) * size_deg
            there = min(max(lat[i] + _COMPASS[k % 8][0] * steps, -89.9), 89.9)
            off = lon[i] + _COMPASS[k % 8][1] * steps / max(math.cos(math.radians(there)), 0.02)
            keys[k] = cell_scalar(there, (off - origin_lon + 180.0) % 360.0 - 180.0, size_deg)
        find_slots(keys, table_slot, table_key, slots)
        for k in range(16):
            s = slots[k]
            known[0, k] = cell_passages[s] if s >= 0 else 0.0
            known[1, k] = cell_losses[s] if s >= 0 else 0.0
            known[2, k] = cell_received[s] if s >= 0 else 0.0
            known[3, k] = cell_expected[s] if s >= 0 else 0.0
        alone = len(lat) == 1
        n, f = _sum16(known[0], alone) / 4.0, _sum16(known[1], alone) / 4.0
        passages[i] = n
        loss[i] = (f + PRIOR * share) / (n + f + PRIOR)
        reception[i] = min(max(_sum16(known[2], alone) / max(_sum16(known[3], alone), 1.0), 0.02), 0.98)
        axes = 0
        for k in range(0, 8, 2):
            one = max(known[0, k], known[0, k + 8]) >= 2.0 * least_own
            axes += one and max(known[0, k + 1], known[0, k + 9]) >= 2.0 * least_own
        surrounded[i] = axes >= _AXES and n >= least
        if surrounded[i]:
            surrounded[i] = _in_most_spells(slots, n, cell_spells, cell_last_us, listened, listened_us)


@numba.njit(cache=True, nogil=True)
def _in_most_spells(slots: Any, passages: float, spells: Any, last_us: Any, listened: int, listened_us: int) -> bool:
    """Whether places were heard in as many spells as so many passages at random times fill, by half at least.

    One receiver's range is what it is on most days. A night of ducting, or a fleet that fished there twice, makes many passages in few spells.
    A ship makes two or three of them.
    """
    of, heard = 0, 0
    for bit in range(62):
        of += (listened >> bit) & 1
    for s in slots:
        if s >= 0:
            heard |= later_spells(spells[s], last_us[s], max(listened_us, last_us[s]))
    count = 0
    for bit in range(62):
        count += (heard >> bit) & 1
    if of < 2:
        return True
    return bool(count >= _HEARD_OFTEN * of * (1.0 - (1.0 - 1.0 / of) ** (passages / 2.0)))


@numba.njit(cache=True, nogil=True)
def _often_heard(
    slots: Any, passages: Any, spells: Any, last_us: Any, listened: int, listened_us: int, covered: Any
) -> None:
    """Places are covered only where they are heard time and again."""
    ways, steps, _ = slots.shape
    for w in range(ways):
        for k in range(steps):
            if covered[w, k]:
                covered[w, k] = _in_most_spells(slots[w, k], passages[w, k], spells, last_us, listened, listened_us)


@numba.njit(cache=True, nogil=True)
def _gather(
    slots: Any, cell_passages: Any, cell_losses: Any, cell_received: Any, cell_expected: Any, feed_share: float,
    least_own: float, least: float, passages: Any, loss: Any, reception: Any, covered: Any,
) -> None:  # fmt: skip
    """What the own cell (weight 1) and its neighbours (one half) know together."""
    ways, steps, _ = slots.shape
    for w in range(ways):
        for k in range(steps):
            n, f, got, due, own = 0.0, 0.0, 0.0, 0.0, 0.0
            for j in range(9):
                s = slots[w, k, j]
                if s < 0:
                    continue
                weight = 1.0 if j == 0 else 0.5
                if j == 0:
                    own = cell_passages[s]
                n += weight * cell_passages[s]
                f += weight * cell_losses[s]
                got += weight * cell_received[s]
                due += weight * cell_expected[s]
            passages[w, k] = n
            loss[w, k] = loss_share(n, f, feed_share)
            reception[w, k] = min(max(got / max(due, 1.0), 0.02), 0.98)
            between = False
            for j in range(4):
                a, b = slots[w, k, _OPPOSITE[j][0]], slots[w, k, _OPPOSITE[j][1]]
                if a >= 0 and b >= 0 and min(cell_passages[a], cell_passages[b]) >= 2.0 * least_own:
                    between = True
            covered[w, k] = (own >= least_own or between) and n >= least


def witnesses(silence: Silence, lat: Any, lon: Any, memory: Memory) -> tuple[list[tuple[int, int, float]], bool]:
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


def heard_elsewhere(silence: Silence, lat: Any, lon: Any, memory: Memory) -> bool:
    """Whether her identity was heard from another track since, so that what fell silent may be no ship of its own.

    Near her way it is herself, behind a feed that stamps old positions with a later time. A track that began when hers ended, or
    within an hour before, or is heard again since, is what her transmitter says from then on: who spoofs positions is heard all the time. Two ships
    under one number, known side by side for longer and far from one another, are each told of.
    """
    craft, own = memory.craft, int(segment_number(silence.key))
    keys = np.array([with_segment(silence.key, k) for k in range(PLACES) if k != own], dtype=np.int64)
    slots = craft.find(keys)
    slots = slots[slots >= 0]
    slots = slots[craft["heard_us"][slots] > silence.since_us]
    if np.any(craft["since_us"][slots] > silence.since_us - _BESIDE_US):
        return True
    near_km = memory.config.witness_air_km if silence.kind == AIRCRAFT else memory.config.witness_ship_km
    return any(bool((distance_km(craft["lat"][s], craft["lon"][s], lat, lon) <= near_km).any()) for s in slots)


def shares_number(silence: Silence, memory: Memory, back: Return | None = None) -> bool:
    """Whether so many tracks went under her number of late that it is nobody's own, such as one that came with the device.

    The end of one of its tracks is no silence of a ship: another boat came or went. One other track is enough where she would have had to
    speed up to be heard again so far on.
    """
    many = _MANY_TRACKS
    if back is not None and not math.isnan(silence.speed_kn):
        many -= made_good_kn(silence, back) > max(_FASTER * silence.speed_kn, silence.speed_kn + _FASTER_KN)
    craft, own = memory.craft, int(segment_number(silence.key))
    keys = np.array([with_segment(silence.key, k) for k in range(PLACES) if k != own], dtype=np.int64)
    slots = craft.find(keys)
    slots = slots[slots >= 0]
    late = craft["heard_us"][slots] > silence.since_us - _LATE_US
    return int((late & (craft["beats"][slots] >= memory.config.min_own_beats)).sum()) >= many


def lost_together(silence: Silence, memory: Memory) -> int:
    """How many others of her kind near her fell silent when she did and are silent still: a receiver is what they share."""
    craft, air = memory.craft, silence.kind == AIRCRAFT
    config = memory.config
    rows = np.flatnonzero(craft.alive_mask & (craft["kind"] == silence.kind))
    if air:  # who lands or is parked falls silent by itself
        rows = rows[(craft["on_ground"][rows] != 1) & ~(craft["altitude"][rows] < config.low_altitude_ft)]
    apart_s = np.abs(craft["heard_us"][rows] - silence.since_us) / 1e6
    slower_s = 2.0 * np.fmax(craft["interval"][rows], silence.interval_s)
    # who is heard now and then only is no witness of a receiver: she falls silent at any time
    often = ~(craft["interval"][rows] > max(_OFTEN_S, 3.0 * silence.interval_s))
    rows = rows[(apart_s <= np.maximum(config.together_s, slower_s)) & often]
    rows = rows[(craft.keys[rows] != silence.key) & (craft["beats"][rows] >= config.min_own_beats)]
    # who is not overdue yet may still be heard
    due_us = craft["heard_us"][rows] + 3e6 * np.maximum(craft["interval"][rows], 60.0)
    rows = rows[due_us < silence.since_us + 1e6 * (config.dark_min_air_s if air else config.dark_min_ship_s)]
    km = distance_km(silence.lat_deg, silence.lon_deg, craft["lat"][rows], craft["lon"][rows])
    return int((km <= 2.0 * (config.witness_air_km if air else config.witness_ship_km)).sum())
