"""Two ships that go on as each other (how a pair is found: ``..exchange``)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, distance_km_scalar
from tracker.detectors.integrity import motion
from tracker.detectors.integrity.exchange import (
    CONTINUED,
    JUMPED,
    PARTED,
    ROADSTEAD_CONFIDENCE,
    ROADSTEAD_KM,
    ROADSTEAD_SHIPS,
    STATED,
    Exchange,
    Exchanges,
    Rest,
    jumped,
)
from tracker.detectors.integrity.finding import PAIRS, SURE, Finding, finding, spot
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.integrity.papers import LENGTH, Change
from tracker.detectors.integrity.ways import Way, Ways
from tracker.detectors.wording import clock_text, kilometres_text, period_text, place_text
from tracker.events import Event
from tracker.identity import CRAFT_MASK, craft_text, is_aircraft
from tracker.units import US_PER_H, iso_time, parse_time

_BESIDE_KM: Final = 2.0
"""Nearer together than this nobody can tell which of two hulls a number is aboard (ours)."""
_SAID: Final = {"name": "name", "call_sign": "call sign", "imo": "IMO number", LENGTH: "length"}
_EXCHANGED: Final = {"name": "names", "call_sign": "call signs", "imo": "IMO numbers", LENGTH: "lengths"}


class ExchangeRule:
    """Finds ``identity_exchange``."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self.ways = Ways(known.config.change_kn)
        self.exchanges = Exchanges()

    def judge(self, now_us: int, every_us: int) -> list[Finding]:
        """Pairs whose positions say that they go on as each other."""
        known = self._known
        pairs: list[Exchange] = []
        away = known.displaced.new() if len(known.displaced) else []
        for k, one in enumerate(away):
            for other in away[:k]:
                if is_aircraft(one.craft) or is_aircraft(other.craft) or (pair := jumped(one, other)) is None:
                    continue
                one.is_exchanged = other.is_exchanged = True
                pairs.append(pair)
        slots = known.ships_heard_since(now_us - every_us)
        keys, move = known.moves.keys, known.moves["move"]
        if away or len(known.displaced):
            slots = slots[~np.isin(keys[slots], np.array(known.displaced.segments(), dtype=np.int64))]
        some = move[slots]
        turns = self.ways.look(keys[slots], some[:, motion.US], some[:, motion.LAT], some[:, motion.LON])
        for pair in self.exchanges.turned(turns, known.hulls.hull, self._rest) if turns else ():
            where = [*((lat, lon) for _, lat, lon in pair.places), *pair.rests]
            if not all(known.is_at_sea(lat, lon) for lat, lon in where):
                continue
            if pair.how == PARTED and self._lie_around(slots, pair) >= ROADSTEAD_SHIPS:
                pairs.append(replace(pair, confidence=min(pair.confidence, ROADSTEAD_CONFIDENCE)))
            else:
                pairs.append(pair)
        return [self.finding(pair, now_us) for pair in pairs]

    def stated(self, change: Change, where: NDArray[np.float64] | None, now_us: int) -> Exchange | None:
        """The exchange that a newly believed value completes, if it does."""
        if change.back or change.alternates or (other := self.exchanges.stated(change)) is None or where is None:
            return None
        there = self._known.where(other[0])
        if there is None:
            return None
        both = sorted(((change.craft, where), (other[0], there)), key=lambda each: each[0])
        apart_km = float(distance_km(*where[[motion.LAT, motion.LON]], *there[[motion.LAT, motion.LON]]))
        places = [(int(at[motion.US]), float(at[motion.LAT]), float(at[motion.LON])) for _, at in both]
        return Exchange(
            both[0][0], both[1][0], STATED, min(change.first_us, other[1]), now_us, 0.0, (),
            None if apart_km <= _BESIDE_KM else False, (places[0], places[1]),
        )  # fmt: skip

    def is_taken_back(self, change: Change, now_us: int) -> bool:
        """Whether a craft says its own again; an exchange of which nothing but statements is known is then withdrawn."""
        if not self.exchanges.is_taken_back(change):
            return False
        why = f"{craft_text(change.craft)} says {change.new} again: statements mixed up on the way, or an exchange taken back."
        for subject, event in list(self._known.open.events(PAIRS)):
            about = craft_text(change.craft) in (event.craft, event.other_craft)
            if about and list(event.evidence.get("how", ())) == [STATED]:
                self._known.withdraw(PAIRS, 0, why, now_us, subject)
        return True

    def finding(self, pair: Exchange, now_us: int) -> Finding:
        """An exchange; what was published of the one or the other alone is withdrawn."""
        known, subject = self._known, _pair_of(pair.craft, pair.other)
        before = known.open.last(PAIRS, 0, subject)
        if pair.how == STATED:
            pair = replace(pair, confidence=self._sureness_of_statements(pair, before))
        found = self._finding(pair, before, subject)
        known.hulls.drop(pair.craft, pair.other)
        for craft in (pair.craft, pair.other):
            other = craft_text(pair.other if craft == pair.craft else pair.craft)
            for detail in ("identity_change", "identity_transfer", "displaced"):
                event = known.open.last(detail, craft)
                if event is None or event.start_us < found.start_us - US_PER_H:
                    continue
                if detail == "identity_transfer" and event.other_craft not in subject.split():
                    continue
                why = f"It is told as one with {other}: they exchanged identities."
                known.withdraw(detail, craft, why, now_us)
        return found

    def _rest(self, segment: int) -> Rest | None:
        """How a transmitter lay last; None where it is not known."""
        moves = self._known.moves
        slot = int(moves.find(np.array([segment], dtype=np.int64))[0])
        return None if slot < 0 else Rest(*moves["move"][slot, motion.REST_US : motion.HOP_LON + 1].tolist())

    def _lie_around(self, slots: NDArray[np.int64], pair: Exchange) -> int:
        """How many other ships, of those heard now, lie still where two parted."""
        moves = self._known.moves
        move = moves["move"][slots]
        _, lat, lon = pair.places[0]
        lies = (move[:, motion.SPEED] < self._known.config.frozen_kn) & ~np.isin(
            moves.keys[slots] & CRAFT_MASK, [pair.craft, pair.other]
        )
        return int((distance_km(move[lies, motion.LAT], move[lies, motion.LON], lat, lon) <= ROADSTEAD_KM).sum())

    def _sureness_of_statements(self, pair: Exchange, before: Event | None) -> float:
        """How sure statements alone are: each says what the other had said."""
        said = {*pair.attributes, *(before.evidence.get("exchanged", ()) if before else ())} - {LENGTH}
        sure = 0.4 if not said else 0.75 if len(said) == 1 else 0.9
        if not any(self._known.is_at_sea(lat, lon) for _, lat, lon in pair.places):
            sure = min(sure, 0.5)  # two of one company that change their names, or are sold
        return sure

    def _finding(self, pair: Exchange, before: Event | None, subject: str) -> Finding:
        """An exchange in figures and words; ``before`` is what was published of the pair already."""
        hulls, papers = self._known.hulls, self._known.papers
        earlier = before.evidence if before is not None else {}
        hows = [*earlier.get("how", ()), *([pair.how] if pair.how not in earlier.get("how", ()) else [])]
        values = dict(earlier.get("exchanged", {}))
        for attribute in pair.attributes:
            values[attribute] = [papers.text(craft, attribute, "_old") for craft in (pair.craft, pair.other)]
        by_position = [how for how in hows if how != STATED]
        confidence = max(pair.confidence, before.confidence if before is not None else 0.0)
        if by_position and values:
            confidence = max(confidence, 0.85)
        (first_us, lat, lon), (second_us, other_lat, other_lon) = pair.places
        apart_km = float(distance_km_scalar(lat, lon, other_lat, other_lon))
        start_us = pair.start_us if before is None else min(pair.start_us, int(before.start_us))
        evidence: dict[str, Any] = {
            "how": hows, "exchanged": values, "is_hull_crossed": True if by_position else pair.is_hull_crossed, "apart_km": apart_km,
            "place": spot(first_us, lat, lon), "other_place": spot(second_us, other_lat, other_lon),
            "identity": hulls.identity_of(pair.craft), "other_identity": hulls.identity_of(pair.other),
            "ways": None if pair.ways is None else [[asdict(way) for way in both] for both in pair.ways],
            "swap": None if pair.swap is None else {"time": iso_time(pair.swap[0]), "apart_km": pair.swap[1]},
        }  # fmt: skip
        if evidence["ways"] is None and earlier.get("ways") is not None:
            evidence["ways"], evidence["swap"] = earlier["ways"], earlier.get("swap")
        is_news = before is None or hows != list(earlier.get("how", ())) or values != dict(earlier.get("exchanged", {}))
        sentence = self._sentence(pair, evidence, start_us, confidence)
        return finding(
            PAIRS, pair.craft, (start_us, pair.seen_us), (lat, lon), confidence, sentence, evidence,
            other=pair.other, subject=subject, speak=is_news,
        )  # fmt: skip

    def _sentence(self, pair: Exchange, evidence: dict[str, Any], start_us: int, confidence: float) -> str:
        hulls, hows, values = self._known.hulls, evidence["how"], evidence["exchanged"]
        by_position, apart = any(how != STATED for how in hows), kilometres_text(evidence["apart_km"])
        _, lat, lon = pair.places[0]
        at = f"at {clock_text(start_us)}" if pair.ways is None else period_text(start_us, pair.seen_us)
        doubt = "" if confidence >= SURE else "probably " if confidence >= 0.6 else "perhaps "
        said = [attribute for attribute in values if attribute != LENGTH]
        what = "identities" if by_position or not values else " and ".join(_EXCHANGED[key] for key in (said or values))
        if JUMPED in hows:
            why = f"since then each has been heard where the other was, {apart} away, and no more at its own place"
        elif CONTINUED in hows:
            why = "each turned off its way, and goes on where the other would be, on its course and at its speed"
        elif PARTED in hows:
            why = "they had come together there, and each left on the way that the other had come"
            if (swap := evidence["swap"]) is not None:
                why += f"; at {clock_text(parse_time(swap['time']))} their positions, {kilometres_text(swap['apart_km'])} apart, changed places"
            else:
                why += "; or each turned back"
        else:
            why = f"each says now what the other had said, {apart} apart"
        if by_position and values:
            why += f"; each says the {' and '.join(_SAID[key] for key in values)} of the other, too"
        where = place_text(lat, lon, self._known.context.port_near)
        sentence = (
            f"{hulls.named(pair.craft)} and {hulls.named(pair.other)} {doubt}exchanged {what} {at}, {where}: {why}."
        )
        if pair.ways is None:
            return sentence
        ways = [
            f"{hulls.value(craft, 'name') or craft_text(craft)} {_way(*way)}"
            for craft, way in zip((pair.craft, pair.other), pair.ways, strict=True)
        ]
        return f"{sentence} {', '.join(ways)}."


def _pair_of(one: int, other: int) -> str:
    """The subject of what is said of a pair."""
    return f"{craft_text(min(one, other))} {craft_text(max(one, other))}"


def _way(old: Way, new: Way) -> str:
    return f"came at {old.kn:.0f} kn on {round(old.course_deg) % 360:03d} degrees and left at {new.kn:.0f} kn on {round(new.course_deg) % 360:03d}"
