"""What is really sent and read, against the published schemas and AsyncAPI; the examples of docs/topics.md run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from streams.kafka_config import InRecord, OutRecord
from streams.kafka_sink import KafkaSink, create_topics
from tests.kafka_broker import Broker
from tests.kafka_reading import all_records
from tests.tracker.alerts.story import event
from tests.waiting import PATIENCE_S
from tracker.alerts.alert import Alert, AlertType, PriorityTerm, alert_id
from tracker.alerts.cloudevent import to_json_line
from tracker.cargo.flagging import FlagMessage
from tracker.decode.rejects import RejectCause
from tracker.documents import topics as topic_documents
from tracker.documents.text import SCHEMA_BASE
from tracker.events import EVENT_FIELDS
from tracker.identity import parse_craft
from tracker.topics.answers import Answer, Origin, Result
from tracker.topics.incoming import MESSAGES, Order, Reject
from tracker.topics.outgoing import (
    MAX_DEAD_BYTES,
    TOPICS,
    alert_record,
    answer_record,
    dead_letter,
    dead_letter_of,
    read_flag,
    read_order,
    state_record,
    topic_specs,
)

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "docs" / "schemas").glob("*.json")
}
REGISTRY: Any = Registry().with_resources(
    [(key, Resource.from_contents(schema)) for name, schema in SCHEMAS.items() for key in (name, schema["$id"])]
)
ASYNCAPI = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "topics.md").read_text(encoding="utf-8")


def check(value: Any, schema: Any) -> None:
    """Raises where the schema (a file's name with a pointer, or a schema) forbids the value."""
    if isinstance(schema, str):
        schema = {"$ref": schema}
    jsonschema.Draft202012Validator(schema, registry=REGISTRY).validate(value)


def allows(value: Any, schema: Any) -> bool:
    try:
        check(value, schema)
    except jsonschema.ValidationError:
        return False
    return True


def alert(type_: AlertType = AlertType.RAISED, revision: int = 1) -> Alert:
    happened = event()
    return Alert(
        alert_id(happened.event_id), revision, type_, 40, (PriorityTerm("kind", 40, "Dark."),), happened, (), 0, (), 0, {}, False, None,
        "Она замолчала.", happened.known_us,
    )  # fmt: skip


FLAG = {
    "flag_id": "f1", "action": "flag", "flag": "p7", "severity": 0.8, "reason": "r", "by": "desk", "time": "2026-04-15T08:00:00Z",
    "target": {"consignment": {"document_number": "MEDU 123-456"}},
}  # fmt: skip
ORDER = {
    "order_id": "o1",
    "action": "start",
    "craft": "mmsi:219001234",
    "reason": "r",
    "by": "desk",
    "time": "2026-04-15T08:00:00Z",
}


def without(message: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in names}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_valid_and_describe_every_field(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    for item in SCHEMAS[name].get("properties", {}).values():
        assert item.get("description") or "$ref" in item, item


def test_an_event_has_the_fields_of_its_schema() -> None:
    happened = event()
    check(happened.to_json(), "event.schema.json")
    assert list(happened.to_json()) == [item.name for item in EVENT_FIELDS]
    assert not allows({**happened.to_json(), "lat": 1.0}, "event.schema.json")


def answered(**given: Any) -> Answer:
    message = read_flag(json.dumps({**FLAG, "correlation_id": "c-9"}).encode())
    assert isinstance(message, FlagMessage)
    fields: dict[str, Any] = {
        "kind": "flag", "message": message, "result": Result.IN_FORCE, "origin": Origin("tidewaiter.flags", 0, 7, "abc"),
        "received_us": 1_776_240_001_000_000, "consignments": [("m", f"c{n}", "n") for n in range(60)], "crafts": [parse_craft("mmsi:219001234")],
    } | given  # fmt: skip
    return Answer(**fields)


def test_an_answer_is_the_same_in_every_repetition_names_the_command_and_counts_all() -> None:
    found = answered().to_json()
    check(found, "answer.schema.json")
    assert found == answered().to_json()
    assert (found["command_id"], found["correlation_id"], found["origin"]["offset"]) == ("f1", "c-9", 7)
    assert (found["consignments_matched"], len(found["consignments"]), found["crafts_matched"]) == (60, 50, 1)
    assert "60 consignments" in found["sentence"]
    assert found["warnings"] == []
    other = [
        answered(origin=Origin("tidewaiter.flags", 0, 8, "abc")),
        answered(origin=Origin("tidewaiter.flags", 0, 7, "abd")),
    ]
    assert len({answered().answer_id, *(answer.answer_id for answer in other)}) == 3


def test_an_answer_tells_of_a_time_to_come_and_of_nothing_matched() -> None:
    found = answered(received_us=1_776_240_000_000_000 - 7_200_000_000, consignments=(), crafts=()).to_json()
    assert "dated 2 hours ahead" in found["warnings"][0]
    assert "matches no consignment" in found["sentence"]
    cleared = answered(result=Result.NOTHING_TO_CLEAR).to_json()
    assert "cleared before, or never put on" in cleared["sentence"]


def test_what_is_sent_is_what_schema_and_asyncapi_say(kafka: Broker) -> None:
    names = {setting: kafka.topic() for setting in ("alerts", "state", "dead_letters", "answers")}
    foreign = InRecord("tidewaiter.flags", 0, 7, 0, b"k", b"\xff{", ())
    rejected = read_flag(foreign.value)
    assert isinstance(rejected, Reject)
    records = [
        alert_record(alert(), names["alerts"]),
        alert_record(alert(AlertType.RETRACTED, 2), names["alerts"]),
        state_record(alert(), names["state"]),
        state_record(alert(AlertType.CLOSED, 2), names["state"]),
        dead_letter_of(foreign, rejected, names["dead_letters"]),
        dead_letter(RejectCause.BAD_CHECKSUM, "The checksum is wrong.", b"!AIVDM", "ais", 12, names["dead_letters"]),
        answer_record(Answer("flag", rejected, Result.REFUSED, Origin("tidewaiter.flags", 0, 7), 1), names["answers"]),
        answer_record(answered(), names["answers"]),
    ]
    sink = KafkaSink(kafka.config())
    sink.send(records)
    sink.close()
    for setting, name in names.items():
        found = all_records(kafka, name)
        assert len(found) == 2
        (message,) = ASYNCAPI["channels"][setting]["messages"]
        spec = ASYNCAPI["components"]["messages"][message]
        headers = (
            spec["headers"] if "properties" in spec["headers"] else spec["headers"]["$ref"].removeprefix("schemas/")
        )
        for record in found:
            check({key: value.decode() for key, value in record.headers}, headers)
            if setting != "dead_letters" and record.value is not None:
                check(json.loads(record.value), spec["payload"]["schema"]["$ref"].removeprefix("schemas/"))
    sent = all_records(kafka, names["alerts"])[1]
    assert dict(sent.headers)["ce_id"] == f"{alert().alert_id}.2".encode()
    assert dict(sent.headers)["ce_type"] == b"tidewaiter.alert.retracted"
    assert sent.key == b"mmsi:219001234"


def test_the_state_of_an_alert_that_is_over_is_a_tombstone() -> None:
    for type_ in AlertType:
        record = state_record(alert(type_))
        assert (record.value is None) == (type_ in (AlertType.CLOSED, AlertType.RETRACTED))
        assert record.key == alert().alert_id.encode()


def test_a_dead_letter_is_bounded_and_tells_its_origin() -> None:
    record = dead_letter(RejectCause.TOO_LONG, "x" * 5000, b"a" * 2_000_000, "feed", 3)
    assert record.value is not None
    assert len(record.value) == MAX_DEAD_BYTES
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["cut_from_bytes"] == "2000000"
    assert (headers["origin_source"], headers["origin_at"], len(headers["sentence"])) == ("feed", "3", 1000)
    check(headers, "dead-letter.schema.json")


@pytest.mark.parametrize(
    "message",
    [
        FLAG,
        without(FLAG, "severity", "reason"),
        {**FLAG, "target": {"consignment": {"consignment_id": "c1", "manifest_id": "m1"}}},
        {**FLAG, "target": {"party": {"name": "Acme", "id": "NL123"}}},
        {**without(FLAG, "target", "flag"), "action": "clear"},
        {**without(FLAG, "flag"), "action": "clear"},
    ],
)
def test_flags_that_the_schema_allows_are_read(message: dict[str, Any]) -> None:
    check(message, "flag.schema.json")
    found = read_flag(json.dumps(message).encode())
    assert isinstance(found, FlagMessage)
    assert (found.flag_id, found.action, found.by) == ("f1", message["action"], "desk")
    assert found.time_us == 1_776_240_000_000_000


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ([], "no object"),
        (without(FLAG, "flag_id"), "flag_id is missing"),
        (without(FLAG, "target"), "target is missing"),
        (without(FLAG, "flag"), "flag is missing"),
        ({**FLAG, "severty": 1}, "unknown key severty; did you mean severity"),
        ({**FLAG, "action": "unflag"}, "action is none of flag, clear"),
        ({**FLAG, "severity": 1.5}, "severity is no number from 0 to 1"),
        ({**FLAG, "severity": True}, "severity is no number"),
        ({**FLAG, "reason": "x" * 4001}, "reason has 4001 characters"),
        ({**FLAG, "by": " "}, "by has 1 characters"),
        ({**FLAG, "by": "a\nb"}, "control character"),
        ({**FLAG, "flag_id": 7}, "flag_id is no text"),
        ({**FLAG, "target": {}}, "target is not one of"),
        ({**FLAG, "target": {"ship": {}}}, "target is not one of"),
        ({**FLAG, "target": {"consignment": {"manifest_id": "m"}}}, "names no consignment"),
        ({**FLAG, "target": {"party": {}}}, "names no party"),
        ({**FLAG, "target": {"party": {"name": "a", "alias": "b"}}}, "target.party has an unknown key"),
    ],
)
def test_flags_that_are_refused_are_refused_by_the_schema_too(message: Any, sentence: str) -> None:
    found = read_flag(json.dumps(message).encode())
    assert isinstance(found, Reject)
    assert sentence in found.sentence
    assert not allows(message, "flag.schema.json")


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (None, RejectCause.BAD_JSON),
        (b"", RejectCause.BAD_JSON),
        (b"\xff", RejectCause.BAD_JSON),
        (b"[" * 60_000, RejectCause.BAD_JSON),
        (b'{"flag_id":"a","flag_id":"b"}', RejectCause.BAD_JSON),
        (json.dumps({**FLAG, "severity": float("nan")}).encode(), RejectCause.BAD_JSON),
        (b'{"severity":' + b"9" * 20_000 + b"}", RejectCause.BAD_JSON),
        (json.dumps({**FLAG, "by": "\ud800"}).encode(), RejectCause.BAD_JSON),
        (b" " * 65_537, RejectCause.TOO_LONG),
        (json.dumps({**FLAG, "time": "yesterday"}).encode(), RejectCause.BAD_TIME),
        (json.dumps({**FLAG, "time": "1826-01-01T00:00:00Z"}).encode(), RejectCause.BAD_TIME),
    ],
)
def test_hostile_bytes_are_a_reject_with_its_cause(value: bytes | None, cause: RejectCause) -> None:
    for read in (read_flag, read_order):
        found = read(value)
        assert isinstance(found, Reject)
        if read is read_flag:
            assert found.cause == cause


def test_no_reject_and_no_repr_says_the_name_of_a_party() -> None:
    party: Any
    for party in (
        {"name": 7, "x": "SECRET"},
        {"SECRET": 1},
        {"name": "SECRET" * 200},
        {"name": "SECRET\n"},
        "SECRET",
        ["SECRET"],
    ):
        found = read_flag(json.dumps({**FLAG, "target": {"party": party}}).encode())
        assert isinstance(found, Reject)
        assert "SECRET" not in found.sentence
    assert "SECRET" not in repr(read_flag(json.dumps({**FLAG, "target": {"party": {"name": "SECRET"}}}).encode()))


@pytest.mark.parametrize(
    ("craft", "read"),
    [
        ("mmsi:219001234", ("mmsi:219001234", None)),
        ("icao24:4b1812", ("icao24:4b1812", None)),
        ("icao24:~4b1812", ("icao24:~4b1812", None)),
        ({"imo": 9074729}, (None, 9074729)),
    ],
)
def test_orders_name_a_craft_by_radio_identity_or_by_hull(craft: Any, read: tuple[str | None, int | None]) -> None:
    message = {**ORDER, "craft": craft}
    check(message, "order.schema.json")
    found = read_order(json.dumps(message).encode())
    assert isinstance(found, Order)
    assert (found.craft, found.imo) == read


@pytest.mark.parametrize(
    "message",
    [
        without(ORDER, "by"),
        without(ORDER, "reason"),
        {**ORDER, "craft": "219001234"},
        {**ORDER, "craft": {"imo": 12}},
        {**ORDER, "craft": {"imo": True}},
        {**ORDER, "craft": {"imo": 9074729, "name": "x"}},
        {**ORDER, "craft": None},
        {**ORDER, "action": "pause"},
        {**ORDER, "severity": 1},
    ],
)
def test_orders_that_are_refused_are_refused_by_the_schema_too(message: Any) -> None:
    assert isinstance(read_order(json.dumps(message).encode()), Reject)
    assert not allows(message, "order.schema.json")


def off_the_shelf() -> dict[str, Any]:
    """What the example of the page makes, of the files alone: a fresh registry, nothing of ours."""
    (example,) = re.findall(r"```python schemas\n(.*?)```", PAGE, re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(example.replace("docs/schemas", str(ROOT / "docs" / "schemas")), "topics.md", "exec"), made)
    return made


def test_schemas_validate_off_the_shelf_and_tell_payload_and_envelope_apart() -> None:
    made = off_the_shelf()
    record, line = json.loads(alert_record(alert()).value or b""), json.loads(to_json_line(alert()))
    made["value"].validate(record)
    made["line"].validate(line)
    assert not made["value"].is_valid(line)
    assert not made["line"].is_valid(record)
    for name, schema in SCHEMAS.items():
        assert schema["$id"] == SCHEMA_BASE + name
        jsonschema.Draft202012Validator(schema, registry=made["registry"]).is_valid({})  # every reference is found
    alone = jsonschema.Draft202012Validator(SCHEMAS["alert-data.schema.json"])  # one file is enough for a value
    alone.validate(record)


@pytest.mark.parametrize("name", ["by", "flag_id", "flag", "correlation_id"])
@pytest.mark.parametrize(
    "sign", ["\x85", "\x9b", "\u202e", "\u2066", "\u200b", "\ud800", "\x00", "\x7f", "\n", "\ue000", "\U000e0041"]
)
def test_a_name_with_a_sign_that_is_not_seen_is_refused_by_reader_and_schema(name: str, sign: str) -> None:
    message = {**FLAG, name: f"a{sign}b"}
    found = read_flag(json.dumps(message).encode())
    assert isinstance(found, Reject)
    assert f"U+{ord(sign):04X}" in found.sentence or "control character" in found.sentence
    assert sign not in found.sentence
    assert not allows(message, "flag.schema.json")
    assert not allows({**FLAG, name: f"a{sign}"}, "flag.schema.json")


def test_free_text_keeps_what_its_script_needs_and_no_control() -> None:
    for text in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f6a2 seen", "turned \u202e round"):
        message = {**FLAG, "reason": text}
        found = read_flag(json.dumps(message).encode())
        assert isinstance(found, FlagMessage)
        assert found.reason == text
        check(message, "flag.schema.json")
    for text in ("a\x9b31m", "a\u2028b", "a\ud800", "a\x00", "a\n"):
        message = {**FLAG, "reason": text}
        assert isinstance(read_flag(json.dumps(message).encode()), Reject)
        assert not allows(message, "flag.schema.json")


def test_a_number_without_letter_or_digit_is_refused_for_it_would_fit_others() -> None:
    message = {**FLAG, "target": {"consignment": {"document_number": "--"}}}
    assert isinstance(read_flag(json.dumps(message).encode()), Reject)
    assert not allows(message, "flag.schema.json")


def test_a_reject_names_the_message_where_it_can() -> None:
    found = read_flag(json.dumps({**FLAG, "severity": 7, "correlation_id": "c-1"}).encode())
    assert isinstance(found, Reject)
    assert (found.command_id, found.correlation_id) == ("f1", "c-1")
    assert read_flag(b"{") == Reject(RejectCause.BAD_JSON, "flag refused: it is no JSON in UTF-8")


def test_every_topic_has_channel_operation_message_and_row() -> None:
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    listed = yaml.safe_load((ROOT / "deploy" / "topics.yaml").read_text(encoding="utf-8"))["topics"]
    assert [item["name"] for item in listed] == [topic.name for topic in TOPICS.values()]
    assert {c["address"] for c in ASYNCAPI["channels"].values()} == {topic.name for topic in TOPICS.values()}
    for operation in ASYNCAPI["operations"].values():
        setting = operation["channel"]["$ref"].rpartition("/")[2]
        assert operation["action"] == ("send" if TOPICS[setting].direction == "out" else "receive")
    for reference in re.findall(
        r"\$ref\"?: \"([^\"]+)\"", (ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
    ):
        file, _, pointer = reference.partition("#")
        document = SCHEMAS[file.removeprefix("schemas/")] if file else ASYNCAPI
        for step in filter(None, pointer.split("/")):
            document = document[step]


def test_the_page_holds_the_tables_as_they_are() -> None:
    assert topic_documents.topics_table() in PAGE
    for record in MESSAGES:
        assert topic_documents.message_table(record) in PAGE, record
    assert topic_documents.answer_table() in PAGE
    assert topic_documents.results_table() in PAGE


def test_the_examples_of_the_page_read_alerts_and_flag(kafka: Broker) -> None:
    create_topics(kafka.config(), topic_specs())
    once, twice = alert_record(alert()), alert_record(alert(AlertType.CLOSED, 2))
    sink = KafkaSink(kafka.config())
    sink.send([once, twice, once])  # as after a crash
    sink.close()
    examples = dict(re.findall(r"```python (\w+)\n(.*?)```", PAGE, re.DOTALL))
    assert set(examples) == {"consumer", "producer", "schemas"}
    environment = {**os.environ, "TIDEWAITER_KAFKA": kafka.bootstrap, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        [sys.executable, "-c", examples["consumer"]], stdout=subprocess.PIPE, env=environment
    ) as reader:
        assert reader.stdout is not None
        lines = [reader.stdout.readline().decode() for _ in range(2)]
        later = replace(alert(), revision=3)
        sink = KafkaSink(kafka.config())
        sink.send([alert_record(later)])
        sink.close()
        lines.append(reader.stdout.readline().decode())
        reader.kill()
    assert [line.split()[0].rpartition(".")[2] for line in lines] == [
        "raised",
        "closed",
        "raised",
    ]  # the repeated one is dropped
    names = [TOPICS["flags"].name, TOPICS["orders"].name]
    before = [len(all_records(kafka, name)) for name in names]  # other tests write to these topics too
    subprocess.run([sys.executable, "-c", examples["producer"]], env=environment, check=True, timeout=PATIENCE_S)
    (flag,), (order,) = (all_records(kafka, name)[count:] for name, count in zip(names, before, strict=True))
    assert isinstance(read_flag(flag.value), FlagMessage)
    assert isinstance(read_order(order.value), Order)
    check(json.loads(flag.value or b""), "flag.schema.json")
    check(json.loads(order.value or b""), "order.schema.json")


def test_a_record_is_a_value() -> None:
    assert alert_record(alert()) == alert_record(alert())
    assert isinstance(alert_record(alert()), OutRecord)
