"""Two craft that are together for reasons of every day: what they are to one another, and who is around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.fleet import Fleet, companions, others_near
from tracker.detectors.encounter.runs import STOPPED, Run, RunKey
from tracker.identity import CRAFT_MASK, number
from tracker.tracks.gear import is_gear_name
from tracker.tracks.ship_types import Particulars

_FISHING: Final = 30
_FISHES: Final = 7
"""Navigational status engaged in fishing."""
_FLOAT_M: Final = 5.0
"""Buoys, floats and gliders say lengths of 1 to 5 m; no craft so short takes over cargo at sea (own)."""
_HELPLESS: Final = (2, 6)
"""Navigational status not under command and aground (ITU-R M.1371-5 table 45): others stand by such a ship."""


def is_related(config: EncounterConfig, key: RunKey, run: Run, one: Particulars, two: Particulars) -> bool:
    """A buoy on fishing gear or a float by its length; a second set of the same ship; a ship and the boat that was first heard beside it, or has a boat's MMSI."""
    if is_gear_name(one.name) or is_gear_name(two.name):
        return True
    if any(0.0 < she.length_m <= _FLOAT_M for she in (one, two)):
        return True
    if one.name and _squeezed(one.name) == _squeezed(two.name) and run.median_km <= config.near_km:
        return True
    if any(number(craft & CRAFT_MASK) // 10_000_000 == 98 for craft in key[:2]):
        return True  # 98MIDxxxx: craft of a parent ship, ITU-R M.585-9
    return bool(run.daughter) and is_boat(config, one if run.daughter == 1 else two)


def is_fleet(config: EncounterConfig, fleet: Fleet, i: int, j: int, one: Particulars, two: Particulars) -> bool:
    """Both of one type that goes in fleets; who carries nothing by its type, but says that it is fishing, is a fishing boat."""
    types = [
        _FISHING if fleet.status[row] == _FISHES and she.ship_type not in config.carrier_types else she.ship_type
        for row, she in ((i, one), (j, two))
    ]
    return types[0] == types[1] and types[0] in config.fleet_types


def is_stopped_convoy(config: EncounterConfig, manner: int, run: Run, one: Particulars, two: Particulars) -> bool:
    """They stopped where they had come together: a tow, or ships beset in ice. Alongside, a carrier and another or a fishing boat are no such."""
    if manner != STOPPED or not run.convoy:
        return False
    carriers = [she.ship_type in config.carrier_types for she in (one, two)]
    trade = all(carriers) or (any(carriers) and _FISHING in (one.ship_type, two.ship_type))
    return not (trade and run.median_km <= config.alongside_km)


def is_boat(config: EncounterConfig, she: Particulars) -> bool:
    """May be a tender, a launch, an unmanned craft: no carrier, no fishing boat, not known to be long."""
    return she.ship_type not in (*config.carrier_types, _FISHING) and not she.length_m >= config.small_m


def is_helped(config: EncounterConfig, fleet: Fleet, i: int, j: int, one: Particulars, two: Particulars) -> bool:
    """One of them says that she is not under command or aground, and the other is nobody who would take cargo."""
    helpers = ((fleet.status[i], two), (fleet.status[j], one))
    no_helper = (*config.carrier_types, *config.fleet_types)
    return any(status in _HELPLESS and she.ship_type not in no_helper for status, she in helpers)


def is_usual_company(
    config: EncounterConfig,
    run: Run,
    manner: int,
    fleet: Fleet,
    rows: tuple[int, int],
    ships: tuple[Particulars, Particulars],
    around: int,
    known: Callable[[int], Particulars],
) -> bool:
    """A crowd or a convoy: but two alongside one another in a crowd that lies idle (two ships, a reefer and one of her trawlers), and two carriers that lighter under way, are together for a reason."""
    carriers = [she.ship_type in config.carrier_types for she in ships]
    if manner == STOPPED:
        if around < config.crowd_craft:
            return False
        fleets = any(she.ship_type in config.fleet_types and she.ship_type != _FISHING for she in ships)
        came = run.met_from_km >= 2.0 * config.near_km and run.median_km <= config.alongside_km
        if not (came and any(carriers) and not fleets):
            return True
        beside = [known(int(fleet.key[row]) & CRAFT_MASK) for row in others_near(fleet, *rows, config.alongside_km)]
        return any(she.ship_type in config.carrier_types for she in beside)
    lightering = all(carriers) and run.median_kn <= config.lightering_kn
    if around >= config.crowd_craft and not lightering:
        return True
    others = [known(int(fleet.key[row]) & CRAFT_MASK) for row in companions(config, fleet, *rows)]
    if lightering:
        counted = [she.ship_type in config.carrier_types for she in others]
    else:
        counted = [
            not (she.ship_type in config.attending_types or (she.length_m < config.small_m and is_boat(config, she)))
            for she in others
        ]
    return sum(counted) >= config.convoy_craft


def is_workboat(config: EncounterConfig, ships: tuple[Particulars, Particulars]) -> int:
    """1 or 2 where that one is known to be small and the other is a carrier, else 0."""
    for n in (0, 1):
        she, other = ships[n], ships[1 - n]
        if she.length_m < config.small_m and is_boat(config, she) and other.ship_type in config.carrier_types:
            return n + 1
    return 0


def _squeezed(name: str) -> str:
    return "".join(letter for letter in name.upper() if letter.isalnum())
