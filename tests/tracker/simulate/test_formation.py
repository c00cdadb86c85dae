"""Company in the air: kept by those who are told to, and by nobody else."""

from __future__ import annotations

import numpy as np

from models.geodesy import distance_km
from tracker.simulate import air, formation
from tracker.simulate.air import Flight

ROUTE = ("EHAM", "EGPD")


def fly(seed: int, depart_s: float) -> Flight:
    return air.fly(np.random.default_rng(seed), seed, *ROUTE, depart_s)


def apart(one: Flight, other: Flight) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instants both are there, kilometres and feet between them."""
    at_s = np.arange(max(one.time_s[0], other.time_s[0]), min(one.time_s[-1], other.time_s[-1]), 10.0)
    places = [[np.interp(at_s, f.time_s, v) for v in (f.lat, f.lon, f.altitude_ft)] for f in (one, other)]
    (lat, lon, feet), (lat_2, lon_2, feet_2) = places
    return at_s, np.asarray(distance_km(lat, lon, lat_2, lon_2)), np.abs(feet - feet_2)


def aloft(one: Flight, other: Flight) -> np.ndarray:
    """Whether both are above 2,500 ft at the instants of :func:`apart`."""
    at_s = apart(one, other)[0]
    return np.all([np.interp(at_s, f.time_s, f.altitude_ft) > 2500.0 for f in (one, other)], axis=0)


def test_two_strangers_on_one_airway_are_kept_apart() -> None:
    one, other = fly(1, 3600.0), fly(1, 3600.0)
    assert apart(one, other)[1].max() == 0.0
    air.keep_apart(other, [one])
    _, km, feet = apart(one, other)
    assert ((km < 9.26) & (feet < 950.0) & aloft(one, other)).sum() * 10.0 <= 200.0


def test_who_is_told_to_join_another_does_so_for_as_long_as_the_label_says() -> None:
    leaders = [fly(seed, 3600.0 * seed) for seed in range(1, 9)]
    seconds, seeds = formation.meetings(np.random.default_rng(3), leaders, 2, ())
    assert len(seeds) == 2
    for second, seed in zip(seconds, seeds, strict=True):
        (leader,) = (flight for flight in leaders if flight.craft == seed.craft)
        at_s, km, feet = apart(leader, second)
        during = (at_s >= seed.start_s) & (at_s <= seed.end_s)
        assert during.sum() * 10.0 >= 650.0
        assert km[during].max() < 1.2
        assert feet[during].max() <= 300.0
        assert min(km[0], km[-1]) > 28.0
        assert seed.known_s is not None
        assert seed.start_s < seed.known_s < seed.end_s


def test_nobody_meets_while_the_feed_is_off() -> None:
    leaders = [fly(seed, 3600.0 * seed) for seed in range(1, 5)]
    assert formation.meetings(np.random.default_rng(3), leaders, 2, ((0.0, 1e6),)) == ([], [])
