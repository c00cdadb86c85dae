"""Reading a topic to its end with a plain consumer: the other client that ours is compared with."""

from __future__ import annotations

from kafka import KafkaConsumer, TopicPartition

from streams.kafka_config import InRecord
from tests.kafka_broker import Broker


def all_records(broker: Broker, topic: str) -> list[InRecord]:
    """Every record that the topic has now, partition by partition."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    found: list[InRecord] = []
    try:
        parts = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(parts)
        ends = consumer.end_offsets(parts)
        consumer.seek_to_beginning(*parts)
        while any(consumer.position(part) < ends[part] for part in parts):
            for records in consumer.poll(timeout_ms=200).values():
                found += [
                    InRecord(r.topic, r.partition, r.offset, r.timestamp * 1000, r.key, r.value, tuple(r.headers))
                    for r in records
                ]
    finally:
        consumer.close()
    return sorted(found, key=lambda record: (record.partition, record.offset))
