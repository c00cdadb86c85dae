"""Consignments in the index, with their containers and parties, and the flags that the papers put on them.

What papers say of a party is one statement: name, registered number, country. Statements whose names are spellings of one name are one party. Which statements stand on which
consignments is known, so a party is told as the consignments tell it that somebody may see: a number or a spelling on others alone is not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.store.search.following import Coming, Place
from tracker.store.search.terms import Links, Rows, Terms
from tracker.store.search.wording import name_key, name_words, number_of, numbers_of, words_in

NUMBER_KINDS: Final = ("consignment_id", "document_number", "master_document_number")
"""What a term of :attr:`CargoPart.numbers` is; its number is that of the row times four, and this."""
KINDS: Final = 4
ROLES: Final = ("consignor", "consignee", "notify")
_BETWEEN: Final = "\x1f"
_ID: Final = re.compile(r"[0-9a-f]{16}")
_STATED: Final = ", ".join(
    f"CASE WHEN {role}_name <> '' OR {role}_id <> '' THEN concat_ws(chr(31), coalesce({role}_name, ''), coalesce({role}_id, ''), coalesce({role}_country, '')) END AS {role}"
    for role in ROLES
)
_BARE: Final = "regexp_replace(upper({}), '[^A-Z0-9]', '', 'g')"
_COLUMNS: Final = ", ".join(
    (
        "hash(manifest_id, consignment_id) AS thing",
        "hash(manifest_id) AS manifest",
        *NUMBER_KINDS,
        "equipment_ids",
        _STATED,
        *(
            f"CASE WHEN {_BARE.format(name)} <> '' THEN hash({_BARE.format(name)}) END AS {name}_key"
            for name in NUMBER_KINDS[1:]
        ),
        # a consignment without containers has one that is empty, and shares it with nobody
        f"list_transform(list_filter(list_transform(string_split(equipment_ids, ' '), lambda box: {_BARE.format('box')}), lambda box: box <> ''), lambda box: hash(box)) AS box_keys",
        "CASE WHEN flags IS NOT NULL AND flags <> '[]' THEN json_extract_string(flags, '$[*].flag') END AS flag_names",
    )
)


@dataclass(slots=True)
class CargoPart:
    """All statements of consignments, by row from 0 on; what is said of parties, and parties, by number from 0 on."""

    rows: Rows = field(default_factory=Rows.none)
    numbers: Terms = field(default_factory=Terms)
    containers: Terms = field(default_factory=Terms)
    told_containers: Terms = field(default_factory=Terms)
    """Those of which something was told; they need not stand on papers."""
    by_document: Links = field(default_factory=Links)
    by_master: Links = field(default_factory=Links)
    by_box: Links = field(default_factory=Links)
    """Digests of the number of a document, of a master document, of a container -> row: along these flags follow goods."""
    flags: Terms = field(default_factory=Terms)
    """Flags on papers, in small letters -> row."""
    party_words: Terms = field(default_factory=Terms)
    """Word of a name -> party."""
    party_numbers: Terms = field(default_factory=Terms)
    """Registered number -> what is said of a party."""
    said_rows: Links = field(default_factory=Links)
    """What is said of a party -> rows on which it is said."""
    said_by_party: Links = field(default_factory=Links)
    """Party -> what is said of it."""
    said: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, registered number, country."""
    party_of_said: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Of each party what all spellings of its name have in common."""
    _number_of_said: dict[int, int] = field(default_factory=dict)
    _party_of_key: dict[int, int] = field(default_factory=dict)
    _place: Place = field(default_factory=lambda: Place("consignment_rows"))
    _boxes: Place = field(default_factory=lambda: Place("box_event_rows"))

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone."""
        return self._place.is_beyond(cursor) or self._boxes.is_beyond(cursor)

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did."""
        has_news = self._boxes.has_more(cursor)
        if has_news:
            for batch in self._boxes.rows(cursor, "equipment_id"):
                boxes = pc.unique(numbers_of(batch.column("equipment_id").combine_chunks()))
                self.told_containers.add(boxes, np.zeros(len(boxes), np.int32))
            self.told_containers.settle()
        if not self._place.has_more(cursor):
            return has_news
        coming = Coming(self.rows)
        try:
            for batch in self._place.rows(cursor, _COLUMNS):
                self._take(batch, coming.take(batch, "thing", "manifest"))
        finally:
            added = (self.by_document, self.by_master, self.by_box, self.numbers, self.containers, self.flags, self.party_words, self.party_numbers, self.said_by_party, self.said_rows)  # fmt: skip
            self.rows = coming.all(added)
        return True

    def party_of(self, name: str) -> int | None:
        """The party of a name in any spelling."""
        words = words_in(name)
        return self._party_of_key.get(_digest(name_key(words))) if words else None

    def id_of(self, party: int) -> str:
        """Names a party without its name: for paths, which stand in logs."""
        return f"{_digest(self.keys[party]):016x}"

    def party_of_id(self, text: str) -> int | None:
        """The inverse of :meth:`id_of`."""
        return self._party_of_key.get(int(text, 16)) if _ID.fullmatch(text) else None

    def rows_of_number(self, number: str) -> NDArray[np.int32]:
        """Rows of consignments on which a registered number stands."""
        return self.said_rows.of_all(np.unique(self.party_numbers.exact(number)))[0]

    def rows_of_party(self, party: int) -> NDArray[np.int32]:
        """Rows of consignments on which a party stands."""
        return self.said_rows.of_all(np.unique(self.said_by_party.of(party)))[0]

    def _take(self, batch: pa.Table, at: NDArray[np.int64]) -> None:
        column = {name: batch.column(name).combine_chunks() for name in batch.column_names}
        for kind, name in enumerate(NUMBER_KINDS):
            self.numbers.add(numbers_of(column[name]), at * KINDS + kind)
        boxes = pc.split_pattern(column["equipment_ids"], " ")
        self.containers.add(numbers_of(pc.list_flatten(boxes)), at[pc.list_parent_indices(boxes).to_numpy()])
        flags = column["flag_names"]
        if flags.null_count < len(flags):
            folded = [" ".join(one.casefold().split()) for one in pc.list_flatten(flags).to_pylist()]
            self.flags.add(pa.array(folded, pa.string()), at[pc.list_parent_indices(flags).to_numpy()])
        for links, name in ((self.by_document, "document_number_key"), (self.by_master, "master_document_number_key")):
            is_given = pc.is_valid(column[name]).to_numpy(zero_copy_only=False)
            links.add(pc.fill_null(column[name], 0).to_numpy()[is_given], at[is_given])
        keys = column["box_keys"]
        self.by_box.add(pc.list_flatten(keys).to_numpy(), at[pc.list_parent_indices(keys).to_numpy()])
        for role in ROLES:
            coded = column[role].dictionary_encode()
            numbers = np.array([*self._take_said(coded.dictionary.to_pylist()), -1], dtype=np.int32)
            of_row = numbers[pc.fill_null(coded.indices, len(numbers) - 1).to_numpy()]
            self.said_rows.add(of_row[of_row >= 0], at[of_row >= 0])

    def _take_said(self, texts: Sequence[str]) -> list[int]:
        """Numbers of what is said of parties; new ones are taken up."""
        words: list[tuple[str, int]] = []
        registered: list[tuple[str, int]] = []
        begin = len(self.said)
        found = []
        for text in texts:
            number = self._number_of_said.setdefault(_digest(text), len(self.said))
            found.append(number)
            if number < len(self.said):
                continue
            name, registered_number, country = text.split(_BETWEEN)
            named = words_in(name)
            party = self._party_of_key.setdefault(_digest(key := name_key(named)), len(self.keys)) if named else -1
            if party == len(self.keys):
                self.keys.append(key)
                words += [(word, party) for word in dict.fromkeys(name_words(named))]
            if registered_number:
                registered.append((number_of(registered_number), number))
            self.party_of_said.append(party)
            self.said.append((name, registered_number, country))
        for terms, pairs in ((self.party_words, words), (self.party_numbers, registered)):
            terms.add(pa.array([text for text, _ in pairs], pa.string()), np.array([n for _, n in pairs], np.int32))
        parties = np.array(self.party_of_said[begin:], np.int32)
        self.said_by_party.add(parties[parties >= 0], np.arange(begin, len(self.said))[parties >= 0])
        return found


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
