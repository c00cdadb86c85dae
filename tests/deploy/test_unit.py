"""The systemd unit: read as systemd reads it, and it keeps what it writes for its user alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE_S
from tracker.config.watch import WatchConfig
from tracker.web.operations import STALLED_S

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "tidewaiter.service"


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    section = ""
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals
            assert name.isalnum()
            found.setdefault(f"{section}.{name}", []).append(value)
    return found


def test_what_it_writes_is_its_users_alone_and_kernels_are_kept() -> None:
    unit = settings()
    assert unit["Service.UMask"] == ["0077"]
    assert unit["Service.CacheDirectory"] == ["tidewaiter"]
    assert unit["Service.Environment"] == ["NUMBA_CACHE_DIR=/var/cache/tidewaiter"]
    assert unit["Service.StateDirectory"] == ["tidewaiter"]
    assert "--db /var/lib/tidewaiter/" in unit["Service.ExecStart"][0]
    assert {unit[f"Service.{kind}DirectoryMode"][0] for kind in ("State", "Cache")} == {"0700"}
    assert "Service.MemoryDenyWriteExecute" not in unit


def test_it_waits_longer_for_an_end_than_the_program_takes() -> None:
    assert int(settings()["Service.TimeoutStopSec"][0]) > WatchConfig().stop_s + 1.5


def test_a_program_that_hangs_is_started_again() -> None:
    unit = settings()
    assert int(unit["Service.WatchdogSec"][0]) >= 5 * STALLED_S  # a machine too busy is no hang
    assert unit["Service.WatchdogSignal"] == ["SIGABRT"]  # so faulthandler leaves the stack for the next start
    assert unit["Service.Restart"] == ["on-failure"]


def test_systemd_takes_it(tmp_path: Path) -> None:
    """Where there is no systemd, the settings were at least read above."""
    if (systemd := shutil.which("systemd-analyze")) is None:
        return
    program = settings()["Service.ExecStart"][0].split()[0]
    copy = tmp_path / "tidewaiter.service"
    copy.write_text(UNIT.read_text(encoding="utf-8").replace(program, sys.executable), encoding="utf-8")
    done = subprocess.run(
        [systemd, "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert "tidewaiter.service" not in done.stderr, done.stderr
