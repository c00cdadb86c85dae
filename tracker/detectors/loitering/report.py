"""What a loitering event says: detail, confidence, evidence and the sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tracker.detectors.loitering import spells
from tracker.detectors.loitering.company import Queue, Set
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.records import Record
from tracker.detectors.wording import (
    Landmarks,
    clock_text,
    compass_text,
    duration_text,
    kilometres_text,
    no_landmark,
    period_text,
    place_text,
    who,
)
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, Micros, iso_time

VERSION: Final = "3"
_STEADY_SET: Final = 0.6
_NO_CARRIER: Final = 0.45
"""Where nobody said that it carries anything: of craft adrift far out most fish, dive or drill."""
LISTED: Final = 500
"""So many craft of a queue are listed: the cargo of each is named in its alert."""
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Wait:
    """One craft's wait: it began with its first part."""

    start_us: int
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds a wait: distance to the nearest port, names of places, who stands by, how many are set the same way."""

    port_km: float
    port_near: Landmarks = no_landmark
    helpers: Sequence[str] = field(default_factory=tuple)
    alike: int = 0
    shore_km: float = math.nan
    """Mean distance from shore, where that was asked."""


def detail_of(config: LoiteringConfig, spell: spells.Spell) -> str:
    """``anchored``, ``drifting`` or ``slow``; headings decide where there are some."""
    if spells.radius_km(spell) <= config.swing_km:
        return "anchored"
    if spell.angle_rows >= 3:
        off_deg = spell.angle_sum_deg / spell.angle_rows
        return "drifting" if off_deg >= config.drift_angle_deg else "slow"
    return "drifting" if spells.net_km(spell) >= _STEADY_SET * spell.path_km else "slow"


def loitering_event(
    config: LoiteringConfig,
    record: Record,
    she: Particulars,
    state: EventState,
    wait: Wait,
    around: Around,
    why: str = "",
) -> Event:
    """What is told of a judged spell, as a first revision; ``why`` is a sentence on why it is withdrawn."""
    key, known_us, _, spell = record
    start_us, end_us = wait.start_us, int(spell.slow_us)
    hours = (end_us - start_us) / US_PER_H
    lat, lon = spells.centre(spell)
    radius_km = spells.radius_km(spell)
    detail = detail_of(config, spell)
    closed = state is not EventState.OPEN
    craft = craft_text(key & CRAFT_MASK)
    angle_rows = spell.angle_rows
    lasted = min(1.0, hours / config.other_min_duration_h)
    base = 0.6 if she.ship_type in config.carrier_types else _NO_CARRIER
    confidence = base + 0.15 * min(1.0, around.port_km / 100.0) + 0.15 * lasted + 0.1 * (70 <= she.ship_type <= 89)
    evidence: dict[str, Any] = {
        "duration_h": hours,
        "radius_km": radius_km,
        "path_km": float(spell.path_km),
        "net_displacement_km": spells.net_km(spell),
        "mean_speed_kn": spells.mean_kn(spell),
        "course_off_heading_deg": float(spell.angle_sum_deg / angle_rows) if angle_rows else None,
        "positions": int(spell.rows),
        "port_km": around.port_km,
        "start_lat_deg": float(spell.start_lat_deg),
        "start_lon_deg": float(spell.start_lon_deg),
        "name": she.name or None,
        "ship_type": she.ship_type if she.ship_type != 255 else None,
        "reports_at_anchor": int(spell.anchored),
        "reports_not_under_command": int(spell.not_commanded),
        "reports_restricted": int(spell.restricted),
        "stands_by": list(around.helpers),
        "set_alike": around.alike,
        "parts": wait.parts,
        "segment": int(segment_number(key)),
    }
    if not math.isnan(around.shore_km):
        evidence["mean_shore_km"] = around.shore_km
    return Event(
        event_id=event_id(EventKind.LOITERING, key, start_us),
        revision=1,
        state=state,
        kind=EventKind.LOITERING,
        detail=detail,
        craft=craft,
        other_craft=None,
        start_us=Micros(start_us),
        end_us=Micros(end_us) if closed else None,
        lat_deg=lat,
        lon_deg=lon,
        cause=None,
        confidence=confidence,
        explanation=" ".join(filter(None, (why, _sentence(craft, she, detail, closed, end_us, radius_km, wait, around, lat, lon), *_reasons(spell, around)))),
        evidence=evidence,
        rule=Rule("loitering", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )  # fmt: skip


def queue_event(
    config: LoiteringConfig, queue: Queue, named: Sequence[str], known_us: int, state: EventState, shared: Set | None, at_anchor: int,
    waits: Sequence[tuple[int, int, float, float]], around: Around,
) -> Event:  # fmt: skip
    """The next revision of a queue; ``named`` are the first of its craft with their names, ``waits`` (key, start, place) those who wait in open water now."""
    stays = [(craft_text(key & CRAFT_MASK), since_us, until_us) for (key, since_us), until_us in queue.stays.items()]
    craft = list(dict.fromkeys(one[0] for one in reversed(stays)))[:LISTED]
    listed = set(craft)
    closed = state is not EventState.OPEN
    hours = (known_us - queue.start_us) / US_PER_H
    return Event(
        event_id=queue.event_id,
        revision=queue.revision,
        state=state,
        kind=EventKind.LOITERING,
        detail="queue",
        craft=craft_text(queue.subject & CRAFT_MASK),
        other_craft=None,
        start_us=Micros(queue.start_us),
        end_us=Micros(known_us) if closed else None,
        lat_deg=queue.lat_deg,
        lon_deg=queue.lon_deg,
        cause=None,
        confidence=min(0.72 + 0.02 * queue.most, 0.95),
        explanation=_queue_sentences(queue, named, known_us, closed, shared, at_anchor, around),
        evidence={
            "craft_count": len(queue.members),
            "craft_most": queue.most,
            "craft_ever": queue.ever,
            "craft": craft,
            "stays": [
                {"craft": one, "since": iso_time(since_us), "until": None if until_us is None else iso_time(until_us)}
                for one, since_us, until_us in reversed(stays)
                if one in listed
            ],
            "waits": [
                {"craft": craft_text(key & CRAFT_MASK), "since": iso_time(start_us), "lat_deg": lat, "lon_deg": lon}
                for key, start_us, lat, lon in waits
            ],
            "at_anchor": at_anchor,
            "radius_km": queue.widest_km if closed else queue.radius_km,
            "usual": None if queue.usual < 0 else queue.usual,
            "duration_h": hours,
            "port_km": around.port_km,
            "set_toward_deg": None if shared is None else shared.toward_deg,
            "set_kn": None if shared is None else shared.kn,
            "set_alike": 0 if shared is None else shared.alike,
        },
        rule=Rule("loitering", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def _sentence(
    craft: str,
    she: Particulars,
    detail: str,
    closed: bool,
    end_us: int,
    radius_km: float,
    wait: Wait,
    around: Around,
    lat: float,
    lon: float,
) -> str:
    doing = {
        "anchored": ("has lain in one spot", "lay in one spot"),
        "drifting": ("has been adrift", "was adrift"),
        "slow": ("has been moving slowly to and fro", "moved slowly to and fro"),
    }[detail][closed]
    when = period_text(wait.start_us, end_us) if closed else f"since {clock_text(wait.start_us)}"
    parts = f", in {wait.parts} parts with way made between them" if wait.parts > 1 else ""
    return (
        f"{who(craft, she)} {doing} for {duration_text((end_us - wait.start_us) / US_PER_H)}, {when}{parts}, "
        f"within {kilometres_text(radius_km)} of one place, {place_text(lat, lon, around.port_near)}, "
        "where ships do not usually wait."
    )


def _reasons(spell: spells.Spell, around: Around) -> list[str]:
    """What may explain a wait, a sentence each."""
    found = []
    rows = spell.rows
    if spell.not_commanded > 0.2 * rows:
        found.append("She reports herself not under command: a breakdown, if it is true.")
    elif spell.restricted > 0.2 * rows:
        found.append("She reports herself restricted in her ability to manoeuvre.")
    if around.helpers:
        one = len(around.helpers) == 1
        found.append(f"{' and '.join(around.helpers[:_NAMED])} {'stands' if one else 'stand'} by.")
    if around.alike >= 2:
        found.append(f"{around.alike} other craft nearby are moved the same way, by wind and stream.")
    return found


def _queue_sentences(
    queue: Queue, named: Sequence[str], known_us: int, closed: bool, shared: Set | None, at_anchor: int, around: Around
) -> str:
    where = place_text(queue.lat_deg, queue.lon_deg, around.port_near)
    radius_km = queue.widest_km if closed else queue.radius_km
    near = f"within {kilometres_text(max(radius_km, 1.0))} of one place, {where}"
    hours = duration_text((known_us - queue.start_us) / US_PER_H)
    if closed:
        return (
            f"Up to {queue.most} ships waited together {near}, {period_text(queue.start_us, known_us)} ({hours}), "
            f"{queue.ever} in all. The queue has dissolved."
        )
    text = f"{len(queue.members)} ships wait together {near}, the first since {clock_text(queue.start_us)}, for {hours} now."
    more = len(queue.members) - len(named)
    if named:
        text += f" They are {', '.join(named)}{f' and {more} more' if more > 0 else ''}."
    if shared is not None:
        text += f" {shared.alike} of them are set {compass_text(shared.toward_deg)} at {shared.kn:.1f} kn: wind and stream move them alike."
    if queue.usual >= 0:
        text += f" In the week before at most {queue.usual} lay there at once."
    if at_anchor:
        text += f" {at_anchor} of them {'lie' if at_anchor > 1 else 'lies'} still."
    if queue.most > len(queue.members):
        text += f" At most {queue.most} were there at once."
    return text
