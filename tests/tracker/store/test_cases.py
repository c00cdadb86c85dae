"""Which event of a store is drawn, with whose tracks; what cannot be drawn is said in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, event
from tracker.door.opening import open_to_read
from tracker.errors import InputError
from tracker.events import Event, EventKind, EventState
from tracker.positions import PositionBatch
from tracker.store import append
from tracker.store.cases import read_case
from tracker.store.database import Database
from tracker.units import US_PER_MIN

START_US = 1_772_323_200_000_000
ONE, OTHER = "mmsi:219001234", "mmsi:538000001"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "a.duckdb"


def stored(db: Path, *events: Event) -> None:
    """Two ships for an hour, a report each minute, of two files of one feed; every tenth report is a bad position."""
    count = 60
    store = Database(db)
    for source, craft in enumerate((SHIP_A, SHIP_B)):
        batch = PositionBatch.of(
            START_US + np.arange(count) * US_PER_MIN, np.full(count, craft), np.linspace(54.0, 54.1, count),
            np.full(count, 4.0 + source), source=source, station=np.bytes_(f"ST{source}"),
        )  # fmt: skip
        quality = np.where(np.arange(count) % 10 == 9, 2, 0).astype(np.uint8)
        store.write(append.positions(batch, quality, lambda number: f"ais-2026-03-0{number + 1}.nmea"))
    store.write(append.events(list(events)))
    store.close()


def drawn(db: Path, what: str, detail: str | None = None) -> Any:
    with open_to_read(db) as reader:
        return read_case(reader, str(db), what, detail, lambda source: source.split("-")[0])


def told(kind: EventKind, name: str, minute: int, **more: Any) -> Event:
    at = f"2026-03-01T00:{minute:02d}:00Z"
    return event(kind, more.pop("craft", ONE), at, at, event_id=name, **more)


def test_the_first_of_a_kind_is_a_closed_one_and_never_a_retracted_one(db: Path) -> None:
    end = {"state": EventState.CLOSED, "end_us": START_US + 50 * US_PER_MIN}
    stored(
        db,
        told(EventKind.GAP, "gone", 1, **(end | {"state": EventState.RETRACTED})),
        told(EventKind.GAP, "open", 2),
        told(EventKind.GAP, "later", 9, **end),
        told(EventKind.GAP, "first", 8, cause="in_port", **end),
        told(EventKind.GAP, "air", 3, detail="air"),
    )
    named = [("gap", None), ("gap", "air"), ("gap", "in_port"), ("gone", None)]
    assert [drawn(db, what, detail).event.event_id for what, detail in named] == ["first", "air", "first", "gone"]


def test_a_case_holds_both_tracks_without_what_the_detectors_did_not_see(db: Path) -> None:
    stored(db, told(EventKind.ENCOUNTER, "met", 10, other_craft=OTHER))
    case = drawn(db, "encounter")
    assert (case.track.craft, case.partner.craft) == (ONE, OTHER)
    assert len(case.track) == len(case.partner) == 51 - 5
    assert np.isnan(case.track.speed_kn).all()
    assert (np.diff(case.track.time_us) > 0).all()


def test_displaced_reports_are_a_line_of_their_own_in_what_is_about_them_alone(db: Path) -> None:
    stored(db, told(EventKind.INTEGRITY, "flung", 10, detail="displaced"), told(EventKind.LOITERING, "waits", 10))
    rows = PositionBatch.of(
        START_US + (np.arange(10, 40) * 60 + 30) * 1_000_000, np.full(30, SHIP_A), np.full(30, 20.0), np.full(30, -40.0)
    )
    store = Database(db)
    store.write(
        append.positions(
            rows, np.full(30, append.QUALITIES.index("displaced"), dtype=np.uint8), lambda _: "ais-2026-03-01.nmea"
        )
    )
    store.close()
    track = drawn(db, "flung").track
    true, false = (
        track.where(track.segment == segment) for segment in sorted(set(track.segment.tolist()), reverse=True)
    )
    assert (set(false.lat_deg.tolist()), len(false)) == ({20.0}, 30)
    assert true.lat_deg.min() >= 54.0
    assert drawn(db, "waits").track.lat_deg.min() >= 54.0


def test_witnesses_are_company(db: Path) -> None:
    seen = {"witnesses": [{"craft": OTHER}, {"craft": "mmsi:1"}, {}, 7]}
    stored(db, told(EventKind.DARK_PERIOD, "dark", 10, evidence=seen))
    assert [track.craft for track in drawn(db, "dark_period").company] == [OTHER]


@pytest.mark.parametrize(("feed", "craft"), [("source:ais", [ONE, OTHER]), ("source:ais/ST1", [OTHER])])
def test_a_feed_is_all_its_files_and_a_station_one_of_them(db: Path, feed: str, craft: list[str]) -> None:
    stored(db, told(EventKind.FEED_OUTAGE, "out", 30, craft=feed))
    case = drawn(db, "feed_outage")
    assert [track.craft for track in case.company] == craft
    assert set(case.rate.rows[1:-1]) == {0, len(craft)}


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        ("encounter", ("no event of the kind encounter", "query")),
        ("meeting", ("no event or alert 'meeting'", "event_id", "encounter")),
        ("zone", ("no position of mmsi:219000001", "replay")),
    ],
)
def test_what_cannot_be_drawn_is_said(db: Path, what: str, parts: tuple[str, ...]) -> None:
    stored(db, told(EventKind.ZONE, "unheard", 10, craft="mmsi:219000001"))
    with pytest.raises(InputError) as raised:
        drawn(db, what)
    assert all(part in str(raised.value) for part in parts)


def test_a_store_that_is_none_is_said(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear customs")
    for path, part in ((letter, "DuckDB"), (tmp_path / "nowhere.duckdb", "no such file")):
        with pytest.raises(InputError, match=part):
            drawn(path, "gap")
