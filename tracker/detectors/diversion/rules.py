"""What the rules for ships share: whom they ask, and how they tell."""

from __future__ import annotations

from typing import Any

from tracker.detectors.diversion.case import Case, Row
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.legs import Legs
from tracker.detectors.diversion.telling import Teller
from tracker.detectors.diversion.turn import TURNED_KM, turn_of
from tracker.events import Event
from tracker.geography.ports import Port, PortTable
from tracker.voyages.itinerary import Itinerary, ItineraryNode


class SeaRule:
    """Configuration, legs, ports and teller of a rule; state lives in the case."""

    def __init__(self, config: DiversionConfig, legs: Legs, ports: PortTable, teller: Teller) -> None:
        self._config, self._legs, self._ports, self._teller = config, legs, ports, teller

    def _tell(
        self, case: Case, itinerary: Itinerary, row: Row, detail: str, confidence: float, sentence: str,
        measured: dict[str, Any], *, start_us: int | None = None, lat_deg: float | None = None,
        lon_deg: float | None = None, schedule: bool = False, again: bool = False, turned: bool = False,
    ) -> list[Event]:  # fmt: skip
        """``turned``: the fact began where she turned off her way, if she was seen to, else where she is or as given."""
        turn = turn_of(case, TURNED_KM) if turned else None
        if turn is not None:
            start_us, lat_deg, lon_deg, _ = turn
        return self._teller.fact(
            case, itinerary, case.schedule if schedule else case.route, detail, known_us=row.time_us,
            start_us=row.time_us if start_us is None else start_us,
            lat_deg=row.lat_deg if lat_deg is None else lat_deg, lon_deg=row.lon_deg if lon_deg is None else lon_deg,
            confidence=confidence, sentence=sentence, measured=measured, again=again,
        )  # fmt: skip

    def _port(self, lat_deg: float, lon_deg: float) -> tuple[Port, float]:
        index, km = self._ports.nearest(lat_deg, lon_deg)
        return self._ports[int(index[0])], float(km[0])


def before_heard(case: Case, node: ItineraryNode) -> bool:
    """Whether a call was due before she was first heard: she may have called before anybody listened."""
    return node.arrive_us is not None and node.arrive_us < case.first_us
