"""The kill test inside one process: lives over one store, killed while commits and snapshots are on their way. Five seconds a run.

    .venv/bin/python deploy/reliability/lives.py --runs 100 --kills 4

A kill is a copy of the folder, made while the writer of the store stands still and the life has gone on a little without it; the next life begins
in the copy. So commits that never reached the disk, and files that were removed for their sake, are tried more often than ``kill.py`` can. Each
run must end with the rows, events and alerts of an undisturbed one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from bisect import bisect_left, bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from deploy.reliability.compare import alerts_of_store, differences, events_of_store, final_alerts, final_events
from streams.files import read_blocks
from streams.source import Chunk
from streams.threads import at_once
from tracker.cargo.read import read_cargo
from tracker.config.watch import SourceConfig
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.settings import load_settings
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate
from tracker.store.database import Database
from tracker.topics.outgoing import alert_record, state_record
from tracker.watch.life import Life
from tracker.watch.world import World

_SOURCE, _PART = "gate", "raw/0"
_RECEIVED_US = 1_795_000_000_000_000
_MOST_TURNS = 12


@dataclass(frozen=True)
class Feed:
    """Bytes, and where its lines begin."""

    content: bytes
    lines_at: list[int]

    @classmethod
    def of(cls, content: bytes) -> Feed:
        """From sentences."""
        ends = [0]
        for line in content.splitlines(keepends=True):
            ends.append(ends[-1] + len(line))
        return cls(content, ends)

    def windows(self, rng: random.Random) -> list[int]:
        """Ends of chunks, as a topic's windows of time would cut them."""
        size = rng.choice((60_000, 200_000, 500_000))
        cuts = (rng.randint(1, len(self.content) - 1) for _ in range(len(self.content) // size))
        return sorted({self.lines_at[bisect_left(self.lines_at, cut)] for cut in cuts} | {len(self.content)})

    def next_end(self, start: int, windows: list[int], rng: random.Random) -> int:
        """Where the next chunk ends: at its window, or one time in five earlier."""
        end = windows[bisect_right(windows, start)]
        if rng.random() < 0.2:
            first, last = bisect_right(self.lines_at, start), bisect_right(self.lines_at, end) - 1
            end = self.lines_at[rng.randint(first, last)] if last > first else end
        return end


class Run:
    """Lives in a row over one feed."""

    def __init__(self, world: World, feed: Feed, folder: Path, rng: random.Random) -> None:
        self.world, self.feed, self.folder, self.rng = world, feed, folder, rng
        self.windows = feed.windows(rng)
        folder.mkdir(parents=True)

    def live(self, turns: int | None) -> bool:
        """One life, killed after so many turns or left to end; whether it came to its end."""
        rng = self.rng
        self.store = Database(self.folder / "store.duckdb")
        self.life = Life(self.world, self.store, self.folder / "snapshots")
        self.at = int(self.life.begin().get(_SOURCE, {}).get(_PART, "0"))
        every, often = rng.choice((1, 2, 3, 5, 9)), rng.choice((0.2, 0.5, 1.0))
        turn = 0
        while self.at < len(self.feed.content) or self.life.is_catching_up:
            for _ in range(rng.choice((0, 1, 1, 2, 4))):
                self._take()
            self.life.step()
            if self.life.has_news or rng.random() < often:
                self.life.commit()
            if turn % every == 0:
                self.life.take_snapshot()
            turn += 1
            if turn == turns:
                self._kill()
                return False
        for _ in range(2):
            self.life.step()
            self.life.take_snapshot()
            self.life.shelf.wait()
            self.life.commit(wait=True)
        self.life.close()
        self.store.close()
        return True

    def _take(self) -> None:
        if self.at >= len(self.feed.content):
            return
        end = self.feed.next_end(self.at, self.windows, self.rng)
        self.life.take(_SOURCE, Chunk(_PART, self.feed.content[self.at : end], _RECEIVED_US, str(end)))
        self.at = end

    def _kill(self) -> None:
        """The writer stands, the life goes on as far as it gets, and what is on the disk then is all that remains."""
        stands, goes_on = threading.Event(), threading.Event()

        def stand(_: object) -> None:
            stands.set()
            goes_on.wait(60)

        self.store.write(stand)
        turns = self.rng.randint(0, 2)

        def go_on() -> None:
            for _ in range(turns):
                self._take()
                self.life.step()
                self.life.commit()
                self.life.take_snapshot()

        ahead = threading.Thread(target=go_on, daemon=True)
        ahead.start()
        stands.wait(60)
        ahead.join(self.rng.choice((0.05, 0.3, 0.8)))
        remains = self.folder.with_name(f"{self.folder.name}+")
        (remains / "snapshots").mkdir(parents=True)
        for path in (*self.folder.glob("store*"), *sorted((self.folder / "snapshots").glob("*.zst*"))):
            try:
                shutil.copy2(path, remains / path.relative_to(self.folder))
            except FileNotFoundError:
                continue  # renamed or removed at this very instant: as if the kill had come after it
        goes_on.set()
        ahead.join()
        self.life.close()
        self.store.abandon()
        self.folder = remains


def what_is_left(folder: Path) -> dict[str, Any]:
    """Rows, events and alerts in a store."""
    path = folder / "store.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT count(*), count(DISTINCT COLUMNS(*)) FROM position_rows").fetchall()
        statics = connection.execute("SELECT count(*) FROM static_rows").fetchall()
    found = {"rows": {"all": str((rows[0][0], statics[0][0]))}}
    return {**found, "events": final_events(events_of_store(path)), "alerts": final_alerts(alerts_of_store(path))}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--kills", type=int, default=4, help="at most so many kills a run")
    parser.add_argument("--seed", type=int, default=2, help="of the sea")
    parser.add_argument("--moments", type=int, default=0, help="of the first run; each has its own")
    parser.add_argument("--keep", type=Path, help="folder for what runs that differ have left")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lives-") as name:
        failed = run(args, Path(name))
    print(f"{args.runs} runs, {failed} different")
    sys.exit(failed > 0)


def run(args: argparse.Namespace, root: Path) -> int:
    """All runs; how many differ."""
    simulate(root / "sea", seed=args.seed, vessels=40, flights=0, hours=10.0)
    places = WorldPlaces.load()
    book = read_cargo([root / "sea" / CARGO_FILE], places.resolve_location)
    sources = {_SOURCE: SourceConfig(kind="file", path="made up", format="nmea")}
    world = World(
        load_settings(), book, places, NO_ZONES, sources, lambda a: (alert_record(a), state_record(a)), "dead-letters",
        partial(at_once, ThreadPoolExecutor(2)),
    )  # fmt: skip
    feed = Feed.of(b"".join(read_blocks(root / "sea" / AIS_FILE)))
    undisturbed = Run(world, feed, root / "undisturbed" / "life", random.Random(-1))
    undisturbed.live(None)
    expected = what_is_left(undisturbed.folder)
    print(f"undisturbed: {len(expected['events'])} events, {len(expected['alerts'])} alerts", flush=True)
    failed = 0
    for number in range(args.moments, args.moments + args.runs):
        begun, rng = time.monotonic(), random.Random(number)
        one = Run(world, feed, root / f"run{number}" / "life", rng)
        for _ in range(rng.randint(1, args.kills)):
            if one.live(rng.randint(1, _MOST_TURNS)):
                break
        else:
            one.live(None)
        found = what_is_left(one.folder)
        wrong = differences(expected, found)
        failed += bool(wrong)
        print(f"run {number}: {time.monotonic() - begun:.1f} s, {wrong or 'equal'}", flush=True)
        if wrong and args.keep is not None:
            shutil.copytree(root / f"run{number}", args.keep / f"run{number}", dirs_exist_ok=True)
        shutil.rmtree(root / f"run{number}")
    return failed


if __name__ == "__main__":
    main()
