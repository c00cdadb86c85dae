"""Engine and room killed with SIGKILL in bursts, one, the other, both, or the network between them cut, while officers act through the API.

    .venv/bin/python deploy/reliability/room.py --runs 50

The engine is a process with a real store and a real door, whose alerts are made up (``room_engine``: how alerts come to be is what kill.py tries); the room is ``tidewaiter room``. In each run the engine
is told to commit ``--burst`` revisions, and at a random moment of that one of the four things happens, in turn. Two officers acknowledge, note, close and reopen all the time, each act
with a key, sent again until it is answered; one client follows the stream and comes back where it was.

After each run, once the room has caught up: the revisions in the room are those in the engine, each once; what the list shows of an alert is its newest; no follower was shown an alert older than before;
the acts in the store are those that were answered as done, each once; the audit has each exactly once, and its chain holds. At the end, when nothing can be undone any more: every decision that
was not taken back stands in the engine's ``verdicts`` once. Prints a line a run and a summary as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from deploy.reliability.room_people import Follower, Officer
from deploy.reliability.room_sides import Sides
from tracker.room.alerts.alert_tables import ALERT_REVISIONS, ALERTS, DECISIONS, DESK_ACTS
from tracker.room.audit.heads import read_anchors
from tracker.room.audit.log import entries
from tracker.room.audit.verifying import verify_store
from tracker.room.store.opening import open_room_store

KINDS: Final = ("engine", "room", "both", "network")
_PATIENCE_S: Final = 180.0


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--burst", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="room-") as name:
        report = run(Path(name), args.runs, args.burst, args.seed)
    print(json.dumps(report))
    sys.exit(report["failed"] > 0)


def run(folder: Path, runs: int, burst: int, seed: int) -> dict[str, Any]:
    """All runs; the summary."""
    rng, begun, failed = random.Random(seed), time.monotonic(), 0
    sides = Sides(folder)
    officers: list[Officer] = []
    try:
        sides.start()
        officers = [Officer(sides, name, rng.randrange(1 << 30)) for name in ("olga", "otto")]
        follower = Follower(sides, officers[0].client)
        for one in (*officers, follower):
            one.start()
        follower.has_begun.wait()
        for number in range(runs):
            kind = KINDS[number % len(KINDS)]
            sides.burst(burst)
            time.sleep(rng.uniform(0.0, burst / 5 * 0.03))
            sides.disturb(kind, rng.uniform(0.2, 2.0))
            sides.wait_until_level(_PATIENCE_S)
            for officer in officers:
                officer.pause()
            follower.check(sides)
            wrong = differences(sides, officers, follower)
            for officer in officers:
                officer.go_on()
            failed += bool(wrong)
            print(
                f"run {number}: {kind}, {time.monotonic() - begun:.0f} s so far, {wrong or 'as it should be'}",
                flush=True,
            )
        for officer in officers:
            officer.stop()
        follower.stop()
        wrong = undelivered(sides)
        failed += bool(wrong)
        revisions, acts = _counts(sides)
        return {
            "runs": runs, "failed": failed, "seconds": round(time.monotonic() - begun), "revisions": revisions, "acts": acts,
            "answers": dict(sum((one.answers for one in officers), Counter())), "sent_again": sum(one.sent_again for one in officers),
            "shown": follower.shown, "came_again": follower.came_again, "resets": follower.resets, "at_the_end": wrong or "every decision once",
        }  # fmt: skip
    finally:
        for officer in officers:
            officer.stop()
        sides.end()


def differences(sides: Sides, officers: list[Officer], follower: Follower) -> dict[str, Any]:
    """What is not as it should be, while nobody acts; empty where all is."""
    wrong: dict[str, Any] = {}
    told = sides.revisions_told()
    store = open_room_store(str(sides.data))
    try:
        with store.read() as connection:
            held = Counter(
                (r.alert_id, r.revision)
                for r in connection.execute(select(ALERT_REVISIONS.c.alert_id, ALERT_REVISIONS.c.revision))
            )
            if held != Counter(told):
                wrong["revisions"] = {
                    "lost": len(Counter(told) - held),
                    "doubled_or_made_up": len(held - Counter(told)),
                }
            newest: dict[str, int] = {}
            for alert_id, revision in told:
                newest[alert_id] = max(revision, newest.get(alert_id, 0))
            shown = {r.alert_id: r.revision for r in connection.execute(select(ALERTS.c.alert_id, ALERTS.c.revision))}
            if shown != newest:
                wrong["shown"] = "alerts stand in another revision than their newest"
            acts = connection.execute(select(DESK_ACTS.c.act_id, DESK_ACTS.c.alert_id, DESK_ACTS.c.version)).all()
            done = Counter(place for officer in officers for place in officer.done)
            kept = Counter((row.alert_id, row.version) for row in acts)
            if done != kept:
                wrong["acts"] = {"lost": len(done - kept), "doubled": len(kept - done)}
            audited = Counter(
                name
                for entry in entries(connection)
                if not entry.is_refused
                for name in entry.objects
                if name.startswith("act:")
            )
            if audited != Counter(f"act:{row.act_id}" for row in acts):
                wrong["audit"] = "acts do not stand in it exactly once"
            finding = verify_store(connection, read_anchors(sides.anchor_lines()))
            if not finding.holds:
                wrong["chain"] = finding.sentence()
    finally:
        store.close()
    if follower.older:
        wrong["older"] = follower.older[:5]
    strange = {status for officer in officers for status in officer.answers} - {200, 409, 412}
    if strange:
        wrong["answers"] = sorted(strange)
    return wrong  # fmt: skip


def undelivered(sides: Sides) -> dict[str, Any]:
    """Decisions that the engine has not, or has twice, once all are due; empty where it has each once."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        store = open_room_store(str(sides.data))
        with store.read() as connection:
            rows = connection.execute(
                select(DECISIONS.c.decision_id, DECISIONS.c.sent_us, DECISIONS.c.withdrawn_us)
            ).all()
        store.close()
        due = [row.decision_id for row in rows if row.withdrawn_us is None]
        if all(row.sent_us is not None for row in rows if row.withdrawn_us is None) or time.monotonic() > until:
            break
        time.sleep(1.0)
    held = Counter(sides.decisions_held())
    if held == Counter(due):
        return {}
    return {"lost": len(Counter(due) - held), "doubled_or_made_up": len(held - Counter(due))}


def _counts(sides: Sides) -> tuple[int, int]:
    store = open_room_store(str(sides.data))
    try:
        with store.read() as connection:
            return len(connection.execute(select(ALERT_REVISIONS.c.revision)).all()), len(
                connection.execute(select(DESK_ACTS.c.act_id)).all()
            )
    finally:
        store.close()


if __name__ == "__main__":
    main()
