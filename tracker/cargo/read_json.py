"""Cargo from JSON: one object ``{"manifests": [...]}``, or JSON lines of one manifest each."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from tracker.cargo.consignment import ConsignmentItem
from tracker.cargo.draft import (
    ConsignmentDraft,
    Drafts,
    ManifestDraft,
    NodeDraft,
    make_conveyance,
    make_party,
    merge_drafts,
)
from tracker.cargo.fields import PARTIES, fields_of
from tracker.cargo.ledger import CargoFile, Origin, read_fields

_NESTED = {
    "manifest": ("conveyance", "itinerary", "consignments"),
    "consignment": (*PARTIES, "goods", "equipment", "flags"),
}


def read_manifest(raw: Any, at: int, where: str, file: CargoFile, drafts: Drafts) -> None:
    """Add one manifest object to the drafts. ``where`` leads to it, for notes: ``manifests[2]``."""
    rows = _count(raw)
    file.rows_in += rows
    origin = Origin(file, at, where, 1)
    if not isinstance(raw, dict):
        origin.reject("", "is no JSON object; a manifest is written in braces")
        return
    try:
        names = read_fields(fields_of("manifest"), raw, csv=False)
        key = (names["manifest_id"], names.get("version", 1))
        conveyance = _object(raw, "conveyance")
        values = read_fields(fields_of("conveyance"), conveyance, csv=False)
        draft = ManifestDraft(*key, origin, make_conveyance(values, origin))
    except ValueError as exc:
        sample, note = exc.args
        origin.reject(sample, f"{note}; the whole manifest is refused", rows)
        return
    _unknown_keys("manifest", raw, origin)
    _unknown_keys("conveyance", conveyance, _inside(origin, "conveyance"))
    for i, node in enumerate(_list(raw, "itinerary", origin)):
        inside = _inside(origin, f"itinerary[{i}]")
        node_values = _values("node", node, inside)
        if node_values is not None:
            draft.nodes.append(NodeDraft(node_values | {"sequence": i + 1}, inside))
    for i, item in enumerate(_list(raw, "consignments", origin)):
        _read_consignment(item, _inside(origin, f"consignments[{i}]"), draft)
    merge_drafts(drafts, {key: draft})


def _read_consignment(raw: Any, origin: Origin, draft: ManifestDraft) -> None:
    rows = _count_consignment(raw)
    if not isinstance(raw, dict):
        origin.reject("", "is no JSON object; a consignment is written in braces", rows)
        return
    try:
        values = read_fields(fields_of("consignment"), raw, csv=False)
        name = values["consignment_id"]
        if name in draft.consignments:
            raise ValueError(
                f"consignment_id={name}",
                f"consignment {name} is in the manifest twice; make it one, with several goods lines",
            )
        parties = {
            party: make_party(
                read_fields(fields_of(party), _object(raw, party), csv=False, lenient=_inside(origin, party))
            )
            for party in PARTIES
            if raw.get(party)
        }
    except ValueError as exc:
        sample, note = exc.args
        origin.reject(sample, f"{note}; the whole consignment is refused", rows)
        return
    _unknown_keys("consignment", raw, origin)
    for party in parties:
        _unknown_keys(party, raw[party], _inside(origin, party))
    made = ConsignmentDraft(values, parties, [])
    kept = 1
    for list_name, record in (("goods", "goods"), ("equipment", "equipment"), ("flags", "flag")):
        for i, item in enumerate(_list(raw, list_name, origin)):
            inside = _inside(origin, f"{list_name}[{i}]")
            line = _values(record, item, inside)
            if line is None:
                continue
            kept += 1
            if record == "goods":
                made.goods.append(ConsignmentItem(**line))
            elif record == "equipment":
                made.add_equipment(line, inside)
            else:
                made.add_flag(line)
    made.origins.append(Origin(origin.file, origin.at, origin.where, kept))
    draft.consignments[name] = made


def _values(record: str, raw: Any, origin: Origin) -> dict[str, Any] | None:
    """The fields of a nested record, None where it is refused."""
    if not isinstance(raw, dict):
        origin.reject("", f"is no JSON object; a {record} is written in braces")
        return None
    try:
        values = read_fields(fields_of(record), raw, csv=False, lenient=origin if record == "flag" else None)
    except ValueError as exc:
        origin.reject(*exc.args)
        return None
    _unknown_keys(record, raw, origin)
    return values


def _unknown_keys(record: str, raw: dict[str, Any], origin: Origin) -> None:
    known = [field.name for field in fields_of(record)] + list(_NESTED.get(record, ()))
    for key in raw:
        if key not in known:
            origin.file.unknown(origin.at, key, known, origin.where)


def _object(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key)
    if not isinstance(value, dict):
        raise ValueError(key, f"{key} is missing or no JSON object; write it in braces")
    return value


def _list(raw: dict[str, Any], key: str, origin: Origin) -> list[Any]:
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        origin.file.rows_in += 1
        origin.reject(key, f"{key} is no JSON list; write it in square brackets", 1)
        return []
    return value


def _inside(origin: Origin, name: str) -> Origin:
    return Origin(origin.file, origin.at, f"{origin.where}.{name}" if origin.where else name)


def _count(raw: Any) -> int:
    """Rows of a manifest object: itself and every object listed in it."""
    if not isinstance(raw, dict):
        return 1
    consignments = raw.get("consignments")
    return (
        1
        + _length(raw.get("itinerary"))
        + sum(map(_count_consignment, consignments if isinstance(consignments, list) else ()))
    )


def _count_consignment(raw: Any) -> int:
    return 1 + sum(_length(raw.get(key)) for key in ("goods", "equipment", "flags")) if isinstance(raw, dict) else 1


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


_DECODER: Final = json.JSONDecoder(parse_constant=lambda name: None if name == "NaN" else name)
_BLANK: Final = re.compile(r"[\s\ufeff]*")


def parse_json(text: str) -> Any:
    """JSON. ``NaN``, which some programs write for a missing number, is null; infinities become text, which no number field takes."""
    return _DECODER.decode(text)


def parse_next(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at a place of a text, blanks before it, and where what comes behind it begins; ``ValueError`` where there is none."""
    value, end = _DECODER.raw_decode(text, blank_end(text, at))
    return value, blank_end(text, end)


def blank_end(text: str, at: int) -> int:
    """The first place at or behind one that is not blank."""
    found = _BLANK.match(text, at)
    return at if found is None else found.end()
