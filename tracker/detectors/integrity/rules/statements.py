"""What one craft says of itself, and changes under way (what is believed: ``..papers``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.integrity import motion
from tracker.detectors.integrity.exchange import Exchange
from tracker.detectors.integrity.finding import INFORMATION, Finding, finding
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.integrity.papers import LENGTH, Change
from tracker.detectors.integrity.rules.exchange import ExchangeRule
from tracker.identity import craft_text, imo_check_digit_ok, is_factory_mmsi
from tracker.statics import StaticBatch
from tracker.units import iso_time

_CONFIDENCE: Final = {"name": 0.6, "call_sign": 0.45, "imo": 0.7, "flag": 0.7}
"""How sure one change is; each further attribute adds to it."""
_WORDS: Final = {"name": "name", "call_sign": "call sign", "imo": "IMO number", "flag": "flag"}


class StatementRule:
    """Finds ``identity_change``, ``shared_identity`` of one that goes by several names, and IMO numbers with a wrong check digit."""

    def __init__(self, known: Knowledge, exchanges: ExchangeRule) -> None:
        self._known, self._exchanges = known, exchanges

    def judge(self, statics: StaticBatch, now_us: int) -> list[Finding]:
        """Static reports of a tick."""
        known = self._known
        found: list[Finding] = []
        alone: dict[int, list[Change]] = {}
        pairs: dict[tuple[int, int], Exchange] = {}

        def is_at_sea(craft: int) -> bool:
            return known.is_under_way_at_sea(known.where(craft), now_us)

        for change in known.papers.add(statics, is_at_sea):
            if is_factory_mmsi(change.craft):
                continue
            where = known.where(change.craft)
            if change.attribute == "imo" and not _is_valid(change.new):
                found += self._odd_imo(change, where)
            if not change.old or self._exchanges.is_taken_back(change, now_us):
                continue
            pair = self._exchanges.stated(change, where, now_us)
            if pair is not None:
                before = pairs.get((pair.craft, pair.other), pair)
                pairs[pair.craft, pair.other] = replace(pair, attributes=(*before.attributes, change.attribute))
                for craft in (pair.craft, pair.other):
                    alone.pop(craft, None)
            elif change.attribute != LENGTH:
                self._changed(change, where, now_us, found, alone)
        found += [self._exchanges.finding(pair, now_us) for pair in pairs.values()]
        for craft, changes in alone.items():
            before_event = known.open.last("identity_change", craft)
            earlier = [] if before_event is None else list(before_event.evidence.get("changes", ()))
            found.append(_change(changes, known.where(craft), earlier))
        return found

    def _changed(
        self, change: Change, where: NDArray[np.float64] | None, now_us: int, found: list[Finding], alone: dict[int, list[Change]]
    ) -> None:  # fmt: skip
        """A change of one craft alone: taken back, one of many to and fro, or one to be published."""
        known = self._known
        if change.back and known.open.is_open("identity_change", change.craft):
            why = f"{craft_text(change.craft)} says {change.new} again: a mistake, or two ships under one number."
            known.withdraw("identity_change", change.craft, why, now_us)
            return
        if change.alternates:
            if change.attribute == "name" and where is not None:
                found.append(_many_names(change, where))
            return
        if known.is_several(change.craft, now_us):
            return
        if not (change.is_at_sea_first or known.is_under_way_at_sea(where, now_us)):
            return
        if change.attribute == "imo" and not (_is_valid(change.old) and _is_valid(change.new)):
            return
        alone.setdefault(change.craft, []).append(change)

    def _odd_imo(self, change: Change, where: NDArray[np.float64] | None) -> list[Finding]:
        """An IMO number with a wrong check digit is information."""
        if not self._known.papers.is_first_time(change.craft, change.seen_us):
            return []
        name = self._known.named(change.craft)
        sentence = f"{name} transmits the IMO number {change.new}, whose check digit is wrong."
        evidence = {"reason": "imo", "imo": change.new}
        times_us = (change.first_us, change.seen_us)
        return [
            finding(
                "invalid_identity", change.craft, times_us, _place(where), INFORMATION, sentence, evidence, once=True
            )
        ]


def _change(changes: Sequence[Change], where: NDArray[np.float64] | None, earlier: list[dict[str, str]]) -> Finding:
    """Another name, call sign or IMO number at sea; several are one event, with those of an event still remembered."""
    craft, times_us = changes[0].craft, (changes[0].first_us, changes[-1].seen_us)
    now = [{"attribute": c.attribute, "old": c.old, "new": c.new, "first": iso_time(c.first_us)} for c in changes]
    everything = [*earlier, *now]
    kinds = {one["attribute"] for one in everything}
    confidence = min(max(_CONFIDENCE[kind] for kind in kinds) + 0.2 * (len(kinds) - 1), 0.9)
    what = ", ".join(f"her {_WORDS[one['attribute']]} from {one['old']} to {one['new']}" for one in everything)
    sentence = f"{craft_text(craft)} changed {what} while under way at sea."
    speed_kn = np.nan if where is None else float(where[motion.SPEED])
    evidence = {"changes": everything, "speed_kn": speed_kn}
    return finding("identity_change", craft, times_us, _place(where), confidence, sentence, evidence)


def _many_names(change: Change, where: NDArray[np.float64]) -> Finding:
    """One MMSI under several names in turns."""
    names = [change.old, change.new]
    sentence = (
        f"{craft_text(change.craft)} goes by several names in turns ({', '.join(names)}): one MMSI is used by two ships or more, or by one that "
        "changes its name to and fro."
    )
    times_us = (change.first_us, change.seen_us)
    return finding("shared_identity", change.craft, times_us, _place(where), 0.5, sentence, {"names": names})


def _place(where: NDArray[np.float64] | None) -> tuple[float, float]:
    return (np.nan, np.nan) if where is None else (where[motion.LAT], where[motion.LON])


def _is_valid(imo: str) -> bool:
    return imo.isdecimal() and bool(imo_check_digit_ok(int(imo)))
