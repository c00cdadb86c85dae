"""A timeline of the settings: every detector of the table, tracks, port calls and linker, wired once for replay, live program and tests."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from tracker.cargo.link import CargoLinker
from tracker.detectors import DETECTORS, DetectorEntry
from tracker.detectors.base import Context, Detector
from tracker.detectors.encounter import OneSided
from tracker.detectors.guard import GuardedDetector
from tracker.detectors.integrity.contradicted import Contradicted
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import InTurn, Timeline, one_by_one
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.settings import Settings
from tracker.tracks.builder import TrackBuilder
from tracker.tracks.register import CraftRegister
from tracker.voyages.port_calls import PortCalls


def build_timeline(
    settings: Settings,
    linker: CargoLinker,
    places: WorldPlaces,
    zones: ZoneSet,
    feeds: Feeds,
    run: InTurn = one_by_one,
    tracked: Collection[str] = (),
) -> Timeline:
    """A timeline that has seen nothing yet but the papers of the linker; more are for ``Timeline.take_papers``.

    ``run`` is how the detectors take their turns; ``tracked`` are the craft followed by an order, as they are whenever room is made.
    """
    context = Context(
        places=places,
        source_name=feeds.name_of,
        zones=zones,
        ground=lambda: places.ground,
        port_near=places.port_near,
        aerodrome_near=places.aerodrome_near,
        grid_origin_deg=settings.grids.origin_lon_deg,
    )
    detectors = {
        entry.name: GuardedDetector(entry.name, partial(_made, entry, settings[entry.name], context, linker))
        for entry in DETECTORS
    }
    linker.take_joined()  # detectors begin with all of them
    port_calls = PortCalls(settings.port_calls, places)
    one_sided = OneSided(settings["encounter"], places.port_near)
    tracks, register = TrackBuilder(settings.tracks), CraftRegister(settings.memory)
    contradicted = Contradicted(context.near)
    return Timeline(tracks, detectors, linker, port_calls, one_sided, feeds, run, register, tracked, contradicted)


def _made(entry: DetectorEntry, config: Any, context: Context, linker: CargoLinker) -> Detector:
    return entry.build(config, context, linker.itineraries())
