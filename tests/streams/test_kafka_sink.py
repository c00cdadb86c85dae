"""The sink against a real broker: acknowledged or told why not."""

from __future__ import annotations

import threading

import pytest

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord, TopicSpec
from streams.kafka_sink import KafkaSink, create_topics
from tests.kafka_broker import Broker
from tests.kafka_reading import all_records
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.filterwarnings(r"ignore:unclosed <socket\.socket .*laddr=\('0\.0\.0\.0:ResourceWarning")


def test_what_was_sent_is_there_in_order_with_key_and_headers(kafka: Broker) -> None:
    topic = kafka.topic()
    sink = KafkaSink(kafka.config())
    records = [OutRecord(topic, b"k%d" % (i % 3), b"v%d" % i, (("h", b"%d" % i),)) for i in range(500)]
    sink.send(records)
    assert (sink.state, sink.sent, sink.last_error) == ("connected", 500, "")
    sink.close()
    assert sink.state == "closed"
    found = all_records(kafka, topic)
    assert [(r.key, r.value, r.headers) for r in found] == [(r.key, r.value, r.headers) for r in records]


def test_a_tombstone_is_sent_as_a_record_without_value(kafka: Broker) -> None:
    topic = kafka.topic(cleanup_policy="compact")
    sink = KafkaSink(kafka.config())
    sink.send([OutRecord(topic, b"a", b"1"), OutRecord(topic, b"a", None)])
    sink.close()
    assert [r.value for r in all_records(kafka, topic)] == [b"1", None]


def test_records_too_large_are_told_apart_and_all_others_delivered(kafka: Broker) -> None:
    small = kafka.topic(max_message_bytes="2000")
    sink = KafkaSink(kafka.config())
    records = [OutRecord(small, b"k", b"1"), OutRecord(small, b"k", b"x" * 50_000), OutRecord(small, b"k", b"2")]
    with pytest.raises(RecordRefusedError, match=f"50000 bytes is too large for {small}") as caught:
        sink.send(records)
    assert [index for index, _ in caught.value.refused] == [1]
    with pytest.raises(RecordRefusedError) as caught:  # beyond the client's own limit
        sink.send([OutRecord(small, b"k", b"x" * 2_000_000), OutRecord(small, b"k", b"3")])
    assert [index for index, _ in caught.value.refused] == [0]
    sink.send([OutRecord(small, b"k", b"4")])
    sink.close()
    values = [r.value for r in all_records(kafka, small)]
    assert list(dict.fromkeys(values)) == [b"1", b"2", b"3", b"4"]
    assert values[-1] == b"4"


def test_a_record_without_key_is_refused_by_a_compacted_topic_and_hurts_no_other(kafka: Broker) -> None:
    topic = kafka.topic(cleanup_policy="compact")
    sink = KafkaSink(kafka.config())
    with pytest.raises(RecordRefusedError) as caught:
        sink.send([OutRecord(topic, None, b"bad"), OutRecord(topic, b"k", b"good"), OutRecord(topic, b"k", b"better")])
    assert [index for index, _ in caught.value.refused] == [0]
    sink.close()
    assert [r.value for r in all_records(kafka, topic)][-1] == b"better"


@pytest.mark.slow
def test_a_broker_that_is_away_is_an_error_and_its_return_is_not(kafka: Broker) -> None:
    topic = kafka.topic()
    sink = KafkaSink(kafka.config(send_timeout_s=3.0, request_timeout_s=2.0))
    eventually(lambda: was_sent(sink, [OutRecord(topic, b"k", b"1")]))
    kafka.kill()
    for _ in range(2):  # with the connection it had, and with a new one
        with pytest.raises(SinkAwayError):
            sink.send([OutRecord(topic, b"k", b"2"), OutRecord(topic, b"k", b"3")])
        assert sink.state == "waiting"
        assert sink.last_error
    kafka.start()
    eventually(lambda: was_sent(sink, [OutRecord(topic, b"k", b"2"), OutRecord(topic, b"k", b"3")]))
    assert sink.state == "connected"
    sink.close()
    assert list(dict.fromkeys(r.value for r in all_records(kafka, topic))) == [b"1", b"2", b"3"]


def was_sent(sink: KafkaSink, records: list[OutRecord]) -> bool:
    try:
        sink.send(records)
    except SinkAwayError:  # three seconds may be too few for a busy machine
        return False
    return True


def test_closing_ends_a_call_that_waits(kafka: Broker) -> None:
    topic = kafka.topic()
    sink = KafkaSink(kafka.config(send_timeout_s=300.0, request_timeout_s=5.0))
    sink.send([OutRecord(topic, b"k", b"1")])
    kafka.kill()
    errors: list[Exception] = []

    def send() -> None:
        try:
            sink.send([OutRecord(topic, b"k", b"2")])
        except SinkAwayError as exc:
            errors.append(exc)

    thread = threading.Thread(target=send)
    thread.start()
    sink.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert len(errors) == 1
    with pytest.raises(SinkAwayError, match="closed"):
        sink.send([])


def test_a_topic_that_does_not_exist_is_named(kafka: Broker) -> None:
    sink = KafkaSink(kafka.config(request_timeout_s=5.0))
    with pytest.raises(SinkAwayError, match="test-nowhere"):
        sink.send([OutRecord("test-nowhere", b"k", b"v")])
    sink.close()


def test_missing_topics_are_created_once_and_as_wanted(kafka: Broker) -> None:
    from kafka import KafkaAdminClient

    name = kafka.topic() + "-new"
    specs = [TopicSpec(name, 3, 1, {"cleanup.policy": "compact"})]
    assert create_topics(kafka.config(), specs) == [name]
    assert create_topics(kafka.config(), specs) == []
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    (topic,) = admin.describe_topics([name])
    admin.close()
    assert len(topic["partitions"]) == 3
    sink = KafkaSink(kafka.config())
    with pytest.raises(RecordRefusedError):  # compacted: a key is demanded
        sink.send([OutRecord(name, None, b"v")])
    sink.close()


def test_topics_that_cannot_be_created_are_an_error_in_a_sentence(kafka: Broker) -> None:
    with pytest.raises(SinkAwayError, match="could not be created"):
        create_topics(kafka.config(), [TopicSpec(kafka.topic() + "-x", 1, 3)])  # three copies on one broker
