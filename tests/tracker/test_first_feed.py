"""docs/first-feed.md as a beginner follows it: its commands, in order, in one shell, end with alerts of a feed played to a live program."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.tracker.watch.window import free_port
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "first-feed.md").read_text(encoding="utf-8")
LOOKING = "tail -n +1 -f alerts.jsonl"
UNTIL_A_LOITERING = (
    'until grep -q \'"kind":"loitering"\' alerts.jsonl 2>/dev/null; do sleep 0.5; kill -0 %2 || exit 9; done'
)


@pytest.mark.slow
def test_the_commands_of_the_page_lead_to_alerts(tmp_path: Path) -> None:
    (set_up,) = re.findall(r"```bash\n(deploy/demo .*)", PAGE)
    script = "\n".join(
        [set_up.replace("deploy/demo", "tidewaiter demo"), *re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
    )
    assert LOOKING in script
    script = (
        script.replace(LOOKING, UNTIL_A_LOITERING)
        .replace("10110", str(free_port()))
        .replace("--speed 120", "--speed 600")
    )
    (tmp_path / "tidewaiter").write_text(f'#!/bin/sh\nexec {sys.executable} -m tracker "$@"\n')
    (tmp_path / "tidewaiter").chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        "TIDEWAITER_WATCH_HTTP_ADDRESS": f"127.0.0.1:{free_port()}",
    }  # fmt: skip
    cleaned = f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nset -e\n{script}"
    done = subprocess.run(
        ["bash", "-c", cleaned], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=4 * PATIENCE_S
    )  # fmt: skip
    log = (tmp_path / "watch.log").read_text() if (tmp_path / "watch.log").exists() else ""
    assert done.returncode == 0, done.stderr + done.stdout + log
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert any(line["type"] == "tidewaiter.alert.raised" for line in told)
    assert any(line["data"]["consignments"] for line in told), "the papers are of the days that are played"
    assert "gives nmea" in done.stdout
    assert "wrong" not in done.stdout
    assert "mmsi:" in done.stdout
    assert ElementTree.parse(tmp_path / "loitering.svg").getroot().tag.endswith("svg")
