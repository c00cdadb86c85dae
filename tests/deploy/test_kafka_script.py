"""deploy/kafka: every verb twice, data that survive, and a sentence where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.kafka_config import KafkaConfig, OutRecord
from tests.kafka_broker import SCRIPT, Broker
from tests.kafka_reading import all_records
from tests.waiting import PATIENCE_S


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        env={**os.environ, "TIDEWAITER_PYTHON": sys.executable, **environment},
    )  # fmt: skip


@pytest.mark.broker
def test_starting_twice_is_one_broker_and_its_data_outlive_it(tmp_path: Path) -> None:
    from streams.kafka_sink import KafkaSink

    broker = Broker(tmp_path / "with space")
    folder = str(broker.folder)
    try:
        broker.start()
        assert run("start", folder).stdout.strip() == broker.bootstrap
        assert run("status", folder).stdout.strip() == broker.bootstrap
        assert run("env", folder).stdout.strip() == f"export TIDEWAITER_KAFKA={broker.bootstrap}"
        assert broker.bootstrap.startswith("127.0.0.1:")
        topic = broker.topic()
        sink = KafkaSink(KafkaConfig(broker.bootstrap))
        sink.send([OutRecord(topic, b"k", b"v")])
        sink.close()
        broker.stop()
        assert run("stop", folder).returncode == 0
        assert run("status", folder).returncode == 1
        assert "start" in run("env", folder).stderr
        before = broker.bootstrap
        broker.start()
        assert broker.bootstrap == before
        assert [record.value for record in all_records(broker, topic)] == [b"v"]
    finally:
        broker.stop()


def test_nothing_listens_beyond_loopback(kafka: Broker) -> None:
    settings = (kafka.folder / "server.properties").read_text()
    listeners = next(line for line in settings.splitlines() if line.startswith("listeners="))
    assert [part.split("://")[1].rpartition(":")[0] for part in listeners.split(",")] == ["127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize(("missing", "package"), [("java", "openjdk-17-jre-headless"), ("mvn", "maven")])
def test_what_is_missing_is_told_in_one_sentence(tmp_path: Path, missing: str, package: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "cksum", "tr", "cat", "mkdir", "readlink", "java", "mvn"):
        if tool != missing:
            (tools / tool).symlink_to(shutil.which(tool) or "/bin/false")
    done = run("start", str(tmp_path / "data"), PATH=str(tools), TIDEWAITER_KAFKA_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 2
    assert f"apt-get install {package}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unknown_verb_is_told_the_usage() -> None:
    assert "usage: deploy/kafka start|stop|status|env" in run("restart").stderr
