"""Feed outage: a source, or one of its stations, silent or thin; not the craft.

A source is **silent** when, at one instant, everybody it was hearing stopped at once::

    nothing since T;  now - T >= outage_min_s  and  >= outage_quiet_factor x its longest pause of late
    craft present at T (not yet overdue by three of their own intervals): weight >= outage_min_craft
    sum over them of (now - T) / own interval >= outage_min_rows

A quiet sea is none: craft that leave one by one are overdue one by one, and at the last one's end nobody else is
present. A parked aircraft counts for nothing: its transponder is switched off at any moment; nor, among few, do those on their way out of the reach of all sources (the edge of a box or
of a range: ``reach``), unless one that was en route within it stopped with them: that edges take several within half a minute is chance, that one vanishes far
from any at that very moment is none. A base station, which cannot leave, weighs as much as three ships. The same rule holds for a station named in the tag
block, over the craft it was the last to hear. Craft that others still hear (``overlap``) count with the reports that it misses of them.
A station that has not come back with its source is judged by who was present when it was last heard itself.

A source is **thin** when its rows of the last minutes (a running mean over five) are under ``thin_share`` of its usual ones (over six hours) and most of the craft it was hearing
before are
overdue, most of an hour's losses within the same few minutes (``ABRUPT_S``): flights that land and trips that end go one by one.

The outage starts at the last row before it and ends with the first row (silent) or with half of the usual rate (thin).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numba.extending import register_jitable
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import scalars
from tracker.detectors.silence.air import was_at_the_edge
from tracker.detectors.silence.columns import AIRCRAFT, BASE, NEVER_US
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.lost import silence_of
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.overlap import Overlap
from tracker.positions import PositionBatch

NO_STATION: Final = -1
_STATION_BIT: Final = 1 << 62
_LOOK_US: Final = 7_200_000_000
"""A source silent for longer than this without having been called out is none any more."""
ABRUPT_S: Final = 300.0
"""A source that breaks loses its craft within so long: the slowest report every three minutes."""
_PARKED_KN: Final = 5.0
"""Slower than any taxiing: at the stand, or about to be."""
_AT_ONCE_S: Final = 30.0
"""Aircraft that stop with their source do so within some of their intervals; those that land one after the other at dusk are a minute or two
apart (separation on final approach: 3 to 6 nm, ICAO Doc 4444 8.7.3)."""
_FEW: Final = 12
"""Of more aircraft than this all do not leave a reach within half a minute of each other by chance (ours)."""
_RUN_PAUSE_S: Final = 600.0
_LEAST_RUN_S: Final = 1800.0
"""A source is one that can go out once it has been heard for half an hour without a pause of ten minutes: passes of satellites last ten (a pass
from horizon to horizon at 650 km, 12 min), and nothing between them is their habit."""
_HABITUAL: Final = 2.5
"""Outages that ended within a day or so, from the third on, are how the source is: only longer ones are news."""
_MOST: Final = 0.7
_HOUR_US: Final = 3_600_000_000
_CALM_US: Final = 1 << 62
_TAU_PAUSE_S: Final = 86_400.0
_TAU_RUN_S: Final = 3 * 86_400.0
_FAST_TICKS: Final = 5.0
_SETTLED_TICKS: Final = 30
_SLOW_TICKS: Final = 360.0


class Feed:
    """What is kept of a source, or of one of its stations."""

    source: int = -1
    last_us: int = NEVER_US
    before_us: int = NEVER_US
    resumed_us: int = NEVER_US
    pause_s: float = 0.0
    idle: Annotated[int, "u1"] = 0
    run_us: int = NEVER_US
    longest_run_s: float = 0.0
    ended: float = 0.0
    fast: float = 0.0
    """Rows a tick, of late; ``slow``, of the last hours."""
    slow: float = math.nan
    ticks: int = 0
    out_us: int = NEVER_US
    thin: Annotated[int, "u1"] = 0
    craft: float = 0.0
    missed: float = 0.0
    others: float = 0.0


class FeedLimits(NamedTuple):
    """Thresholds of ``SilenceConfig`` that every tick needs."""

    tick_us: int
    outage_min_s: float
    thin_share: float
    thin_min_rows: float


@dataclass(frozen=True, slots=True)
class OutageChange:
    """A source went out (``end_us`` None) or came back."""

    key: int
    source: int
    station: str
    thin: bool
    start_us: int
    end_us: int | None
    craft_present: float
    rows_missed: float
    usual_rows_per_tick: float
    heard_by_others: float
    """Of the craft present, those that others still hear."""


class FeedWatch:
    """Health of every source and station."""

    def __init__(self, config: SilenceConfig, memory: Memory) -> None:
        self.config = config
        self.limits = FeedLimits(
            int(config.tick_s * 1e6), float(config.outage_min_s), float(config.thin_share), float(config.thin_min_rows)
        )
        self._memory = memory
        self.state = KeyedState(state_columns(Feed))
        self._names: dict[int, str] = {}
        self._rows = np.zeros(0, dtype=np.int64)
        """Rows of each slot in a tick, for the kernel; zero between ticks."""
        self._calm_us = np.zeros(0, dtype=np.int64)
        self._used = self.state.alive()
        self._by_station, self._by_source = Overlap("by_station"), Overlap("by_source")
        self._first_source, self._several = NO_STATION, False
        """The first source ever heard, and whether another has been."""

    def station_keys(self, positions: PositionBatch) -> NDArray[np.int64]:
        """One number per (source, station); ``NO_STATION`` where no station is named."""
        words = np.ascontiguousarray(positions.station).view(np.uint64)
        keys = np.empty(len(positions), dtype=np.int64)
        if not hash_stations(words, positions.source, keys):
            return keys
        named = keys != NO_STATION
        new = named & (self.state.find(keys) < 0)
        if new.any():
            distinct, rows = np.unique(keys[new], return_index=True)
            texts, sources = positions.station[new][rows], positions.source[new][rows]
            slots = self.state.slots(distinct)
            self.state["source"][slots] = sources
            for key, text in zip(distinct.tolist(), texts, strict=True):
                self._names[key] = bytes(text).decode("ascii", "replace")
        return keys

    def learn(self, positions: PositionBatch) -> None:
        """Learn from rows in time order which craft several stations, or sources, hear."""
        craft, time_us, sources = positions.segment, positions.time_us, positions.source.astype(np.int64)
        if not len(craft):
            return
        keys = np.empty(len(craft), dtype=np.int64)
        if hash_stations(np.ascontiguousarray(positions.station).view(np.uint64), positions.source, keys):
            named = keys != NO_STATION
            self._by_station.learn(time_us[named], craft[named], keys[named])
        if self._first_source == NO_STATION:
            self._first_source = int(sources[0])
        if not self._several:
            others = np.flatnonzero(sources != self._first_source)
            if not len(others):
                return
            self._several = True
            time_us, craft, sources = time_us[others[0] :], craft[others[0] :], sources[others[0] :]
        self._by_source.learn(time_us, craft, sources)

    def forget(self, craft: NDArray[np.int64], now_us: int | None = None) -> None:
        """Drop some craft, and every hour who has not been heard for long."""
        for overlap in (self._by_station, self._by_source):
            overlap.forget(craft, now_us)
        if len(craft):
            self._calm_us[:] = 0  # every silence is to be looked at again

    def hear(self, positions: PositionBatch, stations: NDArray[np.int64]) -> list[OutageChange]:
        """Take the rows of a tick; returns who came back, in order of keys."""
        back: list[OutageChange] = []
        self._take(positions.source.astype(np.int64), positions.time_us, back)
        named = stations != NO_STATION
        if named.any():
            self._take(stations[named], positions.time_us[named], back)
        return back

    def _take(self, keys: NDArray[np.int64], time_us: NDArray[np.int64], back: list[OutageChange]) -> None:
        """Rows of sources, or of stations, into their state; adds who came back."""
        state = self.state
        slots = state.slots(keys)
        out, last = state["out_us"], state["last_us"]
        if any_back(slots, state.records):
            returned = np.unique(slots[(out[slots] != NEVER_US) & (state["thin"][slots] == 0)])
            for slot in returned[np.argsort(state.keys[returned], kind="stable")]:
                first = int(time_us[np.argmax(slots == slot)])
                back.append(self._change(int(slot), end_us=first))
                self._remember(int(slot), first)
                out[slot] = NEVER_US
                state["fast"][slot] = state["slow"][slot]
                mine = (state["source"] == state.keys[slot]) & state.alive_mask & (last < first - 1)
                state["before_us"][mine] = np.where(last == state["resumed_us"], state["before_us"], last)[mine]
                state["resumed_us"][mine] = last[mine] = first - 1  # its stations have their time to come back too
                last[slot] = first
        pauses(time_us, slots, state.records, self.row_counts)

    def _remember(self, slot: int, first_us: int) -> None:
        """An outage is over: its run ended with it, and outages again and again are the habit of a source."""
        state = self.state
        silent_s = (first_us - int(state["last_us"][slot])) / 1e6
        run_s = (first_us - int(state["run_us"][slot])) / 1e6
        state["ended"][slot] = state["ended"][slot] * math.exp(-run_s / _TAU_PAUSE_S) + 1.0
        if state["ended"][slot] >= _HABITUAL:
            state["pause_s"][slot] = max(state["pause_s"][slot], silent_s)
        if silent_s >= _RUN_PAUSE_S:
            one = {name: state[name][slot] for name in ("longest_run_s", "run_us", "last_us")}
            state["longest_run_s"][slot] = longest_run(
                float(one["longest_run_s"]), int(one["run_us"]), int(one["last_us"]), first_us
            )
            state["run_us"][slot] = first_us

    def judge(self, now_us: int) -> list[OutageChange]:
        """Who is out now, decided at the end of a tick; also lets the rates run on."""
        state, used = self.state, self.used
        changes: list[OutageChange] = []
        if not len(used):
            return changes
        if run_on(used, state.keys, now_us, state.records, self.calm_us, self.limits):
            changes = self._look(used, now_us)
        self._fade(now_us)
        return changes

    @property
    def used(self) -> NDArray[np.int64]:
        """Slots in use, ordered by key; feeds are never forgotten."""
        if len(self._used) != len(self.state):
            self._used = self.state.alive()
        return self._used

    @property
    def row_counts(self) -> NDArray[np.int64]:
        """A zero for each slot, which kernels leave zero."""
        if len(self._rows) != len(self.state["last_us"]):
            self._rows = np.zeros(len(self.state["last_us"]), dtype=np.int64)
        return self._rows

    @property
    def calm_us(self) -> NDArray[np.int64]:
        """Of each silent slot the instant before which a look finds nothing new, as long as no row comes in and nobody is forgotten.

        Remembered for speed alone, and so in no snapshot: in a thin feed most of the time is silence, and a look at every minute of
        it would cost by the length of the recording.
        """
        if len(self._calm_us) != len(self.state["last_us"]):
            self._calm_us = np.zeros(len(self.state["last_us"]), dtype=np.int64)
        return self._calm_us

    def look(self, now_us: int) -> list[OutageChange]:
        """The rest of :meth:`judge`, after ``run_on`` found something to look at."""
        changes = self._look(self.used, now_us)
        self._fade(now_us)
        return changes

    def _fade(self, now_us: int) -> None:
        fade(self.used, now_us, self.state.records, self.limits.outage_min_s)

    def tables(self) -> dict[str, pa.Table]:
        """State as Arrow tables."""
        names = pa.table(
            {"key": pa.array(list(self._names), pa.int64()), "name": pa.array(list(self._names.values()), pa.string())}
        )
        known = scalars(first_source=self._first_source, several=self._several)
        return {
            "feeds": self.state.to_arrow(), "feed_names": names, "feeds_known": known, **self._by_station.tables(), **self._by_source.tables(),
        }  # fmt: skip

    def restore(self, tables: dict[str, Any]) -> None:
        """The inverse of :meth:`tables`."""
        self.state.restore_arrow(tables["feeds"])
        names = tables["feed_names"]
        self._names = dict(zip(names.column("key").to_pylist(), names.column("name").to_pylist(), strict=True))
        known = tables["feeds_known"].to_pylist()[0]
        self._first_source, self._several = known["first_source"], known["several"]
        self._by_station.restore(tables)
        self._by_source.restore(tables)

    def heard_by(self, key: int) -> NDArray[np.int64]:
        """Slots of the craft whose last row came from a source or station, ordered by key."""
        column = self._memory.craft["station" if key & _STATION_BIT else "source"]
        rows = np.flatnonzero(self._memory.craft.alive_mask & (column == key))
        return rows[np.argsort(self._memory.craft.keys[rows], kind="stable")]

    def _witnesses(self, key: int) -> NDArray[np.int64]:
        """Of the craft whose last row came from a source or station, those that do not fall silent by themselves at any moment."""
        craft, rows = self._memory.craft, self.heard_by(key)
        parked = (craft["kind"][rows] == AIRCRAFT) & (craft["speed_kn"][rows] < _PARKED_KN)
        return rows[~parked & (craft["beats"][rows] >= 3)]

    def _look(self, used: NDArray[np.int64], now_us: int) -> list[OutageChange]:
        """Who went out and who came back from being thin, where :func:`run_on` found anything to look at."""
        state, config = self.state, self.config
        used_keys = state.keys[used]
        fast, slow, out, last = state["fast"], state["slow"], state["out_us"], state["last_us"]
        quiet = out[used] == NEVER_US
        changes: list[OutageChange] = []
        age_s = (now_us - last[used]) / 1e6
        suspects = used[quiet & (age_s >= config.outage_min_s) & (age_s * 1e6 <= _LOOK_US)]
        calm_us = self.calm_us
        for slot in suspects:
            if now_us < calm_us[slot]:
                continue
            calm_us[slot] = _CALM_US
            if not self._source_alive(int(slot), now_us):
                continue
            weight, missed, others = self._fell_silent(int(slot), now_us)
            if weight < config.outage_min_craft:
                state["idle"][slot] = 1
                continue
            calm_us[slot] = self._ripe_us(int(slot), now_us, missed)
            patient = (now_us - last[slot]) / 1e6 >= config.outage_quiet_factor * state["pause_s"][slot]
            patient &= max(state["longest_run_s"][slot], (last[slot] - state["run_us"][slot]) / 1e6) >= _LEAST_RUN_S
            if patient and missed >= config.outage_min_rows:
                out[slot], state["thin"][slot] = self._last_own_us(int(slot)), 0
                state["craft"][slot], state["missed"][slot], state["others"][slot] = weight, missed, others
                changes.append(self._change(int(slot)))
        usual = slow[used] * 10.0
        faint = (fast[used] < config.thin_share * slow[used]) & (usual >= config.thin_min_rows)
        settled = state["ticks"][used] >= _SETTLED_TICKS
        whole = (used_keys & _STATION_BIT) == 0
        for slot in used[(out[used] == NEVER_US) & faint & settled & whole & (age_s < config.outage_min_s)]:
            weight, lapsed, missed, since_us = self._lapsed(int(slot), now_us)
            if weight >= max(5.0, config.outage_min_craft) and lapsed >= _MOST:
                out[slot], state["thin"][slot] = since_us, 1
                state["craft"][slot], state["missed"][slot], state["others"][slot] = weight, missed, 0.0
                changes.append(self._change(int(slot)))
        thin = used[(out[used] != NEVER_US) & (state["thin"][used] == 1)]
        for slot in thin[fast[thin] >= 0.5 * slow[thin]]:
            changes.append(self._change(int(slot), end_us=now_us))
            out[slot], state["thin"][slot] = NEVER_US, 0
        return changes

    def _source_alive(self, slot: int, now_us: int) -> bool:
        """A station is out only while its source goes on without it; silent together, it is the source that is out."""
        key = int(self.state.keys[slot])
        if not key & _STATION_BIT:
            return True
        source = int(self.state.find(self.state["source"][slot : slot + 1])[0])
        return bool(self.state["last_us"][source] >= now_us - self.config.outage_min_s * 0.5e6)

    def _last_own_us(self, slot: int) -> int:
        """The last row of a source or station; where its source came back without it, the one before that."""
        state = self.state
        resumed = state["last_us"][slot] == state["resumed_us"][slot] and state["before_us"][slot] != NEVER_US
        return int(state["before_us" if resumed else "last_us"][slot])

    def _fell_silent(self, slot: int, now_us: int) -> tuple[float, float, float]:
        """Weight of the craft present when the source fell silent, rows missed since it could be heard, and how many of the craft others hear."""
        craft, key, back_us = self._memory.craft, int(self.state.keys[slot]), int(self.state["last_us"][slot])
        last = self._last_own_us(slot)
        rows = self._witnesses(key)
        interval = craft["interval_s"][rows]
        patience_us = np.maximum(3.0 * interval, 2.0 * self.config.tick_s) * 1e6
        air = craft["kind"][rows] == AIRCRAFT
        patience_us = np.where(air, np.maximum(3.0 * interval, _AT_ONCE_S) * 1e6, patience_us)
        present = craft["heard_us"][rows] >= last - patience_us
        if 0 < np.count_nonzero(present) <= _FEW:
            leaving = self._leaving(rows, present & air)
            en_route = ~air | (craft["altitude_ft"][rows] >= self.config.low_altitude_ft)
            if not (present & en_route & ~leaving).any():
                present &= ~leaving
        weight = np.where(craft["kind"][rows[present]] == BASE, self.config.outage_min_craft, 1.0).sum()
        missed = ((now_us - back_us) / 1e6 / interval[present]).sum()
        heard, also_missed = (self._by_station if key & _STATION_BIT else self._by_source).missed(
            key, last, now_us, self._memory
        )
        return float(weight) + heard, float(missed) + also_missed, heard

    def _leaving(self, rows: NDArray[np.int64], asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the craft asked for were on their way out of where they can be heard; shape of ``rows``."""
        leaving = np.zeros(len(rows), dtype=np.bool_)
        for k in np.flatnonzero(asked).tolist():
            leaving[k] = was_at_the_edge(silence_of(self._memory, int(rows[k])), self._memory)
        return leaving

    def _ripe_us(self, slot: int, now_us: int, missed: float) -> int:
        """A tick before the instant at which a silence that goes on is an outage; rows missed grow with it from none."""
        config, last_us = self.config, int(self.state["last_us"][slot])
        if not missed > 0.0:
            return last_us
        patience_s = config.outage_quiet_factor * float(self.state["pause_s"][slot])
        missed_s = (now_us - last_us) / 1e6 * config.outage_min_rows / missed
        return last_us + int(min(max(patience_s, missed_s), _LOOK_US / 1e6) * 1e6) - int(config.tick_s * 1e6)

    def _lapsed(self, slot: int, now_us: int) -> tuple[float, float, float, int]:
        """Craft overdue within the last half hour, their share of all then heard, rows missed, and when they were last heard."""
        craft = self._memory.craft
        rows = self._witnesses(int(self.state.keys[slot]))
        age_s = (now_us - craft["heard_us"][rows]) / 1e6
        recent = rows[age_s <= _SETTLED_TICKS * self.config.tick_s]
        age_s = (now_us - craft["heard_us"][recent]) / 1e6
        interval = craft["interval_s"][recent]
        overdue = age_s > np.maximum(3.0 * interval, 2.0 * self.config.tick_s)
        if not overdue.any():
            return 0.0, 0.0, 0.0, now_us
        lost = rows[now_us - craft["heard_us"][rows] <= _HOUR_US]
        lost = lost[~np.isin(lost, recent[~overdue])]
        heard_us = np.sort(craft["heard_us"][lost])
        # the fullest window of ABRUPT_S holds most of an hour's losses, or they are none of the source's
        until = np.searchsorted(heard_us, heard_us + int(ABRUPT_S * 1e6), side="right")
        together = until - np.arange(len(heard_us))
        if together.max() < _MOST * len(heard_us):
            return 0.0, 0.0, 0.0, now_us
        heard_us = np.sort(craft["heard_us"][recent[overdue]])
        count = float(len(heard_us))
        return count, count / len(recent), float((age_s / interval)[overdue].sum()), int(heard_us[len(heard_us) // 2])

    def _change(self, slot: int, end_us: int | None = None) -> OutageChange:
        state = self.state
        key = int(state.keys[slot])
        source = int(state["source"][slot]) if key & _STATION_BIT else key
        return OutageChange(
            key, source, self._names.get(key, ""), bool(state["thin"][slot]), int(state["out_us"][slot]), end_us,
            float(state["craft"][slot]), float(state["missed"][slot]), float(np.nan_to_num(state["slow"][slot])),
            float(state["others"][slot]),
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def hash_stations(words: NDArray[np.uint64], source: NDArray[np.int16], keys: NDArray[np.int64]) -> bool:
    """A hash per (source, station) from the two words of its name; False where no row names one."""
    named = False
    for i in range(len(keys)):
        first = words[2 * i]
        if first == 0:
            keys[i] = NO_STATION
            continue
        named = True
        mixed = (first ^ (words[2 * i + 1] * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xC4CEB9FE1A85EC53)
        mixed ^= mixed >> np.uint64(33)
        mixed += np.uint64(source[i]) * np.uint64(0xFF51AFD7ED558CCD)
        keys[i] = np.int64(mixed & np.uint64(_STATION_BIT - 1)) | _STATION_BIT
    return named


@numba.njit(cache=True, nogil=True)
def any_back(slots: NDArray[np.int32], feeds: NDArray[np.void]) -> bool:
    """Whether a row is of somebody silent till now."""
    back = False
    for s in slots:
        one: Feed = feeds[s]
        back |= one.out_us != NEVER_US and one.thin == 0
    return back


@register_jitable
def longest_run(longest_s: float, run_us: int, last_us: int, now_us: int) -> float:
    """The longest run of a source, in s, now that one ended with its last row; the longest fades within some days."""
    kept = max(0.0, 1.0 - (now_us - run_us) / 1e6 / _TAU_RUN_S)
    return max(longest_s * kept, (last_us - run_us) / 1e6)


@numba.njit(cache=True, nogil=True)
def pauses(
    time_us: NDArray[np.int64], slots: NDArray[np.int32], feeds: NDArray[np.void], rows: NDArray[np.int64]
) -> None:
    """Longest pause between rows of each source, fading within a day, its longest run without one, the time of its last row, and its rate.

    Pauses in which nobody was there to be heard (``idle``) are none. ``rows`` is a zero for each slot, and left so.
    """
    for i in range(len(slots)):
        one: Feed = feeds[slots[i]]
        rows[slots[i]] += 1
        if one.last_us != NEVER_US:
            gap_s = (time_us[i] - one.last_us) / 1e6
            one.pause_s = max(one.pause_s * max(0.0, 1.0 - gap_s / _TAU_PAUSE_S), 0.0 if one.idle else gap_s)
            one.idle = 0
            if gap_s >= _RUN_PAUSE_S:
                one.longest_run_s = longest_run(one.longest_run_s, one.run_us, one.last_us, time_us[i])
                one.run_us = time_us[i]
        else:
            one.run_us = time_us[i]
        one.last_us = time_us[i]
    for s in slots:
        feeds[s].fast += rows[s] / _FAST_TICKS
        rows[s] = 0


@numba.njit(cache=True, nogil=True)
def run_on(
    used: NDArray[np.int64],
    keys: NDArray[np.int64],
    now_us: int,
    feeds: NDArray[np.void],
    calm_us: NDArray[np.int64],
    limits: FeedLimits,
) -> bool:
    """Count the tick; True where anybody is silent for long, faint or thin, and so worth a look."""
    look = False
    for s in used:
        if (
            feeds[s].last_us > now_us - limits.tick_us
        ):  # a row came in: it may have taken a craft from whoever is silent
            calm_us[:] = 0
            break
    for s in used:
        one: Feed = feeds[s]
        quiet = one.out_us == NEVER_US
        if quiet and math.isnan(one.slow):
            one.slow = one.fast * _FAST_TICKS
        one.ticks += 1
        age_s = (now_us - one.last_us) / 1e6
        if not quiet:
            look |= one.thin == 1
        elif age_s >= limits.outage_min_s:
            look |= age_s * 1e6 <= _LOOK_US and now_us >= calm_us[s]
        elif (
            one.fast < limits.thin_share * one.slow
            and one.slow * 10.0 >= limits.thin_min_rows
            and one.ticks >= _SETTLED_TICKS
        ):
            look |= (keys[s] & _STATION_BIT) == 0
    return look


@numba.njit(cache=True, nogil=True)
def fade(used: NDArray[np.int64], now_us: int, feeds: NDArray[np.void], outage_min_s: float) -> None:
    """The usual rate follows the running one of those heard; the running one fades by a tick."""
    for s in used:
        one: Feed = feeds[s]
        if one.out_us == NEVER_US and now_us - one.last_us < outage_min_s * 1e6:
            one.slow += (one.fast - one.slow) / min(max(one.ticks, 1), _SLOW_TICKS)
        one.fast *= 1.0 - 1.0 / _FAST_TICKS
