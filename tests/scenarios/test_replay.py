"""A whole small scenario through the whole program: the same bytes out for every cut, every order of arrival, every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from streams.files import read_blocks
from streams.memory import ManualClock
from tests.scenarios.test_formation import START_US, flight
from tracker.cargo.link import CargoLinker
from tracker.cargo.read import read_cargo
from tracker.engine.build import build_timeline
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline
from tracker.evaluation.comparison import compare_files
from tracker.events import Event
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import zones_from
from tracker.inputs import open_input
from tracker.inputs import recorded as inputs
from tracker.positions import PositionBatch
from tracker.replay import JsonLines, Summary, replay
from tracker.settings import load_settings
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE, LABELS_FILE, simulate
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_MIN


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenario")
    simulate(folder, seed=5, vessels=60, flights=8, hours=16.0)
    return folder


def run(
    scenario: Path, places: WorldPlaces, out: Path, *, block_bytes: int = 1 << 20, ais: Path | None = None
) -> tuple[Summary, str, str]:
    out.mkdir(exist_ok=True)
    config = out / "settings.toml"
    config.write_text(f"[replay]\nblock_bytes = {block_bytes}\n")
    events, alerts = out / "events.jsonl", out / "alerts.jsonl"
    lines = JsonLines(events, alerts)
    feeds = [ais or scenario / AIS_FILE, scenario / AIR_FILE]
    book = read_cargo([scenario / CARGO_FILE], places.resolve_location)
    summary = replay(
        [open_input(path, number) for number, path in enumerate(feeds)],
        load_settings(config),
        book=book,
        places=places,
        sinks=[lines],
        clock=ManualClock(),
    )
    lines.close()
    return summary, events.read_text(), alerts.read_text()


@pytest.fixture(scope="module")
def whole(scenario: Path, places: WorldPlaces, tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, str, str]:
    return run(scenario, places, tmp_path_factory.mktemp("whole"), block_bytes=1 << 26)


def test_every_unit_is_decoded_or_refused(whole: tuple[Summary, str, str]) -> None:
    summary = whole[0]
    assert summary.units_in == summary.units_decoded + sum(summary.rejects.values())
    assert summary.rejects["bad_checksum"] > 0
    assert summary.seconds == 0.0, "a replay asks no other clock than the one it is given"


def test_what_was_seeded_is_found_and_traps_are_not(
    scenario: Path, whole: tuple[Summary, str, str], tmp_path: Path
) -> None:
    for name, text in (("events.jsonl", whole[1]), ("alerts.jsonl", whole[2])):
        (tmp_path / name).write_text(text)
    result = compare_files(scenario / LABELS_FILE, tmp_path / "events.jsonl", tmp_path / "alerts.jsonl").to_json()
    for kind, score in result["kinds"].items():
        # in 16 h of 60 ships one may fall silent where nobody has passed before
        assert score["missed"] <= (1 if kind in ("diversion", "dark_period") else 0), kind
        assert score["false"] <= 1, kind


def test_alerts_name_flagged_consignments(whole: tuple[Summary, str, str]) -> None:
    alerts = [json.loads(line) for line in whole[2].splitlines()]
    flagged = [a for a in alerts if any(c.get("flags") for c in a["data"]["consignments"])]
    assert flagged
    assert all(a["data"]["explanation"] and a["data"]["priority_terms"] for a in alerts)


def test_a_gap_is_never_an_alert_and_revisions_count_up(whole: tuple[Summary, str, str]) -> None:
    assert all('"kind":"gap"' not in line for line in whole[2].splitlines())
    last: dict[str, int] = {}
    for line in whole[1].splitlines():
        event = json.loads(line)
        assert event["revision"] == last.get(event["event_id"], 0) + 1
        last[event["event_id"]] = event["revision"]


@pytest.mark.parametrize("block_bytes", [1 << 20, 77_777])
def test_cutting_the_input_changes_no_byte(
    scenario: Path, places: WorldPlaces, tmp_path: Path, whole: tuple[Summary, str, str], block_bytes: int
) -> None:
    assert run(scenario, places, tmp_path / "cut", block_bytes=block_bytes)[1:] == whole[1:]


def test_batches_of_shuffled_sizes_change_no_byte(
    scenario: Path,
    places: WorldPlaces,
    tmp_path: Path,
    whole: tuple[Summary, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(7)

    def uneven(path: Path, block_bytes: int, progress: object = None, **_: object) -> Iterator[bytes]:
        data, at = b"".join(read_blocks(path, block_bytes)), 0
        while at < len(data):
            size = int(rng.choice([300, 5_000, 70_000, 900_000]))
            yield data[at : at + size]
            at += size

    monkeypatch.setattr(inputs, "read_blocks", uneven)
    assert run(scenario, places, tmp_path / "uneven")[1:] == whole[1:]


def test_arrival_order_changes_no_byte(
    scenario: Path, places: WorldPlaces, tmp_path: Path, whole: tuple[Summary, str, str]
) -> None:
    """The lines of single-sentence messages shuffled within about an hour; fragments stay together."""
    lines = b"".join(read_blocks(scenario / AIS_FILE)).splitlines(keepends=True)
    single = [b",1,1," in line[:80] for line in lines]
    groups: list[bytes] = []
    for line, alone in zip(lines, single, strict=True):
        if alone or not groups or groups[-1].count(b"\n") != 1 or b",2,1," not in groups[-1]:
            groups.append(line)
        else:
            groups[-1] += line
    rng = np.random.default_rng(6)
    window = max(2, len(groups) // 16)
    order = np.argsort(np.arange(len(groups)) + rng.uniform(0, window, len(groups)), kind="stable")
    shuffled = tmp_path / "ais.nmea"
    shuffled.write_bytes(b"".join(groups[i] for i in order))
    again = run(scenario, places, tmp_path / "shuffled", ais=shuffled)
    assert again[0].late == 0
    assert again[1:] == whole[1:]


STEP_US = 10 * US_PER_MIN
CUTS = 24
TOLD_OPEN = {
    "circling", "dark_period", "diversion", "encounter", "feed_outage", "formation", "gap", "integrity", "loitering",
    "off_aerodrome_landing", "zone",
}  # fmt: skip
"""Kinds (and the detail ``formation``) of which an event must begin before a cut and become known after it."""


@pytest.mark.slow
def test_a_timeline_put_away_and_restored_tells_the_same(scenario: Path, places: WorldPlaces) -> None:
    """Every detector at work: what it remembers goes through bytes into a new timeline again and again."""
    book = read_cargo([scenario / CARGO_FILE], places.resolve_location)
    decoded = [
        block
        for number, path in enumerate((scenario / AIS_FILE, scenario / AIR_FILE))
        for block in open_input(path, number).decoded(1 << 22, lambda _: None, with_others=False)
    ]
    reports = PositionBatch.concat([block.positions for block in decoded])
    begun_us = int(reports.time_us.min())
    # the simulator makes no formation: two side by side over the ocean, in the fourth hour
    pair = [
        one.with_columns(
            time_us=one.time_us - START_US + begun_us + 3 * US_PER_H, lon_deg=one.lon_deg - 25.0, source=one.source + 1
        )
        for one in (flight(1), flight(2, away_km=0.6))
    ]
    rows = PositionBatch.concat([reports, *pair]).in_time_order()
    statics = StaticBatch.concat([block.statics for block in decoded]).in_time_order()
    lat, lon = float(np.nanmedian(reports.lat_deg)), float(np.nanmedian(reports.lon_deg))
    ring = [[lon + x, lat + y] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    zones = zones_from(
        {"type": "Feature", "properties": {"name": "Here"}, "geometry": {"type": "Polygon", "coordinates": [ring]}},
        "zone",
    )
    settings = load_settings()

    def build() -> Timeline:
        linker = CargoLinker(book, places.resolve_location)
        return build_timeline(settings, linker, places, zones, Feeds(["ais", "air"]))

    marks_us = np.arange(begun_us, int(rows.time_us.max()) + 12 * US_PER_H, STEP_US) + STEP_US
    cuts = set(np.random.default_rng(4).choice(len(marks_us) * 2 // 3, CUTS, replace=False).tolist()) | {18, 19}
    row_ends, static_ends = (np.searchsorted(batch.time_us, marks_us, side="right") for batch in (rows, statics))
    whole, cut = build(), build()
    told: list[Event] = []
    for step, mark_us in enumerate(marks_us.tolist()):
        some = rows.take(slice(int(row_ends[step - 1]) if step else 0, int(row_ends[step])))
        more = statics.take(slice(int(static_ends[step - 1]) if step else 0, int(static_ends[step])))
        expected, found = whole.advance(some, more, mark_us), cut.advance(some, more, mark_us)
        assert [event.to_json_line() for event in found.events] == [event.to_json_line() for event in expected.events]
        assert np.array_equal(found.fate, expected.fate)
        told += expected.events
        if step in cuts:
            kept = cut.snapshot()
            cut = build()
            cut.restore(kept)
    assert cut.snapshot() == whole.snapshot()
    assert cut.port_calls.rows() == whole.port_calls.rows() != []
    cuts_us = [int(marks_us[step]) for step in cuts]
    over = {
        "formation" if event.detail == "formation" else str(event.kind)
        for event in told
        if any(event.start_us < at_us < event.known_us for at_us in cuts_us)
    }
    assert over >= TOLD_OPEN
