"""From papers to radio: which craft heard is the conveyance that the papers name.

Rules, strongest first. A row of static data is judged alone, so neither batches nor repeats change anything:

========================  ==========  =========================================================================
reason                    confidence  demands
========================  ==========  =========================================================================
``mmsi``, ``icao24``      0.98        the papers themselves name it (``initial``)
``imo``                   0.97        same IMO number, check digit right; 0.04 less for another name, and for another MMSI, than the papers'
``call sign and name``    0.90        both equal
``flight and date``       0.90        same carrier and number, heard on the date of departure (of the airport's calendar where that is known, else UTC)
``call sign``             0.70        equal, but another name: she may have been renamed
``name``                  0.60        equal, and nothing contradicts
``flight``                0.60        same carrier and number; the papers give no date
``flight, next day``      0.55        heard in the first 12 h of the next day, and nobody was heard on the day itself
``flight number``         0.40        same number and date, carrier only alike in letters
========================  ==========  =========================================================================

What contradicts a name or call sign: another IMO number with a right check digit in the same row, or papers that give an MMSI
(then only that MMSI or the IMO number counts). Names are compared by letters and digits only, without ``M/V`` and the like, accents, former names (``(EX ...)``) and a voyage number behind them (``V.114N``); ``II`` is ``2``. Both
whole and cut to the 20 characters that AIS carries.

A match is stated once, and again only with a higher confidence, but for flights: of two airframes under one flight number at the same time the one that said it
first keeps its match, that of the other is halved (and taken back so far, where it was stated). Where the first says it for less than half an hour and
then something else, it was the one that carried it wrongly, and they change places. A ship renamed stays the same ship; what becomes of cargo whose ship
takes another MMSI is told by events (``tracker.cargo.meant``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import pack, unpack
from tracker.identity import (
    DOMAIN_ICAO24,
    craft_text,
    domain,
    icao24_craft,
    imo_check_digit_ok,
    is_ship_station,
    mmsi_craft,
)
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_MIN
from tracker.voyages.air_names import NO_NAMES, AirNames
from tracker.voyages.airlines import FlightNumber, letters_agree, parse_flight
from tracker.voyages.heard import Heard, statement_hashes
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.voyages.ship_names import MIN_KEY_LENGTH, letters_of, name_key, paper_names

FROM_PAPERS_US: Final = 0
"""Time of matches that the papers alone make: before anything was heard."""
NEXT_DAY_US: Final = 12 * US_PER_H
"""How far into the next day a flight may first be heard and still be taken for the day before's."""
MAX_SEEN: Final = 1 << 20
"""Identities remembered as already judged; beyond it they are judged again, which changes nothing."""
BEATEN_BY: Final = 0.15
"""A match counts for nothing beside one of another craft that is surer by so much."""
_ANOTHER: Final = 0.04
_DOUBTED: Final = 0.5
_FLOWN_BY: Final = ", flown by "
_AT_ONCE_US: Final = 10 * US_PER_MIN
_FLOWN_US: Final = 30 * US_PER_MIN
"""Two fly under one number at once where both said it within ten minutes; who has not said it for half an hour begins anew (ours: call signs are sent every
five seconds, and heard again after a hole in coverage)."""
_LAYOUT: Final = 2


@dataclass(slots=True)
class _Flown:
    """A craft under a flight number: when it said it first and last, and who flew under it before."""

    first_us: int
    last_us: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """From ``time_us`` on, ``craft`` is believed to be conveyance number ``conveyance_index``."""

    time_us: int
    craft: int
    conveyance_index: int
    reason: str
    confidence: float

    @property
    def is_doubted(self) -> bool:
        """Another airframe flies under the flight number at the same time, and did so before."""
        return _FLOWN_BY in self.reason


class ConveyanceIndex:
    """Finds the craft of some conveyances in the static data heard; more may be learnt later."""

    def __init__(self, conveyances: Sequence[Conveyance] = (), air: AirNames = NO_NAMES) -> None:
        self.conveyances: list[Conveyance] = []
        """By number; one that is forgotten keeps its number."""
        self.number_of: dict[Conveyance, int] = {}
        self._imo: dict[int, list[int]] = defaultdict(list)
        self._name: dict[str, list[int]] = defaultdict(list)
        self._call_sign: dict[str, list[int]] = defaultdict(list)
        self._flight: dict[FlightNumber, list[int]] = defaultdict(list)
        self._flight_number: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._air = air
        self._day_us: dict[int, tuple[int, int]] = {}
        """Begin and end of the day of departure."""
        self._dated: dict[FlightNumber, set[tuple[int, int]]] = defaultdict(set)
        self._matches: dict[tuple[int, int], Match] = {}
        self._crafts_of: dict[int, set[int]] = defaultdict(set)
        self._matched_on_day: set[int] = set()
        self._flown: dict[FlightNumber, dict[int, _Flown]] = {}
        self._flies: dict[int, FlightNumber] = {}
        self._call_signs: set[bytes] = set()
        """As heard, of flights on papers."""
        self._seen = KeyedState({})
        self._number(conveyances)

    def learn(self, conveyances: Sequence[Conveyance], said: StaticBatch) -> list[Match]:
        """Know more conveyances; the matches that the papers alone make of them, and those that what was said before makes.

        ``said`` is what craft said that these papers may mean, in the order of time (``heard_of``); a match is of the time at which it was said. Nobody but these craft
        is gone through, and no match of another conveyance changes.
        """
        new = [one for one in dict.fromkeys(conveyances) if one not in self.number_of]
        if not new:
            return []
        apart, first = ConveyanceIndex(new, self._air), len(self.conveyances)
        for flight in apart._flight:
            apart._dated[flight] |= self._dated.get(flight, set())
        found = apart.initial() + apart.observe(said)
        self._number(new)
        self._matches.update(
            {(index + first, craft): _renumbered(match, first) for (index, craft), match in apart._matches.items()}
        )
        self._crafts_of.update({index + first: crafts for index, crafts in apart._crafts_of.items()})
        self._matched_on_day |= {index + first for index in apart._matched_on_day}
        self._call_signs |= apart._call_signs
        for flight in apart._flown.keys() - self._flown.keys():
            self._flown[flight] = apart._flown[flight]
            for craft, flown in apart._flies.items():
                if flown == flight:
                    self._flies.setdefault(craft, flight)
        return [_renumbered(match, first) for match in found]

    def _number(self, conveyances: Sequence[Conveyance]) -> None:
        for conveyance in conveyances:
            if conveyance not in self.number_of:
                self.number_of[conveyance] = len(self.conveyances)
                self.conveyances.append(conveyance)
                self._enter(self.number_of[conveyance], conveyance)

    def initial(self) -> list[Match]:
        """The matches that the papers alone make: they name an MMSI or a 24-bit address."""
        found = []
        for index, conveyance in enumerate(self.conveyances):
            if conveyance.mmsi is not None:
                found += self._state(FROM_PAPERS_US, int(mmsi_craft(conveyance.mmsi)), index, "mmsi", 0.98)
            if conveyance.icao24 is not None:
                found += self._state(FROM_PAPERS_US, int(icao24_craft(conveyance.icao24)), index, "icao24", 0.98)
            elif conveyance.registration and not self._flights_of(conveyance):
                address = self._air.address_of(conveyance.registration)
                if address is not None:
                    reason = f"icao24, that of registration {conveyance.registration}"
                    found += self._state(FROM_PAPERS_US, int(icao24_craft(address)), index, reason, 0.95)
        return found

    def observe(self, statics: StaticBatch) -> list[Match]:
        """New or stronger matches that these rows make, in row order."""
        if not self.conveyances or not len(statics):
            return []
        found: list[Match] = []
        unseen = self._unseen_rows(statics)
        for row in self._rows_of_interest(statics, unseen):
            time_us, craft = int(statics.time_us[row]), int(statics.craft[row])
            call_sign = bytes(statics.call_sign[row]).decode("ascii", "replace")
            if is_ship_station(craft):
                name = bytes(statics.name[row]).decode("ascii", "replace")
                found += self._observe_ship(time_us, craft, int(statics.imo[row]), name, call_sign)
            elif domain(craft) == DOMAIN_ICAO24 and (flight := parse_flight(call_sign)) is not None:
                found += self._observe_flight(time_us, craft, flight)
            elif call_sign and craft in self._flies:
                found += self._flies_no_more(time_us, craft)
        return found

    def matches(self) -> list[Match]:
        """All matches stated so far, ordered by conveyance and craft."""
        return [self._matches[key] for key in sorted(self._matches)]

    def matches_of(self, conveyance: Conveyance) -> list[Match]:
        """Those of one conveyance, in the order of craft."""
        index = self.number_of.get(conveyance, -1)
        return [self._matches[index, craft] for craft in sorted(self._crafts_of.get(index, ()))]

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep no match of some craft; whoever of them is heard again is judged anew."""
        gone = set(craft.tolist())
        self._matches = {key: match for key, match in self._matches.items() if key[1] not in gone}
        for mine in self._crafts_of.values():
            mine.difference_update(gone)
        self._matched_on_day = {
            index for (index, _), match in self._matches.items() if match.reason in ("flight and date", "icao24")
        }
        self._flown = {
            flight: {one: flown for one, flown in crafts.items() if one not in gone}
            for flight, crafts in self._flown.items()
        }
        for crafts in self._flown.values():
            for flown in crafts.values():
                flown.before = None if flown.before in gone else flown.before
        self._flies = {one: flight for one, flight in self._flies.items() if one not in gone}
        self._seen = KeyedState({})

    def only(self, conveyances: Sequence[Conveyance]) -> ConveyanceIndex:
        """The same of some of its conveyances, which are numbered anew."""
        kept = ConveyanceIndex(conveyances, self._air)
        kept.restore(self.snapshot())
        return kept

    def snapshot(self) -> bytes:
        """The matches as Arrow; what was merely seen is judged again after a restore, with the same result."""
        rows = [(m.time_us, m.craft, self._key(m.conveyance_index), m.reason, m.confidence) for m in self.matches()]
        columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
        types = (pa.int64(), pa.int64(), pa.string(), pa.string(), pa.float64())
        names = ("time_us", "craft", "conveyance", "reason", "confidence")
        arrays = [pa.array(list(values), type=kind) for values, kind in zip(columns, types, strict=True)]
        flown = [
            {"flight": list(flight), "craft": craft, **asdict(self._flown[flight][craft])}
            for flight in sorted(self._flown)
            for craft in sorted(self._flown[flight])
        ]
        flown_table = pa.table({"text": pa.array([json.dumps(row) for row in flown], pa.string())})
        return pack("conveyance index", _LAYOUT, {"matches": pa.table(arrays, names=list(names)), "flown": flown_table})

    def restore(self, snapshot: bytes) -> None:
        """Take over the matches of conveyances that the present papers still name."""
        index_of = {self._key(index): index for index in range(len(self.conveyances))}
        tables = unpack("conveyance index", _LAYOUT, snapshot)
        for row in tables["matches"].to_pylist():
            index = index_of.get(row["conveyance"])
            if index is not None:
                self._state(row["time_us"], row["craft"], index, row["reason"], row["confidence"])
        for text in tables["flown"].column("text").to_pylist():
            row = json.loads(text)
            flight = FlightNumber(*row.pop("flight"))
            if flight in self._flight:
                craft = row.pop("craft")
                self._flown.setdefault(flight, {})[craft] = _Flown(**row)
                self._flies[craft] = flight

    def _enter(self, index: int, conveyance: Conveyance) -> None:
        if conveyance.mode is Mode.SEA:
            if conveyance.imo is not None and imo_check_digit_ok(conveyance.imo):
                self._imo[conveyance.imo].append(index)
            for key in paper_names(conveyance.name or ""):
                self._name[key].append(index)
            if len(key := letters_of(conveyance.call_sign or "")) >= MIN_KEY_LENGTH:
                self._call_sign[key].append(index)
            return
        if conveyance.flight_date is not None:
            self._day_us[index] = _day_of(conveyance.flight_date, conveyance.flight_zone)
        for flight in self._flights_of(conveyance):
            self._flight[flight].append(index)
            if index in self._day_us:
                self._dated[flight].add(self._day_us[index])
                if len(flight.designator) == 2:
                    self._flight_number[flight.number, flight.suffix].append(index)

    def _flights_of(self, conveyance: Conveyance) -> list[FlightNumber]:
        """The numbers that papers give, and those that they are flown under."""
        given = [parse_flight(text) for text in (conveyance.flight, conveyance.call_sign) if text]
        flights = [flight for flight in given if flight is not None]
        return list(dict.fromkeys([*flights, *(flown for flight in flights for flown in self._air.operating(flight))]))

    def _unseen_rows(self, statics: StaticBatch) -> NDArray[np.int64]:
        """Rows whose craft, identity and day were not judged before, first occurrences only."""
        if len(self._seen) > MAX_SEEN:
            self._seen = KeyedState({})
        keys = statement_hashes(statics)
        new = np.flatnonzero(self._seen.find(keys) < 0)
        if not len(new):
            return new
        _, first = np.unique(keys[new], return_index=True)
        self._seen.slots(keys[new])
        return np.sort(new[first])

    def _rows_of_interest(self, statics: StaticBatch, unseen: NDArray[np.int64]) -> list[int]:
        """Rows not judged before, those of flights on papers, and those of craft that fly under one."""
        if not self._flight:
            return unseen.tolist()
        air = unseen[(domain(statics.craft[unseen]) == DOMAIN_ICAO24) & (statics.call_sign[unseen] != b"")]
        for call in {bytes(call) for call in statics.call_sign[air]} - self._call_signs:
            if parse_flight(call.decode("ascii", "replace")) in self._flight:
                self._call_signs.add(call)
        if not self._call_signs:
            return unseen.tolist()
        named = np.isin(statics.call_sign, np.array(sorted(self._call_signs), dtype=statics.call_sign.dtype))
        if self._flies:
            named |= (statics.call_sign != b"") & np.isin(statics.craft, np.array(sorted(self._flies), dtype=np.int64))
        rows: list[int] = np.union1d(unseen, np.flatnonzero(named)).tolist()
        return rows

    def _observe_flight(self, time_us: int, craft: int, flight: FlightNumber) -> list[Match]:
        """A craft says a flight number, maybe one that another flies under."""
        found = []
        if self._flies.get(craft, flight) != flight:
            found += self._flies_no_more(time_us, craft)
        if flight not in self._flight:
            return found + self._observe_aircraft(time_us, craft, flight)
        crafts = self._flown.setdefault(flight, {})
        mine = crafts.get(craft)
        if mine is None or time_us - mine.last_us > _FLOWN_US:
            others = [
                (flown.first_us, one)
                for one, flown in crafts.items()
                if time_us - flown.last_us <= _AT_ONCE_US and one != craft
            ]
            mine = crafts[craft] = _Flown(time_us, time_us, min(others)[1] if others else None)
            self._flies[craft] = flight
        mine.last_us = time_us
        return found + self._observe_aircraft(time_us, craft, flight, mine.before)

    def _flies_no_more(self, time_us: int, craft: int) -> list[Match]:
        """A craft says something else than its flight number: for how long, and beside whom, did it say it?"""
        flight = self._flies.pop(craft)
        crafts = self._flown[flight]
        mine, found = crafts.pop(craft), []
        beside = sorted(one for one, flown in crafts.items() if flown.before == craft)
        if beside and mine.last_us - mine.first_us < _FLOWN_US:
            right = beside[0]
            crafts[right].before = None
            for other in beside[1:]:
                crafts[other].before = right
            found += self._observe_aircraft(time_us, craft, flight, right)
            found += self._observe_aircraft(time_us, right, flight)
        return found

    def _observe_ship(self, time_us: int, craft: int, imo: int, name: str, call_sign: str) -> list[Match]:
        imo = imo if imo_check_digit_ok(imo) else 0
        named = self._name.get(name_key(name), [])
        called = self._call_sign.get(letters_of(call_sign), [])
        found = []
        for index in sorted({*self._imo.get(imo, []), *named, *called}):
            papers = self.conveyances[index]
            if imo and papers.imo == imo:
                other_name = bool(papers.name and name_key(name)) and index not in named
                other_mmsi = papers.mmsi is not None and craft != mmsi_craft(papers.mmsi)
                reason = "imo" + ", another name" * other_name + ", another MMSI" * other_mmsi
                found += self._state(
                    time_us, craft, index, reason, round(0.97 - _ANOTHER * (other_name + other_mmsi), 2)
                )
            elif papers.mmsi is not None or (imo and imo_check_digit_ok(papers.imo or 0)):
                continue
            elif index in called and index in named:
                found += self._state(time_us, craft, index, "call sign and name", 0.90)
            elif index in called:
                found += self._state(time_us, craft, index, "call sign", 0.70)
            else:
                found += self._state(time_us, craft, index, "name", 0.60)
        return found

    def _observe_aircraft(
        self, time_us: int, craft: int, flight: FlightNumber, beside: int | None = None
    ) -> list[Match]:
        """The matches that a flight number makes, halved where another craft flew under it before and still does."""
        found = []
        for index in self._flight.get(flight, []):
            if self.conveyances[index].icao24 is not None:
                continue
            day = self._day_us.get(index)
            if day is None:
                found += self._state_flight(time_us, craft, index, "flight", 0.60, beside)
            elif day[0] <= time_us < day[1]:
                found += self._state_flight(time_us, craft, index, "flight and date", 0.90, beside)
            elif (
                day[1] <= time_us < day[1] + NEXT_DAY_US
                and index not in self._matched_on_day
                and not any(first_us <= time_us < last_us for first_us, last_us in self._dated[flight])
            ):
                found += self._state_flight(time_us, craft, index, "flight, next day", 0.55, beside)
        for index in self._flight_number.get((flight.number, flight.suffix), []):
            first_us, last_us = self._day_us[index]
            if not first_us <= time_us < last_us or self.conveyances[index].icao24 is not None:
                continue
            papers = parse_flight(self.conveyances[index].flight or "")
            if papers is not None and letters_agree(papers.designator, flight.designator):
                found += self._state_flight(time_us, craft, index, "flight number", 0.40, beside)
        return found

    def _state_flight(
        self, time_us: int, craft: int, index: int, reason: str, confidence: float, beside: int | None
    ) -> list[Match]:
        if beside is None:
            return self._state(time_us, craft, index, reason, confidence)
        doubt = f"{reason}{_FLOWN_BY}{craft_text(beside)} at the same time"
        if (craft ^ beside).bit_count() == 1:
            doubt += ", whose address differs by one bit"
        return self._state(time_us, craft, index, doubt, confidence * _DOUBTED, may_lower=True)

    def _state(
        self, time_us: int, craft: int, index: int, reason: str, confidence: float, may_lower: bool = False
    ) -> list[Match]:
        """State a match unless one at least as strong (the same, where it may be taken back) was stated before."""
        known = self._matches.get((index, craft))
        if known is not None and (known.confidence == confidence if may_lower else known.confidence >= confidence):
            return []
        match = Match(time_us, craft, index, reason, confidence)
        self._matches[index, craft] = match
        self._crafts_of[index].add(craft)
        if reason in ("flight and date", "icao24"):
            self._matched_on_day.add(index)
        return [match]

    def _key(self, index: int) -> str:
        """A conveyance as text, so that a snapshot survives papers being added."""
        return "|".join("" if value is None else str(value) for value in astuple(self.conveyances[index]))


def _day_of(day: str, zone: str | None) -> tuple[int, int]:
    """Begin and end of a day of a place's calendar; of UTC where no zone is given."""
    first = datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone) if zone else UTC)
    ends = first.replace(tzinfo=None) + timedelta(days=1)
    begin_us, end_us = (
        (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        for moment in (first, ends.replace(tzinfo=first.tzinfo))
    )
    return begin_us, end_us


def _renumbered(match: Match, first: int) -> Match:
    return replace(match, conveyance_index=match.conveyance_index + first)


def heard_keys(craft: int, name: bytes, call_sign: bytes) -> tuple[str, str]:
    """What papers would know a craft by that says a name and a call sign (``heard.KeysOf``)."""
    sign = call_sign.decode("ascii", "replace")
    if domain(craft) == DOMAIN_ICAO24:
        flight = parse_flight(sign)
        return "", "" if flight is None else _flight_key(flight)
    return name_key(name.decode("ascii", "replace")), letters_of(sign)


def heard_of(heard: Heard, conveyances: Iterable[Conveyance]) -> StaticBatch:
    """What craft said before that some conveyances may mean, as :meth:`ConveyanceIndex.learn` takes it."""
    imos: set[int] = set()
    names: set[str] = set()
    signs: set[str] = set()
    for conveyance in conveyances:
        if conveyance.mode is Mode.SEA:
            imos |= {conveyance.imo} - {None}  # type: ignore[arg-type]
            names |= paper_names(conveyance.name or "")
            signs.add(letters_of(conveyance.call_sign or ""))
            continue
        for text in (conveyance.flight, conveyance.call_sign):
            if (flight := parse_flight(text or "")) is not None:
                signs.add(_flight_key(flight))
    return heard.of_papers(imos, names, signs)


def _flight_key(flight: FlightNumber) -> str:
    """By number alone: whose it is, is asked when it is judged."""
    return f"flight {flight.number}{flight.suffix}"
