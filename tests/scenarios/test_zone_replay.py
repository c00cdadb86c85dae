"""Zones on the command line: every visit is an event, and an alert only where cargo is known aboard."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CARRIER, OTHER = 219_000_001, 219_000_002
ZONE = {
    "type": "Feature",
    "properties": {"name": "Bank", "zone_id": "bank"},
    "geometry": {"type": "Polygon", "coordinates": [[[2.0, 54.5], [3.0, 54.5], [3.0, 55.5], [2.0, 55.5], [2.0, 54.5]]]},
}
CARGO = {
    "manifest_id": "M1",
    "version": 1,
    "conveyance": {"mode": "sea", "mmsi": CARRIER, "name": "SEA TRADER"},
    "itinerary": [
        {"location": "GBHUL", "depart": "2026-02-28T18:00:00Z"},
        {"location": "DEHAM", "arrive": "2026-03-02T10:00:00Z"},
    ],
    "consignments": [
        {"consignment_id": "1", "document_type": "bill_of_lading", "document_number": "MEDUQ1234567", "loading": "GBHUL",
         "discharge": "DEHAM", "flags": [{"flag": "concealment", "severity": 0.9, "reason": "Seal differs", "by": "risk engine"}]}
    ],
}  # fmt: skip


def replay(folder: Path, zones: str) -> subprocess.CompletedProcess[str]:
    """Two ships pass through; one of them is on the papers."""
    rows = ["mmsi,timestamp,lat,lon,speed,course"]
    for minute in range(0, 600, 3):
        for mmsi, lat in ((CARRIER, 55.0), (OTHER, 54.7)):
            lon = 1.5 + 0.0058 * minute
            rows.append(f"{mmsi},2026-03-01T{minute // 60:02d}:{minute % 60:02d}:00Z,{lat},{lon:.4f},12.0,90.0")
    (folder / "feed.csv").write_text("\n".join(rows) + "\n")
    (folder / "cargo.json").write_text(json.dumps({"manifests": [CARGO]}))
    (folder / "zones.geojson").write_text(zones)
    command = ["replay", "feed.csv", "--zones", "zones.geojson", "--cargo", "cargo.json", "--events", "e.jsonl"]
    return subprocess.run(
        [sys.executable, "-m", "tracker", *command, "--alerts", "a.jsonl", "--json"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip


def of_kind(path: Path, pick: Any) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if pick(line)["kind"] == "zone"]


def test_visits_are_events_for_all_and_alerts_for_those_with_cargo(tmp_path: Path) -> None:
    done = replay(tmp_path, json.dumps(ZONE))
    assert done.returncode == 0, done.stderr
    events = of_kind(tmp_path / "e.jsonl", lambda line: line)
    assert sorted((event["craft"], event["state"]) for event in events) == [
        (f"mmsi:{mmsi}", state) for mmsi in (CARRIER, OTHER) for state in ("closed", "open")
    ]
    alerts = of_kind(tmp_path / "a.jsonl", lambda line: line["data"]["event"])
    assert [(alert["type"].rsplit(".", 1)[1], alert["subject"]) for alert in alerts] == [
        ("raised", f"mmsi:{CARRIER}"),
        ("closed", f"mmsi:{CARRIER}"),
    ]
    assert "entered Bank" in alerts[0]["data"]["explanation"]
    assert "concealment" in alerts[0]["data"]["explanation"]


@pytest.mark.parametrize("text", ["{", '{"type": "FeatureCollection", "features": []}'])
def test_a_bad_file_of_zones_ends_in_one_sentence(tmp_path: Path, text: str) -> None:
    done = replay(tmp_path, text)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "zones.geojson" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "e.jsonl").exists()
