"""Circling: an aircraft turning on one spot, told by what she does: orbit, holding, survey.

The turning is followed in ``turns``. What becomes known there is judged at the watermark that reaches it, with what was known then:

- coming down to an aerodrome while turning is a circuit (touch and go), and no event;
- path over extent below ``path_over_extent`` is going somewhere in turns, and no event;
- a racetrack is a ``holding`` up to ``holding_max_min``, at a known stack for as long as it takes; after that an ``orbit``.

Revision 1 is known at the report that reaches the turn, or at the first review that finds the rule met. A change of detail is a revision of its own. Closed at the
report that shows the turning over, on the ground, or at the end of the longest silence allowed; it ends when the turn stood at its greatest.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import pack, unpack
from tracker.detectors.base import Context
from tracker.detectors.circling import turns
from tracker.detectors.circling.config import CirclingConfig
from tracker.detectors.circling.report import circling_event, detail_of, is_circuit, story_of, survey_event
from tracker.detectors.float_records import Records, placed_aircraft
from tracker.events import Event, EventKind
from tracker.identity import CRAFT_MASK, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.emitter_categories import EmitterCategories
from tracker.tracks.waiting_places import WaitingPlaces
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S

LAYOUT: Final = 1
_BUFFER: Final = 512
_COLUMNS: Final = ("segment", "time_us", "lat_deg", "lon_deg", "speed_kn", "course_deg", "altitude_ft", "on_ground")


class CirclingDetector:
    """Finds ``circling`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.CIRCLING})

    def __init__(self, config: CirclingConfig, context: Context) -> None:
        self.config = config
        self._ground = context.ground
        self._state = KeyedState(
            {
                "story": ("f8", turns.NEVER_US, turns.WIDTH),
                "ring": ("f4", 0.0, turns.RING * turns.RING_WIDTH),
                "ring_us": ("i8", -1, turns.RING),
            }
        )
        self._airframes = EmitterCategories()
        self._stacks = WaitingPlaces(int(config.stack_memory_days * 24 * US_PER_H))
        self._told: dict[tuple[int, int], tuple[int, str]] = {}
        self._held = Records.room(0, turns.WIDTH)
        self._silence_us = int(config.silence_min * US_PER_MIN)
        self._limits = np.array(
            [
                config.turn_deg,
                config.window_min,
                config.ends_min * US_PER_MIN,
                config.ends_deg,
                config.leg_s * US_PER_S,
                config.leg_deg,
                config.holding_turns,
                config.holding_leg_min * US_PER_MIN,
                config.circle_deg,
                config.circle_radius_km,
                config.circle_bank_deg,
                config.survey_turns,
                config.survey_leg_min * US_PER_MIN,
                config.survey_ends_min * US_PER_MIN,
                config.slowest_kn,
                config.review_min * US_PER_MIN,
                self._silence_us,
            ]
        )

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the turning on; judgement waits for the watermark."""
        self._airframes.add(statics)
        columns = placed_aircraft(positions, _COLUMNS)
        if columns is None:
            return []
        slots = self._state.slots(columns[0])
        ring = self._state["ring"].reshape(-1, turns.RING, turns.RING_WIDTH)
        at = 0
        while at < len(slots):
            room = Records.room(_BUFFER, turns.WIDTH)
            at, count = turns.follow(
                at, slots, *columns, self._state["story"], ring, self._state["ring_us"], self._limits, *room.arrays
            )
            self._held = self._held.plus(room.take(slice(0, count)))
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge what became known up to the watermark; end the stories of silent aircraft and forget them."""
        self._end_silent(watermark_us)
        events, self._held = self._held.judged(watermark_us, self._judge)
        self._airframes.advance_watermark(watermark_us)
        self._stacks.advance_watermark(watermark_us)
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; what was told of them is closed."""
        slots = self._state.find(transmitters_of(craft))
        slots = slots[slots >= 0]
        slots = slots[np.argsort(self._state.keys[slots])]
        state, keys = self._state["story"], self._state.keys
        events: list[Event] = []
        for slot in slots.tolist():
            for place, kind in ((turns.START_US, turns.END), (turns.SURVEY_US, turns.SURVEY_END)):
                if (int(keys[slot]), int(state[slot, place])) in self._told:
                    events += filter(None, [self._judge(int(keys[slot]), at_us, kind, state[slot].copy())])
        self._held = self._held.take(~is_one_of(self._held.key, craft))
        gone = set(craft.tolist())
        self._told = {place: told for place, told in self._told.items() if place[0] & CRAFT_MASK not in gone}
        self._state.forget(slots)
        self._airframes.forget(craft)
        self._stacks.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        told = sorted(self._told.items())
        tables = {
            "stories": self._state.to_arrow(),
            "held": self._held.to_arrow(),
            "stacks": self._stacks.table(),
            "told": pa.table(
                {
                    "key": pa.array([key for (key, _), _ in told], pa.int64()),
                    "start_us": pa.array([start for (_, start), _ in told], pa.int64()),
                    "revision": pa.array([revision for _, (revision, _) in told], pa.int64()),
                    "detail": pa.array([detail for _, (_, detail) in told], pa.string()),
                }
            ),
            **self._airframes.tables(),
        }
        return pack("circling", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("circling", LAYOUT, snapshot)
        self._state.restore_arrow(tables["stories"])
        self._held = Records.from_arrow(tables["held"], turns.WIDTH)
        self._stacks.restore(tables["stacks"])
        self._told = {
            (row["key"], row["start_us"]): (row["revision"], row["detail"]) for row in tables["told"].to_pylist()
        }
        self._airframes.restore(tables)

    def _end_silent(self, watermark_us: int) -> None:
        """Stories whose aircraft has been silent for the longest silence allowed end there."""
        state = self._state["story"]
        gone = np.flatnonzero(self._state.alive_mask & (state[:, turns.LAST_US] + self._silence_us <= watermark_us))
        for column, kind in ((turns.PHASE, turns.END), (turns.SURVEYING, turns.SURVEY_END)):
            ended = gone[state[gone, column] != 0.0]
            if len(ended):
                known_us = state[ended, turns.LAST_US].astype(np.int64) + self._silence_us
                kinds = np.full(len(ended), kind, dtype=np.int64)
                self._held = self._held.plus(
                    Records(self._state.keys[ended].copy(), known_us, kinds, state[ended].copy())
                )
        self._state.forget(gone)

    def _judge(self, key: int, known_us: int, kind: int, row: np.ndarray) -> Event | None:
        """The event a record gives rise to, if any."""
        craft, ground = key & CRAFT_MASK, self._ground()
        she = self._airframes.known_at(craft, known_us)
        if kind in (turns.SURVEY, turns.SURVEY_END):
            place = key, int(row[turns.SURVEY_US])
            if kind == turns.SURVEY_END and place not in self._told:
                return None
            near = ground.aerodrome(float(row[turns.SURVEY_LAT]), float(row[turns.SURVEY_LON]))
            revision = self._count(place, "survey", ends=kind == turns.SURVEY_END)
            return survey_event(self.config, key, row, kind, known_us, near, she, revision)
        place = key, int(row[turns.START_US])
        story = story_of(row)
        held_before = self._stacks.others_near(craft, story.lat_deg, story.lon_deg, known_us, self.config.stack_km)
        detail = detail_of(self.config, row, story, held_before)
        before = self._told.get(place)
        if before is None and (kind == turns.END or not detail or is_circuit(self.config, row, ground)):
            return None
        if before is not None and (not detail or before[1] == "orbit"):
            detail = before[1]
        if kind == turns.REVIEW and before is not None and before[1] == detail:
            return None
        if before is None and detail == "holding":
            self._stacks.add(craft, story.lat_deg, story.lon_deg, known_us)
        revision = self._count(place, detail, ends=kind == turns.END)
        near = ground.aerodrome(story.lat_deg, story.lon_deg)
        return circling_event(self.config, key, row, kind, known_us, detail, story, near, she, held_before, revision)

    def _count(self, place: tuple[int, int], detail: str, *, ends: bool) -> int:
        """The number of the next revision of a story; one that ends is forgotten."""
        revision = self._told.get(place, (0, ""))[0] + 1
        if ends:
            self._told.pop(place, None)
        else:
            self._told[place] = revision, detail
        return revision
