"""Kernels made ready before the first alert: a made-up half hour of two ships and an aircraft is driven through a timeline that is thrown away.

The first run of an installation compiles here (a minute or two); every later one loads what was compiled in a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from tracker.decode.ais import AisDecoder
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.timeline import Timeline
from tracker.units import US_PER_MIN, US_PER_S

_START_US: Final = 1_700_000_000_000_000
_MINUTES: Final = 30
_SENTENCE: Final = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n"


def warm_kernels(build: Callable[[], Timeline]) -> None:
    """Drive a timeline that has seen nothing, and a decoder."""
    timeline = build()
    times_us = _START_US + np.arange(0, _MINUTES * US_PER_MIN, 20 * US_PER_S)
    n = len(times_us)
    ships = [
        PositionBatch.of(
            times_us, np.full(n, mmsi_craft(mmsi)), 10.0 + off + np.arange(n) * 1e-4, np.full(n, -30.0), message_type=1,
            speed_kn=1.2, course_deg=0.0, heading_deg=0.0, nav_status=0,
        )
        for mmsi, off in ((219000001, 0.0), (219000002, 0.001))
    ]  # fmt: skip
    aircraft = PositionBatch.of(
        times_us, np.full(n, icao24_craft(0x4B1812)), np.full(n, 50.0), 5.0 + np.arange(n) * 0.02,
        message_type=MESSAGE_TYPE_AIRBORNE, speed_kn=240.0, course_deg=90.0, altitude_ft=9000.0, on_ground=0,
    )  # fmt: skip
    rows = PositionBatch.concat([*ships, aircraft]).in_time_order()
    timeline.feed_of = np.zeros(1, dtype=np.int32)
    half = len(rows) // 2
    for part in (slice(0, half), slice(half, None)):
        some = rows.take(part)
        timeline.advance(some, StaticBatch.empty(), int(some.time_us[-1]))
    timeline.advance(rows.take(slice(0, 0)), StaticBatch.empty(), _START_US + 3 * _MINUTES * US_PER_MIN)
    timeline.snapshot()
    decoder = AisDecoder(0)
    decoder.decode(_SENTENCE, received_us=None)
    decoder.decode(_SENTENCE)
