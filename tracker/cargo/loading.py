"""Whether goods are aboard a craft: a statement with its evidence.

=============  ===========================================================================================================
``loaded``     a call at the port of loading was seen; or the declared departure is past and nobody can say that the craft was not there
``expected``   loads later: the declared departure is still to come, or the craft was followed since before it and was not there
``possible``   may be aboard, or not: papers without times whose loading was not seen; a craft that lies off the port; its landing, too, is declared for before the first report
``discharged`` the craft came to the port of discharge and had time to unload
=============  ===========================================================================================================

Of several calls at the port of loading that one is meant which is nearest to the declared departure, within ``loading_window_d``; one that was over more than
``early_departure_h`` before it, or began after the declared arrival, is another voyage's.

A ship that said it was moored within ``same_port_km`` of the port called there, whatever the port table knows of its terminals; one that lay there without saying so
(and without saying that it was at anchor) for ``LEAST_STAY_US`` has loaded, where papers without times leave no better evidence, but not discharged.

Papers without times are judged by the order of calls. What was loaded at the last call at the port of loading is aboard, unless the craft had carried such goods to their
discharge before: then nobody can say which voyage is meant. Where no loading was seen, a craft has the goods that called at a port between the two, or says that it is bound for one or for that
of discharge. A craft that called at the port of discharge, or at an earlier port of the itinerary, and was not
at the port of loading since, has still to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from models.geodesy import distance_km_scalar
from tracker.cargo.bound import Bound, ports_named
from tracker.cargo.calls import CallLog, Seen
from tracker.cargo.consignment import Location
from tracker.cargo.following import Following
from tracker.cargo.link_config import LinkConfig
from tracker.identity import is_aircraft
from tracker.units import US_PER_DAY, US_PER_H, iso_time
from tracker.voyages.itinerary import ItineraryNode

DECLARED: Final = 0.9
"""What is left of a match where the papers alone say that goods were loaded (ours)."""
UNDATED: Final = 0.5
"""And where they do not say when (ours)."""
LEAST_STAY_US: Final = US_PER_H
"""Shorter stays load nothing (ours: berthing alone takes as long)."""
AT_ABOUT_US: Final = US_PER_DAY
"""A call so long before or after the declared time is meant by it, as a witness beside a name (ours)."""
_ALWAYS_US: Final = 0


class Status(StrEnum):
    """What may be said of goods and a craft at an instant."""

    LOADED = "loaded"
    EXPECTED = "expected"
    POSSIBLE = "possible"
    DISCHARGED = "discharged"


@dataclass(frozen=True, slots=True)
class Declared:
    """What the papers say of a way of goods: from where, when, and over which calls before."""

    loading: Location
    discharge: Location
    departs_us: int | None
    """The last instant at which the papers let the craft leave the port of loading."""
    departs_from_us: int | None
    """And the first one."""
    arrives_us: int | None
    arrives_said: str | None = None
    """The papers' own words for it, where they give no zone."""
    earlier: tuple[str, ...] = ()
    """Ports of the itinerary before the one of loading."""
    later: tuple[str, ...] = ()
    """Ports that the craft comes to with the goods aboard, the last one that of discharge."""
    is_first: bool = True
    """Nothing is declared before the loading."""
    leaves_us: int | None = None
    """The last instant at which the papers let the craft leave the port of discharge."""


@dataclass(frozen=True, slots=True)
class Loading:
    """``status`` with its reason; from when on the goods are aboard (0: nobody knows); what is left of the confidence; whether the loading was seen."""

    status: Status
    from_us: int
    reason: str
    factor: float = 1.0
    is_seen: bool = False


@dataclass(frozen=True, slots=True)
class _Visit:
    """A call, or a stay that counts as one. ``depart_us`` is None while it goes on."""

    arrive_us: int
    depart_us: int | None
    words: str


class LoadingJudge:
    """Lays calls and ways of craft over what papers declare."""

    def __init__(self, calls: CallLog, following: Following, bound: Bound, config: LinkConfig) -> None:
        self._calls, self._following, self._bound, self._config = calls, following, bound, config
        self._early_us = int(config.early_departure_h * US_PER_H)
        self._window_us = int(config.loading_window_d * US_PER_DAY)

    def judge(
        self, crafts: Sequence[int], declared: Declared, said_us: int | None, at_us: int, known_us: int
    ) -> Loading:
        """What is said of goods at an instant, as known at another.

        Parameters
        ----------
        crafts:
            The craft, and those whose identity it took over: what they did counts, too.
        said_us:
            When the craft began to say the flight number of the papers; None of a ship, and where the papers name the aircraft itself.
        """
        if declared.departs_us is None:
            return self._undated(crafts, declared, said_us, at_us, known_us)
        code, departs_us = declared.loading.code, declared.departs_us
        call = self._loading_call(crafts, declared, at_us, known_us)
        if call is not None:
            return Loading(Status.LOADED, call.arrive_us, call.words, is_seen=True)
        if said_us is not None and declared.is_first:
            return Loading(
                Status.LOADED, min(said_us, departs_us), f"declared departure from {code}, under way as that flight", DECLARED
            )  # fmt: skip
        from_us = departs_us if declared.departs_from_us is None else declared.departs_from_us
        if from_us <= at_us < departs_us and self._not_there(crafts, declared, from_us - self._early_us, at_us) is None:
            return Loading(Status.POSSIBLE, from_us, f"declared to leave {code} on that day", DECLARED)
        if at_us < departs_us:
            return Loading(Status.EXPECTED, departs_us, f"declared to leave {code} by {iso_time(departs_us)}", DECLARED)
        not_there = self._not_there(crafts, declared, from_us - self._early_us, at_us)
        if not_there is not None:
            return not_there
        if (since_us := self._unheard_until(crafts, at_us)) is not None and (declared.leaves_us or since_us) < since_us:
            place = declared.discharge.code
            return Loading(
                Status.POSSIBLE, departs_us, f"declared departure from {code}, and from {place} before the first report", DECLARED
            )  # fmt: skip
        return Loading(Status.LOADED, departs_us, f"declared departure from {code}", DECLARED)

    def _unheard_until(self, crafts: Sequence[int], at_us: int) -> int | None:
        """The instant before which nobody can have seen where the craft was; None of one not heard yet."""
        since = [since_us for one in crafts if (since_us := self._following.followed_since(one, at_us)) is not None]
        return min(since, default=None)

    def landed_us(self, crafts: Sequence[int], declared: Declared, loading: Loading, known_us: int) -> int | None:
        """When the craft first came to the port of discharge, to stop there, after the goods were loaded."""
        if loading.status is Status.EXPECTED:
            return None
        visits = self._visits(crafts, declared, declared.discharge, known_us, known_us)
        return next((visit.arrive_us for visit in visits if visit.arrive_us > loading.from_us), None)

    def may_have_landed(self, crafts: Sequence[int], declared: Declared, loading: Loading, at_us: int) -> bool:
        """Whether the craft was due to have left the port of discharge by then, and was silent for long enough to have called there unseen.

        The same papers then have goods of that port aboard: one unseen call is not believed for some, and not for others.
        """
        due_us = declared.leaves_us if declared.leaves_us is not None else declared.arrives_us
        if due_us is None or declared.arrives_us is None or due_us > at_us:
            return False
        place, from_us = declared.discharge, max(loading.from_us, declared.arrives_us)
        return any(
            self._following.may_have_called(one, place.lat_deg, place.lon_deg, from_us, at_us, self._near_km(declared))
            for one in crafts
        )

    def _loading_call(self, crafts: Sequence[int], declared: Declared, at_us: int, known_us: int) -> _Visit | None:
        """The call at the port of loading that is nearest to the declared departure."""
        departs_us, from_us = declared.departs_us, declared.departs_from_us
        assert departs_us is not None
        earliest_us = (departs_us if from_us is None else from_us) - self._early_us
        near: list[tuple[int, int, _Visit]] = []
        for call in self._visits(crafts, declared, declared.loading, at_us, known_us):
            if declared.arrives_us is not None and call.arrive_us >= declared.arrives_us:
                continue
            if call.depart_us is not None and call.depart_us < earliest_us:
                continue
            off_us = max(call.arrive_us - departs_us, 0)
            if call.depart_us is not None:
                off_us = max(off_us, departs_us - call.depart_us)
            if abs(call.arrive_us - departs_us) <= self._window_us:
                near.append((off_us, -call.arrive_us, call))
        return min(near, key=lambda choice: choice[:2])[2] if near else None

    def _not_there(self, crafts: Sequence[int], declared: Declared, from_us: int, at_us: int) -> Loading | None:
        """What speaks against a loading that papers declare for the past; None where nothing does."""
        place, craft, near_km = declared.loading, crafts[0], self._near_km(declared)
        departs_us = declared.departs_us or at_us
        if all(self._was_away(one, declared, from_us, at_us) for one in crafts):
            since_us = self._following.followed_since(craft, at_us) or from_us
            return Loading(
                Status.EXPECTED, departs_us, f"followed since {iso_time(since_us)}, and not seen at {place.code}", DECLARED
            )  # fmt: skip
        stay = self._following.lay_near(craft, place.lat_deg, place.lon_deg, from_us, at_us, near_km)
        if stay is not None and self._following.lies_there_still(craft, stay, at_us):
            return Loading(Status.POSSIBLE, stay.since_us, f"lies near {place.code}, where no call was seen", DECLARED)
        return None

    def _undated(
        self, crafts: Sequence[int], declared: Declared, said_us: int | None, at_us: int, known_us: int
    ) -> Loading:
        """Papers that do not say when: the order of calls decides."""
        code = declared.loading.code
        loadings = self._visits(crafts, declared, declared.loading, at_us, known_us, silent=True)
        landings = self._visits(crafts, declared, declared.discharge, at_us, known_us)
        if loadings:
            last = loadings[-1]
            voyages = sum(
                any(before.arrive_us < landing.arrive_us < after.arrive_us for landing in landings)
                for before, after in pairwise(loadings)
            )
            if voyages:
                return Loading(
                    Status.POSSIBLE, last.arrive_us, f"papers without times, and seen at {code} on {voyages + 1} voyages", UNDATED
                )  # fmt: skip
            return Loading(Status.LOADED, last.arrive_us, f"{last.words}, papers without times", DECLARED, is_seen=True)
        if said_us is not None and declared.is_first:
            return Loading(Status.LOADED, said_us, "under way as that flight", DECLARED)
        since = [landings[-1]] if landings else []
        since += [
            _Visit(call.arrive_us, call.depart_us, f"seen at {place}")
            for place in declared.earlier
            for call in self._stops(crafts, place, at_us, known_us)[-1:]
        ]
        from_us = _ALWAYS_US
        since_us = max((call.arrive_us for call in since), default=_ALWAYS_US)
        if since:
            called = max(since, key=lambda call: call.arrive_us)
            from_us = called.arrive_us
            if all(self._was_away(one, declared, called.arrive_us, at_us) for one in crafts):
                return Loading(
                    Status.EXPECTED, _ALWAYS_US, f"{called.words}, and not at {code} since; papers without times", UNDATED
                )  # fmt: skip
        under_way = self._under_way(crafts, declared, since_us, at_us, known_us)
        if under_way is not None:
            return Loading(Status.LOADED, under_way[0], f"{under_way[1]}, papers without times", UNDATED)
        return Loading(Status.POSSIBLE, from_us, "papers without times, and no loading seen", UNDATED)

    def called_on(self, craft: int, nodes: Sequence[ItineraryNode], known_us: int) -> str | None:
        """The port of an itinerary at which a craft stopped within ``AT_ABOUT_US`` of the declared time, or one of two where no times are declared; None where it did not."""
        undated = set()
        for node in nodes:
            times = [us for us in (node.arrive_us, node.depart_us) if us is not None]
            for call in self._stops([craft], node.location, known_us, known_us):
                until_us = known_us if call.depart_us is None else call.depart_us
                if any(call.arrive_us - AT_ABOUT_US <= us <= until_us + AT_ABOUT_US for us in times):
                    return node.location
                undated |= set() if times else {node.location}
        return min(undated) if len(undated) > 1 else None

    def _under_way(
        self, crafts: Sequence[int], declared: Declared, after_us: int, at_us: int, known_us: int
    ) -> tuple[int, str] | None:
        """What shows that a craft is between the ports of loading and discharge by now, and since when: a call at a port between them, or that it is bound for a port after the loading."""
        called = [
            (call.arrive_us, f"called at {place}, which comes after {declared.loading.code}")
            for place in declared.later[:-1]
            for call in self._stops(crafts, place, at_us, known_us)[-1:]
            if call.arrive_us > after_us
        ]
        return max(called) if called else self.bound_for(crafts[0], declared, after_us, at_us)

    def says_where(self, craft: int, after_us: int, known_us: int) -> bool:
        """Whether a ship has said, after an instant, that it is bound for a port."""
        said = self._bound.of(craft, known_us)
        return said is not None and said[0] > after_us and bool(ports_named(said[1]))

    def bound_for(self, craft: int, declared: Declared, after_us: int, known_us: int) -> tuple[int, str] | None:
        """Since when a ship has said, after an instant, that it is bound for a port that it comes to with the goods aboard, in words; None where it says another or none."""
        said = self._bound.of(craft, known_us)
        if said is None or said[0] <= after_us:
            return None
        codes = ports_named(said[1])
        for place in declared.later:
            if any(self._calls.is_same_port(place, code) for code in codes):
                return said[0], f"bound for {place}"
        return None

    def _was_away(self, craft: int, declared: Declared, from_us: int, at_us: int) -> bool:
        place, near_km = declared.loading, self._near_km(declared)
        return self._following.was_away(craft, place.lat_deg, place.lon_deg, from_us, at_us, near_km)

    def _near_km(self, declared: Declared) -> float:
        """How near to a port a craft is at it: the ports of loading and discharge are never taken for each other."""
        one, other = declared.loading, declared.discharge
        between_km = distance_km_scalar(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
        return min(self._config.same_port_km, float(between_km) / 3)

    def _visits(
        self,
        crafts: Sequence[int],
        declared: Declared,
        place: Location,
        at_us: int,
        known_us: int,
        *,
        silent: bool = False,
    ) -> list[_Visit]:
        """Calls at a port that had begun by an instant, in the order of time; of ships also stays moored near it and, where asked for, other stays that are over."""
        visits = [
            _Visit(call.arrive_us, call.depart_us, f"seen at {place.code}")
            for call in self._stops(crafts, place.code, at_us, known_us)
            if call.stopped or place is declared.loading
        ]
        for craft in crafts:
            if is_aircraft(craft):
                continue
            for stay in self._following.stays_near(
                craft, place.lat_deg, place.lon_deg, min(at_us, known_us), self._near_km(declared)
            ):
                is_over = not self._following.lies_there_still(craft, stay, known_us)
                lay = silent and is_over and not stay.is_anchored and stay.until_us - stay.since_us >= LEAST_STAY_US
                if any(
                    visit.arrive_us <= stay.until_us and stay.since_us <= (visit.depart_us or known_us)
                    for visit in visits
                ):
                    continue
                if stay.is_moored or lay:
                    words = f"{'moored' if stay.is_moored else 'lay'} near {place.code}"
                    visits.append(_Visit(stay.since_us, stay.until_us if is_over else None, words))
        return sorted(visits, key=lambda visit: visit.arrive_us)

    def _stops(self, crafts: Sequence[int], code: str, at_us: int, known_us: int) -> list[Seen]:
        """Calls with a stop at a port that had begun by an instant, in the order of time.

        A craft first heard as it left stopped before; an aircraft need not stand still."""
        found = []
        for craft in crafts:
            first_us = self._following.followed_since(craft, known_us)
            for call in self._calls.at(craft, code, known_us):
                is_stop = call.stopped or is_aircraft(craft) or first_us is None or call.arrive_us <= first_us
                if call.arrive_us <= at_us and is_stop:
                    found.append(call)
        return sorted(found, key=lambda call: (call.arrive_us, call.location))
