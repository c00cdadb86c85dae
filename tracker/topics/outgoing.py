"""The topics: which there are, and what each record on them looks like. The functions are pure; who sends and reads is ``streams``.

Alerts are CloudEvents 1.0 in the binary mode of its Kafka protocol binding: attributes in headers ``ce_*``, ``data`` as the value. The key is the
craft, so that one craft's alerts stay in order. ``ce_id`` is alert and revision: delivery is at least once, and a consumer drops an id it has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from streams.kafka_config import InRecord, OutRecord, TopicSpec
from tracker.alerts.alert import Alert, AlertType
from tracker.alerts.cloudevent import SOURCE, cloudevent
from tracker.cargo.flagging import FlagBook, FlagMessage
from tracker.decode.rejects import RejectCause
from tracker.printable import json_text
from tracker.topics.answers import Answer
from tracker.topics.incoming import Order, Reject, read_flag, read_order
from tracker.units import iso_time

__all__ = [
    "TOPICS",
    "FlagBook",
    "FlagMessage",
    "Order",
    "Reject",
    "Topic",
    "alert_record",
    "answer_record",
    "dead_letter",
    "dead_letter_of",
    "read_flag",
    "read_order",
    "state_record",
    "topic_specs",
]

MAX_DEAD_BYTES: Final = 900_000
"""A dead letter keeps so much of the bytes: with its headers it stays below a broker's usual limit of 1 MiB."""
MAX_HEADER_CHARS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``direction`` is as the program sees it; ``settings`` are those it is created with where it is missing."""

    setting: str
    name: str
    direction: str
    key: str
    partitions: int
    settings: Mapping[str, str]
    schema: str
    sentence: str


_DAY_MS: Final = 86_400_000


def _kept(days: int) -> Mapping[str, str]:
    return MappingProxyType({"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS)})


TOPICS: Final[Mapping[str, Topic]] = MappingProxyType(
    {
        topic.setting: topic
        for topic in (
            Topic(
                "alerts", "tidewaiter.alerts", "out", "craft", 6, _kept(30), "alert-data.schema.json",
                "Every revision of every alert, as a CloudEvent in binary mode.",
            ),
            Topic(
                "state", "tidewaiter.alerts.state", "out", "alert_id", 6,
                MappingProxyType({"cleanup.policy": "compact", "delete.retention.ms": str(7 * _DAY_MS)}), "state.schema.json",
                "The latest revision of every alert that is raised; a record without a value says that it was closed or retracted.",
            ),
            Topic(
                "answers", "tidewaiter.answers", "out", "command_id", 1, _kept(30), "answer.schema.json",
                "What became of each flag and order, and what it matched: one answer a message, as a CloudEvent in binary mode.",
            ),
            Topic(
                "dead_letters", "tidewaiter.dead-letters", "out", "origin", 1, _kept(14), "dead-letter.schema.json",
                "What could not be read, as its bytes; cause and origin stand in the headers. May hold what the papers say of people.",
            ),
            Topic(
                "flags", "tidewaiter.flags", "in", "flag_id", 1, _kept(365), "flag.schema.json",
                "The risk engine flags or clears a consignment or a party. One partition: the order of flags is their meaning.",
            ),
            Topic(
                "papers", "tidewaiter.papers", "in", "declaration", 1, _kept(30), "papers.schema.json",
                "Papers as they come: manifests as JSON, or the bytes of any file of papers with their content-type in a header of that name. One partition: a later version comes after the earlier one.",
            ),
            Topic(
                "orders", "tidewaiter.orders", "in", "order_id", 1, _kept(90), "order.schema.json",
                "The risk engine starts or stops the tracking of a craft, with who and why.",
            ),
        )
    }
)  # fmt: skip
"""Setting that names the topic -> the topic."""


def topic_specs(names: Mapping[str, str] | None = None, replication: int = 1) -> list[TopicSpec]:
    """All topics as they are created; ``names`` gives other names to some, by setting."""
    names = names or {}
    return [
        TopicSpec(names.get(topic.setting, topic.name), topic.partitions, replication, topic.settings)
        for topic in TOPICS.values()
    ]


def alert_record(alert: Alert, topic: str = TOPICS["alerts"].name, source: str = SOURCE) -> OutRecord:
    """A revision of an alert for the topic of alerts."""
    return OutRecord(topic, alert.event.craft.encode(), _data(alert), _headers(alert, source))


def state_record(alert: Alert, topic: str = TOPICS["state"].name, source: str = SOURCE) -> OutRecord:
    """The same for the compacted topic of states; a tombstone once the alert is closed or retracted."""
    is_over = alert.type in (AlertType.CLOSED, AlertType.RETRACTED)
    return OutRecord(topic, alert.alert_id.encode(), None if is_over else _data(alert), _headers(alert, source))


def answer_record(answer: Answer, topic: str = TOPICS["answers"].name, source: str = SOURCE) -> OutRecord:
    """The answer to a flag or an order."""
    value = json_text(answer.to_json(), separators=(",", ":"), allow_nan=False).encode()
    subject = answer.command_id or str(answer.origin)
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": answer.answer_id,
        "ce_source": source,
        "ce_type": f"tidewaiter.answer.{answer.result}",
        "ce_subject": subject,
        "ce_time": iso_time(answer.received_us),
        "content-type": "application/json",
    }
    if answer.message.correlation_id is not None:
        attributes["correlation_id"] = answer.message.correlation_id
    return OutRecord(topic, subject.encode(), value, tuple((name, text.encode()) for name, text in attributes.items()))


def dead_letter(
    cause: RejectCause, sentence: str, value: bytes, source: str, at: int, topic: str = TOPICS["dead_letters"].name
) -> OutRecord:
    """Bytes of a source that could not be read; ``at`` is the line (from 1) of text, the byte offset of a binary feed."""
    return _dead(topic, cause, sentence, value, source, {"origin_source": source, "origin_at": str(at)})


def dead_letter_of(record: InRecord, reject: Reject, topic: str = TOPICS["dead_letters"].name) -> OutRecord:
    """A record of a topic that could not be read."""
    origin = {
        "origin_topic": record.topic,
        "origin_partition": str(record.partition),
        "origin_offset": str(record.offset),
    }
    if record.unreadable:
        origin["origin_last_offset"] = str(max(record.next_offset - 1, record.offset))
    return _dead(topic, reject.cause, reject.sentence, record.value or b"", record.part, origin)


def _dead(
    topic: str, cause: RejectCause, sentence: str, value: bytes, key: str, origin: Mapping[str, str]
) -> OutRecord:
    headers = {"cause": str(cause), "sentence": sentence, **origin}
    if len(value) > MAX_DEAD_BYTES:
        headers["cut_from_bytes"] = str(len(value))
    encoded = ((name, text[:MAX_HEADER_CHARS].encode("utf-8", "replace")) for name, text in headers.items())
    return OutRecord(topic, key.encode("utf-8", "replace"), value[:MAX_DEAD_BYTES], tuple(encoded))


def _headers(alert: Alert, source: str) -> tuple[tuple[str, bytes], ...]:
    """Attributes as the binding of CloudEvents has them: ``ce_NAME``, but ``datacontenttype`` as ``content-type``."""
    envelope = cloudevent(alert, source)
    names = ("specversion", "id", "source", "type", "subject", "time")
    return (
        *((f"ce_{name}", str(envelope[name]).encode()) for name in names),
        ("content-type", str(envelope["datacontenttype"]).encode()),
    )


def _data(alert: Alert) -> bytes:
    return json_text(alert.data(), separators=(",", ":"), allow_nan=False).encode()
