"""One-sided encounters: one ship waits at sea, another is silent meanwhile and was able to have been with her.

No rows are read: two events of ships that stand by themselves are laid side by side, a *wait* (``loitering``) and a *silence* (``dark_period`` whose
cause is ``silent_in_coverage``, heard again). No aircraft and no buoy comes to lie beside a ship. With ``v`` the speed of the silent ship (the greater of the one she was last heard at and
the one made good, times ``one_sided_speed_factor``), ``P`` and ``R`` the places where she was last and first heard, ``A`` the wait::

    from  = max(wait begins, silence begins + |P A| / v)
    until = min(wait ends or now, silence ends - |A R| / v)
    one_sided where  until - from >= one_sided_min, and >= one_sided_share of the silence

A silence of which the reception memory knows nothing (a ``gap`` whose cause is ``left_coverage`` or ``unknown``) counts, too, where the ship
that waited shows that the place is heard: she gave ``one_sided_waiter_per_h`` reports an hour or more, the other was lost and heard
again within ``one_sided_near_km`` of her, and was heard as well as usual till the end, by a feed that does
not lose ships by habit.

Who sailed straight on has no slack and could have met nobody; the ship that waited was heard all the time, so the place is heard. That
the other was there nobody saw: the confidence is moderate at most. One silence is one meeting: of several ships that waited, the one is
told with whom there was most room, or who was known first, and how many others there were. Each ship of a queue waits, too. It is told once, closed, at the instant at which the later of both events
became known. A silence during which the ship is known to have met somebody (an ``encounter`` told by then that overlaps it) needs no guess. Kept are
events of the last ``_MEMORY_US``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.wording import Landmarks, duration_text, kilometres_text, no_landmark, period_text, where_text
from tracker.events import Event, EventKind, EventState, GapCause, Rule, event_id, event_order, finite, plain
from tracker.identity import craft_text, parse_craft
from tracker.tracks.kinds import is_vessel
from tracker.units import KM_PER_NM, US_PER_DAY, US_PER_H, US_PER_MIN, Micros, parse_time

_VERSION: Final = "2"
_MEMORY_US: Final = 2 * US_PER_DAY
_MOST_CONFIDENCE: Final = 0.6
_GAP_CONFIDENCE: Final = 0.7
"""Of a silence that only the ship that waited speaks for."""
_ABRUPT: Final = 0.88
"""Who was last heard less well than this, against her usual, was going out of earshot: ours, of 178 silences seeded under a receiver network 99 in 100 began above 0.92."""
_ONE_OF_SEVERAL: Final = 0.8
"""Where it may as well have been with another of those who waited (ours)."""
_MOST_HABIT: Final = 0.003
"""A feed that loses more of its ships by itself tells nothing by a gap (``SilenceConfig.max_habit_ship``)."""
DETAIL: Final = "one_sided"


class OneSided:
    """Joins waits and silences; feed it every event in the order of publication."""

    def __init__(self, config: EncounterConfig, near: Landmarks = no_landmark) -> None:
        self.config = config
        self._near = near
        self._rule = Rule("encounter", _VERSION, asdict(config))
        self._waits: dict[str, Event] = {}
        self._silences: dict[str, Event] = {}
        self._told: dict[str, int] = {}
        """Ids of the silences already explained, with the instant."""
        self._met: dict[str, tuple[tuple[str, ...], int, int, int]] = {}
        """Meetings seen: both craft, from, until, known."""

    def extend(self, events: Iterable[Event]) -> list[Event]:
        """The same events, with the encounters they give rise to, in the order of publication."""
        given = list(events)
        found = [meeting for event in given for meeting in self.take(event)]
        return sorted([*given, *found], key=event_order) if found else given

    def take(self, event: Event) -> list[Event]:
        """What one more event, in order, makes known."""
        waits = [event]
        if event.kind is EventKind.LOITERING and event.detail == "queue":
            waits = self._waits_in(event)
        if event.kind is EventKind.LOITERING:
            shelf, others = self._waits, self._silences
            wanted = event.state is not EventState.RETRACTED
        elif event.kind is EventKind.DARK_PERIOD:
            shelf, others = self._silences, self._waits
            wanted = event.state is EventState.CLOSED and event.cause == GapCause.SILENT_IN_COVERAGE
        elif event.kind is EventKind.GAP:
            shelf, others = self._silences, self._waits
            wanted = event.state is EventState.CLOSED and event.cause in (GapCause.LEFT_COVERAGE, GapCause.UNKNOWN)
            wanted = wanted and not event.evidence.get("heard_elsewhere")
        elif event.kind is EventKind.ENCOUNTER:
            self._meet(event)
            return []
        else:
            return []
        now_us = int(event.known_us)
        self._forget(now_us - _MEMORY_US)
        for one in waits:
            shelf.pop(one.event_id, None)
        if not wanted or not is_vessel(parse_craft(event.craft)):
            return []
        shelf |= {
            one.event_id: replace(
                one, evidence=plain(one.evidence), rule=replace(one.rule, thresholds=plain(one.rule.thresholds))
            )
            for one in waits
        }
        pairs = [
            (one, other) if shelf is self._waits else (other, one)
            for one in waits
            for _, other in sorted(others.items())
        ]
        possible: dict[str, list[Event]] = {}
        for wait, silence in pairs:
            if silence.event_id in self._told or self._has_met(silence):
                continue
            meeting = self._meeting(wait, silence, now_us)
            if meeting is not None:
                possible.setdefault(silence.event_id, []).append(meeting)
        self._told |= dict.fromkeys(possible, now_us)
        return [_likeliest(meetings) for meetings in possible.values()]

    def _waits_in(self, queue: Event) -> list[Event]:
        """The waits of a queue's craft as events of their own: those of now, and those just over."""
        now_us = int(queue.known_us)
        waits = {}
        for row in queue.evidence.get("waits", ()):
            waits[f"{queue.event_id} {row['craft']}"] = replace(
                queue, event_id=f"{queue.event_id} {row['craft']}", craft=row["craft"], start_us=parse_time(row["since"]),
                lat_deg=float(row["lat_deg"]), lon_deg=float(row["lon_deg"]), evidence={"queue": queue.event_id},
            )  # fmt: skip
        for key, wait in self._waits.items():
            if wait.evidence.get("queue") == queue.event_id and key not in waits and wait.end_us is None:
                waits[key] = replace(wait, state=EventState.CLOSED, end_us=Micros(now_us), known_us=Micros(now_us))
        return list(waits.values())

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft (keys), given up because memory is short."""
        names = {craft_text(one) for one in craft.tolist()}
        for shelf in (self._waits, self._silences):
            for key in [key for key, event in shelf.items() if event.craft in names]:
                del shelf[key]
                self._told.pop(key, None)
        self._met = {key: met for key, met in self._met.items() if not names.intersection(met[0])}

    def table(self) -> pa.Table:
        """Everything kept, for a snapshot."""
        kept = [*self._waits.values(), *self._silences.values()]
        texts = [json.dumps(asdict(event)) for event in sorted(kept, key=lambda event: event.event_id)]
        told = [json.dumps([sorted(self._told.items()), sorted(self._met.items())])]
        return pa.table({"text": pa.array([*told, *texts], pa.string())})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        told, *texts = table.column("text").to_pylist()
        silences, meetings = json.loads(told)
        self._told = {key: int(at) for key, at in silences}
        self._met = {key: (tuple(crafts), *times) for key, (crafts, *times) in meetings}
        for text in texts:
            given = json.loads(text)
            given |= {
                "kind": EventKind(given["kind"]),
                "state": EventState(given["state"]),
                "rule": Rule(**given["rule"]),
            }
            event = Event(**given)
            shelf = self._waits if event.kind is EventKind.LOITERING else self._silences
            shelf[event.event_id] = event

    def __len__(self) -> int:
        return len(self._waits) + len(self._silences) + len(self._met)

    def _meet(self, event: Event) -> None:
        """Remember a meeting that was seen."""
        self._met.pop(event.event_id, None)
        if event.state is not EventState.RETRACTED and event.detail not in (DETAIL, "formation"):
            known_us = int(event.known_us)
            until_us = known_us if event.end_us is None else int(event.end_us)
            self._met[event.event_id] = (event.craft, event.other_craft or ""), int(event.start_us), until_us, known_us

    def _has_met(self, silence: Event) -> bool:
        """Whether the silent ship was seen with somebody during its silence."""
        return any(
            silence.craft in crafts and from_us < (silence.end_us or from_us) and until_us > silence.start_us
            for crafts, from_us, until_us, _ in self._met.values()
        )

    def _forget(self, before_us: int) -> None:
        """Drop what was settled before an instant; a wait still open is kept."""
        for shelf in (self._waits, self._silences):
            for key in [k for k, e in shelf.items() if e.known_us < before_us and e.state is EventState.CLOSED]:
                del shelf[key]
        self._told = {key: at for key, at in self._told.items() if at >= before_us}
        self._met = {key: met for key, met in self._met.items() if met[3] >= before_us}

    def _meeting(self, wait: Event, silence: Event, now_us: int) -> Event | None:
        """The encounter of a wait and a silence, None where she cannot have been there for long enough."""
        seen = silence.evidence
        back_lat, back_lon = seen.get("return_lat_deg"), seen.get("return_lon_deg")
        speeds = [kn for kn in (seen.get("speed_kn"), seen.get("implied_speed_kn")) if kn is not None]
        if wait.craft == silence.craft or silence.end_us is None or back_lat is None or back_lon is None or not speeds:
            return None
        knots = max(speeds) * self.config.one_sided_speed_factor
        there_km = distance_km(silence.lat_deg, silence.lon_deg, wait.lat_deg, wait.lon_deg)
        back_km = distance_km(wait.lat_deg, wait.lon_deg, float(back_lat), float(back_lon))
        if knots <= 0.0:
            return None
        hour_km = knots * KM_PER_NM
        wait_end_us = now_us if wait.end_us is None else int(wait.end_us)
        from_us = max(int(wait.start_us), int(silence.start_us) + round(there_km / hour_km * US_PER_H))
        until_us = min(wait_end_us, int(silence.end_us) - round(back_km / hour_km * US_PER_H))
        silence_us = int(silence.end_us) - int(silence.start_us)
        least_us = max(self.config.one_sided_min * US_PER_MIN, self.config.one_sided_share * silence_us)
        if until_us - from_us < least_us:
            return None
        if silence.kind is EventKind.GAP and not self._vouches(wait, silence, max(there_km, back_km)):
            return None
        hours = (until_us - from_us) / US_PER_H
        dark = silence.kind is EventKind.DARK_PERIOD
        sure = silence.confidence if dark else _GAP_CONFIDENCE
        why = "where she should have been heard" if dark else "near her, who was heard all the time"
        name = wait.evidence.get("name")
        waiting = f"{name} ({wait.craft})" if name else wait.craft
        return Event(
            event_id=event_id(
                EventKind.ENCOUNTER, parse_craft(wait.craft), int(silence.start_us), parse_craft(silence.craft), DETAIL
            ),
            revision=1,
            state=EventState.CLOSED,
            kind=EventKind.ENCOUNTER,
            detail=DETAIL,
            craft=wait.craft,
            other_craft=silence.craft,
            start_us=Micros(from_us),
            end_us=Micros(until_us),
            lat_deg=wait.lat_deg,
            lon_deg=wait.lon_deg,
            cause=None,
            confidence=_MOST_CONFIDENCE * min(wait.confidence, sure),
            explanation=(
                f"{waiting} waited {where_text(wait.lat_deg, wait.lon_deg, self._near)}, while {silence.craft} was silent "
                f"{period_text(int(silence.start_us), int(silence.end_us))} {why}; at {knots:.0f} kn "
                f"{silence.craft} could have come {kilometres_text(there_km)} to her, lain there for up to {duration_text(hours)}, and gone "
                f"{kilometres_text(back_km)} to where she was heard again. Nobody saw them together."
            ),
            evidence={
                "wait_event_id": wait.evidence.get("queue", wait.event_id),
                "silence_event_id": silence.event_id,
                "room_h": finite(hours, 4),
                "speed_kn": finite(knots, 2),
                "way_there_km": finite(there_km, 2),
                "way_back_km": finite(back_km, 2),
                "silence_h": finite(silence_us / US_PER_H, 4),
            },
            rule=self._rule,
            known_us=Micros(now_us),
        )

    def _vouches(self, wait: Event, silence: Event, km: float) -> bool:
        """Whether the ship that waited shows that the other, this far from her at most, would have been heard."""
        per_h = float(wait.evidence.get("positions") or 0.0) / max(float(wait.evidence.get("duration_h") or 0.0), 0.1)
        fading, habit = (silence.evidence.get(name) for name in ("fading", "feed_habit"))
        abrupt = fading is not None and fading >= _ABRUPT and habit is not None and habit <= _MOST_HABIT
        return abrupt and per_h >= self.config.one_sided_waiter_per_h and km <= self.config.one_sided_near_km


def _likeliest(meetings: list[Event]) -> Event:
    """Of the meetings that one silence had room for the one with most, told with doubt where there are several."""
    best = max(meetings, key=lambda meeting: float(meeting.evidence["room_h"]))
    others = sorted({meeting.craft for meeting in meetings} - {best.craft})
    if not others:
        return best
    were = "Another ship" if len(others) == 1 else f"{len(others)} other ships"
    return replace(
        best,
        confidence=_ONE_OF_SEVERAL * best.confidence,
        explanation=f"{best.explanation} {were} waited there, with whom it may have been instead.",
        evidence={**best.evidence, "others_waiting": others},
    )
