"""One case: one craft believed to serve one itinerary, everything remembered about it, and the stories told of it.

A case has at most two stories open at a time, each one event with revisions: ``route`` (she no longer goes where the papers say) and
``schedule`` (she goes there, but too late). Of one story the strongest fact names the event; weaker facts stay in the evidence.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.positions import PositionBatch
from tracker.voyages.itinerary import Conveyance, DeclaredChange, Itinerary, ItineraryNode, Mode

NEVER: Final = -1

TYPED: Final = "contradicting_destination"
"""The fact that only says what the crew types: no turn."""
RANK: Final = {
    "unreachable_in_time": 1,
    "late": 2,
    TYPED: 0,
    "off_route": 1,
    "wrong_way": 2,
    "skipped_call": 3,
    "reordered_call": 4,
    "undeclared_call": 5,
    "returned_to_origin": 6,
    "landed_elsewhere": 6,
}
"""Which fact names a story: the highest so far."""


class Row(NamedTuple):
    """One kept report."""

    time_us: int
    segment: int
    lat_deg: float
    lon_deg: float
    speed_kn: float
    altitude_ft: float
    vertical_rate_ftmin: float
    on_ground: int
    nav_status: int

    @property
    def placed(self) -> bool:
        """Whether it carries a position."""
        return not math.isnan(self.lat_deg)


class Said(NamedTuple):
    """What a crew typed: destination, and when they mean to arrive (``NEVER`` where they do not say)."""

    destination: str
    eta_us: int


class Called(NamedTuple):
    """What an aircraft transmits as its flight."""

    call_sign: str


def rows_of(batch: PositionBatch, at: NDArray[np.int64]) -> list[Row]:
    """Some rows of a batch as values."""
    columns = [getattr(batch, name)[at].tolist() for name in Row._fields]
    return [Row(*values) for values in zip(*columns, strict=True)]


@dataclass(slots=True)
class Story:
    """One event in the making; ``start_us`` is NEVER while there is none, ``named_us`` the start it was first told with, by which its id goes.

    ``shared``: most others around stray, too.
    """

    start_us: int = NEVER
    named_us: int = NEVER
    lat_deg: float = math.nan
    lon_deg: float = math.nan
    revision: int = 0
    detail: str = ""
    confidence: float = 0.0
    sentence: str = ""
    shared: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether an event is open."""
        return self.start_us != NEVER


@dataclass(slots=True)
class Case:
    """State of one craft under one itinerary; ``next`` is the index of the node she is bound for.

    Of aircraft: ``near_km`` is the nearest to where the leg began, ``left_km`` how far it was seen to go from there; ``call_sign`` is what it transmits, ``flight_sign`` what the flight of the papers does, ``other_us`` since when they differ;
    ``view_us`` since when it was heard without a break; ``found_us`` when it was found after a silence in which it may have landed unseen (while
    that is not decided), with the distances to go then and when lost (``lost_us``); ``timely`` whether its times may be judged; ``diverted`` after a landing
    elsewhere was told; ``by_number`` while nothing but its call sign says that this is the flight; ``served`` after the last declared landing.

    ``spent_km`` is what it sailed or flew, ``trail`` how far it had come when, since it was last on its way (``turn``).

    Of ships: ``chart_km`` how much of the distance to go is the chart's fault, ``spent_least_km`` the least that it and the distance to go together were since she last kept to the
    middle of a usual way; ``closing_lat_deg`` and ``closing_lon_deg`` where she last came nearer as she should; ``run`` the last day's (time, spent, to go, left of the usual way), by hours;
    ``at_start_us`` when she was last at the first port before the declared departure; ``tried`` where she was first heard on each leg she may
    be on, with the distance to go; ``errand_km`` how far she went away before she came back to where the leg begins.
    """

    itinerary_id: str
    craft: int
    confidence: float
    since_us: int
    reason: str
    segment: int = NEVER
    heard_us: int = NEVER
    first_us: int = NEVER
    top_kn: float = math.nan
    seen_kn: float = 0.0
    under_way_rows: int = 0
    next: int = 0
    engaged: bool = False
    done: bool = False
    origin_lat_deg: float = math.nan
    origin_lon_deg: float = math.nan
    origin_to_go_km: float = math.nan
    last_us: int = NEVER
    last_lat_deg: float = math.nan
    last_lon_deg: float = math.nan
    last_kn: float = math.nan
    way: int = 0
    best_km: float = math.inf
    best_us: int = NEVER
    best_lat_deg: float = math.nan
    best_lon_deg: float = math.nan
    worst_km: float = -math.inf
    last_to_go_km: float = math.nan
    chart_km: float = 0.0
    spent_km: float = 0.0
    spent_least_km: float = math.inf
    closing_lat_deg: float = math.nan
    closing_lon_deg: float = math.nan
    run: list[tuple[int, float, float, float]] = field(default_factory=list)
    trail: list[tuple[int, float, float, float, float]] = field(default_factory=list)
    at_start_us: int = NEVER
    tried: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    errand_km: float = 0.0
    off_us: int = NEVER
    off_rows: int = 0
    off_lat_deg: float = math.nan
    off_lon_deg: float = math.nan
    back_us: int = NEVER
    back_spent_km: float = 0.0
    back_to_go_km: float = math.nan
    company_us: int = NEVER
    check_us: int = NEVER
    check_km: float = math.nan
    sailed_km: float = 0.0
    excused_km: float = 0.0
    stop_us: int = NEVER
    stop_lat_deg: float = math.nan
    stop_lon_deg: float = math.nan
    stop_told: bool = False
    called_lat_deg: float = math.nan
    called_lon_deg: float = math.nan
    called_name: str = ""
    skipped: list[int] = field(default_factory=list)
    short_us: int = NEVER
    short_lat_deg: float = math.nan
    short_lon_deg: float = math.nan
    short_rows: int = 0
    waited: bool = False
    slow_us: int = NEVER
    slow_lat_deg: float = math.nan
    slow_lon_deg: float = math.nan
    slowed: bool = False
    late_told_h: float = 0.0
    said_us: int = NEVER
    agreed_us: int = NEVER
    said_eta_us: int = NEVER
    flown: bool = False
    away_km: float = 0.0
    near_km: float = math.inf
    left_km: float = 0.0
    ground_rows: int = 0
    ground_us: int = NEVER
    low_us: int = NEVER
    low_lat_deg: float = math.nan
    low_lon_deg: float = math.nan
    low_ft: float = math.nan
    air_us: int = NEVER
    last_altitude_ft: float = math.nan
    deadline_us: int = NEVER
    call_sign: str = ""
    flight_sign: str = ""
    other_us: int = NEVER
    view_us: int = NEVER
    found_us: int = NEVER
    found_to_go_km: float = math.nan
    lost_us: int = NEVER
    lost_to_go_km: float = math.nan
    timely: bool = True
    diverted: bool = False
    by_number: bool = False
    served: bool = False
    route: Story = field(default_factory=Story)
    schedule: Story = field(default_factory=Story)

    def start_leg(self, index: int) -> None:
        """Bound for another node: everything measured towards the old one is void."""
        self.next = index
        self.forget_progress()
        self.off_us, self.off_rows, self.back_us = NEVER, 0, NEVER
        self.check_us, self.excused_km = NEVER, 0.0
        self.short_rows, self.waited = 0, False
        self.slow_us, self.slowed, self.late_told_h = NEVER, False, 0.0
        self.said_us = self.agreed_us = NEVER
        self.away_km, self.near_km, self.left_km = 0.0, math.inf, 0.0
        self.other_us = self.found_us = NEVER
        self.timely, self.diverted, self.by_number = True, False, False
        self.called_name = ""
        self.tried = {}
        self.errand_km = 0.0

    @property
    def strayed(self) -> bool:
        """Whether she was seen to leave the declared voyage; what her crew types alone does not make it so."""
        return self.route.open and self.route.detail != TYPED

    def forget_progress(self) -> None:
        """Measure progress afresh from the next report."""
        self.best_km, self.best_us, self.worst_km = math.inf, NEVER, -math.inf
        self.spent_least_km = math.inf
        self.closing_lat_deg = self.closing_lon_deg = math.nan
        self.chart_km = 0.0
        self.run, self.trail = [], []

    def correct_progress(self, grown_km: float) -> None:
        """The distance to go was wrong by so much until now: what it was is measured anew."""
        if grown_km > 0.0:
            self.best_km, self.worst_km, self.spent_least_km = (
                km + grown_km for km in (self.best_km, self.worst_km, self.spent_least_km)
            )
            self.run = [(time_us, spent, to_go + grown_km, left) for time_us, spent, to_go, left in self.run]
            self.trail = [
                (time_us, spent, to_go + grown_km, lat, lon) for time_us, spent, to_go, lat, lon in self.trail
            ]

    def remember(self, row: Row) -> None:
        """The last place she was heard at."""
        self.last_us = row.time_us
        if row.placed:
            self.last_lat_deg, self.last_lon_deg = row.lat_deg, row.lon_deg

    def start_node(self, itinerary: Itinerary) -> ItineraryNode:
        """Where the present leg begins: an undeclared call, the declared node before, or where she was first heard."""
        if self.called_name:
            return ItineraryNode("", self.called_name, self.called_lat_deg, self.called_lon_deg)
        if self.next > 0:
            return itinerary.nodes[self.next - 1]
        return ItineraryNode("", "the place where she was first heard", self.origin_lat_deg, self.origin_lon_deg)


def case_to_text(case: Case) -> str:
    """A case as JSON text, exact (floats by shortest repr, NaN and infinities as Python's json writes them)."""
    return json.dumps(asdict(case))


def case_from_text(text: str) -> Case:
    """The inverse of :func:`case_to_text`."""
    values = json.loads(text)
    values["run"] = [tuple(entry) for entry in values["run"]]
    values["trail"] = [tuple(entry) for entry in values["trail"]]
    values["tried"] = {leg: tuple(tried) for leg, tried in values["tried"].items()}
    values["route"], values["schedule"] = Story(**values["route"]), Story(**values["schedule"])
    return Case(**values)


def itinerary_to_text(itinerary: Itinerary) -> str:
    """An itinerary as JSON text."""
    return json.dumps(asdict(itinerary))


def itinerary_from_text(text: str) -> Itinerary:
    """The inverse of :func:`itinerary_to_text`."""
    values = json.loads(text)
    conveyance = {**values["conveyance"], "mode": Mode(values["conveyance"]["mode"])}
    nodes = tuple(ItineraryNode(**{**node, "voyages": tuple(node.get("voyages", ()))}) for node in values["nodes"])
    changes = tuple(DeclaredChange(**change) for change in values.get("changes", ()))
    return Itinerary(values["itinerary_id"], values["version"], Conveyance(**conveyance), nodes, changes)
