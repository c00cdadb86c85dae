"""X12 to papers: 315 (status of one container) and 323 (vessel schedule).

B4 of 315 holds the status code (element 3), its day and hour, the container in parts and the place; N9 whole numbers (EQ container, BM bill, BN booking); Q2 the ship; R4 ports. Of 323 V1 is the ship, each R4
a call with its DTM (369 and 371 estimated, 370 and 372 actual departure and arrival) or V9. Clocks are those of the place. Ports by Schedule D or K are looked up by their names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tracker.cargo.box_events import BoxDraft, BoxEventKind, Classifier
from tracker.cargo.codes import compact
from tracker.cargo.draft import NodeDraft
from tracker.cargo.formats.edifact_boxes import STATUS_CODES
from tracker.cargo.formats.edifact_papers import read_messages
from tracker.cargo.formats.gathered import Gathered, place_of, read_dtm
from tracker.cargo.formats.segments import Message, Segment
from tracker.cargo.formats.x12 import messages
from tracker.cargo.paper_time import PaperTime

_NUMBERED: Final = ("UN", "")
_ARRIVES: Final = ("372", "371", "AAD", "EAD", "ARR", "ETA")
_DEPARTS: Final = ("370", "369", "ADD", "EDD", "DEP", "ETD")
_IMO, _CALL_SIGN = "L", "C"
"""What a vessel's code is (element 897)."""


def read(content: bytes, gathered: Gathered) -> None:
    """Read every transaction set of a file."""
    read_messages(messages(content), SETS, gathered)


def read_status(message: Message, gathered: Gathered) -> None:
    """315: one event of one container, for each B4."""
    for run in list(message.groups("B4"))[1:]:
        b4 = run[0]
        origin = gathered.origin(b4.offset, f"315 {message.reference[:9]}")
        numbers = {one.get(1): one.get(2) for one in run if one.tag == "N9"}
        box = numbers.get("EQ") or b4.get(7) + b4.get(8) + b4.get(13)
        if not compact(box):
            origin.reject("B4", f"status at byte {b4.offset} names no container (B4, N9*EQ); it is left out")
            continue
        q2 = next((one for one in run if one.tag == "Q2"), None)
        ship = {} if q2 is None else _ship(q2.get(1), q2.get(12), q2.get(13), q2.get(9))
        kind = STATUS_CODES.get(b4.get(3), BoxEventKind.OTHER)
        ports = {one.get(1): _port(one) for one in run if one.tag == "R4"}
        own = _named(b4.get(11)) or ports.get("5", "")
        place = own or ports.get("L" if kind is BoxEventKind.LOADED else "D", "")
        gathered.boxes.append(
            BoxDraft(
                kind,
                Classifier.ACTUAL,
                box,
                origin,
                "X12 315",
                location=place,
                time=_moment(b4.get(4), b4.get(5)),
                conveyance=gathered.conveyance(ship, origin) if ship else None,
                documents=tuple(filter(None, (numbers.get("BM"), numbers.get("MB"), numbers.get("BN")))),
                loading=ports.get("L", ""),
                discharge=ports.get("D", ""),
            )
        )


def read_schedule(message: Message, gathered: Gathered) -> None:
    """323: the calls of one ship, in order."""
    v1 = message.first("V1")
    origin = gathered.origin(v1.offset if v1 else message.offset, f"323 {message.reference[:9]}")
    ship = {} if v1 is None else _ship(v1.get(1), v1.get(8), v1.get(2), v1.get(4))
    conveyance = gathered.conveyance(ship, origin) if ship else None
    if conveyance is None:
        origin.reject("V1", f"schedule at byte {message.offset} names no ship (V1); its calls are left out")
        return
    nodes: list[NodeDraft] = []
    for run in list(message.groups("R4"))[1:]:
        r4 = run[0]
        at = gathered.origin(r4.offset, f"323 {message.reference[:9]}")
        location = _port(r4)
        if not location:
            at.reject(
                f"R4={r4.get(3)[:25]}",
                f"port {r4.get(3)[:25]!r} at byte {r4.offset} is no place known by code or name; the call is left out",
            )
            continue
        values: dict[str, Any] = {"location": location, "voyages": tuple(filter(None, (conveyance.voyage_number,)))}
        for name, codes in (("arrive", _ARRIVES), ("depart", _DEPARTS)):
            times = {one.get(1): _moment(one.get(2), one.get(3)) for one in run if one.tag == "DTM"}
            times |= {one.get(1): _moment(one.get(3), one.get(4)) for one in run if one.tag == "V9"}
            said = next((time for code in codes if (time := times.get(code)) is not None), None)
            values |= {name: said} if said is not None else {}
        if nodes and nodes[-1].values["location"] == location:
            nodes[-1].values.update({key: values[key] for key in ("arrive", "depart") if key in values})
            continue
        nodes.append(NodeDraft(values | {"sequence": len(nodes) + 1}, at))
    gathered.schedule(conveyance, nodes, (), origin)


SETS: Final[dict[str, Callable[[Message, Gathered], None]]] = {"315": read_status, "323": read_schedule}


def _ship(code: str, kind: str, name: str, voyage: str) -> dict[str, Any]:
    known = (
        {"imo": code} if kind == _IMO or (compact(code).isdigit() and len(compact(code)) == 7) else {"call_sign": code}
    )
    raw = {"name": name, "voyage_number": voyage, **(known if code else {})}
    raw = {key: value for key, value in raw.items() if value}
    return {"mode": "sea", **raw} if raw.keys() - {"voyage_number"} else {}


def _port(r4: Segment) -> str:
    """A UN/LOCODE, else the name."""
    return (_named(r4.get(3)) if r4.get(2) in _NUMBERED else "") or _named(r4.get(4))


def _named(text: str) -> str:
    try:
        return place_of(text)
    except ValueError:
        return ""


def _moment(day: str, hour: str) -> PaperTime | None:
    return read_dtm(day + hour[:4], "203") if len(hour) >= 4 else read_dtm(day, "102")
