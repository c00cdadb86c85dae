"""Columns of the SQL views ``consignments`` (one row per consignment and version) and ``itineraries`` (one row per declared call)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from tracker.cargo.consignment import Consignment
from tracker.cargo.manifest import Manifest
from tracker.identity import craft_text, icao24_craft
from tracker.schema import Column

_PAPERS: Final = (
    Column("manifest_id", "S0", "Manifest, or itinerary, it belongs to.", nullable=False),
    Column("version", "i4", "Version of the papers.", nullable=False),
    Column("is_latest", "i1", "1 in the version that is judged, 0 in amended ones.", nullable=False),
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
CONSIGNMENT_COLUMNS: Final = (
    *_PAPERS,
    Column("consignment_id", "S0", "Consignment within its manifest.", nullable=False),
    Column("document_type", "S16", "bill_of_lading or air_waybill.", nullable=False),
    Column("document_number", "S0", "Number of the transport document.", nullable=False),
    Column("master_document_number", "S0", "Master document of a house document."),
    Column("carrier", "S0", "Who issued the document."),
    Column("loading", "S8", "Code of the place of loading.", nullable=False),
    Column("loading_name", "S0", "Name of the place of loading."),
    Column("discharge", "S8", "Code of the place of discharge.", nullable=False),
    Column("discharge_name", "S0", "Name of the place of discharge."),
    Column("loading_depart_us", "i8", "Declared departure from the place of loading."),
    Column("discharge_arrive_us", "i8", "Declared arrival at the place of discharge."),
    *(
        Column(f"{party}_{name}", "S0", f"{name.capitalize()} of the {party}.")
        for party in ("consignor", "consignee", "notify")
        for name in ("name", "address", "country", "id")
    ),
    Column("goods", "S0", "Lines of goods as JSON: description, hs_code, packages, gross_mass_kg."),
    Column("hs_codes", "S0", "HS codes of all lines, separated by spaces."),
    Column("packages", "i8", "Packages of all lines."),
    Column("gross_mass_kg", "f8", "Gross mass of all lines.", "kg"),
    Column("equipment", "S0", "Containers and their seals as JSON."),
    Column("equipment_ids", "S0", "Container numbers, separated by spaces."),
    Column("flags", "S0", "Flags as JSON: flag, severity, reason, by."),
    Column("flag_severity", "f8", "Severity of the gravest flag, 0 to 1."),
)
ITINERARY_COLUMNS: Final = (
    *_PAPERS,
    Column("node", "i4", "Order of the call, from 1.", nullable=False),
    Column("location", "S8", "Code of the place.", nullable=False),
    Column("name", "S0", "Name of the place."),
    Column("lat_deg", "f8", "Latitude.", "deg"),
    Column("lon_deg", "f8", "Longitude.", "deg"),
    Column("arrive_us", "i8", "Declared arrival."),
    Column("depart_us", "i8", "Declared departure."),
)


def cargo_tables(manifests: Iterable[Manifest], latest: frozenset[tuple[str, int]]) -> dict[str, pa.Table]:
    """The two tables; instants are called ``..._time`` as in all views."""
    consignments: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    for manifest in manifests:
        papers = _papers(manifest, (manifest.manifest_id, manifest.version) in latest)
        consignments += [papers | _consignment(manifest, item) for item in manifest.consignments]
        for number, node in enumerate(manifest.itinerary.nodes if manifest.itinerary else (), 1):
            own = {
                name: getattr(node, name)
                for name in ("location", "name", "lat_deg", "lon_deg", "arrive_us", "depart_us")
            }
            nodes.append(papers | own | {"node": number})
    return {"consignments": _table(CONSIGNMENT_COLUMNS, consignments), "itineraries": _table(ITINERARY_COLUMNS, nodes)}


def _papers(manifest: Manifest, is_latest: bool) -> dict[str, Any]:
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
    }


def _consignment(manifest: Manifest, item: Consignment) -> dict[str, Any]:
    loading, discharge = manifest.node_indices(item)
    nodes = manifest.itinerary.nodes if manifest.itinerary else ()
    packages = [line.packages for line in item.goods if line.packages is not None]
    masses = [line.gross_mass_kg for line in item.goods if line.gross_mass_kg is not None]
    goods = [{n: getattr(g, n) for n in ("description", "hs_code", "packages", "gross_mass_kg")} for g in item.goods]
    boxes = [{n: getattr(e, n) for n in ("equipment_id", "size_type", "seals")} for e in item.equipment]
    flags = [{n: getattr(f, n) for n in ("flag", "severity", "reason", "by")} for f in item.flags]
    return {
        "consignment_id": item.consignment_id,
        "document_type": str(item.document_type),
        "document_number": item.document_number,
        "master_document_number": item.master_document_number,
        "carrier": item.carrier,
        "loading": item.loading.code,
        "loading_name": item.loading.name,
        "discharge": item.discharge.code,
        "discharge_name": item.discharge.name,
        "loading_depart_us": None if loading is None else nodes[loading].depart_us,
        "discharge_arrive_us": None if discharge is None else nodes[discharge].arrive_us,
        **{
            f"{party}_{name}": getattr(getattr(item, party), name, None)
            for party in ("consignor", "consignee", "notify")
            for name in ("name", "address", "country", "id")
        },
        "goods": _json(goods),
        "hs_codes": " ".join(dict.fromkeys(line.hs_code for line in item.goods if line.hs_code)),
        "packages": sum(packages) if packages else None,
        "gross_mass_kg": sum(masses) if masses else None,
        "equipment": _json(boxes),
        "equipment_ids": " ".join(box.equipment_id for box in item.equipment),
        "flags": _json(flags),
        "flag_severity": item.severity if item.flags else None,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _table(
    columns: tuple[Column, ...], rows: list[Mapping[str, Any] | dict[str, Any]] | list[dict[str, Any]]
) -> pa.Table:
    arrays = [pa.array([row[column.name] for row in rows], column.arrow_type) for column in columns]
    names = [c.name.removesuffix("_us") + "_time" if c.name.endswith("_us") else c.name for c in columns]
    return pa.table(arrays, names=names)
