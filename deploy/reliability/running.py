"""A live program under test: the real command in a process of its own, over a real broker; and what is on the topics afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.kafka_config import KafkaConfig, TopicSpec
from streams.kafka_sink import create_topics

ROOT = Path(__file__).resolve().parents[2]
POLL_S = 0.05
PATIENCE_S = 1200.0
"""Whoever begins compiles for minutes, and longer where others work on the machine."""


class Broker:
    """Apache Kafka by ``deploy/kafka``, with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bootstrap = self._do("start")

    def _do(self, verb: str) -> str:
        environment = {**os.environ, "TIDEWAITER_PYTHON": sys.executable}
        done = subprocess.run(
            [str(ROOT / "deploy" / "kafka"), verb, str(self._folder)],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        return done.stdout.strip()

    def start(self) -> None:
        """Start again, on the same address."""
        self.bootstrap = self._do("start")

    def stop(self) -> None:
        """Stop; data stays."""
        self._do("stop")

    def kill(self) -> None:
        """Die like a machine without power."""
        os.kill(int((self._folder / "pid").read_text()), signal.SIGKILL)
        self._do("stop")

    def topic(self, name: str, partitions: int = 1) -> str:
        """A new topic under a name nobody used."""
        topic = unique(name)
        create_topics(KafkaConfig(bootstrap=self.bootstrap), [TopicSpec(topic, partitions)])
        return topic

    def produce(self, topic: str, values: Iterable[bytes]) -> int:
        """Write values to partition 0 of a topic; how many."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap, linger_ms=20, batch_size=1 << 18)
        count = 0
        for value in values:
            producer.send(topic, value=value, partition=0)
            count += 1
        producer.flush()
        producer.close()
        return count

    def messages(self, topic: str) -> list[Any]:
        """Everything on a topic, partition by partition."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        parts = [TopicPartition(topic, part) for part in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        found: list[Any] = []
        while any(consumer.position(part) < ends[part] for part in parts):
            for records in consumer.poll(timeout_ms=500).values():
                found.extend(records)
        consumer.close()
        return found


class Program:
    """``tidewaiter watch`` as a process; its log is kept as values."""

    def __init__(self, folder: Path, settings: str, arguments: Sequence[str] = ()) -> None:
        self.folder, self.store = folder, folder / "store.duckdb"
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "settings.toml"
        self._config.write_text(settings)
        self._arguments = list(arguments)
        self.log: list[dict[str, Any]] = []
        self.other_lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self, **environment: str) -> None:
        """Start the process."""
        command = [
            sys.executable,
            "-m",
            "tracker",
            "watch",
            "--db",
            str(self.store),
            "--config",
            str(self._config),
            *self._arguments,
        ]
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                try:
                    self.log.append(json.loads(line))
                except ValueError:
                    self.other_lines.append(line)

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def said(self, event: str) -> int:
        """How often an event stands in the log."""
        return sum(line.get("event") == event for line in self.log)

    def wait_for(self, event: str, times: int = 1, timeout_s: float = PATIENCE_S) -> None:
        """Until an event was logged so many times."""
        until = time.monotonic() + timeout_s
        while self.said(event) < times:
            if not self.is_running or time.monotonic() > until:
                raise RuntimeError(f"{event} was not logged; {self.log[-3:]} {self.other_lines[-8:]}")
            time.sleep(POLL_S)

    def wait_for_idle(self, timeout_s: float = PATIENCE_S, *, position: str | None = None) -> None:
        """Until it has said, since it went live last, that nothing comes any more and everything is done.

        With ``position`` only once the one line of its one source is there: a broker that gives nothing for a while looks like one
        that has nothing, and the program says so again after whatever comes then.
        """
        until = time.monotonic() + timeout_s
        while True:
            events = [line.get("event") for line in self.log]
            if "live" in events:
                since_live = self.log[len(events) - events[::-1].index("live") :]
                rests = [line["positions"] for line in since_live if line.get("event") == "idle"]
                offsets = [place.partition("@")[0] for place in rests[-1].values()] if rests else []
                if rests and position in (None, *offsets):
                    return
            if not self.is_running or time.monotonic() > until:
                raise RuntimeError(f"it did not come to rest; {self.log[-3:]} {self.other_lines[-8:]}")
            time.sleep(POLL_S)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        if self._reader is not None:
            self._reader.join(5)

    def stop(self, timeout_s: float = 30.0) -> float:
        """SIGTERM; seconds until it was gone."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.terminate()
        code = self._process.wait(timeout_s)
        if code != 0:
            raise RuntimeError(f"exit code {code}: {self.other_lines[-10:]}")
        if self._reader is not None:
            self._reader.join(5)
        return time.monotonic() - begun

    def committed(self) -> dict[str, Any] | None:
        """How far the store is; only while the program does not run."""
        with duckdb.connect(str(self.store), read_only=True) as connection:
            found = connection.execute("SELECT content FROM watch_state WHERE name = 'committed'").fetchall()
        return json.loads(found[0][0]) if found else None


def topics_of(name: str) -> dict[str, str]:
    """Topics of a program's own, by their names in the settings."""
    return {key: f"{name}-{key}" for key in ("alerts", "state", "dead_letters", "flags", "papers", "orders")}


def kafka_section(bootstrap: str, name: str) -> str:
    """Section ``[kafka]`` of the settings: a group and topics of its own."""
    given = {"bootstrap": bootstrap, "group": name, **topics_of(name)}
    return "\n".join(["[kafka]", *(f'{key} = "{value}"' for key, value in given.items())])


def unique(name: str) -> str:
    """A topic name nobody used."""
    return f"{name}-{uuid.uuid4().hex[:10]}"


def latest_messages(records: Iterable[Any]) -> dict[str, bytes]:
    """Values by ``ce_id``. Raises where one id says two things."""
    found: dict[str, bytes] = {}
    for record in records:
        headers = dict(record.headers)
        key = headers["ce_id"].decode()
        if found.setdefault(key, record.value) != record.value:
            raise AssertionError(f"{key} says two things")
    return found
