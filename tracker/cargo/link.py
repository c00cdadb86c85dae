"""Which consignments are aboard a craft at an instant, and how sure that is.

Papers mean the craft that their conveyance is matched to (``tracker.voyages.conveyance``). Whether their goods are aboard is a statement with evidence: ``loaded``, ``expected``,
``possible`` or ``discharged`` (``tracker.cargo.loading``). They stay aboard::

    until  ``unloading_h`` after the craft was seen to arrive, and stop, at the port of discharge;
           else the declared arrival and ``overdue_sea_d`` or ``overdue_air_d`` (a diverted ship still has them aboard);
           else the loading and ``undated_sea_d`` or ``undated_air_d``

Confidence is that of the match, times 0.9 where the loading was not seen, 0.8 once the craft is overdue by ``overdue_doubt_h``, 0.5 where
the papers give no time. Which craft the papers mean is asked of ``tracker.cargo.meant``. Of craft
matched equally well (two ships of one name) the one that alone was seen at the port of loading has the goods; where that decides nothing they share the confidence, and
the goods are aboard none of them for sure.

Only what was known at the instant asked for is used: matches, calls, events and versions of papers that lie after it are not looked at.

Papers come at any time (:meth:`CargoLinker.take`). What craft said of themselves before, where they called and where they lay, counts for them as of the times at which it was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import Later, pack_later, unpack
from tracker.cargo.book import CargoBook, itineraries_of
from tracker.cargo.bound import Bound
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.box_log import BoxLog
from tracker.cargo.box_papers import BoxPapers
from tracker.cargo.boxed_legs import BoxedLegs, prove
from tracker.cargo.calls import Call, CallLog
from tracker.cargo.contradictions import Told
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
from tracker.cargo.meant import Meant
from tracker.cargo.suggestions import Suggestion, would_decide
from tracker.cargo.versions import ALWAYS_US, Version, Versions
from tracker.events import Event
from tracker.identity import CRAFT_MASK, craft_text
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.air_names import NO_NAMES, AirNames
from tracker.voyages.conveyance import Match
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode

_MOST_RIVALS: Final = 8
"""Among more craft of one name nobody is told apart by what it did."""
_UNSEEN_BESIDE: Final = 0.2
"""What is left of a match where another craft that fits as well was seen at the port of loading, and this one was not (ours)."""
_LAYOUT: Final = 11


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
    may_more_come:
        False where the book has all papers that there will ever be: without any, no craft is followed.
    """

    def __init__(
        self,
        book: CargoBook,
        locate: Locate | None = None,
        config: LinkConfig | None = None,
        flags: FlagBook | None = None,
        air: AirNames = NO_NAMES,
        *,
        may_more_come: bool = True,
    ) -> None:
        self.config = config or LinkConfig()
        self._calls = CallLog(locate, self.config.same_port_km)
        self._chains = FlagChains(self._calls.is_same_port)
        self._flags = FlaggedLegs(flags, self._chains)
        self._versions = Versions()
        self._changed: set[int] = set()
        is_asked = may_more_come or bool(book.latest)
        self._following, bound = Following(is_asked), Bound(is_asked)
        self._judge = LoadingJudge(self._calls, self._following, bound, self.config)
        self._window_us = int(self.config.loading_window_d * US_PER_DAY)
        self._meant = Meant(
            self._judge, self._following,
            lambda conveyance, known_us: (leg for one in self._versions.of(conveyance, known_us) for leg in one.legs),
            self._calls.is_same_port, bound, air,
        )  # fmt: skip
        self._join = PaperJoin(self._calls.is_same_port)
        self._joined: dict[str, Manifest] = {}
        self._boxes = BoxLog()
        self._box_papers = BoxPapers()
        self._boxed = BoxedLegs(self._boxes, self._calls.is_same_port)
        self.take(book.latest, ALWAYS_US)
        self.take_boxes(book.box_events, ALWAYS_US)

    def take_boxes(self, events: Iterable[BoxEvent], known_us: int) -> set[int]:
        """What became of boxes, as it becomes known; returns the craft whose standing alerts are to be judged again."""
        changed = self._boxes.add(events, known_us)
        self._boxed.changed(changed)
        crafts = self.crafts_meant(
            self._box_papers.naming(changed, self._versions.newest_versions()) if changed else ()
        )
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
        self._meant.learn((version.manifest.conveyance for version in taken), known_us)
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
        return self._meant.heard_of(conveyances)

    def observe(self, statics: StaticBatch) -> list[Match]:
        """Static reports, in event-time order; returns the craft newly recognised."""
        return self._meant.observe(statics)

    def add_port_calls(self, calls: Iterable[Call]) -> None:
        """Port calls, and later revisions of them, as they become known."""
        new = list(calls)
        self._changed |= {call.craft & CRAFT_MASK for call in new}
        self._calls.add(new)

    def follow(self, rows: PositionBatch) -> None:
        """Positions, in event-time order, after the static reports up to the same instant: where each was, and was not."""
        self._following.observe(rows)
        self._meant.follow(rows)

    def take_told(self) -> list[Told]:
        """What became known of papers and ships that contradict each other since this was last asked."""
        return self._meant.take_told()

    def papers_of(self, conveyance: Conveyance, known_us: int) -> list[str]:
        """The ids of the papers that mean a conveyance, as known at an instant."""
        return [version.manifest.manifest_id for version in self._versions.of(conveyance, known_us)]

    def hand_over(self, events: Iterable[Event]) -> None:
        """What events, as they become known, say of an identity that two craft have."""
        self._meant.hand_over(events)

    def meant(self) -> set[int]:
        """Craft that some papers may mean."""
        return set(self._meant.crafts)

    def named(self) -> set[int]:
        """Craft that papers name by their own number."""
        return self._meant.named()

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Keep neither matches nor calls of some craft."""
        self._meant.forget_craft(craft)
        self._calls.forget_craft(craft)
        self._following.forget_craft(craft)
        self._meant.want_again()

    def forget(self, watermark_us: int) -> None:
        """Drop calls that ended ``keep_calls_d`` before the watermark."""
        before_us = watermark_us - int(self.config.keep_calls_d * US_PER_DAY)
        self._meant.forget(before_us)
        self._calls.forget(before_us)
        self._following.forget(before_us)
        self._boxes.forget(before_us)
        self._forget_papers(before_us - int(self.config.overdue_sea_d * US_PER_DAY))

    def _forget_papers(self, before_us: int) -> None:
        """Drop versions that nobody asks for any more, and what only they named."""
        for version in self._versions.forget(before_us):
            self._flags.forget(version.legs)
            self._boxed.forget(version.legs)
            if not self._versions.conveyances([version.manifest.manifest_id]):
                self._chains.take(version.manifest.manifest_id, ())
                self._join.forget([version.manifest.manifest_id])
        self._meant.keep_only(self._versions.conveyances(manifest.manifest_id for manifest in self._versions.newest()))

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
        for conveyance, match, rivals in self._meant.conveyances(craft, at_us, known_us):
            for version in self._versions.of(conveyance, known_us):
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
        return self._meant.crafts_of(self._versions.conveyances(manifest_ids))

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
        return self._meant.crafts

    def take_changed(self) -> set[int]:
        """Craft of which a match or a call has become known since this was last asked."""
        changed, self._changed = self._changed, set()
        return self._meant.take_changed(changed)

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
            for conveyance, match, rivals in self._meant.conveyances(craft & CRAFT_MASK, at_us, known_us)
            for version in self._versions.of(conveyance, known_us)
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
        return pack_later("cargo linker", _LAYOUT, {
            "calls": self._calls.table(), **self._meant.tables(), "versions": self._versions.table(), "boxes": self._boxes.table(), **self._following.tables(),
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
        self._meant.restore(tables, (one.conveyance for one in restored))
        self._calls.restore(tables["calls"])
        self._following.restore(tables)
        self._boxes.restore(tables["boxes"])
        for known_us, group in groupby(own, key=lambda one: one[0]):
            self.take([manifest for _, manifest in group], known_us)
        self._joined = {}

    def suggestions(self, craft: int, known_us: int) -> list[Suggestion]:
        """Papers whose ship's name a craft merely resembles, and that nothing else joins to it, as known at an instant."""
        craft &= CRAFT_MASK
        return [
            Suggestion(
                one.time_us, craft, version.manifest.manifest_id, one.said, one.conveyance.name or "", one.words,
                would_decide(one.conveyance, version.legs),
            )
            for one in self._meant.suggestions(craft, known_us)
            for version in self._versions.of(one.conveyance, known_us)
        ]  # fmt: skip

    def all_suggestions(self, known_us: int, crafts: Iterable[int] | None = None) -> list[Suggestion]:
        """The suggestions of some craft, or of all."""
        return [
            one for craft in (self.crafts if crafts is None else crafts) for one in self.suggestions(craft, known_us)
        ]

    def _standing(self, craft: int, leg: Leg, match: Match, rivals: int, at_us: int, known_us: int) -> Standing:
        """What is believed of a leg, and why; the doubt of an overdue ship is that of the instant."""
        config, declared = self.config, leg.declared
        is_air = leg.manifest.conveyance.mode is Mode.AIR
        crafts = [craft, *self._meant.formerly(craft, at_us, known_us)]
        said_us = self._meant.said_us(match) if is_air and match.time_us else None
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
        elif status is Status.LOADED and not is_air and self._judge.may_have_landed(crafts, declared, loading, at_us):
            status = Status.POSSIBLE
            reasons.append(f"may have called at {declared.discharge.code} unheard, when it was due there")
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
        others = {
            other: self._judge.judge([other], leg.declared, None, at_us, known_us)
            for other in self._meant.rivals_of(leg.manifest.conveyance, match, known_us)
        }
        if len(others) != rivals - 1:
            return unknown
        declared = leg.declared
        seen = [other for other, theirs in others.items() if theirs.is_seen]
        left = [other for other, theirs in others.items() if theirs.status is not Status.EXPECTED]
        named, place = " or ".join(map(craft_text, others)), declared.loading.code
        if loading.is_seen and not seen:
            return 1.0, (), f"seen at {place} alone of {rivals} craft that fit"
        if not left:
            return 1.0, (), f"the only one of {rivals} craft that fit which can have been at {place}"
        if seen and not loading.is_seen:
            return _UNSEEN_BESIDE, (craft, *seen), f"as {' or '.join(map(craft_text, seen))}, which was seen at {place}"
        after_us = (declared.departs_from_us or declared.departs_us or 0) - int(
            self.config.early_departure_h * US_PER_H
        )
        bound = {one: self._judge.bound_for(one, declared, after_us, at_us) for one in (craft, *left)}
        if all(self._judge.says_where(one, after_us, at_us) for one in bound):
            going = {one: words for one, words in bound.items() if words is not None}
            if [*going] == [craft]:
                return 1.0, (), f"the only one of {rivals} craft that fit which is {going[craft][1]}"
            if going and craft not in going:
                whose = " or ".join(map(craft_text, going))
                return _UNSEEN_BESIDE, (craft, *going), f"as {whose}, which is {min(going.values())[1]}"
        return (
            1.0 / (1 + len(left)),
            (craft, *left),
            f"one of {rivals} craft that fit, as {named}: an MMSI, IMO number or call sign on the papers would decide",
        )


def _off_dates_us(itinerary: Itinerary | None, at_us: int) -> int:
    """How far an instant lies outside the declared dates of an itinerary."""
    nodes = itinerary.nodes if itinerary else ()
    times = [t for node in nodes for t in (node.arrive_us, node.depart_us) if t is not None]
    return max(min(times) - at_us, at_us - max(times), 0) if times else 0
