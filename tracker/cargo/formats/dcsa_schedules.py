"""DCSA schedules: operational vessel schedules and port calls.

A vessel's calls stand in the order in which they are made; the voyage number changes at a call (``carrierImportVoyageNumber`` in, ``carrierExportVoyageNumber`` out; ``9999R`` is none). Of each voyage one
itinerary is made, from the call at which it begins to the one at which it ends. Of the times at a call actual ones go before estimated, these before planned ones, those at the berth before those at the pilot's.
``statusCodes`` are what the carrier published: a call with OMIT or BLNK is taken out, and all codes are kept (``DeclaredChange``), as is a delay that has its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tracker.cargo.draft import NodeDraft
from tracker.cargo.formats.cut_json import object_in
from tracker.cargo.formats.gathered import Gathered, place_of, within_years
from tracker.cargo.ledger import Origin
from tracker.cargo.paper_time import PaperTime
from tracker.cargo.values import KINDS
from tracker.voyages.itinerary import DeclaredChange

_NO_VOYAGE: Final = "9999R"
_TAKEN_OUT: Final = frozenset({"OMIT", "BLNK"})
_SUREST: Final = ("ACT", "EST", "PLN")
_NOT_THE_BERTH: Final = "PBPL"
_MOST_REMARK: Final = 200


def read_service(item: dict[str, Any], where: str, gathered: Gathered) -> None:
    """All vessels of a service."""
    vessels = item.get("vesselSchedules")
    if not isinstance(vessels, list):
        gathered.origin(1, where).reject("vesselSchedules", f"{where}: vesselSchedules is no list; it is left out")
        return
    for i, vessel in enumerate(vessels):
        read_vessel(vessel, f"{where}.vesselSchedules[{i}]", gathered)


def read_vessel(item: Any, where: str, gathered: Gathered) -> None:
    """One vessel's calls, as one itinerary for each voyage."""
    origin = gathered.origin(1, where)
    if not isinstance(item, dict) or not isinstance(item.get("transportCalls"), list):
        origin.reject("transportCalls", f"{where}: is no vessel schedule with a list of transportCalls; it is left out")
        return
    ship = ship_of(item)
    if item.get("isDummyVessel") is True or gathered.conveyance(ship, origin) is None:
        origin.reject("vesselName", f"{where}: no vessel is named yet, so its calls are left out")
        return
    calls = [
        call
        for i, raw in enumerate(item["transportCalls"])
        if (call := _call(raw, f"{where}.transportCalls[{i}]", gathered)) is not None
    ]
    voyages = list(dict.fromkeys(voyage for node, _, _ in calls for voyage in node.values["voyages"]))
    for voyage in voyages or [""]:
        own = [call for call in calls if not voyage or voyage in call[0].values["voyages"]]
        conveyance = gathered.conveyance(ship | {"voyage_number": voyage}, origin)
        if conveyance is None:
            continue
        nodes = [
            NodeDraft(node.values | {"sequence": i}, node.origin) for i, (node, _, out) in enumerate(own, 1) if not out
        ]
        changes = [change for _, published, _ in own for change in published]
        gathered.schedule(conveyance, nodes, changes, origin)


def read_port_call(item: dict[str, Any], where: str, gathered: Gathered) -> None:
    """A port call tells who a ship is; without its place among the others, and a time, it is no itinerary."""
    origin = gathered.origin(1, where)
    conveyance = gathered.conveyance(ship_of(item.get("vessel")), origin)
    if conveyance is None:
        origin.reject("vessel", f"{where}: the port call names no vessel; it is left out")
        return
    gathered.schedule(conveyance, (), (), origin)


def ship_of(raw: Any) -> dict[str, Any]:
    """The ship of a vessel object by our names; OVS, T&T and JIT name its members differently."""
    if not isinstance(raw, dict):
        return {"mode": "sea"}
    return {
        "mode": "sea",
        "imo": raw.get("vesselIMONumber"),
        "mmsi": raw.get("MMSINumber"),
        "name": raw.get("vesselName") or raw.get("name"),
        "call_sign": raw.get("vesselCallSign") or raw.get("vesselCallSignNumber") or raw.get("callSign"),
    }


def place_in(raw: Any) -> str:
    """The place of a location object: its UN/LOCODE, else its name; ``ValueError`` where it has neither."""
    if not isinstance(raw, dict):
        raise ValueError("is missing")
    code = raw.get("UNLocationCode")
    if not code:
        code = object_in(raw, "facility").get("UNLocationCode") or raw.get("locationName")
    return place_of(str(code or ""))


def time_in(raw: Any) -> PaperTime | None:
    """A time as text; None where it is none."""
    if not isinstance(raw, str):
        return None
    try:
        said: PaperTime = KINDS["place_time"].parse(raw)
    except ValueError:
        return None
    return said if within_years(said) else None


def _call(raw: Any, where: str, gathered: Gathered) -> tuple[NodeDraft, list[DeclaredChange], bool] | None:
    """A call, what was published of it, and whether it was taken out."""
    origin = gathered.origin(1, where)
    if not isinstance(raw, dict):
        origin.reject("", f"{where}: is no JSON object; the call is left out")
        return None
    try:
        location = place_in(raw.get("location"))
    except ValueError as exc:
        origin.reject("location", f"{where}: its place {exc}; the call is left out")
        return None
    codes = {raw.get("statusCode"), *_texts(raw.get("statusCodes"))} - {None, ""}
    timestamps = [one for one in raw.get("timestamps") or () if isinstance(one, dict)]
    changes = [DeclaredChange(code, location, _remark(timestamps)) for code in sorted(map(str, codes))]
    if any(one.get("delayReasonCode") or one.get("delayReasonCodes") for one in timestamps):
        changes.append(DeclaredChange("DELAY", location, _remark(timestamps)))
    values: dict[str, Any] = {
        "location": location,
        "voyages": _voyages(raw),
        **_times(timestamps, "arrive", "ARRI", origin),
        **_times(timestamps, "depart", "DEPA", origin),
    }
    return NodeDraft(values, origin), changes, bool(codes & _TAKEN_OUT)


def _voyages(raw: dict[str, Any]) -> tuple[str, ...]:
    names = ("carrierImportVoyageNumber", "carrierExportVoyageNumber")
    given = [" ".join(str(raw[name]).split())[:50] for name in names if raw.get(name)]
    return tuple(dict.fromkeys(voyage for voyage in given if voyage != _NO_VOYAGE))


def _times(timestamps: list[dict[str, Any]], name: str, kind: str, origin: Origin) -> dict[str, PaperTime]:
    """The surest time of a kind, by our name of it."""
    own = [one for one in timestamps if one.get("eventTypeCode") == kind]
    own.sort(key=lambda one: one.get("facilityTypeCode") == _NOT_THE_BERTH)
    for classifier in _SUREST:
        for one in own:
            if one.get("eventClassifierCode") != classifier:
                continue
            said = time_in(one.get("eventDateTime"))
            if said is not None:
                return {name: said}
            origin.warn(
                "eventDateTime", f"{origin.where}: {str(one.get('eventDateTime'))[:40]!r} is no time; it is left out"
            )
    return {}


def _remark(timestamps: list[dict[str, Any]]) -> str | None:
    said = (one.get("changeRemark") for one in timestamps)
    return next(
        (" ".join(text.split())[:_MOST_REMARK] for text in said if isinstance(text, str) and text.strip()), None
    )


def _texts(raw: Any) -> Iterable[str]:
    return [one for one in raw if isinstance(one, str)] if isinstance(raw, list) else []
