"""Arrival order: the reports of a sea shuffled within six hours, five in a hundred twice, over three sources a feed, end in the same events.

``python deploy/reliability/late.py [--hours 6] [--seed 1]`` prints its figures as JSON and ends with 1 where something differs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from deploy.reliability.arrival import disordered, ordered
from deploy.reliability.compare import difference, final_alerts_told_at_any_time, final_events
from tracker.geography.places import WorldPlaces
from tracker.simulate.scenario import simulate


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=6.0, help="rows arrive up to so many hours late")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vessels", type=int, default=60)
    given = parser.parse_args()
    places = WorldPlaces.load()
    with tempfile.TemporaryDirectory() as folder:
        sea = Path(folder) / "sea"
        sea.mkdir()
        simulate(sea, seed=5, vessels=given.vessels, flights=8, hours=16.0)
        expected = ordered(sea, places)
        begun_s = time.monotonic()
        found, counts = disordered(sea, places, Path(folder), given.hours, given.seed)
        took_s = time.monotonic() - begun_s
    events = [final_events(event.to_json() for event in told.events) for told in (expected, found)]
    alerts = [
        final_alerts_told_at_any_time({"type": alert.type_name, "data": alert.data()} for alert in told.alerts)
        for told in (expected, found)
    ]
    differences = {"events": difference(*events), "alerts": difference(*alerts)}
    is_same = not any(ids for kinds in differences.values() for ids in kinds.values())
    figures = {
        "spread_h": given.hours, "events": len(events[0]), "alerts": len(alerts[0]), "is_same": is_same,
        "published_revisions": len(found.events), "late_rows": counts.late, "too_late_rows": counts.too_late,
        "recomputations": counts.recomputations, "recomputed_rows": counts.recomputed_rows, "took_s": round(took_s, 1),
        "load_1min": round(os.getloadavg()[0], 2), "differences": differences,
    }  # fmt: skip
    print(json.dumps(figures, indent=1))
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
