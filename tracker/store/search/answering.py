"""A question put to the index: typed hits, the best first, at most so many of each type.

::

    {"read_as": [{"form": "container", "sentence": "read as a container number; its check digit is right"}],
     "types": {"craft": {"hits": [{"type": "craft", "id": "mmsi:219001234", "rank": 1, ...}], "more": false}, ...}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.store.search import choosing, showing
from tracker.store.search.cargo_part import KINDS, NUMBER_KINDS
from tracker.store.search.hiding import Hidden, Mask
from tracker.store.search.index import Parts
from tracker.store.search.other_parts import PAPER_KINDS, PAPER_NUMBERS
from tracker.store.search.places import find_places
from tracker.store.search.reading import Asked
from tracker.store.search.terms import Rows
from tracker.store.search.wording import name_words

TYPES: Final = ("craft", "consignments", "containers", "parties", "papers", "places", "events", "alerts")
DEFAULT_LIMIT: Final = 20
MOST_LIMIT: Final = 100
_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Search:
    """One question and what it is put to."""

    parts: Parts
    mask: Mask
    cursor: duckdb.DuckDBPyConnection
    asked: Asked
    limit: int
    hidden: Hidden


def answer(search: Search, types: Sequence[str] = TYPES) -> dict[str, Any]:
    """Hits of some types."""
    found = {name: _FIND[name](search) for name in TYPES if name in types}
    return {
        "read_as": [{"form": one.form, "sentence": one.sentence} for one in search.asked.readings],
        "types": {
            name: {"hits": hits[: search.limit], "more": len(hits) > search.limit} for name, hits in found.items()
        },
    }


def _craft(search: Search) -> list[dict[str, Any]]:
    part, asked = search.parts.craft, search.asked
    candidates = _in_rank(choosing.by_number(part.numbers, asked.number), choosing.by_words(part.words, asked.words))
    chosen = choosing.first_of(candidates, search.limit + 1, _not_marked(search.mask.crafts), _itself)
    return [showing.craft(search.parts, number, rank) for rank, _, number in chosen]


def _consignments(search: Search) -> list[dict[str, Any]]:
    rows, part = search.mask.rows["cargo"], search.parts.cargo
    kind_of: dict[int, int] = {}

    def is_seen(numbers: NDArray[Any]) -> NDArray[np.bool_]:
        return _not_marked(search.mask.cargo)(numbers // KINDS)

    def thing(numbers: NDArray[Any]) -> NDArray[Any]:
        things = rows.things[numbers // KINDS]
        for one, number in zip(things.tolist(), numbers.tolist(), strict=True):
            kind_of.setdefault(one, number % KINDS)
        return things

    candidates = choosing.by_number(part.numbers, search.asked.number)
    chosen = choosing.first_of(candidates, search.limit + 1, is_seen, thing)
    shown = showing.consignments(search.cursor, rows, [one for _, one, _ in chosen])
    return [
        {
            **shown[one],
            "rank": rank,
            "by": NUMBER_KINDS[kind_of[one]],
            "alert_ids": showing.alerts_of_cargo(search.parts, one),
        }
        for rank, one, _ in chosen
        if one in shown
    ]


def _containers(search: Search) -> list[dict[str, Any]]:
    part, asked, mask = search.parts.cargo, search.asked, search.mask
    if len(asked.number) < choosing.LEAST_NUMBER:
        return []
    found: dict[str, int] = {}
    for prefix in (asked.number, *asked.also):
        for terms, rows in part.containers.terms_under(prefix):
            seen = terms.filter(pa.array(_not_marked(mask.cargo)(rows)))
            for begin in range(0, len(seen), _CHUNK):
                for term in pc.unique(seen[begin : begin + _CHUNK]).to_pylist():
                    found.setdefault(term, choosing.EXACT if term == asked.number else choosing.BEGINNING)
                if len(found) > search.limit:
                    break
        for terms, _ in part.told_containers.terms_under(prefix):
            for term in pc.unique(terms).to_pylist():
                # one that stands on papers is known from them, and only from those that are seen
                if term not in found and not len(part.containers.exact(term)):
                    found[term] = choosing.EXACT if term == asked.number else choosing.BEGINNING
                if len(found) > 2 * search.limit + 1:
                    break
    best = sorted(found.items(), key=lambda item: (item[1], item[0]))[: search.limit + 1]
    return showing.containers(search.cursor, search.parts, mask, best)


def _parties(search: Search) -> list[dict[str, Any]]:
    part, asked, mask = search.parts.cargo, search.asked, search.mask
    by_id = showing.parties_of_number(search.parts, mask, asked.number)
    words = name_words(asked.words)
    candidates = _in_rank(
        [(choosing.EXACT, np.array(by_id, dtype=np.int32))], choosing.by_words(part.party_words, words)
    )

    def is_seen(numbers: NDArray[Any]) -> NDArray[np.bool_]:
        seen = np.zeros(len(numbers), dtype=bool)
        is_known = numbers < len(mask.parties)
        seen[is_known] = mask.parties[numbers[is_known]]
        return seen

    chosen = choosing.first_of(candidates, search.limit + 1, is_seen, _itself)
    return showing.parties(search.parts, mask, [(number, rank) for rank, _, number in chosen])


def _papers(search: Search) -> list[dict[str, Any]]:
    rows, part, asked = search.mask.rows["papers"], search.parts.papers, search.asked
    kind_of: dict[int, str] = {}
    numbered = [
        (rank, found // PAPER_KINDS, found % PAPER_KINDS)
        for rank, found in choosing.by_number(part.numbers, asked.number)
    ]
    worded = [(rank, found, None) for rank, found in choosing.by_words(part.words, asked.words)]
    chosen: dict[int, tuple[int, int, int]] = {}
    for rank, found, kinds in sorted([*numbered, *worded], key=lambda one: one[0]):
        for one in choosing.first_of(
            [(rank, found)], search.limit + 1, _not_marked(search.mask.papers), lambda numbers: rows.things[numbers]
        ):
            if one[1] not in chosen:
                chosen[one[1]] = one
                kind_of[one[1]] = "craft_name" if kinds is None else PAPER_NUMBERS[int(kinds[found == one[2]][0])]
    best = list(chosen.values())[: search.limit + 1]
    shown = showing.papers(search.cursor, rows, [one for _, one, _ in best])
    return [
        {**shown[one], "rank": rank, "by": kind_of[one].removesuffix("_text")} for rank, one, _ in best if one in shown
    ]


def _places(search: Search) -> list[dict[str, Any]]:
    return find_places(search.asked, search.limit + 1)


def _events(search: Search) -> list[dict[str, Any]]:
    rows, part = search.mask.rows["events"], search.parts.events
    return _by_id(search, rows, part.ids, _not_marked(search.mask.events), showing.events)


def _alerts(search: Search) -> list[dict[str, Any]]:
    if search.hidden.rules:  # an alert is about more than its rows tell: whoever hides anything tells of alerts itself
        return []
    rows = search.parts.alerts.rows
    return _by_id(search, rows, search.parts.alerts.ids, lambda found: found < len(rows), showing.alerts)


def _by_id(
    search: Search,
    rows: Rows,
    terms: Any,
    is_seen: Callable[[NDArray[Any]], NDArray[np.bool_]],
    show: Callable[..., Mapping[int, dict[str, Any]]],
) -> list[dict[str, Any]]:
    candidates = choosing.by_number(terms, search.asked.number.lower())
    chosen = choosing.first_of(candidates, search.limit + 1, is_seen, lambda found: rows.things[found])
    shown = show(search.cursor, rows, [one for _, one, _ in chosen])
    return [{**shown[one], "rank": rank} for rank, one, _ in chosen if one in shown]


_FIND: Final[Mapping[str, Callable[[Search], list[dict[str, Any]]]]] = {
    "craft": _craft,
    "consignments": _consignments,
    "containers": _containers,
    "parties": _parties,
    "papers": _papers,
    "places": _places,
    "events": _events,
    "alerts": _alerts,
}


def _not_marked(marks: NDArray[np.bool_]) -> Callable[[NDArray[Any]], NDArray[np.bool_]]:
    """Whether rows are known and not marked."""
    open_marks = np.append(~marks, False)
    return lambda rows: open_marks[np.minimum(rows, len(marks))]


def _itself(numbers: NDArray[Any]) -> NDArray[Any]:
    return numbers


def _in_rank(*candidates: choosing.Candidates) -> list[tuple[int, NDArray[Any]]]:
    return sorted((one for some in candidates for one in some), key=lambda one: one[0])
