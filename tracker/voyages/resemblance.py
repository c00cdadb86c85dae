"""Ships whose names merely resemble one on papers: suggestions, of which one becomes a match only with a second witness.

A name resembles another where, by letters and digits alone, few edits lie between them (Damerau-Levenshtein): one where up to ``SHORT_LETTERS`` of its letters
are distinctive, else two. Words that half a fleet bears (``COMMON_WORDS``) are not distinctive, and of fewer than ``LEAST_LETTERS`` distinctive letters nothing is said.
Letters that a fax or a scanner takes for each other (``O`` and ``0``, ``I``, ``L`` and ``1``) are one. Numbers must agree, and single letters at the end, too: ``HERON 2``
is no misspelt ``HERON 3``.

Nobody resembles a name who says another IMO number than the papers. Who says exactly the name on other papers is another ship, unless those declare the same calls (``tracker.cargo.resembling``). A witness in the same report makes a match at once:
a call sign one edit away, or an IMO number one edit away from the papers' one that has a wrong check digit. The other witness, a call at the port of loading in time, is
asked for by ``tracker.cargo.resembling``. A ship that says the papers' name under another MMSI than theirs is a suggestion, too: MMSIs on papers grow old.

Names on papers are cut into as many parts as edits are allowed and one more: whoever resembles them has one part whole, near its place (the partition of PassJoin; Li, Deng, Wang and Feng, VLDB
2011). A name heard so costs some fifty look-ups, however many papers there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.identity import imo_check_digit_ok, is_ship_station, mmsi_craft
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.voyages.ship_names import (
    MOST_EDITS,
    edits,
    folded,
    letters_of,
    name_key,
    name_words,
    paper_names,
    written_names,
)

SHORT_LETTERS: Final = 8
"""Names of so many distinctive letters may differ by one edit, longer ones by two (cargo.md of the references, section 10)."""
LEAST_LETTERS: Final = 4
_COMMON: Final = """
APL ATLANTIC BALTIC BRITISH BULK BULKER CAPE CARRIER CGM CHEM CMA COSCO CREST DREAM EAGLE EVER EXPLORER EXPRESS FORTUNE GAS GLOBAL GLORY GOLDEN GRACE
GRAND GREEN HAI HARMONY HMM HONOR HOPE INTER KING LADY LNG MAERSK MARINE MSC NAVIGATOR NEW NORD NORDIC NORTH NYK OCEAN ONE OOCL ORIENT PACIFIC PEARL
PIONEER PRIDE PRINCESS PROGRESS QUEEN ROYAL SAGA SAILOR SEA SHANGHAI SILVER SKY SOUTH SPIRIT SPRING STAR STELLAR STENA SUN SUPER TRADER TRIUMPH UNITED
VENTURE VICTORY VOYAGER WAN WAVE WIND XIN YANG YM ZHONG ZIM
"""
COMMON_WORDS: Final = frozenset(_COMMON.split())
"""Words that many ships bear in their names (ours, of the ships of public recordings)."""
_TYPES: Final = {
    "time_us": pa.int64(), "craft": pa.int64(), "said": pa.string(), "edits": pa.int64(), "witness": pa.string(), "conveyance": pa.string(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resemblance:
    """From ``time_us`` on, ``craft`` is known to say a name that resembles that of a conveyance."""

    time_us: int
    craft: int
    conveyance: Conveyance
    said: str
    """The name as the ship says it."""
    edits: int
    witness: str = ""
    """What else speaks for it; empty where nothing does yet."""

    @property
    def words(self) -> str:
        """In how far it is like the papers."""
        is_same = name_key(self.said) in paper_names(self.conveyance.name or "")
        return f"name {self.said}, another MMSI" if is_same else f"{self.said} resembles {self.conveyance.name}"


@dataclass(frozen=True, slots=True)
class _Name:
    """A name on papers, ready to be compared."""

    folded: str
    numbers: tuple[str, ...]
    allowed: int
    parts: tuple[tuple[int, str], ...]
    """Where each part begins, and the part."""

    @classmethod
    def of(cls, key: str, words: list[str]) -> _Name | None:
        """None where too little of it is distinctive."""
        distinctive = len(key) - sum(len(word) for word in words if word in COMMON_WORDS)
        if distinctive < LEAST_LETTERS:
            return None
        allowed = 1 if distinctive <= SHORT_LETTERS else MOST_EDITS
        letters = folded(key)
        bounds = [len(letters) * part // (allowed + 1) for part in range(allowed + 2)]
        parts = tuple((first, letters[first:end]) for first, end in pairwise(bounds) if end > first)
        return cls(letters, _numbers(words), allowed, parts)


class Resemblances:
    """Names on papers, and the ships heard that resemble them."""

    def __init__(self) -> None:
        self._exact: dict[str, set[Conveyance]] = defaultdict(set)
        self._names: dict[_Name, set[Conveyance]] = defaultdict(set)
        self._parts: dict[tuple[int, int, str], set[_Name]] = defaultdict(set)
        """By length of the name, place and text of the part."""
        self._known: dict[Conveyance, dict[int, Resemblance]] = defaultdict(dict)
        self._of_craft: dict[int, set[Conveyance]] = defaultdict(set)

    def learn(self, conveyances: Iterable[Conveyance]) -> None:
        """More conveyances; only ships with a name concern it."""
        for conveyance in conveyances:
            for text in written_names(conveyance.name or "") if conveyance.mode is Mode.SEA else ():
                if not (key := name_key(text)):
                    continue
                self._exact[key].add(conveyance)
                name = _Name.of(key, name_words(text))
                if name is None:
                    continue
                if name not in self._names:
                    for first, part in name.parts:
                        self._parts[len(name.folded), first, part].add(name)
                self._names[name].add(conveyance)

    def judge(self, statics: StaticBatch) -> list[Resemblance]:
        """Static reports, in event-time order; the resemblances new in them, or with a witness that was not there before."""
        if not self._exact:
            return []
        named = np.flatnonzero((statics.name != b"") & is_ship_station(statics.craft))
        return [found for row in named.tolist() for found in self._judge(statics, row)]

    def of(self, conveyance: Conveyance, known_us: int) -> Iterator[Resemblance]:
        """Who resembles the name of a conveyance, as known at an instant, in the order of craft."""
        for _, found in sorted(self._known.get(conveyance, {}).items()):
            if found.time_us <= known_us:
                yield found

    def between(self, conveyance: Conveyance, craft: int, known_us: int) -> Resemblance | None:
        """The resemblance of a craft and a conveyance, as known at an instant."""
        found = self._known.get(conveyance, {}).get(craft)
        return None if found is None or found.time_us > known_us else found

    def crafts(self, conveyance: Conveyance) -> set[int]:
        """Craft that resemble a conveyance."""
        return set(self._known.get(conveyance, ()))

    def all_crafts(self) -> set[int]:
        """Craft that resemble any papers."""
        return {craft for craft, conveyances in self._of_craft.items() if conveyances}

    def all(self) -> list[Resemblance]:
        """All of them, by craft and conveyance."""
        found = [one for crafts in self._known.values() for one in crafts.values()]
        return sorted(found, key=lambda one: (one.craft, conveyance_text(one.conveyance)))

    def only(self, conveyances: Iterable[Conveyance]) -> Resemblances:
        """What is known of some conveyances, and nothing else."""
        kept, named = Resemblances(), list(conveyances)
        kept.learn(named)
        for conveyance in named:
            for found in self._known.get(conveyance, {}).values():
                kept._keep(found)
        return kept

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        for one in craft.tolist():
            for conveyance in self._of_craft.pop(one, ()):
                self._known[conveyance].pop(one, None)

    def table(self) -> pa.Table:
        """For a snapshot; a conveyance is named so that the name outlives papers being added."""
        rows = [
            {name: getattr(found, name) for name in _TYPES if name != "conveyance"}
            | {"conveyance": conveyance_text(found.conveyance)}
            for found in self.all()
        ]
        return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in _TYPES.items()})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`, of conveyances that the present papers still name."""
        named = {conveyance_text(one): one for conveyances in self._exact.values() for one in conveyances}
        for row in table.to_pylist():
            if (conveyance := named.get(row.pop("conveyance"))) is not None:
                self._keep(Resemblance(conveyance=conveyance, **row))

    def _judge(self, statics: StaticBatch, row: int) -> Iterator[Resemblance]:
        said = bytes(statics.name[row]).decode("ascii", "replace").strip()
        key = name_key(said)
        if not key:
            return
        time_us, craft = int(statics.time_us[row]), int(statics.craft[row])
        call_sign, imo = letters_of(bytes(statics.call_sign[row]).decode("ascii", "replace")), int(statics.imo[row])
        for papers, distance in self._alike(key, said):
            if imo_check_digit_ok(imo) and imo_check_digit_ok(papers.imo or 0):
                continue  # the same number is a match already, another one another ship
            if papers.mmsi is not None and (distance > 0 or mmsi_craft(papers.mmsi) == craft):
                continue
            found = Resemblance(time_us, craft, papers, said, distance, _witness(papers, call_sign, imo))
            known = self._known.get(papers, {}).get(craft)
            if known is None or (found.witness and not known.witness):
                self._keep(found)
                yield found

    def _keep(self, found: Resemblance) -> None:
        self._known[found.conveyance][found.craft] = found
        self._of_craft[found.craft].add(found.conveyance)

    def _alike(self, key: str, said: str) -> list[tuple[Conveyance, int]]:
        """Conveyances whose name is like one heard, with the edits between; the very name only where the papers' MMSI is another one's."""
        exact = self._exact.get(key, set())
        letters, numbers = folded(key), _numbers(name_words(said))
        near: dict[Conveyance, int] = {one: 0 for one in exact if one.mmsi is not None}
        for name in self._candidates(letters):
            distance = edits(name.folded, letters)
            if distance <= name.allowed and (numbers == name.numbers or distance == 0):
                for conveyance in self._names[name] - exact:
                    near[conveyance] = min(distance, near.get(conveyance, distance))
        return sorted(near.items(), key=_by_text)

    def _candidates(self, letters: str) -> set[_Name]:
        """Names that have a part in common with one heard."""
        found: set[_Name] = set()
        for length in range(max(1, len(letters) - 2), len(letters) + 3):
            for count in (2, 3):
                bounds = [length * part // count for part in range(count + 1)]
                for first, end in pairwise(bounds):
                    for at in range(max(0, first - 2), min(first + 2, len(letters) - end + first) + 1):
                        found |= self._parts.get((length, first, letters[at : at + end - first]), frozenset())
        return found

    def named(self, found: Resemblance) -> set[Conveyance]:
        """The other papers (they may have come later) with exactly the name that a ship says; none where the ones that it resembles are among them."""
        exact = self._exact.get(name_key(found.said), set())
        return set() if found.conveyance in exact else exact


def conveyance_text(conveyance: Conveyance) -> str:
    """A conveyance as text, the same whatever papers are beside it."""
    return "|".join("" if value is None else str(value) for value in astuple(conveyance))


def _by_text(one: tuple[Conveyance, int]) -> str:
    return conveyance_text(one[0])


def _numbers(words: list[str]) -> tuple[str, ...]:
    """What tells sisters apart: words with a figure in them, and a single letter at the end."""
    found = [digits for word in words if (digits := "".join(c for c in word if c.isdigit()))]
    return (*found, *(words[-1:] if words and len(words[-1]) == 1 and len(words) > 1 else ()))


def _witness(papers: Conveyance, call_sign: str, imo: int) -> str:
    theirs = letters_of(papers.call_sign or "")
    if len(theirs) >= LEAST_LETTERS and call_sign and edits(theirs, call_sign) == 1:
        return f"a call sign one letter from {call_sign}"
    if papers.imo is not None and imo_check_digit_ok(imo) and edits(str(papers.imo), str(imo)) == 1:
        return f"an IMO number one digit from {imo}"
    return ""
