"""Off-aerodrome landing: an aircraft comes down where no aerodrome is.

The coming down is followed in ``descents``; what becomes known there is judged (``judge``) at the watermark that reaches it, with what was known then:
the height of the ground and its uncertainty, the pressure learned from landings at aerodromes nearby, aerodromes and runways, suspected strips, what kind of aircraft.

Revision 1 (open) is known at the second ground report, after ``still_min`` of standing, or ``lost_after_min`` after the last report, at the first row of anybody in a minute in which
somebody near was heard since. Closed when it is heard climbing away from there, too slow elsewhere to have flown on, or ``forget_h`` after its last report; retracted when
it is heard where it must have flown on to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.cells import cell_of
from models.geodesy import distance_km
from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import pack, scalars, unpack
from tracker.detectors.base import Context
from tracker.detectors.following import Following, rows_of
from tracker.detectors.landing import descents, judge, telling
from tracker.detectors.landing.config import LandingConfig
from tracker.detectors.landing.pressure import PressureOffsets
from tracker.detectors.open_events import OpenEvents
from tracker.detectors.records import Record
from tracker.events import Event, EventKind
from tracker.identity import CRAFT_MASK, is_aircraft, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.emitter_categories import EmitterCategories
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

LAYOUT: Final = 2
_ONE: Final = 0
"""An aircraft has come down at one place at a time."""
_SEEN: Final = {descents.GROUND: "ground", descents.STILL: "still"}


class LandingDetector:
    """Finds ``off_aerodrome_landing`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.OFF_AERODROME_LANDING})

    def __init__(self, config: LandingConfig, context: Context) -> None:
        self.config = config
        self._ground = context.ground
        self._limits = descents.Limits.of(config)
        self._aircraft = Following(descents.Descent, _ends, int(self._limits.forget_us), room=2048)
        self._cells = KeyedState(state_columns(descents.LowReports))
        self._minute = np.full(1, -1, dtype=np.int64)
        self._airframes = EmitterCategories()
        self._pressure = PressureOffsets(config)
        self._open = OpenEvents()
        self._cleaned_us = 0

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the coming down on; judgement waits for the watermark."""
        self._airframes.add(statics)
        reports = rows_of(descents.Reports, positions, is_aircraft(positions.craft) & positions.has_position)
        if len(reports.segment) == 0:
            return []
        slots = descents.Slots(self._aircraft.state.slots(reports.segment), self._slots_of_cells(reports))
        state, cells = self._aircraft.state, self._cells
        sky = descents.Sky(state.keys, state.records, state.alive_mask, cells.records, cells.alive_mask, self._minute)
        self._aircraft.follow(
            len(slots.aircraft), lambda row, left: descents.follow(row, slots, reports, sky, self._limits, left)
        )
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge what became known up to the watermark; close and forget aircraft silent for long."""
        self._aircraft.end_silent(watermark_us)
        events = [event for record in self._aircraft.due(watermark_us) if (event := self._judge(record)) is not None]
        self._airframes.advance_watermark(watermark_us)
        self._pressure.advance_watermark(watermark_us)
        if watermark_us - self._cleaned_us >= US_PER_H:
            self._cleaned_us = watermark_us
            latest_us = np.maximum(self._cells["lowest_us"], self._cells["second_us"])
            old = watermark_us - latest_us > self._limits.cover_us
            self._cells.forget(np.flatnonzero(self._cells.alive_mask & old))
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; what was told of them is closed. How low they were heard is known of a nameless one."""
        slots = self._aircraft.state.find(transmitters_of(craft))
        slots = slots[slots >= 0]
        gone = self._aircraft.stand(slots, descents.GONE_KIND, at_us).in_order()
        events = [event for record in gone if (event := self._judge(record)) is not None]
        self._aircraft.forget(slots, is_one_of(self._aircraft.held.key, craft))
        for name in ("lowest_craft", "second_craft"):
            whose = self._cells[name]
            whose[np.isin(whose, craft)] = descents.FORGOTTEN
        self._airframes.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        tables = {
            **self._aircraft.tables(),
            "cells": self._cells.to_arrow(),
            "pressure": self._pressure.table(),
            "open": self._open.to_arrow(),
            "clock": scalars(minute=int(self._minute[0]), cleaned_us=self._cleaned_us),
            **self._airframes.tables(),
        }
        return pack("landing", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("landing", LAYOUT, snapshot)
        self._aircraft.restore(tables)
        self._cells.restore_arrow(tables["cells"])
        self._pressure.restore(tables["pressure"])
        self._open.restore(tables["open"])
        self._minute[0] = tables["clock"].column("minute")[0].as_py()
        self._cleaned_us = tables["clock"].column("cleaned_us")[0].as_py()
        self._airframes.restore(tables)

    def _slots_of_cells(self, reports: descents.Reports) -> NDArray[np.int32]:
        """Slot of the cell of each report that is low enough to tell of reception, -1 of others."""
        slots = np.full(len(reports.segment), -1, dtype=np.int32)
        low = (reports.altitude_ft < descents.COVER_BELOW_FT) | (reports.on_ground == 1)
        if low.any():
            slots[low] = self._cells.slots(cell_of(reports.lat_deg[low], reports.lon_deg[low], descents.CELL_DEG))
        return slots

    def _judge(self, record: Record) -> Event | None:
        """The event a record gives rise to, if any."""
        key, known_us, kind, row = record
        if kind == descents.TOUCH_KIND:
            self._learn(known_us, row)
            return None
        if kind == descents.BACK_KIND:
            return self._heard_again(record)
        place = key, _ONE
        told = self._open.get(place)
        if kind in (descents.GONE_KIND, descents.UP_KIND):
            if told is None:
                return None
            if kind == descents.GONE_KIND:
                return self._open.close(place, telling.heard_no_more(told, known_us, int(row.last_us)))
            return self._open.close(place, telling.took_off(told, known_us, int(row.back_us), _verdict(told)))
        ground, she = self._ground(), self._airframes.known_at(key & CRAFT_MASK, known_us)
        spot = judge.spot_of(row, known_us, ground, self._pressure)
        if kind == descents.DOWN_KIND:
            verdict, seen = judge.came_down(self.config, row, spot, she), _SEEN[int(row.what)]
        else:
            verdict, seen = judge.was_lost(self.config, row, spot, ground, she), "lost"
        if verdict is None or told is not None:
            return None
        return self._open.tell(place, telling.first_event(self.config, record, spot, she, verdict, seen))

    def _heard_again(self, record: Record) -> Event | None:
        """It was lost and is heard again."""
        key, known_us, _, row = record
        config, ground, she = self.config, self._ground(), self._airframes.known_at(key & CRAFT_MASK, known_us)
        place, back_us, down_us = (key, _ONE), int(row.back_us), int(row.down_us)
        away_km = float(distance_km(row.down_lat_deg, row.down_lon_deg, row.back_lat_deg, row.back_lon_deg))
        here = away_km <= config.back_km and back_us - down_us >= config.back_after_min * US_PER_MIN
        spot = judge.spot_of(row, known_us, ground, self._pressure)
        grounded = bool(row.back_ground)
        told = self._open.get(place)
        if told is None:
            verdict = judge.went_up_again(config, row, spot, ground, she) if here and not grounded else None
            if verdict is None:
                return None
            event = telling.first_event(config, record, spot, she, verdict, "lost")
            return self._open.close(place, telling.took_off(event, known_us, back_us, verdict))
        if here and (grounded or judge.is_climbing_out(row)):
            verdict = judge.confirmed(_verdict(told), row, spot, she)
            return self._open.close(place, telling.took_off(told, known_us, back_us, verdict))
        made_kn = away_km / KM_PER_NM / max((back_us - down_us) / US_PER_H, 1e-6)
        flew_on = not grounded and (
            made_kn >= config.flew_on_share * max(row.down_kn, 40.0) or away_km <= config.back_km
        )
        return self._open.close(place, telling.heard_elsewhere(told, known_us, back_us, away_km, flew_on))

    def _learn(self, known_us: int, row: descents.Descent) -> None:
        """A touchdown: at an aerodrome of known height it tells the pressure."""
        lat, lon = float(row.last_lat_deg), float(row.last_lon_deg)
        near = self._ground().aerodrome(lat, lon)
        if (
            near.airport is not None
            and near.edge_km <= self.config.aerodrome_km
            and np.isfinite(near.airport.elevation_ft)
        ):
            self._pressure.learn(known_us, lat, lon, float(row.last_ft), near.airport.elevation_ft)


def _verdict(told: Event) -> judge.Verdict:
    """What was told of a landing."""
    return judge.Verdict(told.detail, told.confidence)


def _ends(silent: NDArray[np.void]) -> Iterable[tuple[int, NDArray[np.bool_]]]:
    """Whoever is silent for long, and came down or was lost, will not be heard any more."""
    yield descents.GONE_KIND, silent["phase"] != descents.FLYING
