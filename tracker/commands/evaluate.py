"""``tidewaiter simulate`` and ``tidewaiter evaluate``: scenarios of which all is known, and how well it is found."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.given import places_of, time_of
from tracker.commands.options import ConfigOption, JsonOption, ReferenceOption
from tracker.errors import InputError
from tracker.terminal import err, out, steps


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("simulate")(simulate_command)
    app.command("evaluate")(evaluate_command)


LossOption = Annotated[
    float,
    typer.Option("--loss", min=0.0, max=0.3, help="So large a share of the reports is lost at random on the way in."),
]


OfficeOption = Annotated[
    bool,
    typer.Option(
        "--office-papers",
        help="Papers as offices have them: misspelt, without numbers or times, amended (docs/simulator.md).",
    ),
]


def simulate_command(
    folder: Annotated[Path, typer.Argument(help="Folder to write the scenario to.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    vessels: Annotated[int, typer.Option(min=20, max=1500, help="So many ships.")] = 200,
    flights: Annotated[int, typer.Option(min=0, max=2000, help="So many flights; 0: no recording of the air.")] = 40,
    hours: Annotated[float, typer.Option(min=3.0, max=240.0, help="So long.")] = 48.0,
    loss: LossOption = 0.0,
    office_papers: OfficeOption = False,
    start: Annotated[str, typer.Option(help="First instant (ISO 8601, UTC).")] = "2026-03-01T00:00:00Z",
    until_now: Annotated[
        bool,
        typer.Option(
            "--until-now", help="In place of --start: it ends now, so that its papers fit when feed plays it today."
        ),
    ] = False,
) -> None:
    """Write a labelled scenario: raw AIVDM and Beast bytes, cargo, labels. Everything in it is synthetic."""
    from streams.time import US_PER_S, SystemClock
    from tracker.commands.show import show_simulation
    from tracker.simulate.scenario import simulate

    start_us = SystemClock().now_us() - int(hours * 3600.0 * US_PER_S) if until_now else time_of(start, "--start")
    with steps("simulate") as tell:
        report = simulate(
            folder,
            seed=seed,
            vessels=vessels,
            flights=flights,
            hours=hours,
            loss=loss,
            is_office=office_papers,
            start=start_us,
            progress=tell,
        )
    show_simulation(err, report)


def evaluate_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[LABELS EVENTS]", help="Labels of a scenario and events from replay --events."),
    ] = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Alerts as JSON lines, from replay --alerts.")] = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Scenarios to simulate, for example 101,102; without files only.")
    ] = None,
    background: Annotated[
        list[Path] | None,
        typer.Option("--background", help="Recorded feed to inject events into; further files may follow."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One small scenario instead of three of two days.")] = False,
    loss: LossOption = 0.0,
    office_papers: OfficeOption = False,
    config: ConfigOption = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Profile to be judged. Default: as the settings say, else customs.")
    ] = None,
    reference: ReferenceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Precision, recall and delay per kind: of given events, or of a benchmark run on the spot (docs/benchmarks-events.md)."""
    from dataclasses import replace

    from tracker.evaluation.benchmark import DEFAULT_SEEDS, FULL, QUICK, run_benchmark
    from tracker.evaluation.comparison import Evaluation, compare_files
    from tracker.evaluation.figures import Benchmark
    from tracker.evaluation.screen import benchmark_table, evaluation_table
    from tracker.settings import load_settings

    result: Evaluation | Benchmark
    if files and not background:
        if len(files) != 2 or seeds or quick:
            raise InputError(
                "needs labels and events, or no files at all",
                "evaluate",
                "write: evaluate LABELS EVENTS, or evaluate --seeds 101",
            )
        result = compare_files(files[0], files[1], alerts)
    else:
        numbers = _seeds(seeds) if seeds is not None else DEFAULT_SEEDS[:1] if quick or background else DEFAULT_SEEDS
        with steps("evaluate") as tell:
            result = run_benchmark(
                load_settings(config, profile),
                places_of(reference),
                seeds=numbers,
                size=replace(QUICK if quick else FULL, loss=loss, is_office=office_papers),
                backgrounds=[*(background or []), *(files or [])],
                tell=tell,
            )
    if as_json:
        sys.stdout.write(json.dumps(result.to_json()) + "\n")
    else:
        out.print(evaluation_table(result) if isinstance(result, Evaluation) else benchmark_table(result))


def _seeds(text: str) -> list[int]:
    """Seeds written as ``101,102`` or ``101-110``."""
    try:
        spans = [[int(number) for number in part.split("-")] for part in text.split(",")]
        seeds = [seed for span in spans for seed in range(span[0], span[-1] + 1)]
        if not seeds or any(len(span) > 2 for span in spans):
            raise ValueError(text)
    except ValueError as exc:
        raise InputError(f"{text!r} are no seeds", "--seeds", "write them like 101,102 or 101-110") from exc
    return seeds
