"""Latency under the published rate of the largest network: 20,000 sentences a second from a socket, for five minutes.

    .venv/bin/python deploy/reliability/latency.py --seconds 300 --rate 20000 --craft 100000

A made fleet of ``--craft`` ships reports in turn, in a mixed order, over TCP, plain sentences as a receiver gives them. Every half second one
ship that carries a flagged consignment is reported for the second time inside an area of interest: that sentence completes an event.
``latency`` runs from just before the chunk with that sentence is handed to the socket until the alert is consumed from the topic of a real
broker, in seconds.

With ``--consignments`` so many arrive meanwhile on the papers of other ships of the fleet, in documents renamed into the inbox, evenly over the time measured.

With ``--flags`` so many flags are put meanwhile, evenly over the time measured, on consignments of ships about which an alert was told, in turn by their topic and at the door;
``flag_s`` is from the sending to the revision on the topic of alerts that names the flag.

Printed as JSON: percentiles, the slowest with the second at which each was sent, sentences sent and stored, cores used by the program (CPU
seconds over seconds, once the fleet is known), resident memory at every tenth of the time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.reliability.asking import Asking
from deploy.reliability.running import Broker, Program, kafka_section, topics_of, unique
from streams.kafka_config import KafkaConfig
from streams.kafka_sink import create_topics
from tracker.door.client import Door
from tracker.simulate.ais_encoder import class_a_position, single_sentences
from tracker.topics.outgoing import topic_specs

TAG_BYTES = len("\\s:STATN,c:1772323200*hh\\")
FLAG_NAME = re.compile(rb"put-[0-9]+")
TICKS = os.sysconf("SC_CLK_TCK")
BEGIN_S = 1_772_323_200
SPEED_KN = 12.0
DEG_S = SPEED_KN * 1.852 / 3600 / 111.2


class Fleet:
    """Ships on straight courses; the first ``crossing`` of them enter the zone one after the other.

    The order in which ships report is mixed once, so that those that cross do not report together: what an alert waits for would be measured
    at one instant of a round only.
    """

    def __init__(self, craft: int, crossing: int, every_s: float, begin_s: float) -> None:
        rng = np.random.default_rng(7)
        self.mmsi = 219_000_000 + np.arange(craft)
        self.lat = rng.uniform(-50, 50, craft)
        self.lon = np.where(rng.random(craft) < 0.4, rng.uniform(-50, -22, craft), rng.uniform(-170, -110, craft))
        self.lat = np.where((self.lat > 15) & (self.lon < -100), -self.lat, self.lat)
        self.course = rng.choice([45.0, 135.0, 225.0, 315.0], craft)
        self.crossing = crossing
        n = np.arange(crossing)
        # bound north into the zone 20 N to 25 N, each on a meridian of its own; she is on the edge at begin_s + n * every_s
        self.lat[:crossing] = 20.0 - (begin_s + n * every_s) * DEG_S
        self.lon[:crossing] = -160.0 + 45.0 * n / max(crossing, 1)
        self.course[:crossing] = 0.0
        self.inside = np.zeros(craft, dtype=np.int64)
        self._turn = rng.permutation(craft)

    def reporting(self, first: int, count: int) -> np.ndarray:
        """Who reports as the ``first``-th since the beginning and after."""
        return self._turn[(first + np.arange(count)) % len(self._turn)]

    def sentences(self, rows: np.ndarray, at_s: float) -> tuple[bytes, list[int]]:
        """Plain lines of some ships at an instant, and those whose second report inside the zone is among them."""
        lines, inside = self.tagged(rows, at_s, int(time.time()) % 60)
        self.inside[rows[inside]] += 1
        complete = [int(row) for row in rows[inside] if self.inside[row] == 2]
        return np.ascontiguousarray(lines[:, TAG_BYTES:]).tobytes(), complete

    def tagged(self, rows: np.ndarray, at_s: float, utc_second: int) -> tuple[np.ndarray, np.ndarray]:
        """Lines with tag blocks, a row of bytes each, and which of the ships are inside the zone."""
        course = np.radians(self.course[rows])
        lat = self.lat[rows] + np.cos(course) * DEG_S * at_s
        lon = self.lon[rows] + np.sin(course) * DEG_S * at_s / np.cos(np.radians(lat))
        payload = class_a_position(
            1, self.mmsi[rows], 0, 0.0, SPEED_KN, lat, lon, self.course[rows], self.course[rows], utc_second
        )
        stations, times_s = np.full(len(rows), "STATN"), np.full(len(rows), BEGIN_S + int(at_s))
        return single_sentences(payload, 0, rows % 2 == 1, stations, times_s), (rows < self.crossing) & (lat > 20.0)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--warm", type=float, default=60.0, help="seconds before the first crossing")
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--craft", type=int, default=100_000)
    parser.add_argument("--every", type=float, default=0.5)
    parser.add_argument(
        "--asked", action="store_true", help="ask the door for its status and with a heavy question every second"
    )
    parser.add_argument("--consignments", type=int, default=0, help="so many arrive by the inbox while it is measured")
    parser.add_argument("--flags", type=int, default=0, help="so many flags are put while it is measured")
    parser.add_argument("--per-document", type=int, default=1000, help="consignments of a document")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        folder = Path(name)
        broker = Broker(folder / "kafka")
        try:
            print(json.dumps(run(args, folder, broker)))
        finally:
            broker.stop()


def run(args: argparse.Namespace, folder: Path, broker: Broker) -> dict[str, Any]:
    """The whole measurement."""
    crossing = int(args.seconds / args.every)
    fleet = Fleet(args.craft, crossing, args.every, args.warm)
    (folder / "zones.geojson").write_text(json.dumps(_zone()))
    (folder / "cargo.json").write_text(json.dumps({"manifests": [_manifest(int(m)) for m in fleet.mmsi[:crossing]]}))
    name, inbox = unique("latency"), folder / "inbox"
    inbox.mkdir()
    topics = topics_of(name)
    create_topics(KafkaConfig(bootstrap=broker.bootstrap), topic_specs(topics))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings = f"""
[sources.net]
kind = "tcp"
address = "127.0.0.1:{port}"
{kafka_section(broker.bootstrap, name)}
[watch]
http_address = ""
[papers]
inbox = "{inbox}"
"""
        arguments = ["--zones", str(folder / "zones.geojson"), "--cargo", str(folder / "cargo.json")]
        program = Program(folder / "program", settings, arguments)
        program.start()
        connection, _ = server.accept()
        program.wait_for("live")
        consumer = Consumer(broker.bootstrap, topics["alerts"])
        asking = Asking(program.store) if args.asked else None
        office = threading.Thread(target=_bring, args=(args, fleet, inbox), daemon=True)
        office.start()
        flagging = Flagging(args, consumer, broker.bootstrap, topics["flags"], program.store)
        facts = _feed(args, fleet, connection, program.pid)
        door = asking.stop() if asking is not None else {}
        office.join()
        flagging.join()
        time.sleep(3.0)
        consumer.stop()
        connection.close()
    stop_s = program.stop()
    sent: dict[int, float] = facts.pop("complete")
    begun_s = facts.pop("begun_s")
    heard = {mmsi: consumer.heard.get(mmsi) for mmsi in sent}
    latency = [at_s - sent[mmsi] for mmsi, at_s in heard.items() if at_s is not None]
    return {
        **facts,
        "alerts_due": len(sent),
        "alerts_missing": int(sum(at is None for at in heard.values())),
        "latency_s": percentiles(latency),
        "slowest": [
            [round(sent[mmsi] - begun_s, 1), round(heard_at - sent[mmsi], 3)]
            for mmsi, heard_at in sorted(heard.items(), key=lambda item: sent[item[0]] - (item[1] or 0.0))[:8]
            if heard_at is not None
        ],
        "flags_s": flagging.seconds(),
        "stop_s": round(stop_s, 2),
        "consignments": args.per_document * program.said("paper_taken"),
        "door": door,
        "log": [line for line in program.log if line.get("level") == "warning"][:20] + program.log[-1:],
        "load": os.getloadavg()[0],
    }


def _bring(args: argparse.Namespace, fleet: Fleet, inbox: Path) -> None:
    """Papers of ships that cross nothing, a document after the other, each for fifty ships."""
    count = -(-args.consignments // args.per_document)
    time.sleep(args.warm)
    ships = fleet.mmsi[fleet.crossing :]
    for number in range(count):
        begun = time.monotonic()
        mmsis = [int(ships[(50 * number + at) % len(ships)]) for at in range(50)]
        manifests = [_manifest(mmsi, f"{number}-", args.per_document // 50) for mmsi in mmsis]
        (inbox / ".new").write_text(json.dumps({"manifests": manifests}))
        (inbox / ".new").rename(inbox / f"{number}.json")
        time.sleep(max(0.0, args.seconds / count - (time.monotonic() - begun)))


def _feed(args: argparse.Namespace, fleet: Fleet, connection: socket.socket, pid: int) -> dict[str, Any]:
    """Send at the rate; when each completing sentence was handed over."""
    chunk = max(1, args.rate // 50)
    complete: dict[int, float] = {}
    begun = time.monotonic()
    sent, behind = 0, 0.0
    memory_mb: list[float] = []
    cpu_from: tuple[float, float] | None = None
    total_s = args.warm + args.seconds
    # what completes an event is judged when later reports have come, so there are some
    while (now := time.monotonic() - begun) < total_s + 2.0:
        due_s = sent / args.rate
        if now < due_s:
            time.sleep(min(due_s - now, 0.02))
            continue
        behind = max(behind, now - due_s)
        data, done = fleet.sentences(fleet.reporting(sent, chunk), now)
        if now < total_s:
            complete |= {int(fleet.mmsi[one]): time.monotonic() for one in done}
        connection.sendall(data)
        sent += chunk
        if cpu_from is None and now >= args.warm:
            cpu_from = (_cpu_s(pid), now)
        tenth = int(10 * (now - args.warm) / args.seconds)
        if tenth >= 0 and len(memory_mb) <= tenth:
            memory_mb.append(_resident_mb(pid))
    assert cpu_from is not None
    cores = (_cpu_s(pid) - cpu_from[0]) / (time.monotonic() - begun - cpu_from[1])
    memory_mb.append(_resident_mb(pid))
    return {
        "seconds": args.seconds, "sentences": sent, "rate": round(sent / (time.monotonic() - begun)), "craft": args.craft,
        "cores": round(cores, 2), "memory_mb": memory_mb, "sender_behind_s": round(behind, 2), "complete": complete, "begun_s": begun,
    }  # fmt: skip


class Consumer:
    """Notes when the first alert of each craft can be read, and the first that names a flag put later."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.heard: dict[int, float] = {}
        self.flagged: dict[str, float] = {}
        self._stop = threading.Event()
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=20)
        parts = [TopicPartition(topic, part) for part in sorted(self._consumer.partitions_for_topic(topic) or ())]
        self._consumer.assign(parts)
        self._consumer.seek_to_beginning(*parts)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            for records in self._consumer.poll(timeout_ms=20).values():
                now = time.monotonic()
                for record in records:
                    self.heard.setdefault(int(record.key.decode().removeprefix("mmsi:")), now)
                    for name in set(FLAG_NAME.findall(record.value)):
                        self.flagged.setdefault(name.decode(), now)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()


class Flagging:
    """Puts flags on consignments of ships about which an alert was told, from construction until :meth:`join`."""

    def __init__(self, args: argparse.Namespace, consumer: Consumer, bootstrap: str, topic: str, store: Path) -> None:
        self._args, self._consumer, self._topic = args, consumer, topic
        self._producer, self._door = KafkaProducer(bootstrap_servers=bootstrap), Door.of_store(store)
        self._sent: dict[str, dict[str, float]] = {"topic": {}, "door": {}}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        time.sleep(self._args.warm + 5.0)
        for number in range(self._args.flags):
            begun = time.monotonic()

            ships = list(self._consumer.heard)
            if number < len(ships):
                self._put(f"put-{number}", ships[number], "topic" if number % 2 else "door")
            time.sleep(max(0.0, (self._args.seconds - 5.0) / self._args.flags - (time.monotonic() - begun)))

    def _put(self, name: str, mmsi: int, way: str) -> None:
        target = {"consignment": {"document_number": f"BL{mmsi}-0"}}
        now = datetime.now(UTC).isoformat()
        message = {
            "flag_id": name,
            "action": "flag",
            "target": target,
            "flag": name,
            "severity": 0.9,
            "by": "measurement",
            "time": now,
        }
        self._sent[way][name] = time.monotonic()
        if way == "topic":
            self._producer.send(self._topic, key=name.encode(), value=json.dumps(message).encode()).get(30)
        elif self._door is not None:
            self._door.command("flag", message)

    def join(self) -> None:
        """Wait for the last of them."""
        self._thread.join()
        self._producer.close()

    def seconds(self) -> dict[str, Any]:
        """How long flags took, by the way they came, and how many never took effect."""
        heard = self._consumer.flagged
        return {
            way: {
                "put": len(sent),
                "missing": sum(name not in heard for name in sent),
                **percentiles([heard[name] - at for name, at in sent.items() if name in heard]),
            }
            for way, sent in self._sent.items()
        }


def percentiles(values: list[float]) -> dict[str, float]:
    """Of seconds; nothing of none."""
    return {f"p{p:g}": round(float(np.percentile(values, p)), 3) for p in (50, 90, 99, 100)} if values else {}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def _zone() -> dict[str, Any]:
    ring = [[-165.0, 20.0], [-110.0, 20.0], [-110.0, 25.0], [-165.0, 25.0], [-165.0, 20.0]]
    feature = {
        "type": "Feature",
        "properties": {"name": "Area of interest"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", "features": [feature]}


def _manifest(mmsi: int, prefix: str = "", goods: int = 1) -> dict[str, Any]:
    name = f"{prefix}{mmsi}"
    return {
        "manifest_id": f"M-{name}", "version": 1,
        "conveyance": {"mode": "sea", "mmsi": mmsi, "name": f"SHIP {mmsi}", "voyage_number": "1"},
        "consignments": [
            {"consignment_id": f"C-{name}-{number}", "document_type": "bill_of_lading", "document_number": f"BL{name}-{number}", "loading": "NLRTM",
             "discharge": "SGSIN", "flags": [{"flag": "profile", "severity": 0.8}]}
            for number in range(goods)
        ],
    }  # fmt: skip


if __name__ == "__main__":
    main()
