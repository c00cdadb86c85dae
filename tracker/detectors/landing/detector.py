"""Off-aerodrome landing: an aircraft comes down where no aerodrome is.

The coming down is followed in ``descents``; what becomes known there is judged (``judge``) at the watermark that reaches it, with what was known then:
the height of the ground and its uncertainty, the pressure learned from landings at aerodromes nearby, aerodromes and runways, suspected strips, what kind of aircraft.

Revision 1 (open) is known at the second ground report, after ``still_min`` of standing, or ``lost_after_min`` after the last report, at the first row of anybody in a minute in which
somebody near was heard since. Closed when she is heard climbing away from there, too slow elsewhere to have flown on, or ``forget_h`` after her last report; retracted when
she is heard where she must have flown on to.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.cells import cell_of
from models.geodesy import distance_km
from streams.keyed_state import KeyedState
from streams.snapshot import pack, scalars, unpack
from tracker.detectors.base import Context
from tracker.detectors.float_records import Records, placed_aircraft
from tracker.detectors.landing import descents, judge, telling
from tracker.detectors.landing.config import LandingConfig
from tracker.detectors.landing.pressure import PressureOffsets
from tracker.events import Event, EventKind, EventState, Rule
from tracker.identity import CRAFT_MASK, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.emitter_categories import EmitterCategories
from tracker.units import US_PER_DAY, US_PER_H, US_PER_MIN, Micros

LAYOUT: Final = 1
_BUFFER: Final = 2048
_COLUMNS: Final = (
    "segment", "time_us", "lat_deg", "lon_deg", "speed_kn", "course_deg", "altitude_ft", "vertical_rate_ftmin", "on_ground",
)  # fmt: skip
_SEEN: Final = {descents.GROUND: "ground", descents.STILL: "still"}


class LandingDetector:
    """Finds ``off_aerodrome_landing`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.OFF_AERODROME_LANDING})

    def __init__(self, config: LandingConfig, context: Context) -> None:
        self.config = config
        self._ground = context.ground
        self._state = KeyedState({"row": ("f8", np.nan, descents.WIDTH)})
        self._cells = KeyedState({"low": ("f8", np.nan, descents.CELL_WIDTH)})
        self._clock = np.full(1, -1, dtype=np.int64)
        self._airframes = EmitterCategories()
        self._pressure = PressureOffsets(config)
        self._told: dict[int, Event] = {}
        self._held = Records.room(0, descents.WIDTH)
        self._cleaned_us = 0
        self._forget_us = int(config.forget_h * US_PER_H)
        self._cover_us = int(config.cover_days * US_PER_DAY)
        self._limits = np.array(
            [
                config.lost_after_min * US_PER_MIN,
                config.descent_ftmin,
                config.lost_below_kn,
                config.slows_share,
                config.witness_km,
                config.cover_km,
                self._cover_us,
                config.cover_ft,
                config.still_kn,
                config.still_min * US_PER_MIN,
                config.still_km,
                self._forget_us,
            ]
        )

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the coming down on; judgement waits for the watermark."""
        self._airframes.add(statics)
        columns = placed_aircraft(positions, _COLUMNS)
        if columns is None:
            return []
        slots = self._state.slots(columns[0])
        low = (columns[6] < descents.COVER_BELOW_FT) | (columns[8] == 1)
        cell_slots = np.full(len(slots), -1, dtype=np.int32)
        if low.any():
            cell_slots[low] = self._cells.slots(cell_of(columns[2][low], columns[3][low], descents.CELL_DEG))
        at = 0
        while at < len(slots):
            room = Records.room(_BUFFER, descents.WIDTH)
            at, count = descents.follow(
                at, slots, *columns, cell_slots, self._state.keys, self._state["row"], self._state.alive_mask,
                self._cells["low"], self._cells.alive_mask, self._clock, self._limits, *room.arrays,
            )  # fmt: skip
            self._held = self._held.plus(room.take(slice(0, count)))
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge what became known up to the watermark; close and forget aircraft silent for long."""
        self._end_silent(watermark_us)
        events, self._held = self._held.judged(watermark_us, self._judge)
        self._airframes.advance_watermark(watermark_us)
        self._pressure.advance_watermark(watermark_us)
        if watermark_us - self._cleaned_us >= US_PER_H:
            self._cleaned_us = watermark_us
            low = self._cells["low"]
            latest_us = np.fmax(low[:, descents.C_US], low[:, descents.C_US2])
            self._cells.forget(np.flatnonzero(self._cells.alive_mask & ~(watermark_us - latest_us <= self._cover_us)))
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; what was told of them is closed."""
        keys = transmitters_of(craft)
        events: list[Event] = []
        for key in sorted(self._told.keys() & set(keys.tolist())):
            slot = int(self._state.find(np.array([key]))[0])
            last_us = at_us if slot < 0 else int(self._state["row"][slot, descents.LAST_US])
            events.append(self._end(key, telling.heard_no_more(self._told[key], at_us, last_us)))
        self._held = self._held.take(~is_one_of(self._held.key, craft))
        self._state.forget_keys(keys)
        self._airframes.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        told = sorted(self._told.items())
        tables = {
            "rows": self._state.to_arrow(),
            "cells": self._cells.to_arrow(),
            "held": self._held.to_arrow(),
            "pressure": self._pressure.table(),
            "told": pa.table(
                {
                    "key": pa.array([key for key, _ in told], pa.int64()),
                    "event": pa.array([_kept(event) for _, event in told], pa.string()),
                }
            ),
            "clock": scalars(minute=int(self._clock[0]), cleaned_us=self._cleaned_us),
            **self._airframes.tables(),
        }
        return pack("landing", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("landing", LAYOUT, snapshot)
        self._state.restore_arrow(tables["rows"])
        self._cells.restore_arrow(tables["cells"])
        self._held = Records.from_arrow(tables["held"], descents.WIDTH)
        self._pressure.restore(tables["pressure"])
        self._told = {row["key"]: _event_of(row["event"]) for row in tables["told"].to_pylist()}
        self._clock[0] = tables["clock"].column("minute")[0].as_py()
        self._cleaned_us = tables["clock"].column("cleaned_us")[0].as_py()
        self._airframes.restore(tables)

    def _end_silent(self, watermark_us: int) -> None:
        """Aircraft not heard for long are forgotten; what was told of them is closed."""
        state = self._state["row"]
        gone = np.flatnonzero(self._state.alive_mask & ~(state[:, descents.LAST_US] + self._forget_us > watermark_us))
        waiting = gone[state[gone, descents.PHASE] != descents.FLYING]
        if len(waiting):
            known_us = state[waiting, descents.LAST_US].astype(np.int64) + self._forget_us
            kind = np.full(len(waiting), descents.GONE_KIND, dtype=np.int64)
            self._held = self._held.plus(
                Records(self._state.keys[waiting].copy(), known_us, kind, state[waiting].copy())
            )
        self._state.forget(gone)

    def _judge(self, key: int, known_us: int, kind: int, row: NDArray[np.float64]) -> Event | None:
        """The event a record gives rise to, if any."""
        if kind == descents.TOUCH_KIND:
            self._learn(known_us, row)
            return None
        told = self._told.get(key)
        if kind == descents.GONE_KIND:
            return (
                None
                if told is None
                else self._end(key, telling.heard_no_more(told, known_us, int(row[descents.LAST_US])))
            )
        if kind == descents.BACK_KIND:
            return self._heard_again(key, known_us, row, told)
        if kind == descents.UP_KIND:
            if told is None:
                return None
            verdict = judge.Verdict(told.detail, told.confidence)
            return self._end(key, telling.took_off(told, known_us, int(row[descents.BACK_US]), verdict))
        ground, she = self._ground(), self._airframes.known_at(key & CRAFT_MASK, known_us)
        spot = judge.spot_of(row, known_us, ground, self._pressure)
        if kind == descents.DOWN_KIND:
            verdict_or_none, seen = judge.came_down(self.config, row, spot, she), _SEEN[float(row[descents.WHAT])]
        else:
            verdict_or_none, seen = judge.was_lost(self.config, row, spot, ground, she), "lost"
        if verdict_or_none is None or told is not None:
            return None
        event = telling.first_event(self.config, key, row, known_us, spot, she, verdict_or_none, seen)
        self._told[key] = event
        return event

    def _heard_again(self, key: int, known_us: int, row: NDArray[np.float64], told: Event | None) -> Event | None:
        """She was lost and is heard again."""
        config, ground, she = self.config, self._ground(), self._airframes.known_at(key & CRAFT_MASK, known_us)
        back_us, down_us = int(row[descents.BACK_US]), int(row[descents.DOWN_US])
        away_km = float(
            distance_km(row[descents.DOWN_LAT], row[descents.DOWN_LON], row[descents.BACK_LAT], row[descents.BACK_LON])
        )
        here = away_km <= config.back_km and back_us - down_us >= config.back_after_min * US_PER_MIN
        spot = judge.spot_of(row, known_us, ground, self._pressure)
        grounded = row[descents.BACK_GROUND] == 1.0
        if told is None:
            verdict = judge.went_up_again(config, row, spot, ground, she) if here and not grounded else None
            if verdict is None:
                return None
            event = telling.first_event(config, key, row, known_us, spot, she, verdict, "lost")
            return replace(telling.took_off(event, known_us, back_us, verdict), revision=1)
        if here and (grounded or judge.is_climbing_out(row)):
            verdict = judge.confirmed(judge.Verdict(told.detail, told.confidence), row, spot, she)
            return self._end(key, telling.took_off(told, known_us, back_us, verdict))
        made_kn = away_km / 1.852 / max((back_us - down_us) / US_PER_H, 1e-6)
        flew_on = not grounded and (
            made_kn >= config.flew_on_share * max(row[descents.DOWN_KN], 40.0) or away_km <= config.back_km
        )
        return self._end(key, telling.heard_elsewhere(told, known_us, back_us, away_km, flew_on))

    def _end(self, key: int, event: Event) -> Event:
        self._told.pop(key, None)
        return event

    def _learn(self, known_us: int, row: NDArray[np.float64]) -> None:
        """A touchdown: at an aerodrome of known height it tells the pressure."""
        lat, lon = float(row[descents.LAST_LAT]), float(row[descents.LAST_LON])
        near = self._ground().aerodrome(lat, lon)
        if (
            near.airport is not None
            and near.edge_km <= self.config.aerodrome_km
            and np.isfinite(near.airport.elevation_ft)
        ):
            self._pressure.learn(known_us, lat, lon, float(row[descents.LAST_FT]), near.airport.elevation_ft)


def _kept(event: Event) -> str:
    """An event that is open, for a snapshot."""
    return json.dumps({name: getattr(event, name) for name in _KEPT} | {"thresholds": dict(event.rule.thresholds)})


def _event_of(text: str) -> Event:
    """The inverse of :func:`_kept`."""
    kept: dict[str, Any] = json.loads(text)
    thresholds = kept.pop("thresholds")
    kept["start_us"], kept["known_us"] = Micros(kept["start_us"]), Micros(kept["known_us"])
    return Event(
        **kept, state=EventState.OPEN, kind=EventKind.OFF_AERODROME_LANDING, other_craft=None, end_us=None, cause=None,
        rule=Rule("off_aerodrome_landing", telling.VERSION, thresholds),
    )  # fmt: skip


_KEPT: Final = (
    "event_id",
    "revision",
    "detail",
    "craft",
    "start_us",
    "lat_deg",
    "lon_deg",
    "confidence",
    "explanation",
    "evidence",
    "known_us",
)
