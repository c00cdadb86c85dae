"""Papers as offices have them, and the truth of what is aboard."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.tracker.cargo import papers as p
from tracker.cargo.manifest import Manifest
from tracker.errors import InputError
from tracker.simulate.aboard import ABOARD_FILE, NEVER_US, Aboard, aboard_of, read_aboard, write_aboard
from tracker.simulate.office import MISSPELT, NO_IMO, NO_TIMES, as_in_offices, misspelt, share_names
from tracker.simulate.papers import Papers
from tracker.simulate.tracks import Track
from tracker.simulate.traffic import Call, Ship
from tracker.units import US_PER_H
from tracker.voyages.itinerary import Conveyance, Itinerary, Mode
from tracker.voyages.ship_names import edits


def ship(number: int, *calls: Call) -> Ship:
    names = "HERON", "KESTREL", "PLOVER", "CURLEW", "PETREL", "OSPREY"
    name = f"{chr(65 + number % 26)}{chr(65 + number // 26)}RY {names[number % 6]}"
    return Ship(
        "lane", 219_000_000 + number, 9_000_000 + number, name, f"OX{number}", 70, 150, 23, 8.0, 14.0, Track(0.0), calls=list(calls)
    )  # fmt: skip


def sailing(number: int, carrier: Ship, *goods: tuple[str, str]) -> Manifest:
    conveyance = Conveyance(Mode.SEA, imo=carrier.imo, name=carrier.name)
    items = tuple(p.consignment(f"S{number}-{k}", *ends) for k, ends in enumerate(goods))
    return Manifest(f"S{number}", 1, conveyance, Itinerary(f"S{number}", 1, conveyance, tuple(p.CALLS)), items)


def many(count: int = 400) -> Papers:
    ships = [ship(number) for number in range(count)]
    manifests = tuple(sailing(number, one, ("BRSSZ", "NLRTM")) for number, one in enumerate(ships))
    carriers = {manifest.manifest_id: one for manifest, one in zip(manifests, ships, strict=True)}
    return Papers(manifests, frozenset(), carriers)


def test_a_quarter_lacks_the_number_a_tenth_is_misspelt_and_a_tenth_has_no_times() -> None:
    plain = many()
    told = as_in_offices(np.random.default_rng(3), plain, set())
    counts = Counter(word for words in told.hard.values() for word in words)
    newest = {manifest.manifest_id: manifest for manifest in told.manifests}
    for word, share in (("no_imo", NO_IMO), ("misspelt", MISSPELT), ("no_times", NO_TIMES)):
        assert abs(counts[word] / len(newest) - share) < 0.05
    for before in plain.manifests:
        words, after = told.hard.get(before.manifest_id, ()), newest[before.manifest_id]
        assert (after.conveyance.imo is None) == ("no_imo" in words)
        distance = edits(
            before.conveyance.name or "", (after.conveyance.name or "").removeprefix("MV ").removeprefix("M/V ")
        )
        assert distance == ("misspelt" in words)
        assert (after.version == 2) >= ("amended" in words)


@pytest.mark.parametrize("seed", range(20))
def test_a_slip_of_the_hand_is_one_letter(seed: int) -> None:
    assert edits(misspelt(np.random.default_rng(seed), "GREY HERON"), "GREY HERON") == 1


def test_namesakes_come_in_pairs() -> None:
    fleet = [ship(number) for number in range(60)]
    numbers = share_names(np.random.default_rng(1), fleet)
    names = Counter(one.name for one in fleet if one.mmsi in numbers)
    assert set(names.values()) == {2}


def test_a_ship_has_the_papers_of_several_carriers_with_one_way_and_other_goods() -> None:
    plain = many(60)
    told = as_in_offices(np.random.default_rng(1), plain, set())
    further = {one.manifest_id: one for one in told.manifests if one.manifest_id not in plain.carriers}
    assert {name[-1] for name in further} == {"B", "C"}
    items = Counter(
        (item.consignment_id, item.document_number) for one in further.values() for item in one.consignments
    )
    assert set(items.values()) == {1}
    for name, one in further.items():
        first = next(paper for paper in plain.manifests if paper.manifest_id == name[:-1])
        assert told.carriers[name] is plain.carriers[first.manifest_id]
        assert one.itinerary is not None
        assert [node.location for node in one.itinerary.nodes] == [node.location for node in p.CALLS]


def test_goods_are_aboard_between_the_call_where_they_are_loaded_and_the_one_where_they_are_discharged() -> None:
    carrier = ship(1, Call("BRSSZ", None, 3600.0), Call("MAPTM", 7200.0, 10_800.0), Call("NLRTM", 14_400.0, None))
    papers = sailing(1, carrier, ("BRSSZ", "MAPTM"), ("MAPTM", "NLRTM"), ("NLRTM", "BRSSZ"))
    first, second, never = aboard_of([papers], {"S1": carrier}, {"S1": ("no_imo",)}, 0)
    assert (first.from_us, first.loaded_us, first.arrives_us, first.gone_us) == (
        None,
        US_PER_H,
        2 * US_PER_H,
        3 * US_PER_H,
    )
    assert [first.is_surely(h * US_PER_H) for h in range(4)] == [False, True, False, False]
    assert [first.may_be(h * US_PER_H, h * US_PER_H, 0) for h in range(5)] == [True, True, True, True, False]
    assert second.is_surely(int(3.5 * US_PER_H))
    assert second.gone_us is None
    assert (never.loaded_us, never.is_surely(10 * US_PER_H)) == (NEVER_US, False)
    assert first.difficulties == ("no_imo",)


def test_goods_for_a_port_that_is_skipped_stay_aboard_and_those_of_a_port_that_is_skipped_never_come() -> None:
    carrier = ship(1, Call("BRSSZ", None, 3600.0), Call("NLRTM", 14_400.0, None))
    stays, never = aboard_of([sailing(1, carrier, ("BRSSZ", "MAPTM"), ("MAPTM", "NLRTM"))], {"S1": carrier}, {}, 0)
    assert (stays.loaded_us, stays.arrives_us) == (US_PER_H, None)
    assert never.from_us == NEVER_US


def test_the_truth_is_read_as_it_was_written_and_a_bad_line_is_named(tmp_path: Path) -> None:
    truth = [Aboard("mmsi:219000001", False, "S1", "1", None, 5, 7, None, ("no_imo", "misspelt"))]
    write_aboard(tmp_path / ABOARD_FILE, truth)
    assert read_aboard(tmp_path / ABOARD_FILE) == truth
    (tmp_path / ABOARD_FILE).write_text("{}\n")
    with pytest.raises(InputError, match="line 1"):
        read_aboard(tmp_path / ABOARD_FILE)


def test_goods_that_change_ships_keep_their_bill_and_box() -> None:
    one = sailing(1, ship(1), ("BRSSZ", "MAPTM"))
    later = [
        replace(node, depart_us=None if node.depart_us is None else node.depart_us + 48 * US_PER_H) for node in p.CALLS
    ]
    two = sailing(2, ship(2), ("MAPTM", "NLRTM"))
    assert two.itinerary is not None
    two = replace(two, itinerary=replace(two.itinerary, nodes=tuple(later)))
    plain = Papers((one, two), frozenset(), {"S1": ship(1), "S2": ship(2)})
    told = next(
        found
        for seed in range(400)
        if (found := as_in_offices(np.random.default_rng(seed), _crowd(plain), set()))
        and any("transhipment" in w for w in found.hard.values())
    )
    goods = [item for manifest in told.manifests for item in manifest.consignments if "-T" in item.consignment_id]
    bills = {
        item.document_number
        for manifest in told.manifests
        for item in manifest.consignments
        if "-T" not in item.consignment_id
    }
    assert goods
    assert all(
        item.document_number in bills and item.loading.code == "MAPTM" and math.isfinite(item.loading.lat_deg)
        for item in goods
    )


def _crowd(plain: Papers) -> Papers:
    """Enough papers that one of them is chosen."""
    more = [replace(one, manifest_id=f"{one.manifest_id}{k}") for k in range(10) for one in plain.manifests]
    return replace(
        plain, manifests=tuple(more), carriers={one.manifest_id: plain.carriers[one.manifest_id[:2]] for one in more}
    )
