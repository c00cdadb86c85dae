"""Rows that are arrays: which place means what, by the name of the member that holds them.

========== ==================================================================================================================
``states`` OpenSky REST API: 0 icao24, 1 callsign, 3 time_position, 4 last_contact, 5 longitude, 6 latitude, 7 baro_altitude (m),
           8 on_ground, 9 velocity (m/s), 10 true_track, 11 vertical_rate (m/s), 13 geo_altitude (m), 14 squawk, 17 category
           (https://openskynetwork.github.io/opensky-api/rest.html)
``path``   the same API's tracks: 0 time, 1 latitude, 2 longitude, 3 baro_altitude (m), 4 true_track, 5 on_ground
``trace``  readsb: 0 seconds after ``timestamp``, 1 lat, 2 lon, 3 altitude ft or ``"ground"``, 4 gs, 5 track, 6 flags, 7 vertical
           rate, 8 details or null; since 2022 also 9 type, 10 geometric altitude (README-json.md)
``fr24``   Flightradar24's zones ``feed.js``: 0 address, 1 lat, 2 lon, 3 track, 4 ft, 5 kn, 6 squawk, 8 type, 9 registration,
           10 time, 13 flight, 14 on ground, 15 ft/min, 16 call sign (as pyflightdata and FlightRadarAPI read it); a row without an
           address says of no craft where it is
========== ==================================================================================================================
"""

from __future__ import annotations

from typing import Any, Final

from tracker.decode.json_lines.shapes import Plan, fixed_plan
from tracker.units import FT_PER_M, KN_PER_M_S

_SI: Final = {
    "speed_kn": KN_PER_M_S,
    "altitude_ft": FT_PER_M,
    "geo_altitude_ft": FT_PER_M,
    "vertical_rate_ftmin": 60.0 * FT_PER_M,
}
OPENSKY_CATEGORIES: Final = [
    "--", "--", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "C1", "C2", "C3", "C4", "C5",
]  # fmt: skip
"""ADS-B emitter category of OpenSky's category number."""
_STATES: Final = fixed_plan(
    ("icao24", "call_sign", "position_time", "heard_time", "lon_deg", "lat_deg", "altitude_ft", "on_ground", "speed_kn",
     "course_deg", "vertical_rate_ftmin", "geo_altitude_ft", "squawk", "category"),
    _SI,
)  # fmt: skip
_PATH: Final = fixed_plan(("time", "lat_deg", "lon_deg", "altitude_ft", "course_deg", "on_ground"), _SI)
_TRACE_DETAILS: Final = {
    "flight": "call_sign",
    "squawk": "squawk",
    "category": "category",
    "nic": "nic",
    "nac_p": "nac_p",
    "sil": "sil",
    "emergency": "emergency",
    "type": "rebroadcast",
    "version": "adsb_version",
    "nav_altitude_mcp": "selected_altitude_ft",
    "nav_heading": "selected_heading_deg",
    "true_heading": "heading_deg",
}
_TRACE: Final = fixed_plan(
    ("time", "lat_deg", "lon_deg", "altitude_or_ground", "speed_kn", "course_deg", "vertical_rate_ftmin", "geo_altitude_ft",
     *_TRACE_DETAILS.values(), "registration", "aircraft_type"),
    {},
)  # fmt: skip
_FR24: Final = fixed_plan(
    ("icao24", "lat_deg", "lon_deg", "course_deg", "altitude_ft", "speed_kn", "squawk", "time", "on_ground",
     "vertical_rate_ftmin", "call_sign", "aircraft_type", "registration"),
    {},
)  # fmt: skip
FR24_WIDTH: Final = 17
Row = tuple[Plan, tuple[Any, ...]]


def row_of(kind: str, row: list[Any], header: dict[str, Any]) -> Row | None:
    """An array of a kind with its plan, or None where its shape is another."""
    match kind:
        case "states":
            return _state(row)
        case "trace":
            return _trace(row, header)
        case "path":
            return (_PATH, tuple(row[:6])) if len(row) >= 6 else None
        case "fr24":
            return _FR24, (*row[:7], row[10], *row[14:17], row[8], row[9])
    return None


def is_fr24_row(row: Any) -> bool:
    """Whether this is a row of Flightradar24's feed: an address, a place, ..., a time."""
    return (
        type(row) is list
        and len(row) >= FR24_WIDTH
        and type(row[0]) is str
        and all(is_number(row[at]) for at in (1, 2, 10))
    )


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return type(value) in (int, float)


def _state(state: list[Any]) -> Row | None:
    if len(state) < 12:
        return None
    more = [*state, *[None] * 6]
    category = state[17] if len(state) > 17 else None
    known = type(category) is int and 2 <= category < len(OPENSKY_CATEGORIES)
    word = OPENSKY_CATEGORIES[category] if known else None  # type: ignore[index]
    return _STATES, (more[0], more[1], *more[3:12], more[13], more[14], word)


def _trace(row: list[Any], header: dict[str, Any]) -> Row | None:
    start, after = header.get("timestamp"), row[0] if row else None
    if len(row) < 8 or not is_number(start) or not is_number(after):
        return None
    details = row[8] if len(row) > 8 else None
    told = (None,) * len(_TRACE_DETAILS)
    if type(details) is dict:
        told = tuple(map(details.get, _TRACE_DETAILS))
    geometric = row[10] if len(row) > 10 else None
    return _TRACE, (start + after, *row[1:6], row[7], geometric, *told, header.get("r"), header.get("t"))  # type: ignore[operator]
