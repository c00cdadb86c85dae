"""Run in a process of its own by ``test_warm``: make kernels ready, then live a little, and print what was compiled or loaded only then.

``python -m tests.tracker.watch.warm_run FEED FOLDER``: FEED is a file of sentences. With ``--none`` nothing is made ready: what there is to compile.
"""

from __future__ import annotations

import ast
import gc
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from numba.core.registry import CPUDispatcher

from streams.source import Chunk
from tests.contracts import fleet
from tests.fuzz import seeds
from tests.tracker.watch.story import Story
from tracker.cargo.book import CargoBook
from tracker.config.watch import SourceConfig
from tracker.decode.input_times import BEAST_CLOCKS, InputTimes
from tracker.engine.feeds import Feeds
from tracker.geography.places import WorldPlaces
from tracker.settings import load_settings
from tracker.statics import StaticBatch
from tracker.watch.lines import Line
from tracker.watch.warm import warm_kernels
from tracker.watch.world import World

_HALF_HOUR_US = 1_800_000_000


def signatures() -> set[str]:
    """All that is compiled or loaded."""
    return {
        f"{one.py_func.__module__}.{one.py_func.__qualname__}{signature}"
        for one in gc.get_objects()
        if isinstance(one, CPUDispatcher) and one.py_func.__module__.split(".")[0] in ("tracker", "streams", "models")
        for signature in one.signatures
    }


def called_from_python() -> set[CPUDispatcher]:
    """Kernels that some function that is none uses: what other kernels alone use is compiled or loaded with them."""
    used: set[CPUDispatcher] = set()
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in ("tracker", "streams", "models") or not (
            path := getattr(module, "__file__", None)
        ):
            continue
        for node in outside_kernels(ast.parse(Path(path).read_text(encoding="utf-8"))):
            one: object = None
            if isinstance(node, ast.Name):
                one = getattr(module, node.id, None)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                one = getattr(getattr(module, node.value.id, None), node.attr, None)
            if isinstance(one, CPUDispatcher):
                used.add(one)
    return used


def outside_kernels(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a file but those within a kernel."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and any("njit" in ast.unparse(one) for one in child.decorator_list):
            continue
        yield child
        yield from outside_kernels(child)


def never_called() -> list[str]:
    """Kernels that the program may call from Python and that nothing has called yet, whatever the types."""
    return sorted(
        f"{one.py_func.__module__}.{one.py_func.__qualname__}" for one in called_from_python() if not one.signatures
    )


def fleet_through(world: World) -> Counter[str]:
    """The contract fleet, in which every detector finds something, through a timeline, with a snapshot in between."""
    rows, statics = fleet.fleet()
    build = lambda: world.timeline(Feeds(["a", "b"]))  # noqa: E731
    timeline, events = build(), Counter[str]()
    first, last = int(rows.time_us[0]), int(rows.time_us[-1])
    for number, mark_us in enumerate(range(first, last + 2 * _HALF_HOUR_US, _HALF_HOUR_US)):
        some = rows.take((rows.time_us > mark_us - _HALF_HOUR_US) & (rows.time_us <= mark_us))
        told = statics.take((statics.time_us > mark_us - _HALF_HOUR_US) & (statics.time_us <= mark_us))
        events.update(str(event.kind) for event in timeline.advance(some, told, mark_us).events)
        if number == 20:
            kept, timeline = timeline.snapshot(), build()
            timeline.restore(kept)
    timeline.advance(rows.take(slice(0, 0)), StaticBatch.empty(), last + 96 * _HALF_HOUR_US)
    return events


def formats_through(world: World) -> None:
    """Every format through a line."""
    feeds = {
        "nmea": seeds.ais(),
        "beast": seeds.beast(),
        "avr": seeds.avr(),
        "sbs1": seeds.sbs1(),
        "json": seeds.json_lines(),
    }
    for form, content in (*feeds.items(), ("auto", seeds.csv())):
        for clock in BEAST_CLOCKS:
            said = InputTimes(beast_clock=clock)
            line = Line(0, "n", "0", "n", "f", form, said, world.places.airports.positions_deg)
            for at in range(0, len(content), 500):
                line.decode(Chunk("0", content[at : at + 500], 1_700_000_100_000_000 + at, str(at)))
                kept = line.snapshot()
                line = Line(0, "n", "0", "n", "f", form, said, world.places.airports.positions_deg)
                line.restore(kept)


def shuffled(content: bytes, rng: random.Random) -> bytes:
    """A feed in which some minutes come late, so that there is something to settle."""
    lines = content.splitlines(keepends=True)
    size = max(1, len(lines) // 60)
    blocks = [lines[at : at + size] for at in range(0, len(lines), size)]
    for at in range(20, len(blocks) - 4, 15):
        blocks.insert(at + 3, blocks.pop(at))
    return b"".join(line for block in blocks for line in block)


def main() -> None:
    """Everything, one after the other."""
    feed, folder = Path(sys.argv[1]), Path(sys.argv[2])
    zones = fleet.zones()
    sources = {"net": SourceConfig(kind="file", path="made up", format="nmea", feed="feed")}
    world = World(load_settings(), CargoBook(), WorldPlaces.load(), zones, sources, lambda alert: (), "dead")
    if "--none" not in sys.argv:
        warm_kernels(world)
    before, cold = signatures(), never_called()
    events = fleet_through(world)
    formats_through(world)
    rng = random.Random(1)
    story = Story(world, folder / "life", shuffled(feed.read_bytes(), rng))
    story.live(rng, 12, snapshot_every=4)
    story.live(rng, None, snapshot_every=4)
    assert story.life is not None
    new = signatures() - before
    # rules of another profile are called where the settings ask for them
    warm_kernels(replace(world, settings=load_settings(profile="gfw")))
    told = {
        "new": sorted(new),
        "cold": sorted(set(cold) & set(never_called())),
        "events": events,
        "settled": story.life.engine.counts.recomputations,
    }
    story.end()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
