"""The order of rows inside files, and how they are cut into files, changes nothing of what is found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from deploy.reliability.orders import records_of, run, tried
from tracker.geography.places import WorldPlaces

SHIPS = (
    # name, IMO, type, speeds in knots: under way, then drifting
    ("ANNA", "9074729", "Cargo", 12.0, 0.6),
    ("BERTA", "9187629", "Fishing", 9.0, 0.7),
    ("CILLA", "8814275", "Tanker", 11.0, 0.4),
    ("DORIS", "", "Cargo", 13.0, 13.0),
)
DATA = (
    "positions/encounter_simple.csv", "positions/marinecadastre_aleutians_2017_01.csv.gz",
    "positions/us_coast_2020_06_30.csv.gz", "positions/virginia_beach_2020_06_04.csv.gz",
    "adsb/quickstart_states.json.gz", "adsb/readsb_snapshots_1h.jsonl", "adsb/readsb_trace_ac671b.json.gz",
    "adsb/tracks/ajaccio.json.gz", "adsb/tracks/belevingsvlucht.json.gz", "adsb/tracks/dreamliner_boeing.json.gz",
    "adsb/tracks/pixair_toulouse.json.gz", "ais/global_tagblock_5min.nmea.gz", "ais/southern_california_7min.ais.gz",
    "ais/hiddensee_20130731_4h.log.gz", "ais/vernon_20160331.log.gz",
)  # fmt: skip


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


def write_sea(path: Path) -> Path:
    """A day of the open Baltic as a table sorted by craft; who they are stands on every row, and one takes another name on the way."""
    random = np.random.default_rng(4)
    begin_s = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    lines = ["MMSI,Timestamp,Latitude,Longitude,SOG,COG,Navigational status,IMO,Name,Ship type,Destination"]
    for k, (name, imo, kind, fast_kn, slow_kn) in enumerate(SHIPS):
        lat_deg, lon_deg = 57.0 + 0.2 * k, 18.9 + 0.1 * k
        for minute in range(0, 1440, 2):
            speed_kn = fast_kn if minute < 240 else slow_kn
            course_deg = 45.0 + 60.0 * np.sin(minute / 90.0) + 10.0 * k
            lat_deg += speed_kn / 60.0 * np.cos(np.radians(course_deg)) / 30.0
            lon_deg += speed_kn / 60.0 * np.sin(np.radians(course_deg)) / 30.0 / 0.54
            at = datetime.fromtimestamp(begin_s + 60 * minute + int(random.integers(0, 60)), UTC)
            called = "ANNABELLA" if name == "ANNA" and minute > 900 else name
            bound = "GDYNIA" if minute < 700 else "RIGA"
            lines.append(
                f"{219_000_001 + k},{at:%Y-%m-%d %H:%M:%S},{lat_deg:.5f},{lon_deg:.5f},{speed_kn},{course_deg:.1f},"
                f"Under way using engine,{imo},{called},{kind},{bound}"
            )
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("memory_rows", [1_000_000, 1_000])
def test_a_sea_in_any_order_and_in_any_files_gives_the_same_events(
    tmp_path: Path, places: WorldPlaces, memory_rows: int
) -> None:
    records = records_of(write_sea(tmp_path / "sea.csv"))
    found = {name: (summary, told) for name, summary, told, _ in tried(records, places, tmp_path, 3, memory_rows)}
    summary, first = found["published"]
    assert summary.events["loitering"] >= 2
    assert summary.statics > 100
    for name, (again, told) in found.items():
        assert told.difference(first) == {}, name
        assert again.statics == summary.statics, name
        assert again.late == again.broken_clock == 0, name


def test_a_table_of_columns_in_any_order_gives_what_the_text_gives(tmp_path: Path, places: WorldPlaces) -> None:
    sea = write_sea(tmp_path / "sea.csv")
    table = pyarrow.csv.read_csv(sea)
    order = np.random.default_rng(5).permutation(table.num_rows)
    pyarrow.parquet.write_table(table.take(order), tmp_path / "feed.parquet", row_group_size=500)
    records_of(sea).write(tmp_path / "feed.csv", range(len(SHIPS) * 720))
    (_, text), (_, columns) = (run([tmp_path / f"feed.{kind}"], places) for kind in ("csv", "parquet"))
    assert columns.difference(text) == {}
    assert len(text.events) >= 2


@pytest.mark.real_data
@pytest.mark.parametrize("name", DATA)
def test_recorded_tables_and_logs_in_any_order_give_the_same_events(
    name: str, real_data: Path, tmp_path: Path, places: WorldPlaces
) -> None:
    records = records_of(real_data / name, craft=15, lines=8_000)
    first = None
    # cut up line by line, a log loses the messages whose fragments come into different files; whole files: deploy/reliability/orders.py
    only = (
        ("published", "shuffled") if name.startswith("ais/") else ("published", "shuffled", "in 3 files", "overlapping")
    )
    for order, _, told, _ in tried(records, places, tmp_path, 3, None, only):
        first = first or told
        assert told.difference(first) == {}, order
