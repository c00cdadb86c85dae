"""Loitering: slow and confined for hours where nothing waits.

The state machine of slow spells stands in ``spells``. When a spell is long enough it is judged, at that instant, with what was known
then: after ``min_duration_h`` if she is known to be a carrier, and all craft not yet reported once more after
``other_min_duration_h``. It is *not* loitering when any of these holds:

- her type of ship works slowly (``excused_types``), or most reports say fishing;
- nearer than ``port_km`` to a port, or at anchor nearer than ``anchor_port_km``, or most reports say moored;
- inshore: land at, or within ``shore_km`` of, the middle of the spell (rivers and harbour basins are land);
- of no carrier type (unknown, pleasure, other): nearer than ``small_craft_shore_km`` to land, or to and fro faster than
  ``working_kn`` on the mean (trawling, surveying), or any way faster than ``slow_below_kn`` on the mean (towing gear along);
- at least ``waiting_craft`` other craft waited within ``waiting_km`` in the last ``waiting_memory_days``.

Detail: ``anchored`` (never left the swinging circle), ``drifting`` (course off heading, or without headings a steady set), else
``slow``.

With ``block_h`` the spells are those of ``hours``, and her distance from shore is the mean over the spell: too near, she is judged again after
the next block; too near in the end, the event is withdrawn.

Revision 1 (open) is known at the first report that makes the spell long enough; revision 2 (closed) when she moves off, at that report, or at
the end of the longest silence allowed. Both are returned by the watermark that reaches that instant, when everything said up to it is known.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import Later, pack_later, unpack
from tracker.detectors.base import Context
from tracker.detectors.loitering import hours, spells
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.loitering.report import detail_of, loitering_event
from tracker.detectors.sea_room import sea_room, shore_distance_km
from tracker.events import Event, EventKind, EventState
from tracker.identity import CRAFT_MASK, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import read_only
from tracker.statics import StaticBatch
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import ShipTypes
from tracker.tracks.waiting_places import WaitingPlaces
from tracker.units import US_PER_H, US_PER_MIN

LAYOUT: Final = 2
_BUFFER: Final = 4096
_NEVER: Final = -float(1 << 62)
_FAR: Final = 4.0
"""Times ``shore_km`` beyond which further from shore counts as no further."""


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
        self._open: dict[int, int] = {}
        self._shore: dict[int, tuple[float, float]] = {}
        """Of spells in blocks: hours, and hours times km from shore."""
        self._held = _Records.none()
        self._max_gap_us = int(config.max_gap_h * US_PER_H)
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
        slots = self._state.slots(columns[0])
        state = self._state["spell"]
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
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their events are closed as if they had moved off."""
        keys = transmitters_of(craft)
        slots = self._state.find(keys)
        slots = slots[slots >= 0]
        told = slots[np.isin(self._state.keys[slots], np.array(sorted(self._open), dtype=np.int64))]
        kinds = np.full(len(told), spells.END, dtype=np.int64)
        last = _Records(
            self._state.keys[told].copy(), np.full(len(told), at_us), kinds, self._state["spell"][told].copy()
        )
        events = self._judge(last.in_order()) if len(told) else []
        self._held = self._held.take(~is_one_of(self._held.key, craft))
        self._state.forget(slots)
        for key in keys.tolist():
            self._open.pop(key, None)
            self._shore.pop(key, None)
        self._ships.forget(craft)
        self._waiting.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def capture(self) -> Later:
        """The whole state of this instant."""
        opened = sorted(self._open.items())
        shore = sorted(self._shore)
        tables = {
            "spells": self._state.capture(),
            "held": self._held.to_arrow(),
            "waiting": self._waiting.table(),
            "open": pa.table(
                {
                    "key": pa.array([key for key, _ in opened], pa.int64()),
                    "start": pa.array([start for _, start in opened], pa.int64()),
                }
            ),
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
        opened = tables["open"]
        self._open = dict(zip(opened.column("key").to_pylist(), opened.column("start").to_pylist(), strict=True))
        for row in tables["shore"].to_pylist():
            self._shore[row["key"]] = (row["hours"], row["km_hours"])
        self._ships.restore(tables)

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
        state = self._state["spell"]
        gone = np.flatnonzero(self._state.alive_mask & (state[:, spells.LAST_US] + self._max_gap_us <= watermark_us))
        over = state[gone, spells.PHASE]
        ended = gone[(over == spells.JUDGED) | (self._in_blocks & (over == spells.SPELL))]
        if len(ended):
            known_us = state[ended, spells.LAST_US].astype(np.int64) + self._max_gap_us
            kind = np.full(len(ended), spells.END, dtype=np.int64)
            self._held = _Records.concat(
                self._held, _Records(self._state.keys[ended].copy(), known_us, kind, state[ended].copy())
            )
        self._state.forget(gone)

    def _judge(self, ready: _Records) -> list[Event]:
        """Events of some records, in the order they became known."""
        config, places = self.config, self._context.places
        centres = [spells.centre(spell) for spell in ready.spell]
        asked = [i for i in range(len(centres)) if ready.kind[i] in (spells.JUDGE, spells.LONGER)]
        room = sea_room(
            places,
            [centres[i][0] for i in asked],
            [centres[i][1] for i in asked],
            config.port_km,
            0.0 if self._in_blocks else config.shore_km,
        )
        block_shore = self._shore_of_blocks(ready)
        answer = {i: (float(room.port_km[n]), bool(room.open_water[n])) for n, i in enumerate(asked)}
        events: list[Event] = []
        for i, (lat, lon) in enumerate(centres):
            key, known_us, spell = int(ready.key[i]), int(ready.known_us[i]), ready.spell[i]
            craft = key & CRAFT_MASK
            start_us = int(spell[spells.START_US])
            if i in block_shore:
                so_far_h, km_h = self._shore.get(key, (0.0, 0.0))
                self._shore[key] = (so_far_h + block_shore[i][0], km_h + block_shore[i][1])
                continue
            if ready.kind[i] == spells.WAITED:
                self._waiting.add(craft, lat, lon, known_us)
                continue
            mean_shore_km = self._mean_shore_km(key)
            offshore = not mean_shore_km < config.shore_km
            if i in answer:
                port_km, open_water = answer[i]
                if key in self._open or not open_water or not offshore:
                    continue
                if self._is_normal(craft, known_us, spell, port_km, lat, lon):
                    continue
                self._open[key] = start_us
                she = self._ships.known_at(craft, known_us)
                events.append(
                    loitering_event(config, key, spell, known_us, port_km, she, EventState.OPEN, mean_shore_km)
                )
                continue
            self._shore.pop(key, None)
            if self._open.get(key) == start_us:
                del self._open[key]
                she = self._ships.known_at(craft, known_us)
                port_km = float(places.port_distance_km(np.array([lat]), np.array([lon]))[0])
                state = EventState.CLOSED if offshore else EventState.RETRACTED
                events.append(loitering_event(config, key, spell, known_us, port_km, she, state, mean_shore_km))
        return events

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

    def _is_normal(self, craft: int, known_us: int, spell: Any, port_km: float, lat: float, lon: float) -> bool:
        """Is there an everyday reason for her to lie there?"""
        config = self.config
        half = spell[spells.ROWS] / 2.0
        if config.excused_types and (spell[spells.FISHING] > half or spell[spells.MOORED] > half):
            return True
        if spell[spells.ANCHORED] > half and port_km < config.anchor_port_km:
            return True
        ship_type = self._ships.known_at(craft, known_us).ship_type
        if ship_type in config.excused_types:
            return True
        if ship_type not in config.carrier_types:
            if spell[spells.SLOW_US] - spell[spells.START_US] < config.other_min_duration_h * US_PER_H:
                return True
            if spells.radius_km(spell) > config.radius_km:
                return True
            adrift = detail_of(config, spell) != "slow"
            if spells.mean_kn(spell) > (config.slow_below_kn if adrift else config.working_kn):
                return True
            if not sea_room(self._context.places, lat, lon, 0.0, config.small_craft_shore_km).open_water[0]:
                return True
        others = self._waiting.others_near(craft, lat, lon, known_us, config.waiting_km)
        return others >= config.waiting_craft


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
