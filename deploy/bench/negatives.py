"""How often ordinary traffic is put before a person: ``python deploy/bench/negatives.py [--data FOLDER] [--json] [SET...]``

Replays recordings in which, as far as anybody knows, nothing is wrong, and counts alerts by set and per 1,000 craft-days (a craft heard on a
UTC day; beside it days of hours in which a craft was heard). Alerts that stand are listed with their sentences, to be looked at one by one; those withdrawn
later count too. ``--data``: the folder of recorded data (default: ``TIDEWAITER_DATA``, else ``../shared/data`` beside the project).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import duckdb

from tracker.alerts.alert import Alert, AlertType
from tracker.cargo.book import CargoBook
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.replay import replay
from tracker.settings import load_settings
from tracker.store.database import Database

SETS: Final[dict[str, tuple[str, ...]]] = {
    "vernon": ("ais/vernon_*.log.gz",),
    "hiddensee": ("ais/hiddensee_*.log.gz",),
    "us_coast": ("positions/us_coast_*.csv.gz",),
    "virginia_beach": ("positions/virginia_beach_*.csv.gz",),
    "aleutians": ("positions/marinecadastre_aleutians_*.csv.gz",),
    "quickstart_states": ("adsb/quickstart_states.json.gz",),
    "bangladesh": ("adsb/bangladesh/*_b.jsonl.gz",),
    "dhaka": ("adsb/bangladesh/dhaka_b.jsonl.gz",),
    "chittagong": ("adsb/bangladesh/chittagong_b.jsonl.gz",),
    "khulna": ("adsb/bangladesh/khulna_b.jsonl.gz",),
    "toulouse": ("adsb/toulouse_paris.beast.gz",),
    "readsb_snapshots": ("adsb/readsb_snapshots_1h.jsonl",),
}
"""Set -> patterns of its files, replayed together."""
BEGUN: Final = TimesSaid(undated="2026-03-01T00:00:00Z")
"""For recordings without times."""
RECEIVERS: Final = {"dhaka": "23.83614,90.41637", "chittagong": "22.35443,91.83391", "khulna": "22.82405,89.55238"}
"""Where receivers stand whose airborne frames are all of one parity (durjoi-asl/mlat-server, TcpClient/receiversInfo.json), by the beginning of their files."""
HEARD: Final = """
WITH heard AS (SELECT craft, time FROM positions UNION ALL SELECT craft, unnest([first_heard_time, last_heard_time]) FROM craft)
SELECT count(DISTINCT (craft, date_trunc('day', time))), count(DISTINCT (craft, date_trunc('hour', time))) / 24 FROM heard
"""
"""Days and hours in which a craft was heard; one whose reports have no positions counts with its first and last."""


class Kept:
    """A sink that keeps the last revision of every alert, and whether it was ever raised."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}

    def add_events(self, events: Sequence[Event]) -> None:
        """Nothing is kept of events."""

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep them."""
        self.alerts.update({alert.alert_id: alert for alert in alerts})


def measured(data: Path, name: str, places: WorldPlaces) -> dict[str, Any]:
    """The figures of one set."""
    paths = sorted(path for pattern in SETS[name] for path in data.glob(pattern))
    if not paths:
        raise SystemExit(f"{data}: has no {', '.join(SETS[name])}; name the folder with --data")
    kept = Kept()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "negatives.duckdb"
        store = Database(file)
        inputs = [open_input(path, number, _said(path)) for number, path in enumerate(paths)]
        replay(inputs, load_settings(), book=CargoBook(), places=places, store=store, sinks=[kept])
        store.close()
        with duckdb.connect(str(file), read_only=True) as connection:
            row = connection.execute("SET TimeZone = 'UTC'").execute(HEARD).fetchone() or (0, 0.0)
    standing = [alert for alert in kept.alerts.values() if alert.type is not AlertType.RETRACTED]
    return {
        "set": name, "craft_days": int(row[0]), "days_heard": round(float(row[1]), 1), "alerts": len(kept.alerts),
        "withdrawn": len(kept.alerts) - len(standing),
        "told": [f"{alert.event.kind} {alert.event.detail or ''} ({alert.event.confidence:.2f}) {alert.event.explanation}" for alert in standing],
    }  # fmt: skip


def _said(path: Path) -> TimesSaid:
    return replace(BEGUN, receiver=RECEIVERS.get(path.name.partition("_")[0], ""))


def main() -> None:
    """Measure the sets asked for, all without any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TIDEWAITER_DATA", beside)))
    parser.add_argument("--json", action="store_true", help="a line of JSON for each set")
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], metavar="SET", help=", ".join(SETS))
    args = parser.parse_args()
    places = WorldPlaces.load()
    days = alerts = 0
    for name in args.sets or SETS:
        found = measured(args.data, name, places)
        days, alerts = days + found["craft_days"], alerts + found["alerts"]
        if args.json:
            print(json.dumps(found), flush=True)
            continue
        rate = 1000 * found["alerts"] / max(1, found["craft_days"])
        print(
            f"{name:18} {found['craft_days']:6} craft-days ({found['days_heard']:.1f} by hours heard)  {found['alerts']:3} alerts "
            f"({found['withdrawn']} withdrawn)  {rate:6.2f} per 1,000 craft-days",
            flush=True,
        )
        for sentence in found["told"]:
            print(f"    {sentence}", flush=True)
    if not args.json:
        print(
            f"{'all':18} {days:6} craft-days, {alerts} alerts: {1000 * alerts / max(1, days):.2f} per 1,000 craft-days"
        )


if __name__ == "__main__":
    main()
