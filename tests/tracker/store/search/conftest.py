"""A small sea in a store, made of records, so that another one may be made without some of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tracker.store.database import Database
from tracker.store.search.answering import TYPES, Search, answer
from tracker.store.search.dossiers import Asking, dossier
from tracker.store.search.hiding import Hidden, Mask, mask_of
from tracker.store.search.index import SearchIndex
from tracker.store.search.reading import read_question

T = "make_timestamptz(1772323200000000)"


@dataclass(frozen=True)
class Sea:
    """What a store holds: rows of its tables by column."""

    statics: tuple[Mapping[str, Any], ...] = ()
    papers: tuple[Mapping[str, Any], ...] = ()
    consignments: tuple[Mapping[str, Any], ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()
    positions: tuple[Mapping[str, Any], ...] = ()
    links: tuple[Mapping[str, Any], ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()
    alerts: tuple[Mapping[str, Any], ...] = ()
    boxes: tuple[str, ...] = ()
    flags: tuple[Mapping[str, Any], ...] = ()
    """Messages of a risk engine."""

    def without(self, **keep: Callable[[Mapping[str, Any]], bool]) -> Sea:
        """The same without rows of some tables."""
        return replace(
            self, **{name: tuple(row for row in getattr(self, name) if wanted(row)) for name, wanted in keep.items()}
        )


STATIC = {"message_type": 5, "source": "s"}
PAPER = {"version": 1, "is_latest": 1, "mode": "sea", "declared_version": 1, "is_incomplete": 0, "is_late": 0}
CONSIGNMENT = {
    "first_version": 1,
    "document_type": "bill_of_lading",
    "loading": "CNSHA",
    "discharge": "DEHAM",
    "flags": "[]",
    "equipment_ids": "",
}
EVENT = {
    "revision": 1,
    "state": "open",
    "kind": "gap",
    "explanation": "",
    "evidence": "{}",
    "rule": '{"name": "dark_period"}',
    "replay": 0,
}
ALERT = {
    "revision": 1,
    "type": "tidewaiter.alert.raised",
    "kind": "gap",
    "priority": 50,
    "explanation": "",
    "replay": 0,
}
POSITION = {"source": "s", "message_type": 1, "quality": "ok", "lat_deg": 54.0, "lon_deg": 8.0}
LINK = {"status": "loaded", "confidence": 1.0, "reason": "", "replay": 0}


def put(connection: Any, table: str, rows: Sequence[Mapping[str, Any]], instants: str) -> None:
    """Insert rows by column, with an instant in some."""
    for row in rows:
        names = [*row, *instants.split()]
        quoted = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(["?"] * len(row) + [T] * len(instants.split()))
        connection.execute(f"INSERT INTO {table} ({quoted}) VALUES ({values})", list(row.values()))


def fill(connection: Any, sea: Sea) -> None:
    """Put a sea into a store."""
    put(connection, "static_rows", [STATIC | row for row in sea.statics], "time received_time")
    put(connection, "paper_versions", [PAPER | row for row in sea.papers], "")
    put(connection, "consignment_rows", [CONSIGNMENT | row for row in sea.consignments], "")
    put(connection, "paper_calls", sea.calls, "arrive_time")
    put(connection, "position_rows", [POSITION | row for row in sea.positions], "time received_time")
    put(connection, "cargo_link_rows", [LINK | row for row in sea.links], "known_time")
    put(connection, "event_revisions", [EVENT | row for row in sea.events], "start known_time")
    put(connection, "alert_revisions", [ALERT | row for row in sea.alerts], "time")
    boxes = [{"sha256": "0" * 64, "number": n, "equipment_id": box, "kind": "loaded", "classifier": "actual", "location": "DEHAM", "said": "{}"} for n, box in enumerate(sea.boxes)]  # fmt: skip
    put(connection, "box_event_rows", boxes, "received_time known_time")
    messages = [{"seq": n, "applied_us": 0, "kind": "flags", "content": json.dumps(one)} for n, one in enumerate(sea.flags)]  # fmt: skip
    put(connection, "watch_control", messages, "")
    connection.execute("COMMIT")
    connection.execute("BEGIN")


@dataclass
class Searched:
    """A store and its index."""

    store: Database
    index: SearchIndex = field(default_factory=SearchIndex)
    is_new: bool = True
    masks: dict[Any, Mask] = field(default_factory=dict)

    def put(self, sea: Sea) -> None:
        """More rows, durable at once."""
        self.store.ask(lambda connection: fill(connection, sea))
        self.is_new = True

    def dossier(self, kind: str, name: str, hidden: Sequence[tuple[str, str]] = ()) -> dict[str, Any] | None:
        """The dossier of one thing; the id of a party is its key here."""
        rules = Hidden.of(hidden)
        self.find("ab", hidden)
        assert self.index.parts is not None
        if kind == "parties":
            party = self.index.parts.cargo.party_of(name)
            name = "0" * 16 if party is None else self.index.parts.cargo.id_of(party)
        with self.store.lend() as cursor:
            return dossier(Asking(self.index.parts, self.masks[self.index.parts.version, rules], cursor), kind, name)

    def find(self, q: str, hidden: Sequence[tuple[str, str]] = (), limit: int = 20) -> dict[str, Any]:
        """The answer to a question, from everything that is durable now."""
        with self.store.lend() as cursor:
            if self.is_new:
                self.index.advance(cursor)
                self.is_new = False
            assert self.index.parts is not None
            rules = Hidden.of(hidden)
            key = (self.index.parts.version, rules)
            mask = (
                self.masks[key]
                if key in self.masks
                else self.masks.setdefault(key, mask_of(self.index.parts, cursor, rules))
            )
            return answer(Search(self.index.parts, mask, cursor, read_question(q), limit, rules))

    def ids(self, q: str, hidden: Sequence[tuple[str, str]] = (), limit: int = 20) -> dict[str, list[str]]:
        """Ids of hits by type, without types that have none, and without places of the reference."""
        found = self.find(q, hidden, limit)["types"]
        assert found.keys() == set(TYPES)
        return {
            name: [hit.get("key", hit["id"]) for hit in one["hits"]]
            for name, one in found.items()
            if one["hits"] and name != "places"
        }


@contextmanager
def searched(sea: Sea) -> Iterator[Searched]:
    """A store with a sea."""
    store = Database(None)
    try:
        made = Searched(store)
        made.put(sea)
        yield made
    finally:
        store.close()


SHIP, OTHER, PLANE = "mmsi:219001234", "mmsi:244660001", "icao24:4b1812"
SEA = Sea(
    statics=(
        {"craft": SHIP, "name": "OLD MARIA", "call_sign": "OXMA2", "imo": 9321483},
        {"craft": SHIP, "name": "NEW HOPE", "call_sign": "OXMA2", "imo": 9321483},
        {"craft": OTHER, "name": "GRØNLAND", "call_sign": "PBAB", "imo": 9074729},
        {"craft": PLANE, "name": None, "call_sign": "SWR8", "imo": None, "registration": "HB-JHA"},
    ),
    papers=(
        {"manifest_id": "M-1", "craft_name": "New Hope", "imo": 9321483, "voyage_number": "027W"},
        {"manifest_id": "M-2", "craft_name": "Grønland", "imo": 9074729, "voyage_number": "113E"},
        {"manifest_id": "A-1", "mode": "air", "flight": "LX008", "icao24": "4b1812", "registration": "HB-JHA"},
        {"manifest_id": "S-1", "craft_name": "Unheard Star", "voyage_number": "1N"},
    ),
    consignments=(
        {"manifest_id": "M-1", "consignment_id": "C1", "document_number": "HLCU-7001", "consignor_name": "Müller & Söhne GmbH", "consignor_id": "DE 111",
         "consignee_name": "Acme Trading Ltd.", "consignee_id": "GB-77", "equipment_ids": "CSQU3054383 TWTU1000005"},
        {"manifest_id": "M-1", "consignment_id": "C2", "document_number": "HLCU-7002", "master_document_number": "MSTR9", "consignor_name": "Secret Arms Inc", "consignor_id": "US 5",
         "consignee_name": "Acme Trading Ltd.", "flags": '[{"flag": "Secret"}]', "equipment_ids": "TWTU1000005 TWTU2000002"},
        {"manifest_id": "M-2", "consignment_id": "C3", "document_number": "HLCU-7003", "master_document_number": "MSTR9", "consignor_name": "Trading, ACME LTD", "consignor_id": "GB 78",
         "consignee_name": "Lonely Buyer SA", "flags": '[{"flag": "secret"}]', "equipment_ids": "TWTU3000003"},
        {"manifest_id": "A-1", "consignment_id": "C4", "document_type": "air_waybill", "document_number": "724-12345675", "consignor_name": "Zürich Watches AG",
         "consignee_name": "Only By Air KK"},
    ),
    calls=(
        {"manifest_id": "M-1", "version": 1, "node": 1, "location": "CNSHA"},
        {"manifest_id": "M-1", "version": 1, "node": 2, "location": "DEHAM"},
        {"manifest_id": "M-2", "version": 1, "node": 1, "location": "NLRTM"},
    ),
    positions=({"craft": SHIP}, {"craft": OTHER}),
    links=(
        {"craft": SHIP, "manifest_id": "M-1", "consignment_id": "C1"},
        {"craft": SHIP, "manifest_id": "M-1", "consignment_id": "C2"},
        {"craft": OTHER, "manifest_id": "M-2", "consignment_id": "C3"},
    ),
    events=(
        {"event_id": "aaaa00000000000000000001", "craft": SHIP},
        {"event_id": "aaaa00000000000000000002", "craft": OTHER, "other_craft": PLANE, "kind": "encounter", "rule": '{"name": "close_by"}'},
        {"event_id": "aaaa00000000000000000003", "craft": OTHER, "evidence": json.dumps({"with": [SHIP]})},
    ),
    alerts=(
        {"alert_id": "bbbb00000000000000000001", "craft": SHIP, "event_id": "aaaa00000000000000000001",
         "data": json.dumps({"event": {"craft": SHIP}, "consignments": [{"manifest_id": "M-1", "consignment_id": "C1"}]})},
    ),
    boxes=("TWTU3000003", "TWTU4000004"),
)  # fmt: skip


@pytest.fixture(scope="module")
def sea() -> Iterator[Searched]:
    """One for all tests of a module that only ask."""
    with searched(SEA) as made:
        yield made
