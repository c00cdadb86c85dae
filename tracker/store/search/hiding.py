"""What somebody may not see, as marks on everything that the index knows; made once for a state of the store and a set of rules.

================  ==========================================================================================================================
a rule on         hides
================  ==========================================================================================================================
a flag            consignments that have it, by their papers or by message, and those of other manifests to which it may follow the goods
a party           consignments on which any spelling of its name stands, or its number
a craft           the craft, events that name it, consignments linked to it, and papers that name it by a number of its, or by name alone
a rule            events that it found
================  ==========================================================================================================================

A consignment that is hidden in one of its versions is hidden in all. What is known from hidden consignments alone is hidden with them: parties, containers, papers.
So nothing is left out after a limit was reached or a count was made, and leaving out costs the same whatever is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.cargo.codes import compact
from tracker.store.search.cargo_part import KINDS, NUMBER_KINDS
from tracker.store.search.index import Parts
from tracker.store.search.terms import Rows
from tracker.store.search.wording import number_of, words_in

WHATS: Final = ("flag", "party", "craft", "rule")
MOST_RULES: Final = 10_000
_NAMING: Final = """
    SELECT DISTINCT hash(manifest_id) FROM paper_versions
    WHERE list_contains($mmsi, mmsi) OR list_contains($imo, imo) OR list_contains($icao24, lower(icao24))
    OR list_contains($names, regexp_replace(upper(call_sign), '[^A-Z0-9]', '', 'g')) OR list_contains($names, regexp_replace(upper(registration), '[^A-Z0-9]', '', 'g'))
    OR (imo IS NULL AND mmsi IS NULL AND list_contains($names, regexp_replace(upper(craft_name), '[^A-Z0-9]', '', 'g')))"""
_CARRIED: Final = "SELECT DISTINCT hash(manifest_id, consignment_id) FROM cargo_link_rows WHERE list_contains(?, craft)"

Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Rules whose compartment somebody lacks: (what, value), the value in small letters with single blanks."""

    rules: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, given: Iterable[tuple[str, str]]) -> Hidden:
        """Rules as they are written."""
        return cls(frozenset((what, " ".join(value.casefold().split())) for what, value in given))

    def values(self, what: str) -> list[str]:
        """What rules of one kind name, sorted."""
        return sorted(value for kind, value in self.rules if kind == what)


@dataclass(frozen=True, slots=True)
class Mask:
    """Marks by row or number; what is beyond their end came later and is left out."""

    cargo: Marks
    """Consignments' rows that are hidden."""
    said: Marks
    """What is said of parties on some consignment that is seen."""
    parties: Marks
    """Parties of which something is seen."""
    papers: Marks
    events: Marks
    crafts: Marks
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """The rows that were marked."""


def mask_of(parts: Parts, cursor: duckdb.DuckDBPyConnection, hidden: Hidden) -> Mask:
    """All marks."""
    cargo, papers, events = parts.cargo.rows, parts.papers.rows, parts.events.rows
    crafts = np.zeros(len(parts.craft.crafts), dtype=bool)
    said = len(parts.cargo.said)
    named = _meant(parts, hidden.values("craft"))
    known = [number for craft in named if (number := parts.craft.number_of.get(craft)) is not None]
    crafts[[number for number in known if number < len(crafts)]] = True
    manifests = _naming(parts, cursor, named)
    is_hidden = np.zeros(len(cargo), dtype=bool)
    for rows in _flagged(parts, cursor, hidden.values("flag")):
        _mark(is_hidden, rows)
    for rows in list(_followed(parts, cargo, is_hidden)):
        _mark(is_hidden, rows)
    for value in hidden.values("party"):
        _mark(is_hidden, parts.cargo.rows_of_number(number_of(value)))
        if (party := parts.cargo.party_of(value)) is not None:
            _mark(is_hidden, parts.cargo.rows_of_party(party))
    things = np.concatenate([cargo.things[is_hidden], _carried(cursor, named)])
    _mark(is_hidden, cargo.of_thing.of_all(np.unique(things))[0])
    _mark(is_hidden, cargo.of_group.of_all(manifests)[0])
    is_hidden_paper = np.zeros(len(papers), dtype=bool)
    _mark(is_hidden_paper, papers.of_thing.of_all(np.concatenate([manifests, _emptied(cargo, is_hidden)]))[0])
    is_hidden_event = np.zeros(len(events), dtype=bool)
    for craft in named:
        _mark(is_hidden_event, parts.events.crafts.exact(craft))
    for value in hidden.values("rule"):
        if (rule := parts.events.rule_names.get(value)) is not None:
            is_hidden_event |= parts.events.rules[: len(events)] == rule
    _mark(is_hidden_event, events.of_thing.of_all(np.unique(events.things[is_hidden_event]))[0])
    is_said = parts.cargo.said_rows.firsts_of(~is_hidden, said)
    marked = {"cargo": cargo, "papers": papers, "events": events}
    return Mask(is_hidden, is_said, _parties(parts, is_said), is_hidden_paper, is_hidden_event, crafts, marked)


def _parties(parts: Parts, is_said: Marks) -> Marks:
    """Parties of which something is said."""
    parties = np.array(parts.cargo.party_of_said[: len(is_said)], dtype=np.int32)[is_said]
    marks = np.zeros(len(parts.cargo.keys), dtype=bool)
    marks[parties[parties >= 0]] = True
    return marks


def _meant(parts: Parts, values: list[str]) -> list[str]:
    """Craft that rules name: by id, or by a number, call sign or name that one said."""
    found: dict[str, None] = {}
    for value in values:
        found[value] = None
        if value not in parts.craft.number_of:
            bare = value.removeprefix("imo").strip(" :")
            words = words_in(bare)
            numbers = [
                parts.craft.numbers.exact(number_of(bare)),
                *(parts.craft.words.exact(word) for word in words[:1]),
            ]
            for number in np.unique(np.concatenate(numbers)).tolist():
                said = parts.craft.said(number)
                if number in numbers[0] or any(words_in(one.name) == words for one in said):
                    found[parts.craft.crafts[number]] = None
    return list(found)


def _mark(marks: Marks, rows: NDArray[Any]) -> None:
    marks[rows[rows < len(marks)]] = True


def _emptied(cargo: Rows, is_hidden: Marks) -> NDArray[np.uint64]:
    """Manifests of which nothing is left."""
    touched = np.unique(cargo.groups[is_hidden])
    rows, at = cargo.of_group.of_all(touched)
    is_known = rows < len(is_hidden)
    left = np.bincount(at[is_known][~is_hidden[rows[is_known]]], minlength=len(touched))
    return touched[left == 0]


def _flagged(parts: Parts, cursor: duckdb.DuckDBPyConnection, flags: list[str]) -> Iterable[NDArray[Any]]:
    """Rows of consignments that have one of these flags."""
    for flag in flags:
        yield parts.cargo.flags.exact(flag)
        for target in parts.flags.targets.get(flag, {}).values():
            yield _targeted(parts, cursor, target)


def _followed(parts: Parts, cargo: Rows, is_flagged: Marks) -> Iterable[NDArray[Any]]:
    """Rows to which flags follow from papers of another manifest (``tracker.cargo.flag_chains``): the same bill, its master bill, or the same container, whatever the ports and times."""
    by = parts.cargo
    for given, sought in (
        (by.by_document, by.by_document), (by.by_document, by.by_master), (by.by_master, by.by_document), (by.by_box, by.by_box),
    ):  # fmt: skip
        keys, rows = given.marked(is_flagged)
        unique, at = np.unique(keys, return_inverse=True)
        lowest, highest = np.full(len(unique), np.iinfo(np.uint64).max, np.uint64), np.zeros(len(unique), np.uint64)
        np.minimum.at(lowest, at, cargo.groups[rows])
        np.maximum.at(highest, at, cargo.groups[rows])
        found, place = sought.of_all(unique)
        found, place = found[found < len(cargo)], place[found < len(cargo)]
        manifests = cargo.groups[found]
        yield found[(manifests != lowest[place]) | (manifests != highest[place])]


def _targeted(parts: Parts, cursor: duckdb.DuckDBPyConnection, target: Mapping[str, Any]) -> NDArray[Any]:
    """Rows of what the target of a flag means, or more where it is not exact: all spellings of a party, all consignments of an id."""
    cargo = parts.cargo
    party = target.get("party")
    if isinstance(party, Mapping):
        number = None if party.get("name") is None else cargo.party_of(str(party["name"]))
        by_name = cargo.rows_of_party(number) if number is not None else np.empty(0, np.int32)
        by_id = cargo.rows_of_number(number_of(str(party["id"]))) if party.get("id") else np.empty(0, np.int32)
        return np.concatenate([by_name, by_id])
    meant = target.get("consignment") or {}
    document, consignment, manifest = (meant.get(name) for name in ("document_number", "consignment_id", "manifest_id"))
    if document is not None:
        found = cargo.numbers.exact(number_of(str(document)))
        return found[found % KINDS == NUMBER_KINDS.index("document_number")] // KINDS
    if manifest is not None:
        digest = cursor.execute("SELECT hash(?, ?)", [manifest, consignment]).fetchall()[0][0]
        return cargo.rows.of_thing.of(np.uint64(digest))
    found = cargo.numbers.exact(number_of(str(consignment)))
    return found[found % KINDS == NUMBER_KINDS.index("consignment_id")] // KINDS


def _carried(cursor: duckdb.DuckDBPyConnection, crafts: list[str]) -> NDArray[np.uint64]:
    """Consignments that are, were or may be aboard some craft."""
    found = cursor.execute(_CARRIED, [crafts]).fetchall() if crafts else []
    return np.array([digest for (digest,) in found], dtype=np.uint64)


def _naming(parts: Parts, cursor: duckdb.DuckDBPyConnection, crafts: list[str]) -> NDArray[np.uint64]:
    """Manifests that name some craft."""
    known = [number for craft in crafts if (number := parts.craft.number_of.get(craft)) is not None]
    said = [one for number in known for one in parts.craft.said(number)]
    asked = {
        "mmsi": [int(craft[5:]) for craft in crafts if craft.startswith("mmsi:") and craft[5:].isdigit()],
        "icao24": [craft.partition(":")[2] for craft in crafts if craft.startswith("icao24:")],
        "imo": sorted({one.imo for one in said if one.imo}),
        "names": sorted({compact(text) for one in said for text in (one.name, one.call_sign, one.registration)} - {""}),
    }
    found = cursor.execute(_NAMING, asked).fetchall() if crafts else []
    return np.array([digest for (digest,) in found], dtype=np.uint64)
