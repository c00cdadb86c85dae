"""Parity, altitude, identification, velocity, movement: the kernels against the slow twin and known frames."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive import adsb_bits, adsb_encode
from tracker.decode.adsb import ModeSDecoder
from tracker.decode.adsb.airborne_position import integrity_category
from tracker.decode.adsb.altitude import altitude_ac13_ft, squawk_of_ac13
from tracker.decode.adsb.identification import flight_name, write_name
from tracker.decode.adsb.parity import syndrome
from tracker.decode.adsb.surface_position import ground_track_deg, movement_kn
from tracker.decode.adsb.velocity import ground_speed_course, heading_deg, vertical_rate_ftmin
from tracker.decode.base import Decoded

NO_DEADLINE = settings(deadline=None)
"""The first call of a kernel compiles it."""
# address, type code and values as printed in the examples of the Mode S literature
KNOWN = (
    ("8d4840d6202cc371c32ce0576098", 0),
    ("8d40621d58c382d690c8ac2863a7", 0),
    ("8d485020994409940838175b284f", 0),
    ("a0001838ca3e51f0a8000047a36a", 0x3C660C),
)


def _syndrome(frame: bytes) -> int:
    padded = np.zeros((1, 14), np.uint8)
    padded[0, : len(frame)] = list(frame)
    return int(syndrome(padded, 0, len(frame)))


def _same(mine: float, theirs: float | None) -> bool:
    return math.isnan(mine) if theirs is None or math.isnan(theirs) else math.isclose(mine, theirs, abs_tol=1e-9)


def frames_decoded(said: list[tuple[int, bytes]]) -> Decoded:
    """Rows of frames with their times in us."""
    padded = np.zeros((len(said), 14), np.uint8)
    for row, (_, frame) in enumerate(said):
        padded[row, : len(frame)] = list(frame)
    times = np.array([at for at, _ in said], np.int64)
    return ModeSDecoder(0).decode_frames(times, times, padded, np.array([len(frame) == 14 for _, frame in said]))


def test_the_overlay_of_known_frames_is_known() -> None:
    for text, overlay in KNOWN:
        frame = bytes.fromhex(text)
        assert adsb_bits.syndrome(frame) == _syndrome(frame)
        if overlay == 0:
            assert _syndrome(frame) == 0


@NO_DEADLINE
@given(st.binary(min_size=7, max_size=7) | st.binary(min_size=14, max_size=14))
def test_the_parity_table_divides_as_long_division_does(frame: bytes) -> None:
    assert _syndrome(frame) == adsb_bits.syndrome(frame)


def test_every_altitude_and_identity_code_decodes_as_by_hand() -> None:
    for code in range(8192):
        assert _same(altitude_ac13_ft(code), adsb_bits.altitude_ft(code)), code
        assert f"{squawk_of_ac13(code):04o}" == adsb_bits.squawk(code), code


@NO_DEADLINE
@given(st.integers(0, (1 << 48) - 1) | st.text("ABCXYZ0189 ", min_size=8, max_size=8).map(adsb_encode.name_bits))
def test_a_name_holds_letters_and_digits_and_ends_in_spaces(bits: int) -> None:
    name = "".join(adsb_bits.CHARACTERS[(bits >> (42 - 6 * i)) & 63] for i in range(8))
    is_name = "#" not in name and " " not in name.rstrip() and name.strip() != ""
    assert flight_name(bits) == (bits if is_name else 0)
    if is_name:
        out = np.zeros((1, 14), np.uint8)
        write_name(bits, out, 0)
        assert out[0, :8].tobytes().rstrip(b"\0").decode() == name.rstrip()


@NO_DEADLINE
@given(st.integers(0, (1 << 51) - 1), st.integers(1, 4))
def test_velocity_fields_are_read_as_by_hand(rest: int, subtype: int) -> None:
    me = (19 << 51) | (rest & ~(7 << 48)) | (subtype << 48)
    said = adsb_bits.fields(adsb_encode.squitter(0x4CA216, me))
    assert _same(vertical_rate_ftmin(me), said["rate"])
    if subtype <= 2:
        speed, course = ground_speed_course(me)
        assert _same(speed, said["speed"])
        assert _same(course, said["course"])
    else:
        assert _same(heading_deg(me), said["heading"])


@pytest.mark.parametrize("movement", range(128))
def test_every_movement_code_has_its_speed(movement: int) -> None:
    me = adsb_encode.surface(43.0, 1.0, odd=False, movement=movement, track=None if movement % 2 else movement)
    said = adsb_bits.fields(adsb_encode.squitter(0x4CA216, me))
    assert _same(movement_kn(me), said["speed"])
    assert _same(ground_track_deg(me), said["course"])


def test_integrity_follows_type_code_version_and_supplements() -> None:
    assert [integrity_category(tc, 0, 0, 0, 0) for tc in (9, 10, 11, 12, 13, 14, 15, 16, 17, 18)] == [
        11, 10, 8, 7, 6, 5, 4, 2, 1, 0,
    ]  # fmt: skip
    assert integrity_category(11, 2, 1, 1, 0) == integrity_category(11, 1, 1, 0, 0) == 9
    assert integrity_category(16, 2, 1, 1, 0) == 3
    assert [integrity_category(8, 2, a, 0, c) for a, c in ((1, 1), (1, 0), (0, 1), (0, 0))] == [7, 6, 6, 0]
    assert [integrity_category(7, 2, a, 0, 0) for a in (1, 0)] == [9, 8]


def test_recorded_frames_say_what_rs1090_reads_in_them(real_data: Path) -> None:
    import rs1090

    seen: dict[tuple[int, int], int] = {}
    with gzip.open(real_data / "adsb" / "toulouse_jet1090.jsonl.gz", "rt") as lines:
        frames = [json.loads(line)["frame"] for line in lines]
    for text in frames:
        said = adsb_bits.fields(bytes.fromhex(text))
        kind = (said["df"], said.get("tc", 0))
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] > 200:
            continue
        theirs = rs1090.decode(text)
        metric = said["df"] == 20 and int(text[4:8], 16) & 0x40  # rs1090 trusts metres, we do not
        if theirs.get("altitude") is not None and not metric:
            assert said["altitude"] == theirs["altitude"], text
        if "squawk" in theirs:
            assert said["squawk"] == theirs["squawk"], text
        if "callsign" in theirs:
            assert said["name"].strip() == theirs["callsign"].strip(), text
        if theirs.get("groundspeed") is not None:
            assert math.isclose(said["speed"], theirs["groundspeed"], abs_tol=1e-6), text
            if said["course"] is not None and theirs.get("track") is not None:
                assert math.isclose(said["course"], theirs["track"], abs_tol=1e-6), text
        if theirs.get("vertical_rate") is not None:
            assert said["rate"] == theirs["vertical_rate"], text
    assert len(seen) > 8


def test_what_an_aircraft_says_of_itself_is_in_its_rows_while_it_is_fresh() -> None:
    second = 1_000_000
    status = (31 << 51) | (2 << 13) | (1 << 12) | (9 << 8) | (3 << 4)  # version 2, NIC A, NACp 9, SIL 3
    said = [
        (0, adsb_encode.all_call(0x4CA216)),
        (1, adsb_encode.squitter(0x4CA216, status)),
        (2, adsb_encode.squitter(0x4CA216, (28 << 51) | (1 << 48) | (5 << 45))),
        (3, adsb_encode.squitter(0x4CA216, adsb_encode.velocity(100, 100))),
        (62, adsb_encode.squitter(0x4CA216, adsb_encode.velocity(100, 100))),
        (63, adsb_encode.all_call(0x4CA216)),
    ]
    decoded = frames_decoded([(second * at, frame) for at, frame in said])
    rows, statics = decoded.positions, decoded.statics
    assert rows.nac_p.tolist() == [255, 9, 9, 9, 255, 255]
    assert rows.sil.tolist() == [255, 3, 3, 3, 255, 255]
    assert rows.emergency.tolist() == [255, 255, 5, 5, 5, 255]
    assert rows.rebroadcast.tolist() == [0] * 6
    assert statics.adsb_version.tolist() == [2]


@pytest.mark.parametrize(("code", "altitude_ft"), [(0, math.nan), (1, 0.0), (1096, 35_040.0)])
@pytest.mark.parametrize(
    ("heading", "heading_deg"), [(0x17F, math.nan), (0x200, 0.0), (0x380, 270.0), (0x37F, 269.296875)]
)
def test_a_selected_altitude_and_heading_are_said_when_they_change(
    code: int, altitude_ft: float, heading: int, heading_deg: float
) -> None:
    me = (29 << 51) | (1 << 49) | (code << 36) | (heading << 17) | (8 << 13) | (3 << 10)
    frame = adsb_encode.squitter(0x4CA216, me)
    decoded = frames_decoded([(0, frame), (1_000_000, frame), (61_000_000, frame)])
    rows, statics = decoded.positions, decoded.statics
    assert rows.nac_p.tolist() == [8] * 3 and rows.sil.tolist() == [3] * 3
    told = not (math.isnan(altitude_ft) and math.isnan(heading_deg))
    assert len(statics) == (2 if told else 0)
    for row in range(len(statics)):
        assert _same(float(statics.selected_altitude_ft[row]), altitude_ft)
        assert _same(float(statics.selected_heading_deg[row]), heading_deg)
        assert statics.adsb_version[row] == 255 and statics.call_sign[row] == statics.squawk[row] == b""


@pytest.mark.parametrize(("kind", "who"), [(0, 0), (1, 0), (2, 1), (3, 1), (5, 1), (6, 2)])
def test_what_a_ground_station_says_of_an_aircraft_is_marked(kind: int, who: int) -> None:
    frame = adsb_encode.squitter(0x4CA216, adsb_encode.velocity(100, 100), df=18, capability=kind)
    assert frames_decoded([(0, frame)]).positions.rebroadcast.tolist() == [who]


def test_recorded_target_states_say_what_jet1090_reads_in_them(real_data: Path) -> None:
    compared = 0
    with gzip.open(real_data / "adsb" / "toulouse_jet1090.jsonl.gz", "rt") as lines:
        for line in lines:
            theirs = json.loads(line)
            if theirs.get("bds") != "62":
                continue
            decoded = frames_decoded([(0, bytes.fromhex(theirs["frame"]))])
            rows, statics = decoded.positions, decoded.statics
            assert rows.nac_p[0] == theirs["NACp"]
            if not len(statics):
                assert theirs.get("selected_altitude") is None and theirs.get("selected_heading") is None
                continue
            if theirs.get("selected_altitude") is not None:  # it rounds to hundreds of feet
                assert abs(statics.selected_altitude_ft[0] - theirs["selected_altitude"]) <= 50.0
            if theirs.get("selected_heading") is not None:
                assert math.isclose(statics.selected_heading_deg[0], theirs["selected_heading"], abs_tol=0.01)
            compared += 1
    assert compared > 500
