"""deploy/test on machines that lack something: it installs what it may, else says the one command; and what is asked for is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PLAIN_TOOLS = ("bash", "cat", "cksum", "dirname", "env", "find", "sed", "touch", "tr", "id")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs: those of any machine, without Java, Maven, apt-get and sudo."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in PLAIN_TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or "/bin/false")
    return tools


def put(tools: Path, name: str, script: str) -> None:
    (tools / name).write_text(f"#!/bin/bash\n{script}\n")
    (tools / name).chmod(0o755)


def prepare(tools: Path, what: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", f'. {ROOT}/deploy/setup.sh; root={ROOT}; {what}; echo prepared'],
        env={"PATH": str(tools), "HOME": str(tools)}, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


def test_without_the_right_to_install_one_sentence_says_the_command_and_how_to_do_without(bare: Path) -> None:
    done = prepare(bare, "prepare_tools broker")
    assert done.returncode == 2
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert "sudo apt-get install openjdk-17-jre-headless maven" in sentence
    assert "deploy/test --without-broker" in sentence


def test_a_database_is_a_need_like_the_broker(bare: Path) -> None:
    done = prepare(bare, "prepare_tools database")
    assert done.returncode == 2
    assert "sudo apt-get install postgresql" in done.stderr
    assert "deploy/test --without-database" in done.stderr


def test_the_page_and_the_browser_are_needs_too(bare: Path) -> None:
    for need, packages in (("page", "nodejs npm"), ("browser", "chromium")):
        done = prepare(bare, f"prepare_tools {need}")
        assert done.returncode == 2
        assert f"sudo apt-get install {packages}" in done.stderr
        assert f"deploy/test --without-{need}" in done.stderr


def test_sudo_that_asks_for_a_password_is_not_asked(bare: Path) -> None:
    put(bare, "id", "echo 1000")
    put(bare, "apt-get", "exit 99")
    put(bare, "sudo", "exit 1")
    assert prepare(bare, "prepare_tools broker").returncode == 2


@pytest.mark.parametrize(("release", "java"), [("17", "openjdk-17-jre-headless"), ("21", "default-jre-headless")])
def test_what_is_missing_is_installed_where_it_may_be(bare: Path, release: str, java: str) -> None:
    put(bare, "id", "echo 1000")
    put(bare, "java", "")
    (bare / "java").rename(bare / "java-later")
    put(bare, "sudo", 'shift; [ "$1" = true ] || "$@"')
    put(
        bare,
        "apt-cache",
        f'case $2 in openjdk-{release}*|maven) echo "  Candidate: 1.0" ;; openjdk*) echo "  Candidate: (none)" ;; esac',
    )
    put(bare, "apt-get", f'echo "$@" >>{bare}/asked')
    done = prepare(bare, "prepare_tools broker")
    assert (done.returncode, done.stdout) == (0, "prepared\n"), done.stderr
    asked = (bare / "asked").read_text().splitlines()
    assert asked[-1].endswith(f"--no-install-recommends {java} maven")


def test_nothing_is_installed_where_nothing_is_missing(bare: Path) -> None:
    for tool in ("java", "mvn"):
        put(bare, tool, "exit 0")
    put(bare, "apt-get", "exit 99")
    assert prepare(bare, "prepare_tools broker").stdout == "prepared\n"


def collected(*arguments: str, **environment: str) -> str:
    """What pytest says it would run of two files: tests of one read recorded data, all of the other need a broker."""
    files = ["tests/tracker/decode/test_recognise.py", "tests/streams/test_kafka_sink.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "--collect-only", "-p", "no:cacheprovider", *arguments, *files],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_recorded_data_that_are_named_and_missing_stop_the_run() -> None:
    said = collected(TIDEWAITER_DATA="/no/such/folder", CI="true")
    assert "TIDEWAITER_DATA names /no/such/folder" in said
    assert "::" not in said


def test_recorded_data_that_are_there_are_read_and_a_broker_can_be_left_out(tmp_path: Path) -> None:
    said = collected("--without-broker", TIDEWAITER_DATA=str(tmp_path))
    assert "test_every_recorded_file_is_recognised" in said
    assert "test_kafka_sink" not in said
    assert "left out: tests marked broker (--without-broker)" in said


def test_the_fast_run_leaves_out_what_is_slow_or_needs_something(tmp_path: Path) -> None:
    said = collected("--fast", TIDEWAITER_DATA=str(tmp_path))
    assert "test_recognise.py::" in said
    assert "test_every_recorded_file_is_recognised" not in said
    assert "test_kafka_sink" not in said


@pytest.mark.parametrize("beside", [True, False])
def test_recorded_data_beside_the_project_are_found_and_their_absence_is_one_line(
    beside: bool, tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIDEWAITER_DATA", raising=False)
    monkeypatch.setattr(conftest, "BESIDE", tmp_path if beside else tmp_path / "nothing")
    assert ("TIDEWAITER_DATA" in conftest.left_out(pytestconfig).get("real_data", "")) is not beside
