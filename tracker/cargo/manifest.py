"""A manifest: the consignments that one conveyance carries under one itinerary, in one version of the papers."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.cargo.consignment import Consignment
from tracker.voyages.itinerary import Conveyance, Itinerary


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a manifest. An amendment is the same ``manifest_id`` with a higher version; the old one stays."""

    manifest_id: str
    version: int
    conveyance: Conveyance
    itinerary: Itinerary | None
    consignments: tuple[Consignment, ...]

    def node_indices(self, consignment: Consignment) -> tuple[int | None, int | None]:
        """Which calls of the itinerary are the loading and the discharge of a consignment; None where it has none.

        A round trip calls twice at one port: of all pairs in the right order the last loading before the first discharge that
        follows any loading is meant.
        """
        codes = [node.location for node in self.itinerary.nodes] if self.itinerary else []
        loadings = [i for i, code in enumerate(codes) if code == consignment.loading.code]
        discharges = [i for i, code in enumerate(codes) if code == consignment.discharge.code]
        for discharge in discharges:
            before = [i for i in loadings if i < discharge]
            if before:
                return before[-1], discharge
        if loadings and discharges:
            return loadings[0], None
        return (loadings[0] if loadings else None), (discharges[0] if discharges else None)
