"""One function behind every way in: a document to what it says.

``receive`` never raises for what is in a document. What cannot be read of it is in its account (``CargoFile``) with place, cause and mend; a document of which nothing can be
read is refused in one sentence; one that breaks off is read as far as it goes and says so.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Final

from streams.errors import TruncatedError
from streams.unpack import MAGIC_BYTES, packing_of, peeled
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.content import Gatherings, mappings_of, recognised
from tracker.cargo.draft import Locate, ManifestDraft
from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import CargoConfig, Room
from tracker.cargo.manifest import Manifest
from tracker.cargo.plain_rows import LEAST_ROWS, read_plain
from tracker.cargo.read_csv import FlagRow
from tracker.cargo.text import text_of
from tracker.errors import CargoError
from tracker.papers.document import Document
from tracker.voyages.itinerary import Conveyance, Mode

_PIECE_BYTES: Final = 1 << 20
_SURE_BYTES: Final = 1 << 26
"""So much is unpacked into memory without asking how much more there is."""
UNNAMED: Final = Conveyance(Mode.SEA)
"""Conveyance of calls and goods whose craft other papers are to name."""


@dataclass(frozen=True, slots=True)
class Received:
    """What one document says."""

    document: Document
    format: str
    """json, json lines, consignments, itineraries, flags; empty where nothing could be read."""
    manifests: tuple[Manifest, ...]
    """In the order of id and version. Where no row names the craft the conveyance is ``UNNAMED``: other papers of the same number do, or will."""
    account: CargoFile
    flags: tuple[FlagRow, ...] = ()
    """Rows of a file of flags: on consignments that other papers brought."""
    refusal: str | None = None
    """Why nothing of it could be read, in one sentence."""
    box_events: tuple[BoxEvent, ...] = ()
    """What became of boxes, in the order of the document."""

    @property
    def is_refused(self) -> bool:
        """Whether nothing could be read."""
        return self.refusal is not None

    @property
    def is_incomplete(self) -> bool:
        """Whether it breaks off, or does not hold what it says it holds."""
        return self.account.is_incomplete


def receive(document: Document, locate: Locate, config: CargoConfig | None = None) -> Received:
    """Read a document by its content; ``locate`` finds a place by its code, ``config`` bounds what is unpacked and parsed."""
    file = CargoFile(document.name)
    config = config or CargoConfig()
    into = Gatherings()
    try:
        room = Room.of(config)
        content = _unpacked(document, room, file)
        plain = _plain(content, file, room, locate, into)
        if plain is not None:
            return _received(document, file, into, locate, plain)
        found = recognised(content, file, room, mappings_of(config))
        if found is None:
            raise CargoError.no_cargo(file.path, is_empty=not content.strip(), content=content)
        found.read(into)
    except CargoError as exc:
        return Received(document, "", (), file, refusal=str(exc))
    return _received(document, file, into, locate, [])


def _plain(content: bytes, file: CargoFile, room: Room, locate: Locate, into: Gatherings) -> list[Manifest] | None:
    """The manifests that can be read by column, of a large table with columns of ours; what cannot is in ``into``. None where it is another document."""
    if (
        content.count(b"\n") < LEAST_ROWS
        or b"manifest_id" not in content[:4096].lower()
        or content.lstrip()[:1] in (b"{", b"[")
    ):
        return None
    scratch = deepcopy(file)
    text = text_of(content, scratch)
    before = room.values_left
    room.take(text, file.path)
    plain = read_plain(text, scratch, locate, into.drafts, into.flags)
    if plain is None:
        room.values_left = before
        return None
    file.kind, file.rows_in, file.incomplete = "consignments", scratch.rows_in, scratch.incomplete
    file.rejects, file.warnings = scratch.rejects, scratch.warnings
    return [replace(one, is_incomplete=True) for one in plain] if scratch.is_incomplete else plain


def _received(document: Document, file: CargoFile, into: Gatherings, locate: Locate, plain: list[Manifest]) -> Received:
    """What was gathered, with places looked up."""
    drafts, flags = into.drafts, into.flags
    boxes = tuple(box.finish(locate) for box in into.boxes)
    manifests = [made for key in sorted(drafts) if (made := _finished(drafts[key], locate)) is not None]
    manifests = sorted([*manifests, *plain], key=lambda one: (one.manifest_id, one.version))
    if not manifests and not flags and not boxes:
        why = "holds no manifest that can be read; ask its sender for it again"
        if not file.rows_in:
            why = "holds nothing below its names; have it exported again, with what it is to say"
        if file.rejects.samples:
            first = file.rejects.samples[0]
            why = f"row {first.at}: {first.note or first.text}"
        return Received(document, "", (), file, refusal=f"{document.name}: {why}")
    return Received(document, file.kind, tuple(manifests), file, tuple(flags), box_events=boxes)


def _unpacked(document: Document, room: Room, file: CargoFile) -> bytes:
    """The bytes as plain ones; what ends early is kept as far as it goes.

    What unpacks to much is unpacked twice, the first time only to know its size: a bomb is refused before it fills the memory.
    """
    if not packing_of(document.content[:MAGIC_BYTES]):
        room.check(len(document.content), document.name)
        room.bytes_left -= len(document.content)
        return document.content
    pieces: list[bytes] = []
    size, error = _unpack(document, room, pieces, _SURE_BYTES)
    if size > _SURE_BYTES:
        pieces.clear()
        _unpack(document, room, pieces, size)
    if error:
        file.break_off(1, f"is packed, and damaged or cut ({error}); what could be unpacked is kept, ask for it again")
    room.bytes_left -= size
    return b"".join(pieces)


def _unpack(document: Document, room: Room, pieces: list[bytes], most_bytes: int) -> tuple[int, str]:
    """How many bytes a document unpacks to, and why it ends early, if it does; the pieces are kept while they are no more than ``most_bytes`` in all."""
    size = 0
    try:
        for piece in peeled(iter((document.content,)), _PIECE_BYTES):
            size += len(piece)
            room.check(size, document.name)
            if size <= most_bytes:
                pieces.append(piece)
            else:
                pieces.clear()
    except TruncatedError as exc:
        return size, str(exc)
    return size, ""


def _finished(draft: ManifestDraft, locate: Locate) -> Manifest | None:
    if draft.conveyance is None and (draft.nodes or draft.consignments):
        draft.origin.warn(
            f"manifest_id={draft.manifest_id}",
            f"no row names the conveyance of manifest {draft.manifest_id}; it is kept until papers of the same number name it",
        )
        draft = replace(draft, conveyance=UNNAMED)
    return draft.finish(locate)
