"""Which consignments are aboard a craft at an instant, and how sure that is.

A consignment is aboard the craft that its papers' conveyance is matched to (``tracker.voyages.conveyance``)::

    from   she was seen to arrive at the port of loading (the last such call within ``loading_window_d`` of the declared departure);
           else the declared departure less ``early_departure_h``; else the flight's date; else always (the papers give no time)
    until  ``unloading_h`` after she was seen to arrive, and stop, at the port of discharge;
           else the declared arrival and ``overdue_sea_d`` or ``overdue_air_d`` (a diverted ship still has it aboard);
           else the beginning and ``undated_sea_d`` or ``undated_air_d``

Confidence is that of the match, times 0.9 where the loading call was not seen, 0.8 once she is overdue by ``overdue_doubt_h``, 0.5 where
the papers give no time. A weaker match counts for nothing beside one of another craft that is stronger by ``MATCH_MARGIN``; craft
matched equally well (two ships of one name) share the confidence.

What the events say of two craft and one identity counts, too (``integrity``): after an ``identity_transfer`` the new craft has what the previous one had
aboard, as surely as the one is the other, and the previous one has nothing; of two that give one IMO number at once (``duplicate_identity``) the one that
fits the papers better has the cargo, the other a doubt, and both share it where neither fits better; of two that exchanged their identities
(``identity_exchange``) each may have what the papers mean by the other, as surely as the event says, and keeps the rest of the doubt; where they exchanged names only, and each number
stayed with its hull, the cargo stays with the one that said the name before. A withdrawn event takes it all back.

Only what was known at the instant asked for is used: matches, calls and events that lie after it are not looked at.
"""

from __future__ import annotations

import json
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.snapshot import pack, unpack
from tracker.cargo.book import CargoBook
from tracker.cargo.calls import Call, CallLog, Seen
from tracker.cargo.consignment import Consignment
from tracker.cargo.draft import Locate
from tracker.cargo.flagging import FlagBook
from tracker.cargo.manifest import Manifest
from tracker.events import Event, EventKind, EventState
from tracker.identity import CRAFT_MASK, craft_text, parse_craft
from tracker.schema import check_thresholds, threshold
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.conveyance import BEATEN_BY, ConveyanceIndex, Match
from tracker.voyages.itinerary import Itinerary, ItineraryNode, Mode

MATCH_MARGIN: Final = BEATEN_BY
_FITS_LESS: Final = 0.2
"""What is left of a match beside another craft that gives the same IMO number and fits the papers better, and..."""
_FITS_MORE: Final = 0.9
"""...of the match of that other one (ours)."""
_LEAST_TRANSFER: Final = 0.1
_LONGEST_CHAIN: Final = 8
_LAYOUT: Final = 3
_OURS: Final = "ours"
_TRANSFER: Final = "identity_transfer"
_DUPLICATE: Final = "duplicate_identity"
_EXCHANGE: Final = "identity_exchange"
_BONDS: Final = (_TRANSFER, _DUPLICATE, _EXCHANGE)
_UNSEEN: Final = 0.5
"""How sure it is that a number is aboard the other hull where two exchanged names side by side: nobody can tell (ours)."""
_ONE_CRAFT: Final = ("mmsi", "icao24", "imo")
"""Reasons that can be true of one craft only."""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """How papers and calls are laid over each other."""

    loading_window_d: float = threshold(
        14.0, "A call at the port of loading counts this far from the declared departure.",
        f"{_OURS}: longer than nearly every delay of a sailing, shorter than a weekly service's next but one call", high=60.0,
    )  # fmt: skip
    early_departure_h: float = threshold(
        12.0, "Where loading was not seen, cargo is aboard this long before the declared departure.",
        f"{_OURS}: a departure is seldom earlier by more", high=240.0,
    )  # fmt: skip
    unloading_h: float = threshold(
        2.0, "Cargo stays aboard this long after the arrival at the port of discharge was seen.",
        f"{_OURS}: berthing takes that long, and a call is known only once she has stopped", high=48.0,
    )  # fmt: skip
    overdue_sea_d: float = threshold(30.0, "A ship overdue has the cargo aboard for so long.", _OURS, high=365.0)
    overdue_air_d: float = threshold(2.0, "An aircraft overdue has the cargo aboard for so long.", _OURS, high=60.0)
    overdue_doubt_h: float = threshold(24.0, "Overdue by more, the link is less sure.", _OURS, high=720.0)
    undated_sea_d: float = threshold(90.0, "Bound at sea where no arrival is declared.", _OURS, high=365.0)
    undated_air_d: float = threshold(3.0, "Bound in the air where no arrival is declared.", _OURS, high=60.0)
    same_port_km: float = threshold(
        30.0, "Ports of one country closer than this are one port: Maasvlakte is Rotterdam.",
        "the bundled port table: terminals lie up to 30 km from their port's reference point", high=100.0,
    )  # fmt: skip
    keep_calls_d: float = threshold(
        120.0,
        "Calls longer ago are forgotten.",
        f"{_OURS}: longer than any voyage and its delay",
        low=30.0,
        high=3650.0,
    )

    def __post_init__(self) -> None:
        check_thresholds(self)


@dataclass(frozen=True, slots=True)
class Link:
    """One consignment believed aboard. ``until_us`` is None where nothing bounds it; ``arrived_us`` while she lies at its discharge."""

    craft: int
    manifest: Manifest
    consignment: Consignment
    reason: str
    confidence: float
    from_us: int
    until_us: int | None
    arrived_us: int | None = None
    is_loading_seen: bool = False
    """The craft was seen at the place of loading in time."""

    def status(self, known_us: int) -> str:
        """What may be said of it at an instant: ``discharged``, ``loaded`` where its loading was seen, ``expected`` before it, else ``possible``."""
        if self.arrived_us is not None and self.until_us is not None and known_us >= self.until_us:
            return "discharged"
        if self.is_loading_seen:
            return "loaded"
        return "expected" if known_us < self.from_us else "possible"

    @property
    def expected_arrival_us(self) -> int | None:
        """Declared arrival at the port of discharge."""
        _, discharge = self.manifest.node_indices(self.consignment)
        nodes = self.manifest.itinerary.nodes if self.manifest.itinerary else ()
        return None if discharge is None else nodes[discharge].arrive_us


@dataclass(frozen=True, slots=True)
class _Bond:
    """What an event says of two craft: ``craft`` took over from ``other`` (transfer), both give one number (duplicate), or each goes on as the other (exchange)."""

    event_id: str
    what: str
    craft: int
    other: int
    at_us: int
    """Of a transfer: from when on the new identity was heard."""
    confidence: float
    known_us: int
    withdrawn_us: int | None = None
    is_hull_crossed: bool | None = None
    """Of an exchange: whether each number is aboard the other's hull; None where nobody can tell."""

    @property
    def is_transfer(self) -> bool:
        """Whether one took over from the other."""
        return self.what == _TRANSFER

    @property
    def crossed(self) -> float:
        """Of an exchange: how sure it is that the cargo of the one goes under the number of the other."""
        return self.confidence * (_UNSEEN if self.is_hull_crossed is None else float(self.is_hull_crossed))

    def other_of(self, craft: int) -> int:
        """The other one of the two."""
        return self.craft if craft == self.other else self.other

    def stands(self, known_us: int) -> bool:
        """Whether it was believed at an instant."""
        return self.known_us <= known_us and (self.withdrawn_us is None or known_us < self.withdrawn_us)


class _Tally:
    """How many craft are taken for one conveyance, by the confidence of their best match, at any instant.

    Anybody can give any name or number: the question is answered without looking at the others who gave it. A craft's matches come in the order of their times, each
    surer than the one before.
    """

    def __init__(self) -> None:
        self._since_us: dict[float, list[int]] = defaultdict(list)
        self._until_us: dict[float, list[int]] = defaultdict(list)

    def add(self, match: Match, before: Match | None) -> None:
        """A match, and the craft's best one until then."""
        insort(self._since_us[match.confidence], match.time_us)
        if before is not None:
            insort(self._until_us[before.confidence], max(match.time_us, before.time_us))

    def against(self, confidence: float, known_us: int) -> tuple[float, int]:
        """The best confidence of any craft as known at an instant, and how many have one that is as good as the one given."""
        best, rivals = confidence, 0
        for other, since_us in self._since_us.items():
            count = bisect_right(since_us, known_us) - bisect_right(self._until_us.get(other, ()), known_us)
            if count > 0:
                best = max(best, other)
                rivals += count if abs(other - confidence) < MATCH_MARGIN else 0
        return best, rivals


class CargoLinker:
    """Follows which craft the papers mean and where she called; answers what is aboard.

    Parameters
    ----------
    locate:
        Finds a port by its code, so that neighbouring terminals are one port; None compares codes alone.
    flags:
        What the risk engine has flagged and cleared since the papers came; looked at anew at every question.
    """

    def __init__(
        self,
        book: CargoBook,
        locate: Locate | None = None,
        config: LinkConfig | None = None,
        flags: FlagBook | None = None,
    ) -> None:
        self.config = config or LinkConfig()
        self._flags = flags
        self._index = ConveyanceIndex(book.conveyances)
        number_of = {conveyance: i for i, conveyance in enumerate(book.conveyances)}
        self._manifests: dict[int, list[Manifest]] = defaultdict(list)
        codes: set[str] = set()
        self._conveyance_of: dict[str, int] = {}
        for manifest in book.latest:
            self._manifests[number_of[manifest.conveyance]].append(manifest)
            self._conveyance_of[manifest.manifest_id] = number_of[manifest.conveyance]
            codes |= {node.location for node in (manifest.itinerary.nodes if manifest.itinerary else ())}
            codes |= {end.code for item in manifest.consignments for end in (item.loading, item.discharge)}
        self._calls = CallLog(frozenset(codes), locate, self.config.same_port_km)
        self._changed: set[int] = set()
        self._by_craft: dict[int, set[int]] = defaultdict(set)
        self._by_conveyance: dict[int, dict[int, list[Match]]] = defaultdict(lambda: defaultdict(list))
        self._window_us = int(self.config.loading_window_d * US_PER_DAY)
        self._tallies: dict[int, _Tally] = defaultdict(_Tally)
        self._bonds: dict[str, _Bond] = {}
        self._bonds_of: dict[int, list[_Bond]] = {}
        self._enter(self._index.initial())

    def observe(self, statics: StaticBatch) -> list[Match]:
        """Static reports, in event-time order; returns the craft newly recognised."""
        found = self._index.observe(statics)
        self._enter(found)
        return found

    def add_port_calls(self, calls: Iterable[Call]) -> None:
        """Port calls, and later revisions of them, as they become known."""
        new = list(calls)
        self._changed |= {call.craft & CRAFT_MASK for call in new}
        self._calls.add(new)

    def hand_over(self, events: Iterable[Event]) -> None:
        """What events, as they become known, say of an identity that two craft have."""
        changed = False
        for event in events:
            if event.kind is not EventKind.INTEGRITY or event.detail not in _BONDS or event.other_craft is None:
                continue
            before = self._bonds.get(event.event_id)
            craft, other = parse_craft(event.craft), parse_craft(event.other_craft)
            if event.state is EventState.RETRACTED:
                if before is not None and before.withdrawn_us is None:
                    self._bonds[event.event_id] = replace(before, withdrawn_us=int(event.known_us))
            else:
                crossed = event.evidence.get("is_hull_crossed") if event.detail == _EXCHANGE else None
                bond = _Bond(
                    event.event_id, event.detail, craft, other, int(event.start_us), float(event.confidence), int(event.known_us),
                    is_hull_crossed=crossed,
                )  # fmt: skip
                if before is not None and before.withdrawn_us is None and not _says_more(bond, before):
                    continue
                if before is not None and event.detail == _EXCHANGE and before.withdrawn_us is None:
                    key = f"{event.event_id} until {bond.known_us}"
                    self._bonds[key] = replace(before, event_id=key, withdrawn_us=bond.known_us)
                self._bonds[event.event_id] = bond
            self._changed |= {craft, other}
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
                    _TRANSFER: [(bond.other, bond.craft)],
                    _EXCHANGE: [(bond.other, bond.craft), (bond.craft, bond.other)],
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
        if not self._by_craft:
            return
        self._index.forget(craft)
        self._by_craft.clear()
        self._by_conveyance.clear()
        self._tallies.clear()
        self._enter(self._index.matches())
        self._calls.forget_craft(craft)

    def forget(self, watermark_us: int) -> None:
        """Drop calls that ended ``keep_calls_d`` before the watermark."""
        before_us = watermark_us - int(self.config.keep_calls_d * US_PER_DAY)
        self._calls.forget(before_us)
        if any(bond.known_us < before_us for bond in self._bonds.values()):
            self._bonds = {key: bond for key, bond in self._bonds.items() if bond.known_us >= before_us}
            self._bind()

    def aboard(self, craft: int, at_us: int, known_us: int | None = None) -> list[Link]:
        """Every consignment aboard at an instant, flagged ones first, gravest first.

        ``known_us`` is when the question is asked, where that is later than ``at_us``.
        """
        known_us = at_us if known_us is None else max(at_us, known_us)
        links = []
        for index, match, rivals in self._conveyances(craft & CRAFT_MASK, at_us, known_us):
            for manifest in self._manifests[index]:
                for item in manifest.consignments:
                    link = self._link(craft & CRAFT_MASK, manifest, item, match, rivals, at_us, known_us)
                    if link is not None:
                        links.append(link)
        return sorted(links, key=_link_order)

    def crafts_meant(self, manifest_ids: Iterable[str]) -> set[int]:
        """Every craft that some papers were ever taken to mean, surely or not: whatever is told of these papers is told of one of them."""
        numbers = {number for name in manifest_ids if (number := self._conveyance_of.get(name)) is not None}
        return {craft for number in numbers for craft in self._by_conveyance.get(number, ())}

    def all_links(self, known_us: int, crafts: Iterable[int] | None = None) -> list[Link]:
        """Every consignment on every craft that its papers are taken to mean, also before loading and after discharge, as known at an instant.

        ``crafts`` are the craft asked for; all of them where it is not given.
        """
        return [
            self._believed(craft, manifest, item, match, rivals, known_us, known_us)
            for craft in (self.crafts if crafts is None else crafts)
            for index, match, rivals in self._conveyances(craft, known_us, known_us)
            for manifest in self._manifests[index]
            for item in manifest.consignments
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
                manifest.manifest_id != named,
                -match.confidence / rivals,
                _off_dates_us(manifest.itinerary, at_us),
                manifest.manifest_id,
                manifest.itinerary,
            )
            for index, match, rivals in self._conveyances(craft & CRAFT_MASK, at_us, known_us)
            for manifest in self._manifests[index]
            if manifest.itinerary is not None
        ]
        return min(choices, key=lambda choice: choice[:4])[4] if choices else None

    def call_at(self, craft: int, node: ItineraryNode, known_us: int) -> tuple[int, int | None] | None:
        """When a craft was seen to arrive at, and leave, a declared call; None where she was not seen there."""
        declared_us = node.arrive_us if node.arrive_us is not None else node.depart_us
        seen = self._calls.near(craft & CRAFT_MASK, node.location, declared_us, known_us, self._window_us)
        if seen is None:
            return None
        return seen.arrive_us, seen.depart_us

    def snapshot(self) -> bytes:
        """Matches and calls as Arrow."""
        matches = pa.table({"index": pa.array([self._index.snapshot()], pa.binary())})
        bonds = pa.table(
            {"text": pa.array([json.dumps(asdict(self._bonds[key])) for key in sorted(self._bonds)], pa.string())}
        )
        return pack("cargo linker", _LAYOUT, {"calls": self._calls.table(), "matches": matches, "bonds": bonds})

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; papers may have been added since."""
        tables = unpack("cargo linker", _LAYOUT, snapshot)
        self._index.restore(tables["matches"].column("index")[0].as_py())
        self._by_craft.clear()
        self._by_conveyance.clear()
        self._tallies.clear()
        for text in tables["bonds"].column("text").to_pylist():
            bond = _Bond(**json.loads(text))
            self._bonds[bond.event_id] = bond
        self._enter(self._index.matches())
        self._calls.restore(tables["calls"])

    def _enter(self, matches: Iterable[Match]) -> None:
        for match in matches:
            self._changed.add(match.craft)
            self._by_craft[match.craft].add(match.conveyance_index)
            mine = self._by_conveyance[match.conveyance_index][match.craft]
            self._tallies[match.conveyance_index].add(match, mine[-1] if mine else None)
            mine.append(match)
        if self._bonds:
            self._bind()

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
            if own is None and given is None:
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

    def _exchange_of(self, craft: int, at_us: int, known_us: int) -> _Bond | None:
        """The latest exchange of identities that a craft had part in."""
        bonds = [
            bond
            for bond in self._bonds_of.get(craft, ())
            if bond.what == _EXCHANGE and bond.at_us <= at_us and bond.stands(known_us)
        ]
        return max(bonds, key=lambda bond: bond.at_us, default=None)

    def _in_exchange(self, index: int, craft: int, bond: _Bond, known_us: int) -> Match | None:
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
            if bond.what == _DUPLICATE and bond.stands(known_us)
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

    def _link(
        self, craft: int, manifest: Manifest, item: Consignment, match: Match, rivals: int, at_us: int, known_us: int
    ) -> Link | None:
        """The link, where the consignment is aboard at an instant."""
        link = self._believed(craft, manifest, item, match, rivals, at_us, known_us)
        is_aboard = at_us >= link.from_us and (link.until_us is None or at_us < link.until_us)
        return link if is_aboard else None

    def _believed(
        self, craft: int, manifest: Manifest, item: Consignment, match: Match, rivals: int, at_us: int, known_us: int
    ) -> Link:
        """From when until when, and why; the doubt of an overdue ship is that of the instant."""
        config, air = self.config, manifest.conveyance.mode is Mode.AIR
        nodes = manifest.itinerary.nodes if manifest.itinerary else ()
        loading, discharge = manifest.node_indices(item)
        departs_us = _first(nodes[loading].depart_us, nodes[loading].arrive_us) if loading is not None else None
        arrives_us = nodes[discharge].arrive_us if discharge is not None else None
        reasons, confidence = [match.reason], match.confidence
        if rivals > 1:
            confidence /= rivals
            reasons.append(f"one of {rivals} craft that fit")

        loaded = self._calls.near(craft, item.loading.code, departs_us, known_us, self._window_us)
        is_loading_seen = loaded is not None and self._is_loading(loaded, departs_us, arrives_us)
        if loaded is not None and is_loading_seen:
            from_us = loaded.arrive_us
            reasons.append(f"seen at {item.loading.code}")
        elif departs_us is not None:
            from_us = departs_us - int(config.early_departure_h * US_PER_H)
            confidence *= 0.9
            reasons.append(f"declared departure from {item.loading.code}")
        elif manifest.conveyance.flight_date is not None:
            from_us = (date.fromisoformat(manifest.conveyance.flight_date) - date(1970, 1, 1)).days * US_PER_DAY
            departs_us = from_us
            confidence *= 0.9
            reasons.append("date of the flight")
        else:
            from_us = 0
            confidence *= 0.5
            reasons.append("papers without times")

        arrived_us = self._calls.first_stop(craft, item.discharge.code, from_us, known_us)
        until_us: int | None
        if arrived_us is not None:
            until_us = arrived_us + int(config.unloading_h * US_PER_H)
        elif arrives_us is not None:
            until_us = arrives_us + int((config.overdue_air_d if air else config.overdue_sea_d) * US_PER_DAY)
            if at_us > arrives_us + int(config.overdue_doubt_h * US_PER_H):
                confidence *= 0.8
                reasons.append(f"overdue at {item.discharge.code}")
        elif departs_us is not None:
            until_us = departs_us + int((config.undated_air_d if air else config.undated_sea_d) * US_PER_DAY)
        else:
            until_us = None
        if self._flags:
            item = self._flags.flagged(manifest.manifest_id, item)
        return Link(
            craft,
            manifest,
            item,
            ", ".join(reasons),
            round(confidence, 4),
            from_us,
            until_us,
            arrived_us,
            is_loading_seen,
        )

    def _is_loading(self, seen: Seen, departs_us: int | None, arrives_us: int | None) -> bool:
        """Not a later visit after the voyage, nor an earlier one that she left too long before the declared departure."""
        if arrives_us is not None and seen.arrive_us >= arrives_us:
            return False
        early_us = int(self.config.early_departure_h * US_PER_H)
        left_early = None not in (seen.depart_us, departs_us) and (seen.depart_us or 0) < (departs_us or 0) - early_us
        return not left_early


def _says_more(bond: _Bond, before: _Bond) -> bool:
    """Whether an event says something else of two craft than it did."""
    if bond.what == _EXCHANGE and (bond.confidence, bond.is_hull_crossed) != (
        before.confidence,
        before.is_hull_crossed,
    ):
        return True
    return bond.at_us != before.at_us


def link_table(links: Sequence[Link], known_us: int) -> pa.Table:
    """Rows of the view ``cargo_aboard``, as known at an instant."""
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "craft": pa.array([craft_text(link.craft) for link in links], pa.string()),
            "manifest_id": pa.array([link.manifest.manifest_id for link in links], pa.string()),
            "consignment_id": pa.array([link.consignment.consignment_id for link in links], pa.string()),
            "status": pa.array([link.status(known_us) for link in links], pa.string()),
            "from_time": pa.array([link.from_us or None for link in links], pa.int64()).cast(instant),
            "until_time": pa.array([link.until_us for link in links], pa.int64()).cast(instant),
            "confidence": pa.array([link.confidence for link in links], pa.float64()),
            "reason": pa.array([link.reason for link in links], pa.string()),
            "known_time": pa.array([known_us] * len(links), pa.int64()).cast(instant),
        }
    )


def merged(*groups: Iterable[Link]) -> list[Link]:
    """Links of several answers, each consignment of a craft once, in the usual order; the surer link is kept."""
    best: dict[tuple[int, str, str], Link] = {}
    for link in (link for group in groups for link in group):
        key = (link.craft, link.manifest.manifest_id, link.consignment.consignment_id)
        if key not in best or link.confidence > best[key].confidence:
            best[key] = replace(link)
    return sorted(best.values(), key=_link_order)


def _link_order(link: Link) -> tuple[Any, ...]:
    return (-link.consignment.severity, link.craft, link.manifest.manifest_id, link.consignment.consignment_id)


def _first(*instants: int | None) -> int | None:
    return next((instant for instant in instants if instant is not None), None)


def _off_dates_us(itinerary: Itinerary | None, at_us: int) -> int:
    """How far an instant lies outside the declared dates of an itinerary."""
    nodes = itinerary.nodes if itinerary else ()
    times = [t for node in nodes for t in (node.arrive_us, node.depart_us) if t is not None]
    return max(min(times) - at_us, at_us - max(times), 0) if times else 0
