"""What an alert on a loaded ship costs: ``python deploy/bench/linking.py STORE [ALERTS]``.

Takes all papers of a store (``load_papers.py FOLDER STORE``) into a linker, puts 1,000 flags in force, and raises alerts on the ship with most consignments, each after one more flag, so that nothing
asked before helps. Prints milliseconds at the 50th and 99th percentile of the link alone (what is aboard, flagged ones first), of the whole alert, and of a flag until the alert says so; CPU time of the
thread beside the clock's, because a busy machine stretches the clock. ``--profile`` shows where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tracker.alerts.config import AlertConfig
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.flagging import ConsignmentTarget, FlagBook, FlagMessage, PartyTarget
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Cargo
from tracker.commands.folders import cache_folder, reference_folder
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.geography.places import WorldPlaces
from tracker.identity import craft_text, mmsi_craft
from tracker.store.database import Database
from tracker.store.papers import PaperStore
from tracker.units import US_PER_H, Micros

NOW_US = 1_800_000_000_000_000
FLAGS = 1000


@dataclass(frozen=True)
class _Call:
    craft: int
    location: str
    arrive_us: int
    depart_us: int | None
    known_us: int
    stopped: bool = True
    name: str = ""


class Stopwatch:
    """Times of one kind of question."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.clock_ms: list[float] = []
        self.cpu_ms: list[float] = []

    def of(self, what: Callable[[], Any]) -> Any:
        """Ask, and note how long it took."""
        begun, cpu = time.perf_counter(), time.thread_time()
        answer = what()
        self.clock_ms.append((time.perf_counter() - begun) * 1e3)
        self.cpu_ms.append((time.thread_time() - cpu) * 1e3)
        return answer

    def __str__(self) -> str:
        told = [
            f"p50 {np.percentile(times, 50):.1f} p99 {np.percentile(times, 99):.1f}"
            for times in (self.clock_ms, self.cpu_ms)
        ]
        return f"{self.name}: {told[0]} ms, of CPU {told[1]} ms, first {self.clock_ms[0]:.0f} ms"


def dark(craft: int, number: int) -> Event:
    """A dark period, each at another time."""
    at_us = NOW_US + number * 1_000_000
    return Event(
        kind=EventKind.DARK_PERIOD, craft=craft_text(craft), start_us=Micros(at_us), known_us=Micros(at_us + 1), event_id=event_id(EventKind.DARK_PERIOD, craft, at_us), revision=1,
        state=EventState.OPEN, detail="", other_craft=None, end_us=None, lat_deg=10.0, lon_deg=60.0, cause="silent_in_coverage", confidence=0.9, explanation="it fell silent",
        evidence={}, rule=Rule("bench", "1"),
    )  # fmt: skip


def _listed(linker: CargoLinker, craft: int, at_us: int) -> Any:
    return Cargo(linker.standings(craft, at_us)).first(20)


def _flag(flags: FlagBook, mark: FlagMessage, desk: AlertDesk, told: Event) -> None:
    flags.apply(mark)
    desk.reconsider(told, told.known_us + 1)


def main() -> None:
    """Ask and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("alerts", type=int, nargs="?", default=200)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    alerts = args.alerts
    locate = WorldPlaces.load(reference_folder(), cache_folder()).resolve_location
    database = Database(args.store)
    manifests = PaperStore(database).latest()
    flags = FlagBook()
    begun = time.perf_counter()
    linker = CargoLinker(CargoBook(manifests), locate, flags=flags)
    print(
        f"{sum(len(one.consignments) for one in manifests):,} consignments in a linker after {time.perf_counter() - begun:.1f} s"
    )
    largest = max(manifests, key=lambda one: len(one.consignments))
    craft = int(mmsi_craft(largest.conveyance.mmsi or 0))
    sailed_us = NOW_US - 100 * US_PER_H
    linker.add_port_calls(
        [_Call(craft, largest.consignments[0].loading.code, sailed_us - US_PER_H, sailed_us, sailed_us)]
    )
    chance = random.Random(1)

    def flag(number: int, *, aboard: bool) -> FlagMessage:
        papers = largest if aboard else chance.choice(manifests)
        item = chance.choice(papers.consignments)
        by_party = number % 3 == 0 and item.consignee is not None
        target = (
            PartyTarget(item.consignee.name) if by_party and item.consignee else ConsignmentTarget(item.document_number)
        )
        return FlagMessage(f"f{number}", "flag", target, "fraud", 0.8, "bench", "bench", NOW_US)

    for number in range(FLAGS):
        flags.apply(flag(number, aboard=number < 20))
    desk = AlertDesk(linker, AlertConfig())
    gc.collect()
    gc.freeze()  # as watch does once it is warm
    link, alert, flagged = Stopwatch("link"), Stopwatch("whole alert"), Stopwatch("flag to alert")
    profile = cProfile.Profile() if args.profile else None
    aboard = linker.standings(craft, NOW_US)
    print(f"{sum(len(standing.leg.items) for standing in aboard):,} consignments aboard, {len(flags):,} flags in force")
    for number in range(alerts):
        flags.apply(replace(flag(FLAGS + number % 50, aboard=False), flag_id=f"f{number % 50}"))
        if profile is not None:
            profile.enable()
        link.of(partial(_listed, linker, craft, NOW_US + number))
        told = dark(craft, number)
        flags.apply(replace(flag(FLAGS + number % 50, aboard=False), flag_id=f"f{number % 50}"))
        alert.of(partial(desk.judge, told))
        mark = replace(flag(1, aboard=True), flag_id=f"g{number % 50}")
        flagged.of(partial(_flag, flags, mark, desk, told))
        if profile is not None:
            profile.disable()
    for one in (link, alert, flagged):
        print(one)
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    database.close()


if __name__ == "__main__":
    main()
