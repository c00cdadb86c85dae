"""Box events from EDIFACT.

=======  =============================================================================================================
BAPLIE   the stowage plan: what stands aboard as the ship leaves a port (LOC+5), cell by cell (LOC+147); each box with its ports
COARRI   boxes loaded or discharged in a port
COPRAR   the same as orders: planned, and so no proof
CODECO   boxes gated in (BGM 34) or out (BGM 36)
IFTSTA   status of one consignment (CNI, STS), for the boxes under it
=======  =============================================================================================================

SMDG's and UN/CEFACT's guides; dialects: ports of a box as LOC+6 and LOC+12, or LOC+9 and LOC+11; EQD before or behind its LOC+147. A time without a zone is local at the place beside it.
"""

from __future__ import annotations

from typing import Final

from tracker.cargo.box_events import BoxDraft, BoxEventKind, Classifier
from tracker.cargo.formats.edifact_ships import conveyance_of
from tracker.cargo.formats.gathered import Gathered, place_of, read_dtm
from tracker.cargo.formats.segments import Message, Segment, first
from tracker.cargo.ledger import Origin
from tracker.cargo.paper_time import PaperTime
from tracker.voyages.itinerary import Conveyance

_DOCUMENTS: Final = ("BM", "MB", "BN", "HWB", "AAS", "AAM")
_LOADING, _DISCHARGE = ("9", "6"), ("11", "12")
_MOVES: Final = {
    "270": BoxEventKind.LOADED, "98": BoxEventKind.DISCHARGED, "46": BoxEventKind.LOADED, "44": BoxEventKind.DISCHARGED,
    "45": BoxEventKind.LOADED, "43": BoxEventKind.DISCHARGED, "121": BoxEventKind.LOADED, "118": BoxEventKind.DISCHARGED,
}  # fmt: skip
"""BGM 1001 of COARRI and COPRAR. Of 43 to 46 terminals of one country send the one for the other's: the port beside the ship decides, LOC+9 or LOC+11."""
_SURE: Final = ("270", "98")
_GATES: Final = {"34": BoxEventKind.GATED_IN, "36": BoxEventKind.GATED_OUT}
STATUS_WORDS: Final = (
    ("LOADED ON VESSEL", BoxEventKind.LOADED), ("LOADED ONTO VESSEL", BoxEventKind.LOADED), ("VESSEL LOADED", BoxEventKind.LOADED),
    ("LOADED ON BOARD", BoxEventKind.LOADED), ("LOADED ABOARD", BoxEventKind.LOADED),
    ("UNLOADED FROM VESSEL", BoxEventKind.DISCHARGED), ("UNLOADED FROM A VESSEL", BoxEventKind.DISCHARGED), ("DISCHARGED", BoxEventKind.DISCHARGED),
    ("GATE IN", BoxEventKind.GATED_IN), ("GATED IN", BoxEventKind.GATED_IN), ("IN-GATE", BoxEventKind.GATED_IN),
    ("GATE OUT", BoxEventKind.GATED_OUT), ("GATED OUT", BoxEventKind.GATED_OUT), ("OUT-GATE", BoxEventKind.GATED_OUT),
)  # fmt: skip
"""Carriers send codes of their own (``HS``) with the words beside them: only the words say what happened."""
STATUS_CODES: Final = {
    "AE": BoxEventKind.LOADED, "UV": BoxEventKind.DISCHARGED, "I": BoxEventKind.GATED_IN, "OA": BoxEventKind.GATED_OUT,
}  # fmt: skip
"""Status codes of X12 (1015), which carriers send in IFTSTA, too. A ship's arrival (VA) or departure (VD) says nothing of a box."""


def read_baplie(message: Message, gathered: Gathered) -> None:
    """The boxes aboard as a ship leaves a port. Cells and equipment are bound by both orders; an empty cell is nothing."""
    head, cells = _cells(message)
    origin = Origin(gathered.file, message.offset, f"BAPLIE {message.reference[:14]}")
    conveyance = conveyance_of(first(head, "TDT"), head, gathered, origin)
    port = _place(head, "5")
    time = _time(head, "136", "186", "133") or _time([one for one in message.segments if one.tag == "DTM"], "137")
    if conveyance is None:
        _without_ship(message, gathered)
        return
    for cell in cells:
        equipment = first(cell, "EQD")
        if equipment is None:
            continue
        _add(
            gathered, message, equipment, BoxEventKind.STOWED, Classifier.ACTUAL, port, time, conveyance, cell,
        )  # fmt: skip


def read_coarri(message: Message, gathered: Gathered) -> None:
    """Boxes loaded or discharged."""
    _read_moves(message, gathered, _move(message), Classifier.ACTUAL)


def read_coprar(message: Message, gathered: Gathered) -> None:
    """Orders to load or discharge: planned, no proof."""
    _read_moves(message, gathered, _move(message), Classifier.PLANNED)


def read_codeco(message: Message, gathered: Gathered) -> None:
    """Boxes through the gate."""
    code = message.first("BGM")
    _read_moves(message, gathered, _GATES.get(code.get(1) if code else ""), Classifier.ACTUAL)


def read_iftsta(message: Message, gathered: Gathered) -> None:
    """One status of a consignment, for the boxes that stand under it."""
    head, *groups = message.groups("CNI", "STS")
    numbered = [group for group in groups if group[0].tag == "STS"]
    for group in numbered:
        status = group[0]
        said = " ".join((*status.all(2), *status.all(3))).upper()
        codes = {part.strip() for part in status.all(2)}
        kind = next((one for words, one in STATUS_WORDS if words in said), None) or next(
            (STATUS_CODES[code] for code in sorted(codes & STATUS_CODES.keys())), BoxEventKind.OTHER
        )
        origin = Origin(gathered.file, status.offset, f"IFTSTA {message.reference[:14]}")
        conveyance = conveyance_of(first(group, "TDT"), group, gathered, origin)
        place = _place(group, "175", "1", "9" if kind is BoxEventKind.LOADED else "11")
        time = _time(group, "334", "7", "9")
        boxes = [one for one in group if one.tag == "EQD"] or [
            one for one in group if one.tag == "RFF" and one.get(1) == "EQ"
        ]
        for box in boxes:
            _add(gathered, message, box, kind, Classifier.ACTUAL, place, time, conveyance, [*head, *group])
        if not boxes:
            gathered.origin(status.offset).reject(
                "STS", f"status at byte {status.offset} names no box; give EQD or RFF+EQ"
            )


def _move(message: Message) -> BoxEventKind | None:
    """Whether boxes go aboard or ashore: by the letter that some send, by a code that means one thing, by the port beside the ship, by the code."""
    head = next(message.groups("EQD"))
    for text in (one for one in head if one.tag == "FTX" and one.get(1) == "OSI"):
        letter = text.get(3) or text.get(4)
        if letter in ("L", "D"):
            return BoxEventKind.LOADED if letter == "L" else BoxEventKind.DISCHARGED
    begin = first(head, "BGM")
    code = begin.get(1) if begin else ""
    at = {one.get(1) for one in head if one.tag == "LOC"} & {"9", "11"}
    if code not in _SURE and len(at) == 1:
        return BoxEventKind.LOADED if at == {"9"} else BoxEventKind.DISCHARGED
    return _MOVES.get(code)


def _read_moves(message: Message, gathered: Gathered, kind: BoxEventKind | None, classifier: Classifier) -> None:
    """Messages of a ship and a list of boxes."""
    head, *groups = message.groups("EQD")
    origin = Origin(gathered.file, message.offset, f"{message.kind} {message.reference[:14]}")
    if kind is None:
        begin = first(head, "BGM")
        said = begin.get(1)[:10] if begin else ""
        note = f"{message.kind} {message.reference[:14]}: BGM {said!r} does not say what was done with the boxes; ask the sender"
        for group in groups or [[]]:
            gathered.origin(group[0].offset if group else message.offset).reject("BGM", note)
        return
    tdt = first(head, "TDT", "20") or first(head, "TDT")
    conveyance = conveyance_of(tdt, head, gathered, origin)
    own = "9" if kind is BoxEventKind.LOADED else "11"
    place = _place(head, own, "165", "9", "11")
    planned = ("133",) if kind is BoxEventKind.LOADED else ("132",)
    at = _time(head, "203", "7", *(planned if classifier is not Classifier.ACTUAL else ()))
    for group in groups:
        main = [one for one in group if one.tag != "TDT"]
        time = _time(main, "203", "7", "334", "9") or at
        _add(gathered, message, group[0], kind, classifier, _place(main, "165") or place, time, conveyance, main)


def _add(
    gathered: Gathered,
    message: Message,
    box: Segment,
    kind: BoxEventKind,
    classifier: Classifier,
    place: str,
    time: PaperTime | None,
    conveyance: Conveyance | None,
    around: list[Segment],
) -> None:
    """One event of one box; refused where the box has no number."""
    origin = gathered.origin(box.offset, f"{message.kind} {message.reference[:14]}")
    number = box.get(1, 1) if box.tag == "RFF" else box.get(2)
    if not number:
        origin.reject("EQD", f"box at byte {box.offset} has no number; it is left out")
        return
    if time is None and classifier is Classifier.ACTUAL:
        origin.warn(f"equipment={number}", f"no time is told of {kind} at byte {box.offset}, so it proves nothing")
    documents = [one.get(1, 1) for one in around if one.tag == "RFF" and one.get(1) in _DOCUMENTS]
    gathered.boxes.append(
        BoxDraft(
            kind,
            classifier,
            number,
            origin,
            message.kind,
            location=place,
            time=time,
            conveyance=conveyance,
            documents=tuple(dict.fromkeys(filter(None, documents))),
            loading=_place(around, *_LOADING),
            discharge=_place(around, *_DISCHARGE),
        )
    )


def _cells(message: Message) -> tuple[list[Segment], list[list[Segment]]]:
    """The header, and a run of segments for each box: from LOC+147 on, or from EQD on where a writer puts it in front of its cell."""
    starts = [i for i, one in enumerate(message.segments) if one.tag == "LOC" and one.get(1) == "147"]
    boxes = [i for i, one in enumerate(message.segments) if one.tag == "EQD"]
    if boxes and (not starts or boxes[0] < starts[0]):
        starts = boxes
    if not starts:
        return message.segments, []
    ends = [*starts[1:], len(message.segments)]
    return message.segments[: starts[0]], [message.segments[a:b] for a, b in zip(starts, ends, strict=True)]


def _without_ship(message: Message, gathered: Gathered) -> None:
    """A message is refused, row by row, since nothing in it names the ship."""
    rows = sum(one.tag == "EQD" for one in message.segments) or 1
    origin = gathered.origin(message.offset)
    gathered.file.rows_in += rows - 1
    note = (
        f"{message.kind} {message.reference[:14]} at byte {message.offset} names no ship (TDT); ask for one that does"
    )
    origin.reject("TDT", note, rows)


def _place(segments: list[Segment], *qualifiers: str) -> str:
    """The first place with one of some qualifiers, in that order; empty where there is none that can be one."""
    for qualifier in qualifiers:
        segment = first(segments, "LOC", qualifier)
        for text in (segment.get(2), segment.get(2, 3)) if segment is not None else ():
            try:
                return place_of(text)
            except ValueError:
                continue
    return ""


def _time(segments: list[Segment], *qualifiers: str) -> PaperTime | None:
    """The first time with one of some qualifiers, in that order."""
    for qualifier in qualifiers:
        for segment in segments:
            if segment.tag == "DTM" and segment.get(1) == qualifier:
                said = read_dtm(segment.get(1, 1), segment.get(1, 2))
                if said is not None:
                    return said
    return None
