"""Heads of the audit in a topic of a real broker: an anchor that this machine cannot take back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord
from streams.kafka_sink import KafkaSink
from tests.kafka_broker import Broker
from tests.kafka_reading import all_records
from tests.tracker.room.alerts.rooms import KEY
from tests.tracker.room.audit.test_commands import run
from tests.tracker.room.conftest import StandingClock
from tests.waiting import eventually
from tracker.commands.room import heads_sink
from tracker.config.room import RoomConfig
from tracker.config.watch import BrokerConfig
from tracker.errors import SettingError
from tracker.room.assembling import assemble
from tracker.room.audit.audit_tables import AUDIT_ENTRIES, AUDIT_HEADS, AUDIT_TIP
from tracker.room.audit.log import AuditLog
from tracker.room.audit.publishing import HeadsSink, HeadsTopic
from tracker.room.audited import Act
from tracker.room.rights import NOBODY
from tracker.room.shell.logs import NoLog
from tracker.room.store.opening import RoomStore


class Away:
    """A cluster that is away, refuses, or takes."""

    def __init__(self) -> None:
        self.fault: Exception | None = SinkAwayError("nobody answers at broker.example:9092")
        self.got: list[OutRecord] = []

    def send(self, records: Sequence[OutRecord]) -> None:
        self.got += records
        if self.fault is not None:
            raise self.fault

    def close(self) -> None:
        pass


def signed(store: RoomStore, audit: AuditLog, heads: int) -> None:
    for _ in range(heads):
        with store.write() as connection:
            audit.sign_head(connection)


def test_what_was_signed_while_the_cluster_was_away_comes_later_in_order_and_once(
    any_store: RoomStore, clock: StandingClock
) -> None:
    audit, sink = AuditLog(clock, KEY), Away()
    topic = HeadsTopic(any_store, HeadsSink("heads", sink), clock, NoLog())
    signed(any_store, audit, 3)
    assert not topic.send_waiting()
    clock.pass_s(60)
    assert not topic.send_waiting()
    state = topic.state()
    assert (state.sent, state.waiting, state.why) == (None, 3, "nobody answers at broker.example:9092")
    assert state.failing_since_us == clock() - 60_000_000
    sink.fault = RecordRefusedError(((0, "too large"),))
    assert not topic.send_waiting()
    sink.fault, sink.got = None, []
    assert topic.send_waiting()
    assert (topic.state().sent, topic.state().waiting, topic.state().why) == (3, 0, None)
    again = HeadsTopic(any_store, HeadsSink("heads", sink), clock, NoLog())
    signed(any_store, audit, 1)
    assert again.send_waiting() and again.send_waiting()
    assert [json.loads(record.value)["sequence"] for record in sink.got] == [1, 2, 3, 4]
    other = HeadsTopic(any_store, HeadsSink("others", sink), clock, NoLog())
    assert other.state().waiting == 4, "a new topic gets all"


def test_a_topic_of_heads_is_an_anchor_and_finds_a_tail_that_was_cut_off(kafka: Broker, tmp_path: Path) -> None:
    name = kafka.topic()
    data = tmp_path / "room"
    room = assemble(str(data), RoomConfig(), data, heads=HeadsSink(name, KafkaSink(kafka.config())))
    room.desk.start()  # signs the first head by itself
    for _ in range(3):
        with room.parts.store.write() as connection:
            room.parts.audit.write(connection, NOBODY, Act.ROOM_BEGUN)
        room.desk.sign_head()
    assert room.desk.heads_topic is not None
    eventually(lambda: room.desk.heads_topic.state().sent and not room.desk.heads_topic.state().waiting)
    room.desk.close()
    anchors = tmp_path / "topic.jsonl"
    anchors.write_bytes(b"".join(record.value + b"\n" for record in all_records(kafka, name)))
    held = run("verify", "--data", data, "--anchors", anchors, "--json")
    assert json.loads(held.stdout)["holds"] and json.loads(held.stdout)["anchors_held"] >= 3

    (data / "anchors.jsonl").unlink()
    with room.parts.store.write() as connection:
        for table in (AUDIT_ENTRIES, AUDIT_HEADS):
            connection.execute(delete(table).where(table.c.sequence > 3))
        left = [row.hash for row in connection.execute(AUDIT_ENTRIES.select().order_by(AUDIT_ENTRIES.c.sequence))]
        connection.execute(AUDIT_TIP.update().values(sequence=3, hash=left[-1]))
    room.parts.store.close()
    assert run("verify", "--data", data).exit_code == 0, "by itself the chain does not show it"
    found = run("verify", "--data", data, "--anchors", anchors)
    assert found.exit_code == 1 and "cut off" in found.stdout


def test_the_route_says_where_heads_went(any_room: Any) -> None:
    administrator = any_room.administrator()
    auditor = any_room.person(administrator, "audrey", "auditor")
    told = auditor.get("/api/v1/audit/heads")
    assert told.status_code == 200 and told.json()["topic"] is None
    assert administrator.get("/api/v1/audit/heads").status_code == 403


def test_a_topic_needs_brokers_and_a_name_that_a_topic_can_have() -> None:
    with pytest.raises(SettingError, match="needs brokers"):
        heads_sink(RoomConfig(heads_topic="heads"), BrokerConfig())
    made = heads_sink(RoomConfig(heads_topic="heads"), BrokerConfig(bootstrap="127.0.0.1:1"))
    assert made.topic == "heads"
    made.sink.close()
    with pytest.raises(ValueError, match="heads_topic"):
        RoomConfig(heads_topic="heads of the audit")
