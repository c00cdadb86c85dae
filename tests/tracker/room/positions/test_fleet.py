"""The fleet: of one craft the latest position counts; what moved since a frame; bounded."""

from __future__ import annotations

import math

import numpy as np

from tracker.door.position_following import FLOATS, PositionFrame
from tracker.room.positions.fleet import Fleet


def frame(*craft: tuple[str, int, float]) -> PositionFrame:
    """Craft by id, second and latitude."""
    columns = {name: np.full(len(craft), math.nan) for name in FLOATS}
    columns["lat_deg"] = np.array([lat for _, _, lat in craft])
    columns["lon_deg"] = np.zeros(len(craft))
    times = np.array([second * 1_000_000 for _, second, _ in craft], dtype=np.int64)
    return PositionFrame(tuple(name for name, *_ in craft), times, columns)


def moved(fleet: Fleet, since: int = -1, hidden: str = "", not_before_s: int = 0) -> dict[str, float]:
    told = fleet.since(since, (lambda craft: craft == hidden) if hidden else None, not_before_s * 1_000_000)
    return dict(zip(told.craft, told.columns["lat_deg"].tolist(), strict=True))


def test_the_latest_counts_whoever_told_it_and_only_what_moved_is_told() -> None:
    fleet = Fleet()
    fleet.take(frame(("a", 10, 1.0), ("b", 10, 2.0)))
    at = fleet.frame
    fleet.take(frame(("b", 9, 50.0), ("c", 11, 3.0)))
    assert moved(fleet) == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert moved(fleet, at) == {"c": 3.0}
    fleet.take(frame(("a", 12, math.nan)))
    assert moved(fleet)["a"] == 1.0, "heard without a position"


def test_hidden_craft_and_those_long_silent_are_left_out() -> None:
    fleet = Fleet()
    fleet.take(frame(("a", 10, 1.0), ("b", 20, 2.0), ("c", 30, 3.0)))
    assert moved(fleet, hidden="c", not_before_s=15) == {"b": 2.0}


def test_beyond_the_most_those_longest_silent_are_forgotten() -> None:
    fleet = Fleet(most=2_000)
    fleet.take(frame(*((f"s{k}", k, float(k % 80)) for k in range(2_000))))
    fleet.take(frame(("late", 5_000, 7.0)))
    assert len(fleet) == 1_500
    told = moved(fleet)
    assert told["late"] == 7.0
    assert "s0" not in told and told["s1999"] == 1999 % 80
    at = fleet.frame
    fleet.take(frame(("s0", 6_000, 8.0)))
    assert moved(fleet, at) == {"s0": 8.0}
