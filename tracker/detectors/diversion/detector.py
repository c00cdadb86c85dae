"""The detector: which rows concern an itinerary, in which order they are judged, and what is kept between.

Rows and statics are held until the watermark, because papers may name a craft only by what she transmits (``ConveyanceIndex``): from
the moment of a match on, and not earlier, her rows are judged. Then matches, static reports and rows of all are
taken by time, at one instant in the order of craft (what others do counts, ``company``); of the rows only the first with a position of every ten minutes (ships) or minute (aircraft), counted from the epoch, so
that cuts do not matter. Nobody else's rows cost more than one lookup, and without itineraries nothing is held at all.

A shared identity: the case follows the transmitter it met first and another only after twelve hours of silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.snapshot import pack, unpack
from tracker.detectors.base import Context
from tracker.detectors.diversion.air import AirRules
from tracker.detectors.diversion.case import (
    NEVER,
    Called,
    Case,
    Row,
    Said,
    case_from_text,
    case_to_text,
    itinerary_from_text,
    itinerary_to_text,
    rows_of,
)
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.declared import Declared
from tracker.detectors.diversion.destination import DestinationRules, eta_us
from tracker.detectors.diversion.legs import Legs, shared_legs
from tracker.detectors.diversion.sea import SeaRules
from tracker.detectors.diversion.telling import Teller
from tracker.events import Event, EventKind, EventState, event_order
from tracker.geography.airports import AirportTable
from tracker.geography.places import WorldPlaces
from tracker.geography.ports import PortTable
from tracker.geography.sea_routes import SeaRoutes
from tracker.identity import CRAFT_MASK, craft_text, is_aircraft
from tracker.positions import PositionBatch
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, US_PER_H, US_PER_MIN
from tracker.voyages.conveyance import BEATEN_BY, ConveyanceIndex, Match
from tracker.voyages.itinerary import Conveyance, Itinerary, Mode

_LAYOUT: Final = 7
_SEA_SLOT_US: Final = 10 * US_PER_MIN
_AIR_SLOT_US: Final = US_PER_MIN
_RELOCK_US: Final = 12 * US_PER_H
_FAR_US: Final = 1 << 62
_MOST_CHANGES: Final = 6
_ANOTHERS: Final = "Another aircraft flies under this flight number, so these papers are taken to be its."
_BESIDE_US: Final = US_PER_H // 2
_HEARD_US: Final = US_PER_DAY
"""Two ships give one identity at once where one is heard half an hour after the other was first recognised: one that takes over another's number begins when that one is
silent (ours). Whoever has not been heard for a day keeps to nothing."""
_NO_LONGER_DECLARED: Final = "The papers declare it no longer."
_GIVEN_UP: Final = "Memory was short and this craft had been heard too little, or too long ago, to be followed further."

Entry = tuple[int, int, int, Match | float | Said | Called | Row]
_Rows = TypeVar("_Rows", PositionBatch, StaticBatch)


class World(Protocol):
    """What this detector asks of geography beyond ``Places``."""

    @property
    def ports(self) -> PortTable:
        """All ports."""
        ...

    @property
    def airports(self) -> AirportTable:
        """All airports."""
        ...

    @property
    def sea_routes(self) -> SeaRoutes:
        """The network of sea lanes."""
        ...


class DiversionDetector:
    """Craft that no longer serve their declared itinerary.

    Parameters
    ----------
    itineraries:
        What the papers declare; more may be declared and withdrawn later. Of those that declare a craft the same calls at nearly the same times the first is followed.
    context:
        As for every detector.
    world:
        Ports, airports and sea lanes by name; where not given, the context's places if they have them, else the bundled ones.
    """

    kinds = frozenset({EventKind.DIVERSION})

    def __init__(
        self,
        config: DiversionConfig,
        context: Context,
        itineraries: Iterable[Itinerary] = (),
        world: World | None = None,
    ) -> None:
        self.config = config
        own = context.places if isinstance(context.places, WorldPlaces) else WorldPlaces()
        self._world: World = world if world is not None else own
        self._teller = Teller(config)
        self._itineraries = Declared(config.forget_after_days)
        self._cases: dict[int, dict[str, Case]] = {}
        """By craft, then by itinerary."""
        self._index = ConveyanceIndex()
        self._slots: dict[tuple[int, int], int] = {}
        self._positions: list[PositionBatch] = []
        self._statics: list[StaticBatch] = []
        self.declare(list(itineraries), NEVER, StaticBatch.empty())

    @cached_property
    def _legs(self) -> Legs:
        return shared_legs(self.config, self._world.sea_routes)

    @cached_property
    def _sea(self) -> SeaRules:
        return SeaRules(self.config, self._legs, self._world.ports, self._teller, self._all_cases)

    @cached_property
    def _destination(self) -> DestinationRules:
        return DestinationRules(self.config, self._legs, self._world.ports, self._teller)

    @cached_property
    def _air(self) -> AirRules:
        return AirRules(self.config, self._legs, self._world.airports, self._teller, self._all_cases)

    def declare(self, itineraries: Sequence[Itinerary], at_us: int, said: StaticBatch) -> list[Event]:
        """Follow itineraries from an instant on (``tracker.detectors.base.FollowsItineraries``); an older version is passed over.

        A higher version of a known one takes its place, and so does the same one that carriers have changed since; one without calls ends it. Where it declares the same calls the case goes on, and where only times differ without what was told of the times;
        else what was told is closed, and the craft is followed afresh.
        """
        events: list[Event] = []
        for itinerary in itineraries:
            known = self._itineraries.get(itinerary.itinerary_id)
            if known is not None and (known.version > itinerary.version or known == itinerary):
                continue
            if known is not None:
                events += self._amend(known, itinerary, at_us)
            if itinerary.nodes:
                self._itineraries.put(itinerary)
        named = {itinerary.conveyance: None for itinerary in itineraries if itinerary.nodes}
        self._index.learn(list(named), said)
        self._follow_all(at_us, named)
        return sorted(events, key=event_order)

    def withdraw(self, itinerary_ids: Sequence[str], at_us: int) -> list[Event]:
        """Follow some itineraries no longer (``tracker.detectors.base.FollowsItineraries``): what was told of them is closed."""
        gone = [one for name in itinerary_ids if (one := self._itineraries.get(name)) is not None]
        events = [event for one in gone for event in self._close(one, at_us, _NO_LONGER_DECLARED)]
        self._drop(*itinerary_ids)
        self._follow_all(at_us, dict.fromkeys(one.conveyance for one in gone))
        return sorted(events, key=event_order)

    def _amend(self, known: Itinerary, itinerary: Itinerary, at_us: int) -> list[Event]:
        """Another version comes in the place of one; what that means for the cases there are."""
        if itinerary.conveyance == known.conveyance:
            if itinerary.nodes == known.nodes:
                return []
            if [node.location for node in itinerary.nodes] == [node.location for node in known.nodes]:
                events = []
                for case in self._cases_of(known):
                    why = f"The papers were amended (version {itinerary.version}): other times are declared."
                    events += self._teller.close(case, known, case.schedule, at_us, why)
                    case.late_told_h, case.slowed = 0.0, False
                return events
        why = f"The papers were amended (version {itinerary.version}), and are followed as they are now."
        if itinerary.changes and itinerary.changes != known.changes:
            told = ", ".join(f"{change.code} {change.location}" for change in itinerary.changes[:_MOST_CHANGES])
            why = f"The carrier published changes ({told}); the craft is followed under the calls that are left."
        events = self._close(known, at_us, why)
        self._drop(known.itinerary_id)
        return events

    def _close(self, itinerary: Itinerary, at_us: int, why: str) -> list[Event]:
        return [
            event
            for case in self._cases_of(itinerary)
            for event in self._teller.close_both(case, itinerary, at_us, why)
        ]

    def _cases_of(self, itinerary: Itinerary) -> list[Case]:
        name = itinerary.itinerary_id
        return [cases[name] for _, cases in sorted(self._cases.items()) if name in cases]

    def _follow_all(self, at_us: int, conveyances: Iterable[Conveyance]) -> None:
        """Craft matched before are followed under what is declared of their conveyances now."""
        for conveyance in conveyances:
            for match in self._index.matches_of(conveyance):
                self._follow(match, at_us)

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Hold the rows until the watermark."""
        if self._itineraries:
            if len(positions):
                self._positions.append(positions)
            if len(statics):
                self._statics.append(statics)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Judge everything up to the watermark."""
        if not self._itineraries:
            return []
        positions, later = _split(PositionBatch.concat(self._positions), watermark_us)
        self._positions = [later] if len(later) else []
        statics, later_statics = _split(StaticBatch.concat(self._statics), watermark_us)
        self._statics = [later_statics] if len(later_statics) else []
        timeline = self._timeline(positions, statics)
        events: list[Event] = []
        entries = [(entry[0], craft, *entry[1:]) for craft in timeline for entry in timeline[craft]]
        for time_us, craft, _, _, what in sorted(entries, key=lambda entry: entry[:4]):
            events += self._take(craft, time_us, what)
        events += self._absent(watermark_us)
        return sorted(events, key=event_order)

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Follow some craft no longer; their stories are closed."""
        gone = set(craft.tolist())
        events: list[Event] = []
        for one in sorted(gone & self._cases.keys()):
            for name in sorted(self._cases[one]):
                case, itinerary = self._cases[one][name], self._itineraries[name]
                events += self._teller.close_both(case, itinerary, at_us, _GIVEN_UP)
            del self._cases[one]
        self._slots = {key: slot for key, slot in self._slots.items() if key[0] & CRAFT_MASK not in gone}
        self._index.forget(craft)
        return sorted(events, key=event_order)

    def snapshot(self) -> bytes:
        """Itineraries, cases, matches and rows not yet judged."""
        slots = sorted(self._slots.items())
        tables = {
            "itineraries": _texts(itinerary_to_text(i) for i in self._itineraries),
            "cases": _texts(case_to_text(case) for case in self._all_cases()),
            "slots": pa.table(
                {
                    "segment": pa.array([key[0] for key, _ in slots], pa.int64()),
                    "placed": pa.array([key[1] for key, _ in slots], pa.int64()),
                    "slot": pa.array([slot for _, slot in slots], pa.int64()),
                }
            ),
            "index": pa.table({"snapshot": pa.array([self._index.snapshot()], pa.binary())}),
            "positions": PositionBatch.concat(self._positions).to_arrow(),
            "statics": StaticBatch.concat(self._statics).to_arrow(),
        }
        return pack("diversion", _LAYOUT, tables)

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; the itineraries in it replace those given."""
        tables = unpack("diversion", _LAYOUT, snapshot)
        itineraries = [itinerary_from_text(text) for text in tables["itineraries"].column("text").to_pylist()]
        self._itineraries = Declared(self.config.forget_after_days)
        for itinerary in itineraries:
            self._itineraries.put(itinerary)
        self._index = ConveyanceIndex(self._itineraries.conveyances)
        self._index.restore(tables["index"].column("snapshot")[0].as_py())
        self._cases = {}
        for case in map(case_from_text, tables["cases"].column("text").to_pylist()):
            self._cases.setdefault(case.craft, {})[case.itinerary_id] = case
        self._slots = {(row["segment"], row["placed"]): row["slot"] for row in tables["slots"].to_pylist()}
        held, held_statics = PositionBatch.from_arrow(tables["positions"]), StaticBatch.from_arrow(tables["statics"])
        self._positions = [held] if len(held) else []
        self._statics = [held_statics] if len(held_statics) else []

    def _drop(self, *itinerary_ids: str) -> None:
        for itinerary_id in itinerary_ids:
            self._itineraries.drop(itinerary_id)
            for cases in self._cases.values():
                cases.pop(itinerary_id, None)
        self._cases = {craft: cases for craft, cases in self._cases.items() if cases}
        self._slots = {key: slot for key, slot in self._slots.items() if key[0] & CRAFT_MASK in self._cases}
        if not self._itineraries:
            self._positions, self._statics = [], []

    def _follow(self, match: Match, since_us: int = NEVER) -> list[Event]:
        """Open a case for every itinerary of a matched conveyance, or trust the case there is more."""
        conveyance = self._index.conveyances[match.conveyance_index]
        if match.is_doubted:
            return self._take_back(match)
        for itinerary in self._itineraries.of(conveyance):
            cases = self._cases.setdefault(match.craft, {})
            case = cases.get(itinerary.itinerary_id)
            if case is not None:
                if match.confidence > case.confidence:
                    case.confidence, case.reason = match.confidence, match.reason
            elif not any(self._is_as_declared(self._itineraries[other], itinerary) for other in cases):
                cases[itinerary.itinerary_id] = Case(
                    itinerary.itinerary_id, match.craft, match.confidence, max(match.time_us, since_us), match.reason
                )
        return []

    def _is_as_declared(self, followed: Itinerary, itinerary: Itinerary) -> bool:
        """Whether an itinerary declares the calls of one that is followed: the same ports in the same order, and no time so far apart that a craft may keep the one and be late by the other.

        Papers of several carriers, or of one spreadsheet, say them some minutes or hours apart: a craft that strays has strayed once.
        """
        if [node.location for node in followed.nodes] != [node.location for node in itinerary.nodes]:
            return False
        late_us = (self.config.sea_late_h if itinerary.mode is Mode.SEA else self.config.air_late_h) * US_PER_H
        return all(
            theirs is None or (mine is not None and abs(mine - theirs) <= late_us)
            for one, other in zip(followed.nodes, itinerary.nodes, strict=True)
            for mine, theirs in ((one.arrive_us, other.arrive_us), (one.depart_us, other.depart_us))
        )

    def _take_back(self, match: Match) -> list[Event]:
        """Another airframe flies under the flight number of the papers: what was told of this one under them is withdrawn, and it is followed no longer."""
        conveyance = self._index.conveyances[match.conveyance_index]
        cases, events = self._cases.get(match.craft, {}), []
        for name in sorted(name for name in cases if self._itineraries[name].conveyance == conveyance):
            case, itinerary = cases.pop(name), self._itineraries[name]
            events += self._teller.close_both(case, itinerary, match.time_us, _ANOTHERS, EventState.RETRACTED)
        if not cases:
            self._cases.pop(match.craft, None)
        return events

    def _all_cases(self) -> list[Case]:
        """All cases, by craft and itinerary."""
        return [self._cases[craft][name] for craft in sorted(self._cases) for name in sorted(self._cases[craft])]

    def _timeline(self, positions: PositionBatch, statics: StaticBatch) -> dict[int, list[Entry]]:
        """What happened to each craft followed: matches, ship types, kept rows, as (time, order, number, what)."""
        timeline: dict[int, list[Entry]] = {}
        since_us: dict[int, int] = {}
        for case in self._all_cases():
            since_us[case.craft] = min(since_us.get(case.craft, _FAR_US), case.since_us)
        for number, match in enumerate(self._index.observe(statics)):
            since_us[match.craft] = min(since_us.get(match.craft, _FAR_US), match.time_us)
            timeline.setdefault(match.craft, []).append((match.time_us, 0, number, match))
        if not since_us:
            return timeline
        crafts = np.array(sorted(since_us), dtype=np.int64)
        starts = np.array([since_us[int(craft)] for craft in crafts], dtype=np.int64)
        typed = _followed(statics.craft, statics.time_us, crafts, starts)
        typed = typed[statics.ship_type[typed] != NO_CODE_U8]
        for i in typed.tolist():
            entry = (int(statics.time_us[i]), 1, i, self._top_kn(int(statics.ship_type[i])))
            timeline.setdefault(int(statics.craft[i]), []).append(entry)
        worded = _followed(statics.craft, statics.time_us, crafts, starts)
        for i in worded[statics.destination[worded] != b""].tolist():
            said = Said(statics.destination[i].decode("ascii", "replace"), eta_us(statics, i))
            timeline.setdefault(int(statics.craft[i]), []).append((int(statics.time_us[i]), 1, i, said))
        for i in _sign_changes(statics, _followed(statics.craft, statics.time_us, crafts, starts)):
            called = Called(statics.call_sign[i].decode("ascii", "replace").strip())
            timeline.setdefault(int(statics.craft[i]), []).append((int(statics.time_us[i]), 1, i, called))
        kept = self._thinned(positions, _followed(positions.craft, positions.time_us, crafts, starts))
        for i, row in zip(kept.tolist(), rows_of(positions, kept), strict=True):
            timeline.setdefault(int(positions.craft[i]), []).append((row.time_us, 2, i, row))
        return timeline

    def _thinned(self, positions: PositionBatch, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of the rows ``at``, the first of each slot per transmitter, apart for rows with and without a position."""
        if not len(at):
            return at
        segment, placed = positions.segment[at], positions.has_position[at].astype(np.int64)
        slot_us = np.where(is_aircraft(positions.craft[at]), _AIR_SLOT_US, _SEA_SLOT_US)
        slot = positions.time_us[at] // slot_us
        order = np.lexsort((at, placed, segment))
        same = (segment[order][1:] == segment[order][:-1]) & (placed[order][1:] == placed[order][:-1])
        first = np.concatenate([[True], ~(same & (slot[order][1:] == slot[order][:-1]))])
        kept = []
        for i in order[first].tolist():
            key = (int(segment[i]), int(placed[i]))
            if int(slot[i]) > self._slots.get(key, -1):
                self._slots[key] = int(slot[i])
                kept.append(int(at[i]))
        return np.array(sorted(kept), dtype=np.int64)

    def _take(self, craft: int, time_us: int, what: Match | float | Said | Called | Row) -> list[Event]:
        """One entry of a craft's timeline."""
        if isinstance(what, Match):
            return self._follow(what)
        cases = self._cases.get(craft, {}).values()
        if isinstance(what, float):
            for case in cases:
                case.top_kn = what
            return []
        events: list[Event] = []
        for case in cases:
            if time_us < case.since_us:
                continue
            events += self._due(case, time_us - 1)
            if isinstance(what, Called):
                self._air.called(case, time_us, what.call_sign)
                continue
            if isinstance(what, Said):
                itinerary = self._itineraries[case.itinerary_id]
                said = self._destination.said(case, itinerary, time_us, what)
                events += self._unless_anothers(case, itinerary, time_us, said)
                continue
            if case.segment not in (NEVER, what.segment) and time_us - case.heard_us < _RELOCK_US:
                continue
            case.segment, case.heard_us = what.segment, time_us
            itinerary = self._itineraries[case.itinerary_id]
            rules = self._sea if itinerary.mode is Mode.SEA else self._air
            events += self._unless_anothers(case, itinerary, time_us, rules.step(case, itinerary, what))
        return events

    def _unless_anothers(self, case: Case, itinerary: Itinerary, time_us: int, told: list[Event]) -> list[Event]:
        """What is told of a ship; nothing while another gives the same identity and keeps to what is declared: the papers are that one's."""
        is_told = case.route.open or case.schedule.open
        if itinerary.mode is not Mode.SEA or not (told or is_told) or (other := self._keeper(case, time_us)) is None:
            return told
        new = {event.event_id for event in told if event.revision == 1}
        why = f"{craft_text(other)} gives the same identity, is heard as well and keeps to what is declared, so these papers are taken to be its."
        told = told + self._teller.close_both(case, itinerary, time_us, why, EventState.RETRACTED)
        return [event for event in told if event.event_id not in new]

    def _keeper(self, case: Case, time_us: int) -> int | None:
        """Another ship under the same itinerary that is about as surely meant, is heard at the same time and has begun the voyage and not strayed from it."""
        found = []
        for craft, cases in self._cases.items():
            other = cases.get(case.itinerary_id)
            if other is None or other is case:
                continue
            keeps = other.engaged and not other.strayed and other.confidence >= case.confidence - BEATEN_BY
            if keeps and other.heard_us >= case.since_us + _BESIDE_US and time_us - other.heard_us <= _HEARD_US:
                found.append(craft)
        return min(found, default=None)

    def _due(self, case: Case, until_us: int) -> list[Event]:
        """What a craft's silence, and the end of her papers, made known up to an instant."""
        events: list[Event] = []
        itinerary = self._itineraries[case.itinerary_id]
        if case.deadline_us != NEVER and case.deadline_us <= until_us:
            events += self._air.silent(case, itinerary, case.deadline_us)
        ends_us = self._itineraries.ends_us(itinerary)
        if ends_us <= until_us and not case.done:
            why = "What was declared is long over; it is followed no longer."
            events += self._teller.close_both(case, itinerary, ends_us, why)
            case.done = True
        return events

    def _absent(self, watermark_us: int) -> list[Event]:
        events: list[Event] = []
        for case in self._all_cases():
            events += self._due(case, watermark_us)
        if over := self._itineraries.take_over(watermark_us):
            events += self.withdraw(over, watermark_us)
            if len(self._index.conveyances) >= 2 * len(named := self._itineraries.conveyances):
                self._index = self._index.only(named)
        return events

    def _top_kn(self, ship_type: int) -> float:
        tens = ship_type // 10
        if tens == 8:
            return self.config.tanker_top_kn
        return self.config.passenger_top_kn if tens in (4, 6) else self.config.cargo_top_kn


def _followed(
    craft: NDArray[np.int64], time_us: NDArray[np.int64], crafts: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows of the craft followed, from the moment on that each is."""
    place = np.minimum(np.searchsorted(crafts, craft), len(crafts) - 1)
    return np.flatnonzero((crafts[place] == craft) & (time_us >= starts[place]))


def _sign_changes(statics: StaticBatch, at: NDArray[np.int64]) -> list[int]:
    """Of the rows ``at``, those where an aircraft transmits another call sign than in its row before; blanks say nothing."""
    at = at[is_aircraft(statics.craft[at]) & (statics.call_sign[at] != b"")]
    order = at[np.argsort(statics.craft[at], kind="stable")]
    craft, sign = statics.craft[order], statics.call_sign[order]
    repeats = np.zeros(len(order), dtype=bool)
    repeats[1:] = (craft[1:] == craft[:-1]) & (sign[1:] == sign[:-1])
    kept: list[int] = order[~repeats].tolist()
    return kept


def _split(batch: _Rows, watermark_us: int) -> tuple[_Rows, _Rows]:
    """Rows up to the watermark, and those after it."""
    stop = int(np.searchsorted(batch.time_us, watermark_us, side="right"))
    return batch.take(slice(0, stop)), batch.take(slice(stop, None))


def _texts(texts: Iterable[str]) -> pa.Table:
    return pa.table({"text": pa.array(list(texts), pa.string())})
