"""Several craft at exactly one coordinate are a fault of the feed: told once, and no place for anybody's rules."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.detectors.integrity.shared_places import MOST, SharedPlaces
from tracker.events import Event, EventState
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import PositionBatch

START_US = 1_772_366_400_000_000
MIN_US = 60_000_000
PLACE = (12.345678, 45.678901)


def rows(craft: list[int], places: list[tuple[float, float]], every_us: int = MIN_US) -> PositionBatch:
    count = len(craft)
    lat, lon = np.array(places).T
    keys = np.array([mmsi_craft(219_000_000 + one) for one in craft])
    return PositionBatch.of(START_US + every_us * np.arange(count), keys, lat, lon, source=0)


def sifted(batch: PositionBatch, sizes: int = 10_000) -> tuple[list[bool], list[Event]]:
    places, there, events = SharedPlaces(), [], []
    for at in range(0, len(batch), sizes):
        some, told = places.sift(batch.take(slice(at, at + sizes)))
        there += some.has_position.tolist()
        events += told
    return there, events


@pytest.mark.parametrize("place", [PLACE, (10.0, 20.0), (-1.0, 0.0), (1 / 600_000, 7 / 600_000)])
def test_from_the_third_craft_on_a_coordinate_is_no_place(place: tuple[float, float]) -> None:
    batch = rows([1, 2, 1, 3, 4, 1, 2], [place] * 7)
    there, (event,) = sifted(batch)
    assert there == [True, True, True, False, False, False, False]
    assert (event.detail, event.state, event.lat_deg, event.lon_deg) == ("shared_place", EventState.CLOSED, *place)
    assert event.evidence["craft_count"] == 3
    assert event.known_us == START_US + 3 * MIN_US
    for sizes in (1, 2, 3):
        assert sifted(batch, sizes) == (there, [event])


@pytest.mark.parametrize(
    ("craft", "places"),
    [
        ([1, 2, 1, 2, 1, 2], [PLACE] * 6),  # a tug's two transponders
        ([1, 2, 3, 4, 5, 6], [(54.32, 10.15)] * 6),  # a harbour, told to a kilometre
        ([1, 2, 3, 4, 5, 6], [(54.3211, 10.1512)] * 6),  # and to ten metres
        (
            [1, 2, 3, 4, 5, 6],
            [(47 + 22.70 / 60, -61 - 51.40 / 60)] * 6,
        ),  # by receivers that give hundredths of a minute
        ([1, 2, 3, 4, 5, 6], [(47.378333, -61.856667)] * 6),  # the same, rounded
        ([1, 2, 3, 4, 5, 6], [(54 + 1234 / 3_600, 10 + 567 / 3_600)] * 6),  # seconds of arc
        ([1, 2, 3, 4, 5, 6], [(PLACE[0] + k * 1e-6, PLACE[1]) for k in range(6)]),
    ],
)
def test_what_craft_share_in_earnest_stays(craft: list[int], places: list[tuple[float, float]]) -> None:
    there, events = sifted(rows(craft, places))
    assert all(there)
    assert not events


def test_craft_that_pass_one_after_the_other_hours_apart_share_nothing() -> None:
    there, events = sifted(rows([1, 2, 3, 4], [PLACE] * 4, every_us=61 * MIN_US))
    assert all(there)
    assert not events


def test_a_busy_sea_hides_no_shared_coordinate() -> None:
    rng = np.random.default_rng(14)
    craft, places = [], []
    for k in range(60_000):
        shared = k % 50 == 0
        craft.append(int(rng.integers(0, 4)) if shared else 10 + k % 3_000)
        places.append(PLACE if shared else (float(rng.uniform(-80, 80)), float(rng.uniform(-180, 180))))
    there, events = sifted(rows(craft, places, every_us=10_000))
    assert len(events) == 1
    assert not any(there[60_000 - 5_000 :: 50])


def test_more_coordinates_than_are_kept() -> None:
    places = SharedPlaces()
    wrong = [(1.0 + k * 0.0123457, 2.0 + k * 0.0234569) for k in range(MOST + 50)]
    told = 0
    for place in wrong:
        told += len(places.sift(rows([1, 2, 3], [place] * 3))[1])
    assert told > MOST
    assert len(places.snapshot()) < 1 << 20


def test_it_goes_on_from_a_snapshot() -> None:
    batch = rows([1, 2, 3, 4, 1, 2], [PLACE] * 6)
    whole = sifted(batch)
    for cut in range(6):
        first = SharedPlaces()
        some, told = first.sift(batch.take(slice(0, cut)))
        again = SharedPlaces()
        again.restore(first.snapshot())
        rest, more = again.sift(batch.take(slice(cut, 6)))
        assert (some.has_position.tolist() + rest.has_position.tolist(), told + more) == whole


def test_aircraft_are_craft_too_and_base_stations_are_none() -> None:
    stations = np.array([mmsi_craft(2_190_001 + k) for k in range(4)])
    batch = PositionBatch.of(START_US + np.arange(4), stations, np.full(4, PLACE[0]), np.full(4, PLACE[1]), source=0)
    assert sifted(batch)[0] == [True] * 4
    air = batch.with_columns(craft=np.array([icao24_craft(0x4CA210 + k) for k in range(4)]))
    assert sifted(air)[0] == [True, True, False, False]
