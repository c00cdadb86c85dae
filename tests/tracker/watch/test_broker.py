"""The real command over a real broker, killed twice on the way: an undisturbed life's events, alerts and messages; and what a risk engine is answered."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.reliability.running import Program, kafka_section, latest_messages, unique
from tests.kafka_broker import Broker
from tests.kafka_reading import all_records
from tests.tracker.watch import sea
from tests.tracker.watch.story import summary
from tests.tracker.watch.window import ask, free_port
from tests.waiting import PATIENCE_S, eventually
from tracker.simulate.scenario import CARGO_FILE
from tracker.store.database import Database

KILLS = 2
SETTINGS = """
[sources.gate]
kind = "kafka"
topics = ["{raw}"]
format = "nmea"
feed = "feed"
{kafka}
[watch]
http_address = "127.0.0.1:{port}"
idle_s = 86400.0
"""
SAID = {"by": "risk engine", "time": "2026-03-01T00:00:00Z"}
MALFORMED = json.dumps({"flag_id": "F0", "action": "fly", **SAID}).encode()

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.mark.slow
def test_killed_twice_it_tells_what_an_undisturbed_life_does_and_heeds_flags(
    kafka: Broker, small_sea: sea.SmallSea, undisturbed: Rows, tmp_path: Path
) -> None:
    rng = random.Random(11)
    raw, name, port = kafka.topic(), unique("watch"), free_port()
    settings = SETTINGS.format(raw=raw, kafka=kafka_section(kafka.bootstrap, name), port=port)
    program = Program(tmp_path / "live", settings, ["--cargo", str(small_sea.feed.with_name(CARGO_FILE))])
    sentences = small_sea.content.splitlines(keepends=True)
    cuts = [0, *sorted(rng.sample(range(len(sentences) // 5, len(sentences)), KILLS))]
    try:
        for begin, end in pairwise(cuts):
            program.start()
            produce(kafka, raw, sentences[begin:end])
            least = rng.randint(begin + 1, end)
            until(program, lambda least=least: sentences_taken(port) >= least)  # type: ignore[misc]
            program.kill()
        program.start()
        produce(kafka, raw, sentences[cuts[-1] :])
        program.wait_for_idle(PATIENCE_S, position=str(len(sentences)))
        told = latest_messages(all_records(kafka, f"{name}-alerts"))
        assert told == messages_of(undisturbed)

        target = flaggable(undisturbed)
        produce(kafka, f"{name}-flags", [MALFORMED, flag_on(target["consignments"][0]["document_number"])])
        again = f"{target['alert_id']}.{target['revision'] + 1}"
        answer = until(program, lambda: latest_messages(all_records(kafka, f"{name}-alerts")).get(again))
        letters = until(program, lambda: all_records(kafka, f"{name}-dead_letters"))
        program.stop()
        latest = latest_states(kafka, f"{name}-alerts", lambda record: json.loads(record.value)["alert_id"])
        states = latest_states(kafka, f"{name}-state", lambda record: record.key.decode())
    finally:
        if program.is_running:
            program.kill()

    assert json.loads(answer)["priority"] > target["priority"]
    kept = rows_of(program.store)
    known = {row[:2] for row in undisturbed["alerts"]}
    assert (target["alert_id"], target["revision"] + 1) in {row[:2] for row in kept["alerts"]} - known
    assert [row for row in kept["alerts"] if row[:2] in known] == undisturbed["alerts"]
    assert all(kept[part] == undisturbed[part] for part in ("events", "rows", "statics"))

    over = {key for key, (what, _) in latest.items() if what.endswith((".closed", ".retracted"))}
    assert over
    assert over < latest.keys()
    assert states == {key: (what, None if key in over else value) for key, (what, value) in latest.items()}

    (letter,) = letters
    headers = {key: value.decode() for key, value in letter.headers}
    assert letter.value == MALFORMED
    assert headers.keys() == {"cause", "sentence", "origin_topic", "origin_partition", "origin_offset"}
    assert "action" in headers["sentence"]
    assert (headers["origin_topic"], headers["origin_offset"]) == (f"{name}-flags", "0")


def produce(broker: Broker, topic: str, values: list[bytes]) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=20)
    for value in values:
        producer.send(topic, value=value, partition=0)
    producer.flush(60)
    producer.close(5)


def until(program: Program, found: Callable[[], Any]) -> Any:
    """Wait for what must come; what it gave."""

    def looked() -> Any:
        assert program.is_running, program.other_lines[-8:]
        return found()

    return eventually(looked, lambda: program.log[-5:])


def sentences_taken(port: int) -> int:
    """How many sentences the program says it has taken; 0 while it says nothing."""
    _, page = ask(port, "/metrics")
    lines = [line for line in page.splitlines() if line.startswith("tidewaiter_line_units_total{")]
    return sum(int(line.rpartition(" ")[2]) for line in lines)


def messages_of(store: Rows) -> dict[str, bytes]:
    """What a life has put into its outbox for the topic of alerts, by ``ce_id``."""
    return {
        dict(json.loads(headers))["ce_id"]: bytes(value)
        for topic, _, headers, value in store["outbox"]
        if topic == "tidewaiter.alerts"
    }


def flaggable(store: Rows) -> dict[str, Any]:
    """The last word of the alert of least priority that has cargo and stands."""
    latest = {alert_id: (what, json.loads(data)) for alert_id, _, what, data in sorted(store["alerts"])}
    with_cargo = [data for what, data in latest.values() if data["consignments"] and not what.endswith("retracted")]
    return min(with_cargo, key=lambda data: (data["priority"], data["alert_id"]))


def flag_on(document_number: str) -> bytes:
    target = {"consignment": {"document_number": document_number}}
    flag = {"flag_id": "F1", "action": "flag", "target": target, "flag": "new profile", "severity": 1.0, **SAID}
    return json.dumps(flag).encode()


def latest_states(broker: Broker, topic: str, key_of: Callable[[Any], str]) -> dict[str, tuple[str, bytes | None]]:
    """What a reader keeps of a topic: type and value of the last record of each alert."""
    records = all_records(broker, topic)
    return {key_of(record): (dict(record.headers)["ce_type"].decode(), record.value) for record in records}


def rows_of(path: Path) -> Rows:
    """What a store holds that nobody has open."""
    store = Database(path)
    try:
        return summary(store)
    finally:
        store.close()
