"""The Python form of the AIS and Mode S kernels, which only fuzzing uses, gives what the compiled kernels give."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, run

_PROGRAM = """
import sys, warnings
warnings.simplefilter("ignore", RuntimeWarning)
from tests.fuzz.plain import use_plain_kernels
from tests.fuzz.test_plain import digest
use_plain_kernels()
sys.stdout.write(digest(sys.argv[1]))
"""


def digest(name: str) -> str:
    """Digest of all rows of a target's seed."""
    found = hashlib.sha256()
    for batch in run(TARGETS[name], [TARGETS[name].seed()]).rows:
        for column in batch.COLUMNS:
            found.update(getattr(batch, column.name).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", ["ais", "ais times", "nmea json", "beast", "avr", "sbs1"])
def test_kernels_as_python_give_the_same_rows(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, name],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    assert done.stdout == digest(name)
