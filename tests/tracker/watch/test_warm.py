"""Nothing is left to compile once the program is live: what a life calls, over whatever comes, was called while it warmed up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.tracker.watch import sea
from tracker.events import EventKind

ROOT = Path(__file__).resolve().parents[3]


def test_after_the_warm_up_no_kernel_is_compiled_for_anything_new(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.tracker.watch.warm_run", str(small_sea.feed), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["new"] == []
    assert told["cold"] == [], "may be called, and the warm-up never does"
    assert told["settled"] > 0
    fired = set(told["events"])
    assert fired >= {
        "gap",
        "dark_period",
        "loitering",
        "encounter",
        "circling",
        "integrity",
        "off_aerodrome_landing",
        "zone",
    }
    assert fired <= {str(kind) for kind in EventKind}
