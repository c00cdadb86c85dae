"""Pictures of docs/events, one for each kind of event. ``python -m tracker.documents.pictures`` makes them anew (``deploy/pictures`` sets up and runs it).

They show simulated cases only: recorded data belong to others. One small scenario is simulated and replayed with the default settings and
the bundled geography, so the pictures are the same bytes on every run; a test compares them.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final

from tracker.commands.replay import run_replay
from tracker.door.opening import open_to_read
from tracker.drawing.picture import draw
from tracker.events import EventKind
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES, read_zones
from tracker.inputs.recorded import feed_name
from tracker.settings import load_settings
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE, simulate
from tracker.store.cases import read_case

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "events" / "pictures"

CASES: Final = {
    EventKind.GAP: "left_coverage",
    EventKind.DARK_PERIOD: "sea",
    EventKind.LOITERING: "drifting",
    EventKind.ENCOUNTER: "stopped",
    EventKind.DIVERSION: "wrong_way",
    EventKind.OFF_AERODROME_LANDING: "landing",
    EventKind.CIRCLING: "orbit",
    EventKind.INTEGRITY: "circle_pattern",
    EventKind.ZONE: "inside",
    EventKind.FEED_OUTAGE: "silent",
}
"""Which detail or cause of a kind is shown; of several events the first."""

_SEED: Final = 8
_VESSELS: Final = 40
_FLIGHTS: Final = 20
_HOURS: Final = 24.0
"""The smallest scenario tried in which all of ``CASES`` happen."""
_ZONE: Final = {
    "type": "Feature",
    "properties": {"name": "Watched area", "applies_to": "sea"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[4.05, 52.75], [4.55, 52.65], [4.75, 53.05], [4.25, 53.2], [4.05, 52.75]]],
    },
}
"""Where many ships of the simulator pass, off the Dutch coast."""


def make_pictures(work: Path) -> dict[str, str]:
    """Every picture by the name of its file; ``work`` is an empty folder for the scenario."""
    zones = work / "zones.geojson"
    zones.write_text(json.dumps(_ZONE), encoding="utf-8")
    simulate(work, seed=_SEED, vessels=_VESSELS, flights=_FLIGHTS, hours=_HOURS)
    store, nothing_own = work / "store.duckdb", work / "reference"
    nothing_own.mkdir()
    feeds = [work / AIS_FILE, work / AIR_FILE]
    run_replay(feeds, load_settings, db=store, cargo=[work / CARGO_FILE], zones=zones, reference=nothing_own)
    places = WorldPlaces.load()
    areas, pictures = read_zones(zones), {}
    for kind, detail in CASES.items():
        with open_to_read(store) as reader:
            case = read_case(reader, str(store), str(kind), detail, lambda source: feed_name(Path(source)))
        pictures[f"{kind}.svg"] = draw(case, places, areas if kind is EventKind.ZONE else NO_ZONES, "Simulated.")
    return pictures


def write_pictures(folder: Path) -> None:
    """Write every picture into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        for name, picture in make_pictures(Path(work)).items():
            (folder / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    write_pictures(FOLDER)
