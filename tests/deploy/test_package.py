"""What is installed is the program: the wheel holds every file of the packages, the image's own steps give a command that works far from the sources."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PACKAGES = ("tracker", "streams", "models")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
MADE_HERE = {"__pycache__", "node_modules"}
PAGE = Path("tracker/room/page")


def sources() -> set[str]:
    """Every file of the packages but what Python, numba and npm have made; of the page what it is built into, not what it is built of."""
    files = {
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not MADE_HERE & set(path.parts)
    }
    return {
        path.as_posix()
        for path in files
        if PAGE not in path.parents or path.suffix == ".py" or PAGE / "built" in path.parents
    }


def test_the_wheel_holds_every_file_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = {name for name in held.namelist() if ".dist-info/" not in name}
        entry = next(held.read(name).decode() for name in held.namelist() if name.endswith("entry_points.txt"))
    assert names == sources()
    assert wheel.name.startswith(f"tidewaiter-{VERSION}-")
    assert "tidewaiter = tracker.cli:main" in entry


def instructions() -> Iterator[tuple[str, str]]:
    """Instructions of the Dockerfile with their arguments, lines joined."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8"))
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


_LAST_STAGE = DOCKERFILE.read_text(encoding="utf-8").count("\nFROM ")


class Built:
    """The image, or what its steps make in a folder in place of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        docker = shutil.which("docker")
        self.docker = docker if docker and self._answers(docker) else None
        if self.docker is not None:
            build = [self.docker, "build", "-q", "-f", str(DOCKERFILE), "-t", "tidewaiter-test", str(ROOT)]
            subprocess.run(build, check=True, timeout=1800)
        else:
            self._follow_steps()

    @staticmethod
    def _answers(docker: str) -> bool:
        return subprocess.run([docker, "info"], capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0

    def _follow_steps(self) -> None:
        """COPY and RUN of the stages that build, with the folder in the place of the root; what the last takes over must be there then."""
        stage = 0
        for name, rest in instructions():
            stage += name == "FROM"
            if stage < _LAST_STAGE and name == "COPY":
                *things, target = shlex.split(rest)
                from_stage = things[0].startswith("--from=")
                for thing in things[from_stage:]:
                    source = self._place(thing) if from_stage else ROOT / thing
                    self._copy(source, self._place(target) / thing if target.endswith("/") else self._place(target))
            elif stage < _LAST_STAGE and name == "RUN":
                here = re.sub(r"(?<=\s)/(?=src|opt|page)", f"{self.folder}/", f" {rest}").replace("--no-cache-dir", "")
                here = re.sub(r"^ python ", f" {shlex.quote(sys.executable)} ", here)
                done = subprocess.run(["sh", "-ec", here], capture_output=True, text=True, check=False, timeout=1800)
                assert done.returncode == 0, done.stderr
            elif name == "COPY":
                assert self._place(shlex.split(rest)[1]).is_dir(), rest

    def _place(self, path: str) -> Path:
        return self.folder / path.lstrip("/")

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*MADE_HERE, "built"))
        else:
            shutil.copy(source, target)

    def run(self, *arguments: str, work: Path) -> subprocess.CompletedProcess[str]:
        """The entry point with arguments, in a folder of its own, as the image sets it up."""
        told = dict(instructions())
        (entry,) = json.loads(told["ENTRYPOINT"])
        if self.docker is not None:
            command = [
                self.docker,
                "run",
                "--rm",
                "-u",
                str(os.getuid()),
                "-v",
                f"{work}:/data",
                "tidewaiter-test",
                *arguments,
            ]
            environment = None
        else:
            settings = dict(pair.split("=", 1) for pair in shlex.split(told["ENV"]))
            binaries = self._place(settings["PATH"].partition(":")[0])
            command = [str(binaries / entry), *arguments]
            environment = {
                "PATH": f"{binaries}:/usr/bin:/bin",
                "HOME": str(work),
                "NUMBA_CACHE_DIR": str(work / "kernels"),
            }
        return subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, check=False, timeout=1800
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.browser  # it builds the page, for which npm is there where Chromium is
def test_the_steps_of_the_image_give_a_program_that_works_far_from_its_sources(tmp_path: Path) -> None:
    built = Built(tmp_path / "root")
    work = tmp_path / "work"
    work.mkdir()
    assert built.run("--version", work=work).stdout.strip() == f"tidewaiter {VERSION}"
    assert "replay" in built.run("--help", work=work).stdout
    done = built.run("demo", "--vessels", "20", "--flights", "2", "--hours", "6", work=work)
    assert done.returncode == 0, done.stderr
    assert (work / "demo" / "demo.duckdb").is_file()
    assert (work / "demo" / "events.jsonl").stat().st_size > 0
    done = built.run(
        "query", "SELECT count(*) AS n FROM positions", "--db", "demo/demo.duckdb", "--format", "json", work=work
    )
    assert json.loads(done.stdout)["n"] > 1000
