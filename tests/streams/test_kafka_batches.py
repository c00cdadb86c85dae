"""A batch that cannot be read holds up nothing behind it; a topic made anew is read from its beginning."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
import zstandard
from kafka.record import MemoryRecords
from kafka.record import default_records as library
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.structs import TopicPartition

from streams import _kafka_batches, _kafka_follower
from streams._kafka_batches import TolerantRecords, Unreadable
from streams.kafka_config import InRecord
from streams.kafka_source import KafkaRecords, KafkaSource
from streams.time import SystemClock
from tests.kafka_broker import Broker
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.filterwarnings(r"ignore:unclosed <socket\.socket .*laddr=\('0\.0\.0\.0:ResourceWarning")
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
HEADER = 61
"""Bytes of a batch before its records."""


def batch(codec: str, first: int, count: int = 3, size: int = 40) -> bytes:
    builder = MemoryRecordsBuilder(2, CODECS[codec], 1 << 20, offset=first)
    for offset in range(first, first + count):
        builder.append(1_700_000_000_000 + offset, b"k", b"value %d " % offset + b"x" * size)
    builder.close()
    return bytes(builder.buffer())


def with_checksum(raw: bytes) -> bytes:
    """A batch whose checksum is right whatever was done to it."""
    from kafka.record.util import calc_crc32c

    made = bytearray(raw)
    made[8:12] = (len(made) - 12).to_bytes(4, "big")
    made[17:21] = calc_crc32c(memoryview(made)[21:]).to_bytes(4, "big")
    return bytes(made)


def read(*batches: bytes, begin: int = 0, at_once: int = 2) -> list[Any]:
    part = TolerantRecords(begin, TopicPartition("t", 0), MemoryRecords(b"".join(batches)))
    found: list[Any] = []
    while part:
        found += part.take(at_once)
    assert part.next_fetch_offset >= begin
    found.append(part.next_fetch_offset)
    return found


def shown(found: list[Any]) -> list[Any]:
    return [
        (item.offset, item.next_offset)
        if isinstance(item, Unreadable)
        else item
        if isinstance(item, int)
        else item.offset
        for item in found
    ]


@pytest.mark.parametrize("codec", CODECS)
def test_whatever_a_producer_packed_it_in_is_read(codec: str) -> None:
    found = read(batch(codec, 0), batch(codec, 3))
    assert shown(found) == [0, 1, 2, 3, 4, 5, 6]
    assert found[4].value.startswith(b"value 4 ")


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_damaged_at_any_byte_is_set_aside_with_its_bytes_and_those_around_it_are_read(codec: str) -> None:
    whole = batch(codec, 3)
    for at in itertools.chain(range(16, HEADER), range(HEADER, len(whole), 7)):  # before 16: the frame itself
        if at == 16:
            continue  # the number of the format
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        found = read(batch(codec, 0), bytes(damaged), batch(codec, 6))
        bad = [item for item in found if isinstance(item, Unreadable)]
        assert [item.value for item in bad] == [bytes(damaged)]
        assert "checksum" in bad[0].sentence
        good = [item.offset for item in found[:-1] if not isinstance(item, Unreadable)]
        assert [offset for offset in good if offset != 6 + 3] == [0, 1, 2, 6, 7, 8]
        assert found[-1] == 9


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_what_does_not_unpack_is_set_aside_though_its_checksum_is_right(codec: str) -> None:
    whole = batch(codec, 3)
    for packed in (b"", b"\x00", whole[HEADER:-9], b"\xff" * 50, whole[HEADER : HEADER + 20]):
        found = read(batch(codec, 0), with_checksum(whole[:HEADER] + packed), batch(codec, 6))
        assert [item for item in shown(found) if not isinstance(item, tuple)] == [0, 1, 2, 6, 7, 8, 9]
        assert (3, 6) in shown(found)


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd", "snappy"])
def test_a_batch_that_unpacks_to_too_much_is_not_unpacked(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kafka_batches, "MOST_UNPACKED_BYTES", 1 << 20)
    empty = bytes(4 << 20)
    packed = {
        "gzip": gzip.compress(empty),
        "lz4": lz4.frame.compress(empty),
        "zstd": zstandard.ZstdCompressor().compress(empty),
        "snappy": b"\x80\x80\x80\x02" + b"\x00" * 50,
    }[codec]
    found = read(with_checksum(batch(codec, 0)[:HEADER] + packed), batch(codec, 3))
    assert shown(found) == [(0, 3), 3, 4, 5, 6]
    assert "more than 1 MiB" in found[0].sentence


def test_a_codec_without_its_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = batch("lz4", 0)
    monkeypatch.setattr(library.codecs, "has_lz4", lambda: False)
    found = read(packed, batch("gzip", 3))
    assert shown(found) == [(0, 3), 3, 4, 5, 6]
    assert "lz4" in found[0].sentence.lower()


def test_records_before_a_damaged_one_are_given_and_a_position_amid_a_batch_is_kept() -> None:
    whole = batch("none", 0, count=4, size=0)
    damaged = bytearray(whole)
    third = whole.index(b"value 2 ")
    damaged[third - 1] ^= 0x40  # the length of its value
    found = read(with_checksum(bytes(damaged)), batch("none", 4))
    assert shown(found)[:3] == [0, 1, (2, 4)]
    assert shown(found)[3:] == [4, 5, 6, 7]
    assert shown(read(with_checksum(bytes(damaged)), batch("none", 4), begin=1)) == [1, (2, 4), 4, 5, 6, 7]
    assert shown(read(with_checksum(bytes(damaged)), batch("none", 4), begin=3)) == [(3, 4), 4, 5, 6, 7]


def produce(kafka: Broker, topic: str, values: list[bytes], **settings: Any) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=50, **settings)
    for value in values:
        producer.send(topic, value=value, partition=0)
    producer.flush(30)
    producer.close(5)


def take(records: KafkaRecords, count: int) -> list[InRecord]:
    found: list[InRecord] = []

    def enough() -> bool:
        record = records.read(0.5)
        if record is not None:
            found.append(record)
        return len(found) >= count

    eventually(enough, lambda: (found, records.health))
    return found


def opened(kafka: Broker, topic: str, position: str = "") -> KafkaRecords:
    records = KafkaRecords("control", [topic], kafka.config(group=topic), SystemClock())
    records.start({f"{topic}/0": position} if position else {})
    return records


def test_records_of_every_codec_come_from_a_broker(kafka: Broker) -> None:
    topic = kafka.topic()
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        produce(kafka, topic, [f"{codec} {n}".encode() * 20 for n in range(3)], compression_type=codec)
    records = opened(kafka, topic)
    found = take(records, 15)
    records.close()
    assert [record.value[:6] for record in found if record.value][::3] == [
        b"None 0",
        b"gzip 0",
        b"snappy",
        b"lz4 0l",
        b"zstd 0",
    ]
    assert not any(record.unreadable for record in found)


def test_a_batch_damaged_on_the_brokers_disk_is_one_record_that_says_so(kafka: Broker) -> None:
    topic = kafka.topic()
    for name in (b"first", b"broken", b"last"):
        produce(kafka, topic, [name * 10])
    kafka.stop()
    (log,) = Path(kafka.folder).rglob(f"{topic}-0/00000000000000000000.log")
    log.write_bytes(log.read_bytes().replace(b"broken", b"brOken"))
    kafka.start()
    records = opened(kafka, topic)
    found = take(records, 3)
    assert [bool(record.unreadable) for record in found] == [False, True, False]
    assert (found[1].offset, found[1].following) == (1, 2)
    assert b"brOken" in (found[1].value or b"")
    assert "checksum" in records.health.last_error
    assert records.health.dropped == 1
    records.close()
    raw = KafkaSource("raw", [topic], kafka.config(group=f"{topic}.raw"), SystemClock())
    raw.start({})
    lines: list[bytes] = []

    def both() -> bool:
        chunk = raw.read(0.5)
        if chunk is not None:
            lines.append(chunk.data)
        return b"last" in b"".join(lines)

    eventually(both, lambda: raw.health)
    (aside,) = raw.unreadable()
    assert (aside.topic, aside.partition, aside.offset) == (topic, 0, 1)
    assert raw.unreadable() == []
    raw.close()


def made_anew(kafka: Broker, topic: str) -> None:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_topics([topic])
    eventually(lambda: topic not in admin.list_topics())
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    admin.wait_for_topics([topic], timeout_ms=int(PATIENCE_S * 1000))
    admin.close()


@pytest.mark.parametrize("is_away", [True, False])
def test_a_topic_made_anew_is_read_from_its_beginning_however_far_it_has_grown(kafka: Broker, is_away: bool) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"old %d" % n for n in range(3)])
    records = opened(kafka, topic)
    position = take(records, 3)[-1].position
    assert position.startswith("3@")
    records.acknowledge({f"{topic}/0": position})
    if is_away:
        records.close()
    made_anew(kafka, topic)
    produce(kafka, topic, [b"new %d" % n for n in range(6)])
    if is_away:
        records = opened(kafka, topic, position)
    found: list[InRecord] = []

    def all_came() -> bool:
        record = records.read(0.5)
        if record is not None:
            found.append(record)
        return {item.value for item in found} == {b"new %d" % n for n in range(6)}

    eventually(all_came, lambda: (found, records.health))
    assert "made anew" in records.health.last_error
    assert found[-1].position.startswith("6@")
    assert found[-1].position.partition("@")[2] != position.partition("@")[2]
    if is_away:
        assert len(found) == 6
    records.acknowledge({f"{topic}/0": position})  # of the topic before: not to be told to the group
    assert records._acknowledged == {}
    records.close()


def test_a_distribution_that_was_broken_off_is_asked_for_anew(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """kafka-python 3.0.12 marks its partitions as about to be taken away, and where a poll ends before the answer is there they stay so."""
    consumers: list[Any] = []
    follow = _kafka_follower.Follower._follow

    def followed(self: Any, consumer: Any) -> None:
        consumers.append(consumer)
        follow(self, consumer)

    monkeypatch.setattr(_kafka_follower.Follower, "_follow", followed)
    topic = kafka.topic()
    produce(kafka, topic, [b"before"])
    records = opened(kafka, topic)
    take(records, 1)
    subscription = consumers[0]._subscription
    subscription.mark_pending_revocation(subscription.assigned_partitions())
    produce(kafka, topic, [b"after"])
    assert take(records, 1)[0].value == b"after"
    records.close()


def test_positions_of_before_topics_had_ids_are_taken(kafka: Broker, tmp_path: Path) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"a", b"b", b"c"])
    records = opened(kafka, topic, "2")
    assert take(records, 1)[0].value == b"c"
    records.close()
