"""Papers as offices have them: names without numbers, misspelt, without times, amended; ships of one name; goods that change ships.

Everything is drawn from a generator of its own, after the fleet: ships, flights and stories stay what they are without it (but for the names of some honest ships). What is done to which papers is
told with the truth (``tracker.simulate.aboard``), by these words:

==============  =====================================================================================================================================
no_imo          the papers give a name and a voyage number, and no other number (a quarter of the ships' papers)
misspelt        and a letter of the name is wrong, missing, twice or in its neighbour's place (a tenth)
no_times        the papers give calls without times (a tenth)
same_name       two ships that both trade have one name (in every other pair one of them has a story), and half of their papers give nothing else
stale_mmsi      the papers give an MMSI that is another ship's, or nobody's, by now
wrong_imo       a digit of the IMO number is wrong
amended         a first version had goods that were not taken, and another version came later
transhipment    the goods go on with another ship from the port where they are discharged
by_flight       a flight's papers give its number and the day alone
==============  =====================================================================================================================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from tracker.cargo.consignment import Location
from tracker.cargo.manifest import Manifest
from tracker.simulate.air import Flight
from tracker.simulate.papers import Papers
from tracker.simulate.traffic import Ship
from tracker.units import US_PER_H
from tracker.voyages.itinerary import Itinerary, Mode

NO_IMO: Final = 0.25
MISSPELT: Final = 0.10
NO_TIMES: Final = 0.10
STALE_MMSI: Final = 0.05
WRONG_IMO: Final = 0.03
AMENDED: Final = 0.08
BY_FLIGHT: Final = 0.5
_TRADING: Final = frozenset({"lane", "seeded", "waiting"})
_SAME_NAMES: Final = 0.06
"""So large a share of the trading fleet has another's name."""
_TRANSHIPMENTS: Final = 0.10
_MORE_PAPERS: Final = 2
"""A ship has the papers of so many more carriers, at most; one with a story always."""
_STAY_H: Final = 6.0
"""So long goods stay in a port between two ships, at least."""


def share_names(rng: np.random.Generator, fleet: list[Ship]) -> set[int]:
    """Give some honest trading ships the names of others; the numbers (MMSI) of both of each pair. Before anything is transmitted.

    In every other pair the other one has a story, where any has: alerts then fall on ships of one name.
    """
    trading = [ship for ship in fleet if ship.role in _TRADING and not ship.lies and not ship.renamed]
    honest = [ship for ship in trading if ship.role == "lane" and not ship.story]
    storied = [ship for ship in trading if ship.story and len(ship.calls) > 1]
    pairs = min(len(honest) // 2, max(1, round(_SAME_NAMES * len(honest) / 2))) if len(honest) > 1 else 0
    chosen = [honest[int(k)] for k in rng.permutation(len(honest))[: 2 * pairs]]
    further = iter([storied[int(k)] for k in rng.permutation(len(storied))])
    numbers = set()
    for number, (one, two) in enumerate(zip(chosen[::2], chosen[1::2], strict=True)):
        named = next(further, one) if number % 2 == 0 else one
        two.name = named.name
        numbers |= {named.mmsi, two.mmsi}
    return numbers


def as_in_offices(rng: np.random.Generator, papers: Papers, namesakes: set[int]) -> Papers:
    """The same papers as an office would have them; what is hard about each is noted."""
    hard: dict[str, list[str]] = defaultdict(list)
    papers = _of_several_carriers(rng, papers)
    everyone = sorted(ship.mmsi for ship in papers.carriers.values() if isinstance(ship, Ship))
    changed: list[Manifest] = []
    for plain in papers.manifests:
        manifest = plain
        name, carrier = manifest.manifest_id, papers.carriers[manifest.manifest_id]
        if isinstance(carrier, Ship):
            manifest = _of_ship(rng, manifest, carrier, hard[name], carrier.mmsi in namesakes, everyone)
        elif rng.random() < BY_FLIGHT:
            manifest = _named(manifest, icao24=None, registration=None)
            hard[name].append("by_flight")
        if rng.random() < NO_TIMES and isinstance(carrier, Ship):
            manifest = _without_times(manifest)
            hard[name].append("no_times")
        if rng.random() < AMENDED:
            changed.append(_before(manifest))
            manifest = _version(manifest, 2)
            hard[name].append("amended")
        changed.append(manifest)
    changed += _transhipments(rng, changed, papers, hard)
    return replace(papers, manifests=tuple(changed), hard={name: tuple(words) for name, words in hard.items() if words})


def _of_several_carriers(rng: np.random.Generator, papers: Papers) -> Papers:
    """Further papers of ships: the same calls, other goods. Each carrier declares its own, counts the voyages by itself and names the ship in its own way."""
    manifests, carriers = [], dict(papers.carriers)
    for manifest in papers.manifests:
        manifests.append(manifest)
        carrier = carriers[manifest.manifest_id]
        if not isinstance(carrier, Ship):
            continue
        for number in range(_MORE_PAPERS if carrier.story else int(rng.integers(_MORE_PAPERS + 1))):
            name = f"{manifest.manifest_id}{'BC'[number]}"
            items = tuple(
                replace(
                    item, consignment_id=f"{name}-{k + 1}", document_number=f"{item.document_number}{number + 2}", equipment=(), flags=()
                )
                for k, item in enumerate(manifest.consignments)
            )  # fmt: skip
            itinerary = None if manifest.itinerary is None else replace(manifest.itinerary, itinerary_id=name)
            further = replace(manifest, manifest_id=name, itinerary=itinerary, consignments=items)
            voyage = f"{int(rng.integers(1, 999)):03d}{'EWNS'[int(rng.integers(4))]}"
            manifests.append(_named(further, voyage_number=voyage))
            carriers[name] = carrier
    return replace(papers, manifests=tuple(manifests), carriers=carriers)


def _of_ship(
    rng: np.random.Generator, manifest: Manifest, ship: Ship, hard: list[str], is_namesake: bool, everyone: list[int]
) -> Manifest:
    """How the papers of a ship name it."""
    chance, name = float(rng.random()), manifest.conveyance.name or ship.name
    if ship.role == "bad_imo":
        return manifest
    if is_namesake and chance < 0.5:
        hard += ["no_imo", "same_name"]
        return _named(manifest, imo=None, mmsi=None, call_sign=None)
    if chance < MISSPELT:
        hard += ["no_imo", "misspelt"]
        return _named(manifest, imo=None, mmsi=None, call_sign=None, name=misspelt(rng, name))
    if chance < NO_IMO:
        hard.append("no_imo")
        title = str(rng.choice(["", "", "MV ", "M/V "]))
        return _named(manifest, imo=None, mmsi=None, call_sign=None, name=title + name)
    if chance < NO_IMO + STALE_MMSI:
        hard.append("stale_mmsi")
        other = int(rng.choice(everyone)) if rng.random() < 0.5 else 211_000_000 + int(rng.integers(100, 999_999))
        return manifest if other == ship.mmsi else _named(manifest, mmsi=other, imo=ship.imo)
    if chance < NO_IMO + STALE_MMSI + WRONG_IMO and manifest.conveyance.imo is not None:
        hard.append("wrong_imo")
        digits = list(str(manifest.conveyance.imo))
        digits[-1] = str((int(digits[-1]) + int(rng.integers(1, 10))) % 10)
        return _named(manifest, imo=int("".join(digits)), mmsi=None)
    return manifest


def misspelt(rng: np.random.Generator, name: str) -> str:
    """A name with one slip of the hand, in its last word where that is long enough."""
    first = name.rfind(" ") + 2
    at = int(rng.integers(first if len(name) - first > 1 else 1, len(name)))
    letter = chr(65 + int(rng.integers(26)))
    while letter == name[at]:
        letter = chr(65 + int(rng.integers(26)))
    slips: tuple[Callable[[], str], ...] = (
        lambda: name[:at] + letter + name[at + 1 :],
        lambda: name[:at] + name[at + 1 :],
        lambda: name[:at] + name[at] + name[at:],
        lambda: name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
    )
    wrong = slips[int(rng.integers(len(slips)))]()
    return wrong if wrong != name else slips[1]()


def _named(manifest: Manifest, **changes: object) -> Manifest:
    """The same papers, naming the craft otherwise."""
    conveyance = replace(manifest.conveyance, **changes)  # type: ignore[arg-type]
    itinerary = None if manifest.itinerary is None else replace(manifest.itinerary, conveyance=conveyance)
    return replace(manifest, conveyance=conveyance, itinerary=itinerary)


def _without_times(manifest: Manifest) -> Manifest:
    if manifest.itinerary is None:
        return manifest
    nodes = tuple(replace(node, arrive_us=None, depart_us=None) for node in manifest.itinerary.nodes)
    return replace(manifest, itinerary=replace(manifest.itinerary, nodes=nodes))


def _version(manifest: Manifest, version: int) -> Manifest:
    itinerary = None if manifest.itinerary is None else replace(manifest.itinerary, version=version)
    return replace(manifest, version=version, itinerary=itinerary)


def _before(manifest: Manifest) -> Manifest:
    """The first version: one consignment more, which was not taken in the end."""
    last = manifest.consignments[len(manifest.consignments) - 1]
    extra = replace(
        last, consignment_id=f"{last.consignment_id}-X", document_number=f"{last.document_number}9", flags=()
    )
    return replace(manifest, consignments=(*manifest.consignments, extra))


def _transhipments(
    rng: np.random.Generator, manifests: list[Manifest], papers: Papers, hard: dict[str, list[str]]
) -> list[Manifest]:
    """New versions of papers with goods that came by another ship, under the bill and in the box they came with."""
    ships = {
        m.manifest_id: m
        for m in manifests
        if m.conveyance.mode is Mode.SEA and m.itinerary is not None and _keeps_to(papers.carriers[m.manifest_id])
    }
    further = []
    names = sorted(ships)
    for name in [names[int(k)] for k in rng.permutation(len(names))[: round(_TRANSHIPMENTS * len(names))]]:
        itinerary = ships[name].itinerary
        others = {other: ships[other] for other in names if papers.carriers[other].craft != papers.carriers[name].craft}
        arrives = {} if itinerary is None else {node.location: node.arrive_us for node in itinerary.nodes}
        for item in ships[name].consignments:
            arrives_us = arrives.get(item.discharge.code)
            onward = None if arrives_us is None else _onward(others, item.discharge.code, arrives_us)
            if onward is None:
                continue
            second, way, leg = onward
            version = ships[second].version + 1
            loading, discharge = (
                Location(node.location, node.name, node.lat_deg, node.lon_deg) for node in way.nodes[leg : leg + 2]
            )
            goods = replace(item, consignment_id=f"{second}-T{version}", loading=loading, discharge=discharge, flags=())
            ships[second] = _version(replace(ships[second], consignments=(*ships[second].consignments, goods)), version)
            further.append(ships[second])
            hard[name].append("transhipment")
            hard[second].append("transhipment")
            break
    return further


def _keeps_to(carrier: Ship | Flight) -> bool:
    """Whether a ship calls where its papers say."""
    return isinstance(carrier, Ship) and carrier.declared is None and not carrier.lies


def _onward(ships: dict[str, Manifest], port: str, arrives_us: int) -> tuple[str, Itinerary, int] | None:
    """Papers of another ship that sails from a port later on, its itinerary and the number of that call."""
    for second in sorted(ships):
        itinerary = ships[second].itinerary
        if itinerary is None:
            continue
        for number, node in enumerate(itinerary.nodes[:-1]):
            if (
                node.location == port
                and node.depart_us is not None
                and node.depart_us > arrives_us + _STAY_H * US_PER_H
            ):
                return second, itinerary, number
    return None
