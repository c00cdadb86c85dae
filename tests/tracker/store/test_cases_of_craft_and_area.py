"""Pictures of a craft and of an area: who is meant, from when to when, and what is said where nothing is to be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tracker.alerts.story import event
from tests.tracker.drawing.test_picture import drawn, texts
from tracker.door.opening import open_to_read
from tracker.errors import InputError
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.store import append
from tracker.store.cases import Span, craft_named, read_area, read_case, read_craft
from tracker.store.database import Database

T_US = 1_772_323_200_000_000
MINUTE_US = 60_000_000


def asked(read: Any, path: Path, *what: Any) -> Any:
    with open_to_read(path) as reader:
        return read(reader, str(path), *what)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = Database(tmp_path / "a.duckdb")
    for number, lon_deg in ((219000001, 179.5), (219000002, 8.0), (219000003, 8.1)):
        steps = np.arange(60)
        lon = (lon_deg + steps * 0.02 + 180.0) % 360.0 - 180.0
        rows = PositionBatch.of(
            T_US + steps * MINUTE_US, np.full(60, int(mmsi_craft(number))), 54.0 + steps * 0.001, lon
        )
        store.write(append.positions(rows, np.zeros(60, dtype=np.uint8), lambda _: "feed"))
    store.close()
    return tmp_path / "a.duckdb"


@pytest.mark.parametrize(
    ("text", "craft"),
    [
        ("219000001", "mmsi:219000001"), ("MMSI:219000001", "mmsi:219000001"), ("4B1812", "icao24:4b1812"), ("icao24:~4b1812", "icao24:~4b1812"),
        ("encounter", None), ("440037e4d13122e39852d6be", None), ("mmsi:1", None),
    ],
)  # fmt: skip
def test_a_craft_is_known_by_its_number(text: str, craft: str | None) -> None:
    assert craft_named(text) == craft


def test_a_craft_between_two_times(path: Path) -> None:
    case = asked(read_craft, path, "mmsi:219000002", Span(T_US + 10 * MINUTE_US, T_US + 20 * MINUTE_US))
    assert (case.track.time_us[0], case.track.time_us[-1], len(case.track)) == (
        T_US + 10 * MINUTE_US,
        T_US + 20 * MINUTE_US,
        11,
    )
    shown = texts(drawn(case))
    assert any("Track" in text for text in shown)
    assert any("11 positions" in text for text in shown)
    with pytest.raises(InputError, match="no position in that time"):
        asked(read_craft, path, "mmsi:219000002", Span(T_US - MINUTE_US * 10, T_US - MINUTE_US))


def test_a_craft_never_heard_and_a_number_that_is_none_are_told_apart(path: Path) -> None:
    with pytest.raises(InputError, match=r"mmsi:999999999: no position; ask"):
        asked(read_craft, path, "mmsi:999999999", Span())
    with (
        pytest.raises(InputError, match="'mmsi:999' is no craft; write mmsi: and nine digits"),
        open_to_read(path) as reader,
    ):
        read_case(reader, str(path), "mmsi:999", None, str)


def test_an_area_also_across_the_antimeridian(path: Path) -> None:
    case = asked(read_area, path, (53.0, 7.0, 55.0, 9.0), Span())
    assert sorted(track.craft for track in case.company) == ["mmsi:219000002", "mmsi:219000003"]
    shown = texts(drawn(case))
    assert any("2 craft were heard" in text for text in shown)
    across = asked(read_area, path, (53.0, 179.0, 55.0, -179.0), Span())
    assert [track.craft for track in across.company] == ["mmsi:219000001"]
    drawn(across)
    with pytest.raises(InputError, match="area: no position;"):
        asked(read_area, path, (0.0, 7.0, 1.0, 9.0), Span())


def test_an_alert_is_drawn_by_its_own_id(path: Path) -> None:
    stated = event(craft=int(mmsi_craft(219000002)), start="2026-03-01T00:10:00Z", known="2026-03-01T00:20:00Z")
    store = Database(path)
    store.write(append.events([stated]))
    store.write(
        lambda connection: connection.execute(
            "INSERT INTO alert_revisions (alert_id, revision, type, time, craft, kind, event_id, explanation, data) "
            "VALUES ('a1', 1, 'tidewaiter.alert.raised', now(), ?, 'dark_period', ?, 'why', '{}')",
            [stated.craft, stated.event_id],
        )
    )
    store.close()
    assert asked(read_case, path, "a1", None, str).event.event_id == stated.event_id
    with pytest.raises(InputError, match="holds no event or alert 'a2'; give an event_id, an alert_id, a craft"):
        asked(read_case, path, "a2", None, str)
