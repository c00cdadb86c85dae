"""What trials with SIGKILL have in common: a broker in a folder of their own, a summary at the end, and what runs that differ have left."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.reliability.running import Broker


def arguments(doc: str | None, *, runs: int, kills: int, vessels: int, hours: float) -> argparse.ArgumentParser:
    """The arguments that all of them take."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--kills", type=int, default=kills, help="at most so many kills a run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moments", type=int, help="seed of the moments of the kills; that of the feed unless given")
    parser.add_argument("--vessels", type=int, default=vessels)
    parser.add_argument("--hours", type=float, default=hours)
    parser.add_argument("--keep", type=Path, help="folder for what runs that differ have left, and the undisturbed one")
    return parser


def try_with_broker(
    prefix: str, args: argparse.Namespace, run: Callable[[argparse.Namespace, Path, Broker], dict[str, Any]]
) -> None:
    """Run a trial and print its summary; the process ends with 1 where a run differed."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        broker = Broker(folder / "kafka")
        try:
            report = run(args, folder, broker)
        finally:
            broker.stop()
    print(json.dumps(report))
    sys.exit(report["failed"] > 0)


def clear_away(folder: Path, run: str, keep: Path | None, *, differs: bool) -> None:
    """Remove what a run left; where it differs it is kept apart, with the undisturbed one."""
    if differs and keep is not None:
        for left in ("undisturbed", run):
            shutil.copytree(folder / left, keep / left, dirs_exist_ok=True)
    shutil.rmtree(folder / run)
