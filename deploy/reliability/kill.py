"""The kill test: one feed through a real broker, undisturbed once, then killed with SIGKILL again and again at random moments.

    .venv/bin/python deploy/reliability/kill.py --runs 100 --kills 4

Each run must end with the events, the alerts and the messages on the topic of the undisturbed run: messages after dropping what was sent
twice under one id, to the byte. One id that says two things fails the run. Prints a line a run and a summary as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from deploy.reliability.asking import Asking
from deploy.reliability.compare import alerts_of_store, differences, events_of_store, final_alerts, final_events
from deploy.reliability.killing import arguments, clear_away, try_with_broker
from deploy.reliability.running import Broker, Program, kafka_section, latest_messages, unique
from streams.files import read_blocks
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate


def main() -> None:
    """Run it."""
    parser = arguments(__doc__, runs=100, kills=4, vessels=40, hours=10.0)
    parser.add_argument(
        "--asked",
        action="store_true",
        help="ask the door of each program for its status and with a heavy question every second",
    )
    parser.add_argument("--feed", type=Path, help="a recorded feed instead of a simulated one")
    try_with_broker("kill-", parser.parse_args(), run)


def run(args: argparse.Namespace, folder: Path, broker: Broker) -> dict[str, Any]:
    """All runs; the summary."""
    cargo: list[str] = []
    feed = args.feed
    if feed is None:
        simulate(folder / "sea", seed=args.seed, vessels=args.vessels, flights=0, hours=args.hours)
        feed, cargo = folder / "sea" / AIS_FILE, ["--cargo", str(folder / "sea" / CARGO_FILE)]
    raw = broker.topic("raw")
    lines = b"".join(read_blocks(feed)).splitlines(keepends=True)
    broker.produce(raw, lines)
    rng = random.Random(args.seed if args.moments is None else args.moments)
    expected, took, _ = one(folder / "undisturbed", broker, raw, len(lines), cargo, [], asked=False)
    print(
        f"undisturbed: {len(expected['events'])} events, {len(expected['messages'])} messages, {took:.1f} s", flush=True
    )
    failed, kills = 0, 0
    answers: Counter[str] = Counter()
    for number in range(args.runs):
        moments = [rng.uniform(0.0, took) * rng.choice((0.3, 1.0)) for _ in range(rng.randint(1, args.kills))]
        found, seconds, answered = one(
            folder / f"run{number}", broker, raw, len(lines), cargo, moments, asked=args.asked
        )
        answers.update(answered)
        kills += found["kills"]
        wrong = differences({name: expected[name] for name in ("events", "alerts", "messages")}, found)
        failed += bool(wrong)
        clear_away(folder, f"run{number}", args.keep, differs=bool(wrong))
        doubled = found["sent"] - len(found["messages"])
        print(
            f"run {number}: {found['kills']} kills, {seconds:.1f} s, {doubled} sent twice, {wrong or 'equal'}",
            flush=True,
        )
    return {
        "runs": args.runs,
        "kills": kills,
        "failed": failed,
        "sentences": len(lines),
        "messages": len(expected["messages"]),
        "door": dict(answers),
    }


def one(
    folder: Path, broker: Broker, raw: str, sentences: int, cargo: list[str], moments: list[float], *, asked: bool
) -> tuple[dict[str, Any], float, dict[str, int]]:
    """One life story of a program; what it left behind, how long it took, and what its door answered."""
    name = unique("run")
    settings = f"""
[sources.gate]
kind = "kafka"
topics = ["{raw}"]
format = "nmea"
{kafka_section(broker.bootstrap, name)}
[watch]
http_address = ""
"""
    program = Program(folder, settings, cargo)
    begun = time.monotonic()
    asking = Asking(program.store) if asked else None
    kills = 0
    for moment in moments:
        program.start()
        try:
            program.wait_for("live", kills + 1)
        finally:
            time.sleep(moment)
        program.kill()
        kills += 1
    program.start()
    program.wait_for("live", kills + 1)
    program.wait_for_idle(position=str(sentences))
    took = time.monotonic() - begun
    answers = asking.stop()["answers"] if asking is not None else {}
    program.stop()
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in program.log), encoding="utf-8")
    committed = program.committed()
    assert committed is not None
    position = int(next(iter(committed["lines"].values()))["position"].partition("@")[0])
    assert position == sentences, f"{position} of {sentences} records read"
    records = broker.messages(f"{name}-alerts")
    return {
        "events": final_events(events_of_store(program.store)),
        "alerts": final_alerts(alerts_of_store(program.store)),
        "messages": {key: value.decode() for key, value in latest_messages(records).items()},
        "sent": len(records),
        "kills": kills,
    }, took, answers  # fmt: skip


if __name__ == "__main__":
    main()
