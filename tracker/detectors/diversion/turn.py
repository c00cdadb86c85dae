"""Where a craft turned off its declared way, found afterwards.

Along the shortest way every km sailed brings a craft a km nearer. What it sailed since a report, less what that brought it nearer, is wasted;
``waste ** 2 / sailed`` is largest at the report where sailing for the port most plausibly ended: the likelihood of one change of the mean at an unknown
place (Page, Biometrika 42, 1955, "A test for a change in a parameter occurring at an unknown point"), so that it stands for a turn right round as for one
by thirty degrees.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracker.detectors.diversion.case import Case, Row

Entry = tuple[int, float, float, float, float]
"""Time, km spent so far, km to go, latitude, longitude."""

_MOST: Final = 64
TURNED_KM: Final = 10.0
"""Ships that wasted less since any report have not been seen to turn: pilots, traffic and squalls take as much."""
_USUAL_WASTE: Final = 0.05
"""Lanes and airways are about so much longer than the shortest way; that much is nobody's turn."""


class Turn(NamedTuple):
    """When and where it turned, and what it has wasted since."""

    time_us: int
    lat_deg: float
    lon_deg: float
    wasted_km: float


def follow_trail(case: Case, row: Row, to_go_km: float, *, on_way: bool) -> None:
    """Remember how far the craft has come; on the usual way and making for its end it has not turned, and the trail begins anew.

    Of long trails the report goes that leaves the shortest hole for its age, so that a turn is known to a tenth of the time since.
    """
    if on_way:
        case.trail.clear()
    case.trail.append((row.time_us, case.spent_km, to_go_km, row.lat_deg, row.lon_deg))
    if len(case.trail) > _MOST:
        times = [entry[0] for entry in case.trail]
        shares = [(times[i + 1] - times[i - 1]) / (times[-1] - times[i] + 1) for i in range(1, _MOST)]
        del case.trail[1 + shares.index(min(shares))]


def turn_of(case: Case, least_km: float) -> Turn | None:
    """The report after which it no longer made for its declared end; None where it has not wasted ``least_km`` since any."""
    if not case.trail:
        return None
    _, spent_km, to_go_km, _, _ = case.trail[-1]
    turn, most = None, 0.0
    for time_us, then_spent_km, then_to_go_km, lat_deg, lon_deg in case.trail[:-1]:
        sailed_km = spent_km - then_spent_km
        if sailed_km <= 0.0:
            continue
        wasted_km = (1.0 - _USUAL_WASTE) * sailed_km + to_go_km - then_to_go_km
        if wasted_km >= least_km and wasted_km * wasted_km > most * sailed_km:
            turn, most = Turn(time_us, lat_deg, lon_deg, wasted_km), wasted_km * wasted_km / sailed_km
    return turn
