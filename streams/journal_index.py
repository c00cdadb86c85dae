"""The index of a journal: one JSON line per segment sealed or removed, and each line is chained to the one before.

::

    {"after": "9f2c...", "line": 7, "segment": 12, "file": "00000012.journal.zst", "sha256": ..., "stored_sha256": ..., ...}
    {"after": "11ab...", "line": 8, "segment": 3, "removed": "age", "stored_sha256": ..., ...}

    head after a line = SHA-256 of (head before it, a newline, the line as written); before the first line it is empty

A line says in ``after`` what the head was. Whoever changes, removes or puts in a line has to change all behind it, and then the last head is another one. That
is kept elsewhere: in the store, with every commit, and in the log, once a day (``journal_head``). A segment removed by retention has a line that says so, with the
digest of what was removed, written before it goes. So lawful removal is told from theft (:func:`wrong_with_index`).

A later line about a segment replaces an earlier one. Lines of versions that had no chain are part of it from the first line behind them on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from streams.private import private_handle

INDEX: Final = "index.jsonl"
MOST_NUMBER: Final = (1 << 31) - 1
"""Of a segment: its head has four bytes for it. A greater one is nobody's."""


@dataclass(frozen=True, slots=True)
class JournalHead:
    """What a journal was at an instant, to be kept elsewhere and compared later."""

    lines: int
    """Lines of the index."""
    chain: str
    """The head after them."""
    segment: int
    """The one being written."""
    size: int
    """Bytes of it."""
    sha256: str
    """Of these bytes."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @staticmethod
    def from_json(found: Any) -> JournalHead | None:
        """The inverse; None for anything else."""
        try:
            return JournalHead(
                int(found["lines"]),
                str(found["chain"]),
                int(found["segment"]),
                int(found["size"]),
                str(found["sha256"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an index. ``line`` is None where it cannot be read."""

    number: int
    line: dict[str, Any] | None
    head: str
    """After it."""
    follows: bool
    """Whether it says what the head before it was; lines older than the chain say nothing and do."""


def rows(folder: Path) -> Iterator[Row]:
    """Every line of an index, in order; ``OSError`` where it cannot be read. One without its end is none."""
    try:
        content = (folder / INDEX).read_bytes()
    except FileNotFoundError:
        return
    head, is_chained = "", False
    for number, text in enumerate(content.split(b"\n")[:-1], 1):
        line = _parsed(text)
        follows = line is not None and (
            (line.get("after") == head and line.get("line") == number) if "after" in line else not is_chained
        )
        is_chained = is_chained or (line is not None and "after" in line)
        head = next_head(head, text)
        yield Row(number, line, head, follows)


def next_head(head: str, text: bytes) -> str:
    """The head after a line."""
    return hashlib.sha256(head.encode() + b"\n" + text).hexdigest()


def read_index(folder: Path) -> dict[int, dict[str, Any]]:
    """The last line about each segment; what cannot be read is passed over."""
    lines: dict[int, dict[str, Any]] = {}
    with suppress(OSError):
        lines = {row.line["segment"]: row.line for row in rows(folder) if row.line is not None}
    return lines


class Index:
    """The index of a journal that is written. Used by one thread; ``lines`` and ``head`` may be read by others.

    Raises
    ------
    OSError
        it cannot be read or mended.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / INDEX
        _mend_tail(self._path)
        self.by_segment: dict[int, dict[str, Any]] = {}
        self.state: tuple[int, str] = (0, "")
        """How many lines there are, and the head after them."""
        for row in rows(folder):
            self.state = row.number, row.head
            if row.line is not None:
                self.by_segment[row.line["segment"]] = row.line

    def add(self, line: dict[str, Any]) -> dict[str, Any]:
        """One more line, durable when this returns; on an error nothing of it stays."""
        count, head = self.state
        line = {**line, "line": count + 1, "after": head}
        text = json.dumps(line, sort_keys=True).encode()
        handle = private_handle(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            size = os.fstat(handle).st_size
            try:
                left = memoryview(text + b"\n")
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)
        self.state = count + 1, next_head(head, text)
        self.by_segment[line["segment"]] = line
        return line


def wrong_with_index(folder: Path, known: JournalHead | None = None) -> Iterator[str]:
    """What is wrong with the chain, a sentence each. ``known`` is what it was at some earlier time."""
    count, heads = 0, {0: ""}
    for row in rows(folder):
        count, heads[row.number] = row.number, row.head
        if row.line is None:
            yield f"line {row.number} of the index cannot be read"
        elif not row.follows:
            yield f"line {row.number} of the index does not follow from those before it: one was changed, removed or put in"
    if known is None:
        return
    if known.lines > count:
        yield f"the index has {count} lines where {known.lines} were known: lines were removed from its end"
    elif heads[known.lines] != known.chain:
        yield f"the first {known.lines} lines of the index are not those that were known: it was changed"


def _parsed(text: bytes) -> dict[str, Any] | None:
    """A line as it may be used; None where it is none of ours."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict) or not _is_number(line.get("segment")):
        return None
    if not 0 < line["segment"] <= MOST_NUMBER:
        return None
    for name in ("first_received_us", "last_received_us", "records", "bytes", "stored_bytes"):
        if line.get(name) is not None and not _is_number(line[name]):
            return None
    return line


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62


def _mend_tail(path: Path) -> None:
    """A last line without its end was torn by a kill or a power loss: what it told is told again. A whole one gets its end."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    if not content or content.endswith(b"\n"):
        return
    cut = content.rfind(b"\n") + 1
    handle = private_handle(path, os.O_WRONLY | os.O_APPEND)
    try:
        if _parsed(content[cut:]) is not None:
            os.write(handle, b"\n")
        else:
            os.ftruncate(handle, cut)
        os.fsync(handle)
    finally:
        os.close(handle)
