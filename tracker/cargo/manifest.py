"""A manifest: the consignments that one conveyance carries under one itinerary, in one version of the papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.cargo.consignment import Consignment, Location
from tracker.cargo.rows import ConsignmentRows
from tracker.voyages.itinerary import Conveyance, Itinerary


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a manifest. An amendment is the same ``manifest_id`` with a higher version; the old one stays."""

    manifest_id: str
    version: int
    conveyance: Conveyance
    itinerary: Itinerary | None
    consignments: Sequence[Consignment]
    """A tuple, or rows of a table (``tracker.cargo.rows``) that make them when they are looked at."""
    is_incomplete: bool = False
    """Whether some of it stands only in a document that is not whole: more may have been on it."""

    def node_indices(self, consignment: Consignment) -> tuple[int | None, int | None]:
        """Which calls of the itinerary are the loading and the discharge of a consignment; None where it has none."""
        codes = [node.location for node in self.itinerary.nodes] if self.itinerary else []
        return call_indices(codes, consignment.loading.code, consignment.discharge.code)

    def ways(self) -> list[tuple[Location, Location]]:
        """From where to where its goods go, each way once, in the order of the ports' codes."""
        items = self.consignments
        if isinstance(items, ConsignmentRows):
            pairs = set(zip(items.column("loading").to_pylist(), items.column("discharge").to_pylist(), strict=True))
            return [(items.places[loading], items.places[discharge]) for loading, discharge in sorted(pairs)]
        ends = {(item.loading.code, item.discharge.code): (item.loading, item.discharge) for item in reversed(items)}
        return [ends[key] for key in sorted(ends)]


def call_indices(codes: Sequence[str], loading: str, discharge: str) -> tuple[int | None, int | None]:
    """Which of some calls, in their order, are the loading and the discharge of goods; None where there is none.

    A round trip calls twice at one port: of all pairs in the right order the last loading before the first discharge that
    follows any loading is meant.
    """
    loadings = [i for i, code in enumerate(codes) if code == loading]
    discharges = [i for i, code in enumerate(codes) if code == discharge]
    for discharged in discharges:
        before = [i for i in loadings if i < discharged]
        if before:
            return before[-1], discharged
    if loadings and discharges:
        return loadings[0], None
    return (loadings[0] if loadings else None), (discharges[0] if discharges else None)
