"""What the detectors cost: ``python deploy/bench/detectors.py [FILE...]``, JSON on stdout.

``replay``     reports per CPU second of each detector and of all together over recorded files (rows decoded and tracked beforehand, handed on in
               blocks as a replay does); without files over a made fleet of 20,000 craft reporting once a minute for an hour
``encounter``  one comparison of 100,000 vessels at one instant, spread over 2,000 by 1,500 km of sea; the median of 15
``memory``     growth of the process per craft, all detectors together, 100,000 ships and 10,000 aircraft heard for an hour

CPU time of this thread, because a busy machine stretches the wall clock. Kernels are compiled by a first, untimed run.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tracker.detectors import DETECTORS
from tracker.detectors.base import Context, Detector
from tracker.detectors.encounter import EncounterConfig, EncounterDetector
from tracker.geography.places import WorldPlaces
from tracker.identity import icao24_craft, mmsi_craft
from tracker.inputs import open_input
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder
from tracker.units import parse_time

START_US = parse_time("2026-03-01T00:00:00Z")
MIN_US = 60_000_000
BLOCK_ROWS = 50_000
PLACES = WorldPlaces()


def fleet(ships: int, aircraft: int, minutes: int, seed: int = 1) -> PositionBatch:
    """Craft on straight courses in the North Atlantic, a report a minute."""
    rng = np.random.default_rng(seed)
    count = ships + aircraft
    craft = np.concatenate([mmsi_craft(219_000_000 + np.arange(ships)), icao24_craft(0x400000 + np.arange(aircraft))])
    flies = np.arange(count) >= ships
    lat, lon = rng.uniform(40.0, 53.5, count), rng.uniform(-40.0, -16.0, count)
    knots, course = (
        np.where(flies, rng.uniform(380.0, 480.0, count), rng.uniform(0.0, 18.0, count)),
        rng.uniform(0.0, 360.0, count),
    )
    parts = []
    for minute in range(minutes):
        km = knots * 1.852 * minute / 60.0
        parts.append(
            PositionBatch.of(
                START_US + minute * MIN_US + rng.integers(0, MIN_US, count),
                craft,
                lat + km / 111.2 * np.cos(np.radians(course)),
                lon + km / 111.2 * np.sin(np.radians(course)) / np.cos(np.radians(lat)),
                speed_kn=knots,
                course_deg=course,
                altitude_ft=np.where(flies, 35_000.0, np.nan),
                on_ground=np.where(flies, 0, -1),
                message_type=np.where(flies, MESSAGE_TYPE_AIRBORNE, 1),
                nav_status=np.where(flies, 255, 0),
                fingerprint=np.arange(minute * count + 1, (minute + 1) * count + 1),
            )
        )
    return PositionBatch.concat(parts).in_time_order()


def recorded(paths: list[Path]) -> tuple[PositionBatch, StaticBatch]:
    """All rows of some files, in order."""
    decoded = [d for source, path in enumerate(paths) for d in open_input(path, source).decoded(1 << 20)]
    rows = PositionBatch.concat(d.positions for d in decoded).in_time_order()
    return rows, StaticBatch.concat(d.statics for d in decoded).in_time_order()


def drive(detectors: dict[str, Detector], rows: PositionBatch, statics: StaticBatch) -> dict[str, float]:
    """CPU seconds of each detector over all rows."""
    spent = dict.fromkeys(detectors, 0.0)
    first_static = 0
    for first in range(0, len(rows), BLOCK_ROWS):
        block = rows.take(slice(first, first + BLOCK_ROWS))
        mark = int(block.time_us[-1])
        stop = int(np.searchsorted(statics.time_us, mark, side="right"))
        told = statics.take(slice(first_static, stop))
        first_static = stop
        for name, detector in detectors.items():
            begun = time.thread_time()
            detector.process_batch(block, told)
            detector.advance_watermark(mark)
            spent[name] += time.thread_time() - begun
    return spent


def built() -> dict[str, Detector]:
    context = Context(places=PLACES)
    return {entry.name: entry.build(entry.config(), context) for entry in DETECTORS}


def resident_bytes() -> int:
    """What the process holds in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def bench_replay(paths: list[Path]) -> dict[str, Any]:
    rows, statics = recorded(paths) if paths else (fleet(20_000, 0, 60), StaticBatch.empty())
    kept = TrackBuilder().process_batch(rows)
    drive(built(), kept, statics)
    spent = drive(built(), kept, statics)
    rates = {name: round(len(rows) / max(seconds, 1e-9)) for name, seconds in spent.items()}
    return {"reports": len(rows), "reports_per_cpu_s": rates, "all_together": round(len(rows) / sum(spent.values()))}


def bench_encounter() -> dict[str, Any]:
    rows = fleet(100_000, 0, 115)
    detector = EncounterDetector(EncounterConfig(), Context(places=PLACES))
    slices: list[float] = []
    compare = detector._compare

    def timed(instant_us: int, *samples: Any) -> Any:
        begun = time.thread_time()
        found = compare(instant_us, *samples)
        slices.append(time.thread_time() - begun)
        return found

    detector._compare = timed  # type: ignore[method-assign, assignment]
    drive({"encounter": detector}, rows, StaticBatch.empty())
    settled = slices[3:-3]
    return {
        "craft": 100_000,
        "ticks": len(settled),
        "median_ms": round(1000 * median(settled), 1),
        "worst_ms": round(1000 * max(settled), 1),
    }


def bench_memory() -> dict[str, Any]:
    rows = fleet(100_000, 10_000, 60)
    drive(built(), fleet(100, 10, 60), StaticBatch.empty())
    detectors = built()
    gc.collect()
    before = resident_bytes()
    drive(detectors, rows, StaticBatch.empty())
    gc.collect()
    held = sum(len(detector.snapshot()) for detector in detectors.values())
    return {
        "craft": 110_000,
        "resident_bytes_per_craft": (resident_bytes() - before) // 110_000,
        "snapshot_bytes_per_craft": held // 110_000,
    }


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]]
    results = {"replay": bench_replay(files), "encounter": bench_encounter(), "memory": bench_memory()}
    sys.stdout.write(json.dumps(results, indent=1) + "\n")
