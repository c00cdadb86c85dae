"""Every field that goes in comes out of pyais again, and every sentence is well-formed."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pyais
import pytest

from tracker.simulate import ais_encoder as encoder

COUNT = 300


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def decoded(*lines: bytes) -> dict[str, Any]:
    return dict(pyais.decode(*(line.strip().split(b"\\")[-1] for line in lines)).asdict())


def single(payload: np.ndarray, fill_bits: int) -> list[bytes]:
    count = len(payload)
    rows = encoder.single_sentences(
        payload, fill_bits, np.arange(count) % 2, np.full(count, b"HOEKH"), np.full(count, 1_772_323_200)
    )
    return [row.tobytes() for row in rows]


def test_class_a_positions_come_back_from_pyais(rng: np.random.Generator) -> None:
    mmsi = rng.integers(200_000_000, 775_999_999, COUNT)
    lat, lon = rng.uniform(-90, 90, COUNT), rng.uniform(-180, 180, COUNT)
    speed, course, heading = rng.uniform(0, 102, COUNT), rng.uniform(0, 359.9, COUNT), rng.uniform(0, 359.4, COUNT)
    status, turn, second = rng.integers(0, 15, COUNT), rng.uniform(-700, 700, COUNT), rng.integers(0, 60, COUNT)
    kind = rng.integers(1, 4, COUNT)
    rows = encoder.class_a_position(kind, mmsi, status, turn, speed, lat, lon, course, heading, second)
    for index, line in enumerate(single(rows, 0)):
        back = decoded(line)
        assert back["msg_type"] == kind[index]
        assert back["mmsi"] == mmsi[index]
        assert back["status"] == status[index]
        assert back["second"] == second[index]
        assert back["lat"] == pytest.approx(lat[index], abs=1.5e-6)
        assert back["lon"] == pytest.approx(lon[index], abs=1.5e-6)
        assert back["speed"] == pytest.approx(speed[index], abs=0.051)
        assert back["course"] == pytest.approx(course[index], abs=0.051)
        assert back["heading"] == round(heading[index])
        assert back["turn"] == pytest.approx(turn[index], abs=4.0 + 0.02 * abs(turn[index]))


def test_what_is_not_available_is_sent_as_not_available() -> None:
    nan = np.full(1, np.nan)
    line = single(encoder.class_a_position(1, [219_000_001], 15, nan, nan, [91.0], [181.0], nan, nan, 60), 0)[0]
    back = decoded(line)
    assert back["speed"] == 102.3
    assert back["course"] == 360.0
    assert back["heading"] == 511
    assert back["lat"] == 91.0
    assert back["lon"] == 181.0
    assert back["turn"] == pyais.constants.TurnRate.NO_TI_DEFAULT


def test_class_b_positions_come_back_from_pyais(rng: np.random.Generator) -> None:
    mmsi, lat, lon = rng.integers(200_000_000, 775_999_999, 50), rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)
    rows = encoder.class_b_position(mmsi, np.full(50, 5.5), lat, lon, np.full(50, 123.4), np.full(50, np.nan), 9)
    for index, line in enumerate(single(rows, 0)):
        back = decoded(line)
        assert (back["msg_type"], back["mmsi"], back["heading"]) == (18, mmsi[index], 511)
        assert (back["speed"], back["course"], back["second"]) == (5.5, 123.4, 9)
        assert back["lat"] == pytest.approx(lat[index], abs=1.5e-6)
        assert back["lon"] == pytest.approx(lon[index], abs=1.5e-6)


def test_class_a_static_data_cross_two_sentences() -> None:
    rows = encoder.class_a_static(
        [219_000_001], [9_074_729], [b"OXYZ7"], [b"AMBER TERN"], 71, 187, 28, 3, 2, 14, 30, 10.4, [b">NL EUR"]
    )
    first, second = encoder.double_sentences(rows, 2, [True], [b"HOEKH"], [1_772_323_200], [4711])
    back = decoded(first[0].tobytes(), second[0].tobytes())
    wanted = {
        "imo": 9_074_729,
        "callsign": "OXYZ7",
        "shipname": "AMBER TERN",
        "ship_type": 71,
        "month": 3,
        "day": 2,
        "hour": 14,
        "minute": 30,
        "draught": 10.4,
        "destination": ">NL EUR",
    }
    assert {name: back[name] for name in wanted} == wanted
    assert (back["to_bow"] + back["to_stern"], back["to_port"] + back["to_starboard"]) == (187, 28)


def test_class_b_static_base_station_and_aid_come_back() -> None:
    part_a = decoded(single(encoder.class_b_name([235_000_001], [b"QUIET HERON"]), 2)[0])
    part_b = decoded(single(encoder.class_b_ship([235_000_001], 36, [b"MABC1"], 12, 4), 0)[0])
    base = decoded(single(encoder.base_station([2_190_001], [1_772_323_207], 51.5, -3.25), 0)[0])
    aid = decoded(single(encoder.aid_to_navigation([992_190_001], 20, [b"FAIRWAY"], 51.5, -3.25, 7), 4)[0])
    assert (part_a["partno"], part_a["shipname"]) == (0, "QUIET HERON")
    assert (part_b["partno"], part_b["ship_type"], part_b["callsign"]) == (1, 36, "MABC1")
    assert [base[name] for name in ("year", "month", "day", "hour", "minute", "second")] == [2026, 3, 1, 0, 0, 7]
    assert (aid["name"], aid["lat"], aid["lon"], aid["aid_type"]) == ("FAIRWAY", 51.5, -3.25, 20)


def test_every_checksum_is_right() -> None:
    line = single(encoder.class_b_name([235_000_001], [b"X"]), 2)[0]
    empty, tag, sentence = line.strip().split(b"\\")
    assert empty == b""
    for part in (tag, sentence.removeprefix(b"!")):
        body, _, check = part.partition(b"*")
        assert int(check, 16) == reduce(lambda a, b: a ^ b, body)
    assert tag.startswith(b"s:HOEKH,c:1772323200*")
    assert line.endswith(b"\r\n")


def test_long_and_short_runs_are_packed_alike(rng: np.random.Generator) -> None:
    values = rng.integers(0, 1 << 30, 70_000)
    whole = encoder.pack([(values, 30), (0, 6)], len(values))
    ends = encoder.pack([(values[-3:], 30), (0, 6)], 3)
    assert np.array_equal(whole[-3:], ends)
