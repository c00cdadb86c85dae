"""What every story gives: a label in the making, and where stories may happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracker.simulate.labels import NEGATIVE
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Sea, Ship

WELL_HEARD: Final = 0.7
"""Chance of one message being received where stories happen: of the four to eight sent in a window all but never is none."""
PORT_CLEAR_KM: Final = 30.0
LANE_CLEAR_KM: Final = 6.0
MARGIN_S: Final = 0.75 * HOUR_S
"""Nothing begins or ends nearer than this to the ends of the scenario."""


@dataclass(slots=True)
class Seed:
    """A label in the making: ships instead of texts, seconds of the scenario instead of instants."""

    kind: str
    detail: str
    ship: Ship | None
    start_s: float
    end_s: float
    lat_deg: float
    lon_deg: float
    known_s: float | None
    what: str
    other: Ship | None = None
    must_alert: bool = True
    forbids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    craft: str | None = None
    """Where it is no ship: a flight or a source."""
    other_craft: str | None = None
    """The second flight of a meeting in the air."""
    story: str = ""
    """What the label is counted under; empty: its detail."""


def negative(
    detail: str,
    ship: Ship | None,
    span: tuple[float, float],
    place: tuple[float, float],
    what: str,
    forbids: tuple[str, ...],
    *,
    story: str = "",
    craft: str | None = None,
    also: tuple[str, ...] = (),
) -> Seed:
    """A label of something that only looks like what must be found."""
    return Seed(
        NEGATIVE, detail, ship, *span, *place, None, what,
        must_alert=False, forbids=forbids, also=also, craft=craft, story=story,
    )  # fmt: skip


Crowd = tuple[list[Ship], list[Seed]]
CrowdStory = Callable[[Sea], Crowd | None]
Told = tuple[list[Ship], Seed]
Story = Callable[[Sea], Told | None]
