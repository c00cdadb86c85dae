"""Tables of aircraft."""

from __future__ import annotations

from typing import Final

from tracker.decode.layouts.layout import Column, Layout

_TABLES: Final = ("csv", "parquet")

AIRCRAFT_TABLES: Final = (
    Layout(
        name="opensky_trino",
        title="OpenSky state_vectors_data4",
        origin="https://opensky-network.org/data/trino",
        forms=_TABLES,
        marks=frozenset({"icao24", "velocity"}),
        columns={"heading": Column("course_deg")},
        notes="heading is the track over ground; a position is as old as lastposupdate says.",
    ),
)
