"""Silences and outages as events: ids, evidence, sentences."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from models.geodesy import KM_PER_NM, distance_km
from models.reporting import nominal_interval_s
from tracker.detectors.silence.columns import AIRCRAFT
from tracker.detectors.silence.lost import Return, Silence, Verdict, made_good_kn
from tracker.detectors.silence.open_time import outage_within_s
from tracker.detectors.silence.outage import OutageChange
from tracker.detectors.wording import (
    Landmarks,
    clock_text,
    duration_text,
    kilometres_text,
    no_landmark,
    period_text,
    where_text,
)
from tracker.events import Event, EventKind, EventState, GapCause, Rule, event_id, finite
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.units import US_PER_H, Micros, iso_time

_WHY = {
    GapCause.SILENT_IN_COVERAGE: "{she} should have been heard",
    GapCause.LEFT_COVERAGE: "{her} way leads out of where craft are heard",
    GapCause.FEED_OUTAGE: "{her} feed fell silent with {them}",
    GapCause.IN_PORT: "{she} was in or off a port",
    GapCause.UNKNOWN: "too little is known of reception there to say why",
}


_UNKNOWN = {
    "earshot": "reception there is too uneven for a silence to mean anything",
    "edge": "a part of the ways that {she} may have gone lies where nobody is heard",
    "unheard": "nobody had been heard there before",
    "chance": "{her} own reports come too irregularly for a silence as long as this to mean anything",
    "weak": "{her} last reports came rarer than usual, or rarer than those of others there, as those of a weak transmitter that fades",
    "far_off": "whoever heard {them} last hears nobody near {her} way since, as a receiver far away after a night of wide reach",
    "alone": "too few others were heard near {her} way meanwhile to tell whether anybody could be heard there",
    "together": "others near {them} fell silent at the same time, as when a receiver is lost",
    "shared": "others near {them} fell silent at the same time, as when a receiver is lost",
    "alongside": "{she} lay beside a ship that is itself heard only now and then, as ships alongside one another at reduced power are",
    "gear": "by its name it marks fishing gear, and is switched off when that is hauled",
    "habit": "this feed loses ships by itself where they are well heard",
    "anchor": "{she} was slow in the approaches of a port and may have anchored, and a ship at anchor reports every 3 min only",
    "berth": "{she} was slow near a port, and may have gone to a berth or an anchorage there",
    "land": "the straight way to where {she} was heard again leads over land, and so do the detours that {she} had time for: which way {she} went is not known",
    "outage": "{her} feed was silent for most of the time",
    "sparse": "{she} was heard only now and then where {she} lay, as a ship at reduced power is",
}
"""What was decisive where the cause is unknown (``sea``)."""
_IN_PORT = {
    "berth": "{she} was heard again where {she} was lost, in or off a port, and lay there",
    "bound": "{her} way led into a port",
}


def _why(silence: Silence, verdict: Verdict) -> str:
    """The cause in words, the decisive reason where there is one; ``{she}``, ``{her}`` and ``{them}`` stand for the craft."""
    if verdict.reason == "stranger":
        return f"{{she}} had been heard {silence.beats} times only, too few to know how regularly {{she}} reports"
    if verdict.cause == GapCause.IN_PORT and silence.kind != AIRCRAFT:
        return _IN_PORT.get(verdict.reason, "{she} was in or off a port")
    if verdict.cause == GapCause.IN_PORT:
        return "{she} was low near an aerodrome, or landing"
    return _UNKNOWN.get(verdict.reason, _WHY[verdict.cause])


def gap_event(silence: Silence, verdict: Verdict, known_us: int, rule: Rule, near: Landmarks = no_landmark) -> Event:
    """The first revision of a gap; ``near`` names the place where the craft was heard last."""
    return _event(EventKind.GAP, silence, verdict, known_us, rule, near)


def dark_event(silence: Silence, verdict: Verdict, known_us: int, rule: Rule, near: Landmarks = no_landmark) -> Event:
    """The first revision of a dark period."""
    return _event(EventKind.DARK_PERIOD, silence, verdict, known_us, rule, near)


def recaused(event: Event, silence: Silence, verdict: Verdict, known_us: int, near: Landmarks = no_landmark) -> Event:
    """A still open event under another cause."""
    return event.revised(
        cause=str(verdict.cause), confidence=_confidence(verdict), known_us=Micros(known_us),
        explanation=_sentence(silence, verdict, known_us, near), evidence=_evidence(silence, verdict, known_us),
    )  # fmt: skip


_WITHDRAWN = {
    GapCause.IN_PORT: "she was heard again where she was lost, in or off a port, and lay there",
    GapCause.FEED_OUTAGE: "the feed that heard her last fell silent at the same time",
    GapCause.UNKNOWN: "this feed has turned out to lose craft by itself, and nothing shows that she was under way meanwhile",
}

UNSURE = 0.3
"""Confidence of a gap of unknown cause."""
WITHOUT_OUTAGE = "the feed was silent for a part of it, and what is left is no proof"
SHARED_NUMBER = "other transmitters use her number, and what was heard next under it may be another ship"
AT_REDUCED_POWER = "from then on she was heard only now and then where she lay, as a ship at reduced power is, and so this was one more pause of hers"


def sparse_gap(explanation: str) -> str:
    """What is told of a gap of a ship that turned out to be one of many."""
    told = explanation.rstrip(".").rpartition(". ")[0]
    return f"{told}. From then on {_UNKNOWN['sparse'].format_map(_SHIP)}."


def withdrawn(event: Event, known_us: int, cause: GapCause, why: str = "") -> Event:
    """A dark period explained by what was recognised later: an outage, the habit of the feed, or ``why``."""
    return event.revised(
        state=EventState.RETRACTED, cause=str(cause), confidence=0.0, known_us=Micros(known_us),
        explanation=f"Withdrawn: {why or _WITHDRAWN[cause]}. {event.explanation}",
    )  # fmt: skip


def given_up(event: Event, known_us: int) -> Event:
    """A gap or dark period of a craft that had to be forgotten."""
    return event.revised(
        state=EventState.RETRACTED, confidence=0.0, known_us=Micros(known_us),
        explanation="Withdrawn: memory was short and this craft had been heard too little, or too long ago, to be watched further. "
        + event.explanation,
    )  # fmt: skip


def closed(event: Event, silence: Silence, back: Return, known_us: int, near: Landmarks = no_landmark) -> Event:
    """The last revision: heard again, how far, how fast, and what the slack could have held."""
    outage_h = outage_within_s(silence, back.time_us) / 3600.0
    duration_h = (back.time_us - silence.since_us) / 3.6e9
    if event.kind == EventKind.DARK_PERIOD:
        duration_h -= outage_h
    moved_h = (back.pos_us - silence.pos_us) / 3.6e9
    km = float(distance_km(silence.lat_deg, silence.lon_deg, back.lat_deg, back.lon_deg))
    knots = made_good_kn(silence, back)
    reach_km = (0.0 if math.isnan(silence.speed_kn) else silence.speed_kn) * KM_PER_NM * moved_h
    evidence = {
        **event.evidence,
        "duration_h": finite(duration_h, 4),
        "distance_km": finite(km, 3),
        "implied_speed_kn": finite(knots, 2),
        "reachable_detour_km": finite(max(reach_km - km, 0.0), 2),
        "return_lat_deg": finite(back.lat_deg, 6),
        "return_lon_deg": finite(back.lon_deg, 6),
    }
    told = f"{event.craft} was silent {period_text(silence.since_us, back.time_us)}, for {duration_text(duration_h)}"
    if outage_h > 0.0:
        evidence["outage_h"] = finite(outage_h, 4)
        dark = event.kind == EventKind.DARK_PERIOD
        told += (
            f", {'and ' if dark else ''}{duration_text(outage_h)} {'more' if dark else 'of it'} while the feed was out"
        )
    told += f"{_last_heard(silence, near)}"
    if not math.isnan(km):
        told += f", and was heard again {kilometres_text(km)} on ({knots:.1f} kn)"
        told += f"; at that speed there was room for {reach_km - km:.0f} km more" if reach_km - km >= 1.0 else ""
    return event.revised(
        state=EventState.CLOSED, end_us=Micros(back.time_us), known_us=Micros(known_us), evidence=evidence,
        explanation=f"{told}. {_reason(event.explanation)}",
    )  # fmt: skip


def outage_event(change: OutageChange, name: str, known_us: int, rule: Rule) -> Event:
    """A source or station out."""
    craft = f"source:{name}" + (f"/{change.station}" if change.station else "")
    what = "gives far fewer rows than usual" if change.thin else "is silent"
    others = f", {change.heard_by_others:.0f} of which others still hear," if change.heard_by_others else ""
    return Event(
        event_id=event_id(EventKind.FEED_OUTAGE, craft, change.start_us), revision=1, state=EventState.OPEN,
        kind=EventKind.FEED_OUTAGE, detail="thin" if change.thin else "silent", craft=craft, other_craft=None,
        start_us=Micros(change.start_us), end_us=None, lat_deg=math.nan, lon_deg=math.nan, cause=None,
        confidence=1.0 - math.exp(-min(change.rows_missed, 50.0) / 10.0),
        explanation=f"{craft} {what} since {clock_text(change.start_us)}: {change.rows_missed:.0f} reports of craft then present{others} "
        "are missing. The silence of those craft is no dark period.",
        evidence={
            "craft_present_weight": finite(change.craft_present, 1),
            "missed_rows": finite(change.rows_missed, 1),
            "craft_heard_by_others": finite(change.heard_by_others, 0),
            "usual_rows_per_tick": finite(change.usual_rows_per_tick, 3),
        },
        rule=rule, known_us=Micros(known_us),
    )  # fmt: skip


def outage_over(event: Event, change: OutageChange, known_us: int) -> Event:
    """A source or station is back."""
    end_us = change.end_us if change.end_us is not None else known_us
    seconds = (end_us - change.start_us) / 1e6
    return event.revised(
        state=EventState.CLOSED, end_us=Micros(end_us), known_us=Micros(known_us),
        evidence={**event.evidence, "duration_h": finite(seconds / 3600.0, 4)},
        explanation=f"{event.explanation} It came back on {clock_text(int(end_us))}, after {duration_text(seconds / 3600.0)}.",
    )  # fmt: skip


def _event(kind: EventKind, silence: Silence, verdict: Verdict, known_us: int, rule: Rule, near: Landmarks) -> Event:
    return Event(
        event_id=event_id(kind, silence.key, silence.since_us), revision=1, state=EventState.OPEN, kind=kind,
        detail="air" if silence.kind == AIRCRAFT else "sea", craft=craft_text(silence.key & CRAFT_MASK), other_craft=None,
        start_us=Micros(silence.since_us), end_us=None, lat_deg=silence.lat_deg, lon_deg=silence.lon_deg,
        cause=str(verdict.cause), confidence=_confidence(verdict), explanation=_sentence(silence, verdict, known_us, near),
        evidence=_evidence(silence, verdict, known_us), rule=rule, known_us=Micros(known_us),
    )  # fmt: skip


def _confidence(verdict: Verdict) -> float:
    if verdict.cause == GapCause.SILENT_IN_COVERAGE and verdict.counted is None:
        return 1.0 - (verdict.p_silence if math.isnan(verdict.p_ordinary) else verdict.p_ordinary)
    if verdict.cause == GapCause.LEFT_COVERAGE and not math.isnan(verdict.uncovered_share):
        return verdict.uncovered_share
    return UNSURE if verdict.cause == GapCause.UNKNOWN else 0.8


def _evidence(silence: Silence, verdict: Verdict, known_us: int) -> dict[str, Any]:
    counted = verdict.counted
    counts = {} if counted is None else {
        "positions_before": counted.positions,
        "positions_per_day": finite(counted.per_day, 2),
        "offshore": counted.offshore,
    }  # fmt: skip
    nominal = float(nominal_interval_s(101 if silence.kind == AIRCRAFT else 1, silence.speed_kn, silence.nav_status))
    return {
        "silent_s": finite((known_us - silence.since_us) / 1e6, 1),
        "position_age_s": finite((silence.since_us - silence.pos_us) / 1e6, 1),
        "speed_kn": finite(silence.speed_kn, 2),
        "course_deg": finite(silence.course_deg, 1),
        "altitude_ft": finite(silence.altitude_ft, 0),
        "usual_interval_s": finite(silence.interval_s, 2),
        "nominal_interval_s": finite(nominal, 2),
        "longest_silence_of_late_s": finite(silence.longest_s, 1),
        "fading": finite(silence.fading, 4),
        "missed_beats": finite(verdict.missed_beats, 1),
        "reception": finite(verdict.reception, 4),
        "passages": finite(verdict.passages, 2),
        "p_silence": finite(verdict.p_silence, 8),
        **_weighed(verdict),
        "feed_habit": finite(verdict.habit, 6),
        "uncovered_share": finite(verdict.uncovered_share, 4),
        "predicted_lat_deg": finite(verdict.predicted_lat_deg, 5),
        "predicted_lon_deg": finite(verdict.predicted_lon_deg, 5),
        "airport_km" if silence.kind == AIRCRAFT else "port_km": finite(verdict.place_km, 1),
        "shared_with_others": verdict.shared,
        "heard_elsewhere": verdict.heard_elsewhere,
        "witness_count": verdict.witness_count,
        "witnesses": [
            {
                "craft": craft_text(key & CRAFT_MASK),
                "segment": int(segment_number(key)),
                "heard": iso_time(at),
                "km": finite(km, 1),
            }
            for key, at, km in verdict.witnesses
        ],
        "identity_segment": int(segment_number(silence.key)),
        **counts,
    }


def _weighed(verdict: Verdict) -> dict[str, Any]:
    """The posterior of a ship's silence with its terms, where it came so far; what was decisive against it; time in which her feed was out."""
    out: dict[str, Any] = {}
    if verdict.odds is not None:
        out["p_ordinary"] = finite(verdict.p_ordinary, 6)
        out["odds"] = {name: finite(value, 6) for name, value in asdict(verdict.odds).items()}
    if verdict.reason:
        out["reason"] = verdict.reason
    if verdict.outage_s > 0.0:
        out["outage_s"] = finite(verdict.outage_s, 1)
    return out


def _sentence(silence: Silence, verdict: Verdict, known_us: int, near: Landmarks) -> str:
    """Who has been silent since when, and where; then, in a sentence of its own, why that is told or not."""
    craft = craft_text(silence.key & CRAFT_MASK)
    hours = (known_us - silence.since_us) / US_PER_H
    told = f"{craft} has been silent since {clock_text(silence.since_us)}, for {duration_text(hours)} now"
    why = _reason_of(silence, verdict).format_map(_AIRCRAFT if silence.kind == AIRCRAFT else _SHIP)
    return f"{told}{_last_heard(silence, near)}. {why[:1].upper()}{why[1:]}."


def _last_heard(silence: Silence, near: Landmarks) -> str:
    making = "" if math.isnan(silence.speed_kn) else f", making {silence.speed_kn:.0f} kn"
    if silence.kind == AIRCRAFT and not math.isnan(silence.altitude_ft):
        making += f" at {silence.altitude_ft:.0f} ft"
    return f", last heard {where_text(silence.lat_deg, silence.lon_deg, near)}{making}"


def _reason_of(silence: Silence, verdict: Verdict) -> str:
    """Why a silence is told, or is not, as a clause with the words of ``_SHIP`` left open."""
    if verdict.heard_elsewhere:
        return "{her} identity is heard from other tracks, too"
    if verdict.cause != GapCause.SILENT_IN_COVERAGE:
        return _why(silence, verdict)
    if verdict.counted is not None:
        return (
            f"at least {verdict.counted.positions} positions of {{them}} were heard not long before, ships are heard "
            f"{verdict.counted.per_day:.0f} times a day there, and no land is near"
        )
    unit = "aircraft" if silence.kind == AIRCRAFT else "craft"
    nearest = max((km for _, _, km in verdict.witnesses), default=0.0)
    beats = max(1.0, np.floor(verdict.missed_beats * verdict.reception))
    some = "all" if verdict.witness_count == len(verdict.witnesses) else f"the nearest {len(verdict.witnesses)}"
    return (
        f"{{she}} should have been heard {beats:.0f} times here, and {verdict.witness_count} other {unit} were heard along "
        f"{{her}} way meanwhile, {some} within {kilometres_text(max(nearest, 0.1))}"
    )


_SHIP: Final = {"she": "she", "her": "her", "them": "her"}
_AIRCRAFT: Final = {"she": "it", "her": "its", "them": "it"}
"""A ship may be "she", an aircraft is "it"."""


def _reason(told: str) -> str:
    """The last sentence of an explanation: why the silence was told, or was not, when it became known."""
    return told.rstrip(".").rpartition(". ")[2] + "."
