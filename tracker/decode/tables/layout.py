"""Which column of a table means what: column names to fields, without regard to case, spaces, ``_``, ``-``, ``#``.

``COLUMN_NAMES`` is the whole vocabulary: name -> (field, factor to the field's unit). Three layouts need more than names:

*MarineCadastre* (NOAA/BOEM; recognised by ``BaseDateTime``). The files of 2015-2017 read AIS's unsigned numbers as signed
ones, so that the upper half is negative: course is a 12-bit count of 0.1 deg, -140.7 means 409.6 - 140.7 = 268.9 deg; speed is
a 10-bit count of 0.1 kn, -28.1 means 102.4 - 28.1 = 74.3 kn. (On recorded rows under way the median difference to the
heading is 2.4 deg when 409.6 is added and 48.6 deg when 360 is.) ``VesselType`` above 255 is a code of another list; the AIS type is
then in ``Cargo``.

*Danish Maritime Authority* (recognised by ``Type of mobile``). Times are ``dd/mm/yyyy hh:mm:ss``, UTC.

*OpenSky state vectors* (recognised by ``velocity``, in m/s). ``heading`` is the track over ground; a position is as old as
``lastposupdate`` says and is repeated every second until it is 300 s old, so that time counts where it is given.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Final

from tracker.units import FT_PER_M, KN_PER_M_S

_KN_PER_KM_H: Final = 1 / 1.852
_FTMIN_PER_M_S: Final = 60.0 * FT_PER_M

COLUMN_NAMES: Final[dict[str, tuple[str, float]]] = {
    **dict.fromkeys(("mmsi", "ssvid", "sourcemmsi", "userid"), ("mmsi", 1.0)),
    **dict.fromkeys(("icao24", "icao", "hex", "icaoaddress", "modes"), ("icao24", 1.0)),
    "craft": ("craft", 1.0),
    **dict.fromkeys(
        ("timestamp", "time", "basedatetime", "datetime", "timeutc", "timestamputc", "utc", "datetimeutc"),
        ("time", 1.0),
    ),
    "lastposupdate": ("position_time", 1.0),
    **dict.fromkeys(("lat", "latitude", "latdeg"), ("lat_deg", 1.0)),
    **dict.fromkeys(("lon", "lng", "long", "longitude", "londeg"), ("lon_deg", 1.0)),
    **dict.fromkeys(
        ("speed", "sog", "groundspeed", "gs", "speedkn", "speedknots", "speedoverground"), ("speed_kn", 1.0)
    ),
    **dict.fromkeys(("velocity", "speedms", "speedmps"), ("speed_kn", KN_PER_M_S)),
    **dict.fromkeys(("speedkmh", "speedkph"), ("speed_kn", _KN_PER_KM_H)),
    **dict.fromkeys(("course", "cog", "track", "coursedeg", "courseoverground", "truetrack"), ("course_deg", 1.0)),
    **dict.fromkeys(("heading", "trueheading", "headingdeg", "hdg"), ("heading_deg", 1.0)),
    **dict.fromkeys(("altitude", "alt", "altitudeft", "altbaro", "altft"), ("altitude_ft", 1.0)),
    **dict.fromkeys(("baroaltitude", "altitudem", "altm"), ("altitude_ft", FT_PER_M)),
    "geoaltitude": ("geo_altitude_ft", FT_PER_M),
    "altgeom": ("geo_altitude_ft", 1.0),
    **dict.fromkeys(("verticalrate", "verticalrateftmin", "barorate"), ("vertical_rate_ftmin", 1.0)),
    **dict.fromkeys(("vertrate", "verticalratems"), ("vertical_rate_ftmin", _FTMIN_PER_M_S)),
    **dict.fromkeys(("rot", "rateofturn", "turndegmin"), ("turn_degmin", 1.0)),
    **dict.fromkeys(("status", "navstatus", "navigationalstatus"), ("nav_status", 1.0)),
    "onground": ("on_ground", 1.0),
    "nic": ("nic", 1.0),
    "nacp": ("nac_p", 1.0),
    "sil": ("sil", 1.0),
    "emergency": ("emergency", 1.0),
    **dict.fromkeys(("name", "vesselname", "shipname"), ("name", 1.0)),
    **dict.fromkeys(("imo", "imonumber"), ("imo", 1.0)),
    **dict.fromkeys(("callsign", "flight"), ("call_sign", 1.0)),
    "squawk": ("squawk", 1.0),
    **dict.fromkeys(("vesseltype", "shiptype", "aistype"), ("ship_type", 1.0)),
    "cargo": ("cargo_code", 1.0),
    **dict.fromkeys(("length", "lengthm", "loa"), ("length_m", 1.0)),
    **dict.fromkeys(("width", "widthm", "beam"), ("width_m", 1.0)),
    **dict.fromkeys(("draft", "draught", "draughtm", "draftm"), ("draught_m", 1.0)),
    **dict.fromkeys(("a", "sizea", "tobow", "tobowm"), ("to_bow_m", 1.0)),
    **dict.fromkeys(("b", "sizeb", "tostern", "tosternm"), ("to_stern_m", 1.0)),
    **dict.fromkeys(("c", "sizec", "toport", "toportm"), ("to_port_m", 1.0)),
    **dict.fromkeys(("d", "sized", "tostarboard", "tostarboardm"), ("to_starboard_m", 1.0)),
    "destination": ("destination", 1.0),
    "eta": ("eta", 1.0),
    **dict.fromkeys(("typeofmobile", "transceiverclass", "transceiver", "aisclass"), ("station_kind", 1.0)),
}
"""Normalised column name -> (field, factor). The first column of a field wins."""

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
)
_DELIMITERS: Final = (",", ";", "\t")
_IDENTITIES: Final = ("mmsi", "icao24", "craft")


@dataclass(frozen=True, slots=True)
class TableLayout:
    """What the header of one table says."""

    fields: dict[str, tuple[int, float]]
    """Field -> (column index, factor)."""
    width: int
    delimiter: str = ","
    day_first: bool = False
    """Times are ``dd/mm/yyyy``."""
    signed_codes: bool = False
    """Negative course and speed are AIS codes read with the wrong sign."""

    @property
    def statics(self) -> tuple[str, ...]:
        """The static fields this table has."""
        return tuple(name for name in STATIC_FIELDS if name in self.fields)


def normalised(name: str) -> str:
    """A column name without case, signs and spaces: ``# Base_DateTime`` is ``basedatetime``."""
    return "".join(c for c in name.lower() if c.isalnum())


def layout_of_names(names: list[str], delimiter: str = ",") -> TableLayout | None:
    """The layout these column names describe; None unless they name a craft, a time and a position."""
    fields: dict[str, tuple[int, float]] = {}
    known = [normalised(name) for name in names]
    for index, name in enumerate(known):
        field, factor = COLUMN_NAMES.get(name, ("", 1.0))
        if field and field not in fields:
            fields[field] = (index, factor)
    if "velocity" in known and "heading_deg" in fields and "course_deg" not in fields:
        fields["course_deg"] = fields.pop("heading_deg")
    if not {"time", "lat_deg", "lon_deg"} <= fields.keys() or not any(name in fields for name in _IDENTITIES):
        return None
    return TableLayout(fields, len(names), delimiter, "typeofmobile" in known, "basedatetime" in known)


def layout_of_header(line: bytes) -> TableLayout | None:
    """The layout a header line describes, or None where it is none."""
    text = " ".join(line.decode("utf-8-sig", "replace").splitlines())  # csv takes no line ends, of any kind
    for delimiter in _DELIMITERS:
        if delimiter in text:
            names = next(csv.reader([text], delimiter=delimiter))
            layout = layout_of_names(names, delimiter)
            if layout is not None:
                return layout
    return None
