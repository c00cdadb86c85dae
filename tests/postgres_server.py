"""A real PostgreSQL for tests: a server of its own in a temporary folder, on a Unix socket alone, ended with the process that asked for it.

PostgreSQL refuses to run as root; there the user ``postgres`` that its Debian package makes runs it, else ``nobody``. Nothing of it is kept, so it does not
wait for the disk (``fsync=off``).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

_OPTIONS = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=200")


def programs() -> Path:
    """The folder of ``initdb``; Debian keeps it out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    named = shutil.which("initdb")
    if not found and named is None:
        pytest.fail(
            "PostgreSQL is not installed; 'sudo apt-get install postgresql' does, '--without-database' leaves these tests out"
        )
    return found[-1].parent if found else Path(str(named)).parent


class PostgresServer:
    """One server."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tw-pg-"))
        self._user: str | None = None
        self._count = 0
        if os.geteuid() == 0:
            names = {one.pw_name for one in pwd.getpwall()}
            self._user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, self._user)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "tidewaiter", "--auth=trust", "-E", "UTF8", "--locale=C"
        )
        options = " ".join((*_OPTIONS, "-c", f"unix_socket_directories={self.folder}"))
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._count += 1
        name = f"room{self._count}"
        with psycopg.connect(f"host={self.folder} user=tidewaiter dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://tidewaiter@/{name}?host={self.folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs() / program), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            user=self._user, extra_groups=None if self._user is None else [], cwd=self.folder, check=False, timeout=120,
        )  # fmt: skip
        if done.returncode:
            pytest.fail(f"{program}: {done.stderr.strip()}")
