"""The IANA time zone of a port or an airport, from tables that come with the program; no network.

An airport's zone is that of its row in airportsdata. A port's is found in ``zone.tab`` of the tz database, which names one place for each zone of a country: the country of its
UN/LOCODE decides, and among several zones the place nearest in longitude, for zones are stripes (a degree of latitude counts ``_LATITUDE``). Near the borders of zones inside a country it
may be an hour wrong.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.geography.bundled import bundled_file

_LATITUDE: Final = 0.3
_INLAND: Final = ("America/Indiana/", "America/Kentucky/")
"""Counties without a port, whose places would be the nearest in longitude for half the Gulf of Mexico."""
_POSITION: Final = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")


@lru_cache(maxsize=1)
def _zones() -> dict[str, list[tuple[float, float, str]]]:
    """Country -> latitude, longitude and name of its zones."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        cells = line.split("\t")
        position = _POSITION.fullmatch(cells[1]) if len(cells) > 2 and not line.startswith("#") else None
        if position is not None and not cells[2].startswith(_INLAND):
            lat_deg, lon_deg = (
                float(whole) + (-1 if whole[0] == "-" else 1) * int(minutes) / 60
                for whole, minutes in (position.group(1, 2), position.group(3, 4))
            )
            found.setdefault(cells[0], []).append((lat_deg, lon_deg, cells[2]))
    return found


@lru_cache(maxsize=1)
def _airports() -> dict[str, str]:
    """ICAO code -> zone."""
    with bundled_file("airportsdata", "airports.csv").open(encoding="utf-8", newline="") as lines:
        return {row["icao"]: row["tz"] for row in csv.DictReader(lines)}


@lru_cache(maxsize=4096)
def zone_of(code: str, lat_deg: float, lon_deg: float) -> ZoneInfo | None:
    """The zone of a place; None where nobody can tell.

    >>> [str(zone_of(*port)) for port in (("NLRTM", 51.9, 4.5), ("JPTYO", 35.6, 139.8), ("RUVVO", 43.1, 131.9))]
    ['Europe/Amsterdam', 'Asia/Tokyo', 'Asia/Vladivostok']
    """
    if len(code) == 4:
        name = _airports().get(code, "")
    else:
        choices = _zones().get(code[:2], [])
        name = min(
            choices, key=lambda zone: abs(zone[1] - lon_deg) + _LATITUDE * abs(zone[0] - lat_deg), default=(0, 0, "")
        )[2]
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
