"""The ways of goods that a manifest declares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from tracker.cargo.consignment import Consignment, Location
from tracker.cargo.links import Leg
from tracker.cargo.loading import Declared
from tracker.cargo.manifest import Manifest, call_indices
from tracker.cargo.rows import ConsignmentRows
from tracker.units import US_PER_DAY


def legs_of(manifest: Manifest) -> list[Leg]:
    """The consignments of a manifest by where they are loaded and discharged, in the order of the ports' codes."""
    return [
        Leg(manifest, _declared(manifest, items[0].loading, items[0].discharge), items)
        for items in _by_way(manifest.consignments)
    ]


def _by_way(consignments: Sequence[Consignment]) -> Iterator[Sequence[Consignment]]:
    """Those of each way, in the order of their ids; of rows, rows."""
    if isinstance(consignments, ConsignmentRows):
        yield from consignments.in_order("loading", "discharge", then="consignment_id")
        return
    items: dict[tuple[str, str], list[Consignment]] = defaultdict(list)
    for item in consignments:
        items[item.loading.code, item.discharge.code].append(item)
    for _, group in sorted(items.items()):
        yield tuple(sorted(group, key=lambda item: item.consignment_id))


def _declared(manifest: Manifest, begin: Location, end: Location) -> Declared:
    """What the papers say of the way of a consignment; a flight without times is dated by its day."""
    nodes = manifest.itinerary.nodes if manifest.itinerary else ()
    loading, discharge = call_indices([node.location for node in nodes], begin.code, end.code)
    departs_us = departs_from_us = None
    if loading is not None:
        node = nodes[loading]
        sails = [t for t in (node.depart_us, node.depart_until_us) if t is not None] or [
            t for t in (node.arrive_from_us, node.arrive_us) if t is not None
        ]
        departs_from_us, departs_us = (sails[0], sails[-1]) if sails else (None, None)
    flight_date = manifest.conveyance.flight_date
    if departs_us is None and flight_date is not None and not loading:
        departs_from_us = (date.fromisoformat(flight_date) - date(1970, 1, 1)).days * US_PER_DAY
        departs_us = departs_from_us + US_PER_DAY
    return Declared(
        loading=begin,
        discharge=end,
        departs_us=departs_us,
        departs_from_us=departs_from_us,
        arrives_us=None if discharge is None else nodes[discharge].arrive_us,
        arrives_said=None if discharge is None else nodes[discharge].arrive_said,
        earlier=tuple(node.location for node in nodes[: loading or 0]),
        later=_later([node.location for node in nodes], loading, discharge, end.code),
        is_first=not loading,
        leaves_us=None
        if discharge is None
        else max(
            (t for t in (nodes[discharge].depart_us, nodes[discharge].depart_until_us) if t is not None), default=None
        ),
    )


def _later(codes: Sequence[str], loading: int | None, discharge: int | None, end: str) -> tuple[str, ...]:
    """The ports that a craft comes to with goods aboard, the one of discharge among them, but those where it also was before."""
    if not codes:
        return (end,)
    if loading is None or discharge is None:
        return ()
    before = codes[: loading + 1]
    return tuple(dict.fromkeys(code for code in codes[loading + 1 : discharge + 1] if code not in before))
