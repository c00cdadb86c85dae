"""Small papers for tests: a few places, and manifests made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.cargo.consignment import (
    Consignment,
    ConsignmentItem,
    DocumentType,
    Flag,
    Location,
    Party,
    TransportEquipment,
)
from tracker.cargo.manifest import Manifest
from tracker.units import parse_time
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str
    lat_deg: float
    lon_deg: float


PLACES = {
    "BRSSZ": Place("BRSSZ", "Santos", -23.96, -46.33),
    "MAPTM": Place("MAPTM", "Tanger Med", 35.88, -5.5),
    "BEANR": Place("BEANR", "Antwerp", 51.27, 4.3),
    "NLRTM": Place("NLRTM", "Rotterdam", 51.9, 4.48),
    "LFPG": Place("LFPG", "Paris Charles de Gaulle", 49.01, 2.55),
    "KJFK": Place("KJFK", "New York John F Kennedy", 40.64, -73.78),
}
ALIASES = {"CDG": "LFPG", "JFK": "KJFK"}


def locate(code: str) -> Place | None:
    return PLACES.get(ALIASES.get(code, code))


def us(text: str) -> int:
    return int(parse_time(text))


def location(code: str) -> Location:
    place = PLACES[code]
    return Location(place.code, place.name, place.lat_deg, place.lon_deg)


def node(code: str, arrive: str | None = None, depart: str | None = None) -> ItineraryNode:
    p = PLACES[code]
    return ItineraryNode(
        p.code, p.name, p.lat_deg, p.lon_deg, us(arrive) if arrive else None, us(depart) if depart else None
    )


def consignment(identifier: str = "C1", loading: str = "BRSSZ", discharge: str = "NLRTM", **given: Any) -> Consignment:
    return Consignment(
        identifier,
        given.pop("document_type", DocumentType.BILL_OF_LADING),
        given.pop("document_number", f"MEDU{identifier}"),
        location(loading),
        location(discharge),
        **given,
    )


COCAINE = Flag("concealment", 0.9, "Seal photo differs from the one at loading", "risk engine", us("2026-04-10"))
FRUIT = ConsignmentItem("Fresh mangoes", "08045020", 960, 22_400.0)
BOX = TransportEquipment("MSKU1234565", "45R1", ("SL100", "SL101"))
FULL = consignment(
    "C1",
    carrier="MSC",
    master_document_number="MEDU1",
    consignor=Party("Frutas do Norte", "Rua A 1, Natal", "BR", "BR123"),
    consignee=Party("Van Dam Fruit, BV", 'Kade "3", Rotterdam', "NL"),
    notify=Party("Agent & Co"),
    goods=(FRUIT, ConsignmentItem("Pallets", "4415")),
    equipment=(BOX,),
    flags=(COCAINE,),
)
SHIP = Conveyance(Mode.SEA, imo=9074729, name="SEA STAR", call_sign="OXYZ2", voyage_number="114N")
CALLS = (
    node("BRSSZ", depart="2026-04-10T06:00:00Z"),
    node("MAPTM", "2026-04-20T04:00:00Z", "2026-04-20T20:00:00Z"),
    node("NLRTM", "2026-04-25T10:00:00Z", "2026-04-26T10:00:00Z"),
)


def manifest(
    *consignments: Consignment,
    manifest_id: str = "M1",
    version: int = 1,
    conveyance: Conveyance = SHIP,
    calls: tuple[ItineraryNode, ...] = CALLS,
) -> Manifest:
    itinerary = Itinerary(manifest_id, version, conveyance, calls) if calls else None
    return Manifest(manifest_id, version, conveyance, itinerary, consignments)


FLIGHT = Conveyance(Mode.AIR, flight="AF077", flight_date="2026-04-17")
AIR_CALLS = (node("LFPG", depart="2026-04-17T08:00:00Z"), node("KJFK", "2026-04-17T16:00:00Z"))
PARCEL = consignment("A1", "LFPG", "KJFK", document_type=DocumentType.AIR_WAYBILL, document_number="057-76215436")
AIR = manifest(PARCEL, manifest_id="M2", conveyance=FLIGHT, calls=AIR_CALLS)
