"""The vocabulary by which a layout that nobody described is read: names that mean one thing wherever they stand.

Case, spaces, signs and the nesting of JSON do not matter, and a unit may follow the name: ``Latitude_degrees``, ``SOG [knots]``,
``speed_kmh``, ``altitude (ft)``. A name in ``GENERIC`` with a unit of its own has it only where it gives no other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tracker.decode.layouts.fields import FIELDS, UNITS
from tracker.decode.layouts.layout import Column, normalised

_UNSURE: Final = ("speed_kn", "altitude_ft", "geo_altitude_ft", "vertical_rate_ftmin")
"""Fields whose unit a bare name does not tell."""

LATER_TIMES: Final = (
    "receivedtime",
    "receivetime",
    "timereceived",
    "receivedat",
    "receivedatutc",
    "tagblocktimestamp",
)
"""When who wrote it had it: a time where nothing nearer to the craft has one."""


def _names(field: str, *names: str, unit: str = "") -> dict[str, Column]:
    return dict.fromkeys(names, Column(field, unit, field not in _UNSURE))


GENERIC: Final[dict[str, Column]] = {
    **_names(
        "mmsi", "mmsi", "ssvid", "sourcemmsi", "userid", "vesselmmsi", "shipmmsi", "mmsinumber", "mmsino", "mmsicode"
    ),
    **_names(
        "icao24", "icao24", "icao", "hex", "icaoaddress", "modes", "icao24bit", "icao24bitaddress", "icaohex", "hexcode"
    ),
    **_names("craft", "craft"),
    **_names(
        "time",
        "timestamp",
        "time",
        "basedatetime",
        "datetime",
        "timeutc",
        "timestamputc",
        "utc",
        "datetimeutc",
        "msgtime",
        "positiontime",
        "postime",
        "tstamp",
        "positiontimestamp",
        "ts",
        "t",
        *LATER_TIMES,
    ),
    **_names("date", "date", "dateutc"),
    **_names("geometry", "geometry", "geom", "wkt", "wkb", "wkbgeometry", "thegeom", "point"),
    **_names("lat_lon", "latlon", "latlng", "position", "coordinates"),
    **_names("position_time", "lastposupdate"),
    **_names("lat_deg", "lat", "latitude", "positionlatitude", "positionlat", "vessellatitude"),
    **_names("lon_deg", "lon", "lng", "long", "longitude", "positionlongitude", "positionlon", "vessellongitude"),
    **_names("speed_kn", "speed", "sog", "groundspeed", "gs", "speedoverground", "gspeed"),
    **_names("speed_kn", "velocity", unit="m/s"),
    **_names("course_deg", "course", "cog", "track", "courseoverground", "truetrack"),
    **_names("heading_deg", "heading", "trueheading", "hdg"),
    **_names("altitude_ft", "altitude", "alt", "altbaro"),
    **_names("altitude_ft", "baroaltitude", unit="m"),
    **_names("geo_altitude_ft", "geoaltitude", unit="m"),
    **_names("geo_altitude_ft", "altgeom"),
    **_names("vertical_rate_ftmin", "verticalrate", "barorate", "vspeed", "verticalspeed"),
    **_names("vertical_rate_ftmin", "vertrate", unit="m/s"),
    **_names("turn_degmin", "rot", "rateofturn"),
    **_names("nav_status", "status", "navstatus", "navstat", "navigationalstatus", "navigationstatus"),
    **_names("on_ground", "onground"),
    **_names("nic", "nic"),
    **_names("nac_p", "nacp"),
    **_names("sil", "sil"),
    **_names("emergency", "emergency"),
    **_names("name", "name", "vesselname", "shipname"),
    **_names("imo", "imo", "imonumber", "imono", "imonr"),
    **_names("call_sign", "callsign", "flight"),
    **_names("squawk", "squawk"),
    **_names("ship_type", "vesseltype", "shiptype", "aistype"),
    **_names("cargo_code", "cargo"),
    **_names("length_m", "length", "loa"),
    **_names("width_m", "width", "beam"),
    **_names("draught_m", "draft", "draught"),
    **_names("to_bow_m", "a", "sizea", "tobow", "dimensiontobow", "dimbow", "dima"),
    **_names("to_stern_m", "b", "sizeb", "tostern", "dimensiontostern", "dimstern", "dimb"),
    **_names("to_port_m", "c", "sizec", "toport", "dimensiontoport", "dimport", "dimc"),
    **_names("to_starboard_m", "d", "sized", "tostarboard", "dimensiontostarboard", "dimstarboard", "dimstar", "dimd"),
    **_names("destination", "destination", "dest"),
    **_names("eta", "eta"),
    **_names("station_kind", "typeofmobile", "transceiverclass", "transceiver", "aisclass", "classofais"),
    **_names("ais_message", "messagetype", "msgtype", "messageid", "msgid"),
    **_names("eta_month", "etamonth"),
    **_names("eta_day", "etaday"),
    **_names("eta_hour", "etahour"),
    **_names("eta_minute", "etaminute"),
    **_names("registration", "registration", "reg", "tailnumber"),
    **_names("aircraft_type", "typecode", "aircrafttype", "icaotype"),
}
"""Normalised name -> meaning. The first column of a field counts."""

UNIT_WORDS: Final[dict[str, dict[str, str]]] = {
    "speed": {
        **dict.fromkeys(("kn", "kt", "kts", "knot", "knots"), "kn"),
        **dict.fromkeys(("knotsx10", "knx10", "ktx10", "kn10", "knots10"), "kn x 10"),
        **dict.fromkeys(("ms", "mps", "ms1", "meterspersecond", "metrespersecond"), "m/s"),
        **dict.fromkeys(("kmh", "kph", "kmph", "kmhr"), "km/h"),
        "mph": "mph",
    },
    "angle": {
        **dict.fromkeys(("deg", "degree", "degrees", "dd", "decimaldegrees"), "deg"),
        **dict.fromkeys(("rad", "radians"), "rad"),
    },
    "altitude": {
        **dict.fromkeys(("ft", "feet"), "ft"),
        **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
    },
    "climb": {
        **dict.fromkeys(("ftmin", "fpm", "ftpermin", "feetperminute", "ftm"), "ft/min"),
        **dict.fromkeys(("ms", "mps", "ms1", "meterspersecond", "metrespersecond"), "m/s"),
    },
    "turn": {**dict.fromkeys(("degmin", "degpermin"), "deg/min"), **dict.fromkeys(("degs", "degpersec"), "deg/s")},
    "length": {
        **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
        **dict.fromkeys(("ft", "feet"), "ft"),
    },
    "time": dict.fromkeys(("utc", "gmt", "s", "sec", "seconds", "ms", "millis", "epoch", "unix"), ""),
}
"""Dimension -> word behind a name -> unit."""


@lru_cache(maxsize=1 << 14)
def generic_column(name: str) -> Column | None:
    """What a name means by itself, or None: its last part where it is a path, with a unit behind it or without."""
    plain = normalised(name).rpartition(".")[2]
    known = GENERIC.get(plain)
    if known is not None:
        return known
    for length in range(min(len(plain) - 1, 16), 0, -1):
        known = GENERIC.get(plain[:-length])
        if known is None:
            continue
        dimension = FIELDS[known.field]
        unit = UNIT_WORDS.get(dimension, {}).get(plain[-length:])
        if unit is not None:
            own = next(iter(UNITS[dimension])) if dimension in UNITS else ""
            return Column(known.field, "" if unit == own else unit)
    return None
