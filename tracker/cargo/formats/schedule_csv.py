"""Our own CSV of schedules: one row for each call, recognised by a ship, a ``location``, and a time of arrival or departure, without ``manifest_id``.

``status`` is the carrier's word for a call: OMIT, BLNK and the other codes of DCSA (``dcsa_schedules``). Rows of one ship and voyage are one schedule, calls in the order of the rows.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from tracker.cargo.draft import NodeDraft
from tracker.cargo.fields import fields_of
from tracker.cargo.formats.edifact import plain
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.ledger import read_fields
from tracker.cargo.text import text_of
from tracker.voyages.itinerary import Conveyance, DeclaredChange

_SHIPS: Final = frozenset({"imo", "mmsi", "craft_name", "call_sign", "flight", "registration", "icao24"})
_TAKEN_OUT: Final = ("OMIT", "BLNK")
COLUMNS: Final = (
    *(field.csv_name for field in fields_of("conveyance")),
    *(field.csv_name for field in fields_of("node") if field.name != "sequence"),
    "status",
    "remark",
)


def is_schedule(content: bytes) -> bool:
    """Whether its first line names the columns of a schedule."""
    names = set(_header(plain(content[:4000]).decode("utf-8-sig", "replace").split("\n", 1)[0]))
    return (
        "location" in names
        and bool(names & _SHIPS)
        and bool(names & {"arrive", "depart"})
        and not names & {"manifest_id", "consignment_id"}
    )


def read(content: bytes, gathered: Gathered) -> None:
    """Read the rows; a bad one is refused alone."""
    text = text_of(content, gathered.file)
    header = _header(text.split("\n", 1)[0])
    for name in header:
        if name not in COLUMNS:
            gathered.file.unknown(1, name, COLUMNS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.split("\n", 1)[0]))
    calls: dict[Conveyance, list[tuple[NodeDraft, list[DeclaredChange], bool]]] = {}
    at = 1
    while True:
        at = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as exc:
            gathered.origin(at).reject("", f"cannot be read as CSV ({exc}); check the quotation marks")
            continue
        if at == 1 or not any(cell.strip() for cell in cells):
            continue
        origin = gathered.origin(at)
        if len(cells) != len(header):
            note = f"has {len(cells)} cells where the header has {len(header)}; quote texts that hold commas"
            origin.reject(f"{len(cells)} cells", note)
            continue
        raw: dict[str, Any] = dict(zip(header, cells, strict=True))
        try:
            values = read_fields(fields_of("node"), raw, csv=True)
        except ValueError as exc:
            origin.reject(*exc.args)
            continue
        ship = {field.name: raw.get(field.csv_name) for field in fields_of("conveyance")}
        conveyance = gathered.conveyance(
            {"mode": "air" if raw.get("flight") else "sea"} | {k: v for k, v in ship.items() if v}, origin
        )
        if conveyance is None:
            origin.reject("craft_name", "names no craft; give imo, mmsi, craft_name or call_sign")
            continue
        voyage = conveyance.voyage_number
        node = NodeDraft(values | {"voyages": (voyage,) if voyage else ()}, origin)
        codes = str(raw.get("status") or "").upper().split()
        remark = " ".join(str(raw.get("remark") or "").split())[:200] or None
        changes = [DeclaredChange(code, values["location"], remark) for code in codes]
        calls.setdefault(conveyance, []).append((node, changes, any(code in _TAKEN_OUT for code in codes)))
    for conveyance, own in calls.items():
        nodes = [node for node, _, is_out in own if not is_out]
        for sequence, node in enumerate(nodes, 1):
            node.values["sequence"] = sequence
        published = [change for _, changes, _ in own for change in changes]
        gathered.schedule(conveyance, nodes, published, own[0][0].origin)


def _header(line: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in line.strip().split(_delimiter(line))]


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)
