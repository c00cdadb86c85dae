"""Frames come back from rs1090, parity from bit-by-bit division, the stream from a hand-written reader."""

from __future__ import annotations

import numpy as np
import pytest
import rs1090

from tracker.simulate import beast_encoder as encoder

ADDRESS = np.array([0x484001, 0x4B1A1A, 0x3C0001, 0x1A1A1A])


def decoded(rows: np.ndarray) -> list[dict[str, object]]:
    return [rs1090.decode(row.tobytes().hex()) for row in rows]


def slow_parity(body: bytes) -> int:
    """Division by 0x1FFF409, one bit at a time."""
    bits = int.from_bytes(body, "big") << 24
    for place in range(len(body) * 8 + 23, 23, -1):
        if bits >> place & 1:
            bits ^= 0x1FFF409 << (place - 24)
    return bits


def slow_zones(lat: float) -> int:
    """NL by searching the number of zones whose limit is not passed."""
    if abs(lat) >= 87.0:
        return 1
    limits = {
        n: np.degrees(np.arccos(np.sqrt((1 - np.cos(np.pi / 30)) / (1 - np.cos(2 * np.pi / n))))) for n in range(2, 60)
    }
    return max(n for n, limit in limits.items() if abs(lat) <= limit)


def test_parity_agrees_with_the_division() -> None:
    bodies = np.random.default_rng(3).integers(0, 256, (200, 11)).astype(np.uint8)
    assert encoder.parity(bodies).tolist() == [slow_parity(row.tobytes()) for row in bodies]


def test_longitude_zones_agree_with_the_search() -> None:
    lats = np.random.default_rng(4).uniform(-86.9, 86.9, 500)
    assert encoder.longitude_zones(lats).astype(int).tolist() == [slow_zones(lat) for lat in lats]
    assert encoder.longitude_zones([0.0, 88.0, -90.0]).tolist() == [59.0, 1.0, 1.0]


def test_position_pairs_come_back_where_they_were() -> None:
    rng = np.random.default_rng(5)
    count = 200
    lat, lon = rng.uniform(-80, 80, count), rng.uniform(-179.9, 179.9, count)
    altitude = rng.integers(-30, 1600, count) * 25.0
    address = rng.integers(1, 0xFFFFFF, count)
    even = encoder.airborne_position(address, lat, lon, altitude, np.zeros(count, int))
    odd = encoder.airborne_position(address, lat, lon, altitude, np.ones(count, int))
    messages = [row.tobytes().hex() for pair in zip(even, odd, strict=True) for row in pair]
    times = [float(k // 2 * 2000 + k % 2) for k in range(2 * count)]
    back = rs1090.decode(messages, times)
    for index in range(count):
        second = back[2 * index + 1]
        assert second["icao24"] == f"{address[index]:06x}"
        assert second["altitude"] == altitude[index]
        assert second["latitude"] == pytest.approx(lat[index], abs=2e-4)
        assert second["longitude"] == pytest.approx(lon[index], abs=2e-4 / np.cos(np.radians(lat[index])))


def test_velocity_identification_and_surface_movement_come_back() -> None:
    fast = decoded(
        encoder.airborne_velocity(ADDRESS, [450.0, 200.0, 80.0, 300.0], [270, 10, 181, 90], [-1500, 64, 0, 2000])
    )
    assert [row["groundspeed"] for row in fast] == pytest.approx([450, 200, 80, 300], abs=1.0)
    assert [row["track"] for row in fast] == pytest.approx([270, 10, 181, 90], abs=0.6)
    assert [row["vertical_rate"] for row in fast] == pytest.approx([-1500, 64, 0, 2000], abs=33)
    names = decoded(encoder.identification(ADDRESS, [b"TDW1", b"TDW100A", b"A", b"ZZZ99999"]))
    assert [row["callsign"] for row in names] == ["TDW1", "TDW100A", "A", "ZZZ99999"]
    slow = [0.0, 9.0, 15.0, 60.0]
    ground = decoded(
        encoder.surface_position(ADDRESS, [52.3] * 4, [4.7] * 4, slow, [90, 300, 0, 359], np.zeros(4, int))
    )
    assert [row["groundspeed"] for row in ground] == pytest.approx(slow, abs=1.0)


def test_short_frames_come_back() -> None:
    replies = decoded(encoder.altitude_reply(ADDRESS, [35000, 1025, -500, 10000]))
    assert [row["altitude"] for row in replies] == [35000, 1025, -500, 10000]
    codes = decoded(encoder.identity_reply(ADDRESS, [7000, 1234, 7, 6543]))
    assert [row["squawk"] for row in codes] == ["7000", "1234", "0007", "6543"]
    calls = decoded(encoder.all_call(ADDRESS, [True, False, True, True]))
    assert [(row["df"], row["icao24"]) for row in calls] == [("11", f"{a:06x}") for a in ADDRESS]


def test_the_stream_keeps_order_and_escapes() -> None:
    long = encoder.identification(ADDRESS[3:], [b"TDW1"])
    short = encoder.all_call(ADDRESS[3:], [True])
    stream = encoder.beast_stream([long, short], [[0x1A1A], [5]], [[0x1A], [7]])
    frames, at = [], 0
    while at < len(stream):
        assert stream[at] == 0x1A
        kind, body, at = stream[at + 1], bytearray(), at + 2
        while len(body) < {0x32: 14, 0x33: 21}[kind]:
            assert stream[at] != 0x1A or stream[at + 1] == 0x1A
            body.append(stream[at])
            at += 2 if stream[at] == 0x1A else 1
        frames.append(bytes(body))
    assert [int.from_bytes(frame[:6], "big") for frame in frames] == [5, 0x1A1A]
    assert frames[0][6:] == bytes([7]) + short[0].tobytes()
    assert frames[1][6:] == bytes([0x1A]) + long[0].tobytes()
