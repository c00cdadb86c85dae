"""A real Kafka broker for tests, by ``deploy/kafka``: started, stopped, killed and started again on the same address.

Each process of pytest that needs one starts its own, so a test may stop it without disturbing another process. Measured on two
cores: 3 to 5 s from nothing to an answer with the artifacts at hand, some 350 MB resident; two processes sharing one would save that and need locks.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from streams.kafka_config import KafkaConfig, TopicSpec

SCRIPT = Path(__file__).resolve().parents[1] / "deploy" / "kafka"


class Broker:
    """One broker with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bootstrap = ""

    def start(self) -> None:
        self.bootstrap = self._run("start").strip()

    def stop(self) -> None:
        self._run("stop")

    def kill(self) -> None:
        """Die like a machine without power."""
        os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)
        self._run("stop")

    def config(self, **changes: object) -> KafkaConfig:
        return KafkaConfig(**{"bootstrap": self.bootstrap, "request_timeout_s": 30.0, **changes})

    def topic(self, partitions: int = 1, **settings: str) -> str:
        """A new topic under a name of its own; settings with underscores for dots."""
        from streams.kafka_sink import create_topics  # the client takes a moment to import, and few tests need it

        name = f"test-{uuid.uuid4().hex[:12]}"
        dotted = {key.replace("_", "."): value for key, value in settings.items()}
        create_topics(self.config(), [TopicSpec(name, partitions, 1, dotted)])
        return name

    def _run(self, verb: str) -> str:
        environment = {**os.environ, "TIDEWAITER_PYTHON": sys.executable}
        done = subprocess.run(
            [str(SCRIPT), verb, str(self.folder)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=600,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"deploy/kafka {verb}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout
