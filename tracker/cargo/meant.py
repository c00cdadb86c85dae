"""Which craft the papers mean: what was heard of craft laid over the conveyances that papers name, and what events say of two craft and one identity.

A conveyance is matched by what craft say of themselves (``tracker.voyages.conveyance``). A weaker match counts for nothing beside one of another craft that is
stronger by ``MATCH_MARGIN``; craft matched equally well are rivals. Where nobody fits, a name that merely resembles counts if something else speaks for it (``tracker.cargo.resembling``), and
what papers and ships say against each other (``tracker.cargo.contradictions``) makes a match doubtful.

What events say of two craft and one identity counts, too (``integrity``): after an ``identity_transfer`` the new craft is what the previous one was,
as surely as the one is the other, and the previous one is nothing; of two that give one IMO number at once (``duplicate_identity``) the one that
fits the papers better is meant, the other is a doubt, and both share it where neither fits better; of two that exchanged their identities
(``identity_exchange``) each may be what the papers mean by the other, as surely as the event says, and keeps the rest of the doubt; where they exchanged names only, and each number
stayed with its hull, the one is meant that said the name before. A withdrawn event takes it all back.

Only what was known at the instant asked for is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.snapshot import LaterTable
from tracker.cargo.bonds import EXCHANGE, LONGEST_CHAIN, TRANSFER, Bond, BondBook
from tracker.cargo.bound import Bound
from tracker.cargo.contradictions import Contradictions, Disputed, Told
from tracker.cargo.following import Following
from tracker.cargo.links import Leg
from tracker.cargo.loading import LoadingJudge
from tracker.cargo.resembling import Resembling
from tracker.cargo.tally import MATCH_MARGIN, Tally
from tracker.events import Event
from tracker.identity import craft_text
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.air_names import AirNames
from tracker.voyages.conveyance import ConveyanceIndex, Match, heard_keys, heard_of
from tracker.voyages.heard import Heard
from tracker.voyages.itinerary import Conveyance
from tracker.voyages.resemblance import Resemblance
from tracker.voyages.ship_names import paper_names

_FITS_LESS: Final = 0.2
"""What is left of a match beside another craft that gives the same IMO number and fits the papers better, and..."""
_FITS_MORE: Final = 0.9
"""...of the match of that other one (ours)."""
_LEAST_TRANSFER: Final = 0.1
DISPUTED: Final = 0.6
"""How sure it is that either of two craft is meant, where papers give the number of one and the name of the other (ours)."""
_MOST_UNNAMED: Final = 1_000
"""So many ways to name a craft are kept beyond twice those that papers still use."""
_ONE_CRAFT: Final = ("mmsi", "icao24", "imo")
"""Reasons that can be true of one craft only."""


class Meant:
    """Follows which craft the conveyances on papers are.

    Parameters
    ----------
    judge, following:
        Where craft called and lay: a ship whose name merely resembles is meant if it was seen at the port of loading.
    legs_of:
        The ways of goods under a conveyance, as known at an instant.
    bound:
        Where ships say they are bound for; it hears what this hears.
    """

    def __init__(
        self,
        judge: LoadingJudge,
        following: Following,
        legs_of: Callable[[Conveyance, int], Iterable[Leg]],
        is_same_port: Callable[[str, str], bool],
        bound: Bound,
        air: AirNames,
    ) -> None:
        self._air, self._bound = air, bound
        self._index = ConveyanceIndex(air=air)
        self._heard = Heard(heard_keys)
        self._following = following
        self._changed: set[int] = set()
        self._told: list[Told] = []
        self._by_craft: dict[int, set[int]] = defaultdict(set)
        self._by_conveyance: dict[int, dict[int, list[Match]]] = defaultdict(lambda: defaultdict(list))
        self._tallies: dict[int, Tally] = defaultdict(Tally)
        self._bonds = BondBook()
        self._resembling = Resembling(judge, following, self._matches_of, legs_of, is_same_port, bound)
        self._contradicted = Contradictions(
            self._heard,
            self._matches_of,
            lambda craft: [self._index.conveyances[number] for number in self._by_craft.get(craft, ())],
        )

    def _matches_of(self, conveyance: Conveyance) -> Mapping[int, list[Match]]:
        """The matches of every craft that fits a conveyance."""
        return self._by_conveyance.get(self._index.number_of.get(conveyance, -1), {})

    def learn(self, conveyances: Iterable[Conveyance], known_us: int) -> None:
        """Conveyances of papers that came: those that were named before are passed over, others are laid over all that was heard."""
        new = [one for one in dict.fromkeys(conveyances) if one not in self._index.number_of]
        if not new:
            return
        found = self._index.learn(new, heard_of(self._heard, new))
        self._enter(found)
        self._contradicted.learn(new)
        self._enter_disputed(self._contradicted.judge(StaticBatch.empty(), self._named(found), known_us))
        self._resembling.known.learn(new)
        self._enter_resembling(
            self._resembling.known.judge(self._heard.alike(key for one in new for key in paper_names(one.name or "")))
        )

    def heard_of(self, conveyances: Iterable[Conveyance]) -> StaticBatch:
        """What craft have said so far that some conveyances may mean, in the order of time."""
        return heard_of(self._heard, conveyances)

    def observe(self, statics: StaticBatch) -> list[Match]:
        """Static reports, in event-time order; returns the craft newly recognised."""
        new = self._heard.note(statics)
        found = self._index.observe(statics)
        self._enter(found)
        self._enter_resembling(self._resembling.known.judge(new))
        self._bound.hear(statics)
        self._enter_disputed(self._contradicted.judge(new, self._named(found)))
        return found

    def follow(self, rows: PositionBatch) -> None:
        """Positions, in event-time order, after the static reports up to the same instant: where a contradiction became known."""
        self._told += self._contradicted.follow(rows)

    def take_told(self) -> list[Told]:
        """What became known of papers and ships that contradict each other since this was last asked."""
        told, self._told = self._told, []
        self._changed |= {one.craft for one in told} | {one.now.other for one in told if one.now.other is not None}
        return told

    def _named(self, matches: Iterable[Match]) -> list[tuple[Conveyance, Match]]:
        return [(self._index.conveyances[match.conveyance_index], match) for match in matches]

    def hand_over(self, events: Iterable[Event]) -> None:
        """What events, as they become known, say of an identity that two craft have."""
        concerned = self._bonds.hand_over(events)
        for craft, known_us in concerned:
            self._changed.add(craft)
            self._following.want(craft, known_us)
        if concerned:
            self._bind()

    def _bind(self) -> None:
        """What papers mean the one of two craft by may mean the other."""
        bonds = self._bonds.all()
        for _ in range(LONGEST_CHAIN):
            more = False
            for bond in bonds:
                ways = {
                    TRANSFER: [(bond.other, bond.craft)],
                    EXCHANGE: [(bond.other, bond.craft), (bond.craft, bond.other)],
                }
                for giver, taker in ways.get(bond.what, ()):
                    mine = self._by_craft.get(giver, set())
                    if mine - self._by_craft.get(taker, set()):
                        self._by_craft[taker] |= mine
                        for index in mine:
                            self._by_conveyance[index].setdefault(taker, [])
                        more = True
            if not more:
                break

    @property
    def crafts(self) -> list[int]:
        """Craft that papers may mean, in order."""
        return sorted(self._by_craft)

    def named(self) -> set[int]:
        """Craft that papers name by their own number."""
        return {match.craft for match in self._index.matches() if match.reason in ("mmsi", "icao24")}

    def crafts_of(self, conveyances: Iterable[Conveyance]) -> set[int]:
        """Every craft that some conveyances were ever taken for, surely or not."""
        crafts: set[int] = set()
        for conveyance in conveyances:
            crafts |= self._matches_of(conveyance).keys()
            crafts |= self._resembling.known.crafts(conveyance) | self._contradicted.others(conveyance)
        return crafts

    def take_changed(self, others: Iterable[int] = ()) -> set[int]:
        """Craft, among them some ``others``, that papers may mean and of which a match became known since this was last asked."""
        changed, self._changed = self._changed.union(others) & self._by_craft.keys(), set()
        return changed

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Keep no matches of some craft, nor what they said."""
        self._bonds.forget_craft(set(craft.tolist()))
        self._heard.forget_craft(craft)
        self._index.forget(craft)
        self._resembling.forget(craft)
        self._bound.forget_craft(craft)
        self._contradicted.forget(craft)
        self._enter_anew()

    def want_again(self) -> None:
        """Have every craft followed that papers may mean."""
        for match in self._index.matches():
            self._following.want(match.craft, match.time_us)
        for one in self._resembling.known.all():
            self._following.want(one.craft, one.time_us)

    def forget(self, before_us: int) -> None:
        """Drop what was heard, and events known, before an instant."""
        self._heard.forget(before_us)
        if self._bonds.forget(before_us):
            self._bind()

    def keep_only(self, named: Iterable[Conveyance]) -> None:
        """Make the index anew once most of what it knows is named by no papers."""
        named = set(named)
        if len(self._index.number_of) > 2 * len(named) + _MOST_UNNAMED:
            self._index = self._index.only([one for one in self._index.conveyances if one in named])
            self._resembling.known = self._resembling.known.only(self._index.conveyances)
            self._enter_anew()

    def tables(self) -> dict[str, pa.Table | LaterTable]:
        """For a snapshot."""
        return {
            "matches": pa.table({"index": pa.array([self._index.snapshot()], pa.binary())}),
            "bonds": self._bonds.table(), "heard": self._heard.capture(), "resembling": self._resembling.table(), "bound": self._bound.capture(), "contradicted": self._contradicted.table(),
        }  # fmt: skip

    def restore(self, tables: Mapping[str, pa.Table], conveyances: Iterable[Conveyance]) -> None:
        """The inverse of :meth:`tables`, of conveyances that the present papers still name."""
        self._index = ConveyanceIndex(list(dict.fromkeys(conveyances)), self._air)
        self._index.restore(tables["matches"].column("index")[0].as_py())
        self._heard.restore(tables["heard"])
        self._resembling.restore(tables["resembling"], self._index.conveyances)
        self._contradicted.restore(tables["contradicted"], self._index.conveyances)
        self._bound.restore(tables["bound"])
        self._bonds.restore(tables["bonds"])
        self._enter_anew()

    def _enter_anew(self) -> None:
        """All matches of the index."""
        self._by_craft.clear()
        self._by_conveyance.clear()
        self._tallies.clear()
        self._enter(self._index.matches())
        self._enter_resembling(self._resembling.known.all())
        self._enter_disputed(self._contradicted.disputed())

    def _enter(self, matches: Iterable[Match]) -> None:
        for match in matches:
            self._changed |= {
                match.craft,
                *self._resembling.known.crafts(self._index.conveyances[match.conveyance_index]),
            }
            self._following.want(match.craft, match.time_us)
            self._by_craft[match.craft].add(match.conveyance_index)
            mine = self._by_conveyance[match.conveyance_index][match.craft]
            self._tallies[match.conveyance_index].add(match, mine[-1] if mine else None)
            mine.append(match)
        if self._bonds:
            self._bind()

    def _enter_resembling(self, found: Iterable[Resemblance]) -> None:
        """Ships that resemble papers: what they do from now on may decide whether they are meant."""
        for one in found:
            if (number := self._index.number_of.get(one.conveyance)) is not None:
                self._changed |= self._resembling.known.crafts(one.conveyance)
                self._following.want(one.craft, one.time_us)
                self._by_craft[one.craft].add(number)

    def _enter_disputed(self, found: Iterable[Disputed]) -> None:
        """Of two craft papers give the number of one and the name of the other: what both do may decide."""
        for one in found:
            if (number := self._index.number_of.get(one.conveyance)) is not None:
                self._changed |= {one.craft, one.other}
                self._following.want(one.other, one.since_us)
                self._by_craft[one.other].add(number)

    def suggestions(self, craft: int, known_us: int) -> list[Resemblance]:
        """Conveyances whose name a craft merely resembles, and that nothing else joins to it, as known at an instant."""
        conveyances = [self._index.conveyances[index] for index in sorted(self._by_craft.get(craft, ()))]
        found = [self._resembling.suggestion(conveyance, craft, known_us) for conveyance in conveyances]
        return [one for one in found if one is not None]

    def conveyances(self, craft: int, at_us: int, known_us: int) -> list[tuple[Conveyance, Match, int]]:
        """Conveyances a craft is taken for at an instant: which, the match, and among how many craft it is shared."""
        indices = self._by_craft.get(craft, ())
        if not indices or self._bonds.went_on(craft, at_us, known_us):
            return []
        exchange = self._bonds.exchange_of(craft, at_us, known_us)
        found = []
        for index in sorted(indices):
            one = (
                self._shared(index, craft, at_us, known_us)
                if exchange is None
                else self._in_exchange(index, craft, exchange, known_us)
            )
            found += [] if one is None else [(self._index.conveyances[index], *one)]
        return found

    def _shared(self, index: int, craft: int, at_us: int, known_us: int) -> tuple[Match, int] | None:
        """What a conveyance is to a craft, and among how many craft it is shared; None where it is nothing to it."""
        own, given = self._own(index, craft, known_us), self._given(index, craft, at_us, known_us)
        conveyance = self._index.conveyances[index]
        own, named = self._against(conveyance, index, craft, own, known_us)
        if named is not None and own is not None:
            return own, 2
        if given is not None and (own is None or given.confidence > own.confidence):
            return given, 1
        if own is None:
            return self._resembling.match(index, conveyance, craft, at_us, known_us)
        best, rivals = self._tallies[index].against(own.confidence, known_us)
        if best - own.confidence >= MATCH_MARGIN and not self._is_best_gone(index, own, at_us, known_us):
            return None
        own, shared = self._beside_twins(index, own, known_us)
        return own, rivals if own.reason.split(",")[0] not in _ONE_CRAFT else shared

    def said_us(self, match: Match) -> int:
        """When a craft first said what it is matched by."""
        matches = self._by_conveyance[match.conveyance_index].get(match.craft)
        return matches[0].time_us if matches else match.time_us

    def rivals_of(self, conveyance: Conveyance, match: Match, known_us: int) -> list[int]:
        """The other craft that fit a conveyance as well as a matched one, in order."""
        index = match.conveyance_index
        _, disputed = self._against(conveyance, index, match.craft, match, known_us)
        if disputed is not None:
            return [disputed]
        return [
            other
            for other in sorted(self._by_conveyance[index])
            if other != match.craft
            and (own := self._own(index, other, known_us)) is not None
            and abs(own.confidence - match.confidence) < MATCH_MARGIN
        ]

    def formerly(self, craft: int, at_us: int, known_us: int) -> list[int]:
        """Craft whose calls count for this one (``BondBook.formerly``)."""
        return self._bonds.formerly(craft, at_us, known_us)

    def _own(self, index: int, craft: int, known_us: int) -> Match | None:
        """The match of a craft for a conveyance as known at an instant."""
        known = [match for match in self._by_conveyance[index][craft] if match.time_us <= known_us]
        return known[-1] if known else None

    def _against(
        self, conveyance: Conveyance, index: int, craft: int, own: Match | None, known_us: int
    ) -> tuple[Match | None, int | None]:
        """A match in the light of what contradicts it, and the other craft that the papers may mean as well."""
        wrong = self._contradicted.between(conveyance, craft, known_us)
        if wrong is not None and own is not None and wrong.what == "mmsi":
            return replace(
                own, reason=f"{own.reason}, but another ship by now", confidence=own.confidence * _FITS_LESS
            ), None
        if wrong is not None and own is not None and wrong.other is not None:
            why = f"{own.reason}, but {conveyance.name} of the papers is {craft_text(wrong.other)}"
            return replace(own, reason=why, confidence=DISPUTED), wrong.other
        by_number = self._contradicted.named_by(conveyance, craft, known_us)
        if by_number is not None:
            numbered = self._own(index, by_number, known_us)
            if numbered is not None:
                reason = f"name, but {numbered.reason} of {craft_text(by_number)}"
                return Match(numbered.time_us, craft, index, reason, DISPUTED), by_number
        return own, None

    def _given(self, index: int, craft: int, at_us: int, known_us: int) -> Match | None:
        """What it has from craft whose identity it took over, the last of a chain first."""
        sure, one = 1.0, craft
        for _ in range(LONGEST_CHAIN):
            bond = self._bonds.taken_over(one, at_us, known_us)
            if bond is None:
                return None
            sure, one, at_us = sure * bond.confidence, bond.other, bond.at_us - 1
            own = self._own(index, one, known_us)
            if own is not None and sure >= _LEAST_TRANSFER:
                reason = f"{own.reason} of {craft_text(one)}, whose identity it took over"
                return Match(own.time_us, craft, index, reason, own.confidence * sure)
        return None

    def _in_exchange(self, index: int, craft: int, bond: Bond, known_us: int) -> tuple[Match, int] | None:
        """What a conveyance is to a craft that exchanged identities with another: its own match, or the other's, whichever is surer; shared with nobody."""
        other = bond.other_of(craft)
        own, theirs = self._own(index, craft, known_us), self._own(index, other, known_us)
        known = [match for match in (own, theirs) if match is not None]
        best, _ = self._tallies[index].against(max((match.confidence for match in known), default=0.0), known_us)
        if not known or best - max(match.confidence for match in known) >= MATCH_MARGIN:
            return None
        is_new = own is not None and own.time_us >= bond.at_us > (theirs.time_us if theirs is not None else bond.at_us)
        if bond.is_hull_crossed is False:
            if own is None:
                return None
            factor, why = (_FITS_LESS, "was said by") if is_new else (_FITS_MORE, "before it exchanged names with")
            factor = 1.0 if theirs is None else factor
            reason = f"{own.reason}, {why} {craft_text(other)}"
            return replace(own, reason=reason, confidence=own.confidence * factor), 1
        choices = []
        if own is not None:
            kept = 1.0 if is_new else 1.0 - bond.crossed
            reason = f"{own.reason}, or by now aboard {craft_text(other)}, with which it exchanged identities"
            choices.append(replace(own, reason=reason, confidence=own.confidence * kept))
        if theirs is not None:
            reason = f"{theirs.reason} of {craft_text(other)}, with which it exchanged identities"
            choices.append(Match(theirs.time_us, craft, index, reason, theirs.confidence * bond.crossed))
        return max(choices, key=lambda match: match.confidence), 1

    def _is_best_gone(self, index: int, own: Match, at_us: int, known_us: int) -> bool:
        """Whether all the craft that fit better have gone on under another identity."""
        return all(
            self._bonds.went_on(craft, at_us, known_us)
            for craft in self._by_conveyance[index]
            if (match := self._own(index, craft, known_us)) is not None
            and match.confidence - own.confidence >= MATCH_MARGIN
        )

    def _beside_twins(self, index: int, own: Match, known_us: int) -> tuple[Match, int]:
        """The match in the light of others that give the same number at once: which fits best, and among how many equal ones it is shared."""
        twins = self._bonds.twins(own.craft, known_us)
        matches = [match for twin in twins if (match := self._own(index, twin, known_us)) is not None]
        if not matches:
            return own, 1
        best = max(match.confidence for match in matches)
        others = " or ".join(craft_text(match.craft) for match in matches)
        if best > own.confidence:
            reason, factor, shared = f"{own.reason}, fits less well than {others}", _FITS_LESS, 1
        elif best < own.confidence:
            reason, factor, shared = f"{own.reason}, fits better than {others}", _FITS_MORE, 1
        else:
            reason, factor, shared = f"{own.reason}, as {others}", 1.0, 1 + len(matches)
        return replace(own, reason=reason, confidence=own.confidence * factor), shared
