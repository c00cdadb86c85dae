"""What a life is given: everything that does not change while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from streams.kafka_config import OutRecord
from streams.time import Clock
from tracker.alerts.alert import Alert
from tracker.cargo.book import CargoBook
from tracker.cargo.flagging import FlagBook
from tracker.cargo.link import CargoLinker
from tracker.config.watch import SourceConfig, WatchConfig
from tracker.engine.build import build_timeline
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import InTurn, Timeline, one_by_one
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.settings import Settings
from tracker.topics.outgoing import TOPICS
from tracker.voyages.air_names import AirNames


@dataclass(frozen=True, slots=True)
class World:
    """Settings, papers, places, sources, and who takes messages."""

    settings: Settings
    book: CargoBook
    places: WorldPlaces
    zones: ZoneSet
    sources: Mapping[str, SourceConfig]
    messages_of: Callable[[Alert], Sequence[OutRecord]]
    dead_letters: str
    run: InTurn = one_by_one
    """How the detectors take their turns."""
    answers: str = TOPICS["answers"].name
    sends: bool = True
    """Whether anybody takes messages; where nobody does none are queued."""
    clock: Clock | None = None
    """Says when a command of the door was received; nothing that is published of craft depends on it."""

    @property
    def config(self) -> WatchConfig:
        """Section [watch]."""
        return self.settings.watch

    def timeline(self, feeds: Feeds, flags: FlagBook | None = None, tracked: Collection[str] = ()) -> Timeline:
        """A timeline that has seen nothing yet, no papers either; ``tracked`` are the craft followed by an order."""
        linker = CargoLinker(CargoBook(), self.places.resolve_location, flags=flags, air=AirNames(self.places))
        return build_timeline(self.settings, linker, self.places, self.zones, feeds, self.run, tracked)
