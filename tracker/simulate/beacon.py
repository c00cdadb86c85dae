"""The air feed: what receivers got of all flights, as one Beast stream with its start time beside it.

A Beast counter tells no date. The first frame has counter 0, and ``adsb.beast.json`` says when that was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.simulate import beast_encoder as encode
from tracker.simulate import lies
from tracker.simulate.air import AirCoverage, Flight
from tracker.simulate.radio import Span


@dataclass(frozen=True, slots=True)
class AirFeed:
    """The stream, its number of frames, and the scenario second of its first frame."""

    stream: bytes
    frames: int
    first_s: float


def _frames(flight: Flight, rows: NDArray[np.int64]) -> list[tuple[encode.Bytes, Any, NDArray[np.int64]]]:
    """Frames, delay in seconds after the grid instant, and the rows they belong to."""
    address = flight.address
    air, ground = rows[~flight.on_ground[rows]], rows[flight.on_ground[rows]]
    made: list[tuple[encode.Bytes, Any, NDArray[np.int64]]] = []

    def half_a_second_on(values: NDArray[np.float64], at: NDArray[np.int64]) -> NDArray[np.float64]:
        following = np.minimum(at + 1, len(values) - 1)
        return values[at] + (values[following] - values[at]) * 0.1

    for odd in (0, 1):
        for at, surface in ((air, False), (ground, True)):
            lat = half_a_second_on(flight.lat, at) if odd else flight.lat[at]
            lon = half_a_second_on(flight.lon, at) if odd else flight.lon[at]
            lat, lon = lies.spoken(flight, flight.time_s[at], lat, lon)
            numbers = np.full(len(at), address)
            if surface:
                frame = encode.surface_position(
                    numbers, lat, lon, flight.speed_kn[at], flight.track_deg[at], np.full(len(at), odd)
                )
            else:
                frame = encode.airborne_position(
                    numbers, lat, lon, flight.altitude_ft[at], np.full(len(at), odd), _type_code(flight, at)
                )
            made.append((frame, 0.5 * odd, at))
    numbers = np.full(len(air), address)
    made.append(
        (
            encode.airborne_velocity(numbers, flight.speed_kn[air], flight.track_deg[air], flight.climb_ftmin[air]),
            0.2,
            air,
        )
    )
    for every, delay in ((3, 0.3), (4, 0.7), (6, 0.9), (12, 1.1)):
        at = rows[rows % every == 0]
        numbers = np.full(len(at), address)
        if every == 3:
            frame = encode.all_call(numbers, ~flight.on_ground[at])
        elif every == 4:
            frame = encode.altitude_reply(numbers, flight.altitude_ft[at])
        elif every == 6:
            frame = encode.identification(
                numbers, np.full(len(at), flight.call_sign.encode(), dtype="S8"), flight.category
            )
        else:
            frame = encode.identity_reply(numbers, _squawk(flight, at))
        made.append((frame, delay, at))
    return made


def _squawk(flight: Flight, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    code = np.full(len(rows), flight.squawk)
    for begin, end, other in flight.squawks:
        code[(flight.time_s[rows] >= begin) & (flight.time_s[rows] < end)] = other
    return code


def _type_code(flight: Flight, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """11 (NIC 8), or 18 (NIC 0) where her positions have no integrity."""
    code = np.full(len(rows), 11)
    for begin, end in flight.poor:
        code[(flight.time_s[rows] >= begin) & (flight.time_s[rows] <= end)] = 18
    return code


def air_feed(
    flights: Sequence[Flight],
    coverage: AirCoverage,
    feed_off: Sequence[Span],
    end_s: float,
    rng: np.random.Generator,
    loss: float = 0.0,
) -> AirFeed:
    """Everything received of all flights, in order; ``loss`` is the share of frames lost on the way in."""
    frames: list[encode.Bytes] = []
    moments: list[NDArray[np.float64]] = []
    signals: list[NDArray[np.uint8]] = []
    for flight in flights:
        chance = coverage.any_receiver(flight.lat, flight.lon, flight.altitude_ft)
        jitter = rng.uniform(-0.1, 0.1)
        for frame, delay, at in _frames(flight, np.arange(len(flight.time_s))):
            time_s = flight.time_s[at] + delay + jitter
            got = (rng.random(len(at)) < chance[at] * (1.0 - loss)) & (time_s >= 0.0) & (time_s < end_s)
            for begin, end in (*flight.off_air, *feed_off):
                got &= ~((time_s >= begin) & (time_s < end))
            if got.any():
                frames.append(frame[got])
                moments.append(time_s[got])
                signals.append(rng.integers(20, 200, int(got.sum())).astype(np.uint8))
    if not frames:
        return AirFeed(b"", 0, 0.0)
    first_s = min(float(m.min()) for m in moments)
    first_s = np.floor(first_s * 1000.0) / 1000.0  # whole milliseconds, as the start time is written
    clocks = [np.rint((m - first_s) * encode.CLOCK_HZ).astype(np.int64) for m in moments]
    return AirFeed(encode.beast_stream(frames, clocks, signals), sum(len(f) for f in frames), first_s)
