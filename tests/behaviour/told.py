"""What a replay tells in the end: each event and each alert by its last revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.alerts.alert import Alert, AlertType
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.events import Event, EventState
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.replay import replay
from tracker.settings import load_settings


@dataclass(frozen=True, slots=True)
class Told:
    """Last revisions, and all of them."""

    events: tuple[Event, ...]
    alerts: tuple[Alert, ...]
    every_event: tuple[Event, ...]
    every_alert: tuple[Alert, ...]

    def standing(self, kind: str, detail: str = "") -> list[Event]:
        """Events of a kind that were not withdrawn."""
        return [
            event
            for event in self.events
            if event.kind == kind and detail in ("", event.detail) and event.state is not EventState.RETRACTED
        ]

    def alerted(self, kind: str = "", detail: str = "") -> list[Alert]:
        """Alerts of a kind that were not withdrawn."""
        return [
            alert
            for alert in self.alerts
            if kind in ("", alert.event.kind)
            and detail in ("", alert.event.detail)
            and alert.type is not AlertType.RETRACTED
        ]


class Kept:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.alerts: list[Alert] = []

    def add_events(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        self.alerts.extend(alerts)


def told(inputs: Sequence[Path], cargo: Sequence[Path], places: WorldPlaces) -> Told:
    """Replay files with papers; no part of the program may fail on them."""
    settings, kept = load_settings(), Kept()
    book = read_cargo(cargo, places.resolve_location, settings["cargo"]) if cargo else CargoBook()
    opened = [open_input(path, number) for number, path in enumerate(inputs)]
    summary = replay(opened, settings, book=book, places=places, sinks=[kept])
    assert not summary.faults, summary.fault_notes
    events = {event.event_id: event for event in kept.events}
    alerts = {alert.alert_id: alert for alert in kept.alerts}
    return Told(tuple(events.values()), tuple(alerts.values()), tuple(kept.events), tuple(kept.alerts))
