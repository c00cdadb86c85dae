"""What an encounter event says: evidence, confidence and the sentence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import numpy as np

from models.geodesy import from_unit_vectors
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.runs import ABREAST, Run, RunKey
from tracker.detectors.wording import duration_text, kilometres_text, who
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, US_PER_MIN, Micros

VERSION: Final = "1"


def encounter_event(
    config: EncounterConfig,
    key: RunKey,
    run: Run,
    known_us: int,
    port_km: float,
    one: Particulars,
    two: Particulars,
    state: EventState,
) -> Event:
    """One revision of the event of a judged run."""
    closed = state is EventState.CLOSED
    a, b, manner = key
    detail = "under_way" if manner == ABREAST else "stopped"
    hours = (run.last_us - run.start_us) / US_PER_H
    lat, lon = from_unit_vectors(np.array(run.vector))
    filled = run.filled(int(config.slot_min * US_PER_MIN))
    carrier = one.ship_type in config.carrier_types or two.ship_type in config.carrier_types
    confidence = 0.55 + 0.2 * min(filled, 1.0) + 0.1 * (run.median_km <= config.near_km / 2.0) + 0.1 * carrier
    craft, other = craft_text(a & CRAFT_MASK), craft_text(b & CRAFT_MASK)
    return Event(
        event_id=event_id(EventKind.ENCOUNTER, a, run.start_us, b, detail),
        revision=2 if closed else 1,
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
        explanation=_sentence(who(craft, one), who(other, two), detail, closed, hours, run, port_km),
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
            "segment": int(segment_number(a)),
            "other_segment": int(segment_number(b)),
        },
        rule=Rule("encounter", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def _sentence(one: str, two: str, detail: str, closed: bool, hours: float, run: Run, port_km: float) -> str:
    apart, long = kilometres_text(run.median_km), duration_text(hours)
    where = f"{kilometres_text(port_km)} from the nearest port"
    if detail == "under_way":
        verb = "sailed" if closed else "have sailed"
        return (
            f"{one} and {two} {verb} side by side for {long}, {apart} apart at {run.median_kn:.1f} kn, {where}; "
            f"within the hour before they were {kilometres_text(run.met_from_km)} apart."
        )
    verb = "lay" if closed else "have lain"
    return f"{one} and {two} {verb} within {apart} of each other for {long}, almost stopped ({run.median_kn:.1f} kn), {where}."
