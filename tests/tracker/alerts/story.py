"""Hand-made events and port calls for tests of alerts and cargo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.tracker.cargo.papers import us
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import craft_text, icao24_craft, mmsi_craft
from tracker.statics import StaticBatch

SHIP_A = int(mmsi_craft(219001234))
SHIP_B = int(mmsi_craft(538000001))
PLANE = int(icao24_craft(0x3944E0))


@dataclass(frozen=True)
class Call:
    craft: int
    location: str
    arrive_us: int
    depart_us: int | None = None
    stopped: bool = True
    name: str = ""

    @property
    def known_us(self) -> int:
        """Known at once, or half an hour after she left."""
        return self.arrive_us if self.depart_us is None else self.depart_us + 1_800_000_000


def call(craft: int, location: str, arrive: str, depart: str | None = None, *, stopped: bool = True) -> Call:
    return Call(craft, location, us(arrive), us(depart) if depart else None, stopped)


def static(craft: int, at: str, *, name: str = "", call_sign: str = "", imo: int = -1) -> StaticBatch:
    return StaticBatch.from_columns(
        1, time_us=us(at), craft=craft, name=np.bytes_(name), call_sign=np.bytes_(call_sign), imo=imo
    )


def event(
    kind: EventKind = EventKind.DARK_PERIOD,
    craft: int | str = SHIP_A,
    start: str = "2026-04-15T00:00:00Z",
    known: str = "2026-04-15T06:00:00Z",
    **given: Any,
) -> Event:
    text = craft if isinstance(craft, str) else craft_text(craft)
    fields: dict[str, Any] = {
        "event_id": event_id(kind, craft, us(start)),
        "revision": 1,
        "state": EventState.OPEN,
        "detail": "",
        "other_craft": None,
        "end_us": None,
        "lat_deg": 10.0,
        "lon_deg": -30.0,
        "cause": "silent_in_coverage" if kind is EventKind.DARK_PERIOD else None,
        "confidence": 0.9,
        "explanation": f"{text} did something worth telling",
        "evidence": {},
        "rule": Rule("test", "1"),
    }
    return Event(kind=kind, craft=text, start_us=us(start), known_us=us(known), **(fields | given))
