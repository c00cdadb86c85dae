"""Where the time of a replay goes: ``python deploy/bench/stages.py [--no-store] FILE...``

Runs ``replay`` over the files into a scratch store and prints CPU seconds, share and microseconds per unit of each stage, each in the
thread that does it, less the stages inside it. CPU time, because a busy machine stretches the wall clock. Kernels are compiled and
reference data is read by a first, untimed replay of the same files.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from streams.reorder import Reorder
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.decode.adsb import AvrDecoder, BeastDecoder, Sbs1Decoder
from tracker.decode.ais import AisDecoder
from tracker.decode.json_lines.decoder import JsonDecoder
from tracker.decode.tables.positions_csv import PositionsCsvDecoder
from tracker.detectors import DETECTORS
from tracker.engine.engine import Engine
from tracker.geography.places import WorldPlaces
from tracker.inputs import recorded as inputs
from tracker.replay import replay
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.tracks.builder import TrackBuilder
from tracker.voyages.port_calls import PortCalls

spent_s: dict[str, float] = defaultdict(float)
_inside = threading.local()


def timed(owner: Any, name: str, stage: str) -> None:
    """Charge a method's CPU time to a stage, less what stages called from it take."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        stack = _inside.__dict__.setdefault("stack", [])
        stack.append(0.0)
        begun = time.thread_time()
        try:
            return method(*args, **kwargs)
        finally:
            whole = time.thread_time() - begun
            spent_s[stage] += whole - stack.pop()
            if stack:
                stack[-1] += whole

    setattr(owner, name, wrapper)


def time_all() -> None:
    """Wrap every stage."""
    for decoder in (AisDecoder, BeastDecoder, AvrDecoder, Sbs1Decoder, JsonDecoder, PositionsCsvDecoder):
        for method in ("decode", "flush", "take_others"):
            if hasattr(decoder, method):
                timed(decoder, method, "decode")
    timed(inputs.Input, "measured_frontier", "measure the order of the input (less its decode)")
    timed(Reorder, "add", "reorder")
    timed(Reorder, "release", "reorder")
    timed(TrackBuilder, "judge", "tracks")
    timed(TrackBuilder, "advance_watermark", "tracks")
    for entry in DETECTORS:
        detector = type(entry.build(load_settings()[entry.name], _context(), ()))
        timed(detector, "process_batch", f"detector {entry.name}")
        timed(detector, "advance_watermark", f"detector {entry.name}")
    timed(PortCalls, "process_batch", "port calls")
    timed(PortCalls, "advance_watermark", "port calls")
    timed(CargoLinker, "observe", "cargo link")
    timed(CargoLinker, "add_port_calls", "cargo link")
    timed(AlertDesk, "consider", "alert desk")
    timed(Engine, "step", "engine (rest)")
    timed(Engine, "feed", "engine (rest)")
    write = Database.write

    def charged(self: Database, task: Any) -> None:
        holder = _Task(task)
        write(self, holder.run)

    Database.write = charged  # type: ignore[method-assign]
    timed(_Task, "run", "store (writer thread)")


class _Task:
    """One write, so that it can be timed in the writer's thread."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def run(self, connection: Any) -> None:
        self.task(connection)


def _context() -> Any:
    from tracker.detectors.base import Context

    return Context(places=WorldPlaces.load(None), source_name=str)


def main() -> None:
    """Warm up, then measure."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--no-store"]
    paths, stored = [Path(argument) for argument in arguments], "--no-store" not in sys.argv
    places, settings = WorldPlaces.load(None), load_settings()
    for timing in (False, True):
        if timing:
            time_all()
        with tempfile.TemporaryDirectory() as folder:
            store = Database(Path(folder) / "store.duckdb") if stored else None
            opened = [inputs.open_input(path, source) for source, path in enumerate(paths)]
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            summary = replay(opened, settings, book=CargoBook(), places=places, store=store)
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            if store is not None:
                store.close()
    units = summary.units_in
    spent_s["everything else (reading, threads)"] = cpu_s - sum(spent_s.values())
    print(f"{units:,} units, {summary.reports:,} reports, wall {wall_s:.2f} s, CPU {cpu_s:.2f} s")
    print(f"{units / wall_s:,.0f} units/s by the wall clock, {units / cpu_s:,.0f} per CPU second\n")
    print("| stage | CPU s | share | us per unit |\n|---|---|---|---|")
    for stage, seconds in sorted(spent_s.items(), key=lambda item: -item[1]):
        print(f"| {stage} | {seconds:.2f} | {seconds / cpu_s:.0%} | {seconds / units * 1e6:.2f} |")


if __name__ == "__main__":
    main()
