"""Zone: craft enter and leave areas of interest.

Every moving craft is followed, ship or aircraft, by transmitter. One event is one visit: it opens at the first report inside the zone once a
crossing is confirmed, and closes at the last report inside once she is confirmed out of it or has been silent for ``max_silence_h``
(``air_max_silence_h``). For a zone of sense ``outside`` it is the other way round: a craft that was inside has left. The state machine
stands in ``visits``, the lookup and the meaning of a zone's properties in ``tracker.geography.zones``.

Detail: ``inside`` (seen to come in), ``found_inside`` (inside at the first position after a silence, or ever), ``outside``.

Altitudes: ships and aircraft on the ground count as 0 ft; a report of an airborne aircraft without altitude says nothing
about a zone bounded in altitude.

How far from the edge she came is taken at the first report of every ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import pack, unpack
from tracker.detectors.base import Context
from tracker.detectors.zone import visits
from tracker.detectors.zone.config import ZoneConfig
from tracker.detectors.zone.telling import zone_event
from tracker.events import Event, EventKind
from tracker.identity import CRAFT_MASK, domain, is_aircraft, is_one_of, number, segment_number, transmitters_of
from tracker.positions import PositionBatch
from tracker.schema import read_only
from tracker.statics import StaticBatch
from tracker.tracks.kinds import is_vessel
from tracker.tracks.ship_types import ShipTypes
from tracker.units import US_PER_H, US_PER_MIN

LAYOUT: Final = 1
_BUFFER: Final = 4096
_DEPTH_EVERY_US: Final = 10 * US_PER_MIN
_ZONE_BITS: Final = 15
_NUMBER_BITS: Final = 30
_DOMAIN_BITS: Final = 2


@dataclass(frozen=True, slots=True)
class _Rows:
    """Positions of moving craft; ``before_us`` is when each transmitter gave one before, NaN after a silence or never."""

    batch: PositionBatch
    slots: NDArray[np.int32]
    before_us: NDArray[np.float64]
    aircraft: NDArray[np.bool_]
    altitude_ft: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A report and a zone it matters to, in time order per visit."""

    row: NDArray[np.int64]
    key: NDArray[np.int64]
    zone: NDArray[np.int64]
    holds: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    edge_km: NDArray[np.float64]


class ZoneDetector:
    """Finds ``zone`` events; without zones it does nothing."""

    kinds: frozenset[EventKind] = frozenset({EventKind.ZONE})

    def __init__(self, config: ZoneConfig, context: Context) -> None:
        self.config = config
        self._zones = context.zones
        zones = self._zones.zones
        self._for_sea = np.array([zone.applies_to != "air" for zone in zones], dtype=np.bool_)
        self._for_air = np.array([zone.applies_to != "sea" for zone in zones], dtype=np.bool_)
        self._outside = np.array([zone.sense == "outside" for zone in zones], dtype=np.bool_)
        self._low_ft = np.array([zone.min_altitude_ft for zone in zones])
        self._high_ft = np.array([zone.max_altitude_ft for zone in zones])
        self._limited = np.array([zone.has_altitudes for zone in zones], dtype=np.bool_)
        self._heard = KeyedState({"last_us": ("i8", -1)})
        self._visits = KeyedState({"segment": ("i8", 0), "zone": ("i8", 0), "visit": ("f8", 0.0, visits.WIDTH)})
        self._held = _Records.none()
        self._ships = ShipTypes()

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the visits on; what they give is told by the watermark."""
        if len(self._zones) == 0:
            return []
        self._ships.add(statics)
        rows = self._moving(positions)
        if len(rows.batch) == 0:
            return []
        pairs = self._pairs(rows)
        if len(pairs.row):
            self._follow(rows, pairs)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Tell what became known up to the watermark; end the visits of silent craft and forget them."""
        if len(self._zones) == 0:
            return []
        self._end_silent(watermark_us)
        due = self._held.known_us <= watermark_us
        events: list[Event] = []
        if due.any():
            events = self._told(self._held.take(due).in_order())
            self._held = self._held.take(~due)
        self._ships.advance_watermark(watermark_us)
        return events

    def _told(self, ready: _Records) -> list[Event]:
        """The events of some records, in order."""
        events: list[Event] = []
        for i in range(len(ready.known_us)):
            segment, known_us = int(ready.segment[i]), int(ready.known_us[i])
            she = self._ships.known_at(segment & CRAFT_MASK, known_us)
            zone = self._zones.zones[int(ready.zone[i])]
            events.append(zone_event(self.config, zone, segment, int(ready.kind[i]), known_us, ready.visit[i], she))
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their visits end where they were last heard."""
        used = self._visits.alive()
        gone = used[is_one_of(self._visits["segment"][used], craft)]
        ended = gone[self._visits["visit"][gone, visits.PHASE] == visits.ON]
        kinds, known_us = np.full(len(ended), visits.SILENT), np.full(len(ended), at_us)
        segment, zone, visit = (self._visits[name][ended] for name in ("segment", "zone", "visit"))
        events = self._told(_Records(segment, zone, known_us, kinds, visit).in_order())
        self._held = self._held.take(~is_one_of(self._held.segment, craft))
        self._visits.forget(gone)
        self._heard.forget_keys(transmitters_of(craft))
        self._ships.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes; zones by id, so that a file of zones may grow between two runs."""
        used = self._visits.alive()
        nothing = np.zeros(len(used), dtype=np.int64)
        state = _Records(
            self._visits["segment"][used], self._visits["zone"][used], nothing, nothing, self._visits["visit"][used]
        )
        tables = {
            "heard": self._heard.to_arrow(),
            "visits": state.to_arrow(),
            "held": self._held.to_arrow(),
            "zones": pa.table({"zone_id": pa.array([zone.zone_id for zone in self._zones.zones], pa.string())}),
            **self._ships.tables(),
        }
        return pack("zone", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet. Visits of zones no longer watched are dropped."""
        tables = unpack("zone", LAYOUT, snapshot)
        numbers = {zone.zone_id: at for at, zone in enumerate(self._zones.zones)}
        known = np.array(
            [numbers.get(name, -1) for name in tables["zones"].column("zone_id").to_pylist()], dtype=np.int64
        )
        self._heard.restore_arrow(tables["heard"])
        self._held = _Records.from_arrow(tables["held"]).renumbered(known)
        state = _Records.from_arrow(tables["visits"]).renumbered(known)
        slots = self._visits.slots(_key(state.segment, state.zone))
        for name, values in (("segment", state.segment), ("zone", state.zone), ("visit", state.visit)):
            self._visits[name][slots] = values
        self._ships.restore(tables)

    def _silence_us(self, segment: Any) -> NDArray[np.float64]:
        """Longest silence allowed, by kind of craft."""
        config = self.config
        return np.where(is_aircraft(segment & CRAFT_MASK), config.air_max_silence_h, config.max_silence_h) * float(
            US_PER_H
        )

    def _moving(self, positions: PositionBatch) -> _Rows:
        """Positions of ships and aircraft, each with when its transmitter gave one before."""
        aircraft = np.asarray(is_aircraft(positions.craft))
        moving = positions.has_position & (aircraft | is_vessel(positions.craft))
        if not moving.all():
            positions, aircraft = positions.take(moving), aircraft[moving]
        before_us = np.empty(len(positions))
        slots = self._heard.slots(positions.segment)
        visits.before(slots, read_only(positions.time_us), self._heard["last_us"], before_us)
        before_us[~(positions.time_us - before_us <= self._silence_us(positions.segment))] = np.nan
        altitude_ft = positions.altitude_ft.astype(np.float64)
        altitude_ft[~aircraft | (positions.on_ground == 1)] = 0.0
        return _Rows(positions, slots, before_us, aircraft, altitude_ft)

    def _pairs(self, rows: _Rows) -> _Pairs:
        """Every report with every zone that its transmitter is in, was in, or comes into in this batch."""
        batch = rows.batch
        row, zone = self._zones.holding(batch.lat_deg, batch.lon_deg)
        meant = np.where(rows.aircraft[row], self._for_air[zone], self._for_sea[zone])
        row, zone = row[meant], zone[meant]
        within = _codes(row, zone)
        lasting = self._visits.alive()
        segment = np.concatenate([batch.segment[row], self._visits["segment"][lasting]])
        concerned = np.concatenate([zone, self._visits["zone"][lasting]])
        if len(segment) == 0:
            return _Pairs(*(np.empty(0, dtype=kind) for kind in ("i8", "i8", "i8", "?", "?", "f8")))
        _, one = np.unique(_key(segment, concerned), return_index=True)
        segment, concerned = segment[one], concerned[one]
        row, story = _rows_of(segment, self._heard.find(segment), rows.slots, len(self._heard.keys))
        zone = concerned[story]
        silent_on_height = self._limited[zone] & np.isnan(rows.altitude_ft[row])
        if silent_on_height.any():
            row, story, zone = row[~silent_on_height], story[~silent_on_height], zone[~silent_on_height]
        level = np.isin(_codes(row, zone), within)
        out_ft = np.maximum(self._low_ft[zone] - rows.altitude_ft[row], rows.altitude_ft[row] - self._high_ft[zone])
        out_ft[~self._limited[zone]] = -np.inf
        holds = level & (out_ft <= 0.0)
        far, edge_km = self._from_edge(rows, row, zone, level)
        sure = holds | far | (out_ft > self.config.leave_ft)
        return _Pairs(row, _key(segment, concerned)[story], zone, holds, sure, edge_km)

    def _from_edge(
        self, rows: _Rows, row: NDArray[np.int64], zone: NDArray[np.int64], level: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Whether a report outside is farther than ``leave_km`` from the edge; and how far one where the zone looks is (NaN: not asked)."""
        period = np.floor(rows.before_us[row] / _DEPTH_EVERY_US)
        wanted = (level != self._outside[zone]) & (rows.batch.time_us[row] // _DEPTH_EVERY_US != period)
        far, edge_km = np.zeros(len(row), dtype=np.bool_), np.full(len(row), np.nan)
        lat, lon = rows.batch.lat_deg, rows.batch.lon_deg
        for this in np.unique(zone):
            outline = self._zones.zones[this].outline
            out = np.flatnonzero((zone == this) & ~level)
            far[out] = outline.beyond(lat[row[out]], lon[row[out]], self.config.leave_km)
            deep = np.flatnonzero((zone == this) & wanted)
            edge_km[deep] = outline.edge_km(lat[row[deep]], lon[row[deep]])
        return far, edge_km

    def _follow(self, rows: _Rows, pairs: _Pairs) -> None:
        """Run the state machine and keep its records; visits that came to nothing are forgotten."""
        batch, config = rows.batch, self.config
        names = ("time_us", "lat_deg", "lon_deg", "speed_kn", "course_deg", "altitude_ft")
        columns = [read_only(getattr(batch, name)) for name in names]
        slots = self._visits.slots(pairs.key)
        self._visits["segment"][slots] = batch.segment[pairs.row]
        self._visits["zone"][slots] = pairs.zone
        silence_us = self._silence_us(batch.segment[pairs.row])
        outside = self._outside[pairs.zone]
        state = self._visits["visit"]
        at = 0
        while at < len(slots):
            room = _Records.room(_BUFFER)
            slot = np.empty(_BUFFER, dtype=np.int64)
            at, count = visits.follow(
                at, slots, pairs.row, pairs.holds, pairs.sure, pairs.edge_km, outside, silence_us, rows.before_us,
                *columns, state, config.confirm_reports, config.edge_min * US_PER_MIN,
                slot, room.known_us, room.kind, room.visit,
            )  # fmt: skip
            if count:
                room.segment[:count] = self._visits["segment"][slot[:count]]
                room.zone[:count] = self._visits["zone"][slot[:count]]
                self._held = _Records.concat(self._held, room.take(slice(0, count)))
        touched = np.unique(slots)
        nothing = (state[touched, visits.PHASE] == visits.NONE) & (state[touched, visits.RUN] == 0.0)
        self._visits.forget(touched[nothing])

    def _end_silent(self, watermark_us: int) -> None:
        """Visits of craft silent for the longest silence allowed end there."""
        state = self._visits["visit"]
        used = self._visits.alive()
        silence_us = self._silence_us(self._visits["segment"][used])
        over = state[used, visits.LAST_US] + silence_us <= watermark_us
        gone, silence_us = used[over], silence_us[over]
        on = state[gone, visits.PHASE] == visits.ON
        ended = gone[on]
        if len(ended):
            known_us = (state[ended, visits.LAST_US] + silence_us[on]).astype(np.int64)
            kind = np.full(len(ended), visits.SILENT, dtype=np.int64)
            new = _Records(self._visits["segment"][ended], self._visits["zone"][ended], known_us, kind, state[ended])
            self._held = _Records.concat(self._held, new)
        self._visits.forget(gone)
        heard = np.flatnonzero(self._heard.alive_mask)
        old = self._heard["last_us"][heard] + self._silence_us(self._heard.keys[heard]) <= watermark_us
        self._heard.forget(heard[old])


def _key(segment: Any, zone: Any) -> Any:
    """A segment and a zone as one number (an MMSI has 30 bits, a 24-bit address fewer)."""
    craft = (segment_number(segment) << _DOMAIN_BITS) | domain(segment)
    return (((craft << _NUMBER_BITS) | number(segment)) << _ZONE_BITS) | zone


def _codes(row: Any, zone: Any) -> Any:
    """A report and a zone as one number."""
    return (row << _ZONE_BITS) | zone


def _rows_of(
    segment: NDArray[np.int64], heard: NDArray[np.int32], slots: NDArray[np.int32], capacity: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All rows of each segment, in order: pairs (row, position in ``segment``), segment after segment."""
    asked = np.zeros(capacity, dtype=np.bool_)
    asked[heard[heard >= 0]] = True
    some = np.flatnonzero(asked[slots])
    some = some[np.argsort(slots[some], kind="stable")]
    ordered = slots[some]
    first = np.searchsorted(ordered, heard, side="left")
    length = np.searchsorted(ordered, heard, side="right") - first
    story = np.repeat(np.arange(len(segment)), length)
    step = np.arange(len(story)) - np.repeat(np.cumsum(length) - length, length)
    return some[np.repeat(first, length) + step], story


class _Records:
    """Records of the state machine: whose, which zone, when known, kind, and the visit as it stood."""

    def __init__(self, segment: Any, zone: Any, known_us: Any, kind: Any, visit: Any) -> None:
        self.segment: NDArray[np.int64] = segment
        self.zone: NDArray[np.int64] = zone
        self.known_us: NDArray[np.int64] = known_us
        self.kind: NDArray[np.int64] = kind
        self.visit: NDArray[np.float64] = visit

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.segment, self.zone, self.known_us, self.kind, self.visit

    @classmethod
    def room(cls, length: int) -> _Records:
        """Space for so many records."""
        whole = [np.empty(length, dtype=np.int64) for _ in range(4)]
        return cls(whole[0], whole[1], whole[2], whole[3], np.empty((length, visits.WIDTH)))

    @classmethod
    def none(cls) -> _Records:
        return cls.room(0)

    @classmethod
    def concat(cls, one: _Records, two: _Records) -> _Records:
        return cls(*(np.concatenate(pair) for pair in zip(one.arrays, two.arrays, strict=True)))

    def take(self, rows: Any) -> _Records:
        return _Records(*(array[rows] for array in self.arrays))

    def in_order(self) -> _Records:
        return self.take(np.lexsort((self.kind, self.zone, self.segment, self.known_us)))

    def renumbered(self, known: NDArray[np.int64]) -> _Records:
        """The same under new zone numbers; those of zones no longer there (-1) are dropped."""
        if len(self.zone) == 0:
            return self
        there = self.take(known[self.zone] >= 0)
        there.zone = known[there.zone]
        return there

    def to_arrow(self) -> pa.Table:
        ordered = self.in_order()
        flat = pa.FixedSizeListArray.from_arrays(pa.array(ordered.visit.ravel()), visits.WIDTH)
        names = ("segment", "zone", "known_us", "kind")
        return pa.table({**dict(zip(names, ordered.arrays[:4], strict=True)), "visit": flat})

    @classmethod
    def from_arrow(cls, table: pa.Table) -> _Records:
        whole = [table.column(name).combine_chunks().to_numpy() for name in ("segment", "zone", "known_us", "kind")]
        flat = table.column("visit").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return cls(whole[0], whole[1], whole[2], whole[3], flat.reshape(-1, visits.WIDTH))
