"""Papers against radio: what papers say of the ship they mean, and it does not say of itself.

============  ==========  ==================================================================================================================================
what          confidence  told where
============  ==========  ==================================================================================================================================
``name``      0.8         a ship gives the papers' IMO number, MMSI or call sign, but the papers' name is said by another ship
``mmsi``      0.7         the papers' MMSI is used by a ship of another IMO number and another name than the papers'
``digit``     0.6         a ship says the papers' name, and their IMO number has a wrong check digit or is one digit from the one it gives
``imo``       0.5         the ship of the papers' MMSI and name gives another IMO number
``renamed``   0.2         a ship gives the papers' IMO number under a name that is neither theirs nor like it, and nobody else says theirs: renamed, or a mistake
============  ==========  ==================================================================================================================================

A ship that said the papers' name itself was renamed, and nothing is told; if it says it later, what was told is withdrawn. Every change of this is known from the first position of the craft at or after the statement
that made it: so it has a place, and neither cuts nor the cadence of the watermark matter.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.identity import imo_check_digit_ok, is_ship_station, mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.conveyance import Match
from tracker.voyages.heard import Heard
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.voyages.name_variants import is_variant, says_nothing
from tracker.voyages.resemblance import conveyance_text
from tracker.voyages.ship_names import edits, letters_of, name_key, paper_names

CONFIDENCES: Final[Mapping[str, float]] = {"name": 0.8, "mmsi": 0.7, "digit": 0.6, "imo": 0.5, "renamed": 0.2}
"""How sure it is that the papers are wrong (ours)."""
OTHERS: Final = frozenset({"name", "mmsi"})
"""What leaves it open whether the ship is meant at all."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong between a conveyance and a craft, or that nothing is any more (``what`` is empty)."""

    since_us: int
    what: str = ""
    said_name: str = ""
    said_imo: int = 0
    other: int | None = None
    """The craft that says the papers' name."""


@dataclass(frozen=True, slots=True)
class Told:
    """A contradiction with the first position of the craft since."""

    conveyance: Conveyance
    craft: int
    now: Contradiction
    before: Contradiction | None
    revision: int
    start_us: int
    """When it was told first."""
    known_us: int
    lat_deg: float
    lon_deg: float


class Disputed(NamedTuple):
    """Papers give the number of one craft and the name of another, as known from an instant on."""

    conveyance: Conveyance
    craft: int
    other: int
    since_us: int


@dataclass(frozen=True, slots=True)
class _Last:
    """What was told last of a conveyance and a craft, how often something was told, and when first."""

    change: Contradiction
    revision: int
    start_us: int


class Contradictions:
    """What papers and ships say of each other, as it changes.

    Parameters
    ----------
    heard:
        What all craft said.
    matched:
        The craft that may be a conveyance, and the conveyances that a craft may be.
    """

    def __init__(
        self, heard: Heard, matched: Callable[[Conveyance], Iterable[int]], meant: Callable[[int], Iterable[Conveyance]]
    ) -> None:
        self._heard, self._matched, self._meant = heard, matched, meant
        self._by_name: dict[str, set[Conveyance]] = defaultdict(set)
        self._changes: dict[tuple[Conveyance, int], list[Contradiction]] = {}
        self._waiting: dict[int, set[Conveyance]] = defaultdict(set)
        """Conveyances of each craft whose last change has no position yet."""
        self._told: dict[tuple[Conveyance, int], _Last] = {}

    def learn(self, conveyances: Iterable[Conveyance]) -> None:
        """More conveyances."""
        for conveyance in conveyances:
            if conveyance.mode is Mode.SEA:
                for key in paper_names(conveyance.name or ""):
                    self._by_name[key].add(conveyance)

    def judge(
        self, new: StaticBatch, matches: Iterable[tuple[Conveyance, Match]], now_us: int | None = None
    ) -> list[Disputed]:
        """Weigh anew whom new statements and new matches concern, in the order of time; the craft found that say the name on papers of another's number.

        ``now_us`` is when papers came that were matched with what was heard before.
        """
        disputed = []
        asked: set[tuple[int, int, Conveyance]] = set()
        named: dict[Conveyance, dict[int, int]] = {}
        for craft, time_us, name, imo in zip(
            new.craft.tolist(), new.time_us.tolist(), new.name.tolist(), new.imo.tolist(), strict=True
        ):
            if not is_ship_station(craft):
                continue
            meant = set(self._meant(craft))
            asked |= {(time_us, craft, conveyance) for conveyance in meant}
            # who says the papers' name may be another ship than theirs: until it gives their number
            numbered = {conveyance for conveyance in meant if imo > 0 and conveyance.imo == imo}
            for conveyance in numbered | self._by_name.get(name_key(name.decode("ascii", "replace")), set()):
                if conveyance not in named:
                    named[conveyance] = self._named(conveyance)
                # what others say is nothing to who says the papers' name itself
                asked |= {
                    (time_us, other, conveyance)
                    for other in self._matched(conveyance)
                    if named[conveyance].get(other, time_us + 1) > time_us
                }
        for conveyance, match in matches:
            asked.add((match.time_us if now_us is None else now_us, match.craft, conveyance))
        for time_us, craft, conveyance in sorted(asked, key=lambda one: (one[0], one[1], conveyance_text(one[2]))):
            if conveyance.mode is Mode.SEA and is_ship_station(craft):
                disputed += self._weigh(time_us, craft, conveyance)
        return disputed

    def disputed(self) -> list[Disputed]:
        """All craft that say the name on papers of another's number."""
        return [
            Disputed(key[0], key[1], one.other, one.since_us)
            for key, changes in self._changes.items()
            for one in changes
            if one.other is not None
        ]

    def between(self, conveyance: Conveyance, craft: int, known_us: int) -> Contradiction | None:
        """What was wrong between a conveyance and a craft as known at an instant."""
        known = [one for one in self._changes.get((conveyance, craft), ()) if one.since_us <= known_us]
        return known[-1] if known and known[-1].what else None

    def others(self, conveyance: Conveyance) -> set[int]:
        """Craft that say the name of a conveyance, which gives another's number."""
        found = {one.other for craft in self._matched(conveyance) for one in self._changes.get((conveyance, craft), ())}
        return {other for other in found if other is not None}

    def named_by(self, conveyance: Conveyance, craft: int, known_us: int) -> int | None:
        """The craft that gives the number on papers whose name another craft says, as known at an instant."""
        for other in sorted(self._matched(conveyance)):
            wrong = self.between(conveyance, other, known_us) if other != craft else None
            if wrong is not None and wrong.other == craft:
                return other
        return None

    def follow(self, rows: PositionBatch) -> list[Told]:
        """Positions in event-time order, after the statements up to the same instant: what became known by them."""
        if not self._waiting or not len(rows):
            return []
        mine = np.flatnonzero(np.isin(rows.craft, np.array(sorted(self._waiting), dtype=np.int64)) & rows.has_position)
        told: list[Told] = []
        for craft in sorted(set(rows.craft[mine].tolist())):
            own = mine[rows.craft[mine] == craft]
            for conveyance in sorted(self._waiting[craft], key=conveyance_text):
                told += self._place(conveyance, craft, rows.take(own))
        return sorted(told, key=lambda one: (one.known_us, one.craft, conveyance_text(one.conveyance)))

    def _place(self, conveyance: Conveyance, craft: int, rows: PositionBatch) -> list[Told]:
        """The changes between a conveyance and a craft that have a position by now."""
        changes = self._changes[conveyance, craft]
        told = []
        last = self._told.get((conveyance, craft))
        done_us = -1 if last is None else last.change.since_us
        ends = [after.since_us for _, after in pairwise(changes)] + [None]
        for change, end_us in zip(changes, ends, strict=True):
            at = int(np.searchsorted(rows.time_us, change.since_us, side="left"))
            if change.since_us <= done_us or at == len(rows):
                continue
            known_us = int(rows.time_us[at])
            if (end_us is not None and end_us <= known_us) or (
                not change.what and (last is None or not last.change.what)
            ):
                continue
            before = None if last is None else last.change
            revision, start_us = (1, known_us) if last is None else (last.revision + 1, last.start_us)
            last = self._told[conveyance, craft] = _Last(change, revision, start_us)
            place = float(rows.lat_deg[at]), float(rows.lon_deg[at])
            told.append(Told(conveyance, craft, change, before, revision, start_us, known_us, *place))
        if len(rows) and changes[-1].since_us <= int(rows.time_us[-1]):
            self._waiting[craft].discard(conveyance)
            if not self._waiting[craft]:
                del self._waiting[craft]
        return told

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        gone = set(craft.tolist())
        self._changes = {key: changes for key, changes in self._changes.items() if key[1] not in gone}
        self._told = {key: told for key, told in self._told.items() if key[1] not in gone}
        for one in gone:
            self._waiting.pop(one, None)

    def table(self) -> pa.Table:
        """For a snapshot."""
        rows = [
            {
                "conveyance": conveyance_text(conveyance), "craft": craft, "changes": [asdict(one) for one in changes],
                "told": asdict(self._told[conveyance, craft]) if (conveyance, craft) in self._told else None,
                "waits": conveyance in self._waiting.get(craft, ()),
            }
            for (conveyance, craft), changes in sorted(
                self._changes.items(), key=lambda item: (conveyance_text(item[0][0]), item[0][1])
            )
        ]  # fmt: skip
        return pa.table({"text": pa.array([json.dumps(row) for row in rows], pa.string())})

    def restore(self, table: pa.Table, conveyances: Iterable[Conveyance]) -> None:
        """The inverse of :meth:`table`, of conveyances that the present papers still name."""
        self._changes, self._told = {}, {}
        self._waiting, self._by_name = defaultdict(set), defaultdict(set)
        named = {conveyance_text(one): one for one in conveyances}
        self.learn(named.values())
        for text in table.column("text").to_pylist():
            row = json.loads(text)
            if (conveyance := named.get(row["conveyance"])) is None:
                continue
            self._changes[conveyance, row["craft"]] = [Contradiction(**one) for one in row["changes"]]
            if row["told"] is not None:
                change = Contradiction(**row["told"].pop("change"))
                self._told[conveyance, row["craft"]] = _Last(change, **row["told"])
            if row["waits"]:
                self._waiting[row["craft"]].add(conveyance)

    def _weigh(self, time_us: int, craft: int, conveyance: Conveyance) -> list[Disputed]:
        """Note what is wrong between a conveyance and a craft from an instant on, where that has changed."""
        known = self._changes.get((conveyance, craft), [])
        what, name, imo, other = self._wrong(time_us, craft, conveyance)
        before = known[-1] if known else Contradiction(-1)
        if (what, other) == (before.what, before.other) or time_us < before.since_us:
            return []
        self._changes[conveyance, craft] = [*known, Contradiction(time_us, what, name, imo, other)]
        self._waiting[craft].add(conveyance)
        return [] if other is None else [Disputed(conveyance, craft, other, time_us)]

    def _wrong(self, time_us: int, craft: int, papers: Conveyance) -> tuple[str, str, int, int | None]:
        """What is wrong by an instant: what, the name and IMO number that the craft says, and who says the papers' name."""
        nothing = "", "", 0, None
        said = self._heard.of_craft(craft)
        said = said.take(said.time_us <= time_us)
        names = [name.decode("ascii", "replace").strip() for name in said.name.tolist() if name]
        names = [name for name in names if not says_nothing(name) and name_key(name)]
        imos = [imo for imo in said.imo.tolist() if imo_check_digit_ok(imo)]
        keys, theirs = paper_names(papers.name or ""), papers.imo or 0
        is_named = any(name_key(name) in keys for name in names)
        is_ours, is_right = theirs in imos, imo_check_digit_ok(theirs)
        is_mmsi = papers.mmsi is not None and mmsi_craft(papers.mmsi) == craft
        name, imo = names[-1] if names else "", imos[-1] if imos else 0
        if is_named and theirs and imos and not is_ours:
            near = [one for one in imos if edits(str(theirs), str(one)) == 1]
            if near or not is_right:
                return "digit", name, near[-1] if near else imo, None
            return ("imo", name, imo, None) if is_mmsi else nothing
        sign = letters_of(papers.call_sign or "")
        is_called = len(sign) > 2 and any(
            letters_of(call.decode("ascii", "replace")) == sign for call in said.call_sign.tolist()
        )
        if not keys or not names or is_named or not (is_ours or is_mmsi or is_called):
            return nothing
        if any(is_variant(papers.name or "", one) for one in names):
            return nothing
        if is_mmsi and is_right and imos and not is_ours:
            return "mmsi", name, imo, None
        other, was_itself = self._who_says(keys, time_us, craft, theirs)
        if other is not None:
            return "name", name, imo, other
        return ("renamed", name, imo, None) if is_ours and not was_itself else nothing

    def _named(self, conveyance: Conveyance) -> dict[int, int]:
        """Craft that said the name on papers, each with when it did so first."""
        crafts, first_us = self._heard.who_said(paper_names(conveyance.name or ""))
        return dict(zip(crafts.tolist(), first_us.tolist(), strict=True))

    def _who_says(self, keys: set[str], time_us: int, craft: int, theirs: int) -> tuple[int | None, bool]:
        """The first other craft that said a name on papers by an instant, and not their IMO number; and whether one said both: the same ship under an earlier MMSI."""
        crafts, first_us = self._heard.who_said(keys)
        crafts = crafts[(first_us <= time_us) & (crafts != craft) & is_ship_station(crafts)]
        found = crafts.tolist()
        same = self._heard.who_gave(crafts, theirs, time_us) if theirs else set()
        other = next((other for other in found if other not in same or not theirs), None)
        return other, bool(theirs) and not same.isdisjoint(found)
