"""The ship of an EDIFACT message: TDT and the references beside it.

``TDT+20+voyage+mode++carrier+++id:code list:agency:name:nationality``; code list 103 is a call sign, 146 a means of transport, whose number is the IMO number. Writers differ in the element the
ship stands in, and some send call sign and IMO number in two of them: whatever carries such a code list is read.
"""

from __future__ import annotations

import re
from typing import Any, Final

from tracker.cargo.codes import compact
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.formats.segments import Segment
from tracker.cargo.ledger import Origin
from tracker.voyages.itinerary import Conveyance

_CALL_SIGN, _MEANS = "103", "146"
_IMO: Final = re.compile(r"(?:IMO)?\d{7}")
_SEA, _AIR = ("", "1", "11"), "4"
"""Code list 8067: anything else is a road or a railway."""


def conveyance_of(tdt: Segment | None, around: list[Segment], gathered: Gathered, origin: Origin) -> Conveyance | None:
    """The ship or flight that a TDT and the RFF beside it name; None where they name none."""
    if tdt is None or tdt.get(3) not in (*_SEA, _AIR):
        return None
    voyage = tdt.get(2) or next((one.get(1, 1) for one in around if one.tag == "RFF" and one.get(1) == "VON"), "")
    if tdt.get(3) == _AIR:
        flight = tdt.get(8, 3) or voyage
        return gathered.conveyance({"mode": "air", "flight": flight, "registration": tdt.get(8)}, origin)
    raw: dict[str, Any] = {"mode": "sea", "voyage_number": voyage}
    for number in range(4, len(tdt.elements) + 1):
        identity, codes, agency, name = (tdt.get(number, part) for part in range(4))
        is_ship = codes in (_CALL_SIGN, _MEANS)
        if not is_ship and number < 8:
            continue  # the type, the carrier
        if _IMO.fullmatch(compact(identity)):
            raw["imo"] = identity
        elif re.fullmatch(r"\d{9}", identity):
            raw["mmsi"] = identity
        elif identity != "IMONUMBER" and (is_ship or not agency):
            raw.setdefault("call_sign", identity)
        if name:
            raw["name"] = name
    return gathered.conveyance({key: value for key, value in raw.items() if value}, origin)
