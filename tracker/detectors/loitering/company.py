"""Who waits now, and the queues they make: many alike at once are one event about the area.

A storm that heaves nine ships to, twelve ships in drift boxes off a port, a canal that closes: each ship is slow and confined for hours where
nothing waits, and none of them waits for anybody. So every wait of ``waits_h`` in open water is kept while it lasts. A *candidate* would be loitering by
itself; places where ships have learned to wait are no excuse while those who taught them still wait there. Of craft of carrier type::

    (none)  --at least queue_craft candidates, one of them long enough to be loitering, each within queue_km of another--> QUEUE
    QUEUE   --another candidate within queue_km of a member, or a carrier waiting for any reason but its work within queue_near_km--> revised
    QUEUE   --fewer than two left--> closed

Where ships usually wait (roads, the ends of a canal) nobody is a candidate. There a queue is what is more than usual: at least ``roads_craft`` carriers that came, each within
``queue_near_km`` of another, and as many more, and twice as many, as ever lay there at once (looked at every six hours) in the week that ended a day ago.

The same register answers what stands by a craft that waits (a tug, an icebreaker), who is set the same way by wind and stream, and whether a fixture (lying
still since it was first heard) is beside it.

Everything changes by records of ``spells`` in the order in which they became known, so no cut of the input shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.geodesy import distance_km
from streams.keyed_state import KeyedState
from streams.snapshot import scalars
from tracker.detectors.loitering.spells import Spell
from tracker.units import KM_PER_DEG, US_PER_H

CANDIDATE: Final = 1
"""Would be loitering by itself."""
CARRIER: Final = 2
"""Carries cargo or people, sailed here, and waits for nothing that its work explains."""
FIXED: Final = 4
"""Lies still, and was never seen to sail."""
ANCHORED: Final = 8
LONG: Final = 16
"""Long enough to be judged."""
HELPER: Final = 32
"""A tug, or an icebreaker by its name."""

_STEP_US: Final = 6 * US_PER_H
_USUAL_US: Final = 7 * 24 * US_PER_H
_LATE_US: Final = 24 * US_PER_H
SHOWN: Final = 100
"""So many waits of a queue are shown with their places."""
MOST: Final = 2000
"""So many waits of a queue are remembered, the first that are over forgotten."""

_COLUMNS: Final = {
    "start_us": ("i8", 0), "lat": ("f8", math.nan), "lon": ("f8", math.nan), "east": ("f8", 0.0), "north": ("f8", 0.0), "flags": ("u1", 0),
}  # fmt: skip


@dataclass(slots=True)
class Queue:
    """One queue. ``subject`` is the member whose craft the event names, ``members`` are those who wait in it now, with the starts of their waits; ``stays``
    are the waits of all that ever did, by key and start, with the last slow report of those that are over; whoever came last stands last."""

    event_id: str
    start_us: int
    subject: int
    members: dict[int, int] = field(default_factory=dict)
    stays: dict[tuple[int, int], int | None] = field(default_factory=dict)
    ever: int = 0
    most: int = 0
    revision: int = 0
    told: int = 0
    told_us: int = 0
    lat_deg: float = math.nan
    lon_deg: float = math.nan
    radius_km: float = 0.0
    widest_km: float = 0.0
    usual: int = -1
    """As many lay here at once before; -1 where nobody asked."""


@dataclass(frozen=True, slots=True)
class Set:
    """How members are moved: mean set, in degrees and knots, and how many share it."""

    toward_deg: float
    kn: float
    alike: int


class Company:
    """The waits of now in open water, and their queues."""

    def __init__(self, queue_craft: int, roads_craft: int, queue_km: float, queue_near_km: float) -> None:
        self._craft, self._roads_craft, self._km, self._near_km = queue_craft, roads_craft, queue_km, queue_near_km
        self._state = KeyedState(_COLUMNS)
        self.queues: dict[str, Queue] = {}
        self._queue_of: dict[int, str] = {}
        self._first_us: int | None = None
        self._past = np.empty((0, 5))
        """Waits of carriers that are over: key, start, end, place."""

    def enter(self, key: int, spell: Spell, lat: float, lon: float, flags: int) -> None:
        """Take in a wait, or how it stands now."""
        slot = int(self._state.slots(np.array([key], dtype=np.int64))[0])
        hours = max((spell.slow_us - spell.start_us) / US_PER_H, 0.1)
        north = (spell.slow_lat_deg - spell.start_lat_deg) * KM_PER_DEG / hours
        east = float(wrap_longitude(spell.slow_lon_deg - spell.start_lon_deg)) * KM_PER_DEG / hours
        start_us = int(spell.start_us)
        row = {
            "start_us": start_us, "lat": lat, "lon": lon, "east": east * math.cos(math.radians(lat)),
            "north": north, "flags": flags,
        }  # fmt: skip
        for name, value in row.items():
            self._state[name][slot] = value
        self._first_us = start_us if self._first_us is None else min(self._first_us, start_us)

    def leave(self, key: int, at_us: int, slow_us: int) -> Queue | None:
        """A wait is over, as known at an instant, with its last slow report; the queue it was in."""
        self._remember(key, at_us)
        self._state.forget_keys(np.array([key], dtype=np.int64))
        name = self._queue_of.pop(key, None)
        if name is None:
            return None
        queue = self.queues[name]
        self.lay_out(queue)
        stay = key, queue.members.pop(key)
        if stay in queue.stays:
            queue.stays[stay] = slow_us
        return queue

    def queue_of(self, key: int) -> Queue | None:
        """The queue that a craft waits in."""
        name = self._queue_of.get(key)
        return None if name is None else self.queues[name]

    def joins(self, key: int) -> Queue | None:
        """The queue that a wait just entered belongs to now, and did not before."""
        if key in self._queue_of:
            return None
        state = self._state
        slot = int(state.find(np.array([key], dtype=np.int64))[0])
        if slot < 0 or not state["flags"][slot] & CARRIER:
            return None
        reach_km = self._km if state["flags"][slot] & CANDIDATE else self._near_km
        for queue in sorted(self.queues.values(), key=lambda one: (one.start_us, one.event_id)):
            if self._apart_km(slot, queue) <= reach_km:
                self._join(queue, key)
                return queue
        return None

    def founders(self, key: int) -> list[int]:
        """Keys of the candidates that make a queue with a wait just entered, in no queue yet; empty where too few."""
        grown = self._chain(key, CANDIDATE | CARRIER, self._km, self._craft)
        return self._keys(grown) if (self._state["flags"][grown] & LONG).any() else []

    def more_than_usual(self, key: int, now_us: int) -> tuple[list[int], int]:
        """Keys of the carriers that fill the roads where a wait just entered lies, and how many ever lay there before; none where it is as usual."""
        if self._first_us is None or now_us - _LATE_US < self._first_us:
            return [], 0
        grown = self._chain(key, CARRIER | LONG, self._near_km, self._roads_craft)
        if not len(grown):
            return [], 0
        state = self._state
        lat, lon = state["lat"][grown], state["lon"][grown]
        middle = int(np.argmin(np.max(distance_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :]), axis=1)))
        radius_km = float(np.max(distance_km(lat[middle], lon[middle], lat, lon))) + self._near_km
        here = self._near(float(lat[middle]), float(lon[middle]), radius_km, CARRIER | FIXED)
        past = self._past[distance_km(self._past[:, 3], self._past[:, 4], lat[middle], lon[middle]) <= radius_km]
        usual = 0
        for then_us in range(now_us - _LATE_US, max(self._first_us, now_us - _USUAL_US) - 1, -_STEP_US):
            lay = int((state["start_us"][here] <= then_us).sum())
            lay += int(((past[:, 1] <= then_us) & (past[:, 2] >= then_us)).sum())
            usual = max(usual, lay)
        if len(here) < 2 * usual or len(here) - usual < self._roads_craft:
            return [], usual
        return self._keys(grown), usual

    def found(self, keys: list[int], name: str) -> Queue:
        """A new queue of some waits; the event begins when the first of them stopped."""
        starts = {key: self.start_us(key) for key in keys}
        subject = min(keys, key=lambda key: (starts[key], key))
        queue = Queue(name, starts[subject], subject)
        self.queues[name] = queue
        for key in sorted(keys, key=lambda one: (starts[one], one)):
            self._join(queue, key)
        return queue

    def close(self, queue: Queue) -> list[int]:
        """A queue is over; keys of those who still wait."""
        for key in queue.members:
            del self._queue_of[key]
        del self.queues[queue.event_id]
        return sorted(queue.members)

    def start_us(self, key: int) -> int:
        """When a wait began."""
        return int(self._state["start_us"][int(self._state.find(np.array([key], dtype=np.int64))[0])])

    def waiting_now(self, lat: float, lon: float, within_km: float) -> NDArray[np.int64]:
        """Keys of the candidates that wait near a spot now."""
        return self._state.keys[self._near(lat, lon, within_km, CANDIDATE)]

    def beside(self, key: int, lat: float, lon: float, within_km: float, flag: int) -> list[int]:
        """Keys of others near a spot that have a flag, in order."""
        return sorted(int(one) for one in self._state.keys[self._near(lat, lon, within_km, flag)] if int(one) != key)

    def set_alike(self, key: int, within_km: float, within_deg: float, least_kn: float) -> int:
        """How many others around are moved the same way at about the same speed."""
        state = self._state
        slot = int(state.find(np.array([key], dtype=np.int64))[0])
        if slot < 0:
            return 0
        near = self._near(float(state["lat"][slot]), float(state["lon"][slot]), within_km, 0)
        return len(self._alike(slot, near[near != slot], within_deg, least_kn))

    def set_of(self, queue: Queue, within_deg: float, least_kn: float) -> Set | None:
        """The set that most members of a queue share; None where they do not."""
        slots = self._slots(queue)
        if not len(slots):
            return None
        east, north = (float(np.median(self._state[name][slots])) for name in ("east", "north"))
        kn = math.hypot(east, north) / 1.852
        if kn < least_kn:
            return None
        toward = math.degrees(math.atan2(east, north)) % 360.0
        alike = int(self._within(slots, east, north, within_deg, least_kn).sum())
        return Set(toward, kn, alike) if alike >= max(2, 0.7 * len(slots)) else None

    def waits_of(self, queue: Queue) -> list[tuple[int, int, float, float]]:
        """Key, start and place of each member that waits in open water, whoever came first before the others, at most ``SHOWN``."""
        slots = self._slots(queue)
        slots = slots[self._state["flags"][slots] & CANDIDATE != 0]
        columns = (self._state.keys[slots], *(self._state[name][slots] for name in ("start_us", "lat", "lon")))
        rows = list(zip(*(column.tolist() for column in columns), strict=True))
        return sorted(rows, key=lambda row: (row[1], row[0]))[:SHOWN]

    def at_anchor(self, queue: Queue) -> int:
        """How many members lie still."""
        return int((self._state["flags"][self._slots(queue)] & ANCHORED != 0).sum())

    def lay_out(self, queue: Queue) -> None:
        """Where a queue is now, and how wide."""
        slots = self._slots(queue)
        if not len(slots):
            return
        phi, lam = np.radians(self._state["lat"][slots]), np.radians(self._state["lon"][slots])
        x, y, z = (float(v.mean()) for v in (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))
        queue.lat_deg = math.degrees(math.atan2(z, math.hypot(x, y)))
        queue.lon_deg = float(wrap_longitude(math.degrees(math.atan2(y, x))))
        away = distance_km(queue.lat_deg, queue.lon_deg, self._state["lat"][slots], self._state["lon"][slots])
        queue.radius_km = float(np.max(away))
        queue.widest_km = max(queue.widest_km, queue.radius_km)

    def forget(self, keys: NDArray[np.int64], at_us: int) -> list[Queue]:
        """Keep nothing of some waits; the queues they were in."""
        leaving = (self.leave(int(key), at_us, at_us) for key in keys.tolist())
        left = {queue.event_id: queue for queue in leaving if queue is not None}
        self._past = self._past[~np.isin(self._past[:, 0].astype(np.int64), keys)]
        gone = {int(key) for key in keys}
        for queue in self.queues.values():
            queue.stays = {stay: until_us for stay, until_us in queue.stays.items() if stay[0] not in gone}
            if queue.subject in gone and queue.stays:
                queue.subject = min(queue.stays, key=lambda stay: (stay[1], stay[0]))[0]
        return [left[name] for name in sorted(left)]

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget waits that ended before all that is asked for."""
        if len(self._past) and watermark_us - self._past[0, 2] > 2.0 * _USUAL_US:
            self._past = self._past[watermark_us - self._past[:, 2] <= 1.5 * _USUAL_US]

    def tables(self) -> dict[str, Any]:
        """The state for a snapshot."""
        queues = [self.queues[name] for name in sorted(self.queues)]
        stays = [(queue.event_id, *stay, until_us) for queue in queues for stay, until_us in queue.stays.items()]
        plain = (
            "event_id",
            "start_us",
            "subject",
            "ever",
            "most",
            "revision",
            "told",
            "told_us",
            "usual",
            "lat_deg",
            "lon_deg",
            "radius_km",
            "widest_km",
        )
        types = (pa.string(), *[pa.int64()] * 8, *[pa.float64()] * 4)
        past = self._past
        return {
            "company": self._state.to_arrow(),
            "company_first": scalars(first_us=-1 if self._first_us is None else self._first_us),
            "company_past": pa.table(
                {
                    "key": past[:, 0].astype(np.int64),
                    "start_us": past[:, 1].astype(np.int64),
                    "end_us": past[:, 2].astype(np.int64),
                    "lat": past[:, 3],
                    "lon": past[:, 4],
                }
            ),
            "queues": pa.table(
                {n: pa.array([getattr(queue, n) for queue in queues], t) for n, t in zip(plain, types, strict=True)}
            ),
            "queue_stays": pa.table(
                {
                    "queue": pa.array([one[0] for one in stays], pa.string()),
                    "key": pa.array([one[1] for one in stays], pa.int64()),
                    "start_us": pa.array([one[2] for one in stays], pa.int64()),
                    "until_us": pa.array([one[3] for one in stays], pa.int64()),
                }
            ),
        }

    def restore(self, tables: dict[str, Any]) -> None:
        """The inverse of :meth:`tables`."""
        self._state.restore_arrow(tables["company"])
        first_us = tables["company_first"].column("first_us")[0].as_py()
        self._first_us = None if first_us == -1 else first_us
        past = tables["company_past"]
        self._past = np.column_stack([past.column(name).to_numpy().astype(np.float64) for name in past.column_names])
        self.queues = {row["event_id"]: Queue(**row) for row in tables["queues"].to_pylist()}
        for row in tables["queue_stays"].to_pylist():
            queue = self.queues[row["queue"]]
            queue.stays[row["key"], row["start_us"]] = row["until_us"]
            if row["until_us"] is None:
                queue.members[row["key"]] = row["start_us"]
                self._queue_of[row["key"]] = row["queue"]

    def _join(self, queue: Queue, key: int) -> None:
        stay = key, self.start_us(key)
        queue.stays.pop(stay, None)  # the last to come stands last
        if len(queue.stays) >= MOST:
            over = (one for one, until_us in queue.stays.items() if until_us is not None)
            del queue.stays[next(over, next(iter(queue.stays)))]
        queue.members[key], queue.stays[stay] = stay[1], None
        queue.ever += 1
        queue.most = max(queue.most, len(queue.members))
        self._queue_of[key] = queue.event_id
        self.lay_out(queue)

    def _remember(self, key: int, at_us: int) -> None:
        """Keep a wait of a carrier that is over, in the order in which they end."""
        state = self._state
        slot = int(state.find(np.array([key], dtype=np.int64))[0])
        if slot < 0 or not state["flags"][slot] & (CARRIER | FIXED):
            return
        row = [float(key), float(state["start_us"][slot]), float(at_us), state["lat"][slot], state["lon"][slot]]
        self._past = np.vstack([self._past, row])

    def _chain(self, key: int, flags: int, within_km: float, least: int) -> NDArray[Any]:
        """Slots of waits in no queue that have all of some flags, each within a distance of another, with one of them; none where too few."""
        state = self._state
        free = np.flatnonzero(state.alive_mask & (state["flags"] & flags == flags))
        free = free[[int(one) not in self._queue_of for one in state.keys[free]]] if len(free) else free
        start = int(state.find(np.array([key], dtype=np.int64))[0])
        if start not in free or len(free) < least:
            return free[:0]
        grown, edge, left = [start], [start], free[free != start]
        while edge and len(left):
            at = edge.pop()
            near = distance_km(state["lat"][at], state["lon"][at], state["lat"][left], state["lon"][left]) <= within_km
            edge.extend(left[near].tolist())
            grown.extend(left[near].tolist())
            left = left[~near]
        return np.array(grown if len(grown) >= least else [], dtype=np.int64)

    def _keys(self, slots: NDArray[Any]) -> list[int]:
        return sorted(int(key) for key in self._state.keys[slots])

    def _slots(self, queue: Queue) -> NDArray[Any]:
        slots = self._state.find(np.array(sorted(queue.members), dtype=np.int64))
        return slots[slots >= 0]

    def _apart_km(self, slot: int, queue: Queue) -> float:
        state, members = self._state, self._slots(queue)
        away = distance_km(state["lat"][slot], state["lon"][slot], state["lat"][members], state["lon"][members])
        return float(np.min(away)) if len(members) else math.inf

    def _near(self, lat: float, lon: float, within_km: float, flag: int) -> NDArray[Any]:
        state = self._state
        rows = state.alive_mask & (np.abs(state["lat"] - lat) * KM_PER_DEG <= within_km)
        if flag:  # any of them
            rows &= state["flags"] & flag != 0
        slots = np.flatnonzero(rows)
        return slots[distance_km(state["lat"][slots], state["lon"][slots], lat, lon) <= within_km]

    def _alike(self, slot: int, others: NDArray[Any], within_deg: float, least_kn: float) -> NDArray[Any]:
        east, north = float(self._state["east"][slot]), float(self._state["north"][slot])
        if math.hypot(east, north) / 1.852 < least_kn:
            return others[:0]
        return others[self._within(others, east, north, within_deg, least_kn)]

    def _within(
        self, slots: NDArray[Any], east: float, north: float, within_deg: float, least_kn: float
    ) -> NDArray[np.bool_]:
        there_east, there_north = self._state["east"][slots], self._state["north"][slots]
        kmh, here_kmh = np.hypot(there_east, there_north), math.hypot(east, north)
        turn = (there_east * east + there_north * north) / np.maximum(kmh * here_kmh, 1e-9)
        return (
            (turn >= math.cos(math.radians(within_deg)))
            & (kmh / 1.852 >= least_kn)
            & (kmh <= 2.0 * here_kmh)
            & (kmh >= 0.5 * here_kmh)
        )
