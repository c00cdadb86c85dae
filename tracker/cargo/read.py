"""Cargo files to a cargo book. Files are recognised by content, plain, gzip or zstd; a folder stands for the cargo files in it.

Our own JSON and CSV are read here; whoever else's forms are read stands in ``tracker.cargo.formats.table``.

All JSON is read before all CSV, and files in the order given, folders by name: what is read does not depend on the file system.
A bad row is rejected and the rest is kept. A file that is no cargo file, or breaks off, is an error, except in a folder, where a
file of another kind is left alone with a warning.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from streams.errors import TooLargeError, TruncatedError
from streams.files import read_whole
from tracker.cargo.book import CargoBook
from tracker.cargo.box_events import BoxDraft
from tracker.cargo.codes import compact
from tracker.cargo.consignment import Flag
from tracker.cargo.draft import Drafts, Locate
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.formats.table import reader_of
from tracker.cargo.ledger import CargoFile
from tracker.cargo.manifest import Manifest
from tracker.cargo.read_csv import FlagRow, read_csv, shape_of
from tracker.cargo.read_json import parse_json, read_manifest
from tracker.errors import CargoError
from tracker.schema import check_thresholds, threshold

_ENDINGS: Final = (".json", ".jsonl", ".csv", ".edi", ".x12")
_PACKED: Final = (".gz", ".zst")
_PROBE_LINES: Final = 20
"""JSON lines are recognised by one readable manifest among so many lines, so a damaged first line hides nothing."""
_MEND_SIZE: Final = "name only the files that are needed, or raise [cargo] most_mb"
_MEND_VALUES: Final = "name only the files that are needed, or raise [cargo] most_values"
_MEND_KIND: Final = (
    'give {"manifests": [...]}, JSON lines of one manifest each, or CSV with the columns of docs/cargo.md'
)


@dataclass(frozen=True, slots=True)
class CargoConfig:
    """How much cargo is read: a packed file of a megabyte may hold a terabyte."""

    most_mb: float = threshold(
        1024.0, "All cargo files together, unpacked, hold at most so many million bytes.",
        "ours: fifty ships of 24,000 containers, a kilobyte for each", low=0.001, high=65_536.0,
    )  # fmt: skip
    most_values: int = threshold(
        30_000_000, "And at most so many values (cells of CSV; members and elements of JSON).",
        "ours: some 25 values for each of those containers; a value takes 60 to 100 bytes of memory", low=10,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)


@dataclass(slots=True)
class Room:
    """What is left of the limits."""

    config: CargoConfig
    bytes_left: int
    values_left: int

    @classmethod
    def of(cls, config: CargoConfig) -> Room:
        """All of them."""
        return cls(config, int(config.most_mb * 1e6), config.most_values)

    def check(self, size: int, path: str) -> None:
        """So many bytes are about to be held."""
        if size > self.bytes_left:
            raise self.too_large(path)

    def too_large(self, path: str) -> CargoError:
        """What is said of a file beyond the limit."""
        what = f"brings the cargo to more than {self.config.most_mb:,.0f} million bytes, unpacked"
        return CargoError(what, path, _MEND_SIZE)

    def take(self, text: str | bytes, path: str) -> None:
        """A file is about to be parsed: its values are no more than its separators."""
        if isinstance(text, str):
            self.values_left -= sum(text.count(mark) for mark in ",;\t\n[{")
        else:
            self.values_left -= sum(text.count(mark) for mark in (b"+", b":", b"*", b"'", b"~", b",", b"{", b"["))
        if self.values_left < 0:
            most = f"{self.config.most_values:,}"
            raise CargoError(f"holds more values than the {most} that all cargo may have", path, _MEND_VALUES)


def read_cargo(paths: Sequence[Path], locate: Locate, config: CargoConfig | None = None) -> CargoBook:
    """Read all cargo files; ``locate`` finds a place by its code.

    Raises ``CargoError`` for a path that does not exist and a file that cannot be read as a whole, or is larger than ``config`` allows.
    """
    room = Room.of(config or CargoConfig())
    files: list[CargoFile] = []
    drafts: Drafts = {}
    flags: list[FlagRow] = []
    boxes: list[BoxDraft] = []
    csv_files = []
    for path, in_folder in _expand(paths):
        file = CargoFile(str(path))
        files.append(file)
        content = _content(path, room)
        reader = reader_of(content)
        if reader is not None:
            file.kind = reader.kind
            room.take(content, str(path))
            gathered = Gathered(file, drafts)
            reader.read(content, gathered)
            boxes += gathered.boxes
            continue
        text = decode_text(content, file)
        room.take(text, str(path))
        manifests = json_manifests(text, str(path))
        shape = shape_of(text.split("\n", 1)[0]) if manifests is None else None
        if manifests is not None:
            read_json_text(text, manifests, file, drafts)
        elif shape is not None:
            file.kind = shape.name
            csv_files.append((text, shape, file))
        elif in_folder:
            file.kind = "none"
            file.warn(1, path.name, "is no cargo file and was left alone")
        else:
            raise CargoError.no_cargo(text, str(path))
    for text, shape, file in csv_files:
        read_csv(text, shape, file, drafts, flags)
    made = (drafts[key].finish(locate) for key in sorted(drafts))
    manifests_made = _with_flags([manifest for manifest in made if manifest is not None], flags)
    return CargoBook(tuple(manifests_made), tuple(files), tuple(box.finish(locate) for box in boxes))


def _expand(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    found: list[tuple[Path, bool]] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.iterdir()) if p.is_file() and _has_cargo_ending(p)]
            if not inside:
                raise CargoError("this folder holds no .json, .jsonl or .csv file", str(path), "name the cargo files")
            found += [(p, True) for p in inside]
        elif path.exists():
            found.append((path, False))
        else:
            raise CargoError("there is no such file or folder", str(path), "check the path given with --cargo")
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


def decode_text(content: bytes, file: CargoFile) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Windows-1252 with a warning; ``CargoError`` where it is none."""
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        if is_wide or b"\0" in content:
            raise CargoError("is no text", f"{file.path}, line {line}", "save it as UTF-8") from exc
        file.warn(
            line,
            Path(file.path).name,
            "is not UTF-8 and was read as Windows-1252; look at the letters with accents, or save it as UTF-8",
        )
        return content.decode("cp1252", errors="replace")


def json_manifests(text: str, path: str) -> list[Any] | str | None:
    """The manifests of one JSON object, ``"lines"`` for JSON lines, None where it is no JSON of ours."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        whole = parse_json(text)
    except ValueError as exc:
        for line in text.splitlines()[:_PROBE_LINES]:
            try:
                probe = parse_json(line)
            except ValueError:
                continue
            if isinstance(probe, dict) and "manifest_id" in probe:
                return "lines"
        line_number = exc.lineno if isinstance(exc, json.JSONDecodeError) else 1
        raise CargoError(f"is no JSON ({exc})", f"{path}, line {line_number}", "correct it there") from exc
    except RecursionError as exc:
        raise CargoError("is nested too deeply", path, _MEND_KIND) from exc
    if "manifest_id" in whole:
        return "lines" if "\n" not in text.strip() else [whole]
    manifests = whole.get("manifests")
    return manifests if isinstance(manifests, list) else None


def read_csv_text(text: str, file: CargoFile, drafts: Drafts, flags: list[FlagRow]) -> bool:
    """Read CSV; False where the first line is no header of ours."""
    shape = shape_of(text.split("\n", 1)[0])
    if shape is None:
        return False
    file.kind = shape.name
    read_csv(text, shape, file, drafts, flags)
    return True


def read_json_text(text: str, manifests: list[Any] | str, file: CargoFile, drafts: Drafts) -> None:
    if not isinstance(manifests, str):
        file.kind = "json"
        for i, raw in enumerate(manifests):
            read_manifest(raw, i + 1, f"manifests[{i}]", file, drafts)
        return
    file.kind = "json lines"
    for at, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            raw = parse_json(line)
        except (ValueError, RecursionError) as exc:
            file.rows_in += 1
            file.reject(at, "", f"is no JSON ({exc}); write one manifest to a line")
            continue
        read_manifest(raw, at, "", file, drafts)


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
