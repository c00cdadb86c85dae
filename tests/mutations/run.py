"""A mutation run: ``python -m tests.mutations.run [--count 200] [--seed 1] [--area NAME]``.

Faults are drawn at random from those of ``faults.py`` in the files of ``areas.py``. Sources stay as they are: this process imports the tests, and for
each fault forks one that gives the function its faulty code and runs the tests of its area until one fails. A fault is *found* when a
test fails or the tests do not end; it *survives* when they all pass. Those in ``alike.txt`` change nothing that could be seen, each with its reason,
and are not counted. The score is found / (found + survived).

The same seed draws the same faults of the same sources. The end is 1 where the score is below ``--least``.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Final

import pytest

from tests.mutations.areas import AREAS, Area
from tests.mutations.faults import Fault, code_with, faults_of

ROOT: Final = Path(__file__).resolve().parents[2]
ALIKE: Final = Path(__file__).with_name("alike.txt")
OPTIONS: Final = (
    "-x",
    "-q",
    "-n",
    "0",
    "-p",
    "no:cacheprovider",
    "--no-header",
    "--hypothesis-seed=0",
    "--without-broker",
)
KEPT: Final = "TIDEWAITER_LITTLE_SEA"
"""What the run without a fault made of the little sea (``tests/tracker/watch/conftest.py``) is what runs with a fault are held against."""
_FACTOR: Final = 4.0
_PATIENCE_S: Final = 30.0
"""Tests that do not end: so many times what they take without a fault, and so much more."""
_LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Trial:
    """How the tests of an area took it."""

    area: Area
    fault: Fault
    ended: str
    """``found``, ``endless`` (found, too), ``survived`` or ``alike``."""
    by: str
    took_s: float


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="deploy/mutations", description=(__doc__ or "").split("\n\n", 2)[1])
    parser.add_argument("--count", type=int, default=200, help="faults to draw; 0: all (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (default 1)")
    parser.add_argument(
        "--area",
        choices=[area.name for area in AREAS],
        action="append",
        help="only faults of this area; may be given again",
    )
    parser.add_argument("--only", default="", help="only faults whose name has this text")
    parser.add_argument("--least", type=float, default=0.85, help="score below which the end is 1 (default 0.85)")
    given = parser.parse_args(arguments)
    areas = [area for area in AREAS if not given.area or area.name in given.area]
    drawn = draw(areas, given.count, given.seed, given.only)
    if not drawn:
        print("no fault has that text in its name")
        return 2
    reasons = alike()
    with tempfile.TemporaryDirectory(prefix="mutations-") as kept:
        os.environ[KEPT] = kept
        return tell(_tried(drawn, reasons), given.least)


def _tried(drawn: Sequence[tuple[Area, Fault]], reasons: dict[str, str]) -> list[Trial]:
    """Each fault in its turn, a line each."""
    trials: list[Trial] = []
    budgets: dict[str, float] = {}
    for number, (area, fault) in enumerate(drawn, 1):
        if fault.name in reasons:
            trial = Trial(area, fault, "alike", reasons[fault.name], 0.0)
        else:
            if area.name not in budgets:
                budgets[area.name] = learn(area)
            trial = put(area, fault, budgets[area.name])
        trials.append(trial)
        print(
            f"{number}/{len(drawn)} {trial.ended:8} {trial.took_s:5.1f} s  {fault.module}:{fault.line} {fault.before} => {fault.after}  {trial.by}",
            flush=True,
        )
    return trials


def draw(areas: Sequence[Area], count: int, seed: int, only: str = "") -> list[tuple[Area, Fault]]:
    """Faults of the areas drawn at random, by area."""
    everything = [
        (area, fault)
        for area in areas
        for file in area.files
        for fault in faults_of(ROOT / file, file.removesuffix(".py").replace("/", "."))
        if only in fault.name
    ]
    if 0 < count < len(everything):
        places = sorted(random.Random(seed).sample(range(len(everything)), count))
        return [everything[k] for k in places]
    return everything


def alike() -> dict[str, str]:
    """Faults that change nothing that could be seen, with the reason: two lines each, name and reason, an empty line between."""
    texts = ALIKE.read_text(encoding="utf-8").split("\n\n")
    pairs = [text.strip().split("\n", 1) for text in texts if text.strip() and not text.startswith("#")]
    return {name: reason.strip() for name, reason in pairs}


def area_options(area: Area) -> list[str]:
    """What pytest is given for the tests of an area."""
    marks = ["-m", area.marks] if area.marks else []
    return [*OPTIONS, *marks, *area.tests, *(f"--deselect={name}" for name in area.without)]


def learn(area: Area) -> float:
    """Import what the tests of an area need, run them without a fault, and give the seconds that they may take with one."""
    if pytest.main([*area_options(area), "--collect-only", "-qq"]) != pytest.ExitCode.OK:
        raise SystemExit(f"the tests of {area.name} cannot be collected")
    ended, by, took_s = forked(area_options(area), lambda: None, 3600.0)
    if ended != "survived":
        raise SystemExit(f"the tests of {area.name} fail without any fault: {by}")
    print(f"{area.name}: {took_s:.0f} s without a fault", flush=True)
    return _FACTOR * took_s + _PATIENCE_S


def put(area: Area, fault: Fault, budget_s: float) -> Trial:
    """Run the tests of an area with one fault."""
    path = ROOT / f"{fault.module.replace('.', '/')}.py"
    return Trial(area, fault, *forked(area_options(area), lambda: give_code(path, fault), budget_s))


def give_code(path: Path, fault: Fault) -> None:
    """Every function made of the faulty one's source gets the faulty code."""
    code = code_with(path, fault)
    functions = [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == str(path) and one.__code__.co_qualname == fault.function]  # fmt: skip
    if not functions:
        raise LookupError(f"{fault.function} is not loaded")
    for function in functions:
        function.__code__ = code


def forked(options: Sequence[str], before: Callable[[], None], budget_s: float) -> tuple[str, str, float]:
    """Run tests in a process of their own, after something was done in it: how it ended, by which test, and the seconds it took."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        said, begun_s = Path(folder) / "said", time.monotonic()
        child = os.fork()
        if not child:
            _run(options, before, said)
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            took_s = time.monotonic() - begun_s
            if pid:
                break
            if took_s > budget_s:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return "endless", "", took_s
            time.sleep(_LOOK_S)  # not a wait: of a test, but of the run
        lines = said.read_text(encoding="utf-8", errors="replace").splitlines() if said.exists() else []
    code = os.waitstatus_to_exitcode(status)
    if code == pytest.ExitCode.OK:
        return "survived", "", took_s
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED) or code == _NOT_PUT:
        raise SystemExit("\n".join(lines[-30:]))
    failed = next(
        (line for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1] if lines else f"ended with {code}"
    )
    return "found", failed.split(" - ")[0].split("::", 1)[-1][:100], took_s


_NOT_PUT: Final = 99


def _run(options: Sequence[str], before: Callable[[], None], said: Path) -> None:
    """In the forked process; it does not come back."""
    code = _NOT_PUT
    try:
        os.setsid()
        handle = os.open(said, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        before()
        code = int(pytest.main(["--basetemp", str(said.parent / "pytest"), *options]))
    except BaseException as exc:
        print(repr(exc))
    finally:
        sys.stdout.flush()
        os._exit(code)


def tell(trials: Sequence[Trial], least: float) -> int:
    """The table, what survived, and the end."""
    print("\n| area | faults | found | survived | change nothing | score |\n|---|---|---|---|---|---|")
    for area in (*AREAS, None):
        counts = Counter(trial.ended for trial in trials if area in (None, trial.area))
        if counts:
            print(
                f"| {'all' if area is None else area.name} | {counts.total()} | {_found(counts)} | {counts['survived']} | {counts['alike']} | {_score(counts):.0%} |"
            )
    survived = [trial for trial in trials if trial.ended == "survived"]
    print("\nsurvived:" if survived else "\nnone survived")
    for trial in survived:
        print(trial.fault.name)
    return int(_score(Counter(trial.ended for trial in trials)) < least)


def _found(counts: Counter[str]) -> int:
    return counts["found"] + counts["endless"]


def _score(counts: Counter[str]) -> float:
    return _found(counts) / max(_found(counts) + counts["survived"], 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
