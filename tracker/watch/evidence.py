"""The journals beside a store, for investigators: which segments there are, whether they are whole, and raw bytes of a span of time.

Nothing is locked or changed; the program may go on writing meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.errors import JournalError
from streams.journal import journal_chunks
from streams.journal_index import JournalHead, read_index
from streams.journal_segments import check_segments, plain_path, sealed_path, segment_numbers
from tracker.door.opening import open_to_read
from tracker.errors import InputError, StoreError
from tracker.store import watch_state
from tracker.units import iso_time
from tracker.watch.files import state_folder


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: ``sha256`` is that of the file; times are of receipt, None where nothing was received in the span."""

    path: Path
    bytes_out: int
    chunks: int
    first_us: int | None
    last_us: int | None
    sha256: str

    def sentence(self) -> str:
        """The report in one sentence."""
        if self.first_us is None or self.last_us is None:
            return f"{self.path}: nothing was received in that time."
        return (
            f"{self.path}: {self.bytes_out:,} bytes in {self.chunks:,} chunks, received {iso_time(self.first_us)} to "
            f"{iso_time(self.last_us)}, SHA-256 {self.sha256}"
        )


def journal_folders(store: Path) -> dict[str, Path]:
    """Folder of the journal of each source, by name.

    Raises
    ------
    InputError
        there is no journal beside the store.
    """
    found = _folders(store)
    if not found:
        raise InputError("has no journal", str(store), "name the store of a program that reads sockets")
    return found


def verify(store: Path, told: Sequence[tuple[str, JournalHead]] = ()) -> Iterator[tuple[str, list[str]]]:
    """Each source and what is wrong with its journal, compared with what the store knows of it and with ``told``, heads of the log.

    Raises
    ------
    InputError
        there is no journal, and none is known to have been.
    """
    known, _ = known_heads(store)
    folders = _folders(store) if known else journal_folders(store)
    for source, folder in folders.items():
        heads = [head for name, head in (*known.items(), *told) if name == source]
        yield source, wrong_with(folder, *heads)
    for source in sorted({*known, *(name for name, _ in told)} - set(folders)):
        yield source, ["its journal is known, and it is gone"]


def _folders(store: Path) -> dict[str, Path]:
    folder = state_folder(store) / "journal"
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()} if folder.is_dir() else {}


def journal_of(store: Path, source: str) -> Path:
    """Folder of one source; ``InputError`` names those there are."""
    found = journal_folders(store)
    if source not in found:
        raise InputError(f"has no journal of source {source!r}", str(store), f"choose from {', '.join(found)}")
    return found[source]


def segments(folder: Path) -> Iterator[dict[str, Any]]:
    """Segments in order: number, file, bytes on the disk, records, times of receipt, SHA-256 of the sealed file (None while it is written)."""
    index = read_index(folder)
    for number in segment_numbers(folder):
        line = index.get(number, {})
        sealed = sealed_path(folder, number)
        path = sealed if sealed.exists() else plain_path(folder, number)
        times = {
            name: None if line.get(f"{name}_us") is None else iso_time(line[f"{name}_us"])
            for name in ("first_received", "last_received")
        }
        yield {
            "segment": number, "file": path.name, "bytes": path.stat().st_size if path.exists() else 0,
            "records": line.get("records"), **times, "sha256": line.get("stored_sha256"),
        }  # fmt: skip


def known_heads(store: Path) -> tuple[dict[str, JournalHead], str]:
    """What the store knows of the journal of each source, whoever has it, and a sentence where it cannot be asked."""
    try:
        with open_to_read(store) as reader:
            rows = reader.execute(
                f"SELECT content FROM watch_state WHERE name = '{watch_state.JOURNAL_HEADS}'"
            ).fetchall()
    except (StoreError, InputError) as exc:
        return {}, f"compared with nothing that the store knows: {exc}"
    return watch_state.journal_heads_of(str(rows[0][0]) if rows else None), ""


def head_of(text: str) -> tuple[str, JournalHead]:
    """A line ``journal_head`` of the log: source and head.

    Raises
    ------
    InputError
        where it is none.
    """
    try:
        found = json.loads(text)
        head = JournalHead.from_json(found)
        if head is not None and isinstance(found.get("source"), str):
            return found["source"], head
    except ValueError:
        pass
    raise InputError("is no line journal_head of the log", text[:80], "give the whole line, in quotes")


def wrong_with(folder: Path, *known: JournalHead) -> list[str]:
    """What is wrong with a journal, a sentence each: its chain, checksums of records, SHA-256 of sealed segments, what is gone of what was ``known``."""
    try:
        return list(check_segments(folder, *known))
    except (JournalError, OSError) as exc:
        raise InputError(f"cannot be checked ({exc})", str(folder), "check the disk") from exc


def export(
    folder: Path, to: Path, from_us: int | None = None, until_us: int | None = None, *, client: str | None = None
) -> Exported:
    """The bytes of a source as they were received from an instant on and before another, into a new file.

    ``client`` is the address of a sender (``host:port``, or ``host`` for all of it); others are left out.

    Raises
    ------
    InputError
        the file exists or cannot be written, or the journal cannot be read. Damaged places are passed over (:func:`wrong_with` tells them).
    """
    digest, count, size = hashlib.sha256(), 0, 0
    first_us = last_us = None
    try:
        with to.open("xb") as file:
            for chunk in journal_chunks(folder):
                at_us = chunk.received_us
                if (
                    not chunk.data
                    or (from_us is not None and at_us < from_us)
                    or (until_us is not None and at_us >= until_us)
                    or (client is not None and not _is_of(chunk.voice, client))
                ):
                    continue
                file.write(chunk.data)
                digest.update(chunk.data)
                count, size = count + 1, size + len(chunk.data)
                first_us = at_us if first_us is None else first_us
                last_us = at_us
    except FileExistsError as exc:
        raise InputError("exists already", str(to), "evidence is not written over: name another file") from exc
    except (JournalError, OSError) as exc:
        raise InputError(f"cannot be exported ({exc})", str(folder), "check the disk and the name of the file") from exc
    return Exported(to, size, count, first_us, last_us, digest.hexdigest())


def _is_of(voice: str, client: str) -> bool:
    """Whether a voice is that of an address."""
    address = voice.partition("@")[2]
    return client in (address, address.rpartition(":")[0].strip("[]"))
