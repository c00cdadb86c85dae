"""Manifests to the files that ``read_cargo`` reads, both forms. Times are written to the millisecond."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from tracker.cargo.consignment import Consignment
from tracker.cargo.fields import CSV_SHAPES, PARTIES, CsvShape, fields_of
from tracker.cargo.manifest import Manifest
from tracker.units import iso_time


def manifest_json(manifest: Manifest) -> dict[str, Any]:
    """One manifest as the JSON object of docs/cargo.md; what is not known is left out."""
    nodes = manifest.itinerary.nodes if manifest.itinerary else ()
    return {
        **_record("manifest", manifest),
        "conveyance": _record("conveyance", manifest.conveyance),
        "itinerary": [_record("node", node) for node in nodes],
        "consignments": [consignment_json(item) for item in manifest.consignments],
    }


def consignment_json(item: Consignment) -> dict[str, Any]:
    """One consignment as JSON."""
    parties = {party: _record(party, getattr(item, party)) for party in PARTIES if getattr(item, party) is not None}
    return {
        **_record("consignment", item),
        **parties,
        "goods": [_record("goods", line) for line in item.goods],
        "equipment": [_record("equipment", box) for box in item.equipment],
        "flags": [_record("flag", flag) for flag in item.flags],
    }


def write_cargo_json(manifests: Iterable[Manifest]) -> str:
    """One JSON object with all manifests, one manifest to a line."""
    lines = ",\n".join(json.dumps(manifest_json(m), ensure_ascii=False, allow_nan=False) for m in manifests)
    return '{"manifests": [\n' + lines + "\n]}\n"


def write_cargo_csv(manifests: Iterable[Manifest]) -> dict[str, str]:
    """The three CSV files by name: consignments.csv, itineraries.csv, flags.csv."""
    rows: dict[str, list[dict[str, Any]]] = {"consignments": [], "itineraries": [], "flags": []}
    for manifest in manifests:
        papers = _record("manifest", manifest, csv_names=True) | _record(
            "conveyance", manifest.conveyance, csv_names=True
        )
        for number, node in enumerate(manifest.itinerary.nodes if manifest.itinerary else (), 1):
            rows["itineraries"].append(papers | _record("node", node, csv_names=True) | {"sequence": number})
        for item in manifest.consignments:
            rows["consignments"] += [papers | line for line in _lines(item)]
            names = {"manifest_id": manifest.manifest_id, "consignment_id": item.consignment_id}
            rows["flags"] += [names | _record("flag", flag, csv_names=True) for flag in item.flags]
    return {f"{shape.name}.csv": _csv(shape, rows[shape.name]) for shape in CSV_SHAPES}


def _lines(item: Consignment) -> list[dict[str, Any]]:
    """Rows of a consignment: the first with its fields; goods and containers side by side."""
    first = _record("consignment", item, csv_names=True)
    for party in PARTIES:
        if getattr(item, party) is not None:
            first |= _record(party, getattr(item, party), csv_names=True)
    rows = [{"consignment_id": item.consignment_id} for _ in range(max(len(item.goods), len(item.equipment), 1))]
    rows[0] = first
    for row, line in zip(rows, item.goods, strict=False):
        row.update(_record("goods", line, csv_names=True))
    for row, box in zip(rows, item.equipment, strict=False):
        row.update(_record("equipment", box, csv_names=True))
    return rows


def _record(record: str, held: Any, *, csv_names: bool = False) -> dict[str, Any]:
    """The fields of one record that are known, as they are written."""
    written = {}
    for name, attribute, kind in _plan(record, csv_names):
        value = getattr(held, attribute, None)
        if value is None or value == ():
            continue
        if kind:
            value = _written(value, kind, held, attribute, csv_names)
        written[name] = value
    return written


@cache
def _plan(record: str, csv_names: bool) -> tuple[tuple[str, str, str], ...]:
    """Of each field the name it is written by, the attribute that has it, and its kind where it is not written as it is."""
    return tuple(
        (
            field.csv_name if csv_names else field.name,
            f"{field.name}_us" if field.kind in ("time", "place_time") else field.name,
            field.kind if field.kind in _CHANGED else "",
        )
        for field in fields_of(record)
    )


_CHANGED: Final = ("time", "place_time", "icao24", "location", "texts", "mode", "document_type")


def _written(value: Any, kind: str, held: Any, attribute: str, csv_names: bool) -> Any:
    """A value of a kind that is not written as it is kept."""
    match kind:
        case "place_time":
            return getattr(held, f"{attribute.removesuffix('_us')}_said") or iso_time(value)
        case "time":
            return iso_time(value)
        case "icao24":
            return f"{value:06x}"
        case "location":
            return value if isinstance(value, str) else value.code
        case "texts":
            return " ".join(value) if csv_names else list(value)
        case _:
            return str(value)


def _csv(shape: CsvShape, rows: list[dict[str, Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(shape.columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
