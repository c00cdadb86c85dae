"""What an alert says of cargo and papers: JSON objects for machines, sentences for an officer.

Names of parties appear here and in the store, never in logs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from models.geodesy import distance_km_scalar
from tracker.cargo.consignment import Consignment, DocumentType
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Cargo, Link
from tracker.cargo.loading import Status
from tracker.cargo.write import consignment_json
from tracker.detectors.wording import clock_text, date_text, day_text, duration_text, estimate_text, period_text
from tracker.events import Event, EventKind, EventState, craft_concerned
from tracker.identity import craft_text, is_aircraft
from tracker.schema import (
    JSON_CRAFT,
    JSON_ORDINAL,
    JSON_SHARE,
    JSON_TEXT,
    JSON_TEXT_OR_NULL,
    JSON_TIME_OR_NULL,
    JsonField,
    json_object,
)
from tracker.units import KM_PER_NM, US_PER_H, iso_time
from tracker.voyages.itinerary import Itinerary

_UNDER_WAY_KN = 5.0
"""Slower than this no arrival is reckoned from the speed: she is waiting, not sailing."""
_NOTED_H = 1.0
"""An arrival that much later than declared is told with its reason."""
_NAMED_FLAGGED = 3
_NAMED_PARTS = 8
"""So many flagged consignments are told in words; all are in the list."""


_time_text = lru_cache(maxsize=4096)(iso_time)
"""The consignments of one way have the same times."""


def consignment_entry(link: Link) -> dict[str, Any]:
    """One consignment aboard, whole, with the reason it is believed aboard."""
    arrival_us = link.expected_arrival_us
    item = link.consignment
    return {
        "craft": craft_text(link.craft),
        "manifest_id": link.manifest.manifest_id,
        "manifest_version": link.manifest.version,
        **consignment_json(item),
        "loading_name": item.loading.name,
        "discharge_name": item.discharge.name,
        "expected_arrival": None if arrival_us is None else _time_text(arrival_us),
        "severity": item.severity,
        "status": str(link.status),
        **({"is_incomplete": True} if link.manifest.is_incomplete else {}),
        "link": {
            "reason": link.reason,
            "confidence": link.confidence,
            "from": _time_text(link.from_us) if link.from_us > 0 else None,
            "until": None if link.until_us is None else _time_text(link.until_us),
        },
    }


CONSIGNMENT_FIELDS: Final = (
    JsonField("craft", JSON_CRAFT, "The craft it is aboard."),
    JsonField("manifest_id", JSON_TEXT, "Its manifest."),
    JsonField("manifest_version", JSON_ORDINAL, "Version of the manifest."),
    JsonField("loading_name", JSON_TEXT, "Name of the place of loading."),
    JsonField("discharge_name", JSON_TEXT, "Name of the place of discharge."),
    JsonField("expected_arrival", JSON_TIME_OR_NULL, "Declared arrival at the place of discharge."),
    JsonField("severity", JSON_SHARE, "Severity of the gravest flag, 0 where there is none."),
    JsonField(
        "status",
        {"type": "string", "enum": [str(Status.LOADED), str(Status.POSSIBLE)]},
        "loaded: its loading was seen, or its declared departure is past and nobody knows better; possible: aboard or not.",
    ),
    JsonField(
        "is_incomplete",
        {"const": True},
        "True where its manifest stands on a document that was not whole: more may be aboard. Left out where none is known to be so.",
        required=False,
    ),
    JsonField(
        "link",
        json_object(
            (
                JsonField("reason", JSON_TEXT, "How the craft was recognised and the leg found."),
                JsonField("confidence", JSON_SHARE, "0 to 1."),
                JsonField("from", JSON_TIME_OR_NULL, "Aboard from; null where the papers give no time."),
                JsonField("until", JSON_TIME_OR_NULL, "Aboard until; null where nothing bounds it."),
            ),
            "",
        ),
        "Why it is believed aboard.",
    ),
)
"""What :func:`consignment_entry` adds to the fields of the papers (``tracker.cargo.fields``)."""


def itinerary_entry(itinerary: Itinerary | None, craft: int, linker: CargoLinker, event: Event) -> dict[str, Any]:
    """The declared itinerary with what was seen of each call; empty where none is known.

    ``next_location`` is the call that a diversion broke, else the first after the last call seen, else the first still to come.
    """
    known_us = int(event.known_us)
    if itinerary is None:
        return {}
    nodes, seen_until = [], -1
    for i, node in enumerate(itinerary.nodes):
        seen = linker.call_at(craft, node, known_us)
        if seen is not None:
            seen_until = i
        left_us = seen[1] if seen else None
        nodes.append(
            {
                "location": node.location,
                "name": node.name,
                "arrive": None if node.arrive_us is None else iso_time(node.arrive_us),
                "depart": None if node.depart_us is None else iso_time(node.depart_us),
                "seen_arrive": None if seen is None else iso_time(seen[0]),
                "seen_depart": None if left_us is None else iso_time(left_us),
            }
        )
    ahead = [
        n
        for i, n in enumerate(itinerary.nodes)
        if i > seen_until and (seen_until >= 0 or _is_ahead(n.arrive_us, known_us))
    ]
    return {
        "itinerary_id": itinerary.itinerary_id,
        "version": itinerary.version,
        "craft": craft_text(craft),
        "voyage_number": itinerary.conveyance.voyage_number or itinerary.conveyance.flight,
        "nodes": nodes,
        "next_location": event.evidence.get("bound_for") or (ahead[0].location if ahead else None),
    }


_CALL: Final = json_object(
    (
        JsonField("location", JSON_TEXT, "Code."),
        JsonField("name", JSON_TEXT, "Name."),
        JsonField("arrive", JSON_TIME_OR_NULL, "Declared arrival."),
        JsonField("depart", JSON_TIME_OR_NULL, "Declared departure."),
        JsonField("seen_arrive", JSON_TIME_OR_NULL, "Arrival as observed."),
        JsonField("seen_depart", JSON_TIME_OR_NULL, "Departure as observed."),
    ),
    "One declared call.",
)
ITINERARY_FIELDS: Final = (
    JsonField("itinerary_id", JSON_TEXT, "Its id.", required=False),
    JsonField("version", JSON_ORDINAL, "Its version.", required=False),
    JsonField("craft", JSON_CRAFT, "The craft.", required=False),
    JsonField("voyage_number", JSON_TEXT_OR_NULL, "Voyage or flight number.", required=False),
    JsonField("nodes", {"type": "array", "items": _CALL}, "Calls in order.", required=False),
    JsonField(
        "next_location", JSON_TEXT_OR_NULL, "The call still to come, or the one a diversion broke.", required=False
    ),
)
"""What :func:`itinerary_entry` gives; nothing of it where no itinerary is known."""


def lead_time_h(event: Event, cargo: Cargo) -> float | None:
    """Hours from when the event was known until flagged cargo (or, where none is flagged, any) should arrive.

    The declared arrival; or later, where the evidence has a speed under way and the distance left from where the event began takes
    longer. None where nothing is known, and once the hour has passed.
    """
    leads = (_lead_h(event, link) for link in cargo.flagged_ways or cargo.ways)
    return min((lead for lead in leads if lead is not None), default=None)


def _lead_h(event: Event, link: Link) -> float | None:
    """Hours left of one consignment, as in :func:`lead_time_h`."""
    arrivals = (link.expected_arrival_us, _run_arrival_us(event, link))
    last_us = max((instant for instant in arrivals if instant is not None), default=None)
    return None if last_us is None or last_us < event.known_us else (last_us - event.known_us) / US_PER_H


def explain(
    event: Event,
    cargo: Cargo,
    possible: Cargo,
    lead_h: float | None,
    part_of: str | None = None,
    order: str | None = None,
    parts: Sequence[Event] = (),
) -> str:
    """What happened, why it matters, what can still be done. ``cargo`` is loaded, ``possible`` may be aboard or not; ``part_of`` is the alert that tells it instead, ``order`` that to track a craft of it,
    ``parts`` are the encounters that it tells of as well."""
    sentences = [_subject(event, [*cargo.ways, *possible.ways]) + _sentence(event.explanation)]
    for part in parts[:_NAMED_PARTS]:
        short, changed = _part(part)
        sentences += [
            f"The same story: {short}",
            *([changed] if changed and not any(changed[:-1] in said for said in sentences) else []),
        ]
    if len(parts) > _NAMED_PARTS:
        sentences.append(f"{len(parts) - _NAMED_PARTS} more encounters belong to it.")
    if order is not None:
        sentences.append(_sentence(f"It is told because the craft is tracked. {order}"))
    if part_of is not None:
        if event.kind is EventKind.ENCOUNTER:
            why = "one of the two met others here"
        else:
            why = "she waits in company" if "told_by" in event.evidence else "she waits where she meets another ship"
        return " ".join([f"Part of alert {part_of}: {why}.", *sentences])
    if event.state is EventState.RETRACTED:
        is_said = event.explanation.startswith("Withdrawn")
        return " ".join([*([] if is_said else ["Withdrawn: later data does not bear this out."]), *sentences])
    if event.kind is EventKind.FEED_OUTAGE:
        return " ".join(
            [*sentences, "Until it is back, silence of craft it hears says nothing; check the receiver or feed."]
        )
    loaded = {standing.leg.key for standing in cargo.standings}
    elsewhere = Cargo(standing for standing in possible.standings if standing.leg.key in loaded)
    doubtful = _possible(Cargo(standing for standing in possible.standings if standing.leg.key not in loaded))
    if not cargo:
        return " ".join([*sentences, "No cargo is known aboard.", *doubtful])
    count, risky = cargo.consignments, _by_consignment([*cargo.flagged, *elsewhere.flagged])
    sentences.append(
        f"{count} consignment{'s are' if count > 1 else ' is'} known aboard, {len(risky) or 'none'} flagged."
    )
    many = len(craft_concerned(event)) > 2
    sentences += [
        (f"Aboard {_paper_name(links[0])}: " if many and len(links) == 1 else "") + _flagged(links[0]) + _either(links)
        for links in risky[:_NAMED_FLAGGED]
    ]
    if len(risky) > _NAMED_FLAGGED:
        sentences.append(f"{len(risky) - _NAMED_FLAGGED} more flagged consignments are listed.")
    sentences.append(_what_is_left(event, cargo.flagged_ways or cargo.ways, lead_h, many))
    sentences += doubtful
    return " ".join(sentences)


def _part(part: Event) -> tuple[str, str]:
    """One more encounter of a story in short: who, how long and when; and the draughts that changed. Its place is that of the story."""
    if part.detail == "one_sided" or part.other_craft is None:
        return _sentence(part.explanation), ""
    crafts = ((part.craft, part.evidence.get("name")), (part.other_craft, part.evidence.get("other_name")))
    one, two = (f"{name} ({craft})" if name else craft for craft, name in crafts)
    hours = part.evidence.get("duration_h", ((part.end_us or part.known_us) - part.start_us) / US_PER_H)
    were, when = ("have been", f"since {clock_text(part.start_us)}")
    if part.end_us is not None:
        were, when = "were", period_text(part.start_us, part.end_us)
    draughts = re.search(r" Draughts changed, .*? m: ", part.explanation)
    changed = f"{draughts.group().strip()[:-1]}." if draughts else ""
    return f"{one} and {two} {were} together for {duration_text(hours)}, {when}.", changed


def _possible(possible: Cargo) -> list[str]:
    """What may be aboard, or not, in a sentence for each reason; the flagged ones are named."""
    sentences = []
    reasons: dict[str, list[Link]] = {}
    for link in possible.ways:
        reasons.setdefault(link.reason, []).append(link)
    for reason, ways in list(reasons.items())[:_NAMED_FLAGGED]:
        legs = {link.standing.leg.key: link.standing for link in ways}
        count = sum(len(standing.leg.items) for standing in legs.values())
        sentences.append(
            f"{count} more may be aboard, or not ({reason}); {'they are' if count > 1 else 'it is'} not counted."
        )
        flagged = [link for standing in legs.values() for link in standing.flagged()]
        sentences += [f"Among them: {_flagged(link)}" for link in flagged[:1]]
    return sentences


def _by_consignment(links: Sequence[Link]) -> list[list[Link]]:
    """Links of each consignment, surest first: of craft that share an identity both may have it."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        groups.setdefault((link.manifest.manifest_id, link.consignment.consignment_id), []).append(link)
    return [sorted(group, key=lambda link: (-link.confidence, link.craft)) for group in groups.values()]


def _either(links: Sequence[Link]) -> str:
    """Aboard which of several craft a consignment may be."""
    if len(links) < 2:
        return ""
    return f" It is aboard {' or '.join(f'{craft_text(link.craft)} ({link.confidence:.0%})' for link in links)}."


def _subject(event: Event, links: Sequence[Link]) -> str:
    """Names on the papers, before an explanation that knows only radio identities."""
    names: dict[str, str] = {}
    for link in links:
        papers = link.manifest.conveyance
        name = papers.name or papers.flight or papers.registration
        if name:
            names.setdefault(craft_text(link.craft), name)
    told = [
        f"{craft} is {names[craft]} on the papers"
        for craft in (event.craft, event.other_craft)
        if craft in names and names[craft].upper() not in event.explanation.upper()
    ]
    return f"{'; '.join(told)}. " if told else ""


def _flagged(link: Link) -> str:
    """One flagged consignment in a sentence or two."""
    item = link.consignment
    flag = max(item.flags, key=lambda f: f.severity)
    why = f": {flag.reason}" if flag.reason else ""
    by = f", by {flag.by}" if flag.by else ""
    return f"{_goods(item)} is flagged {flag.flag} (severity {flag.severity:g}{by}){_sentence(why)}"


def _goods(item: Consignment) -> str:
    document = "Bill of lading" if item.document_type is DocumentType.BILL_OF_LADING else "Air waybill"
    parts = [f"{document} {item.document_number}"]
    if item.goods:
        first = item.goods[0]
        described = " ".join(filter(None, (f"HS {first.hs_code}" if first.hs_code else "", first.description)))
        if described:
            parts.append(described)
    if item.equipment:
        more = f" and {len(item.equipment) - 1} more" if len(item.equipment) > 1 else ""
        parts.append(
            f"container {item.equipment[0].equipment_id}{more}"
            if item.equipment[0].equipment_id[3:4] in ("U", "J", "Z")
            else f"unit {item.equipment[0].equipment_id}{more}"
        )
    if item.consignee:
        where = f" ({item.consignee.country})" if item.consignee.country else ""
        parts.append(f"for {item.consignee.name}{where}")
    return ", ".join(parts) + ","


def _paper_name(link: Link) -> str:
    """The craft of a consignment as the papers call it, with its identity."""
    papers = link.manifest.conveyance
    name = papers.name or papers.flight or papers.registration
    return f"{name} ({craft_text(link.craft)})" if name else craft_text(link.craft)


def _pronoun(link: Link, named: bool) -> str:
    """The craft as the subject of a sentence, by its name where there are several."""
    return _paper_name(link) if named else "It" if is_aircraft(link.craft) else "She"


def _what_is_left(event: Event, links: Sequence[Link], lead_h: float | None, named: bool) -> str:
    link = min(links, key=lambda some: (some.expected_arrival_us is None, some.expected_arrival_us or 0))
    place = f"{link.consignment.discharge.name} ({link.consignment.discharge.code})"
    arrival_us = link.expected_arrival_us
    pronoun = _pronoun(link, named)
    if link.arrived_us is not None:
        return f"{pronoun} arrived at {place} on {date_text(link.arrived_us)}; the cargo is being landed there."
    if arrival_us is None:
        return f"No arrival is declared; discharge is at {place}."
    if lead_h is not None:  # of several, the one whose hours they are
        link = min(links, key=lambda some: abs((_lead_h(event, some) or 0.0) - lead_h))
        place = f"{link.consignment.discharge.name} ({link.consignment.discharge.code})"
        arrival_us = link.expected_arrival_us or arrival_us
        pronoun = _pronoun(link, named)
    said = link.standing.leg.declared.arrives_said
    declared = date_text(arrival_us) if said is None or "T" in said else day_text(said)
    if lead_h is None:
        return f"{pronoun} was expected at {place} on {declared}, which has passed; watch where the cargo is landed."
    if lead_h > (arrival_us - event.known_us) / US_PER_H + _NOTED_H:
        return (
            f"{pronoun} is declared at {place} for {declared}, but the way left takes longer at the speed seen: "
            f"{estimate_text(lead_h)} are left to prepare an inspection there."
        )
    return f"{pronoun} is expected at {place} on {declared}: {estimate_text(lead_h)} are left to prepare an inspection there."


def _sentence(text: str) -> str:
    text = text.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _is_ahead(instant_us: int | None, known_us: int) -> bool:
    return instant_us is not None and instant_us > known_us


def _run_arrival_us(event: Event, link: Link) -> int | None:
    """When she would arrive from where the event began: the distance to go of the evidence, else the great circle, at its speed."""
    speed_kn = event.evidence.get("speed_kn")
    if craft_text(link.craft) != event.craft or not isinstance(speed_kn, (int, float)) or not speed_kn >= _UNDER_WAY_KN:
        return None
    distance = event.evidence.get("distance_to_go_km")
    if not isinstance(distance, (int, float)):
        end = link.consignment.discharge
        distance = distance_km_scalar(event.lat_deg, event.lon_deg, end.lat_deg, end.lon_deg)
    if not math.isfinite(distance):
        return None
    return int(event.start_us + distance / KM_PER_NM / speed_kn * US_PER_H)
