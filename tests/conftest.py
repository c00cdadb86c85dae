"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka_broker import Broker


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of recorded third-party data: ``TIDEWAITER_DATA``, else ``../shared/data`` beside the project."""
    given = os.environ.get("TIDEWAITER_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if folder.is_dir():
        return folder
    message = f"recorded data not found at {folder}; set TIDEWAITER_DATA to its folder"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def running_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker, started when the first test of this process asks for it. Without Java or Maven tests fail and say what to install."""
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def kafka(running_kafka: Broker) -> Broker:
    """The broker, running, even if the test before stopped it."""
    running_kafka.start()
    return running_kafka
