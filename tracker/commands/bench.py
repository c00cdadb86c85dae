"""``tidewaiter bench``: measured on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.options import JsonOption
from tracker.terminal import out, progress


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Measure on this machine.")
    app.add_typer(group, name="bench")
    group.command("decode")(bench_decode_command)


def bench_decode_command(
    file: Annotated[Path, typer.Argument(help="Recorded NMEA AIS or Beast, a table (CSV, Parquet), or JSON lines.")],
    rounds: Annotated[int, typer.Option(min=1, help="Runs of every decoder, alternating.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.0, help="Least time of one run.")] = 2.0,
    peer_python: Annotated[
        Path | None, typer.Option("--peer-python", help="Another environment's Python, with the peers installed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Our decoders and their peers (pyais, pyModeS, rs1090, Polars) over one file, alternating; docs/benchmarks.md."""
    from tracker.commands.show import show_bench
    from tracker.evaluation.decoding import bench_decode
    from tracker.inputs.recorded import open_input

    kind = open_input(file, 0).kind
    with progress("bench") as tell:
        rows = bench_decode(file, kind, rounds, seconds, tell, str(peer_python or sys.executable))
    if as_json:
        sys.stdout.write(json.dumps([row.to_json() for row in rows]) + "\n")
    else:
        show_bench(out, rows)
