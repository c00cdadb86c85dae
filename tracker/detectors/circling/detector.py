"""Circling: an aircraft turning on one spot, told by what it does: orbit, holding, survey.

The turning is followed in ``turns``. What becomes known there is judged at the watermark that reaches it, with what was known then:

- coming down to an aerodrome while turning is a circuit (touch and go), and no event;
- path over extent below ``path_over_extent`` is going somewhere in turns, and no event;
- a racetrack is a ``holding`` up to ``holding_max_min``, at a known stack for as long as it takes; after that an ``orbit``.

Revision 1 is known at the report that reaches the turn, or at the first review that finds the rule met. A change of detail is a revision of its own. Closed at the
report that shows the turning over, on the ground, or at the end of the longest silence allowed; it ends when the turn stood at its greatest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import pack, unpack
from tracker.detectors.base import Context
from tracker.detectors.circling import turns
from tracker.detectors.circling.config import CirclingConfig
from tracker.detectors.circling.report import circling_event, detail_of, is_circuit, story_of, survey_event
from tracker.detectors.following import Following, rows_of
from tracker.detectors.open_events import OpenEvents, Place
from tracker.detectors.records import Record
from tracker.events import Event, EventKind
from tracker.identity import CRAFT_MASK, is_aircraft, is_one_of, transmitters_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.emitter_categories import Airframe, EmitterCategories
from tracker.tracks.waiting_places import WaitingPlaces
from tracker.units import US_PER_H

LAYOUT: Final = 2
_RING: Final = {
    f"ring_{name}": ("i8" if name == "us" else "f4", -1 if name == "us" else 0.0, turns.RING)
    for name in turns.Ring._fields
}


class CirclingDetector:
    """Finds ``circling`` events."""

    kinds: frozenset[EventKind] = frozenset({EventKind.CIRCLING})

    def __init__(self, config: CirclingConfig, context: Context) -> None:
        self.config = config
        self._ground = context.ground
        self._limits = turns.Limits.of(config)
        self._aircraft = Following(turns.Turning, _ends, int(self._limits.silence_us), room=512, more=_RING)
        self._airframes = EmitterCategories()
        self._stacks = WaitingPlaces(int(config.stack_memory_days * 24 * US_PER_H))
        self._open = OpenEvents()
        """Circlings and surveys, each by the instant at which it began."""

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Carry the turning on; judgement waits for the watermark."""
        self._airframes.add(statics)
        reports = rows_of(turns.Reports, positions, is_aircraft(positions.craft) & positions.has_position)
        if len(reports.segment) == 0:
            return []
        state = self._aircraft.state
        slots = state.slots(reports.segment)
        records, ring = state.records, turns.Ring(*(state[name] for name in _RING))
        self._aircraft.follow(
            len(slots), lambda row, left: turns.follow(row, slots, reports, records, ring, self._limits, left)
        )
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge what became known up to the watermark; end the stories of silent aircraft and forget them."""
        self._aircraft.end_silent(watermark_us)
        events = [event for record in self._aircraft.due(watermark_us) if (event := self._judge(record)) is not None]
        self._airframes.advance_watermark(watermark_us)
        self._stacks.advance_watermark(watermark_us)
        return events

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft; what was told of them is closed."""
        slots = self._aircraft.state.find(transmitters_of(craft))
        slots = slots[slots >= 0]
        events: list[Event] = []
        for kind in (turns.END, turns.SURVEY_END):
            for record in self._aircraft.stand(slots, kind, at_us).in_order():
                if _place(record) in self._open and (event := self._judge(record)) is not None:
                    events.append(event)
        self._aircraft.forget(slots, is_one_of(self._aircraft.held.key, craft))
        self._open.forget(craft)
        self._airframes.forget(craft)
        self._stacks.forget(craft)
        return events

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        tables = {
            **self._aircraft.tables(),
            "stacks": self._stacks.table(),
            "open": self._open.to_arrow(),
            **self._airframes.tables(),
        }
        return pack("circling", LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        tables = unpack("circling", LAYOUT, snapshot)
        self._aircraft.restore(tables)
        self._stacks.restore(tables["stacks"])
        self._open.restore(tables["open"])
        self._airframes.restore(tables)

    def _judge(self, record: Record) -> Event | None:
        """The event a record gives rise to, if any."""
        she = self._airframes.known_at(record.key & CRAFT_MASK, record.known_us)
        if record.kind in (turns.SURVEY, turns.SURVEY_END):
            return self._judge_survey(record, she)
        key, known_us, kind, row = record
        place, ground, story = _place(record), self._ground(), story_of(row)
        lat_deg, lon_deg = story.lat_deg, story.lon_deg
        held_before = self._stacks.others_near(key & CRAFT_MASK, lat_deg, lon_deg, known_us, self.config.stack_km)
        detail = detail_of(self.config, row, story, held_before)
        before = self._open.get(place)
        if before is None and (kind == turns.END or not detail or is_circuit(self.config, row, ground)):
            return None
        if before is not None and (not detail or before.detail == "orbit"):
            detail = before.detail
        if kind == turns.REVIEW and before is not None and before.detail == detail:
            return None
        if before is None and detail == "holding":
            self._stacks.add(key & CRAFT_MASK, lat_deg, lon_deg, known_us)
        near = ground.aerodrome(lat_deg, lon_deg)
        event = circling_event(self.config, record, detail, story, near, she, held_before)
        return self._open.close(place, event) if kind == turns.END else self._open.tell(place, event)

    def _judge_survey(self, record: Record, she: Airframe) -> Event | None:
        """The same of a survey."""
        place, row = _place(record), record.state
        if record.kind == turns.SURVEY_END and place not in self._open:
            return None
        near = self._ground().aerodrome(float(row.survey_lat_deg), float(row.survey_lon_deg))
        event = survey_event(self.config, record, near, she)
        return self._open.close(place, event) if record.kind == turns.SURVEY_END else self._open.tell(place, event)


def _place(record: Record) -> Place:
    """Where the book has what a record is about."""
    survey = record.kind in (turns.SURVEY, turns.SURVEY_END)
    return record.key, int(record.state.survey_us if survey else record.state.start_us)


def _ends(silent: NDArray[np.void]) -> Iterable[tuple[int, NDArray[np.bool_]]]:
    """Whoever is silent for too long ends its story, and its survey."""
    yield turns.END, silent["phase"] != turns.NONE
    yield turns.SURVEY_END, silent["surveying"] != 0
