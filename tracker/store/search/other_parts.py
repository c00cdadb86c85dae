"""Papers as a whole, events and alerts in the index, and the flags that a risk engine set."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.store.search.following import Coming, Place
from tracker.store.search.terms import Links, Rows, Terms
from tracker.store.search.wording import numbers_of, words_of

PAPER_NUMBERS: Final = (
    "manifest_id", "voyage_number", "flight", "registration", "call_sign", "imo_text", "mmsi_text", "icao24",
)  # fmt: skip
"""What a term of :attr:`PaperPart.numbers` is; its number is that of the row times eight, and this."""
PAPER_KINDS: Final = 8
_NAMED_CRAFT: Final = "'[a-z][a-z0-9]*:[a-z0-9]+'"
"""Ids of craft in a text, in small letters."""


@dataclass(slots=True)
class PaperPart:
    """All versions of papers, by row from 0 on."""

    rows: Rows = field(default_factory=Rows.none)
    numbers: Terms = field(default_factory=Terms)
    words: Terms = field(default_factory=Terms)
    """Words of the name of the ship."""
    _place: Place = field(default_factory=lambda: Place("paper_versions"))

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone."""
        return self._place.is_beyond(cursor)

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did."""
        if not self._place.has_more(cursor):
            return False
        texts = "CAST(imo AS VARCHAR) AS imo_text, CAST(mmsi AS VARCHAR) AS mmsi_text"
        own = ", ".join(name for name in PAPER_NUMBERS if not name.endswith("_text"))
        coming = Coming(self.rows)
        try:
            for batch in self._place.rows(cursor, f"hash(manifest_id) AS thing, {own}, {texts}, craft_name"):
                at = coming.take(batch, "thing")
                for kind, name in enumerate(PAPER_NUMBERS):
                    self.numbers.add(numbers_of(batch.column(name).combine_chunks()), at * PAPER_KINDS + kind)
                _add_words(self.words, batch.column("craft_name").combine_chunks(), at)
        finally:
            self.rows = coming.all((self.numbers, self.words))
        return True


@dataclass(slots=True)
class EventPart:
    """All revisions of events, by row from 0 on."""

    rows: Rows = field(default_factory=Rows.none)
    ids: Terms = field(default_factory=Terms)
    crafts: Terms = field(default_factory=Terms)
    """Every craft that an event names, in its evidence and words too -> row."""
    rules: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    """Of each row the number of its rule."""
    rule_names: dict[str, int] = field(default_factory=dict)
    _place: Place = field(default_factory=lambda: Place("event_revisions"))

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone."""
        return self._place.is_beyond(cursor)

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did."""
        if not self._place.has_more(cursor):
            return False
        named = f"regexp_extract_all(lower(concat_ws(' ', craft, other_craft, explanation, CAST(evidence AS VARCHAR))), {_NAMED_CRAFT})"
        columns = f"hash(event_id) AS thing, event_id, rule->>'$.name' AS rule_name, list_distinct({named}) AS named"
        coming = Coming(self.rows)
        all_rules = [self.rules]
        try:
            for batch in self._place.rows(cursor, columns):
                at = coming.take(batch, "thing")
                coded = batch.column("rule_name").combine_chunks().dictionary_encode()
                names = [" ".join(name.casefold().split()) for name in coded.dictionary.to_pylist()]
                codes = [self.rule_names.setdefault(name, len(self.rule_names)) for name in names]
                of_row = pc.fill_null(coded.indices, len(codes)).to_numpy()
                all_rules.append(np.array([*codes, -1], np.int16)[of_row])
                self.ids.add(batch.column("event_id").combine_chunks(), at)
                named_by = batch.column("named").combine_chunks()
                self.crafts.add(pc.list_flatten(named_by), at[pc.list_parent_indices(named_by).to_numpy()])
        finally:
            self.rules = np.concatenate(all_rules)
            self.rows = coming.all((self.ids, self.crafts))
        return True


@dataclass(slots=True)
class AlertPart:
    """All revisions of alerts, by row from 0 on: whom and what they are about."""

    rows: Rows = field(default_factory=Rows.none)
    ids: Terms = field(default_factory=Terms)
    alert_ids: list[str] = field(default_factory=list)
    crafts: Terms = field(default_factory=Terms)
    """The craft of the event and the other one -> row."""
    cargo: Links = field(default_factory=Links)
    """Digest of a consignment -> row."""
    _place: Place = field(default_factory=lambda: Place("alert_revisions"))

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone."""
        return self._place.is_beyond(cursor)

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did."""
        if not self._place.has_more(cursor):
            return False
        form = """'[{"manifest_id": "VARCHAR", "consignment_id": "VARCHAR"}]'"""
        aboard = f"list_concat(from_json(data->'$.consignments', {form}), from_json(data->'$.possible_consignments', {form}))"
        things = f"coalesce(list_transform({aboard}, lambda one: hash(one.manifest_id, one.consignment_id)), [])"
        columns = (
            f"hash(alert_id) AS thing, alert_id, craft, data->>'$.event.other_craft' AS other_craft, {things} AS cargo"
        )
        coming = Coming(self.rows)
        try:
            for batch in self._place.rows(cursor, columns):
                at = coming.take(batch, "thing")
                ids = batch.column("alert_id").combine_chunks()
                self.alert_ids += ids.to_pylist()
                self.ids.add(ids, at)
                for name in ("craft", "other_craft"):
                    self.crafts.add(batch.column(name).combine_chunks(), at)
                cargo = batch.column("cargo").combine_chunks()
                digests = pc.list_flatten(cargo).to_numpy(zero_copy_only=False).astype(np.uint64)
                self.cargo.add(digests, at[pc.list_parent_indices(cargo).to_numpy()])
        finally:
            self.rows = coming.all((self.ids, self.crafts, self.cargo))
        return True


@dataclass(slots=True)
class FlagPart:
    """Flags that a risk engine set by message and has not cleared by their id: flag, in small letters -> targets by id.

    The clear of a target leaves them here: what was flagged so stays hidden from who may not see the flag. That is the safe side.
    """

    targets: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _flag_of: dict[str, str] = field(default_factory=dict)
    _place: Place = field(default_factory=lambda: Place("watch_control"))

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone."""
        return self._place.is_beyond(cursor)

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did."""
        if not self._place.has_more(cursor):
            return False
        for batch in self._place.rows(cursor, "kind, content"):
            for kind, content in zip(*(batch.column(name).to_pylist() for name in ("kind", "content")), strict=True):
                if kind == "flags":
                    self._take(json.loads(content))
        return True

    def _take(self, message: dict[str, Any]) -> None:
        flag_id = str(message.get("flag_id"))
        before = self._flag_of.pop(flag_id, None)
        if before is not None:
            del self.targets[before][flag_id]
        if message.get("action") == "flag" and message.get("target"):
            flag = " ".join(str(message.get("flag") or "").casefold().split())
            self._flag_of[flag_id] = flag
            self.targets.setdefault(flag, {})[flag_id] = message["target"]


def _add_words(words: Terms, names: pa.Array, at: NDArray[np.int64]) -> None:
    coded = names.dictionary_encode()
    found = words_of(coded.dictionary.to_pylist())
    of_row = coded.indices.to_pylist()
    pairs = [
        (word, row) for row, code in zip(at.tolist(), of_row, strict=True) if code is not None for word in found[code]
    ]
    words.add(pa.array([word for word, _ in pairs], pa.string()), np.array([row for _, row in pairs], np.int32))
