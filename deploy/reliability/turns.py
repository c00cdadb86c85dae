"""How long the loop of the live program stands still: ``python deploy/reliability/turns.py [--craft N] [--rate N] [--minutes N] [--threads N] [--at HH:MM:SS]``

The fleet of ``latency.py`` in event time from ``--at``, a quarter of a second a turn, straight into a timeline: no socket,
no store, no broker. Detectors that judge by the minute or a part of it do so in one turn, and an alert of that turn waits for all of them. Printed
as JSON: milliseconds of the longest turn of each minute, by wall clock, with the part of each detector; of the turn in the middle; of the capture
of all state for a snapshot (the second one, for the first finds no memory that was used before); and the size of that state.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from deploy.reliability.latency import TAG_BYTES, Fleet
from streams.threads import at_once
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.config.watch import SourceConfig
from tracker.decode.ais import AisDecoder
from tracker.engine.build import build_timeline
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline, one_by_one
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.settings import load_settings
from tracker.units import Micros
from tracker.watch.warm import warm_kernels
from tracker.watch.world import World

TURN_S = 0.25
DAY_S = 1_795_651_200


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--craft", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument(
        "--threads", type=int, default=2, help="as in the live program; 0: one detector after the other"
    )
    parser.add_argument("--minutes", type=int, default=3)
    parser.add_argument("--at", default="05:58:30")
    args = parser.parse_args()
    hours, minutes, seconds = (int(part) for part in args.at.split(":"))
    begin_us = (DAY_S + hours * 3600 + minutes * 60 + seconds) * 1_000_000

    places, book = WorldPlaces.load(), CargoBook()
    pool = ThreadPoolExecutor(max(1, args.threads))

    def build() -> Timeline:
        linker = CargoLinker(book, places.resolve_location)
        run = partial(at_once, pool) if args.threads else one_by_one
        return build_timeline(load_settings(), linker, places, NO_ZONES, Feeds(["net"]), run)

    source = SourceConfig(kind="file", path="made up", format="nmea", feed="net")
    warm_kernels(World(load_settings(), book, places, NO_ZONES, {"net": source}, lambda _: (), "", one_by_one))
    timeline = build()
    detectors: dict[str, Any] = timeline._detectors
    spent_s: dict[str, float] = defaultdict(float)
    for name, detector in detectors.items():
        timed(detector, "advance_watermark", name, spent_s)
        timed(detector, "process_batch", name, spent_s)

    fleet, decoder = Fleet(args.craft, 1, 1.0, 0.0), AisDecoder(0)
    a_turn = int(args.rate * TURN_S)
    longest: dict[int, tuple[float, dict[str, float]]] = {}
    between: list[float] = []
    for turn in range(int(args.minutes * 60 / TURN_S)):
        at_s = turn * TURN_S
        lines, _ = fleet.tagged(fleet.reporting(turn * a_turn, a_turn), at_s, int(at_s) % 60)
        now_us = begin_us + int(at_s * 1e6)
        decoded = decoder.decode(np.ascontiguousarray(lines[:, TAG_BYTES:]).tobytes(), received_us=Micros(now_us))
        rows = decoded.positions.take(np.argsort(decoded.positions.time_us, kind="stable"))
        spent_s.clear()
        begun_s = time.perf_counter()
        timeline.advance(rows, decoded.statics, now_us)
        took_s = time.perf_counter() - begun_s
        minute = (now_us - 1) // 60_000_000
        if took_s > longest.get(minute, (0.0, {}))[0]:
            longest[minute] = took_s, dict(spent_s)
        between.append(took_s)
    timeline.capture()
    begun_s = time.perf_counter()
    captured = timeline.capture()
    capture_s = time.perf_counter() - begun_s
    print(
        json.dumps(
            {
                "craft": args.craft,
                "rate": args.rate,
                "longest_ms": [
                    {
                        "turn": round(1e3 * took_s),
                        **{
                            name: round(1e3 * s)
                            for name, s in sorted(parts.items(), key=lambda one: -one[1])
                            if s > 0.005
                        },
                    }
                    for took_s, parts in longest.values()
                ],
                "median_ms": round(1e3 * float(np.median(between)), 1),
                "capture_ms": round(1e3 * capture_s),
                "state_mb": round(sum(len(later()) for later in captured.values()) / 1e6),
                "load": os.getloadavg()[0],
            }
        )
    )


def timed(detector: Any, name: str, what: str, spent_s: dict[str, float]) -> None:
    """Charge a method's time to a detector."""
    method = getattr(detector, name)

    def wrapper(*args: Any) -> Any:
        begun_s = time.perf_counter()
        try:
            return method(*args)
        finally:
            spent_s[what] += time.perf_counter() - begun_s

    setattr(detector, name, wrapper)


if __name__ == "__main__":
    main()
