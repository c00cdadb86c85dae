"""Which consignments are aboard a craft at an instant, and how sure that is.

Papers mean the craft that their conveyance is matched to (``tracker.voyages.conveyance``). Whether their goods are aboard is a statement with evidence: ``loaded``, ``expected``,
``possible`` or ``discharged`` (``tracker.cargo.loading``). They stay aboard::

    until  ``unloading_h`` after the craft was seen to arrive, and stop, at the port of discharge;
           else the declared arrival and ``overdue_sea_d`` or ``overdue_air_d`` (a diverted ship still has them aboard);
           else the loading and ``undated_sea_d`` or ``undated_air_d``

Confidence is that of the match, times 0.9 where the loading was not seen, 0.8 once the craft is overdue by ``overdue_doubt_h``, 0.5 where
the papers give no time. A weaker match counts for nothing beside one of another craft that is stronger by ``MATCH_MARGIN``. Of craft
matched equally well (two ships of one name) the one that alone was seen at the port of loading has the goods; where that decides nothing they share the confidence, and
the goods are aboard none of them for sure.

What the events say of two craft and one identity counts, too (``integrity``): after an ``identity_transfer`` the new craft has what the previous one had
aboard, as surely as the one is the other, and the previous one has nothing; of two that give one IMO number at once (``duplicate_identity``) the one that
fits the papers better has the cargo, the other a doubt, and both share it where neither fits better; of two that exchanged their identities
(``identity_exchange``) each may have what the papers mean by the other, as surely as the event says, and keeps the rest of the doubt; where they exchanged names only, and each number
stayed with its hull, the cargo stays with the one that said the name before. A withdrawn event takes it all back.

Only what was known at the instant asked for is used: matches, calls, events and versions of papers that lie after it are not looked at.

Papers come at any time (:meth:`CargoLinker.take`). What craft said of themselves before, where they called and where they lay, counts for them as of the times at which it was heard.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.snapshot import Later, pack_later, unpack
from tracker.cargo.bonds import DETAILS, DUPLICATE, EXCHANGE, TRANSFER, Bond, says_more
from tracker.cargo.book import CargoBook, itineraries_of
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.box_log import BoxLog
from tracker.cargo.boxed_legs import BoxedLegs, prove
from tracker.cargo.calls import Call, CallLog
from tracker.cargo.contradictions import Contradictions, Disputed, Told
from tracker.cargo.draft import Locate
from tracker.cargo.flag_chains import FlagChains
from tracker.cargo.flagged_legs import FlaggedLegs
from tracker.cargo.flagging import FlagBook
from tracker.cargo.following import Following
from tracker.cargo.joining import PaperJoin
from tracker.cargo.link_config import LEAST_SURE, OVERDUE, LinkConfig
from tracker.cargo.links import Cargo, Leg, Link, Standing
from tracker.cargo.loading import Loading, LoadingJudge, Status
from tracker.cargo.manifest import Manifest
from tracker.cargo.resembling import Resembling
from tracker.cargo.suggestions import Suggestion, would_decide
from tracker.cargo.tally import MATCH_MARGIN, Tally
from tracker.cargo.versions import ALWAYS_US, Version, Versions
from tracker.events import Event, EventKind, EventState
from tracker.identity import CRAFT_MASK, craft_text, parse_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.air_names import NO_NAMES, AirNames
from tracker.voyages.conveyance import ConveyanceIndex, Match, heard_keys, heard_of
from tracker.voyages.heard import Heard
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode
from tracker.voyages.resemblance import Resemblance
from tracker.voyages.ship_names import paper_names

_FITS_LESS: Final = 0.2
"""What is left of a match beside another craft that gives the same IMO number and fits the papers better, and..."""
_FITS_MORE: Final = 0.9
"""...of the match of that other one (ours)."""
_LEAST_TRANSFER: Final = 0.1
_LONGEST_CHAIN: Final = 8
_MOST_RIVALS: Final = 8
"""Among more craft of one name nobody is told apart by what it did."""
_UNSEEN_BESIDE: Final = 0.2
"""What is left of a match where another craft that fits as well was seen at the port of loading, and this one was not (ours)."""
DISPUTED: Final = 0.6
"""How sure it is that either of two craft is meant, where papers give the number of one and the name of the other (ours)."""
_LAYOUT: Final = 10
_MOST_UNNAMED: Final = 1_000
"""So many ways to name a craft are kept beyond twice those that papers still use."""
_ONE_CRAFT: Final = ("mmsi", "icao24", "imo")
"""Reasons that can be true of one craft only."""


class CargoLinker:
    """Follows which craft the papers mean and where she called; answers what is aboard.

    Parameters
    ----------
    locate:
        Finds a port by its code, so that neighbouring terminals are one port; None compares codes alone.
    flags:
        What the risk engine has flagged and cleared since the papers came; looked at anew at every question.
    air:
        Which numbers codeshares are flown under, and which addresses registrations have.
    """

    def __init__(
        self,
        book: CargoBook,
        locate: Locate | None = None,
        config: LinkConfig | None = None,
        flags: FlagBook | None = None,
        air: AirNames = NO_NAMES,
    ) -> None:
        self.config = config or LinkConfig()
        self._calls = CallLog(locate, self.config.same_port_km)
        self._chains = FlagChains(self._calls.is_same_port)
        self._flags = FlaggedLegs(flags, self._chains)
        self._air = air
        self._index = ConveyanceIndex(air=air)
        self._heard = Heard(heard_keys)
        self._versions = Versions()
        self._changed: set[int] = set()
        self._told: list[Told] = []
        self._by_craft: dict[int, set[int]] = defaultdict(set)
        self._by_conveyance: dict[int, dict[int, list[Match]]] = defaultdict(lambda: defaultdict(list))
        self._following = Following()
        self._judge = LoadingJudge(self._calls, self._following, self.config)
        self._window_us = int(self.config.loading_window_d * US_PER_DAY)
        self._tallies: dict[int, Tally] = defaultdict(Tally)
        self._bonds: dict[str, Bond] = {}
        self._bonds_of: dict[int, list[Bond]] = {}
        self._resembling = Resembling(
            self._judge, self._following,
            lambda conveyance: self._by_conveyance.get(self._index.number_of.get(conveyance, -1), {}),
            lambda conveyance, known_us: (leg for one in self._versions.of(conveyance, known_us) for leg in one.legs),
            self._calls.is_same_port,
        )  # fmt: skip
        self._join = PaperJoin(self._calls.is_same_port)
        self._joined: dict[str, Manifest] = {}
        self._boxes = BoxLog()
        self._boxed = BoxedLegs(self._boxes, self._calls.is_same_port)
        self._contradicted = Contradictions(
            self._heard,
            lambda conveyance: self._by_conveyance.get(self._index.number_of.get(conveyance, -1), ()),
            lambda craft: [self._index.conveyances[number] for number in self._by_craft.get(craft, ())],
        )
        self.take(book.latest, ALWAYS_US)
        self.take_boxes(book.box_events, ALWAYS_US)

    def take_boxes(self, events: Iterable[BoxEvent], known_us: int) -> set[int]:
        """What became of boxes, as it becomes known; returns the craft whose standing alerts are to be judged again."""
        legs = self._boxed.changed(self._boxes.add(events, known_us))
        crafts = self.crafts_meant({leg.manifest.manifest_id for leg in legs})
        self._changed |= crafts
        return crafts

    def take(self, manifests: Sequence[Manifest], known_us: int) -> set[int]:
        """Papers as they become known: each the newest version of its ``manifest_id``, which replaces the one before.

        What is asked as known at an earlier instant is answered as before. A version not newer than the one that is known is passed over.

        Parameters
        ----------
        known_us:
            The watermark up to which everything heard was taken in.

        Returns
        -------
        Craft that the old or the new papers may mean: their standing alerts are to be judged again. Others may be recognised later.
        """
        new_papers = self._versions.newer(manifests)
        joined = self._join.take(new_papers)
        names = dict.fromkeys(manifest.manifest_id for manifest in (*manifests, *joined))
        crafts = self.crafts_meant(names)
        taken = self._put(new_papers, joined, known_us)
        self._joined |= {version.manifest.manifest_id: version.manifest for version in taken}
        new = [version.manifest.conveyance for version in taken]
        new = [conveyance for conveyance in dict.fromkeys(new) if conveyance not in self._index.number_of]
        if new:
            found = self._index.learn(new, heard_of(self._heard, new))
            self._enter(found)
            self._contradicted.learn(new)
            self._enter_disputed(self._contradicted.judge(StaticBatch.empty(), self._named(found), known_us))
            self._resembling.known.learn(new)
            self._enter_resembling(
                self._resembling.known.judge(
                    self._heard.alike(key for one in new for key in paper_names(one.name or ""))
                )
            )
        crafts |= self.crafts_meant(names)
        self._changed |= crafts
        return crafts

    def _put(self, new: Sequence[Manifest], joined: Sequence[Manifest], known_us: int) -> list[Version]:
        """Keep new papers in their joined forms, and others that are joined otherwise for them."""
        came = {manifest.manifest_id: manifest for manifest in new}
        taken = self._versions.take([one for one in joined if one.manifest_id in came], known_us, came)
        taken += self._versions.rejoin([one for one in joined if one.manifest_id not in came], known_us)
        for version in taken:
            self._chains.take(version.manifest.manifest_id, version.legs)
        return taken

    def take_joined(self) -> list[Manifest]:
        """Papers that say something else since this was last asked: new ones, and those of which others say more; with the ship and the calls that others give them."""
        joined, self._joined = self._joined, {}
        return list(joined.values())

    @property
    def papers(self) -> list[Manifest]:
        """The newest version of every manifest, in the order in which they came, without what others say of its ship and calls."""
        return [self._join.paper(manifest.manifest_id) for manifest in self._versions.newest()]

    def itineraries(self) -> list[Itinerary]:
        """What the newest papers declare (``book.itineraries_of``), as carriers published it."""
        return itineraries_of(self._versions.newest())

    def newer(self, manifests: Iterable[Manifest]) -> list[Manifest]:
        """Those of some papers that :meth:`take` would take: newer than the version that is known."""
        return self._versions.newer(manifests)

    def heard_of(self, conveyances: Iterable[Conveyance]) -> StaticBatch:
        """What craft have said so far that some conveyances may mean, in the order of time."""
        return heard_of(self._heard, conveyances)

    def observe(self, statics: StaticBatch) -> list[Match]:
        """Static reports, in event-time order; returns the craft newly recognised."""
        new = self._heard.note(statics)
        found = self._index.observe(statics)
        self._enter(found)
        self._enter_resembling(self._resembling.known.judge(new))
        self._resembling.hear(statics)
        self._enter_disputed(self._contradicted.judge(new, self._named(found)))
        return found

    def add_port_calls(self, calls: Iterable[Call]) -> None:
        """Port calls, and later revisions of them, as they become known."""
        new = list(calls)
        self._changed |= {call.craft & CRAFT_MASK for call in new}
        self._calls.add(new)

    def follow(self, rows: PositionBatch) -> None:
        """Positions, in event-time order, after the static reports up to the same instant: where the craft meant were, and were not."""
        self._following.observe(rows)
        self._told += self._contradicted.follow(rows)

    def take_told(self) -> list[Told]:
        """What became known of papers and ships that contradict each other since this was last asked."""
        told, self._told = self._told, []
        self._changed |= {one.craft for one in told} | {one.now.other for one in told if one.now.other is not None}
        return told

    def papers_of(self, conveyance: Conveyance, known_us: int) -> list[str]:
        """The ids of the papers that mean a conveyance, as known at an instant."""
        return [version.manifest.manifest_id for version in self._versions.of(conveyance, known_us)]

    def _named(self, matches: Iterable[Match]) -> list[tuple[Conveyance, Match]]:
        return [(self._index.conveyances[match.conveyance_index], match) for match in matches]

    def hand_over(self, events: Iterable[Event]) -> None:
        """What events, as they become known, say of an identity that two craft have."""
        changed = False
        for event in events:
            if event.kind is not EventKind.INTEGRITY or event.detail not in DETAILS or event.other_craft is None:
                continue
            before = self._bonds.get(event.event_id)
            craft, other = parse_craft(event.craft), parse_craft(event.other_craft)
            if event.state is EventState.RETRACTED:
                if before is not None and before.withdrawn_us is None:
                    self._bonds[event.event_id] = replace(before, withdrawn_us=int(event.known_us))
            else:
                crossed = event.evidence.get("is_hull_crossed") if event.detail == EXCHANGE else None
                bond = Bond(
                    event.event_id, event.detail, craft, other, int(event.start_us), float(event.confidence), int(event.known_us),
                    is_hull_crossed=crossed,
                )  # fmt: skip
                if before is not None and before.withdrawn_us is None and not says_more(bond, before):
                    continue
                if before is not None and event.detail == EXCHANGE and before.withdrawn_us is None:
                    key = f"{event.event_id} until {bond.known_us}"
                    self._bonds[key] = replace(before, event_id=key, withdrawn_us=bond.known_us)
                self._bonds[event.event_id] = bond
            self._changed |= {craft, other}
            for one in (craft, other):
                self._following.want(one, int(event.known_us))
            changed = True
        if changed:
            self._bind()

    def _bind(self) -> None:
        """Who is bound to whom; what papers mean the one may mean the other."""
        self._bonds_of = defaultdict(list)
        for bond in sorted(self._bonds.values(), key=lambda bond: (bond.known_us, bond.event_id)):
            self._bonds_of[bond.craft].append(bond)
            self._bonds_of[bond.other].append(bond)
        for _ in range(_LONGEST_CHAIN):
            more = False
            for bond in self._bonds.values():
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

    def meant(self) -> set[int]:
        """Craft that some papers may mean."""
        return {craft for craft, indices in self._by_craft.items() if indices}

    def named(self) -> set[int]:
        """Craft that papers name by their own number."""
        return {match.craft for match in self._index.matches() if match.reason in ("mmsi", "icao24")}

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Keep neither matches nor calls of some craft."""
        gone = set(craft.tolist())
        self._bonds = {key: bond for key, bond in self._bonds.items() if not gone & {bond.craft, bond.other}}
        self._bonds_of = {}
        self._heard.forget_craft(craft)
        self._index.forget(craft)
        self._resembling.forget(craft)
        self._contradicted.forget(craft)
        self._enter_anew()
        self._calls.forget_craft(craft)
        self._following.forget_craft(craft)
        for match in self._index.matches():
            self._following.want(match.craft, match.time_us)
        for one in self._resembling.known.all():
            self._following.want(one.craft, one.time_us)

    def forget(self, watermark_us: int) -> None:
        """Drop calls that ended ``keep_calls_d`` before the watermark."""
        before_us = watermark_us - int(self.config.keep_calls_d * US_PER_DAY)
        self._heard.forget(before_us)
        self._calls.forget(before_us)
        self._following.forget(before_us)
        self._boxes.forget(before_us)
        self._forget_papers(before_us - int(self.config.overdue_sea_d * US_PER_DAY))
        if any(bond.known_us < before_us for bond in self._bonds.values()):
            self._bonds = {key: bond for key, bond in self._bonds.items() if bond.known_us >= before_us}
            self._bind()

    def _forget_papers(self, before_us: int) -> None:
        """Drop versions that nobody asks for any more; the index is made anew once most of what it knows is named by none."""
        for version in self._versions.forget(before_us):
            self._flags.forget(version.legs)
            self._boxed.forget(version.legs)
            if not self._versions.conveyances([version.manifest.manifest_id]):
                self._chains.take(version.manifest.manifest_id, ())
                self._join.forget([version.manifest.manifest_id])
        named = self._versions.conveyances(manifest.manifest_id for manifest in self._versions.newest())
        if len(self._index.number_of) > 2 * len(named) + _MOST_UNNAMED:
            self._index = self._index.only([one for one in self._index.conveyances if one in named])
            self._resembling.known = self._resembling.known.only(self._index.conveyances)
            self._enter_anew()

    def standings(self, craft: int, at_us: int, known_us: int | None = None) -> list[Standing]:
        """What is, or may be, aboard a craft at an instant.

        ``known_us`` is when the question is asked, where that is later than ``at_us``.
        """
        known_us = at_us if known_us is None else max(at_us, known_us)
        return [
            standing
            for standing in self._all_standings(craft & CRAFT_MASK, at_us, known_us)
            if standing.status in (Status.LOADED, Status.POSSIBLE)
            and (standing.until_us is None or at_us < standing.until_us)
        ]

    def aboard(self, craft: int, at_us: int, known_us: int | None = None) -> list[Link]:
        """Every consignment that is, or may be, aboard at an instant, flagged ones first, gravest first; each says which in its ``status``."""
        return list(Cargo(self.standings(craft, at_us, known_us)))

    def _all_standings(self, craft: int, at_us: int, known_us: int) -> list[Standing]:
        """What is believed of every leg that papers mean the craft by, also before loading and after discharge."""
        overdue_us = int(self.config.overdue_doubt_h * US_PER_H)
        found = []
        for index, match, rivals in self._conveyances(craft, at_us, known_us):
            for version in self._versions.of(self._index.conveyances[index], known_us):
                for leg in version.legs:
                    base = self._standing(craft, leg, match, rivals, at_us, known_us)
                    parts = self._boxed.parts(leg, at_us, known_us)
                    found += [
                        base
                        if part is leg and proof is None
                        else prove(base, part, proof, match.confidence, at_us, overdue_us)
                        for proof, part in parts
                    ]
        return found

    def crafts_meant(self, manifest_ids: Iterable[str]) -> set[int]:
        """Every craft that some papers were ever taken to mean, surely or not: whatever is told of these papers is told of one of them."""
        crafts: set[int] = set()
        for conveyance in self._versions.conveyances(manifest_ids):
            crafts |= self._by_conveyance.get(self._index.number_of.get(conveyance, -1), {}).keys()
            crafts |= self._resembling.known.crafts(conveyance) | self._contradicted.others(conveyance)
        return crafts

    def all_links(self, known_us: int, crafts: Iterable[int] | None = None) -> list[Link]:
        """Every consignment on every craft that its papers are taken to mean, also before loading and after discharge, as known at an instant.

        ``crafts`` are the craft asked for; all of them where it is not given.
        """
        return [
            link
            for craft in (self.crafts if crafts is None else crafts)
            for link in Cargo(self._all_standings(craft, known_us, known_us))
        ]

    @property
    def crafts(self) -> list[int]:
        """Craft that papers are taken to mean, in order."""
        return sorted(self._by_craft)

    def take_changed(self) -> set[int]:
        """Craft of which a match or a call has become known since this was last asked."""
        changed, self._changed = self._changed & self._by_craft.keys(), set()
        return changed

    def itinerary(
        self, craft: int, at_us: int, known_us: int | None = None, named: str | None = None
    ) -> Itinerary | None:
        """The declared itinerary that a craft is on: the ``named`` one, else the surest, then the one whose dates are nearest."""
        known_us = at_us if known_us is None else max(at_us, known_us)
        choices = [
            (
                version.manifest.manifest_id != named,
                -match.confidence / rivals,
                _off_dates_us(version.manifest.itinerary, at_us),
                version.manifest.manifest_id,
                version.manifest.itinerary,
            )
            for index, match, rivals in self._conveyances(craft & CRAFT_MASK, at_us, known_us)
            for version in self._versions.of(self._index.conveyances[index], known_us)
            if version.manifest.itinerary is not None
        ]
        return min(choices, key=lambda choice: choice[:4])[4] if choices else None

    def call_at(self, craft: int, node: ItineraryNode, known_us: int) -> tuple[int, int | None] | None:
        """When a craft was seen to arrive at, and leave, a declared call; None where she was not seen there."""
        declared_us = node.arrive_us if node.arrive_us is not None else node.depart_us
        seen = self._calls.near(craft & CRAFT_MASK, node.location, declared_us, known_us, self._window_us)
        if seen is None:
            return None
        return seen.arrive_us, seen.depart_us

    def capture(self) -> Later:
        """What was heard, matched and seen, and which versions of papers are known, as Arrow; the papers themselves are elsewhere."""
        matches = pa.table({"index": pa.array([self._index.snapshot()], pa.binary())})
        bonds = pa.table(
            {"text": pa.array([json.dumps(asdict(self._bonds[key])) for key in sorted(self._bonds)], pa.string())}
        )
        return pack_later("cargo linker", _LAYOUT, {
            "calls": self._calls.table(), "matches": matches, "bonds": bonds, "heard": self._heard.capture(), **self._resembling.tables(),
            "contradicted": self._contradicted.table(), "versions": self._versions.table(), "boxes": self._boxes.table(), **self._following.tables(),
        })  # fmt: skip

    def snapshot(self) -> bytes:
        """:meth:`capture` put together at once."""
        return self.capture()()

    def restore(self, snapshot: bytes, papers: Iterable[Manifest] = ()) -> None:
        """Take over a snapshot, into a linker that has seen nothing yet.

        What the versions known to it say is found among those that this linker has, and ``papers``. Those that it has and the snapshot does not know come
        as if they were taken now: they count from when they were known, and are laid over what was heard before.
        """
        tables = unpack("cargo linker", _LAYOUT, snapshot)
        own = [(version.known_us, version.as_it_came) for version in self._versions.all() if version.is_first]
        known = {(one.manifest_id, one.version): one for one in (*(manifest for _, manifest in own), *papers)}
        self._versions, self._join = Versions(), PaperJoin(self._calls.is_same_port)
        restored: list[Manifest] = []
        for known_us, manifests in Versions.in_order(tables["versions"], known):
            new = self._versions.newer(manifests)
            restored += [version.manifest for version in self._put(new, self._join.take(new), known_us)]
        self._index = ConveyanceIndex(list(dict.fromkeys(one.conveyance for one in restored)), self._air)
        self._index.restore(tables["matches"].column("index")[0].as_py())
        self._heard.restore(tables["heard"])
        self._resembling.restore(tables, self._index.conveyances)
        self._contradicted.restore(tables["contradicted"], self._index.conveyances)
        for text in tables["bonds"].column("text").to_pylist():
            bond = Bond(**json.loads(text))
            self._bonds[bond.event_id] = bond
        self._enter_anew()
        self._calls.restore(tables["calls"])
        self._following.restore(tables)
        self._boxes.restore(tables["boxes"])
        for known_us, group in groupby(own, key=lambda one: one[0]):
            self.take([manifest for _, manifest in group], known_us)
        self._joined = {}

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

    def suggestions(self, craft: int, known_us: int) -> list[Suggestion]:
        """Papers whose ship's name a craft merely resembles, and that nothing else joins to it, as known at an instant."""
        craft &= CRAFT_MASK
        conveyances = [self._index.conveyances[index] for index in sorted(self._by_craft.get(craft, ()))]
        found = [self._resembling.suggestion(conveyance, craft, known_us) for conveyance in conveyances]
        return [
            Suggestion(
                one.time_us, craft, version.manifest.manifest_id, one.said, one.conveyance.name or "", one.words,
                would_decide(one.conveyance, version.legs),
            )
            for one in found if one is not None
            for version in self._versions.of(one.conveyance, known_us)
        ]  # fmt: skip

    def all_suggestions(self, known_us: int, crafts: Iterable[int] | None = None) -> list[Suggestion]:
        """The suggestions of some craft, or of all."""
        return [
            one for craft in (self.crafts if crafts is None else crafts) for one in self.suggestions(craft, known_us)
        ]

    def _conveyances(self, craft: int, at_us: int, known_us: int) -> list[tuple[int, Match, int]]:
        """Conveyances a craft is taken for at an instant: number, the match, and among how many craft it is shared."""
        indices = self._by_craft.get(craft, ())
        if not indices or self._went_on(craft, at_us, known_us):
            return []
        found = []
        exchange = self._exchange_of(craft, at_us, known_us)
        for index in sorted(indices):
            if exchange is not None:
                one = self._in_exchange(index, craft, exchange, known_us)
                found += [] if one is None else [(index, one, 1)]
                continue
            own, given = self._own(index, craft, known_us), self._given(index, craft, at_us, known_us)
            conveyance = self._index.conveyances[index]
            own, named = self._against(conveyance, index, craft, own, known_us)
            if named is not None and own is not None:
                found.append((index, own, 2))
                continue
            if own is None and given is None:
                resembling = self._resembling.match(index, conveyance, craft, at_us, known_us)
                found += [] if resembling is None else [(index, *resembling)]
                continue
            if own is None or (given is not None and given.confidence > own.confidence):
                assert given is not None
                found.append((index, given, 1))
                continue
            best, rivals = self._tallies[index].against(own.confidence, known_us)
            if best - own.confidence >= MATCH_MARGIN and not self._is_best_gone(index, own, at_us, known_us):
                continue
            own, shared = self._beside_twins(index, own, known_us)
            found.append((index, own, rivals if own.reason.split(",")[0] not in _ONE_CRAFT else shared))
        return found

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
        for _ in range(_LONGEST_CHAIN):
            bonds = [
                bond
                for bond in self._bonds_of.get(one, ())
                if bond.is_transfer and bond.craft == one and bond.at_us <= at_us and bond.stands(known_us)
            ]
            if not bonds:
                return None
            bond = max(bonds, key=lambda bond: bond.at_us)
            sure, one, at_us = sure * bond.confidence, bond.other, bond.at_us - 1
            own = self._own(index, one, known_us)
            if own is not None and sure >= _LEAST_TRANSFER:
                reason = f"{own.reason} of {craft_text(one)}, whose identity it took over"
                return Match(own.time_us, craft, index, reason, own.confidence * sure)
        return None

    def _exchange_of(self, craft: int, at_us: int, known_us: int) -> Bond | None:
        """The latest exchange of identities that a craft had part in."""
        bonds = [
            bond
            for bond in self._bonds_of.get(craft, ())
            if bond.what == EXCHANGE and bond.at_us <= at_us and bond.stands(known_us)
        ]
        return max(bonds, key=lambda bond: bond.at_us, default=None)

    def _in_exchange(self, index: int, craft: int, bond: Bond, known_us: int) -> Match | None:
        """What a conveyance is to a craft that exchanged identities with another: its own match, or the other's, whichever is surer."""
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
            return replace(own, reason=f"{own.reason}, {why} {craft_text(other)}", confidence=own.confidence * factor)
        choices = []
        if own is not None:
            kept = 1.0 if is_new else 1.0 - bond.crossed
            reason = f"{own.reason}, or by now aboard {craft_text(other)}, with which it exchanged identities"
            choices.append(replace(own, reason=reason, confidence=own.confidence * kept))
        if theirs is not None:
            reason = f"{theirs.reason} of {craft_text(other)}, with which it exchanged identities"
            choices.append(Match(theirs.time_us, craft, index, reason, theirs.confidence * bond.crossed))
        return max(choices, key=lambda match: match.confidence)

    def _went_on(self, craft: int, at_us: int, known_us: int) -> bool:
        """Whether a craft had gone on under another identity by an instant, and is not back."""
        last_us, gone = -1, False
        for bond in self._bonds_of.get(craft, ()):
            if bond.is_transfer and bond.at_us <= at_us and bond.stands(known_us) and bond.at_us > last_us:
                last_us, gone = bond.at_us, bond.other == craft and bond.confidence >= 0.5
        return gone

    def _is_best_gone(self, index: int, own: Match, at_us: int, known_us: int) -> bool:
        """Whether all the craft that fit better have gone on under another identity."""
        return all(
            self._went_on(craft, at_us, known_us)
            for craft in self._by_conveyance[index]
            if (match := self._own(index, craft, known_us)) is not None
            and match.confidence - own.confidence >= MATCH_MARGIN
        )

    def _beside_twins(self, index: int, own: Match, known_us: int) -> tuple[Match, int]:
        """The match in the light of others that give the same number at once: which fits best, and among how many equal ones it is shared."""
        twins = {
            bond.other if bond.craft == own.craft else bond.craft
            for bond in self._bonds_of.get(own.craft, ())
            if bond.what == DUPLICATE and bond.stands(known_us)
        }
        matches = [match for twin in sorted(twins) if (match := self._own(index, twin, known_us)) is not None]
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

    def _standing(self, craft: int, leg: Leg, match: Match, rivals: int, at_us: int, known_us: int) -> Standing:
        """What is believed of a leg, and why; the doubt of an overdue ship is that of the instant."""
        config, declared = self.config, leg.declared
        is_air = leg.manifest.conveyance.mode is Mode.AIR
        crafts = [craft, *self._formerly(craft, at_us, known_us)]
        said_us = self._by_conveyance[match.conveyance_index][craft][0].time_us if is_air and match.time_us else None
        loading = self._judge.judge(crafts, declared, said_us, at_us, known_us)
        status, reasons = loading.status, [match.reason]
        confidence = match.confidence * loading.factor
        among: tuple[int, ...] = ()
        if rivals > 1 and status in (Status.LOADED, Status.POSSIBLE):
            factor, among, reason = self._beside_rivals(craft, leg, match, loading, rivals, at_us, known_us)
            confidence *= factor
            reasons.append(reason)
        reasons.append(loading.reason)
        arrived_us = self._judge.landed_us(crafts, declared, loading, known_us)
        until_us: int | None
        if arrived_us is not None:
            until_us = arrived_us + int(config.unloading_h * US_PER_H)
        elif declared.arrives_us is not None:
            until_us = declared.arrives_us + int(
                (config.overdue_air_d if is_air else config.overdue_sea_d) * US_PER_DAY
            )
            if at_us > declared.arrives_us + int(config.overdue_doubt_h * US_PER_H):
                confidence *= OVERDUE
                reasons.append(f"overdue at {declared.discharge.code}")
        elif loading.from_us > 0 and status is not Status.POSSIBLE:
            until_us = loading.from_us + int((config.undated_air_d if is_air else config.undated_sea_d) * US_PER_DAY)
        else:
            until_us = None
        if arrived_us is not None and until_us is not None and at_us >= until_us:
            status = Status.DISCHARGED
        elif at_us < loading.from_us:
            status = Status.EXPECTED
        elif status is Status.LOADED and (
            among or match.confidence < LEAST_SURE or (until_us is not None and at_us >= until_us)
        ):
            status = Status.POSSIBLE
        return Standing(
            craft, leg, status, ", ".join(reasons), round(confidence, 4), loading.from_us, until_us, arrived_us, loading.is_seen,
            self._flags.of(leg), among,
        )  # fmt: skip

    def _beside_rivals(
        self, craft: int, leg: Leg, match: Match, loading: Loading, rivals: int, at_us: int, known_us: int
    ) -> tuple[float, tuple[int, ...], str]:
        """What other craft that fit as well leave of a match, among whom the goods then are, and why; among nobody where this one alone is left."""
        unknown = 1.0 / rivals, (craft,), f"one of {rivals} craft that fit"
        if rivals > _MOST_RIVALS:
            return unknown
        index, others = match.conveyance_index, {}
        _, disputed = self._against(self._index.conveyances[index], index, craft, match, known_us)
        for other in sorted(self._by_conveyance[index]) if disputed is None else (disputed,):
            own = self._own(index, other, known_us) if disputed is None else match
            if other != craft and own is not None and abs(own.confidence - match.confidence) < MATCH_MARGIN:
                others[other] = self._judge.judge([other], leg.declared, None, at_us, known_us)
        if len(others) != rivals - 1:
            return unknown
        seen = [other for other, theirs in others.items() if theirs.is_seen]
        left = [other for other, theirs in others.items() if theirs.status is not Status.EXPECTED]
        named, place = " or ".join(map(craft_text, others)), leg.declared.loading.code
        if loading.is_seen and not seen:
            return 1.0, (), f"seen at {place} alone of {rivals} craft that fit"
        if not left:
            return 1.0, (), f"the only one of {rivals} craft that fit which can have been at {place}"
        if seen and not loading.is_seen:
            return _UNSEEN_BESIDE, (craft, *seen), f"as {' or '.join(map(craft_text, seen))}, which was seen at {place}"
        return (
            1.0 / (1 + len(left)),
            (craft, *left),
            f"one of {rivals} craft that fit, as {named}: an MMSI, IMO number or call sign on the papers would decide",
        )

    def _formerly(self, craft: int, at_us: int, known_us: int) -> list[int]:
        """Craft whose calls count for this one: those whose identity it took over, and the one with which it exchanged its own."""
        found: list[int] = []
        for _ in range(_LONGEST_CHAIN):
            one = found[-1] if found else craft
            before = [
                bond
                for bond in self._bonds_of.get(one, ())
                if bond.is_transfer and bond.craft == one and bond.at_us <= at_us and bond.stands(known_us)
            ]
            if not before:
                break
            found.append(max(before, key=lambda bond: bond.at_us).other)
        exchange = self._exchange_of(craft, at_us, known_us) if self._bonds_of.get(craft) else None
        return [*found, *([] if exchange is None else [exchange.other_of(craft)])]


def _off_dates_us(itinerary: Itinerary | None, at_us: int) -> int:
    """How far an instant lies outside the declared dates of an itinerary."""
    nodes = itinerary.nodes if itinerary else ()
    times = [t for node in nodes for t in (node.arrive_us, node.depart_us) if t is not None]
    return max(min(times) - at_us, at_us - max(times), 0) if times else 0
