"""Every publisher's table is read as its publisher means it: small files in each layout, with the values that must come of them."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.tracker.decode.tables import vendor_files
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.layouts import GENERIC, KNOWN_LAYOUTS, generic_column, layout_of
from tracker.decode.layouts.fields import FIELDS, UNITS
from tracker.decode.recognise import InputKind, make_decoder, recognise
from tracker.decode.tables.positions_parquet import decode_parquet
from tracker.decode.written_times import column_times_us
from tracker.errors import UnknownFormatError
from tracker.identity import number


def decoded(text: str | bytes) -> tuple[Decoded, DecoderCounts]:
    data = text.encode() if isinstance(text, str) else text
    assert recognise(data, "table.csv") == InputKind.POSITIONS_CSV
    decoder = make_decoder(InputKind.POSITIONS_CSV, 1)
    parts = [decoder.decode(data), decoder.flush()]
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    return max(parts, key=lambda part: len(part.positions)), decoder.counts


@pytest.mark.parametrize("case", vendor_files.CASES, ids=lambda case: case.layout)
def test_a_publishers_table_is_read_as_it_means_it(case: vendor_files.Case) -> None:
    header, first = case.text.splitlines()[:2]
    read = layout_of(header.split(";" if ";" in header else ","), "csv")
    assert read.layout is not None and read.layout.name == case.layout
    got, counts = decoded(case.text)
    assert counts.rejects.total == 0, (first, counts.rejects)
    row = got.positions
    shown = {"time": str(np.datetime64(int(row.time_us[0]), "us")), "craft": int(number(row.craft[0]))}
    for name, value in case.position.items():
        here = shown[name] if name in shown else getattr(row, name)[0]
        assert here == (value if isinstance(value, str | int) else pytest.approx(value, rel=1e-5)), name
    for name, value in case.statics.items():
        here = getattr(got.statics, name)[-1]
        assert here == (value if isinstance(value, bytes | int) else pytest.approx(value, rel=1e-5)), name


def test_every_layout_names_fields_and_units_that_there_are() -> None:
    names = [layout.name for layout in KNOWN_LAYOUTS]
    assert len(set(names)) == len(names)
    for layout in KNOWN_LAYOUTS:
        assert layout.origin.startswith("http"), layout.name
        for column in layout.columns.values():
            assert not column.field or column.field in FIELDS
            assert not column.unit or column.unit in UNITS[FIELDS[column.field]]
    for column in GENERIC.values():
        assert column.field in FIELDS


@pytest.mark.parametrize(
    ("name", "field", "unit"),
    [
        ("Latitude_degrees", "lat_deg", ""),
        ("LONGITUDE (deg)", "lon_deg", ""),
        ("SOG_knots", "speed_kn", ""),
        ("speed_kmh", "speed_kn", "km/h"),
        ("Speed [m/s]", "speed_kn", "m/s"),
        ("SPEED (KNOTSx10)", "speed_kn", "kn x 10"),
        ("altitude (ft)", "altitude_ft", ""),
        ("alt_m", "altitude_ft", "m"),
        ("vertical_rate_ms", "vertical_rate_ftmin", "m/s"),
        ("Draught_m", "draught_m", ""),
        ("timestamp_ms", "time", ""),
        ("vessel.position.lat", "lat_deg", ""),
        ("MMSI", "mmsi", ""),
    ],
)
def test_a_name_may_carry_its_unit(name: str, field: str, unit: str) -> None:
    column = generic_column(name)
    assert column is not None and (column.field, column.unit) == (field, unit)


@pytest.mark.parametrize("name", ["price", "latency", "longshot", "timezone", "speedy", "namespace", "altitudes"])
def test_a_name_that_only_begins_like_one_means_nothing(name: str) -> None:
    assert generic_column(name) is None


def test_a_table_without_a_craft_says_what_it_is_and_what_is_missing() -> None:
    text = b'Timestamp,UTC,Callsign,Position,Altitude,Speed,Direction\n1772366400,2026-03-01T12:00:00Z,AB1,"35.5,139.7",3000,180,340\n'
    with pytest.raises(
        UnknownFormatError, match=r"Flightradar24.*craft identity.*icao24.*one column, Position \(lat,lon\)"
    ):
        recognise(text, "flight.csv")


def _wkb(lon: float, lat: float, order: str, srid: bool) -> bytes:
    kind = struct.pack(order + "I", 1 | (0x2000_0000 if srid else 0)) + (
        struct.pack(order + "I", 4326) if srid else b""
    )
    return (b"\x01" if order == "<" else b"\x00") + kind + struct.pack(order + "dd", lon, lat)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("srid", [False, True])
def test_positions_are_read_from_points_in_wkb(tmp_path: Path, order: str, srid: bool) -> None:
    path = tmp_path / "points.parquet"
    points = [_wkb(-70.5 + n, 43.25, order, srid) for n in range(3)]
    pl.DataFrame(
        {"mmsi": [367752440] * 3, "base_date_time": ["2024-01-01 00:00:00"] * 3, "geometry": points}
    ).write_parquet(path)
    counts = DecoderCounts()
    (part,) = decode_parquet(path, 1, counts)
    assert part.positions.lat_deg.tolist() == [43.25] * 3
    assert part.positions.lon_deg.tolist() == [-70.5, -69.5, -68.5]


def test_a_geometry_that_is_no_point_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "points.parquet"
    points = [_wkb(1.0, 2.0, "<", False), b"\x01\x02\x00\x00\x00", None, _wkb(float("nan"), float("nan"), "<", False)]
    pl.DataFrame({"mmsi": [367752440] * 4, "time": [1_700_000_000] * 4, "geometry": points}).write_parquet(path)
    counts = DecoderCounts()
    (part,) = decode_parquet(path, 1, counts)
    assert (counts.units_in, counts.units_decoded, dict(counts.rejects.counts)) == (4, 3, {"bad_row": 1})
    assert np.isnan(part.positions.lat_deg).tolist() == [False, True, True]


@pytest.mark.parametrize(
    "point",
    [
        "POINT (-70.5 43.25)",
        "SRID=4326;POINT(-70.5 43.25)",
        "POINT Z (-70.5 43.25 0)",
        '"{""type"": ""Point"", ""coordinates"": [-70.5, 43.25]}"',
        _wkb(-70.5, 43.25, "<", True).hex(),
        _wkb(-70.5, 43.25, "<", False).hex().upper(),
    ],
)
def test_positions_are_read_from_points_in_text(point: str) -> None:
    quoted = point if point.startswith('"') else f'"{point}"'
    got, counts = decoded(f"mmsi,timestamp,geom\n367752440,2024-01-01T00:00:00Z,{quoted}\n")
    assert counts.rejects.total == 0
    assert (got.positions.lat_deg[0], got.positions.lon_deg[0]) == (43.25, -70.5)


def test_a_day_in_a_column_of_its_own_is_put_before_the_time() -> None:
    got, _ = decoded(
        "mmsi,date,time,lat,lon\n219000001,2026-03-01,12:30:05,55.5,12.5\n219000001,2026-03-01,2026-03-02 00:00:00,55.5,12.5\n"
    )
    assert [str(np.datetime64(int(t), "us"))[:19] for t in got.positions.time_us] == [
        "2026-03-01T12:30:05",
        "2026-03-02T00:00:00",
    ]


def test_a_row_that_repeats_a_position_says_that_the_aircraft_was_heard() -> None:
    head = "time,icao24,lat,lon,velocity,heading,lastposupdate,lastcontact\n"
    rows = [f"{1772366400 + n},4ca1b2,53.0,-6.0,100.0,180.0,1772366399.5,{1772366399 + n}.9\n" for n in range(4)]
    got, counts = decoded(head + "".join(rows))
    assert counts.units_decoded == 4
    assert np.isnan(got.positions.lat_deg).tolist() == [False, True, True, True]
    one_by_one = make_decoder(InputKind.POSITIONS_CSV, 1)
    parts = [one_by_one.decode(line.encode()) for line in (head, *rows)]
    assert np.concatenate([part.positions.time_us for part in parts]).tolist() == got.positions.time_us.tolist()


def test_a_new_position_that_is_old_stands_at_its_time_and_the_aircraft_is_heard_since() -> None:
    text = "time,icao24,lat,lon,velocity,lastposupdate,lastcontact\n1772366460,4ca1b2,53.0,-6.0,100.0,1772366400.0,1772366459.0\n"
    got, counts = decoded(text)
    assert counts.units_decoded == 1
    assert (got.positions.time_us // 1_000_000).tolist() == [1772366400, 1772366459]
    assert np.isnan(got.positions.lat_deg).tolist() == [False, True]


def test_words_that_mean_nothing_make_no_static_report() -> None:
    got, _ = decoded(
        "mmsi,timestamp,lat,lon,name,ship type\n219000001,2026-03-01T00:00:00,55.5,12.5,Unknown,Undefined\n"
    )
    assert len(got.statics) == 0


def test_the_same_rows_give_the_same_in_csv_and_parquet(tmp_path: Path) -> None:
    for case in vendor_files.CASES:
        frame = pl.read_csv(
            io.BytesIO(case.text.encode()),
            separator=";" if ";" in case.text.splitlines()[0] else ",",
            infer_schema=False,
        )
        path = tmp_path / f"{case.layout}.parquet"
        frame.write_parquet(path)
        read = layout_of(frame.columns, "parquet")
        if read.layout is None or read.layout.name != case.layout:
            continue
        (part,) = decode_parquet(path, 1)
        got, _ = decoded(case.text)
        assert part.positions.to_arrow().equals(got.positions.to_arrow()), case.layout
        assert part.statics.to_arrow().equals(got.statics.to_arrow()), case.layout


@pytest.mark.parametrize("first", ["2026-03-02 04:05:06", "2026-03-02T04:05:06Z", "02/03/2026 04:05:06"])
@pytest.mark.parametrize("second", ["2026-03-02 04:5:07", "2026-3-2 4:5:7", "02/03/2026 04:5:07"])
def test_whether_a_text_is_a_time_does_not_depend_on_the_one_before_it(first: str, second: str) -> None:
    pair = column_times_us(pl.Series([first, second]), "dmy")
    assert pair[1] == column_times_us(pl.Series([second]), "dmy")[0]


def test_a_table_in_bars_as_a_query_shell_prints_it_is_read() -> None:
    got, counts = decoded(
        "| time       | icao24 | lat  | lon  | velocity | heading | lastposupdate | lastcontact  |\n"
        "+------------+--------+------+------+----------+---------+---------------+--------------+\n"
        "| 1772366400 | 4ca1b2 | 53.0 | -6.0 | 100.0    | 180.0   | 1772366399.5  | 1772366399.9 |\n"
    )
    assert (counts.units_in, counts.units_decoded) == (2, 1)
    assert (number(got.positions.craft[0]), got.positions.lat_deg[0]) == (0x4CA1B2, 53.0)
