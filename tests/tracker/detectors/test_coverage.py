"""A place is covered where it is heard time and again."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.detectors.silence import SilenceConfig
from tracker.detectors.silence.columns import SHIP
from tracker.detectors.silence.coverage import places_of
from tracker.detectors.silence.learning import SPELL_US
from tracker.detectors.silence.memory import Memory

SPELLS = 5
"""Of a first day and a little more."""
NOW_US = 1_772_323_200_000_000 + SPELLS * SPELL_US


@pytest.mark.parametrize(("spells", "passages", "covered"), [
    (0b00011, 50.0, False),
    (0b10011, 50.0, False),
    (0b10111, 50.0, True),
    (0b10001, 2.6, True),
], ids=["a night of ducting", "and one ship more", "most of the day", "as often as so few ships can"])  # fmt: skip
def test_many_ships_in_few_spells_are_no_coverage(spells: int, passages: float, covered: bool) -> None:
    memory = Memory(SilenceConfig())
    memory.listened, memory.listened_us = (1 << SPELLS) - 1, NOW_US
    lat, lon = np.array([[54.05]]), np.array([[6.05]])
    slot = memory.cells.slots(memory.neighbourhood(lat, lon, 0, aircraft=False)[0, 0, :1])
    for name, value in {
        "passages": passages,
        "received": 90.0,
        "expected": 100.0,
        "spells": spells,
        "last_us": NOW_US,
    }.items():
        memory.cells[name][slot] = value
    assert places_of(lat, lon, 0, memory, SHIP).covered.tolist() == [[covered]]
