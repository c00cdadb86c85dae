"""Unset values: what a program left in place of a position is none, in every decoder, and what is one stays."""

from __future__ import annotations

import json
from functools import reduce
from operator import xor

import numpy as np
import pytest

from tests.naive import adsb_encode as enc
from tests.tracker.decode.adsb.test_containers import sbs_line
from tracker.decode.ais.decoder import AisDecoder
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind, make_decoder
from tracker.decode.unset import is_no_place, no_places

FINE, COARSE = 600_000, 600
NOWHERE = [
    (0.0, 0.0), (91.0, 181.0), (91.0, 5.0), (55.0, 181.0), (90.0, 180.0), (-90.0, -180.0), (55.0, 55.0), (-1.0, -1.0), (45.12345, 45.12345),
]  # fmt: skip
FILLED = [
    (999.0, 999.0),
    (-9999.0, -9999.0),
    (99.0, 199.0),
    (99_999.0, 5.0),
    (9.969209968386869e36, 9.969209968386869e36),
]
SOMEWHERE = [
    (0.0, 6.5),
    (6.5, 0.0),
    (0.00001, 0.0),
    (4.5, 4.5),
    (4.25, 4.25),
    (55.0, 3.0),
    (89.9, 179.9),
    (-0.00012, 0.00034),
]


@pytest.mark.parametrize(("lat", "lon"), NOWHERE + FILLED)
def test_what_stands_for_none_is_none(lat: float, lon: float) -> None:
    assert no_places(np.array([lat]), np.array([lon])).all()


@pytest.mark.parametrize(("lat", "lon"), SOMEWHERE)
def test_what_is_a_place_stays(lat: float, lon: float) -> None:
    assert not no_places(np.array([lat]), np.array([lon])).any()


@pytest.mark.parametrize(("lat", "lon", "none"), [*((*p, True) for p in NOWHERE), *((*p, False) for p in SOMEWHERE)])
def test_the_numbers_of_ais_agree(lat: float, lon: float, none: bool) -> None:
    assert bool(is_no_place(round(lat * FINE), round(lon * FINE), FINE)) == none
    whole = is_no_place.py_func(round(lat * FINE), round(lon * FINE), FINE)
    assert bool(whole) == none


def test_long_range_positions_are_coarse() -> None:
    assert is_no_place(0, 0, COARSE)
    assert is_no_place(5 * COARSE, 5 * COARSE, COARSE)
    assert not is_no_place(5 * COARSE + 7, 5 * COARSE + 7, COARSE), "equal by chance within 185 m"


def ais(kind: int, lat: float, lon: float) -> str:
    """A position report of class A or B at a place."""
    lead = f"{kind:06b}00{219_000_001:030b}"
    place = f"{round(lon * FINE) & 0xFFFFFFF:028b}{round(lat * FINE) & 0x7FFFFFF:027b}"
    bits = (lead + "0" * 23 + place if kind == 1 else lead + "0" * 19 + place).ljust(168, "0")
    codes = [int(bits[at : at + 6], 2) for at in range(0, 168, 6)]
    text = f"AIVDM,1,1,,A,{''.join(chr(code + 48 + 8 * (code > 39)) for code in codes)},0"
    return f"1772366400 !{text}*{reduce(xor, text.encode()):02X}\n"


def rows(kind: InputKind, text: str) -> tuple[list[bool], int]:
    decoder = make_decoder(kind, 0, times=InputTimes(undated_us=1_772_366_400_000_000))
    parts = [decoder.decode(text.encode()), decoder.flush()]
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    return [bool(one) for part in parts for one in part.positions.has_position], decoder.counts.rejects.total


@pytest.mark.parametrize("kind", [1, 18])
@pytest.mark.parametrize(("lat", "lon", "there"), [(0.0, 0.0, False), (0.0, 6.5, True), (45.12345, 45.12345, False)])
def test_ais_ships_there_are_heard(kind: int, lat: float, lon: float, there: bool) -> None:
    decoder = AisDecoder(0)
    batch = decoder.decode(ais(kind, lat, lon).encode()).positions
    assert batch.has_position.tolist() == [there]
    assert not decoder.counts.messages["ais impossible position"]


@pytest.mark.parametrize(
    ("lat", "lon", "there"), [*((*p, False) for p in NOWHERE + FILLED), *((*p, True) for p in SOMEWHERE)]
)
def test_tables_and_records_of_ships_and_aircraft(lat: float, lon: float, there: bool) -> None:
    for name, identity in (("mmsi", "219000001"), ("icao24", "4ca216")):
        table = f"{name},timestamp,lat,lon\n{identity},1772366400,{lat!r},{lon!r}\n"
        assert rows(InputKind.POSITIONS_CSV, table) == ([there], 0)
        record = json.dumps({name: identity, "timestamp": 1_772_366_400, "lat": lat, "lon": lon})
        assert rows(InputKind.TRACK_JSON, record + "\n") == ([there], 0)


def test_receivers_of_aircraft() -> None:
    zeros = {
        "now": 1_772_366_400,
        "aircraft": [{"hex": "4ca216", "lat": 0.0, "lon": 0.0, "validposition": 0, "seen": 1}],
    }
    assert rows(InputKind.READSB_JSON, json.dumps(zeros) + "\n") == ([False], 0)
    assert rows(InputKind.SBS1, sbs_line(3, lat="0.00000", lon="0.00000") + "\n") == ([False], 0)
    assert rows(InputKind.SBS1, sbs_line(3, lat="45.12345", lon="45.12345") + "\n") == ([False], 0)
    assert rows(InputKind.SBS1, sbs_line(3, lat="43.5", lon="1.25") + "\n") == ([True], 0)
    frames = [frame for _, frame, _ in enc.flight(0x4CA216, 0.0, 0.0, 4)]
    decoder = make_decoder(InputKind.BEAST, 0, times=InputTimes(undated_us=1_772_366_400_000_000))
    batch = decoder.decode(
        b"".join(enc.beast(one, 12_000_000 + at * 600_000) for at, one in enumerate(frames))
    ).positions
    assert not ((batch.lat_deg == 0.0) & (batch.lon_deg == 0.0)).any()


@pytest.mark.parametrize(
    ("column", "value", "missing", "refused"),
    [
        ("sog", "-1", True, False), ("sog", "1023", True, False), ("sog", "102.3", True, False), ("sog", "-999", True, False),
        ("sog", "-7", False, True), ("sog", "12.5", False, False), ("sog", "9999", True, False),
    ],
)  # fmt: skip
def test_fillers_of_speed_are_missing_values(column: str, value: str, missing: bool, refused: bool) -> None:
    decoder = make_decoder(InputKind.POSITIONS_CSV, 0)
    batch = decoder.decode(
        f"mmsi,timestamp,lat,lon,{column}\n219000001,1772366400,55.0,3.0,{value}\n".encode()
    ).positions
    assert decoder.counts.rejects.total == refused
    if not refused:
        assert bool(np.isnan(batch.speed_kn[0])) == missing


@pytest.mark.parametrize(("value", "missing"), [("-9999", True), ("999999", True), ("35000", False)])
def test_fillers_of_altitude_are_missing_values(value: str, missing: bool) -> None:
    decoder = make_decoder(InputKind.POSITIONS_CSV, 0)
    text = f"icao24,timestamp,lat,lon,altitude\n4ca216,1772366400,55.0,3.0,{value}\n"
    batch = decoder.decode(text.encode()).positions
    assert bool(np.isnan(batch.altitude_ft[0])) == missing
