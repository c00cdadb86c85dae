"""Small parts around the client: it either stands or leaves nothing behind, its errors in words, its partitions as parts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kafka import ConsumerRebalanceListener
from kafka import errors as kafka_errors
from kafka.net.compat import KafkaNetClient

from streams.errors import SinkAwayError
from streams.kafka_config import KafkaConfig


def connect(client: Any, config: KafkaConfig, **settings: Any) -> Any:
    """A client of the cluster, or ``SinkAwayError`` with a sentence.

    A constructor of kafka-python 3.0 that finds no broker leaves its thread and sockets behind; so the network part is held on to, and closed.
    """
    made: list[Any] = []

    def network(**given: Any) -> Any:
        made.append(KafkaNetClient(**given))
        return made[-1]

    try:
        return client(**config.client_settings(os.environ), kafka_client=network, **settings)
    except (kafka_errors.KafkaError, OSError, ValueError) as exc:
        for net in made:
            net.close()
        raise SinkAwayError(f"no connection to Kafka at {config.bootstrap}: {words(exc)}") from exc


def words(error: BaseException) -> str:
    """An error of the client as part of a sentence, without the key or value of a record."""
    text = " ".join(str(error).split())[:200]
    name = type(error).__name__
    return text if text.startswith(name) else f"{name} {text}".strip()


class Seeker(ConsumerRebalanceListener):
    """Sends newly assigned partitions to where we had read to. Called in the client's own thread."""

    def __init__(self, consumer: Any, known: Mapping[str, int]) -> None:
        self._consumer, self._known = consumer, known

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing to do: what was read stays valid, and the positions are kept."""

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Seek to the positions known."""
        for partition in assigned:
            offset = self._known.get(part_of(partition))
            if offset is not None:
                self._consumer.seek(partition, offset)


def part_of(partition: Any) -> str:
    """``topic/partition``."""
    return f"{partition.topic}/{partition.partition}"
