"""What an encounter event says: evidence, confidence and the sentence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import numpy as np

from models.geodesy import from_unit_vectors
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.runs import ABREAST, Run, RunKey
from tracker.detectors.wording import (
    Landmarks,
    clock_text,
    duration_text,
    kilometres_text,
    no_landmark,
    period_text,
    where_text,
    who,
)
from tracker.events import Event, EventKind, EventState, Rule, event_id, finite
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, US_PER_MIN, Micros

REGULAR: Final = "regular"
"""Detail of a meeting such as there were before."""
_SURE_H: Final = 12.0
"""Strangers adrift do not stay together by chance: the longer, the surer (own; the winds and currents of a day part two hulls)."""
_WORK: Final = 0.1
"""Two that say they carry nothing and do not fish meet for their work, oftener than not (own: supply boats at a rig)."""
VERSION: Final = "3"


def encounter_event(
    config: EncounterConfig,
    key: RunKey,
    run: Run,
    known_us: int,
    port_km: float,
    one: Particulars,
    two: Particulars,
    state: EventState,
    near: Landmarks = no_landmark,
) -> Event:
    """One revision of the event of a judged run; ``near`` names its place."""
    closed = state is not EventState.OPEN
    a, b, manner = key
    detail = run.manner_told
    hours = (run.last_us - run.start_us) / US_PER_H
    lat, lon = from_unit_vectors(np.array(run.vector))
    filled = run.filled(int(config.slot_min * US_PER_MIN))
    carrier = one.ship_type in config.carrier_types or two.ship_type in config.carrier_types
    slot_us = config.slot_min * US_PER_MIN
    seen = min(1.0, run.instants * slot_us / (config.min_stopped_min * US_PER_MIN)) if run.bridged_us else 1.0
    moved = _moved(config, run)
    trade = (*config.carrier_types, *config.fleet_types, 0, 255)  # of who says nothing nobody knows
    idle = one.ship_type not in trade and two.ship_type not in trade
    confidence = 0.55 + 0.2 * min(filled, 1.0) * seen + 0.1 * (run.median_km <= config.near_km / 2.0) + 0.1 * carrier
    confidence = min(1.0, confidence + 0.1 * len(moved) + 0.1 * min(1.0, hours / _SURE_H) - _WORK * idle)
    craft, other = craft_text(a & CRAFT_MASK), craft_text(b & CRAFT_MASK)
    return Event(
        event_id=event_id(EventKind.ENCOUNTER, a, run.start_us, b, detail),
        revision=run.revision,
        state=state,
        kind=EventKind.ENCOUNTER,
        detail=detail,
        craft=craft,
        other_craft=other,
        start_us=Micros(run.start_us),
        end_us=Micros(run.last_us) if closed else None,
        lat_deg=float(lat),
        lon_deg=float(lon),
        cause=None,
        confidence=confidence,
        explanation=_sentence(
            config,
            (who(craft, one), who(other, two)),
            manner,
            state,
            hours,
            run,
            where_text(float(lat), float(lon), near),
        ),
        evidence={
            "duration_h": hours,
            "median_distance_m": 1000.0 * run.median_km,
            "min_distance_m": 1000.0 * run.least_km,
            "median_speed_kn": run.median_kn,
            "instants": run.instants,
            "filled": filled,
            "port_km": port_km,
            "apart_before_km": run.met_from_km if manner == ABREAST else None,
            "name": one.name or None,
            "other_name": two.name or None,
            "ship_type": one.ship_type if one.ship_type != 255 else None,
            "other_ship_type": two.ship_type if two.ship_type != 255 else None,
            "manner": "under_way" if manner == ABREAST else "stopped",
            "unseen_h": run.bridged_us / US_PER_H,
            "visits_before": run.before,
            "draught_before_m": finite(run.draughts[0], 2),
            "other_draught_before_m": finite(run.draughts[1], 2),
            "draught_m": finite(run.draughts[2], 2),
            "other_draught_m": finite(run.draughts[3], 2),
            "segment": int(segment_number(a)),
            "other_segment": int(segment_number(b)),
        },
        rule=Rule("encounter", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def _moved(config: EncounterConfig, run: Run) -> list[int]:
    """Which of the two, 0 and 1, changed its draught by enough to speak of."""
    return [n for n in (0, 1) if abs(run.draughts[n + 2] - run.draughts[n]) >= config.draught_m - 1e-3]


def _sentence(
    config: EncounterConfig,
    names: tuple[str, str],
    manner: int,
    state: EventState,
    hours: float,
    run: Run,
    where: str,
) -> str:
    one, two = names
    closed = state is not EventState.OPEN
    apart, long = kilometres_text(run.median_km), duration_text(hours)
    when = period_text(run.start_us, run.last_us) if closed else f"since {clock_text(run.start_us)}"
    if manner == ABREAST:
        verb = "sailed" if closed else "have sailed"
        text = (
            f"{one} and {two} {verb} side by side for {long}, {when}, {apart} apart at {run.median_kn:.1f} kn, {where}; "
            f"within the hour before, they were {kilometres_text(run.met_from_km)} apart."
        )
    else:
        verb = "lay" if closed else "have lain"
        text = f"{one} and {two} {verb} within {apart} of each other for {long}, {when}, almost stopped ({run.median_kn:.1f} kn), {where}."
    if run.bridged_us:
        text += f" For {duration_text(run.bridged_us / US_PER_H)} of it not both were heard; when they were again, they were still together."
    changes = [
        f"that of {names[n].partition(' (')[0]} from {run.draughts[n]:.1f} to {run.draughts[n + 2]:.1f} m"
        for n in _moved(config, run)
    ]
    if changes:
        text += f" Draughts changed, {' and '.join(changes)}: cargo may have been moved."
    if run.manner_told == REGULAR:
        times = "once" if run.before == 1 else f"{run.before} times"
        text += f" They met {times} before in the last {config.regular_d:.0f} days."
    if state is EventState.RETRACTED:
        text = f"Withdrawn: one is a buoy, a boat or a second set of the other. {text}"
    return text
