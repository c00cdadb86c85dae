"""What became of a box: loaded, discharged, stowed, gated in or out, where and when, and on which conveyance.

Carriers and terminals tell it (BAPLIE, COARRI, CODECO, IFTSTA, X12 315, DCSA track and trace). An *actual* event is evidence; a planned or estimated one, and an order to load (COPRAR), prove nothing.
An event may be withdrawn by a later one that names it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tracker.cargo.codes import compact, container_ok, is_unit_load_device
from tracker.cargo.ledger import Origin
from tracker.cargo.paper_time import PaperTime
from tracker.geography.time_zones import zone_of
from tracker.units import US_PER_H
from tracker.voyages.itinerary import Conveyance, Mode

if TYPE_CHECKING:
    from tracker.cargo.draft import Locate

_EARLIEST_ZONE_US: Final = 14 * US_PER_H
_LATEST_ZONE_US: Final = 12 * US_PER_H
"""A clock without a zone, at a place nobody knows, is at most so far ahead of UTC, and so far behind it."""


class BoxEventKind(StrEnum):
    """What happened to a box. ``STOWED``: it stands aboard. ``WITHDRAWN``: an earlier event did not happen."""

    LOADED = "loaded"
    DISCHARGED = "discharged"
    STOWED = "stowed"
    GATED_IN = "gated_in"
    GATED_OUT = "gated_out"
    OTHER = "other"
    WITHDRAWN = "withdrawn"


class Classifier(StrEnum):
    """How sure the sender is."""

    ACTUAL = "actual"
    ESTIMATED = "estimated"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class BoxEvent:
    """One event of one box. Only ``kind`` is always known; of one withdrawn ``event_id`` names the event that did not happen.

    ``from_us`` and ``time_us`` are the first and the last instant it may have happened at: a date alone is the place's whole day.
    """

    kind: BoxEventKind
    classifier: Classifier
    equipment_id: str
    event_id: str = ""
    location: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None
    from_us: int | None = None
    time_us: int | None = None
    conveyance: Conveyance | None = None
    documents: tuple[str, ...] = ()
    loading: str = ""
    """Port where the box came, or comes, aboard that conveyance, as a stowage plan says."""
    discharge: str = ""
    stated_us: int | None = None
    """When the sender said it, where that is told with its zone."""
    source: str = ""
    """The kind of message, for sentences."""

    @property
    def is_proof(self) -> bool:
        """Whether it tells what has happened."""
        return self.classifier is Classifier.ACTUAL and self.time_us is not None

    def to_text(self) -> str:
        """As JSON, with everything that is known of it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> BoxEvent:
        """The inverse of :meth:`to_text`."""
        held = json.loads(text)
        conveyance = held["conveyance"]
        if conveyance is not None:
            conveyance = Conveyance(**{**conveyance, "mode": Mode(conveyance["mode"])})
        kinds = {"kind": BoxEventKind(held["kind"]), "classifier": Classifier(held["classifier"])}
        return cls(**{**held, **kinds, "conveyance": conveyance, "documents": tuple(held["documents"])})

    def known_us(self, received_us: int) -> int:
        """From when on it counts: not before it happened, was said and was received."""
        return max(received_us, self.time_us or received_us, self.stated_us or received_us)


@dataclass(slots=True)
class BoxDraft:
    """One event as read: places as written, times as the place's clock means them."""

    kind: BoxEventKind
    classifier: Classifier
    equipment_id: str
    origin: Origin
    source: str
    event_id: str = ""
    location: str = ""
    time: PaperTime | None = None
    conveyance: Conveyance | None = None
    documents: tuple[str, ...] = ()
    loading: str = ""
    discharge: str = ""
    stated_us: int | None = None

    def finish(self, locate: Locate) -> BoxEvent:
        """The event. ``locate`` finds a place by its code."""
        number = compact(self.equipment_id)
        if self.kind is not BoxEventKind.WITHDRAWN:
            self._check(number)
        place = locate(self.location) if self.location else None
        code = place.code if place else self.location
        first_us = last_us = None
        if self.time is not None:
            zone = zone_of(place.code, place.lat_deg, place.lon_deg) if place else None
            first_us, last_us = self.time.span_us(zone or UTC)
            if zone is None and self.time.moment.tzinfo is None:
                first_us, last_us = first_us - _EARLIEST_ZONE_US, last_us + _LATEST_ZONE_US
        ends = [
            (found.code if (found := locate(end)) else end) if end else "" for end in (self.loading, self.discharge)
        ]
        return BoxEvent(
            self.kind, self.classifier, number, self.event_id, code, place.lat_deg if place else None, place.lon_deg if place else None,
            first_us, last_us, self.conveyance, self.documents, ends[0], ends[1], self.stated_us, self.source,
        )  # fmt: skip

    def _check(self, number: str) -> None:
        ok = container_ok(number)
        if ok is False:
            self.origin.warn(
                f"equipment={number}", f"container {number} has a wrong check digit; compare it with the papers"
            )
        elif ok is None and not is_unit_load_device(number):
            self.origin.warn(
                f"equipment={number}", f"{number} is neither a container (ISO 6346) nor a unit load device"
            )
