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
    """Sends newly assigned partitions to where we had read to, or to the beginning of a topic that is another than then. Called in the client's own thread."""

    def __init__(self, consumer: Any, known: Mapping[str, int], ids: Mapping[str, str]) -> None:
        self._consumer, self._known, self._ids = consumer, known, ids

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing to do: what was read stays valid, and the positions are kept."""

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Seek to the positions known."""
        for partition in assigned:
            part = part_of(partition)
            offset = self._known.get(part)
            if offset is None:
                continue
            then, now = self._ids.get(part, ""), id_of(self._consumer, partition.topic)
            self._consumer.seek(partition, 0 if then and now and then != now else offset)


def part_of(partition: Any) -> str:
    """``topic/partition``."""
    return f"{partition.topic}/{partition.partition}"


def id_of(consumer: Any, topic: str) -> str:
    """What tells a topic from one made anew under its name (KIP-516); empty where the broker gives none, or nothing is known of the topic yet."""
    found = consumer._cluster.topic_id(topic)  # KafkaConsumer has no public call for it (3.0.12)
    return "" if found is None or not found.int else str(found.hex)
