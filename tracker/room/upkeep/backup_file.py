"""The file of a backup of the room: lines of JSON, compressed (zstd), the same whether the store is SQLite or PostgreSQL.

::

    {"what": "backup of a tidewaiter room", "format": 1, "layout": ["0005_passkeys"], "made": "2026-11-30T12:00:00.000Z", "tables": [...]}
    {"table": "persons", "columns": ["person_id", ...]}             then its rows, each a list, until the next object
    ["p-1", "olga", ...]
    {"key": "audit.key", "text": "..."}                             only where keys were asked for
    {"rows": {"persons": 12, ...}, "head": "5120:9f2c...", "has_keys": false, "sha256": "..."}

The last line is the manifest: how many rows each table has, the head of the audit, and the SHA-256 of all lines before it. Tables stand in an order in which
what is referred to comes first. A file that ends before its end, or goes on behind it, is no backup: the manifest comes last, and the frame of zstd has its own
end with a checksum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson
import zstandard

from tracker.errors import InputError

WHAT: Final = "backup of a tidewaiter room"
FORMAT: Final = 1
_BLOCK_BYTES: Final = 1 << 18
_MOST_LINE_BYTES: Final = 256 << 20
"""A longer line is none of ours: it keeps a made-up file from filling memory."""
Line = dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a whole backup says of itself."""

    layout: tuple[str, ...]
    made: str
    rows: Mapping[str, int]
    head: str
    """Of the audit: ``NUMBER:HASH``."""
    has_keys: bool


class BackupWriter:
    """Writes lines; :meth:`finish` writes the manifest."""

    def __init__(self, file: IO[bytes], layout: tuple[str, ...], made: str, tables: list[str]) -> None:
        self._packed = zstandard.ZstdCompressor(level=6, write_checksum=True).stream_writer(file, closefd=False)
        self._digest = hashlib.sha256()
        self._rows: dict[str, int] = {}
        self._table, self._has_keys = "", False
        self._write({"what": WHAT, "format": FORMAT, "layout": list(layout), "made": made, "tables": tables})

    def begin(self, table: str, columns: list[str]) -> None:
        """What follows are rows of a table."""
        self._table, self._rows[table] = table, 0
        self._write({"table": table, "columns": columns})

    def add(self, values: list[Any]) -> None:
        """A row of the table begun last."""
        self._rows[self._table] += 1
        self._write(values)

    def add_key(self, name: str, text: str) -> None:
        """A file of the room's keys."""
        self._has_keys = True
        self._write({"key": name, "text": text})

    def finish(self, head: str) -> None:
        """The manifest; nothing may follow."""
        self._write({"rows": self._rows, "head": head, "has_keys": self._has_keys, "sha256": self._digest.hexdigest()})
        self._packed.close()  # type: ignore[no-untyped-call]

    @property
    def rows(self) -> int:
        """Written so far."""
        return sum(self._rows.values())

    def _write(self, line: Line) -> None:
        text = orjson.dumps(line) + b"\n"
        self._digest.update(text)
        self._packed.write(text)


@dataclass(frozen=True, slots=True)
class Read:
    """A line that was read, and how much of the file with it (0 to 1)."""

    line: Line
    done: float


def read_lines(path: Path) -> Iterator[Read]:
    """The lines of a backup, the manifest last.

    Raises
    ------
    InputError
        it cannot be read, or is not whole: what of it is wrong. Everything given before that must be forgotten.
    """
    try:
        with path.open("rb") as file:
            yield from _checked(file, path)
    except OSError as exc:
        raise InputError(f"cannot be read ({exc.strerror})", str(path), "name a file that can be read") from exc


def _checked(file: IO[bytes], path: Path) -> Iterator[Read]:
    digest, rows, table = hashlib.sha256(), dict[str, int](), ""
    manifest: dict[str, Any] | None = None
    for number, (text, done) in enumerate(_texts(file, path)):
        line = _line(text, path)
        if manifest is not None:
            raise _no_backup(path, "something follows its end")
        if number == 0:
            _check_first(line, path)
        elif isinstance(line, dict) and "sha256" in line:
            if line["sha256"] != digest.hexdigest():
                raise _no_backup(path, "its SHA-256 differs from what was written")
            if line.get("rows") != rows:
                raise _no_backup(path, "it has not the rows that it says")
            manifest = line
        elif isinstance(line, dict) and "table" in line:
            table = str(line["table"])
            if table in rows:
                raise _no_backup(path, f"the table {table} comes twice")
            rows[table] = 0
        elif isinstance(line, list):
            rows[table] = rows.get(table, 0) + 1
        elif "key" not in line:
            raise _no_backup(path, f"line {number + 1} is not understood")
        digest.update(text + b"\n")
        yield Read(line, done)
    if manifest is None:
        raise _no_backup(path, "it ends before its end")


def read_manifest(path: Path, tell: Any = None) -> Manifest:
    """Go through a whole backup; what it says of itself.

    Raises
    ------
    InputError
        it cannot be read, or is not whole.
    """
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for read in read_lines(path):
        if isinstance(read.line, dict):
            first, last = first or read.line, read.line
        elif tell is not None:
            tell("verify", read.done)
    try:
        return Manifest(
            layout=tuple(map(str, first["layout"])), made=str(first["made"]), rows=last["rows"], head=str(last["head"]),
            has_keys=bool(last["has_keys"]),
        )  # fmt: skip
    except (KeyError, TypeError) as exc:
        raise _no_backup(path, f"its manifest has no {exc}") from exc


def _check_first(line: Line, path: Path) -> None:
    if not isinstance(line, dict) or line.get("what") != WHAT:
        raise InputError("is no backup of a room", str(path), "name a file that 'tidewaiter room backup' made")
    if line.get("format") != FORMAT:
        raise InputError(
            f"is of format {line.get('format')}, this program knows {FORMAT}", str(path), "use the newer program"
        )


def _texts(file: IO[bytes], path: Path) -> Iterator[tuple[bytes, float]]:
    """The lines as bytes, and how much of the file was read."""
    total = max(path.stat().st_size, 1)
    unpacking = zstandard.ZstdDecompressor().decompressobj()
    rest, taken = b"", 0
    while block := file.read(_BLOCK_BYTES):
        taken += len(block)
        if unpacking.eof:
            raise _no_backup(path, "something follows its end")
        try:
            *lines, rest = (rest + unpacking.decompress(block)).split(b"\n")
        except zstandard.ZstdError as exc:
            raise _no_backup(path, "it is damaged, or is none") from exc
        if len(rest) > _MOST_LINE_BYTES:
            raise _no_backup(path, "a line has no end")
        if unpacking.unused_data:
            raise _no_backup(path, "something follows its end")
        for line in lines:
            yield line, taken / total
    if not unpacking.eof or rest:
        raise _no_backup(path, "it ends before its end")


def _line(text: bytes, path: Path) -> Line:
    try:
        line = orjson.loads(text)
    except ValueError as exc:
        raise _no_backup(path, "a line of it is no JSON") from exc
    if not isinstance(line, dict | list):
        raise _no_backup(path, "a line of it is neither a row nor an object")
    return line


def _no_backup(path: Path, why: str) -> InputError:
    return InputError(f"is no whole backup of a room: {why}", str(path), "take another backup")
