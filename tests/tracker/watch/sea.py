"""Simulated seas for tests of the live program: their bytes, their cargo, and what an ordered replay makes of them.

The *small* sea has 30 ships and nine hours: gaps, waiting, meetings, diversions. The *little* one has 20 ships and three hours, one meeting and one ship whose
identity lies: enough for what must hold whatever is seen, in a quarter of the time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.files import read_blocks
from streams.memory import ManualClock
from tracker.alerts.alert import Alert
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.events import Event, statement_digest
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.replay import replay
from tracker.settings import load_settings
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate
from tracker.store.database import Database

FEED_FILE = "feed.nmea"


class Kept:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.alerts: list[Alert] = []

    def add_events(self, events: object) -> None:
        self.events.extend(events)

    def add_alerts(self, alerts: object) -> None:
        self.alerts.extend(alerts)


@dataclass(frozen=True)
class SmallSea:
    """``content`` are the bytes of the feed; ``events`` and ``alerts`` what stands after an ordered replay, by id."""

    feed: Path
    content: bytes
    book: CargoBook
    places: WorldPlaces
    events: dict[str, str]
    alerts: dict[str, str]
    port_calls: list[tuple[Any, ...]]
    at_the_end: set[str]
    """Events of which something became known in the last minute of the feed."""


def make(folder: Path) -> SmallSea:
    """Simulate the small sea, and replay it."""
    return _replayed(*_simulated(folder, seed=5, vessels=30, hours=9.0))


def little(folder: Path) -> SmallSea:
    """The little sea of a folder; made there where there is none yet."""
    told = folder / "replayed.json"
    if not told.exists():
        one = _replayed(*_simulated(folder, seed=7, vessels=20, hours=3.0))
        told.write_text(
            json.dumps([one.events, one.alerts, [repr(call) for call in one.port_calls], [*one.at_the_end]])
        )
    events, alerts, calls, at_the_end = json.loads(told.read_text())
    feed, places = folder / FEED_FILE, WorldPlaces.load()
    book = read_cargo([folder / CARGO_FILE], places.resolve_location)
    return SmallSea(feed, feed.read_bytes(), book, places, events, alerts, calls, set(at_the_end))


def _simulated(folder: Path, seed: int, vessels: int, hours: float) -> tuple[Path, CargoBook, WorldPlaces]:
    simulate(folder, seed=seed, vessels=vessels, flights=0, hours=hours)
    places = WorldPlaces.load()
    feed = folder / FEED_FILE
    feed.write_bytes(b"".join(read_blocks(folder / AIS_FILE)))
    return feed, read_cargo([folder / CARGO_FILE], places.resolve_location), places


def _replayed(feed: Path, book: CargoBook, places: WorldPlaces) -> SmallSea:
    kept, store = Kept(), Database(None)
    replay(
        [open_input(feed, 0)], load_settings(), book=book, places=places, sinks=[kept], store=store, clock=ManualClock()
    )
    calls = port_calls(store)
    store.close()
    end_us = max(event.known_us for event in kept.events) - 60_000_000
    last = {event.event_id for event in kept.events if event.known_us >= end_us}
    events, alerts = standing_events(kept.events), standing_alerts(kept.alerts)
    return SmallSea(feed, feed.read_bytes(), book, places, events, alerts, calls, last)


def standing_events(events: list[Event]) -> dict[str, str]:
    """What each event last said, but for its number and when that was known; retracted ones are as good as none."""
    latest = {event.event_id: event for event in events}
    return {key: statement_digest(event) for key, event in latest.items() if event.state != "retracted"}


def standing_alerts(alerts: list[Alert]) -> dict[str, str]:
    """The same for alerts: whether the event goes on, priority and cargo.

    Not the type of the message: of an event that is over when first known, whose evidence late rows correct, one reader is told ``raised``, another
    ``raised`` and ``closed``.
    """
    latest = {alert.alert_id: alert for alert in alerts}
    return {
        key: f"{alert.event.state} {alert.priority} {[item['consignment_id'] for item in alert.consignments]}"
        for key, alert in latest.items()
        if alert.type != "retracted"
    }


def port_calls(store: Database) -> list[tuple[Any, ...]]:
    """All port calls in a store."""
    return store.ask(
        lambda connection: connection.execute("SELECT * EXCLUDE (replay) FROM port_calls ORDER BY ALL").fetchall()
    )
