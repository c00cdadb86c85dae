"""A small simulated sea for tests of the live program: its bytes, its cargo, and what an ordered replay makes of it."""

from __future__ import annotations

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
    """Simulate and replay."""
    simulate(folder, seed=5, vessels=30, flights=0, hours=9.0)
    places = WorldPlaces.load()
    feed = folder / "feed.nmea"
    feed.write_bytes(b"".join(read_blocks(folder / AIS_FILE)))
    book = read_cargo([folder / CARGO_FILE], places.resolve_location)
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
