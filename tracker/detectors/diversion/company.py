"""What the others do: a strait closed, a storm, ice or a war moves everybody, and that is no news of one ship.

At an instant, of the ships under papers heard within three hours and ``sea_company_km`` of her::

    off   outside every usual route, or told as ``off_route`` or ``wrong_way``
    on    under way on the declared voyage and not off

Her own straying is shared when at least ``sea_company_craft`` others are off and they outnumber those on. The rows of all ships are
judged in the order of time, so what the others do is what was known then, however the rows were cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.pace import UNDER_WAY_KN
from tracker.identity import is_aircraft
from tracker.units import US_PER_H

SHARED: Final = frozenset({"off_route", "wrong_way"})
"""Facts that others may share; a call nobody declared is her own."""
SHARED_CONFIDENCE: Final = 0.25
"""Below what the desk puts before anybody."""
_RECENT_US: Final = 3 * US_PER_H


@dataclass(frozen=True, slots=True)
class Company:
    """Other ships around one, by whether they serve their papers."""

    off: int
    on: int

    def shares(self, config: DiversionConfig) -> bool:
        """Whether most others stray too."""
        return self.off >= config.sea_company_craft and self.off > self.on


def company_of(case: Case, cases: Iterable[Case], now_us: int, config: DiversionConfig) -> Company:
    """The other ships around a case at an instant."""
    off: set[int] = set()
    on: set[int] = set()
    for other in cases:
        if other.craft == case.craft or is_aircraft(other.craft) or not other.engaged or other.done:
            continue
        if now_us - other.last_us > _RECENT_US:
            continue
        km = distance_km(case.last_lat_deg, case.last_lon_deg, other.last_lat_deg, other.last_lon_deg)
        if not km <= config.sea_company_km:
            continue
        if other.off_us != NEVER or (other.route.open and other.route.detail in SHARED):
            off.add(other.craft)
        elif other.last_kn > UNDER_WAY_KN:
            on.add(other.craft)
    return Company(len(off), len(on - off))
