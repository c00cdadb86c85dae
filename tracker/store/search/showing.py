"""What is shown of hits: read from the store by row number, and only where the row is still what the index took it for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.store.search.hiding import Mask
from tracker.store.search.index import Parts
from tracker.store.search.terms import Rows
from tracker.units import iso_time

MOST_ALERTS: Final = 1_000
"""Ids of alerts that are told of one hit."""
MOST_SAID: Final = 50
"""Spellings, numbers and countries that are told of a party."""
_FIRST: Final = 3
"""Consignments that are named of a container."""
_CONSIGNMENT: Final = (
    "manifest_id", "consignment_id", "document_type", "document_number", "master_document_number", "carrier", "loading", "discharge",
    "consignor_name", "consignee_name", "notify_name", "equipment_ids",
)  # fmt: skip
_PAPERS: Final = (
    "manifest_id", "version", "mode", "imo", "mmsi", "craft_name", "call_sign", "voyage_number", "icao24", "registration", "flight", "flight_date",
)  # fmt: skip
_EVENT: Final = ("event_id", "revision", "state", "kind", "detail", "craft", "other_craft")


def craft(parts: Parts, number: int, rank: int) -> dict[str, Any]:
    """A craft: what it said last, and what it said before."""
    name = parts.craft.crafts[number]
    said = parts.craft.said(number)
    told: dict[str, Any] = {"type": "craft", "id": name, "rank": rank}
    for what in ("name", "call_sign", "registration", "imo"):
        values = list(dict.fromkeys(value for one in reversed(said) if (value := getattr(one, what))))
        told[what] = values[0] if values else None
        if what in ("name", "call_sign"):
            told[f"former_{what}s"] = values[1:]
    told["last_said"] = iso_time(said[-1].last_us) if said else None
    rows = parts.alerts.crafts.exact(name)
    return {**told, "alert_ids": _alert_ids(parts, rows)}


def alerts_of_cargo(parts: Parts, thing: int) -> list[str]:
    """Alerts on a consignment."""
    return _alert_ids(parts, parts.alerts.cargo.of(np.uint64(thing)))


def _alert_ids(parts: Parts, rows: NDArray[Any]) -> list[str]:
    known = parts.alerts.alert_ids
    newest = sorted((row for row in rows.tolist() if row < len(known)), reverse=True)
    return list(dict.fromkeys(known[row] for row in newest))[:MOST_ALERTS]


def consignments(cursor: duckdb.DuckDBPyConnection, rows: Rows, things: Sequence[int]) -> Mapping[int, dict[str, Any]]:
    """Consignments by their digests, as they were stated last."""
    shown = last_rows(cursor, "consignment_rows", "hash(manifest_id, consignment_id)", _CONSIGNMENT, rows, things)
    return {
        thing: {"type": "consignments", "id": f"{one['manifest_id']}/{one['consignment_id']}", **one,
                "equipment_ids": (one["equipment_ids"] or "").split()}
        for thing, one in shown.items()
    }  # fmt: skip


def papers(cursor: duckdb.DuckDBPyConnection, rows: Rows, things: Sequence[int]) -> Mapping[int, dict[str, Any]]:
    """Papers by their digests, in their last version."""
    shown = last_rows(cursor, "paper_versions", "hash(manifest_id)", _PAPERS, rows, things)
    return {thing: {"type": "papers", "id": one["manifest_id"], **one} for thing, one in shown.items()}


def events(cursor: duckdb.DuckDBPyConnection, rows: Rows, things: Sequence[int]) -> Mapping[int, dict[str, Any]]:
    """Events by their digests, in their last revision."""
    more = """, epoch_us(start) AS start_us, epoch_us("end") AS end_us, rule->>'$.name' AS rule"""
    shown = last_rows(
        cursor, "event_revisions", "hash(event_id)", _EVENT, rows, things, more, ("start_us", "end_us", "rule")
    )
    return {
        thing: {"type": "events", "id": one["event_id"],
                **{name: value for name, value in one.items() if not name.endswith("_us")},
                "start": iso_time(one["start_us"]), "end": None if one["end_us"] is None else iso_time(one["end_us"])}
        for thing, one in shown.items()
    }  # fmt: skip


def alerts(cursor: duckdb.DuckDBPyConnection, rows: Rows, things: Sequence[int]) -> Mapping[int, dict[str, Any]]:
    """Alerts by their digests, in their last revision."""
    names = ("alert_id", "revision", "type", "craft", "kind", "event_id", "priority")
    shown = last_rows(cursor, "alert_revisions", "hash(alert_id)", names, rows, things)
    return {
        thing: {"id": one["alert_id"], **{name: value for name, value in one.items() if name != "type"},
                "type": "alerts", "state": one["type"].rpartition(".")[2]}
        for thing, one in shown.items()
    }  # fmt: skip


def containers(
    cursor: duckdb.DuckDBPyConnection, parts: Parts, mask: Mask, found: Sequence[tuple[str, int]]
) -> list[dict[str, Any]]:
    """Containers, each with how many consignments are in it that are seen, and the first of them."""
    cargo = mask.rows["cargo"]
    things = {term: _seen_things(cargo, mask, parts.cargo.containers.exact(term)) for term, _ in found}
    firsts = {term: held[:_FIRST].tolist() for term, held in things.items()}
    shown = consignments(cursor, cargo, sorted({one for some in firsts.values() for one in some}))
    return [
        {"type": "containers", "id": term, "rank": rank, "consignments": len(things[term]),
         "first_consignments": [{name: shown[one][name] for name in ("manifest_id", "consignment_id", "document_number")} for one in firsts[term] if one in shown]}
        for term, rank in found
    ]  # fmt: skip


def parties(parts: Parts, mask: Mask, found: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Parties: the spellings, numbers and countries on the consignments that are seen, and on how many they stand."""
    part, cargo = parts.cargo, mask.rows["cargo"]
    told = []
    for party, rank in found:
        numbers = np.sort(part.said_by_party.of(party))
        numbers = numbers[numbers < len(mask.said)]
        numbers = numbers[mask.said[numbers]]
        things = _seen_things(cargo, mask, part.said_rows.of_all(numbers)[0])
        said = [part.said[number] for number in numbers.tolist()]
        names, given, countries = (
            list(dict.fromkeys(value for value in some if value)) for some in zip(*said, strict=True)
        )
        told.append(
            {"type": "parties", "id": part.id_of(party), "key": part.keys[party], "rank": rank, "name": names[0], "names": names[:MOST_SAID], "numbers": given[:MOST_SAID],
             "countries": countries[:MOST_SAID], "consignments": len(things)}
        )  # fmt: skip
    return told


def parties_of_number(parts: Parts, mask: Mask, number: str) -> list[int]:
    """Parties that have a registered number on some consignment that is seen."""
    found = np.unique(parts.cargo.party_numbers.exact(number)) if number else np.empty(0, np.int32)
    found = found[found < len(mask.said)]
    parties = [parts.cargo.party_of_said[one] for one in found[mask.said[found]].tolist()]
    return list(dict.fromkeys(party for party in parties if party >= 0))


def seen_rows(mask: Mask, rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of consignments that are known and not hidden, in order."""
    known = np.sort(rows[rows < len(mask.cargo)])
    return known[~mask.cargo[known]]


def _seen_things(cargo: Rows, mask: Mask, rows: NDArray[Any]) -> NDArray[np.uint64]:
    return np.unique(cargo.things[seen_rows(mask, rows)])


def last_rows(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    digest: str,
    names: Sequence[str],
    rows: Rows,
    things: Sequence[int],
    more: str = "",
    more_names: Sequence[str] = (),
) -> dict[int, dict[str, Any]]:
    """The last row of each thing, by its digest."""
    if not things:
        return {}
    wanted = np.array(things, dtype=np.uint64)
    found, at = rows.of_thing.of_all(wanted)
    is_known = found < len(rows)
    last = np.full(len(wanted), -1, dtype=np.int64)
    np.maximum.at(last, at[is_known], found[is_known])
    numbers = ", ".join(str(int(rows.rowids[row])) for row in last.tolist() if row >= 0)
    columns = ", ".join(names)
    read = cursor.execute(f"SELECT {digest}, {columns}{more} FROM {table} WHERE rowid IN ({numbers})").fetchall()
    known = set(things)
    return {row[0]: dict(zip((*names, *more_names), row[1:], strict=True)) for row in read if row[0] in known}
