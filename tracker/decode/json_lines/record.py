"""One report as a tuple of raw JSON values in the order of ``FIELDS``, from the shapes that feeds use.

=================  ===================================================================================================
shape              from
=================  ===================================================================================================
object             readsb ``aircraft`` elements and lines, flat track and state objects: names as in
                   ``tracker.decode.layouts`` and ``OBJECT_NAMES``
OpenSky state      0 icao24, 1 callsign, 3 time_position, 4 last_contact, 5 longitude, 6 latitude, 7 baro_altitude (m),
                   8 on_ground, 9 velocity (m/s), 10 true_track, 11 vertical_rate (m/s), 13 geo_altitude (m), 14 squawk,
                   17 category 0-20
trace row          0 seconds after ``timestamp``, 1 lat, 2 lon, 3 altitude ft or ``"ground"``, 4 gs, 5 track, 6 flags,
                   7 vertical rate, 8 details or null; since 2022 also 9 type, 10 geometric altitude
=================  ===================================================================================================

Nothing is checked here but the shape; values stay what they are in the JSON.
"""

from __future__ import annotations

from typing import Any, Final

from tracker.decode.json_lines.items import Item
from tracker.decode.layouts import generic_column, normalised
from tracker.units import FT_PER_M, KN_PER_M_S

FIELDS: Final = (
    "time",
    "position_time",
    "heard_time",
    "seen_s",
    "seen_pos_s",
    "icao24",
    "mmsi",
    "lat_deg",
    "lon_deg",
    "speed_kn",
    "course_deg",
    "heading_deg",
    "altitude_ft",
    "geo_altitude_ft",
    "vertical_rate_ftmin",
    "on_ground",
    "nic",
    "nac_p",
    "sil",
    "emergency",
    "rebroadcast",
    "nav_status",
    "call_sign",
    "squawk",
    "category",
    "adsb_version",
    "selected_altitude_ft",
    "selected_heading_deg",
)
FIELD_AT: Final = {name: index for index, name in enumerate(FIELDS)}
OBJECT_NAMES: Final = {
    "now": ("time", 1.0),
    "seen": ("seen_s", 1.0),
    "seenpos": ("seen_pos_s", 1.0),
    "category": ("category", 1.0),
    "type": ("rebroadcast", 1.0),
    "version": ("adsb_version", 1.0),
    "navaltitudemcp": ("selected_altitude_ft", 1.0),
    "navaltitudefms": ("selected_altitude_ft", 1.0),
    "navheading": ("selected_heading_deg", 1.0),
    "gscp": ("speed_kn", 1.0),
    "lastcontact": ("heard_time", 1.0),
}
"""Names that only JSON feeds use, besides those of tables."""
OPENSKY_CATEGORIES: Final = [
    "--",
    "--",
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A6",
    "A7",
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
    "B6",
    "B7",
    "C1",
    "C2",
    "C3",
    "C4",
    "C5",
]
"""ADS-B emitter category of OpenSky's category number."""
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
_MAX_PLANS: Final = 4_096
_ALTITUDE, _GROUND = FIELD_AT["altitude_ft"], FIELD_AT["on_ground"]
_TIME, _ICAO24 = FIELD_AT["time"], FIELD_AT["icao24"]

Factors = dict[str, float]
Record = tuple[tuple[Any, ...], Factors]
Plan = tuple[list[Any], Factors, bool]
_NO_FACTORS: Final[Factors] = {}
_SI_FACTORS: Final[Factors] = {
    "speed_kn": KN_PER_M_S,
    "altitude_ft": FT_PER_M,
    "geo_altitude_ft": FT_PER_M,
    "vertical_rate_ftmin": 60.0 * FT_PER_M,
}


class Records:
    """Makes records of items. Remembers which names each set of members uses, at most ``_MAX_PLANS`` sets."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, ...], Plan] = {}

    def of_item(self, item: Item) -> Record | None:
        """The record of an item, or None where its shape is none of these."""
        value = item.value
        if isinstance(value, dict):
            return self._of_object(value, item.header)
        if not isinstance(value, list):
            return None
        if item.kind == "trace":
            return _of_trace(value, item.header or {})
        return _of_opensky(value) if item.kind == "states" else None

    def _of_object(self, value: dict[str, Any], header: dict[str, Any] | None) -> Record:
        names = tuple(value)
        plan = self._plans.get(names)
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            plan = self._plans[names] = _plan(names)
        found = tuple(map(value.get, plan[0]))  # no member is called None
        if header is None and not plan[2]:
            return found, plan[1]
        record = list(found)
        if record[_TIME] is None and header is not None:
            record[_TIME] = header.get("now")
        if plan[2]:
            _split_ground(record)
        return tuple(record), plan[1]


def _plan(names: tuple[str, ...]) -> Plan:
    """Which member gives each field, the factors to the fields' units, and whether altitudes tell the ground."""
    members: dict[str, str] = {}
    factors: Factors = {}
    known = [normalised(name) for name in names]
    for name, plain in zip(names, known, strict=True):
        field, factor = OBJECT_NAMES.get(plain, ("", 1.0))
        if not field and (column := generic_column(name)) is not None:
            field, factor = column.field, column.factor
        if field in FIELD_AT and field not in members:
            members[field] = name
            if factor != 1.0:
                factors[field] = factor
    if "velocity" in known and "heading_deg" in members and "course_deg" not in members:
        members["course_deg"] = members.pop("heading_deg")
    return [members.get(field) for field in FIELDS], factors, members.get("altitude_ft") == "alt_baro"


def _split_ground(record: list[Any]) -> None:
    """readsb says ``"ground"`` for the altitude of an aircraft on it, so one with an altitude is airborne."""
    altitude = record[_ALTITUDE]
    if altitude == "ground":
        record[_ALTITUDE], record[_GROUND] = None, 1
    elif altitude is not None and record[_GROUND] is None:
        record[_GROUND] = 0


def _of_opensky(state: list[Any]) -> Record | None:
    if len(state) < 12:
        return None
    more = [*state, *[None] * 6]
    record: list[Any] = [None] * len(FIELDS)
    record[FIELD_AT["position_time"]] = more[3]
    record[FIELD_AT["heard_time"]] = more[4]
    record[_ICAO24] = more[0]
    record[FIELD_AT["lon_deg"]], record[FIELD_AT["lat_deg"]] = more[5], more[6]
    record[_ALTITUDE], record[FIELD_AT["geo_altitude_ft"]] = more[7], more[13]
    record[_GROUND] = more[8]
    record[FIELD_AT["speed_kn"]], record[FIELD_AT["course_deg"]] = more[9], more[10]
    record[FIELD_AT["vertical_rate_ftmin"]] = more[11]
    record[FIELD_AT["call_sign"]], record[FIELD_AT["squawk"]] = more[1], more[14]
    category = more[17] if len(state) > 17 else None
    if type(category) is int and 2 <= category < len(OPENSKY_CATEGORIES):
        record[FIELD_AT["category"]] = OPENSKY_CATEGORIES[category]
    return tuple(record), _SI_FACTORS


def _of_trace(row: list[Any], header: dict[str, Any]) -> Record | None:
    start, after = header.get("timestamp"), row[0] if row else None
    if len(row) < 8 or not _is_number(start) or not _is_number(after):
        return None
    record: list[Any] = [None] * len(FIELDS)
    record[_TIME], record[_ICAO24] = start + after, header.get("icao")  # type: ignore[operator]
    record[FIELD_AT["lat_deg"]], record[FIELD_AT["lon_deg"]] = row[1], row[2]
    record[_ALTITUDE] = row[3]
    record[FIELD_AT["speed_kn"]], record[FIELD_AT["course_deg"]] = row[4], row[5]
    record[FIELD_AT["vertical_rate_ftmin"]] = row[7]
    record[FIELD_AT["geo_altitude_ft"]] = row[10] if len(row) > 10 else None
    details = row[8] if len(row) > 8 else None
    if isinstance(details, dict):
        for name, field in _TRACE_DETAILS.items():
            record[FIELD_AT[field]] = details.get(name)
    _split_ground(record)
    return tuple(record), _NO_FACTORS


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)
