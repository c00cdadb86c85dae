"""One target for a while: ``python -m tests.fuzz.run TARGET SECONDS [CORPUS_FOLDER]``. Started by ``deploy/fuzz``.

With atheris (``pip install tidewaiter[fuzz]``) coverage guides it. Compiled kernels are opaque to Python's coverage, so
``NUMBA_DISABLE_JIT=1`` runs them as Python: some hundred times slower, but every branch of a kernel is seen. Set
``TIDEWAITER_FUZZ_COMPILED=1`` to fuzz the compiled kernels: many more inputs, and only the Python around the kernels guides.

Without atheris the same mutations run blindly over a corpus that keeps every input which gave a new combination of message kinds and
causes of rejects.

A failing input is written to the corpus folder (``crash-...``) and repeated with ``python -m tests.fuzz.run TARGET --repeat FILE``.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
import warnings
from pathlib import Path
from typing import Any

_COMPILED = os.environ.get("TIDEWAITER_FUZZ_COMPILED") == "1"


def main() -> None:
    """Read the arguments, choose the engine."""
    try:
        import atheris
    except ImportError:
        atheris = None
    if atheris is not None and not _COMPILED and "--repeat" not in sys.argv:
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    warnings.simplefilter(
        "ignore", RuntimeWarning
    )  # hashes wrap around on purpose; Python's numbers say so, kernels do not
    name, what = sys.argv[1], sys.argv[2]
    if what == "--repeat":
        load(None)(name, Path(sys.argv[3]).read_bytes())
        return
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path("fuzz-corpus") / name
    folder.mkdir(parents=True, exist_ok=True)
    if atheris is None:
        sys.stderr.write("atheris is not installed: mutating without coverage\n")
        blindly(name, float(what), folder)
    else:
        guided(atheris, name, float(what), folder)


def load(atheris: Any) -> Any:
    """The check, its modules instrumented when there is an engine to tell."""
    if atheris is None:
        from tests.fuzz.targets import TARGETS, check
    else:
        with atheris.instrument_imports(include=["tracker.decode"]):
            from tests.fuzz.targets import TARGETS, check
        if not _COMPILED:
            from tests.fuzz.plain import use_plain_kernels

            use_plain_kernels()
    return lambda name, data: check(TARGETS[name], data)


def guided(atheris: Any, name: str, seconds: float, folder: Path) -> None:
    """libFuzzer drives; half of the mutations are its own, half know the format."""
    one = load(atheris)
    from tests.fuzz.targets import TARGETS

    target = TARGETS[name]

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        if seed % 2:
            return atheris.Mutate(data, max_size)
        return target.mutated(data, random.Random(seed), max_size)

    seed = target.seed()
    for at, data in enumerate({seed, seed[:400], seed[-400:]}):
        (folder / f"seed-{at}").write_bytes(data)
    options = [
        f"-max_total_time={int(seconds)}",
        "-max_len=2048",
        "-timeout=120",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    ]
    atheris.Setup(
        [sys.argv[0], str(folder), f"-artifact_prefix={folder}/", *options],
        lambda data: one(name, data),
        custom_mutator=mutate,
    )
    atheris.Fuzz()


def blindly(name: str, seconds: float, folder: Path) -> None:
    """The same mutations without coverage."""
    one = load(None)
    from tests.fuzz.targets import TARGETS

    target, rng = TARGETS[name], random.Random()
    corpus, seen, inputs, units = [target.seed()], set(), 0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = target.mutated(rng.choice(corpus), rng)
        try:
            counts = one(name, data).counts
        except BaseException:
            (folder / f"crash-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
            raise
        inputs, units = inputs + 1, units + counts.units_in
        trait = (frozenset(counts.messages), frozenset(counts.rejects.counts))
        if trait not in seen and len(data) < 1 << 15:
            seen.add(trait)
            corpus.append(data)
    sys.stderr.write(f"{name}: {inputs:,} inputs of {units:,} units, {len(corpus)} kept, no failure\n")


if __name__ == "__main__":
    main()
