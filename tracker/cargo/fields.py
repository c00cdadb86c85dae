"""Every field of a cargo file: its name in JSON, its column in CSV, its type, and one sentence. docs/cargo.md is proven against it.

JSON nests the records; CSV has one flat file per shape (``CSV_SHAPES``), recognised by the columns it must have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one record. ``column`` is its name in CSV where that differs from JSON."""

    record: str
    name: str
    kind: str
    required: bool
    sentence: str
    column: str = ""

    @property
    def csv_name(self) -> str:
        """Column name in CSV."""
        return self.column or self.name


FIELDS: Final = (
    Field("manifest", "manifest_id", "text", True, "Names the manifest; an amendment keeps it."),
    Field(
        "manifest", "version", "version", False, "1 where missing; the highest version is judged, the others are kept."
    ),
    Field("conveyance", "mode", "mode", True, "How it travels."),
    Field("conveyance", "imo", "imo", False, "IMO number of the ship."),
    Field("conveyance", "mmsi", "mmsi", False, "MMSI of the ship."),
    Field("conveyance", "name", "text", False, "Name of the ship.", "craft_name"),
    Field("conveyance", "call_sign", "text", False, "Radio call sign of the ship, or ATC call sign of the flight."),
    Field("conveyance", "voyage_number", "text", False, "The carrier's voyage number."),
    Field("conveyance", "icao24", "icao24", False, "24-bit address of the aircraft."),
    Field("conveyance", "registration", "text", False, "Registration of the aircraft."),
    Field("conveyance", "flight", "text", False, "Flight number, with the two or three characters of the carrier."),
    Field("conveyance", "flight_date", "date", False, "Date of departure (UTC); a day off `depart`, that decides."),
    Field("node", "sequence", "integer", False, "Order of the call; demanded in CSV, in JSON the order of the list."),
    Field("node", "location", "location", True, "Where: UN/LOCODE, ICAO or IATA code."),
    Field("node", "name", "text", False, "Name of the place; taken from the code where missing.", "location_name"),
    Field("node", "lat_deg", "latitude", False, "Latitude of the place, for a code that the program does not know."),
    Field("node", "lon_deg", "longitude", False, "Longitude of the place."),
    Field("node", "arrive", "place_time", False, "Declared arrival; a date alone is the whole day."),
    Field("node", "depart", "place_time", False, "Declared departure; a date alone is the whole day."),
    Field("consignment", "consignment_id", "text", True, "Names the consignment within its manifest."),
    Field("consignment", "document_type", "document_type", True, "Which transport document it travels under."),
    Field("consignment", "document_number", "text", True, "Number of the bill of lading or air waybill."),
    Field("consignment", "carrier", "text", False, "Who issued the document."),
    Field("consignment", "master_document_number", "text", False, "Master document of a house bill or house waybill."),
    Field("consignment", "loading", "location", True, "Where it came, or comes, aboard this conveyance."),
    Field("consignment", "discharge", "location", True, "Where it leaves this conveyance."),
    *(
        Field(party, name, kind, False, f"{what} of the {who}.", f"{party}_{name}")
        for party, who in (("consignor", "consignor"), ("consignee", "consignee"), ("notify", "party to be notified"))
        for name, kind, what in (
            ("name", "text", "Name"),
            ("address", "text", "Address"),
            ("country", "country", "Country"),
            ("id", "text", "Registered number (EORI, VAT, tax)"),
        )
    ),
    Field("goods", "description", "text", False, "Goods in the words of the papers."),
    Field("goods", "hs_code", "hs_code", False, "Code of the Harmonized System, as many digits as are known."),
    Field("goods", "packages", "count", False, "Number of packages."),
    Field("goods", "gross_mass_kg", "mass", False, "Gross mass."),
    Field("equipment", "equipment_id", "text", True, "Container number (ISO 6346) or unit load device."),
    Field("equipment", "size_type", "text", False, "Size and type code, for example 45G1."),
    Field("equipment", "seals", "texts", False, "Seal numbers; in CSV separated by spaces."),
    Field("flag", "flag", "text", True, "Short name of the risk."),
    Field("flag", "severity", "severity", False, "How grave; 0.5 where missing."),
    Field("flag", "reason", "text", False, "Why, in plain words."),
    Field("flag", "by", "text", False, "Who flagged it."),
    Field("flag", "at", "time", False, "When it was flagged."),
)

PARTIES: Final = ("consignor", "consignee", "notify")


UNNAMED: Final = "(not named)"
"""Name of a party of which the papers give an address or number alone."""


@cache
def fields_of(record: str) -> tuple[Field, ...]:
    """The fields of one record, in order."""
    return tuple(field for field in FIELDS if field.record == record)


@dataclass(frozen=True, slots=True)
class CsvShape:
    """One kind of CSV file: recognised by columns only it has, made of some records."""

    name: str
    recognised_by: frozenset[str]
    records: tuple[str, ...]
    sentence: str

    @property
    def columns(self) -> dict[str, Field]:
        """Every column it may have."""
        own = {field.csv_name: field for record in self.records for field in fields_of(record)}
        if self.name == "flags":
            own |= {field.csv_name: field for field in fields_of("consignment") if field.name in FLAG_KEYS}
            own |= {"manifest_id": fields_of("manifest")[0]}
        return own


FLAG_KEYS: Final = ("consignment_id", "document_number")
CSV_SHAPES: Final = (
    CsvShape(
        "consignments",
        frozenset(
            {"manifest_id", "mode", "consignment_id", "document_type", "document_number", "loading", "discharge"}
        ),
        ("manifest", "conveyance", "consignment", *PARTIES, "goods", "equipment"),
        "One row per consignment and line: the first row of a consignment holds its fields, further rows may leave them empty "
        "and add goods or a container. A row without goods columns adds only its container.",
    ),
    CsvShape(
        "itineraries",
        frozenset({"manifest_id", "sequence", "location"}),
        ("manifest", "conveyance", "node"),
        "One row per call. The conveyance may be left out where a consignments file names it for the same manifest.",
    ),
    CsvShape(
        "flags",
        frozenset({"flag"}),
        ("flag",),
        "One row per flag on a consignment, named by consignment_id or document_number, and manifest_id if need be.",
    ),
)
