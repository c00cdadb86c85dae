"""Many ticks in one kernel call: the stretches of time in which nothing happens but learning.

A tick of :mod:`.detector` costs some fifty calls however little was heard. Most ticks need none of the judgement: all craft, cells and
feeds in them are known, nobody comes back from a silence, nobody's silence is due. The kernel goes through such ticks, and stops at the first
that needs more, before it has written anything of it, or after the part of it that it can do::

    ALL     somebody is new, a craft ends a silence or a feed comes back: nothing was done yet
    CELLS   some place is new: nothing was done yet; it is entered, and the kernel goes on
    FEEDS   rows are learned; a feed is silent, faint or thin and must be looked at
    CRAFT   rows are learned and feeds judged; silences of craft are due, or the hour is over
    DONE    no tick is left

The result is that of the ticks done one by one, bit by bit: the kernel calls the same functions in the same order.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from models.cells import NO_CELL
from streams.keyed_state import find_slots
from tracker.detectors.base import Ticks
from tracker.detectors.silence.memory import CRAFT_LEARNED, Memory, cell_keys, find_due, find_returns, learn_rows
from tracker.detectors.silence.outage import NO_STATION, FeedWatch, any_back, fade, hash_stations, pauses, run_on
from tracker.schema import read_only

_HOUR_US: Final = 3_600_000_000
_ALL: Final = 0
_FEEDS: Final = 1
_CRAFT: Final = 2
_DONE: Final = 3
_CELLS: Final = 4
_KIND, _HEARD, _ALTITUDE, _NEXT = (CRAFT_LEARNED.index(name) for name in ("kind", "heard_us", "altitude", "next_us"))
"""Where these stand among the columns that are learned."""
_LEARNED: Final = (
    "time_us", "lat_deg", "lon_deg", "speed_kn", "course_deg", "altitude_ft", "vertical_rate_ftmin", "on_ground", "nav_status", "source",
    "message_type",
)  # fmt: skip


class Stage(IntEnum):
    """How far a tick was done when the kernel stopped at it."""

    ALL = _ALL
    FEEDS = _FEEDS
    CRAFT = _CRAFT
    DONE = _DONE


class Stretch:
    """Some complete ticks, and the state they change."""

    def __init__(self, ticks: Ticks, memory: Memory, feeds: FeedWatch) -> None:
        self._ticks, self._memory, self._feeds = ticks, memory, feeds
        rows, count = ticks.positions, int(ticks.row[-1])
        self._columns = tuple(read_only(getattr(rows, name)[:count]) for name in _LEARNED)
        self._segment = read_only(rows.segment[:count])
        self._stations = np.empty(count, dtype=np.int64)
        hash_stations(np.ascontiguousarray(rows.station[:count]).view(np.uint64), rows.source, self._stations)
        self._sources = rows.source[:count].astype(np.int64)
        most = int(np.diff(ticks.row).max(initial=0))
        self._room = tuple(np.empty(most, dtype=np.int32) for _ in range(4))
        self._room_keys = tuple(np.empty(most, dtype=np.int64) for _ in range(5))
        self._room_kinds = np.empty(most, dtype=np.uint8)

    def run(self, first: int) -> tuple[int, Stage]:
        """Go on from a tick; the tick that needs more, and how far it was done."""
        ticks, cells = self._ticks, self._memory.cells
        if first >= len(ticks.end_us):
            return first, Stage.DONE
        due = np.empty(len(self._memory.craft), dtype=np.int64)
        k, stage = self._run(first, due, is_located=False)
        while stage == _CELLS:
            keys = self._room_keys[0][: ticks.row[k + 1] - ticks.row[k]]
            cells.slots(keys[keys != NO_CELL])
            k, stage = self._run(k, due, is_located=True)
        return k, Stage(stage)

    def _run(self, first: int, due: NDArray[np.int64], *, is_located: bool) -> tuple[int, int]:
        """The kernel; ``is_located``: the craft and the cells of the first tick are looked up already."""
        memory, feeds, ticks = self._memory, self._feeds, self._ticks
        craft, cells, state, config = memory.craft, memory.cells, feeds.state, memory.config
        result: tuple[int, int] = _run(
            first, is_located, ticks.end_us, ticks.row, int(config.tick_s * 1e6), self._columns, self._segment, self._sources, self._stations,
            craft.table, cells.table, state.table, memory.learned, craft["opened"], craft.alive_mask, memory.origin_lon,
            float(config.cell_ship_deg), float(config.cell_air_deg), memory.first_us, config.moored_speed_kn,
            config.low_altitude_ft, memory.tau_us, memory.feed, cells["passages"], feeds.used, state.keys,
            (*(state[name] for name in ("fast", "slow", "out_us", "last_us", "ticks", "thin", "pause", "idle", "run_us", "longest_run")), feeds.calm_us),
            feeds.row_counts, float(config.outage_min_s), float(config.thin_share), float(config.thin_min_rows),
            due, self._room, self._room_keys, self._room_kinds,
        )  # fmt: skip
        return result


@numba.njit(cache=True, nogil=True)
def _run(
    first: int, is_located: bool, ends: Any, row: Any, tick_us: int, columns: Any, segment: Any, sources: Any, stations: Any,
    craft_table: Any, cell_table: Any, feed_table: Any, learned: Any, opened: Any, alive: Any, origin_lon: float,
    ship_deg: float, air_deg: float, first_us: Any, moored_kn: float, low_ft: float, tau_us: float, feed: Any, passages: Any,
    used: Any, feed_keys: Any, feeds: Any, row_counts: Any, outage_min_s: float, thin_share: float, thin_min_rows: float,
    due: Any, room: Any, room_keys: Any, kinds: Any,
) -> tuple[int, int]:  # fmt: skip
    time_us, lat, lon, speed, course, altitude, climb, ground, status, source, message = columns
    fast, slow, out_us, last_us, counted, thin, pause, idle, run_us, longest_run, calm_us = feeds
    kind, heard_us, held_altitude, next_us = learned[_KIND], learned[_HEARD], learned[_ALTITUDE], learned[_NEXT]
    for k in range(first, len(ends)):
        a, b, now_us = row[k], row[k + 1], ends[k]
        n = b - a
        if n:
            slots, cell_slot, source_slot, station_slot = room[0][:n], room[1][:n], room[2][:n], room[3][:n]
            keys, left, named, named_us, spare = (
                room_keys[0][:n], room_keys[1][:n], room_keys[2][:n], room_keys[3][:n], room_keys[4][:n],
            )  # fmt: skip
            times = time_us[a:b]
            if not is_located:
                if find_slots(segment[a:b], craft_table[0], craft_table[1], slots):
                    return k, _ALL
                if find_returns(times, slots, kind, heard_us, opened, first_us, spare):
                    return k, _ALL
            count = 0
            for i in range(n):
                if stations[a + i] != NO_STATION:
                    named[count] = stations[a + i]
                    named_us[count] = times[i]
                    count += 1
            if find_slots(sources[a:b], feed_table[0], feed_table[1], source_slot):
                return k, _ALL
            if find_slots(named[:count], feed_table[0], feed_table[1], station_slot):
                return k, _ALL
            if any_back(source_slot, out_us, thin) or any_back(station_slot[:count], out_us, thin):
                return k, _ALL
            if is_located:
                find_slots(keys, cell_table[0], cell_table[1], cell_slot)
                is_located = False
            else:
                placed = cell_keys(
                    lat[a:b], lon[a:b], altitude[a:b], slots, kind, held_altitude, origin_lon, ship_deg, air_deg, keys
                )
                if n - find_slots(keys, cell_table[0], cell_table[1], cell_slot) < placed:
                    return k, _CELLS
            stayed = learn_rows(
                times, slots, cell_slot, keys, lat[a:b], lon[a:b], speed[a:b], course[a:b], altitude[a:b], climb[a:b],
                ground[a:b], status[a:b], source[a:b], stations[a:b], message[a:b], *learned,
                first_us, moored_kn, low_ft, tau_us, left, kinds,
            )  # fmt: skip
            if stayed:
                find_slots(left[:stayed], cell_table[0], cell_table[1], cell_slot)
                ships = 0
                for i in range(stayed):
                    if cell_slot[i] >= 0:
                        passages[cell_slot[i]] += 1.0
                    ships += kinds[i] == 0
                feed[0, 0] += ships
                feed[1, 0] += stayed - ships
            pauses(times, source_slot, last_us, pause, idle, fast, run_us, longest_run, row_counts)
            if count:
                pauses(
                    named_us[:count], station_slot[:count], last_us, pause, idle, fast, run_us, longest_run, row_counts
                )
        if now_us % tick_us:
            continue  # a part of a tick
        if len(used):
            if run_on(
                used,
                feed_keys,
                now_us,
                fast,
                slow,
                out_us,
                last_us,
                counted,
                thin,
                calm_us,
                tick_us,
                outage_min_s,
                thin_share,
                thin_min_rows,
            ):
                return k, _FEEDS
            fade(used, now_us, fast, slow, out_us, last_us, counted, outage_min_s)
        if now_us // _HOUR_US != (now_us - tick_us) // _HOUR_US or find_due(next_us, alive, now_us, due):
            return k, _CRAFT
    return len(ends), _DONE
