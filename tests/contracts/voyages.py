"""Voyages and flights of the contract suite that leave their papers in every way there is, in a world that can be turned."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property
from typing import Final

import numpy as np

from models.angles import wrap_longitude
from tests.scenarios.diversion_tracks import Track, node
from tests.scenarios.test_diversion_air import CRUISE, at_gate, land
from tests.scenarios.test_diversion_destination import saying
from tracker.geography.airports import AirportTable
from tracker.geography.places import WorldPlaces
from tracker.geography.ports import PortTable
from tracker.geography.sea_routes import SeaRoutes
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode

MMSI: Final = 219_006_000
ADDRESS: Final = 0x4B6000
NAMES: Final = {2: "Amber Gull", 6: "Willow Dawn"}
"""Ships that the papers know by name alone: they are followed from when they say it, and may be forgotten."""


class TurnedRoutes(SeaRoutes):
    """The lanes of the world turned, without land: every straight way is water."""

    def __init__(self, turn_deg: float) -> None:
        super().__init__()
        lines = SeaRoutes()._lines
        self._lines = replace(lines, lon_deg=wrap_longitude(lines.lon_deg + turn_deg))


class TurnedWorld(WorldPlaces):
    """Ports, airports and lanes of the world, turned."""

    def __init__(self, turn_deg: float) -> None:
        super().__init__()
        self._turn_deg = turn_deg

    @cached_property
    def ports(self) -> PortTable:
        """All ports."""
        return PortTable([replace(port, lon_deg=self._turned(port.lon_deg)) for port in WorldPlaces().ports.ports])

    @cached_property
    def airports(self) -> AirportTable:
        """All airports."""
        return AirportTable(
            [replace(one, lon_deg=self._turned(one.lon_deg)) for one in WorldPlaces().airports.airports]
        )

    @cached_property
    def sea_routes(self) -> SeaRoutes:
        """The lanes."""
        return TurnedRoutes(self._turn_deg)

    def _turned(self, lon_deg: float) -> float:
        return float(wrap_longitude(lon_deg + self._turn_deg))


world = cache(TurnedWorld)


def voyages() -> tuple[list[PositionBatch], list[StaticBatch]]:
    """Reports of all, and what one of them types as its destination."""
    ships = [
        Track("NLRTM").wait(1).sail("SEGOT", part=0.3).straight((58.5, -1.0), 15),  # off the route, and away
        Track("NLRTM").wait(1).sail("SEGOT", part=0.7).sail("NLRTM").wait(6),  # back to where it came from
        Track("NLRTM")
        .wait(1)
        .sail("SEGOT", part=0.4)
        .sail("DEBRV")
        .wait(8)
        .sail("SEGOT")
        .wait(3),  # a call nobody declared
        Track("NLRTM").wait(1).sail("SEGOT").wait(8).sail("DEHAM").wait(8),  # the second call first
        Track("NLRTM").wait(1).sail("SEGOT", part=0.4).sail("SEGOT", 4.5, part=0.5),  # slower than the papers allow
        Track("NLRTM").wait(1).sail("SEGOT", 9.0, part=0.9),  # late at its usual pace
        Track("NLRTM").wait(1).sail("SEGOT").wait(3),  # types another port
    ]
    rows = [track.rows(mmsi_craft(MMSI + k)) for k, track in enumerate(ships)]
    types = saying((0, "SEGOT"), (15, "NO OSL"), (25, "SE GOT"), until_h=ships[6].hour)
    names = saying((0, ""), until_h=ships[2].hour)
    statics = [
        part.with_columns(
            craft=np.full(len(part), mmsi_craft(MMSI + number), dtype=np.int64),
            name=np.full(len(part), NAMES[number].upper().encode(), dtype="S20"),
        )
        for number, part in ((6, types), (2, names))
    ]
    aloft = [
        land(at_gate("EDDF").straight("LIRF", 450, part=0.7, **CRUISE), "LIRN"),
        land(at_gate("EDDF").straight("LIRF", 450, part=0.3, **CRUISE), "EDDF"),
    ]
    flown = [track.rows(icao24_craft(ADDRESS + k)) for k, track in enumerate(aloft)]
    flown = [
        part.with_columns(message_type=np.full(len(part), MESSAGE_TYPE_AIRBORNE, dtype=np.uint8)) for part in flown
    ]
    return [*rows, *flown], statics


def papers(turn_deg: float) -> tuple[Itinerary, ...]:
    """What each of them had declared."""
    calls = [
        (node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55)),
        (node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55)),
        (node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55)),
        (node("NLRTM", depart_h=0), node("DEHAM", arrive_h=30, depart_h=50), node("SEGOT", arrive_h=90), node("PLGDN")),
        (node("NLRTM", depart_h=0), node("SEGOT", arrive_h=50)),
        (node("NLRTM", depart_h=0), node("SEGOT", arrive_h=50)),
        (node("NLRTM", depart_h=0), node("SEGOT", arrive_h=60)),
    ]
    at_sea = [
        Itinerary(f"S{k}", 1, _ship(k), tuple(_turned(one, turn_deg) for one in nodes)) for k, nodes in enumerate(calls)
    ]
    flights = [
        Itinerary(f"A{k}", 1, Conveyance(Mode.AIR, icao24=ADDRESS + k), tuple(
            _turned(one, turn_deg) for one in (node("EDDF", depart_h=0), node("LIRF", arrive_h=2))))
        for k in range(2)
    ]  # fmt: skip
    return (*at_sea, *flights)


def _ship(number: int) -> Conveyance:
    """How the papers name it: most by the number it transmits."""
    if number in NAMES:
        return Conveyance(Mode.SEA, name=NAMES[number])
    return Conveyance(Mode.SEA, mmsi=MMSI + number)


def _turned(one: ItineraryNode, turn_deg: float) -> ItineraryNode:
    return replace(one, lon_deg=float(wrap_longitude(one.lon_deg + turn_deg)))
