"""What the timeline makes of several detectors' events, as a detector of its own: one-sided encounters and shared places.

``OneSided`` and ``SharedPlaces`` are no lines of ``DETECTORS``: the timeline carries them. Here they hold the promises of the others, in a real timeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.contracts.scenes import OTHER_NAME, OWN_IMO
from tests.contracts.voyages import world
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.detectors import DETECTORS, DetectorEntry
from tracker.detectors.base import Context
from tracker.detectors.encounter import EncounterConfig, OneSided
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline
from tracker.events import Event, EventKind
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder
from tracker.voyages.itinerary import Conveyance, Itinerary, Mode
from tracker.voyages.port_calls import PortCallConfig, PortCalls

PAPERS: Final = Manifest("M1", 1, Conveyance(Mode.SEA, imo=OWN_IMO, name=OTHER_NAME), None, ())
_PARTS: Final = ("silence", "loitering", "encounter")


class Joined:
    """A timeline of the detectors whose events are joined, driven as a detector is."""

    kinds = frozenset(EventKind)

    def __init__(self, config: EncounterConfig, context: Context, _: Sequence[Itinerary] = ()) -> None:
        detectors = {entry.name: entry.build(entry.config(), context) for entry in DETECTORS if entry.name in _PARTS}
        self._timeline = Timeline(
            TrackBuilder(), detectors, CargoLinker(CargoBook((PAPERS,))), PortCalls(PortCallConfig(), world(0.0)), OneSided(config),
            Feeds(["coast", "coast"]),
        )  # fmt: skip
        self._rows: list[PositionBatch] = []
        self._statics: list[StaticBatch] = []

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Hold the rows until the watermark, as the engine does."""
        self._rows.append(positions)
        self._statics.append(statics)
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """Give the timeline what is complete."""
        rows, statics = PositionBatch.concat(self._rows), StaticBatch.concat(self._statics)
        self._rows, self._statics = [], []
        return self._timeline.advance(rows, statics, watermark_us).events

    def snapshot(self) -> bytes:
        """The timeline's."""
        return self._timeline.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """The inverse."""
        self._timeline.restore(snapshot)


JOINED: Final = DetectorEntry("joined", EncounterConfig, Joined)
