"""Reading of users' files about the ground: GeoJSON points of suspected strips, and grids of heights.

An ESRI ASCII grid: lines ``ncols``, ``nrows``, ``xllcorner`` or ``xllcenter``, ``yllcorner`` or ``yllcenter``, ``cellsize``, optionally
``NODATA_value``, then rows of heights from north to south. Here in degrees and metres.
"""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from tracker.errors import ReferenceDataError

MOST_HEIGHTS: Final = 50_000_000
"""Heights in one grid: 30 arc seconds over a continent; kept in 200 MB of memory."""


def strip_features(data: bytes, path: Path) -> tuple[pl.DataFrame, int]:
    """Points of a GeoJSON collection as text columns, and how many features it has."""
    try:
        features = json.loads(data)["features"]
    except (ValueError, KeyError, TypeError) as exc:
        raise ReferenceDataError(
            "the file is not readable GeoJSON", str(path), "give a FeatureCollection of points"
        ) from exc
    rows = [row for feature in features if (row := _point(feature)) is not None]
    return pl.DataFrame(rows, schema=dict.fromkeys(("name", "lat", "lon", "remark"), pl.String), orient="row"), len(
        features
    )


def _point(feature: Any) -> tuple[str, str, str, str] | None:
    try:
        lon, lat = feature["geometry"]["coordinates"][:2]
        if feature["geometry"]["type"] != "Point":
            return None
        about = feature.get("properties") or {}
        return str(about.get("name") or ""), str(float(lat)), str(float(lon)), str(about.get("remark") or "")
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def grid_rows(data: bytes, path: Path) -> tuple[pl.DataFrame, int]:
    """Rows of a grid with the latitude of each, and how many there are."""
    text = io.BytesIO(data)
    header: dict[str, float] = {}
    begun = 0
    for line in text:
        words = line.split()
        if len(words) != 2 or not words[0][:1].isalpha():
            break
        try:
            header[words[0].decode("ascii", "replace").lower()] = float(words[1])
        except ValueError:
            break
        begun = text.tell()
    mend = "give an ESRI ASCII grid in degrees and metres"
    try:
        columns, rows, step = int(header["ncols"]), int(header["nrows"]), header["cellsize"]
        middle = step / 2.0
        west = header["xllcenter"] if "xllcenter" in header else header["xllcorner"] + middle
        south = header["yllcenter"] if "yllcenter" in header else header["yllcorner"] + middle
    except KeyError as exc:
        raise ReferenceDataError(f"its header lacks {exc}", str(path), mend) from exc
    north = south + (rows - 1) * step
    if not (rows >= 2 and columns >= 2 and step > 0.0 and -90.0 <= south < north <= 90.0 and columns * step <= 360.001):
        raise ReferenceDataError("its header describes no part of the earth in degrees", str(path), mend)
    if rows * columns > MOST_HEIGHTS:
        raise ReferenceDataError(
            f"{rows * columns:,} heights are too many", str(path), f"give at most {MOST_HEIGHTS:,}: a coarser grid"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            heights = np.fromstring(data[begun:], dtype=np.float32, sep=" ")
    except (ValueError, DeprecationWarning) as exc:
        raise ReferenceDataError("a height in it is no number", str(path), mend) from exc
    if len(heights) != rows * columns:
        raise ReferenceDataError(
            f"it holds {len(heights):,} heights where its header says {rows * columns:,}", str(path), mend
        )
    heights[heights == np.float32(header.get("nodata_value", -9999.0))] = np.nan
    frame = pl.DataFrame(
        {
            "lat_deg": north - step * np.arange(rows),
            "west_deg": np.full(rows, west),
            "step_deg": np.full(rows, step),
            "heights_m": pl.Series(heights.reshape(rows, columns), dtype=pl.Array(pl.Float32, columns)),
        }
    )
    return frame, rows
