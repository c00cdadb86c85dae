"""Drafts: what the rows of cargo files say, before all files are read. ``finish`` makes manifests of them.

Checks that need more than one row happen here: the conveyance is named at all, places are known, calls follow one another in time,
check digits. A row refused here is refused in the file and line it came from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from tracker.cargo.bulk import BulkManifest, warn_of_air_waybill, warn_of_box
from tracker.cargo.codes import compact, container_ok
from tracker.cargo.columns import statement_table
from tracker.cargo.consignment import (
    Consignment,
    ConsignmentItem,
    DocumentType,
    Flag,
    Location,
    Party,
    TransportEquipment,
)
from tracker.cargo.fields import PARTIES, UNNAMED
from tracker.cargo.ledger import Origin
from tracker.cargo.manifest import Manifest, call_indices
from tracker.cargo.paper_time import PaperTime
from tracker.cargo.rows import ConsignmentRows
from tracker.geography.place_names import other_places
from tracker.geography.ports import Port, bundled_ports
from tracker.geography.time_zones import zone_of
from tracker.identity import imo_check_digit_ok
from tracker.units import US_PER_DAY, iso_time
from tracker.voyages.itinerary import Conveyance, DeclaredChange, Itinerary, ItineraryNode, Mode


class Located(Protocol):
    """A place found by its code (``tracker.geography`` has them; ``code`` is the one form all spellings become)."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def lat_deg(self) -> float: ...
    @property
    def lon_deg(self) -> float: ...


Locate = Callable[[str], Located | None]


@dataclass(slots=True)
class NodeDraft:
    """One declared call as read."""

    values: dict[str, Any]
    origin: Origin


@dataclass(slots=True)
class ConsignmentDraft:
    """One consignment as read; ``origins`` are all rows it was made of."""

    values: dict[str, Any]
    parties: dict[str, Party]
    origins: list[Origin]
    goods: list[ConsignmentItem] = field(default_factory=list)
    equipment: dict[str, TransportEquipment] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)

    def add_equipment(self, values: dict[str, Any], origin: Origin) -> None:
        """Add a container; one already there only gains what was not known."""
        number = compact(values["equipment_id"])
        warn_of_box(origin, number, container_ok(number))
        known = self.equipment.get(number, TransportEquipment(number))
        seals = dict.fromkeys((*known.seals, *values.get("seals", ())))
        self.equipment[number] = TransportEquipment(number, known.size_type or values.get("size_type"), tuple(seals))

    def says_the_same(self, other: ConsignmentDraft) -> bool:
        """Whether another document says the same of it; flags are not part of it, and add up."""
        return (self.values, self.parties, self.goods, self.equipment) == (
            other.values, other.parties, other.goods, other.equipment,
        )  # fmt: skip

    def add_flag(self, values: dict[str, Any]) -> None:
        """Add a flag; the same one twice is one."""
        flag = Flag(
            values["flag"], values.get("severity", 0.5), values.get("reason"), values.get("by"), values.get("at")
        )
        if flag not in self.flags:
            self.flags.append(flag)


@dataclass(slots=True)
class ManifestDraft:
    """One version of one manifest as read."""

    manifest_id: str
    version: int
    origin: Origin
    conveyance: Conveyance | None = None
    nodes: list[NodeDraft] = field(default_factory=list)
    consignments: dict[str, ConsignmentDraft] = field(default_factory=dict)
    bulk: BulkManifest | None = None
    """Consignments of a large table, as columns."""
    ends: dict[tuple[str, str], NodeDraft] = field(default_factory=dict)
    """Declared times beside consignments: by place, and arrive or depart."""
    is_reissued: bool = False
    """Its number was given here, since a document said something else under a number that was there."""
    changes: tuple[DeclaredChange, ...] = ()
    """What a carrier published of its calls."""
    is_schedule: bool = False
    """It is told whole each time: a call that is not in it was taken out."""
    _told_places: set[str] = field(default_factory=set, repr=False, compare=False)

    def contradicts(self, other: ManifestDraft) -> bool:
        """Whether another document says anything otherwise."""
        self.unpack()
        other.unpack()
        both = self.conveyance is not None and other.conveyance is not None
        known = ((self.consignments.get(name), item) for name, item in other.consignments.items())
        return (
            (both and self.conveyance != other.conveyance)
            or (bool(self.nodes) and bool(other.nodes) and _said(self.nodes) != _said(other.nodes))
            or (other.is_schedule and (_said(self.nodes), self.changes) != (_said(other.nodes), other.changes))
            or any(key in self.ends and self.ends[key].values != end.values for key, end in other.ends.items())
            or any(mine is not None and not mine.says_the_same(item) for mine, item in known)
        )

    def take_in(self, other: ManifestDraft) -> None:
        """Add what another document says, which contradicts nothing: what is said again changes nothing."""
        self.unpack()
        other.unpack()
        self.conveyance = self.conveyance or other.conveyance
        self.nodes = self.nodes or other.nodes
        self.ends = {**other.ends, **self.ends}
        for name, item in other.consignments.items():
            known = self.consignments.setdefault(name, item)
            if known is not item:
                known.origins += item.origins
                for flag in item.flags:
                    if flag not in known.flags:
                        known.flags.append(flag)

    def reissued(self, other: ManifestDraft, version: int) -> ManifestDraft:
        """A further version: this one with what another document says in its place. Rows carried over were counted before."""
        self.unpack()
        other.unpack()
        carried = {
            name: replace(item, origins=[replace(origin, rows=0) for origin in item.origins])
            for name, item in self.consignments.items()
        }
        kept = [] if other.is_schedule else self.nodes
        nodes = other.nodes or [replace(node, origin=replace(node.origin, rows=0)) for node in kept]
        return ManifestDraft(
            self.manifest_id, version, other.origin, other.conveyance or self.conveyance, nodes, carried | other.consignments,
            ends=self.ends | other.ends, is_reissued=True, changes=other.changes or (() if other.is_schedule else self.changes), is_schedule=other.is_schedule,
        )  # fmt: skip

    def finish(self, locate: Locate) -> Manifest | None:
        """The manifest, or None where nothing could be made of it (every row of it is then rejected)."""
        if self.conveyance is None:
            note = (
                f"no row names the conveyance of manifest {self.manifest_id}; give mode and imo, mmsi, name or flight"
            )
            self.unpack()
            for origin in [n.origin for n in self.nodes] + [o for c in self.consignments.values() for o in c.origins]:
                origin.reject(f"manifest_id={self.manifest_id}", note)
            return None
        if self.conveyance.mode is Mode.SEA:
            locate = by_sea(locate)
        nodes = self._finish_nodes(locate)
        places = {node.location: Location(node.location, node.name, node.lat_deg, node.lon_deg) for node in nodes}
        consignments: Sequence[Consignment] = tuple(
            self._finish_consignment(name, places, locate) for name in self.consignments
        )
        if self.bulk is not None and len(self.bulk):
            consignments = self._finish_bulk(self.bulk, consignments, places, locate)
        conveyance = self._of_utc_day(self.conveyance, nodes)
        calls = Itinerary(self.manifest_id, self.version, conveyance, tuple(nodes), self.changes)
        itinerary = calls if nodes or self.changes else None
        is_incomplete = self._is_incomplete()
        manifest = Manifest(self.manifest_id, self.version, conveyance, itinerary, consignments, is_incomplete)
        self._warn_of_calls(manifest)
        self._warn_of_times(manifest)
        return manifest

    def _is_incomplete(self) -> bool:
        """Whether a consignment, or the manifest where it has none, stands in no document that is whole."""
        if self.bulk is not None and len(self.bulk) and self.bulk.file.is_incomplete:
            return True
        items = [item.origins for item in self.consignments.values()] or [[self.origin]]
        return any(all(origin.file.is_incomplete for origin in origins) for origins in items if origins)

    def _of_utc_day(self, conveyance: Conveyance, nodes: Sequence[ItineraryNode]) -> Conveyance:
        """Flights are dated by the calendar of the airport: Auckland's 15th is UTC's 14th. A departure with its time decides; else it is that day of the airport's."""
        if conveyance.flight_date is None or not nodes:
            return conveyance
        if nodes[0].depart_us is None or nodes[0].depart_until_us is not None:
            zone = zone_of(nodes[0].location, nodes[0].lat_deg, nodes[0].lon_deg)
            return conveyance if zone is None else replace(conveyance, flight_zone=zone.key)
        day = iso_time(nodes[0].depart_us)[:10]
        if abs((date.fromisoformat(day) - date.fromisoformat(conveyance.flight_date)).days) != 1:
            return conveyance
        note = f"the flight of {conveyance.flight_date} departs on {day} UTC, and is looked for on that day"
        self.origin.warn(f"flight_date={conveyance.flight_date}", note)
        return replace(conveyance, flight_date=day)

    def _finish_nodes(self, locate: Locate) -> list[ItineraryNode]:
        nodes: list[ItineraryNode] = []
        last_us, last_name = None, ""
        for draft in self.nodes or self._calls_of_ends():
            code, values = draft.values["location"], draft.values
            place = locate(code)
            lat_deg: Any = values.get("lat_deg")
            lon_deg: Any = values.get("lon_deg")
            if place is None and (lat_deg is None or lon_deg is None):
                if not self.nodes:
                    continue  # said where the goods load or leave
                others = () if len(code) <= _CODE_LETTERS else other_places(code)
                draft.origin.reject(
                    f"location={code}",
                    f"unknown place {code};{may_be(others)} {_MEND_PLACE}, or give lat_deg and lon_deg",
                )
                continue
            if place is not None and (lat_deg is None or lon_deg is None):
                lat_deg, lon_deg = place.lat_deg, place.lon_deg
            canonical, known_name = (place.code, place.name) if place else (code, code)
            name, voyages = values.get("name") or known_name, values.get("voyages", ())
            node = _timed(ItineraryNode(canonical, name, lat_deg, lon_deg, voyages=voyages), values)
            node = node if self.nodes else replace(node, is_of_goods=True)
            arrives, departs = _span(node.arrive_from_us, node.arrive_us), _span(node.depart_us, node.depart_until_us)
            if arrives and departs and departs[1] < arrives[0]:
                draft.origin.reject(
                    f"location={code}", f"departs from {code} before it arrives there; correct the times"
                )
                continue
            comes = arrives or departs
            if last_us is not None and comes and comes[1] < last_us:
                note = f"the call at {code} lies before the one at {last_name}; correct the times or the order"
                draft.origin.reject(f"location={code}", note)
                continue
            nodes.append(node)
            times = [t for t in (departs and departs[0], arrives and arrives[0], last_us) if t]
            last_us, last_name = (times[0] if times else None), code
        return nodes

    def _calls_of_ends(self) -> list[NodeDraft]:
        """The calls that the declared times of loading and discharge make, in the order of time."""
        return sorted(self.ends.values(), key=lambda node: _instant_us(node.values))

    def unpack(self) -> None:
        """Take all consignments out of the columns: other papers speak of them, too."""
        for name in list(self.bulk.rows) if self.bulk is not None else ():
            self.unpack_one(name)

    def unpack_one(self, name: str) -> None:
        """Take a consignment out of the columns, if it is there."""
        if self.bulk is not None and name in self.bulk.rows:
            values, parties, goods, boxes, origin = self.bulk.take_out(name)
            self.consignments[name] = ConsignmentDraft(values, parties, [origin], goods, boxes)

    def _finish_bulk(
        self, bulk: BulkManifest, others: Sequence[Consignment], places: dict[str, Location], locate: Locate
    ) -> ConsignmentRows:
        """Consignments of the columns, with the few that went the slow way behind them."""
        at, found = bulk.at(), dict[str, Location]()
        meant: dict[str, dict[str, str]] = {}
        ends: list[NDArray[np.str_]] = []
        for end in ("loading", "discharge"):
            which, written = bulk.columns.written(end)
            mine, first = np.unique(which[at], return_index=True)
            own = {}
            for code, row in zip((written[one] for one in mine), first, strict=True):
                own[code] = self._end(end, code, places, locate, Origin(bulk.file, bulk.line_of(int(row))))
            ends.append(np.array([own[code].code if code in own else end for code in written])[which[at]])
            found |= {place.code: place for place in own.values()}
            meant[end] = {code: place.code for code, place in own.items() if place.code != code}
        both, first = np.unique(np.where(ends[0] == ends[1], ends[0], ""), return_index=True)
        for code, row in zip(both.tolist(), first.tolist(), strict=True):
            if code:
                _warn_of_one_port(Origin(bulk.file, bulk.line_of(row)), code)
        if not others:
            return ConsignmentRows(bulk.columns.with_places(self._codes_of_all(bulk, meant, locate)), at, found)
        table = bulk.columns.with_places(self._codes_of_all(bulk, meant, locate)).take(pa.array(at))
        found |= {place.code: place for item in others for place in (item.loading, item.discharge)}
        table = pa.concat_tables([table, statement_table(others)])
        return ConsignmentRows(table, np.arange(len(table)), found)

    def _codes_of_all(
        self, bulk: BulkManifest, meant: Mapping[str, Mapping[str, str]], locate: Locate
    ) -> dict[str, dict[str, str]]:
        """The codes that all places of the columns have, with those that this manifest's calls decide."""
        codes = bulk.columns.codes(locate)
        if all(one.items() <= codes[end].items() for end, one in meant.items()):
            return codes
        return {end: {**codes[end], **one} for end, one in meant.items()}

    def _finish_consignment(self, name: str, places: dict[str, Location], locate: Locate) -> Consignment:
        draft = self.consignments[name]
        values = draft.values
        ends = {}
        for end in ("loading", "discharge"):
            ends[end] = self._end(end, values[end], places, locate, draft.origins[0])
        if ends["loading"].code == ends["discharge"].code:
            _warn_of_one_port(draft.origins[0], ends["loading"].code)
        self._check_document(values, draft.origins[0])
        return Consignment(
            consignment_id=name,
            document_type=values["document_type"],
            document_number=values["document_number"],
            loading=ends["loading"],
            discharge=ends["discharge"],
            carrier=values.get("carrier"),
            master_document_number=values.get("master_document_number"),
            goods=tuple(draft.goods),
            equipment=tuple(draft.equipment.values()),
            flags=tuple(draft.flags),
            **{party: draft.parties.get(party) for party in PARTIES},
        )

    def _end(self, end: str, written: str, places: dict[str, Location], locate: Locate, origin: Origin) -> Location:
        """Where goods come aboard or leave; a place that is not known keeps them, with a doubt that names what it may be."""
        place = locate(written)
        others = () if len(written) <= _CODE_LETTERS else other_places(written)
        if place is None:
            called = [port.code for port in others if port.code in places]
            if len(called) == 1:  # of several ports of that name, the one the ship calls at
                return places[called[0]]
            if written in places:
                return places[written]
            origin.warn(
                f"{end}={written}",
                f"unknown place {written} of {end}: the consignment is kept, but no call there can be seen;{may_be(others)} {_MEND_PLACE}, or make it a call with lat_deg and lon_deg",
            )
            return Location(written, written, math.nan, math.nan)
        if others and place.code not in places and written not in self._told_places:
            self._told_places.add(written)
            origin.warn(
                f"{end}={written}",
                f"{written} is taken as {place.code};{may_be(others)} write its code if it is not meant",
            )
        return places.get(place.code) or Location(place.code, place.name, place.lat_deg, place.lon_deg)

    def _check_document(self, values: dict[str, Any], origin: Origin) -> None:
        if values["document_type"] is DocumentType.AIR_WAYBILL:
            warn_of_air_waybill(origin, values.get("master_document_number") or values["document_number"])

    def _warn_of_times(self, manifest: Manifest) -> None:
        """Declared times of loading and discharge that cannot both be right; each pair of places is told once."""
        if manifest.itinerary is None or self.nodes:
            return
        departs = {node.location: node.depart_us for node in manifest.itinerary.nodes if node.depart_us is not None}
        arrives = {node.location: node.arrive_us for node in manifest.itinerary.nodes if node.arrive_us is not None}
        for loading, discharge in manifest.ways():
            depart_us, arrive_us = departs.get(loading.code), arrives.get(discharge.code)
            if depart_us is None or arrive_us is None or loading.code == discharge.code:
                continue
            way = f"goods from {loading.code} to {discharge.code}"
            if arrive_us < depart_us:
                self.origin.warn(
                    f"manifest_id={self.manifest_id}",
                    f"{way} arrive on {iso_time(arrive_us)[:10]}, before they depart on {iso_time(depart_us)[:10]}; correct the dates",
                )
            elif arrive_us - depart_us > _LONGEST_VOYAGE_US:
                self.origin.warn(
                    f"manifest_id={self.manifest_id}",
                    f"{way} depart on {iso_time(depart_us)[:10]} and arrive on {iso_time(arrive_us)[:10]}, more than a year later; correct the years",
                )

    def _warn_of_ways(self, manifest: Manifest, bulk: BulkManifest) -> None:
        """Ways of goods in the columns that are no calls of the itinerary, each told once."""
        codes = [node.location for node in manifest.itinerary.nodes] if manifest.itinerary else []
        for loading, discharge in manifest.ways():
            ends = call_indices(codes, loading.code, discharge.code)
            if None in ends:
                missing = loading.code if ends[0] is None else discharge.code
                note = f"{missing} is no call of the itinerary of {manifest.manifest_id} in the right order"
                origin = Origin(bulk.file, bulk.line_of(0))
                origin.warn(
                    f"manifest_id={manifest.manifest_id}",
                    f"{note}; the dates of goods from {loading.code} to {discharge.code} are unknown",
                )

    def _warn_of_calls(self, manifest: Manifest) -> None:
        if manifest.itinerary is None or not self.nodes:
            return
        if self.bulk is not None and len(self.bulk):
            self._warn_of_ways(manifest, self.bulk)
        for consignment in manifest.consignments if self.consignments else ():
            if consignment.consignment_id not in self.consignments:
                continue
            loading, discharge = manifest.node_indices(consignment)
            origin = self.consignments[consignment.consignment_id].origins[0]
            if loading is None or discharge is None:
                missing = consignment.loading.code if loading is None else consignment.discharge.code
                note = f"{missing} is no call of the itinerary of {manifest.manifest_id} in the right order"
                origin.warn(f"consignment_id={consignment.consignment_id}", f"{note}; its dates are unknown")


def _warn_of_one_port(origin: Origin, code: str) -> None:
    """Goods that leave where they came: a slip of the pen, and nobody can say from when to when they are aboard."""
    origin.warn(
        f"loading={code}, discharge={code}",
        f"goods are loaded and discharged at one port, {code}, so nobody can say when they are aboard; correct the one that is wrong",
    )


def _instant_us(values: dict[str, Any]) -> int:
    said: PaperTime = values.get("arrive") or values["depart"]
    return said.span_us(None)[0]


def _said(nodes: Sequence[NodeDraft]) -> list[dict[str, Any]]:
    return [node.values for node in nodes]


def merge_drafts(drafts: Drafts, document: Drafts) -> None:
    """Take the drafts of one document into those of the documents before it.

    The same number with other content is a new version, unless a later one was declared: then what came first stays.
    """
    for key, draft in document.items():
        known = drafts.get(key)
        if known is None:
            drafts[key] = draft
            continue
        versions = sorted((one for one in drafts.values() if one.manifest_id == key[0]), key=lambda one: one.version)
        agreeing = [
            one for one in [known, *versions] if (one is known or one.is_reissued) and not one.contradicts(draft)
        ]
        if agreeing:
            agreeing[0].take_in(draft)
            continue
        said = f"manifest {key[0]} version {key[1]} says something else than the document before"
        if versions[-1].version > key[1] and not versions[-1].is_reissued:
            note = f"{said}, and version {versions[-1].version} is here: it is not taken"
        else:
            version = versions[-1].version + 1
            drafts[key[0], version] = versions[-1].reissued(draft, version)
            note = f"{said}: it is taken as version {version}"
            if draft.is_schedule:
                continue  # a schedule is told anew all the time
        draft.origin.warn(f"manifest_id={key[0]}", note)


def _timed(node: ItineraryNode, values: dict[str, Any]) -> ItineraryNode:
    """A call with its times, as its place's clock means them."""
    arrives: PaperTime | None = values.get("arrive")
    departs: PaperTime | None = values.get("depart")
    zone = zone_of(node.location, node.lat_deg, node.lon_deg)
    if arrives is not None:
        first_us, last_us = arrives.span_us(zone)
        node = replace(
            node, arrive_us=last_us, arrive_from_us=first_us if arrives.is_day else None, arrive_said=arrives.said
        )
    if departs is not None:
        first_us, last_us = departs.span_us(zone)
        node = replace(
            node, depart_us=first_us, depart_until_us=last_us if departs.is_day else None, depart_said=departs.said
        )
    return node


def _span(first_us: int | None, last_us: int | None) -> tuple[int, int] | None:
    """First and last instant, of which either is None where the time is exact; None where there is none."""
    known = [instant for instant in (first_us, last_us) if instant is not None]
    return (known[0], known[-1]) if known else None


Drafts = dict[tuple[str, int], ManifestDraft]
_CODE_LETTERS: Final = 5
ICAO_LETTERS: Final = 4
"""A place whose code has so many is an airport."""
_SAME_TOWN_KM: Final = 80.0
"""Ours: an airport lies no further from the port of its town."""
_LONGEST_VOYAGE_US: Final = 366 * US_PER_DAY


def by_sea(locate: Locate) -> Locate:
    """Places as papers of ships mean them: no ship calls at an airport.

    ``RTM`` alone is the port that UN/LOCODE gives these three letters, where it lies by the airport that IATA gives them; any other airport is an unknown place.
    """

    def located(written: str) -> Located | None:
        place = locate(written)
        if place is None or len(place.code) != ICAO_LETTERS:
            return place
        ports = [port for port in bundled_ports().ports if port.code[2:] == written and _is_near(port, place)]
        return locate(ports[0].code) if len(ports) == 1 else None

    return lru_cache(1024)(located)


def _is_near(port: Port, place: Located) -> bool:
    return bool(distance_km_scalar(port.lat_deg, port.lon_deg, place.lat_deg, place.lon_deg) <= _SAME_TOWN_KM)


def may_be(others: Sequence[Port]) -> str:
    """Words for the places that a text may mean as well; empty for none."""
    if not others:
        return ""
    return f" it may be {' or '.join(f'{port.code} ({port.name}, {port.country})' for port in others)}; "[:-1]


_MEND_PLACE: Final = "write its UN/LOCODE, ICAO or IATA code"


def make_conveyance(values: dict[str, Any], origin: Origin) -> Conveyance:
    """A conveyance of the fields read; ``ValueError`` (sample, note) where they name no craft.

    An IMO number with a wrong check digit is kept with a warning: it names no ship, and the one it is meant for may contradict it.
    """
    named = dict(values)
    imo = named.get("imo")
    if imo is not None and not imo_check_digit_ok(imo):
        origin.warn(
            f"imo={imo}", f"IMO number {imo} has a wrong check digit and is not used; compare it with the papers"
        )
        imo = None
    by = (
        ("imo", "mmsi", "name", "call_sign")
        if named["mode"] is Mode.SEA
        else ("icao24", "registration", "flight", "call_sign")
    )
    if not any((named | {"imo": imo}).get(key) for key in by):
        raise ValueError(f"mode={named['mode']}", f"nothing names the craft; give one of {', '.join(by)}")
    return Conveyance(**named)


def make_party(values: dict[str, Any]) -> Party:
    """A party of the fields read; papers often give a number without a name."""
    return Party(**{"name": UNNAMED, **values})
