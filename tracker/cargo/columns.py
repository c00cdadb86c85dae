"""Columns of papers: the SQL views ``consignments`` (one row per consignment and version) and ``itineraries`` (one row per declared call), and the tables they are made of.

====================  =========================================================================================
table                 one row for
====================  =========================================================================================
``paper_versions``    each version of a manifest: how it names its craft, its calls, from which document, known from when until when
``paper_calls``       each declared call of a version
``paper_legs``        each way of goods (loading, discharge) of a version, with its places and times
``consignment_rows``  each statement of a consignment, valid in the versions ``first_version`` to ``last_version`` of its manifest
====================  =========================================================================================

An amendment of one consignment among thousands is one row more and one row ended: what it does not speak of is not copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pyarrow as pa

from tracker.cargo.consignment import Consignment, Location
from tracker.cargo.manifest import Manifest, call_indices
from tracker.cargo.rows import ConsignmentRows, flags_text
from tracker.identity import craft_text, icao24_craft
from tracker.schema import Column
from tracker.voyages.itinerary import Conveyance, DeclaredChange, Itinerary, ItineraryNode, Mode

_KEY: Final = (
    Column("manifest_id", "S0", "Manifest, or itinerary, it belongs to.", nullable=False),
    Column("version", "i4", "Version of the papers.", nullable=False),
)
_CONVEYANCE: Final = (
    Column("mode", "S3", "sea or air.", nullable=False),
    Column("imo", "i4", "IMO number on the papers."),
    Column("mmsi", "i4", "MMSI on the papers."),
    Column("craft_name", "S0", "Ship's name on the papers."),
    Column("call_sign", "S0", "Call sign on the papers."),
    Column("voyage_number", "S0", "The carrier's voyage number."),
    Column("icao24", "S6", "24-bit address on the papers, hexadecimal."),
    Column("registration", "S0", "Registration of the aircraft."),
    Column("flight", "S0", "Flight number."),
    Column("flight_date", "S10", "Date of the flight's departure (UTC)."),
)
_LATEST: Final = Column("is_latest", "i1", "1 in the version that is judged, 0 in amended ones.", nullable=False)
_RECEIVED: Final = (
    Column(
        "received_us",
        "i8",
        "When the document that says so was received; missing where a replay or a file given at the start brought it.",
    ),
    Column(
        "is_incomplete",
        "i1",
        "1 where that document breaks off or does not hold what it says it holds.",
        nullable=False,
    ),
)
_PAPERS: Final = (*_KEY, _LATEST, *_CONVEYANCE)
PARTY_NAMES: Final = ("name", "address", "country", "id")
OWN_COLUMNS: Final = (
    Column("consignment_id", "S0", "Consignment within its manifest.", nullable=False),
    Column("document_type", "S16", "bill_of_lading or air_waybill.", nullable=False),
    Column("document_number", "S0", "Number of the transport document.", nullable=False),
    Column("master_document_number", "S0", "Master document of a house document."),
    Column("carrier", "S0", "Who issued the document."),
    Column("loading", "S8", "Code of the place of loading.", nullable=False),
    Column("discharge", "S8", "Code of the place of discharge.", nullable=False),
    *(
        Column(f"{party}_{name}", "S0", f"{name.capitalize()} of the {party}.")
        for party in ("consignor", "consignee", "notify")
        for name in PARTY_NAMES
    ),
    Column("goods", "S0", "Lines of goods as JSON: description, hs_code, packages, gross_mass_kg."),
    Column("hs_codes", "S0", "HS codes of all lines, separated by spaces."),
    Column("packages", "i8", "Packages of all lines."),
    Column("gross_mass_kg", "f8", "Gross mass of all lines.", "kg"),
    Column("equipment", "S0", "Containers and their seals as JSON."),
    Column("equipment_ids", "S0", "Container numbers, separated by spaces."),
    Column("flags", "S0", "Flags as JSON: flag, severity, reason, by, at_us."),
    Column("flag_severity", "f8", "Severity of the gravest flag, 0 to 1."),
)
_LEG_SHOWN: Final = {
    "loading": (Column("loading_name", "S0", "Name of the place of loading."),),
    "discharge": (
        Column("discharge_name", "S0", "Name of the place of discharge."),
        Column("loading_depart_us", "i8", "Declared departure from the place of loading."),
        Column("discharge_arrive_us", "i8", "Declared arrival at the place of discharge."),
    ),
}
CONSIGNMENT_COLUMNS: Final = (
    *_PAPERS,
    *(shown for column in OWN_COLUMNS for shown in (column, *_LEG_SHOWN.get(column.name, ()))),
    *_RECEIVED,
)
_CALL: Final = (
    Column("node", "i4", "Order of the call, from 1.", nullable=False),
    Column("location", "S8", "Code of the place.", nullable=False),
    Column("name", "S0", "Name of the place."),
    Column("lat_deg", "f8", "Latitude.", "deg"),
    Column("lon_deg", "f8", "Longitude.", "deg"),
    Column("arrive_us", "i8", "Declared arrival."),
    Column("depart_us", "i8", "Declared departure."),
)
ITINERARY_COLUMNS: Final = (*_PAPERS, *_CALL, *_RECEIVED)

VERSION_COLUMNS: Final = (
    *_PAPERS,
    Column("declared_version", "i4", "Version that the document itself gives.", nullable=False),
    Column(
        "head",
        "S0",
        "Conveyance and calls as JSON, everything that is known of them; missing in papers stored by versions before 8 of the layout.",
    ),
    Column(
        "digest",
        "S0",
        "Digest of the content, conveyance and calls and all consignments, as hexadecimal digits; missing where it came by no document.",
    ),
    Column("sha256", "S64", "Document that this version came with; missing where it came by none."),
    *_RECEIVED,
    Column("known_us", "i8", "Event time from which it counts; missing where it always did."),
    Column("superseded_us", "i8", "Event time from which the next version counts; missing in the latest one."),
    Column("is_late", "i1", "1 where a higher version was here before it: it never counts.", nullable=False),
)
CALL_COLUMNS: Final = (*_KEY, *_CALL)
LEG_COLUMNS: Final = (
    *_KEY,
    Column("loading", "S8", "Code of the place of loading.", nullable=False),
    Column("loading_name", "S0", "Its name."),
    Column("loading_lat_deg", "f8", "Its latitude.", "deg"),
    Column("loading_lon_deg", "f8", "Its longitude.", "deg"),
    Column("discharge", "S8", "Code of the place of discharge.", nullable=False),
    Column("discharge_name", "S0", "Its name."),
    Column("discharge_lat_deg", "f8", "Its latitude.", "deg"),
    Column("discharge_lon_deg", "f8", "Its longitude.", "deg"),
    Column("loading_depart_us", "i8", "Declared departure from the place of loading."),
    Column("discharge_arrive_us", "i8", "Declared arrival at the place of discharge."),
)
STATEMENT_COLUMNS: Final = (
    _KEY[0],
    Column("first_version", "i4", "First version of its manifest that says so.", nullable=False),
    Column("last_version", "i4", "Last version that says so; missing while the latest does."),
    *OWN_COLUMNS,
    Column("digest", "BLOB", "Digest of what is said, flags apart; missing where it came by no document."),
)


def paper_tables(manifests: Iterable[Manifest], latest: frozenset[tuple[str, int]]) -> dict[str, pa.Table]:
    """Rows of the four tables for papers without a document, each version whole by itself; instants are called ``..._time`` as in all views."""
    every = list(manifests)
    versions = [
        version_row(one, is_latest=(one.manifest_id, one.version) in latest, declared_version=one.version)
        for one in every
    ]
    return {
        "paper_versions": table_of(VERSION_COLUMNS, versions),
        "paper_calls": table_of(CALL_COLUMNS, [row for one in every for row in call_rows(one)]),
        "paper_legs": table_of(LEG_COLUMNS, [row for one in every for row in leg_rows(one)]),
        "consignment_rows": table_of(
            STATEMENT_COLUMNS,
            [
                {**consignment_row(item), "manifest_id": one.manifest_id, "first_version": one.version, "last_version": one.version}
                for one in every
                for item in one.consignments
            ],
        ),
    }  # fmt: skip


def version_row(manifest: Manifest, *, is_latest: bool, declared_version: int, **more: Any) -> dict[str, Any]:
    """The row of a version; ``more`` says where it came from and from when it counts."""
    conveyance = manifest.conveyance
    icao24 = conveyance.icao24
    return {
        "manifest_id": manifest.manifest_id,
        "version": manifest.version,
        "is_latest": int(is_latest),
        "mode": str(conveyance.mode),
        "imo": conveyance.imo,
        "mmsi": conveyance.mmsi,
        "craft_name": conveyance.name,
        "call_sign": conveyance.call_sign,
        "voyage_number": conveyance.voyage_number,
        "icao24": None if icao24 is None else craft_text(int(icao24_craft(icao24))).partition(":")[2],
        "registration": conveyance.registration,
        "flight": conveyance.flight,
        "flight_date": conveyance.flight_date,
        "declared_version": declared_version,
        "head": head_text(manifest.conveyance, manifest.itinerary),
        "is_incomplete": int(manifest.is_incomplete),
        "is_late": 0,
        **more,
    }


def head_text(conveyance: Conveyance, itinerary: Itinerary | None) -> str:
    """How papers name their craft and where it is to call, exactly, as JSON."""
    calls = None
    if itinerary is not None:
        calls = {name: [asdict(one) for one in getattr(itinerary, name)] for name in ("nodes", "changes")}
    return json.dumps({"conveyance": asdict(conveyance), "calls": calls}, sort_keys=True)


def head_of(text: str, manifest_id: str, version: int) -> tuple[Conveyance, Itinerary | None]:
    """The inverse of :func:`head_text`."""
    held = json.loads(text)
    conveyance = Conveyance(**{**held["conveyance"], "mode": Mode(held["conveyance"]["mode"])})
    calls = held["calls"]
    if calls is None:
        return conveyance, None
    nodes = tuple(ItineraryNode(**{**node, "voyages": tuple(node["voyages"])}) for node in calls["nodes"])
    changes = tuple(DeclaredChange(**change) for change in calls["changes"])
    return conveyance, Itinerary(manifest_id, version, conveyance, nodes, changes)


def call_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """One row for each declared call."""
    names = [column.name for column in _CALL if column.name != "node"]
    return [
        {"manifest_id": manifest.manifest_id, "version": manifest.version, "node": number}
        | {name: getattr(node, name) for name in names}
        for number, node in enumerate(manifest.itinerary.nodes if manifest.itinerary else (), 1)
    ]


def leg_rows(manifest: Manifest, ways: Sequence[tuple[Location, Location]] | None = None) -> list[dict[str, Any]]:
    """One row for each way of its goods, or for the ``ways`` given; a declared call tells where its place lies."""
    nodes = manifest.itinerary.nodes if manifest.itinerary else ()
    codes, at = [node.location for node in nodes], {node.location: node for node in nodes}
    rows = []
    for ends in manifest.ways() if ways is None else ways:
        loading, discharge = call_indices(codes, ends[0].code, ends[1].code)
        row: dict[str, Any] = {"manifest_id": manifest.manifest_id, "version": manifest.version}
        for what, place in zip(("loading", "discharge"), ends, strict=True):
            known = at.get(place.code, place)
            row |= {
                what: place.code, f"{what}_name": known.name, f"{what}_lat_deg": known.lat_deg, f"{what}_lon_deg": known.lon_deg,
            }  # fmt: skip
        row["loading_depart_us"] = None if loading is None else nodes[loading].depart_us
        row["discharge_arrive_us"] = None if discharge is None else nodes[discharge].arrive_us
        rows.append(row)
    return rows


def statement_table(consignments: Sequence[Consignment]) -> pa.Table:
    """Columns of consignments alone (``OWN_COLUMNS``): those of rows as they are."""
    if isinstance(consignments, ConsignmentRows):
        return consignments.table()
    return table_of(OWN_COLUMNS, [consignment_row(item) for item in consignments])


def consignment_row(item: Consignment) -> dict[str, Any]:
    """What papers say of a consignment, as columns."""
    packages = [line.packages for line in item.goods if line.packages is not None]
    masses = [line.gross_mass_kg for line in item.goods if line.gross_mass_kg is not None]
    return {
        "consignment_id": item.consignment_id,
        "document_type": str(item.document_type),
        "document_number": item.document_number,
        "master_document_number": item.master_document_number,
        "carrier": item.carrier,
        "loading": item.loading.code,
        "discharge": item.discharge.code,
        **{
            f"{party}_{name}": getattr(getattr(item, party), name, None)
            for party in ("consignor", "consignee", "notify")
            for name in PARTY_NAMES
        },
        "goods": _json([asdict(line) for line in item.goods]),
        "hs_codes": " ".join(dict.fromkeys(line.hs_code for line in item.goods if line.hs_code)),
        "packages": sum(packages) if packages else None,
        "gross_mass_kg": sum(masses) if masses else None,
        "equipment": _json([asdict(box) for box in item.equipment]),
        "equipment_ids": " ".join(box.equipment_id for box in item.equipment),
        "flags": flags_text(item.flags),
        "flag_severity": item.severity if item.flags else None,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def table_of(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table under the names of the views; what a row does not have is missing."""
    arrays = [pa.array([row.get(column.name) for row in rows], _type(column)) for column in columns]
    return pa.table(arrays, names=[stored_name(column) for column in columns])


def stored_name(column: Column) -> str:
    """``known_us`` is kept as an instant called ``known_time``."""
    return (
        "time"
        if column.name == "time_us"
        else column.name.removesuffix("_us") + "_time"
        if column.name.endswith("_us")
        else column.name
    )


def _type(column: Column) -> pa.DataType:
    return {"BLOB": pa.binary(), "JSON": pa.string()}.get(column.dtype) or column.arrow_type
