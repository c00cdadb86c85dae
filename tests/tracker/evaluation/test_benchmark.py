"""The benchmark end to end, small: one table, one JSON, the same figures every time."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from tests.tracker.test_cli import assert_one_sentence, run
from tracker.evaluation.benchmark import Size, run_benchmark
from tracker.evaluation.comparison import Evaluation, KindScore
from tracker.evaluation.figures import Benchmark, Part, rows_of
from tracker.evaluation.screen import benchmark_table
from tracker.geography.places import WorldPlaces
from tracker.settings import load_settings

SMALL = Size(vessels=24, flights=3, hours=8.0)


def part(seed: int, labels: int, found: int, claims: int, false: int, background: str = "") -> Part:
    score = KindScore("loitering", labels, found, claims, false, None, tuple(float(k) for k in range(found)), 2)
    evaluation = Evaluation((score,), (), (), (), 0, 2, 2, 0, (), 500.0)
    return Part(seed, evaluation, background)


def test_kinds_are_summed_over_seeds() -> None:
    (row,) = rows_of([part(1, 4, 3, 4, 1), part(2, 6, 6, 6, 0)])
    assert (row.labels, row.found, row.claims, row.false, row.alerts) == (10, 9, 10, 1, 4)
    assert (row.precision, row.recall) == (0.9, 0.9)
    assert row.median_delay_min == 2.0
    assert row.alerts_per_1000_craft_hours == 4.0


def test_what_is_made_and_what_is_injected_into_recordings_are_told_apart() -> None:
    benchmark = Benchmark((part(1, 4, 3, 4, 1), part(1, 2, 2, 2, 0, "harbour")), "customs")
    given = benchmark.to_json()
    assert list(given["groups"]) == ["synthetic", "injected into harbour"]
    assert [one["synthetic"] for one in given["parts"].values()] == [True, False]
    buffer = io.StringIO()
    Console(file=buffer, width=160).print(benchmark_table(benchmark))
    assert "synthetic" in buffer.getvalue()
    assert "injected into harbour" in buffer.getvalue()


@pytest.mark.slow
def test_a_run_gives_the_same_figures_again_and_tells_how_far_it_is() -> None:
    told: list[tuple[str, float]] = []
    places, settings = WorldPlaces(), load_settings()
    first = run_benchmark(settings, places, seeds=[3], size=SMALL, tell=lambda what, share: told.append((what, share)))
    second = run_benchmark(settings, places, seeds=[3], size=SMALL)
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    kinds = first.to_json()["groups"]["synthetic"]["kinds"]
    assert sum(figures["labels"] for figures in kinds.values()) > 0
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("labels.jsonl",), "labels and events"),
        (("--seeds", "many"), "no seeds"),
        (("--quick", "--seeds", "3", "--background", "nowhere.nmea"), "no such file"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments: tuple[str, ...], word: str) -> None:
    done = run("evaluate", *arguments)
    assert_one_sentence(done, word)
    assert re.search(r"tidewaiter:", done.stderr)
