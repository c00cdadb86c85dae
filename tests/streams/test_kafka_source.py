"""Topics as sources against a real broker: any cut gives the same bytes, and nothing is lost by whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from streams.kafka_config import KafkaConfig, OutRecord
from streams.kafka_sink import KafkaSink
from streams.kafka_source import KafkaRecords, KafkaSource
from streams.source import Chunk
from streams.time import SystemClock
from tests.kafka_broker import Broker
from tests.waiting import PATIENCE_S, eventually, for_a_while

pytestmark = pytest.mark.filterwarnings(r"ignore:unclosed <socket\.socket .*laddr=\('0\.0\.0\.0:ResourceWarning")
ROOT = Path(__file__).resolve().parents[2]
NOON_MS = 1_700_000_000_000


@pytest.fixture
def opened() -> Iterator[Callable[..., KafkaSource]]:
    """Sources that are closed when the test ends."""
    sources: list[KafkaSource] = []

    def open_source(
        config: KafkaConfig, *topics: str, name: str = "raw", positions: dict[str, str] | None = None, **options: object
    ) -> KafkaSource:
        own_group = replace(config, group=topics[0])
        sources.append(KafkaSource(name, topics, own_group, SystemClock(), **options))
        sources[-1].start(positions or {})
        return sources[-1]

    yield open_source
    for source in sources:
        source.close()


def produce(
    broker: Broker, topic: str, values: list[bytes], step_ms: int = 10, partition: int = 0, from_ms: int = NOON_MS
) -> None:
    """Records with timestamps of their own."""
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for number, value in enumerate(values):
        producer.send(topic, value=value, partition=partition, timestamp_ms=from_ms + number * step_ms)
    producer.flush(30)
    producer.close(5)


def read_lines(source: KafkaSource, lines: int) -> list[Chunk]:
    """Chunks until so many lines have come."""
    chunks: list[Chunk] = []

    def enough() -> bool:
        chunk = source.read(0.5)
        if chunk is not None:
            chunks.append(chunk)
        return sum(chunk.data.count(b"\n") for chunk in chunks) >= lines

    if lines:
        eventually(enough, lambda: (len(chunks), source.health))
    return chunks


def stream(chunks: list[Chunk]) -> list[tuple[str, int, bytes]]:
    """Part, receive time and bytes, pieces of one window joined."""
    ordered = sorted(chunks, key=lambda chunk: chunk.part)  # stable: the order within a part stays
    return [
        (part, received_us, b"".join(chunk.data for chunk in pieces))
        for (part, received_us), pieces in groupby(ordered, key=lambda chunk: (chunk.part, chunk.received_us))
    ]


def test_whatever_the_poll_cuts_the_same_bytes_have_the_same_receive_time(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    topic = kafka.topic(partitions=2)
    for partition in range(2):
        produce(kafka, topic, [b"%d line %d" % (partition, i) for i in range(400)], step_ms=7, partition=partition)
    streams = []
    for records in (1, 7, 2000):
        source = opened(kafka.config(), topic, name=f"cut{records}", max_poll_records=records)
        streams.append(stream(read_lines(source, 800)))
        source.close()
    assert streams[0] == streams[1] == streams[2]
    assert len(streams[0]) == 2 * 28  # 399 steps of 7 ms are 28 windows of 100 ms in each part
    assert all(received_us % 100_000 == 0 for _, received_us, _ in streams[0])
    assert streams[0][0] == (
        f"{topic}/0", NOON_MS * 1000, b"".join(b"0 line %d\n" % i for i in range(15)),
    )  # fmt: skip


def test_text_gets_its_newline_and_beast_is_left_as_it_is(kafka: Broker, opened: Callable[..., KafkaSource]) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"a", b"b\n", b"", b"\x1a2frame", b"c\r\n", b"d\ne"], step_ms=0)
    assert b"".join(c.data for c in read_lines(opened(kafka.config(), topic), 5)) == b"a\nb\n\x1a2framec\r\nd\ne\n"


def test_given_positions_win_over_the_group_and_the_group_over_start_at(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"%d" % i for i in range(10)], step_ms=100)
    first = opened(kafka.config(), topic)
    chunks = read_lines(first, 10)
    assert [chunk.position.partition("@")[0] for chunk in chunks] == [str(i + 1) for i in range(10)]
    first.acknowledge({chunks[5].part: chunks[5].position})
    first.close()
    second = opened(kafka.config(), topic, start_at="latest")
    assert read_lines(second, 4)[0].data == b"6\n"
    second.close()
    third = opened(kafka.config(), topic, positions={f"{topic}/0": "2"})
    assert read_lines(third, 8)[0].data == b"2\n"


def test_latest_begins_with_what_comes_afterwards(kafka: Broker, opened: Callable[..., KafkaSource]) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"old"])
    source = opened(kafka.config(), topic, start_at="latest")
    eventually(lambda: source.health.state == "connected")
    assert source.read(0.5) is None
    produce(kafka, topic, [b"new"])
    assert read_lines(source, 1)[0].data == b"new\n"


def test_a_topic_that_does_not_exist_yet_is_said_and_waited_for(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    name = kafka.topic() + "-later"
    source = opened(kafka.config(), name)
    eventually(lambda: f"no topic {name}" in source.health.last_error)
    assert source.health.state == "waiting"
    from streams.kafka_config import TopicSpec
    from streams.kafka_sink import create_topics

    create_topics(kafka.config(), [TopicSpec(name)])
    produce(kafka, name, [b"at last"])
    assert read_lines(source, 1)[0].data == b"at last\n"


@pytest.mark.slow
def test_a_broker_stopped_and_started_again_loses_nothing(kafka: Broker, opened: Callable[..., KafkaSource]) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"%d" % i for i in range(50)])
    source = opened(kafka.config(request_timeout_s=10.0), topic)
    chunks = read_lines(source, 50)
    kafka.stop()
    eventually(lambda: source.health.state == "waiting")
    assert "does not answer" in source.health.last_error
    assert source.read(0.2) is None
    kafka.start()
    produce(kafka, topic, [b"%d" % i for i in range(50, 100)], from_ms=NOON_MS + 60_000)
    chunks += read_lines(source, 50)
    assert b"".join(c.data for c in chunks) == b"".join(b"%d\n" % i for i in range(100))
    health = source.health
    assert (health.state, health.dropped) == ("connected", 0)
    assert health.connects >= 2, "once more for each request that a busy machine did not answer in time"


@pytest.mark.slow
def test_a_broker_that_is_away_at_the_start_is_waited_for(kafka: Broker, opened: Callable[..., KafkaSource]) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"kept"])
    kafka.stop()
    source = opened(kafka.config(request_timeout_s=10.0), topic)
    eventually(lambda: "no connection" in source.health.last_error)
    kafka.start()
    assert read_lines(source, 1)[0].data == b"kept\n"


def test_records_deleted_before_they_were_read_are_counted_and_said(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    from kafka import KafkaAdminClient, TopicPartition

    topic = kafka.topic()
    produce(kafka, topic, [b"%d" % i for i in range(20)])
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(topic, 0): 12})
    admin.close()
    read_lines(first := opened(kafka.config(), topic), 8)
    first.acknowledge({f"{topic}/0": "3"})  # as if the group had stopped there
    first.close()
    again = opened(kafka.config(), topic)
    assert read_lines(again, 8)
    assert again.health.dropped == 9
    again.close()
    source = opened(kafka.config(), topic, positions={f"{topic}/0": "5"})
    assert b"".join(c.data for c in read_lines(source, 8)) == b"".join(b"%d\n" % i for i in range(12, 20))
    assert source.health.dropped == 7
    assert "7 records" in source.health.last_error


def test_a_topic_made_anew_is_read_from_its_beginning(kafka: Broker, opened: Callable[..., KafkaSource]) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"new"])
    source = opened(kafka.config(), topic, positions={f"{topic}/0": "1000"})
    assert read_lines(source, 1)[0].data == b"new\n"
    assert source.health.dropped == 1
    assert "made anew" in source.health.last_error


def test_a_reader_that_is_slow_stops_the_reading_ahead_and_loses_nothing(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    topic = kafka.topic()
    values = [b"%04d" % i + b"x" * 1000 for i in range(1500)]
    produce(kafka, topic, values, step_ms=100)
    source = opened(kafka.config(), topic, queue_bytes=20_000, max_poll_records=10)
    eventually(lambda: source.health.bytes_in >= 20_000)
    for_a_while(lambda: source.health.bytes_in <= 20_000 + 10 * 1100, 1.0)
    eventually(lambda: source.health.lag == 1500)
    assert b"".join(c.data for c in read_lines(source, 1500)) == b"".join(value + b"\n" for value in values)
    eventually(lambda: source.health.lag == 0)


def test_parts_are_shared_by_two_instances_and_nothing_is_lost(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    topic = kafka.topic(partitions=4)
    for partition in range(4):
        produce(kafka, topic, [b"early"], partition=partition)
    first = opened(kafka.config(), topic)
    chunks = read_lines(first, 4)
    first.acknowledge({chunk.part: chunk.position for chunk in chunks})
    second = opened(kafka.config(instance="2"), topic)
    eventually(lambda: second.health.state == "connected")
    for partition in range(4):
        produce(kafka, topic, [b"late %d" % partition], partition=partition, from_ms=NOON_MS + 1000)
    late: list[Chunk] = []
    by_second = 0

    def all_came() -> bool:
        nonlocal by_second
        for source in (first, second):
            chunk = source.read(0.2)
            if chunk is not None:
                late.append(chunk)
                by_second += source is second
        return len({chunk.data for chunk in late if chunk.data.startswith(b"late")}) == 4

    eventually(all_came)
    assert by_second
    assert {first.health.state, second.health.state} == {"connected"}


def test_a_second_program_of_the_same_instance_stops_the_first(
    kafka: Broker, opened: Callable[..., KafkaSource]
) -> None:
    topic = kafka.topic()
    produce(kafka, topic, [b"x"])
    first = opened(kafka.config(), topic)
    (chunk,) = read_lines(first, 1)
    first.acknowledge({chunk.part: chunk.position})
    second = opened(kafka.config(), topic)
    eventually(lambda: first.health.state == "closed")
    assert "own instance" in first.health.last_error
    produce(kafka, topic, [b"y"])
    assert read_lines(second, 1)


def test_whom_the_group_gave_nothing_asks_again(kafka: Broker, opened: Callable[..., KafkaSource]) -> None:
    """A program killed while the group formed leaves its instance with no partition, and the broker gives a static member the same again."""
    from kafka import KafkaConsumer
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

    class GivesNothing(RangePartitionAssignor):  # type: ignore[misc]
        @classmethod
        def assign(cls, cluster, members):
            return RangePartitionAssignor.assign(NoTopics(), members)

    class NoTopics:
        def partitions_for_topic(self, topic: str) -> set[int]:
            return set()

    topic = kafka.topic()
    produce(kafka, topic, [b"x"])
    config = replace(kafka.config(), group=topic)
    killed = KafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, group_id=f"{config.group}.raw", group_instance_id=config.instance,
        enable_auto_commit=False, session_timeout_ms=30_000,
        partition_assignment_strategy=(GivesNothing, RoundRobinPartitionAssignor),
    )  # fmt: skip
    eventually(lambda: killed.poll(timeout_ms=100) == {} and killed._coordinator.generation_if_stable() is not None)
    assert killed.assignment() == set()
    killed.close()  # a static member does not leave by closing
    source = opened(kafka.config(), topic)
    (chunk,) = read_lines(source, 1)
    assert chunk.data == b"x\n"
    assert "new distribution" in source.health.last_error


def test_a_position_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'-1' is no position of t/0"):
        KafkaSource("raw", ["t"], KafkaConfig(), SystemClock()).start({"t/0": "-1"})
    with pytest.raises(ValueError, match="neither earliest nor latest"):
        KafkaSource("raw", ["t"], KafkaConfig(), SystemClock(), start_at="now")


def test_records_come_whole_with_headers_and_tombstones(kafka: Broker) -> None:
    topic = kafka.topic()
    sink = KafkaSink(kafka.config())
    sent = [OutRecord(topic, b"k", b'{"a":1}', (("h", b"x"),)), OutRecord(topic, b"k", None)]
    sink.send(sent)
    sink.close()
    records = KafkaRecords("orders", [topic], kafka.config(group=topic), SystemClock())
    records.start({})
    found = []
    while len(found) < 2:
        record = records.read(PATIENCE_S)
        assert record is not None
        found.append(record)
    records.close()
    assert [(r.topic, r.key, r.value, r.headers) for r in found] == [(r.topic, r.key, r.value, r.headers) for r in sent]
    assert [(r.part, r.position.partition("@")[0]) for r in found] == [(f"{topic}/0", "1"), (f"{topic}/0", "2")]
    assert found[0].timestamp_us > NOON_MS * 1000


READER = """
import sys
import time
from pathlib import Path
import streams._kafka_follower
from streams.kafka_config import KafkaConfig
from streams.kafka_source import KafkaSource
from streams.time import SystemClock

streams._kafka_follower._SESSION_MS = 290_000  # longer than the test's patience: nobody waits for a dead member's end
bootstrap, topic, out = sys.argv[1:]
done = Path(out)
lines = done.read_bytes().decode().splitlines() if done.exists() else []
source = KafkaSource("killed", [topic], KafkaConfig(bootstrap, group=topic), SystemClock(), max_poll_records=5)
source.start({f"{topic}/0": lines[-1].split()[0]} if lines else {})
with done.open("ab", buffering=0) as file:
    written = 0
    while written < 40:  # a reader that nobody kills in time does not come to the end
        chunk = source.read(1.0)
        if chunk is not None:
            file.write(f"{chunk.position} {chunk.data.hex()}\\n".encode())  # one write: position and result together
            written += 1
            time.sleep(0.005)  # not a wait: so that it is killed in the middle
time.sleep(1e6)  # not a wait: for its end
"""


def test_a_reader_killed_again_and_again_goes_on_where_it_was(kafka: Broker, tmp_path: Path) -> None:
    topic, out = kafka.topic(), tmp_path / "out"
    values = [b"%d" % i for i in range(2000)]
    produce(kafka, topic, values, step_ms=50)
    sizes = [0]
    for _ in range(4):
        reader = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", READER, kafka.bootstrap, topic, str(out)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        eventually(lambda: out.exists() and out.stat().st_size > sizes[-1])
        os.kill(reader.pid, signal.SIGKILL)
        reader.wait()
        sizes.append(out.stat().st_size)
    assert sizes == sorted(set(sizes))
    source = KafkaSource("killed", [topic], kafka.config(group=topic), SystemClock())
    read = [line.split() for line in out.read_text().splitlines()]
    source.start({f"{topic}/0": read[-1][0]})
    before = b"".join(bytes.fromhex(data) for _, data in read)
    assert before.count(b"\n") < 2000, "the reader was not killed in the middle"
    after = read_lines(source, 2000 - before.count(b"\n"))
    source.close()
    assert before + b"".join(chunk.data for chunk in after) == b"".join(value + b"\n" for value in values)
