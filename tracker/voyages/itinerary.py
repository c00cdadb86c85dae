"""Declared itineraries: where the papers say a craft goes, in order and in time.

Places are UN/LOCODE at sea (``NLRTM``) and ICAO or IATA in the air (``EHAM``, ``AMS``); coordinates are filled in by
``tracker.geography`` when the papers are read. A conveyance is how papers name a craft; it is not yet a craft: papers may know an IMO
number, a name or a flight, the radio knows an MMSI or a 24-bit address (``tracker.voyages.conveyance`` joins them).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Mode of transport."""

    SEA = "sea"
    AIR = "air"


@dataclass(frozen=True, slots=True)
class Conveyance:
    """How papers name a craft; anything unknown is None. At least one of the fields is given."""

    mode: Mode
    imo: int | None = None
    mmsi: int | None = None
    name: str | None = None
    call_sign: str | None = None
    voyage_number: str | None = None
    icao24: int | None = None
    registration: str | None = None
    flight: str | None = None
    flight_date: str | None = None
    """ISO date of departure of the flight, so that tomorrow's flight of the same number is another one: of the day in ``flight_zone``."""
    flight_zone: str | None = None
    """IANA zone of the place of departure, where the papers give the date alone; None where the date is of UTC."""


@dataclass(frozen=True, slots=True)
class ItineraryNode:
    """One declared call. Times are UTC microseconds; None where the papers are silent.

    Papers often give a date alone. Then ``arrive_us`` is the end of that local day, before which nobody is late, and ``depart_us`` its beginning, before which nobody
    is expected to sail; ``arrive_from_us`` and ``depart_until_us`` are the other ends, None where the time is exact.
    """

    location: str
    name: str
    lat_deg: float
    lon_deg: float
    arrive_us: int | None = None
    depart_us: int | None = None
    arrive_from_us: int | None = None
    depart_until_us: int | None = None
    arrive_said: str | None = None
    """The papers' own words (ISO, local) where they gave no zone."""
    depart_said: str | None = None
    voyages: tuple[str, ...] = ()
    """Voyage numbers under which a schedule has the craft come here, and leave."""
    is_of_goods: bool = False
    """Declared beside goods alone, as their loading or discharge: where the craft calls besides, nobody says."""


@dataclass(frozen=True, slots=True)
class DeclaredChange:
    """What a carrier published of a call: that it is omitted, moved, added or late. ``code`` is that of DCSA's operational vessel schedules, or ``DELAY``."""

    code: str
    location: str
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Ordered calls of one conveyance under one declared purpose. An amendment is a higher version, the old one stays."""

    itinerary_id: str
    version: int
    conveyance: Conveyance
    nodes: tuple[ItineraryNode, ...]
    changes: tuple[DeclaredChange, ...] = ()

    @property
    def mode(self) -> Mode:
        """Mode of transport."""
        return self.conveyance.mode

    @property
    def is_whole(self) -> bool:
        """Whether it says where the craft calls, so that a call elsewhere is a diversion; times beside goods do not."""
        return not any(node.is_of_goods for node in self.nodes)
