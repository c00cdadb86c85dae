"""What all tests share: recorded data, a broker, and which tests are left out where something is missing.

::

    --fast              without broker, browser, database, recorded data and tests marked slow: a few minutes
    --without-broker    without the tests that need Apache Kafka, hence Java and Maven
    --without-database  without the tests that need PostgreSQL
    --without-browser   without the tests that need Chromium
    --without-page      the same, and the page is not built

Tests that read recorded data are left out, with one line that says so, where there is none: ``TIDEWAITER_DATA`` names its folder, else it
is looked for in ``../shared/data`` beside the project. Where it is named and missing, nothing runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.kafka_broker import Broker
from tests.postgres_server import PostgresServer
from tracker.stale_kernels import forget_stale_kernels

forget_stale_kernels(Path(__file__).resolve().parents[1])

settings.register_profile("tidewaiter", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tidewaiter")  # no example fails because a machine is slow

BESIDE: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
NEEDS: Final = {
    "real_data": "real_data",
    "kafka": "broker",
    "running_kafka": "broker",
    "postgres": "database",
    "chromium": "browser",
}
"""Fixture -> the marker that every test using it gets."""


def data_folder() -> Path | None:
    """Folder of recorded third-party data; None where there is none and nobody named one."""
    given = os.environ.get("TIDEWAITER_DATA")
    if given:
        return Path(given)
    return BESIDE if BESIDE.is_dir() else None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tidewaiter")
    group.addoption(
        "--fast", action="store_true", help="leave out broker, browser, database, recorded data and slow tests"
    )
    group.addoption("--without-database", action="store_true", help="leave out tests that need PostgreSQL")
    group.addoption("--without-browser", action="store_true", help="leave out tests that need Chromium")
    group.addoption(
        "--without-page", action="store_true", help="leave out tests that need Chromium, for the page is not built"
    )
    group.addoption("--without-broker", action="store_true", help="leave out tests that need Kafka (Java and Maven)")


def pytest_configure(config: pytest.Config) -> None:
    folder = data_folder()
    if folder is not None and not folder.is_dir():
        raise pytest.UsageError(
            f"TIDEWAITER_DATA names {folder}, which is no folder; correct it, or unset it to leave those tests out"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests by what they need, and leaves out those whose need is not met."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in NEEDS:
                item.add_marker(NEEDS[fixture])
    unmet = left_out(config)
    gone = [item for item in items if any(item.get_closest_marker(marker) for marker in unmet)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in set(gone)]


def left_out(config: pytest.Config) -> dict[str, str]:
    """Marker -> why tests that have it do not run."""
    fast = ("broker", "browser", "database", "slow", "real_data") if config.getoption("--fast") else ()
    unmet = dict.fromkeys(fast, "--fast")
    if config.getoption("--without-broker"):
        unmet["broker"] = "--without-broker"
    if config.getoption("--without-database"):
        unmet["database"] = "--without-database"
    if config.getoption("--without-browser") or config.getoption("--without-page"):
        unmet["browser"] = "--without-browser"
    if data_folder() is None:
        unmet["real_data"] = "there is no recorded data; name its folder in TIDEWAITER_DATA"
    return unmet


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line for each kind of tests left out."""
    for marker, why in left_out(config).items():
        terminalreporter.write_line(f"left out: tests marked {marker} ({why})")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of recorded third-party data."""
    folder = data_folder()
    assert folder is not None, "tests of recorded data are left out where there is none"
    return folder


@pytest.fixture(scope="session")
def running_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker, started when the first test of this process asks for it. Without Java or Maven tests fail and say what to install."""
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started when the first test of this process asks for it. Where it is not installed tests fail and say what to install."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def kafka(running_kafka: Broker) -> Broker:
    """The broker, running, even if the test before stopped it."""
    running_kafka.start()
    return running_kafka
