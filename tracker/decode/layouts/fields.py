"""The fields a column may mean, and the units it may have.

Every field has a dimension, every dimension its units with the factor to the field's own unit, which is the first of them. Fields
whose dimension is ``text``, ``code`` or ``time`` have no units but what their values say.
"""

from __future__ import annotations

from typing import Final

from tracker.units import FT_PER_M, KM_PER_NM, KN_PER_M_S, M_PER_FT

UNITS: Final[dict[str, dict[str, float]]] = {
    "speed": {
        "kn": 1.0,
        "kn x 10": 0.1,
        "m/s": KN_PER_M_S,
        "km/h": 1.0 / KM_PER_NM,
        "mph": 1.609344 / KM_PER_NM,
    },
    "angle": {
        "deg": 1.0,
        "deg x 10": 0.1,
        "deg x 1e6": 1e-6,
        "deg x 1e7": 1e-7,
        "1/10000 min": 1.0 / 600_000.0,
        "rad": 57.29577951308232,
    },
    "altitude": {"ft": 1.0, "m": FT_PER_M, "ft x 100": 100.0},
    "climb": {"ft/min": 1.0, "m/s": 60.0 * FT_PER_M, "km/h": FT_PER_M * 1000.0 / 60.0, "ft/s": 60.0},
    "turn": {"deg/min": 1.0, "deg/s": 60.0, "rad/s": 60.0 * 57.29577951308232},
    "length": {"m": 1.0, "m x 10": 0.1, "cm": 0.01, "ft": M_PER_FT},
    "seconds": {"s": 1.0, "ms": 1e-3},
}
"""Dimension -> unit -> factor to the field's own unit, which comes first."""

FIELDS: Final[dict[str, str]] = {
    **dict.fromkeys(("mmsi", "icao24", "craft"), "code"),
    **dict.fromkeys(("time", "date", "position_time", "heard_time"), "time"),
    **dict.fromkeys(("seen_s", "seen_pos_s"), "seconds"),
    **dict.fromkeys(("lat_deg", "lon_deg", "course_deg", "heading_deg", "selected_heading_deg"), "angle"),
    **dict.fromkeys(("lat_lon", "geometry"), "text"),
    "speed_kn": "speed",
    **dict.fromkeys(("altitude_ft", "geo_altitude_ft", "selected_altitude_ft"), "altitude"),
    "vertical_rate_ftmin": "climb",
    "turn_degmin": "turn",
    "turn_code": "code",
    **dict.fromkeys(
        (
            "nav_status",
            "on_ground",
            "nic",
            "nac_p",
            "sil",
            "emergency",
            "rebroadcast",
            "station_kind",
            "ais_message",
            "adsb_version",
        ),
        "code",
    ),
    **dict.fromkeys(
        ("name", "call_sign", "squawk", "destination", "category", "registration", "aircraft_type"), "text"
    ),
    **dict.fromkeys(("imo", "ship_type", "cargo_code"), "code"),
    **dict.fromkeys(
        ("length_m", "width_m", "draught_m", "to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"), "length"
    ),
    "eta": "time",
    **dict.fromkeys(("eta_month", "eta_day", "eta_hour", "eta_minute"), "code"),
    "altitude_or_ground": "altitude",
    **dict.fromkeys(("icao24_number", "address_kind", "position_valid", "position_stale"), "code"),
    **dict.fromkeys(("speed_valid", "speed_kind", "course_valid", "course_is_heading", "lon_lat", "eta_code"), "code"),
}
"""Every field a column may mean -> its dimension."""

STATIC_FIELDS: Final = (
    "name",
    "imo",
    "call_sign",
    "squawk",
    "ship_type",
    "cargo_code",
    "length_m",
    "width_m",
    "draught_m",
    "to_bow_m",
    "to_stern_m",
    "to_port_m",
    "to_starboard_m",
    "destination",
    "eta",
    "eta_month",
    "eta_day",
    "eta_hour",
    "eta_minute",
    "registration",
    "aircraft_type",
    "category",
)
"""Fields that say who the craft is; a static report is made of them."""


def factor_of(field: str, unit: str) -> float:
    """What a value of this unit is multiplied with to be in the field's own; ``KeyError`` for a unit the field cannot have."""
    return UNITS[FIELDS[field]][unit] if unit else 1.0
