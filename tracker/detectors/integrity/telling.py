"""What the findings say: confidence, evidence and the sentence of each detail.

Confidence grows with what speaks for a lie and is capped below 1; ``invalid_identity`` stays at 0.2, below what is ever put before a person. A single aircraft with
bad quality is no finding at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

import numpy as np

from models.geodesy import distance_km_scalar
from tracker.detectors.integrity import motion
from tracker.detectors.integrity.area import Area
from tracker.detectors.integrity.config import IntegrityConfig
from tracker.detectors.integrity.displaced import CAUSES as WHY_DISPLACED
from tracker.detectors.integrity.displaced import Displaced, Repeated, centre_of
from tracker.detectors.integrity.emergency import CAUSES
from tracker.detectors.integrity.exchange import CONTINUED, JUMPED, PARTED, STATED, Exchange
from tracker.detectors.integrity.hulls import ATTRIBUTES, FLIGHT, Hulls, Settled
from tracker.detectors.integrity.ledger import PAIRS, Finding
from tracker.detectors.integrity.papers import LENGTH, Change, Papers
from tracker.detectors.integrity.ways import Way
from tracker.detectors.wording import (
    Landmarks,
    clock_text,
    duration_text,
    kilometres_text,
    period_text,
    place_text,
    who,
)
from tracker.events import Event, iso_time
from tracker.identity import CRAFT_MASK, craft_text, domain, flag_of, is_aircraft, is_factory_mmsi
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H

VERSION: Final = "3"
INFORMATION: Final = 0.2
"""Confidence of what is recorded and put before nobody."""
_LISTED: Final = 20


def thresholds(config: IntegrityConfig) -> dict[str, Any]:
    """The thresholds in force, for the rule of every event."""
    return {item.name: getattr(config, item.name) for item in fields(config)}


def shared(config: IntegrityConfig, craft: int, record: Any, papers: Papers) -> Finding:
    """Two transmitters at once."""
    count, apart_km, far_km = (float(record[k]) for k in (4, 5, 6))
    hours = float(record[2] - record[3]) / US_PER_H
    names = papers.two_names(craft)
    if hours >= config.sure_shared_h:
        confidence = 0.92
    else:
        confidence = 0.5 + 0.1 * (far_km >= 100.0) + 0.1 * (hours >= 0.25 * config.sure_shared_h)
    confidence = min(confidence + (0.2 if names else 0.0), 0.97)
    told = f" One gives the name {names[0]}, the other {names[1]}." if names else ""
    sentence = (
        f"{_who(craft, papers)} has been heard from two places {kilometres_text(far_km)} apart, in turns, for {duration_text(hours)}: "
        f"one {'address' if is_aircraft(craft) else 'MMSI'} is used at two places, by two transmitters or by one whose position is false at one of them.{told}"
    )
    evidence = {
        "duration_h": hours, "turns": int(count), "nearest_km": apart_km, "farthest_km": far_km,
        "place": _spot(record[2], record[7], record[8]), "other_place": _spot(record[11], record[9], record[10]),
        "names": list(names) if names else None,
    }  # fmt: skip
    return _finding(
        "shared_identity", craft, record[3], record[2], record[7], record[8], confidence, sentence, evidence
    )


def jumper(craft: int, record: Any, papers: Papers) -> Finding:
    """Jumps again and again."""
    count = int(record[5])
    hours = max(float(record[3] - record[11]) / US_PER_H, 1.0 / 60.0)
    confidence = min(0.4 + 0.1 * (count - 2), 0.8)
    sentence = (
        f"{_who(craft, papers)} has jumped {count} times to places {'it' if is_aircraft(craft) else 'she'} cannot have reached, last {kilometres_text(float(record[4]))} in "
        f"{duration_text(hours)}, and stayed at each."
    )
    evidence = {
        "jumps": count, "jump_km": float(record[4]), "implied_kn": float(record[4]) / hours / 1.852,
        "from": _spot(record[11], record[9], record[10]), "to": _spot(record[3], record[7], record[8]),
    }  # fmt: skip
    return _finding(
        "impossible_speed", craft, record[6], record[2], record[7], record[8], confidence, sentence, evidence
    )


def mass(subject: str, group: Sequence[Displaced], speak: bool, near: Landmarks, papers: Papers) -> Finding:
    """Several craft at one place where they are not."""
    crafts = sorted({one.craft: one for one in group}.values(), key=lambda one: (one.start_us, one.craft))
    lat, lon, radius_km = centre_of(crafts)
    start_us, last_us = min(one.start_us for one in crafts), max(one.last_us for one in crafts)
    air = sum(bool(is_aircraft(one.craft)) for one in crafts)
    what = "aircraft" if air == len(crafts) else "ships" if not air else "craft"
    away = sorted(one.km for one in crafts)
    far = kilometres_text(away[-1])
    spread = f"{kilometres_text(away[0])} to {far}" if kilometres_text(away[0]) != far else far
    turns = " in turns with their own," if sum(one.returns >= 3 for one in crafts) > len(crafts) // 2 else ""
    some = ", ".join(_who(one.craft, papers) for one in crafts[:4]) + (" and others" if len(crafts) > 4 else "")
    sentence = (
        f"{len(crafts)} {what} ({some}) gave positions within {kilometres_text(max(radius_km, 0.5))} of one place, {place_text(lat, lon, near)}, {period_text(start_us, last_us)},"
        f"{turns} {spread} from where they were: satellite navigation is jammed or falsified there, and none of them was at that place."
    )
    evidence = {
        "craft_count": len(crafts), "craft": [craft_text(one.craft) for one in crafts[:_LISTED]], "radius_km": radius_km,
        "area": {"lat_deg": lat, "lon_deg": lon, "radius_km": radius_km}, "until": iso_time(last_us), "of": what,
        "reports": sum(one.rows for one in crafts), "nearest_km": away[0], "farthest_km": away[-1],
        "from": [_spot(one.from_us, one.from_lat_deg, one.from_lon_deg) for one in crafts[:_LISTED]],
    }  # fmt: skip
    confidence = min(0.8 + 0.03 * (len(crafts) - 2), 0.97)
    found = _finding("mass_displacement", crafts[0].craft, start_us, last_us, lat, lon, confidence, sentence, evidence)
    return replace(found, subject=subject or f"place of {start_us} {craft_text(crafts[0].craft)}", speak=speak)


def displaced(one: Displaced, near: Landmarks, papers: Papers) -> Finding:
    """One craft where it is not."""
    turns = ", in turns with its own track," if one.returns >= 3 else ""
    why = WHY_DISPLACED.get(one.cause)
    doubt = f": {why}." if why else ". Its receiver is jammed or failed, or another transmitter uses its number."
    sentence = (
        f"{_who(one.craft, papers)} gave positions at {place_text(one.last_lat_deg, one.last_lon_deg, near)}{turns} "
        f"{period_text(one.start_us, one.last_us)}, {kilometres_text(one.km)} from where it was{doubt}"
    )
    evidence = {
        "jump_km": one.km, "reports": one.rows, "returns": one.returns, "until": iso_time(one.last_us),
        "from": _spot(one.from_us, one.from_lat_deg, one.from_lon_deg), "to": _spot(one.last_us, one.last_lat_deg, one.last_lon_deg),
    }  # fmt: skip
    confidence = 0.85 if why else 0.6
    return _finding(
        "displaced", one.craft, one.start_us, one.last_us, one.last_lat_deg, one.last_lon_deg, confidence, sentence, evidence, one.cause or None
    )  # fmt: skip


def repeated(source: str, crafts: Sequence[Repeated], where: tuple[float, float], speak: bool) -> Finding:
    """A feed tells old reports again."""
    start_us, last_us = min(one.start_us for one in crafts), max(one.last_us for one in crafts)
    some = ", ".join(craft_text(one.craft) for one in crafts[:3]) + (" and others" if len(crafts) > 3 else "")
    many = len({one.craft for one in crafts})
    sentence = (
        f"The feed {source} gave old reports of {many} craft ({some}) again under new times, {period_text(start_us, last_us)}: the same position, speed and "
        "course to the last digit of craft under way. They count as heard without a position."
    )
    evidence = {"craft_count": many, "craft": [craft_text(one.craft) for one in crafts[:_LISTED]], "reports": sum(one.rows for one in crafts), "until": iso_time(last_us)}  # fmt: skip
    found = _finding("repeated_reports", crafts[0].craft, start_us, last_us, *where, 0.25, sentence, evidence)
    return replace(found, craft=f"source:{source}", subject=f"source:{source}", speak=speak)


def shared_place(craft: Sequence[int], time_us: int, lat: float, lon: float) -> Finding:
    """A coordinate that is none."""
    sentence = (
        f"{len(craft)} craft give exactly the same position, {_place(lat, lon)}, to the metre: some program puts it in place of none. "
        "Reports with it count as heard without a position."
    )
    evidence = {"craft_count": len(craft), "craft": [craft_text(one) for one in craft]}
    found = _finding("shared_place", craft[-1], time_us, time_us, lat, lon, 0.25, sentence, evidence)
    return _once(_about(found, f"{lat!r} {lon!r}"))


def frozen(key: int, record: Any, papers: Papers) -> Finding:
    """Under way on the spot."""
    craft, run_km, hours = key & CRAFT_MASK, float(record[4]), float(record[2] - record[3]) / US_PER_H
    usual_km = 40.0 if is_aircraft(craft) else 5.0
    confidence = 0.6 if run_km < 4.0 * usual_km else 0.75 if run_km < 12.0 * usual_km else 0.9
    sentence = (
        f"{_who(craft, papers)} reports {float(record[6]):.1f} kn but has given the same position for {duration_text(hours)}, in which {'it' if is_aircraft(craft) else 'she'} should have "
        f"run {kilometres_text(run_km)}."
    )
    evidence = {"duration_h": hours, "run_km": run_km, "reports": int(record[5]), "speed_kn": float(record[6])}
    return _finding("frozen_position", key, record[3], record[2], record[7], record[8], confidence, sentence, evidence)


def circle(key: int, record: Any, papers: Papers) -> Finding:
    """On a ring."""
    craft, radius_km, laps, odds = key & CRAFT_MASK, float(record[4]), float(record[5]), float(record[6])
    confidence = min(0.6 + 0.1 * laps, 0.95)
    why = (
        f"runs {odds:.1f} times as fast as she says"
        if odds > 1.0
        else f"says {1.0 / odds:.1f} times the speed she runs"
    )
    sentence = (
        f"{_who(craft, papers)} has gone round a circle of {kilometres_text(radius_km)} radius {laps:.0f} times, and {why} or heads "
        "elsewhere: no ship sails so."
    )
    evidence = {"radius_km": radius_km, "laps": laps, "run_over_reported": odds}
    return _finding("circle_pattern", key, record[3], record[2], record[7], record[8], confidence, sentence, evidence)


def on_land(craft: int, move: Any, others: int, inland_km: float, papers: Papers) -> Finding:
    """Far inland by a jump."""
    hours = float(move[motion.US] - move[motion.LAND_SINCE]) / US_PER_H
    confidence = min((0.8 if others == 0 else 0.6) + (0.1 if hours >= 2.0 else 0.0), 0.9)
    sentence = (
        f"{_who(craft, papers)} jumped {kilometres_text(float(move[motion.JUMP_KM]))} from the sea and has been more than {inland_km:.0f} km from any "
        f"water for {duration_text(hours)}, at {_place(move[motion.LAT], move[motion.LON])}."
    )
    evidence = {
        "duration_h": hours, "jump_km": float(move[motion.JUMP_KM]), "others_there": others,
        "from": _spot(move[motion.JUMP_US], move[motion.JUMP_LAT], move[motion.JUMP_LON]),
    }  # fmt: skip
    start = move[motion.LAND_SINCE]
    return _finding(
        "on_land", craft, start, move[motion.US], move[motion.LAT], move[motion.LON], confidence, sentence, evidence
    )


def odd_number(craft: int, move: Any, papers: Papers) -> Finding:
    """A number nobody was given."""
    what = "an MMSI of no state and no form in use" if domain(craft) == 1 else "a 24-bit address allocated to no state"
    reason = "mmsi" if domain(craft) == 1 else "icao24"
    if is_factory_mmsi(craft):
        reason = "factory_mmsi"
        what = "a factory's MMSI, as sets do that nobody has programmed or that lost their memory: it may be several ships at once"
    sentence = f"{_who(craft, papers)} transmits {what}."
    evidence = {"reason": reason}
    found = _finding(
        "invalid_identity", craft, move[motion.SINCE_US] if np.isnan(move[motion.FIRST_US]) else move[motion.FIRST_US], move[motion.US], move[motion.LAT], move[motion.LON], INFORMATION, sentence, evidence
    )  # fmt: skip
    return _once(found)


def odd_imo(change: Change, where: Any, papers: Papers) -> Finding:
    """An IMO number with a wrong check digit."""
    lat, lon = _at(where)
    sentence = f"{_who(change.craft, papers)} transmits the IMO number {change.new}, whose check digit is wrong."
    evidence = {"reason": "imo", "imo": change.new}
    return _once(
        _finding(
            "invalid_identity", change.craft, change.first_us, change.seen_us, lat, lon, INFORMATION, sentence, evidence
        )
    )


def changed(changes: Sequence[Change], where: Any, before: Event | None) -> Finding:
    """Another name, call sign or IMO number at sea; several are told together, with those of an event still remembered."""
    lat, lon = _at(where)
    craft, first_us, seen_us = changes[0].craft, changes[0].first_us, changes[-1].seen_us
    earlier = list(before.evidence.get("changes", ())) if before is not None else []
    now = [{"attribute": c.attribute, "old": c.old, "new": c.new, "first": iso_time(c.first_us)} for c in changes]
    everything = [*earlier, *now]
    kinds = {one["attribute"] for one in everything}
    confidence = min(max(_CHANGE[kind] for kind in kinds) + 0.2 * (len(kinds) - 1), 0.9)
    told = ", ".join(f"her {_WORDS[one['attribute']]} from {one['old']} to {one['new']}" for one in everything)
    sentence = f"{craft_text(craft)} changed {told} while under way at sea."
    evidence = {"changes": everything, "speed_kn": float(where[motion.SPEED])}
    return _finding("identity_change", craft, first_us, seen_us, lat, lon, confidence, sentence, evidence)


def transferred(settled: Settled, hulls: Hulls, at_sea: bool, config: IntegrityConfig) -> Finding:
    """One hull under a new MMSI."""
    claim, here, there = settled.claim, settled.here, settled.there
    craft, before = claim.craft, claim.before
    silent_h = max(float(here[motion.SINCE_US] - there[motion.US]) / US_PER_H, 0.0)
    apart_km = float(
        distance_km_scalar(there[motion.LAT], there[motion.LON], here[motion.SINCE_LAT], here[motion.SINCE_LON])
    )
    old, new = identity_of(before, hulls), identity_of(craft, hulls)
    kept = [one for one in ATTRIBUTES if old[one] and old[one] == new[one]]
    changed_ = ["mmsi", *(one for one in ("flag", *ATTRIBUTES) if old[one] != new[one])]
    confidence = 0.95 if "imo" in kept else 0.8 if len(kept) > 1 else 0.7
    confidence -= 0.15 * sum(silent_h > hours for hours in _SILENT_H)
    if not at_sea:
        confidence = 0.25  # a ship sold or registered anew in port
    elif not max(there[motion.SPEED], here[motion.SPEED]) >= config.change_kn:
        confidence -= 0.2
    if at_sea and not hulls.fits(claim):
        confidence -= 0.3
    by = " and ".join(f"{_SAME[one]} {new[one]}" for one in kept)
    gone = ", ".join(
        f"the {_CHANGED[one]} {f'from {old[one]} to {new[one]}' if old[one] and new[one] else f'(was {old[one]})' if old[one] else f'(now {new[one]})'}"
        for one in changed_
        if one != "mmsi"
    )
    is_ = "is" if confidence >= _SURE else "is probably"
    if silent_h > _BORROWED_H:
        confidence, is_ = min(confidence, 0.3), "is perhaps"
    doubt = (
        " The ship has another flag, or another ship borrows the number of one that is gone."
        if silent_h > _BORROWED_H
        else ""
    )
    sentence = (
        f"{named(craft, hulls)} {is_} {named(before, hulls)} under another MMSI: that one was heard last on {clock_text(int(there[motion.US]))}, "
        f"this one {duration_text(silent_h)} later, {kilometres_text(apart_km)} from there, with {by}"
        f"{f'; changed: {gone}' if gone else ''}.{doubt}"
    )
    evidence = {
        "previous_craft": craft_text(before), "previous": old, "new": new, "kept": kept, "changed": changed_, "silent_h": silent_h,
        "apart_km": apart_km, "at_sea": at_sea, "previous_place": _spot(there[motion.US], there[motion.LAT], there[motion.LON]),
    }  # fmt: skip
    found = _finding(
        "identity_transfer", craft, here[motion.SINCE_US], here[motion.US], here[motion.SINCE_LAT], here[motion.SINCE_LON],
        confidence, sentence, evidence,
    )  # fmt: skip
    return replace(found, other=before, speak=True)


def both_about(settled: Settled, hulls: Hulls) -> str:
    """Why a transfer is withdrawn."""
    one, other = named(settled.claim.craft, hulls), named(settled.claim.before, hulls)
    return f"{other} is heard again beside {one}: they are two transmitters, not one ship that changed its MMSI."


def pair_of(one: int, other: int) -> str:
    """The subject of what is told of a pair."""
    return f"{craft_text(min(one, other))} {craft_text(max(one, other))}"


def exchanged(found: Exchange, before: Event | None, papers: Papers, hulls: Hulls, near: Landmarks) -> Finding:
    """Two ships that go on as each other; ``before`` is what was told of the pair already."""
    earlier = before.evidence if before is not None else {}
    hows = [*earlier.get("how", ()), *([found.how] if found.how not in earlier.get("how", ()) else [])]
    values = dict(earlier.get("exchanged", {}))
    for attribute in found.attributes:
        values[attribute] = [papers.text(craft, attribute, "_old") for craft in (found.craft, found.other)]
    sail = [how for how in hows if how != STATED]
    said = [attribute for attribute in values if attribute != LENGTH]
    confidence = max(found.confidence, before.confidence if before is not None else 0.0)
    if sail and values:
        confidence = max(confidence, 0.85)
    crossed = True if sail else found.is_hull_crossed
    one, other = named(found.craft, hulls), named(found.other, hulls)
    (first_us, lat, lon), (second_us, other_lat, other_lon) = found.places
    apart_km = float(distance_km_scalar(lat, lon, other_lat, other_lon))
    where = place_text(lat, lon, near)
    start_us = found.start_us if before is None else min(found.start_us, int(before.start_us))
    at = f"at {clock_text(start_us)}" if found.ways is None else period_text(start_us, found.seen_us)
    doubt = "" if confidence >= _SURE else "probably " if confidence >= 0.6 else "perhaps "
    what = "identities" if sail or not values else " and ".join(_EXCHANGED[key] for key in (said or values))
    if JUMPED in hows:
        why = f"since then each has been heard where the other was, {kilometres_text(apart_km)} away, and no more at its own place"
    elif CONTINUED in hows:
        why = "each turned off its way, and goes on where the other would be, on its course and at its speed"
    elif PARTED in hows:
        why = "they had come together there, and each left on the way that the other had come"
        if found.swap is not None:
            why += f"; at {clock_text(found.swap[0])} their positions, {kilometres_text(found.swap[1])} apart, changed places"
        else:
            why += "; or each turned back"
    else:
        why = f"each says now what the other had said, {kilometres_text(apart_km)} apart"
    if sail and values:
        why += f"; each says the {' and '.join(_SAID[key] for key in values)} of the other, too"
    sentence = f"{one} and {other} {doubt}exchanged {what} {at}, {where}: {why}."
    if found.ways is not None:
        (old, new), (other_old, other_new) = found.ways
        sentence += f" {_shortly(found.craft, hulls)} {_way(old, new)}, {_shortly(found.other, hulls)} {_way(other_old, other_new)}."
    evidence = {
        "how": hows, "exchanged": values, "is_hull_crossed": crossed, "apart_km": apart_km,
        "place": _spot(first_us, lat, lon), "other_place": _spot(second_us, other_lat, other_lon),
        "identity": identity_of(found.craft, hulls), "other_identity": identity_of(found.other, hulls),
        "ways": None if found.ways is None else [[asdict(way) for way in pair] for pair in found.ways],
        "swap": None if found.swap is None else {"time": iso_time(found.swap[0]), "apart_km": found.swap[1]},
    }  # fmt: skip
    if evidence["ways"] is None and earlier.get("ways") is not None:
        evidence["ways"], evidence["swap"] = earlier["ways"], earlier.get("swap")
    made = _finding(PAIRS, found.craft, start_us, found.seen_us, lat, lon, confidence, sentence, evidence)
    return replace(made, other=found.other, subject=pair_of(found.craft, found.other), speak=before is None or hows != list(earlier.get("how", ())) or values != dict(earlier.get("exchanged", {})))  # fmt: skip


def _shortly(craft: int, hulls: Hulls) -> str:
    return hulls.value(craft, "name") or craft_text(craft)


def _way(old: Way, new: Way) -> str:
    return f"came at {old.kn:.0f} kn on {round(old.course_deg) % 360:03d} degrees and left at {new.kn:.0f} kn on {round(new.course_deg) % 360:03d}"


def exchanged_back(change: Change) -> str:
    """Why an exchange is withdrawn."""
    return f"{craft_text(change.craft)} says {change.new} again: statements mixed up on the way, or an exchange taken back."


def duplicate(settled: Settled, hulls: Hulls) -> Finding:
    """One number, two hulls or airframes; the one that said it later stands for both."""
    claim, here, there = settled.claim, settled.here, settled.there
    apart_km = float(distance_km_scalar(here[motion.LAT], here[motion.LON], there[motion.LAT], there[motion.LON]))
    evidence: dict[str, Any] = {
        "apart_km": apart_km,
        "place": _spot(here[motion.US], here[motion.LAT], here[motion.LON]),
        "other_place": _spot(there[motion.US], there[motion.LAT], there[motion.LON]),
    }
    one, other = named(claim.craft, hulls), named(claim.before, hulls)
    if is_aircraft(claim.craft):
        bits = ((claim.craft ^ claim.before) & 0xFFFFFF).bit_count()
        near = bits == 1
        confidence = 0.25 if near else 0.6
        evidence |= {"attribute": FLIGHT, "bits_apart": bits}
        why = (
            "their addresses differ by one bit, so one of them may be a reception error or wrongly joined."
            if near
            else "one of them carries a call sign that is not its own, or it was typed wrongly."
        )
        sentence = (
            f"{one} and {other} fly under one flight number at the same time, {kilometres_text(apart_km)} apart: {why}"
        )
    else:
        imo, names = hulls.value(claim.craft, "imo"), [hulls.value(k, "name") for k in (claim.craft, claim.before)]
        clone = bool(names[0]) and names[0] == names[1]
        confidence = 0.85 if clone else 0.6
        evidence |= {"attribute": "imo", "imo": imo, "names": names}
        sentence = (
            f"{one} and {other} both give the IMO number {imo} at the same time, {kilometres_text(apart_km)} apart: "
            "one of them is another ship, or its number was typed wrongly."
        )
    found = _finding(
        "duplicate_identity", claim.craft, claim.first_us, here[motion.US], here[motion.LAT], here[motion.LON], confidence, sentence, evidence
    )  # fmt: skip
    return replace(found, other=claim.before)


def identity_of(craft: int, hulls: Hulls) -> dict[str, str]:
    """MMSI, flag and what a ship says of herself, as texts."""
    said = {attribute: hulls.value(craft, attribute) for attribute in ATTRIBUTES}
    return {"craft": craft_text(craft), "flag": flag_of(craft), **said}


def named(craft: int, hulls: Hulls) -> str:
    """Name and craft."""
    return who(craft_text(craft), Particulars(name=hulls.value(craft, "name")))


def many_names(craft: int, names: Sequence[str], since_us: int, seen_us: int, where: Any) -> Finding:
    """One MMSI under several names in turns."""
    lat, lon = _at(where)
    sentence = (
        f"{craft_text(craft)} goes by several names in turns ({', '.join(names)}): one MMSI is used by two ships or more, or by one that "
        "changes its name to and fro."
    )
    evidence = {"names": list(names)}
    return _finding("shared_identity", craft, since_us, seen_us, lat, lon, 0.5, sentence, evidence)


def came_back(change: Change) -> str:
    """Why a change is withdrawn."""
    return f"{craft_text(change.craft)} says {change.new} again: a mistake, or two ships under one number."


def emergency(
    craft: int, cause: str, since_us: int, last_us: int, times: int, where: Any, other: bool, papers: Papers
) -> Finding:
    """In an emergency."""
    words, confidence = CAUSES[cause]
    minutes = (last_us - since_us) / US_PER_H
    sentence = f"{_who(craft, papers)} {words}, for {duration_text(minutes)}."
    evidence = {"emergency": cause, "reports": times, "duration_h": minutes}
    found = _finding(
        "emergency",
        craft,
        since_us,
        last_us,
        where[motion.LAT],
        where[motion.LON],
        confidence,
        sentence,
        evidence,
        cause,
    )
    return Finding(**{**_as_dict(found), "speak": True}) if other else found


def degraded(
    subject: str,
    what: str,
    keys: Sequence[int],
    start_us: int,
    now_us: int,
    circle_: tuple[float, float, float],
    area: Area,
) -> Finding:
    """Many craft of an area at once; the first to be struck stands for it."""
    lat, lon, radius_km = circle_
    count, share = len(area.degraded), len(area.degraded) / len(area.there)
    subject = subject or f"area of {start_us} {craft_text(keys[0])}"
    sentence = (
        f"{count} of {len(area.there)} {what} within {kilometres_text(max(radius_km, 1.0))} of {_place(lat, lon)} have lost the accuracy of their positions "
        f"({share:.0%}; usually {area.usual_frac:.0%})."
    )
    evidence = {
        "area": {"lat_deg": lat, "lon_deg": lon, "radius_km": radius_km, "cells": len(area.cells)}, "radius_km": radius_km,
        "craft_count": len(area.there), "degraded_count": count, "share": share, "usual_share": area.usual_frac, "of": what,
        "craft": [craft_text(key) for key in keys[:_LISTED]],
    }  # fmt: skip
    confidence = min(0.65 + 0.02 * count, 0.95)
    found = _finding("degraded_navigation", keys[0], start_us, now_us, lat, lon, confidence, sentence, evidence)
    return _about(found, subject)


_CHANGE: Final = {"name": 0.6, "call_sign": 0.45, "imo": 0.7, "flag": 0.7}
"""How sure one change is; each further attribute adds to it."""
_SILENT_H: Final = (2.0, 6.0, 12.0)
"""A transfer is less sure with each: the place says less and less (ours)."""
_BORROWED_H: Final = 26.0
"""After so long a silence the place says nothing: as long as the motion of a craft is remembered."""
_SURE: Final = 0.8
_SAME: Final = {"imo": "the same IMO number", "name": "the same name", "call_sign": "the same call sign"}
_CHANGED: Final = {"flag": "flag", "imo": "IMO number", "name": "name", "call_sign": "call sign"}
_SAID: Final = {"name": "name", "call_sign": "call sign", "imo": "IMO number", LENGTH: "length"}
_EXCHANGED: Final = {"name": "names", "call_sign": "call signs", "imo": "IMO numbers", LENGTH: "lengths"}
_WORDS: Final = {"name": "name", "call_sign": "call sign", "imo": "IMO number", "flag": "flag"}


def _finding(
    detail: str, key: int, start_us: float, seen_us: float, lat: float, lon: float, confidence: float, sentence: str,
    evidence: dict[str, Any], cause: str | None = None,
) -> Finding:  # fmt: skip
    return Finding(
        detail,
        int(key),
        int(start_us),
        int(seen_us),
        float(lat),
        float(lon),
        float(confidence),
        sentence,
        evidence,
        cause,
    )


def _as_dict(found: Finding) -> dict[str, Any]:
    return {item.name: getattr(found, item.name) for item in fields(found)}


def _about(found: Finding, subject: str) -> Finding:
    return Finding(**{**_as_dict(found), "subject": subject})


def _once(found: Finding) -> Finding:
    return Finding(**{**_as_dict(found), "once": True})


def _who(craft: int, papers: Papers) -> str:
    return who(craft_text(craft), Particulars(name=papers.text(craft, "name")))


def _at(where: Any) -> tuple[float, float]:
    return (np.nan, np.nan) if where is None else (float(where[motion.LAT]), float(where[motion.LON]))


def _spot(time_us: float, lat: float, lon: float) -> dict[str, Any]:
    return {"time": iso_time(int(time_us)), "lat_deg": float(lat), "lon_deg": float(lon)}


def _place(lat: float, lon: float) -> str:
    return f"{abs(lat):.2f} {'N' if lat >= 0 else 'S'} {abs(lon):.2f} {'E' if lon >= 0 else 'W'}"
