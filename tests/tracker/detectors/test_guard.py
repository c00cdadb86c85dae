"""A detector that raises loses what it knew, and the craft that raises it; the others are judged on, and the program goes on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from streams.snapshot import pack, unpack
from tests.contracts import fleet
from tracker.detectors.guard import MOST_FALLS, GuardedDetector
from tracker.events import Event, EventKind
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

POISON = int(mmsi_craft(219000666))
NOTHING = StaticBatch.empty()


class Touchy:
    """Counts rows by craft, and raises, at the watermark, when it has seen the poison or is in a bad mood."""

    kinds = frozenset({EventKind.GAP})
    mood = ""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        self.seen += positions.craft.tolist()
        return []

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        if POISON in self.seen:
            raise ZeroDivisionError("what nobody thought of")
        if Touchy.mood == "always" or (Touchy.mood == "long memory" and len(self.seen) > 10):
            raise IndexError("a bad mood")
        return []

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        raise KeyError("forget")

    def snapshot(self) -> bytes:
        if Touchy.mood == "no snapshot":
            raise OverflowError("too big")
        return pack("touchy", 1, {"seen": pa.table({"craft": pa.array(self.seen, pa.int64())})})

    def restore(self, snapshot: bytes) -> None:
        self.seen = unpack("touchy", 1, snapshot)["seen"].column("craft").to_pylist()


@pytest.fixture(autouse=True)
def good_mood() -> None:
    Touchy.mood = ""


def rows(*mmsi: int) -> PositionBatch:
    return PositionBatch.of(np.arange(len(mmsi)), mmsi_craft(np.array(mmsi)), np.zeros(len(mmsi)), np.zeros(len(mmsi)))


def seen(one: GuardedDetector) -> list[int]:
    inner = one._inner
    assert isinstance(inner, Touchy)
    return [key & 0x3FFFFFFF for key in inner.seen]


def test_the_craft_that_raises_is_found_and_shown_no_more() -> None:
    one = GuardedDetector("gap", Touchy)
    one.step(rows(219000001, 219000002), NOTHING, 10)
    one.step(rows(219000003, 219000666, 219000004, 219000005), NOTHING, 20)
    assert seen(one) == [219000003, 219000004, 219000005]
    one.step(rows(219000006, 219000666), NOTHING, 30)
    assert seen(one) == [219000003, 219000004, 219000005, 219000006]
    assert one.falls == 1
    faults = one.take_faults()
    assert [fault.part for fault in faults] == ["detector gap"] * 2
    assert (faults[1].unit, faults[1].rows) == ("mmsi:219000666", 1)
    assert faults[0].error == "ZeroDivisionError: what nobody thought of"
    assert "is shown 1 craft no more" in one.fallen
    assert "ZeroDivisionError" in one.fallen


def test_what_its_own_memory_raises_costs_the_memory_alone() -> None:
    one = GuardedDetector("gap", Touchy)
    one.step(rows(*range(219000001, 219000009)), NOTHING, 10)
    Touchy.mood = "long memory"
    one.step(rows(*range(219000011, 219000016)), NOTHING, 20)
    assert len(seen(one)) == 5
    assert one.falls == 1
    assert "no more" not in one.fallen


def test_one_that_falls_again_and_again_is_left_out() -> None:
    Touchy.mood = "always"
    one = GuardedDetector("gap", Touchy)
    for mark in range(3 * MOST_FALLS):
        one.step(rows(219000001), NOTHING, mark)
    assert one.is_out
    assert "is left out" in one.fallen
    assert len(one.take_faults()) <= 3 * MOST_FALLS


def test_neither_forgetting_nor_a_snapshot_stops_anything() -> None:
    one = GuardedDetector("gap", Touchy)
    one.step(rows(219000001), NOTHING, 10)
    assert one.forget(np.array([1]), 10) == []
    assert one.falls == 1
    one.step(rows(219000002), NOTHING, 20)
    again = GuardedDetector("gap", Touchy)
    again.restore(one.snapshot())
    assert seen(again) == [219000002]
    Touchy.mood = "no snapshot"
    with pytest.raises(OverflowError):
        one.snapshot()


def test_behind_the_guard_a_real_detector_says_what_it_says_without(tmp_path: object) -> None:
    from tracker.detectors import DETECTORS
    from tracker.settings import load_settings

    entry = next(entry for entry in DETECTORS if entry.name == "integrity")
    make = lambda: entry.build(load_settings()[entry.name], fleet.context(), [])  # noqa: E731
    bare, guarded = make(), GuardedDetector(entry.name, make)
    positions, statics = fleet.fleet()
    end_us = int(positions.time_us[-1])
    expected = [*bare.process_batch(positions, statics), *bare.advance_watermark(end_us)]
    found = guarded.step(positions, statics, end_us)
    assert [event.to_json() for event in found] == [event.to_json() for event in expected]
    assert guarded.fallen == ""
