"""What is aboard: consignments, their documents, parties, goods and containers. Names follow the WCO Data Model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DocumentType(StrEnum):
    """The transport document of a consignment."""

    BILL_OF_LADING = "bill_of_lading"
    AIR_WAYBILL = "air_waybill"


@dataclass(frozen=True, slots=True)
class Location:
    """A place of loading or discharge: UN/LOCODE, or ICAO or IATA code of an airport."""

    code: str
    name: str
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class Party:
    """A person or firm on the papers. Names of parties go into alerts and the store, never into logs."""

    name: str
    address: str | None = None
    country: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ConsignmentItem:
    """One line of goods. The HS code has 2 to 12 digits, as far as the papers go."""

    description: str | None = None
    hs_code: str | None = None
    packages: int | None = None
    gross_mass_kg: float | None = None


@dataclass(frozen=True, slots=True)
class TransportEquipment:
    """A container (ISO 6346) or an air unit load device, with its seals."""

    equipment_id: str
    size_type: str | None = None
    seals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """Why somebody wants this consignment watched. ``severity`` is 0 to 1, given by whoever flagged it."""

    flag: str
    severity: float = 0.5
    reason: str | None = None
    by: str | None = None
    at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Consignment:
    """Goods of one consignor to one consignee under one document, from loading to discharge."""

    consignment_id: str
    document_type: DocumentType
    document_number: str
    loading: Location
    discharge: Location
    carrier: str | None = None
    master_document_number: str | None = None
    consignor: Party | None = None
    consignee: Party | None = None
    notify: Party | None = None
    goods: tuple[ConsignmentItem, ...] = ()
    equipment: tuple[TransportEquipment, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def is_flagged(self) -> bool:
        """Whether anybody flagged it."""
        return bool(self.flags)

    @property
    def severity(self) -> float:
        """The gravest flag, 0 where there is none."""
        return max((flag.severity for flag in self.flags), default=0.0)
