"""The cargo book: every version of every manifest read, and the account of the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tracker.cargo.box_events import BoxEvent
from tracker.cargo.columns import paper_tables
from tracker.cargo.ledger import CargoFile
from tracker.cargo.manifest import Manifest
from tracker.voyages.itinerary import Conveyance, Itinerary


@dataclass(frozen=True, slots=True)
class CargoBook:
    """All manifests in the order of id and version. Only the latest version of each is judged; the others stay for reference."""

    manifests: tuple[Manifest, ...] = ()
    files: tuple[CargoFile, ...] = ()
    box_events: tuple[BoxEvent, ...] = ()
    """What became of boxes, in the order of the files."""

    @property
    def latest(self) -> tuple[Manifest, ...]:
        """The highest version of each manifest."""
        highest = {manifest.manifest_id: manifest for manifest in self.manifests}
        return tuple(highest.values())

    @property
    def conveyances(self) -> tuple[Conveyance, ...]:
        """How the latest papers name their craft, each once."""
        return tuple(dict.fromkeys(manifest.conveyance for manifest in self.latest))

    def itineraries(self) -> list[Itinerary]:
        """The latest itineraries. Several manifests of one voyage that declare the same calls give one."""
        return itineraries_of(self.latest)

    def tables(self) -> dict[str, pa.Table]:
        """Rows of the tables of papers (``tracker.cargo.columns``), all versions."""
        return paper_tables(self.manifests, frozenset((m.manifest_id, m.version) for m in self.latest))

    @property
    def rows_in(self) -> int:
        """Rows of all files."""
        return sum(file.rows_in for file in self.files)

    @property
    def rows_rejected(self) -> int:
        """Rows refused."""
        return sum(file.rejects.total for file in self.files)

    @property
    def warnings(self) -> int:
        """Oddities of kept rows."""
        return sum(file.warnings.total for file in self.files)


def itineraries_of(manifests: Sequence[Manifest]) -> list[Itinerary]:
    """The itineraries of some papers by their ids; of several manifests of one voyage that declare the same calls the first one's."""
    distinct = {
        (m.conveyance, m.itinerary.nodes): m.itinerary
        for m in reversed(manifests)
        if m.itinerary and m.itinerary.is_whole
    }
    return sorted(distinct.values(), key=lambda itinerary: itinerary.itinerary_id)
