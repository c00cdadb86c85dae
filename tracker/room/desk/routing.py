"""To which unit a new alert is given: a function of what the alert tells and of what each unit says is its own. Pure.

A unit says of which places it takes alerts (ports, areas by name, an area on the map), of which kind of craft and of which feeds. Of the places any will do; place, craft and feed
must all agree where they are named. The most particular rule has the alert: a port before an area by name before an area on the map before no place at all, then the rule that
names more. Two that are equally particular are told; the first by name has it. Where no rule fits, the default unit has it, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracker.room.desk.states import Routing

KINDS_OF_CRAFT: Final = ("ship", "aircraft")
_AIRCRAFT: Final = "icao24:"
_SHIP: Final = "mmsi:"
_FLAGGED, _NEXT, _PORT, _NAMED, _ON_MAP = 5, 4, 3, 2, 1
"""Places, the more particular the higher: where flagged goods are landed, the next call, another port that is told, an area by name, an area on the map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRule:
    """What is a unit's own. Empty: not asked for; a rule in which all is empty fits nothing."""

    unit_id: str
    name: str
    ports: tuple[str, ...] = ()
    """UN/LOCODEs of ports of discharge, next calls and ports that an event names."""
    areas: tuple[str, ...] = ()
    """Areas by the names that alerts have: zones, ports, cells of five degrees."""
    area: Mapping[str, Any] | None = None
    """GeoJSON Polygon or MultiPolygon: the event lies in it."""
    crafts: tuple[str, ...] = ()
    """Kinds of craft, of :data:`KINDS_OF_CRAFT`."""
    feeds: tuple[str, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What of an alert its unit is found by."""

    flagged_ports: frozenset[str]
    next_port: str | None
    ports: frozenset[str]
    area: str
    lat_deg: float | None
    lon_deg: float | None
    craft: str | None
    """Kind of the craft; None where there is none."""
    feed: str


def places_of(data: Mapping[str, Any], area: str, feed: str) -> Places:
    """What the data of an alert tell of places. Who may see less than others must not learn more by the unit: hand over what everybody sees who sees the alert."""
    event = data["event"]
    evidence = event.get("evidence") or {}
    flagged: set[str] = set()
    ports: set[str] = set()
    for consignment in data.get("consignments", ()):
        (flagged if consignment.get("flags") else ports).add(str(consignment.get("discharge") or ""))
    ports |= {str(evidence.get(name) or "") for name in ("port", "bound_for", "location")}
    following = (data.get("itinerary") or {}).get("next_location")
    lat_deg, lon_deg = event.get("lat_deg"), event.get("lon_deg")
    is_placed = isinstance(lat_deg, int | float) and isinstance(lon_deg, int | float)
    return Places(
        flagged_ports=frozenset(flagged - {""}),
        next_port=following if isinstance(following, str) and following else None,
        ports=frozenset(ports - {""}),
        area=area,
        lat_deg=lat_deg if is_placed else None,
        lon_deg=lon_deg if is_placed else None,
        craft=kind_of_craft(str(event["craft"])),
        feed=feed,
    )


def kind_of_craft(craft: str) -> str | None:
    """Whether the id of a craft is that of a ship or an aircraft.

    >>> kind_of_craft("icao24:4ca1fa")
    'aircraft'
    """
    if craft.startswith(_AIRCRAFT):
        return "aircraft"
    return "ship" if craft.startswith(_SHIP) else None


def routed(places: Places, rules: Sequence[UnitRule]) -> tuple[str, Routing] | None:
    """The unit of a new alert, and why; None where it has none."""
    fits = [(fit, rule) for rule in rules if (fit := _fit(places, rule)) is not None]
    if not fits:
        default = min((rule for rule in rules if rule.is_default), key=_by_name, default=None)
        return None if default is None else (default.unit_id, Routing(unit=default.unit_id, why=("default",)))
    best = max(rank for (rank, _), _ in fits)
    equal = sorted(((why, rule) for (rank, why), rule in fits if rank == best), key=lambda one: _by_name(one[1]))
    why, first = equal[0]
    return first.unit_id, Routing(unit=first.unit_id, why=why, also=tuple(rule.unit_id for _, rule in equal[1:]))


def _by_name(rule: UnitRule) -> tuple[str, str]:
    return rule.name, rule.unit_id


def _fit(places: Places, rule: UnitRule) -> tuple[tuple[int, int], tuple[str, ...]] | None:
    """How particularly a rule fits, and by what; None where it does not."""
    rank, why = 0, []
    if rule.ports or rule.areas or rule.area is not None:
        found = _place(places, rule)
        if found is None:
            return None
        rank = found[0]
        why.append(found[1])
    for name, wanted, value in (("craft", rule.crafts, places.craft), ("feed", rule.feeds, places.feed)):
        if wanted and value not in wanted:
            return None
        if wanted:
            why.append(f"{name}:{value}")
    return ((rank, len(why)), tuple(why)) if why else None


def _place(places: Places, rule: UnitRule) -> tuple[int, str] | None:
    for rank, ports in (
        (_FLAGGED, places.flagged_ports),
        (_NEXT, {places.next_port}),
        (_PORT, places.ports),
    ):
        port = min((one for one in ports if one in rule.ports), default=None)
        if port is not None:
            return rank, f"port:{port}"
    if places.area in rule.areas:
        return _NAMED, f"area:{places.area}"
    if rule.area is not None and places.lat_deg is not None and places.lon_deg is not None:
        return (_ON_MAP, "map") if lies_in(rule.area, places.lat_deg, places.lon_deg) else None
    return None


def lies_in(area: Mapping[str, Any], lat_deg: float, lon_deg: float) -> bool:
    """Whether a point lies in a GeoJSON Polygon or MultiPolygon (RFC 7946: cut where it crosses 180 degrees); by crossings of a ray, holes taken out.

    >>> lies_in({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}, 1.0, 1.0)
    True
    """
    polygons = [area["coordinates"]] if area["type"] == "Polygon" else area["coordinates"]
    return any(sum(_crossings(ring, lat_deg, lon_deg) for ring in rings) % 2 for rings in polygons)


def _crossings(ring: Iterable[Sequence[float]], lat_deg: float, lon_deg: float) -> int:
    count, before = 0, None
    for here in ring:
        if before is not None and (before[1] > lat_deg) != (here[1] > lat_deg):
            at_deg = before[0] + (lat_deg - before[1]) / (here[1] - before[1]) * (here[0] - before[0])
            count += lon_deg < at_deg
        before = here
    return count


def fault_of_area(area: Mapping[str, Any]) -> str | None:
    """Why an area on the map is none; None where it is one.

    >>> fault_of_area({"type": "Point", "coordinates": [1, 2]})
    'an area is a GeoJSON Polygon or MultiPolygon'
    """
    if area.get("type") not in ("Polygon", "MultiPolygon"):
        return "an area is a GeoJSON Polygon or MultiPolygon"
    try:
        polygons = [area["coordinates"]] if area["type"] == "Polygon" else list(area["coordinates"])
        rings = [ring for polygon in polygons for ring in polygon]
        if not rings or any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
            return "a ring of an area has four positions or more and ends where it begins"
        positions = [position for ring in rings for position in ring]
        if len(positions) > MOST_POSITIONS:
            return f"an area has at most {MOST_POSITIONS:,} positions; simplify it"
        if not all(len(p) >= 2 and _is_degrees(p[0], 180) and _is_degrees(p[1], 90) for p in positions):
            return "a position of an area is [longitude, latitude] in degrees"
    except (KeyError, TypeError, ValueError):
        return "coordinates of an area are lists of rings of positions [longitude, latitude]"
    return None


MOST_POSITIONS: Final = 10_000


def _is_degrees(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most
