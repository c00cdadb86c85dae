"""Cargo files to a cargo book. Files are recognised by content, plain, gzip or zstd; a folder stands for the cargo files in it.

Our own JSON and CSV are read here; whoever else's forms are read stands in ``tracker.cargo.formats.table``.

All JSON is read before all CSV, and files in the order given, folders by name: what is read does not depend on the file system.
A bad row is rejected and the rest is kept. A file that is no cargo file, or breaks off, is an error, except in a folder, where a
file of another kind is left alone with a warning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from streams.errors import TooLargeError, TruncatedError
from streams.files import read_whole
from tracker.cargo.book import CargoBook
from tracker.cargo.codes import compact
from tracker.cargo.consignment import Flag
from tracker.cargo.content import Content, Gatherings, mappings_of, recognised
from tracker.cargo.draft import Locate
from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import CargoConfig, Room
from tracker.cargo.manifest import Manifest
from tracker.cargo.read_csv import FlagRow
from tracker.errors import CargoError

_ENDINGS: Final = (".json", ".jsonl", ".csv", ".edi", ".x12", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_PACKED: Final = (".gz", ".zst")


def read_cargo(paths: Sequence[Path], locate: Locate, config: CargoConfig | None = None) -> CargoBook:
    """Read all cargo files; ``locate`` finds a place by its code.

    Raises ``CargoError`` for a path that does not exist and a file that cannot be read as a whole, or is larger than ``config`` allows.
    """
    config = config or CargoConfig()
    room = Room.of(config)
    mappings = mappings_of(config)
    files: list[CargoFile] = []
    into = Gatherings()
    found: list[Content] = []
    for path, in_folder in cargo_paths(paths):
        file = CargoFile(str(path))
        files.append(file)
        content = _content(path, room)
        known = recognised(content, file, room, mappings)
        if known is not None:
            found.append(known)
        elif in_folder:
            file.kind = "none"
            file.warn(1, path.name, "is no cargo file and was left alone")
        else:
            raise CargoError.no_cargo(str(path), is_empty=not content.strip(), content=content)
    for one in sorted(found, key=lambda one: one.comes):
        one.read(into)
    made = (into.drafts[key].finish(locate) for key in sorted(into.drafts))
    manifests_made = _with_flags([manifest for manifest in made if manifest is not None], into.flags)
    return CargoBook(tuple(manifests_made), tuple(files), tuple(box.finish(locate) for box in into.boxes))


def cargo_paths(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """The files that some paths name, and whether a folder stands for each; ``CargoError`` where there is none."""
    found: list[tuple[Path, bool]] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.iterdir()) if p.is_file() and _has_cargo_ending(p)]
            if not inside:
                raise CargoError(
                    "this folder holds no .json, .jsonl, .csv or .xlsx file", str(path), "name the cargo files"
                )
            found += [(p, True) for p in inside]
        elif path.exists():
            found.append((path, False))
        else:
            raise CargoError("there is no such file or folder", str(path), "check the path")
    return list(dict.fromkeys(found))


def _has_cargo_ending(path: Path) -> bool:
    name = path.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name.endswith(_ENDINGS)


def _content(path: Path, room: Room) -> bytes:
    """The bytes of a file, unpacked."""
    try:
        content = read_whole(path, room.bytes_left)
    except TooLargeError as exc:
        raise room.too_large(str(path)) from exc
    except (OSError, TruncatedError) as exc:
        raise CargoError(f"cannot be read ({exc})", str(path), "check that the file is whole and may be read") from exc
    room.bytes_left -= len(content)
    return content


def _with_flags(manifests: list[Manifest], rows: Sequence[FlagRow]) -> list[Manifest]:
    """The manifests with the flags of flags files, in every version that holds the consignment."""
    places: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for m, manifest in enumerate(manifests):
        for c, consignment in enumerate(manifest.consignments):
            places["consignment_id", consignment.consignment_id].append((m, c))
            places["document_number", compact(consignment.document_number)].append((m, c))
    added: dict[tuple[int, int], list[Flag]] = defaultdict(list)
    for values, origin in rows:
        identifier, number = values.get("consignment_id"), values.get("document_number")
        found = places.get(("consignment_id", identifier), []) if identifier else None
        if number:
            by_number = places.get(("document_number", compact(number)), [])
            found = by_number if found is None else [place for place in found if place in by_number]
        where = values.get("manifest_id")
        found = [place for place in found or [] if where is None or manifests[place[0]].manifest_id == where]
        if not found:
            named = "; ".join(
                f"{k}={v}"
                for k, v in (("manifest_id", where), ("consignment_id", identifier), ("document_number", number))
                if v
            )
            origin.reject(named, "no consignment that was read has these numbers; compare them with the manifest")
        flag = Flag(
            values["flag"], values.get("severity", 0.5), values.get("reason"), values.get("by"), values.get("at")
        )
        for place in found:
            added[place].append(flag)
    for (m, c), flags in added.items():
        consignments = list(manifests[m].consignments)
        consignments[c] = replace(consignments[c], flags=tuple(dict.fromkeys((*consignments[c].flags, *flags))))
        manifests[m] = replace(manifests[m], consignments=tuple(consignments))
    return manifests
