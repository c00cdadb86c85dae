"""Tables of aircraft, each as its publisher documents it.

*OpenSky* is in metres and metres per second; ``heading`` is the track over ground; a position is as old as ``lastposupdate`` says and is
repeated every second until it is 300 s old, while ``lastcontact`` says when the aircraft was heard last. *traffic* converts all of it to
feet, knots and feet per minute when it reads OpenSky, ``geoaltitude`` too (``traffic/data/adsb/opensky.py`` divides both by 0.3048).
"""

from __future__ import annotations

from typing import Final

from tracker.decode.layouts.layout import Column, Layout

_TABLES: Final = ("csv", "parquet", "json")
"""A table may be written as JSON too: its names and units stay what they are."""
_IGNORED: Final = Column("")
_OPENSKY: Final = {
    "velocity": Column("speed_kn", "m/s"),
    "vertrate": Column("vertical_rate_ftmin", "m/s"),
    "baroaltitude": Column("altitude_ft", "m"),
    "geoaltitude": Column("geo_altitude_ft", "m"),
}

AIRCRAFT_TABLES: Final[tuple[Layout, ...]] = (
    Layout(
        name="opensky_states",
        title="OpenSky state_vectors_data4 (Trino, Impala) and weekly state files",
        origin="https://opensky-network.org/data/trino",
        forms=_TABLES,
        marks=frozenset({"icao24", "velocity"}),
        columns={
            **_OPENSKY,
            "heading": Column("course_deg"),
            "lastposupdate": Column("position_time"),
            "lastcontact": Column("heard_time"),
            "hour": _IGNORED,
        },
        notes="SI units. lastposupdate is the position's time; a row that repeats the last position says that the aircraft was heard, "
        "at lastcontact.",
    ),
    Layout(
        name="opensky_rest",
        title="OpenSky REST states as a table",
        origin="https://openskynetwork.github.io/opensky-api/rest.html",
        forms=_TABLES,
        marks=frozenset({"icao24", "velocity", "timeposition"}),
        columns={
            **_OPENSKY,
            "verticalrate": Column("vertical_rate_ftmin", "m/s"),
            "timeposition": Column("position_time"),
            "lastcontact": Column("heard_time"),
            "category": _IGNORED,
        },
        notes="SI units, as the API gives them.",
    ),
    Layout(
        name="traffic",
        title="traffic (Python library)",
        origin="https://github.com/xoolive/traffic",
        forms=_TABLES,
        marks=frozenset({"icao24", "timestamp", "groundspeed", "track"}),
        columns={
            "altitude": Column("altitude_ft"),
            "geoaltitude": Column("geo_altitude_ft"),
            "groundspeed": Column("speed_kn"),
            "verticalrate": Column("vertical_rate_ftmin"),
            "vertrate": Column("vertical_rate_ftmin"),
            "lastposition": _IGNORED,
            "hour": _IGNORED,
            "typecode": Column("aircraft_type"),
        },
        without=frozenset({"velocity", "df"}),
        notes="Feet, knots and ft/min throughout, geoaltitude too.",
    ),
    Layout(
        name="jet1090_table",
        title="jet1090 decoded messages as a table",
        origin="https://mode-s.org/jet1090/",
        forms=_TABLES,
        marks=frozenset({"icao24", "timestamp", "df"}),
        columns={
            "altitude": Column("altitude_ft"),
            "groundspeed": Column("speed_kn"),
            "verticalrate": Column("vertical_rate_ftmin"),
            "vrate": Column("vertical_rate_ftmin"),
            "frame": _IGNORED,
        },
        notes="Every message is a row: those without a position say that the aircraft was heard.",
    ),
    Layout(
        name="flightradar24_flight",
        title="Flightradar24 flight history (CSV download)",
        origin="https://support.fr24.com/support/solutions/articles/3000115027",
        forms=_TABLES,
        marks=frozenset({"timestamp", "utc", "callsign", "position", "direction"}),
        columns={
            "timestamp": Column("time"),
            "utc": _IGNORED,
            "position": Column("lat_lon"),
            "direction": Column("course_deg"),
        },
        notes="Position is one column, lat,lon. The file names no aircraft: give its address in a mapping ([fixed] icao24).",
    ),
    Layout(
        name="flightradar24_api",
        title="Flightradar24 API",
        origin="https://fr24api.flightradar24.com/docs",
        forms=_TABLES,
        marks=frozenset({"fr24id", "hex", "gspeed"}),
        columns={
            "gspeed": Column("speed_kn"),
            "vspeed": Column("vertical_rate_ftmin"),
            "alt": Column("altitude_ft"),
            "track": Column("course_deg"),
            "callsign": Column("call_sign"),
            "flight": _IGNORED,
            "reg": Column("registration"),
            "type": Column("aircraft_type"),
            "eta": _IGNORED,
            "source": _IGNORED,
        },
    ),
)
