"""What may be seen: compartments on alerts and consignments, and an alert without what a caller may not see. Pure.

A rule of a compartment names a flag, a party, a craft or a rule of detection. One on a craft or a rule hides the whole alert from whoever lacks the compartment;
one on a flag or a party hides the consignments that have it, and every word and number of the alert that speaks of them. Nothing that is left may tell that
something is missing: not a count, not a priority, not a sentence, not a version number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tracker.room.desk.states import BANDS

_BAND_FROM: Final = {"critical": 75, "high": 50, "medium": 25, "low": 0}
"""docs/alerts.md: low below 25, medium below 50, high below 75, critical from there."""
_CRAFT: Final = re.compile(r"[a-z][a-z0-9]*:[a-z0-9]+")
"""Ids of craft in a sentence, in small letters (docs/topics.md)."""
_OF_CARGO: Final = frozenset({"flags", "further_flags", "cargo_unflagged", "lead_time", "unlinked", "limits"})
"""Terms of a priority that speak of cargo."""


class What(StrEnum):
    """What a rule of a compartment names."""

    FLAG = "flag"
    PARTY = "party"
    CRAFT = "craft"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class CompartmentRule:
    """One rule: things of this name belong to this compartment."""

    compartment: str
    what: What
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Which compartments an alert asks for: all of ``whole`` to see it at all, and by place in the list those of single consignments."""

    whole: tuple[str, ...] = ()
    consignments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key of a consignment (:func:`key_of`) -> compartments."""

    @property
    def every(self) -> tuple[str, ...]:
        """All compartments that anything of it asks for."""
        return tuple(sorted({*self.whole, *(name for names in self.consignments.values() for name in names)}))

    def hides_all(self, compartments: frozenset[str]) -> bool:
        """Whether somebody with these compartments may not know of it."""
        return not compartments.issuperset(self.whole)

    def hides_some(self, compartments: frozenset[str]) -> bool:
        """Whether somebody with these compartments sees it without some consignments."""
        return any(not compartments.issuperset(names) for names in self.consignments.values())

    def joined(self, other: Needs) -> Needs:
        """What both ask for: an earlier revision may have had goods that a later one has not, and its words speak of them."""
        keys = {**self.consignments, **other.consignments}
        return Needs(
            whole=tuple(sorted({*self.whole, *other.whole})),
            consignments={
                key: tuple(sorted({*self.consignments.get(key, ()), *other.consignments.get(key, ())})) for key in keys
            },
        )

    def to_json(self) -> dict[str, Any]:
        """For the store."""
        return {
            "whole": list(self.whole),
            "consignments": {key: list(names) for key, names in self.consignments.items()},
        }

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> Needs:
        """What ``to_json`` wrote."""
        return cls(
            whole=tuple(read["whole"]), consignments={key: tuple(names) for key, names in read["consignments"].items()}
        )


def key_of(consignment: Mapping[str, Any]) -> str:
    """Names a consignment within an alert."""
    return "|".join(
        str(consignment.get(name, "")) for name in ("craft", "manifest_id", "consignment_id", "document_number")
    )


def plain(text: str) -> str:
    """Names are compared without regard to case and spaces."""
    return " ".join(text.casefold().split())


def needs_of(data: Mapping[str, Any], rules: Iterable[CompartmentRule]) -> Needs:
    """Which compartments the data of an alert ask for."""
    by_what: dict[What, dict[str, set[str]]] = {what: {} for what in What}
    for rule in rules:
        by_what[rule.what].setdefault(plain(rule.value), set()).add(rule.compartment)
    event = data["event"]
    whole: set[str] = set()
    if by_what[What.CRAFT]:
        for craft in _crafts_of(data):
            whole |= by_what[What.CRAFT].get(craft, set())
    whole |= by_what[What.RULE].get(plain(str(event["rule"]["name"])), set())
    consignments: dict[str, tuple[str, ...]] = {}
    if by_what[What.FLAG] or by_what[What.PARTY]:
        for consignment in (*data.get("consignments", ()), *data.get("possible_consignments", ())):
            names: set[str] = set()
            for flag in consignment.get("flags", ()):
                names |= by_what[What.FLAG].get(plain(str(flag.get("flag", ""))), set())
            for role in ("consignor", "consignee", "notify"):
                party = consignment.get(role) or {}
                for value in (party.get("name"), party.get("id")):
                    names |= by_what[What.PARTY].get(plain(str(value)), set()) if value else set()
            if names:
                consignments[key_of(consignment)] = tuple(sorted(names))
    return Needs(whole=tuple(sorted(whole)), consignments=consignments)


def _crafts_of(data: Mapping[str, Any]) -> set[str]:
    """Everything an alert says that may be the id of a craft: those of the event, and whatever its evidence and its sentences name besides (others of the same story)."""
    event = data["event"]
    found = {plain(str(event["craft"])), plain(str(event.get("other_craft") or ""))}
    left: list[Any] = [event.get("evidence"), event.get("explanation"), data.get("explanation")]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            left += value
        elif isinstance(value, str):
            found.add(plain(value))
            found.update(_CRAFT.findall(value.casefold()))
    return found


def redacted(data: Mapping[str, Any], needs: Needs, compartments: frozenset[str]) -> Mapping[str, Any]:
    """The data of an alert as somebody with these compartments may see them; the same object where nothing is hidden.

    Where consignments are hidden the priority is that of the event with what is left: terms of cargo are dropped, the words are the event's own, and the lead time, which is
    that of flagged goods, is unknown. Flagged consignments that are left put it before nobody in a way that tells of others: their flags stay on them.
    """
    if not needs.hides_some(compartments):
        return data

    def seen(consignments: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [item for item in consignments if compartments.issuperset(needs.consignments.get(key_of(item), ()))]

    aboard, possible = seen(data.get("consignments", ())), seen(data.get("possible_consignments", ()))
    terms = [term for term in data.get("priority_terms", ()) if term["name"] not in _OF_CARGO]
    priority = min(max(sum(term["points"] for term in terms), 0), 100)
    event = data["event"]
    evidence = {name: value for name, value in (event.get("evidence") or {}).items() if name != "known"}
    return {
        **data,
        "revision": 0,  # numbers and instants of revisions would tell of those that are not seen: whoever shows this gives its own
        "event": {**event, "revision": 0, "evidence": evidence},
        "consignments": aboard,
        "consignments_aboard": len(aboard),
        "possible_consignments": possible,
        "consignments_possible": len(possible),
        "link": "linked" if aboard else "unlinked",
        "priority": priority,
        "priority_band": band_of(priority),
        "priority_terms": terms,
        "lead_time_h": None,
        "itinerary": {},  # declared on papers, and it does not say on which
        "explanation": event.get("explanation", ""),
    }


def without_story(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of an alert for who may not know of the alert that tells it instead; the explanation names that one, so the event's own stands in its place."""
    return {**data, "part_of": None, "explanation": data["event"].get("explanation", "")}


def band_of(priority: int) -> str:
    """The priority in one word."""
    band = next(band for band, lowest in _BAND_FROM.items() if priority >= lowest)
    assert band in BANDS
    return band
