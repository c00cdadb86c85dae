"""flag, unflag, track and untrack: through the door of a running program, over topics, or a sentence that says how."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from streams.kafka_config import OutRecord
from streams.kafka_sink import KafkaSink, create_topics
from streams.kafka_source import KafkaRecords
from streams.time import SystemClock
from tests.kafka_broker import Broker
from tracker.cli import app
from tracker.commands import control
from tracker.errors import InputError
from tracker.topics.answers import Answer, Origin, Result
from tracker.topics.incoming import Reject, read_flag, read_order
from tracker.topics.outgoing import TOPICS, answer_record, topic_specs

RUNNER = CliRunner()


class AnsweringDoor:
    """A door whose program takes everything."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def command(self, kind: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        self.told.append((kind, document))
        content = json.dumps(document).encode()
        message = read_flag(content) if kind == "flag" else read_order(content)
        assert not isinstance(message, Reject)
        goods = [("m1", "c1", "MEDU1\x1b[2J")]
        return [Answer(kind, message, Result.IN_FORCE, Origin(None, 0, 1), message.time_us, goods, ()).to_json()]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> AnsweringDoor:
    made = AnsweringDoor()
    monkeypatch.setattr(control, "_door_of", lambda _: made)
    return made


def run(*words: str) -> Any:
    return RUNNER.invoke(app, list(words), catch_exceptions=True)


def test_a_flag_goes_through_the_door_and_what_it_matches_is_told_as_text(door: AnsweringDoor) -> None:
    done = run("flag", "undeclared", "--document", "MEDU1", "--by", "desk 4", "--id", "F1", "--db", "live.duckdb")
    assert done.exit_code == 0
    ((kind, told),) = door.told
    assert (kind, told["flag_id"], told["target"], told["by"]) == (
        "flag",
        "F1",
        {"consignment": {"document_number": "MEDU1"}},
        "desk 4",
    )
    assert "Flag F1 is in force" in done.stdout
    assert "\x1b[2J" not in done.stdout
    assert "MEDU1" in done.stdout


def test_each_command_says_what_its_message_says(door: AnsweringDoor) -> None:
    assert run("unflag", "F1", "--db", "x").exit_code == 0
    assert run("unflag", "--party-id", "DE1", "--flag", "p", "--db", "x").exit_code == 0
    assert run("track", "imo:9074729", "--reason", "seen at night", "--db", "x").exit_code == 0
    done = run("untrack", "mmsi:219001234", "--db", "x", "--json")
    assert json.loads(done.stdout)["action"] == "stop"
    said = [(kind, told["action"], told.get("craft"), told.get("target")) for kind, told in door.told]
    assert said == [
        ("flag", "clear", None, None),
        ("flag", "clear", None, {"party": {"id": "DE1"}}),
        ("order", "start", {"imo": 9074729}, None),
        ("order", "stop", "mmsi:219001234", None),
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["flag", "p", "--by", "d"], "names nothing to flag"),
        (["flag", "p", "--by", "d", "--document", "a", "--party", "b"], "a consignment and a party"),
        (["flag", "p\u202e", "--by", "d", "--document", "a"], "U+202E"),
        (["flag", "p", "--by", "d", "--document", "a", "--severity", "7"], "severity is no number from 0 to 1"),
        (["unflag"], "names nothing to clear"),
        (["track", "219001234", "--reason", "r", "--by", "d"], "is no craft"),
        (["track", "imo:x", "--reason", "r"], "is no IMO number"),
        (["track", "imo:9074729", "--reason", "r", "--by", "d"], "no store is named, and [kafka] names no broker"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_sent(
    words: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIDEWAITER_KAFKA_BOOTSTRAP", raising=False)
    done = run(*words)
    assert isinstance(done.exception, InputError)
    assert sentence in str(done.exception)


@pytest.fixture
def settings(kafka: Broker, tmp_path: Path) -> Path:
    create_topics(kafka.config(), topic_specs())
    path = tmp_path / "t.toml"
    path.write_text(f'[kafka]\nbootstrap = "{kafka.bootstrap}"\n', encoding="utf-8")
    return path


@pytest.fixture
def program(kafka: Broker, settings: Path) -> Iterator[None]:
    """Answers every flag over topics."""
    records = KafkaRecords(
        "control", [TOPICS["flags"].name], kafka.config(group="answering"), SystemClock(), start_at="earliest"
    )
    records.start({})
    sink, stop = KafkaSink(kafka.config()), threading.Event()

    def answer() -> None:
        while not stop.is_set():
            record = records.read(0.2)
            message = None if record is None else read_flag(record.value)
            if record is None or message is None or isinstance(message, Reject):
                continue
            origin = Origin(record.topic, record.partition, record.offset)
            noise = OutRecord(TOPICS["answers"].name, b"k", b"{}")
            sink.send([noise, answer_record(Answer("flag", message, Result.IN_FORCE, origin, record.timestamp_us))])

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    stop.set()
    thread.join()
    records.close()
    sink.close()


@pytest.mark.usefixtures("program")
def test_over_topics_the_answer_is_the_one_to_this_message(settings: Path) -> None:
    done = run(
        "flag", "p", "--party", "Acme", "--by", "d", "--id", "F7", "--config", str(settings), "--wait", "60", "--json"
    )
    assert done.exit_code == 0, (done.output, done.exception)
    answer = json.loads(done.stdout)
    assert (answer["command_id"], answer["result"], answer["origin"]["topic"]) == ("F7", "in_force", "tidewaiter.flags")


def test_where_no_program_answers_in_time_it_is_said_that_the_message_is_there(settings: Path) -> None:
    done = run(
        "track", "imo:9074729", "--reason", "r", "--by", "d", "--id", "O7", "--config", str(settings), "--wait", "0.5"
    )
    assert done.exit_code == 3
    assert "O7 was sent; no program answered within 0.5 s" in done.stderr
