"""One run of the benchmark: simulate, replay, compare, for each seed; then the same for injected backgrounds.

Everything random comes from the seeds, so the figures are the same on every machine. docs/benchmarks-events.md tells which seeds were looked
at while the rules were made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from tracker.alerts.alert import Alert
from tracker.alerts.cloudevent import cloudevent
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.evaluation.background import edited_inputs, read_background
from tracker.evaluation.comparison import Evaluation, compare
from tracker.evaluation.figures import Benchmark, Part
from tracker.evaluation.injections import INJECTIONS, Traffic
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.inputs.recorded import Input, open_input
from tracker.replay import replay
from tracker.settings import Settings
from tracker.simulate.aboard import ABOARD_FILE, read_aboard
from tracker.simulate.labels import Label, read_labels
from tracker.simulate.scenario import CARGO_FILE, LABELS_FILE, recordings, simulate

DEFAULT_SEEDS: Final = (101, 102, 103)

Tell = Callable[[str, float], None]
"""Told what is being done and the share of the whole done."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a scenario is."""

    vessels: int = 200
    flights: int = 40
    hours: float = 48.0
    loss: float = 0.0
    """Share of the reports lost at random."""
    is_office: bool = False
    """Whether papers are as offices have them."""


FULL: Final = Size()
QUICK: Final = Size(vessels=60, flights=12, hours=30.0)


class _Kept:
    """A sink that keeps what was published, as JSON."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []

    def add_events(self, events: Sequence[Event]) -> None:
        """Keep events."""
        self.events += [event.to_json() for event in events]

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts."""
        self.alerts += [cloudevent(alert) for alert in alerts]


def run_benchmark(
    settings: Settings,
    places: WorldPlaces,
    *,
    seeds: Sequence[int] = DEFAULT_SEEDS,
    size: Size = FULL,
    backgrounds: Sequence[Path] = (),
    tell: Tell | None = None,
) -> Benchmark:
    """Run seeds and backgrounds in order.

    Parameters
    ----------
    settings:
        ``tracker.settings.Settings``; its profile is what is judged.
    backgrounds:
        Recordings; all of them together are one background, injected into once with each of the seeds.

    Raises
    ------
    InputError
        for a recording that cannot be read.
    """
    tell = tell or (lambda _what, _share: None)
    steps = len(seeds) * (2 if backgrounds else 1)
    opened = [open_input(path, source) for source, path in enumerate(sorted(set(backgrounds)))]
    parts = []
    for number, seed in enumerate(seeds):
        tell(f"seed {seed}", number / steps)
        parts.append(Part(seed, run_seed(seed, size, settings, places, _within(tell, number, steps))))
    for number, seed in enumerate(seeds if opened else ()):
        done = len(seeds) + number
        tell(f"background, seed {seed}", done / steps)
        name, result = run_background(seed, opened, settings, places, _within(tell, done, steps))
        parts.append(Part(seed, result, name))
    tell("done", 1.0)
    return Benchmark(tuple(parts), settings.profile)


def run_seed(seed: int, size: Size, settings: Settings, places: WorldPlaces, tell: Tell) -> Evaluation:
    """Simulate one seed, replay it and compare."""
    with tempfile.TemporaryDirectory(prefix="tidewaiter-") as name:
        folder = Path(name)
        report = simulate(
            folder,
            seed=seed,
            vessels=size.vessels,
            flights=size.flights,
            hours=size.hours,
            loss=size.loss,
            is_office=size.is_office,
            progress=lambda _stage, share: tell(f"seed {seed}: simulate", 0.5 * share),
        )
        inputs = [open_input(path, source) for source, path in enumerate(recordings(folder))]
        book = read_cargo([folder / CARGO_FILE], places.resolve_location)
        kept = _replayed(inputs, settings, book, places, lambda share: tell(f"seed {seed}: replay", 0.5 + 0.5 * share))
        labels, aboard = read_labels(folder / LABELS_FILE), read_aboard(folder / ABOARD_FILE)
    return compare(labels, kept.events, kept.alerts, report.craft_hours, aboard)


def run_background(
    seed: int, inputs: Sequence[Input], settings: Settings, places: WorldPlaces, tell: Tell
) -> tuple[str, Evaluation]:
    """Inject into recordings, replay and compare; the name of the background comes with the result."""
    background = read_background(inputs, settings.replay.block_bytes, lambda done, of: tell("decode", 0.3 * done / of))
    traffic = Traffic(background, places)
    rng = np.random.default_rng(seed)
    labels = inject(rng, traffic)
    from_statics = type(background.statics).concat([background.statics, *traffic.statics]).in_time_order()
    edited = edited_inputs(background, traffic.positions(), from_statics)
    kept = _replayed(edited, settings, CargoBook(), places, lambda share: tell("replay", 0.4 + 0.6 * share))
    return background.name, compare(labels, kept.events, kept.alerts, background.craft_hours)


def inject(rng: np.random.Generator, traffic: Traffic) -> list[Label]:
    """Inject what the table says, as often as there is room; labels in order of time, numbered."""
    labels = []
    for injection, often in INJECTIONS:
        some = [injection(rng, traffic) for _ in range(often)]
        labels += [label for label in some if label is not None]
    labels.sort(key=lambda label: (label.start_us, label.kind, label.craft or ""))
    return [replace(label, label_id=f"I{number:04d}") for number, label in enumerate(labels, start=1)]


def _replayed(
    inputs: Sequence[Input], settings: Settings, book: CargoBook, places: WorldPlaces, tell: Callable[[float], None]
) -> _Kept:
    kept = _Kept()
    replay(
        inputs,
        settings,
        book=book,
        places=places,
        sinks=[kept],
        progress=lambda done, of: tell(done / of if of else 1.0),
    )
    return kept


def _within(tell: Tell, step: int, steps: int) -> Tell:
    return lambda what, share: tell(what, (step + share) / steps)
