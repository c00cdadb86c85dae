"""The papers: who carries what where, as declared; for most of the seeded craft and for many honest ones some goods are flagged.

Honest papers are a little generous (arrivals declared 20 min to 2 h after the ship arrives); seeded diversions declare what their story
says. Everything else that is said here (parties, goods, numbers) is invented, with right check digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tracker.cargo.codes import container_check_digit
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
from tracker.simulate import world
from tracker.simulate.air import Flight
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Call, Ship
from tracker.units import US_PER_S, Micros, iso_time
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode

FLAGGED_SEEDED: Final = 0.9
FLAGGED_HONEST: Final = 0.3
CARRYING: Final = frozenset({"lane", "seeded", "waiting", "idle"})
_GOODS: Final = (
    ("Bananas, fresh, in cartons", "080390"),
    ("Coffee, not roasted", "090111"),
    ("Cigarettes containing tobacco", "240220"),
    ("Charcoal of wood", "440290"),
    ("Ceramic tiles", "690721"),
    ("Telephones", "851713"),
    ("Used passenger cars", "870323"),
    ("Light oils", "271012"),
    ("Frozen shrimps", "030617"),
    ("Cotton T-shirts", "610910"),
    ("Parts of machinery", "843149"),
    ("Pharmaceuticals", "300490"),
)
_FLAGS: Final = (
    ("narcotics_risk", 0.9, "Profile: first shipment of this consignee from this origin"),
    ("undervaluation", 0.5, "Declared value far below the usual"),
    ("sanctions_screening", 0.8, "A party resembles an entry of a watch list"),
    ("tobacco_smuggling", 0.7, "Route and goods match earlier seizures"),
    ("dual_use", 0.6, "Goods may need a licence"),
    ("physical_inspection", 0.4, "Chosen at random"),
)
_TRADERS: Final = [
    "Aalst Provisions BV",
    "Norderney Handel GmbH",
    "Skerry Imports Ltd",
    "Lindesnes Sjøfrakt AS",
    "Opale Négoce SARL",
    "Sundby Varer ApS",
    "Mariner & Daughters Ltd",
    "Gouwe Trading BV",
    "Hallands Grossist AB",
    "Wight Wholesale Ltd",
]


@dataclass(frozen=True, slots=True)
class Papers:
    """All manifests, and the craft of which some consignment is flagged."""

    manifests: tuple[Manifest, ...]
    flagged: frozenset[str]
    carriers: Mapping[str, Ship | Flight]
    """The craft of each manifest."""
    hard: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What makes a manifest hard to lay over the radio (``tracker.simulate.office``)."""


class Clerk:
    """Writes papers with one source of chance and numbers nobody else uses."""

    def __init__(self, rng: np.random.Generator, start_us: int) -> None:
        self._rng, self._start_us, self._serial = rng, start_us, 0
        self.manifests: list[Manifest] = []
        self.flagged: set[str] = set()
        self.carriers: dict[str, Ship | Flight] = {}

    def instant(self, time_s: float | None) -> Micros | None:
        """Seconds of the scenario as an instant, to the minute."""
        return None if time_s is None else Micros(self._start_us + round(time_s / 60.0) * 60 * US_PER_S)

    def file(
        self,
        carrier: Ship | Flight,
        conveyance: Conveyance,
        nodes: list[ItineraryNode],
        leg: tuple[int, int],
        seeded: bool,
    ) -> None:
        """One manifest; if it is flagged, the flagged goods are aboard on ``leg`` (indices of calls)."""
        rng = self._rng
        self._serial += 1
        number = f"SIM-{self._serial:05d}"
        flagged = bool(rng.random() < (FLAGGED_SEEDED if seeded else FLAGGED_HONEST))
        legs = [leg] + [self._any_leg(len(nodes)) for _ in range(int(rng.integers(0, 4)))]
        items = [
            self._consignment(f"{number}-{k + 1}", conveyance.mode, nodes[a], nodes[b], flagged and k == 0)
            for k, (a, b) in enumerate(legs)
        ]
        if flagged:
            self.flagged.add(carrier.craft)
        self.carriers[number] = carrier
        itinerary = Itinerary(number, 1, conveyance, tuple(nodes))
        self.manifests.append(Manifest(number, 1, conveyance, itinerary, tuple(items)))

    def _any_leg(self, calls: int) -> tuple[int, int]:
        first = int(self._rng.integers(0, calls - 1))
        return first, int(self._rng.integers(first + 1, calls))

    def _consignment(
        self, name: str, mode: Mode, loading: ItineraryNode, discharge: ItineraryNode, flagged: bool
    ) -> Consignment:
        rng = self._rng
        goods, code = _GOODS[int(rng.integers(len(_GOODS)))]
        serial = int(rng.integers(1_000_000, 9_999_999))
        flag, severity, reason = _FLAGS[int(rng.integers(len(_FLAGS)))]
        seller, buyer = (str(_TRADERS[int(k)]) for k in rng.choice(len(_TRADERS), 2, replace=False))
        box = f"TDWU{int(rng.integers(100_000, 999_999))}"
        at_us = None if loading.depart_us is None else loading.depart_us - 24 * 3600 * US_PER_S
        return Consignment(
            consignment_id=name,
            document_type=DocumentType.AIR_WAYBILL if mode is Mode.AIR else DocumentType.BILL_OF_LADING,
            document_number=f"999-{serial}{serial % 7}" if mode is Mode.AIR else f"TDW{serial}",
            loading=Location(loading.location, loading.name, loading.lat_deg, loading.lon_deg),
            discharge=Location(discharge.location, discharge.name, discharge.lat_deg, discharge.lon_deg),
            carrier="Tidewaiter Synthetic Lines",
            consignor=Party(seller),
            consignee=Party(buyer),
            goods=(ConsignmentItem(goods, code, int(rng.integers(5, 1200)), float(rng.integers(300, 24_000))),),
            equipment=() if mode is Mode.AIR else (TransportEquipment(f"{box}{container_check_digit(box)}", "45G1"),),
            flags=(Flag(flag, severity, reason, "simulated risk engine", at_us),) if flagged else (),
        )

    def ship(self, ship: Ship, story_s: float | None) -> None:
        """Papers of a ship that carries cargo; ``story_s`` is when her story begins."""
        calls = ship.declared or [self._generous(call) for call in ship.calls]
        if len(calls) < 2:
            return
        nodes = [self._node(call) for call in calls]
        seeded = story_s is not None
        leg = self._any_leg(len(nodes))
        if ship.declared:
            leg = (0, len(nodes) - 1)
        elif story_s is not None:
            left = [k for k, call in enumerate(ship.calls[:-1]) if call.depart_s is None or call.depart_s <= story_s]
            leg = (left[-1] if left else 0, (left[-1] if left else 0) + 1)
        self.file(ship, self._named(ship, seeded), nodes, leg, seeded)

    def _named(self, ship: Ship, seeded: bool) -> Conveyance:
        """Papers know the IMO number and the name; some know the MMSI, or only the name and the call sign."""
        way = 0 if seeded else int(self._rng.integers(4))
        voyage = f"{int(self._rng.integers(1, 999)):03d}{'EWNS'[int(self._rng.integers(4))]}"
        if way == 3 or ship.role == "bad_imo":
            return Conveyance(Mode.SEA, mmsi=ship.mmsi, name=ship.name, call_sign=ship.call_sign, voyage_number=voyage)
        mmsi = ship.mmsi if way == 1 else None
        return Conveyance(Mode.SEA, imo=ship.imo, mmsi=mmsi, name=ship.name, voyage_number=voyage)

    def _generous(self, call: Call) -> Call:
        later = float(self._rng.uniform(0.33, 2.0)) * HOUR_S
        arrive = None if call.arrive_s is None else call.arrive_s + later
        depart = None if call.depart_s is None else call.depart_s + float(self._rng.uniform(-0.3, 0.3)) * HOUR_S
        if arrive is not None and depart is not None:
            depart = max(depart, arrive + 600.0)
        return Call(call.port, arrive, depart)

    def _node(self, call: Call) -> ItineraryNode:
        place = world.port(call.port)
        return ItineraryNode(
            call.port,
            place.name,
            place.lat_deg,
            place.lon_deg,
            self.instant(call.arrive_s),
            self.instant(call.depart_s),
        )

    def flight(self, flight: Flight) -> None:
        """Papers of a flight: declared from and to, by flight number and day or by registration."""
        nodes = []
        for code, arrives in ((flight.origin, False), (flight.declared, True)):
            entry = world.airports()[code]
            moment = self.instant(float(flight.time_s[-1]) + 900.0 if arrives else float(flight.time_s[0]) + 600.0)
            nodes.append(
                ItineraryNode(
                    code,
                    str(entry["name"]),
                    float(entry["lat"]),
                    float(entry["lon"]),
                    moment if arrives else None,
                    None if arrives else moment,
                )
            )
        departs = nodes[0].depart_us or 0
        conveyance = Conveyance(
            Mode.AIR,
            icao24=flight.address,
            registration=flight.registration,
            flight=flight.call_sign,
            flight_date=iso_time(departs)[:10],
        )
        self.file(flight, conveyance, nodes, (0, 1), bool(flight.story))

    def done(self) -> Papers:
        """Everything written."""
        return Papers(tuple(self.manifests), frozenset(self.flagged), self.carriers)
