"""Positions as Parquet give the rows that the same table gives as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tracker.decode.base import DecoderCounts
from tracker.decode.tables.positions_csv import PositionsCsvDecoder
from tracker.decode.tables.positions_parquet import decode_parquet
from tracker.errors import UnknownFormatError
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

START = datetime(2020, 6, 30, tzinfo=UTC)
ROWS = 50


def table() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "mmsi": [219000000 + n % 3 for n in range(ROWS)],
            "timestamp": [START + timedelta(seconds=n, milliseconds=5) for n in range(ROWS)],
            "lat": [None if n == 4 else 95.0 if n == 5 else 55.0 + n / 100 for n in range(ROWS)],
            "lon": [11.0 + n / 100 for n in range(ROWS)],
            "sog": [n / 10 for n in range(ROWS)],
            "name": [f"SHIP {n % 3}" for n in range(ROWS)],
        }
    )


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Copenhagen"])
def test_typed_columns_give_the_rows_of_the_same_text(tmp_path: Path, unit: str, zone: str | None) -> None:
    frame = table()
    path = tmp_path / "positions"
    times = pl.col("timestamp").dt.cast_time_unit(unit)
    typed = times.dt.convert_time_zone(zone) if zone else times.dt.replace_time_zone(None)
    frame.with_columns(typed).write_parquet(path, row_group_size=7)
    counts = DecoderCounts()
    parts = list(decode_parquet(path, 2, counts))
    positions = PositionBatch.concat(part.positions for part in parts)
    statics = StaticBatch.concat(part.statics for part in parts)

    decoder = PositionsCsvDecoder(2)
    text = frame.with_columns(pl.col("timestamp").dt.to_string("%Y-%m-%dT%H:%M:%S%.f")).write_csv().encode()
    same = [decoder.decode(text), decoder.flush()]
    assert positions.to_arrow().equals(PositionBatch.concat(part.positions for part in same).to_arrow())
    assert statics.to_arrow().equals(StaticBatch.concat(part.statics for part in same).to_arrow())
    assert (counts.units_in, counts.units_decoded, counts.rejects.total) == (ROWS, ROWS - 1, 1)
    assert counts.rejects.samples[0].at == 6


def test_a_table_without_positions_says_which_columns_it_has(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    pl.DataFrame({"price": [1]}).write_parquet(path)
    with pytest.raises(UnknownFormatError, match=r"prices.parquet: a table \(price\) without"):
        list(decode_parquet(path, 0))


def test_a_damaged_file_is_one_sentence_or_rejects(tmp_path: Path) -> None:
    path = tmp_path / "positions.parquet"
    table().write_parquet(path, row_group_size=7)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnknownFormatError, match="not readable as Parquet"):
        list(decode_parquet(path, 0))
    damaged = bytearray(whole)
    damaged[600:900] = bytes(300)
    path.write_bytes(damaged)
    counts = DecoderCounts()
    list(decode_parquet(path, 0, counts))
    assert counts.units_in == counts.units_decoded + counts.rejects.total


@pytest.mark.parametrize("name", ["timestamp", "sog", "inside"])
def test_a_name_that_is_no_text_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / "positions.parquet"
    table().with_columns(pl.struct(pl.lit(1).alias("inside")).alias("more")).write_parquet(
        path, compression="uncompressed"
    )
    path.write_bytes(path.read_bytes().replace(name.encode(), b"\xff" + name[1:].encode()))
    with pytest.raises(UnknownFormatError, match=r"not readable as Parquet"):
        list(decode_parquet(path, 2))
