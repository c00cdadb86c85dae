"""Order inside a file: every table and log as published, sorted, reversed, shuffled and cut into files gives the same events.

::

    PYTHONPATH=. .venv/bin/python deploy/reliability/orders.py FILE... [--lines N] [--craft N] [--seed 1] [--memory-rows N]

A *record* is what stays together: a row of a table, an element of a JSON array, a line that begins with its own time with the lines that
follow it and carry none. ``--craft`` takes the first so many craft of a table, ``--lines`` so many records of the rest. What is published of
each order is held against what is published of the sorted one, line by line: ids, revisions, kinds, times, evidence, confidence.
Prints a row for each file and ends with 1 where something differs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from streams.files import read_blocks
from tracker.alerts.alert import Alert
from tracker.alerts.cloudevent import to_json_line
from tracker.cargo.book import CargoBook
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.replay import Summary, replay
from tracker.settings import load_settings

_OWN_TIME = re.compile(rb"^\s*(\\[^\\]*\bc:\d|\d{4}-\d\d-\d\d[ T]|\d{9,13}[ ,.]|\$PGHP)|,\d{9,10}\s*$")
"""What tells that a line of a log carries a time of its own: a tag block with ``c:``, a date or an epoch before or behind the sentence."""


@dataclass
class Told:
    """Everything published, as lines."""

    events: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    def add_events(self, events: Sequence[Event]) -> None:
        """Keep events."""
        self.events += [event.to_json_line() for event in events]

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts."""
        self.alerts += [to_json_line(alert) for alert in alerts]

    def difference(self, other: Told) -> Counter[str]:
        """Lines that only one of the two has, by kind of event."""
        only = (Counter(self.events) - Counter(other.events)) + (Counter(other.events) - Counter(self.events))
        found = Counter(str(json.loads(line)["kind"]) for line in only.elements())
        found["alerts"] += len(set(self.alerts) ^ set(other.alerts))
        return +found


@dataclass
class Records:
    """A file taken apart, to be put together in any order."""

    suffix: str
    head: bytes
    rows: list[bytes]
    between: bytes
    tail: bytes

    def write(self, path: Path, order: Sequence[int]) -> Path:
        """Some of the records, in an order."""
        path.write_bytes(self.head + self.between.join(self.rows[k] for k in order) + self.tail)
        return path


def records_of(path: Path, craft: int | None = None, lines: int | None = None) -> Records:
    """The records of a text."""
    data = b"".join(read_blocks(path, 1 << 20))
    if data[:1] in b"[{" and not re.match(rb"[^\n]*[}\]]\s*\n\s*[{\[]", data):
        return _document(json.loads(data), lines)
    rows = data.splitlines(keepends=True)
    if rows and not rows[-1].endswith(b"\n"):
        rows[-1] += b"\n"
    if data[:1] in b"{[":
        return Records(".jsonl", b"", rows[:lines], b"", b"")
    if re.match(rb"[\"#]?\w*(mmsi|icao24|timestamp)", data, re.IGNORECASE):
        head, rows = rows[0], rows[1:]
        if craft is not None:
            keys = [row.split(b",", 1)[0] for row in rows]
            wanted = set(list(dict.fromkeys(keys))[:craft])
            rows = [row for row, key in zip(rows, keys, strict=True) if key in wanted]
        return Records(".csv", head, rows, b"", b"")
    together: list[bytes] = []
    for row in rows:
        if together and not _OWN_TIME.search(row.rstrip()) and (_OWN_TIME.search(together[-1]) or len(together) == 1):
            together[-1] += row
        else:
            together.append(row)
    return Records(".log", b"", together[:lines], b"", b"")


def _document(value: Any, lines: int | None) -> Records:
    name = next((name for name in ("trace", "states", "aircraft") if isinstance(value, dict) and name in value), None)
    if name is not None:
        rows = value.pop(name)
        head = json.dumps(value)[:-1] + f', "{name}": ['
        return Records(".json", head.encode(), [json.dumps(row).encode() for row in rows[:lines]], b",\n", b"]}")
    return Records(".json", b"[", [json.dumps(row).encode() for row in value[:lines]], b",\n", b"]")


def run(paths: Sequence[Path], places: WorldPlaces, memory_rows: int | None = None) -> tuple[Summary, Told]:
    """Replay some files."""
    told = Told()
    given = {} if memory_rows is None else {"TIDEWAITER_REPLAY_ROWS_IN_MEMORY": str(memory_rows)}
    inputs = [open_input(path, number) for number, path in enumerate(paths)]
    summary = replay(inputs, load_settings(environment=given), book=CargoBook(), places=places, sinks=[told])
    return summary, told


def orders_of(rows: int, seed: int) -> dict[str, Any]:
    """Orders by name, each as the files of which the records are; ``None`` in front stands for sorted."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(rows)
    parts = random.integers(0, 3, rows)
    return {
        "published": [np.arange(rows)],
        "reversed": [np.arange(rows)[::-1]],
        "shuffled": [shuffled],
        "in 3 files": [np.flatnonzero(parts == k) for k in (2, 0, 1)],
        "overlapping": [np.arange(rows * 2 // 3)[::-1], random.permutation(np.arange(rows // 3, rows))],
    }


def tried(
    records: Records, places: WorldPlaces, folder: Path, seed: int, memory_rows: int | None, only: Sequence[str] = ()
) -> Iterator[tuple[str, Summary, Told, float]]:
    """Each order: its name, what came of it, and how long it took."""
    for name, files in orders_of(len(records.rows), seed).items():
        if only and name not in only:
            continue
        paths = [
            records.write(folder / f"feed_{number}{records.suffix}", order.tolist())
            for number, order in enumerate(files)
        ]
        begun_s = time.monotonic()
        summary, told = run(paths, places, memory_rows)
        yield name, summary, told, time.monotonic() - begun_s
        for path in paths:
            path.unlink()


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--craft", type=int)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--memory-rows", type=int, help="rows held in memory while they are put into order")
    parser.add_argument("--orders", nargs="*", default=(), help="only these, beside the published one")
    parser.add_argument("--show", type=int, default=0, help="so many lines that differ")
    given = parser.parse_args()
    places, differs = WorldPlaces.load(), False
    only = ["published", *given.orders] if given.orders else ()
    for path in given.files:
        records = records_of(path, given.craft, given.lines)
        first: Told | None = None
        print(f"{path.name}: {len(records.rows):,} records")
        with tempfile.TemporaryDirectory(prefix="orders-") as folder:
            for name, summary, told, took_s in tried(
                records, places, Path(folder), given.seed, given.memory_rows, only
            ):
                first = first or told
                found = told.difference(first)
                differs |= bool(found)
                print(
                    f"  {name:12} {summary.reports:9,} reports {summary.statics:7,} statics {len(told.events):6,} event lines {len(told.alerts):5,} alert lines"
                    f" {took_s:6.1f} s  " + (f"DIFFERS {dict(found)}" if found else "same"),
                    flush=True,
                )
                for line in sorted(set(told.events) ^ set(first.events))[: given.show]:
                    print("   ", "+" if line in told.events else "-", line[:400])
    print(f"load {os.getloadavg()[0]:.1f}")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
