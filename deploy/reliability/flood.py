"""A flood of invented craft: ``python deploy/reliability/flood.py [--ships N] [--aircraft N] [--hours N] [--most N] [--vessels N] [--flights N] [--free]``

The real timeline, desk and recording of nothing, in this process: a simulated honest sea and sky (``tracker.simulate``) decoded as usual, and among its reports
``--ships`` invented MMSIs and ``--aircraft`` invented ICAO addresses, each of one to three reports within ten minutes, anywhere in the same
waters, from the same receivers. First the honest ones alone, then with the flood. Printed as JSON: what the process holds before and after, how many craft the register
keeps, what was turned away, and every revision of an honest event that is not the same to the word. ``--free``: without a budget, as it was before there was one.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.read import read_cargo
from tracker.engine.build import build_timeline
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.identity import craft_text, icao24_craft, mmsi_craft
from tracker.inputs import open_input
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.settings import Settings, load_settings
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE, simulate
from tracker.statics import StaticBatch

_WITHIN_US = 600_000_000


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ships", type=int, default=1_000_000)
    parser.add_argument("--aircraft", type=int, default=1_000_000)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--most", type=int, help="[memory] most_craft; without it the default")
    parser.add_argument("--vessels", type=int, default=150)
    parser.add_argument("--flights", type=int, default=60)
    parser.add_argument("--step-s", type=float, default=15.0, help="event time between two moves of the watermark")
    parser.add_argument("--free", action="store_true", help="without a budget")
    args = parser.parse_args()
    settings = with_most(load_settings(), 1 << 40 if args.free else args.most)
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), seed=11, vessels=args.vessels, flights=args.flights, hours=args.hours)
        places = WorldPlaces.load()
        book = read_cargo([Path(folder) / CARGO_FILE], places.resolve_location)
        rows, statics = honest(Path(folder), places)
    step_us = int(args.step_s * 1e6)
    result: dict[str, Any] = {"honest_craft": len(np.unique(rows.craft)), "honest_reports": len(rows)}
    first_us, last_us = int(rows.time_us[0]), int(rows.time_us[-1])
    known = np.unique(np.concatenate([rows.craft, statics.craft]))
    ours = {craft_text(key) for key in known.tolist()}
    alone = Run(settings, book, places, ours)
    alone.drive(slices(rows, statics, None, first_us, last_us, step_us))
    result["alone_mb"] = resident_mb()
    crowd = Crowd(rows, known, args.ships, args.aircraft, first_us, last_us)
    result["invented_craft"], result["invented_reports"] = crowd.craft, len(crowd.time_us)
    flooded = Run(settings, book, places, ours)
    result["before_mb"], flooded.seconds = resident_mb(), 0.0
    flooded.drive(slices(rows, statics, crowd, first_us, last_us, step_us))
    gc.collect()
    register = flooded.timeline.register
    result |= {
        "after_mb": resident_mb(), "highest_mb": flooded.highest_mb, "seconds": round(flooded.seconds, 1),
        "most_craft": register.config.most_craft, "remembered": len(register), "highest_remembered": flooded.highest_craft,
        "waiting": register.waiting, "forgotten": register.forgotten, "rows_not_judged": register.turned_away,
    }  # fmt: skip
    result |= compare(alone, flooded, ours)
    print(json.dumps(result, indent=1))


def with_most(settings: Settings, most: int | None) -> Settings:
    """Settings with another budget."""
    if most is None:
        return settings
    memory = dataclasses.replace(settings["memory"], most_craft=most)
    return dataclasses.replace(settings, configs={**settings.configs, "memory": memory})


def honest(folder: Path, places: WorldPlaces) -> tuple[PositionBatch, StaticBatch]:
    """All rows of the simulated sea and sky, in order."""
    decoded = [
        part
        for source, name in enumerate((AIS_FILE, AIR_FILE))
        for part in open_input(folder / name, source).decoded(1 << 20)
    ]
    rows = PositionBatch.concat(d.positions for d in decoded).in_time_order()
    return rows, StaticBatch.concat(d.statics for d in decoded).in_time_order()


class Crowd:
    """Invented craft as one report each row, in time order; made into rows slice by slice."""

    def __init__(self, rows: PositionBatch, known: Any, ships: int, aircraft: int, first_us: int, last_us: int) -> None:
        rng = np.random.default_rng(12)
        mmsi = mmsi_craft(distinct(rng, 100_000_000, 800_000_000, ships + len(known)))
        icao = icao24_craft(distinct(rng, 1, 1 << 24, aircraft + len(known)))
        craft = np.concatenate([mmsi[~np.isin(mmsi, known)][:ships], icao[~np.isin(icao, known)][:aircraft]])
        self._ships = min(ships, len(craft))
        self.craft = len(craft)
        times = rng.integers(1, 4, len(craft))
        start_us = rng.integers(first_us, last_us - _WITHIN_US, len(craft))
        of = np.repeat(np.arange(len(craft)), times)
        time_us = start_us[of] + rng.integers(0, _WITHIN_US, len(of))
        order = np.argsort(time_us, kind="stable")
        self.time_us, self._craft, self._of = time_us[order], craft[of[order]], of[order]
        placed = rows.take(rows.has_position)
        self._box = [np.percentile(values, [1, 99]) for values in (placed.lat_deg, placed.lon_deg)]
        self._rng = rng

    def between(self, first: int, stop: int) -> PositionBatch:
        """Some of the reports."""
        n, of, rng = stop - first, self._of[first:stop], self._rng
        flies = of >= self._ships
        return PositionBatch.of(
            self.time_us[first:stop], self._craft[first:stop],
            rng.uniform(self._box[0][0], self._box[0][1], n), rng.uniform(self._box[1][0], self._box[1][1], n),
            speed_kn=np.where(flies, rng.uniform(120.0, 480.0, n), rng.uniform(0.0, 18.0, n)),
            course_deg=rng.uniform(0.0, 360.0, n), altitude_ft=np.where(flies, rng.uniform(1_000.0, 38_000.0, n), np.nan),
            on_ground=np.where(flies, 0, -1), message_type=np.where(flies, MESSAGE_TYPE_AIRBORNE, 1),
            nav_status=np.where(flies, 255, 0), source=flies.astype(np.int32), fingerprint=rng.integers(1, 1 << 62, n),
        )  # fmt: skip


def distinct(rng: np.random.Generator, low: int, high: int, count: int) -> Any:
    """So many different numbers in any order."""
    found = np.unique(rng.integers(low, high, count + count // 4 + 64))
    return rng.permutation(found)[:count]


Slice = tuple[PositionBatch, StaticBatch, int]


def slices(
    rows: PositionBatch, statics: StaticBatch, crowd: Crowd | None, first_us: int, last_us: int, step_us: int
) -> Iterator[Slice]:
    """Rows and statics up to each move of the watermark."""
    at = [0, 0, 0]
    for mark_us in [*range(first_us, last_us, step_us), last_us]:
        times = [rows.time_us, statics.time_us, np.empty(0) if crowd is None else crowd.time_us]
        to = [int(np.searchsorted(each, mark_us, side="right")) for each in times]
        some = rows.take(slice(at[0], to[0]))
        if crowd is not None and to[2] > at[2]:
            some = PositionBatch.concat([some, crowd.between(at[2], to[2])]).in_time_order()
        yield some, statics.take(slice(at[1], to[1])), mark_us
        at = to


class Run:
    """A timeline and a desk, and what they told of some craft; of others it is only counted."""

    def __init__(self, settings: Settings, book: CargoBook, places: WorldPlaces, ours: set[str]) -> None:
        linker = CargoLinker(book, places.resolve_location)
        self.timeline: Timeline = build_timeline(settings, linker, places, NO_ZONES, Feeds(["ais", "air"]))
        self.desk = AlertDesk(linker, settings["alerts"])
        self._ours = ours
        self.told: list[Event] = []
        self.of_others: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.highest_mb = self.highest_craft = 0
        self.seconds = 0.0

    def drive(self, given: Iterator[Slice]) -> None:
        """Everything up to the end."""
        begun_s = time.process_time()
        for k, (rows, statics, mark_us) in enumerate(given):
            for event in self.timeline.advance(rows, statics, mark_us).events:
                if event.craft in self._ours:
                    self.told.append(event)
                else:
                    self.of_others[f"{event.kind} {event.state}"] += 1
                self.alerts.update(alert.event.craft for alert in self.desk.judge(event))
            self.desk.advance_watermark(mark_us)
            if k % 20 == 0:
                self.highest_mb = max(self.highest_mb, resident_mb())
                self.highest_craft = max(self.highest_craft, len(self.timeline.register))
        self.seconds = time.process_time() - begun_s


def compare(alone: Run, flooded: Run, ours: set[str]) -> dict[str, Any]:
    """Revisions of honest craft in one run and not in the other, and what was told of the invented ones."""
    lines = [Counter(e.to_json_line() for e in run.told) for run in (alone, flooded)]
    missing, added = lines[0] - lines[1], lines[1] - lines[0]
    return {
        "honest_revisions": lines[0].total(),
        "missing": [short(line) for line in sorted(missing)[:20]], "missing_count": missing.total(),
        "added": [short(line) for line in sorted(added)[:20]], "added_count": added.total(),
        "alerts_of_honest": sum(n for craft, n in flooded.alerts.items() if craft in ours),
        "alerts_of_honest_alone": sum(n for craft, n in alone.alerts.items() if craft in ours),
        "alerts_of_others": sum(n for craft, n in flooded.alerts.items() if craft not in ours),
        "revisions_of_others": dict(flooded.of_others),
    }  # fmt: skip


def short(line: str) -> str:
    """A revision in a few words."""
    event = json.loads(line)
    return " ".join(str(event[name]) for name in ("kind", "detail", "state", "craft", "start", "cause", "confidence"))


def resident_mb() -> int:
    """Second field of /proc/self/statm, in pages (proc(5))."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


if __name__ == "__main__":
    main()
