"""DCSA track and trace: events of equipment become box events; events of transport tell who a ship is.

Version 3 wraps an event (``metadata``, ``payload``), version 2 has all in one object. ``retractedEventID`` withdraws an earlier event. LOAD, DISC, GTIN and GTOT say where a box is; PICK, DROP, STUF, STRP and others are kept
as what they are: something else.
"""

from __future__ import annotations

from typing import Any, Final

from tracker.cargo.box_events import BoxDraft, BoxEventKind, Classifier
from tracker.cargo.formats.cut_json import object_in
from tracker.cargo.formats.dcsa_schedules import place_in, ship_of, time_in
from tracker.cargo.formats.gathered import Gathered

_KINDS: Final = {
    "LOAD": BoxEventKind.LOADED, "DISC": BoxEventKind.DISCHARGED, "GTIN": BoxEventKind.GATED_IN, "GTOT": BoxEventKind.GATED_OUT,
}  # fmt: skip
_CLASSIFIERS: Final = {
    "ACT": Classifier.ACTUAL,
    "EST": Classifier.ESTIMATED,
    "PLN": Classifier.PLANNED,
    "REQ": Classifier.PLANNED,
}
_DOCUMENTS: Final = ("TRD", "BKG", "SHI")
_NO_VOYAGE: Final = "9999R"
_ON_WATER: Final = (None, "VESSEL", "BARGE")


def read_event(item: dict[str, Any], where: str, gathered: Gathered) -> None:
    """One event."""
    origin = gathered.origin(1, where)
    metadata = object_in(item, "metadata") or item
    payload = object_in(item, "payload") or item
    event_id = str(metadata.get("eventID") or "")[:100]
    stated = time_in(metadata.get("eventCreatedDateTime"))
    stated_us = stated.span_us(None)[1] if stated is not None and stated.moment.tzinfo is not None else None
    withdrawn = metadata.get("retractedEventID") or payload.get("retractedEventID")
    if withdrawn:
        gathered.boxes.append(
            BoxDraft(
                BoxEventKind.WITHDRAWN,
                Classifier.ACTUAL,
                "",
                origin,
                "DCSA",
                event_id=str(withdrawn)[:100],
                stated_us=stated_us,
            )
        )
        if "payload" not in item and "eventClassifierCode" not in item:
            return
        origin = gathered.origin(1, where)
    code = payload.get("equipmentEventTypeCode")
    call = object_in(payload, "transportCall")
    ship = ship_of(call.get("vessel")) if call.get("modeOfTransport") in _ON_WATER else {"mode": "sea"}
    if code is None:
        _read_other(payload, ship, where, gathered, origin)
        return
    kind = _KINDS.get(str(code), BoxEventKind.OTHER)
    classifier = _CLASSIFIERS.get(str(payload.get("eventClassifierCode")))
    number = payload.get("equipmentReference")
    if not isinstance(number, str) or not number.strip() or classifier is None:
        missing = "equipmentReference" if classifier is not None else "eventClassifierCode"
        origin.reject(missing, f"{where}: {missing} is missing or unknown; the event is left out")
        return
    time = time_in(payload.get("eventDateTime"))
    if time is None:
        origin.warn(
            "eventDateTime", f"{where}: {str(payload.get('eventDateTime'))[:40]!r} is no time, so it proves nothing"
        )
    names = ("carrierExportVoyageNumber", "carrierImportVoyageNumber")
    own = names if kind is BoxEventKind.LOADED else names[::-1]
    voyage = next((str(call[name])[:50] for name in own if call.get(name) and call[name] != _NO_VOYAGE), None)
    location = ""
    for place in (payload.get("eventLocation"), payload.get("location"), call.get("location")):
        try:
            location = place_in(place)
            break
        except ValueError:
            continue
    documents = payload.get("relatedDocumentReferences") or payload.get("documentReferences") or ()
    gathered.boxes.append(
        BoxDraft(
            kind,
            classifier,
            number,
            origin,
            "DCSA event",
            event_id=event_id,
            location=location,
            time=time,
            conveyance=gathered.conveyance(ship | {"voyage_number": voyage}, origin),
            documents=tuple(_documents(documents)),
            stated_us=stated_us,
        )
    )


def _read_other(payload: dict[str, Any], ship: dict[str, Any], where: str, gathered: Gathered, origin: Any) -> None:
    """An event of transport or shipment; the ship in it joins name and number."""
    if payload.get("transportEventTypeCode") is None and payload.get("shipmentEventTypeCode") is None:
        origin.reject("eventType", f"{where}: is no event of transport, equipment or shipment; it is left out")
        return
    conveyance = gathered.conveyance(ship, origin)
    if conveyance is not None:
        gathered.schedule(conveyance, (), (), origin)


def _documents(raw: Any) -> list[str]:
    found = []
    for one in raw if isinstance(raw, (list, tuple)) else ():
        if not isinstance(one, dict):
            continue
        kind = one.get("type") or one.get("documentReferenceType")
        value = one.get("value") or one.get("documentReferenceValue")
        if kind in _DOCUMENTS and isinstance(value, str):
            found.append(value[:100])
    return found
