"""``tidewaiter bench decode``: ours and the peers over the same file in the same run, alternating.

Each decoder runs in a process of its own (``deploy/bench/decoders.py``), once per round, all decoders in every round; the median of the rounds
is shown, in wall and CPU time, with the ratio of ours to each peer. Ratios hold on a machine that drifts; absolute
rates do not. Peers not installed are named as missing (``pip install tidewaiter[bench]``); ``peer_python`` is an interpreter that
has them, for who wants them outside this environment.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tracker.decode.recognise import InputKind
from tracker.errors import InputError

SCRIPT: Final = Path(__file__).resolve().parents[2] / "deploy" / "bench" / "decoders.py"
RUNNERS: Final = {
    InputKind.NMEA: ("tidewaiter, 1 MB blocks", "tidewaiter, 20 lines", "pyais"),
    InputKind.POSITIONS_CSV: ("tidewaiter csv, 1 MB blocks", "polars csv"),
    InputKind.POSITIONS_PARQUET: ("tidewaiter parquet", "polars parquet"),
    InputKind.BEAST: ("tidewaiter beast, 1 MB blocks", "tidewaiter beast, 20 frames", "pyModeS", "rs1090"),
    **dict.fromkeys(
        (InputKind.READSB_JSON, InputKind.TRACK_JSON), ("tidewaiter json lines, 1 MB blocks", "polars json lines")
    ),
}


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One decoder: median rates in units (sentences, frames) per second; None where the peer is not installed."""

    name: str
    version: str
    wall_rate: float | None
    cpu_rate: float | None
    peer: bool
    ratios: dict[str, float] = field(default_factory=dict)
    """Of ours: CPU rate over that of each peer."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, rates rounded."""
        return {
            "name": self.name, "version": self.version, "peer": self.peer,
            "wall_units_per_s": None if self.wall_rate is None else round(self.wall_rate),
            "cpu_units_per_s": None if self.cpu_rate is None else round(self.cpu_rate),
            "ratios": {name: round(ratio, 1) for name, ratio in self.ratios.items()},
        }  # fmt: skip


def bench_decode(
    path: Path,
    kind: InputKind,
    rounds: int,
    seconds: float,
    tell: Callable[[int, int], None] | None = None,
    peer_python: str = sys.executable,
) -> list[BenchRow]:
    """Rates of all decoders of a kind over one file.

    Parameters
    ----------
    seconds:
        Least time of one timed run.
    tell:
        Told runs done, and in all.
    """
    if kind not in RUNNERS:
        raise InputError(
            f"{kind} has no peers to compare with",
            str(path),
            "give an NMEA or Beast file, a table or JSON lines of records",
        )
    if not SCRIPT.is_file():
        raise InputError("the peers' programs are not here", "bench", "run it from a checkout of the project")
    names = RUNNERS[kind]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for turn in range(rounds):
        for place, name in enumerate(names):
            runs[name].append(_run(sys.executable if _is_ours(name) else peer_python, name, path, seconds))
            if tell is not None:
                tell(turn * len(names) + place + 1, rounds * len(names))
    rows = [_row(name, results) for name, results in runs.items()]
    peers = {row.name: row.cpu_rate for row in rows if row.peer and row.cpu_rate}
    return [
        row if row.peer or row.cpu_rate is None
        else replace(row, ratios={name: row.cpu_rate / rate for name, rate in peers.items()})
        for row in rows
    ]  # fmt: skip


def _is_ours(name: str) -> bool:
    return name.startswith("tidewaiter")


def _run(python: str, name: str, path: Path, seconds: float) -> dict[str, Any]:
    done = subprocess.run(
        [python, str(SCRIPT), name, str(path), str(seconds)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2]), "POLARS_MAX_THREADS": "1"},
    )  # fmt: skip
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no message"
        raise InputError(f"{name} failed: {last}", str(path), "try another file")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _row(name: str, results: list[dict[str, Any]]) -> BenchRow:
    peer = not _is_ours(name)
    if "missing" in results[0]:
        return BenchRow(name, "not installed", None, None, peer)
    wall = statistics.median(result["units"] / result["wall_s"] for result in results)
    cpu = statistics.median(result["units"] / max(result["cpu_s"], 1e-9) for result in results)
    return BenchRow(name, results[0]["version"], wall, cpu, peer)
