"""Papers through inbox and topic while the program is killed with SIGKILL at random moments, against an undisturbed run.

    .venv/bin/python deploy/reliability/papers.py --runs 50 --kills 3

The feed of a simulated sea lies on a topic; its papers come one manifest a document, in ``--seconds`` after the first start, alternately as files renamed into the inbox and as
records of the topic; of every third an earlier version without its last consignment comes first. With them come a file and a record of which nothing can be read, and one document twice
by each way.

Each run must end with every consignment of every paper once, in its latest version; every document once, as its bytes; every file moved, the bad one to ``refused`` with its reason; one dead
letter, the bad record's; the events of the undisturbed run, to the word; and its alerts: on the same events, naming the same goods. By how many updates an alert came so, and the
hours left, are facts of the moment it was told at.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
from kafka import KafkaProducer

from deploy.reliability.compare import alerts_of_store, differences, events_of_store, final_alerts, final_events
from deploy.reliability.killing import arguments, clear_away, try_with_broker
from deploy.reliability.running import (
    PATIENCE_S,
    Broker,
    Program,
    kafka_section,
    latest_messages,
    topics_of,
    unique,
)
from streams.files import read_blocks
from streams.kafka_config import KafkaConfig
from streams.kafka_sink import create_topics
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate
from tracker.topics.outgoing import topic_specs

BAD_FILE, BAD_RECORD = b"no papers at all\n", b'{"manifests": "none"'


@dataclass(frozen=True)
class Coming:
    """A document and the way it comes."""

    name: str
    content: bytes
    is_file: bool


def main() -> None:
    """Run it."""
    parser = arguments(__doc__, runs=50, kills=3, vessels=20, hours=8.0)
    parser.add_argument("--seconds", type=float, default=8.0, help="in which the papers come")
    try_with_broker("papers-", parser.parse_args(), run)


def run(args: argparse.Namespace, folder: Path, broker: Broker) -> dict[str, Any]:
    """All runs; the summary."""
    simulate(folder / "sea", seed=args.seed, vessels=args.vessels, flights=0, hours=args.hours)
    raw = broker.topic("raw")
    lines = b"".join(read_blocks(folder / "sea" / AIS_FILE)).splitlines(keepends=True)
    broker.produce(raw, lines)
    manifests = json.loads((folder / "sea" / CARGO_FILE).read_bytes())["manifests"]
    coming = documents_of(manifests)
    rng = random.Random(args.seed if args.moments is None else args.moments)
    begun = time.monotonic()
    expected = one(folder / "undisturbed", broker, raw, len(lines), coming, args.seconds, [])
    took = time.monotonic() - begun
    wrong_at_rest = lost(expected, manifests, coming)
    print(
        f"undisturbed: {len(coming)} documents, {len(expected['events'])} events, {len(expected['alerts'])} alerts, {took:.1f} s, {wrong_at_rest or 'whole'}",
        flush=True,
    )
    failed, kills, begun = int(bool(wrong_at_rest)), 0, time.monotonic()
    for number in range(args.runs):
        moments = [rng.uniform(0.0, args.seconds) for _ in range(rng.randint(1, args.kills))]
        found = one(folder / f"run{number}", broker, raw, len(lines), coming, args.seconds, moments)
        wrong = lost(found, manifests, coming) or differences(
            {name: expected[name] for name in ("events", "alerts")}, found
        )
        failed, kills = failed + bool(wrong), kills + len(moments)
        clear_away(folder, f"run{number}", args.keep, differs=bool(wrong))
        print(
            f"run {number}: {len(moments)} kills, {time.monotonic() - begun:.0f} s so far, {wrong or 'equal'}",
            flush=True,
        )
    return {
        "runs": args.runs, "kills": kills, "failed": failed, "documents": len(coming), "sentences": len(lines),
        "alerts": len(expected["alerts"]), "seconds": round(time.monotonic() - begun),
    }  # fmt: skip


def documents_of(manifests: list[dict[str, Any]]) -> list[Coming]:
    """The papers as they come, one manifest a document, with those of which nothing can be read and those that come twice."""
    coming: list[Coming] = []
    for number, manifest in enumerate(manifests):
        name, is_file = manifest["manifest_id"], number % 2 == 0
        if number % 3 == 0 and len(manifest["consignments"]) > 1:
            early = {**manifest, "consignments": manifest["consignments"][:-1]}
            coming.append(Coming(f"{name}-early.json", json.dumps(early).encode(), is_file))
        content = json.dumps({**manifest, "version": 2}).encode()
        coming.append(Coming(f"{name}.json", content, is_file))
    first = coming[0].content
    middle = len(coming) // 2
    coming[middle:middle] = [
        Coming("bad.csv", BAD_FILE, is_file=True), Coming("bad", BAD_RECORD, is_file=False),
        Coming("again.json", first, is_file=True), Coming("again", first, is_file=False),
    ]  # fmt: skip
    return coming


def one(
    folder: Path, broker: Broker, raw: str, sentences: int, coming: list[Coming], seconds: float, moments: list[float]
) -> dict[str, Any]:
    """One life story of a program to which papers come; what it left behind."""
    name, inbox = unique("run"), folder / "inbox"
    inbox.mkdir(parents=True)
    topics = topics_of(name)
    create_topics(KafkaConfig(bootstrap=broker.bootstrap), topic_specs(topics))
    settings = f"""
[sources.gate]
kind = "kafka"
topics = ["{raw}"]
format = "nmea"
{kafka_section(broker.bootstrap, name)}
[watch]
http_address = ""
[papers]
inbox = "{inbox}"
"""
    program = Program(folder, settings)
    bringing = threading.Thread(target=bring, args=(folder, inbox, broker.bootstrap, topics["papers"], coming, seconds))
    for number, moment in enumerate([*moments, None]):
        program.start()
        program.wait_for("live", number + 1)
        if number == 0:
            bringing.start()
        if moment is None:
            break
        time.sleep(moment)
        program.kill()
    bringing.join()
    # the log of a program that was killed lacks what it had just made durable: the last record is told of when all before it are
    last = next(item for item in coming if not item.is_file)
    bring(folder, inbox, broker.bootstrap, topics["papers"], [replace(last, name="last")], 0.0)
    until = time.monotonic() + PATIENCE_S
    while any(path.is_file() for path in inbox.iterdir()) or not is_told(program, "last"):
        if time.monotonic() > until or not program.is_running:
            raise RuntimeError(f"papers were not taken in; {program.log[-3:]} {program.other_lines[-8:]}")
        time.sleep(0.2)
    program.wait_for_idle(position=str(sentences))
    program.stop()
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in program.log), encoding="utf-8")
    latest_messages(broker.messages(topics["alerts"]))  # raises where one id says two things
    dead = {(record.value, dict(record.headers)["origin_offset"]) for record in broker.messages(topics["dead_letters"])}
    with duckdb.connect(str(program.store), read_only=True) as connection:
        goods = connection.execute(
            "SELECT manifest_id, consignment_id FROM consignments WHERE is_latest = 1 ORDER BY ALL"
        ).fetchall()
        documents = connection.execute("SELECT sha256, refusal IS NOT NULL FROM documents ORDER BY ALL").fetchall()
    files = sorted(str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file())
    return {
        "goods": goods, "documents": documents, "files": files, "dead": sorted(value for value, _ in dead),
        "events": final_events(events_of_store(program.store)),
        "alerts": {key: goods_of(text) for key, text in final_alerts(alerts_of_store(program.store)).items()},
    }  # fmt: skip


def is_told(program: Program, name: str) -> bool:
    """Whether a document of some name is durable, as the program's log tells of it."""
    return any(line.get("event") in ("paper_taken", "paper_refused") and line["name"] == name for line in program.log)


def bring(folder: Path, inbox: Path, bootstrap: str, topic: str, coming: list[Coming], seconds: float) -> None:
    """The papers come, whether or not somebody runs who takes them."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for item in coming:
        if item.is_file:
            (folder / "new").write_bytes(item.content)
            (folder / "new").rename(inbox / item.name)
        else:
            producer.send(topic, key=item.name.encode(), value=item.content, partition=0)
            producer.flush()
        time.sleep(seconds / len(coming))
    producer.close()


def goods_of(alert: str) -> str:
    """What an alert is about and names, without what depends on when it was told."""
    _, _, consignments, event = json.loads(alert)
    named = sorted((item["manifest_id"], item["consignment_id"]) for item in consignments)
    return json.dumps([named, event])


def lost(found: dict[str, Any], manifests: list[dict[str, Any]], coming: list[Coming]) -> dict[str, Any]:
    """What is missing, doubled or elsewhere than it belongs."""
    goods = sorted((one["manifest_id"], item["consignment_id"]) for one in manifests for item in one["consignments"])
    bad = {sha256(content).hexdigest() for content in (BAD_FILE, BAD_RECORD)}
    documents = sorted({(digest := sha256(item.content).hexdigest(), digest in bad) for item in coming})
    names = sorted([*(item.name for item in coming if item.is_file), "bad.csv.reason.txt"])
    wanted: dict[str, list[Any]] = {
        "goods": goods,
        "documents": documents,
        "files": sorted(("refused" if name.startswith("bad.csv") else "done", name) for name in names),
        "dead": [BAD_RECORD],
    }
    held = {**found, "files": sorted((one.split("/")[0], one.split("/")[-1]) for one in found["files"])}
    return {
        key: f"{len(want)} wanted, {len(held[key])} found, of these {sum(item in want for item in held[key])} as wanted"
        for key, want in wanted.items()
        if want != held[key]
    }


if __name__ == "__main__":
    main()
