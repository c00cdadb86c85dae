"""A message to a topic and the answer to it from another, for a command of a person: bounded in time, and nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from streams._kafka import connect, words
from streams.errors import SinkAwayError
from streams.kafka_config import KafkaConfig, OutRecord
from streams.kafka_sink import KafkaSink
from streams.time import US_PER_S, MonotonicClock

_POLL_MS: Final = 200


def ask_over_topics(
    config: KafkaConfig, message: OutRecord, answers: str, correlation_id: str, wait_s: float
) -> Mapping[str, Any] | None:
    """Send a message, and wait for the answer with its ``correlation_id``; None where none came within ``wait_s``: the message is there all the same.

    Raises ``SinkAwayError`` where the message could not be sent.
    """
    consumer = connect(
        KafkaConsumer, config, enable_auto_commit=False, allow_auto_create_topics=False, metrics_enabled=False
    )
    try:
        partitions = [
            TopicPartition(answers, number) for number in sorted(consumer.partitions_for_topic(answers) or ())
        ]
        if partitions:
            consumer.assign(partitions)
            for partition, end in consumer.end_offsets(partitions).items():
                consumer.seek(partition, end)  # before the message is sent: its answer cannot be missed
        sink = KafkaSink(config)
        try:
            sink.send([message])
        finally:
            sink.close()
        clock = MonotonicClock()
        until_us = clock.now_us() + int(wait_s * US_PER_S)
        while partitions and clock.now_us() < until_us:
            for records in consumer.poll(timeout_ms=_POLL_MS).values():
                for record in records:
                    if (
                        b := dict(record.headers or ()).get("correlation_id")
                    ) is not None and b == correlation_id.encode():
                        found: Mapping[str, Any] = json.loads(record.value)
                        return found
        return None
    except kafka_errors.KafkaError as exc:
        raise SinkAwayError(f"Kafka at {config.bootstrap} does not answer: {words(exc)}") from exc
    finally:
        consumer.close(autocommit=False)
