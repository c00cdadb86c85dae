"""Which of the ships whose names merely resemble that of papers is meant: the one that something else speaks for, while nobody fits.

A resemblance (``tracker.voyages.resemblance``) is a suggestion. It counts as a match where the ship's own words hold a second witness: a number like the papers', or that it is bound for a port of their itinerary in the declared time; or where
it was seen at a port of loading in time (``tracker.cargo.loading``), or at another port of the itinerary within a day of the declared time (at two, where the papers say no times); and only while no craft that fits the papers was heard. Of several such ships those spelt nearest share it. A ship that says exactly the name
on other papers is meant by those, and by others only where both declare the same voyage number and route, the same calls, or the same two ports of which it is seen to sail from the one, or for the other:
a ship has the papers of several carriers, and one of them spells it wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.cargo.bound import Bound, ports_named
from tracker.cargo.following import Following
from tracker.cargo.links import Leg
from tracker.cargo.loading import AT_ABOUT_US, LoadingJudge
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.agreement import same_voyage
from tracker.voyages.conveyance import Match
from tracker.voyages.itinerary import Conveyance, Itinerary
from tracker.voyages.resemblance import Resemblance, Resemblances, conveyance_text

RESEMBLES: Final = 0.5
"""How sure a ship is meant that was seen at the port of loading in time (ours)."""
RESEMBLES_TWICE: Final = 0.6
"""And one whose call sign or IMO number resembles the papers', too (ours)."""

_EARLY_US: Final = 12 * US_PER_H
"""A destination is typed so long before the declared departure, at most (ours)."""
_LATE_US: Final = 7 * US_PER_DAY
"""And a ship is late by so much, at most (ours)."""


class Resembling:
    """Asks of suggestions what else speaks for them.

    Parameters
    ----------
    matches_of:
        The matches of every craft that fits a conveyance.
    legs_of:
        The ways of goods under a conveyance, as known at an instant.
    """

    def __init__(
        self,
        judge: LoadingJudge,
        following: Following,
        matches_of: Callable[[Conveyance], Mapping[int, list[Match]]],
        legs_of: Callable[[Conveyance, int], Iterable[Leg]],
        is_same_port: Callable[[str, str], bool],
        bound: Bound,
    ) -> None:
        self.known = Resemblances()
        self._is_same_port, self._bound = is_same_port, bound
        self._judge, self._following = judge, following
        self._matches_of, self._legs_of = matches_of, legs_of

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self.known.forget(craft)

    def table(self) -> pa.Table:
        """For a snapshot."""
        return self.known.table()

    def restore(self, table: pa.Table, conveyances: Iterable[Conveyance]) -> None:
        """The inverse of :meth:`table`, of conveyances that the present papers still name."""
        self.known = Resemblances()
        self.known.learn(conveyances)
        self.known.restore(table)

    def match(
        self, index: int, conveyance: Conveyance, craft: int, at_us: int, known_us: int
    ) -> tuple[Match, int] | None:
        """The match of a craft with a conveyance, numbered ``index``, and among how many it is shared; None where it stays a suggestion."""
        mine = self.known.between(conveyance, craft, known_us)
        if mine is None or self._is_heard(conveyance, known_us) or not self._is_witnessed(mine, at_us, known_us):
            return None
        near = [
            _distance(one) for one in self.known.of(conveyance, known_us) if self._is_witnessed(one, at_us, known_us)
        ]
        if _distance(mine) > min(near):
            return None
        reason = ", ".join(filter(None, (mine.words, self._witness(mine, at_us, known_us))))
        match = Match(mine.time_us, craft, index, reason, RESEMBLES_TWICE if mine.witness else RESEMBLES)
        return match, near.count(min(near))

    def suggestion(self, conveyance: Conveyance, craft: int, known_us: int) -> Resemblance | None:
        """The suggestion that a craft is a conveyance, where nothing else speaks for it."""
        mine = self.known.between(conveyance, craft, known_us)
        if mine is None or self._is_heard(conveyance, known_us) or self._is_witnessed(mine, known_us, known_us):
            return None
        if self.known.named(mine):
            return None
        return mine

    def _is_heard(self, conveyance: Conveyance, known_us: int) -> bool:
        """Whether a craft that fits a conveyance was heard by an instant."""
        return any(
            match.time_us <= known_us
            and (match.time_us > 0 or self._following.followed_since(craft, known_us) is not None)
            for craft, matches in self._matches_of(conveyance).items()
            for match in matches[:1]
        )

    def _is_witnessed(self, found: Resemblance, at_us: int, known_us: int) -> bool:
        return self._witness(found, at_us, known_us) is not None

    def _witness(self, found: Resemblance, at_us: int, known_us: int) -> str | None:
        """What speaks for a craft beside its name, in words; empty where it was seen at a port of loading (its link says so), None where nothing does."""
        legs = list(self._legs_of(found.conveyance, known_us))
        others = self.known.named(found)
        if not others:
            return self._own_witness(found, legs, at_us, known_us)
        sure = self._on_one_voyage(found, legs, others, known_us, is_sailed=False)
        if sure is not None:
            return sure
        own = self._own_witness(found, legs, at_us, known_us)
        route = None if own is None else self._on_one_voyage(found, legs, others, known_us, is_sailed=True)
        return None if own is None or route is None else ", ".join(filter(None, (route, own)))

    def _own_witness(self, found: Resemblance, legs: list[Leg], at_us: int, known_us: int) -> str | None:
        """What a craft itself says and does that speaks for it, as :meth:`_witness`."""
        if found.witness:
            return found.witness
        if any(self._judge.judge([found.craft], leg.declared, None, at_us, known_us).is_seen for leg in legs):
            return ""
        ways = {one.itinerary_id: one for leg in legs if (one := leg.manifest.itinerary) is not None}
        for way in ways.values():
            seen = self._judge.called_on(found.craft, way.nodes, at_us)
            if seen is not None:
                return f"called at {seen}"
        said = self._bound.of(found.craft, known_us)
        if said is None:
            return None
        ends = [(leg.declared.discharge.code,) for leg in legs if leg.manifest.itinerary is None]
        calls = [tuple(node.location for node in way.nodes) for way in ways.values() if _is_in_time(way, said[0])]
        named = ports_named(said[1])
        return next(
            (
                f"bound for {place}"
                for places in (*ends, *calls)
                for place in places
                if any(self._is_same_port(place, code) for code in named)
            ),
            None,
        )

    def _on_one_voyage(
        self, found: Resemblance, legs: list[Leg], others: Set[Conveyance], known_us: int, *, is_sailed: bool
    ) -> str | None:
        """Whether papers with the very name that a craft says, and that mean it, declare the voyage of papers whose name it merely resembles: carriers of one voyage, in words.

        They do where they give the same voyage number, or the same calls; ``is_sailed`` where the craft is seen on that route, so that two ports without times are enough.
        """
        ways = [leg.manifest.itinerary for leg in legs if leg.manifest.itinerary is not None]
        for other in sorted(others, key=conveyance_text):
            if not any(match.time_us <= known_us for match in self._matches_of(other).get(found.craft, ())):
                continue
            is_numbered = same_voyage(found.conveyance, other) is True
            for leg in self._legs_of(other, known_us):
                theirs, papers = leg.manifest.itinerary, f"papers {leg.manifest.manifest_id}, which have its name"
                if theirs is None or not any(_are_one(way, theirs, is_numbered or is_sailed) for way in ways):
                    continue
                if is_numbered:
                    return f"voyage {found.conveyance.voyage_number} as on {papers}"
                return f"calls as on {papers}"
        return None


def _are_one(one: Itinerary, other: Itinerary, is_joined: bool) -> bool:
    """Whether two itineraries are of one voyage: ports in the same order, two at least, and no time in both more than ``AT_ABOUT_US`` apart; three where no time is in both, and nothing else joins them."""
    theirs = {node.location: node for node in other.nodes}
    mine = {node.location: node for node in one.nodes}
    common = [port for port in mine if port in theirs]
    if len(common) < 2 or common != [port for port in theirs if port in mine]:
        return False
    apart = [
        abs(a - b)
        for port in common
        for a, b in (
            (mine[port].arrive_us, theirs[port].arrive_us), (mine[port].depart_us, theirs[port].depart_us)
        )
        if a is not None and b is not None
    ]  # fmt: skip
    return max(apart) <= AT_ABOUT_US if apart else is_joined or len(common) > 2


def _is_in_time(way: Itinerary, since_us: int) -> bool:
    """Whether a ship that said so at an instant may have been on a declared way."""
    times = [us for node in way.nodes for us in (node.arrive_us, node.depart_us) if us is not None]
    return not times or min(times) - _EARLY_US <= since_us <= max(times) + _LATE_US


def _distance(found: Resemblance) -> tuple[bool, int]:
    return not found.witness, found.edits
