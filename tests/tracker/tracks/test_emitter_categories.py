"""What kind of aircraft she said she was, as known at an instant."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.identity import icao24_craft, mmsi_craft
from tracker.statics import StaticBatch
from tracker.tracks.emitter_categories import Airframe, EmitterCategories

ONE, HOUR_US = int(icao24_craft(0x4B1812)), 3_600_000_000


def said(at_us: int, category: str = "", call_sign: str = "", craft: int = ONE) -> StaticBatch:
    return StaticBatch.from_columns(
        1, time_us=at_us, received_us=at_us, craft=craft, source=0, message_type=104, emitter_category=np.bytes_(category),
        call_sign=np.bytes_(call_sign),
    )  # fmt: skip


@pytest.mark.parametrize("watermark_us", [0, HOUR_US, 3 * HOUR_US])
def test_the_answer_is_the_same_wherever_the_watermark_stands(watermark_us: int) -> None:
    known = EmitterCategories()
    for batch in (said(HOUR_US, "A1"), said(2 * HOUR_US, "", "TEST1"), said(4 * HOUR_US, "A7")):
        known.add(batch)
    known.advance_watermark(watermark_us)
    assert known.known_at(ONE, 3 * HOUR_US) == Airframe("A1", "TEST1")


def test_it_is_forgotten_after_a_day_and_ships_are_passed_over() -> None:
    known = EmitterCategories()
    known.add(said(HOUR_US, "A7"))
    known.add(said(HOUR_US, "", "SHIP", int(mmsi_craft(219000001))))
    known.advance_watermark(2 * HOUR_US)
    assert known.known_at(int(mmsi_craft(219000001)), 2 * HOUR_US) == Airframe()
    assert known.known_at(ONE, 30 * HOUR_US) == Airframe()
    known.advance_watermark(30 * HOUR_US)
    assert len(known.tables()["airframes"]) == 0
