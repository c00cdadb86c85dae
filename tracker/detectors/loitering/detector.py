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

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import Later, pack_later, unpack
from tracker.detectors.base import Context
from tracker.detectors.following import Following, rows_of
from tracker.detectors.loitering import company, hours, spells
from tracker.detectors.loitering.company import Company, Queue
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.loitering.report import Around, Wait, detail_of, loitering_event, queue_event
from tracker.detectors.open_events import OpenEvents, Place
from tracker.detectors.records import Record, Records
from tracker.detectors.sea_room import sea_room, shore_distance_km
from tracker.detectors.wording import who
from tracker.events import Event, EventKind, EventState, event_id
from tracker.identity import CRAFT_MASK, craft_text, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.gear import is_gear_name
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import Particulars, ShipTypes
from tracker.tracks.waiting_places import WaitingPlaces
from tracker.units import US_PER_H, Micros

LAYOUT: Final = 5
_FAR: Final = 4.0
"""Times ``shore_km`` beyond which further from shore counts as no further."""
_HELPERS: Final = (31, 32, 51, 52)
"""Types of ship that stand by: towing, search and rescue, tug (ITU-R M.1371-5 table 53)."""
_EACH: Final = 12
"""A queue is told anew with each craft up to so many, then whenever it has grown by a tenth."""
_STILL_US: Final = 12 * US_PER_H
"""A queue of which nothing was told for so long is told anew with the next report of a long wait in it."""


_TOO_NEAR: Final = "Withdrawn: on the mean she was too near the shore."
_IS_GEAR: Final = "Withdrawn: by its name, not known before, this is a buoy on fishing gear."


class LoiteringDetector:
    """Finds ``loitering`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.LOITERING})

    def __init__(self, config: LoiteringConfig, context: Context) -> None:
        self.config = config
        self._context = context
        self._in_blocks = config.block_h > 0.0
        self._kept_as = "loitering by blocks" if self._in_blocks else "loitering"
        self._limits, self._block_limits = spells.Limits.of(config), hours.Limits.of(config)
        self._craft = Following(spells.Spell, self._ends, int(self._limits.max_gap_us))
        self._with_block, self._block = KeyedState(state_columns(spells.Spell)), KeyedState(state_columns(hours.Block))
        """Of spells in blocks: entered and forgotten together with what is kept of craft, and so in the same slots."""
        self._ships = ShipTypes()
        self._waiting = WaitingPlaces(int(config.waiting_memory_days * 24 * US_PER_H))
        self._open = OpenEvents()
        """Waits, each by the start of the spell that it goes on with; withdrawn for as long as a queue tells them."""
        self._lately = OpenEvents()
        """Waits that are over, and may go on in another part."""
        self._company = Company(config.queue_craft, config.queue_roads_craft, config.queue_km, config.queue_near_km)
        self._sailed = KeyedState({"us": ("i8", 0)})
        """When craft that sailed were last heard, once their spells are forgotten."""
        self._shore: dict[int, tuple[float, float]] = {}
        """Of spells in blocks: hours, and hours times km from shore."""
        self._again_us = int(config.again_h * US_PER_H)

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the spells on; judgement waits for the watermark."""
        self._ships.add(statics)
        reports = rows_of(spells.Reports, positions, is_vessel(positions.craft) & positions.has_position)
        if len(reports.segment) == 0:
            return []
        state = self._craft.state
        known = len(state)
        slots = state.slots(reports.segment)
        if len(state) > known:
            self._recall_sailing(slots)
        if self._in_blocks:
            for beside in (self._with_block, self._block):
                beside.slots(reports.segment)
            kept = self._kept
            self._craft.follow(
                len(slots), lambda row, left: hours.follow(row, slots, reports, kept, self._block_limits, left)
            )
        else:
            records = state.records
            self._craft.follow(
                len(slots), lambda row, left: spells.follow(row, slots, reports, records, self._limits, left)
            )
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge what became known up to the watermark; end the spells of silent craft and forget them."""
        if self._in_blocks:
            self._close_blocks(watermark_us)
        gone = self._craft.end_silent(watermark_us)
        self._forget_blocks(gone.key)
        self._remember_sailing(gone)
        events = self._judge(self._craft.due(watermark_us))
        self._ships.advance_watermark(watermark_us)
        self._waiting.advance_watermark(watermark_us)
        self._company.advance_watermark(watermark_us)
        # a part begun in time is told at the latest when it is long enough for any craft
        kept_us = self._again_us + int(self._limits.longer_us) + 2 * int(self._limits.max_gap_us)
        for place, event in list(self._lately):
            if _end_us(event) + kept_us < watermark_us:
                self._lately.pop(place)
        sailed = self._sailed
        sailed.forget(np.flatnonzero(sailed.alive_mask & (sailed["us"] + spells.SAILED_US < watermark_us)))
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their events are closed as if they had moved off."""
        keys = transmitters_of(craft)
        slots = self._craft.state.find(keys)
        slots = slots[slots >= 0]
        given_up = set(keys.tolist())
        events: list[Event] = []
        for queue in self._company.forget(keys, at_us):
            events += self._left(queue, at_us, given_up)
        open_keys = np.array([key for (key, _), _ in self._open], dtype=np.int64)
        told = slots[np.isin(self._craft.state.keys[slots], open_keys)]
        events += self._judge(self._craft.stand(told, spells.END, at_us).in_order())
        self._forget_blocks(self._craft.state.keys[slots])
        self._craft.forget(slots, is_one_of(self._craft.held.key, craft))
        self._sailed.forget_keys(keys)
        self._open.forget(craft)
        self._lately.forget(craft)
        for key in keys.tolist():
            self._shore.pop(key, None)
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
            **self._craft.tables(),
            "waiting": self._waiting.table(),
            "sailed": self._sailed.to_arrow(),
            "open": self._open.to_arrow(),
            "lately": self._lately.to_arrow(),
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
        if self._in_blocks:
            tables |= {"with_block": self._with_block.capture(), "block": self._block.capture()}
        return pack_later(self._kept_as, LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack(self._kept_as, LAYOUT, snapshot)
        self._craft.restore(tables)
        if self._in_blocks:
            self._with_block.restore_arrow(tables["with_block"])
            self._block.restore_arrow(tables["block"])
        self._waiting.restore(tables["waiting"])
        self._sailed.restore_arrow(tables["sailed"])
        self._open.restore(tables["open"])
        self._lately.restore(tables["lately"])
        self._company.restore(tables)
        for row in tables["shore"].to_pylist():
            self._shore[row["key"]] = (row["hours"], row["km_hours"])
        self._ships.restore(tables)

    @property
    def _kept(self) -> hours.Kept:
        """What the kernel of spells in blocks carries on."""
        return hours.Kept(self._craft.state.records, self._with_block.records, self._block.records)

    def _forget_blocks(self, keys: NDArray[np.int64]) -> None:
        """Keep no blocks of some craft, in the order in which what is kept of them is forgotten."""
        if self._in_blocks:
            self._with_block.forget_keys(keys)
            self._block.forget_keys(keys)

    def _recall_sailing(self, slots: NDArray[Any]) -> None:
        """Craft heard again whose spells were forgotten in their silence, and who had sailed before: as if it had been kept."""
        state = self._craft.state
        fresh = slots[state["last_us"][slots] == spells.NEVER]
        if not len(fresh) or not len(self._sailed):
            return
        fresh = np.unique(fresh)
        keys = state.keys[fresh]
        known = self._sailed.find(keys)
        again = known >= 0
        state["last_us"][fresh[again]] = self._sailed["us"][known[again]]
        state["sailed"][fresh[again]] = spells.ALWAYS_SAILED
        self._sailed.forget_keys(keys[again])

    def _remember_sailing(self, gone: Records) -> None:
        """When those of the craft just forgotten that have sailed were last heard."""
        sailed = gone.take(gone.state["sailed"] >= spells.ALWAYS_SAILED)
        if len(sailed):
            self._sailed["us"][self._sailed.slots(sailed.key)] = sailed.state["last_us"].astype(np.int64)

    def _close_blocks(self, watermark_us: int) -> None:
        """Blocks that are over end, though nobody was heard since."""
        state, block_us = self._craft.state, self._block_limits.block_us
        ended = np.flatnonzero(state.alive_mask & ((self._block["block"] + 1.0) * block_us <= watermark_us))
        room = Records.room(3 * len(ended), state.records.dtype)
        count = hours.close(ended, state.keys, self._kept, self._block_limits, room.left)
        self._craft.held = self._craft.held.plus(room.take(slice(0, count)))

    def _ends(self, silent: NDArray[np.void]) -> Iterable[tuple[int, NDArray[np.bool_]]]:
        """Whoever is silent for too long ends its spell: one that was judged, or one that is counted among those who wait."""
        phase = silent["phase"]
        if self._in_blocks:
            yield spells.END, (phase == spells.JUDGED) | (phase == spells.SPELL)
        else:
            judged = phase == spells.JUDGED
            yield spells.END, judged
            yield spells.GONE, ~judged & (phase != spells.UNDER_WAY) & (silent["taught"] >= 1)

    def _judge(self, ready: Records) -> list[Event]:
        """Events of some records, in the order they became known."""
        if not len(ready):
            return []
        config, places = self.config, self._context.places
        records = list(ready)
        centres = [spells.centre(record.state) for record in records]
        over = (spells.END, spells.GONE)
        asked = [i for i, record in enumerate(records) if record.kind >= spells.WAITED and record.kind not in over]
        lats, lons = np.array([centres[i][0] for i in asked]), np.array([centres[i][1] for i in asked])
        room = sea_room(places, lats, lons, config.port_km, 0.0 if self._in_blocks else config.shore_km)
        land = np.asarray(places.is_land(lats, lons), dtype=np.bool_)
        block_shore = self._shore_of_blocks(ready)
        spots = {
            i: _Spot(*centres[i], float(room.port_km[n]), bool(room.open_water[n]), bool(land[n]))
            for n, i in enumerate(asked)
        }
        events: list[Event] = []
        for i, record in enumerate(records):
            key = record.key
            if i in block_shore:
                so_far_h, km_h = self._shore.get(key, (0.0, 0.0))
                self._shore[key] = (so_far_h + block_shore[i][0], km_h + block_shore[i][1])
                continue
            if record.kind == spells.WAITED:
                self._waiting.add(key & CRAFT_MASK, *centres[i], record.known_us)
                if self._in_blocks:
                    continue
            events += self._end(record, *centres[i]) if record.kind in over else self._weigh(record, spots[i])
        return events

    def _weigh(self, record: Record, spot: _Spot) -> list[Event]:
        """What a wait gives rise to, once it is long enough to be looked at, and whenever it has become longer."""
        key, known_us, kind, spell = record
        start_us = int(spell.start_us)
        she = self._ships.known_at(key & CRAFT_MASK, known_us)
        events: list[Event] = []
        if not self._in_blocks:
            queue, events = self._keep_company(record, spot, she)
            if queue is not None:
                return events
        if self._open.of(key):
            if kind == spells.STILL and (event := self._open.get((key, start_us))) is not None:
                events.append(self._tell(record, she, EventState.OPEN, _wait_of(event), spot.port_km))
            return events
        mean_shore_km = self._mean_shore_km(key)
        if not spot.open_water or mean_shore_km < self.config.shore_km:
            return events
        for place, before in self._ended_lately(key) if kind != spells.STILL else ():
            if self._goes_on(before, start_us, spot):
                if not self._is_everyday(key, spell, spot, she):
                    self._lately.pop(place)
                    self._open.keep((key, start_us), before)
                    wait = Wait(before.start_us, before.evidence["parts"] + 1)
                    events.append(self._tell(record, she, EventState.OPEN, wait, spot.port_km))
                return events
        if kind == spells.WAITED or self._is_normal(key, known_us, spell, spot, she):
            return events
        events.append(self._tell(record, she, EventState.OPEN, Wait(start_us), spot.port_km))
        return events

    def _end(self, record: Record, lat_deg: float, lon_deg: float) -> list[Event]:
        """A spell is over: so is its event, and its part in a queue."""
        key, known_us, place = record.key, record.known_us, (record.key, int(record.state.start_us))
        events: list[Event] = []
        offshore = not self._mean_shore_km(key) < self.config.shore_km
        event = self._open.get(place)
        if event is not None and event.state is EventState.OPEN:
            she = self._ships.known_at(key & CRAFT_MASK, known_us)
            port_km = float(self._context.places.port_distance_km(np.array([lat_deg]), np.array([lon_deg]))[0])
            is_gear = bool(self.config.excused_types) and is_gear_name(she.name)
            why = _TOO_NEAR if not offshore else _IS_GEAR if is_gear else ""
            state = EventState.RETRACTED if why else EventState.CLOSED
            last = self._tell(record, she, state, _wait_of(event), port_km, why)
            events.append(last)
            if self._again_us and not why:
                for before, _ in self._ended_lately(key):
                    self._lately.pop(before)
                self._lately.keep(place, last)
        self._open.pop(place)
        self._shore.pop(key, None)
        queue = self._company.leave(key, known_us, int(record.state.slow_us))
        return events if queue is None else events + self._left(queue, known_us, set())

    def _ended_lately(self, key: int) -> list[tuple[Place, Event]]:
        """The wait of a craft that may go on in another part, if any."""
        return [((key, which), event) for which, event in self._lately.of(key).items()]

    def _tell(
        self, record: Record, she: Particulars, state: EventState, wait: Wait, port_km: float, why: str = ""
    ) -> Event:
        """The next revision of a wait; ``why`` it is withdrawn, where it is."""
        config, (key, known_us, _, spell) = self.config, record
        lat_deg, lon_deg = spells.centre(spell)
        helpers = self._company.beside(key, lat_deg, lon_deg, config.beside_km, company.HELPER)
        drifts = detail_of(config, spell) == "drifting"
        around = Around(
            port_km,
            self._context.port_near,
            tuple(self._named(one, known_us) for one in helpers),
            self._company.set_alike(key, config.alike_km, config.alike_deg, config.alike_kn) if drifts else 0,
            self._mean_shore_km(key),
        )
        event = loitering_event(config, record, she, state, wait, around, why)
        return self._open.tell((key, int(spell.start_us)), event)

    def _keep_company(self, record: Record, spot: _Spot, she: Particulars) -> tuple[Queue | None, list[Event]]:
        """Take a wait into the company of those around it; the queue that tells it, and what is new of it."""
        key, known_us, kind, spell = record
        if spot.is_land or spot.port_km < self.config.queue_port_km:
            return None, []
        here = self._company
        here.enter(key, spell, spot.lat_deg, spot.lon_deg, self._flags(record, spot, she))
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
            for which, event in list(self._open.of(one).items()):
                if event.state is EventState.OPEN:
                    withdrawn = event.revised(
                        state=EventState.RETRACTED,
                        known_us=Micros(known_us),
                        explanation=f"Withdrawn: she waits in company, and the queue tells it. {event.explanation}",
                        evidence={**event.evidence, "told_by": queue.event_id},
                    )
                    events.append(self._open.tell((one, which), withdrawn))
        return queue, events

    def _left(self, queue: Queue, known_us: int, given_up: set[int]) -> list[Event]:
        """What a queue says when some have left it."""
        if len(queue.members) >= 2:
            return [self._tell_queue(queue, known_us)] if len(queue.members) <= queue.told / 2 else []
        events = [self._tell_queue(queue, known_us, EventState.CLOSED)]
        for key in self._company.close(queue):
            for which, event in [] if key in given_up else list(self._open.of(key).items()):
                if event.state is not EventState.OPEN:
                    again = event.revised(
                        state=EventState.OPEN,
                        known_us=Micros(known_us),
                        explanation=event.explanation.partition(" tells it. ")[2],
                        evidence={name: value for name, value in event.evidence.items() if name != "told_by"},
                    )
                    events.append(self._open.tell((key, which), again))
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
            here.waits_of(queue) if queue.usual < 0 else [],
            Around(port_km, self._context.port_near),
        )

    def _named(self, key: int, known_us: int) -> str:
        craft = key & CRAFT_MASK
        return who(craft_text(craft), self._ships.known_at(craft, known_us))

    def _flags(self, record: Record, spot: _Spot, she: Particulars) -> int:
        """What a wait is in company."""
        config, (key, known_us, kind, spell) = self.config, record
        still = spells.radius_km(spell) <= config.swing_km
        flags = company.ANCHORED if still else 0
        flags |= company.LONG if kind != spells.WAITED else 0
        flags |= company.HELPER if she.ship_type in _HELPERS else 0
        if still and spell.sailed < spells.ALWAYS_SAILED:
            return flags | company.FIXED
        if she.ship_type not in config.carrier_types or self._works(key, spell, spot, she):
            return flags
        flags |= company.CARRIER
        taught = self._waits_near(key, known_us, spot, count_those_here=False) >= config.waiting_craft
        return flags if taught or not spot.open_water or self._is_on_roads(spell, spot) else flags | company.CANDIDATE

    def _goes_on(self, before: Event, start_us: int, spot: _Spot) -> bool:
        """Is a new spell another part of a wait that was told?"""
        if start_us - _end_us(before) > self._again_us:
            return False
        apart_km = distance_km_scalar(before.lat_deg, before.lon_deg, spot.lat_deg, spot.lon_deg)
        return bool(apart_km <= self.config.again_km)

    def _waits_near(self, key: int, known_us: int, spot: _Spot, *, count_those_here: bool) -> int:
        """How many others have waited near a spot; those who wait there now as candidates teach nothing yet."""
        craft, within_km = key & CRAFT_MASK, self.config.waiting_km
        here = self._company.waiting_now(spot.lat_deg, spot.lon_deg, 2.0 * within_km) & CRAFT_MASK
        but = () if count_those_here else here.tolist()
        return self._waiting.others_near(craft, spot.lat_deg, spot.lon_deg, known_us, within_km, but)

    def _shore_of_blocks(self, ready: Records) -> dict[int, tuple[float, float]]:
        """Hours, and hours times km from shore, of the records that are a block."""
        rows = np.flatnonzero(ready.kind == hours.HOUR)
        lat, lon, lasted_h = hours.block_mean(ready.state[rows])
        km = shore_distance_km(self._context.places, lat, lon, _FAR * self.config.shore_km)
        return dict(zip(rows.tolist(), zip(lasted_h.tolist(), (lasted_h * km).tolist(), strict=True), strict=True))

    def _mean_shore_km(self, key: int) -> float:
        """Mean distance from shore over a spell in blocks; NaN without."""
        lasted_h, km_h = self._shore.get(key, (0.0, 0.0))
        return km_h / lasted_h if lasted_h > 0.0 else np.nan

    def _is_on_roads(self, spell: spells.Spell, spot: _Spot) -> bool:
        return bool(spell.anchored > spell.rows / 2.0 and spot.port_km < self.config.anchor_port_km)

    def _works(self, key: int, spell: spells.Spell, spot: _Spot, she: Particulars) -> bool:
        """Does its work explain that it is slow: fishing, a berth, its type, or an installation beside it?"""
        config = self.config
        half = spell.rows / 2.0
        if config.excused_types and (spell.fishing > half or spell.moored > half):
            return True
        if she.ship_type in config.excused_types or (config.excused_types and is_gear_name(she.name)):
            return True
        return bool(self._company.beside(key, spot.lat_deg, spot.lon_deg, config.beside_km, company.FIXED))

    def _is_everyday(self, key: int, spell: spells.Spell, spot: _Spot, she: Particulars) -> bool:
        """Is there a reason in it or beside it for it to lie there, however long and whoever else did?"""
        config = self.config
        if self._works(key, spell, spot, she) or self._is_on_roads(spell, spot):
            return True
        still = spells.radius_km(spell) <= config.swing_km
        if config.sailed_km > 0.0 and still and spell.sailed < spells.ALWAYS_SAILED:
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

    def _is_normal(self, key: int, known_us: int, spell: spells.Spell, spot: _Spot, she: Particulars) -> bool:
        """Is there an everyday reason for it to lie there?"""
        config = self.config
        if self._is_everyday(key, spell, spot, she):
            return True
        if she.ship_type not in config.carrier_types:
            if spell.slow_us - spell.start_us < config.other_min_duration_h * US_PER_H:
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


def _end_us(event: Event) -> int:
    """When a wait that is over ended."""
    return 0 if event.end_us is None else int(event.end_us)


def _wait_of(event: Event) -> Wait:
    """The wait that an event tells."""
    return Wait(event.start_us, event.evidence["parts"])
