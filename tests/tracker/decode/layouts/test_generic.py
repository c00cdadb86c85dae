"""Names that people give the columns of tables that nobody described."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.inputs import open_input

SHIP = "257000001,2023-09-08 17:01:25,59.9,10.5,18.52"
AIRCRAFT = "4CA1FA,2023-09-08 17:01:25,59.9,10.5,18.52"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Vessel MMSI,Time (UTC),Lat,Lon,Speed (km/h)", SHIP),
        ("MMSI Number,Date Time (UTC),Latitude (deg),Longitude (deg),Speed over ground (km/h)", SHIP),
        ("ship_mmsi,position_timestamp,position_latitude,position_longitude,sog_kmh", SHIP),
        ("User ID,Received Time,Latitude,Longitude,SOG km/h", SHIP),
        ("ICAO 24-bit address,Time,Latitude,Longitude,Ground speed (km/h)", AIRCRAFT),
    ],
)
def test_words_before_and_behind_a_name_do_not_hide_it(tmp_path: Path, header: str, row: str) -> None:
    (tmp_path / "table.csv").write_text(f"{header}\n{row}\n")
    part = next(iter(open_input(tmp_path / "table.csv", 0).decoded(1 << 20)))
    assert part.positions.speed_kn.tolist() == [10.0]
    assert part.positions.time_us.tolist() == [1_694_192_485_000_000]


def test_the_time_of_receipt_counts_only_where_there_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        "received_at,mmsi,time,lat,lon\n2024-01-01 00:00:00,257000001,2023-09-08 17:01:25,59.9,10.5\n"
    )
    part = next(iter(open_input(tmp_path / "table.csv", 0).decoded(1 << 20)))
    assert part.positions.time_us.tolist() == [1_694_192_485_000_000]
