"""Schedules from EDIFACT: IFTSAI (a carrier's schedule: a TDT and its calls, again and again) and CUSREP (a ship's report of its calls to customs).

``LOC`` is a call, the DTM behind it are its times: planned (189 departure, 232 arrival), estimated (133, 132), actual (186 or 136, 178); actual times go before estimated, these before planned ones. Clocks are those of the
port. Ports of loading and discharge (9, 11), of departure and arrival (5, 8, 60), of transhipment (13), next and previous ports (61, 94, 125, 153) and those of the itinerary (92) are calls.
"""

from __future__ import annotations

from typing import Final

from tracker.cargo.draft import NodeDraft
from tracker.cargo.formats.edifact_ships import conveyance_of
from tracker.cargo.formats.gathered import Gathered, place_of, read_dtm
from tracker.cargo.formats.segments import Message, Segment, first
from tracker.cargo.paper_time import PaperTime

_CALLS: Final = frozenset({"5", "8", "9", "11", "13", "60", "61", "92", "94", "125", "153"})
_ARRIVES: Final = ("178", "132", "232")
_DEPARTS: Final = ("186", "136", "133", "189")
_BEFORE: Final = ("94", "125")
"""In a report of arrival the port before stands behind the ship, though it was called at before."""


def read_iftsai(message: Message, gathered: Gathered) -> None:
    """One itinerary for each transport stage; LOC of one port that follow each other are one call."""
    head, *stages = message.groups("TDT")
    for stage in stages:
        _read_calls(message, stage[0], head + stage, stage, gathered)
    if not stages:
        _without_ship(message, gathered)


def read_cusrep(message: Message, gathered: Gathered) -> None:
    """The calls of one ship; those that stand before the TDT are its calls as well."""
    tdt = message.first("TDT")
    if tdt is None:
        _without_ship(message, gathered)
        return
    _read_calls(message, tdt, message.segments, message.segments, gathered)


def _read_calls(
    message: Message, tdt: Segment, around: list[Segment], segments: list[Segment], gathered: Gathered
) -> None:
    origin = gathered.origin(tdt.offset, f"{message.kind} {message.reference[:14]}")
    conveyance = conveyance_of(tdt, around, gathered, origin)
    if conveyance is None:
        origin.reject("TDT", f"TDT at byte {tdt.offset} names no ship or flight; its calls are left out")
        return
    nodes: list[NodeDraft] = []
    earlier: list[NodeDraft] = []
    for run in _runs(segments):
        loc = run[0]
        at = gathered.origin(loc.offset, f"{message.kind} {message.reference[:14]}")
        try:
            location = _place(loc)
        except ValueError as exc:
            at.reject(
                f"LOC={loc.get(2)[:25]}", f"place {loc.get(2)[:25]!r} at byte {loc.offset} {exc}; the call is left out"
            )
            continue
        times = {"arrive": _time(run, _ARRIVES), "depart": _time(run, _DEPARTS)}
        said = {name: time for name, time in times.items() if time is not None}
        listed = earlier if loc.get(1) in _BEFORE and message.kind == "CUSREP" else nodes
        if listed and listed[-1].values["location"] == location:
            listed[-1].values.update(said)
            continue
        voyages = (conveyance.voyage_number,) if conveyance.voyage_number else ()
        listed.append(NodeDraft({"location": location, "voyages": voyages, **said}, at))
    nodes = earlier + nodes
    for sequence, node in enumerate(nodes, 1):
        node.values["sequence"] = sequence
    gathered.schedule(conveyance, nodes, (), origin)


def _runs(segments: list[Segment]) -> list[list[Segment]]:
    """Each call with what stands behind it."""
    runs: list[list[Segment]] = []
    inside = False
    for segment in segments:
        if segment.tag == "LOC":
            inside = segment.get(1) in _CALLS
            if inside:
                runs.append([segment])
        elif segment.tag in ("TDT", "EQD", "CNI", "GID"):
            inside = False
        elif inside:
            runs[-1].append(segment)
    return runs


def _place(loc: Segment) -> str:
    try:
        return place_of(loc.get(2))
    except ValueError:
        if loc.get(2, 3):
            return place_of(loc.get(2, 3))
        raise


def _time(run: list[Segment], qualifiers: tuple[str, ...]) -> PaperTime | None:
    for qualifier in qualifiers:
        segment = first(run, "DTM", qualifier)
        if segment is not None and (said := read_dtm(segment.get(1, 1), segment.get(1, 2))) is not None:
            return said
    return None


def _without_ship(message: Message, gathered: Gathered) -> None:
    note = (
        f"{message.kind} {message.reference[:14]} at byte {message.offset} names no ship (TDT); ask for one that does"
    )
    gathered.origin(message.offset).reject("TDT", note)
