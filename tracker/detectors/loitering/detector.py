"""Loitering: slow and confined for hours where nothing waits.

The state machine of slow spells stands in ``spells``. When a spell is long enough it is judged, at that instant, with what was known
then: after ``min_duration_h`` if she is known to be a carrier, and all craft not yet reported once more after
``other_min_duration_h``. It is *not* loitering when any of these holds:

- her type of ship works slowly (``excused_types``), or most reports say fishing;
- nearer than ``port_km`` to a port, or at anchor nearer than ``anchor_port_km``, or most reports say moored;
- inshore: land at, or within ``shore_km`` of, the middle of the spell (rivers and harbour basins are land);
- of no carrier type (unknown, pleasure, other): nearer than ``small_craft_shore_km`` to land, or to and fro faster than
  ``working_kn`` on the mean (trawling, surveying), or any way faster than ``slow_below_kn`` on the mean (towing gear along);
- at least ``waiting_craft`` other craft waited within ``waiting_km`` in the last ``waiting_memory_days``, those who wait there now not counted where a queue may be;
Detail: ``anchored`` (never left the swinging circle), ``drifting`` (course off heading, or without headings a steady set), else
``slow``.

- it is a buoy on fishing gear by its name, or a fixture (lies still, and was never seen to sail), or lies within ``beside_km`` of a fixture: it works there.

Many alike at once are one event (``company``): detail ``queue``; the events of its craft are withdrawn, those who join get none. Slow again within
``again_h`` and ``again_km`` of a wait told, it is the same event in another part.

With ``block_h`` the spells are those of ``hours``, and her distance from shore is the mean over the spell: too near, she is judged again after
the next block; too near in the end, the event is withdrawn.

Open is known at the first report that makes the spell long enough; it is revised each time its length has doubled; closed when it moves off, at that report,
or at the end of the longest silence allowed. All are returned by the watermark that reaches that instant, when everything said up to it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from streams.snapshot import Later, pack_later, unpack
from tracker.detectors.base import Context
from tracker.detectors.loitering import company, hours, spells
from tracker.detectors.loitering.company import Company, Queue
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.loitering.report import Around, Wait, detail_of, loitering_event, queue_event
from tracker.detectors.sea_room import sea_room, shore_distance_km
from tracker.detectors.wording import who
from tracker.events import Event, EventKind, EventState, event_id, events_from_arrow, events_to_arrow
from tracker.identity import CRAFT_MASK, craft_text, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import read_only
from tracker.statics import StaticBatch
from tracker.tracks.gear import is_gear_name
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import Particulars, ShipTypes
from tracker.tracks.waiting_places import WaitingPlaces
from tracker.units import NEVER_US, US_PER_H, US_PER_MIN, Micros

LAYOUT: Final = 3
_BUFFER: Final = 4096
_NEVER: Final = float(NEVER_US)
_FAR: Final = 4.0
"""Times ``shore_km`` beyond which further from shore counts as no further."""
_HELPERS: Final = (31, 32, 51, 52)
"""Types of ship that stand by: towing, search and rescue, tug (ITU-R M.1371-5 table 53)."""
_EACH: Final = 12
"""A queue is told anew with each craft up to so many, then whenever it has grown by a tenth."""
_STILL_US: Final = 12 * US_PER_H
"""A queue of which nothing was told for so long is told anew with the next report of a long wait in it."""


class LoiteringDetector:
    """Finds ``loitering`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.LOITERING})

    def __init__(self, config: LoiteringConfig, context: Context) -> None:
        self.config = config
        self._context = context
        self._in_blocks = config.block_h > 0.0
        self._kept_as = "loitering by blocks" if self._in_blocks else "loitering"
        columns = {"spell": ("f8", _NEVER, spells.WIDTH)}
        if self._in_blocks:
            columns |= {"with_block": ("f8", 0.0, spells.WIDTH), "block": ("f8", np.nan, hours.BLOCK_WIDTH)}
        self._state = KeyedState(columns)
        self._ships = ShipTypes()
        self._waiting = WaitingPlaces(int(config.waiting_memory_days * 24 * US_PER_H))
        self._open: dict[int, Wait] = {}
        self._lately: dict[int, Wait] = {}
        """Waits that are over, and may go on in another part."""
        self._company = Company(config.queue_craft, config.queue_roads_craft, config.queue_km, config.queue_near_km)
        self._sailed = KeyedState({"us": ("i8", 0)})
        """When craft that sailed were last heard, once their spells are forgotten."""
        self._shore: dict[int, tuple[float, float]] = {}
        """Of spells in blocks: hours, and hours times km from shore."""
        self._held = _Records.none()
        self._max_gap_us = int(config.max_gap_h * US_PER_H)
        self._silent_from_us = -np.inf
        """Nobody has been silent for the longest silence allowed before this instant."""
        self._again_us = int(config.again_h * US_PER_H)
        taught_us = int(min(config.waits_h, config.min_duration_h) * US_PER_H)
        min_us = int(config.min_duration_h * US_PER_H)
        self._block_limits = np.array(
            [config.block_h * US_PER_H, config.slow_below_kn, min_us, taught_us, self._max_gap_us], dtype=np.float64
        )
        self._limits = np.array(
            [
                config.slow_below_kn,
                config.moving_above_kn,
                min_us,
                config.radius_km,
                taught_us,
                int(config.moving_for_min * US_PER_MIN),
                config.off_km,
                int(config.leaves_after_min * US_PER_MIN),
                config.leaves_km,
                self._max_gap_us,
                int(config.other_min_duration_h * US_PER_H),
                config.rounds_km,
                config.sailed_km,
            ]
        )

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the spells on; judgement waits for the watermark."""
        self._ships.add(statics)
        columns = [
            getattr(positions, name)
            for name in (
                "segment",
                "time_us",
                "lat_deg",
                "lon_deg",
                "speed_kn",
                "course_deg",
                "heading_deg",
                "nav_status",
            )
        ]
        afloat = is_vessel(positions.craft) & positions.has_position
        if not afloat.all():
            columns = [column[afloat] for column in columns]
        if len(columns[0]) == 0:
            return []
        columns = [read_only(column) for column in columns]
        known = len(self._state)
        slots = self._state.slots(columns[0])
        state = self._state["spell"]
        if len(self._state) > known:
            self._recall_sailing(slots)
        at = 0
        while at < len(slots):
            room = _Records.room(_BUFFER)
            if self._in_blocks:
                more = self._state["with_block"], self._state["block"]
                at, count = hours.follow(at, slots, *columns, state, *more, self._block_limits, *room.arrays)
            else:
                at, count = spells.follow(at, slots, *columns, state, self._limits, *room.arrays)
            if count:
                self._held = _Records.concat(self._held, room.take(slice(0, count)))
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge what became known up to the watermark; end the spells of silent craft and forget them."""
        if self._in_blocks:
            self._close_blocks(watermark_us)
        self._end_silent(watermark_us)
        due = self._held.known_us <= watermark_us
        events: list[Event] = []
        if due.any():
            ready = self._held.take(due).in_order()
            self._held = self._held.take(~due)
            events = self._judge(ready)
        self._ships.advance_watermark(watermark_us)
        self._waiting.advance_watermark(watermark_us)
        self._company.advance_watermark(watermark_us)
        # a part begun in time is told at the latest when it is long enough for any craft
        kept_us = self._again_us + int(self._limits[10]) + 2 * self._max_gap_us
        self._lately = {key: wait for key, wait in self._lately.items() if _end_us(wait) + kept_us >= watermark_us}
        sailed = self._sailed
        sailed.forget(np.flatnonzero(sailed.alive_mask & (sailed["us"] + spells.SAILED_US < watermark_us)))
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their events are closed as if they had moved off."""
        keys = transmitters_of(craft)
        slots = self._state.find(keys)
        slots = slots[slots >= 0]
        given_up = set(keys.tolist())
        events: list[Event] = []
        for queue in self._company.forget(keys, at_us):
            events += self._left(queue, at_us, given_up)
        told = slots[np.isin(self._state.keys[slots], np.array(sorted(self._open), dtype=np.int64))]
        kinds = np.full(len(told), spells.END, dtype=np.int64)
        last = _Records(
            self._state.keys[told].copy(), np.full(len(told), at_us), kinds, self._state["spell"][told].copy()
        )
        events += self._judge(last.in_order()) if len(told) else []
        self._held = self._held.take(~is_one_of(self._held.key, craft))
        self._state.forget(slots)
        self._sailed.forget_keys(keys)
        for key in keys.tolist():
            for kept in (self._open, self._lately, self._shore):
                kept.pop(key, None)
        self._ships.forget(craft)
        self._waiting.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        shore = sorted(self._shore)
        tables = {
            "spells": self._state.capture(),
            "held": self._held.to_arrow(),
            "waiting": self._waiting.table(),
            "sailed": self._sailed.to_arrow(),
            **_waits_to_arrow("open", self._open),
            **_waits_to_arrow("lately", self._lately),
            **self._company.tables(),
            "shore": pa.table(
                {
                    "key": pa.array(shore, pa.int64()),
                    "hours": pa.array([self._shore[key][0] for key in shore], pa.float64()),
                    "km_hours": pa.array([self._shore[key][1] for key in shore], pa.float64()),
                }
            ),
            **self._ships.tables(),
        }
        return pack_later(self._kept_as, LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack(self._kept_as, LAYOUT, snapshot)
        self._state.restore_arrow(tables["spells"])
        self._held = _Records.from_arrow(tables["held"])
        self._waiting.restore(tables["waiting"])
        self._sailed.restore_arrow(tables["sailed"])
        self._open = _waits_from_arrow("open", tables)
        self._lately = _waits_from_arrow("lately", tables)
        self._company.restore(tables)
        for row in tables["shore"].to_pylist():
            self._shore[row["key"]] = (row["hours"], row["km_hours"])
        self._ships.restore(tables)

    def _recall_sailing(self, slots: NDArray[Any]) -> None:
        """Craft heard again whose spells were forgotten in their silence, and who had sailed before: as if it had been kept."""
        state = self._state["spell"]
        fresh = slots[state[slots, spells.LAST_US] == _NEVER]
        if not len(fresh) or not len(self._sailed):
            return
        fresh = np.unique(fresh)
        keys = self._state.keys[fresh]
        known = self._sailed.find(keys)
        again = known >= 0
        state[fresh[again], spells.LAST_US] = self._sailed["us"][known[again]]
        state[fresh[again], spells.SAILED] = spells.ALWAYS_SAILED
        self._sailed.forget_keys(keys[again])

    def _close_blocks(self, watermark_us: int) -> None:
        """Blocks that are over end, though nobody was heard since."""
        state = self._state
        ended = np.flatnonzero(
            state.alive_mask & ((state["block"][:, hours.BLOCK] + 1.0) * self._block_limits[0] <= watermark_us)
        )
        room = _Records.room(3 * len(ended))
        count = hours.close(
            ended, state.keys, state["spell"], state["with_block"], state["block"], self._block_limits, *room.arrays
        )
        if count:
            self._held = _Records.concat(self._held, room.take(slice(0, count)))

    def _end_silent(self, watermark_us: int) -> None:
        """Spells whose craft has been silent for the longest silence allowed end there."""
        if watermark_us < self._silent_from_us:
            return
        state = self._state["spell"]
        silent_us = state[:, spells.LAST_US] + self._max_gap_us
        is_gone = self._state.alive_mask & (silent_us <= watermark_us)
        self._silent_from_us = float(
            np.min(silent_us, initial=watermark_us + self._max_gap_us, where=self._state.alive_mask & ~is_gone)
        )
        gone = np.flatnonzero(is_gone)
        over = state[gone, spells.PHASE]
        judged = (over == spells.JUDGED) | (self._in_blocks & (over == spells.SPELL))
        taught = ~judged & (not self._in_blocks) & (over != spells.UNDER_WAY) & (state[gone, spells.TAUGHT] >= 1.0)
        ended = gone[judged | taught]
        if len(ended):
            known_us = state[ended, spells.LAST_US].astype(np.int64) + self._max_gap_us
            kind = np.where(judged[judged | taught], spells.END, spells.GONE).astype(np.int64)
            self._held = _Records.concat(
                self._held, _Records(self._state.keys[ended].copy(), known_us, kind, state[ended].copy())
            )
        sailed = gone[state[gone, spells.SAILED] >= spells.ALWAYS_SAILED]
        if len(sailed):
            kept = self._sailed.slots(self._state.keys[sailed].copy())
            self._sailed["us"][kept] = state[sailed, spells.LAST_US].astype(np.int64)
        self._state.forget(gone)

    def _judge(self, ready: _Records) -> list[Event]:
        """Events of some records, in the order they became known."""
        config, places = self.config, self._context.places
        centres = [spells.centre(spell) for spell in ready.spell]
        over = (spells.END, spells.GONE)
        asked = [i for i in range(len(centres)) if ready.kind[i] >= spells.WAITED and ready.kind[i] not in over]
        lats, lons = np.array([centres[i][0] for i in asked]), np.array([centres[i][1] for i in asked])
        room = sea_room(places, lats, lons, config.port_km, 0.0 if self._in_blocks else config.shore_km)
        land = np.asarray(places.is_land(lats, lons), dtype=np.bool_)
        block_shore = self._shore_of_blocks(ready)
        spots = {
            i: _Spot(*centres[i], float(room.port_km[n]), bool(room.open_water[n]), bool(land[n]))
            for n, i in enumerate(asked)
        }
        events: list[Event] = []
        for i, (lat, lon) in enumerate(centres):
            key, known_us, spell, kind = int(ready.key[i]), int(ready.known_us[i]), ready.spell[i], int(ready.kind[i])
            if i in block_shore:
                so_far_h, km_h = self._shore.get(key, (0.0, 0.0))
                self._shore[key] = (so_far_h + block_shore[i][0], km_h + block_shore[i][1])
                continue
            if kind == spells.WAITED:
                self._waiting.add(key & CRAFT_MASK, lat, lon, known_us)
                if self._in_blocks:
                    continue
            if kind in over:
                events += self._end(key, spell, known_us, lat, lon)
                continue
            events += self._weigh(key, spell, known_us, kind, spots[i])
        return events

    def _weigh(self, key: int, spell: Any, known_us: int, kind: int, spot: _Spot) -> list[Event]:
        """What a wait gives rise to, once it is long enough to be looked at, and whenever it has become longer."""
        craft, start_us = key & CRAFT_MASK, int(spell[spells.START_US])
        she = self._ships.known_at(craft, known_us)
        wait = self._open.get(key)
        events: list[Event] = []
        if not self._in_blocks:
            queue, events = self._keep_company(key, spell, known_us, kind, spot, she)
            if queue is not None:
                return events
        if wait is not None:
            if kind == spells.STILL and wait.spell_us == start_us:
                events.append(self._tell(key, spell, known_us, she, EventState.OPEN, wait, spot.port_km))
            return events
        mean_shore_km = self._mean_shore_km(key)
        if not spot.open_water or mean_shore_km < self.config.shore_km:
            return events
        before = self._lately.get(key) if kind != spells.STILL else None
        if before is not None and self._goes_on(before, start_us, spot):
            if not self._is_everyday(key, spell, spot, she):
                del self._lately[key]
                self._open[key] = wait = replace(before, spell_us=start_us, is_told=True, parts=before.parts + 1)
                events.append(self._tell(key, spell, known_us, she, EventState.OPEN, wait, spot.port_km))
            return events
        if kind == spells.WAITED or self._is_normal(key, known_us, spell, spot, she):
            return events
        self._open[key] = wait = Wait(start_us, start_us)
        events.append(self._tell(key, spell, known_us, she, EventState.OPEN, wait, spot.port_km))
        return events

    def _end(self, key: int, spell: Any, known_us: int, lat: float, lon: float) -> list[Event]:
        """A spell is over: so is its event, and its part in a queue."""
        events: list[Event] = []
        offshore = not self._mean_shore_km(key) < self.config.shore_km
        wait = self._open.get(key)
        if wait is not None and wait.spell_us == int(spell[spells.START_US]):
            if wait.is_told:
                she = self._ships.known_at(key & CRAFT_MASK, known_us)
                port_km = float(self._context.places.port_distance_km(np.array([lat]), np.array([lon]))[0])
                state = EventState.CLOSED if offshore else EventState.RETRACTED
                events.append(self._tell(key, spell, known_us, she, state, wait, port_km))
                if self._again_us and offshore:
                    self._lately[key] = wait
            del self._open[key]
        self._shore.pop(key, None)
        queue = self._company.leave(key, known_us)
        return events if queue is None else events + self._left(queue, known_us, set())

    def _tell(
        self, key: int, spell: Any, known_us: int, she: Particulars, state: EventState, wait: Wait, port_km: float
    ) -> Event:
        """The next revision of a wait, remembered."""
        config = self.config
        lat, lon = spells.centre(spell)
        helpers = self._company.beside(key, lat, lon, config.beside_km, company.HELPER)
        drifts = detail_of(config, spell) == "drifting"
        around = Around(
            port_km,
            self._context.port_near,
            tuple(self._named(one, known_us) for one in helpers),
            self._company.set_alike(key, config.alike_km, config.alike_deg, config.alike_kn) if drifts else 0,
            self._mean_shore_km(key),
        )
        why = "Withdrawn: on the mean she was too near the shore." if state is EventState.RETRACTED else ""
        wait.event = loitering_event(config, key, spell, known_us, she, state, wait, around, why)
        return wait.event

    def _keep_company(
        self, key: int, spell: Any, known_us: int, kind: int, spot: _Spot, she: Particulars
    ) -> tuple[Queue | None, list[Event]]:
        """Take a wait into the company of those around it; the queue that tells it, and what is new of it."""
        if spot.is_land or spot.port_km < self.config.queue_port_km:
            return None, []
        here = self._company
        here.enter(key, spell, spot.lat_deg, spot.lon_deg, self._flags(key, spell, known_us, kind, spot, she))
        queue = here.queue_of(key)
        if queue is not None:
            if kind == spells.STILL and known_us - queue.told_us >= _STILL_US:
                return queue, [self._tell_queue(queue, known_us)]
            return queue, []
        queue = here.joins(key)
        joined = [key]
        if queue is None:
            usual = -1
            joined = here.founders(key)
            if not joined and kind == spells.JUDGE:
                joined, usual = here.more_than_usual(key, known_us)
            if not joined:
                return None, []
            subject = min(joined, key=lambda one: (here.start_us(one), one))
            name = event_id(EventKind.LOITERING, subject, here.start_us(subject), detail=f"queue {known_us}")
            queue = here.found(joined, name)
            queue.usual = usual
        events = []
        if queue.told == 0 or len(queue.members) <= _EACH or len(queue.members) >= 1.1 * queue.told:
            events.append(self._tell_queue(queue, known_us))
        for one in joined:
            wait = self._open.get(one)
            if wait is not None and wait.event is not None and wait.is_told:
                wait.is_told = False
                why = "Withdrawn: she waits in company, and the queue tells it."
                wait.event = wait.event.revised(
                    state=EventState.RETRACTED,
                    known_us=Micros(known_us),
                    explanation=f"{why} {wait.event.explanation}",
                    evidence={**wait.event.evidence, "told_by": queue.event_id},
                )
                events.append(wait.event)
        return queue, events

    def _left(self, queue: Queue, known_us: int, given_up: set[int]) -> list[Event]:
        """What a queue says when some have left it."""
        if len(queue.members) >= 2:
            return [self._tell_queue(queue, known_us)] if len(queue.members) <= queue.told / 2 else []
        events = [self._tell_queue(queue, known_us, EventState.CLOSED)]
        for key in self._company.close(queue):
            wait = self._open.get(key)
            if key not in given_up and wait is not None and wait.event is not None and not wait.is_told:
                wait.is_told = True
                told = wait.event.explanation.partition(" tells it. ")[2]
                evidence = {name: value for name, value in wait.event.evidence.items() if name != "told_by"}
                wait.event = wait.event.revised(
                    state=EventState.OPEN, known_us=Micros(known_us), explanation=told, evidence=evidence
                )
                events.append(wait.event)
        return events

    def _tell_queue(self, queue: Queue, known_us: int, state: EventState = EventState.OPEN) -> Event:
        """The next revision of a queue."""
        config, here = self.config, self._company
        queue.revision += 1
        queue.told, queue.told_us = len(queue.members), known_us
        port_km = float(self._context.places.port_distance_km(np.array([queue.lat_deg]), np.array([queue.lon_deg]))[0])
        first = sorted(queue.members, key=lambda key: (queue.members[key], key))[:3]
        return queue_event(
            config,
            queue,
            [self._named(key, known_us) for key in first],
            known_us,
            state,
            here.set_of(queue, config.alike_deg, config.alike_kn),
            here.at_anchor(queue),
            Around(port_km, self._context.port_near),
        )

    def _named(self, key: int, known_us: int) -> str:
        craft = key & CRAFT_MASK
        return who(craft_text(craft), self._ships.known_at(craft, known_us))

    def _flags(self, key: int, spell: Any, known_us: int, kind: int, spot: _Spot, she: Particulars) -> int:
        """What a wait is in company."""
        config = self.config
        still = spells.radius_km(spell) <= config.swing_km
        flags = company.ANCHORED if still else 0
        flags |= company.LONG if kind != spells.WAITED else 0
        flags |= company.HELPER if she.ship_type in _HELPERS else 0
        if still and spell[spells.SAILED] < spells.ALWAYS_SAILED:
            return flags | company.FIXED
        if she.ship_type not in config.carrier_types or self._works(key, spell, spot, she):
            return flags
        flags |= company.CARRIER
        taught = self._waits_near(key, known_us, spot, count_those_here=False) >= config.waiting_craft
        return flags if taught or not spot.open_water or self._is_on_roads(spell, spot) else flags | company.CANDIDATE

    def _goes_on(self, before: Wait, start_us: int, spot: _Spot) -> bool:
        """Is a new spell another part of a wait that was told?"""
        event = before.event
        if event is None or start_us - _end_us(before) > self._again_us:
            return False
        apart_km = distance_km_scalar(event.lat_deg, event.lon_deg, spot.lat_deg, spot.lon_deg)
        return bool(apart_km <= self.config.again_km)

    def _waits_near(self, key: int, known_us: int, spot: _Spot, *, count_those_here: bool) -> int:
        """How many others have waited near a spot; those who wait there now as candidates teach nothing yet."""
        craft, within_km = key & CRAFT_MASK, self.config.waiting_km
        here = self._company.waiting_now(spot.lat_deg, spot.lon_deg, 2.0 * within_km) & CRAFT_MASK
        but = () if count_those_here else here.tolist()
        return self._waiting.others_near(craft, spot.lat_deg, spot.lon_deg, known_us, within_km, but)

    def _shore_of_blocks(self, ready: _Records) -> dict[int, tuple[float, float]]:
        """Hours, and hours times km from shore, of the records that are a block."""
        rows = np.flatnonzero(ready.kind == hours.HOUR)
        lat, lon, lasted_h = hours.block_mean(ready.spell[rows])
        km = shore_distance_km(self._context.places, lat, lon, _FAR * self.config.shore_km)
        return dict(zip(rows.tolist(), zip(lasted_h.tolist(), (lasted_h * km).tolist(), strict=True), strict=True))

    def _mean_shore_km(self, key: int) -> float:
        """Mean distance from shore over a spell in blocks; NaN without."""
        lasted_h, km_h = self._shore.get(key, (0.0, 0.0))
        return km_h / lasted_h if lasted_h > 0.0 else np.nan

    def _is_on_roads(self, spell: Any, spot: _Spot) -> bool:
        return bool(spell[spells.ANCHORED] > spell[spells.ROWS] / 2.0 and spot.port_km < self.config.anchor_port_km)

    def _works(self, key: int, spell: Any, spot: _Spot, she: Particulars) -> bool:
        """Does its work explain that it is slow: fishing, a berth, its type, or an installation beside it?"""
        config = self.config
        half = spell[spells.ROWS] / 2.0
        if config.excused_types and (spell[spells.FISHING] > half or spell[spells.MOORED] > half):
            return True
        if she.ship_type in config.excused_types or (config.excused_types and is_gear_name(she.name)):
            return True
        return bool(self._company.beside(key, spot.lat_deg, spot.lon_deg, config.beside_km, company.FIXED))

    def _is_everyday(self, key: int, spell: Any, spot: _Spot, she: Particulars) -> bool:
        """Is there a reason in it or beside it for it to lie there, however long and whoever else did?"""
        config = self.config
        if self._works(key, spell, spot, she) or self._is_on_roads(spell, spot):
            return True
        still = spells.radius_km(spell) <= config.swing_km
        if config.sailed_km > 0.0 and still and spell[spells.SAILED] < spells.ALWAYS_SAILED:
            return True
        if she.ship_type not in config.carrier_types:
            adrift = detail_of(config, spell) != "slow"
            if spells.mean_kn(spell) > (config.slow_below_kn if adrift else config.working_kn):
                return True
            if not sea_room(
                self._context.places, spot.lat_deg, spot.lon_deg, 0.0, config.small_craft_shore_km
            ).open_water[0]:
                return True
        return False

    def _is_normal(self, key: int, known_us: int, spell: Any, spot: _Spot, she: Particulars) -> bool:
        """Is there an everyday reason for it to lie there?"""
        config = self.config
        if self._is_everyday(key, spell, spot, she):
            return True
        if she.ship_type not in config.carrier_types:
            if spell[spells.SLOW_US] - spell[spells.START_US] < config.other_min_duration_h * US_PER_H:
                return True
            if spells.radius_km(spell) > config.radius_km:
                return True
        return self._waits_near(key, known_us, spot, count_those_here=True) >= config.waiting_craft


@dataclass(frozen=True, slots=True)
class _Spot:
    """The middle of a spell, and what geography says of it."""

    lat_deg: float
    lon_deg: float
    port_km: float
    open_water: bool
    is_land: bool


def _end_us(wait: Wait) -> int:
    """When a wait that is over ended."""
    return 0 if wait.event is None or wait.event.end_us is None else int(wait.event.end_us)


def _waits_to_arrow(name: str, waits: Mapping[int, Wait]) -> dict[str, pa.Table]:
    """Waits and what was told of them, for a snapshot; the inverse is :func:`_waits_from_arrow`."""
    keys = sorted(waits)
    columns = {"key": pa.array(keys, pa.int64())}
    for field in ("start_us", "spell_us", "is_told", "parts"):
        kind = pa.bool_() if field == "is_told" else pa.int64()
        columns[field] = pa.array([getattr(waits[key], field) for key in keys], kind)
    return {
        name: pa.table(columns),
        f"{name}_events": events_to_arrow([event for key in keys if (event := waits[key].event) is not None]),
    }


def _waits_from_arrow(name: str, tables: Mapping[str, Any]) -> dict[int, Wait]:
    rows, events = tables[name].to_pylist(), events_from_arrow(tables[f"{name}_events"])
    return {
        row["key"]: Wait(row["start_us"], row["spell_us"], event, row["is_told"], row["parts"])
        for row, event in zip(rows, events, strict=True)
    }


class _Records:
    """Records of the state machine: key, when known, kind, and the spell as it stood."""

    def __init__(self, key: Any, known_us: Any, kind: Any, spell: Any) -> None:
        self.key: NDArray[np.int64] = key
        self.known_us: NDArray[np.int64] = known_us
        self.kind: NDArray[np.int64] = kind
        self.spell: NDArray[np.float64] = spell

    @property
    def arrays(self) -> tuple[Any, Any, Any, Any]:
        return self.key, self.known_us, self.kind, self.spell

    @classmethod
    def room(cls, length: int) -> _Records:
        """Space for so many records."""
        whole = [np.empty(length, dtype=np.int64) for _ in range(3)]
        return cls(whole[0], whole[1], whole[2], np.empty((length, spells.WIDTH)))

    @classmethod
    def none(cls) -> _Records:
        return cls.room(0)

    @classmethod
    def concat(cls, one: _Records, two: _Records) -> _Records:
        return cls(*(np.concatenate(pair) for pair in zip(one.arrays, two.arrays, strict=True)))

    def take(self, rows: Any) -> _Records:
        return _Records(*(array[rows] for array in self.arrays))

    def in_order(self) -> _Records:
        return self.take(np.lexsort((self.kind, self.key, self.known_us)))

    def to_arrow(self) -> pa.Table:
        flat = pa.FixedSizeListArray.from_arrays(pa.array(self.spell.ravel()), spells.WIDTH)
        return pa.table({"key": self.key, "known_us": self.known_us, "kind": self.kind, "spell": flat})

    @classmethod
    def from_arrow(cls, table: pa.Table) -> _Records:
        whole = [table.column(name).combine_chunks().to_numpy() for name in ("key", "known_us", "kind")]
        flat = table.column("spell").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return cls(whole[0], whole[1], whole[2], flat.reshape(-1, spells.WIDTH))
