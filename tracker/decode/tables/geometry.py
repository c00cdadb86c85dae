"""Positions that stand in one column: WKB and EWKB (OGC 06-103r4), WKT, GeoJSON points, or the text ``lat,lon``.

A point in WKB is a byte order (1 little endian), a type (1 point; PostGIS sets the bit 0x20000000 where four bytes of SRID follow), then
longitude and latitude as doubles: x before y, whatever the reference system says of its axes (GeoParquet 1.1).
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Place = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]
"""Latitudes, longitudes, and which values are no point."""
_WITH_SRID: Final = 0x2000_0000
_NUMBER: Final = r"(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"


def places_of_geometry(column: pl.Series) -> Place:
    """Points of a column of WKB (bytes or hexadecimal), WKT, GeoJSON or structs with ``x`` and ``y``."""
    if column.dtype == pl.Struct:
        names = column.struct.fields
        if not {"x", "y"} <= set(names):
            return _nowhere(column)
        return _place(column.struct.field("y"), column.struct.field("x"), column)
    if column.dtype == pl.Binary:
        return _of_wkb(column)
    if column.dtype != pl.String:
        return _nowhere(column)
    texts = column.str.strip_chars()
    wkt = texts.str.extract_groups(
        rf"(?i)^(?:SRID=\d+;)?POINT\s*Z?\s*\(\s*(?P<x>{_NUMBER[1:-1]})\s+(?P<y>{_NUMBER[1:-1]})"
    )
    lon, lat = wkt.struct.field("x"), wkt.struct.field("y")
    if lon.null_count() > column.null_count():
        json = texts.str.extract_groups(
            rf"(?i)\"coordinates\"\s*:\s*\[\s*(?P<x>{_NUMBER[1:-1]})\s*,\s*(?P<y>{_NUMBER[1:-1]})"
        )
        lon, lat = lon.fill_null(json.struct.field("x")), lat.fill_null(json.struct.field("y"))
    values = _place(lat.cast(pl.Float64, strict=False), lon.cast(pl.Float64, strict=False), texts)
    rest = np.flatnonzero(values[2])
    if len(rest):
        again = _of_wkb(texts[rest].str.decode("hex", strict=False))
        found = ~(again[2] | np.isnan(again[0]))
        for whole, part in zip(values[:2], again[:2], strict=True):
            whole[rest[found]] = part[found]
        values[2][rest[found]] = False
    return values


def places_of_pair(column: pl.Series) -> Place:
    """Positions of texts ``lat,lon`` (also with a blank, a semicolon or brackets)."""
    if column.dtype != pl.String:
        return _nowhere(column)
    pair = column.str.extract_groups(
        rf"^\s*[\[(]?\s*(?P<lat>{_NUMBER[1:-1]})\s*[,; ]\s*(?P<lon>{_NUMBER[1:-1]})\s*[\])]?\s*$"
    )
    lat = pair.struct.field("lat").cast(pl.Float64, strict=False)
    lon = pair.struct.field("lon").cast(pl.Float64, strict=False)
    return _place(lat, lon, column.str.strip_chars())


def _place(lat: pl.Series, lon: pl.Series, given: pl.Series) -> Place:
    lat_deg, lon_deg = (np.array(one.cast(pl.Float64).to_numpy(), dtype=np.float64) for one in (lat, lon))
    told = given.is_not_null().to_numpy().copy()
    if given.dtype == pl.String:
        told &= (given.fill_null("") != "").to_numpy()
    return lat_deg, lon_deg, told & (np.isnan(lat_deg) | np.isnan(lon_deg))


def _of_wkb(column: pl.Series) -> Place:
    array = column.rechunk().to_arrow().cast("large_binary")
    lengths = column.bin.size()
    count = len(column)
    if count and column.null_count() == 0 and lengths.n_unique() == 1 and int(lengths[0]) >= 21:
        offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + 2]
        width = int(lengths[0])
        data = np.frombuffer(array.buffers()[2], dtype=np.uint8, count=count * width, offset=int(offsets[0]))
        rows = data.reshape(count, width)
        head = bytes(rows[0, :5])
        at = _point_at(head, width)
        if at and (rows[:, :5] == rows[0, :5]).all():
            order = "<" if head[0] == 1 else ">"
            xy = np.ascontiguousarray(rows[:, at : at + 16]).view(f"{order}f8").astype(np.float64)
            return _empty_is_missing(xy[:, 1].copy(), xy[:, 0].copy())
    lat, lon = np.full(count, np.nan), np.full(count, np.nan)
    bad = np.zeros(count, dtype=bool)
    for row, value in enumerate(column.to_list()):
        if value is None or value == b"":
            continue
        at = _point_at(value[:5], len(value))
        if not at:
            bad[row] = True
            continue
        lon[row], lat[row] = struct.unpack(("<" if value[0] == 1 else ">") + "dd", value[at : at + 16])
    place = _empty_is_missing(lat, lon)
    return place[0], place[1], bad


def _point_at(head: bytes, length: int) -> int:
    """Where the coordinates of a point begin, 0 where these bytes are no point."""
    if len(head) < 5 or head[0] not in (0, 1):
        return 0
    (kind,) = struct.unpack("<I" if head[0] == 1 else ">I", head[1:5])
    at = 9 if kind & _WITH_SRID else 5
    return at if (kind & 0xFF) in (1, 0xE9, 0xD1, 0xB9) and length >= at + 16 else 0


def _empty_is_missing(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> Place:
    """POINT EMPTY is written as two NaN."""
    lat[~np.isfinite(lat)] = np.nan
    lon[~np.isfinite(lon)] = np.nan
    return lat, lon, np.zeros(len(lat), dtype=bool)


def _nowhere(column: pl.Series) -> Place:
    nothing = np.full(len(column), np.nan)
    return nothing, nothing.copy(), column.is_not_null().to_numpy().copy()
