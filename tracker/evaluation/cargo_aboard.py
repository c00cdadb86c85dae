"""What alerts say is aboard, against what is: two figures, by what makes papers hard (``tracker.simulate.office``).

::

    right    of the alerts on craft with cargo, those that name as loaded all of it and nothing else
    stated   consignments that alerts name as loaded; wrong: those that were not aboard, not yet, or no more

Looked at is the last revision of each alert that was not withdrawn. What was surely aboard a craft concerned when its part in the event began or ended must be named; what may have been aboard in that time
(in port, while goods come and go, and two hours after an arrival) may be. A hull that went on under another number has its goods under that. Where an alert says that goods are aboard one or the other
of two craft (their confidences are one at most in all), one of them must be right. An alert counts with each difficulty of the papers of its cargo, and is right of it where it is right of the
goods whose papers have it; ``all`` counts each alert once.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracker.events import EventKind, finite, parts_in_time
from tracker.simulate.aboard import Aboard
from tracker.units import US_PER_H, parse_time

ALL: Final = "all"
_UNLOADING_US: Final = 2 * US_PER_H
_MOST_KEPT: Final = 40
_SURE: Final = 1.0 + 1e-6
"""What is told of several craft with no more confidence than this in all is told of one or the other of them."""


@dataclass(frozen=True, slots=True)
class CargoScore:
    """The two figures of one difficulty."""

    difficulty: str
    alerts: int
    right: int
    stated: int
    wrong: int

    @property
    def right_frac(self) -> float:
        """Share of alerts with the right cargo; NaN without alerts."""
        return self.right / self.alerts if self.alerts else math.nan

    @property
    def wrong_frac(self) -> float:
        """Share of consignments stated that were not aboard; NaN where none was stated."""
        return self.wrong / self.stated if self.stated else math.nan

    def to_json(self) -> dict[str, Any]:
        """The figures, rounded."""
        return {
            "alerts": self.alerts, "right": self.right, "right_frac": finite(self.right_frac, 4),
            "stated": self.stated, "wrong": self.wrong, "wrong_frac": finite(self.wrong_frac, 5),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class CargoResult:
    """The figures of a scenario by difficulty, and the first of what was wrong in words."""

    scores: tuple[CargoScore, ...]
    faults: tuple[str, ...]


def add_up_cargo(results: Iterable[CargoResult]) -> tuple[CargoScore, ...]:
    """The figures of several scenarios together."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for result in results:
        for score in result.scores:
            for at, value in enumerate((score.alerts, score.right, score.stated, score.wrong)):
                totals[score.difficulty][at] += value
    return tuple(CargoScore(name, *totals[name]) for name in sorted(totals, key=lambda name: (name != ALL, name)))


def score_cargo(truth: Sequence[Aboard], alerts: Iterable[Mapping[str, Any]]) -> CargoResult:
    """Hold alerts (CloudEvents, all revisions in order) against the truth."""
    by_craft: dict[str, list[Aboard]] = defaultdict(list)
    by_id = {(one.manifest_id, one.consignment_id): one for one in truth}
    for one in truth:
        for craft in one.numbers:
            by_craft[craft].append(one)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    faults: list[str] = []
    for data in _standing(alerts):
        event = data["event"]
        known_us = int(parse_time(event["evidence"]["known"]))
        start_us = int(parse_time(event["start"]))
        end_us = max(start_us, known_us if event["end"] is None else min(int(parse_time(event["end"])), known_us))
        times = parts_in_time(_concerned(event), event["evidence"], start_us, end_us)
        must = {
            (one.manifest_id, one.consignment_id): one
            for craft, since_us, until_us in times
            for one in by_craft.get(craft, ())
            if any(one.is_called(craft, at_us, at_us) and one.is_surely(at_us) for at_us in (since_us, until_us))
        }.values()
        stated: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        for item in data["consignments"]:
            confidence = item.get("link", {}).get("confidence", 1.0)
            stated[item["manifest_id"], item["consignment_id"]][item["craft"]] = confidence
        wrong: list[str] = []
        amiss: set[str] = set()
        for key, crafts in stated.items():
            real = by_id.get(key)
            off = [craft for craft in crafts if real is None or not _may_be_on(real, craft, times)]
            is_either = sum(crafts.values()) <= _SURE
            is_wrong = len(off) == len(crafts) or (bool(off) and not is_either)
            wrong += [f"{key[1]} on {' and on '.join(off)} is not aboard"] * is_wrong
            for name in (ALL, *(("unknown",) if real is None else real.difficulties)):
                counts[name][2] += 1
                counts[name][3] += is_wrong
                amiss |= {name} if is_wrong else set()
        if not must:
            faults += [f"{event['kind']} {event['detail']} {event['craft']} {event['start']}: {one}" for one in wrong]
            continue
        missing = [] if data["consignments_aboard"] > len(stated) else [
            one for one in must if (one.manifest_id, one.consignment_id) not in stated
        ]  # fmt: skip
        amiss |= {name for one in missing for name in (ALL, *one.difficulties)}
        for name in {ALL, *(why for one in must for why in one.difficulties)}:
            counts[name][0] += 1
            counts[name][1] += name not in amiss
        told = [
            *wrong,
            *(f"{one.consignment_id} ({', '.join(one.difficulties)}) on {one.craft} is missing" for one in missing),
        ]
        faults += [f"{event['kind']} {event['detail']} {event['craft']} {event['start']}: {one}" for one in told]
    scores = tuple(CargoScore(name, *counts[name]) for name in sorted(counts, key=lambda name: (name != ALL, name)))
    return CargoResult(scores, tuple(faults[:_MOST_KEPT]))


def _may_be_on(real: Aboard, craft: str, times: Iterable[tuple[str, int, int]]) -> bool:
    """Whether a consignment may have been aboard what called itself so, while that had part in an event."""
    return any(
        (real.is_disguised or real.is_called(craft, since_us, until_us))
        and real.may_be(since_us, until_us, _UNLOADING_US)
        for one, since_us, until_us in times
        if one == craft
    )


def _standing(alerts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last revision of every alert that was not withdrawn."""
    standing: dict[str, Mapping[str, Any]] = {}
    for alert in alerts:
        if str(alert.get("type", "")).endswith(".retracted"):
            standing.pop(str(alert["data"]["alert_id"]), None)
        else:
            standing[str(alert["data"]["alert_id"])] = alert["data"]
    return list(standing.values())


def _concerned(event: Mapping[str, Any]) -> list[str]:
    """As ``tracker.events.craft_concerned``, of an event as JSON."""
    listed = event["evidence"].get("craft") if event["kind"] == EventKind.LOITERING else None
    return list(dict.fromkeys(filter(None, (event["craft"], event["other_craft"], *(listed or ())))))
