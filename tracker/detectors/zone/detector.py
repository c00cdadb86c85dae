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

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import pack, unpack
from tracker.detectors.base import Context
from tracker.detectors.following import Following
from tracker.detectors.records import Record
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

LAYOUT: Final = 2
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

    @property
    def reports(self) -> visits.Reports:
        """What the state machine looks at."""
        batch = self.batch
        return visits.Reports(
            time_us=read_only(batch.time_us),
            lat_deg=read_only(batch.lat_deg),
            lon_deg=read_only(batch.lon_deg),
            speed_kn=read_only(batch.speed_kn),
            course_deg=read_only(batch.course_deg),
            altitude_ft=read_only(batch.altitude_ft),
            before_us=self.before_us,
        )


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
        shortest_us = int(min(config.max_silence_h, config.air_max_silence_h) * US_PER_H)
        self._visits = Following(visits.Visit, _ends, shortest_us, silences_us=self._silences_us)
        self._limits = visits.Limits(int(config.confirm_reports), float(config.edge_min * US_PER_MIN))
        self._ships = ShipTypes()

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the visits on; what they give is told by the watermark."""
        if len(self._zones) == 0:
            return []
        self._ships.add(statics)
        rows = self._moving(positions)
        if len(rows.batch) == 0:
            return []
        pairs, zone = self._pairs(rows)
        if len(zone):
            self._follow(rows, pairs, zone)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Tell what became known up to the watermark; end the visits of silent craft and forget them."""
        if len(self._zones) == 0:
            return []
        self._visits.end_silent(watermark_us)
        self._forget_silent(watermark_us)
        events = [self._told(record) for record in self._visits.due(watermark_us)]
        self._ships.advance_watermark(watermark_us)
        return events

    def _told(self, record: Record) -> Event:
        """The event that a record gives."""
        visit = record.state
        she = self._ships.known_at(int(visit.segment) & CRAFT_MASK, record.known_us)
        return zone_event(self.config, self._zones.zones[visit.zone], record, she)

    def ended(self, zone_ids: Collection[str], at_us: int) -> list[Event]:
        """Visits of zones that are watched no longer, closed where the craft was last heard inside; what is remembered of them stays until
        a detector without these zones takes it over."""
        state = self._visits.state
        used = state.alive()
        numbers = [at for at, zone in enumerate(self._zones.zones) if zone.zone_id in zone_ids]
        return self._ended(used[np.isin(state["zone"][used], numbers)], at_us)

    def _ended(self, slots: NDArray[Any], at_us: int) -> list[Event]:
        """The last word on those of some visits that go on."""
        going_on = slots[self._visits.state["phase"][slots] == visits.ON]
        return [self._told(record) for record in self._visits.stand(going_on, visits.SILENT, at_us).in_order()]

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; their visits end where they were last heard."""
        state, held = self._visits.state, self._visits.held
        used = state.alive()
        gone = used[is_one_of(state["segment"][used], craft)]
        events = self._ended(gone, at_us)
        self._visits.forget(gone, is_one_of(held.state["segment"], craft))
        self._heard.forget_keys(transmitters_of(craft))
        self._ships.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes; zones by id, so that a file of zones may grow between two runs."""
        tables = {
            "heard": self._heard.to_arrow(),
            **self._visits.tables(),
            "zones": pa.table({"zone_id": pa.array([zone.zone_id for zone in self._zones.zones], pa.string())}),
            **self._ships.tables(),
        }
        return pack("zone", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet. Visits of zones no longer watched are dropped."""
        tables = unpack("zone", LAYOUT, snapshot)
        numbers = {zone.zone_id: at for at, zone in enumerate(self._zones.zones)}
        ids = tables["zones"].column("zone_id").to_pylist()
        known = np.array([numbers.get(name, -1) for name in ids], dtype=np.int64)
        self._heard.restore_arrow(tables["heard"])
        self._visits.restore({name: _renumbered(tables[name], known) for name in ("craft", "held")})
        self._ships.restore(tables)

    def _silences_us(self) -> NDArray[np.float64]:
        """Longest silence allowed of each visit."""
        return self._silence_us(self._visits.state["segment"])

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

    def _pairs(self, rows: _Rows) -> tuple[visits.Pairs, NDArray[np.int64]]:
        """Every report with every zone that its transmitter is in, was in, or comes into in this batch; the zone of each pair."""
        batch, state = rows.batch, self._visits.state
        row, zone = self._zones.holding(batch.lat_deg, batch.lon_deg)
        meant = np.where(rows.aircraft[row], self._for_air[zone], self._for_sea[zone])
        row, zone = row[meant], zone[meant]
        within = _codes(row, zone)
        lasting = state.alive()
        segment = np.concatenate([batch.segment[row], state["segment"][lasting]])
        concerned = np.concatenate([zone, state["zone"][lasting]])
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
        key, silence_us = _key(segment, concerned)[story], self._silence_us(batch.segment[row])
        return visits.Pairs(row, key, holds, sure, edge_km, self._outside[zone], silence_us), zone

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

    def _follow(self, rows: _Rows, pairs: visits.Pairs, zone: NDArray[np.int64]) -> None:
        """Run the state machine; visits that came to nothing are forgotten."""
        state = self._visits.state
        slots = state.slots(pairs.key)
        state["segment"][slots], state["zone"][slots] = rows.batch.segment[pairs.report], zone
        reports, records = rows.reports, state.records
        self._visits.follow(
            len(slots), lambda first, left: visits.follow(first, slots, pairs, reports, records, self._limits, left)
        )
        touched = np.unique(slots)
        state.forget(touched[(state["phase"][touched] == visits.NONE) & (state["run"][touched] == 0)])

    def _forget_silent(self, watermark_us: int) -> None:
        """Transmitters silent for the longest silence allowed are new when they are heard again."""
        heard = np.flatnonzero(self._heard.alive_mask)
        old = self._heard["last_us"][heard] + self._silence_us(self._heard.keys[heard]) <= watermark_us
        self._heard.forget(heard[old])


def _ends(silent: NDArray[np.void]) -> Iterable[tuple[int, NDArray[np.bool_]]]:
    """Whoever is silent for too long while its visit lasts ends it."""
    yield visits.SILENT, silent["phase"] == visits.ON


def _renumbered(table: pa.Table, known: NDArray[np.int64]) -> pa.Table:
    """Visits under the numbers that zones have now; those of zones no longer there (-1) are dropped."""
    if len(table) == 0:
        return table
    zone = known[table.column("zone").to_numpy()]
    key = _key(table.column("segment").to_numpy(), zone)
    for name, values in (("zone", zone), ("key", key)):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    return table.filter(pa.array(zone >= 0))


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
